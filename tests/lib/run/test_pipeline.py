"""The run of one section: whatever happens, every record ends in exactly one of its books."""

import json
import logging
import pickle
import socket
import stat
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import pytest

from lib import secrets
from lib.config.sections import Section
from lib.connector import AssetConnector, AssetSettings, Records, Sources
from lib.errors import (
    ConfigurationError,
    ExitCode,
    Interrupted,
    RecordGone,
    RecordUnreadable,
    SignInError,
    SourceUnavailable,
    TargetUnavailable,
)
from lib.ini import Entry
from lib.ledger import Ledger
from lib.oomnitza.client import OomnitzaSettings
from lib.report.summary import exit_code
from lib.run.delivery import Delivery
from lib.run.options import Listener, RunOptions
from lib.run.pipeline import _Run, run_section
from lib.run.tally import Outcome
from sandbox.oomnitza import Oomnitza


class MadeUp(AssetConnector[AssetSettings]):
    """Yields the items of the class one after the other, or raises those that are errors."""

    title = "Made up"
    mapping = MappingProxyType({"SERIAL": {"source": "serial"}, "NAME": {"source": "name"}})
    items: Iterable[Any] = ()
    given = 0
    closed = False
    sources = Sources()

    def check(self) -> None: ...

    def records(self, sources: Sources) -> Records:
        kind = type(self)
        kind.sources = sources
        try:
            for item in kind.items:
                if isinstance(item, BaseException) and not isinstance(
                    item, RecordGone | RecordUnreadable
                ):
                    raise item
                kind.given += 1
                yield item
        finally:
            kind.closed = True


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> type[MadeUp]:
    """The connector "made_up" of one test."""
    kind = type("Connector", (MadeUp,), {})
    module = ModuleType("connectors.made_up")
    module.Connector = kind
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return kind


class Runner:
    """Runs the made-up source; what can be varied are its attributes."""

    def __init__(self, source: type[MadeUp], url: str) -> None:
        self.source = source
        self.section = Section(
            "made_up", "made_up", AssetSettings(sync_field=("SERIAL",)), mapping={}
        )
        # Without threads that upload, it is certain how far the source has been read.
        self.oomnitza = OomnitzaSettings(
            url=url, api_token="sandbox-token", retries=0, timeout=5, upload_workers=0
        )
        self.listener: Listener | None = None

    def __call__(self, items: Iterable[Any], **options: Any) -> Outcome:
        self.source.items = items
        outcome = run_section(self.section, self.oomnitza, RunOptions(**options), self.listener)
        assert outcome.tally.balanced
        assert pickle.loads(pickle.dumps(outcome)).tally == outcome.tally
        return outcome

    def set(self, **settings: Any) -> None:
        self.section = replace(self.section, settings=replace(self.section.settings, **settings))


@pytest.fixture
def run(source: type[MadeUp], oomnitza: Oomnitza, stage) -> Runner:
    return Runner(source, stage.url)


@pytest.fixture
def offline() -> str:
    """The address of an Oomnitza that nobody can reach."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        return f"http://127.0.0.1:{closed.getsockname()[1]}"


class Watcher(Listener):
    """Remembers what it hears; `at` says what to do after so many records were fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[int, int | None]] = []
        self.shown: list[dict[str, Any]] = []
        self.at: dict[int, Any] = {}

    def progress(self, outcome: Outcome, expected: int | None) -> None:
        self.heard.append((outcome.tally.fetched, expected))
        act = self.at.pop(outcome.tally.fetched, None)
        if act:
            act()

    def show(self, section: str, record: Any, before: Any) -> None:
        assert section == "made_up"
        self.shown.append(record)


def devices(count: int, start: int = 0) -> list[dict[str, Any]]:
    return [{"serial": f"S{n}", "name": f"Mac {n}"} for n in range(start, start + count)]


def books(outcome: Outcome) -> dict[str, int]:
    """The counts that are not zero."""
    return {name: count for name, count in vars(outcome.tally).items() if count}


def posts(oomnitza: Oomnitza) -> list[tuple[str, int]]:
    """The requests that change something: the last part of their path, and their status."""
    return [
        (asked.path.split("/")[-1], asked.status)
        for asked in oomnitza.requests
        if asked.method == "POST"
    ]


