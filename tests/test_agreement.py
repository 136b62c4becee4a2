"""One rule, two compilers: what Python stores in a workbook is what LibreOffice makes of its formulas, cell by cell.

Requirements: AG1 every function of the table, in its known traps; AG2 every example of every rule; AG3 fillings nobody
thought of; AG4 a compiler that goes wrong is noticed; AG5 no formula leaves what Excel 2010, WPS and LibreOffice share.
"""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import xlsxwriter
from fillings import Filling, fillings, well_filled
from hypothesis import HealthCheck, Phase, given, seed, settings
from office import cached_values, formulas, load, recalculate, recalculated_values, require_office
from test_rules import CASES, template_of

from workbook.binding import Names, bind
from workbook.catalog import load_catalog
from workbook.compose import compose, keyed, read_data
from workbook.evaluate import evaluate
from workbook.excel import (
    FORMULA_LIMIT,
    SHEET_TITLE_LIMIT,
    VALIDATION_ERROR_LIMIT,
    VALIDATION_PROMPT_LIMIT,
    VALIDATION_TITLE_LIMIT,
    ExcelError,
    Value,
    clean,
    column_letters,
    plain,
)
from workbook.formula import input_state_formula, spell
from workbook.functions import FUNCTIONS, Column
from workbook.generate import generate
from workbook.judge import Judge, Status, View
from workbook.model import Apply, Bound, Field, Form, Reference, Scope, Table, Template, references
from workbook.package import read_package
from workbook.quantity import is_blank

CATALOG = load_catalog()

#: How many fillings of each template are tried, and from which seed they are drawn: raise and change them to hunt.
FILLINGS = int(os.environ.get("AGREEMENT_FILLINGS", "20"))
SEED = int(os.environ.get("AGREEMENT_SEED", "1"))
#: LibreOffice 7.4 gives up after some 240 files in one call.
BATCH = 48

# ---------------------------------------------------------------- comparing

