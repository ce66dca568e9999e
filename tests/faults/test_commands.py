"""What one run leaves for the next, from the command line to Oomnitza and back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.jasper import Jasper
from sandbox.mock import SERIAL_NUMBER
from sandbox.web import WebServer
from tests.faults.place import Place, place

COMPUTERS = 40
NAMED = 39  # of the computers one has no serial number
LONG = pytest.mark.faults


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Place]:
    with place(tmp_path / "program", computers=COMPUTERS) as made:
        yield made


def counts(report: dict[str, Any], section: str = "casper") -> dict[str, int]:
    return dict(report[section]["counts"])


def lines(made: Place, *arguments: str) -> list[dict[str, Any]]:
    """What a command tells as JSON."""
    ended = made.program.run(*arguments, "--json")
    assert (ended.code, ended.err) == (0, "")
    return [json.loads(line) for line in ended.out.splitlines()]


def bulk(made: Place) -> list[str]:
    """The requests with which Oomnitza was told something."""
    return [
        asked.path.rsplit("/", 1)[-1] for asked in made.oomnitza.requests if asked.method == "POST"
    ]


class TestTheBrake:
    @LONG
    @pytest.mark.parametrize("left", [0, 1, 18])
    def test_a_source_that_shrank_stops_before_anything_is_sent(self, made, left):
        made.upload("casper")
        del made.jamf.computers.ids[left:]
        sent = bulk(made)
        ended, report = made.upload("casper")
        assert ended.code == 6
        assert "Nothing was sent" in ended.out
        assert "--force" in ended.out
        assert (counts(report)["sent"], counts(report)["unsent"]) == (0, len(made.computers()))
        assert bulk(made) == sent
        assert made.states() == ["failed", "complete"]
        assert lines(made, "missing", "casper") == []

    def test_that_is_forced_sends_what_there_is(self, made):
        made.upload("casper")
        del made.jamf.computers.ids[5:]
        assert made.upload("casper")[0].code == 6
        ended, report = made.upload("casper", "--force")
        assert (ended.code, counts(report)["sent"]) == (0, 5)
        assert made.set_aside() == []
        assert report["casper"]["missing"] == NAMED - 5
        assert made.upload("casper")[0].code == 0, "what was forced is the new measure"

    @LONG
    def test_half_of_them_are_enough(self, made):
        made.upload("casper")
        del made.jamf.computers.ids[21:]
        assert made.upload("casper")[0].code == 0

    @LONG
    def test_a_limit_of_our_own(self, made):
        made.write_ini(casper={"shrink_limit": "3"})
        made.upload("casper")
        del made.jamf.computers.ids[-3:]
        assert made.upload("casper")[0].code == 0
        del made.jamf.computers.ids[-4:]
        assert made.upload("casper")[0].code == 6

    @LONG
    def test_testmode_tells_of_it(self, made):
        made.upload("casper")
        del made.jamf.computers.ids[5:]
        ended, _ = made.upload("casper", "--testmode")
        assert ended.code == 0
        assert "An upload would send nothing" in ended.err
        assert made.states() == ["complete"]

    @LONG
    def test_a_source_that_fails_does_not_become_the_measure(self, made):
        made.upload("casper")
        made.jamf.fail_next(1000, 401, path="/JSSResource/computers/id/")
        ended, _ = made.upload("casper")
        assert ended.code in (1, 6)
        made.jamf.outages.end()
        del made.jamf.computers.ids[5:]
        assert made.upload("casper")[0].code == 6


class TestOnlyWhatChanged:
    @pytest.fixture(autouse=True)
    def _changed_only(self, made):
        made.write_ini(casper={"changed_only": True})

    def test_a_second_run_sends_nothing_but_the_closing_call(self, made):
        made.upload("casper")
        sent = bulk(made)
        ended, report = made.upload("casper")
        assert ended.code == 0
        assert bulk(made)[len(sent) :] == ["finalize"]
        assert (counts(report)["unchanged"], counts(report)["sent"]) == (NAMED, 0)

    @LONG
    def test_what_differs_is_sent_and_nothing_else(self, made):
        made.upload("casper")
        made.renamed |= {3: "three", 30: "thirty"}
        made.jamf.computers.ids.remove(20)
        ended, report = made.upload("casper")
        assert (ended.code, counts(report)["sent"]) == (0, 2)
        assert made.computers().items() <= made.held_computers().items()
        [missing] = lines(made, "missing", "casper")
        assert missing["fields"][SERIAL_NUMBER] == "SNDBXMAC0020"

    @LONG
    def test_another_mapping_is_a_change(self, made):
        made.upload("casper")
        made.oomnitza.mappings["Casper"] = {
            **made.oomnitza.mappings["Casper"],
            "general.id": "NUMBER",
        }
        assert counts(made.upload("casper")[1])["sent"] == NAMED

    @LONG
    @pytest.mark.parametrize("ask", [("--full",), ("full_every", "0s")])
    def test_all_are_sent_when_asked_for(self, made, ask):
        made.upload("casper")
        if len(ask) == 2:
            made.write_ini(casper={"changed_only": True, ask[0]: ask[1]})
        arguments = ask if len(ask) == 1 else ()
        assert counts(made.upload("casper", *arguments)[1])["sent"] == NAMED

    @LONG
    def test_a_run_that_was_cut_off_leaves_the_rest_to_the_next(self, made):
        ended, report = made.upload("casper", "--record-count", "15")
        assert (ended.code, counts(report)["sent"]) == (0, 14)
        assert made.states() == ["partial"]
        assert made.upload("casper")[0].code == 0
        assert made.held_computers() == made.computers()
        assert counts(made.upload("casper")[1])["unchanged"] == NAMED

    @LONG
    def test_what_was_refused_is_tried_again_each_time(self, made):
        made.oomnitza.refuse = lambda record: "no" if "0007" in record["NAME"] else None
        assert made.upload("casper")[0].code == 4
        ended, report = made.upload("casper")
        assert (ended.code, counts(report)["rejected"]) == (4, 1)
        made.oomnitza.refuse = None
        ended, report = made.upload("casper")
        assert (ended.code, counts(report)["sent"]) == (0, 1)
        assert made.set_aside() == []

    def test_a_change_that_was_perhaps_taken_and_then_taken_back_is_not_left_there(self, made):
        made.upload("casper")
        made.renamed[7] = "another"
        made.write_ini(oomnitza={"retries": 0}, casper={"changed_only": True})
        made.lost_answers = 1
        assert made.upload("casper")[0].code == 1
        made.renamed.clear()
        assert made.upload("casper")[0].code == 0
        assert made.held_computers() == made.computers()


class TestTestmode:
    def test_tells_what_is_new_changed_and_as_it_was(self, made):
        made.jamf.computers.ids.remove(40)
        made.upload("casper")
        made.jamf.computers.ids.append(40)
        made.renamed |= {3: "three", 30: "thirty"}
        files = sorted(path.name for path in made.program.folder.glob("config.*"))
        sent = bulk(made)
        ended, report = made.upload("casper", "--testmode")
        assert ended.code == 0
        assert "1 new, 2 changed, 36 unchanged" in ended.err
        assert len(ended.out.splitlines()) == NAMED
        assert bulk(made) == sent
        assert made.states() == ["complete"]
        assert sorted(path.name for path in made.program.folder.glob("config.*")) == files
        assert report["casper"]["counts"]["sent"] == NAMED

    @LONG
    def test_without_a_ledger_none_is_made(self, made):
        ended, _ = made.upload("casper", "--testmode")
        assert ended.code == 0
        assert not made.state.exists()


class TestWhatIsSetAside:
    @pytest.fixture(autouse=True)
    def _refused(self, made):
        made.oomnitza.refuse = lambda record: (
            "a bad value" if record["NAME"].endswith(("0007", "0010")) else None
        )
        assert made.upload("casper")[0].code == 4

    def test_is_listed_with_the_reason(self, made):
        ended = made.program.run("rejects")
        assert ended.code == 0
        assert ended.out.count("a bad value") == 2
        assert ended.out.endswith("2 records saved for resend.\n")
        listed = lines(made, "rejects", "CASPER")
        assert [each["outcome"] for each in listed] == ["rejected"] * 2
        assert listed[0]["mapped"][SERIAL_NUMBER] == "SNDBXMAC0007"
        assert listed[0]["fetched"]["general"]["id"] == 7
        assert made.program.run("rejects", "ldap").code in (0, 2)

    @LONG
    def test_is_set_aside_once_however_often_it_fails(self, made):
        made.upload("casper")
        assert made.run("resend", "casper")[0].code == 4
        assert [each["times"] for each in lines(made, "rejects")] == [3, 3]

    def test_goes_through_when_it_is_sent_again(self, made):
        made.oomnitza.refuse = None
        ended, report = made.run("resend")
        assert ended.code == 0
        assert counts(report)["fetched"] == counts(report)["sent"] == 2
        assert made.set_aside() == []
        assert made.held_computers() == made.computers()
        assert made.states()[0] == "partial"
        assert made.program.run("rejects").out == "No records saved for resend.\n"
        made.check_closed()

    @LONG
    def test_goes_through_with_the_next_upload(self, made):
        made.oomnitza.refuse = None
        assert made.upload("casper")[0].code == 0
        assert made.set_aside() == []

    @LONG
    def test_resending_nothing_is_no_mistake(self, made):
        made.oomnitza.refuse = None
        made.run("resend")
        ended, report = made.run("resend")
        assert (ended.code, counts(report)["fetched"]) == (0, 0)

    @LONG
    def test_today_s_filter_and_mapping_count(self, made):
        made.oomnitza.refuse = None
        keep = "record.general.id != 7"
        made.write_ini(casper={"recordfilter": keep, "mapping.NAME": "general.id"})
        ended, report = made.run("resend")
        assert (ended.code, counts(report)["filtered"], counts(report)["sent"]) == (0, 1, 1)
        assert made.set_aside() == []


def test_what_a_filter_failed_on_is_set_aside_until_a_run_with_a_better_one(made):
    made.write_ini(casper={"recordfilter": "1 / (record.general.id - 7) != 0"})
    ended, report = made.upload("casper")
    assert (ended.code, counts(report)["rejected"]) == (4, 1)
    assert len(made.set_aside()) == 1
    made.write_ini()
    assert made.upload("casper")[0].code == 0
    assert made.set_aside() == []


def test_history_tells_of_runs_and_how_they_ended(made):
    made.upload("casper")
    made.jamf.fail_next(1000, 401)
    made.upload("casper")
    table = made.program.run("history")
    assert table.code == 0
    assert [line.split()[1] for line in table.out.splitlines()] == ["section", "casper", "casper"]
    later, earlier = lines(made, "history", "casper")
    assert (later["state"], earlier["state"]) == ("failed", "complete")
    assert "401" in later["error"]
    assert earlier["counts"]["sent"] == NAMED
    assert lines(made, "history", "--count", "1") == [later]


class TestWhatIsMissing:
    def test_is_told_and_nothing_is_done(self, made):
        made.upload("casper")
        made.jamf.computers.ids.remove(5)
        ended, report = made.upload("casper")
        assert (ended.code, report["casper"]["missing"]) == (0, 1)
        assert "1 records of earlier runs" in ended.out or "1 record" in ended.out
        shown = made.program.run("missing")
        assert "SNDBXMAC0005" in shown.out
        assert made.oomnitza.count("assets") == NAMED

    @LONG
    def test_an_incomplete_run_reports_none(self, made):
        made.upload("casper")
        ended, report = made.upload("casper", "--record-count", "3")
        assert (ended.code, report["casper"]["missing"]) == (0, 0)
        made.jamf.fail_next(1, 401, path="/JSSResource/computers/id/30")
        assert made.upload("casper")[1]["casper"]["missing"] == 0
        assert lines(made, "missing") == []

    @LONG
    def test_another_filter_reports_none(self, made):
        made.upload("casper")
        made.write_ini(casper={"recordfilter": "record.general.id < 30"})
        assert made.upload("casper")[1]["casper"]["missing"] == 0


class TestAPosition:
    @pytest.fixture
    def jasper(self, made):
        jasper = Jasper(sims=30, storage=made.program.folder / "storage.json")
        made.oomnitza.mappings.update(jasper.server_mapping)
        with WebServer(jasper.app) as server:
            rows = jasper.section(server.url).splitlines()[1:]
            made.sections["jasper"] = dict(row.split(" = ", 1) for row in rows)
            made.write_ini()
            yield jasper

    def test_moves_when_everything_is_settled_and_not_before(self, made, jasper):
        made.oomnitza.refuse = lambda record: "no" if "0007" in record[SERIAL_NUMBER] else None
        assert made.upload("jasper")[0].code == 4
        assert not jasper.storage.exists()
        made.oomnitza.fail_next(1000, 503, path="/api/v3/bulk")
        made.write_ini(oomnitza={"retries": 0})
        assert made.upload("jasper")[0].code == 1
        assert not jasper.storage.exists()
        made.oomnitza.outages.end()
        made.oomnitza.refuse = None
        assert made.upload("jasper", "--record-count", "3")[0].code == 0
        assert not jasper.storage.exists()
        ended, report = made.upload("jasper")
        assert (ended.code, counts(report, "jasper")["sent"]) == (0, 30)
        assert jasper.storage.exists()
        assert made.set_aside() == []
        kept = jasper.storage.read_bytes()
        made.upload("jasper", "--testmode")
        assert jasper.storage.read_bytes() == kept
        ended, report = made.upload("jasper")
        assert counts(report, "jasper")["fetched"] < 30

    @LONG
    def test_a_run_that_brings_little_is_no_alarm_and_misses_nothing(self, made, jasper):
        assert made.upload("jasper")[0].code == 0
        ended, report = made.upload("jasper")
        assert (ended.code, report["jasper"]["missing"]) == (0, 0)
