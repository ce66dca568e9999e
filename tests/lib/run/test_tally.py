"""The counts of a run: whether they add up, and which reasons are kept."""

import pickle
from dataclasses import fields

import pytest

from lib.errors import Interrupted, SignInError
from lib.run.tally import MOST_REASONS, Example, Outcome, Tally

ENDS = ("filtered", "incomplete", "unchanged", "sent", "rejected", "unsent")


def test_tally_when_every_record_has_one_outcome_is_balanced():
    tally = Tally(fetched=21, **{name: number for number, name in enumerate(ENDS, 1)})
    assert tally.balanced
    assert tally.accounted == 15
    assert Tally().balanced


@pytest.mark.parametrize("name", ENDS)
def test_tally_with_a_wrong_count_is_not_balanced(name):
    assert Tally(fetched=1, **{name: 1}).balanced
    assert not Tally(fetched=1, **{name: 2}).balanced
    assert not Tally(fetched=2, **{name: 1}).balanced


def test_tally_ignores_vanished_records():
    assert Tally(fetched=1, sent=1, vanished=5).balanced


def test_tally_has_no_other_counts():
    assert {item.name for item in fields(Tally)} == {*ENDS, "fetched", "vanished"}


def test_note_rejected_keeps_the_first_example_and_counts():
    outcome = Outcome("ldap")
    outcome.note_rejected("no EMAIL", "first")
    outcome.note_rejected("no EMAIL", "second")
    outcome.note_conversion("BOUGHT", "bad date")
    assert outcome.not_sent == {"rejected: no EMAIL": Example(2, "first")}
    assert outcome.failed_conversions == {"BOUGHT": Example(1, "bad date")}


def test_note_rejected_limits_the_number_of_reasons():
    outcome = Outcome("ldap")
    for number in range(1000):
        outcome.note_rejected(f"reason {number}", "x")
    assert len(outcome.not_sent) <= MOST_REASONS + 1
    assert sum(example.count for example in outcome.not_sent.values()) == 1000
    assert outcome.not_sent["rejected: reason 0"].count == 1
    outcome.note_rejected("reason 0", "x")
    assert outcome.not_sent["rejected: reason 0"].count == 2


def test_note_incomplete_and_note_conversion_beyond_the_limit_count_as_others():
    outcome = Outcome("ldap")
    for number in range(MOST_REASONS):
        outcome.note_rejected(str(number), "x")
        outcome.note_conversion(str(number), "x")
    outcome.note_rejected("one more", "x")
    outcome.note_incomplete("one more", "y")
    outcome.note_conversion("ONE_MORE", "z")
    assert list(outcome.not_sent.items())[MOST_REASONS:] == [
        ("rejected: other reasons", Example(1, "x")),
        ("incomplete: other reasons", Example(1, "y")),
    ]
    assert outcome.failed_conversions["other fields"] == Example(1, "z")


@pytest.mark.parametrize(
    ("error", "complete", "status"),
    [
        (None, True, "complete"),
        (None, False, "partial"),
        (SignInError("no"), True, "failed"),
        (Interrupted("no"), False, "interrupted"),
    ],
)
def test_status_is_that_of_the_history(error, complete, status):
    tally = Tally(fetched=1, rejected=1)
    assert Outcome("ldap", tally, error=error, complete=complete).status == status


def test_outcome_can_be_pickled():
    outcome = Outcome("ldap", Tally(fetched=1, sent=1), 0.5, SignInError("no", where="x"))
    outcome.note_incomplete("why", "such")
    copy = pickle.loads(pickle.dumps(outcome))
    assert str(copy.error) == "x: no"
    assert (copy.tally, copy.not_sent) == (outcome.tally, outcome.not_sent)
