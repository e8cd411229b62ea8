"""Claims as a table for the terminal and as the page docs/claims.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from experiments.claims.evidence import VERDICTS
from experiments.pages import made_by
from experiments.wording import plural

if TYPE_CHECKING:
    from experiments.claims.run import Judged


def print_table(judged: Sequence[Judged]) -> None:
    """One block per claim: verdict, claim, what the simulation shows, condition."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 150
    table = Table(box=None, pad_edge=False, padding=(0, 2, 1, 0), header_style="bold", show_edge=False)
    for head, width in (("Claim", 34), ("Verdict", 12), ("What the simulation shows", None)):
        table.add_column(head, width=width)
    for entry in judged:
        shows = f"{entry.finding.shows}\n[dim]{entry.finding.condition}[/dim]"
        table.add_row(f"{entry.claim.claim}\n[dim]{entry.claim.id}[/dim]", entry.finding.verdict, shows)
    console.print(table)
    console.print(_counts(judged), markup=False)


def page(judged: Sequence[Judged], runs: int, seed: int) -> str:
    """The page docs/claims.md."""
    lines = [
        "# Claims, judged by simulation",
        "",
        made_by("hashpivot claims --docs docs/claims.md"),
        "",
        "Each claim of the article behind the project, and of the debate around it, is an experiment: what would "
        "be seen "
        "if it were true, what is seen, and a verdict that follows from the numbers by a rule in "
        "[`experiments/claims`](../experiments/claims). Effects are means of paired differences over "
        f"{plural(runs, 'run')} (seed {seed}) with 95 % intervals in brackets.",
        "",
        _counts(judged),
    ]
    for source, title in (("article", "Claims of the article"), ("debate", "Claims of the debate")):
        chosen = [entry for entry in judged if entry.claim.source == source]
        if not chosen:
            continue
        lines += [
            "",
            f"## {title}",
            "",
            "| claim | verdict | what the simulation shows | condition |",
            "|---|---|---|---|",
        ]
        lines += [
            f"| {e.claim.claim} (`{e.claim.id}`) | **{e.finding.verdict}** | {e.finding.shows} | "
            f"{e.finding.condition} |"
            for e in chosen
        ]
        lines += ["", "What would be seen if it were true:", ""]
        lines += [f"- `{e.claim.id}`: {e.claim.would_see[0].lower()}{e.claim.would_see[1:]}." for e in chosen]
    return "\n".join(lines) + "\n"


def _counts(judged: Sequence[Judged]) -> str:
    found = Counter(entry.finding.verdict for entry in judged)
    return "Verdicts: " + ", ".join(f"{found[verdict]} {verdict}" for verdict in VERDICTS if found[verdict]) + "."
