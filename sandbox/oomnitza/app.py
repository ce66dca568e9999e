"""The sandbox's Oomnitza: sign-in, the API that connectors use, and the switches of a test."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, Self
from uuid import uuid4

from flask import Response, abort, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, Forbidden, HTTPException, Unauthorized

from sandbox.mock import MockServer, ServerMapping
from sandbox.oomnitza import uploads
from sandbox.oomnitza.pages import pages
from sandbox.oomnitza.store import Run, Store
from sandbox.oomnitza.uploads import Record, Upload
from sandbox.outages import Outages

API_TOKEN = "an-api-token-for-the-sandbox"
LOGIN = "/api/request_token"
DEFAULT_SYNC_FIELDS = {"users": "USER"}
PAGE = 200
REMEMBERED_REQUESTS = 1000


class Request(NamedTuple):
    """One answered request to the API; the query is left out, since it may hold a password."""

    method: str
    path: str
    status: int


class Oomnitza(MockServer):
    """An Oomnitza server.

    Switches, to be set at any time:

    - `mappings`: mapping name -> source path -> a field id or a list of them.
    - `sync_fields`: mapping name -> the server's own sync key, used when a request names none;
      without an entry it is USER for users, and assets are refused.
    - `locations`: what the locations endpoint lists.
    - `canceled`: the portions that were cancelled in the web UI.
    - `refuse`: called with each record; words mean that its whole request fails with 400.
    - `respond`: called with the records of each request; what it returns is the JSON of the answer,
      or the status of a request that fails. The sandbox's own answer is `{}`.
    - `run_log`: called with each entry of the run log; returns the entry to show.
    - `max_records`: how many a v3 request may hold.
    - `csrf`: give out an X-CSRF-Token, and ask it back in the POSTs of who was given one.
    """

    name = "oomnitza"

    def __init__(
        self,
        database: Path | str = ":memory:",
        *,
        api_token: str = "sandbox-token",
        username: str = "sandbox",
        password: str = "sandbox-password",
    ) -> None:
        super().__init__(Outages(lambda status: Response("", status), path="/api/"))
        self.mappings: ServerMapping = {}
        self.sync_fields: dict[str, str] = {}
        self.locations: list[dict[str, Any]] = []
        self.canceled: set[str] = set()
        self.refuse: Callable[[Record], str | None] | None = None
        self.respond: Callable[[list[Record]], Any] | None = None
        self.run_log: Callable[[dict[str, Any]], dict[str, Any]] | None = None
        self.max_records = 100
        self.csrf = False
        self._credentials = (username, password)
        self._api_token = api_token
        self._tokens = {api_token}
        self._csrf_token = uuid4().hex
        self._csrf_holders: set[str] = set()
        self._answered: deque[Request] = deque(maxlen=REMEMBERED_REQUESTS)
        self._store = Store(database)
        self._add_routes()

    @classmethod
    def for_sandbox(cls, folder: Path) -> Self:
        return cls(folder / "oomnitza.sqlite", api_token=API_TOKEN)

    def section(self, url: str) -> str:
        return f"[oomnitza]\nurl = {url}\napi_token = {self._api_token}\n"

    @property
    def requests(self) -> list[Request]:
        """The API's latest requests, the oldest first."""
        return list(self._answered)

    def count(self, kind: str) -> int:
        """How many "users" or "assets" are stored."""
        return self._store.count(kind)

    def records(self, kind: str, limit: int | None = None) -> list[Record]:
        """The stored "users" or "assets", in the order of their making."""
        return [record.data for record in self._store.records(kind, limit)]

    def runs(self) -> list[Run]:
        """All runs, the oldest first; each request to a v2 endpoint is a run of its own."""
        return self._store.runs()

    def revoke_tokens(self) -> None:
        """Make all tokens invalid, the API token too; a new login gives a new one."""
        self._tokens.clear()

    def stop(self) -> None:
        super().stop()
        self.close()

    def close(self) -> None:
        """Close the database; happens by itself when the object is dropped."""
        self._store.close()

    def _add_routes(self) -> None:
        app = self.app
        app.register_blueprint(pages(self._store, lambda: self.requests))
        app.post(LOGIN)(self._request_token)
        app.get("/api/v2/mappings")(self._mappings)
        app.post("/api/v2/bulk/users")(self._v2_users)
        app.post("/api/v2/bulk/assets")(self._v2_assets)
        app.post("/api/v2/bulk/audit")(self._v2_audit)
        app.post("/api/v3/bulk")(self._bulk)
        app.get("/api/v3/bulk/<portion>")(self._portion)
        app.post("/api/v3/bulk/<portion>/finalize")(self._finalize)
        app.get("/api/v3/locations")(self._locations)
        app.get("/api/v3/connector_run_logs/<connector>")(self._run_logs)

    def admit(self) -> None:
        if not request.path.startswith("/api/") or request.path == LOGIN:
            return
        token = request.headers.get("Authorization2")
        if token not in self._tokens:
            raise Unauthorized("the token in Authorization2 is not valid")
        must_echo = self.csrf and request.method == "POST" and token in self._csrf_holders
        if must_echo and request.headers.get("X-CSRF-Token") != self._csrf_token:
            raise Forbidden("X-CSRF-Token is missing or wrong")

    def remember(self, method: str, path: str) -> None:
        """Not before it is answered."""

    def dress(self, answer: Response) -> Response:
        if request.path.startswith("/api/"):
            self._answered.append(Request(request.method, request.path, answer.status_code))
        return answer

    def explain(self, fault: HTTPException) -> ResponseReturnValue:
        if not request.path.startswith("/api/"):
            return fault
        return jsonify(error=fault.description), fault.code or 500

    def _request_token(self) -> Response:
        """Log in with `login` and `password`, as a form or in the query; never as JSON."""
        if (request.values.get("login"), request.values.get("password")) != self._credentials:
            raise Unauthorized("wrong login or password")
        token = uuid4().hex
        self._tokens.add(token)
        return self._with_csrf(jsonify(token=token), token)

    def _mappings(self) -> Response:
        """Answer a mapping; an unknown name, as of the clients' token check, has an empty one."""
        mapping = self.mappings.get(request.args.get("name", ""), {})
        return self._with_csrf(jsonify(mapping), request.headers["Authorization2"])

    def _with_csrf(self, response: Response, token: str) -> Response:
        if self.csrf:
            self._csrf_holders.add(token)
            response.headers["X-CSRF-Token"] = self._csrf_token
        return response

    def _bulk(self) -> Response:
        return self._store_upload(uploads.bulk(_body(), self.max_records))

    def _v2_users(self) -> Response:
        return self._store_upload(uploads.v2_users(_body(), request.args))

    def _v2_assets(self) -> Response:
        return self._store_upload(uploads.v2_assets(_body()))

    def _v2_audit(self) -> Response:
        return self._store_upload(uploads.v2_audit(_body()))

    def _store_upload(self, upload: Upload) -> Response:
        for record in upload.records:
            words = self.refuse and self.refuse(record)
            if words:
                raise BadRequest(words)
        if not upload.sync_fields:
            own = self.sync_fields.get(upload.connector) or DEFAULT_SYNC_FIELDS.get(upload.kind)
            if not own:
                raise BadRequest(
                    f"sync_field is missing, and Oomnitza has none for {upload.connector}"
                )
            upload = replace(upload, sync_fields=(own,))
        answer = self.respond(upload.records) if self.respond else {}
        if isinstance(answer, int):
            abort(answer)
        self._store.upload(upload)
        return jsonify(answer)

    def _portion(self, portion: str) -> Response:
        return jsonify(canceled=portion in self.canceled)

    def _finalize(self, portion: str) -> Response:
        self._store.finalize(portion)
        return jsonify({})

    def _locations(self) -> Response:
        return _paged(self.locations)

    def _run_logs(self, connector: str) -> Response:
        """List the runs of one connector, the latest first; it is found by its name or id here."""
        if "filter" in request.args or "sortby" in request.args:
            raise BadRequest("the sandbox does not filter or sort run logs")
        runs = [run for run in reversed(self.runs()) if run.connector_name == connector]
        entries = [_run_log(run) for run in runs]
        return _paged([self.run_log(entry) for entry in entries] if self.run_log else entries)


