"""Write docs/assumptions.md, every parameter with what it rests on: ``python -m experiments.assumptions --fix``.

The page comes from the registry, and a test keeps it so. What each sampled assumption does to the headline outcomes
is measured with ``--measure``, kept in experiments/fits/assumptions.json with the runs and the code it was made from.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.pages import ROOT
from experiments.wording import DASH, MINUS, month, plural
from sim.errors import UserError
from sim.outcomes import BY_NAME, HEADLINE
from sim.scenario import FieldInfo, Scenario, fields, parse_set
from sim.scenario.distributions import in_words
from sim.scenario.registry import BLOCKS
from sim.tables import load_tables

if TYPE_CHECKING:
    from sim.tables import Table

PAGE = ROOT / "docs/assumptions.md"
STORE = ROOT / "experiments/fits/assumptions.json"
COIN = "coin price"  # its last value, noise and drift together, is put beside the assumptions
TOP = 6  # assumptions listed for each outcome
MOST_NAMED = 3  # outcomes named in a parameter's own row
NORMAL_95 = 1.96


@dataclass(frozen=True)
class Measured:
    """Rank correlations of drawn assumptions with outcomes in the last month, and what they were made from.

    ``rho``: outcome -> key -> Spearman's rank correlation over the runs; keys that did not vary are left out.
    ``changes`` are the settings by which the scenario differed, as key=value.
    """

    scenario: str
    changes: tuple[str, ...]
    seed: int
    runs: int
    last_month: str
    code: str
    rho: dict[str, dict[str, float]]

    @property
    def noise(self) -> float:
        """Size that a correlation of unrelated numbers stays below with 95 % probability."""
        return noise_level(self.runs)

    def save(self, path: Path = STORE) -> None:
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path = STORE) -> Measured:
        content = json.loads(path.read_text(encoding="utf-8"))
        return cls(**(content | {"changes": tuple(content["changes"])}))


def noise_level(runs: int) -> float:
    """About 1.96 / sqrt(runs - 1): the large-sample 95 % bound of a rank correlation of independent numbers."""
    return NORMAL_95 / math.sqrt(runs - 1)


def measure(runs: int, seed: int = 0, changes: Sequence[str] = ()) -> Measured:
    """Simulate the baseline with sampled assumptions and correlate what was drawn with what came out."""
    from experiments.ensemble import simulate
    from experiments.rank_correlation import rank_correlations
    from experiments.stability import drawn
    from experiments.store import code_version

    if runs < 4:
        raise UserError(f"runs must be at least 4 to rank anything, not {runs}.")
    scenario = Scenario.load("baseline", dict(parse_set(change) for change in changes))
    results = simulate(scenario, seed, runs, assumptions="sampled", firms="none")
    causes = drawn(scenario, seed, runs).loc[results.runs]
    causes[COIN] = results.series("btc_price_usd").iloc[:, -1]
    rho = {
        outcome.name: {
            str(key): round(float(value), 3)
            for key, value in rank_correlations(causes, results.outcome(outcome.name).iloc[:, -1]).items()
        }
        for outcome in HEADLINE
    }
    return Measured("baseline", tuple(changes), seed, len(results), results.months[-1], code_version(), rho)


# ------------------------------------------------------------------ the page


def page(measured: Measured) -> str:
    """The page as Markdown."""
    blocks = [_block(name, measured) for name in BLOCKS]
    return "\n".join([_opening(), _strongest(measured), *blocks])


def _opening() -> str:
    infos = list(fields())
    roles = {role: [info for info in infos if info.role == role] for role in ("assumption", "lever", "structural")}
    drawn = sum(info.distribution is not None for info in roles["assumption"])
    return f"""# Assumptions

Every parameter of the model: its value, within which bounds it may be set, what it rests on, and, for what
nobody knows, the distribution it is drawn from and what that does to the outcomes. Written by
`python -m experiments.assumptions --fix` from the registry in `sim/scenario/blocks/`; do not edit by hand.

