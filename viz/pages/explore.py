"""Explore: one scenario against the baseline, levers at the left, every chart at the right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import solara

from experiments.figures import Figure
from experiments.wording import DASH
from sim.results import ResultSet
from sim.scenario import Scenario, ScenarioError
from viz import downloads, headline, levers, screen, session, standing
from viz.charts.axes import SteadyAxes
from viz.charts.options import option
from viz.components.parts import Cards, ChartBlock, Head
from viz.ensembles import Following, order, use_ensemble
from viz.frame import AddressProblems, Problem
from viz.orders import Snapshot
from viz.pages.panel import LeverPanel
from viz.past import Past, past
from viz.settings import settings
from viz.state import BASELINE, Setting, View, assumptions_of
from viz.theme import palette

SWITCHES = ("log", "lines", "paths")  # of charts, in the address


@solara.component
def Explore() -> None:  # noqa: N802
    """The page; a scenario that cannot be used leaves the panel and says why."""
    with solara.v.Html(tag="div", class_="hp-body"):
        with solara.v.Html(tag="div", class_="hp-side"):
            LeverPanel()
        with solara.v.Html(tag="main", class_="hp-main"):
            AddressProblems()
            view = session.view()
            try:
                scenario = view.setting.load(settings().world)
            except ScenarioError as error:
                Problem(
                    "This combination cannot be simulated", error.messages, "Undo", lambda: _step(session.history)
                )
                return
            Result(view, scenario)


@solara.component
def Result(view: View, scenario: Scenario) -> None:  # noqa: N802
    """Title, headline cards and charts of a scenario.

    What the visitor looks at is handed down: every component that read it would render the page once more.
    """
    setting = view.setting
    baseline = solara.use_memo(lambda: Scenario.load(BASELINE, settings().world), [])
    assumed = assumptions_of(setting)
    is_baseline = scenario.content_hash() == baseline.content_hash()
    base = use_ensemble(order(baseline, keep=True))
    own = use_ensemble(None if is_baseline else order(scenario))
    modified = use_ensemble(
        order(Scenario.load(BASELINE, {**assumed, **settings().world}))
        if view.modified_baseline and assumed and not is_baseline
        else None
    )
    shown = base if is_baseline else own
    key = f"{order(scenario).key}/{settings().runs}"
    seen = solara.use_memo(dict[str, Setting], [])
    seen[key] = setting
    older, now = "", ""
    if shown.results and shown.of != key:
        older, now = standing.apart(seen.get(shown.of), setting)
    own_firms = f"{firms.name}, {firms.folder.name}" if (firms := session.firms.value) else ""
    solara.use_effect(
        lambda: session.downloads.set(downloads.offers(setting, scenario, shown.snapshot, own_firms)),
        [scenario.content_hash(), shown.snapshot.done, own_firms],
    )
    _head(view, scenario, shown, base, is_baseline)
    hidden, set_hidden = solara.use_state("")  # the order whose failed runs were read about
    if shown.key == key and hidden != key:
        _failed(shown.snapshot, partial(set_hidden, key))
    results, whole = shown.results, base.results
    before = solara.use_memo(lambda: screen.fair(whole, results), [whole, results])
    comparable = not is_baseline and _same_months(before, results)
    cards = solara.use_memo(
        lambda: headline.cards(results, before if comparable else None, whole), [results, before, comparable]
    )
    Cards(cards=cards, older=bool(older))
    drawn = use_figures(results)
    dotted = use_figures(None if is_baseline else before)
    figures = solara.use_memo(lambda: screen.shown(drawn, dotted), [drawn, dotted])
    second = use_figures(modified.results if view.modified_baseline else None)
    few = use_figures(screen.first_runs(results) if results and view.option("paths") else None)
    axes = solara.use_memo(SteadyAxes, [])
    with solara.v.Html(tag="div", class_="hp-grid"):
        for name, figure in figures.items():
            known = past(name, figure.months)
            Chart(
                figure=figure,
                few=few.get(name),
                modified=[second[name].lines[0].median] if name in second and figure.kind == "lines" else [],
                known=known,
                axes=axes,
                preset=setting.scenario,
                on=tuple(name in view.option(switch).split(",") for switch in SWITCHES),
                dark=session.dark.value,
                older=bool(older),
                footer=standing.footer(
                    figure, shown.snapshot, base.snapshot, waiting=not drawn, now=now, before=older,
                    mark=known.mark if known else "",
                ),
                notice=standing.nothing(figure, scenario) if drawn and not older else None,
                on_continue=shown.go_on if shown.snapshot.stopped and not older else None,
            ).key(name)  # fmt: skip


def _failed(snapshot: Snapshot, hide: Callable[[], None]) -> None:
    """What is told above the cards when runs ended with an error."""
    told = standing.failure(snapshot)
    if told is not None:
        undo = told.actions[0][0] == "undo"
        Problem(told.head, [told.text], told.actions[0][1], (lambda: _step(session.history)) if undo else hide)


def use_figures(results: ResultSet | None) -> dict[str, Figure]:
    """Figures of a result, made once per state of it."""
    return solara.use_memo(lambda: screen.figures(results) if results else {}, [results])


@solara.component
def Chart(  # noqa: N802
    figure: Figure,
    few: Figure | None,
    modified: list[list[float]],
    known: Past | None,
    axes: SteadyAxes,
    preset: str,
    on: tuple[bool, ...],
    dark: bool,
    older: bool,
    footer: str,
    notice: standing.Notice | None,
    on_continue: Callable[[], None] | None,
) -> None:
    """One chart with its switches: log axis, layers as lines, sample paths, table. ``on``: those of SWITCHES."""
    table, set_table = solara.use_state(False)
    log, lines, paths = on

    def draw() -> tuple[Figure, dict[str, Any]]:
        drawn = screen.as_lines(figure) if lines and figure.kind == "stack" else figure
        if drawn.kind == "lines":
            drawn = replace(drawn, log=drawn.log != log)
            if paths and few is not None:
                drawn = screen.with_paths(drawn, few)
        axis = axes.of(drawn, preset, [*modified, *(known.values if known else ())])
        return drawn, option(drawn, palette(dark), axis=axis, modified=modified, past=known)

    drawn, chart = solara.use_memo(draw, [figure, few, modified, known, preset, on, dark])

    def switch(data: dict[str, Any]) -> None:
        view = session.view()
        chosen = [key for key in view.option(data["id"]).split(",") if key and key != figure.key]
        session.go(view.with_option(data["id"], ",".join([*chosen, figure.key] if data["on"] else chosen)))

    ChartBlock(
        name=figure.key,
        title=figure.title,
        subtitle=figure.subtitle,
        footer=footer,
        more="Continue" if on_continue else "",
        option=chart,
        older=older,
        table=screen.table(figure, known) if table else None,
        notice=notice.data if notice else None,
        definition=screen.definition(figure, known),
        switches=_switches(figure, drawn, log, lines, paths),
        event_toggle=switch,
        event_open_table=set_table,
        event_action=lambda key: session.adjust(standing.mended(session.view().setting, key)),
        event_go_on=lambda _: on_continue() if on_continue else None,
        event_csv=lambda _: session.save(f"hashpivot-{figure.key}.csv", screen.csv(figure, known), "text/csv"),
    )


def _switches(figure: Figure, drawn: Figure, log: bool, lines: bool, paths: bool) -> list[dict[str, Any]]:
    found = []
    if figure.kind == "stack":
        found.append({"id": "lines", "label": "Layers as lines", "on": lines})
    if drawn.kind == "lines":
        label = "Linear axis" if figure.log else "Log axis"
        found.append({"id": "log", "label": label, "on": log})
    if figure.kind == "lines" and any(line.leads for line in figure.lines):
        found.append({"id": "paths", "label": "Sample paths", "on": paths})
    return found


def _head(view: View, scenario: Scenario, shown: Following, base: Following, is_baseline: bool) -> None:
    setting, pins = view.setting, view.pins
    span = f"{scenario.world.start[:4]}{DASH}{_last_year(scenario)}"
    if setting.changes:
        lede = f"{levers.lede_of(dict(setting.changes))}. Against the baseline, {span}."
    else:
        lede = scenario.summary if is_baseline else f"{scenario.summary} Against the baseline, {span}."
    pinned = setting in pins
    Head(
        title=screen.title(setting, scenario),
        lede=lede,
        progress=screen.progress(shown.snapshot, None if is_baseline else base.snapshot, quiet=False),
        actions=[{"id": "pin", "label": "Pinned to Compare" if pinned else "Pin to Compare", "off": pinned}],
        event_cancel=shown.cancel,
        event_go_on=shown.go_on,
        event_action=lambda _: session.go(session.view().pin(setting)),
    )


def _last_year(scenario: Scenario) -> int:
    year, month = (int(part) for part in scenario.world.start.split("-"))
    return year + (month - 1 + scenario.world.months - 1) // 12


def _same_months(one: ResultSet | None, other: ResultSet | None) -> bool:
    return one is not None and other is not None and one.months == other.months


def _step(history: Any) -> None:
    history.value = history.value.undo()
