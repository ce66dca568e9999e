"""Check this machine: the files that a run writes, and who can read the config file."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from lib.config.config import Config
from lib.errors import ExitCode
from lib.preview.finding import CheckStep, Finding, failed, note, ok


def check_machine(config: Config) -> Iterator[Finding]:
    """Yield the findings on the files of a config file, without creating any."""
    if problem := _unwritable(config.state):
        text = f"state: cannot write {config.state} ({problem}). Set state in [run] to another file"
        yield failed(CheckStep.MACHINE, text, ExitCode.CONFIGURATION)
    else:
        yield ok(CheckStep.MACHINE, f"state: {config.state} can be written")
    for name, path in (
        ("file", config.report.file),
        ("prometheus_file", config.report.prometheus_file),
    ):
        if path and (problem := _unwritable(path)):
            text = f"[report] {name}: cannot write {path} ({problem}). No report will be there"
            yield note(CheckStep.MACHINE, text)
    folder = config.path.absolute().parent / "saved_data"
    if problem := _unwritable(folder / "file" if folder.exists() else folder):
        text = f"saved_data: cannot write {folder} ({problem}). Do not use --save-data"
        yield note(CheckStep.MACHINE, text)
    if _is_readable_by_others(config.path):
        yield note(
            CheckStep.MACHINE,
            f"other users of this machine can read {config.path}, which contains credentials. Run"
            f" `chmod 600 {config.path}`",
        )


def _unwritable(path: Path) -> str:
    """Why a file cannot be written; empty if it can be, or can be created."""
    if path.is_dir():
        return "it is a folder"
    if path.exists():
        return "" if os.access(path, os.W_OK) else "no permission"
    if not path.parent.is_dir():
        return "its folder does not exist"
    return "" if os.access(path.parent, os.W_OK | os.X_OK) else "no permission in its folder"


def _is_readable_by_others(path: Path) -> bool:
    """Whether others than the owner can read a file; Windows has other means to tell."""
    return os.name == "posix" and bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
