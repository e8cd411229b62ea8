"""The policy atlas: which scenarios are policies, what the page says, and that it is made in one go."""

from __future__ import annotations

import re

import pandas as pd

from experiments import atlas
from experiments.figures.atlas import atlas_chart
from experiments.figures.paired import in_words
from experiments.pages import MADE, source_hash
from experiments.wording import MINUS
from sim.scenario import Scenario


def test_policies_move_a_lever_and_have_no_shock():
    found = atlas.policies()
    assert {"carbon-tax", "mining-ban", "mining-excise"} <= set(found)
    assert not {"baseline", "base", "history", "btc-crash", "ai-bust"} & set(found)


def test_page_and_picture(fake_engine, tmp_path, monkeypatch):
    chosen = {name: Scenario.load(name) for name in ("carbon-tax", "mining-ban")}
    monkeypatch.setattr(atlas, "policies", lambda: chosen)
    atlas.main(["--docs", str(tmp_path), "--runs", "3", "--months", "4"])
    page = (tmp_path / "policy-atlas.md").read_text()
    assert MADE.findall(page) == [source_hash()]
    for name, scenario in chosen.items():
        assert f"## {name}\n" in page
        assert f"(#{name})" in page
        assert scenario.summary in page
    assert "`policy.carbon_price_usd_per_t` 0.0 → 60.0" in page
    assert page.count("| Emissions, Mt CO₂ |") == 1 + len(chosen)  # the head of the overview, a row of each policy
    assert "no change" in page
    assert "in 1 minute;" in page
    assert re.search(r"Of the \d+ effects that differ from run to run about \d+ would leave out zero by chance", page)
    assert (tmp_path / "images" / "policy-atlas.png").stat().st_size > 10_000


def test_words_of_an_effect():
    row = {"unit": "Mt CO2", "effect": -8.94, "ci_low": -9.84, "ci_high": -8.05, "clear": True}
    assert in_words(row) == f"{MINUS}8.94 ({MINUS}9.84 to {MINUS}8.05)"
    assert in_words(row | {"ci_high": 1.2, "clear": False}) == f"no clear change ({MINUS}9.84 to +1.20)"
    assert in_words(row | {"effect": 0.0, "ci_low": 0.0, "ci_high": 0.0, "clear": False}) == "no change"
    share = {"unit": "share", "effect": 0.1, "ci_low": 0.08, "ci_high": 0.12}
    assert in_words(row | share) == "+10.0 (+8.0 to +12.0)"


def test_chart_has_a_cell_for_each_policy_and_outcome(fake_engine):
    from experiments.comparison import compare

    found = compare(["baseline", "carbon-tax"], 3, months=4, plugins=(fake_engine,))
    chart = atlas_chart(found, {"carbon-tax": "Carbon price"}, atlas.OUTCOMES)
    assert chart.rows == ("Carbon price",)
    assert [len(column.cells) for column in chart.columns] == [1] * len(atlas.OUTCOMES)


def test_a_small_clear_effect_does_not_read_zero_beside_a_large_one(fake_engine):
    from experiments.comparison import compare

    found = compare(["baseline", "carbon-tax", "mining-ban"], 3, months=4, plugins=(fake_engine,))
    large, small = {"effect": -16.2, "clear": True}, {"effect": -0.0462, "clear": True}
    for scenario, change in (("carbon-tax", large), ("mining-ban", small)):
        place = (found.table["scenario"] == scenario) & (found.table["outcome"] == "emissions")
        for name, value in change.items():
            found.table.loc[place, name] = pd.Series(value, index=found.table.index[place])
    chart = atlas_chart(found, {"carbon-tax": "A", "mining-ban": "B"}, ["emissions"])
    assert [cell.words for cell in chart.columns[0].cells] == [f"{MINUS}16", f"{MINUS}0.046"]
