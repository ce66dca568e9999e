"""Enrichment: one more request for each record, whose failure loses no record."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from lib.errors import ConnectorError, SignInError
from lib.reading.ahead import fetch_ahead
from lib.record import Record
from lib.wording import counted

log = logging.getLogger(__name__)

# So many failures in a row may mean that the server or the rights are at fault, not the records.
MOST_FAILED = 10


def enrich(
    records: Iterable[Record],
    fetch: Callable[[Record], Any],
    workers: int,
    *,
    name: str,
    needed: bool,
) -> Iterator[tuple[Record, Any]]:
    """Yield (record, result of `fetch`) pairs in the order of the records.

    Args:
        records: The records to enrich.
        fetch: Requests the additional data of a record; None if a record has none.
        workers: How many requests are made at the same time.
        name: The name of the additional data in the log.
        needed: Whether a mapping or a filter uses the additional data.

    The result is None if a fetch fails, which is logged. Raises the last error after ten failures
    in a row, if the data is `needed`, and either no fetch has succeeded or the error is about
    permissions.
    """

    def attempt(record: Record) -> tuple[Record, Any, ConnectorError | None]:
        try:
            return record, fetch(record), None
        except ConnectorError as error:
            return record, None, error

    failed = in_a_row = 0
    any_succeeded = False
    for record, result, error in fetch_ahead(attempt, records, workers):
        if error:
            log.info("%s could not be read for one record: %s", name, error)
            failed, in_a_row = failed + 1, in_a_row + 1
            hopeless = not any_succeeded or isinstance(error, SignInError)
            if needed and in_a_row >= MOST_FAILED and hopeless:
                raise error
        elif result is not None:
            in_a_row, any_succeeded = 0, True
        yield record, result
    if failed:
        log.warning(
            "%s could not be read for %s. The log contains the reasons",
            name,
            counted(failed, "record"),
        )
