"""The mock server for Okta answers, pages, limits and refuses as Okta documents it."""

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import pytest

from sandbox.okta import Okta
from sandbox.okta.filters import Malformed, NotAllowed, compile_filter
from sandbox.okta.users import users
from tests.sandbox.session import Session

USERS = "/api/v1/users"
STATUSES = {
    "STAGED",
    "PROVISIONED",
    "ACTIVE",
    "RECOVERY",
    "PASSWORD_EXPIRED",
    "LOCKED_OUT",
    "SUSPENDED",
    "DEPROVISIONED",
}


class Client(Session):
    """Knows the token; paths stand in place of addresses."""

    def __init__(self, url: str, okta: Okta) -> None:
        super().__init__(url)
        self.headers["Authorization"] = f"SSWS {okta.api_token}"


@pytest.fixture
def okta(stage) -> Okta:
    made = Okta(120)
    stage.app = made.app
    return made


@pytest.fixture
def client(stage, okta) -> Iterator[Client]:
    with Client(stage.url, okta) as client:
        yield client


def code_of(answer) -> tuple[int, str]:
    body = answer.json()
    assert body["errorLink"] == body["errorCode"]
    assert body["errorId"]
    assert isinstance(body["errorCauses"], list)
    return answer.status_code, body["errorCode"]


# Who may ask.


@pytest.mark.parametrize(
    ("authorization", "refusal"),
    [
        (None, (403, "E0000005")),
        ("{token}", (403, "E0000005")),
        ("Basic {token}", (403, "E0000005")),
        ("SSWS wrong", (401, "E0000011")),
        ("SSWS  {token}", (401, "E0000011")),
        ("Bearer {token}", (401, "E0000011")),
    ],
)
def test_a_request_without_the_token_is_refused(client, okta, authorization, refusal):
    value = authorization and authorization.format(token=okta.api_token)
    answer = client.get(USERS, headers={"Authorization": value})
    assert code_of(answer) == refusal


def test_an_administrator_without_rights_is_refused(client, okta):
    okta.may_read = False
    assert code_of(client.get(USERS)) == (403, "E0000006")


def test_other_paths_and_methods_are_refused(client):
    assert code_of(client.get("/api/v1/people")) == (404, "E0000008")
    assert code_of(client.post(USERS)) == (405, "E0000022")


# Who is listed.


def test_a_bare_listing_leaves_out_the_deactivated(client, okta):
    listed = client.get(USERS).json()
    wanted = [user["id"] for user in okta.users if user["status"] != "DEPROVISIONED"]
    assert [user["id"] for user in listed] == wanted == sorted(wanted)
    assert len(wanted) < len(okta.users)


@pytest.mark.parametrize("blank", ["%20", "+"])
def test_the_deactivated_are_found_by_a_filter(client, okta, blank):
    found = client.get(f"{USERS}?filter=status{blank}eq{blank}%22DEPROVISIONED%22").json()
    assert {user["status"] for user in found} == {"DEPROVISIONED"}
    assert len(found) == 120 // 25


def test_every_status_is_there():
    assert {user["status"] for user in users(120)} == STATUSES


def test_awkward_users_are_there():
    everybody = users(120)
    profiles = [user["profile"] for user in everybody]
    assert len(profiles[0]) == 31 + 4, "every base attribute, and four custom ones"
    assert any(profile["firstName"] is None for profile in profiles)
    assert any("mobilePhone" not in profile for profile in profiles)
    assert any(len(profile) == 6 for profile in profiles)
    assert any("@" not in profile["login"] for profile in profiles)
    assert not all(profile["lastName"].isascii() for profile in profiles)
    assert any("transitioningToStatus" in user for user in everybody)
    assert {user["credentials"]["provider"]["type"] for user in everybody} == {
        "OKTA",
        "ACTIVE_DIRECTORY",
    }


