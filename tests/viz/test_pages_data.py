"""What the pages of firms, networks, regions, stress, calculator and stories show, without Solara."""

from __future__ import annotations

import json
import math
from itertools import pairwise

import pandas as pd
import pytest

from experiments.calculator import SiteInputs, calculate
from experiments.figures import FIGURES
from experiments.figures.palette import DARK, LIGHT
from experiments.shocks import DEFINITIONS, SHOCKS
from experiments.stress import StressResult, stress
from experiments.wording import DASH
from sim.results import ResultSet
from sim.runs import simulate
from sim.scenario import Scenario
from viz import firms, network, regions, reviews, sites, stories, stresses
from viz.charts.marks import mark_month
from viz.charts.options import option
from viz.pages.about import source_rows
from viz.walk import figures as walk_figures
from viz.walk import look

WORLD = {"world.firms": 90, "world.sites": 180, "world.months": 14}


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario.load("baseline", WORLD)


@pytest.fixture(scope="module")
def results(scenario) -> ResultSet:
    return simulate(scenario, runs=1, firms="first")


@pytest.fixture(scope="module")
def firm(results) -> str:
    """The firm with most leases."""
    held = results.table("contracts").groupby("firm")["it_mw"].sum()
    return str(held.idxmax())


def test_the_table_of_firms_counts_what_the_run_counts(results):
    when = results.months[-1]
    rows = firms.table(results, when)
    alive = [row for row in rows if "alive" in row["groups"]]
    sector = results.table("sector").set_index("month").loc[when]
    assert len(alive) == sector["firms_active"]
    assert sum("HYBRID" in row["groups"] for row in rows) == sector["firms_hybrid"]
    assert all(len(row["cells"]) == len(firms.COLUMNS) for row in rows)
    assert len({row["id"] for row in rows}) == len(rows)
    json.dumps(rows, allow_nan=False)


def test_a_balance_sheet_balances(results, firm):
    rows = firms.balance(results, firm, results.months[-1])
    totals = [row["cells"][1]["words"] for row in rows if row["cells"][0]["words"] == "Total"]
    assert len(totals) == 2
    assert totals[0] == totals[1]


def test_a_firm_is_told_in_words_figures_and_peers(results, firm):
    when = results.months[-1]
    told = firms.sentence(results, firm, when)
    assert "leases" in told
    assert "tenant" in told
    strategy, words = firms.since(results, firm, when)
    assert strategy in firms.MEANING
    assert words.startswith(firms.STRATEGY[strategy])
    assert next(fact["name"] for fact in firms.facts(results, firm, when)) == "Connected"
    leased = sum(lease["it_mw"] for lease in firms.leases(results, firm, when).to_dict("records"))
    row = firms.one(results, firm, when)
    assert leased == pytest.approx(row["ai_contracted_mw"], rel=1e-6)
    count, peers = firms.peers(results, firm, when)
    assert count >= 3
    assert all(0 <= peer["at"] <= 100 and peer["p10"] <= peer["p25"] <= peer["p75"] <= peer["p90"] for peer in peers)
    share, facts = firms.coverage("Riot Platforms") or (0.0, [])
    assert 0 < share < 1
    assert {basis for _, _, basis in facts} <= set(firms.BASIS.values())
    assert firms.coverage("Private miner 001") is None


def test_figures_of_a_firm_become_json_with_the_month_marked(results, firm):
    when = results.months[5]
    for figure in firms.figures(results, firm):
        for colours in (LIGHT, DARK):
            drawn = mark_month(option(figure, colours), figure.months, when, colours)
            json.dumps(drawn, allow_nan=False)
            assert drawn["series"][-1]["markLine"]["data"][0]["xAxis"] == f"{when}-01"
    assert mark_month({"series": []}, results.months, results.months[-1], LIGHT) == {"series": []}


def test_reviews_are_newest_first_and_mark_the_chosen_month(results, firm):
    every = reviews.of_firm(results, firm, "all")
    decided, held = reviews.of_firm(results, firm, ""), reviews.of_firm(results, firm, "held")
    assert len(every) == len(decided) + len(held) > 0
    assert every["month"].is_monotonic_decreasing
    month = str(every["month"].iloc[0])
    shown = reviews.records(every, month, 3)
    assert len(shown) <= 3
    assert shown[0]["chosen"]
    assert shown[0]["text"].rstrip().endswith(".")
    for record in reviews.records(every, "", 40):
        assert sum(bar["chosen"] for bar in record["bars"]) in (0, 1)
        assert all(0 <= bar["left"] <= 100 and bar["left"] + bar["width"] <= 100.2 for bar in record["bars"])
        json.dumps(record, allow_nan=False)


