"""From mapped records to Oomnitza: the brake, what is left out, what is booked."""

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
from lib.run import delivery as subject
from lib.run import spool
from lib.run.delivery import Delivery, Terms
from lib.run.tally import Outcome
from lib.state import Known, NullLedger
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

    def save_for_resend(self, asides):
        self.written += [(aside.outcome, aside.key) for aside in asides]

    def clear(self, ids):
        self.written += [("cleared", number) for number in ids]

    def batch(self, *, lasting=True):
        return nullcontext()

    def of(self, kind):
        return [key for name, key in self.written if name == kind]


def records(count):
    return items({"id": f"r{number}"} for number in range(count))


@pytest.fixture
def deliver():
    """Hand over records to the end; gives (outcome, error)."""

    def run(given, target, ledger=None, end=None, **terms):
        outcome = Outcome("acme")
        ledger = ledger or RecordingLedger()
        with closing(Delivery(target, ledger, outcome, Terms(**terms), lambda: None)) as made:
            error = None
            try:
                for item in given:
                    made.take(item)
                if end:
                    raise end
                made.finish()
            except Exception as raised:
                error = raised
                made.flush()
                made.abandon("it broke off")
        return outcome, error

    return run


KEYS = [f"r{number}" for number in range(10)]


def test_everything_is_sent_in_full_batches_and_written_down(deliver):
    target, ledger = Target(), RecordingLedger()
    outcome, error = deliver(records(7), target, ledger)
    assert error is None
    assert target.requests == [KEYS[:3], KEYS[3:6], KEYS[6:7]]
    assert outcome.tally.sent == 7
    assert ledger.of("sent") == KEYS[:7]
    assert ledger.written[0] == ("opened", "portion")


def test_what_is_refused_is_set_aside_and_the_rest_goes_through(deliver):
    target, ledger = Target(bad=["r1", "r5"]), RecordingLedger()
    outcome, error = deliver(records(7), target, ledger)
    assert error is None
    assert (outcome.tally.sent, outcome.tally.rejected) == (5, 2)
    assert ledger.of("rejected") == ["r1", "r5"]
    assert ledger.of("sent") == ["r0", "r2", "r3", "r4", "r6"]
    assert list(outcome.not_sent) == ["rejected: bad value"]


def test_when_oomnitza_is_away_nothing_is_forgotten(deliver):
    target, ledger = Target(away=1), RecordingLedger()
    outcome, error = deliver(records(8), target, ledger)
    assert isinstance(error, TargetUnavailable)
    assert outcome.tally.sent == 3
    assert ledger.of("unsent") == ["r3", "r4", "r5"]  # the others were not taken any more


def test_when_the_source_breaks_off_what_came_is_sent(deliver):
    target, ledger = Target(), RecordingLedger()
    outcome, _ = deliver(records(5), target, ledger, end=SourceFault("broken"))
    assert outcome.tally.sent == 5
    assert ledger.of("unsent") == []


def test_it_stops_when_nothing_is_taken(deliver, monkeypatch):
    monkeypatch.setattr(subject, "MOST_REFUSALS", 4)
    target, ledger = Target(bad=KEYS), RecordingLedger()
    outcome, error = deliver(records(8), target, ledger)
    assert isinstance(error, ConfigurationError)
    assert "none of the first 6 records" in str(error)
    assert outcome.tally.rejected == 6
    assert ledger.of("rejected") == KEYS[:6]


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_it_goes_on_when_one_of_the_first_batch_is_taken(deliver, monkeypatch, workers):
    monkeypatch.setattr(subject, "MOST_REFUSALS", 2)
    outcome, error = deliver(records(8), Target(bad=KEYS[:2], workers=workers), RecordingLedger())
    assert error is None
    assert (outcome.tally.rejected, outcome.tally.sent) == (2, 6)


