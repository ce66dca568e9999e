"""A command: the values of its options, its examples, and its place in the program's help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
from click.core import ParameterSource

from lib.cli.say import warn

# Options that remove a safety: a typing error must not lead to them.
NEVER_SUGGESTED = ("--force",)


class OptionalValue(click.Option):
    """An option whose value is optional, and follows an equals sign: `--force`, `--force=fields`.

    Without a value, it has the value `bare`. What follows a space is another argument.
    """

    def __init__(self, *args: Any, bare: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bare = bare


class Command(click.Command):
    """A command whose shared options can also be given before its name.

    `part` is the heading under which the program's help lists it; `examples` are shown at the end
    of its own help, without the name of the program.
    """

    def __init__(self, *args: Any, part: str, examples: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.part = part
        self.examples = examples

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments, with the values that options have if none is given."""
        bare = {
            name: f"{name}={option.bare}"
            for option in self.params
            if isinstance(option, OptionalValue)
            for name in option.opts
        }
        end = args.index("--") if "--" in args else len(args)
        given = [bare.get(each, each) for each in args[:end]]
        try:
            return super().parse_args(ctx, [*given, *args[end:]])
        except click.NoSuchOption as error:
            near = [name for name in error.possibilities or () if name not in NEVER_SUGGESTED]
            raise click.NoSuchOption(
                error.option_name, error.message, possibilities=near, ctx=ctx
            ) from None

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
