"""Oomnitza's API as a client: signing in, mappings, and the bodies of bulk uploads."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from lib import __version__
from lib.errors import (
    AccessDenied,
    ConfigurationError,
    SignInError,
    TargetRefused,
    TargetUnavailable,
)
from lib.oomnitza import BulkV2, BulkV3, OomnitzaClient, OomnitzaSettings, UploadPlan
from lib.settings import read_settings

UUID4 = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
PEOPLE = UploadPlan("LDAP", "users", ("USER",), insert_only=False, update_only=False)
DEVICES = UploadPlan("Casper", "assets", ("SERIAL",), insert_only=False, update_only=True)
LOGIN = {"api_token": "", "username": "sandbox", "password": "sandbox-password"}


@pytest.fixture
def connect(stage):
    """Make a client for the stage; settings by name, else those of the sandbox's token."""
    made: list[OomnitzaClient] = []

    def connect(**given: Any) -> OomnitzaClient:
        settings = {"url": stage.url, "api_token": "sandbox-token", "retries": 0, "timeout": 5}
        made.append(OomnitzaClient(OomnitzaSettings(**(settings | given))))
        return made[-1]

    yield connect
    for client in made:
        client.close()


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
        assert text == "give an api_token, or a username and a password"

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
        with pytest.raises(SignInError, match=r"/api/\S+: the server answered 401"):
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
            f"{server.url}/api/request_token: the answer to the sign-in holds no token."
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
        BulkV3(client, PEOPLE, 100).send(people(1))
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
        with pytest.raises(TargetRefused, match="the answer is not a mapping"):
            connect().server_mapping("LDAP")


class TestV3:
    def test_a_body_is_complete(self, server, connect):
        bulk = BulkV3(connect(), PEOPLE, 100)
        bulk.send(people(2))
        [asked], [body] = server.asked, bodies(server)
        assert (asked.method, asked.path, asked.query) == ("POST", "/api/v3/bulk", {})
        assert asked.headers["content-type"] == "application/json; charset=utf-8"
        assert re.fullmatch(UUID4, body.pop("portion"))
        assert body == {
            "connector_name": "LDAP",
            "connector_version": __version__,
            "sync_field": ["USER"],
            "data_type": "users",
            "insert_only": False,
            "update_only": False,
            "error": None,
            "test_run": False,
            "records": people(2),
        }

    @pytest.mark.parametrize("sync_field", [(), ("SERIAL",), ("SERIAL", "SITE")])
    def test_sync_fields_are_a_list_empty_for_the_servers_own(self, server, connect, sync_field):
        BulkV3(connect(), replace(DEVICES, sync_field=sync_field), 100).send([{}])
        assert bodies(server)[0]["sync_field"] == list(sync_field)

    @pytest.mark.parametrize("flags", [(True, False), (False, True), (False, False)])
    def test_insert_only_and_update_only_are_booleans(self, server, connect, flags):
        plan = replace(DEVICES, insert_only=flags[0], update_only=flags[1])
        BulkV3(connect(), plan, 100).send([{}])
        [body] = bodies(server)
        assert (body["insert_only"], body["update_only"]) == flags

    def test_one_record_is_a_list_too(self, server, connect):
        BulkV3(connect(), PEOPLE, 1).send(people(1))
        assert bodies(server)[0]["records"] == people(1)

    def test_the_requests_of_a_run_share_its_portion_and_another_run_has_its_own(
        self, server, connect
    ):
        client = connect()
        for bulk in (BulkV3(client, PEOPLE, 100), BulkV3(client, PEOPLE, 100)):
            bulk.send(people(1))
            bulk.send(people(1))
        first, second, third, fourth = (body["portion"] for body in bodies(server))
        assert first == second != third == fourth

    def test_finish_closes_the_portion(self, server, connect):
        bulk = BulkV3(connect(), PEOPLE, 100)
        bulk.send(people(1))
        bulk.finish()
        portion = bodies(server)[0]["portion"]
        assert server.asked[1].path == f"/api/v3/bulk/{portion}/finalize"
        assert (server.asked[1].method, server.asked[1].body) == ("POST", b"{}")

    def test_a_web_page_does_not_count_as_taken_whatever_its_status(self, server, connect):
        server.answers = [(200, "\n<!DOCTYPE html><p>Maintenance</p>")]
        bulk = BulkV3(connect(), PEOPLE, 100)
        for call in (lambda: bulk.send(people(1)), bulk.finish, connect(**LOGIN).sign_in):
            with pytest.raises(TargetUnavailable, match="a web page answers instead of Oomnitza"):
                call()

    def test_the_sandbox_takes_and_stores_it(self, oomnitza, connect):
        client = connect()
        client.sign_in()
        bulk = BulkV3(client, PEOPLE, 100)
        bulk.send(people(100))
        bulk.send([{"USER": "zoë", "EMAIL": "佐藤@example.com"}])
        bulk.finish()
        [run] = oomnitza.runs()
        assert (run.connector_name, run.added, run.late) == ("LDAP", 101, 0)
        assert run.finished is not None
        assert oomnitza.records("users")[100] == {"USER": "zoë", "EMAIL": "佐藤@example.com"}

    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (400, TargetRefused),
            (413, TargetRefused),
            (422, TargetRefused),
            (401, SignInError),
            (403, AccessDenied),
            (429, TargetUnavailable),
            (500, TargetUnavailable),
            (503, TargetUnavailable),
        ],
    )
    def test_only_refusals_of_the_records_count_as_such(self, server, connect, status, kind):
        server.answers = [(status, "because")]
        with pytest.raises(kind, match=rf"/api/v3/bulk: the server answered {status} \(because\)"):
            BulkV3(connect(), PEOPLE, 100).send(people(1))

    def test_an_overloaded_oomnitza_gets_the_batch_again(self, oomnitza, connect, pauses):
        client = connect(retries=2)
        client.sign_in()
        oomnitza.fail_next(1, 503)
        oomnitza.fail_next(1, 429, headers={"Retry-After": "0"})
        BulkV3(client, PEOPLE, 100).send(people(3))
        assert [asked.status for asked in oomnitza.requests] == [200, 503, 429, 200]
        assert oomnitza.count("users") == 3

    def test_a_token_that_is_revoked_in_the_middle_is_renewed_by_the_login(self, oomnitza, connect):
        client = connect(**LOGIN)
        client.sign_in()
        bulk = BulkV3(client, PEOPLE, 100)
        bulk.send(people(1))
        oomnitza.revoke_tokens()
        bulk.send(people(2))
        bulk.finish()
        assert [(asked.path.split("/")[-1], asked.status) for asked in oomnitza.requests] == [
            ("request_token", 200),
            ("bulk", 200),
            ("bulk", 401),
            ("request_token", 200),
            ("bulk", 200),
            ("finalize", 200),
        ]
        assert oomnitza.count("users") == 2

    def test_csrf_tokens_survive_the_renewal(self, oomnitza, connect):
        oomnitza.csrf = True
        client = connect(**LOGIN)
        client.sign_in()
        oomnitza.revoke_tokens()
        BulkV3(client, PEOPLE, 100).send(people(1))
        assert oomnitza.count("users") == 1

    def test_an_api_token_that_is_revoked_in_the_middle_ends_it(self, oomnitza, connect):
        client = connect()
        client.sign_in()
        oomnitza.revoke_tokens()
        with pytest.raises(SignInError):
            BulkV3(client, PEOPLE, 100).send(people(1))


