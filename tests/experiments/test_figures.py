import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from experiments.figures.charts import FIGURES
from experiments.figures.draw import CELL_HEIGHT, CELL_WIDTH, RESOLUTION, render, render_all
from experiments.figures.model import line
from experiments.figures.palette import DARK, LIGHT
from experiments.figures.scales import linear_axis, log_axis, push_apart, time_ticks, years
from sim.results import ResultSet


@pytest.fixture
def results(make_tables):
    return ResultSet(make_tables(list(range(24))), {"scenario": "toy", "seed": 3, "assumptions": "sampled"})


@pytest.mark.parametrize("key", FIGURES)
def test_every_figure_says_what_it_shows(results, key):
    figure = FIGURES[key](results)
    assert figure.key == key
    assert figure.title
    assert figure.subtitle.endswith(".")
    assert figure.footer.startswith("24 runs · ")
    assert "toy, seed 3, assumptions sampled" in figure.footer
    for drawn in figure.lines:
        assert len(drawn.median) == len(figure.months) == 30
        assert np.isfinite(drawn.median[11:]).all()
    spread = [drawn for drawn in figure.lines if drawn.leads]
    assert not spread if figure.kind == "stack" else 1 <= len(spread) <= 2


def test_figures_show_the_outcomes(results):
    assert FIGURES["hashprice"](results).lines[0].median == results.bands("hashprice")[0.5].tolist()
    small = FIGURES["exits"](results).lines[0]
    assert small.label == "Under 10 MW"
    assert small.band.p90 == results.bands("exits_small_share")[0.9].tolist()
    assert FIGURES["ai-capacity"](results).lines[0].median[-1] == pytest.approx(
        results.bands("ai_contracted")[0.5].iloc[-1] / 1000
    )


def test_revenue_by_source_is_all_ai_revenue(make_tables):
    tables = make_tables([0])
    classes = tables["classes"]
    classes["ai_revenue_usd"], classes["gpu_revenue_usd"] = 3e8, 1e8
    layers = {drawn.label: drawn.median[-1] for drawn in FIGURES["revenue"](ResultSet(tables)).lines}
    assert layers["AI leases"] == pytest.approx(4 * 12 * 0.2)  # four classes, a year, 0.2 bn USD a month
    assert layers["GPU cloud"] == pytest.approx(4 * 12 * 0.1)


def test_halvings_are_told_once_though_they_split_a_month(make_tables):
    tables = make_tables([0], "2028-01", 12)
    subsidy = dict.fromkeys(tables["sector"]["month"], 1.5625) | {"2028-04": 2.3}
    subsidy |= dict.fromkeys(("2028-01", "2028-02", "2028-03"), 3.125)
    tables["sector"]["block_subsidy_btc"] = tables["sector"]["month"].map(subsidy)
    assert FIGURES["hashprice"](ResultSet(tables)).subtitle.endswith("Log scale. Halving in April 2028.")


def test_regions_with_the_largest_load_are_shown(results):
    regions = results.table("regions")
    order = {"ERCOT": 1.0, "PJM": 5.0, "NORDICS": 4.0, "QUEBEC": 3.0, "GULF": 2.0}
    regions["mining_power_mw"] = 1e5 * regions["region"].map(order)
    labels = [drawn.label for drawn in FIGURES["regional-prices"](results).lines]
    assert labels == ["PJM", "Nordics", "Quebec", "Gulf"]


def test_prices_of_long_runs_are_shown_without_their_seasons(results):
    figure = FIGURES["regional-prices"](results)
    first = figure.lines[0]
    assert np.isnan(first.median[:11]).all()
    assert "mean of the last 12 months" in figure.subtitle
    largest = {"Gulf": "GULF", "Quebec": "QUEBEC", "Nordics": "NORDICS"}.get(first.label, first.label)
    monthly = results.series("power_price_usd_per_mwh", "regions", region=largest)
    assert first.median[11] == pytest.approx(monthly.iloc[:, :12].mean(axis=1).median())


def test_few_runs_are_paths_and_one_run_is_a_line(results):
    hashprice = results.outcome("hashprice")
    assert line("x", "money", hashprice, spread=True).band is not None
    few = line("x", "money", hashprice.iloc[:3], spread=True)
    assert few.band is None
    assert len(few.paths) == 3
    assert not line("x", "money", hashprice.iloc[:1], spread=True).leads


def test_footer_tells_how_few_runs_are_drawn(make_tables):
    assert (
        "8 runs · each a pale path, bands from 20 runs" in FIGURES["rent"](ResultSet(make_tables([*range(8)]))).footer
    )
    assert FIGURES["rent"](ResultSet(make_tables([0]), {"scenario": "toy"})).footer == "1 run · toy"


def test_baseline_comes_from_the_leading_line_or_all_layers(results):
    dotted = FIGURES["rent"](results).against(FIGURES["hashprice"](results))
    assert dotted.baseline == (results.bands("hashprice")[0.5].tolist(),)
    stack = FIGURES["strategy"](results)
    assert len(stack.against(stack).baseline) == 4
    assert "dotted: baseline" in stack.against(stack).footer


def test_pictures_of_all_figures(results, tmp_path):
    paths = render_all(results, tmp_path)
    assert {path.name for path in paths} == {"overview.png", *(f"{key}.png" for key in FIGURES)}
    for path in paths[1:]:
        with Image.open(path) as picture:
            assert picture.size == (CELL_WIDTH * RESOLUTION, CELL_HEIGHT * RESOLUTION)
            assert len(picture.convert("P").getcolors()) > 5


