"""Every column of every result table, declared once: unit, meaning, and how it adds up.

The declarations feed the Parquet metadata, the documentation and the checks. Months are ``YYYY-MM`` strings.
AI capacity is critical IT unless the name says gross; MW by use at a site are grid MW.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["key", "label", "stock", "flow", "level"]
Dtype = Literal["int64", "float64", "str", "bool"]
OVER_MONTHS = {"key": "", "label": "last", "stock": "last", "flow": "sum", "level": "mean"}


@dataclass(frozen=True)
class Column:
    """One column: ``kind`` says how it aggregates.

    A *flow* is a total of the month (months and firms add up), a *stock* stands at the month's end (firms add
    up, the last month counts), a *level* is a price, ratio or intensity (only a mean makes sense).
    """

    name: str
    unit: str
    text: str
    kind: Kind
    dtype: Dtype

    @property
    def over_months(self) -> str:
        """pandas aggregation over months: "sum", "last", "mean", or "" for a key."""
        return OVER_MONTHS[self.kind]

    @property
    def adds_up(self) -> bool:
        """Whether values of firms, classes or regions sum to the sector's."""
        return self.kind in ("stock", "flow")


def _key(name: str, text: str, dtype: Dtype = "str") -> Column:
    return Column(name, "", text, "key", dtype)


def _label(name: str, text: str, dtype: Dtype = "str") -> Column:
    return Column(name, "", text, "label", dtype)


def _stock(name: str, unit: str, text: str, dtype: Dtype = "float64") -> Column:
    return Column(name, unit, text, "stock", dtype)


def _flow(name: str, unit: str, text: str, dtype: Dtype = "float64") -> Column:
    return Column(name, unit, text, "flow", dtype)


def _level(name: str, unit: str, text: str) -> Column:
    return Column(name, unit, text, "level", "float64")


def _count(name: str, text: str) -> Column:
    """Firms of a kind at the month's end."""
    return _stock(name, "firms", text, "int64")


def _cases(name: str, text: str, unit: str = "firms") -> Column:
    """Things that happened in the month."""
    return _flow(name, unit, text, "int64")


RUN = _key("run", "Run number; run k draws the same random numbers in every scenario of a seed", "int64")
MONTH = _key("month", "Calendar month")

STRATEGY_COUNTS = (
    _count("firms_active", "Firms alive"),
    _count("firms_btc", "Firms with less than 10 % of power and of revenue in AI"),
    _count("firms_hybrid", "Firms with 10 to 90 % of power or revenue in AI"),
    _count("firms_ai", "Firms with more than 90 % of power or revenue in AI"),
)
MW_BY_USE = (
    _stock("connected_mw", "MW", "Grid connections in service"),
    _stock("pipeline_mw", "MW", "Dated grid connections to come"),
    _stock("hashing_mw", "MW", "Grid MW of powered racks for mining"),
    _stock("ai_gross_mw", "MW", "Grid MW of AI capacity in operation"),
    _stock("ai_building_mw", "MW", "Grid MW of AI capacity under construction on connected sites"),
    _stock("legacy_gpu_mw", "MW", "Grid MW of GPUs owned before the first lease"),
    _stock("idle_mw", "MW", "Connected grid MW without a use"),
    _stock("ai_contracted_mw", "MW", "Critical IT under lease, delivered or not"),
    _stock("ai_delivered_mw", "MW", "Critical IT delivered to tenants"),
)
REVENUE_BY_SOURCE = (
    _flow("mining_revenue_usd", "USD", "Coins mined, at the price of the month"),
    _flow("hosting_revenue_usd", "USD", "Fees of hosted rigs, from other firms of the sector"),
    _flow("ai_revenue_usd", "USD", "AI leases and GPUs"),
    _flow("gpu_revenue_usd", "USD", "Part of AI revenue that comes from own GPUs: cloud and legacy"),
    _flow("demand_response_revenue_usd", "USD", "Payments of demand-response and capacity programmes"),
    _flow("resale_revenue_usd", "USD", "Fixed-price power sold back in dear hours, above its contract price"),
)

