"""Changes of an ini: what they leave alone, what is refused, and how the file is written."""

import os
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib import ini
from lib.config.writer import EditableIni
from lib.errors import ConfigurationError

INI = """\
# Settings of ours.

[oomnitza]
URL : https://acme.oomnitza.com   
api_token=a-token

# Everybody in the company.
[ldap]
enable = True
  # the reader
username =
recordfilter =
    # only those at work
    if record.left:
        return False
# since May
    return True
; default_role = 25

# People of other companies.
# They have a tree of their own.
[ldap.Contractors]
enable = False
"""  # noqa: W291


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "config.ini"
    made.write_bytes(INI.encode())
    return made


@pytest.fixture
def editable(path):
    return EditableIni.read(path)


def changed(text, old, new):
    assert text.count(old) == 1
    return text.replace(old, new)


# --- one value


def test_one_value_is_replaced_and_every_other_byte_stays(editable):
    editable.set("Oomnitza", "url", "https://other.oomnitza.com")
    line = "URL : https://acme.oomnitza.com   "
    assert editable.text == changed(INI, line, "URL : https://other.oomnitza.com")


def test_a_value_is_set_off_from_its_key_as_it_was(editable):
    editable.set("oomnitza", "api_token", "another")
    editable.set("ldap", "username", "reader")
    text = changed(INI, "api_token=a-token", "api_token=another")
    assert editable.text == changed(text, "username =\n", "username = reader\n")


def test_a_value_that_stays_the_same_changes_nothing(editable):
    editable.set("oomnitza", "url", "https://acme.oomnitza.com")
    assert editable.text == INI


def test_a_value_can_be_emptied(editable):
    editable.set("oomnitza", "api_token", "")
    assert editable.text == changed(INI, "api_token=a-token", "api_token=")


def test_of_a_long_value_the_lines_that_stay_are_left_alone_with_the_comments_between(editable):
    value = ini.parse_ini(Path(), INI).sections["ldap"].entries["recordfilter"].value
    editable.set("ldap", "recordfilter", value.replace("record.left", "record.gone"))
    assert editable.text == changed(INI, "record.left", "record.gone")


def test_a_long_value_may_become_longer_shorter_and_short(editable):
    editable.set("ldap", "recordfilter", "\n    x = 1\n\n    return x")
    assert "recordfilter =\n    x = 1\n\n    return x\n; default_role" in editable.text
    editable.set("ldap", "recordfilter", "return True")
    assert "username =\nrecordfilter = return True\n; default_role" in editable.text


def test_of_a_key_that_is_there_twice_the_one_that_counts_is_changed(path):
    editable = EditableIni(path, b"[a]\nx = 1\nx = 2\n")
    editable.set("a", "X", "3")
    assert editable.text == "[a]\nx = 1\nx = 3\n"


# --- keys


def test_a_new_key_stands_behind_the_section_s_own_lines(editable):
    editable.set("ldap", "default_role", "25")
    comment = "; default_role = 25\n"
    assert editable.text == changed(INI, comment, f"{comment}default_role = 25\n")


def test_comments_right_above_the_next_section_belong_to_that(path):
    editable = EditableIni(path, b"[a]\nx = 1\n# about b\n[b]\n")
    editable.set("a", "y", "2")
    assert editable.text == "[a]\nx = 1\ny = 2\n# about b\n[b]\n"


def test_a_new_key_is_indented_like_the_ones_above_it(path):
    editable = EditableIni(path, b"[a]\n\t\tx = 1\n\n  [b]\n[c]")
    editable.set("a", "y", "2\n\t\t\tz")
    editable.set("b", "y", "3")
    editable.set("c", "y", "4")
    assert editable.text == "[a]\n\t\tx = 1\n\t\ty = 2\n\t\t\tz\n\n  [b]\ny = 3\n[c]\ny = 4"


