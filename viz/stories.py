"""The guided stories of Learn: a preset, words, a chart, what these runs found, a question and its answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from experiments.calculator import Calculation
from experiments.figures import FIGURES, Figure
from experiments.figures.model import Band, Line
from experiments.figures.palette import Palette
from experiments.wording import month, number
from sim.months import month_name, month_number
from sim.results import ResultSet
from viz.charts.parts import FONT, Option
from viz.headline import paired, signed

Found = Callable[[ResultSet, ResultSet | None], str]
RUNS = 8
CALCULATED = "calculator"  # a story told by the calculator instead of runs


@dataclass(frozen=True)
class Story:
    """One story. ``found`` puts numbers of the runs at hand into a sentence; ``first`` and ``last`` cut the chart."""

    key: str
    name: str
    title: str
    scenario: str
    figures: tuple[str, ...]
    text: tuple[str, ...]
    question: str
    answer: str
    found: Found
    compare: bool = True
    first: str = ""
    last: str = ""


def _halving(results: ResultSet, _: ResultSet | None) -> str:
    subsidy = results.series("block_subsidy_btc").median()
    falls = [name for name in subsidy.index[1:] if subsidy[name] < 0.6 * subsidy.iloc[0]]
    if not falls or results.months[-1] < month_name(month_number(falls[0]) + 12):
        return "These runs end before the halving shows."
    at = falls[0]
    price, hashrate = results.outcome("hashprice"), results.outcome("network_hashrate")
    before = month_name(month_number(at) - 2)
    later = month_name(month_number(at) + 12)
    drop = 100 * (price[at] / price[before] - 1)
    after = 100 * (price[later] / price[before] - 1)
    off = 100 * (hashrate[at] / hashrate[before] - 1)
    return (
        f"In these runs hashprice changes by {signed(float(drop.median()), 0)} % from {month(before, full=True)} to "
        f"{month(at, full=True)} and stands {signed(float(after.median()), 0)} % a year later; hashrate changes by "
        f"{signed(float(off.median()), 0)} % at the halving (medians)."
    )


def _against(column: str, factor: float, words: str, places: int) -> Found:
    """The paired change at the last month against the baseline."""

    def told(results: ResultSet, base: ResultSet | None) -> str:
        if base is None:
            return ""
        values, before = results.series(column) * factor, base.series(column) * factor
        if column == "exits":
            values, before = values.cumsum(axis=1), before.cumsum(axis=1)
        change = paired(before.iloc[:, -1], values.iloc[:, -1])
        if not len(change):
            return ""
        end = month(results.months[-1], full=True)
        low, high = float(change.min()), float(change.max())
        return (
            f"{words} at the end, {end}: {signed(float(change.median()), places)} against the baseline, median of "
            f"{len(change)} paired runs ({signed(low, places)} to {signed(high, places)})."
        )

    return told


def _ban(results: ResultSet, _: ResultSet | None) -> str:
    hashrate = results.outcome("network_hashrate")
    if not {"2021-05", "2021-07"} <= set(hashrate.columns):
        return "These runs end before the ban."
    fall = 100 * (hashrate["2021-07"] / hashrate["2021-05"] - 1)
    told = signed(float(fall.median()), 0)
    return f"In these runs hashrate changes by {told} % from May to July 2021; in fact it was {signed(-38, 0)} %."


def _no_runs(_: ResultSet, __: ResultSet | None) -> str:
    return ""


STORIES = (
    Story(
        "halving", "The halving", "A halving switches off the costly, and the rest share what is left", "baseline",
        ("hashprice", "hashrate"),
        (
            "Every 210,000 blocks, about four years, the coins paid for a block are cut in half. The next "
            "cut is due in spring 2028. Nothing else changes that day: not the rigs, not their power, not "
            "the coin price.",
            "Revenue per unit of hashrate falls at once. Rigs that earned little more than their power are "
            "switched off, difficulty falls, and what is left of the reward is shared by fewer. So "
            "hashprice comes back part of the way without any help of the coin price.",
        ),
        "Who pays for the halving: the firm with the oldest rigs, or the one with the dearest power?",
        "The one whose rigs need most power cost per hash, which is the product of both. A firm with old "
        "rigs and cheap power can outlast one with new rigs and dear power. Look at breakevens on the page "
        "Calculator.",
        _halving, compare=False, last="2030-06",
    ),
    Story(
        "rents", "Rents and hashing", "Rents beat hashing per MW, but not per dollar", CALCULATED, (),
        (
            "A megawatt in an AI hall earns more in a year than the same megawatt in the newest rigs. That "
            "is why the sector talks about turning mines into data centres.",
            "But the hall costs many times as much to build. Per dollar put in, rigs pay back far sooner, "
            "and older rigs bought second-hand sooner still. What a firm is short of decides: if power is "
            "scarce, rents win; if money is scarce, hashing does, unless lenders or tenants pay for the "
            "hall.",
        ),
        "So why does anybody build halls?",
        "Because most of the money is not the firm's own. A lease of fifteen years with an investment-grade"
        " tenant can be borrowed against; a rig of four years hardly can. The return on own money is what "
        "firms compare, and with a good tenant it is high. Change the tenant's credit in the Calculator and"
        " watch it.",
        _no_runs, compare=False,
    ),
    Story(
        "credit", "The credit channel", "Dear credit stops halls before it stops rigs", "credit-crunch",
        ("ai-capacity", "cash-and-debt"),
        (
            "For eighteen months from 2027 loans cost four points more, lenders finance a third less, and "
            "new shares fetch 40 % less. Demand for AI capacity stays as it was.",
            "A hall needs about ten times the capital of the rigs on the same power, nearly all of it "
            "borrowed. When lenders finance less, the own part grows, and firms whose money does not reach "
            "it must let the tenant go, however good the lease.",
        ),
        "Demand did not change. Where does it go?",
        "Part of it waits, part goes to developers who are not miners and whose credit is better. That is "
        "why delivered capacity can fall short for years after credit is cheap again: the tenders are over.",
        _against("ai_delivered_mw", 1e-3, "AI capacity delivered by miners, GW,", 1),
    ),
    Story(
        "ban", "China's ban", "In 2021 a ban stopped more than a third of the network in two months", "history",
        ("hashrate", "hashprice"),
        (
            "In June 2021 China's provinces ordered miners to switch off. More than a third of the world's "
            "hashrate was gone by July.",
            "Here the engine starts in July 2016 and is given the real coin price, fees and dates of new "
            "rigs. The ban is a rule of a regulator with a compliance of 80 %; which rigs stop, what "
            "hashprice does for the others and how fast racks elsewhere fill is its own.",
        ),
        "Who gained from the ban?",
        "Every miner elsewhere, at once: difficulty follows hashrate down, so the same rigs mined about "
        "half as many coins again. And owners of free racks and power: banned rigs had to pay what hosts "
        "asked.",
        _ban, compare=False, first="2020-01",
    ),
    Story(
        "bust", "An AI bust", "When AI demand halves, leases protect until tenants fail", "ai-bust",
        ("rent", "ai-capacity"),
        (
            "From 2028 demand for AI capacity is half of what the baseline has, rents of new leases fall by"
            " a quarter, GPU rents by half. In July 2028 one weak tenant in ten fails.",
            "Leases signed before keep their rent. The loss falls on those who come late, on owners of "
            "GPUs, who sell by the hour, and on landlords of tenants that fail without a backstop: their "
            "halls come back to a market that pays less, and their loans stay.",
        ),
        "Is a firm that never pivoted safe?",
        "Not quite. It does not lose rent, but others that cannot let their halls put power back to "
        "hashing, and halls no longer compete for sites. Look at the change of hashrate on Explore.",
        _against("ai_delivered_mw", 1e-3, "AI capacity delivered by miners, GW,", 1),
    ),
)  # fmt: skip
BY_KEY = {story.key: story for story in STORIES}


def drawn(story: Story, results: ResultSet, base: ResultSet | None) -> list[Figure]:
    """The figures of a story, cut to its months, the baseline dotted where it compares."""
    figures = []
    for key in story.figures:
        figure = FIGURES[key](results)
        if base is not None and base.months == results.months:
            figure = figure.against(FIGURES[key](base))
        figures.append(cut(figure, story.first, story.last))
    return figures


def cut(figure: Figure, first: str, last: str) -> Figure:
    """The months from first to last; the whole figure if it has fewer than two of them."""
    kept = [i for i, name in enumerate(figure.months) if name >= first and (not last or name <= last)]
    if len(kept) < 2:
        return figure
    part = slice(kept[0], kept[-1] + 1)

    def of(line: Line) -> Line:
        band = line.band and Band(*(getattr(line.band, name)[part] for name in ("p10", "p25", "p75", "p90")))
        return replace(line, median=line.median[part], band=band, paths=tuple(path[part] for path in line.paths))

    return replace(
        figure, months=figure.months[part], lines=tuple(of(line) for line in figure.lines),
        baseline=tuple(values[part] for values in figure.baseline),
    )  # fmt: skip


def rent_facts(found: Calculation) -> tuple[list[str], list[float], list[float], list[Any], str]:
    """Names, margins per MW, margins per dollar of capex, meanings, and both in a sentence."""
    uses = found.workloads
    rig = uses[uses["kind"] == "rigs"].sort_values("npv_usd_per_mw").iloc[-1]
    rows = [rig, *(uses[uses["name"] == name].iloc[0] for name in ("Retrofit", "Colocation"))]
    names = [str(row["name"]).partition(",")[0] for row in rows]
    per_mw = [float(row["margin_usd_per_mw_year"]) / 1e6 for row in rows]
    per_dollar = [float(row["margin_usd_per_mw_year"] / row["capex_usd_per_mw"]) for row in rows]
    told = (
        f"Today a MW of a new colocation hall earns {number(per_mw[2], 2)} M USD a year, of {names[0]} rigs "
        f"{number(per_mw[0], 2)}. Per dollar of capex it is {number(per_dollar[2], 2)} a year against "
        f"{number(per_dollar[0], 2)}."
    )
    return names, per_mw, per_dollar, ["btc", "ai", "ai"], told


def bars(names: list[str], values: list[float], meanings: list[Any], colours: Palette) -> Option:
    """Horizontal bars with their values at the end."""
    data = [
        {
            "value": float(f"{value:.3g}"),
            "itemStyle": {"color": colours.marks[meaning]},
            "label": {"color": colours.words[meaning], "formatter": number(value, 2)},
        }
        for value, meaning in zip(values, meanings, strict=True)
    ]
    return {
        "animation": False, "textStyle": {"fontFamily": FONT},
        "grid": {"left": 96, "right": 48, "top": 6, "bottom": 6},
        "xAxis": {"type": "value", "show": False, "min": 0},
        "yAxis": {"type": "category", "data": names, "axisLine": {"show": False}, "axisTick": {"show": False},
                  "axisLabel": {"color": colours.ink, "fontSize": 12}},
        "series": [{"type": "bar", "data": data, "barWidth": 20,
                    "label": {"show": True, "position": "right", "fontSize": 12, "fontWeight": 600}}],
    }  # fmt: skip
