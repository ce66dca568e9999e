"""Break the program in one small place after the other, and see whether its tests notice.

    python -m tests.mutants [--sample 200] [--seed 1] [--workers 2] [FOLDER ...]

For each mutant, one expression or statement is another one in a copy of the tree, and the tests of
its module, its folder and of whole runs are run there. One that no test notices is shown. A script
of our own, since mutmut leaves out properties, other decorated functions and the state's SQL.
"""

from __future__ import annotations

import argparse
import ast
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import cache_from_source
from pathlib import Path
from queue import SimpleQueue
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("lib/run", "lib/state", "lib/mapping")
COPIED = ("connector.py", "connectors", "converters", "lib", "sandbox", "tests", "pyproject.toml")
HANGS = 300  # seconds; tests that take longer have noticed something

OPERATORS: dict[type[ast.AST], Any] = {ast.Lt: ast.LtE, ast.Gt: ast.GtE, ast.Eq: ast.NotEq}
OPERATORS |= {ast.Is: ast.IsNot, ast.In: ast.NotIn, ast.And: ast.Or, ast.Add: ast.Sub}
OPERATORS |= {other: one for one, other in OPERATORS.items()} | {ast.Mult: ast.FloorDiv}
SQL = [(" >= ", " > "), (" > ", " >= "), (" <= ", " < "), (" < ", " <= "), (" != ", " = ")]
SQL += [(" AND ", " OR "), (" DESC", ""), ("max(", "min("), ("OR IGNORE", ""), ("excluded.", "")]
SQL += [(" IS NULL", " IS NOT NULL"), (" IS NOT NULL", " IS NULL")]
# How the texts begin that are SQL.
WORDS_OF_SQL = r" ?(\(:|SELECT|INSERT|UPDATE|DELETE|AND|ON|WHERE)"
FOLDING = {"casefold", "lower", "strip"}
# What decides nothing: types, and texts for people.
TYPES = {"annotation", "returns", "decorator_list", "bases"}
TEXTS = (ast.JoinedStr, ast.Raise)


@dataclass(frozen=True)
class Mutant:
    """Other text for the bytes of a file from `begin` to `end`."""

    path: str
    line: int
    begin: int
    end: int
    text: str

    def of(self, source: bytes) -> bytes:
        return source[: self.begin] + self.text.encode() + source[self.end :]


def mutants_of(path: str, source: str) -> Iterator[Mutant]:
    """All mutants of a file."""
    starts = [0]
    for line in source.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node in _nodes(ast.parse(source)):
        for old, new in _others(node):
            begin = starts[old.lineno - 1] + old.col_offset
            end = starts[(old.end_lineno or 0) - 1] + (old.end_col_offset or 0)
            text = f"({ast.unparse(new)})" if isinstance(old, ast.expr) else ast.unparse(new)
            yield Mutant(path, old.lineno, begin, end, text)


