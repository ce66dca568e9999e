"""Sending records in batches: the safety threshold, unchanged records, what is recorded."""

import threading
import time
from contextlib import closing, nullcontext
from unittest.mock import Mock

import pytest

from lib.errors import (
    ConfigurationError,
    RunCanceled,
    SourceFault,
    TargetRefused,
    TargetUnavailable,
    UnsafeRun,
)
from lib.run import batchsender as subject
from lib.run import spool
from lib.run.batchsender import BatchSender
from lib.run.selection import SendPolicy
from lib.run.tally import Outcome
from lib.run.threshold import RecordThreshold, Thresholds
from lib.state import Known, NullLedger
from lib.wording import counted
from tests.items import items


class Target:
    """Takes what is not `bad`; `away` once that many requests came."""

    batch_size = 3
    portion = "portion"

    def __init__(self, bad=(), away=None, workers=0):
        self.workers = workers
        self.requests = []
        self.left_out = []
        self.stopped = False
        self._bad, self._away = bad, away

    def send(self, batch):
        keys = [item.key for item in batch]
        if self._away is not None and len(self.requests) >= self._away:
            raise TargetUnavailable("away")
        self.requests.append(keys)
        if set(keys) & set(self._bad):
            raise TargetRefused("bad value")

    def leave_out(self, batch):
        self.left_out += [item.key for item in batch]

    def canceled(self):
        return self.stopped


class RecordingLedger(NullLedger):
    """Remembers what is written into it."""

    def __init__(self, known=()):
        self.written = []
        self._known = {item.key: Known(number, item.digest) for number, item in enumerate(known)}

    def opened(self, portion):
        self.written.append(("opened", portion))

    def known(self, keys):
        return {key: self._known[key] for key in keys if key in self._known}

    def sent(self, rows):
        self.written += [("sent", key) for key, _, _ in rows]

    def seen_again(self, records):
        keys = {record: key for key, record in self._known.items()}
        self.written += [("seen", keys[record]) for record in records]

    def save_for_resend(self, saved):
        self.written += [(each.outcome, each.key) for each in saved]

    def clear(self, ids):
        self.written += [("cleared", number) for number in ids]

    def batch(self, *, lasting=True):
        return nullcontext()

    def of(self, kind):
        return [key for name, key in self.written if name == kind]


def at_least(records):
    return Thresholds(RecordThreshold(records))


def records(count):
    return items({"id": f"r{number}"} for number in range(count))


@pytest.fixture
def send_all():
    """Hand over records to the end; gives (outcome, error)."""

    def run(given, target, ledger=None, end=None, min_records=0, **policy):
        outcome = Outcome("acme")
        ledger = ledger or RecordingLedger()
        with closing(
            BatchSender(
                target,
                ledger,
                outcome,
                SendPolicy(at_least(min_records), **policy),
                lambda: None,
            )
        ) as made:
            error = None
            try:
                for item in given:
                    made.add(item)
                if end:
                    raise end
                made.finish()
            except Exception as raised:
                error = raised
                made.flush()
                made.save_unsent("it broke off")
        return outcome, error

    return run


KEYS = [f"r{number}" for number in range(10)]


def test_add_many_sends_full_batches_and_records_them(send_all):
    target, ledger = Target(), RecordingLedger()
    outcome, error = send_all(records(7), target, ledger)
    assert error is None
    assert target.requests == [KEYS[:3], KEYS[3:6], KEYS[6:7]]
    assert outcome.tally.sent == 7
    assert ledger.of("sent") == KEYS[:7]
    assert ledger.written[0] == ("opened", "portion")


def test_send_rejected_records_are_saved_and_the_others_sent(send_all):
    target, ledger = Target(bad=["r1", "r5"]), RecordingLedger()
    outcome, error = send_all(records(7), target, ledger)
    assert error is None
    assert (outcome.tally.sent, outcome.tally.rejected) == (5, 2)
    assert ledger.of("rejected") == ["r1", "r5"]
    assert ledger.of("sent") == ["r0", "r2", "r3", "r4", "r6"]
    assert list(outcome.not_sent) == ["rejected: bad value"]


