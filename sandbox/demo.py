"""The demo: start the sandbox, upload users and computers, and show the result."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sandbox.company import Company
from sandbox.oomnitza import Oomnitza

ROOT = Path(__file__).resolve().parent.parent
COMMAND = [sys.executable, str(ROOT / "connector.py"), "upload", "ldap", "casper", "--ini"]


def main() -> int:
    with Company(ROOT / ".sandbox", ini="demo.ini") as company:
        for name, url in company.addresses.items():
            print(f"{name:<10} {url}")
        shown = Path(*COMMAND[1:2]).name
        print(
            f"\n$ {shown} {' '.join(COMMAND[2:])} {company.config.relative_to(ROOT)}\n", flush=True
        )
        local = dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost")
        environment = {**os.environ, **local}
        result = subprocess.run([*COMMAND, str(company.config)], check=False, env=environment)
        print()
        show(company.oomnitza)
    return result.returncode


def show(oomnitza: Oomnitza) -> None:
    """Print the number of users and assets in Oomnitza, and three of each."""
    for kind in ("users", "assets"):
        print(f"Oomnitza now has {oomnitza.count(kind)} {kind}, for example:")
        for record in oomnitza.records(kind, limit=3):
            fields = (f"{name}={_short(value)}" for name, value in record.items())
            print("  " + ", ".join(fields))
    print("Counts of the last two runs in Oomnitza:")
    for run in oomnitza.runs()[-2:]:
        print(
            f"  {run.connector_name}: {run.added} added, {run.updated} updated,"
            f" {run.skipped} skipped, {run.errors} errors"
        )


def _short(value: object) -> str:
    return f"[{len(value)} items]" if isinstance(value, list) else str(value)


if __name__ == "__main__":
    sys.exit(main())
