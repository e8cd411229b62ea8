"""What the generated pages of docs/ have in common: numbers and tables in Markdown, and the hash of their sources."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from experiments.wording import DASH

ROOT = Path(__file__).resolve().parent.parent
SOURCES = (
    "agents/**/*.py", "sim/**/*.py", "sim/**/*.csv", "sim/**/*.toml", "experiments/*.py", "experiments/claims/*.py",
    "experiments/fits/*",
)  # fmt: skip
PAGES = ("validation.md", "pivot.md", "rules.md", "policy-atlas.md", "claims.md")  # docs/ that simulations write
MADE = re.compile(r"^Made by `[^`]+`.*; sources ([0-9a-f]{16})\. Do not edit by hand\.$", re.MULTILINE)


def source_hash() -> str:
    """Hash of every file the page depends on."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in SOURCES for path in ROOT.glob(pattern) if path.is_file()}):
        digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def made_by(command: str, how: str = "") -> str:
    """The line that says how a page came about; MADE finds its hash. ``how`` goes on from the command."""
    return f"Made by `{command}`{how and ' ' + how}; sources {source_hash()}. Do not edit by hand."


def pct(value: float | None) -> str:
    """0.083 -> "8.3 %"; a dash for what is not known."""
    return DASH if value is None else f"{100 * value:.1f} %"


def signed(value: float) -> str:
    """A share with its sign, in whole per cent."""
    return f"{100 * value:+.0f} %"


def two(value: float) -> str:
    """Two decimals."""
    return f"{value:.2f}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown, all columns but the first aligned right."""
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " ---: |" * (len(head) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])
