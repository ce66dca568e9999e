"""Users from OneLogin, read with its API /2 or /1, or with the deprecated XML API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urljoin
from xml.etree import ElementTree

from requests import Response

from lib.connector import Projection, Records, SourceItem, UserConnector
from lib.errors import ConnectorError, SignInError, SourceFault, SourceUnavailable, TransientError
from lib.http.auth import HeaderAuth, Token, TokenAuth, basic_by_key
from lib.http.client import Client, NotFound
from lib.http.oauth import OAuthClientSettings
from lib.http.ratelimit import seconds_to_reset
from lib.http.response import json_of, member
from lib.reading.listing import Page
from lib.reading.pages import paginate, paginate_by_number
from lib.record import Record
from lib.retry import LONGEST_PAUSE
from lib.sectionsettings import UserSettings
from lib.settings import setting, url
from lib.values.values import int_or_none

# The addresses of the JSON APIs; a host alone means the newest.
JSON_API = re.compile(r"https?://[^/]+(/api/(?P<version>[12])(/users)?)?", re.IGNORECASE)
CLASSIC_XML = "https://app.onelogin.com/api/v2/users.xml"
CLASSIC_JSON = "https://api.us.onelogin.com/api/1/users"
USERS_2 = "/api/2/users"
EXAMPLE = f"https://example.onelogin.com{USERS_2}"
TODAY = f"client_id and client_secret, and url = {EXAMPLE}"
# All fields of API /2, which returns 22 of them by default.
FIELDS = (
    "id", "username", "email", "firstname", "lastname", "title", "department", "company", "comment",
    "group_id", "role_ids", "phone", "state", "status", "directory_id", "trusted_idp_id",
    "manager_ad_id", "manager_user_id", "samaccountname", "member_of", "userprincipalname",
    "distinguished_name", "external_id", "activated_at", "last_login", "invitation_sent_at",
    "updated_at", "preferred_locale_code", "created_at", "invalid_login_attempts", "locked_until",
    "password_changed_at", "custom_attributes",
)  # fmt: skip
PAGE_2 = 50  # users on a page of API /2
CREATOR_DELETED = (
    "Try again later. If the administrator who created the credentials was deleted, create new"
    " credentials"
)
CHECK_URL = "Check that url begins with the address of your OneLogin account"
XML_CUSTOM = "custom_attribute_"


@dataclass(frozen=True, kw_only=True)
class Settings(OAuthClientSettings, UserSettings):
    url: str = setting(
        f"The address of the Users API, such as {EXAMPLE}. In version 1, it ends with "
        "/api/1/users.",
        default="",
        example=EXAMPLE,
        parse=url,
    )
    client_id: str = setting(
        "The client ID of API credentials with permission to read users.",
        default="",
        example="YOUR OneLogin CLIENT ID",
    )
    client_secret: str = setting(
        "The client secret of these API credentials.",
        default="",
        example="YOUR OneLogin CLIENT SECRET",
        secret=True,
    )
    api_token: str = setting(
        "The key of the XML API, the older way to sign in, which OneLogin has deprecated. It needs"
        f" url = {CLASSIC_XML}.",
        default="",
        example="YOUR OneLogin API TOKEN",
        secret=True,
        alternative=True,
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if not self.by_client and not self.api_token:
            yield "client_id", "credentials are missing. Set client_id and client_secret"
        elif bool(self.client_id) == (self.api == "xml"):
            yield "url", f"url and credentials belong to different OneLogin APIs. Set {TODAY}"

    @property
    def address(self) -> str:
        """The url; by default the one that the kind of credentials was first used for."""
        return self.url or (CLASSIC_JSON if self.client_id else CLASSIC_XML)

    @property
    def api(self) -> str:
        """The API that the address belongs to: xml, 1 or 2."""
        match = JSON_API.fullmatch(self.address)
        return (match["version"] or "2") if match else "xml"


class Connector(UserConnector[Settings]):
    """Users from OneLogin."""

    title = "OneLogin"
    settings_type = Settings
    id_paths = ("id",)
    mapping = {
        # OneLogin allows an empty username, which would identify no user.
        "USER": {"source": "username"},
        "FIRST_NAME": {"source": "firstname"},
        "LAST_NAME": {"source": "lastname"},
        "EMAIL": {"source": "email"},
        "PHONE": {"source": "phone"},
    }

    def check(self) -> None:
        with closing(self._client()) as client:
            next(self._users(client, Projection()), None)

    def records(self, projection: Projection) -> Records:
        with closing(self._client()) as client:
            for user in self._users(client, projection):
                yield _with_short_names(user)

    def _client(self) -> Client:
        settings = self.settings
        if settings.api == "xml":
            auth = basic_by_key(settings.api_token)
            headers = {"Accept": "application/xml, text/xml"}
            return Client(settings.address, settings, auth=auth, headers=headers)
        # What is posted signs in, and may be posted again.
        repeatable = frozenset({"GET", "POST"})
        onelogin = OneLogin(urljoin(settings.address, "/")[:-1], settings, repeatable=repeatable)
        onelogin.auth = TokenAuth(partial(_token, onelogin, settings))
        return onelogin

    def _users(self, client: Client, projection: Projection) -> Iterator[SourceItem]:
        if self.settings.api == "xml":
            return paginate(partial(_xml_page, client), 1, where=client.url)
        if self.settings.api == "1":
            return paginate(partial(_page_1, client), "", where=client.url)
        # By numbers, because the cursors of API /2 go on after the end.
        page_2 = partial(self._page_2, client, _fields(projection))
        return paginate_by_number(page_2, PAGE_2, where=client.url + USERS_2)

    def _page_2(self, onelogin: Client, fields: str, number: int) -> Page:
        users, response = onelogin.get_page(USERS_2, fields=fields, limit=PAGE_2, page=number)
        if not isinstance(users, list):
            message = _error_message(users)
            what = _reported(message) if message else "the response is not a list of users"
            raise SourceFault(what, where=onelogin.url + USERS_2, fix=CHECK_URL)
        self.expected = int_or_none(response.headers.get("Total-Count"))
        pages = int_or_none(response.headers.get("Total-Pages"))
        return Page(users, self.expected, more=None if pages is None else number < pages)


class OneLogin(Client):
    """A client of the JSON APIs that knows what their statuses 400 and 500 mean.

    API /1 says with 400 that the quota is used up. 500 is the response to credentials whose creator
    was deleted (OneLogin's documentation: "Generate Tokens v2").
    """

    def refusal(self, response: Response) -> ConnectorError:
        error = super().refusal(response)
        if response.status_code == 400 and b"rate_limit_exceeded" in response.content:
            wait, fix = seconds_to_reset(response.headers) or LONGEST_PAUSE, "Try again in an hour"
            return TransientError(error.what, where=error.where, fix=fix, retry_after=wait)
        return error.with_fix(CREATOR_DELETED) if response.status_code == 500 else error


def _page_1(onelogin: Client, cursor: str) -> tuple[list[Any], str | None]:
    path, where = "/api/1/users", f"{onelogin.url}/api/1/users"
    answer = onelogin.get_json(path, after_cursor=cursor or None)
    if message := _error_message(answer):
        raise SourceFault(_reported(message), where=where, fix="Try again later")
    member(answer, "status", dict, where=where)
    pagination = member(answer, "pagination", dict, where=where)
    # This API may return an empty list in the list if there are no users.
    users = [user for user in member(answer, "data", list, where=where) if user != []]
    return users, member(pagination, "after_cursor", where=where) or None


def _xml_page(onelogin: Client, number: int) -> tuple[list[Record], int | None]:
    """Return a page of the XML API, and the number of the next; pages after the last are empty."""
    params = {"page": number, "include_custom_attributes": "true"}
    try:
        users = _xml_users(onelogin.request("GET", "", params=params))
    except SourceUnavailable:
        raise
    except ConnectorError as error:
        fix = f"Check api_token and url. If OneLogin no longer accepts them, set {TODAY}"
        raise error.with_fix(fix) from None
    return users, number + 1 if users else None


def _xml_users(response: Response) -> list[Record]:
    where = response.url.split("?")[0]
    try:
        root = ElementTree.fromstring(response.content)  # noqa: S314  expat limits expansion
    except ElementTree.ParseError:
        raise SourceFault("the response is not XML", where=where) from None
    # The end is an empty list by any name, such as <nil-classes type="array"/>.
    if root.tag != "users" and root.get("type") != "array":
        raise SourceFault(f"the response is <{root.tag}> instead of <users>", where=where)
    return [{item.tag: _xml_value(item) for item in user} for user in root.findall("user")]


def _xml_value(element: ElementTree.Element) -> Any:
    """Return the text of an element, None if it is nil or empty, or dicts for the roles."""
    if element.get("nil") == "true":
        return None
    if len(element):
        return [{part.tag: part.text for part in item} for item in element]
    return (element.text or "").strip() or None


def _with_short_names(user: SourceItem) -> SourceItem:
    """Return a user with its custom attributes next to its own fields."""
    if not isinstance(user, dict):
        return user
    custom = user.get("custom_attributes")
    if not isinstance(custom, dict):
        marked = [name for name in user if name.startswith(XML_CUSTOM)]
        custom = {name.removeprefix(XML_CUSTOM): user[name] for name in marked}
    return {**custom, **user}


def _fields(projection: Projection) -> str:
    """Return the fields to request from API /2; an unknown name is that of a custom attribute."""
    wanted = {name if name in FIELDS else "custom_attributes" for name in projection.top_level}
    wanted.add("id")
    return ",".join(name for name in FIELDS if projection.everything or name in wanted)


def _token(onelogin: OneLogin, settings: Settings) -> Token:
    """Request a token, which stays the same until it expires; a refused one has expired."""
    pair = f"client_id:{settings.client_id}, client_secret:{settings.client_secret}"
    login = HeaderAuth("Authorization", pair)
    grant, fix = {"grant_type": "client_credentials"}, "Check client_id and client_secret"
    try:
        response = onelogin.post_json("/auth/oauth2/v2/token", grant, auth=login)
    except NotFound:
        raise
    except (SignInError, SourceFault) as error:
        raise SignInError(error.what, where=error.where, fix=fix) from None
    answer = json_of(response)
    if message := _error_message(answer):
        raise SignInError(_reported(message), where=response.url, fix=fix)
    match answer:
        case {"data": [inner, *_]}:  # the shape of the token's first version
            answer = inner
    return Token(member(answer, "access_token", str, where=response.url))


def _reported(message: str) -> str:
    return f"OneLogin reported an error ({message})"


def _error_message(answer: Any) -> str:
    """Return the message of an error, which has one of three shapes, also with status 200."""
    match answer:
        case {"status": {"error": error, **status}} if error:
            message = status.get("message", error)
            return str(
                message.get("description", message) if isinstance(message, dict) else message
            )
        case {"message": str(text), "statusCode": _}:
            return text
        case {"error": str(name), "description": str(text)}:
            return f"{name}: {text}"
    return ""
