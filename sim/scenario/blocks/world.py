"""Frame of the simulation: when it starts, how long it lasts, how many firms and sites it can hold."""

from sim.scenario.declare import Block, Month, param


class World(Block):
    """Start, length and size."""

    start: Month = param(
        "2026-07",
        "structural",
        "First simulated month. The starting facts of firms and network are those of the month before.",
        unit="month",
        source="facts: firms_2026_start (2026-06-30), firms_2024_start",
    )
    months: int = param(
        90,
        "structural",
        "Number of months simulated. 90 months from July 2026 end in December 2033.",
        unit="months",
        low=1,
        high=600,
        source="assumption: past the halvings of 2028 and 2032",
    )
    firms: int = param(
        500,
        "structural",
        "Room for firms: the named ones, the synthetic rest of the network and later entrants.",
        unit="firms",
        low=40,
        high=20_000,
        source="assumption: enough small firms that none of them matters alone",
    )
    sites: int = param(
        1000,
        "structural",
        "Room for mining sites. A site is a place with one grid connection.",
        unit="sites",
        low=40,
        high=50_000,
        source="assumption: two sites per firm on average",
    )
    entrant_firms: int = param(
        40,
        "structural",
        "Places among the firms that stay empty at the start, for firms that enter later.",
        unit="firms",
        low=0,
        high=10_000,
        source="assumption: no census of entries exists (data README, Not available)",
    )
    check_laws: bool = param(
        False,
        "structural",
        "Check every accounting and conservation law each month. Slower; the tests do it.",
        source="neutral: the tests check them",
    )
