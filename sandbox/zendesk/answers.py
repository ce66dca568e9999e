"""The forms of an answer; of errors there are four (developer.zendesk.com, Requests)."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from flask import Response, abort

JSON = "application/json; charset=utf-8"


def as_json(data: Any, status: int = 200) -> Response:
    return Response(json.dumps(data, ensure_ascii=False), status, content_type=JSON)


def refuse(status: int, error: str, description: str = "", **headers: str) -> NoReturn:
    """End the request; `error` is a short word of the API or, without description, a sentence."""
    body = {"error": error, "description": description} if description else {"error": error}
    _end(as_json(body, status), headers)


def refuse_by_title(status: int, title: str, message: str) -> NoReturn:
    """End the request as the parts do that know of no such thing, or do not permit it."""
    _end(as_json({"error": {"title": title, "message": message}}, status), {})


def refuse_parameter(code: str, title: str, detail: str) -> NoReturn:
    """End the request as paging does."""
    _end(as_json({"errors": [{"code": code, "title": title, "detail": detail}]}, 400), {})


def refuse_token(status: int, error: str, description: str) -> NoReturn:
    """End the request as OAuth does (RFC 6749 section 5.2, RFC 6750 section 3.1)."""
    _end(as_json({"error": error, "error_description": description}, status), {})


def _end(answer: Response, headers: dict[str, str]) -> NoReturn:
    for name, value in headers.items():
        answer.headers[name.replace("_", "-")] = value
    abort(answer)
