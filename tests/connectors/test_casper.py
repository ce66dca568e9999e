"""Casper against the sandbox's Jamf Pro: the contract, and what is special to it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta, timezone
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs

import flask
import pytest

from connectors.casper import Settings
from lib.connector import Projection, SourceItem
from lib.errors import (
    AccessDenied,
    ConfigurationError,
    ConnectorError,
    RecordGone,
    RecordUnreadable,
    SignInError,
    SourceFault,
    SourceUnavailable,
)
from lib.http.client import NotFound
from lib.jamfpro import COMPUTERS as COMPUTERS_OF_PRO
from lib.jamfpro import MOBILE_DEVICES as DEVICES_OF_PRO
from lib.jamfpro.inventory import PAGE, PAGE_OF_LONG_RECORDS
from lib.jamfpro.transforms import classic_paths
from lib.mapping import mapping
from lib.mapping.mapper import Mapper
from lib.settings import read_settings
from lib.values.paths import compile_path
from sandbox.jamf import JamfPro, computers_inventory
from tests.certificates import issue
from tests.contract import ConnectorContract, failure
from tests.source import WebSource, does_not_apply

TOKEN = "/api/v1/auth/token"
COMPUTERS = list(range(1, 25))
DEVICES = list(range(1, 13))


class Casper(WebSource):
    connector = "casper"
    id_path, name_path = "general.id", "general.name"
    wrong_credentials: ClassVar = {"password": "wr0ng-s3cret"}
    # The token, the listing, three devices and five ahead of them, and the token given back.
    most_for_three = 1 + 1 + 3 + 5 + 1

    def __init__(self, **how: Any) -> None:
        fleet = {"computers": len(COMPUTERS), "mobile_devices": len(DEVICES)}
        self.jamf = JamfPro(**{**fleet, **how})
        super().__init__(self.jamf.app, username=self.jamf.username, password=self.jamf.password)

    @property
    def names(self) -> dict[str, str]:
        computers = self.jamf.computers
        return {str(n): computers.record(n)["general"]["name"] for n in computers.ids}

    @property
    def requests(self) -> int:
        return len(self.jamf.requests)

    def withdraw_rights(self) -> None:
        self.jamf.privileges.clear()

    def vanish(self, record_id: str) -> None:
        self.jamf.computers.vanished.add(int(record_id))

    def spoil(self, record_id: str) -> None:
        self.jamf.computers.broken.add(int(record_id))

    def fail_once(self) -> None:
        self.jamf.fail_next(1, path="/JSSResource")

    def fail_for_good(self) -> None:
        self.jamf.fail_next(1_000_000, path="/JSSResource")

    def end_sessions(self) -> None:
        self.jamf.revoke_tokens()

    def garble(self, body: str) -> dict[str, str]:
        self.jamf.fail_next(1_000_000, 200, path="/JSSResource", body=body)
        return {}

    def clear(self) -> None:
        self.jamf.computers.ids.clear()


class TestContract(ConnectorContract):
    source_type = Casper


LISTING = "/api/v4/computers-inventory"
DEVICE_LISTING = "/api/v2/mobile-devices/detail"


class CasperPro(Casper):
    """The computers of the Jamf Pro API, few on a page (of long records even fewer)."""

    vanish = spoil = does_not_apply("a page holds the records themselves")
    listing = LISTING
    # The token, a page, and the token given back.
    most_for_three = 3

    def __init__(
        self, version: str = "11.30.1", *, pages: tuple[int, int] = (5, 4), **how: Any
    ) -> None:
        super().__init__(version=version, **how)
        self.ini["api"] = "pro"
        self._pages = pages
        self._patch = pytest.MonkeyPatch()

    def __enter__(self) -> Self:
        for name, size in zip(("PAGE", "PAGE_OF_LONG_RECORDS"), self._pages, strict=True):
            self._patch.setattr(f"lib.jamfpro.inventory.{name}", size)
        return super().__enter__()

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        self._patch.undo()

    def fail_once(self) -> None:
        self.jamf.fail_next(1, path=self.listing)

    def fail_for_good(self) -> None:
        self.jamf.fail_next(1_000_000, path=self.listing)

    def garble(self, body: str) -> dict[str, str]:
        self.jamf.fail_next(1_000_000, 200, path=self.listing, body=body)
        return {}


class CasperProDevices(CasperPro):
    """The mobile devices of the Jamf Pro API."""

    listing = DEVICE_LISTING

    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        self.ini["sync_type"] = "mobiledevices"

    @property
    def names(self) -> dict[str, str]:
        devices = self.jamf.mobile_devices
        return {str(n): devices.record(n)["general"]["name"] for n in devices.ids}

    def spoil(self, record_id: str) -> None:
        self.jamf.mobile_devices.broken.add(int(record_id))

    def clear(self) -> None:
        self.jamf.mobile_devices.ids.clear()


class TestContractOfPro(ConnectorContract):
    source_type = CasperPro


class TestContractOfProDevices(ConnectorContract):
    source_type = CasperProDevices


@pytest.fixture
def pro(monkeypatch: pytest.MonkeyPatch) -> Iterator[CasperPro]:
    monkeypatch.setattr("lib.retry.FIRST_PAUSE", 0.0)
    with CasperPro() as source:
        yield source


@pytest.fixture
def casper(monkeypatch: pytest.MonkeyPatch) -> Iterator[Casper]:
    monkeypatch.setattr("lib.retry.FIRST_PAUSE", 0.0)
    with Casper() as source:
        yield source


def read(casper: Casper, *paths: str, **ini: str) -> list[SourceItem]:
    return list(casper.connect(**ini).records(Projection(frozenset(paths or {"general.name"}))))


def numbers(delivered: list[SourceItem]) -> list[int]:
    return [item["general"]["id"] for item in delivered if isinstance(item, dict)]


def asked(casper: Casper, beginning: str) -> list[str]:
    """The paths of the requests that begin like this, in their order."""
    return [path for _, path in casper.jamf.requests if path.startswith(beginning)]


def headers_seen(casper: Casper, name: str) -> list[str]:
    """What requests to come hold in this header, or nothing, in a list that grows."""
    seen: list[str] = []
    casper.jamf.on_request = lambda *_: seen.append(flask.request.headers.get(name, ""))
    return seen


def client(casper: Casper) -> dict[str, str]:
    jamf = casper.jamf
    return {"client_id": jamf.client_id, "client_secret": jamf.client_secret, "password": ""}


def at_computer(casper: Casper, number: int, do: Callable[[], object]) -> None:
    """Do something once, when this computer is asked for."""
    path = f"/JSSResource/computers/id/{number}/"

    def on_request(_: str, asked_for: str) -> None:
        if asked_for.startswith(path):
            casper.jamf.on_request = None
            do()

    casper.jamf.on_request = on_request


# How it signs in.


def test_the_password_is_sent_for_the_token_only(casper: Casper) -> None:
    seen = headers_seen(casper, "Authorization")
    assert len(read(casper)) == len(COMPUTERS)
    assert casper.jamf.requests[0] == ("POST", TOKEN)
    assert [value.split()[0] for value in seen] == ["Basic", *["Bearer"] * (len(seen) - 1)]


@pytest.mark.parametrize("password", ["pässwörd €", "50%:*'\"", "佐藤"])
def test_any_password_can_be_used(casper: Casper, password: str) -> None:
    casper.jamf.password = password
    casper.connect(password=password).check()


@pytest.mark.parametrize("ending", ["all read", "enough read", "failed"])
def test_the_token_is_given_back_however_the_run_ends(casper: Casper, ending: str) -> None:
    with closing(casper.records(casper.connect())) as records:
        next(records)
        if ending == "all read":
            list(records)
        if ending == "failed":
            casper.fail_for_good()
            with pytest.raises(SourceUnavailable):
                list(records)
    assert casper.jamf.requests[-1] == ("POST", "/api/v1/auth/invalidate-token")
    assert len(asked(casper, "/api/v1/auth/invalidate-token")) == 1


def test_a_token_that_ends_in_the_middle_is_renewed(casper: Casper) -> None:
    casper.jamf.token_lifetime, casper.jamf.delay = 0.6, 0.13  # of six rounds of requests
    assert numbers(read(casper)) == COMPUTERS
    assert len(asked(casper, TOKEN)) > 1


def test_a_token_is_renewed_before_it_ends(casper: Casper) -> None:
    casper.jamf.client_token_lifetime = 1  # of which the server admits 0 seconds
    assert numbers(read(casper, **client(casper))) == COMPUTERS
    assert len(asked(casper, "/api/oauth/token")) > 1
    assert len(asked(casper, "/JSSResource")) == 1 + len(COMPUTERS), "none had to be repeated"


def test_a_revoked_token_costs_one_sign_in_whatever_the_number_of_workers(casper: Casper) -> None:
    at_computer(casper, 12, casper.jamf.revoke_tokens)
    assert numbers(read(casper)) == COMPUTERS
    assert len(asked(casper, TOKEN)) == 2


def test_a_password_that_is_changed_in_the_middle_ends_the_run_at_once(casper: Casper) -> None:
    def change() -> None:
        casper.jamf.revoke_tokens()
        casper.jamf.password = "another one"

    at_computer(casper, 12, change)
    with pytest.raises(SignInError) as caught:
        read(casper)
    assert not isinstance(caught.value, AccessDenied)
    assert len(asked(casper, TOKEN)) == 2, "more could lock the account"


def test_an_outage_while_the_token_is_renewed_loses_nothing(casper: Casper) -> None:
    def fail() -> None:
        casper.jamf.revoke_tokens()
        casper.jamf.fail_next(1, path="/api")

    at_computer(casper, 12, fail)
    assert numbers(read(casper, retries="2")) == COMPUTERS


def test_an_api_client_signs_in_by_its_secret(casper: Casper) -> None:
    seen = headers_seen(casper, "Authorization")
    assert len(read(casper, **client(casper))) == len(COMPUTERS)
    assert casper.jamf.requests[0] == ("POST", "/api/oauth/token")
    assert {value.partition(" ")[0] for value in seen} == {"", "Bearer"}
    assert asked(casper, "/api/v1/auth") == []


def test_an_api_client_is_known_by_the_versioned_path_too(casper: Casper) -> None:
    casper.jamf.version = "11.23.2"
    casper.jamf.fail_next(1, 404, path="/api/oauth/token")
    casper.connect(**client(casper)).check()
    assert asked(casper, "/api/") == ["/api/oauth/token", "/api/v1/oauth/token"]


@pytest.mark.parametrize(
    ("version", "ini", "hint"),
    [
        (
            "11.20.1",
            {"client_secret": "wr0ng-s3cret"},
            "Check that client_id and client_secret are correct",
        ),
        ("10.40.0", {}, "Set username and password"),
    ],
)
def test_a_refused_api_client_is_told_what_to_do(
    casper: Casper, version: str, ini: dict[str, str], hint: str
) -> None:
    casper.jamf.version = version
    error = failure(casper.connect(**client(casper) | ini), SignInError, casper.address)
    assert hint in error.fix


def test_the_id_of_an_api_client_as_username_is_noticed(casper: Casper) -> None:
    ini = {"username": casper.jamf.client_id, "password": casper.jamf.client_secret}
    error = failure(casper.connect(**ini), SignInError, casper.address)
    assert "use client_id and client_secret" in error.fix


def test_an_expired_password_is_named(casper: Casper) -> None:
    casper.jamf.password_expired = True
    assert "has expired" in str(failure(casper.connect(), SignInError, casper.address))


@pytest.mark.parametrize("version", ["9.101.0", "10.34.2-t1640995200"])
def test_a_server_without_tokens_gets_the_password_each_time(casper: Casper, version: str) -> None:
    casper.jamf.version = version
    seen = headers_seen(casper, "Authorization")
    assert numbers(read(casper)) == COMPUTERS
    assert {value.partition(" ")[0] for value in seen} == {"Basic"}
    assert asked(casper, "/api") == [TOKEN], "and there is no token to give back"


def test_a_server_without_tokens_can_refuse_the_password(casper: Casper) -> None:
    casper.jamf.version, casper.jamf.basic_authentication = "10.20.0", False
    failure(casper.connect(), SignInError, casper.address)


@pytest.mark.parametrize(
    "body", ["<html><p>Sign in</p></html>", "{}", '{"token": "t", "expires": "soon"}']
)
def test_a_sign_in_that_gives_no_token_fails(casper: Casper, body: str) -> None:
    casper.jamf.fail_next(1, 200, path=TOKEN, body=body)
    failure(casper.connect(), SourceFault, casper.address)


def test_no_cookie_pins_the_requests_to_one_node(casper: Casper, tmp_path: Path) -> None:
    seen = headers_seen(casper, "Cookie")
    with casper.over_tls(issue(tmp_path)) as changes:  # the cookies are for TLS only
        read(casper, **changes, verify_ssl="False")
    assert set(seen) == {""}


def test_a_path_before_the_api_is_kept(casper: Casper) -> None:
    casper.jamf.path_prefix = "/example"
    assert len(read(casper, url=f"{casper.ini['url']}/example/")) == len(COMPUTERS)
    failure(casper.connect(), NotFound, casper.address)


@pytest.mark.parametrize(
    ("ini", "key"),
    [
        ({"password": ""}, "client_id"),
        ({"client_id": "an id"}, "client_id"),
        ({"client_secret": "a secret"}, "client_id"),
        ({"sync_type": "printers"}, "sync_type"),
        ({"api": "uapi"}, "api"),
        ({"workers": "0"}, "workers"),
    ],
)
def test_settings_that_do_not_fit_are_named(casper: Casper, ini: dict[str, str], key: str) -> None:
    _, faults = read_settings(Settings, casper.ini | ini)
    assert [fault.key for fault in faults] == [key]


# What it asks for.


@pytest.mark.parametrize(
    ("sync_type", "kind"), [("computers", "computers"), ("mobiledevices", "mobile_devices")]
)
def test_each_section_of_a_record_can_be_asked_for(
    casper: Casper, sync_type: str, kind: str
) -> None:
    whole = getattr(casper.jamf, kind).record(1)
    for section in whole:
        first = casper.connect(sync_type=sync_type).records(Projection(frozenset({f"{section}.x"})))
        with closing(first):
            assert next(first) == {
                name: whole[name] for name in whole if name in ("general", section)
            }


def test_only_needed_sections_are_requested(casper: Casper) -> None:
    read(casper, "hardware.model", "extension_attributes", "hardware.os_version")
    details = asked(casper, "/JSSResource/computers/id/1/")
    assert details == ["/JSSResource/computers/id/1/subset/General&ExtensionAttributes&Hardware"]


@pytest.mark.parametrize(
    "sources",
    [Projection(everything=True), Projection(frozenset({"general.name", "harware.model"}))],
)
def test_all_or_an_unknown_section_asks_for_the_whole_record(
    casper: Casper, sources: Projection
) -> None:
    with closing(casper.connect().records(sources)) as records:
        assert next(records) == casper.jamf.computers.record(1)
    assert "/JSSResource/computers/id/1" in asked(casper, "/JSSResource/computers/id")


def test_mobile_devices_are_another_section(casper: Casper) -> None:
    computers, devices = casper.connect(), casper.connect(sync_type="mobiledevices")
    assert (computers.mapping_name, devices.mapping_name) == ("Casper", "Casper.MDM")
    assert set(computers.default_mapping()) == {"APPLICATIONS"}
    assert devices.default_mapping() == {}
    serials = [item["general"]["serial_number"] for item in casper.records(devices)]
    assert serials == [f"SNDBXMOB{number:04d}" for number in DEVICES]
    assert asked(casper, "/JSSResource/computers") == []


def test_both_kinds_are_read_side_by_side(casper: Casper) -> None:
    kinds = ("computers", "mobiledevices")
    both = zip_longest(*(casper.records(casper.connect(sync_type=kind)) for kind in kinds))
    computers, devices = zip(*both, strict=True)
    assert numbers(list(computers)) == COMPUTERS
    assert numbers(list(devices)) == DEVICES


@pytest.mark.parametrize("name", ["Lab Macs", "Sales/Finance", "Büro Zürich", "Retired"])
def test_a_group_of_computers(casper: Casper, name: str) -> None:
    (group,) = (group for group in casper.jamf.computers.groups if group.name == name)
    made = casper.connect(group_name=name)
    made.check()
    members = [number for number in COMPUTERS if group.holds(number)]
    assert numbers(list(casper.records(made))) == members
    assert made.expected == len(members)


@pytest.mark.parametrize("name", ["Loan Pool", "iOS/iPadOS", "Empfang Köln", "Kiosks"])
def test_a_group_of_mobile_devices(casper: Casper, name: str) -> None:
    (group,) = (group for group in casper.jamf.mobile_devices.groups if group.name == name)
    delivered = read(casper, sync_type="mobiledevices", group_name=name)
    assert numbers(delivered) == [number for number in DEVICES if group.holds(number)]


@pytest.mark.parametrize(("name", "hint"), [("lab macs", "Lab Macs"), ("Gone", "")])
def test_an_unknown_group_is_no_empty_one(casper: Casper, name: str, hint: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(casper, group_name=name)
    assert name in caught.value.what
    assert "group_name" in caught.value.fix
    assert hint in caught.value.fix


def test_groups_need_rights_of_their_own(casper: Casper) -> None:
    casper.jamf.privileges -= {"Read Static Computer Groups"}
    casper.connect().check()
    failure(casper.connect(group_name="Lab Macs"), AccessDenied, casper.address)


# How it fetches.


@pytest.mark.parametrize("workers", [1, 3])
def test_no_more_requests_at_once_than_workers(casper: Casper, workers: int) -> None:
    casper.jamf.delay = 0.01
    assert len(read(casper, workers=str(workers))) == len(COMPUTERS)
    assert 1 <= casper.jamf.peak <= workers
    assert casper.jamf.peak > 1 or workers == 1


@pytest.mark.parametrize("workers", [1, 3])
def test_no_more_is_fetched_ahead_than_workers(casper: Casper, workers: int) -> None:
    with closing(casper.records(casper.connect(workers=str(workers)))) as records:
        list(islice(records, 4))
    assert len(asked(casper, "/JSSResource/computers/id")) <= 4 + workers


def test_devices_come_once_in_the_order_of_the_listing(casper: Casper) -> None:
    casper.jamf.computers.ids = [9, 3, 3, 17, 1, 9]
    made = casper.connect()
    assert numbers(list(casper.records(made))) == [9, 3, 17, 1]
    assert made.expected == 4


def test_how_many_will_come_is_known_with_the_first(casper: Casper) -> None:
    made = casper.connect()
    with closing(casper.records(made)) as records:
        next(records)
        assert made.expected == len(COMPUTERS)


def test_ten_unreadable_devices_in_a_row_end_the_run(casper: Casper) -> None:
    casper.jamf.computers.broken.update(range(5, 24))
    delivered: list[SourceItem] = []
    with pytest.raises(SourceUnavailable) as caught:
        delivered.extend(casper.records(casper.connect()))
    assert "10 records in a row" in caught.value.what
    assert "device 14" in caught.value.what
    assert numbers(delivered) == [1, 2, 3, 4]
    assert sum(isinstance(item, RecordUnreadable) for item in delivered) == 10


def test_fewer_than_ten_unreadable_devices_in_a_row_do_not(casper: Casper) -> None:
    casper.jamf.computers.broken.update({*range(5, 14), *range(15, 24)})
    delivered = read(casper)
    assert numbers(delivered) == [1, 2, 3, 4, 14, 24]
    assert len(delivered) == len(COMPUTERS)


def test_a_device_of_another_site_is_rejected_and_not_sent(casper: Casper) -> None:
    casper.jamf.computers.forbidden.add(20)
    delivered = read(casper)
    assert isinstance(delivered[19], RecordUnreadable)
    assert len(numbers(delivered)) == len(COMPUTERS) - 1


def test_a_device_of_another_site_is_rejected_by_a_server_without_tokens(casper: Casper) -> None:
    casper.jamf.version = "10.20.0"
    casper.jamf.computers.forbidden.add(20)
    assert len(numbers(read(casper))) == len(COMPUTERS) - 1


@pytest.mark.parametrize("body", [None, '{"computer": {"gen', '{"computer": null}', "[]"])
def test_a_device_without_a_record_is_unreadable(casper: Casper, body: str | None) -> None:
    casper.jamf.fail_next(1_000, 200, path="/JSSResource/computers/id/20", body=body)
    delivered = read(casper)
    assert isinstance(delivered[19], RecordUnreadable)
    assert len(numbers(delivered)) == len(COMPUTERS) - 1


def test_a_web_page_in_place_of_a_device_may_pass(casper: Casper) -> None:
    casper.jamf.fail_next(2, 200, path="/JSSResource/computers/id/20")
    assert numbers(read(casper, retries="2")) == COMPUTERS


@pytest.mark.parametrize(
    "listing", ["null", "{}", '[{"size": 1}, {"computer": {"id": 1}}]', '[{"id": "1"}]', "[7]"]
)
def test_a_listing_of_another_shape_is_no_empty_one(casper: Casper, listing: str) -> None:
    casper.garble(f'{{"computers": {listing}}}')
    failure(casper.connect(), SourceFault, casper.address)


# What becomes of its dates.


def dates(casper: Casper, *paths: str, **ini: str) -> list[list[object]]:
    """Of each record, the mapped values of these paths, the built-in converters applied."""
    made = casper.connect(**ini)
    layer = {path: {"source": path} for path in paths}
    mapper = Mapper(mapping.merge({"ini": layer}, made.converters).values(), made.settings)
    mapped = [mapper(record) for record in made.records(Projection(mapper.paths))]
    assert [item.failures for item in mapped if item.failures] == []
    return [[item.values[path] for path in paths] for item in mapped]


def midnight(day: str) -> int | None:
    return int(datetime.fromisoformat(f"{day}T00:00:00Z").timestamp()) if day else None


@pytest.mark.parametrize("hours", [-5, 0, 9.5])
def test_dates_do_not_depend_on_the_zone_of_the_server(hours: float) -> None:
    with Casper(zone=timezone(timedelta(hours=hours))) as casper:
        sections = [casper.jamf.computers.record(number) for number in COMPUTERS]
        moments = ("general.report_date", "general.last_contact_time")
        assert dates(casper, *moments) == [
            [item["general"][f"{path.partition('.')[2]}_epoch"] // 1000 for path in moments]
            for item in sections
        ]
        days = ("general.initial_entry_date", "purchasing.po_date", "purchasing.warranty_expires")
        assert dates(casper, *days) == [
            [midnight(compile_path(path)(item)) for path in days] for item in sections
        ]


def test_the_dates_of_mobile_devices() -> None:
    with Casper(zone=timezone(timedelta(hours=-5))) as casper:
        general = [casper.jamf.mobile_devices.record(n)["general"] for n in DEVICES]
        path = "general.last_inventory_update"
        assert dates(casper, path, sync_type="mobiledevices") == [
            [item["last_inventory_update_epoch"] // 1000] for item in general
        ]


# What looks like a fleet that has vanished.


def test_a_server_that_denies_all_it_lists_is_no_empty_fleet(casper: Casper) -> None:
    casper.jamf.computers.vanished.update(casper.jamf.computers.ids)
    failure_in_run(casper, SourceFault, "and other devices but returns 404 for each of them")


def test_a_server_that_goes_away_in_the_middle_is_no_empty_fleet(casper: Casper) -> None:
    casper.jamf.computers.vanished.update(casper.jamf.computers.ids[5:])
    failure_in_run(casper, SourceFault, "and other devices but returns 404 for each of them")


def test_devices_that_are_gone_from_the_listing_too_are_gone(casper: Casper) -> None:
    fleet = casper.jamf.computers
    gone = fleet.ids[5:20]
    fleet.vanished.update(gone)
    details = 0

    def leave(method: str, path: str) -> None:
        nonlocal details
        details += "/computers/id/" in path
        if details == 5:
            fleet.ids[:] = [ident for ident in fleet.ids if ident not in gone]

    casper.jamf.on_request = leave
    delivered = list(casper.connect().records(Projection(frozenset({"general.name"}))))
    assert sum(isinstance(item, RecordGone) for item in delivered) == len(gone)


def test_a_sign_in_that_is_gone_in_the_middle_ends_the_run(casper: Casper) -> None:
    details = 0

    def restart(method: str, path: str) -> None:
        nonlocal details
        details += "/computers/id/" in path
        if details == 10:
            casper.jamf.revoke_tokens()
            casper.jamf.fail_next(100, 404, path="/api/v1/auth/token")

    casper.jamf.on_request = restart
    failure_in_run(casper, SignInError, "signing in again failed")


def failure_in_run(casper: Casper, kind: type[ConnectorError], words: str) -> None:
    with pytest.raises(kind) as caught:
        list(casper.connect().records(Projection(frozenset({"general.name"}))))
    assert words in caught.value.what


# Through the Jamf Pro API.


def everything(source: Casper, **ini: str) -> list[SourceItem]:
    return list(source.connect(**ini).records(Projection(everything=True)))


def queries(source: Casper, beginning: str = LISTING) -> list[dict[str, list[str]]]:
    return [parse_qs(path.partition("?")[2]) for path in asked(source, beginning)]


@pytest.mark.parametrize("kind", ["computers", "mobiledevices"])
def test_the_records_are_those_of_the_classic_api(pro: CasperPro, kind: str) -> None:
    inventory = COMPUTERS_OF_PRO if kind == "computers" else DEVICES_OF_PRO
    both = [everything(pro, sync_type=kind, api=api) for api in ("classic", "pro")]
    serial_number = compile_path("general.serial_number")
    serials = [[serial_number(record) for record in records] for records in both]
    assert serials[0] == serials[1]
    assert ("" in serials[1]) == (kind == "computers"), "which is not Not Available"
    same = set(classic_paths(inventory.fields)) - {
        "general.initial_entry_date_epoch", "general.initial_entry_date_utc",
        "general.last_inventory_update", "extension_attributes",
    }  # fmt: skip
    for path in same:
        get = compile_path(path)
        for classic, presented in zip(*both, strict=True):
            assert get(classic) in (get(presented), None, []), path


def test_the_default_mapping_gives_the_same_through_both(pro: CasperPro) -> None:
    path = "software.applications"
    both = [dates(pro, path, "general.report_date", "location.department", api=api)
            for api in ("classic", "pro")]  # fmt: skip
    assert both[0] == both[1]


@pytest.mark.parametrize("hours", [-5, 9.5])
def test_dates_do_not_depend_on_the_zone_of_the_server_with_pro(hours: float) -> None:
    moments = ("general.report_date", "general.last_contact_time")
    days = ("general.initial_entry_date", "purchasing.po_date", "purchasing.warranty_expires")
    with CasperPro(zone=timezone(timedelta(hours=hours))) as source:
        of_pro, of_classic = (dates(source, *moments, *days, api=api) for api in ("pro", "classic"))
    assert of_pro == of_classic


def test_a_thousand_computers_take_few_requests() -> None:
    with CasperPro(computers=1000, pages=(PAGE, PAGE_OF_LONG_RECORDS)) as source:
        made = source.connect()
        read_all = made.records(Projection(frozenset({"general.name", "software.applications"})))
        assert sum(1 for _ in read_all) == 1000
        assert made.expected == 1000
        assert source.requests == 1 + 1000 / PAGE_OF_LONG_RECORDS + 1, "with the token's two"
        source.jamf.requests.clear()
        assert len(read(source, "general.name", "hardware.model")) == 1000
        assert source.requests == 1 + 1 + 1


def test_only_the_needed_sections_are_asked_for(pro: CasperPro) -> None:
    read(pro, "hardware.model", "general.serial_number")
    assert {tuple(query["section"]) for query in queries(pro)} == {("GENERAL", "HARDWARE")}
    assert {tuple(query["sort"]) for query in queries(pro)} == {("id:asc",)}
    assert [query["page"] for query in queries(pro)] == [[str(n)] for n in range(5)]
    assert asked(pro, "/JSSResource") == []
    assert asked(pro, "/api/v1/departments") == []


def test_the_names_of_departments_are_read_where_they_are_needed(pro: CasperPro) -> None:
    records = read(pro, "location.department", "location.room")
    department = compile_path("location.department")
    expected = [pro.jamf.computers.record(n)["location"]["department"] for n in COMPUTERS]
    assert [department(record) for record in records] == expected
    assert asked(pro, "/api/v1/buildings") == []
    pro.jamf.privileges -= {"Read Departments"}
    with pytest.raises(AccessDenied, match="Give the account these permissions: Read Departments"):
        read(pro, "location.department")
    assert len(read(pro, "location.room")) == len(COMPUTERS)


def test_missing_inventory_field_logs_warning(
    pro: CasperPro, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        read(pro, "general.name", "hardware.service_pack", "iphones")
    assert "Not available with api = pro: hardware.service_pack, iphones" in caplog.text


@pytest.mark.parametrize(
    ("version", "path"),
    [("11.30.1", 4), ("11.29.0", 3), ("11.20.1", 2), ("10.49.0", 1), ("10.39.0", 1)],
)
def test_the_newest_version_of_the_listing_is_found(version: str, path: int) -> None:
    with CasperPro(version) as source:
        contact = "general.last_contact_time_epoch"
        records = read(source, contact, "general.last_reported_ip")
        expected = [source.jamf.computers.record(n)["general"] for n in COMPUTERS]
        assert [record["general"]["last_contact_time_epoch"] for record in records] == [
            general["last_contact_time_epoch"] for general in expected
        ]
        assert [record["general"]["last_reported_ip"] for record in records] == [
            general["last_reported_ip"] for general in expected
        ]
        listings = asked(source, "/api/v")
        pages = [one for one in listings if one.startswith(f"/api/v{path}/computers-inventory")]
        probes = [one for one in listings if "computers-inventory" in one and one not in pages]
        assert (len(pages), len(probes)) == (5, 4 - path)


@pytest.mark.parametrize("version", ["10.38.0", "10.34.2", "9.101.0"])
def test_a_server_without_the_listing_needs_the_classic_api(version: str) -> None:
    with CasperPro(version) as source:
        error = failure(source.connect(), NotFound, source.address)
        assert "api = classic" in error.fix


def test_a_server_without_the_classic_api_needs_pro(casper: Casper) -> None:
    casper.jamf.fail_next(1_000, 404, path="/JSSResource")
    for ini in ({}, {"group_name": "Lab Macs"}, {"sync_type": "mobiledevices"}):
        error = failure(casper.connect(**ini), NotFound, casper.address)
        assert "Set api = pro" in error.fix
    casper.connect(api="pro").check()


def test_an_old_server_at_the_wrong_address_is_not_told_to_use_pro(casper: Casper) -> None:
    casper.jamf.version = "10.20.0"
    casper.jamf.fail_next(1_000, 404, path="/JSSResource")
    assert "pro" not in failure(casper.connect(), NotFound, casper.address).fix


@pytest.mark.parametrize(
    ("privilege", "ini"),
    [
        ("Read Computers", {}),
        ("Read Mobile Devices", {"sync_type": "mobiledevices"}),
        ("Read Static Computer Groups", {"group_name": "Lab Macs"}),
        ("Read Smart Mobile Device Groups",
         {"group_name": "Loan Pool", "sync_type": "mobiledevices"}),
    ],
)  # fmt: skip
def test_the_privilege_that_is_missing_is_named(
    pro: CasperPro, privilege: str, ini: dict[str, str]
) -> None:
    pro.connect(**ini).check()
    pro.jamf.privileges -= {privilege}
    assert privilege in failure(pro.connect(**ini), AccessDenied, pro.address).fix


@pytest.mark.parametrize("name", ["Lab Macs", "Sales/Finance", "Büro Zürich", "Retired"])
def test_a_group_of_computers_with_pro(pro: CasperPro, name: str) -> None:
    (group,) = (group for group in pro.jamf.computers.groups if group.name == name)
    members = [number for number in COMPUTERS if group.holds(number)]
    assert numbers(read(pro, group_name=name)) == members
    assert asked(pro, "/JSSResource") == []


@pytest.mark.parametrize("name", ["Loan Pool", "iOS/iPadOS", "Empfang Köln", "Kiosks"])
def test_a_group_of_mobile_devices_with_pro(pro: CasperPro, name: str) -> None:
    (group,) = (group for group in pro.jamf.mobile_devices.groups if group.name == name)
    members = [number for number in DEVICES if group.holds(number)]
    made = pro.connect(group_name=name, sync_type="mobiledevices")
    assert numbers(list(pro.records(made))) == members
    assert made.expected in (None, len(members))
    assert all(query["filter"] == [f"groupId=={group.id}"] for query in queries(pro, "/api/v2"))


@pytest.mark.parametrize("kind", ["computers", "mobiledevices"])
def test_an_unknown_group_is_no_empty_one_with_pro(pro: CasperPro, kind: str) -> None:
    with pytest.raises(ConfigurationError, match="group_name"):
        read(pro, group_name="lab macs", sync_type=kind)


def page_of(source: CasperPro, ids: list[int], total: int) -> str:
    result = computers_inventory.computer_result
    records = [result(source.jamf.computers.record(n), ["GENERAL"], 4) for n in ids]
    return json.dumps({"totalCount": total, "results": records})


@pytest.mark.parametrize(
    ("count", "ids", "total", "words"),
    [
        (99, [1, 2, 3, 4, 5], 24, "had already returned"),
        (1, [1, 2, 3], 24, "reported 24 records but returned only 22"),
        (1, [], 24, "is empty"),
        (1, [1, 2, 3], 4, "reported 4 records but returned only 3"),
    ],
    ids=["a page comes again", "a page is short", "a page is empty", "the total is another"],
)
def test_a_listing_that_does_not_add_up_fails(
    pro: CasperPro, count: int, ids: list[int], total: int, words: str
) -> None:
    pro.jamf.fail_next(count, 200, path=LISTING, body=page_of(pro, ids, total))
    with pytest.raises(SourceFault, match=words):
        read(pro)


def test_computers_that_are_deleted_meanwhile_push_none_out_of_sight(pro: CasperPro) -> None:
    fleet = pro.jamf.computers

    def delete(_: str, path: str) -> None:
        if path.startswith(LISTING) and "page=2" in path:
            fleet.ids[:] = [number for number in fleet.ids if number not in (1, 2, 7)]

    pro.jamf.on_request = delete
    assert sorted(numbers(read(pro))) == COMPUTERS, "those that were read before they went, too"


def test_computers_that_are_added_meanwhile_are_read_once(pro: CasperPro) -> None:
    fleet = pro.jamf.computers
    fleet.ids[:] = COMPUTERS[:-2]

    def add(_: str, path: str) -> None:
        if path.startswith(LISTING) and "page=2" in path:
            fleet.ids[:] = COMPUTERS

    pro.jamf.on_request = add
    assert numbers(read(pro)) == COMPUTERS


def test_mobile_device_with_bad_data_is_rejected_alone(pro: CasperPro) -> None:
    pro.jamf.mobile_devices.broken.add(7)
    delivered = read(pro, sync_type="mobiledevices")
    assert numbers(delivered) == [number for number in DEVICES if number != 7]
    assert "device 7" in str(delivered[6])
    assert isinstance(delivered[6], RecordUnreadable)


def test_a_section_that_could_not_be_read_is_no_empty_one(pro: CasperPro) -> None:
    record = {"mobileDeviceId": "1", "general": {"displayName": "iPad"}, "hardware": None}
    body = json.dumps({"totalCount": 1, "results": [record]})
    pro.jamf.fail_next(2, 200, path=DEVICE_LISTING, body=body)
    (item,) = read(pro, "general.name", "general.serial_number", sync_type="mobiledevices")
    assert isinstance(item, RecordUnreadable)
    assert "hardware" in item.what
    assert numbers(read(pro, "general.name", sync_type="mobiledevices")) == [1]


def test_ten_unreadable_mobile_devices_in_a_row_end_the_run(pro: CasperPro) -> None:
    pro.jamf.mobile_devices.broken.update(DEVICES[1:])
    with pytest.raises(SourceUnavailable, match="10 records in a row"):
        read(pro, sync_type="mobiledevices")


def test_a_record_of_another_shape_is_unreadable(pro: CasperPro) -> None:
    body = json.dumps({"totalCount": 3, "results": [{"id": "1"}, {}, {"id": "3", "general": None}]})
    pro.jamf.fail_next(1, 200, path=LISTING, body=body)
    delivered = read(pro)
    assert [type(item) for item in delivered] == [RecordUnreadable] * 3
