"""The sandbox's Oomnitza, seen by a client: what it takes, what it refuses and what it keeps."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.oomnitza import Oomnitza
from sandbox.oomnitza.store import Store
from sandbox.oomnitza.uploads import Upload
from sandbox.people import people
from sandbox.web import WebServer
from tests.sandbox.session import Session, Stage

SERIAL = "24DCF85294E411E38A52066B556BA4EE"


class Client(Session):
    """A session that is signed in with the API token, and builds bulk requests."""

    def __init__(self, url: str, token: str = "a-token") -> None:
        super().__init__(url)
        self.headers["Authorization2"] = token

    def bulk(self, *records: Any, **members: Any) -> requests.Response:
        return self.post("/api/v3/bulk", json=bulk_body(*records, **members))


def bulk_body(*records: Any, **members: Any) -> dict[str, Any]:
    return {
        "connector_name": "LDAP",
        "connector_version": "3.0.0",
        "sync_field": ["USER"],
        "data_type": "users",
        "portion": "0b0c0a51-6c1f-4f0c-9b3e-6b1f6f1f0001",
        "records": list(records),
    } | members


@pytest.fixture
def oomnitza() -> Oomnitza:
    return Oomnitza(api_token="a-token", username="ada", password="pass&word=ü")


@pytest.fixture
def client(oomnitza: Oomnitza, stage: Stage) -> Iterator[Client]:
    stage.app = oomnitza.app
    with Client(stage.url) as client:
        yield client


def counts(oomnitza: Oomnitza) -> tuple[int, int, int, int]:
    run = oomnitza.runs()[-1]
    return run.added, run.updated, run.skipped, run.errors


class TestSignIn:
    def test_a_login_gives_a_token(self, client: Client) -> None:
        del client.headers["Authorization2"]
        credentials = {"login": "ada", "password": "pass&word=ü"}
        for place in ("data", "params"):
            answer = client.post("/api/request_token", **{place: credentials})
            assert answer.status_code == 200
            token = {"Authorization2": answer.json()["token"]}
            assert client.get("/api/v2/mappings?name=AuthTest", headers=token).status_code == 200

    @pytest.mark.parametrize(
        "body",
        [
            {"data": {"login": "ada", "password": "wrong"}},
            {"data": {"login": "", "password": ""}},
            {"json": {"login": "ada", "password": "pass&word=ü"}},
            {},
        ],
    )
    def test_a_wrong_login_is_refused(self, client: Client, body: dict[str, Any]) -> None:
        assert client.post("/api/request_token", **body).status_code == 401

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/api/v2/mappings?name=AuthTest"),
            ("GET", "/api/v3/bulk/some-portion"),
            ("GET", "/api/v3/locations"),
            ("GET", "/api/v3/connector_run_logs/LDAP"),
            ("GET", "/api/v3/nothing-here"),
            ("POST", "/api/v3/bulk"),
            ("POST", "/api/v3/bulk/some-portion/finalize"),
            ("POST", "/api/v2/bulk/users"),
        ],
    )
    @pytest.mark.parametrize("token", [None, "", "A-TOKEN", "Bearer a-token"])
    def test_nothing_is_open_without_the_token(
        self, client: Client, method: str, path: str, token: str | None
    ) -> None:
        answer = client.request(method, path, headers={"Authorization2": token}, json={})
        assert answer.status_code == 401

    def test_revoked_tokens(self, oomnitza: Oomnitza, client: Client) -> None:
        oomnitza.revoke_tokens()
        assert client.bulk({"USER": "ada"}).status_code == 401
        login = {"login": "ada", "password": "pass&word=ü"}
        client.headers["Authorization2"] = client.post("/api/request_token", data=login).json()[
            "token"
        ]
        assert client.bulk({"USER": "ada"}).status_code == 200

    def test_no_csrf_unless_asked_for(self, client: Client) -> None:
        assert "X-CSRF-Token" not in client.get("/api/v2/mappings?name=AuthTest").headers

    def test_csrf_is_asked_back_from_who_was_given_one(
        self, oomnitza: Oomnitza, client: Client
    ) -> None:
        oomnitza.csrf = True
        assert client.bulk({"USER": "ada"}).status_code == 200
        given = client.get("/api/v2/mappings?name=AuthTest").headers["X-CSRF-Token"]
        assert client.bulk({"USER": "ada"}).status_code == 403
        client.headers["X-CSRF-Token"] = "another"
        assert client.bulk({"USER": "ada"}).status_code == 403
        client.headers["X-CSRF-Token"] = given
        assert client.bulk({"USER": "ada"}).status_code == 200

    def test_csrf_after_a_login(self, oomnitza: Oomnitza, client: Client) -> None:
        oomnitza.csrf = True
        login = {"login": "ada", "password": "pass&word=ü"}
        answer = client.post("/api/request_token", data=login)
        client.headers["Authorization2"] = answer.json()["token"]
        assert client.bulk({"USER": "ada"}).status_code == 403
        client.headers["X-CSRF-Token"] = answer.headers["X-CSRF-Token"]
        assert client.bulk({"USER": "ada"}).status_code == 200


def test_mappings(oomnitza: Oomnitza, client: Client) -> None:
    mapping: dict[str, str | list[str]] = {
        "general.serial_number": SERIAL,
        "location.username": ["ASSIGNED_TO", "OWNER"],
    }
    oomnitza.mappings["Casper.MDM"] = mapping
    assert client.get("/api/v2/mappings?name=Casper.MDM").json() == mapping
    assert client.get("/api/v2/mappings?name=Casper").json() == {}


class TestMatching:
    def test_new_then_known(self, oomnitza: Oomnitza, client: Client) -> None:
        answer = client.bulk({"USER": "ada", "PHONE": "1"}, {"USER": "björn"})
        assert (answer.status_code, answer.json()) == (200, {})
        client.bulk({"USER": "ada", "PHONE": None, "POSITION": "Analyst"})
        assert counts(oomnitza) == (2, 1, 0, 0)
        assert oomnitza.count("users") == 2
        assert oomnitza.count("assets") == 0
        assert oomnitza.records("users") == [
            {"USER": "ada", "PHONE": None, "POSITION": "Analyst"},
            {"USER": "björn"},
        ]
        assert oomnitza.records("users", limit=1) == [oomnitza.records("users")[0]]

    @pytest.mark.parametrize(
        ("first", "second"),
        [("Ada", "aDA"), ("BJÖRN", "björn"), (7, "7"), ("Straße", "STRASSE")],
    )
    def test_values_are_compared_as_text_in_any_case(
        self, oomnitza: Oomnitza, client: Client, first: object, second: object
    ) -> None:
        client.bulk({"USER": first}, {"USER": second})
        assert counts(oomnitza) == (1, 1, 0, 0)
        assert oomnitza.records("users") == [{"USER": second}]

    def test_of_several_sync_fields_all_must_match(
        self, oomnitza: Oomnitza, client: Client
    ) -> None:
        both = {"sync_field": ["USER", "SITE"]}
        client.bulk({"USER": "ada", "SITE": "x"}, {"USER": "ada", "SITE": "y"}, **both)
        client.bulk({"USER": "ada", "SITE": "Y", "PHONE": "1"}, {"USER": "ada"}, **both)
        assert counts(oomnitza) == (2, 1, 0, 1)
        assert [record.get("PHONE") for record in oomnitza.records("users")] == [None, "1"]

    def test_another_sync_field_finds_the_same_records(
        self, oomnitza: Oomnitza, client: Client
    ) -> None:
        client.bulk({"USER": "ada", 'O\'Field "x"': "a@example.com"})
        client.bulk({"USER": "ada2", 'O\'Field "x"': "A@example.com"}, sync_field=['O\'Field "x"'])
        client.bulk({"USER": "ada2", "PHONE": "1"})
        assert counts(oomnitza) == (1, 2, 0, 0)

    def test_users_and_assets_are_apart(self, oomnitza: Oomnitza, client: Client) -> None:
        client.bulk({"USER": "ada"})
        client.bulk({"USER": "ada"}, data_type="assets", connector_name="Casper")
        assert (oomnitza.count("users"), oomnitza.count("assets")) == (1, 1)

    def test_insert_only_leaves_known_records(self, oomnitza: Oomnitza, client: Client) -> None:
        client.bulk({"USER": "ada"})
        client.bulk({"USER": "ada", "PHONE": "1"}, {"USER": "björn"}, insert_only=True)
        assert counts(oomnitza) == (2, 0, 1, 0)
        assert oomnitza.records("users") == [{"USER": "ada"}, {"USER": "björn"}]

    def test_update_only_makes_no_records(self, oomnitza: Oomnitza, client: Client) -> None:
        client.bulk({"USER": "ada"})
        client.bulk({"USER": "ada", "PHONE": "1"}, {"USER": "björn"}, update_only=True)
        assert counts(oomnitza) == (1, 1, 1, 0)
        assert oomnitza.records("users") == [{"USER": "ada", "PHONE": "1"}]

    @pytest.mark.parametrize("value", [None, "", "  ", [], {}])
    def test_an_empty_sync_field_is_an_error_of_the_run(
        self, oomnitza: Oomnitza, client: Client, value: object
    ) -> None:
        answer = client.bulk({"USER": value, "PHONE": "1"}, {"PHONE": "2"}, {"USER": 0})
        assert answer.status_code == 200
        assert counts(oomnitza) == (1, 0, 0, 2)
        assert oomnitza.runs()[-1].error == "the record has no USER"
        assert oomnitza.records("users") == [{"USER": 0}]

    def test_the_servers_own_sync_field(self, oomnitza: Oomnitza, client: Client) -> None:
        assert client.bulk({"USER": "ada"}, {"USER": "ADA"}, sync_field=[]).status_code == 200
        oomnitza.sync_fields["Casper"] = SERIAL
        device = {"data_type": "assets", "connector_name": "Casper", "sync_field": []}
        client.bulk({SERIAL: "c02", "USER": "a"}, {SERIAL: "C02", "USER": "b"}, **device)
        assert oomnitza.count("users") == oomnitza.count("assets") == 1
        assert client.bulk({SERIAL: "1"}, **device | {"connector_name": "SCCM"}).status_code == 400

    def test_an_error_is_kept_in_place_of_the_records(
        self, oomnitza: Oomnitza, client: Client
    ) -> None:
        assert client.bulk({"USER": "ada"}, error="no such group").status_code == 200
        assert client.bulk(error="the source is gone").status_code == 200
        assert counts(oomnitza) == (0, 0, 0, 2)
        assert oomnitza.runs()[-1].error == "the source is gone"
        client.bulk({"USER": "ada"})
        assert oomnitza.runs()[-1].error == "the source is gone"
        assert oomnitza.count("users") == 1


class TestRefusedBodies:
    @pytest.mark.parametrize(
        "missing",
        ["records", "portion", "sync_field", "data_type", "connector_version", "connector_name"],
    )
    def test_a_missing_member(self, oomnitza: Oomnitza, client: Client, missing: str) -> None:
        body = bulk_body({"USER": "ada"})
        del body[missing]
        assert client.post("/api/v3/bulk", json=body).status_code == 400
        assert oomnitza.count("users") == 0
        assert oomnitza.runs() == []

    @pytest.mark.parametrize(
        "members",
        [
            {"records": {"USER": "ada"}},
            {"records": ["ada"]},
            {"records": [None]},
            {"records": []},
            {"records": None},
            {"sync_field": "USER"},
            {"sync_field": [1]},
            {"sync_field": [""]},
            {"sync_field": None},
            {"portion": ""},
            {"portion": 7},
            {"connector_version": None},
            {"connector_name": ""},
            {"connector_name": 7},
            {"connector_name": None, "connector_id": True},
            {"data_type": "printers"},
            {"data_type": "Users"},
            {"insert_only": "True"},
            {"update_only": None},
            {"update_only": 1},
            {"insert_only": True, "update_only": True},
            {"test_run": "no"},
            {"error": ["words"]},
        ],
    )
    def test_a_wrong_member(
        self, oomnitza: Oomnitza, client: Client, members: dict[str, Any]
    ) -> None:
        answer = client.bulk({"USER": "ada"}, **members)
        assert answer.status_code == 400
        assert answer.json()["error"]
        assert oomnitza.count("users") == 0

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"null",
            b"[]",
            b'"text"',
            b"{",
            b"[" * 100_000,
            b"\xff\xfe",
            json.dumps(bulk_body({"USER": "ada", "AGE": float("nan")})).encode(),
            json.dumps(bulk_body({"USER": "\ud83d"})).encode(),
        ],
    )
    def test_a_body_that_is_no_json_object(self, client: Client, body: bytes) -> None:
        assert client.post("/api/v3/bulk", data=body).status_code == 400

    def test_the_content_type_does_not_matter(self, client: Client) -> None:
        body = json.dumps(bulk_body({"USER": "ada"}))
        for content_type in (None, "text/plain", "application/x-www-form-urlencoded"):
            answer = client.post("/api/v3/bulk", body, headers={"Content-Type": content_type})
            assert answer.status_code == 200

    def test_too_many_records(self, oomnitza: Oomnitza, client: Client) -> None:
        users = [{"USER": f"u{number}"} for number in range(101)]
        assert client.bulk(*users).status_code == 400
        assert oomnitza.count("users") == 0
        assert client.bulk(*users[:100]).status_code == 200
        oomnitza.max_records = 1
        assert client.bulk(*users[:2]).status_code == 400

    def test_one_refused_record_refuses_its_request(
        self, oomnitza: Oomnitza, client: Client
    ) -> None:
        oomnitza.refuse = lambda record: "PHONE is no number" if "PHONE" in record else None
        answer = client.bulk({"USER": "ada"}, {"USER": "björn", "PHONE": "x"})
        assert (answer.status_code, answer.json()) == (400, {"error": "PHONE is no number"})
        assert oomnitza.count("users") == 0
        assert client.bulk({"USER": "ada"}).status_code == 200

    def test_a_connector_id_stands_for_the_name(self, oomnitza: Oomnitza, client: Client) -> None:
        for ident in (42, "42"):
            client.bulk({"USER": "ada"}, connector_name=None, connector_id=ident)
        assert oomnitza.runs()[-1].connector_name == "42"
        assert counts(oomnitza) == (1, 1, 0, 0)


class TestRuns:
    def test_requests_of_one_portion_are_one_run(self, oomnitza: Oomnitza, client: Client) -> None:
        client.bulk({"USER": "ada"}, portion="first")
        client.bulk({"USER": "björn"}, portion="first", test_run=True)
        client.bulk({"USER": "ada"}, portion="second", connector_name="Okta")
        first, second = oomnitza.runs()
        assert (first.portion, first.connector_name, first.data_type) == ("first", "LDAP", "users")
        assert (first.added, first.test_run, first.finished, first.error) == (2, 1, None, None)
        assert (second.connector_name, second.updated, second.test_run) == ("Okta", 1, 0)

    def test_finalize(self, oomnitza: Oomnitza, client: Client) -> None:
        client.bulk({"USER": "ada"}, portion="first")
        answer = client.post("/api/v3/bulk/first/finalize", json={})
        assert (answer.status_code, answer.json()) == (200, {})
        run = oomnitza.runs()[0]
        assert run.finished is not None
        assert run.finished >= run.started
        client.bulk({"USER": "björn"}, {"USER": "chloé"}, portion="first")
        client.post("/api/v3/bulk/first/finalize", json={})
        again = oomnitza.runs()[0]
        assert (again.added, again.late, again.finished) == (3, 2, run.finished)

    def test_finalize_of_a_run_without_records(self, oomnitza: Oomnitza, client: Client) -> None:
        assert client.post("/api/v3/bulk/nothing/finalize", json={}).status_code == 200
        assert oomnitza.runs()[0].finished is not None
        assert counts(oomnitza) == (0, 0, 0, 0)

    def test_cancel_check(self, oomnitza: Oomnitza, client: Client) -> None:
        assert client.get("/api/v3/bulk/never-seen").json() == {"canceled": False}
        oomnitza.canceled.add("never-seen")
        assert client.get("/api/v3/bulk/never-seen").json() == {"canceled": True}
        assert oomnitza.runs() == []

    def test_run_logs(self, client: Client) -> None:
        for portion in ("a", "b", "c"):
            client.bulk({"USER": portion}, {"PHONE": "1"}, portion=portion)
        client.bulk({"USER": "a"}, portion="d", connector_name="Okta")
        client.post("/api/v3/bulk/c/finalize", json={})
        answer = client.get("/api/v3/connector_run_logs/LDAP?limit=2")
        assert answer.headers["X-Total-Count"] == "3"
        latest, earlier = answer.json()
        assert latest["portion_correlation_id"] == "c"
        assert (latest["added_records_count"], latest["error_logs_count"]) == (1, 1)
        assert latest["end_time"] >= latest["start_time"]
        assert (earlier["portion_correlation_id"], earlier["end_time"]) == ("b", None)
        assert client.get("/api/v3/connector_run_logs/SCCM").json() == []
        assert client.get("/api/v3/connector_run_logs/LDAP?filter=x").status_code == 400


def test_locations(oomnitza: Oomnitza, client: Client) -> None:
    oomnitza.locations = [{"location_id": str(number)} for number in range(450)]
    answer = client.get("/api/v3/locations")
    assert answer.headers["X-Total-Count"] == "450"
    assert answer.json() == oomnitza.locations[:200]
    assert client.get("/api/v3/locations?limit=300&skip=400").json() == oomnitza.locations[400:]
    assert client.get("/api/v3/locations?skip=450").json() == []
    for wrong in ("limit=x", "limit=-1", "skip=1.5", "skip="):
        assert client.get(f"/api/v3/locations?{wrong}").status_code == 400


class TestVersion2:
    def test_users(self, oomnitza: Oomnitza, client: Client) -> None:
        users = "/api/v2/bulk/users?VERSION=1.9.0&agent_id=LDAP"
        assert client.post(users, json=[{"USER": "ada"}, {"USER": "björn"}]).status_code == 200
        assert client.post(users, json={"USER": "ADA"}).status_code == 200
        assert client.post(f"{users}&sync_field=EMAIL", json={"EMAIL": "x"}).status_code == 200
        assert [run.connector_name for run in oomnitza.runs()] == ["LDAP"] * 3
        assert all(run.finished for run in oomnitza.runs())
        assert oomnitza.count("users") == 3

    @pytest.mark.parametrize(
        ("path", "name", "records", "most"),
        [("assets", "integration_id", "assets", 100), ("audit", "agent_id", "computers", 10)],
    )
    def test_devices(
        self, oomnitza: Oomnitza, client: Client, path: str, name: str, records: str, most: int
    ) -> None:
        def post(devices: object, **members: object) -> int:
            body = {name: "Casper", "sync_field": SERIAL, "update_only": "False", records: devices}
            return client.post(f"/api/v2/bulk/{path}", json=body | members).status_code

        devices = [{SERIAL: f"C{number}"} for number in range(most + 1)]
        assert post(devices) == 400
        assert post(devices[:most]) == 200
        assert post(devices[0]) == 200
        assert oomnitza.count("assets") == most
        assert post({SERIAL: "new"}, update_only="True") == 200
        assert counts(oomnitza) == (0, 0, 1, 0)
        assert post({SERIAL: "new"}, update_only="True", insert_only="True") == 400
        assert post({SERIAL: "new"}, update_only="perhaps") == 400
        assert post({SERIAL: "new"}, sync_field=[SERIAL]) == 400
        assert post(None) == 400
        assert client.post(f"/api/v2/bulk/{path}", json=devices[:1]).status_code == 400

    def test_limit_of_users(self, client: Client) -> None:
        users = [{"USER": str(number)} for number in range(101)]
        assert client.post("/api/v2/bulk/users", json=users).status_code == 400
        assert client.post("/api/v2/bulk/users", json=None).status_code == 400


class TestOutages:
    def test_the_next_requests_fail(self, oomnitza: Oomnitza, client: Client) -> None:
        oomnitza.fail_next(2, 503, "<h1>Maintenance</h1>")
        oomnitza.fail_next(1, 429, headers={"Retry-After": "3"})
        assert [client.bulk({"USER": "ada"}).status_code for _ in range(2)] == [503, 503]
        assert oomnitza.count("users") == 0
        limited = client.bulk({"USER": "ada"})
        assert (limited.status_code, limited.headers["Retry-After"]) == (429, "3")
        assert client.bulk({"USER": "ada"}).status_code == 200

    def test_an_outage_of_one_endpoint(self, oomnitza: Oomnitza, client: Client) -> None:
        oomnitza.fail_next(1, 500, path="/api/v3/bulk")
        assert client.get("/api/v2/mappings?name=LDAP").status_code == 200
        assert client.bulk({"USER": "ada"}).status_code == 500
        assert client.bulk({"USER": "ada"}).status_code == 200

    def test_pages_are_not_concerned(self, oomnitza: Oomnitza, client: Client) -> None:
        oomnitza.fail_next(1, 500)
        assert client.get("/").status_code == 200


def test_requests_are_remembered_without_their_queries(oomnitza: Oomnitza, client: Client) -> None:
    client.post("/api/request_token?login=ada&password=wrong")
    client.bulk({"USER": "ada"})
    client.get("/")
    assert oomnitza.requests == [
        ("POST", "/api/request_token", 401),
        ("POST", "/api/v3/bulk", 200),
    ]


def test_records_outlive_a_restart(tmp_path: Path) -> None:
    database = tmp_path / "oomnitza.db"
    for laps in (1, 2):
        oomnitza = Oomnitza(database, api_token="a-token")
        with WebServer(oomnitza.app) as server, Client(server.url) as client:
            client.bulk({"USER": "Søren", "LAP": laps}, portion=f"lap {laps}")
        assert [run.portion for run in oomnitza.runs()] == ["lap 1", "lap 2"][:laps]
        oomnitza.close()
    other = sqlite3.connect(database)
    assert other.execute("SELECT kind, data FROM records").fetchall() == [
        ("users", '{"USER": "Søren", "LAP": 2}')
    ]
    other.close()


def test_many_clients_at_once(oomnitza: Oomnitza, client: Client) -> None:
    users = [{"USER": person.login, "LAST_NAME": person.last_name} for person in people(1500)]
    batches = [users[start : start + 100] for start in range(0, len(users), 50)]

    def send(batch: list[dict[str, str]]) -> int:
        with Client(client.url) as own:
            return own.bulk(*batch).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(send, batches)) == {200}
    assert oomnitza.count("users") == 1500
    assert sum(counts(oomnitza)) == sum(map(len, batches))
    assert counts(oomnitza)[0] == 1500


class TestPages:
    HOSTILE = "<script>alert('x')</script>\"&"

    @pytest.fixture(autouse=True)
    def fill(self, client: Client) -> None:
        users = [{"USER": f"user{number}", "TAGS": ["a"]} for number in range(118)]
        client.bulk(*users[:100])
        client.bulk(*users[100:], {"USER": self.HOSTILE}, {"USER": "Jürgen", "N": {"<b>": None}})
        client.bulk({"PHONE": "1"}, connector_name=self.HOSTILE, portion=self.HOSTILE)
        del client.headers["Authorization2"]

    def test_overview(self, client: Client) -> None:
        page = client.get("/").text
        assert "<b>120</b>users" in page
        assert "the record has no USER" in page
        assert "/api/v3/bulk" in page

    def test_lists_are_paged(self, client: Client) -> None:
        pages = [client.get(f"/records/users?page={number}").text for number in (1, 2, 3)]
        assert [page.count("<tr>") - 1 for page in pages] == [50, 50, 20]
        assert "page=2" in pages[0]
        assert "page=2" in pages[2]
        for odd in ("0", "-3", "x", "9" * 30):
            assert client.get(f"/records/users?page={odd}").status_code == 200
        assert "No assets yet" in client.get("/records/assets").text
        assert client.get("/records/printers").status_code == 404

    def test_search(self, client: Client) -> None:
        assert "1 users" in client.get("/records/users?q=JÜRGEN").text
        assert "No users match the search" in client.get("/records/users?q=nobody").text

    def test_a_record(self, client: Client) -> None:
        page = client.get("/records/users/120").text
        assert "Jürgen" in page
        assert "&lt;b&gt;" in page
        assert client.get("/records/users/121").status_code == 404
        assert client.get("/records/assets/120").status_code == 404
        assert client.get(f"/records/users/{10**40}").status_code == 404

    @pytest.mark.parametrize(
        "path", ["/", "/records/users?page=3", "/records/users?q=<script>", "/records/users/119"]
    )
    def test_hostile_names_are_escaped(self, client: Client, path: str) -> None:
        answer = client.get(path)
        assert "&lt;script&gt;" in answer.text
        assert "<script" not in answer.text
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_it_is_closed_when_the_request_under_way_is_over() -> None:
    store = Store()
    begun, go = threading.Event(), threading.Event()

    class Slow(list[dict[str, Any]]):
        def __iter__(self) -> Iterator[dict[str, Any]]:
            begun.set()
            assert go.wait(20)
            return super().__iter__()

    upload = Upload("assets", "Made up", Slow([{"SERIAL": "S1"}]), ("SERIAL",))
    with ThreadPoolExecutor(2) as pool:
        storing = pool.submit(store.upload, upload)
        assert begun.wait(20)
        closing = pool.submit(store.close)
        wait([closing], timeout=0.2)
        go.set()
        assert storing.exception() is None
        assert closing.exception() is None
    with pytest.raises(sqlite3.ProgrammingError):
        store.count("assets")
