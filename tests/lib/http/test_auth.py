"""Signing requests: Basic, a fixed header, and tokens that are renewed in time and only once."""

import base64
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Lock

import pytest
import requests

from lib import secrets
from lib.connection import ConnectionSettings
from lib.errors import AccessDenied, SignInError, SourceUnavailable
from lib.http.auth import UNSIGNED, HeaderAuth, Token, TokenAuth, basic, basic_by_key
from lib.http.client import Client
from lib.retry import retry_budget

LONG_AGO = time.monotonic() - 10_000


class Guarded:
    """Answers who comes with a `valid` token, and issues tokens t1, t2, ... by `sign_in`."""

    def __init__(self) -> None:
        self.valid: set[str] = set()
        self.issued = 0
        self.seen: list[tuple[str, bytes]] = []
        self._lock = Lock()

    def sign_in(self, life: float | None = None) -> Token:
        with self._lock:
            self.issued += 1
            self.valid = {f"t{self.issued}"}
            return Token(f"t{self.issued}", life)

    def __call__(self, environ, respond):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        token = environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
        with self._lock:
            self.seen.append((token, body))
            allowed = token in self.valid
        respond("200 OK" if allowed else "401 Unauthorized", [("Content-Type", "text/plain")])
        return [b"1" if allowed else b"token unknown"]


@pytest.fixture
def guarded(stage) -> Guarded:
    stage.app = made = Guarded()
    return made


@pytest.fixture
def client_of(stage) -> Callable[[TokenAuth], Client]:
    settings = ConnectionSettings(retries=0, timeout=10)
    return lambda auth: Client(stage.url, settings, auth=auth, connections=8)


def at_once(count: int, call: Callable[[], object]) -> list[object]:
    """The results of so many threads that call at the same time."""
    start = Barrier(count, timeout=10)

    def run(_: int) -> object:
        start.wait()
        return call()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


class TestBasic:
    @pytest.mark.parametrize(
        ("username", "password"),
        [("ada", "secret"), ("zoë", "pässwörd:ß"), ("佐藤", "🔑"), ("api/token", "a:b:c")],
    )
    def test_name_and_password_travel_in_utf_8(self, server, username, password):
        settings = ConnectionSettings(retries=0)
        Client(server.url, settings, auth=basic(username, password)).get_json("/x")
        scheme, _, code = server.asked[0].headers["authorization"].partition(" ")
        assert scheme == "Basic"
        assert base64.b64decode(code).decode("utf-8") == f"{username}:{password}"

    def test_neither_form_of_the_password_can_be_shown(self):
        basic("zoë", "pässwörd")
        code = base64.b64encode("zoë:pässwörd".encode()).decode()
        shown = secrets.redact(f"sent pässwörd as Basic {code}")
        assert "pässwörd" not in shown
        assert code not in shown


def test_a_key_goes_where_the_username_is_and_is_never_shown_with_it(server):
    server.answers = [(200, "1")]
    auth = basic_by_key("kéy")
    Client(server.url, ConnectionSettings(), auth=auth).get_json("/x")
    login = base64.b64encode("kéy:x".encode()).decode()
    assert server.asked[0].headers["authorization"] == f"Basic {login}"
    assert login not in secrets.redact(f"it was {login}")


def test_a_fixed_header_is_sent_and_its_secret_never_shown(server):
    auth = HeaderAuth("Authorization2", "tok-1234")
    Client(server.url, ConnectionSettings(retries=0), auth=auth).get_json("/x")
    assert server.asked[0].headers["authorization2"] == "tok-1234"
    assert "tok-1234" not in secrets.redact("Authorization2: tok-1234")


def test_unsigned_adds_nothing():
    request = requests.Request("GET", "http://127.0.0.1/", auth=UNSIGNED).prepare()
    assert dict(request.headers) == {}


class TestFreshness:
    @pytest.mark.parametrize(
        ("life", "age", "fresh"),
        [
            (1800, 0, True),
            (1800, 1730, True),
            (1800, 1745, False),
            (1800, 1801, False),
            (10, 7, True),
            (10, 8.5, False),
            (0, 0, False),
            (-5, 0, False),
            (None, 10_000_000, True),
        ],
    )
    def test_a_token_counts_as_old_shortly_before_its_end(self, life, age, fresh):
        assert Token("t", life, time.monotonic() - age).fresh is fresh


