"""The rules of the architecture: who imports whom, who prints, and what mirrors what."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from lib.config import generate

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("lib", "connectors", "converters", "sandbox", "tests", "docs", "benchmarks")
FILES = {
    path.relative_to(ROOT).as_posix(): path
    for path in [ROOT / "connector.py", *(p for top in FOLDERS for p in (ROOT / top).rglob("*.py"))]
}
PRODUCT = {
    name: path
    for name, path in FILES.items()
    if name.split("/")[0] in ("connector.py", "lib", "connectors", "converters")
}
TERMINAL = {
    "connector.py",
    "lib/interruption.py",
    *(name for name in PRODUCT if name.startswith("lib/cli/")),
}
EXITS = {"sys.exit", "os._exit", "os.abort", "exit", "quit"}
STREAMS = {"sys.stdout", "sys.stderr", "sys.__stdout__", "sys.__stderr__"}


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def imported(node: ast.AST) -> Iterator[str]:
    """The modules that are imported at or below a node: `from lib import logs` gives lib.logs."""
    for item in ast.walk(node):
        if isinstance(item, ast.Import):
            yield from (alias.name for alias in item.names)
        elif isinstance(item, ast.ImportFrom):
            assert item.level == 0, "imports are written in full"
            yield from (f"{item.module}.{alias.name}" for alias in item.names)


def tops(node: ast.AST) -> set[str]:
    return {name.split(".")[0] for name in imported(node)}


def in_folder(*folders: str) -> list[str]:
    return sorted(name for name in FILES if name.split("/")[0] in folders)


def importers(package: str) -> set[str]:
    return {name for name, path in PRODUCT.items() if package in tops(tree(path))}


def loaded_at_import(module: ast.Module) -> set[str]:
    """What the module imports outside of functions, and not for type checkers only."""
    statements = [
        node
        for node in module.body
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test))
    ]
    return set().union(*map(tops, statements))


def files_imported(name: str) -> set[str]:
    """The project's files that a file imports, anywhere in it and for type checkers too."""
    return {file_of(module) for module in imported(tree(FILES[name]))} - {name, ""}


def file_of(module: str) -> str:
    """The file of a module, or of the module that a name is taken from; nothing for a library."""
    path = module.replace(".", "/")
    above = path.rpartition("/")[0]
    files = (f"{path}.py", f"{path}/__init__.py", f"{above}.py", f"{above}/__init__.py")
    return next((file for file in files if file in FILES), "")


def circles(folder: str) -> list[set[str]]:
    """The groups of files in which each file leads back to itself by way of the others."""
    return groups({name: files_imported(name) for name in in_folder(folder)})


def groups(arrows: dict[str, set[str]]) -> list[set[str]]:
    """The groups of places in which each place leads back to itself by way of the others."""
    reached = {start: ends & set(arrows) for start, ends in arrows.items()}
    for middle, start in product(reached, reached):
        if middle in reached[start]:
            reached[start] |= reached[middle]
    found = {
        frozenset(other for other in reached if other in reached[name] and name in reached[other])
        for name in reached
        if name in reached[name]
    }
    return sorted(map(set, found), key=sorted)


@pytest.mark.parametrize("name", in_folder("connectors", "converters"))
def test_connectors_and_converters_import_from_lib_and_never_from_each_other(name):
    assert not tops(tree(FILES[name])) & {"connectors", "converters", "sandbox", "tests"}


@pytest.mark.parametrize("name", in_folder("lib"))
def test_lib_names_no_connector_and_no_converter(name):
    module = tree(FILES[name])
    assert not tops(module) & {"connectors", "converters", "tests"}
    named = {node.value for node in ast.walk(module) if isinstance(node, ast.Constant)}
    for folder in ("connectors", "converters"):
        files = {Path(item).stem for item in in_folder(folder)} - {"__init__"}
        assert not named & {f"{folder}.{stem}" for stem in files}


