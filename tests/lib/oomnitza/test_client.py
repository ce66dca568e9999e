"""Oomnitza's API as a client: signing in, mappings, and the bodies of bulk uploads."""

import json
from typing import Any

import pytest

from lib.errors import (
    SignInError,
    TargetRefused,
    TargetUnavailable,
)
from lib.http.client import NotFound
from lib.oomnitza.bulk import BulkV3
from lib.oomnitza.target import OomnitzaSettings
from lib.settings import read_settings
from lib.target.target import UploadPlan
from tests.items import items

UUID4 = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
PEOPLE = UploadPlan("LDAP", "users", ("USER",), insert_only=False, update_only=False)
DEVICES = UploadPlan("Casper", "assets", ("SERIAL",), insert_only=False, update_only=True)
LOGIN = {"api_token": "", "username": "sandbox", "password": "sandbox-password"}


def bodies(server) -> list[Any]:
    return [json.loads(asked.body) for asked in server.asked]


def people(count: int) -> list[dict[str, Any]]:
    return [{"USER": f"user{number}", "EMAIL": None} for number in range(count)]


class TestSettings:
    def faults(self, **given: str) -> list[tuple[str, str]]:
        _, faults = read_settings(OomnitzaSettings, {"url": "https://x.example.com"} | given)
        return [(fault.key, fault.text) for fault in faults]

    @pytest.mark.parametrize(
        "given",
        [
            {"api_token": "t"},
            {"username": "u", "password": "p"},
            {"api_token": "t", "username": "u", "api": "v2", "batch_size": "1"},
        ],
    )
    def test_a_token_or_a_login_will_do(self, given):
        assert self.faults(**given) == []

    @pytest.mark.parametrize("given", [{}, {"username": "u"}, {"password": "p"}])
    def test_neither_will_not(self, given):
        [(_, text)] = self.faults(**given)
        assert text == "credentials are missing. Set api_token (or username and password)"

    def test_the_older_api_has_no_run_log_for_strict(self):
        [(key, text)] = self.faults(api_token="t", api="v2", confirm="strict")
        assert (key, text) == (
            "confirm",
            "confirm = strict needs the run log of api = v3. Set confirm = body",
        )

    @pytest.mark.parametrize("size", ["0", "-1", "101", "ten"])
    def test_a_batch_holds_1_to_100_records(self, size):
        [(key, _)] = self.faults(api_token="t", batch_size=size)
        assert key == "batch_size"


class TestSignIn:
    def test_a_token_is_checked(self, oomnitza, connect):
        connect().sign_in()
        assert [tuple(asked) for asked in oomnitza.requests] == [("GET", "/api/v2/mappings", 200)]

    def test_the_check_sends_the_bare_token_and_asks_for_a_mapping(self, server, connect):
        connect(api_token="tok").sign_in()
        [asked] = server.asked
        assert asked.query == {"name": "AuthTest"}
        assert asked.headers["authorization2"] == "tok"
        assert "authorization" not in asked.headers

    def test_a_login_is_exchanged_for_a_token(self, oomnitza, connect):
        client = connect(**LOGIN)
        client.sign_in()
        client.server_mapping("LDAP")
        assert [(asked.method, asked.path) for asked in oomnitza.requests] == [
            ("POST", "/api/request_token"),
            ("GET", "/api/v2/mappings"),
        ]

    def test_a_login_travels_in_a_form_never_in_the_address(self, server, connect):
        server.answers = [(200, '{"token": "t1"}')]
        connect(api_token="", username="ada", password="a&b=ü").sign_in()
        [asked] = server.asked
        assert asked.query == {}
        assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
        assert asked.body == b"login=ada&password=a%26b%3D%C3%BC"

    def test_a_token_counts_before_a_login(self, oomnitza, connect):
        connect(username="sandbox", password="wrong").sign_in()
        assert [asked.path for asked in oomnitza.requests] == ["/api/v2/mappings"]

    @pytest.mark.parametrize("wrong", [{"api_token": "other"}, LOGIN | {"password": "other"}])
    def test_wrong_credentials_are_refused_once(self, oomnitza, connect, wrong):
        text = r"/api/\S+: the server responded with 401.*in \[oomnitza\] is correct"
        with pytest.raises(SignInError, match=text):
            connect(**wrong).sign_in()
        assert len(oomnitza.requests) == 1

    @pytest.mark.parametrize(
        "answer", ["", "Welcome", "{}", "[]", '{"token": ""}', '{"token": null}']
    )
    def test_an_answer_without_a_token_is_no_sign_in(self, server, connect, answer):
        server.answers = [(200, answer)]
        with pytest.raises(TargetRefused) as caught:
            connect(**LOGIN).sign_in()
        assert str(caught.value) == (
            f"{server.url}/api/request_token: the response to the sign-in does not contain a token."
            " Check that url is the address of your Oomnitza."
        )

    def test_away_is_told_apart_from_refused(self, server, connect):
        server.answers = [(503, "")]
        with pytest.raises(TargetUnavailable):
            connect().sign_in()
        with pytest.raises(TargetUnavailable):
            connect(**LOGIN).sign_in()

    @pytest.mark.parametrize("credentials", [{}, LOGIN])
    def test_the_csrf_token_is_sent_back(self, oomnitza, connect, credentials):
        oomnitza.csrf = True
        client = connect(**credentials)
        client.sign_in()
        BulkV3(client, PEOPLE).send(items(people(1)))
        assert oomnitza.count("users") == 1


