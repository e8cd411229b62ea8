"""Files from visitors: checked, told with their line, and nothing on the server but their text is read."""

from __future__ import annotations

import io

import pandas as pd
import pytest

from sim.results import ResultSet
from sim.runs import simulate
from sim.scenario import Scenario
from sim.tables import TableError
from sim.tables.load import SHIPPED
from viz import downloads
from viz.files import FIRMS, MOST_LETTERS, read_firms
from viz.orders import Snapshot
from viz.state import Setting

TEXT = (SHIPPED / FIRMS).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def results() -> ResultSet:
    world = {"world.firms": 110, "world.sites": 220, "world.months": 8}
    return simulate(Scenario.load(overrides=world), 0, 2, firms="none")


def test_a_good_table_of_firms_is_taken():
    own = read_firms("mine.csv", TEXT)
    assert own.firms == len(TEXT.strip().splitlines()) - 1
    assert [path.name for path in own.folder.iterdir()] == [FIRMS]
    assert read_firms("same.csv", TEXT).folder == own.folder


def test_a_wrong_table_is_told_with_its_lines_and_no_path_of_the_server():
    lines = TEXT.splitlines()
    wrong = "\n".join([lines[0], lines[1].replace(",54.3,", ",-54.3,", 1), lines[2].replace(",1,", ",maybe,", 1)])
    with pytest.raises(TableError) as error:
        read_firms("mine.csv", wrong)
    assert any(problem.startswith("mine.csv, line 2, column operating_ehs") for problem in error.value.problems)
    assert any(problem.startswith("mine.csv, line 3, column listed") for problem in error.value.problems)
    assert "/tmp" not in str(error.value)


def test_too_large_a_table_is_refused():
    with pytest.raises(TableError, match="longer than 200,000 letters"):
        read_firms("mine.csv", "x" * (MOST_LETTERS + 1))


def test_the_iamc_download_holds_runs_and_their_mean(results):
    offered = {key: make for key, _, make in downloads.offers(Setting(), Scenario.load(), Snapshot(results, 2, 2))}
    name, content, _ = offered["iamc"]()
    assert name == "hashpivot-baseline-iamc.csv"
    frame = pd.read_csv(io.BytesIO(content))
    assert set(frame["scenario"]) == {"baseline", "baseline|Run 0", "baseline|Run 1"}
    rows = frame[(frame["variable"] == "Price|Hashprice") & (frame["region"] == "World")]
    by = rows.set_index("scenario").iloc[:, -1].groupby(level=0).mean()
    assert by["baseline"] == pytest.approx((by["baseline|Run 0"] + by["baseline|Run 1"]) / 2)


def test_what_workers_send_back_is_enough_for_the_iamc_download(results):
    from viz.worker import _columns_of_regions

    cut = {name: results.tables[name] for name in ("sector", "classes")}
    cut["regions"] = results.table("regions")[_columns_of_regions()]
    pd.testing.assert_frame_equal(
        downloads.to_iamc(ResultSet(cut, results.meta)), downloads.to_iamc(results), check_dtype=False
    )


def test_the_manifest_names_a_loaded_table_of_firms(results):
    offered = downloads.offers(Setting(), Scenario.load(), Snapshot(results, 2, 2), "mine.csv, ab12")
    assert b'"firms": "mine.csv, ab12"' in offered[-1][2]()[1]
