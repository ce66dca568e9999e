"""For the tests of whole runs: the sandbox's Oomnitza, and a source that is made up."""

import socket
import sys
from types import ModuleType

import pytest

from lib.checkpoint import Checkpoint
from sandbox.oomnitza import Oomnitza
from tests.lib import conftest as of_lib
from tests.run.made_up import MadeUp, Runner

stage, oomnitza = of_lib.stage, of_lib.oomnitza
forgotten_secrets = of_lib._no_secrets_of_other_tests


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> type[MadeUp]:
    """The connector "made_up" of one test."""
    kind: type[MadeUp] = type("Connector", (MadeUp,), {})

    def commit(_: Checkpoint) -> None:
        kind.commits += 1

    monkeypatch.setattr(Checkpoint, "commit", commit)
    module = ModuleType("connectors.made_up")
    module.Connector = kind
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return kind


@pytest.fixture
def run(source: type[MadeUp], oomnitza: Oomnitza, stage) -> Runner:
    return Runner(source, stage.url)


@pytest.fixture
def offline() -> str:
    """The address of an Oomnitza that nobody can reach."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        return f"http://127.0.0.1:{closed.getsockname()[1]}"
