"""Learn: five guided stories, and a single model stepped agent by agent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import solara

from experiments.calculator import SiteInputs
from experiments.figures import Figure
from experiments.wording import number, plural
from sim.scenario import Scenario
from viz import downloads, screen, session, stories
from viz.charts.axes import axis_of
from viz.charts.options import option
from viz.components.blocks import link, words
from viz.components.parts import ChartBlock, Head
from viz.ensembles import order, use_ensemble
from viz.frame import Problem
from viz.pages.calculator import QUIET, use_calculation
from viz.pages.steps import Steps
from viz.settings import settings
from viz.state import BASELINE, Setting
from viz.stories import Story
from viz.theme import palette

STEPS = "steps"
LEDE = "Five stories, each a preset with the chart to look at, and one model to step through by hand."


@solara.component
def Learn() -> None:  # noqa: N802
    """The page: a choice of stories, and the chosen one."""
    view = session.view()
    chosen = view.option("story", stories.STORIES[0].key)
    with solara.v.Html(tag="main", class_="hp-wide"):
        Head(title="Learn", lede=LEDE, progress=QUIET)
        with solara.v.Html(tag="div", class_="hp-story-list", attributes={"role": "group", "aria-label": "Stories"}):
            for key, name in [*((story.key, story.name) for story in stories.STORIES), (STEPS, "Step by step")]:
                Tab(key, name, key == chosen)
        if chosen == STEPS:
            Steps()
        else:
            Told(stories.BY_KEY.get(chosen, stories.STORIES[0])).key(f"story-{chosen}")


@solara.component
def Tab(key: str, name: str, on: bool) -> None:  # noqa: N802
    """One choice."""
    button = solara.v.Html(tag="button", children=[name], attributes={"aria-pressed": "true" if on else "false"})
    first = stories.STORIES[0].key
    solara.v.use_event(
        button, "click", lambda *_: session.go(session.view().with_option("story", "" if key == first else key))
    )


@solara.component
def Told(story: Story) -> None:  # noqa: N802
    """Words at the left, chart at the right."""
    with solara.v.Html(tag="div", class_="hp-story"):
        with solara.v.Html(tag="article", class_="hp-prose"):
            words("h2", story.title)
            for paragraph in story.text:
                words("p", paragraph)
            if story.scenario == stories.CALCULATED:
                Calculated(only_words=True)
            else:
                Simulated(story, only_words=True)
            with solara.v.Html(tag="details", class_="hp-question"):
                words("summary", story.question)
                words("p", story.answer)
            if story.scenario == stories.CALCULATED:
                link("Open in the Calculator", lambda _: session.visit("/calculator", session.view()))
            else:
                setting = Setting(story.scenario)
                link("Open on Explore", lambda _: session.visit("/", replace(session.view(), setting=setting)))
        with solara.v.Html(tag="div", class_="hp-stack"):
            if story.scenario == stories.CALCULATED:
                Calculated(only_words=False)
            else:
                Simulated(story, only_words=False)


@solara.component
def Simulated(story: Story, only_words: bool) -> None:  # noqa: N802
    """What a few runs of the preset show: a sentence, or the charts."""
    scenario = solara.use_memo(lambda: Scenario.load(story.scenario, settings().world), [story.key])
    baseline = solara.use_memo(lambda: Scenario.load(BASELINE, settings().world), [])
    runs = min(stories.RUNS, settings().runs)
    own = use_ensemble(order(scenario, runs=runs, keep=story.scenario == BASELINE))
    other = use_ensemble(order(baseline, runs=runs, keep=True) if story.compare else None)
    results = own.snapshot.results
    base = other.snapshot.results if story.compare else None
    if own.snapshot.error:
        Problem("The runs of this story ended with an error", [own.snapshot.error])
        return
    if results is None:
        if not only_words:
            words("p", f"{plural(runs, 'run')} of “{scenario.title}” are under way.", "hp-wait")
        return
    if only_words:
        told = story.found(results, base)
        more = f" {len(results)} of {runs} runs are in." if own.snapshot.running else ""
        words("p", f"{told}{more}", "hp-lede")
        return
    for figure in solara.use_memo(
        lambda: stories.drawn(story, results, base), [story.key, len(results), len(base or ())]
    ):
        StoryChart(figure).key(figure.key)


@solara.component
def StoryChart(figure: Figure) -> None:  # noqa: N802
    """A chart of a story."""
    table, set_table = solara.use_state(False)
    ChartBlock(
        name=figure.key, title=figure.title, subtitle=figure.subtitle, footer=figure.footer, height=260,
        option=option(figure, palette(session.dark.value), axis=axis_of(figure), height=260),
        table=screen.table(figure) if table else None, definition=screen.definition(figure),
        event_open_table=set_table,
        event_csv=lambda _: session.save(f"hashpivot-{figure.key}.csv", screen.csv(figure), "text/csv"),
    )  # fmt: skip


@solara.component
def Calculated(only_words: bool) -> None:  # noqa: N802
    """The story of rents from the calculator's market of today."""
    found, _ = use_calculation(SiteInputs())
    if found is None:
        if not only_words:
            words("p", "Today's market is being set up.", "hp-wait")
        return
    names, per_mw, per_dollar, meanings, told = stories.rent_facts(found)
    if only_words:
        words("p", told, "hp-lede")
        return
    for name, title, subtitle, values in (
        ("per-mw", "Margin per MW", "Million USD per grid MW a year, before capital cost.", per_mw),
        ("per-dollar", "Margin per dollar", "USD a year per USD of capex.", per_dollar),
    ):
        UseBars(name, title, subtitle, names, values, meanings).key(name)


@solara.component
def UseBars(  # noqa: N802
    name: str, title: str, subtitle: str, names: list[str], values: list[float], meanings: list[Any]
) -> None:
    """Uses of a megawatt as bars."""
    table, set_table = solara.use_state(False)
    rows = [[use, number(value, 2)] for use, value in zip(names, values, strict=True)]
    numbers = pd.DataFrame({"use": names, "value": values})
    ChartBlock(
        name=name, title=title, subtitle=subtitle, footer="One site in ERCOT, today's market; see Calculator",
        height=130, option=stories.bars(names, values, meanings, palette(session.dark.value)), definition=subtitle,
        table={"columns": ["Use", title], "rows": rows} if table else None, event_open_table=set_table,
        event_csv=lambda _: session.save(
            f"hashpivot-{name}.csv", downloads.frame(numbers, f"{title}. {subtitle}"), downloads.TEXT
        ),
    )  # fmt: skip
