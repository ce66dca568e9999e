"""Answers that come from before an application: maintenance, overload, somebody else's page."""

from __future__ import annotations

import threading
from collections.abc import Mapping
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


class Outages:
    """What a stand-in asks before it answers: is this request to fail, and how?"""

    def __init__(self) -> None:
        self._planned: list[_Outage] = []
        self._lock = threading.Lock()

    def fail_next(
        self,
        count: int,
        status: int = 503,
        *,
        path: str = "/",
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Fail the next `count` requests whose path holds `path`.

        Without `body` the answer is a page of HTML, also with status 200.
        """
        with self._lock:
            self._planned.append(_Outage(count, status, path, body, headers or {}))

    def answer(self, path: str) -> Response | None:
        """What to answer to a request for this path in place of the truth, if anything."""
        with self._lock:
            for outage in self._planned:
                if outage.left > 0 and outage.path in path:
                    outage.left -= 1
                    return _page(outage)
        return None


def _page(outage: _Outage) -> Response:
    status = HTTPStatus(outage.status)
    page = PAGE.format(title=status.phrase, sentence="The service is being maintained.")
    body = page if outage.body is None else outage.body
    return Response(body, outage.status, headers=dict(outage.headers))
