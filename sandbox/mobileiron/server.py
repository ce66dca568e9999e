"""What both stand-ins have in common: Basic, a path prefix, outages, and what they have seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NoReturn
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Response, abort, request

from sandbox.outages import Outages

LONGEST_REQUEST_LINE = 8000
PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1><p>{1}</p></body></html>"


class Server:
    """A server: serve `app` with `sandbox.web.WebServer`.

    Switches, to be set before or during a run:
        username, password: the one account that counts.
        multi_factor: whether the account signs in with a PIN as well, which Basic cannot.
        may_read: whether the account's role permits to read devices.
        path_prefix: the path below which everything is, such as "/company".
        on_request: called with (method, path) of each request before it is answered.
        outages: answers that come from before the application.

    Observations:
        requests: (method, path with query) of each request, without the prefix.
    """

    def __init__(self, username: str, password: str) -> None:
        self.username, self.password = username, password
        self.multi_factor = False
        self.may_read = True
        self.path_prefix = ""
        self.on_request: Callable[[str, str], None] | None = None
        self.outages = Outages()
        self.requests: list[tuple[str, str]] = []
        self.app = Flask(__name__)
        self.app.before_request(self._arrive)
        self.app.wsgi_app = self._below_prefix(self.app.wsgi_app)  # type: ignore[assignment,method-assign]

    def require_right(self) -> None:
        """End the request of an account that may not read devices."""
        if not self.may_read:
            refuse(page(403, "Forbidden", "You may not do this."))

    def _below_prefix(self, application: WSGIApplication) -> WSGIApplication:
        def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            path = environ["PATH_INFO"]
            if not path.startswith(f"{self.path_prefix}/"):
                return page(404, "Not Found", "")(environ, start_response)
            environ["PATH_INFO"] = path.removeprefix(self.path_prefix)
            return application(environ, start_response)

        return serve

    def _arrive(self) -> Response | None:
        query = request.query_string.decode()
        path = f"{request.path}?{query}" if query else request.path
        self.requests.append((request.method, path))
        if self.on_request:
            self.on_request(request.method, path)
        outage = self.outages.answer(request.path)
        if outage:
            return outage
        if len(path) > LONGEST_REQUEST_LINE:
            return page(400, "Bad Request", "The request line is too long.")
        login = request.authorization
        given = (login.username, login.password) if login and login.type == "basic" else None
        if given != (self.username, self.password) or self.multi_factor:
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
