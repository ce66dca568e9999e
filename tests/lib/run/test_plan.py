"""What a section will do, worked out before it does it."""

from __future__ import annotations

import sys
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from lib.checkpoint import Checkpoint
from lib.config.sections import Section
from lib.connector import AssetConnector
from lib.errors import SignInError, TargetRefused, TargetUnavailable
from lib.ini import Entry
from lib.run.plan import NOT_READ, make_plan
from lib.sectionsettings import AssetSettings


class Devices(AssetConnector[AssetSettings]):
    title = "Devices"
    mapping = {"SERIAL": {"source": "hardware.serial"}, "NAME": {"source": "name"}}

    def check(self) -> None: ...

    def records(self, projection: Any) -> Any:
        yield {}


class Target:
    """Answers with a mapping, or fails; `asked` are the calls."""

    def __init__(self, mapping: dict[str, Any] | None = None, error: Exception | None = None):
        self.asked: list[str] = []
        self._mapping = mapping or {}
        self._error = error

    def sign_in(self) -> None:
        self.asked.append("sign in")
        if self._error:
            raise self._error

    def server_mapping(self, name: str) -> dict[str, Any]:
        self.asked.append(f"mapping {name}")
        return self._mapping

    def locations(self) -> list[Any]:
        return []


@pytest.fixture
def section(monkeypatch) -> Section:
    module = ModuleType("connectors.made_up")
    module.Connector = Devices  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return Section("made_up", "made_up", AssetSettings(sync_field=("serial",)), mapping={})


def with_settings(section: Section, **changes: Any) -> Section:
    return replace(section, settings=replace(section.settings, **changes))


class TestServerMapping:
    def test_server_mapping_is_a_layer_of_the_fields(self, section):
        target = Target({"tag": "ASSET_TAG"})
        plan = make_plan(section, target, strict=True)
        assert plan.fields["ASSET_TAG"].layers["source"] == "server"
        assert target.asked == ["sign in", "mapping Devices"]
        assert not plan.without_server

    def test_make_plan_strict_signs_in_without_server_map(self, section):
        target = Target({"tag": "ASSET_TAG"})
        plan = make_plan(with_settings(section, use_server_map=False), target, strict=True)
        assert target.asked == ["sign in"]
        assert set(plan.fields) == {"SERIAL", "NAME"}

    def test_make_plan_for_a_preview_without_server_map_makes_no_request(self, section):
        target = Target()
        make_plan(with_settings(section, use_server_map=False), target, strict=False)
        assert target.asked == []

    @pytest.mark.parametrize("kind", [TargetUnavailable, TargetRefused])
    def test_make_plan_for_a_preview_without_target_has_a_note(self, section, kind):
        plan = make_plan(section, Target(error=kind("it is away")), strict=False)
        assert plan.notes == (f"{NOT_READ}: it is away",)
        assert plan.without_server

    @pytest.mark.parametrize("kind", [TargetUnavailable, TargetRefused, SignInError])
    def test_make_plan_strict_without_target_raises(self, section, kind):
        with pytest.raises(kind):
            make_plan(section, Target(error=kind("it is away")), strict=True)

    def test_make_plan_with_refused_credentials_raises(self, section):
        with pytest.raises(SignInError):
            make_plan(section, Target(error=SignInError("wrong token")), strict=False)

    def test_make_plan_with_a_doubly_mapped_field_has_a_note(self, section):
        plan = make_plan(section, Target({"a": "TAG", "b": "TAG"}), strict=True)
        assert plan.notes == (
            "the mapping in Oomnitza fills TAG from a and b; only the last one is used",
        )


class TestProjection:
    def test_projection_has_the_paths_of_mapping_and_filter(self, section):
        kept = replace(section, recordfilter=Entry("recordfilter", "return record.site == 1", 1))
        projection = make_plan(kept, None, strict=False).projection()
        assert projection.paths == {"hardware.serial", "name", "site"}
        assert not projection.everything

    def test_projection_with_unlimited_converter_is_everything(self, section, monkeypatch):
        mapper = make_plan(section, None, strict=False).mapper
        monkeypatch.setattr(type(mapper), "paths", None)
        assert make_plan(section, None, strict=False).projection().everything

    def test_projection_with_all_fields_is_everything(self, section):
        assert make_plan(section, None, strict=False).projection(all_fields=True).everything

    def test_projection_has_the_checkpoint(self, section):
        checkpoint = Checkpoint()
        assert (
            make_plan(section, None, strict=False).projection(checkpoint).checkpoint is checkpoint
        )


def test_unmapped_sync_fields_names_them(section):
    plan = make_plan(with_settings(section, sync_field=("TAG",)), None, strict=False)
    assert plan.unmapped_sync_fields == ["TAG"]
    assert plan.upload.key_fields == ()


def test_key_mapper_maps_key_fields_only(section):
    plan = make_plan(section, None, strict=False)
    record = {"hardware": {"serial": "S1"}, "name": "n"}
    assert plan.key_mapper(record).values == {"SERIAL": "S1"}
    assert plan.mapper(record).values == {"SERIAL": "S1", "NAME": "n"}
