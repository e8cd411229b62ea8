"""Stress: named shocks strike a scenario; who gets into distress, what breaks first, how severe it must be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import solara

from experiments.shocks import SHOCKS
from experiments.stress import StressResult, stress
from experiments.wording import month, plural
from sim.scenario import Scenario, ScenarioError
from viz import downloads, screen, session, stresses
from viz.charts.axes import axis_of
from viz.charts.options import option
from viz.components.blocks import Checks, Foot, Heat, Inputs, Sheet, link, words
from viz.components.parts import ChartBlock, Data, Head, Segment
from viz.ensembles import own_data
from viz.frame import Problem
from viz.pages.one_run import title_of
from viz.settings import settings
from viz.tasks import Outcome, use_task
from viz.theme import palette

RUNS = 8
FIRST_SHOCKS = "coin-crash,tenant-default"
LEDE = "Named shocks strike the scenario. Runs with and without meet the same chances, so what differs is the shock."
HEAT_TOLD = (
    "Share of runs in which a firm shows distress within the months followed: a bill or a debt not met, debts above "
    "assets, a restructuring. Stronger colour from 5, 20, 40, 60 and 80 %."
)
STRUCK_TOLD = (
    "Per cent of what it would be without the shock, at the severity chosen; reached some months after the date, "
    "and there for so long."
)
KINDS = ({"id": "listed", "label": "Listed firms"}, {"id": "all", "label": "All with hashrate"})


@dataclass(frozen=True)
class Wanted:
    """What a stress test is asked for. ``until`` is the share of a reverse test, None without one."""

    scenario: Scenario
    shocks: tuple[str, ...]
    severity: float
    date: str
    until: float | None

    @property
    def key(self) -> str:
        """Different for different tests."""
        parts = (self.scenario.content_hash(), *self.shocks, self.severity, self.date, self.until, own_data() or "")
        return "-".join(map(str, parts))

    @property
    def follow(self) -> int:
        return stresses.followed(self.scenario, self.date)

    @property
    def told(self) -> str:
        """The test in words."""
        names = ", ".join(stresses.label(name).lower() for name in self.shocks)
        return f"{names}, severity {self.severity:g}, from {month(self.date, full=True)}"

    def arguments(self) -> dict[str, Any]:
        """For experiments.stress.stress."""
        return {
            "scenario": self.scenario, "shocks": self.shocks, "severity": self.severity, "date": self.date,
            "runs": RUNS, "follow": self.follow, "until": self.until, "data": own_data(),
        }  # fmt: skip


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


def chosen_test(scenario: Scenario) -> Wanted:
    """The test that the address asks for; what makes no sense there is left out."""
    view = session.view()
    names = tuple(name for name in view.option("shocks", FIRST_SHOCKS).split(",") if name in SHOCKS)
    date = view.option("date")
    date = date if date in stresses.dates(scenario) else stresses.usual_date(scenario)
    until = float(view.option("until")) if view.option("until") in stresses.UNTIL else None
    return Wanted(scenario, names, _severity(view.option("severity")), date, until)


def _severity(text: str) -> float:
    try:
        return min(stresses.MOST_SEVERE, max(0.1, float(text)))
    except ValueError:
        return 1.0


@solara.component
def Tested(scenario: Scenario) -> None:  # noqa: N802
    """Choices and result. A test goes on while choices change; the last result stays until the next is in."""
    chosen = chosen_test(scenario)
    nothing: Wanted | None = None
    asked, set_asked = solara.use_state(nothing)
    stopped, set_stopped = solara.use_state(False)
    no_result: tuple[Wanted, StressResult] | None = None
    last = solara.use_ref(no_result)
    running = asked is not None and not stopped
    task = use_task(asked.key if asked else "", stress if running else None, asked.arguments() if asked else {})
    mine = asked is not None and task.key == asked.key
    if asked is not None and mine and isinstance(task.result, StressResult):
        last.current = asked, task.result

    def start(_: Any) -> None:
        set_stopped(False)
        set_asked(chosen)

    busy = running and not (mine and not task.running)
    Head(
        title="Stress", lede=f"{LEDE} Now: “{title_of(scenario)}”.", progress=_progress(asked, task, busy),
        event_cancel=lambda _: set_stopped(True),
    )  # fmt: skip
    with solara.v.Html(tag="div", class_="hp-aside-left"):
        with solara.v.Html(tag="section", class_="hp-block", attributes={"aria-label": "Choices"}):
            Choices(chosen)
            same = busy and asked is not None and asked.key == chosen.key
            label = "Running" if same else "Run the stress test"
            link(label, start if chosen.shocks and not same else _nothing, "hp-solid hp-run")
        with solara.v.Html(tag="div", class_="hp-stack"):
            with solara.v.Html(tag="div", class_="hp-state", attributes={"aria-live": "polite"}):
                _state(chosen, asked, task.error if mine and not stopped else "", busy, stopped, last.current)
            if last.current is not None:
                with solara.v.Html(tag="div", class_="hp-stack hp-faded" if busy else "hp-stack"):
                    Found(last.current[1])
            if chosen.shocks:
                _struck(chosen)


def _nothing(_: Any) -> None:
    """A button without effect for now."""


def _progress(asked: Wanted | None, task: Outcome, busy: bool) -> Data:
    if asked is None or not busy:
        return {"state": "done", "words": ""}
    told = f"{plural(RUNS, 'run')} of {plural(len(asked.shocks), 'shock')}"
    return {
        "state": "running", "share": task.share, "rate": f"{100 * task.share:.0f} %", "words": told,
        "first": "then how severe it must be" if asked.until else "and without a shock",
    }  # fmt: skip


def _state(
    chosen: Wanted,
    asked: Wanted | None,
    error: str,
    busy: bool,
    stopped: bool,
    last: tuple[Wanted, StressResult] | None,
) -> None:
    """One line on what is shown, what runs, or what is missing."""
    shown = f" Below: {last[0].told}." if last else ""
    if not chosen.shocks:
        words("p", f"Choose at least one shock.{shown}", "hp-wait")
    elif error and asked is not None:
        lines = [error, f"Asked for: {asked.told}.", "Another date, a lower severity or fewer changes may work."]
        Problem("The stress test ended with an error", [*lines, *([shown.strip()] if shown else [])])
    elif busy and asked is not None:
        told = (
            f"Runs now: {asked.told}. Every firm is followed for {asked.follow} months, with and without each shock."
        )
        words("p", f"{told}{shown}", "hp-wait")
    elif stopped:
        words("p", f"Cancelled: nothing is kept of a test that was not done.{shown}", "hp-wait")
    elif last is None:
        told = f"{plural(RUNS, 'run')} with and without {plural(len(chosen.shocks), 'shock')}"
        words("p", f"Nothing has run yet. To come: {told}, each followed for {chosen.follow} months.", "hp-wait")
    elif last[0].key != chosen.key:
        words("p", f"The choices have changed since.{shown}", "hp-wait")


@solara.component
def Choices(chosen: Wanted) -> None:  # noqa: N802
    """Shocks to tick, severity, date, and whether to ask how severe it must be."""
    view = session.view()
    scenario = chosen.scenario
    usual = {"severity": 1.0, "date": stresses.usual_date(scenario), "until": ""}

    def flip(name: str) -> None:
        kept = [shock for shock in SHOCKS if (shock in chosen.shocks) != (shock == name)]
        told = ",".join(kept) or "none"
        session.go(view.with_option("shocks", "" if told == FIRST_SHOCKS else told))

    def change(data: dict[str, Any]) -> None:
        value = data["value"]
        session.go(session.view().with_option(data["key"], "" if value in (None, usual[data["key"]]) else str(value)))

    items = [
        {"id": name, "label": stresses.label(name), "text": text, "on": name in chosen.shocks}
        for name, text in SHOCKS.items()
    ]
    shares = [{"id": "", "label": "not asked"}]
    shares += [{"id": share, "label": f"{100 * float(share):.0f} % fails"} for share in stresses.UNTIL]
    rows: list[Data] = [
        {
            "key": "severity", "kind": "number", "name": "Severity", "unit": "times", "value": chosen.severity,
            "base": 1.0, "low": 0.1, "high": stresses.MOST_SEVERE, "least": 0.1, "most": stresses.MOST_SEVERE,
            "places": 1, "changed": chosen.severity != 1.0,
            "help": "1 is the shock as described; 2 is the shock twice over: a price halved becomes a quarter.",
        },
        {
            "key": "date", "kind": "choice", "name": "Strikes in", "value": chosen.date, "help": "",
            "choices": [{"id": name, "label": month(name)} for name in stresses.dates(scenario)],
            "changed": chosen.date != usual["date"],
        },
        {
            "key": "until", "kind": "choice", "name": "Reverse test, hashrate", "choices": shares,
            "value": f"{chosen.until:g}" if chosen.until else "", "changed": chosen.until is not None,
            "help": "The reverse test: how severe must each shock be until firms with this share of the hashrate "
            "fail? It takes several times as long.",
        },
    ]  # fmt: skip
    Checks(label="Shocks", items=items, event_flip=flip)
    Inputs(rows=rows, event_change=change)


@solara.component
def Found(result: StressResult) -> None:  # noqa: N802
    """What breaks first, failures by month, how severe it must be, and the heat map."""
    of = f"{plural(result.runs, 'run')}, severity {result.severity:g}"
    about = f"Scenario “{result.scenario}”, {of}, from {month(result.date, full=True)}."
    with solara.v.Html(tag="section", class_="hp-block"):
        words("h3", "What breaks first")
        words(
            "p",
            f"Kinds of firms whose share in distress rises most within six months, and the sector over "
            f"{plural(result.follow, 'month')}; means of {of}, from {month(result.date, full=True)}.",
            "hp-subtitle",
        )
        Sheet(
            columns=list(stresses.SECTOR_COLUMNS), rows=stresses.sector(result), label="What breaks first",
            name="stress", about=f"What breaks first. {about}",
        )  # fmt: skip
    with solara.v.Html(tag="div", class_="hp-two hp-two-equal"):
        Course(result)
        if len(result.reverse):
            with solara.v.Html(tag="section", class_="hp-block"):
                words("h3", "How severe it must be")
                share = 100 * float(result.reverse["until"].iloc[0])
                told = f"Severity at which firms with {share:.0f} % of the hashrate fail, in the mean of the runs."
                words("p", told, "hp-subtitle")
                Sheet(
                    columns=list(stresses.REVERSE_COLUMNS), rows=stresses.reverse(result),
                    label="How severe it must be", name="stress-reverse", about=f"{told} {about}",
                )  # fmt: skip
    Shaded(result, about)


@solara.component
def Course(result: StressResult) -> None:  # noqa: N802
    """Failures month by month."""
    table, set_table = solara.use_state(False)
    figure = solara.use_memo(lambda: stresses.course(result), [id(result)])
    ChartBlock(
        name=figure.key, title=figure.title, subtitle=figure.subtitle,
        footer=f"{plural(result.runs, 'run')} · means · {figure.source}",
        option=option(figure, palette(session.dark.value), axis=axis_of(figure)),
        table=screen.table(figure) if table else None,
        definition="A failure is a restructuring, or an exit out of bills overdue or debts above assets.",
        event_open_table=set_table,
        event_csv=lambda _: session.save(
            "hashpivot-stress-months.csv", result.months.to_csv(index=False).encode(), downloads.TEXT
        ),
    )  # fmt: skip


@solara.component
def Shaded(result: StressResult, about: str) -> None:  # noqa: N802
    """The heat map."""
    view = session.view()
    kind = view.option("stressed", "listed")
    columns, rows = solara.use_memo(lambda: stresses.heat(result, kind == "listed"), [id(result), kind])
    title = "Distress by firm and shock"
    with solara.v.Html(tag="section", class_="hp-block"):
        words("h3", title)
        words("p", HEAT_TOLD, "hp-subtitle")
        Segment(
            parts=list(KINDS), chosen=kind,
            event_choose=lambda name: session.go(view.with_option("stressed", "" if name == "listed" else name)),
        )  # fmt: skip
        Heat(
            label=title, head="", columns=columns, rows=rows,
            event_open=lambda firm: session.visit("/firms", view.with_option("firm", firm)),
        )  # fmt: skip
        Foot(
            text=about, title=title, subtitle=HEAT_TOLD, picture=".hp-heat", name="stress-firms", saves=True,
            event_csv=lambda _: session.save(
                "hashpivot-stress-firms.csv", downloads.frame(result.firms, f"{title}. {about}"), downloads.TEXT
            ),
        )  # fmt: skip


def _struck(chosen: Wanted) -> None:
    with solara.v.Html(tag="section", class_="hp-block"):
        words("h3", "What strikes")
        words("p", STRUCK_TOLD, "hp-subtitle")
        Sheet(
            columns=list(stresses.STRUCK_COLUMNS), rows=stresses.struck(list(chosen.shocks), chosen.severity),
            label="What strikes", name="stress-shocks", about=f"What strikes: {chosen.told}",
        )  # fmt: skip
