"""Where faults are tried: the program with a ledger, an Oomnitza, a Jamf Pro, maybe a directory."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.wrappers import Response

from lib.state import PastRun, Store, open_to_read
from sandbox.jamf import JamfPro
from sandbox.mock import PASSWORD, SERIAL_NUMBER
from sandbox.oomnitza import API_TOKEN, Oomnitza
from sandbox.web import WebServer
from tests.program import Ended, Program

Counts = dict[str, int]

MAPPINGS: dict[str, dict[str, str | list[str]]] = {
    "LDAP": {"telephoneNumber": "PHONE", "title": "POSITION"},
    "Casper": {
        "general.serial_number": SERIAL_NUMBER,
        "general.name": "NAME",
        "hardware.model": "MODEL",
        "location.username": "ASSIGNED_TO",
    },
}
CASPER = {
    "enable": "True",
    "username": "auditor",
    "password": PASSWORD,
    "sync_field": SERIAL_NUMBER,
    "sync_type": "computers",
}
OUTCOMES = ("filtered", "incomplete", "unchanged", "duplicate", "sent", "rejected", "unsent")


class Place:
    """All of it in `folder`; each answer of Oomnitza and of Jamf Pro takes `delay` seconds."""

    def __init__(self, folder: Path, computers: int, delay: float) -> None:
        self.program = Program(folder)
        self.state = folder / "config.db"
        self.oomnitza = Oomnitza(api_token=API_TOKEN)
        self.oomnitza.mappings.update(MAPPINGS)
        self.jamf = JamfPro(
            computers=computers, mobile_devices=0, username="auditor", password=PASSWORD
        )
        self.jamf.delay = self.delay = delay
        self.lost_answers = 0  # to so many batches Oomnitza's answer comes to nobody
        self.renamed: dict[int, str] = {}
        self._record = self.jamf.computers.record
        self.jamf.computers.record = self._renamed  # type: ignore[method-assign, assignment]
        self.urls: dict[str, str] = {}
        self.sections: dict[str, dict[str, object]] = {}

    @property
    def ledger(self) -> Store:
        """What stands in the ledger; to be closed."""
        return open_to_read(self.state)

    def write_ini(self, **sections: Mapping[str, object]) -> None:
        """Write the ini; settings given here are added to those that the sections have."""
        texts = []
        for name, own in self.sections.items():
            lines = {**own, **sections.get(name, {})}
            texts += [f"[{name}]", *(f"{key} = {value}" for key, value in lines.items()), ""]
        self.program.ini.write_text("\n".join(texts), "utf-8")

    def upload(self, *arguments: object, **how: Any) -> tuple[Ended, dict[str, Any]]:
        """Run an upload to its end; gives also its report, by section."""
        return self.run("upload", *arguments, **how)

    def run(self, *arguments: object, **how: Any) -> tuple[Ended, dict[str, Any]]:
        report = self.program.folder / "report.json"
        report.unlink(missing_ok=True)
        ended = self.program.run(*arguments, "--report", report, **how)
        return ended, self.report(report)

    def report(self, path: Path) -> dict[str, Any]:
        """The sections of a report; the counts of each have to add up."""
        if not path.exists():
            return {}
        sections = json.loads(path.read_text("utf-8"))["sections"]
        for each in sections:
            counts = each["counts"]
            assert counts["fetched"] == sum(counts[name] for name in OUTCOMES), each
        return {each["section"]: each for each in sections}

    def computers(self) -> dict[str, dict[str, Any]]:
        """What Oomnitza has to hold of the computers, by their serial numbers."""
        records = map(self.jamf.computers.record, self.jamf.computers.ids)
        return {
            record["general"]["serial_number"]: {
                SERIAL_NUMBER: record["general"]["serial_number"],
                "NAME": record["general"]["name"],
                "MODEL": record["hardware"]["model"],
                "ASSIGNED_TO": record["location"]["username"],
            }
            for record in records
            if record["general"]["serial_number"] != "Not Available"
        }

    def held_computers(self) -> dict[str, dict[str, Any]]:
        """What Oomnitza holds of computers, each of them once."""
        return by_key(
            [
                {name: value for name, value in record.items() if name != "APPLICATIONS"}
                for record in self.oomnitza.records("assets")
            ],
            SERIAL_NUMBER,
        )

    def states(self, section: str = "casper") -> list[str]:
        """How its runs ended, the latest one first."""
        return [run.state for run in self.history(section)]

    def history(self, section: str = "casper") -> list[PastRun]:
        with self.ledger as ledger:
            return ledger.history([section], 1000)

    def set_aside(self) -> list[tuple[str, str | None]]:
        """(outcome, key) of all that is set aside."""
        with self.ledger as ledger:
            return [(each.outcome, each.key) for each in ledger.saved_records()]

    def check_ledger(self) -> None:
        """Look at a copy of the ledger as it lies there: it has to be whole."""
        if not self.state.exists():
            return
        copy = self.program.folder / "copy.db"
        for end in ("", "-wal"):
            copy.with_name(copy.name + end).unlink(missing_ok=True)
            if self.state.with_name(self.state.name + end).exists():
                shutil.copy(
                    self.state.with_name(self.state.name + end), copy.with_name(copy.name + end)
                )
        with closing(sqlite3.connect(copy)) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]

    def check_closed(self) -> None:
        """Every run that Oomnitza knows of has to be closed there, and got nothing afterwards."""
        assert [run for run in self.oomnitza.runs() if not run.finished or run.late] == []

    def _renamed(self, number: int) -> dict[str, Any]:
        record = self._record(number)
        record["general"]["name"] = self.renamed.get(number, record["general"]["name"])
        return record


@contextmanager
def place(
    folder: Path, *, computers: int = 40, delay: float = 0.0, directory: Mapping[str, object] = {}
) -> Iterator[Place]:
    """Everything running; the section ldap has the settings `directory`, if there is one."""
    made = Place(folder, computers, delay)
    with (
        WebServer(slowed(made.oomnitza.app, made)) as oomnitza,
        WebServer(made.jamf.app) as jamf,
        closing(made.oomnitza),
    ):
        made.urls = {"oomnitza": oomnitza.url, "jamf": jamf.url}
        made.sections["oomnitza"] = {"url": oomnitza.url, "api_token": API_TOKEN, "batch_size": 10}
        made.sections["run"] = {}
        if directory:
            made.sections["ldap"] = {"enable": "True", **directory}
        made.sections["casper"] = {"url": jamf.url, **CASPER}
        made.write_ini()
        yield made


def slowed(app: WSGIApplication, made: Place) -> WSGIApplication:
    """The application, whose answers take a while."""

    def serve(environ: WSGIEnvironment, respond: StartResponse) -> Iterable[bytes]:
        time.sleep(made.delay)
        if made.lost_answers and environ["PATH_INFO"] == "/api/v3/bulk":
            made.lost_answers -= 1
            app(environ, lambda *_: lambda _: None)
            return Response("gone", 503)(environ, respond)
        return app(environ, respond)

    return serve


def by_key(records: list[dict[str, Any]], field: str) -> dict[str, dict[str, Any]]:
    """Records by a field that is different in each of them."""
    found = {record[field]: record for record in records}
    assert len(found) == len(records), "a record is there twice"
    return found


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)
