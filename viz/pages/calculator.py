"""Calculator: one site now, what every use of its power earns, live as inputs move."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import solara

from experiments.calculator import Calculation, SiteInputs, calculate
from experiments.wording import month
from sim.errors import UserError
from viz import downloads, session, sites
from viz.components.blocks import Facts, Inputs, Sheet, words
from viz.components.parts import ChartBlock, Head, Segment
from viz.frame import Problem
from viz.theme import palette

MOVED = {
    "hashprice_usd_per_ph_day": "Hashprice",
    "power_price_usd_per_mwh": "Power price",
    "rent_usd_m_per_mw_year": "Rent",
}
QUIET = {"state": "done", "words": ""}


def warm_up() -> None:
    """Build the market of the start month, which takes a second or two, before somebody asks."""
    threading.Thread(target=calculate, args=(SiteInputs(),), daemon=True).start()


def use_calculation(site: SiteInputs) -> tuple[Calculation | None, str]:
    """The latest calculation, made beside the page; until it is there, the one before."""
    empty: tuple[Calculation | None, str] = (None, "")
    found, set_found = solara.use_state(empty)

    def start() -> Callable[[], None]:
        gone = threading.Event()

        def work() -> None:
            answer: tuple[Calculation | None, str]
            try:
                answer = (calculate(site), "")
            except UserError as error:
                answer = (None, str(error))
            if not gone.is_set():
                set_found(answer)

        threading.Thread(target=work, daemon=True).start()
        return gone.set

    solara.use_effect(start, [site])
    return found


@solara.component
def Calculator() -> None:  # noqa: N802
    """The page."""
    view = session.view()
    site = sites.inputs(view.options)
    plain, _ = use_calculation(SiteInputs(region=site.region, tenant=site.tenant))
    found, problem = use_calculation(site)

    def change(data: dict[str, Any]) -> None:
        key, value = data["key"], data["value"]
        usual = {"region": "ERCOT", "tenant": "investment_grade", "mw": SiteInputs().mw}.get(key)
        session.go(session.view().with_option(f"site-{key}", "" if value in (None, usual) else str(value)))

    with solara.v.Html(tag="main", class_="hp-wide"):
        when = f" Prices of {month(str(found.site['date']), full=True)} unless you set them." if found else ""
        Head(
            title="Calculator",
            lede=f"One site, now: what each use of its power earns, costs and returns.{when}",
            progress=QUIET,
        )
        if problem:
            Problem("This site makes no sense", [problem])
        if found is None or plain is None:
            if not problem:
                words("p", "Today's market is being set up; this takes a second or two.", "hp-wait")
            return
        with solara.v.Html(tag="div", class_="hp-aside-left"):
            with solara.v.Html(tag="section", class_="hp-block"):
                Inputs(rows=sites.rows(site, plain.site, found.site), event_change=change)
            with solara.v.Html(tag="div", class_="hp-facts-wide"):
                Answer(found)


@solara.component
def Answer(found: Calculation) -> None:  # noqa: N802
    """Figures, sensitivity, mixes, and the table of uses."""
    view = session.view()
    field = view.option("moved", "hashprice_usd_per_ph_day")
    field = field if field in MOVED else "hashprice_usd_per_ph_day"
    about = sites.about(found)
    Facts(facts=sites.headline(found))
    with solara.v.Html(tag="div", class_="hp-two hp-two-even"):
        with solara.v.Html(tag="section"):
            words("h3", "Mixes")
            words(
                "p",
                f"Whole site, {found.site['mw']:g} MW. The best mix has the greatest net present value that fits "
                "the site, tenants' smallest leases and the limit of capex.",
                "hp-subtitle",
            )
            Sheet(
                columns=list(sites.MIX_COLUMNS), rows=sites.mixes(found), label="Mixes", name="mixes",
                about=f"Mixes. {about}",
            )  # fmt: skip
        with solara.v.Html(tag="div"):
            Segment(
                parts=[{"id": key, "label": name} for key, name in MOVED.items()],
                chosen=field,
                event_choose=lambda key: session.go(
                    view.with_option("moved", "" if key == "hashprice_usd_per_ph_day" else key)
                ),
            )
            Moved(found, field)
    with solara.v.Html(tag="section", class_="hp-block hp-after"):
        words("h3", "Every use of a MW")
        words(
            "p",
            "Per grid MW. Breakeven: price at which the margin, or the value of a hall, is zero.",
            "hp-subtitle",
        )
        Sheet(
            columns=list(sites.COLUMNS), rows=sites.workloads(found), sortable=True, label="Every use of a MW",
            name="uses", about=f"Every use of a MW. {about}",
        )  # fmt: skip


@solara.component
def Moved(found: Calculation, field: str) -> None:  # noqa: N802
    """Margins when one input moves."""
    table, set_table = solara.use_state(False)
    ChartBlock(
        name="sensitivity", title=f"Margin when {MOVED[field].lower()} moves",
        subtitle=f"Million USD per MW a year; {MOVED[field].lower()} in {sites.NUMBERS[field][1]}, 30 % up and down.",
        footer="Best rig, colocation hall, GPU cloud; no run, today's market", height=sites.HEIGHT,
        option=sites.sensitivity(found, field, palette(session.dark.value)),
        table=sites.sensitivity_table(found, field) if table else None,
        definition="Revenue less power and other running costs, before capex.", event_open_table=set_table,
        event_csv=lambda _: session.save(
            "hashpivot-sensitivity.csv", downloads.frame(found.sensitivity, sites.about(found)), downloads.TEXT
        ),
    )  # fmt: skip
