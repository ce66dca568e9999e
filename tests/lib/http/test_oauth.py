"""Client credentials, as RFC 6749 section 4.4 has them."""

from dataclasses import dataclass
from urllib.parse import parse_qs

import pytest

from lib.connection import ConnectionSettings
from lib.errors import SignInError, SourceUnavailable
from lib.http.client import Client, NotFound
from lib.http.oauth import SHORT_LIFE, OAuthClientSettings, client_credentials
from lib.settings import declared, secrets_of, setting


@pytest.fixture
def sign_in(server):
    """Sign in as "an id" with "a&secret=ü" at /token."""
    client = Client(server.url, ConnectionSettings(retries=0, timeout=5))
    settings = OAuthClientSettings(client_id="an id", client_secret="a&secret=ü")
    yield lambda: client_credentials(client, "/token", settings)
    client.close()


def test_the_credentials_travel_in_a_form_and_nothing_else_signs_it(server, sign_in):
    server.answers = [(200, '{"access_token": "abc", "expires_in": 599}')]
    sign_in()
    [asked] = server.asked
    assert (asked.method, asked.path, asked.query) == ("POST", "/token", {})
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qs(asked.body.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["an id"],
        "client_secret": ["a&secret=ü"],
    }
    assert "authorization" not in asked.headers


@pytest.mark.parametrize(
    ("answer", "life"),
    [
        ('{"access_token": "abc", "expires_in": 599}', 599),
        ('{"access_token": "abc", "expires_in": "3600"}', 3600),
        ('{"access_token": "abc", "scope": "x", "token_type": "Bearer"}', SHORT_LIFE),
    ],
)
def test_the_token_lives_as_long_as_the_answer_says(server, sign_in, answer, life):
    server.answers = [(200, answer)]
    token = sign_in()
    assert (token.value, token.life) == ("abc", life)
    assert token.fresh


@pytest.mark.parametrize(
    "answer",
    [
        (401, '{"error": "invalid_client", "error_description": "Client authentication failed"}'),
        (400, '{"error": "unauthorized_client"}'),
        (403, "no"),
        (200, "<html><p>Sign in here</p></html>"),
        (200, "{}"),
        (200, '{"access_token": null}'),
        (200, "[]"),
    ],
)
def test_a_refusal_in_any_form_is_a_sign_in_error_about_the_client(server, sign_in, answer):
    server.answers = [answer]
    with pytest.raises(SignInError) as caught:
        sign_in()
    assert f"{server.url}/token" in str(caught.value)
    assert str(caught.value).endswith(
        "Check that client_id and client_secret are correct and have not expired."
    )
    assert "secret=" not in str(caught.value)
    assert len(server.asked) == 1


def test_no_such_path_is_told_apart(server, sign_in):
    server.answers = [(404, "")]
    with pytest.raises(NotFound):
        sign_in()


def test_a_server_that_is_away_does_not_count_as_a_refusal(server, sign_in):
    server.answers = [(503, "")]
    with pytest.raises(SourceUnavailable):
        sign_in()


@pytest.mark.parametrize(
    ("given", "problem", "by_client"),
    [
        ({}, False, False),
        ({"client_id": "an id"}, True, True),
        ({"client_secret": "a secret"}, True, True),
        ({"client_id": "an id", "client_secret": "a secret"}, False, True),
    ],
)
def test_an_id_and_its_secret_belong_together(given, problem, by_client):
    settings = OAuthClientSettings(**given)
    keys = [key for key, _ in settings.problems()]
    assert keys == (["client_id"] if problem else [])
    assert settings.by_client == by_client


def test_another_help_leaves_the_rest_as_it_is():
    @dataclass(frozen=True, kw_only=True)
    class Settings(OAuthClientSettings):
        client_id: str = setting("The id of a robot.", default="")

    assert [item.about.help for item in declared(Settings)] == [
        "The id of a robot.",
        "The secret of that OAuth client.",
    ]
    assert list(secrets_of(Settings(client_secret="hunter2"))) == ["hunter2"]
