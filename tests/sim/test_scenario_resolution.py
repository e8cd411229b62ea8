"""From files to values: precedence, shocks, errors, round trip and hash."""

import copy
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sim.errors import UserError
from sim.scenario import Scenario, ScenarioError, Shock, catalogue, parse_set, validate

CARBON = "policy.carbon_price_usd_per_t"
SHOCK = '[[shocks]]\nkind = "{kind}"\nstart = "2027-01"\nmonths = 6\nsize = {size}\n'


@pytest.fixture
def write(tmp_path: Path):
    def file(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return file


def messages(*args, **kwargs) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        Scenario.load(*args, **kwargs)
    return caught.value.messages


def test_order_defaults_fragments_own_keys_overrides(write):
    write("first.toml", "[policy]\ncarbon_price_usd_per_t = 10\nexcise_ramp_months = 1\nadaptive_strength = 1.5\n")
    write("second.toml", "[policy]\ncarbon_price_usd_per_t = 20\nexcise_ramp_months = 2\n")
    own = write("own.toml", 'extends = ["first.toml", "second.toml"]\n[policy]\ncarbon_price_usd_per_t = 30\n')
    policy = Scenario.load(own).policy
    assert policy.carbon_price_usd_per_t == 30  # own key
    assert policy.excise_ramp_months == 2  # the later fragment
    assert policy.adaptive_strength == 1.5  # only the earlier one sets it
    assert policy.carbon_ramp_months == 12  # default
    assert Scenario.load(own, {CARBON: 40}).policy.carbon_price_usd_per_t == 40


def test_common_ancestor_is_applied_once(write):
    write("ground.toml", "[power]\nprice_scale = 2.0\n" + SHOCK.format(kind="fees", size=3))
    write("left.toml", 'extends = ["ground.toml"]\n[power]\nprice_scale = 3.0\n')
    write("right.toml", 'extends = ["ground.toml"]\n[ai]\nmatch_share = 0.3\n')
    scenario = Scenario.load(write("own.toml", 'extends = ["left.toml", "right.toml"]\n'))
    assert scenario.power.price_scale == 3.0
    assert len(scenario.shocks) == 1


def test_shocks_of_files_add_up_and_an_override_replaces_them(write):
    write("one.toml", SHOCK.format(kind="rent", size=0.5))
    own = write("own.toml", 'extends = ["one.toml"]\n' + SHOCK.format(kind="fees", size=2))
    assert [(shock.kind, shock.size) for shock in Scenario.load(own).shocks] == [("rent", 0.5), ("fees", 2.0)]
    replaced = Scenario.load(own, {"shocks": [{"kind": "ltc", "start": "2028-01", "months": 2, "size": 0.8}]})
    assert replaced.shocks == (Shock(kind="ltc", start="2028-01", months=2, size=0.8),)


def test_library_names_work_in_extends_from_any_folder(write):
    scenario = Scenario.load(write("own.toml", 'extends = ["carbon-tax", "btc-crash"]\n'))
    assert scenario.policy.carbon_price_usd_per_t == 60
    assert [shock.kind for shock in scenario.shocks] == ["coin_price"]


def test_explicit_keys(write):
    assert Scenario.load("baseline").explicit == ()
    assert Scenario.load("demand-response-off").explicit == ("power.demand_response_scale", "power.resale_share")
    own = write("own.toml", "[ai]\nmatch_share = 0.45\n")  # equal to the default, yet set on purpose
    assert Scenario.load(own, {"power.availability": 0.9}).explicit == ("ai.match_share", "power.availability")


def test_every_problem_at_once_with_key_value_bounds_and_file(write):
    own = write(
        "own.toml",
        '[policy]\ncarbon_price_usd_per_t = -5\ncarbon_prize = 3\nmining_ban_regions = ["RUSIA"]\n'
        'carbon_from = "2027-13"\n'
        '[ai]\ndemand_path = "hihg"\nrent_elasticity = "high"\n[world]\nmonths = 3.5\n[polcy]\na = 1\n'
        '[[shocks]]\nkind = "rent"\nstart = "2027-01"\nmonths = 3\nsize = -1\n[[shocks]]\nkinds = "rent"\n',
    )
    found = "\n".join(messages(own, {"power.availability": float("nan")}))
    for line in (
        "policy.carbon_prize: unknown key; did you mean policy.carbon_price_usd_per_t? [own.toml]",
        "polcy: unknown block; did you mean policy? [own.toml]",
        "policy.carbon_price_usd_per_t = -5: must lie between 0 and 2000 (USD/t) [own.toml]",
        'policy.carbon_from = "2027-13": must be a month such as 2027-01 [own.toml]',
        'ai.demand_path = "hihg": must be one of low, base, high, capex; did you mean high? [own.toml]',
        'ai.rent_elasticity = "high": must be a number [own.toml]',
        "world.months = 3.5: must be a whole number [own.toml]",
        "shocks[0]: size of a rent shock must lie between 0 and 20, not -1 [own.toml]",
        "shocks[1].kind: is missing [own.toml]",
        'shocks[1].kinds = "rent": unknown key; did you mean kind? [own.toml]',
        "power.availability = nan: must be a finite number [override]",
    ):
        assert line in found
    assert 'policy.mining_ban_regions[0] = "RUSIA"' in found
    assert "did you mean RUSSIA?" in found
    assert set(messages(own)) == set(validate(own))


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ({"policy.existing_rules": 1}, "policy.existing_rules = 1: must be true or false [override]"),
        ({"world.months": True}, "world.months = true: must be a whole number [override]"),
        ({"power.price_scale": True}, "power.price_scale = true: must be a number [override]"),
        ({"policy.mining_ban_regions": "RUSSIA"}, "must be a list such as"),
        ({"world.entrant_firms": 500}, "world.entrant_firms = 500: must be fewer than world.firms = 500"),
        ({"world.sites": 100}, "world.sites = 100: must be at least world.firms = 500"),
        ({"world.firms": 90, "behaviour.network_degree": 90}, "must be fewer than world.firms"),
        ({"bitcoin.price_process": "csv"}, "bitcoin.price_path_csv: is missing"),
        ({"shocks": 3}, "shocks: must be a list of tables"),
        (
            {"shocks": [{"kind": "rent", "start": "2027-13", "months": 0, "size": 1}]},
            'shocks[0].start = "2027-13": must be a month such as 2027-01 [override]\n'
            "shocks[0].months = 0: must be greater than or equal to 1 [override]",
        ),
        ({"shocks": [3]}, "shocks[0] = 3: must be a table of keys [override]"),
        (
            {"shocks": [{"kind": "rent", "start": "2027-01", "months": 3, "size": 1, "ramp_months": 3}]},
            "shocks[0]: ramp_months must be less than months",
        ),
        (
            {"shocks": [{"kind": "rent", "start": "2027-01", "months": 3, "size": 1, "regions": ["PJM"]}]},
            "shocks[0]: regions apply to power_price only",
        ),
    ],
)
def test_bad_values(override, problem):
    assert problem in "\n".join(messages("baseline", override))


