"""Users from Okta, read with its Users API."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

from requests import Response

from lib.compactset import CompactSet
from lib.connector import Projection, Records, SourceItem, UserConnector
from lib.errors import AccessDenied, ConnectorError, RecordUnreadable, SignInError, SourceFault
from lib.http.auth import HeaderAuth
from lib.http.client import Client
from lib.http.errors import server_message
from lib.reading.pages import paginate
from lib.sectionsettings import UserSettings
from lib.settings import between, setting, url

USERS = "/api/v1/users"
LARGEST_PAGE = 200
DEPROVISIONED = 'status eq "DEPROVISIONED"'
# Slow parts of a listing, omitted unless one is needed (omitting only some does not help).
OMITTED = {
    "credentials": "omitCredentials",
    "_links": "omitCredentialsLinks",
    "transitioningToStatus": "omitTransitioningToStatus",
}
# One link of a Link header (RFC 8288), and one of its parameters.
LINK = re.compile(r'<([^<>]*)>((?:[^<,"]|"[^"]*")*)')
PARAMETER = re.compile(r';\s*([^\s=;]+)\s*=\s*(?:"([^"]*)"|([^\s;,"]+))')


@dataclass(frozen=True, kw_only=True)
class Settings(UserSettings):
    url: str = setting(
        "The address of your Okta organization.",
        example="https://example.okta.com",
        parse=url,
    )
    api_token: str = setting(
        "An API token of an administrator who can read all users.",
        example="YOUR Okta API TOKEN",
        secret=True,
    )
    deprovisioned: bool = setting("If True, also read deactivated users.", default=False)
    limit: int = setting(
        f"The number of users per request, at most {LARGEST_PAGE}. Reduce it if Okta returns error"
        " 500.",
        default=LARGEST_PAGE,
        advanced=True,
        parse=between(1, LARGEST_PAGE),
    )


class Connector(UserConnector[Settings]):
    """Users from Okta."""

    title = "Okta"
    settings_type = Settings
    id_paths = ("id",)
    mapping = {
        "USER": {"source": "login"},
        "FIRST_NAME": {"source": "firstName"},
        "LAST_NAME": {"source": "lastName"},
        "EMAIL": {"source": "email"},
        "PHONE": {"source": "mobilePhone"},
    }

    def check(self) -> None:
        with closing(self._okta(Projection())) as okta:
            _page(okta, 1, _listing(1))

    def records(self, projection: Projection) -> Records:
        size = self.settings.limit
        listings = [_listing(size)]  # of everybody but the deactivated
        if self.settings.deprovisioned:
            listings.append(_listing(size, filter=DEPROVISIONED))
        # A user that is deactivated between the two listings is in both.
        seen = CompactSet()
        with closing(self._okta(projection)) as okta:
            for first in listings:
                page = partial(_page, okta, size)
                for user in paginate(page, first, where=okta.url + USERS, seen=seen):
                    yield _with_profile(user, okta.url + USERS)

    def _okta(self, projection: Projection) -> OktaClient:
        content_type = "application/json"
        if not projection.everything and OMITTED.keys().isdisjoint(projection.top_level):
            content_type += f"; okta-response={','.join(OMITTED.values())}"
        return OktaClient(
            self.settings.url,
            self.settings,
            auth=HeaderAuth("Authorization", f"SSWS {self.settings.api_token}"),
            headers={"Content-Type": content_type},
            retry_status=frozenset({500}),  # a listing that took Okta too long
        )


class OktaClient(Client):
    """A client that knows Okta's error codes for refused tokens, and its links to next pages."""

    def refusal(self, response: Response) -> ConnectorError:
        error = super().refusal(response)
        code = _error_code(response)
        if code == "E0000005":  # 403: Okta has seen no token
            fix = "Check api_token, and whether a proxy removes the header Authorization"
            return SignInError(error.what, where=error.where, fix=fix)
        if code == "E0000015":  # 401: the token is good
            fix = "Give the administrator who created the token permission to read users"
            return AccessDenied(error.what, where=error.where, fix=fix)
        if type(error) is SignInError:
            return error.with_fix(
                "Check api_token. Okta revokes a token after 30 days without use, or when the"
                " administrator who created it is deactivated"
            )
        return error

    def next_path(self, response: Response) -> str | None:
        """Return the path of the next page as Okta gives it, to be used unchanged."""
        link = _links(response).get("next")
        if link is None:
            return None
        # Okta may call the host that has -admin in its name by the name without it.
        ours, theirs = urlsplit(self.url).netloc, urlsplit(link).netloc
        if _plain(ours) == _plain(theirs):
            link = link.replace(theirs, ours, 1)
        return self.path_of(link)


def _listing(limit: int, **more: str) -> str:
    """Return the path of the first page of a listing."""
    return f"{USERS}?{urlencode({'limit': limit, **more})}"


def _page(okta: OktaClient, size: int, path: str) -> tuple[list[Any], str | None]:
    where = okta.url + USERS
    users, response = okta.get_page(path)
    if not isinstance(users, list):
        message = server_message(response) if _error_code(response) else ""
        raise SourceFault(
            f"the response is not a list of users{message}",
            where=where,
            fix="Check that url is the address of your Okta organization",
        )
    # Each page that Okta sends has a link to itself.
    if len(users) >= size and not _links(response).keys() & {"next", "self"}:
        raise SourceFault(
            "Okta returned a full page without a Link header, so the next page cannot be requested",
            where=where,
            fix="Check whether a proxy removes the header",
        )
    return users, okta.next_path(response)


def _links(response: Response) -> dict[str, str]:
    """Return the addresses in the Link header by their relation, in lowercase."""
    return {
        relation: address
        for address, parameters in LINK.findall(response.headers.get("Link", ""))
        for name, quoted, bare in PARAMETER.findall(parameters)
        if name.lower() == "rel"
        for relation in (quoted or bare).lower().split()
    }


def _error_code(response: Response) -> str:
    """Return Okta's code of an error, by which its documentation lists errors; empty if none."""
    try:
        answer = response.json()
    except ValueError:
        return ""
    return str(answer.get("errorCode", "")) if isinstance(answer, dict) else ""


def _plain(host: str) -> str:
    return host.lower().replace("-admin.", ".", 1)


def _with_profile(user: SourceItem, where: str) -> SourceItem:
    """Return a user with the fields of its profile next to its own fields."""
    if not isinstance(user, dict):
        return user
    profile = user.get("profile")
    if not isinstance(profile, dict):
        return RecordUnreadable(f"user {user['id']} has no profile", where=where)
    return {**profile, **user}