def serials(oomnitza: Oomnitza) -> list[str]:
    return [record["SERIAL"] for record in oomnitza.records("assets")]


class TestAGoodEnd:
    def test_everything_is_sent_in_batches_and_in_order_and_closed_once(self, run, oomnitza):
        outcome = run(devices(250))
        assert books(outcome) == {"fetched": 250, "sent": 250}
        assert outcome.error is None
        assert exit_code([outcome]) is ExitCode.OK
        assert posts(oomnitza) == [("bulk", 200)] * 3 + [("finalize", 200)]
        assert serials(oomnitza) == [f"S{n}" for n in range(250)]
        assert oomnitza.runs()[0].late == 0

    def test_a_record_holds_every_mapped_field_also_empty_ones(self, run, oomnitza):
        run([{"serial": "S1"}])
        assert oomnitza.records("assets") == [{"SERIAL": "S1", "NAME": None}]

    @pytest.mark.parametrize(("size", "requests"), [(1, 5), (2, 3), (5, 1), (100, 1)])
    def test_a_batch_is_as_large_as_set(self, run, oomnitza, size, requests):
        run.oomnitza = replace(run.oomnitza, batch_size=size)
        run(devices(5))
        assert posts(oomnitza).count(("bulk", 200)) == requests

    def test_an_empty_source_is_a_run_too(self, run, oomnitza):
        outcome = run([])
        assert books(outcome) == {}
        assert outcome.error is None
        assert posts(oomnitza) == [("finalize", 200)]

    def test_the_plan_reaches_oomnitza(self, run, oomnitza):
        run(devices(2))
        run.set(insert_only=True)
        run([{"serial": "S0", "name": "changed"}])
        run.set(insert_only=False, update_only=True)
        run(devices(1, start=7))
        assert [(each.added, each.skipped) for each in oomnitza.runs()] == [(2, 0), (0, 1), (0, 1)]
        assert {each.connector_name for each in oomnitza.runs()} == {"Made up"}

    def test_the_older_api_is_used_where_it_is_set(self, run, oomnitza):
        run.oomnitza = replace(run.oomnitza, api="v2")
        outcome = run(devices(25))
        assert books(outcome) == {"fetched": 25, "sent": 25}
        assert posts(oomnitza) == [("audit", 200)] * 3

    def test_progress_is_told_with_each_record(self, run):
        run.listener = Watcher()
        run(devices(3))
        assert [fetched for fetched, _ in run.listener.heard] == [1, 2, 3, 3]

    def test_the_log_tells_begin_and_end(self, run, caplog):
        caplog.set_level(logging.INFO, "lib.run.pipeline")
        run(devices(2))
        first, last = caplog.messages[0], caplog.messages[-1]
        assert first == "[made_up] begins"
        assert "ends" in last
        assert "fetched=2" in last

    def test_a_section_can_be_handed_to_another_process(self, run):
        assert pickle.loads(pickle.dumps(run.section)) == run.section
        assert pickle.loads(pickle.dumps(run.oomnitza)) == run.oomnitza


