"""The report of a result folder: one file, nothing fetched, numbers that agree with the tables."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from experiments import simulate
from experiments.report import sections, write_report
from experiments.wording import decimals, number
from sim import Scenario
from sim.errors import UserError
from sim.results import ResultSet


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "results"
    small = {"world.firms": 110, "world.sites": 220, "world.entrant_firms": 5, "power.price_scale": 1.5}
    changed = Scenario.load("baseline", overrides=small | {"policy.carbon_price_usd_per_t": 60})
    simulate(changed, seed=2, runs=2, months=18, out=path)
    return path


@pytest.fixture(scope="module")
def html(folder: Path) -> str:
    return write_report(folder).read_text(encoding="utf-8")


class Requests(HTMLParser):
    """Everything a browser would load."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.pictures = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("src", "href", "data", "action"):
                self.asked.append(value or "")
        if tag == "img":
            self.pictures += 1
            assert dict(attrs)["alt"]
        assert tag not in ("script", "link", "iframe")


def test_it_loads_nothing_from_anywhere(html: str) -> None:
    reader = Requests()
    reader.feed(html)
    assert reader.pictures == 15
    assert all(address.startswith("data:image/png;base64,") for address in reader.asked)
    assert set(re.findall(r"url\((.{5})", html)) <= {"data:"}


def test_it_says_what_differs_and_how_to_repeat_it(html: str) -> None:
    assert "policy.carbon_price_usd_per_t" in html
    assert "power.price_scale" in html
    for words in ("Seed", "drawn for each run", "Main outcomes", "Who exits", "Where the money comes from", "Firms"):
        assert words in html
    assert "@media print" in html


def test_headline_shows_the_results_own_numbers(folder: Path) -> None:
    results = ResultSet.load(folder)
    table = sections.headline(results)
    row = next(row for row in table.rows if str(row[0]).startswith("Network hashrate"))
    told = results.headline().query("outcome == 'network_hashrate'")
    # three significant digits, as in the terminal
    assert [cell[0] for cell in row[1:]] == [number(value, decimals(told["median"])) for value in told["median"]]


def test_money_flows_balance(folder: Path) -> None:
    rows = {str(row[0]): row[-1] for row in sections.money_flows(ResultSet.load(folder)).rows if len(row) > 1}
    amounts = [float(value.replace("\N{MINUS SIGN}", "-").replace(",", "")) for value in rows.values()]
    sources, uses = sum(amounts[:5]), sum(amounts[5:])
    assert len(amounts) == 11
    assert sources == pytest.approx(uses, abs=0.6)  # eleven figures rounded to 0.1 bn USD


def test_exits_add_up_to_the_sector(folder: Path) -> None:
    results = ResultSet.load(folder)
    from experiments.report.firms import exits_by_size

    told = sum(float(row[2]) for row in exits_by_size(results).rows)
    assert told == pytest.approx(results.series("exits").to_numpy().sum() / 2, abs=0.2)


def test_a_folder_without_results_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no result folder"):
        write_report(tmp_path)
    assert not list(tmp_path.iterdir())
