"""Builds the Mesa reference from one run of a sector as it stands, so that both can be asked the same questions."""

from __future__ import annotations

from dataclasses import fields
from types import SimpleNamespace
from typing import Any

import numpy as np
from mesa_firms import Firm, Lease
from mesa_reference import PriceCurve, ReferenceModel, Region, Site

from sim.sector import Sector
from sim.state import AI, BTC, BUILDING, HYBRID, RUNNING

CLOUD = 2
SITE_COLUMNS = (
    "owner", "miner", "connected", "pipeline", "pipeline_month", "racks", "racks_ordered", "fixed_share", "contract",
    "supply", "suitability", "hosting_end", "ai_gross", "ai_building", "vacant", "legacy_gpu", "racks_leaving",
)  # fmt: skip
TENANT_COLUMNS = ("solvent", "klass", "wanted", "min_mw", "max_rent", "credit", "own_credit")
FIRM_COLUMNS = (
    "listed", "coins_btc", "reluctance", "review_phase", "issued_12m", "tax_losses", "convert_maturity",
    "hashprice_view", "mining_ebitda_12m",
)  # fmt: skip


def from_sector(s: Sector, run: int = 0) -> ReferenceModel:
    """One run of a sector (its position in the batch) as agents, from the same state."""
    model = ReferenceModel(scalars(s.P, run), scalars(s.now, run))
    model.now.days = s.days
    model.month, model.hours = s.t, s.hours
    model.j_per_th = s.rigs.j_per_th[run].tolist()
    model.distance = s.distance.tolist()
    model.outside = {
        sector: {name: float(values[run, column]) for name, values in s.books.outside.items()}
        for column, sector in enumerate(s.books.owed)
    }
    model.market = SimpleNamespace(
        used=s.rigs.used[run].tolist(), price=s.rigs.price[run].tolist(), release=s.rigs.release[run].tolist(),
        on_sale=list(zip(s.on_sale[run].tolist(), s.sale_mix[run].tolist(), strict=True)),
        expected_decline=float(s.expected_decline[run, 0]), mining_mood=float(s.mining_mood[run]),
        wanted_total=float(s.wanted_total[run]), start_wanted=float(s.start_wanted[run]),
        fit_out_mw=float(s.fit_out_mw[run]),
    )  # fmt: skip
    model.tenants = [SimpleNamespace(**tenant) for tenant in rows(s.tenants, run, TENANT_COLUMNS)]
    curves = price_curves(s)
    names = tuple(f.name for f in fields(s.regions))
    model.regions = [
        Region(row=row, curve=curves[s.price_shape[row]], **region)
        for row, region in enumerate(rows(s.regions, run, names))
    ]
    add_sites(model, s, run)
    add_firms(model, s, run)
    add_leases(model, s, run)
    model.open_month()
    return model


def scalars(block: Any, run: int) -> Any:
    """One run's numbers of a nested namespace of arrays (R,), (R, 1), everything else as it is."""
    if isinstance(block, np.ndarray):
        return block[run].item() if block[run].size == 1 else block[run]
    if hasattr(block, "__dict__"):
        return SimpleNamespace(**{name: scalars(value, run) for name, value in vars(block).items()})
    return block


def rows(population: Any, run: int, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Rows of a population as plain values by column name."""
    columns = [getattr(population, name)[run].tolist() for name in names]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def price_curves(s: Sector) -> list[PriceCurve]:
    """The sector's price-duration curves as plain lists."""
    grid = s.curves.grid
    tables = [values.tolist() for values in (grid.uptime, grid.uptime_rise, grid.paid, grid.paid_rise)]
    return [PriceCurve(nodes, grid.per_step) for nodes in zip(*tables, strict=True)]


def add_sites(model: ReferenceModel, s: Sector, run: int) -> None:
    """A site for every connection that has an owner."""
    for row, state in enumerate(rows(s.sites, run, SITE_COLUMNS)):
        if state["owner"] >= 0:
            ehs, off = s.rigs.ehs[run, row], s.rigs.off[run, row]
            model.sites[row] = Site(
                model, row, model.regions[s.sites.region[run, row]], **state,
                rigs={g: float(ehs[g]) for g in np.flatnonzero(ehs).tolist()}, cloud_mw=0.0,
                off={g: float(off[g]) for g in np.flatnonzero(off).tolist()},
                resale_share=float(s.sites.resale[run, row]), ordered_mw=float(s.rigs.ordered_mw[run, row]),
                rig_mw=float(s.rig_mw_by_site[run, row]),
            )  # fmt: skip
            site = model.sites[row]
            for name in ("ehs", "mw", "mwh", "power_cost", "resale", "curtailed_mwh"):
                setattr(site, name, float(getattr(s.dispatched, name)[run, row]))


def add_firms(model: ReferenceModel, s: Sector, run: int) -> None:
    """A firm for every one alive, with its sites and the sites where its rigs are hosted."""
    books, facility = s.books, s.facilities
    for row, state in enumerate(rows(s.firms, run, FIRM_COLUMNS)):
        if not s.firms.alive[run, row]:
            continue
        peers = s.peers[run, row]
        strategies = s.firms.strategy[run, peers[peers >= 0]].tolist()
        count = max(len(strategies), 1)
        model.firms[row] = Firm(
            model, row, **state, monthly_costs=float(s.monthly_costs[run, row]),
            stock={name: float(values[run, row]) for name, values in books.stock.items()},
            owed={sector: float(values[run, row]) for sector, values in books.owed.items()},
            claims={sector: float(values[run, row]) for sector, values in books.claims.items()},
            balance=facility.balance[run, row].tolist(), coupon=facility.coupon[run, row].tolist(),
            maturity=facility.maturity[run, row].tolist(), peers_mining=strategies.count(BTC) / count,
            peers_in_ai=(strategies.count(AI) + strategies.count(HYBRID)) / count,
        )  # fmt: skip
    for site in model.sites.values():
        model.firms[site.owner].sites.append(site)
        if site.miner not in (site.owner, -1):
            model.firms[site.miner].hosted_at.append(site)


def add_leases(model: ReferenceModel, s: Sector, run: int) -> None:
    """Leases in force, with their landlords; GPU clouds draw power on their owner's account."""
    for row, state in enumerate(rows(s.leases, run, Lease.__slots__)):
        if state["status"] in (BUILDING, RUNNING):
            lease = Lease(**state)
            model.leases.append(lease)
            model.firms[int(s.leases.firm[run, row])].leases.append(lease)
            if lease.product == CLOUD:
                site = model.sites[int(s.leases.site[run, row])]
                site.cloud_mw += lease.delivered_mw * lease.gross_mw / lease.it_mw
