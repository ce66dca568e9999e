"""Connectors and converters are found by the names of their files."""

import sys

import pytest

import converters
from lib import plugins


@pytest.fixture
def new_converter(tmp_path, monkeypatch):
    """A folder in which new converters appear."""
    (tmp_path / "Shout.py").write_text('"""Loud."""\n\nLOUD = True\n', "utf-8")
    (tmp_path / "_helper.py").write_text("", "utf-8")
    (tmp_path / "notes.txt").write_text("", "utf-8")
    monkeypatch.setattr(converters, "__path__", [*converters.__path__, str(tmp_path)])
    yield
    sys.modules.pop("converters.Shout", None)


def test_the_names_are_those_of_the_files_sorted():
    names = plugins.plugin_names("connectors")
    assert {"casper", "ldap"} <= set(names)
    assert names == sorted(names)
    assert not any(name.startswith("_") for name in names)


def test_a_new_file_is_a_new_plugin(new_converter):
    assert "Shout" in plugins.plugin_names("converters")
    assert "_helper" not in plugins.plugin_names("converters")
    assert "notes" not in plugins.plugin_names("converters")
    assert plugins.load_plugin("converters", "Shout").LOUD


def test_finding_names_imports_none_of_them(new_converter):
    assert plugins.find("converters", "shout") == "Shout"
    assert "converters.Shout" not in sys.modules


def test_a_name_is_found_in_any_case():
    assert plugins.find("connectors", "Casper") == "casper"
    assert plugins.find("connectors", "LDAP") == "ldap"
    assert plugins.find("connectors", "casp") is None
    assert plugins.find("connectors", "") is None


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("caspar", "did you mean Casper?"),
        ("LDPA", "did you mean ldap?"),
        ("zendesk", ""),
        ("", ""),
    ],
)
def test_near_names_are_offered_as_they_are_written(word, answer):
    assert plugins.did_you_mean(word, ["Casper", "ldap"]) == answer


def test_nothing_is_near_when_nothing_is_known():
    assert plugins.did_you_mean("ldap", []) == ""
