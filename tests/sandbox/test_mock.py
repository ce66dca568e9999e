"""What all mock servers have in common: the order of things at a request, the log, the port."""

import pytest
import requests
from flask import Response, request
from werkzeug.exceptions import TooManyRequests

from sandbox.mock import MockServer
from tests.certificates import issue


class Shop(MockServer):
    """One page, for those who say please."""

    name = "shop"

    def __init__(self) -> None:
        super().__init__()
        self.answered = 0
        self.app.get("/page")(self.page)

    def section(self, url: str) -> str:
        return f"[shop]\nurl = {url}\n"

    def admit(self) -> Response | None:
        return None if "please" in request.args else Response("rude", 403)

    def dress(self, answer: Response) -> Response:
        answer.headers["X-Shop"] = "here"
        return answer

    def explain(self, fault):
        return f"no: {fault.code}", fault.code

    def page(self) -> str:
        self.answered += 1
        return "the page"


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def client(shop):
    return shop.app.test_client()


def test_it_runs_on_a_port_for_the_length_of_the_block(shop):
    with shop:
        url = shop.url
        assert requests.get(f"{url}/page?please", timeout=10).text == "the page"
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=10)


def test_it_may_be_stopped_before_it_runs_and_twice(shop):
    shop.stop()
    shop.start()
    shop.stop()
    shop.stop()


def test_with_a_certificate_it_speaks_tls(shop, tmp_path):
    certificates = issue(tmp_path)
    shop.start(certificate=certificates.server)
    answer = requests.get(f"{shop.url}/page?please", verify=str(certificates.ca), timeout=10)
    shop.stop()
    assert answer.text == "the page"
    assert shop.url.startswith("https://localhost:")


def test_who_is_not_admitted_gets_no_page(shop, client):
    answer = client.get("/page")
    assert (answer.status_code, answer.text) == (403, "rude")
    assert shop.answered == 0


def test_nobody_is_told_which_paths_there_are_before_being_admitted(client):
    assert client.get("/nowhere").text == "rude"
    assert client.get("/nowhere?please").text == "no: 404"


def test_what_fails_in_a_view_is_explained_too(shop, client):
    def crowded():
        raise TooManyRequests

    shop.app.get("/crowded")(crowded)
    assert client.get("/crowded?please").text == "no: 429"


def test_every_answer_is_dressed(shop, client):
    shop.fail_next(1)
    answers = [client.get(path) for path in ("/page", "/page", "/page?please", "/nowhere?please")]
    assert [answer.status_code for answer in answers] == [503, 403, 200, 404]
    assert {answer.headers["X-Shop"] for answer in answers} == {"here"}


def test_an_outage_comes_before_everything_but_the_log(shop, client):
    shop.fail_next(1, 502)
    assert client.get("/page").status_code == 502
    assert shop.requests == [("GET", "/page")]


def test_requests_are_logged_with_their_queries_before_they_are_answered(shop, client):
    seen = []
    shop.on_request = lambda method, path: seen.append((method, path, shop.answered))
    client.get("/page?please&b=%C3%BC")
    client.post("/page")
    assert seen == [("GET", "/page?please&b=%C3%BC", 0), ("POST", "/page", 1)]
    assert shop.requests == [(method, path) for method, path, _ in seen]
