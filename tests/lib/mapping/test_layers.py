"""The three layers of a section's mapping, and what is wrong with them as a whole."""

import pytest

from lib.connector import AssetConnector, UserConnector
from lib.errors import ConfigurationError
from lib.mapping import layers
from lib.sectionsettings import AssetSettings, UserSettings


class People(UserConnector):
    title = "People"
    mapping = {"USER": {"source": "login"}, "EMAIL": {"source": "mail"}}
    converters = {"mail": "first_from_full"}

    def check(self):
        pass

    def records(self, projection):
        yield {}


class Devices(AssetConnector):
    title = "Devices"

    def check(self):
        pass

    def records(self, projection):
        yield {}


def people(**settings):
    return People(UserSettings(default_role="25", default_position="unused", **settings))


def devices(*sync_field):
    return Devices(AssetSettings(sync_field=sync_field))


def test_the_ini_counts_before_the_server_and_the_server_before_what_is_built_in():
    server = {"name": "USER", "phone": ["PHONE", "mobile"]}
    fields = layers.effective_mapping(people(), {"PHONE": {"source": "tel"}}, server)
    assert {
        name: item.attributes["source"] for name, item in fields.items() if name != "PERMISSIONS_ID"
    } == {
        "USER": "name",
        "EMAIL": "mail",
        "PHONE": "tel",
        "MOBILE": "phone",
    }
    assert fields["USER"].layers["source"] == "server"
    assert fields["PHONE"].layers["source"] == "ini"
    assert fields["EMAIL"].attributes["converter"] == "first_from_full"


def test_what_recognises_a_record_is_required():
    fields = layers.effective_mapping(people(sync_field=("email",)), {})
    assert [name for name, item in fields.items() if item.required] == ["USER", "EMAIL"]
    assert fields["EMAIL"].layers["required"] == "sync_field"
    fields = layers.effective_mapping(devices("SERIAL"), {"SERIAL": {"source": "s"}})
    assert fields["SERIAL"].required


def test_a_sync_field_that_nothing_fills_is_found():
    source = devices("serial", "TAG")
    fields = layers.effective_mapping(source, {"TAG": {"source": "t"}})
    assert layers.unmapped_sync_fields(source, fields) == ["SERIAL"]


def test_a_field_without_an_origin_is_an_error():
    with pytest.raises(
        ConfigurationError, match=r"mapping\.A needs a source, a setting, or a hardcoded value"
    ):
        layers.effective_mapping(devices(), {"A": {"converter": "date_format"}})


def test_a_field_that_oomnitza_fills_twice_is_told_unless_the_ini_decides():
    server = {"a": "NAME", "b": ["name", "TAG"], "c": "TAG"}
    assert layers.doubly_mapped(server, {"TAG": {"source": "x"}, "NAME": {"required": True}}) == [
        "the mapping in Oomnitza fills NAME from a and b; only the last one is used"
    ]
    assert layers.doubly_mapped({"a": "NAME"}, {}) == []
