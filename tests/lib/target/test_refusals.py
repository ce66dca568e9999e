"""When refusals in a row stop a run."""

import logging

import pytest

from lib.errors import ConfigurationError, TargetFault, TargetRefused, TargetUnavailable
from lib.target.refusals import MOST_FAULTS, MOST_RECORDS, Refusals

REFUSED = TargetRefused("no", where="https://acme")
FAULT = TargetFault("the server answered 500", where="https://acme")


def test_too_many_records_in_a_row_stop_the_run():
    refusals = Refusals()
    for _ in range(MOST_RECORDS):
        refusals.refused(REFUSED, 1)
    with pytest.raises(ConfigurationError, match="rejected 101 records in a row"):
        refusals.refused(REFUSED, 1)


def test_refused_batches_are_not_counted_as_records():
    refusals = Refusals()
    for _ in range(MOST_RECORDS * 2):
        refusals.refused(REFUSED, 50)


def test_accepted_batch_starts_the_count_again():
    refusals = Refusals()
    for _ in range(3):
        for _ in range(MOST_RECORDS):
            refusals.refused(REFUSED, 1)
        refusals.accepted()


def test_too_many_internal_errors_in_a_row_stop_the_run():
    refusals = Refusals()
    for _ in range(MOST_FAULTS):
        refusals.refused(FAULT, 2)
    with pytest.raises(TargetUnavailable, match="17 requests in a row with an internal error"):
        refusals.refused(FAULT, 2)


def test_refusal_between_internal_errors_starts_their_count_again():
    refusals = Refusals()
    for _ in range(3):
        for _ in range(MOST_FAULTS):
            refusals.refused(FAULT, 2)
        refusals.refused(REFUSED, 2)


def test_first_internal_error_of_a_batch_is_a_warning(caplog):
    refusals = Refusals()
    for _ in range(3):
        refusals.refused(FAULT, 100)
    [logged] = caplog.records
    assert logged.levelno == logging.WARNING
    assert (
        "https://acme: Oomnitza responded to 100 records with an internal error" in logged.message
    )
