"""Rules of the miners: probabilities by hand, gates that stay shut, and what each named rule looks at."""

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from agents.observations import (
    AI_OPTIONS,
    CLOSE,
    COLOCATION,
    EXPAND,
    HOLD,
    NO_EQUITY,
    OPEN,
    OPTIONS,
    REFRESH,
    RETROFIT,
    SELL,
    WORSE,
    MinerObservation,
)
from agents.rules import RULES, decide, frictions, logit, register_rule

K = len(OPTIONS)
NAMES = ("npv", "payback", "real_options", "imitation", "random")


def observe(n: int = 1, **columns: Any) -> MinerObservation:
    """n cases where everything is open and worth nothing, with small temperature, unless told otherwise."""
    each = {
        "reluctance": 0.0, "inertia": 0.0, "temperature": 0.001, "peer_weight": 0.0, "payback_limit": 6.0,
        "volatility": 0.6, "discount": 0.12, "draw": 0.5, "connected_mw": 10.0,
    }  # fmt: skip
    values: dict[str, Any] = {name: np.full(n, value) for name, value in each.items()}
    values |= {name: np.zeros((n, K)) for name in ("value", "payback", "equity", "equity_return", "peers")}
    values |= {name: np.zeros(n, np.int64) for name in ("run", "firm", "site")} | {"gate": np.zeros((n, K), np.int64)}
    return MinerObservation(**values | columns)


def table(n: int = 1, fill: float = 0.0, **cells: float) -> np.ndarray:
    """An array (n, K) that is ``fill`` but for the named options."""
    named = {"refresh": REFRESH, "expand": EXPAND, "colocation": COLOCATION, "retrofit": RETROFIT, "sell": SELL}
    values = np.full((n, K), fill)
    for name, value in cells.items():
        values[:, named[name]] = value
    return values


def only(*options: int) -> np.ndarray:
    """Gates of one case that leave these options open."""
    gate = np.full((1, K), WORSE)
    gate[0, list(options)] = OPEN
    return gate


def chosen_shares(observation: MinerObservation, count: int = 1000) -> np.ndarray:
    """Share of evenly spread draws that choose each option, of one case repeated."""
    many = observation.take(np.zeros(count, np.int64))
    many.draw = (np.arange(count) + 0.5) / count
    return np.bincount(decide(many), minlength=K) / count


# ------------------------------------------------------------------ the logit


def test_logit_probabilities_by_hand() -> None:
    # exp(0) : exp(ln 3) : exp(ln 4) = 1 : 3 : 4
    utility = np.log([[1.0, 3.0, 4.0]]) * 0.25
    draws = (np.arange(800) + 0.5) / 800
    picked = logit(np.repeat(utility, 800, axis=0), np.zeros((800, 3), np.int64), np.full(800, 0.25), draws)
    np.testing.assert_array_equal(np.bincount(picked), [100, 300, 400])


@pytest.mark.parametrize(
    ("draw", "option"), [(0.0, 0), (0.1249, 0), (0.1251, 1), (0.4999, 1), (0.5001, 2), (0.9999, 2)]
)
def test_logit_steps_up_the_ladder_in_order(draw: float, option: int) -> None:
    utility, gate = np.log([[1.0, 3.0, 4.0]]), np.zeros((1, 3), np.int64)
    assert logit(utility, gate, np.ones(1), np.array([draw])) == [option]


def test_closed_options_hand_their_chance_to_the_open_ones() -> None:
    utility, gate = np.log([[1.0, 3.0, 4.0]]), np.array([[OPEN, NO_EQUITY, OPEN]])
    draws = (np.arange(500) + 0.5) / 500
    picked = logit(np.repeat(utility, 500, axis=0), np.repeat(gate, 500, axis=0), np.ones(500), draws)
    np.testing.assert_array_equal(np.bincount(picked, minlength=3), [100, 0, 400])


def test_temperature_flattens_choices() -> None:
    utility, gate = np.array([[0.0, 1.0]]), np.zeros((1, 2), np.int64)
    cold, hot = (
        np.mean([logit(utility, gate, np.array([t]), np.array([d]))[0] for d in np.linspace(0, 0.999, 400)])
        for t in (0.1, 100.0)
    )
    assert cold == pytest.approx(1.0, abs=0.01)
    assert hot == pytest.approx(0.5, abs=0.01)


