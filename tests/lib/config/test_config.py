"""From the ini to the sections that are to run, with all mistakes in them told at once."""

import pickle
import re
import textwrap

import pytest

from lib import secrets
from lib.config import config
from lib.config.problems import render
from lib.errors import ConfigurationError, UsageError
from lib.secrets import MASK

OOMNITZA = "[oomnitza]\nurl = https://acme.oomnitza.com\napi_token = a-token-of-oomnitza\n"
LDAP = """\
[ldap]
enable = True
url = ldap://ldap.example.com
username = cn=reader,dc=acme,dc=com
password = a-password-of-ldap
base_dn = dc=acme,dc=com
default_role = 25
default_position = Employee
"""
CASPER = """\
[casper]
enable = yes
url = https://jss.jamfcloud.com/example
username = auditor
password = a-password-of-casper
"""


@pytest.fixture
def ini(tmp_path):
    """Write sections as config.ini and give its path."""

    def write(*sections):
        path = tmp_path / "config.ini"
        path.write_text("".join(map(textwrap.dedent, sections)), "utf-8")
        return path

    return write


@pytest.fixture
def problems(ini):
    """The mistakes told for some sections, each its first line without the path."""

    def load(*sections, names):
        path = ini(*sections)
        with pytest.raises(ConfigurationError) as caught:
            config.load_config(path, names)
        lines = [line for line in str(caught.value).splitlines() if not line.startswith("  ")]
        assert all(line.startswith(f"{path}: ") for line in lines)
        return [line.removeprefix(f"{path}: ") for line in lines]

    return load


def mapping_of(path, name):
    (section,) = config.load_config(path, [name]).sections
    return section.mapping


def rendered(loaded):
    return [render(loaded.path, item) for item in loaded.warnings]


# --- what is chosen


def test_named_sections_are_read_in_the_order_of_the_names(ini):
    loaded = config.load_config(ini(OOMNITZA, LDAP, CASPER), ["casper", "ldap", "casper"])
    assert [section.name for section in loaded.sections] == ["casper", "ldap"]
    assert loaded.oomnitza.api_token == "a-token-of-oomnitza"
    assert loaded.sections[0].settings.username == "auditor"
    assert loaded.sections[1].settings.default_role == "25"
    assert loaded.warnings == []


def test_without_names_those_that_are_enabled_are_read(ini):
    path = ini(OOMNITZA, LDAP, CASPER.replace("yes", "no"))
    assert [section.name for section in config.load_config(path, []).sections] == ["ldap"]
    assert config.enabled_names(path) == ["ldap"]


def test_a_section_with_a_suffix_is_another_one_of_its_connector(ini):
    other = LDAP.replace("[ldap]", "[ldap.Contractors]").replace("25", "31")
    loaded = config.load_config(ini(OOMNITZA, LDAP, other), ["ldap", "ldap.contractors"])
    contractors = loaded.sections[1]
    assert (contractors.name, contractors.connector) == ("ldap.Contractors", "ldap")
    assert [section.settings.default_role for section in loaded.sections] == ["25", "31"]


@pytest.mark.parametrize("name", ["casper.mdm", "Casper.MDM", "CASPER.MDM"])
def test_capitals_do_not_matter(ini, name):
    path = ini(OOMNITZA, CASPER.replace("[casper]", "[Casper.MDM]"))
    (section,) = config.load_config(path, [name]).sections
    assert (section.name, section.connector) == ("Casper.MDM", "casper")


@pytest.mark.parametrize("word", ["True", "true", "YES", "1", "on"])
def test_enable_may_be_written_in_many_ways(ini, word):
    path = ini(OOMNITZA, LDAP.replace("enable = True", f"enable = {word}"))
    assert config.enabled_names(path) == ["ldap"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("enable = False", "`enable = False`"),
        ("enable = 0", "`enable = 0`"),
        ("enable =", "`enable` is empty"),
        ("enable = perhaps", "`enable = perhaps` is neither True nor False"),
    ],
)
def test_a_section_that_is_not_enabled_is_told_with_what_it_has_and_where(ini, line, why):
    path = ini(OOMNITZA, LDAP.replace("enable = True", line), CASPER)
    with pytest.raises(UsageError) as caught:
        config.load_config(path, ["ldap"])
    message = str(caught.value)
    assert message.startswith(f"{path}: line 5: [ldap] is not enabled: {why}. Set ")
    assert "`enable = True`" in message
    assert message.endswith("Enabled sections: casper.")
    assert "\n" not in message


