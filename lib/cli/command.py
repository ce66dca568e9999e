"""A command: the values of its options, its examples, and its place in the program's help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
from click.core import ParameterSource

from lib.cli.say import warn


class Command(click.Command):
    """A command whose shared options can also be given before its name.

    `part` is the heading under which the program's help lists it; `examples` are shown at the end
    of its own help, without the name of the program.
    """

    def __init__(self, *args: Any, part: str, examples: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.part = part
        self.examples = examples

    def invoke(self, ctx: click.Context) -> Any:
        """Call the command with the options from before and after its name; the latter win."""
        outer = ctx.parent or ctx
        for option in self.params:
            name = option.name or ""
            own, before = _is_given(ctx, name), _is_given(outer, name)
            if before and not own:
                ctx.params[name] = outer.params[name]
            if option in _hidden(self) and (own or before):
                warn(f"{option.opts[0]} has no effect on the command {self.name}")
        return super().invoke(ctx)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, each on a line of its own."""
        with formatter.section("Examples"):
            for example in self.examples:
                formatter.write(f"{'':{formatter.current_indent}}connector.py {example}\n")


def _is_given(ctx: click.Context, name: str) -> bool:
    return name in ctx.params and ctx.get_parameter_source(name) is not ParameterSource.DEFAULT


def _hidden(command: click.Command) -> list[click.Option]:
    return [item for item in command.params if isinstance(item, click.Option) and item.hidden]


def write_commands(commands: Sequence[Command], formatter: click.HelpFormatter) -> None:
    """Write the commands with their summaries, under the headings of their parts."""
    for part in dict.fromkeys(command.part for command in commands):
        with formatter.section(part):
            formatter.write_dl(
                [
                    (command.name or "", command.get_short_help_str())
                    for command in commands
                    if command.part == part
                ]
            )
