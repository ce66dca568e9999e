"""The mapping of a run: where it comes from, and what becomes of a record that lacks a value."""

from dataclasses import replace

import pytest

from lib.connector import Projection
from lib.errors import ConfigurationError, ExitCode
from lib.report.summary import exit_code
from tests.run.made_up import counts, devices, posts, serials


class TestMapping:
    def test_server_mapping_overrides_built_in_and_is_overridden_by_ini(self, run, oomnitza):
        oomnitza.mappings["Made up"] = {"model": "MODEL", "os": "OS", "label": "NAME"}
        run.section = replace(run.section, mapping={"OS": {"hardcoded": "from the ini"}})
        run([{"serial": "S1", "name": "n", "label": "l", "model": "m", "os": "o"}])
        assert oomnitza.records("assets") == [
            {"SERIAL": "S1", "NAME": "l", "MODEL": "m", "OS": "from the ini"}
        ]

    def test_use_server_map_false_does_not_request_it(self, run, oomnitza):
        oomnitza.mappings["Made up"] = {"model": "MODEL"}
        run.set(use_server_map=False)
        run([{"serial": "S1", "model": "m"}])
        assert oomnitza.records("assets") == [{"SERIAL": "S1", "NAME": None}]
        assert [asked.path for asked in oomnitza.requests].count("/api/v2/mappings") == 1  # sign-in

    def test_projection_has_the_paths_of_the_mapping(self, run, source, oomnitza):
        oomnitza.mappings["Made up"] = {"hardware.model": "MODEL"}
        run([])
        assert source.projection == Projection(frozenset({"serial", "name", "hardware.model"}))

    @pytest.mark.parametrize("names", [("NOWHERE",), ("SERIAL", "NOWHERE")])
    def test_unmapped_sync_field_stops_the_run_at_once(self, run, source, oomnitza, names):
        run.set(sync_field=names)
        outcome = run(devices(3))
        assert isinstance(outcome.error, ConfigurationError)
        assert str(outcome.error) == (
            "the sync key NOWHERE is not mapped. Add `mapping.NOWHERE = <source>` to the section,"
            " or map NOWHERE in Oomnitza."
        )
        assert exit_code([outcome]) is ExitCode.CONFIGURATION
        assert source.given == 0
        assert posts(oomnitza) == []

    def test_sync_fields_are_case_insensitive(self, run, oomnitza):
        run.set(sync_field=("serial",))
        assert counts(run(devices(2) + devices(1))) == {"fetched": 3, "sent": 3}
        assert oomnitza.count("assets") == 2

    def test_empty_sync_field_makes_a_record_incomplete(self, run, oomnitza):
        outcome = run([{"serial": "S1"}, {"name": "nameless"}, {"serial": "", "name": "x"}])
        assert counts(outcome) == {"fetched": 3, "sent": 1, "incomplete": 2}
        [(reason, example)] = outcome.not_sent.items()
        assert reason == "incomplete: required field SERIAL is empty"
        assert example.count == 2
        assert "nameless" in example.text
        assert serials(oomnitza) == ["S1"]
        assert exit_code([outcome]) is ExitCode.OK

    def test_empty_required_field_makes_a_record_incomplete(self, run, oomnitza):
        run.section = replace(run.section, mapping={"NAME": {"required": True}})
        outcome = run([{"serial": "S1"}, {"serial": "S2", "name": "Mac"}])
        assert counts(outcome) == {"fetched": 2, "sent": 1, "incomplete": 1}
        assert list(outcome.not_sent) == ["incomplete: required field NAME is empty"]

    def test_failed_converter_leaves_its_field_empty(self, run, oomnitza):
        run.section = replace(
            run.section, mapping={"SEEN": {"source": "seen", "converter": "date_format"}}
        )
        outcome = run([{"serial": "S1", "seen": "soon"}, {"serial": "S2", "seen": "2015-07-21"}])
        assert counts(outcome) == {"fetched": 2, "sent": 2}
        assert [record["SEEN"] for record in oomnitza.records("assets")] == [None, 1437436800]
        assert outcome.failed_conversions["SEEN"].count == 1
        assert "'soon'" in outcome.failed_conversions["SEEN"].text

    def test_mapping_without_origin_is_an_error(self, run, source):
        run.section = replace(run.section, mapping={"LOST": {"required": True}})
        outcome = run(devices(1))
        assert isinstance(outcome.error, ConfigurationError)
        assert "mapping.LOST" in str(outcome.error)
        assert source.given == 0


class TestRecordNames:
    def test_messages_name_a_record_by_its_key_and_its_id(
        self, run, source, oomnitza, monkeypatch, caplog
    ):
        caplog.set_level("INFO")
        monkeypatch.setattr(source, "id_paths", ("about.uuid", "about.id"), raising=False)
        run.require("NAME")
        oomnitza.refuse = lambda record: "no such model" if record["SERIAL"] == "S1" else None
        records = [
            {"name": "Mac", "serial": "S1", "about": {"id": 7}},
            {"serial": "S2", "about": {"id": 8}},
            {"name": "Mac", "about": {"id": 9}},
            {"name": "Mac", "serial": "S4"},
        ]
        texts = {reason: example.text for reason, example in run(records).not_sent.items()}
        assert texts == {
            "rejected: the server responded with 400 (no such model)": "SERIAL S1, about.id 7",
            "incomplete: required field NAME is empty": "SERIAL S2, about.id 8",
            "incomplete: required field SERIAL is empty": "about.id 9",
        }
        assert "400 (no such model) (SERIAL S1, about.id 7)" in caplog.text
        assert source.projection.paths == {"serial", "name"}  # the ID is not requested
