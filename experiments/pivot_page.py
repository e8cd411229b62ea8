"""Write docs/pivot.md and its pictures: `python -m experiments.pivot_page`; takes three to five minutes.

The back-cast of the pivot, what it owes to which mechanism, and whether the sector settles. Everything the page says
is computed here; it carries a hash of the sources it was made from.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments import backcast_ablation as ablation
from experiments import composition as comp
from experiments import stability
from experiments.backcast import SCORED, Backcast, backcast
from experiments.hindcast_figures import draw
from experiments.pages import ROOT, made_by, pct, signed, table, two
from experiments.wording import DASH, plural
from sim.scenario import Scenario
from sim.scenario.registry import describe

if TYPE_CHECKING:
    import pandas as pd

RUNS, RUNS_OF_VARIANTS, RUNS_FORWARD, RUNS_SAMPLED = 32, 8, 4, 64
PART_WORDS = {
    "firms": "kinds of firms", "tenants": "kinds of tenants", "products": "products", "funding": "who pays the hall",
    "quarters": "quarters", "signers": "number of firms that signed", "rent": "rents", "term": "terms",
    "delivered": "share delivered",
}  # fmt: skip
OUTCOME_WORDS = {
    "median_rent_usd_m_per_mw_year": "median rent, M USD per MW of IT and year",
    "mean_rent_usd_m_per_mw_year": "rent weighted by MW", "mean_term_years": "term weighted by MW, years",
    "firms_that_signed": "firms that signed", "delivered_share": "delivered by June 2026, of all leased",
    "debt_added_usd_bn": "debt added, bn USD (named firms; simulated: the sector)",
    "listed_failures": "listed firms restructured or closed",
}  # fmt: skip
DRIVEN_WORDS = {
    "network_hashrate": "network hashrate", "ai_contracted": "AI leased", "exits_small_share": "exits below 10 MW",
}  # fmt: skip


@dataclass(frozen=True)
class Material:
    """What the page is made of: the back-cast, two measures of demand, the firms that signed, the range of the free
    parameter, the ablation, the forward runs."""

    past: Backcast
    demand: pd.DataFrame
    firms: pd.DataFrame
    range: pd.DataFrame
    without: pd.DataFrame
    cells: Sequence[stability.Cell]
    causes: pd.DataFrame
    variants: int
    sampled: int


def main(arguments: Sequence[str] | None = None) -> None:
    """Run everything and write page and pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="folder of the page")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--scale", type=float, default=1.0, help="factor on all numbers of runs, to try the page")
    options = parser.parse_args(arguments)
    material = gather(options.scale, options.workers)
    images = options.docs / "images"
    draw(material.past, images / "pivot.png")
    _draw_cells(material.cells, images / "stability.png")
    (options.docs / "pivot.md").write_text(page(material), encoding="utf-8")


def gather(scale: float = 1.0, workers: int = 1) -> Material:
    """Run all simulations of the page; ``scale`` makes the numbers of runs smaller."""

    def some(runs: int) -> int:
        return max(2, round(runs * scale))

    demand, firms = ablation.by_demand(some(RUNS))
    return Material(
        past=backcast(runs=some(RUNS), workers=workers),
        demand=demand,
        firms=firms,
        range=ablation.profile(ablation.sourced_range(), some(RUNS_OF_VARIANTS)),
        without=ablation.ablate(some(RUNS_OF_VARIANTS)),
        cells=stability.forward(some(RUNS_FORWARD)),
        causes=stability.drivers(some(RUNS_SAMPLED)),
        variants=some(RUNS_OF_VARIANTS),
        sampled=some(RUNS_SAMPLED),
    )


def _draw_cells(cells: Sequence[stability.Cell], path: Path) -> None:
    from experiments.figures.draw import render_page

    path.parent.mkdir(parents=True, exist_ok=True)
    render_page(stability.figures(cells), path)


