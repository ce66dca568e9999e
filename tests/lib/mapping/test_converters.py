"""Converters by name, and the text that calls them."""

import sys

import pytest

import converters
from lib.ini import Entry
from lib.mapping.converters import Resources, conversion, converter_names, parse_spec

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
        (r"regex:pattern=a\|b\d|flag", "regex", {"pattern": r"a|b\d", "flag": True}),
        (r"split:on=\\|index=1", "split", {"on": "\\", "index": "1"}),
        (r"split:on=\\\\|index=1", "split", {"on": r"\\", "index": "1"}),
        (r"x:a=\\\|b", "x", {"a": r"\\|b"}),
        (r"x:a=\d\\d\\", "x", {"a": r"\d\\d\\"}),
    ],
)
def test_a_spec_has_a_name_and_parameters(spec, name, params):
    assert parse_spec(spec) == (name, params)


def test_a_parameter_that_is_there_twice_is_told():
    with pytest.raises(ValueError, match="converter split: the parameter 'on' is set twice"):
        conversion("split:on=a|index=1| on =b")


def test_a_bar_that_a_backslash_has_swallowed_is_told_with_how_to_write_it():
    with pytest.raises(ValueError) as caught:
        conversion(r"split:on=\|index=1")
    assert str(caught.value).startswith("converter split: on: the backslash before |index= makes")
    assert str(caught.value).endswith(r"write two: \\|index= (in JSON four)")
    assert conversion(r"replace:old=\|new|new=x")("f", {}, "a|newb") == "axb"


def test_a_converter_gets_path_record_value_and_parameters(everything):
    convert = conversion("Everything:near=other|flag")
    params = {"near": "other", "flag": True}
    record = {"a": {"b": 1}, "other": 2}
    assert convert("a.b", record, 1) == ["a.b", record, 1, params]
    assert convert.name == "everything"
    assert convert.reads == {"other"}


def test_one_that_looks_at_its_value_only_reads_nothing_else():
    assert conversion("date_format").reads == frozenset()


def test_an_unknown_converter_is_told_with_those_there_are():
    with pytest.raises(
        ValueError, match=r"unknown converter 'dateformat'; did you mean date_format\?"
    ):
        conversion("dateformat")
    with pytest.raises(ValueError, match=r"unknown converter 'zzz'; use one of: .*ldap_user_field"):
        conversion("zzz:a=1")


def test_several_behind_bars_are_no_converter_and_told_how_to_be_written():
    with pytest.raises(ValueError, match=r'Write several converters as a list: \["one", "other"\]'):
        conversion("date_format|first_from_full")


# --- parameters that a file declares

DECLARED = """
from lib.mapping.converters import Parameter
from lib.settings import boolean, whole_number

PARAMETERS = {
    "index": Parameter("Which part.", parse=whole_number),
    "on": Parameter("Where to split.", default="-"),
    "quick": Parameter("Or not.", default=False, parse=boolean),
}


def converter(field, record, value, params):
    return params
"""


@pytest.fixture
def folder(tmp_path):
    """Write files of converters into a folder of the administrator's."""

    def write(**files):
        for name, text in files.items():
            (tmp_path / f"{name}.py").write_text(text, "utf-8")
        return Resources(folder=tmp_path)

    return write


@pytest.mark.parametrize(
    ("spec", "params"),
    [
        ("part:index=2", {"index": 2, "on": "-", "quick": False}),
        ("part:index=-1|on= ", {"index": -1, "on": " ", "quick": False}),
        ("part:index=0|quick", {"index": 0, "on": "-", "quick": True}),
        ("part:index=0|quick=no", {"index": 0, "on": "-", "quick": False}),
    ],
)
def test_declared_parameters_are_read_and_have_defaults(folder, spec, params):
    assert conversion(spec, folder(part=DECLARED))("f", {}, 1) == params


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("part", "converter part: the parameter index is missing. Which part."),
        ("part:index", "converter part: the parameter index needs a value: index=..."),
        ("part:index=two", "converter part: index: 'two' is not a whole number"),
        ("part:indx=2", "converter part: unknown parameter 'indx'; did you mean index?"),
        ("part:zzz=2", "converter part: unknown parameter 'zzz'; use one of: index, on, quick"),
        ("part:index=1|quick=so", "converter part: quick: 'so' is neither True nor False"),
    ],
)
def test_what_is_wrong_with_parameters_is_told_when_they_are_read(folder, spec, words):
    with pytest.raises(ValueError) as caught:
        conversion(spec, folder(part=DECLARED))
    assert str(caught.value) == words


def test_what_a_file_prepares_is_what_its_converter_gets(folder):
    text = """
def prepare(params, resources):
    if "bad" in params:
        raise ValueError("bad is bad")
    return {"made": 1, **params}

def converter(field, record, value, params):
    return params
"""
    resources = folder(ready=text)
    assert conversion("ready:a=b", resources)("f", {}, 0) == {"made": 1, "a": "b"}
    with pytest.raises(ValueError, match="converter ready: bad is bad"):
        conversion("ready:bad", resources)


# --- files of the administrator's, and programs of the ini


def test_a_file_of_ones_own_hides_the_one_that_comes_along_and_may_look_at_anything(folder):
    text = "def converter(field, record, value, params):\n    return record['other']\n"
    convert = conversion("DATE_format", folder(date_format=text))
    assert convert("f", {"other": 5}, "2024-01-01") == 5
    assert convert.reads is None


def test_a_file_of_ones_own_may_say_what_it_reads(folder):
    text = "def reads(params):\n    return ['x.y']\ndef converter(f, r, v, p):\n    return v\n"
    assert conversion("tiny", folder(tiny=text)).reads == {"x.y"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def converter(:\n", r"cannot load .*odd.py: SyntaxError: invalid syntax"),
        ("import nothing_of_that_name\n", r"cannot load .*odd.py: ModuleNotFoundError"),
        ("x = 1\n", r"odd.py: the function converter\(field, record, value, params\)"),
    ],
)
def test_a_file_that_cannot_be_used_is_told(folder, text, words):
    with pytest.raises(ValueError, match=words):
        conversion("odd", folder(odd=text))


def test_a_program_of_the_ini_is_found_in_any_case_and_hides_all_others(folder):
    resources = folder(date_format="def converter(f, r, v, p):\n    return 1\n")
    program = Entry("date_format", "\n    if value:\n        return params.get('x')", 3)
    resources = Resources({"date_format": program}, folder=resources.folder)
    convert = conversion("Date_Format:x=yes", resources)
    assert convert("f", {}, 1) == "yes"
    assert convert("f", {}, 0) is None
    assert convert.reads == frozenset()


def test_all_names_are_known(folder):
    resources = Resources({"mine": Entry("mine", "value", 1)}, folder=folder(_no="", own="").folder)
    known = converter_names(resources)
    assert {"mine", "own", "date_format"} <= set(known)
    assert "_no" not in known
    with pytest.raises(ValueError, match=r"did you mean mine\?"):
        conversion("minee", resources)
