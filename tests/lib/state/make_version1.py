"""Writes a state file of version 1, with the program of that time: run in a checkout of 693c977.

    git worktree add /tmp/version1 693c977
    cp tests/lib/state/make_version1.py /tmp/version1/
    cd /tmp/version1 && python make_version1.py .../tests/lib/state/version1.db

Two runs of people from a file. In the first one Oomnitza refuses one of five, who is set aside; in
the second one, another is no longer in the file and hence missing, and three are unchanged.
"""

import os
import socket
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from connectors.csv_users import Settings
from lib.config.sections import Section
from lib.oomnitza.client import OomnitzaSettings
from lib.run.options import RunOptions
from lib.run.pipeline import run_section
from sandbox.oomnitza import Oomnitza
from sandbox.web import WebServer

TARGET = "https://example.oomnitza.com"
HEAD = "login,name\n"
PEOPLE = ["ada,Ada", "bob,Böb", "cy,Cy", "dora,Dora", "eve,Eve"]


def section() -> Section:
    """The section, with a path that is the same wherever it is run."""
    settings = Settings(
        filename=Path("people.csv"),
        default_role="25",
        default_position="Employee",
        use_server_map=False,
        changed_only=True,
        full_every="36500d",
        retries=0,
    )
    return Section("people", "csv_users", settings, {"USER": {"source": "login"}, **NAMES})


NAMES = {"FIRST_NAME": {"source": "name"}}


def main(path: Path) -> None:
    socket.gethostname = lambda: "example"
    os.chdir(tempfile.mkdtemp())
    target = Oomnitza(api_token="token")
    target.refuse = lambda record: "no such role" if record["USER"] == "eve" else None
    with closing(target), WebServer(target.app) as server:
        oomnitza = OomnitzaSettings(url=server.url, api_token="token", retries=0)
        for people in (PEOPLE, [who for who in PEOPLE if who != "dora,Dora"]):
            Path("people.csv").write_text(HEAD + "\n".join(people) + "\n", "utf-8")
            outcome = run_section(section(), oomnitza, RunOptions(state=path))
            assert outcome.error is None
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE section SET target = ?", (TARGET,))


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
