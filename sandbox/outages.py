"""Answers that come from before an application: maintenance, overload, somebody else's page."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from flask import Response

PAGE = "<html><head><title>{title}</title></head><body><p>{sentence}</p></body></html>"


@dataclass
class _Outage:
    left: int
    status: int
    path: str
    body: str | None
    headers: Mapping[str, str]


def maintenance_page(status: int) -> Response:
    """A page in HTML that says so, with any status."""
    title, sentence = HTTPStatus(status).phrase, "The service is under maintenance."
    return Response(PAGE.format(title=title, sentence=sentence), status)


class Outages:
    """What a mock server asks before it answers: is this request to fail, and how?

    `page` makes the answer where no body is planned; `path` is what fails where none is named.
    """

    def __init__(self, page: Callable[[int], Response] = maintenance_page, path: str = "/") -> None:
        self._page = page
        self._path = path
        self._planned: list[_Outage] = []
        self._lock = threading.Lock()

    def fail_next(
        self,
        count: int,
        status: int = 503,
        body: str | None = None,
        *,
        path: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Fail the next `count` requests whose path holds `path`, with any status, also 200."""
        with self._lock:
            outage = _Outage(count, status, path or self._path, body, headers or {})
            self._planned.append(outage)

    def end(self) -> None:
        """Fail no more requests."""
        with self._lock:
            self._planned.clear()

    def answer(self, path: str) -> Response | None:
        """What to answer to a request for this path in place of the truth, if anything."""
        with self._lock:
            for outage in self._planned:
                if outage.left > 0 and outage.path in path:
                    outage.left -= 1
                    return self._answer(outage)
        return None

    def _answer(self, outage: _Outage) -> Response:
        planned = outage.body is not None
        answer = Response(outage.body, outage.status) if planned else self._page(outage.status)
        answer.headers.update(outage.headers)
        return answer
