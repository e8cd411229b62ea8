"""One function on a worker process, for a page: attribution, stress, whatever takes longer than a page may wait."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import solara

from viz.orders import Task
from viz.service import service

__all__ = ["Outcome", "Task", "use_task"]


@dataclass(frozen=True)
class Outcome:
    """How a task stands: ``result`` once it is done, ``share`` until then, ``error`` in one line if it failed."""

    result: Any = None
    share: float = 0.0
    error: str = ""
    running: bool = False
    key: str = ""
    stop: Callable[[], None] = field(default=lambda: None, compare=False)


def use_task(key: str, function: Callable[..., Any] | None, arguments: Mapping[str, Any]) -> Outcome:
    """Run ``function(**arguments, on_progress=, should_stop=)`` on a worker whenever ``key`` changes.

    The function must be importable by name, its arguments and result picklable. None runs nothing. A new key stops
    the old task.
    """
    outcome, set_outcome = solara.use_state(Outcome())

    def start() -> Callable[[], None] | None:
        if function is None:
            set_outcome(Outcome())
            return None
        task = service().submit(Task(function, dict(arguments)))
        set_outcome(Outcome(running=True, key=key, stop=task.stop))

        def follow() -> None:
            while not task.finished.wait(0.5) and not task.stopped:
                set_outcome(Outcome(share=task.share, running=True, key=key, stop=task.stop))
            set_outcome(Outcome(task.result, 1.0, task.error, key=key))

        threading.Thread(target=follow, daemon=True).start()
        return task.stop

    solara.use_effect(start, [key if function else ""])
    return outcome
