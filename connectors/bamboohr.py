"""People from BambooHR."""

from __future__ import annotations

import base64
import logging
import re
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import requests

from lib.auth import HeaderAuth
from lib.connector import Record, Records, Sources, UserConnector, UserSettings
from lib.errors import AccessDenied, ConnectorError, SignInError
from lib.http import Client, NotFound, json_of, member
from lib.settings import setting, url, words
from lib.subdomain import subdomain

log = logging.getLogger(__name__)

# The second one is a slip of the vendor; some answers have that alone.
ERROR_HEADERS = ("X-BambooHR-Error-Message", "X-BambooHR-Error-Messsage")
# What the directory shows unless a company chooses otherwise, as far as reports know it too.
DIRECTORY_FIELDS = (
    "displayName", "firstName", "lastName", "preferredName", "jobTitle", "workPhone",
    "workPhoneExtension", "mobilePhone", "workEmail", "department", "location", "division",
    "supervisor",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Settings(UserSettings):
    url: str = setting(
        "The address of the API: this one, or https://NAME.bamboohr.com with the name of your"
        " company.",
        default="https://api.bamboohr.com/api/gateway.php",
        parse=url,
    )
    system_name: str = setting(
        "The name of your company at BambooHR: acme, where people sign in at acme.bamboohr.com.",
        example="YOUR BambooHR SYSTEM NAME",
        parse=partial(subdomain, domain="bamboohr.com"),
    )
    api_token: str = setting(
        "An API key; it reads what its owner may see.",
        example="YOUR BambooHR API TOKEN",
        secret=True,
    )
    default_position: str = setting(
        "A position for all, with mapping.POSITION = {'setting': 'default_position'}; else it is"
        " the job title.",
        default="",
        advanced=True,
    )
    report_fields: tuple[str, ...] = setting(
        "Fields that the directory lacks, such as employeeNumber, hireDate. With any of them people"
        " are read by a custom report.",
        default=(),
        advanced=True,
        parse=words,
    )
    include_inactive: bool = setting(
        "True reads those who left, too; they are in custom reports only.",
        default=False,
        advanced=True,
    )

    @property
    def by_report(self) -> bool:
        return bool(self.report_fields) or self.include_inactive

    @property
    def api(self) -> str:
        """The address of version 1 of the API: at the older gateway the company is in the path."""
        if re.fullmatch(r"(/api(/v1)?)?", urlsplit(self.url).path):
            return f"{self.url.removesuffix('/v1').removesuffix('/api')}/api/v1"
        return f"{self.url}/{self.system_name}/v1"


class Connector(UserConnector[Settings]):
    """People from BambooHR."""

    title = "BambooHR"
    settings_type = Settings
    mapping = {
        "USER": {"source": "workEmail"},
        "FIRST_NAME": {"source": "firstName"},
        "LAST_NAME": {"source": "lastName"},
        "EMAIL": {"source": "workEmail"},
        "PHONE": {"source": "mobilePhone"},
        "POSITION": {"source": "jobTitle"},
        "PERMISSIONS_ID": {"setting": "default_role"},
    }

    def check(self) -> None:
        self._people(["id"])

    def records(self, sources: Sources) -> Records:
        settings = self.settings
        wanted = [*settings.report_fields, *sources.tops]
        if sources.everything and settings.by_report:
            wanted += DIRECTORY_FIELDS
        people = self._people(wanted)
        self.expected = len(people)
        yield from people

    def _people(self, wanted: list[str]) -> list[Record]:
        """Everybody, with these fields as far as BambooHR shows them; it has no pages."""
        with closing(_BambooHR(self.settings)) as bamboohr:
            if self.settings.by_report:
                return self._report(bamboohr, wanted)
            return _directory(bamboohr, wanted)

    def _report(self, bamboohr: _BambooHR, wanted: list[str]) -> list[Record]:
        """A custom report, which holds those who left as well; the directory does not."""
        fields = [name for name in dict.fromkeys([*wanted, "status"]) if name != "id"]
        # With a charset in its content type, the body would be read as XML.
        body = {"title": "Oomnitza", "fields": fields}
        response = bamboohr.request("POST", "/reports/custom", params={"format": "json"}, json=body)
        people, shown = _listing(json_of(response), bamboohr.url)
        _warn_without(fields, shown, "The names are wrong, or the owner of the key may not see it")
        if self.settings.include_inactive:
            return people
        if "status" not in shown:
            raise AccessDenied(
                "the report does not show who has left",
                where=bamboohr.url,
                fix="Give the owner of the key the rights to see the field Status",
            )
        return [person for person in people if person.get("status") == "Active"]


class _Nothing(NotFound):
    """BambooHR itself says that there is nothing, which a wrong address does not."""


class _BambooHR(Client):
    """Requests signed with the key; what is wrong stands in a header, not in the body."""

    def __init__(self, settings: Settings) -> None:
        login = base64.b64encode(f"{settings.api_token}:x".encode()).decode()
        super().__init__(
            settings.api,
            settings,
            auth=HeaderAuth("Authorization", f"Basic {login}"),
            repeatable=frozenset({"GET", "POST"}),  # what is posted asks for a report
        )

    def refusal(self, response: requests.Response) -> ConnectorError:
        error = super().refusal(response)
        said = next((response.headers[key] for key in ERROR_HEADERS if key in response.headers), "")
        if said:
            once = ", ".join(dict.fromkeys(said.split(", ")))
            error.what = f"the server answered {response.status_code} ({once})"
        if isinstance(error, AccessDenied):
            error.fix = (
                "Share the employee directory in BambooHR, or give the owner of the key the rights"
                " to see it. After several wrong keys BambooHR refuses everybody for a while"
            )
        elif isinstance(error, SignInError):
            error.fix = "Check system_name and api_token; do not try often, wrong keys lock the API"
        elif isinstance(error, NotFound) and said:
            return _Nothing(error.what, where=error.where, fix=error.fix)
        return error


def _directory(bamboohr: _BambooHR, wanted: list[str]) -> list[Record]:
    """The directory: those who are Active, with the fields that the company chose to show."""
    try:
        answer = bamboohr.get_json("/employees/directory")
    except _Nothing:  # an empty directory is answered with 404
        return []
    people, shown = _listing(answer, bamboohr.url)
    _warn_without(wanted, shown, "Name what the directory lacks in report_fields")
    return people


def _listing(answer: Any, where: str) -> tuple[list[Record], set[str]]:
    """The people in an answer, and the fields that they were given beside their id."""
    people: list[Record] = member(answer, "employees", list, where=where)
    for person in people:
        member(person, "id", where=where)
    fields = member(answer, "fields", list, where=where)
    return people, {str(member(field, "id", where=where)) for field in fields}


def _warn_without(wanted: list[str], shown: set[str], fix: str) -> None:
    missing = sorted(set(wanted) - shown - {"id"})
    if missing:
        log.warning("BambooHR shows no %s. %s.", ", ".join(missing), fix)
