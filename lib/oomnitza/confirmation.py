"""Decide whether a response of Oomnitza confirms that it stored a batch.

Nobody outside Oomnitza has documented the body of a successful response, so the default accepts
every JSON that reports no error.
"""

from __future__ import annotations

import json
import logging
import re
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
# Members that report an error unless they are empty, zero, or false; names as `_plain` gives them.
ERROR_MEMBERS = frozenset(
    {"error", "errors", "errormessage", "errorcode", "errorcount", "errordetails", "haserrors"}
    | {"exception", "fault", "failed", "failures", "failedcount", "failurecount", "rejected"}
)
# Those whose number counts records.
COUNTS = frozenset(
    {"errors", "errorcount", "failed", "failures", "failedcount", "failurecount", "rejected"}
)
# A text that names a record.
NUMBERED = re.compile(r"\b(row|record|line|index|item)s?\b\W*\d", re.IGNORECASE)
STATUS_MEMBERS = frozenset({"status", "statuscode", "httpstatus", "code", "errorcode"})
# A text that reports an error, where a text is all that the response or an item of its list is.
ERROR_TEXT = re.compile(
    r"\b(?<!no )(?<!\b0 )(?<!without )(errors?|exception|fail(ed|ure|s)?|invalid"
    r"|denied|blocked|forbidden|unauthori[sz]ed|refused"
    r"|rejected)\b",
    re.IGNORECASE,
)
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
        if self.shape and self._confirm == "status":
            return response
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
        where = response.url.split("?")[0]
        if any(_reports_error(item) for item in _records_of(body)) or _counts_errors(body):
            what = f"Oomnitza reports an error in the record{_message(response)}"
            raise TargetRefused(what, where=where)
        if _reports_error(body):
            raise TargetUnavailable(
                f"the response reports an error{_message(response)}",
                where=where,
                fix=LOOSER,
                retry_after=NOT_IN_THIS_RUN,
            )


def _parsed(response: requests.Response) -> Any:
    """The JSON of a response; the bytes of one that is not JSON, without surrounding space."""
    content = response.content.strip()
    try:
        return json.loads(content, parse_constant=_refuse) if content else content
    except (ValueError, RecursionError):
        return content


def _refuse(constant: str) -> Any:
    """Raise ValueError for NaN and Infinity, which Python accepts as JSON."""
    raise ValueError(constant)


def _quoted(body: bytes) -> str:
    text = excerpt(secrets.redact(body.decode("utf-8", "replace")))
    return f"'{text}'" if text else "it is empty"


def _message(response: requests.Response) -> str:
    """The error message in the body as " (message)", if there is one."""
    words = server_message(response)
    return "" if words == f" ({response.reason})" else words


def _records_of(body: Any) -> Iterable[Any]:
    """The items in the lists of a body, each of which reports on one record.

    An object in a list of errors is an error, whatever is in it.
    """
    if isinstance(body, list):
        yield from (item for item in body if isinstance(item, dict | str))
    if isinstance(body, dict):
        for name, member in body.items():
            if isinstance(member, list):
                items = (item for item in member if isinstance(item, dict))
                yield from ({"error": item} if name == "errors" else item for item in items)
        yield from ({"error": item} for item in _named_records(body.get("errors")))


def _named_records(errors: Any) -> Iterable[Any]:
    """The errors that name the record that they are about, in their text or as their key."""
    if isinstance(errors, list):
        yield from (item for item in errors if isinstance(item, str) and NUMBERED.search(item))
    if isinstance(errors, dict):
        yield from (
            item for name, item in errors.items() if name.isdigit() or isinstance(item, list)
        )


def _counts_errors(body: Any, depth: int = 1) -> bool:
    """Whether an object has a number of errors, which are those of single records."""
    if not isinstance(body, dict):
        return False
    return any(
        (_plain(name) in COUNTS and type(item) is int and item > 0)
        or (depth > 0 and _counts_errors(item, 0))
        for name, item in body.items()
    )


def _reports_error(body: Any, depth: int = 1) -> bool:
    """Whether a value says that something failed; null and empty members say nothing."""
    match body:
        case bool():
            return not body
        case str():
            return ERROR_TEXT.search(body) is not None
        case {"message": str(message)} if len(body) == 1:
            return _reports_error(message)
        case dict():
            inner = (item for item in body.values() if isinstance(item, dict))
            return any(_is_error(_plain(name), item) for name, item in body.items()) or (
                depth > 0 and any(_reports_error(item, 0) for item in inner)
            )
    return False


def _is_error(name: str, value: Any) -> bool:
    text = str(value).casefold()
    return (
        (name in ERROR_MEMBERS and bool(value) and text not in {"0", "false", "none", "null"})
        or (name in {"success", "succeeded", "ok"} and text in {"false", "0"})
        or (name in {"status", "result"} and text in FAILURES)
        or (name in STATUS_MEMBERS and text.isdigit() and int(text) >= requests.codes.bad_request)
    )


def _plain(name: str) -> str:
    """The name of a member without regard to its spelling: errorMessage, Error_Message.

    Oomnitza's own fields, such as STATUS, are in uppercase; they say nothing about the response.
    """
    return "" if name.isupper() else name.casefold().replace("_", "").replace("-", "")


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
