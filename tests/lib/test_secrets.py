"""Secrets are masked in every form in which text may hold them."""

import base64
import json
import threading
from contextvars import Context
from urllib.parse import quote, quote_plus, urlencode

import pytest
import requests

from lib import secrets
from lib.http.auth import basic
from lib.secrets import MASK, redact, redact_data

AWKWARD = [
    "a plain one",
    'quo"te',
    "quo'te\"s",
    "back\\slash",
    "per%cent&amp=x/y+z",
    "bl ank/s",
    "Größe€佐藤",
    'Grö"ße',
    "\U0001f511key",
    "tab\tin it",
    ".*regular[expression]+",
    "$1 \\1 \\g<0>",
]


@pytest.fixture(autouse=True)
def _nothing_known():
    secrets.forget_all()
    yield
    secrets.forget_all()


@pytest.mark.parametrize("secret", AWKWARD)
@pytest.mark.parametrize(
    "form",
    [
        str,
        lambda secret: json.dumps({"password": secret}),
        lambda secret: json.dumps({"password": secret}, ensure_ascii=False),
        lambda secret: repr(ValueError({"password": secret})),
        lambda secret: f"https://x/?token={quote(secret, safe='')}&a=b",
        lambda secret: f"https://x/?token={quote_plus(secret)}&a=b",
        lambda secret: urlencode({"login": "ada", "password": secret}),
    ],
    ids=["plain", "json", "json-unicode", "repr", "quoted", "quoted-plus", "form"],
)
def test_a_secret_is_masked_in_each_of_its_forms(secret, form):
    secrets.remember(secret)
    assert redact(form(secret)) == form("PLACE").replace("PLACE", MASK)


@pytest.mark.parametrize(
    ("username", "password"), [("ada", "hunter2"), ("adä", "Größe €"), ("", "x:y"), ("ada", "x")]
)
def test_what_http_basic_makes_of_a_login_is_masked(username, password):
    request = requests.Request("GET", "https://x", auth=basic(username, password)).prepare()
    header = request.headers["Authorization"]
    assert base64.b64decode(header.removeprefix("Basic ")).decode() == f"{username}:{password}"
    assert redact(f"Authorization: {header}") == f"Authorization: Basic {MASK}"
    assert redact(f"password {password}!") == f"password {MASK}!"


def test_a_login_without_a_password_has_no_secret():
    secrets.remember_login("ada", "")
    assert redact("ada YWRhOg==") == "ada YWRhOg=="


def test_every_occurrence_of_every_secret_is_masked():
    secrets.remember("first-one", "second-one")
    text = "first-one, second-one and first-onefirst-one"
    assert redact(text) == f"{MASK}, {MASK} and {MASK}{MASK}"


def test_a_secret_inside_another_leaves_nothing_of_the_longer_one():
    secrets.remember("pass", "password-of-ada")
    assert redact("password-of-ada pass") == f"{MASK} {MASK}"


def test_a_very_short_secret_is_masked_where_it_stands_alone():
    secrets.remember("abc", "1")
    assert redact("abc, 'abc' and abcd") == f"{MASK}, '{MASK}' and abcd"
    assert redact('{"pin": 1, "n": 10}') == f'{{"pin": {MASK}, "n": 10}}'


def test_an_empty_secret_masks_nothing():
    secrets.remember("", "")
    assert redact("some, text!") == "some, text!"


def test_nothing_is_masked_before_anything_is_known_or_after_it_is_forgotten():
    assert redact("hunter2") == "hunter2"
    secrets.remember("hunter2")
    secrets.forget_all()
    assert redact("hunter2") == "hunter2"


def test_the_mask_tells_nothing_of_a_secret_s_length():
    secrets.remember("four", "a-good-deal-longer-one")
    assert redact("four") == redact("a-good-deal-longer-one")


def test_data_are_masked_at_any_depth_and_stay_as_they_were():
    secrets.remember("hunter2")
    record = {"a": "is hunter2", "list": ["hunter2", {"b": "hunter2", "n": 5}], "none": None}
    expected = {"a": f"is {MASK}", "list": [MASK, {"b": MASK, "n": 5}], "none": None}
    assert redact_data(record) == expected
    assert record["a"] == "is hunter2"


# --- several runs in one process


def test_what_one_run_knows_is_not_masked_in_another():
    with secrets.apart() as one:
        secrets.remember("hunter2")
        with secrets.apart():
            assert redact("hunter2") == "hunter2"
        assert redact("hunter2") == one.redact("hunter2") == MASK


def test_outside_of_all_runs_the_secrets_of_each_that_lives_are_masked():
    with secrets.apart() as one:
        secrets.remember("hunter2")
    with secrets.apart():
        secrets.remember("token-of-ada")
        _, shown = in_thread(lambda: redact("hunter2 token-of-ada"))
    assert shown == f"{MASK} {MASK}"
    assert one.redact("token-of-ada") == "token-of-ada"


def test_what_is_learnt_outside_of_all_runs_is_masked_in_each():
    with secrets.apart():
        secrets.remember("pass")
        thread, _ = in_thread(lambda: secrets.remember("password-of-ada"))
        assert thread != threading.get_ident()
        assert redact("password-of-ada pass") == f"{MASK} {MASK}"


def in_thread(act):
    """Do it in a thread to which no context is handed on."""
    found = []
    thread = threading.Thread(target=Context().run, args=[lambda: found.append(act())])
    thread.start()
    thread.join()
    return thread.ident, found[0]
