"""Placeholders: what firmware, hypervisors, and tools write where they know no serial number."""

from __future__ import annotations

from typing import Any

from lib.values.values import trimmed

# docs/reference/mapping.md lists them. Compared without regard to case.
PLACEHOLDERS = frozenset(
    text.casefold()
    for text in (
        "0", "0123456789", "0123456789ABCDEF", "123456789", "1234567890", "Asset-1234567890",
        "Base Board Asset Tag", "Base Board Serial Number", "BSN0123456789",
        "BSN12345678901234567890", "Chassis Asset Tag", "Chassis Serial Number", "Default string",
        "Empty", "Filled By O.E.M.", "Filled By OEM", "Invalid", "MB-1234567890", "N/A", "Nil",
        "No Asset Information", "No Asset Tag", "No Serial Number", "None", "(none)",
        "Not Applicable", "Not Available", "Not Defined", "Not Present", "Not Settable",
        "Not Specified", "Null", "(null)", "<null>", "O.E.M.", "OEM_Serial", "Serial Number",
        "SerialNumber", "SSN12345678901234567890", "System Serial Number", "SystemSerialNumb",
        "SystemSerialNumber", "To Be Filled By O.E.M", "To Be Filled By O.E.M.",
        "To Be Filled By OEM", "To Be Filled By O.E.M. by More String",
        "Type1 - System Serial Number", "Type2 - Board Asset Tag", "Type2 - Board Serial Number",
        "Type3 - Chassis Serial Number", "Undefined", "Unknown", "Unspecified",
        "00020003-0004-0005-0006-000700080009", "03000200-0400-0500-0006-000700080009",
        "12345678-1234-5678-90AB-CDDEEFAABBCC", "FEFEFEFE-FEFE-FEFE-FEFE-FEFEFEFEFEFE",
    )
)  # fmt: skip
# So many zeros, or letters F, and nothing else. Separators as in MAC addresses do not count.
REPEATED = 6
SEPARATORS = str.maketrans("", "", "-:. ")


def is_placeholder(value: Any) -> bool:
    """Return whether a value is the same on many machines, so that it identifies none of them.

    These are the values in PLACEHOLDERS, six or more zeros or letters F, and values without a
    letter or digit. An empty value is none.
    """
    if not isinstance(value, str):
        return isinstance(value, int) and not isinstance(value, bool) and is_placeholder(str(value))
    text = trimmed(value)
    if not text or text.casefold() in PLACEHOLDERS:
        return bool(text)
    if text[0] in "0fF":
        digits = text.translate(SEPARATORS)
        return len(digits) >= REPEATED and not (digits.strip("0") and digits.strip("fF"))
    return not text[0].isalnum() and not any(map(str.isalnum, text))
