"""From a record to what is to be sent: filtered, mapped, or left aside with its reason."""

from datetime import date
from types import SimpleNamespace

import pytest

from lib.errors import RecordUnreadable
from lib.language import Stopped
from lib.run.preparation import Preparation
from lib.run.saveddata import NothingSaved
from lib.run.tally import Outcome
from lib.state import NullLedger
from lib.target.packing import unpack
from lib.target.target import UploadPlan

PLAN = UploadPlan("LDAP", "users", ("USER",), key_fields=("USER",))


class RecordingLedger(NullLedger):
    def __init__(self):
        self.aside, self.cleared, self.there = [], [], []

    def save_for_resend(self, items):
        self.aside += items

    def clear(self, ids):
        self.cleared += ids

    def seen(self, keys):
        self.there += keys


class Saved(NothingSaved):
    def __init__(self):
        self.uploads = []

    def add_upload(self, record):
        self.uploads.append(record)


def mapper(record):
    values = {"USER": record.get("uid"), "EMAIL": record.get("mail")}
    return SimpleNamespace(
        values=values,
        missing=[name for name, value in values.items() if value is None],
        failures=[("PHONE", "no number")] if record.get("phone") == "?" else [],
    )


def recogniser(record):
    return SimpleNamespace(values={"USER": record.get("uid")}, missing=[], failures=[])


def keep(record):
    if record.get("uid") == "odd":
        raise Stopped("a text has no length")
    return record.get("uid") != "bot"


def section_plan(upload=PLAN, mapper=mapper, key_mapper=mapper):
    return SimpleNamespace(record_filter=keep, mapper=mapper, key_mapper=key_mapper, upload=upload)


def prepared(record, aside=None, plan=PLAN):
    """The item, the outcome, the ledger and what was saved."""
    outcome, ledger, saved = Outcome("ldap"), RecordingLedger(), Saved()
    prepare = Preparation(section_plan(plan), outcome, ledger, saved)
    item = prepare(record, aside)
    prepare.finish()
    return SimpleNamespace(
        item=item, outcome=outcome, ledger=ledger, saved=saved.uploads, kept=prepare.kept
    )


ADA = {"uid": "ada", "mail": "ada@example.com"}


def test_what_a_converter_does_to_a_record_does_not_reach_what_is_set_aside(monkeypatch):
    def careless(record):
        mapped = SimpleNamespace(values={"USER": record["uid"]}, missing=[], failures=[])
        record["names"].pop()
        return mapped

    prepare = Preparation(
        section_plan(mapper=careless), Outcome("ldap"), RecordingLedger(), NothingSaved()
    )
    item = prepare({"uid": "ada", "names": ["Ada", "Lovelace"]})
    assert unpack(item.fetched) == {"uid": "ada", "names": ["Ada", "Lovelace"]}


@pytest.mark.parametrize("key", [date(2015, 7, 21), object()])
def test_a_record_that_json_cannot_hold_is_rejected_alone(key):
    found = prepared({"uid": "ada", "mail": "a@example.com", "more": {key: 1}})
    assert found.item is None
    assert (found.outcome.tally.rejected, found.kept) == (1, 1)
    [aside] = found.ledger.aside
    assert (aside.outcome, aside.fetched) == ("rejected", None)
    assert "cannot be written as JSON" in aside.reason


def test_a_record_becomes_what_is_sent():
    found = prepared(ADA)
    assert unpack(found.item.fetched) == ADA
    assert found.item.values == {"USER": "ada", "EMAIL": "ada@example.com"}
    assert found.item.text == '{"USER": "ada", "EMAIL": "ada@example.com"}'
    assert found.item.key == "ada"
    assert found.kept == 1
    assert found.saved == [found.item.values]
    assert found.outcome.tally.accounted == 0


def test_one_that_the_filter_drops_counts_as_filtered():
    found = prepared({"uid": "bot"})
    assert found.item is None
    assert (found.outcome.tally.filtered, found.kept) == (1, 0)
    assert (found.ledger.aside, found.saved) == ([], [])