SECTOR = (
    RUN,
    MONTH,
    _level("btc_price_usd", "USD", "Mean coin price"),
    _level("network_hashrate_ehs", "EH/s", "Mean network hashrate"),
    _level("hashprice_usd_per_ph_day", "USD/PH/day", "Subsidy and fees per unit of hashrate and day"),
    _level("difficulty", "1", "Expected hashes per block over 2^32"),
    _flow("blocks", "blocks", "Blocks found"),
    _level("block_subsidy_btc", "BTC/block", "New coins per block, mean of the month"),
    _flow("subsidy_btc", "BTC", "New coins"),
    _flow("fees_btc", "BTC", "Transaction fees"),
    _flow("coins_mined_btc", "BTC", "Subsidy and fees"),
    _level("fleet_efficiency_j_per_th", "J/TH", "Machine efficiency of the hashrate that ran"),
    _level("mining_power_gw", "GW", "Mean grid power of mining, site overhead included"),
    _flow("mining_energy_twh", "TWh", "Energy used by mining"),
    _flow("curtailed_mwh", "MWh", "Energy not used by rigs that stood ready"),
    _flow("emissions_mtco2", "Mt CO2", "Emissions of power for mining and AI, at regional grid averages"),
    _level("asic_price_usd_per_th", "USD/TH", "Price of the newest rig on sale"),
    *STRATEGY_COUNTS,
    _cases("exits", "Firms closed or liquidated"),
    _cases("entries", "New firms"),
    _cases("restructurings", "Firms that went on after creditors took a loss"),
    _cases("acquisitions", "Firms bought by another"),
    _cases("left_mining_for_ai", "Firms that switched off their last rig and live on AI"),
    _count("listed_in_distress", "Listed firms with overdue payables, negative equity or restructured within a year"),
    _cases("exits_small", "Exits of firms below 10 MW at start or entry"),
    _cases("exits_medium", "Exits of firms of 10 to 100 MW at start or entry"),
    _cases("exits_large", "Exits of firms of 100 to 500 MW at start or entry"),
    _cases("exits_mega", "Exits of firms above 500 MW at start or entry"),
    _level("hhi_hashrate", "0-1", "Herfindahl index of hashrate by owner"),
    _level("hhi_ai_mw", "0-1", "Herfindahl index of contracted AI MW by landlord"),
    _level("top_share_hashrate", "0-1", "Largest owner's share of hashrate"),
    _stock("ai_demand_mw", "MW", "Critical IT that tenants want from all suppliers by their look-ahead date"),
    _stock("ai_outside_supply_mw", "MW", "Critical IT of developers who are not miners"),
    _stock("ai_offered_mw", "MW", "Critical IT that miners offered in the month's tenders"),
    _stock("ai_contracted_mw", "MW", "Critical IT leased from miners, delivered or not"),
    _stock("ai_gross_mw", "MW", "Grid MW of AI capacity in operation"),
    _stock("ai_under_construction_mw", "MW", "Critical IT leased and not yet delivered"),
    _stock("ai_delivered_mw", "MW", "Critical IT delivered by miners"),
    _level("ai_rent_usd_m_per_mw_year", "M USD/MW/year", "Rent of new colocation leases per critical IT MW"),
    _level("gpu_rent_usd_per_hour", "USD/h", "Rent of a current GPU"),
    _flow("mining_revenue_usd", "USD", "Coins mined, at the price of the month"),
    _flow("ai_revenue_usd", "USD", "AI leases and GPUs"),
    _flow("demand_response_revenue_usd", "USD", "Payments of demand-response and capacity programmes"),
    _flow("resale_revenue_usd", "USD", "Fixed-price power sold back in dear hours, above its contract price"),
    _flow("power_cost_usd", "USD", "Power bills of mining and of AI where the miner pays them"),
    _level("mean_power_price_usd_per_mwh", "USD/MWh", "Power cost of mining per MWh used"),
    _flow("ebitda_usd", "USD", "Revenue less operating cost"),
    _flow("interest_usd", "USD", "Interest due"),
    _flow("taxes_usd", "USD", "Profit tax, mining excise and duties on large loads"),
    _flow("carbon_cost_usd", "USD", "Carbon price paid"),
    _stock("cash_usd", "USD", "Cash, construction cash included"),
    _stock("debt_usd", "USD", "Loans and convertible notes"),
    _stock("treasury_btc", "BTC", "Coins held"),
)

