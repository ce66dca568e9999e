"""The command line: options, words, exit codes, and what is printed where."""

import json
import logging
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
import pytest
from flask import request

from lib import __version__, connector, plugins
from lib.cli import main
from lib.config import config
from lib.connector import Projection
from lib.errors import SourceUnavailable
from lib.report.summary import COLUMNS
from lib.run.events import RunEnded
from lib.run.plan import NOT_READ
from lib.run.saveddata import SavedData
from sandbox.jamf import JamfPro
from sandbox.oomnitza import Oomnitza
from sandbox.web import WebServer
from sandbox.zendesk import Zendesk
from tests.program import Ended

INI = """\
[oomnitza]
url = {oomnitza}
api_token = sandbox-token
retries = 0

[casper]
enable = True
url = {jamf}
username = oomnitza-reader
password = sandbox password
retries = 0
sync_field = SERIAL
mapping.SERIAL = general.serial_number
mapping.NAME = general.name
mapping.APPLICATIONS =

[Casper.MDM]
enable = yes
url = {jamf}
username = oomnitza-reader
password = sandbox password
retries = 0
sync_type = mobiledevices
sync_field = SERIAL
mapping.SERIAL = general.serial_number

[off]
enable = False
"""


@pytest.fixture
def jamf(server_of) -> JamfPro:
    made = JamfPro(computers=6, mobile_devices=4)
    made.url = server_of(made.app)
    return made


@pytest.fixture
def server_of() -> Iterator[Any]:
    """Serve an app until the end of the test; gives its address."""
    running: list[WebServer] = []

    def serve(app: Any) -> str:
        running.append(WebServer(app).start())
        return running[-1].url

    yield serve
    for web in running:
        web.stop()


@pytest.fixture
def ini(tmp_path: Path, jamf: JamfPro, oomnitza: Oomnitza, stage) -> Path:
    path = tmp_path / "config.ini"
    path.write_text(INI.format(oomnitza=stage.url, jamf=jamf.url), "utf-8")
    return path


@pytest.fixture
def with_zendesk(ini: Path, server_of):
    """Add a Zendesk section with some more lines to the config file; return its mock server."""

    def add(more: str) -> Zendesk:
        zendesk = Zendesk(users=12)
        zendesk.roles_asked = []
        zendesk.app.before_request(
            lambda: zendesk.roles_asked.append(tuple(request.args.getlist("role[]")))
        )
        section = zendesk.section(server_of(zendesk.app))
        ini.write_text(f"{ini.read_text('utf-8')}\n{section}{more}\n", "utf-8")
        return zendesk

    return add


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[Path]:
    """A copy of logging.json; logging is as before when the test is over."""
    before = logging.raiseExceptions
    levels = {name: logging.getLogger(name).level for name in ("urllib3", "")}
    yield Path(shutil.copy(plugins.ROOT / "logging.json", tmp_path))
    logging.raiseExceptions = before
    logging.setLogRecordFactory(logging.LogRecord)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    for handler in [*logging.getLogger().handlers]:
        if type(handler).__module__.startswith("logging"):
            logging.getLogger().removeHandler(handler)
            handler.close()


@pytest.fixture
def cli(logs: Path, capsys: pytest.CaptureFixture[str]):
    """Run the command line in this process, with the test's logging.json."""

    def run(*arguments: object) -> Ended:
        words = [str(argument) for argument in arguments]
        if "--logging-config" not in words and {"upload", "check"} & {*words}:
            words += ["--logging-config", str(logs)]
        with pytest.raises(SystemExit) as ended:
            main(words, prog_name="connector.py")
        captured = capsys.readouterr()
        assert "Traceback" not in captured.out + captured.err
        return Ended(ended.value.code or 0, captured.out, captured.err)

    return run


@pytest.fixture
def upload(cli, ini):
    return lambda *arguments: cli("upload", "--ini", ini, *arguments)


def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def shown(ended: Ended) -> list[str]:
    return [json.loads(line)["SERIAL"] for line in ended.out.splitlines()]


def serials(oomnitza: Oomnitza) -> list[str]:
    return [record["SERIAL"] for record in oomnitza.records("assets")]


