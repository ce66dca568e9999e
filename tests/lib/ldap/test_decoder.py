"""The quick decoder of LDAP entries: what it decodes is what ldap3 makes of it; else ldap3 does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import ldap3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldap3.utils.asn1 import decode_message_fast

from lib.ldap.decoder import AttributeNames, EntryMessages, Found, plain_entry

NUMBER = 7  # of the request that is answered
CONTROLS = bytes.fromhex("a00b 3009 0407 312e322e332e34")  # one, 1.2.3.4, without a value


def element(tag: int, content: bytes, width: int = 0) -> bytes:
    """With the size in so many bytes more than one: Active Directory writes four."""
    size = len(content)
    if size < 128 and not width:
        return bytes([tag, size]) + content
    width = max(width, (size.bit_length() + 7) // 8)
    return bytes([tag, 128 + width]) + size.to_bytes(width) + content


def message(operation: bytes, *, number: int = NUMBER, rest: bytes = b"", width: int = 0) -> bytes:
    size = number.bit_length() // 8 + 1
    return element(0x30, element(2, number.to_bytes(size)) + operation + rest, width)


def entry(dn: bytes, attributes: list[tuple[bytes, list[bytes]]], width: int = 0) -> bytes:
    listed = b""
    for name, values in attributes:
        octets = b"".join(element(4, value) for value in values)
        listed += element(0x30, element(4, name) + element(0x31, octets, width), width)
    return element(0x64, element(4, dn) + element(0x30, listed, width), width)


def reference(*urls: bytes) -> bytes:
    return element(0x73, b"".join(element(4, url) for url in urls))


def done(code: int = 0) -> bytes:
    return element(0x65, bytes([10, 1, code, 4, 0, 4, 0]))


INTERMEDIATE = element(0x79, b"")  # RFC 4511, 4.13; it may come between entries


class Wire:
    """A socket from which these bytes arrive, in parts of such sizes."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        self._data = data
        self._sizes = iter(sizes)

    def recv(self, most: int) -> bytes:
        size = min(most, next(self._sizes, most))
        part, self._data = self._data[:size], self._data[size:]
        return part


def connected(data: bytes, sizes: list[int]) -> Any:
    """ldap3's strategy, having asked for something."""
    server = ldap3.Server("127.0.0.1", get_info=ldap3.NONE)
    connection = ldap3.Connection(server, check_names=False)
    connection.socket = Wire(data, sizes)
    connection.strategy._outstanding = {NUMBER - 1: {}, NUMBER: {}}
    return connection.strategy


def found(item: dict[str, Any]) -> Found:
    return item["dn"], {name: each or [] for name, each in item["raw_attributes"].items()}


def by_ldap3(data: bytes) -> Found:
    strategy = connected(b"", [])
    return found(strategy.decode_response_fast(decode_message_fast(data)))


def split(responses: list[Any]) -> tuple[list[Found], list[Any]]:
    """The entries among what a strategy gives, and what else; it says by a text that it ended."""
    entries = [item for item in responses if item["type"] == "searchResEntry"]
    return list(map(found, entries)), [item for item in responses if item not in entries]


def read_by_ldap3(data: bytes, sizes: Sequence[int] = ()) -> tuple[list[Found], list[Any]]:
    *responses, _ = answered(connected(data, list(sizes)))
    return split(responses)


def read_quickly(data: bytes, sizes: list[int]) -> tuple[list[Found], list[Any]]:
    strategy = connected(data, sizes)
    entries = EntryMessages(strategy)
    entries.begin()
    *responses, _ = answered(strategy)
    names = AttributeNames()
    plain = [plain_entry(each, names) or by_ldap3(each) for each in entries.kept]
    late, others = split(responses)
    return plain + late, others


def answered(strategy: Any) -> list[Any]:
    responses = strategy._get_response(NUMBER, 0)
    if not isinstance(responses, list):
        raise ConnectionError(responses)
    return responses


