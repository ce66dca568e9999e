"""Requests that are signed, and those that only look so."""

import pytest
from flask import Flask

from sandbox.signin import BearerTokens, basic_login, is_bearer


@pytest.fixture
def signed():
    """What a request with this Authorization makes of a question."""
    app = Flask(__name__)

    def ask(question, header=None, **how):
        headers = {"Authorization": header} if header else {}
        with app.test_request_context("/", headers=headers, **how):
            return question()

    return ask


def test_basic_has_a_user_and_a_password(signed):
    assert signed(basic_login, auth=("ada", "pässwörd:x")) == ("ada", "pässwörd:x")
    assert signed(basic_login) is None
    assert signed(basic_login, "Bearer abc") is None
    assert signed(basic_login, "Basic ???") is None


def test_a_bearer_is_one_with_any_token(signed):
    assert signed(is_bearer, "Bearer abc")
    assert not signed(is_bearer)
    assert not signed(is_bearer, auth=("ada", "x"))


def test_a_token_tells_its_holder_as_long_as_it_is_good(signed):
    tokens = BearerTokens()
    tokens.give("long", "ada", 60)
    tokens.give("over", "ada", -1)
    assert signed(tokens.holder, "Bearer long") == "ada"
    assert signed(tokens.holder, "bearer long") == "ada"
    for header in ("Bearer over", "Bearer other", "Basic long", "long", None):
        assert signed(tokens.holder, header) is None


def test_one_token_or_all_become_worthless(signed):
    tokens = BearerTokens()
    for name in ("a", "b", "c"):
        tokens.give(name, name, 60)
    signed(tokens.forget, "Bearer a")
    assert [signed(tokens.holder, f"Bearer {name}") for name in "abc"] == [None, "b", "c"]
    tokens.clear()
    assert [signed(tokens.holder, f"Bearer {name}") for name in "abc"] == [None] * 3
