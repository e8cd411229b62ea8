"""Every declared parameter is read by some simulation, and every number and switch changes some result."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.arrays import Rows
from sim.phases import bills, settle
from sim.scenario import FieldInfo, fields, idle_keys
from sim.sector import Sector
from sim.state import CORPORATE

# switches under which the parameters named here do something
CONTEXTS: dict[str, dict[str, Any]] = {
    "policy.carbon": {"policy.carbon_price_usd_per_t": 50.0, "policy.carbon_from": "2026-09"},
    "policy.excise": {"policy.mining_excise_usd_per_mwh": 20.0, "policy.excise_from": "2026-09"},
    "policy.mining_ban": {"policy.mining_ban_regions": ("ERCOT",), "policy.mining_ban_from": "2026-10"},
    "policy.adaptive": {"policy.regulator": "adaptive"},
    "bitcoin.gbm": {"bitcoin.price_process": "gbm"},
    "bitcoin.jump": {
        "bitcoin.price_process": "gbm", "bitcoin.jump_rate_per_year": 10.0, "bitcoin.jump_size_sd": 0.3,
    },
}  # fmt: skip
# only when debt falls due or cannot be paid: tests of their own
RARE = (
    "finance.debt_ebitda_covenant", "finance.restructuring_haircut", "finance.refinancing_share",
    "finance.creditor_patience_years",
)  # fmt: skip
OTHER = {"behaviour.network_degree": [12], "bitcoin.network_hashrate_ehs": [1000.0]}  # bounds would be refused
SIZES = ("world.firms", "world.sites", "world.entrant_firms", "world.months", "world.check_laws")
TINY = {"world.firms": 80, "world.sites": 200}
MONTHS = 15


def path_file(folder: Path) -> str:
    file = folder / "path.csv"
    months = [f"{2026 + k // 12}-{k % 12 + 1:02d},60000" for k in range(6, 46)]
    file.write_text("month,price_usd\n" + "\n".join(months) + "\n", encoding="utf-8")
    return str(file)


def test_every_parameter_is_read(make, tmp_path: Path) -> None:
    switches: list[dict[str, Any]] = [
        {}, {"bitcoin.price_process": "csv", "bitcoin.price_path_csv": path_file(tmp_path)},
        *CONTEXTS.values(), {"bitcoin.price_process": "regime"},
    ]  # fmt: skip
    read: set[str] = set()
    for overrides in switches:
        sector = make("baseline", overrides, months=4, runs=(0,), track=read)
    # this and restructuring happen in bad times only
    everybody = np.ones((sector.n_runs, sector.n_firms), bool)
    settle.worth_to_creditors(sector, everybody, settle.yearly_losses(sector))
    settle.restructure(sector, everybody)
    assert idle_keys(read) == []


def alternatives(parameter: FieldInfo) -> list[Any]:
    """Other values of a parameter, the most telling first."""
    if parameter.key in OTHER:
        return OTHER[parameter.key]
    if parameter.kind == "bool":
        return [not parameter.default]
    if parameter.kind == "choice":
        return [word for word in parameter.choices if word not in (parameter.default, "csv", "history")]
    tails = parameter.distribution.ppf(np.array([0.99, 0.01])).tolist() if parameter.distribution else []
    values = [*tails, parameter.high, parameter.low]
    return [round(v) if parameter.kind == "int" else float(v) for v in values if v is not None]


CHECKED = [f for f in fields() if (f.numeric or f.kind in ("bool", "choice")) and f.key not in (*SIZES, *RARE)]


def outcome(make, state, overrides: dict[str, Any]) -> dict[str, np.ndarray]:
    """The state after some months and what firms saw in their last review."""
    sector = make("baseline", TINY | overrides, months=MONTHS, runs=(0,))
    seen = sector.last_review[1]
    return state(sector) | {name: getattr(seen, name) for name in ("value", "payback", "equity", "equity_return")}


@pytest.fixture(scope="module")
def reference() -> dict[str, dict[str, np.ndarray]]:
    """States of the contexts met so far."""
    return {}


@pytest.mark.parametrize("block", sorted({f.block for f in CHECKED}))
def test_every_parameter_changes_something(make, state, differ, reference, block: str) -> None:
    idle = []
    for parameter in (f for f in CHECKED if f.block == block):
        context = next((c for start, c in CONTEXTS.items() if parameter.key.startswith(start)), {})
        if repr(context) not in reference:
            reference[repr(context)] = outcome(make, state, context)
        usual = context.get(parameter.key, parameter.default)
        for value in alternatives(parameter):
            if value == usual:
                continue
            if differ(reference[repr(context)], outcome(make, state, {**context, parameter.key: value})):
                break
        else:
            idle.append(parameter.key)
    assert idle == []


def willing(s: Sector) -> np.ndarray:
    """Whether lenders would roll over the debt of each firm of one run (F,)."""
    return bills.refinancing_open(s, Rows.where(np.ones((1, s.n_firms), bool)))


def test_lenders_roll_over_within_the_covenant_or_with_assets_behind_the_debt(make) -> None:
    strict, lax = (
        make("baseline", {"finance.debt_ebitda_covenant": multiple}, runs=(0,)) for multiple in (0.0, 30.0)
    )
    for sector in (strict, lax):  # a firm whose assets are worth less than its debt, but which earns
        sector.books.stock["loans"][0, 0] += 1e10
        sector.firms.mining_ebitda_12m[0, 0] = 1e9
    assert not willing(strict)[0]
    assert willing(lax)[0]
    assert willing(strict).any()


def test_a_restructuring_cuts_debt_by_the_haircut(make) -> None:
    for haircut in (0.0, 0.4):
        sector = make("baseline", {"finance.restructuring_haircut": haircut}, runs=(0,))
        before = sector.facilities.balance[0, :, CORPORATE].copy()
        firm = int(np.argmax(before))
        which = np.zeros((1, sector.n_firms), bool)
        which[0, firm] = True
        settle.restructure(sector, which)
        assert sector.facilities.balance[0, firm, CORPORATE] == pytest.approx((1 - haircut) * before[firm])
        assert sector.counters["restructurings"][0] == 1


def test_corporate_debt_is_rolled_over_up_to_the_share_lenders_refinance(make) -> None:
    for share in (0.0, 0.8):
        sector = make("baseline", {"finance.refinancing_share": share}, runs=(0,))
        sector.begin_month()
        balance = sector.facilities.balance[0, :, CORPORATE]
        firm = int(np.argmax(np.where(willing(sector), balance, 0.0)))
        before = balance[firm]
        sector.facilities.maturity[0, :, CORPORATE] = np.where(np.arange(sector.n_firms) == firm, 0, 99)
        bills.debt_service(sector)
        assert sector.facilities.balance[0, firm, CORPORATE] == pytest.approx(share * before)
        assert sector.facilities.maturity[0, firm, CORPORATE] == 36
