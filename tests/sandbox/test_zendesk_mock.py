"""The sandbox's Zendesk, asked as its vendor documents it, and otherwise."""

import base64
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest

from sandbox.zendesk import Zendesk
from tests.sandbox.session import Session

USERS = "/api/v2/users.json"
ORGANIZATIONS = "/api/v2/organizations.json"
LISTS = [USERS, "/api/v2/users", ORGANIZATIONS, "/api/v2/organizations", "/api/v2/users/count.json"]


class Client(Session):
    """Signs in with an API token; paths in place of addresses."""

    def __init__(self, url: str, zendesk: Zendesk) -> None:
        super().__init__(url)
        self.auth = (f"{zendesk.username}/token", zendesk.api_token)

    def page(self, path=USERS, **params):
        answer = self.get(
            path, params={name.replace("__", "page"): params[name] for name in params}
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def sign_in(self, zendesk, **changes):
        body = {
            "grant_type": "client_credentials",
            "client_id": zendesk.client_id,
            "client_secret": zendesk.client_secret,
            "scope": "read",
        }
        answer = self.post("/oauth/tokens", json=body | changes)
        if answer.ok:
            self.auth = None
            self.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return answer


@pytest.fixture
def zendesk(stage) -> Zendesk:
    made = Zendesk(users=260, organizations=12)
    stage.app = made.app
    return made


@pytest.fixture
def client(stage, zendesk) -> Iterator[Client]:
    with Client(stage.url, zendesk) as client:
        yield client


class TestApiTokens:
    @pytest.mark.parametrize("path", LISTS)
    def test_nothing_is_listed_without_one(self, client, path):
        client.auth = None
        answer = client.get(path)
        assert answer.status_code == 401
        assert answer.json() == {"error": "Couldn't authenticate you"}
        assert answer.headers["WWW-Authenticate"] == 'Basic realm="Web Password"'

    def test_the_user_is_the_address_and_the_word_token(self, client, zendesk):
        for user in (zendesk.username, f"{zendesk.username}/tokens", "other@example.com/token"):
            client.auth = (user, zendesk.api_token)
            assert client.get(USERS).status_code == 401

    def test_they_can_be_switched_off(self, client, zendesk):
        assert client.get(USERS).status_code == 200
        zendesk.token_access = False
        assert client.get(USERS).status_code == 401

    def test_who_am_i_is_answered_to_anybody_but_a_wrong_token(self, client, zendesk):
        assert client.page("/api/v2/users/me.json")["user"]["email"] == zendesk.username
        client.auth = (zendesk.username, "a wrong password")
        assert client.page("/api/v2/users/me.json")["user"]["id"] is None
        client.auth = (f"{zendesk.username}/token", "a wrong token")
        assert client.get("/api/v2/users/me.json").status_code == 401

    def test_end_users_may_not_read_lists(self, client, zendesk):
        zendesk.role = "end-user"
        answer = client.get(USERS)
        assert answer.status_code == 403
        assert answer.json()["error"]["title"] == "Forbidden"


class TestOAuth:
    def test_a_client_gets_a_token(self, client, zendesk):
        answer = client.sign_in(zendesk, expires_in=3600)
        assert answer.status_code == 201
        assert set(answer.json()) == {"access_token", "token_type", "scope", "expires_in"}
        assert answer.json()["expires_in"] == 3600
        assert client.get(USERS).status_code == 200

    @pytest.mark.parametrize(
        ("changes", "status", "error"),
        [
            ({"client_secret": "wrong"}, 401, "invalid_client"),
            ({"client_id": "wrong"}, 401, "invalid_client"),
            ({"grant_type": "password"}, 400, "unsupported_grant_type"),
            ({"grant_type": "refresh_token", "refresh_token": "x"}, 400, "invalid_grant"),
            ({"expires_in": 300}, 400, "invalid_request"),
            ({"expires_in": 172_800}, 400, "invalid_request"),
        ],
    )
    def test_what_is_wrong_is_refused(self, client, zendesk, changes, status, error):
        answer = client.sign_in(zendesk, **changes)
        assert answer.status_code == status
        assert answer.json()["error"] == error

    def test_a_form_is_refused(self, client, zendesk):
        answer = client.post("/oauth/tokens", data={"grant_type": "client_credentials"})
        assert answer.status_code == 400

    def test_a_scope_beyond_the_client_s_is_refused(self, client, zendesk):
        zendesk.client_scopes = {"users:read"}
        assert client.sign_in(zendesk).json()["error"] == "invalid_scope"
        assert client.sign_in(zendesk, scope="users:read").status_code == 201
        assert client.get(USERS).status_code == 200
        answer = client.get(ORGANIZATIONS)
        assert answer.status_code == 403
        assert "required scopes" in answer.json()["description"]

    def test_a_misspelt_scope_opens_nothing(self, client, zendesk):
        assert client.sign_in(zendesk, scope="raed").status_code == 201
        assert client.get(USERS).status_code == 403

    def test_tokens_end_and_can_be_revoked(self, client, zendesk):
        client.sign_in(zendesk)
        zendesk.revoke_tokens()
        answer = client.get(USERS)
        assert answer.status_code == 401
        assert answer.json()["error"] == "invalid_token"
        zendesk.token_lifetime = 0
        client.sign_in(zendesk)
        assert client.get(USERS).status_code == 401


class TestPagesByNumber:
    def test_they_come_without_being_asked_for(self, client, zendesk):
        first = client.page()
        assert list(first) == ["users", "next_page", "previous_page", "count"]
        assert len(first["users"]) == 100
        assert first["count"] == sum(user["active"] for user in zendesk.users)
        assert first["previous_page"] is None
        assert first["next_page"] == f"{client.url}{USERS}?page=2"

    def test_following_them_leads_to_the_end(self, client, zendesk):
        ids, address = [], "/api/v2/users?per_page=70"
        while address:
            answer = client.get(address).json()
            ids += [user["id"] for user in answer["users"]]
            address = answer["next_page"]
        assert ids == [user["id"] for user in zendesk.users if user["active"]]

    def test_a_page_is_cut_to_100(self, client):
        assert len(client.page(per_page=500)["users"]) == 100

    @pytest.mark.parametrize(("number", "size"), [(101, 100), (1001, 10)])
    def test_beyond_10_000_records_there_is_none(self, client, number, size):
        answer = client.get(USERS, params={"page": number, "per_page": size})
        assert answer.status_code == 400
        [error] = answer.json()["errors"]
        assert error["code"] == "InvalidPaginationDepth"
        assert client.page(page=number - 1, per_page=size)["users"] == []

    @pytest.mark.parametrize("wrong", [{"page": 0}, {"per_page": "many"}, {"page": -1}])
    def test_what_is_no_number_is_refused(self, client, wrong):
        assert client.get(USERS, params=wrong).status_code == 400


class TestPagesByCursor:
    def test_the_envelope_is_another(self, client):
        first = client.page(**{"__[size]": 100})
        assert list(first) == ["users", "meta", "links"]
        assert set(first["meta"]) == {"has_more", "after_cursor", "before_cursor"}
        assert all(first["meta"].values())
        assert all(first["links"].values())

    @pytest.mark.parametrize("by_link", [True, False])
    @pytest.mark.parametrize("path", ["/api/v2/users", ORGANIZATIONS])
    def test_following_them_leads_to_the_end(self, client, zendesk, path, by_link):
        key = "users" if "users" in path else "organizations"
        ids, address = [], path
        params: dict[str, int] | None = {"page[size]": 7}
        while True:
            answer = client.get(address, params=params).json()
            ids += [record["id"] for record in answer[key]]
            if not answer["meta"]["has_more"]:
                break
            if by_link:
                address, params = answer["links"]["next"], None
            else:
                params["page[after]"] = answer["meta"]["after_cursor"]
        known = [each for each in getattr(zendesk, key) if each.get("active", True)]
        assert ids == [record["id"] for record in known]

    def test_the_last_page_with_records_still_has_a_link_to_an_empty_one(self, client, zendesk):
        zendesk.users[:] = [user for user in zendesk.users if user["active"]][:100]
        answer = client.page(**{"__[size]": 100})
        assert answer["meta"]["has_more"] is False
        empty = client.get(answer["links"]["next"]).json()
        assert empty == {
            "users": [],
            "meta": {"has_more": False, "after_cursor": None, "before_cursor": None},
            "links": {"prev": None, "next": None},
        }

    def test_one_can_go_back(self, client):
        first = client.page(**{"__[size]": 20})
        second = client.get(first["links"]["next"]).json()
        back = client.get(second["links"]["prev"]).json()
        assert back["users"] == first["users"]

    def test_links_are_complete_encoded_and_sorted(self, client):
        params = {"page[size]": 5, "role[]": ["end-user", "agent"]}
        link = client.get("/api/v2/users", params=params).json()["links"]["next"]
        parts = urlsplit(link)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == client.url + USERS
        names = [name for name, _ in parse_qsl(parts.query)]
        assert names == ["page[after]", "page[size]", "role[]", "role[]"]
        assert "[" not in parts.query

    def test_cursors_hold_what_an_address_has_to_encode(self, client):
        cursor = client.page(**{"__[size]": 5})["meta"]["after_cursor"]
        assert base64.b64decode(cursor, validate=True)
        assert {"=", "+", "/"} <= set(cursor)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"page[size]": 101},
            {"page[size]": 0},
            {"page[size]": 5, "page": 2},
            {"page[size]": 5, "page[after]": "nonsense"},
        ],
    )
    def test_what_does_not_fit_is_refused(self, client, wrong):
        answer = client.get(USERS, params=wrong)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["code"] == "InvalidPaginationParameter"


