"""Firms of the Mesa reference: their double-entry books of a month, and the money they can put into projects."""

from __future__ import annotations

from typing import Any

import mesa
from mesa_choices import CLIENT, HOST, OWN, Decision, MonthView, decide

ASSETS = ("cash", "restricted", "receivables", "coins", "rigs", "sites", "halls", "gpus", "construction")
LIABILITIES = frozenset(("loans", "converts", "prepayments", "payables"))
FINANCIAL = frozenset(("cash", "restricted", "receivables")) | LIABILITIES
OPERATING = (
    "mining_revenue", "hosting_revenue", "ai_revenue", "gpu_revenue", "demand_response", "resale", "power_cost",
    "pool_fee", "other_cost", "site_cost", "hosting_fees", "overhead", "ai_cost", "carbon_cost", "excise", "duties",
    "penalties",
)  # fmt: skip
INCOME = (*OPERATING, "interest", "depreciation", "tax", "balance_only")
CORPORATE, COIN, RIG = range(3)
BUILDING, RUNNING = 1, 2
CLOUD = 2
WEAR_MONTHS = {"rigs": 48, "halls": 240, "gpus": 60}
GPU_LIFE_MONTHS = 60
CONVERT_COUPON = 0.01


class Lease:
    """A contract of a firm with a tenant, MW of critical IT; money in USD."""

    __slots__ = (
        "capex", "coupon", "delivered_mw", "escalator", "first", "gross_mw", "it_mw", "loan", "loan_limit", "product",
        "rent", "spent", "status", "term",
    )  # fmt: skip

    def __init__(self, **state: Any) -> None:
        for name, value in state.items():
            setattr(self, name, value)


