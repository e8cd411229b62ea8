"""Network: who leases from whom, who observes whom, and the regions of one run."""

from __future__ import annotations

import solara

from experiments.wording import month, plural
from sim.results import ResultSet
from sim.scenario import Scenario
from viz import downloads, firms, network, regions, session
from viz.components.blocks import Facts, Foot, Months, Net, Sheet, Tiles, link, pairs, words
from viz.components.parts import Data, Event, Head, Segment
from viz.ensembles import own_data
from viz.frame import Problem
from viz.pages.firms import Drawn, choose_month
from viz.pages.one_run import about, progress, results_of, title_of, use_one_run
from viz.tasks import use_task

VIEWS = ({"id": "contracts", "label": "Contracts"}, {"id": "information", "label": "Information"},
         {"id": "regions", "label": "Regions"})  # fmt: skip
TITLES = {"contracts": "Who leases from whom", "information": "Who observes whom", "regions": "Where there is room"}
LEDES = {
    "contracts": "AI leases between miners, tenants and backstops in {month}. Size: MW of critical IT.",
    "information": "Firms look at a few others, and may follow what they announce or do. Links last for the run; "
    "drawn are firms that exist in {month}.",
    "regions": "Headroom, waits and prices of the regions in {month}.",
}
LEASE_COLUMNS = ({"name": "", "left": True}, {"name": "MW IT"}, {"name": "of its revenue"})
OBSERVED = ({"name": "Firm", "left": True}, {"name": "Observed by"}, {"name": "Observes"})
NO_LEASE = "No lease is in force in this month: move the slider, or raise tenants' demand on Explore."


@solara.component
def Network() -> None:  # noqa: N802
    """The page with its three views."""
    scenario, following = use_one_run()
    view = session.view()
    shown = view.option("network", "contracts")
    shown = shown if shown in TITLES else "contracts"
    results = following.snapshot.results
    when = firms.chosen_month(results, view.option("month")) if results else ""
    with solara.v.Html(tag="main", class_="hp-wide"):
        told = LEDES[shown].format(month=month(when, full=True) if when else "the chosen month")
        Head(
            title=TITLES[shown], lede=f"{told} Run 0 of “{title_of(scenario)}”.", progress=progress(following),
            event_cancel=following.cancel, event_go_on=following.go_on,
        )  # fmt: skip
        Segment(
            parts=list(VIEWS), chosen=shown,
            event_choose=lambda name: session.go(view.with_option("network", "" if name == "contracts" else name)),
        )  # fmt: skip
        ready = results_of(scenario, following)
        if ready is None or scenario is None:
            return
        if shown == "contracts":
            Contracts(ready, scenario, when)
        elif shown == "information":
            Information(ready, scenario, when)
        else:
            Regions(ready, scenario, when)


@solara.component
def Contracts(results: ResultSet, scenario: Scenario, when: str) -> None:  # noqa: N802
    """Three columns, and at the right what is known of the chosen node."""
    view = session.view()
    chosen = view.option("node")
    drawn = solara.use_memo(lambda: network.contracts(results, when, chosen), [id(results), when, chosen])
    known = {node["id"] for node in drawn["nodes"]}
    chosen = chosen if chosen in known else ""

    def pick(name: str) -> None:
        session.go(session.view().with_option("node", name))

    with solara.v.Html(tag="div", class_="hp-aside"):
        with solara.v.Html(tag="div", class_="hp-stack"):
            Net(
                label="Contract network", width=network.WIDTH, height=drawn["height"], columns=drawn["columns"],
                nodes=drawn["nodes"], edges=drawn["edges"], chosen=chosen, empty=NO_LEASE, event_pick=pick,
            )  # fmt: skip
            if drawn["nodes"]:
                told = about("Who leases from whom", scenario, when)
                Foot(
                    text=f"{month(when, full=True)}, run 0", title=TITLES["contracts"], subtitle=told,
                    picture=".hp-net svg", name="network", saves=True,
                    event_csv=lambda _: session.save(
                        "hashpivot-network.csv", downloads.frame(network.leased(results, when), told), downloads.TEXT
                    ),
                )  # fmt: skip
            with solara.v.Html(tag="div", class_="hp-list-only"):
                rows = [tenant_row(node, chosen) for node in drawn["nodes"] if node["kind"] == "t"]
                columns: list[Data] = [{"name": "Tenant", "left": True}, {"name": "MW IT"}]
                OpenById(columns, rows, pick)
            Months(months=results.months, chosen=when, event_choose=lambda name: choose_month(results, name))
        with solara.v.Html(tag="aside"):
            if chosen:
                Chosen(results, scenario, when, chosen, lambda _: pick(""))
            else:
                words("p", "Choose a miner, tenant or backstop to see its leases.", "hp-lede")
            words("h2", "Concentration")
            pairs(network.concentration(results, when))