#: LibreOffice prints numbers from 1E+15 on with an exponent of three digits, Excel with two: it is no judge of these.
_EXPONENT = re.compile(r"\d(?:\.\d+)?E\+\d+")


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A formula cell whose stored value is not what the formula gives."""

    book: str
    sheet: str
    cell: str
    formula: str
    python: Value
    office: Value

    def __str__(self) -> str:
        where = f"{self.book} {self.sheet}!{self.cell}"
        return f"{where}\n  python {self.python!r}\n  office {self.office!r}\n  ={self.formula[:1000]}"


def agree(python: Value, office: Value) -> bool:
    """Numbers within 1e-9, relative from 1 on; texts exactly, an empty one and a missing one alike; truth as truth."""
    python, office = ("" if value is None else value for value in (python, office))
    if isinstance(python, Decimal) and isinstance(office, Decimal):
        return abs(python - office) <= Decimal("1e-9") * max(Decimal(1), abs(python))
    if isinstance(python, str) and isinstance(office, str):
        return python == _EXPONENT.sub(lambda found: plain(Decimal(found[0])), office)
    return type(python) is type(office) and python == office


def compare(written: Path, recalculated: Path) -> tuple[int, list[Disagreement]]:
    """How many formula cells a workbook has, and where it disagrees with its recalculated copy."""
    judged = {sheet.title: sheet.cells for sheet in read_package(recalculated).sheets}
    number, found = 0, []
    for sheet in read_package(written).sheets:
        for place, cell in sheet.cells.items():
            if cell.formula is None:
                continue
            number += 1
            other = judged[sheet.title].get(place)
            office = None if other is None else other.value
            if not agree(cell.value, office):
                address = f"{column_letters(place[1])}{place[0]}"
                found.append(
                    Disagreement(written.stem, sheet.title, address, cell.formula, cell.value, office)
                )
    return number, found


@dataclass(frozen=True, slots=True)
class Judged:
    """A workbook that both sides have spoken on."""

    template: Template
    data: Mapping[str, Any]
    path: Path
    cells: int
    disagreements: list[Disagreement]

    def __str__(self) -> str:
        shown = "\n".join(map(str, self.disagreements[:10]))
        return f"{shown}\n{self.template.id} {json.dumps(self.data, ensure_ascii=False, default=str)}"


def judge_all(books: Sequence[tuple[Template, Mapping[str, Any]]], folder: Path) -> list[Judged]:
    """Generate and recalculate workbooks, a batch at a time while LibreOffice has the one before."""
    (folder / "in").mkdir()
    numbers = count()
    with ThreadPoolExecutor(2) as pool:
        waiting: list[tuple[list[Path], Future[dict[Path, Path]]]] = []
        for start in range(0, len(books), BATCH):
            paths = []
            for template, data in books[start : start + BATCH]:
                paths.append(folder / "in" / f"{template.id}-{next(numbers)}.xlsx")
                generate(compose(template, data), paths[-1])
            waiting.append((paths, pool.submit(recalculate, paths, folder / str(start))))
        written = {path: copy for _, future in waiting for path, copy in future.result().items()}
    paths = [path for batch, _ in waiting for path in batch]
    return [
        Judged(template, data, path, *compare(path, written[path]))
        for (template, data), path in zip(books, paths, strict=True)
    ]


def told(judged: Sequence[Judged]) -> str:
    """Every disagreement with the data that caused it; empty when there is none."""
    return "\n\n".join(str(book) for book in judged if book.disagreements)


# ---------------------------------------------------------------- AG1: the function table

ROWS = 4
_FIELDS = {
    **{name: Field(name, name, "number", decimals=9) for name in "abc"},
    "p": Field("p", "p", "percent", decimals=9),
    **{name: Field(name, name, "text") for name in "st"},
    "r": Field("r", "r", "long"),
}
_COLUMNS = {"n": Field("n", "n", "number", decimals=9), "w": Field("w", "w", "text")}
_FORM = Form(
    id="case",
    label="case",
    sheet="cases",
    repeat="",
    landscape=False,
    widths=(10,),
    lines=(),
    fields=_FIELDS,
    tables={"list": Table("list", "list", "w", _COLUMNS)},
)
NAMES = Names("agreement", "AG1", {"case": _FORM}, {"ten": Decimal(10)}, "case")

#: What is typed: a cell each for a b c (numbers), p (percent), s t (texts), r (long text); columns n and w.
Typed = Mapping[str, str | Sequence[str | None]]
Trap = tuple[str, Typed, Value]
ERROR = ExcelError("error")
yes, no = True, False


def _d(text: str) -> Decimal:
    return Decimal(text)


#: Expression, what is typed, and what Excel is documented to say; by trap.
TRAPS: Mapping[str, tuple[Trap, ...]] = {
    "halves go away from zero": (
        ("ROUND(a, 2)", {"a": "0.125"}, _d("0.13")),
        ("ROUND(a, 2)", {"a": "-0.125"}, _d("-0.13")),
        ("ROUND(a, 2)", {"a": "2.675"}, _d("2.68")),
        ("ROUND(a, 2)", {"a": "1.005"}, _d("1.01")),
        ("ROUND(a, 0)", {"a": "-0.5"}, _d("-1")),
        ("ROUND(a, 0)", {"a": "0.5"}, _d("1")),
        ("ROUND(a, 0)", {"a": "2.5"}, _d("3")),
        ("ROUND(a, 0)", {"a": "0.49999999"}, _d("0")),
        ("ROUND(a / b, 4)", {"a": "12.345", "b": "100"}, _d("0.1235")),
        ("ROUND(a / b * 10, 2)", {"a": "744.5", "b": "1000"}, _d("7.45")),
        ("ROUND(a * b, 2)", {"a": "1.15", "b": "0.1"}, _d("0.12")),
        ("ROUND(a + b, 2)", {"a": "0.1", "b": "0.025"}, _d("0.13")),
        ("ROUND(a, -2)", {"a": "1250"}, _d("1300")),
        ("ROUND(a, 6)", {"a": "0.0000005"}, _d("0.000001")),
    ),
    "decimal fractions add up": (
        ("a + b", {"a": "0.1", "b": "0.2"}, _d("0.3")),
        ("a + b = c", {"a": "0.1", "b": "0.2", "c": "0.3"}, yes),
        ("a + b <> c", {"a": "0.1", "b": "0.2", "c": "0.3"}, no),
        ("a + b <= c", {"a": "0.1", "b": "0.2", "c": "0.3"}, yes),
        ("a + b > c", {"a": "0.1", "b": "0.2", "c": "0.3"}, no),
        ("a - b >= c", {"a": "0.3", "b": "0.1", "c": "0.2"}, yes),
        ("a - b < c", {"a": "0.3", "b": "0.1", "c": "0.2"}, no),
        ("SUM(list.n) = a", {"a": "0.3", "n": ["0.1", "0.1", "0.1"]}, yes),
        ("a - b - c", {"a": "1", "b": "0.9", "c": "0.1"}, _d("0")),
        ("ABS(a - b) <= c", {"a": "80.01", "b": "80", "c": "0.01"}, yes),
        ("SUM(list.n)", {"n": ["3.33", "3.33", "3.34"]}, _d("10")),
        ("(a + b) & s", {"a": "0.1", "b": "0.2", "s": "分"}, "0.3分"),
    ),
    "comparisons": (
        ("a = b", {"a": "1", "b": "1.0000000001"}, yes),
        ("a < b", {"a": "1", "b": "1.00000001"}, yes),
        ("a <= b", {"a": "2", "b": "1"}, no),
        ("a > b", {"a": "2", "b": "1"}, yes),
        ("a >= b", {"a": "1", "b": "2"}, no),
        ("a <> b", {"a": "1", "b": "2"}, yes),
        ("a = b", {"a": "-0", "b": "0"}, yes),
    ),
    "operators bind as Excel ranks them": (
        ("a - b - c", {"a": "10", "b": "4", "c": "3"}, _d("3")),
        ("a / b * c", {"a": "12", "b": "4", "c": "3"}, _d("9")),
        ("a + b * c", {"a": "1", "b": "2", "c": "3"}, _d("7")),
        ("-a * b", {"a": "2", "b": "3"}, _d("-6")),
        ("--a", {"a": "2"}, _d("2")),
        ("a - -b", {"a": "2", "b": "3"}, _d("5")),
        ('a + b & "分"', {"a": "1", "b": "2"}, "3分"),
        ('s & t = "甲乙"', {"s": "甲", "t": "乙"}, yes),
        ("a * 80%", {"a": "90"}, _d("72")),
        ("-a%", {"a": "50"}, _d("-0.5")),
        ("a%%", {"a": "50"}, _d("0.005")),
    ),
    "percent is a fraction": (
        ("p", {"p": "86%"}, _d("0.86")),
        ("p * 100", {"p": "99.99%"}, _d("99.99")),
        ("p >= 90%", {"p": "90%"}, yes),
        ("p * a", {"p": "33.335%", "a": "10"}, _d("3.3335")),
        ("p + a", {"p": "0.5", "a": "1"}, _d("1.5")),
        ("ROUND(p, 4)", {"p": "72.525%"}, _d("0.7253")),
        ("ROUND(p, 4)", {"p": "72.5255%"}, _d("0.7253")),
    ),
    "dividing by zero is an error that spreads": (
        ("a / b", {"a": "1", "b": "0"}, ERROR),
        ("a / b + c", {"a": "1", "b": "0", "c": "1"}, ERROR),
        ("IF(a / b > 1, 1, 2)", {"a": "1", "b": "0"}, ERROR),
        ("AND(a = 1, a / b > 1)", {"a": "1", "b": "0"}, ERROR),
        ("OR(a = 1, a / b > 1)", {"a": "1", "b": "0"}, ERROR),
        ("MAX(a / b, 0)", {"a": "1", "b": "0"}, ERROR),
        ("MIN(MAX(a / b, 0), 1) * ten", {"a": "3", "b": "2"}, _d("10")),
        ("MIN(MAX(a / b, 0), 1) * ten", {"a": "-3", "b": "2"}, _d("0")),
        ("IF(b = 0, 0, a / b)", {"a": "1", "b": "0"}, _d("0")),
        ("ISNUMBER(a / b)", {"a": "1", "b": "0"}, no),
        ("ISNUMBER(a / b)", {"a": "1", "b": "2"}, yes),
        ("NOT(a / b = 1)", {"a": "1", "b": "0"}, ERROR),
        ("ROUND(a / b, 2)", {"a": "1", "b": "0"}, ERROR),
        ("(a / b) & s", {"a": "1", "b": "0", "s": "x"}, ERROR),
        ("AVERAGE(list.n)", {}, ERROR),
    ),
    "blank does not count": (
        ("SUM(list.n)", {}, _d("0")),
        ("TOTAL(list.n)", {}, None),
        ("TOTAL(a, b)", {}, None),
        ("TOTAL(a, b)", {"a": "0"}, _d("0")),
        ("TOTAL(a, b)", {"b": "5"}, _d("5")),
        ("TOTAL(list.n, a)", {"a": "-1", "n": [None, "0.5", None]}, _d("-0.5")),
        ("TOTAL(list.n) + a", {"a": "1"}, ERROR),
        ("TOTAL(list.n) = 0", {}, ERROR),
        ("COUNT(list.n)", {}, _d("0")),
        ("COUNT(list.n)", {"n": ["0", None, "1"]}, _d("2")),
        ("COUNT(a, list.n)", {"a": "0", "n": ["1"]}, _d("2")),
        ("AVERAGE(list.n)", {"n": ["1", None, "2"]}, _d("1.5")),
        ("MIN(list.n)", {}, _d("0")),
        ("MAX(list.n)", {}, _d("0")),
        ("MIN(list.n)", {"n": ["3", None, "2"]}, _d("2")),
        ("MAX(list.n, a)", {"n": ["-3", None, "-2"]}, _d("-2")),
        ("a + 1", {}, None),
        ("IF(FILLED(a), a, 0) + 1", {}, None),
        ("SUM(a) + 1", {}, _d("1")),
    ),
    "SUM ignores text, + does not": (
        ("SUM(list.n)", {"n": ["1", "10分", "２", "2"]}, _d("3")),
        ("SUM(a, b)", {"a": "1", "b": "1e5"}, _d("1")),
        ("a + b", {"a": "1", "b": "1e5"}, None),
        ("COUNT(list.n)", {"n": ["1", "10分", "１０", "—"]}, _d("1")),
        ("TOTAL(list.n)", {"n": ["10分", "—", "3,000"]}, None),
        ("AVERAGE(list.n)", {"n": ["1", "x", "2"]}, _d("1.5")),
        ("MAX(list.n)", {"n": ["-1", "9分"]}, _d("-1")),
        ("SUM(list.n)", {"n": [" 10 ", "+5", ".5", "007"]}, _d("22.5")),
        ("ISNUMBER(s)", {"s": "10"}, no),
    ),
    "filled or not": (
        *(
            ("FILLED(s)", {"s": text}, no)
            for text in ("", " ", "　", "\u00a0", "　 \u00a0", "\n", "\t ", "\n　")
        ),
        *(
            ("FILLED(s)", {"s": text}, no)
            for text in ("—", "-", "/", "——", "－", "／", " — ", "―", "–", "--", "─")
        ),
        *(
            ("FILLED(s)", {"s": text}, yes)
            for text in ("0", "无", "*", "?", "|", "。", "- -", "---", "—x", "=1+1")
        ),
        ("FILLED(a)", {}, no),
        ("FILLED(a)", {"a": "0"}, yes),
        ("FILLED(a)", {"a": "—"}, no),
        ("FILLED(a)", {"a": "10分"}, no),
        ("FILLED(r)", {"r": "0"}, yes),
        ("NOT(FILLED(r))", {}, yes),
        ("COUNT_FILLED(list.w)", {}, _d("0")),
        ("COUNT_FILLED(list.w)", {"w": ["甲", " ", "—", "　"]}, _d("1")),
        ("COUNT_FILLED(list.w)", {"w": ["0", "*", "/", "无"]}, _d("3")),
        ("COUNT_FILLED(list.w) > 0", {"w": [None, "—"]}, no),
    ),
    "texts compare without case and outer blanks": (
        ("s = t", {"s": "PM2.5", "t": "pm2.5"}, yes),
        ("s <> t", {"s": "PM2.5", "t": "pm2.5"}, no),
        ("s = t", {"s": " 甲　乙 ", "t": "甲 乙"}, yes),
        ("s = t", {"s": "甲  乙", "t": "甲\u00a0乙"}, yes),
        ("s = t", {"s": "甲\n乙", "t": "甲 乙"}, no),
        ("s = t", {"s": "Ａ级", "t": "A级"}, no),
        ("s = t", {"s": "１０", "t": "10"}, no),
        ("s = t", {}, yes),
        ('s = ""', {}, yes),
        ('s <> ""', {"s": "　"}, no),
        ('s = "无"', {"s": "无 "}, yes),
        ('s <> "0"', {"s": "0"}, no),
        ('r <> "0"', {"r": "0"}, no),
        ('r = "0.05"', {"r": "5%"}, yes),
        ('r <> "0"', {"r": "0%"}, no),
        ('s = "他说""好"""', {"s": '他说"好"'}, yes),
        ("s = t", {"s": "巡察*", "t": "巡察覆盖率"}, no),
        ("s = t", {"s": "?", "t": "x"}, no),
        ('AND(FILLED(s), s = "—")', {"s": "—"}, no),
        ('s <> "产出指标"', {"s": "产出指标x"}, yes),
        ("s <> t", {"s": "É", "t": "é"}, no),
    ),
    "joining": (
        ("s & t", {}, None),
        ("s & t", {"s": "甲"}, "甲"),
        ('a & "分"', {"a": "10"}, "10分"),
        ('a & "分"', {"a": "9.50"}, "9.5分"),
        ('a & ""', {"a": "-0.5"}, "-0.5"),
        ('a & ""', {"a": "0.000001"}, "0.000001"),
        ('a / b & ""', {"a": "2", "b": "3"}, "0.666666666666667"),
        ('a * b & ""', {"a": "123456789.123456", "b": "1.1"}, "135802468.035802"),
        ('a & ""', {"a": "123456789012345"}, "123456789012345"),
        ('p & ""', {"p": "50%"}, "0.5"),
        ('s & "“”"', {"s": '6"管'}, '6"管“”'),
    ),
    "large, small and long numbers": (
        ("a = b", {"a": "12345678.123456789", "b": "12345678.1234568"}, yes),
        ("a + b", {"a": "99999999999999", "b": "0.5"}, _d("99999999999999.5")),
        ("a * b", {"a": "99999999", "b": "99999999"}, _d("9999999800000001")),
        ("a / b", {"a": "0.000001", "b": "1000000"}, _d("0.000000000001")),
        ("SUM(list.n)", {"n": ["99999999.99", "0.000001", "-99999999.99"]}, _d("0.000001")),
        ("ROUND(a * a, 6) > 0", {"a": "123456789012345"}, yes),
        ("a * a * a >= b", {"a": "123456789012345", "b": "1"}, yes),
    ),
    "truth": (
        ("IF(a > 0, s, t)", {"a": "1", "s": "甲", "t": "乙"}, "甲"),
        ("IF(a > 0, s, t)", {"a": "0", "s": "甲", "t": "乙"}, "乙"),
        ("IF(a > 0, s, t)", {"a": "0", "s": "甲"}, None),
        ('IF(a >= 90, "优", IF(a >= 80, "良", "差"))', {"a": "89.99"}, "良"),
        ('IF(a >= 90, "优", IF(a >= 80, "良", "差"))', {"a": "90"}, "优"),
        ("AND(a > 0, b > 0)", {"a": "1", "b": "0"}, no),
        ("AND(a > 0)", {"a": "1"}, yes),
        ("OR(a > 0, b > 0, TRUE)", {"a": "0", "b": "0"}, yes),
        ("OR(a > 0, b > 0)", {"a": "0", "b": "0"}, no),
        ("NOT(a = 0)", {"a": "0"}, no),
        ("AND(TRUE, NOT(FALSE))", {}, yes),
    ),
    "counting texts, wild cards being letters": (
        ("OCCURS(s, list.w)", {"s": "巡察*", "w": ["巡察覆盖率", "巡察*", "巡察* "]}, _d("2")),
        ("OCCURS(s, list.w)", {"s": "?", "w": ["x", "?", "？"]}, _d("1")),
        ("OCCURS(s, list.w)", {"s": "~*", "w": ["*", "~*", "~~*"]}, _d("1")),
        ("OCCURS(s, list.w)", {"s": ">5", "w": [">5", "6", "7"]}, _d("1")),
        ("OCCURS(s, list.w)", {"s": "=甲", "w": ["甲", "=甲"]}, _d("1")),
        ("OCCURS(s, list.w)", {"s": "<>", "w": ["甲", "<>"]}, _d("1")),
        ("OCCURS(s, list.w)", {"s": "PM2.5", "w": ["pm2.5", "Pm2.5", "PM2,5"]}, _d("2")),
        ("OCCURS(s, list.w)", {"s": "甲 乙", "w": ["甲　乙", " 甲 乙", "甲乙"]}, _d("2")),
        ("OCCURS(s, list.w)", {"w": ["甲", None]}, _d("0")),
        ("OCCURS(s, list.w)", {"s": "10", "w": ["10", "１０", "10.0"]}, _d("1")),
        ("OCCURS(s, list.w)", {"s": "x" * 300, "w": ["x" * 300, "x" * 299]}, _d("1")),
        ('OCCURS("甲", list.w) = 1', {"w": ["甲"]}, yes),
    ),
    "sums beside a name, wild cards being letters": (
        (
            "SUM_OF(s, list.w, list.n)",
            {"s": "甲", "w": ["甲", "乙", " 甲"], "n": ["1.5", "10", "2"]},
            _d("3.5"),
        ),
        ("SUM_OF(s, list.w, list.n)", {"s": "甲", "w": ["甲", "甲"], "n": ["—", "2"]}, _d("2")),
        ("SUM_OF(s, list.w, list.n)", {"s": "*", "w": ["甲", "*"], "n": ["1", "2"]}, _d("2")),
        ("SUM_OF(s, list.w, list.n)", {"s": "丙", "w": ["甲", "乙"], "n": ["1", "2"]}, _d("0")),
        ("SUM_OF(s, list.w, list.n)", {"w": [None, "乙"], "n": ["1", "2"]}, _d("0")),
        ("SUM_OF(s, list.w, list.n)", {"s": "PM2.5", "w": ["pm2.5"], "n": ["-1"]}, _d("-1")),
    ),
    "length": (
        ("LEN(s)", {"s": "巡察覆盖率"}, _d("5")),
        ("LEN(s)", {"s": " 巡察　覆盖率 "}, _d("6")),
        ("LEN(s)", {}, _d("0")),
        ("LEN(s)", {"s": "第一\n行"}, _d("4")),
        ("LEN(a & s)", {"a": "9.5", "s": "分"}, _d("4")),
    ),
    "names left over from the template": (
        *(
            ("PLACEHOLDER(s)", {"s": text}, yes)
            for text in ("……", "…", "...", ".", "指标2：", "指标2:", "指标", " 指标1 ")
        ),
        *(
            ("PLACEHOLDER(s)", {"s": text}, no)
            for text in ("", "指标1：培训人次", "指标12：", "。。。", "无", "…x", "培训", "二指标")
        ),
    ),
    "single steps": (
        ("-a", {"a": "-0.5"}, _d("0.5")),
        ("ABS(a)", {"a": "-0.5"}, _d("0.5")),
        ("ABS(a)", {"a": "0"}, _d("0")),
        ("a * b", {"a": "-5.55", "b": "2"}, _d("-11.1")),
        ("a / b", {"a": "1", "b": "8"}, _d("0.125")),
        ("a%", {"a": "86"}, _d("0.86")),
    ),
}
ALL_TRAPS = [(trap, index) for trap, cases in TRAPS.items() for index in range(len(cases))]
FEWEST_TRAPS = 180


