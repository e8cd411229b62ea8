"""Claims of the debate around the article: who is squeezed, what steadies income, what limits and spreads the pivot.

Entries as in experiments.claims.article.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from experiments.calculator import SiteInputs, calculate, records
from experiments.claims.evidence import Evidence, Finding, Verdict, by_sign
from experiments.wording import number, span
from sim.outcomes import SIZE_WORDS

DEBATE = "debate"
SOME_OF_EACH = 0.02  # of the firms alive: a strategy that fewer follow is not part of a mixed end


def triple_squeeze(e: Evidence) -> Finding:
    """Power cost, carbon rules and rising difficulty together drive miners out."""
    parts = {name: e.exits(name) for name in ("power-dear", "carbon-tax", "rival-hashrate", "squeeze")}
    alone = sum(parts[name].effect for name in ("power-dear", "carbon-tax", "rival-hashrate"))
    both = parts["squeeze"]
    rising = [name for name in ("power-dear", "carbon-tax", "rival-hashrate") if parts[name].sign > 0]
    verdict: Verdict = "supported" if both.sign > 0 and len(rising) == 3 else by_sign(both.sign, 1)
    if verdict == "supported" and len(rising) < 3:
        verdict = "conditional"
    return Finding(
        verdict,
        {name: effect.numbers() for name, effect in parts.items()} | {"sum_of_single_effects": round(alone, 1)},
        f"Exits a run: {number(both.baseline, 0)} in the baseline, {number(both.mean, 0)} with power a third "
        f"dearer, a "
        f"carbon price and rigs at cost together (+{number(both.effect, 0)}, {span(both.low, both.high, 0)}); the "
        f"three "
        f"alone add up to {number(alone, 0)}.",
        "Clear on its own: " + (", ".join(rising) if rising else "none of the three") + ".",
    )


def small_exit(e: Evidence) -> Finding:
    """Small and medium miners leave first."""
    month = e.baseline.months[-1]
    shares = {size: e.baseline.outcome(f"exits_{size}_share")[month].to_numpy(dtype=float) for size in SIZE_WORDS}
    gap = e.spread(shares["small"] - shares["large"])
    medium = e.spread(shares["medium"] - shares["large"])
    clear = [part["low"] > 0 for part in (gap, medium)]
    verdict: Verdict = "supported" if all(clear) else "conditional" if any(clear) else "contradicted"
    told = ", ".join(f"{words} {number(100 * float(shares[size].mean()), 0)} %" for size, words in SIZE_WORDS.items())
    return Finding(
        verdict,
        {"small_less_large": gap, "medium_less_large": medium}
        | {f"exit_share_{size}": round(float(values.mean()), 4) for size, values in shares.items()},
        f"Closed or liquidated by the end: {told}.",
        "Power cost selects more than size; size decides who can raise money.",
    )


def steadier_income(e: Evidence) -> Finding:
    """Long contracts make income more predictable."""
    spread = _volatility(e)
    by = spread.groupby(["run", "group"])["spread"].median().unstack()
    if not {"ai", "btc"} <= set(by.columns):
        return Finding("not testable", {}, "No firm earned mostly from AI long enough to measure.")
    gap = e.spread((by["btc"] - by["ai"]).dropna())
    sign = 1 if gap["low"] > 0 else -1 if gap["high"] < 0 else 0
    return Finding(
        by_sign(sign, 1),
        {"btc_less_ai": gap, "spread_btc": round(float(by["btc"].mean()), 3),
         "spread_ai": round(float(by["ai"].mean()), 3)},
        f"Month to month, the income of firms that live on AI moves by {number(100 * float(by['ai'].mean()), 0)} "
        f"% of its "
        f"mean, that of firms that only mine by {number(100 * float(by['btc'].mean()), 0)} %.",
        "For delivered capacity with a solvent tenant; while halls are built there is no rent at all.",
    )  # fmt: skip


def _volatility(e: Evidence) -> pd.DataFrame:
    """Standard deviation of monthly changes of EBITDA over its mean size, firms of at least 10 MW, last three "
    "years."""
    firms = e.firms()
    firms = firms[firms["month"].isin(e.baseline.months[-36:]) & firms["alive"] & (firms["size"] != "small")]
    firms = firms.sort_values(["run", "firm", "month"])
    change = firms.groupby(["run", "firm"])["ebitda_usd"].diff()
    frame = firms.assign(change=change)
    groups = frame.groupby(["run", "firm"])
    revenue = groups[["mining_revenue_usd", "ai_revenue_usd"]].sum()
    share = revenue["ai_revenue_usd"] / revenue.sum(axis=1).replace(0.0, np.nan)
    size = groups["ebitda_usd"].apply(lambda column: column.abs().mean())
    out = pd.DataFrame({"spread": groups["change"].std() / size.replace(0.0, np.nan), "share": share})
    out = out[groups.size() >= 24].dropna()
    out["group"] = np.select([out["share"] > 0.9, out["share"] < 0.1], ["ai", "btc"], "hybrid")
    return out.reset_index()