class TestMapping:
    def test_the_servers_mapping_stands_between_the_built_in_one_and_the_ini(self, run, oomnitza):
        oomnitza.mappings["Made up"] = {"model": "MODEL", "os": "OS", "label": "NAME"}
        run.section = replace(run.section, mapping={"OS": {"hardcoded": "from the ini"}})
        run([{"serial": "S1", "name": "n", "label": "l", "model": "m", "os": "o"}])
        assert oomnitza.records("assets") == [
            {"SERIAL": "S1", "NAME": "l", "MODEL": "m", "OS": "from the ini"}
        ]

    def test_without_the_servers_mapping_it_is_not_asked_for(self, run, oomnitza):
        oomnitza.mappings["Made up"] = {"model": "MODEL"}
        run.set(use_server_map=False)
        run([{"serial": "S1", "model": "m"}])
        assert oomnitza.records("assets") == [{"SERIAL": "S1", "NAME": None}]
        assert [asked.path for asked in oomnitza.requests].count("/api/v2/mappings") == 1  # sign-in

    def test_the_source_is_told_which_paths_are_wanted(self, run, source, oomnitza):
        oomnitza.mappings["Made up"] = {"hardware.model": "MODEL"}
        run([])
        assert source.sources == Sources(frozenset({"serial", "name", "hardware.model"}))

    @pytest.mark.parametrize("names", [("NOWHERE",), ("SERIAL", "NOWHERE")])
    def test_a_sync_field_without_a_value_stops_the_run_before_it_begins(
        self, run, source, oomnitza, names
    ):
        run.set(sync_field=names)
        outcome = run(devices(3))
        assert isinstance(outcome.error, ConfigurationError)
        assert str(outcome.error) == (
            "the sync_field NOWHERE gets no value. Add `mapping.NOWHERE = <source>` to the ini,"
            " or map it in Oomnitza."
        )
        assert exit_code([outcome]) is ExitCode.CONFIGURATION
        assert source.given == 0
        assert posts(oomnitza) == []

    def test_sync_fields_are_found_in_any_case(self, run, oomnitza):
        run.set(sync_field=("serial",))
        assert books(run(devices(2) + devices(1))) == {"fetched": 3, "sent": 3}
        assert oomnitza.count("assets") == 2

    def test_a_record_without_its_sync_field_cannot_be_recognised(self, run, oomnitza):
        outcome = run([{"serial": "S1"}, {"name": "nameless"}, {"serial": "", "name": "x"}])
        assert books(outcome) == {"fetched": 3, "sent": 1, "incomplete": 2}
        assert outcome.left_aside["without a value for SERIAL"].count == 2
        assert "nameless" in outcome.left_aside["without a value for SERIAL"].text
        assert serials(oomnitza) == ["S1"]
        assert exit_code([outcome]) is ExitCode.OK

    def test_a_required_field_that_is_empty_leaves_the_record_aside(self, run, oomnitza):
        run.section = replace(run.section, mapping={"NAME": {"required": True}})
        outcome = run([{"serial": "S1"}, {"serial": "S2", "name": "Mac"}])
        assert books(outcome) == {"fetched": 2, "sent": 1, "incomplete": 1}
        assert list(outcome.left_aside) == ["without a value for NAME"]

    def test_a_converter_that_fails_leaves_its_field_empty(self, run, oomnitza):
        run.section = replace(
            run.section, mapping={"SEEN": {"source": "seen", "converter": "date_format"}}
        )
        outcome = run([{"serial": "S1", "seen": "soon"}, {"serial": "S2", "seen": "2015-07-21"}])
        assert books(outcome) == {"fetched": 2, "sent": 2}
        assert [record["SEEN"] for record in oomnitza.records("assets")] == [None, 1437436800]
        assert outcome.failed_conversions["SEEN"].count == 1
        assert "'soon'" in outcome.failed_conversions["SEEN"].text

    def test_a_mapping_without_an_origin_is_said_to_be_so(self, run, source):
        run.section = replace(run.section, mapping={"LOST": {"required": True}})
        outcome = run(devices(1))
        assert isinstance(outcome.error, ConfigurationError)
        assert "mapping.LOST" in str(outcome.error)
        assert source.given == 0


