"""Paths into records, as mappings write them."""

import pytest

from lib.paths import compile_path, first_key

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
