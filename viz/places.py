"""Names of regions as pages say them."""

from __future__ import annotations

SHORT = {
    "ALBERTA": "Alberta", "QUEBEC": "Québec", "NORDICS": "Nordics", "RUSSIA": "Russia", "WECC_US": "US West",
    "KAZAKHSTAN": "Kazakhstan", "CHINA": "China", "SERC_TVA": "US Southeast", "GULF": "Gulf", "ETHIOPIA": "Ethiopia",
    "PARAGUAY": "Paraguay", "ROW": "Rest of world", "BC": "British Columbia",
}  # fmt: skip
WITH_ARTICLE = {"NORDICS", "WECC_US", "SERC_TVA", "GULF"}


def short(code: str) -> str:
    """A region in a table or on a tile."""
    return SHORT.get(code, code)


def within(code: str) -> str:
    """A region in a sentence, after "in"."""
    if code == "ROW":
        return "the rest of the world"
    return f"the {short(code)}" if code in WITH_ARTICLE else short(code)
