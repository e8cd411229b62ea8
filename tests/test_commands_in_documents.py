"""No document mentions a command, an option or a module that is not there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import typer

from experiments.cli import app

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
OPTIONS = {
    name: {"--help", *(word for option in command.params for word in (*option.opts, *option.secondary_opts))}
    for name, command in COMMANDS.items()
}
OTHERS = {"--nthreads", "--build-arg"}  # options of other programs that stand alone
FENCE = re.compile(r"^```(?:console|sh|bash)?\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")


def commands_of(text: str) -> Iterator[list[str]]:
    """Words after ``hashpivot`` of each command line in code, in a block or within a line."""
    blocks = [line for block in FENCE.findall(text) for line in block.replace("\\\n", " ").splitlines()]
    for code in (*blocks, *INLINE.findall(FENCE.sub("", text))):
        for part in re.split(r"\s&&\s|\s\|\s", code):
            words = re.sub(r"^\$ |^python3? -m uv run |^uv run ", "", part.strip())
            if words.startswith("hashpivot "):
                yield shlex.split(words.partition(" #")[0])[1:]


def options_in(words: list[str]) -> list[str]:
    return [word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_and_their_options_exist(page: Path) -> None:
    for words in commands_of(page.read_text(encoding="utf-8")):
        if words[0].startswith("-"):
            assert words[0] in ("--help", "--version"), words
            continue
        assert words[0] in OPTIONS, f"hashpivot {' '.join(words)}"
        unknown = set(options_in(words)) - OPTIONS[words[0]]
        assert not unknown, f"hashpivot {' '.join(words)}: {unknown}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_options_named_alone_belong_to_some_command(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    modules = [find_spec(name) for name in re.findall(r"python3? -m ((?:experiments|sim|viz)\.[a-z_.]+)", text)]
    sources = [Path(spec.origin).read_text(encoding="utf-8") for spec in modules if spec and spec.origin]
    known = OTHERS.union(*OPTIONS.values())
    for code in INLINE.findall(text):
        if re.match(r"--[a-z]", code):
            option = re.split(r"[ =]", code)[0]
            assert option in known or any(f'"{option}"' in source for source in sources), code


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_modules_that_are_run_exist_and_take_their_options(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for name, rest in re.findall(r"python3? -m ((?:experiments|sim|viz)\.[a-z_.]+)([^`\n|]*)", text):
        spec = find_spec(name.rstrip("."))
        assert spec is not None, name
        assert spec.origin is not None, name
        source = Path(spec.origin).read_text(encoding="utf-8")
        assert "__main__" in source or Path(spec.origin).name == "__main__.py", f"{name} cannot be run"
        for option in options_in(rest.partition("#")[0].split()):
            assert f'"{option}"' in source, f"python -m {name} {option}"


def test_the_search_finds_what_it_should() -> None:
    text = "Do `hashpivot run --runs 3`.\n```\nhashpivot compare a b --out x  # --no\n$ hashpivot bench\n```\n"
    assert list(commands_of(text)) == [["compare", "a", "b", "--out", "x"], ["bench"], ["run", "--runs", "3"]]
