"""Employees from BambooHR."""

from __future__ import annotations

import logging
import re
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import requests

from lib.connector import Projection, Records, SourceItem, UserConnector
from lib.errors import AccessDenied, ConnectorError, RecordUnreadable, SignInError, SourceFault
from lib.http.auth import basic_by_key
from lib.http.client import Client, NotFound
from lib.http.response import decoded, member
from lib.http.subdomain import subdomain
from lib.sectionsettings import UserSettings
from lib.settings import setting, url, words

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
        "The address of the API: the default, or https://NAME.bamboohr.com for the company NAME.",
        default="https://api.bamboohr.com/api/gateway.php",
        parse=url,
    )
    system_name: str = setting(
        "The name of your company at BambooHR: acme if you sign in at acme.bamboohr.com.",
        example="YOUR BambooHR SYSTEM NAME",
        parse=partial(subdomain, domain="bamboohr.com"),
    )
    api_token: str = setting(
        "An API key. It reads only what its owner can see.",
        example="YOUR BambooHR API TOKEN",
        secret=True,
    )
    default_position: str = setting(
        "A position for all users, with mapping.POSITION = {'setting': 'default_position'}. By"
        " default, the position is the job title.",
        default="",
        advanced=True,
    )
    report_fields: tuple[str, ...] = setting(
        "Fields that the directory lacks, such as employeeNumber, hireDate. If any is set,"
        " employees are read with a custom report.",
        default=(),
        advanced=True,
        parse=words,
    )
    include_inactive: bool = setting(
        "If True, also read former employees. This switches to a custom report, because the"
        " directory does not contain them.",
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
        gateway = self.url.removesuffix("/v1")
        if not gateway.lower().endswith(f"/{self.system_name.lower()}"):
            gateway += f"/{self.system_name}"
        return f"{gateway}/v1"


class Connector(UserConnector[Settings]):
    """Employees from BambooHR."""

    title = "BambooHR"
    settings_type = Settings
    id_paths = ("id",)
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

    def records(self, projection: Projection) -> Records:
        settings = self.settings
        wanted = [*settings.report_fields, *projection.top_level]
        if projection.everything and settings.by_report:
            wanted += DIRECTORY_FIELDS
        people = self._people(wanted)
        self.expected = len(people)
        yield from people

    def _people(self, wanted: list[str]) -> list[SourceItem]:
        """Return all people, with those of these fields that BambooHR shows; it has no pages."""
        with closing(_BambooHR(self.settings)) as bamboohr:
            if self.settings.by_report:
                return self._report(bamboohr, wanted)
            return _directory(bamboohr, wanted)

    def _report(self, bamboohr: _BambooHR, wanted: list[str]) -> list[SourceItem]:
        """Request a custom report, which unlike the directory includes people who left."""
        fields = [name for name in dict.fromkeys([*wanted, "status"]) if name != "id"]
        # With a charset in its content type, the body would be read as XML.
        body = {"title": "Oomnitza", "fields": fields}
        asked = {"params": {"format": "json"}, "json": body}
        answer = bamboohr.read(decoded, "POST", "/reports/custom", **asked)
        member(answer, "fields", list, where=bamboohr.url)
        people, shown = _listing(answer, bamboohr.url)
        _warn_without(fields, shown, "Check the names, and what the owner of the API key can see")
        if self.settings.include_inactive:
            return people
        if "status" not in shown:
            raise AccessDenied(
                "the report does not contain the field Status, which marks former employees",
                where=bamboohr.url,
                fix="Give the owner of the API key permission to see the field Status",
            )
        return [person for person in people if not _has_left(person)]


class _Nothing(NotFound):
    """A 404 with BambooHR's own error header, which the response to a wrong path lacks."""


class _BambooHR(Client):
    """A client that signs in with the API key, and reads error messages from a header."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(
            settings.api,
            settings,
            auth=basic_by_key(settings.api_token),
            repeatable=frozenset({"GET", "POST"}),  # what is posted asks for a report
        )

    def refusal(self, response: requests.Response) -> ConnectorError:
        error = super().refusal(response)
        kind, what, fix = type(error), error.what, error.fix
        headers = response.headers
        message = next((headers[name] for name in ERROR_HEADERS if name in headers), "")
        if message:
            once = ", ".join(dict.fromkeys(message.split(", ")))
            what = f"{error.what.partition(' (')[0]} ({once})"
        if response.is_redirect:  # to the sign-in page
            fix = "Check that system_name is the name of your company, and check url"
        elif isinstance(error, AccessDenied):
            fix = (
                "Share the employee directory in BambooHR, or give the owner of the API key"
                " permission to see it. After several wrong keys, BambooHR blocks all keys for a"
                " while"
            )
        elif isinstance(error, SignInError):
            fix = (
                "Check system_name and api_token before you try again. BambooHR blocks the API"
                " after several wrong keys"
            )
        elif isinstance(error, NotFound) and message:
            kind = _Nothing
        return kind(what, where=error.where, fix=fix, retry_after=error.retry_after)


def _directory(bamboohr: _BambooHR, wanted: list[str]) -> list[SourceItem]:
    """Return the people in the directory: active ones, with the fields that the company shows."""
    try:
        answer = bamboohr.get_json("/employees/directory")
    except _Nothing as error:  # an empty directory is answered with 404
        if _knows_the_key(bamboohr):
            return []
        raise NotFound(error.what, where=error.where, fix="Check url and system_name") from None
    people, shown = _listing(answer, bamboohr.url)
    _warn_without(wanted, shown, "Add fields that the directory lacks to report_fields")
    return people


def _knows_the_key(bamboohr: _BambooHR) -> bool:
    """Return whether the key is of this company; its owner (employee 0) need not be an employee."""
    try:
        bamboohr.get_json("/employees/0")
    except _Nothing as error:
        return "Employee not found" in error.what
    except NotFound:
        return False
    return True


def _listing(answer: Any, where: str) -> tuple[list[SourceItem], set[str]]:
    """Return the people in a response, and the names of the fields that they have.

    A person without an ID is a RecordUnreadable; a response may lack the list of fields.
    """
    people: list[Any] = member(answer, "employees", list, where=where)
    with_id = [person for person in people if _has_id(person)]
    fields = answer.get("fields")
    if not with_id and (people or not isinstance(fields, list)):
        raise SourceFault(
            "the response is not a list of employees", where=where, fix="Check url and system_name"
        )
    shown = {name for person in with_id for name in person}
    if isinstance(fields, list):
        shown = {str(member(field, "id", where=where)) for field in fields}
    unreadable = RecordUnreadable("an employee in the response has no ID", where=where)
    return [person if _has_id(person) else unreadable for person in people], shown


def _has_id(person: Any) -> bool:
    return isinstance(person, dict) and person.get("id") not in (None, "")


def _has_left(person: SourceItem) -> bool:
    """Whether a person has left by the status; False for a person without one."""
    status = person.get("status") if isinstance(person, dict) else None
    return status is not None and str(status).strip().lower() != "active"


def _warn_without(wanted: list[str], shown: set[str], fix: str) -> None:
    missing = sorted(set(wanted) - shown - {"id"})
    if missing:
        log.warning("BambooHR did not return: %s. %s.", ", ".join(missing), fix)