def tenant_row(node: Data, chosen: str) -> Data:
    """A tenant of the drawing as a row of the list."""
    cells = [{"words": node["name"], "meaning": node["meaning"]}, {"words": node["words"] or "none"}]
    return {"id": node["id"], "open": node["id"], "chosen": node["id"] == chosen, "cells": cells}


@solara.component
def OpenById(columns: list[Data], rows: list[Data], pick: Event) -> None:  # noqa: N802
    """The drawing as a list, for narrow screens."""
    Sheet(columns=columns, rows=rows, empty=NO_LEASE, event_open=pick)


@solara.component
def Chosen(results: ResultSet, scenario: Scenario, when: str, node: str, clear: Event) -> None:  # noqa: N802
    """What is known of one node."""
    title, kind, facts = network.about(results, when, node)
    view = session.view()
    shocked = view.with_option("shocks", "tenant-default").with_option("node", "").with_option("month", "")
    column = {**LEASE_COLUMNS[0], "name": "Tenant" if node.startswith("m:") else "Landlord"}
    with solara.v.Html(tag="div", class_="hp-chosen-node"):
        with solara.v.Html(tag="div", class_="hp-crumbs"):
            words("span", "Selected")
            link("Clear", clear)
        words("h2", title)
        words("p", kind, "hp-lede")
        Facts(facts=facts)
        Sheet(
            columns=[column, *LEASE_COLUMNS[1:]], rows=network.lease_rows(results, when, node),
            empty="No lease in this month.", label=f"Leases of {title}", name="leases",
            about=about(f"Leases of {title}", scenario, when),
            event_open=lambda name: session.visit("/firms", view.with_option("firm", name)),
        )  # fmt: skip
        if node.startswith("t:"):
            with solara.v.Html(tag="section", class_="hp-after"):
                words("h2", "If it defaults")
                words("p", network.default_told(results, when, node), "hp-lede")
                with solara.v.Html(tag="div", class_="hp-under"):
                    link("Open in Stress", lambda _: session.visit("/stress", shocked))
        elif node.startswith("m:") and title not in network.REST.values():
            with solara.v.Html(tag="div", class_="hp-under"):
                link("Open its page", lambda _: session.visit("/firms", view.with_option("firm", title)))


@solara.component
def Information(results: ResultSet, scenario: Scenario, when: str) -> None:  # noqa: N802
    """One firm, who looks at it and at whom it looks."""
    found = use_task(
        f"observed-{scenario.content_hash()}-{own_data() or ''}",
        network.observed,
        {"scenario": scenario, "data": own_data()},
    )
    if found.error:
        Problem("The network could not be set up", [found.error])
        return
    if found.result is None:
        words("p", "The links of run 0 are being set up.", "hp-wait")
        return
    Linked(results, scenario, found.result, when)