def test_a_key_is_removed_with_its_value_every_time_that_it_stands_there(path, editable):
    editable.remove("LDAP", "Recordfilter")
    begin, end = INI.index("recordfilter"), INI.index("; default_role")
    assert editable.text == INI[:begin] + INI[end:]
    twice = EditableIni(path, b"[a]\nx = 1\n# one\nx =\n  2\n[b]\nx = 3\n[A]\nX: 4")
    twice.remove("a", "x")
    assert twice.text == "[a]\n# one\n[b]\nx = 3\n[A]\n"


# --- sections


def test_a_new_section_stands_at_the_end_behind_a_blank_line(editable):
    editable.add_section(
        "okta", {"enable": "True", "mapping.A": "a", "recordfilter": "\n  return 1"}
    )
    added = "\n[okta]\nenable = True\nmapping.A = a\nrecordfilter =\n  return 1\n"
    assert editable.text == INI + added


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", "[a]\nx = 1\n"),
        (b"[b]\ny = 2", "[b]\ny = 2\n\n[a]\nx = 1"),
        (b"[b]\r\n\r\n", "[b]\r\n\r\n[a]\r\nx = 1\r\n"),
        (b"\xef\xbb\xbf# none\r", "# none\r\r[a]\rx = 1\r"),
    ],
)
def test_line_ends_are_those_of_the_file(path, before, after):
    editable = EditableIni(path, before)
    editable.add_section("a", {"x": "1"})
    assert editable.text == after


def test_a_section_is_removed_with_its_comments_and_not_those_of_the_next_one(editable):
    editable.remove_section("LDAP")
    begin, end = INI.index("[ldap]"), INI.index("# People of other")
    assert editable.text == INI[:begin] + INI[end:]


def test_a_section_that_is_there_in_two_parts_is_removed_as_a_whole(path):
    editable = EditableIni(path, b"[a]\nx = 1\n\n[b]\n[A]\ny = 2\n# a's\n")
    editable.remove_section("a")
    assert editable.text == "[b]\n"


# --- what is refused


@pytest.mark.parametrize(
    "change",
    [
        lambda made: made.set("nosuch", "x", "1"),
        lambda made: made.remove("ldap", "nosuch"),
        lambda made: made.remove("nosuch", "x"),
        lambda made: made.remove_section("nosuch"),
        lambda made: made.add_section("LDAP", {}),
        lambda made: made.add_section("a]b", {}),
        lambda made: made.add_section("]", {}),
        lambda made: made.add_section(" a", {}),
        lambda made: made.add_section("a\nb = 1", {}),
        lambda made: made.add_section("a", {"x": "1", "X": "2"}),
        lambda made: made.set("ldap", "username", " s3cret"),
        lambda made: made.set("ldap", "username", "s3cret "),
        lambda made: made.set("ldap", "username", '""'),
        lambda made: made.set("ldap", "username", "s3cret\nenable = False"),
        lambda made: made.set("ldap", "username", "s3cret\n[ldap.Contractors]"),
        lambda made: made.set("ldap", "username", "s3cret\r  more"),
        lambda made: made.set("ldap", "username", "s3cret\n  more\n"),
        lambda made: made.set("ldap", "username", "s3cret\n# more"),
        lambda made: made.set("ldap", "username", "s3cret\ud800"),
        lambda made: made.set("ldap", "a=b", "s3cret"),
        lambda made: made.set("ldap", "# a", "s3cret"),
        lambda made: made.set("ldap", "rem a", "s3cret"),
        lambda made: made.set("ldap", "[a", "s3cret"),
        lambda made: made.set("ldap", "", "s3cret"),
        lambda made: made.set("ldap", "a\nb", "s3cret"),
    ],
)
def test_what_would_be_read_otherwise_is_refused_without_its_value(editable, change):
    with pytest.raises(ConfigurationError) as caught:
        change(editable)
    assert "s3cret" not in str(caught.value)
    assert editable.text == INI


def test_what_would_be_read_otherwise_without_a_section_keeps_it(path):
    text = "[a]\nx = 1\n[b]\n  [c]\ny = 2\n"
    editable = EditableIni(path, text.encode())
    with pytest.raises(
        ConfigurationError,
        match=r"\[b\] cannot be removed, because the lines below it would change",
    ):
        editable.remove_section("b")
    assert editable.text == text


