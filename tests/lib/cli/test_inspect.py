"""`history`, `rejects` and `missing`: what is there is shown; what cannot be read is an error."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lib.cli import main
from lib.state import FieldCount, RecordToSave, Store, open_store

VERSION1 = Path(__file__).parents[1] / "state" / "version1.db"
TARGET = "https://example.oomnitza.com"
INI = f"""
[oomnitza]
url = {TARGET}
api_token = token
[people]
enable = True
"""


@pytest.fixture
def ini(tmp_path: Path) -> Path:
    path = tmp_path / "config.ini"
    path.write_text(INI, "utf-8")
    return path


def call(ini: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments, "--ini", str(ini)])


def unreadable(state: Path, how: str) -> None:
    if how == "a text":
        state.write_text("[ldap]\n" * 100, "utf-8")
    elif how == "a folder":
        state.mkdir()
    else:
        with open_store(state) as store:
            section = store.section("people", TARGET)
            section.begin()
            section.sent((str(number), b"d", "{}") for number in range(3_000))
        content = state.read_bytes()
        state.write_bytes(content[:4096] + os.urandom(len(content) - 4096))


ACTIONS = ["history", "rejects", "missing"]


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("how", ["a text", "a folder", "damaged"])
@pytest.mark.parametrize("more", [[], ["--json"]])
def test_inspect_unreadable_state_is_an_error(action: str, how: str, more: Any, ini: Path) -> None:
    state = ini.with_name("config.db")
    unreadable(state, how)
    result = call(ini, action, *more)
    assert result.exit_code == 3, result.output
    assert result.output.startswith(f"Error: {state}: ")
    assert "state" in result.output
    assert "No runs yet" not in result.output


@pytest.mark.parametrize("action", ACTIONS)
def test_inspect_missing_state_shows_nothing(action: str, ini: Path) -> None:
    result = call(ini, action)
    assert result.exit_code == 0, result.output
    texts = {"rejects": "No records saved for resend.\n"}
    assert result.output == texts.get(action, "No runs yet.\n")
    assert call(ini, action, "--json").output == ""
    assert list(ini.parent.iterdir()) == [ini]


@pytest.mark.parametrize("count", ["0", "-1", "abc", "1.5", "9" * 5000])
def test_history_count_that_is_not_positive_is_an_error(count: str, ini: Path) -> None:
    result = call(ini, "history", f"--count={count}")
    assert result.exit_code == 2
    assert f"Invalid value for '--count': '{count}' is not a whole number of at least 1." in (
        result.output
    )


def test_inspect_unknown_section_lists_the_known_ones(ini: Path) -> None:
    ini.write_text(f"{ini.read_text('utf-8')}\n[okta]\n", "utf-8")
    result = call(ini, "history", "nosuch")
    assert result.exit_code == 2
    assert result.output.endswith("state database. Sections: people, okta.\n")


def test_inspect_state_of_the_first_version_is_shown(ini: Path) -> None:
    state = ini.with_name("config.db")
    shutil.copy(VERSION1, state)
    assert call(ini, "history", "--json").output.count('"complete"') == 2
    assert "eve" in call(ini, "rejects").output
    assert "dora" in call(ini, "missing").output
    assert {item.name for item in ini.parent.iterdir()} == {"config.ini", "config.db"}


class TestRunDetails:
    @pytest.fixture
    def ini(self, ini: Path) -> Path:
        """Two runs of people and one of others: the last one of people has failed early."""
        with open_store(ini.with_name("config.db")) as store:
            for name, value in (("people", "x"), ("people", "y"), ("other", "z")):
                section = store.section(name, TARGET)
                section.begin()
                section.sent([("ada", value.encode(), f'{{"A": "{value}"}}')])
                section.record_fields([FieldCount("A", 1, '{"source": "a"}')])
                section.end("complete", {"ready": 1})
            section = store.section("people", TARGET)
            section.begin()
            section.end("failed", {})
        return ini

    def lines(self, ini: Path, *arguments: str) -> list[dict[str, Any]]:
        result = call(ini, "history", *arguments, "--json")
        assert result.exit_code == 0, result.output
        return [json.loads(line) for line in result.output.splitlines()]

    def test_history_of_a_run_shows_this_run(self, ini: Path) -> None:
        assert [line["id"] for line in self.lines(ini, "2")] == [2]
        assert [line["id"] for line in self.lines(ini, "3", "1")] == [3, 1]
        assert [line["id"] for line in self.lines(ini)] == [4, 3, 2, 1]

    def test_history_fields_of_a_section_are_those_of_its_latest_run(self, ini: Path) -> None:
        assert [line["run"] for line in self.lines(ini, "people", "--fields")] == [2]
        assert {line["run"] for line in self.lines(ini, "--fields")} == {2, 3}
        assert [line["run"] for line in self.lines(ini, "1", "--fields")] == [1]

    def test_history_changes_of_a_run(self, ini: Path) -> None:
        [line] = self.lines(ini, "2", "--changes")
        assert (line["key"], line["fields"]) == ("ada", {"A": {"before": "x", "after": "y"}})
        assert self.lines(ini, "1", "--changes") == []
        assert "A: x → y" in call(ini, "history", "people", "--changes").output

    def test_history_of_an_unknown_run_is_an_error(self, ini: Path) -> None:
        result = call(ini, "history", "99", "--changes")
        assert result.exit_code == 2
        assert result.output == (
            "Error: run 99 not found in the state database. Run `connector.py history` to list the"
            " runs.\n"
        )

    @pytest.mark.parametrize("option", ["--fields", "--changes"])
    def test_history_details_without_runs_are_a_sentence(
        self, option: str, ini: Path, tmp_path: Path
    ) -> None:
        ini.with_name("config.db").unlink()
        assert call(ini, "history", option).output == "No runs yet.\n"


def test_rejects_name_records_by_key_and_id(ini: Path) -> None:
    fetched = '{"dn": "uid=ada,dc=x", "about": {}}'
    with open_store(ini.with_name("config.db")) as store:
        for name in ("LDAP.Contractors", "gone"):
            section = store.section(name, TARGET)
            section.begin()
            mapped = '{"CITY": "London", "USER": "Ada"}'
            section.save_for_resend([RecordToSave("rejected", "no", "ada", fetched, mapped)])
    lines = call(ini, "rejects").output.splitlines()
    assert (lines[1], lines[3]) == ("  USER Ada, dn uid=ada,dc=x", "  USER Ada")


@pytest.fixture
def state(ini: Path) -> Path:
    """A state database in which `eve` and `dan` are missing, `eve` for the first time."""
    path = ini.with_name("config.db")
    with open_store(path) as store:
        for name, seen in (("all", "ada eve dan"), ("all", "ada eve"), ("all", "ada")):
            run(store, "people", seen, fingerprint=name)
        run(store, "Others", "bob")
        run(store, "Others", "")
    return path


def run(store: Store, name: str, seen: str, fingerprint: str = "f") -> None:
    section = store.section(name, TARGET)
    section.begin()
    section.describe(fingerprint=fingerprint, full=False)
    section.sent((key, b"d", json.dumps({"USER": key})) for key in seen.split())
    section.end("complete", {})


def listed(ini: Path, *sections: str) -> dict[str, bool]:
    result = call(ini, "missing", "--json", *sections)
    items = [json.loads(line) for line in result.stdout.splitlines()]
    return {item["key"]: item["new"] for item in items}


def test_missing_tells_new_records_from_known_ones(ini: Path, state: Path) -> None:
    assert listed(ini, "people") == {"eve": True, "dan": False}
    *lines, last = call(ini, "missing", "people").stdout.splitlines()
    assert [line.endswith(" (new)") for line in lines] == [True, False]
    assert last == "[people] 2 missing records, 1 new."


def test_forget_lists_the_missing_records_of_a_section_for_the_last_time(
    ini: Path, state: Path
) -> None:
    result = call(ini, "missing", "PEOPLE", "--forget")
    assert result.exit_code == 0, result.output
    *lines, last = result.stdout.splitlines()
    assert [line.split()[1] for line in lines] == ["eve", "dan"]
    assert last == "[people] 2 missing records were forgotten."
    assert listed(ini) == {"bob": True}
    assert call(ini, "missing", "people", "--forget").stdout == "[people] No record is missing.\n"
    with open_store(state) as store:
        assert set(store.section("people", TARGET).known(["ada", "eve", "dan"])) == {"ada"}
        assert set(store.section("Others", TARGET).known(["bob"])) == {"bob"}


def test_forget_json_prints_nothing_but_records_on_standard_output(ini: Path, state: Path) -> None:
    result = call(ini, "missing", "people", "--forget", "--json")
    assert [json.loads(line)["key"] for line in result.stdout.splitlines()] == ["eve", "dan"]
    assert result.stderr == "[people] 2 missing records were forgotten.\n"


@pytest.mark.parametrize("number", [499, 500, 501, 1001])
def test_forget_forgets_any_number(number: int, ini: Path) -> None:
    keys = [f"r{at}" for at in range(number)]
    with open_store(ini.with_name("config.db")) as store:
        run(store, "people", " ".join(["ada", *keys]))
        run(store, "people", "ada")
    result = call(ini, "missing", "people", "--forget")
    assert len(result.stdout.splitlines()) == number + 1
    assert result.stdout.endswith(f"[people] {number:,} missing records were forgotten.\n")
    assert listed(ini) == {}


def test_forget_needs_a_section(ini: Path, state: Path) -> None:
    result = call(ini, "missing", "--forget")
    assert result.exit_code == 2
    assert "--forget needs a section" in result.output
    assert len(listed(ini)) == 3


def test_forget_during_a_run_of_the_section_is_an_error(ini: Path, state: Path) -> None:
    with open_store(state) as store, store.lock("people"):
        result = call(ini, "missing", "people", "--forget")
    assert result.exit_code == 5
    assert "[people]: the section is already running" in result.output
    assert "--wait" not in result.output
    assert len(listed(ini, "people")) == 2


def test_forget_without_a_state_database_makes_none(ini: Path) -> None:
    result = call(ini, "missing", "people", "--forget")
    assert (result.exit_code, result.output) == (0, "No runs yet.\n")
    assert list(ini.parent.iterdir()) == [ini]


def test_missing_says_what_is_not_compared_after_a_change(ini: Path, state: Path) -> None:
    with open_store(state) as store:
        run(store, "people", "ada", fingerprint="filtered")
    result = call(ini, "missing", "people")
    first, second = result.stdout.splitlines()
    assert first == "[people] No record is missing."
    assert second.startswith("[people] The record filter, the settings of the source, or ")
    assert second.endswith(" 2 records of earlier runs are no longer compared with the source.")
    in_json = call(ini, "missing", "people", "--json")
    assert (in_json.stdout, in_json.stderr) == ("", f"{second}\n")
