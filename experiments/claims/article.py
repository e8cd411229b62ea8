"""The twelve claims of the source article (facts: claims.md), each with the experiment that judges it.

An entry is id, claim, source, what would be seen if it were true, experiments needed, judge. The thresholds stand
in the judges; nothing else decides a verdict.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.calculator import SiteInputs, calculate
from experiments.claims.evidence import Evidence, Finding, Verdict, by_sign
from experiments.wording import number, span
from sim.economics import hosting
from sim.tables import Table

ARTICLE = "article"
HASHPRICES = tuple(float(price) for price in range(24, 66))
LOW_RENT, HIGH_RENT = 1.5, 2.0


def rents(e: Evidence) -> Finding:
    """1: AI hosting earns 1.5 to 2.0 M USD per MW-year."""
    table = e.baseline.table("contracts")
    fresh = table[(table["signed"] >= e.baseline.months[0]) & (table["product"] == "colocation")]
    share_it = _share_within(fresh["rent_usd_m_per_mw_year"], fresh["it_mw"])
    per_grid = fresh["rent_usd_m_per_mw_year"] * fresh["it_mw"] / fresh["gross_mw"]
    share_grid = _share_within(per_grid, fresh["it_mw"])
    mean = float(np.average(fresh["rent_usd_m_per_mw_year"], weights=fresh["it_mw"])) if len(fresh) else 0.0
    grid = float(np.average(per_grid, weights=fresh["it_mw"])) if len(fresh) else 0.0
    verdict: Verdict = "supported" if min(share_it, share_grid) > 0.5 else "contradicted"
    if verdict == "contradicted" and (share_it > 0.5 or LOW_RENT <= mean <= HIGH_RENT):
        verdict = "conditional"
    return Finding(
        verdict,
        {"rent_per_it_mw": round(mean, 3), "rent_per_grid_mw": round(grid, 3),
         "share_of_mw_within_it": round(share_it, 3), "share_of_mw_within_grid": round(share_grid, 3)},
        f"New colocation leases pay {number(mean, 2)} M USD per MW a year of critical IT, {number(grid, 2)} per "
        f"MW of "
        f"grid connection; {number(100 * share_it, 0)} % of the MW lie within 1.5 to 2.0 by IT, "
        f"{number(100 * share_grid, 0)} % by grid.",
        "Holds per MW of critical IT while rents stay near those of 2025-26; not per MW of grid connection.",
    )  # fmt: skip


def _share_within(rent: Any, mw: Any) -> float:
    inside = (rent >= LOW_RENT) & (rent <= HIGH_RENT)
    return float(mw[inside].sum() / mw.sum()) if len(mw) else 0.0


def returns(e: Evidence) -> Finding:
    """2: three to five times the annual return of mining for the same capital."""
    names = "profit per MW", "unlevered", "cloud unlevered", "on equity"
    ratio: dict[str, list[float]] = {name: [] for name in names}
    for price in HASHPRICES:
        found = calculate(SiteInputs(power_price_usd_per_mwh=45.0, hashprice_usd_per_ph_day=price))
        # a fleet like today's on its own racks, as in the check of the claim: 14 USD/TH at 18 J/TH, 0.6 M USD per MW
        mining = float(hosting.mining_margin(price, 18.0, 45.0, 8.0))
        on_capex = mining / ((14.0 / (18.0 * 1.05) + 0.6) * 1e6)
        hall, cloud = found.use("Colocation"), found.use("GPU cloud")
        ratio["profit per MW"].append(_over(hall["margin_usd_per_mw_year"], mining))
        ratio["unlevered"].append(_over(hall["margin_usd_per_mw_year"] / hall["capex_usd_per_mw"], on_capex))
        ratio["cloud unlevered"].append(_over(cloud["margin_usd_per_mw_year"] / cloud["capex_usd_per_mw"], on_capex))
        ratio["on equity"].append(_over(hall["equity_return"], on_capex))
    bands = {name: _band(values) for name, values in ratio.items()}
    common = [value for price, value in zip(HASHPRICES, ratio["unlevered"], strict=True) if 28 <= price <= 55]
    always = all(value >= 3.0 for value in common)
    never = all(band == "" for band in bands.values())
    return Finding(
        "supported" if always else "contradicted" if never else "conditional",
        {f"hashprices with ratio 3-5, {name}": band or "none" for name, band in bands.items()}
        | {"ratio_unlevered_at_28": round(common[0], 2), "ratio_unlevered_at_55": round(common[-1], 2)},
        f"Without debt a colocation hall returns {number(common[0], 1)} times what mining returns on its capital "
        f"at a "
        f"hashprice of 28 and {number(common[-1], 1)} times at 55.",
        "Ratio 3 to 5 at hashprices (USD per PH/s a day): "
        + "; ".join(f"{name} {band or 'nowhere'}" for name, band in bands.items()) + ".",
    )  # fmt: skip


def _over(a: float, b: float) -> float:
    return a / b if b > 0 else np.inf


def _band(values: list[float]) -> str:
    inside = [price for price, value in zip(HASHPRICES, values, strict=True) if 3.0 <= value <= 5.0]
    if len(inside) < 2:
        return number(inside[0], 0) if inside else ""
    return span(inside[0], inside[-1], 0)


def payback(e: Evidence) -> Finding:
    """3: payback within three to five years."""
    found = calculate(SiteInputs())
    products = "Colocation", "Retrofit", "GPU cloud"
    years = {name: round(float(found.use(name)["payback_years"]), 2) for name in products}
    inside = [name for name, value in years.items() if 3.0 <= value <= 5.0]
    verdict: Verdict = "supported" if len(inside) == 3 else "conditional" if inside else "contradicted"
    told = ", ".join(f"{name} {number(value, 1)}" for name, value in years.items())
    return Finding(
        verdict,
        {f"payback_years {name}": value for name, value in years.items()},
        f"Years without debt, before the mining given up: {told}.",
        f"Holds for {' and '.join(inside) if inside else 'no product'}; a new colocation hall takes "
        f"{number(years['Colocation'], 1)} years at today's rent.",
    )


def used_gpus(e: Evidence) -> Finding:
    """4: used GPUs keep little value."""
    kept = {year: float(hosting.gpu_residual(float(year))) for year in range(1, 6)}
    little = [year for year, share in kept.items() if share < 0.25]
    verdict: Verdict = "supported" if len(little) == 5 else "contradicted" if not little else "conditional"
    return Finding(
        verdict,
        {f"value_after_{year}_years": round(share, 3) for year, share in kept.items()},
        f"GPUs keep {number(100 * kept[1], 0)} % after one year and {number(100 * kept[5], 0)} % after five: "
        f"resale prices "
        "that go into the model, not results of it.",
        f"Below a quarter of the price from year {little[0]} on." if little else "At no age within five years.",
    )


def _contract_value(leases: Table, ticker: str, tenant: str) -> tuple[float, float]:
    """Value in billion USD and IT MW of a firm's known leases with a tenant."""
    rows = (leases["ticker"] == ticker) & (leases["tenant"] == tenant)
    mw, rent, years = (leases[name][rows].astype(float) for name in ("it_mw", "rent_usd_m_per_mw_year", "term_years"))
    return float((mw * rent * years).sum()) / 1000, float(mw.sum())


