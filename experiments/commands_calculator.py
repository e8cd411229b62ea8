"""The command ``calculator``."""

from __future__ import annotations

import json as json_module
from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.options import DebugOption, JsonOption

if TYPE_CHECKING:
    from experiments.calculator import Calculation


def calculator(
    region: Annotated[str, typer.Option(help="Grid region; sets power price, programme, price shape.")] = "ERCOT",
    power_price: Annotated[float | None, typer.Option(metavar="USD/MWh", help="Power price, all in.")] = None,
    mw: Annotated[float, typer.Option(help="Grid connection of the site, MW.")] = 50.0,
    hashprice: Annotated[float | None, typer.Option(metavar="USD/PH/day", help="Instead of today's.")] = None,
    coin_price: Annotated[
        float | None, typer.Option(metavar="USD", help="Hashprice then follows at today's network hashrate.")
    ] = None,
    rent: Annotated[
        float | None, typer.Option(metavar="M USD", help="Rent of a new hall per MW-year of critical IT.")
    ] = None,
    tenant: Annotated[
        str, typer.Option(help="Credit: investment_grade, backstopped, speculative or unrated.")
    ] = "investment_grade",
    replaces: Annotated[
        float | None, typer.Option(metavar="J/TH", help="Running rigs that a hall would displace.")
    ] = None,
    capex_limit: Annotated[
        float | None, typer.Option(metavar="M USD", help="Most that may be spent, for the best mix.")
    ] = None,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """One site, now: what every use of its megawatts earns, costs and returns."""
    from experiments.calculator import SiteInputs, calculate

    found = calculate(
        SiteInputs(
            region=region,
            mw=mw,
            power_price_usd_per_mwh=power_price,
            hashprice_usd_per_ph_day=hashprice,
            coin_price_usd=coin_price,
            rent_usd_m_per_mw_year=rent,
            tenant=tenant,
            replaces_j_per_th=replaces,
            capex_limit_usd=None if capex_limit is None else capex_limit * 1e6,
        )
    )
    if json:
        print(json_module.dumps(found.to_json(), indent=2, allow_nan=False))
    else:
        print_calculation(found)


def print_calculation(found: Calculation) -> None:
    """The tables for people."""
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 150
    site = found.site
    console.print(
        f"[bold]{site['mw']:g} MW in {site['region']}[/bold], {site['date']}: power "
        f"{site['power_price_usd_per_mwh']:.1f} USD/MWh, "
        f"hashprice {site['hashprice_usd_per_ph_day']:.1f} USD per PH/s a day, rent "
        f"{site['rent_usd_m_per_mw_year']:.2f} M USD per MW a year of critical IT, tenant "
        f"{site['tenant'].replace('_', ' ')}.\n",
        soft_wrap=True,
    )
    console.print(_workloads(found))
    console.print(
        "[dim]Per grid MW. Power of a leased hall is the tenant's. Return on equity: cash in a year on the owner's "
        "own money,\non an unused connection; replacing: where running rigs of "
        f"{site['replaces_j_per_th']:.1f} J/TH make room. IRR at today's margin, no value left at the end.\n"
        "Value: net present value to the owner, hashprice falling as investors expect. "
        "Breakeven: power price that leaves nothing.[/dim]\n"
    )
    console.print(_mixes(found))
    console.print("\n" + best_in_words(found.best_mix), markup=False, soft_wrap=True)


def _workloads(found: Calculation) -> Any:
    heads = (
        "Use", "Revenue\nUSD/MWh", "Margin\nUSD/MWh", "Margin\nk USD/year", "Capex\nM USD", "Payback\nyears",
        "IRR\n%", "On equity\n%", "Replacing\n%", "Value\nM USD", "Breakeven\nUSD/MWh",
    )  # fmt: skip
    columns = {
        "revenue_usd_per_mwh": (1, 0), "margin_usd_per_mwh": (1, 0), "margin_usd_per_mw_year": (1e-3, 0),
        "capex_usd_per_mw": (1e-6, 2), "payback_years": (1, 1), "irr": (100, 0), "equity_return": (100, 0),
        "equity_return_replacing_rigs": (100, 0), "npv_usd_per_mw": (1e-6, 2), "breakeven_net_usd_per_mwh": (1, 0),
    }  # fmt: skip
    rows = [
        [row["name"], *(_figure(row[name], scale, places) for name, (scale, places) in columns.items())]
        for row in found.workloads.to_dict(orient="records")
    ]
    return _table(heads, rows)


def _mixes(found: Calculation) -> Any:
    heads = "Mix", "Margin\nM USD/year", "Capex\nM USD", "Own money\nM USD", "Payback\nyears", "Value\nM USD", ""
    rows = []
    for row in found.mixes.to_dict(orient="records"):
        small = ", ".join(row["too_small_for_a_tenant"])
        rows.append([
            row["name"], _figure(row["margin_usd_per_year"], 1e-6, 1), _figure(row["capex_usd"], 1e-6, 0),
            _figure(row["equity_usd"], 1e-6, 0), _figure(row["payback_years"], 1, 1),
            _figure(row["npv_usd"], 1e-6, 1), f"{small}: too small for a tenant" if small else "",
        ])  # fmt: skip
    return _table(heads, rows)


def _table(heads: tuple[str, ...], rows: list[list[str]]) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", show_edge=False)
    for k, head in enumerate(heads):
        table.add_column(head, justify="left" if k == 0 or not head else "right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table


def _figure(value: float | None, scale: float, places: int) -> str:
    from experiments.wording import DASH, number

    return DASH if value is None else number(value * scale, places)


def best_in_words(mix: dict[str, Any]) -> str:
    """ "Best mix: 80 % S23 class, new, 20 % retrofit; ..." """
    from experiments.wording import number

    shares = {name: share for name, share in mix["shares"].items() if "on top of" not in name}
    if not shares:
        return "Best mix: none. At these prices every use is worth less than it costs."
    parts = "; ".join(f"{number(100 * share, 0)} % {name}" for name, share in shares.items())
    unused = mix["unused_share"]
    rest = f"; {number(100 * unused, 0)} % unused" if unused > 0.005 else ""
    limit = mix["capex_limit_usd"]
    under = "" if limit is None else f" with at most {number(limit / 1e6, 0)} M USD of capex"
    return (
        f"Best mix{under}: {parts}{rest}. Capex {number(mix['capex_usd'] / 1e6, 0)} M USD, margin "
        f"{number(mix['margin_usd_per_year'] / 1e6, 1)} M USD a year, value {number(mix['npv_usd'] / 1e6, 0)} M USD."
    )


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command()(calculator)
