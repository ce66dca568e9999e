"""What a regular expression finds, and what stands there instead."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.mapping.converters import conversion
from tests.values import EMPTY, VALUES


def convert(value, params):
    return conversion(f"regex:{params}")("field", {}, value)


@pytest.mark.parametrize(
    ("value", "params", "found"),
    [
        ("LAP-0417", r"pattern=^([A-Z]+)-\d+", "LAP"),
        ("LAP-0417", r"pattern=\d+", "0417"),
        ("LAP-0417", r"pattern=(?:LAP)-(\d)(\d)", "0"),
        ("PC-0417", r"pattern=LAP(\d)\|PC-(\d)", "0"),
        ("LAP-0417", r"pattern=x(\d)?\|LAP", None),
        ("LAP-0417", r"pattern=^(\d+)", None),
        ("LAP-0417", r"pattern=lap", None),
        ("LAP-0417", r"pattern=lap|ignorecase", "LAP"),
        ("LAP-0417", r"pattern=lap|ignorecase=yes", "LAP"),
        ("LAP-0417", r"pattern=lap|ignorecase=no", None),
        ("a=b", "pattern=(=b)", "=b"),
        ("7 GB", r"pattern=(?P<size>\d+) GB", "7"),
        (417, r"pattern=\d", "4"),
        (["a1", "b", None, "c2"], r"pattern=\d", ["1", "2"]),
    ],
)
def test_the_first_group_that_took_part_is_taken_or_the_whole(value, params, found):
    assert convert(value, params) == found


@pytest.mark.parametrize(
    ("value", "params", "replaced"),
    [
        ("Quill, Ada", r"pattern=(\w+), (\w+)|replace=\2 \1", "Ada Quill"),
        ("Quill, Ada", r"pattern=(?P<last>\w+), (\w+)|replace=\2 \g<last>", "Ada Quill"),
        ("a1b22c", r"pattern=\d+|replace=-", "a-b-c"),
        ("a1b22c", r"pattern=\d+|replace=", "abc"),
        ("a1b", r"pattern=(\d)\|(b)|replace=[\1\2]", "a[1][b]"),
        ("abc", r"pattern=\d|replace=-", "abc"),
        ("ABC", r"pattern=b|replace=-|ignorecase", "A-C"),
        ("a#b", "pattern=(?x)(a) # a comment|replace=-", "-#b"),
        ("a|b", r"pattern=[\|]|replace=\|\|", "a||b"),
        (["a1", "1", None], r"pattern=\d|replace=", ["a"]),
    ],
)
def test_everything_that_is_found_is_replaced(value, params, replaced):
    assert convert(value, params) == replaced


@pytest.mark.parametrize("value", EMPTY)
@pytest.mark.parametrize("params", ["pattern=.*", r"pattern=\s*|replace=x"])
def test_what_is_empty_stays_so(value, params):
    assert convert(value, params) == value


@pytest.mark.parametrize("value", [{"a": 1}, True, [["a"]]])
def test_what_is_no_text_is_refused(value):
    with pytest.raises(ValueError, match="is not text"):
        convert(value, "pattern=a")


@pytest.mark.parametrize("replace", ["", "|replace=x"])
@pytest.mark.parametrize("pattern", [r"(a\|aa)+$", r"(a\|a)*$"])
def test_a_pattern_that_would_take_for_ever_ends(pattern, replace):
    with pytest.raises(ValueError, match="takes too long on this value"):
        convert("a" * 60 + "b", f"pattern={pattern}{replace}")


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ("replace=a", "the parameter pattern is missing"),
        ("pattern=", "pattern: a value is required"),
        ("pattern=(a", "pattern: invalid pattern: missing \\)"),
        ("pattern=(?R)", "pattern: invalid pattern"),
        ("pattern=*", "pattern: invalid pattern: nothing to repeat"),
        ("pattern=" + "a" * 2000, "pattern: a pattern must be text of at most"),
        ("pattern=((a{900}){900}){900}", "pattern: the repetition counts in the pattern"),
        (r"pattern=(a)|replace=\2", "replace: invalid group reference"),
        (r"pattern=(a)|replace=\g<b>", "replace: unknown group"),
        (r"pattern=(?x)(a)#c|replace=\2", "replace: invalid group reference"),
        ("pattern=(a)|replace=\\", "replace: bad escape"),
        ("pattern=a|replace", "the parameter replace needs a value"),
        ("pattern=a|ignorecase=perhaps", "ignorecase: 'perhaps' is neither True nor False"),
        ("pattern=a|b", "unknown parameter 'b'"),
    ],
)
def test_wrong_parameters_are_told_when_the_mapping_is_read(params, told):
    with pytest.raises(ValueError, match=f"^converter regex: .*{told}"):
        conversion(f"regex:{params}")


@settings(deadline=None)  # a count takes its time to compile
@given(st.text("ab()[]{}|*+?\\.^$123,<>=!:#Pxi-", max_size=12), st.text("ab\\12g<>{}", max_size=6))
def test_any_pattern_works_or_is_refused(pattern, template):
    bars = pattern.replace("|", r"\|")
    for params in (f"pattern={bars}", f"pattern={bars}|replace={template}"):
        try:
            change = conversion(f"regex:{params}")
        except ValueError as error:
            assert str(error).startswith("converter regex: ")
        else:
            assert isinstance(change("field", {}, "aab1 <b>"), str | None)


@given(VALUES)
def test_anything_is_converted_or_refused(value):
    try:
        convert(value, "pattern=(a)")
    except ValueError as error:
        assert "is not text" in str(error)
