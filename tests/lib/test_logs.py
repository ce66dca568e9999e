"""Logging: where files stand, and what neither they nor the console ever show."""

import json
import logging
import threading
from contextvars import Context
from logging.handlers import RotatingFileHandler
from unittest.mock import Mock

import pytest

from lib import logs, secrets
from lib.errors import ConfigurationError
from lib.plugins import ROOT
from lib.reading.ahead import fetch_ahead
from lib.run.inflight import InFlight
from lib.secrets import MASK

SECRET = 'hunter2 "and" a half'


@pytest.fixture(autouse=True)
def _logging_as_before():
    """Nothing of a test's logging stays."""
    secrets.forget_all()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for logger in logging.root.manager.loggerDict.values():
        if isinstance(logger, logging.Logger):
            logger.disabled = False
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    secrets.forget_all()


@pytest.fixture
def configure(tmp_path, monkeypatch):
    """Apply the shipped logging.json, with changes, from a folder of its own."""
    monkeypatch.chdir("/")

    def apply(change=lambda settings: None):
        settings = json.loads((ROOT / "logging.json").read_text("utf-8"))
        change(settings)
        path = tmp_path / "logging.json"
        path.write_text(json.dumps(settings), "utf-8")
        logs.configure(path)
        return tmp_path

    return apply


def text_of(path):
    return path.read_text("utf-8")


def test_files_get_information_and_the_console_warnings_only(configure, capsys):
    folder = configure()
    log = logging.getLogger("lib.test")
    log.debug("a detail")
    log.info("it goes on")
    log.warning("take care")
    assert capsys.readouterr() == ("", "Warning: take care\n")
    assert "it goes on" in text_of(folder / "info.log")
    assert "take care" in text_of(folder / "info.log")
    assert "a detail" not in text_of(folder / "info.log")
    assert "take care" in text_of(folder / "errors.log")
    assert "it goes on" not in text_of(folder / "errors.log")


def test_files_stand_beside_the_configuration_whatever_the_current_folder(configure):
    folder = configure()
    logging.getLogger("lib.test").warning("x")
    assert sorted(path.name for path in folder.glob("*.log")) == ["errors.log", "info.log"]


def test_shipped_files_rotate_and_are_written_only_when_there_is_something(configure):
    folder = configure()
    handlers = [
        handler
        for handler in logging.getLogger().handlers
        if isinstance(handler, RotatingFileHandler)
    ]
    assert len(handlers) == 2
    assert all(handler.maxBytes and handler.backupCount for handler in handlers)
    assert not (folder / "errors.log").exists()


def test_a_traceback_reaches_the_file_and_never_the_console(configure, capsys):
    folder = configure()
    try:
        raise ValueError("the cause")
    except ValueError:
        logging.getLogger("lib.test").exception("it failed")
    logging.getLogger("lib.test").error("where from", stack_info=True)
    logged, console = text_of(folder / "errors.log"), capsys.readouterr().err
    assert "Traceback (most recent call last)" in logged
    assert "ValueError: the cause" in logged
    assert "Stack (most recent call last)" in logged
    assert console == "Error: it failed\nError: where from\n"


@pytest.mark.parametrize("order", [["console", "errors"], ["errors", "console"]])
def test_whichever_handler_comes_first_the_file_has_the_traceback(configure, capsys, order):
    folder = configure(lambda settings: settings["root"].update(handlers=order))
    try:
        raise ValueError("the cause")
    except ValueError:
        logging.getLogger("lib.test").exception("it failed")
    assert "ValueError: the cause" in text_of(folder / "errors.log")
    assert capsys.readouterr().err == "Error: it failed\n"


def test_secrets_are_masked_in_every_handler(configure, capsys):
    folder = configure()
    secrets.remember(SECRET)
    log = logging.getLogger("lib.test")
    log.warning("the password is %s", SECRET)
    log.warning("sent %s", json.dumps({"password": SECRET}))
    log.warning("as an object %r", {"password": SECRET})
    try:
        raise ValueError(SECRET)
    except ValueError:
        log.exception("it failed: %s", SECRET)
    shown = capsys.readouterr().err + text_of(folder / "info.log") + text_of(folder / "errors.log")
    assert "hunter2" not in shown
    assert f"the password is {MASK}" in shown
    assert f"ValueError: {MASK}" in text_of(folder / "errors.log")


def test_secrets_learnt_after_the_configuration_are_masked_too(configure, capsys):
    configure()
    secrets.remember("a-token-that-came-later")
    logging.getLogger("lib.test").warning("a-token-that-came-later")
    assert capsys.readouterr().err == f"Warning: {MASK}\n"


