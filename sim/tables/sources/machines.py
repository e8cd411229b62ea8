"""rigs: the models on sale grouped into a dozen generations, and the age of the fleet at three dates."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import median

from sim.tables.sources.common import Built, Row, read_rows, rounded


@dataclass(frozen=True)
class Generation:
    """A step of the frontier: models that sold in volume together, the first being the reference.

    `release` stands where the reference shipped months after its announcement. `fleet` is the share of the
    operating hashrate of firms without named data in 2026-06, 2024-12 and 2016-07. `price_usd_per_th` is
    what large buyers paid near release (0: not known).
    """

    models: tuple[str, ...]
    fleet: tuple[float, float, float]
    price_usd_per_th: float = 0.0
    release: str = ""


# J/TH of a generation is the median of its models. Fleets are assumed, aimed at a mean of 20 J/TH in 2026-06
# (what runs; about a seventh of the fleet, mostly S19, is off), 25 in 2024-12 (28.2 in the Cambridge survey of
# mid 2024, a quarter better a year later) and 520 in 2016-07 (540 with overhead in the Cambridge index).
GENERATIONS = {
    "S3 class": Generation(("Bitmain Antminer S3",), (0, 0, 0.36)),
    "S5 class": Generation(("Bitmain Antminer S5",), (0, 0, 0.32)),
    "S7 class": Generation(("Bitmain Antminer S7",), (0, 0, 0.28)),
    "S9 class": Generation(
        ("Bitmain Antminer S9 (11.5Th)", "Bitmain Antminer S9 (13.5Th)", "Bitmain Antminer S9 (14Th)"), (0, 0, 0.04)
    ),
    "M10 class": Generation(
        ("MicroBT Whatsminer M10S", "MicroBT Whatsminer M10", "Ebang Ebit E11", "Bitmain Antminer S11 (20.5Th)"),
        (0, 0, 0),
    ),
    "S17 class": Generation(
        ("Antminer S17 (56T)", "Antminer S17 Pro (53T)", "Antminer T17", "Whatsminer M20S", "Antminer S17e"),
        (0, 0.01, 0),
    ),
    "S19 class": Generation(
        ("Antminer S19 (95T)", "Antminer S19 Pro (110T)", "Whatsminer M30S", "Whatsminer M30S+"),
        (0.02, 0.14, 0),
        18.8,
        "2020-05",
    ),
    "S19j Pro class": Generation(
        ("Antminer S19j Pro (104T)", "Antminer S19a Pro", "Whatsminer M30S++"), (0.13, 0.31, 0), 0, "2021-06"
    ),
    "S19 XP class": Generation(
        ("Antminer S19 XP", "Whatsminer M50S++", "Antminer S19k Pro", "Avalon A1466"), (0.32, 0.31, 0), 60.0
    ),
    "S21 class": Generation(
        ("Antminer S21 (200T)", "Antminer T21 (190T)", "Antminer S21+ (216T)"), (0.27, 0.18, 0), 14.0
    ),
    "S21 Pro class": Generation(
        ("Antminer S21 Pro (234T)", "Whatsminer M60S++", "Whatsminer M70"), (0.13, 0.04, 0), 18.0, "2024-07"
    ),
    "S21 XP class": Generation(("Antminer S21 XP (270T)", "Whatsminer M70S", "Avalon A16XP"), (0.11, 0.01, 0), 21.5),
    "S23 class": Generation(
        ("Antminer S23 (air, 318T)", "SealMiner A4 Pro Hydro (680T)", "Antminer S23e Hyd 2U (865T)"),
        (0.02, 0, 0),
        13.5,
    ),
}

# prices large buyers paid: bulk contracts of 2023 and later, the index for rigs under 25 J/TH in 2022-07, the
# median of the lists of 2026; the launch prices of the S19 and S21 XP were never checked
UNCHECKED_PRICES = ("S19 class", "S21 XP class")


def build_rigs(facts: Path, data: Path) -> Built:
    """One row per generation in order of release."""
    models: dict[str, Row] = {row["model"]: row for row in read_rows(data / "asic_models_to_2020.csv")}
    models |= {row["model"]: row for row in read_rows(facts / "asic_models.csv") if row["use_as_rig"] == "yes"}
    return [_generation(name, step, [models[model] for model in step.models]) for name, step in GENERATIONS.items()]


def _generation(name: str, step: Generation, models: list[Row]) -> dict[str, object]:
    release = step.release or min(model.get("release") or model["release_month"] for model in models)
    efficiency = median(float(model["efficiency_j_per_th"]) for model in models)
    return {
        "generation": name,
        "release": release[:7],
        "j_per_th": rounded(efficiency, 3),
        "price_usd_per_th": step.price_usd_per_th,
        **{f"fleet_share_{year}": float(share) for year, share in zip((2026, 2024, 2016), step.fleet, strict=True)},
        "basis": "estimated" if step.price_usd_per_th or len(models) > 1 else "sourced",
        "source": "vendors' specifications; fleet shares assumed",
        "confidence": "low" if name in UNCHECKED_PRICES else "medium",
    }
