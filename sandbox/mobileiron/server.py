"""What both mock servers have in common: Basic, and a path prefix."""

from __future__ import annotations

from typing import NoReturn

from flask import Response, abort, request

from sandbox.mock import MockServer
from sandbox.signin import basic_login
from sandbox.web import below

LONGEST_REQUEST_LINE = 8000
PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1><p>{1}</p></body></html>"


class Server(MockServer):
    """A server of either kind.

    Switches, to be set before or during a run:
        username, password: the one account that counts.
        multi_factor: whether the account signs in with a PIN as well, which Basic cannot.
        may_read: whether the account's role permits to read devices.
        path_prefix: the path below which everything is, such as "/company".
    """

    def __init__(self, username: str, password: str) -> None:
        super().__init__()
        self.username, self.password = username, password
        self.multi_factor = False
        self.may_read = True
        self.path_prefix = ""
        self.app.wsgi_app = below(  # type: ignore[assignment,method-assign]
            lambda: self.path_prefix, self.app.wsgi_app, lambda: page(404, "Not Found", "")
        )

    def require_right(self) -> None:
        """End the request of an account that may not read devices."""
        if not self.may_read:
            refuse(page(403, "Forbidden", "You may not do this."))

    def admit(self) -> Response | None:
        path = request.full_path.removesuffix("?")
        if len(path) > LONGEST_REQUEST_LINE:
            return page(400, "Bad Request", "The request line is too long.")
        if basic_login() != (self.username, self.password) or self.multi_factor:
            answer = page(401, "Unauthorized", "This request requires HTTP authentication.")
            answer.headers["WWW-Authenticate"] = 'Basic realm="MobileIron"'
            return answer
        return None


def page(status: int, title: str, sentence: str) -> Response:
    """A page of the web server, which answers where the API does not."""
    return Response(PAGE.format(title, sentence), status, content_type="text/html;charset=utf-8")


def refuse(answer: Response) -> NoReturn:
    """End the request with this answer."""
    abort(answer)
