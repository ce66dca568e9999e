"""How many changes of a run are kept."""

import json

import pytest

from lib.state import open_store
from lib.state.sqlite import changes

TARGET = "https://example.oomnitza.com"


def sent(store, count, value):
    """A run that sends so many records, two at a time; returns its id."""
    section = store.section("ldap", TARGET)
    section.begin()
    rows = [(f"r{n}", f"{n} {value}".encode(), json.dumps({"A": value})) for n in range(count)]
    for at in range(0, count, 2):
        section.sent(rows[at : at + 2])
    section.end("complete", {"sent": count})
    return section.run


@pytest.mark.parametrize(
    ("limit", "value", "kept"),
    [
        ("MOST_RECORDS", 4, 4),
        ("MOST_RECORDS", 3, 4),  # counted in whole batches
        ("MOST_CHARACTERS", 17 * 4, 4),  # {"A": ["x", "y"]}
        ("MOST_COMPARED", 20 * 4, 4),  # {"A": "x"} twice
        ("MOST_RECORDS", 9, 8),
    ],
)
def test_changes_beyond_the_limit_are_not_kept(path, monkeypatch, limit, value, kept):
    monkeypatch.setattr(changes, limit, value)
    with open_store(path) as store:
        sent(store, 8, "x")
        second = sent(store, 8, "y")
        assert len(store.changes(second)) == kept
        counts = store.past_run(second, TARGET).counts
        assert counts == {"sent": 8} | ({"changes_cut": 1} if kept < 8 else {})
        third = sent(store, 2, "z")
        assert len(store.changes(third)) == 2, "each run has a limit of its own"


def test_changes_of_unchanged_records_use_up_no_limit(path, monkeypatch):
    monkeypatch.setattr(changes, "MOST_COMPARED", 1)
    with open_store(path) as store:
        sent(store, 8, "x")
        second = sent(store, 8, "x")
        assert store.past_run(second, TARGET).counts == {"sent": 8}
