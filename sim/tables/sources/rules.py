"""regulation: dated measures in force, announced or proposed that the engine can apply."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from sim.tables.sources.common import Built, add_months, origin, read_rows

US_REGIONS = ("ERCOT", "PJM", "NYISO", "MISO", "SPP", "SERC_TVA", "WECC_US")
FEDERAL_GRIDS = ("PJM", "NYISO", "MISO", "SPP")


@dataclass(frozen=True)
class Measure:
    """One measure in one region, and the jurisdiction and instrument of the fact it rests on.

    A level holds whenever its dates say so. A step is a change against the starting tables, which already
    hold its effect where the measure began before the start of a run.
    """

    fact: tuple[str, str]
    region: str
    kind: str
    start: str
    value: float
    status: str = "in_force"
    end: str = ""
    applies: str = "level"
    basis: str = "sourced"


QUEBEC_MINING = ("Quebec", "crypto electricity rate")
QUEBEC_AI = ("Quebec", "data-centre electricity rate above 5 MW")
ETHIOPIA_TARIFF = ("Ethiopia", "mining tariff schedule")
ASIC_TARIFF = ("US federal", "tariff on ASICs from Indonesia, Malaysia, Thailand")

MEASURES = (
    Measure(("New York", "excise tax on PoW electricity S8518/A9138"), "NYISO", "mining_excise_usd_per_mwh",
            "2027-01", 50, "proposed", applies="step"),  # top of the tiers 20 to 50, which large miners pay
    Measure(("Kazakhstan", "mining power levy"), "KAZAKHSTAN", "mining_excise_usd_per_mwh",
            "2022-01", 2.3, end="2022-12", applies="step"),
    Measure(("Kazakhstan", "mining power levy"), "KAZAKHSTAN", "mining_excise_usd_per_mwh",
            "2023-01", 5, applies="step", basis="estimated"),  # the part of the levy in the regional price
    Measure(("Paraguay", "mining tariff rise"), "PARAGUAY", "mining_tariff_usd_per_mwh",
            "2024-07", 50, basis="estimated"),  # price after the rise of 14 %, grid facts
    Measure(ETHIOPIA_TARIFF, "ETHIOPIA", "mining_tariff_usd_per_mwh", "2024-12", 31.4, end="2025-11"),
    Measure(ETHIOPIA_TARIFF, "ETHIOPIA", "mining_tariff_usd_per_mwh", "2025-12", 40.8, end="2026-06"),
    Measure(ETHIOPIA_TARIFF, "ETHIOPIA", "mining_tariff_usd_per_mwh", "2026-07", 50.6, end="2027-06"),
    Measure(ETHIOPIA_TARIFF, "ETHIOPIA", "mining_tariff_usd_per_mwh", "2027-07", 64.8, "announced"),
    Measure(("Ethiopia", "stop of new mining permits and phase-out plan"), "ETHIOPIA", "no_new_mining",
            "2025-08", 1),
    Measure(("British Columbia", "ban on new mining connections"), "BC", "no_new_mining", "2022-12", 1),
    Measure(("Quebec", "block freeze for crypto"), "QUEBEC", "no_new_mining", "2022-01", 1),
    Measure(("China", "national mining ban"), "CHINA", "no_new_mining", "2021-05", 1),
    Measure(("Norway", "temporary ban on new power-intensive crypto data centres"), "NORDICS", "no_new_mining",
            "2025-10", 1, "proposed"),  # announced for autumn 2025, never confirmed; one country of four
    Measure(("British Columbia", "cap on AI data centres"), "BC", "ai_cap_mw_per_year", "2026-01", 150),
    Measure(("Alberta", "interim limit for large loads"), "ALBERTA", "ai_cap_mw_per_year",
            "2025-06", 340, end="2028-12", basis="estimated"),  # 1200 MW over three and a half years
    Measure(("Alberta", "interim limit for large loads"), "ALBERTA", "large_load_threshold_mw", "2025-06", 75),
    Measure(("Texas (ERCOT)", "large-load rule SB6: loads of 75 MW or more"), "ERCOT", "large_load_threshold_mw",
            "2025-06", 75),
    Measure(("Russia", "mining ban in 10 regions"), "RUSSIA", "mining_ban_share",
            "2025-01", 0.1, end="2031-03", applies="step", basis="assumed"),  # share of load there: not known
)  # fmt: skip


def build_regulation(facts: Path) -> Built:
    """Measures by region and date; source and confidence come from the facts."""
    known = {(row["jurisdiction"], row["instrument"]): row for row in read_rows(facts / "regulation.csv")}
    measures = sorted(_all(), key=lambda measure: (measure.region, measure.kind, measure.start))
    return [
        {
            "region": measure.region,
            "kind": measure.kind,
            "start": measure.start,
            "end": measure.end,
            "value": float(measure.value),
            "status": measure.status,
            "applies": measure.applies,
            **origin(known[measure.fact], measure.basis),
        }
        for measure in measures
    ]


def _all() -> Iterator[Measure]:
    yield from MEASURES
    # large machines for the United States come from South-East Asia; those of Chinese origin pay 57.6 %
    for region in US_REGIONS:
        yield Measure(ASIC_TARIFF, region, "asic_tariff_share", "2025-08", 0.216)
    for region in FEDERAL_GRIDS:
        yield Measure(("US federal", "FERC RM26-4 large-load interconnection"), region, "large_load_threshold_mw",
                      "2026-06", 20, "announced")  # fmt: skip
    # proposed rates reach old customers in equal yearly steps from the end of 2026
    mining = Measure(QUEBEC_MINING, "QUEBEC", "mining_tariff_usd_per_mwh", "", 0, "proposed", basis="estimated")
    yield from _transition(mining, before=51.0, after=142.0, years=3)
    hosting = Measure(QUEBEC_AI, "QUEBEC", "ai_tariff_usd_per_mwh", "", 0, "proposed", basis="estimated")
    yield from _transition(hosting, before=47.0, after=95.0, years=5)


def _transition(measure: Measure, before: float, after: float, years: int) -> Iterator[Measure]:
    for step in range(1, years + 1):
        start = add_months("2026-12", 12 * (step - 1))
        end = add_months(start, 11) if step < years else ""
        value = round(before + (after - before) * step / years, 1)
        yield replace(measure, start=start, end=end, value=value)
