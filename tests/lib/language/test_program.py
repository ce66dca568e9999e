"""Programs as administrators write them: what they give, what is missing, and what stops them."""

import pickle
from datetime import UTC, date, datetime

import pytest

from lib.language import LanguageError, Stopped, compile_program

RECORD = {
    "name": "LAB-Mac 7",
    "empty": "",
    "count": 3,
    "nothing": None,
    "tags": ["a", "b"],
    "general": {"platform": "Mac", "site": {"name": "Lab"}, "nothing": None},
    "apps": [{"name": "Safari.app", "version": "17.1"}, {"name": "Xcode.app"}, {"version": "1"}],
    "common.uuid": "u-1",
    "a b": 1,
    "_id": 2,
    "class": 3,
}


def run(text, record=RECORD):
    return compile_program(text, ("record",)).run(record)


def stopped(text, record=RECORD):
    with pytest.raises(Stopped) as caught:
        run(text, record)
    return str(caught.value)


# --- programs


def test_the_published_example_works_as_it_is_written():
    program = compile_program('  \n    return record.asset_type == "computer"', ("record",))
    assert program.run({"asset_type": "computer"}) is True
    assert program.run({"asset_type": "phone"}) is False
    assert program.run({}) is False


@pytest.mark.parametrize(
    "text",
    [
        'record.asset_type == "computer"',
        'record.asset_type == "computer";',
        '    record.asset_type == "computer";\n',
        'return record["asset_type"] == "computer"',
        'return record.get("asset_type") == "computer";',
        '\n\n  # only computers\n  return record.asset_type == "computer"  # and no phones\n\n',
        'return (\n  record.asset_type\n== "computer"\n    )',
        'return record.asset_type == \\\n  "computer"',
        'return record.asset_type == "com" \\\n"puter"',
        'kind = record.asset_type; return kind == "computer"',
        'if record.asset_type == "computer": return True',
        'if record.asset_type != "computer": return False\nelse: return True',
        'if record.asset_type:\n\tif record.asset_type == "computer":\n\t\treturn 1\nreturn 0',
        'kind = record.asset_type\nif not kind:\n  return False\nelif kind == "phone":\n'
        '  return False\nelif kind in ("computer", "server"):\n  keep = True\nelse:\n  pass\n'
        'return keep',
        "return record.asset_type.lower().startswith(('comp', 'serv'))",
        "return re.search('^COMP', record.asset_type, re.IGNORECASE | re.MULTILINE)",
        "return re.search('^COMP', record.asset_type, flags=re.I)",
    ],
)  # fmt: skip
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_one_filter_written_in_many_ways(text, ends):
    program = compile_program(text.replace("\n", ends), ("record",))
    assert program.run({"asset_type": "computer"})
    assert not program.run({"asset_type": "phone"})
    assert not program.run({"asset_type": ""})
    assert not program.run({})


@pytest.mark.parametrize(
    "text",
    [
        "return",
        "if record.missing: return 1",
        "if record.missing:\n  return 1\nelse: pass",
    ],
)
def test_without_a_return_it_is_none(text):
    assert run(text) is None


@pytest.mark.parametrize(
    ("text", "value", "line"),
    [
        ("record.count", 3, 1),
        ("\n\n  return 1", 1, 3),
        ("# c\nx = 1\n\nreturn x", 1, 4),
        ("if record.count > 2:\n  return 1\nreturn 2", 1, 2),
        ("if record.count > 5:\n  return 1\nreturn 2", 2, 3),
        ("if record.count > 5:\n  return 1\nelif record.count > 2:\n  return 2", 2, 4),
        ("if record.count > 5:\n  x = 1\nelif record.x:\n  x = 2\nelse:\n  return 3", 3, 6),
        ("if record.count: return 1\nreturn 2", 1, 1),
        ("return (\n  record.count\n)", 3, 1),
        ("if record.missing:\n  return 1", None, 1),
        ("x = 1\nif record.missing:\n  return 1\nelif record.empty:\n  return 2", None, 4),
        ("if record.missing:\n  return 1\nx = 2", None, 3),
    ],
)
def test_it_tells_on_which_line_it_was_decided(text, value, line):
    assert compile_program(text, ("record",)).decide(RECORD) == (value, line)


