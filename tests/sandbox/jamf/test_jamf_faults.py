"""The switches of the mock Jamf Pro: what goes wrong on request, and what it has observed."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

COMPUTER = "/JSSResource/computers/id/7"


def test_a_vanished_device_is_listed_but_gone(client, jamf):
    jamf.computers.vanished.add(10)
    jamf.mobile_devices.vanished.add(6)
    listed = client.get("/JSSResource/computers").json()["computers"]
    members = client.get("/JSSResource/computergroups/id/2").json()["computer_group"]["computers"]
    assert 10 in [each["id"] for each in listed]
    assert 10 in [each["id"] for each in members]
    for path in ("computers/id/10", "computers/id/10/subset/General", "mobiledevices/id/6"):
        answer = client.get(f"/JSSResource/{path}")
        assert answer.status_code == 404
        assert answer.headers["Content-Type"].startswith("text/html")
    assert client.get("/JSSResource/computers/id/6").status_code == 200


def test_a_broken_device_always_fails(client, jamf):
    jamf.computers.broken.add(7)
    for _ in range(3):
        answer = client.get(COMPUTER)
        assert answer.status_code == 500
        assert answer.headers["Content-Type"].startswith("text/html")
    assert client.get("/JSSResource/computers/id/8").status_code == 200


def test_a_forbidden_device_answers_401_with_its_record(client, jamf):
    jamf.mobile_devices.forbidden.add(2)
    answer = client.get("/JSSResource/mobiledevices/id/2")
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "text/plain;charset=UTF-8"
    assert answer.json()["mobile_device"]["general"]["id"] == 2
    assert client.get("/JSSResource/mobiledevices/id/3").status_code == 200


@pytest.mark.parametrize("status", [500, 502, 503, 200])
def test_an_outage_answers_html_and_passes(client, jamf, status):
    jamf.fail_next(2, status)
    for _ in range(2):
        answer = client.get(COMPUTER)
        assert answer.status_code == status
        assert answer.headers["Content-Type"].startswith("text/html")
        assert answer.text.startswith("<html>")
    assert client.get(COMPUTER).json()["computer"]["general"]["id"] == 7


def test_an_outage_below_a_path_spares_the_rest(client, jamf):
    jamf.fail_next(1, 503, path="/api/v1/auth")
    assert client.get(COMPUTER).status_code == 200
    login = (jamf.username, jamf.password)
    assert client.post("/api/v1/auth/token", auth=login).status_code == 503
    assert client.post("/api/v1/auth/token", auth=login).status_code == 200


def test_an_outage_with_words_and_headers_of_a_gateway(client, jamf):
    jamf.fail_next(1, 429, body="policies.ratelimit.QuotaViolation", headers={"Retry-After": "75"})
    answer = client.get(COMPUTER)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "75")
    assert answer.text == "policies.ratelimit.QuotaViolation"


def test_something_can_happen_in_the_middle_of_a_run(client, jamf):
    def revoke_at_computer_2(method, path):
        if path.endswith("/id/2"):
            jamf.revoke_tokens()

    jamf.on_request = revoke_at_computer_2
    answers = [client.get(f"/JSSResource/computers/id/{n}").status_code for n in (1, 2, 3)]
    assert answers == [200, 401, 401]


def test_a_listing_may_shrink_between_pages(client, jamf):
    page = {"page-size": 20, "sort": "id:asc"}
    assert client.get("/api/v1/computers-inventory", params=page).json()["totalCount"] == 40
    del jamf.computers.ids[:5]
    answer = client.get("/api/v1/computers-inventory", params=page | {"page": 1}).json()
    assert answer["totalCount"] == 35
    assert answer["results"][0]["id"] == "26"


def test_everything_is_below_the_path_prefix(client, jamf):
    jamf.path_prefix = "/example"
    assert client.get(COMPUTER).status_code == 404
    assert client.get(f"/examples{COMPUTER}").status_code == 404
    assert client.get(f"/example{COMPUTER}").status_code == 200
    assert jamf.requests[-1] == ("GET", COMPUTER)


def test_requests_are_remembered_without_their_encoding(client, jamf):
    jamf.requests.clear()
    client.get("/JSSResource/computers/id/1/subset/General%26Location")
    client.get("/api/v1/departments?page=0")
    client.post("/api/v1/auth/invalidate-token")
    assert jamf.requests == [
        ("GET", "/JSSResource/computers/id/1/subset/General&Location"),
        ("GET", "/api/v1/departments?page=0"),
        ("POST", "/api/v1/auth/invalidate-token"),
    ]


def test_the_peak_counts_requests_for_data_at_once(client, jamf):
    for _ in range(3):
        client.get("/api/v1/auth")
    assert jamf.peak == 0
    for _ in range(5):
        client.get(COMPUTER)
    assert jamf.peak == 1
    together = threading.Barrier(4)
    jamf.on_request = lambda method, path: together.wait(timeout=10)
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(client.get, [f"/JSSResource/computers/id/{n}" for n in range(1, 5)])
        assert [answer.status_code for answer in answers] == [200] * 4
    assert jamf.peak == 4


def test_a_slow_answer_outlasts_an_impatient_client(client, jamf):
    jamf.delay = 0.3
    with pytest.raises(requests.ReadTimeout):
        client.get(COMPUTER, timeout=0.05)
    assert client.get("/api/v1/auth", timeout=10).status_code == 200