def test_send_target_unavailable_saves_the_rest_as_unsent(send_all):
    target, ledger = Target(away=1), RecordingLedger()
    outcome, error = send_all(records(8), target, ledger)
    assert isinstance(error, TargetUnavailable)
    assert outcome.tally.sent == 3
    assert ledger.of("unsent") == ["r3", "r4", "r5"]  # the others were not taken any more


def test_flush_after_source_error_sends_what_was_added(send_all):
    target, ledger = Target(), RecordingLedger()
    outcome, _ = send_all(records(5), target, ledger, end=SourceFault("broken"))
    assert outcome.tally.sent == 5
    assert ledger.of("unsent") == []


def test_send_all_rejected_stops_the_run(send_all, monkeypatch):
    monkeypatch.setattr(subject, "MAX_REJECTED", 4)
    target, ledger = Target(bad=KEYS), RecordingLedger()
    outcome, error = send_all(records(8), target, ledger)
    assert isinstance(error, ConfigurationError)
    assert "rejected all of the first 6 records, so the run stopped." in str(error)
    assert outcome.tally.rejected == 6
    assert ledger.of("rejected") == KEYS[:6]


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_send_one_of_the_first_batch_accepted_continues(send_all, monkeypatch, workers):
    monkeypatch.setattr(subject, "MAX_REJECTED", 2)
    outcome, error = send_all(records(8), Target(bad=KEYS[:2], workers=workers), RecordingLedger())
    assert error is None
    assert (outcome.tally.rejected, outcome.tally.sent) == (2, 6)


@pytest.mark.parametrize(("unchanged", "goes_on"), [(3, True), (2, False)])
def test_send_all_rejected_with_as_many_unchanged_continues(
    send_all, monkeypatch, unchanged, goes_on
):
    monkeypatch.setattr(subject, "MAX_REJECTED", 4)
    target, ledger = Target(bad=KEYS[unchanged:9]), RecordingLedger(known=records(unchanged))
    outcome, error = send_all(
        records(unchanged + 6) + records(10)[9:], target, ledger, skip_unchanged=True
    )
    assert (error is None) is goes_on
    assert (outcome.tally.unchanged, outcome.tally.rejected) == (unchanged, 6)
    assert outcome.tally.sent == goes_on


class TestUnexpectedErrors:
    """Whatever breaks, each record that was taken is set aside."""

    def test_add_after_cancel_saves_the_record(self, send_all, monkeypatch):
        monkeypatch.setattr(subject, "CANCEL_INTERVAL", 0.0)
        target, ledger = Target(), RecordingLedger()

        def given():
            yield from records(5)[:4]
            target.stopped = True
            yield records(5)[4]

        outcome, error = send_all(given(), target, ledger)
        assert isinstance(error, RunCanceled)
        assert (outcome.tally.sent, ledger.of("unsent")) == (3, KEYS[3:5])

    @pytest.mark.parametrize("method", ["known", "seen_again"])
    def test_ledger_fails_once_loses_no_record(self, send_all, monkeypatch, method):
        ledger = RecordingLedger(known=records(3)[:1])
        works, failures = getattr(ledger, method), [ConfigurationError("the disk is full")]

        def fail_once(*arguments):
            if failures:
                raise failures.pop()
            return works(*arguments)

        monkeypatch.setattr(ledger, method, fail_once)
        outcome, error = send_all(records(3), Target(), ledger, skip_unchanged=True)
        assert isinstance(error, ConfigurationError)
        found = [*ledger.of("sent"), *ledger.of("unsent"), *ledger.of("seen")]
        assert sorted(found) == KEYS[:3]
        assert outcome.tally.sent + outcome.tally.unchanged == 3 - len(ledger.of("unsent"))

    def test_unexpected_errors_of_several_batches_save_all_of_them(self, send_all):
        both_in_flight = threading.Barrier(2, timeout=20)

        class Mistaken(Target):
            def send(self, batch):
                both_in_flight.wait()
                raise RuntimeError("a mistake in the program")

        ledger = RecordingLedger()
        _, error = send_all(records(6), Mistaken(workers=2), ledger)
        assert isinstance(error, RuntimeError)
        assert ledger.of("unsent") == [*KEYS[3:6], *KEYS[:3]]

    def test_thread_cannot_start_loses_no_batch(self, send_all, monkeypatch):
        monkeypatch.setattr(threading.Thread, "start", Mock(side_effect=RuntimeError("no thread")))
        ledger = RecordingLedger()
        _, error = send_all(records(4), Target(workers=2), ledger)
        assert isinstance(error, RuntimeError)
        assert ledger.of("unsent") == KEYS[:3]

    def test_save_unsent_decompresses_few_records_at_once(self, send_all, monkeypatch):
        monkeypatch.setattr(subject, "UNPACKED", 2)
        at_once = []

        class Counting(RecordingLedger):
            def save_for_resend(self, saved):
                saved = list(saved)
                at_once.append(len(saved))
                super().save_for_resend(saved)

        ledger = Counting()
        send_all(records(5), Target(), ledger, min_records=6)
        assert (at_once, ledger.of("unsent")) == ([2, 2, 1], KEYS[:5])


