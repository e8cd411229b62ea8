"""leases and tenants: the AI contracts counted in the published totals, and who is behind them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sim.tables.sources.common import Built, Row, add_months, basis_word, origin, read_rows, rounded

TICKERS = {"BTBT/WYFI": "BTBT", "": "BITZERO"}

# beginnings of customer names -> tenant code
CUSTOMERS = {
    "CoreWeave": "COREWEAVE",
    "Core42": "CORE42",
    "Fluidstack": "FLUIDSTACK",
    "Amazon": "AWS",
    "Microsoft": "MICROSOFT",
    "NVIDIA": "NVIDIA",
    "AMD": "AMD",
    "Nscale": "NSCALE",
    "Cerebras": "CEREBRAS",
    "OneQode": "ONEQODE",
    "Bell Canada": "BELL",
    "IG hyperscaler": "IG_UNDISCLOSED",
    "investment-grade": "IG_UNDISCLOSED",
    "undisclosed high investment-grade": "IG_UNDISCLOSED",
}

# values of a lease whose facts are silent, by product
GROSS_PER_IT = 1.42
TERM_YEARS = {"colocation": 12.0, "retrofit": 12.0, "gpu_cloud": 5.0}
RENT = {"colocation": 1.77, "retrofit": 1.24, "gpu_cloud": 9.7}
CAPEX = {"colocation": 10.5, "retrofit": 3.6, "gpu_cloud": 42.0}  # cloud: 29 GPUs + 13 hall
FIRST_MONTHS = {"colocation": 14, "retrofit": 5, "gpu_cloud": 14}
FULL_MONTHS = {"colocation": 24, "retrofit": 5, "gpu_cloud": 24}
SLIP_MONTHS = 6  # "typical slippage 3-12" of the cost facts: new end of what should have been done by mid 2026
NOW = "2026-06"

# rows whose facts are cumulative over earlier rows of the same firm and tenant: the increment is a difference
CUMULATIVE = {("CORZ", "2024-10"), ("CORZ", "2025-02"), ("GLXY", "2025-08")}

# dates of the increment where the facts date the cumulative contract
DATES = {
    ("CORZ", "2024-06"): ("2025-06", "2026-03"),  # 350 MW energised in 2026Q1
    ("CORZ", "2024-10"): ("2025-12", "2026-12"),
    ("CORZ", "2025-02"): ("2026-10", "2027-03"),  # after the 450 MW planned for the end of summer
    ("GLXY", "2025-03"): ("2026-04", "2026-09"),  # first hall in April 2026
    ("GLXY", "2025-08"): ("2027-03", "2028-12"),  # phases II and III
}

# tenant-funded halls: whole fit-out and the landlord's share of it
TENANT_FUNDED = {
    "CORZ": (5.5, 0.27),  # "customer pays most of about 5-6 per MW", own share 1.5
    "BITZERO": (10.5, 0.14),  # powered shell, about 1.5 of the fit-out
}

# capital cost the facts state only in part
CAPEX_OVERRIDES = {
    ("IREN", "2025-11"): 42.0,  # 29 GPUs + 13 hall
    ("IREN", "2026-05"): 30.3,  # 26.7 machines + 3.6 retrofit of an existing hall
}


def build_leases(facts: Path) -> Built:
    """One row per counted lease, increments only, so that `it_mw` sums to the published totals."""
    rows = [row for row in read_rows(facts / "ai_contracts.csv") if row["counts_in_total"] == "yes"]
    rows.sort(key=lambda row: (_ticker(row), row["announced"]))
    names = Counter(_name(row) for row in rows)
    used: Counter[str] = Counter()
    leases = []
    for number, row in enumerate(rows):
        name = _name(row)
        used[name] += 1
        suffix = chr(ord("a") + used[name] - 1) if names[name] > 1 else ""
        leases.append({"lease": name + suffix, **_lease(row, _earlier(rows[:number], row))})
    _spread_delivery(leases)
    for lease in leases:
        _slip(lease)
    return leases


def _ticker(row: Row) -> str:
    return TICKERS.get(row["ticker"], row["ticker"])


def _name(row: Row) -> str:
    return f"{_ticker(row)}-{row['announced'][:7]}"


def _earlier(rows: list[Row], row: Row) -> Row | None:
    """The row whose totals a cumulative row includes."""
    if (_ticker(row), row["announced"][:7]) not in CUMULATIVE:
        return None
    return [other for other in rows if other["ticker"] == row["ticker"]][-1]


def _lease(row: Row, earlier: Row | None) -> dict[str, object]:
    ticker, signed, kind = _ticker(row), row["announced"][:7], row["type"]
    product = "gpu_cloud" if "GPU cloud" in kind else "retrofit" if "retrofit" in kind else "colocation"
    filled: list[str] = []

    def known(name: str, value: float | None, fill: float) -> float:
        if value is None:
            filled.append(name)
        return rounded(fill if value is None else value)

    it_mw = float(row["incremental_it_mw"])
    term = known("term_years", _number(row["term_years"]), TERM_YEARS[product])
    rent = _increment(row, earlier, "total_value_usd_m")
    gross = None if earlier and not earlier["gross_mw"] else _increment(row, earlier, "gross_mw")
    whole, landlord_share = TENANT_FUNDED.get(ticker, (None, 1.0))
    capex = _number(row["capex_usd_m_per_mw"])
    capex = whole or CAPEX_OVERRIDES.get((ticker, signed), capex)
    first, full = _dates(row, product, filled)
    return {
        "ticker": ticker,
        "tenant": next(code for name, code in CUSTOMERS.items() if row["customer"].startswith(name)),
        "tenant_class": CLASSES.get(row["tenant_class"], "enterprise"),
        "credit": CREDITS[row["tenant_credit"]],
        "signed": signed,
        "region": row["region"],
        "it_mw": it_mw,
        "gross_mw": known("gross_mw", gross, GROSS_PER_IT * it_mw),
        "term_years": term,
        "rent_usd_m_per_mw_year": rounded(known("rent", rent and rent / term / it_mw, RENT[product]), 3),
        "prepayment_share": float(row["prepayment_share"] or 0.0),
        "first_delivery": first,
        "full_delivery": full,
        "product": product,
        "capex_usd_m_per_mw": known("capex", capex, CAPEX[product]),
        "landlord_share": landlord_share,
        "funding": "landlord" if landlord_share == 1.0 else "tenant",
        "delivered_it_mw_2026_06": float(row["delivered_it_mw_2026_06"] or 0.0),
        "filled": " ".join(filled),
        **origin(row, basis_word(row["incremental_basis"])),
    }


# classes and credit in our words; chip makers and start-ups lease like other enterprises
CLASSES = {"hyperscaler": "hyperscaler", "neocloud": "neocloud"}
CREDITS = {
    "investment grade": "investment_grade",
    "backstopped by investment grade": "backstopped",
    "speculative grade": "speculative",
    "state-backed parent, no guarantee stated": "speculative",
    "unrated": "unrated",
}


def _number(cell: str) -> float | None:
    return float(cell) if cell else None


def _increment(row: Row, earlier: Row | None, name: str) -> float | None:
    """The cell, less what an earlier row of a cumulative pair holds already."""
    value = _number(row[name])
    if value is None or earlier is None:
        return value
    return value - float(earlier[name])


def _dates(row: Row, product: str, filled: list[str]) -> tuple[str, str]:
    signed = row["announced"][:7]
    if (_ticker(row), signed) in DATES:
        filled.append("dates")
        return DATES[_ticker(row), signed]
    first, full = row["delivery_start"][:7], row["delivery_full"][:7]
    if not first:
        first = add_months(signed, FIRST_MONTHS[product])
        filled.append("first_delivery")
    if not full:
        delivered = row["delivered_it_mw_2026_06"] == row["incremental_it_mw"]
        full = first if delivered else max(add_months(signed, FULL_MONTHS[product]), first)
        filled.append("full_delivery")
    return first, full


def _spread_delivery(leases: Built) -> None:
    """Core Scientific's delivery stands on its last row in the facts: fill its rows in order of signing."""
    own = [lease for lease in leases if lease["ticker"] == "CORZ"]
    left = sum(_float(lease["delivered_it_mw_2026_06"]) for lease in own)
    for lease in own:
        lease["delivered_it_mw_2026_06"] = min(left, _float(lease["it_mw"]))
        left -= _float(lease["delivered_it_mw_2026_06"])