@dataclass(frozen=True, slots=True)
class _Row:
    """The cells of one case: row ``row`` of the sheet, values first, the helpers of their states behind."""

    row: int

    def _range(self, scope: Scope, shift: int) -> str:
        names = [*_FIELDS, *(f"{name}{i}" for name in _COLUMNS for i in range(ROWS))]
        name = scope.field.id if not scope.table else f"{scope.field.id}0"
        column = names.index(name) + 1 + shift * len(names)
        first = f"${column_letters(column)}${self.row}"
        return f"{first}:${column_letters(column + ROWS - 1)}${self.row}" if scope.table else first

    def value(self, scope: Scope) -> str:
        return self._range(scope, 0)

    def state(self, scope: Scope) -> str:
        return self._range(scope, 1)

    def active(self) -> str:
        return "TRUE"


def cells_of(typed: Typed) -> Iterator[tuple[str, Field, Value]]:
    """Every cell of a case in the order of its columns, as the keyboard enters it."""
    for name, field in _FIELDS.items():
        yield name, field, keyed(str(typed.get(name, "")), field)
    for name, field in _COLUMNS.items():
        column = [*typed.get(name, ()), *[None] * ROWS][:ROWS]
        for text in column:
            yield name, field, None if text is None else keyed(text, field)


def seen(field: Field, raw: Value) -> Value:
    """What a rule sees of a cell: a number, a text without outer blanks, or nothing."""
    if field.numeric:
        return raw if isinstance(raw, Decimal) else None
    text = plain(raw) if isinstance(raw, Decimal) else str(raw or "")
    return None if is_blank(text) else clean(text)


