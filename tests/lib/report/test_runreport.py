"""The run's report: what is in it, and how it gets to a file, to Prometheus and to a webhook."""

import json
import os
import re
import shutil
import stat
import subprocess
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from prometheus_client.parser import text_string_to_metric_families

from lib import secrets
from lib.errors import (
    AccessDenied,
    AlreadyRunning,
    ConfigurationError,
    ConnectorError,
    Interrupted,
    RunCanceled,
    SourceUnavailable,
    TargetUnavailable,
    UnsafeRun,
)
from lib.report import runreport
from lib.report.runreport import (
    METRICS,
    post_webhook,
    run_report,
    sentence,
    write_json,
    write_prometheus,
)
from lib.run.tally import Example, Outcome, Tally
from sandbox.web import WebServer
from tests.certificates import issue

DOCS = Path(__file__).parents[3] / "docs"
PEOPLE = "ou=people,dc=example,dc=com"
PAGE = (DOCS / "reference" / "report.md").read_text("utf-8")
GUIDE = (DOCS / "how-to" / "monitor.md").read_text("utf-8")
STARTED = datetime(2026, 11, 23, 2, 15, tzinfo=UTC).timestamp()
ENDED = datetime(2026, 11, 23, 2, 16, 12, tzinfo=UTC).timestamp()
SECRET = "s3cret & <more>"


def report(*outcomes, ended=ENDED, testmode=False, exit_code=0):
    return run_report(
        outcomes, started=STARTED, ended=ended, testmode=testmode, exit_code=exit_code
    )


def documented():
    """The outcomes of the example in docs/reference/report.md."""
    ldap = Outcome(
        "ldap",
        Tally(fetched=300, incomplete=7, unchanged=240, sent=52, rejected=1),
        seconds=8.12512,
        ready=293,
        retries=1,
        missing=2,
        fields={"USER": 293, "PHONE": 180},
        server={"added": 2, "updated": 50, "skipped": 0, "errors": 1},
        response_shape="{}",
        complete=True,
    )
    ldap.not_sent["incomplete: required field EMAIL is empty"] = Example(
        7, f"USER noneil40, dn uid=noneil40,{PEOPLE}"
    )
    ldap.note_rejected("EMAIL is not valid", f"USER adalove1, dn uid=adalove1,{PEOPLE}")
    ldap.failed_conversions["PHONE"] = Example(
        3, f"USER bquill2, dn uid=bquill2,{PEOPLE}: 'ext. 12' is not a phone number"
    )
    away = SourceUnavailable(
        "no connection within 15 seconds",
        where="https://jamf.example.com/api/v1/auth",
        fix="Try again later",
    )
    return [ldap, Outcome("casper", error=away, seconds=63.5, retries=3)]


