"""Records that are set aside: kept with both their forms, once each, until they are settled."""

import time
import tracemalloc

import pytest

from lib.state import RecordToSave
from tests.lib.state.conftest import TARGET


def reasons(ledger, *sections):
    return [item.reason for item in ledger.saved_records(sections)]


def test_it_is_kept_with_its_reason_and_in_both_forms(ledger, running):
    fetched = '{"mail": "ada@example.com", "long": "' + "☃" * 40_000 + '"}'
    item = RecordToSave("rejected", "no such role", "ada@example.com", fetched, '{"EMAIL": "ada"}')
    before = time.time()
    running.save_for_resend([item])
    [found] = ledger.saved_records()
    assert (found.section, found.target, found.run) == ("ldap", TARGET, running.run)
    assert (found.outcome, found.reason, found.key) == ("rejected", "no such role", item.key)
    assert (found.fetched, found.mapped) == (fetched, item.mapped)
    assert before <= found.first_at == found.at <= time.time()
    assert found.times == 1


def test_one_that_cannot_be_read_has_nothing_but_a_reason(ledger, running):
    running.save_for_resend([RecordToSave("rejected", "unreadable \ud83d")])
    [found] = ledger.saved_records()
    assert (found.reason, found.key) == ("unreadable \\ud83d", None)
    assert (found.fetched, found.mapped) == (None, None)


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (("a", '{"v": 1}'), ("a", '{"v": 2}')),
        ((None, '{"v": 1}'), (None, '{"v": 1}')),
        ((None, "x" * 9_000), (None, "x" * 9_000)),
    ],
)
def test_one_that_is_set_aside_again_is_brought_up_to_date(
    ledger, section, first, again, monkeypatch
):
    monkeypatch.setattr(time, "time", lambda: 1000.0)
    section.begin()
    section.save_for_resend([RecordToSave("unsent", "it is down", *first)])
    [before] = ledger.saved_records()
    monkeypatch.setattr(time, "time", lambda: 2000.0)
    section.begin()
    section.save_for_resend([RecordToSave("rejected", "no such role", again[0], again[1], "{}")])
    [after] = ledger.saved_records()
    assert (after.id, after.run) == (before.id, section.run)
    assert (after.outcome, after.reason, after.fetched) == ("rejected", "no such role", again[1])
    assert after.mapped == "{}"
    assert (after.first_at, after.at, after.times) == (1000.0, 2000.0, 2)


def test_the_same_reason_without_a_record_is_one_entry(ledger, running):
    running.save_for_resend([RecordToSave("rejected", "page 3 is broken")] * 2)
    running.save_for_resend([RecordToSave("rejected", "page 4 is broken")])
    found = list(ledger.saved_records())
    assert [(item.reason, item.times) for item in found] == [
        ("page 3 is broken", 2),
        ("page 4 is broken", 1),
    ]


def test_a_key_a_text_and_a_reason_are_not_taken_for_each_other(ledger, running):
    running.save_for_resend(
        [RecordToSave("rejected", "same"), RecordToSave("rejected", "r", "same")]
    )
    running.save_for_resend([RecordToSave("rejected", "r", None, "same")])
    assert len(list(ledger.saved_records())) == 3


def test_it_can_be_set_aside_as_it_was_found(ledger, running):
    running.save_for_resend([RecordToSave("rejected", "no", "a", "{}", "{}")])
    running.save_for_resend(ledger.saved_records())
    [found] = ledger.saved_records()
    assert (found.key, found.times) == ("a", 2)


def test_one_that_is_sent_is_no_longer_set_aside(ledger, running):
    running.save_for_resend([RecordToSave("rejected", key, key) for key in "abc"])
    other = ledger.section("other", TARGET)
    other.begin()
    other.save_for_resend([RecordToSave("rejected", "of other", "a")])
    running.sent([("a", b"d", "{}"), ("c", b"d", "{}")])
    assert reasons(ledger) == ["b", "of other"]


