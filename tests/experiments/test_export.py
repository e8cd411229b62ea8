"""Exports against the results they come from, and read by the programs they are meant for."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import pandas as pd
import pytest

from experiments import compare, simulate, sweep, sweeps
from experiments.export import column_dictionary, export, to_iamc
from experiments.networks import contract_graph, information_graph
from sim import Scenario
from sim.errors import UserError
from sim.results import ResultSet

SMALL = {"world.firms": 110, "world.sites": 220, "world.entrant_firms": 5}
CARBON = "policy.carbon_price_usd_per_t"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "results"
    small = Scenario.load("baseline", overrides=SMALL)
    simulate(small, seed=5, runs=2, months=14, out=path)
    return path


@pytest.fixture(scope="module")
def results(folder: Path) -> ResultSet:
    return ResultSet.load(folder)


def test_pyam_finds_parents_equal_to_their_children(folder: Path) -> None:
    pyam = pytest.importorskip("pyam")
    (path,) = export(folder, "iamc")
    frame = pyam.IamDataFrame(path)
    assert {"baseline", "baseline|Run 0", "baseline|Run 1"} == set(frame.scenario)
    for parent in ("Revenue", "Firms", "Power", "Capacity|AI Hosting", "Capacity|Grid Connection", "Coins Mined"):
        assert parent in frame.variable
        assert frame.check_aggregate(parent) is None
    for variable in ("Hashrate", "Emissions|CO2", "Power|Mining", "Capacity|AI Hosting"):
        assert frame.check_aggregate_region(variable) is None


def test_iamc_values_are_those_of_the_tables(results: ResultSet) -> None:
    table = to_iamc(results).set_index(["scenario", "region", "variable", "year"])["value"]
    sector = results.table("sector")
    one = sector[(sector["run"] == 1) & sector["month"].str.startswith("2027")]
    assert table["baseline|Run 1", "World", "Revenue|Mining", 2027] == pytest.approx(
        one["mining_revenue_usd"].sum() / 1e6
    )
    assert table["baseline|Run 1", "World", "Firms|BTC", 2027] == one["firms_btc"].iloc[-1]
    assert table["baseline|Run 1", "World", "Price|Hashprice", 2027] == pytest.approx(
        one["hashprice_usd_per_ph_day"].mean()
    )
    # regions and sector are recorded apart; World comes from the regions
    assert table["baseline|Run 1", "World", "Hashrate", 2027] == pytest.approx(one["network_hashrate_ehs"].mean())
    assert table["baseline|Run 1", "World", "Capacity|AI Hosting", 2027] == pytest.approx(
        one["ai_contracted_mw"].iloc[-1]
    )
    both = [table[f"baseline|Run {run}", "World", "Revenue|Mining", 2027] for run in (0, 1)]
    assert table["baseline", "World", "Revenue|Mining", 2027] == pytest.approx(sum(both) / 2)


def test_csv_has_every_filled_table_and_a_dictionary_of_its_columns(folder: Path, results: ResultSet) -> None:
    files = {path.name: path for path in export(folder, "csv")}
    again = pd.read_csv(files["sector.csv"])
    pd.testing.assert_frame_equal(again, results.table("sector"), check_dtype=False)
    known = column_dictionary().set_index(["table", "column"])
    for name, path in files.items():
        if name.endswith(".csv") and name != "columns.csv":
            assert all((path.stem, column) in known.index for column in pd.read_csv(path, nrows=1))
    assert known.loc[("sector", "network_hashrate_ehs"), "unit"] == "EH/s"
    assert Scenario.load(str(files["baseline.toml"])).name == "baseline"


def test_graphml_holds_the_three_networks(folder: Path, results: ResultSet) -> None:
    graphs = {path.stem: nx.read_graphml(path) for path in export(folder, "graphml")}
    assert set(graphs) == {"contracts", "information", "regions"}
    contracts = graphs["contracts"]
    landlords = [node for node, kind in contracts.nodes(data="kind") if kind == "miner"]
    leased = sum(mw for firm, _, mw in contracts.edges(landlords, data="it_mw"))
    last = results.table("sector").query("run == 0")["ai_contracted_mw"].iloc[-1]
    assert leased == pytest.approx(last, rel=1e-6)
    assert {"tenant", "backstop"} <= {kind for _, kind in contracts.nodes(data="kind")}
    # a small world with degree 6: every firm is seen by its ring neighbours
    assert min(dict(graphs["information"].degree).values()) > 0


def test_month_and_run_of_a_network_are_checked(results: ResultSet) -> None:
    early, late = (
        contract_graph(results, 0, month).size("it_mw") for month in (results.months[0], results.months[-1])
    )
    assert 0 < early <= late * 1.5
    with pytest.raises(UserError, match="no month 2050-01"):
        contract_graph(results, 0, "2050-01")
    with pytest.raises(UserError, match="no run 9"):
        information_graph(results, 9)


def test_wrong_formats_and_folders_are_told(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="graphml"):
        export(folder, "graphlm")
    with pytest.raises(UserError, match="no result folder"):
        export(tmp_path, "csv")


# ------------------------------------------------------------------ sweeps and comparisons


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three points of three runs in batches of four: points lie across batches."""
    folder = tmp_path_factory.mktemp("swept")
    (folder / "small.toml").write_text(Scenario.load("baseline", SMALL).to_toml())
    axes = {CARBON: [0, 60, 120], "policy.carbon_from": ["2026-08"]}
    content = {
        "scenario": str(folder / "small.toml"), "method": "factorial", "samples": 3, "runs": 3, "months": 8,
        "axes": axes,
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweeps, "batch_size", lambda runs, workers: 4)
        sweep(content, out=folder / "out")
    return folder / "out"


