"""What any store owes: history, locks, saved records, and what it drops in time."""

import threading
import time
import tracemalloc

import pytest

from lib.errors import AlreadyRunning
from lib.state import FieldCount, RecordToSave
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


def test_history_is_latest_first_and_by_section(ledger):
    one, two = ledger.section("ldap", TARGET), ledger.section("Casper.MDM", TARGET)
    elsewhere = ledger.section("ldap", "https://other.example.com")
    begun = [run(section) for section in (one, two, elsewhere, one)]
    assert ids(ledger) == begun[::-1]
    assert [past.section for past in ledger.history(["Casper.MDM"])] == ["Casper.MDM"]
    assert [past.id for past in ledger.history(["ldap"])] == [begun[3], begun[2], begun[0]]
    assert [past.id for past in ledger.history(["ldap"], target=TARGET)] == [begun[3], begun[0]]
    assert ledger.history(["other"]) == []
    assert [past.id for past in ledger.history(limit=2)] == begun[:1:-1]


def test_sections_are_those_of_the_target(ledger):
    assert ledger.sections(TARGET) == []
    for name in ("ldap", "Casper.MDM", "ldap"):
        run(ledger.section(name, TARGET))
    run(ledger.section("okta", "https://other.example.com"))
    ledger.section("never run", TARGET).last_complete()
    assert ledger.sections(TARGET) == ["Casper.MDM", "ldap"]


def test_history_order_ignores_the_clock(ledger, section, at):
    at(9)
    first = run(section)
    at(3)
    second = run(section)
    assert ids(ledger) == [second, first]


def test_expire_deletes_old_saved_records(ledger, section, at):
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


def test_expire_keeps_runs_that_the_next_run_needs(ledger, section, at):
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


def test_expire_keeps_open_and_running_runs(ledger, section, at):
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


def test_expire_keeps_missing_records(ledger, section, at):
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


def test_expire_keeps_the_latest_full_run(ledger, section, at):
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


def test_expire_keeps_recent_runs_and_records(ledger, running):
    running.save_for_resend([RecordToSave("rejected", "no")])
    running.end("failed", {})
    run(running)
    assert ledger.expire(1) == 0
    assert len(ids(ledger)) == 2


def test_two_stores_can_share_a_file(another, ledger, running):
    with another() as other:
        run(other.section("other", TARGET))
        running.sent([("a", b"d", "{}")])
        assert len(other.history()) == len(ledger.history()) == 2
        assert set(other.section("ldap", TARGET).known(["a"])) == {"a"}


# Locks.


def test_lock_twice_raises_already_running(ledger, another):
    with another() as other:
        with ledger.lock("ldap"):
            with pytest.raises(AlreadyRunning), other.lock("ldap"):
                pass
            with other.lock("casper"):
                pass
        with other.lock("ldap"):
            pass


def test_lock_with_wait_announces_once(ledger, another):
    said = []
    held = ledger.lock("ldap")
    held.__enter__()
    ends = threading.Timer(0.3, held.__exit__, (None, None, None))
    ends.start()
    with another() as other, other.lock("ldap", wait=True, say=said.append):
        pass
    ends.join()
    assert len(said) == 1


# To read only.


def test_open_to_read_missing_store_is_empty(another, path):
    with another(reading=True) as store:
        section = store.section("ldap", TARGET)
        assert store.sections(TARGET) == store.history() == list(store.saved_records()) == []
        assert section.last_complete() is section.last_full() is None
        assert section.checkpoints() == section.known(["a"]) == {}
        assert list(section.missing()) == section.left_open() == []
    assert list(path.parent.iterdir()) == []


# Records that are set aside: kept with both their forms, once each, until they are sent.


def reasons(ledger, *sections):
    return [item.reason for item in ledger.saved_records(sections)]


def test_saved_record_has_reason_fetched_and_mapped(ledger, running):
    fetched = '{"mail": "ada@example.com", "long": "' + "☃" * 40_000 + '"}'
    item = RecordToSave("rejected", "no such role", "ada@example.com", fetched, '{"EMAIL": "ada"}')
    before = time.time()
    running.save_for_resend([item])
    [found] = ledger.saved_records()
    assert (found.section, found.target, found.run) == ("ldap", TARGET, running.run)
    assert (found.outcome, found.reason, found.key) == ("rejected", "no such role", item.key)
    assert (found.fetched, found.mapped) == (fetched, item.mapped)
    assert before <= found.first_at == found.at <= time.time()
    assert found.times == 1


