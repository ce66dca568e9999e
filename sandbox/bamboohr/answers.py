"""The forms of an answer: JSON, XML, and refusals whose text stands in a header."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn
from xml.etree import ElementTree

from flask import Response, abort

from sandbox.bamboohr.employees import Field

# The second one is the vendor's own slip; answers have both.
ERROR_HEADERS = ("X-BambooHR-Error-Message", "X-BambooHR-Error-Messsage")
HTML = "text/html; charset=UTF-8"


def as_json(data: Any) -> Response:
    """JSON of unannounced length, with each slash escaped, and a type without a charset."""
    body = json.dumps(data, separators=(",", ":")).replace("/", "\\/")
    return Response(iter([body]), content_type="application/json")


def as_xml(root: str, fields: Iterable[Field], people: Iterable[Mapping[str, Any]]) -> Response:
    """The same listing in XML: `fieldset` says what there is, `employees` what it holds."""
    document = ElementTree.Element(root)
    fieldset = ElementTree.SubElement(document, "fieldset")
    ids = []
    for field in fields:
        ids.append(field.id)
        ElementTree.SubElement(fieldset, "field", id=field.id).text = field.label
    employees = ElementTree.SubElement(document, "employees")
    for person in people:
        element = ElementTree.SubElement(employees, "employee", id=str(person["id"]))
        for name in ids:
            ElementTree.SubElement(element, "field", id=name).text = _text(person.get(name))
    body = ElementTree.tostring(document, encoding="utf-8", xml_declaration=True)
    return Response(body, content_type="text/xml")


def refuse(status: int, text: str = "", **headers: str) -> NoReturn:
    """End the request with an empty body; what is wrong stands in a header, in two spellings."""
    answer = Response(b"", status, content_type=HTML)
    answer.headers["Cache-Control"] = "no-cache, private"
    for name in ERROR_HEADERS if text else ():
        answer.headers[name] = text
    for name, value in headers.items():
        answer.headers[name.replace("_", "-")] = value
    abort(answer)


def _text(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
