"""The one door to everything that speaks HTTP: sessions, retries, and errors put into words.

A `Client` repeats what found the server away or overloaded (connection errors, 429, 502, 503, 504)
when the server wants it to, keeps to the server's quota, reads JSON whatever the content type says,
follows no redirect, and raises the errors of `lib.errors`.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.auth import AuthBase

from lib import secrets
from lib.auth import UNSIGNED
from lib.connection import ConnectionSettings
from lib.errors import (
    AccessDenied,
    ConfigurationError,
    ConnectorError,
    SignInError,
    SourceFault,
    SourceUnavailable,
)
from lib.jsontext import to_json
from lib.ratelimit import pause_before_next
from lib.session import new_session

log = logging.getLogger(__name__)

CONNECT_TIMEOUT = 15
RETRY_STATUS = frozenset({408, 429, 502, 503, 504})
# Pauses before an answer that was cut short or is not JSON is asked for again, in seconds.
BROKEN_PAUSES = (1.0, 4.0)
CUT_SHORT = "the answer broke off in the middle"


class NotFound(SourceFault):
    """The server has nothing at this address (404)."""


class NoContent(SourceFault):
    """The server has nothing to say (204)."""


class Client:
    """Requests to one server, with paths below its address; threads may share it.

    `repeatable` are the methods that may be sent again when it is not known whether the first
    one arrived; `retry_status` are answers that this server's vendor calls passing, beside the
    usual ones.
    """

    unavailable: type[ConnectorError] = SourceUnavailable
    fault: type[ConnectorError] = SourceFault

    def __init__(
        self,
        url: str,
        settings: ConnectionSettings,
        *,
        auth: AuthBase | None = None,
        headers: Mapping[str, str] | None = None,
        connections: int = 1,
        cookies: bool = True,
        repeatable: frozenset[str] = frozenset({"GET"}),
        retry_status: frozenset[int] = frozenset(),
    ) -> None:
        self.url = url
        self.auth: AuthBase = auth or UNSIGNED
        self._timeout = (min(CONNECT_TIMEOUT, settings.timeout), settings.timeout)
        self._quiet_until = 0.0  # when the quota of requests is filled again, if it was used up
        self._session = new_session(settings, connections, repeatable, RETRY_STATUS | retry_status)
        self._session.headers.update(headers or {})
        if not cookies:
            self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    @property
    def headers(self) -> Any:
        """The headers that every request carries."""
        return self._session.headers

    def close(self) -> None:
        self._session.close()

    def get_json(self, path: str, **params: Any) -> Any:
        """The decoded JSON of a GET; an answer that is broken or no JSON is asked for again.

        Raises NoContent for 204, which some servers answer where others have an empty list.
        """
        return self._read(_decoded, "GET", path, params=params)

    def path_of(self, url: str) -> str:
        """The path of an address that the server gave for the next request.

        Raises SourceFault for another host or scheme: the credentials are not for them.
        """
        ours, theirs = urlsplit(self.url), urlsplit(urljoin(self.url, url))
        if (theirs.scheme, theirs.netloc.lower()) != (ours.scheme, ours.netloc.lower()):
            raise SourceFault(
                f"the server sends to {theirs.netloc} for the next page", where=self.url
            )
        path = f"{theirs.path}?{theirs.query}" if theirs.query else theirs.path
        return path.removeprefix(ours.path)

    def post_json(self, path: str, body: Any, **how: Any) -> requests.Response:
        """POST a body as JSON."""
        headers = {"Content-Type": "application/json; charset=utf-8"}
        return self.request("POST", path, data=to_json(body).encode(), headers=headers, **how)

    def request(
        self, method: str, path: str, *, auth: AuthBase | None = None, **how: Any
    ) -> requests.Response:
        """Send one request, signed by `auth` or as the client is, and return its whole answer.

        Raises SignInError (401), AccessDenied (403), NotFound (404), or what the class names as
        its `unavailable` and `fault` for everything else that is not a success.
        """
        try:
            return self._send(method, path, auth=auth, **how)
        except requests.exceptions.ChunkedEncodingError:
            raise self.unavailable(CUT_SHORT, where=self._where(path)) from None

    def _send(
        self, method: str, path: str, *, auth: AuthBase | None = None, **how: Any
    ) -> requests.Response:
        url = self.url + path
        how |= {"auth": auth or self.auth, "verify": self._session.verify}
        time.sleep(max(0.0, self._quiet_until - time.monotonic()))
        started = time.monotonic()
        try:
            response = self._session.request(
                method, url, timeout=self._timeout, allow_redirects=False, **how
            )
        except requests.exceptions.ChunkedEncodingError:
            raise
        except requests.RequestException as error:
            raise self._no_answer(error, self._where(path)) from error
        took = (time.monotonic() - started) * 1000
        log.debug("%s %s: %s in %.0f ms", method, self._where(path), response.status_code, took)
        self._quiet_until = time.monotonic() + pause_before_next(response.headers)
        if not 200 <= response.status_code < 300:
            raise self.refusal(response)
        return response

    def _read(
        self, decode: Callable[[requests.Response], Any], method: str, path: str, **how: Any
    ) -> Any:
        broken = ""
        for pause in (*BROKEN_PAUSES, None):
            try:
                return decode(self._send(method, path, **how))
            except requests.exceptions.ChunkedEncodingError:
                broken = CUT_SHORT
            except BrokenAnswer as error:
                broken = str(error)
            if pause is not None:
                log.warning("%s: %s; asking again in %.0f s", self._where(path), broken, pause)
                time.sleep(pause)
        raise self.unavailable(
            broken, where=self._where(path), fix="Check the url, or try again later"
        )

    def _where(self, path: str) -> str:
        """The address to show; the query is nobody's business."""
        return (self.url + path).split("?")[0]

    def _no_answer(self, error: requests.RequestException, url: str) -> ConnectorError:
        text = str(error)
        if isinstance(error, requests.exceptions.SSLError):
            reason = re.search(r"certificate verify failed: ([^(']+)", text)
            if reason:
                return self.unavailable(
                    f"the server's certificate is not trusted ({reason[1].strip()})",
                    where=url,
                    fix="Set cacert_file to a PEM file with its certificate authority",
                )
            return self.unavailable(
                "no secure connection can be made",
                where=url,
                fix="Check whether the port speaks https, and cacert_file",
            )
        if isinstance(error, requests.exceptions.ProxyError):
            return self.unavailable(
                f"the proxy does not let through ({_cause(error)})",
                where=url,
                fix="Check the environment's HTTPS_PROXY, HTTP_PROXY and NO_PROXY",
            )
        if isinstance(error, requests.ConnectTimeout):
            return self.unavailable(
                f"no connection within {self._timeout[0]} seconds",
                where=url,
                fix="Check the url, and the firewalls on the way",
            )
        if isinstance(error, requests.Timeout) or "Read timed out" in text:
            return self.unavailable(
                f"no answer within {self._timeout[1]} seconds", where=url, fix="Try again later"
            )
        if "NameResolutionError" in text:
            return self.unavailable(
                "there is no server of that name", where=url, fix="Check the url in the ini"
            )
        if "refused" in text.lower():
            return self.unavailable(
                "the connection was refused", where=url, fix="Check host and port of the url"
            )
        return self.unavailable(
            f"the connection failed ({_cause(error)})",
            where=url,
            fix="Check the url, or try again later",
        )

    def refusal(self, response: requests.Response) -> ConnectorError:
        """The error for an answer that is no success; a class for one vendor may know more."""
        where, status = response.url.split("?")[0], response.status_code
        said = f"the server answered {status}{_words(response)}"
        if response.is_redirect:
            target = response.headers["Location"].split("?")[0]
            return ConfigurationError(
                f"the server sends to {target}", where=where, fix="Set url to where it is now"
            )
        # A history means that a new token was refused like the old one: it is not the sign-in.
        if status == 401 and not response.history:
            return SignInError(said, where=where, fix="Check the credentials in the ini")
        if status in (401, 403):
            return AccessDenied(said, where=where, fix="Check the rights of the account")
        if status == 404:
            return NotFound(said, where=where, fix="Check the url")
        if status in RETRY_STATUS or status >= 500:
            return self.unavailable(said, where=where, fix="Try again later")
        return self.fault(said, where=where)


