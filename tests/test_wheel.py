"""The wheel in an environment of its own, far from the checkout: everything it needs is inside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Python of an empty environment that holds the wheel; dependencies come from this one, the checkout does not."""
    folder = tmp_path_factory.mktemp("empty")
    venv.create(folder, with_pip=False, symlinks=True)
    site = folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    # on PYTHONPATH no .pth file is read, so the editable install of the checkout stays out
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(site), sysconfig.get_path("purelib")])}
    return folder / "bin" / "python", environment


def call(installed: tuple[Path, dict[str, str]], cwd: Path, *words: str) -> str:
    python, environment = installed
    code = f"import sys; sys.argv = ['hashpivot', *{list(words)!r}]; from experiments.cli import main; main()"
    done = subprocess.run([python, "-c", code], cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_runs_outside_the_checkout(installed: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    python, environment = installed
    where = subprocess.run(
        [python, "-c", "import agents, sim, experiments, viz; print(sim.__file__)"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert str(ROOT) not in where
    told = json.loads(call(installed, tmp_path, "run", "--runs", "1", "--months", "2", "--out", "here", "--json"))
    assert told["months"] == 2
    assert (tmp_path / "here" / "report.html").stat().st_size > 100_000
    assert (tmp_path / "here" / "charts" / "overview.png").exists()
    assert "carbon-tax" in call(installed, tmp_path, "scenarios")
    assert "Colocation" in call(installed, tmp_path, "calculator")


def test_the_wheel_holds_data_and_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "sim/data/firms_2026.csv" in names
    assert "sim/scenario/library/baseline.toml" in names
    assert "experiments/report/templates/page.html" in names
    assert any(name.startswith("viz/assets/") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "docs/", "results/"))]
