"""Firms: the table of one run's firms, and a page for each."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import solara

from experiments.figures import Figure
from experiments.wording import DASH, month
from sim.results import ResultSet
from sim.scenario import Scenario
from viz import firms, fleet, reviews, screen, session
from viz.charts.axes import axis_of
from viz.charts.marks import mark_month
from viz.charts.options import option
from viz.components.blocks import Bars, Facts, Foot, Months, Reasons, Sheet, Spreads, link, words
from viz.components.parts import ChartBlock, Head
from viz.ensembles import own_data
from viz.pages.firm_runs import OverRuns
from viz.pages.one_run import about, progress, results_of, title_of, use_one_run
from viz.theme import palette

GROUPS = (
    {"id": "", "label": "All"}, {"id": "listed", "label": "Listed"}, {"id": "private", "label": "Private"},
    {"id": "BTC", "label": "BTC"}, {"id": "HYBRID", "label": "Hybrid"}, {"id": "AI", "label": "AI"},
    {"id": "EXITED", "label": "Exited"},
)  # fmt: skip
EVERYONE = "everyone"  # the address of "All", for the page opens with listed firms
LEASE_COLUMNS = ({"name": "Tenant", "left": True}, {"name": "MW IT"}, {"name": "Rent"}, {"name": "Term"})
BALANCE_COLUMNS = ({"name": "", "left": True}, {"name": "M USD"}, {"name": "Change"})
FACT_COLUMNS = ({"name": "Fact", "left": True}, {"name": "At the start"}, {"name": "Basis", "left": True})


@solara.component
def Firms() -> None:  # noqa: N802
    """The page: table, or one firm if the address names one."""
    with solara.v.Html(tag="main", class_="hp-wide"):
        scenario, following = use_one_run()
        firm = session.view().option("firm")
        ready = following.snapshot.results
        if ready is not None and firm and firm in set(ready.table("firms")["firm"]):
            Firm(ready, firm, scenario).key(f"firm-{firm}")
            return
        lede = f"Run 0 of “{title_of(scenario)}”. A name is a label for a starting balance sheet, no forecast."
        if firm and ready is not None:
            lede = f"This run has no firm called {firm}. {lede}"
        Head(
            title="Firms", lede=lede, progress=progress(following),
            event_cancel=following.cancel, event_go_on=following.go_on,
        )  # fmt: skip
        results = results_of(scenario, following)
        if results is not None:
            Table(results, scenario)


@solara.component
def Table(results: ResultSet, scenario: Scenario | None) -> None:  # noqa: N802
    """All firms of a month, to sort and to filter."""
    view = session.view()
    when = firms.chosen_month(results, view.option("month"))
    rows = solara.use_memo(lambda: firms.table(results, when), [id(results), when])
    chosen = view.option("firms", "listed")

    def choose(group: str) -> None:
        session.go(view.with_option("firms", "" if group == "listed" else group or EVERYONE))

    Sheet(
        columns=list(firms.COLUMNS), rows=rows, sortable=True, first=4, search="Search firms or regions",
        groups=list(GROUPS), chosen="" if chosen == EVERYONE else chosen,
        empty="No firm matches: choose another group or clear the search.", label="Firms", name="firms",
        about=about("Firms", scenario, when),
        event_choose=choose, event_open=open_firm,
    )  # fmt: skip
    Months(months=results.months, chosen=when, event_choose=lambda name: choose_month(results, name))


def choose_month(results: ResultSet, name: str) -> None:
    """Show another month; the last one needs no place in the address."""
    session.go(session.view().with_option("month", "" if name == results.months[-1] else name))


def open_firm(name: str) -> None:
    """The page of a firm."""
    session.go(session.view().with_option("firm", name))


@solara.component
def Firm(results: ResultSet, firm: str, scenario: Scenario | None) -> None:  # noqa: N802
    """Everything about one firm."""
    view = session.view()
    when = firms.chosen_month(results, view.option("month"))
    now = firms.at(results, when)
    names = [str(name) for name in now.sort_values("connected_mw", ascending=False).index]
    place = names.index(firm)
    strategy, told = firms.since(results, firm, when)
    with solara.v.Html(tag="div"):
        with solara.v.Html(tag="div", class_="hp-crumbs"):
            link("All firms", lambda _: open_firm(""))
            words("span", f"/ {place + 1} of {len(names)} by connected MW · Scenario: {title_of(scenario)}")
            with solara.v.Html(tag="span", class_="hp-neighbours"):
                for name, arrow, what in _neighbours(names, place):
                    link(arrow, partial(_turn_to, name), label=f"{what}: {name}")
        with solara.v.Html(tag="div", class_="hp-title"):
            words("h1", firm)
            with solara.v.Html(tag="span", class_="hp-chip", style_=f"color: var(--word-{firms.MEANING[strategy]})"):
                colour = f"background: var(--mark-{firms.MEANING[strategy]}); margin: 0"
                solara.v.Html(tag="i", class_="hp-square-mark", style_=colour)
                words("span", told)
        words("p", firms.sentence(results, firm, when), "hp-lede")
        Facts(facts=firms.facts(results, firm, when, own_data()))
        OverRuns(scenario, firm, results.months, firms.coverage(firm, own_data()) is not None)
        with solara.v.Html(tag="div", class_="hp-run-head"):
            words("h2", "One run, month by month")
            words(
                "p", f"Run 0, {month(when, full=True)}: move the slider, or choose the date of a decision.", "hp-lede"
            )
        Months(months=results.months, chosen=when, event_choose=lambda name: choose_month(results, name))
        Story(results, firm, scenario, when)


def _neighbours(names: list[str], place: int) -> list[tuple[str, str, str]]:
    """The next larger and the next smaller firm, where there is one: name, words of the link, what it is."""
    larger = [(names[place - 1], f"← {names[place - 1]}", "Larger firm")] if place else []
    last = place == len(names) - 1
    return [*larger, *([] if last else [(names[place + 1], f"{names[place + 1]} →", "Smaller firm")])]


def _turn_to(name: str, _: object) -> None:
    open_firm(name)


@solara.component
def Story(results: ResultSet, firm: str, scenario: Scenario | None, when: str) -> None:  # noqa: N802
    """What happens to the firm in the one run: power, books, rigs, contracts, peers, and why it decided so."""
    drawn = solara.use_memo(lambda: {figure.key: figure for figure in firms.figures(results, firm)}, [firm])
    rigs = solara.use_memo(lambda: fleet.figure(results, firm), [firm])
    with solara.v.Html(tag="div", class_="hp-three hp-after"):
        with solara.v.Html(tag="div", class_="hp-stack"):
            Drawn(drawn["power"], when).key("power")
            Drawn(drawn["sales"], when).key("sales")
            if rigs is not None:
                Drawn(rigs, when).key("rigs")
            _balance(results, firm, scenario, when)
            _coverage(firm)
        with solara.v.Html(tag="div", class_="hp-stack"):
            Drawn(drawn["books"], when).key("books")
            Drawn(drawn["rate"], when).key("rate")
            if rigs is not None:
                _rigs(results, firm, when)
            _contracts(results, firm, scenario, when)
            _peers(results, firm, when)
        Why(results, firm, when)


@solara.component
def Drawn(figure: Figure, when: str) -> None:  # noqa: N802
    """A figure of one run with the chosen month marked."""
    table, set_table = solara.use_state(False)
    colours = palette(session.dark.value)
    drawn = option(replace(figure), colours, axis=axis_of(figure))
    ChartBlock(
        name=figure.key, title=figure.title, subtitle=figure.subtitle, footer=figure.footer,
        option=mark_month(drawn, figure.months, when, colours),
        table=screen.table(figure) if table else None, definition=screen.definition(figure),
        event_open_table=set_table,
        event_csv=lambda _: session.save(f"hashpivot-{figure.key}.csv", screen.csv(figure), "text/csv"),
    )  # fmt: skip


def _balance(results: ResultSet, firm: str, scenario: Scenario | None, when: str) -> None:
    with solara.v.Html(tag="section", class_="hp-block"):
        words("h3", "Balance sheet")
        words("p", f"Million USD, end of {month(when, full=True)}; change over 12 months.", "hp-subtitle")
        Sheet(
            columns=list(BALANCE_COLUMNS), rows=firms.balance(results, firm, when), label="Balance sheet",
            name="balance", about=about(f"Balance sheet of {firm}", scenario, when),
        )  # fmt: skip


def _rigs(results: ResultSet, firm: str, when: str) -> None:
    title = "Rigs of the month"
    with solara.v.Html(tag="section", class_="hp-block"):
        words("h3", title)
        words("p", f"MW installed, {month(when, full=True)}; the pale part stood still.", "hp-subtitle")
        Bars(rows=fleet.bars(results, firm, when), meaning="btc", empty="It has no rigs at this time.")
        Foot(
            text="All months and generations", title=title, name="rigs", saves=True,
            event_csv=lambda _: session.save("hashpivot-rigs.csv", fleet.csv(results, firm), "text/csv"),
        )  # fmt: skip


def _contracts(results: ResultSet, firm: str, scenario: Scenario | None, when: str) -> None:
    with solara.v.Html(tag="section", class_="hp-block"):
        words("h3", "Contracts")
        words("p", "Leases in force or under construction. Rent in million USD per MW of critical IT a year, "
              "at signing.", "hp-subtitle")  # fmt: skip
        rows = firms.lease_rows(results, firm, when)
        Sheet(
            columns=list(LEASE_COLUMNS), rows=rows, empty="No lease at this time.", label="Contracts",
            name="contracts", about=about(f"Leases of {firm}", scenario, when),
        )  # fmt: skip


def _peers(results: ResultSet, firm: str, when: str) -> None:
    count, rows = firms.peers(results, firm, when)
    if rows:
        with solara.v.Html(tag="section", class_="hp-block"):
            words("h3", "Against its peers")
            words(
                "p", f"{count} living firms of its size class. Line: 10{DASH}90 %, bar: 25{DASH}75 %.", "hp-subtitle"
            )
            Spreads(rows=rows)


def _coverage(firm: str) -> None:
    covered = firms.coverage(firm, own_data())
    with solara.v.Html(tag="section", class_="hp-block"):
        words("h3", "Data coverage")
        if covered is None:
            words("p", "This firm is made up: drawn so that all of them together match what is known of the sector "
                  "beside listed firms.", "hp-subtitle")  # fmt: skip
            return
        words("p", f"{100 * covered[0]:.0f} % of the facts it starts with are read in a source.", "hp-subtitle")
        rows = [
            {"id": fact, "cells": [{"words": fact}, {"words": value}, {"words": basis}]}
            for fact, value, basis in covered[1]
        ]
        Sheet(
            columns=list(FACT_COLUMNS), rows=rows, label="Data coverage", name="coverage",
            about=f"What {firm} starts with, and how it is known",
        )  # fmt: skip


@solara.component
def Why(results: ResultSet, firm: str, when: str) -> None:  # noqa: N802
    """Decision records, newest first."""
    shown, set_shown = solara.use_state(reviews.PAGE)
    view = session.view()
    kind = view.option("reviews")
    found = solara.use_memo(lambda: reviews.of_firm(results, firm, kind), [firm, kind, id(results)])
    marked = view.option("month")
    place = _place(found["month"].astype(str).to_list(), marked)
    most = max(shown, place + 3)
    Reasons(
        records=reviews.records(found, marked, most), lede=reviews.LEDE, kinds=list(reviews.KINDS), kind=kind,
        earlier=max(0, len(found) - most), empty="No such review in this run: choose “All reviews” above.",
        event_show=lambda name: session.go(view.with_option("reviews", name)),
        event_mark=lambda name: session.go(view.with_option("month", "" if name == marked else name)),
        event_more=lambda _: set_shown(most + 2 * reviews.PAGE),
    )  # fmt: skip


def _place(months: list[str], marked: str) -> int:
    return months.index(marked) if marked in months else 0
