"""The compiled tables: sums the facts state, rules of the schema, replacement by a user, repeatable compilation."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import UserError
from sim.tables import TableError, load_tables, split_shares
from sim.tables.check import parse_cell, parse_split
from sim.tables.compile import build_tables, signed_gw
from sim.tables.load import SHIPPED, Table, Tables
from sim.tables.schema import SCHEMAS
from sim.tables.sources.common import add_months, as_cell, rounded

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
TABLES = load_tables()
GROSS_PER_IT = 1.42


def shipped_lines(name: str) -> list[list[str]]:
    with (SHIPPED / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def write_lines(folder: Path, name: str, lines: list[list[str]]) -> None:
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(lines)


def problems_with(folder: Path, name: str, line: int, column: str, cell: str) -> list[str]:
    """What the loader says after one cell of a shipped table is changed; `line` counts from 1 for the header."""
    lines = shipped_lines(name)
    lines[line - 1][lines[0].index(column)] = cell
    write_lines(folder, name, lines)
    with pytest.raises(TableError) as caught:
        load_tables(folder)
    return caught.value.problems


# ---------------------------------------------------------------- what the facts say of themselves


def test_firms_of_2026_keep_the_sums_of_the_facts() -> None:
    firms = TABLES.firms_2026
    assert len(firms) == 27
    assert firms["operating_ehs"].sum() == pytest.approx(377, abs=0.5)
    assert firms["energised_mw"].sum() == pytest.approx(13_000, abs=50)
    assert firms["pipeline_mw"].sum() == pytest.approx(24_600, abs=50)
    assert firms["btc_held"].sum() == pytest.approx(99_000, abs=500)
    assert firms["debt_usd_m"].sum() == pytest.approx(34_000, abs=100)
    hashing_gw = (firms["operating_ehs"] * firms["fleet_j_per_th"]).sum() * 1.05 / 1000
    assert hashing_gw == pytest.approx(7.4, abs=0.05)


def test_firms_of_2024_keep_the_sums_of_the_facts() -> None:
    assert len(TABLES.firms_2024) == 28
    assert TABLES.firms_2024["operating_ehs"].sum() == pytest.approx(263, abs=0.5)


def test_leases_sum_to_the_published_totals_by_year_end() -> None:
    assert signed_gw(TABLES, "2024-12") == pytest.approx(0.5725, abs=1e-9)
    assert signed_gw(TABLES, "2025-12") == pytest.approx(3.2325, abs=1e-9)
    assert signed_gw(TABLES, "2026-06") == pytest.approx(4.7255, abs=1e-9)


def test_delivered_megawatts_sum_by_firm_to_the_facts() -> None:
    leases = TABLES.leases
    delivered = leases["delivered_it_mw_2026_06"]
    assert delivered.sum() == pytest.approx(730, abs=5)
    by_firm = {ticker: delivered[leases["ticker"] == ticker].sum() for ticker in ("CORZ", "GLXY", "APLD", "WULF")}
    assert by_firm == {"CORZ": 350, "GLXY": 66, "APLD": 175, "WULF": 80}


def test_core_scientific_delivers_its_leases_in_order_of_signing() -> None:
    own = TABLES.leases["ticker"] == "CORZ"
    assert TABLES.leases["delivered_it_mw_2026_06"][own].tolist() == [200, 150, 0]
    assert set(TABLES.leases["funding"][own]) == {"tenant"}


def test_rents_weighted_by_megawatts_are_those_of_the_signed_leases() -> None:
    leases = TABLES.leases
    halls = leases["product"] != "gpu_cloud"
    rent, it_mw = leases["rent_usd_m_per_mw_year"][halls], leases["it_mw"][halls]
    assert (rent * it_mw).sum() / it_mw.sum() == pytest.approx(1.77, abs=0.01)


def test_deliveries_are_dated_as_far_as_they_went() -> None:
    leases = TABLES.leases
    started = leases["first_delivery"] <= "2026-06"
    complete = leases["full_delivery"] <= "2026-06"
    delivered, it_mw = leases["delivered_it_mw_2026_06"], leases["it_mw"]
    assert (delivered[~started] == 0).all()
    assert (delivered[complete] == it_mw[complete]).all()
    assert (complete[delivered == it_mw]).all()


@pytest.mark.parametrize(("year", "mean"), [(2026, 20.0), (2024, 25.0), (2016, 520.0)])
def test_unnamed_fleets_have_the_efficiency_they_aim_at(year: int, mean: float) -> None:
    rigs = TABLES.rigs
    assert (rigs[f"fleet_share_{year}"] * rigs["j_per_th"]).sum() == pytest.approx(mean, rel=0.01)
    unborn = rigs["release"] > f"{year}-12"
    assert (rigs[f"fleet_share_{year}"][unborn] == 0).all()


def test_rigs_only_get_better() -> None:
    assert (np.diff(TABLES.rigs["j_per_th"]) < 0).all()


def test_named_firms_fit_into_their_regions() -> None:
    """What named firms hash in a region leaves something for everybody else."""
    regions = TABLES.regions
    for firms, network, year in ((TABLES.firms_2026, 905.0, 2026), (TABLES.firms_2024, 780.0, 2024)):
        split = split_shares(firms["region_split"], regions["code"].tolist())
        named = (firms["operating_ehs"][:, None] * split).sum(axis=0)
        assert (named <= regions[f"hashrate_share_{year}"] * network + 0.05).all()


@pytest.mark.parametrize("name", ["firms_2026", "firms_2024"])
def test_own_connections_carry_what_draws_on_them(name: str) -> None:
    """Own hashing, hosted rigs of others and AI fit a firm's own sites, up to the rounding of the facts."""
    firms: Table = getattr(TABLES, name)
    load = firms["operating_ehs"] * firms["fleet_j_per_th"] * 1.05 * (1.0 - firms["hosted_share"])
    load += firms["hosts_mw"] + firms["ai_uncontracted_gpu_it_mw"] * GROSS_PER_IT
    if name == "firms_2026":
        leases, row = TABLES.leases, firms.index("ticker")
        gross = leases["delivered_it_mw_2026_06"] * leases["gross_mw"] / leases["it_mw"]
        np.add.at(load, [row[ticker] for ticker in leases["ticker"].tolist()], gross)
    assert (load <= firms["own_site_mw"] + 1.0).all()


