"""The measured figures of docs/limitations.md: all of them are measured, and by the definitions the page gives."""

from __future__ import annotations

import numpy as np
import pytest

from experiments import limitations_page as page
from experiments import simulate
from sim.tables import load_tables


def test_every_figure_of_the_page_is_measured_and_none_is_open() -> None:
    marked = page.MARKED.findall(page.PAGE.read_text(encoding="utf-8"))
    measured = page.measure(1, 1, months=2)
    assert {key for key, _ in marked} <= set(measured)
    assert all(value and value != "?" for _, value in marked)
    assert "†" not in page.PAGE.read_text(encoding="utf-8")


def test_renewed_changes_the_marked_figures_only() -> None:
    text = "Of <!--a-->1<!---->, <!--b_c-->2 %<!----> and 3."
    assert page.renewed(text, {"a": "7", "b_c": "8 %"}) == "Of <!--a-->7<!---->, <!--b_c-->8 %<!----> and 3."
    with pytest.raises(KeyError):
        page.renewed(text, {"a": "7"})


def test_start_by_hand() -> None:
    results = simulate("baseline", 0, 1, months=1, assumptions="fixed")
    firms = results.table("firms").set_index("firm")["hashrate_ehs"]
    real = sum(firms[name] for name in load_tables().firms_2026["firm"])
    found = page.of_start(results)
    assert found["named_share"] == f"{100 * real / firms.sum():.0f} %"
    table = load_tables().regions
    rows = [table.index("code")[code] for code in results.table("regions")["region"]]
    carbon = np.average(table["carbon_kg_per_mwh"][rows], weights=results.table("regions")["mining_power_mw"])
    assert found["carbon_start"] == found["carbon_end"] == f"{carbon:.0f}"