def iren(e: Evidence) -> Finding:
    """5: IREN and Microsoft, 9.7 billion USD."""
    value, mw = _contract_value(e.tables.leases, "IREN", "MICROSOFT")
    return Finding(
        "supported" if abs(value - 9.7) < 0.5 else "contradicted",
        {"value_usd_bn": round(value, 2), "it_mw": mw},
        f"The contract in the start tables is worth {number(value, 1)} billion USD over its term, for "
        f"{number(mw, 0)} MW of critical IT.",
        "A fact of the start tables; the simulation begins with it.",
    )


def bitfarms(e: Evidence) -> Finding:
    """6: Bitfarms winds down mining."""
    firms = e.firms()
    keel = firms[(firms["firm"] == "Keel Infrastructure")].sort_values("month")
    last = keel[keel["month"] == keel["month"].max()]
    year = keel[keel["month"].isin(e.baseline.months[-12:])].groupby("run")["mining_revenue_usd"].sum()
    opening = keel[keel["month"].isin(e.baseline.months[:12])].groupby("run")["mining_revenue_usd"].sum()
    down = float((year < 0.1 * opening).mean())
    ai = float((last["ai_contracted_mw"] > 0).mean())
    verdict: Verdict = "supported" if down > 2 / 3 else "contradicted" if down < 1 / 3 else "conditional"
    return Finding(
        verdict,
        {"share_of_runs_mining_below_a_tenth": round(down, 3), "share_of_runs_with_ai_lease": round(ai, 3)},
        f"Keel (formerly Bitfarms) mines less than a tenth of its first year's revenue at the end in "
        f"{number(100 * down, 0)} % of runs and has an AI lease in {number(100 * ai, 0)} %.",
        "The firm decides by rules, not by its announcement of November 2025: an illustration, no forecast.",
    )