class TestSafetyThreshold:
    def test_add_below_threshold_sends_nothing_until_it_is_reached(self):
        target = Target()
        outcome = Outcome("acme")
        with closing(
            BatchSender(target, RecordingLedger(), outcome, SendPolicy(at_least(5)), lambda: None)
        ) as made:
            for item in records(4):
                made.add(item)
            assert target.requests == []
            for item in records(8)[4:]:
                made.add(item)
            made.finish()
        assert [key for batch in target.requests for key in batch] == KEYS[:8]
        assert outcome.tally.sent == 8

    def test_threshold_that_waits_for_the_end_and_is_met_there_sends_all(self, send_all):
        class AtTheEnd(RecordThreshold):
            def waits(self, records):
                return True

            def failure(self, records):
                return ""

        target = Target()
        outcome = Outcome("acme")
        policy = SendPolicy(Thresholds(AtTheEnd(0)))
        with closing(BatchSender(target, RecordingLedger(), outcome, policy, lambda: None)) as made:
            for item in records(8):
                made.add(item)
            assert target.requests == []
            made.finish()
        assert [key for batch in target.requests for key in batch] == KEYS[:8]

    @pytest.mark.parametrize("count", [0, 1, 4])
    def test_finish_below_threshold_raises_and_saves_records(self, send_all, count):
        target, ledger = Target(), RecordingLedger()
        outcome, error = send_all(records(count), target, ledger, min_records=5)
        assert isinstance(error, UnsafeRun)
        assert f"safety threshold: only {counted(count, 'record')} to send, " in str(error)
        assert "--force" in str(error)
        assert target.requests == []
        assert ledger.of("unsent") == KEYS[:count]
        assert outcome.tally.sent == 0

    def test_flush_below_threshold_sends_nothing(self, send_all):
        target, ledger = Target(), RecordingLedger()
        send_all(records(4), target, ledger, end=SourceFault("broken"), min_records=5)
        assert target.requests == []
        assert ledger.of("unsent") == KEYS[:4]

    def test_held_records_with_target_unavailable_are_saved(self, send_all):
        target, ledger = Target(away=1), RecordingLedger()
        outcome, error = send_all(records(9), target, ledger, min_records=8)
        assert isinstance(error, TargetUnavailable)
        assert outcome.tally.sent == 3
        assert ledger.of("unsent") == KEYS[3:8]

    def test_unchanged_records_below_threshold_are_not_held(self, send_all):
        target, ledger = Target(), RecordingLedger(known=records(8)[2:])
        outcome, error = send_all(records(8), target, ledger, min_records=9, skip_unchanged=True)
        assert isinstance(error, UnsafeRun)
        assert "only 8 records" in str(error)
        assert ledger.of("seen") == target.left_out == KEYS[2:8]
        assert (outcome.tally.unchanged, outcome.tally.sent) == (6, 0)
        assert ledger.of("unsent") == KEYS[:2]

    @pytest.mark.parametrize("min_records", range(1, 10))
    def test_held_records_are_sent_in_their_order(self, send_all, min_records):
        given = [item for item in records(9) for _ in range(2)]
        target, ledger = Target(), RecordingLedger(known=[given[6]])
        outcome, _ = send_all(given, target, ledger, min_records=min_records, skip_unchanged=True)
        sent = [key for batch in target.requests for key in batch]
        assert sent == [item.key for item in given if item.key != "r3"]
        assert (outcome.tally.sent, outcome.tally.unchanged) == (16, 2)

    def test_held_records_with_a_full_disk_are_saved(self, send_all, monkeypatch):
        monkeypatch.setattr(spool, "IN_MEMORY", 1)
        monkeypatch.setattr(spool, "TemporaryFile", Mock(side_effect=OSError(28, "disk full")))
        target, ledger = Target(), RecordingLedger()
        _, error = send_all(records(7), target, ledger, min_records=8)
        assert "disk full" in str(error)
        assert target.requests == []
        assert ledger.of("unsent") == KEYS[:3]  # the others were not taken any more