class TestHelp:
    @pytest.mark.parametrize("word", ["-h", "--help"])
    def test_help_lists_all_options_and_commands(self, cli, word):
        ended = cli(word)
        assert ended.code == 0
        for name in ("--show-mappings", "--testmode", "--save-data", "--ini", "--logging-config"):
            assert name in ended.out
        for name in ("--record-count", "--version", "upload", "generate-ini", "gui", "sandbox"):
            assert name in ended.out

    @pytest.mark.parametrize("action", ["upload", "generate-ini", "check", "gui", "sandbox"])
    def test_help_of_each_command(self, cli, action):
        for word in ("-h", "--help"):
            ended = cli(action, word)
            assert ended.code == 0
            assert f"connector.py {action}" in ended.out

    def test_help_lists_commands_by_purpose_with_whole_summaries(self, cli):
        text = cli("--help").out
        assert text.index("Set up:") < text.index("  check ") < text.index("Run:")
        assert text.index("Run:") < text.index("  upload ") < text.index("Inspect:")
        for command in main.commands.values():
            summary = command.get_short_help_str(limit=200)
            assert len(summary) <= 45
            assert f"  {summary}\n" in text

    @pytest.mark.parametrize("action", main.commands)
    def test_help_of_a_command_shows_the_options_it_uses_and_examples(
        self, cli, action, tmp_path, monkeypatch
    ):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "computer.json").touch()
        options, examples = cli(action, "--help").out.split("\nExamples:\n")
        for option in ("--testmode", "--save-data"):
            assert (option in options) == (action in ("upload", "resend"))
        assert ("--record-count" in options) == (action in ("upload", "resend", "explain"))
        assert ("--ini " in options) == (action != "sandbox")
        for line in examples.splitlines():
            assert line.startswith(f"  connector.py {action}")
            command = main.commands[action]
            with command.make_context(action, line.split()[2:]):
                pass

    @pytest.mark.parametrize("words", [("--version",), ("upload", "--version")])
    def test_version_option_prints_the_version(self, cli, words):
        ended = cli(*words)
        assert ended.code == 0
        assert __version__ in ended.out


class TestOptions:
    @pytest.mark.parametrize(
        "words",
        [
            ("upload", "casper", "--testmode", "--record-count", "2", "--ini", "INI"),
            ("--testmode", "--record-count", "2", "--ini", "INI", "upload", "casper"),
            ("--record-count", "2", "upload", "--testmode", "casper", "--ini=INI"),
            ("--ini", "INI", "upload", "--record-count=2", "--testmode", "casper"),
        ],
    )
    def test_options_before_or_after_the_command(self, cli, ini, words):
        ended = cli(*[word.replace("INI", str(ini)) for word in words])
        assert ended.code == 0
        assert shown(ended) == ["SNDBXMAC0001", "SNDBXMAC0002"]

    def test_option_after_the_command_takes_precedence(self, cli, ini):
        before = ("--record-count", "1", "--ini", "/nowhere.ini")
        behind = ("--record-count", "3", "--ini", ini)
        assert len(shown(cli(*before, "upload", "casper", "--testmode", *behind))) == 3

    @pytest.mark.parametrize("words", [["--logging-config", "LOG"], []])
    def test_logging_config_before_the_command(self, cli, ini, logs, words):
        other = logs.with_name("other.json")
        shutil.copy(logs, other)
        change(other, "info.log", "other.log")
        cli("--logging-config", other, "upload", "casper", "--ini", ini)
        assert logs.with_name("other.log").exists()

    @pytest.mark.parametrize("alias", ["--testmode", "--dry-run"])
    def test_dry_run_is_another_name_of_testmode(self, upload, oomnitza, alias):
        assert len(shown(upload("casper", alias))) == 6
        assert oomnitza.runs() == []

    @pytest.mark.parametrize(
        "words", [("history", "--testmode"), ("--testmode", "history"), ("--dry-run", "history")]
    )
    def test_option_without_effect_is_a_warning(self, cli, ini, words):
        ended = cli(*words, "--ini", ini)
        assert ended.code == 0
        assert ended.err == "Warning: --testmode has no effect on the command history\n"

    @pytest.mark.parametrize("names", [["CASPER", "casper.mdm"], ["Casper", "Casper.MDM"]])
    def test_section_names_are_case_insensitive(self, upload, oomnitza, names):
        ended = upload(*names)
        assert ended.code == 0
        assert [run.connector_name for run in oomnitza.runs()] == ["Casper", "Casper.MDM"]
        assert (oomnitza.count("assets")) == 10

    def test_section_named_twice_runs_once(self, upload, oomnitza):
        upload("casper", "Casper")
        assert len(oomnitza.runs()) == 1

    def test_sections_run_in_the_given_order(self, upload, oomnitza):
        upload("casper.mdm", "casper")
        assert [run.connector_name for run in oomnitza.runs()] == ["Casper.MDM", "Casper"]

    def test_record_count_limits_requests(self, upload, jamf, oomnitza):
        assert upload("casper", "--record-count", "1").code == 0
        assert oomnitza.count("assets") == 1
        details = [path for _, path in jamf.requests if "/id/" in path]
        assert len(details) <= 1 + 5


