"""What a set of AI leases looks like, and how far one set is from another: the score of the pivot's back-cast.

The total of leases signed is a weak test, since a rule that accepts every feasible deal reaches it too. The score
asks who signed, with whom, what, when and on which terms. It is the mean of nine distances between 0 and 1:

- shares of MW by kind of firm, of tenant, product, funding and quarter: half the sum of absolute differences, which
  is the share of MW in the wrong class;
- numbers (firms that signed, rent, term, share delivered): the logarithm of their ratio over the logarithm of two,
  at most 1, so that a factor of two either way counts as wholly wrong. Rent is the mean of median and weighted mean.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sim.tables import Tables

SHARES = ("firms", "tenants", "products", "funding", "quarters")
NUMBERS = ("signers", "rent", "term", "delivered")
PARTS = (*SHARES, *NUMBERS)
FACTOR = 2.0  # a number wrong by this factor counts 1
SUCCESSORS = {"DGXX": "DGHI"}  # tickers of the lease table that were others at the end of 2024
SIZE_LIMITS = ((10.0, "small"), (100.0, "medium"), (500.0, "large"))  # connected MW, as in the engine
NOT_LISTED = "not listed"

# columns of a table of deals, one row a lease: who, what kind of firm and tenant, and its terms
DEALS = ("firm", "firms", "tenants", "products", "funding", "quarters", "it_mw", "rent", "term")


@dataclass(frozen=True)
class Portrait:
    """``shares``: of MW by class, for each of SHARES. Numbers: ``signers`` firms, ``rents`` median and mean
    weighted by MW [M USD per MW of IT and year] of leased halls, ``term`` years (weighted), ``delivered`` share."""

    shares: dict[str, dict[str, float]]
    signers: float
    rents: tuple[float, float]
    term: float
    delivered: float


def portrait(deals: pd.DataFrame, delivered: float) -> Portrait:
    """The portrait of deals (columns DEALS); ``delivered`` is the share of all leased MW that was handed over."""
    total = float(deals["it_mw"].sum())
    halls = deals[deals["products"] != "gpu_cloud"]
    return Portrait(
        shares={name: _shares(deals.groupby(name)["it_mw"].sum() / total) if total else {} for name in SHARES},
        signers=float(deals["firm"].nunique()),
        rents=(float(halls["rent"].median()), _weighted(halls, "rent")) if len(halls) else (0.0, 0.0),
        term=_weighted(deals, "term"),
        delivered=delivered,
    )


def _shares(values: pd.Series) -> dict[str, float]:
    return {str(name): float(value) for name, value in values.items()}


def _weighted(deals: pd.DataFrame, column: str) -> float:
    return float(np.average(deals[column], weights=deals["it_mw"])) if len(deals) else 0.0


def distances(one: Portrait, other: Portrait) -> dict[str, float]:
    """The nine distances by part, each between 0 (the same) and 1."""
    return {
        **{name: misplaced(one.shares[name], other.shares[name]) for name in SHARES},
        "signers": apart(one.signers, other.signers),
        "rent": sum(apart(*pair) for pair in zip(one.rents, other.rents, strict=True)) / 2,
        "term": apart(one.term, other.term),
        "delivered": apart(one.delivered, other.delivered),
    }


def score(parts: dict[str, float]) -> float:
    """Mean of the distances: 0 is a perfect likeness, lower is better."""
    return sum(parts[name] for name in PARTS) / len(PARTS)


def misplaced(one: dict[str, float], other: dict[str, float]) -> float:
    """Share of MW in the wrong class: half the sum of absolute differences; 1 if there is nothing to compare."""
    if not one or not other:
        return 1.0
    return sum(abs(one.get(name, 0.0) - other.get(name, 0.0)) for name in {*one, *other}) / 2


def apart(one: float, other: float) -> float:
    """|log ratio| over log FACTOR, at most 1; 1 if either is not above zero."""
    if not (one > 0.0 and other > 0.0):
        return 1.0
    return min(1.0, abs(math.log(one / other)) / math.log(FACTOR))


def quarter(month: str) -> str:
    """2025-05 -> 2025Q2."""
    return f"{month[:4]}Q{(int(month[5:7]) + 2) // 3}"


def tenant_kind(klass: str, credit: str) -> str:
    """Class of a tenant; neoclouds with a guarantee are a kind of their own."""
    return f"{klass}, backstopped" if credit == "backstopped" else klass


def firm_kind(size: str, listed: bool) -> str:
    """Size class of a listed firm (the two smallest together), or that it is not listed."""
    if not listed:
        return NOT_LISTED
    return f"listed, {'small or medium' if size in ('small', 'medium') else size}"


def real_deals(tables: Tables, first: str, last: str) -> pd.DataFrame:
    """The leases signed in the months first..last as deals; size class by connected MW at the end of 2024."""
    leases = pd.DataFrame(tables.leases.columns)
    leases = leases[(leases["signed"] >= first) & (leases["signed"] <= last)]
    known = named_kinds(tables, "ticker")
    kinds = [known[SUCCESSORS.get(ticker, ticker)] for ticker in leases["ticker"]]
    return pd.DataFrame({
        "firm": leases["ticker"], "firms": kinds, "products": leases["product"], "funding": leases["funding"],
        "tenants": [tenant_kind(*pair) for pair in zip(leases["tenant_class"], leases["credit"], strict=True)],
        "quarters": leases["signed"].map(quarter), "it_mw": leases["it_mw"],
        "rent": leases["rent_usd_m_per_mw_year"], "term": leases["term_years"],
    })[list(DEALS)]  # fmt: skip


def named_kinds(tables: Tables, by: str = "firm") -> dict[str, str]:
    """Kind of each named firm of the end of 2024 by name or ticker."""
    firms = tables.firms_2024
    rows = zip(firms[by], firms["energised_mw"], firms["listed"], strict=True)
    return {str(name): firm_kind(_size(float(mw)), bool(listed)) for name, mw, listed in rows}


def _size(mw: float) -> str:
    return next((size for limit, size in SIZE_LIMITS if mw < limit), "mega")


def simulated_deals(
    contracts: pd.DataFrame, firms: pd.DataFrame, named: dict[str, str], first: str, last: str
) -> pd.DataFrame:
    """The leases of one run signed in the months first..last as deals.

    ``contracts`` and ``firms`` are that run's tables. Firms in ``named`` have their kind from there, as the real
    ones; an invented firm is classed as it was in its first month.
    """
    new = contracts[(contracts["signed"] >= first) & (contracts["signed"] <= last)]
    origin = firms.sort_values("month", kind="stable").drop_duplicates("firm").set_index("firm")
    size, listed = origin["size"].to_dict(), origin["listed"].to_dict()
    return pd.DataFrame({
        "firm": new["firm"],
        "firms": [named.get(name) or firm_kind(size[name], listed[name]) for name in new["firm"]],
        "products": new["product"], "funding": new["funding"],
        "tenants": [tenant_kind(*pair) for pair in zip(new["tenant_class"], new["credit"], strict=True)],
        "quarters": new["signed"].map(quarter), "it_mw": new["it_mw"],
        "rent": new["rent_usd_m_per_mw_year"], "term": new["term_months"] / 12,
    })[list(DEALS)]  # fmt: skip
