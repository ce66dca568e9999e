"""The mock server for Okta: its switches, what it has seen, and the Flask app behind them.

Written from the documentation of the core Okta API (headers, errors, paging by Link), of the Users
API and of rate limits.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any, ClassVar, NoReturn
from urllib.parse import urlencode

from flask import Response, abort, jsonify, request
from werkzeug.exceptions import HTTPException

from sandbox.mock import MockServer, ServerMapping
from sandbox.okta.filters import Malformed, NotAllowed, compile_filter
from sandbox.okta.users import User, users
from sandbox.quota import Quota

LARGEST_PAGE = 200
WINDOW = 60  # seconds
NOT_BUILT = ("search", "q", "sortBy", "sortOrder", "fields", "expand")

SUMMARIES = {
    "E0000001": (400, "Api validation failed: {}"),
    "E0000005": (403, "Invalid session"),
    "E0000006": (403, "You do not have permission to perform the requested action"),
    "E0000008": (404, "The requested path was not found"),
    "E0000009": (500, "Internal Server Error"),
    "E0000011": (401, "Invalid token provided"),
    "E0000022": (405, "The endpoint does not support the provided HTTP method"),
    "E0000031": (400, "Invalid search criteria."),
    "E0000047": (429, "API call exceeded rate limit due to too many requests."),
    "E0000053": (400, "Invalid SCIM filter."),
}


class Okta(MockServer):
    """An organisation at Okta.

    Switches, to be set before or during a run:
        users: everybody, in the order of their ids; see also `deactivate`.
        api_token: the one token that counts.
        may_read: whether the token's administrator may read people.
        quota: requests in a minute that the token has.
        clock: seconds by which the server's clock is ahead.
        next_host: scheme and host to which the links of pages lead; empty for the one asked.
        stuck: whether the link to the next page leads to the same page again.
        empty_last_page: whether a link leads from the last page to an empty one.
    """

    name = "okta"
    server_mapping: ClassVar[ServerMapping] = {
        "Okta": {"profile.title": "POSITION", "profile.department": "DEPARTMENT"}
    }

    def __init__(
        self, people: int = 300, api_token: str = "00sandboxSandboxSandboxSandboxSandbox0_okta"
    ) -> None:
        super().__init__()
        self.users = users(people)
        self.api_token = api_token
        self.may_read = True
        self.quota = 300
        self.clock: float = 0
        self.next_host = ""
        self.stuck = False
        self.empty_last_page = False
        self._overloads: list[bool] = []
        self._lock = threading.Lock()
        self._minute = Quota(WINDOW, self._now)
        self.app.get("/api/v1/users")(self._list)

    def section(self, url: str) -> str:
        """A section of an ini for this organisation, served at that address."""
        return (
            f"[okta]\nenable = True\nurl = {url}\napi_token = {self.api_token}\n"
            "default_role = 25\ndefault_position = Employee\n"
        )

    def deactivate(self, ident: str) -> None:
        """What an administrator may do while somebody reads."""
        (user,) = (user for user in self.users if user["id"] == ident)
        user["status"] = "DEPROVISIONED"

    def overload_next(self, count: int, *, at_once: bool = False) -> None:
        """Answer the next `count` requests with 429: too many in a minute, or too many `at_once`.

        The quota is filled again within the second.
        """
        self._overloads += [at_once] * count

    def admit(self) -> Response | None:
        with self._lock:
            if self._overloads:
                at_once = self._overloads.pop(0)
                self._minute.refill()
                return self._exceeded(0 if at_once else self.quota)
        return None if self._minute.take(self.quota) else self._exceeded(self.quota)

    def _exceeded(self, limit: int) -> Response:
        answer = error("E0000047")
        answer.headers["x-rate-limit-limit"] = str(limit)
        answer.headers["x-rate-limit-remaining"] = "0"
        return answer

    def dress(self, answer: Response) -> Response:
        """Add the headers of every answer; the reset is a moment by the server's own clock."""
        headers = answer.headers
        headers["Date"] = formatdate(self._now(), usegmt=True)
        headers["x-okta-request-id"] = secrets.token_urlsafe(18)
        headers.setdefault("x-rate-limit-limit", str(self.quota))
        headers.setdefault("x-rate-limit-remaining", str(self._minute.left(self.quota)))
        headers.setdefault("x-rate-limit-reset", str(int(self._minute.ends)))
        return answer

    def explain(self, fault: HTTPException) -> Response:
        return error({404: "E0000008", 405: "E0000022"}.get(fault.code or 500, "E0000009"))

    def _now(self) -> float:
        return time.time() + self.clock

    def _list(self) -> Response:
        self._let_in()
        for name in NOT_BUILT:
            if name in request.args:
                abort(Response(f"The sandbox does not support {name}", 501))
        limit = _limit(request.args.get("limit", str(LARGEST_PAGE)))
        text = request.args.get("filter")
        users = list(filter(_test(text), self.users))
        rest = users[self._start(users) :]
        page, more = rest[:limit], len(rest) > limit
        answer = jsonify([_shown(user) for user in page])
        self._link(answer, "self", limit, text, request.args.get("after"))
        if more or (self.empty_last_page and page):
            after = request.args.get("after") if self.stuck else f"0{page[-1]['id']}"
            self._link(answer, "next", limit, text, after)
        return answer

    def _let_in(self) -> None:
        authorization = request.headers.get("Authorization", "")
        scheme, _, token = authorization.partition(" ")
        if scheme not in ("SSWS", "Bearer"):
            refuse("E0000005")
        if scheme != "SSWS" or token != self.api_token:
            refuse("E0000011")
        if not self.may_read:
            refuse("E0000006")

    def _start(self, users: list[User]) -> int:
        """Where the page after the cursor begins; the cursor's user need not be there any more."""
        cursor = request.args.get("after")
        if not cursor:
            return 0
        if cursor[0] != "0" or cursor[1:] not in {user["id"] for user in self.users}:
            refuse("E0000031", causes=["Invalid cursor."])
        return sum(user["id"] <= cursor[1:] for user in users)

    def _link(
        self, answer: Response, relation: str, limit: int, text: str | None, after: str | None
    ) -> None:
        """Add a header line of its own; the query is echoed, blanks as plus signs."""
        query = {"after": after, "limit": limit, "filter": text}
        words = urlencode({key: value for key, value in query.items() if value is not None})
        host = self.next_host or request.host_url.rstrip("/")
        answer.headers.add("link", f'<{host}{request.path}?{words}>; rel="{relation}"')


