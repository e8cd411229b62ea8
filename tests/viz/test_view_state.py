"""A visitor's view: what the address holds, undo and redo, files."""

from __future__ import annotations

import pytest

from sim.scenario import Scenario, ScenarioError
from viz.files import read_scenario
from viz.state import History, Setting, View, assumptions_of, read_query

CARBON = "policy.carbon_price_usd_per_t"


def test_the_default_view_needs_no_address():
    assert View().query == ""
    assert read_query("") == (View(), [])


@pytest.mark.parametrize(
    "view",
    [
        View(Setting("ai-bust")),
        View(Setting(changes={CARBON: 50.0, "policy.mining_ban_regions": ("RUSSIA", "NYISO")})),
        View(Setting(changes={"policy.regulator": "adaptive", "behaviour.pivot_allowed": False}, name="Mine & more")),
        View(
            Setting("carbon-tax", {"policy.carbon_from": "2028-01"}), modified_baseline=True, options={"log": "exits"}
        ),
        View(pins=(Setting(), Setting("ai-bust"), Setting(changes={CARBON: 12.5, "ai.demand_scale": 2.0}))),
    ],
)
def test_an_address_brings_back_the_same_view(view):
    again, problems = read_query(view.query)
    assert problems == []
    assert again == view


def test_shocks_of_a_loaded_file_fit_into_an_address():
    shock = '[[shocks]]\nkind = "rent"\nstart = "2028-01"\nmonths = 12\nsize = 0.5\n'
    text = shock + '[policy]\ncarbon_from = "2029-01"\n'
    setting = read_scenario("mine.toml", text)
    again, problems = read_query(View(setting).query)
    assert problems == []
    assert again.setting.load().values() == setting.load().values()
    assert len(again.setting.load().shocks) == 1


def test_what_cannot_be_used_is_said_and_the_rest_kept():
    view, problems = read_query(f"scenario=nonsense&{CARBON}=50&policy.carbon_prise=3&ai.demand_scale=99")
    assert view.setting == Setting(changes={CARBON: 50})
    assert len(problems) == 3
    assert any("did you mean" in line for line in problems)
    assert any("between 0 and 10" in line for line in problems)


def test_a_value_as_in_the_scenario_is_no_change():
    setting = Setting("carbon-tax").changed(CARBON, 80.0)
    assert setting.changes == {CARBON: 80.0}
    assert setting.changed(CARBON, 60).changes == {}
    assert setting.without([CARBON]) == Setting("carbon-tax")


def test_only_assumptions_are_shared_with_a_modified_baseline():
    setting = Setting(changes={CARBON: 50.0, "ai.demand_scale": 2.0})
    assert assumptions_of(setting) == {"ai.demand_scale": 2.0}


def test_undo_and_redo_walk_the_same_way_back():
    one, two = View(Setting("ai-bust")), View(Setting("btc-bull"))
    history = History().to(one).to(two)
    assert history.undo().now == one
    assert history.undo().undo().now == View()
    assert history.undo().redo() == history
    assert history.undo().to(View(Setting("no-ai"))).future == ()
    assert History().undo() == History().redo() == History()


def test_a_lever_on_its_way_is_one_step_of_undo():
    history = History()
    for price in (10.0, 20.0, 30.0):
        history = history.to(View(Setting().changed(CARBON, price)))
    history = history.to(View(history.now.setting.changed("ai.demand_scale", 2.0)))
    assert history.undo().now.setting.changes == {CARBON: 30.0}
    assert history.undo().undo().now == View()


def test_a_fifth_pin_pushes_out_the_first():
    names = ("ai-bust", "ai-boom", "btc-bull", "btc-crash", "no-ai")
    view = View()
    for name in names:
        view = view.pin(Setting(name))
    assert [pin.scenario for pin in view.pins] == list(names[1:])
    assert view.unpin(0).pins[0].scenario == "btc-bull"


def test_a_file_with_a_wrong_value_names_the_line():
    text = "title = 'Mine'\n[policy]\n# a comment\ncarbon_price_usd_per_t = 4800\nmining_excise = 3\n"
    with pytest.raises(ScenarioError) as error:
        read_scenario("mine.toml", text)
    told = "\n".join(error.value.messages)
    assert "Line 4: policy.carbon_price_usd_per_t = 4800" in told
    assert "Line 5: policy.mining_excise" in told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("this is not TOML", "no TOML"),
        ('extends = ["/etc/passwd"]', "shipped scenarios"),
        ('extends = ["../mine.toml"]', "shipped scenarios"),
        ('[bitcoin]\nprice_process = "csv"\nprice_path_csv = "/etc/hostname"', "coin prices"),
        ("#" * 300_000, "longer than"),
    ],
)
def test_files_that_are_refused(text, words):
    with pytest.raises(ScenarioError, match=words):
        read_scenario("mine.toml", text)


def test_a_good_file_becomes_changes_to_the_baseline():
    setting = read_scenario("mine.toml", 'title = "Mine"\nextends = ["carbon-tax"]\n[ai]\ndemand_scale = 1.5\n')
    assert setting.name == "Mine"
    assert setting.changes == {CARBON: 60, "policy.carbon_ramp_months": 24, "ai.demand_scale": 1.5}
    assert setting.load().values() == Scenario.load("carbon-tax", {"ai.demand_scale": 1.5}).values()
