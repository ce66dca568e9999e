"""From a record to what is to be sent: filtered, mapped, or left aside with its reason."""

from datetime import date
from types import SimpleNamespace

import pytest

from lib.errors import RecordUnreadable
from lib.language import Stopped
from lib.mapping.mapping import FieldMapping
from lib.mapping.objects import ObjectFields
from lib.run.fields import FieldCounts
from lib.run.preparation import Preparation
from lib.run.recordnames import RecordNames
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
    return SimpleNamespace(
        record_filter=keep,
        mapper=mapper,
        key_mapper=key_mapper,
        upload=upload,
        record_names=RecordNames(upload.key_fields, ("dn",)),
        omitted=(),
        object_fields=lambda: ObjectFields([], ()),
    )


def fields():
    paths = {"USER": "uid", "EMAIL": "mail"}
    return FieldCounts(
        {name: FieldMapping(name, {"source": path}, {}) for name, path in paths.items()}
    )


def prepared(record, aside=None, plan=PLAN):
    """The item, the outcome, the ledger and what was saved."""
    outcome, ledger, saved = Outcome("ldap"), RecordingLedger(), Saved()
    prepare = Preparation(section_plan(plan), outcome, ledger, saved, fields())
    item = prepare(record, aside)
    prepare.finish()
    return SimpleNamespace(
        item=item, outcome=outcome, ledger=ledger, saved=saved.uploads, kept=prepare.kept
    )


ADA = {"uid": "ada", "mail": "ada@example.com"}


def test_item_fetched_is_not_changed_by_converters(monkeypatch):
    def careless(record):
        mapped = SimpleNamespace(values={"USER": record["uid"]}, missing=[], failures=[])
        record["names"].pop()
        return mapped

    prepare = Preparation(
        section_plan(mapper=careless), Outcome("ldap"), RecordingLedger(), NothingSaved(), fields()
    )
    item = prepare({"uid": "ada", "names": ["Ada", "Lovelace"]})
    assert unpack(item.fetched) == {"uid": "ada", "names": ["Ada", "Lovelace"]}


@pytest.mark.parametrize("key", [date(2015, 7, 21), object()])
def test_prepare_record_without_json_form_rejects_it(key):
    found = prepared({"uid": "ada", "mail": "a@example.com", "more": {key: 1}})
    assert found.item is None
    assert (found.outcome.tally.rejected, found.kept) == (1, 1)
    [aside] = found.ledger.aside
    assert (aside.outcome, aside.fetched) == ("rejected", None)
    assert "the record contains values that JSON cannot represent" in aside.reason


def test_prepare_returns_the_mapped_item():
    found = prepared(ADA)
    assert unpack(found.item.fetched) == ADA
    assert found.item.values == {"USER": "ada", "EMAIL": "ada@example.com"}
    assert found.item.text == '{"USER": "ada", "EMAIL": "ada@example.com"}'
    assert found.item.key == "ada"
    assert found.kept == 1
    assert found.saved == [found.item.values]
    assert found.outcome.tally.accounted == 0


def test_prepare_filtered_record_is_counted():
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
def test_prepare_unsent_record_is_recorded_as_seen(record, key):
    assert prepared(record).ledger.there == key


def test_prepare_filtered_record_is_no_longer_saved():
    assert prepared({"uid": "bot"}, aside=5).ledger.cleared == [5]
    assert prepared(ADA, aside=5).ledger.cleared == []


def test_prepare_filter_fails_saves_the_record():
    found = prepared({"uid": "odd"})
    assert found.item is None
    assert (found.outcome.tally.rejected, found.kept) == (1, 0)
    [aside] = found.ledger.aside
    assert (aside.outcome, aside.fetched) == ("rejected", '{"uid": "odd"}')
    assert aside.reason == "record filter, a text has no length"


def test_prepare_saved_record_filter_fails_saves_it_again():
    found = prepared({"uid": "odd"}, aside=5)
    assert found.ledger.cleared == [5]
    assert len(found.ledger.aside) == 1


