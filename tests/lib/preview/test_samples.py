"""What `check` finds in a few records: the filter, the sync key, source paths, and values."""

import pytest

from lib.config import config
from lib.errors import ExitCode
from lib.preview.check import check_section
from lib.preview.finding import CheckStep, Severity
from sandbox.oomnitza import Oomnitza
from sandbox.web import WebServer

INI = """
[oomnitza]
url = {url}
api_token = sandbox-token
retries = 0
[{name}]
enable = True
filename = records.jsonl
{more}
"""
RECORDS = (
    '{"serial": "S1", "Model": "Mac", "phone": null, "disk": [{"size": 5}], "general": {"a": 1}}\n'
    '{"serial": "S2", "Model": "PC", "phone": null, "disk": [], "general": {"a": 2}}\n'
)


@pytest.fixture
def check(tmp_path):
    """Check a section of a file with two records; returns (severity, text, exit code) by step."""
    (tmp_path / "records.jsonl").write_text(RECORDS, "utf-8")

    def found(more, name="jsonl_assets", step=CheckStep.MAPPING):
        with WebServer(Oomnitza().app) as target:
            path = tmp_path / "config.ini"
            path.write_text(INI.format(url=target.url, name=name, more=more), "utf-8")
            loaded = config.load_config(path, [name])
            findings = list(check_section(loaded.sections[0], loaded.oomnitza))
        return [
            (each.severity, each.text, each.exit_code) for each in findings if each.step is step
        ]

    return found


SERIAL = "sync_field = SERIAL\nmapping.SERIAL = serial\n"


def test_mapping_in_order_has_no_finding(check):
    assert check(f"{SERIAL}mapping.MODEL = Model") == []


def test_field_that_exists_but_is_empty_is_a_note_without_a_question(check):
    assert check(f"{SERIAL}mapping.PHONE = phone") == [
        (Severity.NOTE, "mapping.PHONE: 'phone' is empty in all sample records", ExitCode.OK)
    ]


def test_path_that_differs_in_case_fails_with_the_right_one(check):
    [(severity, text, code)] = check(f"{SERIAL}mapping.MODEL = model")
    assert (severity, code) == (Severity.FAILED, ExitCode.CONFIGURATION)
    assert text.endswith("contains the source path 'model'. Did you mean Model?")


def test_text_in_place_of_a_path_is_a_note_with_the_way_to_send_it(check):
    [(severity, text, _)] = check(f"{SERIAL}mapping.LOCATION = Berlin Office")
    assert severity is Severity.NOTE
    assert text.endswith(
        'To send this text itself, write `mapping.LOCATION = {"hardcoded": "Berlin Office"}`'
    )


def test_comment_after_a_path_is_a_note_about_comments(check):
    [(severity, text, _)] = check(f"{SERIAL}mapping.LOCATION = where # the office")
    assert severity is Severity.NOTE
    assert text.endswith("A comment is not possible after a value; remove it, if this is one")


def test_path_to_objects_is_a_note_with_a_path_to_a_value(check):
    [(severity, text, _)] = check(f"{SERIAL}mapping.DISK = disk")
    assert severity is Severity.NOTE
    assert text.startswith("DISK: the source path 'disk' leads to objects")
    assert text.endswith("for example disk[0].size.")


def test_assets_without_a_sync_field_are_a_note(check):
    [(severity, text, _)] = check("mapping.SERIAL = serial")
    assert severity is Severity.NOTE
    assert text.startswith("no sync_field is set, so the sync key selected in Oomnitza applies")


def test_users_without_a_user_are_a_note(check):
    [(severity, text, _)] = check(
        "default_role = 25\ndefault_position = unused\nmapping.EMAIL = serial", name="jsonl_users"
    )
    assert (severity, text[:18]) == (Severity.NOTE, "USER is not mapped")


@pytest.mark.parametrize(
    ("statement", "severity", "text"),
    [
        ('record.Model == "PC"', Severity.OK, "record filter: keeps 1 of 2 sample records"),
        ('record.Model == "Nut"', Severity.NOTE, "record filter: keeps 0 of 2 sample records"),
    ],
)
def test_filter_tells_how_many_records_it_keeps(check, statement, severity, text):
    found = check(f"{SERIAL}recordfilter = {statement}", step=CheckStep.FILTER)
    assert found == [(severity, text, ExitCode.OK)]


def test_field_that_only_the_filter_names_is_a_note_with_a_question(check):
    _, found = check(f'{SERIAL}recordfilter = record.Modell != "x"', step=CheckStep.FILTER)
    text = "record filter: no sample record contains 'Modell'. Did you mean Model?"
    assert found == (Severity.NOTE, text, ExitCode.OK)


def test_empty_field_in_the_filter_is_no_finding(check):
    found = check(f"{SERIAL}recordfilter = not record.phone", step=CheckStep.FILTER)
    assert [severity for severity, _, _ in found] == [Severity.OK]
