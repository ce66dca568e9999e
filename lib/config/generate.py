"""Generate a config file from the settings that the connectors declare."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path
from typing import Any

from lib import connector, plugins
from lib.errors import ConfigurationError
from lib.oomnitza.target import OomnitzaSettings
from lib.settings import declared

HEAD = """\
# Settings of the Oomnitza Connector.
#
# Each section is one source. Delete the sections that you do not need. To use a connector twice,
# add a dot and a suffix to the name: [ldap.Contractors]. A section runs if it has `enable = True`.
# Write values without quotes. Commented-out settings are alternatives to the ones above them.
# To fill the Oomnitza field FIELD, add a line to the end of the section:
#   mapping.FIELD = {"source": "path.in.the.record"}
# All settings are described in docs/reference/.
"""


def ini_text() -> str:
    """Return the whole file: [oomnitza], then every connector, disabled.

    Alternative settings are commented out, so that what stays is one way to sign in.
    """
    parts = [HEAD, "[oomnitza]", *_settings(OomnitzaSettings)]
    for name in plugins.plugin_names("connectors"):
        kind = connector.load_connector(name)
        parts += [f"\n[{name}]", *_comment(kind.__doc__ or ""), "enable = False"]
        parts += _settings(kind.settings_type)
    return "\n".join(parts) + "\n"


def write(path: Path) -> Path | None:
    """Write the generated file, readable by its owner only; rename an existing file first.

    Returns the older file's new name. Raises ConfigurationError if it cannot be written.
    """
    text = ini_text()
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise ConfigurationError(
            "not a regular file, so it was not replaced",
            where=str(path),
            fix="Name another file with --ini",
        )
    try:
        backup = _backup_name(path) if path.exists() else None
        if backup:
            path.rename(backup)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise ConfigurationError(
            f"cannot write the file ({error.strerror})",
            where=str(path),
            fix="Check that the folder exists and that you can write to it",
        ) from None
    return backup


def _settings(kind: type[Any]) -> list[str]:
    lines: list[str] = []
    for item in declared(kind):
        if not item.about.advanced:
            line = f"{item.name} = {item.example}".rstrip()
            lines += [*_comment(item.help_text()), f"# {line}" if item.about.alternative else line]
    return lines


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(" ".join(text.split()), 96)]


def _backup_name(path: Path) -> Path:
    backup = path.with_name(f"{path.name}.bak")
    number = 0
    while backup.exists():
        number += 1
        backup = path.with_name(f"{path.name}.bak.{number}")
    return backup