def test_prepare_without_required_value_is_incomplete():
    found = prepared({"uid": "ada"})
    assert found.item is None
    assert (found.outcome.tally.incomplete, found.kept) == (1, 1)
    [(reason, example)] = found.outcome.not_sent.items()
    assert (reason, example.text) == (
        "incomplete: required field EMAIL is empty",
        "USER ada",
    )
    assert (found.ledger.aside, found.saved) == ([], [])


def test_prepare_records_seen_keys_in_portions(monkeypatch):
    monkeypatch.setattr("lib.run.preparation.SEEN_AT_ONCE", 2)
    ledger = RecordingLedger()
    plan = section_plan(key_mapper=recogniser)
    prepare = Preparation(plan, Outcome("ldap"), ledger, Saved(), fields())
    for _ in range(3):
        prepare({"uid": "bot"})
    assert ledger.there == ["bot", "bot"]


def test_prepare_counts_failed_conversions():
    found = prepared({**ADA, "phone": "?"})
    assert found.item is not None
    assert found.outcome.failed_conversions["PHONE"].count == 1


def test_reject_masks_secrets(monkeypatch):
    monkeypatch.setattr("lib.run.preparation.redact", lambda text: text.replace("s3cret", "***"))
    outcome, ledger = Outcome("ldap"), RecordingLedger()
    prepare = Preparation(section_plan(), outcome, ledger, NothingSaved(), fields())
    prepare.reject(RecordUnreadable("500 (s3cret)", where="device 7"))
    [aside] = ledger.aside
    assert (aside.outcome, aside.reason, aside.fetched) == ("rejected", "device 7: 500 (***)", None)
    assert outcome.tally.rejected == 1
    assert outcome.not_sent["rejected: 500 (s3cret)"].text == "device 7"


class TestDigest:
    def test_digest_of_the_same_record_is_equal(self):
        assert prepared(ADA).item.digest == prepared(dict(ADA)).item.digest

    @pytest.mark.parametrize(
        "plan",
        [
            UploadPlan("LDAP", "users", ("EMAIL",), key_fields=("USER",)),
            UploadPlan("LDAP", "users", ("USER",), update_only=True, key_fields=("USER",)),
            UploadPlan("Okta", "users", ("USER",), key_fields=("USER",)),
        ],
    )
    def test_digest_with_another_plan_differs(self, plan):
        assert prepared(ADA).item.digest != prepared(ADA, plan=plan).item.digest

    def test_digest_with_another_value_differs(self):
        assert prepared(ADA).item.digest != prepared({**ADA, "mail": "b@example.com"}).item.digest

    def test_digest_ignores_unmapped_values(self):
        assert prepared(ADA).item.digest == prepared({**ADA, "shoe": 42}).item.digest

    def test_item_without_key_fields_has_no_key(self):
        assert prepared(ADA, plan=UploadPlan("X", "assets", ())).item.key is None


def test_prepare_names_records_by_key_and_id():
    ada = {"uid": "ada", "dn": "uid=ada,dc=x", "cn": "Ada Lovelace", "phone": "?"}
    [example] = prepared(ada).outcome.not_sent.values()
    assert example.text == "USER ada, dn uid=ada,dc=x"
    found = prepared({**ada, "mail": "a@x"}).outcome
    assert found.failed_conversions["PHONE"].text == "USER ada, dn uid=ada,dc=x: no number"
    [example] = prepared({"uid": "odd", "dn": "uid=odd,dc=x"}).outcome.not_sent.values()
    assert example.text == "USER odd, dn uid=odd,dc=x"
    [example] = prepared({"dn": "uid=,dc=x", "mail": "a@x"}).outcome.not_sent.values()
    assert example.text == "dn uid=,dc=x"


def test_prepare_without_key_and_id_adds_nothing_to_a_failed_conversion():
    record = {"mail": "a@x", "phone": "?"}
    assert prepared(record).outcome.failed_conversions["PHONE"].text == "no number"
