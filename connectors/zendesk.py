"""Users from Zendesk Support: agents, administrators, and customers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import requests

from lib.connector import Projection, Records, UserConnector
from lib.errors import AccessDenied, ConnectorError, SignInError, SourceFault
from lib.http.auth import HeaderAuth, Token, TokenAuth, basic
from lib.http.client import Client, NotFound
from lib.http.oauth import OAuthClientSettings, client_credentials
from lib.http.response import member
from lib.http.subdomain import subdomain
from lib.reading.pages import paginate
from lib.sectionsettings import UserSettings
from lib.settings import setting, url

USERS = "/api/v2/users.json"
LARGEST_PAGE = 100
# The life to ask for of a token, in seconds; it is renewed in time.
TOKEN_LIFE = 7200


@dataclass(frozen=True, kw_only=True)
class Settings(OAuthClientSettings, UserSettings):
    system_name: str = setting(
        "The name of your account: acme if Zendesk is at acme.zendesk.com.",
        example="acme",
        parse=partial(subdomain, domain="zendesk.com"),
    )
    client_id: str = setting(
        "The ID of a confidential OAuth client.",
        default="",
        example="YOUR Zendesk CLIENT ID",
    )
    client_secret: str = setting(
        "The secret of that OAuth client.",
        default="",
        example="YOUR Zendesk CLIENT SECRET",
        secret=True,
    )
    api_token: str = setting(
        "An API token, the older way to sign in. Zendesk ends support for API tokens on April 30,"
        " 2027.",
        default="",
        example="YOUR Zendesk API TOKEN",
        secret=True,
        alternative=True,
    )
    username: str = setting(
        "The email address of an agent or administrator, for the older way to sign in.",
        default="",
        example="username@example.com",
        alternative=True,
    )
    access_token: str = setting(
        "An existing OAuth access token, instead of the other credentials.",
        default="",
        secret=True,
        advanced=True,
    )
    scope: str = setting(
        "The scope of the OAuth client: read, or users:read with organizations:read.",
        default="read",
        advanced=True,
    )
    load_organizations: bool = setting(
        "If True, add the organization of each user to the record.", default=False
    )
    roles: tuple[Literal["end-user", "agent", "admin"], ...] = setting(
        "The roles to read, separated by commas. Default: all users, including customers.",
        default=(),
        advanced=True,
    )
    url: str = setting(
        "The address of Zendesk, if it is not https://NAME.zendesk.com.",
        default="",
        advanced=True,
        parse=url,
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if not (self.access_token or self.by_client or (self.username and self.api_token)):
            yield (
                "client_id",
                "credentials are missing. Set client_id and client_secret (or username and"
                " api_token)",
            )

    @property
    def address(self) -> str:
        return self.url or f"https://{self.system_name}.zendesk.com"


class Connector(UserConnector[Settings]):
    """Users from Zendesk Support: agents, administrators, and customers."""

    title = "Zendesk"
    settings_type = Settings
    id_paths = ("id",)
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
            self._fix = "Check access_token. It may have expired"
        elif settings.client_id:
            self.auth = TokenAuth(partial(_new_token, self, settings))
        else:
            user = settings.username.removesuffix("/token")
            self.auth = basic(f"{user}/token", settings.api_token)
            self._fix = (
                "Check username and api_token. Zendesk deactivates API tokens after 30 days without"
                " use, and all of them on April 30, 2027. Set client_id and client_secret instead"
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
                "Check the permissions of the account: an agent or administrator is needed, or an"
                " OAuth client with the scope read"
            )
        elif isinstance(error, SignInError):
            fix = self._fix
        elif isinstance(error, NotFound):
            fix = "Check that system_name is the name of your account"
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
        raise SourceFault(
            f"Zendesk reported an error ({message})", where=where, fix="Try again later"
        )
    users: list[Any] = member(answer, "users", list, where=where)
    meta = member(answer, "meta", dict, where=where)
    if "include" in asked:
        _join(users, member(answer, "organizations", list, where=where))
    # The link to a next page proves nothing: the last page has one, too.
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
