"""Run every benchmark and write results.md; with names, run those and write nothing.

A benchmark is a module of this folder with a function `figures`; its docstring tells what it
measures.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

from benchmarks.measure import Figure
from lib import plugins

RESULTS = Path(__file__).parent / "results.md"
HEAD = """\
# Benchmarks

Written by `make bench`. Each figure is measured alternately with its comparison, in the same run.
The ratio is the median of all rounds, and the range in parentheses contains the middle half of
them. Below 1, the connector is faster, or uses less, than the comparison.
"""


def main(names: list[str]) -> None:
    parts = [HEAD, machine()]
    for benchmark in found(names):
        part = section(benchmark)
        print(part, flush=True)
        parts.append(part)
    if not names:
        RESULTS.write_text("\n".join(parts), "utf-8")


def found(names: list[str]) -> Iterator[ModuleType]:
    known = plugins.plugin_names("benchmarks")
    for name in names:
        if name not in known:
            raise SystemExit(f"unknown benchmark {name}. Known: {', '.join(sorted(known))}")
    for name in names or known:
        module = plugins.load_plugin("benchmarks", name)
        if hasattr(module, "figures"):
            yield module


def machine() -> str:
    """The machine and the day, as a table."""
    cells = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "processor": processor(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.release()} ({platform.machine()})",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
    }
    return _table([list(cells), list(cells.values())])


def processor() -> str:
    """The model of the processor; only Linux tells it in words."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or "unknown"


def section(benchmark: ModuleType) -> str:
    """What a benchmark measures, and a table of what it found."""
    title, _, text = (benchmark.__doc__ or "").strip().partition("\n")
    rows = [["", "measured", "comparison", "ratio", "target"], *map(_row, benchmark.figures())]
    return f"## {title.rstrip('.')}\n{text}\n\n{_table(rows)}"


def _row(figure: Figure) -> list[str]:
    low, high = figure.spread
    target = "" if figure.target is None else f"at most {figure.target:g}"
    return [
        figure.what,
        figure.measured,
        figure.beside,
        f"{_number(figure.ratio)} ({_number(low)} to {_number(high)})",
        f"{target}, missed" if figure.missed else target,
    ]


def _number(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.3f}"


def _table(rows: list[list[str]]) -> str:
    head, *body = rows
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    main(sys.argv[1:])