def test_arguments_have_the_names_that_they_are_given():
    program = compile_program("return f'{field}={value} {params.a}'", ("field", "value", "params"))
    assert program.run("NAME", 1, {"a": 2}) == "NAME=1 2"


def test_a_run_knows_nothing_of_those_before_it():
    program = compile_program("if record.first:\n  x = 1\nreturn x", ("record",))
    assert program.run({"first": True}) == 1
    assert program.run({"first": False}) is None


def test_names_of_a_comprehension_end_with_it():
    assert run("x = 1\ny = [x for x in record.tags]\nreturn x") == 1
    assert run("return [[x for x in record.tags] for x in [1, 2]]") == [["a", "b"]] * 2
    assert run("return [record for record in record.tags]") == ["a", "b"]
    assert run("y = [record for record in record.tags]\nreturn record.count") == 3
    with pytest.raises(LanguageError, match="unknown name `x`"):
        run("y = [x for x in record.tags]\nreturn x")


def test_a_function_may_lend_its_name_to_a_value():
    assert run("days = 3\nreturn days") == 3
    assert run("return [len for len in record.tags]") == ["a", "b"]


def test_a_text_at_the_beginning_says_what_it_is_for():
    assert run('"""Only computers."""\nreturn record.count') == 3
    assert run('"Only computers."; return record.count') == 3
    assert run('"computers"') == "computers"


def test_numbers_may_have_underscores():
    assert run("return 1_000 + 1_0.2_5e1_0") == 1_000 + 1_0.2_5e1_0


def test_texts_keep_their_tabs():
    assert run("return 'a\tb'") == "a\tb"
    assert run("return '''\ta\t'''") == "\ta\t"


def test_texts_over_several_lines():
    assert run('return """a\n  b"""') == "a\n  b"
    assert run("return 'a\\\nb'") == "ab"
    assert run("x = '''\n# no comment (\n'''\nreturn x") == "\n# no comment (\n"
    assert run("return ('a'  # one\n    # nothing\n    'b')") == "ab"


def test_f_strings_show_what_python_shows():
    assert run('return f"{record.name!r:>12}|{record.count:03}|{record.general.site.name}"') == (
        " 'LAB-Mac 7'|003|Lab"
    )
    assert run("return f'{record[\"name\"]}{{}}'") == "LAB-Mac 7{}"
    assert run("return f'{record.count:(>3}{record.count != 4}'") == "((3True"
    assert run('return f\'{"!" in "}!"!s:>5}{record.general!r:.3}\'') == " True{'p"
    assert run('return f"{date(record.day):%d.%m.%Y}"', {"day": "2024-05-06"}) == "06.05.2024"
    assert run('return rf"\\d{record.count}"') == "\\d3"
    assert run('return f"{record.missing} {record.count + 1 if record.count else 0}"') == "None 4"


# --- missing values


@pytest.mark.parametrize(
    "text",
    """
    record.missing
    record.missing.more.and_more
    record.general.missing.more
    record.name.missing
    record.count.missing
    record.tags.missing
    record.nothing.x
    record['missing']
    record['missing']['more']
    record['name']['more']
    record['tags']['more']
    record.general['missing'].more
    record.missing[0]
    record.missing['x'][0].y
    record.missing[1:2]
    record.tags[9]
    record.tags[-9]
    record.name[99]
    record.get('missing')
    record.get('missing').get('more')
    record.missing.get('x', 1)
    record.missing.lower().strip()
    record.missing.split(',')[0]
    record.nothing.lower()
    record.general.nothing.x
    get_field_value(record, 'general.x.y')
    get_field_value(record.missing, 'x')
    cae(record, 'x')
    cae(record.missing, 'x')
    days_since(record.missing)
    date(record.empty)
    date(record.missing).year
    re.search('a', record.missing)
    re.search('a', record.missing, re.I).group(1)
    re.match('a', record.missing)
    re.fullmatch('a', record.missing)
    re.sub('a', 'b', record.missing)
    re.search('zzz', record.name).group()
    """.strip().split("\n    "),
)
def test_what_is_missing_is_none(text):
    assert run(text) is None


