"""The report of a run for monitoring: as JSON, as Prometheus metrics, and to a webhook.

docs/reference/report.md describes what is in it.
"""

from __future__ import annotations

import html
import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from textwrap import shorten
from typing import Any
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from lib import __version__, atomicfile, secrets
from lib.connection import ConnectionSettings
from lib.errors import ConfigurationError, ConnectorError, ExitCode
from lib.http.auth import HeaderAuth
from lib.http.client import Client
from lib.jsontext import printable, to_json
from lib.report.summary import exit_code as code_of
from lib.run.tally import Example, Outcome

Report = dict[str, Any]

# Increased when a member that programs may rely on is renamed or removed.
FORMAT = 1

OUTCOMES = {
    ExitCode.OK: "ok",
    ExitCode.RECORDS_LEFT: "records_left",
    ExitCode.SECTION_FAILED: "failed",
    ExitCode.CONFIGURATION: "misconfigured",
    ExitCode.ALREADY_RUNNING: "already_running",
    ExitCode.UNSAFE: "unsafe",
    ExitCode.INTERRUPTED: "interrupted",
}

PREFIX = "oomnitza_connector_"
METRICS = {
    "last_run_timestamp_seconds": "When the last run ended (Unix time).",
    "last_success_timestamp_seconds": "When the last run without an error ended (Unix time), or 0.",
    "exit_code": "Exit code of the last run, as if this were the only section.",
    "run_seconds": "Duration of the last run in seconds.",
    "records": "Number of records of the last run by outcome. The sum is the number fetched.",
    "missing_records": "Number of records sent by earlier runs that are no longer in the source.",
    "retries": "Number of requests that the last run retried.",
}
ENDS = ("filtered", "incomplete", "unchanged", "sent", "rejected", "unsent")
# A line of the textfile: the series, and its value.
SAMPLE = re.compile(
    rf"({PREFIX}(?:{'|'.join(METRICS)})"
    rf'\{{section="(?:[^"\\]|\\.)*"(?:,outcome="(?:{"|".join(ENDS)})")?\}}) (\d+(?:\.\d+)?)'
)
# How long one run waits for another one that writes the same textfile, in seconds.
LOCK_TIMEOUT = 10
ANOTHER_FILE = "Use another file name"

# The most characters of an error in the sentence about all sections.
LONGEST_ERROR = 300
WEBHOOK = ConnectionSettings(timeout=30)
# A shorter path is not a secret, and masking it would mask other texts.
SHORTEST_SECRET_PATH = 12


def run_report(
    outcomes: Sequence[Outcome], *, started: float, ended: float, testmode: bool, exit_code: int
) -> Report:
    """Return the report of a run; `started` and `ended` are in seconds since 1970."""
    report = {
        "format": FORMAT,
        "version": __version__,
        "host": socket.gethostname(),
        "started": iso8601(started),
        "ended": iso8601(ended),
        "testmode": testmode,
        "exit_code": int(exit_code),
        "sections": [section_report(outcome) for outcome in outcomes],
    }
    redacted: Report = secrets.redact_data(report)
    return redacted


def iso8601(moment: float) -> str:
    """Return the time in UTC, to the second: 2026-11-23T02:15:00Z."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def sentence(report: Report) -> str:
    """Return the report as one line of text."""
    summaries = "; ".join(map(_section_summary, report["sections"])) or "no section was run"
    return printable(f"Oomnitza Connector on {report['host']}: {summaries}")


def write_json(report: Report, path: Path) -> None:
    """Write the report, readable by its owner only. Raises ConfigurationError if it cannot."""
    with _translate_errors(path):
        _spare(path, begins='{"format"')
        atomicfile.replace(path, f"{to_json(report)}\n".encode(), 0o600)


def write_prometheus(report: Report, path: Path) -> None:
    """Write the metrics to a textfile that node_exporter can read as any user.

    What it holds of other sections is kept. Raises ConfigurationError if it cannot be written.
    """
    with _translate_errors(path), FileLock(f"{path}.lock", timeout=LOCK_TIMEOUT):
        old = path.read_bytes().decode("utf-8", "replace") if path.exists() else ""
        lines = map(SAMPLE.fullmatch, old.split("\n"))
        before = {line[1]: line[2] for line in lines if line}
        text = _textfile(before | dict(_samples(report, before)))
        atomicfile.replace(path, text.encode(), 0o644)


def post_webhook(report: Report, url: str, token: str = "") -> None:
    """POST the report as JSON, with a sentence as its `text`, which chat services show.

    Raises ConnectorError if that fails. Its text does not contain the URL, which may be secret.
    """
    target = urlsplit(url)._replace(scheme="", netloc="").geturl()
    parts = (part for part in (target, target.split("?")[0]) if len(part) >= SHORTEST_SECRET_PATH)
    secrets.remember(token, *parts)
    auth = HeaderAuth("Authorization", f"Bearer {token}") if token else None
    # A message that comes twice is better than none.
    client = Client(url, WEBHOOK, auth=auth, cookies=False, repeatable=frozenset({"POST"}))
    try:
        client.post_json("", {"text": html.escape(sentence(report), quote=False), **report})
    except ConnectorError as error:
        raise ConnectorError(
            secrets.redact(f"cannot post the report to the webhook ({error.what})"),
            fix="Check webhook_url and webhook_token in [report]",
        ) from None
    finally:
        client.close()


def section_report(outcome: Outcome) -> dict[str, Any]:
    """Return the member of a section in the report's `sections`; nothing is masked."""
    code, compared = code_of([outcome]), outcome.compared
    return {
        "section": outcome.section,
        "status": outcome.status,
        "outcome": OUTCOMES[code],
        "exit_code": int(code),
        "counts": asdict(outcome.tally),
        "ready": outcome.ready,
        "seconds": round(outcome.seconds, 3),
        "retries": outcome.retries,
        "missing": outcome.missing,
        "leavers": outcome.leavers,
        "fields": outcome.fields,
        "compared": {key: compared[key] for key in ("new", "changed", "same")}
        if compared
        else None,
        "server": outcome.server,
        "response_shape": outcome.response_shape,
        "unconfirmed": outcome.unconfirmed,
        "error": _error(outcome.error),
        "left_aside": _examples("reason", outcome.not_sent),
        "failed_conversions": _examples("field", outcome.failed_conversions),
        "notes": [*outcome.warnings, *outcome.notes],
    }