def test_the_listing_changes_with_the_users(client, okta):
    okta.deactivate(okta.users[0]["id"])
    assert client.get(USERS).json()[0]["id"] == okta.users[1]["id"]


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ('status eq "ACTIVE"', True),
        ('status eq "active"', False),
        ('status EQ "ACTIVE"', True),
        ('status eq "STAGED" or status eq "ACTIVE"', True),
        ('status eq "ACTIVE" and profile.lastName eq "Quill"', True),
        ('status eq "ACTIVE" and profile.lastName eq "quill"', False),
        ('id eq "x" and status eq "ACTIVE" or profile.firstName eq "Ada"', True),
        ('id eq "x" and status eq "ACTIVE" or profile.firstName eq "Bob"', False),
        ('lastUpdated gt "2020-01-01T00:00:00.000Z"', True),
        ('lastUpdated lt "2020-01-01T00:00:00.000Z"', False),
    ],
)
def test_filters(text, passes):
    assert compile_filter(text)(users(1)[0]) is passes


@pytest.mark.parametrize(
    ("text", "error", "refusal"),
    [
        ('profile.city eq "Malmö"', NotAllowed, "E0000031"),
        ('Status eq "ACTIVE"', NotAllowed, "E0000031"),
        ('status ne "ACTIVE"', NotAllowed, "E0000031"),
        ('status gt "ACTIVE"', NotAllowed, "E0000031"),
        ("status eq ACTIVE", Malformed, "E0000053"),
        ('status eq "ACTIVE" and', Malformed, "E0000053"),
        ('not status eq "ACTIVE"', Malformed, "E0000053"),
        ("", Malformed, "E0000053"),
    ],
)
def test_filters_that_are_none(client, text, error, refusal):
    with pytest.raises(error):
        compile_filter(text)
    assert code_of(client.get(USERS, params={"filter": text})) == (400, refusal)


def test_what_the_sandbox_lacks_is_no_empty_answer(client):
    assert client.get(USERS, params={"search": 'status eq "ACTIVE"'}).status_code == 501


# How it pages.


def test_links_are_lines_of_their_own_with_self_first(client):
    answer = client.get(USERS, params={"limit": 2})
    first, second = answer.raw.headers.getlist("link")
    assert first == f'<{client.url}{USERS}?limit=2>; rel="self"'
    assert second.startswith(f"<{client.url}{USERS}?after=")
    assert second.endswith('&limit=2>; rel="next"')


def test_links_lead_to_the_last_page(client, okta):
    found, answer = [], client.get(USERS, params={"limit": 50})
    while True:
        found += [user["id"] for user in answer.json()]
        if "next" not in answer.links:
            break
        answer = client.get(answer.links["next"]["url"].removeprefix(client.url))
    assert found == [user["id"] for user in client.get(USERS).json()]
    assert "self" in answer.links


def test_a_filter_is_echoed_with_plus_signs(client):
    params = {"filter": 'status eq "DEPROVISIONED"', "limit": 2}
    links = client.get(USERS, params=params).links
    assert links["self"]["url"].endswith("?limit=2&filter=status+eq+%22DEPROVISIONED%22")
    assert links["next"]["url"].endswith("&limit=2&filter=status+eq+%22DEPROVISIONED%22")


def test_a_page_has_200_people_at_most(client, okta):
    okta.users = Okta(500).users
    for params in ({}, {"limit": 200}, {"limit": 1000}):
        answer = client.get(USERS, params=params)
        assert len(answer.json()) == 200
        assert "limit=200" in answer.links["next"]["url"]


@pytest.mark.parametrize("limit", ["0", "-1", "ten", ""])
def test_a_limit_that_is_none(client, limit):
    assert code_of(client.get(f"{USERS}?limit={limit}")) == (400, "E0000001")


