"""The whole sandbox: every mock server of one company, and an ini with which all can be read."""

import signal
import socket
import stat
from urllib.parse import urlsplit

import pytest
import requests

from lib import connector
from lib.config import config
from lib.connector import Projection
from sandbox.company import Company
from sandbox.jamf import COMPUTERS, MOBILE_DEVICES
from sandbox.people import HEADCOUNT, people
from tests.program import Program, end_of


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """One company for all tests that only read."""
    with Company(tmp_path_factory.mktemp("sandbox")) as company:
        yield company


def is_open(url: str) -> bool:
    parts = urlsplit(url)
    with socket.socket() as client:
        return client.connect_ex((parts.hostname, parts.port)) == 0


def test_every_address_is_open_during_the_block_only(tmp_path):
    with Company(tmp_path) as company:
        addresses = company.addresses
        assert {"oomnitza", "jamf", "directory"} <= {*addresses}
        assert all(map(is_open, addresses.values()))
    assert not any(map(is_open, addresses.values()))


def test_all_addresses_are_of_this_machine(company):
    assert {urlsplit(url).hostname for url in company.addresses.values()} == {"127.0.0.1"}


def test_its_ini_is_complete_and_only_its_owners(company):
    loaded = config.load_config(company.config, [])
    assert loaded.warnings == []
    assert {section.name for section in loaded.sections} >= {"ldap", "casper", "casper.MDM"}
    assert stat.S_IMODE(company.config.stat().st_mode) == 0o600


def test_every_section_of_its_ini_can_be_read(company):
    counts = {}
    for section in config.load_config(company.config, []).sections:
        source = connector.load_connector(section.connector)(section.settings)
        source.check()
        counts[section.name] = len(list(source.records(Projection(everything=True))))
    expected = {"ldap": HEADCOUNT, "casper": COMPUTERS, "casper.MDM": MOBILE_DEVICES}
    assert expected.items() <= counts.items()


def test_the_people_of_the_directory_own_the_devices(company):
    loaded = config.load_config(company.config, ["ldap", "casper"])
    ldap, casper = (
        list(
            connector.load_connector(section.connector)(section.settings).records(
                Projection(everything=True)
            )
        )
        for section in loaded.sections
    )
    logins = {record["uid"] for record in ldap}
    assert logins == {person.login for person in people(HEADCOUNT)}
    owners = {record["location"]["username"] for record in casper} - {""}
    assert owners
    assert owners <= logins


def test_oomnitza_knows_a_mapping_for_each_source(company):
    for section in config.load_config(company.config, []).sections:
        source = connector.load_connector(section.connector)(section.settings)
        assert company.oomnitza.mappings.get(source.mapping_name), section.name


def test_what_oomnitza_holds_outlives_it(tmp_path):
    with Company(tmp_path) as company:
        body = {
            "connector_name": "LDAP",
            "connector_version": "1",
            "sync_field": ["USER"],
            "data_type": "users",
            "portion": "p",
            "records": [{"USER": "ada"}],
        }
        headers = {"Authorization2": "an-api-token-for-the-sandbox"}
        url = f"{company.addresses['oomnitza']}/api/v3/bulk"
        assert requests.post(url, json=body, headers=headers, timeout=10).status_code == 200
    with Company(tmp_path) as again:
        assert again.oomnitza.records("users") == [{"USER": "ada"}]


def test_the_sandbox_command_runs_it_until_it_is_interrupted(tmp_path):
    program, folder = Program(tmp_path / "program"), tmp_path / "sandbox"
    process = program.start("sandbox", "--folder", folder)
    try:
        lines = [process.stdout.readline()]
        while "Ctrl-C" not in lines[-1]:
            lines.append(process.stdout.readline())
            assert lines[-1]
        urls = [line.split()[1] for line in lines if "://" in line and line.startswith("  ")]
        urls = [url for url in urls if "://" in url]
        assert all(map(is_open, urls))
        ended = program.run("upload", "ldap", "casper", "--ini", folder / "config.ini")
        assert ended.code == 0
    finally:
        process.send_signal(signal.SIGINT)
        ended = end_of(process)
    assert ended.code == 0
    assert ended.err == "Note: Stopping cleanly. Press Ctrl-C again to stop immediately.\n"
    assert not any(map(is_open, urls))
