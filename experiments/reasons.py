"""Why a firm did what it did: plain sentences from rows of the table ``decisions``.

A row is any mapping with the table's columns, such as a dictionary or a row of the data frame.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from agents.observations import AI_OPTIONS, GATES, OPTIONS
from experiments.wording import MINUS

Row = Mapping[str, Any]
AI = tuple(OPTIONS[k] for k in AI_OPTIONS)
# gates that leave no offer to compare with: the firm had nothing to decide about AI there
NO_OFFER = ("nothing to do it with", "for the other party to decide", "rigs are hosted there under contract")
BY_RULE = {"random": "by chance, not by value (rule random)", "imitation": "as linked firms do (rule imitation)"}


def title(decision: Row) -> str:
    """What was done, as a few words that begin with a verb: "Leased 72 MW", "Held", "Did not pivot"."""
    choice, mw = decision["choice"], megawatts(decision["mw"])
    if choice in AI:
        return f"Leased {mw}" if decision["outcome"] == "leased" else f"Offered {mw}, no tenant"
    if choice == "hold":
        closed = decision["best_ai_gate"] not in ("open", *NO_OFFER)
        return "Did not pivot" if closed else "Held"
    done = {
        "refresh rigs": f"Ordered {mw} of rigs for old ones", "expand hashing": f"Ordered {mw} of rigs",
        "relocate rigs": f"Took {mw} of rigs away", "sell site": f"Put {mw} up for sale", "close": f"Closed {mw}",
    }  # fmt: skip
    return done[choice]


def sentence(decision: Row) -> str:
    """One plain sentence: what was done and the numbers that decided."""
    choice = decision["choice"]
    if choice == "hold":
        clauses = [why_no_pivot(decision), compared(decision)]
        if decision["runner_up"] not in AI:
            clauses.append(runner_up(decision))
    else:
        clauses = [worth(decision["value_usd_m_per_mw"]), returns(decision), runner_up(decision)]
        if choice not in AI and decision["runner_up"] not in AI:
            clauses.append(why_no_pivot(decision))
    clauses = [by_rule(decision), *clauses]
    return f"{opening(decision)}: {'; '.join(clause for clause in clauses if clause)}."


def closed_options(decision: Row) -> list[tuple[str, str]]:
    """The options that were closed and the gate that closed each, in words: [("close", "not permitted"), ...]."""
    plain = {name.replace(" ", "_"): name for name in (*OPTIONS, *GATES)}
    pairs = (entry.split(":") for entry in str(decision["gate"]).split())
    return [(plain[option], plain[gate]) for option, gate in pairs]


# ------------------------------------------------------------------ what was done


def opening(decision: Row) -> str:
    """The main clause."""
    choice, size = decision["choice"], megawatts(decision["mw"])
    if choice in AI:
        product = f"{size} of IT ({choice})"
        if decision["outcome"] == "leased":
            return f"Leased {product} to {decision['tenant']}"
        return f"Offered {product} and found no tenant this month"
    if choice == "hold":
        kept = {"host": "Kept the miners it hosts", "client": "Left its rigs at the host"}
        return kept.get(decision["role"], "Stayed in BTC" if known(decision["hashing_return"]) else "Held")
    done = {
        "refresh rigs": f"Ordered {size} of new rigs for old ones",
        "expand hashing": f"Ordered {size} of further rigs",
        "relocate rigs": f"Took {size} of rigs away from the site", "sell site": f"Put the site ({size}) up for sale",
        "close": f"Closed the site ({size})",
    }  # fmt: skip
    return done[choice]


def by_rule(decision: Row) -> str:
    """How values counted, where the rule is not one that ranks by value."""
    rule = decision["rule"]
    return BY_RULE.get(rule, "" if rule == "npv" else f"by the rule {rule}")


# ------------------------------------------------------------------ why


def why_no_pivot(decision: Row) -> str:
    """What stood between the firm and the AI option that came closest."""
    option, gate, size = decision["best_ai"], decision["best_ai_gate"], megawatts(decision["best_ai_it_mw"])
    least = megawatts(decision["best_ai_minimum_mw"])
    if gate == "open":
        return _open_but_not_taken(decision)
    years = decision["best_ai_payback_years"]
    back = "would never come back"
    if known(years):
        back = f"would be back in {years:.1f} years, beyond the firm's limit"
    words = {
        "nothing to do it with": "there is no idle MW, hall or rack for AI",
        "site not suitable": "the site is not suitable for AI",
        "too small for every tenant": f"{size} of IT is below every tenant's minimum (the best payer takes {least})",
        "no tenant with demand": f"no tenant has demand for {option}",
        "equity not raisable": f"the firm's money pays for {size} of IT where the tenant takes no less than {least}",
        "payback too long": f"the equity put into {option} {back}",
        "not permitted": "AI is not permitted there",
        "for the other party to decide": "AI is for the owner of the site to decide",
        "rigs are hosted there under contract": "the hosting contract outlasts the time to build a hall",
    }
    return words.get(gate, f"{option} was closed: {gate}")


def _open_but_not_taken(decision: Row) -> str:
    option, value = decision["best_ai"], decision["best_ai_value_usd_m_per_mw"]
    asked = decision["reluctance_usd_m_per_mw"] + decision["inertia_usd_m_per_mw"]
    if decision["choice"] != "hold":
        return f"{option} was {worth(value)}"
    if value < asked:
        return f"{option} was {worth(value)}, the firm asks for {money(asked)} before it leaves mining"
    return f"{option} was {worth(value)}, above the {money(asked)} the firm asks for, but not chosen this time"


def compared(decision: Row) -> str:
    """Return on equity of the best AI option against that of hashing."""
    ai, hashing = decision["best_ai_equity_return"], decision["hashing_return"]
    if not known(ai) or decision["best_ai_gate"] in NO_OFFER:
        return f"hashing earns {percent(hashing)} a year" if known(hashing) else ""
    against = f" against {percent(hashing)} hashing" if known(hashing) else ""
    return f"the best AI option ({decision['best_ai']}) would have earned {percent(ai)} on equity{against}"


def returns(decision: Row) -> str:
    """Return on equity of what was chosen, against hashing where mining was given up for it."""
    earned, hashing = decision["equity_return"], decision["hashing_return"]
    if not known(earned):
        return ""
    against = f" against {percent(hashing)} hashing" if decision["choice"] in AI and known(hashing) else ""
    return f"it earns {percent(earned)} a year on equity{against}"


def runner_up(decision: Row) -> str:
    """The best of the other open options, unless that was to hold; why a firm that held left it."""
    option, value = decision["runner_up"], decision["runner_up_value_usd_m_per_mw"]
    if option in ("", "hold"):
        return ""
    inertia = decision["inertia_usd_m_per_mw"]
    if decision["choice"] == "hold" and value < inertia:
        return f"{option} was {worth(value)}, any change must bring {money(inertia)}"
    return f"the best other open option was {option}, {worth(value)}"


def worth(value: float) -> str:
    """A value above holding in words."""
    return f"worth {money(abs(value))} {'more' if value >= 0 else 'less'} than holding"


# ------------------------------------------------------------------ numbers


def known(value: Any) -> bool:
    """Is it a number at all (empty cells are NaN or None)?"""
    return value is not None and math.isfinite(value)


def megawatts(value: Any) -> str:
    """72 MW, 2.4 MW, 0.05 MW."""
    if not known(value) or value <= 0:
        return "no MW"
    return f"{value:.0f} MW" if value >= 9.95 else f"{value:.2g} MW" if value >= 0.01 else "less than 0.01 MW"


def money(value: float) -> str:
    """USD per grid MW from millions: 1.25 M USD/MW, 3,000 USD/MW."""
    if abs(value) >= 0.01:
        return f"{value:.2f} M USD/MW".replace("-", MINUS)
    return f"{round(value * 1e6, -2):,.0f} USD/MW".replace("-", MINUS)


def percent(share: float) -> str:
    """A yearly return; what is beyond ten times a year is said as such."""
    if abs(share) >= 10:
        return "over 1000 %" if share > 0 else f"under {MINUS}1000 %"
    whole = round(100 * share)
    return f"{whole} %" if whole >= 0 else f"{MINUS}{-whole} %"