class TestTheSourceFails:
    def test_what_was_read_before_is_sent_and_the_run_closed(self, run, oomnitza):
        outcome = run([*devices(130), SourceUnavailable("gone away", where="https://jamf")])
        assert books(outcome) == {"fetched": 130, "sent": 130}
        assert isinstance(outcome.error, SourceUnavailable)
        assert exit_code([outcome]) is ExitCode.SECTION_FAILED
        # Two batches, the error, the end.
        assert posts(oomnitza) == [("bulk", 200)] * 3 + [("finalize", 200)]
        assert len(serials(oomnitza)) == 130
        assert oomnitza.runs()[0].error == "https://jamf: gone away"

    def test_at_once(self, run, oomnitza):
        outcome = run([SignInError("wrong password")])
        assert books(outcome) == {}
        assert isinstance(outcome.error, SignInError)
        assert posts(oomnitza) == []  # no run was opened

    def test_a_mistake_in_a_connector_loses_nothing_that_was_read(self, run, oomnitza, caplog):
        outcome = run([*devices(130), KeyError("computers")])
        assert books(outcome) == {"fetched": 130, "sent": 130}
        assert str(outcome.error).startswith("an error that should not happen (KeyError).")
        assert exit_code([outcome]) is ExitCode.SECTION_FAILED
        assert posts(oomnitza)[-1] == ("finalize", 200)
        [logged] = [item for item in caplog.records if item.exc_info]
        assert logged.exc_info[0] is KeyError

    def test_a_connector_that_exits_ends_its_section_only(self, run, oomnitza):
        outcome = run([*devices(130), SystemExit(0)])
        assert books(outcome) == {"fetched": 130, "sent": 130}
        assert str(outcome.error).startswith("an error that should not happen (SystemExit).")
        assert oomnitza.runs()[0].finished is not None

    def test_what_is_no_record_is_a_mistake_too(self, run, oomnitza):
        outcome = run([*devices(2), 7, *devices(2)])
        assert outcome.tally.sent == 2
        assert "an error that should not happen" in str(outcome.error)

    def test_and_oomnitza_too(self, run, oomnitza):
        run.listener = Watcher()
        run.listener.at[130] = lambda: oomnitza.fail_next(9, 503)
        outcome = run([*devices(130), SourceUnavailable("gone away")])
        assert books(outcome) == {"fetched": 130, "sent": 100, "unsent": 30}
        assert outcome.error is not None

    def test_a_failure_is_in_the_log(self, run, caplog):
        run([*devices(1), SourceUnavailable("gone away", where="https://jamf")])
        [logged] = [item for item in caplog.records if item.levelno == logging.ERROR]
        assert "[made_up] failed: https://jamf: gone away" in logged.getMessage()

    def test_vanished_and_unreadable_records_do_not_stop_it(self, run, oomnitza):
        items = [
            *devices(2),
            RecordGone("device 7 is no longer there"),
            RecordUnreadable("cannot be read", where="device 8"),
            *devices(1, start=9),
        ]
        outcome = run(items)
        assert books(outcome) == {"fetched": 4, "sent": 3, "rejected": 1, "vanished": 1}
        assert outcome.left_aside["rejected: cannot be read"].text == "device 8"
        assert exit_code([outcome]) is ExitCode.RECORDS_LEFT
        assert serials(oomnitza) == ["S0", "S1", "S9"]


