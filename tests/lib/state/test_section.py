"""What any store owes to a section: its runs, its records, its checkpoints."""

import json
import os
import socket
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from lib import __version__
from lib.state import RecordToSave
from tests.lib.state.conftest import TARGET

COUNTS = {"fetched": 3, "sent": 2, "rejected": 1}


def run(section, state="complete", fingerprint="f", *, full=False, sent=(), seen=()):
    """A whole run that sends and sees records with these keys; returns its id."""
    ident = section.begin()
    section.describe(fingerprint=fingerprint, full=full)
    section.sent(records(*sent))
    section.seen(seen)
    section.end(state, {})
    return ident


def records(*keys):
    return [(key, f"digest of {key}".encode(), f'{{"KEY": "{key}"}}') for key in keys]


def missing(section):
    return [item.key for item in section.missing()]


class TestRuns:
    def test_a_run_tells_who_carried_it_out_and_what_came_of_it(self, ledger, section):
        before = time.time()
        ident = section.begin()
        section.describe(fingerprint="f1", full=True)
        [begun] = ledger.history()
        assert (begun.id, begun.state, begun.ended) == (ident, "running", None)
        section.end("failed", COUNTS, "it is down \ud83d", retries=4)
        [past] = ledger.history()
        assert (past.section, past.target) == ("ldap", TARGET)
        assert (past.state, past.error, past.retries) == ("failed", "it is down \\ud83d", 4)
        assert past.counts == COUNTS
        assert (past.fingerprint, past.full) == ("f1", True)
        assert (past.pid, past.host) == (os.getpid(), socket.gethostname())
        assert past.version == __version__
        assert before <= past.started <= past.ended <= time.time()
        assert (past.portion, past.opened, past.closed) == (None, None, None)

    def test_only_what_is_an_end_ends_a_run(self, running):
        with pytest.raises(ValueError, match="running"):
            running.end("running", {})

    def test_nothing_is_noted_without_a_run(self, section):
        for call in (
            lambda: section.sent(records("a")),
            lambda: section.seen(["a"]),
            lambda: section.save_for_resend([RecordToSave("rejected", "no")]),
            lambda: section.opened("p"),
            lambda: section.end("complete", {}),
            lambda: section.describe(fingerprint="f", full=True),
        ):
            with pytest.raises(RuntimeError):
                call()

    def test_the_latest_complete_run_is_not_the_latest_run(self, section):
        assert section.last_complete() is None
        run(section)
        complete = run(section)
        for state in ("partial", "failed", "interrupted"):
            run(section, state)
        section.begin()
        assert section.last_complete().id == complete

    def test_a_run_that_read_no_source_is_not_the_latest_complete_one(self, section):
        complete = run(section, full=True)
        section.begin()
        section.end("complete", {})
        assert section.last_complete().id == complete

    def test_the_latest_full_run_is_one_that_was_complete(self, ledger, section):
        assert section.last_full() is None
        run(section, "failed", full=True)
        assert section.last_full() is None
        full = run(section, full=True, fingerprint="other")
        run(section, "partial", full=True)
        run(section, full=False)
        [started] = [past.started for past in ledger.history() if past.id == full]
        assert section.last_full() == started

    def test_a_run_that_was_killed_is_found_by_the_next_one(self, another, section):
        killed = section.begin()
        with another() as other:
            later = other.section("ldap", TARGET)
            [found] = later.left_running()
            assert (found.id, found.state, found.ended) == (killed, "killed", None)
            later.begin()
            assert later.left_running() == []
            assert [past.state for past in other.history()] == ["running", "killed"]

    def test_after_a_run_was_killed_that_had_opened_no_earlier_one_counts_as_full(self, section):
        run(section, full=True)
        section.begin()
        section.begin()
        section.left_running()
        assert section.last_full() is not None, "the one that was killed had sent nothing"
        section.opened("p")
        section.begin()
        section.left_running()
        assert section.last_full() is None
        run(section)
        assert section.last_full() is None
        run(section, full=True)
        assert section.last_full() is not None

    def test_the_run_under_way_is_not_taken_for_dead(self, running):
        assert running.left_running() == []

    def test_a_run_may_be_said_to_be_open_again_and_again_and_the_next_one_too(self, section):
        for _ in range(2):
            section.begin()
            for _ in range(3):
                section.opened("portion")
        later = section.begin()
        assert [(past.id, past.portion) for past in section.left_open()] == [
            (later - 2, "portion"),
            (later - 1, "portion"),
        ]

    def test_a_run_that_was_opened_is_left_open_until_it_was_closed(self, section):
        first = section.begin()
        assert section.left_open() == []
        section.opened("portion-1")
        section.end("interrupted", {})
        section.begin()
        section.opened("portion-2")
        [found] = section.left_open()
        assert (found.id, found.portion, found.state) == (first, "portion-1", "interrupted")
        section.closed(first)
        section.closed()
        section.end("complete", {})
        section.begin()
        assert section.left_open() == []

    def test_a_run_that_opened_nothing_has_nothing_to_close(self, section):
        run(section, "failed")
        section.begin()
        assert section.left_open() == []

    def test_it_is_opened_once_however_often_that_is_said(self, ledger, running):
        running.opened("p")
        [first] = ledger.history()
        running.opened("p")
        [second] = ledger.history()
        assert first == second
        assert (first.portion, first.closed) == ("p", None)
        assert first.opened >= first.started
        running.closed()
        assert ledger.history()[0].closed >= first.opened


