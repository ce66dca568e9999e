"""What goes wrong on the way to an HTTP server, and what a server says of itself, in words."""

from __future__ import annotations

import json
import re
from typing import Any

import requests

from lib import secrets
from lib.jsontext import printable

LONGEST_EXCERPT = 200
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


def in_words(error: requests.RequestException, timeouts: tuple[int, int]) -> tuple[str, str]:
    """What happened and what to do, for a request without an answer.

    `timeouts` are those for the connection and for the answer, in seconds.
    """
    text = str(error)
    what, fix = f"the connection failed ({cause(error)})", "Check the url, or try again later"
    untrusted = re.search(r"certificate verify failed: ([^(']+)", text)
    if isinstance(error, requests.exceptions.SSLError) and untrusted:
        what = f"the server's certificate is not trusted ({untrusted[1].strip()})"
        fix = "Set cacert_file to a PEM file with its certificate authority"
    elif isinstance(error, requests.exceptions.SSLError):
        what = "no secure connection can be made"
        fix = "Check whether the port speaks https, and cacert_file"
    elif isinstance(error, requests.exceptions.ProxyError):
        what = f"the proxy does not let through ({cause(error)})"
        fix = "Check the environment's HTTPS_PROXY, HTTP_PROXY and NO_PROXY"
    elif isinstance(error, requests.ConnectTimeout):
        what = f"no connection within {timeouts[0]} seconds"
        fix = "Check the url, and the firewalls on the way"
    elif isinstance(error, requests.Timeout) or "Read timed out" in text:
        what, fix = f"no answer within {timeouts[1]} seconds", "Try again later"
    elif "NameResolutionError" in text:
        what, fix = "there is no server of that name", "Check the url in the ini"
    elif "refused" in cause(error).lower():
        what, fix = "the connection was refused", "Check host and port of the url"
    return what, fix


def said_in(response: requests.Response) -> str:
    """What the server said in its answer, in brackets and shortened; some repeat secrets."""
    text = secrets.redact(response.content.decode("utf-8", "replace"))
    try:
        words = _sentence(json.loads(text))
    except (ValueError, RecursionError):
        words = excerpt(text)
    words = words or response.reason or ""
    return f" ({words})" if words else ""


def excerpt(text: str) -> str:
    """A page's paragraphs, else its text without tags, on one line and shortened."""
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", text, flags=re.IGNORECASE | re.DOTALL)
    paragraphs = re.findall(r"<p[^>]*>(.*?)</p>", text, re.IGNORECASE | re.DOTALL)
    return _short(re.sub(r"<[^>]*>", " ", " ".join(paragraphs) or text))


def cause(error: BaseException) -> str:
    """What lies at the bottom of an error."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    return str(error) or type(error).__name__


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