def blocks(language):
    """The blocks of code on the page in a language; those in none are its output."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return [text for name, text in found if name == language]


def example():
    """The report of the example, from the machine and the version that the page has."""
    told = json.loads(blocks("json")[0])
    made = report(*documented(), exit_code=1)
    return made | {"version": told["version"], "host": told["host"]}


def samples(path):
    """What a textfile holds by (metric, section), or (metric, section, outcome)."""
    found = {}
    for family in text_string_to_metric_families(path.read_text("utf-8")):
        for sample in family.samples:
            assert sample.timestamp is None, "node_exporter refuses files with timestamps"
            key = (sample.name.removeprefix("oomnitza_connector_"), *sample.labels.values())
            assert key not in found
            found[key] = sample.value
    return found


class TestReport:
    def test_it_is_what_the_page_shows(self):
        assert example() == json.loads(blocks("json")[0])

    def test_the_page_explains_every_member(self):
        made = report(*documented())
        for name in [*made, *made["sections"][0], *made["sections"][0]["counts"]]:
            assert f"`{name}`" in PAGE, name

    def test_times_are_in_utc_whatever_the_zone_of_the_machine(self, monkeypatch):
        monkeypatch.setenv("TZ", "America/New_York")
        time.tzset()
        try:
            assert report()["started"] == "2026-11-23T02:15:00Z"
        finally:
            monkeypatch.undo()
            time.tzset()

    @pytest.mark.parametrize(
        ("outcome", "name", "code"),
        [
            (Outcome("x", Tally(fetched=2, filtered=1, sent=1)), "ok", 0),
            (Outcome("x", Tally(fetched=2, incomplete=1, sent=1)), "ok", 0),
            (Outcome("x", Tally(fetched=2, incomplete=2)), "records_left", 4),
            (Outcome("x", Tally(fetched=2, sent=1, rejected=1)), "records_left", 4),
            (Outcome("x", error=AccessDenied("no")), "failed", 1),
            (Outcome("x", error=RunCanceled("no")), "failed", 1),
            (Outcome("x", Tally(1, unsent=1), error=TargetUnavailable("no")), "failed", 1),
            (Outcome("x", error=ConfigurationError("no")), "misconfigured", 3),
            (Outcome("x", error=AlreadyRunning("no")), "already_running", 5),
            (Outcome("x", Tally(1, unsent=1), error=UnsafeRun("no")), "unsafe", 6),
            (Outcome("x", Tally(1, unsent=1), error=Interrupted("no")), "interrupted", 130),
        ],
    )
    def test_an_outcome_has_a_name_and_the_exit_code_of_its_section(self, outcome, name, code):
        [section] = report(outcome)["sections"]
        assert (section["outcome"], section["exit_code"]) == (name, code)
        assert f"`{name}`" in PAGE

    def test_what_testmode_compared_is_told_in_full(self):
        outcome = Outcome("x")
        outcome.compared["changed"] = 3
        [section] = report(outcome, testmode=True)["sections"]
        assert section["compared"] == {"new": 0, "changed": 3, "same": 0}

    def test_no_secret_is_in_it(self):
        secrets.remember(SECRET)
        outcome = Outcome("x", error=ConnectorError(f"no {SECRET}", where=SECRET, fix=SECRET))
        outcome.note_rejected(SECRET, SECRET)
        outcome.note_conversion("PHONE", f"'{SECRET}'")
        outcome.notes.append(SECRET)
        outcome.warnings.append(SECRET)
        made = report(outcome)
        assert "s3cret" not in json.dumps(made)
        assert "s3cret" not in sentence(made)

    def test_one_sentence_tells_it_all(self):
        assert sentence(example()) in PAGE
        assert sentence(report() | {"host": "h"}) == "Oomnitza Connector on h: no section was run"

    def test_the_sentence_stays_on_a_line_and_is_not_too_long(self):
        outcome = Outcome("x", error=ConfigurationError("\x1b[2J" + "config.ini: line 1\n" * 100))
        told = sentence(report(outcome))
        assert "\n" not in told
        assert "\x1b" not in told
        assert len(told) < 400
        assert told.endswith("...)")


class TestFile:
    def test_the_report_is_there_for_its_owner_alone(self, tmp_path):
        path = tmp_path / "report.json"
        write_json(example(), path)
        assert json.loads(path.read_text("utf-8")) == example()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_half_of_an_emoji_is_no_trouble(self, tmp_path):
        path = tmp_path / "report.json"
        write_json(report(Outcome("x", notes=["\ud83d ü"])), path)
        assert json.loads(path.read_text("utf-8"))["sections"][0]["notes"] == ["\ud83d ü"]

    @pytest.mark.parametrize("write", [write_json, write_prometheus])
    def test_who_reads_the_older_one_reads_it_to_its_end(self, write, tmp_path):
        path = tmp_path / "report.prom"
        write(report(*documented()), path)
        before = path.read_text("utf-8")
        with path.open(encoding="utf-8") as reading:
            write(report(Outcome("other")), path)
            assert reading.read() == before
        assert path.read_text("utf-8") != before

    @pytest.mark.parametrize("write", [write_json, write_prometheus])
    def test_nothing_else_stays_in_the_folder(self, write, tmp_path):
        path = tmp_path / "report.prom"
        write(example(), path)
        write(example(), path)
        assert {item.name for item in tmp_path.iterdir()} <= {"report.prom", "report.prom.lock"}

    @pytest.mark.parametrize("write", [write_json, write_prometheus])
    def test_a_full_disk_leaves_the_older_one(self, write, tmp_path):
        resource = pytest.importorskip("resource")
        path = tmp_path / "report.prom"
        write(example(), path)
        before, names = path.read_bytes(), set(tmp_path.iterdir())
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
        try:
            with pytest.raises(ConfigurationError, match="cannot write the file"):
                write(report(Outcome("other")), path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert path.read_bytes() == before
        assert set(tmp_path.iterdir()) == names

    @pytest.mark.parametrize("write", [write_json, write_prometheus])
    def test_without_a_folder_there_is_a_sentence_and_still_no_folder(self, write, tmp_path):
        path = tmp_path / "none" / "report.prom"
        with pytest.raises(ConfigurationError) as caught:
            write(example(), path)
        assert str(caught.value) == (
            f"{path}: cannot write the file (No such file or directory). Check that the folder"
            " exists and that you can write to it."
        )
        assert not path.parent.exists()

    @pytest.mark.parametrize("write", [write_json, write_prometheus])
    @pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("x")])
    def test_what_is_no_ordinary_file_is_left_alone(self, write, make, tmp_path):
        """Root would replace /dev/null, or the link /dev/stdout."""
        path = tmp_path / "report.prom"
        make(path)
        kind = stat.S_IFMT(path.lstat().st_mode)
        with pytest.raises(ConfigurationError, match="not a regular file, so it was not replaced"):
            write(example(), path)
        assert stat.S_IFMT(path.lstat().st_mode) == kind

    @pytest.mark.skipif(not shutil.which("jq"), reason="needs jq")
    @pytest.mark.parametrize(
        ("age", "exit_code", "good"), [(1, 0, True), (1, 4, False), (27, 0, False)]
    )
    def test_the_page_s_check_notices_what_is_wrong(self, age, exit_code, good, tmp_path):
        [check] = re.findall(r"^jq -e '(.*)' /var", GUIDE, re.MULTILINE)
        path = tmp_path / "report.json"
        write_json(report(ended=time.time() - age * 3600, exit_code=exit_code), path)
        ended = subprocess.run(["jq", "-e", check, path], capture_output=True, check=False)
        assert ended.returncode == (0 if good else 1), ended.stderr


class TestPrometheus:
    @pytest.fixture
    def path(self, tmp_path):
        return tmp_path / "oomnitza.prom"

    def test_prometheus_reads_what_the_report_says(self, path):
        write_prometheus(example(), path)
        told: dict[Any, Any] = {
            ("last_run_timestamp_seconds", "ldap"): ENDED,
            ("last_run_timestamp_seconds", "casper"): ENDED,
            ("last_success_timestamp_seconds", "ldap"): ENDED,
            ("last_success_timestamp_seconds", "casper"): 0,
            ("exit_code", "ldap"): 4,
            ("exit_code", "casper"): 1,
            ("run_seconds", "ldap"): 8.125,
            ("run_seconds", "casper"): 63.5,
            ("missing_records", "ldap"): 2,
            ("missing_records", "casper"): 0,
            ("retries", "ldap"): 1,
            ("retries", "casper"): 3,
            ("records", "ldap", "filtered"): 0,
            ("records", "ldap", "incomplete"): 7,
            ("records", "ldap", "unchanged"): 240,
            ("records", "ldap", "sent"): 52,
            ("records", "ldap", "rejected"): 1,
            ("records", "ldap", "unsent"): 0,
            **{
                ("records", "casper", end): 0
                for end in ("filtered", "incomplete", "unchanged", "sent", "rejected", "unsent")
            },
        }
        assert samples(path) == told

    def test_the_outcomes_sum_up_to_what_was_fetched(self, path):
        tally = Tally(27, filtered=1, incomplete=2, unchanged=3, sent=4, rejected=5, unsent=12)
        write_prometheus(report(Outcome("x", tally)), path)
        assert sum(value for key, value in samples(path).items() if key[0] == "records") == 27

    def test_every_metric_is_a_gauge_with_its_help_and_a_name_by_the_rules(self, path):
        write_prometheus(example(), path)
        families = list(text_string_to_metric_families(path.read_text("utf-8")))
        assert [family.name.removeprefix("oomnitza_connector_") for family in families] == [
            *METRICS
        ]
        for family in families:
            assert family.type == "gauge"
            assert family.documentation
            assert re.fullmatch(r"[a-z_]+", family.name)
            # Those endings belong to other types.
            assert not family.name.endswith(("_total", "_count", "_sum", "_bucket", "_info"))

    def test_the_page_names_the_metrics_there_are_and_shows_them_as_they_are(self, path):
        for text in (PAGE, GUIDE):
            named = set(re.findall(r"oomnitza_connector_(\w+)", text))
            assert named <= set(METRICS)
        assert set(re.findall(r"oomnitza_connector_(\w+)", PAGE)) == set(METRICS)
        write_prometheus(example(), path)
        [shown] = [block for block in blocks("") if block.startswith("oomnitza_connector_")]
        assert [line for line in shown.splitlines() if line not in path.read_text("utf-8")] == []

    def test_all_users_can_read_it(self, path):
        before = os.umask(0o077)
        try:
            write_prometheus(example(), path)
        finally:
            os.umask(before)
        assert stat.S_IMODE(path.stat().st_mode) == 0o644

    def test_sections_of_other_runs_are_kept(self, path):
        write_prometheus(report(Outcome("ldap", Tally(3, sent=3), retries=7)), path)
        ldap = samples(path)
        write_prometheus(report(Outcome("casper", Tally(5, sent=5)), ended=ENDED + 60), path)
        both = samples(path)
        assert {key: value for key, value in both.items() if key[1] == "ldap"} == ldap
        assert both["last_run_timestamp_seconds", "casper"] == ENDED + 60
        assert both["records", "casper", "sent"] == 5

    def test_a_section_that_runs_again_is_replaced(self, path):
        write_prometheus(report(Outcome("ldap", Tally(3, sent=3), retries=7)), path)
        write_prometheus(report(Outcome("ldap", Tally(4, sent=4)), ended=ENDED + 60), path)
        now = samples(path)
        assert now["records", "ldap", "sent"] == 4
        assert now["retries", "ldap"] == 0
        assert now["last_success_timestamp_seconds", "ldap"] == ENDED + 60

    def test_the_last_success_is_kept_while_runs_fail(self, path):
        for night, error in enumerate([None, SourceUnavailable("away"), AlreadyRunning("busy")]):
            write_prometheus(report(Outcome("x", error=error), ended=ENDED + night), path)
            assert samples(path)["last_success_timestamp_seconds", "x"] == ENDED
            assert samples(path)["last_run_timestamp_seconds", "x"] == ENDED + night

    def test_rejected_records_do_not_make_it_a_failure(self, path):
        write_prometheus(report(Outcome("x", Tally(2, sent=1, rejected=1))), path)
        assert samples(path)["last_success_timestamp_seconds", "x"] == ENDED

    @pytest.mark.parametrize(
        "name",
        [
            'a "b"',
            "back\\slash",
            "end\\",
            "ünï",
            "{brace}",
            'x",outcome="y',
            "a\nb",
            "a\u2028\x0cb",
        ],
    )
    def test_a_section_may_have_any_name(self, name, path):
        write_prometheus(report(Outcome(name, Tally(1, sent=1))), path)
        write_prometheus(report(Outcome("other")), path)
        write_prometheus(report(Outcome(name, error=SourceUnavailable("away"))), path)
        found = samples(path)
        assert {key[1] for key in found} == {name, "other"}
        assert found["last_success_timestamp_seconds", name] == ENDED

    @pytest.mark.parametrize(
        "old",
        [
            b"\xff\x00 garbage",
            b"other_metric 1\n# HELP x y\n",
            b'oomnitza_connector_retries{section="ldap"} 1e',
            b'oomnitza_connector_retries{section="ldap"',
            b'oomnitza_connector_retries{section="ldap"} 1 1795400172\n',
            b'oomnitza_connector_unknown{section="ldap"} 1\n',
            b'oomnitza_connector_records{section="ldap",outcome="dropped"} 1\n',
            b"",
        ],
    )
    def test_what_an_older_file_holds_beside_goes(self, old, path):
        path.write_bytes(old)
        write_prometheus(report(Outcome("x")), path)
        assert {key[1] for key in samples(path)} == {"x"}

    def test_runs_that_end_at_once_all_get_in(self, path):
        names = [f"section{number}" for number in range(12)]
        threads = [
            threading.Thread(target=write_prometheus, args=(report(Outcome(name)), path))
            for name in names
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {key[1] for key in samples(path)} == set(names)

    def test_one_that_never_gets_its_turn_says_so(self, path, monkeypatch):
        monkeypatch.setattr(runreport, "LOCK_TIMEOUT", 0.01)
        held, done = threading.Event(), threading.Event()

        def hold():
            with FileLock(f"{path}.lock"):
                held.set()
                done.wait(30)

        holder = threading.Thread(target=hold)
        holder.start()
        held.wait(30)
        try:
            with pytest.raises(
                ConfigurationError, match=r"cannot write the file \(another run is writing it\)"
            ):
                write_prometheus(example(), path)
        finally:
            done.set()
            holder.join()


class TestWebhook:
    def test_the_report_is_posted_with_a_text_that_chats_show(self, server):
        post_webhook(example(), f"{server.url}/hooks/x")
        [asked] = server.asked
        body = json.loads(asked.body)
        assert (asked.method, asked.path) == ("POST", "/hooks/x")
        assert asked.headers["content-type"].startswith("application/json")
        assert "authorization" not in asked.headers
        assert body.pop("text") == sentence(example())
        assert body == example()

    def test_a_token_comes_as_a_bearer(self, server):
        post_webhook(example(), server.url, "a tökèn")
        sent = server.asked[0].headers["authorization"].encode("latin-1").decode()
        assert sent == "Bearer a tökèn"

    @pytest.mark.parametrize("path", ["/a@b/c/", "/x?sig=a%2Fb&v=1", ""])
    def test_the_address_is_taken_as_it_stands(self, path, server):
        post_webhook(example(), server.url + path)
        asked = server.asked[0]
        assert asked.path == (path.partition("?")[0] or "/")
        assert asked.query == ({"sig": "a/b", "v": "1"} if "?" in path else {})

    def test_a_chat_takes_nothing_in_it_for_a_command(self, server):
        post_webhook(report(Outcome("x", error=ConnectorError("no <!channel> & more"))), server.url)
        assert "(no &lt;!channel&gt; &amp; more)" in json.loads(server.asked[0].body)["text"]

    @pytest.mark.parametrize("status", [429, 502, 503])
    def test_it_is_posted_again_when_the_receiver_is_busy(self, status, server, pauses):
        server.answers = [(status, "busy"), (200, "ok")]
        post_webhook(example(), server.url)
        assert [asked.method for asked in server.asked] == ["POST", "POST"]

    @pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 500, 503])
    def test_a_failure_is_a_sentence_that_gives_nothing_away(self, status, server, pauses):
        secret_path = "/services/T00/verysecret"
        echo = f"no access to {secret_path} with tell-nobody"
        server.answers = [(status, echo, {"Location": f"{server.url}{secret_path}"})]
        with pytest.raises(ConnectorError) as caught:
            post_webhook(example(), f"{server.url}{secret_path}?sig=morework", "tell-nobody")
        told = str(caught.value)
        assert type(caught.value) is ConnectorError
        assert told.startswith("cannot post the report to the webhook (the server ")
        assert told.endswith(" Check webhook_url and webhook_token in [report].")
        for secret in ("verysecret", "morework", "tell-nobody"):
            assert secret not in told

    def test_nobody_there_is_a_sentence_too(self, pauses):
        with pytest.raises(
            ConnectorError, match=r"cannot post the report to the webhook \(the connection was ref"
        ):
            post_webhook(example(), "http://127.0.0.1:9/hook")

    def test_the_address_is_masked_in_logs(self, server, pauses, caplog):
        caplog.set_level("DEBUG")
        server.answers = [(503, ""), (200, "")]
        post_webhook(example(), f"{server.url}/services/verysecret?sig=morework")
        shown = secrets.redact("\n".join(item.getMessage() for item in caplog.records))
        assert "retrying" in shown
        assert "verysecret" not in shown
        assert "morework" not in shown

    def test_a_plain_path_is_no_secret(self, server):
        post_webhook(example(), f"{server.url}/hook")
        assert secrets.redact("/hook and /") == "/hook and /"

    def test_an_authority_of_one_s_own_is_named_in_the_environment(self, tmp_path, monkeypatch):
        certificates = issue(tmp_path)
        received = []

        def app(environ, respond):
            received.append(environ["PATH_INFO"])
            respond("204 No Content", [])
            return []

        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates.ca))
        with WebServer(app, certificate=certificates.server) as web:
            post_webhook(example(), f"{web.url}/hook")
        assert received == ["/hook"]


@pytest.mark.parametrize("kept", ["[oomnitza]\nurl = x\n", "SQLite format 3\x00", "{}"])
def test_a_file_that_is_no_report_is_not_replaced(tmp_path, kept):
    path = tmp_path / "config.ini"
    path.write_text(kept, "utf-8")
    with pytest.raises(
        ConfigurationError, match="the file is not a report, so it was not overwritten"
    ):
        write_json({"format": 1}, path)
    assert path.read_text("utf-8") == kept


def test_an_older_report_and_an_empty_file_are(tmp_path):
    path = tmp_path / "report.json"
    path.touch()
    for number in (1, 2):
        write_json({"format": 1, "number": number}, path)
    assert json.loads(path.read_text("utf-8"))["number"] == 2
