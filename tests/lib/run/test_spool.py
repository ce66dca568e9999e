"""Records that wait: in order, in little memory, and still there when the disk is full."""

import subprocess
import sys
import tracemalloc
from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest

from lib.errors import ConnectorError
from lib.run import spool
from lib.run.spool import Spool

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(params=[100, 4_000_000], ids=["on disk", "in memory"])
def size(request, monkeypatch):
    monkeypatch.setattr(spool, "IN_MEMORY", request.param)


@pytest.fixture
def waiting(size):
    with closing(Spool()) as waiting:
        yield waiting


def test_spool_keeps_the_order(waiting):
    items = [{"NAME": f"Ada {number}", "none": None, "list": [1.5, "☃"]} for number in range(500)]
    for item in items:
        waiting.add(item)
    assert len(waiting) == 500
    assert list(waiting) == items
    assert len(waiting) == 0
    assert list(waiting) == []


def test_spool_is_empty_at_first(waiting):
    assert len(waiting) == 0
    assert list(waiting) == []


def test_spool_iterated_again_yields_the_rest(waiting):
    for number in range(100):
        waiting.add(number)
    with pytest.raises(ZeroDivisionError):
        for number in waiting:
            1 // (42 - number)
    assert len(waiting) == 57
    assert list(waiting) == list(range(43, 100))


def test_spool_add_while_iterating(waiting):
    for number in range(50):
        waiting.add(number)
    first = list(islice(waiting, 20))
    for number in range(50, 80):
        waiting.add(number)
    second = []
    for number in waiting:
        second.append(number)
        if number < 10 + 50:
            waiting.add(number + 100)
    assert first + second == [*range(80), *range(120, 160)]


def test_spool_accepts_items_larger_than_memory(waiting):
    waiting.add("x" * 5_000_000)
    waiting.add("y")
    assert [len(item) for item in waiting] == [5_000_000, 1]


def test_spool_closed_is_empty(waiting):
    for number in range(100):
        waiting.add(number)
    waiting.close()
    waiting.close()
    assert len(waiting) == 0
    assert list(waiting) == []


def test_spool_stores_items_as_they_were_added(waiting):
    item = {"NAME": "Ada"}
    waiting.add(item)
    item["NAME"] = "Grace"
    assert list(waiting) == [{"NAME": "Ada"}]


def test_spool_writes_large_blocks(monkeypatch):
    monkeypatch.setattr(spool, "IN_MEMORY", 1_000)
    with closing(Spool()) as waiting:
        for _ in range(1_000):
            waiting.add("x" * 80)
        assert len(waiting._blocks) < 110


def test_spool_memory_is_limited(monkeypatch):
    monkeypatch.setattr(spool, "IN_MEMORY", 100_000)
    tracemalloc.start()
    try:
        with closing(Spool()) as waiting:
            for number in range(5_000):
                waiting.add(f"{number}" + "x" * 1_000)
            assert sum(1 for _ in waiting) == 5_000
        assert tracemalloc.get_traced_memory()[1] < 1_000_000  # all of them are 5 million
    finally:
        tracemalloc.stop()


# A limit on the size of files does what a full disk does.
FULL = """
import resource
from lib.run import spool
from lib.errors import ConnectorError
from lib.run.spool import Spool

spool.IN_MEMORY = 1_000
resource.setrlimit(resource.RLIMIT_FSIZE, (5_500, resource.RLIM_INFINITY))
waiting = Spool()
added = 0
try:
    while added < 1_000:
        added += 1
        waiting.add((added, "x" * 90))
except ConnectorError as error:
    print(error)
assert 20 < added == len(waiting) < 60, added
if LATER:
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    waiting.add((added + 1, "x" * 90))
    added += 1
assert [number for number, _ in waiting] == list(range(1, added + 1))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")
@pytest.mark.parametrize("later", [False, True])
def test_spool_with_full_disk_raises_and_loses_nothing(tmp_path, later):
    result = subprocess.run(
        [sys.executable, "-c", FULL.replace("LATER", str(later))],
        cwd=ROOT,
        env={"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(
        f"{tmp_path}: cannot write the temporary file of records to be sent (File too large). Free"
    )
    assert list(tmp_path.iterdir()) == []


def test_spool_with_unreadable_file_raises(monkeypatch):
    monkeypatch.setattr(spool, "IN_MEMORY", 1)
    with closing(Spool()) as waiting:
        waiting.add("a")

        class Broken:
            def seek(self, _begin):
                raise OSError(5, "Input/output error")

            close = waiting._file.close

        monkeypatch.setattr(waiting, "_file", Broken())
        with pytest.raises(
            ConnectorError,
            match=r"cannot read the temporary file of records to be sent \(Input/output error\)",
        ):
            list(waiting)
        assert len(waiting) == 1
