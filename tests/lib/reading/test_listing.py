"""The guard against a page that comes again: by its mark, or by bringing nothing new."""

import pytest

from lib.errors import SourceFault, TargetRefused
from lib.reading.listing import Page, PageGuard

WHERE = "https://acme.example.com/people"


def passes(guard: PageGuard, *marks: object, new: bool = True) -> None:
    for mark in marks:
        guard.check(mark, new=new)


@pytest.mark.parametrize("again", [0, 1, 2])
def test_the_mark_of_any_earlier_page_is_told_with_its_place(again):
    marks = [["a", "b"], ["c"], ["b", "a"]]
    guard = PageGuard(WHERE)
    passes(guard, *marks, ["a"])
    with pytest.raises(SourceFault, match="returned a page that it had already returned") as caught:
        guard.check([*marks[again]])
    assert caught.value.where == WHERE
    assert caught.value.fix == "Try again later"


def test_a_list_of_changes_repeats_the_page_just_before_only():
    guard = PageGuard(WHERE, next_only=True)
    passes(guard, "a", "b", "a", "b")
    with pytest.raises(SourceFault):
        guard.check("b")


def test_pages_that_nothing_tells_apart_may_follow_each_other():
    passes(PageGuard(WHERE), None, None, None)


def test_too_many_stale_pages_raise_error():
    guard = PageGuard(WHERE, most_stale=3)
    passes(guard, 1, 2, new=False)
    passes(guard, 3)
    passes(guard, 4, None, new=False)
    with pytest.raises(SourceFault, match="had already returned"):
        guard.check(None, new=False)


def test_expected_repetition_is_allowed():
    guard = PageGuard(WHERE, most_stale=2)
    passes(guard, 1, 2, 3)
    guard.expect_again(2)
    passes(guard, 2, 3, 4, new=False)
    with pytest.raises(SourceFault):
        guard.check(5, new=False)


def test_the_error_is_of_the_kind_that_was_asked_for():
    guard = PageGuard(WHERE, error=TargetRefused)
    guard.check(1)
    with pytest.raises(TargetRefused):
        guard.check(1)


def test_a_page_need_not_tell_what_else_there_is():
    assert Page([1]) == Page([1], total=None, more=None)
