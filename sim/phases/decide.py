"""Phases 7 and 8: reviews. Firms due look at their sites and choose; AI choices go to tender, others are done.

An AI choice that finds no tenant this month leaves the site as it is until the next review.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agents import rules
from sim.phases import orders, reviews, tender
from sim.phases.cases import gather

if TYPE_CHECKING:
    from sim.sector import Sector


def review(s: Sector) -> None:
    """One month's reviews, tender and orders."""
    cases = gather(s)
    count = np.bincount(cases.run * s.n_firms + cases.firm, minlength=s.n_runs * s.n_firms)
    s.cases_of_firm = np.maximum(count.reshape(s.n_runs, s.n_firms), 1)
    observation, hosting, mining = reviews.observe(s, cases)
    choice = rules.decide(observation)
    override = s.overrides.get("miners")
    if override:
        choice = override(observation, choice)
    offers = tender.collect(s, cases, choice, hosting)
    tender.match(s, offers)
    tender.award(s, offers, hosting.terms)
    orders.carry_out(s, cases, choice, mining)
    s.last_review = (cases, observation, choice, offers, hosting, mining)


