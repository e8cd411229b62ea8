"""Write docs/images/month.svg: ``python -m experiments.month_drawing``.

The drawing of the model description: what happens at the edges and in the middle of a month.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from experiments.figures.palette import LIGHT, Meaning
from experiments.pages import ROOT

PATH = ROOT / "docs/images/month.svg"
WIDTH, ROW, TOP = 1120, 54, 104
LEFT, MIDDLE, RIGHT = 24, 344, 816  # left edges of the columns
SIDE, BODY = 232, 400  # widths: of the outer columns, of the middle one
# number, title, what happens, whose colour; a phase is what Sector.advance does under a comment of that number
PHASES: tuple[tuple[str, str, str, Meaning], ...] = (
    ("1", "Drivers", "coin price, fees, interest, power, AI demand", "baseline"),
    ("2", "Rules and grids", "policy; power prices; queue admitted", "power"),
    ("3", "Arrivals", "rig prices; racks, rigs, halls that are due", "btc"),
    ("4", "Dispatch", "hashprice and running hours, simultaneous", "btc"),
    ("5", "Income and bills", "income becomes receivables, bills payables", "money"),
    ("6", "Treasury", "coins sold, margin calls", "money"),
    ("7", "Tender", "tenants ask, firms choose, leases, rent", "ai"),
    ("8", "Orders", "rigs, racks, moves, sales, used rigs, requests", "btc"),
    ("9", "Settlement", "cash in, bills paid; distress, auctions, entry", "risk"),
    ("10", "Beliefs", "views, growth, labels, load", "baseline"),
)
# what is carried over, and the phase that first uses it; what is handed on, and the phase that makes it
BEFORE: tuple[tuple[str, str], ...] = (
    ("load of last month", "2"),
    ("hashprice of last month, orders", "3"),
    ("hashrate, idle hours", "4"),
    ("loans, leases in force", "5"),
    ("coins held", "6"),
    ("views of hashprice, rent", "7"),
    ("receivables, arrears", "9"),
)
AFTER: tuple[tuple[str, str], ...] = (
    ("hashrate: difficulty of t+1", "4"),
    ("receivables: cash in t+1", "5"),
    ("leases: halls months later", "7"),
    ("rigs ordered: there in some months", "8"),
    ("requests: in the queue for years", "8"),
    ("stocks and closed books", "9"),
    ("views, load: prices of t+1", "10"),
)


def drawing() -> str:
    """The drawing as SVG."""
    height = TOP + ROW * len(PHASES) + 28
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'font-family="Inter, Helvetica, Arial, sans-serif">',
        "<title>A month: what is carried over, the ten phases in their order, what is handed on</title>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0 L8 4 L0 8 Z" fill="{LIGHT.third}"/></marker></defs>',
        f'<rect width="{WIDTH}" height="{height}" fill="{LIGHT.page}"/>',
        *_heads(),
        *_phases(),
        *_side(BEFORE, LEFT, True),
        *_side(AFTER, RIGHT + 48, False),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _heads() -> Iterator[str]:
    for x, title, words in (
        (LEFT, "Edge: carried over from t\N{MINUS SIGN}1", "what the month begins with"),
        (MIDDLE, "Middle: month t, once, in this order", "within a phase all firms act on the same state"),
        (RIGHT + 48, "Edge: handed on to t+1", "what the month leaves behind"),
    ):
        yield _text(x, 44, title, 17, LIGHT.ink, 600)
        yield _text(x, 68, words, 13, LIGHT.second)
        end = x + (BODY if x == MIDDLE else SIDE)
        yield f'<line x1="{x}" x2="{end}" y1="84" y2="84" stroke="{LIGHT.strong_rule}"/>'


def _phases() -> Iterator[str]:
    for row, (number, title, words, meaning) in enumerate(PHASES):
        y = TOP + ROW * row
        yield f'<rect x="{MIDDLE}" y="{y}" width="{BODY}" height="{ROW - 8}" rx="4" fill="{LIGHT.grid}"/>'
        yield f'<rect x="{MIDDLE}" y="{y}" width="5" height="{ROW - 8}" fill="{LIGHT.marks[meaning]}"/>'
        yield _text(MIDDLE + 18, y + 28, number, 15, LIGHT.words[meaning], 600)
        yield _text(MIDDLE + 46, y + 20, title, 14, LIGHT.ink, 600)
        yield _text(MIDDLE + 46, y + 38, words, 13, LIGHT.second)


def _side(items: tuple[tuple[str, str], ...], x: int, inwards: bool) -> Iterator[str]:
    """Things at one edge, evenly spaced, each with an arrow to or from its phase."""
    step = ROW * len(PHASES) / len(items)
    numbers = [number for number, *_ in PHASES]
    for place, (words, phase) in enumerate(items):
        y = TOP + step * (place + 0.5) - 4
        yield _text(x, round(y + 5), words, 14, LIGHT.ink)
        same = [other for other, (_, number) in enumerate(items) if number == phase]
        shift = 12 * (same.index(place) - (len(same) - 1) / 2)
        target = TOP + ROW * numbers.index(phase) + (ROW - 8) / 2 + shift
        start, end = (x + SIDE - 8, MIDDLE - 4) if inwards else (MIDDLE + BODY + 2, x - 10)
        first, last = (y, target) if inwards else (target, y)
        bend = (start + end) / 2
        yield (
            f'<path d="M{start} {first:.0f} C{bend:.0f} {first:.0f} {bend:.0f} {last:.0f} {end} {last:.0f}" '
            f'fill="none" stroke="{LIGHT.third}" stroke-width="1.3" marker-end="url(#tip)"/>'
        )


def _text(x: int, y: int, words: str, size: int, colour: str, weight: int = 400) -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" fill="{colour}">{escape(words)}</text>'


if __name__ == "__main__":
    PATH.write_text(drawing(), encoding="utf-8")
