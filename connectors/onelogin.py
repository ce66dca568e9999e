"""People from OneLogin: by its API /2 or /1, or by the old XML API where that still answers."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urljoin
from xml.etree import ElementTree

from requests import Response

from lib.auth import HeaderAuth, Token, TokenAuth
from lib.connector import Record, Records, Sources, UserConnector, UserSettings
from lib.errors import ConnectorError, SignInError, SourceFault, SourceUnavailable
from lib.http import Client, NotFound, json_of, member
from lib.ratelimit import LONGEST_PAUSE, seconds_to_reset
from lib.reading.pages import walk
from lib.settings import setting, url

# The addresses of the JSON APIs; a host alone means the newest.
JSON_API = re.compile(r"https?://[^/]+(/api/(?P<version>[12])(/users)?)?", re.IGNORECASE)
TODAY = "set client_id and client_secret, and url = https://example.onelogin.com/api/2/users"
# All that API /2 has; of itself it gives 22 of them.
FIELDS = (
    "id", "username", "email", "firstname", "lastname", "title", "department", "company", "comment",
    "group_id", "role_ids", "phone", "state", "status", "directory_id", "trusted_idp_id",
    "manager_ad_id", "manager_user_id", "samaccountname", "member_of", "userprincipalname",
    "distinguished_name", "external_id", "activated_at", "last_login", "invitation_sent_at",
    "updated_at", "preferred_locale_code", "created_at", "invalid_login_attempts", "locked_until",
    "password_changed_at", "custom_attributes",
)  # fmt: skip
XML_CUSTOM = "custom_attribute_"


@dataclass(frozen=True, kw_only=True)
class Settings(UserSettings):
    url: str = setting(
        "The address of the users. With client_id: https://example.onelogin.com/api/2/users, or"
        " /api/1/users. With api_token: that of the old XML API.",
        default="https://app.onelogin.com/api/v2/users.xml",
        parse=url,
    )
    api_token: str = setting(
        "The key of the old XML API, which OneLogin advises against.",
        default="",
        example="YOUR OneLogin API TOKEN",
        secret=True,
    )
    client_id: str = setting(
        "The id of a pair of API credentials that may read users, in place of api_token.",
        default="",
    )
    client_secret: str = setting("The secret of that pair.", default="", secret=True)

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if bool(self.client_id) != bool(self.client_secret):
            yield "client_id", "client_id and client_secret belong together"
        elif not self.client_id and not self.api_token:
            yield "client_id", "give client_id and client_secret"
        elif bool(self.client_id) == (self.api == "xml"):
            yield "url", f"it is that of another API than the credentials; {TODAY}"

    @property
    def api(self) -> str:
        """The API that the url belongs to: xml, 1 or 2."""
        found = JSON_API.fullmatch(self.url)
        return (found["version"] or "2") if found else "xml"


class Connector(UserConnector[Settings]):
    """People from OneLogin."""

    title = "OneLogin"
    settings_type = Settings
    mapping = {
        # OneLogin lets a username be empty, and by that nobody could be recognised.
        "USER": {"source": "username"},
        "FIRST_NAME": {"source": "firstname"},
        "LAST_NAME": {"source": "lastname"},
        "EMAIL": {"source": "email"},
        "PHONE": {"source": "phone"},
    }

    def check(self) -> None:
        with closing(self._client()) as client:
            page, first = self._listing(client, Sources())
            page(first)

    def records(self, sources: Sources) -> Records:
        with closing(self._client()) as client:
            page, first = self._listing(client, sources)
            for user in walk(page, first, where=client.url):
                yield _with_short_names(user)

    def _client(self) -> Client:
        settings = self.settings
        if settings.api == "xml":
            login = base64.b64encode(f"{settings.api_token}:x".encode()).decode()
            auth = HeaderAuth("Authorization", f"Basic {login}")
            headers = {"Accept": "application/xml, text/xml"}
            return Client(settings.url, settings, auth=auth, headers=headers)
        # What is posted signs in, and may be posted again.
        repeatable = frozenset({"GET", "POST"})
        onelogin = OneLogin(urljoin(settings.url, "/")[:-1], settings, repeatable=repeatable)
        onelogin.auth = TokenAuth(partial(_token, onelogin, settings))
        return onelogin

    def _listing(self, client: Client, sources: Sources) -> tuple[Callable[..., Any], Any]:
        """What gives the page at a position, as `walk` wants it, and the first position."""
        if self.settings.api == "xml":
            return partial(_xml_page, client), 1
        if self.settings.api == "1":
            return partial(_page_1, client, self.settings.retries), ""
        return partial(self._page_2, client, _fields(sources)), 1

    def _page_2(self, onelogin: Client, fields: str, number: int) -> tuple[list[Any], int | None]:
        """A page of API /2; by numbers, since its cursors go on behind the end."""
        path = "/api/2/users"
        users, response = onelogin.get_page(path, fields=fields, limit=50, page=number)
        fault = partial(SourceFault, where=onelogin.url + path, fix="Check the url")
        if not isinstance(users, list):
            raise fault("the answer is no list of users")
        self.expected = _number(response, "Total-Count")
        pages = _number(response, "Total-Pages")
        more = bool(users) if pages is None else number < pages
        if more and not users:
            raise fault(f"page {number} of {pages} is empty")
        return users, number + 1 if more else None


class UsedUp(SourceUnavailable):
    """The requests of this hour are used up; `pause` is how many seconds are left of it."""

    pause: float = LONGEST_PAUSE


class OneLogin(Client):
    """A client of the JSON APIs, of which /1 says with 400 that the quota is used up."""

    def refusal(self, response: Response) -> ConnectorError:
        error = super().refusal(response)
        if response.status_code == 400 and b"rate_limit_exceeded" in response.content:
            error = UsedUp(error.what, where=error.where, fix="Try again in an hour")
            error.pause = seconds_to_reset(response.headers) or error.pause
        return error


def _page_1(onelogin: Client, retries: int, cursor: str) -> tuple[list[Any], str | None]:
    path, where = "/api/1/users", f"{onelogin.url}/api/1/users"
    answer = _patiently(partial(onelogin.get_json, path, after_cursor=cursor or None), retries)
    status = member(answer, "status", dict, where=where)
    if status.get("error"):
        raise SourceFault(f"OneLogin says {status.get('message')}", where=where)
    pagination = member(answer, "pagination", dict, where=where)
    # An empty list in the list is how this API may say that there is nothing.
    users = [user for user in member(answer, "data", list, where=where) if user != []]
    return users, member(pagination, "after_cursor", where=where) or None


def _patiently(get: Callable[[], Any], retries: int) -> Any:
    """What the request gives; a used-up quota is waited for as one that is told by 429 is."""
    for _ in range(retries):
        try:
            return get()
        except UsedUp as error:
            if error.pause > LONGEST_PAUSE * retries:
                raise
            time.sleep(min(error.pause, LONGEST_PAUSE))
    return get()


def _xml_page(onelogin: Client, number: int) -> tuple[list[Record], int | None]:
    """A page of the XML API; behind the last one come pages without users."""
    params = {"page": number, "include_custom_attributes": "true"}
    try:
        users = _xml_users(onelogin.request("GET", "", params=params))
    except SourceUnavailable:
        raise
    except ConnectorError as error:
        error.fix = f"Check api_token and url; if OneLogin takes them no more, {TODAY}"
        raise
    return users, number + 1 if users else None


def _xml_users(response: Response) -> list[Record]:
    where = response.url.split("?")[0]
    try:
        root = ElementTree.fromstring(response.content)  # noqa: S314  expat limits expansion
    except ElementTree.ParseError:
        raise SourceFault("the answer is not XML", where=where) from None
    # The end is an empty list by any name, such as <nil-classes type="array"/>.
    if root.tag != "users" and root.get("type") != "array":
        raise SourceFault(f"the answer is <{root.tag}> and not <users>", where=where)
    return [{item.tag: _xml_value(item) for item in user} for user in root.findall("user")]


def _xml_value(element: ElementTree.Element) -> Any:
    """Text; nothing for nil and for what is empty; dicts for the roles."""
    if element.get("nil") == "true":
        return None
    if len(element):
        return [{part.tag: part.text for part in item} for item in element]
    return (element.text or "").strip() or None


def _with_short_names(user: Record) -> Record:
    """The user as OneLogin has it, and beside its own fields the custom attributes."""
    custom = user.get("custom_attributes")
    if not isinstance(custom, dict):
        marked = [name for name in user if name.startswith(XML_CUSTOM)]
        custom = {name.removeprefix(XML_CUSTOM): user[name] for name in marked}
    return {**custom, **user}


def _fields(sources: Sources) -> str:
    """What to ask of API /2; a name that it does not know is a custom attribute's."""
    wanted = {name if name in FIELDS else "custom_attributes" for name in sources.tops} | {"id"}
    return ",".join(name for name in FIELDS if sources.everything or name in wanted)


def _number(response: Response, header: str) -> int | None:
    text = response.headers.get(header, "")
    return int(text) if text.isdecimal() else None


def _token(onelogin: OneLogin, settings: Settings) -> Token:
    """A token. It is the same one until it ends; one that is refused has ended, and is renewed."""
    pair = f"client_id:{settings.client_id}, client_secret:{settings.client_secret}"
    login = HeaderAuth("Authorization", pair)
    grant = {"grant_type": "client_credentials"}
    try:
        response = onelogin.post_json("/auth/oauth2/v2/token", grant, auth=login)
    except NotFound:
        raise
    except (SignInError, SourceFault) as error:
        raise SignInError(
            error.what, where=error.where, fix="Check client_id and client_secret"
        ) from None
    answer = json_of(response)
    match answer:
        case {"data": [inner, *_]}:  # the shape of the token's first version
            answer = inner
    return Token(member(answer, "access_token", str, where=response.url))
