"""The sandbox's BambooHR, asked as its vendor documents it, and otherwise."""

from collections.abc import Iterator
from xml.etree import ElementTree

import pytest

from sandbox.bamboohr import BambooHR
from tests.sandbox.session import Session

BASES = ["/api/v1", "/api/gateway.php/sandbox/v1"]
DIRECTORY = "/api/v1/employees/directory"
REPORT = "/api/v1/reports/custom"
ERRORS = ("X-BambooHR-Error-Message", "X-BambooHR-Error-Messsage")


class Client(Session):
    """Signs in with the key and asks for JSON; paths in place of addresses."""

    def __init__(self, url: str, key: str) -> None:
        super().__init__(url)
        self.auth = (key, "x")
        self.headers["Accept"] = "application/json"

    def report(self, *fields, query="?format=json", **body):
        return self.post(REPORT + query, json={"title": "A report", "fields": fields, **body})


@pytest.fixture
def bamboohr(stage) -> BambooHR:
    made = BambooHR(employees=120)
    stage.app = made.app
    return made


@pytest.fixture
def client(stage, bamboohr) -> Iterator[Client]:
    with Client(stage.url, bamboohr.api_key) as client:
        yield client


class TestSignIn:
    @pytest.mark.parametrize("base", BASES)
    def test_the_key_is_the_user_and_the_password_may_be_anything(self, client, base):
        for password in ("x", "", "something else"):
            client.auth = (client.auth[0], password)
            assert client.get(f"{base}/employees/directory").status_code == 200

    @pytest.mark.parametrize("base", BASES)
    @pytest.mark.parametrize("path", ["employees/directory", "employees/0", "reports/custom"])
    def test_without_the_key_nothing_is_told(self, client, base, path):
        client.auth = ("another", "x")
        answer = client.request("POST" if "reports" in path else "GET", f"{base}/{path}")
        assert (answer.status_code, answer.content) == (401, b"")
        assert answer.headers["Content-Type"] == "text/html; charset=UTF-8"
        assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
        for name in ERRORS:
            assert answer.headers[name] == "API key not provided or invalid"

    def test_a_company_has_its_own_keys(self, client):
        path = "/api/gateway.php/another/v1/employees/directory"
        assert client.get(path).status_code == 401

    def test_wrong_keys_lock_the_api_for_all(self, client, bamboohr):
        right = client.auth
        client.auth = ("wrong", "x")
        assert [client.get(DIRECTORY).status_code for _ in range(5)] == [401] * 5
        client.auth = right
        assert client.get(DIRECTORY).status_code == 403
        bamboohr.unlock()
        assert client.get(DIRECTORY).status_code == 200

    def test_no_key_at_all_does_not_lock(self, client):
        key, client.auth = client.auth, None
        assert [client.get(DIRECTORY).status_code for _ in range(6)] == [401] * 6
        client.auth = key
        assert client.get(DIRECTORY).status_code == 200

    def test_zero_is_the_owner_of_the_key(self, client, bamboohr):
        assert client.get("/api/v1/employees/0").json() == {"id": bamboohr.owner}
        bamboohr.owner = None
        answer = client.get("/api/v1/employees/0")
        assert (answer.status_code, answer.content) == (404, b"")
        assert answer.headers[ERRORS[0]] == "Employee not found, Employee not found"


class TestDirectory:
    def test_it_is_json_without_a_charset_and_with_escaped_slashes(self, client):
        answer = client.get(DIRECTORY)
        assert answer.headers["Content-Type"] == "application/json"
        assert b"\\/" in answer.content
        assert b"//" not in answer.content

    @pytest.mark.parametrize("accept", ["*/*", "application/json, text/xml", "text/html"])
    def test_who_does_not_accept_exactly_json_gets_xml(self, client, accept):
        answer = client.get(DIRECTORY, headers={"Accept": accept})
        assert answer.status_code == 200
        document = ElementTree.fromstring(answer.content)
        assert document.tag == "directory"
        fields = [field.get("id") for field in document.iterfind("fieldset/field")]
        assert "workEmail" in fields
        assert len(document.findall("employees/employee[@id]/field")) % len(fields) == 0

    def test_ids_are_texts_beside_the_announced_fields(self, client):
        answer = client.get(DIRECTORY).json()
        fields = [field["id"] for field in answer["fields"]]
        assert len(fields) == 19
        assert all(set(each) == {"id", *fields} for each in answer["employees"])
        assert all(each["id"].isdecimal() for each in answer["employees"])
        assert {each["canUploadPhoto"] for each in answer["employees"]} == {0}

    def test_it_holds_active_people_with_gaps(self, client, bamboohr):
        people = client.get(DIRECTORY).json()["employees"]
        active = [key for key, each in bamboohr.employees.items() if each["status"] == "Active"]
        assert [each["id"] for each in people] == active
        assert len(active) < len(bamboohr.employees)
        for name in ("workEmail", "mobilePhone", "workPhoneExtension", "jobTitle"):
            assert any(each[name] is None for each in people)
        assert any(each["workPhoneExtension"] == "" for each in people)

    def test_people_to_come_can_be_asked_for(self, client):
        now = client.get(DIRECTORY).json()["employees"]
        later = client.get(DIRECTORY + "?onlyCurrent=false").json()["employees"]
        assert len(later) > len(now)

    def test_a_directory_that_is_not_shared_is_refused(self, client, bamboohr):
        bamboohr.sharing = "nobody"
        answer = client.get(DIRECTORY)
        assert (answer.status_code, answer.content) == (403, b"")

    def test_the_organization_chart_shows_less(self, client, bamboohr):
        bamboohr.sharing = "chart"
        answer = client.get(DIRECTORY).json()
        assert "workEmail" not in {field["id"] for field in answer["fields"]}
        assert "workEmail" not in answer["employees"][0]

    def test_a_company_chooses_its_fields(self, client, bamboohr):
        bamboohr.directory_fields = ["firstName", "lastName"]
        assert set(client.get(DIRECTORY).json()["employees"][0]) == {"id", "firstName", "lastName"}

    def test_an_empty_one_is_not_found_and_says_so(self, client, bamboohr):
        bamboohr.employees.clear()
        answer = client.get(DIRECTORY)
        assert answer.status_code == 404
        assert answer.headers[ERRORS[0]]

    def test_an_unknown_path_says_nothing(self, client):
        answer = client.get("/api/v1/nothing")
        assert answer.status_code == 404
        assert ERRORS[0] not in answer.headers