@solara.component
def Linked(results: ResultSet, scenario: Scenario, links: dict[str, list[str]], when: str) -> None:  # noqa: N802
    """The chosen firm between those that look at it and those it looks at, and who is looked at most."""
    top = network.most_observed(results, links, when)
    view = session.view()
    chosen = view.option("firm") if view.option("firm") in links else str(top[0]["id"]) if top else ""
    observers, observed = network.around(results, links, when, chosen)

    def pick(name: str) -> None:
        session.go(view.with_option("firm", name.partition(":")[2] or name))

    drawn = network.information(results, links, when, chosen)
    told = about(f"Firms that {chosen} is linked with", scenario, when)
    with solara.v.Html(tag="div", class_="hp-aside"):
        with solara.v.Html(tag="div", class_="hp-stack"):
            Net(
                label="Information network", width=network.WIDTH, height=drawn["height"], columns=drawn["columns"],
                nodes=drawn["nodes"], edges=drawn["edges"], chosen=f"c:{chosen}", empty="", event_pick=pick,
            )  # fmt: skip
            Foot(
                text=f"{month(when, full=True)}, run 0", title=TITLES["information"], subtitle=told,
                picture=".hp-net svg", name="information", saves=True,
                event_csv=lambda _: session.save(
                    "hashpivot-information.csv", downloads.frame(network.linked(links), told), downloads.TEXT
                ),
            )  # fmt: skip
            with solara.v.Html(tag="div", class_="hp-list-only"):
                for head, names in (("Observe it", observers), ("It observes", observed)):
                    OpenById([{"name": head, "left": True}], [_named(name) for name in names], pick)
            Months(months=results.months, chosen=when, event_choose=lambda name: choose_month(results, name))
        with solara.v.Html(tag="aside"):
            words("h2", chosen)
            words("p", f"Observed by {plural(len(observers), 'firm')}, observes {len(observed)}.", "hp-lede")
            with solara.v.Html(tag="div", class_="hp-under"):
                link("Open its page", lambda _: session.visit("/firms", view.with_option("firm", chosen)))
            words("h2", "Most observed")
            Sheet(
                columns=list(OBSERVED), rows=top, label="Most observed firms", name="observed",
                about=about("Most observed firms", scenario, when), event_open=pick,
            )  # fmt: skip


def _named(name: str) -> Data:
    return {"id": name, "open": name, "cells": [{"words": name}]}


@solara.component
def Regions(results: ResultSet, scenario: Scenario, when: str) -> None:  # noqa: N802
    """Map of tiles, the course of the chosen region, and the table of all."""
    view = session.view()
    measure = view.option("measure", "headroom")
    measure = measure if measure in regions.MEASURES else "headroom"
    codes = list(regions.at(results, when).index)
    chosen = view.option("region", "ERCOT") if view.option("region", "ERCOT") in codes else codes[0]

    def pick(code: str) -> None:
        session.go(view.with_option("region", "" if code == "ERCOT" else code))

    with solara.v.Html(tag="div", class_="hp-aside"):
        with solara.v.Html(tag="section", class_="hp-block"):
            words("h3", f"{regions.MEASURES[measure][0]}, {regions.MEASURES[measure][1]}")
            words(
                "p", f"{regions.TOLD[measure]} Tiles lie roughly as on a map; stronger colour is more.", "hp-subtitle"
            )
            Segment(
                parts=[{"id": key, "label": told[0]} for key, told in regions.MEASURES.items()], chosen=measure,
                event_choose=lambda key: session.go(view.with_option("measure", "" if key == "headroom" else key)),
            )  # fmt: skip
            Tiles(
                label="Map of regions",
                tiles=regions.tiles(results, when, measure),
                chosen=chosen,
                event_pick=pick,
            )
            Foot(
                text=f"{month(when, full=True)}, run 0", title=regions.MEASURES[measure][0],
                subtitle=about(f"{regions.TOLD[measure]} {regions.MEASURES[measure][1]}", scenario, when),
                picture=".hp-tiles", name="regions-map",
            )  # fmt: skip
        with solara.v.Html(tag="aside"):
            Drawn(regions.course(results, chosen, measure), when)
    Months(months=results.months, chosen=when, event_choose=lambda name: choose_month(results, name))
    with solara.v.Html(tag="section", class_="hp-block hp-after"):
        words("h3", "All regions")
        Sheet(
            columns=regions.columns(), rows=regions.rows(results, when, chosen), sortable=True, label="All regions",
            name="regions", about=about("Regions", scenario, when), event_open=pick,
        )  # fmt: skip
