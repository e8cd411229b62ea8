"""A single model in Mesa's own style: step, play, reset, look at its agents."""

from __future__ import annotations

from typing import Any

import solara

from experiments.figures import Figure
from experiments.wording import month
from viz import screen, session, walk
from viz.charts.axes import axis_of
from viz.charts.options import option
from viz.components.blocks import Inputs, Sheet, link, words
from viz.components.parts import ChartBlock
from viz.frame import Problem
from viz.theme import palette
from viz.walk import Shown, Walk

MOST_RUNS = 50
CODE = """from sim.model import SectorModel

model = SectorModel("baseline", run=0)
model.step()  # one month
# miners, tenants, grids, regulators
model.agents_by_type
data = model.datacollector
data.get_model_vars_dataframe()"""
SOON = {"head": "Not yet", "text": "A line needs two months: take two steps.", "actions": []}


@solara.component
def Steps() -> None:  # noqa: N802
    """Controls, charts and agents of one model."""
    shown, set_shown = solara.use_state(Shown())
    view = session.view()
    run = int(view.option("walk", "0")) if view.option("walk", "0").isdecimal() else 0
    attempt, set_attempt = solara.use_state(0)
    nobody: Walk | None = None
    walking = solara.use_ref(nobody)

    def start() -> Any:
        set_shown(Shown())
        walk_on = Walk(min(run, MOST_RUNS), set_shown)
        walking.current = walk_on
        return walk_on.close

    solara.use_effect(start, [run, attempt])

    def change(data: dict[str, Any]) -> None:
        value = int(data["value"] or 0)
        session.go(session.view().with_option("walk", str(value) if value else ""))

    def step(months: int) -> None:
        if walking.current is not None:
            walking.current.step(months)

    with solara.v.Html(tag="div", class_="hp-aside-left"):
        with solara.v.Html(tag="section", class_="hp-block"):
            words("h3", "One model")
            words("p", "A small sector as a Mesa model: a step is a month, agents are views on the same arrays that "
                  "ensembles use. Run k here is run k of a world of this size.", "hp-subtitle")  # fmt: skip
            with solara.v.Html(tag="div", class_="hp-buttons"):
                link("Step", lambda _: step(1), "hp-button")
                link("12 months", lambda _: step(12), "hp-button")
                link("Play / pause", lambda _: step(1000), "hp-button")
                link("Reset", lambda _: set_attempt(attempt + 1), "hp-button")
            Inputs(
                rows=[{"key": "walk", "kind": "number", "name": "Run", "unit": "", "value": run, "base": 0, "low": 0,
                       "high": MOST_RUNS, "least": 0, "most": MOST_RUNS, "places": 0, "changed": run != 0,
                       "help": "Each run draws other random numbers and assumptions."}],
                event_change=change,
            )  # fmt: skip
            done = (
                f"{month(shown.month, full=True)}, step {shown.steps} of {shown.horizon}. " if shown.horizon else ""
            )
            if shown.error:
                Problem("The model could not go on", [shown.error, "Reset it, or choose another run."])
            words("p", f"{done}{shown.kinds}." if done else "The model is being set up.", "hp-lede")
            solara.v.Html(tag="pre", children=[CODE])
        with solara.v.Html(tag="div", class_="hp-stack"):
            figures = {figure.key: figure for figure in walk.figures(shown)}
            with solara.v.Html(tag="div", class_="hp-two hp-two-equal"):
                for key, title in walk.TITLES.items():
                    StepChart(key, title, figures.get(key)).key(key)
            with solara.v.Html(tag="section", class_="hp-block"):
                words("h3", "Its largest miners")
                words("p", "Attributes of agents as they are now.", "hp-subtitle")
                Sheet(
                    columns=list(walk.COLUMNS), rows=shown.rows, empty="The model is being set up.",
                    label="Largest miners", name="agents",
                    about=f"Largest miners of a small world, run {run}, {shown.month}",
                )  # fmt: skip


@solara.component
def StepChart(key: str, title: str, figure: Figure | None) -> None:  # noqa: N802
    """A chart of what the data collector holds; its frame before there is a line."""
    table, set_table = solara.use_state(False)
    if figure is None:
        ChartBlock(name=key, title=title, subtitle="From the model's data collector.", footer="", option={},
                   notice=SOON)  # fmt: skip
        return
    ChartBlock(
        name=key, title=title, subtitle=figure.subtitle, footer=figure.footer,
        option=option(figure, palette(session.dark.value), axis=axis_of(figure)),
        table=screen.table(figure) if table else None, definition=screen.definition(figure),
        event_open_table=set_table,
        event_csv=lambda _: session.save(f"hashpivot-{key}.csv", screen.csv(figure), "text/csv"),
    )  # fmt: skip
