"""The start: named firms from facts, a synthetic rest that fills the network, room for entrants.

Rows of firms: named, synthetic (largest first), entrants. Rows of sites: those of named firms, hosted
blocks of rigs (site owner and rig owner differ), synthetic sites, one site per entrant.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sim.arrays import Array, Index
from sim.errors import UserError
from sim.state import NEVER, SIZE_BOUNDS_MW, STRATEGIES, Firms, Rigs, Sites

if TYPE_CHECKING:
    from sim.sector import Sector
    from sim.tables.load import Table

RACK_SLACK = 1.04  # connected MW over MW of rigs at synthetic sites
LARGEST_RANKS = 4.0  # flattens the top of the rank-size rule: no private miner outgrows the listed ones
REALISED = 0.88  # operating over deployed hashrate of named firms (facts: MARA 2025-09, Riot 2025Q1)
PARETO_TAIL = 1.05  # firm sizes: heavy tail, exponent of Pareto's law (Cambridge survey: top decile most of it)
SMALLEST_GENERATION = 0.08  # of a synthetic fleet
VINTAGE_SPREAD = 0.9  # how much the age of fleets differs between firms
HOST_MARGIN = 9.0  # USD/MWh a host keeps of the hosting fee (facts: hosting 70-80, power 50-60 less services)
LOWEST_SUPPLY_USD_PER_MWH = 20.0  # no host buys power cheaper
SUITABILITY_SPREAD = 0.12  # of sites for AI around their region's (0 to 1)
SITES_BY_RANK = ((0.08, 6), (0.30, 3), (1.0, 1))  # share of synthetic firms, sites each


@dataclass
class Labels:
    """Names of rows, equal in all runs."""

    firms: list[str]
    sites: list[str]
    tenants: list[str]
    regions: list[str]
    generations: list[str]
    tickers: dict[str, int] = field(default_factory=dict)


@dataclass
class SiteRow:
    """A site row of a named firm while the start is put together."""

    owner: int
    miner: int
    region: int
    connected: float
    racks: float
    price: float
    supply: float
    name: str


def size_class(mw: Array) -> Index:
    """0 small < 10 MW, 1 medium < 100, 2 large < 500, 3 mega."""
    return np.searchsorted(SIZE_BOUNDS_MW, mw, side="right")


def named_site_rows(s: Sector, table: Table, index: dict[str, int]) -> list[SiteRow]:
    """Sites of named firms: energised MW by the firm's regional split; hosted rigs stand at their hosts."""
    rows: list[SiteRow] = []
    region_of = s.tables.regions.index("code")
    overhead = 1.05
    for i, ticker in enumerate(table["ticker"]):
        split = [part.split(":") for part in str(table["region_split"][i]).split(";") if part]
        price = float(table["power_price_usd_per_mwh"][i])
        hashing = float(table["operating_ehs"][i]) * float(table["fleet_j_per_th"][i]) * overhead
        hosted = float(table["hosted_share"][i])
        host = index.get(str(table["host_ticker"][i]), -1)
        hosts = float(table["hosts_mw"][i])
        own_mw = float(table["own_site_mw"][i]) - hosts  # what it hosts has a row of its own
        own_mw = max(own_mw, hashing * (1 - hosted) * 1.02)
        for code, part in split:
            region, share = region_of[code], float(part)
            if own_mw * share > 0.5:
                racks = hashing * (1 - hosted) * share * 1.02
                rows.append(SiteRow(i, i, region, own_mw * share, racks, price, price, f"{ticker} {code}"))
            if hashing * hosted * share > 0.5:
                mw = hashing * hosted * share * 1.02
                supply = max(price - HOST_MARGIN, LOWEST_SUPPLY_USD_PER_MWH)
                rows.append(SiteRow(host, i, region, mw, mw, price, supply, f"{ticker} at host {code}"))
        if hosts > 0:
            region = region_of[str(table["main_region"][i])]
            row = SiteRow(i, -1, region, hosts, hosts, price + HOST_MARGIN, price, f"{ticker} hosting")
            rows.append(row)
    return rows


