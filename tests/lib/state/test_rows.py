"""The form in which the ledger keeps texts: long ones compressed, and nothing is lost in it."""

import json

import pytest

from lib.state.rows import LONGEST_PLAIN, fields_of, from_key, pack, storable, to_key, unpack

ADA = '{"NAME": "Ada Lovelace, Gräfin ☃"}'


@pytest.mark.parametrize("text", [None, "", "{}", ADA, "ä" * LONGEST_PLAIN, "x" * 100_000])
def test_a_text_comes_back_as_it_was(text):
    assert unpack(pack(text)) == text
    assert pack(pack(text)) == pack(text)


def test_a_short_text_can_be_read_in_the_file_and_a_long_one_takes_less_room():
    assert pack(ADA) == ADA
    long = json.dumps([ADA] * 200)
    assert isinstance(pack(long), bytes)
    assert len(pack(long)) < len(long) / 5


def test_half_a_surrogate_pair_becomes_its_escape_in_json():
    text = '{"NAME": "\ud83d"}'
    assert json.loads(unpack(pack(text))) == json.loads(text)
    assert storable("broken \ud83d here") == "broken \\ud83d here"
    assert json.loads(unpack(pack(f'["\ud83d", "{"x" * LONGEST_PLAIN}"]')))[0] == "\ud83d"


@pytest.mark.parametrize("key", ["", "ada@example.com", "Gräfin ☃", "nul\0", "\ud83d", "\\ud83d"])
def test_a_key_stays_what_it_is(key):
    assert from_key(to_key(key)) == key


def test_fields_are_what_was_packed():
    assert fields_of(pack(ADA)) == json.loads(ADA)
    assert fields_of(None) is None