def test_price_shapes_get_wilder_from_tariff_to_ercot() -> None:
    table = TABLES.price_duration
    tops = {shape: table["ratio"][table["shape"] == shape][-1] for shape in ("tariff", "hydro", "market", "ercot")}
    assert list(tops.values()) == sorted(tops.values())
    assert table["ratio"][(table["shape"] == "ercot")][0] < 0  # West hub prices go below zero


def test_flags_of_regions_follow_the_rules_in_force_at_mid_2026() -> None:
    rules = TABLES.regulation
    stopped = (rules["kind"] == "no_new_mining") & (rules["status"] == "in_force") & (rules["start"] <= "2026-06")
    closed = TABLES.regions["code"][~TABLES.regions["new_mining_allowed"]]
    assert set(rules["region"][stopped]) == set(closed)


def test_ethiopian_tariff_is_one_price_at_any_time() -> None:
    rules = TABLES.regulation
    own = (rules["region"] == "ETHIOPIA") & (rules["kind"] == "mining_tariff_usd_per_mwh")
    assert rules["value"][own].tolist() == [31.4, 40.8, 50.6, 64.8]
    ends = [month for month in rules["end"][own].tolist() if month]
    assert [add_months(month, 1) for month in ends] == rules["start"][own].tolist()[1:]


def test_history_holds_no_network_data_after_2021() -> None:
    history = TABLES.btc_history
    late = history["month"] > "2021-12"
    for column in ("hashrate_ehs", "difficulty", "power_gw"):
        assert np.isnan(history[column][late]).all()
        assert not np.isnan(history[column][~late]).any()
    assert history["month"][[0, -1]].tolist() == ["2012-01", "2026-06"]
    assert not np.isnan(history["price_usd"]).any()
    assert not np.isnan(history["fees_btc"]).any()


def test_history_is_rounded_to_three_digits_of_the_source() -> None:
    row = TABLES.btc_history.index("month")["2021-12"]
    assert TABLES.btc_history["price_usd"][row] == 49_400  # 49356.95
    assert TABLES.btc_history["hashrate_ehs"][row] == 173  # 173.20742


def test_missing_capital_spending_is_the_mean_of_its_neighbours() -> None:
    capex = TABLES.hyperscaler_capex
    row = capex.index("quarter")["2025Q4"]
    assert capex["usd_bn"][row] == pytest.approx(39.503 + 27.851 + (19.394 + 30.88) / 2, abs=0.05)
    assert capex["basis"][row] == "estimated"


def test_what_was_never_checked_is_called_assumed() -> None:
    for name in ("leases", "regulation", "costs"):
        table: Table = getattr(TABLES, name)
        assert not any("memory" in source for source in table["source"].tolist())
        unverified = table["source"] == "unverified"
        assert set(table["basis"][unverified]) <= {"assumed"}
        assert set(table["confidence"][unverified]) <= {"low"}


def test_registry_defaults_lie_within_the_facts() -> None:
    from sim.scenario import Scenario

    scenario = Scenario.load("baseline")
    costs = TABLES.costs
    outside = []
    for key, low, high in zip(costs["registry_key"], costs["low"], costs["high"], strict=True):
        if key:
            block, name = str(key).split(".")
            default = getattr(getattr(scenario, block), name)
            if not low <= default <= high:
                outside.append(f"{key} = {default}, facts say {low:g} to {high:g}")
    assert not outside