def test_a_section_without_enable_is_told_with_its_own_line(ini):
    path = ini(OOMNITZA, LDAP.replace("enable = True\n", ""))
    with pytest.raises(UsageError, match=r"line 4: \[ldap\] is not enabled: `enable` is missing"):
        config.load_config(path, ["ldap"])


@pytest.mark.parametrize(
    ("name", "hint"),
    [("caspar", "Did you mean casper? "), ("zendesk", ""), ("oomnitza", ""), ("default", "")],
)
def test_an_unknown_name_is_told_with_those_there_are(ini, name, hint):
    path = ini(OOMNITZA, "[DEFAULT]\ntimeout = 3\n", LDAP, CASPER)
    with pytest.raises(UsageError) as caught:
        config.load_config(path, [name])
    expected = f"{path}: section [{name}] not found. {hint}Sections in the file: ldap, casper."
    assert str(caught.value) == expected


# --- mistakes


def test_all_mistakes_of_all_sections_are_told_at_once_with_line_section_and_key(problems):
    lines = problems(
        """\
        [oomnitza]
        url = example.oomnitza.com
        [ldap]
        enable = True
        url = https://ldap.example.com
        username = cn=reader
        default_role = Employee
        nonsense
        mapping.USER = {"source": "uid", "converter": "ldap_user_feld"}
        mapping.ROLE = {"setting": "default_rol"}
        recordfilter:
            return (
        [casper]
        enable = True
        url = https://jamf
        sync_type = tablets
        """,
        names=["ldap", "casper"],
    )
    found = {tuple(re.match(r"line (\d+) \[(\w+)\]:? (\S+?):? ", line).groups()) for line in lines}
    assert found == {
        ("2", "oomnitza", "url"),
        ("1", "oomnitza", "api_token"),
        ("8", "ldap", "expected"),
        ("5", "ldap", "url"),
        ("3", "ldap", "base_dn"),
        ("7", "ldap", "default_role"),
        ("3", "ldap", "default_position"),
        ("3", "ldap", "password"),
        ("9", "ldap", "mapping.USER"),
        ("10", "ldap", "mapping.ROLE"),
        ("12", "ldap", "recordfilter"),
        ("16", "casper", "sync_type"),
        ("13", "casper", "client_id"),
    }
    assert len(lines) == len(found)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("mapping.X = {'setting': 'defalt_role'}", "did you mean default_role?"),
        ("mapping.X = {'sorce': 'uid'}", "did you mean source?"),
        ("mapping.X = {'source': 'uid', 'converter': 'date_fromat'}", "did you mean date_format?"),
        ("mapping.X = {'setting': 'password'}", "is a secret"),
        ("mapping.X = {'source': 'uid'", "invalid JSON"),
        ("protocol_version = 4", "'4' is not one of: 3, 2"),
        ("insert_only = True\nupdate_only = True", "cannot both be True"),
        ("timeout = 0", "The minimum is 1"),
        ("cacert_file = /no/such/file.pem", "/no/such/file.pem not found"),
    ],
)
def test_a_mistake_is_told_in_words_that_help(problems, line, words):
    (told,) = problems(OOMNITZA, f"{LDAP}{line}\n", names=["ldap"])
    assert words in told
    assert re.match(r"line 1[23] \[ldap\] ", told)


def test_a_misspelt_key_that_is_missing_now_is_told_as_both(problems):
    lines = problems(OOMNITZA, LDAP.replace("base_dn", "base_nd"), names=["ldap"])
    assert lines[0].startswith("line 4 [ldap] base_dn: the value is missing.")
    assert lines[1] == ("line 9 [ldap] base_nd: unknown setting, ignored; did you mean base_dn?")