class TestRecords:
    def test_what_was_sent_is_known(self, running):
        running.sent(records("a", "b"))
        running.sent([("b", b"new", '{"KEY": "changed"}')])
        known = running.known(["a", "b", "c"])
        assert {key: record.digest for key, record in known.items()} == {
            "a": b"digest of a",
            "b": b"new",
        }
        assert running.last_sent(known["a"]) == {"KEY": "a"}
        assert running.last_sent(known["b"]) == {"KEY": "changed"}

    def test_any_number_of_keys_can_be_asked_for(self, running):
        running.sent(records(*map(str, range(3000))))
        keys = [str(number) for number in range(1000, 4000)]
        assert set(running.known(keys)) == {str(number) for number in range(1000, 3000)}
        assert running.known([]) == {}

    @pytest.mark.parametrize("key", ["", "Ünïcode", "nul\0", "\ud83d", "'; DROP TABLE record"])
    def test_odd_keys_are_keys(self, running, key):
        running.sent([(key, b"d", "{}"), ("other", b"o", "{}")])
        assert running.known([key])[key].digest == b"d"
        running.forget([key])
        assert set(running.known([key, "other"])) == {"other"}

    def test_large_fields_come_back(self, running):
        text = '{"NOTES": "' + "many words ☃ " * 5000 + '"}'
        running.sent([("a", b"d", text)])
        assert running.last_sent(running.known(["a"])["a"]) == json.loads(text)

    def test_what_is_forgotten_is_not_known(self, section):
        run(section, sent=["a", "b", "c"])
        section.forget(["a", "b"])
        assert set(section.known(["a", "b", "c"])) == {"c"}

    def test_to_be_seen_changes_nothing_of_what_is_known(self, section):
        run(section, sent=["a"])
        before = section.known(["a"])
        run(section, seen=["a", "never sent"])
        assert section.known(["a", "never sent"]) == before
        assert before["a"].digest == b"digest of a"

    def test_what_was_looked_up_can_be_seen_without_its_key(self, section):
        run(section, sent=["a", "b", "c"])
        section.begin()
        section.describe(fingerprint="f", full=False)
        known = section.known(["a", "c"])
        section.seen_again(known.values())
        section.seen_again([])
        section.end("complete", {})
        assert missing(section) == ["b"]
        assert section.known(["a", "c"]) == known

    def test_sections_and_targets_have_nothing_in_common(self, ledger, running):
        running.sent(records("a"))
        running.end("complete", {})
        others = [
            ledger.section("ldap", "https://other.example.com"),
            ledger.section("ldap.Two", TARGET),
        ]
        for other in others:
            assert other.known(["a"]) == {}
            assert other.last_complete() is None
            other.begin()
            other.seen(["a"])
            assert other.known(["a"]) == {}
            other.forget(["a"])
            other.end("complete", {})
        assert set(running.known(["a"])) == {"a"}
        assert ledger.section("ldap", TARGET).last_complete().id == running.run

    def test_all_is_there_after_opening_it_again(self, another):
        with another() as ledger:
            run(ledger.section("ldap", TARGET), sent=["a"])
        with another() as ledger:
            assert set(ledger.section("ldap", TARGET).known(["a"])) == {"a"}


