"""Models of Macs by their serial numbers, from a mock server of Apple's support service."""

import threading
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.mapping.converters import conversion
from sandbox.web import WebServer

# The service answers with these two shapes, both with status 200.
KNOWN = (
    '<?xml version="1.0" encoding="utf-8" ?><root><name>CPU Name</name>'
    "<configCode>{}</configCode><locale>en_US</locale></root>"
)
UNKNOWN = (
    '<?xml version="1.0" encoding="utf-8" ?><root><error>0009</error><locale>en_US</locale></root>'
)
MODELS = {
    "G3QC": "MacBook Pro (Retina, 15-inch, Mid 2014)",
    "01P": "iMac (Early 2006)",
    "GR81": "Apple Watch Herm&#xE8;s",
    "Q20P": "Apple Watch Series\N{NO-BREAK SPACE}6",
    "J094": "",
    "XXXX": "CPU Name",
}
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE root [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    "<root><configCode>&b;</configCode></root>"
)


class Apple:
    """The service; `broken` are answers (status, body) that it gives first."""

    def __init__(self):
        self.asked = []
        self.broken = []
        self.url = ""

    def __call__(self, environ, respond):
        asked = parse_qs(environ["QUERY_STRING"])
        assert environ["PATH_INFO"] == "/sp/product"
        assert list(asked) == ["cc"]
        [code] = asked["cc"]
        self.asked.append(code)
        known = MODELS.get(code)
        answer = ("200 OK", UNKNOWN if known is None else KNOWN.format(known))
        status, body = self.broken.pop(0) if self.broken else answer
        respond(status, [("Content-Type", "text/xml;charset=utf-8")])
        return [body if isinstance(body, bytes) else body.encode()]


@pytest.fixture
def apple():
    service = Apple()
    with WebServer(service) as server:
        service.url = f"{server.url}/sp/product"
        yield service


@pytest.fixture
def convert(apple):
    made = conversion(f"mac_model_from_sn:url={apple.url}")

    def convert(serial, value=None):
        return made("hardware.model", {"general": {"serial_number": serial}}, value)

    return convert


@pytest.mark.parametrize(
    ("serial", "model"),
    [
        ("C02NLBV4G3QC", "MacBook Pro (Retina, 15-inch, Mid 2014)"),
        (" c02nlbv4g3qc ", "MacBook Pro (Retina, 15-inch, Mid 2014)"),
        ("RM60100001P", "iMac (Early 2006)"),
        ("C02NLBV4GR81", "Apple Watch Hermès"),
        ("C02NLBV4Q20P", "Apple Watch Series 6"),
    ],
)
def test_the_end_of_a_serial_number_tells_the_model(convert, serial, model):
    assert convert(serial) == model
    assert convert(serial, "") == model


def test_only_the_end_is_sent_and_once_for_each(apple, convert):
    for number in range(3):
        convert(f"C02NLBV{number}G3QC")
        convert(f"RM60100{number}01P")
    assert apple.asked == ["G3QC", "01P"]


def test_a_model_that_is_there_stays(apple, convert):
    assert convert("C02NLBV4G3QC", "MacBook") == "MacBook"
    assert apple.asked == []


@pytest.mark.parametrize("serial", [None, "", "  "])
def test_without_a_serial_number_there_is_no_value(apple, convert, serial):
    assert convert(serial) is None
    assert apple.asked == []


@pytest.mark.parametrize(
    "serial", ["K7XQ2V9WLM", "VMWVWXYZ12345", "C02NLBV4G3Q&", "Not Available", "4G3QC", 4711]
)
def test_a_random_or_other_serial_number_tells_no_model(apple, convert, serial):
    with pytest.raises(
        ValueError, match=f"(?i)the serial number '{serial}' does not contain a model code"
    ):
        convert(serial)
    assert apple.asked == []


