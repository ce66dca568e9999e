"""What a run shows while it goes on: a progress line, and the records of testmode."""

from __future__ import annotations

import logging
import shutil
import sys
from types import TracebackType
from typing import Any, Self

from lib.cli.say import say, say_json
from lib.jsontext import printable, to_json
from lib.record import Record
from lib.report.summary import table
from lib.run.options import Listener
from lib.run.tally import Outcome
from lib.secrets import redact_data


class TerminalListener(Listener):
    """One section's progress, shown on a terminal only; a context manager."""

    def __init__(self, section: str) -> None:
        super().__init__()
        self._bar: Any = _bar(section) if sys.stderr.isatty() else None
        self._consoles: list[logging.StreamHandler[Any]] = []
        self._for_people = sys.stdout.isatty()

    def progress(self, outcome: Outcome, expected: int | None) -> None:
        if self._bar is None:
            return
        tally = outcome.tally
        self._bar.total = expected or self._bar.total
        self._bar.set_postfix({"sent": tally.sent}, refresh=False)
        self._bar.update(tally.fetched + tally.vanished - self._bar.n)

    def show(self, section: str, record: Record, before: Record | None) -> None:
        if not self._for_people:
            say_json(record)
            return
        record, before = redact_data(record), redact_data(before)
        if self._bar is not None:
            self._bar.clear()
        state = "new" if before is None else "changed" if before != record else "as last sent"
        width = shutil.get_terminal_size().columns
        rows = _rows(record, before, width)
        say("\n".join([f"[{section}] {state}", *("  " + line for line in table(rows)), ""]))

    def __enter__(self) -> Self:
        """Let what is logged to the terminal appear above the progress line."""
        if self._bar is not None:
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
        if self._bar is not None:
            self._bar.close()


def _bar(section: str) -> Any:
    """A progress line; its library is imported where there is a terminal to show it on."""
    from tqdm import tqdm

    return tqdm(desc=printable(section), unit=" records", leave=False)


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
