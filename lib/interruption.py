"""Handle Ctrl-C and SIGTERM: the first signal ends a run cleanly, the second one at once."""

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

# How often `pause` checks for a signal, in seconds.
CHECK_INTERVAL = 0.2

# How many `shielded` blocks the main thread is in, and whether a signal waits for their end.
_shield_depth = 0
_interrupt_pending = False
# The Interruption that catches signals, or has caught one.
_watch: Interruption | None = None


def requested() -> bool:
    """Whether a signal has arrived, so that long operations should end."""
    return _watch is not None and _watch.exit_code is not None


def signal_exit_code() -> int | None:
    """Return the exit code for the signal that has arrived, as a shell expects it, or None."""
    return _watch.exit_code if _watch else None


def leave(exit_code: Any) -> None:
    """End the program after a signal, without waiting for requests in other threads."""
    if requested() and threading.active_count() > 1:
        logging.shutdown()
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(exit_code or 0)


def pause(seconds: float) -> None:
    """Sleep, at most until a signal arrives; also in threads and within `shielded`."""
    if seconds <= 0:
        return
    if _watch is None:
        time.sleep(seconds)
        return
    until = time.monotonic() + seconds
    while not requested() and (rest := until - time.monotonic()) > 0:
        time.sleep(min(rest, CHECK_INTERVAL))


class _Shield(ContextDecorator):
    """One object for all blocks, and not a generator: each record passes several blocks.

    Signals reach the main thread only, so blocks in other threads change nothing.
    """

    def __enter__(self) -> None:
        global _shield_depth
        if _in_main_thread():
            _shield_depth += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        global _shield_depth, _interrupt_pending
        if not _in_main_thread():
            return
        _shield_depth -= 1
        if _shield_depth == 0 and _interrupt_pending:
            _interrupt_pending = False
            raise KeyboardInterrupt


_SHIELD = _Shield()


def shielded() -> _Shield:
    """Delay the KeyboardInterrupt of a signal until the block, or the function, has ended.

    For steps that belong together, such as sending a batch and recording its result. A second
    signal still ends the program at once.
    """
    return _SHIELD


def _in_main_thread() -> bool:
    return threading.get_ident() == threading.main_thread().ident


class Interruption:
    """Raises KeyboardInterrupt at the first signal within a `with` block.

    Python loses an exception in `__del__` or in the callback of a weak reference (as in imports):
    it prints the exception, which is suppressed here, and goes on. So long operations check
    `requested` as well.
    """

    def __init__(self) -> None:
        self._signal: int | None = None
        self._before: dict[int, Any] = {}
        self._tell_unraisable = sys.unraisablehook

    @property
    def exit_code(self) -> int | None:
        """The exit code of a program that a signal ended (128 + signal); None without a signal."""
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
        global _interrupt_pending
        if self._signal is not None:
            os._exit(128 + number)
        self._signal = number
        with suppress(OSError):
            os.write(2, b"Note: Stopping cleanly. Press Ctrl-C again to stop immediately.\n")
        if _shield_depth:
            _interrupt_pending = True
        else:
            raise KeyboardInterrupt