class TestUsage:
    """Mistakes in the command line: one sentence that says what there is, and exit code 2."""

    @pytest.mark.parametrize(
        ("words", "error"),
        [
            (
                (),
                "no section is given. Name the sections to upload. "
                "Enabled in the config file: casper,",
            ),
            (("caspar",), "section [caspar] not found. Did you mean casper? Sections in the file:"),
            (
                ("zendesk",),
                "section [zendesk] not found. Sections in the file: casper, Casper.MDM, off",
            ),
            (("off",), "[off] is not enabled: `enable = False`."),
            (("casper", "off"), "[off] is not enabled"),
        ],
    )
    def test_upload_of_unknown_or_disabled_section_is_a_usage_error(
        self, upload, oomnitza, words, error
    ):
        ended = upload(*words)
        assert ended.code == 2
        assert ended.out == ""
        [line] = ended.err.splitlines()
        assert line.startswith("Error: ")
        assert error in line
        assert oomnitza.requests == []

    @pytest.mark.parametrize(
        ("words", "error"),
        [
            (("--nope",), "No such option"),
            (("upload", "--nope"), "No such option"),
            (("uplaod",), "No such command 'uplaod'"),
            (("--record-count", "0", "upload"), "Invalid value for '--record-count'"),
            (("upload", "--record-count", "-3"), "Invalid value for '--record-count'"),
            (("upload", "--record-count", "ten"), "Invalid value for '--record-count'"),
            (("generate-ini", "--ini"), "requires an argument"),
            (("upload", "--ini", "/"), "is a directory"),
            (("generate-ini", "extra"), "unexpected extra argument"),
            (("--testmode",), "Missing command"),
        ],
    )
    def test_unknown_command_or_option_is_a_usage_error(self, cli, words, error):
        ended = cli(*words)
        assert ended.code == 2
        assert error in ended.err

    @pytest.mark.parametrize("word", ["--forc", "--forced", "--forcefields"])
    def test_unknown_option_never_suggests_force(self, cli, word):
        ended = cli("upload", word)
        assert ended.code == 2
        assert "No such option" in ended.err
        assert "--force'" not in ended.err.replace(word, "")
        assert "'--report'?" in cli("upload", "--repor").err

    @pytest.mark.parametrize("names", ["record", "fields,,records", "", "all"])
    def test_force_with_unknown_names_is_a_usage_error(self, upload, oomnitza, names):
        ended = upload("casper", f"--force={names}")
        assert ended.code == 2
        assert "is not one of: records, fields, missing." in ended.err
        assert oomnitza.requests == []

    def test_gui_is_a_usage_error(self, cli):
        ended = cli("gui")
        assert ended.code == 2
        assert ended.err.startswith("Error: gui is not available in this version.")


