"""Lists for the result tables: decisions, events and AI contracts, one row for each thing that happened."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agents import observations as ob
from sim.columns import TABLES, empty
from sim.events import Events, Note, columns
from sim.kernels import records as kernels
from sim.months import month_name
from sim.phases import ai_options, bills
from sim.state import CLASSES, CREDITS, EMPTY, END_REASONS, PRODUCTS, SIZES

if TYPE_CHECKING:
    from sim.arrays import Array, Index, Mask
    from sim.kernels.mines import Plans
    from sim.kernels.options import OptionTable
    from sim.kernels.projects import Found
    from sim.phases.cases import Cases
    from sim.phases.tender import Offers
    from sim.sector import Sector

EXIT_EVENTS = ("liquidation", "closure")
WORDS = tuple(option.replace(" ", "_") for option in ob.OPTIONS)
GATE_WORDS = tuple(gate.replace(" ", "_") for gate in ob.GATES)
PLACES = len(ob.GATES) ** np.arange(len(ob.OPTIONS), dtype=np.int64)  # a row of gates as one whole number
OUTCOMES = ("", "no tenant", "leased")
ROLES = ("owner", "host", "client")  # by OWN, HOST, CLIENT of the cases
SMALLEST_MINE_MW = 0.05
# how far an AI option got, by gate: what closes it for good first, then the gates of the offer in their order
FURTHEST = 1 + np.where(ai_options.PROGRESS > 0, 1 + ai_options.PROGRESS, 0)
FURTHEST[ob.NOT_OURS] = 0
AI_OPTIONS = np.array(ob.AI_OPTIONS)
SMALLEST_EQUITY = 1e-3  # M USD per grid MW; a return on less says nothing


def frame_of(table: str, data: dict[str, Any]) -> pd.DataFrame:
    """A frame with the table's columns in their order and types; columns not in ``data`` are an error."""
    return pd.DataFrame({c.name: _typed(data[c.name], c.dtype) for c in TABLES[table]})


def _typed(values: Any, dtype: str) -> Any:
    """A column's values as an array of its type."""
    return pd.array(values, dtype="str", copy=False) if dtype == "str" else np.asarray(values, dtype=dtype)


def in_order(parts: list[dict[str, Any]], run: str) -> dict[str, Any]:
    """Columns of the months put together, run after run, in each the order in which things happened."""
    kept = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    if (np.diff(kept[run]) >= 0).all():
        return kept
    order = np.argsort(kept[run], kind="stable")
    return {name: values[order] for name, values in kept.items()}


def pick(names: list[str] | tuple[str, ...], index: Index) -> Any:
    """Names at an index as a text column; negative indices give the empty text."""
    return _texts(tuple(names)).take(np.where(index < 0, len(names), index))


@lru_cache(maxsize=128)
def _texts(names: tuple[str, ...]) -> Any:
    """Names as a text column, and the empty text behind them."""
    return pd.array([*names, ""], dtype="str")


# ------------------------------------------------------------------ decisions


