"""The summary that ends a run, its exit code, and the table of mappings."""

import os
import signal
import time

import pytest

from lib.errors import (
    AccessDenied,
    ConfigurationError,
    ExitCode,
    Interrupted,
    SignInError,
    SourceFault,
    SourceUnavailable,
    TargetUnavailable,
    UnsafeRun,
)
from lib.interruption import Interruption
from lib.mapping import mapping
from lib.report.summary import command_exit_code, exit_code, mappings, summary, table
from lib.run.tally import Outcome, Tally


def outcome(section="ldap", error=None, seconds=0.04, **counts):
    return Outcome(section, Tally(**counts), seconds, error)


def test_a_run_ends_with_one_line_of_numbers_for_each_section():
    text = summary(
        [
            outcome(fetched=300, incomplete=7, sent=293),
            outcome("Casper.MDM", fetched=12, filtered=2, sent=7, rejected=2, unsent=1, seconds=61),
        ]
    )
    assert text.splitlines() == [
        "section     fetched  filtered  incomplete  sent  rejected  unsent  seconds",
        "ldap            300         0           7   293         0       0      0.0",
        "Casper.MDM       12         2           0     7         2       1     61.0",
        "Note: Run `connector.py rejects Casper.MDM` to list the rejected and unsent records.",
    ]


def test_below_the_numbers_stands_what_there_is_to_say():
    run = outcome(fetched=10, incomplete=2, sent=7, rejected=1, vanished=3)
    run.notes.append("Records saved in x.jsonl")
    run.warnings.append("An upload would fail.")
    run.note_conversion("BOUGHT", "bad date")
    run.note_incomplete("required field EMAIL is empty", "USER ada")
    run.note_rejected("no", "")
    run.note_incomplete("required field EMAIL is empty", "USER bob")
    run.server = {"added": 4, "updated": 0, "skipped": 0, "errors": 3}
    run.error = SourceUnavailable("it went away", where="https://x")
    run.missing = 1
    run.compared.update(new=1, same=2)
    assert summary([run]).splitlines()[2:] == [
        "Error: [ldap] https://x: it went away",
        "Warning: [ldap] Oomnitza reported errors for 2 records that it had accepted."
        " See the run log in Oomnitza.",
        "Warning: [ldap] 1 record rejected: no",
        "Warning: [ldap] 2 records incomplete: required field EMAIL is empty. Example: USER ada",
        "Warning: [ldap] BOUGHT: conversion failed in 1 record, so the field is empty."
        " Example: bad date",
        "Warning: [ldap] An upload would fail.",
        "Note: [ldap] Records saved in x.jsonl",
        "Note: [ldap] 3 records were listed by the source but could not be found.",
        "Note: [ldap] Compared with the last upload: 1 new, 0 changed, 2 unchanged",
        "Note: [ldap] Counts reported by Oomnitza: 4 added, 0 updated, 0 skipped, 3 errors",
        "Note: [ldap] 1 record sent by earlier runs is no longer in the source."
        " Run `connector.py missing ldap` to list it.",
        "Note: Run `connector.py rejects ldap` to list the rejected and unsent records.",
    ]


def test_records_that_a_safety_threshold_held_back_are_not_saved():
    held = outcome(fetched=30, unsent=30)
    held.error = UnsafeRun("safety threshold: only 30 records to send")
    assert "connector.py rejects" not in summary([held])
    held.tally.rejected = 1
    assert "connector.py rejects" in summary([held])


def test_testmode_says_that_nothing_was_sent():
    lines = summary([outcome(fetched=3, sent=3)], testmode=True).splitlines()
    assert "would send" in lines[0]
    assert lines[1].split() == ["ldap", "3", "0", "0", "3", "0", "0", "0.0"]
    assert lines[-1] == "Note: This was a dry run. Nothing was sent."


def test_summary_with_rejects_names_the_command_that_lists_them():
    outcomes = [outcome(fetched=1, rejected=1), outcome(), outcome(fetched=2, unsent=2)]
    for each, name in zip(outcomes, ("ldap", "okta", "casper"), strict=True):
        each.section = name
    text = "Note: Run `connector.py rejects ldap casper` to list the rejected and unsent records."
    assert summary(outcomes).splitlines()[-1] == text
    assert text not in summary(outcomes, testmode=True)


