"""The events that a run emits while it is in progress, and the listeners that receive them."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from typing import Literal

from lib.record import Record
from lib.run.tally import Outcome, Tally

# The progress of a section is told that often, in seconds, and once at its end.
INTERVAL = 0.2


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened `at` a time, in seconds since 1970."""

    at: float = field(default_factory=time.time)


@dataclass(frozen=True)
class RunStarted(Event):
    """A run of these sections starts."""

    sections: tuple[str, ...]
    testmode: bool = False
    resend: bool = False


@dataclass(frozen=True)
class SectionStarted(Event):
    """The run of one section starts."""

    section: str


@dataclass(frozen=True)
class Progress(Event):
    """The counts of a section so far; `expected` is its number of records, if the source says."""

    section: str
    counts: Tally
    expected: int | None
    seconds: float  # since it started


@dataclass(frozen=True)
class RecordShown(Event):
    """A record that a dry run would have sent, and how it was last sent, if that is known."""

    section: str
    record: Record
    before: Record | None

    @property
    def state(self) -> Literal["new", "changed", "same"]:
        """How the record compares with what was last sent."""
        if self.before is None:
            return "new"
        return "same" if self.record == self.before else "changed"


@dataclass(frozen=True)
class SectionEnded(Event):
    """The run of one section has ended, with this outcome."""

    outcome: Outcome


@dataclass(frozen=True)
class RunEnded(Event):
    """A run has ended. Sections that were not started have no outcome."""

    outcomes: tuple[Outcome, ...]
    started: float  # seconds since 1970


class Listener:
    """Receives the events of a run; this base class ignores them.

    Sections that run in parallel emit events in their own threads. Once `stop` is set, each of them
    ends cleanly at its next record: signals do not reach threads.
    """

    wants_progress = True  # without it, the clock is not read for each record

    def __init__(self, stop: threading.Event | None = None) -> None:
        self.stop = stop or threading.Event()

    def handle(self, event: Event) -> None:
        """Handle an event. Each section emits its events in the order in which they happen."""


class Listeners(Listener):
    """Several listeners that share one `stop`."""

    def __init__(self, stop: threading.Event, *listeners: Listener) -> None:
        super().__init__(stop)
        self._listeners = listeners
        self.wants_progress = any(listener.wants_progress for listener in listeners)

    def handle(self, event: Event) -> None:
        for listener in self._listeners:
            listener.handle(event)


class SectionEvents:
    """Emits the events of one section."""

    def __init__(self, section: str, listener: Listener | None = None) -> None:
        listener = listener or Listener()
        self.stop = listener.stop
        self._handle = listener.handle
        self._wants_progress = listener.wants_progress
        self._section = section
        self._started = time.monotonic()
        self._due = 0.0
        self._expected: int | None = None

    def begin(self) -> None:
        """Emit SectionStarted."""
        self._started = time.monotonic()
        self._handle(SectionStarted(self._section))

    def progress(self, outcome: Outcome, expected: int | None) -> None:
        """Emit Progress from time to time; called for each record, with their number if known."""
        if not self._wants_progress:
            return
        if expected is not None:
            self._expected = expected
        if time.monotonic() >= self._due:
            self._tell(outcome)

    def show(self, section: str, record: Record, before: Record | None) -> None:
        """Emit RecordShown for a record of a dry run, and how it was last sent, if known."""
        self._handle(RecordShown(section, record, before))

    def end(self, outcome: Outcome) -> None:
        """Emit the last Progress, and SectionEnded."""
        if self._wants_progress:
            self._tell(outcome)
        self._handle(SectionEnded(outcome))

    def _tell(self, outcome: Outcome) -> None:
        now = time.monotonic()
        self._due = now + INTERVAL
        counts, seconds = replace(outcome.tally), round(now - self._started, 3)
        self._handle(Progress(self._section, counts, self._expected, seconds))
