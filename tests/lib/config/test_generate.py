"""The ini to start from: what is in it, and how it is written."""

import os
import stat

import pytest

from lib import connector, ini, plugins
from lib.config import config, generate
from lib.errors import ConfigurationError, UsageError
from lib.oomnitza.target import OomnitzaSettings
from lib.settings import declared

CONNECTORS = plugins.plugin_names("connectors")


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    path = tmp_path_factory.mktemp("generated") / "config.ini"
    generate.write(path)
    return path


@pytest.fixture(scope="module")
def file(generated):
    return ini.read_ini(generated)


def given(section):
    return {key: entry.value for key, entry in section.entries.items() if key != "enable"}


def test_it_has_oomnitza_and_every_connector_switched_off(file):
    assert list(file.sections) == ["oomnitza", *CONNECTORS]
    assert all(file.sections[name].entries["enable"].value == "False" for name in CONNECTORS)
    assert "enable" not in file.sections["oomnitza"].entries


def test_it_reads_without_faults_or_oddities(file):
    assert file.oddities == []
    assert [(item.faults, item.oddities) for item in file.sections.values()] == [([], [])] * len(
        file.sections
    )


@pytest.mark.parametrize("name", ["oomnitza", *CONNECTORS])
def test_it_has_every_setting_that_is_not_advanced_and_its_examples_are_valid(file, name):
    kind = OomnitzaSettings if name == "oomnitza" else connector.load_connector(name).settings_type
    shown = [item for item in declared(kind) if not item.about.advanced]
    values = given(file.sections[name])
    assert list(values) == [item.name for item in shown]
    for item in shown:
        if values[item.name] and not values[item.name].startswith("YOUR "):
            item.read(values[item.name])


def test_above_each_setting_stands_what_it_is_for(generated):
    lines = generated.read_text("utf-8").splitlines()
    for number, line in enumerate(lines):
        if " =" in line and not line.startswith("#"):
            assert lines[number - 1].startswith("# "), line
    assert "# The address of your Oomnitza." in lines
    assert any(line.endswith("One of: computers, mobiledevices.") for line in lines)
    assert max(map(len, lines)) <= 100


def test_a_run_with_it_as_it_is_says_what_to_do(generated):
    with pytest.raises(UsageError, match="Set `enable = True`"):
        config.load_config(generated, ["ldap"])


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_only_its_owner_may_read_it(tmp_path):
    before = os.umask(0)
    try:
        assert generate.write(tmp_path / "config.ini") is None
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "config.ini").stat().st_mode) == 0o600


def test_an_older_file_and_older_backups_are_kept(tmp_path):
    path = tmp_path / "my.ini"
    path.write_text("first", "utf-8")
    assert generate.write(path) == tmp_path / "my.ini.bak"
    path.write_text("second", "utf-8")
    assert generate.write(path) == tmp_path / "my.ini.bak.1"
    path.write_text("third", "utf-8")
    assert generate.write(path) == tmp_path / "my.ini.bak.2"
    kept = [(tmp_path / f"my.ini{end}").read_text("utf-8") for end in (".bak", ".bak.1", ".bak.2")]
    assert kept == ["first", "second", "third"]
    assert path.read_text("utf-8") == generate.ini_text()


def test_a_file_that_cannot_be_written_is_told_by_name(tmp_path):
    path = tmp_path / "no such folder" / "config.ini"
    with pytest.raises(ConfigurationError) as caught:
        generate.write(path)
    assert str(caught.value).startswith(f"{path}: the file cannot be written (")
