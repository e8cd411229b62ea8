"""The command ``dashboard``: starts Solara as a process of its own, so that nothing here imports upwards."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from typing import Annotated

import typer

from experiments.options import DebugOption

IDLE = "5m"  # a visitor's session is released after being away this long


def dashboard(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8765,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines in.")] = "127.0.0.1",
    runs: Annotated[int | None, typer.Option(min=1, help="Runs per scenario.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes; 2 by default.")] = None,
    debug: DebugOption = False,
) -> None:
    """Open the simulator as a page in the browser."""
    from sim.errors import UserError

    if find_spec("solara") is None:
        raise UserError("The dashboard needs Solara: install hashpivot again.")
    _check_free(host, port)
    print(f"hashpivot dashboard: http://{'localhost' if host in ('127.0.0.1', '0.0.0.0') else host}:{port}/")
    print("Ctrl-C ends it.", flush=True)
    command = [sys.executable, "-m", "solara", "run", "viz.app", "--host", host, "--port", str(port)]
    server = subprocess.Popen([*command, "--production", "--no-open"], env=environment(runs, workers))
    try:
        code = server.wait()
    except KeyboardInterrupt:
        server.terminate()
        server.wait(timeout=10)
        return
    if code:
        raise typer.Exit(1)


def environment(runs: int | None = None, workers: int | None = None) -> dict[str, str]:
    """Environment of the server: no telemetry, sessions released in minutes, what was asked for."""
    wanted = {
        "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "false",
        "SOLARA_KERNEL_CULL_TIMEOUT": IDLE,
        "SOLARA_THEME_TITLE": "hashpivot",
        "SOLARA_THEME_LOADER": "plain",
        "SOLARA_THEME_SHOW_BANNER": "false",
        "SOLARA_THEME_FORCE_REFRESH": "true",  # the address brings back what a released visitor looked at
    }
    if runs:
        wanted["HASHPIVOT_DASHBOARD_RUNS"] = str(runs)
    if workers:
        wanted["HASHPIVOT_DASHBOARD_WORKERS"] = str(workers)
    return {**wanted, **os.environ, "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "false"} | (
        {key: value for key, value in wanted.items() if key.startswith("HASHPIVOT")}
    )


def _check_free(host: str, port: int) -> None:
    import socket

    from sim.errors import UserError

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UserError(f"{host}:{port} cannot be used ({error.strerror}): choose another --port.") from None


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(dashboard)
