"""The mock server for OneLogin answers, pages, limits and refuses as OneLogin documents it."""

import base64
import time
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
import requests

from sandbox.onelogin import OneLogin
from sandbox.onelogin.users import UNASKED_IN_2, in_1, in_2, users
from tests.sandbox.session import Session

TOKEN = "/auth/oauth2/v2/token"
OLD_TOKEN = "/auth/oauth2/token"
USERS_1, USERS_2 = "/api/1/users", "/api/2/users"
XML = "/api/v2/users.xml"
GRANT = {"grant_type": "client_credentials"}
PEOPLE = 120


class Client(Session):
    """Paths stand in place of addresses."""

    def __init__(self, url: str, onelogin: OneLogin) -> None:
        super().__init__(url)
        self.onelogin = onelogin

    def pair(self) -> str:
        tokens = self.onelogin.tokens
        return f"client_id:{tokens.client_id}, client_secret:{tokens.client_secret}"

    def sign_in(self, path: str = TOKEN) -> requests.Response:
        return self.post(path, json=GRANT, headers={"Authorization": self.pair()})


@pytest.fixture
def onelogin(stage) -> OneLogin:
    made = OneLogin(PEOPLE)
    stage.app = made.app
    return made


@pytest.fixture
def stranger(stage, onelogin) -> Iterator[Client]:
    with Client(stage.url, onelogin) as client:
        yield client


@pytest.fixture
def client(stranger) -> Client:
    """A client with a token."""
    token = stranger.sign_in().json()["access_token"]
    stranger.headers["Authorization"] = f"bearer:{token}"
    return stranger


@pytest.fixture
def keyholder(stranger) -> Client:
    """A client with the key of the XML API."""
    stranger.auth = (stranger.onelogin.api_key, "x")
    return stranger


def status_of(answer) -> tuple[int, str]:
    status = answer.json()["status"]
    assert status["error"] is True
    assert status["code"] == answer.status_code
    return answer.status_code, status["message"]


# Signing in.


def test_the_three_ways_to_sign_in_give_the_same_token(stranger, onelogin):
    tokens = onelogin.tokens
    pair = (tokens.client_id, tokens.client_secret)
    form = {**GRANT, "client_id": pair[0], "client_secret": pair[1]}
    header = {"Authorization": stranger.pair().replace(", ", ",")}
    answers = [
        stranger.sign_in(),
        stranger.post(TOKEN, json=GRANT, headers=header),
        stranger.post(TOKEN, json=GRANT, auth=pair),
        stranger.post(TOKEN, data=form),
    ]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.json()["access_token"] for answer in answers}) == 1


def test_the_token_s_life_counts_from_its_making(stranger, onelogin):
    onelogin.tokens.age = 35_000
    first, second = stranger.sign_in().json(), stranger.sign_in().json()
    assert first["expires_in"] == second["expires_in"] == 36_000
    assert first["created_at"] == second["created_at"]
    assert time.time() - datetime.fromisoformat(first["created_at"]).timestamp() >= 34_999
    assert first["token_type"] == "bearer"


def test_the_older_address_has_an_envelope(stranger):
    answer = stranger.sign_in(OLD_TOKEN).json()
    assert answer["status"]["code"] == 200
    assert answer["data"][0]["access_token"] == stranger.sign_in().json()["access_token"]


@pytest.mark.parametrize("path", [TOKEN, OLD_TOKEN])
@pytest.mark.parametrize(
    ("how", "refusal"),
    [
        ({"json": GRANT}, (401, "Authentication Failure")),
        ({"json": GRANT, "auth": ("an id", "a secret")}, (401, "Authentication Failure")),
        ({"json": GRANT, "headers": {"Authorization": "Basic %"}}, (401, "Authentication Failure")),
        ({"data": {**GRANT, "client_id": "an id"}}, (401, "Authentication Failure")),
        ({"json": {}}, (400, "grant_type is incorrect/absent")),
        ({"json": {"grant_type": "password"}}, (400, "grant_type is incorrect/absent")),
        ({"json": [1]}, (400, "grant_type is incorrect/absent")),
        ({"data": "grant_type"}, (400, "grant_type is incorrect/absent")),
    ],
)
def test_a_sign_in_is_refused(stranger, path, how, refusal):
    assert status_of(stranger.post(path, **how)) == refusal


