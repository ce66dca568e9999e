"""Every request of a run fails in every way, on the way to the source and to Oomnitza."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import Any, NamedTuple

import pytest

from lib.report.summary import exit_code
from lib.run.tally import Outcome
from tests.faults import figures
from tests.faults.kinds import ANSWERS, CONNECTION, KINDS, SLOW, Extent, Injection, spoil_of
from tests.faults.proxy import Exchange
from tests.faults.stage import EXPECTED, SHORTEST_TIMEOUT, Stage, patched, stage

EXTENTS: tuple[Extent, ...] = ("once", "here", "lasting")
# Faults that take seconds are tried where the ways of asking differ; of those that last, every
# third position is.
SLOW_WAYS = ("casper", "okta", "oomnitza")
STRIDE = 3


class Way(NamedTuple):
    """What is spoiled: the way to the source or to Oomnitza, in a run of this source."""

    side: str
    source: str
    settings: dict[str, Any] = {}
    after_a_run: bool = False
    fixed_secret: bool = False  # whether a 401 means that there is nothing more to try


WAYS = {
    "casper": Way("source", "casper"),
    "casper after a run": Way("source", "casper", {"changed_only": True}, after_a_run=True),
    "okta": Way("source", "okta", fixed_secret=True),
    "onelogin": Way("source", "onelogin"),
    "zendesk": Way("source", "zendesk", fixed_secret=True),
    "oomnitza": Way("target", "casper", fixed_secret=True),
    "oomnitza, changed_only": Way("target", "casper", {"changed_only": True}, fixed_secret=True),
    "oomnitza by login": Way("target", "okta", {"login": True}),
}
CELLS = [
    (way, kind, extent)
    for way in WAYS
    for kind in KINDS
    for extent in EXTENTS
    if kind not in SLOW or way in SLOW_WAYS
]
counted: Counter[str] = Counter()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with patched(), stage(tmp_path_factory.mktemp("http")) as made:
        yield made


def tried(shared: Stage, way: Way, kind: str, extent: Extent, position: int) -> bool:
    """Try one fault, and a plain run after it; False where the run has no such position."""
    waiting = {}
    if kind in SLOW:
        waiting = {"timeout": SHORTEST_TIMEOUT, "retries": int(extent == "once")}
    shared.set(way.source, **way.settings, **waiting)
    if way.after_a_run:
        shared.run()
    injection = Injection(spoil_of(kind, extent), position, extent)
    getattr(shared, way.side).spoil = injection
    try:
        outcome = shared.run()
    finally:
        shared.heal()
    if injection.struck:
        about = f"{injection.struck.method} {injection.struck.path}: {outcome.error}"
        assert is_as_promised(outcome, way, kind, extent, injection.struck), about
        again = shared.run()
        note(injection, outcome, again, shared)
        shared.check_whole(again)
    shared.oomnitza.close()
    return injection.struck is not None


def is_as_promised(outcome: Outcome, way: Way, kind: str, extent: Extent, struck: Exchange) -> bool:
    """Whether the run got over what passes, and told of what lasts."""
    clean = exit_code([outcome]) == 0
    if is_unimportant(struck) or (kind == "truncated JSON" and is_unread(struck)):
        return True
    return not clean if extent != "once" or is_final(way, kind, struck) else clean


def is_unimportant(struck: Exchange) -> bool:
    """What may fail without consequence: signing out, and what Oomnitza counted."""
    return "invalidate-token" in struck.path or "connector_run_logs" in struck.path


def is_unread(struck: Exchange) -> bool:
    """Answers of which the status says all."""
    uploads = struck.method == "POST" and "/api/v3/bulk" in struck.path
    return uploads or "name=AuthTest" in struck.path


def is_final(way: Way, kind: str, struck: Exchange) -> bool:
    """What is not tried again: refused credentials, a sign-in at what is not the service.

    OneLogin answers 500 to credentials that have lost their maker.
    """
    signs_in = struck.method == "POST" and "token" in struck.path
    if kind == "401":
        return way.fixed_secret or signs_in
    if kind == "HTML with 200":
        return signs_in and way.side == "source"
    if kind == "truncated JSON":
        return signs_in
    return kind == "500" and way.source == "onelogin"


def note(injection: Injection, outcome: Outcome, again: Outcome, shared: Stage) -> None:
    whole, held = EXPECTED[shared.name], shared.held()
    counted["faults"] += injection.count
    counted["trials"] += 1
    counted["runs"] += 2
    counted["saved"] += exit_code([outcome]) == 0
    counted["fetched"] += outcome.tally.fetched + again.tally.fetched
    counted["records"] += len(whole)
    counted["lost"] += len(whole.keys() - held.keys())


@pytest.mark.faults
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("way", "kind", "extent"), CELLS)
def test_each_request_in_turn(shared, way, kind, extent):
    stride = STRIDE if kind in SLOW and extent != "once" else 1
    position = 0
    for position in count(1, stride):
        if not tried(shared, WAYS[way], kind, extent, position):
            break
    assert position > 2
    counted["cells"] += 1


# The ordinary tests take a part of it: one request that carries records, once or for good.
SOME = [
    (way, kind, EXTENTS[(number + turn) % 3], position)
    for number, kind in enumerate(CONNECTION | ANSWERS)
    for turn, (way, position) in enumerate([("casper after a run", 6), ("oomnitza", 4)])
]


@pytest.mark.parametrize(("way", "kind", "extent", "position"), SOME)
def test_one_request(shared, way, kind, extent, position):
    assert tried(shared, WAYS[way], kind, extent, position)


@pytest.mark.faults
def test_the_figures(shared):
    if counted["cells"] < len(CELLS):
        pytest.skip("not everything was tried")
    assert counted["lost"] == 0
    figures.write(
        "http",
        f"{len(KINDS)} kinds of faults on the way to Jamf Pro, Okta, OneLogin, Zendesk and"
        f" Oomnitza, at each request in turn: once, at the same address for good, and everywhere"
        f" for good. {counted['trials']:,} trials, {counted['faults']:,} faults injected,"
        f" {counted['runs']:,} runs with {counted['fetched']:,} records in."
        f" {counted['saved']:,} of the spoiled runs came to a good end by themselves; after one"
        f" plain run more, of {counted['records']:,} records Oomnitza held all, each once:"
        f" {counted['lost']} lost, 0 duplicates.",
    )