def terawulf(e: Evidence) -> Finding:
    """7: TeraWulf and Fluidstack with Google's backstop."""
    value, mw = _contract_value(e.tables.leases, "WULF", "FLUIDSTACK")
    return Finding(
        "supported" if mw >= 360 and value >= 6.7 else "contradicted",
        {"value_usd_bn": round(value, 2), "it_mw": mw},
        f"The leases in the start tables are worth {number(value, 1)} billion USD over their terms, for "
        f"{number(mw, 0)} MW of critical IT.",
        "A fact of the start tables; the simulation begins with it.",
    )


def market(e: Evidence) -> Finding:
    """8: a market of 685.6 billion USD by 2033."""
    revenue = e.baseline.series("ai_revenue_usd")
    last = revenue[[month for month in revenue.columns if month[:4] == e.baseline.months[-1][:4]]].sum(axis=1) / 1e9
    told = e.spread(last)
    return Finding(
        "not testable",
        {"miners_ai_revenue_usd_bn": told},
        f"Miners' AI revenue in {e.baseline.months[-1][:4]} is {number(told['mean'], 1)} billion USD.",
        "The figure is of a market far wider than what is simulated here, and its definition was not found.",
    )


def day_and_grid(e: Evidence) -> Finding:
    """9: AI hosting by day with demand response as side income."""
    site = calculate(SiteInputs())
    rent = site.use("Colocation")["revenue_usd_per_mwh"]
    programme = site.use("Demand response, on top of rigs")["revenue_usd_per_mwh"]
    resale = site.use("Resale of fixed-price power, on top of rigs")["revenue_usd_per_mwh"]
    share = (programme + resale) / rent
    off = e.effect("demand-response-off", "ai_contracted")
    income = e.baseline.outcome("grid_income")[e.baseline.months[-1]].mean()
    return Finding(
        "contradicted" if share < 0.25 and off.sign >= 0 else "conditional",
        {"grid_services_usd_per_mwh": round(programme + resale, 2), "rent_usd_per_mwh": round(rent, 2),
         "share_of_rent": round(share, 4), "ai_mw_without_demand_response": off.numbers(),
         "sector_grid_income_usd_m": round(float(income), 1)},
        f"A MW earns {number(programme + resale, 1)} USD per MWh from grid services and {number(rent, 0)} from rent, "
        f"{number(100 * share, 0)} % of it; leases run day and night, so the two are alternatives on a MW, not a "
        f"sum. "
        f"Without demand response AI contracts change by {number(off.effect, 0)} MW "
        f"({span(off.low, off.high, 0)}).",
        "Grid services belong to the hashing share of a hybrid site.",
    )  # fmt: skip


def small_miners(e: Evidence) -> Finding:
    """10: small and mid-size miners cannot carry the payback."""
    firms = e.firms()
    ever = firms.groupby(["run", "firm"]).agg(size=("size", "first"), ai=("ai_contracted_mw", "max"))
    share = (ever["ai"] > 0).groupby(ever["size"]).mean().to_dict()
    small, medium = share.get("small", 0.0), share.get("medium", 0.0)
    large = (ever["ai"] > 0)[ever["size"].isin(["large", "mega"])].mean()
    gates = _ai_gates(e, ("small", "medium"))
    verdict: Verdict
    if max(small, medium) < 0.02:
        verdict = "supported"
    elif max(small, medium) > 0.5 * large:
        verdict = "contradicted"
    else:
        verdict = "conditional"
    top = ", ".join(f"{name.replace('_', ' ')} {number(100 * part, 0)} %" for name, part in list(gates.items())[:4])
    return Finding(
        verdict,
        {"share_with_lease_small": round(small, 4), "share_with_lease_medium": round(medium, 4),
         "share_with_lease_large": round(float(large), 4), "gates_closing_colocation": gates},
        f"A lease at some time: {number(100 * small, 1)} % of firms below 10 MW, {number(100 * medium, 1)} % of "
        f"10 to 100 "
        f"MW, {number(100 * float(large), 0)} % of larger ones. What closed colocation to small and medium firms: "
        f"{top}.",
        "Size is one gate among several; a tenant who takes small sites, a suitable region and own money open them.",
    )  # fmt: skip