def test_saved_unreadable_record_has_a_reason_only(ledger, running):
    running.save_for_resend([RecordToSave("rejected", "unreadable \ud83d")])
    [found] = ledger.saved_records()
    assert (found.reason, found.key) == ("unreadable \\ud83d", None)
    assert (found.fetched, found.mapped) == (None, None)


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (("a", '{"v": 1}'), ("a", '{"v": 2}')),
        ((None, '{"v": 1}'), (None, '{"v": 1}')),
        ((None, "x" * 9_000), (None, "x" * 9_000)),
    ],
)
def test_save_for_resend_again_updates_the_record(ledger, section, first, again, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 1000.0)
    section.begin()
    section.save_for_resend([RecordToSave("unsent", "it is down", *first)])
    [before] = ledger.saved_records()
    monkeypatch.setattr(time, "time", lambda: 2000.0)
    section.begin()
    section.save_for_resend([RecordToSave("rejected", "no such role", again[0], again[1], "{}")])
    [after] = ledger.saved_records()
    assert (after.id, after.run) == (before.id, section.run)
    assert (after.outcome, after.reason, after.fetched) == ("rejected", "no such role", again[1])
    assert after.mapped == "{}"
    assert (after.first_at, after.at, after.times) == (1000.0, 2000.0, 2)


def test_save_for_resend_same_reason_is_one_record(ledger, running):
    running.save_for_resend([RecordToSave("rejected", "page 3 is broken")] * 2)
    running.save_for_resend([RecordToSave("rejected", "page 4 is broken")])
    found = list(ledger.saved_records())
    assert [(item.reason, item.times) for item in found] == [
        ("page 3 is broken", 2),
        ("page 4 is broken", 1),
    ]


def test_saved_record_identity_separates_key_text_and_reason(ledger, running):
    running.save_for_resend(
        [RecordToSave("rejected", "same"), RecordToSave("rejected", "r", "same")]
    )
    running.save_for_resend([RecordToSave("rejected", "r", None, "same")])
    assert len(list(ledger.saved_records())) == 3


def test_save_for_resend_accepts_a_saved_record(ledger, running):
    running.save_for_resend([RecordToSave("rejected", "no", "a", "{}", "{}")])
    running.save_for_resend(ledger.saved_records())
    [found] = ledger.saved_records()
    assert (found.key, found.times) == ("a", 2)


def test_sent_record_is_no_longer_saved(ledger, running):
    running.save_for_resend([RecordToSave("rejected", key, key) for key in "abc"])
    other = ledger.section("other", TARGET)
    other.begin()
    other.save_for_resend([RecordToSave("rejected", "of other", "a")])
    running.sent([("a", b"d", "{}"), ("c", b"d", "{}")])
    assert reasons(ledger) == ["b", "of other"]


def test_clear_deletes_by_id(ledger, running):
    running.save_for_resend([RecordToSave("rejected", key) for key in "abc"])
    first, _, third = ledger.saved_records()
    other = ledger.section("other", TARGET)
    other.begin()
    other.clear([first.id, third.id])
    assert reasons(ledger) == ["a", "b", "c"]
    running.begin()
    running.save_for_resend([RecordToSave("rejected", "c")])  # it was set aside anew, and stays
    running.clear([first.id, third.id])
    assert reasons(ledger) == ["b", "c"]
    assert [each.times for each in ledger.saved_records()] == [1, 2]


def test_saved_record_ids_are_unique(ledger, running):
    running.save_for_resend([RecordToSave("rejected", "a")])
    [first] = ledger.saved_records()
    running.begin()
    running.clear([first.id])
    running.save_for_resend([RecordToSave("rejected", "b")])
    [second] = ledger.saved_records()
    assert second.id > first.id


