"""Each class of firms can have a decision rule of its own."""

import numpy as np
import pytest

from sim.scenario import Scenario, ScenarioError, describe
from sim.state import SIZES


def rules_seen(make, overrides):
    """Rule, size and listing of every case of a quarter's reviews."""
    s = make("baseline", overrides)
    found = []
    for _ in range(3):
        s.advance()
        cases, seen = s.last_review[:2]
        rule = np.broadcast_to(seen.rule, len(cases))
        size, listed = s.firms.size[cases.run, cases.firm], s.firms.listed[cases.run, cases.firm]
        found += zip(rule.tolist(), [SIZES[k] for k in size], listed.tolist(), strict=True)
    return found


def test_sizes_and_listed_firms(make) -> None:
    own = {"behaviour.rule": "imitation", "behaviour.rule_small": "payback", "behaviour.rule_listed": "real_options"}
    seen = rules_seen(make, own)
    assert {size for _, size, _ in seen} == set(SIZES)
    for rule, size, listed in seen:
        assert rule == ("real_options" if listed else "payback" if size == "small" else "imitation")


@pytest.mark.parametrize("size", SIZES)
def test_one_size(make, size: str) -> None:
    seen = rules_seen(make, {f"behaviour.rule_{size}": "random"})
    assert {rule for rule, of, _ in seen if of == size} == {"random"}
    assert {rule for rule, of, _ in seen if of != size} == {"npv"}


def test_naming_the_common_rule_for_every_class_changes_nothing(make, state, differ) -> None:
    named = {f"behaviour.rule_{name}": "payback" for name in (*SIZES, "listed")}
    common = make("baseline", {"behaviour.rule": "payback"}, months=8)
    assert differ(state(common), state(make("baseline", named, months=8))) == []


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(ScenarioError, match="rule_large"):
        Scenario.load("baseline", {"behaviour.rule_large": "astrology"})
    assert describe("behaviour.rule_large").choices[0] == "same"