# --- the file


def test_the_file_is_as_it_was_but_for_the_change(path):
    path.write_bytes(b"\xef\xbb\xbf[a]\r\nx = \xc3\xa4 \r\n# y\r\n[b]")
    editable = EditableIni.read(path)
    editable.set("b", "key", "ü")
    editable.save()
    assert path.read_bytes() == b"\xef\xbb\xbf[a]\r\nx = \xc3\xa4 \r\n# y\r\n[b]\r\nkey = \xc3\xbc"
    editable.set("a", "x", "o")
    editable.save()
    assert path.read_bytes().startswith(b"\xef\xbb\xbf[a]\r\nx = o\r\n# y\r\n")
    assert [item.name for item in path.parent.iterdir()] == ["config.ini"]


def test_a_file_that_somebody_changed_meanwhile_is_left_as_it_is(path, editable):
    editable.set("ldap", "username", "reader")
    other = INI + "# mine\n"
    path.write_text(other, "utf-8")
    with pytest.raises(ConfigurationError, match="another program has changed the config file"):
        editable.save()
    assert path.read_text("utf-8") == other


def test_a_digest_of_an_earlier_reading_tells_whether_the_file_is_as_it_was(path, editable):
    assert EditableIni.read(path, editable.digest).text == INI
    path.write_text(INI + "# mine\n", "utf-8")
    with pytest.raises(ConfigurationError, match="another program has changed the config file"):
        EditableIni.read(path, editable.digest)


def test_the_words_for_a_file_that_cannot_be_read_are_the_reader_s(tmp_path):
    with pytest.raises(ConfigurationError, match="config file not found"):
        EditableIni.read(tmp_path / "none.ini")
    (tmp_path / "latin.ini").write_bytes(b"[a]\nx = \xe4")
    with pytest.raises(ConfigurationError, match="line 2 is not valid UTF-8"):
        EditableIni.read(tmp_path / "latin.ini")


def test_what_keeps_the_file_from_being_written_leaves_it_as_it_was(path, editable, monkeypatch):
    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    editable.set("ldap", "username", "reader")
    with pytest.raises(ConfigurationError, match="No space left on device"):
        editable.save()
    assert path.read_text("utf-8") == INI
    assert [item.name for item in path.parent.iterdir()] == ["config.ini"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
@pytest.mark.parametrize(("before", "after"), [(0o644, 0o600), (0o600, 0o600), (0o660, 0o600)])
def test_the_file_is_for_its_owner_alone(path, editable, before, after):
    path.chmod(before)
    editable.set("ldap", "username", "reader")
    editable.save()
    assert stat.S_IMODE(path.stat().st_mode) == after


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such owners")
def test_the_file_stays_its_owner_s(path, editable):
    if os.geteuid():
        pytest.skip("only root may write for others")
    os.chown(path, 1234, 1235)
    editable.set("ldap", "username", "reader")
    editable.save()
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 1235)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows wants a right for links")
def test_of_a_link_the_file_behind_it_is_written(path, tmp_path):
    link = tmp_path / "link.ini"
    link.symlink_to(path)
    editable = EditableIni.read(link)
    editable.set("ldap", "username", "reader")
    editable.save()
    assert link.is_symlink()
    assert "username = reader" in path.read_text("utf-8")


# --- any change of any file

