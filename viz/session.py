"""What belongs to one visitor, as reactive values: Solara keeps them apart by kernel."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable
from typing import Any

import solara

from viz.files import OwnFirms
from viz.state import History, Setting, View

history: solara.Reactive[History] = solara.reactive(History())
dark: solara.Reactive[bool] = solara.reactive(False)
problems: solara.Reactive[list[str]] = solara.reactive([])  # of an address or a file, one line each
firms: solara.Reactive[OwnFirms | None] = solara.reactive(None)  # loaded from a file; no address holds it
saved: solara.Reactive[dict[str, Any] | None] = solara.reactive(None)  # the last file handed to the browser
target: solara.Reactive[str] = solara.reactive("")  # page to turn to, done by the frame
_numbers = itertools.count()


def view() -> View:
    """What is looked at now."""
    return history.value.now


def go(new: View) -> None:
    """Look at something else; undo leads back."""
    problems.value = []
    history.value = history.value.to(new)


def visit(path: str, new: View) -> None:
    """Look at something else on another page."""
    go(new)
    target.value = path


def adjust(setting: Setting) -> None:
    """Change the scenario and leave the rest of the view."""
    from dataclasses import replace

    go(replace(view(), setting=setting))


def save(name: str, content: bytes, mime: str = "application/octet-stream") -> None:
    """Hand a file to the browser."""
    packed = base64.b64encode(content).decode("ascii")
    saved.value = {"name": name, "mime": mime, "content": packed, "number": next(_numbers)}


# Files a page offers: (id, label, function that gives name, content and kind of file).
Download = tuple[str, str, Callable[[], tuple[str, bytes, str]]]
downloads: solara.Reactive[list[Download]] = solara.reactive([])
