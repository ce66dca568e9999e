"""The ini dialect: what administrators write, read literally and with the line of each value."""

import pytest

from lib import ini
from lib.errors import ConfigurationError


@pytest.fixture
def read(tmp_path):
    """Write a text (or bytes) as a file and read it as an ini."""

    def write_and_read(text: str | bytes) -> ini.IniFile:
        path = tmp_path / "config.ini"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return ini.read_ini(path)

    return write_and_read


def values(section: ini.IniSection) -> dict[str, str]:
    return {key: entry.value for key, entry in section.entries.items()}


def test_values_are_found_by_section_and_key_with_their_lines(read):
    file = read("# head\n\n[ldap]\nurl = ldap://host\n\n[Casper.MDM]\nurl = https://jamf\n")
    assert list(file.sections) == ["ldap", "casper.mdm"]
    assert file.sections["casper.mdm"].name == "Casper.MDM"
    assert file.sections["casper.mdm"].line == 6
    assert file.sections["ldap"].entries["url"] == ini.Entry("url", "ldap://host", 4)
    assert file.sections["casper.mdm"].entries["url"] == ini.Entry("url", "https://jamf", 7)
    assert file.oddities == []


def test_a_byte_order_mark_is_no_part_of_the_first_section(read):
    file = read(b"\xef\xbb\xbf[ldap]\nurl = x\n")
    assert values(file.sections["ldap"]) == {"url": "x"}


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_end_as_any_system_ends_them(read, newline):
    text = "[ldap]\nurl = x\nfilter = (a=1)\n  (b=2)\nbase_dn = y\n"
    section = read(text.replace("\n", newline)).sections["ldap"]
    assert values(section) == {"url": "x", "filter": "(a=1)\n  (b=2)", "base_dn": "y"}
    assert section.entries["base_dn"].line == 5


def test_rare_characters_that_unicode_calls_line_breaks_end_no_line(read):
    section = read("[a]\npassword = one\u2028two\x0bthree\x85four\nnext = 1\n").sections["a"]
    assert section.entries["password"].value == "one\u2028two\x0bthree\x85four"
    assert section.entries["next"].line == 3


@pytest.mark.parametrize(
    "value",
    [
        "100%",
        "%(url)s",
        "%%",
        "$HOME and ${url}",
        "#hash first",
        "a # b #c",
        "a = b : c",
        '"quoted"',
        "'single'",
        '["Drivers"]',
        "back\\slash\\n",
        "Größe 佐藤 \U0001f600",
        "https://example.com/?a=1&b=2#top",
    ],
)
def test_values_are_taken_literally(read, value):
    assert values(read(f"[a]\nkey = {value}\n").sections["a"]) == {"key": value}


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("key: value", "key", "value"),
        ("key:value", "key", "value"),
        ("key=value", "key", "value"),
        ("key   =    value   ", "key", "value"),
        ("KEY = Value", "key", "Value"),
        ("url: https://host", "url", "https://host"),
        ("filter = (cn:dn:=x)", "filter", "(cn:dn:=x)"),
        ("filter: (cn=x)", "filter", "(cn=x)"),
        ("mapping.USER =\t{'source': \"login\"},", "mapping.user", "{'source': \"login\"},"),
        ("key =", "key", ""),
        ("key:", "key", ""),
        ('key = ""', "key", ""),
    ],
)
def test_a_key_ends_at_the_first_equals_sign_or_colon(read, line, key, value):
    assert values(read(f"[a]\n{line}\n").sections["a"]) == {key: value}


def test_a_value_goes_on_in_lines_that_are_indented_deeper_and_keeps_their_indentation(read):
    text = "[a]\nrecordfilter:\n    if record.x:\n        return True\n    return False\nnext = 1\n"
    section = read(text).sections["a"]
    expected = "\n    if record.x:\n        return True\n    return False"
    assert section.entries["recordfilter"] == ini.Entry("recordfilter", expected, 2)
    assert section.entries["next"].line == 6


def test_a_line_of_a_value_may_look_like_a_key_or_a_section(read):
    section = read("[a]\nfilter =\n  x = 1\n  [b]\n  y: 2\nnext = 3\n").sections["a"]
    assert values(section) == {"filter": "\n  x = 1\n  [b]\n  y: 2", "next": "3"}


def test_comments_and_blank_lines_inside_a_value_keep_its_lines_countable(read):
    text = (
        "[a]\nrecordfilter:\n    one\n# a comment\n; another\nrem a third\n\n    two\n\nnext = 1\n"
    )
    section = read(text).sections["a"]
    assert section.entries["recordfilter"].value == "\n    one\n\n\n\n\n    two"
    assert section.entries["next"].line == 10


