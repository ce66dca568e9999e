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
def test_the_first_signal_is_a_keyboard_interrupt_with_an_exit_code_of_its_own(number, code, capfd):
    with Interruption() as caught:
        assert caught.exit_code is None
        with pytest.raises(KeyboardInterrupt):
            stop(number)
        assert caught.exit_code == code
    assert capfd.readouterr().err == "Stopping in good order; a second time stops at once.\n"


def test_afterwards_signals_do_what_they_did_before():
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    with Interruption():
        assert signal.getsignal(signal.SIGTERM) != before[0]
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_in_a_thread_none_are_caught():
    codes = []

    def run():
        with Interruption() as caught:
            codes.append(caught.exit_code)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert codes == [None]


def test_a_second_signal_ends_the_program_at_once_also_where_it_is_shielded():
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


class TestWherePythonTidiesUp:
    """What is raised there, Python only prints."""

    @pytest.fixture
    def told(self, monkeypatch):
        told = []
        monkeypatch.setattr(sys, "unraisablehook", lambda lost: told.append(lost.exc_type))
        return told

    def test_a_signal_is_kept_quiet_and_known_all_the_same(self, told):
        with Interruption() as caught:
            Dying(stop)
            assert requested()
        assert (caught.exit_code, told) == (143, [])

    def test_what_else_is_raised_is_told(self, told):
        with Interruption():
            Dying(lambda: 1 / 0)
            with pytest.raises(KeyboardInterrupt):
                stop()
            Dying(lambda: 1 / 0)
        assert told == [ZeroDivisionError, ZeroDivisionError]

    def test_afterwards_python_tells_as_it_did_before(self, told):
        before = sys.unraisablehook
        with Interruption():
            assert sys.unraisablehook != before
        assert sys.unraisablehook == before


class TestShielded:
    def test_a_signal_waits_for_the_end_of_the_block(self):
        done = []
        with Interruption(), pytest.raises(KeyboardInterrupt):
            with shielded():
                stop()
                done.append("to its end")
            done.append("not this")
        assert done == ["to its end"]

    def test_and_for_the_end_of_the_outermost_one(self):
        done = []
        with Interruption(), pytest.raises(KeyboardInterrupt), shielded():
            with shielded():
                stop()
            done.append("within the outer one")
        assert done == ["within the outer one"]

    def test_it_is_told_once(self):
        with Interruption():
            with pytest.raises(KeyboardInterrupt), shielded():
                stop()
            with shielded():
                pass

    def test_without_a_signal_nothing_happens(self):
        with Interruption(), shielded():
            pass

    def test_an_error_of_the_block_is_raised(self):
        with Interruption(), pytest.raises(ValueError, match="mine"), shielded():
            raise ValueError("mine")

    def test_a_signal_counts_more_than_an_error(self):
        with Interruption(), pytest.raises(KeyboardInterrupt), shielded():
            stop()
            raise ValueError("mine")

    def test_a_thread_shields_nobody_else(self):
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

    def test_it_may_stand_before_a_function(self):
        done = []

        @shielded()
        def act():
            stop()
            done.append("all of it")

        with Interruption(), pytest.raises(KeyboardInterrupt):
            act()
        assert done == ["all of it"]


class TestPause:
    def test_it_lasts_as_long_as_it_is_told(self, monkeypatch):
        slept = []
        monkeypatch.setattr("time.sleep", slept.append)
        pause(17)
        assert slept == [17]

    def test_it_lasts_also_where_signals_are_caught(self):
        started = time.monotonic()
        with Interruption():
            pause(0.3)
        assert time.monotonic() - started >= 0.3

    def test_a_signal_cuts_it_short_where_it_is_shielded(self):
        started = time.monotonic()
        threading.Timer(0.05, stop).start()
        with Interruption(), pytest.raises(KeyboardInterrupt), shielded():
            pause(60)
            assert requested()
        assert time.monotonic() - started < 30

    def test_and_in_every_thread_also_when_the_program_is_about_to_end(self):
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

    def test_what_comes_after_a_quiet_end_is_not_cut_short(self):
        with Interruption():
            assert not requested()
        assert not requested()
        assert interruption._watch is None


@pytest.mark.parametrize(("signalled", "code"), [(True, 130), (False, 7)])
def test_after_a_signal_no_thread_keeps_the_program_alive(signalled, code):
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
