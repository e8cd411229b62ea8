"""Growth of the engine's time: what is counted per run, and the exponent."""

from __future__ import annotations

import json

import pytest
from PIL import Image

from experiments import bench_scaling
from experiments.figures.draw import RESOLUTION
from experiments.figures.growth import HEIGHT, WIDTH, draw_growth


def test_exponent_of_known_growth():
    rows = [{"axis": "firms", "size": n, "seconds": 3.0 * n**1.5} for n in (1, 10, 100)]
    assert bench_scaling.exponent(rows, "firms") == pytest.approx(1.5)


def test_a_linear_engine_has_exponents_of_one(monkeypatch):
    monkeypatch.setattr(bench_scaling, "seconds", lambda firms, months, runs, repeats: 1e-5 * firms * months * runs)
    told = bench_scaling.scaling(1)
    assert told["exponents"] == pytest.approx({"firms": 1.0, "months": 1.0, "runs": 1.0})
    assert [row["us_per_firm_month"] for row in told["rows"]] == pytest.approx([10.0] * len(told["rows"]))
    firms = [row for row in told["rows"] if row["axis"] == "firms"]
    assert [row["seconds"] for row in firms] == pytest.approx([1e-5 * 12 * row["size"] for row in firms])
    json.dumps(told)


def test_seconds_are_those_of_a_batch():
    assert 0.0 < bench_scaling.seconds(100, 1, 1, 1) < 60.0


def test_growth_is_drawn(monkeypatch, tmp_path):
    monkeypatch.setattr(bench_scaling, "seconds", lambda firms, months, runs, repeats: 1e-5 * firms * months * runs)
    picture = draw_growth(bench_scaling.scaling(1), tmp_path / "scaling.png")
    assert Image.open(picture).size == (RESOLUTION * WIDTH, RESOLUTION * HEIGHT)