def test_saved_records_are_oldest_first_and_by_section(ledger, running):
    other = ledger.section("Casper.MDM", TARGET)
    elsewhere = ledger.section("ldap", "https://other.example.com")
    for each, reason in ((running, "1"), (other, "2"), (running, "3"), (elsewhere, "4")):
        if each is not running:
            each.begin()
        each.save_for_resend([RecordToSave("rejected", reason)])
    assert reasons(ledger) == ["1", "2", "3", "4"]
    assert reasons(ledger, "Casper.MDM") == ["2"]
    assert reasons(ledger, "ldap", "nothing") == ["1", "3", "4"]
    assert reasons(ledger, "nothing") == []
    assert [item.reason for item in ledger.saved_records(["ldap"], target=TARGET)] == ["1", "3"]
    assert [item.reason for item in running.saved_records()] == ["1", "3"]


def test_saved_records_ignores_records_saved_while_iterating(ledger, running):
    running.save_for_resend([RecordToSave("rejected", str(number)) for number in range(450)])
    running.begin()
    read = 0
    for item in ledger.saved_records():
        running.save_for_resend([RecordToSave("rejected", f"again {item.reason}")])
        running.clear([item.id])
        read += 1
    assert read == 450
    assert len(list(ledger.saved_records())) == 450


def test_saved_records_are_read_in_pages(ledger, running):
    def some():
        for number in range(4000):
            yield RecordToSave("rejected", "no", str(number), f"{number}" + "x" * 1_900)

    many = some()
    with running.batch():
        for _ in range(400):
            running.save_for_resend(next(many) for _ in range(10))
    tracemalloc.start()
    try:
        assert sum(1 for _ in ledger.saved_records()) == 4000
        assert tracemalloc.get_traced_memory()[1] < 3_000_000  # all of them are 8 million
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("fingerprint", "kept"), [("all of it", []), ("", ["u1"])])
def test_complete_run_clears_older_unreadable_records(ledger, fingerprint, kept):
    section = ledger.section("ldap", "https://acme.example.com")
    section.begin()
    section.describe(fingerprint=fingerprint, full=True)
    section.save_for_resend([RecordToSave("rejected", "bad", "u1", "{}", "{}")])
    section.end("failed", {})
    section.begin()
    section.describe(fingerprint=fingerprint, full=True)
    section.save_for_resend([RecordToSave("rejected", "bad", "u2", "{}", "{}")])
    section.end("complete", {})
    assert [aside.key for aside in section.saved_records()] == [*kept, "u2"]


def changed_run(section, value):
    """A run that sends one record with this value, and counts its field."""
    ident = section.begin()
    section.describe(fingerprint="f", full=True)
    section.sent([("ada", value.encode(), f'{{"A": "{value}"}}')])
    section.record_fields([FieldCount("A", 1, "{}")])
    section.end("complete", {})
    return ident


def test_expire_deletes_changes_after_seven_days(ledger, section, at):
    at(1)
    changed_run(section, "x")
    second = changed_run(section, "y")
    at(5)
    third = changed_run(section, "z")
    ledger.expire(90, now=7.9 * DAY)
    assert len(ledger.changes(second)) == len(ledger.changes(third)) == 1
    ledger.expire(90, now=8.1 * DAY)
    assert ledger.changes(second) == []
    assert len(ledger.changes(third)) == 1
    assert ledger.fields(second) != []
    ledger.expire(2, now=8.1 * DAY)
    assert ledger.changes(third) == []


def test_expire_deletes_the_fields_of_deleted_runs(ledger, section, at):
    at(1)
    first, second = changed_run(section, "x"), changed_run(section, "y")
    at(90)
    ledger.expire(30)
    assert ledger.fields(first) == []
    assert ledger.fields(second) == [FieldCount("A", 1, "{}")]


def test_expire_keeps_the_changes_of_a_running_run(ledger, section, at):
    at(1)
    changed_run(section, "x")
    running = section.begin()
    section.sent([("ada", b"y", '{"A": "y"}')])
    at(90)
    ledger.expire(30)
    assert len(ledger.changes(running)) == 1


def test_past_run_is_one_of_the_target(ledger, section):
    ident = run(section)
    assert ledger.past_run(ident, TARGET).id == ident
    assert ledger.past_run(ident, "https://other.example.com") is None
    assert ledger.past_run(ident + 1, TARGET) is None