def test_an_unknown_connector_is_told_with_near_ones(problems):
    (told,) = problems(OOMNITZA, CASPER.replace("[casper]", "[Caspar.Lab]"), names=["caspar.lab"])
    expected = "line 4 [Caspar.Lab]: unknown connector 'Caspar'; did you mean casper?"
    assert told == expected


def test_a_missing_oomnitza_section_is_told_beside_other_mistakes(problems):
    lines = problems(LDAP.replace("25", "x"), names=["ldap"])
    assert lines[0].startswith("the section [oomnitza] is missing")
    assert lines[1].startswith("line 7 [ldap] default_role: ")


def test_no_message_holds_a_secret(problems):
    bad = LDAP.replace("a-password-of-ldap", "hunter2 ;hunter2\npassword = hunter2\n  hunter2")
    lines = problems(OOMNITZA, bad.replace("ldap://", "ldap://ada:hunter2@"), names=["ldap"])
    assert len(lines) >= 2
    assert "hunter2" not in "\n".join(lines)


def test_mistakes_in_sections_that_do_not_run_stop_nothing(ini):
    broken = """\
        [casper]
        enable = True
        nonsense
        url = not an address
        mapping.X = {
        recordfilter: return (
        [nothing.like.it]
        enable = True
        """
    loaded = config.load_config(ini(OOMNITZA, LDAP, broken), ["ldap"])
    assert [section.name for section in loaded.sections] == ["ldap"]
    assert loaded.warnings == []


# --- what is odd


def test_unknown_keys_are_warned_about_and_stop_nothing(ini):
    path = ini(OOMNITZA, f"{LDAP}defualt_role = 3\ncolour = red\n")
    loaded = config.load_config(path, ["ldap"])
    assert rendered(loaded) == [
        f"{path}: line 12 [ldap] defualt_role: unknown setting, ignored; "
        "did you mean default_role?",
        f"{path}: line 13 [ldap] colour: unknown setting, ignored",
    ]


def test_oddities_are_warned_about(ini):
    path = ini("stray = 1\n", OOMNITZA, f"{LDAP}default_role = 31\n")
    loaded = config.load_config(path, ["ldap"])
    assert rendered(loaded) == [
        f"{path}: line 1: this line is before the first section and is ignored",
        f"{path}: line 13 [ldap] default_role: this setting is also set on line 11; the value"
        " on this line is used",
    ]
    assert loaded.sections[0].settings.default_role == "31"


# --- [DEFAULT] and the environment


def test_what_stands_in_default_counts_in_every_section_that_does_not_say_otherwise(ini):
    default = """\
        [DEFAULT]
        enable = True
        timeout = 7
        password = a-password-of-all
        default_role = 99
        mapping.SITE = {"hardcoded": "Berlin"}
        mapping.PHONE = mobile
        """
    ldap = LDAP.replace("enable = True\n", "") + "mapping.phone = telephoneNumber\n"
    casper = CASPER.replace("password = a-password-of-casper\n", "") + "timeout = 8\n"
    loaded = config.load_config(ini(default, OOMNITZA, ldap, casper), ["ldap", "casper"])
    people, devices = loaded.sections
    assert (people.settings.timeout, devices.settings.timeout, loaded.oomnitza.timeout) == (7, 8, 7)
    assert people.settings.password == "a-password-of-ldap"
    assert devices.settings.password == "a-password-of-all"
    assert people.settings.default_role == "25"
    assert people.mapping["PHONE"] == {"source": "telephoneNumber"}
    assert devices.mapping == {"SITE": {"hardcoded": "Berlin"}, "PHONE": {"source": "mobile"}}
    assert loaded.warnings == []


def test_a_record_filter_in_default_is_not_passed_over(problems):
    lines = problems("[DEFAULT]\nrecordfilter: return (\n", OOMNITZA, LDAP, names=["ldap"])
    assert [line.split(":")[0] for line in lines] == ["line 2 [ldap] recordfilter"]


def test_a_mistake_in_default_is_told_with_its_own_line(problems, ini):
    (told, _) = problems("[DEFAULT]\nretries = many\n", OOMNITZA, LDAP, names=["ldap"])
    assert told.startswith("line 2 [oomnitza] retries: 'many' is not a whole number")
    loaded = config.load_config(ini("[DEFAULT]\nnonsense\n", OOMNITZA, LDAP), ["ldap"])
    assert "line 2 [default]: expected `key = value` or `[section]`" in rendered(loaded)[0].lower()