def page(material: Material) -> str:
    """The page in Markdown."""
    past = material.past
    return "\n\n".join((
        "# The pivot: back-cast, mechanisms, stability",
        made_by("python -m experiments.pivot_page"),
        "The engine starts in December 2024 (`hashpivot hindcast --case pivot`, scenario `pivot-2024`) with the "
        "firms and leases of that month, and is given the real coin price and fees. The market's demand for AI "
        "capacity is the quarterly capital spending of Amazon, Alphabet and Microsoft times the GW leased per "
        f"dollar in 2023{DASH}24; miners are asked for a fixed share of it. Rigs, hashrate, sites, halls, rents and "
        f"leases are the engine's own. Lines are medians of {plural(past.runs, 'run')}, bands their quantiles.",
        "![Leased, delivered, rent, hashrate and hashprice, simulated and real](images/pivot.png)",
        "## What was not blind",
        _given(),
        "## Errors",
        _errors(past),
        "## Composition",
        _composition(past),
        "## Beside the score",
        _outcomes(past),
        "## Where it misses, and why",
        _misses(material),
        "## The one free parameter",
        _free(material.range, material.variants),
        "## Without one mechanism at a time",
        _ablation(material.without, material.variants),
        "## Does the sector settle?",
        _stability(material.cells),
        "## What drives the spread",
        _causes(material.causes, material.sampled),
    )) + "\n"  # fmt: skip


def _given() -> str:
    return (
        "Parameters were collected in 2026, with the outcome in sight. Three inputs contain it: the demand shares of "
        "tenants follow the leases signed to June 2026, which gives kinds of tenants away in part; the rent at the "
        "start (1.77) is the mean of those leases (the one hall lease of 2024 that its landlord paid for stands at "
        "1.52, or 1.84 per MW of IT if its size is gross); the sizes of the smallest blocks come from the same "
        "leases. Halls leased in 2024 are handed over on the dates that came. What is tested is who signs, when, how "
        "fast halls are delivered, where rents go and how hashrate answers. No target is read before a run ends."
    )


def _errors(past: Backcast) -> str:
    rows = []
    for key in SCORED:
        cells = []
        for window in past.windows:
            rules = (window["benchmarks"][rule][f"{key}_mape"] for rule in window["benchmarks"])
            cells += [pct(window[f"{key}_mape"]), signed(window[f"{key}_bias"]), *map(pct, rules)]
        rows.append(("AI leased" if key == "signed" else key, *cells))
    head = ["mean error"]
    for year in ("2025", "2026"):
        head += [f"{year}", "bias", "null rule", "no change"]
    path = past.months.set_index("month")
    gw = "; ".join(
        f"{month}: {path['signed_it_mw'][month] / 1e3:.2f} ({path['signed_it_mw_p10'][month] / 1e3:.2f} to "
        f"{path['signed_it_mw_p90'][month] / 1e3:.2f}), real {path['signed_it_mw_real'][month] / 1e3:.2f}"
        for month in ablation.MONTHS_SHOWN
    )
    return (
        table(head, rows) + "\n\nNull rule: every miner takes every AI deal that passes his gates. No change: the "
        "last value before the window, known or simulated. Hashrate, hashprice and rent are compared where a month "
        f"is known.\n\nGW of critical IT leased, with 10{DASH}90 %: {gw}. A first gate asked for 2 to 7 GW in June "
        "2026 from sourced parameters alone."
    )


def _composition(past: Backcast) -> str:
    c, parts = past.composition, past.composition["parts"]
    rows = [(PART_WORDS[name], two(parts["simulated"][name]), two(parts["null"][name])) for name in comp.PARTS]
    gain, error = c["null_score"] - c["score"], c["gain_standard_error"]
    nearer, other = ("engine", "null rule") if gain > 0 else ("null rule", "engine")
    sure = "" if abs(gain) > 2 * error else ", which is within the noise of these runs"
    shares = [
        (f"{PART_WORDS[row['what']]}: {str(row['class']).replace('_', ' ')}",
         *(pct(row[who]) for who in ("real", "simulated", "null")))
        for _, row in past.shares.iterrows()
    ]  # fmt: skip
    return (
        "The total is a weak test, since demand bounds it under any rule. The score (`experiments/composition.py`) "
        "is the mean of nine distances of the leases signed since January 2025 from the real ones, taken in each run "
        "and averaged: for shares of MW the part of all MW that is in the wrong class, for numbers the logarithm of "
        "the ratio over that of two, at most 1. 0 is as it was; lower is better.\n\n"
        + table(("part", "simulated", "null rule"), [
            *rows, ("**score**", f"**{c['score']:.3f}**", f"**{c['null_score']:.3f}**")
        ])
        + f"\n\nThe {nearer} is nearer to what happened than the {other}, by {abs(gain):.3f} (standard error "
        f"{error:.3f}){sure}.\n\n"
        + table(("MW signed", "real", "simulated", "null rule"), shares)
        + f"\n\nIn the pause of the first quarter of 2026 real firms signed 96 MW, simulated ones "
        f"{c['signed_2026q1_mw']:.0f}. Of the ten largest listed miners 7 "
        f"had AI revenue in November 2025, simulated {c['top10_with_ai_revenue_2025_11']:.0f}: the small GPU clouds "
        "that most of them ran beside their mines are known for one firm only in the starting table."
    )  # fmt: skip


