"""Dated shocks: something that happens to everybody in a given month, grows over a ramp and ends."""

from typing import Literal, get_args

from pydantic import Field, model_validator

from sim.scenario.declare import Block, Month, Regions, Tenant

Kind = Literal[
    "coin_price", "fees", "ai_demand", "rent", "power_price",
    "credit_spread", "equity_multiple", "ltc", "tenant_default", "gpu_rent", "outside_capacity",
]  # fmt: skip
KINDS: tuple[str, ...] = get_args(Kind)

# What `size` may be. Every kind but credit_spread and tenant_default multiplies the quantity it names.
FACTOR = (0.0, 20.0)
BOUNDS = {"coin_price": (0.01, 20.0), "credit_spread": (-0.05, 0.5), "tenant_default": (0.0, 1.0)}


class Shock(Block):
    """One dated shock."""

    kind: Kind = Field(description="What is hit.")
    start: Month = Field(description="First month of the shock.")
    months: int = Field(ge=1, le=600, description="How long it lasts, its ramp included [months].")
    size: float = Field(
        description="Factor on the quantity (0.5 halves it); for credit_spread a fraction per year that is added "
        "to every spread; for tenant_default the probability with which each tenant fails in the first month."
    )
    ramp_months: int = Field(0, ge=0, le=600, description="Months to the full size, in equal steps; 0 = at once.")
    regions: Regions = Field((), description="Regions that are hit, for power_price; empty = all.")

    tenants: tuple[Tenant, ...] = Field((), description="Tenants that a tenant_default hits; empty = every weak one.")

    @model_validator(mode="after")
    def _check(self) -> "Shock":
        low, high = BOUNDS.get(self.kind, FACTOR)
        if not low <= self.size <= high:
            raise ValueError(f"size of a {self.kind} shock must lie between {low:g} and {high:g}, not {self.size:g}")
        if self.ramp_months >= self.months:
            raise ValueError("ramp_months must be less than months, or the shock never reaches its size")
        if self.regions and self.kind != "power_price":
            raise ValueError(f"regions apply to power_price only, a {self.kind} shock hits everybody")
        if self.tenants and self.kind != "tenant_default":
            raise ValueError(f"tenants apply to tenant_default only, a {self.kind} shock hits everybody")
        return self
