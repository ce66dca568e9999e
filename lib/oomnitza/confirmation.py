"""Decide whether a response of Oomnitza confirms that it stored a batch.

Nobody outside Oomnitza has documented the body of a successful response, so the default accepts
every JSON that reports no error.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from typing import Any, Literal

import requests

from lib import secrets
from lib.errors import NOT_IN_THIS_RUN, TargetRefused, TargetUnavailable
from lib.http.errors import excerpt, server_message
from lib.http.response import BrokenAnswer
from lib.jsontext import printable

log = logging.getLogger(__name__)

Confirm = Literal["body", "strict", "status"]

LOOSER = "If Oomnitza stored the records, set confirm = status in [oomnitza]"
FAILURES = frozenset({"error", "errors", "failed", "failure", "fail", "fatal"})
# How much of the structure of a response is shown.
SHAPE_DEPTH = 3
SHAPE_MEMBERS = 10
SHAPE_LENGTH = 300


class NotConfirmed(BrokenAnswer):
    """The response is not what Oomnitza answers to a batch."""

    fix = LOOSER


class Confirmation:
    """Checks the responses to the batches of one run; `shape` describes the first one.

    With "status", every response counts that is not a web page. With "body", it must be empty or
    JSON that reports no error; with "strict", a JSON object.
    """

    def __init__(self, confirm: Confirm) -> None:
        self.shape = ""
        self._confirm = confirm

    def __call__(self, response: requests.Response) -> requests.Response:
        """Return the response if it confirms the batch.

        Raises NotConfirmed for a body of another kind, TargetUnavailable for one that reports an
        error, and TargetRefused for one that reports errors of single records.
        """
        body = _parsed(response)
        if not self.shape:
            self.shape = shape_of(body)
            log.info("Structure of Oomnitza's first response to records: %s", self.shape)
        if self._confirm != "status":
            self._check(body, response)
        return response

    def _check(self, body: Any, response: requests.Response) -> None:
        if isinstance(body, bytes) and (body or self._confirm == "strict"):
            raise NotConfirmed(f"the response does not confirm the records: {_quoted(body)}")
        if self._confirm == "strict" and not isinstance(body, dict):
            raise NotConfirmed(f"the response is not a JSON object but {shape_of(body)}")
        where, words = response.url.split("?")[0], _message(response)
        if any(_reports_error(item) for item in _records_of(body)):
            raise TargetRefused(f"Oomnitza reports an error in the record{words}", where=where)
        if _reports_error(body):
            raise TargetUnavailable(
                f"the response reports an error{words}",
                where=where,
                fix=LOOSER,
                retry_after=NOT_IN_THIS_RUN,
            )


def _parsed(response: requests.Response) -> Any:
    """The JSON of a response; the bytes of one that is not JSON, without surrounding space."""
    content = response.content.strip()
    try:
        return json.loads(content) if content else content
    except (ValueError, RecursionError):
        return content


def _quoted(body: bytes) -> str:
    text = excerpt(secrets.redact(body.decode("utf-8", "replace")))
    return f"'{text}'" if text else "it is empty"


def _message(response: requests.Response) -> str:
    """The error message in the body as " (message)", if there is one."""
    words = server_message(response)
    return "" if words == f" ({response.reason})" else words


def _records_of(body: Any) -> Iterable[Any]:
    """The objects in the lists of a body, each of which reports on one record.

    An object in a list of errors is an error, whatever is in it.
    """
    if isinstance(body, list):
        yield from (item for item in body if isinstance(item, dict))
    if isinstance(body, dict):
        for name, member in body.items():
            if isinstance(member, list):
                items = (item for item in member if isinstance(item, dict))
                yield from ({"error": item} if name == "errors" else item for item in items)


def _reports_error(body: Any, depth: int = 1) -> bool:
    """Whether an object says that something failed; null and empty members say nothing.

    Names are compared exactly: Oomnitza's own fields, such as STATUS, are in uppercase.
    """
    if body is False:
        return True
    if not isinstance(body, dict):
        return False
    status = body.get("status")
    return (
        any(bool(body.get(name)) for name in ("error", "errors"))
        or any(body.get(name) is False for name in ("success", "ok"))
        or any(str(body.get(name)).casefold() in FAILURES for name in ("status", "result"))
        or (isinstance(status, int) and status >= requests.codes.bad_request)
        or (
            depth > 0 and any(_reports_error(it, 0) for it in body.values() if isinstance(it, dict))
        )
    )


def shape_of(body: Any) -> str:
    """Return the types and member names of a JSON value, without its values."""
    if isinstance(body, bytes):
        return f"{len(body)} bytes that are not JSON" if body else "an empty body"
    shape = _shape(body, SHAPE_DEPTH)
    return shape if len(shape) <= SHAPE_LENGTH else f"{shape[:SHAPE_LENGTH]}..."


def _shape(value: Any, depth: int) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            inner = _shape(value[0], depth - 1) if value and depth else ""
            return f"[{inner}{', ...' if len(value) > 1 else ''}]"
    names = list(value)[:SHAPE_MEMBERS] if depth else []
    members = [
        f"{printable(secrets.redact(name))}: {_shape(value[name], depth - 1)}" for name in names
    ]
    return "{" + ", ".join([*members, *["..."] * (len(names) < len(value))]) + "}"
