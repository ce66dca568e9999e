"""A mock system is found by its file or folder, and is part of the company then."""

import sys

import pytest

import sandbox
from sandbox.company import Company
from sandbox.discovery import mock_systems
from sandbox.mock import MockServer, MockSystem

SERVER = """
from sandbox.mobileiron.server import Server
from sandbox.okta import Okta
from sandbox.mock import MockServer, MockSystem


class {name}(MockServer):
    name = "{name}"
    server_mapping = {{"{name}": {{"title": "POSITION"}}}}

    def section(self, url):
        return f"[{name}]\\nurl = {{url}}\\n"
"""


@pytest.fixture
def added(tmp_path, monkeypatch):
    """A file `corner.py` with a mock server Corner, and a folder `market/` with one, Market."""
    (tmp_path / "corner.py").write_text(SERVER.format(name="Corner"))
    (tmp_path / "market").mkdir()
    (tmp_path / "market" / "app.py").write_text(SERVER.format(name="Market"))
    (tmp_path / "market" / "__init__.py").write_text("from sandbox.market.app import Market\n")
    monkeypatch.setattr(sandbox, "__path__", [*sandbox.__path__, str(tmp_path)])
    yield
    for name in [
        name for name in sys.modules if name.startswith(("sandbox.corner", "sandbox.mar"))
    ]:
        del sys.modules[name]


def test_every_system_of_the_company_is_found_once_in_the_order_of_their_names():
    names = [kind.name for kind in mock_systems()]
    assert names == sorted(set(names))
    assert {"oomnitza", "jamf", "mobileiron", "core", "directory", "sccm", "people"} <= {*names}


def test_what_is_for_all_is_none_of_them():
    assert not {MockServer, MockSystem} & {*mock_systems()}


def test_a_new_file_or_folder_is_found_and_what_it_imports_is_not(added):
    before = len(mock_systems()) - 2
    names = [kind.name for kind in mock_systems()]
    assert {"Corner", "Market"} <= {*names}
    assert len({*names}) == len(names) == before + 2


def test_a_new_one_is_started_told_and_in_the_ini_and_oomnitza_knows_its_mapping(added, tmp_path):
    with Company(tmp_path / "box") as company:
        url = company.addresses["Corner"]
        assert f"Corner     {url}" in company.welcome()
        assert f"\n[Corner]\nurl = {url}\n" in company.config.read_text("utf-8")
        assert company.oomnitza.mappings["Market"] == {"title": "POSITION"}