@pytest.mark.parametrize("after", ["x", "0", "00unobody", "100usandbox000001x7"])
def test_a_cursor_that_is_none(client, after):
    answer = client.get(USERS, params={"after": after})
    assert code_of(answer) == (400, "E0000031")
    assert answer.json()["errorCauses"] == [{"errorSummary": "Invalid cursor."}]


def test_a_cursor_outlives_its_user_s_account(client, okta):
    link = client.get(USERS, params={"limit": 2}).links["next"]["url"].removeprefix(client.url)
    expected = client.get(link).json()
    okta.deactivate(okta.users[1]["id"])
    assert client.get(link).json() == expected


def test_misleading_links(client, okta):
    okta.empty_last_page = True
    link = client.get(USERS).links["next"]["url"].removeprefix(client.url)
    last = client.get(link)
    assert last.json() == []
    assert "next" not in last.links
    okta.next_host = "https://elsewhere.example.com"
    assert client.get(USERS).links["next"]["url"].startswith("https://elsewhere.example.com/api")
    okta.next_host, okta.stuck = "", True
    links = client.get(USERS, params={"limit": 2}).links
    assert links["next"]["url"] == links["self"]["url"]


# What a listing leaves out.


def test_parts_are_left_out_by_option(client):
    options = "omitCredentials,omitCredentialsLinks,omitTransitioningToStatus,omitNothing"
    header = {"Content-Type": f"application/json; okta-response={options}"}
    whole, light = client.get(USERS).json(), client.get(USERS, headers=header).json()
    assert any("transitioningToStatus" in user for user in whole)
    left_out = ("credentials", "transitioningToStatus")
    for one, other in zip(whole, light, strict=True):
        assert other == {name: one[name] for name in one if name not in left_out}
        assert one["_links"] == {"self": {"href": f"{client.url}{USERS}/{one['id']}"}}


# How it limits.


def test_every_answer_tells_the_quota(client, okta):
    before = int(time.time())
    answers = [client.get(USERS, params={"limit": 1}), client.get("/nowhere")]
    for at, answer in enumerate(answers, 1):
        assert answer.headers["X-Okta-Request-Id"]
        assert answer.headers["X-Rate-Limit-Limit"] == "300"
        assert answer.headers["X-Rate-Limit-Remaining"] == str(300 - at)
        assert before + 55 <= int(answer.headers["X-Rate-Limit-Reset"]) <= before + 65


def test_a_used_up_quota_is_filled_after_a_minute(client, okta):
    okta.quota = 2
    answers = [client.get(USERS) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert code_of(answers[-1]) == (429, "E0000047")
    assert "Retry-After" not in answers[-1].headers
    assert [answer.headers["x-rate-limit-remaining"] for answer in answers] == ["1", "0", "0"]
    okta.clock += 61
    assert client.get(USERS).status_code == 200


@pytest.mark.parametrize(("at_once", "limit"), [(False, "300"), (True, "0")])
def test_an_overload_on_request(client, okta, at_once, limit):
    okta.overload_next(1, at_once=at_once)
    answer = client.get(USERS)
    assert answer.status_code == 429
    assert answer.headers["x-rate-limit-limit"] == limit
    assert answer.headers["x-rate-limit-remaining"] == "0"
    assert client.get(USERS).status_code == 200


def test_the_reset_is_by_the_server_s_own_clock(client, okta):
    okta.clock = -600
    answer = client.get(USERS)
    date = parsedate_to_datetime(answer.headers["Date"]).timestamp()
    assert date < time.time() - 500
    assert 55 <= int(answer.headers["x-rate-limit-reset"]) - date <= 61


def test_outages_and_what_was_asked(client, okta):
    seen = []
    okta.on_request = lambda method, path: seen.append((method, path))
    okta.outages.fail_next(1)
    assert client.get(f"{USERS}?limit=1").status_code == 503
    assert client.get(f"{USERS}?limit=2").status_code == 200
    assert okta.requests == seen == [("GET", f"{USERS}?limit=1"), ("GET", f"{USERS}?limit=2")]
