"""The books: every money movement of the sector, with both its sides.

A posting changes stocks of firms (arrays (R, F), USD) and the mirror holdings of one outside sector, so each
financial instrument sums to zero over firms and outside sectors by construction, and a firm's equity moves by
exactly what its income statement says. Real assets (coins, rigs, sites, halls, GPUs, construction) have no
counterparty.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sim.arrays import Array, Index, Rows
from sim.kernels import accounts

ASSETS = (
    "cash", "restricted", "receivables", "coins", "rigs", "sites", "halls", "gpus", "construction",
)  # fmt: skip
LIABILITIES = ("loans", "converts", "prepayments", "payables")
FINANCIAL = ("cash", "restricted", "receivables", *LIABILITIES)
SECTORS = (
    "households", "banks", "vendors", "utilities", "governments", "developers", "tenants", "clearing",
)  # fmt: skip
KINDS = ("transaction", "revaluation", "writeoff")

REVENUE = ("mining_revenue", "hosting_revenue", "ai_revenue", "gpu_revenue", "demand_response", "resale")
COSTS = (
    "power_cost", "pool_fee", "other_cost", "site_cost", "hosting_fees", "overhead", "ai_cost", "carbon_cost",
    "excise", "duties", "penalties",
)  # fmt: skip
BELOW_EBITDA = ("interest", "depreciation", "tax", "gains", "defaults", "restructuring")
CAPITAL = ("opening", "equity_issue", "liquidation", "balance_only")
LINES = REVENUE + COSTS + BELOW_EBITDA + CAPITAL


@dataclass
class Books:
    """Stocks, the month's movements and the month's income statement of every firm.

    ``stock[name]`` (R, F) USD; ``outside[name]`` (R, sectors) USD, assets positive, debts negative;
    ``lines[name]`` (R, F) this month, income positive;
    ``owed[sector]`` (R, F) the part of payables due to each outside sector, ``claims[sector]`` the receivables
    from it, ``fresh_claims[sector]`` those that arose this month. "clearing" stands between firms of the sector
    (hosting fees, auctions): what one pays in another is paid out, and what stays unpaid is lost there.

    Where ``traced``, the books also keep what the laws look at: ``opening[name]`` stocks, ``moved[kind][name]``
    (R, F) this month and ``gross`` (R, F), the sum of all movements without their signs.
    """

    runs: int
    firms: int
    traced: bool = True
    stock: dict[str, Array] = field(init=False)
    outside: dict[str, Array] = field(init=False)
    opening: dict[str, Array] = field(init=False)
    moved: dict[str, dict[str, Array]] = field(init=False)
    lines: dict[str, Array] = field(init=False)
    owed: dict[str, Array] = field(init=False)
    claims: dict[str, Array] = field(init=False)
    fresh_claims: dict[str, Array] = field(init=False)
    gross: Array = field(init=False)
    _net: Array = field(init=False, repr=False)  # of the posting at hand

    def __post_init__(self) -> None:
        shape = (self.runs, self.firms)
        self.stock = {name: np.zeros(shape) for name in (*ASSETS, *LIABILITIES)}
        self.outside = {name: np.zeros((self.runs, len(SECTORS))) for name in FINANCIAL}
        self.owed = {sector: np.zeros(shape) for sector in SECTORS}
        self.claims = {sector: np.zeros(shape) for sector in SECTORS}
        self.fresh_claims = {sector: np.zeros(shape) for sector in SECTORS}
        self.lines = {name: np.zeros(shape) for name in LINES}
        traced = self.stock if self.traced else ()
        self.moved = {kind: {name: np.zeros(shape) for name in traced} for kind in KINDS}
        self.gross, self._net = np.zeros(shape), np.zeros(shape)
        self.begin_month()

    def begin_month(self) -> None:
        """Clear the month's movements; where traced, remember the opening stocks."""
        self.opening = {name: values.copy() for name, values in self.stock.items() if self.traced}
        traces = (values for kind in self.moved.values() for values in kind.values())
        for values in (*self.lines.values(), *self.fresh_claims.values(), *traces, self.gross):
            values[:] = 0.0

    def post(self, line: str, sector: str, kind: str = "transaction", **changes: Array) -> None:
        """Book changes of stocks (R, F) against one outside sector.

        Assets and liabilities are both given as positive balances: buying a rig on credit is
        ``post("balance_only", "vendors", rigs=cost, payables=cost)``. What the changes do not balance among
        themselves is income of ``line`` (negative: a cost). Raises KeyError for an unknown name.
        """
        column, fresh = SECTORS.index(sector), len(changes) > 1
        net = self._net if fresh else self.lines[line]  # one change alone goes straight into the line
        for name, change in changes.items():
            change, owes, due = np.ascontiguousarray(change), name in LIABILITIES, self._due(name, sector)
            sign, outside = -1.0 if owes else 1.0, self.outside.get(name)
            if not accounts.move(self.stock[name], change, sign, due, net, fresh, outside, column):
                continue
            fresh = False
            if self.traced:
                self.moved[kind][name] += change
                self.gross += np.abs(change)
            if name == "receivables" and kind == "transaction":  # a write-off strikes what was due already
                self.fresh_claims[sector] += change
        if net is self._net and not fresh:
            self.lines[line] += net

    def _due(self, name: str, sector: str) -> Array | None:
        """The part of a stock that is between the firms and one outside sector (R, F), where that is told."""
        told = {"payables": self.owed, "receivables": self.claims}.get(name)
        return None if told is None else told[sector]

    def post_some(self, line: str, sector: str, at: Rows, kind: str = "transaction", **changes: Array) -> None:
        """As ``post`` for some firms ``at`` (n,), none of them twice: what many postings about few firms come to."""
        column, net = SECTORS.index(sector), np.zeros(len(at))
        for name, change in changes.items():
            if not change.any():
                continue
            sign, outside = -1.0 if name in LIABILITIES else 1.0, self.outside.get(name)
            accounts.move_some(self.stock[name], at.run, at.row, change, sign, net, outside, column)
            told = [self.moved[kind][name]] if self.traced else []
            if name == "payables":
                told.append(self.owed[sector])
            elif name == "receivables":
                told += [self.claims[sector], *([self.fresh_claims[sector]] if kind == "transaction" else [])]
            for values in told:
                values[at.run, at.row] += change
            if self.traced:
                self.gross[at.run, at.row] += np.abs(change)
        self.lines[line][at.run, at.row] += net

    def bill(self, line: str, sector: str, amount: Array) -> None:
        """A cost that falls due at the end of the month: it becomes a payable to ``sector``."""
        self.post(line, sector, payables=amount)

    def pay(self, fraction: Array) -> None:
        """Pay the same fraction (R, F) of what is owed to each outside sector, out of cash."""
        for sector, owed in self.owed.items():
            if not owed.any():
                continue
            due = fraction * owed
            self.post("balance_only", sector, payables=-due, cash=-due)

    def total(self, names: tuple[str, ...]) -> Array:
        """Sum of this month's lines (R, F)."""
        result = np.zeros((self.runs, self.firms))
        for name in names:
            result += self.lines[name]
        return result

    def collect(self) -> None:
        """What was earned in earlier months and is still due comes in."""
        for sector, claims in self.claims.items():
            if not claims.any():
                continue
            due = np.maximum(claims - np.maximum(self.fresh_claims[sector], 0.0), 0.0)
            self.post("balance_only", sector, receivables=-due, cash=due)

    def ebitda(self) -> Array:
        return self.total(REVENUE + COSTS)

    def equity(self, rows: Index | slice | tuple[Index, Index] = slice(None)) -> Array:
        """Assets less liabilities (R, F), USD; of all runs, of some, or of pairs of run and firm (n,)."""
        result = np.zeros_like(self.stock["cash"][rows])
        for name in ASSETS:
            result += self.stock[name][rows]
        for name in LIABILITIES:
            result -= self.stock[name][rows]
        return result
