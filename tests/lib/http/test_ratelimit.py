"""How long to wait, from the headers of the services' answers."""

import time
from email.utils import formatdate

import pytest
import requests

from lib.http.ratelimit import RateLimiter, asked_pause, pause_before_next, seconds_to_reset
from lib.retry import LONGEST_PAUSE


@pytest.mark.parametrize("header", ["X-RateLimit-Reset", "RateLimit-Reset", "X-Rate-Limit-Reset"])
def test_a_small_reset_is_seconds_from_now(header):
    assert seconds_to_reset({header: "17"}) == 17


def test_a_large_reset_is_a_date_by_the_server_s_clock():
    now = 1_500_000_000  # years behind ours
    headers = {"X-Rate-Limit-Reset": str(now + 40), "Date": formatdate(now, usegmt=True)}
    assert seconds_to_reset(headers) == 41


def test_a_date_without_the_server_s_clock_is_taken_by_ours():
    assert 8 < seconds_to_reset({"X-Rate-Limit-Reset": str(time.time() + 9)}) <= 10


def test_a_reset_that_has_passed_asks_for_no_wait():
    now = 1_500_000_000
    headers = {"X-Rate-Limit-Reset": str(now - 40), "Date": formatdate(now, usegmt=True)}
    assert seconds_to_reset(headers) == 0


def test_negative_reset_asks_for_no_wait():
    assert seconds_to_reset({"X-Rate-Limit-Reset": "-9999999"}) == 0


@pytest.mark.parametrize("headers", [{}, {"X-RateLimit-Reset": ""}, {"X-RateLimit-Reset": "soon"}])
def test_without_a_reset_nothing_is_known(headers):
    assert seconds_to_reset(headers) is None


def test_a_quota_that_is_used_up_asks_for_a_pause():
    assert pause_before_next({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "5"}) == 5


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-RateLimit-Remaining": "1", "X-RateLimit-Reset": "5"},
        {"X-RateLimit-Remaining": "0"},
        {"X-RateLimit-Remaining": "many", "X-RateLimit-Reset": "5"},
    ],
)
def test_otherwise_there_is_no_pause(headers):
    assert pause_before_next(headers) == 0


def test_a_pause_that_would_be_too_long_is_not_made():
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(LONGEST_PAUSE + 1)}
    assert pause_before_next(headers) == 0


def response(status, **headers):
    made = requests.Response()
    made.status_code = status
    made.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return made


def test_retry_after_counts_before_a_reset():
    assert asked_pause(response(429, Retry_After="3", RateLimit_Reset="9")) == 3


def test_a_reset_stands_in_for_retry_after_when_there_were_too_many_requests():
    assert asked_pause(response(429, RateLimit_Reset="9")) == 9


def test_a_reset_says_nothing_about_a_server_that_is_down():
    assert asked_pause(response(503, RateLimit_Reset="9")) is None


def test_retry_after_may_be_a_date_by_the_server_s_clock():
    now = 1_500_000_000  # years behind ours
    dates = {"Retry_After": formatdate(now + 40, usegmt=True), "Date": formatdate(now, usegmt=True)}
    assert asked_pause(response(503, **dates)) == 40


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("1.5", 1.5), ("", None), ("-1", None), ("x", None), ("nan", None), ("inf", None)],
)
def test_a_retry_after_that_is_no_whole_number_ends_nothing(header, seconds):
    assert asked_pause(response(503, Retry_After=header)) == seconds


class TestRateLimiter:
    @pytest.fixture
    def waited(self, monkeypatch):
        """How long it would have been waited; the clock stands still."""
        made = []
        monkeypatch.setattr("time.monotonic", lambda: 1000.0)
        monkeypatch.setattr("lib.interruption.pause", made.append)
        return made

    def test_who_used_the_quota_up_waits_for_its_reset(self, waited):
        limiter = RateLimiter()
        limiter.update({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "50"})
        limiter.wait()
        assert waited == [50]

    @pytest.mark.parametrize("late", [{}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2"}])
    def test_a_late_answer_from_before_shortens_no_pause(self, waited, late):
        limiter = RateLimiter()
        limiter.update({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "50"})
        limiter.update(late)
        limiter.wait()
        assert waited == [50]
