"""An LDAP server of sample entries: in memory, read-only, on a loopback port.

It answers as OpenLDAP does, down to the diagnostic texts, with one loan from Active Directory: a
page size above the maximum is cut down to it and not refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

from sandbox.directory.session import Listener
from sandbox.directory.state import State
from sandbox.directory.tree import Entry


class Directory(State):
    """An LDAP server on 127.0.0.1 for as long as the `with` block lasts; port 0 takes a free one.

    Beside the port it is made with what its `State` takes, which also has the switches.
    """

    def __init__(self, entries: Iterable[Entry], *, port: int = 0, **state: Any) -> None:
        super().__init__(entries, **state)
        self.port = port
        self._listener: Listener | None = None

    @property
    def url(self) -> str:
        """Address without a trailing slash; ldaps by name, since certificates name hosts."""
        scheme, host = ("ldaps", "localhost") if self.ldaps else ("ldap", "127.0.0.1")
        return f"{scheme}://{host}:{self.port}"

    def start(self) -> Self:
        self._listener = Listener(self, self.port)
        self.port = self._listener.start()
        return self

    def stop(self) -> None:
        """Close the port and every connection; a second call does nothing."""
        if self._listener:
            self._listener.stop()
            self._listener = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
