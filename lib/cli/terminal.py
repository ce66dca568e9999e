"""Show a run in progress on the terminal: a progress bar, and the records of a dry run."""

from __future__ import annotations

import logging
import shutil
import sys
import threading
from types import TracebackType
from typing import Any, Self

from lib.cli.say import say, say_json
from lib.jsontext import printable, to_json
from lib.record import Record
from lib.report.summary import table
from lib.run.events import Event, Listener, Progress, RecordShown, SectionEnded, SectionStarted
from lib.secrets import redact_data

# How a record compares with what was last sent.
STATES = {"new": "new", "changed": "changed", "same": "unchanged"}


class TerminalListener(Listener):
    """Shows progress bars, on a terminal only, and records if wanted; a context manager."""

    def __init__(self, stop: threading.Event | None = None, *, records: bool = True) -> None:
        super().__init__(stop)
        self._bars: dict[str, Any] = {}
        self._consoles: list[logging.StreamHandler[Any]] = []
        self.wants_progress = self._with_bars = sys.stderr.isatty()
        self._for_people = sys.stdout.isatty()
        self._with_records = records

    def handle(self, event: Event) -> None:
        match event:
            case RecordShown() if self._with_records:
                self._show(event)
            case SectionStarted() if self._with_bars:
                self._bars[event.section] = _bar(event.section)
            case Progress() if self._with_bars:
                _update(self._bars[event.section], event)
            case SectionEnded() if self._with_bars:
                self._bars.pop(event.outcome.section).close()

    def _show(self, event: RecordShown) -> None:
        if not self._for_people:
            say_json(event.record)
            return
        record, before = redact_data(event.record), redact_data(event.before)
        for bar in list(self._bars.values()):
            bar.clear()
        shown = RecordShown(event.section, record, before)
        width = shutil.get_terminal_size().columns
        rows = ["  " + line for line in table(_rows(record, before, width))]
        say("\n".join([f"[{event.section}] {STATES[shown.state]}", *rows, ""]))

    def __enter__(self) -> Self:
        """Let what is logged to the terminal appear above the progress line."""
        if self._with_bars:
            from tqdm.contrib import DummyTqdmFile

            self._consoles = [
                handler
                for handler in logging.getLogger().handlers
                if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stderr
            ]
            for handler in self._consoles:
                handler.setStream(DummyTqdmFile(sys.stderr))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for handler in self._consoles:
            handler.setStream(sys.stderr)
        for bar in self._bars.values():
            bar.close()


def _bar(section: str) -> Any:
    """A progress line; its library is imported where there is a terminal to show it on."""
    from tqdm import tqdm

    # How often it is redrawn is decided by the sender of the events.
    return tqdm(desc=printable(section), unit=" records", leave=False, mininterval=0, miniters=1)


def _update(bar: Any, progress: Progress) -> None:
    counts = progress.counts
    bar.total = progress.expected or bar.total
    bar.set_postfix({"sent": counts.sent}, refresh=False)
    bar.update(counts.fetched + counts.vanished - bar.n)


def _rows(record: Record, before: Record | None, width: int) -> list[list[str]]:
    """A row for each field; where it was last sent otherwise, with what it was before."""
    room = max(width - max(map(len, record), default=0) - 5, 20)
    rows = []
    for name, value in record.items():
        if before is not None and before.get(name) != value:
            old, new = (_readable(item, room // 2 - 2) for item in (before.get(name), value))
            rows.append([name, f"{old} → {new}"])
        else:
            rows.append([name, _readable(value, room)])
    return rows


def _readable(value: Any, width: int) -> str:
    """A value on one line of a terminal, without what a terminal would take for a command."""
    text = printable(value if isinstance(value, str) else to_json(value))
    if len(text) <= width:
        return text
    end = f"... ({len(value)} items)" if isinstance(value, list | dict) else "..."
    return text[: width - len(end)] + end
