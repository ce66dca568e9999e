"""An upgrade knows the records, what is missing, and the checkpoints of the first version again."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from connectors import csv_users
from lib import connector, plugins
from lib.config.sections import Section
from lib.ini import Entry
from lib.mapping.mapping import FieldMapping
from lib.oomnitza.target import OomnitzaSettings
from lib.run.legacyfingerprints import SETTINGS, legacy_fingerprint
from lib.run.options import RunOptions
from lib.run.pipeline import run_section
from lib.run.tally import Outcome
from lib.settings import declared, read_settings, setting
from lib.state import open_store, open_to_read
from sandbox.oomnitza import Oomnitza
from sandbox.web import WebServer

KEYS = [FieldMapping("A", {"source": "a", "required": True}, {"source": "ini"})]
LOGIN = {"username": "u", "password": "p"}
# The settings from which the fingerprints were computed, unless today's examples are the same.
GIVEN: dict[str, dict[str, str]] = {
    "airwatch": {**LOGIN, "api_token": "t", "url": "https://apidev.awmdm.com"},
    "bamboohr": {"system_name": "acme"},
    "casper": {**LOGIN, "url": "https://jss.jamfcloud.com/example"},
    "csv_assets": {"filename": "x.csv"},
    "csv_users": {"filename": "x.csv"},
    "jsonl_assets": {"filename": "x.csv"},
    "jsonl_users": {"filename": "x.csv"},
    "ldap": {"url": "ldap://ldap.forumsys.com:389"},
    "okta": {"url": "https://example-admin.okta.com"},
    "onelogin": {"client_id": "c", "client_secret": "s"},
    "sccm": LOGIN,
    "zendesk": {"username": "u", "api_token": "t", "system_name": "oomnitza"},
}
# As the program of 693c977 computed them.
FINGERPRINTS = {
    "airwatch": "361d853e445c868418bf6a4772e1d672",
    "bamboohr": "e6c1c74e41775df4ad524ae145036e6a",
    "casper": "c1332b58d4c510a374d6495274e122cd",
    "control_center": "e99c3d957a6c6fb61ae9d83780e80dbc",
    "csv_assets": "c137d76e66dff908f7401ea7ae91a02c",
    "csv_users": "7e33e94afde6cb006c75a94533ddc3da",
    "jasper": "c1036d8130487baf575b01b30b3113d8",
    "jsonl_assets": "f38b8520940d9b699ac12349d23f7511",
    "jsonl_users": "9dd96144601db7d519edda8b8e651a24",
    "ldap": "e3b172795b7f2aded06deb30a6447d65",
    "mobileiron": "842dba430a83d69223b11f4008d8baff",
    "okta": "4001f01ed2137d80263e7d4347314694",
    "onelogin": "5a92e9319504172464861f0bddc8f91a",
    "sccm": "326829f061c02f0e99c32f05ac2e60ad",
    "zendesk": "31444ded67eb9a8500521f68087774bb",
}


def settings_of(name: str) -> Any:
    kind = connector.load_connector(name).settings_type
    given = {item.name: item.about.example or "x" for item in declared(kind) if item.required}
    settings, faults = read_settings(kind, given | GIVEN.get(name, {}))
    assert faults == []
    if "filename" in GIVEN.get(name, {}):
        return dataclasses.replace(settings, filename=Path("x.csv"))  # wherever this is run
    return settings


def test_legacy_settings_cover_all_connectors() -> None:
    assert set(SETTINGS) == set(FINGERPRINTS) <= set(plugins.plugin_names("connectors"))


@pytest.mark.parametrize("name", sorted(FINGERPRINTS))
def test_legacy_fingerprint_is_as_in_the_first_version(name: str) -> None:
    section = Section(name, name, settings_of(name), {}, Entry("recordfilter", "record.a", 3))
    assert legacy_fingerprint(section, KEYS) == FINGERPRINTS[name]


# From a state file of the first version on: see tests/lib/state/make_version1.py.

VERSION1 = Path(__file__).parents[1] / "state" / "version1.db"
TARGET = "https://example.oomnitza.com"
PEOPLE = "login,name\nada,Ada\nbob,Böb\ncy,Cy\neve,Eve\n"


@pytest.fixture
def oomnitza(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Oomnitza]:
    monkeypatch.chdir(tmp_path)  # the fingerprint holds the path, which was a relative one
    Path("people.csv").write_text(PEOPLE, "utf-8")
    shutil.copy(VERSION1, "state.db")
    target = Oomnitza(api_token="token")
    target.refuse = lambda record: "no such role" if record["USER"] == "eve" else None
    with closing(target), WebServer(target.app) as server:
        target.url = server.url  # type: ignore[attr-defined]
        with open_store(Path("state.db")) as store:
            # The address of the mock server is another one each time.
            sql = "UPDATE section SET target = ?"
            store._database.write(sql, (server.url,))  # type: ignore[attr-defined]
        yield target


def upload(oomnitza: Any, kind: type[Any] = csv_users.Settings, **options: Any) -> Outcome:
    settings = kind(
        filename=Path("people.csv"),
        default_role="25",
        default_position="Employee",
        use_server_map=False,
        changed_only=True,
        full_every="36500d",
        retries=0,
    )
    layer = {"USER": {"source": "login"}, "FIRST_NAME": {"source": "name"}}
    target = OomnitzaSettings(url=oomnitza.url, api_token="token", retries=0)
    section = Section("people", "csv_users", settings, layer)
    return run_section(section, target, RunOptions(state=Path("state.db"), **options))


def missing(oomnitza: Any) -> list[str]:
    with open_to_read(Path("state.db")) as store:
        return [item.key for item in store.section("people", oomnitza.url).missing()]


@pytest.fixture
def later_kind(monkeypatch: pytest.MonkeyPatch) -> type[Any]:
    """The settings of the connector in a version that has one more."""

    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Later(csv_users.Settings):
        header_line: int = setting("The line of the header.", default=1)

    return Later


def test_upgrade_keeps_sent_records_unchanged(oomnitza: Oomnitza) -> None:
    tally = upload(oomnitza).tally
    assert (tally.unchanged, tally.sent, tally.rejected) == (3, 0, 1)


def test_upgrade_keeps_missing_records(oomnitza: Oomnitza) -> None:
    assert missing(oomnitza) == ["dora"]
    for _ in range(2):
        assert upload(oomnitza).missing == 1
        assert missing(oomnitza) == ["dora"]


def test_upgrade_with_a_new_setting_keeps_both(oomnitza: Oomnitza, later_kind: type[Any]) -> None:
    outcome = upload(oomnitza, later_kind)
    assert (outcome.tally.unchanged, outcome.missing) == (3, 1)


def test_later_setting_after_the_upgrade_keeps_both(
    oomnitza: Oomnitza, later_kind: type[Any]
) -> None:
    upload(oomnitza)
    outcome = upload(oomnitza, later_kind)
    assert (outcome.tally.unchanged, outcome.missing) == (3, 1)


def test_upgrade_with_another_filter_has_no_missing_records(oomnitza: Oomnitza) -> None:
    Path("other.csv").write_text(PEOPLE, "utf-8")
    outcome = upload(
        oomnitza, lambda **given: csv_users.Settings(**given | {"encoding": "utf-8-sig"})
    )
    assert (outcome.tally.unchanged, outcome.missing) == (3, 0)


def test_testmode_reads_a_file_of_the_first_version(
    oomnitza: Oomnitza,
) -> None:
    shutil.copy(VERSION1, "state.db")
    content = Path("state.db").read_bytes()
    oomnitza.url = TARGET  # type: ignore[attr-defined]
    outcome = upload(oomnitza, testmode=True)
    assert (outcome.tally.unchanged, dict(outcome.compared)) == (3, {"new": 1})
    assert Path("state.db").read_bytes() == content


def test_upgrade_keeps_rejected_records_for_resend(oomnitza: Oomnitza) -> None:
    oomnitza.refuse = None
    assert upload(oomnitza, resend=True).tally.sent == 1
    with open_to_read(Path("state.db")) as store:
        assert list(store.saved_records()) == []
        assert [past.state for past in store.history()] == ["partial", "complete", "complete"]


def test_legacy_fingerprint_contains_the_default_storage(tmp_path: Path) -> None:
    settings = settings_of("jasper")
    unset = Section("jasper", "jasper", settings, {}, folder=tmp_path)
    written = dataclasses.replace(settings, storage=tmp_path / "storage.db")
    given = Section("jasper", "jasper", written, {})
    assert legacy_fingerprint(unset, KEYS) == legacy_fingerprint(given, KEYS)
