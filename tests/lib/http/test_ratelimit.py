"""How long to wait, from the headers of the services' answers."""

import time
from email.utils import formatdate

import pytest
from urllib3 import HTTPResponse
from urllib3.exceptions import MaxRetryError

from lib.http.ratelimit import LONGEST_PAUSE, PatientRetry, pause_before_next, seconds_to_reset


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


def test_nothing_is_tried_again_when_all_tries_would_not_outwait_the_server():
    day, retry = response(429, RateLimit_Reset="86000"), PatientRetry(total=5)
    with pytest.raises(MaxRetryError):
        retry.increment("GET", "/", day)
    assert retry.increment("GET", "/", response(429, RateLimit_Reset="1500")).total == 4


def response(status, **headers):
    return HTTPResponse(status=status, headers={k.replace("_", "-"): v for k, v in headers.items()})


def test_retry_after_counts_before_a_reset():
    assert PatientRetry().get_retry_after(response(429, Retry_After="3", RateLimit_Reset="9")) == 3


def test_a_reset_stands_in_for_retry_after_when_there_were_too_many_requests():
    assert PatientRetry().get_retry_after(response(429, RateLimit_Reset="9")) == 9


def test_a_reset_says_nothing_about_a_server_that_is_down():
    assert PatientRetry().get_retry_after(response(503, RateLimit_Reset="9")) is None


def test_no_retry_waits_longer_than_the_longest_pause():
    assert PatientRetry().get_retry_after(response(429, RateLimit_Reset="86000")) == LONGEST_PAUSE
    assert PatientRetry().get_retry_after(response(429, Retry_After="86000")) == LONGEST_PAUSE


def test_the_patience_survives_a_try():
    later = PatientRetry(total=3).increment("GET", "/", response(429, RateLimit_Reset="9"))
    assert later.get_retry_after(response(429, RateLimit_Reset="9")) == 9


@pytest.mark.parametrize(
    ("header", "seconds"), [("1.5", 1.5), ("", None), ("-1", None), ("x", None)]
)
def test_a_retry_after_that_is_no_whole_number_ends_nothing(header, seconds):
    assert PatientRetry().get_retry_after(response(503, Retry_After=header)) == seconds
