"""The command ``bench``: how fast the engine is on this machine, and beside an agent-by-agent model of its rules.

Times are wall-clock times of ``run_batch`` as the commands use it, recorder included, measured over some months
and scaled to the whole scenario (the set-up, which is paid once, is not scaled). Everything is measured a few
times in turn; what is told is the median, with the lowest and highest of the repeats.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, cast

from agents import rules
from experiments import bench_scaling
from experiments.terminal import ROOT
from experiments.wording import DASH, decimals, number, plural
from sim import sector as sector_module
from sim.engine import run_batch
from sim.errors import UserError
from sim.phases import ai_sites, bills, cases, dispatch, reviews
from sim.recorder import Recorder
from sim.scenario import Scenario
from sim.sector import Sector

if TYPE_CHECKING:
    from rich.table import Table

SET_UP, RECORDING, BETWEEN = "set-up", "recording", "between the phases"
SMALLEST_SHARE = 0.005  # of phases shown in the table; JSON has all
REFERENCE_RUNS, REFERENCE_POINTS = 3, 3  # runs, and months of each, that the reference is started from
# What the reference does too: its method, and the functions that do it here; each is a phase or called by one.
COMPARED: dict[str, tuple[str, tuple[Callable[..., Any], ...]]] = {
    "dispatch": ("dispatch", (dispatch.dispatch,)),
    "project choice": ("choose", (cases.gather, reviews.observe, rules.decide)),
    "books": ("keep_books", (
        Sector.begin_month, bills.mining_income, bills.programme_income, ai_sites.earn_rent, bills.fixed_costs,
        bills.debt_service, bills.tax,
    )),
}  # fmt: skip
NO_REFERENCE = "The Mesa reference is part of the source (tests/benchmarks/), not of the installed package."


@dataclass(frozen=True)
class Measured:
    """Where the seconds of one batch of runs went: ``parts`` add up; ``compared``, among them, the reference does."""

    parts: dict[str, float]
    compared: dict[str, float]

    def scaled(self, longer: float) -> dict[str, float]:
        """The parts of a simulation so many times as long."""
        return {name: value * (1.0 if name == SET_UP else longer) for name, value in self.parts.items()}


class Stopwatch:
    """Seconds spent inside some functions while it is entered, by Python's monitoring of just these functions."""

    def __init__(self, functions: Iterable[Callable[..., Any]]) -> None:
        codes = [cast(FunctionType, function).__code__ for function in functions]
        self.seconds = dict.fromkeys(codes, 0.0)
        self.started: dict[CodeType, float] = {}

    def __enter__(self) -> Stopwatch:
        watch, tool = sys.monitoring, sys.monitoring.PROFILER_ID
        watch.use_tool_id(tool, "hashpivot bench")
        watch.register_callback(tool, watch.events.PY_START, self._start)
        watch.register_callback(tool, watch.events.PY_RETURN, self._stop)
        for code in self.seconds:
            watch.set_local_events(tool, code, watch.events.PY_START | watch.events.PY_RETURN)
        return self

    def __exit__(self, *error: object) -> None:
        for code in self.seconds:
            sys.monitoring.set_local_events(sys.monitoring.PROFILER_ID, code, 0)
        sys.monitoring.free_tool_id(sys.monitoring.PROFILER_ID)

    def _start(self, code: CodeType, offset: int) -> None:
        self.started[code] = perf_counter()

    def _stop(self, code: CodeType, offset: int, returned: object) -> None:
        self.seconds[code] += perf_counter() - self.started[code]

    def of(self, functions: Iterable[Callable[..., Any]]) -> float:
        """Seconds spent in these functions together."""
        return sum(self.seconds[cast(FunctionType, function).__code__] for function in functions)


def phases_of_a_month() -> dict[str, Callable[..., Any]]:
    """The phases by name, "module.function", read from ``Sector.advance`` in its order."""
    month = ast.parse(textwrap.dedent(inspect.getsource(Sector.advance)))
    calls = [node.func for node in ast.walk(month) if isinstance(node, ast.Call)]
    names = [(f.value.id, f.attr) for f in calls if isinstance(f, ast.Attribute) and isinstance(f.value, ast.Name)]
    return {f"{home}.{name}": getattr(getattr(sector_module, home), name) for home, name in names if home != "self"}