def test_the_password_may_stand_in_an_environment_variable(ini, monkeypatch):
    monkeypatch.setenv("LDAP_PASSWORD", "from the environment")
    path = ini(OOMNITZA, f"{LDAP}env_password = LDAP_PASSWORD\n")
    loaded = config.load_config(path, ["ldap"])
    assert loaded.sections[0].settings.password == "from the environment"
    assert secrets.redact("from the environment") == MASK
    assert loaded.warnings == []


def test_oomnitza_s_own_password_may_stand_there_too(ini, monkeypatch):
    monkeypatch.setenv("OOMNITZA_PASSWORD", "from the environment")
    section = OOMNITZA.replace("api_token = a-token-of-oomnitza", "username = ada")
    loaded = config.load_config(ini(section, "env_password = OOMNITZA_PASSWORD\n", LDAP), ["ldap"])
    assert loaded.oomnitza.password == "from the environment"
    assert loaded.warnings == []


def test_a_variable_that_is_not_set_is_a_mistake(problems, monkeypatch):
    monkeypatch.delenv("NO_SUCH_VARIABLE", raising=False)
    (told,) = problems(OOMNITZA, f"{LDAP}env_password = NO_SUCH_VARIABLE\n", names=["ldap"])
    assert told == "line 12 [ldap] env_password: environment variable NO_SUCH_VARIABLE not found"


# --- mappings, as the user documentation publishes them

PUBLISHED = {
    "mapping.USER =\t{'source': \"workEmail\"}": {"USER": {"source": "workEmail"}},
    "mapping.FIRST_NAME' =\t{'source': \"firstName\"}": {"FIRST_NAME": {"source": "firstName"}},
    "mapping.PERMISSIONS_ID' =\t{'setting': \"default_role\"}": {
        "PERMISSIONS_ID": {"setting": "default_role"}
    },
    "mapping.USER =\t{'source': \"login\"},": {"USER": {"source": "login"}},
    "mapping.POSITION =\t{'setting': \"default_position\"},": {
        "POSITION": {"setting": "default_position"}
    },
    'mapping.PHONE = {"source": "mobile"}': {"PHONE": {"source": "mobile"}},
    'mapping.BOUGHT = {"source": "date", "converter": "date_format"}': {
        "BOUGHT": {"source": "date", "converter": "date_format"}
    },
    "mapping.24dcf85294e411e38a52066b556ba4ee: serial": {
        "24DCF85294E411E38A52066B556BA4EE": {"source": "serial"}
    },
    "mapping.PHONE =": {"PHONE": None},
}


@pytest.mark.parametrize("line", PUBLISHED)
def test_published_forms_of_a_mapping_are_understood(ini, line):
    assert mapping_of(ini(OOMNITZA, LDAP, f"{line}\n"), "ldap") == PUBLISHED[line]


def test_a_mapping_may_go_on_over_several_lines(ini):
    text = 'mapping.PHONE = {\n    "source":\n# why\n      "mobile"\n    }\n'
    assert mapping_of(ini(OOMNITZA, LDAP, text), "ldap") == {"PHONE": {"source": "mobile"}}


def test_the_published_example_is_read_once_its_sections_are_enabled(ini):
    example = """\
        [oomnitza]
        url = https://acme.oomnitza.com
        api_token =
        username = oomnitza-sa
        password = ThePassword

        [airwatch]
        enable = False
        url = https://apidev.awmdm.com
        api_token = YOUR AirWatch API TOKEN

        [casper]
        enable = True
        url = https://jss.jamfcloud.com/example
        username = auditor@acme.com
        password = ThePassword
        sync_field = 24DCF85294E411E38A52066B556BA4EE
        sync_type = computers
        update_only = False

        [ldap]
        enable = True
        url = ldap://ldap.forumsys.com:389
        username = cn=read-only-admin,dc=acme,dc=com
        password = password
        base_dn = dc=acme,dc=com
        protocol_version = 3
        filter = (objectClass=*)
        default_role = 25
        default_position = Employee
        """
    loaded = config.load_config(ini(example), ["casper", "ldap"])
    casper, ldap = (section.settings for section in loaded.sections)
    assert loaded.oomnitza.password == "ThePassword"
    assert casper.sync_field == ("24DCF85294E411E38A52066B556BA4EE",)
    assert casper.update_only is False
    assert ldap.filter == "(objectClass=*)"
    assert ldap.base_dn == "dc=acme,dc=com"
    assert loaded.warnings == []


