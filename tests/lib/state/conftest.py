"""For the tests of the ledger: a file, a ledger in it, and a section that is being run."""

import pytest

from lib.state import open_store

TARGET = "https://example.oomnitza.com"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state.db"


@pytest.fixture
def ledger(path):
    with open_store(path) as ledger:
        yield ledger


@pytest.fixture
def section(ledger):
    """The section ldap, without a run."""
    return ledger.section("ldap", TARGET)


@pytest.fixture
def running(section):
    """The section ldap with a run under way."""
    section.begin()
    section.describe(fingerprint="f", full=True)
    return section
