"""The web pages of the mock Oomnitza: its records, runs, and requests."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, render_template, request

from sandbox.oomnitza.store import Store
from sandbox.oomnitza.uploads import KINDS, Record

TEMPLATES = Path(__file__).parents[1] / "templates"
PAGE = 50
COLUMNS = 6
SHOWN_RUNS = 15
SHOWN_REQUESTS = 20


def pages(store: Store, latest_requests: Callable[[], Sequence[Any]]) -> Blueprint:
    """Build the pages: `/`, `/records/KIND` and `/records/KIND/NUMBER`."""
    blueprint = Blueprint("pages", __name__, template_folder=str(TEMPLATES))
    blueprint.add_app_template_filter(_moment, "moment")
    blueprint.add_app_template_filter(_cell, "cell")
    blueprint.add_app_template_filter(_pretty, "pretty")
    blueprint.after_request(_forbid_scripts)

    @blueprint.get("/")
    def overview() -> str:
        return render_template(
            "oomnitza/overview.html",
            counts={kind: store.count(kind) for kind in KINDS},
            runs=store.runs()[: -SHOWN_RUNS - 1 : -1],
            requests=latest_requests()[: -SHOWN_REQUESTS - 1 : -1],
        )

    @blueprint.get("/records/<any(users, assets):kind>")
    def records(kind: str) -> str:
        search = request.args.get("q", "").strip()
        total = store.count(kind, search)
        last = max(1, -(-total // PAGE))
        page = min(max(1, request.args.get("page", 1, type=int)), last)
        rows = store.records(kind, PAGE, (page - 1) * PAGE, search)
        return render_template(
            "oomnitza/records.html",
            kind=kind,
            search=search,
            total=total,
            page=page,
            last=last,
            rows=rows,
            columns=_columns([row.data for row in rows]),
        )

    @blueprint.get("/records/<any(users, assets):kind>/<int(max=999999999999):number>")
    def record(kind: str, number: int) -> str:
        found = store.record(kind, number)
        if not found:
            abort(404, f"Record {number} of {kind} was not found.")
        return render_template("oomnitza/record.html", kind=kind, record=found)

    return blueprint


def _columns(records: list[Record]) -> list[str]:
    """Name the first fields of these records that hold plain values."""
    names = dict.fromkeys(
        name
        for record in records
        for name, value in record.items()
        if not isinstance(value, list | dict)
    )
    return list(names)[:COLUMNS]


def _moment(epoch: float) -> str:
    return f"{datetime.fromtimestamp(epoch, UTC):%Y-%m-%d %H:%M:%S}"


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _pretty(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


def _forbid_scripts(response: Response) -> Response:
    """Forbid scripts and what lies elsewhere, should a record's text ever get by the escaping."""
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"
    )
    return response