class Decisions:
    """Reviews of the recorded runs, kept as arrays until the end."""

    def __init__(self, rows: Index, n_runs: int) -> None:
        self.kept = np.zeros(n_runs, bool)
        self.kept[rows] = True
        self.parts: list[dict[str, NDArray[Any]]] = []
        self.rules: dict[str, int] = {}  # places of rules by name

    def record(self, s: Sector, month: int) -> None:
        """Keep the month's cases of the recorded runs."""
        cases, seen, choice, offers, hosting, mining = s.last_review
        rows = np.flatnonzero(self.kept[cases.run])
        if not len(rows):
            return
        told = kernels.chosen(seen.value, seen.gate, seen.equity, seen.equity_return, choice, rows, len(ob.GATES))
        place = np.full(len(choice), -1)
        place[rows] = np.arange(len(rows))
        hosted, found = hosting.whatever_closes(rows)
        planned = planned_mw(cases, rows, told.chosen, found.it_mw, mining)
        outcome, tenant, mw = _in_the_tender(offers, place, planned)
        self.parts.append({
            "run": cases.run[rows], "month": np.full(len(rows), month), "firm": cases.firm[rows],
            "site": cases.at.row[rows], "role": cases.role[rows],
            "rule": self._rule(seen.rule, rows), "connected": cases.connected[rows],
            "chosen": told.chosen, "value": told.value, "mw": mw,
            "equity_return": on_equity(told.equity, told.earned), "second": told.second, "rival": told.rival,
            "hashing_return": hashing_return(s, cases, rows), "reluctance": seen.reluctance[rows],
            "inertia": seen.inertia[rows], "gates": told.gates, "outcome": outcome, "tenant": tenant,
            **best_ai(seen.gate, hosted, found, rows),
        })  # fmt: skip

    def _rule(self, rule: str | NDArray[np.str_], rows: Index) -> Index:
        """Places of the rules of some cases (n,), of one ``rule`` for all or one of each."""
        names = rule[rows].tolist() if isinstance(rule, np.ndarray) else [rule]
        places = [self.rules.setdefault(name, len(self.rules)) for name in names]
        return np.broadcast_to(np.array(places, dtype=np.int64), len(rows))

    def frame(self, s: Sector) -> pd.DataFrame:
        """The decisions table."""
        if not self.parts:
            return empty("decisions")
        kept = in_order(self.parts, "run")
        pattern, codes = pd.factorize(kept["gates"])
        data = {
            "run": np.array(s.runs)[kept["run"]], "month": pick(month_names(s), kept["month"]),
            "firm": pick(s.labels.firms, kept["firm"]), "site": kept["site"], "role": pick(ROLES, kept["role"]),
            "rule": pick([*self.rules], kept["rule"]), "connected_mw": kept["connected"],
            "choice": pick(ob.OPTIONS, kept["chosen"]),
            "value_usd_m_per_mw": kept["value"], "mw": kept["mw"], "equity_return": kept["equity_return"],
            "runner_up": pick(ob.OPTIONS, kept["second"]), "runner_up_value_usd_m_per_mw": kept["rival"],
            "hashing_return": kept["hashing_return"], "reluctance_usd_m_per_mw": kept["reluctance"],
            "inertia_usd_m_per_mw": kept["inertia"], "best_ai": pick(ob.OPTIONS, kept["ai"]),
            "best_ai_gate": pick(ob.GATES, kept["ai_gate"]), "best_ai_value_usd_m_per_mw": kept["ai_value"],
            "best_ai_it_mw": kept["ai_it_mw"], "best_ai_minimum_mw": kept["ai_minimum"],
            "best_ai_equity_return": kept["ai_return"], "best_ai_payback_years": kept["ai_payback"],
            "gate": pick([closed_gates(int(code)) for code in codes], pattern),
            "outcome": pick(OUTCOMES, kept["outcome"]), "tenant": pick(s.labels.tenants, kept["tenant"]),
        }  # fmt: skip
        return frame_of("decisions", data)


def _in_the_tender(offers: Offers, place: Index, planned: Array) -> tuple[Index, Index, Array]:
    """What became of the offers of n cases: outcome, tenant (-1 none) and MW (what is let, else the plan).

    ``place`` of each case of the month among them, -1 of others. Of several tenants on one campus the first is
    named, and the MW are those of all.
    """
    outcome, tenant, mw = np.zeros(len(planned), np.int64), np.full(len(planned), -1), planned.copy()
    ours = np.flatnonzero(place[offers.case] >= 0)[::-1]  # what is left of a campus stands behind the whole
    won = ours[offers.tenant[ours] >= 0]
    case, let_case = place[offers.case[ours]], place[offers.case[won]]
    mw[case], outcome[case] = offers.offered_mw()[ours], 1
    outcome[let_case], tenant[let_case] = 2, offers.tenant[won]
    let = np.bincount(case, offers.leased_mw[ours], len(planned))
    return outcome, tenant, np.where(let > 0, let, mw)