def resilience(e: Evidence) -> Finding:
    """A mix of both makes a firm more resilient."""
    firms = e.firms("btc-crash")
    before = _last_before(firms, "2027-12")
    alive = firms[firms["month"] == firms["month"].max()].set_index(["run", "firm"])["alive"]
    at = before[before["alive"] & (before["size"] != "small")].set_index(["run", "firm"])
    outcome = at.assign(survived=alive.reindex(at.index).fillna(False).astype(float))
    by = outcome.groupby(["run", "strategy"])["survived"].mean().unstack()
    rate = {name: round(float(by[name].mean()), 3) for name in by.columns}
    if not {"HYBRID", "BTC"} <= set(by.columns):
        return Finding("not testable", rate, "No hybrid firm to compare with when the coin fell.")
    gap = e.spread((by["HYBRID"] - by["BTC"]).dropna())
    sign = 1 if gap["low"] > 0 else -1 if gap["high"] < 0 else 0
    return Finding(
        by_sign(sign, 1),
        {"survival": rate, "hybrid_less_btc": gap},
        f"In a crash of the coin {number(100 * rate['HYBRID'], 0)} % of firms that were hybrid at the end of 2027 "
        f"are alive at "
        f"the end, of those that only mined {number(100 * rate['BTC'], 0)} %; firms of 10 MW or more.",
        "Firms that signed leases were stronger to begin with: this is selection as well as diversification.",
    )


def _last_before(firms: pd.DataFrame, month: str) -> pd.DataFrame:
    months = sorted(set(firms["month"]))
    return firms[firms["month"] == max((name for name in months if name <= month), default=months[-1])]


def gpu_rigs(e: Evidence) -> Finding:
    """GPU rigs convert to AI without a full upgrade."""
    found = calculate(SiteInputs())
    old, new = found.use("Legacy GPUs"), found.use("GPU cloud")
    share = old["revenue_usd_per_mwh"] / new["revenue_usd_per_mwh"]
    held = e.baseline.table("classes")
    mw = held[held["month"] == e.baseline.months[0]].groupby("run")["legacy_gpu_mw"].sum().mean()
    hashing = held[held["month"] == e.baseline.months[0]].groupby("run")["hashing_mw"].sum().mean()
    part = float(mw / hashing)
    return Finding(
        "conditional" if old["margin_usd_per_mw_year"] > 0 and part < 0.1 else "contradicted",
        {"revenue_against_new_cloud": round(share, 3), "legacy_mw": round(float(mw), 1),
         "share_of_mining_mw": round(part, 4)},
        f"Old GPU rigs rent without new capex at {number(100 * share, 0)} % of a new cloud's revenue per MW, but "
        f"there are "
        f"{number(float(mw), 0)} MW of them, {number(100 * part, 1)} % of the power of mining.",
        "Only for GPUs; ASICs, which are nearly all rigs, compute nothing else.",
    )  # fmt: skip


def skills(e: Evidence) -> Finding:
    """Power and network skills of miners carry over to AI."""
    return _lever(e, "skills-transfer", "If a tenth of a hall's cost and time were saved by miners' own crews")


def site_limits(e: Evidence) -> Finding:
    """Density and power availability limit which sites convert."""
    gates = e.baseline.table("decisions")["gate"].str.extract(r"(?:^| )colocation:(\S+)", expand=False).fillna("open")
    share = gates.value_counts(normalize=True)
    limits = float(sum(share.get(name, 0.0) for name in ("site_unsuitable", "nothing_to_do", "not_permitted")))
    effect = e.effect("interconnection-reform", "ai_contracted")
    clear = limits > 0.1 and effect.sign > 0
    verdict: Verdict = "supported" if clear else "conditional" if limits > 0.05 else "contradicted"
    return Finding(
        verdict,
        {"share_of_reviews_closed_by_the_site": round(limits, 3), "ai_mw_with_faster_connections": effect.numbers()}
        | {f"gate {name}": round(float(value), 3) for name, value in share.items()},
        f"At {number(100 * limits, 0)} % of reviews the site itself rules colocation out (unsuitable, no spare "
        f"power, not "
        f"permitted). Faster connections change contracts by {number(effect.effect, 0)} MW "
        f"({span(effect.low, effect.high, 0)}).",
        "Money and tenants close more doors than sites do." if limits < 0.5 else "Sites close most doors.",
    )


