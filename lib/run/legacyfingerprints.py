"""Fingerprints as the first version computed them, so that an upgrade recognizes its runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

from lib.config.sections import Section
from lib.mapping.mapping import FieldMapping
from lib.sectionsettings import ConnectorSettings
from lib.settings import declared

# The checkpoint file next to the config file that the first version used by default.
LEGACY_STORAGE = "storage.db"

# The settings of each connector that the first version put into a fingerprint: its own settings
# except secrets. For a connector that is not listed here, today's settings are used.
SETTINGS = {
    name: names.split()
    for name, names in {
        "airwatch": "client_id dep_uuid oauth_url url username workers",
        "bamboohr": "default_position default_role include_inactive report_fields system_name url",
        "casper": "api client_id group_name sync_type url username workers",
        "control_center": "storage url username",
        "csv_assets": "delimiter directory encoding filename",
        "csv_users": "default_position default_role delimiter directory encoding filename",
        "jasper": "endpoint storage username wsdl_path",
        "jsonl_assets": "directory encoding filename",
        "jsonl_users": "default_position default_role directory encoding filename",
        "ldap": (
            "base_dn default_position default_role filter group_dn group_member_filter"
            " group_members_attr groups_dn list_attributes protocol_version start_tls url username"
        ),
        "mobileiron": (
            "api_version include_checkin_devices_only last_checkin_date_threshold partitions url"
            " username workers"
        ),
        "okta": "default_position default_role deprovisioned limit url",
        "onelogin": "client_id default_position default_role url",
        "sccm": "authentication database driver encrypt include_obsolete port server username",
        "zendesk": (
            "client_id default_position default_role load_organizations roles scope system_name"
            " url username"
        ),
    }.items()
}

# Settings of all connectors for assets that the first version did not have.
LATER = {"placeholder_ids"}


def legacy_fingerprint(section: Section, keys: Sequence[FieldMapping]) -> str:
    """Return what `section_fingerprint` was in the first version."""
    own = {name: _text(section, name) for name in _names(section)}
    kept = section.recordfilter.value if section.recordfilter else ""
    how = [[item.field, item.attributes] for item in keys]
    text = json.dumps([section.connector, own, kept, how], sort_keys=True, default=str)
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _names(section: Section) -> list[str]:
    common = {item.name for item in declared(ConnectorSettings)}
    today = [
        item.name
        for item in declared(type(section.settings))
        if item.name not in common | LATER and not item.about.secret
    ]
    return SETTINGS.get(section.connector, today)


def _text(section: Section, name: str) -> str:
    value = getattr(section.settings, name, None)
    if name == "storage" and value is None:
        value = (section.folder or Path()) / LEGACY_STORAGE
    return str(value)
