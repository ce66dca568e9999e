"""Runs at Oomnitza: the bodies of bulk uploads in both of its APIs, and how a run ends."""

import json
import re
import tracemalloc
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from lib import __version__
from lib.errors import (
    AccessDenied,
    ConfigurationError,
    SignInError,
    TargetFault,
    TargetRefused,
    TargetUnavailable,
)
from lib.oomnitza.bulk import BulkOptions, BulkV2, BulkV3
from lib.target.target import UploadPlan
from tests.items import items

UUID4 = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
PEOPLE = UploadPlan("LDAP", "users", ("USER",))
DEVICES = UploadPlan("Casper", "assets", ("SERIAL",), update_only=True)
LOGIN = {"api_token": "", "username": "sandbox", "password": "sandbox-password"}


def bodies(server) -> list[Any]:
    return [json.loads(asked.body) for asked in server.asked]


def people(count: int) -> list[dict[str, Any]]:
    return [{"USER": f"user{number}", "EMAIL": None} for number in range(count)]


class TestV3:
    def test_v3_body_has_all_members(self, server, connect):
        bulk = BulkV3(connect(), PEOPLE)
        bulk.send(items(people(2)))
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
    def test_v3_sync_field_is_a_list(self, server, connect, sync_field):
        BulkV3(connect(), replace(DEVICES, sync_field=sync_field)).send(items([{}]))
        assert bodies(server)[0]["sync_field"] == list(sync_field)

    @pytest.mark.parametrize("flags", [(True, False), (False, True), (False, False)])
    def test_v3_insert_only_and_update_only_are_booleans(self, server, connect, flags):
        plan = replace(DEVICES, insert_only=flags[0], update_only=flags[1])
        BulkV3(connect(), plan).send(items([{}]))
        [body] = bodies(server)
        assert (body["insert_only"], body["update_only"]) == flags

    def test_v3_body_with_emoji_uses_little_memory(self):
        records = items([{"NAME": "🎉"}, *({"NAME": "x" * 100_000} for _ in range(20))])
        client = SimpleNamespace(post_records=lambda path, body, confirm: bodies.append(body))
        bodies: list[bytes] = []
        tracemalloc.start()
        try:
            BulkV3(client, PEOPLE).send(records)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert [item.values for item in records] == json.loads(bodies[0])["records"]
        assert peak < 4 * len(bodies[0])

    def test_v3_one_record_is_a_list(self, server, connect):
        BulkV3(connect(), PEOPLE).send(items(people(1)))
        assert bodies(server)[0]["records"] == people(1)

    def test_v3_portion_is_unique_per_run(self, server, connect):
        client = connect()
        for bulk in (BulkV3(client, PEOPLE), BulkV3(client, PEOPLE)):
            bulk.send(items(people(1)))
            bulk.send(items(people(1)))
        first, second, third, fourth = (body["portion"] for body in bodies(server))
        assert first == second != third == fourth

    def test_v3_finish_closes_the_portion(self, server, connect):
        bulk = BulkV3(connect(), PEOPLE)
        bulk.send(items(people(1)))
        bulk.finish()
        portion = bodies(server)[0]["portion"]
        assert server.asked[1].path == f"/api/v3/bulk/{portion}/finalize"
        assert (server.asked[1].method, server.asked[1].body) == ("POST", b"{}")

    def test_v3_finish_with_error_reports_it(self, oomnitza, connect):
        client = connect()
        client.sign_in()
        bulk = BulkV3(client, PEOPLE)
        bulk.send(items(people(2)))
        bulk.finish("the source is away")
        [run] = oomnitza.runs()
        assert (run.added, run.error) == (2, "the source is away")
        assert run.finished is not None

    def test_v3_finish_with_error_before_sending_does_nothing(self, server, connect):
        BulkV3(connect(), PEOPLE).finish("the source is away")
        assert server.asked == []

    def test_v3_finish_with_refused_error_still_closes(self, server, connect):
        bulk = BulkV3(connect(), PEOPLE)
        bulk.send(items(people(1)))
        server.answers = [(400, "no records"), (200, "{}")]
        bulk.finish("the source is away")
        assert [asked.path.rpartition("/")[2] for asked in server.asked] == [
            "bulk",
            "bulk",
            "finalize",
        ]

    def test_v3_canceled_run_is_detected(self, oomnitza, connect):
        client = connect()
        client.sign_in()
        bulk = BulkV3(client, PEOPLE)
        assert bulk.canceled() is False
        oomnitza.canceled.add(bulk.portion)
        assert bulk.canceled() is True

    @pytest.mark.parametrize(
        "answer", [(200, "{}"), (200, "[]"), (200, '{"canceled": "true"}'), (404, ""), (204, "")]
    )
    def test_v3_canceled_unknown_to_the_server_is_false(self, server, connect, answer):
        server.answers = [answer]
        assert BulkV3(connect(), PEOPLE).canceled() is False

    def test_v3_canceled_target_unavailable_raises(self, server, connect):
        server.answers = [(500, "")]
        with pytest.raises(TargetUnavailable):
            BulkV3(connect(), PEOPLE).canceled()

    def test_v3_send_web_page_in_response_is_an_error(self, server, connect):
        server.answers = [(200, "\n<!DOCTYPE html><p>Maintenance</p>")]
        bulk = BulkV3(connect(), PEOPLE)
        for call in (lambda: bulk.send(items(people(1))), bulk.finish, connect(**LOGIN).sign_in):
            with pytest.raises(
                TargetUnavailable, match="the response is a web page, not one of Oomnitza"
            ):
                call()

    def test_v3_send_to_the_sandbox_stores_records(self, oomnitza, connect):
        client = connect()
        client.sign_in()
        bulk = BulkV3(client, PEOPLE)
        bulk.send(items(people(100)))
        bulk.send(items([{"USER": "zoë", "EMAIL": "佐藤@example.com"}]))
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
            (500, TargetFault),
            (503, TargetUnavailable),
        ],
    )
    def test_v3_send_error_classes_by_status(self, server, connect, status, kind):
        server.answers = [(status, "because")]
        with pytest.raises(
            kind, match=rf"/api/v3/bulk: the server responded with {status} \(because\)"
        ):
            BulkV3(connect(), PEOPLE).send(items(people(1)))

    def test_v3_send_is_retried_when_overloaded(self, oomnitza, connect, pauses):
        client = connect(retries=2)
        client.sign_in()
        oomnitza.fail_next(1, 503)
        oomnitza.fail_next(1, 429, headers={"Retry-After": "0"})
        BulkV3(client, PEOPLE).send(items(people(3)))
        assert [asked.status for asked in oomnitza.requests] == [200, 503, 429, 200]
        assert oomnitza.count("users") == 3

    def test_revoked_token_is_renewed_with_login(self, oomnitza, connect):
        client = connect(**LOGIN)
        client.sign_in()
        bulk = BulkV3(client, PEOPLE)
        bulk.send(items(people(1)))
        oomnitza.revoke_tokens()
        bulk.send(items(people(2)))
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

    def test_csrf_token_survives_the_renewal(self, oomnitza, connect):
        oomnitza.csrf = True
        client = connect(**LOGIN)
        client.sign_in()
        oomnitza.revoke_tokens()
        BulkV3(client, PEOPLE).send(items(people(1)))
        assert oomnitza.count("users") == 1

    def test_revoked_api_token_raises(self, oomnitza, connect):
        client = connect()
        client.sign_in()
        oomnitza.revoke_tokens()
        with pytest.raises(SignInError):
            BulkV3(client, PEOPLE).send(items(people(1)))


