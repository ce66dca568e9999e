"""The docs hold what the code says, and the code in them runs."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

import connectors
import converters
import sandbox
from lib import plugins
from lib.cli import main as command_line
from lib.config import config, generate
from lib.errors import ExitCode, SignInError
from lib.run.pipeline import RunOptions, run_section
from sandbox.oomnitza import Oomnitza
from sandbox.web import WebServer

ROOT = Path(__file__).resolve().parent.parent
FILES = re.compile(r"<!-- file: (\w+)/(\w+\.py) -->\n```python\n(.*?)```", re.DOTALL)
INI = """
[oomnitza]
url = {oomnitza}
api_token = sandbox-token
[acme]
enable = True
url = {acme}
api_token = {token}
sync_field = BARCODE
mapping.NAME = name
mapping.NUMBER = {{"source": "tag", "converter": "acme_tag"}}
"""


def test_what_is_generated_is_up_to_date():
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        import generate as docs  # type: ignore[import-not-found]
    finally:
        sys.path.pop(0)
    stale = [path.name for path, text in docs.generated() if path.read_text("utf-8") != text]
    assert stale == [], "run `make docs`"


PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^( *)```.*?^\1```$", re.DOTALL | re.MULTILINE)


def links(page: Path) -> list[str]:
    """The targets of a page's links; what looks like one in a block of code is none."""
    return re.findall(r"\]\(([^)\s]+)\)", BLOCK.sub("", page.read_text("utf-8")))


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    found: set[str] = set()
    text = BLOCK.sub("", page.read_text("utf-8"))
    for heading in re.findall(r"^#+ (.+?) *$", text, re.MULTILINE):
        words = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        anchor = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        number = sum(1 for each in found if re.fullmatch(rf"{re.escape(anchor)}(-\d+)?", each))
        found.add(f"{anchor}-{number}" if number else anchor)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_link_leads_to_a_file_and_a_heading(page):
    for target in links(page):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file), target


