"""Figure definitions become plain ECharts options: data a browser can read, with the marks the design asks for."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import pytest

from experiments.figures import FIGURES, Band, Figure, Line
from experiments.figures.palette import DARK, LIGHT
from sim.results import ResultSet
from viz.charts.axes import SteadyAxes, axis_of
from viz.charts.options import option
from viz.charts.parts import width_of
from viz.screen import against, as_lines, only_baseline

MONTHS = ["2026-05", "2026-06", "2026-07", "2026-08", "2026-09"]
BAND = Band([0, 1, 2, 2, 2], [1, 2, 3, 3, 3], [3, 4, 5, 6, 7], [4, 5, 6, 8, 9])


def figure(**changes: object) -> Figure:
    line = Line("Delivered", "ai", [2.0, 3.0, 4.0, 4.5, 5.0], band=BAND)
    base = Figure("test", "Test", "GW.", "GW", "lines", MONTHS, (line,), 40, "made up")
    return replace(base, **changes)


def named(drawn: dict, name: str) -> list[dict]:
    return [series for series in drawn["series"] if series.get("name") == name]


@pytest.mark.parametrize("key", list(FIGURES))
@pytest.mark.parametrize("runs", [1, 4, 24])
def test_every_figure_becomes_json(make_tables, key, runs):
    results = ResultSet(make_tables(list(range(runs))), {"scenario": "test"})
    made = FIGURES[key](results)
    for shown in (made, made.against(made), only_baseline(made), as_lines(made)):
        for colours in (LIGHT, DARK):
            json.dumps(option(shown, colours), allow_nan=False)


def test_a_median_is_solid_to_today_and_dashed_after_and_both_share_that_point():
    solid, dashed = named(option(figure(), LIGHT), "Delivered")
    assert (solid["lineStyle"]["type"], dashed["lineStyle"]["type"]) == ("solid", [5, 3])
    assert solid["data"][-1][:2] == dashed["data"][0][:2] == ["2026-07-01", 4.0]
    assert solid["lineStyle"]["width"] == 2.25


def test_the_readout_holds_median_and_the_outer_band():
    dashed = named(option(figure(), LIGHT), "Delivered")[1]
    assert dashed["data"][-1] == ["2026-09-01", 5.0, 2.0, 9.0]
    assert dashed["encode"]["tooltip"] == [1, 2, 3]


def test_bands_begin_at_today_without_width_and_are_stacked_on_their_lower_edge():
    bands = [s for s in option(figure(), LIGHT)["series"] if str(s.get("stack", "")).startswith("band")]
    lower, width = bands[:2]
    assert lower["areaStyle"]["opacity"] == 0
    assert width["areaStyle"]["opacity"] == pytest.approx(0.14)
    assert [value for _, value in width["data"]] == [0.0, 6.0, 7.0]
    assert [value for _, value in lower["data"]] == [4.0, 2.0, 2.0]
    assert not any(s["tooltip"]["show"] for s in bands)


def test_the_baseline_is_dotted_without_a_band():
    drawn = option(figure(baseline=([1.0, 1.0, 1.0, 1.0, 1.0],)), LIGHT)
    (dots,) = named(drawn, "Baseline")
    assert dots["lineStyle"] == {"color": LIGHT.marks["baseline"], "width": 1.5, "type": [1.5, 3], "cap": "round"}


def labels(drawn: dict) -> list[dict]:
    return next(s["data"] for s in drawn["series"] if s["type"] == "scatter" and s["label"]["position"] == "right")


def test_labels_stand_apart_and_have_room():
    lines = tuple(Line(f"Line {i}", "ai", [1.0, 1.0, 1.0, 1.0, 1.0 + 0.01 * i]) for i in range(4))
    drawn = option(figure(lines=lines), LIGHT)
    axis, plot = axis_of(figure(lines=lines)), 200 - 18 - 20
    places = sorted(
        (1 - float(axis.place(item["value"][1]))) * plot + item["label"]["offset"][1] for item in labels(drawn)
    )
    assert min(b - a for a, b in pairwise(places)) >= 14 - 1e-6
    assert drawn["grid"]["right"] >= width_of("Line 0")
    assert all(item["label"]["color"] == LIGHT.words["ai"] for item in labels(drawn))


def test_a_stack_has_seams_a_veil_and_the_baseline_as_boundary():
    layers = (Line("BTC only", "btc", [5.0] * 5), Line("AI", "ai", [1.0] * 5))
    stack = figure(kind="stack", lines=layers, baseline=([4.0] * 5, [2.0] * 5))
    drawn = option(stack, DARK)
    areas = [s for s in drawn["series"] if s.get("stack") == "layers"]
    assert [s["areaStyle"]["opacity"] for s in areas] == [0.86, 0.86]
    assert all(s["lineStyle"] == {"width": 1, "color": DARK.page} for s in areas)
    veil = next(s for s in drawn["series"] if s.get("stack") == "veil")
    assert veil["data"][0][0] == "2026-07-01"
    edges = [s for s in drawn["series"] if s.get("lineStyle", {}).get("width") in (4, 1.5)]
    assert [s["data"][0][1] for s in edges] == [4.0, 4.0]  # casing and dots of the one inner boundary
    assert [item["value"][1] for item in labels(drawn)] == [2.5, 5.5]  # the middle of each layer


def test_shares_read_in_per_cent_with_exact_ticks():
    drawn = option(figure(lines=(Line("", "risk", [0.0, 0.1, 0.2, 0.3, 0.6]),), percent=True), LIGHT)
    axis = drawn["yAxis"]
    assert axis["axisLabel"]["formatter"] == "{value} %"
    assert axis["max"] == 60.0
    assert axis["interval"] == 20.0
    assert named(drawn, "Median")[1]["data"][-1][1] == 60.0


def test_a_log_axis_is_labelled_at_1_2_5_steps():
    drawn = option(figure(lines=(Line("", "money", [12.0, 30.0, 60.0, 80.0, 90.0]),), log=True), LIGHT)
    marks = [s["markLine"]["data"] for s in drawn["series"] if "markLine" in s]
    words = [item["label"]["formatter"] for data in marks for item in data if "yAxis" in item]
    assert words == ["10", "20", "50", "100"]


def test_axes_only_widen_until_the_preset_changes():
    axes = SteadyAxes()
    wide = axes.of(figure(lines=(Line("", "ai", [0.0, 1.0, 2.0, 3.0, 9.0]),)), "baseline")
    again = axes.of(figure(lines=(Line("", "ai", [0.0, 1.0, 1.0, 1.0, 1.0]),)), "baseline")
    assert again.high == wide.high
    assert axes.of(figure(lines=(Line("", "ai", [0.0, 1.0, 1.0, 1.0, 1.0]),)), "ai-bust").high < wide.high


def test_another_length_of_time_is_not_compared(make_tables):
    short = FIGURES["hashrate"](ResultSet(make_tables([0, 1], count=12), {}))
    long = FIGURES["hashrate"](ResultSet(make_tables([0, 1], count=24), {}))
    assert against(long, short) is long
    assert against(long, long).baseline
