"""Convert a phone number to a uniform format, by the rules of its country.

    {"source": "mobilePhone", "converter": "phone"}
    {"source": "workPhone", "converter": "phone:region=NO|format=international"}

`+47 (22) 34-56-78` becomes `+4722345678` or `+47 22 34 56 78`. With a region, this also works for
`22 34 56 78`. A value that is not a valid number cannot be converted. The format `e164` removes an
extension (`x12`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lib.mapping.converters import Parameter, Params, Resources
from lib.plugins import did_you_mean
from lib.record import Record
from lib.values.values import each

FORMATS = ("e164", "international", "national", "rfc3966")


def _format(text: str) -> str:
    name = text.strip().lower()
    if name not in FORMATS:
        hint = did_you_mean(name, FORMATS) or f"use one of: {', '.join(FORMATS)}"
        raise ValueError(f"unknown format '{name}'; {hint}")
    return name


PARAMETERS = {
    "region": Parameter(
        "The two-letter code of the country for numbers without a country code, such as `NO`."
        " Without it, numbers must begin with +.",
        default="",
        parse=lambda text: text.strip().upper(),
    ),
    "format": Parameter(f"One of: {', '.join(FORMATS)}.", default="e164", parse=_format),
}


def prepare(params: Params, resources: Resources) -> Callable[[str], str]:
    import phonenumbers  # with the rules of all countries: only who uses it is to wait for it

    region = params["region"]
    if region and region not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(f"region: '{region}' is not a two-letter country code, such as NO or US")
    form = getattr(phonenumbers.PhoneNumberFormat, params["format"].upper())

    def spelt(text: str) -> str:
        try:
            number = phonenumbers.parse(text.strip(), region or None)
        except phonenumbers.NumberParseException as error:
            why = "is not a phone number"
            if error.error_type == error.INVALID_COUNTRY_CODE:
                why = "has no country code; set region=..."
            raise ValueError(f"{text.strip()!r:.60} {why}") from None
        if not phonenumbers.is_valid_number(number):
            raise ValueError(f"{text.strip()!r:.60} is not a valid phone number")
        return phonenumbers.format_number(number, form)

    return spelt


def converter(field: str, record: Record, value: Any, params: Callable[[str], str]) -> Any:
    return each(value, params)