class TestOomnitzaFails:
    def test_away_from_the_beginning(self, run, source, offline):
        run.oomnitza = replace(run.oomnitza, url=offline)
        outcome = run(devices(3))
        assert isinstance(outcome.error, TargetUnavailable)
        assert source.given == 0
        assert exit_code([outcome]) is ExitCode.SECTION_FAILED

    def test_an_outage_in_the_middle_leaves_the_rest_unsent(self, run, source, oomnitza):
        run.listener = Watcher()
        run.listener.at[101] = lambda: oomnitza.fail_next(9, 503)
        outcome = run(devices(1000))
        assert books(outcome) == {"fetched": 200, "sent": 100, "unsent": 100}
        assert isinstance(outcome.error, TargetUnavailable)
        assert posts(oomnitza) == [("bulk", 200), ("bulk", 503)]  # nobody to tell that it is over
        assert source.given == 200
        assert source.closed

    def test_a_token_that_is_revoked_in_the_middle(self, run, oomnitza):
        run.listener = Watcher()
        run.listener.at[101] = oomnitza.revoke_tokens
        outcome = run(devices(300))
        assert books(outcome) == {"fetched": 200, "sent": 100, "unsent": 100}
        assert isinstance(outcome.error, SignInError)
        assert posts(oomnitza) == [("bulk", 200), ("bulk", 401)]

    def test_a_run_that_cannot_be_closed_has_failed(self, run, oomnitza):
        oomnitza.fail_next(1, 503, path="/api/v3/bulk/")
        outcome = run(devices(10))
        assert books(outcome) == {"fetched": 10, "sent": 10}
        assert isinstance(outcome.error, TargetUnavailable)
        assert posts(oomnitza) == [("bulk", 200), ("finalize", 503)]

    def test_refused_records_are_rejected_with_their_reason_and_the_others_sent(
        self, run, oomnitza
    ):
        bad = {"S3", "S64", "S99", "S120"}
        oomnitza.refuse = lambda record: record["SERIAL"] in bad and f"{record['SERIAL']} is bad"
        outcome = run(devices(130))
        assert books(outcome) == {"fetched": 130, "sent": 126, "rejected": 4}
        assert outcome.error is None
        assert exit_code([outcome]) is ExitCode.RECORDS_LEFT
        assert serials(oomnitza) == [f"S{n}" for n in range(130) if f"S{n}" not in bad]
        reasons = {reason: example.text for reason, example in outcome.left_aside.items()}
        assert len(reasons) == 4
        [(reason, text)] = [pair for pair in reasons.items() if "S64 is bad" in pair[0]]
        assert reason.startswith("rejected: ")
        assert "SERIAL S64" in text
        assert posts(oomnitza)[-1] == ("finalize", 200)

    def test_a_refusal_of_all_does_not_end_the_run(self, run, oomnitza):
        oomnitza.refuse = lambda record: "no"
        outcome = run(devices(7))
        assert books(outcome) == {"fetched": 7, "rejected": 7}
        assert sum(example.count for example in outcome.left_aside.values()) == 7

    def test_when_it_takes_none_at_all_the_others_are_not_even_sent(self, run, source, oomnitza):
        oomnitza.refuse = lambda record: "no such field"
        outcome = run(devices(1000))
        assert isinstance(outcome.error, ConfigurationError)
        # The first batch, and those that were under way when it had come back.
        assert outcome.tally.rejected in (100, 200, 300, 400)
        assert (outcome.tally.sent, outcome.tally.fetched) == (0, source.given)
        assert source.given < 1000
        assert posts(oomnitza)[-1] == ("finalize", 200)

    def test_an_outage_while_the_refused_one_is_looked_for(self, run, oomnitza):
        def refuse(record: dict[str, Any]) -> str | None:
            if record["SERIAL"] != "S1":
                return None
            refuse.calls += 1
            if refuse.calls == 3:  # [S0..S7], [S0..S3], [S0 S1]
                oomnitza.fail_next(9, 503)
            return "bad"

        refuse.calls = 0
        oomnitza.refuse = refuse
        outcome = run(devices(8))
        assert books(outcome) == {"fetched": 8, "unsent": 8}
        assert isinstance(outcome.error, TargetUnavailable)

    def test_more_than_oomnitza_takes_at_once_is_sent_in_parts(self, run, oomnitza):
        oomnitza.max_records = 30
        outcome = run(devices(100))
        assert books(outcome) == {"fetched": 100, "sent": 100}

    def test_half_an_emoji_spoils_no_other_record(self, run, oomnitza):
        outcome = run([*devices(2), {"serial": "S9", "name": "cut \ud83d"}, *devices(2, start=4)])
        assert books(outcome) == {"fetched": 5, "sent": 4, "rejected": 1}

    def test_what_json_does_not_know_spoils_no_record(self, run, oomnitza):
        odd = [{"serial": "S8", "name": float("nan")}, {"serial": "S9", "name": {"a", "b"}}]
        outcome = run([*devices(1), *odd])
        assert books(outcome) == {"fetched": 3, "sent": 3}
        assert [record["NAME"] for record in oomnitza.records("assets")] == [
            "Mac 0",
            None,
            ["a", "b"],
        ]


class TestFewRecords:
    def test_the_source_is_asked_for_no_more_than_the_count(self, run, source, oomnitza):
        outcome = run(devices(50), record_count=7)
        assert books(outcome) == {"fetched": 7, "sent": 7}
        assert source.given == 7
        assert source.closed
        assert posts(oomnitza) == [("bulk", 200), ("finalize", 200)]

    def test_a_source_with_fewer_is_read_once(self, run, oomnitza):
        assert books(run(devices(3), record_count=10)) == {"fetched": 3, "sent": 3}
        assert oomnitza.runs()[0].updated == 0

    def test_what_the_filter_drops_does_not_count(self, run, source):
        run.section = replace(
            run.section, recordfilter=Entry("recordfilter", 'return "5" in record["serial"]', 1)
        )
        outcome = run(devices(100), record_count=2)
        assert books(outcome) == {"fetched": 16, "filtered": 14, "sent": 2}


def written(recordfilter):
    return Entry("recordfilter", recordfilter, 1)