class TestMissing:
    def test_what_the_latest_complete_run_did_not_see_is_missing(self, section):
        run(section, sent=["a", "b", "c", "d"])
        before = time.time()
        run(section, sent=["a"], seen=["b"])
        found = list(section.missing())
        assert [item.key for item in found] == ["c", "d"]
        assert found[0].fields == {"KEY": "c"}
        assert section.last_complete().started - 60 < found[0].last_seen <= before
        assert section.count_missing() == 2

    def test_it_stays_missing_until_it_comes_back_or_is_forgotten(self, section):
        run(section, sent=["a", "b", "c"])
        for _ in range(3):
            run(section, seen=["a"])
            assert missing(section) == ["b", "c"]
        section.forget(["b"])
        assert missing(section) == ["c"]
        run(section, seen=["a", "c"])
        assert missing(section) == []

    def test_a_first_run_misses_nothing(self, section):
        assert missing(section) == []
        run(section, "failed", sent=["a", "b"])
        assert missing(section) == []
        run(section, sent=["a"])
        assert missing(section) == []

    @pytest.mark.parametrize("state", ["partial", "failed", "interrupted"])
    def test_a_run_that_was_not_complete_makes_nothing_missing(self, section, state):
        run(section, sent=["a", "b"])
        run(section, state, seen=["a"])
        assert missing(section) == []

    def test_what_a_later_run_saw_is_not_missing(self, section):
        run(section, sent=["a", "b"])
        run(section, seen=["a"])
        assert missing(section) == ["b"]
        run(section, "interrupted", sent=["b"])
        assert missing(section) == []

    def test_what_a_run_between_two_complete_ones_sent_can_be_missing(self, section):
        run(section, sent=["a"])
        run(section, "partial", sent=["b"])
        run(section, seen=["a"])
        assert missing(section) == ["b"]

    def test_a_new_fingerprint_begins_anew(self, section):
        run(section, sent=["a", "b", "c"], fingerprint="all")
        run(section, seen=["a", "b"], fingerprint="filtered")
        assert missing(section) == []
        run(section, seen=["a"], fingerprint="filtered")
        assert missing(section) == ["b"]
        run(section, seen=["a"], fingerprint="all")
        assert missing(section) == []

    def test_what_a_run_under_another_fingerprint_sent_is_not_missing_when_that_is_undone(
        self, section
    ):
        run(section, sent=["a"], fingerprint="f")
        run(section, "partial", sent=["b"], fingerprint="wider")
        run(section, seen=["a"], fingerprint="f")
        assert missing(section) == []

    def test_a_run_that_reads_no_source_takes_no_part(self, section):
        run(section, sent=["a", "b"])
        section.begin()
        section.sent(records("c"))
        section.end("partial", {})
        run(section, seen=["a", "c"])
        assert missing(section) == ["b"]

    def test_a_record_that_was_refused_is_not_missing(self, section):
        run(section, sent=["a"])
        section.begin()
        section.describe(fingerprint="f", full=False)
        section.save_for_resend([RecordToSave("rejected", "no", "a", "{}", "{}")])
        section.end("complete", {})
        assert missing(section) == []

    def test_what_another_section_sees_stays_missing(self, ledger, section):
        run(section, sent=["a", "b"])
        other = ledger.section("other", TARGET)
        run(other, sent=["a", "c"])
        run(section, seen=["a"])
        run(other, seen=["a", "b", "c"])
        assert missing(section) == ["b"]
        assert missing(other) == []

    def test_a_record_that_was_refused_does_not_count_as_unchanged(self, ledger, section):
        other = ledger.section("other", TARGET)
        for each in (section, other):
            run(each, sent=["a", "b"])
        section.begin()
        section.save_for_resend([RecordToSave("unsent", "no answer", "a")])
        known = section.known(["a", "b"])
        assert known["a"].digest != b"digest of a"
        assert section.last_sent(known["a"]) == {"KEY": "a"}
        assert known["b"].digest == b"digest of b"
        assert other.known(["a"])["a"].digest == b"digest of a"

    def test_a_clock_that_was_put_back_changes_nothing(self, section, monkeypatch):
        run(section, sent=["a", "b"])
        monkeypatch.setattr(time, "time", lambda: 1.0)
        run(section, seen=["a"])
        assert missing(section) == ["b"]
        assert section.last_complete().started == 1.0

    def test_many_are_given_page_by_page_and_may_be_forgotten_on_the_way(self, ledger, section):
        keys = [f"{number:04}" for number in range(1000)]
        run(ledger.section("other", TARGET), sent=keys)
        run(section, sent=keys)
        run(section, seen=keys[:100])
        gone = []
        for item in section.missing():
            gone.append(item.key)
            section.forget([item.key])
        assert gone == keys[100:]
        assert missing(section) == []


