"""Extension attributes of Casper (Jamf Pro), by their names."""

import pytest
from hypothesis import given

from lib.mapping.converters import conversion
from tests.values import VALUES

RECORD = {
    "extension_attributes": [
        {"id": 1, "name": "Owner", "type": "String", "value": "ada"},
        {"id": 2, "name": "owner", "type": "String", "value": "other"},
        {"id": 3, "name": "Site", "type": "String", "value": " "},
        {"id": 4, "name": "Site", "type": "String", "value": "Berlin"},
        {"id": 5, "name": "Site", "type": "String", "value": "Paris"},
        {"id": 6, "name": "Empty", "type": "Number", "value": ""},
        {"id": 7, "name": "Tags", "multi_value": True, "value": ["a", "b"]},
        {"id": 8, "name": "Without"},
        {"id": 9, "name": "Zero", "type": "Number", "value": 0},
        {"id": 10},
        "no attribute",
        None,
    ]
}


def convert(params, record=RECORD, value="ignored"):
    made = conversion(f"casper_extension_attribute:{params}")
    return made("extension_attributes", record, value)


@pytest.mark.parametrize(
    ("name", "value"), [("Owner", "ada"), ("owner", "other"), ("Tags", ["a", "b"]), ("Zero", 0)]
)
def test_the_attribute_of_exactly_that_name_is_taken(name, value):
    assert convert(f"attr={name}|default=none") == value


def test_of_several_with_one_name_the_first_that_is_filled_counts():
    assert convert("attr=Site") == "Berlin"


def test_an_attribute_that_is_there_but_empty_stays_empty():
    assert convert("attr=Empty|default=none") == ""
    assert convert("attr=Without|default=none") is None


@pytest.mark.parametrize(
    "record", [RECORD, {}, {"extension_attributes": None}, {"extension_attributes": []}]
)
def test_a_missing_attribute_gives_the_default_or_nothing(record):
    assert convert("attr=Missing|default=none", record) == "none"
    assert convert("attr=Missing", record) is None


@pytest.mark.parametrize("value", [None, "", [], {"a": 1}])
def test_the_value_of_the_source_does_not_matter(value):
    assert convert("attr=Owner", value=value) == "ada"


@pytest.mark.parametrize("attributes", ["text", 7, {"name": "Owner", "value": "ada"}])
def test_attributes_that_are_no_list_are_refused(attributes):
    with pytest.raises(ValueError, match="extension_attributes is not a list"):
        convert("attr=Owner", {"extension_attributes": attributes})


def test_it_reads_the_section_of_extension_attributes_whatever_the_mapping_s_source():
    made = conversion("casper_extension_attribute:attr=Owner")
    assert made.reads == {"extension_attributes"}


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ("", "the parameter attr is missing"),
        ("attr", "the parameter attr needs a value"),
        ("attr=", "attr: a value is required"),
        ("attr=a|default", "the parameter default needs a value"),
        ("name=Owner", "unknown parameter 'name'"),
    ],
)
def test_wrong_parameters_are_told_when_the_mapping_is_read(params, told):
    with pytest.raises(ValueError, match=told):
        conversion(f"casper_extension_attribute:{params}")


@given(VALUES)
def test_anything_is_converted_or_refused(attributes):
    try:
        convert("attr=a", {"extension_attributes": attributes})
    except ValueError as error:
        assert "is not a list" in str(error)