def _outcomes(past: Backcast) -> str:
    rows = [
        (OUTCOME_WORDS[name], *(DASH if value is None else f"{value:.2f}" for value in cells.values()))
        for name, cells in past.outcomes.items()
    ]
    return table(("", "real", "simulated", "null rule"), rows) + (
        "\n\nShares issued by firm and quarter are not known; debt is the difference of two starting tables. The "
        "list of restructurings is no census."
    )


def _misses(material: Material) -> str:
    rows = [
        (str(row["demand"]), *(two(row[f"signed_gw_{month}"]) for month in ablation.MONTHS_SHOWN),
         f"{two(row['p10'])} to {two(row['p90'])}", two(row["train_log_rmse"]), two(row["test_log_rmse"]),
         f"{row['signers']:.0f}", f"{row['score']:.3f}")
        for _, row in material.demand.iterrows()
    ]  # fmt: skip
    head = ("demand", "June 2025", "Dec 2025", "June 2026", f"10{DASH}90 %", "log RMSE 2025", "log RMSE 2026",
            "firms", "score")  # fmt: skip
    firms = [
        (str(name), f"{row['real']:.0f}", f"{row['simulated']:.0f}", pct(row["runs"]))
        for name, row in material.firms.iterrows()
    ]
    paused = ", ".join(f"{pct(row['paused'])} ({row['demand']})" for _, row in material.demand.iterrows())
    return (
        "**The total** follows the measure of demand. Three clouds spent 58 % more in 2025 than in 2024, but "
        "analysts counted leases of more than twice the GW (facts: hyperscaler_demand; Oracle alone leased 5.4 of "
        "the 7.4 GW of the third quarter and is not among the three). The case keeps the spending, which knows "
        "nothing of leases. The count holds the miners' own, about a seventh of it, and its quarters; with it as the "
        "demand, all else the same:\n\n" + table(head, rows) + "\n\nThe score punishes the larger total: more leases "
        "late in the window mean more firms that sign and a smaller share delivered, whoever signs. It compares "
        "rules under one demand, not demands.\n\n"
        "**Who signs.** MW since January 2025, and the share of runs in which a firm signs at all:\n\n"
        + table(("", "real", "simulated", "runs"), firms) + "\n\nApplied Digital signed a third of all MW, for "
        "more power than it claimed at the end of 2024; the model gives it the half of its claim that is connected "
        "on average, on a date that is drawn. MARA, CleanSpark, Riot, Bitdeer and Bitfarms signed little or "
        "nothing; the first four are the giants that the table of shares has too much of. Yet nothing known of them "
        "in 2024 says so: they had connected sites, requests for power, cash and "
        "coins, and no gate keeps them out for long. Their reluctance is drawn like everyone's, "
        "because the back-cast counts firms, not names.\n\n"
        "**The pause.** A quarter as poor as the first of 2026 comes in a part of the runs by chance alone: "
        f"{paused}. "
        "The market did not pause, since lease commitments grew by 31 % in that quarter; 27 leases in six quarters "
        "are few enough for one to stay almost empty.\n\n"
        "**Tried and not kept**, because the score did not gain or the null rule gained as much: tenants that wait "
        "until they need a block as large as those that were signed (fewer and larger leases, the number of firms "
        "right, the shares no nearer); firms without a plan for AI at the end of 2024 that offer only nine months "
        "after they have made one; a preference for landlords whom a tenant knows; times to delivery that differ "
        "from lease to lease; cheaper loans on leases of tenants without guarantee; no loss of claimed power in the "
        "queue beyond what `power.pipeline_realisation` takes."
    )


def _free(rows: pd.DataFrame, runs: int) -> str:
    shipped = Scenario.load("pivot-2024").values()[ablation.FREE]
    best = ablation.best_share(rows)
    test = float(rows.loc[rows["share"] == best, "test_log_rmse"].iloc[0])
    info = describe(ablation.FREE)
    shares = table(
        ("share", "June 2025", "Dec 2025", "June 2026", "log RMSE 2025", "log RMSE 2026", "score"),
        [
            (f"{row['share']:g}", *(two(row[f"signed_gw_{month}"]) for month in ablation.MONTHS_SHOWN),
             two(row["train_log_rmse"]), two(row["test_log_rmse"]), f"{row['score']:.3f}")
            for _, row in rows.iterrows()
        ],
    )  # fmt: skip
    return (
        f"`{ablation.FREE}`, the share of all demand for which miners are asked, may be set on 2025 within its "
        f"sourced range ({info.source}). GW leased and errors of the leased MW over that range, "
        f"{plural(runs, 'run')} each:\n\n{shares}\n\nBest in 2025: {best:g}, with a log RMSE of {test:.2f} "
        f"in the first half of 2026. The scenario has {shipped:g}."
    )


