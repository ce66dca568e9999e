"""Fields that become empty: counts, the threshold for fields, warnings, and what a run changed."""

from pathlib import Path
from typing import Any

import pytest

from lib.errors import ExitCode, SourceUnavailable, UnsafeRun
from lib.report.summary import exit_code
from lib.run.batchsender import BatchSender
from lib.state import open_to_read
from sandbox.oomnitza import Oomnitza
from tests.run.made_up import MadeUp, Runner, counts, history, posts, saved, serials


@pytest.fixture
def run(run: Runner, tmp_path: Path) -> Runner:
    run.state = tmp_path / "state.db"
    map_field(run, "OWNER", source="owner")
    return run


def map_field(run: Runner, field: str, **attributes: Any) -> None:
    section = run.section
    run.section = type(section)(
        **{**vars(section), "mapping": {**section.mapping, field: attributes}}
    )


def devices(count: int, owned: int, *, empty: Any = None) -> list[dict[str, Any]]:
    """Devices of which the last ones have an owner."""
    return [
        {
            "serial": f"S{number}",
            "name": f"Mac {number}",
            "owner": f"ada{number}" if number >= count - owned else empty,
        }
        for number in range(count)
    ]


def filled(run: Runner) -> list[dict[str, int]]:
    """The counts of fields of each run, the first one first."""
    assert run.state
    with open_to_read(run.state) as store:
        return [
            {item.field: item.filled for item in store.fields(past.id)} for past in history(run)
        ]


class TestCounts:
    def test_filled_fields_are_counted_and_kept_with_the_run(self, run: Runner) -> None:
        outcome = run([*devices(30, 12), {"name": "no serial"}])
        assert outcome.fields == {"SERIAL": 30, "NAME": 30, "OWNER": 12}
        assert filled(run) == [outcome.fields]

    @pytest.mark.parametrize("empty", [None, "", "  ", " \t", [], {}])
    def test_empty_values_are_not_filled(self, run: Runner, empty: Any) -> None:
        assert run(devices(3, 1, empty=empty)).fields["OWNER"] == 1

    @pytest.mark.parametrize("value", [0, 0.0, False, "0", [None], "x"])
    def test_zero_and_false_are_values(self, run: Runner, value: Any) -> None:
        assert run(devices(3, 1, empty=value)).fields["OWNER"] == 3

    def test_filtered_records_are_not_counted(self, run: Runner) -> None:
        run.filter('return record["owner"] != None')
        assert run(devices(30, 12)).fields == {"SERIAL": 12, "NAME": 12, "OWNER": 12}

    def test_unchanged_records_are_counted(self, run: Runner) -> None:
        run.set(changed_only=True)
        run(devices(5, 4))
        assert run(devices(5, 4)).fields["OWNER"] == 4

    def test_dry_run_counts_without_keeping(self, run: Runner) -> None:
        assert run(devices(5, 4), testmode=True).fields["OWNER"] == 4
        assert run.state and not run.state.exists()

    def test_failed_run_keeps_what_it_counted(self, run: Runner) -> None:
        run([*devices(3, 2), SourceUnavailable("away")])
        assert filled(run) == [{"SERIAL": 3, "NAME": 3, "OWNER": 2}]