def test_link_checker_finds_a_missing_file_and_a_missing_heading(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A `b`: c\n[x](page.md#a-b-c) [y](#gone) [z](no.md)\n```\n# no\n```\n")
    assert links(page) == ["page.md#a-b-c", "#gone", "no.md"]
    assert anchors(page) == {"a-b-c"}


def test_index_links_every_page():
    index = ROOT / "docs" / "README.md"
    linked = {(index.parent / target.partition("#")[0]).resolve() for target in links(index)}
    assert set(PAGES) & set((ROOT / "docs").rglob("*.md")) - {index} <= linked


CONNECTOR_PAGES = sorted((ROOT / "docs" / "reference" / "connectors").glob("*.md"))
TEMPLATE = [
    "Overview",
    "Before you begin",
    "Minimal configuration",
    "Settings",
    "Default mapping",
    "Source record",
    "Which records are read",
    "Skipped and rejected records",
    "Rate limits and limitations",
    "Troubleshooting",
]


@pytest.mark.parametrize("page", CONNECTOR_PAGES, ids=lambda page: page.stem)
def test_connector_page_has_the_headings_of_all(page):
    text = BLOCK.sub("", page.read_text("utf-8"))
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == TEMPLATE


def test_connector_has_a_page():
    settings = "".join(page.read_text("utf-8") for page in CONNECTOR_PAGES)
    for name in plugins.plugin_names("connectors"):
        assert f"<!-- settings: connectors.{name}.Settings -->" in settings


def test_command_line_page_names_every_option_and_exit_code():
    page = (ROOT / "docs" / "reference" / "cli.md").read_text("utf-8")
    common = page.split("## Shared options\n")[1].split("\n## ")[0]
    for name, command in command_line.commands.items():
        part = page.split(f"### `{name}`\n")[1].split("\n## ")[0].split("\n### ")[0]
        for option in command.params:
            if isinstance(option, click.Option) and not option.hidden:
                for spelling in option.opts:
                    assert f"`{spelling}" in common + part, f"{name}: {spelling}"
    codes = page.split("## Exit codes\n")[1]
    assert [code for code in ExitCode if not re.search(rf"^\| {code:d}\b", codes, re.M)] == []


def test_readme_is_short_and_begins_with_the_two_commands():
    readme = (ROOT / "README.md").read_text("utf-8")
    assert len(readme.splitlines()) <= 120
    first = readme.split("```")[1]
    assert "make demo " in first
    assert "make test " in first


def texts_of_the_program() -> str:
    """All texts in the code, one a line; what is put into them stands as an ellipsis."""
    texts = []
    for path in [*(ROOT / "lib").rglob("*.py"), *(ROOT / "connectors").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = (getattr(part, "value", "") for part in node.values)
                texts.append("".join(part if isinstance(part, str) else "…" for part in parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value)
    return "\n".join(texts)


def test_message_on_a_page_is_one_of_the_program():
    pages = [ROOT / "docs" / "reference" / "messages.md", *CONNECTOR_PAGES]
    texts = texts_of_the_program()
    for page in pages:
        part = page.read_text("utf-8").split("## Troubleshooting\n")[-1]
        quoted = re.findall(r"^\| `([^`]+)` \|", part, re.MULTILINE)
        assert quoted or page.stem in ("csv_users", "jsonl_users"), page.name
        for message in quoted:
            parts = (re.sub(r"\d+", "(?:[0-9]+|…)", re.escape(it)) for it in message.split("…"))
            assert re.search(".*".join(parts), texts), f"{page.name}: {message}"


@pytest.fixture
def acme(tmp_path, monkeypatch):
    """The example of the guide, put where a new connector goes."""
    guide = (ROOT / "docs" / "tutorials" / "write-a-connector.md").read_text("utf-8")
    packages = {"connectors": connectors, "converters": converters, "sandbox": sandbox}
    for package, name, code in FILES.findall(guide):
        if package not in packages:
            continue
        folder = tmp_path / package
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(code, "utf-8")
        monkeypatch.setattr(
            packages[package], "__path__", [*packages[package].__path__, str(folder)]
        )
    yield tmp_path
    for name in ("connectors.acme", "converters.acme_tag", "sandbox.acme"):
        sys.modules.pop(name, None)


def run(folder, token="an acme token"):
    from sandbox.acme import Acme  # type: ignore[import-not-found]

    oomnitza = Oomnitza()
    with WebServer(Acme().app) as source, WebServer(oomnitza.app) as target:
        ini = folder / "config.ini"
        ini.write_text(INI.format(oomnitza=target.url, acme=source.url, token=token), "utf-8")
        loaded = config.load_config(ini, ["acme"])
        outcome = run_section(loaded.sections[0], loaded.oomnitza, RunOptions())
    return outcome, oomnitza.records("assets")


def test_the_guide_s_connector_uploads_all_pages(acme):
    outcome, records = run(acme)
    assert outcome.error is None
    assert outcome.tally.sent == 120
    assert len(records) == 120
    assert {"BARCODE": "A-17", "NAME": "Ada's Ünit", "NUMBER": "17"} in records  # in any order


def test_the_guide_s_mock_server_refuses_a_wrong_token(acme):
    outcome, records = run(acme, token="wrong")
    assert isinstance(outcome.error, SignInError)
    assert records == []


def test_the_guide_s_settings_reach_the_generated_ini(acme):
    assert "[acme]\n# Devices from Acme Inventory.\nenable = False\n" in generate.ini_text()


def test_the_guide_s_connector_passes_the_contract(tmp_path):
    """In a copy of the tree made of links, with the example's files in their places."""
    for entry in ROOT.iterdir():
        if entry.name in ("connectors", "converters", "sandbox", "tests"):
            (tmp_path / entry.name).mkdir()
            for file in entry.iterdir():
                (tmp_path / entry.name / file.name).symlink_to(file)
        elif not entry.name.startswith("."):
            (tmp_path / entry.name).symlink_to(entry)
    guide = (ROOT / "docs" / "tutorials" / "write-a-connector.md").read_text("utf-8")
    for package, name, code in FILES.findall(guide):
        (tmp_path / package / name).write_text(code, "utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests/test_acme.py"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert int(re.search(r"(\d+) passed", ended.stdout)[1]) > 15
