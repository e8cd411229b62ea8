"""Design tokens as CSS variables, light and dark, and where the fonts are."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from experiments.figures.palette import DARK, LIGHT, Palette

ASSETS = Path(__file__).parent / "assets"
HINDCAST = "hindcast.png"
PANEL = {False: "#F7F6F2", True: "#1B1F25"}
RAISED = {False: "#FFFFFF", True: "#20252C"}
FONTS = {"Inter": "fontpkg_inter", "Source Serif 4": "fontpkg_source_serif_4"}


def palette(dark: bool) -> Palette:
    """Colours of charts in this mode."""
    return DARK if dark else LIGHT


def hindcast() -> Path | None:
    """The picture of the hindcast: part of the package, in a checkout among the documentation."""
    places = (ASSETS / HINDCAST, ASSETS.parents[1] / "docs" / "images" / HINDCAST)
    return next((place for place in places if place.is_file()), None)


def asset_folders() -> list[str]:
    """Folders whose files are served: our own, the hindcast's picture, and fonts where their packages keep them."""
    picture = hindcast()
    own = [str(ASSETS), *([str(picture.parent)] if picture else [])]
    return [*own, *(str(path.parent) for path in map(_font, FONTS.values()) if path)]


def css(root: str = "") -> str:
    """Font faces, colour variables and the look of pages; ``root`` is the path the dashboard is served under."""
    pages = (ASSETS / "pages.css").read_text(encoding="utf-8")
    return "\n".join([*_faces(root), _variables(False), _variables(True), pages])


def _faces(root: str) -> list[str]:
    faces = []
    for family, package in FONTS.items():
        if path := _font(package):
            url = f"{root}/static/assets/{quote(path.name)}"
            faces.append(
                f"@font-face{{font-family:'{family}';src:url('{url}') format('truetype');"
                "font-weight:200 900;font-display:swap}"
            )
    return faces


def _variables(dark: bool) -> str:
    colours = palette(dark)
    values = {
        "page": colours.page,
        "panel": PANEL[dark],
        "raised": RAISED[dark],
        "ink": colours.ink,
        "second": colours.second,
        "third": colours.third,
        "rule": colours.rule,
        "strong-rule": colours.strong_rule,
        **{f"mark-{name}": colour for name, colour in colours.marks.items()},
        **{f"word-{name}": colour for name, colour in colours.words.items()},
    }
    where = 'html[data-theme="dark"]' if dark else ":root"
    scheme = "dark" if dark else "light"
    return f"{where}{{color-scheme:{scheme};{''.join(f'--{name}:{value};' for name, value in values.items())}}}"


def _font(package: str) -> Path | None:
    """The upright variable font of a font package, if it is installed."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return None
    files = sorted((Path(spec.origin).parent / "files").glob("*.ttf"))
    return next((path for path in files if "Italic" not in path.name), None)
