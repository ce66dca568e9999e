"""A mock server in the words of the contract suite: what it holds, and how it can misbehave."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit
from wsgiref.types import WSGIApplication

import pytest

from lib import connector
from lib.connector import Connector, Projection, Records, SourceItem
from lib.errors import AccessDenied, SignInError
from lib.record import Record
from lib.settings import read_settings
from lib.values.paths import compile_path
from sandbox.web import WebServer
from tests.certificates import Certificates


def does_not_apply(reason: str) -> Any:
    """Stands for a hook that has no meaning for a source; its tests are skipped with the reason."""

    def hook(*_: object) -> Any:
        pytest.skip(reason)

    return hook


class Source(ABC):
    """A mock server that runs while a `with` block lasts: what it holds, how it can misbehave.

    It has more records than fit into one page (or than are fetched ahead), with awkward names.

    Attributes:
        connector: the connector's file.
        id_path, name_path: where its records have their id and their name.
        wrong_credentials: settings that are not let in.
        missing_rights: the error for an account without rights.
        fill_in: what an administrator has to add to the generated example.
        most_for_three: how many requests three records may cost, with sign-in and look-ahead.
        all_at_once: why there are no pages, for a source that has none.
        ini: the settings, as text, that reach it.
        address: its host and port, as errors name it.
    """

    connector: ClassVar[str]
    id_path: ClassVar[str]
    name_path: ClassVar[str]
    wrong_credentials: ClassVar[dict[str, str]]
    missing_rights: ClassVar[type[SignInError]] = AccessDenied
    fill_in: ClassVar[dict[str, str]] = {}
    most_for_three: ClassVar[int]
    all_at_once: ClassVar[str] = ""
    ini: dict[str, str]
    address: str

    @abstractmethod
    def __enter__(self) -> Self: ...

    @abstractmethod
    def __exit__(self, *_: object) -> None: ...

    @property
    @abstractmethod
    def names(self) -> dict[str, str]:
        """The name of each record by its id as text."""

    @property
    @abstractmethod
    def requests(self) -> int:
        """How many requests have come, those to sign in included."""

    @abstractmethod
    def elsewhere(self, address: str) -> dict[str, str]:
        """The settings that change when it is looked for at another host and port."""

    @abstractmethod
    def over_tls(self, certificates: Certificates) -> AbstractContextManager[dict[str, str]]:
        """Serve it over TLS as well, and give the settings that change for that."""

    @abstractmethod
    def withdraw_rights(self) -> None:
        """Let the account sign in, and read nothing."""

    @abstractmethod
    def vanish(self, record_id: str) -> None:
        """Name this record in listings, and have it no longer."""

    @abstractmethod
    def spoil(self, record_id: str) -> None:
        """Fail each time when this record is asked for."""

    @abstractmethod
    def fail_once(self) -> None:
        """Be overloaded when the next request for data comes."""

    @abstractmethod
    def fail_for_good(self) -> None:
        """Be overloaded whenever a request for data comes."""

    @abstractmethod
    def end_sessions(self) -> None:
        """Forget who has signed in."""

    @abstractmethod
    def garble(self, body: str) -> dict[str, str]:
        """Answer all requests for data with success and this; gives the settings that change."""

    @abstractmethod
    def clear(self) -> None:
        """Have no records."""

    def connect(self, **changes: str) -> Connector[Any]:
        """The connector for this source, which repeats no request unless `changes` say so."""
        kind = connector.load_connector(self.connector)
        texts = {"retries": "0", **self.ini, **changes}
        settings, faults = read_settings(kind.settings_type, texts)
        assert faults == []
        return kind(settings)

    def records(self, made: Connector[Any]) -> Records:
        return made.records(Projection(frozenset({self.id_path, self.name_path})))

    def id_of(self, record: Record) -> str:
        return str(compile_path(self.id_path)(record))

    def ids(self, delivered: list[SourceItem]) -> list[str]:
        return [self.id_of(item) for item in delivered if isinstance(item, dict)]


class WebSource(Source):
    """A source that speaks HTTP at the setting `url`; `app` is its mock server's application."""

    def __init__(self, app: WSGIApplication, **ini: str) -> None:
        self.app, self.ini = app, ini
        self._server = WebServer(app)

    def __enter__(self) -> Self:
        self._server.start()
        self.ini["url"] = self._server.url
        self.address = address_in(self.ini["url"])
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    def elsewhere(self, address: str) -> dict[str, str]:
        return {"url": f"http://{address}"}

    @contextmanager
    def over_tls(self, certificates: Certificates) -> Iterator[dict[str, str]]:
        with WebServer(self.app, certificate=certificates.server) as server:
            yield {"url": server.url}


def address_in(*urls: str) -> str:
    """Host and port of the first of these URLs, and nothing where there is none."""
    return next((urlsplit(url).netloc for url in urls), "")