class TestTokenAuth:
    def test_the_first_request_signs_in_and_the_others_use_the_token(self, guarded, client_of):
        client = client_of(TokenAuth(guarded.sign_in))
        assert guarded.issued == 0
        assert [client.get_json("/x") for _ in range(3)] == [1, 1, 1]
        assert guarded.issued == 1
        assert [token for token, _ in guarded.seen] == ["t1", "t1", "t1"]

    def test_header_and_prefix_can_be_others(self, server):
        auth = TokenAuth(lambda: Token("abc"), "Authorization2", prefix="")
        Client(server.url, ConnectionSettings(retries=0), auth=auth).get_json("/x")
        assert server.asked[0].headers["authorization2"] == "abc"
        assert "authorization" not in server.asked[0].headers

    def test_a_token_is_renewed_before_it_ends(self, guarded, client_of):
        def sign_in() -> Token:
            return Token(guarded.sign_in().value, 1800, LONG_AGO if guarded.issued == 1 else 1e12)

        client = client_of(TokenAuth(sign_in))
        client.get_json("/x")
        client.get_json("/x")
        assert [token for token, _ in guarded.seen] == ["t1", "t2"]

    def test_a_401_renews_the_token_and_sends_the_request_again(self, guarded, client_of):
        client = client_of(TokenAuth(guarded.sign_in))
        client.get_json("/x")
        guarded.valid.clear()
        client.post_json("/x", {"n": 1})
        assert guarded.seen[1:] == [("t1", b'{"n": 1}'), ("t2", b'{"n": 1}')]

    def test_it_is_renewed_as_often_as_it_is_revoked(self, guarded, client_of):
        client = client_of(TokenAuth(guarded.sign_in))
        for _ in range(4):
            client.get_json("/x")
            guarded.valid.clear()
        assert guarded.issued == 4

    def test_a_new_token_that_is_refused_too_ends_it(self, guarded, client_of):
        def useless() -> Token:
            token = guarded.sign_in()
            guarded.valid.clear()
            return token

        with pytest.raises(AccessDenied, match=r"the server responded with 401 \(token unknown\)"):
            client_of(TokenAuth(useless)).get_json("/x")
        assert [token for token, _ in guarded.seen] == ["t1", "t2"]
        assert guarded.issued == 2

    def test_a_renewal_counts_as_a_repeat_but_needs_no_leave(self, guarded, client_of):
        with retry_budget(0) as budget:
            client = client_of(TokenAuth(guarded.sign_in))
        for _ in range(2):
            client.get_json("/x")
            guarded.valid.clear()
        assert (guarded.issued, budget.used) == (2, 1)

    def test_a_sign_in_that_was_repeated_is_not_repeated_again(self, server, pauses):
        server.answers = [(503, "")]
        settings = ConnectionSettings(retries=2, timeout=10)
        posting = Client(server.url, settings, repeatable=frozenset({"GET", "POST"}))

        def sign_in() -> Token:
            return Token(posting.post_json("/token", {}).text)

        with pytest.raises(SourceUnavailable, match="/token"):
            Client(server.url, settings, auth=TokenAuth(sign_in)).get_json("/x")
        assert [asked.path for asked in server.asked] == ["/token"] * 3

    def test_other_refusals_do_not_renew(self, server):
        issued = []

        def sign_in() -> Token:
            issued.append(1)
            return Token("t")

        server.answers = [(403, "no")]
        client = Client(server.url, ConnectionSettings(retries=0), auth=TokenAuth(sign_in))
        with pytest.raises(AccessDenied):
            client.get_json("/x")
        assert (len(issued), len(server.asked)) == (1, 1)

    def test_a_refused_sign_in_is_never_repeated_lest_the_account_gets_locked(self, client_of):
        attempts = []

        def sign_in() -> Token:
            attempts.append(1)
            raise SignInError("wrong password")

        auth = TokenAuth(sign_in)
        client = client_of(auth)
        for _ in range(3):
            with pytest.raises(SignInError, match="wrong password"):
                client.get_json("/x")
        with pytest.raises(SignInError, match="wrong password"):
            auth.current()
        assert len(attempts) == 1

    def test_a_sign_in_that_found_the_server_away_is_tried_by_the_next(self, guarded, client_of):
        failures = [SourceUnavailable("away")]

        def sign_in() -> Token:
            if failures:
                raise failures.pop()
            return guarded.sign_in()

        client = client_of(TokenAuth(sign_in))
        with pytest.raises(SourceUnavailable, match="away"):
            client.get_json("/x")
        assert client.get_json("/x") == 1

    def test_tokens_are_never_shown(self, guarded, client_of):
        auth = TokenAuth(lambda: Token("a-long-session-token"))
        auth.current()
        assert "a-long-session-token" not in secrets.redact("Bearer a-long-session-token")


class TestThreads:
    def test_one_signs_in_for_all(self, guarded, client_of):
        client = client_of(TokenAuth(guarded.sign_in))
        assert at_once(8, lambda: client.get_json("/x")) == [1] * 8
        assert guarded.issued == 1

    def test_one_renews_for_all(self, guarded, client_of):
        client = client_of(TokenAuth(guarded.sign_in))
        client.get_json("/x")
        guarded.valid.clear()
        assert at_once(8, lambda: client.get_json("/x")) == [1] * 8
        assert guarded.issued == 2

    def test_a_late_401_for_an_old_token_does_not_renew_the_new_one(self, stage, client_of):
        """Thread A's request with t1 is answered 401 only after thread B got and used t2."""
        second_token_used, first_arrived = Event(), Event()
        guarded = Guarded()

        def app(environ, respond):
            if environ["PATH_INFO"] == "/slow" and "t1" in environ["HTTP_AUTHORIZATION"]:
                first_arrived.set()
                assert second_token_used.wait(10)
            return guarded(environ, respond)

        stage.app = app
        client = client_of(TokenAuth(guarded.sign_in))
        client.get_json("/x")
        guarded.valid.clear()
        with ThreadPoolExecutor(1) as pool:
            slow = pool.submit(client.get_json, "/slow")
            assert first_arrived.wait(10)
            assert client.get_json("/x") == 1
            second_token_used.set()
            assert slow.result(10) == 1
        assert guarded.issued == 2

    def test_a_refused_sign_in_is_refused_to_all_after_one_attempt(self, client_of):
        attempts = []

        def sign_in() -> Token:
            attempts.append(1)
            raise SignInError("wrong password")

        client = client_of(TokenAuth(sign_in))

        def call() -> str:
            with pytest.raises(SignInError) as caught:
                client.get_json("/x")
            return caught.value.what

        assert at_once(6, call) == ["wrong password"] * 6
        assert len(attempts) == 1
