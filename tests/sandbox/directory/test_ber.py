"""BER as LDAP uses it, compared with what pyasn1 makes of the same values."""

import io

import pytest
from pyasn1.codec.ber import decoder, encoder
from pyasn1.type import univ

from sandbox.directory import ber

INTEGERS = [0, 1, -1, 127, 128, -128, -129, 255, 256, 32767, 32768, 2**31 - 1, -(2**31)]
LENGTHS = [0, 1, 127, 128, 255, 256, 65535, 65536]


@pytest.mark.parametrize("value", INTEGERS)
def test_integers(value):
    encoded = ber.integer(value)
    assert decoder.decode(encoded) == (value, b"")
    assert ber.Reader(encoded).integer() == value
    assert ber.Reader(encoder.encode(univ.Integer(value))).integer() == value


@pytest.mark.parametrize(
    ("value", "size"), [(0, 1), (127, 1), (128, 2), (-128, 1), (-129, 2), (-(2**31), 4)]
)
def test_integers_take_as_few_bytes_as_can_be(value, size):
    assert len(ber.integer(value)) == 2 + size


@pytest.mark.parametrize("length", LENGTHS)
def test_octet_strings_of_any_length(length):
    value = b"x" * length
    encoded = ber.octets(value)
    assert encoded == encoder.encode(univ.OctetString(value))
    assert ber.Reader(encoded).take() == value


def test_text_is_utf8():
    assert ber.octets("Zoë") == encoder.encode(univ.OctetString("Zoë".encode()))
    assert ber.Reader(ber.octets("佐藤")).text() == "佐藤"


@pytest.mark.parametrize("value", [True, False])
def test_booleans(value):
    assert ber.Reader(ber.boolean(value)).boolean() is value
    assert ber.Reader(encoder.encode(univ.Boolean(value))).boolean() is value


def test_a_sequence_is_read_from_left_to_right():
    reader = ber.Reader(ber.sequence(ber.integer(5), ber.octets("a"), ber.integer(9, 0x82)))
    inner = reader.sequence()
    assert not reader
    assert (inner.integer(), inner.text(), inner.next_tag()) == (5, "a", 0x82)
    assert inner.element() == (0x82, b"\x09")
    assert inner.next_tag() is None
    inner.end()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x04",
        b"\x04\x05abc",
        b"\x04\x82\x01",
        b"\x04\x80ab\x00\x00",
        b"\x04\x85\x00\x00\x00\x00\x01a",
        b"\x1f\x81\x01\x00",
    ],
    ids=[
        "nothing",
        "no length",
        "short content",
        "short length",
        "indefinite length",
        "length of five bytes",
        "tag of several bytes",
    ],
)
def test_what_is_no_element(data):
    with pytest.raises(ber.Malformed):
        ber.Reader(data).element()


@pytest.mark.parametrize(
    ("data", "read"),
    [
        (ber.octets("5"), ber.Reader.integer),
        (ber.element(ber.INTEGER), ber.Reader.integer),
        (ber.element(ber.BOOLEAN, b"\x01\x01"), ber.Reader.boolean),
        (ber.octets(b"\xff\xfe"), ber.Reader.text),
        (ber.integer(1), ber.Reader.sequence),
        (ber.integer(1), ber.Reader.end),
    ],
)
def test_what_does_not_belong_there(data, read):
    with pytest.raises(ber.Malformed):
        read(ber.Reader(data))


def test_messages_of_a_stream():
    stream = io.BytesIO(ber.sequence(ber.octets("a" * 300)) + ber.sequence() + b"\x30\x05ab")
    assert ber.read_message(stream) == ber.octets("a" * 300)
    assert ber.read_message(stream) == b""
    assert ber.read_message(stream) is None, "the peer hung up in the middle of a message"


@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.1\r\n", b"\x30\x80\x00\x00", b"\x30\x84\x7f\xff\xff\xff"]
)
def test_what_is_no_message(data):
    with pytest.raises(ber.Malformed):
        ber.read_message(io.BytesIO(data))