def _nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes below one that decide something."""
    for name, value in ast.iter_fields(tree):
        for node in value if isinstance(value, list) else [value]:
            if name in TYPES or not isinstance(node, ast.AST):
                continue
            says = ast.unparse(node) if isinstance(node, ast.Expr) else ""
            if not says.startswith(("log.", '"', "'", "...")):
                yield node
                yield from () if isinstance(node, TEXTS) else _nodes(node)


def _others(node: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, ast.AST]]:
    """Which nodes may stand in the place of this one, or of one in it."""
    match node:
        case ast.If(test=ast.Name() | ast.Attribute() | ast.Call()):
            yield node.test, ast.UnaryOp(ast.Not(), node.test)
        case ast.Expr() | ast.Raise() | ast.Assign(targets=[ast.Attribute()]) | ast.AugAssign():
            yield node, ast.Pass()
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield value, ast.Constant(None)
        case ast.Break() | ast.Continue():
            yield node, ast.Continue() if isinstance(node, ast.Break) else ast.Break()
        case ast.expr():
            yield from ((node, other) for other in _expressions(node))


def _expressions(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.Compare(ops=[op]) if type(op) in OPERATORS:
            yield ast.Compare(node.left, [OPERATORS[type(op)]()], node.comparators)
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(OPERATORS[type(op)](), values)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            yield ast.BinOp(left, OPERATORS[type(op)](), right)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.Constant(value=bool() | int() | float() as value):
            yield ast.Constant(not value if isinstance(value, bool) else value + 1)
        case ast.Constant(value=str() as value) if re.match(WORDS_OF_SQL, value):
            yield from map(ast.Constant, _other_sql(value))
        case ast.Call(func=ast.Attribute(value=inner, attr=attr), args=[]) if attr in FOLDING:
            yield inner
        case ast.Call(keywords=[_, *_]):
            for keyword in node.keywords:
                others = [each for each in node.keywords if each != keyword]
                yield ast.Call(node.func, node.args, others)


def _other_sql(text: str) -> Iterator[str]:
    for old, new in SQL:
        at = text.find(old)
        while at >= 0:
            yield text[:at] + new + text[at + len(old) :]
            at = text.find(old, at + 1)


def survives(mutant: Mutant, tree: Path) -> bool:
    """Whether no test notices it, in a copy of the tree."""
    folder, _, name = mutant.path.rpartition("/")
    wing = "/".join(folder.split("/")[:2])
    tests = (f"tests/{folder}/test_{name}", f"tests/{wing}", "tests/run")
    command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider"]
    command += [each for each in tests if (tree / each).exists()]
    file = tree / mutant.path
    source = file.read_bytes()
    try:
        file.write_bytes(mutant.of(source))
        Path(cache_from_source(str(file))).unlink(missing_ok=True)
        ended = subprocess.run(command, cwd=tree, capture_output=True, timeout=HANGS, check=False)
    except subprocess.TimeoutExpired:
        return False
    finally:
        file.write_bytes(source)
        Path(cache_from_source(str(file))).unlink(missing_ok=True)
    return ended.returncode == 0


def tried(sample: list[Mutant], workers: int) -> Iterator[tuple[Mutant, bool]]:
    """Yield each of them, and whether it survives."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(workers) as pool:
        trees: SimpleQueue[Path] = SimpleQueue()
        for number in range(workers):
            trees.put(tree := Path(folder, str(number)))
            tree.mkdir()
            for name in COPIED:
                copied = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
                copied(ROOT / name, tree / name)

        def try_out(mutant: Mutant) -> bool:
            tree = trees.get()
            try:
                return survives(mutant, tree)
            finally:
                trees.put(tree)

        yield from zip(sample, pool.map(try_out, sample), strict=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("folders", nargs="*", default=FOLDERS)
    for name, default in (("--sample", 200), ("--seed", 1), ("--workers", 2)):
        parser.add_argument(name, type=int, default=default)
    given = parser.parse_args()
    paths = sorted(path for folder in given.folders for path in (ROOT / folder).rglob("*.py"))
    texts = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in paths}
    every = [mutant for path, text in texts.items() for mutant in mutants_of(path, text)]
    sample = random.Random(given.seed).sample(every, min(given.sample, len(every)))
    begun, left = time.monotonic(), 0
    for number, (mutant, alive) in enumerate(tried(sample, given.workers), 1):
        print(f"{number} {mutant.path}:{mutant.line}{' SURVIVES' * alive}", flush=True)
        if alive:
            left += 1
            old = texts[mutant.path].encode()[mutant.begin : mutant.end].decode()
            print(f"  - {old}\n  + {mutant.text}")
    print(
        f"{len(sample) - left} of {len(sample)} mutants were noticed"
        f" ({100 - 100 * left / len(sample):.0f} %); there are {len(every)}. Seed {given.seed},"
        f" {(time.monotonic() - begun) / 60:.0f} minutes"
    )


if __name__ == "__main__":
    main()
