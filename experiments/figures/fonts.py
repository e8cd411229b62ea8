"""Inter and Source Serif for charts, where their packages are installed; Matplotlib's own fonts elsewhere.

The packages ship variable fonts, of which Matplotlib only sees the default weight. The weights needed are cut
out once, with the characters that charts use, and kept in Matplotlib's cache folder.
"""

from __future__ import annotations

import base64
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import matplotlib
from matplotlib.font_manager import FontProperties, fontManager

CHARACTERS = [*range(0x20, 0x180), *range(0x2010, 0x2030), 0x2080, 0x2081, 0x2082, 0x2212, 0x2264, 0x2265]
# name -> package, weight, optical size, fallback
FACES = {
    "text": ("fontpkg_inter", 400, 14, FontProperties(family="DejaVu Sans")),
    "strong": ("fontpkg_inter", 600, 14, FontProperties(family="DejaVu Sans", weight="bold")),
    "title": ("fontpkg_source_serif_4", 600, 16, FontProperties(family="DejaVu Serif", weight="bold")),
}


@cache
def face(name: str) -> FontProperties:
    """Font properties of "text", "strong" or "title"."""
    package, weight, size, fallback = FACES[name]
    source = _variable_font(package)
    if source is None:
        return fallback
    try:
        path = Path(matplotlib.get_cachedir()) / f"hashpivot-{package}-{weight}-{source.stat().st_size}.ttf"
        if not path.exists():
            _cut(source, weight, size, path)
        fontManager.addfont(path)
    except (OSError, ImportError):
        return fallback
    return FontProperties(fname=path)


def faces_css() -> str:
    """The three faces as CSS with the fonts inside, for pages that must not ask the network; "" without them."""
    families = {"text": ("Inter", 400), "strong": ("Inter", 600), "title": ("Source Serif 4", 600)}
    rules = []
    for name, (family, weight) in families.items():
        file = face(name).get_file()
        if isinstance(file, str):
            data = base64.b64encode(Path(file).read_bytes()).decode()
            rules.append(
                f"@font-face {{font-family: '{family}'; font-weight: {weight}; "
                f"src: url(data:font/ttf;base64,{data}) format('truetype');}}"
            )
    return "\n".join(rules)


def _variable_font(package: str) -> Path | None:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return None
    files = (Path(spec.origin).parent / "files").glob("*.ttf")
    return next((path for path in sorted(files) if "Italic" not in path.name), None)


def _cut(source: Path, weight: int, size: int, path: Path) -> None:
    """Write one weight of a variable font, with figures of equal width."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont
    from fontTools.varLib.instancer import instantiateVariableFont

    font = TTFont(source)
    _use_tabular_figures(font)
    cutter = Subsetter(Options(layout_features=["kern"], notdef_outline=True))
    cutter.populate(unicodes=CHARACTERS)
    cutter.subset(font)
    instantiateVariableFont(font, {"wght": weight, "opsz": size}, inplace=True)
    temporary = path.with_suffix(".tmp")
    font.save(temporary)
    temporary.replace(path)


def _use_tabular_figures(font: object) -> None:
    """Let the plain digits be the ones of equal width, where the font has both."""
    for table in font["cmap"].tables:  # type: ignore[index]
        for code in range(ord("0"), ord("9") + 1):
            tabular = f"{table.cmap.get(code)}.tf"
            if tabular in font.getGlyphSet():  # type: ignore[attr-defined]
                table.cmap[code] = tabular