def _ablation(rows: pd.DataFrame, runs: int) -> str:
    cells = [
        (str(row["without"]), *(two(row[f"signed_gw_{month}"]) for month in ablation.MONTHS_SHOWN),
         two(row["rent"]), pct(row["tenant_funded"]), f"{row['signers']:.0f}", f"{row['score']:.3f}")
        for _, row in rows.iterrows()
    ]  # fmt: skip
    whole = rows.iloc[0]
    last = f"signed_gw_{ablation.MONTHS_SHOWN[-1]}"
    fall = (rows[last] / whole[last] - 1).iloc[1:]
    needed = [f"{rows['without'][k]} ({signed(fall[k])})" for k in fall.sort_values().index if fall[k] < -0.15]
    head = ("switched off", "June 2025", "Dec 2025", "June 2026", "rent", "tenants pay", "firms", "score")
    words = "; ".join(needed) or "none"
    return (
        f"GW leased, rent weighted by MW, share of MW whose hall the tenant pays, firms that signed; "
        f"{plural(runs, 'run')} each.\n\n{table(head, cells)}\n\nMechanisms without which more than 15 % "
        f"of the leases are missing by June 2026: {words}. A mechanism that hardly moves the total may still move "
        "who signs: compare the scores. Demand limits the total, so that what removes a reluctance moves leases "
        "forward rather than adding to them."
    )


def _stability(cells: Sequence[stability.Cell]) -> str:
    ends = stability.table(cells)
    rows = [
        (str(row["demand"]), str(row["coin price"]), str(row["month"]), f"{row['hashrate EH/s']:.0f}",
         *(two(row[name]) for name in ("AI leased GW", "AI delivered GW", "rent")),
         *(f"{row[name]:.0f}" for name in ends.columns if name.startswith("exits")))
        for _, row in ends.iterrows()
    ]  # fmt: skip
    steady = [
        (str(row["demand"]), str(row["coin price"]), *(pct(row[name]) for name in _STEADY))
        for _, row in stability.steadiness(cells).iterrows()
    ]
    runs = plural(len(cells[0].results), "run")
    return (
        "Forward from July 2026 with the coin price rising by 15 % a year, flat, or falling by 15 % a year, without "
        f"noise, and with or without an AI bust in 2028; {runs} each, assumptions fixed.\n\n"
        "![Hashrate, AI capacity, rent and exits under three coin prices, with and without an AI bust]"
        "(images/stability.png)\n\n"
        + table(tuple(ends.columns), rows)
        + "\n\nThe worst single step of any run: firms that turn to AI in one quarter as a share of firms alive, "
        "fall of hashrate in a month apart from halvings and at them, change of rent in a month.\n\n"
        + table(("demand", "coin price", *_STEADY.values()), steady)
        + "\n\nThe bust is a shock that ends at once in 2031, which is the jump of the rent. What holds the system "
        "is finite demand (leases end where the path of demand does, whatever miners earn with coins), connections "
        "that come on dated queues, equity, and on the mining side hashrate that leaves when hashprice falls."
    )


_STEADY = {
    "pivot": "turn in a quarter", "hashrate": "hashrate, month", "halving": "hashrate, halving",
    "rent": "rent, month",
}  # fmt: skip


def _causes(causes: pd.DataFrame, runs: int) -> str:
    parts: list[list[Any]] = []
    for name in stability.DRIVEN:
        rows = causes[causes["outcome"] == name]
        parts.append([f"{_key(key)} {rho:+.2f}" for key, rho in zip(rows["key"], rows["rho"], strict=True)])
    head = tuple(DRIVEN_WORDS[name] for name in stability.DRIVEN)
    return (
        f"Rank correlation (Spearman) of drawn assumptions with outcomes in December 2033 over {plural(runs, 'run')} "
        f"of the baseline; beyond ±{2 / (runs - 1) ** 0.5:.2f} a single one is unlikely to be chance, but of "
        "more than a hundred assumptions some are.\n\n" + table(head, zip(*parts, strict=True))
    )


def _key(key: str) -> str:
    return f"`{key}`" if "." in key else key


if __name__ == "__main__":
    main()
