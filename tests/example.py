"""The examples of docs/reference/connectors, run as an administrator would run them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from lib.config import config
from lib.run.pipeline import RunOptions, run_section
from lib.run.tally import Outcome
from sandbox.oomnitza import Oomnitza
from sandbox.web import WebServer

PAGES = Path(__file__).resolve().parent.parent / "docs" / "reference" / "connectors"
# One request after the other: tests look at the order in which records arrive.
OOMNITZA = "[oomnitza]\nurl = {url}\napi_token = sandbox-token\nretries = 0\nupload_workers = 1\n\n"


def page_example(page: str, **changes: object) -> str:
    """The first block of a page, with settings that are true here only put in.

    Those that the example does not have are added to all of its sections.
    """
    text = (PAGES / f"{page}.md").read_text("utf-8")
    lines = text.split("```\n")[1].splitlines()
    keys = [line.partition(" = ")[0] for line in lines]
    more = [f"{key} = {value}" for key, value in changes.items() if key not in keys]
    for at, key in enumerate(keys):
        if key in changes:
            lines[at] = f"{key} = {changes[key]}"
        elif key == "enable":
            lines[at] = "\n".join([lines[at], *more])
    return "\n".join(lines) + "\n"


def upload(
    text: str,
    section: str,
    folder: Path,
    mappings: Mapping[str, Any] | None = None,
    options: RunOptions | None = None,
) -> tuple[Outcome, list[dict[str, Any]]]:
    """Run a section of an ini without [oomnitza]: how it ended, and what Oomnitza holds then."""
    oomnitza = Oomnitza()
    oomnitza.mappings.update(mappings or {})
    with closing(oomnitza), WebServer(oomnitza.app) as target:
        ini = folder / "config.ini"
        ini.write_text(OOMNITZA.format(url=target.url) + text, "utf-8")
        loaded = config.load_config(ini, [section])
        assert loaded.warnings == []
        outcome = run_section(loaded.sections[0], loaded.oomnitza, options or RunOptions())
        return outcome, [*oomnitza.records("users"), *oomnitza.records("assets")]
