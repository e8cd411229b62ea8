"""A running dashboard in a real browser, and pages without one in a small world."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from viz import session
from viz.settings import settings
from viz.state import History

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ROOT = Path(__file__).resolve().parents[2]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WAIT = 60_000  # ms, for a machine with other work
# A small world, said so by the dashboard's own settings: bands from 20 runs on.
SMALL = {"RUNS": "22", "FIRMS": "110", "SITES": "220", "MONTHS": "8", "WORKERS": "1"}


@pytest.fixture(scope="module")
def address(tmp_path_factory, request) -> Iterator[str]:
    """Address of a running dashboard; a module's SERVER adds to its environment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = tmp_path_factory.mktemp("kept")
    chosen = {f"HASHPIVOT_DASHBOARD_{name}": value for name, value in SMALL.items()}
    chosen |= {"HASHPIVOT_DASHBOARD_CACHE": str(kept), "PYTHONPATH": str(ROOT)}
    environment = os.environ | chosen | getattr(request.module, "SERVER", {})
    command = [sys.executable, "-c", "from experiments.cli import main; main()", "dashboard", "--port", str(port)]
    with (kept / "log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, cwd=kept, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}/readyz", server, kept / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=20)


def _wait_until_ready(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 90
    while time.monotonic() < end:
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                assert answer.status == 200
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    raise AssertionError(f"not ready: {log.read_text()}")


@pytest.fixture(scope="module")
def browser():
    """Chromium, for all tests of a file."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    playwright.expect.set_options(timeout=WAIT)
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


def _note_failure(request, wrong: list[str]) -> None:
    if "ABORTED" not in (request.failure or ""):
        wrong.append(f"{request.failure}: {request.url}")


@contextmanager
def open_window(browser, address: str, width: int, **options):
    """A fresh context with one page; on leaving, nothing may have gone wrong in it."""
    context = browser.new_context(viewport={"width": width, "height": 1000}, **options)
    wrong: list[str] = []

    def gate(route) -> None:
        if route.request.url.startswith((address, address.replace("http", "ws"), "data:", "blob:")):
            route.continue_()
        else:
            wrong.append(f"asked for {route.request.url}")
            route.abort()

    context.route("**/*", gate)
    page = context.new_page()
    page.set_default_timeout(WAIT)
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    # whoever leaves a page early breaks off what it still loads: that is no failure
    page.on("requestfailed", lambda request: _note_failure(request, wrong))
    page.on(
        "response", lambda answer: wrong.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None
    )
    yield page
    context.close()
    assert wrong == []


@pytest.fixture
def months() -> int:
    """Months of the running dashboard's world."""
    return int(SMALL["MONTHS"])


@pytest.fixture
def window(browser, address):
    """Opens windows of so many px, of pages ``at`` an address: ``with window(400) as page``."""
    return lambda width=1440, at=address, **options: open_window(browser, at, width, **options)


@pytest.fixture
def small_world(monkeypatch, request):
    """The dashboard's world as the module's WORLD has it, and nobody's settings left behind."""
    for name, value in request.module.WORLD.items():
        monkeypatch.setenv(f"HASHPIVOT_DASHBOARD_{name}", value)
    settings.cache_clear()
    yield
    settings.cache_clear()
    session.history.value = History()
    session.firms.value = None