def test_missing_file_names_the_nearest_scenario():
    assert messages("carbon-tex") == ["carbon-tex: no such scenario and no such file; did you mean carbon-tax?"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[policy\n", "cannot be read"),
        ('extends = "baseline"\n', "extends: must be a list of names"),
        ("title = 3\n", "title: must be text"),
        ("policy = 3\n", "policy: must be a table of keys, written [policy]"),
        ('explicit = ["ai.nothing_like_it"]\n', "explicit: ai.nothing_like_it: unknown key"),
        ('extends = ["own.toml"]\n', "extends goes in a circle: own -> own"),
    ],
)
def test_malformed_files(write, text, problem):
    assert problem in "\n".join(messages(write("own.toml", text)))


def test_bytes_that_are_not_text(tmp_path):
    path = tmp_path / "own.toml"
    path.write_bytes(b"title = '\xff'")
    assert "own.toml: cannot be read" in messages(path)[0]


def test_error_is_a_user_error_and_survives_pickling():
    error = ScenarioError(["a: wrong", "b: wrong"])
    assert isinstance(error, UserError)
    assert pickle.loads(pickle.dumps(error)).messages == ["a: wrong", "b: wrong"]
    assert str(error) == "a: wrong\nb: wrong"


@pytest.mark.parametrize("name", Scenario.names())
def test_round_trip_of_every_library_scenario(write, name):
    scenario = Scenario.load(name)
    for sources in (False, True):
        again = Scenario.load(write("again.toml", scenario.to_toml(sources=sources)))
        assert again.model_copy(update={"name": name}) == scenario
        assert again.content_hash() == scenario.content_hash()


def test_round_trip_of_awkward_text(write):
    odd = 'a "b" \\ c\nd\té\x7f'
    scenario = Scenario.load("baseline", {"bitcoin.price_path_csv": odd, "power.price_scale": 1e-05 + 0.1})
    again = Scenario.load(write("baseline.toml", scenario.to_toml()))
    assert again == scenario
    assert again.bitcoin.price_path_csv == odd


def test_to_toml_shows_unit_and_source():
    text = Scenario.load("carbon-tax").to_toml(sources=True)
    assert "carbon_price_usd_per_t = 60.0  # USD/t" in text
    assert "# lever; source: " in text


