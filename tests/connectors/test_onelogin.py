"""OneLogin against the sandbox's, by each of its APIs: the contract, and what is special."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Self

import flask
import pytest

from connectors.onelogin import FIELDS, Settings
from lib.connector import Projection, SourceItem
from lib.errors import (
    AccessDenied,
    ConnectorError,
    RecordUnreadable,
    SignInError,
    SourceFault,
    SourceUnavailable,
)
from lib.http.client import NotFound
from lib.mapping.mapper import Mapper
from lib.mapping.mapping import merge
from lib.record import Record
from lib.secrets import redact
from lib.settings import read_settings
from lib.values.paths import compile_path
from sandbox.onelogin import OneLogin
from tests.certificates import Certificates
from tests.contract import ConnectorContract, failure
from tests.example import PAGES, page_example, upload
from tests.source import WebSource, does_not_apply

PEOPLE = 230
TOKEN = ("POST", "/auth/oauth2/v2/token")
LISTED = "users come with their page; nobody is asked for alone"
MANY = 1_000_000


class OneLoginSource(WebSource):
    """`path` is that of the listing; API /1 and /2 are told apart by it."""

    connector = "onelogin"
    id_path, name_path = "id", "lastname"
    wrong_credentials: ClassVar = {"client_secret": "wr0ng-s3cret"}
    path = "/api/2/users"
    most_for_three = 2
    vanish = does_not_apply(LISTED)
    spoil = does_not_apply(LISTED)

    def __init__(self) -> None:
        self.onelogin = OneLogin(PEOPLE)
        ini = {"default_role": "25", "default_position": "Employee"}
        super().__init__(self.onelogin.app, **ini, **self.credentials())

    def credentials(self) -> dict[str, str]:
        tokens = self.onelogin.tokens
        return {"client_id": tokens.client_id, "client_secret": tokens.client_secret}

    def __enter__(self) -> Self:
        super().__enter__()
        self.ini["url"] += self.path
        return self

    def elsewhere(self, address: str) -> dict[str, str]:
        return {"url": f"http://{address}{self.path}"}

    def over_tls(self, certificates: Certificates) -> Any:
        return _Served(super().over_tls(certificates), self.path)

    @property
    def names(self) -> dict[str, str]:
        return {str(user["id"]): user["lastname"] for user in self.onelogin.users}

    @property
    def requests(self) -> int:
        return len(self.onelogin.requests)

    def withdraw_rights(self) -> None:
        self.onelogin.tokens.scope = "Authentication Only"

    def fail_once(self) -> None:
        self.onelogin.outages.fail_next(1, path="/api/")

    def fail_for_good(self) -> None:
        self.onelogin.outages.fail_next(MANY, path="/api/")

    def end_sessions(self) -> None:
        self.onelogin.tokens.revoke()

    def garble(self, body: str) -> dict[str, str]:
        self.onelogin.outages.fail_next(MANY, 200, path="/api/", body=body)
        return {}

    def clear(self) -> None:
        self.onelogin.users.clear()


class _Served:
    """The settings for a server over TLS, with the path behind its address."""

    def __init__(self, served: Any, path: str) -> None:
        self._served, self._path = served, path

    def __enter__(self) -> dict[str, str]:
        return {"url": self._served.__enter__()["url"] + self._path}

    def __exit__(self, *what: object) -> None:
        self._served.__exit__(*what)


class Api1(OneLoginSource):
    path = "/api/1/users"


class XmlApi(OneLoginSource):
    path = "/api/v2/users.xml"
    wrong_credentials: ClassVar = {"api_token": "wr0ng-k3y"}
    most_for_three = 1
    withdraw_rights = does_not_apply("the key may read, or does not exist")
    end_sessions = does_not_apply("a key has no session")

    def credentials(self) -> dict[str, str]:
        return {"api_token": self.onelogin.api_key}


class TestApi2(ConnectorContract):
    source_type = OneLoginSource


class TestApi1(ConnectorContract):
    source_type = Api1


class TestXmlApi(ConnectorContract):
    source_type = XmlApi


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lib.retry.FIRST_PAUSE", 0.0)


@pytest.fixture(params=[OneLoginSource, Api1, XmlApi])
def each(request: pytest.FixtureRequest) -> Iterator[OneLoginSource]:
    with request.param() as made:
        yield made


@pytest.fixture(params=[OneLoginSource, Api1])
def json_api(request: pytest.FixtureRequest) -> Iterator[OneLoginSource]:
    with request.param() as made:
        yield made


@pytest.fixture
def api_1() -> Iterator[OneLoginSource]:
    with Api1() as made:
        yield made


@pytest.fixture
def api_2() -> Iterator[OneLoginSource]:
    with OneLoginSource() as made:
        yield made


@pytest.fixture
def xml_api() -> Iterator[OneLoginSource]:
    with XmlApi() as made:
        yield made


def read(source: OneLoginSource, *paths: str, **ini: str) -> list[Record]:
    delivered = source.connect(**ini).records(Projection(frozenset(paths or {"username"})))
    return [item for item in delivered if isinstance(item, dict)]


def ids(records: list[Record]) -> list[int]:
    return [int(record["id"]) for record in records]


def all_ids(source: OneLoginSource) -> list[int]:
    return [user["id"] for user in source.onelogin.users]


def listings(source: OneLoginSource) -> list[str]:
    return [path for _, path in source.onelogin.requests if path.startswith("/api/")]


def at_page(source: OneLoginSource, number: int, do: Callable[[], Any]) -> None:
    """Do something once, when that many pages have been asked for."""

    def on_request(_: str, path: str) -> None:
        if path.startswith("/api/") and len(listings(source)) == number:
            source.onelogin.on_request = None
            do()

    source.onelogin.on_request = on_request


# What a record is, and what becomes of it.


def test_the_default_mapping_has_the_documented_sources(each: OneLoginSource) -> None:
    mapping = each.connect().default_mapping()
    assert {field: item.get("source") or item["setting"] for field, item in mapping.items()} == {
        "USER": "username",
        "FIRST_NAME": "firstname",
        "LAST_NAME": "lastname",
        "EMAIL": "email",
        "PHONE": "phone",
        "PERMISSIONS_ID": "default_role",
        "POSITION": "default_position",
    }


def test_users_without_a_username_have_nothing_for_user(each: OneLoginSource) -> None:
    made = each.connect()
    mapper = Mapper(merge({"built-in": made.default_mapping()}).values(), made.settings)
    delivered = made.records(Projection(mapper.paths))
    logins = [mapper(record).values["USER"] for record in delivered if isinstance(record, dict)]
    nameless = [user for user in each.onelogin.users if not user["username"]]
    assert nameless
    assert sum(not login for login in logins) == len(nameless)


def test_custom_attributes_have_their_short_names_too(each: OneLoginSource) -> None:
    wanted = [user["custom_attributes"] for user in each.onelogin.users]
    records = read(each, "cost_center", "badge")
    assert [record["badge"] for record in records] == [item["badge"] for item in wanted]
    assert [record["cost_center"] or None for record in records] == [
        item["cost_center"] or None for item in wanted
    ]


def test_the_long_name_of_a_custom_attribute(each: OneLoginSource) -> None:
    long = "custom_attribute_badge" if each.path.endswith("xml") else "custom_attributes.badge"
    first = read(each, long)[0]
    assert compile_path(long)(first) == each.onelogin.users[0]["custom_attributes"]["badge"]


def test_a_custom_attribute_hides_no_field_of_the_user(each: OneLoginSource) -> None:
    for user in each.onelogin.users:
        user["custom_attributes"]["email"] = "somebody else"
    records = read(each, "email", "custom_attributes")
    assert "somebody else" not in [record["email"] for record in records]


def test_a_short_name_with_a_dot(json_api: OneLoginSource) -> None:
    json_api.onelogin.users[0]["custom_attributes"]["desk.floor"] = "3"
    first = read(json_api, "desk.floor")[0]
    for path in ("desk.floor", "custom_attributes.desk.floor"):
        assert compile_path(path)(first) == "3"


# The JSON APIs: sign-in.


def test_the_token_comes_from_the_host_of_the_url(json_api: OneLoginSource) -> None:
    read(json_api)
    assert json_api.onelogin.requests[0] == TOKEN
    assert json_api.onelogin.requests.count(TOKEN) == 1


@pytest.mark.parametrize("rest", ["", "/", "/api/2", "/api/2/users/"])
def test_a_host_alone_means_the_newest_api(api_2: OneLoginSource, rest: str) -> None:
    host = api_2.ini["url"].removesuffix(api_2.path)
    assert len(read(api_2, url=host + rest)) == PEOPLE
    assert all(path.startswith("/api/2/users?") for path in listings(api_2))


def test_the_secret_is_sent_for_the_token_only(json_api: OneLoginSource) -> None:
    seen: list[str] = []

    def on_request(*_: str) -> None:
        seen.append(flask.request.headers["Authorization"])

    json_api.onelogin.on_request = on_request
    read(json_api)
    tokens = json_api.onelogin.tokens
    assert seen[0] == f"client_id:{tokens.client_id}, client_secret:{tokens.client_secret}"
    assert all(value.startswith("Bearer ") for value in seen[1:])


def test_a_token_in_an_envelope_is_one_too(
    json_api: OneLoginSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue = json_api.onelogin.tokens.issue_enveloped
    monkeypatch.setitem(json_api.onelogin.app.view_functions, "issue", issue)
    assert len(read(json_api)) == PEOPLE


def test_a_token_that_is_nearly_over_is_renewed_once_it_is(json_api: OneLoginSource) -> None:
    tokens = json_api.onelogin.tokens
    tokens.age = tokens.lifetime - 0.2
    with closing(json_api.records(json_api.connect())) as records:
        delivered: list[SourceItem] = list(islice(records, 10))
        tokens.lifetime, lifetime = 0, tokens.lifetime  # it is over now

        def on_sign_in(_: str, path: str) -> None:
            if path == TOKEN[1]:
                tokens.lifetime = lifetime
                tokens.revoke()

        json_api.onelogin.on_request = on_sign_in
        delivered += records
    assert len(json_api.ids(delivered)) == PEOPLE
    assert json_api.onelogin.requests.count(TOKEN) == 2


def test_wrong_credentials_are_named(json_api: OneLoginSource) -> None:
    error = failure(json_api.connect(client_id="nobody"), SignInError, json_api.address)
    assert "client_id" in error.fix


def test_too_small_a_scope_is_no_wrong_secret(json_api: OneLoginSource) -> None:
    json_api.withdraw_rights()
    error = failure(json_api.connect(), AccessDenied, json_api.address)
    assert "client_secret" not in error.fix


def test_a_host_without_sign_in_is_a_matter_of_the_url(json_api: OneLoginSource) -> None:
    json_api.onelogin.outages.fail_next(MANY, 404)
    assert "url" in failure(json_api.connect(), NotFound, json_api.address).fix


@pytest.mark.parametrize("body", ["<html/>", "{}", "null", '{"data": []}', '{"data": [{}]}'])
def test_a_sign_in_that_gives_no_token_fails(json_api: OneLoginSource, body: str) -> None:
    json_api.onelogin.outages.fail_next(1, 200, path="/auth", body=body)
    failure(json_api.connect(), SourceFault, json_api.address)


@pytest.mark.parametrize("message", ["Not this one", {"description": "Not this one"}])
def test_a_sign_in_that_is_refused_with_success_is_told_in_its_words(
    json_api: OneLoginSource, message: Any
) -> None:
    status = {"error": True, "code": 401, "type": "Unauthorized", "message": message}
    body = json.dumps({"status": status})
    json_api.onelogin.outages.fail_next(1, 200, path="/auth", body=body)
    error = failure(json_api.connect(), SignInError, json_api.address)
    assert error.what == "OneLogin reported an error (Not this one)"
    assert "client_secret" in error.fix


@pytest.mark.parametrize("path", ["/auth", "/api/"])
def test_credentials_whose_maker_was_deleted_are_thought_of(
    json_api: OneLoginSource, path: str
) -> None:
    json_api.onelogin.outages.fail_next(1, 500, path=path)
    error = failure(json_api.connect(), SourceUnavailable, json_api.address)
    assert "administrator who created the credentials" in error.fix


def test_a_crowd_at_the_sign_in_is_waited_for(json_api: OneLoginSource) -> None:
    json_api.onelogin.outages.fail_next(1, 429, path="/auth", body="<html>Too many</html>")
    json_api.connect(retries="1").check()
    assert json_api.onelogin.requests[:2] == [TOKEN, TOKEN]


# API /2.


def test_api_2_is_asked_for_what_is_needed(api_2: OneLoginSource) -> None:
    read(api_2, "username", "title", "role_ids.0")
    assert listings(api_2)[0] == (
        "/api/2/users?fields=id%2Cusername%2Ctitle%2Crole_ids&limit=50&page=1"
    )


def test_api_2_gives_everything_when_it_is_wanted(api_2: OneLoginSource) -> None:
    with closing(api_2.connect().records(Projection(everything=True))) as records:
        first = next(records)
    assert isinstance(first, dict)
    assert set(FIELDS) <= set(first)
    assert first["title"] == api_2.onelogin.users[0]["title"]


def test_api_2_is_read_by_number_to_its_last_page(api_2: OneLoginSource) -> None:
    api_2.onelogin.cursor_past_end = True
    made = api_2.connect()
    assert len(list(api_2.records(made))) == PEOPLE
    assert [path[-6:] for path in listings(api_2)] == [f"page={number}" for number in range(1, 6)]
    assert made.expected == PEOPLE


def test_api_2_without_its_headers_is_read_until_nothing_comes(
    api_2: OneLoginSource,
) -> None:
    def undress(answer: flask.Response) -> flask.Response:
        for name in ("Total-Pages", "Total-Count", "Current-Page", "After-Cursor"):
            answer.headers.pop(name, None)
        return answer

    api_2.onelogin.app.after_request(undress)
    assert ids(read(api_2)) == all_ids(api_2)
    assert len(listings(api_2)) == 6


def test_an_empty_page_before_the_last_ends_the_run(api_2: OneLoginSource) -> None:
    pages = {"Total-Pages": "5", "Total-Count": "230"}
    fail = api_2.onelogin.outages.fail_next
    at_page(api_2, 3, lambda: fail(1, 200, path="/api/", body="[]", headers=pages))
    with pytest.raises(SourceFault, match="page 3 is empty"):
        read(api_2)


def test_who_moves_to_a_later_page_comes_once(api_2: OneLoginSource) -> None:
    users = api_2.onelogin.users
    at_page(api_2, 2, lambda: users.insert(0, users[0] | {"id": 7}))
    delivered: list[SourceItem] = []
    with pytest.raises(
        SourceFault, match=f"reported {PEOPLE + 1} records but returned only {PEOPLE}"
    ):
        delivered.extend(api_2.records(api_2.connect()))
    assert len(set(api_2.ids(delivered))) == len(delivered) == PEOPLE


def test_a_single_person_who_moved_to_the_last_page_is_no_repeated_page(
    api_2: OneLoginSource,
) -> None:
    users = api_2.onelogin.users
    del users[50:]
    at_page(api_2, 1, lambda: None)
    with closing(api_2.records(api_2.connect())) as records:
        users.append(users[0] | {"id": 999_999})
        delivered = list(islice(records, 50))
        users.insert(0, users[0] | {"id": 7})
        del users[-1]
        with pytest.raises(SourceFault, match="reported 51 records but returned only 50"):
            delivered.extend(records)
    assert len(delivered) == 50


@pytest.mark.parametrize("vanished", [1, 50, 51, 120])
@pytest.mark.parametrize("page", [2, 3, 5])
def test_who_moves_forward_when_others_are_deleted_is_not_lost(
    api_2: OneLoginSource, vanished: int, page: int
) -> None:
    users = api_2.onelogin.users
    at_page(api_2, page, lambda: users.__delitem__(slice(0, vanished)))
    found = ids(read(api_2))
    assert len(set(found)) == len(found)
    assert set(found) >= set(all_ids(api_2))


def test_a_listing_that_gives_fewer_users_than_it_tells_is_not_complete(
    api_2: OneLoginSource,
) -> None:
    body = json.dumps([{"id": 1}, {"id": 2}])
    headers = {"Total-Count": "3", "Total-Pages": "1"}
    api_2.onelogin.outages.fail_next(MANY, 200, path="/api/", body=body, headers=headers)
    delivered: list[SourceItem] = []
    with pytest.raises(SourceFault, match="reported 3 records but returned only 2"):
        delivered.extend(api_2.connect().records(Projection()))
    assert len(delivered) == 2


@pytest.mark.parametrize(
    "body", ['{"message": "Internal", "statusCode": 500}', "[null]", "{}", '[{"username": "ada"}]']
)
def test_a_page_of_api_2_of_another_shape_ends_the_run(api_2: OneLoginSource, body: str) -> None:
    at_page(api_2, 2, lambda: api_2.garble(body))
    with pytest.raises(SourceFault):
        read(api_2)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"message": "Internal", "name": "X", "statusCode": 500}', "Internal"),
        ('{"status": 400, "error": "BadRequestError", "description": "No"}', "BadRequestError: No"),
    ],
)
def test_an_error_of_api_2_with_success_is_told_in_its_words(
    api_2: OneLoginSource, body: str, said: str
) -> None:
    api_2.garble(body)
    assert (
        failure(api_2.connect(), SourceFault, api_2.address).what
        == f"OneLogin reported an error ({said})"
    )


def test_item_without_id_is_rejected(each: OneLoginSource) -> None:
    _, *others = all_ids(each)
    each.onelogin.users[0]["id"] = ""
    if isinstance(each, Api1):  # whose cursors need the id
        each.garble(envelope(data=[{"username": "ada"}, {"id": 7}]))
        others = [7]
    delivered = list(each.connect().records(Projection(frozenset({"id"}))))
    assert isinstance(delivered[0], RecordUnreadable)
    assert ids([item for item in delivered if isinstance(item, dict)]) == others


def test_api_2_can_be_overloaded(api_2: OneLoginSource) -> None:
    fail = api_2.onelogin.outages.fail_next
    at_page(api_2, 2, lambda: fail(1, 429, path="/api/", headers={"Retry-After": "0"}))
    assert len(read(api_2, retries="1")) == PEOPLE


# API /1.


def test_api_1_is_read_by_its_cursors(api_1: OneLoginSource) -> None:
    assert ids(read(api_1)) == all_ids(api_1)
    assert listings(api_1)[0] == "/api/1/users"
    assert all(path.endswith("%3D%3D") for path in listings(api_1)[1:])
    assert len(listings(api_1)) == 5


def test_a_list_in_the_list_is_nobody(api_1: OneLoginSource) -> None:
    api_1.garble(envelope(data=[[]]))
    assert read(api_1) == []


def envelope(**changes: Any) -> str:
    good = {
        "status": {"error": False, "code": 200, "type": "success", "message": "Success"},
        "pagination": {"after_cursor": None, "next_link": None},
        "data": [],
    }
    return json.dumps(good | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": {"error": True, "code": 500, "message": "Something is broken"}},
        {"status": {"error": True}},
        {"status": 200},
        {"pagination": None},
        {"pagination": {}},
        {"data": None},
        {"data": {}},
        {"data": [None]},
        {"data": [{"username": "ada"}]},
    ],
)
def test_an_envelope_of_another_shape_ends_the_run(
    api_1: OneLoginSource, changes: dict[str, Any]
) -> None:
    at_page(api_1, 2, lambda: api_1.garble(envelope(**changes)))
    with pytest.raises(SourceFault):
        read(api_1)


@pytest.mark.parametrize("status", [400, 429])
def test_a_used_up_quota_is_waited_for(
    api_1: OneLoginSource, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    onelogin = api_1.onelogin
    onelogin.used_up = status
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if seconds > 100:
            onelogin.refill()

    monkeypatch.setattr("time.sleep", sleep)
    at_page(api_1, 3, lambda: setattr(onelogin, "quota", 2))
    assert ids(read(api_1, retries="12")) == all_ids(api_1)
    assert max(pauses) == 300, "the hour may begin anew before it is over for us"


@pytest.mark.parametrize("retries", ["0", "3"])
def test_a_used_up_quota_ends_a_run_that_cannot_outwait_it(
    api_1: OneLoginSource, retries: str
) -> None:
    api_1.onelogin.quota = 0
    with pytest.raises(SourceUnavailable, match="rate_limit_exceeded") as caught:
        read(api_1, retries=retries)
    assert "hour" in caught.value.fix
    assert len(listings(api_1)) == 1


def test_another_400_is_not_waited_for(api_1: OneLoginSource) -> None:
    at_page(api_1, 2, lambda: api_1.onelogin.outages.fail_next(1, 400, path="/api/"))
    with pytest.raises(SourceFault):
        read(api_1, retries="5")
    assert len(listings(api_1)) == 2


# The XML API.


def test_the_key_is_the_name_and_x_the_password(xml_api: OneLoginSource) -> None:
    seen: list[Any] = []
    xml_api.onelogin.on_request = lambda *_: seen.append(flask.request.authorization)
    read(xml_api)
    assert {(login.username, login.password) for login in seen} == {(xml_api.onelogin.api_key, "x")}


def test_the_credential_is_a_secret_also_without_its_scheme(xml_api: OneLoginSource) -> None:
    xml_api.connect().check()
    login = base64.b64encode(f"{xml_api.onelogin.api_key}:x".encode()).decode()
    assert login not in redact(f"sent {login}")


def test_xml_is_asked_for(xml_api: OneLoginSource) -> None:
    seen: list[str] = []
    xml_api.onelogin.on_request = lambda *_: seen.append(flask.request.headers["Accept"])
    read(xml_api)
    assert set(seen) == {"application/xml, text/xml"}


@pytest.mark.parametrize("version", ["v1", "v2", "v3"])
@pytest.mark.parametrize("empty_list", ["nil-classes", "users"])
@pytest.mark.parametrize("people", [0, 1, 100, 101])
def test_the_xml_api_is_read_to_its_end(
    xml_api: OneLoginSource, version: str, empty_list: str, people: int
) -> None:
    xml_api.onelogin.empty_list = empty_list
    del xml_api.onelogin.users[people:]
    found = read(xml_api, url=xml_api.ini["url"].replace("v2", version))
    assert ids(found) == all_ids(xml_api)


def test_a_user_of_the_xml_api(xml_api: OneLoginSource) -> None:
    user = xml_api.onelogin.users[5]
    record = read(xml_api)[5]
    assert record["id"] == str(user["id"])
    assert record["distinguished-name"] == user["distinguished_name"]
    assert record["group-id"] == "477001"
    assert record["roles"] == [{"id": "439801", "name": "Employee"}]
    assert record["locked-until"] is None


def test_what_is_empty_nil_or_not_there_has_no_value(xml_api: OneLoginSource) -> None:
    records = dict(zip(all_ids(xml_api), read(xml_api), strict=True))
    nameless = [user for user in xml_api.onelogin.users if not user["username"]]
    assert {records[user["id"]]["username"] for user in nameless} == {None}
    silent = [records[user["id"]] for user in xml_api.onelogin.users if not user["phone"]]
    assert {record.get("phone") for record in silent} == {None}
    assert {"phone" in record for record in silent} == {True, False}
    roleless = [user for user in xml_api.onelogin.users if not user["role_id"]]
    assert {records[user["id"]]["roles"] for user in roleless} == {None}


def test_nil_wins_over_a_text(xml_api: OneLoginSource) -> None:
    body = '<users type="array"><user><id>1</id><phone nil="true">none</phone></user></users>'
    xml_api.onelogin.outages.fail_next(1, 200, body=body)
    with closing(xml_api.records(xml_api.connect())) as records:
        assert next(records) == {"id": "1", "phone": None}


@pytest.mark.parametrize(
    "body",
    [
        "<error><title>Internal Error</title><message>no</message></error>",
        "<html><body/></html>",
        '<users type="array"><user><username>ada</username></user></users>',
        '<users type="array"><user><id>1</id>',
    ],
)
def test_xml_of_another_shape_is_no_end(xml_api: OneLoginSource, body: str) -> None:
    at_page(xml_api, 2, lambda: xml_api.garble(body))
    with pytest.raises(SourceFault):
        read(xml_api)


@pytest.mark.parametrize("status", [301, 401, 403, 404, 410])
def test_a_switched_off_xml_api_is_told_with_what_to_do(
    xml_api: OneLoginSource, status: int
) -> None:
    headers = {"Location": "https://www.onelogin.com/"} if status == 301 else None
    xml_api.onelogin.outages.fail_next(MANY, status, headers=headers)
    error = failure(xml_api.connect(), ConnectorError, xml_api.address)
    assert "client_id and client_secret" in error.fix
    assert "/api/2/users" in error.fix


# All three.


def test_a_listing_that_turns_in_circles_ends_the_run(each: OneLoginSource) -> None:
    each.onelogin.stuck = True
    with pytest.raises(SourceFault, match="had already returned"):
        read(each)
    assert len(listings(each)) <= 3


@pytest.mark.parametrize("api", ["2", "1", "xml"])
def test_the_section_of_the_mock_server_uploads(
    api_2: OneLoginSource, api: str, tmp_path: Path
) -> None:
    onelogin = api_2.onelogin
    text = onelogin.section(f"http://{api_2.address}", api)
    outcome, people = upload(text, "onelogin", tmp_path, onelogin.server_mapping)
    assert outcome.error is None
    assert outcome.tally.incomplete == sum(not user["username"] for user in onelogin.users)
    assert outcome.tally.sent == len(people) == PEOPLE - outcome.tally.incomplete
    assert people[0]["USER"] == onelogin.users[0]["username"]
    title = None if api == "xml" else onelogin.users[0]["title"]
    assert people[0]["POSITION"] == title


def page_block(beginning: str) -> str:
    text = (PAGES / "onelogin.md").read_text("utf-8")
    (block,) = (each for each in text.split("```\n") if each.startswith(beginning))
    return block


def test_the_page_s_examples_upload(api_2: OneLoginSource, tmp_path: Path) -> None:
    text = page_example("onelogin", url=api_2.ini["url"], **api_2.credentials())
    more = [page_block("recordfilter"), page_block("mapping.USER")]
    costs = "mapping.COST_CENTER = cost_center\n"
    assert costs.strip() in (PAGES / "onelogin.md").read_text("utf-8")
    outcome, people = upload(text + costs + "".join(more), "onelogin", tmp_path)
    assert outcome.error is None
    active = [user for user in api_2.onelogin.users if user["status"] == 1]
    with_mail = [user for user in active if user["email"]]
    assert outcome.tally.filtered == PEOPLE - len(active)
    assert outcome.tally.sent == len(with_mail)
    assert people[0]["USER"] == with_mail[0]["email"]
    assert any(each["COST_CENTER"] for each in people)


XML = "https://app.onelogin.com/api/v2/users.xml"
PAIR = {"client_id": "an id", "client_secret": "a secret"}
KEY = {"api_token": "a key"}


@pytest.mark.parametrize(
    ("ini", "api"),
    [
        (KEY, "xml"),
        (PAIR, "1"),
        ({**PAIR, **KEY}, "1"),
        ({**KEY, "url": "https://api.onelogin.com/api/v3/users.xml"}, "xml"),
        ({**PAIR, "url": "https://api.us.onelogin.com/api/1/users"}, "1"),
        ({**PAIR, "url": "https://api.eu.onelogin.com/api/1/users/"}, "1"),
        ({**PAIR, "url": "https://acme.onelogin.com/api/2/users"}, "2"),
        ({**PAIR, **KEY, "url": "https://acme.onelogin.com"}, "2"),
    ],
)
def test_the_url_says_which_api_it_is(ini: dict[str, str], api: str) -> None:
    texts = {"default_role": "25", "default_position": "Employee", **ini}
    settings, faults = read_settings(Settings, texts)
    assert faults == []
    assert settings.api == api


@pytest.mark.parametrize(
    ("ini", "address"), [(KEY, XML), (PAIR, "https://api.us.onelogin.com/api/1/users")]
)
def test_without_a_url_it_is_that_of_the_credentials(ini: dict[str, str], address: str) -> None:
    settings, _ = read_settings(Settings, {"default_role": "25", "default_position": "E", **ini})
    assert settings.address == address


@pytest.mark.parametrize(
    ("ini", "key", "hint"),
    [
        ({}, "client_id", "client_secret"),
        ({"client_id": "an id"}, "client_id", "must both be set"),
        ({"client_secret": "a secret", **KEY}, "client_id", "must both be set"),
        ({**PAIR, "url": XML}, "url", "/api/2/users"),
        ({**KEY, "url": "https://acme.onelogin.com/api/2/users"}, "url", "client_secret"),
        ({**KEY, "url": "https://acme.onelogin.com"}, "url", "client_secret"),
        ({**PAIR, "url": "https://acme.onelogin.com/api/3/users"}, "url", "/api/2/users"),
    ],
)
def test_settings_that_do_not_fit_are_named(ini: dict[str, str], key: str, hint: str) -> None:
    texts = {"default_role": "25", "default_position": "Employee", **ini}
    _, faults = read_settings(Settings, texts)
    assert [fault.key for fault in faults] == [key]
    assert hint in faults[0].text
