"""File names of a config file: which can be paths, and how they are path_text."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lib.filenames import path_of, path_text
from lib.settings import any_path, existing_path

ROOT = Path(__file__).resolve().parents[2]


def test_path_of_home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert path_of(" ~/a.csv ") == tmp_path / "a.csv"
    assert path_of("b.csv") == Path("b.csv")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("~nobodyhere/a.csv", "user nobodyhere not found"),
        ("a\0b.csv", "NUL"),
    ],
)
@pytest.mark.parametrize("parse", [path_of, any_path, existing_path])
def test_text_that_cannot_be_a_path_is_an_error_in_words(parse, text, what):
    with pytest.raises(ValueError, match=what):
        parse(text)


def test_account_without_home_is_an_error_in_words(monkeypatch):
    def unknown(path):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", unknown)
    with pytest.raises(ValueError, match="no home folder"):
        path_of("~/a.csv")


def test_path_text_replaces_bytes_that_are_not_utf8():
    assert path_text(Path("müller.csv")) == "müller.csv"
    assert path_text(os.fsdecode(b"m\xfcller.csv")) == "m\ufffdller.csv"


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes in Linux only")
def test_name_that_the_locale_lacks_is_utf8(tmp_path):
    (tmp_path / "müller.csv").write_text("x")
    code = (
        "import sys; from lib.filenames import path_of, path_text;"
        f" path = path_of(ascii({str(tmp_path)!r})[1:-1] + '/m\\xfcller.csv');"
        " print(sys.getfilesystemencoding(), path.read_text(), ascii(path_text(path)[-10:]))"
    )
    environment = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout.split() == ["ascii", "x", r"'m\xfcller.csv'"], done.stderr
