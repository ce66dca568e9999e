"""The listings of users in API /1 and API /2, documented as "Get Users" and "List Users"."""

from __future__ import annotations

import base64
import time
from typing import NoReturn
from urllib.parse import parse_qs, quote, urlencode

from flask import Response, abort, jsonify, request

from sandbox.onelogin.state import State
from sandbox.onelogin.tokens import envelope_error, enveloped
from sandbox.onelogin.users import UNASKED_IN_2, User, in_1, in_2
from sandbox.quota import Quota

LARGEST_PAGE_1 = 50
PAGE_2, LARGEST_PAGE_2 = 50, 100
HOUR = 3600
CURSOR_1 = "account_id:::--##id:::"


class Api1:
    """API /1: an envelope, cursors in it, and a quota for each hour."""

    def __init__(self, onelogin: State) -> None:
        self._onelogin = onelogin
        self._hour = Quota(HOUR)

    def users(self) -> Response:
        answer = self._refused() or self._page()
        answer.headers.update(self._quota())
        return answer

    def rate_limit(self) -> Response:
        """Answer `GET /auth/rate_limit`, which costs nothing."""
        if not self._onelogin.tokens.accepted():
            return envelope_error(401, "Unauthorized", "Authentication Failure")
        return enveloped(self._quota())

    def refill(self) -> None:
        self._hour.refill()

    def _refused(self) -> Response | None:
        header = request.headers.get("Authorization", "")
        if header and not header.lower().startswith("bearer"):
            return envelope_error(400, "bad request", "Authorization Information is incorrect")
        if not self._onelogin.tokens.accepted():
            return envelope_error(401, "Unauthorized", "Authentication Failure")
        if not self._onelogin.tokens.may_read:
            return envelope_error(403, "Forbidden", "Insufficient Permission")
        if not self._hour.take(self._onelogin.quota):
            code = self._onelogin.used_up
            return envelope_error(code, "bad request", "rate_limit_exceeded")
        return None

    def _quota(self) -> dict[str, int]:
        """What is left of it; the reset is in so many seconds."""
        return {
            "X-RateLimit-Limit": self._onelogin.quota,
            "X-RateLimit-Remaining": self._hour.left(self._onelogin.quota),
            "X-RateLimit-Reset": max(0, int(self._hour.ends - time.time())),
        }

    def _page(self) -> Response:
        limit = request.args.get("limit", str(LARGEST_PAGE_1))
        if not limit.isdecimal() or int(limit) < 1:
            return envelope_error(400, "bad request", "limit is incorrect")
        after = _id_of(request.args.get("after_cursor", ""))
        rest = [user for user in self._onelogin.users if user["id"] > after]
        page = rest[: min(int(limit), LARGEST_PAGE_1)]
        before_cursor = _cursor(page[0]["id"]) if after and page else None
        after_cursor = _cursor(page[-1]["id"]) if len(rest) > len(page) else None
        if self._onelogin.stuck and after_cursor:
            after_cursor = request.args.get("after_cursor") or after_cursor
        pagination = {
            "before_cursor": before_cursor,
            "after_cursor": after_cursor,
            "previous_link": _link("before_cursor", before_cursor),
            "next_link": _link("after_cursor", after_cursor),
        }
        names = request.args.get("fields")
        users = [_chosen(in_1(user), names) for user in page]
        answer = enveloped(users, pagination=pagination)
        answer.headers["Link"] = ""
        return answer


class Api2:
    """API /2: a bare list, numbered pages or cursors, and all about them in headers."""

    def __init__(self, onelogin: State) -> None:
        self._onelogin = onelogin

    def users(self) -> Response:
        if not self._onelogin.tokens.accepted():
            return _error_2(401, "UnauthorizedError", "Unauthorized")
        if not self._onelogin.tokens.may_read:
            return _error_2(403, "ForbiddenError", "Insufficient Permissions")
        limit, number = self._wanted()
        users = self._onelogin.users
        begin = (number - 1) * limit
        if self._onelogin.stuck:
            begin = min(begin, limit)
        page = users[begin : begin + limit]
        names = request.args.get("fields", ",".join(UNASKED_IN_2))
        answer = jsonify([_chosen(in_2(user), names) for user in page])
        pages = -(-len(users) // limit)
        answer.headers["Current-Page"] = str(number)
        answer.headers["Page-Items"] = str(limit)
        answer.headers["Total-Count"] = str(len(users))
        answer.headers["Total-Pages"] = str(pages)
        answer.headers["Cursor"] = _cursor_2(limit, number)
        if number > 1:
            answer.headers["Before-Cursor"] = _cursor_2(limit, number - 1)
        if number < pages or self._onelogin.cursor_past_end:
            answer.headers["After-Cursor"] = _cursor_2(limit, number + 1)
        return answer

    def _wanted(self) -> tuple[int, int]:
        """The size and the number of the page, from the parameters or from the cursor."""
        given: dict[str, str] = request.args.to_dict()
        cursor = given.get("cursor")
        if cursor:
            if "limit" in given or "page" in given:
                _refuse_2("Requests can only have cursor xor pagination arguments")
            given = _words_in(cursor)
        limit, number = given.get("limit", str(PAGE_2)), given.get("page", "1")
        if not (limit.isdecimal() and number.isdecimal() and int(limit) and int(number)):
            _refuse_2("Invalid pagination cursor" if cursor else "Invalid pagination arguments")
        return min(int(limit), LARGEST_PAGE_2), int(number)


def _chosen(user: User, names: str | None) -> User:
    """The user with these attributes only; the id always comes along."""
    wanted = {"id", *(names or "").split(",")}
    return user if names is None else {name: user[name] for name in user if name in wanted}


def _cursor(last: int) -> str:
    return base64.b64encode(f"{CURSOR_1}{last}".encode()).decode()


def _id_of(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        text = base64.b64decode(cursor, validate=True).decode()
        return int(text.removeprefix(CURSOR_1))
    except ValueError:
        abort(envelope_error(400, "bad request", "Invalid cursor"))


def _link(name: str, cursor: str | None) -> str | None:
    return f"{request.base_url}?{name}={quote(cursor, safe='')}" if cursor else None


def _cursor_2(limit: int, number: int) -> str:
    query = {"limit": limit, "sort": "id", "page": number, "sort_direction": "asc"}
    return base64.b64encode(urlencode(query).encode()).decode()


def _words_in(cursor: str) -> dict[str, str]:
    try:
        text = base64.b64decode(cursor, validate=True).decode()
    except ValueError:
        _refuse_2("Invalid pagination cursor")
    words = {name: values[0] for name, values in parse_qs(text).items()}
    return words if "page" in words else {"page": "0"}


def _refuse_2(description: str) -> NoReturn:
    answer = jsonify({"status": 400, "error": "BadRequestError", "description": description})
    answer.status_code = 400
    abort(answer)


def _error_2(code: int, name: str, message: str) -> Response:
    answer = jsonify({"message": message, "name": name, "statusCode": code})
    answer.status_code = code
    return answer
