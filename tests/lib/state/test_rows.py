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
def test_compress_and_decompress_return_the_text(text):
    assert decompress(compress(text)) == text
    assert compress(compress(text)) == compress(text)


def test_compress_compresses_long_texts_only():
    assert compress(ADA) == ADA
    long = json.dumps([ADA] * 200)
    assert isinstance(compress(long), bytes)
    assert len(compress(long)) < len(long) / 5


def test_compress_escapes_half_surrogates():
    text = '{"NAME": "\ud83d"}'
    assert json.loads(decompress(compress(text))) == json.loads(text)
    assert escape_surrogates("broken \ud83d here") == "broken \\ud83d here"
    assert json.loads(decompress(compress(f'["\ud83d", "{"x" * MAX_PLAIN}"]')))[0] == "\ud83d"


@pytest.mark.parametrize("key", ["", "ada@example.com", "Gräfin ☃", "nul\0", "\ud83d", "\\ud83d"])
def test_encode_and_decode_key_return_the_key(key):
    assert decode_key(encode_key(key)) == key


def test_decompress_fields_returns_the_fields():
    assert decompress_fields(compress(ADA)) == json.loads(ADA)
    assert decompress_fields(None) is None
