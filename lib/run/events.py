"""What a run tells while it goes on: its events, and who listens to them."""

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
    """Something that has happened `at` a moment, in seconds since 1970."""

    at: float = field(default_factory=time.time)


@dataclass(frozen=True)
class RunStarted(Event):
    """A run of these sections begins."""

    sections: tuple[str, ...]
    testmode: bool = False
    resend: bool = False


@dataclass(frozen=True)
class SectionStarted(Event):
    section: str


@dataclass(frozen=True)
class Progress(Event):
    """How far a section has come; `expected` is how many records there are, if the source says."""

    section: str
    counts: Tally
    expected: int | None
    seconds: float  # since it started


@dataclass(frozen=True)
class RecordShown(Event):
    """A record that testmode would have sent, and how it was last sent if that is known."""

    section: str
    record: Record
    before: Record | None

    @property
    def state(self) -> Literal["new", "changed", "same"]:
        if self.before is None:
            return "new"
        return "same" if self.record == self.before else "changed"


@dataclass(frozen=True)
class SectionEnded(Event):
    outcome: Outcome


@dataclass(frozen=True)
class RunEnded(Event):
    """What came of a run. Sections that were never begun have no outcome."""

    outcomes: tuple[Outcome, ...]
    started: float  # seconds since 1970


class Listener:
    """Hears of a run; this one does nothing with it.

    Sections that run side by side tell of themselves in threads of their own. Once `stop` is set,
    each of them ends in good order with its next record: threads do not hear of signals.
    """

    hears_progress = True  # without it, no record costs the time to look at the clock

    def __init__(self, stop: threading.Event | None = None) -> None:
        self.stop = stop or threading.Event()

    def hear(self, event: Event) -> None:
        """Called with each event, in the order in which they happen in a section."""


class Listeners(Listener):
    """Several of them, with one `stop`."""

    def __init__(self, stop: threading.Event, *listeners: Listener) -> None:
        super().__init__(stop)
        self._listeners = listeners
        self.hears_progress = any(listener.hears_progress for listener in listeners)

    def hear(self, event: Event) -> None:
        for listener in self._listeners:
            listener.hear(event)


class SectionEvents:
    """Makes events of what the run of one section says of itself."""

    def __init__(self, section: str, listener: Listener | None = None) -> None:
        listener = listener or Listener()
        self.stop = listener.stop
        self._hear = listener.hear
        self._hears_progress = listener.hears_progress
        self._section = section
        self._started = time.monotonic()
        self._due = 0.0
        self._expected: int | None = None

    def begin(self) -> None:
        self._started = time.monotonic()
        self._hear(SectionStarted(self._section))

    def progress(self, outcome: Outcome, expected: int | None) -> None:
        """Called for each record; `expected` is their number, where the source has told it."""
        if not self._hears_progress:
            return
        if expected is not None:
            self._expected = expected
        if time.monotonic() >= self._due:
            self._tell(outcome)

    def show(self, section: str, record: Record, before: Record | None) -> None:
        """A record that testmode would have sent, and how it was last sent if that is known."""
        self._hear(RecordShown(section, record, before))

    def end(self, outcome: Outcome) -> None:
        if self._hears_progress:
            self._tell(outcome)
        self._hear(SectionEnded(outcome))

    def _tell(self, outcome: Outcome) -> None:
        now = time.monotonic()
        self._due = now + INTERVAL
        counts, seconds = replace(outcome.tally), round(now - self._started, 3)
        self._hear(Progress(self._section, counts, self._expected, seconds))
