"""Lists of changes: each id once, also from lists that change while they are read."""

from collections.abc import Callable, Iterator

import pytest

from lib.errors import SourceFault
from lib.reading.changes import ROUNDS, Changes


class Service:
    """A list of ids in pages of three; `meanwhile` is called with the number of each page read."""

    def __init__(self, count: int) -> None:
        self.ids = [f"id-{number}" for number in range(count)]
        self.meanwhile: Callable[[int], None] = lambda _: None
        self.pages_read = 0

    def pages(self) -> Iterator[list[str]]:
        page = 0
        while page * 3 < len(self.ids):
            yield self.ids[page * 3 : page * 3 + 3]
            page += 1
            self.pages_read += 1
            self.meanwhile(self.pages_read)

    def modify(self, ident: str) -> None:
        self.ids.remove(ident)
        self.ids.append(ident)

    def changes(self) -> Changes:
        return Changes(self.pages, where="https://sims.example.com")


def read(changes: Changes, size: int = 50) -> list[str]:
    return [ident for chunk in changes.chunks(size) for ident in chunk]


def test_all_ids_come_in_their_order():
    service = Service(10)
    changes = service.changes()
    assert read(changes) == service.ids
    assert changes.stable
    assert service.pages_read == 4


@pytest.mark.parametrize("count", [0, 1])
def test_short_lists_are_lists(count: int):
    changes = Service(count).changes()
    assert len(read(changes)) == count
    assert changes.stable


def test_chunks_are_never_larger_than_wanted():
    service = Service(8)
    assert [len(chunk) for chunk in service.changes().chunks(2)] == [2, 1, 2, 1, 2]
    one_page = Changes(lambda: iter([service.ids]), where="x")
    assert [len(chunk) for chunk in one_page.chunks(5)] == [5, 3]


def test_a_page_is_read_when_the_one_before_is_used_up():
    service = Service(9)
    chunks = service.changes().chunks(50)
    next(chunks)
    assert service.pages_read == 0
    next(chunks)
    assert service.pages_read == 1


def test_id_moved_to_read_page_is_found_in_second_round():
    service = Service(12)
    service.meanwhile = lambda page: service.modify("id-0") if page == 1 else None
    changes = service.changes()
    ids = read(changes)
    assert sorted(ids) == sorted(service.ids)  # also id-3, which slipped onto page one
    assert len(ids) == 12
    assert changes.stable
    assert service.pages_read == 8


def test_list_that_keeps_changing_is_not_stable(caplog: pytest.LogCaptureFixture):
    service = Service(12)
    service.meanwhile = lambda page: service.modify(service.ids[0])
    changes = service.changes()
    ids = read(changes)
    assert len(ids) == len(set(ids))
    assert not changes.stable
    assert service.pages_read == 4 * ROUNDS
    assert "the next run starts again from the same checkpoint" in caplog.text


def test_a_page_that_comes_twice_is_an_error():
    changes = Changes(lambda: iter([["a", "b"], ["a", "b"]]), where="https://sims.example.com")
    with pytest.raises(SourceFault, match="had already returned") as caught:
        read(changes)
    assert caught.value.where == "https://sims.example.com"


def test_empty_pages_are_no_repetition():
    changes = Changes(lambda: iter([["a"], [], [], ["b"]]), where="x")
    assert read(changes) == ["a", "b"]
