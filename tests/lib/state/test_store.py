"""The ledger as a whole: the history of all sections, and what it drops in time."""

import time

import pytest

from lib.state import RecordToSave, open_store
from tests.lib.state.conftest import TARGET

DAY = 86_400.0


@pytest.fixture
def at(monkeypatch):
    """Sets the clock to a day."""

    def set_to(day):
        monkeypatch.setattr(time, "time", lambda: day * DAY)

    return set_to


def run(section, state="complete", *, full=False, fingerprint="f"):
    ident = section.begin()
    section.describe(fingerprint=fingerprint, full=full)
    if state:
        section.end(state, {})
    return ident


def ids(ledger):
    return [past.id for past in ledger.history()]


def test_the_latest_run_comes_first_of_the_sections_that_are_asked_for(ledger):
    one, two = ledger.section("ldap", TARGET), ledger.section("Casper.MDM", TARGET)
    elsewhere = ledger.section("ldap", "https://other.example.com")
    begun = [run(section) for section in (one, two, elsewhere, one)]
    assert ids(ledger) == begun[::-1]
    assert [past.section for past in ledger.history(["Casper.MDM"])] == ["Casper.MDM"]
    assert [past.id for past in ledger.history(["ldap"])] == [begun[3], begun[2], begun[0]]
    assert [past.id for past in ledger.history(["ldap"], target=TARGET)] == [begun[3], begun[0]]
    assert ledger.history(["other"]) == []
    assert [past.id for past in ledger.history(limit=2)] == begun[:1:-1]


def test_sections_are_those_that_were_run_for_the_target(ledger):
    assert ledger.sections(TARGET) == []
    for name in ("ldap", "Casper.MDM", "ldap"):
        run(ledger.section(name, TARGET))
    run(ledger.section("okta", "https://other.example.com"))
    ledger.section("never run", TARGET).last_complete()
    assert ledger.sections(TARGET) == ["Casper.MDM", "ldap"]


def test_the_latest_is_the_one_that_began_last_whatever_the_clock_said(ledger, section, at):
    at(9)
    first = run(section)
    at(3)
    second = run(section)
    assert ids(ledger) == [second, first]


def test_what_was_set_aside_too_long_ago_is_dropped(ledger, section, at):
    for day in (1, 2, 3):
        at(day)
        section.begin()
        section.save_for_resend(
            [RecordToSave("rejected", f"day {day}"), RecordToSave("rejected", "always")]
        )
    assert ledger.expire(10, now=11.5 * DAY) == 1
    assert [item.reason for item in ledger.saved_records()] == ["always", "day 2", "day 3"]
    at(20)
    assert ledger.expire(10) == 3
    assert list(ledger.saved_records()) == []


def test_what_is_just_so_old_is_kept(ledger, section, at):
    at(1)
    run(section)
    run(section)
    section.save_for_resend([RecordToSave("rejected", "bad")])
    assert ledger.expire(10, now=11 * DAY) == 0
    assert len(ids(ledger)) == 2
    assert ledger.expire(10, now=11 * DAY + 0.1) == 1
    assert len(ids(ledger)) == 1


def test_runs_are_dropped_but_for_those_that_the_next_one_needs(ledger, section, at):
    at(1)
    run(section, full=True)
    full = run(section, full=True)
    run(section)
    complete = run(section)
    run(section, "failed")
    latest = run(section, "failed")
    other = run(ledger.section("other", TARGET))
    at(90)
    ledger.expire(30)
    assert ids(ledger) == [other, latest, complete, full]
    assert section.last_complete().id == complete
    assert section.last_full() == 1 * DAY
    recent = run(section, full=True)
    ledger.expire(30)
    assert ids(ledger) == [recent, other, complete]


def test_runs_that_are_not_settled_are_kept(ledger, section, at):
    at(1)
    other = ledger.section("other", TARGET)
    under_way, later = run(other, None), run(other)
    opened = section.begin()
    section.describe(fingerprint="f", full=False)
    section.opened("p")
    section.end("failed", {})
    closed = section.begin()
    section.describe(fingerprint="f", full=False)
    section.opened("p")
    section.closed()
    section.end("failed", {})
    latest = run(section)
    at(90)
    ledger.expire(30)
    assert closed not in ids(ledger)
    assert ids(ledger) == [latest, opened, later, under_way]


def test_what_is_missing_stays_so_when_old_runs_are_dropped(ledger, section, at):
    at(1)
    section.begin()
    section.describe(fingerprint="f", full=True)
    section.sent([("gone", b"d", "{}"), ("there", b"d", "{}")])
    section.end("complete", {})
    for day in (2, 40, 80):
        at(day)
        section.begin()
        section.describe(fingerprint="f", full=False)
        section.seen(["there"])
        section.end("complete", {})
    ledger.expire(30)
    assert [item.key for item in section.missing()] == ["gone"]
    assert next(section.missing()).last_seen == 1 * DAY


def test_a_run_of_another_kind_counts_however_old_it_is(ledger, section, at):
    """The fingerprint changed there, and was changed back."""
    at(1)
    run(section)
    at(2)
    section.begin()
    section.describe(fingerprint="wider", full=False)
    section.sent([("of the wider filter", b"d", "{}")])
    section.end("partial", {})
    section.begin()
    section.end("partial", {})  # a run without a fingerprint, which is the latest one
    at(80)
    ledger.expire(30)
    run(section)
    assert list(section.missing()) == []


def test_nothing_recent_is_dropped(ledger, running):
    running.save_for_resend([RecordToSave("rejected", "no")])
    running.end("failed", {})
    run(running)
    assert ledger.expire(1) == 0
    assert len(ids(ledger)) == 2


def test_two_ledgers_may_have_the_file_open(path, ledger, running):
    with open_store(path) as other:
        run(other.section("other", TARGET))
        running.sent([("a", b"d", "{}")])
        assert len(other.history()) == len(ledger.history()) == 2
        assert set(other.section("ldap", TARGET).known(["a"])) == {"a"}
