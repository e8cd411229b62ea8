"""Every command answers wrong input with one clear line and exit code 2, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.cli import app
from experiments.terminal import Debug, exit_code

DESIGN = 'method = "lhs"\nsamples = 2\nmonths = 3\n[axes]\n"{axis}" = {values}\n'
TAX = "policy.carbon_price_usd_per_t"
SIMULATING = {
    "run": ["run", "baseline"],
    "compare": ["compare", "baseline", "carbon-tax"],
    "attribute": ["attribute", "carbon-tax"],
    "stress": ["stress", "baseline"],
}  # fmt: skip
SHARED = [
    (["--set", f"{TAX}x=3"], "unknown key; did you mean"),
    (["--set", f"{TAX}=-3"], "must lie between 0 and 2000"),
    (["--set", f"{TAX}=nan"], TAX),
    (["--set", f"{TAX}=much"], TAX),
    (["--set", "carbon"], "must be written key=value"),
    (["--runs", "0"], "runs must be a whole number of at least 1, not 0"),
    (["--months", "0"], "must be a whole number of at least 1, not 0"),
    (["--seed", "-1"], "seed must be a whole number of at least 0, not -1"),
    (["--assumptions", "guessed"], "assumptions must be one of fixed, sampled"),
    (["--plugin", "no_such_module"], "The plugin 'no_such_module' cannot be imported"),
    (["--data", "nowhere", "--runs", "1"], "nowhere is not a folder"),
    (["--set", "world.firms=60", "--set", "world.sites=120", "--runs", "1", "--months", "1"], "raise world.sites"),
]
OTHERS = [
    (["run", "baselin"], "did you mean baseline?"),
    (["run", "gone.toml"], "gone.toml"),
    (["run", "--workers", "0"], "workers must be at least 1"),
    (["run", "--firms", "some"], "firms must be one of"),
    (["run", "--months", "601"], "months must be at most 600, not 601"),
    (["compare", "baseline"], "at least two scenarios"),
    (["compare", "baseline", "carbon-tx"], "did you mean"),
    (["compare", "baseline", "baseline"], "twice"),
    (["compare", "baseline", "empty"], "no result folder"),
    (["compare", "baseline", "carbon-tax", "--precision", "nan"], "precision must be above 0"),
    (["compare", "baseline", "carbon-tax", "--outcome", "hashrat"], "Unknown outcome"),
    (["compare", "baseline", "carbon-tax", "--out", "letter.txt"], "choose another --out"),
    (["attribute", "baseline"], "nothing to attribute"),
    (["attribute", "carbon-tax", "--against", "baselin"], "did you mean"),
    (["attribute", "carbon-tax", "--method", "guess"], "the method must be"),
    (["attribute", "ai-bust", "--orders", "0"], "orders must be"),
    (["stress", "--shock", "coin-crsh"], "did you mean"),
    (["stress", "--severity", "nan"], "severity must lie between"),
    (["stress", "--until", "2"], "until must be a share"),
    (["stress", "--until", "nan"], "until must be a share"),
    (["stress", "--date", "soon"], "date must be a month"),
    (["stress", "--date", "2026-13"], "date must be a month"),
    (["stress", "--date", "2027-1"], "date must be a month"),
    (["stress", "--date", "2050-01"], "not within the scenario"),
    (["stress", "--out", "letter.txt", "--shock", "coin-crash", "--runs", "1"], "choose another --out"),
    (["sweep", "gone.toml"], "there is no such file"),
    (["sweep", "letter.txt"], "cannot be read"),
    (["sweep", "unknown.toml"], "did you mean"),
    (["sweep", "beyond.toml"], TAX),
    (["sweep", "notanumber.toml"], TAX),
    (["sensitivity", "empty"], "no result folder"),
    (["discover", "empty", "--outcome", "ebitda > 1"], "no result folder"),
    (["robust", "empty", "--outcome", "ebitda"], "no result folder"),
    (["report", "empty"], "no result folder"),
    (["export", "empty"], "no result folder"),
    (["export", "nowhere", "--format", "xls"], "Unknown format"),
    (["scenarios", "baselin"], "did you mean"),
    (["validate", "gone.toml"], "gone.toml"),
    (["claims", "--runs", "0"], "at least 2 runs"),
    (["claims", "--only", "nothing"], "nothing"),
    (["hindcast", "--runs", "0"], "runs must be"),
    (["hindcast", "--end", "2021-15"], "--end must be a month"),
    (["calculator", "--power-price", "nan"], "power"),
    (["bench", "--months", "0"], "months must be"),
]  # fmt: skip


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Debug, "on", False)
    (tmp_path / "empty").mkdir()
    (tmp_path / "letter.txt").write_text("mine")
    for name, axis, values in (
        ("unknown", f"{TAX}x", "[0, 1]"), ("beyond", TAX, "[-5, 1]"), ("notanumber", TAX, "[0, nan]"),
    ):  # fmt: skip
        (tmp_path / f"{name}.toml").write_text(DESIGN.format(axis=axis, values=values))

    def answer(words: list[str], message: str) -> None:
        before = sorted(tmp_path.rglob("*"))
        code = exit_code(lambda: app(words, standalone_mode=False))
        out, err = capsys.readouterr()
        assert (code, out) == (2, ""), err
        assert message in err
        assert err.count("\n") == 1, err
        assert "Traceback" not in err
        left = [path for path in tmp_path.rglob("*") if path not in before and path.suffix in (".parquet", ".html")]
        assert left == []

    return answer


@pytest.mark.parametrize("command", SIMULATING)
@pytest.mark.parametrize(("words", "message"), SHARED, ids=[" ".join(words) for words, _ in SHARED])
def test_every_simulating_command(call, command: str, words: list[str], message: str) -> None:
    call([*SIMULATING[command], *words], message)


@pytest.mark.parametrize(("words", "message"), OTHERS, ids=[" ".join(words) for words, _ in OTHERS])
def test_every_command(call, words: list[str], message: str) -> None:
    call(words, message)
