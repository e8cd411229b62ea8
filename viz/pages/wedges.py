"""What each lever of a compared scenario does: its effect split, on request, by a worker."""

from __future__ import annotations

import solara

from experiments.attribution import attribute, levers_of
from sim.outcomes import BY_NAME
from sim.scenario import Scenario
from viz import comparison
from viz.comparison import ROWS
from viz.components.parts import Wedges
from viz.tasks import use_task

RUNS = 8  # of every combination of levers
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
    place = min(chosen, len(scenarios) - 1)
    scenario = scenarios[place]
    key = f"{scenario.content_hash()}"
    arguments = {
        "scenario": scenario,
        "against": baseline,
        "runs": RUNS,
        "outcomes": tuple(OUTCOMES.values()),
    }
    done = use_task(key, attribute if asked == key else None, arguments)
    row = next(row for row in ROWS if row.key == outcome)
    split = done.result.wedges if done.result is not None and done.key == key and asked == key else None
    told = comparison.wedges(split[split["outcome"] == OUTCOMES[outcome]], row) if split is not None else None
    count = len(levers_of(baseline, scenario))
    with solara.v.Html(tag="section"):
        solara.v.Html(tag="h3", children=[f"What each lever does in {'ABCD'[place]}"])
        end = f", {told['month']}" if told else ""
        words = f"{row.title}, {BY_NAME[OUTCOMES[outcome]].unit}{end}. Mean over all orders in which levers can come."
        solara.v.Html(tag="p", class_="hp-subtitle", children=[words])
        Wedges(
            names=names,
            chosen=str(place),
            outcomes=[{"key": row.key, "title": row.title} for row in ROWS if row.key in OUTCOMES],
            outcome=outcome,
            meaning=row.meaning,
            bars=told["bars"] if told else [],
            note="" if told else _note(count, asked == key, done.share, done.error),
            can_start=count > 0 and asked != key,
            event_choose=lambda letter: set_chosen(int(letter)),
            event_pick=set_outcome,
            event_start=lambda _: set_asked(key),
        )


def _note(count: int, asked: bool, share: float, error: str) -> str:
    if error:
        return f"The split ended with an error: {error}"
    if not count:
        return "This is the baseline: there is nothing to split."
    if asked:
        return f"Splitting: {100 * share:.0f} % of {2**count if count <= 4 else 'many'} combinations."
    return f"{count} lever{'s' if count > 1 else ''}; {RUNS} runs of every combination are needed."
