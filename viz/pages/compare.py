"""Compare: up to four scenarios side by side."""

from __future__ import annotations

import solara


@solara.component
def Compare() -> None:  # noqa: N802
    solara.v.Html(tag="div", class_="hp-wide", children=["To come."])
