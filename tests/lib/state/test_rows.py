"""The form in which the ledger keeps texts: long ones compressed, and nothing is lost in it."""

import json

import pytest

from lib.state.rows import (
    MAX_PLAIN,
    compress,
    decode_key,
    decompress,
    decompress_fields,
    encode_key,
    escape_surrogates,
)

ADA = '{"NAME": "Ada Lovelace, Gräfin ☃"}'


@pytest.mark.parametrize("text", [None, "", "{}", ADA, "ä" * MAX_PLAIN, "x" * 100_000])
def test_a_text_comes_back_as_it_was(text):
    assert decompress(compress(text)) == text
    assert compress(compress(text)) == compress(text)


def test_a_short_text_can_be_read_in_the_file_and_a_long_one_takes_less_room():
    assert compress(ADA) == ADA
    long = json.dumps([ADA] * 200)
    assert isinstance(compress(long), bytes)
    assert len(compress(long)) < len(long) / 5


def test_half_a_surrogate_pair_becomes_its_escape_in_json():
    text = '{"NAME": "\ud83d"}'
    assert json.loads(decompress(compress(text))) == json.loads(text)
    assert escape_surrogates("broken \ud83d here") == "broken \\ud83d here"
    assert json.loads(decompress(compress(f'["\ud83d", "{"x" * MAX_PLAIN}"]')))[0] == "\ud83d"


@pytest.mark.parametrize("key", ["", "ada@example.com", "Gräfin ☃", "nul\0", "\ud83d", "\\ud83d"])
def test_a_key_stays_what_it_is(key):
    assert decode_key(encode_key(key)) == key


def test_fields_are_what_was_packed():
    assert decompress_fields(compress(ADA)) == json.loads(ADA)
    assert decompress_fields(None) is None
