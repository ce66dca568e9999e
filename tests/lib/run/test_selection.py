"""Which records are sent of those with the same key."""

from contextlib import closing

import pytest

from lib.run.recordnames import RecordNames
from lib.run.selection import Selection, SendPolicy
from lib.run.tally import Outcome
from lib.state import Known, NullLedger
from tests.items import item


class Uploader:
    left_out = 0

    def leave_out(self, items):
        self.left_out += len(items)


class Ledger(NullLedger):
    def __init__(self, **known):
        self._known = known
        self.noted = {}
        self.saved = []
        self.cleared = []

    def known(self, keys):
        return {key: self._known[key] for key in keys if key in self._known}

    def note_shared(self, keys):
        self.noted = dict(keys)

    def save_for_resend(self, items):
        self.saved += items

    def clear(self, ids):
        self.cleared += ids


@pytest.fixture
def outcome():
    return Outcome("made_up")


@pytest.fixture
def select(outcome):
    """Makes a selection, and gives it with its ledger."""
    made = []

    def make(duplicates="last", *, ledger=None, skip_unchanged=False):
        policy = SendPolicy(skip_unchanged=skip_unchanged, duplicates=duplicates)
        made.append(Selection(Uploader(), ledger or Ledger(), outcome, policy, RecordNames()))
        return made[-1]

    yield make
    for each in made:
        each.close()


def items(*records):
    """Items from pairs of a name and a time of contact; all have the key "a"."""
    made = [item({"id": "a", "name": name}) for name, _ in records]
    for number, (each, (_, contact)) in enumerate(zip(made, records, strict=True), 1):
        each.position = number
        each.contact = float("-inf") if contact is None else contact
    return made


def names(found):
    return [each.values["name"] for each in found]


def test_last_keeps_all_of_them(select, outcome):
    selection = select()
    assert names(selection(items(("one", None), ("two", None)))) == ["one", "two"]
    assert outcome.tally.duplicate == 0
    assert selection.finish().records == 2


@pytest.mark.parametrize(
    ("times", "kept"),
    [
        ([1, 2, 3], ["3"]),
        ([3, 2, 1], ["1"]),
        ([1, 3, 2], ["2"]),
        ([2, 2], ["2"]),  # of equal times, the later one
        ([None, None], ["2"]),
        ([5, None], ["1"]),
        ([None, 5], ["2"]),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_newest_keeps_the_newest_of_those_that_were_not_sent(select, outcome, times, kept, at_once):
    selection = select("newest")
    given = items(*((str(number), time) for number, time in enumerate(times, 1)))
    if at_once:
        found = selection(given)
    else:
        found = []
        for each in given:
            found = selection([each], found)
    assert names(found) == kept
    assert outcome.tally.duplicate == len(times) - 1
    assert selection.finish().records == len(times)


def test_newest_does_not_take_back_what_was_sent(select, outcome):
    selection = select("newest")
    old, new = items(("old", 1), ("new", 2))
    assert names(selection([old])) == ["old"]
    assert names(selection([new])) == ["new"]
    assert outcome.tally.duplicate == 0


def test_newest_held_records_are_decided_on_again(select, outcome):
    selection = select("newest")
    old, new = items(("old", 1), ("new", 2))
    held = [*selection([old]), *selection([new])]
    assert names(selection.winners(held)) == ["new"]
    assert outcome.tally.duplicate == 1


def test_first_keeps_the_first(select, outcome):
    selection = select("first")
    one, two, three = items(("one", 1), ("two", 2), ("three", 3))
    assert names(selection([one, two])) == ["one"]
    assert selection([three]) == []
    assert outcome.tally.duplicate == 2
    assert selection.finish().records == 3


def test_reject_saves_the_others_without_their_key(select, outcome):
    ledger = Ledger()
    selection = select("reject", ledger=ledger)
    one, two = items(("one", 1), ("two", 2))
    two.saved_id = 7
    assert names(selection([one, two])) == ["one"]
    assert (outcome.tally.rejected, outcome.tally.duplicate) == (1, 0)
    assert list(outcome.not_sent) == [
        "rejected: the sync key is the same as that of an earlier record"
    ]
    [saved] = ledger.saved
    assert (saved.outcome, saved.key) == ("rejected", None)
    assert '"two"' in saved.fetched
    assert ledger.cleared == [7]


@pytest.mark.parametrize("duplicates", ["last", "newest"])
def test_known_twins_wait_for_the_end(select, outcome, duplicates):
    one, two = items(("one", 1), ("two", 2))
    ledger = Ledger(a=Known(1, two.digest, twins=1))
    selection = select(duplicates, ledger=ledger, skip_unchanged=True)
    assert selection([one]) == []
    assert selection([two]) == []
    assert len(selection.waiting) == 2
    assert selection.decide() == []
    assert (outcome.tally.duplicate, outcome.tally.unchanged) == (1, 1)
    selection.finish()
    assert ledger.noted == {"a": 1}


@pytest.mark.parametrize("duplicates", ["first", "reject"])
def test_with_the_first_nothing_waits(select, outcome, duplicates):
    one, two = items(("one", 1), ("two", 2))
    ledger = Ledger(a=Known(1, one.digest, twins=1))
    selection = select(duplicates, ledger=ledger, skip_unchanged=True)
    assert selection([one, two]) == []
    assert not selection.waiting
    assert outcome.tally.unchanged == 1


def test_records_without_a_key_are_all_sent(select, outcome):
    given = [item({"id": "a"}), item({"id": "a"})]
    for each in given:
        each.key = None
    with closing(select("first")) as selection:
        assert selection(given) == given
        assert selection.finish().keys == 0
