"""The ini to start from: what is in it, and how it is written."""

import os
import re
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


def commented_out(path, name):
    """The settings of a section that are commented out, with their examples."""
    section = path.read_text("utf-8").split(f"[{name}]\n")[1].split("\n[")[0]
    return dict(re.findall(r"^# (\w+) = ?(.*)$", section, re.MULTILINE))


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
def test_it_has_every_setting_that_is_not_advanced_and_its_examples_are_valid(
    file, generated, name
):
    kind = OomnitzaSettings if name == "oomnitza" else connector.load_connector(name).settings_type
    shown = [item for item in declared(kind) if not item.about.advanced]
    values = given(file.sections[name])
    assert list(values) == [item.name for item in shown if not item.about.alternative]
    values |= commented_out(generated, name)
    assert sorted(values) == sorted(item.name for item in shown)
    for item in shown:
        if values[item.name] and not values[item.name].startswith("YOUR "):
            item.read(values[item.name])


# By section: the settings of the older way to sign in, and those that it replaces.
OLDER_SIGN_IN = {
    "oomnitza": ({"username", "password"}, {"api_token"}),
    "airwatch": (
        {"username", "password", "api_token"},
        {"client_id", "client_secret", "oauth_url"},
    ),
    "casper": ({"username", "password"}, {"client_id", "client_secret"}),
    "onelogin": ({"api_token"}, {"client_id", "client_secret", "url"}),
    "zendesk": ({"username", "api_token"}, {"client_id", "client_secret"}),
}
# What an administrator has to fill in for a file that loads.
FILLED_IN = {"enable": "True", "system_name": "acme", "filename": "records"}


def loaded(text, name, folder):
    """The config with one section of a generated text, enabled and filled in."""
    head, section, tail = re.split(rf"(\[{name}\]\n(?:[^\[\n].*\n)*)", text, maxsplit=1)
    for key, value in FILLED_IN.items():
        section = re.sub(rf"^{key} =.*$", f"{key} = {value}", section, flags=re.MULTILINE)
    file = folder / "config.ini"
    file.write_text(head + section + tail, "utf-8")
    return config.load_config(file, [name])


def other_than_examples(warnings):
    """The warnings, without those about examples that were not replaced."""
    return [each for each in warnings if "example of the generated config file" not in each.text]


@pytest.mark.parametrize("name", ["oomnitza", *CONNECTORS])
def test_older_ways_to_sign_in_are_commented_out_below_the_current_one(generated, name):
    older, _ = OLDER_SIGN_IN.get(name, (set(), set()))
    assert commented_out(generated, name).keys() == older


@pytest.mark.parametrize("name", CONNECTORS)
def test_it_loads_without_warnings_when_required_values_are_filled_in(generated, tmp_path, name):
    warnings = loaded(generated.read_text("utf-8"), name, tmp_path).warnings
    assert other_than_examples(warnings) == []
    assert ("oomnitza", "api_token") in [(each.section, each.key) for each in warnings]


@pytest.mark.parametrize("name", sorted(OLDER_SIGN_IN))
def test_it_loads_with_the_older_way_to_sign_in_instead(generated, tmp_path, name):
    older, replaced = OLDER_SIGN_IN[name]
    text = generated.read_text("utf-8")
    before, section, after = re.split(rf"(\[{name}\]\n(?:[^\[\n].*\n)*)", text, maxsplit=1)
    section = re.sub(rf"^# ((?:{'|'.join(older)}) =)", r"\1", section, flags=re.MULTILINE)
    section = re.sub(rf"^(?:{'|'.join(replaced)}) =.*\n", "", section, flags=re.MULTILINE)
    changed = before + section + after
    warnings = loaded(changed, "okta" if name == "oomnitza" else name, tmp_path).warnings
    assert other_than_examples(warnings) == []


def test_above_each_setting_stands_what_it_is_for(generated):
    lines = generated.read_text("utf-8").splitlines()
    for number, line in enumerate(lines):
        if re.match(r"(# )?\w+ =", line):
            assert lines[number - 1].startswith("# "), line
    assert "# The address of your Oomnitza." in lines
    assert "One of: computers, mobiledevices." in " ".join(
        line.removeprefix("# ") for line in lines
    )
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
    assert str(caught.value).startswith(f"{path}: cannot write the file (")