def test_a_comment_of_the_filter_s_own_language_stays_in_the_value(read):
    section = read("[a]\nrecordfilter:\n    # only laptops\n    return True\n").sections["a"]
    assert section.entries["recordfilter"].value == "\n    # only laptops\n    return True"


@pytest.mark.parametrize("comment", ["# x = 1", "; x = 1", "rem x = 1", "REM x = 1", "rem", "#"])
@pytest.mark.parametrize("indent", ["", "   "])
def test_comment_lines_are_no_settings(read, comment, indent):
    """Also where they are indented like the section's keys, or come first in a section."""
    text = f"{indent}{comment}\n[a]\n{indent}{comment}\n{indent}key = 1\n{indent}{comment}\n"
    file = read(f"{text}{indent}next = 2\n")
    section = file.sections["a"]
    assert values(section) == {"key": "1", "next": "2"}
    assert section.faults == []
    assert file.oddities == []


def test_keys_that_begin_like_a_comment_word_are_keys(read):
    assert values(read("[a]\nremote = 1\n").sections["a"]) == {"remote": "1"}


def test_a_section_may_have_all_its_keys_indented(read):
    text = "  [a]\n    url = x\n    recordfilter:\n        return 1\n\n    next = 2\n[b]\nkey = 3\n"
    file = read(text)
    assert values(file.sections["a"]) == {
        "url": "x",
        "recordfilter": "\n        return 1",
        "next": "2",
    }
    assert values(file.sections["b"]) == {"key": "3"}


def test_of_duplicate_keys_the_last_counts_and_the_earlier_line_is_named(read):
    section = read("[a]\nurl = one\nother = x\nURL = two\n").sections["a"]
    assert section.entries["url"] == ini.Entry("url", "two", 4)
    assert section.oddities == [
        (4, "this setting is also set on line 2; the value on this line is used", "url")
    ]


def test_of_duplicate_sections_one_is_made(read):
    file = read("[ldap]\nurl = one\n[b]\n[LDAP]\nbase_dn = two\n")
    assert list(file.sections) == ["ldap", "b"]
    assert file.sections["ldap"].name == "ldap"
    assert values(file.sections["ldap"]) == {"url": "one", "base_dn": "two"}


def test_what_used_to_be_a_comment_behind_a_value_is_kept_and_pointed_out(read):
    section = read("[a]\npassword = x ;y\nurl = a;b\n").sections["a"]
    assert values(section) == {"password": "x ;y", "url": "a;b"}
    ((line, text, key),) = section.oddities
    assert line == 2
    assert key == "password"
    assert "x ;y" not in text


@pytest.mark.parametrize("line", ["no sign at all", "= value", ": value", "]"])
def test_a_line_that_is_neither_key_nor_section_is_a_fault_with_its_line(read, line):
    section = read(f"[a]\nkey = 1\n{line}\nnext = 2\n").sections["a"]
    assert [remark.line for remark in section.faults] == [3]
    assert values(section) == {"key": "1", "next": "2"}


def test_a_section_without_its_closing_bracket_is_a_fault(read):
    section = read("[ldap\nurl = x\n").sections["ldap"]
    assert [remark.line for remark in section.faults] == [1]
    assert values(section) == {"url": "x"}


def test_keys_before_any_section_are_pointed_out_and_ignored(read):
    file = read("url = x\n\n[a]\nkey = 1\n")
    assert values(file.sections["a"]) == {"key": "1"}
    assert [remark.line for remark in file.oddities] == [1]


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", b"\xef\xbb\xbf"])
def test_an_empty_file_has_no_sections(read, text):
    assert read(text).sections == {}


def test_a_file_that_is_not_there_is_told_by_name_and_with_what_to_do(tmp_path):
    with pytest.raises(ConfigurationError) as caught:
        ini.read_ini(tmp_path / "none.ini")
    assert "none.ini: config file not found" in str(caught.value)
    assert "generate-ini" in str(caught.value)
    assert "--ini" in str(caught.value)


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot read the config file"):
        ini.read_ini(tmp_path)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"[a]\r\nurl = x\r\npassword = Gr\xfc\xdfe\r\n", 3),
        (b"\xef\xbb\xbf[a]\nkey = \xe9\n", 2),
        ("[a]\nkey = 1\n".encode("utf-16"), 1),
    ],
)
def test_a_file_that_is_not_utf_8_is_told_with_the_line(read, content, line):
    with pytest.raises(ConfigurationError) as caught:
        read(content)
    assert f"line {line} is not valid UTF-8" in str(caught.value)
    assert caught.value.where.endswith("config.ini")
    assert "UTF-8" in caught.value.fix