def test_hash_follows_content_only(write):
    base = Scenario.load("baseline")
    assert base.content_hash() == Scenario.load("base").content_hash()
    assert base.content_hash() == Scenario.load(write("x.toml", 'title = "other words"\n')).content_hash()
    assert (
        Scenario.load("baseline", {CARBON: 60}).content_hash()
        == Scenario.load("baseline", {CARBON: 60.0}).content_hash()
    )
    # A lever set to its default changes nothing; an assumption held at its default is no longer drawn.
    assert Scenario.load("baseline", {CARBON: 0}).content_hash() == base.content_hash()
    assert Scenario.load("baseline", {"ai.match_share": 0.45}).content_hash() != base.content_hash()
    assert Scenario.load("btc-crash").content_hash() != base.content_hash()


def test_hash_is_the_same_in_another_process():
    code = "from sim.scenario import Scenario; print(Scenario.load('ai-bust').content_hash())"
    root = Path(__file__).parents[2]
    other = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert other.stdout.strip() == Scenario.load("ai-bust").content_hash()


def test_changed():
    assert Scenario.load("baseline").changed() == []
    changes = Scenario.load("carbon-tax").changed()
    assert changes == [(CARBON, 0.0, 60.0), ("policy.carbon_ramp_months", 12, 24)]
    assert Scenario.load("baseline").changed(against="carbon-tax")[0] == (CARBON, 60.0, 0.0)
    ((key, before, after),) = Scenario.load("btc-crash").changed()
    assert (key, before, after[0]["size"]) == ("shocks", (), 0.5)


def test_with_overrides_equals_loading_with_them():
    start = Scenario.load("ai-bust")
    assert start.with_overrides({CARBON: np.float64(60)}) == Scenario.load("ai-bust", {CARBON: 60})
    with pytest.raises(ScenarioError, match="must lie between"):
        start.with_overrides({CARBON: -1})


def test_frozen_copied_pickled_and_shown():
    scenario = Scenario.load("carbon-tax")
    with pytest.raises(ValueError, match="frozen"):
        scenario.policy.carbon_price_usd_per_t = 5
    assert pickle.loads(pickle.dumps(scenario)) == copy.deepcopy(scenario) == scenario
    assert repr(scenario).startswith("<Scenario carbon-tax: policy.carbon_price_usd_per_t=60.0")
    assert repr(Scenario.load()) == "<Scenario baseline: as baseline>"


def test_library_is_documented_dated_and_different_from_the_baseline():
    entries = catalogue()
    assert [entry.name for entry in entries] == Scenario.names()
    assert [entry.name for entry in entries][:2] == ["base", "baseline"]
    page = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")
    for entry in entries:
        assert entry.title
        assert entry.summary.endswith(".")
        assert "20" in entry.summary + entry.why  # a year
        assert f"`{entry.name}`" in page
        changes = Scenario.load(entry.name).changed()
        assert bool(changes) == (entry.name not in ("base", "baseline"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("policy.carbon_price_usd_per_t=60", (CARBON, 60)),
        ("ai.demand_path = high", ("ai.demand_path", "high")),
        ('ai.demand_path="high"', ("ai.demand_path", "high")),
        ("world.start=2024-12", ("world.start", "2024-12")),
        ("policy.existing_rules=false", ("policy.existing_rules", False)),
        ('policy.mining_ban_regions=["RUSSIA"]', ("policy.mining_ban_regions", ["RUSSIA"])),
        ("policy.mining_ban_regions=RUSSIA, CHINA", ("policy.mining_ban_regions", ["RUSSIA", "CHINA"])),
        ("bitcoin.price_path_csv=a=b.csv", ("bitcoin.price_path_csv", "a=b.csv")),
        (
            'shocks=[{kind="fees", start="2027-01", months=1, size=2}]',
            ("shocks", [{"kind": "fees", "start": "2027-01", "months": 1, "size": 2}]),
        ),
    ],
)
def test_parse_set(text, expected):
    assert parse_set(text) == expected
    Scenario.load("baseline", dict([parse_set(text)]))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("policy.carbon_price_usd_per_t", "must be written key=value"),
        ("policy.carbon_price_usd_per_t=", "must be written key=value"),
        ("policy.carbon_price_usd_per_t=sixty", "is not a TOML value"),
        ("world.months=3\nworld.firms=2", "is not a TOML value"),
        ("policy.carbon_prize=60", "did you mean policy.carbon_price_usd_per_t?"),
        ("extends=base", "belongs into a file"),
    ],
)
def test_parse_set_refuses(text, problem):
    with pytest.raises(ScenarioError, match=problem):
        parse_set(text)
