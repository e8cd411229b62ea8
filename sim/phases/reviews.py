"""Phases 7 and 8, first half: firms due for review rank what they could do with every site, and choose.

Values are M USD per connected MW above holding. The choice itself stands in ``agents.rules``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents import observations as ob
from sim.arrays import Array
from sim.kernels import mines
from sim.kernels.options import OptionTable
from sim.kernels.sums import shares_among
from sim.phases import ai_options, finance, mining_options
from sim.phases.cases import CLIENT, Cases
from sim.scenario.declare import SAME_RULE
from sim.state import AI, BTC, HYBRID, STRATEGIES

if TYPE_CHECKING:
    from sim.sector import Sector

# what a miner's peers speak for by their strategy: who mines only for rigs and racks, who earns from AI for AI
SPEAKS_FOR = np.zeros((len(STRATEGIES), len(ob.OPTIONS)))
SPEAKS_FOR[BTC, [ob.HOLD, ob.REFRESH, ob.EXPAND]] = 1.0
SPEAKS_FOR[np.ix_([AI, HYBRID], ob.AI_OPTIONS)] = 1.0


def observe(s: Sector, cases: Cases) -> tuple[ob.MinerObservation, ai_options.Plans, mines.Plans]:
    """What each case shows the decision rule, and the plans that stand behind the options."""
    table = OptionTable.blank(len(cases))
    funds = finance.own_funds(s)
    mining = mining_options.evaluate(s, cases, funds, table)
    hosting = ai_options.evaluate(s, cases, funds, table)
    behaviour = s.P.behaviour
    return (
        ob.MinerObservation(
            value=table.value, gate=table.gate, payback=table.payback, equity=table.equity,
            equity_return=table.earn,
            peers=_peers(s, cases), reluctance=cases.by.get(s.firms.reluctance),
            inertia=cases.p(behaviour.inertia_usd_m_per_mw), temperature=cases.p(behaviour.temperature),
            peer_weight=cases.p(behaviour.peer_weight_usd_m_per_mw),
            payback_limit=cases.p(behaviour.payback_limit_years),
            volatility=cases.p(s.P.bitcoin.gbm_volatility_per_year),
            draw=_draws(s, cases), run=cases.run, firm=cases.firm, site=cases.at.row,
            discount=cases.p(s.P.finance.mining_discount_rate),
            connected_mw=cases.connected, rule=_rule_names(s, cases),
        ),
        hosting,
        mining,
    )  # fmt: skip


def _rule_names(s: Sector, cases: Cases) -> str | NDArray[np.str_]:
    """The rule of all cases, or of each (n,) where a class of firms has its own; that of listed firms comes first."""
    b = s.P.behaviour
    own = (b.rule_small, b.rule_medium, b.rule_large, b.rule_mega, b.rule_listed)
    if set(own) == {SAME_RULE}:
        return str(b.rule)
    *by_size, of_listed = (str(b.rule) if name == SAME_RULE else name for name in own)
    names = np.array(by_size)[s.firms.size[cases.run, cases.firm]]
    listed = s.firms.listed[cases.run, cases.firm] & (b.rule_listed != SAME_RULE)
    return np.where(listed, of_listed, names)


def _draws(s: Sector, cases: Cases) -> Array:
    """One uniform number per case; hosts and clients of the same site have their own."""
    draws = s.streams.uniforms("choice", (s.n_sites, 2))
    return draws[cases.run, cases.at.row, (cases.role == CLIENT).astype(np.int64)]


def _peers(s: Sector, cases: Cases) -> Array:
    """Share of a firm's linked peers that mine only (for holding, new rigs, new racks) or earn from AI (for AI)."""
    return shares_among(s.peers, s.firms.strategy, cases.run, cases.firm, SPEAKS_FOR)
