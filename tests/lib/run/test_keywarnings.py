"""The warning about records with the same sync key."""

import json

import pytest

from lib.run.keywarnings import duplicates_warning
from lib.state import SharedKey, SharedKeys


def shared(records, **values):
    return SharedKey("key", records, json.dumps(values))


def test_without_shared_keys_there_is_no_warning():
    assert duplicates_warning(SharedKeys(), ["SERIAL"], "last") == ""


@pytest.mark.parametrize(
    ("winner", "effect"),
    [
        (
            "last",
            "The last one of them overwrites the others in Oomnitza, unless you set duplicates.",
        ),
        ("first", "Only the first one of them was sent."),
        ("newest", "The newest one of them has priority."),
        ("reject", "Only the first one of them was sent, and the others were rejected."),
    ],
)
def test_one_key_is_named_with_what_is_done(winner, effect):
    found = SharedKeys(1, 3, (shared(3, SERIAL=" Default string "),))
    text = duplicates_warning(found, ["SERIAL"], winner)
    assert text == f"3 records share SERIAL 'Default string'. {effect}"


def test_several_keys_are_counted_with_examples():
    found = SharedKeys(1200, 3000, (shared(3, A="x", B=1), shared(2, A="y", B=None)))
    assert duplicates_warning(found, ["A", "B"], "last") == (
        "3,000 records share 1,200 sync keys (for example: 3 records share A 'x', B '1'; 2 records"
        " share A 'y', B 'None'). The last one of each overwrites the others in Oomnitza, unless"
        " you set duplicates."
    )


def test_values_are_short_and_harmless():
    found = SharedKeys(1, 2, (shared(2, A="\x1b[31m" + "x" * 100),))
    text = duplicates_warning(found, ["A"], "last")
    assert "\x1b" not in text
    assert "x..." in text
    assert len(text) < 200