class TestConfiguration:
    """What has to be put right in a file first: exit code 3, and nobody is asked anything."""

    def test_missing_config_file_is_an_error(self, cli, tmp_path):
        ended = cli("upload", "casper", "--ini", tmp_path / "none.ini")
        assert ended.code == 3
        assert ended.err == (
            f"Error: {tmp_path}/none.ini: config file not found. Create one with `connector.py"
            " generate-ini`, or name yours with --ini.\n"
        )

    def test_config_errors_are_reported_together_with_lines(self, cli, upload, ini, oomnitza):
        change(ini, "api_token = sandbox-token\n", "timeout = long\n")
        change(ini, "sync_type = mobiledevices", "sync_type = fridges")
        ended = upload("casper.mdm")
        assert ended.code == 3
        assert "line 3 [oomnitza] timeout: 'long' is not a whole number" in ended.err
        assert "[oomnitza] api_token: credentials are missing. Set api_token (or" in ended.err
        assert re.search(r"line \d+ \[Casper\.MDM\] sync_type: 'fridges' is not one", ended.err)
        lines = ended.err.splitlines()
        assert all(line.startswith(f"Error: {ini}: line ") for line in lines)
        numbers = [int(line.split(": line ")[1].split()[0]) for line in lines]
        assert numbers == sorted(numbers)
        assert len(lines) == 3
        assert oomnitza.requests == []

    @pytest.mark.parametrize("action", ["upload", "check"])
    def test_unknown_values_of_a_list_are_an_error_if_none_is_known(
        self, cli, ini, oomnitza, with_zendesk, action
    ):
        with_zendesk("roles = agnet")
        ended = cli(action, "zendesk", "--ini", ini)
        assert ended.code == 3
        message = "'agnet' is not one of: end-user, agent, admin; did you mean agent?"
        assert re.search(rf"line \d+ \[zendesk\] roles: {re.escape(message)}", ended.err)
        assert oomnitza.requests == []

    @pytest.mark.parametrize("action", ["upload", "check"])
    def test_unknown_values_of_a_list_are_a_warning_if_others_are_known(
        self, cli, ini, with_zendesk, action
    ):
        zendesk = with_zendesk("roles = admn, Agent")
        ended = cli(action, "zendesk", "--ini", ini)
        assert ended.code == 0
        message = "'admn' is not one of: end-user, agent, admin, so it is ignored"
        assert re.search(rf"^Warning: .*\[zendesk\] roles: {message}", ended.err, re.MULTILINE)
        assert {query for query in zendesk.roles_asked if query} == {("agent",)}

    def test_config_file_in_another_encoding_is_an_error(self, upload, ini):
        ini.write_bytes("[oomnitza]\n# Zoë\n".encode("latin-1"))
        ended = upload("casper")
        assert ended.code == 3
        assert ended.err.startswith(f"Error: {ini}: line 2 is not valid UTF-8.")

    def test_unknown_setting_is_a_warning(self, upload, ini):
        change(ini, "[Casper.MDM]\n", "[Casper.MDM]\nsync_feild = X\n")
        ended = upload("casper.mdm")
        assert ended.code == 0
        assert "sync_feild: unknown setting, ignored; did you mean sync_field?" in ended.err

    def test_a_sync_field_without_a_value(self, upload, ini):
        change(
            ini,
            "sync_type = mobiledevices\nsync_field = SERIAL",
            "sync_type = mobiledevices\nsync_field = NOPE",
        )
        ended = upload("casper.mdm")
        assert ended.code == 3
        assert "Error: [Casper.MDM] the sync key NOPE is not mapped." in ended.out

    @pytest.mark.parametrize(
        ("text", "error"),
        [
            (None, "logging configuration not found"),
            ("{not json", "is not valid JSON (line 1, column 2)"),
            ("[]", "is invalid; it needs the format of Python's logging.config"),
            ("{}", "is invalid (dictionary doesn't specify a version)"),
            (
                '{"version": 1, "handlers": {"x": {"class": "no.Such"}}}',
                "is invalid (Cannot resolve",
            ),
            ('{"version": 1, "root": {"handlers": ["nope"]}}', "is invalid (Unable to add handler"),
            ('{"version": 1, "root": {"level": "LOUD"}}', "is invalid (Unknown level"),
        ],
    )
    def test_invalid_logging_config_is_an_error(self, upload, tmp_path, text, error, oomnitza):
        path = tmp_path / "broken.json"
        if text is not None:
            path.write_text(text)
        ended = upload("casper", "--logging-config", path)
        assert ended.code == 3
        [line] = ended.err.splitlines()
        assert line.startswith(f"Error: {path}: ")
        assert error in line
        assert oomnitza.requests == []


