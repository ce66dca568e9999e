"""The run of one section: whatever happens, every record ends in exactly one outcome."""

import logging
import pickle
import re
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from lib.connector import Projection
from lib.errors import ExitCode, RecordGone, RecordUnreadable
from lib.report.summary import exit_code
from tests.run.made_up import MadeUp, Runner, Watcher, counts, devices, posts, serials


class TestCompleteRun:
    def test_complete_run_sends_batches_in_order_and_closes_once(self, run, oomnitza):
        outcome = run(devices(250))
        assert counts(outcome) == {"fetched": 250, "sent": 250}
        assert outcome.error is None
        assert exit_code([outcome]) is ExitCode.OK
        assert posts(oomnitza) == [("bulk", 200)] * 3 + [("finalize", 200)]
        assert serials(oomnitza) == [f"S{n}" for n in range(250)]
        assert oomnitza.runs()[0].late == 0

    def test_sent_records_have_all_mapped_fields(self, run, oomnitza):
        run([{"serial": "S1"}])
        assert oomnitza.records("assets") == [{"SERIAL": "S1", "NAME": None}]

    @pytest.mark.parametrize(("size", "requests"), [(1, 5), (2, 3), (5, 1), (100, 1)])
    def test_batch_size_limits_batches(self, run, oomnitza, size, requests):
        run.oomnitza = replace(run.oomnitza, batch_size=size)
        run(devices(5))
        assert posts(oomnitza).count(("bulk", 200)) == requests

    def test_empty_source_is_a_complete_run(self, run, oomnitza):
        outcome = run([])
        assert counts(outcome) == {}
        assert outcome.error is None
        assert posts(oomnitza) == [("finalize", 200)]

    def test_requests_contain_the_upload_plan(self, run, oomnitza):
        run(devices(2))
        run.set(insert_only=True)
        run([{"serial": "S0", "name": "changed"}])
        run.set(insert_only=False, update_only=True)
        run(devices(1, start=7))
        assert [(each.added, each.skipped) for each in oomnitza.runs()] == [(2, 0), (0, 1), (0, 1)]
        assert {each.connector_name for each in oomnitza.runs()} == {"Made up"}

    def test_api_v2_is_used_if_set(self, run, oomnitza):
        run.oomnitza = replace(run.oomnitza, api="v2")
        outcome = run(devices(25))
        assert counts(outcome) == {"fetched": 25, "sent": 25}
        assert posts(oomnitza) == [("audit", 200)] * 3

    def test_progress_is_reported_for_each_record(self, run):
        run.listener = Watcher()
        run(devices(3))
        assert [fetched for fetched, _ in run.listener.heard] == [1, 2, 3, 3]

    def test_log_has_begin_and_end(self, run, caplog):
        caplog.set_level(logging.INFO, "lib.run.pipeline")
        run(devices(2))
        first, last = caplog.messages[0], caplog.messages[-1]
        assert first == "[made_up] run started"
        assert "run ended (complete)" in last
        assert ": 2 fetched, 0 filtered," in last

    def test_section_can_be_pickled(self, run):
        assert pickle.loads(pickle.dumps(run.section)) == run.section
        assert pickle.loads(pickle.dumps(run.oomnitza)) == run.oomnitza


class TestRecordCount:
    def test_record_count_stops_reading(self, run, source, oomnitza):
        outcome = run(devices(50), record_count=7)
        assert counts(outcome) == {"fetched": 7, "sent": 7}
        assert source.given == 7
        assert source.closed
        assert posts(oomnitza) == [("bulk", 200), ("finalize", 200)]

    def test_record_count_above_the_source_reads_it_once(self, run, oomnitza):
        assert counts(run(devices(3), record_count=10)) == {"fetched": 3, "sent": 3}
        assert oomnitza.runs()[0].updated == 0

    def test_record_count_ignores_filtered_records(self, run, source):
        run.filter('return "5" in record["serial"]')
        outcome = run(devices(100), record_count=2)
        assert counts(outcome) == {"fetched": 16, "filtered": 14, "sent": 2}


