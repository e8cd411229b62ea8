"""A firm over several runs, its rigs by generation, and tables taken away as CSV."""

from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd
import pytest

from experiments.figures.model import RUNS_FOR_BANDS
from experiments.figures.palette import LIGHT
from experiments.wording import DASH, MINUS
from sim.results import ResultSet
from sim.runs import simulate
from sim.scenario import Scenario
from viz import downloads, firm_runs, fleet
from viz.charts.options import option
from viz.service import SENT
from viz.worker import _cut

WORLD = {"world.firms": 110, "world.sites": 220, "world.months": 32}
RUNS = 3


@pytest.fixture(scope="module")
def listed() -> ResultSet:
    """A few runs as a worker sends them."""
    found = simulate(Scenario.load("baseline", WORLD), runs=RUNS, firms="listed")
    return ResultSet(_cut(found.tables, SENT["listed"]), found.meta)


@pytest.fixture(scope="module")
def one() -> ResultSet:
    return simulate(Scenario.load("baseline", WORLD | {"world.months": 14}), runs=1, firms="first")


@pytest.fixture(scope="module")
def gone(listed) -> str:
    """A firm that is liquidated in some run."""
    events = listed.table("events")
    names = set(listed.table("firms")["firm"])
    ends = events[(events["kind"] == "exit") & (events["detail"] == "liquidation") & events["firm"].isin(names)]
    return str(ends["firm"].value_counts().index[0])


def test_only_what_is_shown_comes_from_the_worker(listed):
    assert set(listed.tables) == {"sector", "firms", "events"}
    assert tuple(listed.table("firms").columns) == firm_runs.COLUMNS
    assert set(listed.table("firms")["run"]) == set(range(RUNS))


def test_the_dates_are_the_end_of_2028_and_the_last_month(listed):
    months = listed.months
    assert months[-1] == "2029-02"
    assert firm_runs.dates(months) == ["2028-12", "2029-02"]
    assert firm_runs.dates(months[:10]) == [months[9]]
    assert firm_runs.dates(months[:30]) == ["2028-12"]
    assert len(firm_runs.fate_columns(months)) == 3
    assert len(firm_runs.book_columns(months)) == 5


def test_fates_count_runs(listed, gone):
    rows = {row["id"]: row["cells"] for row in firm_runs.fates(listed, gone, listed.months)}
    own = listed.table("firms")[lambda table: table["firm"] == gone]
    last = own[own["month"] == listed.months[-1]]
    closed = int((~last["alive"]).sum())
    assert closed > 0
    assert rows["Closed or liquidated"][2]["words"] == f"{closed} of {RUNS}"
    assert rows["Closed or liquidated"][2]["value"] == pytest.approx(closed / RUNS)
    exits = listed.table("events").query("kind == 'exit' and detail == 'liquidation' and firm == @gone")
    shaken = {*own.loc[own["in_distress"], "run"], *exits["run"]}  # whoever is liquidated was in distress
    assert rows["Ever in distress"][2]["value"] == pytest.approx(len(shaken) / RUNS)
    kinds = sum(rows[f"{name} then"][2]["value"] for name in ("AI", "Hybrid", "BTC"))
    assert kinds + rows["Closed or liquidated"][2]["value"] == pytest.approx(1.0)
    assert all(row["cells"][1]["words"] == DASH for row in firm_runs.fates(None, gone, listed.months))


def test_books_are_those_of_the_runs_in_which_it_exists(listed, gone):
    when = listed.months[-1]
    rows = {row["id"]: row["cells"] for row in firm_runs.books(listed, gone, listed.months)}
    own = listed.table("firms")[lambda table: (table["firm"] == gone) & table["alive"] & (table["month"] == when)]
    if len(own):
        assert rows["Cash, M USD"][3]["value"] == pytest.approx(own["cash_usd"].median() / 1e6)
    else:
        assert rows["Cash, M USD"][3]["words"] == DASH
    count = f"in {len(own)} of {RUNS} at the end of February 2029"
    assert count in firm_runs.still_there(listed, gone, listed.months)


