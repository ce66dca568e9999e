"""Settings on empty values, as attributes of the mapping."""

from types import SimpleNamespace

import pytest

from lib.mapping.converters import conversion
from lib.mapping.emptyvalues import add_settings, omitted_if_empty
from lib.mapping.mapping import FieldMapping


def settings(**given):
    usual = {"empty_values": "send", "only_if_filled": "", "nothing": ()}
    return SimpleNamespace(**usual | given)


def fields():
    """A required field, one that is sent empty, one that is not, and two others."""
    attributes = {
        "KEY": {"source": "k", "required": True},
        "SENT": {"source": "s", "empty": "send"},
        "OMITTED": {"source": "o", "empty": "omit"},
        "PLAIN": {"source": "p", "converter": "lower"},
        "FIXED": {"hardcoded": "N/A"},
    }
    return {name: FieldMapping(name, item, {}) for name, item in attributes.items()}


@pytest.mark.parametrize(
    ("given", "omitted"),
    [
        ({}, ("OMITTED",)),
        ({"empty_values": "omit"}, ("OMITTED", "PLAIN", "FIXED")),
        ({"only_if_filled": "plain, KEY, sent, other"}, ("OMITTED", "PLAIN")),
        ({"only_if_filled": " "}, ("OMITTED",)),
    ],
)
def test_mapping_decides_before_the_settings(given, omitted):
    made = fields()
    add_settings(made, settings(**given))
    assert omitted_if_empty(made.values()) == omitted


def test_settings_that_are_not_used_change_no_mapping():
    made = fields()
    add_settings(made, settings())
    assert made == fields()


@pytest.mark.parametrize(
    ("words", "spec"),
    [
        (("default",), "nothing"),
        (("default", "tbd"), "nothing:words=default,tbd"),
        (("a|b",), r"nothing:words=a\|b"),
    ],
)
def test_nothing_is_the_first_converter_of_each_source(words, spec):
    made = fields()
    add_settings(made, settings(nothing=words))
    assert made["PLAIN"].attributes["converter"] == [spec, "lower"]
    assert made["KEY"].attributes["converter"] == [spec]
    assert made["KEY"].layers == {"converter": "ini"}
    assert "converter" not in made["FIXED"].attributes
    assert conversion(spec)("f", {}, "a|b" if words == ("a|b",) else "N/A") is None