@pytest.mark.parametrize("pool", ["ahead", "upload", "none"])
def test_a_secret_that_another_thread_learns_is_masked_in_all_logs(configure, capsys, pool):
    folder = configure()

    def learn(_=None):
        secrets.remember(SECRET)
        logging.getLogger("lib.test").warning("learnt %s", SECRET)

    with secrets.apart():
        if pool == "ahead":
            list(fetch_ahead(learn, "a", workers=1))
        elif pool == "upload":
            in_flight = InFlight(Mock(workers=1, send=learn))
            in_flight.start([Mock()])
            in_flight.take_oldest()
            in_flight.close()
        else:
            thread = threading.Thread(target=learn)
            thread.start()
            thread.join()
        logging.getLogger("lib.test").warning("used %s", SECRET)
        said = secrets.redact(SECRET)
    masked = [f"learnt {MASK}", f"used {MASK}"]
    assert said == MASK
    assert capsys.readouterr().err.splitlines() == [f"Warning: {line}" for line in masked]
    for name in ("info.log", "errors.log"):
        lines = text_of(folder / name).splitlines()
        assert [line.split("lib.test: ")[1] for line in lines] == masked


def test_a_thread_without_a_run_of_its_own_logs_the_secrets_of_none(configure, capsys):
    configure()
    with secrets.apart():
        secrets.remember(SECRET)
        thread = threading.Thread(target=Context().run, args=[logging.warning, "sent %s", SECRET])
        thread.start()
        thread.join()
    assert capsys.readouterr().err == f"Warning: sent {MASK}\n"


def test_handlers_of_single_loggers_are_masked_too(configure):
    def own_handler(settings):
        settings["handlers"]["own"] = {"class": "logging.FileHandler", "filename": "own.log"}
        settings["loggers"]["lib.deep.down"] = {"handlers": ["own"]}

    folder = configure(own_handler)
    secrets.remember(SECRET)
    logging.getLogger("lib.deep.down").warning(SECRET)
    for handler in logging.getLogger("lib.deep.down").handlers[:]:
        logging.getLogger("lib.deep.down").removeHandler(handler)
        handler.close()
    assert text_of(folder / "own.log") == f"{MASK}\n"


def test_a_configuration_s_own_formats_stay(configure, capsys):
    configure(lambda settings: settings["formatters"]["console"].update(format="<%(message)s>"))
    logging.getLogger("lib.test").warning("x")
    assert capsys.readouterr().err == "<x>\n"


def test_where_a_file_cannot_be_written_the_run_goes_on_and_says_so(configure, capsys):
    def nowhere(settings):
        settings["handlers"]["info"]["filename"] = "no/such/folder/info.log"

    folder = configure(nowhere)
    logging.getLogger("lib.test").warning("still there")
    unwritable = folder / "no/such/folder/info.log"
    console = capsys.readouterr().err
    assert (
        f"Warning: cannot write the log file {unwritable}; this run is not logged there. "
        in console
    )
    assert "still there" in text_of(folder / "errors.log")


def test_an_absolute_file_name_stays_where_it_is(configure, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    def absolute(settings):
        settings["handlers"]["errors"]["filename"] = str(elsewhere / "x.log")

    configure(absolute)
    logging.getLogger("lib.test").warning("x")
    assert (elsewhere / "x.log").exists()


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '"text"',
        "{}",
        '{"version": 1, "handlers": []}',
        '{"version": 1, "root": {"handlers": ["none"]}}',
        '{"version": 1, "handlers": {"a": {"class": "no.such.Class"}}}',
    ],
)
def test_a_configuration_that_cannot_be_used_is_told_by_name(tmp_path, text):
    path = tmp_path / "logging.json"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        logs.configure(path)
    assert str(caught.value).startswith(f"{path}: the logging configuration is ")


def test_a_configuration_that_is_not_there_is_told_by_name(tmp_path):
    with pytest.raises(ConfigurationError, match="logging configuration not found"):
        logs.configure(tmp_path / "none.json")


def test_what_is_logged_in_the_course_of_a_section_begins_with_its_name(configure, tmp_path):
    configure()
    with logs.about("ldap"):
        logging.getLogger("lib.http.client").warning("asking again")
        logging.getLogger("lib.run.pipeline").warning("[ldap] begins")
    logging.getLogger("lib.http.client").warning("of no section")
    lines = [line.split(": ", 1)[1] for line in text_of(tmp_path / "errors.log").splitlines()]
    assert lines == ["[ldap] asking again", "[ldap] begins", "of no section"]
