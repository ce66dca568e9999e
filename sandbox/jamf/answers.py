"""The forms of an answer: Classic JSON or XML, HTML status page, Jamf Pro API JSON, ApiError."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from http import HTTPStatus
from typing import Any, NoReturn
from xml.etree import ElementTree

from flask import Response, abort, request

_MEMBERS = {
    "storage": "device",
    "criteria": "criterion",
    "computer_group_memberships": "group",
    "filevault2_users": "user",
    "local_accounts": "user",
}
"""What XML calls the members of a list, where that is not the list's name without its "s"."""


def classic(name: str, data: Mapping[str, Any] | list[Any]) -> Response:
    """Answer `{name: data}` as JSON to who accepts JSON, and to anyone else as XML.

    Classic JSON is raw UTF-8 and calls itself text/plain, as captured from live servers.
    """
    offered = ["text/xml", "application/xml", "application/json"]
    if request.accept_mimetypes.best_match(offered) == "application/json":
        body = json.dumps({name: data}, ensure_ascii=False, separators=(",", ":"))
        return Response(body, content_type="text/plain;charset=UTF-8")
    document = ElementTree.tostring(_element(name, data), encoding="unicode")
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    return Response(head + document, content_type="text/xml;charset=UTF-8")


def status_page(status: int, sentence: str = "") -> Response:
    """Answer with the HTML page with which the Classic API, and what stands before it, refuses."""
    phrase = HTTPStatus(status).phrase
    body = (
        "<html><head><title>Status page</title></head><body>\n"
        f"<p><b>{phrase}</b></p>\n"
        f"<p>{escape(sentence or HTTPStatus(status).description or phrase)}</p>\n"
        '<p>Back to the <a href="/">home page</a>.</p>\n</body></html>\n'
    )
    return Response(body, status, content_type="text/html;charset=UTF-8")


def pro(data: Any, status: int = 200) -> Response:
    """Answer as the Jamf Pro API does: indented, in chunks of unannounced length."""
    body = json.dumps(data, ensure_ascii=False, indent=2, separators=(",", " : "))
    return Response(iter([body]), status, content_type="application/json")


def api_error(status: int, code: str | None = None, **facts: str | None) -> Response:
    """Answer with an ApiError (schema of the Jamf Pro API); without `code` its list is empty.

    `facts` are its `description`, `field` and `id`.
    """
    blank = {"code": code, "field": None, "description": None, "id": None}
    return pro({"httpStatus": status, "errors": [blank | facts] if code else []}, status)


def refuse(answer: Response) -> NoReturn:
    """End the request with this answer."""
    abort(answer)


def _element(name: str, value: Any) -> ElementTree.Element:
    """Return the XML of a JSON value: a list has a `size` and then its members."""
    element = ElementTree.Element(name)
    if isinstance(value, Mapping):
        element.extend(_element(key, inner) for key, inner in value.items())
    elif isinstance(value, list):
        element.append(_element("size", len(value)))
        member = _MEMBERS.get(name, name.removesuffix("s"))
        element.extend(_element(member, inner) for inner in value)
    else:
        element.text = str(value).lower() if isinstance(value, bool) else str(value)
    return element
