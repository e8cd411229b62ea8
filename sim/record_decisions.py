"""Lists for the result tables: decisions, events and AI contracts, one row for each thing that happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agents import observations as ob
from sim.columns import TABLES, columns, empty
from sim.months import month_name
from sim.state import CLASSES, CREDITS, EMPTY, END_REASONS, PRODUCTS, SIZES

if TYPE_CHECKING:
    from sim.arrays import Array, Index, Mask
    from sim.sector import Sector

EXIT_EVENTS = ("liquidation", "closure")
WORDS = tuple(option.replace(" ", "_") for option in ob.OPTIONS)
GATE_WORDS = tuple(gate.replace(" ", "_") for gate in ob.GATES)
PLACES = len(ob.GATES) ** np.arange(len(ob.OPTIONS), dtype=np.int64)  # a row of gates as one whole number
OUTCOMES = ("", "no tenant", "leased")


def frame_of(table: str, data: dict[str, Any]) -> pd.DataFrame:
    """A frame with the table's columns in their order and types; columns not in ``data`` are an error."""
    kinds = columns(table)
    return pd.DataFrame({c.name: pd.Series(data[c.name], dtype=kinds[c.name].dtype) for c in TABLES[table]})


def pick(names: list[str] | tuple[str, ...], index: Index) -> Any:
    """Names at an index as a text column; negative indices give the empty text."""
    return pd.array([*names, ""], dtype="str").take(np.where(index < 0, len(names), index))


# ------------------------------------------------------------------ decisions


class Decisions:
    """Reviews of the recorded runs, kept as arrays until the end."""

    def __init__(self, rows: Index, n_runs: int) -> None:
        self.kept = np.zeros(n_runs, bool)
        self.kept[rows] = True
        self.parts: list[tuple[NDArray[Any], ...]] = []

    def record(self, s: Sector, month: int) -> None:
        """Keep the month's cases of the recorded runs."""
        cases, seen, choice, offers = s.last_review
        rows = np.flatnonzero(self.kept[cases.run])
        k = np.arange(len(rows))
        chosen, value, gate = choice[rows], seen.value[rows], seen.gate[rows]
        rivals = np.where(gate == ob.OPEN, value, -np.inf)
        rivals[k, chosen] = -np.inf
        second = np.argmax(rivals, axis=1)
        rival = rivals[k, second]
        outcome = np.zeros(len(choice), dtype=np.int64)
        outcome[offers.case] = np.where(offers.tenant >= 0, 2, 1)
        self.parts.append((
            cases.run[rows], np.full(len(rows), month), cases.firm[rows], cases.at.row[rows], chosen,
            value[k, chosen], np.where(np.isfinite(rival), second, -1), np.where(np.isfinite(rival), rival, np.nan),
            (gate * PLACES).sum(axis=1), outcome[rows],
        ))  # fmt: skip

    def frame(self, s: Sector) -> pd.DataFrame:
        """The decisions table."""
        if not self.parts or not self.kept.any():
            return empty("decisions")
        run, month, firm, site, chosen, value, second, rival, gates, outcome = (
            np.concatenate(column) for column in zip(*self.parts, strict=True)
        )
        codes, pattern = np.unique(gates, return_inverse=True)
        data = {
            "run": np.array(s.runs)[run], "month": pick(month_names(s), month), "firm": pick(s.labels.firms, firm),
            "site": site, "choice": pick(ob.OPTIONS, chosen), "value_usd_m_per_mw": value,
            "runner_up": pick(ob.OPTIONS, second), "runner_up_value_usd_m_per_mw": rival,
            "gate": pick([closed_gates(int(code)) for code in codes], pattern), "outcome": pick(OUTCOMES, outcome),
        }  # fmt: skip
        return sorted_by_run(frame_of("decisions", data))


def closed_gates(code: int) -> str:
    """What closed the options of a case, as "option:gate" words: closed_gates(100) -> "expand_hashing:..."."""
    digits = [code // int(place) % len(ob.GATES) for place in PLACES]
    return " ".join(f"{WORDS[k]}:{GATE_WORDS[gate]}" for k, gate in enumerate(digits) if gate != ob.OPEN)


def sorted_by_run(frame: pd.DataFrame) -> pd.DataFrame:
    """Run after run, in each the order in which things happened."""
    return frame.sort_values("run", kind="stable", ignore_index=True)


def month_names(s: Sector) -> list[str]:
    """The months of the simulation as "YYYY-MM"."""
    return [month_name(s.start_month + t) for t in range(s.months)]


# ------------------------------------------------------------------ events


def ban_events(s: Sector, before: Array) -> list[dict[str, Any]]:
    """Regions in which hashing is cut this month for the first time; ``before`` (R, X) last month's share."""
    started = (before >= 1.0) & (s.regions.hashing_allowed < 1.0)
    return [
        {"run": int(run), "t": s.t - 1, "kind": "ban", "region": int(region),
         "mw": float(s.regions.mining_mw[run, region])}
        for run, region in zip(*np.nonzero(started), strict=True)
    ]  # fmt: skip


def dated_events(s: Sector) -> list[dict[str, Any]]:
    """The scenario's shocks and measures that began in the months done."""
    found = []
    for measure in s.P.measures:
        t = s.month_index(measure.start)
        words = f"{measure.lever} comes to {measure.value:g}" + (f" until {measure.end}" if measure.end else "")
        found += [{"run": run, "t": t, "kind": "measure", "words": words} for run in range(s.n_runs) if 0 <= t < s.t]
    for shock in s.P.shocks:
        t = s.month_index(shock.start)
        where = " in " + ", ".join(shock.regions) if shock.regions else ""
        words = f"{shock.kind} {shock.size:g} for {shock.months} months{where}"
        found += [{"run": run, "t": t, "kind": "shock", "words": words} for run in range(s.n_runs) if 0 <= t < s.t]
    return found


def events_frame(s: Sector, noted: list[dict[str, Any]]) -> pd.DataFrame:
    """The events table from the engine's notes and what the recorder noted itself."""
    rows = sorted([*dated_events(s), *noted, *s.events], key=lambda event: (event["run"], event["t"]))
    if not rows:
        return empty("events")
    names = month_names(s)
    told = [_event(s, event) for event in rows]
    data = {name: [event[name] for event in told] for name in told[0]}
    data["run"] = [s.runs[event["run"]] for event in rows]
    data["month"] = [names[event["t"]] for event in rows]
    return frame_of("events", data)


def _event(s: Sector, event: dict[str, Any]) -> dict[str, Any]:
    """One event in the words of the table."""
    run, kind = event["run"], event["kind"]
    firm, site, region = event.get("firm", -1), event.get("site", -1), event.get("region", -1)
    if region < 0 and site >= 0:
        region = int(s.sites.region[run, site])
    elif region < 0 and firm >= 0:
        region = int(s.firms.home[run, firm])
    words = event.get("words", "")
    words = words or (s.labels.sites[site] if site >= 0 else "")
    words = words or (s.labels.tenants[event["tenant"]] if "tenant" in event else "")
    return {
        "kind": "exit" if kind in EXIT_EVENTS else kind.replace(" ", "_"),
        "firm": s.labels.firms[firm] if firm >= 0 else "",
        "size": SIZES[int(s.firms.size[run, firm])] if firm >= 0 else "",
        "region": s.labels.regions[region] if region >= 0 else "",
        "detail": kind if kind in EXIT_EVENTS else words,
        "mw": event.get("mw", 0.0),
        "value_usd": event.get("value", 0.0),
    }


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
