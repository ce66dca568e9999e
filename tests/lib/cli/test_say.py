"""What is printed holds no secrets, and nothing that a terminal would obey."""

import io
import json
import sys

import click
import pytest

from lib import secrets
from lib.cli.say import say, say_json
from lib.errors import OutputFailed
from lib.reading.ahead import fetch_ahead
from lib.secrets import MASK


def test_secrets_are_masked_on_both_streams(capsys):
    secrets.remember("pass word")
    say("a pass word")
    say("its pass word", err=True)
    assert tuple(capsys.readouterr()) == (f"a {MASK}\n", f"its {MASK}\n")


def test_a_secret_that_a_worker_has_learnt_is_masked(capsys):
    with secrets.apart():
        list(fetch_ahead(secrets.remember, ["pass word"], workers=1))
        say("a pass word")
    assert capsys.readouterr().out == f"a {MASK}\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two\nlines\tof Größe 佐藤 🔑", "two\nlines\tof Größe 佐藤 🔑"),
        ("\x1b[2Jgone\r\x07", "\\u001b[2Jgone\\u000d\\u0007"),
        ("\x9b31m\x7f", "\\u009b31m\\u007f"),
        ("user\u202etxt\u2028", "user\\u202etxt\\u2028"),
        ("half \ud83d, tag \U000e0041", "half \\ud83d, tag \\udb40\\udc41"),
    ],
)
def test_what_a_terminal_would_obey_is_escaped(capsys, text, shown):
    say(text)
    assert capsys.readouterr().out == f"{shown}\n"


def test_json_stays_json_whatever_is_escaped_and_masked(capsys):
    secrets.remember("1", "pass word")
    value = {"pin": 1, "text": "1 \x9b31m\x7f \u202e 🔑 \U000e0041\n", "list": ["pass word"]}
    say_json(value)
    out = capsys.readouterr().out
    masked = value | {"text": value["text"].replace("1 ", f"{MASK} "), "list": [MASK]}
    assert json.loads(out) == masked
    assert out.removesuffix("\n").isprintable()


@pytest.fixture
def full_disk(monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(click, "echo", full)
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, io.StringIO())


@pytest.mark.parametrize(
    ("call", "stream"),
    [
        (lambda: say("text"), "standard output"),
        (lambda: say("text", err=True), "standard error"),
        (lambda: say_json({}), "standard output"),
    ],
)
def test_full_disk_is_an_error_in_words(full_disk, call, stream):
    with pytest.raises(OutputFailed, match=rf"cannot write to {stream} \(No space left on"):
        call()


def test_closed_pipe_stays_what_it_is(monkeypatch):
    def closed(*_, **__):
        raise BrokenPipeError

    monkeypatch.setattr(click, "echo", closed)
    with pytest.raises(BrokenPipeError):
        say("text")
