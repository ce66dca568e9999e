"""The fields of a past run and what it changed, as text and as JSON."""

import json
import re
from pathlib import Path

import pytest

from lib import secrets
from lib.report import rundetails
from lib.state import Change, FieldCount
from tests.lib.report.test_ledgertext import _in_utc, past

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "cli.md").read_text("utf-8")
in_utc = _in_utc

RUN = past(id=11, counts={"ready": 293, "fetched": 300})
FIELDS = [
    FieldCount("EMAIL", 293, '{"source": "mail"}'),
    FieldCount("PERMISSIONS_ID", 293, '{"setting": "default_role"}'),
    FieldCount("PHONE", 0, '{"source": "telephoneNumbr", "converter": "phone"}'),
    FieldCount("POSITION", 180, '{"source": "title"}'),
]
CHANGES = [
    Change("adalove1", {"POSITION": ("Analyst", "Engineer"), "PHONE": ("555-0001", None)}),
    Change("noneil40", {"PHONE": ("555-0040", None)}),
]


def shown_on_the_page(begin):
    blocks = re.findall(r"^```\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    [found] = [text for text in blocks if text.startswith(begin)]
    return found.splitlines()


def test_fields_are_as_the_page_shows_them():
    expected = shown_on_the_page("[ldap] run 11 (2026-11-23 02:15, complete): 293")
    assert list(rundetails.fields(RUN, FIELDS)) == expected


def test_changes_are_as_the_page_shows_them():
    expected = shown_on_the_page("[ldap] run 11 (2026-11-23 02:15, complete): 2 changed")
    assert list(rundetails.changes(RUN, CHANGES)) == expected


def test_unknown_fields_and_no_changes_are_sentences():
    title = "[ldap] run 11 (2026-11-23 02:15, complete)"
    assert list(rundetails.fields(RUN, [])) == [f"{title}: the fields are not known."]
    assert list(rundetails.changes(RUN, [])) == [
        f"{title}: no changed fields. Changes are kept for 7 days."
    ]


def test_changes_that_are_not_all_kept_say_so():
    lines = list(rundetails.changes(past(counts={"changes_cut": 1}), CHANGES))
    assert lines[1] == "  The run may have changed more records. Only the first ones are kept."


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        ("", '""'),
        (0, "0"),
        (["a", 1], '["a", 1]'),
        ("\x1b[2J", "\\x1b[2J"),
        ("x" * 100, "x" * 57 + "..."),
    ],
)
def test_values_are_short_and_without_control_characters(value, text):
    [line] = list(rundetails.changes(RUN, [Change("ada", {"A": ("b", value)})]))[-1:]
    assert line == f"    A: b → {text}"


def test_secrets_are_masked():
    with secrets.apart():
        secrets.remember("hunter2-hunter2")
        changed = [Change("ada", {"A": ("hunter2-hunter2", ["hunter2-hunter2"])})]
        for lines in (rundetails.changes(RUN, changed), rundetails.changes_json(RUN, changed)):
            assert "hunter2" not in "\n".join(lines)


def test_json_has_an_object_for_each_field_and_each_record():
    fields = [json.loads(line) for line in rundetails.fields_json(RUN, FIELDS)]
    assert fields[2] == {
        "run": 11,
        "section": "ldap",
        "records": 293,
        "field": "PHONE",
        "filled": 0,
        "mapping": {"source": "telephoneNumbr", "converter": "phone"},
    }
    changed = [json.loads(line) for line in rundetails.changes_json(RUN, CHANGES)]
    assert changed[1] == {
        "run": 11,
        "section": "ldap",
        "key": "noneil40",
        "fields": {"PHONE": {"before": "555-0040", "after": None}},
    }