def planned_mw(cases: Cases, rows: Index, chosen: Index, it_mw: Array, mining: Plans) -> Array:
    """MW of what some cases chose (n,): critical IT of AI options, grid MW of rigs or of the site left; 0: hold."""
    plans = np.zeros((len(rows), len(ob.OPTIONS)))
    plans[:, ob.AI_OPTIONS] = it_mw
    plans[:, ob.REFRESH], plans[:, ob.EXPAND] = mining.refresh_mw[rows], mining.expand_mw[rows]
    moved = np.where(mining.target[rows] >= 0, mining.moved_share[rows], 1.0)
    plans[:, ob.RELOCATE] = cases.rig_mw[rows] * moved
    plans[:, ob.SELL] = plans[:, ob.CLOSE] = cases.connected[rows]
    return plans[np.arange(len(rows)), chosen]


def on_equity(equity: Array, earned: Array) -> Array:
    """Yearly cash ``earned`` on the equity part, NaN where (almost) none is put in."""
    return np.where(equity > SMALLEST_EQUITY, earned, np.nan)


def hashing_return(s: Sector, cases: Cases, rows: Index) -> Array:
    """Yearly mining margin less fixed cost (n,), over what rigs and connection would fetch; NaN without rigs."""
    run, site, p = cases.run[rows], cases.at.row[rows], s.P
    standby = p.power.standby_cost_share[run, 0]
    staffed = bills.staffed_part(s.dispatched.mw[run, site], s.sites.racks[run, site], standby)
    fixed = staffed * p.power.site_cost_usd_per_mw_year[run, 0] * cases.racks[rows] * s.now.inflation[run]
    land = p.finance.connected_mw_value_usd_m[run, 0] * 1e6 * cases.connected[rows]
    tied_up = cases.rig_scrap[rows] + land
    known = (cases.rig_mw[rows] >= SMALLEST_MINE_MW) & (tied_up > 0)
    return np.where(known, (cases.yearly_margin[rows] - fixed) / np.where(known, tied_up, 1.0), np.nan)


def best_ai(gate: Index, table: OptionTable, found: Found, rows: Index) -> dict[str, NDArray[Any]]:
    """The AI option that got furthest through its ``gate`` (m, options), of equals the most valuable; its figures.

    ``table`` and ``found`` as ``ai_options.Plans.whatever_closes`` gives them for the cases ``rows`` (n,).
    """
    best = kernels.furthest(gate, table, found, AI_OPTIONS, FURTHEST, rows)
    return {
        "ai": best.option, "ai_gate": best.gate, "ai_value": best.value, "ai_it_mw": best.it_mw,
        "ai_minimum": np.where(np.isfinite(best.minimum), best.minimum, np.nan),
        "ai_return": on_equity(best.equity, best.earned),
        "ai_payback": np.where(np.isfinite(best.payback), best.payback, np.nan),
    }  # fmt: skip


