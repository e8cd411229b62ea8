"""A firm's page: what becomes of a listed firm over several runs."""

from __future__ import annotations

import solara

from experiments.wording import plural
from sim.results import ResultSet
from sim.scenario import Scenario
from viz import firm_runs, screen, session
from viz.charts.axes import axis_of
from viz.charts.options import option
from viz.components.blocks import Sheet, link, words
from viz.components.parts import ChartBlock
from viz.ensembles import Following
from viz.frame import Problem
from viz.pages.one_run import title_of, use_listed_firms
from viz.theme import palette

MADE_UP = (
    "This firm is made up, and drawn anew in each run: only listed firms start alike in all of them and can be "
    "followed from run to run. What becomes of its size class is on Explore."
)
WAITING = {"head": "The runs have started", "text": "Lines appear with the first two.", "actions": []}


@solara.component
def OverRuns(scenario: Scenario | None, firm: str, months: list[str], known: bool) -> None:  # noqa: N802
    """Chances, books and paths of a listed firm; for a made-up one the reason why there are none."""
    if known:
        Followed(scenario, firm, months)
        return
    with solara.v.Html(tag="section", class_="hp-over"):
        words("h2", "Over several runs")
        words("p", MADE_UP, "hp-lede")


@solara.component
def Followed(scenario: Scenario | None, firm: str, months: list[str]) -> None:  # noqa: N802
    """The runs of listed firms as far as they are in."""
    following = use_listed_firms(scenario)
    snapshot = following.snapshot
    results = snapshot.results
    if results is not None and not (results.table("firms")["firm"] == firm).any():
        results = None
    with solara.v.Html(tag="section", class_="hp-over"):
        words("h2", f"Over {plural(snapshot.wanted, 'run')}")
        if snapshot.error:
            Problem("These runs ended with an error", [snapshot.error, "The one run below is not touched by it."])
            return
        _told(following, results, firm, months)
        said = f"{firm} over {plural(snapshot.done, 'run')} of “{title_of(scenario)}”"
        with solara.v.Html(tag="div", class_="hp-over-parts"):
            with solara.v.Html(tag="section", class_="hp-block"):
                words("h3", "What becomes of it")
                Sheet(
                    columns=firm_runs.fate_columns(months), rows=firm_runs.fates(results, firm, months),
                    label="What becomes of it", name="fates" if results else "", about=f"What becomes of {said}",
                )  # fmt: skip
            with solara.v.Html(tag="section", class_="hp-block"):
                words("h3", "Books")
                Sheet(
                    columns=firm_runs.book_columns(months), rows=firm_runs.books(results, firm, months),
                    label="Books over runs", name="books" if results else "", about=f"Books of {said}",
                )  # fmt: skip
            Paths(results, firm)


def _told(following: Following, results: ResultSet | None, firm: str, months: list[str]) -> None:
    """How far the runs are, with what stops them or goes on, and in how many the firm still exists."""
    snapshot = following.snapshot
    told = firm_runs.still_there(results, firm, months) if results else ""
    with solara.v.Html(tag="p", class_="hp-lede", attributes={"aria-live": "polite"}):
        words("span", f"Each run draws other chances and other assumptions. {told} ")
        if snapshot.running:
            words("span", f"{snapshot.done} of {snapshot.wanted} are in. ")
            link("Cancel", following.cancel)
        elif snapshot.stopped and snapshot.done < snapshot.wanted:
            words("span", f"Stopped at {snapshot.done} of {snapshot.wanted}. ")
            link("Continue", following.go_on)
        if snapshot.failed:
            words("span", f" {plural(snapshot.failed, 'run')} did not finish and {_are(snapshot.failed)} left out.")


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


@solara.component
def Paths(results: ResultSet | None, firm: str) -> None:  # noqa: N802
    """Cash and debt of the firm in all runs."""
    table, set_table = solara.use_state(False)
    if results is None:
        ChartBlock(
            name="firm-runs", title="Cash and debt", subtitle="Million USD, month end, while it exists.", footer="",
            option={}, notice=WAITING,
        )  # fmt: skip
        return
    figure = firm_runs.figure(results, firm)
    ChartBlock(
        name=figure.key, title=figure.title, subtitle=figure.subtitle, footer=figure.footer,
        option=option(figure, palette(session.dark.value), axis=axis_of(figure)),
        table=screen.table(figure) if table else None, definition=screen.definition(figure),
        event_open_table=set_table,
        event_csv=lambda _: session.save(f"hashpivot-{figure.key}.csv", screen.csv(figure), "text/csv"),
    )  # fmt: skip
