from __future__ import annotations
import importlib, sys
from pathlib import Path
def load_reference():
    folder = Path(__file__).resolve().parent.parent / "tests" / "benchmarks"
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module("mesa_opening")
    finally:
        sys.path.remove(str(folder))
