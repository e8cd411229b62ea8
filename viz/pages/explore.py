"""Explore: one scenario against the baseline, levers at the left, every chart at the right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
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
from viz.frame import Problem
from viz.pages.panel import LeverPanel
from viz.settings import settings
from viz.state import BASELINE, Setting, assumptions_of
from viz.theme import palette


@solara.component
def Explore() -> None:  # noqa: N802
    """The page; a scenario that cannot be used leaves the panel and says why."""
    with solara.v.Html(tag="div", class_="hp-body"):
        with solara.v.Html(tag="div", class_="hp-side"):
            LeverPanel()
        with solara.v.Html(tag="main", class_="hp-main"):
            setting = session.view().setting
            try:
                scenario = setting.load(settings().world)
            except ScenarioError as error:
                Problem(
                    "This combination cannot be simulated", error.messages, "Undo", lambda: _step(session.history)
                )
                return
            Result(setting, scenario)


@solara.component
def Result(setting: Setting, scenario: Scenario) -> None:  # noqa: N802
    """Title, headline cards and charts of a scenario."""
    view = session.view()
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
    axes = solara.use_memo(SteadyAxes, [])
    if base.snapshot.error and not base.snapshot.done:
        Problem(
            "The runs ended with an error",
            [base.snapshot.error, "Undo the last change, or reload the page to try again."],
            "Undo",
            lambda: _step(session.history),
        )
    comparable = not is_baseline and _same_months(base.snapshot.results, own.snapshot.results)
    _head(setting, scenario, baseline, shown, base, is_baseline)
    Cards(
        cards=headline.cards(
            shown.snapshot.results, base.snapshot.results if comparable else None, base.snapshot.results
        )
    )
    drawn = use_figures(shown.snapshot.results)
    dotted = use_figures(None if is_baseline else base.snapshot.results)
    second = use_figures(modified.snapshot.results if view.modified_baseline else None)
    results = shown.snapshot.results
    few = use_figures(screen.first_runs(results) if results and view.option("paths") else None)
    names = solara.use_memo(dict[str, str], [])
    names[_key(scenario)] = now = screen.title(setting, scenario)
    older = names.get(own.key, "an older setting") if own.snapshot.results and own.key != _key(scenario) else ""
    if is_baseline:
        older = ""
    settled, set_settled = solara.use_state("")  # the order whose failed runs were read about
    told = standing.failure(shown.snapshot) if settled != _key(scenario) and not older else None
    own_firms = f"{firms.name}, {firms.folder.name}" if (firms := session.firms.value) else ""
    solara.use_effect(
        lambda: session.downloads.set(downloads.offers(setting, scenario, shown.snapshot, own_firms)),
        [scenario.content_hash(), shown.snapshot.done, own_firms],
    )
    with solara.v.Html(tag="div", class_="hp-grid"):
        for place, key in enumerate(drawn or dotted):
            figure = screen.against(drawn[key], dotted.get(key)) if drawn else screen.only_baseline(dotted[key])
            extra = [second[key].lines[0].median] if key in second and figure.kind == "lines" else []
            Chart(
                figure=figure,
                few=few.get(key),
                modified=extra,
                axes=axes,
                preset=setting.scenario,
                older=bool(older),
                footer=standing.footer(
                    figure, shown.snapshot, base.snapshot, waiting=not drawn, now=now, before=older
                ),
                notice=(told if not place else None) or (standing.nothing(figure, scenario) if drawn else None),
                on_continue=shown.go_on if shown.snapshot.stopped and not older else None,
                on_settled=lambda: set_settled(_key(scenario)),
            ).key(key)


def use_figures(results: ResultSet | None) -> dict[str, Figure]:
    """Figures of a result, made once per state of it."""
    return solara.use_memo(lambda: screen.figures(results) if results else {}, [id(results), len(results or ())])


@solara.component
def Chart(  # noqa: N802
    figure: Figure,
    few: Figure | None,
    modified: list[list[float]],
    axes: SteadyAxes,
    preset: str,
    older: bool,
    footer: str,
    notice: standing.Notice | None,
    on_continue: Callable[[], None] | None,
    on_settled: Callable[[], None],
) -> None:
    """One chart with its switches: log axis, sample paths, layers as lines, table."""
    table, set_table = solara.use_state(False)
    view = session.view()
    log, lines, paths = (figure.key in view.option(name).split(",") for name in ("log", "lines", "paths"))
    drawn = screen.as_lines(figure) if lines and figure.kind == "stack" else figure
    if drawn.kind == "lines":
        drawn = replace(drawn, log=drawn.log != log)
        if paths and few is not None:
            drawn = screen.with_paths(drawn, few)
    colours = palette(session.dark.value)
    axis = axes.of(drawn, preset, modified)

    def switch(data: dict[str, Any]) -> None:
        chosen = [key for key in view.option(data["id"]).split(",") if key and key != figure.key]
        session.go(view.with_option(data["id"], ",".join([*chosen, figure.key] if data["on"] else chosen)))

    def act(name: str) -> None:
        if name == "undo":
            _step(session.history)
        elif name == "show":
            on_settled()
        else:
            session.adjust(standing.mended(view.setting, name))

    ChartBlock(
        name=figure.key,
        title=figure.title,
        subtitle=figure.subtitle,
        footer=footer,
        more="Continue" if on_continue else "",
        option=option(drawn, colours, axis=axis, modified=modified),
        older=older,
        table=screen.table(figure) if table else None,
        notice=notice.data if notice else None,
        definition=screen.definition(figure),
        switches=_switches(figure, drawn, log, lines, paths),
        event_toggle=switch,
        event_open_table=set_table,
        event_action=act,
        event_go_on=lambda _: on_continue() if on_continue else None,
        event_csv=lambda _: session.save(f"hashpivot-{figure.key}.csv", screen.csv(figure), "text/csv"),
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


def _head(
    setting: Setting, scenario: Scenario, baseline: Scenario, shown: Following, base: Following, is_baseline: bool
) -> None:
    span = f"{scenario.world.start[:4]}{DASH}{_last_year(scenario)}"
    if setting.changes:
        lede = f"{levers.lede_of(dict(setting.changes))}. Against the baseline, {span}."
    else:
        lede = scenario.summary if is_baseline else f"{scenario.summary} Against the baseline, {span}."
    pinned = setting in session.view().pins
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


def _key(scenario: Scenario) -> str:
    wanted = order(scenario)
    return f"{wanted.key}/{wanted.runs}"


def _step(history: Any) -> None:
    history.value = history.value.undo()
