"""For the tests of the state: a store, and a section in it that is being run.

What stands in this folder has to hold for any kind of store: another kind is one more of `KINDS`
here. What only SQLite has to do with is in the folder below.
"""

import pytest

from lib.state import open_store, open_to_read

TARGET = "https://example.oomnitza.com"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state.db"


# How each kind of store is opened, and how only to read it.
KINDS = {"sqlite": (open_store, open_to_read)}


@pytest.fixture(params=KINDS)
def another(request, path):
    """Opens the store, as another process might: `another()`, or only to read it."""
    return lambda *, reading=False: KINDS[request.param][reading](path)


@pytest.fixture
def ledger(another):
    with another() as ledger:
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
