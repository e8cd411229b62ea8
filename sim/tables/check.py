"""Turn the cells of one CSV file into columns and hold them against their schema, collecting every problem.

A problem is one line: the file, the line in it, the column, what is wrong and how to mend it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.errors import UserError, did_you_mean
from sim.tables.schema import Column, Ordered, Rising, Rule, Schema, Steps, Total

Cell = str | float | int | bool
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
QUARTER = re.compile(r"\d{4}Q[1-4]")
DTYPES: dict[str, type] = {"number": np.float64, "whole": np.int64, "flag": np.bool_}
SPLIT_TOLERANCE = 1e-6


class TableError(UserError):
    """One or more tables are wrong; `problems` holds one line each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass
class Sheet:
    """One file while it is being checked: accepted rows with their line numbers, and the problems so far.

    `label` is what messages call the file.
    """

    label: str
    schema: Schema
    rows: list[dict[str, Cell]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    header: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def blame(self, line: int, column: str, what: str) -> None:
        """Note a problem; line 0 means the whole file."""
        where = f", line {line}" if line else ""
        what_column = f", column {column}" if column else ""
        self.problems.append(f"{self.label}{where}{what_column}: {what}")

    def columns(self) -> dict[str, NDArray[np.generic]]:
        """The rows as read-only arrays: float64, int64, bool, or text."""
        result: dict[str, NDArray[np.generic]] = {}
        for name, column in self.schema.columns.items():
            dtype = DTYPES.get(column.kind, np.str_)
            array: NDArray[np.generic] = np.array([row[name] for row in self.rows], dtype=dtype)
            array.setflags(write=False)
            result[name] = array
        return result


def read_sheet(path: Path, schema: Schema, label: str) -> Sheet:
    """Read and check one CSV file (UTF-8, comma, one header line); nothing is raised, see `problems`."""
    sheet = Sheet(label, schema)
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            if _header_fits(sheet, next(reader, [])):
                for cells in reader:
                    _take_row(sheet, reader.line_num, cells)
    except (OSError, UnicodeDecodeError) as error:
        sheet.blame(0, "", f"cannot be read ({error}); save it as UTF-8 text")
    except csv.Error as error:
        sheet.blame(reader.line_num, "", f"is no valid CSV ({error}); check the quotation marks")
    if not sheet.problems:
        _check_key(sheet)
        for rule in schema.rules:
            _check_rule(sheet, rule)
    return sheet


def _header_fits(sheet: Sheet, header: list[str]) -> bool:
    """All columns of the schema, each once, in any order; the order of the file is kept in the schema's."""
    known = list(sheet.schema.columns)
    missing = [name for name in known if name not in header]
    if missing:
        sheet.blame(1, "", f"lacks the column(s) {', '.join(missing)}; copy the header of the shipped table")
    for name in dict.fromkeys(header):
        if name not in known:
            sheet.blame(1, name, did_you_mean(name, known, "column"))
        elif header.count(name) > 1:
            sheet.blame(1, name, "occurs twice; keep one")
    sheet.header = header
    return not sheet.problems


def _take_row(sheet: Sheet, line: int, cells: list[str]) -> None:
    header = sheet.header
    if not any(cell.strip() for cell in cells):
        return
    if len(cells) != len(header):
        sheet.blame(line, "", f"has {len(cells)} cells, the header {len(header)}; quote text that holds a comma")
        return
    row: dict[str, Cell] = {}
    for name, cell in zip(header, cells, strict=True):
        try:
            row[name] = parse_cell(sheet.schema.columns[name], cell.strip())
        except ValueError as error:
            sheet.blame(line, name, str(error))
    if len(row) == len(header):
        sheet.rows.append(row)
        sheet.lines.append(line)


def parse_cell(column: Column, cell: str) -> Cell:
    """The value of one cell; ValueError says what is wrong with it. Empty numbers (where allowed) are NaN."""
    if not cell:
        if not column.empty:
            raise ValueError(f"is empty; give a {column.kind}{_of(column.unit)}")
        return float("nan") if column.kind == "number" else ""
    value = PARSERS[column.kind](cell)
    if column.choices and value not in column.choices:
        raise ValueError(did_you_mean(cell, list(column.choices), "value"))
    if not isinstance(value, str) and value < column.low:
        raise ValueError(f"{cell} lies below the least possible, {column.low:g}{_of(column.unit)}")
    if not isinstance(value, str) and value > column.high:
        raise ValueError(f"{cell} lies above the most possible, {column.high:g}{_of(column.unit)}")
    return value


def _of(unit: str) -> str:
    return f" ({unit})" if unit and unit != "1" else ""


def _number(cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        raise ValueError(f"'{cell}' is not a number; write it like 1234.5") from None
    if not np.isfinite(value):
        raise ValueError(f"'{cell}' is not a finite number")
    return value


def _whole(cell: str) -> int:
    value = _number(cell)
    if value != int(value):
        raise ValueError(f"'{cell}' is not a whole number")
    return int(value)


def _flag(cell: str) -> bool:
    if cell not in ("0", "1"):
        raise ValueError(f"'{cell}' is neither 0 (no) nor 1 (yes)")
    return cell == "1"


def _month(cell: str) -> str:
    if not MONTH.fullmatch(cell):
        raise ValueError(f"'{cell}' is not a month; write it like 2027-01")
    return cell


def _quarter(cell: str) -> str:
    if not QUARTER.fullmatch(cell):
        raise ValueError(f"'{cell}' is not a quarter; write it like 2026Q1")
    return cell


def parse_split(cell: str) -> dict[str, float]:
    """Shares by code from "ERCOT:0.92;MISO:0.08"; ValueError when malformed or when they do not sum to 1."""
    shares: dict[str, float] = {}
    for part in cell.split(";"):
        code, colon, share = part.partition(":")
        if not (code and colon) or code in shares:
            raise ValueError(f"'{part}' does not fit; write the split like ERCOT:0.92;MISO:0.08, each code once")
        shares[code] = _number(share)
    if min(shares.values()) < 0.0 or abs(sum(shares.values()) - 1.0) > SPLIT_TOLERANCE:
        raise ValueError(f"shares sum to {sum(shares.values()):g}; they must be positive and sum to 1")
    return shares


def _split(cell: str) -> str:
    parse_split(cell)
    return cell


PARSERS: dict[str, Callable[[str], Cell]] = {
    "text": str,
    "number": _number,
    "whole": _whole,
    "flag": _flag,
    "month": _month,
    "quarter": _quarter,
    "split": _split,
}


def _check_key(sheet: Sheet) -> None:
    seen: dict[tuple[Cell, ...], int] = {}
    if not sheet.rows:
        sheet.blame(0, "", "has no rows; leave the file out to use the shipped table")
    for line, row in zip(sheet.lines, sheet.rows, strict=True):
        key = tuple(row[name] for name in sheet.schema.key)
        first = seen.setdefault(key, line)
        if first != line:
            name = ", ".join(sheet.schema.key)
            sheet.blame(line, name, f"{' '.join(map(str, key))} stands in line {first} already; keep one")


def _groups(sheet: Sheet, by: str) -> Iterator[tuple[str, list[int]]]:
    """Row numbers per value of column `by` (all rows when empty), in order of first appearance."""
    groups: dict[Cell, list[int]] = {}
    for number, row in enumerate(sheet.rows):
        groups.setdefault(row[by] if by else "", []).append(number)
    return ((f" of {name}" if by else "", rows) for name, rows in groups.items())


def _check_total(sheet: Sheet, rule: Total) -> None:
    for name, rows in _groups(sheet, rule.by):
        weights = [float(sheet.rows[i][rule.weight]) if rule.weight else 1.0 for i in rows]
        values = [float(sheet.rows[i][rule.column]) for i in rows]
        total = sum(w * v for w, v in zip(weights, values, strict=True))
        if abs(total - rule.total) > rule.tolerance:
            times = f" times {rule.weight}" if rule.weight else ""
            what = f"values{name}{times} sum to {total:.6g}; they must sum to {rule.total:g}"
            sheet.blame(sheet.lines[rows[-1]], rule.column, what)


def _check_ordered(sheet: Sheet, rule: Ordered) -> None:
    for line, row in zip(sheet.lines, sheet.rows, strict=True):
        known = [(name, row[name]) for name in rule.columns if row[name] != ""]
        for (left, a), (right, b) in pairwise(known):
            if a > b:  # type: ignore[operator]
                sheet.blame(line, right, f"{b} lies below {left} {a}; it must not")


def _check_rising(sheet: Sheet, rule: Rising) -> None:
    for name, rows in _groups(sheet, rule.by):
        for before, after in pairwise(rows):
            a, b = sheet.rows[before][rule.column], sheet.rows[after][rule.column]
            if not a < b:  # type: ignore[operator]
                sheet.blame(sheet.lines[after], rule.column, f"{b} follows {a}{name}; put the rows in rising order")


def _check_steps(sheet: Sheet, rule: Steps) -> None:
    wanted = list(range(rule.first, rule.last + 1))
    for name, rows in _groups(sheet, rule.by):
        if [sheet.rows[i][rule.column] for i in rows] != wanted:
            what = f"rows{name} must be {rule.first} to {rule.last}, each once and in order"
            sheet.blame(sheet.lines[rows[-1]], rule.column, what)


def _check_rule(sheet: Sheet, rule: Rule) -> None:
    match rule:
        case Total():
            _check_total(sheet, rule)
        case Ordered():
            _check_ordered(sheet, rule)
        case Rising():
            _check_rising(sheet, rule)
        case Steps():
            _check_steps(sheet, rule)


def check_references(sheets: Iterable[tuple[str, Sheet]]) -> list[str]:
    """Problems of cells that name a row of another table which does not exist."""
    by_name = dict(sheets)
    problems: list[str] = []
    for sheet in by_name.values():
        for name, column in sheet.schema.columns.items():
            if column.refers:
                table, _, target = column.refers.partition(".")
                known = [str(row[target]) for row in by_name[table].rows]
                _check_names(sheet, name, known, column.refers)
        problems += sheet.problems
    return problems


def _check_names(sheet: Sheet, name: str, known: list[str], target: str) -> None:
    for line, row in zip(sheet.lines, sheet.rows, strict=True):
        cell = str(row[name])
        codes = parse_split(cell) if sheet.schema.columns[name].kind == "split" else {cell: 1.0} if cell else {}
        for code in codes:
            if code not in known:
                sheet.blame(line, name, did_you_mean(code, known, target))