class TestFilter:
    def test_it_counts_what_it_drops(self, run, oomnitza):
        run.section = replace(
            run.section, recordfilter=Entry("recordfilter", 'return "1" in record["serial"]', 1)
        )
        assert books(run(devices(20))) == {"fetched": 20, "filtered": 9, "sent": 11}
        assert serials(oomnitza) == ["S1", *(f"S{n}" for n in range(10, 20))]

    def test_the_source_is_told_what_it_looks_at(self, run, source):
        run.section = replace(
            run.section, recordfilter=Entry("recordfilter", 'return record["model"] == "iMac"', 1)
        )
        run([{"serial": "S1", "model": "iMac"}])
        assert source.sources == Sources(frozenset({"serial", "name", "model"}))

    def test_a_record_on_which_it_fails_is_rejected_and_the_others_are_not(self, run, oomnitza):
        run.section = replace(
            run.section, recordfilter=Entry("recordfilter", 'return record["n"] > 1', 1)
        )
        outcome = run([{"serial": "S1", "n": 2}, {"serial": "S2", "n": "x"}, {"serial": "S3"}])
        assert outcome.tally.sent + outcome.tally.rejected + outcome.tally.filtered == 3
        assert outcome.tally.rejected >= 1
        assert any("the record filter fails" in reason for reason in outcome.left_aside)
        assert serials(oomnitza) == ["S1"]


class TestInterrupted:
    @pytest.mark.parametrize(
        ("before", "expected"),
        [
            (0, {}),
            (7, {"fetched": 7, "sent": 7}),
            (100, {"fetched": 100, "sent": 100}),
            (130, {"fetched": 130, "sent": 130}),
        ],
    )
    def test_what_had_been_read_is_sent(self, run, source, oomnitza, before, expected):
        outcome = run([*devices(before), KeyboardInterrupt(), *devices(5)])
        assert books(outcome) == expected
        assert isinstance(outcome.error, Interrupted)
        assert exit_code([outcome]) is ExitCode.INTERRUPTED
        assert source.closed
        assert posts(oomnitza)[-1:] == ([("finalize", 200)] if before else [])

    @pytest.mark.parametrize("step", ["finish", "close"])
    def test_behind_the_last_record_the_run_is_closed_once(self, run, oomnitza, monkeypatch, step):
        done = getattr(Delivery, step)

        def interrupted(delivery: Delivery) -> None:
            done(delivery)
            raise KeyboardInterrupt

        monkeypatch.setattr(Delivery, step, interrupted)
        outcome = run(devices(3))
        assert isinstance(outcome.error, Interrupted)
        assert books(outcome) == {"fetched": 3, "sent": 3}
        assert [each for each in posts(oomnitza) if each[0] == "finalize"] == [("finalize", 200)]

    def test_while_the_end_is_written_down_the_ledger_says_so_too(self, run, tmp_path, monkeypatch):
        writes, signals = _Run.write_down, [KeyboardInterrupt()]

        def write_down(self: Any) -> None:
            writes(self)
            if signals:
                raise signals.pop()

        monkeypatch.setattr(_Run, "write_down", write_down)
        outcome = run(devices(3), state=tmp_path / "state.db")
        assert isinstance(outcome.error, Interrupted)
        with Ledger(tmp_path / "state.db") as ledger:
            [past] = ledger.history()
        assert past.state == "interrupted"

    def test_between_two_records(self, run, oomnitza):
        def interrupt() -> None:
            raise KeyboardInterrupt

        run.listener = Watcher()
        run.listener.at[3] = interrupt
        assert books(run(devices(9))) == {"fetched": 3, "sent": 3}

    def test_also_where_the_signal_itself_was_lost(self, run, oomnitza, monkeypatch):
        """As one is that comes while Python tidies up."""
        run.listener = Watcher()
        run.listener.at[3] = lambda: monkeypatch.setattr("lib.run.pipeline.requested", lambda: True)
        outcome = run(devices(9))
        assert books(outcome) == {"fetched": 3, "sent": 3}
        assert isinstance(outcome.error, Interrupted)

    def test_with_rejected_and_incomplete_ones_before(self, run, oomnitza):
        oomnitza.refuse = lambda record: "bad" if record["SERIAL"] == "S1" else None
        run.oomnitza = replace(run.oomnitza, batch_size=3)
        items = [*devices(3), {}, RecordGone("x"), RecordUnreadable("y"), *devices(1, start=5)]
        outcome = run([*items, KeyboardInterrupt()])
        assert books(outcome) == {
            "fetched": 6,
            "incomplete": 1,
            "sent": 3,
            "rejected": 2,
            "vanished": 1,
        }