# --- what a section is for others


def test_a_section_can_be_pickled(ini):
    path = ini(OOMNITZA, f"{LDAP}list_attributes = memberOf, mail\n", "mapping.PHONE = mobile\n")
    loaded = config.load_config(path, ["ldap"])
    assert pickle.loads(pickle.dumps(loaded)) == loaded


def test_all_mistakes_survive_pickling(ini):
    with pytest.raises(ConfigurationError) as caught:
        config.load_config(ini(OOMNITZA, "[ldap]\nenable = 1\n"), ["ldap"])
    copy = pickle.loads(pickle.dumps(caught.value))
    assert str(copy) == str(caught.value)


def test_the_secrets_of_what_is_read_are_masked_from_then_on(ini):
    config.load_config(ini(OOMNITZA, LDAP, CASPER), ["ldap"])
    text = "a-token-of-oomnitza a-password-of-ldap"
    assert secrets.redact(text) == f"{MASK} {MASK}"


# What has to be right for nothing to go up that should stay.


@pytest.mark.parametrize(
    ("lines", "key", "words"),
    [
        (
            "recordfilter:\n",
            "recordfilter",
            "the record filter is empty. The lines of a filter must be indented",
        ),
        ("recordfiltr = record.x\n", "recordfiltr", "did you mean recordfilter?"),
        ("maping.X = uid\n", "maping.x", "unknown setting"),
    ],
)
def test_a_filter_or_mapping_that_would_be_left_aside_is_a_mistake(problems, lines, key, words):
    [problem] = problems(OOMNITZA, LDAP + lines, names=["ldap"])
    assert f"[ldap] {key}: " in problem
    assert words in problem


def test_an_empty_filter_takes_an_inherited_one_away(ini):
    path = ini("[DEFAULT]\nrecordfilter = record.x\n", OOMNITZA, LDAP, "recordfilter =\n")
    assert config.load_config(path, ["ldap"]).sections[0].recordfilter.value == ""


def test_a_field_in_brackets_as_the_original_documentation_writes_it(ini):
    path = ini(OOMNITZA, LDAP, "mapping.[USER] = uid\n")
    assert config.load_config(path, ["ldap"]).sections[0].mapping == {"USER": {"source": "uid"}}


def test_each_secret_may_stand_in_the_environment(ini, monkeypatch):
    monkeypatch.setenv("JAMF", "a-secret-of-jamf")
    section = CASPER.split("username")[0]
    path = ini(OOMNITZA, section, "client_id = c\nenv_client_secret = JAMF\n")
    loaded = config.load_config(path, ["casper"])
    assert loaded.sections[0].settings.client_secret == "a-secret-of-jamf"
    assert loaded.warnings == []


def test_the_value_of_a_secret_in_place_of_its_variable_is_not_repeated(problems):
    [problem] = problems(OOMNITZA, LDAP + "env_password = hunter2!\n", names=["ldap"])
    assert "env_password: environment variable not found" in problem
    assert "hunter2" not in problem


def test_where_no_section_is_enabled_there_is_nothing_to_try(ini):
    with pytest.raises(UsageError, match="no section is enabled"):
        config.load_config(ini(OOMNITZA, LDAP.replace("True", "False")), [])


