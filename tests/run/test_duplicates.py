"""Records of one run that have the same sync key: counted, named, and not sent again for ever."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lib.duplicates import winner
from lib.errors import SourceUnavailable
from lib.report.summary import exit_code, summary
from lib.sectionsettings import AssetSettings
from sandbox.oomnitza import Oomnitza
from tests.lib.state.sqlite.statefile import to_version_2
from tests.run.made_up import Runner, counts, devices, history, saved, serials

BOGUS = "C02TWIN00001"
LAST = "The last one of them overwrites the others in Oomnitza, unless you set duplicates."


@pytest.fixture(params=["state", "without state"])
def run(request: pytest.FixtureRequest, run: Runner, tmp_path: Path) -> Runner:
    run.state = tmp_path / "state.db" if request.param == "state" else None
    return run


@pytest.fixture
def remembering(run: Runner, tmp_path: Path) -> Runner:
    run.state = tmp_path / "state.db"
    run.set(changed_only=True)
    return run


def twins(*names: str, serial: str = BOGUS) -> list[dict[str, Any]]:
    return [{"serial": serial, "name": name} for name in names]


def names(oomnitza: Oomnitza) -> dict[str, Any]:
    return {record["SERIAL"]: record["NAME"] for record in oomnitza.records("assets")}


class TestLast:
    def test_shared_key_is_named_and_changes_nothing(self, run: Runner, oomnitza: Oomnitza) -> None:
        outcome = run([*twins("one", "two"), *devices(3), *twins("three")])
        assert counts(outcome) == {"fetched": 6, "sent": 6}
        assert outcome.warnings == [f"3 records share SERIAL '{BOGUS}'. {LAST}"]
        assert exit_code([outcome]) == 0
        assert names(oomnitza)[BOGUS] == "three"
        assert "duplicate " not in summary([outcome]).splitlines()[0]

    def test_several_shared_keys_have_three_examples(self, run: Runner) -> None:
        items = [
            *devices(3),
            *twins("a", "b", serial="A1"),
            *twins("c", "d", serial="B2"),
            *twins("e", "f", "g", serial="C3 x"),
            *twins("h", "i", serial="X"),
        ]
        [warning] = run(items).warnings
        assert warning.startswith(
            "9 records share 4 sync keys (for example: 3 records share SERIAL 'C3 x'; "
        )
        assert warning.count("records share SERIAL") == 3
        assert warning.endswith(
            "). The last one of each overwrites the others in Oomnitza, unless you set duplicates."
        )

    def test_keys_that_differ_in_case_are_shared(self, run: Runner) -> None:
        [warning] = run([*twins("one", serial="Ada"), *twins("two", serial="ada ")]).warnings
        assert warning.startswith("2 records share SERIAL 'ada'")

    def test_shared_key_of_several_fields(self, run: Runner) -> None:
        run.set(sync_field=("SERIAL", "NAME"))
        outcome = run([*twins("one", "two", "one"), *devices(2)])
        assert outcome.warnings == [f"2 records share SERIAL '{BOGUS}', NAME 'one'. {LAST}"]

    def test_records_in_different_batches_are_counted(self, run: Runner) -> None:
        [warning] = run([*twins("one"), *devices(350), *twins("two")]).warnings
        assert warning.startswith("2 records share")

    def test_filtered_and_incomplete_twins_are_no_twins(self, run: Runner) -> None:
        run.filter('return record["name"] != "old"')
        run.require("NAME")
        outcome = run([*twins("old"), *devices(600), *twins(""), *twins("new")])
        assert outcome.warnings == []

    def test_second_run_reports_what_it_has_itself(self, run: Runner) -> None:
        run([*twins("one", "two"), *devices(3)])
        assert run([*twins("two"), *devices(3)]).warnings == []
        assert len(run([*twins("one", "two"), *devices(3)]).warnings) == 1

    def test_dry_run_reports_shared_keys(self, run: Runner) -> None:
        outcome = run([*twins("one", "two"), *devices(3)], testmode=True)
        assert outcome.warnings == [f"2 records share SERIAL '{BOGUS}'. {LAST}"]
        assert counts(outcome) == {"fetched": 5, "sent": 5}

    def test_without_a_sync_key_nothing_is_compared(self, run: Runner) -> None:
        run.set(sync_field=())
        assert run(twins("one", "two")).warnings == []

    def test_below_the_threshold_shared_keys_are_counted(self, remembering: Runner) -> None:
        remembering.set(changed_only=False)
        remembering(devices(40))
        outcome = remembering([*twins("one"), *devices(29), *twins("two")])
        assert counts(outcome) == {"fetched": 31, "sent": 31}
        assert outcome.warnings == [f"2 records share SERIAL '{BOGUS}'. {LAST}"]


class TestChangedOnly:
    def test_twins_are_not_sent_by_each_run(self, remembering: Runner, oomnitza: Oomnitza) -> None:
        items = [*twins("one"), *devices(3), *twins("two")]
        outcomes = [remembering(items) for _ in range(4)]
        assert counts(outcomes[0]) == {"fetched": 5, "sent": 5}
        for outcome in outcomes[1:]:
            assert counts(outcome) == {"fetched": 5, "unchanged": 4, "duplicate": 1}
            assert outcome.warnings == [f"2 records share SERIAL '{BOGUS}'. {LAST}"]
            assert outcome.missing == 0
        assert names(oomnitza)[BOGUS] == "two"
        assert history(remembering)[-1].counts["duplicate"] == 1
        assert "duplicate" in summary(outcomes)

    def test_changed_winner_is_sent_alone(self, remembering: Runner, oomnitza: Oomnitza) -> None:
        for _ in range(2):
            remembering([*twins("one", "two"), *devices(3)])
        outcome = remembering([*twins("changed", "new"), *devices(3)])
        assert counts(outcome) == {"fetched": 5, "unchanged": 3, "duplicate": 1, "sent": 1}
        assert names(oomnitza)[BOGUS] == "new"
        outcome = remembering([*twins("changed", "new"), *devices(3)])
        assert counts(outcome) == {"fetched": 5, "unchanged": 4, "duplicate": 1}

    def test_remaining_twin_is_sent(self, remembering: Runner, oomnitza: Oomnitza) -> None:
        remembering([*twins("one", "two"), *devices(3)])
        outcome = remembering([*twins("one"), *devices(3)])
        assert counts(outcome) == {"fetched": 4, "unchanged": 3, "sent": 1}
        assert outcome.warnings == []
        assert names(oomnitza)[BOGUS] == "one"
        assert counts(remembering([*twins("one"), *devices(3)])) == {"fetched": 4, "unchanged": 4}

    def test_new_twin_of_an_unchanged_record_is_counted(self, remembering: Runner) -> None:
        remembering([*twins("one"), *devices(3)])
        outcome = remembering([*twins("one"), *devices(150), *twins("two")])
        assert outcome.warnings == [f"2 records share SERIAL '{BOGUS}'. {LAST}"]
        assert counts(remembering([*twins("one"), *devices(150), *twins("two")])) == {
            "fetched": 152,
            "unchanged": 151,
            "duplicate": 1,
        }

    def test_equal_twins_are_counted(self, remembering: Runner) -> None:
        remembering([*twins("one"), *devices(3)])
        outcome = remembering([*twins("one", "one", "one"), *devices(3)])
        assert counts(outcome) == {"fetched": 6, "unchanged": 6}
        assert outcome.warnings == [f"3 records share SERIAL '{BOGUS}'. {LAST}"]
        outcome = remembering([*twins("one", "one", "one"), *devices(3)])
        assert counts(outcome) == {"fetched": 6, "unchanged": 4, "duplicate": 2}
        assert outcome.warnings == [f"3 records share SERIAL '{BOGUS}'. {LAST}"]

    def test_third_twin_joins_the_two_that_are_known(self, remembering: Runner) -> None:
        items = [*twins("one"), *devices(250), *twins("two"), *devices(250, 250), *twins("three")]
        assert remembering(items).warnings == [f"3 records share SERIAL '{BOGUS}'. {LAST}"]
        outcome = remembering(items)
        assert counts(outcome) == {"fetched": 503, "unchanged": 501, "duplicate": 2}
        assert outcome.warnings == [f"3 records share SERIAL '{BOGUS}'. {LAST}"]

    def test_dry_run_decides_as_an_upload(self, remembering: Runner) -> None:
        items = [*twins("one", "two"), *devices(3)]
        remembering(items)
        outcome = remembering(items, testmode=True)
        assert counts(outcome) == {"fetched": 5, "unchanged": 4, "duplicate": 1}
        assert len(outcome.warnings) == 1

    def test_failed_source_sends_the_last_that_was_read(
        self, remembering: Runner, oomnitza: Oomnitza
    ) -> None:
        remembering([*twins("one", "two"), *devices(3)])
        end = SourceUnavailable("it went away")
        outcome = remembering([*twins("one", "changed"), *devices(3), end])
        assert counts(outcome) == {"fetched": 5, "unchanged": 3, "duplicate": 1, "sent": 1}
        assert names(oomnitza)[BOGUS] == "changed"

    def test_waiting_records_are_saved_if_oomnitza_is_away(
        self, remembering: Runner, oomnitza: Oomnitza
    ) -> None:
        remembering([*twins("one", "two"), *devices(3)])
        oomnitza.fail_next(1, 503, path="/api/v3/bulk")
        outcome = remembering([*twins("one", "new"), *devices(3), *devices(100, 50)])
        assert outcome.tally.unsent == 102
        assert BOGUS.lower() in [each.key for each in saved(remembering)]

    def test_full_refresh_sends_all_of_them(self, remembering: Runner, oomnitza: Oomnitza) -> None:
        items = [*twins("one", "two"), *devices(3)]
        remembering(items)
        assert counts(remembering(items, full=True)) == {"fetched": 5, "sent": 5}
        assert counts(remembering(items)) == {"fetched": 5, "unchanged": 4, "duplicate": 1}
        assert sorted(serials(oomnitza)) == [BOGUS, "S0", "S1", "S2"]


class TestInvisibleCharacters:
    @pytest.mark.parametrize(
        "key", [" S1", "S1\u00a0", "\u200bS1", "S1\u200e", "\ufeffS1", "S1\0", "S1\r\n", "\tS1 "]
    )
    def test_key_is_sent_without_them(self, run: Runner, oomnitza: Oomnitza, key: str) -> None:
        outcome = run([{"serial": key, "name": " as it is "}, {"serial": "S1", "name": "b"}])
        assert serials(oomnitza) == ["S1"]
        assert len(outcome.warnings) == 1
        run([{"serial": key, "name": " as it is "}])
        assert oomnitza.records("assets") == [{"SERIAL": "S1", "NAME": " as it is "}]

    def test_key_of_nothing_else_is_incomplete(self, run: Runner) -> None:
        assert counts(run([{"serial": "\u200b\ufeff"}])) == {"fetched": 1, "incomplete": 1}

    def test_same_key_is_unchanged(self, remembering: Runner) -> None:
        remembering([{"serial": "S1\u200b", "name": "a"}])
        outcome = remembering([{"serial": "\0S1", "name": "a"}])
        assert counts(outcome) == {"fetched": 1, "unchanged": 1}

    def test_filtered_record_with_them_is_not_missing(self, remembering: Runner) -> None:
        remembering(devices(2))
        remembering.filter('return record["name"] != "off"')
        remembering(devices(2))
        outcome = remembering([{"serial": "\ufeffS0", "name": "off"}, *devices(1, 1)])
        assert outcome.missing == 0

    def test_upgrade_reports_keys_that_were_sent_with_them(
        self, remembering: Runner, oomnitza: Oomnitza
    ) -> None:
        remembering(devices(3))
        assert remembering.state
        with closing(sqlite3.connect(remembering.state)) as database:
            to_version_2(database)
            for serial, key in [("S0 ", "s0"), ("\u200bS1", "\u200bs1")]:
                database.execute(
                    "UPDATE record SET key = ?, digest = x'00', fields = ? WHERE key = ?",
                    (key.encode(), f'{{"SERIAL": "{serial}", "NAME": "x"}}', key[-2:].encode()),
                )
            database.commit()
        remembering(devices(3), testmode=True)
        outcome = remembering(devices(3))
        assert counts(outcome) == {"fetched": 3, "sent": 2, "unchanged": 1}
        assert outcome.warnings == [
            "2 records had spaces or invisible characters around their sync keys when last sent."
            " They were removed, so Oomnitza may contain them twice. See docs/how-to/migrate.md."
        ]
        assert outcome.missing == 0
        outcome = remembering(devices(3))
        assert (counts(outcome), outcome.warnings) == ({"fetched": 3, "unchanged": 3}, [])


class TestPlaceholders:
    ITEMS = (
        {"serial": "Default string", "name": "one"},
        {"serial": "Default string", "name": "two"},
        {"serial": "000000", "name": "three"},
        {"serial": "C02REAL", "name": "four"},
    )

    def test_report_sends_and_counts_them(self, run: Runner, oomnitza: Oomnitza) -> None:
        outcome = run(self.ITEMS)
        assert counts(outcome) == {"fetched": 4, "sent": 4}
        assert outcome.warnings == [
            f"2 records share SERIAL 'Default string'. {LAST}",
            "3 records have a placeholder as the sync key (for example: SERIAL 'Default string')."
            " Set placeholder_ids = drop to leave them out.",
        ]
        assert exit_code([outcome]) == 0

    def test_drop_leaves_them_out(self, run: Runner, oomnitza: Oomnitza) -> None:
        run.set(placeholder_ids="drop")
        outcome = run(self.ITEMS)
        assert counts(outcome) == {"fetched": 4, "incomplete": 3, "sent": 1}
        assert serials(oomnitza) == ["C02REAL"]
        assert outcome.warnings == []
        [(reason, example)] = outcome.not_sent.items()
        assert reason == "incomplete: the sync key is a placeholder"
        assert (example.count, example.text) == (3, "SERIAL 'Default string'")

    def test_drop_needs_every_part_of_the_key(self, run: Runner) -> None:
        run.set(placeholder_ids="drop", sync_field=("SERIAL", "NAME"))
        assert counts(run([{"serial": "0", "name": "a"}, {"serial": "0", "name": "None"}])) == {
            "fetched": 2,
            "sent": 1,
            "incomplete": 1,
        }

    def test_record_that_lacks_more_says_so(self, run: Runner) -> None:
        run.set(placeholder_ids="drop")
        run.require("NAME")
        assert list(run([{"serial": "0"}]).not_sent) == [
            "incomplete: required fields SERIAL, NAME are empty"
        ]


def contacts(*times: Any, serial: str = BOGUS) -> list[dict[str, Any]]:
    """Records of one serial number, named by their position, with dates of their last contact."""
    return [
        {"serial": serial, "name": str(at), "seen": {"last": time}}
        for at, time in enumerate(times, 1)
    ]


JAN, FEB, MAR = "2026-01-01T10:00:00Z", 1769940000123, "2026-03-01 10:00:00"


class TestNewest:
    @pytest.fixture
    def newest(self, run: Runner) -> Runner:
        run.set(duplicates="newest:seen.last")
        return run

    @pytest.mark.parametrize(
        ("times", "wins"),
        [
            ([JAN, FEB], "2"),
            ([FEB, JAN], "1"),
            ([JAN, MAR, FEB], "2"),
            ([FEB, FEB], "2"),
            ([None, "", "never"], "3"),
            ([JAN, None], "1"),
            ([None, JAN], "2"),
            ([7, 12, 9], "2"),
        ],
    )
    def test_newest_is_sent(
        self, newest: Runner, oomnitza: Oomnitza, times: list[Any], wins: str
    ) -> None:
        outcome = newest([*devices(2), *contacts(*times)])
        assert counts(outcome) == {
            "fetched": 2 + len(times),
            "duplicate": len(times) - 1,
            "sent": 3,
        }
        assert names(oomnitza)[BOGUS] == wins
        assert outcome.warnings == [
            f"{len(times)} records share SERIAL '{BOGUS}'. The newest one of them has priority."
        ]
        assert exit_code([outcome]) == 0

    def test_older_one_that_was_sent_stays_sent(self, newest: Runner, oomnitza: Oomnitza) -> None:
        old, new = contacts(JAN, FEB)
        outcome = newest([old, *devices(350), new])
        assert counts(outcome) == {"fetched": 352, "sent": 352}
        assert names(oomnitza)[BOGUS] == "2"

    def test_older_one_comes_later_and_is_not_sent(
        self, newest: Runner, oomnitza: Oomnitza
    ) -> None:
        new, old = contacts(FEB, JAN)
        outcome = newest([new, *devices(350), old])
        assert counts(outcome) == {"fetched": 352, "duplicate": 1, "sent": 351}
        assert names(oomnitza)[BOGUS] == "1"

    def test_path_is_read_from_the_source(self, newest: Runner, source: Any) -> None:
        newest(devices(1))
        assert "seen.last" in source.projection.paths

    def test_dry_run_shows_the_newest(self, newest: Runner) -> None:
        outcome = newest(contacts(FEB, JAN), testmode=True)
        assert counts(outcome) == {"fetched": 2, "duplicate": 1, "sent": 1}

    def test_held_records_are_decided_on_when_they_are_sent(
        self, newest: Runner, oomnitza: Oomnitza, tmp_path: Path
    ) -> None:
        newest.state = tmp_path / "state.db"
        newest(devices(300))
        old, new = contacts(JAN, FEB, serial="C02HELD00001")
        outcome = newest([old, *devices(120), new, *devices(80, 120)])
        assert counts(outcome) == {"fetched": 202, "duplicate": 1, "sent": 201}
        assert names(oomnitza)["C02HELD00001"] == "2"

    @pytest.mark.parametrize("times", [(JAN, FEB), (FEB, JAN), (None, None)])
    def test_changed_only_sends_none_of_them_again(
        self, remembering: Runner, oomnitza: Oomnitza, times: tuple[Any, Any]
    ) -> None:
        remembering.set(duplicates="newest:seen.last")
        first, second = contacts(*times)
        items = [first, *devices(350), second]
        remembering(items)
        held = names(oomnitza)[BOGUS]
        for _ in range(3):
            outcome = remembering(items)
            assert counts(outcome) == {"fetched": 352, "unchanged": 351, "duplicate": 1}
        assert names(oomnitza)[BOGUS] == held

    def test_without_a_key_it_has_no_effect(self, newest: Runner) -> None:
        newest.set(sync_field=())
        outcome = newest(contacts(JAN, FEB))
        assert outcome.tally.duplicate == 0
        assert outcome.warnings == [
            "duplicates has no effect without a sync key. Set sync_field in the section."
        ]


class TestFirst:
    def test_first_is_sent(self, run: Runner, oomnitza: Oomnitza) -> None:
        run.set(duplicates="first")
        outcome = run([*twins("one"), *devices(250), *twins("two", "three")])
        assert counts(outcome) == {"fetched": 253, "duplicate": 2, "sent": 251}
        assert names(oomnitza)[BOGUS] == "one"
        assert outcome.warnings == [
            f"3 records share SERIAL '{BOGUS}'. Only the first one of them was sent."
        ]
        assert exit_code([outcome]) == 0

    def test_changed_only_sends_none_of_them_again(self, remembering: Runner) -> None:
        remembering.set(duplicates="first")
        items = [*twins("one"), *devices(250), *twins("two")]
        remembering(items)
        assert counts(remembering(items)) == {"fetched": 252, "unchanged": 251, "duplicate": 1}


class TestReject:
    def test_all_but_the_first_are_rejected(self, run: Runner, oomnitza: Oomnitza) -> None:
        run.set(duplicates="reject")
        outcome = run([*twins("one", "two"), *devices(2)])
        assert counts(outcome) == {"fetched": 4, "rejected": 1, "sent": 3}
        assert names(oomnitza)[BOGUS] == "one"
        assert exit_code([outcome]) == 4
        assert list(outcome.not_sent) == [
            "rejected: the sync key is the same as that of an earlier record"
        ]

    def test_rejected_twin_is_saved_until_a_run_without_it(self, remembering: Runner) -> None:
        remembering.set(duplicates="reject")
        items = [*twins("one", "two"), *devices(2)]
        for times in (1, 2, 3):
            outcome = remembering(items)
            [saved_now] = saved(remembering)
            assert (saved_now.times, saved_now.outcome) == (times, "rejected")
            assert saved_now.fetched and '"two"' in saved_now.fetched
            sent = {"sent": 3} if times == 1 else {"unchanged": 3}
            assert counts(outcome) == {"fetched": 4, "rejected": 1} | sent
        remembering([*twins("one"), *devices(2)])
        assert saved(remembering) == []


class TestSetting:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("last", "last"),
            (" First ", "first"),
            ("REJECT", "reject"),
            ("newest", "newest"),
            ("newest: general.seen", "newest:general.seen"),
            ("Newest:a.b", "newest:a.b"),
        ],
    )
    def test_winner_is_read(self, text: str, value: str) -> None:
        assert winner(text) == value

    @pytest.mark.parametrize("text", ["oldest", "newest:", "newest:a..b", "first:a", "", ":a"])
    def test_unknown_winner_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError):
            winner(text)

    def test_newest_without_a_date_is_refused(self) -> None:
        [(key, text)] = AssetSettings(duplicates="newest").problems()
        assert key == "duplicates"
        assert text == "newest needs the source path of a date here, for example newest:modified"
        assert not [*AssetSettings(duplicates="newest:a").problems()]