class TestTestmode:
    @pytest.fixture
    def run(self, run: Runner) -> Runner:
        run.listener = Watcher()
        return run

    def test_it_shows_what_would_be_sent_and_sends_nothing(self, run, oomnitza):
        oomnitza.mappings["Made up"] = {"model": "MODEL"}
        outcome = run([{"serial": "S1", "name": "n", "model": "m"}, {}], testmode=True)
        assert run.listener.shown == [{"SERIAL": "S1", "NAME": "n", "MODEL": "m"}]
        assert books(outcome) == {"fetched": 2, "sent": 1, "incomplete": 1}
        assert {asked.method for asked in oomnitza.requests} == {"GET"}
        assert {asked.path for asked in oomnitza.requests} == {"/api/v2/mappings"}
        assert oomnitza.runs() == []

    def test_it_shows_each_record_before_the_next_is_fetched(self, run, source):
        seen = []
        run.listener.show = lambda section, record, before: seen.append(source.given)
        run(devices(3), testmode=True)
        assert seen == [1, 2, 3]

    def test_without_oomnitza_it_goes_on_with_the_local_mapping_and_says_so(self, run, offline):
        run.oomnitza = replace(run.oomnitza, url=offline)
        outcome = run(devices(1), testmode=True)
        assert outcome.error is None
        assert run.listener.shown == [{"SERIAL": "S0", "NAME": "Mac 0"}]
        [note] = outcome.notes
        assert note.startswith(f"Without the mapping kept in Oomnitza: {offline}/api/v2/mappings:")
        assert "the connection was refused" in note

    @pytest.mark.parametrize(
        ("status", "body"), [(404, ""), (400, ""), (200, "<p>Maintenance</p>"), (200, "[]")]
    )
    def test_also_when_something_else_answers(self, run, oomnitza, status, body):
        oomnitza.fail_next(3, status, body)
        outcome = run(devices(1), testmode=True)
        assert outcome.error is None
        assert len(run.listener.shown) == 1
        assert "Without the mapping kept in Oomnitza" in outcome.notes[0]

    def test_a_wrong_token_is_told_here_too(self, run, source):
        run.oomnitza = replace(run.oomnitza, api_token="wrong")
        outcome = run(devices(1), testmode=True)
        assert isinstance(outcome.error, SignInError)
        assert run.listener.shown == []

    def test_without_the_servers_mapping_oomnitza_is_not_asked_at_all(self, run, oomnitza):
        run.set(use_server_map=False)
        assert books(run(devices(2), testmode=True)) == {"fetched": 2, "sent": 2}
        assert oomnitza.requests == []

    def test_a_sync_field_without_a_value_is_a_note(self, run):
        run.set(sync_field=("NOWHERE",))
        outcome = run(devices(1), testmode=True)
        assert outcome.error is None
        assert outcome.notes == [
            "An upload would be refused: the sync_field NOWHERE gets no value."
        ]
        assert len(run.listener.shown) == 1

    def test_a_closed_pipe_is_passed_on(self, run, source):
        def show(section: str, record: Any, before: Any) -> None:
            raise BrokenPipeError

        run.listener.show = show
        with pytest.raises(BrokenPipeError):
            run(devices(3), testmode=True)
        assert source.closed