class TestReport:
    def test_it_has_those_who_left_and_the_asked_fields(self, client, bamboohr):
        answer = client.report("status", "hireDate", "supervisor").json()
        assert [field["id"] for field in answer["fields"]] == ["status", "hireDate", "supervisor"]
        people = {each["id"]: each for each in answer["employees"]}
        assert people.keys() == bamboohr.employees.keys()
        assert {each["status"] for each in people.values()} == {"Active", "Inactive"}
        assert {each["supervisor"] for each in people.values()} == {"Brown, Grace"}

    def test_no_date_is_a_date_of_zeros(self, client):
        people = client.report("terminationDate").json()["employees"]
        assert "0000-00-00" in {each["terminationDate"] for each in people}

    def test_unknown_and_hidden_fields_are_left_out_silently(self, client, bamboohr):
        bamboohr.hidden.add("hireDate")
        answer = client.report("hireDate", "nonsense", "lastName").json()
        assert [field["id"] for field in answer["fields"]] == ["lastName"]
        assert set(answer["employees"][0]) == {"id", "lastName"}

    def test_a_content_type_with_a_charset_is_read_as_xml(self, client):
        headers = {"Content-Type": "application/json; charset=utf-8"}
        body = '{"title": "A report", "fields": ["lastName"]}'
        answer = client.post(REPORT + "?format=json", data=body, headers=headers)
        assert answer.status_code == 400
        assert answer.headers[ERRORS[0]] == "Malformed XML"

    def test_it_can_be_asked_for_in_xml(self, client):
        body = '<report><fields><field id="lastName"/></fields></report>'
        answer = client.post(REPORT + "?format=xml", data=body)
        assert ElementTree.fromstring(answer.content).find("employees/employee/field") is not None

    @pytest.mark.parametrize("accept", ["*/*", "application/xml"])
    def test_without_a_format_it_goes_by_a_known_type_or_is_not_found(self, client, accept):
        assert client.report("lastName", query="").status_code == 200
        client.headers["Accept"] = accept
        assert client.report("lastName", query="").status_code == 404
        assert client.report("lastName", query="?format=JSON").status_code == 200

    def test_it_takes_400_fields(self, client):
        assert client.report(*(f"f{n}" for n in range(400))).status_code == 200
        assert client.report(*(f"f{n}" for n in range(401))).status_code == 400

    def test_filters_choose_people(self, client, bamboohr):
        one = next(iter(bamboohr.employees))
        people = client.report("lastName", filters={"employeeIds": [int(one)]}).json()["employees"]
        assert [each["id"] for each in people] == [one]
        late = {"lastChanged": {"value": "2026-02-28T00:00:00+00:00"}}
        some = client.report("lastChanged", filters=late).json()["employees"]
        assert 0 < len(some) < len(bamboohr.employees)


class TestEmployee:
    def test_without_named_fields_there_is_only_the_id(self, client, bamboohr):
        one = next(iter(bamboohr.employees))
        assert client.get(f"/api/v1/employees/{one}").json() == {"id": one}

    def test_named_fields_come_between_commas_and_hidden_ones_stay_out(self, client, bamboohr):
        one = next(iter(bamboohr.employees))
        bamboohr.hidden.add("gender")
        answer = client.get(f"/api/v1/employees/{one}?fields=lastName,gender,x,hireDate").json()
        assert set(answer) == {"id", "lastName", "hireDate"}

    def test_an_unknown_one_is_not_found(self, client):
        assert client.get("/api/v1/employees/999999").status_code == 404


def test_an_outage_comes_before_everything(client, bamboohr):
    bamboohr.fail_next(1, 429, headers={"Retry-After": "3"})
    client.auth = None
    answer = client.get(DIRECTORY)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")


def test_requests_are_remembered(client, bamboohr):
    client.get(DIRECTORY)
    client.report("lastName")
    assert bamboohr.requests == [("GET", DIRECTORY), ("POST", f"{REPORT}?format=json")]
    assert bamboohr.reports == [["lastName"]]