@pytest.mark.parametrize(("unchanged", "goes_on"), [(3, True), (2, False)])
def test_it_goes_on_when_as_many_are_as_oomnitza_took_them(
    deliver, monkeypatch, unchanged, goes_on
):
    monkeypatch.setattr(subject, "MOST_REFUSALS", 4)
    target, ledger = Target(bad=KEYS[unchanged:9]), RecordingLedger(known=records(unchanged))
    outcome, error = deliver(records(unchanged + 6) + records(10)[9:], target, ledger, sift=True)
    assert (error is None) is goes_on
    assert (outcome.tally.unchanged, outcome.tally.rejected) == (unchanged, 6)
    assert outcome.tally.sent == goes_on


class TestWhatIsForeseenByNobody:
    """Whatever breaks, each record that was taken is set aside."""

    def test_a_record_that_comes_when_the_run_was_canceled_is_set_aside(self, deliver, monkeypatch):
        monkeypatch.setattr(subject, "CANCEL_INTERVAL", 0.0)
        target, ledger = Target(), RecordingLedger()

        def given():
            yield from records(5)[:4]
            target.stopped = True
            yield records(5)[4]

        outcome, error = deliver(given(), target, ledger)
        assert isinstance(error, RunCanceled)
        assert (outcome.tally.sent, ledger.of("unsent")) == (3, KEYS[3:5])

    @pytest.mark.parametrize("method", ["known", "seen_again"])
    def test_records_are_not_lost_when_the_ledger_fails_once(self, deliver, monkeypatch, method):
        ledger = RecordingLedger(known=records(3)[:1])
        works, failures = getattr(ledger, method), [ConfigurationError("the disk is full")]

        def fail_once(*arguments):
            if failures:
                raise failures.pop()
            return works(*arguments)

        monkeypatch.setattr(ledger, method, fail_once)
        outcome, error = deliver(records(3), Target(), ledger, sift=True)
        assert isinstance(error, ConfigurationError)
        found = [*ledger.of("sent"), *ledger.of("unsent"), *ledger.of("seen")]
        assert sorted(found) == KEYS[:3]
        assert outcome.tally.sent + outcome.tally.unchanged == 3 - len(ledger.of("unsent"))

    def test_an_unforeseen_error_of_several_batches_keeps_none_from_being_set_aside(self, deliver):
        both_under_way = threading.Barrier(2, timeout=20)

        class Mistaken(Target):
            def send(self, batch):
                both_under_way.wait()
                raise RuntimeError("a mistake in the program")

        ledger = RecordingLedger()
        _, error = deliver(records(6), Mistaken(workers=2), ledger)
        assert isinstance(error, RuntimeError)
        assert ledger.of("unsent") == [*KEYS[3:6], *KEYS[:3]]

    def test_a_thread_that_cannot_be_started_loses_no_batch(self, deliver, monkeypatch):
        monkeypatch.setattr(threading.Thread, "start", Mock(side_effect=RuntimeError("no thread")))
        ledger = RecordingLedger()
        _, error = deliver(records(4), Target(workers=2), ledger)
        assert isinstance(error, RuntimeError)
        assert ledger.of("unsent") == KEYS[:3]

    def test_few_of_the_records_that_are_set_aside_are_unpacked_at_once(self, deliver, monkeypatch):
        monkeypatch.setattr(subject, "UNPACKED", 2)
        at_once = []

        class Counting(RecordingLedger):
            def save_for_resend(self, asides):
                asides = list(asides)
                at_once.append(len(asides))
                super().save_for_resend(asides)

        ledger = Counting()
        deliver(records(5), Target(), ledger, least=6)
        assert (at_once, ledger.of("unsent")) == ([2, 2, 1], KEYS[:5])


