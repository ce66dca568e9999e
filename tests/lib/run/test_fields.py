"""The counts of fields, record by record."""

import pytest

from lib.mapping.mapping import FieldMapping
from lib.run.fields import SAMPLE, FieldCounts, everywhere
from lib.values.values import is_nothing

VALUES = [
    None, "", " ", "\t\u00a0", [], {}, 0, 0.0, False, True, "0", " x", [None], {"a": None}, 5,
]  # fmt: skip


def counts_of(**attributes):
    return FieldCounts({name: FieldMapping(name, item, {}) for name, item in attributes.items()})


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_filled_is_the_opposite_of_is_nothing(value):
    counts = counts_of(A={"source": "a"})
    counts.add({"a": value}, {"A": value})
    assert counts.filled == {"A": 0 if is_nothing(value) else 1}
    assert counts.is_empty("A") is is_nothing(value)


def test_field_is_absent_until_a_record_has_its_path():
    counts = counts_of(A={"source": "a.b"}, B={"hardcoded": "x"})
    counts.add({"a": {"b": None}}, {"A": None, "B": "x"})
    assert counts.is_absent("A")
    assert not counts.is_absent("B")
    counts.add({"a": {"b": ""}}, {"A": "", "B": "x"})
    counts.add({}, {"A": None, "B": "x"})
    assert not counts.is_absent("A")


def test_only_the_first_records_are_kept():
    counts = counts_of(A={"source": "a"})
    for number in range(SAMPLE + 5):
        counts.add({"a": number}, {"A": number})
    assert counts.sample == [{"a": number} for number in range(SAMPLE)]
    assert counts.records == SAMPLE + 5


def test_mapping_is_the_same_whatever_does_not_decide_on_the_value():
    [before] = list(filled(counts_of(A={"source": "a"})).rows())
    assert counts_of(A={"source": "a", "required": True}).is_mapped_as(before)
    assert not counts_of(A={"source": "b"}).is_mapped_as(before)
    assert not counts_of(A={"source": "a", "empty": "omit"}).is_mapped_as(before)
    assert not counts_of(A={"source": "a", "converter": "lower"}).is_mapped_as(before)
    assert not counts_of(A={"source": "a"}).is_mapped_as(None)


def filled(counts):
    counts.add({"a": 1}, {"A": 1})
    return counts


def test_rows_of_a_run_without_records_are_none():
    assert list(counts_of(A={"source": "a"}).rows()) == []


@pytest.mark.parametrize(
    ("records", "text"), [(1, "the only record"), (1_234, "all 1,234 records")]
)
def test_everywhere_is_a_number_or_the_only_one(records, text):
    assert everywhere(records) == text