def test_very_large_utilities_do_not_overflow() -> None:
    utility = np.array([[1e6, 2e6, -1e9]])
    assert logit(utility, np.zeros((1, 3), np.int64), np.array([0.001]), np.array([0.7])) == [1]


NUMBERS = st.floats(-50.0, 50.0)


@given(
    value=arrays(float, (6, K), elements=NUMBERS),
    gate=arrays(np.int64, (6, K), elements=st.integers(0, 4)),
    payback=arrays(float, (6, K), elements=st.one_of(st.floats(0.0, 50.0), st.just(np.inf))),
    equity=arrays(float, (6, K), elements=st.floats(0.0, 50.0)),
    draw=arrays(float, 6, elements=st.floats(0.0, 1.0, exclude_max=True)),
    rule=st.sampled_from(NAMES),
)
def test_no_rule_goes_through_a_closed_gate(value, gate, payback, equity, draw, rule) -> None:
    gate[:, HOLD] = OPEN
    seen = observe(6, value=value, gate=gate, payback=payback, equity=equity, draw=draw, rule=rule)
    picked = decide(seen)
    assert (gate[np.arange(6), picked] == OPEN).all()


@given(value=arrays(float, (4, K), elements=NUMBERS), draw=arrays(float, 4, elements=st.floats(0.0, 0.999)))
def test_cases_do_not_look_at_each_other(value, draw) -> None:
    together = decide(observe(4, value=value, draw=draw))
    alone = [decide(observe(value=value[[k]], draw=draw[[k]]))[0] for k in range(4)]
    np.testing.assert_array_equal(together, alone)


# ------------------------------------------------------------------ what stands between value and choice


def test_frictions_by_hand() -> None:
    peers = table(colocation=0.5)
    peers[:, HOLD] = 0.25
    seen = observe(inertia=np.array([0.1]), reluctance=np.array([0.35]), peer_weight=np.array([0.2]), peers=peers)
    expected = np.full((1, K), -0.1)
    expected[:, AI_OPTIONS] = -0.45
    expected[:, HOLD] = 0.05
    expected[:, COLOCATION] = -0.45 + 0.1
    np.testing.assert_allclose(frictions(seen), expected)


def test_npv_takes_what_is_worth_most_after_frictions() -> None:
    seen = observe(value=table(refresh=0.3, colocation=0.5), inertia=np.array([0.1]), reluctance=np.array([0.15]))
    assert decide(seen) == [COLOCATION]  # 0.25 against 0.2
    seen.reluctance = np.array([0.25])
    assert decide(seen) == [REFRESH]  # 0.15 against 0.2
    seen.inertia = np.array([0.6])
    assert decide(seen) == [HOLD]


def test_peers_can_tip_the_balance() -> None:
    seen = observe(
        gate=only(HOLD, COLOCATION), value=table(colocation=0.3), reluctance=np.array([0.4]),
        peers=table(colocation=1.0),
    )  # fmt: skip
    assert decide(seen) == [HOLD]
    seen.peer_weight = np.array([0.2])
    assert decide(seen) == [COLOCATION]


def test_payback_prefers_the_sooner_return_to_the_larger_value() -> None:
    # equity x spare years / limit: 1 x (6 - 2) / 6 = 0.67 against 1 x (6 - 5) / 6 = 0.17
    seen = observe(
        rule="payback", gate=only(HOLD, COLOCATION, RETROFIT), value=table(colocation=9.0, retrofit=0.1),
        equity=table(colocation=1.0, retrofit=1.0), payback=table(fill=np.inf, colocation=5.0, retrofit=2.0),
    )  # fmt: skip
    assert decide(seen) == [RETROFIT]
    seen.payback = table(fill=np.inf, colocation=7.0, retrofit=8.0)  # both beyond the limit
    assert decide(seen) == [HOLD]


def test_payback_judges_what_needs_no_money_by_its_value() -> None:
    seen = observe(rule="payback", gate=only(HOLD, SELL), value=table(sell=0.2), payback=table(fill=np.inf))
    assert decide(seen) == [SELL]
    seen.value = table(sell=-0.2)
    assert decide(seen) == [HOLD]


