"""Whether a record equals what was last sent, with and without fields that are left out."""

from functools import partial

import pytest

from lib.jsontext import to_json
from lib.run.fingerprints import record_digest
from lib.run.unchanged import is_unchanged
from lib.state import Known, NullLedger
from tests.items import item

PLAN = b"plan"
digest = partial(record_digest, PLAN)


class Ledger(NullLedger):
    def __init__(self, before):
        self.before = before

    def last_sent(self, known):
        return self.before


def unchanged(before, now, omitted=(), *, plan=PLAN):
    made = item(now)
    made.digest, made.omitted = digest(to_json(now)), omitted
    known = Known(1, record_digest(plan, to_json(before)) if before is not None else b"")
    return is_unchanged(made, known, Ledger(before), digest)


@pytest.mark.parametrize(
    ("before", "now", "omitted", "same"),
    [
        ({"A": 1, "B": "x"}, {"A": 1, "B": "x"}, (), True),
        ({"A": 1, "B": "x"}, {"A": 2, "B": "x"}, (), False),
        ({"A": 1, "B": "x"}, {"A": 1}, ("B",), True),
        ({"A": 1, "B": None}, {"A": 1}, ("B",), True),
        ({"A": 1}, {"A": 1}, ("B",), True),
        ({"A": 1, "B": "x"}, {"A": 2}, ("B",), False),
        ({"A": 1, "B": "x", "C": 1}, {"A": 1}, ("B",), False),  # C is no longer mapped
        ({"A": 1, "B": "x"}, {"A": 1, "C": 1}, ("B",), False),  # C is new
        ({"A": 1, "B": "\ud83d", "C": 1.5}, {"A": 1, "C": 1.5}, ("B",), True),
        (None, {"A": 1}, ("B",), False),
    ],
)
def test_omitted_fields_do_not_count(before, now, omitted, same):
    assert unchanged(before, now, omitted) is same


def test_record_that_would_be_sent_in_another_way_is_changed():
    assert not unchanged({"A": 1, "B": "x"}, {"A": 1}, ("B",), plan=b"another")


def test_record_that_is_distrusted_is_changed():
    made = item({"A": 1})
    made.omitted = ("B",)
    assert not is_unchanged(made, Known(1, b""), Ledger({"A": 1, "B": "x"}), digest)
