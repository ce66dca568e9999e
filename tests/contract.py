"""What every connector owes, as tests that the test class of each connector inherits.

A connector's test file puts its mock server into the contract's words, as a `tests.source.Source`
(for HTTP a `WebSource`), and names it:

    class TestContract(ConnectorContract):
        source_type = Casper
"""

from __future__ import annotations

import dataclasses
import logging
import pickle
import re
import socket
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any, ClassVar

import pytest

from lib import connector
from lib.config import config, generate
from lib.connector import Connector, Projection, SourceItem
from lib.errors import (
    AccessDenied,
    ConnectorError,
    RecordGone,
    RecordUnreadable,
    SignInError,
    SourceFault,
    SourceUnavailable,
)
from lib.mapping import mapping
from lib.mapping.converters import NOTHING, conversion
from lib.mapping.mapper import Mapper
from lib.run.preparation import rank_of_date
from lib.run.recordnames import RecordNames
from lib.sectionsettings import AssetSettings, ConnectorSettings, UserSettings
from lib.settings import declared, secrets_of
from lib.values.paths import compile_path
from tests.certificates import Certificates, issue
from tests.source import Source, address_in

SECRET_NAME = re.compile(r"password|passwd|secret|token|api_?key|private_?key")
NO_SECRETS = {"env_password"}  # the name of a variable
UNKNOWN_HOST = "nowhere.invalid"
# What may stand where a system's JSON was promised, and is not an empty list of any of them.
NOT_THE_ANSWER = [
    "<html><body><p>Please sign in.</p></body></html>",
    "",
    '{"devices": [{"id": 1',
    "null",
    '"text"',
    "{}",
]