class TestRecords:
    def test_users_have_the_documented_keys_and_gaps(self, client):
        users = client.page()["users"]
        assert {len(user) for user in users} == {37}
        assert list(users[0])[:5] == ["id", "url", "name", "email", "created_at"]
        assert any(user["email"] is None for user in users)
        assert any(" " not in user["name"] for user in users)
        assert any(user["suspended"] for user in users)
        assert any(user["organization_id"] is None for user in users)

    def test_deleted_users_are_not_listed_and_suspended_ones_are(self, client, zendesk):
        assert any(not user["active"] for user in zendesk.users)
        assert all(user["active"] for user in client.page()["users"])

    def test_organizations_have_the_documented_keys(self, client):
        [first, *_] = client.page(ORGANIZATIONS)["organizations"]
        assert len(first) == 14

    @pytest.mark.parametrize(
        ("query", "roles"),
        [
            ("role=agent", {"agent"}),
            ("role[]=agent&role[]=admin", {"agent", "admin"}),
            ("role%5B%5D=admin", {"admin"}),
        ],
    )
    def test_roles_filter(self, client, query, roles):
        users = client.get(f"{USERS}?{query}").json()["users"]
        assert {user["role"] for user in users} == roles

    def test_external_ids_are_compared_without_regard_to_case(self, client):
        [user] = client.page(external_id="hr-00001")["users"]
        assert user["external_id"] == "HR-00001"

    def test_organizations_can_come_along_each_once(self, client):
        answer = client.page(**{"__[size]": 50, "include": "organizations"})
        named = {user["organization_id"] for user in answer["users"]}
        ids = [each["id"] for each in answer["organizations"]]
        assert len(set(ids)) == len(ids)
        assert set(ids) < named
        assert len(named - set(ids)) == 2, "no organization at all, and an unknown one"

    def test_users_can_be_counted(self, client, zendesk):
        count = client.page("/api/v2/users/count.json", role="agent")["count"]["value"]
        assert count == sum(u["active"] and u["role"] == "agent" for u in zendesk.users)