@pytest.mark.parametrize(
    ("record", "key"),
    [
        ({"uid": "bot"}, ["bot"]),
        ({"uid": "ada"}, ["ada"]),
        ({"mail": "x"}, []),
        (ADA, []),
        ({"uid": 0}, ["0"]),
    ],
)
def test_one_that_is_not_sent_is_still_known_to_be_there(record, key):
    assert prepared(record).ledger.there == key


def test_one_that_was_set_aside_and_is_dropped_now_is_set_aside_no_longer():
    assert prepared({"uid": "bot"}, aside=5).ledger.cleared == [5]
    assert prepared(ADA, aside=5).ledger.cleared == []


def test_one_on_which_the_filter_fails_is_set_aside():
    found = prepared({"uid": "odd"})
    assert found.item is None
    assert (found.outcome.tally.rejected, found.kept) == (1, 0)
    [aside] = found.ledger.aside
    assert (aside.outcome, aside.fetched) == ("rejected", '{"uid": "odd"}')
    assert "the record filter fails" in aside.reason
    assert "a text has no length" in aside.reason


def test_one_that_was_set_aside_and_on_which_the_filter_fails_is_set_aside_anew():
    found = prepared({"uid": "odd"}, aside=5)
    assert found.ledger.cleared == [5]
    assert len(found.ledger.aside) == 1


def test_one_without_a_required_value_is_incomplete():
    found = prepared({"uid": "ada"})
    assert found.item is None
    assert (found.outcome.tally.incomplete, found.kept) == (1, 1)
    [(reason, example)] = found.outcome.not_sent.items()
    assert (reason, example.text) == ("without a value for EMAIL", "USER ada")
    assert (found.ledger.aside, found.saved) == ([], [])


def test_what_is_still_there_is_written_down_now_and_then(monkeypatch):
    monkeypatch.setattr("lib.run.preparation.NOTED_AT_ONCE", 2)
    ledger = RecordingLedger()
    prepare = Preparation(section_plan(key_mapper=recogniser), Outcome("ldap"), ledger, Saved())
    for _ in range(3):
        prepare({"uid": "bot"})
    assert ledger.there == ["bot", "bot"]


def test_conversions_that_failed_are_counted():
    found = prepared({**ADA, "phone": "?"})
    assert found.item is not None
    assert found.outcome.failed_conversions["PHONE"].count == 1


def test_one_that_cannot_be_read_is_set_aside_without_secrets(monkeypatch):
    monkeypatch.setattr("lib.run.preparation.redact", lambda text: text.replace("s3cret", "***"))
    outcome, ledger = Outcome("ldap"), RecordingLedger()
    prepare = Preparation(section_plan(), outcome, ledger, NothingSaved())
    prepare.reject(RecordUnreadable("500 (s3cret)", where="device 7"))
    [aside] = ledger.aside
    assert (aside.outcome, aside.reason, aside.fetched) == ("rejected", "device 7: 500 (***)", None)
    assert outcome.tally.rejected == 1
    assert outcome.not_sent["rejected: 500 (s3cret)"].text == "device 7"


class TestWhatCountsAsTheSame:
    def test_the_same_record_sent_in_the_same_way(self):
        assert prepared(ADA).item.digest == prepared(dict(ADA)).item.digest

    @pytest.mark.parametrize(
        "plan",
        [
            UploadPlan("LDAP", "users", ("EMAIL",), key_fields=("USER",)),
            UploadPlan("LDAP", "users", ("USER",), update_only=True, key_fields=("USER",)),
            UploadPlan("Okta", "users", ("USER",), key_fields=("USER",)),
        ],
    )
    def test_sent_in_another_way_it_is_another(self, plan):
        assert prepared(ADA).item.digest != prepared(ADA, plan=plan).item.digest

    def test_with_another_value_it_is_another(self):
        assert prepared(ADA).item.digest != prepared({**ADA, "mail": "b@example.com"}).item.digest

    def test_what_is_not_sent_does_not_count(self):
        assert prepared(ADA).item.digest == prepared({**ADA, "shoe": 42}).item.digest

    def test_where_only_oomnitza_knows_the_fields_there_is_no_key(self):
        assert prepared(ADA, plan=UploadPlan("X", "assets", ())).item.key is None
