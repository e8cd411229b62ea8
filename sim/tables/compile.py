"""Rebuild the shipped tables from the fact and data folders: `python -m sim.tables.compile FACTS DATA [--out DIR]`.

The same folders give the same bytes. Every choice of ours stands in `sim.tables.sources`; the tables are
checked against the schema before anything is written, and the sums that must come out are printed.
"""

from __future__ import annotations

import argparse
import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

from sim.tables.load import SHIPPED, Tables, load_tables
from sim.tables.schema import SCHEMAS
from sim.tables.sources.common import Built, as_cell
from sim.tables.sources.contracts import build_leases, build_tenants
from sim.tables.sources.costs import build_costs
from sim.tables.sources.firms import START_2024, START_2026, build_firms
from sim.tables.sources.grids import build_ercot_months, build_price_duration, build_regions, build_seasons
from sim.tables.sources.history import build_btc_history, build_hyperscaler_capex
from sim.tables.sources.machines import build_rigs
from sim.tables.sources.pivot import build_pivot_targets
from sim.tables.sources.rules import build_regulation


def build_tables(facts: Path, data: Path) -> dict[str, str]:
    """Text of every table by name."""
    leases = build_leases(facts)
    built = {
        "firms_2026": build_firms(facts, START_2026),
        "firms_2024": build_firms(facts, START_2024),
        "leases": leases,
        "tenants": build_tenants(leases),
        "regions": build_regions(facts),
        "rigs": build_rigs(facts, data),
        "price_duration": build_price_duration(data),
        "ercot_months": build_ercot_months(data),
        "seasons": build_seasons(data),
        "regulation": build_regulation(facts),
        "costs": build_costs(facts),
        "btc_history": build_btc_history(data),
        "hyperscaler_capex": build_hyperscaler_capex(data),
        "pivot_targets": build_pivot_targets(facts, data),
    }
    return {name: _as_csv(name, rows) for name, rows in built.items()}


def _as_csv(name: str, rows: Built) -> str:
    text = io.StringIO()
    columns = list(SCHEMAS[name].columns)
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({column: as_cell(row[column]) for column in columns} for row in rows)
    return text.getvalue()


def write_tables(texts: dict[str, str], folder: Path) -> Tables:
    """Check the tables in a scratch folder and only then write them; the checked tables."""
    with TemporaryDirectory() as scratch:
        _write(texts, Path(scratch))
        tables = load_tables(Path(scratch))
    folder.mkdir(parents=True, exist_ok=True)
    _write(texts, folder)
    return tables


def _write(texts: dict[str, str], folder: Path) -> None:
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8", newline="\n")


def signed_gw(tables: Tables, month: str) -> float:
    """AI capacity under contract by the end of a month [GW of IT]."""
    leases = tables.leases
    return float(leases["it_mw"][leases["signed"] <= month].sum()) / 1000.0


def summary(tables: Tables) -> str:
    """The sums the facts state of themselves, one line each."""
    lines = []
    for name, firms in (("2026", tables.firms_2026), ("2024", tables.firms_2024)):
        hashing_gw = float((firms["operating_ehs"] * firms["fleet_j_per_th"]).sum()) * 1.05 / 1000.0
        lines.append(
            f"firms {name}: {len(firms)} firms, {firms['operating_ehs'].sum():.1f} EH/s operating,"
            f" {hashing_gw:.2f} GW hashing of {firms['energised_mw'].sum() / 1000:.2f} GW energised,"
            f" {firms['pipeline_mw'].sum() / 1000:.1f} GW pipeline, {firms['btc_held'].sum():.0f} BTC,"
            f" {firms['debt_usd_m'].sum() / 1000:.1f} bn USD debt"
        )
    signed = ", ".join(f"{signed_gw(tables, month):.4f} by {month}" for month in ("2024-12", "2025-12", "2026-06"))
    delivered = tables.leases["delivered_it_mw_2026_06"].sum() / 1000.0
    lines.append(f"leases: GW of IT signed {signed}; {delivered:.3f} delivered")
    for year in (2026, 2024, 2016):
        mean = float((tables.rigs[f"fleet_share_{year}"] * tables.rigs["j_per_th"]).sum())
        lines.append(f"rigs: unnamed fleet of {year} {mean:.1f} J/TH")
    return "\n".join(lines)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("facts", type=Path, help="folder of the fact tables")
    parser.add_argument("data", type=Path, help="folder of the data files")
    parser.add_argument("--out", type=Path, default=SHIPPED, help="where to write (default: the package's tables)")
    given = parser.parse_args()
    tables = write_tables(build_tables(given.facts, given.data), given.out)
    print(summary(tables))


if __name__ == "__main__":
    main()