def test_the_wrong_secret_is_refused(stranger, onelogin):
    onelogin.tokens.client_secret = "another one"
    header = {"Authorization": f"client_id:{onelogin.tokens.client_id}, client_secret:old"}
    assert stranger.post(TOKEN, json=GRANT, headers=header).status_code == 401


@pytest.mark.parametrize("path", [USERS_1, USERS_2, "/auth/rate_limit"])
@pytest.mark.parametrize("form", ["bearer:{}", "bearer {}", "Bearer {}"])
def test_the_token_may_be_sent_in_each_way_that_is_in_use(stranger, path, form):
    token = stranger.sign_in().json()["access_token"]
    headers = {"Authorization": form.format(token)}
    assert stranger.get(path, headers=headers).status_code == 200


@pytest.mark.parametrize("end", ["revoked", "over", "made up", "none"])
def test_a_token_that_does_not_count(client, onelogin, end):
    if end == "revoked":
        onelogin.tokens.revoke()
    elif end == "over":
        onelogin.tokens.lifetime = 0
    else:
        client.headers["Authorization"] = "" if end == "none" else "bearer:0f1e"
    assert status_of(client.get(USERS_1)) == (401, "Authentication Failure")
    answer = client.get(USERS_2)
    assert (answer.status_code, answer.json()["name"]) == (401, "UnauthorizedError")
    assert answer.json()["statusCode"] == 401


def test_a_new_sign_in_renews_a_token_that_is_over(client, onelogin):
    onelogin.tokens.age = 40_000
    onelogin.tokens.revoke()
    old = client.sign_in().json()["access_token"]
    assert client.sign_in().json()["access_token"] != old, "it was over when it was issued"


def test_another_sort_of_sign_in_is_malformed(stranger):
    answer = stranger.get(USERS_1, auth=("an id", "a secret"))
    assert status_of(answer) == (400, "Authorization Information is incorrect")


def test_the_scope_may_be_too_small(client, onelogin):
    onelogin.tokens.scope = "Authentication Only"
    assert client.get(USERS_1).status_code == client.get(USERS_2).status_code == 403


def test_other_paths_are_unknown(client):
    assert status_of(client.get("/api/1/people")) == (404, "No Route Exists")


# API /1.


def test_a_page_of_api_1(client, onelogin):
    answer = client.get(USERS_1)
    body = answer.json()
    assert body["status"] == {
        "error": False,
        "code": 200,
        "type": "success",
        "message": "Success",
    }
    assert body["data"] == [in_1(user) for user in onelogin.users[:50]]
    assert len(body["data"][0]) == 35
    assert body["pagination"]["before_cursor"] is None
    cursor = body["pagination"]["after_cursor"]
    assert base64.b64decode(cursor).decode().endswith(f"##id:::{onelogin.users[49]['id']}")
    link = f"{client.url}{USERS_1}?after_cursor={quote(cursor, safe='')}"
    assert body["pagination"]["next_link"] == link
    assert (
        client.get(link.removeprefix(client.url)).json()["data"][0]["id"]
        == (onelogin.users[50]["id"])
    )


def test_api_1_to_the_last_page(client, onelogin):
    found, cursor = [], ""
    while cursor is not None:
        body = client.get(USERS_1, params={"after_cursor": cursor}).json()
        found += [user["id"] for user in body["data"]]
        cursor = body["pagination"]["after_cursor"]
    assert found == [user["id"] for user in onelogin.users]
    assert body["pagination"]["before_cursor"]


def test_a_single_page_has_no_cursors(client, onelogin):
    del onelogin.users[50:]
    pagination = client.get(USERS_1).json()["pagination"]
    assert set(pagination.values()) == {None}
    assert len(pagination) == 4


@pytest.mark.parametrize(("limit", "size"), [("7", 7), ("50", 50), ("1000", 50)])
def test_a_page_of_api_1_has_50_users_at_most(client, limit, size):
    assert len(client.get(USERS_1, params={"limit": limit}).json()["data"]) == size


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "after_cursor=x", "after_cursor=YQ=="])
def test_api_1_refuses_what_it_cannot_read(client, query):
    assert client.get(f"{USERS_1}?{query}").status_code == 400


def test_fields_of_api_1(client):
    first = client.get(USERS_1, params={"fields": "email,role_id,colour"}).json()["data"][0]
    assert set(first) == {"id", "email", "role_id"}