def outcome(read: Any, *arguments: Any) -> Any:
    try:
        return read(*arguments)
    except Exception:
        return "an error"


# Entries.

attribute_names = st.one_of(
    st.sampled_from([b"uid", b"UID", b" uid", b"cn", b"member;range=0-1499", b"cn;lang-fr", b""]),
    st.text(max_size=12).map(str.encode),
    st.binary(max_size=140),
)
attribute_values = st.lists(st.text().map(str.encode) | st.binary(max_size=300), max_size=4)
dns = st.text().map(str.encode) | st.binary(max_size=200)
widths = st.sampled_from([0, 3, 4, 8])
entries = st.builds(
    entry, dns, st.lists(st.tuples(attribute_names, attribute_values), max_size=6), widths
)
rests = st.sampled_from([b"", b"", CONTROLS])


@given(st.lists(entries, max_size=3), widths, rests)
def test_an_entry_is_what_ldap3_makes_of_it_or_left(
    operations: list[bytes], width: int, rest: bytes
) -> None:
    names = AttributeNames()
    for operation in operations:
        data = message(operation, rest=rest, width=width)
        assert plain_entry(data, names) in (None, by_ldap3(data))


@given(
    st.text(),
    st.dictionaries(st.from_regex("[a-z]{1,20}(;[a-z-]{1,20})?", fullmatch=True), attribute_values),
    widths,
)
def test_a_plain_entry_is_not_left(dn: str, attributes: dict[str, list[bytes]], width: int) -> None:
    pairs = [(name.encode(), values) for name, values in attributes.items()]
    data = message(entry(dn.encode(), pairs, width), number=123_456, width=width)
    assert plain_entry(data, AttributeNames()) == (dn, attributes)


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 65_535, 65_536, 20_000_000])
def test_values_may_be_long(size: int) -> None:
    values = [b"x" * size, b"", b"\xff\x00"]
    data = message(entry(b"cn=x", [(b"photo", values)]))
    assert plain_entry(data, AttributeNames()) == ("cn=x", {"photo": values})


@pytest.mark.parametrize(
    "attributes",
    [
        [(b"mail", [b"1"]), (b"mail", [b"2"])],
        [(b"mail", [b"1"]), (b"Mail", [b"2"])],
        [(b"mail", [b"1"]), (b"mail ", [b"2"])],
        [(b"caf\xe9", [b"1"])],
        [(b"x" * 128, [b"1"])],
    ],
)
def test_names_with_a_catch_are_left(attributes: list[tuple[bytes, list[bytes]]]) -> None:
    assert plain_entry(message(entry(b"cn=x", attributes)), AttributeNames()) is None


def test_a_name_in_another_spelling_is_left_in_later_entries_too() -> None:
    names = AttributeNames()
    for spelling, plain in ((b"mail", True), (b"Mail", False), (b"mail", True)):
        found = plain_entry(message(entry(b"cn=x", [(spelling, [b"1"])])), names)
        assert (found is not None) == plain


def test_so_many_names_are_remembered_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lib.ldap.decoder.MOST_NAMES", 2)
    names = AttributeNames()
    data = [message(entry(b"cn=x", [(name, [])])) for name in (b"a", b"b", b"c", b"a")]
    assert [plain_entry(each, names) is None for each in data] == [False, False, True, False]


# Damaged ones, and all kinds of answers.


