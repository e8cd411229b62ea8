"""Load the compiled tables: those that ship with the package, any of them replaced by a user's CSV files."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.errors import UserError, did_you_mean
from sim.tables.check import TableError, check_references, parse_split, read_sheet
from sim.tables.schema import SCHEMAS

SHIPPED = Path(__file__).resolve().parent.parent / "data"


@dataclass(frozen=True)
class Table:
    """A small read-only table: column name -> array with one entry per row (float64, int64, bool or text)."""

    name: str
    columns: dict[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def __getitem__(self, column: str) -> NDArray[Any]:
        return self.columns[column]

    def index(self, column: str) -> dict[str, int]:
        """Row number by value of a text column, e.g. `regions.index("code")["ERCOT"]`."""
        return {value: row for row, value in enumerate(self.columns[column].tolist())}


@dataclass(frozen=True)
class Tables:
    """All tables, and a digest of their contents that tells results of different data apart."""

    firms_2026: Table
    firms_2024: Table
    leases: Table
    tenants: Table
    regions: Table
    rigs: Table
    price_duration: Table
    ercot_months: Table
    seasons: Table
    regulation: Table
    costs: Table
    btc_history: Table
    hyperscaler_capex: Table
    pivot_targets: Table
    digest: str


def load_tables(folder: Path | None = None) -> Tables:
    """Tables of a folder, missing ones from the package; None takes all from the package.

    Raises TableError with every problem found (file, line, column), UserError if there is no such folder.
    """
    return _shipped() if folder is None else _load(_files_in(Path(folder)))


@cache
def _shipped() -> Tables:
    return _load({})


def _files_in(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder; give one that holds CSV tables such as regions.csv")
    files = {path.stem: path for path in sorted(folder.glob("*.csv"))}
    unknown = [did_you_mean(name, list(SCHEMAS), f"table in {folder}:") for name in files if name not in SCHEMAS]
    if unknown or not files:
        raise TableError(unknown or [f"{folder} holds no table; known: {', '.join(SCHEMAS)}"])
    return files


def _load(own: dict[str, Path]) -> Tables:
    paths = {name: own.get(name, SHIPPED / f"{name}.csv") for name in SCHEMAS}
    labels = {name: str(own.get(name, f"shipped {name}.csv")) for name in SCHEMAS}
    sheets = {name: read_sheet(paths[name], schema, labels[name]) for name, schema in SCHEMAS.items()}
    problems = [problem for sheet in sheets.values() for problem in sheet.problems]
    if not problems:
        problems = check_references(sheets.items())
    if problems:
        raise TableError(problems)
    digest = hashlib.sha256(b"".join(paths[name].read_bytes() for name in sorted(paths))).hexdigest()
    return Tables(**{name: Table(name, sheet.columns()) for name, sheet in sheets.items()}, digest=digest)


def split_shares(splits: Sequence[str] | NDArray[np.str_], codes: Sequence[str]) -> NDArray[np.float64]:
    """Cells "CODE:share;..." as an array (rows, codes) whose rows sum to 1."""
    shares = np.zeros((len(splits), len(codes)))
    column = {code: number for number, code in enumerate(codes)}
    for row, cell in enumerate(splits):
        for code, share in parse_split(str(cell)).items():
            shares[row, column[code]] = share
    return shares