def json_of(response: requests.Response) -> Any:
    """The decoded JSON of an answer; raises SourceFault when it is something else."""
    try:
        return _decoded(response)
    except BrokenAnswer as error:
        raise SourceFault(
            str(error), where=response.url.split("?")[0], fix="Check the url"
        ) from None


def member(answer: Any, key: str, kind: type = object, *, where: str = "") -> Any:
    """What a decoded answer holds under a key.

    Raises SourceFault when that is missing or of another kind; `where` is the answer's address.
    """
    if isinstance(answer, dict) and isinstance(answer.get(key), kind) and key in answer:
        return answer[key]
    raise SourceFault(f"the answer has no {key!r}", where=where, fix="Check the url")


class BrokenAnswer(ValueError):
    """An answer is not what it has to be; the text says what it is instead."""


def _decoded(response: requests.Response) -> Any:
    """JSON is UTF-8 (RFC 8259), whatever the content type says."""
    if response.status_code == requests.codes.no_content:
        raise NoContent("the server answered 204 (no content)", where=response.url.split("?")[0])
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError):
        text = response.content.decode("utf-8", "replace")
        raise BrokenAnswer(f"the answer is not JSON but begins {_excerpt(text)!r}") from None


def _words(response: requests.Response) -> str:
    """What the server said in its answer, in brackets and shortened; some repeat secrets."""
    said = secrets.redact(response.content.decode("utf-8", "replace"))
    text = _excerpt(said) or response.reason or ""
    return f" ({text})" if text else ""


def _excerpt(text: str) -> str:
    """A page's paragraphs, else its text without tags, on one line of at most 200 characters."""
    paragraphs = re.findall(r"<p[^>]*>(.*?)</p>", text, re.IGNORECASE | re.DOTALL)
    bare = re.sub(r"<[^>]*>", " ", " ".join(paragraphs) or text)
    line = " ".join(bare.split())
    return line if len(line) <= 200 else f"{line[:197]}..."


def _cause(error: BaseException) -> str:
    while inner := error.__cause__ or error.__context__:
        error = inner
    return str(error) or type(error).__name__
