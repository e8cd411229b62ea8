"""The dashboard: ``solara run viz.app`` serves it, ``hashpivot dashboard`` starts that."""

from __future__ import annotations

import os
import warnings

import solara
import solara.server.settings
from solara.server.starlette import app as server

from viz import frame, theme
from viz.ensembles import prewarm
from viz.lost import not_found
from viz.pages.about import About
from viz.pages.calculator import Calculator, warm_up
from viz.pages.compare import Compare
from viz.pages.explore import Explore
from viz.pages.firms import Firms
from viz.pages.learn import Learn
from viz.pages.network import Network
from viz.pages.stress import Stress

# Address, name in the top bar, component. A new page is one line here and a module under viz/pages.
PAGES = (
    ("/", "Explore", Explore),
    ("compare", "Compare", Compare),
    ("firms", "Firms", Firms),
    ("network", "Network", Network),
    ("stress", "Stress", Stress),
    ("calculator", "Calculator", Calculator),
    ("learn", "Learn", Learn),
    ("about", "About", About),
)
routes = [
    solara.Route(path=path, component=page, label=label, layout=frame.Layout if path == "/" else None)
    for path, label, page in PAGES
]
frame.PAGES[:] = [{"path": path if path == "/" else f"/{path}", "label": label} for path, label, _ in PAGES]

solara.server.settings.assets.extra_locations = theme.asset_folders()
solara.server.settings.assets.fontawesome_enabled = False
for told in ("Cookies with samesite=none", "base url .* does not end with root path"):  # at every visit
    warnings.filterwarnings("ignore", message=told)
server.add_exception_handler(404, not_found)
server.middleware_stack = None  # built before this module is read: without this it would not know the handler

if os.environ.get("SOLARA_APP"):  # served, not just imported: workers load while the first visitor is on the way
    prewarm()
    warm_up()
