"""Where the records of a run come from."""

from contextlib import ExitStack

import pytest

from lib.run import lifecycle
from lib.run.mode import Mode
from lib.run.options import RunOptions
from lib.run.records import SavedRecords
from lib.run.tally import Outcome
from lib.state import RecordToSave

TARGET = "https://acme.example.com"


@pytest.fixture
def stack():
    with ExitStack() as stack:
        yield stack


def test_saved_records_in_testmode_yield_those_that_have_data_and_note_the_others(stack, tmp_path):
    def open_ledger(*, testmode):
        mode = Mode(RunOptions(state=tmp_path / "state.db", testmode=testmode))
        return mode.open_ledger(stack, "ldap", TARGET, Outcome("ldap"))

    ledger = open_ledger(testmode=False)
    lifecycle.begin(ledger, Outcome("ldap"))
    ledger.save_for_resend(
        [RecordToSave("rejected", "bad", "u1", '{"uid": "u1"}'), RecordToSave("rejected", "x")]
    )
    outcome = Outcome("ldap")
    records = SavedRecords(open_ledger(testmode=True), outcome)
    [(record, _)] = records.read()
    assert record == {"uid": "u1"}
    assert outcome.notes == [
        "1 saved record cannot be resent, because the source never delivered the data."
        " The next upload reads the source again."
    ]