class TestBatches:
    def test_all_of_a_batch_is_kept_or_nothing(self, ledger, another, running):
        with pytest.raises(KeyboardInterrupt), running.batch():
            running.sent(records("a"))
            running.save_for_resend([RecordToSave("rejected", "no")])
            raise KeyboardInterrupt
        assert running.known(["a"]) == {}
        assert list(ledger.saved_records()) == []
        with running.batch():
            running.sent(records("a"))
            running.save_for_resend([RecordToSave("rejected", "no")])
            with another(reading=True) as other:
                assert list(other.saved_records()) == []
                assert other.section("ldap", TARGET).known(["a"]) == {}
        assert set(running.known(["a"])) == {"a"}
        assert len(list(ledger.saved_records())) == 1

    def test_a_batch_within_a_batch_is_a_part_of_it(self, running):
        with pytest.raises(ZeroDivisionError), running.batch():
            with running.batch():
                running.sent(records("a"))
            running.seen([str(1 // 0)])
        assert running.known(["a"]) == {}

    def test_records_that_cannot_be_made_undo_the_call(self, running):
        def broken():
            yield from records("a")
            raise EOFError

        with pytest.raises(EOFError):
            running.sent(broken())
        assert running.known(["a"]) == {}
        running.sent(records("b"))
        assert set(running.known(["a", "b"])) == {"b"}


class TestFingerprints:
    def test_what_stood_for_the_same_in_an_earlier_version_goes_on(self, section):
        run(section, fingerprint="old", sent=["a", "b"])
        section.begin()
        section.describe(fingerprint="new", full=False, legacy="old")
        section.seen(["a"])
        section.end("complete", {})
        assert missing(section) == ["b"]
        run(section, fingerprint="new", seen=["a"])
        assert missing(section) == ["b"]

    def test_what_stood_for_something_else_does_not(self, section):
        run(section, fingerprint="other", sent=["a", "b"])
        section.begin()
        section.describe(fingerprint="new", full=False, legacy="old")
        section.seen(["a"])
        section.end("complete", {})
        assert missing(section) == []

    def test_a_run_without_one_changes_none(self, ledger, section):
        run(section, fingerprint="old")
        section.begin()
        section.describe(fingerprint="", full=False, legacy="old")
        assert [past.fingerprint for past in ledger.history()] == ["", "old"]

    def test_other_sections_keep_theirs(self, ledger, section):
        run(ledger.section("other", TARGET), fingerprint="old")
        section.begin()
        section.describe(fingerprint="new", full=False, legacy="old")
        assert [past.fingerprint for past in ledger.history()] == ["new", "old"]


NOON = datetime(2024, 5, 6, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


class TestCheckpoints:
    def test_there_is_none_at_first(self, section):
        assert section.checkpoints() == {}

    def test_each_scope_has_its_own(self, running, another):
        running.reach("one", NOON)
        running.reach("two", LATER)
        with another(reading=True) as store:
            found = store.section("ldap", TARGET).checkpoints()
        assert found == {"one": NOON, "two": LATER}

    def test_it_never_goes_back(self, running):
        running.reach("one", LATER)
        running.reach("one", NOON)
        assert running.checkpoints() == {"one": LATER}

    def test_sections_and_targets_have_their_own(self, ledger, running):
        running.reach("one", NOON)
        for name, target in (("other", TARGET), ("ldap", "https://other.example.com")):
            section = ledger.section(name, target)
            section.begin()
            assert section.checkpoints() == {}
        assert running.checkpoints() == {"one": NOON}

    def test_of_two_who_keep_theirs_at_once_both_stay_and_the_later_moment_counts(
        self, running, another
    ):
        """As two processes do that have each read what there was before."""
        moments = [NOON + timedelta(minutes=number) for number in range(40)]

        def keep(name, mine):
            with another() as store:
                section = store.section("ldap", TARGET)
                for moment in mine:
                    section.reach("both", moment)
                    section.reach(name, moment)

        given = {"up": moments, "down": moments[::-1]}
        threads = [threading.Thread(target=keep, args=item) for item in given.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert running.checkpoints() == dict.fromkeys(("both", *given), moments[-1])

    def test_it_is_a_part_of_a_batch(self, running):
        with pytest.raises(ZeroDivisionError), running.batch():
            running.reach("one", NOON)
            raise ZeroDivisionError
        assert running.checkpoints() == {}

    def test_it_does_not_expire(self, ledger, running):
        running.reach("one", NOON)
        running.end("complete", {})
        ledger.expire(1, now=time.time() + 1e9)
        assert running.checkpoints() == {"one": NOON}
