"""The laws of the house: who may import whom, how long things are, where Chinese and codes may stand."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "workbook"
MODULES = sorted(path.stem for path in SOURCE.glob("*.py") if path.stem not in ("__init__", "__main__"))

#: A module imports only modules that stand above it.
ORDER = (
    *("texts", "excel", "deadline", "number", "quantity", "look"),
    *("expression", "functions", "model", "submission", "layout", "evaluate", "binding"),
    *("declaration", "vocabulary", "forms", "rulebook", "catalog"),
    *("signature", "container", "reference", "markup", "cells", "package"),
    *("compose", "judge", "wording", "explain", "formula", "plan", "live", "validation"),
    *(
        "drawing",
        "selfcheck",
        "guide",
        "generate",
        "locate",
        "read",
        "blame",
        "intact",
        "cellwise",
        "check",
        "result",
        "batch",
    ),
    *(
        "output",
        "summary",
        "sheetwriter",
        "rollup",
        "overview",
        "report",
        "publish",
        "describe",
        "demo",
        "cli",
    ),
)
#: Chinese that is no sentence to a user: grammar of typed quantities, fonts, names of marks.
GRAMMAR = {"deadline", "number", "quantity", "functions", "look"}
#: Imports that cost too much to make at start-up, made where they are used.
LAZY = {"xlsxwriter", "pandas", "openpyxl"}
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
LONGEST_MODULE, LONGEST_FUNCTION = 400, 40


def tree(module: str) -> ast.Module:
    return ast.parse((SOURCE / f"{module}.py").read_text(encoding="utf-8"))


def imported(node: ast.AST) -> set[str]:
    if isinstance(node, ast.ImportFrom) and node.module:
        return {node.module}
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    return set()


def test_the_order_names_every_module_once() -> None:
    assert sorted(ORDER) == MODULES
    assert len(MODULES) >= 20


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_stands_above_it(module: str) -> None:
    above = set(ORDER[: ORDER.index(module)])
    for node in ast.walk(tree(module)):
        for name in imported(node):
            if name.startswith("workbook."):
                assert name.removeprefix("workbook.") in above, f"{module} imports {name}"


@pytest.mark.parametrize("module", MODULES)
def test_imports_stand_at_the_top_but_for_heavy_ones(module: str) -> None:
    for function in ast.walk(tree(module)):
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                assert {name.split(".")[0] for name in imported(node)} <= LAZY, f"{module}.{function.name}"


@pytest.mark.parametrize("module", MODULES)
def test_heavy_libraries_are_not_imported_at_start(module: str) -> None:
    top = {name.split(".")[0] for node in tree(module).body for name in imported(node)}

    assert not top & LAZY


@pytest.mark.parametrize("module", MODULES)
def test_modules_and_functions_stay_short(module: str) -> None:
    text = (SOURCE / f"{module}.py").read_text(encoding="utf-8")
    longest = LONGEST_MODULE if module != "texts" else 10 * LONGEST_MODULE

    assert len(text.splitlines()) <= longest
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < LONGEST_FUNCTION, f"{module}.{node.name}"


@pytest.mark.parametrize("module", MODULES)
def test_public_things_have_a_docstring(module: str) -> None:
    found = tree(module)
    assert ast.get_docstring(found), module
    for node in found.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{module}.{node.name}"


@pytest.mark.parametrize("module", [module for module in MODULES if module not in {"texts", *GRAMMAR}])
def test_sentences_for_users_stand_in_one_place(module: str) -> None:
    found = tree(module)
    documented = {
        id(node.body[0].value)
        for node in ast.walk(found)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    texts = [
        node.value
        for node in ast.walk(found)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented
    ]

    assert [text for text in texts if _CHINESE.search(text)] == []


@pytest.mark.parametrize("module", MODULES)
def test_no_module_names_a_rule_or_a_template(module: str) -> None:
    text = (SOURCE / f"{module}.py").read_text(encoding="utf-8")
    codes = re.findall(r"\"(?:FORM|FUND|WEIGHT|SCORE|GRADE|TEXT|CROSS|FILE)\d\d\"", text)

    assert codes == []
    if module != "demo":
        assert "lukou" not in re.sub(
            r"workbook \w+ lukou-2023|lukou-2023（|，如 lukou-2023|demo\.lukou-2023", "", text
        )


def test_every_text_of_the_program_is_used() -> None:
    from workbook.texts import TEXTS

    sources = "\n".join(
        (SOURCE / f"{module}.py").read_text(encoding="utf-8") for module in MODULES if module != "texts"
    )
    patterns = [
        re.compile(re.sub(r"\\\{[^}]*\\\}", "[a-z0-9_.-]+", re.escape(pattern)), re.IGNORECASE)
        for pattern in re.findall(r"f[\"']([a-z_.]+\{[^\"']*)[\"']", sources)
    ]
    unused = [
        key
        for key in TEXTS
        if f'"{key}"' not in sources and not any(pattern.fullmatch(key) for pattern in patterns)
    ]

    assert len(TEXTS) > 100
    assert unused == []


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "workbook", "tests"],
        ["ruff", "format", "--check", "workbook", "tests"],
        ["mypy", "workbook"],
    ],
    ids=["ruff check", "ruff format", "mypy"],
)
def test_tools_have_nothing_to_say(command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, encoding="utf-8"
    )

    assert done.returncode == 0, done.stdout + done.stderr