def bare_numbers(tree: Bound) -> list[Reference]:
    """The references that must be numbers before anything is computed, on both sides."""
    found = references(tree)
    return [r for r in found if r.scope.field.numeric and not (r.aggregated or r.state or r.scope.many)]


def in_python(tree: Bound, typed: Typed) -> Value:
    cells = [(name, seen(field, raw)) for name, field, raw in cells_of(typed)]

    def worth(reference: Reference) -> Value | Column:
        column = tuple(value for name, value in cells if name == reference.scope.field.id)
        return column if reference.scope.many else column[0]

    if any(worth(reference) is None for reference in bare_numbers(tree)):
        return None
    result = evaluate(tree, worth)
    return ERROR if isinstance(result, ExcelError) else result


def in_excel(tree: Bound, at: _Row) -> str:
    formula = f'IFERROR({spell(tree, at)},"{ERROR}")'
    numbers = list(dict.fromkeys(at.value(reference.scope) for reference in bare_numbers(tree)))
    return f'=IF(COUNT({",".join(numbers)})={len(numbers)},{formula},"")' if numbers else f"={formula}"


def write_traps(path: Path) -> dict[tuple[str, int], str]:
    """One row for each case; where its formula stands."""
    places = {}
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("cases")
        text = book.add_format({"num_format": "@"})
        for row, (trap, index) in enumerate(ALL_TRAPS):
            expression, typed, _ = TRAPS[trap][index]
            cells = list(cells_of(typed))
            for column, (_, field, raw) in enumerate(cells):
                if isinstance(raw, Decimal):
                    sheet.write_number(row, column, float(raw))
                elif raw is not None:
                    sheet.write_string(row, column, str(raw), text)
                cell = f"${column_letters(column + 1)}${row + 1}"
                state = input_state_formula(cell, field, "FALSE")
                sheet.write_formula(row, column + len(cells), state, None, "")
            formula = in_excel(bind("holds", expression, NAMES), _Row(row + 1))
            assert not sheet.write_formula(row, 2 * len(cells), formula, None, "")
            places[trap, index] = f"{column_letters(2 * len(cells) + 1)}{row + 1}"
    return places


