"""What Ctrl-C and SIGTERM do: the first one ends a run in good order, the second one at once."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from contextlib import ContextDecorator, suppress
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)

# How often one who pauses looks whether a signal has come, in seconds.
LOOK = 0.2

# How many `shielded` blocks the main thread is in, and whether a signal waits for their end.
_shields = 0
_waiting = False
# Who catches signals, or has caught one.
_watch: Interruption | None = None


def requested() -> bool:
    """Whether a signal has come, so that what takes long should come to its end."""
    return _watch is not None and _watch.exit_code is not None


def leave(exit_code: Any) -> None:
    """End the program after a signal; requests that nobody wants any more keep nobody waiting."""
    if requested() and threading.active_count() > 1:
        logging.shutdown()
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(exit_code or 0)


def pause(seconds: float) -> None:
    """Sleep, but not beyond a signal; in threads and within `shielded`, too."""
    if seconds <= 0:
        return
    if _watch is None:
        time.sleep(seconds)
        return
    until = time.monotonic() + seconds
    while not requested() and (rest := until - time.monotonic()) > 0:
        time.sleep(min(rest, LOOK))


class _Shield(ContextDecorator):
    """Stateless, and no generator: every record passes several of these blocks."""

    def __enter__(self) -> None:
        global _shields
        _shields += _in_main_thread()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        global _shields, _waiting
        main = _in_main_thread()
        _shields -= main
        if main and not _shields and _waiting:
            _waiting = False
            raise KeyboardInterrupt


_SHIELD = _Shield()


def shielded() -> _Shield:
    """Let a signal's KeyboardInterrupt wait until the block, or the function, has ended.

    For what must not be done by half: sending a batch and writing down what became of it. A second
    signal ends the program at once all the same.
    """
    return _SHIELD


def _in_main_thread() -> bool:
    return threading.get_ident() == threading.main_thread().ident


class Interruption:
    """For the length of a `with` block, turns the first signal into a KeyboardInterrupt.

    One that comes while Python tidies up (in `__del__`, or when a weak reference dies, as happens
    in imports) is lost: Python prints it, which is kept quiet, and goes on. So what takes long
    looks at `requested` as well.
    """

    def __init__(self) -> None:
        self._signal: int | None = None
        self._before: dict[int, Any] = {}
        self._tell_unraisable = sys.unraisablehook

    @property
    def exit_code(self) -> int | None:
        """What a shell expects of a program that a signal ended; None if none did."""
        return None if self._signal is None else 128 + self._signal

    def __enter__(self) -> Self:
        global _watch
        if threading.current_thread() is threading.main_thread():  # elsewhere none can be set
            self._before = {number: signal.signal(number, self._stop) for number in SIGNALS}
            self._tell_unraisable, sys.unraisablehook = sys.unraisablehook, self._unraisable
            _watch = self
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        global _watch
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._before:
            sys.unraisablehook = self._tell_unraisable
        if _watch is self and self._signal is None:
            _watch = None

    def _unraisable(self, lost: sys.UnraisableHookArgs) -> None:
        if self._signal is None or not issubclass(lost.exc_type, KeyboardInterrupt):
            self._tell_unraisable(lost)

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        global _waiting
        if self._signal is not None:
            os._exit(128 + number)
        self._signal = number
        with suppress(OSError):
            os.write(2, b"Stopping in good order; a second time stops at once.\n")
        if _shields:
            _waiting = True
        else:
            raise KeyboardInterrupt
