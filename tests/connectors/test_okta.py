"""Okta against the sandbox's: the contract, and what is special to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import flask
import pytest
from requests import Response

from connectors.okta import OktaClient, Settings
from lib.connection import ConnectionSettings
from lib.connector import Projection
from lib.errors import (
    AccessDenied,
    RecordUnreadable,
    SignInError,
    SourceFault,
    SourceUnavailable,
)
from lib.http.client import NotFound
from lib.mapping.mapper import Mapper
from lib.mapping.mapping import merge
from lib.record import Record
from lib.settings import read_settings
from sandbox.okta import Okta
from tests.contract import ConnectorContract, failure
from tests.example import PAGES, page_example, upload
from tests.source import WebSource, does_not_apply

LISTED = "people come with their page; nobody is asked for alone"
PEOPLE = 620
NEEDS = "application/json; okta-response="
# What the documentation of 2015 has, with the profile as the record.
DOCUMENTED = {
    "USER": {"source": "login"},
    "FIRST_NAME": {"source": "firstName"},
    "LAST_NAME": {"source": "lastName"},
    "EMAIL": {"source": "email"},
    "PHONE": {"source": "mobilePhone"},
    "PERMISSIONS_ID": {"setting": "default_role"},
    "POSITION": {"setting": "default_position"},
}


class OktaSource(WebSource):
    connector = "okta"
    id_path, name_path = "id", "profile.lastName"
    wrong_credentials: ClassVar = {"api_token": "wr0ng-t0ken"}
    most_for_three = 1
    vanish = does_not_apply(LISTED)
    spoil = does_not_apply(LISTED)
    end_sessions = does_not_apply("an API token has no session")

    def __init__(self) -> None:
        self.okta = Okta(PEOPLE)
        super().__init__(
            self.okta.app,
            api_token=self.okta.api_token,
            default_role="25",
            default_position="Employee",
        )

    @property
    def names(self) -> dict[str, str]:
        listed = (user for user in self.okta.users if user["status"] != "DEPROVISIONED")
        return {user["id"]: user["profile"]["lastName"] for user in listed}

    @property
    def requests(self) -> int:
        return len(self.okta.requests)

    def withdraw_rights(self) -> None:
        self.okta.may_read = False

    def fail_once(self) -> None:
        self.okta.outages.fail_next(1)

    def fail_for_good(self) -> None:
        self.okta.outages.fail_next(1_000_000)

    def garble(self, body: str) -> dict[str, str]:
        self.okta.outages.fail_next(1_000_000, 200, body=body)
        return {}

    def clear(self) -> None:
        self.okta.users.clear()


class TestContract(ConnectorContract):
    source_type = OktaSource


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Iterator[OktaSource]:
    monkeypatch.setattr("lib.retry.FIRST_PAUSE", 0.0)
    with OktaSource() as made:
        yield made


@pytest.fixture
def okta(source: OktaSource) -> Okta:
    return source.okta


def read(source: OktaSource, *paths: str, **ini: str) -> list[Record]:
    delivered = source.connect(**ini).records(Projection(frozenset(paths or {"login"})))
    return [item for item in delivered if isinstance(item, dict)]


def idents(okta: Okta, *, deprovisioned: bool) -> list[str]:
    return [
        user["id"] for user in okta.users if (user["status"] == "DEPROVISIONED") == deprovisioned
    ]


def at_page(okta: Okta, number: int, do: Any) -> None:
    """Do something once, when that many requests have come."""

    def on_request(*_: str) -> None:
        if len(okta.requests) == number:
            do()

    okta.on_request = on_request


# Who comes.


def test_deactivated_users_are_not_read_by_default(source: OktaSource, okta: Okta) -> None:
    assert [user["id"] for user in read(source)] == idents(okta, deprovisioned=False)
    assert not any("filter" in path for _, path in okta.requests)


def test_deactivated_users_are_read_after_others(source: OktaSource, okta: Okta) -> None:
    found = [user["id"] for user in read(source, deprovisioned="True")]
    others = idents(okta, deprovisioned=False)
    assert found == others + idents(okta, deprovisioned=True)
    assert len(found) == PEOPLE


def test_deactivated_users_are_paginated(source: OktaSource) -> None:
    assert len(read(source, deprovisioned="True", limit="10")) == PEOPLE


def test_user_deactivated_between_listings_is_read_once(source: OktaSource, okta: Okta) -> None:
    early = okta.users[0]["id"]
    at_page(okta, 3, lambda: okta.deactivate(early))
    found = [user["id"] for user in read(source, deprovisioned="True")]
    assert found.count(early) == 1
    assert len(found) == PEOPLE


def test_user_deactivated_while_paging_is_still_read(source: OktaSource, okta: Okta) -> None:
    late = okta.users[-2]["id"]
    at_page(okta, 2, lambda: okta.deactivate(late))
    found = [user["id"] for user in read(source, deprovisioned="True")]
    assert sorted(found) == [user["id"] for user in okta.users]


def test_only_one_person_who_is_in_both_listings_is_no_repeated_page(
    source: OktaSource, okta: Okta
) -> None:
    okta.users = [user for user in okta.users if user["status"] == "ACTIVE"][:5]
    first = okta.users[0]["id"]
    at_page(okta, 2, lambda: okta.deactivate(first))
    assert len(read(source, deprovisioned="True")) == 5


# What a record is.


def test_a_record_has_the_user_and_the_names_of_the_profile(source: OktaSource, okta: Okta) -> None:
    user, record = okta.users[0], read(source, "credentials", "login")[0]
    assert record["profile"] == user["profile"]
    assert record["credentials"] == user["credentials"]
    for name, value in user["profile"].items():
        assert record[name] == value
    for name in ("id", "status", "created", "type", "lastLogin"):
        assert record[name] == user[name]


def test_a_custom_attribute_hides_no_field_of_the_user(source: OktaSource, okta: Okta) -> None:
    okta.users[0]["profile"] |= {"status": "on leave", "badge": "B-1"}
    record = read(source)[0]
    assert (record["status"], record["profile"]["status"]) == ("ACTIVE", "on leave")
    assert record["badge"] == "B-1"


def test_the_default_mapping_is_the_documented_one(source: OktaSource) -> None:
    assert source.connect().default_mapping() == DOCUMENTED


def test_old_and_new_names_of_a_source_give_the_same(source: OktaSource) -> None:
    old = {field: item for field, item in DOCUMENTED.items() if "source" in item}
    new = {field: {"source": f"profile.{item['source']}"} for field, item in old.items()}
    made = source.connect()
    mappers = [Mapper(merge({"ini": layer}).values(), made.settings) for layer in (old, new)]
    for record in read(source):
        one, other = (mapper(record).values for mapper in mappers)
        assert one == other
        assert one["USER"]


@pytest.mark.parametrize("odd", [{"id": "00u1"}, {"id": "00u1", "profile": None}, {"profile": {}}])
def test_user_without_profile_is_rejected(
    source: OktaSource, okta: Okta, odd: dict[str, Any]
) -> None:
    ada = {"id": "00u2", "profile": {"login": "ada"}}
    okta.outages.fail_next(1, 200, body=json.dumps([odd, ada]))
    unreadable, other = source.connect().records(Projection(frozenset({"login"})))
    assert isinstance(unreadable, RecordUnreadable)
    assert source.address in unreadable.where
    assert other == {**ada, "login": "ada"}


# What it asks for.


def test_the_token_is_sent_as_okta_wants_it(source: OktaSource, okta: Okta) -> None:
    seen: list[str] = []
    okta.on_request = lambda *_: seen.append(flask.request.headers["Authorization"])
    read(source)
    assert set(seen) == {f"SSWS {okta.api_token}"}


@pytest.mark.parametrize("token", ["pasted “token”", "tökén", "佐藤"])
def test_a_token_of_any_letters_is_refused_in_words(source: OktaSource, token: str) -> None:
    error = failure(source.connect(api_token=token), SignInError, source.address)
    assert "api_token" in error.fix


def test_pages_are_as_large_as_okta_allows(source: OktaSource, okta: Okta) -> None:
    read(source)
    assert okta.requests[0] == ("GET", "/api/v1/users?limit=200")
    assert len(okta.requests) == 3


def test_links_are_followed_as_they_stand(source: OktaSource, okta: Okta) -> None:
    read(source, deprovisioned="True", limit="15")
    last = okta.requests[-1][1]
    assert last.endswith("&limit=15&filter=status+eq+%22DEPROVISIONED%22")
    assert last.startswith("/api/v1/users?after=0")


@pytest.mark.parametrize(
    ("sources", "omits"),
    [
        (Projection(frozenset({"login", "profile.title", "status"})), True),
        (Projection(frozenset({"credentials.provider.name"})), False),
        (Projection(frozenset({"transitioningToStatus"})), False),
        (Projection(everything=True), False),
    ],
)
def test_slow_fields_are_requested_only_if_needed(
    source: OktaSource, okta: Okta, sources: Projection, omits: bool
) -> None:
    seen: list[str] = []
    okta.on_request = lambda *_: seen.append(flask.request.headers["Content-Type"])
    records = [item for item in source.connect().records(sources) if isinstance(item, dict)]
    assert {content_type.startswith(NEEDS) for content_type in seen} == {omits}
    assert {"credentials" in record for record in records} == {not omits}
    assert any("transitioningToStatus" in record for record in records) != omits


def test_a_check_asks_for_one_person(source: OktaSource, okta: Okta) -> None:
    source.connect().check()
    assert okta.requests == [("GET", "/api/v1/users?limit=1")]


@pytest.mark.parametrize(("limit", "right"), [("1", True), ("200", True), ("0", 0), ("201", 0)])
def test_the_limit_is_okta_s(source: OktaSource, limit: str, right: bool) -> None:
    _, faults = read_settings(Settings, {"url": "https://x", **source.ini, "limit": limit})
    assert [fault.key for fault in faults] == ([] if right else ["limit"])


# Where pages lead.


def test_an_empty_last_page_is_an_end(source: OktaSource, okta: Okta) -> None:
    okta.empty_last_page = True
    assert len(read(source)) == len(source.names)
    assert len(okta.requests) == 4


def test_a_page_that_leads_to_itself_ends_the_run(source: OktaSource, okta: Okta) -> None:
    okta.stuck = True
    with pytest.raises(SourceFault, match="had already returned"):
        read(source)
    assert len(okta.requests) <= 3


def test_the_token_goes_to_no_other_host(source: OktaSource, okta: Okta) -> None:
    with OktaSource() as stranger:
        okta.next_host = stranger.ini["url"]
        with pytest.raises(SourceFault, match=stranger.address):
            read(source)
        assert stranger.requests == 0


@pytest.mark.parametrize("scheme", ["http", "ftp"])
def test_the_token_goes_nowhere_unencrypted(scheme: str) -> None:
    assert next_path("https://acme.okta.com", "https://acme.okta.com/api/v1/users?after=1")
    with pytest.raises(SourceFault):
        next_path("https://acme.okta.com", f"{scheme}://acme.okta.com/api/v1/users?after=1")


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://acme-admin.okta.com", "https://acme-admin.okta.com"),
        ("https://acme-admin.okta.com", "https://acme.okta.com"),
        ("https://acme.okta.com", "https://acme-admin.okta.com"),
        ("https://Acme.OKTA.com", "https://acme.okta.com"),
        ("https://ACME-ADMIN.okta.com", "https://acme.okta.com"),
        ("https://acme-admin.oktapreview.com", "https://acme.oktapreview.com"),
    ],
)
def test_admin_host_and_plain_host_are_equivalent(url: str, link: str) -> None:
    path = "/api/v1/users?after=000u7&limit=200"
    assert next_path(url, link + path) == path


@pytest.mark.parametrize("link", ["https://acme.okta.com.evil.example", "https://evil.okta.com"])
def test_similar_host_is_not_equivalent(link: str) -> None:
    with pytest.raises(SourceFault):
        next_path("https://acme-admin.okta.com", f"{link}/api/v1/users?after=1")


@pytest.mark.parametrize(
    "parameters",
    [
        'rel="next"',
        "rel=next",
        'REL="Next"',
        "rel = next",
        'title="a=b; rel=self, c"; rel="next"',
        'rel="next"; type="application/json"',
        'rel="last next"',
    ],
)
def test_the_next_page_may_be_written_in_any_way(parameters: str) -> None:
    url, path = "https://acme.okta.com", "/api/v1/users?after=1,2&filter=a;b"
    assert next_path(url, url + path, parameters) == path


@pytest.mark.parametrize(
    "parameters", ['rel="nextish"', "title=next", 'title="rel=next"', "rev=next"]
)
def test_another_relation_is_no_next_page(parameters: str) -> None:
    url = "https://acme.okta.com"
    assert next_path(url, f"{url}/api/v1/users?after=1", parameters) is None


@pytest.mark.parametrize("limit", ["200", "15"])
def test_full_page_without_links_raises_error(source: OktaSource, okta: Okta, limit: str) -> None:
    def undress(answer: flask.Response) -> flask.Response:
        answer.headers.pop("link", None)
        return answer

    okta.app.after_request(undress)
    with pytest.raises(SourceFault, match="Link"):
        read(source, limit=limit)
    assert "proxy" in failure(source.connect(), SourceFault, source.address).fix


def test_a_last_page_may_be_full(source: OktaSource, okta: Okta) -> None:
    okta.users = [user for user in okta.users if user["status"] == "ACTIVE"][:20]
    assert len(read(source, limit="10")) == 20
    assert len(okta.requests) == 2


def next_path(url: str, link: str, parameters: str = 'rel="next"') -> str | None:
    """Where a page leads that comes from the first address and names the second."""
    response = Response()
    response.headers["link"] = f'<{url}/api/v1/users>; rel="self", <{link}>; {parameters}'
    with closing(OktaClient(url, ConnectionSettings())) as client:
        return client.next_path(response)


@pytest.mark.parametrize(
    "body",
    [
        '{"errorCode": "E0000009", "errorSummary": "Internal Server Error"}',
        "[null]",
        '[{"profile": {}}]',
        '[{"id": "", "profile": {}}]',
        '[["00u1"]]',
    ],
)
def test_a_page_of_another_shape_ends_the_run(source: OktaSource, okta: Okta, body: str) -> None:
    at_page(okta, 2, lambda: okta.outages.fail_next(1_000, 200, body=body))
    with pytest.raises(SourceFault):
        read(source)


# What Okta says about itself.


@pytest.mark.parametrize("clock", [0, -600, 600])
@pytest.mark.parametrize("at_once", [False, True])
def test_a_limit_is_waited_for_by_okta_s_own_clock(
    source: OktaSource, okta: Okta, clock: float, at_once: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("lib.retry.pause", pauses.append)
    okta.clock = clock
    at_page(okta, 2, lambda: okta.overload_next(1, at_once=at_once))
    assert len(read(source, retries="2")) == len(source.names)
    assert pauses
    assert 0 < max(pauses) <= 2


def test_lasting_rate_limit_ends_the_run(source: OktaSource, okta: Okta) -> None:
    at_page(okta, 2, lambda: okta.overload_next(1_000))
    with pytest.raises(SourceUnavailable, match="429"):
        read(source)
    assert len(okta.requests) == 2


def test_the_last_request_of_a_quota_is_followed_by_a_pause(
    source: OktaSource, okta: Okta, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        if seconds:
            pauses.append(seconds)
            okta.clock += seconds

    monkeypatch.setattr("time.sleep", sleep)
    okta.quota = 2
    assert len(read(source)) == len(source.names)
    assert len(okta.requests) == 3, "none was refused"
    assert len(pauses) == 1
    assert 50 < pauses[0] <= 62


def test_a_listing_that_took_too_long_is_asked_for_again(source: OktaSource, okta: Okta) -> None:
    at_page(okta, 2, lambda: okta.outages.fail_next(1, 500))
    assert len(read(source, retries="1")) == len(source.names)


def test_a_page_of_html_may_pass(source: OktaSource, okta: Okta) -> None:
    at_page(okta, 2, lambda: okta.outages.fail_next(2, 200))
    assert len(read(source, retries="2")) == len(source.names)


def test_a_token_that_is_revoked_in_the_middle_ends_the_run(source: OktaSource, okta: Okta) -> None:
    with closing(source.records(source.connect())) as records:
        assert len(list(islice(records, 200))) == 200
        okta.api_token = "another one"
        with pytest.raises(SignInError) as caught:
            next(records)
    assert "30 days" in caught.value.fix


def test_missing_rights_are_no_wrong_token(source: OktaSource) -> None:
    source.withdraw_rights()
    error = failure(source.connect(), AccessDenied, source.address)
    assert "E0000006" in error.what
    assert "api_token" not in error.fix


def test_an_error_with_success_is_told_in_okta_s_words(source: OktaSource, okta: Okta) -> None:
    body = json.dumps({"errorCode": "E0000009", "errorSummary": "Internal Server Error"})
    okta.outages.fail_next(1, 200, body=body)
    error = failure(source.connect(), SourceFault, source.address)
    assert error.what == "the response is not a list of users (E0000009: Internal Server Error)"


@pytest.mark.parametrize(
    ("status", "code", "kind", "fix"),
    [
        (403, "E0000005", SignInError, "proxy"),
        (403, "E0000006", AccessDenied, "permissions"),
        (401, "E0000011", SignInError, "30 days"),
        (401, "E0000015", AccessDenied, "permission to read users"),
    ],
)
def test_the_advice_follows_okta_s_code(
    source: OktaSource, okta: Okta, status: int, code: str, kind: type[SignInError], fix: str
) -> None:
    okta.outages.fail_next(1, status, body=json.dumps({"errorCode": code, "errorSummary": "No"}))
    error = failure(source.connect(), kind, source.address)
    assert type(error) is kind
    assert code in error.what
    assert fix in error.fix


def test_unknown_organization_suggests_url(source: OktaSource, okta: Okta) -> None:
    okta.outages.fail_next(1, 404)
    assert "url" in failure(source.connect(), NotFound, source.address).fix


# What the page and the mock server say.


def test_the_page_s_example_uploads(source: OktaSource, tmp_path: Path) -> None:
    text = page_example("okta", url=source.ini["url"], api_token=source.okta.api_token)
    outcome, people = upload(text, "okta", tmp_path)
    assert outcome.error is None
    assert outcome.tally.sent == len(people) == len(source.names)
    profile = source.okta.users[0]["profile"]
    assert people[0] == {
        "USER": profile["login"],
        "FIRST_NAME": profile["firstName"],
        "LAST_NAME": profile["lastName"],
        "EMAIL": profile["email"],
        "PHONE": profile["mobilePhone"],
        "PERMISSIONS_ID": "25",
        "POSITION": "Employee",
    }


def test_the_page_s_record_filter_chooses_by_status(source: OktaSource, tmp_path: Path) -> None:
    text = page_example("okta", url=source.ini["url"], api_token=source.okta.api_token)
    page = (PAGES / "okta.md").read_text("utf-8")
    (block,) = (each for each in page.split("```\n") if each.startswith("recordfilter"))
    outcome, _ = upload(text + block, "okta", tmp_path)
    chosen = [user for user in source.okta.users if f'"{user["status"]}"' in block]
    assert outcome.error is None
    assert outcome.tally.filtered > 0
    assert outcome.tally.sent == len(chosen)


def test_the_section_of_the_mock_server_uploads(source: OktaSource, tmp_path: Path) -> None:
    okta = source.okta
    outcome, people = upload(okta.section(source.ini["url"]), "okta", tmp_path, okta.server_mapping)
    assert outcome.error is None
    assert outcome.tally.sent == len(source.names)
    assert people[0]["POSITION"] == okta.users[0]["profile"]["title"]
