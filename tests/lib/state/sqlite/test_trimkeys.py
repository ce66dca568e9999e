"""The step to version 3: keys that were stored with invisible characters around them."""

import json
import sqlite3
from contextlib import closing

import pytest

from lib.state import RecordToSave, open_store
from tests.lib.state.conftest import TARGET
from tests.lib.state.sqlite.statefile import to_version_2


@pytest.fixture
def old(path):
    """A file of version 2 with these records, as (key, name of the record)."""

    def make(*records, saved=(), seen=None):
        with open_store(path) as store:
            section = store.section("ldap", TARGET)
            section.begin()
            section.describe(fingerprint="f", full=True)
            for key, serial in records:
                section.sent([(key, b"digest", json.dumps({"SERIAL": serial}))])
            section.save_for_resend(
                RecordToSave("rejected", reason, key, "{}", "{}") for key, reason in saved
            )
            section.end("complete", {})
        with closing(sqlite3.connect(path)) as database:
            for key, run in (seen or {}).items():
                database.execute("UPDATE record SET seen = ? WHERE key = ?", (run, key.encode()))
            to_version_2(database)
            database.commit()
        return path

    return make


def keys(store, *names):
    return sorted(store.section("ldap", TARGET).known(names))


def test_keys_are_trimmed_in_each_of_their_parts(old):
    two = json.dumps(["\ufeffa", "b\u200b"])
    given = [("a\0", "a\0"), ("\u200eb", "B"), ("plain", "plain"), (two, "x"), ("é\u200b", "é")]
    with open_store(old(*given)) as store:
        wanted = ["a", "b", "plain", json.dumps(["a", "b"]), "é"]
        assert keys(store, *wanted, *(key for key, _ in given)) == sorted(wanted)


def test_key_that_only_looks_like_a_list_stays(old):
    given = ["[broken", '["one"]', "[1, 2]", '["a",  "b"]']
    with open_store(old(*((key, "x") for key in given))) as store:
        assert keys(store, *given) == sorted(given)


@pytest.mark.parametrize(("seen", "stays"), [({"a": 9}, "new"), ({"a\u200b": 9}, "old")])
def test_of_two_records_the_one_seen_last_stays(old, seen, stays):
    with open_store(old(("a", "new"), ("a\u200b", "old"), seen=seen)) as store:
        section = store.section("ldap", TARGET)
        known = section.known(["a", "a\u200b"])
        assert list(known) == ["a"]
        assert section.last_sent(known["a"]) == {"SERIAL": stays}


def test_same_key_in_another_section_stays(old, path):
    with open_store(path) as store:
        other = store.section("other", TARGET)
        other.begin()
        other.sent([("a", b"d", "{}")])
    with open_store(old(("a\u200b", "x"))) as store:
        assert keys(store, "a") == ["a"]
        assert list(store.section("other", TARGET).known(["a"])) == ["a"]


def test_saved_records_keep_their_place_under_the_new_key(old):
    saved = [("a\u200b", "old"), ("a", "new"), ("\0b", "third")]
    with open_store(old(saved=saved)) as store:
        found = [(item.key, item.reason) for item in store.saved_records()]
        assert sorted(found) == [("a", "new"), ("b", "third")]
        section = store.section("ldap", TARGET)
        section.begin()
        section.sent([("b", b"d", "{}")])
        assert [item.key for item in store.saved_records()] == ["a"]


def test_records_that_were_sent_padded_are_counted_once_they_are_sent(old):
    given = [("a", "A "), ("b", "B"), ("c", "\u00a0c"), ("d", "D\u200b")]
    with open_store(old(*given)) as store:
        section = store.section("ldap", TARGET)
        section.begin()
        assert section.take_trimmed() == 0
        section.sent([(key, b"new", "{}") for key in "abc"])
        assert section.take_trimmed() == 2
        assert section.take_trimmed() == 0
        section.sent([(key, b"new", "{}") for key in "abcd"])
        assert section.take_trimmed() == 1


def test_other_fields_with_the_text_of_the_key_do_not_count(old):
    path = old(("a", "A"))
    with closing(sqlite3.connect(path)) as database:
        database.execute("""UPDATE record SET fields = '{"SERIAL": "A", "NAME": "A "}'""")
        database.commit()
    with open_store(path) as store:
        section = store.section("ldap", TARGET)
        section.begin()
        section.sent([("a", b"d", "{}")])
        assert section.take_trimmed() == 0


def test_damaged_rows_do_not_keep_the_file_from_being_opened(old):
    path = old(("a", "A "), ("b", "B"), ("c", "C "))
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE record SET fields = '[1' WHERE key = x'61'")
        database.execute("UPDATE record SET fields = x'00', key = 5 WHERE key = x'62'")
        database.commit()
    with open_store(path) as store:
        section = store.section("ldap", TARGET)
        section.begin()
        section.sent([("c", b"d", "{}")])
        assert section.take_trimmed() == 1


def test_many_records_are_all_trimmed(old):
    given = [(f"{number}\u200b", f"{number}\u200b") for number in range(1203)]
    with open_store(old(*given)) as store:
        section = store.section("ldap", TARGET)
        assert len(section.known([str(number) for number in range(1203)])) == 1203
