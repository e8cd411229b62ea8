"""Electricity: how many hours are cheap enough to run, what they cost, and what sector load does to prices.

A month's hourly prices enter as a price-duration curve: shares of hours against price over the month's mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.economics import Floats, Numbers
from sim.kernels.blocks import Curves

if TYPE_CHECKING:
    from sim.tables import Table

GRID_NODES = 128
LOWEST_RATIO = 0.05  # strikes below a twentieth of the mean price run no hours


class PriceDuration:
    """Hours and cost of running whenever the price is at or below a strike, by one table look-up.

    Built from the blocks of a price_duration table (columns shape, block, weight, ratio; blocks of a shape in
    rising order of ratio, weights summing to 1, weighted ratios to 1). Inside a block prices are spread
    continuously up to the middle between neighbouring blocks, keeping each block's weight and mean exactly,
    so that uptime has no steps. The look-up interpolates in ln(strike / mean price) on GRID_NODES nodes.
    """

    def __init__(self, table: Table | Mapping[str, Any]) -> None:
        names = np.asarray(table["shape"]).astype(str)
        weights = np.asarray(table["weight"], dtype=np.float64)
        ratios = np.asarray(table["ratio"], dtype=np.float64)
        self.shapes: tuple[str, ...] = tuple(dict.fromkeys(names.tolist()))
        pieces = [_uniform_pieces(name, weights[names == name], ratios[names == name]) for name in self.shapes]
        highest = max(upper[-1] for _, upper, _ in pieces)
        nodes = np.exp(np.linspace(np.log(LOWEST_RATIO), np.log(highest), GRID_NODES))
        origin = float(np.log(LOWEST_RATIO))
        per_step = (GRID_NODES - 1) / float(np.log(highest) - origin)
        values = [_below(nodes, *piece) for piece in pieces]
        uptime, paid = (_with_rises(list(rows)) for rows in zip(*values, strict=True))
        self.grid = Curves(origin, per_step, *uptime, *paid)
        """What the look-ups use; the kernels of dispatch read it too."""

    def index(self, shape: str) -> int:
        """Row of a shape by name; ValueError if the table has no such shape."""
        if shape not in self.shapes:
            raise ValueError(f"no price shape {shape!r}; known are {', '.join(self.shapes)}")
        return self.shapes.index(shape)

    def evaluate(self, shape_index: int | NDArray[np.integer], x: Numbers) -> tuple[Floats, Floats]:
        """Share of hours with price <= x times the mean, and E[price / mean; price <= x mean] over them.

        `x` = strike / mean price of the month, any shape; `shape_index` broadcasts with it. Both values are 0
        for x <= 0 and 1 above the dearest hour; the mean price paid when running is mean x paid / uptime, and
        what the other hours would fetch is mean x (1 - paid) per MW-hour of the month.
        """
        position = np.asarray(np.maximum(x, LOWEST_RATIO))
        grid = self.grid
        position = np.minimum((np.log(position) - grid.origin) * grid.per_step, GRID_NODES - 1.0)
        node = position.astype(np.intp)
        position -= node
        at = (shape_index, node)
        return grid.uptime[at] + position * grid.uptime_rise[at], grid.paid[at] + position * grid.paid_rise[at]


def _uniform_pieces(name: str, weights: Floats, ratios: Floats) -> tuple[Floats, Floats, Floats]:
    """Blocks of one shape as uniform pieces (lower edges, upper edges, weights), mean of every block kept.

    A block reaches from halfway to its cheaper neighbour to halfway to its dearer one; below and above its
    mean it is uniform, with the two weights that keep the mean.
    """
    if len(ratios) < 2 or np.any(np.diff(ratios) <= 0.0) or np.any(weights <= 0.0):
        raise ValueError(f"price shape {name!r}: needs two blocks or more, rising ratios, positive weights")
    if abs(weights.sum() - 1.0) > 1e-6 or abs((weights * ratios).sum() - 1.0) > 1e-3:
        raise ValueError(f"price shape {name!r}: weights and weighted ratios must each sum to 1")
    weights = weights / weights.sum()
    ratios = ratios / (weights * ratios).sum()
    middles = 0.5 * (ratios[1:] + ratios[:-1])
    edges = np.concatenate(([2.0 * ratios[0] - middles[0]], middles, [2.0 * ratios[-1] - middles[-1]]))
    if ratios[0] > 0.0:
        edges[0] = max(edges[0], 0.0)
    below_share = (edges[1:] - ratios) / (edges[1:] - edges[:-1])
    lower = np.column_stack((edges[:-1], ratios)).ravel()
    upper = np.column_stack((ratios, edges[1:])).ravel()
    return lower, upper, np.column_stack((weights * below_share, weights * (1.0 - below_share))).ravel()


def _below(x: Floats, lower: Floats, upper: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Share of hours with ratio <= x and partial expectation of the ratio over them, at every node x.

    The first node is set to zero, so that hours vanish continuously towards a strike of nothing.
    """
    reached = np.clip(x[:, None], lower, upper)
    parts = weights * (reached - lower) / (upper - lower)
    uptime, paid = parts.sum(axis=-1), (parts * 0.5 * (reached + lower)).sum(axis=-1)
    uptime[0] = paid[0] = 0.0
    return uptime, paid


def _with_rises(rows: list[Floats]) -> tuple[Floats, Floats]:
    """Node values of all shapes (shapes, nodes) and the rise to the next node (0 at the last)."""
    values = np.stack(rows)
    return values, np.diff(values, axis=-1, append=values[:, -1:])


def reserve_margin(
    start_margin: Numbers, peak_load_mw: Numbers, load_change_mw: Numbers, net_growth: Numbers = 0.0
) -> Floats:
    """Firm capacity over peak load, less one, in the system the sector has loaded since the start.

    `start_margin` and `peak_load_mw` are the start's, `load_change_mw` the sector's change since then,
    `net_growth` other load's growth since then less that of new supply, as a share of the start's peak.
    """
    peak_now = np.multiply(peak_load_mw, np.add(1.0, net_growth)) + load_change_mw
    return np.multiply(peak_load_mw, np.add(1.0, start_margin)) / peak_now - 1.0


def demand_response_income(
    flexible_mw: Numbers, payment_usd_per_mw_year: Numbers, programme_share: Numbers, months: Numbers = 1.0
) -> Floats:
    """Programme payments [USD] of `months` months for load that can be called off.

    Only the programme's share of the published credits counts: reselling fixed-price power in dear hours is
    in the dispatch already.
    """
    return np.multiply(flexible_mw, payment_usd_per_mw_year) * programme_share * months / 12.0
