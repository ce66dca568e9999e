"""The name of a customer, however it is pasted."""

import pytest

from lib.http.subdomain import subdomain


@pytest.mark.parametrize(
    "text",
    [
        "acme-2",
        "  acme-2\t",
        "acme-2.zendesk.com",
        "https://acme-2.zendesk.com",
        "HTTP://acme-2.zendesk.com/agent/dashboard",
        "acme-2.zendesk.com/",
        "acme-2.Zendesk.COM",
    ],
)
def test_a_name_may_come_with_what_is_around_it(text):
    assert subdomain(text, domain="zendesk.com") == "acme-2"


@pytest.mark.parametrize("text", ["x", "ACME"])
def test_short_names_and_capitals_are_names(text):
    assert subdomain(text, domain="zendesk.com") == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "two words",
        "acme.example.com",
        "evil.com#.zendesk.com",
        "acme@evil.com",
        "-acme",
        "acme-",
        "zürich",
        "acme:8080",
        "acme\nother",
    ],
)
def test_what_would_lead_to_another_host_is_no_name(text):
    with pytest.raises(ValueError, match=r"NAME in https://NAME\.zendesk\.com"):
        subdomain(text, domain="zendesk.com")
