"""Compare: up to four pinned scenarios side by side, their paired differences, and what each lever does."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import solara

from experiments.figures import Figure
from experiments.wording import DASH, plural
from sim.results import ResultSet
from sim.scenario import Scenario, ScenarioError
from viz import comparison, downloads, levers, screen, session, standing
from viz.charts.axes import axis_of
from viz.charts.options import option
from viz.comparison import FIRST_ROWS, ROWS, Row
from viz.components.blocks import link
from viz.components.parts import ChartBlock, ColumnHead, Differences, Head, Segment
from viz.ensembles import Following, order, use_ensemble
from viz.frame import AddressProblems, Problem
from viz.levers import lowered
from viz.pages.wedges import LeverWedges
from viz.settings import settings
from viz.state import BASELINE, MOST_PINS, Setting, View
from viz.theme import palette

COUNTS = ("No scenario", "One scenario", "Two scenarios", "Three scenarios", "Four scenarios")
SUGGESTED = ("carbon-tax", "ai-bust", "btc-crash")
SPREAD_TOLD = (
    f"Median, 25{DASH}75 % and 10{DASH}90 % of paired differences. Line: none. Faint: the interval includes zero."
)
LETTERS = "ABCD"
ROW_HEIGHT, ONE_HEIGHT = 132, 190  # px of a small multiple; of one that stands alone
FIRST_COLUMN = 186  # px
SHORT = 18  # letters


@solara.component
def Compare() -> None:  # noqa: N802
    """The page; with nothing pinned it offers what could be."""
    with solara.v.Html(tag="main", class_="hp-wide"):
        AddressProblems()
        try:
            pinned = [(pin, pin.load(settings().world)) for pin in session.view().pins]
        except ScenarioError as error:
            Problem("A pinned scenario cannot be simulated", error.messages, "Unpin all", _unpin_all)
            return
        if pinned:
            Pinned(pinned, session.view())
        else:
            _nothing_pinned()


def _nothing_pinned() -> None:
    def add(names: tuple[str, ...]) -> None:
        session.go(replace(session.view(), pins=tuple(Setting(name) for name in names)))

    Head(
        title="Compare scenarios",
        lede="Pin up to four on Explore, or begin with one of these:",
        progress={"state": "done", "words": ""},
        actions=[{"id": "all", "label": "All three", "off": False}],
        event_action=lambda _: add(SUGGESTED),
    )
    with solara.v.Html(tag="div", class_="hp-suggested"):
        for name in SUGGESTED:
            scenario = Scenario.load(name)
            with solara.v.Html(tag="div"):
                _words("h3", scenario.title)
                _words("p", scenario.summary)
                link("Compare with the baseline", partial(lambda one, _: add((one,)), name), "hp-button")


@solara.component
def Pinned(pinned: list[tuple[Setting, Scenario]], view: View) -> None:  # noqa: N802
    """Columns of scenarios, rows of outcomes; below, differences and levers."""
    baseline = solara.use_memo(lambda: Scenario.load(BASELINE, settings().world), [])
    base = use_ensemble(order(baseline, keep=True))
    slots = [use_ensemble(order(pinned[i][1]) if i < len(pinned) else None) for i in range(MOST_PINS)]
    before = base.snapshot.results
    results = [_own(slot, scenario) for slot, (_, scenario) in zip(slots, pinned, strict=False)]
    names = [screen.title(setting, scenario) for setting, scenario in pinned]
    as_differences = view.option("compare") == "differences"
    shown = [row for row in ROWS if row.key in view.option("rows", ",".join(FIRST_ROWS)).split(",")]
    solara.use_effect(lambda: session.downloads.set(_offers(names, results)), [[len(r or ()) for r in results]])
    with solara.v.Html(tag="div", class_="hp-compare-head"):
        Head(
            title=f"{COUNTS[len(pinned)]} against the baseline",
            lede="Same random numbers in every scenario, so differences are due to the levers. "
            f"{plural(settings().runs, 'run')} each.",
            progress=screen.together([slot.snapshot for slot in (base, *slots[: len(pinned)])]),
            event_cancel=lambda _: _all([base, *slots], go_on=False),
            event_go_on=lambda _: _all([base, *slots], go_on=True),
        )
        _choices(view, as_differences, shown)
    for letter, slot in zip(LETTERS, slots[: len(pinned)], strict=False):
        if told := standing.failure(slot.snapshot):
            Problem(f"{letter}: {lowered(told.head)}", [told.text])
    on_phone, set_on_phone = solara.use_state(0)
    on_phone = min(on_phone, len(pinned) - 1)
    if len(pinned) > 1:
        with solara.v.Html(tag="div", class_="hp-only-narrow"):
            Segment(
                parts=[{"id": str(i), "label": f"{LETTERS[i]} {_short(name)}"} for i, name in enumerate(names)],
                chosen=str(on_phone),
                event_choose=lambda place: set_on_phone(int(place)),
            )
    columns = f"minmax(0, {FIRST_COLUMN}px) repeat({len(pinned)}, minmax(0, 1fr))"
    with solara.v.Html(tag="div", class_=f"hp-compare hp-at-{on_phone}", style_=f"grid-template-columns: {columns}"):
        with solara.v.Html(tag="div", class_="hp-column-head"):
            _words("p", "Pinned scenarios", "hp-third")
            _words("p", f"One scale per row. {'Zero' if as_differences else 'Dotted line'}: baseline.")
        for place, (setting, scenario) in enumerate(pinned):
            with solara.v.Html(tag="div", class_=f"hp-of-{place}"):
                _column_head(place, setting, scenario, slots[place])
        states = [_state(slot, scenario) for slot, (_, scenario) in zip(slots, pinned, strict=False)]
        for row in shown:
            OutcomeRow(row, results, before, as_differences, states, session.dark.value).key(row.key)
    rows = solara.use_memo(
        lambda: comparison.difference_rows(before, results) if before is not None else [], [before, results]
    )
    if before is not None:
        with solara.v.Html(tag="div", class_="hp-two"):
            with solara.v.Html(tag="section"):
                year = before.months[-1][:4]
                _words("h3", f"Difference from the baseline, end {year}")
                _words("p", SPREAD_TOLD, "hp-subtitle")
                Differences(names=names, rows=rows)
                _words("p", "Each row has its own scale, the same for all scenarios.", "hp-footer")
            LeverWedges([scenario for _, scenario in pinned], names, baseline)


def _own(slot: Following, scenario: Scenario) -> ResultSet | None:
    """Results of a slot, unless they still belong to what was there before."""
    return slot.snapshot.results if slot.key.startswith(order(scenario).key) else None


def _state(slot: Following, scenario: Scenario) -> str:
    """Words in place of plots with nothing to draw."""
    mine = slot.key.startswith(order(scenario).key)
    return "No run finished" if mine and slot.snapshot.error else "First run under way"


def _short(name: str) -> str:
    """A name as a button on a phone holds it."""
    return name if len(name) <= SHORT else f"{name[: SHORT - 1].rstrip(' ,')}…"


def _choices(view: View, as_differences: bool, shown: list[Row]) -> None:

    def check(data: dict[str, Any]) -> None:
        kept = {row.key for row in shown} ^ {data["id"]}
        keys = [row.key for row in ROWS if row.key in kept]
        session.go(view.with_option("rows", "" if tuple(keys) == FIRST_ROWS else ",".join(keys)))

    Segment(
        parts=[{"id": "levels", "label": "Levels"}, {"id": "differences", "label": "Differences"}],
        chosen="differences" if as_differences else "levels",
        event_choose=lambda name: session.go(view.with_option("compare", name if name == "differences" else "")),
        label="Choose outcomes",
        choices=[{"id": row.key, "label": row.title, "on": row in shown} for row in ROWS],
        event_check=check,
    )


def _column_head(place: int, setting: Setting, scenario: Scenario, slot: Following) -> None:
    text = levers.lede_of(dict(setting.changes)) if setting.changes else scenario.summary
    snapshot = slot.snapshot
    ColumnHead(
        letter=LETTERS[place],
        name=screen.title(setting, scenario),
        text=text,
        progress=f"{snapshot.done} of {plural(snapshot.wanted, 'run')}" if snapshot.running else "",
        event_unpin=lambda _: session.go(session.view().unpin(place)),
        event_explore=lambda _: session.visit("/", replace(session.view(), setting=setting)),
    ).key(f"head-{setting.words}")


@solara.component
def OutcomeRow(  # noqa: N802
    row: Row, results: list[ResultSet | None], before: ResultSet | None, as_differences: bool, states: list[str],
    dark: bool,
) -> None:  # fmt: skip
    """One outcome in all columns on one scale."""
    height = ROW_HEIGHT if len(results) > 1 else ONE_HEIGHT

    def draw() -> list[dict[str, Any] | None]:
        figures = [_figure(row, result, before, as_differences) for result in results]
        low, high = comparison.shared_reach([figure for figure in figures if figure is not None])
        return [
            option(figure, palette(dark), axis=axis_of(figure, low, high), height=height, compact=True)
            if figure is not None
            else None
            for figure in figures
        ]

    drawn = solara.use_memo(draw, [row, results, before, as_differences, dark])
    subtitle = comparison.subtitle(row, as_differences)
    with solara.v.Html(tag="div", class_="hp-contents"):
        with solara.v.Html(tag="div", class_="hp-row-name"):
            _words("h3", row.title)
            _words("p", subtitle)
        for place, chart in enumerate(drawn):
            with solara.v.Html(tag="div", class_=f"hp-bare hp-row-cell hp-of-{place}"):
                if chart is None:
                    _words("p", states[place], "hp-hint")
                    continue
                name = f"{row.key}-{place}"
                title = f"{row.title}, {LETTERS[place]}"
                ChartBlock(name, title, subtitle, "", chart, height=height, bare=True).key(name)


def _figure(row: Row, result: ResultSet | None, before: ResultSet | None, as_differences: bool) -> Figure | None:
    if result is None or (as_differences and before is None):
        return None
    if as_differences and before is not None:
        return comparison.differences(row, result, before)
    return comparison.levels(row, result, before)


def _offers(names: list[str], results: list[ResultSet | None]) -> list[session.Download]:
    return [
        offer
        for letter, name, result in zip(LETTERS, names, results, strict=False)
        if result is not None
        for offer in [downloads.sector_csv(f"csv-{letter}", f"{letter} {name}, data (CSV)", result)]
    ]


def _all(slots: list[Following], go_on: bool) -> None:
    for slot in slots:
        if go_on:
            slot.go_on()
        else:
            slot.cancel()


def _unpin_all() -> None:
    session.go(replace(session.view(), pins=()))


def _words(tag: str, words: str, class_: str = "") -> solara.Element:
    return solara.v.Html(tag=tag, class_=class_, children=[words])