def _ai_gates(e: Evidence, sizes: tuple[str, ...]) -> dict[str, float]:
    """Share of reviews by the gate that closed colocation, firms of some sizes."""
    decisions = e.baseline.table("decisions")
    size = e.firms().drop_duplicates("firm").set_index("firm")["size"]
    own = decisions[decisions["firm"].map(size).isin(sizes)]
    gates = own["gate"].str.extract(r"(?:^| )colocation:(\S+)", expand=False).fillna("open")
    return {str(name): round(float(share), 3) for name, share in gates.value_counts(normalize=True).items()}


def regulators(e: Evidence) -> Finding:
    """11: regulators favour AI data centres over mining."""
    rules = e.tables.regulation
    kinds = [str(kind) for kind in rules["kind"]]
    on_mining = {str(r) for r, kind in zip(rules["region"], kinds, strict=True) if "mining" in kind}
    on_ai = {str(r) for r, kind in zip(rules["region"], kinds, strict=True) if kind.startswith("ai_")}
    large = {str(r) for r, kind in zip(rules["region"], kinds, strict=True) if kind.startswith("large_load")}
    effect = e.effect("ai-favouring-regulator", "ai_contracted")
    ranking, level = len(on_mining) > len(on_ai), not large
    verdict: Verdict = "supported" if ranking and level else "conditional" if ranking else "contradicted"
    return Finding(
        verdict,
        {"regions_with_rules_on_mining": len(on_mining), "regions_with_rules_on_ai": len(on_ai),
         "regions_with_duties_on_any_large_load": len(large), "ai_mw_if_favoured": effect.numbers()},
        f"{len(on_mining)} regions restrict or charge mining, {len(on_ai)} AI and {len(large)} any large load. "
        f"Favour for "
        f"AI would move contracts by {number(effect.effect, 0)} MW ({span(effect.low, effect.high, 0)}).",
        "True as a ranking; AI meets caps, duties and waits too.",
    )  # fmt: skip


def maintenance(e: Evidence) -> Finding:
    """12: predictive maintenance lowers downtime."""
    effect = e.effect("predictive-maintenance", "ebitda")
    verdict: Verdict = "not testable" if effect.sign == 0 else "conditional"
    return Finding(
        verdict,
        {"ebitda_usd_bn": effect.numbers(), "direction_as_expected": by_sign(effect.sign, 1)},
        f"If a third of outage hours were avoided, the sector's EBITDA at the end would change by "
        f"{number(effect.effect, 2)} billion USD a year ({span(effect.low, effect.high, 2)}).",
        "The simulation shows what avoided outages are worth, not whether machine learning avoids them: no measured "
        "effect is known.",
    )


CLAIMS = (
    ("rents", "AI hosting earns 1.5 to 2.0 M USD per MW and year", ARTICLE,
     "Most new leases pay 1.5 to 2.0 M USD per MW a year, however the MW is counted", ("baseline",), rents),
    ("returns", "AI returns three to five times as much as mining on the same capital", ARTICLE,
     "Return on capital without debt at least three times mining's at usual hashprices", (), returns),
    ("payback", "AI capacity pays back in three to five years", ARTICLE,
     "All three products pay back in three to five years", (), payback),
    ("used-gpus", "Used GPUs keep little value", ARTICLE,
     "Less than a quarter of the price is left at every age", (), used_gpus),
    ("iren-microsoft", "IREN's contract with Microsoft is worth 9.7 billion USD", ARTICLE,
     "The start tables hold such a contract", (), iren),
    ("bitfarms", "Bitfarms winds down mining", ARTICLE,
     "The firm's mining revenue falls below a tenth in most runs", ("baseline",), bitfarms),
    ("terawulf-fluidstack", "TeraWulf hosts Fluidstack with Google's guarantee", ARTICLE,
     "The start tables hold 360 MW worth 6.7 billion USD or more", (), terawulf),
    ("market-2033", "The market reaches 685.6 billion USD by 2033", ARTICLE,
     "A figure of the same definition", ("baseline",), market),
    ("day-and-grid", "AI hosting by day with demand response as side income", ARTICLE,
     "Grid services worth a quarter of a rent or more, or AI contracts that depend on them",
     ("baseline", "demand-response-off"), day_and_grid),
    ("small-miners", "Small and mid-size miners cannot carry the payback", ARTICLE,
     "Hardly any of them (below 2 %) ever has a lease", ("baseline",), small_miners),
    ("regulators", "Regulators favour AI data centres over mining", ARTICLE,
     "More regions with rules against mining than against AI, and none against any large load",
     ("baseline", "ai-favouring-regulator"), regulators),
    ("maintenance", "Predictive maintenance lowers downtime", ARTICLE,
     "A measured fall of outages", ("baseline", "predictive-maintenance"), maintenance),
)  # fmt: skip
