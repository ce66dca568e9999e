"""What any store owes to a section: its runs, its records, its checkpoints."""

import json
import os
import socket
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from lib import __version__
from lib.state import FieldCount, RecordToSave
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


def new(section):
    return {item.key: item.new for item in section.missing()}


def not_compared(section):
    restart = section.restart()
    return restart and restart.id, section.count_not_compared()


class TestRuns:
    def test_past_run_has_process_and_result(self, ledger, section):
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

    def test_end_with_invalid_state_raises(self, running):
        with pytest.raises(ValueError, match="running"):
            running.end("running", {})

    def test_writes_before_begin_raise(self, section):
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

    def test_last_complete_skips_later_failed_runs(self, section):
        assert section.last_complete() is None
        run(section)
        complete = run(section)
        for state in ("partial", "failed", "interrupted"):
            run(section, state)
        section.begin()
        assert section.last_complete().id == complete

    def test_last_complete_skips_runs_without_fingerprint(self, section):
        complete = run(section, full=True)
        section.begin()
        section.end("complete", {})
        assert section.last_complete().id == complete

    def test_last_full_skips_failed_runs(self, ledger, section):
        assert section.last_full() is None
        run(section, "failed", full=True)
        assert section.last_full() is None
        full = run(section, full=True, fingerprint="other")
        run(section, "partial", full=True)
        run(section, full=False)
        [started] = [past.started for past in ledger.history() if past.id == full]
        assert section.last_full() == started

    def test_left_running_returns_killed_runs(self, another, section):
        killed = section.begin()
        with another() as other:
            later = other.section("ldap", TARGET)
            [found] = later.left_running()
            assert (found.id, found.state, found.ended) == (killed, "killed", None)
            later.begin()
            assert later.left_running() == []
            assert [past.state for past in other.history()] == ["running", "killed"]

    def test_last_full_after_a_killed_open_run_is_none(self, section):
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

    def test_left_running_excludes_the_current_run(self, running):
        assert running.left_running() == []

    def test_opened_can_be_repeated(self, section):
        for _ in range(2):
            section.begin()
            for _ in range(3):
                section.opened("portion")
        later = section.begin()
        assert [(past.id, past.portion) for past in section.left_open()] == [
            (later - 2, "portion"),
            (later - 1, "portion"),
        ]

    def test_left_open_until_closed(self, section):
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

    def test_left_open_excludes_runs_that_were_not_opened(self, section):
        run(section, "failed")
        section.begin()
        assert section.left_open() == []

    def test_opened_is_written_once(self, ledger, running):
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
    def test_known_returns_sent_records(self, running):
        running.sent(records("a", "b"))
        running.sent([("b", b"new", '{"KEY": "changed"}')])
        known = running.known(["a", "b", "c"])
        assert {key: record.digest for key, record in known.items()} == {
            "a": b"digest of a",
            "b": b"new",
        }
        assert running.last_sent(known["a"]) == {"KEY": "a"}
        assert running.last_sent(known["b"]) == {"KEY": "changed"}

    def test_known_accepts_any_number_of_keys(self, running):
        running.sent(records(*map(str, range(3000))))
        keys = [str(number) for number in range(1000, 4000)]
        assert set(running.known(keys)) == {str(number) for number in range(1000, 3000)}
        assert running.known([]) == {}

    @pytest.mark.parametrize("key", ["", "Ünïcode", "nul\0", "\ud83d", "'; DROP TABLE record"])
    def test_known_accepts_unusual_keys(self, running, key):
        running.sent([(key, b"d", "{}"), ("other", b"o", "{}")])
        assert running.known([key])[key].digest == b"d"
        running.forget([key])
        assert set(running.known([key, "other"])) == {"other"}

    def test_last_sent_returns_large_fields(self, running):
        text = '{"NOTES": "' + "many words ☃ " * 5000 + '"}'
        running.sent([("a", b"d", text)])
        assert running.last_sent(running.known(["a"])["a"]) == json.loads(text)

    def test_forget_deletes_records(self, section):
        run(section, sent=["a", "b", "c"])
        section.forget(["a", "b"])
        assert set(section.known(["a", "b", "c"])) == {"c"}

    def test_seen_keeps_the_digest(self, section):
        run(section, sent=["a"])
        before = section.known(["a"])
        run(section, seen=["a", "never sent"])
        assert section.known(["a", "never sent"]) == before
        assert before["a"].digest == b"digest of a"

    def test_seen_again_uses_known_records(self, section):
        run(section, sent=["a", "b", "c"])
        section.begin()
        section.describe(fingerprint="f", full=False)
        known = section.known(["a", "c"])
        section.seen_again(known.values())
        section.seen_again([])
        section.end("complete", {})
        assert missing(section) == ["b"]
        assert section.known(["a", "c"]) == known

    def test_ledgers_of_sections_and_targets_are_independent(self, ledger, running):
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

    def test_reopened_store_has_all_records(self, another):
        with another() as ledger:
            run(ledger.section("ldap", TARGET), sent=["a"])
        with another() as ledger:
            assert set(ledger.section("ldap", TARGET).known(["a"])) == {"a"}


