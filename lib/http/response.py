"""Responses as decoded JSON, with an error in words for those that are not what was asked for."""

from __future__ import annotations

import json
from typing import Any

import requests

from lib import secrets
from lib.errors import SourceFault
from lib.http.errors import excerpt

CHECK_URL = "Check that url is the address of the API, not of the console"


class NoContent(SourceFault):
    """The server responds without content (204)."""


class BrokenAnswer(ValueError):
    """A response is invalid; the text says what it is instead."""

    fix = f"Try again later. If the error remains, {CHECK_URL[0].lower()}{CHECK_URL[1:]}"


def decoded(response: requests.Response) -> Any:
    """Return the JSON of a response (UTF-8, RFC 8259); raise NoContent or BrokenAnswer."""
    if response.status_code == requests.codes.no_content:
        raise NoContent(
            "the server responded with 204 (no content)", where=response.url.split("?")[0]
        )
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError):
        text = secrets.redact(response.content.decode("utf-8", "replace"))
        begins = f"the response is not JSON but begins with '{excerpt(text)}'"
        raise BrokenAnswer(begins if text.strip() else "the response is empty") from None


def json_of(response: requests.Response) -> Any:
    """Return the decoded JSON of a response; raise SourceFault if it is not JSON."""
    try:
        return decoded(response)
    except BrokenAnswer as error:
        raise SourceFault(str(error), where=response.url.split("?")[0], fix=CHECK_URL) from None


def member(answer: Any, key: str, kind: type = object, *, where: str = "") -> Any:
    """Return the value of a key in a decoded response.

    Raises SourceFault if it is missing or of another kind; `where` is the address of the response.
    """
    if isinstance(answer, dict) and isinstance(answer.get(key), kind) and key in answer:
        return answer[key]
    raise SourceFault(f"'{key}' is missing in the response", where=where, fix=CHECK_URL)