def _slip(lease: dict[str, object]) -> None:
    """What was to be complete by mid 2026 and is not, is complete some months later."""
    late = _float(lease["delivered_it_mw_2026_06"]) < _float(lease["it_mw"])
    if late and str(lease["full_delivery"]) <= NOW:
        lease["full_delivery"] = add_months(NOW, SLIP_MONTHS)
        lease["filled"] = f"{lease['filled']} full_delivery".strip()


def _float(value: object) -> float:
    assert isinstance(value, float)
    return value


@dataclass(frozen=True)
class Tenant:
    """A tenant beside what its leases say; `weight_mw` adds to signed MW for tenants known only in general."""

    name: str
    kind: str
    credit: str
    min_it_mw: float
    backstop_by: str = ""
    weight_mw: float = 0.0


# smallest blocks from the cost facts: 100 MW hyperscalers, 40 neoclouds, 5 enterprises, 25 the smallest
# lease of an investment-grade chip maker; three tenants without a lease stand for all the others
TENANTS = {
    "MICROSOFT": Tenant("Microsoft", "hyperscaler", "investment_grade", 100.0),
    "AWS": Tenant("Amazon Web Services", "hyperscaler", "investment_grade", 100.0),
    "GOOGLE": Tenant("Google", "hyperscaler", "investment_grade", 100.0, weight_mw=100.0),
    "IG_UNDISCLOSED": Tenant("Undisclosed investment-grade hyperscalers", "hyperscaler", "investment_grade", 70.0),
    "COREWEAVE": Tenant("CoreWeave", "neocloud", "speculative", 40.0),
    "FLUIDSTACK": Tenant("Fluidstack", "neocloud", "backstopped", 40.0, "GOOGLE"),
    "CORE42": Tenant("Core42 (G42)", "neocloud", "speculative", 40.0),
    "NSCALE": Tenant("Nscale", "neocloud", "unrated", 40.0),
    "ONEQODE": Tenant("OneQode", "neocloud", "unrated", 40.0),
    "NEOCLOUD_OTHER": Tenant("Other neoclouds", "neocloud", "unrated", 40.0, weight_mw=300.0),
    "NVIDIA": Tenant("NVIDIA", "enterprise", "investment_grade", 25.0),
    "AMD": Tenant("AMD", "enterprise", "investment_grade", 25.0),
    "CEREBRAS": Tenant("Cerebras", "enterprise", "unrated", 5.0),
    "BELL": Tenant("Bell Canada", "enterprise", "investment_grade", 5.0),
    "ENTERPRISE_OTHER": Tenant("Other enterprises", "enterprise", "unrated", 5.0, weight_mw=60.0),
}

