"""Hybrid sites: shares of a site's megawatts put to different uses, and the best mix under a limit of capex."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sim.kernels.projects import CONVERTIBLE_SHARE

if TYPE_CHECKING:
    from experiments.calculator_uses import Use

Shares = Mapping[str, float]


def named_mixes(uses: list[Use], mw: float) -> list[dict[str, Any]]:
    """The hybrids people talk about, with the most valuable rigs; extras ride on the rigs' share."""
    by_name = {use.name: use for use in uses}
    rigs = best_rigs(uses).name
    extras = [use.name for use in uses if use.kind == "flexibility"]

    def flexible(share: float) -> dict[str, float]:
        return {rigs: share} | dict.fromkeys(extras, share)

    plans = {
        "Rigs with demand response": flexible(1.0),
        "Half colocation, half rigs": {"Colocation": 0.5, rigs: 0.5},
        "Half colocation, half rigs with demand response": {"Colocation": 0.5} | flexible(0.5),
        "A fifth retrofitted, rigs with demand response":
            {"Retrofit": CONVERTIBLE_SHARE} | flexible(1 - CONVERTIBLE_SHARE),
        "A tenth GPU cloud, rigs": {"GPU cloud": 0.1, rigs: 0.9},
    }
    return [{"name": name} | measure(by_name, shares, mw) for name, shares in plans.items()]


def best_rigs(uses: list[Use]) -> Use:
    """The rigs of greatest net present value."""
    return max((use for use in uses if use.kind == "rigs"), key=lambda use: use.npv)


def measure(by_name: Mapping[str, Use], shares: Shares, mw: float) -> dict[str, Any]:
    """Figures of a mix for the whole site: MW by use, capex and own money, margin, payback and value, USD."""
    parts = [(by_name[name], share) for name, share in shares.items()]

    def total(attribute: str) -> float:
        return mw * sum(share * getattr(use, attribute) for use, share in parts)

    margin, capex = total("margin_per_mw_year"), total("capex")
    small = [use.name for use, share in parts if 0 < share * mw < use.smallest_mw]
    return {
        "shares": {name: share for name, share in shares.items() if share > 0},
        "margin_usd_per_year": margin,
        "margin_usd_per_mw_year": margin / mw,
        "capex_usd": capex,
        "equity_usd": total("equity"),
        "npv_usd": total("npv"),
        "payback_years": capex / margin if margin > 0 else None,
        "too_small_for_a_tenant": small,
    }


def best_mix(uses: list[Use], mw: float, capex_limit: float | None) -> dict[str, Any]:
    """The mix of greatest net present value: a linear programme in the shares of the site.

    Shares add up to at most one (leaving MW unused is allowed: nothing may pay), capex stays within the limit, and
    a retrofit takes no more of the site than can be refitted. A use that comes out smaller than any tenant leases is
    dropped and the rest solved again.
    """
    by_name = {use.name: use for use in uses}
    choice = [use for use in uses if use.kind not in ("flexibility", "legacy gpus")]
    while True:
        shares = _solve(choice, mw, capex_limit)
        best = measure(by_name, _with_extras(shares, uses), mw)
        small = best.pop("too_small_for_a_tenant")
        if not small:
            return best | {"capex_limit_usd": capex_limit, "unused_share": 1.0 - sum(shares.values())}
        choice = [use for use in choice if use.name not in small]


def _solve(choice: list[Use], mw: float, capex_limit: float | None) -> dict[str, float]:
    from scipy.optimize import linprog

    limits, rows = [1.0], [[1.0] * len(choice)]
    if capex_limit is not None:
        # in M USD, so that the solver's tolerances are small against both limits
        limits.append(capex_limit / mw / 1e6)
        rows.append([use.capex / 1e6 for use in choice])
    bounds = [(0.0, use.largest_share) for use in choice]
    found = linprog([-use.npv / 1e6 for use in choice], A_ub=rows, b_ub=limits, bounds=bounds)
    assert found.x is not None  # using nothing always fits
    return {use.name: float(share) for use, share in zip(choice, found.x, strict=True) if share > 1e-9}


def _with_extras(shares: dict[str, float], uses: list[Use]) -> dict[str, float]:
    """Flexible load earns its extras wherever the rigs run for which they were worked out."""
    share = shares.get(best_rigs(uses).name, 0.0)
    extras = {use.name: share for use in uses if use.kind == "flexibility" and use.margin > 0}
    return shares | (extras if share > 0 else {})
