"""What a run has to do with the ones before it."""

import pickle
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from lib.config.sections import Section
from lib.connector import AssetSettings
from lib.ini import Entry
from lib.mapping.mapping import FieldMapping
from lib.run.continuity import (
    digest_of,
    digest_of_plan,
    fingerprint,
    is_full,
    key_of,
    least_expected,
)
from lib.settings import setting
from lib.target.target import UploadPlan


@pytest.mark.parametrize(
    ("before", "limit", "least"),
    [
        (100, "50%", 50),
        (101, "50%", 51),
        (20, "50%", 10),
        (19, "50%", 1),  # of a small section only nothing at all is strange
        (1, "50%", 1),
        (0, "50%", 0),
        (100, "0%", 100),
        (100, "100%", 0),
        (1000, "12.5%", 875),
        (100, "10", 90),
        (100, "0", 100),
        (100, "100", 1),
        (100, "500", 1),
        (5, "3", 1),
    ],
)
def test_how_many_records_have_to_come(before, limit, least):
    assert least_expected(before, limit) == least


@pytest.mark.parametrize(
    ("changed_only", "days_ago", "full"),
    [
        (False, 1, True),
        (True, None, True),
        (True, 1, False),
        (True, 6.9, False),
        (True, 7, True),
        (True, 7.1, True),
        (True, 0, False),
        (True, -1, True),  # the clock has been put back
    ],
)
def test_when_all_records_are_sent(monkeypatch, changed_only, days_ago, full):
    monkeypatch.setattr("lib.run.continuity.time", SimpleNamespace(time=lambda: 1_000_000.0))
    last = None if days_ago is None else 1_000_000.0 - days_ago * 86400
    ledger = SimpleNamespace(last_full=lambda: last)
    settings = AssetSettings(sync_field=("A",), changed_only=changed_only, full_every="7d")
    assert is_full(settings, ledger) is full


SECTION = Section("acme", "acme", AssetSettings(sync_field=("A",)), {})
KEYS = [FieldMapping("A", {"source": "a"}, {"source": "ini"})]


def test_the_fingerprint_is_the_same_as_long_as_what_decides_on_the_records_is():
    same = pickle.loads(pickle.dumps(SECTION))
    quicker = replace(SECTION, settings=replace(SECTION.settings, timeout=5, changed_only=True))
    assert fingerprint(SECTION, KEYS) == fingerprint(same, KEYS) == fingerprint(quicker, KEYS)


def test_it_changes_with_the_filter_and_with_what_recognises_a_record():
    filtered = replace(SECTION, recordfilter=Entry("recordfilter", "record.a", 3))
    moved = replace(SECTION, recordfilter=Entry("recordfilter", "record.a", 9))
    other = [FieldMapping("A", {"source": "b"}, {"source": "ini"})]
    found = {fingerprint(SECTION, KEYS), fingerprint(filtered, KEYS), fingerprint(SECTION, other)}
    assert len(found) == 3
    assert fingerprint(filtered, KEYS) == fingerprint(moved, KEYS)


@dataclass(frozen=True, kw_only=True)
class Settings(AssetSettings):
    server: str = setting("Where.", default="here")
    key: str = setting("A secret.", default="", secret=True)


@dataclass(frozen=True, kw_only=True)
class Later(Settings):
    """In a version that has a setting more."""

    pages: int = setting("How many.", default=7)
    storage: Path | None = setting("Where a checkpoint is.", default=None)


def fingerprint_of(settings):
    return fingerprint(replace(SECTION, settings=settings), KEYS)


def test_a_setting_that_is_added_does_not_change_it_unless_it_is_used():
    before = fingerprint_of(Settings(server="there"))
    assert before.startswith("2 ")
    assert fingerprint_of(Later(server="there")) == before
    assert fingerprint_of(Later(server="there", storage=Path("x"), key="secret")) == before
    assert fingerprint_of(Later(server="there", pages=7)) == before
    assert fingerprint_of(Later(server="there", pages=8)) != before
    assert fingerprint_of(Later(server="elsewhere")) != before


PLAN = UploadPlan("LDAP", "users", ("USER",), key_fields=("USER",))


def test_the_digest_of_a_record_is_as_the_first_version_computed_it():
    """By the program of 693c977."""
    digest = digest_of(digest_of_plan(PLAN), '{"USER": "ada"}')
    assert digest.hex() == "5bca399693c238711098b3504d41d027"


def test_something_that_is_added_to_a_plan_does_not_change_it_unless_it_is_used():
    @dataclass(frozen=True)
    class LaterPlan(UploadPlan):
        priority: int = 0

    def later(**changes):
        return LaterPlan("LDAP", "users", ("USER",), key_fields=("USER",), **changes)

    assert digest_of_plan(later()) == digest_of_plan(PLAN)
    assert digest_of_plan(later(priority=1)) != digest_of_plan(PLAN)
    assert digest_of_plan(later(insert_only=True)) != digest_of_plan(PLAN)


def test_a_record_is_the_same_only_if_it_is_sent_in_the_same_way():
    plan, other = digest_of(b"", "one plan"), digest_of(b"", "another")
    assert digest_of(plan, "text") == digest_of(plan, "text")
    assert digest_of(plan, "text") != digest_of(other, "text")
    assert digest_of(plan, "text") != digest_of(plan, "texts")
    assert len(digest_of(plan, "half a pair \ud83d")) == 16


def test_a_key_is_made_of_the_fields_that_identify():
    values = {"A": "x", "B": 5, "C": None}
    assert key_of(values, []) is None
    assert key_of(values, ["A"]) == "x"
    assert key_of(values, ["B"]) == "5"
    assert key_of(values, ["A", "B"]) != key_of({"A": "x5", "B": ""}, ["A", "B"])


def test_letters_make_no_difference_to_a_key():
    assert key_of({"A": " Ada@X.com "}, ["A"]) == key_of({"A": "ada@x.com"}, ["A"])


@dataclass(frozen=True, kw_only=True)
class Own(AssetSettings):
    base: str = setting("Where to look.", default="")
    password: str = setting("The password.", default="", secret=True)


def test_the_fingerprint_holds_the_source_and_its_settings_but_no_secret():
    def of(connector="acme", **own):
        return fingerprint(Section("acme", connector, Own(**own), {}), KEYS)

    assert of(password="old") == of(password="new")
    assert of(base="here") == of(base="here", shrink_limit="10%")
    assert len({of(), of(base="here"), of("other")}) == 3