@lru_cache(maxsize=4096)  # some hundred patterns make up all reviews
def closed_gates(code: int) -> str:
    """What closed the options of a case, as "option:gate" words: closed_gates(100) -> "expand_hashing:..."."""
    digits = [code // int(place) % len(ob.GATES) for place in PLACES]
    return " ".join(f"{WORDS[k]}:{GATE_WORDS[gate]}" for k, gate in enumerate(digits) if gate != ob.OPEN)


def month_names(s: Sector) -> list[str]:
    """The months of the simulation as "YYYY-MM"."""
    return [month_name(s.start_month + t) for t in range(s.months)]


# ------------------------------------------------------------------ events


def note_bans(s: Sector, before: Array, events: Events) -> None:
    """Note regions in which hashing is cut this month for the first time; ``before`` (R, X) last month's share."""
    run, region = np.nonzero((before >= 1.0) & (s.regions.hashing_allowed < 1.0))
    events.note(s.t - 1, "ban", run, region=region, mw=s.regions.mining_mw[run, region])


def dated_notes(s: Sector) -> list[Note]:
    """The scenario's shocks and measures that began in the months done."""
    found = []
    for measure in s.P.measures:
        words = f"{measure.lever} comes to {measure.value:g}" + (f" until {measure.end}" if measure.end else "")
        found.append((measure.start, "measure", words))
    for shock in s.P.shocks:
        where = " in " + ", ".join(shock.regions) if shock.regions else ""
        found.append((shock.start, "shock", f"{shock.kind} {shock.size:g} for {shock.months} months{where}"))
    every = np.arange(s.n_runs)
    notes = [Note(s.month_index(start), kind, every, {}, words) for start, kind, words in found]
    return [note for note in notes if 0 <= note.t < s.t]


def events_frame(s: Sector, noted: Events) -> pd.DataFrame:
    """The events table from the engine's notes and what the recorder noted itself."""
    notes = [*dated_notes(s), *noted.notes, *s.events.notes]
    if not notes:
        return empty("events")
    found = columns(notes)
    month = np.array([note.t for note in notes])[found["note"]]
    order = np.lexsort((month, found["run"]))
    month, found = month[order], {name: values[order] for name, values in found.items()}
    note, run, firm, site, tenant = (found[name] for name in ("note", "run", "firm", "site", "tenant"))
    home = np.where(firm >= 0, s.firms.home[run, firm], -1)
    region = np.where(site >= 0, s.sites.region[run, site], home)
    kinds = ["exit" if note.kind in EXIT_EVENTS else note.kind.replace(" ", "_") for note in notes]
    words = [note.kind if note.kind in EXIT_EVENTS else note.words for note in notes]
    # told of each event: the words about it, else the name of its site, else of its tenant
    site = np.where(site >= 0, len(notes) + site, -1)
    tenant = np.where(tenant >= 0, len(notes) + len(s.labels.sites) + tenant, -1)
    detail = np.where(np.array([*map(bool, words)])[note], note, np.where(site >= 0, site, tenant))
    return frame_of("events", {
        "run": np.array(s.runs)[run], "month": pick(month_names(s), month), "kind": pick(kinds, note),
        "firm": pick(s.labels.firms, firm), "size": pick(SIZES, np.where(firm >= 0, s.firms.size[run, firm], -1)),
        "region": pick(s.labels.regions, np.where(found["region"] >= 0, found["region"], region)),
        "detail": pick([*words, *s.labels.sites, *s.labels.tenants], detail), "mw": found["mw"],
        "value_usd": found["value"],
    })  # fmt: skip


# ------------------------------------------------------------------ contracts


def contracts_frame(s: Sector) -> pd.DataFrame:
    """The AI leases of all runs, those the runs began with included, with what became of them so far."""
    leases, tenants = s.leases, s.tenants
    run, slot = np.nonzero(leases.status != EMPTY)

    def of(values: Array | Index | Mask) -> Any:
        return values[run, slot]

    tenant, ended = of(leases.tenant), of(leases.end_reason) > 0
    guarantor = np.where(of(leases.backstopped), tenants.backstop[run, tenant], -1)
    data = {
        "run": np.array(s.runs, dtype=np.int64)[run], "contract": slot,
        "firm": pick(s.labels.firms, of(leases.firm)), "tenant": pick(s.labels.tenants, tenant),
        "tenant_class": pick(CLASSES, tenants.klass[run, tenant]), "credit": pick(CREDITS, of(leases.credit)),
        "backstop": pick(s.labels.tenants, guarantor), "product": pick(PRODUCTS, of(leases.product)),
        "region": pick(s.labels.regions, s.sites.region[run, of(leases.site)]), "site": of(leases.site),
        "it_mw": of(leases.it_mw), "gross_mw": of(leases.gross_mw), "delivered_mw": of(leases.delivered_mw),
        "rent_usd_m_per_mw_year": of(leases.rent) / 1e6, "escalator_per_year": of(leases.escalator),
        "term_months": of(leases.term), "funding": pick(("landlord", "tenant"), of(leases.tenant_funded) * 1),
        "capex_usd": of(leases.capex), "signed": dates(s, of(leases.signed)), "delivered": dates(s, of(leases.full)),
        "ended": dates(s, of(leases.ended), ended), "end_reason": pick(END_REASONS, of(leases.end_reason)),
    }  # fmt: skip
    return frame_of("contracts", data)


def dates(s: Sector, t: Index, known: Mask | None = None) -> Any:
    """Months from the start as "YYYY-MM", empty where not known."""
    unique, place = np.unique(t, return_inverse=True)
    names = [month_name(s.start_month + int(month)) for month in unique]
    return pick(names, place if known is None else np.where(known, place, -1))
