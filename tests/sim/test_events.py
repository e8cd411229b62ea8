"""Events: noted as arrays, read one by one or as columns."""

from __future__ import annotations

import numpy as np
import pytest

from sim.events import Event, Events, Note, columns


def noted() -> Events:
    events = Events()
    events.note(3, "closure", np.array([0, 2]), firm=np.array([7, 5]))
    events.note(3, "auction", np.array([], dtype=np.int64), firm=np.array([], dtype=np.int64))
    events.note(4, "site sold", np.array([1]), firm=np.array([4]), site=np.array([9]), mw=np.array([12.5]))
    return events


def test_single_events_in_the_order_of_the_notes():
    assert [*noted()] == [
        Event(0, 3, "closure", firm=7), Event(2, 3, "closure", firm=5), Event(1, 4, "site sold", 4, 9, mw=12.5),
    ]  # fmt: skip


def test_columns_hold_what_was_noted_and_none_elsewhere():
    found = columns([*noted().notes, Note(5, "shock", np.array([0, 1]), {}, "power_price 2")])
    assert {name: values.tolist() for name, values in found.items()} == {
        "note": [0, 0, 1, 2, 2], "run": [0, 2, 1, 0, 1], "firm": [7, 5, 4, -1, -1], "site": [-1, -1, 9, -1, -1],
        "region": [-1] * 5, "tenant": [-1] * 5, "mw": [0.0, 0.0, 12.5, 0.0, 0.0], "value": [0.0] * 5,
    }  # fmt: skip


def test_an_unknown_fact_is_an_error():
    events = Events()
    events.note(0, "closure", np.array([0]), frim=np.array([1]))
    with pytest.raises(KeyError):
        columns(events.notes)