def compliance(e: Evidence) -> Finding:
    """Compliance costs slow AI hosting."""
    return _lever(e, "ai-compliance-cost", "With compliance costs for AI sites", expected=-1)


def reputation(e: Evidence) -> Finding:
    """A good standing with regulators (permits, cost of capital) helps the pivot."""
    return _lever(e, "ai-favouring-regulator", "With earlier grid connections and cheaper loans for AI sites")


def _lever(e: Evidence, name: str, words: str, expected: int = 1) -> Finding:
    """A measure judged by contracts and delivered capacity at the end."""
    contracted, delivered = e.effect(name, "ai_contracted"), e.effect(name, "ai_delivered")
    found = contracted.sign or delivered.sign
    share = contracted.effect / contracted.baseline if contracted.baseline else 0.0
    return Finding(
        by_sign(found, expected),
        {"ai_contracted_mw": contracted.numbers(), "ai_delivered_mw": delivered.numbers(),
         "share_of_contracts": round(share, 4)},
        f"{words}, contracts at the end change by {number(contracted.effect, 0)} MW "
        f"({span(contracted.low, contracted.high, 0)}), {number(100 * share, 1)} %; delivered capacity by "
        f"{number(delivered.effect, 0)} MW ({span(delivered.low, delivered.high, 0)}).",
        "No clear change at this number of runs." if found == 0 else "At the size of the shipped scenario.",
    )  # fmt: skip


def mixed_site(e: Evidence) -> Finding:
    """AI by day and demand response beside it make the best mix of a site."""
    found = calculate(SiteInputs(mw=100.0))
    mixes = {row["name"]: row for row in records(found.mixes)}
    whole = found.use("Colocation")
    hybrid = mixes["Half colocation, half rigs with demand response"]
    plain = mixes["Half colocation, half rigs"]
    gain = float(hybrid["margin_usd_per_mw_year"] - plain["margin_usd_per_mw_year"])
    best: dict[str, Any] = found.best_mix
    value = float(hybrid["npv_usd"]) / 100.0
    beats = value > float(whole["npv_usd_per_mw"])
    verdict: Verdict = "supported" if beats else "conditional" if gain > 0 else "contradicted"
    parts = ", ".join(f"{number(100 * share, 0)} % {name}" for name, share in best["shares"].items())
    return Finding(
        verdict,
        {"value_of_mix_usd_per_mw": round(value),
         "value_of_colocation_usd_per_mw": round(float(whole["npv_usd_per_mw"])),
         "gain_of_demand_response_usd_per_mw_year": round(gain), "best_mix": best["shares"]},
        f"Half colocation, half rigs with demand response is worth {number(value / 1e6, 2)} M USD per MW, "
        f"colocation alone "
        f"{number(float(whole['npv_usd_per_mw']) / 1e6, 2)}. Best mix of a 100 MW site without a limit of capex: "
        f"{parts}.",
        "A mix wins where own money, not power, is short, or hashprice is high.",
    )  # fmt: skip


