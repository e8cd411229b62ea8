"""The frame around every page: top bar, theme, address, downloads."""

from __future__ import annotations

from importlib import metadata
from typing import Any

import solara

from experiments.figures.model import TODAY
from experiments.wording import month
from viz import session, theme
from viz.components.parts import Saver, Shell
from viz.state import BASELINE, History, read_query

PAGES: list[dict[str, str]] = []  # path and label, filled by viz.app from its routes


def use_address() -> None:
    """Read the address once, and keep it telling what is looked at."""
    router = solara.use_router()

    def read() -> None:
        view, problems = read_query(router.search or "")
        session.history.value = History(now=view)
        session.problems.value = problems

    solara.use_memo(read, [])
    query = session.view().query
    target = session.target.value

    def turn() -> None:
        if target:
            session.target.value = ""
            session.downloads.value = []
            router.push(f"{target}?{query}" if query else target)

    solara.use_effect(turn, [target])

    def write() -> None:
        if query != (router.search or ""):
            router.push(f"{router.path}?{query}" if query else router.path)

    solara.use_effect(write, [query])


@solara.component
def Layout(children: list[Any] = []) -> None:  # noqa: B006, N802
    """Top bar above the page of the address."""
    use_address()
    router = solara.use_router()
    query = session.view().query
    path = f"/{router.parts[0]}"

    def navigate(target: str) -> None:
        session.downloads.value = []
        router.push(f"{target}?{query}" if query else target)

    def download(name: str) -> None:
        for key, _, make in session.downloads.value:
            if key == name:
                session.save(*make())

    error, clear = solara.use_exception()

    def start_afresh() -> None:
        session.history.value = History()
        clear()

    solara.Title("hashpivot")
    solara.Style(theme.css(router.root_path))
    with solara.v.Html(tag="div", class_="hp"):
        Shell(
            pages=PAGES,
            current=path if path in {page["path"] for page in PAGES} else "/",
            query=query,
            version=f"{metadata.version('hashpivot')} · data to {month(TODAY)}",
            downloads=[{"id": key, "label": label} for key, label, _ in session.downloads.value],
            dark=session.dark.value,
            event_navigate=navigate,
            event_theme=session.dark.set,
            event_download=download,
        )
        Saver(file=session.saved.value)
        if error is None:
            solara.v.Html(tag="div", children=children)
        else:
            told = f"{type(error).__name__}: {error}"
            with solara.v.Html(tag="div", class_="hp-wide"):
                Problem(
                    "This page met an error",
                    [told, "Your link is kept until you start afresh."],
                    "Start with the baseline",
                    start_afresh,
                )


@solara.component
def Problem(head: str, lines: list[str], action: str = "", on_action: Any = None) -> None:  # noqa: N802
    """What is wrong and what to do, in the page."""
    with solara.v.Html(tag="div", class_="hp-problem", attributes={"role": "alert"}):
        solara.v.Html(tag="h4", children=[head])
        solara.v.Html(tag="p", children=["\n".join(lines)])
        if action:
            button = solara.v.Html(tag="button", class_="hp-button", children=[action])
            solara.v.use_event(button, "click", lambda *_: on_action())


@solara.component
def AddressProblems() -> None:  # noqa: N802
    """What of the address could not be used, until something else is looked at or it was read."""
    if session.problems.value:
        Problem(
            "Part of this address could not be used",
            [*session.problems.value, "The rest of it is shown."],
            "Hide this note",
            lambda: session.problems.set([]),
        )


__all__ = ["BASELINE", "PAGES", "AddressProblems", "Layout", "Problem", "use_address"]
