"""A file is replaced at once, or not at all."""

import os
import stat
import sys

import pytest

from lib import atomicfile


def test_the_content_is_new_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    atomicfile.replace(path, b"n\xc3\xa4w\r\n", 0o600)
    assert path.read_bytes() == b"n\xc3\xa4w\r\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_it_has_the_permissions_that_are_wanted(tmp_path, mode):
    path = tmp_path / "file"
    atomicfile.replace(path, b"", mode)
    assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failure_leaves_the_old_file_and_no_other(tmp_path, monkeypatch, step):
    def fail(*_):
        raise OSError(28, "No space left on device")

    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, step, fail)
    monkeypatch.setattr("pathlib.Path.replace", fail)
    with pytest.raises(OSError, match="No space"):
        atomicfile.replace(path, b"new", 0o600)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
