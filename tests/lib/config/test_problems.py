"""Mistakes as data: where they are, how grave, and the lines that are made of them."""

import pickle

import pytest

from lib.config import config
from lib.config.problems import InvalidConfig, Problem, by_line, render
from lib.errors import ConfigurationError, ExitCode

INI = """\
stray = 1
[oomnitza]
url = https://acme.oomnitza.com
api_token = a-token-of-oomnitza
[ldap]
enable = True
url = ldap://ldap.example.com
username = reader
pasword = a-password-of-ldap
base_dn = dc=acme,dc=com
default_role = many
default_position = Employee
[casper]
enable = maybe
url = nowhere
recordfilter =
    return retrun
"""


@pytest.fixture
def ini(tmp_path):
    path = tmp_path / "config.ini"
    path.write_text(INI, "utf-8")
    return path


ENABLED = [
    ("", "", 1, "warning"),
    ("ldap", "password", 5, "error"),
    ("ldap", "pasword", 9, "warning"),
    ("ldap", "default_role", 11, "error"),
    ("casper", "enable", 14, "warning"),
]


def places(problems):
    return [(item.section, item.key, item.line, item.severity) for item in problems]


@pytest.mark.parametrize(
    ("problem", "line"),
    [
        (Problem("ldap", "url", 3, "no address"), "x.ini: line 3 [ldap] url: no address"),
        (Problem("ldap", "", 3, "no bracket", "warning"), "x.ini: line 3 [ldap]: no bracket"),
        (Problem("", "", 1, "is ignored"), "x.ini: line 1: is ignored"),
        (Problem("", "", 0, "there is nothing"), "x.ini: there is nothing"),
    ],
)
def test_a_problem_in_words_says_where_it_is(problem, line, tmp_path):
    path = tmp_path / "x.ini"
    assert render(path, problem) == f"{path.parent / line}"


def test_what_load_raises_carries_every_problem_as_data_and_says_them_all(ini):
    with pytest.raises(ConfigurationError) as caught:
        config.load_config(ini, ["ldap"])
    error = caught.value
    assert isinstance(error, InvalidConfig)
    assert places(error.problems) == [place for place in ENABLED if place[0] != "casper"]
    assert str(error) == "\n".join(render(ini, item) for item in error.problems)
    labels = [line.partition(f": {ini}: line ")[0] for line in error.labeled.splitlines()]
    assert labels == ["Warning", "Error", "Warning", "Error"]
    assert error.exit_code is ExitCode.CONFIGURATION


def test_an_invalid_config_can_be_pickled(ini):
    error = InvalidConfig(ini, [Problem("ldap", "url", 3, "no address")])
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.problems, str(again)) == (InvalidConfig, error.problems, str(error))


def test_a_whole_file_is_looked_at_without_raising(ini):
    assert places(config.problems(ini)) == ENABLED


def test_what_is_disabled_is_looked_at_where_that_is_asked(ini):
    found = [item for item in places(config.problems(ini, disabled=True)) if item not in ENABLED]
    assert ("casper", "url", 15, "error") in found
    assert ("casper", "recordfilter", 17, "error") in found
    assert {section for section, *_ in found} == {"casper"}


def test_by_line_sorts_by_line_and_puts_errors_before_warnings():
    problems = [
        Problem("a", "x", 3, "third", "warning"),
        Problem("a", "y", 3, "second"),
        Problem("a", "z", 2, "first", "warning"),
        Problem("", "", 0, "the file"),
    ]
    assert [item.text for item in by_line(problems)] == ["the file", "first", "second", "third"]


@pytest.mark.parametrize("content", [None, b"[ldap]\nurl = \xff\n"])
def test_a_file_that_cannot_be_read_is_one_problem_in_the_words_that_load_uses(tmp_path, content):
    path = tmp_path / "other.ini"
    if content:
        path.write_bytes(content)
    (problem,) = config.problems(path)
    with pytest.raises(ConfigurationError) as caught:
        config.load_config(path, [])
    assert render(path, problem) == str(caught.value)


def test_a_file_without_mistakes_has_no_problems(tmp_path):
    path = tmp_path / "config.ini"
    path.write_text("[oomnitza]\nurl = https://acme.oomnitza.com\napi_token = x\n", "utf-8")
    assert config.problems(path) == []