class ConnectorContract:
    """The tests; a class derived from it says which `source_type` they are about."""

    source_type: ClassVar[type[Source]]

    @pytest.fixture
    def source(self) -> Iterator[Source]:
        with self.source_type() as source:
            yield source

    @pytest.fixture
    def kind(self) -> type[Connector[Any]]:
        return connector.load_connector(self.source_type.connector)

    @pytest.fixture
    def certificates(self, tmp_path: Path) -> Certificates:
        return issue(tmp_path)

    @pytest.fixture(autouse=True)
    def no_pauses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("lib.retry.FIRST_PAUSE", 0.0)

    # What it declares.

    def test_says_what_it_is(self, kind: type[Connector[Any]]) -> None:
        module = sys.modules[kind.__module__]
        assert kind.title
        assert vars(kind)["__doc__"]
        assert module.__doc__
        assert kind.settings_type is module.Settings
        base = {"users": UserSettings, "assets": AssetSettings}[kind.data_type]
        assert issubclass(kind.settings_type, base)

    def test_every_setting_is_explained(self, kind: type[Connector[Any]]) -> None:
        for item in declared(kind.settings_type):
            assert re.fullmatch(r"[A-Z].*\.", item.about.help, re.DOTALL), item.name
            assert item.example or not item.required, item.name

    def test_every_secret_is_declared_as_one(self, kind: type[Connector[Any]]) -> None:
        for item in declared(kind.settings_type):
            looks_secret = SECRET_NAME.search(item.name) and item.name not in NO_SECRETS
            assert item.about.secret == bool(looks_secret), item.name

    def test_the_generated_example_can_be_run(
        self, kind: type[Connector[Any]], tmp_path: Path
    ) -> None:
        name, file = self.source_type.connector, tmp_path / "config.ini"
        text = generate.ini_text()
        filled_in = {"enable": "True", **self.source_type.fill_in}
        lines = "\n".join(f"{key} = {value}" for key, value in filled_in.items())
        head = f"[{name}]\n"
        before, after = text.split(head)
        for key in filled_in:
            after = re.sub(rf"^{key} =.*\n", "", after, count=1, flags=re.MULTILINE)
        file.write_text(f"{before}{head}{lines}\n{after}", encoding="utf-8")
        loaded = config.load_config(file, [name])
        example = "this is the example of the generated config file"
        assert [each for each in loaded.warnings if not each.text.startswith(example)] == []
        assert isinstance(loaded.sections[0].settings, kind.settings_type)

    def test_its_mapping_is_sound(self, source: Source) -> None:
        made = source.connect()
        layer = made.default_mapping()
        assert {name.upper() for name in layer} == set(layer)
        for attributes in layer.values():
            assert set(attributes) <= set(mapping.KEYS)
            mapping.check_field_mapping(attributes, made.settings_type, NOTHING)
        for spec in made.converters.values():
            conversion(spec)
        assert made.mapping_name

    def test_its_mapping_names_what_the_records_have(self, source: Source) -> None:
        made = source.connect()
        layers = {"built-in": made.default_mapping()}
        fields = mapping.merge(layers, made.converters).values()
        mapper = Mapper(fields, made.settings)
        mapped = [mapper(record) for record in made.records(Projection(mapper.paths))]
        assert [failure for item in mapped for failure in item.failures] == []
        for field in fields:
            assert any(item.values[field.field] for item in mapped), field.field

    def test_ids_are_where_it_declares_them(self, source: Source) -> None:
        made = source.connect()
        names = RecordNames((), made.id_paths)
        found = [names.find({}, item) for item in source.records(made) if isinstance(item, dict)]
        assert all(found)
        assert len(set(found)) == len(source.names)

    def test_its_date_of_contact_is_in_the_records(self, source: Source) -> None:
        made = source.connect()
        path = made.settings.contact_path
        if not path:
            pytest.skip("it knows no date of contact")
        get = compile_path(path)
        records = made.records(Projection(frozenset([path])))
        found = [rank_of_date(get(item)) for item in records if isinstance(item, dict)]
        assert found
        # A device may never have been seen; most were.
        assert sum(rank > 1_000_000_000 for rank in found) >= len(found) / 2

    def test_settings_and_connector_can_be_sent_to_another_process(self, source: Source) -> None:
        made = source.connect()
        assert pickle.loads(pickle.dumps(made.settings)) == made.settings
        copy = pickle.loads(pickle.dumps(made))
        assert set(source.ids(list(source.records(copy)))) == set(source.names)

    def test_settings_cannot_be_changed_by_a_run(self, kind: type[Connector[Any]]) -> None:
        assert dataclasses.is_dataclass(kind.settings_type)
        assert issubclass(kind.settings_type, ConnectorSettings)
        assert kind.settings_type.__dataclass_params__.frozen

    # How it tells what is wrong.

    def test_a_check_finds_nothing_wrong(self, source: Source) -> None:
        source.connect().check()

    def test_a_check_tells_that_nobody_listens(self, source: Source) -> None:
        with socket.socket() as deaf:  # bound, and not listening
            deaf.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{deaf.getsockname()[1]}"
            made = source.connect(**source.elsewhere(address))
            assert "refused" in str(failure(made, SourceUnavailable, address))

    def test_a_check_tells_that_there_is_no_such_host(
        self, source: Source, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(socket, "getaddrinfo", _knows_all_but_one(socket.getaddrinfo))
        made = source.connect(**source.elsewhere(f"{UNKNOWN_HOST}:4711"))
        assert "name" in str(failure(made, SourceUnavailable, UNKNOWN_HOST))

    def test_a_check_tells_that_a_certificate_is_not_trusted(
        self, source: Source, certificates: Certificates, tmp_path: Path
    ) -> None:
        stranger = str(issue(tmp_path / "stranger").ca)
        with source.over_tls(certificates) as changes:
            address = address_in(*changes.values())
            for trust in ({}, {"cacert_file": stranger}):
                error = failure(source.connect(**changes, **trust), SourceUnavailable, address)
                assert "not trusted" in str(error)
                assert "cacert_file" in error.fix

    @pytest.mark.parametrize("setting", ["cacert_file", "verify_ssl"])
    def test_a_certificate_can_be_trusted(
        self, setting: str, source: Source, certificates: Certificates
    ) -> None:
        trust = {"cacert_file": str(certificates.ca), "verify_ssl": "False"}
        with source.over_tls(certificates) as changes:
            source.connect(**changes, **{setting: trust[setting]}).check()

    def test_a_check_tells_that_the_credentials_are_refused(self, source: Source) -> None:
        made = source.connect(**source.wrong_credentials)
        error = failure(made, SignInError, source.address)
        assert not isinstance(error, AccessDenied)

    def test_refused_credentials_are_sent_once(self, source: Source) -> None:
        with pytest.raises(SignInError):
            source.connect(**source.wrong_credentials, retries="5").check()
        assert source.requests == 1

    def test_a_check_tells_that_rights_are_missing(self, source: Source) -> None:
        source.withdraw_rights()
        error = failure(source.connect(), source.missing_rights, source.address)
        assert "permission" in error.fix or source.missing_rights is SignInError

    def test_an_error_can_be_sent_to_another_process(self, source: Source) -> None:
        error = failure(source.connect(**source.wrong_credentials), SignInError, "")
        copy = pickle.loads(pickle.dumps(error))
        assert (type(copy), str(copy)) == (type(error), str(error))

    @pytest.mark.parametrize("body", NOT_THE_ANSWER)
    def test_another_answer_than_was_promised_is_no_empty_source(
        self, body: str, source: Source
    ) -> None:
        changes = source.garble(body)
        address = address_in(*changes.values()) or source.address
        failure(source.connect(**changes), (SourceUnavailable, SourceFault), address)
        with pytest.raises((SourceUnavailable, SourceFault)):
            list(source.records(source.connect(**changes)))

    # How it reads.

    def test_all_records_arrive_once(self, source: Source) -> None:
        made = source.connect()
        ids = source.ids(list(source.records(made)))
        assert sorted(ids) == sorted(source.names)
        assert made.expected in (None, len(ids))
        assert source.requests > source.most_for_three or source.all_at_once

    def test_awkward_names_arrive_unharmed(self, source: Source) -> None:
        everything = "".join(source.names.values())
        assert not everything.isascii()
        assert set(everything) & set("\"'\N{RIGHT SINGLE QUOTATION MARK},")
        name_of = compile_path(source.name_path)
        arrived = {source.id_of(item): name_of(item) for item in source.records(source.connect())}
        assert arrived == source.names

    def test_nothing_is_asked_for_before_the_first_record_is_wanted(self, source: Source) -> None:
        with closing(source.records(source.connect())) as records:
            assert source.requests == 0
            next(records)
            assert source.requests > 0

    def test_who_wants_three_records_asks_for_little_more(self, source: Source) -> None:
        with closing(source.records(source.connect())) as records:
            assert len(list(islice(records, 3))) == 3
        assert source.requests <= source.most_for_three

    def test_an_empty_source_is_no_error(self, source: Source) -> None:
        source.clear()
        source.connect().check()
        assert list(source.records(source.connect())) == []

    def test_a_record_that_vanished_is_told_and_the_rest_arrives(self, source: Source) -> None:
        first, *_, middle, last = source.names
        for gone in (first, middle, last):
            source.vanish(gone)
        delivered = list(source.records(source.connect()))
        assert sum(isinstance(item, RecordGone) for item in delivered) == 3
        assert sorted(source.ids(delivered)) == sorted(source.names.keys() - {first, middle, last})
        assert len(delivered) == len(source.names)

    def test_an_unreadable_record_is_told_and_the_rest_arrives(self, source: Source) -> None:
        _, spoiled, *_ = source.names
        source.spoil(spoiled)
        delivered = list(source.records(source.connect()))
        (unreadable,) = (item for item in delivered if isinstance(item, RecordUnreadable))
        assert spoiled in str(unreadable)
        assert sorted(source.ids(delivered)) == sorted(source.names.keys() - {spoiled})

    def test_an_outage_that_passes_loses_and_doubles_nothing(self, source: Source) -> None:
        third = len(source.names) // 3
        delivered: list[SourceItem] = []
        with closing(source.records(source.connect(retries="3"))) as records:
            for wanted in (third, third, None):
                source.fail_once()
                delivered += islice(records, wanted)
        assert len(delivered) == len(source.names)
        assert sorted(source.ids(delivered)) == sorted(source.names)

    def test_an_outage_that_lasts_is_no_empty_source(self, source: Source) -> None:
        source.fail_for_good()
        failure(source.connect(), SourceUnavailable, source.address)
        with pytest.raises(SourceUnavailable):
            list(source.records(source.connect()))

    def test_an_outage_that_lasts_ends_the_run(self, source: Source) -> None:
        if source.all_at_once:
            pytest.skip(source.all_at_once)
        delivered: list[SourceItem] = []
        with closing(source.records(source.connect())) as records:
            delivered.append(next(records))
            source.fail_for_good()
            with pytest.raises(SourceUnavailable) as caught:
                delivered.extend(records)
        assert_helpful(caught.value, source.address, source.connect())
        ids = source.ids(delivered)
        assert len(set(ids)) == len(ids) < len(source.names)

    def test_a_session_that_ends_in_the_middle_is_renewed(self, source: Source) -> None:
        delivered: list[SourceItem] = []
        with closing(source.records(source.connect())) as records:
            for wanted in (len(source.names) // 3, len(source.names) // 3, None):
                delivered += islice(records, wanted)
                source.end_sessions()
        assert sorted(source.ids(delivered)) == sorted(source.names)

    def test_two_sections_read_side_by_side(self, source: Source) -> None:
        one, other = source.connect(), source.connect()
        pairs = list(zip_longest(source.records(one), source.records(other)))
        for delivered in zip(*pairs, strict=True):
            assert sorted(source.ids(list(delivered))) == sorted(source.names)

    def test_a_section_that_is_refused_leaves_another_one_alone(self, source: Source) -> None:
        with closing(source.records(source.connect())) as records:
            delivered = [next(records)]
            with pytest.raises(SignInError):
                next(source.records(source.connect(**source.wrong_credentials)))
            delivered += records
        assert sorted(source.ids(delivered)) == sorted(source.names)

    def test_the_log_holds_no_secret(
        self, source: Source, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        made = source.connect()
        list(source.records(made))
        assert [secret for secret in _secrets(made) if secret in caplog.text] == []


def failure(
    made: Connector[Any],
    kind: type[ConnectorError] | tuple[type[ConnectorError], ...],
    address: str,
) -> ConnectorError:
    """The error with which a check fails: of this kind, about this address, and helpful."""
    with pytest.raises(kind) as caught:
        made.check()
    assert_helpful(caught.value, address, made)
    return caught.value


def assert_helpful(error: ConnectorError, address: str, made: Connector[Any]) -> None:
    """Assert that an error is one line that says where and what to do, and gives no secret away."""
    text = str(error)
    assert address in error.where
    assert error.fix
    assert re.fullmatch(r"\S.*[.?!]", text), text
    everything = "".join(traceback.format_exception(error)) + repr(error)
    assert [secret for secret in _secrets(made) if secret in everything] == []


def _secrets(made: Connector[Any]) -> list[str]:
    return [secret for secret in secrets_of(made.settings) if secret]


def _knows_all_but_one(lookup: Callable[..., Any]) -> Callable[..., Any]:
    """A resolver without one host, which nobody else is asked for."""

    def getaddrinfo(host: Any, *arguments: Any, **how: Any) -> Any:
        if host in (UNKNOWN_HOST, UNKNOWN_HOST.encode()):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return lookup(host, *arguments, **how)

    return getaddrinfo