@pytest.mark.parametrize("code", ["ZZZZ", "J094", "XXXX"])
def test_an_end_that_apple_does_not_know_is_asked_for_once(apple, convert, code):
    for _ in range(2):
        with pytest.raises(ValueError, match=f"Apple has no model for .* end with {code}"):
            convert(f"C02NLBV4{code}")
    assert apple.asked == [code]


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        ("403 Forbidden", "", "the server responded with 403"),
        ("404 Not Found", "", "the server responded with 404"),
        ("200 OK", "<html><body>Maintenance<br></body></html>", "the response is not XML"),
        ("200 OK", "", "the response is not XML"),
        ("200 OK", b"\xff\xfe<\x00r\x00", "the response is not XML"),
        ("200 OK", BOMB, "the response has an unknown format"),
    ],
)
def test_a_failure_is_told_and_is_no_model(apple, convert, status, body, why):
    apple.broken = [(status, body)]
    with pytest.raises(ValueError, match=f"http://.*/sp/product: {why}"):
        convert("C02NLBV4G3QC")
    assert convert("RM60100001P") == "iMac (Early 2006)"


def test_a_service_that_is_away_is_told():
    made = conversion("mac_model_from_sn:url=http://127.0.0.1:9/sp/product")
    with pytest.raises(ValueError, match=r"^http://127\.0\.0\.1:9/sp/product: "):
        made("model", {"general": {"serial_number": "C02NLBV4G3QC"}}, None)


def test_after_three_failures_in_a_row_the_service_is_asked_no_more(apple, convert):
    apple.broken = [("403 Forbidden", "")] * 3
    for code in ("AAAA", "BBBB", "CCCC"):
        with pytest.raises(ValueError, match="403"):
            convert(f"C02NLBV4{code}")
    for _ in range(2):
        with pytest.raises(
            ValueError, match="failed 3 times in a row and is not used again in this run"
        ):
            convert("C02NLBV4G3QC")
    assert apple.asked == ["AAAA", "BBBB", "CCCC"]


def test_an_answer_between_failures_begins_the_count_again(apple, convert):
    refused, answered = ("403 Forbidden", ""), ("200 OK", UNKNOWN)
    apple.broken = [refused, refused, answered, refused, refused]
    for number in range(5):
        with pytest.raises(ValueError):
            convert(f"C02NLBV4AAA{number}")
    assert convert("C02NLBV4G3QC") == MODELS["G3QC"]


def test_models_found_before_the_service_failed_are_still_known(apple, convert):
    convert("C02NLBV4G3QC")
    apple.broken = [("403 Forbidden", "")] * 3
    for number in range(4):
        with pytest.raises(ValueError):
            convert(f"C02NLBV4AAA{number}")
    assert convert("C02AAAAAG3QC") == MODELS["G3QC"]


def test_threads_that_come_at_once_ask_once(apple, convert):
    threads = [threading.Thread(target=convert, args=("C02NLBV4G3QC",)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert apple.asked == ["G3QC"]


def test_the_serial_number_may_be_elsewhere(apple):
    made = conversion(f"mac_model_from_sn:url={apple.url}|serial=bios.serial")
    assert made.reads == {"bios.serial"}
    assert made("model", {"bios": {"serial": "C02NLBV4G3QC"}}, "") == MODELS["G3QC"]


def test_it_reads_the_serial_number_of_casper_unless_told_otherwise():
    assert conversion("mac_model_from_sn").reads == {"general.serial_number"}


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ("url=ftp://example.com", "url: .* must begin with http"),
        ("serial", "serial needs a value"),
        ("path=x", "unknown parameter 'path'"),
    ],
)
def test_wrong_parameters_are_told_with_the_mapping(params, why):
    with pytest.raises(ValueError, match=why):
        conversion(f"mac_model_from_sn:{params}")


@given(
    st.text(max_size=9)
    | st.integers(0, 10**8)
    | st.booleans()
    | st.dictionaries(st.text(), st.text())
)
def test_what_is_no_serial_number_is_refused_without_asking(serial):
    made = conversion("mac_model_from_sn:url=http://127.0.0.1:9")
    try:
        assert made("model", {"general": {"serial_number": serial}}, None) is None
    except ValueError as error:
        assert "does not contain a model code" in str(error) or "is not text" in str(error)
