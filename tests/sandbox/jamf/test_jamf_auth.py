"""Signing in to the mock Jamf Pro: who gets a token, how long it works, who is refused."""

from datetime import UTC, datetime

import pytest

DATA = [
    "/JSSResource/computers",
    "/JSSResource/computers/subset/basic",
    "/JSSResource/computers/id/1",
    "/JSSResource/computers/id/1/subset/General",
    "/JSSResource/mobiledevices",
    "/JSSResource/mobiledevices/id/1",
    "/JSSResource/mobiledevices/id/1/subset/General",
    "/JSSResource/computergroups",
    "/JSSResource/computergroups/id/1",
    "/JSSResource/computergroups/name/Retired",
    "/JSSResource/mobiledevicegroups",
    "/JSSResource/mobiledevicegroups/id/1",
    "/JSSResource/mobiledevicegroups/name/Kiosks",
    "/api/v1/auth",
    "/api/v1/jamf-pro-version",
    "/api/v1/computers-inventory",
    "/api/v2/mobile-devices/detail",
    "/api/v1/departments",
    "/api/v1/buildings",
    "/api/v1/computer-groups",
]
INVALID_TOKEN = {
    "httpStatus": 401,
    "errors": [{"code": "INVALID_TOKEN", "field": None, "description": "Unauthorized", "id": "0"}],
}


def client_credentials(jamf) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": jamf.client_id,
        "client_secret": jamf.client_secret,
    }


def sign_in_client(session, jamf) -> None:
    answer = session.post("/api/oauth/token", data=client_credentials(jamf))
    session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


def works(client) -> bool:
    return client.get("/JSSResource/computers/id/1").status_code == 200


def test_an_account_gets_a_token_that_opens_both_apis(stranger, jamf):
    answer = stranger.post("/api/v1/auth/token", auth=(jamf.username, jamf.password))
    assert answer.status_code == 200
    assert set(answer.json()) == {"token", "expires"}
    remaining = datetime.fromisoformat(answer.json()["expires"]) - datetime.now(UTC)
    assert 1700 < remaining.total_seconds() <= 1800

    stranger.headers["Authorization"] = f"Bearer {answer.json()['token']}"
    for path in DATA:
        assert stranger.get(path).status_code == 200, path


@pytest.mark.parametrize(
    "login", [None, ("oomnitza-reader", "wrong"), ("nobody", "sandbox password"), ("", "")]
)
def test_a_wrong_login_gets_an_api_error_without_errors(stranger, login):
    answer = stranger.post("/api/v1/auth/token", auth=login)
    assert answer.status_code == 401
    assert answer.json() == {"httpStatus": 401, "errors": []}


def test_the_credentials_of_an_api_client_are_no_login(stranger, jamf):
    login = (jamf.client_id, jamf.client_secret)
    assert stranger.post("/api/v1/auth/token", auth=login).status_code == 401


def test_an_expired_password_is_named(stranger, jamf):
    jamf.password_expired = True
    answer = stranger.post("/api/v1/auth/token", auth=(jamf.username, jamf.password))
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["code"] == "USER_EXPIRED_PASSWORD"


def test_a_token_is_not_given_for_a_get(stranger, jamf):
    login = (jamf.username, jamf.password)
    assert stranger.get("/api/v1/auth/token", auth=login).status_code == 405


@pytest.mark.parametrize("path", DATA)
def test_no_data_without_credentials(stranger, path):
    answer = stranger.get(path)
    assert answer.status_code == 401
    if path.startswith("/api"):
        assert answer.json() == INVALID_TOKEN
    else:
        assert answer.headers["Content-Type"].startswith("text/html")
        assert "<p>" in answer.text


@pytest.mark.parametrize("path", DATA)
def test_no_data_with_a_token_that_was_never_given(stranger, path):
    answer = stranger.get(path, headers={"Authorization": "Bearer invented"})
    assert answer.status_code == 401
    assert answer.json() == INVALID_TOKEN


@pytest.mark.parametrize("path", DATA)
def test_no_data_with_basic_on_a_new_server(stranger, jamf, path):
    assert stranger.get(path, auth=(jamf.username, jamf.password)).status_code == 401


def test_an_expired_token_is_refused(stranger, jamf):
    jamf.token_lifetime = 0
    stranger.sign_in(jamf)
    assert stranger.get("/JSSResource/computers").json() == INVALID_TOKEN
    jamf.token_lifetime = 60
    stranger.sign_in(jamf)
    assert works(stranger)


def test_revoked_tokens_are_refused(client, jamf):
    assert works(client)
    jamf.revoke_tokens()
    assert not works(client)
    client.sign_in(jamf)
    assert works(client)


def test_keep_alive_exchanges_the_token(client):
    answer = client.post("/api/v1/auth/keep-alive")
    assert answer.status_code == 200
    assert set(answer.json()) == {"token", "expires"}
    assert not works(client)
    client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
    assert works(client)


