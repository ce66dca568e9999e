"""Run several sections, one after the other or in parallel."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context

from lib.config.sections import Section
from lib.errors import Interrupted
from lib.run.events import Listener, RunEnded, RunStarted, SectionEvents
from lib.run.options import RunOptions
from lib.run.pipeline import run_section
from lib.run.tally import Outcome
from lib.state import open_store
from lib.target.target import TargetSettings

RunOne = Callable[[Section], Outcome | None]


def run_sections(
    sections: Sequence[Section],
    target: TargetSettings,
    options: RunOptions,
    listener: Listener | None = None,
    *,
    parallel: int = 1,
    fail_fast: bool = False,
    keep_days: int | None = None,
) -> RunEnded:
    """Run the sections, up to `parallel` at a time; errors of a section are in its outcome.

    No section is started after an interruption, after the listener's `stop` was set, or with
    `fail_fast` after a section has failed. With `keep_days`, older state is deleted first. Raises
    ConfigurationError if the state database cannot be used for that, and BrokenPipeError if the
    reader of the output has closed it.
    """
    listener = listener or Listener()
    started = time.time()
    if options.state and keep_days is not None and not options.testmode:
        with open_store(options.state) as store:
            store.expire(keep_days)
    names = tuple(section.name for section in sections)
    listener.handle(RunStarted(names, options.testmode, options.resend, at=started))
    over = threading.Event()

    def run_one(section: Section) -> Outcome | None:
        if over.is_set() or listener.stop.is_set():
            return None
        events = SectionEvents(section.name, listener)
        events.begin()
        outcome = run_section(section, target, options, events)
        if isinstance(outcome.error, Interrupted) or (outcome.error and fail_fast):
            over.set()
        events.end(outcome)
        return outcome

    if parallel == 1:
        outcomes = list(map(run_one, sections))
    else:
        outcomes = _side_by_side(run_one, sections, parallel, listener.stop)
    ended = RunEnded(tuple(outcome for outcome in outcomes if outcome), started)
    listener.handle(ended)
    return ended


def _side_by_side(
    run_one: RunOne, sections: Sequence[Section], parallel: int, stop: threading.Event
) -> list[Outcome | None]:
    with ThreadPoolExecutor(parallel, thread_name_prefix="section") as pool:
        runs = [pool.submit(copy_context().run, run_one, section) for section in sections]
        try:
            wait(runs)
        except KeyboardInterrupt:
            stop.set()
        return [each.result() for each in runs]
