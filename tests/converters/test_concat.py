"""Several fields as one text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.mapping.converters import conversion
from tests.values import VALUES

RECORD = {
    "first": " Ada ",
    "last": "Quill",
    "profile": {"city": "Berlin", "zip": 10115, "phones": ["+49", "+33"]},
    "a.b": "dotted",
    "Serial No. (1)": "C02",
    "Last, first": {"x": "deep"},
    "apps": [{"name": "x, y", "value": "found"}],
    "nothing": None,
    "blank": "  ",
    "none": [],
    "list": ["a"],
    "object": {"a": 1},
    "flag": True,
    "zero": 0,
}


def convert(values, record=RECORD, value="ignored"):
    return conversion(f"concat:values={values}")("first", record, value)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ("first,' ',last", "Ada Quill"),
        ('first," ",last', "Ada Quill"),
        (" first , ' ' , last ", "Ada Quill"),
        ("last,', ',first", "Quill, Ada"),
        ("last,', ',first,\" '\",profile.city,\"'\"", "Quill, Ada 'Berlin'"),
        ("first,last", "AdaQuill"),
        ("first", "Ada"),
        ("profile.zip,' ',profile.city", "10115 Berlin"),
        ("profile.phones.1,'/',profile.phones[0]", "+33/+49"),
        ("a.b,'-','first'", "dotted-first"),
        ("Serial No. (1)", "C02"),
        ('last,"Last, first".x', "Quilldeep"),
        ('apps[name=x, y].value,"-",last', "found-Quill"),
        ("last,''", "Quill"),
        ("zero,'%'", "0%"),
        (r"first,'\|',last", "Ada|Quill"),
    ],
)
def test_fields_and_texts_become_one(values, text):
    assert convert(values) == text


@pytest.mark.parametrize("empty", ["missing", "nothing", "blank", "none", "profile.street", "x.y"])
def test_a_field_without_text_adds_none(empty):
    assert convert(f"first,'-',{empty},'-',last") == "Ada--Quill"
    assert convert(f"first,' ',{empty}") == "Ada"
    assert convert(f"{empty},' ',last") == "Quill"
    assert convert(f"{empty},' ',{empty}") is None


@pytest.mark.parametrize("path", ["list", "object", "flag", "profile.phones", "apps[*].name"])
def test_a_field_that_is_no_text_is_refused_by_its_path(path):
    with pytest.raises(ValueError) as error:
        convert(f"first,{path}")
    kind = {"object": "a dict", "flag": "True or False"}.get(path, "a list")
    assert str(error.value) == f"{path}: {kind} is not text"


@pytest.mark.parametrize("value", [None, "", [], {"a": 1}, True])
def test_the_value_of_the_source_does_not_matter(value):
    assert convert("last", value=value) == "Quill"


def test_it_tells_the_paths_that_it_reads_and_not_the_texts():
    made = conversion("concat:values=first,' ',profile.last,\"x\",Serial No. (1)")
    assert made.reads == {"first", "profile.last", "Serial No. (1)"}


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ("", "the parameter values is missing"),
        (":values", "the parameter values needs a value"),
        (":values=", "values: an item between the commas is empty"),
        (":values=a,,b", "values: an item between the commas is empty"),
        (":values=a,' ,b", "values: the quote at the beginning of ' is not closed"),
        (":fields=a,b", "unknown parameter 'fields'"),
    ],
)
def test_wrong_parameters_are_told_when_the_mapping_is_read(params, told):
    with pytest.raises(ValueError, match=told):
        conversion(f"concat{params}")


@given(st.lists(st.text("ab,'.[] ").filter(str.strip), min_size=1))
def test_the_texts_of_all_fields_are_there_in_their_order(texts):
    record = {f"key{number}": text for number, text in enumerate(texts)}
    assert convert(",'|',".join(record).replace("|", r"\|"), record) == "|".join(
        text.strip() for text in texts
    )


@given(VALUES, VALUES)
def test_anything_is_converted_or_refused(first, last):
    try:
        assert isinstance(convert("a,' ',b.c", {"a": first, "b": last}), str | None)
    except ValueError as error:
        assert "is not text" in str(error)