@pytest.fixture(scope="session")
def trapped(tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, int], Value]:
    """What LibreOffice makes of each case."""
    require_office()
    folder = tmp_path_factory.mktemp("traps")
    path = folder / "traps.xlsx"
    places = write_traps(path)
    judged = read_package(recalculate([path], folder / "judge")[path]).sheets[0]
    values = {f"{column_letters(place[1])}{place[0]}": cell.value for place, cell in judged.cells.items()}
    return {case: values.get(address) for case, address in places.items()}


@pytest.mark.parametrize(("trap", "index"), ALL_TRAPS, ids=[f"{trap} {index}" for trap, index in ALL_TRAPS])
def test_both_sides_say_what_excel_is_documented_to_say(
    trap: str, index: int, trapped: Mapping[tuple[str, int], Value]
) -> None:
    """AG1"""
    expression, typed, expected = TRAPS[trap][index]
    tree = bind("holds", expression, NAMES)
    python, office = in_python(tree, typed), trapped[trap, index]

    if expected == ERROR:
        expected, python = str(expected), str(python)
    assert agree(expected, python), f"python says {python!r}"
    assert agree(expected, office), f"office says {office!r} of {in_excel(tree, _Row(1))}"


def applied(tree: Bound) -> Iterator[Apply]:
    """Every function applied in a tree."""
    if isinstance(tree, Apply):
        yield tree
        for argument in tree.arguments:
            yield from applied(argument)


