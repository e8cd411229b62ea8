"""Simulate what the claims need, once, and judge them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.claims import article, sector
from experiments.claims.evidence import FIRM_COLUMNS, Evidence, Finding
from experiments.ensemble import simulate
from sim.errors import UserError, did_you_mean
from sim.results import ResultSet
from sim.scenario import Scenario

RUNS = 12
# What is simulated: a shipped scenario, or the baseline with one thing changed; True keeps the tables of all firms.
EXPERIMENTS: dict[str, tuple[str, dict[str, Any], bool]] = {
    "baseline": ("baseline", {}, True),
    "power-dear": ("baseline", {"power.price_scale": 1.3}, False),
    "carbon-tax": ("carbon-tax", {}, False),
    "rival-hashrate": ("baseline", {"rigs.payback_price_share": 0.0}, False),
    "squeeze": ("carbon-tax", {"power.price_scale": 1.3, "rigs.payback_price_share": 0.0}, False),
    "btc-crash": ("btc-crash", {}, True),
    "predictive-maintenance": ("predictive-maintenance", {}, False),
    "skills-transfer": ("skills-transfer", {}, False),
    "ai-compliance-cost": ("ai-compliance-cost", {}, False),
    "ai-favouring-regulator": ("ai-favouring-regulator", {}, False),
    "interconnection-reform": ("interconnection-reform", {}, False),
    "demand-response-off": ("demand-response-off", {}, False),
}


@dataclass(frozen=True)
class Claim:
    """``would_see`` is what the simulation would show if the claim were true; ``needs`` names EXPERIMENTS."""

    id: str
    claim: str
    source: str
    would_see: str
    needs: tuple[str, ...]
    judge: Callable[[Evidence], Finding]


@dataclass(frozen=True)
class Judged:
    """A claim and what was found."""

    claim: Claim
    finding: Finding

    def to_json(self) -> dict[str, Any]:
        """One entry of ``claims --json``."""
        return {
            "id": self.claim.id, "claim": self.claim.claim, "source": self.claim.source,
            "verdict": self.finding.verdict, "would_see": self.claim.would_see, "shows": self.finding.shows,
            "numbers": self.finding.numbers, "condition": self.finding.condition,
        }  # fmt: skip


CLAIMS: tuple[Claim, ...] = tuple(Claim(*entry) for entry in (*article.CLAIMS, *sector.CLAIMS))


def judge_claims(
    only: Sequence[str] = (),
    runs: int = RUNS,
    seed: int = 0,
    *,
    months: int | None = None,
    workers: int = 1,
    overrides: dict[str, Any] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[Judged]:
    """Judge all claims, or those with the ids ``only``.

    Experiments share seed and runs, so effects are paired; ``overrides`` lie over every one of them. Progress counts
    experiments done. Raises UserError for an unknown id.
    """
    known = {claim.id: claim for claim in CLAIMS}
    for name in only:
        if name not in known:
            raise UserError(did_you_mean(name, list(known), "claim"))
    chosen = [claim for claim in CLAIMS if not only or claim.id in only]
    needed = [name for name in EXPERIMENTS if any(name in claim.needs for claim in chosen)]
    if needed and runs < 2:
        raise UserError("claims are judged by intervals over runs: at least 2 runs are needed.")
    results: dict[str, ResultSet] = {}
    for done, name in enumerate(needed):
        results[name] = _simulate(name, runs, seed, months, workers, overrides or {})
        if on_progress:
            on_progress(done + 1, len(needed))
    evidence = Evidence(results)
    return [Judged(claim, claim.judge(evidence)) for claim in chosen]


def _simulate(
    name: str, runs: int, seed: int, months: int | None, workers: int, overrides: dict[str, Any]
) -> ResultSet:
    base, changes, all_firms = EXPERIMENTS[name]
    scenario = Scenario.load(base, overrides={**changes, **overrides})
    found = simulate(scenario, seed, runs, months=months, firms="all" if all_firms else "none", workers=workers)
    kept = {table: found.table(table) for table in ("sector", "classes", "contracts", "decisions", "events")}
    if all_firms:
        # of the widest table only what the claims ask for, so that memory stays small
        kept["firms"] = found.table("firms")[list(FIRM_COLUMNS)]
    return ResultSet(kept, found.meta)