class TestSkipUnchanged:
    def test_unchanged_records_are_skipped(self, send_all):
        before = records(10)
        before[4].digest = b"otherwise"
        target, ledger = Target(), RecordingLedger(known=before[:8])
        outcome, _ = send_all(records(10), target, ledger, skip_unchanged=True)
        assert [key for batch in target.requests for key in batch] == ["r4", "r8", "r9"]
        assert outcome.tally.unchanged == 7
        assert outcome.tally.sent == 3
        assert ledger.of("seen") == target.left_out == [*KEYS[:4], *KEYS[5:8]]

    def test_batches_without_unchanged_records_are_full(self, send_all):
        target = Target()
        send_all(records(10), target, RecordingLedger(known=records(10)[::2]), skip_unchanged=True)
        assert [len(batch) for batch in target.requests] == [3, 2]

    def test_unchanged_records_without_the_policy_are_sent(self, send_all):
        target = Target()
        send_all(records(3), target, RecordingLedger(known=records(3)))
        assert target.requests == [KEYS[:3]]

    def test_record_without_a_key_is_always_sent(self, send_all):
        given = records(2)
        given[1].key = None
        target = Target()
        send_all(given, target, RecordingLedger(known=records(2)), skip_unchanged=True)
        assert target.requests == [[None]]


def test_saved_record_with_a_new_outcome_is_cleared(send_all):
    given = records(3)
    for number, item in enumerate(given):
        item.saved_id = number
    ledger = RecordingLedger()
    send_all(given, Target(bad=["r1"]), ledger)
    assert sorted(ledger.of("cleared")) == [0, 1, 2]
    assert ledger.of("rejected") == ["r1"]  # set aside anew


def test_send_canceled_in_the_target_stops_the_run(send_all, monkeypatch):
    monkeypatch.setattr(subject, "CANCEL_INTERVAL", 0)
    target, ledger = Target(), RecordingLedger()
    target.stopped = True
    _, error = send_all(records(4), target, ledger)
    assert isinstance(error, RunCanceled)
    assert target.requests == []
    assert ledger.of("unsent") == KEYS[:3]


def test_send_cancel_check_fails_sends_nothing_more(send_all, monkeypatch):
    class Silent(Target):
        def canceled(self):
            raise TargetUnavailable("away")

    monkeypatch.setattr(subject, "CANCEL_INTERVAL", 0)
    target, ledger = Silent(), RecordingLedger()
    _, error = send_all(records(4), target, ledger)
    assert isinstance(error, TargetUnavailable)
    assert target.requests == []
    assert ledger.of("unsent") == KEYS[:3]


class Slow(Target):
    """Sends in two threads, each request as long as it is told to wait; says how many at once."""

    def __init__(self, **how):
        super().__init__(workers=2, **how)
        self.at_once, self.most, self.overlapping = [], 0, False
        self._lock = threading.Lock()

    def send(self, batch):
        keys = [item.key for item in batch]
        with self._lock:
            self.overlapping |= any(key in keys for key in self.at_once)
            self.at_once += keys
            self.most = max(self.most, len(self.at_once))
        time.sleep(0.02)
        try:
            super().send(batch)
        finally:
            with self._lock:
                for key in keys:
                    self.at_once.remove(key)


