"""Requests are counted in windows of time."""

import pytest

from sandbox.quota import Quota


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def quota(clock) -> Quota:
    return Quota(60, clock)


def test_so_many_are_let_pass_and_the_others_do_not_count(quota):
    assert [quota.take(2) for _ in range(4)] == [True, True, False, False]
    assert (quota.used, quota.left(2), quota.left(5), quota.left(1)) == (2, 0, 3, 0)


def test_a_window_begins_with_its_first_request(quota, clock):
    assert quota.ends == 0
    quota.take(1)
    assert quota.ends == 1_060
    clock.now = 1_059.9
    assert not quota.take(1)
    clock.now = 1_100
    assert quota.take(1)
    assert quota.ends == 1_160


def test_a_refilled_one_ends_at_once(quota, clock):
    quota.take(1)
    clock.now = 1_010
    quota.refill()
    assert quota.ends == 1_010
    assert quota.take(1)