class TestServerMapping:
    def test_it_is_asked_for_by_name(self, oomnitza, connect):
        oomnitza.mappings["Casper.MDM"] = {"general.name": "NAME", "location": ["A", "B"]}
        client = connect()
        client.sign_in()
        assert client.server_mapping("Casper.MDM") == oomnitza.mappings["Casper.MDM"]
        assert client.server_mapping("LDAP") == {}

    @pytest.mark.parametrize("answer", ["[]", '"text"', "null", "7"])
    def test_what_is_no_mapping_is_refused(self, server, connect, answer):
        server.answers = [(200, answer)]
        with pytest.raises(TargetRefused, match="the response is not a mapping"):
            connect().server_mapping("LDAP")


class TestLocations:
    def test_all_pages_are_read(self, oomnitza, connect):
        oomnitza.locations = [{"location_id": f"L{n}", "name": f"Room {n}"} for n in range(450)]
        client = connect()
        client.sign_in()
        assert client.locations() == oomnitza.locations
        assert len([asked for asked in oomnitza.requests if "locations" in asked.path]) == 3

    def test_there_may_be_none(self, oomnitza, connect):
        assert connect().locations() == []

    def test_it_signs_in_where_that_was_not_done_before(self, oomnitza, connect):
        oomnitza.locations = [{"location_id": "L1", "name": "Room"}]
        assert connect(**LOGIN).locations() == oomnitza.locations

    def test_without_a_total_a_page_that_is_not_full_is_the_last(self, server, connect):
        page = json.dumps([{"n": n} for n in range(200)])
        server.answers = [(200, "{}"), (200, page), (200, '[{"n": 200}]')]
        assert len(connect().locations()) == 201

    def test_a_server_that_gives_the_same_page_again_is_told(self, server, connect):
        server.answers = [(200, "{}"), (200, json.dumps([{"n": n} for n in range(200)]))]
        with pytest.raises(TargetRefused, match="had already returned"):
            connect().locations()

    def test_what_is_no_list_is_told(self, server, connect):
        server.answers = [(200, "{}"), (200, '{"items": []}')]
        with pytest.raises(TargetRefused, match="not a list of locations"):
            connect().locations()


class TestRunCounts:
    def test_they_are_those_of_the_run(self, oomnitza, connect):
        client = connect()
        client.sign_in()
        other, bulk = BulkV3(client, PEOPLE), BulkV3(client, PEOPLE)
        other.send(items(people(1)))
        bulk.send(items(people(3)))
        counts = {"added": 2, "updated": 1, "skipped": 0, "errors": 0}
        assert client.run_counts("LDAP", bulk.portion) == counts

    @pytest.mark.parametrize(
        "answer",
        [(404, ""), (403, ""), (200, "{}"), (200, "[]"), (200, "[1]"), (500, "")],
    )
    def test_where_they_cannot_be_read_there_are_none(self, server, connect, answer):
        server.answers = [answer]
        assert connect().run_counts("LDAP", "some-portion") is None

    def test_what_is_no_number_is_left_out(self, server, connect):
        entry = {"portion_correlation_id": "p", "added_records_count": "many"}
        server.answers = [(200, json.dumps([{**entry, "error_logs_count": 2}]))]
        assert connect().run_counts("LDAP", "p") == {"errors": 2}


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.sign_in(),
        lambda client: client.server_mapping("LDAP"),
        lambda client: client.close_run("some-portion"),
    ],
    ids=["sign in", "mapping", "close a run"],
)
def test_where_there_is_nothing_at_an_address_the_request_is_refused(server, connect, ask):
    server.answers = [(404, "")]
    with pytest.raises(TargetRefused, match=r"404.*Check that url in .oomnitza. is the address"):
        ask(connect())


def test_where_there_is_no_bulk_api_no_record_is_at_fault(server, connect):
    server.answers = [(404, "")]
    with pytest.raises(NotFound):
        connect().open_run(PEOPLE).send(items(people(1)))
