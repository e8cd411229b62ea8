"""Stress: named shocks strike a scenario; who gets into distress, and what breaks first."""

from __future__ import annotations

from typing import Any

import solara

from experiments.shocks import SHOCKS
from experiments.stress import StressResult, stress
from experiments.wording import month, plural
from sim.scenario import Scenario, ScenarioError
from viz import session, stresses
from viz.components.blocks import Checks, Heat, Inputs, Sheet, link, words
from viz.components.parts import Head, Segment
from viz.ensembles import own_data
from viz.frame import Problem
from viz.pages.one_run import title_of
from viz.settings import settings
from viz.tasks import use_task

RUNS = 8
FIRST_SHOCKS = "coin-crash,tenant-default"
MOST_SEVERE = 4.0
LEDE = "Named shocks strike the scenario. Runs with and without meet the same chances, so what differs is the shock."
HEAT_TOLD = (
    "Share of runs in which a firm shows distress within the months followed: a bill, a covenant or a debt not met."
)
KINDS = ({"id": "listed", "label": "Listed firms"}, {"id": "all", "label": "All with hashrate"})


@solara.component
def Stress() -> None:  # noqa: N802
    """The page: choices at the left, what happens at the right."""
    with solara.v.Html(tag="main", class_="hp-wide"):
        try:
            scenario = session.view().setting.load(settings().world)
        except ScenarioError as error:
            Problem("This scenario cannot be simulated", error.messages)
            return
        Tested(scenario)


@solara.component
def Tested(scenario: Scenario) -> None:  # noqa: N802
    """Choices and result."""
    view = session.view()
    names = [name for name in view.option("shocks", FIRST_SHOCKS).split(",") if name in SHOCKS]
    severity = _severity(view.option("severity"))
    date = view.option("date", stresses.usual_date(scenario))
    date = date if date in stresses.dates(scenario) else stresses.usual_date(scenario)
    months = stresses.followed(scenario, date)
    key = f"{scenario.content_hash()}-{','.join(names)}-{severity}-{date}-{own_data() or ''}"
    asked, set_asked = solara.use_state("")
    stopped, set_stopped = solara.use_state(False)
    wanted = {
        "scenario": scenario,
        "shocks": tuple(names),
        "severity": severity,
        "date": date,
        "runs": RUNS,
        "follow": months,
        "data": own_data(),
    }
    task = use_task(key, stress if asked == key and not stopped else None, wanted)

    def start(_: Any) -> None:
        set_stopped(False)
        set_asked(key)

    running = task.running and asked == key
    progress = {
        "state": "running" if running else "done",
        "share": task.share,
        "rate": "",
        "words": f"{RUNS} runs of {plural(len(names), 'shock')}" if running else "",
        "first": f"{100 * task.share:.0f} % done",
    }
    Head(
        title="Stress",
        lede=f"{LEDE} Now: “{title_of(scenario)}”.",
        progress=progress,
        event_cancel=lambda _: set_stopped(True),
    )
    with solara.v.Html(tag="div", class_="hp-aside-left"):
        with solara.v.Html(tag="section", class_="hp-block"):
            _choices(scenario, names, severity, date)
            label = "Run the stress test" if asked != key or stopped else "Running" if running else "Run again"
            link(label, start if names and not running else _nothing, "hp-solid hp-run")
        with solara.v.Html(tag="div", class_="hp-stack"):
            result = task.result if asked == key and task.key == key else None
            if task.error and asked == key:
                Problem("The stress test ended with an error", [task.error])
            elif isinstance(result, StressResult):
                Found(result)
            elif not names:
                words("p", "Choose at least one shock.", "hp-wait")
            elif running:
                words("p", f"Every firm is followed for {months} months, with and without each shock.", "hp-wait")
            else:
                words(
                    "p",
                    f"{'Cancelled. ' if stopped else ''}{RUNS} runs with and without {plural(len(names), 'shock')}, "
                    f"from {month(date, full=True)} on, followed for {months} months. Nothing runs yet.",
                    "hp-wait",
                )


def _nothing(_: Any) -> None:
    """A button without effect for now."""


def _severity(text: str) -> float:
    try:
        return min(MOST_SEVERE, max(0.1, float(text)))
    except ValueError:
        return 1.0


def _choices(scenario: Scenario, names: list[str], severity: float, date: str) -> None:
    view = session.view()

    def flip(name: str) -> None:
        kept = [shock for shock in SHOCKS if (shock in names) != (shock == name)]
        told = ",".join(kept) or "none"
        session.go(view.with_option("shocks", "" if told == FIRST_SHOCKS else told))

    def change(data: dict[str, Any]) -> None:
        usual = {"severity": 1.0, "date": stresses.usual_date(scenario)}[data["key"]]
        value = data["value"]
        session.go(view.with_option(data["key"], "" if value in (None, usual) else str(value)))

    items = [
        {"id": name, "label": stresses.label(name), "text": text, "on": name in names}
        for name, text in SHOCKS.items()
    ]
    Checks(label="Shocks", items=items, event_flip=flip)
    choices = [{"id": name, "label": month(name)} for name in stresses.dates(scenario)]
    Inputs(
        rows=[
            {
                "key": "severity",
                "kind": "number",
                "name": "Severity",
                "unit": "times",
                "value": severity,
                "base": 1.0,
                "low": 0.1,
                "high": MOST_SEVERE,
                "least": 0.1,
                "most": MOST_SEVERE,
                "places": 1,
                "changed": severity != 1.0,
                "help": "1 is the shock as described; 2 is the shock twice over: a price halved becomes a quarter.",
            },
            {
                "key": "date",
                "kind": "choice",
                "name": "Strikes in",
                "value": date,
                "choices": choices,
                "changed": date != stresses.usual_date(scenario),
                "help": "",
            },
        ],
        event_change=change,
    )


@solara.component
def Found(result: StressResult) -> None:  # noqa: N802
    """Heat map and table of the sector."""
    view = session.view()
    kind = view.option("stressed", "listed")
    columns, rows = solara.use_memo(lambda: stresses.heat(result, kind == "listed"), [id(result), kind])
    with solara.v.Html(tag="section", class_="hp-block"):
        words("h3", "What breaks first")
        words(
            "p",
            f"Kinds of firms whose share in distress rises most within six months; means of {result.runs} runs, "
            f"severity {result.severity:g}, from {month(result.date, full=True)}.",
            "hp-subtitle",
        )
        Sheet(columns=list(stresses.SECTOR_COLUMNS), rows=stresses.sector(result))
    with solara.v.Html(tag="section", class_="hp-block"):
        words("h3", "Distress by firm and shock")
        words("p", HEAT_TOLD + " Stronger colour from 5, 20, 40, 60 and 80 %.", "hp-subtitle")
        Segment(
            parts=list(KINDS),
            chosen=kind,
            event_choose=lambda name: session.go(view.with_option("stressed", "" if name == "listed" else name)),
        )
        Heat(
            label="Distress by firm and shock",
            head="",
            columns=columns,
            rows=rows,
            event_open=lambda firm: session.visit("/firms", view.with_option("firm", firm)),
        )