def build_firms_and_sites(s: Sector) -> None:
    """Create firms and sites of every run; money and leases follow in ``opening``."""
    table = s.start_firms
    tickers = [str(t) for t in table["ticker"]] if table is not None else []
    index = {t: i for i, t in enumerate(tickers)}
    named_rows = named_site_rows(s, table, index) if table is not None else []
    named_rows += _campus_sites(s, named_rows, index)
    n_named, n_entrants = len(tickers), int(s.P.world.entrant_firms)
    n_synthetic = s.n_firms - n_named - n_entrants
    n_synthetic_sites = s.n_sites - len(named_rows) - n_entrants
    if n_synthetic < 20 or n_synthetic_sites < n_synthetic:
        raise UserError(
            f"world.firms = {s.n_firms} and world.sites = {s.n_sites} leave {n_synthetic} synthetic firms on "
            f"{n_synthetic_sites} sites: at least 20 firms and a site for each are needed; raise world.sites"
        )
    s.counts = {"named": n_named, "synthetic": n_synthetic, "entrants": n_entrants,
                "named_sites": len(named_rows), "synthetic_sites": n_synthetic_sites}  # fmt: skip
    names = [str(n) for n in table["firm"]] if table is not None else []
    names += [f"Private miner {k + 1:03d}" for k in range(n_synthetic)]
    names += [f"Entrant {k + 1:02d}" for k in range(n_entrants)]
    owner_of_synthetic = _site_owners(n_synthetic, n_synthetic_sites) + n_named
    site_names = [row.name for row in named_rows]
    site_names += [f"{names[o]} site {k + 1}" for k, o in enumerate(owner_of_synthetic)]
    site_names += [f"{names[n_named + n_synthetic + k]} site" for k in range(n_entrants)]
    s.labels = Labels(
        names, site_names, [str(t) for t in s.tables.tenants["name"]],
        [str(r) for r in s.tables.regions["code"]], s.generation_names, index,
    )  # fmt: skip
    s.firms = _blank_firms(s, n_named, n_synthetic)
    s.sites = _blank_sites(s)
    _fill_named_sites(s, named_rows, n_named, n_synthetic)
    synthetic = slice(len(named_rows), len(named_rows) + n_synthetic_sites)
    _fill_synthetic_sites(s, synthetic, owner_of_synthetic)
    entrants = np.arange(n_entrants)
    s.sites.region[:, synthetic.stop :] = entrants % s.n_regions
    usual = s.tables.regions["miner_price_usd_per_mwh"][entrants % s.n_regions]
    s.sites.contract[:, synthetic.stop :] = s.sites.supply[:, synthetic.stop :] = usual
    s.rigs = _blank_rigs(s)
    _fill_rigs(s, len(named_rows), synthetic, owner_of_synthetic)


def _campus_sites(s: Sector, rows: list[SiteRow], index: dict[str, int]) -> list[SiteRow]:
    """A site for what is to be built: in a lease's region for every firm that has leases there but no site of its
    own, and in the main region for every firm that has requests for power but only sites with others' rigs."""
    have = {(row.owner, row.region) for row in rows if row.owner == row.miner}
    extra: list[SiteRow] = []
    region_of = s.tables.regions.index("code")
    places = list(zip(s.start_leases["ticker"], s.start_leases["region"], strict=True))
    if s.start_firms is not None:
        owners = {owner for owner, _ in have} | {index.get(str(ticker), -1) for ticker, _ in places}
        requests = zip(*(s.start_firms[c] for c in ("ticker", "main_region", "pipeline_mw")), strict=True)
        places += [(t, code) for t, code, mw in requests if mw > 0 and index[str(t)] not in owners]
    for ticker, code in places:
        key = (index.get(str(ticker), -1), region_of[str(code)])
        if key[0] >= 0 and key not in have:
            have.add(key)
            price = float(s.tables.regions["miner_price_usd_per_mwh"][key[1]])
            extra.append(SiteRow(*key[:1], key[0], key[1], 0.0, 0.0, price, price, f"{ticker} {code}"))
    return extra


def _site_owners(firms: int, sites: int) -> Index:
    """Owner (from 0) of each synthetic site: large firms have several, every firm has one."""
    counts = np.ones(firms, dtype=np.int64)
    rank = (np.arange(firms) + 0.5) / firms
    wish = np.full(firms, SITES_BY_RANK[-1][1])
    for share, number in reversed(SITES_BY_RANK):
        wish[rank <= share] = number
    spare = sites - firms
    order = np.arange(firms)
    while spare > 0:
        room = order[counts < wish] if (counts < wish).any() else order
        take = room[:spare]
        counts[take] += 1
        spare -= len(take)
    return np.repeat(order, counts)


