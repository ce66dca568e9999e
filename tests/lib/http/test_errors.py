"""What servers say, and what goes wrong on the way to them, in words."""

import pytest
import requests

from lib.http.errors import excerpt, in_words, said_in


def answer(body, status=400, reason="Bad Request"):
    response = requests.Response()
    response.status_code, response.reason = status, reason
    response._content = body.encode()
    return response


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"error": "invalid_client", "error_description": "No such client."}', "No such client."),
        ('{"error": {"title": "Forbidden", "message": "You may not."}}', "You may not."),
        ('{"errors": [{"code": "INVALID_TOKEN", "description": "No"}]}', "INVALID_TOKEN: No"),
        ('{"errorCode": "E0000011", "errorSummary": "Invalid token"}', "E0000011: Invalid token"),
        ('{"status": {"code": 401, "message": "Bad token"}}', "401: Bad token"),
        ('{"error": "because"}', "because"),
        ('["first", "second"]', "first"),
        ('"a text"', "a text"),
        ('{"httpStatus": 401, "errors": []}', "Bad Request"),
        ('{"computer": {"general": {"name": "Mac"}}}', "Bad Request"),
        ("", "Bad Request"),
        ("<html><head><style>p {}</style></head><p>Sorry,</p> <p>no.</p></html>", "Sorry, no."),
        ("<script>alert()</script>Down", "Down"),
    ],
)
def test_the_sentence_in_an_answer_is_found(body, words):
    assert said_in(answer(body)) == f" ({words})"


def test_without_any_words_there_are_no_brackets():
    assert said_in(answer("", reason="")) == ""


@pytest.mark.parametrize("body", ['{"message": "%s"}' % ("a " * 400), "a " * 400])
def test_long_words_are_shortened(body):
    assert len(said_in(answer(body))) == 203
    assert said_in(answer(body)).endswith("...)")


def test_an_excerpt_is_one_line():
    assert excerpt("<p>one\n two</p>") == "one two"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (requests.ConnectTimeout("x"), "no connection within 3 seconds"),
        (requests.ReadTimeout("x"), "no answer within 60 seconds"),
        (requests.exceptions.ProxyError("x"), "the proxy does not let through (x)"),
        (requests.exceptions.SSLError("wrong version"), "no secure connection can be made"),
        (requests.ConnectionError("Connection refused"), "the connection was refused"),
        (requests.ConnectionError("broken"), "the connection failed (broken)"),
        (
            requests.exceptions.SSLError("certificate verify failed: self-signed (x)"),
            "the server's certificate is not trusted (self-signed)",
        ),
    ],
)
def test_failures_are_told_apart(error, words):
    assert in_words(error, (3, 60))[0] == words