class TestSavedData:
    def lines(self, path: Path) -> list[Any]:
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]

    def files(self, folder: Path) -> tuple[Path, Path]:
        [fetched], [uploads] = folder.glob("*.fetched.jsonl"), folder.glob("*.uploads.jsonl")
        return fetched, uploads

    def test_each_record_is_kept_as_it_came_and_as_it_was_sent(self, run, oomnitza, tmp_path):
        oomnitza.refuse = lambda record: "bad" if record["SERIAL"] == "S1" else None
        items = [*devices(2), {"name": "Zoë 佐藤", "deep": {"list": [1, None]}}, RecordGone("x")]
        outcome = run([*items, {"serial": "S3", "more": True}], save_data=tmp_path / "saved_data")
        fetched, uploads = self.files(tmp_path / "saved_data")
        assert self.lines(fetched) == [*items[:3], {"serial": "S3", "more": True}]
        assert self.lines(uploads) == [
            {"SERIAL": "S0", "NAME": "Mac 0"},
            {"SERIAL": "S1", "NAME": "Mac 1"},  # refused, but this is what was sent
            {"SERIAL": "S3", "NAME": None},
        ]
        assert outcome.notes == [f"Saved: {fetched} and {uploads.name}"]

    def test_the_files_are_their_owners_alone(self, run, tmp_path):
        run(devices(1), save_data=tmp_path / "saved_data")
        for path in self.files(tmp_path / "saved_data"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert path.name.startswith("made_up.")
        assert stat.S_IMODE((tmp_path / "saved_data").stat().st_mode) == 0o700

    def test_the_source_is_asked_for_everything(self, run, source, tmp_path):
        run(devices(1), save_data=tmp_path)
        assert source.sources.everything

    def test_secrets_are_masked(self, run, tmp_path):
        secrets.remember("pass word")
        run([{"serial": "S1", "name": "my pass word", "a": ["sandbox-token"]}], save_data=tmp_path)
        saved = "".join(path.read_text("utf-8") for path in self.files(tmp_path))
        assert "pass word" not in saved
        assert "sandbox-token" not in saved

    def test_testmode_saves_what_it_would_send(self, run, oomnitza, tmp_path):
        run(devices(2), testmode=True, save_data=tmp_path)
        fetched, uploads = self.files(tmp_path)
        assert len(self.lines(fetched)) == 2
        assert self.lines(uploads)[0] == {"SERIAL": "S0", "NAME": "Mac 0"}

    def test_the_records_of_a_run_that_breaks_off_are_kept(self, run, tmp_path):
        run([*devices(2), KeyboardInterrupt()], save_data=tmp_path)
        fetched, uploads = self.files(tmp_path)
        assert (len(self.lines(fetched)), len(self.lines(uploads))) == (2, 2)

    def test_two_runs_at_the_same_time_keep_files_of_their_own(self, run, tmp_path):
        for _ in range(3):
            run(devices(2), save_data=tmp_path)
        assert [len(self.lines(path)) for path in tmp_path.glob("*.fetched.jsonl")] == [2, 2, 2]

    def test_a_folder_that_cannot_be_made_stops_the_run(self, run, source, tmp_path):
        (tmp_path / "file").touch()
        outcome = run(devices(2), save_data=tmp_path / "file" / "saved_data")
        assert isinstance(outcome.error, ConfigurationError)
        assert "the data cannot be saved" in str(outcome.error)
        assert source.given == 0


def test_one_record_is_never_in_two_places(run, oomnitza):
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
    assert books(outcome) == {
        "fetched": 300 + kinds["RecordUnreadable"],
        "incomplete": empty,
        "rejected": sevens + kinds["RecordUnreadable"],
        "sent": 300 - empty - sevens,
        "vanished": kinds["RecordGone"],
    }
    assert oomnitza.count("assets") == 300 - empty - sevens


class TestPeople:
    @pytest.fixture
    def people(self, run: Runner, source: type[MadeUp]) -> Runner:
        source.data_type = "users"
        source.mapping = {"USER": {"source": "login"}, "NAME": {"source": "name"}}
        run.set(sync_field=())
        return run

    def test_without_a_login_they_are_incomplete(self, people, oomnitza):
        outcome = people([{"login": "ada", "name": "Ada"}, {"login": " ", "name": "Nobody"}])
        assert books(outcome) == {"fetched": 2, "sent": 1, "incomplete": 1}
        assert [person["USER"] for person in oomnitza.records("users")] == ["ada"]


class TestRefusals:
    def test_when_all_of_the_first_are_refused_the_others_are_not_tried(self, run, oomnitza):
        oomnitza.refuse = lambda _: "no such field"
        outcome = run(devices(200))
        assert (outcome.tally.rejected, outcome.tally.sent) == (outcome.tally.fetched, 0)
        assert outcome.tally.rejected % 100 == 0
        assert "took none of the first 100 records" in str(outcome.error)