class TestLimitsAndErrors:
    def test_every_answer_tells_the_quota(self, client):
        for path in (USERS, "/api/v2/nothing"):
            headers = client.get(path).headers
            assert headers["X-Rate-Limit"] == headers["RateLimit-Limit"] == "700"
            assert headers["X-Rate-Limit-Remaining"] == headers["RateLimit-Remaining"]
            assert 1 <= int(headers["RateLimit-Reset"]) <= 60

    def test_beyond_the_quota_requests_are_refused(self, client, zendesk):
        zendesk.per_minute, zendesk.window = 2, 3600
        answers = [client.get(USERS) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
        assert int(answers[2].headers["Retry-After"]) >= 1

    def test_an_account_that_is_not_there_says_so(self, client, zendesk):
        zendesk.exists = False
        answer = client.get(USERS)
        assert answer.status_code == 404
        assert answer.json()["error"]["title"].startswith("No help desk at 127.0.0.1")

    def test_an_unknown_endpoint_says_so(self, client):
        answer = client.get("/api/v2/nothing.json")
        assert (answer.status_code, answer.json()["error"]) == (404, "InvalidEndpoint")

    def test_an_outage_comes_before_everything(self, client, zendesk):
        zendesk.fail_next(1, 503, headers={"Retry-After": "2"})
        answer = client.get(USERS)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
        assert client.get(USERS).status_code == 200

    def test_requests_are_remembered(self, client, zendesk):
        client.page(page=1)
        assert zendesk.requests == [("GET", f"{USERS}?page=1")]
