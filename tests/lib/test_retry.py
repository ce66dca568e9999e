"""The one retry: how often a call is made again, after which pause, and when no more."""

import logging
import os
import pickle
import signal
import socket
import threading
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from lib import interruption
from lib.connection import ConnectionSettings
from lib.errors import (
    NOT_IN_THIS_RUN,
    AccessDenied,
    SignInError,
    SourceFault,
    SourceUnavailable,
    TargetFault,
    TargetUnavailable,
    TransientError,
)
from lib.http.auth import Token, TokenAuth
from lib.http.client import Client
from lib.http.soap import SoapService
from lib.interruption import Interruption
from lib.ldap.directory import Directory
from lib.odbc.database import OdbcDatabase
from lib.retry import (
    BACKOFF,
    BROKEN_RESPONSE,
    IMMEDIATE,
    LONGEST_BACKOFF,
    LONGEST_PAUSE,
    UNREACHABLE,
    Retry,
    retry_budget,
)
from tests.drivers import require_driver


class Call:
    """Raises these errors in turn, then gives 42."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.count = 0

    def __call__(self) -> int:
        self.count += 1
        if self.errors:
            raise self.errors.pop(0)
        return 42


def busy(times: int, **how: float) -> list[TransientError]:
    return [TransientError("too many calls", where="here", **how) for _ in range(times)]


class TestPauses:
    def test_a_call_that_succeeds_is_made_once(self, pauses: list[float]):
        call = Call()
        assert Retry(5).call(call) == 42
        assert call.count == 1
        assert pauses == []

    def test_transient_error_is_retried_with_growing_pauses(self, pauses: list[float]):
        assert Retry(5).call(Call(*busy(4))) == 42
        assert pauses == [1.0, 2.0, 4.0, 8.0]

    def test_the_first_repeat_of_a_request_is_made_at_once(self, pauses: list[float]):
        Retry(5).call(Call(*busy(4)), IMMEDIATE)
        assert pauses[0] == 0
        for made, least in zip(pauses[1:], (1, 2, 4), strict=True):
            assert least <= made <= least + 0.5

    @pytest.mark.parametrize("policy", [BACKOFF, IMMEDIATE])
    def test_no_pause_of_our_own_is_longer_than_a_minute(self, policy, pauses: list[float]):
        Retry(3000).call(Call(*busy(3000)), policy)
        assert max(pauses) == LONGEST_BACKOFF

    def test_a_broken_answer_is_worth_two_repeats(self, pauses: list[float]):
        with pytest.raises(TransientError):
            Retry(5).call(Call(*busy(9)), BROKEN_RESPONSE)
        assert pauses == [1.0, 4.0]

    def test_retry_after_overrides_backoff(self, pauses: list[float]):
        Retry(5).call(Call(*busy(1, retry_after=17), *busy(1), *busy(1, retry_after=0)))
        assert pauses == [17, 2.0, 4.0]

    def test_long_retry_after_is_waited_for_in_parts(self, pauses: list[float]):
        Retry(5).call(Call(*busy(2, retry_after=4 * LONGEST_PAUSE)))
        assert pauses == [LONGEST_PAUSE] * 2

    @pytest.mark.parametrize(
        ("seconds", "repeats"), [(5 * LONGEST_PAUSE, 1), (5 * LONGEST_PAUSE + 1, 0)]
    )
    def test_retry_after_longer_than_all_pauses_is_not_retried(
        self, seconds: int, repeats: int, pauses: list[float]
    ):
        call = Call(*busy(1, retry_after=seconds), SourceFault("another"))
        with pytest.raises((TransientError, SourceFault)):
            Retry(5).call(call)
        assert call.count == 1 + repeats

    def test_each_repeat_is_logged_with_its_reason(
        self, pauses: list[float], caplog: pytest.LogCaptureFixture
    ):
        caplog.set_level(logging.INFO, "lib.retry")
        Retry(5).call(Call(*busy(2)), IMMEDIATE)
        first, second = [item.getMessage() for item in caplog.records]
        assert first == "here: too many calls; retrying"
        assert second.startswith("here: too many calls; retrying in ")


class TestBounds:
    @pytest.mark.parametrize("retries", [0, 1, 3])
    def test_after_the_last_retry_the_error_is_raised(self, retries: int, pauses: list[float]):
        call = Call(*busy(9))
        with pytest.raises(SourceUnavailable, match="too many calls"):
            Retry(retries).call(call)
        assert call.count == retries + 1
        assert len(pauses) == retries

    @pytest.mark.parametrize(("retries", "repeats"), [(0, 0), (2, 2), (50, 3)])
    def test_unreachable_policy_retries_three_times(
        self, retries: int, repeats: int, pauses: list[float]
    ):
        with pytest.raises(SourceUnavailable):
            Retry(retries).call(Call(*busy(9)), UNREACHABLE)
        assert len(pauses) == repeats

    def test_kinds_of_failures_share_the_retries_of_a_call(self, pauses: list[float]):
        attempts = Retry(4).attempts()
        [error] = busy(1)
        made = [
            attempts.another(error, kind)
            for kind in (BROKEN_RESPONSE, IMMEDIATE, BROKEN_RESPONSE, BROKEN_RESPONSE, BACKOFF)
        ]
        assert made == [True, True, True, False, True]
        assert not attempts.another(error, BACKOFF)

    @pytest.mark.parametrize(
        "error",
        [
            SourceFault("broken"),
            SignInError("refused"),
            AccessDenied("no"),
            SourceUnavailable("untrusted", retry_after=NOT_IN_THIS_RUN),
            KeyError("x"),
        ],
    )
    def test_permanent_error_is_raised_immediately(self, error: Exception, pauses: list[float]):
        call = Call(error)
        with pytest.raises(type(error)):
            Retry(5).call(call)
        assert call.count == 1

    @pytest.mark.parametrize(
        ("kind", "transient"),
        [
            (SourceUnavailable, True),
            (TransientError, True),
            (TargetUnavailable, True),
            (TargetFault, True),
            (SourceFault, False),
            (SignInError, False),
            (AccessDenied, False),
        ],
    )
    def test_error_class_decides_whether_transient(self, kind: type, transient: bool):
        assert kind.transient is transient

    def test_an_error_can_be_sent_to_another_process(self):
        [error] = busy(1, retry_after=9)
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again)) == (TransientError, "here: too many calls")
        assert again.retry_after == 9

    def test_other_advice_changes_nothing_else(self):
        [error] = busy(1, retry_after=9)
        other = error.with_fix("Wait")
        assert (type(other), str(other)) == (TransientError, "here: too many calls. Wait.")
        assert (other.retry_after, error.fix) == (9, "")


class TestBudget:
    def test_it_is_for_all_calls_of_a_run(self, pauses: list[float]):
        with retry_budget(3) as budget:
            first, second = Retry(5), Retry(5)
        assert first.call(Call(*busy(2))) == 42
        with pytest.raises(TransientError):
            second.call(Call(*busy(2)))
        assert budget.used == 3

    def test_a_ceiling_of_0_repeats_nothing(self, pauses: list[float]):
        with retry_budget(0) as budget:
            retry = Retry(5)
        call = Call(*busy(1))
        with pytest.raises(TransientError):
            retry.call(call)
        assert (call.count, budget.used, pauses) == (1, 0, [])

    def test_exhausted_budget_is_logged_once(
        self, pauses: list[float], caplog: pytest.LogCaptureFixture
    ):
        with retry_budget(1):
            retry = Retry(5)
        for _ in range(3):
            with pytest.raises(TransientError):
                retry.call(Call(*busy(9)))
        [line] = [item.getMessage() for item in caplog.records]
        assert "retry limit reached (retry_ceiling)" in line

    def test_threads_share_it(self, pauses: list[float]):
        with retry_budget(50) as budget:
            retry = Retry(100)
        calls = [Call(*busy(20)) for _ in range(8)]

        def run(call: Call) -> None:
            with suppress(TransientError):
                retry.call(call)

        threads = [threading.Thread(target=run, args=(call,)) for call in calls]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert budget.used == 50
        assert len(pauses) == 50


class TestSignals:
    @pytest.mark.parametrize("heard", [[], [False]], ids=["before the pause", "in the pause"])
    def test_after_signal_nothing_is_retried_or_counted(
        self, heard: list[bool], pauses: list[float], monkeypatch: pytest.MonkeyPatch
    ):
        left = [*heard]
        monkeypatch.setattr(interruption, "requested", lambda: not left or left.pop())
        call = Call(*busy(9))
        with retry_budget(9) as budget:
            retry = Retry(5)
        with pytest.raises(TransientError):
            retry.call(call)
        assert (call.count, budget.used) == (1, 0)

    def test_a_pause_in_a_thread_ends_with_it(self, monkeypatch: pytest.MonkeyPatch):
        """It would last a day; were it slept through, the test would not end."""
        monkeypatch.setattr(interruption, "_watch", None)
        monkeypatch.setattr("lib.retry.LONGEST_PAUSE", 86_400)
        call, over = Call(*busy(9, retry_after=86_400)), threading.Event()

        def run() -> None:
            with pytest.raises(TransientError):
                Retry(5).call(call)
            over.set()

        with Interruption(), pytest.raises(KeyboardInterrupt):
            threading.Thread(target=run, daemon=True).start()
            while not call.count:
                time.sleep(0.01)
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(60)
        assert over.wait(30)
        assert call.count == 1


FAULT = """\
<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault>
<faultcode>x</faultcode><faultstring>400101</faultstring></e:Fault></e:Body></e:Envelope>
"""
WSDL = Path(__file__).parents[2] / "sandbox" / "jasper" / "Terminal.wsdl"


class Everything:
    """One of each that asks over a network, made in one run; each `fails` as often as it may."""

    def __init__(self, server: Any, tmp_path: Path) -> None:
        settings = ConnectionSettings(retries=5, timeout=5)
        self.server = server
        self.issued = 0
        self.http = Client(server.url, settings)
        self.signed = Client(server.url, settings, auth=TokenAuth(self._sign_in))
        self.soap = SoapService(
            str(WSDL),
            settings,
            username="u",
            password="p",
            address=server.url,
            faults={"400101": (TransientError, "")},
        )
        attributes = {"DRIVER": "SQLite3", "DATABASE": str(tmp_path / "x.sqlite")}
        self.odbc = OdbcDatabase(attributes, where="db", timeout=5, retries=5)
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        self.ldap = Directory(f"ldap://127.0.0.1:{port}", settings)

    def _sign_in(self) -> Token:
        self.issued += 1
        return Token(f"t{self.issued}")

    def fails(self, name: str) -> int:
        """How often a call was made that failed each time."""
        before = len(self.server.asked)
        self.server.answers = [ANSWERS.get(name, (200, "{}"))]
        with pytest.raises((SourceUnavailable, AccessDenied)):
            match name:
                case "busy" | "broken":
                    self.http.get_json("/x")
                case "token":
                    self.signed.get_json("/x")
                case "broken soap" | "soap fault":
                    self.soap.call(
                        "GetModifiedTerminals", messageId="1", version="1", licenseKey="k"
                    )
                case "odbc":
                    list(self.odbc.query("SELECT 1"))
                case "ldap":
                    with closing(self.ldap):
                        self.ldap.connect("", "")
        return len(self.server.asked) - before


ANSWERS = {
    "busy": (503, ""),
    "broken": (200, "<html>"),
    "token": (401, ""),
    "broken soap": (200, "<html>"),
    "soap fault": (500, FAULT),
}
# How often each is repeated by itself.
REPEATS = {
    "busy": 5,
    "broken": 2,
    "token": 1,
    "broken soap": 2,
    "soap fault": 5,
    "odbc": 3,
    "ldap": 3,
}


class TestEverything:
    @pytest.fixture
    def odbc_calls(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """One for each time that pyodbc was asked to connect, which fails."""
        require_driver("SQLite3")
        import pyodbc

        made: list[int] = []

        def connect(*_: Any, **__: Any) -> None:
            made.append(1)
            raise pyodbc.OperationalError("08001", "keine Verbindung")

        monkeypatch.setattr(pyodbc, "connect", connect)
        return made

    def test_one_budget_counts_every_repeat_whatever_caused_it(
        self, server: Any, tmp_path: Path, odbc_calls: list[int], pauses: list[float]
    ):
        with retry_budget(1000) as budget:
            everything = Everything(server, tmp_path)
        for name, repeats in REPEATS.items():
            before = budget.used
            asked = everything.fails(name)
            assert (name, budget.used - before) == (name, repeats)
            assert name in ("odbc", "ldap") or asked == 1 + repeats
        assert len(odbc_calls) == 1 + REPEATS["odbc"]
        assert budget.used == sum(REPEATS.values())

    def test_budgets_of_runs_are_independent(
        self, server: Any, tmp_path: Path, odbc_calls: list[int], pauses: list[float]
    ):
        with retry_budget(4) as budget:
            everything = Everything(server, tmp_path)
        assert [everything.fails("ldap"), budget.used] == [0, 3]
        assert [everything.fails("broken"), budget.used] == [2, 4]
        everything.fails("odbc")
        assert len(odbc_calls) == 1

    def test_with_a_ceiling_of_0_nothing_is_repeated_but_for_a_token_that_has_ended(
        self, server: Any, tmp_path: Path, odbc_calls: list[int], pauses: list[float]
    ):
        with retry_budget(0) as budget:
            everything = Everything(server, tmp_path)
        for name in REPEATS.keys() - {"token"}:
            assert everything.fails(name) <= 1
        assert (len(odbc_calls), budget.used, pauses) == (1, 0, [])
        assert everything.fails("token") == 2
        assert (everything.issued, budget.used) == (2, 1)
