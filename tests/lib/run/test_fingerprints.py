"""Fingerprints of sections, digests and keys of records."""

import pickle
from dataclasses import dataclass, replace
from pathlib import Path

from lib.config.sections import Section
from lib.ini import Entry
from lib.mapping.mapping import FieldMapping
from lib.run.fingerprints import plan_digest, record_digest, record_key, section_fingerprint
from lib.sectionsettings import AssetSettings
from lib.settings import setting
from lib.target.target import UploadPlan

SECTION = Section("acme", "acme", AssetSettings(sync_field=("A",)), {})
KEYS = [FieldMapping("A", {"source": "a"}, {"source": "ini"})]


def test_section_fingerprint_of_the_same_records_is_equal():
    same = pickle.loads(pickle.dumps(SECTION))
    quicker = replace(SECTION, settings=replace(SECTION.settings, timeout=5, changed_only=True))
    assert (
        section_fingerprint(SECTION, KEYS)
        == section_fingerprint(same, KEYS)
        == section_fingerprint(quicker, KEYS)
    )


def test_section_fingerprint_with_another_filter_or_key_differs():
    filtered = replace(SECTION, recordfilter=Entry("recordfilter", "record.a", 3))
    moved = replace(SECTION, recordfilter=Entry("recordfilter", "record.a", 9))
    other = [FieldMapping("A", {"source": "b"}, {"source": "ini"})]
    prints = {
        section_fingerprint(SECTION, KEYS),
        section_fingerprint(filtered, KEYS),
        section_fingerprint(SECTION, other),
    }
    assert len(prints) == 3
    assert section_fingerprint(filtered, KEYS) == section_fingerprint(moved, KEYS)


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
    return section_fingerprint(replace(SECTION, settings=settings), KEYS)


def test_section_fingerprint_with_a_later_setting_differs_only_if_it_is_used():
    before = fingerprint_of(Settings(server="there"))
    assert before.startswith("2 ")
    assert fingerprint_of(Later(server="there")) == before
    assert fingerprint_of(Later(server="there", storage=Path("x"), key="secret")) == before
    assert fingerprint_of(Later(server="there", pages=7)) == before
    assert fingerprint_of(Later(server="there", pages=8)) != before
    assert fingerprint_of(Later(server="elsewhere")) != before


PLAN = UploadPlan("LDAP", "users", ("USER",), key_fields=("USER",))


def test_record_digest_is_as_in_the_first_version():
    """By the program of 693c977."""
    digest = record_digest(plan_digest(PLAN), '{"USER": "ada"}')
    assert digest.hex() == "5bca399693c238711098b3504d41d027"


def test_plan_digest_with_a_later_attribute_differs_only_if_it_is_used():
    @dataclass(frozen=True)
    class LaterPlan(UploadPlan):
        priority: int = 0

    def later(**changes):
        return LaterPlan("LDAP", "users", ("USER",), key_fields=("USER",), **changes)

    assert plan_digest(later()) == plan_digest(PLAN)
    assert plan_digest(later(priority=1)) != plan_digest(PLAN)
    assert plan_digest(later(insert_only=True)) != plan_digest(PLAN)


def test_plan_digest_is_without_the_lists_of_the_older_api():
    assert plan_digest(replace(PLAN, only_if_filled="A", dont_overwrite="B")) == plan_digest(PLAN)


def test_record_digest_with_another_plan_or_text_differs():
    plan, other = record_digest(b"", "one plan"), record_digest(b"", "another")
    assert record_digest(plan, "text") == record_digest(plan, "text")
    assert record_digest(plan, "text") != record_digest(other, "text")
    assert record_digest(plan, "text") != record_digest(plan, "texts")
    assert len(record_digest(plan, "half a pair \ud83d")) == 16


def test_record_key_of_several_fields_is_unambiguous():
    values = {"A": "x", "B": 5, "C": None}
    assert record_key(values, []) is None
    assert record_key(values, ["A"]) == "x"
    assert record_key(values, ["B"]) == "5"
    assert record_key(values, ["A", "B"]) != record_key({"A": "x5", "B": ""}, ["A", "B"])


def test_record_key_is_case_insensitive():
    assert record_key({"A": " Ada@X.com "}, ["A"]) == record_key({"A": "ada@x.com"}, ["A"])


@dataclass(frozen=True, kw_only=True)
class Own(AssetSettings):
    base: str = setting("Where to look.", default="")
    password: str = setting("The password.", default="", secret=True)


def test_section_fingerprint_contains_settings_but_no_secret():
    def of(connector="acme", **own):
        return section_fingerprint(Section("acme", connector, Own(**own), {}), KEYS)

    assert of(password="old") == of(password="new")
    assert of(base="here") == of(base="here", shrink_limit="10%")
    assert len({of(), of(base="here"), of("other")}) == 3