class TestV2:
    def test_users_are_a_list_and_the_rest_is_in_the_query(self, server, connect):
        bulk = BulkV2(connect(api="v2"), PEOPLE, 100)
        bulk.send(people(2))
        bulk.finish()
        [asked] = server.asked
        assert (asked.method, asked.path) == ("POST", "/api/v2/bulk/users")
        assert asked.query == {"VERSION": __version__, "agent_id": "LDAP", "sync_field": "USER"}
        assert json.loads(asked.body) == people(2)
        assert bulk.batch_size == 100

    @pytest.mark.parametrize(
        ("sync_field", "sent"), [((), "USER"), (("EMAIL",), "EMAIL"), (("A", "B"), "A,B")]
    )
    def test_the_sync_field_of_users_is_user_unless_set(self, server, connect, sync_field, sent):
        BulkV2(connect(api="v2"), replace(PEOPLE, sync_field=sync_field), 100).send(people(1))
        assert server.asked[0].query["sync_field"] == sent

    def test_assets_go_to_audit_with_flags_as_words(self, server, connect):
        BulkV2(connect(api="v2"), DEVICES, 100).send([{"SERIAL": "s1"}])
        [asked] = server.asked
        assert (asked.method, asked.path) == ("POST", "/api/v2/bulk/audit")
        assert asked.query == {"VERSION": __version__}
        assert json.loads(asked.body) == {
            "agent_id": "Casper",
            "sync_field": "SERIAL",
            "computers": [{"SERIAL": "s1"}],
            "insert_only": "False",
            "update_only": "True",
        }

    @pytest.mark.parametrize(("asked_for", "size"), [(100, 10), (10, 10), (3, 3)])
    def test_audit_takes_at_most_10(self, connect, asked_for, size):
        assert BulkV2(connect(), DEVICES, asked_for).batch_size == size

    def test_assets_need_a_sync_field(self, connect):
        with pytest.raises(ConfigurationError, match="assets need a sync_field"):
            BulkV2(connect(), replace(DEVICES, sync_field=()), 10)

    def test_the_sandbox_takes_and_stores_both(self, oomnitza, connect):
        client = connect(api="v2")
        client.sign_in()
        BulkV2(client, PEOPLE, 100).send(people(100))
        audit = BulkV2(client, replace(DEVICES, update_only=False), 100)
        audit.send([{"SERIAL": f"s{number}"} for number in range(audit.batch_size)])
        assert (oomnitza.count("users"), oomnitza.count("assets")) == (100, 10)
