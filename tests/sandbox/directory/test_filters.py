"""Filters as ldap3 encodes them, against the same conditions in plain Python."""

import re

import pytest
from ldap3.operation.search import compile_filter, parse_filter
from ldap3.utils.asn1 import encode

from sandbox.directory import Entry, Tree, ber, company, filters
from sandbox.directory.filters import BIT_AND, BIT_OR, Record
from sandbox.directory.names import parse_dn

PEOPLE = "ou=people,dc=example,dc=com"
ACCOUNT_CONTROL = ("512", "514", "66048", "66050")


def _accounts():
    """Yield the company, in which every other person has Active Directory's account flags."""
    for number, (dn, attributes) in enumerate(company(520)):
        flags = [ACCOUNT_CONTROL[number % 8 // 2]] if number % 2 else []
        yield Entry(dn, {**attributes, "userAccountControl": flags} if flags else attributes)


ENTRIES = list(_accounts())
TREE = Tree(ENTRIES)


def has(entry, name, condition):
    return any(condition(value.lower()) for value in entry.attributes.get(name, ()))


def number(entry, name):
    return int(entry.attributes.get(name, ["0"])[0])


def encoded(text):
    tree = parse_filter(text, None, True, None, None, False)
    return encode(compile_filter(tree.elements[0]))


def decoded(text):
    reader = ber.Reader(encoded(text))
    try:
        return filters.decode(reader)
    finally:
        reader.end()


def record(**attributes):
    return Tree([Entry(f"cn=x,{PEOPLE}", attributes)]).find(f"cn=x,{PEOPLE}")


CONDITIONS = {
    "(objectClass=*)": lambda e: True,
    "(OBJECTCLASS=InetOrgPerson)": lambda e: "inetOrgPerson" in e.attributes["objectClass"],
    "(mail=*)": lambda e: "mail" in e.attributes,
    "(!(mail=*))": lambda e: "mail" not in e.attributes,
    "(mobile=*)": lambda e: False,
    "(!(mobile=*))": lambda e: True,
    "(title=manager)": lambda e: has(e, "title", lambda v: v == "manager"),
    "(!(title=manager))": lambda e: not has(e, "title", lambda v: v == "manager"),
    "(title~=MANAGER)": lambda e: has(e, "title", lambda v: v == "manager"),
    "(givenName=ZOË)": lambda e: e.attributes.get("givenName") == ["Zoë"],
    "(givenName=mary  ann)": lambda e: e.attributes.get("givenName") == ["Mary Ann"],
    "(sn=佐藤)": lambda e: e.attributes.get("sn") == ["佐藤"],
    "(sn=o'*)": lambda e: has(e, "sn", lambda v: v.startswith("o'")),
    "(sn=*er)": lambda e: has(e, "sn", lambda v: v.endswith("er")),
    "(sn=*LL*)": lambda e: has(e, "sn", lambda v: "ll" in v),
    "(cn=j*r*a*)": lambda e: has(e, "cn", lambda v: re.fullmatch("j.*r.*a.*", v)),
    "(telephoneNumber=555*555)": lambda e: False,
    r"(sn=smith\2c jr.)": lambda e: e.attributes.get("sn") == ["Smith, Jr."],
    r"(cn=*\2a*)": lambda e: False,
    "(employeeNumber>=42)": lambda e: number(e, "employeeNumber") >= 42,
    "(employeeNumber<=42)": lambda e: 0 < number(e, "employeeNumber") <= 42,
    "(sn>=m)": lambda e: has(e, "sn", lambda v: v >= "m"),
    "(modifyTimestamp>=20260601000000Z)": lambda e: has(
        e, "modifyTimestamp", lambda v: v >= "20260601"
    ),
    "(manager=UID=aquill1, OU=People,dc=Example,dc=com)": lambda e: (
        e.attributes.get("manager") == [f"uid=aquill1,{PEOPLE}"]
    ),
    r"(memberOf=cn=sales\5c, field,ou=groups,dc=example,dc=com)": lambda e: (
        r"cn=Sales\, Field,ou=groups,dc=example,dc=com" in e.attributes.get("memberOf", ())
    ),
    "(&(title=Engineer)(ou=Sales))": lambda e: (
        e.attributes.get("title") == ["Engineer"] and e.attributes.get("ou") == ["Sales"]
    ),
    "(|(title=Engineer)(ou=Sales)(cn=vpn))": lambda e: (
        e.attributes.get("title") == ["Engineer"]
        or e.attributes.get("ou") == ["Sales"]
        or e.attributes.get("cn") == ["vpn"]
    ),
    "(&(uid=*)(!(|(mail=*)(title=*))))": lambda e: (
        "uid" in e.attributes and not {"mail", "title"} & e.attributes.keys()
    ),
    f"(userAccountControl:{BIT_AND}:=2)": lambda e: number(e, "userAccountControl") & 2,
    f"(!(userAccountControl:{BIT_AND}:=2))": lambda e: not number(e, "userAccountControl") & 2,
    f"(userAccountControl:{BIT_AND}:=66050)": lambda e: number(e, "userAccountControl") == 66050,
    f"(userAccountControl:{BIT_OR}:=65538)": lambda e: number(e, "userAccountControl") & 65538,
    "(uid:=AQUILL1)": lambda e: e.attributes.get("uid") == ["aquill1"],
    "(ou:dn:=Groups)": lambda e: "ou=groups" in e.dn,
}


ALL_OR_NONE = {
    "(objectClass=*)",
    "(mobile=*)",
    "(!(mobile=*))",
    "(telephoneNumber=555*555)",
    r"(cn=*\2a*)",
}


@pytest.mark.parametrize("text", CONDITIONS)
def test_a_filter_finds_what_plain_python_finds(text):
    condition = decoded(text)
    found = [entry.dn for entry in ENTRIES if condition.evaluate(TREE.find(entry.dn))]
    assert found == [entry.dn for entry in ENTRIES if CONDITIONS[text](entry)]


@pytest.mark.parametrize("text", CONDITIONS)
def test_the_conditions_tell_entries_apart(text):
    count = sum(map(bool, map(CONDITIONS[text], ENTRIES)))
    assert (count in (0, len(ENTRIES))) == (text in ALL_OR_NONE)


@pytest.mark.parametrize(
    "text",
    [
        "(nickname=ada)",
        "(nickname=*)",
        "(nickname>=a)",
        "(nickname=a*)",
        f"(nickname:{BIT_AND}:=2)",
        "(manager=uid=aquill1*)",
        "(manager>=uid=aquill1)",
        "(manager=nonsense)",
        f"(uid:{BIT_AND}:=2)",
        f"(userAccountControl:{BIT_AND}:=two)",
        "(uid:1.2.3.4:=aquill1)",
        "(:caseIgnoreMatch:=aquill1)",
    ],
    ids=str,
)
def test_undefined_stays_undefined_when_negated(text):
    person = record(uid=["aquill1"], manager=[f"uid=bquill2,{PEOPLE}"], userAccountControl=["514"])
    assert decoded(text).evaluate(person) is None
    assert decoded(f"(!{text})").evaluate(person) is None


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("(&(uid=ada)(nickname=x))", None),
        ("(&(uid=bob)(nickname=x))", False),
        ("(|(uid=ada)(nickname=x))", True),
        ("(|(uid=bob)(nickname=x))", None),
    ],
)
def test_undefined_decides_only_what_the_rest_leaves_open(text, result):
    assert decoded(text).evaluate(record(uid=["ada"])) is result


