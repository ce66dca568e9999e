"""Testmode shows what would be sent, and changes nothing."""

from dataclasses import replace
from typing import Any

import pytest

from lib.errors import SignInError
from lib.run.plan import NOT_READ
from tests.run.made_up import Runner, Watcher, counts, devices


class TestTestmode:
    @pytest.fixture
    def run(self, run: Runner) -> Runner:
        run.listener = Watcher()
        return run

    def test_testmode_shows_records_and_sends_nothing(self, run, oomnitza):
        oomnitza.mappings["Made up"] = {"model": "MODEL"}
        outcome = run([{"serial": "S1", "name": "n", "model": "m"}, {}], testmode=True)
        assert run.listener.shown == [{"SERIAL": "S1", "NAME": "n", "MODEL": "m"}]
        assert counts(outcome) == {"fetched": 2, "sent": 1, "incomplete": 1}
        assert {asked.method for asked in oomnitza.requests} == {"GET"}
        assert {asked.path for asked in oomnitza.requests} == {"/api/v2/mappings"}
        assert oomnitza.runs() == []

    def test_testmode_shows_each_record_before_the_next_is_fetched(self, run, source):
        seen = []
        run.listener.show = lambda section, record, before: seen.append(source.given)
        run(devices(3), testmode=True)
        assert seen == [1, 2, 3]

    def test_testmode_without_target_uses_the_local_mapping(self, run, offline):
        run.oomnitza = replace(run.oomnitza, url=offline)
        outcome = run(devices(1), testmode=True)
        assert outcome.error is None
        assert run.listener.shown == [{"SERIAL": "S0", "NAME": "Mac 0"}]
        [warning] = outcome.warnings
        assert warning.startswith(f"{NOT_READ}: {offline}/api/v2/mappings:")
        assert "the connection was refused" in warning

    @pytest.mark.parametrize(
        ("status", "body"), [(404, ""), (400, ""), (200, "<p>Maintenance</p>"), (200, "[]")]
    )
    def test_testmode_with_wrong_server_uses_the_local_mapping(self, run, oomnitza, status, body):
        oomnitza.fail_next(3, status, body)
        outcome = run(devices(1), testmode=True)
        assert outcome.error is None
        assert len(run.listener.shown) == 1
        assert NOT_READ in outcome.warnings[0]

    def test_testmode_with_wrong_token_fails(self, run, source):
        run.oomnitza = replace(run.oomnitza, api_token="wrong")
        outcome = run(devices(1), testmode=True)
        assert isinstance(outcome.error, SignInError)
        assert run.listener.shown == []

    def test_testmode_without_server_map_makes_no_request(self, run, oomnitza):
        run.set(use_server_map=False)
        assert counts(run(devices(2), testmode=True)) == {"fetched": 2, "sent": 2}
        assert oomnitza.requests == []

    def test_testmode_with_unmapped_sync_field_is_a_warning(self, run):
        run.set(sync_field=("NOWHERE",))
        outcome = run(devices(1), testmode=True)
        assert outcome.error is None
        assert outcome.warnings == ["An upload would fail: the sync key NOWHERE is not mapped."]
        assert len(run.listener.shown) == 1

    def test_testmode_with_closed_pipe_raises(self, run, source):
        def show(section: str, record: Any, before: Any) -> None:
            raise BrokenPipeError

        run.listener.show = show
        with pytest.raises(BrokenPipeError):
            run(devices(3), testmode=True)
        assert source.closed
