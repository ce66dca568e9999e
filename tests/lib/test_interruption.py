"""Signals: the first one waits for what must not be done by half, and cuts pauses short."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from lib import interruption
from lib.interruption import Interruption, pause, requested, shielded


@pytest.fixture(autouse=True)
def _as_if_nothing_had_come():
    yield
    interruption._watch = None
    interruption._interrupt_pending = False
    assert interruption._shield_depth == 0


def stop(number=signal.SIGTERM):
    os.kill(os.getpid(), number)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_first_signal_raises_keyboard_interrupt(number, code, capfd):
    with Interruption() as caught:
        assert caught.exit_code is None
        with pytest.raises(KeyboardInterrupt):
            stop(number)
        assert caught.exit_code == code
    assert (
        capfd.readouterr().err
        == "Note: Stopping cleanly. Press Ctrl-C again to stop immediately.\n"
    )


def test_signal_handlers_are_restored():
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    with Interruption():
        assert signal.getsignal(signal.SIGTERM) != before[0]
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_interruption_in_a_thread_catches_no_signals():
    codes = []

    def run():
        with Interruption() as caught:
            codes.append(caught.exit_code)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert codes == [None]


def test_second_signal_exits_at_once():
    code = (
        "import os, signal, time\n"
        "from lib.interruption import Interruption, shielded\n"
        "with Interruption(), shielded():\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    print('goes on', flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    print('never', flush=True)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (143, "goes on\n")


class Dying:
    def __init__(self, last_words):
        self._last_words = last_words

    def __del__(self):
        self._last_words()


class TestUnraisable:
    """What is raised there, Python only prints."""

    @pytest.fixture
    def told(self, monkeypatch):
        told = []
        monkeypatch.setattr(sys, "unraisablehook", lambda lost: told.append(lost.exc_type))
        return told

    def test_lost_interrupt_is_not_printed_but_requested(self, told):
        with Interruption() as caught:
            Dying(stop)
            assert requested()
        assert (caught.exit_code, told) == (143, [])

    def test_other_unraisable_errors_are_printed(self, told):
        with Interruption():
            Dying(lambda: 1 / 0)
            with pytest.raises(KeyboardInterrupt):
                stop()
            Dying(lambda: 1 / 0)
        assert told == [ZeroDivisionError, ZeroDivisionError]

    def test_unraisable_hook_is_restored(self, told):
        before = sys.unraisablehook
        with Interruption():
            assert sys.unraisablehook != before
        assert sys.unraisablehook == before


class TestShielded:
    def test_shielded_delays_a_signal_until_the_end(self):
        done = []
        with Interruption(), pytest.raises(KeyboardInterrupt):
            with shielded():
                stop()
                done.append("to its end")
            done.append("not this")
        assert done == ["to its end"]

    def test_shielded_nested_delays_until_the_outermost_end(self):
        done = []
        with Interruption(), pytest.raises(KeyboardInterrupt), shielded():
            with shielded():
                stop()
            done.append("within the outer one")
        assert done == ["within the outer one"]

    def test_shielded_raises_once(self):
        with Interruption():
            with pytest.raises(KeyboardInterrupt), shielded():
                stop()
            with shielded():
                pass

    def test_shielded_without_signal_does_nothing(self):
        with Interruption(), shielded():
            pass

    def test_shielded_passes_errors_on(self):
        with Interruption(), pytest.raises(ValueError, match="mine"), shielded():
            raise ValueError("mine")

    def test_shielded_signal_takes_precedence_over_an_error(self):
        with Interruption(), pytest.raises(KeyboardInterrupt), shielded():
            stop()
            raise ValueError("mine")

    def test_shielded_in_a_thread_does_not_delay_the_main_thread(self):
        inside, over = threading.Event(), threading.Event()

        def run():
            with shielded():
                inside.set()
                over.wait(10)

        thread = threading.Thread(target=run)
        thread.start()
        inside.wait(10)
        with Interruption(), pytest.raises(KeyboardInterrupt):
            stop()
        over.set()
        thread.join()

    def test_shielded_as_decorator(self):
        done = []

        @shielded()
        def act():
            stop()
            done.append("all of it")

        with Interruption(), pytest.raises(KeyboardInterrupt):
            act()
        assert done == ["all of it"]


class TestPause:
    def test_pause_lasts_the_given_time(self, monkeypatch):
        slept = []
        monkeypatch.setattr("time.sleep", slept.append)
        pause(17)
        assert slept == [17]

    def test_pause_within_interruption_lasts_the_given_time(self):
        started = time.monotonic()
        with Interruption():
            pause(0.3)
        assert time.monotonic() - started >= 0.3

    def test_pause_ends_at_a_signal_when_shielded(self):
        started = time.monotonic()
        threading.Timer(0.05, stop).start()
        with Interruption(), pytest.raises(KeyboardInterrupt), shielded():
            pause(60)
            assert requested()
        assert time.monotonic() - started < 30

    def test_pause_in_threads_ends_at_a_signal(self):
        ended = []

        def run():
            pause(60)
            pause(60)
            ended.append(requested())

        threads = [threading.Thread(target=run) for _ in range(2)]
        with Interruption():
            for thread in threads:
                thread.start()
            with pytest.raises(KeyboardInterrupt):
                stop()
        for thread in threads:
            thread.join(30)
        assert ended == [True, True]

    def test_pause_after_the_block_lasts_the_given_time(self):
        with Interruption():
            assert not requested()
        assert not requested()
        assert interruption._watch is None


@pytest.mark.parametrize(("signalled", "code"), [(True, 130), (False, 7)])
def test_leave_after_a_signal_does_not_wait_for_threads(signalled, code):
    script = (
        "import signal, sys, threading\n"
        "from lib.interruption import Interruption, leave\n"
        "over = threading.Event()\n"
        "threading.Thread(target=over.wait, args=(30,)).start()\n"
        "try:\n"
        "    with Interruption():\n"
        f"        {signalled} and signal.raise_signal(signal.SIGINT)\n"
        "except KeyboardInterrupt:\n"
        "    pass\n"
        "print('the summary')\n"
        "leave(130)\n"
        "over.set()\n"
        "sys.exit(7)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=25
    )
    assert (done.returncode, done.stdout) == (code, "the summary\n")
