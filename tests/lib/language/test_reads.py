"""Which paths a program looks at: never too few, since the source is asked for no others."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.language import compile_program
from lib.values.paths import compile_path, first_key


def reads(text, argument="record"):
    return compile_program(text, ("record", "value")).reads(argument)


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("1", ""),
        ("value", ""),
        ("return", ""),
        ("record.name", "name"),
        ('record["name"]', "name"),
        ('record.get("name")', "name"),
        ('record.get("name", "none")', "name"),
        ('record.get("name", record.other)', "name other"),
        ("record.general.site.name", "general.site.name"),
        ('record["general"]["site"]', "general.site"),
        ('record.general["site"].name', "general.site.name"),
        ('record.general.get("site")', "general.site"),
        ('record.get("general").get("site").name', "general"),
        ("record.general.get(record.key)", "general key"),
        ("record.name.lower().strip()", "name"),
        ("record.general.items()", "general"),
        ("record.name[0]", "name"),
        ("record.rooms[0].name", "rooms"),
        ("record.name[record.start:record.end:record.step]", "name start end step"),
        ("record.tags[record.at]", "tags at"),
        ('get_field_value(record, "general.name", record.x)', "general.name x"),
        ('get_field_value(record, "apps[*].name")', "apps[*].name"),
        ('get_field_value(record.general, "name")', "general"),
        ('cae(record, "Owner", record.owner)', "extension_attributes owner"),
        ('cae(record, "Owner", default=record.owner)', "extension_attributes owner"),
        ("record.a and record.b or not record.c", "a b c"),
        ("record.a < record.b <= record.c", "a b c"),
        ("-record.a + record.b ** record.c", "a b c"),
        ("record.a if record.b else record.c", "a b c"),
        ("[record.a, (record.b,), {record.c}, {record.d: record.e}]", "a b c d e"),
        ('f"{record.a} {record.b!r:>5} {value} {record.c + record.d}"', "a b c d"),
        ("any(x.a == record.b for x in record.c if x in record.d)", "b c d"),
        ("{x: record.a for x in record.b for y in record.c}", "a b c"),
        ("sorted(record.a, reverse=record.b)", "a b"),
        ('re.sub("a", record.a, record.b)', "a b"),
        ("max(record.a, default=record.b)", "a b"),
        ("x = record.a\nreturn x.b", "a"),
        ("if record.a: return record.b\nelif record.c: x = record.d\nelse: return 1", "a b c d"),
        ("if False: return record.never", "never"),
        ("record.pop", "pop"),
    ],
)
def test_the_paths_below_the_record_are_read(text, paths):
    assert reads(text) == set(paths.split())


def test_a_key_that_looks_like_a_path_is_read_as_one_and_as_the_other():
    assert reads('record["common.id"]') == {"common.id", '"common.id"'}
    assert reads('record.a["b[0]"].c') == {"a.b[0].c", 'a."b[0]".c'}
    assert reads('record["Serial No"]') == {"Serial No"}
    for path in reads('record["common.id"]'):
        assert compile_path(path)({"common.id": 1}) == 1


@pytest.mark.parametrize(
    "text",
    [
        "record", "len(record)", '"x" in record', "record == value", "record is None", "[record]",
        "x = record\nreturn x.name", "record if value else value", 'f"{record}"', "return record",
        "record.items()", "record.keys()", "record.values()", "record.get(value)", "record[value]",
        "record.get(record.key)", "record[record.key]", "record[0]", "record[1:2]", "str(record)",
        "get_field_value(record, value)", 'get_field_value(record, path="a.b")', "{1: record}",
        "[x for x in record]", "[record for x in value]", "[1 for x in value if record]",
        "not record", "cae(value, record)", "value.get(record)", "value[record]",
        "(record).items()", "if record: return record.name", "record = record\nreturn record.name",
        "(record or value).name", "max(value, default=record)", 'value.get("x", record)',
    ],
)  # fmt: skip
def test_a_record_that_is_used_as_a_whole_is_wanted_as_a_whole(text):
    assert reads(text) is None


def test_each_argument_is_told_apart():
    assert reads("record.a == value.b", "value") == {"b"}
    assert reads("record.a == value", "value") is None
    assert reads("record.a == value", "record") == {"a"}
    assert reads("record.value", "value") == set()
    assert reads("[value.a for value in record.b]", "record") == {"b"}


# --- property: a program does the same on a record with only the fields that it reads

STEPS = st.sampled_from(
    [
        "record.a", "record.b.c", "record['d']", "record.get('e', 1)", "record.get(value)",
        "get_field_value(record, 'b.c')", "cae(record, 'x')", "[x for x in record]", "len(record)",
        "list(record.values())", "[v for k, v in record.items()]", "f'{record.a}'", "record == {}",
        "any(x == record.a for x in [record.d, 2])", "'d' in record", "record.b.items()",
        "record.missing", "record[value]", "record.d == record.e", "record.f.g", "record['f.g']",
    ]
)  # fmt: skip
PROGRAMS = st.lists(STEPS, min_size=1, max_size=3).map(lambda steps: f"[{', '.join(steps)}]")
RECORD = {
    "a": 1,
    "b": {"c": 2},
    "d": 3,
    "e": 4,
    "f.g": 5,
    "extension_attributes": [{"name": "x", "value": 6}],
}


@settings(max_examples=150, deadline=None)
@given(PROGRAMS, st.sampled_from(["a", "d", "other"]))
def test_what_is_not_read_makes_no_difference(text, value):
    program = compile_program(text, ("record", "value"))
    paths = program.reads("record")
    keys = RECORD.keys() if paths is None else {first_key(path) for path in paths} | paths
    part = {key: item for key, item in RECORD.items() if key in keys}
    assert program.run(part, value) == program.run(RECORD, value)
