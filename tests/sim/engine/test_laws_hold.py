"""The laws hold in every month: shipped scenarios, every lever at its bounds, and all sorts of extremes at once."""

import random
from typing import Any, get_args

import numpy as np
import pytest

from sim.arrays import sum_by
from sim.scenario import FieldInfo, Scenario, fields
from sim.scenario.declare import Region

ALL_REGIONS = get_args(Region)
LEVERS = [lever for lever in fields() if lever.role == "lever" and lever.numeric]
NOW = {
    "policy.carbon_from": "2026-08", "policy.excise_from": "2026-08", "policy.mining_ban_from": "2026-08",
    "policy.mining_ban_regions": ("ERCOT", "RUSSIA"),
}  # fmt: skip
AT_ONCE = {"policy.carbon_ramp_months": 0, "policy.excise_ramp_months": 0, "policy.mining_ban_ramp_months": 0}
# what a lever needs beside it to bite within the test's months
ON_TOP: dict[str, dict[str, Any]] = {
    "policy.carbon_ramp_months": {"policy.carbon_price_usd_per_t": 200.0},
    "policy.excise_ramp_months": {"policy.mining_excise_usd_per_mwh": 50.0},
    "policy.adaptive_strength": {"policy.regulator": "adaptive"},
}


def bounds(lever: FieldInfo) -> list[Any]:
    """Both bounds of a lever, as its kind."""
    values = (lever.low, lever.high)
    return [int(value) if lever.kind == "int" else float(value) for value in values if value is not None]


@pytest.mark.parametrize("name", Scenario.names())
def test_shipped_scenarios(make, name: str) -> None:
    own = Scenario.load(name)
    # a past has prices for its own months only
    months = min(48, int(own.world.months)) if own.bitcoin.price_process == "history" else 48
    make(name, {"world.check_laws": True, "world.months": months}, months=months, runs=range(3), mode="sampled")


@pytest.mark.parametrize("name", ["baseline", "btc-crash", "ai-boom"])
def test_default_size(make, name: str) -> None:
    make(name, {"world.check_laws": True}, months=24, runs=(0, 1), mode="sampled", small=False)


@pytest.mark.parametrize("key", [lever.key for lever in LEVERS])
def test_levers_at_their_bounds(make, key: str) -> None:
    lever = next(lever for lever in LEVERS if lever.key == key)
    for value in bounds(lever):
        ramps = {k: v for k, v in AT_ONCE.items() if k != key}
        make("baseline", {**NOW, **ramps, **ON_TOP.get(key, {}), key: value, "world.check_laws": True}, months=12)


def one_shock(kind: str, size: float, start: str = "2026-10") -> dict[str, Any]:
    return {"shocks": [{"kind": kind, "size": size, "start": start, "months": 6}]}


BAN = {"policy.mining_ban_regions": ALL_REGIONS, "policy.mining_ban_compliance": 1.0, **AT_ONCE}
CRASH, BOOM = one_shock("coin_price", 0.01), one_shock("coin_price", 20.0)
EXTREMES: dict[str, dict[str, Any]] = {
    "carbon at 2000 USD/t in a crash": {**NOW, **AT_ONCE, "policy.carbon_price_usd_per_t": 2000.0, **CRASH},
    "coin price to a hundredth": CRASH,
    "coin price to a hundredth at the start": one_shock("coin_price", 0.01, "2026-07"),
    "coin price times twenty": BOOM,
    "coin price times twenty at the start": one_shock("coin_price", 20.0, "2026-07"),
    "ban everywhere": {**BAN, "policy.mining_ban_from": "2026-09"},
    "ban everywhere from the start": {**BAN, "policy.mining_ban_from": "2026-07"},
    "free power for a while": one_shock("power_price", 0.0),
    "power twenty times as dear": {"power.price_scale": 20.0},
    "power twenty times as dear in a crash": {"power.price_scale": 20.0, **CRASH},
    "tax and duty at their highest": {
        **NOW, **AT_ONCE, "policy.large_load_duty_usd_per_mw_year": 2e7, "policy.mining_excise_usd_per_mwh": 1000.0,
    },
    "no project loans": {"finance.ltc_scale": 0.0},
    "rents of nothing": one_shock("rent", 0.0),
    "no patience, no reserves": {"finance.arrears_months": 1, "finance.target_cash_months": 0.0},
    "weak tenants fail": one_shock("tenant_default", 1.0),
    "no AI demand": one_shock("ai_demand", 0.0),
    "AI demand times twenty": one_shock("ai_demand", 20.0),
}  # fmt: skip


