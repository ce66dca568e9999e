"""The two ways in which lists come in pages (developer.zendesk.com, Pagination).

A `page[...]` parameter asks for cursors, which go as deep as there are records; everything else is
answered by number, down to the 10,000th record.
"""

from __future__ import annotations

import base64
import json
from typing import Any, NoReturn
from urllib.parse import urlencode

from flask import request

from sandbox.zendesk.answers import refuse_parameter

Record = dict[str, Any]

LARGEST_PAGE = 100
DEEPEST = 10_000
# Makes the cursors hold what an address has to encode, as those of the service do.
SALT = b"\xfb\xff\xfe"


def paged(key: str, records: list[Record]) -> tuple[list[Record], dict[str, Any]]:
    """The page that the request asks for, and the envelope around it; `records` ascend by id."""
    if any(name.startswith("page[") for name in request.args):
        page, envelope = _by_cursor(records)
    else:
        page, envelope = _by_number(records)
    return page, {key: page, **envelope}


def _by_number(records: list[Record]) -> tuple[list[Record], dict[str, Any]]:
    size = min(_number("per_page", LARGEST_PAGE), LARGEST_PAGE)
    page = _number("page", 1)
    if page * size > DEEPEST:
        refuse_parameter(
            "InvalidPaginationDepth",
            "Offset pagination reaches page 100 or 10,000 records",
            "The depth of pages is limited. Switch to cursor pagination.",
        )
    more, fewer = page * size < len(records), page > 1
    return records[(page - 1) * size : page * size], {
        "next_page": _address(page=str(page + 1)) if more else None,
        "previous_page": _address(page=str(page - 1)) if fewer else None,
        "count": len(records),
    }


def _by_cursor(records: list[Record]) -> tuple[list[Record], dict[str, Any]]:
    """A page after or before a cursor; its own first and last record make the next cursors."""
    if "page" in request.args:
        _refuse_page("page and page[...] cannot be mixed")
    size = _number("page[size]", LARGEST_PAGE)
    if size > LARGEST_PAGE:
        _refuse_page(f"page[size] is at most {LARGEST_PAGE}")
    before, after = request.args.get("page[before]"), request.args.get("page[after]")
    if before is not None:
        rest = [each for each in records if each["id"] < _position(before)]
        page = rest[-size:]
    else:
        start = 0 if after is None else _position(after)
        rest = [each for each in records if each["id"] > start]
        page = rest[:size]
    if not page:
        meta = {"has_more": False, "after_cursor": None, "before_cursor": None}
        return [], {"meta": meta, "links": {"prev": None, "next": None}}
    first, last = _cursor(page[0]), _cursor(page[-1])
    return page, {
        # Also on a last page that holds records there is a link to a next one, which is empty.
        "meta": {"has_more": len(rest) > size, "after_cursor": last, "before_cursor": first},
        "links": {
            "prev": _address(**{"page[before]": first, "page[after]": ""}),
            "next": _address(**{"page[after]": last, "page[before]": ""}),
        },
    }


def _address(**changes: str) -> str:
    """The address of another page: of the host that was asked, encoded, parameters sorted."""
    kept = [item for item in request.args.items(multi=True) if item[0] not in changes]
    query = sorted([*kept, *((key, value) for key, value in changes.items() if value)])
    path = request.path.removesuffix(".json") + ".json"
    return f"{request.host_url.rstrip('/')}{path}?{urlencode(query)}"


def _cursor(record: Record) -> str:
    text = json.dumps({"o": "id", "v": record["id"]})
    padded = text + " " * ((1 - len(text)) % 3)  # a length that base64 fills up with =
    return base64.b64encode(SALT + padded.encode()).decode()


def _position(cursor: str) -> int:
    try:
        content = base64.b64decode(cursor, validate=True).removeprefix(SALT)
        return int(json.loads(content)["v"])
    except (ValueError, KeyError, TypeError):
        _refuse_page("the cursor is not one of this list")


def _number(name: str, default: int) -> int:
    text = request.args.get(name, str(default))
    if not text.isdecimal() or int(text) < 1:
        _refuse_page(f"{name} is not a number of 1 or more")
    return int(text)


def _refuse_page(detail: str) -> NoReturn:
    refuse_parameter("InvalidPaginationParameter", "Invalid pagination parameter", detail)