CLASSES = (
    RUN,
    MONTH,
    _key("size", "Size class by connected MW at start or entry: small, medium, large, mega"),
    *STRATEGY_COUNTS,
    _count("firms_ever", "Firms of the class at the start, and all that entered since"),
    _cases("exits", "Firms closed or liquidated"),
    _cases("entries", "New firms"),
    _level("hashrate_ehs", "EH/s", "Mean hashrate of own rigs"),
    *MW_BY_USE,
    *REVENUE_BY_SOURCE,
    _flow("ebitda_usd", "USD", "Revenue less operating cost"),
    _stock("cash_usd", "USD", "Cash, construction cash included"),
    _stock("debt_usd", "USD", "Loans and convertible notes"),
)

FIRMS = (
    RUN,
    MONTH,
    _key("firm", "Name of the firm"),
    _label("size", "Size class by connected MW at start or entry"),
    _label("listed", "Whether shares are traded", "bool"),
    _label("region", "Home region"),
    _label("strategy", "What the firm is: BTC, HYBRID, AI or EXITED"),
    _label("announced_strategy", "What the firm says it is"),
    _label("alive", "Whether the firm exists", "bool"),
    _label("in_distress", "Payables overdue, debts above assets, or restructured within 12 months", "bool"),
    _level("hashrate_ehs", "EH/s", "Mean hashrate of own rigs"),
    *MW_BY_USE,
    *REVENUE_BY_SOURCE,
    _flow("power_cost_usd", "USD", "Power bill"),
    _flow("hosting_fees_usd", "USD", "Fees paid to hosts"),
    _flow("pool_fee_usd", "USD", "Fee of the mining pool"),
    _flow("other_cost_usd", "USD", "Variable cost of mining beside power"),
    _flow("site_cost_usd", "USD", "Running cost of sites"),
    _flow("ai_cost_usd", "USD", "Operating cost of AI halls and GPUs"),
    _flow("overhead_usd", "USD", "Fixed overhead"),
    _flow("carbon_cost_usd", "USD", "Carbon price paid"),
    _flow("excise_usd", "USD", "Excise on power for mining"),
    _flow("duties_usd", "USD", "Duties on large loads"),
    _flow("penalties_usd", "USD", "Rent lost by missed availability"),
    _flow("ebitda_usd", "USD", "Revenue less operating cost"),
    _flow("interest_usd", "USD", "Interest due"),
    _flow("depreciation_usd", "USD", "Depreciation of rigs, halls, GPUs and sites"),
    _flow("tax_usd", "USD", "Profit tax"),
    _stock("coins_btc", "BTC", "Coins held"),
    _stock("cash_usd", "USD", "Cash, construction cash included"),
    _stock("receivables_usd", "USD", "Due from tenants and other firms"),
    _stock("coins_usd", "USD", "Coins held, at market"),
    _stock("rigs_usd", "USD", "Mining rigs"),
    _stock("sites_usd", "USD", "Sites and connections"),
    _stock("halls_usd", "USD", "AI halls"),
    _stock("gpus_usd", "USD", "GPUs"),
    _stock("construction_usd", "USD", "Construction in progress"),
    _stock("loans_usd", "USD", "Loans of every kind"),
    _stock("converts_usd", "USD", "Convertible notes"),
    _stock("prepayments_usd", "USD", "Rent received ahead"),
    _stock("payables_usd", "USD", "Bills and taxes due"),
    _stock("equity_usd", "USD", "Assets less liabilities"),
)