def test_and_or_of_nothing():
    assert filters.decode(ber.Reader(b"\xa0\x00")).evaluate(record(uid=["ada"])) is True
    assert filters.decode(ber.Reader(b"\xa1\x00")).evaluate(record(uid=["ada"])) is False


def test_an_unknown_kind_of_filter_is_undefined():
    unknown = filters.decode(ber.Reader(ber.octets("x", 0x8E)))
    assert (unknown.text, unknown.evaluate(record(uid=["ada"]))) == ("(?)", None)


@pytest.mark.parametrize("text", [*CONDITIONS, "(&)", "(|)"])
def test_the_text_of_a_filter_reads_as_the_filter(text):
    data = {"(&)": b"\xa0\x00", "(|)": b"\xa1\x00"}.get(text) or encoded(text)
    shown = filters.decode(ber.Reader(data)).text
    assert shown == text.replace(r"\2c", ",")
    assert text in ("(&)", "(|)") or encoded(shown) == data


def test_bytes_are_escaped_in_the_text():
    data = ber.sequence(ber.octets("objectGUID"), ber.octets(b"\xff\x00*"), tag=0xA3)
    assert filters.decode(ber.Reader(data)).text == r"(objectGUID=\ff\00\2a)"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xa2\x00",
        b"\xa2\x06\x87\x01a\x87\x01b",
        b"\xa3\x03\x04\x01a",
        b"\xa4\x05\x04\x01a\x30\x00",
        b"\xa4\x0b\x04\x01a\x30\x06\x82\x01b\x80\x01c",
        b"\x87\x01\xff",
    ],
    ids=["none", "not nothing", "not two", "no value", "no piece", "final first", "no UTF-8"],
)
def test_what_is_no_filter(data):
    with pytest.raises(ber.Malformed):
        filters.decode(ber.Reader(data))


