"""A stand-in for sim.engine with made-up tables, importable as a plugin so that worker processes use it too.

The environment says which run fails (FAKE_BAD_RUN, and with it any batch it is in) and how slow a batch is
(FAKE_SECONDS_A_MONTH).
"""

import os
import sys
import time
import types
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pandas as pd

_spec = spec_from_file_location("made_up", Path(__file__).resolve().parent.parent / "conftest.py")
made_up = module_from_spec(_spec)
_spec.loader.exec_module(made_up)


@cache
def tables_of(run, months):
    """Made-up tables of one run."""
    return made_up.made_up_tables([run], "2026-07", months)


def run_batch(scenario, seed, runs, *, months, mode, firms, tables, labels=None, on_progress=None, should_stop=None):
    """Made-up tables of each run; a run's values do not depend on its batch. HHI of hashrate: the carbon price."""
    carbon = scenario.draw(seed, runs, mode).policy.carbon_price_usd_per_t[:, 0]
    if int(os.environ.get("FAKE_BAD_RUN", "-1")) in runs:
        raise ValueError("a made-up failure")
    parts = []
    for done in range(1, months + 1):
        if should_stop and should_stop():
            break
        time.sleep(float(os.environ.get("FAKE_SECONDS_A_MONTH", "0")))
        on_progress(done, months)
    for place, run in enumerate(runs):
        part = dict(tables_of(run, months))
        part["sector"] = part["sector"].assign(hhi_hashrate=carbon[place])
        if run > 0:
            part |= {name: part[name][:0] for name in ("firms", "fleet", "decisions")}
        parts.append({name: frame.assign(run=labels[place]) if labels else frame for name, frame in part.items()})
    return {name: pd.concat([part[name] for part in parts], ignore_index=True) for name in parts[0]}


engine = types.ModuleType("sim.engine")
engine.run_batch = run_batch
sys.modules["sim.engine"] = engine