class TestV2:
    def test_v2_users_are_a_list(self, server, connect):
        bulk = BulkV2(connect(api="v2"), PEOPLE)
        bulk.send(items(people(2)))
        bulk.finish()
        [asked] = server.asked
        assert (asked.method, asked.path) == ("POST", "/api/v2/bulk/users")
        assert asked.query == {"VERSION": __version__, "agent_id": "LDAP", "sync_field": "USER"}
        assert json.loads(asked.body) == people(2)
        assert bulk.batch_size == 100

    @pytest.mark.parametrize(
        ("sync_field", "sent"), [((), "USER"), (("EMAIL",), "EMAIL"), (("A", "B"), "A,B")]
    )
    def test_v2_users_default_sync_field_is_user(self, server, connect, sync_field, sent):
        BulkV2(connect(api="v2"), replace(PEOPLE, sync_field=sync_field)).send(items(people(1)))
        assert server.asked[0].query["sync_field"] == sent

    def test_v2_assets_are_sent_to_audit(self, server, connect):
        BulkV2(connect(api="v2"), DEVICES).send(items([{"SERIAL": "s1"}]))
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

    def test_v2_assets_have_the_lists_of_fields_as_typed(self, server, connect):
        lists = {"only_if_filled": "OWNER, NAME", "dont_overwrite": "tag"}
        BulkV2(connect(api="v2"), replace(DEVICES, **lists)).send(items([{"SERIAL": "s1"}]))
        body = json.loads(server.asked[0].body)
        assert {name: body[name] for name in lists} == lists

    @pytest.mark.parametrize(("asked_for", "size"), [(100, 10), (10, 10), (3, 3)])
    def test_v2_audit_batch_size_is_at_most_10(self, connect, asked_for, size):
        assert BulkV2(connect(), DEVICES, BulkOptions(asked_for)).batch_size == size

    def test_v2_assets_without_sync_field_raise(self, connect):
        with pytest.raises(ConfigurationError, match="requires a sync_field for assets"):
            BulkV2(connect(), replace(DEVICES, sync_field=()))

    def test_v2_send_to_the_sandbox_stores_records(self, oomnitza, connect):
        client = connect(api="v2")
        client.sign_in()
        BulkV2(client, PEOPLE).send(items(people(100)))
        audit = BulkV2(client, replace(DEVICES, update_only=False))
        audit.send(items([{"SERIAL": f"s{number}"} for number in range(audit.batch_size)]))
        assert (oomnitza.count("users"), oomnitza.count("assets")) == (100, 10)

    def test_v2_canceled_target_unavailable_raises(self, server, connect):
        audit = BulkV2(connect(), DEVICES)
        assert audit.canceled() is False
        assert server.asked[0].path == "/api/v2/mappings"
        server.answers = [(503, "")]
        with pytest.raises(TargetUnavailable):
            audit.canceled()


@pytest.mark.parametrize(("api", "kind"), [("v3", BulkV3), ("v2", BulkV2)])
def test_open_run_uses_the_api_of_the_settings(connect, api, kind):
    made = connect(api=api, batch_size=7, upload_workers=3).open_run(PEOPLE)
    assert isinstance(made, kind)
    assert (made.batch_size, made.workers) == (7, 3)


@pytest.mark.parametrize("flag", ["insert_only", "update_only"])
def test_v2_users_with_insert_only_raise(connect, flag):
    with pytest.raises(ConfigurationError, match="does not support insert_only and update_only"):
        BulkV2(connect(), replace(PEOPLE, **{flag: True}))