NAMES = st.sampled_from(["a", "A", "b", "ldap.X", "default"])
KEYS = st.sampled_from(["x", "X", "url", "mapping.NAME", "recordfilter"])
INDENTS = st.sampled_from(["", "", "", " ", "  ", "\t", "    "])
VALUES = st.sampled_from(
    ["", "1", "two words", "a = b", "#no", "x ;y", "\n  return 1", "[\n  1,\n\n  2\n  ]", "\n\t\tü"]
)
LINES = st.one_of(
    st.sampled_from(["", "", " ", "# comment", "  # comment", "; old = 1", "rem x", "nonsense"]),
    st.builds("{}[{}]{}".format, INDENTS, NAMES, st.sampled_from(["", " ", " # x"])),
    st.builds(
        "{}{}{}{}{}".format,
        INDENTS,
        KEYS,
        st.sampled_from(["=", " = ", ": ", " :"]),
        st.sampled_from(["", '""', "1", "a b", "é ;x"]),
        st.sampled_from(["", "  "]),
    ),
    st.builds("{}{}".format, INDENTS, st.sampled_from(["return 1", "more", "\u2028x"])),
)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])
TEXTS = st.one_of(
    st.builds(
        lambda lines, end, last: end.join(lines) + last, st.lists(LINES), ENDS, ENDS | st.just("")
    ),
    st.lists(st.tuples(LINES, ENDS)).map(lambda pairs: "".join(a + b for a, b in pairs)),
)
CHANGES = st.one_of(
    st.tuples(st.just("set"), NAMES, KEYS, VALUES | st.text(max_size=8)),
    st.tuples(st.just("remove"), NAMES, KEYS),
    st.tuples(
        st.just("add_section"),
        NAMES | st.text(max_size=4),
        st.dictionaries(KEYS, VALUES, max_size=3),
    ),
    st.tuples(st.just("remove_section"), NAMES),
)


def content(text):
    sections = ini.parse_ini(Path(), text).sections.values()
    return {
        item.name: {key: entry.value for key, entry in item.entries.items()} for item in sections
    }


def expected(before, change):
    """The content after a change, worked out on dicts."""
    act, section, *rest = change
    name = next((name for name in before if name.lower() == section.lower()), section)
    after = {name: dict(values) for name, values in before.items()}
    match act, rest:
        case "set", [key, value]:
            after[name][key.lower()] = value
        case "remove", [key]:
            del after[name][key.lower()]
        case "add_section", [values]:
            after[name] = {key.lower(): value for key, value in values.items()}
        case "remove_section", []:
            del after[name]
    return after


@given(TEXTS, st.lists(CHANGES, max_size=4), st.booleans())
def test_after_any_change_exactly_that_is_read_which_was_given(text, changes, bom):
    content_before = b"\xef\xbb\xbf" * bom + text.encode()
    editable = EditableIni(Path("config.ini"), content_before)
    for change in changes:
        before = editable.text
        try:
            getattr(editable, change[0])(*change[1:])
        except ConfigurationError:
            assert editable.text == before
        else:
            assert content(editable.text) == expected(content(before), change)


@given(TEXTS, CHANGES)
def test_no_change_touches_a_line_that_is_not_its_own(text, change):
    editable = EditableIni(Path("config.ini"), text.encode())
    try:
        getattr(editable, change[0])(*change[1:])
    except ConfigurationError:
        return
    old, new = (value.splitlines(keepends=True) for value in (text, editable.text))
    if change[0] in ("set", "add_section"):  # the lines around one place
        front = common(old, new)
        back = common(old[front:][::-1], new[front:][::-1])
        gone = "".join(old[front : len(old) - back])
        value = value_before(text, *change[1:3]) if change[0] == "set" else ""
        assert len(gone.split("\n")) <= len(value.split("\n")) + 2
    else:  # no line that stays is another one than before
        rest = iter(old)
        assert all(line in rest for line in new)


def value_before(text, section, key):
    sections = {name.lower(): values for name, values in content(text).items()}
    return sections.get(section.lower(), {}).get(key.lower(), "")


def common(one, other):
    count = 0
    while count < min(len(one), len(other)) and one[count] == other[count]:
        count += 1
    return count


@given(TEXTS, NAMES, KEYS, VALUES)
def test_a_key_that_was_added_and_is_removed_again_leaves_the_text_as_it_was(
    text, section, key, value
):
    editable = EditableIni(Path("config.ini"), text.encode())
    sections = ini.parse_ini(Path(), text).sections
    if section.lower() not in sections or key.lower() in sections[section.lower()].entries:
        return
    try:
        editable.set(section, key, value)
    except ConfigurationError:
        return
    editable.remove(section, key)
    assert editable.text.rstrip("\r\n") == text.rstrip("\r\n")