def test_every_function_that_excel_can_say_is_tried() -> None:
    """AG1"""
    assert len(ALL_TRAPS) >= FEWEST_TRAPS
    trees = [bind("holds", TRAPS[trap][index][0], NAMES) for trap, index in ALL_TRAPS]
    tried = {id(node.function) for tree in trees for node in applied(tree)}
    wanted = [function for function in FUNCTIONS if function.excel is not None]
    assert len(wanted) >= 30
    assert [(f.name, f.parameters[0].kind) for f in wanted if id(f) not in tried] == []


# ---------------------------------------------------------------- AG2, AG3: whole workbooks


def drawn(template: Template, number: int) -> list[Filling]:
    """Different fillings of a template; the same ones for the same seed."""
    found: dict[str, Filling] = {}

    @seed(SEED)
    @settings(
        database=None,
        max_examples=number,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )
    @given(fillings(template))
    def collect(filling: Filling) -> None:
        found[json.dumps(filling, sort_keys=True)] = filling

    collect()
    return list(found.values())


def respelled(tree: Bound, name: str, excel: str) -> Bound:
    """A tree with one function spelled another way for Excel and unchanged for Python."""
    if not isinstance(tree, Apply):
        return tree
    function = replace(tree.function, excel=excel) if tree.function.name == name else tree.function
    return Apply(function, tuple(respelled(argument, name, excel) for argument in tree.arguments))


def corrupted(template: Template, name: str, excel: str) -> Template:
    """A template whose rules are compiled wrongly."""
    rules = tuple(
        replace(
            rule,
            tree=respelled(rule.tree, name, excel),
            when=None if rule.when is None else respelled(rule.when, name, excel),
        )
        for rule in template.rules
    )
    return replace(template, rules=rules)


_ROW = {"target": "3轮", "actual": "3轮", "weight": "10", "score": "10"}
#: A function, its wrong spelling, a filling that shows it, and the cell that must be told of.
FAULTS: tuple[tuple[str, str, Filling, str], ...] = (
    ("TOTAL", "SUM({*})+1", {"project": [{"funds": [{"budget": "60"}, {"budget": "20"}]}]}, "81"),
    (
        "OCCURS",
        "COUNTIF({1},{0})",
        {"project": [{"indicators": [{**_ROW, "name": "巡察*"}, {**_ROW, "name": "巡察覆盖率"}]}]},
        "0",
    ),
    ("/", "INT({0}/{1})", {"project": [{"funds": [{"budget": "60", "executed": "30"}]}]}, "0"),
    (
        ">=",
        "({0}>{1})",
        {"project": [{"indicators": [{**_ROW, "name": "巡察轮次", "score": "0"}]}]},
        "2",
    ),
)


@dataclass(frozen=True, slots=True)
class Session:
    """Everything recalculated once: examples by rule, fillings by template, faults by function."""

    examples: list[Judged]
    fillings: list[Judged]
    faults: list[Judged]


@pytest.fixture(scope="session")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """Every workbook of this module in a few calls of LibreOffice."""
    require_office()
    examples: list[tuple[Template, Mapping[str, Any]]] = [
        (CATALOG.templates[template_of(rule, example)], example.data) for rule, example in CASES
    ]
    for template in CATALOG.templates.values():
        published = CATALOG.folder / "templates" / "samples" / f"{template.id}.json"
        filled = read_data(published) if published.exists() else well_filled(template)
        examples += [(template, {}), (template, filled)]
    fillings = [
        (template, filling)
        for template in CATALOG.templates.values()
        for filling in drawn(template, FILLINGS)
    ]
    ningxia = CATALOG.templates["ningxia-2021"]
    faults = [(corrupted(ningxia, name, excel), data) for name, excel, data, _ in FAULTS]
    judged = judge_all([*examples, *fillings, *faults], tmp_path_factory.mktemp("agreement"))
    return Session(
        judged[: len(examples)], judged[len(examples) : -len(faults)], judged[len(judged) - len(faults) :]
    )


def test_every_example_of_every_rule_agrees(session: Session) -> None:
    """AG2"""
    assert len(session.examples) >= len(CASES) >= 100
    assert sum(book.cells for book in session.examples) >= 60_000
    assert told(session.examples) == ""


def test_fillings_nobody_thought_of_agree(session: Session) -> None:
    """AG3"""
    assert len(session.fillings) >= FILLINGS * len(CATALOG.templates) * 0.8
    assert sum(book.cells for book in session.fillings) >= 600 * len(session.fillings)
    assert told(session.fillings) == ""


def test_every_live_rule_was_seen_to_pass_to_fail_and_to_be_left_alone(session: Session) -> None:
    """AG2, AG3: nothing is compared with nothing."""
    statuses: dict[str, set[Status]] = {}
    for book in (*session.examples, *session.fillings):
        judge = Judge(compose(book.template, book.data).submission)
        for case in judge.cases():
            if not case.rule.live:
                status = judge.verdict(case, View.SHOWN).status
                statuses.setdefault(case.rule.rule.code, set()).add(status)
    wanted = {
        rule.rule.code for template in CATALOG.templates.values() for rule in template.rules if not rule.live
    }
    assert len(wanted) >= 20
    assert set(statuses) == wanted
    wanted_of_each = {Status.PASS, Status.FAIL, Status.ALONE}
    assert {code: found for code, found in statuses.items() if not wanted_of_each <= found} == {}