class TestMissing:
    def test_missing_is_what_the_latest_complete_run_did_not_see(self, section):
        run(section, sent=["a", "b", "c", "d"])
        before = time.time()
        run(section, sent=["a"], seen=["b"])
        found = list(section.missing())
        assert [item.key for item in found] == ["c", "d"]
        assert found[0].fields == {"KEY": "c"}
        assert section.last_complete().started - 60 < found[0].last_seen <= before
        assert section.count_missing() == 2

    def test_missing_until_seen_or_forgotten(self, section):
        run(section, sent=["a", "b", "c"])
        for _ in range(3):
            run(section, seen=["a"])
            assert missing(section) == ["b", "c"]
        section.forget(["b"])
        assert missing(section) == ["c"]
        run(section, seen=["a", "c"])
        assert missing(section) == []

    def test_missing_after_the_first_run_is_none(self, section):
        assert missing(section) == []
        run(section, "failed", sent=["a", "b"])
        assert missing(section) == []
        run(section, sent=["a"])
        assert missing(section) == []

    @pytest.mark.parametrize("state", ["partial", "failed", "interrupted"])
    def test_missing_ignores_runs_that_are_not_complete(self, section, state):
        run(section, sent=["a", "b"])
        run(section, state, seen=["a"])
        assert missing(section) == []

    def test_missing_excludes_records_of_later_runs(self, section):
        run(section, sent=["a", "b"])
        run(section, seen=["a"])
        assert missing(section) == ["b"]
        run(section, "interrupted", sent=["b"])
        assert missing(section) == []

    def test_missing_includes_records_of_partial_runs(self, section):
        run(section, sent=["a"])
        run(section, "partial", sent=["b"])
        run(section, seen=["a"])
        assert missing(section) == ["b"]

    def test_missing_with_a_new_fingerprint_starts_again(self, section):
        run(section, sent=["a", "b", "c"], fingerprint="all")
        run(section, seen=["a", "b"], fingerprint="filtered")
        assert missing(section) == []
        run(section, seen=["a"], fingerprint="filtered")
        assert missing(section) == ["b"]
        run(section, seen=["a"], fingerprint="all")
        assert missing(section) == []

    def test_missing_after_a_fingerprint_was_restored_is_none(self, section):
        run(section, sent=["a"], fingerprint="f")
        run(section, "partial", sent=["b"], fingerprint="wider")
        run(section, seen=["a"], fingerprint="f")
        assert missing(section) == []

    def test_missing_for_the_first_time_is_new(self, section):
        run(section, sent=["a", "b", "c", "d", "e"])
        run(section, seen=["a", "b", "c", "d"])
        assert new(section) == {"e": True}
        run(section, "interrupted", seen=["b"])
        assert new(section) == {"e": True}
        run(section, seen=["a", "c"])
        assert new(section) == {"b": True, "d": True, "e": False}
        run(section, seen=["a", "e"])
        assert new(section) == {"b": False, "c": True, "d": False}
        run(section, seen=["a"])
        assert new(section) == {"b": False, "c": False, "d": False, "e": True}

    def test_missing_compares_with_a_run_that_could_read_all_records(self, section):
        run(section, sent=["a", "b", "c"])
        run(section, seen=["a", "b"])
        section.begin()
        section.describe(fingerprint="f", full=False)
        section.end("complete", {"unreadable": 1})
        run(section, seen=["a"])
        assert new(section) == {"b": True, "c": False}

    def test_missing_since_a_new_fingerprint_is_new_in_its_second_run(self, section):
        run(section, sent=["a", "b", "c"], fingerprint="f")
        run(section, seen=["a", "b"], fingerprint="g")
        run(section, seen=["a"], fingerprint="g")
        assert new(section) == {"b": True}

    def test_not_compared_after_a_new_fingerprint(self, section):
        assert not_compared(section) == (None, 0)
        first = run(section, "partial", sent=["a", "b", "c"], fingerprint="f")
        second = run(section, sent=["a", "b"], fingerprint="f")
        assert first < second
        assert not_compared(section) == (None, 0)
        run(section, "failed", seen=["a"], fingerprint="g")
        assert not_compared(section) == (None, 0)
        third = run(section, seen=["a"], fingerprint="g")
        assert not_compared(section) == (third, 2)
        run(section, seen=[], fingerprint="g")
        assert missing(section) == ["a"]
        assert not_compared(section) == (third, 2)
        run(section, seen=["b"], fingerprint="g")
        assert not_compared(section) == (third, 1)
        section.forget(["c"])
        assert not_compared(section) == (third, 0)

    def test_not_compared_after_a_fingerprint_was_restored(self, section):
        run(section, sent=["a", "b"], fingerprint="f")
        run(section, "partial", fingerprint="wider")
        last = run(section, seen=["a"], fingerprint="f")
        assert not_compared(section) == (last, 1)

    def test_not_compared_ignores_other_sections_and_runs_without_fingerprint(
        self, ledger, section
    ):
        other = ledger.section("other", TARGET)
        run(other, sent=["x"], fingerprint="g")
        run(section, sent=["a"], fingerprint="")
        run(section, sent=["b"], fingerprint="f")
        assert not_compared(section) == (None, 0)
        run(section, seen=["b"], fingerprint="h")
        assert not_compared(section)[1] == 1

    def test_not_compared_ignores_a_fingerprint_that_only_got_another_name(self, section):
        run(section, sent=["a", "b"], fingerprint="old")
        section.begin()
        section.describe(fingerprint="2 new", full=False, legacy="old")
        section.seen(["a"])
        section.end("complete", {})
        assert not_compared(section) == (None, 0)

    def test_missing_ignores_runs_without_fingerprint(self, section):
        run(section, sent=["a", "b"])
        section.begin()
        section.sent(records("c"))
        section.end("partial", {})
        run(section, seen=["a", "c"])
        assert missing(section) == ["b"]

    def test_missing_excludes_saved_records(self, section):
        run(section, sent=["a"])
        section.begin()
        section.describe(fingerprint="f", full=False)
        section.save_for_resend([RecordToSave("rejected", "no", "a", "{}", "{}")])
        section.end("complete", {})
        assert missing(section) == []

    def test_missing_ignores_other_sections(self, ledger, section):
        run(section, sent=["a", "b"])
        other = ledger.section("other", TARGET)
        run(other, sent=["a", "c"])
        run(section, seen=["a"])
        run(other, seen=["a", "b", "c"])
        assert missing(section) == ["b"]
        assert missing(other) == []

    def test_saved_record_loses_its_digest(self, ledger, section):
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

    def test_missing_ignores_the_clock(self, section, monkeypatch):
        run(section, sent=["a", "b"])
        monkeypatch.setattr(time, "time", lambda: 1.0)
        run(section, seen=["a"])
        assert missing(section) == ["b"]
        assert section.last_complete().started == 1.0

    def test_missing_is_read_in_pages(self, ledger, section):
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
    def test_batch_is_atomic(self, ledger, another, running):
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

    def test_nested_batch_is_part_of_the_outer_one(self, running):
        with pytest.raises(ZeroDivisionError), running.batch():
            with running.batch():
                running.sent(records("a"))
            running.seen([str(1 // 0)])
        assert running.known(["a"]) == {}

    def test_error_in_an_iterable_rolls_back_the_call(self, running):
        def broken():
            yield from records("a")
            raise EOFError

        with pytest.raises(EOFError):
            running.sent(broken())
        assert running.known(["a"]) == {}
        running.sent(records("b"))
        assert set(running.known(["a", "b"])) == {"b"}


class TestFingerprints:
    def test_describe_renames_the_legacy_fingerprint(self, section):
        run(section, fingerprint="old", sent=["a", "b"])
        section.begin()
        section.describe(fingerprint="new", full=False, legacy="old")
        section.seen(["a"])
        section.end("complete", {})
        assert missing(section) == ["b"]
        run(section, fingerprint="new", seen=["a"])
        assert missing(section) == ["b"]

    def test_describe_keeps_other_fingerprints(self, section):
        run(section, fingerprint="other", sent=["a", "b"])
        section.begin()
        section.describe(fingerprint="new", full=False, legacy="old")
        section.seen(["a"])
        section.end("complete", {})
        assert missing(section) == []

    def test_describe_without_fingerprint_renames_none(self, ledger, section):
        run(section, fingerprint="old")
        section.begin()
        section.describe(fingerprint="", full=False, legacy="old")
        assert [past.fingerprint for past in ledger.history()] == ["", "old"]

    def test_describe_renames_in_its_section_only(self, ledger, section):
        run(ledger.section("other", TARGET), fingerprint="old")
        section.begin()
        section.describe(fingerprint="new", full=False, legacy="old")
        assert [past.fingerprint for past in ledger.history()] == ["new", "old"]


NOON = datetime(2024, 5, 6, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


class TestCheckpoints:
    def test_checkpoints_are_empty_at_first(self, section):
        assert section.checkpoints() == {}

    def test_checkpoints_are_kept_by_scope(self, running, another):
        running.reach("one", NOON)
        running.reach("two", LATER)
        with another(reading=True) as store:
            found = store.section("ldap", TARGET).checkpoints()
        assert found == {"one": NOON, "two": LATER}

    def test_reach_of_an_earlier_time_changes_nothing(self, running):
        running.reach("one", LATER)
        running.reach("one", NOON)
        assert running.checkpoints() == {"one": LATER}

    def test_checkpoints_of_sections_and_targets_are_independent(self, ledger, running):
        running.reach("one", NOON)
        for name, target in (("other", TARGET), ("ldap", "https://other.example.com")):
            section = ledger.section(name, target)
            section.begin()
            assert section.checkpoints() == {}
        assert running.checkpoints() == {"one": NOON}

    def test_reach_by_two_threads_keeps_the_later_time(self, running, another):
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

    def test_reach_is_part_of_a_batch(self, running):
        with pytest.raises(ZeroDivisionError), running.batch():
            running.reach("one", NOON)
            raise ZeroDivisionError
        assert running.checkpoints() == {}

    def test_expire_keeps_checkpoints(self, ledger, running):
        running.reach("one", NOON)
        running.end("complete", {})
        ledger.expire(1, now=time.time() + 1e9)
        assert running.checkpoints() == {"one": NOON}


class TestAcceptedFiles:
    def test_accepted_files_replace_those_before(self, running):
        assert running.accepted_files("one") == set()
        running.accept_files("one", ["a 1 2", "b 1 2", "b 1 2"])
        assert running.accepted_files("one") == {"a 1 2", "b 1 2"}
        running.accept_files("one", ["c 1 2"])
        assert running.accepted_files("one") == {"c 1 2"}

    def test_accepted_files_of_another_scope_are_forgotten(self, running):
        running.accept_files("one", ["a 1 2"])
        assert running.accepted_files("other") == set()
        running.accept_files("other", ["b 1 2"])
        assert running.accepted_files("one") == set()

    def test_accepted_files_of_sections_are_independent(self, ledger, running):
        running.accept_files("one", ["a 1 2"])
        other = ledger.section("other", TARGET)
        other.begin()
        other.accept_files("one", ["b 1 2"])
        assert running.accepted_files("one") == {"a 1 2"}


class TestFields:
    COUNTS = (FieldCount("NAME", 3, '{"source": "name"}'), FieldCount("TITLE", 0, "{}"))

    def test_recorded_fields_belong_to_the_run(self, ledger, section):
        first = section.begin()
        section.record_fields(self.COUNTS)
        second = section.begin()
        assert section.fields(first) == {item.field: item for item in self.COUNTS}
        assert ledger.fields(first) == list(self.COUNTS)
        assert section.fields(second) == {}
        assert ledger.fields(second) == []

    def test_recorded_fields_are_part_of_a_batch(self, running):
        with pytest.raises(ZeroDivisionError), running.batch():
            running.record_fields(self.COUNTS)
            raise ZeroDivisionError
        assert running.fields(running.run) == {}


class TestChanges:
    @staticmethod
    def send(section, fields, key="ada"):
        text = json.dumps(fields)
        section.sent([(key, text.encode(), text)])

    @staticmethod
    def changes(ledger, run):
        return {item.key: item.fields for item in ledger.changes(run)}

    def test_first_time_a_record_is_sent_is_no_change(self, ledger, running):
        self.send(running, {"A": 1})
        assert ledger.changes(running.run) == []

    def test_changed_fields_are_kept_before_and_after(self, ledger, section):
        section.begin()
        self.send(section, {"A": 1, "B": "x", "C": ["y"], "D": None})
        second = section.begin()
        self.send(section, {"A": 1, "B": "z", "C": None, "D": None, "E": "\ud83d", "F": None})
        assert self.changes(ledger, second) == {
            "ada": {"B": ("x", "z"), "C": (["y"], None), "E": (None, "\ud83d")}
        }

    def test_field_that_is_left_out_is_no_change(self, ledger, section):
        section.begin()
        self.send(section, {"A": 1, "B": "x"})
        second = section.begin()
        self.send(section, {"A": 1})
        assert ledger.changes(second) == []

    def test_record_sent_twice_has_its_last_change(self, ledger, section):
        section.begin()
        self.send(section, {"A": 1})
        second = section.begin()
        self.send(section, {"A": 2})
        self.send(section, {"A": 3})
        assert self.changes(ledger, second) == {"ada": {"A": (2, 3)}}

    def test_long_records_and_values_are_compared(self, ledger, section):
        section.begin()
        self.send(section, {"A": "x" * 9_000, "B": "ü" * 9_000, "C": list(range(900))})
        second = section.begin()
        self.send(section, {"A": "y" * 9_000, "B": "ü" * 9_000, "C": list(range(900))})
        [(before, after)] = self.changes(ledger, second)["ada"].values()
        assert (before, after) == ("x" * 500 + "...", "y" * 500 + "...")
        third = section.begin()
        self.send(section, {"A": "y" * 9_000, "B": "ü" * 9_000, "C": list(range(901))})
        [(before, _)] = self.changes(ledger, third)["ada"].values()
        assert before.startswith("[0, 1, 2") and before.endswith("...")
