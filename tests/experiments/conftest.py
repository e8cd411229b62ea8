"""A made-up engine in place of the real one, so that these tests are about what happens around it."""

from __future__ import annotations

import importlib
import sys
import types
from pathlib import Path

import pytest


@pytest.fixture
def fake_engine(monkeypatch):
    """Name of a plugin that puts tests/experiments/fake_engine.py in place of sim.engine, here and on workers."""
    monkeypatch.syspath_prepend(Path(__file__).parent)
    monkeypatch.setitem(sys.modules, "sim.engine", types.ModuleType("sim.engine"))  # restored afterwards
    sys.modules.pop("fake_engine", None)
    importlib.import_module("fake_engine")
    yield "fake_engine"
    sys.modules.pop("fake_engine", None)