@st.composite
def damaged(draw: st.DrawFn, whole: st.SearchStrategy[bytes]) -> bytes:
    """With a few bytes changed, left out or put in."""
    data = bytearray(draw(whole))
    for _ in range(draw(st.integers(1, 3))):
        begin = draw(st.integers(0, len(data)))
        data[begin : begin + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(data)


@given(damaged(entries.map(message)))
def test_what_is_damaged_is_what_ldap3_makes_of_it_or_left(data: bytes) -> None:
    made = plain_entry(data, AttributeNames())
    # Its caller has looked at the sizes and the kind of the message.
    if made and outcome(read_by_ldap3, data + message(done())) != "an error":
        assert made == by_ldap3(data)


def test_a_value_that_reaches_into_the_next_attribute_is_left() -> None:
    data = message(entry(b"cn=x", [(b"a", [b"12"]), (b"b", [b"34"])]))
    longer = data.replace(b"\x04\x0212", b"\x04\x0d12")  # to the end of the next one
    assert plain_entry(data, AttributeNames()) == ("cn=x", {"a": [b"12"], "b": [b"34"]})
    assert plain_entry(longer, AttributeNames()) is None


numbers = st.sampled_from([NUMBER] * 8 + [NUMBER - 1, 0, 300])
answers = st.lists(
    st.builds(
        lambda operation, number, rest, width: message(
            operation, number=number, rest=rest, width=width
        ),
        entries | st.sampled_from([reference(b"ldap://elsewhere/dc=x"), INTERMEDIATE]),
        numbers,
        rests,
        widths,
    ),
    max_size=6,
).map(lambda parts: b"".join([*parts, message(done())]))
part_sizes = st.lists(st.integers(1, 200), max_size=20)


@given(answers, part_sizes)
def test_an_answer_is_what_ldap3_makes_of_it(data: bytes, sizes: list[int]) -> None:
    assert outcome(read_quickly, data, sizes) == outcome(read_by_ldap3, data, sizes)


@given(damaged(answers), part_sizes)
def test_one_that_is_damaged_is_what_ldap3_makes_of_it_or_refused(
    data: bytes, sizes: list[int]
) -> None:
    made = outcome(read_quickly, data, sizes)
    assert made in ("an error", outcome(read_by_ldap3, data, sizes))


@pytest.mark.parametrize("behind", [entry(b"cn=y", []), done(), INTERMEDIATE])
def test_an_answer_that_goes_on_behind_its_end_is_refused(behind: bytes) -> None:
    data = message(entry(b"cn=x", [])) + message(done())
    assert read_quickly(data, []) == read_by_ldap3(data, [])
    with pytest.raises(ValueError, match="continues after its end"):
        read_quickly(data + message(behind), [])


def test_without_a_search_ldap3_receives() -> None:
    strategy = connected(message(entry(b"cn=x", [])) + message(done()), [])
    kept = EntryMessages(strategy).kept
    assert [item["type"] for item in answered(strategy)[:-1]] == ["searchResEntry", "searchResDone"]
    assert kept == []


def test_entries_are_kept_as_they_arrive_around_references() -> None:
    wanted = [message(entry(dn, [])) for dn in (b"cn=1", b"cn=2", b"cn=3")]
    between = message(reference(b"ldap://elsewhere"))
    more = message(INTERMEDIATE)
    strategy = connected(wanted[0] + between + wanted[1] + more + wanted[2] + message(done()), [])
    entries = EntryMessages(strategy)
    entries.begin()
    assert [item["type"] for item in answered(strategy)[:-1]] == [
        "searchResRef",
        "intermediateResponse",
        "searchResDone",
    ]
    assert entries.kept == wanted


def test_a_search_begins_anew() -> None:
    one = message(entry(b"cn=1", [])) + message(done())
    strategy = connected(one + one, [len(one), len(one)])
    entries = EntryMessages(strategy)
    for _ in range(2):
        entries.begin()
        answered(strategy)
        assert len(entries.kept) == 1


def parts(data: bytes) -> Iterator[list[int]]:
    yield [1] * len(data)
    yield from ([cut] for cut in range(1, len(data)))


def test_a_message_may_arrive_in_any_parts() -> None:
    data = message(entry(b"cn=1", [(b"cn", [b"1"])]), width=2) + message(done())
    whole = read_by_ldap3(data)
    for sizes in parts(data):
        assert read_quickly(data, sizes) == whole
