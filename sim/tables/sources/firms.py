"""firms_2026 and firms_2024: named firms at the two start dates."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sim.tables.schema import FIRM_FACTS
from sim.tables.sources.common import Built, Row, basis_word, read_rows, rounded

IDLE_SLACK = 1.04  # connected MW over the load of a firm that fills what it has, as at synthetic sites
GROSS_PER_IT = 1.4  # grid MW per critical IT MW
MINING_OVERHEAD = 1.05  # site load per machine load, as in the fact tables' hashing_mw

# the fact tables leave the ticker of two unlisted firms empty, and write one firm under two tickers
TICKERS = {"Bitzero": "BITZERO", "Rhodium": "RHODIUM", "Bit Digital / WhiteFiber": "BTBT"}

STATUSES = {"active": "active", "restructured": "restructured", "chapter 11 since 2024-08": "chapter11"}

# fact column of each of our columns, where the names differ
FACT_NAMES = {"energised_mw": "power_mw_energised"}


@dataclass(frozen=True)
class Hosting:
    """Who stands at whose site: assumptions where the notes of a firm give no number."""

    share: dict[str, float]  # share of a firm's hashing load at sites of others
    host: dict[str, str] = field(default_factory=dict)  # that host, if it is a named firm
    hosts_mw: dict[str, float] = field(default_factory=dict)  # load of others at a firm's own sites


@dataclass(frozen=True)
class Start:
    """What the facts of one start date need beside themselves."""

    file: str
    hosting: Hosting
    convert_share: dict[str, float]
    construction_cash_usd_m: dict[str, float]
    idle_fleet_j_per_th: float  # for firms without machines, should they ever buy some
    source: str
    contracted: bool = False  # capacities carried from lists may be contracted MW, see _connected_mw


START_2026 = Start(
    "firms_2026_start.csv",
    Hosting(
        share={
            "MARA": 0.48,  # 537 of 1112 MW, notes of the firm table
            "ABTC": 1.0,  # hashes at Hut 8 sites
            "FUFU": 1.0,
            "CANG": 0.95,  # owns 50 of 1050 MW
            "CAN": 0.7,
            "LMFA": 0.5,
            "ARBK": 0.4,  # its share outside Quebec
        },
        host={"ABTC": "HUT"},
        hosts_mw={
            "APLD": 280,  # 286 in 2024-11, less what its halls take
            "BTDR": 300,  # 15.8 EH/s at about 18 J/TH
            "PHX": 250,  # half of its 550 MW is self-mining
            "HUT": 250,  # sites managed for others, about half of 548
            "SLNH": 80,
            "CORZ": 50,  # "some hosting of third parties remains"
        },
    ),
    # what the bond and convertible issues of the cost tables leave as convertible notes
    convert_share={
        "MARA": 0.9,
        "RIOT": 0.98,
        "CLSK": 0.98,
        "IREN": 1.0,
        "CORZ": 0.24,
        "CIFR": 0.43,
        "WULF": 0.4,
        "KEEL": 1.0,
        "HUT": 0.04,
        "BTDR": 0.62,
        "APLD": 0.1,
    },
    # unspent part of project bonds and large notes that cash_usd_m leaves out
    construction_cash_usd_m={
        "CORZ": 3000,  # 3300 bond of May 2026
        "HUT": 2900,  # 3250 notes of April 2026, less reserves and a distribution
        "IREN": 2600,  # convertible of May 2026, GPU order not yet paid
        "WULF": 1000,  # 6500 raised, some 520 MW of halls still to build
        "CIFR": 500,  # the part of 1733 senior notes that cash leaves out
    },
    idle_fleet_j_per_th=20.0,
    source="company reports and press, 2024-12 to 2026-06",
)

START_2024 = Start(
    "firms_2024_start.csv",
    Hosting(
        share={
            "MARA": 0.35,  # bought sites in 2024, most of the rest hosted
            "FUFU": 1.0,
            "CANG": 1.0,  # its first own site came in 2025
            "CAN": 0.7,
            "LMFA": 0.5,
            "ARBK": 0.7,  # its machines in Texas stand at its former site
            "BTBT": 1.0,
            "RHODIUM": 1.0,  # hosted at Rockdale
        },
        host={"RHODIUM": "RIOT"},
        hosts_mw={
            "BTDR": 350,  # 12.7 EH/s of others
            "APLD": 286,
            "HUT": 300,  # sites managed for others
            "CORZ": 210,
            "PHX": 200,
            "SLNH": 55,
        },
    ),
    convert_share={
        "MARA": 0.9,
        "RIOT": 0.98,
        "CLSK": 1.0,
        "IREN": 1.0,
        "CORZ": 1.0,
        "WULF": 1.0,
        "HUT": 0.5,
        "BTDR": 0.9,
        "APLD": 0.9,
    },
    construction_cash_usd_m={},
    idle_fleet_j_per_th=24.0,
    source="company reports and press, 2023-12 to 2025-03",
    contracted=True,
)


def build_firms(facts: Path, start: Start) -> Built:
    """One row per named firm; sums of the facts' own description are kept."""
    return [_firm(row, start) for row in read_rows(facts / start.file)]


