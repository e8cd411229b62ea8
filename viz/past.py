"""What is known of the months before today, for the few charts whose outcome was published month by month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from experiments.figures.model import TODAY
from experiments.wording import month
from sim.months import month_name, month_number
from sim.tables import load_tables

FIRST = "2024-12"  # a year and a half: the future keeps most of the plot
REPORTED = (
    "means of single months from banks' and trade reports; where only hashrate or hashprice was published, the other "
    "follows from coin price, subsidy and fees"
)
# Chart -> quantity of the table pivot_targets.
NETWORK = {"hashrate": "network_hashrate_ehs", "hashprice": "hashprice_usd_per_ph_day"}


@dataclass(frozen=True)
class Past:
    """Known values before a figure's first month: ``lines`` by label of the line, then by month in rising order.

    ``joined`` draws a line through them, which single deals do not make.
    """

    lines: Mapping[str, Mapping[str, float]]
    source: str
    joined: bool = True
    months: tuple[str, ...] = tuple(month_name(n) for n in range(month_number(FIRST), month_number(TODAY)))

    @property
    def values(self) -> list[list[float]]:
        """All values, for the reach of an axis."""
        return [list(known.values()) for known in self.lines.values()]

    @property
    def mark(self) -> str:
        """How they are drawn, for a footer."""
        return f"{'solid' if self.joined else 'dots'}: real"

    @property
    def words(self) -> str:
        """Where the values come from, in a sentence."""
        return f"Before {month(TODAY, full=True)}: {self.source}."


def past(key: str, months: Sequence[str]) -> Past | None:
    """What is known before the months of a figure; None where nothing is, or where they do not begin today."""
    return _known().get(key) if months and months[0] == TODAY else None


@cache
def _known() -> dict[str, Past]:
    tables = load_tables()
    targets, leases = tables.pivot_targets, tables.leases
    rows = list(zip(*(targets[name].tolist() for name in ("quantity", "month", "value")), strict=True))
    shown = Past.months
    found = {
        key: Past({"": {when: value for name, when, value in rows if name == quantity and when in shown}}, REPORTED)
        for key, quantity in NETWORK.items()
    }
    signed, mw = leases["signed"], leases["it_mw"]
    contracted = {when: float(mw[signed <= when].sum()) / 1000 for when in shown}
    found["ai-capacity"] = Past({"Contracted": contracted}, "leases signed so far, from filings and press")
    hall = (leases["product"] == "colocation") & (leases["funding"] == "landlord")
    rent = {
        when: float(np.average(leases["rent_usd_m_per_mw_year"][new], weights=mw[new]))
        for when in shown
        if (new := hall & (signed == when)).any()
    }
    told = "mean by MW of the leases signed in the month for halls that the landlord pays"
    found["rent"] = Past({"": rent}, told, joined=False)
    return found
