"""What a section says of its run, as events: how often, and what is in them."""

import time

import pytest

from lib.run import events
from lib.run.events import (
    Event,
    Listener,
    Listeners,
    Progress,
    RecordShown,
    SectionEnded,
    SectionEvents,
    SectionStarted,
)
from lib.run.tally import Outcome, Tally


class Ears(Listener):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Event] = []

    def handle(self, event: Event) -> None:
        self.heard.append(event)


@pytest.fixture
def ears():
    return Ears()


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still; its one item is what it shows, in seconds."""
    now = [100.0]
    monkeypatch.setattr(events.time, "monotonic", lambda: now[0])
    return now


def progress(ears):
    return [item for item in ears.heard if isinstance(item, Progress)]


def test_section_events_start_progress_end(ears, clock):
    made = SectionEvents("ldap", ears)
    outcome = Outcome("ldap", Tally(fetched=1))
    made.begin()
    clock[0] += 0.5
    made.progress(outcome, 9)
    made.show("ldap", {"A": 1}, None)
    made.end(outcome)
    started, first, shown, last, ended = ears.heard
    assert (started.section, shown.record, ended.outcome) == ("ldap", {"A": 1}, outcome)
    assert [type(item) for item in (started, shown, ended)] == [
        SectionStarted,
        RecordShown,
        SectionEnded,
    ]
    assert first.counts == last.counts == Tally(fetched=1)
    assert (first.expected, last.expected, first.seconds) == (9, 9, 0.5)


def test_progress_is_emitted_at_intervals_and_at_the_end(ears, clock):
    made = SectionEvents("ldap", ears)
    outcome = Outcome("ldap")
    for number in range(1, 1001):
        outcome.tally.fetched = number
        made.progress(outcome, None)
        clock[0] += 0.001
    assert [item.counts.fetched for item in progress(ears)] == [1, 201, 401, 601, 801]
    made.end(outcome)
    assert progress(ears)[-1].counts.fetched == 1000


def test_progress_without_interest_is_not_emitted(ears, clock):
    ears.wants_progress = False
    made = SectionEvents("ldap", ears)
    made.progress(Outcome("ldap"), 5)
    made.end(Outcome("ldap"))
    assert [type(item) for item in ears.heard] == [SectionEnded]


def test_progress_has_a_copy_of_the_counts(ears, clock):
    made = SectionEvents("ldap", ears)
    outcome = Outcome("ldap", Tally(fetched=1))
    made.progress(outcome, None)
    outcome.tally.fetched = 2
    assert progress(ears)[0].counts.fetched == 1


def test_progress_keeps_the_expected_number(ears, clock):
    made = SectionEvents("ldap", ears)
    outcome = Outcome("ldap")
    for expected in (None, 0, None):
        clock[0] += 1
        made.progress(outcome, expected)
    assert [item.expected for item in progress(ears)] == [None, 0, 0]


@pytest.mark.parametrize(
    ("record", "before", "state"),
    [({"A": 1}, None, "new"), ({"A": 1}, {"A": 1}, "same"), ({"A": 1}, {"A": 2}, "changed")],
)
def test_record_shown_state_by_last_sent(record, before, state):
    assert RecordShown("ldap", record, before).state == state


def test_listeners_receive_the_same_events():
    one, other = Ears(), Ears()
    both = Listeners(one.stop, one, other)
    event = SectionStarted("ldap")
    both.handle(event)
    assert one.heard == other.heard == [event]
    assert SectionEvents("ldap", both).stop is one.stop


def test_event_has_its_time():
    before = time.time()
    assert before <= SectionStarted("ldap").at <= time.time()
    assert SectionStarted("ldap", at=7.0).at == 7.0