class TestThreshold:
    def goes_on(self, run: Runner, items: list[Any], **options: Any) -> bool:
        outcome = run(items, **options)
        if outcome.error is None:
            return True
        assert isinstance(outcome.error, UnsafeRun)
        assert exit_code([outcome]) is ExitCode.UNSAFE
        assert outcome.tally.sent == 0
        return False

    def test_field_empty_in_all_records_sends_nothing(self, run: Runner, oomnitza: Any) -> None:
        run(devices(40, 30))
        before = posts(oomnitza)
        outcome = run(devices(39, 0))
        assert str(outcome.error) == (
            "safety threshold for fields: OWNER (source path `owner`) is empty in all 39 records,"
            " but was filled in 30 of 40 records of the last complete run. Nothing was sent. Check"
            " the permissions of the account and the names of fields in the source. If the values"
            " are gone for good, run once with --force=fields."
        )
        assert counts(outcome) == {"fetched": 39, "unsent": 39}
        assert posts(oomnitza) == before
        assert saved(run) == []
        assert [past.state for past in history(run)] == ["complete", "failed"]

    def test_several_fields_are_named_together(self, run: Runner) -> None:
        for number in range(7):
            map_field(run, f"F{number}", source=f"f{number}")
        full = {f"f{number}": "x" for number in range(7)}
        run([item | full for item in devices(40, 0)])
        assert "7 fields are empty in all 40 records, but were filled in the last complete run" in (
            told := str(run(devices(40, 0)).error)
        )
        assert "(40 records): F0 (source path `f0`) in 40, F1 " in told
        assert "and 2 more fields. Nothing was sent" in told

    @pytest.mark.parametrize(
        ("records", "owned", "limit", "stops"),
        [
            (40, 20, "10%", True),
            (40, 19, "10%", False),  # in fewer than 20 records
            (300, 30, "10%", True),
            (300, 29, "10%", False),  # in fewer than a tenth
            (300, 29, "5%", True),
            (300, 300, "100%", False),
            (300, 299, "99%", True),
            (300, 20, "0%", True),
        ],
    )
    def test_field_is_watched_from_the_limit_on(
        self, run: Runner, records: int, owned: int, limit: str, stops: bool
    ) -> None:
        run.set(field_limit=limit)
        run(devices(records, owned))
        assert self.goes_on(run, devices(records, 0)) is not stops

    def test_one_filled_record_is_enough(self, run: Runner, oomnitza: Oomnitza) -> None:
        run(devices(250, 250))
        new = [item | {"name": "new"} for item in devices(250, 1)]
        assert self.goes_on(run, new)
        assert [record["NAME"] for record in oomnitza.records("assets")] == ["new"] * 250
        assert serials(oomnitza) == [f"S{number}" for number in range(250)]

    def test_nothing_is_sent_before_the_field_is_filled(
        self, run: Runner, oomnitza: Oomnitza, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run(devices(300, 300))
        before = len(posts(oomnitza))
        sent: list[int] = []
        add = BatchSender.add

        def counting(sender: BatchSender, item: Any) -> None:
            add(sender, item)
            sent.append(len(posts(oomnitza)) - before)

        monkeypatch.setattr(BatchSender, "add", counting)
        assert self.goes_on(run, devices(300, 50))
        assert sent[249] == 0
        assert sent[250] > 0

    def test_force_with_fields_sends_and_is_the_new_baseline(self, run: Runner) -> None:
        run(devices(40, 40))
        assert not self.goes_on(run, devices(40, 0))
        assert not self.goes_on(run, devices(40, 0), force={"records"})
        outcome = run(devices(40, 0), force={"fields"})
        assert outcome.tally.sent == 40
        assert outcome.warnings == [
            "OWNER is empty in all 40 records, and was filled in 40 of 40 records of the last"
            " complete run (source path `owner`)."
        ]
        assert run(devices(40, 0)).warnings == []

    def test_force_for_fields_does_not_lift_the_records_threshold(self, run: Runner) -> None:
        run(devices(40, 40))
        assert not self.goes_on(run, devices(19, 19), force={"fields"})

    def test_both_thresholds_unmet_name_one_option(self, run: Runner) -> None:
        run(devices(40, 40))
        error = str(run(devices(19, 0)).error)
        assert "only 19 records to send" in error
        assert "OWNER (source path `owner`) is empty in all 19 records" in error
        assert error.endswith("run once with --force=records,fields.")
        assert run(devices(19, 0), force={"records", "fields"}).tally.sent == 19

    def test_no_records_at_all_say_nothing_about_fields(self, run: Runner) -> None:
        run(devices(40, 40))
        assert "fields" not in str(run([]).error)
        assert self.goes_on(run, [], force={"records"})

    def test_changed_mapping_of_the_field_is_a_warning(self, run: Runner) -> None:
        run(devices(40, 40))
        map_field(run, "OWNER", source="ownr")
        outcome = run(devices(40, 40))
        assert outcome.tally.sent == 40
        assert outcome.warnings == [
            "OWNER is empty in all 40 records, and was filled in 40 of 40 records of the last"
            " complete run. No record has `ownr`. Did you mean `owner`?"
        ]

    def test_baseline_is_the_last_complete_run(self, run: Runner) -> None:
        run(devices(40, 40))
        assert not self.goes_on(run, devices(40, 0))
        run([*devices(40, 0), SourceUnavailable("away")])
        assert not self.goes_on(run, devices(40, 0))

    def test_source_that_fails_before_a_filled_record_saves_none(
        self, run: Runner, oomnitza: Oomnitza
    ) -> None:
        run(devices(40, 40))
        before = posts(oomnitza)
        outcome = run([*devices(30, 0), SourceUnavailable("away")])
        assert counts(outcome) == {"fetched": 30, "unsent": 30}
        assert saved(run) == [], "a resend would overwrite the field"
        assert posts(oomnitza) == before

    @pytest.mark.parametrize("options", [{"record_count": 5}, {"record_count": 40}])
    def test_record_count_is_without_a_threshold(self, run: Runner, options: Any) -> None:
        run(devices(40, 40))
        assert self.goes_on(run, devices(40, 0), **options)

    def test_incremental_source_is_without_a_threshold(
        self, run: Runner, source: type[MadeUp], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(source, "incremental", True)
        run(devices(40, 40))
        outcome = run(devices(40, 0))
        assert outcome.error is None
        assert outcome.warnings == []

    def test_omitted_field_overwrites_nothing_and_is_a_warning(self, run: Runner) -> None:
        run.set(empty_values="omit")
        run(devices(40, 40))
        outcome = run(devices(40, 0))
        assert outcome.error is None
        assert outcome.warnings[0].startswith("OWNER is empty in all 40 records")

    def test_dry_run_warns_that_an_upload_would_stop(self, run: Runner) -> None:
        run(devices(40, 40))
        outcome = run(devices(40, 0), testmode=True)
        assert outcome.error is None
        assert outcome.warnings[0] == (
            "An upload would send nothing. Safety threshold for fields: OWNER (source path"
            " `owner`) is empty in all 40 records, but was filled in 40 of 40 records of the last"
            " complete run."
        )
        forced = run(devices(40, 0), testmode=True, force={"fields"})
        assert not any("would send nothing" in text for text in forced.warnings)

    def test_field_of_a_converter_is_watched(self, run: Runner) -> None:
        map_field(run, "OWNER", source="owner", converter="upper")
        run(devices(40, 40))
        assert not self.goes_on(run, devices(40, 0, empty=" "))

    def test_unchanged_records_are_held_back_too(self, run: Runner, oomnitza: Oomnitza) -> None:
        run.set(changed_only=True)
        run(devices(40, 40))
        assert not self.goes_on(run, devices(40, 0))
        assert counts(run(devices(40, 40))) == {"fetched": 40, "unchanged": 40}


class TestWarnings:
    def test_empty_field_is_reported_in_its_first_run_only(self, run: Runner) -> None:
        told = ["OWNER is empty in all 30 records (source path `owner`)."]
        assert run(devices(30, 0)).warnings == told
        assert run(devices(30, 0)).warnings == []
        assert run(devices(30, 1)).warnings == []
        assert run(devices(30, 0)).warnings == [
            "OWNER is empty in all 30 records, and was filled in 1 of 30 records of the last"
            " complete run (source path `owner`)."
        ]

    def test_wrong_path_has_a_suggestion(self, run: Runner) -> None:
        map_field(run, "MODEL", source="hardware.modell")
        items = [item | {"hardware": {"model": "Mac"}} for item in devices(30, 30)]
        told = [
            "MODEL is empty in all 30 records. No record has `hardware.modell`. Did you mean"
            " `hardware.model`?"
        ]
        assert run(items).warnings == told
        map_field(run, "MODEL", source="hardware.modelll")
        assert run(items).warnings == [told[0].replace("modell", "modelll")]

    def test_path_of_a_later_record_is_not_called_absent(self, run: Runner) -> None:
        map_field(run, "MODEL", source="model", converter="regex:pattern=^x")
        items = [*devices(50, 50), {"serial": "S50", "name": "Mac", "model": "Mac", "owner": "a"}]
        assert run(items).warnings == ["MODEL is empty in all 51 records (source path `model`)."]

    def test_path_with_null_in_all_records_suggests_nothing(self, run: Runner) -> None:
        map_field(run, "OWNER", source="owner")
        items = [{**item, "owner": None, "owners": "x"} for item in devices(3, 0)]
        assert run(items).warnings == ["OWNER is empty in all 3 records (source path `owner`)."]

    def test_text_in_place_of_a_path_has_the_way_to_send_it(self, run: Runner) -> None:
        map_field(run, "SITE", source="Berlin Office")
        assert run(devices(3, 3)).warnings == [
            "SITE is empty in all 3 records. No record has `Berlin Office`. To send this text"
            ' itself, write `mapping.SITE = {"hardcoded": "Berlin Office"}`.'
        ]

    def test_empty_field_that_is_no_longer_omitted_is_reported(self, run: Runner) -> None:
        map_field(run, "OWNER", source="owner", empty="omit")
        run(devices(30, 30))
        run(devices(30, 0))
        map_field(run, "OWNER", source="owner")
        told = ["OWNER is empty in all 30 records (source path `owner`)."]
        assert run(devices(30, 0)).warnings == told

    def test_constant_is_not_reported(self, run: Runner) -> None:
        map_field(run, "OWNER", hardcoded="")
        assert run(devices(30, 30)).warnings == []

    @pytest.mark.parametrize(
        ("before", "now", "warned"),
        [
            ((100, 100), (100, 49), True),
            ((100, 100), (100, 50), False),
            ((100, 20), (100, 9), True),
            ((100, 19), (100, 1), False),
            ((100, 40), (60, 11), True),
            ((100, 40), (60, 12), False),
        ],
    )
    def test_share_below_half_is_a_warning(
        self, run: Runner, before: tuple[int, int], now: tuple[int, int], warned: bool
    ) -> None:
        run(devices(*before))
        outcome = run(devices(*now))
        assert exit_code([outcome]) is ExitCode.OK
        sentence = (
            f"OWNER is filled in {now[1]} of {now[0]} records, and was filled in {before[1]} of"
            f" {before[0]} records of the last complete run."
        )
        assert outcome.warnings == ([sentence] if warned else [])

    def test_many_empty_fields_are_named_in_one_sentence(self, run: Runner) -> None:
        for number in range(9):
            map_field(run, f"F{number}", source=f"f{number}")
        warnings = run(devices(2, 2)).warnings
        assert len(warnings) == 6
        assert warnings[-1] == (
            "These fields are empty in all 2 records, too: F5, F6, F7, F8."
            " Run `connector.py check made_up` to see their source paths."
        )

    def test_run_of_part_of_the_source_warns_of_nothing(self, run: Runner) -> None:
        assert run(devices(30, 0), record_count=10).warnings == []


class TestChanges:
    def changes(self, run: Runner, number: int) -> dict[str, dict[str, tuple[Any, Any]]]:
        assert run.state
        with open_to_read(run.state) as store:
            return {item.key: item.fields for item in store.changes(number)}

    def test_changed_fields_are_kept_with_both_values(self, run: Runner) -> None:
        run(devices(3, 3))
        items = devices(3, 3)
        items[1] |= {"owner": None, "name": "new"}
        run(items)
        assert self.changes(run, 1) == {}
        assert self.changes(run, 2) == {"s1": {"NAME": ("Mac 1", "new"), "OWNER": ("ada1", None)}}

    def test_rejected_record_has_no_change(self, run: Runner, oomnitza: Oomnitza) -> None:
        run(devices(3, 3))
        oomnitza.refuse = lambda record: "bad" if record["SERIAL"] == "S1" else None
        run([item | {"name": "new"} for item in devices(3, 3)])
        assert list(self.changes(run, 2)) == ["s0", "s2"]

    def test_resent_record_that_did_not_change_has_no_change(
        self, run: Runner, oomnitza: Oomnitza
    ) -> None:
        run(devices(3, 3))
        oomnitza.refuse = lambda record: "bad"
        run(devices(3, 3))
        oomnitza.refuse = lambda record: None
        run(devices(3, 3))
        assert self.changes(run, 3) == {}
