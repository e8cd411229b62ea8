"""What a release promises: one version everywhere, and documents that say what is there."""

from __future__ import annotations

import ast
import re
import tomllib
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

from experiments.cli import app
from experiments.pages import MADE
from experiments.pages import PAGES as GENERATED

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
README = (ROOT / "README.md").read_text()
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def found(pattern: str, file: str) -> str:
    """The first group of a pattern that must occur in a file, at the start of a line."""
    match = re.search(pattern, (ROOT / file).read_text(), re.MULTILINE)
    assert match, f"{file} has no line like {pattern}"
    return match[1]


def test_versions_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    stated = {
        "CITATION.cff": found(r"^version: (\S+)$", "CITATION.cff"),
        "CHANGELOG.md, newest": found(r"^## \[(\d[^\]]*)\]", "CHANGELOG.md"),
        "installed": version("hashpivot"),
    }
    assert stated == dict.fromkeys(stated, project["version"])


def test_licences_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["license"] == found(r"^license: (\S+)$", "CITATION.cff") == "MIT"
    assert found(r"^(Copyright .*)$", "LICENSE") == "Copyright (c) 2026 hashpivot contributors"


def test_no_document_names_another_version() -> None:
    newest = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    told = {
        f"{page.name}: {number}"
        for page in PAGES
        if page.name != "CHANGELOG.md"
        for number in re.findall(r"\bhashpivot[ `]+v?(\d+\.\d+\.\d+)", page.read_text())
        if number != newest
    }
    assert told == set()


def test_readme_explains_every_extra() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert {name for name in extras if f"`{name}`" not in README.partition("## Documentation")[2]} == set()


def test_data_page_has_every_table_with_its_size_and_terms() -> None:
    page = (ROOT / "docs/data.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| (\d+) \| .+ \| .+ \| .+ \| \S.* \|$", page, re.MULTILINE))
    files = {path.stem: path for path in (ROOT / "sim/data").glob("*.csv")}
    assert {name: int(count) for name, count in rows.items()} == {
        name: len(path.read_text(encoding="utf-8").splitlines()) - 1 for name, path in files.items()
    }


def test_changelog_dates_every_version_but_the_newest() -> None:
    heads = re.findall(r"^## \[(.+?)\] - (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert heads
    assert all(re.fullmatch(r"\d{4}-\d{2}-\d{2}", date) for _, date in heads[1:])
    assert re.fullmatch(r"Unreleased|\d{4}-\d{2}-\d{2}", heads[0][1])


def test_quick_start_is_two_commands() -> None:
    first = FENCE.search(README.partition("## Quick start")[2])
    assert first
    assert first[2].splitlines() == [
        "python3 -m pip install uv && python3 -m uv run hashpivot run",
        "python3 -m uv run pytest",
    ]


def test_readme_names_every_command() -> None:
    commands = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    assert commands
    assert {name for name in commands if f"`hashpivot {name}" not in README} == set()


def is_there(module: str, name: str) -> bool:
    """Whether a module has something of that name, or a module within it."""
    return hasattr(import_module(module), name) or find_spec(f"{module}.{name}") is not None


def test_python_in_the_documents_imports_what_exists() -> None:
    for page in PAGES:
        for language, code in FENCE.findall(page.read_text()):
            if language != "python":
                continue
            for node in ast.walk(ast.parse(code)):
                if isinstance(node, ast.ImportFrom):
                    missing = [a.name for a in node.names if not is_there(str(node.module), a.name)]
                    assert missing == [], f"{page.name}: {node.module} has no {missing}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text())
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        target, _, anchor = link.partition("#")
        file = page.parent / target if target else page
        if not link.startswith(("https:", "mailto:")) and not (
            file.exists() and (not anchor or file.suffix != ".md" or anchor in anchors(file))
        ):
            broken.append(link)
    assert broken == []


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_every_page_is_in_the_index() -> None:
    linked = set(re.findall(r"\]\(([\w/.-]+\.md)\)", (ROOT / "docs/README.md").read_text()))
    pages = {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")}
    assert pages - linked == {"README.md"}


def test_generated_pages_tell_what_they_were_made_from() -> None:
    """Well-formed, not equal to today's: the pages are written anew for a release."""
    there = [name for name in GENERATED if (ROOT / "docs" / name).exists()]
    assert {"validation.md", "pivot.md", "rules.md"} <= set(there)
    assert {name: len(MADE.findall((ROOT / "docs" / name).read_text())) for name in there} == dict.fromkeys(there, 1)


def test_every_page_that_is_made_is_known() -> None:
    made = {page.name for page in (ROOT / "docs").glob("*.md") if "; sources " in page.read_text()}
    assert made <= set(GENERATED)
    makers = [path for path in (ROOT / "experiments").rglob("*.py") if "made_by(" in path.read_text()]
    assert len(makers) == 1 + len(GENERATED)  # and the module of made_by itself


def test_architecture_names_files_that_exist() -> None:
    text = FENCE.sub("", (ROOT / "docs/architecture.md").read_text())
    named = set(re.findall(r"`((?:agents|sim|experiments|viz|tests|docs)/[\w/.-]*)`", text))
    assert named
    assert {name for name in named if not (ROOT / name).exists()} == set()