def test_summary_notes_a_filter_that_no_record_passes():
    assert "Note: [ldap] No record passed the record filter." in summary(
        [outcome(fetched=3, filtered=3)]
    )
    for counts in ({"fetched": 0}, {"fetched": 3, "filtered": 2, "incomplete": 1}):
        assert "record filter" not in summary([outcome(**counts)])


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([], 0),
        ([outcome(fetched=3, sent=1, filtered=1, incomplete=1, vanished=2)], 0),
        ([outcome(fetched=1, rejected=1)], 4),
        ([outcome(fetched=1, unsent=1)], 4),
        ([outcome(error=SignInError("no"))], 1),
        ([outcome(error=AccessDenied("no"))], 1),
        ([outcome(error=SourceFault("no"))], 1),
        ([outcome(error=TargetUnavailable("no"), unsent=5)], 1),
        ([outcome(error=ConfigurationError("no"))], 3),
        ([outcome(), outcome(error=SourceUnavailable("no")), outcome()], 1),
        ([outcome(fetched=1, rejected=1), outcome(error=ConfigurationError("no"))], 3),
        ([outcome(error=ConfigurationError("no")), outcome(error=SignInError("no"))], 1),
        ([outcome(error=SignInError("no")), outcome(error=Interrupted("x"))], 130),
    ],
)
def test_the_exit_code_is_that_of_the_gravest_thing_that_happened(outcomes, code):
    assert exit_code(outcomes) == ExitCode(code)


def test_mappings_are_shown_with_the_layer_of_each_part():
    fields = mapping.merge(
        {
            "built-in": {
                "USER": {"source": "uid", "required": True, "converter": "ldap_user_field"},
                "PERMISSIONS_ID": {"setting": "default_role"},
            },
            "server": {"USER": {"source": "login"}},
            "ini": {"LOCATION": {"hardcoded": "Berlin"}, "SOFTWARE": {"hardcoded": []}},
        }
    )
    assert mappings("[ldap] LDAP, users", fields.values()).splitlines() == [
        "[ldap] LDAP, users",
        "  field           value                            converter                   required",
        "  LOCATION        hardcoded Berlin [ini]",
        "  PERMISSIONS_ID  setting default_role [built-in]",
        "  SOFTWARE        hardcoded [] [ini]",
        "  USER            source login [server]            ldap_user_field [built-in]"
        "  True [built-in]",
    ]


def test_what_a_sync_field_made_required_is_shown_as_such():
    fields = mapping.merge({"ini": {"BARCODE": {"source": "tag"}}})
    fields["BARCODE"].attributes["required"] = True
    assert "True [sync_field]" in mappings("x", fields.values())


def test_a_table_has_columns_that_stand_below_each_other():
    rows = [["name", "n"], ["a", "100"], ["longer", "7"]]
    assert table(rows, right=[1]) == ["name      n", "a       100", "longer    7"]
    assert table(rows) == ["name    n", "a       100", "longer  7"]


def test_a_run_that_could_send_nothing_at_all_left_records():
    assert exit_code([outcome(fetched=3, incomplete=3)]) is ExitCode.RECORDS_LEFT
    assert exit_code([outcome(fetched=3, incomplete=2, sent=1)]) is ExitCode.OK
    assert exit_code([outcome(fetched=3, incomplete=2, unchanged=1)]) is ExitCode.OK


def test_records_that_oomnitza_counted_as_errors_were_not_taken():
    outcome = Outcome("ldap", Tally(fetched=5, sent=5))
    outcome.server = {"added": 4, "updated": 0, "skipped": 0, "errors": 1}
    assert exit_code([outcome]) is ExitCode.RECORDS_LEFT
    assert "Oomnitza reported errors for 1 record that it had accepted." in summary([outcome])
    outcome.server["errors"] = 0
    assert exit_code([outcome]) is ExitCode.OK


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_command_exit_code_after_signal_is_that_of_the_signal(monkeypatch, number, code):
    interrupted = outcome(fetched=1, unsent=1)
    interrupted.error = Interrupted("the run was interrupted")
    with pytest.raises(KeyboardInterrupt), Interruption():
        os.kill(os.getpid(), number)
        time.sleep(5)
    assert command_exit_code([interrupted]) == code
    assert command_exit_code([outcome(fetched=1, sent=1)]) == 0


def test_command_exit_code_without_signal_is_that_of_the_outcomes():
    assert command_exit_code([outcome(fetched=3, incomplete=3)]) == 4
