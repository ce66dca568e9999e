"""The old XML API (v1 to v3), documented as "Get Users" of the deprecated API, with an API key."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any
from xml.etree import ElementTree

from flask import Response, request

from sandbox.onelogin.state import State
from sandbox.onelogin.users import ROLES, User
from sandbox.signin import basic_login

PAGE = 100
LEAVES = (
    "activated_at", "created_at", "directory_id", "distinguished_name", "email", "external_id",
    "firstname", "group_id", "id", "invalid_login_attempts", "invitation_sent_at", "last_login",
    "lastname", "locale_code", "locked_until", "member_of", "openid_name", "password_changed_at",
    "phone", "status", "updated_at",
)  # fmt: skip
PACIFIC = timezone(timedelta(hours=-8))


class XmlApi:
    """Lists users to who knows the key: by page, or from an id on."""

    def __init__(self, onelogin: State) -> None:
        self._onelogin = onelogin

    def users(self) -> Response:
        if (basic_login() or ("",))[0] != self._onelogin.api_key:
            return _refusal()
        page = self._page()
        if not page:
            root = ElementTree.Element(self._onelogin.empty_list, type="array")
            return _document(root)
        custom = request.args.get("include_custom_attributes") == "true"
        root = ElementTree.Element("users", type="array")
        root.extend(_user(user, custom=custom) for user in page)
        return _document(root)

    def _page(self) -> list[User]:
        """At most 100: those whose id is greater than `from_id`, or those of a page."""
        users = self._onelogin.users
        if "status" in request.args:
            users = [user for user in users if str(user["status"]) == request.args["status"]]
        from_id = request.args.get("from_id", type=int)
        if from_id is not None:
            return [user for user in users if user["id"] > from_id][:PAGE]
        number = 1 if self._onelogin.stuck else request.args.get("page", 1, type=int)
        return users[(number - 1) * PAGE : number * PAGE]


def _user(user: User, *, custom: bool) -> ElementTree.Element:
    """One element; some users have none for their phone, not even a nil."""
    element = ElementTree.Element("user")
    for name in LEAVES:
        if name != "phone" or user["phone"] or user["id"] % 2:
            _add(element, name.replace("_", "-"), _spelled(name, user[name]))
    roles = ElementTree.SubElement(element, "roles")
    for number in user["role_id"] or []:
        role = ElementTree.SubElement(roles, "role")
        _add(role, "id", str(number))
        _add(role, "name", ROLES[number])
    _add(element, "username", user["username"] or "")
    if custom:
        for name, value in user["custom_attributes"].items():
            _add(element, f"custom_attribute_{name}", value)
    return element


def _add(parent: ElementTree.Element, name: str, text: str | None) -> None:
    element = ElementTree.SubElement(parent, name)
    element.text = text
    if text is None:
        element.set("nil", "true")


def _spelled(name: str, value: Any) -> str | None:
    """Dates with their offset to UTC and without fractions; numbers as text."""
    if value is None:
        return None
    if name.endswith("_at") or name in ("last_login", "locked_until"):
        return datetime.fromisoformat(value).astimezone(PACIFIC).isoformat(timespec="seconds")
    return str(value)


def _refusal() -> Response:
    error = ElementTree.Element("error")
    _add(error, "title", "Unauthorized Access")
    _add(error, "message", "The API key is not valid, or not allowed from this address.")
    answer = _document(error)
    answer.status_code = 401
    answer.headers["WWW-Authenticate"] = 'Basic realm="Application"'
    return answer


def _document(root: ElementTree.Element) -> Response:
    body = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return Response(body, content_type="application/xml; charset=utf-8")