class TestTheBrake:
    def test_nothing_is_sent_before_enough_have_come(self):
        target = Target()
        outcome = Outcome("acme")
        with closing(
            Delivery(target, RecordingLedger(), outcome, Terms(least=5), lambda: None)
        ) as made:
            for item in records(4):
                made.take(item)
            assert target.requests == []
            for item in records(8)[4:]:
                made.take(item)
            made.finish()
        assert [key for batch in target.requests for key in batch] == KEYS[:8]
        assert outcome.tally.sent == 8

    @pytest.mark.parametrize("count", [0, 1, 4])
    def test_too_few_are_an_alarm_and_set_aside(self, deliver, count):
        target, ledger = Target(), RecordingLedger()
        outcome, error = deliver(records(count), target, ledger, least=5)
        assert isinstance(error, UnsafeRun)
        assert f"only {count} records" in str(error)
        assert "--force" in str(error)
        assert target.requests == []
        assert ledger.of("unsent") == KEYS[:count]
        assert outcome.tally.sent == 0

    def test_a_source_that_breaks_off_before_sends_nothing(self, deliver):
        target, ledger = Target(), RecordingLedger()
        deliver(records(4), target, ledger, end=SourceFault("broken"), least=5)
        assert target.requests == []
        assert ledger.of("unsent") == KEYS[:4]

    def test_what_was_held_back_is_not_forgotten_if_oomnitza_goes_away(self, deliver):
        target, ledger = Target(away=1), RecordingLedger()
        outcome, error = deliver(records(9), target, ledger, least=8)
        assert isinstance(error, TargetUnavailable)
        assert outcome.tally.sent == 3
        assert ledger.of("unsent") == KEYS[3:8]

    def test_what_is_as_it_was_does_not_wait_for_enough(self, deliver):
        target, ledger = Target(), RecordingLedger(known=records(8)[2:])
        outcome, error = deliver(records(8), target, ledger, least=9, sift=True)
        assert isinstance(error, UnsafeRun)
        assert "only 8 records" in str(error)
        assert ledger.of("seen") == target.left_out == KEYS[2:8]
        assert (outcome.tally.unchanged, outcome.tally.sent) == (6, 0)
        assert ledger.of("unsent") == KEYS[:2]

    @pytest.mark.parametrize("least", range(1, 10))
    def test_what_is_sent_keeps_its_order(self, deliver, least):
        given = [item for item in records(9) for _ in range(2)]
        target, ledger = Target(), RecordingLedger(known=[given[6]])
        outcome, _ = deliver(given, target, ledger, least=least, sift=True)
        sent = [key for batch in target.requests for key in batch]
        assert sent == [item.key for item in given if item.key != "r3"]
        assert (outcome.tally.sent, outcome.tally.unchanged) == (16, 2)

    def test_nothing_is_forgotten_when_there_is_no_room_to_wait_in(self, deliver, monkeypatch):
        monkeypatch.setattr(spool, "IN_MEMORY", 1)
        monkeypatch.setattr(spool, "TemporaryFile", Mock(side_effect=OSError(28, "disk full")))
        target, ledger = Target(), RecordingLedger()
        _, error = deliver(records(7), target, ledger, least=8)
        assert "disk full" in str(error)
        assert target.requests == []
        assert ledger.of("unsent") == KEYS[:3]  # the others were not taken any more


class TestOnlyWhatChanged:
    def test_what_is_as_it_was_is_left_out(self, deliver):
        before = records(10)
        before[4].digest = b"otherwise"
        target, ledger = Target(), RecordingLedger(known=before[:8])
        outcome, _ = deliver(records(10), target, ledger, sift=True)
        assert [key for batch in target.requests for key in batch] == ["r4", "r8", "r9"]
        assert outcome.tally.unchanged == 7
        assert outcome.tally.sent == 3
        assert ledger.of("seen") == target.left_out == [*KEYS[:4], *KEYS[5:8]]

    def test_batches_are_as_full_as_they_can_be(self, deliver):
        target = Target()
        deliver(records(10), target, RecordingLedger(known=records(10)[::2]), sift=True)
        assert [len(batch) for batch in target.requests] == [3, 2]

    def test_when_everything_is_asked_for_everything_is_sent(self, deliver):
        target = Target()
        deliver(records(3), target, RecordingLedger(known=records(3)))
        assert target.requests == [KEYS[:3]]

    def test_a_record_that_only_oomnitza_can_recognise_is_always_sent(self, deliver):
        given = records(2)
        given[1].key = None
        target = Target()
        deliver(given, target, RecordingLedger(known=records(2)), sift=True)
        assert target.requests == [[None]]


def test_a_record_that_was_set_aside_is_cleared_when_it_has_gone_through(deliver):
    given = records(3)
    for number, item in enumerate(given):
        item.saved_id = number
    ledger = RecordingLedger()
    deliver(given, Target(bad=["r1"]), ledger)
    assert sorted(ledger.of("cleared")) == [0, 1, 2]
    assert ledger.of("rejected") == ["r1"]  # set aside anew


