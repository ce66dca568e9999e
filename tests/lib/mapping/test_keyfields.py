"""The values of the sync key: trimmed, and dropped if they identify nothing."""

import pytest

from lib.mapping.keyfields import KeyFields


def settle(values, placeholders=None):
    text = KeyFields(tuple(values), placeholders).settle(values)
    return values, text


def test_text_is_trimmed_and_other_values_stay():
    values, text = settle({"A": "\ufeffx \u200b", "B": 7, "C": None, "D": ["x "]}, "drop")
    assert values == {"A": "x", "B": 7, "C": None, "D": ["x "]}
    assert text == ""


def test_report_names_placeholders_and_keeps_them():
    assert settle({"A": " Default string ", "B": "0"}, "report") == (
        {"A": "Default string", "B": "0"},
        "A 'Default string', B '0'",
    )


def test_drop_empties_them():
    assert settle({"A": "0", "B": "None"}, "drop") == ({"A": None, "B": None}, "A '0', B 'None'")


@pytest.mark.parametrize("other", ["C02", None, ""])
def test_every_part_has_to_be_one(other):
    assert settle({"A": "0", "B": other}, "drop") == ({"A": "0", "B": other}, "")


def test_without_a_choice_none_are_looked_for():
    assert settle({"A": "0"}) == ({"A": "0"}, "")
