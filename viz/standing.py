"""How the runs of a chart stand, in words: its footer, and what takes the place of a plot with nothing to show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.figures import Figure
from experiments.figures.model import RUNS_FOR_BANDS
from experiments.wording import plural
from sim.scenario import Scenario
from sim.scenario.registry import describe
from viz.levers import lowered, name_of, shown
from viz.orders import Snapshot
from viz.screen import title
from viz.state import BASELINE, Setting

# Charts that are about leases only, and the levers that can leave the sector without any: key, value that does it.
OF_LEASES = ("ai-capacity", "rent")
NO_LEASES: tuple[tuple[str, Any, str], ...] = (
    ("behaviour.pivot_allowed", False, "Miners may not turn to AI"),
    ("ai.demand_scale", 0.0, "Tenants ask for nothing"),
    ("ai.miner_demand_share", 0.0, "No tenant asks miners"),
)


@dataclass(frozen=True)
class Notice:
    """Words in place of a plot, and what can be done about it: (id, words) of each button."""

    head: str
    text: str
    actions: tuple[tuple[str, str], ...] = ()

    @property
    def data(self) -> dict[str, Any]:
        return {
            "head": self.head,
            "text": self.text,
            "actions": [{"id": name, "label": words} for name, words in self.actions],
        }


def footer(
    figure: Figure, snapshot: Snapshot, base: Snapshot, *, waiting: bool, now: str, before: str, mark: str = ""
) -> str:
    """The footer of a chart. ``before`` names the older setting that is still drawn while ``now`` runs, or is "";
    ``mark`` says how what is known of the past is drawn.
    """
    if snapshot.stopped and snapshot.done < snapshot.wanted and not before:
        return f"Stopped at {snapshot.done} of {plural(snapshot.wanted, 'run')}"
    if waiting:
        if snapshot.error:
            return f"Baseline: {plural(base.done, 'run')} · scenario: no run finished"
        return f"Baseline: {plural(base.done, 'run')} · scenario: starting"
    if before:
        return f"Shows {before} · {now} is running"
    if 1 < figure.runs < RUNS_FOR_BANDS and figure.kind == "lines" and any(line.paths for line in figure.lines):
        paths = f"{plural(figure.runs, 'run')} as paths, baseline of the same" if figure.baseline else (
            f"{plural(figure.runs, 'run')} as single paths"
        )  # fmt: skip
        return f"{paths} · bands from {RUNS_FOR_BANDS} runs"
    told = figure.footer.removesuffix(f" · {figure.source}")
    failed = f"{plural(snapshot.failed, 'run')} did not finish" if snapshot.failed else ""
    return " · ".join(part for part in (told, failed or mark) if part)


def apart(before: Setting | None, now: Setting) -> tuple[str, str]:
    """An older setting and the one that is running, in words: ("carbon price 40 USD/t CO₂", "50 USD/t CO₂")."""
    if before is None:
        return "an older setting", title(now, now.load())
    if before.scenario == now.scenario:
        values = Scenario.load(now.scenario).values()
        moved = [key for key in {**before.changes, **now.changes}
                 if before.changes.get(key, values[key]) != now.changes.get(key, values[key])]  # fmt: skip
        if len(moved) == 1 and moved[0] != "shocks":
            info = describe(moved[0])
            old, new = (shown(info, setting.changes.get(info.key, values[info.key])) for setting in (before, now))
            return f"{lowered(name_of(info.key))} {old}", new
    return title(before, before.load()), title(now, now.load())


def failure(snapshot: Snapshot) -> Notice | None:
    """What is told at the head of a page when runs ended with an error: how many, why, what still holds."""
    if snapshot.error and not snapshot.done:
        text = f"{snapshot.error} What is drawn is the baseline; nothing else was changed."
        return Notice("No run of this scenario finished", text, (("undo", "Undo the last change"),))
    if not snapshot.failed:
        return None
    text = (
        f"{_reasons(snapshot)} The other {snapshot.done} are sound, and everything below rests on them alone. "
        "To see where a run broke off, download the scenario and give it to “hashpivot run --debug”."
    )
    return Notice(
        f"{snapshot.failed} of {plural(snapshot.wanted, 'run')} did not finish", text, (("hide", "Hide this note"),)
    )


def _reasons(snapshot: Snapshot) -> str:
    results = snapshot.results
    errors = results.table("errors") if results is not None else None
    if errors is None or errors.empty:
        return snapshot.error
    told = f"{str(errors['error'].iloc[0]).partition(chr(10))[0].rstrip('.')}."
    runs = ", ".join(str(run) for run in errors["run"].to_list()[:5])
    return f"{told} Runs {runs}{' and more' if len(errors) > 5 else ''}."


def nothing(figure: Figure, scenario: Scenario) -> Notice | None:
    """Why a chart of leases is empty, and the lever that changes it; None if it is not empty."""
    if figure.key not in OF_LEASES or any(_holds_something(line.median) for line in figure.lines):
        return None
    values = scenario.values()
    baseline = Scenario.load(BASELINE).values()
    for key, cause, words in NO_LEASES:
        if values[key] == cause:
            back = _told(key, baseline[key])
            return Notice("No lease in this scenario", f"{words}, so nothing is leased.", ((key, back),))
    return Notice("No lease in this scenario", "In the median of the runs miners sign no lease in any month.")


def _told(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return f"{name_of(key)}: back to {'on' if value else 'off'}"
    return f"Reset {lowered(name_of(key))} to {shown(describe(key), value)}"


def mended(setting: Setting, key: str) -> Setting:
    """The setting with a lever back at the baseline's value."""
    return setting.changed(key, Scenario.load(BASELINE).values()[key])


def _holds_something(values: list[float]) -> bool:
    known = np.asarray(values, dtype=np.float64)
    return bool(np.any(np.isfinite(known) & (known != 0)))
