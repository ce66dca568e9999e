"""Planned outages of a mock server: how many, on which paths, with what."""

from flask import Response

from sandbox.outages import Outages


def test_so_many_requests_fail_and_no_more():
    outages = Outages()
    outages.fail_next(2)
    answers = [outages.answer("/a"), outages.answer("/b"), outages.answer("/c")]
    assert [answer and answer.status_code for answer in answers] == [503, 503, None]


def test_only_paths_that_hold_the_given_one_fail():
    outages = Outages()
    outages.fail_next(1, path="/users")
    assert outages.answer("/organizations") is None
    assert outages.answer("/api/v2/users.json") is not None


def test_without_a_body_it_is_a_page_even_with_success():
    outages = Outages()
    outages.fail_next(1, 200)
    answer = outages.answer("/")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/html")
    assert "<p>The service is under maintenance.</p>" in answer.get_data(as_text=True)


def test_body_and_headers_can_be_chosen():
    outages = Outages()
    outages.fail_next(1, 429, body="", headers={"Retry-After": "7"})
    answer = outages.answer("/")
    assert (answer.status_code, answer.get_data()) == (429, b"")
    assert answer.headers["Retry-After"] == "7"


def test_a_server_has_its_own_page_and_a_path_where_outages_are_unless_told():
    outages = Outages(lambda status: Response(f"page {status}", status), path="/api/")
    outages.fail_next(2, 503)
    outages.fail_next(1, 502, "planned", path="/page")
    assert outages.answer("/elsewhere") is None
    assert outages.answer("/api/users").get_data() == b"page 503"
    assert outages.answer("/page").get_data() == b"planned"


def test_they_can_be_ended():
    outages = Outages()
    outages.fail_next(1_000)
    assert outages.answer("/")
    outages.end()
    assert outages.answer("/") is None


def test_plans_are_carried_out_one_after_the_other():
    outages = Outages()
    outages.fail_next(1, 500)
    outages.fail_next(1, 502)
    assert [outages.answer("/").status_code for _ in range(2)] == [500, 502]
