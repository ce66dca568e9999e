"""The words that mean no value."""

import pytest

from lib.values.nothing import DEFAULT_WORDS, without, word_set


def test_default_words_are_as_they_are_compared():
    assert word_set(DEFAULT_WORDS) == frozenset(DEFAULT_WORDS)
    assert len(set(DEFAULT_WORDS)) == len(DEFAULT_WORDS)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((), set()),
        (("default",), set(DEFAULT_WORDS)),
        ((" Default ", "Not  Known"), {*DEFAULT_WORDS, "not known"}),
        (("TBD",), {"tbd"}),
    ],
)
def test_word_set_expands_the_default(given, expected):
    assert word_set(given) == expected


def test_without_words_changes_nothing():
    assert without("N/A", word_set(())) == "N/A"
