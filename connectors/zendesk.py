"""People from Zendesk Support: agents, and the customers whom they help."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any

import requests

from lib.connector import Projection, Records, UserConnector, UserSettings
from lib.errors import AccessDenied, ConnectorError, SignInError, SourceFault
from lib.http.auth import HeaderAuth, Token, TokenAuth, basic
from lib.http.client import Client, NotFound, member
from lib.http.oauth import OAuthClientSettings, client_credentials
from lib.http.subdomain import subdomain
from lib.reading.pages import paginate
from lib.settings import setting, url, words

USERS = "/api/v2/users.json"
LARGEST_PAGE = 100
# The life to ask for of a token, in seconds; it is renewed in time.
TOKEN_LIFE = 7200


@dataclass(frozen=True, kw_only=True)
class Settings(OAuthClientSettings, UserSettings):
    system_name: str = setting(
        "The name of your account: oomnitza, where Zendesk is at oomnitza.zendesk.com.",
        example="oomnitza",
        parse=partial(subdomain, domain="zendesk.com"),
    )
    api_token: str = setting(
        "An API token. Zendesk ends them all on 30 April 2027; client_id and client_secret stay.",
        default="",
        example="YOUR Zendesk API TOKEN",
        secret=True,
    )
    username: str = setting(
        "The mail address of an agent or administrator, who reads with the API token.",
        default="",
        example="username@example.com",
    )
    client_id: str = setting(
        "The identifier of a confidential OAuth client, instead of username and api_token.",
        default="",
    )
    client_secret: str = setting("The secret of that OAuth client.", default="", secret=True)
    access_token: str = setting(
        "An OAuth access token that you have, instead of all these.",
        default="",
        secret=True,
        advanced=True,
    )
    scope: str = setting(
        "What the OAuth client asks for: read, or users:read with organizations:read.",
        default="read",
        advanced=True,
    )
    load_organizations: bool = setting(
        "True puts the organization of each user into the record.", default=False
    )
    roles: tuple[str, ...] = setting(
        "Only users with these roles, of end-user, agent, admin; else all are read.",
        default=(),
        advanced=True,
        parse=words,
    )
    url: str = setting(
        "The address, where it is not https://NAME.zendesk.com.",
        default="",
        advanced=True,
        parse=url,
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if not (self.access_token or self.by_client or (self.username and self.api_token)):
            yield "api_token", "give username and api_token, or client_id and client_secret"

    @property
    def address(self) -> str:
        return self.url or f"https://{self.system_name}.zendesk.com"


class Connector(UserConnector[Settings]):
    """People from Zendesk Support: agents, and the customers whom they help."""

    title = "Zendesk"
    settings_type = Settings
    mapping = {
        "USER": {"source": "email"},
        "FIRST_NAME": {"source": "name", "converter": "first_from_full"},
        "LAST_NAME": {"source": "name", "converter": "last_from_full"},
        "EMAIL": {"source": "email"},
        "PHONE": {"source": "phone"},
        "PERMISSIONS_ID": {"setting": "default_role"},
        "POSITION": {"setting": "default_position"},
    }

    def check(self) -> None:
        with closing(_Zendesk(self.settings)) as zendesk:
            _page(zendesk, {"page[size]": 1}, "")

    def records(self, projection: Projection) -> Records:
        asked: dict[str, Any] = {"page[size]": LARGEST_PAGE, "role[]": self.settings.roles}
        wanted = projection.everything or "organization" in projection.top_level
        if self.settings.load_organizations and wanted:
            asked["include"] = "organizations"
        with closing(_Zendesk(self.settings)) as zendesk:
            yield from paginate(partial(_page, zendesk, asked), "", where=zendesk.url + USERS)


class _Zendesk(Client):
    """A client that signs in by one of Zendesk's methods; 5xx is transient (vendor's docs)."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(
            settings.address,
            settings,
            repeatable=frozenset({"GET", "POST"}),  # what is posted signs in
            retry_status=frozenset({500}),
        )
        self._fix = "Check client_id and client_secret"
        if settings.access_token:
            self.auth = HeaderAuth("Authorization", f"Bearer {settings.access_token}")
            self._fix = "Check access_token; it may have ended"
        elif settings.client_id:
            self.auth = TokenAuth(partial(_new_token, self, settings))
        else:
            user = settings.username.removesuffix("/token")
            self.auth = basic(f"{user}/token", settings.api_token)
            self._fix = (
                "Check username and api_token. Zendesk deactivates API tokens that nobody used for"
                " 30 days, and ends all of them on 30 April 2027: client_id and client_secret of an"
                " OAuth client stay"
            )

    def refusal(self, response: requests.Response) -> ConnectorError:
        error = super().refusal(response)
        what, fix = error.what, error.fix
        try:
            message = _error_message(response.json())
        except ValueError:
            message = ""
        if message:
            what = f"{error.what.partition(' (')[0]} ({message})"
        if isinstance(error, AccessDenied):
            fix = (
                "Check the rights of the account: it takes an agent or administrator, and of an"
                " OAuth client the scope read"
            )
        elif isinstance(error, SignInError):
            fix = self._fix
        elif isinstance(error, NotFound):
            fix = "Check system_name"
        return type(error)(what, where=error.where, fix=fix, retry_after=error.retry_after)


def _new_token(zendesk: _Zendesk, settings: Settings) -> Token:
    return client_credentials(
        zendesk,
        "/oauth/tokens",
        settings,
        as_json=True,
        scope=settings.scope,
        expires_in=TOKEN_LIFE,
    )


def _page(zendesk: _Zendesk, asked: dict[str, Any], cursor: str) -> tuple[list[Any], str | None]:
    """Return the users at a cursor, and the next cursor.

    An empty cursor is the beginning; None follows the last page.
    """
    where = zendesk.url + USERS
    answer = zendesk.get_json(USERS, **asked, **({"page[after]": cursor} if cursor else {}))
    if message := _error_message(answer):
        raise SourceFault(f"Zendesk says {message}", where=where, fix="Try again later")
    users: list[Any] = member(answer, "users", list, where=where)
    meta = member(answer, "meta", dict, where=where)
    if "include" in asked:
        _join(users, member(answer, "organizations", list, where=where))
    # The link to a next page is no sign: it is there on the last page, too.
    more = member(meta, "has_more", bool, where=where)
    return users, member(meta, "after_cursor", str, where=where) if more else None


def _join(users: list[Any], organizations: list[Any]) -> None:
    """Add to each user the default organization, or an empty one."""
    by_id = {
        str(each["id"]): each for each in organizations if isinstance(each, dict) and "id" in each
    }
    for user in users:
        if isinstance(user, dict):
            user["organization"] = by_id.get(str(user.get("organization_id")), {})


def _error_message(answer: Any) -> str:
    """Return the message in an error, which has one of four shapes; empty if there is none."""
    match answer:
        case {"errors": [{"title": str(title), "detail": str(text)}, *_]}:
            return f"{title}: {text}"
        case {"error": {"title": str(title), "message": str(text)}}:
            return f"{title}: {text}"
        case {"error": str(title), "description": str(text)}:
            return f"{title}: {text}"
        case {"error": str(title), "error_description": str(text)}:
            return f"{title}: {text}"
        case {"error": str(title)}:
            return title
    return ""
