"""What the ledger holds, in words and as lines of JSON."""

import json
import re
import time
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from lib import secrets
from lib.report.ledgertext import (
    forgotten,
    history,
    json_lines,
    missing,
    rejects,
    restarted,
)
from lib.state import Missing, PastRun, SavedRecord

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "cli.md").read_text("utf-8")
NOW = datetime(2026, 11, 23, 2, 15, tzinfo=UTC).timestamp()
DAY = 86_400
# What a terminal would obey: clear the screen, go back to the beginning of the line.
ESCAPES = "\x1b[2J\r\x9b2J"


@pytest.fixture(autouse=True)
def _in_utc(monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def past(**changed):
    fields = {
        "id": 7,
        "section": "ldap",
        "target": "https://example.oomnitza.com",
        "state": "complete",
        "started": NOW,
        "ended": NOW + 8.125,
        "fingerprint": "f00",
        "full": True,
        "counts": {"fetched": 3, "sent": 3, "rejected": 0, "ready": 3},
        "error": "",
        "retries": 0,
        "pid": 4711,
        "host": "sync1",
        "version": "1.0.0",
        "portion": "p1",
        "opened": NOW + 1,
        "closed": None,
    }
    return PastRun(**fields | changed)


def aside(**changed):
    fields = {
        "id": 1,
        "section": "ldap",
        "target": "https://example.oomnitza.com",
        "run": 7,
        "outcome": "rejected",
        "reason": "EMAIL is not valid",
        "key": "adalove1",
        "fetched": '{"dn": "uid=adalove1,ou=people,dc=example,dc=com", "mail": ["x"]}',
        "mapped": '{"USER": "adalove1", "FIRST_NAME": "Ada", "LAST_NAME": "Lovelace"}',
        "first_at": NOW,
        "at": NOW,
        "times": 1,
    }
    return SavedRecord(**fields | changed)


def shown_on_the_page(begin):
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    [found] = [text for _, text in blocks if text.startswith(begin)]
    return found.splitlines()


class TestHistory:
    def test_it_is_as_the_page_shows_it(self):
        zeros = dict.fromkeys(("fetched", "filtered", "incomplete", "unchanged", "sent"), 0)
        counts = {"fetched": 300, "incomplete": 7, "unchanged": 240, "sent": 52, "rejected": 1}
        runs = [
            past(
                id=12,
                section="casper",
                state="failed",
                started=NOW + 8.5,
                ended=NOW + 72,
                counts={**zeros, "rejected": 0, "unsent": 0},
                error="https://jamf.example.com/api/v1/auth: no connection within 15 seconds. Try"
                " again later.",
            ),
            past(id=11, counts={**zeros, "unsent": 0, **counts}),
        ]
        assert history(runs).splitlines() == shown_on_the_page("run  section  started")

    def test_no_run_at_all_is_a_sentence(self):
        assert history([]) == "No runs yet."

    def test_a_run_that_has_not_ended_shows_what_is_known(self):
        head, *lines = history([past(state="running", ended=None, counts={}), past()]).splitlines()
        assert head.split() == [
            "run",
            "section",
            "started",
            "took",
            "status",
            "fetched",
            "sent",
            "rejected",
        ]
        assert lines[0].split() == ["7", "ldap", "2026-11-23", "02:15", "running"]
        assert lines[1].split() == [
            "7",
            "ldap",
            "2026-11-23",
            "02:15",
            "8.1s",
            "complete",
            "3",
            "3",
            "0",
        ]

    @pytest.mark.parametrize(
        ("seconds", "text"),
        [
            (0, "0.0s"),
            (59.9, "59.9s"),
            (60, "1m 00s"),
            (119.7, "2m 00s"),
            (3599, "59m 59s"),
            (3725, "1h 02m"),
            (90_000, "25h 00m"),
            (-5, "0.0s"),
        ],
    )
    def test_how_long_it_took_is_told_in_the_units_that_fit(self, seconds, text):
        assert f" {text} " in history([past(ended=NOW + seconds)])

    def test_times_are_those_of_the_administrator_s_clock(self, monkeypatch):
        monkeypatch.setenv("TZ", "America/New_York")
        time.tzset()
        assert "2026-11-22 21:15" in history([past()])

    def test_targets_are_shown_where_there_are_several(self):
        assert "oomnitza.com" not in history([past(), past()])
        told = history([past(), past(target="https://test.oomnitza.com")])
        assert "https://example.oomnitza.com" in told
        assert "https://test.oomnitza.com" in told

    def test_an_error_is_one_short_harmless_line_without_secrets(self):
        secrets.remember("s3cret")
        told = history([past(error=f"no s3cret\n{ESCAPES}" + "x" * 500)])
        assert len(told.splitlines()) == 2
        assert "s3cret" not in told
        assert told.replace("\n", "").isprintable()
        assert max(map(len, told.splitlines())) < 150
        assert told.endswith("...")


class TestRejects:
    def test_they_are_as_the_page_shows_them(self):
        asides = [aside(first_at=NOW - 2 * DAY, times=3)]
        told = "\n".join(rejects(asides, {"ldap": ("dn",)}.__getitem__))
        assert told.splitlines() == shown_on_the_page("[ldap] rejected")

    def test_one_that_was_set_aside_once_has_one_time(self):
        first, last = rejects([aside(outcome="unsent", reason="the run was interrupted")])
        assert first == ("[ldap] unsent 2026-11-23 02:15: the run was interrupted\n  USER adalove1")
        assert last == "1 record saved for resend."

    @pytest.mark.parametrize(
        ("changed", "shown"),
        [
            ({"mapped": None}, "dn uid=adalove1,ou=people,dc=example,dc=com"),
            ({"key": None}, "USER adalove1, FIRST_NAME Ada, LAST_NAME Lovelace"),
            ({"key": "lovelace"}, "LAST_NAME Lovelace"),
            ({"key": '["lovelace", "ada"]'}, "LAST_NAME Lovelace, FIRST_NAME Ada"),
            ({"key": "[lovelace"}, "USER adalove1, FIRST_NAME Ada, LAST_NAME Lovelace"),
            ({"mapped": None, "fetched": '{"general": {"id": 1}}'}, '{"general": {"id": 1}}'),
            ({"mapped": None, "fetched": None}, "adalove1"),
        ],
    )
    def test_a_record_is_known_by_what_there_is_of_it(self, changed, shown):
        assert next(rejects([aside(**changed)])).splitlines()[1:] == [f"  {shown}"]

    def test_without_anything_of_the_record_the_reason_stands_alone(self):
        [line, _] = rejects([aside(mapped=None, fetched=None, key=None)])
        assert line == "[ldap] rejected 2026-11-23 02:15: EMAIL is not valid"

    def test_a_long_record_is_cut(self):
        fetched = json.dumps({"general": {"name": "x" * 5000}})
        assert len(next(rejects([aside(mapped=None, fetched=fetched)]))) < 250

    def test_none_at_all_is_a_sentence(self):
        assert list(rejects([])) == ["No records saved for resend."]

    def test_they_are_told_one_by_one(self):
        endless = (aside(key=str(number)) for number in count())
        told = rejects(endless)
        assert all(next(told).startswith("[ldap]") for _ in range(3))

    def test_nothing_in_them_is_secret_or_moves_the_cursor(self):
        secrets.remember('s3"cret')
        record = json.dumps({"USER": f'a s3"cret{ESCAPES}', "x": {"y": 's3"cret'}})
        nested = json.dumps({"x": {"y": 's3"cret'}})
        told = "\n".join(
            rejects(
                [
                    aside(reason=f'said s3"cret{ESCAPES}\nmore', mapped=record),
                    aside(mapped=None, fetched=nested, key=f's3"cret{ESCAPES}'),
                    aside(mapped=None, fetched=None, key=f's3"cret{ESCAPES}'),
                ]
            )
        )
        assert "cret" not in told
        assert told.replace("\n", "").isprintable()
        assert len(told.splitlines()) == 7


class TestMissing:
    def test_they_are_as_the_page_shows_them(self):
        fields = {"USER": "noneil40", "FIRST_NAME": "Nils", "LAST_NAME": "O'Neil", "EMAIL": "x"}
        found = [
            Missing("noneil40", fields, NOW - 2 * DAY),
            Missing("adalove1", {"USER": "adalove1"}, NOW - DAY, new=True),
        ]
        assert list(missing("ldap", found)) == shown_on_the_page("[ldap] noneil40")

    def test_forgotten_ones_are_counted(self):
        assert forgotten("x", 0) == "[x] No record is missing."
        assert forgotten("x", 1) == "[x] 1 missing record was forgotten."
        assert forgotten("x", 1400) == "[x] 1,400 missing records were forgotten."

    def test_ones_that_are_not_compared_are_counted(self):
        found = [Missing("adalove1", None, NOW - DAY)]
        told = [*missing("ldap", found), restarted("ldap", past(), 12)]
        assert told[-1:] == shown_on_the_page("[ldap] The record filter")
        assert "1 record of earlier runs is no longer" in restarted("ldap", past(), 1)

    def test_one_of_which_nothing_is_known_has_its_key(self):
        assert next(missing("x", [Missing("k", None, NOW)])) == "[x] k, last seen 2026-11-23 02:15"

    def test_none_at_all_is_a_sentence(self):
        assert list(missing("ldap", [])) == ["[ldap] No record is missing."]

    def test_they_are_told_one_by_one(self):
        told = missing("ldap", (Missing(str(number), None, NOW) for number in count()))
        assert [next(told)[:8] for _ in range(2)] == ["[ldap] 0", "[ldap] 1"]

    def test_nothing_in_them_is_secret_or_moves_the_cursor(self):
        secrets.remember("s3cret")
        item = Missing(f"s3cret{ESCAPES}\n", {"USER": f"s3cret{ESCAPES}"}, NOW)
        told = next(missing("ldap", [item]))
        assert "s3cret" not in told
        assert told.isprintable()


class TestJson:
    def test_a_run_has_its_times_in_utc(self):
        [line] = json_lines([past()])
        run = json.loads(line)
        assert run["started"] == "2026-11-23T02:15:00Z"
        assert run["ended"] == "2026-11-23T02:15:08Z"
        assert run["closed"] is None
        assert run["counts"]["sent"] == 3
        assert set(run) == set(vars(past()))

    def test_a_record_set_aside_is_there_in_full(self):
        [line] = json_lines([aside(fetched=None)])
        record = json.loads(line)
        assert record["mapped"]["LAST_NAME"] == "Lovelace"
        assert record["fetched"] is None
        assert record["first_at"] == "2026-11-23T02:15:00Z"

    def test_a_missing_one_says_of_which_section_it_is(self):
        [line] = json_lines([Missing("k", {"USER": "k"}, NOW)], section="ldap")
        assert json.loads(line) == {
            "section": "ldap",
            "key": "k",
            "fields": {"USER": "k"},
            "last_seen": "2026-11-23T02:15:00Z",
            "new": False,
        }

    def test_nothing_is_no_line(self):
        assert list(json_lines([])) == []

    def test_they_come_one_by_one(self):
        assert json.loads(next(json_lines(past(id=number) for number in count())))["id"] == 0

    def test_each_is_one_line_without_secrets(self):
        secrets.remember("s3cret")
        record = json.dumps({"USER": "a\u2028b\nc", "x": [{"y": "s3cret"}], "half": "\ud83d"})
        [line] = json_lines([aside(mapped=record, key="\ud83d", reason="s3cret")])
        assert line.encode("utf-8").count(b"\n") == 0
        assert "s3cret" not in line
        assert json.loads(line)["mapped"]["half"] == "\ud83d"