@pytest.mark.parametrize("name", in_folder("sandbox"))
def test_a_mock_server_knows_nothing_of_the_product(name):
    assert not tops(tree(FILES[name])) & {"lib", "connectors", "converters", "connector", "tests"}


def test_the_sandbox_is_imported_by_its_own_command_only():
    assert importers("sandbox") == {"lib/cli/setup.py"}
    assert "sandbox" not in loaded_at_import(tree(FILES["lib/cli/setup.py"]))


def test_no_circle_of_files_in_the_sandbox():
    assert circles("sandbox") == []


def test_no_circle_of_files_in_lib():
    assert circles("lib") == []


def folder_of(name: str) -> str:
    """The folder of a file of lib/; a module that stands in lib/ itself is by itself."""
    return "/".join(name.removesuffix(".py").split("/")[:2])


def test_no_circle_of_folders_in_lib():
    arrows: dict[str, set[str]] = {}
    for name in in_folder("lib"):
        others = {folder_of(file) for file in files_imported(name) if file.startswith("lib/")}
        arrows.setdefault(folder_of(name), set()).update(others - {folder_of(name)})
    assert "lib/config" in arrows["lib/run"]
    assert groups(arrows) == []


@pytest.mark.parametrize("package", ["click", "tqdm"])
def test_only_the_command_line_knows_of_a_terminal(package):
    assert importers(package) <= TERMINAL


@pytest.mark.parametrize("name", sorted(set(PRODUCT) - TERMINAL))
def test_only_the_command_line_prints_or_exits(name):
    for node in ast.walk(tree(FILES[name])):
        if isinstance(node, ast.Call):
            assert ast.unparse(node.func) not in {"print", "input", *EXITS}, node.lineno
        elif isinstance(node, ast.Attribute):
            assert ast.unparse(node) not in STREAMS, node.lineno
        elif isinstance(node, ast.Raise):
            assert "SystemExit" not in ast.unparse(node), node.lineno


@pytest.mark.parametrize("name", sorted(TERMINAL - {"lib/cli/say.py"}))
def test_all_that_is_printed_is_masked_and_harmless(name):
    for node in ast.walk(tree(FILES[name])):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called != "print", node.lineno
            assert not re.fullmatch(r"click\.(echo|secho|echo_via_pager|style)", called), (
                node.lineno
            )
            assert not re.search(r"std(out|err)(\.buffer)?\.write", called), node.lineno


@pytest.mark.parametrize("name", sorted(PRODUCT))
def test_a_thread_is_handed_the_context_of_the_run_that_it_works_for(name):
    for node in ast.walk(tree(PRODUCT[name])):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called != "threading.Thread", node.lineno
            if called.endswith(".submit"):
                assert ast.unparse(node.args[0]) == "copy_context().run", node.lineno


# Moments while another process holds a lock; all else waits by lib.interruption.pause.
SLEEPERS = {"lib/interruption.py", "lib/state/sqlite/lock.py", "lib/state/sqlite/opening.py"}


@pytest.mark.parametrize("name", sorted(set(PRODUCT) - SLEEPERS))
def test_nothing_sleeps_through_a_signal(name):
    module = tree(FILES[name])
    used = {ast.unparse(node) for node in ast.walk(module) if isinstance(node, ast.Attribute)}
    assert "time.sleep" not in used | set(imported(module))


def test_there_is_one_retry():
    """No second loop underneath, whose repeats no budget would count."""
    assert [name for name in PRODUCT if "urllib3.util" in FILES[name].read_text("utf-8")] == []


@pytest.mark.parametrize("package", ["ldap3", "zeep", "pyodbc"])
def test_a_library_that_needs_putting_right_has_one_door(package):
    doors = importers(package)
    assert len(doors) <= 1
    assert all(name.startswith("lib/") for name in doors)


def test_ldap3_s_door_is_lib_ldap():
    assert importers("ldap3") == {"lib/ldap/directory.py"}