def test_places_in_the_contract_network_stay_through_the_months(results):
    first, last = (network.contracts(results, results.months[k], "") for k in (0, -1))
    places = [{node["id"]: (node["x"], node["y"]) for node in drawn["nodes"]} for drawn in (first, last)]
    assert places[0] == places[1]
    json.dumps(last, allow_nan=False)
    for kind, apart in (("m", 0.0), ("t", network.LABEL - 4), ("b", network.LABEL - 4)):  # labels of these lie above
        own = sorted((node for node in last["nodes"] if node["kind"] == kind), key=lambda node: node["y"])
        gaps = [low["y"] - low["r"] - (high["y"] + high["r"]) for high, low in pairwise(own)]
        assert min(gaps, default=99.0) >= apart, kind


def test_a_selection_dims_what_it_does_not_touch(results):
    when = results.months[-1]
    held = network.in_force(results, when)
    tenant = str(held.groupby("tenant")["it_mw"].sum().idxmax())
    node = f"t:{tenant}"
    drawn = network.contracts(results, when, node)
    dim = {item["id"]: item["dim"] for item in drawn["nodes"]}
    assert not dim[node]
    landlords = set(held.loc[held["tenant"] == tenant, "firm"])
    shown = {item["name"] for item in drawn["nodes"] if item["kind"] == "m" and not item["dim"]}
    assert shown <= landlords | {network.REST["m"]}
    title, words, facts = network.about(results, when, node)
    assert title[1:] == tenant[1:]
    assert "leases from" in words
    assert facts[0]["unit"] == "MW IT"
    assert len(network.lease_rows(results, when, node)) == len(landlords)
    assert "." in network.default_told(results, when, node)
    pairs = dict(network.concentration(results, when))
    assert 0 < float(pairs["HHI of leased MW, by tenant"]) <= 1


def test_links_of_the_information_network_are_those_of_the_sector(results, scenario):
    links = network.observed(scenario)
    when = results.months[-1]
    top = network.most_observed(results, links, when)
    name = str(top[0]["id"])
    firms_then = results.table("firms")
    alive = set(firms_then.loc[(firms_then["month"] == when) & firms_then["alive"], "firm"])
    observers, observed = network.around(results, links, when, name)
    assert set(observers) == {firm for firm in alive if name in links[firm]}
    assert set(observed) == alive & set(links[name])
    assert int(top[0]["cells"][1]["words"]) == len(observers)
    assert len(network.linked(links)) == sum(map(len, links.values()))
    drawn = network.information(results, links, when, name)
    ids = {node["id"] for node in drawn["nodes"]}
    assert f"c:{name}" in ids
    assert len(drawn["edges"]) == len(ids) - 1
    json.dumps(drawn, allow_nan=False)


@pytest.mark.parametrize("measure", list(regions.MEASURES))
def test_every_region_has_a_tile_of_its_own(results, measure):
    tiles = regions.tiles(results, results.months[-1], measure)
    assert len(tiles) == len({(tile["column"], tile["row"]) for tile in tiles}) == len(regions.PLACES)
    assert all(0 <= tile["step"] <= 5 for tile in tiles)
    json.dumps(option(regions.course(results, "ERCOT", measure), LIGHT), allow_nan=False)
    rows = regions.rows(results, results.months[-1], "ERCOT")
    assert [row["id"] for row in rows if row["chosen"]] == ["ERCOT"]


def test_the_heat_map_prints_the_probabilities_it_shades(scenario):
    date = stresses.usual_date(scenario)
    assert date in stresses.dates(scenario)
    follow = min(4, stresses.followed(scenario, date))
    result = stress(scenario, ["coin-crash"], date=date, runs=2, follow=follow)
    columns, rows = stresses.heat(result, listed=True)
    assert columns == ["Coin crash"]
    table = result.firms.set_index("firm")
    for row in rows:
        if row["open"]:
            chance = float(table.at[row["open"], "probability"])
            assert row["cells"][0]["words"] == f"{100 * chance:.0f} %"
            assert row["cells"][0]["step"] == sum(chance >= step for step in stresses.STEPS)
            possible = {0.0: f"0{DASH}66 %", 0.5: f"9{DASH}91 %", 1.0: f"34{DASH}100 %"}[chance]  # Wilson's of two
            assert f"leave {possible} possible" in row["cells"][0]["told"]
    assert [row["id"] for row in stresses.sector(result)] == ["none", "coin-crash"]
    course = stresses.course(result)
    assert [line.label for line in course.lines] == ["Coin crash", "No shock"]
    failed = result.sector.set_index("shock")["firms_failed"]
    assert course.lines[0].median[-1] == pytest.approx(failed["coin-crash"])
    assert course.lines[1].median[-1] == pytest.approx(failed["none"])
    json.dumps(option(course, LIGHT), allow_nan=False)