class TestRuns:
    def test_upload_prints_the_summary_only(self, upload):
        ended = upload("casper")
        assert ended.code == 0
        assert ended.err == ""
        head, line, counted = ended.out.splitlines()
        assert re.split(r" +", head)[1:-1] == [name for name in COLUMNS if name != "unchanged"]
        assert line.split()[:-1] == ["casper", "6", "0", "0", "6", "0", "0"]
        assert (
            counted
            == "Note: [casper] Counts reported by Oomnitza: 6 added, 0 updated, 0 skipped, 0 errors"
        )

    def test_upload_twice_updates_records(self, upload, oomnitza):
        upload("casper")
        upload("casper")
        assert [(run.added, run.updated) for run in oomnitza.runs()] == [(6, 0), (0, 6)]

    def test_upload_with_rejected_records_exits_with_4(self, upload, oomnitza):
        oomnitza.refuse = lambda record: "too old" if record["SERIAL"].endswith("3") else None
        ended = upload("casper")
        assert ended.code == 4
        assert "[casper] 1 record rejected: " in ended.out
        assert "too old" in ended.out

    def test_upload_source_unavailable_exits_with_1_and_continues(self, upload, ini, oomnitza):
        away = closed_port()
        text = ini.read_text("utf-8")
        before, after = text.split("[Casper.MDM]")
        before = re.sub(r"(\[casper\]\nenable = True\nurl = ).*", rf"\g<1>{away}", before)
        ini.write_text(f"{before}[Casper.MDM]{after}", "utf-8")
        ended = upload("casper", "casper.mdm")
        assert ended.code == 1
        [line] = [line for line in ended.out.splitlines() if line.startswith("Error: ")]
        assert line == (
            f"Error: [casper] {away}/api/v1/auth/token: the connection was refused."
            " Check that host and port are correct and that the server is running."
        )
        assert ended.err == ""
        assert line.partition("[casper] ")[2] in (ini.parent / "errors.log").read_text("utf-8")
        assert oomnitza.count("assets") == 4

    def test_upload_with_wrong_password_exits_with_1(self, upload, jamf):
        jamf.password = "another"
        ended = upload("casper")
        assert ended.code == 1
        assert "the server responded with 401" in ended.out
        assert "sandbox password" not in ended.out + ended.err

    def test_upload_target_unavailable_exits_with_1(self, upload, ini, stage, jamf):
        away = closed_port()
        change(ini, stage.url, away)
        ended = upload("casper")
        assert ended.code == 1
        assert f"Error: [casper] {away}/api/v2/mappings: the connection was refused." in ended.out
        assert jamf.requests == []

    def test_upload_unexpected_error_exits_with_1_and_is_logged(
        self, upload, monkeypatch, tmp_path
    ):
        def mistaken(*_: object) -> None:
            raise LookupError("a mistake")

        monkeypatch.setattr(connector.load_connector("casper"), "records", mistaken)
        ended = upload("casper")
        assert ended.code == 1
        assert "Error: [casper] unexpected error (LookupError)." in ended.out
        assert "unexpected error" not in ended.err
        assert "Traceback" in (tmp_path / "info.log").read_text("utf-8")
        assert "Traceback" in (tmp_path / "errors.log").read_text("utf-8")

    def test_unexpected_error_outside_of_a_run_is_one_sentence(self, upload, monkeypatch, tmp_path):
        def mistaken(name: str) -> None:
            raise LookupError("a mistake")

        monkeypatch.setattr(connector, "load_connector", mistaken)
        ended = upload("casper")
        assert ended.code == 1
        assert "Error: unexpected error (LookupError; details are in the log files)." in ended.err
        assert "a mistake" not in ended.err
        assert "Traceback" in (tmp_path / "errors.log").read_text("utf-8")

    def test_exit_of_click_is_passed_on(self, cli, monkeypatch):
        def refuse(*_: object, **__: object) -> None:
            raise click.UsageError("as click says it")

        monkeypatch.setattr(main.commands["gui"], "callback", refuse)
        ended = cli("gui")
        assert ended.code == 2
        assert "as click says it" in ended.err

    def test_interrupt_outside_of_a_run_exits_with_130(self, cli, monkeypatch):
        def interrupted(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(main.commands["gui"], "callback", interrupted)
        ended = cli("gui")
        assert ended == Ended(130, "", "Error: the command was interrupted\n")

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_failure_after_a_signal_has_its_exit_code(self, cli, monkeypatch, number):
        def cut_short(*_: object, **__: object) -> None:
            with suppress(KeyboardInterrupt):
                signal.raise_signal(number)
            raise SourceUnavailable("it was not asked again")

        monkeypatch.setattr(main.commands["gui"], "callback", cut_short)
        assert cli("gui").code == 128 + number

    def test_interrupt_while_loading_exits_quietly(self):
        # As if it came while lib.cli is imported.
        code = (
            "import runpy, sys\n"
            "class Interrupted:\n"
            "    def find_spec(self, name, path=None, target=None):\n"
            "        if name == 'lib.cli':\n"
            "            raise KeyboardInterrupt\n"
            "sys.meta_path.insert(0, Interrupted())\n"
            "sys.argv = ['connector.py', '--help']\n"
            "runpy.run_path('connector.py', run_name='__main__')\n"
        )
        ended = subprocess.run(
            [sys.executable, "-c", code],
            cwd=plugins.ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")

    def test_save_data_is_next_to_the_config_file(self, upload, ini):
        ended = upload("casper", "--save-data", "--record-count", "2")
        assert ended.code == 0
        saved = sorted((ini.parent / "saved_data").iterdir())
        assert [path.suffixes[-2:] for path in saved] == [
            [".fetched", ".jsonl"],
            [".uploads", ".jsonl"],
        ]
        assert all(len(path.read_text("utf-8").splitlines()) == 2 for path in saved)
        assert str(saved[0]) in ended.out


class TestForce:
    @pytest.fixture
    def lifted(self, upload, monkeypatch):
        """The thresholds that an upload with these words lifts, and the sections that it runs."""

        def run(*words):
            given = []

            def fake(sections, target, options, *_, **__):
                given.append((set(options.force), [section.name for section in sections]))
                return RunEnded((), 0.0)

            monkeypatch.setattr("lib.run.sections.run_sections", fake)
            assert upload(*words).code == 0
            return given[0]

        return run

    @pytest.mark.parametrize(
        ("words", "names"),
        [
            ((), set()),
            (("--force",), {"records"}),
            (("--force=records",), {"records"}),
            (("--force=fields",), {"fields"}),
            (("--force=fields,records",), {"records", "fields"}),
            (("--force= Fields , RECORDS",), {"records", "fields"}),
            (("--force", "--force=fields"), {"records", "fields"}),
        ],
    )
    def test_force_lifts_the_thresholds_that_it_names(self, lifted, words, names):
        assert lifted("casper", *words) == (names, ["casper"])
        assert lifted(*words, "casper") == (names, ["casper"])


class TestTestmode:
    def test_testmode_prints_records_to_stdout_and_others_to_stderr(self, upload, oomnitza):
        ended = upload("casper", "--testmode")
        assert ended.code == 0
        assert shown(ended) == [f"SNDBXMAC000{number}" for number in range(1, 7)]
        assert "would send" in ended.err
        assert ended.err.endswith("Note: This was a dry run. Nothing was sent.\n")
        assert not [asked for asked in oomnitza.requests if asked.method == "POST"]
        assert oomnitza.runs() == []

    def test_testmode_without_target_uses_the_local_mapping(self, upload, ini, stage):
        away = closed_port()
        change(ini, stage.url, away)
        ended = upload("casper", "--testmode", "--record-count", "1")
        assert ended.code == 0
        assert shown(ended) == ["SNDBXMAC0001"]
        assert f"Warning: [casper] {NOT_READ}: {away}" in ended.err

    def test_secrets_in_records_are_masked(self, upload, jamf):
        make = jamf.computers._make
        jamf.computers._make = lambda *how: {
            **make(*how),
            "general": {**make(*how)["general"], "name": "sandbox password"},
        }
        ended = upload("casper", "--testmode", "--record-count", "1")
        assert json.loads(ended.out)["NAME"] == "********"


class TestShowMappings:
    def test_show_mappings_has_fields_sources_and_layers(self, upload, oomnitza, jamf):
        oomnitza.mappings["Casper"] = {"hardware.model": "MODEL", "general.name": ["NAME", "HOST"]}
        ended = upload("casper", "--show-mappings")
        assert ended.code == 0
        lines = [line.split() for line in ended.out.splitlines()]
        assert lines[0] == ["[casper]", "Casper,", "assets"]
        assert ["MODEL", "source", "hardware.model", "[server]"] in lines
        assert ["HOST", "source", "general.name", "[server]"] in lines
        assert ["NAME", "source", "general.name", "[ini]"] in lines
        assert jamf.requests == []
        assert oomnitza.runs() == []

    def test_show_mappings_of_built_in_fields(self, upload, ini):
        change(ini, "mapping.APPLICATIONS =\n", "")
        ended = upload("casper", "--show-mappings")
        assert "APPLICATIONS  source software.applications [built-in]" in ended.out

    def test_show_mappings_without_names_uses_enabled_sections(self, upload):
        ended = upload("--show-mappings")
        titles = [line for line in ended.out.splitlines() if line.startswith("[")]
        assert titles == ["[casper] Casper, assets", "[Casper.MDM] Casper.MDM, assets"]

    def test_oomnitza_is_not_asked_where_its_mapping_is_not_used(self, upload, ini, oomnitza):
        change(ini, "retries = 0\nsync_field", "use_server_map = no\nretries = 0\nsync_field")
        assert upload("casper", "--show-mappings").code == 0
        assert oomnitza.requests == []

    def test_show_mappings_target_unavailable_is_an_error(self, upload, ini, stage):
        change(ini, stage.url, closed_port())
        ended = upload("casper", "--show-mappings")
        assert ended.code == 1
        assert "the connection was refused" in ended.err


class TestExplain:
    @pytest.fixture
    def explain(self, cli, ini, logs):
        def run(*arguments: object) -> Ended:
            return cli("explain", "--ini", ini, "--logging-config", logs, *arguments)

        return run

    @pytest.fixture
    def saved(self, ini, tmp_path, jamf) -> Path:
        """What --save-data would keep of the six records."""
        source = connector.load_connector("casper")(
            config.load_config(ini, ["casper"]).sections[0].settings
        )
        with SavedData(tmp_path, "casper") as data:
            for record in source.records(Projection(everything=True)):
                data.add_fetched(record)
        jamf.requests.clear()
        return data.fetched

    def test_explain_first_record_of_the_source(self, explain, ini, oomnitza):
        text = 'mapping.USER = {"source": "location.username", "converter": ["strip", "upper"]}'
        change(ini, "mapping.APPLICATIONS =\n", f"mapping.APPLICATIONS =\n{text}\n")
        change(ini, "[casper]\n", "[casper]\nrecordfilter:\n    return record.general.name != ''\n")
        ended = explain("CASPER")
        assert ended.code == 0
        assert ended.err == ""
        at = ini.read_text("utf-8").splitlines().index("    return record.general.name != ''") + 1
        assert ended.out.splitlines() == [
            "[casper] record 1 (SERIAL SNDBXMAC0001, general.id 1): passed the record filter,"
            f" line {at}: return record.general.name != ''",
            "  field   source, converters          value (the last one is sent)",
            '  SERIAL  ini: general.serial_number  "SNDBXMAC0001"',
            '  NAME    ini: general.name           "LAB-MAC-0001"',
            '  USER    ini: location.username      "aquill1"',
            '          strip                       "aquill1"',
            '          upper                       "AQUILL1"',
            "Would be sent.",
        ]
        assert oomnitza.runs() == []

    def test_explain_with_record_count(self, explain):
        ended = explain("casper", "--record-count", "3")
        assert ended.out.count("Would be sent.") == 3

    @pytest.mark.parametrize("words", [("--offline",), ()])
    def test_explain_saved_records(self, explain, saved, jamf, oomnitza, words):
        ended = explain("casper", "--record", saved, "--record-count", "9", *words)
        assert ended.code == 0
        assert ended.out.count("Would be sent.") == 6
        assert jamf.requests == []
        assert (oomnitza.requests == []) is bool(words)

    def test_explain_record_from_stdin(self, explain, saved, monkeypatch):
        with saved.open(encoding="utf-8") as file:
            monkeypatch.setattr("sys.stdin", file)
            ended = explain("casper", "--record", "-")
        assert ended.code == 0
        assert '"SNDBXMAC0001"' in ended.out

    def test_explain_invalid_json_is_an_error(self, explain, tmp_path):
        path = tmp_path / "broken.json"
        path.write_text('{\n"a": 1\n"b": 2}')
        ended = explain("casper", "--record", path)
        assert ended.code == 1
        assert ended.err == (f"Error: {path}: line 3: invalid JSON at column 1\n")

    def test_explain_missing_file_is_an_error(self, explain, tmp_path):
        ended = explain("casper", "--record", tmp_path / "none.json")
        assert ended.code == 2
        assert "No such file" in ended.err

    def test_explain_unknown_section_is_an_error(self, explain):
        ended = explain("caspar")
        assert ended.code == 2
        assert "section [caspar] not found. Did you mean casper?" in ended.err

    def test_explain_offline_without_record_is_an_error(self, explain, jamf):
        ended = explain("casper", "--offline")
        assert ended == Ended(
            2, "", "Error: --offline works only with --record. Add --record FILE.\n"
        )
        assert jamf.requests == []

    def test_explain_invalid_mapping_is_an_error(self, explain, ini):
        change(ini, "mapping.NAME = general.name", 'mapping.NAME = {"sorce": "x"}')
        ended = explain("casper")
        assert ended.code == 3
        assert "did you mean source?" in ended.err

    def test_explain_source_unavailable_is_an_error(self, explain, ini, jamf):
        change(ini, f"enable = True\nurl = {jamf.url}", f"enable = True\nurl = {closed_port()}")
        ended = explain("casper")
        assert ended.code == 1
        assert "the connection was refused" in ended.err

    def test_secrets_in_records_are_masked(self, explain, ini, tmp_path):
        path = tmp_path / "record.json"
        secret = "sandbox password"
        path.write_text(
            json.dumps({"general": {"name": secret, "serial_number": "x" * 150 + secret}})
        )
        ended = explain("casper", "--record", path)
        assert '"********"' in ended.out
        assert "sandbox" not in ended.out

    def test_explain_fits_the_terminal(self, explain, saved, monkeypatch, capsys):
        monkeypatch.setenv("COLUMNS", "60")
        monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True)
        ended = explain("casper", "--record", saved)
        head, *lines = ended.out.splitlines()
        assert head == "[casper] record 1 (SERIAL SNDBXMAC0001, general.id 1): no record filter"
        assert max(map(len, lines)) <= 60

    def test_explain_help(self, cli):
        ended = cli("explain", "--help")
        assert ended.code == 0
        for word in ("connector.py explain", "--record ", "--offline", "SECTION"):
            assert word in ended.out


class TestCheck:
    def test_check_reports_sections_that_do_not_run(self, cli, ini):
        text = ini.read_text("utf-8")
        ini.write_text(f"{text}[reports]\n[ldap]\nenable = Ture\n", "utf-8")
        ended = cli("check", "casper", "--offline", "--ini", ini)
        assert ended.code == 0
        assert "[reports]: unknown section, ignored; did you mean [report]?" in ended.err
        assert "[ldap] enable: 'Ture' is neither True nor False" in ended.err
        assert "unknown section" not in cli("upload", "casper", "--ini", ini).err

    def test_check_looks_at_the_machine_first(self, cli, ini):
        ini.chmod(0o644)
        lines = cli("check", "casper", "--offline", "--ini", ini).out.splitlines()
        assert lines[0] == f"ok     state: {ini.with_suffix('.db')} can be written"
        assert lines[1].startswith("note   other users of this machine can read")
        assert lines[2].startswith("ok     [casper] settings: valid")

    def test_check_exits_with_3_for_a_state_that_cannot_be_written(self, cli, ini):
        text = ini.read_text("utf-8")
        ini.write_text(f"{text}[run]\nstate = none/x.db\n", "utf-8")
        ended = cli("check", "casper", "--offline", "--ini", ini)
        assert (ended.code, ended.out[:14]) == (3, "FAILED state: ")


class TestGenerateIni:
    def test_generate_ini_writes_a_valid_private_file(self, cli, tmp_path):
        path = tmp_path / "new.ini"
        ended = cli("generate-ini", "--ini", path)
        assert ended.code == 0
        assert str(path) in ended.out
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        ended = cli("upload", "--ini", path)
        assert "Enabled in the config file: none" in ended.err

    def test_generate_ini_keeps_older_files(self, cli, tmp_path):
        path = tmp_path / "config.ini"
        for number in range(4):
            if number:
                path.write_text(f"older {number}", "utf-8")
            assert cli("generate-ini", "--ini", path).code == 0
        names = ["config.ini.bak", "config.ini.bak.1", "config.ini.bak.2"]
        assert [(tmp_path / name).read_text("utf-8") for name in names] == [
            "older 1",
            "older 2",
            "older 3",
        ]
        assert path.read_text("utf-8").startswith("#")

    def test_generate_ini_names_the_backup(self, cli, tmp_path):
        path = tmp_path / "config.ini"
        path.touch()
        ended = cli("--ini", path, "generate-ini")
        assert f"Note: the existing file was renamed to {path}.bak\n" in ended.err

    def test_a_folder_that_is_not_there(self, cli, tmp_path):
        path = tmp_path / "none" / "config.ini"
        ended = cli("generate-ini", "--ini", path)
        assert ended.code == 3
        assert ended.err == (
            f"Error: {path}: cannot write the file (No such file or directory)."
            " Check that the folder exists and that you can write to it.\n"
        )

    def test_generate_ini_failure_keeps_the_older_file(self, cli, tmp_path, monkeypatch):
        def mistaken(name: str) -> None:
            raise SyntaxError("a mistake")

        path = tmp_path / "config.ini"
        path.write_text("precious", "utf-8")
        monkeypatch.setattr(connector, "load_connector", mistaken)
        monkeypatch.setattr(logging.getLogger(), "handlers", [])
        ended = cli("generate-ini", "--ini", path)
        assert ended.code == 1
        assert "Error: unexpected error (SyntaxError: a mistake)." in ended.err
        assert [each.name for each in tmp_path.glob("config.ini*")] == ["config.ini"]
        assert path.read_text("utf-8") == "precious"


class TestLogging:
    def test_log_file_is_next_to_the_logging_config(self, upload, tmp_path):
        upload("casper")
        text = (tmp_path / "info.log").read_text("utf-8")
        assert "[casper] run started" in text
        assert "[casper] run ended (complete)" in text
        assert not (tmp_path / "errors.log").exists()

    def test_log_files_of_another_config_are_next_to_it(self, upload, logs, tmp_path):
        folder = tmp_path / "elsewhere"
        folder.mkdir()
        shutil.copy(logs, folder / "my-logging.json")
        upload("casper", "--logging-config", folder / "my-logging.json")
        assert (folder / "info.log").exists()
        assert not (tmp_path / "info.log").exists()

    def test_unwritable_log_is_a_warning(self, upload, logs, oomnitza):
        change(logs, '"info.log"', '"no/such/folder/info.log"')
        ended = upload("casper")
        assert ended.code == 0
        assert "Warning: cannot write the log file " in ended.err
        assert "no/such/folder/info.log; this run is not logged there. Choose" in ended.err
        assert oomnitza.count("assets") == 6


@pytest.mark.parametrize("action", ["rejects", "missing", "history"])
def test_inspect_unknown_section_is_an_error(tmp_path, cli, action):
    path = tmp_path / "config.ini"
    path.write_text("[oomnitza]\nurl = http://127.0.0.1\napi_token = t\n[ldap]\n", "utf-8")
    assert cli(action, "LDAP", "--ini", path).code == 0
    ended = cli(action, "ldp", "--ini", path)
    assert ended.code == 2
    assert (
        "section [ldp] not found in the config file or the state database. Did you mean ldap?"
        in ended.err
    )