def _blank_firms(s: Sector, named: int, synthetic: int) -> Firms:
    shape = (s.n_runs, s.n_firms)

    def zeros() -> Array:
        return np.zeros(shape)

    def ints(value: int = 0) -> Index:
        return np.full(shape, value, dtype=np.int64)

    alive = np.zeros(shape, bool)
    alive[:, : named + synthetic] = True
    is_named = np.zeros(shape, bool)
    is_named[:, :named] = True
    listed = np.zeros(shape, bool)
    announced, coverage = ints(), zeros()
    if named:
        listed[:, :named] = s.start_firms["listed"] > 0
        announced[:, :named] = [["btc", "hybrid", "ai"].index(str(a)) for a in s.start_firms["announced_strategy"]]
        coverage[:, :named] = s.start_firms["data_coverage"]
    return Firms(
        alive=alive, listed=listed, named=is_named, home=ints(), size=ints(), entered=ints(-1),
        strategy=np.where(alive, 0, STRATEGIES.index("EXITED")), announced=announced, coins_btc=zeros(),
        reluctance=zeros(), review_phase=ints(), arrears=ints(), issued_12m=zeros(), tax_losses=zeros(),
        record=zeros(), restructured=ints(-NEVER),
        convert_maturity=ints(NEVER), exited=ints(0), coverage=coverage, hashprice_view=zeros(),
        mining_ebitda_12m=zeros(), ai_ebitda_12m=zeros(), mining_revenue_12m=zeros(), ai_revenue_12m=zeros(),
    )  # fmt: skip


def _blank_sites(s: Sector) -> Sites:
    shape = (s.n_runs, s.n_sites)

    def zeros() -> Array:
        return np.zeros(shape)

    def ints(value: int = 0) -> Index:
        return np.full(shape, value, dtype=np.int64)

    return Sites(
        owner=ints(-1), miner=ints(-1), region=ints(), connected=zeros(), pipeline=zeros(),
        pipeline_month=ints(NEVER), racks=zeros(), racks_ordered=zeros(), racks_month=ints(NEVER),
        fixed_share=zeros(), resale=zeros(), contract=zeros(), supply=zeros(),
        suitability=zeros(), hosting_end=ints(NEVER), ai_gross=zeros(), ai_building=zeros(), vacant=zeros(),
        legacy_gpu=zeros(), racks_leaving=zeros(), leaving_month=ints(NEVER),
    )  # fmt: skip


