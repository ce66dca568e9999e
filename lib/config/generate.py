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
# One section for each connection; delete those you do not need. A second connection of a kind
# takes a suffix behind a dot: [ldap.Contractors]. Set `enable = True` to let a section run.
# Every value is taken as it stands, without quotes. A line
#   mapping.FIELD = {"source": "path.in.the.record"}
# at the end of a section says where the Oomnitza field FIELD gets its value.
# The pages in docs/ tell what else a section may hold.
"""


def ini_text() -> str:
    """Return the whole file: [oomnitza], then every connector, disabled."""
    parts = [HEAD, "[oomnitza]", *_settings(OomnitzaSettings)]
    for name in plugins.plugin_names("connectors"):
        kind = connector.load_connector(name)
        parts += [f"\n[{name}]", *_comment(kind.__doc__ or ""), "enable = False"]
        parts += _settings(kind.settings_type)
    return "\n".join(parts) + "\n"


def write(path: Path) -> Path | None:
    """Write the generated file, readable by its owner only; rename an existing file first.

    Returns the older file's new name. Raises ConfigurationError where it cannot be written.
    """
    text = ini_text()
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise ConfigurationError("this is no ordinary file; it is left as it is", where=str(path))
    try:
        backup = _backup_name(path) if path.exists() else None
        if backup:
            path.rename(backup)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise ConfigurationError(
            f"the file cannot be written ({error.strerror})", where=str(path)
        ) from None
    return backup


def _settings(kind: type[Any]) -> list[str]:
    lines: list[str] = []
    for item in declared(kind):
        if not item.about.advanced:
            lines += [
                *_comment(item.help_text()),
                f"{item.name} = {item.example}".rstrip(),
            ]
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
