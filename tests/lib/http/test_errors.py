"""What servers say, and what goes wrong on the way to them, in words."""

import socket
import ssl
from http.client import BadStatusLine, IncompleteRead, RemoteDisconnected

import pytest
import requests
from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)

from lib.errors import NOT_IN_THIS_RUN, SourceUnavailable
from lib.http.errors import describe_failure, excerpt, no_response, server_message
from lib.retry import BROKEN_RESPONSE, IMMEDIATE, UNREACHABLE_IMMEDIATE


def answer(body, status=400, reason="Bad Request"):
    response = requests.Response()
    response.status_code, response.reason = status, reason
    response._content = body.encode()
    return response


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"error": "invalid_client", "error_description": "No such client."}', "No such client"),
        ('{"error": {"title": "Forbidden", "message": "You may not."}}', "You may not"),
        ('{"errors": [{"code": "INVALID_TOKEN", "description": "No"}]}', "INVALID_TOKEN: No"),
        ('{"errorCode": "E0000011", "errorSummary": "Invalid token"}', "E0000011: Invalid token"),
        ('{"status": {"code": 401, "message": "Bad token"}}', "401: Bad token"),
        ('{"error": "because"}', "because"),
        ('["first", "second"]', "first"),
        ('"a text"', "a text"),
        ('{"httpStatus": 401, "errors": []}', "Bad Request"),
        ('{"computer": {"general": {"name": "Mac"}}}', "Bad Request"),
        ("", "Bad Request"),
        ("<html><head><style>p {}</style></head><p>Sorry,</p> <p>no.</p></html>", "Sorry, no"),
        ("<script>alert()</script>Down", "Down"),
    ],
)
def test_the_sentence_in_an_answer_is_found(body, words):
    assert server_message(answer(body)) == f" ({words})"


def test_without_any_words_there_are_no_brackets():
    assert server_message(answer("", reason="")) == ""


@pytest.mark.parametrize("body", ['{"message": "%s"}' % ("a " * 400), "a " * 400])
def test_long_words_are_shortened(body):
    assert len(server_message(answer(body))) == 203
    assert server_message(answer(body)).endswith("...)")


def test_an_excerpt_is_one_line():
    assert excerpt("<p>one\n two</p>") == "one two"


GERMAN = OSError(
    10065, "Es konnte keine Verbindung hergestellt werden, da der Zielcomputer nein sagt"
)
REFUSED = ConnectionRefusedError(10061, "Der Zielcomputer verweigerte die Verbindung")
UNTRUSTED = ssl.SSLCertVerificationError(1, "egal")
UNTRUSTED.verify_message = "self-signed certificate"


def never_connected(reason):
    """As urllib3 and requests tell it of a connection that could not be made."""
    return requests.ConnectionError(MaxRetryError(None, "/x", reason))


def caused_by(error, reason):
    error.__cause__ = reason
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (requests.ConnectTimeout("x"), "no connection within 3 seconds"),
        (requests.ReadTimeout("x"), "no response within 60 seconds"),
        (requests.exceptions.ProxyError("x"), "the connection through the proxy failed"),
        (requests.exceptions.SSLError("wrong version"), "the TLS connection failed"),
        (
            caused_by(never_connected(None), caused_by(NewConnectionError(None, ""), REFUSED)),
            "the connection was refused",
        ),
        (
            caused_by(
                never_connected(None), NameResolutionError("x", None, socket.gaierror(11001))
            ),
            "host name not found",
        ),
        (
            requests.ConnectionError(ReadTimeoutError(None, "/x", "")),
            "no response within 60 seconds",
        ),
        (requests.ConnectionError("refused by what is no operating system"), "the connection fail"),
        (caused_by(requests.ConnectionError(), GERMAN), "the connection failed (Es konnte"),
        (
            requests.exceptions.SSLError(MaxRetryError(None, "/x", SSLError(UNTRUSTED))),
            "the server's certificate is not trusted (self-signed certificate)",
        ),
        (
            requests.exceptions.ChunkedEncodingError("x"),
            "the response ended before it was complete",
        ),
    ],
)
def test_failures_are_told_apart_by_type_in_whatever_language(error, words):
    assert describe_failure(error, (3, 60))[0].startswith(words)


def test_what_went_wrong_before_is_not_taken_for_it():
    """As when a connector asks in another way after the first one failed."""
    first = caused_by(SourceUnavailable("away"), REFUSED)
    assert describe_failure(caused_by(requests.ConnectionError("x"), first), (3, 60))[0].startswith(
        "the connection failed"
    )


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (requests.ConnectionError("broken"), "the connection failed"),
        (
            caused_by(requests.ConnectionError("x"), RemoteDisconnected("Remote end closed")),
            "the connection failed (the server closed it without a response)",
        ),
        (
            caused_by(requests.ConnectionError("x"), BadStatusLine("SSH-2.0-x\r\n")),
            "the connection failed (the response is not HTTP but begins with 'SSH-2.0-x')",
        ),
        (
            caused_by(requests.ConnectionError("x"), IncompleteRead(b"")),
            "the connection failed (the response is not valid HTTP)",
        ),
        (
            requests.exceptions.InvalidURL("Failed to parse: http://[x"),
            "the connection failed (the address is not valid)",
        ),
        (
            caused_by(
                requests.exceptions.ProxyError("x"),
                OSError("Tunnel connection failed: 403 Forbidden"),
            ),
            "the connection through the proxy failed (the proxy responded with 403 Forbidden)",
        ),
    ],
)
def test_reason_is_in_plain_words_without_text_of_libraries(error, what):
    assert describe_failure(error, (3, 60))[0] == what


def test_timeout_of_one_second_is_singular():
    assert describe_failure(requests.ReadTimeout("x"), (3, 1))[0] == "no response within 1 second"


@pytest.mark.parametrize(
    ("error", "policy"),
    [
        (never_connected(NewConnectionError(None, "x")), UNREACHABLE_IMMEDIATE),
        (
            requests.ConnectTimeout(MaxRetryError(None, "/x", ConnectTimeoutError())),
            UNREACHABLE_IMMEDIATE,
        ),
        (requests.ConnectionError(ProtocolError("lost")), IMMEDIATE),
        (requests.ReadTimeout(ReadTimeoutError(None, "/x", "")), IMMEDIATE),
        (requests.ConnectionError(ReadTimeoutError(None, "/x", "")), BROKEN_RESPONSE),
        (requests.exceptions.ChunkedEncodingError("x"), BROKEN_RESPONSE),
    ],
)
def test_what_failed_says_how_often_it_is_worth_another_try(error, policy):
    assert no_response(error, (3, 60)).policy == policy


def test_no_secure_connection_is_worth_no_other_try():
    told = no_response(requests.exceptions.SSLError("x"), (3, 60))
    assert told.retry_after == NOT_IN_THIS_RUN