def _body() -> Any:
    return uploads.read_json(request.get_data())


def _paged(items: list[dict[str, Any]]) -> Response:
    """Answer the page that `limit` and `skip` ask for, with the total in X-Total-Count."""
    try:
        limit, skip = (int(request.args.get(*word)) for word in (("limit", PAGE), ("skip", 0)))
    except ValueError:
        limit = skip = -1
    if limit < 0 or skip < 0:
        raise BadRequest("limit and skip must be numbers, 0 or more")
    response = jsonify(items[skip : skip + limit])
    response.headers["X-Total-Count"] = str(len(items))
    return response


def _run_log(run: Run) -> dict[str, Any]:
    """A run as the API's model ConnectorRunLogs; the words of `status` are not documented."""
    return {
        "portion_id": run.portion_id,
        "portion_correlation_id": run.portion,
        "start_time": run.started,
        "end_time": run.finished,
        "connector": run.connector_name,
        "is_media_storage_service": False,
        "status": "Processing" if run.finished is None else "Completed",
        "test_run": bool(run.test_run),
        "deployment": "",
        "ipv4_address": "127.0.0.1",
        "added_records_count": run.added,
        "updated_records_count": run.updated,
        "skipped_records_count": run.skipped,
        "error_logs_count": run.errors,
    }