def test_what_strikes_is_told_at_its_severity():
    rows = {row["id"]: [cell["words"] for cell in row["cells"]] for row in stresses.struck(["coin-crash"], 2.0)}
    assert rows == {"coin-crash-0": ["Coin crash", "Coin price", "25 %", "2", "36"]}
    assert stresses.size_told("credit_spread", 0.06, 1.5) == "+9.0 points"
    assert stresses.size_told("tenant_default", 0.25, 2.0) == "44 % of them"
    assert len(stresses.struck(list(SHOCKS), 1.0)) == sum(len(shock.parts) for shock in DEFINITIONS.values())
    assert {part.kind for shock in DEFINITIONS.values() for part in shock.parts} <= set(stresses.MOVED)
    assert stresses.first_told("medium BTC firms (+13 points)") == f"BTC firms of 10{DASH}100 MW (+13 points)"
    assert stresses.first_told("") == "no group"


def test_a_reverse_test_says_how_severe_a_shock_must_be_or_that_none_is():
    reverse = pd.DataFrame({
        "shock": ["coin-crash", "power-spike", "credit-freeze"], "until": 0.1,
        "severity": [1.5, math.nan, 0.0], "failed_hashrate_share": [0.11, 0.04, 0.2],
    })  # fmt: skip
    none = pd.DataFrame()
    result = StressResult("baseline", "2027-07", 1.0, 4, 0, 12, none, none, none, reverse)
    rows = [[cell["words"] for cell in row["cells"]] for row in stresses.reverse(result)]
    assert rows == [
        ["Coin crash", "1.5", "Coin price 35 %"],
        ["Power spike", "above 4", "At severity 4, 4 % of the hashrate fails."],
        ["Credit freeze", "none", "As much fails without it."],
    ]


def test_a_site_of_an_address_is_what_is_calculated():
    site = sites.inputs({"site-mw": "80", "site-region": "PJM", "site-rent_usd_m_per_mw_year": "?", "firm": "x"})
    assert site == SiteInputs(mw=80.0, region="PJM")
    assert sites.inputs({"site-capex_limit_usd": "12"}).capex_limit_usd == 12e6
    plain, found = calculate(SiteInputs(region="PJM")), calculate(site)
    rows = {row["key"]: row for row in sites.rows(site, plain.site, found.site)}
    assert rows["mw"]["changed"]
    assert rows["region"]["changed"]
    assert not rows["power_price_usd_per_mwh"]["changed"]
    assert rows["capex_limit_usd"]["blank"] == "none"
    assert len(sites.workloads(found)) == len(found.workloads)
    assert len(sites.headline(found)) == 4
    assert sites.mixes(found)[0]["strong"]
    table = sites.sensitivity_table(found, "hashprice_usd_per_ph_day")
    assert len(table["rows"]) == 5
    assert table["rows"][2][0] == f"{found.site['hashprice_usd_per_ph_day']:.1f}"
    best = float(found.workloads.set_index("name").at["Colocation", "margin_usd_per_mw_year"]) / 1e6
    assert table["rows"][2][table["columns"].index("Colocation")] == f"{best:.2f}"
    for field in ("hashprice_usd_per_ph_day", "power_price_usd_per_mwh", "rent_usd_m_per_mw_year"):
        drawn = sites.sensitivity(found, field, DARK)
        json.dumps(drawn, allow_nan=False)
        assert len(drawn["series"]) == 3


def test_stories_can_be_told_from_any_runs(results):
    assert len(stories.STORIES) == 5
    for story in stories.STORIES:
        assert story.found(results, results if story.compare else None) is not None
        if story.scenario != stories.CALCULATED:
            assert story.scenario in Scenario.names()
            for figure in stories.drawn(story, results, results if story.compare else None):
                json.dumps(option(figure, LIGHT), allow_nan=False)
    names, per_mw, per_dollar, meanings, told = stories.rent_facts(calculate(SiteInputs()))
    assert per_mw[2] > per_mw[0], told  # what the story's title says
    assert per_dollar[2] < per_dollar[0], told
    json.dumps(stories.bars(names, per_mw, meanings, LIGHT), allow_nan=False)


def test_a_cut_figure_keeps_its_lines_and_months_in_step(results):
    figure = FIGURES["hashprice"](results)
    part = stories.cut(figure, results.months[3], results.months[8])
    assert part.months == results.months[3:9]
    assert all(len(line.median) == 6 for line in part.lines)
    assert stories.cut(figure, "2099-01", "") == figure


def test_a_stepped_model_shows_its_agents_and_collected_data():
    from sim.model import SectorModel

    model = SectorModel(Scenario.load("baseline", {**WORLD, "world.months": 4}), run=0)
    before = look(model)
    assert before.steps == 0
    assert "miner" in before.kinds
    assert walk_figures(before) == []
    model.step()
    model.step()
    after = look(model)
    assert (after.steps, after.horizon) == (2, 4)
    assert len(after.data) == 2
    assert len(after.rows) > 5
    counted = walk_figures(after)[0]
    assert sum(line.median[-1] for line in counted.lines) == after.data["firms_active"].iloc[-1]


def test_sources_are_counted_from_the_tables():
    rows = {str(row["id"]): row for row in source_rows()}
    assert rows["rigs"]["cells"][1]["words"] == "13"  # type: ignore[index]
