"""The keys of one run in a temporary file: which record of a key wins, and what is counted."""

import random
import sqlite3
from contextlib import closing

import pytest

from lib.errors import ConnectorError
from lib.state import Ranked, SharedKey, SharedKeys, open_run_keys
from lib.state.sqlite import keyfile


@pytest.fixture
def keys():
    with closing(open_run_keys()) as made:
        yield made


def ranked(*records):
    return [Ranked(key, position, rank, f"text {position}") for key, position, rank in records]


def test_rank_different_keys_lose_nothing(keys):
    assert keys.rank(ranked(("a", 1, 0), ("b", 2, 0))) == set()
    assert keys.rank(ranked(("c", 3, 0))) == set()
    assert keys.rank([]) == set()
    assert keys.shared_keys() == SharedKeys()
    assert list(keys.shared()) == []


def test_rank_equal_the_later_one_wins(keys):
    assert keys.rank(ranked(("a", 1, 0), ("b", 2, 0), ("a", 3, 0))) == {1}
    assert keys.rank(ranked(("a", 4, 0))) == {3}
    assert keys.winners(["a", "b", "other"]) == {"a": 4, "b": 2}


def test_rank_higher_wins_whichever_comes_first(keys):
    assert keys.rank(ranked(("a", 1, 5), ("a", 2, 4))) == {2}
    assert keys.rank(ranked(("a", 3, float("-inf")))) == {3}
    assert keys.rank(ranked(("a", 4, 6))) == {1}
    assert keys.winners(["a"]) == {"a": 4}


def test_shared_keys_counts_records_and_names_the_most_frequent(keys):
    records = [("a", 1, 0), ("b", 2, 0), ("a", 3, 0), ("b", 4, 0), ("b", 5, 0), ("c", 6, 0)]
    keys.rank(ranked(*records))
    assert sorted(keys.shared()) == [("a", 2), ("b", 3)]
    most = SharedKey("b", 3, "text 5")
    assert keys.shared_keys(1) == SharedKeys(2, 5, (most,))
    assert keys.shared_keys() == SharedKeys(2, 5, (most, SharedKey("a", 2, "text 3")))


def test_keys_may_be_any_text(keys):
    odd = ["", "\ud83d", "é", "\0", "x" * 5000]
    keys.rank(ranked(*((key, number, 0) for number, key in enumerate(odd))))
    assert keys.rank(ranked(*((key, 10 + number, 0) for number, key in enumerate(odd)))) == {
        *range(5)
    }
    assert set(keys.winners(odd)) == set(odd)


def test_many_keys_agree_with_a_dict(keys):
    chance = random.Random(7)
    given = [
        (str(chance.randrange(900)), position, chance.randrange(5)) for position in range(3000)
    ]
    for at in range(0, 3000, 70):
        keys.rank(ranked(*given[at : at + 70]))
    best: dict[str, tuple[int, int]] = {}
    for key, position, rank in given:
        best[key] = max(best.get(key, (-1, 0)), (rank, position))
    assert keys.winners(list(best)) == {key: position for key, (_, position) in best.items()}


def test_full_disk_is_an_error_with_a_sentence(keys, monkeypatch):
    class Full:
        def executemany(self, *_):
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error

        def close(self): ...

    keys._file.close()
    monkeypatch.setattr(keys, "_file", Full())
    with pytest.raises(ConnectorError, match=r"temporary file of sync keys \(the disk is full\)"):
        keys.rank(ranked(("a", 1, 0)))


def test_memory_does_not_grow_with_the_number_of_keys(keys, tmp_path):
    pages = keys._file.execute("PRAGMA cache_size").fetchone()
    assert pages == (-keyfile.CACHE,)
    assert keys._file.execute("PRAGMA temp_store").fetchone() == (0,)  # a file, not memory