def test_deep_nesting_is_refused():
    data = b"\x87\x01a"
    for _ in range(2000):
        data = ber.element(0xA2, data)
    with pytest.raises(ber.Malformed, match="deep"):
        filters.decode(ber.Reader(data))


@pytest.mark.parametrize(
    "same",
    [
        r"CN=Smith\, Jr.,OU=people,DC=example,DC=com",
        r"cn=Smith\2C Jr. , ou=People, dc=EXAMPLE,dc=com",
        r"cn = smith\2c  jr.,ou=people,dc=example,dc=com",
    ],
)
def test_spellings_of_one_name(same):
    assert parse_dn(same) == parse_dn(r"cn=Smith\, Jr.,ou=people,dc=example,dc=com")


def test_names():
    assert parse_dn("") == ()
    assert parse_dn("cn=a+uid=b,dc=c") == parse_dn("UID=B+CN=A,DC=C")
    assert parse_dn("cn=a,uid=b,dc=c") != parse_dn("cn=a+uid=b,dc=c")
    assert parse_dn(r"cn=Zo\c3\ab") == parse_dn("cn=Zoë")
    assert len(parse_dn(r"cn=a\\,dc=c")) == 2


@pytest.mark.parametrize(
    "text", ["nonsense", "cn", "=a", "cn=a,", "cn=a,,dc=b", 'cn="a"', r"cn=a\2", "cn=a;dc=b", " "]
)
def test_what_is_no_name(text):
    with pytest.raises(ValueError, match="not a distinguished name: "):
        parse_dn(text)


def test_a_name_full_of_escapes_is_refused_quickly():
    with pytest.raises(ValueError, match="not a distinguished name: "):
        parse_dn("cn=" + r"\2c" * 5000 + '"')


def test_selected_attributes():
    held = record(cn=["x"], telephoneNumber=["1"], entryUUID=["2"])
    assert isinstance(held, Record)
    names = {
        (): ["cn", "telephoneNumber"],
        ("*",): ["cn", "telephoneNumber"],
        ("+",): ["entryUUID"],
        ("*", "+"): ["cn", "telephoneNumber", "entryUUID"],
        ("TELEPHONENUMBER", "mail"): ["telephoneNumber"],
        ("entryuuid", "*"): ["cn", "telephoneNumber", "entryUUID"],
        ("1.1",): [],
        ("1.1", "cn"): ["cn"],
    }
    assert {wanted: [name for name, _ in held.selected(wanted)] for wanted in names} == names
