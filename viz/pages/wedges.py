"""What each lever of a compared scenario does: its effect over time, split on request by a worker."""

from __future__ import annotations

import solara

from experiments.attribution import EXACT_UP_TO, Lever, attribute
from experiments.figures.wedges import wedges
from sim.scenario import Scenario
from viz import comparison, session
from viz.bundles import bundled
from viz.charts.wedges import split_option
from viz.comparison import ROWS
from viz.components.parts import ChartBlock, Wedges
from viz.ensembles import own_data
from viz.levers import lowered
from viz.settings import settings
from viz.tasks import use_task
from viz.theme import palette

RUNS = 8  # of every combination of levers
HEIGHT = 250  # px
MOST_TOLD = 4  # levers named before a split
# Rows of Compare that are outcomes experiments.attribution knows, by its names.
OUTCOMES = {
    "delivered": "ai_delivered", "hashprice": "hashprice", "hashrate": "network_hashrate", "emissions": "emissions",
    "rent": "ai_rent", "power": "mining_power",
}  # fmt: skip


@solara.component
def LeverWedges(scenarios: list[Scenario], names: list[str], baseline: Scenario) -> None:  # noqa: N802
    """Choice of scenario and outcome, and the split of the effect once it is asked for."""
    chosen, set_chosen = solara.use_state(len(scenarios) - 1)
    outcome, set_outcome = solara.use_state("delivered")
    asked, set_asked = solara.use_state(("", 0))  # what to split, and how often that was asked for
    table, set_table = solara.use_state(False)
    place = min(chosen, len(scenarios) - 1)
    scenario = scenarios[place]
    key = f"{scenario.content_hash()}/{own_data()}"
    parts = solara.use_memo(lambda: bundled(baseline, scenario, settings().world), [key])
    arguments = {
        "scenario": scenario, "against": baseline, "runs": RUNS, "outcomes": tuple(OUTCOMES.values()),
        "data": own_data(), "levers": parts,
    }  # fmt: skip
    wanted = asked[0] == key
    done = use_task(f"{key}/{asked[1]}", attribute if wanted else None, arguments)
    error = done.error if wanted and done.key == f"{key}/{asked[1]}" else ""
    ready = done.result is not None and done.key == f"{key}/{asked[1]}" and wanted
    row = next(row for row in ROWS if row.key == outcome)
    with solara.v.Html(tag="section"):
        solara.v.Html(tag="h3", children=[f"What each lever does in {'ABCD'[place]}"])
        Wedges(
            names=names,
            chosen=str(place),
            outcomes=[{"key": row.key, "title": row.title} for row in ROWS if row.key in OUTCOMES],
            outcome=outcome,
            note="" if ready else _note(parts, wanted, done.share, error),
            action="" if ready or not parts else "Try again" if error else "Cancel" if wanted else "Split the effect",
            event_choose=lambda letter: set_chosen(int(letter)),
            event_pick=set_outcome,
            event_act=lambda _: set_asked(("", asked[1]) if wanted and not error else (key, asked[1] + 1)),
        )
        if ready:
            chart = wedges(done.result, OUTCOMES[outcome])
            named = [wedge.label for wedge in chart.wedges]
            ChartBlock(
                name="wedges",
                title=row.title,
                subtitle=comparison.split_words(chart, named),
                footer=f"Means of {done.result.runs} paired runs, averaged over the orders in which levers can come",
                option=split_option(chart, named, palette(session.dark.value), HEIGHT),
                height=HEIGHT,
                table=comparison.split_table(chart, named) if table else None,
                definition="A lever's part is what it changes when it is added, averaged over the orders in which "
                "the levers can be added. The parts add up to the whole difference in every month.",
                event_open_table=set_table,
                event_csv=lambda _: session.save(
                    "hashpivot-wedges.csv", done.result.wedges.to_csv(index=False).encode(), "text/csv"
                ),
            )


def _note(parts: list[Lever], wanted: bool, share: float, error: str) -> str:
    if error:
        return f"The split ended with an error: {error}"
    if not parts:
        return "This is the baseline: there is nothing to split."
    if len(parts) == 1:
        told = f"One lever, {parts[0].name}: all of the difference is its own."
    else:
        names = ", ".join(part.name if i == 0 else lowered(part.name) for i, part in enumerate(parts[:MOST_TOLD]))
        more = f" and {len(parts) - MOST_TOLD} more" if len(parts) > MOST_TOLD else ""
        told = f"{len(parts)} levers: {names}{more}."
    combinations = (
        f"{2 ** len(parts)} combinations" if len(parts) <= EXACT_UP_TO else "combinations in sampled orders"
    )
    if wanted:
        return f"{told} Splitting, {100 * share:.0f} % of {RUNS} runs of {combinations}."
    return f"{told} A split takes {RUNS} runs of {combinations}."
