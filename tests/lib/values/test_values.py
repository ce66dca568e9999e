"""Empty values, text, lists of text, and lists in parameters."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.values.values import each, filled, int_or_none, is_nothing, parts, text_of
from tests.values import TEXTS, VALUES


@pytest.mark.parametrize("value", [None, "", " ", "\t\n\u00a0", [], {}])
def test_what_holds_nothing_is_nothing(value):
    assert is_nothing(value)


@pytest.mark.parametrize("value", [0, 0.0, False, "0", "-", [None], [""], {"a": None}])
def test_zero_false_and_what_has_items_are_something(value):
    assert not is_nothing(value)


@given(TEXTS)
def test_text_is_nothing_exactly_if_stripping_leaves_nothing(text):
    assert is_nothing(text) == (not text.strip())


@pytest.mark.parametrize(
    ("value", "text"), [("a ", "a "), ("", ""), (0, "0"), (-7, "-7"), (1.5, "1.5")]
)
def test_text_and_numbers_have_a_text(value, text):
    assert text_of(value) == text


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (True, "True or False"),
        (None, r"an empty value \(None\)"),
        ([], "a list"),
        ({"a": 1}, "a dict"),
        (b"a", "binary data"),
        (date(2015, 7, 21), "a date"),
    ],
)
def test_all_else_has_none(value, kind):
    with pytest.raises(ValueError, match=f"^{kind} is not text$"):
        text_of(value)


@pytest.mark.parametrize("value", [None, "", "  ", [], {}])
def test_nothing_is_not_changed(value):
    def fail(text):
        raise AssertionError(text)

    assert each(value, fail) is value


@pytest.mark.parametrize(
    ("value", "changed"),
    [
        ("a", "A"),
        (" a ", " A "),
        (7, "7"),
        (0, "0"),
        (["a", "b"], ["A", "B"]),
        (["a", None, "", " ", 7, [], {}], ["A", "7"]),
        ([None], []),
    ],
)
def test_text_is_changed_and_a_list_item_by_item(value, changed):
    assert each(value, str.upper) == changed


def test_items_that_become_empty_are_left_out():
    assert each(["a", "b", "c"], {"a": None, "b": " ", "c": 0}.get) == [0]
    assert each("a", {"a": None}.get) is None


@pytest.mark.parametrize("value", [True, {"a": 1}, ["a", True], ["a", ["b"]], [{"a": 1}]])
def test_what_is_no_text_is_refused_in_a_list_too(value):
    with pytest.raises(ValueError, match="is not text"):
        each(value, str.upper)


@given(VALUES)
def test_a_value_is_changed_or_refused_but_nothing_breaks(value):
    try:
        changed = each(value, str)
    except ValueError:
        return
    assert is_nothing(value) or each(changed, str) == changed


def test_an_empty_parameter_is_refused_and_a_blank_one_is_not():
    assert filled(" ") == " "
    with pytest.raises(ValueError, match="a value is required"):
        filled("")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a", ("a",)),
        ("a,b.c,d", ("a", "b.c", "d")),
        (" a , b ", ("a", "b")),
        ("a,' ',b", ("a", "' '", "b")),
        ("a,', ',b", ("a", "', '", "b")),
        ('a, ", " ,b', ("a", '", "', "b")),
        ("a,'\"',b", ("a", "'\"'", "b")),
        ("''", ("''",)),
        ("list[name=x, y].value,b", ("list[name=x, y].value", "b")),
        ('"Last, first".x,b', ('"Last, first".x', "b")),
        ('a."Last, first",b', ('a."Last, first"', "b")),
        ("manager's name,owner's name", ("manager's name", "owner's name")),
    ],
)
def test_commas_separate_but_not_in_quotes_and_brackets(text, found):
    assert parts(text) == found


@pytest.mark.parametrize("text", ["", " ", ",", "a,", ",a", "a,,b", "a, ,b"])
def test_an_empty_part_is_refused(text):
    with pytest.raises(ValueError, match="an item between the commas is empty"):
        parts(text)


@pytest.mark.parametrize("text", ["'", "a,' ,b", 'a," ', "'a' b'"])
def test_a_quote_without_an_end_is_refused(text):
    with pytest.raises(ValueError, match=r"the quote at the beginning of .* is not closed"):
        parts(text)


@given(st.lists(st.from_regex(r"[a-c\]]([.' ]?[a-c\]]+)*'?", fullmatch=True), min_size=1))
def test_parts_without_quotes_at_their_beginning_come_back_as_they_were_joined(words):
    plain = tuple(word.replace(" '", "").replace(".'", "") for word in words)
    assert parts(",".join(plain)) == plain


@given(st.lists(st.text().filter(lambda text: "'" not in text), min_size=1))
def test_whatever_is_in_quotes_stays_together(texts):
    quoted = [f"'{text}'" for text in texts]
    assert parts(" , ".join(quoted)) == tuple(quoted)


@pytest.mark.parametrize(
    ("value", "number"),
    [(3, 3), (0, 0), (3.0, 3), ("3", 3), (" 3 ", 3), ("", None), ("three", None), (None, None),
     (True, None), ([3], None), (float("inf"), None), (float("nan"), None)],
)  # fmt: skip
def test_whole_numbers_may_come_as_text(value, number):
    assert int_or_none(value) == number