@pytest.mark.parametrize(
    "text",
    """
    record.missing < 1
    record.missing <= 1
    record.missing > 1
    record.missing >= 1
    1 < record.missing
    1 <= record.missing
    1 > record.missing
    1 >= record.missing
    record.missing < record.nothing
    record.missing <= None
    None < 1 < 2
    1 < 2 < None
    1 < None < 2
    days_since(record.missing) > 90
    record.missing < now()
    'a' < None
    'x' in record.missing
    None in record.missing
    record.missing in 'text'
    None in 'None'
    record.missing in ('a', 'b')
    record.missing in ['a']
    record.missing in record.tags
    None in record.name
    record.count in record.missing
    record.missing == ''
    record.missing == 0
    record.missing == False
    record.missing != None
    not not None
    any(x for x in record.missing)
    any(x.y for x in record.apps)
    bool(record.missing)
    """.strip().split("\n    "),
)
def test_nothing_is_smaller_or_larger_than_none_or_in_it(text):
    assert run(text) is False


@pytest.mark.parametrize(
    "text",
    """
    record.missing is None
    record.nothing is None
    record.missing == None
    not record.missing
    'x' not in record.missing
    record.missing not in 'text'
    record.missing not in record.tags
    record.missing != 'a'
    all(x for x in record.missing)
    [x for x in record.missing] == []
    re.findall('a', record.missing) == []
    re.split('a', record.missing) == []
    str(record.missing) == 'None'
    record.count is not None
    None in [None]
    record.general.nothing is None
    record.name.lower() is not None
    """.strip().split("\n    "),
)
def test_what_is_missing_can_be_asked_for(text):
    assert run(text) is True


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("record['a b']", 1),
        ('record["_id"]', 2),
        ('record.get("class")', 3),
        ('record["common.uuid"]', "u-1"),
        ("record.common.uuid", "u-1"),
        ("[x.common.uuid for x in [record]]", ["u-1"]),
        ("record.common", None),
        ("record.general.site.name", "Lab"),
        ("record['general'].site['name']", "Lab"),
        ('get_field_value(record, "apps.1.name")', "Xcode.app"),
        ('get_field_value(record, "apps[*].name", "none")', ["Safari.app", "Xcode.app"]),
        ('record.get("missing", "default")', "default"),
        ('record.get("nothing", "default")', None),
        ("[app.name for app in record.apps]", ["Safari.app", "Xcode.app", None]),
        ('any(app.name == "Xcode.app" for app in record.apps)', True),
        ("all(app.name for app in record.apps)", False),
        ("[a.name for a in record.apps if a.version]", ["Safari.app", None]),
        ("{app.version: app.name for app in record.apps if app.name}",
         {"17.1": "Safari.app", None: "Xcode.app"}),
        ("sorted(app.name for app in record.apps if app.name)", ["Safari.app", "Xcode.app"]),
        ("sum(1 for app in record.apps if app.name)", 2),
        ("len([k for k, v in record.general.items() if v])", 2),
        ("record.apps[0].version.split('.')[0]", "17"),
        ("record.tags[::-1]", ["b", "a"]),
        ("record.name[:3]", "LAB"),
        ("'Mac' in record.name and 'a' in record.tags and 'name' in record", True),
        ("record.count and 'yes' or 'no'", "yes"),
        ("re.search('(?P<n>[0-9]+)', record.name)['n']", "7"),
        ("re.search('([0-9]+)', record.name).group(1)", "7"),
        ("re.search('([0-9]+)', record.name)[1]", "7"),
    ],
)  # fmt: skip
def test_what_is_there_is_found(text, value):
    assert run(text) == value


def test_fields_are_found_in_all_kinds_of_dicts():
    class Fields(dict):
        """As a library may have made it."""

    record = Fields(a=Fields(b=1))
    assert run("record.a.b", record) == run("record['a']['b']", record) == 1
    assert run("record.get('a').get('b')", record) == 1
    assert run("record.a.missing", record) is None