def test_the_quota_is_told_in_seconds(client, onelogin):
    headers = client.get(USERS_1).headers
    assert headers["X-RateLimit-Limit"] == "5000"
    assert headers["X-RateLimit-Remaining"] == "4999"
    assert 3590 <= int(headers["X-RateLimit-Reset"]) <= 3600
    data = client.get("/auth/rate_limit").json()["data"]
    assert data["X-RateLimit-Remaining"] == 4999
    assert 3590 <= data["X-RateLimit-Reset"] <= 3600


@pytest.mark.parametrize("status", [400, 429])
def test_a_used_up_quota(client, onelogin, status):
    onelogin.quota, onelogin.used_up = 1, status
    assert client.get(USERS_1).status_code == 200
    answer = client.get(USERS_1)
    assert status_of(answer) == (status, "rate_limit_exceeded")
    assert answer.headers["X-RateLimit-Remaining"] == "0"
    assert client.get(USERS_2).status_code == 200, "the quota is that of API /1"
    onelogin.refill()
    assert client.get(USERS_1).status_code == 200


# API /2.


def test_a_page_of_api_2(client, onelogin):
    answer = client.get(USERS_2)
    assert [user["id"] for user in answer.json()] == [user["id"] for user in onelogin.users[:50]]
    assert set(answer.json()[0]) == set(UNASKED_IN_2)
    assert len(UNASKED_IN_2) == 22
    headers = {name: answer.headers[name] for name in ("Current-Page", "Page-Items")}
    assert headers == {"Current-Page": "1", "Page-Items": "50"}
    assert (answer.headers["Total-Count"], answer.headers["Total-Pages"]) == ("120", "3")
    assert not any(name.lower().startswith("x-ratelimit") for name in answer.headers)


def test_fields_of_api_2(client, onelogin):
    first = client.get(USERS_2, params={"fields": "email,role_ids,custom_attributes,colour"})
    user = onelogin.users[0]
    assert first.json()[0] == {
        "id": user["id"],
        "email": user["email"],
        "role_ids": user["role_id"],
        "custom_attributes": user["custom_attributes"],
    }
    assert len(in_2(user)) == 33


