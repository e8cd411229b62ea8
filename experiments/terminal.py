"""What the command line does around every command: errors in one line, progress, and whose packages these are."""

from __future__ import annotations

import errno
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.wording import number, plural

if TYPE_CHECKING:
    from rich.console import Console

Count = Callable[[int, int], None]
DONE, FAILED, WRONG_INPUT = 0, 1, 2
ROOT = Path(__file__).resolve().parent.parent


class Debug:
    """Whether ``--debug`` was given: errors then keep their traceback."""

    on = False


def exit_code(command: Callable[[], object]) -> int:
    """Run a command; say in one line on stderr what went wrong; 0 done, 1 the run failed, 2 wrong input."""
    try:
        check_siblings()
        result = command()
    except BaseException as error:
        code, words = _explain(error)
        if Debug.on and not isinstance(error, SystemExit):
            traceback.print_exc()
        if words:
            print(f"hashpivot: {words}", file=sys.stderr)
        return code
    return result if isinstance(result, int) else DONE


def check_siblings() -> None:
    """Raise UserError if ``agents``, ``sim`` or ``viz`` would come from somewhere else than this package."""
    from sim.errors import UserError

    for name in ("agents", "sim", "viz"):
        spec = find_spec(name)
        places = list(spec.submodule_search_locations or ()) if spec else []
        if not any(Path(place).resolve() == ROOT / name for place in places):
            there = places[0] if places else (spec.origin if spec else "nowhere")
            raise UserError(
                f"the package '{name}' comes from {there}, not from {ROOT}: "
                "run hashpivot in an environment of its own (uv makes one)."
            )


def _explain(error: BaseException) -> tuple[int, str]:
    from sim.errors import RunError, UserError

    if isinstance(error, KeyboardInterrupt) or type(error).__name__ == "Abort":
        return FAILED, "stopped."
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else FAILED, ""
    if hasattr(error, "format_message"):  # the parser's own errors
        return WRONG_INPUT, f"{error.format_message()} (--help lists the options)"
    if isinstance(error, UserError) or type(error).__name__ == "ScenarioError":
        return WRONG_INPUT, str(error)
    if isinstance(error, RunError):
        return FAILED, str(error) if Debug.on else str(error).splitlines()[0]
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return FAILED, "the disk is full: free some space, the same command goes on."
    line = (str(error).splitlines() or [""])[0]
    return FAILED, f"the run failed: {type(error).__name__}: {line} (--debug shows where)"


@contextmanager
def resumable(folder: Path) -> Iterator[None]:
    """Say of Ctrl-C that complete batches are kept in the folder."""
    from sim.errors import RunError

    try:
        yield
    except KeyboardInterrupt:
        raise RunError(f"stopped; complete batches are in {folder}, the same command goes on.") from None


@contextmanager
def progress(runs: int, months: int) -> Iterator[Count]:
    """A callback for run-months done and wanted: a bar on a terminal, else a line at each quarter; on stderr."""
    from rich.console import Console

    console = Console(stderr=True)
    if console.is_terminal:
        with _bar(console, runs, months) as bar:
            yield bar
        return
    started, told, first = time.monotonic(), [0], [-1]

    def count(done: int, total: int) -> None:
        first[0] = done if first[0] < 0 else first[0]
        quarter = 4 * done // total
        if quarter > told[0]:
            told[0] = quarter
            print(_pace(done, total, months, time.monotonic() - started, first[0]), file=sys.stderr, flush=True)

    yield count


@contextmanager
def _bar(console: Console, runs: int, months: int) -> Iterator[Count]:
    from rich.progress import BarColumn, Progress, TextColumn

    ink = BarColumn(bar_width=40, complete_style="default", finished_style="default")
    with Progress(ink, TextColumn("{task.description}"), console=console, transient=True) as bar:
        task = bar.add_task(f"0 of {plural(runs, 'run')}", total=runs * months)
        started, first = time.monotonic(), [-1]

        def count(done: int, total: int) -> None:
            if first[0] < 0:
                first[0] = done
            words = _pace(done, total, months, time.monotonic() - started, first[0])
            bar.update(task, completed=done, description=words)

        yield count


def _pace(done: int, total: int, months: int, seconds: float, known: int = 0) -> str:
    """ "8 of 32 runs · 3.1 a second · 8 s left"; ``known`` run-months were there before the clock started."""
    words = f"{done // months:,} of {plural(total // months, 'run')}"
    rate = (done - known) / max(seconds, 1e-9)
    if rate <= 0 or seconds < 0.2:
        return words
    a_second = rate / months
    pace = (
        f"{number(a_second, 1 if a_second < 10 else 0)} runs a second"
        if a_second >= 0.1
        else (f"{number(60 * a_second, 1)} runs a minute")
    )
    left = "" if done >= total else f" · {_clock((total - done) / rate)} left"
    return f"{words} · {pace}{left}"


def _clock(seconds: float) -> str:
    """8 -> "8 s", 100 -> "1:40", 4000 -> "1:06:40"."""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