def measure(scenario: Scenario, runs: int, months: int, first: int = 0) -> Measured:
    """Simulate a batch, of which run 0 alone has its firms recorded, and say where the time went."""
    phases = phases_of_a_month() | {"sector.begin_month": Sector.begin_month}
    recording = (Recorder.__init__, Recorder.record, Recorder.tables)
    compared = {name: functions for name, (_, functions) in COMPARED.items()}
    with Stopwatch([*phases.values(), *compared["project choice"], *recording, Sector.__init__]) as watch:
        started = perf_counter()
        run_batch(scenario, 0, range(first, first + runs), months=months)
        seconds = perf_counter() - started
    parts = {SET_UP: watch.of([Sector.__init__]), **{name: watch.of([phase]) for name, phase in phases.items()}}
    parts[RECORDING] = watch.of(recording)
    parts[BETWEEN] = max(seconds - sum(parts.values()), 0.0)
    return Measured(parts, {name: watch.of(functions) for name, functions in compared.items()})


def load_reference() -> ModuleType | None:
    """The module that builds the Mesa reference from a sector; None where only the package is installed."""
    folder = ROOT / "tests" / "benchmarks"
    if not (folder / "mesa_opening.py").is_file():
        return None
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module("mesa_opening")
    finally:
        sys.path.remove(str(folder))