class TestWorkers:
    def test_batches_in_parallel_are_recorded_in_order(self, send_all):
        target, ledger = Slow(bad=["r4"]), RecordingLedger()
        outcome, error = send_all(records(10), target, ledger)
        assert error is None
        assert target.most == 6
        assert (outcome.tally.sent, outcome.tally.rejected) == (9, 1)
        assert ledger.of("sent") == [key for key in KEYS if key != "r4"]
        assert ledger.of("rejected") == ["r4"]

    def test_batches_in_parallel_never_share_a_record(self, send_all):
        target = Slow()
        given = [*records(3), *records(3), *records(9)[6:]]
        outcome, _ = send_all(given, target)
        assert outcome.tally.sent == 9
        assert not target.overlapping

    def test_batches_without_keys_are_sent_one_at_a_time(self, send_all):
        given = records(9)
        for item in given:
            item.key = None
        target = Slow()
        send_all(given, target)
        assert target.most == 3

    @pytest.mark.parametrize("away", [0, 1, 2, 3])
    def test_batches_in_flight_with_target_unavailable_have_one_outcome(self, send_all, away):
        target, ledger = Slow(away=away), RecordingLedger()
        outcome, error = send_all(records(15), target, ledger)
        assert isinstance(error, TargetUnavailable)
        written = [*ledger.of("sent"), *ledger.of("unsent")]
        assert len(written) == len(set(written))
        assert outcome.tally.sent == len(ledger.of("sent")) == 3 * away
        # Those that are in neither were not taken any more.
        assert set(written) == {f"r{number}" for number in range(len(written))}

    def test_flush_waits_for_all_batches_in_flight(self, send_all):
        target = Slow()
        outcome, _ = send_all(records(4), target, end=SourceFault("broken"))
        assert outcome.tally.sent == 4
        assert target.at_once == []


def test_two_records_with_one_key_are_both_sent_although_the_last_is_unchanged(send_all):
    first, second = items([{"id": "r1", "name": "First"}, {"id": "r1", "name": "Second"}])
    target = Target()
    outcome, _ = send_all(
        [first, second], target, RecordingLedger(known=[second]), skip_unchanged=True
    )
    assert target.requests == [["r1", "r1"]]
    assert outcome.tally.unchanged == 0


def test_add_canceled_run_stops_without_a_full_batch(monkeypatch):
    monkeypatch.setattr(subject, "CANCEL_INTERVAL", 0)
    target = Target()
    with closing(
        BatchSender(target, RecordingLedger(), Outcome("acme"), SendPolicy(), lambda: None)
    ) as made:
        for item in records(4):
            made.add(item)
        target.stopped = True
        with pytest.raises(RunCanceled):
            made.add(records(5)[4])
        assert isinstance(made.failure, RunCanceled)


def test_save_unsent_without_held_leaves_held_records_to_the_next_run():
    ledger = RecordingLedger()
    with closing(
        BatchSender(Target(), ledger, Outcome("acme"), SendPolicy(at_least(5)), lambda: None)
    ) as made:
        for item in records(3):
            made.add(item)
        made.save_unsent("too few", held=False)
    assert ledger.of("unsent") == []


def test_close_closes_the_file_of_held_records(monkeypatch):
    made, make = [], spool.TemporaryFile

    def file(**how):
        made.append(make(**how))
        return made[-1]

    monkeypatch.setattr(spool, "IN_MEMORY", 1)
    monkeypatch.setattr(spool, "TemporaryFile", file)
    with closing(
        BatchSender(
            Target(), RecordingLedger(), Outcome("acme"), SendPolicy(at_least(5)), lambda: None
        )
    ) as held:
        for item in records(3):
            held.add(item)
        assert not made[0].closed
    assert [each.closed for each in made] == [True]
