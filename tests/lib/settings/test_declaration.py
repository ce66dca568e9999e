"""The help of each setting is written as the config file and the tables in the docs need it."""

import re

import pytest

from lib import connector, plugins
from lib.config.reportsettings import ReportSettings
from lib.config.runsettings import RunSettings
from lib.oomnitza.target import OomnitzaSettings
from lib.settings import declared
from tests.test_words import banned_words

KINDS = {
    "oomnitza": OomnitzaSettings,
    "run": RunSettings,
    "report": ReportSettings,
    **{
        name: connector.load_connector(name).settings_type
        for name in plugins.plugin_names("connectors")
    },
}
SETTINGS = [
    pytest.param(item, id=f"{section}-{item.name}")
    for section, kind in KINDS.items()
    for item in declared(kind)
]
LONGEST_FIRST_SENTENCE = 100
# A reader looks for the thing or the action in the first word.
BAD_START = re.compile(
    r"(What|Who|Whose|Which|Whether|How|Where|When|Of|By|With|Without|For|To|The one|Those|One|"
    r"True|False|Only|Several|Left|Also)\b",
    re.IGNORECASE,
)


def faults_of(help_text: str, kind: object) -> list[str]:
    """What is wrong with a help: empty for a good one."""
    first = re.split(r"(?<=[.])\s", help_text, maxsplit=1)[0]
    checks = {
        "ends without a period": not help_text.endswith("."),
        "first sentence is too long": len(first) > LONGEST_FIRST_SENTENCE,
        "begins with neither a noun nor a verb": bool(BAD_START.match(help_text)),
        "begins in lowercase": help_text[:1].islower(),
        "boolean without an If": kind is bool
        and not (help_text.startswith("If True, ") or ". If False, " in help_text),
        "boolean that begins with its value": bool(re.search(r"\. (True|False) ", help_text)),
    }
    return [name for name, wrong in checks.items() if wrong] + [
        word for _, word in banned_words(help_text)
    ]


@pytest.mark.parametrize("item", SETTINGS)
def test_help_is_a_sentence_that_begins_with_the_thing_or_the_action(item):
    assert faults_of(item.about.help, item.kind) == []


@pytest.mark.parametrize("item", [param for param in SETTINGS if param.values[0].kind is bool])
def test_help_of_a_boolean_explains_the_value_that_is_not_the_default(item):
    changed = "If False, " if item.default else "If True, "
    assert changed in item.about.help


@pytest.mark.parametrize("item", SETTINGS)
def test_help_of_an_alternative_says_so(item):
    if item.about.alternative:
        assert not item.required
        assert re.search(r"older|alternative|instead", item.about.help)


@pytest.mark.parametrize(
    ("help_text", "kind", "fault"),
    [
        ("How many records.", int, "begins with neither a noun nor a verb"),
        ("Of the file, its encoding.", str, "begins with neither a noun nor a verb"),
        ("The address", str, "ends without a period"),
        ("The address" + " of it" * 20 + ". More.", str, "first sentence is too long"),
        ("True reads them all.", bool, "begins with neither a noun nor a verb"),
        ("Read them all.", bool, "boolean without an If"),
        ("Read them all. False reads none.", bool, "boolean that begins with its value"),
        ("The file beside it.", str, "beside"),
    ],
)
def test_bad_help_is_found(help_text, kind, fault):
    assert fault in faults_of(help_text, kind)


@pytest.mark.parametrize(
    ("help_text", "kind"),
    [
        ("The number of records per request.", int),
        ("If True, read deleted users, too.", bool),
        ("Verify the certificate. If False, any certificate is accepted.", bool),
    ],
)
def test_good_help_has_no_faults(help_text, kind):
    assert faults_of(help_text, kind) == []