def test_ebitda_is_that_of_a_year(listed):
    firm = "Riot Platforms"
    own = listed.table("firms")[lambda table: table["firm"] == firm]
    year = own[own["month"] > "2028-02"].groupby("run")["ebitda_usd"].sum() / 1e6
    cells = next(row["cells"] for row in firm_runs.books(listed, firm, listed.months) if "EBITDA" in row["id"])
    assert cells[3]["value"] == pytest.approx(year.median())


def test_paths_become_bands_and_json(listed, gone):
    figure = firm_runs.figure(listed, gone)
    assert all(len(line.paths) == RUNS for line in figure.lines)
    json.dumps(option(figure, LIGHT), allow_nan=False)
    table = listed.table("firms")
    many = pd.concat([table[table["run"] == 0].assign(run=k) for k in range(RUNS_FOR_BANDS)])
    sector = listed.table("sector")
    runs = pd.concat([sector[sector["run"] == 0].assign(run=k) for k in range(RUNS_FOR_BANDS)])
    more = ResultSet({**listed.tables, "firms": many, "sector": runs}, listed.meta)
    banded = firm_runs.figure(more, "Riot Platforms")
    assert all(line.band is not None for line in banded.lines)
    json.dumps(option(banded, LIGHT), allow_nan=False)


def test_rigs_of_a_month_are_those_of_the_table(one):
    firm, when = "Riot Platforms", one.months[6]
    bars = fleet.bars(one, firm, when)
    own = fleet.of(one, firm)
    now = own[(own["month"] == when) & (own["installed_mw"] >= fleet.LEAST_MW)]
    assert len(bars) == len(now)
    assert max(bar["width"] for bar in bars) == 100.0
    assert all(0 <= bar["part"] <= bar["width"] for bar in bars)
    releases = [bar["name"][-4:] for bar in bars]
    assert releases == sorted(releases, reverse=True)
    json.dumps(bars, allow_nan=False)
    figure = fleet.figure(one, firm)
    assert figure is not None
    assert len(figure.lines) <= len(fleet.SHADES)
    total = np.sum([line.median for line in figure.lines], axis=0)
    np.testing.assert_allclose(total, own.groupby("month")["installed_mw"].sum(), rtol=1e-9)
    json.dumps(option(figure, LIGHT), allow_nan=False)
    taken = pd.read_csv(io.BytesIO(fleet.csv(one, firm)))
    assert len(taken) == len(own)
    assert fleet.figure(one, "nobody") is None
    assert fleet.bars(one, "nobody", when) == []


def test_a_table_is_taken_away_as_it_is_shown():
    columns = [{"name": "Firm", "left": True}, {"name": "Cash", "unit": "M USD"}, {"name": "Share"}]
    rows = [
        {
            "id": "a",
            "cells": [{"words": "Alpha", "under": "of 10 MW"}, {"words": "1,234"}, {"words": "3 of 4", "value": 0.7}],
        },
        {"id": "b", "cells": [{"words": "Beta"}, {"words": f"{MINUS}5.5"}, {"words": DASH}]},
        {"id": "c", "cells": [{"words": "Gamma"}, {"words": "not yet"}, {"words": "1"}]},
    ]  # fmt: skip
    told = downloads.sheet(columns, rows, ["b", "a", "gone"], "Cash, run 0").decode().splitlines()
    assert told == [
        "# Cash, run 0", "Firm,Cash (M USD),Share,note", "Beta,-5.5,,", "Alpha,1234.0,0.7,of 10 MW",
    ]  # fmt: skip
    plain = downloads.sheet(columns, rows, ["c"]).decode().splitlines()
    assert plain == ["Firm,Cash (M USD),Share", "Gamma,not yet,1.0"]
    framed = downloads.frame(pd.DataFrame({"x": [1]}), "What it is").decode()
    assert framed == "# What it is\nx\n1\n"


def test_a_line_without_a_value_stays_a_gap(listed, gone):
    """A firm that is gone has no cash, and none of its paths goes on at zero."""
    figure = firm_runs.figure(listed, gone)
    cash = np.array(figure.lines[0].paths)
    own = listed.table("firms")[lambda table: table["firm"] == gone]
    alive = own.pivot(index="run", columns="month", values="alive")
    assert (np.isfinite(cash) == alive.to_numpy().astype(bool)).all()
