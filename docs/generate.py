"""Write what is made from the code: the tables in the docs' pages, and config.ini.example.

Run it with `make docs`. A line `<!-- settings: MODULE.CLASS -->`, `<!-- converters -->`,
`<!-- commands -->` or `<!-- options -->` (the shared ones) in a page is followed by what is
generated, down to `<!-- end -->`.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from lib import plugins  # noqa: E402
from lib.cli import main as command_line  # noqa: E402
from lib.cli.command import Command  # noqa: E402
from lib.cli.options import SHARED  # noqa: E402
from lib.config import generate  # noqa: E402
from lib.connector import ConnectorSettings  # noqa: E402
from lib.mapping.converters import REQUIRED, Parameter  # noqa: E402
from lib.settings import Setting, as_text, declared  # noqa: E402

COMMANDS = {name: item for name, item in command_line.commands.items() if isinstance(item, Command)}
MARK = re.compile(
    r"(<!-- (settings: (?P<kind>[\w.]+)|(?P<what>converters|commands|options)) -->\n)"
    r"(.*?<!-- end -->\n)?",
    re.DOTALL,
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
    made = {"converters": _converters, "commands": _commands, "options": _common_options}
    table = _settings(mark["kind"]) if mark["kind"] else made[mark["what"]]()
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


def _commands() -> str:
    """Each command with its help text, the options that are its own, and its examples."""
    parts = []
    for name, command in sorted(COMMANDS.items()):
        arguments = [item.metavar for item in command.params if isinstance(item, click.Argument)]
        parts += [
            f"### `{name}`",
            "```\n" + " ".join(["connector.py", name, "[OPTIONS]", *map(str, arguments)]) + "\n```",
            inspect.cleandoc(command.help or ""),
        ]
        own = [item for item in _shown(command) if item.name not in _common()]
        if own:
            rows = [f"| `{_usage(option)}` | {option.help} |" for option in own]
            parts += ["\n".join(["| option | meaning |", "|---|---|", *rows])]
        examples = [f"connector.py {example}" for example in command.examples]
        parts += ["Examples:\n\n```\n" + "\n".join(examples) + "\n```"]
    return "\n\n".join([*parts, ""])


def _common_options() -> str:
    """The options that several commands share, each with the commands that use it."""
    rows = []
    for option in _common().values():
        users = [
            f"`{name}`"
            for name, command in COMMANDS.items()
            if option.name in [item.name for item in _shown(command)]
        ]
        rows += [f"| `{_usage(option)}` | {option.help} | {', '.join(users)} |"]
    return "\n".join(["| option | meaning | used by |", "|---|---|---|", *rows, ""])


def _common() -> dict[str, click.Option]:
    return {option.name or "": option for option in _shown(command_line) if option.name in SHARED}


def _shown(command: click.Command) -> list[click.Option]:
    return [item for item in command.params if isinstance(item, click.Option) and not item.hidden]


def _usage(option: click.Option) -> str:
    kind = "N" if isinstance(option.type, click.types.IntParamType) else option.type.name.upper()
    value = "" if option.is_flag else f" {option.metavar or kind}"
    return "`, `".join(option.opts) + value


if __name__ == "__main__":
    main()
