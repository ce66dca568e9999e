"""A server that speaks SQL Server's protocol (TDS) and its SQL, for tests: a site of SCCM.

Both, the encryption and the numbers of errors are pysqlbridge's, which compares itself with
SQL Server statement by statement.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from functools import cache
from typing import Any, Self

from pysqlbridge.catalog import Catalog
from pysqlbridge.certificate import Certificate, self_signed
from pysqlbridge.logins import LoginStore
from pysqlbridge.server import BridgeServer
from pysqlbridge.source import Table
from pysqlbridge.tds.result import (
    Column,
    DateTime,
    Integer,
    NVarChar,
    Query,
    QueryError,
    QueryResult,
)

from sandbox.sccm.database import View

DENIED = 229
TYPES = {
    "int": Integer(4),
    "bigint": Integer(8),
    "datetime": DateTime(),
    "varchar(255)": NVarChar(255),
}


class TdsServer:
    """Serves the views of a site, on a free port of 127.0.0.1.

    queries: the SELECTs that came. attempts: how many times somebody tried to sign in.
    refuse: called with each SELECT; an error (number, text) that it gives is the answer.
    """

    def __init__(
        self,
        site: Collection[View],
        username: str = "oomnitza",
        password: str = "a p;ssword",
    ) -> None:
        self.username, self.password = username, password
        self.queries: list[str] = []
        self.attempts = 0
        self.refuse: Callable[[str], tuple[int, str] | None] = lambda _: None
        self.hold(site)

    def hold(self, site: Collection[View]) -> None:
        """Serve these views from now on."""
        self._catalog = Catalog()
        for view in site:
            columns = [Column(name, TYPES[kind]) for name, kind in view.columns.items()]
            self._catalog.add(Table(view.name, columns, [list(row) for row in view.rows]))

    @property
    def settings(self) -> dict[str, str]:
        return {
            "driver": "FreeTDS",
            "server": "127.0.0.1",
            "port": str(self.port),
            "database": "CM_DCT",
            "username": self.username,
            "password": self.password,
        }

    def __enter__(self) -> Self:
        self._server = BridgeServer(
            "127.0.0.1", 0, _certificate(), self._answer, logins=_Logins(self)
        )
        self.port = self._server.address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, query: Query) -> QueryResult:
        if query.sql.startswith("SELECT"):
            self.queries.append(query.sql)
            refusal = self.refuse(query.sql)
            if refusal:
                raise QueryError(refusal[1], number=refusal[0])
        answer: Any = self._catalog.answer(query)
        return answer


class _Logins(LoginStore):
    """One login; counts who tries."""

    configured = True

    def __init__(self, server: TdsServer) -> None:
        super().__init__()
        self._for = server

    def admits(self, user: str, password: str) -> bool:
        self._for.attempts += 1
        return (user, password) == (self._for.username, self._for.password)


@cache
def _certificate() -> Certificate:
    """One for all servers of a test run: making its key takes time."""
    return self_signed()
