"""One run as a Mesa model: real agents as views on the arrays of the engine.

The month is ``Sector.advance()``, the same as in ensembles, so that run k here is run k there. Agents add names,
attributes, AgentSets and, where a class of yours overrides ``decide``, decisions made one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import mesa
import numpy as np

from agents.asking import AskEach, AskMiners
from agents.grid_operator import GridOperator
from agents.hyperscaler import Hyperscaler
from agents.miner import Miner
from agents.regulator import Regulator
from agents.views import RowAgent
from sim.arrays import Mask
from sim.errors import UserError
from sim.months import month_name
from sim.record_firms import live_leases, site_uses
from sim.recorder import Recorder
from sim.scenario import Scenario
from sim.sector import Sector
from sim.state import CLASSES, PRODUCTS, SIZES, STRATEGIES
from sim.streams import generator

if TYPE_CHECKING:
    from sim.results import Results

ASKED: dict[type[Any], tuple[str, type[AskMiners] | type[AskEach]]] = {
    Miner: ("miners", AskMiners),
    Hyperscaler: ("tenants", AskEach),
    GridOperator: ("grid_operators", AskEach),
    Regulator: ("regulators", AskEach),
}  # each kind with its name in ``Sector.overrides`` and how its agents are asked
REPORTERS = (
    "month", "btc_price_usd", "network_hashrate_ehs", "hashprice_usd_per_ph_day", "mining_power_gw", "firms_active",
    "firms_btc", "firms_hybrid", "firms_ai", "ai_contracted_mw", "ai_delivered_mw", "ai_rent_usd_m_per_mw_year",
)  # fmt: skip


class SectorModel(mesa.Model):
    """Run number ``run`` of a scenario, with one agent per living miner, tenant, grid operator and regulator.

    ``scenario`` is a Scenario or the name of one; ``rng`` the seed, a whole number (the engine's streams are
    named by it and the run). ``classes`` replaces kinds of agents by subclasses, ``{Miner: MyMiner}``; such
    agents are asked one by one if the subclass overrides ``decide``, and stand in ``agents_by_type[MyMiner]``.
    ``assumptions`` "sampled" draws the run's assumptions as ensembles do, "fixed" takes the given values.

    ``datacollector`` keeps the attributes of ``REPORTERS`` after each step; ``results()`` all tables. The
    engine's state is at ``sector``, whose arrays have this run in row 0. Miners join the registry in the month
    they enter and leave it in the month they exit. Raises UserError for wrong input.

    >>> model = SectorModel("baseline", rng=7, run=0)
    >>> model.step()
    >>> model.month, model.running
    ('2026-07', True)
    >>> {miner.strategy for miner in model.agents_by_type[Miner]} <= {"BTC", "HYBRID", "AI"}
    True
    """

    def __init__(
        self,
        scenario: Scenario | str = "baseline",
        rng: int = 0,
        run: int = 0,
        classes: Mapping[type[RowAgent], type[RowAgent]] | None = None,
        *,
        assumptions: Literal["fixed", "sampled"] = "sampled",
    ) -> None:
        for name, value in (("rng", rng), ("run", run)):
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 0:
                raise UserError(f"{name} must be a whole number of at least 0, not {value!r}.")
        # agents' own random numbers (self.random, model.rng) are a stream of this run like any other
        super().__init__(rng=generator(int(rng), int(run), "mesa"))
        if isinstance(scenario, str):
            scenario = Scenario.load(scenario)
        self.sector = Sector(scenario, int(rng), (int(run),), mode=assumptions)
        self.assumptions = assumptions
        self.recorder = Recorder(self.sector, "all")
        self.classes = chosen_classes(classes or {})
        self.rows: dict[type[RowAgent], dict[int, RowAgent]] = {kind: {} for kind in ASKED}
        self._register_miners()
        self._create(Hyperscaler, range(self.sector.n_tenants))
        self._create(GridOperator, range(self.sector.n_regions))
        self._create(Regulator, range(self.sector.n_regions))
        for kind, (name, asking) in ASKED.items():
            if self.classes[kind].decide is not kind.decide:
                self.sector.overrides[name] = asking(self.rows[kind])
        self.datacollector = mesa.DataCollector(model_reporters={name: name for name in REPORTERS})
        # Mesa's step moves the clock before it calls ours: refuse first, so that the clock stays right
        self._mesa_step = self.step
        self.step = self._step_within_horizon  # type: ignore[method-assign]

    def __repr__(self) -> str:
        s = self.sector
        done = f"{s.t} of {s.months} months done"
        return f"SectorModel({s.scenario.name!r}, rng={s.seed}, run={s.runs[0]}): {done}, {self.firms_active} firms"

    # ------------------------------------------------------------------ the month

    def step(self) -> None:
        """One month. Raises UserError when the scenario's months are over (``world.months``)."""
        self._refuse_beyond_horizon()
        self.sector.advance()
        self.recorder.record()
        self._register_miners()
        self.running = self.sector.t < self.sector.months
        self.datacollector.collect(self)

    def _step_within_horizon(self) -> None:
        self._refuse_beyond_horizon()
        self._mesa_step()

    def _refuse_beyond_horizon(self) -> None:
        if self.sector.t >= self.sector.months:
            raise UserError(
                f"The scenario ends after {self.sector.months} months, in {self.month}: "
                "set world.months higher for a longer run."
            )

    def _create(self, kind: type[RowAgent], rows: Iterable[int]) -> None:
        self.rows[kind].update((row, self.classes[kind](self, row)) for row in rows)

    def _register_miners(self) -> None:
        """Mesa's registry holds the living firms: those that are gone leave, new ones join."""
        known, alive = self.rows[Miner], self.sector.firms.alive[0]
        for row in [row for row in known if not alive[row]]:
            known.pop(row).remove()
        self._create(Miner, (row for row in np.flatnonzero(alive).tolist() if row not in known))

    def results(self) -> Results:
        """All tables of the months done so far, as ``simulate`` gives them for this run."""
        from sim.results import Results

        s = self.sector
        meta = {"scenario": s.scenario.name, "seed": s.seed, "assumptions": self.assumptions}
        return Results(self.recorder.tables(), meta)

    # ------------------------------------------------------------------ the sector now

    @property
    def month(self) -> str:
        """The month last simulated, "YYYY-MM"; before the first step the month before the start."""
        return month_name(self.sector.start_month + self.sector.t - 1)

    @property
    def btc_price_usd(self) -> float:
        """Mean coin price of the month, USD."""
        return self.sector.now.btc_price.item()

    @property
    def network_hashrate_ehs(self) -> float:
        """Mean network hashrate of the month, EH/s."""
        return self.sector.now.hashrate.item()

    @property
    def hashprice_usd_per_ph_day(self) -> float:
        """Subsidy and fees per PH/s and day, USD."""
        return self.sector.now.hashprice.item()

    @property
    def mining_power_gw(self) -> float:
        """Mean grid power of mining, GW."""
        return self.sector.dispatched.mw.sum().item() / 1e3

    @property
    def firms_active(self) -> int:
        """Firms alive."""
        return self.sector.firms.alive.sum().item()

    @property
    def firms_btc(self) -> int:
        """Firms with less than 10 % of power and of revenue in AI."""
        return self._firms("BTC")

    @property
    def firms_hybrid(self) -> int:
        """Firms with 10 to 90 % of power or revenue in AI."""
        return self._firms("HYBRID")

    @property
    def firms_ai(self) -> int:
        """Firms with more than 90 % of power or revenue in AI."""
        return self._firms("AI")

    def _firms(self, strategy: str) -> int:
        firms = self.sector.firms
        return (firms.alive & (firms.strategy == STRATEGIES.index(strategy))).sum().item()

    @property
    def ai_contracted_mw(self) -> float:
        """Critical IT MW leased from miners, delivered or not."""
        return self.sector.leases.it_mw[live_leases(self.sector)].sum().item()

    @property
    def ai_delivered_mw(self) -> float:
        """Critical IT MW delivered to tenants."""
        return self.sector.leases.delivered_mw[live_leases(self.sector)].sum().item()

    @property
    def ai_rent_usd_m_per_mw_year(self) -> float:
        """Market rent of colocation, M USD per critical IT MW-year."""
        return self.sector.now.rent.item()

    # ------------------------------------------------------------------ what agents look up

    def strategy_of(self, firm: int) -> str:
        """BTC, HYBRID, AI or EXITED, of the firm in that row."""
        return STRATEGIES[self.sector.firms.strategy[0, firm]]

    def size_of(self, firm: int) -> str:
        """Size class at start or entry of the firm in that row."""
        return SIZES[self.sector.firms.size[0, firm]]

    def tenant_class_of(self, tenant: int) -> str:
        """Class of the tenant in that row: hyperscaler, neocloud or enterprise."""
        return CLASSES[self.sector.tenants.klass[0, tenant]]

    def connected_mw_of(self, region: int) -> float:
        """Connected MW at sites of a region, dormant ones included."""
        sites = self.sector.sites
        return sites.connected[0][sites.region[0] == region].sum().item()

    def put_cash(self, firm: int, usd: float) -> None:
        """Owners put cash into a firm (negative: take it out), booked against households."""
        cash = np.zeros((1, self.sector.n_firms))
        cash[0, firm] = usd
        self.sector.books.post("equity_issue", "households", cash=cash)

    def sites_of(self, firm: int) -> list[dict[str, Any]]:
        """Name, region and grid MW by use of the sites a firm owns."""
        s, uses = self.sector, site_uses(self.sector)
        return [
            {"site": s.labels.sites[row], "region": s.labels.regions[s.sites.region[0, row]]}
            | {use: mw[0, row].item() for use, mw in uses.items()}
            for row in np.flatnonzero(s.sites.owner[0] == firm).tolist()
        ]

    def leases_of(self, *, firm: int | None = None, tenant: int | None = None) -> list[dict[str, Any]]:
        """Leases in force of a landlord or a tenant; rent in M USD per critical IT MW-year at signing."""
        s, leases = self.sector, self.sector.leases
        mine: Mask = live_leases(s)[0]
        mine = mine & (leases.firm[0] == firm) if firm is not None else mine & (leases.tenant[0] == tenant)
        return [
            {
                "firm": s.labels.firms[leases.firm[0, row]],
                "tenant": s.labels.tenants[leases.tenant[0, row]],
                "product": PRODUCTS[leases.product[0, row]],
                "it_mw": leases.it_mw[0, row].item(),
                "delivered_mw": leases.delivered_mw[0, row].item(),
                "rent_usd_m_per_mw_year": leases.rent[0, row].item() / 1e6,
                "signed": month_name(s.start_month + leases.signed[0, row].item()),
                "first_delivery": month_name(s.start_month + leases.first[0, row].item()),
            }
            for row in np.flatnonzero(mine).tolist()
        ]


def chosen_classes(replaced: Mapping[type[RowAgent], type[RowAgent]]) -> dict[type[RowAgent], type[RowAgent]]:
    """The class of each kind of agent; raises UserError for what is no kind or no subclass of it."""
    for kind, chosen in replaced.items():
        if kind not in ASKED:
            names = ", ".join(known.__name__ for known in ASKED)
            raise UserError(f"classes: {kind!r} is no kind of agent; kinds are {names}.")
        if not (isinstance(chosen, type) and issubclass(chosen, kind)):
            raise UserError(f"classes: {chosen!r} must be a subclass of {kind.__name__}.")
    return {kind: replaced.get(kind, kind) for kind in ASKED}
