"""The decision rules held against each other on the same runs; writes docs/rules.md.

``python -m experiments.rule_comparison --runs 8`` takes some minutes. All variants share the coin price, the
draws and the sampled assumptions of each run, so a difference between two of them is due to the rule.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from experiments.effects import effects
from experiments.ensemble import simulate
from experiments.figures.model import Figure, line
from experiments.pages import made_by
from experiments.wording import DASH, MINUS, decimals, month, number
from sim.columns import TABLES
from sim.outcomes import BY_NAME
from sim.scenario import Scenario

if TYPE_CHECKING:
    from sim.results import ResultSet

REFERENCE, NULL_MODEL = "npv", "random"
VARIANTS: dict[str, dict[str, Any]] = {
    "npv": {},
    "payback": {"behaviour.rule": "payback"},
    "real_options": {"behaviour.rule": "real_options"},
    "imitation": {"behaviour.rule": "imitation"},
    "random": {"behaviour.rule": "random"},
    "payback below 100 MW": {"behaviour.rule_small": "payback", "behaviour.rule_medium": "payback"},
}
OUTCOMES = (
    "ai_contracted", "ai_rent", "exits_small", "exits_medium", "exits_large", "exits_mega", "network_hashrate",
    "hashprice", "hhi_hashrate", "hhi_ai_mw", "firms_btc", "firms_hybrid", "firms_ai", "ebitda",
)  # fmt: skip
DOCS = Path(__file__).resolve().parent.parent / "docs"


@dataclass
class RuleComparison:
    """Results of each variant on the same runs."""

    results: dict[str, ResultSet]

    @property
    def months(self) -> list[str]:
        """Months simulated."""
        return self.results[REFERENCE].months

    def table(self, at: str | None = None) -> pd.DataFrame:
        """Each variant against net present value in a month (the last by default): columns of experiments.effects."""
        reference = self.results[REFERENCE]
        parts = [
            effects(reference, result, OUTCOMES, [at or self.months[-1]]).assign(scenario=name)
            for name, result in self.results.items()
        ]
        return pd.concat(parts, ignore_index=True)

    def figure(self) -> Figure:
        """AI capacity contracted over time: the reference with its spread, of each other rule the median."""
        signed = {name: self.results[name].outcome("ai_contracted") / 1000.0 for name in self.results}
        others = [name for name in signed if name not in (REFERENCE, NULL_MODEL)]
        shades = np.linspace(1.0, 0.5, max(len(others), 1)).tolist()
        lines = [line(REFERENCE, "baseline", signed[REFERENCE], spread=True)]
        lines += [line(name, "ai", signed[name], shade) for name, shade in zip(others, shades, strict=False)]
        if NULL_MODEL in signed:
            lines.append(line(NULL_MODEL, "exited", signed[NULL_MODEL]))
        return Figure(
            key="rules", title="AI capacity signed by decision rule",
            subtitle="GW of critical IT; medians, and single runs under npv in pale",
            unit="GW", kind="lines", months=self.months, lines=tuple(lines), runs=len(self.results[REFERENCE]),
            source="same runs for every rule",
        )  # fmt: skip


def compare_rules(
    scenario: Scenario | str = "baseline",
    variants: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    runs: int = 8,
    seed: int = 0,
    months: int | None = None,
    workers: int = 1,
    on_progress: Callable[[str], None] | None = None,
) -> RuleComparison:
    """Simulate the scenario once per variant (overrides by name; the shipped five rules and a mix by default)."""
    base = Scenario.load(scenario) if isinstance(scenario, str) else scenario
    results = {}
    for name, overrides in {REFERENCE: {}, **(VARIANTS if variants is None else variants)}.items():
        if on_progress:
            on_progress(name)
        changed = base.with_overrides({"behaviour.rule": REFERENCE, **overrides})
        results[name] = simulate(changed, seed, runs, months=months, firms="none", workers=workers)
    return RuleComparison(results)


# ------------------------------------------------------------------ the page

EXAMPLE = """```python
from experiments import simulate
from experiments.reasons import closed_options, sentence, title

for decision in simulate("baseline", runs=1).table("decisions").to_dict("records"):
    print(title(decision), sentence(decision), closed_options(decision))
# Did not pivot
# Stayed in BTC: 12 MW of IT is below every tenant's minimum (the best payer takes 40 MW); the best AI option
# (colocation) would have earned 4 % on equity against 9 % hashing.
```"""

RULES_IN_WORDS = (
    ("npv", "Net present value per MW at the firm's own forecast, less inertia and reluctance, plus the pull of "
     "linked firms"),
    ("payback", "Years until the equity part is back, against the firm's limit; what comes later does not count"),
    ("real_options", "Net present value less the worth of waiting (Dixit and Pindyck), with the volatility of the "
     "coin price and the firm's discount rate"),
    ("imitation", "What most linked firms do; value only breaks ties"),
    ("random", "Any open option with equal chance: the null model"),
)  # fmt: skip


def page(compared: RuleComparison, made: str) -> str:
    """docs/rules.md; ``made`` says when and from what."""
    runs, last = len(compared.results[REFERENCE]), compared.months[-1]
    return "\n\n".join((
        "# Decision rules",
        made,
        "Every rule sees the same options, values and gates; it only differs in how it ranks what is open. "
        "`behaviour.rule` names the rule of all firms; `behaviour.rule_small`, `_medium`, `_large`, `_mega` and "
        "`_listed` give a class of firms its own (that of listed firms comes first). A rule of your own is an array "
        "function registered with `@register_rule` in a module loaded by `--plugin` (`agents/rules.py`).",
        _rows(("rule", "ranks by"), RULES_IN_WORDS, align="---"),
        f"## What the rule changes, {month(last, full=True)}",
        f"Means over {runs} runs of `baseline` with sampled assumptions, the same runs for every rule. Below each "
        "mean its difference from `npv` where the 95 % interval of the paired differences excludes zero.",
        _results(compared.table()),
        "![AI capacity signed over time by decision rule](images/rules.png)",
        "The random rule shows what gates, money, pipelines and tenants' demand bring about by themselves: what it "
        "shares with the others is not the work of anybody's calculation. Runs are few and all rules use the "
        "parameters chosen with `npv` in use, so the table compares mechanisms; it does not say which rule is right.",
        "## What is recorded of a decision",
        "Table `decisions`, one row for each review of a site by its owner, its host or a client with rigs there. "
        "Values are those the rule saw, before inertia and reluctance.",
        _rows(("column", "unit", "meaning"), [(f"`{c.name}`", c.unit, c.text) for c in TABLES["decisions"]], "---"),
        "`experiments.reasons` puts a row into words:",
        EXAMPLE,
    )) + "\n"  # fmt: skip


def _results(table: pd.DataFrame) -> str:
    """One row per outcome, one column per variant."""
    variants = list(dict.fromkeys(table["scenario"]))
    rows = []
    for name in dict.fromkeys(table["outcome"]):
        part = table[table["outcome"] == name].set_index("scenario")
        places = min(decimals(part["mean"]), 1) if part["unit"].iloc[0] == "firms" else decimals(part["mean"])
        cells = [_cell(part.loc[variant], places) for variant in variants]
        rows.append((f"{BY_NAME[name].label}, {BY_NAME[name].unit}", *cells))
    return _rows(("", *(f"`{v}`" if " " not in v else v for v in variants)), rows)


def _cell(row: pd.Series, places: int) -> str:
    sign = "+" if row["effect"] > 0 else MINUS
    return number(row["mean"], places) + (f"<br>({sign}{number(abs(row['effect']), places)})" if row["clear"] else "")


def _rows(head: Sequence[str], rows: Sequence[Sequence[str]], align: str = "---:") -> str:
    lines = [f"| {' | '.join(head)} |", "| --- |" + f" {align} |" * (len(head) - 1)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare the rules and write page and picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=8)
    parser.add_argument("--months", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--docs", type=Path, default=DOCS, help="folder of the page")
    options = parser.parse_args(arguments)
    compared = compare_rules(
        runs=options.runs, seed=options.seed, months=options.months, workers=options.workers, on_progress=print
    )
    from experiments.figures.draw import render

    (options.docs / "images").mkdir(parents=True, exist_ok=True)
    render(compared.figure(), options.docs / "images" / "rules.png")
    span = f"{compared.months[0]} {DASH} {compared.months[-1]}"
    made = made_by(f"python -m experiments.rule_comparison --runs {options.runs}", f"for {span}")
    (options.docs / "rules.md").write_text(page(compared, made), encoding="utf-8")


if __name__ == "__main__":
    main()