# --- what stops a program


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("record.missing + 1", "line 1: cannot add a number to an empty value (None)"),
        ("record.name > 5", "line 1: cannot compare text with a number"),
        ("len(record.missing)", "line 1: len() does not accept an empty value (None)"),
        ("int(record.name)", "line 1: int(): 'LAB-Mac 7' is not a valid number"),
        ("1 / 0", "line 1: division by zero"),
        ("x = 1\n\nreturn record.name - x", "line 3: cannot subtract a number from text"),
        ("x = int(record.name)\nreturn 1", "line 1: int(): 'LAB-Mac 7' is not a valid number"),
        (
            "if record.count:\n  if record.name < 1:\n    return 1",
            "line 2: cannot compare text with a number",
        ),
        (
            "if record.missing:\n  pass\nelif record.name < 1:\n  return 1",
            "line 3: cannot compare text with a number",
        ),
        ("if record.missing:\n  return 1\nelse:\n  x = -record.name", "line 4: cannot negate text"),
        ("record.name.lower", "line 1: `lower` is a method; write lower()"),
        ('record.name.lower == "x"', "line 1: `lower` is a method; write lower()"),
        ("record.name.items()", "text has no method items()"),
        ("record.general.lower()", "a dict has no method lower()"),
        ("record.tags.get(0)", "a list has no method get()"),
        ("record.count.strip()", "a number has no method strip()"),
        ("[x for x in record.count]", "cannot loop over a number"),
        ("any(x for x in True)", "cannot loop over True or False"),
        ("[x for x, y in record.apps]", "to 2 names"),
        ("[x for x, y in record.general.items() for a, b in [x]]", "to 2 names"),
        ("record.name % 1", "use an f-string to format text, not %"),
        ("{record.tags}", "a set cannot contain a list"),
        ("record.tags['x':]", "the slice needs whole numbers"),
        ("'x' in record.count", "cannot look for text in a number"),
        ("date(record.name)", "is not a date in a known format"),
        ("date(record.tags)", "a list is not a date"),
        ("re.search(record.tags, record.name)", "a pattern must be text"),
        ("re.search(record.name + '[', 'x')", "invalid pattern"),
        ("re.search('a', record.count)", "a pattern can search only text, not a number"),
        ("f'{record.missing:>5}'", "the format '>5' does not fit an empty value (None)"),
        ("round(record.name)", "round() does not accept text"),
        ("max(record.tags, 1)", "max(): cannot compare a list and a number"),
        ("max([])", "max(): the list is empty"),
    ],
)
def test_what_goes_wrong_is_told_with_its_line(text, reason):
    assert reason in stopped(text)


def test_a_reason_is_short_whatever_the_record_holds():
    assert len(stopped("int(record.name)", {"name": "x" * 900})) < 250


def test_the_reason_of_python_is_kept_as_the_cause():
    with pytest.raises(Stopped) as caught:
        run("1 / 0")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_an_interrupt_is_no_failure():
    class Interrupting(dict):
        def get(self, *args):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run("record.x", Interrupting())


def test_what_stops_a_program_can_be_handed_to_another_process():
    try:
        run("1 / 0")
    except Stopped as error:
        assert str(pickle.loads(pickle.dumps(error))) == str(error)
    with pytest.raises(LanguageError) as caught:
        compile_program("return (", ("record",))
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.line) == (str(caught.value), 1)


@pytest.mark.parametrize(
    "record",
    [
        {"x": b"bytes"}, {"x": 1.5}, {"x": datetime(2024, 1, 1)}, {"x": date(2024, 1, 1)},
        {"x": datetime(2024, 1, 1, tzinfo=UTC)}, {"x": {1, 2}}, {"x": (1, [2])}, {"x": 10**40},
        {"x": object()}, {"x": float("nan")}, {"x": "\ud800\0"}, {1: 2}, {}, {"x": {}}, {"x": [[]]},
    ],
)  # fmt: skip
def test_any_value_a_record_may_hold_can_be_looked_at(record):
    for text in """
        record.x
        record.x.y
        record['x'] == 1
        record.x in [1, 'a']
        not record.x
        record.x is None
        f'{record.x}'
        str(record.x)
        record == {}
        """.strip().split("\n"):
        run(text.strip(), record)