class TestFilter:
    def test_filter_counts_filtered_records(self, run, oomnitza):
        run.filter('return "1" in record["serial"]')
        assert counts(run(devices(20))) == {"fetched": 20, "filtered": 9, "sent": 11}
        assert serials(oomnitza) == ["S1", *(f"S{n}" for n in range(10, 20))]

    def test_projection_has_the_paths_of_the_filter(self, run, source):
        run.filter('return record["model"] == "iMac"')
        run([{"serial": "S1", "model": "iMac"}])
        assert source.projection == Projection(frozenset({"serial", "name", "model"}))

    def test_filter_fails_rejects_that_record_only(self, run, oomnitza):
        run.filter('return record["n"] > 1')
        outcome = run([{"serial": "S1", "n": 2}, {"serial": "S2", "n": "x"}, {"serial": "S3"}])
        assert outcome.tally.sent + outcome.tally.rejected + outcome.tally.filtered == 3
        assert outcome.tally.rejected >= 1
        words = re.compile(r"rejected: record filter, line \d+: cannot compare text with a number")
        assert any(words.fullmatch(reason) for reason in outcome.not_sent)
        assert serials(oomnitza) == ["S1"]


class TestPeople:
    @pytest.fixture
    def people(self, run: Runner, source: type[MadeUp], monkeypatch: pytest.MonkeyPatch) -> Runner:
        monkeypatch.setattr(source, "data_type", "users")
        mapping = {"USER": {"source": "login"}, "NAME": {"source": "name"}}
        monkeypatch.setattr(source, "mapping", mapping)
        run.set(sync_field=())
        return run

    def test_users_without_login_are_incomplete(self, people, oomnitza):
        outcome = people([{"login": "ada", "name": "Ada"}, {"login": " ", "name": "Nobody"}])
        assert counts(outcome) == {"fetched": 2, "sent": 1, "incomplete": 1}
        assert [person["USER"] for person in oomnitza.records("users")] == ["ada"]


def test_every_record_has_exactly_one_outcome(run, oomnitza):
    """A run with a bit of everything: each record that came is found in exactly one place."""
    oomnitza.refuse = lambda record: "bad" if record["SERIAL"].endswith("7") else None
    run.oomnitza = replace(run.oomnitza, batch_size=20)
    items: list[Any] = []
    for number in range(300):
        items.append({} if number % 11 == 0 else {"serial": f"S{number}", "name": "n"})
        if number % 50 == 0:
            items += [RecordGone(f"g{number}"), RecordUnreadable(f"u{number}")]
    outcome = run(items)
    kinds = Counter(type(item).__name__ for item in items)
    empty = len([number for number in range(300) if number % 11 == 0])
    sevens = len([n for n in range(300) if n % 10 == 7 and n % 11])
    assert counts(outcome) == {
        "fetched": 300 + kinds["RecordUnreadable"],
        "incomplete": empty,
        "rejected": sevens + kinds["RecordUnreadable"],
        "sent": 300 - empty - sevens,
        "vanished": kinds["RecordGone"],
    }
    assert oomnitza.count("assets") == 300 - empty - sevens


class TestWarnings:
    def test_source_without_records_is_a_warning_with_what_was_requested(self, run):
        outcome = run([])
        assert outcome.warnings == ["The source returned no records."]
        assert exit_code([outcome]) is ExitCode.OK

    def test_source_with_filtered_records_only_is_no_warning(self, run):
        run.filter("\n  return False")
        assert run(devices(2)).warnings == []

    def test_field_that_gets_objects_is_a_warning(self, run):
        mapping = {**run.section.mapping, "DISK": {"source": "storage"}}
        run.section = replace(run.section, mapping=mapping)
        outcome = run([{"serial": "S1", "name": "PC", "storage": [{"model": "SSD"}]}])
        assert outcome.warnings == [
            "DISK: the source path 'storage' leads to objects, not to a value. Add the name of one"
            " of the values to the path, for example storage[0].model."
        ]
        assert exit_code([outcome]) is ExitCode.OK

    def test_field_that_gets_objects_is_a_warning_in_a_short_dry_run(self, run):
        mapping = {**run.section.mapping, "DISK": {"source": "storage"}}
        run.section = replace(run.section, mapping=mapping)
        items = [{"serial": f"S{n}", "name": "PC", "storage": {"model": "SSD"}} for n in range(9)]
        assert len(run(items, testmode=True, record_count=2).warnings) == 1
