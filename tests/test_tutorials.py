"""The tutorials work as they are written: each page runs from top to bottom in an empty folder.

What a page's blocks mean: ``python`` runs, all blocks of a page in one namespace; a block whose first line is a
comment with a file name is that file; ``console`` lines after ``$`` are commands, with ``&`` at the end in the
background. A picture ``images/a-b.png`` of a page is the file a/b.png (or a-b.png) that the page has made.

Run as a script, this file makes the pictures in docs/tutorials/images anew.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import matplotlib as mpl
import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs/tutorials"
PAGES = sorted(FOLDER.glob("*.md"))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
FILE_NAME = re.compile(r"# ([\w-]+\.(?:py|toml))\n")
PICTURE = re.compile(r"!\[[^\]]+\]\(images/([\w-]+\.png)\)")
READ, RUN, COMMANDS = ("text",), "python", "console"  # languages: only read, run, run line by line
PATIENCE = 60.0  # seconds for something started in the background to answer


def follow(page: Path, folder: Path) -> None:
    """Do what a page says, in ``folder``; raises where one of its steps fails."""
    namespace: dict[str, object] = {"__name__": "__main__"}
    with _inside(folder), ExitStack() as background:
        for language, code in BLOCK.findall(page.read_text(encoding="utf-8")):
            name = FILE_NAME.match(code)
            if name:
                (folder / name[1]).write_text(code, encoding="utf-8")
            elif language == RUN:
                exec(compile(code, f"{page.name}", "exec"), namespace)
            elif language == COMMANDS:
                for line in code.splitlines():
                    _command(line, background)
            else:
                assert language in READ, f"{page.name}: what is to be done with a block in {language}?"


def _command(line: str, background: ExitStack) -> None:
    prompt, _, told = line.partition(" ")
    assert prompt == "$", f"a console line begins with a prompt: {line}"
    words = shlex.split(told.removesuffix("&"))
    if told.endswith("&"):
        background.callback(_stop, subprocess.Popen([_installed(words[0]), *words[1:]], stderr=subprocess.DEVNULL))
        if "--port" in words:
            _wait_for(int(words[words.index("--port") + 1]))
        return
    assert words[0] == "hashpivot", f"a tutorial starts no other program: {line}"
    from experiments.cli import app
    from experiments.terminal import exit_code

    assert exit_code(lambda: app(words[1:], standalone_mode=False)) == 0, line


def _installed(program: str) -> str:
    """The program of this environment, whether or not its folder is on the path."""
    beside = Path(sys.executable).parent / program
    return str(beside if beside.exists() else program)


def _wait_for(port: int) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"nothing listens at port {port}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """Work in a folder as a reader does there: it is the working folder, and Python finds its modules."""
    before, path, modules = Path.cwd(), list(sys.path), set(sys.modules)
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    try:
        with mpl.rc_context({"backend": "Agg"}):
            yield
    finally:
        os.chdir(before)
        sys.path[:] = path
        for name in set(sys.modules) - modules:
            if str(getattr(sys.modules[name], "__file__", None)).startswith(str(folder)):
                del sys.modules[name]


def pictures(page: Path, folder: Path) -> dict[str, Path]:
    """The pictures that a page shows, with the files it has made for them."""
    made = {"-".join(path.relative_to(folder).parts): path for path in folder.rglob("*.png")}
    return {name: made[name] for name in PICTURE.findall(page.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_tutorial_works_as_written(page: Path, tmp_path: Path) -> None:
    follow(page, tmp_path)
    shown = pictures(page, tmp_path)
    assert shown, f"{page.name} shows no picture"
    assert [name for name in shown if not (FOLDER / "images" / name).exists()] == []


def test_every_picture_is_shown() -> None:
    shown = {name for page in PAGES for name in PICTURE.findall(page.read_text(encoding="utf-8"))}
    assert {path.name for path in (FOLDER / "images").iterdir()} == shown


def refresh(pages: list[Path]) -> None:
    """Follow the pages and keep their pictures."""
    for page in pages:
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            follow(page, Path(folder))
            for name, path in pictures(page, Path(folder)).items():
                shutil.copyfile(path, FOLDER / "images" / name)
        print(f"{page.name}: {time.monotonic() - started:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    refresh([page for page in PAGES if not sys.argv[1:] or page.stem in sys.argv[1:]])