def error(code: str, about: str = "", causes: list[str] | None = None) -> Response:
    """The answer with which Okta refuses."""
    status, summary = SUMMARIES[code]
    body: dict[str, Any] = {
        "errorCode": code,
        "errorSummary": summary.format(about),
        "errorLink": code,
        "errorId": f"oae{secrets.token_urlsafe(16)}",
        "errorCauses": [{"errorSummary": cause} for cause in causes or []],
    }
    answer = jsonify(body)
    answer.status_code = status
    return answer


def refuse(code: str, about: str = "", causes: list[str] | None = None) -> NoReturn:
    abort(error(code, about, causes))


def _limit(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        refuse("E0000001", "limit", ["limit: The limit must be a positive number"])
    return min(int(text), LARGEST_PAGE)


def _test(text: str | None) -> Callable[[User], bool]:
    """Who is listed: without a filter everybody but the deactivated."""
    if text is None:
        return lambda user: bool(user["status"] != "DEPROVISIONED")
    try:
        return compile_filter(text)
    except Malformed:
        refuse("E0000053")
    except NotAllowed:
        refuse("E0000031")


def _shown(user: User) -> User:
    """A user without the parts that the option okta-response of the content type leaves out.

    In a list no link is about credentials, so that omitCredentialsLinks changes nothing.
    """
    options = request.headers.get("Content-Type", "").partition("okta-response=")[2].split(",")
    left_out = {
        name
        for option, name in (
            ("omitCredentials", "credentials"),
            ("omitTransitioningToStatus", "transitioningToStatus"),
        )
        if option in options
    }
    href = request.host_url.rstrip("/") + user["_links"]["self"]["href"]
    whole = user | {"_links": {"self": {"href": href}}}
    return {name: value for name, value in whole.items() if name not in left_out}
