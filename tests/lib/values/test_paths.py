"""Paths into records, as mappings write them."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lib.values.paths import check_path, compile_path, first_key, section_and_key, steps

RECORD = {
    "name": "Mac",
    "plain.key": "has a dot",
    "general": {"serial_number": "C02", "ip.last": "10.0.0.1", "nothing": None, "": "empty"},
    "storage": [{"model": "SSD", "parts": [{"size": 1}, {"size": 2}]}, {"model": "HDD"}],
    "0": "a key of digits",
    "counts": {"2015": 3},
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("name", "Mac"),
        ("0", "a key of digits"),
        ("general", RECORD["general"]),
        ("general.serial_number", "C02"),
        ("storage.0.model", "SSD"),
        ("storage.1.model", "HDD"),
        ("storage.0.parts.1.size", 2),
        ("storage.1", {"model": "HDD"}),
        ("counts.2015", 3),
        ("plain.key", "has a dot"),
        ("general.ip.last", "10.0.0.1"),
    ],
)
def test_a_path_leads_to_its_value(path, value):
    assert compile_path(path)(RECORD) == value


@pytest.mark.parametrize(
    "path",
    [
        "missing",
        "missing.further",
        "general.missing",
        "general.nothing.further",
        "general.serial_number.further",
        "storage.2.model",
        "storage.-1.model",
        "storage.model",
        "storage.².model",
        "storage.1.parts.0",
        "name.0",
    ],
)
def test_a_path_that_leads_nowhere_gives_none(path):
    assert compile_path(path)(RECORD) is None


def test_a_step_that_is_there_counts_before_a_key_with_dots():
    assert compile_path("a.b")({"a": {"b": 1}, "a.b": 2}) == 1


def test_one_path_serves_many_records():
    get = compile_path("a.b")
    assert [get(record) for record in ({"a": {"b": 1}}, {}, {"a": [1]}, {"a": {"b": 2}})] == [
        1,
        None,
        None,
        2,
    ]


APPS = {
    "apps": [{"name": "A", "tags": ["x", "y"]}, {"name": "B", "tags": ["z"]}, {"id": 3}],
    "attributes": [
        {"name": "Owner", "value": "Ada"},
        {"name": "Cost = 5", "value": 1},
        {"name": "Owner", "value": "Eun-ji"},
    ],
    "Price [EUR]": 7,
    "odd.key": {"in[0]": 1, "it's": 2},
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("apps[*].name", ["A", "B"]),
        ("apps[*]", APPS["apps"]),
        ("apps[*].tags[*]", [["x", "y"], ["z"]]),
        ("apps[*].tags.0", ["x", "z"]),
        ("apps[1].name", "B"),
        ("apps[1].tags[0]", "z"),
        ("apps.1.tags[0]", "z"),
        ("apps[9].name", None),
        ("attributes[name=Owner].value", "Ada"),
        ("attributes[name=Cost = 5].value", 1),
        ("attributes[name=Nobody].value", None),
        ("missing[*].name", None),
        ("odd.key[*]", None),
        ("Price [EUR]", 7),
        ('"odd.key"."in[0]"', 1),
        ("'odd.key'.it's", 2),
    ],
)
def test_selectors_and_quoted_keys(path, value):
    assert compile_path(path)(APPS) == value


FLAGS = {
    "mails": [
        {"primary": None, "n": 0},
        {"primary": False, "n": 1},
        {"primary": True, "n": 2},
        {"primary": "None", "n": 3},
        {"kind": "wo]rk", "n": 4},
        {"kind": " home ", "n": 5},
        {"kind": 7, "n": 6},
        {"kind": "a [b]", "n": 8},
        {"kind": '5" screen', "n": 9},
    ],
    "one": {"n": 1},
    "none": [],
    "text": "abc",
    "null": None,
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("mails[primary=true].n", 2),
        ("mails[primary=True].n", 2),
        ("mails[primary=FALSE].n", 1),
        ("mails[primary=None].n", 3),
        ("mails[missing=None].n", None),
        ("mails[kind=None].n", None),
        ("mails[kind=7].n", 6),
        ("mails[ kind = 7 ].n", 6),
        ('mails["kind"="7"].n', 6),
        ('mails[kind="a [b]"].n', 8),
        ("mails[kind='a [b]'].n", 8),
        ('mails[kind=5" screen].n', 9),
        ("mails[kind=' home '].n", 5),
        ("mails[kind= home ].n", None),
        ("one[*].n", [1]),
        ("one[*]", [{"n": 1}]),
        ("none[*]", []),
        ("none[*].n", []),
        ("text[*]", None),
        ("text[*].n", None),
        ("null[*].n", None),
        ("missing[*]", None),
    ],
)
def test_what_selectors_pick_by(path, value):
    assert compile_path(path)(FLAGS) == value


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("a[name=Owner.value", "has a bracket that is not closed"),
        ("a[", "has a bracket that is not closed"),
        ("a[0", "has a bracket that is not closed"),
        ("ea[name=Owner [HR]].value", r"a bracket that was not opened.*\[name=\"Owner \[HR\]\"\]"),
        ("a..b", "has an empty part: two dots in a row, or a dot at the start or end"),
        ("a.", "has an empty part: two dots in a row, or a dot at the start or end"),
        (".a", "has an empty part: two dots in a row, or a dot at the start or end"),
        ("a. .b", "has an empty part: two dots in a row, or a dot at the start or end"),
        ("[*].a", "has an empty part: two dots in a row, or a dot at the start or end"),
        ("", "has an empty part"),
        ("storage.-1.model", "has a negative index"),
        ("storage[-1].model", "has a negative index"),
        ("a" * 501, "longer than 500 characters"),
    ],
)
def test_what_is_surely_no_path_is_told(path, words):
    with pytest.raises(ValueError, match=words):
        check_path(path)


@pytest.mark.parametrize(
    "path",
    [
        "general.serial_number",
        "storage.0.model",
        "apps[*].tags[0]",
        "attributes[name=a..b].value",
        "attributes[name=-1].value",
        '"a..b".c',
        "'Ref.'",
        '"a["."-1"',
        "Price [EUR]",
        "odd.it's",
        "cn;lang-en",
        "a" * 500,
    ],
)
def test_what_may_be_a_path_passes(path):
    check_path(path)


@pytest.mark.parametrize("path", ["a[*]" * 2000, "a." * 5000, "[0]" * 3000, "a[*]." * 99 + "b"])
def test_a_path_from_elsewhere_may_be_as_long_as_it_likes(path):
    assert compile_path(path)({"a": 1}) is None


@pytest.mark.parametrize("path", ["", ".", "a.", ".a", "a..b", "a[", "a]", "[*]", '"a', "'", '""'])
def test_no_path_makes_an_error(path):
    assert compile_path(path)({"b": 1}) is None
    assert compile_path(path)({path: 1}) == (1 if path != '""' else None)


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("general.name", "general"),
        ("extension_attributes[name=Owner].value", "extension_attributes"),
        ('"a.b".c', "a.b"),
        ("plain", "plain"),
    ],
)
def test_the_first_key_is_what_a_source_is_asked_for(path, key):
    assert first_key(path) == key


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("general.name", ("general", "name")),
        ('"general".name', ("general", "name")),
        ("storage.0", ("storage", "0")),
        ("name", (None, "name")),
        ('"Serial No. (1)"', (None, "Serial No. (1)")),
        ("a.b.c", None),
        ("apps[*]", None),
        ("apps[0].name", None),
        ("a[0", (None, "a[0")),
    ],
)
def test_a_section_and_a_key_are_told_of_paths_that_are_no_more(path, expected):
    assert section_and_key(path) == expected


# --- compiled paths find what following them step by step finds


class Fields(dict):
    """As a library may give records: a dict, and not of the type dict."""


def by_steps(value, way):
    """The value that a way leads to, by the rules of `lib.values.paths` and nothing else."""
    for at, step in enumerate(way):
        if isinstance(value, dict):
            if step.key not in value:
                return value.get(step.rest)
            value = value[step.key]
        else:
            value = item(value, step.key)
        for number, selector in enumerate(step.selectors, 1):
            if selector == "*":
                left = step._replace(key="item", selectors=step.selectors[number:])
                if not isinstance(value, list | dict):
                    return None
                items = [value] if isinstance(value, dict) else value
                found = [by_steps({"item": each}, (left, *way[at + 1 :])) for each in items]
                return [each for each in found if each is not None]
            value = picked(value, selector)
    return value


def item(value, number):
    if not isinstance(value, list) or not number.isdecimal():
        return None
    return value[int(number)] if int(number) < len(value) else None


def picked(value, selector):
    if selector.isdecimal():
        return item(value, selector)
    key, _, wanted = selector.partition("=")
    dicts = [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
    return next((each for each in dicts if key in each and in_words(each[key]) == wanted), None)


def in_words(value):
    return str(value).lower() if isinstance(value, bool) else (value and str(value)) or repr(value)


KEYS = st.sampled_from(["a", "b", "a", "b", "0", "1", "a.b", "b.a", "a[*]", "b[0].a", '"a"', ""])
LEAVES = st.sampled_from([None, 0, 1, "", "a", "b", True])


def containers(inside):
    dicts = st.dictionaries(KEYS, inside, max_size=4)
    return st.one_of(dicts, dicts, dicts.map(Fields), st.lists(inside, max_size=3))


VALUES = st.recursive(LEAVES, containers, max_leaves=12)
RECORDS = st.dictionaries(KEYS, VALUES, max_size=4)
STEPS = st.tuples(
    st.sampled_from(["a", "b", "0", "1", '"a"', "'b'", '"a.b"', ""]),
    st.sampled_from(["", "", "", "[*]", "[0]", "[1]", "[a=1]", "[b=a]", "[*][*]", "["]),
).map("".join)
PATHS = st.lists(STEPS, min_size=1, max_size=4).map(".".join)


@settings(max_examples=300)
@given(st.lists(RECORDS, min_size=1, max_size=3), PATHS)
@example([{"a": {"b": None}, "a.b": 1}, {"a": {}}, {"a": None}, {"a.b": 2}], "a.b")
@example([{"a": {'"b"': 1}}, {"a": Fields(b=1)}, {"a": [1, 2]}], 'a."b"')
@example([{"a": [{"b": 1}, {"b": None}, {}, None, "b", [7], Fields(b=2)]}], "a[*].b")
@example([{"a": [[1, 2], [], {"0": 3}]}], "a[*].0")
@example([{"a": [[{"b": 1}, {"b": 2}], 5]}], "a[0][1].b")
@example([{"a": [[{"b": 1}, {"b": 2}], 5]}], "a[*][*].b")
def test_a_compiled_path_agrees_with_its_steps(records, path):
    get, way = compile_path(path), steps(path)
    only_key = len(way) == 1 and not way[0].selectors
    for record in records:
        expected = record.get(way[0].key) if only_key else by_steps(record, way)
        assert get(record) == expected
        plain = section_and_key(path)
        section = record if plain is None or plain[0] is None else record.get(plain[0])
        if plain is not None and type(section) is dict:
            assert section.get(plain[1]) == expected