def test_keep_alive_is_not_for_api_clients(stranger, jamf):
    sign_in_client(stranger, jamf)
    assert stranger.post("/api/v1/auth/keep-alive").status_code == 401
    assert works(stranger)


def test_invalidate_token_ends_it(client):
    answer = client.post("/api/v1/auth/invalidate-token")
    assert (answer.status_code, answer.content) == (204, b"")
    assert not works(client)
    assert client.post("/api/v1/auth/invalidate-token").status_code == 401


def test_the_account_and_its_privileges(client, jamf):
    jamf.privileges = {"Read Computers"}
    answer = client.get("/api/v1/auth").json()
    assert answer["account"]["username"] == jamf.username
    assert answer["account"]["privilegesBySite"] == {"-1": ["Read Computers"]}


@pytest.mark.parametrize("path", ["/api/oauth/token", "/api/v1/oauth/token"])
def test_an_api_client_gets_a_token_that_opens_both_apis(stranger, jamf, path):
    jamf.version = "11.23.2-t1767621885710"
    answer = stranger.post(path, data=client_credentials(jamf))
    assert answer.status_code == 200
    token = answer.json().pop("access_token")
    assert answer.json() == {
        "access_token": token,
        "scope": "api-role:2",
        "token_type": "Bearer",
        "expires_in": 599,
    }
    stranger.headers["Authorization"] = f"Bearer {token}"
    for data in DATA:
        assert stranger.get(data).status_code == 200, data


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "oomnitza-reader"}, 401, "invalid_client"),
        ({"client_secret": None}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": None}, 400, "invalid_request"),
        ({"scope": "api-role:2 api-role:9"}, 400, "invalid_scope"),
    ],
)
def test_a_refused_api_client_gets_the_error_of_rfc_6749(stranger, jamf, change, status, error):
    answer = stranger.post("/api/oauth/token", data=client_credentials(jamf) | change)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]


def test_client_credentials_are_a_form(stranger, jamf):
    answer = stranger.post("/api/oauth/token", json=client_credentials(jamf))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_tokens_of_api_clients_have_their_own_lifetime(stranger, jamf):
    jamf.client_token_lifetime = 0
    sign_in_client(stranger, jamf)
    assert not works(stranger)
    jamf.client_token_lifetime = 60
    answer = stranger.post("/api/oauth/token", data=client_credentials(jamf))
    assert answer.json()["expires_in"] == 59


@pytest.mark.parametrize(
    ("version", "account", "client", "versioned_client", "basic"),
    [
        ("9.101.0", 404, 404, 404, 200),
        ("10.20.0", 404, 404, 404, 200),
        ("10.35.0-t1640995200", 200, 404, 404, 200),
        ("10.49.0", 200, 200, 404, 200),
        ("11.4.1", 200, 200, 404, 200),
        ("11.5.0", 200, 200, 404, 401),
        ("11.23.2", 200, 200, 200, 401),
    ],
)
def test_what_a_version_offers(stranger, jamf, version, account, client, versioned_client, basic):
    jamf.version = version
    login = (jamf.username, jamf.password)
    form = client_credentials(jamf)
    assert stranger.post("/api/v1/auth/token", auth=login).status_code == account
    assert stranger.post("/api/oauth/token", data=form).status_code == client
    assert stranger.post("/api/v1/oauth/token", data=form).status_code == versioned_client
    assert stranger.get("/JSSResource/computers", auth=login).status_code == basic


def test_basic_can_be_switched_off_before_11_5(stranger, jamf):
    jamf.version = "10.42.0"
    login = (jamf.username, jamf.password)
    assert stranger.get("/JSSResource/computers", auth=login).status_code == 200
    assert stranger.get("/JSSResource/computers", auth=(jamf.username, "no")).status_code == 401
    jamf.basic_authentication = False
    assert stranger.get("/JSSResource/computers", auth=login).status_code == 401


def test_a_missing_privilege_refuses_only_what_needs_it(client, jamf):
    jamf.privileges -= {"Read Computers", "Read Static Mobile Device Groups"}
    assert client.get("/JSSResource/computers").status_code == 401
    assert client.get("/JSSResource/computers/id/1").status_code == 401
    assert client.get("/JSSResource/mobiledevicegroups").status_code == 401
    assert client.get("/JSSResource/mobiledevices").status_code == 200
    assert client.get("/JSSResource/computergroups").status_code == 200
    answer = client.get("/api/v1/computers-inventory")
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["code"] == "INVALID_PRIVILEGE"


def test_a_missing_privilege_of_an_api_client_is_forbidden(stranger, jamf):
    sign_in_client(stranger, jamf)
    jamf.privileges.clear()
    answer = stranger.get("/JSSResource/computers")
    assert answer.status_code == 403
    assert answer.headers["Content-Type"].startswith("text/html")