def test_no_formula_outgrows_excel(session: Session) -> None:
    """AG5: rows that are added and names that are long make formulas longer."""
    longest = 0
    for book in (*session.examples, *session.fillings):
        for sheet in read_package(book.path).sheets:
            lengths = [len(cell.formula) + 1 for cell in sheet.cells.values() if cell.formula is not None]
            longest = max(longest, *lengths, 0)
    assert 500 < longest <= FORMULA_LIMIT


# ---------------------------------------------------------------- AG4: the guard can fail


@pytest.mark.parametrize("index", range(len(FAULTS)), ids=[fault[0] for fault in FAULTS])
def test_a_compiler_that_goes_wrong_is_noticed(index: int, session: Session) -> None:
    """AG4"""
    book = session.faults[index]
    office = {plain(d.office) if isinstance(d.office, Decimal) else d.office for d in book.disagreements}
    assert FAULTS[index][3] in office
    assert book.path.stem in told([book])


def test_a_wrong_stored_value_is_noticed(tmp_path: Path) -> None:
    """AG4"""
    paths = [tmp_path / "python.xlsx", tmp_path / "office.xlsx"]
    for path, values in zip(paths, ((0.3, "甲", ""), (0.30000000000000004, "乙", "x")), strict=True):
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet("s")
            for row, value in enumerate(values):
                sheet.write_formula(row, 0, "=A9", None, value)

    cells, found = compare(*paths)

    assert cells == 3
    assert [(d.cell, d.python or "", d.office) for d in found] == [("A2", "甲", "乙"), ("A3", "", "x")]


@pytest.mark.parametrize(
    ("python", "office", "same"),
    [
        (Decimal(1), Decimal("1.0000000001"), True),
        (Decimal(1), Decimal("1.00001"), False),
        (Decimal("1e9"), Decimal("1000000000.5"), True),
        (Decimal(1), True, False),
        (True, True, True),
        ("", None, True),
        (None, Decimal(0), False),
        ("1", Decimal(1), False),
        ("甲", "甲 ", False),
        ("共1000000000000000元", "共1E+015元", True),
        (ExcelError("#VALUE!"), ExcelError("#VALUE!"), True),
        (ExcelError("#VALUE!"), "", False),
    ],
)
def test_what_counts_as_agreeing(python: Value, office: Value, same: bool) -> None:
    """AG4"""
    assert agree(python, office) is same


def test_a_second_reader_sees_the_same_values(session: Session) -> None:
    """AG4: the fast reader is our own; openpyxl must read the same of a written and of a recalculated workbook."""
    book = session.fillings[-1]
    for path in (book.path, next(book.path.parent.parent.glob(f"*/out/{book.path.name}"))):
        read = cached_values if path == book.path else recalculated_values
        theirs = {title: cells for title, cells in read(path).items() if cells}
        for sheet in read_package(path).sheets:
            for place, cell in sheet.cells.items():
                value = theirs[sheet.title].get(f"{column_letters(place[1])}{place[0]}")
                if isinstance(value, int | float) and not isinstance(value, bool):
                    value = Decimal(str(value))
                assert agree(cell.value, value), f"{path.name} {sheet.title} {place}"


# ---------------------------------------------------------------- AG5: what Excel 2010, WPS and LibreOffice share

ALLOWED = frozenset(
    re.findall(
        r"\w+",
        "IF IFERROR AND OR NOT N T ROUND MIN MAX MOD INT ABS SUM SUMIF SUMIFS SUMPRODUCT COUNT COUNTA COUNTBLANK"
        " COUNTIF COUNTIFS AVERAGE ISNUMBER ISTEXT ISBLANK INDEX MATCH VLOOKUP ROW COLUMN LEN LEFT RIGHT MID TRIM"
        " FIND SUBSTITUTE EXACT TEXT VALUE CHAR CODE DATE HYPERLINK",
    )
)
VOLATILE = frozenset(("NOW", "TODAY", "RAND", "RANDBETWEEN", "OFFSET", "INDIRECT", "CELL", "INFO"))
#: Common in every Chinese font though Python's table of GB2312 has them at other points.
COMMON_GLYPHS = frozenset("—·")
#: Inside Excel, whatever the length of the formula.
LITERAL_LIMIT, NESTING_LIMIT, ARGUMENT_LIMIT, VALIDATION_FORMULA_LIMIT = 255, 64, 255, 255