class Firm(mesa.Agent):
    """A miner: sites it owns, sites where its rigs are hosted, leases, loans and books."""

    def __init__(self, model: Any, row: int, **state: Any) -> None:
        super().__init__(model)
        self.row = row
        self.__dict__.update(state)
        self.sites: list[Any] = []
        self.hosted_at: list[Any] = []
        self.leases: list[Lease] = []
        self.lines: dict[str, float] = {}

    # ------------------------------------------------------------------ books

    def post(self, line: str, sector: str, **changes: float) -> None:
        """Book changes of balances against an outside sector; what they do not balance is income of the line."""
        stock, outside, net = self.stock, self.model.outside[sector], 0.0
        for name, change in changes.items():
            stock[name] += change
            owes = name in LIABILITIES
            signed = -change if owes else change
            if name in FINANCIAL:
                outside[name] -= signed
                if name == "payables":
                    self.owed[sector] += change
                elif name == "receivables":
                    self.claims[sector] += change
                    self.fresh_claims[sector] += change
            net += signed
        self.lines[line] += net

    def bill(self, line: str, sector: str, amount: float) -> None:
        """A cost that becomes a payable."""
        if amount:
            self.post(line, sector, payables=amount)

    def claim(self, line: str, sector: str, amount: float) -> None:
        """Income that becomes a receivable."""
        if amount:
            self.post(line, sector, receivables=amount)

    def book_month(self) -> None:
        """All income and bills of the month."""
        self.lines = dict.fromkeys(INCOME, 0.0)
        self.fresh_claims = dict.fromkeys(self.claims, 0.0)
        self.connected = sum(site.connected for site in self.sites)
        self.mw_run = self.connected + sum(site.racks for site in self.hosted_at)
        self._mining()
        self._sites()
        self._rent()
        self._fixed_costs()
        self._debt_service()
        self._tax()

    def _mining(self) -> None:
        """Coins to whoever's rigs ran; variable cost of running them. Hosted rigs pay their host."""
        model, p, now = self.model, self.model.p, self.model.now
        ehs = mwh = excise = carbon = fees = 0.0
        for site in self.sites:
            if site.miner == self.row:
                ehs += site.ehs
                mwh += site.mwh
                excise += site.mwh * site.region.excise
                carbon += site.mwh * site.region.carbon_cost
            carbon += (site.cloud_mw + site.legacy_gpu) * model.hours * site.region.carbon_cost
        for site in self.hosted_at:
            ehs += site.ehs
            mwh += site.mwh
            excise += site.mwh * site.region.excise
            carbon += site.mwh * site.region.carbon_cost
            fees += site.power_cost
        coins = ehs / now.hashrate * now.coins
        self.coins_btc += coins
        self.coins_mined = coins
        revenue = coins * now.btc_price
        if revenue:
            self.post("mining_revenue", "vendors", coins=revenue)
        self.bill("pool_fee", "vendors", p.bitcoin.pool_fee * revenue)
        self.bill("other_cost", "vendors", mwh * p.power.other_cost_usd_per_mwh * now.inflation)
        self.bill("hosting_fees", "clearing", fees)
        self.bill("carbon_cost", "governments", carbon)
        self.bill("excise", "governments", excise)

    def _sites(self) -> None:
        """The utility's bill, hosting and resale income, programmes, running cost and duties of own sites."""
        p, now = self.model.p, self.model.now
        power = hosting = resale = programme = racks = duty = 0.0
        for site in self.sites:
            region = site.region
            if site.miner == self.row:
                power += site.power_cost
            else:
                hosting += site.power_cost
                power += site.mwh * (site.supply * now.inflation + region.tariff)
            resale += site.resale
            programme += site.mw * region.programme
            racks += site.racks * site.staffed()
            if site.connected >= region.large_load:
                duty += site.connected * region.duty
        self.bill("power_cost", "utilities", power)
        self.claim("hosting_revenue", "clearing", hosting)
        self.claim("resale", "utilities", resale)
        self.claim("demand_response", "utilities", programme * p.power.demand_response_scale / 12)
        self.bill("site_cost", "vendors", racks * p.power.site_cost_usd_per_mw_year * now.inflation / 12)
        self.bill("duties", "governments", duty / 12)

    def _rent(self) -> None:
        """Rent of delivered capacity less penalties for outages; prepaid rent is credited; old GPUs earn a little."""
        model, a = self.model, self.model.p.ai
        missed = (1.0 - a.sla_availability) * (1.0 - a.downtime_reduction)
        leased = rented = fines = cost = mw = 0.0
        for lease in self.leases:
            if lease.delivered_mw <= 0.0:
                continue
            years = max(model.month - lease.first, 0) / 12
            rent = lease.delivered_mw * lease.rent * (1.0 + lease.escalator) ** years / 12 * (1.0 - missed)
            cloud = lease.product == CLOUD
            if cloud:
                rented += rent
            else:
                leased += rent
            fines += min(rent * missed * a.outage_penalty_share, rent)
            cost += rent * (1.0 - (a.cloud_margin if cloud else a.colocation_margin))
            mw += lease.delivered_mw
        self.claim("ai_revenue", "tenants", leased)
        self.claim("gpu_revenue", "tenants", rented)
        self.claim("penalties", "tenants", -fines)
        credited = min(self.stock["prepayments"], a.cloud_prepayment_share * rented)
        if credited:
            self.post("balance_only", "tenants", receivables=-credited, prepayments=-credited)
        self.bill("ai_cost", "vendors", cost)
        self.bill("duties", "governments", a.compliance_cost_usd_per_mw_year * mw / 12)
        self._legacy_gpus()

    def _legacy_gpus(self) -> None:
        a = self.model.p.ai
        index = self.model.now.gpu_rent / a.gpu_rent_usd_per_hour
        mine = [site for site in self.sites if site.miner == self.row and site.legacy_gpu]
        mine += [site for site in self.hosted_at if site.legacy_gpu]
        it_mw = sum(site.legacy_gpu for site in mine) / a.gross_per_it
        revenue = it_mw * a.legacy_gpu_revenue_usd_m_per_mw_year * 1e6 * index / 12
        self.claim("gpu_revenue", "tenants", revenue)
        self.bill("ai_cost", "vendors", 0.4 * revenue)
        for site in mine:
            site.legacy_gpu *= 1.0 - 1.0 / GPU_LIFE_MONTHS

    def overhead(self) -> float:
        """Corporate overhead of a month; grows less than in proportion to the MW a firm runs."""
        f = self.model.p.finance
        full = (f.overhead_usd_m_listed if self.listed else f.overhead_usd_m_private) * 1e6
        full *= self.mw_run**f.overhead_exponent * self.model.now.inflation / 12
        if not self.mw_run:
            return full
        used = sum(site.mw for site in self.sites if site.miner == self.row) + sum(site.mw for site in self.hosted_at)
        used += sum(site.ai_gross + site.ai_building + site.legacy_gpu for site in self.sites)
        standby = self.model.p.power.standby_cost_share
        return full * (standby + (1.0 - standby) * min(used / (0.5 * self.mw_run), 1.0))

    def _fixed_costs(self) -> None:
        self.bill("overhead", "vendors", self.overhead())
        for asset, months in WEAR_MONTHS.items():
            if self.stock[asset]:
                self.post("depreciation", "vendors", **{asset: -self.stock[asset] / months})

    def _debt_service(self) -> None:
        """Interest and repayments fall due; what matures is rolled over in part while lenders are willing."""
        model, stock = self.model, self.stock
        for balance, coupon in zip(self.balance, self.coupon, strict=True):
            self.bill("interest", "banks", balance * coupon / 12)
        self.bill("interest", "households", stock["converts"] * CONVERT_COUPON / 12)
        self._project_loans()
        for kind in (COIN, RIG):
            self._repay(kind, self.balance[kind] / max(self.maturity[kind] - model.month, 1))
        matured = self.maturity[CORPORATE] <= model.month and self.balance[CORPORATE] > 0.0
        if matured or self.convert_maturity == model.month:
            self._roll_over(matured, model.p.finance.refinancing_share if self.refinanced() else 0.0)

    def _roll_over(self, bonds: bool, rolled: float) -> None:
        """Bonds or converts that mature: a part is rolled over, the rest falls due."""
        now, month = self.model.now, self.model.month
        if bonds:
            self._repay(CORPORATE, self.balance[CORPORATE] * (1.0 - rolled))
            self.maturity[CORPORATE] = month + 36
            self.coupon[CORPORATE] = now.base_rate + now.spread_shock + self.model.p.finance.spread_corporate
        if self.convert_maturity == month:
            paid = self.stock["converts"] * (1.0 - rolled)
            self.post("balance_only", "households", converts=-paid, payables=paid)
            self.convert_maturity += 60

    def _project_loans(self) -> None:
        """Level payments over what is left of the lease once all is delivered, interest before."""
        due = repaid = 0.0
        for lease in self.leases:
            if lease.delivered_mw <= 0.0 or lease.loan <= 0.0:
                continue
            interest = lease.loan * lease.coupon / 12
            due += interest
            if lease.status == RUNNING:
                left = max(lease.first + lease.term - self.model.month, 1)
                rate = lease.coupon / 12
                payment = lease.loan / annuity(rate, left) if left > 1 else lease.loan + interest
                part = min(max(payment - interest, 0.0), lease.loan)
                lease.loan -= part
                repaid += part
        self.bill("interest", "banks", due)
        if repaid:
            self.post("balance_only", "banks", loans=-repaid, payables=repaid)

    def _repay(self, kind: int, amount: float) -> None:
        if amount:
            self.balance[kind] -= amount
            self.post("balance_only", "banks", loans=-amount, payables=amount)

    def refinanced(self) -> bool:
        """Whether lenders roll over: debt within the covenant multiple of EBITDA, or covered by assets."""
        f, debt = self.model.p.finance, self.debt()
        within = debt <= f.debt_ebitda_covenant * max(self.mining_ebitda_12m + self.contracted_ebitda(), 0.0)
        return (within or self.equity() > 0.5 * debt) and self.model.now.ltc_factor > 0.5

    def _tax(self) -> None:
        """Tax on the month's income after earlier losses."""
        lines = self.lines
        income = sum([lines[name] for name in OPERATING]) + lines["interest"] + lines["depreciation"]
        usable = min(self.tax_losses, max(income, 0.0))
        self.tax_losses += max(-income, 0.0) - usable
        self.bill("tax", "governments", max(income - usable, 0.0) * self.model.p.finance.tax_rate)
        due = sum([owed for owed in self.owed.values() if owed > 0.0])
        self.monthly_costs = 0.7 * self.monthly_costs + 0.3 * due

    # ------------------------------------------------------------------ money for projects

    def debt(self) -> float:
        return self.stock["loans"] + self.stock["converts"]

    def equity(self) -> float:
        stock = self.stock
        return sum([stock[name] for name in ASSETS]) - sum([stock[name] for name in LIABILITIES])

    def contracted_ebitda(self) -> float:
        """Yearly AI income of the leases, what is not yet delivered counted half."""
        a, total = self.model.p.ai, 0.0
        for lease in self.leases:
            margin = a.cloud_margin if lease.product == CLOUD else a.colocation_margin
            mw = lease.delivered_mw + 0.5 * (lease.it_mw - lease.delivered_mw)
            total += mw * lease.rent * margin
        return total

    @property
    def access(self) -> float:
        """To new shares: a firm that is not listed has a part of it."""
        return 1.0 if self.listed else self.model.p.finance.private_equity_scale

    def issue_room(self) -> float:
        """Shares that can still be sold, USD: a part of the firm's value a year."""
        f, multiple = self.model.p.finance, self.model.now.multiple
        operations = max(self.contracted_ebitda(), 0.0) * f.ai_ebitda_multiple * multiple
        operations += max(self.mining_ebitda_12m, 0.0) * f.mining_ebitda_multiple * multiple
        value = max(operations + self.connected * f.connected_mw_value_usd_m * 1e6 - self.debt(), 0.0)
        return max(value * f.equity_issue_share_per_year * self.access - self.issued_12m, 0.0)

    def own_funds(self) -> float:
        """Cash above the reserve, half of the coins and new shares, less what signed leases still need."""
        stock = self.stock
        cash = max(stock["cash"] - self.model.p.finance.target_cash_months * self.monthly_costs, 0.0)
        need = 0.0
        for lease in self.leases:
            if lease.status == BUILDING:
                undrawn = max(lease.loan_limit - lease.loan, 0.0)
                need += max(max(lease.capex - lease.spent, 0.0) - undrawn, 0.0)
        committed = max(need - stock["restricted"], 0.0)
        return max(cash + 0.5 * stock["coins"] + self.issue_room() - committed, 0.0)

    # ------------------------------------------------------------------ review

    def review(self, view: MonthView) -> list[Decision]:
        """Value what could be done with each own site and each site where rigs are hosted, and choose."""
        cases = [(site, HOST if site.miner not in (self.row, -1) else OWN) for site in self.sites]
        cases += [(site, CLIENT) for site in self.hosted_at]
        if not cases:
            return []
        self.own_per_case = self.own_funds() / len(cases)
        self.free_site = self._cheapest_free_site()
        return [decide(view, self, site, role) for site, role in cases]

    def _cheapest_free_site(self) -> Any:
        """The own site with an empty powered rack where a MWh costs least, or None."""
        free = [
            site
            for site in self.sites
            if site.miner == self.row and site.free_racks > 0.5 and site.region.hashing_allowed > 0.99
        ]
        return min(free, key=lambda site: site.price_per_mwh, default=None)


def annuity(rate: float, periods: float) -> float:
    """Present value of 1 at the end of each period."""
    return (1.0 - (1.0 + rate) ** -periods) / rate if rate else periods
