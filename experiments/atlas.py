"""Write docs/policy-atlas.md and its picture: `python -m experiments.atlas`; takes some minutes.

Every shipped scenario that moves levers, dated or not, and has no shock, against the baseline on the same chances.
The page carries a hash of the sources it was made from.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.comparison import Comparison, compare
from experiments.effects import CONFIDENCE, records
from experiments.figures.atlas import atlas_chart, render_atlas
from experiments.figures.paired import SCALES, in_words, unit_of
from experiments.pages import ROOT, made_by
from experiments.store import write_whole
from experiments.wording import decimals, month, number, plural
from sim.outcomes import BY_NAME
from sim.scenario import Scenario, fields
from sim.scenario.registry import MEASURES

RUNS = 64
OUTCOMES = ("exits_small", "exits_medium", "exits_large", "exits_mega", "network_hashrate", "ai_contracted",
            "hhi_hashrate", "emissions", "public_revenue", "power_price")  # fmt: skip
NOT_A_POLICY = ("base", "baseline", "history")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the policies and write page and picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="folder of the page")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--months", type=int, default=None)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="for all scenarios")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", type=Path, default=None, help="result folder, to go on where it stopped")
    options = parser.parse_args(arguments)
    from experiments.comparison import scenarios_of
    from experiments.terminal import progress

    started = time.monotonic()
    found = policies()
    chosen = scenarios_of(["baseline", *found], options.set)
    with progress(options.runs * len(chosen), options.months or chosen[0].world.months) as count:  # type: ignore[union-attr]
        comparison = compare(
            chosen, options.runs, months=options.months, workers=options.workers, out=options.out, on_progress=count
        )
    minutes = (time.monotonic() - started) / 60
    (options.docs / "images").mkdir(parents=True, exist_ok=True)
    render_atlas(atlas_chart(comparison, titles(found), OUTCOMES), options.docs / "images" / "policy-atlas.png")
    text = page(comparison, found, minutes)
    write_whole(options.docs / "policy-atlas.md", lambda file: file.write_text(text, encoding="utf-8"))


def policies() -> dict[str, Scenario]:
    """The shipped scenarios that differ from the baseline in a lever and not by a shock, by name."""
    levers = {info.key for info in fields() if info.role == "lever"} | {MEASURES}
    found = {}
    for name in Scenario.names():
        if name not in NOT_A_POLICY:
            scenario = Scenario.load(name)
            if not scenario.shocks and {key for key, _, _ in scenario.changed()} & levers:
                found[name] = scenario
    return found


def titles(found: Mapping[str, Scenario]) -> dict[str, str]:
    return {name: scenario.title or name for name, scenario in found.items()}


def page(comparison: Comparison, found: Mapping[str, Scenario], minutes: float) -> str:
    """The page in Markdown."""
    end = month(comparison.months[-1], full=True)
    meta = comparison.results[comparison.baseline].meta
    parts = [
        "# Policy atlas",
        made_by("python -m experiments.atlas", f"in {plural(max(1, round(minutes)), 'minute')}"),
        f"Each policy of the library against the baseline: {plural(comparison.runs, 'run')} of each, seed "
        f"{meta.get('seed')}, assumptions {meta.get('assumptions')}, run k of every policy with the same chances as "
        f"run k of the baseline. Effects are means of paired differences in {end} with their 95 % interval; "
        "\"no clear change\" where it holds zero. Exits are counted since the start. A single comparison: "
        "`hashpivot compare baseline NAME`.",
        _by_chance(comparison),
        "![Effect of each policy on each outcome, as strips around zero](images/policy-atlas.png)",
        "\n".join(_overview(comparison, found)),
        *(part for name, scenario in found.items() for part in _policy(comparison, name, scenario)),
    ]
    return "\n\n".join(parts) + "\n"


def _by_chance(comparison: Comparison) -> str:
    """How many effects would be clear if no policy did anything."""
    end = comparison.at_end()
    count = int((end["outcome"].isin(OUTCOMES) & (end["sd_paired"] > 0)).sum())
    return (
        f"Each interval stands for itself. Of the {count:,} effects that differ from run to run about "
        f"{(1 - CONFIDENCE) * count:.0f} would leave out zero by chance if no policy did anything: take one small "
        "clear effect among many that are not as a hint."
    )


def _rows(comparison: Comparison, name: str) -> list[dict[str, Any]]:
    end = comparison.at_end()
    end = end[(end["scenario"] == name) & end["outcome"].isin(OUTCOMES)].set_index("outcome", drop=False)
    return records(end.loc[list(OUTCOMES)])


def _label(name: str) -> str:
    outcome = BY_NAME[name]
    unit = unit_of(outcome)
    return f"{outcome.label}, {unit}" if unit else outcome.label


def _overview(comparison: Comparison, found: Mapping[str, Scenario]) -> list[str]:
    """Which outcomes change, and in which direction."""
    shown: Callable[[dict[str, Any]], str] = lambda row: in_words(row).partition(" (")[0] if row["clear"] else "·"  # noqa: E731
    lines = [
        "| policy | " + " | ".join(_label(name) for name in OUTCOMES) + " |",
        "| --- |" + " ---: |" * len(OUTCOMES),
    ]
    for name, scenario in found.items():
        cells = " | ".join(shown(row) for row in _rows(comparison, name))
        lines.append(f"| [{scenario.title or name}](#{name}) | {cells} |")
    return [*lines, "", "A dot: no clear change."]


def _policy(comparison: Comparison, name: str, scenario: Scenario) -> list[str]:
    """Heading, mechanism, what is changed, effects with intervals."""
    changed = [
        f"`{key}` {_value(there)} → {_value(here)}" for key, there, here in scenario.changed() if key != MEASURES
    ]
    changed += [f"`{entry.lever}` → {entry.value:g} from {entry.start}{_ramp(entry)}" for entry in scenario.measures]
    lines = ["| outcome | baseline | effect |", "| --- | ---: | ---: |"]
    for row in _rows(comparison, name):
        scale = SCALES.get(row["unit"], 1.0)
        level = number(scale * row["baseline_mean"], decimals([scale * row["baseline_mean"]]))
        lines.append(f"| {_label(row['outcome'])} | {level} | {in_words(row)} |")
    return [
        f"## {name}",
        f"**{scenario.title}.** {scenario.summary} {scenario.why}".strip(),
        f"Changed: {', '.join(changed)}.",
        "\n".join(lines),
    ]


def _ramp(measure: Any) -> str:
    over = f" over {plural(measure.ramp_months, 'month')}" if measure.ramp_months else ""
    return over + (f" until {measure.end}" if measure.end else "")


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(str(part) for part in value) or "none"
    return str(value)


if __name__ == "__main__":
    main()
