"""The listeners of a run that was started on the command line."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lib.cli.say import discard, print_json, warn
from lib.cli.terminal import TerminalListener
from lib.report.eventlines import EventFile, EventLines
from lib.run.events import Listener, Listeners

STDOUT = Path("-")


@contextmanager
def listening(events: Path | None) -> Iterator[Listener]:
    """Yield the listeners: the terminal, and a file for events (`-` is standard output).

    At the end of the block, a warning is printed if events could not be written. Raises
    BrokenPipeError then if the reader has closed standard output, and UsageError at the start for a
    file that cannot be used.
    """
    stop = threading.Event()
    if events is None:
        with TerminalListener(stop) as terminal:
            yield terminal
    elif events == STDOUT:
        lines = EventLines(print_json, stop)
        yield from _with_lines(lines)
        if lines.failure:
            discard(err=False)
    else:
        with EventFile(events) as file:
            yield from _with_lines(EventLines(file.write, stop))


def _with_lines(lines: EventLines) -> Iterator[Listener]:
    with TerminalListener(lines.stop, records=False) as terminal:
        yield Listeners(lines.stop, terminal, lines)
    if lines.failure:
        warn(f"not all events could be written ({lines.failure})")
    if lines.closed:
        raise lines.closed
