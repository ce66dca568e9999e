"""The whole sandbox: mock servers of Oomnitza and all sources, and a config file for them."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from sandbox.discovery import mock_systems
from sandbox.mock import MockSystem
from sandbox.oomnitza import Oomnitza
from sandbox.running import Running

HEADER = "# The config file of the sandbox. It is overwritten each time the sandbox starts.\n"


class Company(Running):
    """Starts everything for the length of a `with` block; Oomnitza's data stay in the folder.

    Attributes:
        config: the config file, which is written at the start.
        oomnitza: the target, which knows the mappings of all sources.
    """

    def __init__(self, folder: Path, ini: str = "config.ini") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.config = folder / ini
        systems = [kind.for_sandbox(folder) for kind in mock_systems()]
        (self.oomnitza,) = (each for each in systems if isinstance(each, Oomnitza))
        sources = [each for each in systems if each is not self.oomnitza]
        for source in sources:
            self.oomnitza.mappings.update(source.server_mapping)
        self._systems: list[MockSystem] = [self.oomnitza, *sources]
        self._started = ExitStack()

    @property
    def addresses(self) -> dict[str, str]:
        """Where those run that have an address, by their names; Oomnitza comes first."""
        return {system.name: system.url for system in self._systems if system.url}

    def welcome(self) -> str:
        """Return the text that is printed after the start."""
        lines = [f"  {name:<10} {url}" for name, url in self.addresses.items()]
        return "\n".join(
            [
                "The mock servers are running:",
                *lines,
                f"Config file: {self.config}",
                "In another terminal, run",
                f"  connector.py upload ldap casper --ini {self.config}",
                f"Then open {self.oomnitza.url} in a browser. Press Ctrl-C to stop the sandbox.",
            ]
        )

    def wait(self) -> None:
        """Wait for Ctrl-C (KeyboardInterrupt)."""
        threading.Event().wait()

    def start(self) -> Self:
        with ExitStack() as started:
            for system in self._systems:
                started.enter_context(system)
            self.config.touch(mode=0o600)
            self.config.write_text(self._ini(), encoding="utf-8")
            self._started = started.pop_all()
        return self

    def stop(self) -> None:
        self._started.close()

    def _ini(self) -> str:
        sections = [text for system in self._systems for text in system.sections(system.url)]
        return "\n".join([HEADER, *sections])
