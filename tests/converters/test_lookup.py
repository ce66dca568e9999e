"""Another value for each value, from a table in the ini."""

import pytest
from hypothesis import given

from lib.mapping.converters import Resources, conversion
from tests.values import EMPTY, VALUES

TABLES = {
    "departments": {"r&d": "Research", "0417": "Sales", "straße": "Street", "closed": ""},
    "sites": {"b": "Berlin"},
}
RESOURCES = Resources(tables=TABLES)


def convert(value, params="table=departments"):
    return conversion(f"lookup:{params}", RESOURCES)("field", {}, value)


@pytest.mark.parametrize(
    ("value", "given"),
    [
        ("R&D", "Research"),
        (" r&d\n", "Research"),
        ("0417", "Sales"),
        ("STRASSE", "Street"),
        ("Straße", "Street"),
        ("closed", ""),
        (["R&D", None, "", "0417"], ["Research", "Sales"]),
    ],
)
def test_values_are_found_in_large_and_small_letters(value, given):
    assert convert(value) == given


def test_numbers_are_found_by_their_text():
    table = Resources(tables={"codes": {"417": "Sales"}})
    assert conversion("lookup:table=codes", table)("field", {}, 417) == "Sales"


def test_the_name_of_a_table_is_found_in_large_and_small_letters():
    assert convert("B", "table= Sites ") == "Berlin"


@pytest.mark.parametrize("value", EMPTY)
@pytest.mark.parametrize("params", ["table=departments", "table=departments|default=x"])
def test_what_is_empty_stays_so(value, params):
    assert convert(value, params) == value


def test_a_value_that_is_not_in_the_table_is_told():
    with pytest.raises(ValueError, match=r"^'Legal' not found in \[lookup\.departments\]$"):
        convert(" Legal ")
    with pytest.raises(ValueError, match="'Legal' not found in"):
        convert(["R&D", "Legal"])


def test_or_gets_the_default():
    assert convert("Legal", "table=departments|default=Other") == "Other"
    assert convert("Legal", "table=departments|default=") == ""
    assert convert(["R&D", "Legal"], "table=departments|default=Other") == ["Research", "Other"]
    assert convert("closed", "table=departments|default=Other") == ""


@pytest.mark.parametrize(
    ("value", "given"),
    [(True, "yes"), (False, "no"), (1.0, "one"), (2.5, "half"), ([1, 1.0], ["one", "one"])],
)
def test_booleans_and_whole_numbers_with_a_fraction_are_found(value, given):
    table = Resources(tables={"t": {"true": "yes", "false": "no", "1": "one", "2.5": "half"}})
    assert conversion("lookup:table=t", table)("field", {}, value) == given


@pytest.mark.parametrize(
    ("value", "given"), [({"a": 1}, "x"), (True, "x"), ([["R&D"], "0417"], ["x", "Sales"])]
)
def test_the_default_is_also_for_what_cannot_be_looked_up(value, given):
    assert convert(value, "table=departments|default=x") == given


@pytest.mark.parametrize("value", [{"a": 1}, [["R&D"]]])
def test_what_is_no_text_is_refused(value):
    with pytest.raises(ValueError, match="is not text"):
        convert(value)


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ("", "the parameter table is missing"),
        ("table=", "table: a value is required"),
        (
            "table=departmnts",
            r"lookup table \[lookup.departmnts\] not found; did you mean dep.*ts\?",
        ),
        ("table=zzz", r"lookup table \[lookup.zzz\] not found; use one of: departments, sites"),
        ("table=sites|default", "the parameter default needs a value"),
        ("name=sites", "unknown parameter 'name'"),
    ],
)
def test_wrong_parameters_are_told_when_the_mapping_is_read(params, told):
    with pytest.raises(ValueError, match=f"^converter lookup: .*{told}"):
        conversion(f"lookup:{params}", RESOURCES)


def test_an_ini_without_tables_is_told():
    with pytest.raises(ValueError, match="the config file has no lookup tables"):
        conversion("lookup:table=sites")


@given(VALUES)
def test_anything_is_converted_or_refused(value):
    try:
        convert(value)
    except ValueError as error:
        assert "is not text" in str(error) or "not found in" in str(error)
