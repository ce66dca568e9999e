"""The mock server for BambooHR: its switches, what it has seen, and its endpoints.

Documented at documentation.bamboohr.com: Getting Started (keys, OAuth, lock-out), Get Employee
Directory, Request a Custom Report, Get Employee, and the API details (errors, throttling).
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal
from xml.etree import ElementTree

from flask import Response, request
from werkzeug.exceptions import HTTPException

from sandbox.bamboohr.answers import HTML, as_json, as_xml, refuse
from sandbox.bamboohr.employees import (
    CHART_FIELDS,
    DIRECTORY_FIELDS,
    REPORT_FIELDS,
    Employee,
    begins_later,
    employee,
    in_directory,
    in_report,
)
from sandbox.mock import MockServer, ServerMapping
from sandbox.people import people
from sandbox.signin import basic_login

MOST_FIELDS = 400
# The vendor does not tell how many wrong keys lock the API.
WRONG_KEYS_TO_LOCK = 5
REPORT_FORMATS = {
    "application/json": "json",
    "text/xml": "xml",
    "text/csv": "csv",
    "application/pdf": "pdf",
    "application/vnd.ms-excel": "xls",
}
NOT_MADE_HERE = ("csv", "pdf", "xls")


class BambooHR(MockServer):
    """One company's BambooHR.

    It answers at both addresses: /api/gateway.php/COMPANY/v1 and /api/v1.

    Switches, to be set before or during a run:
        employees: all there are, those who left included, by their id.
        sharing: who may see the directory. With "company" everybody, with "chart" the key's owner
            sees what is in the organization chart, with "nobody" nothing.
        directory_fields: the ids of the fields that the company shows in its directory.
        hidden: the ids of the fields that the key's owner may not see in reports.
        owner: the id of the employee who owns the key, None for a user who is no employee.
        locked: refuse everybody, as after too many wrong keys; `unlock()` ends it.

    Since September 2026 a throttled request gets 429 with Retry-After, before it was 503 with
    Retry-After.

    Observations:
        reports: the fields that each report was asked for.
    """

    name = "bamboohr"
    server_mapping: ClassVar[ServerMapping] = {
        "BambooHR": {"department": "DEPARTMENT", "location": "LOCATION"}
    }

    def __init__(
        self,
        *,
        employees: int = 300,
        system_name: str = "sandbox",
        api_key: str = "0f1e2d3c4b5a69788796a5b4c3d2e1f001234567",
    ) -> None:
        super().__init__()
        self.system_name, self.api_key = system_name, api_key
        made = map(employee, people(employees))
        self.employees: dict[str, Employee] = {each["id"]: each for each in made}
        self.sharing: Literal["company", "chart", "nobody"] = "company"
        self.directory_fields = [field.id for field in DIRECTORY_FIELDS]
        self.hidden: set[str] = set()
        self.owner: str | None = next(iter(self.employees), None)
        self.locked = False
        self.reports: list[list[str]] = []
        self._wrong_keys = 0
        self._add_routes()

    def section(self, url: str) -> str:
        """The section of an ini that reads this mock server, served at `url`."""
        return (
            "[bamboohr]\n"
            "enable = True\n"
            f"url = {url}/api/gateway.php\n"
            f"system_name = {self.system_name}\n"
            f"api_token = {self.api_key}\n"
            "default_role = 25\n"
        )

    def unlock(self) -> None:
        self.locked, self._wrong_keys = False, 0

    def _add_routes(self) -> None:
        for version in ("/api/v1", "/api/gateway.php/<company>/v1"):
            for path, view, method in (
                ("employees/directory", self._directory, "GET"),
                ("employees/<number>", self._employee, "GET"),
                ("reports/custom", self._report, "POST"),
            ):
                rule = f"{version}/{path}"
                self.app.add_url_rule(rule, rule, view, methods=[method])

    def admit(self) -> None:
        """Let pass who has the key of this company; the password beside it may be anything."""
        if self.locked:
            refuse(403)
        login = request.authorization
        known = (basic_login() or ("",))[0] == self.api_key
        if known and (request.view_args or {}).get("company", self.system_name) == self.system_name:
            return
        self._wrong_keys += login is not None
        self.locked = self._wrong_keys >= WRONG_KEYS_TO_LOCK
        realm = f'Basic realm="https://api.bamboohr.com/{self.system_name}"'
        refuse(401, "API key not provided or invalid", WWW_Authenticate=realm)

    def explain(self, fault: HTTPException) -> Response:
        return Response(b"", fault.code or 500, content_type=HTML)

    def _directory(self, company: str = "") -> Response:
        if self.sharing == "nobody":
            refuse(403, "The employee directory is not shared")
        future = request.args.get("onlyCurrent", "true").lower() in ("false", "0", "no")
        staff = [
            in_directory(each)
            for each in self.employees.values()
            if each["status"] == "Active" or (future and begins_later(each))
        ]
        if not staff:
            refuse(404, "No employees found")
        shown = [
            field
            for field in DIRECTORY_FIELDS
            if field.id in self.directory_fields
            and (self.sharing == "company" or field.id in CHART_FIELDS)
        ]
        if request.headers.get("Accept") != "application/json":
            return as_xml("directory", shown, staff)
        return as_json(_listing([field.announced for field in shown], staff))

    def _employee(self, number: str, company: str = "") -> Response:
        found = self.employees.get((self.owner or "") if number == "0" else number)
        if found is None:
            refuse(404, "Employee not found, Employee not found")
        names = [name for name in request.args.get("fields", "").split(",") if name]
        if len(names) > MOST_FIELDS:
            refuse(400, "Too many fields")
        known = {field.id for field in REPORT_FIELDS} - self.hidden
        values = in_report(found)
        answer = {"id": found["id"], **{name: values[name] for name in names if name in known}}
        if request.headers.get("Accept") != "application/json":
            return as_xml("employee", [], [answer])
        return as_json(answer)

    def _report(self, company: str = "") -> Response:
        form = _report_format()
        asked, filters = _report_request()
        self.reports.append(asked)
        if len(asked) > MOST_FIELDS:
            refuse(400, "Too many fields")
        known = {field.id: field for field in REPORT_FIELDS if field.id not in self.hidden}
        shown = [known[name] for name in dict.fromkeys(asked) if name in known]
        staff = [in_report(each) for each in self.employees.values() if _passes(each, filters)]
        if form == "xml":
            return as_xml("report", shown, staff)
        return as_json({"title": "report", **_listing([f.announced for f in shown], staff)})


def _listing(fields: list[dict[str, str]], staff: list[Employee]) -> dict[str, Any]:
    """The fields, without the id, and the employees with these fields and their id."""
    names = ["id", *(field["id"] for field in fields)]
    return {"fields": fields, "employees": [{name: each[name] for name in names} for each in staff]}


def _report_format() -> str:
    form = request.args.get("format", "").lower()
    form = form or REPORT_FORMATS.get(request.headers.get("Accept", ""), "")
    if form in NOT_MADE_HERE:
        refuse(501, f"The sandbox does not support the report format {form}")
    if form not in ("json", "xml"):
        refuse(404)
    return form


def _report_request() -> tuple[list[str], dict[str, Any]]:
    """The fields and filters of a report: only exactly application/json is read as JSON."""
    if request.headers.get("Content-Type") != "application/json":
        try:
            document = ElementTree.fromstring(request.get_data())
        except ElementTree.ParseError:
            refuse(400, "Malformed XML")
        return [field.get("id", "") for field in document.iterfind("fields/field")], {}
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or not isinstance(body.get("fields"), list):
        refuse(400, "Malformed JSON")
    return [str(name) for name in body["fields"]], body.get("filters") or {}


def _passes(person: Employee, filters: dict[str, Any]) -> bool:
    ids = filters.get("employeeIds")
    since = (filters.get("lastChanged") or {}).get("value", "")
    return (not ids or int(person["id"]) in ids) and str(person["lastChanged"]) >= since