def test_picture_with_baseline_shows_its_dots(results, tmp_path):
    figure = FIGURES["rent"](results)
    plain = Image.open(render(figure, tmp_path / "plain.png"))
    dotted = Image.open(render(figure.against(FIGURES["hashprice"](results)), tmp_path / "dotted.png"))
    assert plain.tobytes() != dotted.tobytes()


def test_flat_zero_and_few_months_can_be_drawn(make_tables, tmp_path):
    tables = make_tables([0, 1], "2016-07", 2)
    for column in (
        "listed_in_distress",
        "ai_contracted_mw",
        "ai_gross_mw",
        "mining_power_gw",
        "exits",
        "curtailed_mwh",
    ):
        tables["sector"][column] = 0
    tables["regions"]["reserve_margin"] = -0.05
    assert len(render_all(ResultSet(tables), tmp_path)) == len(FIGURES) + 1


def test_frame_holds_the_numbers_drawn(results):
    frame = FIGURES["cash-and-debt"](results).frame()
    assert list(frame["Debt"]) == ["median", "p10", "p25", "p75", "p90"]
    assert frame.loc["2028-12", ("Cash", "median")] == pytest.approx(results.bands("cash_usd")[0.5].iloc[-1] / 1e9)


def _contrast(a: str, b: str) -> float:
    def light(color: str) -> float:
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(a), light(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_words_can_be_read_and_marks_seen(palette):
    for meaning in palette.marks:
        assert _contrast(palette.words[meaning], palette.page) >= 4.6
        assert _contrast(palette.marks[meaning], palette.page) >= 2.9


@pytest.mark.parametrize(
    ("low", "high", "options", "words"),
    [
        (0, 11.2, {}, ["0", "3", "6", "9", "12"]),
        (0, 0.183, {"percent": True}, ["0 %", "5 %", "10 %", "15 %", "20 %"]),
        (0, 12.1, {}, ["0.0", "2.5", "5.0", "7.5", "10.0", "12.5"]),
        (0, 1900, {}, ["0", "500", "1,000", "1,500", "2,000"]),
        (0, 3, {"whole": True}, ["0", "1", "2", "3"]),
        (0, 0.9, {}, ["0.0", "0.3", "0.6", "0.9"]),
        (0, 8.1, {"tight": True}, ["0", "3", "6"]),
        (0, 0, {}, ["0.00", "0.25", "0.50", "0.75", "1.00"]),
    ],
)
def test_grid_lines_are_few_and_round(low, high, options, words):
    assert linear_axis(low, high, **options).words == words


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_axis_holds_all_values_and_zero(low, width):
    axis = linear_axis(low, low + width)
    assert axis.low <= min(low, 0) + 1e-6
    assert axis.high >= max(low + width, 0) - 1e-6
    assert 3 <= len(axis.ticks) <= 6
    assert axis.place([axis.low, axis.high]).tolist() == [0.0, 1.0]


def test_log_axis_steps_by_one_two_five():
    axis = log_axis(23.0, 96.0)
    assert axis.words == ["20", "50", "100"]
    assert axis.place([20.0, 100.0, 7.0]).tolist() == pytest.approx([0.0, 1.0, 0.0])
    assert log_axis(0.03, 0.3).words == ["0.02", "0.05", "0.1", "0.2", "0.5"]


def test_time_is_read_in_years():
    months = [f"{y}-{m:02d}" for y in range(2026, 2034) for m in range(1, 13)]
    assert [words for _, words in time_ticks(months)] == ["2026", "2028", "2030", "2032"]
    assert [words for _, words in time_ticks(months[6:36])] == ["2027", "2028"]
    assert [words for _, words in time_ticks(months[6:18])] == ["Jul 2026", "Oct 2026", "Jan 2027", "Apr 2027"]
    assert years(["2026-07"])[0] == 2026.5


@given(st.lists(st.floats(0, 200), min_size=1, max_size=8))
def test_labels_keep_their_order_and_distance(places):
    moved = push_apart(places, 0.0, 200.0)
    order = np.argsort(places, kind="stable")
    gaps = np.diff(np.array(moved)[order])
    assert (gaps >= 14.0 - 1e-6).all()
    assert min(moved) >= -1e-6
    assert max(moved) <= 200.0 + 1e-6


def test_labels_that_do_not_touch_stay():
    assert push_apart([10.0, 150.0, 60.0], 0.0, 200.0) == [10.0, 150.0, 60.0]
    assert push_apart([100.0, 100.0], 0.0, 200.0) == [93.0, 107.0]


def test_long_names_of_policies_are_wrapped_not_cut() -> None:
    from experiments.figures import draw_marks
    from experiments.figures.draw import Canvas
    from experiments.figures.marks import Mark, Panel, Row

    label = "carbon_price_usd_per_t 90, mining_ban_regions RUSSIA + CHINA + KAZAKHSTAN + NORDICS"
    panel = Panel("Regret", "", "money", (Row(label, "worst 2", (Mark(1.0),)), Row("none", "", ())), 0.0, 2.0, "")
    canvas = Canvas(1, 1)
    (lines, _), _ = draw_marks._row_lines(canvas, panel)
    assert " ".join(lines) == label
    assert all(canvas.measure(line, "text", 12) <= draw_marks.LABELS for line in lines)
    first, second = draw_marks._heights(canvas, panel)
    assert first - second == draw_marks.LINE * (len(lines) - 1) > 0