There are {len(infos)} parameters: {len(roles["assumption"])} assumptions, of which {drawn} are drawn for each
run with `--assumptions sampled`, {len(roles["lever"])} levers and {len(roles["structural"])} structural settings.
[Scenarios](scenarios.md) says what the roles mean; numbers fixed in the code stand in
[the model](model.md#constants-in-the-code).

- **Value** is the default, which is the baseline's. **Bounds** are what the registry accepts, not what is likely.
- **Drawn from**: the distribution. Normal: mean / sd / cut off at / and at; lognormal: median / log sd / cut off
  at / and at; triangular: low / mode / high; uniform: low / high.
- **Moves**: headline outcomes that follow the assumption beyond noise in the measurement below.
- **Rests on**: basis, confidence and date where a row of the compiled table [costs](data.md#costs) backs the
  parameter. Otherwise *facts* or *data* collected for the project, *assumed* where there are none, *neutral* where
  the value adds nothing to the world as it is.
"""


def _strongest(measured: Measured) -> str:
    of = f"`{measured.scenario}`"
    if measured.changes:
        of += " with " + ", ".join(f"`{change}`" for change in measured.changes)
    tried = sum(len(found) for found in measured.rho.values())
    beyond = sum(abs(rho) > measured.noise for found in measured.rho.values() for rho in found.values())
    lines = [
        "## What moves the outcomes",
        "",
        "Rank correlation (Spearman's rho) of what was drawn with what came out in "
        f"{month(measured.last_month, True)}, over n = {plural(measured.runs, 'run')} of {of}, seed {measured.seed}, "
        f"code `{measured.code}`. Two unrelated numbers stay within ±{measured.noise:.2f} in 95 of 100 cases; "
        f"**bold** is what lies beyond. Of the {tried:,} pairs tried, one in twenty, {tried / 20:.0f}, would do so "
        f"by chance; {beyond} do. So take a single bold value as a hint, and a large one as a finding. A correlation "
        "says how closely an outcome follows an assumption over its whole distribution while all else varies too: "
        "a wide distribution of something weak can outrank a narrow one of something strong. The "
        f"*{COIN}* of the last month, a path and no assumption, is there for scale.",
        "",
        "| outcome | strongest first |",
        "| --- | --- |",
    ]
    for name, found in measured.rho.items():
        order = sorted(found, key=lambda key: -abs(found[key]))[:TOP]
        told = ", ".join(f"{_key(key)} {_rho(found[key], measured.noise)}" for key in order) or DASH
        lines.append(f"| {BY_NAME[name].label} | {told} |")
    return "\n".join([*lines, ""])


def _block(name: str, measured: Measured) -> str:
    costs = load_tables().costs
    infos = [info for info in fields() if info.block == name]
    lines = [f"## {name}", "", (BLOCKS[name].__doc__ or "").splitlines()[0], ""]
    sampled = [info for info in infos if info.distribution is not None]
    for role, words in (("assumption", "Assumptions"), ("lever", "Levers"), ("structural", "Structural settings")):
        part = [info for info in infos if info.role == role]
        if not part:
            continue
        if len(part) < len(infos):
            lines += [f"### {words} of {name}", ""]
        drawn = role == "assumption" and bool(sampled)
        head = ["parameter", "value", "bounds", *(["drawn from", "moves"] if drawn else []), "rests on"]
        lines += _table(head, (_row(info, costs, measured, drawn) for info in part))
    return "\n".join(lines)


def _row(info: FieldInfo, costs: Table, measured: Measured, drawn: bool) -> list[str]:
    spread = [_drawn(info), moves(info, measured)] if drawn else []
    unit = f" {info.unit}" if info.unit and info.numeric else ""
    return [f"`{info.key}` {info.text}", _value(info.default) + unit, _bounds(info), *spread, rests_on(info, costs)]


def _drawn(info: FieldInfo) -> str:
    return in_words(info.distribution).replace("-", MINUS) if info.distribution else "not drawn"


def moves(info: FieldInfo, measured: Measured) -> str:
    """Outcomes that follow a sampled assumption beyond noise, strongest first; how many more there are."""
    if info.distribution is None:
        return DASH
    found = {name: rho[info.key] for name, rho in measured.rho.items() if info.key in rho}
    if not found:
        return "not in use"
    clear = sorted((name for name in found if abs(found[name]) > measured.noise), key=lambda name: -abs(found[name]))
    told = [f"{BY_NAME[name].label} {_signed(found[name])}" for name in clear[:MOST_NAMED]]
    more = len(clear) - MOST_NAMED
    return ", ".join(told) + (f" and {more} more" if more > 0 else "") if clear else "nothing clearly"


def rests_on(info: FieldInfo, costs: Table) -> str:
    """Basis, confidence and date where a row of the table of costs backs the parameter; then the source."""
    row = costs.index("registry_key").get(info.key)
    kind, _, source = info.source.partition(": ")
    if row is not None:
        basis, confidence, date = (str(costs[column][row]) for column in ("basis", "confidence", "date"))
        return f"*{basis}, {confidence}* ({date}): {source or info.source}"
    word = {"assumption": "assumed"}.get(kind, kind)
    return f"*{word}*: {source}" if source else info.source


def _bounds(info: FieldInfo) -> str:
    if info.choices:
        return ", ".join(f"`{choice}`" for choice in info.choices)
    if info.low is None and info.high is None:
        return {"bool": "true, false", "month": "a month", "text": "text"}.get(info.kind, DASH)
    low, high = (DASH if bound is None else _value(bound) for bound in (info.low, info.high))
    return f"{low} to {high}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:,.6g}".replace("-", MINUS) if abs(value) < 1e6 else f"{value:,.0f}"
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value)) or "none"
    return f"`{value}`" if value else "none"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    cells = (" | ".join(cell.replace("|", "\\|") for cell in row) for row in rows)
    return [f"| {' | '.join(head)} |", "|" + " --- |" * len(head), *(f"| {row} |" for row in cells), ""]


def _key(key: str) -> str:
    return f"`{key}`" if "." in key else f"*{key}*"


def _signed(rho: float) -> str:
    return f"{rho:+.2f}".replace("-", MINUS)


def _rho(rho: float, noise: float) -> str:
    return f"**{_signed(rho)}**" if abs(rho) > noise else _signed(rho)


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the page, write it (``--fix``), or measure first (``--measure``)."""
    parser = argparse.ArgumentParser(description="Check that docs/assumptions.md says what the registry says.")
    parser.add_argument("--fix", action="store_true", help="write the page")
    parser.add_argument("--measure", action="store_true", help="simulate the baseline first, then write the page")
    parser.add_argument("--runs", type=int, default=256, help="runs of the measurement")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="measure a changed baseline")
    chosen = parser.parse_args(arguments)
    if chosen.measure:
        measure(chosen.runs, chosen.seed, chosen.set).save()
    text = page(Measured.load())
    if chosen.fix or chosen.measure:
        PAGE.write_text(text, encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != text:
        print(f"{PAGE} is out of date: python -m experiments.assumptions --fix")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
