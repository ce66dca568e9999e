"""Time ways of doing the same thing in one run, so that their ratio holds on any machine."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Self

ROUNDS = 31
# A way is repeated until it takes as many seconds, so that the clock's grain does not matter.
AT_LEAST = 0.05

Clock = Callable[[], float]


@dataclass(frozen=True)
class Figure:
    """A line of the results.

    `ratios` are those of all rounds, of what was measured to what stands beside it; `target` is
    the most that their median should be.
    """

    what: str
    measured: str
    beside: str
    ratios: list[float]
    target: float | None = None

    @classmethod
    def beside_bound(
        cls, what: str, found: Sequence[float], bound: float, target: float | None = None
    ) -> Self:
        """Seconds, one for each round, beside those that it cannot take less than."""
        measured = f"{median(found):.2f} s"
        return cls(what, measured, f"bound: {bound:.2f} s", [one / bound for one in found], target)

    @property
    def ratio(self) -> float:
        return median(self.ratios)

    @property
    def spread(self) -> tuple[float, float]:
        """The ratios between which the middle half of all rounds lies."""
        if len(self.ratios) == 1:
            return self.ratio, self.ratio
        low, _, high = quantiles(self.ratios, n=4, method="inclusive")
        return low, high

    @property
    def missed(self) -> bool:
        return self.target is not None and self.ratio > self.target


def seconds(
    ways: Mapping[str, Callable[[], object]], rounds: int = ROUNDS, clock: Clock = time.process_time
) -> dict[str, list[float]]:
    """The seconds that each way takes, one for each round; in a round the ways take turns.

    They are counted in the processor's time, unless the clock is another one: time.perf_counter
    for what waits.
    """
    times = {name: _repeats(way, clock) for name, way in ways.items()}
    found: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds):
        for name in sorted(ways, reverse=bool(number % 2)):
            found[name].append(_once(ways[name], times[name], clock) / times[name])
    return found


def ratios(measured: Sequence[float], beside: Sequence[float]) -> list[float]:
    """The ratio of each round: what slows the machine down for a while slows both down."""
    return [one / other for one, other in zip(measured, beside, strict=True)]


def _repeats(way: Callable[[], object], clock: Clock) -> int:
    times = 1
    while _once(way, times, clock) < AT_LEAST:
        times *= 2
    return times


def _once(way: Callable[[], object], times: int, clock: Clock) -> float:
    gc.collect()
    begin = clock()
    for _ in range(times):
        way()
    return clock() - begin
