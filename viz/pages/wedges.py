"""What each lever of a compared scenario does: its effect over time, split on request by a worker."""

from __future__ import annotations

import solara

from experiments.attribution import attribute, levers_of
from experiments.figures.wedges import wedges
from sim.scenario import Scenario
from viz import comparison, levers, session
from viz.charts.wedges import split_option
from viz.comparison import ROWS
from viz.components.parts import ChartBlock, Wedges
from viz.ensembles import own_data
from viz.tasks import use_task
from viz.theme import palette

RUNS = 8  # of every combination of levers
HEIGHT = 250  # px
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
    asked, set_asked = solara.use_state("")
    table, set_table = solara.use_state(False)
    place = min(chosen, len(scenarios) - 1)
    scenario = scenarios[place]
    key = f"{scenario.content_hash()}/{own_data()}"
    arguments = {
        "scenario": scenario, "against": baseline, "runs": RUNS, "outcomes": tuple(OUTCOMES.values()),
        "data": own_data(),
    }  # fmt: skip
    done = use_task(key, attribute if asked == key else None, arguments)
    row = next(row for row in ROWS if row.key == outcome)
    ready = done.result is not None and done.key == key and asked == key
    count = len(levers_of(baseline, scenario))
    with solara.v.Html(tag="section"):
        solara.v.Html(tag="h3", children=[f"What each lever does in {'ABCD'[place]}"])
        Wedges(
            names=names,
            chosen=str(place),
            outcomes=[{"key": row.key, "title": row.title} for row in ROWS if row.key in OUTCOMES],
            outcome=outcome,
            note="" if ready else _note(count, asked == key, done.share, done.error),
            can_start=count > 0 and asked != key,
            event_choose=lambda letter: set_chosen(int(letter)),
            event_pick=set_outcome,
            event_start=lambda _: set_asked(key),
        )
        if ready:
            chart = wedges(done.result, OUTCOMES[outcome])
            named = [levers.lever_words(wedge.label) for wedge in chart.wedges]
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


def _note(count: int, asked: bool, share: float, error: str) -> str:
    if error:
        return f"The split ended with an error: {error}"
    if not count:
        return "This is the baseline: there is nothing to split."
    if asked:
        return f"Splitting: {100 * share:.0f} % of {2**count if count <= 4 else 'many'} combinations."
    return f"{count} lever{'s' if count > 1 else ''}; {RUNS} runs of every combination are needed."
