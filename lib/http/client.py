"""The HTTP client of all connectors and of Oomnitza: sessions, retries, and errors as sentences.

A `Client` retries by the policies of `lib.retry` when the server is unreachable or overloaded, or a
response is incomplete. It keeps to the server's quota, reads JSON whatever the content type says,
follows no redirect, and raises the errors of `lib.errors`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import LocationParseError

from lib.connection import ConnectionSettings
from lib.errors import (
    NOT_IN_THIS_RUN,
    AccessDenied,
    ConfigurationError,
    ConnectorError,
    SignInError,
    SourceFault,
    SourceUnavailable,
    TransientError,
)
from lib.http.auth import UNSIGNED, TokenAuth
from lib.http.errors import no_response, server_message
from lib.http.ratelimit import RateLimiter, asked_pause
from lib.http.response import CHECK_URL, BrokenAnswer, decoded
from lib.http.session import new_session
from lib.jsontext import to_json
from lib.retry import BACKOFF, BROKEN_RESPONSE, IMMEDIATE, UNREACHABLE_IMMEDIATE, Retry, RetryPolicy

log = logging.getLogger(__name__)

CONNECT_TIMEOUT = 15
JSON_HEADERS = {"Content-Type": "application/json; charset=utf-8"}
RETRY_STATUS = frozenset({408, 429, 502, 503, 504})

CHECK_CREDENTIALS = "Check that the credentials in the config file are correct and have not expired"
CHECK_PERMISSIONS = "Grant the account the permissions that the documentation lists"


class NotFound(SourceFault):
    """The server has nothing at this address (404)."""


class Client:
    """An HTTP client for one server; thread-safe.

    Args:
        url: The address of the server; the paths of requests are relative to it.
        connections: How many connections are kept open.
        repeatable: Methods that may be sent again if it is unknown whether the first one arrived.
        retry_status: Status codes that are transient with this vendor, next to RETRY_STATUS.
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
        self._repeatable = repeatable
        self._timeout = (min(CONNECT_TIMEOUT, settings.timeout), settings.timeout)
        self._retry_status = RETRY_STATUS | retry_status
        self._retry = Retry(settings.retries)
        self._limiter = RateLimiter()
        self._session = new_session(settings, connections)
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
        """Return the decoded JSON of a GET; an incomplete or invalid response is retried.

        Raises NoContent for 204, with which some servers answer instead of an empty list.
        """
        return self.read(decoded, "GET", path, params=params)

    def get_page(self, path: str, **params: Any) -> tuple[Any, requests.Response]:
        """Return the decoded JSON of a GET and the response, whose headers may link to a page."""
        page: tuple[Any, requests.Response] = self.read(
            lambda answer: (decoded(answer), answer), "GET", path, params=params
        )
        return page

    def path_of(self, url: str) -> str:
        """Return the path of a URL from the server; raise SourceFault for another host."""
        ours, theirs = urlsplit(self.url), urlsplit(urljoin(self.url, url))
        if _origin(ours) != _origin(theirs):  # the credentials are not for them
            raise SourceFault(
                f"the next page is on another server ({theirs.netloc})",
                where=self.url,
                fix="If both are the same service, set url to the other server",
            )
        path = f"{theirs.path}?{theirs.query}" if theirs.query else theirs.path
        return path.removeprefix(ours.path)

    def post_json(self, path: str, body: Any, **how: Any) -> requests.Response:
        """POST a body as JSON."""
        return self.post_encoded(path, to_json(body).encode(), **how)

    def post_encoded(self, path: str, body: bytes, **how: Any) -> requests.Response:
        """POST a body that is already encoded as JSON in UTF-8."""
        return self.request("POST", path, data=body, headers=JSON_HEADERS, **how)

    def request(
        self, method: str, path: str, *, auth: AuthBase | None = None, **how: Any
    ) -> requests.Response:
        """Send one request, signed by `auth` or as the client is, and return its whole answer.

        Raises SignInError (401), AccessDenied (403), NotFound (404), or what the class names as its
        `unavailable` and `fault` for everything else that is not a success.
        """
        answer: requests.Response = self.read(lambda it: it, method, path, auth=auth, **how)
        return answer

    def read(
        self, decode: Callable[[requests.Response], Any], method: str, path: str, **how: Any
    ) -> Any:
        """Send a request, with retries, and return the response as `decode` gives it.

        `decode` raises BrokenAnswer for an invalid response. A method that is not repeatable is
        retried only if no connection was made.
        """
        attempts = self._retry.attempts()
        while True:
            try:
                return self._attempt(decode, method, path, **how)
            except _Failed as failed:
                again = method in self._repeatable or failed.policy is UNREACHABLE_IMMEDIATE
                if not again or not attempts.another(failed.error, failed.policy):
                    raise failed.error from failed.__cause__

    def _attempt(
        self, decode: Callable[[requests.Response], Any], method: str, path: str, **how: Any
    ) -> Any:
        """Make one attempt of `read`; raise _Failed, or another error, which is not retried."""
        where = self._where(path)
        try:
            response = self._send(method, path, **how)
        except (requests.RequestException, LocationParseError) as error:
            what, fix, policy, asked = no_response(error, self._timeout)
            away = self.unavailable(what, where=where, fix=fix, retry_after=asked)
            raise _Failed(away, policy) from error
        try:
            if not 200 <= response.status_code < 300:
                raise self.refusal(response)
            return decode(response)
        except BrokenAnswer as broken:
            useless = self.unavailable(str(broken), where=where, fix=broken.fix)
            raise _Failed(useless, BROKEN_RESPONSE) from None
        except ConnectorError as refused:
            policy = BACKOFF if isinstance(refused, TransientError) else IMMEDIATE
            raise _Failed(refused, policy) from None

    def _send(
        self, method: str, path: str, *, auth: AuthBase | None = None, **how: Any
    ) -> requests.Response:
        """Return the response, whatever its status; if a token has expired, that to a new token.

        This repeat is counted, but also made beyond the retry limit and after a signal: without a
        token nothing could continue, or be finished.
        """
        signer = auth or self.auth
        answer = self._exchange(method, path, auth=signer, **how)
        if answer.status_code != requests.codes.unauthorized or not isinstance(signer, TokenAuth):
            return answer
        log.info("%s: the token was refused; retrying with a new one", self._where(path))
        self._retry.budget.count()
        signer.renew(answer.request)
        second = self._exchange(method, path, auth=signer, **how)
        second.history.append(answer)
        return second

    def _exchange(self, method: str, path: str, **how: Any) -> requests.Response:
        """Send one request, when the server's quota allows it."""
        self._limiter.wait()
        started = time.monotonic()
        response = self._session.request(
            method,
            self.url + path,
            timeout=self._timeout,
            verify=self._session.verify,
            allow_redirects=False,
            **how,
        )
        took = (time.monotonic() - started) * 1000
        log.debug("%s %s: %s in %.0f ms", method, self._where(path), response.status_code, took)
        if not self._is_passing(response):
            self._limiter.update(response.headers)
        return response

    def _is_passing(self, response: requests.Response) -> bool:
        """Whether the same request may be answered in a moment."""
        status = response.status_code
        temporary = status == requests.codes.request_entity_too_large
        return status in self._retry_status or (temporary and "Retry-After" in response.headers)

    def _where(self, path: str) -> str:
        """Return the address to show in messages, without the query, which may hold secrets."""
        return (self.url + path).split("?")[0]

    def refusal(self, response: requests.Response) -> ConnectorError:
        """Return the error for an unsuccessful response; subclasses add what a vendor means."""
        where, status = response.url.split("?")[0], response.status_code
        what = f"the server responded with {status}{server_message(response)}"
        if response.is_redirect:
            target = response.headers["Location"].split("?")[0]
            return ConfigurationError(
                f"the server redirects to {target}", where=where, fix="Set url to the new address"
            )
        # A history means that a new token was refused like the old one: it is not the sign-in.
        if status == 401 and not response.history:
            return SignInError(what, where=where, fix=CHECK_CREDENTIALS)
        if status in (401, 403):
            return AccessDenied(what, where=where, fix=CHECK_PERMISSIONS)
        if status == 404:
            return NotFound(what, where=where, fix=CHECK_URL)
        passing = self._is_passing(response)
        if passing or status >= 500:
            asked = asked_pause(response) if passing else NOT_IN_THIS_RUN
            return self.unavailable(what, where=where, fix="Try again later", retry_after=asked)
        return self.fault(what, where=where)


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname, parts.port or default


class _Failed(Exception):
    """A failed attempt: the error to raise in the end, and the policy for retrying before that."""

    def __init__(self, error: ConnectorError, policy: RetryPolicy) -> None:
        super().__init__(error, policy)
        self.error, self.policy = error, policy