def measure_reference(opening: ModuleType, scenario: Scenario, months: int) -> dict[str, float]:
    """Seconds the reference takes for a month of one run, by part: a round of reviews from some runs and months."""
    sector = Sector(scenario, 0, range(REFERENCE_RUNS), months=months)
    methods = {name: getattr(opening.ReferenceModel, method) for name, (method, _) in COMPARED.items()}
    quarter = int(sector.P.behaviour.review_months)
    with Stopwatch(methods.values()) as watch:
        for point in range(REFERENCE_POINTS):
            while sector.t < max(1, months * (2 * point + 1) // (2 * REFERENCE_POINTS)):
                sector.advance()
            for run in range(REFERENCE_RUNS):
                model = opening.from_sector(sector, run)
                for _ in range(quarter):
                    model.step()
    done = REFERENCE_RUNS * REFERENCE_POINTS * quarter
    return {name: watch.of([method]) / done for name, method in methods.items()}


def start_up_seconds() -> float:
    """Seconds of ``hashpivot --help``."""
    code = "import sys; sys.argv = ['hashpivot', '--help']; from experiments.cli import main; main()"
    started = perf_counter()
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    return perf_counter() - started


def peak_memory_mb() -> float | None:
    """Most memory this process has held; None on systems that do not say."""
    try:
        from resource import RUSAGE_SELF, getrusage
    except ImportError:
        return None
    return getrusage(RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def bench(months: int, batch: int, repeats: int) -> dict[str, Any]:
    """All measurements of the baseline, ready for JSON. Raises UserError for numbers below one."""
    for name, value in (("months", months), ("batch", batch), ("repeats", repeats)):
        if value < 1:
            raise UserError(f"--{name} must be a whole number of at least 1, not {value}.")
    scenario, opening = Scenario.load("baseline"), load_reference()
    world = scenario.world
    longer = world.months / months
    measure(scenario, 1, 1)  # what is loaded and cached once is not the engine's speed
    alone: list[Measured] = []
    together: list[Measured] = []
    later: list[Measured] = []  # batches of an ensemble behind its first
    reference: list[dict[str, float]] = []
    start_up: list[float] = []
    for repeat in range(repeats):
        print(f"hashpivot: measuring, {repeat + 1} of {repeats}", file=sys.stderr, flush=True)
        alone.append(measure(scenario, 1, months))
        together.append(measure(scenario, batch, months))
        later.append(measure(scenario, batch, months, first=batch))
        if repeat == 0:
            memory = peak_memory_mb()  # before the reference takes its own
        if opening:
            reference.append(measure_reference(opening, scenario, months))
        start_up.append(start_up_seconds())
    single = [sum(m.scaled(longer).values()) for m in alone]
    shared = [sum(m.scaled(longer).values()) / batch for m in together]
    shares = [_shares(m.scaled(longer)) for m in together]
    engine = [{name: seconds / batch / months for name, seconds in m.compared.items()} for m in together]
    pairs = list(zip(reference, engine, strict=bool(reference)))
    samples = {
        "seconds_per_run_single": single,
        "seconds_per_run_batch": shared,
        "batch_speedup": [s / b for s, b in zip(single, shared, strict=True)],
        "firm_months_per_second": [world.firms * world.months / seconds for seconds in shared],
        "recording_share": [share[RECORDING] for share in shares],
        "recording_share_later": [_shares(m.scaled(longer))[RECORDING] for m in later],
        "ratio_to_mesa": [sum(mesa.values()) / sum(ours.values()) for mesa, ours in pairs],
        "start_up_seconds": start_up,
    }
    told = {name: median(values) if values else None for name, values in samples.items()}
    return {
        "firms": world.firms, "sites": world.sites, "months": world.months, "measured_months": months, "batch": batch,
        "repeats": repeats, **told, "peak_memory_mb": memory,
        "compared": {name: _compared(name, pairs) for name in COMPARED} if pairs else {},
        "phases": {name: median([share[name] for share in shares]) for name in shares[0]},
        "intervals": {name: [min(values), max(values)] for name, values in samples.items() if values},
        "note": "" if opening else NO_REFERENCE,
    }  # fmt: skip


def _shares(parts: dict[str, float]) -> dict[str, float]:
    """Each part's share of the whole."""
    whole = sum(parts.values())
    return {name: value / whole for name, value in parts.items()}


def _compared(part: str, pairs: list[tuple[dict[str, float], dict[str, float]]]) -> dict[str, float]:
    """Milliseconds per month of one run in the reference and in the engine's batch, and their ratio; medians."""
    return {
        "mesa_ms": median([1000 * mesa[part] for mesa, _ in pairs]),
        "engine_ms": median([1000 * ours[part] for _, ours in pairs]),
        "ratio": median([mesa[part] / ours[part] for mesa, ours in pairs]),
    }


def run_bench(months: int, batch: int, repeats: int, as_json: bool, growth: bool = False) -> None:
    """Measure, and print one JSON object or tables; ``growth`` adds how time grows with firms, months and runs."""
    told = bench(months, batch, repeats)
    if growth:
        told["scaling"] = bench_scaling.scaling(repeats)
    if as_json:
        print(json.dumps(told, indent=2))
        return
    from rich.console import Console

    console = Console()
    size = f"{told['firms']:,} firms, {told['sites']:,} sites, {plural(told['months'], 'month')}"
    how = f"measured over the first {told['measured_months']}; median of {plural(repeats, 'repeat')}"
    console.print(f"{size}, {how}, lowest{DASH}highest", highlight=False, soft_wrap=True)
    console.print(_speeds(told))
    if told["compared"]:
        console.print(_against_mesa(told["compared"]))
    console.print(_phases(told["phases"]))
    if growth:
        columns = ("Growth", "seconds", "µs per firm-month", "exponent")
        console.print(bench_scaling.add_rows(_blank(*columns), told["scaling"]))
    if told["note"]:
        console.print(told["note"], highlight=False)


def _speeds(told: dict[str, Any]) -> Table:
    rows = (
        ("Seconds per run, alone", "seconds_per_run_single", 1.0),
        (f"Seconds per run, in a batch of {told['batch']}", "seconds_per_run_batch", 1.0),
        ("Batched runs faster per run, times", "batch_speedup", 1.0),
        ("Firm-months per second, in a batch", "firm_months_per_second", 1.0),
        ("Time spent recording, first batch with the firms of run 0, %", "recording_share", 100.0),
        ("Time spent recording, later batches, %", "recording_share_later", 100.0),
        ("Times as fast as the Mesa reference", "ratio_to_mesa", 1.0),
        ("Seconds of hashpivot --help", "start_up_seconds", 1.0),
    )
    table = _blank("Speed", "median", "range")
    for label, name, scale in rows:
        if told[name] is not None:
            low, high = (scale * value for value in told["intervals"][name])
            places = decimals([high])
            middle = number(scale * told[name], places)
            table.add_row(label, middle, f"{number(low, places)}{DASH}{number(high, places)}")
    if told["peak_memory_mb"] is not None:
        table.add_row("Peak memory of one process, MB", number(told["peak_memory_mb"], 0), "")
    return table


def _against_mesa(compared: dict[str, dict[str, float]]) -> Table:
    table = _blank("Milliseconds per month of one run", "Mesa", "batch", "ratio")
    for name, row in compared.items():
        table.add_row(name, *(number(row[key], decimals([row[key]])) for key in ("mesa_ms", "engine_ms", "ratio")))
    return table


def _phases(phases: dict[str, float]) -> Table:
    table = _blank("Where a batch spends its time", "%")
    for name, share in sorted(phases.items(), key=lambda item: -item[1]):
        if share >= SMALLEST_SHARE:
            table.add_row(name, number(100.0 * share, 1))
    return table


def _blank(*columns: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for k, column in enumerate(columns):
        table.add_column(column, justify="right" if k else "left")
    return table
