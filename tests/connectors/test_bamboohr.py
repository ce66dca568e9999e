"""BambooHR against the sandbox's: the contract, and what is special to it."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from connectors.bamboohr import Settings
from lib.config import config
from lib.connector import Projection
from lib.errors import (
    AccessDenied,
    ConfigurationError,
    RecordUnreadable,
    SignInError,
    SourceFault,
    SourceUnavailable,
)
from lib.http.client import NotFound
from lib.preview.check import check_section
from lib.secrets import redact
from lib.settings import read_settings
from sandbox.bamboohr import BambooHR
from sandbox.oomnitza import Oomnitza
from sandbox.web import WebServer
from tests.contract import ConnectorContract, failure
from tests.example import page_example, upload
from tests.source import Source, WebSource, does_not_apply

AT_ONCE = "all people come in one answer"
DIRECTORY = "/api/v1/employees/directory"
ORIGINAL = """\
[bamboohr]
enable = True
url = {url}/api/gateway.php
system_name = sandbox
api_token = {key}
default_role = 25
"""


class Bamboo(WebSource):
    connector = "bamboohr"
    id_path, name_path = "id", "displayName"
    wrong_credentials: ClassVar = {"api_token": "wr0ng-k3y"}
    fill_in: ClassVar = {"system_name": "acme"}
    most_for_three = 1
    vanish = does_not_apply(AT_ONCE)
    spoil = does_not_apply(AT_ONCE)
    fail_for_good = does_not_apply(AT_ONCE)
    end_sessions = does_not_apply("an API key has no session")

    def __init__(self) -> None:
        self.bamboohr = BambooHR(employees=60)
        super().__init__(
            self.bamboohr.app,
            system_name=self.bamboohr.system_name,
            api_token=self.bamboohr.api_key,
            default_role="25",
        )

    @property
    def names(self) -> dict[str, str]:
        people = self.bamboohr.employees.values()
        return {each["id"]: each["displayName"] for each in people if each["status"] == "Active"}

    @property
    def requests(self) -> int:
        return len(self.bamboohr.requests)

    def withdraw_rights(self) -> None:
        self.bamboohr.sharing = "nobody"

    def fail_once(self) -> None:
        self.bamboohr.fail_next(1, path="/employees")

    def garble(self, body: str) -> dict[str, str]:
        self.bamboohr.fail_next(1_000_000, 200, path="/employees", body=body)
        return {}

    def clear(self) -> None:
        self.bamboohr.employees.clear()


class TestContract(ConnectorContract):
    source_type = Bamboo

    def test_all_records_arrive_once(self, source: Source) -> None:
        made = source.connect()
        assert sorted(source.ids(list(source.records(made)))) == sorted(source.names)
        assert made.expected == len(source.names)
        assert source.requests == 1


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lib.retry.FIRST_PAUSE", 0.0)


@pytest.fixture
def source() -> Iterator[Bamboo]:
    with Bamboo() as source:
        yield source


def read(source: Bamboo, *paths: str, everything: bool = False, **changes: str) -> list[Any]:
    return list(source.connect(**changes).records(Projection(frozenset(paths), everything)))


class TestAddress:
    @pytest.mark.parametrize(
        ("ending", "path"),
        [
            ("", DIRECTORY),
            ("/", DIRECTORY),
            ("/api", DIRECTORY),
            ("/api/v1", DIRECTORY),
            ("/api/gateway.php", "/api/gateway.php/sandbox/v1/employees/directory"),
        ],
    )
    def test_both_addresses_of_the_vendor_are_known(self, source, ending, path):
        assert read(source, url=source.ini["url"] + ending)
        assert source.bamboohr.requests == [("GET", path)]

    def test_another_path_is_put_before_the_company_s_name(self):
        given = {"url": "https://proxy.example.com/hr", "system_name": "acme", "api_token": "x"}
        settings, faults = read_settings(Settings, {**given, "default_role": "25"})
        assert faults == []
        assert settings.api == "https://proxy.example.com/hr/acme/v1"

    @pytest.mark.parametrize("ending", ["/acme", "/ACME/", "/acme/v1"])
    def test_an_address_that_has_the_company_is_whole(self, ending):
        url = "https://api.bamboohr.com/api/gateway.php"
        given = {"url": url + ending, "system_name": "acme", "api_token": "x", "default_role": "1"}
        settings, _ = read_settings(Settings, given)
        assert settings.api.lower() == f"{url}/acme/v1"

    def test_without_a_url_the_older_address_counts(self):
        given = {"system_name": "acme", "api_token": "x", "default_role": "25"}
        settings, _ = read_settings(Settings, given)
        assert settings.api == "https://api.bamboohr.com/api/gateway.php/acme/v1"

    def test_a_wrong_address_is_no_empty_directory(self, source):
        made = source.connect(url=f"{source.ini['url']}/nowhere")
        assert "url" in failure(made, NotFound, source.address).fix


class TestEmptyDirectory:
    SAID: ClassVar = {"X-BambooHR-Error-Message": "Not found"}

    def test_a_key_whose_owner_is_no_employee_will_do(self, source):
        source.clear()
        source.bamboohr.owner = None
        assert read(source) == []
        source.bamboohr.employees["7"] = {"id": "7", "status": "Inactive"}
        source.bamboohr.owner = "7"
        assert read(source) == []

    def test_a_company_that_does_not_know_the_key_is_not_empty(self, source):
        source.bamboohr.fail_next(1_000, 404, body="", headers=self.SAID)
        for act in (source.connect().check, lambda: read(source)):
            with pytest.raises(NotFound, match="Not found") as caught:
                act()
            assert caught.value.fix == "Check url and system_name"

    def test_an_address_without_people_is_not_empty(self, source):
        source.bamboohr.fail_next(1, 404, path="/directory", body="", headers=self.SAID)
        source.bamboohr.fail_next(1, 404, path="/employees/0", body="")
        with pytest.raises(NotFound, match="Not found"):
            read(source)

    def test_a_key_that_is_refused_there_ends_the_run(self, source):
        source.bamboohr.fail_next(1, 404, path="/directory", body="", headers=self.SAID)
        source.bamboohr.fail_next(1, 401, path="/employees/0", body="")
        with pytest.raises(SignInError):
            read(source)


class TestDirectory:
    def test_default_reads_only_active_employees(self, source):
        statuses = {each["status"] for each in source.bamboohr.employees.values()}
        assert statuses == {"Active", "Inactive"}
        assert {person["id"] for person in read(source)} == source.names.keys()

    def test_records_are_those_of_the_vendor(self, source):
        person = read(source, "workEmail")[0]
        assert set(person) == {"id", *source.bamboohr.directory_fields}
        assert person["supervisor"] == "Grace Brown"

    def test_fields_that_are_not_shown_are_named_once(self, source, caplog):
        source.bamboohr.sharing = "chart"
        assert all("workEmail" not in person for person in read(source, "workEmail", "lastName"))
        [warning] = [item for item in caplog.records if item.levelno == logging.WARNING]
        assert "workEmail" in warning.getMessage()
        assert "lastName" not in warning.getMessage()

    def test_a_field_that_only_reports_have_is_pointed_out(self, source, caplog):
        read(source, "hireDate")
        assert (
            "did not return: hireDate. Add fields that the directory lacks to report_fields."
            in caplog.text
        )

    def test_a_directory_that_shows_all_is_no_reason_to_warn(self, source, caplog):
        read(source, "id", "workEmail", "jobTitle")
        assert caplog.records == []

    @pytest.mark.parametrize("odd", [None, "7", {"displayName": "Nobody"}, {"id": None}])
    def test_employee_without_id_is_rejected(self, source, odd):
        ada = {"id": "7", "displayName": "Ada"}
        source.garble(json.dumps({"fields": [{"id": "displayName"}], "employees": [odd, ada]}))
        made = source.connect()
        unreadable, other = made.records(Projection())
        assert isinstance(unreadable, RecordUnreadable)
        assert other == ada
        assert made.expected == 2

    def test_a_directory_may_leave_its_fields_untold(self, source, caplog):
        ada = {"id": "7", "displayName": "Ada"}
        source.garble(json.dumps({"employees": [ada]}))
        assert read(source, "displayName", "workEmail") == [ada]
        assert "BambooHR did not return: workEmail." in caplog.text

    @pytest.mark.parametrize(
        "answer",
        [
            {"fields": []},
            {"employees": []},
            {"fields": [], "employees": {}},
            {"fields": [], "employees": [None]},
            {"fields": [], "employees": [{"displayName": "Nobody"}]},
            {"fields": ["id"], "employees": []},
        ],
    )
    def test_an_answer_that_is_no_directory_ends_the_run(self, source, answer):
        source.garble(json.dumps(answer))
        with pytest.raises(SourceFault):
            read(source)


class TestReport:
    def test_mapped_and_named_fields_are_asked_for_and_no_others(self, source):
        people = read(source, "hireDate", "id", report_fields="employeeNumber, hireDate")
        assert source.bamboohr.reports == [["employeeNumber", "hireDate", "status"]]
        assert set(people[0]) == {"id", "employeeNumber", "hireDate", "status"}

    def test_everything_includes_directory_fields(self, source):
        person = read(source, everything=True, report_fields="employeeNumber")[0]
        assert {"employeeNumber", "displayName", "workEmail", "supervisor"} <= set(person)
        assert "homeEmail" not in person

    def test_it_has_the_people_of_the_directory(self, source):
        people = read(source, report_fields="employeeNumber")
        assert {person["id"] for person in people} == source.names.keys()

    def test_inactive_employees_can_be_included(self, source):
        made = source.connect(include_inactive="True")
        people = list(made.records(Projection(frozenset({"terminationDate"}))))
        assert {person["id"] for person in people} == source.bamboohr.employees.keys()
        assert made.expected == len(people)
        assert {person["terminationDate"] for person in people} == {"0000-00-00", "2026-01-31"}

    def test_report_without_status_raises_error(self, source):
        source.bamboohr.hidden.add("status")
        error = failure(source.connect(report_fields="hireDate"), AccessDenied, source.address)
        assert "permission to see the field Status" in error.fix
        assert "Status" in error.fix
        assert read(source, include_inactive="True")

    def test_fields_that_are_left_out_are_named(self, source, caplog):
        source.bamboohr.hidden.add("hireDate")
        read(source, report_fields="hireDate, hireDat, gender")
        assert "BambooHR did not return: hireDat, hireDate." in caplog.text

    def test_no_more_than_400_fields_can_be_asked_for(self, source):
        names = ",".join(f"custom{number}" for number in range(400))
        with pytest.raises(SourceFault, match="Too many fields"):
            read(source, report_fields=names)

    def test_a_check_asks_for_no_data_of_people(self, source):
        source.connect(report_fields="hireDate").check()
        assert source.bamboohr.requests == [("POST", "/api/v1/reports/custom?format=json")]
        assert source.bamboohr.reports == [["status"]]

    def test_only_employees_with_inactive_status_are_skipped(self, source):
        staff = list(source.bamboohr.employees.values())
        staff[0]["status"], staff[1]["status"], staff[2]["status"] = None, "ACTIVE", "inactive"
        found = {person["id"] for person in read(source, report_fields="hireDate")}
        assert {staff[0]["id"], staff[1]["id"]} <= found
        assert staff[2]["id"] not in found

    def test_a_page_of_html_may_pass(self, source):
        source.bamboohr.fail_next(2, 200, path="/reports")
        assert len(read(source, report_fields="hireDate", retries="2")) == len(source.names)

    def test_a_report_that_tells_no_fields_ends_the_run(self, source):
        body = json.dumps({"employees": [{"id": "7", "status": "Active"}]})
        source.bamboohr.fail_next(1, 200, path="/reports", body=body)
        with pytest.raises(SourceFault, match="fields"):
            read(source, report_fields="hireDate")

    def test_a_page_of_html_is_no_report(self, source):
        source.bamboohr.fail_next(3, 200, path="/reports")
        with pytest.raises((SourceFault, SourceUnavailable)):
            read(source, report_fields="hireDate", retries="5")


class TestRefusals:
    @pytest.mark.parametrize("header", ["X-BambooHR-Error-Message", "X-BambooHR-Error-Messsage"])
    def test_the_words_come_from_the_header_each_once(self, source, header):
        said = {header: "Field unknown, Field unknown, try again"}
        source.bamboohr.fail_next(1, 406, body="", headers=said)
        with pytest.raises(SourceFault) as caught:
            read(source)
        assert caught.value.what == "the server responded with 406 (Field unknown, try again)"

    def test_a_refused_key_is_called_by_its_setting(self, source):
        error = failure(source.connect(api_token="another"), SignInError, source.address)
        assert "API key not provided or invalid" in error.what
        assert "api_token" in error.fix

    def test_a_page_to_sign_in_is_a_matter_of_the_name(self, source):
        there = {"Location": "https://sandbox.bamboohr.com/login.php?r=1"}
        source.bamboohr.fail_next(1, 302, body="", headers=there)
        error = failure(source.connect(), ConfigurationError, source.address)
        assert "system_name" in error.fix

    def test_the_credential_is_a_secret_also_without_its_scheme(self, source):
        source.connect().check()
        login = base64.b64encode(f"{source.bamboohr.api_key}:x".encode()).decode()
        assert login not in redact(f"sent {login}")

    def test_a_locked_api_is_not_taken_for_missing_rights_alone(self, source):
        source.bamboohr.locked = True
        assert "wrong keys" in failure(source.connect(), AccessDenied, source.address).fix

    @pytest.mark.parametrize("status", [429, 503])
    @pytest.mark.parametrize("how", [{}, {"report_fields": "hireDate"}])
    def test_throttling_is_waited_for_in_its_new_and_its_old_form(self, source, status, how):
        source.bamboohr.fail_next(1, status, headers={"Retry-After": "0"})
        assert len(read(source, retries="1", **how)) == len(source.names)


class TestSettings:
    @pytest.mark.parametrize(
        "text", ["acme", " acme ", "acme.bamboohr.com", "https://acme.bamboohr.com/home"]
    )
    def test_the_company_s_name_may_be_pasted_from_its_address(self, text):
        given = {"system_name": text, "api_token": "x", "default_role": "25"}
        settings, faults = read_settings(Settings, given)
        assert faults == []
        assert settings.system_name == "acme"

    def test_the_example_is_not_taken_for_a_name(self):
        given = {"system_name": "YOUR BambooHR SYSTEM NAME", "api_token": "x", "default_role": "1"}
        _, [fault] = read_settings(Settings, given)
        assert fault.key == "system_name"


class TestUpload:
    def test_a_check_knows_fields_that_only_a_mapping_names(self, source, tmp_path):
        section = source.bamboohr.section(source.ini["url"])
        ini = tmp_path / "config.ini"
        ini.write_text(
            f"[oomnitza]\nurl = {source.ini['url']}\napi_token = x\n{section}"
            "report_fields = hireDate\nmapping.NUMBER = employeeNumber\n"
        )
        loaded = config.load_config(ini, ["bamboohr"])
        with closing(Oomnitza(api_token="x")) as oomnitza, WebServer(oomnitza.app) as target:
            settings = replace(loaded.oomnitza, url=target.url)
            found = {item.text: item for item in check_section(loaded.sections[0], settings)}
        assert "source: 10 sample records read" in found
        assert not any("employeeNumber" in text for text in found)

    def test_an_ini_written_for_the_original_still_works(self, source, tmp_path):
        text = ORIGINAL.format(url=source.ini["url"], key=source.bamboohr.api_key)
        outcome, people = upload(text, "bamboohr", tmp_path)
        assert outcome.error is None
        assert outcome.tally.sent + outcome.tally.incomplete == len(source.names)
        ada = next(each for each in people if each["FIRST_NAME"] == "Ada")
        known = next(e for e in source.bamboohr.employees.values() if e["firstName"] == "Ada")
        assert ada == {
            "USER": known["workEmail"],
            "FIRST_NAME": "Ada",
            "LAST_NAME": known["lastName"],
            "EMAIL": known["workEmail"],
            "PHONE": known["mobilePhone"],
            "POSITION": known["jobTitle"],
            "PERMISSIONS_ID": "25",
        }

    def test_the_example_of_its_page_runs(self, source, tmp_path):
        changes = {"system_name": "sandbox", "api_token": source.bamboohr.api_key}
        url = f"{source.ini['url']}/api/gateway.php"
        outcome, people = upload(page_example("bamboohr", url=url, **changes), "bamboohr", tmp_path)
        assert outcome.error is None
        assert outcome.tally.sent == len(people) > 0
        assert outcome.tally.sent + outcome.tally.incomplete == len(source.names)
        assert all(each["DEPARTMENT"] for each in people)

    def test_the_section_of_the_mock_server_runs(self, source, tmp_path):
        text = source.bamboohr.section(source.ini["url"])
        outcome, people = upload(text, "bamboohr", tmp_path, source.bamboohr.server_mapping)
        assert outcome.error is None
        assert all(each["DEPARTMENT"] and each["LOCATION"] for each in people)
