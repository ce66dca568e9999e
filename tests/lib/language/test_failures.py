"""The messages of operations and calls that fail: in plain words, never those of Python."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from lib.language import LanguageError, Stopped, compile_program
from lib.language.functions import FUNCTIONS
from lib.language.methods import METHODS
from lib.language.operators import BINARY, COMPARISONS, UNARY
from lib.language.patterns import PATTERN_FUNCTIONS

NAIVE = datetime(2024, 1, 1)
VALUES = [
    None, True, "x", "", 0, 1.5, -3, float("nan"), float("inf"), 10**30, [], ["b", 1], (),
    (1, None), set(), {1}, {}, {"a": 1}, b"bytes", NAIVE, datetime(2024, 1, 1, tzinfo=UTC),
    date(2024, 1, 1), timedelta(1), re.match("a", "a"), object(),
]  # fmt: skip
# Words of Python's own messages, and of `repr`.
PYTHON = re.compile(
    r"Error|unsupported|operand|NoneType|'(?:str|int|float|list|dict|bool|tuple|set|object)'|iterab"
    r"|callable|unhashable|subscript|positional|literal|<|instance|cannot convert|naive|__"
    r"|\bstr\b(?!\()|\bint\b(?!\()|codec|builtin"
)


def message(text, **values):
    with pytest.raises(Stopped) as caught:
        compile_program(text, tuple(values)).run(*values.values())
    return str(caught.value)


def attempts():
    """Every operation, function, and method, with values of all types."""
    for sign in (*BINARY, *COMPARISONS):
        if not sign.startswith("is"):
            yield f"a {sign} b"
    yield from (f"{sign} a" for sign in UNARY)
    yield from ("a[b]", "a[b:]", "a[::b]", "{a}", "{a: b}", "{a for x in [1]}", "f'{a:d}'")
    yield from ("f'{a:>5}'", "f'{a:%Y}'", "[x for x in a]", "[x for x, y in [a]]", "a < b < a")
    for name in FUNCTIONS:
        yield from (f"{name}(a)", f"{name}(a, b)")
    for name in {name for methods in METHODS.values() for name in methods}:
        yield from (
            f"a.{name}()",
            f"a.{name}(b)",
            f"a.{name}(b, b)",
            f"a.{name}(5)",
            f"a.{name}('')",
        )
    for name in PATTERN_FUNCTIONS:
        yield from (f"re.{name}('(x)', a)", f"re.{name}(a, b)", f"re.{name}('(x)', a, b)")
    yield from ("re.sub('(x)', a, 'x')", "re.split('x', 'axb', a)", "re.sub('x', 'y', 'x', a)")


@pytest.mark.parametrize("text", sorted(attempts()))
def test_failure_is_told_in_plain_words(text):
    try:
        program = compile_program(text, ("a", "b"))
    except LanguageError as error:
        assert not PYTHON.search(error.what), error.what
        return
    for left in VALUES:
        for right in VALUES:
            try:
                program.run(left, right)
            except Stopped as error:
                shown = str(error).replace("of type object", "")
                shown = shown.replace(repr(left), "") if left else shown
                assert not PYTHON.search(shown), (str(error), left, right)
                assert "cannot be evaluated" not in shown, (str(error), left, right)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("'a' > 1", "cannot compare text with a number"),
        ("[1] < ['a']", "cannot compare a list with a list, because their items"
         " have different types"),
        ("naive < now()", "cannot compare a timestamp without a time zone with a timestamp; use"
         " date(...) for both"),
        ("'a' + 1", "cannot add a number to text"),
        ("'a' - 1", "cannot subtract a number from text"),
        ("1.5 * 'a'", "cannot multiply a number by text"),
        ("1 // 'a'", "cannot divide a number by text"),
        ("1 ** 'a'", "cannot raise a number to the power of text"),
        ("1 % 0", "division by zero"),
        ("+'a'", "cannot use text as a number"),
        ("[1][0.5]", "an index must be a whole number"),
        ("[1][::0]", "the step of a slice cannot be 0"),
        ("{'a': 1}[1:]", "cannot take a part of a dict"),
        ("5[0]", "cannot take an item of a number"),
        ("{'a': 1}[[1]]", "a list cannot be a key"),
        ("{[1]: 2}", "a list cannot be a key"),
        ("{x: 1 for x in [[1]]}", "a list cannot be a key"),
        ("set([[1]])", "set(): a set cannot contain a list"),
        ("sorted(['a', 1])", "sorted(): cannot compare text and a number"),
        ("sum(['a'])", "sum(): cannot add text"),
        ("','.join([1])", "join(): the list must contain only text, not a number"),
        ("'a'.startswith(5)", "startswith() does not accept a number"),
        ("'a'.split('')", "split(): the separator is empty"),
        ("'a'.index('b')", "index(): the value was not found"),
        ("'a'.center(5, 'ab')", "center(): the fill character must be a single character"),
        ("re.search('a', 'a').group(3)", "group(): the pattern does not have this group"),
        ("int('a')", "int(): 'a' is not a valid number"),
        ("int('a', 99)", "int(): the base must be 0 or a number from 2 to 36"),
        ("float('a')", "float(): 'a' is not a valid number"),
        ("[x for x, y in [5]]", "cannot assign a number to 2 names"),
        ("[x for x, y in [[5]]]", "cannot assign 1 value to 2 names"),
        ("cae({'extension_attributes': 5}, 'a')", "cae(): extension_attributes is not a list of"
         " attributes"),
        ("get_field_value({}, 5)", "get_field_value(): the path must be text, not a number"),
    ],
)  # fmt: skip
def test_failure_names_the_types(text, reason):
    assert message(text, naive=NAIVE) == f"line 1: {reason}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("len()", "len(): an argument is missing"),
        ("len('a', 'b')", "len(): too many arguments"),
        ("round(1.5, digits=1)", "round(): unknown argument `digits`"),
        ("get_field_value(1, 'a', data=2)", "get_field_value(): an argument is given twice"),
    ],
)
def test_arguments_that_do_not_fit_are_told_in_plain_words(text, reason):
    with pytest.raises(LanguageError) as caught:
        compile_program(text, ())
    assert caught.value.what == reason
