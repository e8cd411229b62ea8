"""How fast the dashboard answers and what a visitor costs, measured in chromium on a server of its own.

    python tests/viz/measure_dashboard.py [--runs 48] [--visitors 5] [--small]

Prints one line per figure: time to first paint and to the first charts, from the release of a lever to the first
drawn answer with its parts, to the full band, and memory of the server per visitor. Wants a machine with nothing
else to do. ``--small`` takes the world of the browser tests.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
PORT = 8899
ADDRESS = f"http://127.0.0.1:{PORT}"
SMALL = {"FIRMS": "110", "SITES": "220", "MONTHS": "24"}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
LONG = 600_000  # ms
LEVERS = (
    ("policy.carbon_price_usd_per_t", 40),
    ("power.interconnection_wait_scale", 0.5),
    ("power.headroom_scale", 2),
    ("policy.carbon_price_usd_per_t", 90),
    ("power.price_scale", 1.2),
)
# Lets go of a lever and notes, in ms from there: the words of the page, the first answer drawn, the full band.
RELEASE = """
async ([key, value, runs]) => {
  const row = document.querySelector(`[data-key='${key}'] input[type=range]`);
  const lede = document.querySelector(".hp-lede").innerText, start = performance.now();
  const footer = () => document.querySelector("#chart-hashprice .hp-footer").innerText;
  const until = (ready) => new Promise((resolve) => {
    const look = () => {
      if (!ready()) return;
      watcher.disconnect();
      requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - start)));
    };
    const watcher = new MutationObserver(look);
    watcher.observe(document.body, { subtree: true, childList: true, characterData: true });
    look();
  });
  row.value = value;
  row.dispatchEvent(new Event("input"));
  row.dispatchEvent(new Event("change"));
  const words = await until(() => document.querySelector(".hp-lede").innerText !== lede);
  await until(() => /^Shows|^Baseline: /.test(footer()));
  const answer = await until(() => /^[0-9]+ runs? /.test(footer()));
  const told = document.querySelector(".hp-progress").innerText.match(/First answer ([0-9.]+) s/);
  const band = await until(() => footer().startsWith(`${runs} runs · bands`));
  return { words, answer, runs: told ? 1000 * Number(told[1]) : null, band };
}
"""
PAINT = """() => ({
  paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
  charts: performance.now(),
})"""


def main() -> None:
    """Start a server, wait for its baseline, measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=48)
    parser.add_argument("--visitors", type=int, default=5)
    parser.add_argument("--small", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "HASHPIVOT_DASHBOARD_CACHE": folder,
            "HASHPIVOT_DASHBOARD_RUNS": str(chosen.runs),
            "PYTHONPATH": str(ROOT),
        }
        if chosen.small:
            environment |= {f"HASHPIVOT_DASHBOARD_{name}": value for name, value in SMALL.items()}
        command = [sys.executable, "-c", "from experiments.cli import main; main()", "dashboard", "--port", str(PORT)]
        started = time.monotonic()
        server = subprocess.Popen(
            command, env=environment, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        try:
            _wait_until_ready()
            print(f"server ready                  {time.monotonic() - started:7.1f} s")
            with sync_playwright() as driver:
                chromium = shutil.which("chromium") or shutil.which("chromium-browser")
                browser = driver.chromium.launch(executable_path=chromium, args=FLAGS)
                measure(browser, server.pid, chosen.runs, chosen.visitors)
                browser.close()
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(timeout=20)


def measure(browser: Any, server: int, runs: int, visitors: int) -> None:
    """Print all figures of a server that is ready."""
    pages = [_visitor(browser, runs)]
    print(f"first visitor, baseline full  {pages[0].evaluate('performance.now()') / 1000:7.1f} s")
    first = memory(server)
    for _ in range(visitors - 1):
        pages.append(_visitor(browser, runs))
        seen = pages[-1].evaluate(PAINT)
    print(f"first paint                   {seen['paint']:7.0f} ms")
    print(f"all charts drawn              {seen['charts']:7.0f} ms")
    idle = memory(server)
    found = [pages[0].evaluate(RELEASE, [key, value, runs]) for key, value in LEVERS]
    for name, words in (
        ("words", "title and panel answer"), ("runs", "first runs in, from order"), ("answer", "first answer drawn"),
        ("band", "full band drawn"),
    ):  # fmt: skip
        values = [row[name] for row in found if row[name] is not None]
        print(f"{words:<29} {statistics.median(values):7.0f} ms, {min(values):.0f} to {max(values):.0f}")
    worked = memory(server)
    for page in pages[1:]:  # the same lever: its runs are shared
        page.evaluate(RELEASE, [*LEVERS[0], runs])
    now = memory(server)
    others = visitors - 1
    print(f"server, one visitor           {first['server']:7.0f} MB; each worker {max(first['workers']):.0f} MB")
    print(f"a further visitor             {(idle['server'] - first['server']) / others:7.1f} MB")
    moved = now["server"] - worked["server"] + idle["server"] - first["server"]
    print(f"the same, one lever moved     {moved / others:7.1f} MB")
    print(f"runs of a further scenario    {(worked['server'] - idle['server']) / len(LEVERS):7.1f} MB")


def _visitor(browser: Any, runs: int) -> Page:
    page: Page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
    page.set_default_timeout(LONG)
    page.goto(ADDRESS)
    page.wait_for_selector(f"#chart-hashprice .hp-footer:text-matches('^{runs} runs · bands')")
    page.wait_for_selector("#chart-cash-and-debt canvas")
    return page


def memory(server: int) -> dict[str, Any]:
    """Resident MB of the process that serves pages and of the workers, all in the group of ``server``."""
    processes: dict[str, float] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            group = int(path.read_text().rpartition(")")[2].split()[2])
            command = (path.parent / "cmdline").read_text().replace("\0", " ")
            status = (path.parent / "status").read_text()
        except OSError:
            continue
        resident = re.search(r"VmRSS:\s+(\d+)", status)
        if group == server and resident:
            processes[command + path.parent.name] = int(resident[1]) / 1024
    served = [size for command, size in processes.items() if "solara" in command]
    workers = [size for command, size in processes.items() if "spawn_main" in command]
    return {"server": sum(served), "workers": workers or [0.0]}


def _wait_until_ready() -> None:
    while True:
        try:
            urllib.request.urlopen(f"{ADDRESS}/readyz", timeout=5)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)


if __name__ == "__main__":
    main()
