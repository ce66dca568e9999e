"""A decoder of LDAP search results, several times as fast as ldap3, which decodes the rest.

Messages are those of RFC 4511, encoded as its section 5.1 says: in BER (X.690), where an element
is a tag, a size and so many bytes.
"""

from __future__ import annotations

from typing import Any

INTEGER, OCTET_STRING, SEQUENCE, SET = 0x02, 0x04, 0x30, 0x31
SEARCH_RESULT_ENTRY, SEARCH_RESULT_DONE = 0x64, 0x65
SHORT = 127  # a size above it is 128 and the number of bytes in which the size itself follows
CHUNK = 1 << 16  # bytes
MOST_NAMES = 10_000

Found = tuple[str, dict[str, list[bytes]]]


class EntryMessages:
    """Takes the entries out of what a synchronous strategy of ldap3 2.9 receives.

    `kept` are the undecoded messages with a SearchResultEntry since `begin`; ldap3 gets the others.
    """

    def __init__(self, strategy: Any) -> None:
        self.kept: list[bytes] = []
        self._strategy = strategy
        self._ldap3_receiving = strategy.receiving
        self._keeping = False
        strategy.receiving = self._receiving

    def begin(self) -> None:
        """Start to keep the entries in the response to the next request."""
        self.kept = []
        self._keeping = True

    def _receiving(self) -> list[bytes]:
        """The next messages for ldap3; none when the server has hung up.

        As with ldap3's own method, nothing that has arrived is left for the next request.
        """
        if not self._keeping:
            return list(self._ldap3_receiving())
        others: list[bytes] = []
        data = b""
        while data or not others:
            chunk = self._strategy.connection.socket.recv(CHUNK)
            if not chunk:
                break
            data = self._sorted(data + chunk, others)
        return others

    def _sorted(self, data: bytes, others: list[bytes]) -> bytes:
        """Put each message where it belongs; returns the beginning of one that is incomplete."""
        number = message_id(next(reversed(self._strategy._outstanding)))
        begin = 0
        while True:
            start, end = contents(data, begin)
            if end > len(data) or len(data) - begin == 2:  # as ldap3, which expects more then
                return data[begin:]
            message = data[begin:end]
            kind = data[start + len(number)] if data.startswith(number, start, end - 1) else 0
            if kind and not self._keeping:
                raise ValueError("the response continues after its end")
            if kind == SEARCH_RESULT_ENTRY:
                self.kept.append(message)
            else:
                others.append(message)
                self._keeping = self._keeping and kind != SEARCH_RESULT_DONE
            begin = end


class AttributeNames(dict[bytes, str]):
    """A cache of attribute names, by the bytes from the tag of the name up to that of the values.

    Raises ValueError for a name that is not UTF-8, and for one in another spelling than before:
    within an entry both are one attribute.
    """

    def __init__(self) -> None:
        super().__init__()
        self._folded: set[str] = set()

    def __missing__(self, key: bytes) -> str:
        if key[0] != OCTET_STRING or key[1] > SHORT or key[-1] != SET or len(key) != key[1] + 3:
            raise ValueError("this is not the name of an attribute with its values")
        name = str(key[2:-1], "utf-8")
        folded = name.strip().lower()
        if folded in self._folded or len(self) == MOST_NAMES:
            raise ValueError("this name has another spelling, or there are too many")
        self._folded.add(folded)
        self[key] = name
        return name


def plain_entry(message: bytes, names: AttributeNames) -> Found | None:
    """Return the DN and the attributes in a message with a SearchResultEntry (RFC 4511, 4.5.2).

    Returns None for a message that this decoder does not cover: one with controls, with an
    attribute that comes twice, with text that is not UTF-8, with a name of more than 127 bytes, or
    with unexpected tags or sizes.
    """
    try:
        start, end = contents(message, 0)
        start, entry_end = contents(message, start + message[start + 1] + 2)
        dn_start, dn_end = contents(message, start)
        first, list_end = contents(message, dn_end)
        if message[start] != OCTET_STRING or message[dn_end] != SEQUENCE:
            return None
        if not entry_end == list_end == end:
            return None
        return str(message[dn_start:dn_end], "utf-8"), _attributes(message, first, end, names)
    except (IndexError, ValueError):
        return None


def _attributes(
    data: bytes, position: int, stop: int, names: AttributeNames
) -> dict[str, list[bytes]]:
    """Decode the attributes that fill these bytes; raise ValueError or IndexError if they do not.

    This is the hot loop, so sizes are read in place, in three copies. A size that leads out of its
    element is noticed where that element should end.
    """
    attributes: dict[str, list[bytes]] = {}
    while position < stop:
        tag, size = data[position], data[position + 1]
        position += 2
        if size > SHORT:
            size = int.from_bytes(data[position : (position := position + size - 128)])
        end = position + size
        name = names[data[position : (position := position + data[position + 1] + 3)]]
        size = data[position]
        position += 1
        if size > SHORT:
            size = int.from_bytes(data[position : (position := position + size - 128)])
        if tag != SEQUENCE or position + size != end or name in attributes:
            raise ValueError("no attribute, or one again")
        values = attributes[name] = []
        while position < end:
            if data[position] != OCTET_STRING:
                raise ValueError("no value")
            size = data[position + 1]
            position += 2
            if size > SHORT:
                size = int.from_bytes(data[position : (position := position + size - 128)])
            values.append(data[position : (position := position + size)])
        if position != end:
            raise ValueError("a value longer than its attribute")
    if position != stop:
        raise ValueError("an attribute longer than its entry")
    return attributes


def contents(data: bytes, position: int) -> tuple[int, int]:
    """Return where the contents of an element begin and end; beyond the data if it is truncated."""
    if position + 2 > len(data):
        return position, len(data) + 1
    size = data[position + 1]
    position += 2
    if size > SHORT:
        size = int.from_bytes(data[position : (position := position + size - 128)])
    return position, position + size


def message_id(number: int) -> bytes:
    """Return the encoded message ID, with which the responses to a request begin."""
    size = number.bit_length() // 8 + 1
    return bytes((INTEGER, size)) + number.to_bytes(size)