def test_to_be_cleared_it_is_named_by_its_id(ledger, running):
    running.save_for_resend([RecordToSave("rejected", key) for key in "abc"])
    first, _, third = ledger.saved_records()
    other = ledger.section("other", TARGET)
    other.begin()
    other.clear([first.id, third.id])
    assert reasons(ledger) == ["a", "b", "c"]
    running.begin()
    running.save_for_resend([RecordToSave("rejected", "c")])  # it was set aside anew, and stays
    running.clear([first.id, third.id])
    assert reasons(ledger) == ["b", "c"]
    assert [each.times for each in ledger.saved_records()] == [1, 2]


def test_ids_are_never_given_twice(ledger, running):
    running.save_for_resend([RecordToSave("rejected", "a")])
    [first] = ledger.saved_records()
    running.begin()
    running.clear([first.id])
    running.save_for_resend([RecordToSave("rejected", "b")])
    [second] = ledger.saved_records()
    assert second.id > first.id


def test_the_oldest_comes_first_of_the_sections_that_are_asked_for(ledger, running):
    other = ledger.section("Casper.MDM", TARGET)
    elsewhere = ledger.section("ldap", "https://other.example.com")
    for each, reason in ((running, "1"), (other, "2"), (running, "3"), (elsewhere, "4")):
        if each is not running:
            each.begin()
        each.save_for_resend([RecordToSave("rejected", reason)])
    assert reasons(ledger) == ["1", "2", "3", "4"]
    assert reasons(ledger, "Casper.MDM") == ["2"]
    assert reasons(ledger, "ldap", "nothing") == ["1", "3", "4"]
    assert reasons(ledger, "nothing") == []
    assert [item.reason for item in ledger.saved_records(["ldap"], target=TARGET)] == ["1", "3"]
    assert [item.reason for item in running.saved_records()] == ["1", "3"]


def test_what_is_set_aside_while_they_are_read_is_for_the_next_time(ledger, running):
    running.save_for_resend([RecordToSave("rejected", str(number)) for number in range(450)])
    running.begin()
    read = 0
    for item in ledger.saved_records():
        running.save_for_resend([RecordToSave("rejected", f"again {item.reason}")])
        running.clear([item.id])
        read += 1
    assert read == 450
    assert len(list(ledger.saved_records())) == 450


def test_however_many_there_are_few_are_in_memory(ledger, running):
    def some():
        for number in range(4000):
            yield RecordToSave("rejected", "no", str(number), f"{number}" + "x" * 1_900)

    many = some()
    with running.batch():
        for _ in range(400):
            running.save_for_resend(next(many) for _ in range(10))
    tracemalloc.start()
    try:
        assert sum(1 for _ in ledger.saved_records()) == 4000
        assert tracemalloc.get_traced_memory()[1] < 3_000_000  # all of them are 8 million
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("fingerprint", "kept"), [("all of it", []), ("", ["u1"])])
def test_a_run_that_read_all_of_the_source_met_again_what_still_is_there(ledger, fingerprint, kept):
    section = ledger.section("ldap", "https://acme.example.com")
    section.begin()
    section.describe(fingerprint=fingerprint, full=True)
    section.save_for_resend([RecordToSave("rejected", "bad", "u1", "{}", "{}")])
    section.end("failed", {})
    section.begin()
    section.describe(fingerprint=fingerprint, full=True)
    section.save_for_resend([RecordToSave("rejected", "bad", "u2", "{}", "{}")])
    section.end("complete", {})
    assert [aside.key for aside in section.saved_records()] == [*kept, "u2"]


def test_a_run_that_read_a_part_of_the_source_met_again_only_what_could_not_be_read(section):
    section.begin()
    without_key = RecordToSave("rejected", "bad", None, '{"uid": "u1"}', "{}")
    unfiltered = RecordToSave("rejected", "the filter fails", None, '{"uid": "u2"}')
    section.save_for_resend(
        [without_key, unfiltered, RecordToSave("rejected", "device 7 is broken")]
    )
    section.end("failed", {})
    section.begin()
    section.end("complete", {})
    assert [aside.fetched for aside in section.saved_records()] == ['{"uid": "u1"}']
