"""What an address that leads nowhere shows."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse

from experiments.figures.palette import DARK, LIGHT

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>hashpivot</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>
body{{font:14px/20px system-ui,sans-serif;max-width:640px;margin:80px auto;padding:0 24px}}
body{{color:{ink};background:{page}}}
h1{{font:600 27px/33px Georgia,serif}}a{{color:inherit}}
@media(prefers-color-scheme:dark){{body{{color:{dark_ink};background:{dark_page}}}}}
</style></head><body><h1>There is no such page</h1><p>The address may be misspelt.</p>
<p><a href="{root}/">Go to Explore</a></p></body></html>"""


async def not_found(request: Request, _: Exception) -> HTMLResponse:
    """A page with a way on, status 404."""
    root = str(request.scope.get("root_path", ""))
    words = PAGE.format(ink=LIGHT.ink, page=LIGHT.page, dark_ink=DARK.ink, dark_page=DARK.page, root=root)
    return HTMLResponse(words, status_code=404)