def test_what_survives_a_run_has_one_door():
    """Reports have a file lock of their own; the drivers of a store are known inside of it only."""
    store = {name for name in PRODUCT if name.startswith("lib/state/sqlite/")}
    assert importers("sqlite3") <= store
    assert {name for name in importers("filelock") if not name.startswith("lib/report/")} <= store
    for name in set(PRODUCT) - store - {"lib/state/__init__.py"}:
        inside = {item for item in imported(tree(PRODUCT[name])) if item.startswith("lib.state.")}
        if name.startswith("lib/state/"):
            assert not {item for item in inside if item.startswith("lib.state.sqlite")}, name
        else:
            assert {item.count(".") for item in inside} <= {2}, name


def test_public_functions_and_classes_of_lib_have_unique_names():
    """One name means one thing. Methods do not count: their class tells which one is meant."""
    places: dict[str, list[str]] = {}
    for name in in_folder("lib"):
        for node in tree(FILES[name]).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                places.setdefault(node.name, []).append(name)
    shared = {name: files for name, files in places.items() if len(files) > 1 and name[0] != "_"}
    assert "run_section" in places
    assert shared == {}


@pytest.mark.parametrize("name", sorted(FILES))
def test_every_file_begins_with_what_it_is_for(name):
    if FILES[name].read_bytes().strip():
        assert ast.get_docstring(tree(FILES[name]))


@pytest.mark.parametrize("name", sorted(set(FILES) - set(in_folder("tests"))))
def test_no_file_is_longer_than_one_can_read(name):
    length = len(FILES[name].read_text("utf-8").splitlines())
    assert length <= 300


MIRRORS = [
    name
    for name in in_folder("tests")
    # The language is tested by what it owes, not by its modules.
    if re.match(r"tests/(lib|connectors|converters)/(?!language/).*test_\w+\.py$", name)
]


@pytest.mark.parametrize("name", MIRRORS)
def test_a_test_file_mirrors_the_file_that_it_tests(name):
    module = name.removeprefix("tests/").replace("test_", "", 1)
    assert {module, module.replace(".py", "/__init__.py")} & set(FILES)


@pytest.mark.parametrize("name", in_folder("connectors", "converters"))
def test_every_connector_and_converter_has_its_tests(name):
    folder, file = name.split("/")
    assert file == "__init__.py" or f"tests/{folder}/test_{file}" in FILES


def test_help_imports_nothing_that_only_a_run_needs():
    code = (
        "import runpy, sys\n"
        "try:\n"
        "    runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "finally:\n"
        "    print(*sys.modules, file=sys.stderr)\n"
    )
    run = f"import sys; sys.argv = ['connector.py', '--help']\n{code}"
    result = subprocess.run(
        [sys.executable, "-c", run], cwd=ROOT, capture_output=True, text=True, check=False
    )
    modules = set(result.stderr.split())
    assert result.stdout.startswith("Usage: connector.py")
    assert "lib.cli" in modules
    tops = {name.split(".")[0] for name in modules}
    assert not tops & {"requests", "urllib3", "ldap3", "zeep", "pyodbc", "flask", "tqdm"}
    assert not tops & {"connectors", "converters", "sandbox"}


def test_the_example_of_an_ini_is_what_generate_ini_writes():
    example = (ROOT / "config.ini.example").read_text("utf-8")
    assert example == generate.ini_text(), "run `make docs`"


def is_entered_by_its_name(folder: str) -> bool:
    """Whether a package hides its modules behind what its `__init__` imports."""
    return any(imported(tree(FILES[f"{folder}/__init__.py"])))


def test_the_architecture_page_names_every_module_of_lib():
    page = (ROOT / "docs" / "explanation" / "architecture.md").read_text("utf-8")
    modules = set()
    for name in in_folder("lib"):
        folder, _, file = name.rpartition("/")
        hidden = folder != "lib" and is_entered_by_its_name(folder)
        whole = folder.removeprefix("lib/") + "/"
        modules.add(whole if hidden or file == "__init__.py" else file.removesuffix(".py"))
    assert [name for name in sorted(modules - {"lib/"}) if f"`{name}`" not in page] == []
