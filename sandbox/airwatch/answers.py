"""The forms of an answer of AirWatch: errors, and what its headers say of the API's version."""

from __future__ import annotations

import re
from typing import NoReturn
from uuid import uuid4

from flask import Request, Response, abort, jsonify

JSON = "application/json; charset=utf-8"


def error(status: int, message: str, code: int | None = None) -> Response:
    """An error as the API describes it; not each one has a code."""
    body: dict[str, object] = {"message": message, "activityId": str(uuid4())}
    answer = jsonify({"errorCode": code, **body} if code else body)
    answer.status_code = status
    return answer


def refuse(status: int, message: str, code: int | None = None) -> NoReturn:
    abort(error(status, message, code))


def version(request: Request, newest: int) -> int:
    """The version to answer in: the one asked for in Accept, as far as the endpoint has it."""
    accept = request.headers.get("Accept", "*/*")
    if not re.search(r"application/json|application/\*|\*/\*", accept):
        refuse(406, "The sandbox answers in JSON only.")
    asked = re.search(r"application/json\s*;\s*version=(\d+)", accept)
    return min(int(asked[1]), newest) if asked else 1