FLEET = (
    RUN,
    MONTH,
    _key("firm", "Owner of the rigs"),
    _key("generation", "Generation of rigs"),
    _label("released", "Month from which the generation ships"),
    _level("j_per_th", "J/TH", "Efficiency of its machines"),
    _stock("installed_ehs", "EH/s", "Hashrate of all its rigs at own and others' sites, running or not"),
    _stock("installed_mw", "MW", "Power of these rigs at the plug, site overhead included"),
    _stock("off_mw", "MW", "Part of it that stood still in the month, by hours"),
)

REGIONS = (
    RUN,
    MONTH,
    _key("region", "Code of the region"),
    _level("power_price_usd_per_mwh", "USD/MWh", "Mean price of power at the region's market"),
    _level("reserve_margin", "share", "Firm supply over peak load, less one"),
    _stock("peak_load_mw", "MW", "Peak load of the region"),
    _stock("headroom_mw", "MW", "Large loads that the grid operator may still admit"),
    _level("wait_months", "months", "Wait of a new large load for its connection"),
    _level("hashrate_ehs", "EH/s", "Mean hashrate at sites of the region"),
    _level("mining_power_mw", "MW", "Mean grid power of mining"),
    *MW_BY_USE,
    _flow("curtailed_mwh", "MWh", "Energy not used by rigs that stood ready"),
    _flow("emissions_mtco2", "Mt CO2", "Emissions of power for mining and AI"),
    _level("carbon_price_usd_per_t", "USD/t", "Carbon price in force"),
    _level("mining_excise_usd_per_mwh", "USD/MWh", "Excise on power for mining in force"),
    _level("mining_allowed_share", "share", "Part of hashing that a ban leaves"),
)

CONTRACTS = (
    RUN,
    _key("contract", "Number of the contract in its run", "int64"),
    _label("firm", "Landlord"),
    _label("tenant", "Tenant"),
    _label("tenant_class", "hyperscaler, neocloud or enterprise"),
    _label("credit", "Credit behind the rent: investment_grade, backstopped, speculative, unrated"),
    _label("backstop", "Who guarantees the rent, empty if nobody"),
    _label("product", "colocation, retrofit or gpu_cloud"),
    _label("region", "Code of the region"),
    _label("site", "Number of the site", "int64"),
    _stock("it_mw", "MW", "Critical IT"),
    _stock("gross_mw", "MW", "Grid MW"),
    _stock("delivered_mw", "MW", "Critical IT delivered by the last month of the run"),
    _level("rent_usd_m_per_mw_year", "M USD/MW/year", "Rent at signing per critical IT MW"),
    _level("escalator_per_year", "1/year", "Yearly rise of the rent"),
    _level("term_months", "months", "Term from delivery"),
    _label("funding", "landlord or tenant: who pays the fit-out"),
    _stock("capex_usd", "USD", "Cost of the landlord's part"),
    _label("signed", "Month of signing; before the start for contracts the run begins with"),
    _label("delivered", "Month of full delivery, as planned or reached"),
    _label("ended", "Month of the end, empty while in force"),
    _label("end_reason", "Why it ended, empty while in force"),
)

EVENTS = (
    RUN,
    MONTH,
    _label("kind", "exit, entry, restructuring, acquisition, auction, tenant_default, ban, shock, measure, ..."),
    _label("firm", "Firm concerned, empty if none"),
    _label("size", "Its size class, empty if none"),
    _label("region", "Region concerned, empty if none"),
    _label("detail", "The rest in words"),
    _flow("mw", "MW", "Grid MW concerned"),
    _flow("value_usd", "USD", "Money concerned"),
)