def test_the_data_page_names_every_table_with_its_rows() -> None:
    page = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    for name in SCHEMAS:
        table: Table = getattr(TABLES, name)
        assert f"| `{name}` | {len(table)} |" in page


# ---------------------------------------------------------------- the loader


def test_columns_have_their_types_and_are_read_only() -> None:
    assert TABLES.firms_2026["listed"].dtype == np.bool_
    assert TABLES.regions["wait_months"].dtype == np.int64
    assert TABLES.leases["it_mw"].dtype == np.float64
    with pytest.raises(ValueError, match="read-only"):
        TABLES.regions["carbon_kg_per_mwh"][0] = 0.0


def test_index_finds_the_row_of_a_key() -> None:
    row = TABLES.firms_2026.index("ticker")["RIOT"]
    assert TABLES.firms_2026["firm"][row] == "Riot Platforms"


def test_split_shares_follow_the_order_of_the_codes() -> None:
    shares = split_shares(["A:0.25;C:0.75", "B:1"], ["A", "B", "C"])
    assert shares.tolist() == [[0.25, 0.0, 0.75], [0.0, 1.0, 0.0]]


def test_one_table_of_a_folder_replaces_the_shipped_one(tmp_path: Path) -> None:
    lines = shipped_lines("regions")
    column = lines[0].index("carbon_kg_per_mwh")
    lines[1][column] = "123"
    write_lines(tmp_path, "regions", lines)
    own: Tables = load_tables(tmp_path)
    assert own.regions["carbon_kg_per_mwh"][0] == 123
    assert own.regions["carbon_kg_per_mwh"][1:].tolist() == TABLES.regions["carbon_kg_per_mwh"][1:].tolist()
    assert own.leases["it_mw"].tolist() == TABLES.leases["it_mw"].tolist()
    assert own.digest != TABLES.digest


def test_columns_of_a_users_table_may_stand_in_any_order(tmp_path: Path) -> None:
    write_lines(tmp_path, "rigs", [line[::-1] for line in shipped_lines("rigs")])
    assert load_tables(tmp_path).rigs["j_per_th"].tolist() == TABLES.rigs["j_per_th"].tolist()


NUMERIC = [
    (name, column)
    for name, schema in SCHEMAS.items()
    for column, facts in schema.columns.items()
    if facts.kind in ("number", "whole", "flag", "month", "quarter", "split")
]


@pytest.mark.parametrize(("name", "column"), NUMERIC)
def test_text_in_any_other_column_is_named_with_its_line(tmp_path: Path, name: str, column: str) -> None:
    (problem,) = problems_with(tmp_path, name, 3, column, "many")
    assert f"{name}.csv, line 3, column {column}: 'many'" in problem


@pytest.mark.parametrize(
    ("name", "line", "column", "cell", "said"),
    [
        ("firms_2026", 5, "operating_ehs", "-1", "-1 lies below the least possible, 0 (EH/s)"),
        ("firms_2026", 5, "operating_ehs", "", "is empty; give a number (EH/s)"),
        ("firms_2026", 5, "cash_usd_m", "nan", "'nan' is not a finite number"),
        ("firms_2026", 5, "listed", "yes", "'yes' is neither 0 (no) nor 1 (yes)"),
        ("firms_2026", 5, "main_region", "ERCOTT", "Unknown regions.code 'ERCOTT': did you mean ERCOT"),
        ("firms_2026", 5, "region_split", "ERCOT:0.9;MISO:0.2", "shares sum to 1.1"),
        ("firms_2026", 5, "region_split", "ERCOT", "'ERCOT' does not fit"),
        ("firms_2026", 5, "ticker", "MARA", "MARA stands in line 2 already"),
        ("regions", 2, "ai_suitability", "1.2", "1.2 lies above the most possible, 1"),
        ("leases", 4, "signed", "2025-13", "'2025-13' is not a month"),
        ("leases", 2, "full_delivery", "2025-11", "2025-11 lies below first_delivery 2025-12"),
        ("leases", 2, "product", "colocaton", "Unknown value 'colocaton': did you mean colocation?"),
        ("leases", 2, "tenant", "NOBODY", "Unknown tenants.tenant 'NOBODY'"),
        ("regions", 2, "wait_months", "30.5", "'30.5' is not a whole number"),
        ("btc_history", 9, "month", "2012-06", "2012-06 stands in line 7 already"),
        ("btc_history", 8, "month", "2013-12", "2012-08 follows 2013-12; put the rows in rising order"),
        ("seasons", 4, "calendar_month", "7", "ercot 7 stands in line 4 already"),
    ],
)
def test_a_wrong_cell_is_explained(tmp_path: Path, name: str, line: int, column: str, cell: str, said: str) -> None:
    assert said in "\n".join(problems_with(tmp_path, name, line, column, cell))