_LITERAL = re.compile(r'"(?:[^"]|"")*"')
_QUOTED = re.compile(r"'(?:[^']|'')*'")
_CALL = re.compile(r"([A-Za-z_][A-Za-z0-9_.]*)\(")


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula wherever it stands: ``kind`` is cell, condition, validation or name."""

    kind: str
    where: str
    text: str

    @property
    def bare(self) -> str:
        """Without texts and sheet titles."""
        return _QUOTED.sub("S", _LITERAL.sub("", self.text))

    @property
    def functions(self) -> set[str]:
        return set(_CALL.findall(self.bare))

    @property
    def depth_and_arguments(self) -> tuple[int, int]:
        """How deep functions nest, and how many arguments the longest has."""
        stack, deepest, most = [], 0, 0
        for character in self.bare:
            if character == "(":
                stack.append(1)
                deepest = max(deepest, len(stack))
            elif character == "," and stack:
                stack[-1] += 1
            elif character == ")":
                most = max(most, stack.pop())
        return deepest, most


@dataclass(frozen=True, slots=True)
class Linted:
    """A generated workbook as the lint sees it."""

    path: Path
    book: Any
    formulas: list[Formula]


@pytest.fixture(scope="session", params=[(t, copies) for t in CATALOG.templates for copies in (1, 3)])
def linted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Linted:
    """A blank of every template, with one and with three of each repeating form."""
    template, copies = request.param
    path = tmp_path_factory.mktemp("lint") / f"{template}-{copies}.xlsx"
    generate(compose(CATALOG.templates[template], copies=copies), path)
    book = load(path)
    found = [
        Formula("cell", f"{sheet}!{cell}", text)
        for sheet, cells in formulas(path).items()
        for cell, text in cells.items()
    ]
    for sheet in book.worksheets:
        for area in sheet.conditional_formatting:
            for rule in area.rules:
                found += [Formula("condition", f"{sheet.title}!{area.sqref}", text) for text in rule.formula]
        for entry in sheet.data_validations.dataValidation:
            texts = [text for text in (entry.formula1, entry.formula2) if text]
            found += [Formula("validation", f"{sheet.title}!{entry.sqref}", text) for text in texts]
    found += [Formula("name", name, entry.attr_text) for name, entry in book.defined_names.items()]
    return Linted(path, book, found)


def test_the_lint_has_something_to_look_at(linted: Linted) -> None:
    """AG5"""
    kinds = [formula.kind for formula in linted.formulas]
    assert kinds.count("cell") >= 400
    assert min(kinds.count("condition"), kinds.count("validation"), kinds.count("name")) >= 5


def test_formulas_use_only_functions_of_the_allow_list(linted: Linted) -> None:
    """AG5"""
    used = set().union(*(formula.functions for formula in linted.formulas))
    assert {"IF", "COUNT", "ROUND", "TRIM", "SUMPRODUCT", "HYPERLINK"} <= used, (
        "the reader of formulas is blind"
    )
    assert used <= ALLOWED
    assert not used & VOLATILE
    assert not [f for f in linted.formulas if set("{}#@") & set(f.bare)], (
        "arrays, spills, structured references"
    )


def test_formulas_keep_the_limits_of_excel(linted: Linted) -> None:
    """AG5"""
    for formula in linted.formulas:
        depth, arguments = formula.depth_and_arguments
        assert len(formula.text) <= FORMULA_LIMIT, formula.where
        assert depth <= NESTING_LIMIT, formula.where
        assert arguments <= ARGUMENT_LIMIT, formula.where
        assert all(len(found) - 2 <= LITERAL_LIMIT for found in _LITERAL.findall(formula.text)), formula.where


def test_conditions_and_validations_stay_on_their_sheet(linted: Linted) -> None:
    """AG5"""
    for formula in linted.formulas:
        if formula.kind in ("condition", "validation"):
            assert "!" not in formula.bare, formula.where
        if formula.kind == "validation":
            assert len(formula.text) <= VALIDATION_FORMULA_LIMIT, formula.where


def test_validations_keep_the_limits_of_excel(linted: Linted) -> None:
    """AG5"""
    entries = [entry for sheet in linted.book.worksheets for entry in sheet.data_validations.dataValidation]
    assert any(entry.prompt for entry in entries)
    assert any(entry.error for entry in entries)
    for entry in entries:
        assert len(entry.prompt or "") <= VALIDATION_PROMPT_LIMIT
        assert len(entry.error or "") <= VALIDATION_ERROR_LIMIT
        assert max(len(entry.promptTitle or ""), len(entry.errorTitle or "")) <= VALIDATION_TITLE_LIMIT


def test_titles_and_names_are_legal(linted: Linted) -> None:
    """AG5"""
    titles = linted.book.sheetnames
    assert len(titles) >= 5
    for title in titles:
        assert len(title) <= SHEET_TITLE_LIMIT
        assert not set("\\/?*[]:' ") & set(title)
    for name in linted.book.defined_names:
        assert re.fullmatch(r"f(__[a-z0-9]+(_[a-z0-9]+)*)+", name), name


def test_every_formula_has_a_stored_value(linted: Linted) -> None:
    """AG5: a program that does not calculate shows it; an empty one is stored as such, not left out."""
    tag = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    number = 0
    with zipfile.ZipFile(linted.path) as package:
        for part in package.namelist():
            if part.startswith("xl/worksheets/sheet"):
                for cell in ElementTree.fromstring(package.read(part)).iter(f"{tag}c"):
                    if cell.find(f"{tag}f") is not None:
                        number += 1
                        assert cell.find(f"{tag}v") is not None, f"{part} {cell.get('r')}"
    assert number == sum(1 for formula in linted.formulas if formula.kind == "cell")


def glyphs(text: str) -> set[str]:
    """The characters that a plain Chinese font may lack."""
    return {
        character
        for character in text
        if character not in COMMON_GLYPHS and not character.encode("gb2312", "ignore")
    }


def test_texts_print_in_every_chinese_font(linted: Linted) -> None:
    """AG5: √ × ○ ※ ← are in GB2312; ✔ ✘ ☐ are in no 宋体."""
    assert glyphs("√×○●※←≥≤…—\n") == set()
    assert glyphs("✔✘☐⚠") == set("✔✘☐⚠")
    texts = [literal for formula in linted.formulas for literal in _LITERAL.findall(formula.text)]
    for sheet in linted.book.worksheets:
        texts += [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.data_type == "s"]
        for entry in sheet.data_validations.dataValidation:
            texts += [entry.prompt or "", entry.error or "", entry.promptTitle or "", entry.errorTitle or ""]
    assert len(texts) >= 500
    # The blanks that formulas look for are no glyphs, and neither are the marks that people type for nothing.
    found = set().union(*map(glyphs, texts))
    assert found - set("\u00a0―–─\u2002\u2003\u200b\ufeff\u2212") == set()