def test_a_run_that_is_cancelled_in_oomnitza_stops(deliver, monkeypatch):
    monkeypatch.setattr(subject, "CANCEL_INTERVAL", 0)
    target, ledger = Target(), RecordingLedger()
    target.stopped = True
    _, error = deliver(records(4), target, ledger)
    assert isinstance(error, RunCanceled)
    assert target.requests == []
    assert ledger.of("unsent") == KEYS[:3]


def test_an_oomnitza_that_cannot_be_asked_gets_nothing_more(deliver, monkeypatch):
    class Silent(Target):
        def canceled(self):
            raise TargetUnavailable("away")

    monkeypatch.setattr(subject, "CANCEL_INTERVAL", 0)
    target, ledger = Silent(), RecordingLedger()
    _, error = deliver(records(4), target, ledger)
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


class TestSeveralAtOnce:
    def test_batches_are_sent_side_by_side_and_written_down_in_order(self, deliver):
        target, ledger = Slow(bad=["r4"]), RecordingLedger()
        outcome, error = deliver(records(10), target, ledger)
        assert error is None
        assert target.most == 6
        assert (outcome.tally.sent, outcome.tally.rejected) == (9, 1)
        assert ledger.of("sent") == [key for key in KEYS if key != "r4"]
        assert ledger.of("rejected") == ["r4"]

    def test_one_record_is_never_in_two_of_them(self, deliver):
        target = Slow()
        given = [*records(3), *records(3), *records(9)[6:]]
        outcome, _ = deliver(given, target)
        assert outcome.tally.sent == 9
        assert not target.overlapping

    def test_what_only_oomnitza_can_recognise_goes_one_after_the_other(self, deliver):
        given = records(9)
        for item in given:
            item.key = None
        target = Slow()
        deliver(given, target)
        assert target.most == 3

    @pytest.mark.parametrize("away", [0, 1, 2, 3])
    def test_whatever_is_under_way_when_oomnitza_goes_away_ends_in_one_outcome(self, deliver, away):
        target, ledger = Slow(away=away), RecordingLedger()
        outcome, error = deliver(records(15), target, ledger)
        assert isinstance(error, TargetUnavailable)
        written = [*ledger.of("sent"), *ledger.of("unsent")]
        assert len(written) == len(set(written))
        assert outcome.tally.sent == len(ledger.of("sent")) == 3 * away
        # Those that are in neither were not taken any more.
        assert set(written) == {f"r{number}" for number in range(len(written))}

    def test_none_is_left_alone_at_the_end(self, deliver):
        target = Slow()
        outcome, _ = deliver(records(4), target, end=SourceFault("broken"))
        assert outcome.tally.sent == 4
        assert target.at_once == []


def test_of_two_records_with_one_key_the_last_one_counts_every_time(deliver):
    first, second = items([{"id": "r1", "name": "First"}, {"id": "r1", "name": "Second"}])
    target = Target()
    outcome, _ = deliver([first, second], target, RecordingLedger(known=[second]), sift=True)
    assert target.requests == [["r1", "r1"]]
    assert outcome.tally.unchanged == 0


def test_a_cancelled_run_stops_also_while_no_batch_is_full(monkeypatch):
    monkeypatch.setattr(subject, "CANCEL_INTERVAL", 0)
    target = Target()
    with closing(
        Delivery(target, RecordingLedger(), Outcome("acme"), Terms(), lambda: None)
    ) as made:
        for item in records(4):
            made.take(item)
        target.stopped = True
        with pytest.raises(RunCanceled):
            made.take(records(5)[4])
        assert isinstance(made.failure, RunCanceled)


def test_what_the_brake_held_back_may_be_left_to_the_next_run():
    ledger = RecordingLedger()
    with closing(Delivery(Target(), ledger, Outcome("acme"), Terms(least=5), lambda: None)) as made:
        for item in records(3):
            made.take(item)
        made.abandon("too few", held=False)
    assert ledger.of("unsent") == []