def test_shares_that_do_not_sum_to_one_are_refused(tmp_path: Path) -> None:
    (problem,) = problems_with(tmp_path, "regions", 2, "hashrate_share_2026", "0.2")
    assert "column hashrate_share_2026: values sum to 1.0172; they must sum to 1" in problem


def test_a_duration_curve_must_keep_its_mean(tmp_path: Path) -> None:
    (problem,) = problems_with(tmp_path, "price_duration", 17, "ratio", "40")
    assert "line 17, column ratio: values of ercot times weight sum to 1.03" in problem


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    lines = shipped_lines("rigs")
    lines[1][lines[0].index("j_per_th")] = "good"
    lines[3] = lines[3][:-1]
    write_lines(tmp_path, "rigs", lines)
    problems = problems_with(tmp_path, "seasons", 5, "factor", "high")
    assert len(problems) == 3
    assert any("rigs.csv, line 2, column j_per_th" in problem for problem in problems)
    assert any("rigs.csv, line 4: has 9 cells, the header 10" in problem for problem in problems)
    assert any("seasons.csv, line 5, column factor" in problem for problem in problems)


def test_missing_and_unknown_columns_are_named(tmp_path: Path) -> None:
    lines = shipped_lines("seasons")
    lines[0][lines[0].index("factor")] = "factr"
    write_lines(tmp_path, "seasons", lines)
    with pytest.raises(TableError, match=r"(?s)lacks the column\(s\) factor;.*'factr': did you mean factor\?"):
        load_tables(tmp_path)


def test_a_region_that_vanishes_is_missed_by_the_shipped_tables(tmp_path: Path) -> None:
    lines = shipped_lines("regions")
    name, share = lines[0].index("code"), lines[0].index("hashrate_share_2026")
    lines[2][name] = "ELSEWHERE"
    assert lines[2][share] == "0.034"
    write_lines(tmp_path, "regions", lines)
    with pytest.raises(TableError, match=r"shipped firms_2026\.csv, line 2, column region_split: Unknown"):
        load_tables(tmp_path)


def test_wrong_folders_and_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not a folder"):
        load_tables(tmp_path / "nowhere")
    with pytest.raises(TableError, match="holds no table"):
        load_tables(tmp_path)
    write_lines(tmp_path, "regoins", shipped_lines("regions"))
    with pytest.raises(TableError, match="'regoins': did you mean regions"):
        load_tables(tmp_path)


def test_unreadable_text_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "rigs.csv").write_bytes(b"generation\xff\xfe")
    with pytest.raises(TableError, match=r"rigs\.csv: cannot be read .* save it as UTF-8"):
        load_tables(tmp_path)
    (tmp_path / "rigs.csv").write_text("\n".join(["a,b", '"open']), encoding="utf-8")
    with pytest.raises(TableError, match="lacks the column"):
        load_tables(tmp_path)


def test_every_column_of_a_share_or_number_says_its_unit() -> None:
    for name, schema in SCHEMAS.items():
        for column, facts in schema.columns.items():
            assert facts.unit or facts.kind != "number", f"{name}.{column}"


# ---------------------------------------------------------------- the compile step


@given(st.floats(1e-6, 1e15))
def test_cells_keep_the_rounded_value_and_have_no_exponent(value: float) -> None:
    kept = rounded(value)
    cell = as_cell(kept)
    assert "e" not in cell
    assert float(cell) == pytest.approx(kept, rel=1e-5, abs=1e-12)
    assert kept == pytest.approx(value, rel=5e-4)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=8))
def test_any_positive_split_is_read_back(parts: list[int]) -> None:
    shares = {f"R{i}": part / sum(parts) for i, part in enumerate(parts)}
    assert parse_split(";".join(f"{code}:{share!r}" for code, share in shares.items())) == shares


def test_months_are_added_across_years() -> None:
    assert add_months("2025-11", 14) == "2027-01"
    assert add_months("2026-12", 0) == "2026-12"


def test_empty_optional_numbers_are_nan() -> None:
    assert np.isnan(parse_cell(SCHEMAS["btc_history"].columns["power_gw"], ""))


@pytest.mark.skipif(not SHARED.is_dir(), reason="the fact and data folders are not next to the project")
def test_compiling_again_gives_the_shipped_bytes() -> None:
    texts = build_tables(SHARED / "facts", SHARED / "data")
    assert sorted(texts) == sorted(SCHEMAS)
    for name, text in texts.items():
        assert (SHIPPED / f"{name}.csv").read_bytes() == text.encode(), f"{name}: run python -m sim.tables.compile"
