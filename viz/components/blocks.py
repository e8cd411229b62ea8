"""Blocks of the pages beside Explore and Compare: each a Vue template with the data it shows and its events."""

from __future__ import annotations

from typing import Any

import solara

from viz import downloads, session
from viz.components.parts import Data, Event, _ignore


@solara.component_vue("facts.vue")
def Facts(facts: list[Data]) -> None:  # noqa: N802
    """A row of figures (name, figure, unit, note)."""


@solara.component_vue("sheet.vue")
def SheetTable(  # noqa: N802
    columns: list[Data],
    rows: list[Data],
    sortable: bool,
    first: int,
    search: str,
    groups: list[Data],
    chosen: str,
    empty: str,
    label: str,
    saves: bool,
    event_open: Event,
    event_choose: Event,
    event_csv: Event,
) -> None:
    """The table of Sheet; sends the ids of the rows shown when asked for their numbers."""


def Sheet(  # noqa: N802
    columns: list[Data],
    rows: list[Data],
    sortable: bool = False,
    first: int = -1,
    search: str = "",
    groups: list[Data] = [],  # noqa: B006
    chosen: str = "",
    empty: str = "",
    label: str = "",
    name: str = "",
    about: str = "",
    event_open: Event = _ignore,
    event_choose: Event = _ignore,
) -> solara.Element:
    """A table: columns (name, unit, left), rows (id, cells of words, value, under, meaning). ``first``: sorted by.

    With a ``name`` its numbers can be taken away as ``hashpivot-NAME.csv``, headed by what it is ``about``.
    """

    def save(shown: Any) -> None:
        session.save(f"hashpivot-{name}.csv", downloads.sheet(columns, rows, shown, about), downloads.TEXT)

    return SheetTable(
        columns=columns, rows=rows, sortable=sortable, first=first, search=search, groups=groups, chosen=chosen,
        empty=empty, label=label or about, saves=bool(name and rows), event_open=event_open,
        event_choose=event_choose, event_csv=save,
    )  # fmt: skip


@solara.component_vue("foot.vue")
def Foot(  # noqa: N802
    text: str,
    title: str,
    subtitle: str = "",
    picture: str = "",
    name: str = "",
    saves: bool = False,
    event_csv: Event = _ignore,
) -> None:
    """A line under a drawing that is no chart: words, its picture and its numbers.

    ``picture`` is the CSS selector of what is drawn, ``name`` that of the file.
    """


@solara.component_vue("bars.vue")
def Bars(rows: list[Data], meaning: str, empty: str = "") -> None:  # noqa: N802
    """Bars one below the other: rows (name, words, told, width and part in %); what is not part is pale."""


@solara.component_vue("months.vue")
def Months(months: list[str], chosen: str, event_choose: Event, label: str = "Month") -> None:  # noqa: N802
    """A slider over months with play."""


@solara.component_vue("reasons.vue")
def Reasons(  # noqa: N802
    records: list[Data],
    lede: str,
    kinds: list[Data],
    kind: str,
    earlier: int,
    empty: str,
    event_show: Event,
    event_mark: Event,
    event_more: Event,
) -> None:
    """Decision records, newest first; see viz.reviews."""


@solara.component_vue("net.vue")
def Net(  # noqa: N802
    label: str,
    width: int,
    height: int,
    columns: list[Data],
    nodes: list[Data],
    edges: list[Data],
    chosen: str,
    empty: str,
    event_pick: Event,
) -> None:
    """A network drawn in columns; places come from viz.network."""


@solara.component_vue("heat.vue")
def Heat(  # noqa: N802
    label: str, head: str, columns: list[str], rows: list[Data], event_open: Event = _ignore
) -> None:
    """A table whose cells (words, step 0 to 5, told) are shaded in one hue."""


@solara.component_vue("inputs.vue")
def Inputs(rows: list[Data], event_change: Event) -> None:  # noqa: N802
    """Lever rows for numbers and choices; sends key and value, None to reset."""


@solara.component_vue("spreads.vue")
def Spreads(rows: list[Data]) -> None:  # noqa: N802
    """Where one stands among others: rows (name, words, at, p10, p25, p75, p90), places in %."""


def words(tag: str, text: str, class_: str = "") -> solara.Element:
    """Plain text in an element."""
    return solara.v.Html(tag=tag, class_=class_, children=[text])


@solara.component
def Link(text: str, on_click: Event, class_: str, label: str) -> None:  # noqa: N802
    """The button of ``link``: a component of its own, so that a page may show it or not as it likes."""
    named = {"aria-label": label} if label else {}
    button = solara.v.Html(tag="button", class_=class_, children=[text], attributes=named)
    solara.v.use_event(button, "click", lambda *_: on_click(None))


def link(text: str, on_click: Event, class_: str = "hp-link", label: str = "") -> solara.Element:
    """A button that looks like a link; ``label`` is what a screen reader says instead of the text."""
    return Link(text, on_click, class_, label)


@solara.component_vue("tiles.vue")
def Tiles(label: str, tiles: list[Data], chosen: str, event_pick: Event) -> None:  # noqa: N802
    """Regions as tiles roughly where they lie: tiles (id, name, short, words, step 0 to 5, column, row)."""


def pairs(found: list[tuple[str, str]]) -> None:
    """Names with their values, one a row."""
    rows = [solara.v.Html(tag="div", children=[words("dt", name), words("dd", value)]) for name, value in found]
    solara.v.Html(tag="dl", class_="hp-pairs", children=rows)


@solara.component_vue("checks.vue")
def Checks(label: str, items: list[Data], event_flip: Event) -> None:  # noqa: N802
    """Boxes to tick with words (id, label, text, on)."""
