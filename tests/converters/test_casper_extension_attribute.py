"""Extension attributes of Casper (Jamf Pro), by their names."""

import pytest

from converters.casper_extension_attribute import converter, reads

RECORD = {
    "extension_attributes": [
        {"id": 1, "name": "Owner", "type": "String", "value": "ada"},
        {"id": 2, "name": "owner", "type": "String", "value": "other"},
        {"id": 3, "name": "Site", "type": "String", "value": ""},
        {"id": 4, "name": "Site", "type": "String", "value": "Berlin"},
        {"id": 5, "name": "Site", "type": "String", "value": "Paris"},
        {"id": 6, "name": "Empty", "type": "Number", "value": ""},
        {"id": 7, "name": "Tags", "multi_value": True, "value": ["a", "b"]},
    ]
}


def convert(name, record=RECORD, **params):
    return converter("extension_attributes", record, "ignored", {"attr": name, **params})


def test_the_attribute_of_exactly_that_name_is_taken():
    assert convert("Owner") == "ada"
    assert convert("owner") == "other"
    assert convert("Tags") == ["a", "b"]


def test_of_several_with_one_name_the_first_that_is_filled_counts():
    assert convert("Site") == "Berlin"


def test_an_attribute_that_is_there_but_empty_stays_empty():
    assert convert("Empty", default="none") == ""


@pytest.mark.parametrize(
    "record", [RECORD, {}, {"extension_attributes": None}, {"extension_attributes": []}]
)
def test_a_missing_attribute_gives_the_default_or_nothing(record):
    assert convert("Missing", record, default="none") == "none"
    assert convert("Missing", record) is None


def test_it_reads_the_section_of_extension_attributes_whatever_the_mapping_s_source():
    assert list(reads({"attr": "Owner"})) == ["extension_attributes"]