def test_misspelled_enable_is_named_with_its_section(ini):
    misspelled = LDAP.replace("True", "Ture")
    text = "no section is enabled. [ldap] enable: 'Ture' is neither True nor False"
    with pytest.raises(UsageError, match=re.escape(text)):
        config.load_config(ini(OOMNITZA, misspelled), [])
    casper = "[casper]\nenable = True\nurl = https://jamf\nusername = u\npassword = p\n"
    loaded = config.load_config(ini(OOMNITZA, misspelled, casper), [])
    [warning] = loaded.warnings
    assert (warning.section, warning.key) == ("ldap", "enable")
    assert warning.text == "'Ture' is neither True nor False, so the section is disabled"
    assert not config.load_config(ini(OOMNITZA, misspelled, casper), ["casper"]).warnings


def test_missing_variable_is_the_only_error_of_its_setting(problems):
    section = LDAP.replace("password = a-password-of-ldap", "env_password = NO_SUCH_VARIABLE")
    [problem] = problems(OOMNITZA, section, names=["ldap"])
    assert "environment variable" in problem


def test_misspelled_mapping_prefix_is_suggested_with_the_field(problems):
    [problem] = problems(OOMNITZA, LDAP + "maping.Phone = x\n", names=["ldap"])
    assert problem.endswith("unknown setting; did you mean mapping.PHONE?")


