"""Converters by name, and the text that calls them."""

import sys

import pytest

import converters
from lib.converters import conversion, parse_spec

CODE = '''
"""All that a converter gets."""


def reads(params):
    return [params["near"]]


def converter(field, record, value, params):
    return [field, record, value, params]
'''


@pytest.fixture
def everything(tmp_path, monkeypatch):
    (tmp_path / "everything.py").write_text(CODE, "utf-8")
    monkeypatch.setattr(converters, "__path__", [*converters.__path__, str(tmp_path)])
    yield
    sys.modules.pop("converters.everything", None)


@pytest.mark.parametrize(
    ("spec", "name", "params"),
    [
        ("date_format", "date_format", {}),
        ("split:on=,|index=1", "split", {"on": ",", "index": "1"}),
        ("split:on=:|flag", "split", {"on": ":", "flag": True}),
        (" memberOf : cn=x=1 | default= - ", "memberOf", {"cn": "x=1 ", "default": " - "}),
        ("name:", "name", {}),
        ("name:key=", "name", {"key": ""}),
    ],
)
def test_a_spec_has_a_name_and_parameters(spec, name, params):
    assert parse_spec(spec) == (name, params)


def test_a_converter_gets_path_record_value_and_parameters(everything):
    convert = conversion("Everything:near=other|flag")
    params = {"near": "other", "flag": True}
    record = {"a": {"b": 1}, "other": 2}
    assert convert("a.b", record, 1) == ["a.b", record, 1, params]
    assert convert.name == "everything"
    assert convert.reads == ("other",)


def test_one_that_looks_at_its_value_only_reads_nothing_else():
    assert conversion("date_format").reads == ()


def test_an_unknown_converter_is_told_with_those_there_are():
    with pytest.raises(ValueError, match=r"no converter 'dateformat'; did you mean date_format\?"):
        conversion("dateformat")
    with pytest.raises(ValueError, match=r"no converter 'zzz'; there are: .*ldap_user_field"):
        conversion("zzz:a=1")
