"""Write what is made from the code: the tables in the docs' pages, and config.ini.example.

Run it with `make docs`. A line `<!-- settings: MODULE.CLASS -->` or `<!-- converters -->` in a page
is followed by what is generated, down to `<!-- end -->`.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from lib import plugins  # noqa: E402
from lib.config import generate  # noqa: E402
from lib.connector import ConnectorSettings  # noqa: E402
from lib.mapping.converters import REQUIRED, Parameter  # noqa: E402
from lib.settings import Setting, as_text, declared  # noqa: E402

MARK = re.compile(
    r"(<!-- (settings: (?P<kind>[\w.]+)|converters) -->\n)(.*?<!-- end -->\n)?", re.DOTALL
)


def main() -> None:
    for path, text in generated():
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")


def generated() -> Iterator[tuple[Path, str]]:
    """Yield each file that holds something generated, with what it should hold."""
    yield ROOT / "config.ini.example", generate.ini_text()
    for page in sorted((ROOT / "docs").rglob("*.md")):
        text = page.read_text("utf-8")
        if MARK.search(text):
            yield page, MARK.sub(_fill, text)


def _fill(mark: re.Match[str]) -> str:
    table = _settings(mark["kind"]) if mark["kind"] else _converters()
    return f"{mark[1]}\n{table}\n<!-- end -->\n"


def _settings(name: str) -> str:
    module, _, kind = name.rpartition(".")
    own = list(declared(getattr(importlib.import_module(module), kind)))
    if module.startswith("connectors."):  # what all sections have is on a page of its own
        common = declared(ConnectorSettings)
        own = [item for item in own if item not in common]
    rows = [f"| `{item.name}` | {_default(item)} | {_help(item)} |" for item in own]
    return "\n".join(["| setting | default | meaning |", "|---|---|---|", *rows, ""])


def _default(item: Setting) -> str:
    if item.required:
        return "*must be given*"
    text = as_text(item.default)
    return f"`{text}`" if text else "*empty*"


def _help(item: Setting) -> str:
    return item.help_text(quote="`").replace("|", "\\|")


def _converters() -> str:
    parts = []
    for name in plugins.plugin_names("converters"):
        module = plugins.load_plugin("converters", name)
        parts += [f"### `{name}`", inspect.cleandoc(module.__doc__ or "")]
        parameters = getattr(module, "PARAMETERS", {})
        if parameters:
            rows = [
                f"| `{key}` | {_given(item)} | {item.help} |" for key, item in parameters.items()
            ]
            parts += ["\n".join(["| parameter | default | meaning |", "|---|---|---|", *rows])]
    return "\n\n".join([*parts, ""])


def _given(parameter: Parameter) -> str:
    """The default of a parameter, as a cell of a table."""
    default = parameter.default
    if default is REQUIRED:
        return "*must be given*"
    return f"`{default}`" if default not in (None, "", False) else "*none*"


if __name__ == "__main__":
    main()