def _fill_named_sites(s: Sector, rows: list[SiteRow], named: int, synthetic: int) -> None:
    """Named sites; rigs of named firms at unnamed hosts, and unnamed rigs at named hosts, find a partner."""
    count = slice(0, len(rows))
    largest = named + np.arange(min(12, synthetic))  # the largest private firms act as hosts
    owner = np.array([r.owner if r.owner >= 0 else largest[k % len(largest)] for k, r in enumerate(rows)])
    clients = named + len(largest) + np.arange(max(1, synthetic // 4))
    miner = np.array([r.miner if r.miner >= 0 else clients[k % len(clients)] for k, r in enumerate(rows)])
    if not rows:
        return
    s.sites.owner[:, count] = owner
    s.sites.miner[:, count] = miner
    s.sites.region[:, count] = [r.region for r in rows]
    s.sites.connected[:, count] = [r.connected for r in rows]
    s.sites.racks[:, count] = [r.racks for r in rows]
    s.sites.contract[:, count] = [r.price for r in rows]
    s.sites.supply[:, count] = [r.supply for r in rows]
    hosted = owner != miner
    draw = s.streams.uniforms("hosting", (s.n_sites,))[:, count]
    s.sites.hosting_end[:, count] = np.where(hosted, (6 + 36 * draw).astype(np.int64), NEVER)
    _power_contracts(s, count)


def _power_contracts(s: Sector, where: slice) -> None:
    """Fixed share and resale rights; resale is common where there is an hourly market."""
    region = s.sites.region[:, where]
    market = s.region_market[region]  # chance of resale relative to the mean: 2 in ERCOT, 1 in other markets
    draw = s.streams.uniforms("resale", (s.n_sites,))[:, where]
    own = s.sites.owner[:, where] == s.sites.miner[:, where]
    s.sites.fixed_share[:, where] = np.where(own, s.P.power.fixed_price_share, 1.0)
    s.sites.resale[:, where] = (own & (draw < s.P.power.resale_share * market)).astype(np.float64)
    base = s.tables.regions["ai_suitability"][region]
    noise = s.streams.normals("suitability", (s.n_sites,))[:, where]
    s.sites.suitability[:, where] = np.clip(base + SUITABILITY_SPREAD * noise, 0.0, 1.0)


def _fill_synthetic_sites(s: Sector, where: slice, owner: Index) -> None:
    """Synthetic sites: region by the hashrate its named firms leave open, price around the region's."""
    s.sites.owner[:, where] = owner
    s.sites.miner[:, where] = owner
    open_share = np.cumsum(s.region_gap) / np.sum(s.region_gap)
    draw = s.streams.uniforms("synthetic_region", (s.n_sites,))[:, where]
    s.sites.region[:, where] = np.minimum(np.searchsorted(open_share, draw, side="right"), s.n_regions - 1)
    sd = s.P.power.contract_cost_sd
    noise = s.streams.normals("power_price", (s.n_sites,))[:, where]
    base = s.tables.regions["miner_price_usd_per_mwh"][s.sites.region[:, where]]
    s.sites.contract[:, where] = base * np.exp(sd * noise - 0.5 * sd**2)
    s.sites.supply[:, where] = s.sites.contract[:, where]
    _power_contracts(s, where)


def _blank_rigs(s: Sector) -> Rigs:
    shape = (s.n_runs, s.n_sites, len(s.generation_names))
    depth = int(s.P.rigs.shipping_months) + 1
    generations = (s.n_runs, len(s.generation_names))
    return Rigs(
        ehs=np.zeros(shape),
        ordered=np.zeros((depth, s.n_runs, s.n_sites, 2)),
        ordered_generation=np.zeros((depth, s.n_runs, 2), dtype=np.int64),
        j_per_th=s.generation_j.copy(),
        release=s.generation_release.copy(),
        price=np.zeros(generations),
        used=np.zeros(generations),
        capacity=np.repeat(s.P.rigs.capacity_mw_per_month[:, 0], 1).copy(),
        wanted_mw=np.zeros(s.n_runs),
        order_book=np.zeros(s.n_runs),
        dealers=np.zeros(generations),
        ordered_mw=np.zeros((s.n_runs, s.n_sites)),
        off=np.zeros(shape),
    )


def _fill_rigs(s: Sector, named_sites: int, synthetic: slice, owner: Index) -> None:
    """Named fleets at their published mean efficiency; the synthetic rest by the stated mix of generations."""
    overhead = s.P.power.mining_overhead
    if named_sites:
        miner = s.sites.miner[0, :named_sites]
        j = np.array([s.named_j[m] if m < len(s.named_j) else 21.0 for m in miner])
        mix = _mix_around(s.generation_j[0], s.fleet_share, j)
        mean_j = 1.0 / (mix / s.generation_j[0]).sum(axis=-1)
        ehs = s.sites.racks[:, :named_sites] / 1.02 / overhead / mean_j / REALISED
        weight = mix / s.generation_j[0]
        weight = weight / weight.sum(axis=-1, keepdims=True)
        s.rigs.ehs[:, :named_sites] = ehs[:, :, None] * weight
        s.sites.racks[:, :named_sites] /= REALISED
    _fill_synthetic_rigs(s, synthetic, owner)


def _mix_around(j: Array, share: Array, target: Array) -> Array:
    """MW mix over generations (n, G) with fleet efficiency near ``target``: a bell in ln J/TH on the known mix."""
    known = share > 0
    distance = np.log(j)[None, :] - np.log(target)[:, None]
    weight = np.where(known, np.exp(-0.5 * (distance / 0.18) ** 2), 0.0) + np.where(known, 1e-12, 0.0)
    return weight / weight.sum(axis=-1, keepdims=True)


def _fill_synthetic_rigs(s: Sector, where: slice, owner: Index) -> None:
    """Heavy-tailed sizes; per region scaled to its open hashrate, the whole to the network (in ``opening``)."""
    firms = len(np.unique(owner))
    rank = np.arange(firms) + 0.5
    noise = s.streams.normals("firm_size", (s.n_firms,))[:, :firms]
    weight = (firms / (rank + LARGEST_RANKS)) ** (1 / PARETO_TAIL) * np.exp(0.3 * noise)
    first = owner - owner.min()
    per_firm = np.bincount(first, minlength=firms)
    site_noise = s.streams.normals("site_size", (s.n_sites,))[:, where]
    size = weight[:, first] / per_firm[first] * np.exp(0.25 * site_noise)
    region = s.sites.region[:, where]
    cells = np.arange(s.n_runs)[:, None] * s.n_regions + region
    total = np.bincount(cells.ravel(), size.ravel(), s.n_runs * s.n_regions)
    ehs = size * s.region_gap[region] / total[cells]
    tilt = s.streams.normals("fleet_age", (s.n_firms,))[:, :firms][:, first] * VINTAGE_SPREAD
    share = s.fleet_share / s.fleet_share.sum()
    log_j = np.log(s.generation_j[0])
    centre = float((share * log_j).sum())
    mix = share * np.exp(tilt[:, :, None] * (log_j - centre))
    # a site holds a few generations, not a crumb of each
    mix = np.where(mix >= SMALLEST_GENERATION * mix.sum(axis=-1, keepdims=True), mix, 0.0)
    mix = mix / mix.sum(axis=-1, keepdims=True)
    s.rigs.ehs[:, where] = ehs[:, :, None] * mix
    needed = (s.rigs.ehs[:, where] * s.generation_j[:, None, :]).sum(axis=-1) * s.P.power.mining_overhead
    s.sites.racks[:, where] = needed
    s.sites.connected[:, where] = needed * RACK_SLACK
