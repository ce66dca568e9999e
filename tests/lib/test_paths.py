"""Paths into records, as mappings write them."""

import pytest

from lib.paths import compile_path

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
