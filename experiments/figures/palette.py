"""Colours of charts. Colour is meaning, never decoration and never a scenario."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Meaning = Literal["btc", "hybrid", "ai", "exited", "baseline", "power", "money", "risk"]


@dataclass(frozen=True)
class Palette:
    """Colours of one mode: a mark and a text colour per meaning (a mark colour is too pale for text)."""

    marks: dict[Meaning, str]
    words: dict[Meaning, str]
    page: str
    ink: str
    second: str
    third: str
    rule: str
    strong_rule: str
    grid: str
    stack_opacity: float


LIGHT = Palette(
    marks={
        "btc": "#D97706",
        "hybrid": "#AE84C4",
        "ai": "#0E4F8A",
        "exited": "#97958F",
        "baseline": "#23272E",
        "power": "#0B8573",
        "money": "#6A7312",
        "risk": "#C2255C",
    },
    words={
        "btc": "#8F4B00",
        "hybrid": "#704288",
        "ai": "#0E4F8A",
        "exited": "#66645F",
        "baseline": "#4C515A",
        "power": "#0A6E60",
        "money": "#5A620E",
        "risk": "#B01E51",
    },
    page="#FFFFFF",
    ink="#16181D",
    second="#4C515A",
    third="#6B7079",
    rule="#E4E2DC",
    strong_rule="#CFCCC4",
    grid="#EDEBE6",
    stack_opacity=1.0,
)
DARK = Palette(
    marks={
        "btc": "#F0A13C",
        "hybrid": "#D6B4E8",
        "ai": "#4A97E0",
        "exited": "#6C7077",
        "baseline": "#E6E9ED",
        "power": "#3DBBA5",
        "money": "#93A03A",
        "risk": "#F0709B",
    },
    words={
        "btc": "#F4B25E",
        "hybrid": "#D6B4E8",
        "ai": "#74B2EC",
        "exited": "#A2A6AE",
        "baseline": "#B4BAC3",
        "power": "#55C9B4",
        "money": "#B3BF58",
        "risk": "#F58DB0",
    },
    page="#15181D",
    ink="#E8EAED",
    second="#B4BAC3",
    third="#8D939D",
    rule="#2B3038",
    strong_rule="#3D444E",
    grid="#262B32",
    stack_opacity=0.86,
)
SHADES = (1.0, 0.75, 0.55, 0.4)  # several lines of one meaning
BAND_OPACITY = (0.14, 0.20)  # 10 to 90 %, and 25 to 75 % over it
PATH_OPACITY = 0.35  # single runs, where there are too few for a band
VEIL_OPACITY = 0.20  # page colour over the part of a stack that lies ahead