def test_paths_begin_in_the_folder_of_the_ini(ini, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    (tmp_path / "people.csv").touch()
    section = "[csv_users]\nenable = True\nfilename = people.csv\n"
    people = "default_role = 25\ndefault_position = Employee\n"
    loaded = config.load_config(ini(OOMNITZA, section + people), ["csv_users"])
    assert loaded.sections[0].settings.filename == tmp_path / "people.csv"


# --- what concerns all sections: the run, converters, tables to look things up in


def test_converters_of_the_ini_are_there_for_all_mappings(ini):
    path = ini(
        OOMNITZA,
        LDAP,
        'mapping.PHONE = {"source": "tel", "converter": ["Digits", "lookup:table=Phones"]}\n',
        "[converters]\ndigits:\n    return re.sub(r'[^0-9]', '', value)\n",
        "[lookup.Phones]\n123 = front desk\nAB: other\n",
    )
    loaded = config.load_config(path, ["ldap"])
    assert loaded.warnings == []
    resources = loaded.sections[0].resources
    assert set(resources.programs) == {"digits"}
    assert resources.tables == {"phones": {"123": "front desk", "ab": "other"}}


def test_a_mistake_in_a_converter_of_the_ini_is_told_with_its_line(problems):
    lines = problems(
        OOMNITZA,
        LDAP,
        'mapping.A = {"source": "a", "converter": "y"}\n',
        "[converters]\nx = value\ny:\n    return valeu\n",
        names=["ldap"],
    )
    assert lines[0] == "line 16 [converters] y: unknown name `valeu`; did you mean value?"


def test_what_all_sections_inherit_is_no_converter(ini):
    path = ini("[DEFAULT]\nverify_ssl = False\n", OOMNITZA, LDAP, "[converters]\nx = value\n")
    assert set(config.load_config(path, ["ldap"]).sections[0].resources.programs) == {"x"}


def test_a_folder_of_converters_is_named_in_run_and_begins_beside_the_ini(ini, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "shout.py").write_text(
        "def converter(field, record, value, params):\n    return value.upper()\n", "utf-8"
    )
    path = ini(OOMNITZA, LDAP, 'mapping.A = {"source": "a", "converter": "shout"}\n')
    with pytest.raises(ConfigurationError, match="unknown converter 'shout'"):
        config.load_config(path, ["ldap"])
    path = ini(
        OOMNITZA,
        "[run]\nconverters_folder = mine\n",
        LDAP,
        'mapping.A = {"source": "a", "converter": "shout"}\n',
    )
    loaded = config.load_config(path, ["ldap"])
    assert loaded.run.converters_folder == tmp_path / "mine"
    assert loaded.sections[0].resources.folder == tmp_path / "mine"


def test_a_folder_of_converters_that_is_not_there_is_told(problems):
    lines = problems(OOMNITZA, "[run]\nconverters_folder = mine\n", LDAP, names=["ldap"])
    assert any(
        "[run] converters_folder: " in line and line.endswith("mine not found") for line in lines
    )


# --- the mapping as a whole, where Oomnitza adds nothing to it


def test_a_sync_field_that_no_mapping_fills_is_told_when_the_ini_is_read(problems):
    lines = problems(
        OOMNITZA, CASPER, "use_server_map = False\nsync_field = SERIAL\n", names=["casper"]
    )
    assert len(lines) == 1
    assert "[casper] sync_field: the sync key SERIAL is not mapped. Add `mapping.SERIAL" in lines[0]


def test_where_oomnitza_may_fill_it_nothing_is_said(ini):
    path = ini(OOMNITZA, CASPER, "sync_field = SERIAL\n")
    assert config.load_config(path, ["casper"]).warnings == []


def test_a_field_without_an_origin_is_told_when_the_ini_is_read(problems):
    lines = problems(
        OOMNITZA,
        CASPER,
        'use_server_map = False\nmapping.A = {"converter": "date_format"}\n',
        names=["casper"],
    )
    assert "mapping.A needs a source, a setting, or a hardcoded value" in lines[0]


def test_common_settings_let_the_secrets_of_all_sections_be_masked(tmp_path, monkeypatch):
    monkeypatch.setenv("OKTA_SECRET", "from the environment")
    ini = tmp_path / "config.ini"
    ini.write_text(
        "[oomnitza]\nurl = https://x.example.com\napi_token = t0ken-of-oomnitza\n"
        "[ldap]\nenable = False\npassword = pass of ldap\n"
        "[okta]\nenv_api_token = OKTA_SECRET\n[unheard_of]\npassword = left alone\n",
        "utf-8",
    )
    config.common(ini)
    text = "t0ken-of-oomnitza, pass of ldap, from the environment, left alone"
    assert secrets.redact(text) == f"{secrets.MASK}, {secrets.MASK}, {secrets.MASK}, left alone"


# --- missing records


def test_fields_for_missing_records_are_read(ini):
    path = ini(
        OOMNITZA, LDAP, "missing = send\n", "missing.STATUS = Inactive\nmissing.'Note' = x\n"
    )
    loaded = config.load_config(path, ["ldap"])
    assert loaded.sections[0].missing == {"STATUS": "Inactive", "NOTE": "x"}
    assert loaded.warnings == []


def test_missing_send_without_a_field_is_an_error(problems):
    [line] = problems(OOMNITZA, LDAP, "missing = send\n", names=["ldap"])
    assert line.endswith(
        "missing: no field for missing records is set. Add `missing.FIELD = value`"
    )


def test_fields_for_missing_records_without_send_are_a_warning(ini):
    loaded = config.load_config(ini(OOMNITZA, LDAP, "missing.STATUS = Inactive\n"), ["ldap"])
    assert loaded.sections[0].missing == {}
    [warning] = loaded.warnings
    assert (warning.key, warning.text) == ("missing.STATUS", "not used without missing = send")


def test_missing_send_with_an_invalid_field_is_an_error(problems):
    lines = problems(
        OOMNITZA, LDAP, "missing = send\nmissing.A B = x\nmissing.C = x\n", names=["ldap"]
    )
    assert "missing.a b: 'A B' is not a valid field name" in lines[0]


@pytest.mark.parametrize(
    ("section", "key"), [(LDAP, "USER"), (LDAP + "sync_field = email\n", "'EMAIL'")]
)
def test_sync_key_cannot_be_a_field_for_missing_records(problems, section, key):
    [line] = problems(OOMNITZA, section, f"missing = send\nmissing.{key} = gone\n", names=["ldap"])
    field = key.strip("'")
    assert f"{field} is the sync key, so all missing records would become one" in line


@pytest.mark.parametrize("switch", ["True", "no", "off"])
def test_nothing_is_no_switch(problems, switch):
    [line] = problems(OOMNITZA, LDAP, f"nothing = {switch}\n", names=["ldap"])
    assert (
        f"{switch!r} is not a list of words. Enter the words that mean no value, or default" in line
    )


def test_missing_send_with_insert_only_is_an_error(problems):
    more = "missing = send\nmissing.STATUS = x\ninsert_only = True\n"
    [line] = problems(OOMNITZA, LDAP, more, names=["ldap"])
    assert "missing = send does not work with insert_only" in line
