"""Failed HTTP requests as sentences: network failures, and the error messages of servers."""

from __future__ import annotations

import json
import logging
import re
import socket
import ssl
from http.client import BadStatusLine, HTTPException, RemoteDisconnected
from typing import Any, NamedTuple

import requests
from urllib3.exceptions import (
    ConnectTimeoutError,
    LocationParseError,
    NameResolutionError,
    ReadTimeoutError,
)

from lib import secrets
from lib.causes import causes, innermost
from lib.errors import NOT_IN_THIS_RUN
from lib.jsontext import printable
from lib.retry import BROKEN_RESPONSE, IMMEDIATE, UNREACHABLE_IMMEDIATE, RetryPolicy
from lib.wording import counted

log = logging.getLogger(__name__)

# What `requests` raises; the second one for a host name such as "acme..com".
Failure = requests.RequestException | LocationParseError

LONGEST_EXCERPT = 200
# How Python says that a proxy refused to connect.
TUNNEL = re.compile(r"Tunnel connection failed: (.+)")
# Where servers put the sentence in a JSON error, the clearest first.
SENTENCES = (
    "error_description",
    "message",
    "errorMessage",
    "localizedMessage",
    "description",
    "detail",
    "errorSummary",
    "title",
)
CODES = ("errorCode", "code")
DEEPEST = 3


class NoResponse(NamedTuple):
    """A request without a complete response: what happened, what to do, and how to retry it."""

    what: str
    fix: str
    policy: RetryPolicy
    retry_after: float | None = None


def no_response(error: Failure, timeouts: tuple[int, int]) -> NoResponse:
    """Classify an exception of a request; `timeouts` as for `describe_failure`."""
    what, fix = describe_failure(error, timeouts)
    if _is_tls(error):
        return NoResponse(what, fix, IMMEDIATE, NOT_IN_THIS_RUN)
    if _is_cut_short(error):
        return NoResponse(what, fix, BROKEN_RESPONSE)
    return NoResponse(what, fix, UNREACHABLE_IMMEDIATE if _is_unreached(error) else IMMEDIATE)


def describe_failure(error: Failure, timeouts: tuple[int, int]) -> tuple[str, str]:
    """Return (what happened, what to do) for a request without a response.

    `timeouts` are those for the connection and for the response, in seconds.
    """
    beneath = list(causes(error))
    untrusted = [item for item in beneath if isinstance(item, ssl.SSLCertVerificationError)]

    def met(*kinds: type[BaseException]) -> bool:
        return any(isinstance(item, kinds) for item in beneath)

    what = f"the connection failed{_reason(error)}"
    fix = "Check that the address is correct. If it is, try again later"
    if untrusted:
        what = f"the server's certificate is not trusted ({untrusted[0].verify_message})"
        fix = "Set cacert_file to a PEM file with its certificate authority"
    elif _is_tls(error):
        what = "the TLS connection failed"
        fix = "Check that the port uses HTTPS and that cacert_file is a PEM file"
    elif met(requests.exceptions.ProxyError):
        what = f"the connection through the proxy failed{_reason(error)}"
        fix = "Correct the environment variables HTTPS_PROXY, HTTP_PROXY, and NO_PROXY"
    elif met(NameResolutionError, socket.gaierror):
        what = "host name not found"
        fix = "Check the spelling of the host name, and the DNS settings of this machine"
    elif met(ConnectionRefusedError):
        what = "the connection was refused"
        fix = "Check that host and port are correct and that the server is running"
    elif met(requests.ConnectTimeout):
        what = f"no connection within {counted(timeouts[0], 'second')}"
        fix = "Check that host and port are correct and that no firewall blocks the connection"
    elif met(requests.Timeout, ReadTimeoutError):
        what = f"no response within {counted(timeouts[1], 'second')}"
        fix = "Try again later, or increase timeout"
    elif _is_cut_short(error):
        what, fix = "the response ended before it was complete", "Try again later"
    return what, fix


def _is_tls(error: Failure) -> bool:
    """Whether no secure connection could be made, which another try would not change."""
    return isinstance(error, requests.exceptions.SSLError)


def _is_unreached(error: Failure) -> bool:
    """Whether no connection was made, so that nothing of the request can have arrived."""
    return any(isinstance(item, ConnectTimeoutError) for item in causes(error))


def _is_cut_short(error: Failure) -> bool:
    """Whether it came in the middle of the answer: lost, undecodable, or nothing more in time."""
    broken = (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError)
    silent = isinstance(next(iter(error.args), None), ReadTimeoutError)
    # As a requests.ReadTimeout it would be that of an answer which has not begun.
    return isinstance(error, broken) or (silent and isinstance(error, requests.ConnectionError))


def server_message(response: requests.Response) -> str:
    """Return the error message in a response as " (message)"; empty if there is none.

    It is shortened, and secrets are masked, since some servers repeat them.
    """
    text = secrets.redact(response.content.decode("utf-8", "replace"))
    try:
        words = _sentence(json.loads(text))
    except (ValueError, RecursionError):
        words = excerpt(text)
    words = re.sub(r"(?<!\.)\.$", "", words or response.reason or "")
    return f" ({words})" if words else ""


def excerpt(text: str) -> str:
    """Return the paragraphs of an HTML page, or its text without tags, as one short line."""
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", text, flags=re.IGNORECASE | re.DOTALL)
    paragraphs = re.findall(r"<p[^>]*>(.*?)</p>", text, re.IGNORECASE | re.DOTALL)
    words = re.sub(r"<[^>]*>", " ", " ".join(paragraphs) or text)
    return _short(re.sub(r"\s+(?=[.,;:!?])", "", words))


def _reason(error: Failure) -> str:
    """Return the reason of the system, or of the server, as " (reason)"; empty if unknown."""
    match innermost(error):
        case RemoteDisconnected():
            reason = "the server closed it without a response"
        case BadStatusLine(args=(str(line), *_)):
            reason = f"the response is not HTTP but begins with '{_short(line)}'"
        case HTTPException():
            reason = "the response is not valid HTTP"
        case requests.exceptions.InvalidURL() | LocationParseError() | UnicodeError():
            reason = "the address is not valid"
        case OSError(strerror=str(reason)):
            pass
        case OSError() as refused if found := TUNNEL.search(str(refused)):
            reason = f"the proxy responded with {found[1]}"
        case other:
            log.debug("The connection failed: %r", other)
            return ""
    return f" ({reason})"


def _sentence(answer: Any, depth: int = 0) -> str:
    """The sentence in a JSON error; nothing for a record that is none."""
    if isinstance(answer, str):
        return _short(answer)
    if isinstance(answer, list) and answer and depth < DEEPEST:
        return _sentence(answer[0], depth + 1)
    if not isinstance(answer, dict):
        return ""
    codes = [str(answer[name]) for name in CODES if answer.get(name)]
    for name in SENTENCES:
        if isinstance(answer.get(name), str) and answer[name].strip():
            return _short(": ".join([*codes[:1], answer[name]]))
    inner = next(
        (answer[name] for name in ("error", "errors", "messages", "status") if answer.get(name)),
        None,
    )
    return _sentence(inner, depth + 1) if depth < DEEPEST else ""


def _short(text: str) -> str:
    line = printable(" ".join(text.split()))
    return line if len(line) <= LONGEST_EXCERPT else f"{line[: LONGEST_EXCERPT - 3]}..."