# who the demand that reaches miners comes from: about the classes of all MW signed to mid 2026 (39, 58 and
# 3 %), leaning to neoclouds, which signed four fifths until the end of 2025
CLASS_SHARES = {"hyperscaler": 0.34, "neocloud": 0.62, "enterprise": 0.04}


def build_tenants(leases: Built) -> Built:
    """One row per tenant; demand within a class by MW signed."""
    weight = {code: tenant.weight_mw for code, tenant in TENANTS.items()}
    for lease in leases:
        weight[str(lease["tenant"])] += _float(lease["it_mw"])
    totals = Counter[str]()
    for code, tenant in TENANTS.items():
        totals[tenant.kind] += weight[code]  # type: ignore[assignment]
    shares = {
        code: round(CLASS_SHARES[tenant.kind] * weight[code] / totals[tenant.kind], 4)
        for code, tenant in TENANTS.items()
    }
    largest = max(shares, key=lambda code: shares[code])
    shares[largest] = round(shares[largest] + 1.0 - sum(shares.values()), 4)
    return [_tenant(code, tenant, shares[code]) for code, tenant in TENANTS.items()]


def _tenant(code: str, tenant: Tenant, share: float) -> dict[str, object]:
    generic = tenant.weight_mw > 0.0
    return {
        "tenant": code,
        "name": tenant.name,
        "class": tenant.kind,
        "credit": tenant.credit,
        "backstop_by": tenant.backstop_by,
        "min_it_mw": tenant.min_it_mw,
        "demand_share": share,
        "default_exposed": tenant.credit in ("speculative", "unrated"),
        "basis": "assumed" if generic else "estimated",
        "source": "no lease yet" if generic else "signed leases, see leases.csv",
        "confidence": "low" if generic else "medium",
    }