def dispersed(e: Evidence) -> Finding:
    """Compute supply opens to dispersed suppliers."""
    hhi = e.baseline.outcome("hhi_ai_mw")
    first, last = hhi[hhi.columns[0]], hhi[hhi.columns[-1]]
    change = e.spread(last - first)
    landlords = e.firms()
    many = (
        landlords[landlords["month"] == e.baseline.months[-1]]
        .groupby("run")["ai_contracted_mw"]
        .apply(lambda c: (c > 0).sum())
    )
    few = (
        landlords[landlords["month"] == e.baseline.months[0]]
        .groupby("run")["ai_contracted_mw"]
        .apply(lambda c: (c > 0).sum())
    )
    sector = e.baseline.table("sector")
    end = sector[sector["month"] == e.baseline.months[-1]]
    share = float((end["ai_contracted_mw"] / (end["ai_contracted_mw"] + end["ai_outside_supply_mw"])).mean())
    sign = 1 if change["high"] < 0 else -1 if change["low"] > 0 else 0
    verdict: Verdict = by_sign(sign, 1)
    if verdict == "supported" and share < 0.25:
        verdict = "conditional"
    return Finding(
        verdict,
        {"change_of_hhi": change, "hhi_end": round(float(last.mean()), 4),
         "landlords_start": round(float(few.mean()), 1),
         "landlords_end": round(float(many.mean()), 1), "miners_share_of_supply": round(share, 4)},
        f"The Herfindahl index of miners' AI capacity goes from {number(float(first.mean()), 3)} to "
        f"{number(float(last.mean()), 3)}, landlords from {number(float(few.mean()), 0)} to "
        f"{number(float(many.mean()), 0)} a run; miners hold {number(100 * share, 0)} % of all contracted supply.",
        "Among miners who host; the supply of compute as a whole stays with other developers.",
    )  # fmt: skip


def mixed_end(e: Evidence) -> Finding:
    """The sector ends up mixed: miners, hybrids and AI hosts side by side."""
    end = e.baseline.table("sector")
    end = end[end["month"] == e.baseline.months[-1]]
    shares = {
        name: (end[f"firms_{name}"] / end["firms_active"]).to_numpy(dtype=float) for name in ("btc", "hybrid", "ai")
    }
    mixed = float(np.mean(np.all([values >= SOME_OF_EACH for values in shares.values()], axis=0)))
    verdict: Verdict = "supported" if mixed >= 0.8 else "conditional" if mixed > 0.2 else "contradicted"
    told = ", ".join(f"{name} {number(100 * float(values.mean()), 0)} %" for name, values in shares.items())
    return Finding(
        verdict,
        {"share_of_runs_with_all_three": round(mixed, 3)}
        | {f"share_{name}": round(float(values.mean()), 4) for name, values in shares.items()},
        f"Of the firms alive at the end: {told}. In {number(100 * mixed, 0)} % of runs each is at least "
        f"{number(100 * SOME_OF_EACH, 0)} % of them.",
        "Counted by firms; by power and revenue AI hosts weigh far more.",
    )


CLAIMS = (
    ("triple-squeeze", "Power cost, carbon rules and difficulty together drive miners out", DEBATE,
     "Each raises exits, and all together clearly so",
     ("baseline", "power-dear", "carbon-tax", "rival-hashrate", "squeeze"), triple_squeeze),
    ("small-exit", "Small and medium miners leave first", DEBATE,
     "Larger shares of small and of medium firms than of large ones exit", ("baseline",), small_exit),
    ("steady-income", "Long contracts make income more predictable", DEBATE,
     "EBITDA of firms living on AI varies less than of firms that only mine", ("baseline",), steadier_income),
    ("hybrid-resilience", "A mix of mining and AI makes firms resilient", DEBATE,
     "More hybrid than mining firms survive a crash of the coin", ("baseline", "btc-crash"), resilience),
    ("gpu-rigs", "GPU rigs turn to AI without a full upgrade", DEBATE,
     "Old GPUs earn more than they cost, and are more than a trifle of the sector's power", ("baseline",), gpu_rigs),
    ("skills", "Miners' skills in power and networks carry over", DEBATE,
     "More AI capacity if they save cost and time", ("baseline", "skills-transfer"), skills),
    ("site-limits", "Power density and availability limit which sites convert", DEBATE,
     "Sites rule AI out at many reviews, and faster connections bring more of it",
     ("baseline", "interconnection-reform"), site_limits),
    ("compliance", "Compliance costs slow AI hosting", DEBATE,
     "Less AI capacity with them", ("baseline", "ai-compliance-cost"), compliance),
    ("reputation", "Standing with regulators helps: permits and cost of capital", DEBATE,
     "More AI capacity with it", ("baseline", "ai-favouring-regulator"), reputation),
    ("mixed-site", "Daytime AI with demand response is the best mix", DEBATE,
     "The mix is worth more than colocation alone", (), mixed_site),
    ("dispersed-supply", "Compute supply opens to dispersed suppliers", DEBATE,
     "A falling Herfindahl index of AI capacity, and a share of supply that counts", ("baseline",), dispersed),
    ("mixed-end", "The sector ends up heterogeneous", DEBATE,
     "Miners, hybrids and AI hosts each at least 2 % of firms in most runs", ("baseline",), mixed_end),
)  # fmt: skip
