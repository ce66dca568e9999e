"""What takes one more request for each record and may be missing; several are asked at once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from lib.errors import ConnectorError, SignInError
from lib.reading.ahead import fetch_ahead
from lib.record import Record

log = logging.getLogger(__name__)


# So many failures in a row may mean that the server or the rights are at fault, not the records.
MOST_FAILED = 10


def with_extras(
    records: Iterable[Record],
    fetch: Callable[[Record], Any],
    workers: int,
    *,
    name: str,
    needed: bool,
) -> Iterator[tuple[Record, Any]]:
    """Yield each record with what `fetch` gives for it, in their order; None where it fails.

    `fetch` gives None for a record that it has nothing to ask about. Failures are logged under the
    `name` of the extras. Where they are `needed`, since a mapping names them, ten in a row end the
    run if it has had no extra at all, or if the last one, which is raised, is about rights.
    """

    def attempt(record: Record) -> tuple[Record, Any, ConnectorError | None]:
        try:
            return record, fetch(record), None
        except ConnectorError as error:
            return record, None, error

    failed = in_a_row = 0
    had_one = False
    for record, extra, error in fetch_ahead(attempt, records, workers):
        if error:
            log.info("%s is left out: %s", name, error)
            failed, in_a_row = failed + 1, in_a_row + 1
            hopeless = not had_one or isinstance(error, SignInError)
            if needed and in_a_row >= MOST_FAILED and hopeless:
                raise error
        elif extra is not None:
            in_a_row, had_one = 0, True
        yield record, extra
    if failed:
        log.warning("%s could not be read for %d records; the log says why", name, failed)
