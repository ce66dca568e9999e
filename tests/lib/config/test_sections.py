"""Mistakes in what sections share, and in the names of fields, told where they matter."""

import pytest

from lib.config import config
from lib.config.problems import render
from lib.errors import ConfigurationError

INI = """\
[oomnitza]
url = https://acme.oomnitza.com
api_token = a-token-of-oomnitza

[run]
converters_folder = own

[casper]
enable = yes
url = https://jss.jamfcloud.com/example
username = auditor
password = a-password-of-casper
"""


@pytest.fixture
def told(tmp_path):
    """What is wrong, and what is odd, with lines of [casper] and what stands below them."""
    (tmp_path / "own").mkdir()

    def told(text, **files):
        for name, code in files.items():
            (tmp_path / "own" / f"{name}.py").write_text(code, "utf-8")
        path = tmp_path / "config.ini"
        path.write_text(INI + text, "utf-8")
        try:
            return "", "\n".join(
                render(path, item) for item in config.load_config(path, ["casper"]).warnings
            )
        except ConfigurationError as error:
            return str(error), ""

    return told


@pytest.mark.parametrize(("api", "warned"), [("v3", True), ("v2", False)])
def test_dont_overwrite_is_a_warning_unless_the_older_api_has_it(tmp_path, api, warned):
    path = tmp_path / "config.ini"
    text = INI.replace("[run]", f"api = {api}\n\n[run]").replace("converters_folder = own", "")
    path.write_text(f"{text}dont_overwrite = OWNER\nsync_field = SERIAL\n", "utf-8")
    warnings = [render(path, item) for item in config.load_config(path, ["casper"]).warnings]
    sentence = (
        f"{path}: line 15 [casper] dont_overwrite: no effect with `api = v3` in [oomnitza]. Remove"
        " the fields from the mapping of this section, or set empty_values = omit if only empty"
        " values must not overwrite"
    )
    assert warnings == ([sentence] if warned else [])


def test_dont_overwrite_of_users_is_a_warning_with_any_api(tmp_path):
    path = tmp_path / "config.ini"
    (tmp_path / "people.csv").write_text("login\n", "utf-8")
    path.write_text(
        "[oomnitza]\nurl = https://example.oomnitza.com\napi_token = t\napi = v2\n[csv_users]\n"
        "enable = yes\nfilename = people.csv\ndefault_role = 25\ndefault_position = unused\n"
        "mapping.USER = login\ndont_overwrite = PHONE\n",
        "utf-8",
    )
    warnings = config.load_config(path, ["csv_users"]).warnings
    [warning] = [item for item in warnings if item.key == "dont_overwrite"]
    assert warning.text.startswith("no effect for users. Remove the fields")


LOOKS_UP = 'mapping.A = {"source": "a", "converter": "lookup:table=Sites"}\n'
USES = 'mapping.A = {"source": "a", "converter": "Bad"}\n'
BAD = "[converters]\nbad = valeu\n"


def test_a_program_that_no_mapping_names_is_warned_about_only(told):
    assert told(BAD)[0] == ""
    assert "line 14 [converters] bad: unknown name `valeu`" in told(BAD)[1]


def test_a_program_that_a_mapping_names_has_to_be_right(told):
    problems, _ = told(USES + BAD)
    assert problems.count("unknown name `valeu`") == 1
    assert "line 15 [converters] bad: " in problems


def test_a_line_that_is_none_among_the_converters_matters_where_they_are_used(told):
    assert (
        "line 15 [converters]: expected `key = value` or `[section]`"
        in told("[converters]\nx = value\nodd\n")[1]
    )
    assert (
        "line 16 [converters]: expected `key = value` or `[section]`"
        in told(USES + "[converters]\nbad = 1\nodd\n")[0]
    )


def test_a_program_that_hides_a_converter_of_the_built_in_mapping_has_to_be_right(told):
    section = "mapping.B = {'source': 'b', 'converter': 'casper_date'}\n[converters]\n"
    assert "casper_date: unknown name" in told(f"{section}casper_date = valeu\n")[0]


def test_a_broken_file_is_a_mistake_of_the_ini(told):
    problems, _ = told(USES, bad="import sys\nsys.exit(3)\n")
    assert "line 13 [casper] mapping.A: " in problems
    assert "mapping.A: cannot load " in problems
    assert "bad.py: SystemExit: 3" in problems


def test_faults_of_a_table_are_told_where_it_is_used(told):
    table = "[lookup.sites]\nb = Berlin\nnothing\n"
    assert told(table) == ("", "")
    assert (
        "line 16 [lookup.sites]: expected `key = value` or `[section]`" in told(LOOKS_UP + table)[0]
    )


def test_oddities_and_duplicates_of_a_table_are_warned_about_where_it_is_used(told):
    table = "[lookup. Sites]\nb = Berlin\nB = Bonn\nstraße = 1\nstrasse = 2\n"
    assert told(table) == ("", "")
    problems, warnings = told(LOOKS_UP + table)
    assert problems == ""
    assert "b: this setting is also set on line 15; the value on this line is used" in warnings
    assert (
        "line 18 [lookup. Sites] strasse: this value is on several lines; the last one is used"
        in warnings
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("mapping. = a\n", "line 13 [casper] mapping.: the field name after `mapping.` is missing"),
        (
            "mapping.Y.Z = a\n",
            "'Y.Z' is not a valid field name; a field name cannot contain dots or spaces",
        ),
        (
            'mapping.G = a\nmapping."G" = b\n',
            "G is already mapped on line 13; remove one of the two",
        ),
        ("mapping.G = a..b\n", "line 13 [casper] mapping.G: the path a..b has an empty part"),
        ('mapping.G = {"source": "a", "source": "b"}\n', "'source' is set twice"),
    ],
)
def test_what_is_wrong_with_a_mapping_is_told_with_its_line(told, line, words):
    assert words in told(line)[0]


def test_a_section_may_map_otherwise_what_all_inherit(told):
    assert told('mapping."G" = b\n[DEFAULT]\nmapping.G = a\n') == ("", "")
