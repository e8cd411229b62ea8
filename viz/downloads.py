"""What can be taken away: data, scenario, manifest."""

from __future__ import annotations

import csv
import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.export import to_iamc
from experiments.store import code_version, cpu, write_parquet
from experiments.wording import DASH, MINUS
from sim.results import ResultSet
from sim.scenario import Scenario
from viz.orders import Snapshot
from viz.session import Download
from viz.state import Setting

TOML, ZIP, TEXT, JSON = "application/toml", "application/zip", "text/csv", "application/json"


def offers(setting: Setting, scenario: Scenario, snapshot: Snapshot, firms: str = "") -> list[Download]:
    """Downloads of a scenario and the runs that are in; ``firms`` names a table of firms that was loaded."""
    name = f"hashpivot-{setting.scenario if not setting.changes else 'custom'}"
    found: list[Download] = [
        ("scenario", "Scenario (TOML)", lambda: (f"{name}.toml", scenario.to_toml(sources=True).encode(), TOML))
    ]
    results = snapshot.results
    if results is None:
        return found
    found += [
        ("csv", "Data, sector by month (CSV)", lambda: (f"{name}-sector.csv", _csv(results), TEXT)),
        ("parquet", "Data, all tables (Parquet, zip)", lambda: (f"{name}.zip", _parquet(results), ZIP)),
        ("iamc", "Data, IAMC format (CSV)", lambda: (f"{name}-iamc.csv", _iamc(results), TEXT)),
    ]
    manifest = json.dumps(_manifest(scenario, results) | ({"firms": firms} if firms else {}), indent=2).encode()
    return [*found, ("manifest", "Manifest of the runs (JSON)", lambda: (f"{name}-manifest.json", manifest, JSON))]


def sector_csv(key: str, label: str, results: ResultSet) -> Download:
    """The sector table of one compared scenario."""
    return key, label, lambda: (f"hashpivot-{results.scenario}-sector.csv", _csv(results), TEXT)


def sheet(columns: list[dict[str, Any]], rows: list[dict[str, Any]], shown: list[str], about: str = "") -> bytes:
    """A table of a page as CSV: the rows ``shown`` by their ids, in that order, with figures as numbers.

    What stands in small letters under the first cell of a row becomes a column of its own.
    """
    found = {str(row["id"]): row["cells"] for row in rows}
    cells = [found[name] for name in shown if name in found]
    head = [" ".join(filter(None, (column["name"], _in_brackets(column.get("unit", ""))))) for column in columns]
    noted = any(row[0].get("under") for row in cells)
    text = io.StringIO()
    text.write(f"# {about}\n" if about else "")
    out = csv.writer(text, lineterminator="\n")
    out.writerow([*head, *(["note"] if noted else [])])
    for row in cells:
        out.writerow([*map(_plain, row), *([row[0].get("under", "")] if noted else [])])
    return text.getvalue().encode("utf-8")


def frame(table: pd.DataFrame, about: str) -> bytes:
    """A frame as CSV under a line that says what it is."""
    return f"# {about}\n{table.to_csv(index=False)}".encode()


def _in_brackets(unit: str) -> str:
    return f"({unit})" if unit else ""


def _plain(cell: dict[str, Any]) -> Any:
    """The value behind a cell, or its words, as a number where they are one; nothing for a dash."""
    if cell.get("value") is not None:
        return cell["value"]
    words = str(cell["words"])
    bare = words.replace(MINUS, "-").replace(",", "")
    try:
        return float(bare)
    except ValueError:
        return "" if words == DASH else words


def _csv(results: ResultSet) -> bytes:
    return results.table("sector").to_csv(index=False).encode()


def _parquet(results: ResultSet) -> bytes:
    """Every table that has rows, as Parquet with units in its metadata, in one zip."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive, tempfile.TemporaryDirectory() as folder:
        for name in results.tables:
            path = Path(folder) / f"{name}.parquet"
            write_parquet(path, name, results.tables[name])
            archive.write(path, path.name)
    return packed.getvalue()


def _iamc(results: ResultSet) -> bytes:
    return to_iamc(results).to_csv(index=False).encode()


def _manifest(scenario: Scenario, results: ResultSet) -> dict[str, object]:
    return {
        "scenario": scenario.name,
        "scenario_hash": scenario.content_hash(),
        "code": code_version(),
        "seed": results.meta.get("seed"),
        "assumptions": results.meta.get("assumptions"),
        "runs": results.runs,
        "months": [results.months[0], results.months[-1]],
        "cpu": cpu(),
    }