def test_api_2_by_numbers(client, onelogin):
    pages = [client.get(USERS_2, params={"page": n, "limit": 50}).json() for n in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [50, 50, 20, 0]
    assert [user["id"] for page in pages for user in page] == [u["id"] for u in onelogin.users]


def test_api_2_by_cursors(client):
    answer = client.get(USERS_2, params={"limit": 60})
    assert len(answer.json()) == 60
    following = client.get(USERS_2, params={"cursor": answer.headers["After-Cursor"]})
    assert following.json()[0]["id"] == answer.json()[-1]["id"] + 3
    assert following.headers["Current-Page"] == "2"
    assert "After-Cursor" not in following.headers
    back = client.get(USERS_2, params={"cursor": following.headers["Before-Cursor"]})
    assert back.json() == answer.json()


def test_a_cursor_past_the_end(client, onelogin):
    onelogin.cursor_past_end = True
    last = client.get(USERS_2, params={"page": 3})
    beyond = client.get(USERS_2, params={"cursor": last.headers["After-Cursor"]})
    assert beyond.json() == []


def test_a_page_of_api_2_has_100_users_at_most(client):
    assert len(client.get(USERS_2, params={"limit": 1000}).json()) == 100


@pytest.mark.parametrize(
    ("query", "description"),
    [
        ("cursor={}&limit=50", "Requests can only have cursor xor pagination arguments"),
        ("cursor={}&page=2", "Requests can only have cursor xor pagination arguments"),
        ("cursor=made-up", "Invalid pagination cursor"),
        ("cursor=YWJj", "Invalid pagination cursor"),
        ("page=0", "Invalid pagination arguments"),
        ("limit=many", "Invalid pagination arguments"),
    ],
)
def test_api_2_refuses_what_it_cannot_read(client, query, description):
    cursor = quote(client.get(USERS_2).headers["After-Cursor"], safe="")
    answer = client.get(f"{USERS_2}?{query.format(cursor)}")
    assert answer.status_code == 400
    assert answer.json() == {
        "status": 400,
        "error": "BadRequestError",
        "description": description,
    }


# The XML API.


def listed(answer) -> list[int]:
    assert answer.status_code == 200
    return [int(user.findtext("id")) for user in ElementTree.fromstring(answer.content)]


@pytest.mark.parametrize("version", ["v1", "v2", "v3"])
def test_the_xml_api_by_pages(keyholder, onelogin, version):
    path = f"/api/{version}/users.xml"
    pages = [listed(keyholder.get(path, params={"page": number})) for number in (1, 2, 3)]
    assert [len(page) for page in pages] == [100, 20, 0]
    assert [number for page in pages for number in page] == [u["id"] for u in onelogin.users]


def test_the_xml_api_from_an_id_on(keyholder, onelogin):
    idents = [user["id"] for user in onelogin.users]
    assert listed(keyholder.get(XML, params={"from_id": 0})) == idents[:100]
    assert listed(keyholder.get(XML, params={"from_id": idents[99]})) == idents[100:]
    assert listed(keyholder.get(XML, params={"from_id": idents[-1]})) == []


@pytest.mark.parametrize("name", ["nil-classes", "users"])
def test_the_end_of_the_xml_api(keyholder, onelogin, name):
    onelogin.empty_list = name
    root = ElementTree.fromstring(keyholder.get(XML, params={"page": 9}).content)
    assert (root.tag, root.attrib, len(root)) == (name, {"type": "array"}, 0)


def test_custom_attributes_come_on_request(keyholder):
    bare = ElementTree.fromstring(keyholder.get(XML).content)[0]
    assert not [leaf for leaf in bare if leaf.tag.startswith("custom")]
    params = {"include_custom_attributes": "true"}
    user = ElementTree.fromstring(keyholder.get(XML, params=params).content)[0]
    assert user.findtext("custom_attribute_badge") == "B-1"
    assert user.find("custom_attribute_cost_center").get("nil") == "true"


def test_a_user_in_xml(keyholder, onelogin):
    root = ElementTree.fromstring(keyholder.get(XML).content)
    assert root.get("type") == "array"
    user = root[2]
    assert len(user) == 23
    assert user.findtext("lastname") == onelogin.users[2]["lastname"]
    assert user.findtext("created-at") == "2024-04-04T00:15:30-08:00"
    assert user.find("locked-until").get("nil") == "true"
    assert [role.findtext("name") for role in user.find("roles")] == ["Employee", "Oslo Office"]
    phones = {each.find("phone") is not None for each in root}
    assert phones == {True, False}


@pytest.mark.parametrize("password", ["x", "", "anything"])
def test_only_the_key_counts(stranger, onelogin, password):
    assert stranger.get(XML, auth=(onelogin.api_key, password)).status_code == 200


@pytest.mark.parametrize("auth", [None, ("wrong", "x"), ("x", "wrong")])
def test_without_the_key_the_xml_api_refuses(stranger, auth):
    answer = stranger.get(XML, auth=auth)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert ElementTree.fromstring(answer.content).findtext("title") == "Unauthorized Access"


# The people, and the switches.


def test_awkward_users_are_there():
    everybody = users(300)
    assert {user["status"] for user in everybody} == {0, 1, 2, 3, 4, 5, 7, 8}
    for name in ("username", "phone", "email", "role_id", "title", "distinguished_name"):
        values = [user[name] for user in everybody]
        assert None in values
        assert any(values)
    costs = {user["custom_attributes"]["cost_center"] for user in everybody}
    assert {None, ""} < costs
    mails = [user["email"] for user in everybody if user["email"]]
    assert len(set(mails)) < len(mails)
    names = [user["distinguished_name"] or "" for user in everybody]
    assert any("\\," in name for name in names)
    assert not all(name.isascii() for name in names)


def test_unset_texts_are_empty_in_api_1_and_null_in_api_2():
    nameless = next(user for user in users(PEOPLE) if user["username"] is None)
    assert in_1(nameless)["username"] == ""
    assert in_2(nameless)["username"] is None


def test_listings_that_turn_in_circles(client, onelogin):
    onelogin.stuck = True
    cursors = [""]
    for _ in range(3):
        body = client.get(USERS_1, params={"after_cursor": cursors[-1]}).json()
        cursors.append(body["pagination"]["after_cursor"])
    assert cursors[2] == cursors[3]
    second, third = (client.get(USERS_2, params={"page": n}).json() for n in (2, 3))
    assert second == third


def test_outages_and_what_was_asked(client, onelogin):
    onelogin.requests.clear()
    onelogin.outages.fail_next(1, 429, path="/auth")
    answer = client.sign_in()
    assert answer.status_code == 429
    assert answer.headers["Content-Type"].startswith("text/html")
    assert client.get(f"{USERS_2}?limit=1").status_code == 200
    assert onelogin.requests == [("POST", TOKEN), ("GET", f"{USERS_2}?limit=1")]
