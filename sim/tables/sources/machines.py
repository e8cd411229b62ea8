"""rigs: the models on sale grouped into a dozen generations, and the age of the fleet at three dates."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import harmonic_mean, median

from sim.tables.sources.common import Built, Row, read_rows, rounded


@dataclass(frozen=True)
class Generation:
    """A step of the frontier: models that sold in volume together, the first being the reference.

    `reign`, first and last month, stands where the list of models is complete: every model of those months belongs
    to the step, for the best one is not what all vendors sold. `release` stands where the reference shipped months
    after its announcement. `fleet` is the share of the operating hashrate of firms without named data in 2026-06,
    2024-12 and 2016-07. `price_usd_per_th` is what large buyers paid near release (0: not known).
    """

    models: tuple[str, ...]
    fleet: tuple[float, float, float]
    price_usd_per_th: float = 0.0
    release: str = ""
    reign: tuple[str, str] = ("", "")


# J/TH of a generation is the median of its models, or over a reign that of a MW spread evenly over them. Fleets are
# assumed, aimed at a mean of 20 J/TH in 2026-06 (what runs; about a seventh of the fleet, mostly S19, is off), 25 in
# 2024-12 (28.2 in the Cambridge survey of mid 2024, a quarter better a year later) and 520 in 2016-07 (540 with
# overhead in the Cambridge index).
GENERATIONS = {
    "S3 class": Generation(("Bitmain Antminer S3",), (0, 0, 0.36)),
    "S5 class": Generation(("Bitmain Antminer S5",), (0, 0, 0.32)),
    "S7 class": Generation(("Bitmain Antminer S7",), (0, 0, 0.28)),
    "S9 class": Generation(("Bitmain Antminer S9 (11.5Th)",), (0, 0, 0.04), reign=("2016-06", "2018-08")),
    "M10 class": Generation(("MicroBT Whatsminer M10",), (0, 0, 0), reign=("2018-09", "2019-03")),
    "S17 class": Generation(("Bitmain Antminer S17 (56Th)",), (0, 0.01, 0), reign=("2019-04", "2020-03")),
    "S19 class": Generation(("Antminer S19 (95T)",), (0.02, 0.11, 0), 18.8, "2020-05", ("2020-04", "2021-05")),
    "S19j Pro class": Generation(
        ("Antminer S19j Pro (104T)", "Antminer S19a Pro", "Whatsminer M30S++"), (0.13, 0.32, 0), 0, "2021-06"
    ),
    "S19 XP class": Generation(
        ("Antminer S19 XP", "Whatsminer M50S++", "Antminer S19k Pro", "Avalon A1466"), (0.32, 0.33, 0), 60.0
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
    index = read_rows(data / "asic_models_to_2020.csv")
    listed = {row["model"]: row | {"release": row["release_month"]} for row in index}
    later = {row["model"]: row for row in read_rows(facts / "asic_models.csv") if row["use_as_rig"] == "yes"}
    return [
        generation_row(name, step, *models_of(listed if step.models[0] in listed else later, step))
        for name, step in GENERATIONS.items()
    ]


def models_of(known: dict[str, Row], step: Generation) -> tuple[Row, list[Row]]:
    """The reference of a step and all its models."""
    since, until = step.reign
    models = [row for row in known.values() if since <= row["release"] <= until] if until else []
    return known[step.models[0]], models or [known[model] for model in step.models]


def generation_row(name: str, step: Generation, reference: Row, models: list[Row]) -> dict[str, object]:
    """A row of the table ``rigs``."""
    release = step.release or reference["release"]
    efficiencies = [float(model["efficiency_j_per_th"]) for model in models]
    efficiency = harmonic_mean(efficiencies) if step.reign[1] else median(efficiencies)
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
