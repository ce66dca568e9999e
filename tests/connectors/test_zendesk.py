"""Zendesk against the sandbox's: the contract, and what is special to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
import requests

from connectors.zendesk import Settings
from lib.connector import Projection
from lib.errors import AccessDenied, RecordUnreadable, SignInError, SourceFault
from lib.http.client import NotFound
from lib.settings import Fault, read_settings
from sandbox.zendesk import Zendesk
from tests.contract import ConnectorContract, failure
from tests.example import page_example, upload
from tests.source import WebSource, does_not_apply

USERS = 250
LISTED = "every record comes with its page; nothing is asked for alone"
ORGANIZATION = "organization.name"
ORIGINAL = """\
[zendesk]
enable = True
system_name = oomnitza
url = {url}
api_token = {token}
username = admin@example.com
default_role = 25
default_position = Employee
"""


class WithApiToken(WebSource):
    connector = "zendesk"
    id_path, name_path = "id", "name"
    wrong_credentials: ClassVar = {"api_token": "wr0ng-t0ken"}
    most_for_three = 1
    vanish = does_not_apply(LISTED)
    spoil = does_not_apply(LISTED)
    end_sessions = does_not_apply("an API token has no session")

    def __init__(self, users: int = USERS) -> None:
        self.zendesk = Zendesk(users=users)
        super().__init__(
            self.zendesk.app,
            system_name="acme",
            default_role="25",
            default_position="Employee",
            **self.credentials,
        )

    @property
    def credentials(self) -> dict[str, str]:
        return {"username": self.zendesk.username, "api_token": self.zendesk.api_token}

    @property
    def names(self) -> dict[str, str]:
        return {str(user["id"]): user["name"] for user in self.zendesk.users if user["active"]}

    @property
    def requests(self) -> int:
        return len(self.zendesk.requests)

    @property
    def queries(self) -> list[str]:
        """What was asked for in each request for users."""
        paths = [path for _, path in self.zendesk.requests if path.startswith("/api/v2/users")]
        return [path.partition("?")[2] for path in paths]

    def withdraw_rights(self) -> None:
        self.zendesk.role = "end-user"

    def fail_once(self) -> None:
        self.zendesk.fail_next(1, path="/api/v2")

    def fail_for_good(self) -> None:
        self.zendesk.fail_next(1_000_000, path="/api/v2")

    def garble(self, body: str) -> dict[str, str]:
        self.zendesk.fail_next(1_000_000, 200, path="/api/v2", body=body)
        return {}

    def clear(self) -> None:
        self.zendesk.users.clear()


class WithOAuthClient(WithApiToken):
    wrong_credentials: ClassVar = {"client_secret": "wr0ng-s3cret"}
    most_for_three = 2

    @property
    def credentials(self) -> dict[str, str]:
        return {"client_id": self.zendesk.client_id, "client_secret": self.zendesk.client_secret}

    def end_sessions(self) -> None:
        self.zendesk.revoke_tokens()


class TestContractWithApiToken(ConnectorContract):
    source_type = WithApiToken


class TestContractWithOAuthClient(ConnectorContract):
    source_type = WithOAuthClient


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lib.retry.FIRST_PAUSE", 0.0)


@pytest.fixture
def source() -> Iterator[WithApiToken]:
    with WithApiToken() as source:
        yield source


@pytest.fixture
def client() -> Iterator[WithOAuthClient]:
    with WithOAuthClient() as source:
        yield source


def read(source: WithApiToken, *paths: str, everything: bool = False, **changes: str) -> list[Any]:
    return list(source.connect(**changes).records(Projection(frozenset(paths), everything)))


def page(users: list[Any], organizations: list[Any] | None = None, **meta: Any) -> str:
    more = {} if organizations is None else {"organizations": organizations}
    links = {"next": None, "prev": None}
    return json.dumps({"users": users, **more, "meta": meta, "links": links})


class TestPages:
    def test_the_link_on_the_last_page_is_not_followed(self, source):
        assert len(read(source)) == len(source.names)
        assert len(source.queries) == 3
        assert all("page%5Bsize%5D=100" in query for query in source.queries)

    @pytest.mark.parametrize("count", [100, 200])
    def test_a_last_page_may_be_full(self, source, count):
        listed = [user for user in source.zendesk.users if user["active"]][:count]
        source.zendesk.users[:] = listed
        assert len(read(source)) == count
        assert len(source.queries) == count // 100

    def test_there_may_be_more_users_than_pages_by_number_reach(self):
        with WithApiToken(users=10_500) as source:
            source.zendesk.per_minute = 1_000_000
            people = read(source)
        assert len(people) == len(source.names) > 10_000
        assert [each["id"] for each in people] == sorted(map(int, source.names))

    def test_a_cursor_that_comes_again_ends_the_run(self, source):
        source.zendesk.fail_next(1, 200, body=page([{"id": 1}], has_more=True, after_cursor="a"))
        source.garble(page([{"id": 2}], has_more=True, after_cursor="a"))
        with pytest.raises(SourceFault, match="a page that it had already returned"):
            read(source)

    def test_a_page_that_comes_again_ends_the_run(self, source):
        source.zendesk.fail_next(1, 200, body=page([{"id": 1}], has_more=True, after_cursor="a"))
        source.garble(page([{"id": 1}], has_more=True, after_cursor="b"))
        with pytest.raises(SourceFault, match="a page that it had already returned"):
            read(source)

    @pytest.mark.parametrize(
        "answer",
        [
            {"meta": {"has_more": False}},
            {"users": {}, "meta": {"has_more": False}},
            {"users": [], "meta": {}},
            {"users": [], "meta": {"has_more": None}},
            {"users": [], "count": 0, "next_page": None},
            {"users": [{"id": 1}], "meta": {"has_more": True, "after_cursor": None}},
            {"users": [{"name": "Nobody"}], "meta": {"has_more": False}},
            {"users": [None], "meta": {"has_more": False}},
            {"error": "something inside a success"},
        ],
    )
    def test_a_page_without_what_is_promised_ends_the_run(self, source, answer):
        source.garble(json.dumps(answer))
        with pytest.raises(SourceFault) as caught:
            read(source)
        assert source.address in caught.value.where

    def test_the_plan_s_quota_is_kept_to(self, source):
        source.zendesk.window, source.zendesk.per_minute = 1, 1
        assert len(read(source, retries="0")) == len(source.names)

    def test_a_refusal_for_lack_of_quota_is_waited_for(self, source):
        source.zendesk.fail_next(1, 429, body="Too many", headers={"Retry-After": "0"})
        assert len(read(source, retries="1")) == len(source.names)

    def test_any_fault_of_the_server_may_pass(self, source):
        source.zendesk.fail_next(1, 500)
        assert len(read(source, retries="1")) == len(source.names)


class TestRecords:
    def test_users_come_as_zendesk_has_them(self, source):
        assert read(source) == [user for user in source.zendesk.users if user["active"]]

    def test_organizations_are_joined(self, source):
        people = read(source, ORGANIZATION, load_organizations="True")
        known = {each["id"]: each for each in source.zendesk.organizations}
        assert len(people) == len(source.names)
        for user in people:
            assert user["organization"] == known.get(user["organization_id"], {})
        assert {bool(user["organization"]) for user in people} == {True, False}

    def test_organizations_cost_no_request(self, source):
        read(source, ORGANIZATION, load_organizations="True")
        assert source.requests == 3

    @pytest.mark.parametrize(
        ("paths", "settings"),
        [(["email"], {"load_organizations": "True"}), ([ORGANIZATION], {})],
    )
    def test_organizations_that_nobody_wants_are_not_asked_for(self, source, paths, settings):
        assert "organization" not in read(source, *paths, **settings)[0]
        assert not any("include" in query for query in source.queries)

    def test_who_wants_everything_gets_organizations(self, source):
        assert "organization" in read(source, everything=True, load_organizations="True")[0]

    @pytest.mark.parametrize("odd", [{}, {"organization_id": None}, {"organization_id": [1]}])
    def test_a_user_without_an_organization_does_not_end_the_run(self, source, odd):
        source.garble(
            page(
                [{"id": 1, **odd}, {"id": 2, "organization_id": 7}],
                has_more=False,
                organizations=[{"id": 7, "name": "ACME"}, {"name": "nameless"}],
            )
        )
        one, other = read(source, ORGANIZATION, load_organizations="True")
        assert (one["organization"], other["organization"]["name"]) == ({}, "ACME")

    def test_item_without_id_is_rejected(self, source):
        source.garble(page([None, {"id": 1}, {"name": "Ada"}], has_more=False, organizations=[]))
        delivered = read(source, ORGANIZATION, load_organizations="True")
        assert [isinstance(item, RecordUnreadable) for item in delivered] == [True, False, True]

    def test_organizations_that_were_promised_and_do_not_come_end_the_run(self, source):
        source.garble(page([{"id": 1, "organization_id": 2}], has_more=False))
        with pytest.raises(SourceFault, match="organizations"):
            read(source, ORGANIZATION, load_organizations="True")

    def test_roles_choose_the_users(self, source):
        people = read(source, roles="agent, admin")
        wanted = [
            user["id"]
            for user in source.zendesk.users
            if user["role"] != "end-user" and user["active"]
        ]
        assert [user["id"] for user in people] == wanted

    @pytest.mark.parametrize("roles", ["Agent, ADMIN", "agent,  admin , manager"])
    def test_roles_ignore_case_spaces_and_unknown_values(self, source, roles):
        made = source.connect(roles=roles)
        assert made.settings.roles == ("agent", "admin")


class TestSignIn:
    def test_the_token_stands_for_the_user_of_that_mail_address(self, source):
        assert read(source, username=f"{source.zendesk.username}/token")
        with pytest.raises(SignInError):
            read(source, username="somebody.else@example.com")

    def test_a_refused_api_token_is_told_with_its_end(self, source):
        source.zendesk.token_access = False
        error = failure(source.connect(), SignInError, source.address)
        assert error.what == "the server responded with 401 (Couldn't authenticate you)"
        assert "30 days" in error.fix
        assert "client_id" in error.fix

    def test_a_client_asks_for_a_token_once(self, client):
        read(client)
        assert [path for method, path in client.zendesk.requests if method == "POST"] == [
            "/oauth/tokens"
        ]

    def test_a_client_counts_before_an_api_token(self, client):
        login = {"username": "admin@example.com", "api_token": "wrong"}
        assert len(read(client, **login)) == len(client.names)

    def test_a_narrow_scope_is_enough_when_it_is_asked_for(self, client):
        client.zendesk.client_scopes = {"users:read", "organizations:read"}
        error = failure(client.connect(), SignInError, client.address)
        assert "invalid_scope" in error.what
        assert read(client, scope="users:read organizations:read")

    def test_a_misspelt_scope_is_told_as_missing_rights(self, client):
        error = failure(client.connect(scope="reed"), AccessDenied, client.address)
        assert "missing the following required scopes: read" in error.what
        assert "scope" in error.fix

    def test_an_access_token_can_be_given(self, client):
        asked = {"grant_type": "client_credentials", **client.credentials}
        answer = requests.post(f"{client.ini['url']}/oauth/tokens", json=asked, timeout=5)
        token = answer.json()["access_token"]
        assert len(read(client, access_token=token, client_secret="x")) == len(client.names)
        client.end_sessions()
        error = failure(client.connect(access_token=token), SignInError, client.address)
        assert "access_token" in error.fix


class TestErrors:
    def test_an_unknown_account_is_told_by_its_setting(self, source):
        source.zendesk.exists = False
        error = failure(source.connect(), NotFound, source.address)
        assert "No help desk at" in error.what
        assert "system_name" in error.fix

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            ('{"error": "InvalidValue", "description": "Too recent"}', "InvalidValue: Too recent"),
            ('{"error": {"title": "Forbidden", "message": "No"}}', "Forbidden: No"),
            ('{"errors": [{"code": "X", "title": "Depth", "detail": "Deep"}]}', "Depth: Deep"),
            ('{"error": "invalid_token", "error_description": "Ended"}', "invalid_token: Ended"),
            ('{"error": "Odd"}', "Odd"),
            ("<html><p>Maintenance</p></html>", "Maintenance"),
            ("plain words", "plain words"),
            ('["a list"]', "a list"),
        ],
    )
    def test_errors_of_all_forms_are_put_into_words(self, source, body, said):
        source.zendesk.fail_next(1, 422, body=body)
        with pytest.raises(SourceFault) as caught:
            read(source)
        assert caught.value.what == f"the server responded with 422 ({said})"

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            ('{"error": "DatabaseError", "description": "Too busy"}', "DatabaseError: Too busy"),
            ('{"error": {"title": "Forbidden", "message": "No"}}', "Forbidden: No"),
        ],
    )
    def test_an_error_with_success_is_told_in_zendesk_s_words(self, source, body, said):
        source.garble(body)
        error = failure(source.connect(), SourceFault, source.address)
        assert error.what == f"Zendesk reported an error ({said})"


class TestSettings:
    GIVEN: ClassVar = {"system_name": "acme", "default_role": "25", "default_position": "E"}

    def test_the_address_is_made_of_the_system_name(self):
        given = {**self.GIVEN, "access_token": "x"}
        settings, faults = read_settings(Settings, given)
        assert faults == []
        assert settings.address == "https://acme.zendesk.com"

    @pytest.mark.parametrize(
        ("given", "key"),
        [
            ({}, "client_id"),
            ({"api_token": "x"}, "client_id"),
            ({"username": "x"}, "client_id"),
            ({"client_id": "x"}, "client_id"),
            ({"client_secret": "x"}, "client_id"),
        ],
    )
    def test_half_a_sign_in_is_none(self, given, key):
        _, [fault] = read_settings(Settings, {**self.GIVEN, **given})
        assert fault.key == key

    def test_unknown_roles_are_an_error_with_the_allowed_values(self):
        _, [fault] = read_settings(Settings, {**self.GIVEN, "access_token": "x", "roles": "agnet"})
        assert fault == Fault(
            "roles", "'agnet' is not one of: end-user, agent, admin; did you mean agent?"
        )

    @pytest.mark.parametrize("name", ["evil.example.com", "a b", "acme?x", "@acme", "-a"])
    def test_a_name_that_would_lead_elsewhere_is_refused(self, name):
        _, [fault] = read_settings(
            Settings, {**self.GIVEN, "access_token": "x", "system_name": name}
        )
        assert fault.key == "system_name"


class TestUpload:
    def test_an_ini_written_for_the_original_still_works(self, source, tmp_path):
        text = ORIGINAL.format(url=source.ini["url"], token=source.zendesk.api_token)
        outcome, people = upload(text, "zendesk", tmp_path)
        assert outcome.error is None
        assert outcome.tally.sent + outcome.tally.incomplete == len(source.names)
        known = source.zendesk.users[12]
        assert known["name"] == "Mary Ann Quill"
        assert next(each for each in people if each["USER"] == known["email"]) == {
            "USER": known["email"],
            "FIRST_NAME": "Mary",
            "LAST_NAME": "Quill",
            "EMAIL": known["email"],
            "PHONE": known["phone"],
            "PERMISSIONS_ID": "25",
            "POSITION": "Employee",
        }

    def test_the_example_of_its_page_runs(self, client, tmp_path):
        secret, url = client.zendesk.client_secret, client.ini["url"]
        text = page_example(
            "zendesk", url=url, client_id=client.zendesk.client_id, client_secret=secret
        )
        outcome, people = upload(text, "zendesk", tmp_path)
        assert outcome.error is None
        staff = [
            user for user in client.zendesk.users if user["role"] != "end-user" and user["active"]
        ]
        assert 0 < outcome.tally.sent == sum(bool(user["email"]) for user in staff)
        assert {bool(each["COMPANY"]) for each in people} == {True, False}

    def test_the_section_of_the_mock_server_runs(self, source, tmp_path):
        text = source.zendesk.section(source.ini["url"])
        outcome, people = upload(text, "zendesk", tmp_path, source.zendesk.server_mapping)
        assert outcome.error is None
        assert any(each["COMPANY"] for each in people)