def _error(error: ConnectorError | None) -> dict[str, Any] | None:
    if error is None:
        return None
    code = int(error.exit_code)
    return {"kind": type(error).__name__, "text": str(error), "exit_code": code}


def _examples(key: str, examples: Mapping[str, Example]) -> list[dict[str, Any]]:
    return [
        {key: name, "count": example.count, "example": example.text}
        for name, example in examples.items()
    ]


def _section_summary(section: Mapping[str, Any]) -> str:
    counts = section["counts"]
    left = [f"{counts[end]} {end}" for end in ("incomplete", "rejected", "unsent") if counts[end]]
    summary = ", ".join([section["status"], f"{counts['sent']} sent", *left])
    if section["error"]:
        summary += f" ({shorten(section['error']['text'], LONGEST_ERROR, placeholder='...')})"
    return f"[{section['section']}] {summary}"


@contextmanager
def _translate_errors(path: Path) -> Iterator[None]:
    """Raise errors of writing a file as ConfigurationError.

    Refuses anything but a regular file: /dev/null would be replaced by one.
    """
    try:
        path.parent.stat()  # a folder that is missing would be made for the lock
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise ConfigurationError(
                "not a regular file, so it was not replaced", where=str(path), fix=ANOTHER_FILE
            )
        yield
    except (OSError, NotImplementedError) as error:
        raise ConfigurationError(
            f"cannot write the file ({_reason(error)})",
            where=str(path),
            fix="Check that the folder exists and that you can write to it",
        ) from None


def _reason(error: OSError | NotImplementedError) -> str:
    if isinstance(error, Timeout):
        return "another run is writing it"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "it cannot be locked in this folder"


def _spare(path: Path, begins: str) -> None:
    """Raise ConfigurationError for a file that is something else, such as the config file."""
    if path.is_file() and path.stat().st_size:
        with path.open("rb") as file:
            if file.read(len(begins)) != begins.encode():
                raise ConfigurationError(
                    "the file is not a report, so it was not overwritten",
                    where=str(path),
                    fix=ANOTHER_FILE,
                )


def _samples(report: Report, before: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield (series, value) of each section; a success is kept until the next one."""
    ended = str(int(datetime.fromisoformat(report["ended"]).timestamp()))
    for item in report["sections"]:
        name = item["section"]
        success = _series("last_success_timestamp_seconds", name)
        yield _series("last_run_timestamp_seconds", name), ended
        yield success, before.get(success, "0") if item["error"] else ended
        yield _series("exit_code", name), str(item["exit_code"])
        yield _series("run_seconds", name), str(item["seconds"])
        yield _series("missing_records", name), str(item["missing"])
        yield _series("retries", name), str(item["retries"])
        for end in ENDS:
            yield _series("records", name, outcome=end), str(item["counts"][end])


def _textfile(samples: Mapping[str, str]) -> str:
    lines = []
    for name, about in METRICS.items():
        lines += [f"# HELP {PREFIX}{name} {about}", f"# TYPE {PREFIX}{name} gauge"]
        begin = f"{PREFIX}{name}{{"
        lines += sorted(f"{key} {value}" for key, value in samples.items() if key.startswith(begin))
    return "\n".join(lines) + "\n"


def _series(name: str, section: str, **labels: str) -> str:
    pairs = ",".join(
        f'{key}="{_escaped(text)}"' for key, text in {"section": section, **labels}.items()
    )
    return f"{PREFIX}{name}{{{pairs}}}"


def _escaped(label: str) -> str:
    """The value of a label as the text format has it: backslash, quote and line end escaped."""
    return label.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
