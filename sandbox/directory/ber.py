"""BER, the encoding of LDAP messages: one-byte tags and definite lengths (RFC 4511, 5.1)."""

from __future__ import annotations

from typing import BinaryIO

BOOLEAN = 0x01
INTEGER = 0x02
OCTET_STRING = 0x04
ENUMERATED = 0x0A
SEQUENCE = 0x30
SET = 0x31

LONGEST_MESSAGE = 4 * 1024 * 1024


class Malformed(ValueError):
    """The bytes are not what the protocol wants at this place."""


class Reader:
    """Take the elements of `data` from left to right; what does not fit raises Malformed."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __bool__(self) -> bool:
        """Whether anything is left."""
        return self._at < len(self._data)

    def next_tag(self) -> int | None:
        return self._data[self._at] if self else None

    def element(self) -> tuple[int, bytes]:
        """Take the next element, whatever it is: its tag and its content."""
        tag, length = self._byte(), self._byte()
        if tag & 0x1F == 0x1F:
            raise Malformed("LDAP has no tags of several bytes")
        if length & 0x80:
            length = _long_length(self._bytes(length & 0x7F))
        return tag, self._bytes(length)

    def take(self, tag: int = OCTET_STRING) -> bytes:
        """Take the content of the next element, which must bear this tag."""
        found, content = self.element()
        if found != tag:
            raise Malformed(f"tag {found:#04x} where {tag:#04x} belongs")
        return content

    def text(self, tag: int = OCTET_STRING) -> str:
        return text(self.take(tag))

    def integer(self, tag: int = INTEGER) -> int:
        content = self.take(tag)
        if not content:
            raise Malformed("an integer is empty")
        return int.from_bytes(content, signed=True)

    def boolean(self, tag: int = BOOLEAN) -> bool:
        content = self.take(tag)
        if len(content) != 1:
            raise Malformed("a boolean is one byte")
        return content != b"\x00"

    def sequence(self, tag: int = SEQUENCE) -> Reader:
        return Reader(self.take(tag))

    def end(self) -> None:
        """Refuse whatever follows."""
        if self:
            raise Malformed("more elements than the protocol has here")

    def _byte(self) -> int:
        return self._bytes(1)[0]

    def _bytes(self, count: int) -> bytes:
        start, self._at = self._at, self._at + count
        if self._at > len(self._data):
            raise Malformed("the data ends within an element")
        return self._data[start : self._at]


def read_message(stream: BinaryIO) -> bytes | None:
    """Read the content of the next SEQUENCE of a connection; None when the peer has hung up."""
    head = stream.read(2)
    if len(head) < 2:
        return None
    tag, length = head
    if tag != SEQUENCE:
        raise Malformed("not an LDAP message")
    if length & 0x80:
        length = _long_length(stream.read(length & 0x7F))
    if length > LONGEST_MESSAGE:
        raise Malformed("the message is too long")
    content = stream.read(length)
    return content if len(content) == length else None


def text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise Malformed("text that is not UTF-8") from error


def element(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(length))) + length + content


def octets(value: str | bytes, tag: int = OCTET_STRING) -> bytes:
    return element(tag, value.encode() if isinstance(value, str) else value)


def integer(value: int, tag: int = INTEGER) -> bytes:
    size = (value + (value < 0)).bit_length() // 8 + 1
    return element(tag, value.to_bytes(size, signed=True))


def boolean(value: bool, tag: int = BOOLEAN) -> bytes:
    return element(tag, b"\xff" if value else b"\x00")


def sequence(*elements: bytes, tag: int = SEQUENCE) -> bytes:
    return element(tag, *elements)


def _long_length(octets: bytes) -> int:
    """Length in the long form: 0x80 alone would be the indefinite form, which LDAP forbids."""
    if not 1 <= len(octets) <= 4:
        raise Malformed("a length that LDAP does not allow")
    return int.from_bytes(octets)