DECISIONS = (
    RUN,
    MONTH,
    _key("firm", "Firm that decided"),
    _key("site", "Number of the site", "int64"),
    _label("role", "owner of site and rigs, host of others' rigs, or client with rigs at a host"),
    _label("rule", "Rule by which it decided"),
    _stock("connected_mw", "MW", "Connected grid MW of the site"),
    _label("choice", "What it chose"),
    _level("value_usd_m_per_mw", "M USD/MW", "Value of the choice per grid MW above holding, as the rule saw it"),
    _stock("mw", "MW", "Size of the choice: critical IT MW let or offered, else grid MW of rigs or of the site left"),
    _level("equity_return", "1/year", "Yearly cash on the equity part of the choice, empty where none is put in"),
    _label("runner_up", "The next best option that passed its gates, empty if none"),
    _level("runner_up_value_usd_m_per_mw", "M USD/MW", "Value of the next best option"),
    _level("hashing_return", "1/year", "Yearly margin of the rigs there, less the site's fixed cost, over what rigs "
           "and connection would fetch; empty without rigs"),
    _level("reluctance_usd_m_per_mw", "M USD/MW", "What the firm asks for before leaving mining"),
    _level("inertia_usd_m_per_mw", "M USD/MW", "Advantage that any change must bring"),
    _label("best_ai", "The AI option that got furthest through the gates, of equals the most valuable"),
    _label("best_ai_gate", "The gate that closed it, or open"),
    _level("best_ai_value_usd_m_per_mw", "M USD/MW", "Its value per grid MW above holding"),
    _stock("best_ai_it_mw", "MW", "Critical IT MW of it that site and money allow"),
    _stock("best_ai_minimum_mw", "MW", "Least critical IT MW its tenants take, empty without a tenant"),
    _level("best_ai_equity_return", "1/year", "Yearly cash on its equity part, less the mining margin given up"),
    _level("best_ai_payback_years", "years", "Years until its equity part is back, empty if never"),
    _label("gate", "The gates that closed the others, as option:gate, separated by spaces"),
    _label("outcome", "What an AI choice came to in the tender: leased or no tenant; empty for other choices"),
    _label("tenant", "Tenant of the lease, empty if none"),
)

ERRORS = (
    _key("run", "Run that failed", "int64"),
    _label("error", "What went wrong, in one line"),
    _label("traceback", "Where"),
)

TABLES: dict[str, tuple[Column, ...]] = {
    "sector": SECTOR,
    "classes": CLASSES,
    "firms": FIRMS,
    "fleet": FLEET,
    "regions": REGIONS,
    "contracts": CONTRACTS,
    "events": EVENTS,
    "decisions": DECISIONS,
    "errors": ERRORS,
}


def columns(table: str) -> dict[str, Column]:
    """The columns of a table by name. Raises KeyError for an unknown table."""
    return {column.name: column for column in TABLES[table]}


def keys(table: str) -> list[str]:
    """Names of the columns that identify a row."""
    return [column.name for column in TABLES[table] if column.kind == "key"]


def empty(table: str) -> pd.DataFrame:
    """A frame of the table's columns without rows."""
    return _blank(table).copy()


@lru_cache
def _blank(table: str) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({c.name: pd.Series(dtype=c.dtype) for c in TABLES[table]})


def problems(table: str, frame: pd.DataFrame) -> list[str]:
    """What is wrong with a frame that claims to be this table, one sentence each; empty if nothing is."""
    declared = columns(table)
    found = [
        *_named("lacks", table, (name for name in declared if name not in frame)),
        *_named("does not declare", table, (name for name in map(str, frame) if name not in declared)),
    ]
    for name in frame.columns.intersection(list(declared)):
        if str(frame[name].dtype) != declared[name].dtype:
            found.append(f"{table}.{name} is {frame[name].dtype}, declared {declared[name].dtype}")
        if frame[name].isna().any() and table == "sector":
            found.append(f"{table}.{name} has missing values")
    known = [name for name in keys(table) if name in frame]
    if known and table not in ("events", "decisions") and frame.duplicated(known).any():
        found.append(f"{table} has two rows with the same {', '.join(known)}")
    return found


def _named(verb: str, table: str, names: Iterable[str]) -> list[str]:
    return [f"{table} {verb} {name}" for name in names]
