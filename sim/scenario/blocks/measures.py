"""Dated measures: somebody changes a lever from a given month on, over a ramp, for good or until an end."""

from pydantic import Field, model_validator

from sim.scenario.declare import Block, Month


class Measure(Block):
    """One lever with its dates. What a lever is before the first month and after the last stands in its block."""

    lever: str = Field(description="Dotted key of a lever that is a number, e.g. power.headroom_scale.")
    value: float = Field(description="What the lever comes to, in its unit.")
    start: Month = Field(description="First month of the change.")
    ramp_months: int = Field(0, ge=0, le=240, description="Months until the value is reached, in equal steps.")
    end: Month | None = Field(None, description="Last month of the measure; without it the measure stays.")

    @model_validator(mode="after")
    def _check(self) -> "Measure":
        if self.end is not None and self.end < self.start:
            raise ValueError(f"end {self.end} must not lie before start {self.start}")
        return self
