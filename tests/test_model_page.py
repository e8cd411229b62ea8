"""The model description names what is in the code: its functions, and every constant with its value."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from experiments.month_drawing import PATH, PHASES, drawing

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs/model.md").read_text(encoding="utf-8")
LINK = re.compile(r"\[((?:`[\w.]+`(?:, )?)+)\]\(\.\./([\w/]+\.py)\)")
ROW = re.compile(r"^\| `([A-Z][A-Z_, ]+)` \| (.*?) \| .*?\]\(\.\./([\w/]+\.py)\) \|", re.MULTILINE)
# where numbers decide what is simulated; elsewhere constants are words, shapes or what is written down
DECIDING = (
    "agents/conduct.py", "sim/coin_price.py", "sim/drivers.py", "sim/economics/*.py", "sim/laws.py",
    "sim/networks.py", "sim/opening.py", "sim/phases/*.py", "sim/population.py", "sim/starts.py",
)  # fmt: skip
STATED_IN_TEXT = {"HOURS_PER_YEAR", "DAYS_PER_YEAR", "BLOCKS_PER_DAY", "HOURS", "YEAR"}  # conventions of the page
CODES = {"EXPIRED", "TENANT_DEFAULT", "CANCELLED", "LANDLORD_GONE"}  # numbers that stand for words


def listed() -> dict[tuple[str, str], str]:
    """(file, constant) -> value as the page has it; several constants of one row share the row's values in order."""
    found = {}
    for names, value, file in ROW.findall(TEXT):
        parts = names.split(", ")
        values = value.split(", ") if len(parts) > 1 else [value]
        found.update({(file, name): told for name, told in zip(parts, values, strict=len(parts) > 1)})
    return found


def numbers() -> dict[tuple[str, str], float]:
    """(file, name) -> value of every module-level constant that is one number."""
    found = {}
    for path in sorted(path for pattern in DECIDING for path in ROOT.glob(pattern)):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and len(node.targets) == 1:
                found.update(_numbers(path.relative_to(ROOT).as_posix(), node.targets[0], node.value))
    return found


def _numbers(file: str, target: ast.expr, value: ast.expr) -> dict[tuple[str, str], float]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        pairs = zip(target.elts, value.elts, strict=True)
        return {key: number for pair in pairs for key, number in _numbers(file, *pair).items()}
    if not isinstance(target, ast.Name) or not target.id.isupper():
        return {}
    if any(isinstance(part, ast.Name | ast.Call | ast.Tuple | ast.Dict) for part in ast.walk(value)):
        return {}
    result = eval(compile(ast.Expression(value), file, "eval"))
    return {(file, target.id): float(result)} if isinstance(result, int | float) else {}


def test_every_constant_that_decides_is_listed() -> None:
    known, spared = listed(), STATED_IN_TEXT | CODES
    missing = {key: value for key, value in numbers().items() if key not in known and key[1] not in spared}
    assert missing == {}


def test_listed_constants_are_in_the_file_named() -> None:
    code = {file: (ROOT / file).read_text(encoding="utf-8") for file, _ in listed()}
    pattern = r"^[\w, ]*\b{}\b[\w, ]*(:.*)?= "
    assert [key for key in listed() if not re.search(pattern.format(key[1]), code[key[0]], re.MULTILINE)] == []


def test_listed_values_are_those_of_the_code() -> None:
    wrong = []
    for key, value in numbers().items():
        told = listed().get(key, "").replace(" ", "").replace("\N{MULTIPLICATION SIGN}", "*").replace("^", "**")
        told = re.sub(r"/√(\d+)", r"/\1**0.5", told)
        if re.fullmatch(r"[-\d.e*/]+", told) and eval(told) != pytest.approx(value, rel=1e-12):
            wrong.append((key, told, value))
    assert wrong == []


def test_random_streams_are_listed() -> None:
    table = TEXT.partition("| stream | per month?")[2].partition("\n\n")[0]
    told = {name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split(" | ")[0])}
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "sim").rglob("*.py"))
    drawn = set(re.findall(r"\b(?:uniforms|normals|generator)\([^()]*?\"(\w+)\"", code))
    assert drawn - told == set()
    assert {name for name in told if f'"{name}"' not in code} == set()


def test_phases_are_listed_in_their_order() -> None:
    code = ast.parse((ROOT / "sim/sector.py").read_text(encoding="utf-8"))
    advance = next(node for node in ast.walk(code) if isinstance(node, ast.FunctionDef) and node.name == "advance")
    calls = [node.func for node in ast.walk(advance) if isinstance(node, ast.Call)]
    called = [call.attr for call in calls if isinstance(call, ast.Attribute) and call.attr != "begin_month"]
    table = TEXT.partition("| phase | functions, in order |")[2].partition("\n\n")[0]
    told = [word.split(".")[-1] for names, _ in LINK.findall(table) for word in re.findall(r"`([\w.]+)`", names)]
    assert told == [*called, "check_laws"]


def test_drawing_of_the_month_is_current() -> None:
    assert PATH.read_text(encoding="utf-8") == drawing(), "run python -m experiments.month_drawing"
    assert [number for number, *_ in PHASES] == [str(number + 1) for number in range(10)]


def test_linked_functions_exist() -> None:
    gone = []
    for names, file in LINK.findall(TEXT):
        code = (ROOT / file).read_text(encoding="utf-8")
        for name in re.findall(r"`([\w.]+)`", names):
            last = name.split(".")[-1]
            if not (file.endswith(f"/{last}.py") or re.search(rf"^\s*(?:def|class) {last}\b", code, re.MULTILINE)):
                gone.append(f"{file}: {name}")
    assert gone == []
    assert len(LINK.findall(TEXT)) > 20
