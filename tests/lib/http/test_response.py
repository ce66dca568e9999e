"""Responses that are not what was asked for are errors in words."""

import pytest
import requests

from lib.errors import SourceFault
from lib.http.response import BrokenAnswer, NoContent, decoded, json_of, member


def response(content: bytes, status: int = 200) -> requests.Response:
    made = requests.Response()
    made.status_code, made.url = status, "https://acme.example.com/x?key=query-value"
    made._content = content
    return made


def test_decoded_returns_the_json():
    assert decoded(response('{"name": "Zoë"}'.encode())) == {"name": "Zoë"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<p>Service down</p>", "the response is not JSON but begins with 'Service down'"),
        (b"", "the response is empty"),
        (b" \n", "the response is empty"),
        (b"[" * 100_000, "the response is not JSON but begins with"),
    ],
)
def test_decoded_invalid_response_is_broken(content, words):
    with pytest.raises(BrokenAnswer, match=words):
        decoded(response(content))


def test_decoded_204_has_no_content():
    with pytest.raises(NoContent, match=r"^https://acme\.example\.com/x: .*204"):
        decoded(response(b"", 204))


def test_json_of_names_the_address_without_the_query():
    with pytest.raises(SourceFault, match=r"^https://acme\.example\.com/x: the response is not"):
        json_of(response(b"<p>Service down</p>"))


def test_member_returns_the_value_even_if_it_is_null():
    assert member({"token": None}, "token") is None


@pytest.mark.parametrize("answer", [{}, [], None, 7, "text", {"token": 1}])
def test_member_missing_or_of_another_kind_raises(answer):
    with pytest.raises(SourceFault, match="'token' is missing in the response"):
        member(answer, "token", str)