def _firm(row: Row, start: Start) -> dict[str, object]:
    ticker = TICKERS.get(row["firm"], row["ticker"])
    facts: dict[str, object] = {name: _fact(row, name, start) for name in FIRM_FACTS}
    bases = {name: basis_word(row[f"{FACT_NAMES.get(name, name)}_basis"]) for name in FIRM_FACTS}
    numeric = [row[f"{FACT_NAMES.get(name, name)}_basis"] for name in FIRM_FACTS if name != "region_split"]
    found = [text for text in numeric if basis_word(text) in ("sourced", "carried")]
    coverage = len(found) / len(numeric)
    checked = sum("memory" not in text for text in found) / len(numeric)
    hosted = start.hosting.share.get(ticker, 0.0)
    # connection at sites of its own: all but what its hosted machines can draw
    hosts_mw = start.hosting.hosts_mw.get(ticker, 0.0)
    stated, connected = float(row["power_mw_energised"]), _connected_mw(row, hosts_mw, start)
    own_mw = max(connected - hosted * _fleet_mw(row), 0.0)
    facts["energised_mw"] = rounded(connected)
    facts["pipeline_mw"] = rounded(float(row["pipeline_mw"]) + stated - connected)
    if connected < stated:
        bases["energised_mw"] = "estimated"
    return {
        "ticker": ticker,
        "firm": row["firm"],
        "listed": row["listed"] == "yes",
        "status": STATUSES[row["status"]],
        "main_region": row["main_region"],
        **facts,
        "construction_cash_usd_m": start.construction_cash_usd_m.get(ticker, 0.0),
        "convert_share": start.convert_share.get(ticker, 0.0),
        "hosted_share": hosted,
        "host_ticker": start.hosting.host.get(ticker, ""),
        "own_site_mw": float(round(own_mw)),
        "hosts_mw": hosts_mw,
        "ai_uncontracted_gpu_it_mw": float(row["ai_uncontracted_gpu_it_mw"]),
        "announced_strategy": row["announced_strategy"],
        "strategy_fact": row["strategy"].lower(),
        "data_coverage": rounded(coverage, 2),
        **{f"{name}_basis": word for name, word in bases.items()},
        "source": start.source,
        "confidence": "high" if checked > 0.7 else "medium" if checked > 0.35 else "low",
    }


def _fleet_mw(row: Row) -> float:
    """Site load of a firm's deployed machines."""
    return float(row["hashrate_ehs"]) * float(row["fleet_j_per_th"] or 0.0) * MINING_OVERHEAD


def _connected_mw(row: Row, guests_mw: float, start: Start) -> float:
    """Grid MW that can draw power now: what is stated, unless that may be contracted MW. `guests_mw`: rigs of others.

    The capacities of 2024 that are carried from lists mix energised, contracted and approved MW. Of these, what the
    deployed fleet, rigs of others and AI draw counts as energised, with the usual slack.
    """
    stated = float(row["power_mw_energised"])
    if not start.contracted or basis_word(row["power_mw_energised_basis"]) != "carried":
        return stated
    it_mw = float(row["ai_energised_it_mw"]) + float(row["ai_uncontracted_gpu_it_mw"])
    return min(stated, float(round(IDLE_SLACK * (_fleet_mw(row) + guests_mw + GROSS_PER_IT * it_mw))))


def _fact(row: Row, name: str, start: Start) -> object:
    cell = row[FACT_NAMES.get(name, name)]
    if name == "region_split":
        return cell
    return rounded(float(cell)) if cell else start.idle_fleet_j_per_th
