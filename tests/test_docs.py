"""The docs hold what the code says, and the code in them runs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import connectors
import converters
import sandbox
from lib.config import config, generate
from lib.errors import SignInError
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


def test_links_between_pages_lead_somewhere():
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text("utf-8")):
            assert "://" in target or (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.fixture
def acme(tmp_path, monkeypatch):
    """The example of the guide, put where a new connector goes."""
    guide = (ROOT / "docs" / "adding-a-connector.md").read_text("utf-8")
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
        loaded = config.load(ini, ["acme"])
        outcome = run_section(loaded.sections[0], loaded.oomnitza, RunOptions())
    return outcome, oomnitza.records("assets")


def test_the_guide_s_connector_uploads_all_pages(acme):
    outcome, records = run(acme)
    assert outcome.error is None
    assert outcome.tally.sent == 120
    assert len(records) == 120
    assert records[17] == {"BARCODE": "A-17", "NAME": "Ada's Ünit", "NUMBER": "17"}


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
    guide = (ROOT / "docs" / "adding-a-connector.md").read_text("utf-8")
    for package, name, code in FILES.findall(guide):
        (tmp_path / package / name).write_text(code, "utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests/test_acme.py"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert int(re.search(r"(\d+) passed", ended.stdout)[1]) > 15