def test_a_point_of_a_sweep_is_a_scenario(swept: Path) -> None:
    pyam = pytest.importorskip("pyam")
    values, points = export(swept, "iamc")
    frame = pyam.IamDataFrame(values)
    names = [f"small|Point {point}" for point in range(3)]
    assert sorted(frame.scenario) == names
    assert frame.check_aggregate("Revenue") is None
    assert frame.check_aggregate_region("Emissions|CO2") is None
    told = pd.read_csv(points).set_index("scenario")
    assert told[CARBON].to_dict() == dict(zip(names, (0, 60, 120), strict=True))
    taxed = Scenario.load("baseline", SMALL | {CARBON: 60.0, "policy.carbon_from": "2026-08"})
    alone = to_iamc(simulate(taxed, 0, 3, months=8))
    mean = alone[alone["scenario"] == "baseline"].drop(columns="scenario")
    mine = pd.read_csv(values)
    mine = mine[mine["scenario"] == names[1]].drop(columns="scenario")
    keys = ["region", "variable", "year"]
    pd.testing.assert_series_equal(mine.set_index(keys)["value"], mean.set_index(keys)["value"], rtol=1e-9)
    assert told["model"].unique().tolist() == mine["model"].unique().tolist()


@pytest.mark.parametrize(("format", "read"), [("csv", pd.read_csv), ("parquet", pd.read_parquet)])
def test_tables_of_a_sweep_are_whole(swept: Path, tmp_path: Path, format: str, read) -> None:
    from experiments.sweep_result import SweepResult

    files = {path.name: path for path in export(swept, format, tmp_path)}
    assert {f"sector.{format}", f"regions.{format}", "points.csv", "design.toml", "scenario.toml"} <= set(files)
    assert f"firms.{format}" not in files, "a table without rows has no file"
    wanted = SweepResult.load(swept).table("sector")
    found = read(files[f"sector.{format}"]).sort_values(["point", "run"], kind="stable", ignore_index=True)
    pd.testing.assert_frame_equal(found, wanted, check_dtype=False, rtol=1e-12)
    if format == "csv":
        dictionary = read(files["columns.csv"])
        assert set(wanted) == set(dictionary.loc[dictionary["table"] == "sector", "column"])


def test_parquet_keeps_units(folder: Path, results: ResultSet, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    files = {path.stem: path for path in export(folder, "parquet", tmp_path)}
    schema = pq.read_schema(files["sector"])
    assert schema.field("hashprice_usd_per_ph_day").metadata[b"unit"] == b"USD/PH/day"
    assert len(pd.read_parquet(files["firms"])) == len(results.table("firms"))


def test_a_comparison_is_one_table_of_all_its_scenarios(tmp_path: Path) -> None:
    small = Scenario.load("baseline", SMALL)
    other = Scenario.load("carbon-tax", SMALL)
    compare([small, other], runs=1, months=2, out=tmp_path / "both")
    with pytest.raises(UserError, match="not finished"):
        export(tmp_path / "both", "iamc")
    compare([small, other], runs=1, months=2, out=tmp_path / "both").save(tmp_path / "both")
    (path,) = export(tmp_path / "both", "iamc")
    assert set(pd.read_csv(path)["scenario"]) == {"baseline", "baseline|Run 0", "carbon-tax", "carbon-tax|Run 0"}
    assert (tmp_path / "both" / "export" / "carbon-tax" / "sector.csv") in export(tmp_path / "both", "csv")


def test_networks_of_a_sweep_are_refused(swept: Path) -> None:
    with pytest.raises(UserError, match="networks are those of one simulation"):
        export(swept, "graphml")