@pytest.mark.parametrize("name", EXTREMES)
def test_extremes(make, name: str) -> None:
    sector = make("baseline", {**EXTREMES[name], "world.check_laws": True}, months=24)
    for values in vars(sector.now).values():
        assert np.isfinite(values).all()


@pytest.mark.parametrize("kind", ["rent", "ltc", "equity_multiple", "gpu_rent", "ai_demand", "fees", "power_price"])
@pytest.mark.parametrize("size", [0.0, 20.0])
def test_factor_shocks_from_the_first_month(make, kind: str, size: float) -> None:
    make("baseline", {**one_shock(kind, size, "2026-07"), "world.check_laws": True}, months=9)


SHOCKS = {
    "rent": (0.0, 20.0), "ltc": (0.0, 20.0), "equity_multiple": (0.0, 20.0), "gpu_rent": (0.0, 20.0),
    "ai_demand": (0.0, 20.0), "fees": (0.0, 20.0), "power_price": (0.0, 20.0), "coin_price": (0.01, 20.0),
    "tenant_default": (0.3, 1.0), "credit_spread": (-0.05, 0.5), "outside_capacity": (0.0, 20.0),
}  # fmt: skip
RULES = ("npv", "payback", "real_options", "imitation", "random")


def anything(seed: int) -> dict[str, Any]:
    """Random levers at bounds or default, random shocks at random dates, any rule and regulator."""
    rng = random.Random(seed)
    chosen: dict[str, Any] = {
        lever.key: rng.choice([*bounds(lever), lever.default]) for lever in LEVERS if rng.random() < 0.5
    }
    chosen = {key: float(v) if isinstance(v, float) else v for key, v in chosen.items()}
    shocks = [
        {
            "kind": kind, "size": rng.choice(sizes), "months": rng.choice((2, 6, 18)),
            "start": rng.choice(("2026-07", "2026-10", "2027-02")),
        }
        for kind, sizes in SHOCKS.items() if rng.random() < 0.4
    ]  # fmt: skip
    measures = [
        {
            "lever": lever.key, "value": rng.choice(bounds(lever)), "start": rng.choice(("2026-09", "2027-01")),
            "ramp_months": rng.choice((0, 5)), "end": rng.choice((None, "2027-06")),
        }
        for lever in LEVERS if not lever.key.endswith("_ramp_months") and rng.random() < 0.2
    ]  # fmt: skip
    return {
        **NOW, **chosen, "shocks": shocks, "measures": measures,
        "policy.mining_ban_regions": tuple(rng.sample(ALL_REGIONS, 9)),
        "policy.regulator": rng.choice(("fixed", "adaptive")), "behaviour.rule": rng.choice(RULES),
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(16))
def test_anything_goes(make, seed: int) -> None:
    overrides = {**anything(seed), "world.check_laws": True}
    make("baseline", overrides, months=36, runs=range(3), seed=seed, mode="sampled")


@pytest.mark.parametrize("name", ["baseline", "ai-boom"])
def test_connections_keep_within_the_headroom(make, name: str) -> None:
    sector = make(name, runs=range(4))
    for _ in range(30):
        before, budget = sector.sites.connected.copy(), sector.regions.budget.copy()
        regions = sector.sites.region.copy()
        sector.advance()
        yearly = sector.regions.headroom * sector.P.power.headroom_scale
        allowed = np.minimum(budget + yearly / 12, 0.5 * yearly) * sector.regions.connection_share
        # an empty row says nothing of its region: an entrant chooses it
        where = np.where(before > 0, regions, sector.sites.region)
        rise = sum_by(where, np.maximum(sector.sites.connected - before, 0.0), sector.n_regions)
        assert (rise <= allowed + 1e-6).all()


@pytest.mark.parametrize("name", ["baseline", "ai-boom"])
def test_tenders_award_no_more_than_wanted(make, name: str) -> None:
    sector = make(name, runs=range(4))
    for _ in range(24):
        sector.advance()
        wanted = sector.tenants.wanted
        assert (wanted >= -1e-9).all()
        fresh = (sector.leases.signed == sector.t - 1) & (sector.leases.known < 0) & (sector.leases.status > 0)
        signed = np.where(fresh, sector.leases.it_mw, 0.0).sum(axis=-1)
        np.testing.assert_allclose(signed, sector.flows["ai_signed_mw"], rtol=1e-12)
        np.testing.assert_allclose(sector.wanted_total - wanted.sum(axis=-1), signed, atol=1e-6)
        assert sector.lost_leases == 0