def test_real_options_waits_while_value_is_below_the_trigger() -> None:
    # volatility 0.6: b = 1/2 + sqrt(1/4 + 0.24 / 0.36) = 1.4574, trigger b / (b - 1) = 3.186 times the investment
    b = 0.5 + np.sqrt(0.25 + 0.24 / 0.36)
    premium = b / (b - 1) - 1
    assert premium == pytest.approx(2.186, abs=0.001)
    seen = observe(rule="real_options", gate=only(HOLD, EXPAND), equity=table(expand=1.0))
    seen.value = table(expand=premium - 0.05)
    assert decide(seen) == [HOLD]
    seen.value = table(expand=premium + 0.05)
    assert decide(seen) == [EXPAND]


def test_real_options_waits_longer_when_more_uncertain() -> None:
    seen = observe(
        2, rule="real_options", value=table(2, expand=1.0), equity=table(2, expand=1.0),
        volatility=np.array([0.2, 1.2]), gate=np.repeat(only(HOLD, EXPAND), 2, axis=0),
    )  # fmt: skip
    assert decide(seen).tolist() == [EXPAND, HOLD]


def test_real_options_waits_longer_at_a_lower_discount_rate() -> None:
    # waiting costs less: the trigger is 3.19 times the investment at 12 %, 2.83 at 16 %, 5.24 at 5 %
    seen = observe(
        3, rule="real_options", value=table(3, expand=2.0), equity=table(3, expand=1.0),
        discount=np.array([0.12, 0.16, 0.05]), gate=np.repeat(only(HOLD, EXPAND), 3, axis=0),
    )  # fmt: skip
    assert decide(seen).tolist() == [HOLD, EXPAND, HOLD]


def test_each_case_by_its_own_rule() -> None:
    peers = table(4, colocation=0.8)
    value = table(4, refresh=5.0)
    seen = observe(4, value=value, peers=peers, rule=np.array(["npv", "imitation", "npv", "real_options"]))
    mixed = decide(seen)
    assert mixed.tolist() == [REFRESH, COLOCATION, REFRESH, REFRESH]
    for k, rule in enumerate(("npv", "imitation", "npv", "real_options")):
        assert decide(observe(value=value[:1], peers=peers[:1], rule=rule)) == mixed[k]


def test_an_unknown_rule_of_one_case_is_named() -> None:
    with pytest.raises(KeyError, match="astrology"):
        decide(observe(2, rule=np.array(["npv", "astrology"])))


def test_imitation_follows_peers_not_value() -> None:
    peers = table(colocation=0.8)
    peers[:, HOLD] = 0.2
    seen = observe(rule="imitation", value=table(refresh=5.0), peers=peers)
    assert decide(seen) == [COLOCATION]  # 1.6 against 0.5


def test_imitation_breaks_ties_by_value() -> None:
    seen = observe(rule="imitation", peers=table(colocation=0.5, retrofit=0.5), value=table(retrofit=1.0))
    assert decide(seen) == [RETROFIT]


def test_random_gives_every_open_option_the_same_chance() -> None:
    gate = only(HOLD, REFRESH, COLOCATION, CLOSE)
    shares = chosen_shares(observe(rule="random", gate=gate, value=table(refresh=99.0)))
    np.testing.assert_allclose(shares[[HOLD, REFRESH, COLOCATION, CLOSE]], 0.25, atol=0.002)


# ------------------------------------------------------------------ names


def test_the_five_rules_have_names() -> None:
    assert set(NAMES) <= set(RULES)


def test_unknown_rule_names_the_known_ones() -> None:
    with pytest.raises(KeyError, match=r"no decision rule 'gut'; known: .*npv"):
        decide(observe(rule="gut"))


def test_a_registered_rule_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.rules.RULES", dict(RULES))

    @register_rule("always close")
    def close(observation: MinerObservation) -> np.ndarray:
        return np.full(len(observation.draw), CLOSE)

    assert decide(observe(3, rule="always close")).tolist() == [CLOSE] * 3
    assert close is not None


def test_taking_rows_keeps_every_column() -> None:
    seen = observe(3, draw=np.array([0.1, 0.2, 0.3]), rule="random")
    part = seen.take(np.array([2, 0]))
    assert part.draw.tolist() == [0.3, 0.1]
    assert part.rule == "random"
    assert all(len(getattr(part, f.name)) == 2 for f in fields(part) if f.name != "rule")
