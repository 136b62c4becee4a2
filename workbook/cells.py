"""The sheets of an untrusted workbook: values, formulas, formats and problems of their cells."""

from __future__ import annotations

import copyreg
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from workbook.container import Container, PackageError
from workbook.excel import ExcelError, Value, column_number, to_decimal
from workbook.markup import RichText, Tags, is_true, parse_part, to_integer, unescape
from workbook.reference import SharedFormula

__all__ = ["PROBLEMS", "Cell", "Cells", "Sheet"]

#: What may be wrong with a single cell; the file as a whole stays readable.
PROBLEMS = (
    *("BAD_STRING_INDEX", "BAD_NUMBER", "BAD_BOOLEAN", "BAD_DATE", "BAD_TYPE"),
    *("BAD_SHARED_FORMULA", "DUPLICATE_CELL"),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell that is not empty.

    Attributes:
        value: what the file says it shows; for a formula the cached result, which nobody may trust.
        formula: without the leading ``=``, shared ones written out for this cell; ``None`` for a constant.
        format: code of the number format, such as ``0.00%``.
        problem: ``""`` or one of ``PROBLEMS``; ``value`` is then ``None`` or what stands in the file.
    """

    value: Value
    formula: str | None = None
    format: str = "General"
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet.

    Attributes:
        title: as on its tab.
        state: ``visible``, ``hidden`` or ``veryHidden``.
        cells: by (row, column), counted from 1; only those with a value, a formula or a problem.
        merged: first row, first column, last row, last column of each merged area.
        hidden_rows: numbers of hidden rows.
        hidden_columns: first and last of each run of hidden columns.
        protected: whether the sheet's protection is on.
    """

    title: str
    state: str
    cells: Mapping[tuple[int, int], Cell]
    merged: tuple[tuple[int, int, int, int], ...]
    hidden_rows: frozenset[int]
    hidden_columns: tuple[tuple[int, int], ...]
    protected: bool


def _view(items: dict[object, object]) -> MappingProxyType[object, object]:
    return MappingProxyType(items)


# Python pickles no read-only view by itself, and what was read must get from one process to another.
copyreg.pickle(MappingProxyType, lambda view: (_view, (dict(view),)))


_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,5})?", re.ASCII)
_ADDRESS = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_SHEET_ROOTS = frozenset({"worksheet", "chartsheet", "dialogsheet", "macrosheet"})


class Cells:
    """Reads the sheets of one workbook, one after the other.

    Args:
        container: the archive the sheets are in.
        strings: the shared strings.
        formats: the number format of each cell style.
        date1904: whether days are counted from 1904.
    """

    def __init__(self, container: Container, strings: list[str], formats: list[str], date1904: bool) -> None:
        self._container = container
        self._limits = container.budget.limits
        self._strings = strings
        self._formats = formats
        self._date1904 = date1904
        self._columns: dict[str, int] = {}
        self._count = 0
        self._shared_length = 0
        self._rich = RichText(self._limits)
        self._tags = Tags(
            _SHEET_ROOTS,
            {
                "row": self._row_starts,
                "c": self._cell_starts,
                "f": self._formula_starts,
                "is": self._inline_starts,
                "rPh": self._rich.phonetic_begins,
                "mergeCell": self._merge,
                "col": self._hidden_column,
                "sheetProtection": self._protection,
            },
            {
                "c": self._cell_ends,
                "f": self._formula_ends,
                "v": self._value_ends,
                "t": self._rich.add,
                "rPh": self._rich.phonetic_ends,
            },
        )
        self._begin()

    def _begin(self) -> None:
        self._cells: dict[tuple[int, int], Cell] = {}
        self._merged: list[tuple[int, int, int, int]] = []
        self._hidden_rows: set[int] = set()
        self._hidden_columns: list[tuple[int, int]] = []
        self._protected = False
        self._rows = self._row = self._column = 0
        self._place = (0, 0)
        self._shared: dict[str, SharedFormula] = {}
        self._waiting: list[tuple[tuple[int, int], str]] = []

    def read(self, title: str, state: str, part: str | None) -> Sheet:
        """Read one sheet.

        Args:
            title: as on its tab.
            state: ``visible``, ``hidden`` or ``veryHidden``.
            part: the part with its cells; ``None`` for a sheet that is only a name.

        Raises:
            PackageError: the part is damaged, or there is too much in it.
        """
        self._begin()
        if part is not None:
            parse_part(self._container, part, self._tags)
        for place, index in self._waiting:  # cells that stand before the formula they share
            cell = self._cells[place]
            formula, problem = self._expand(index, place)
            self._cells[place] = Cell(cell.value, formula, cell.format, cell.problem or problem)
        return Sheet(
            title,
            state,
            MappingProxyType(self._cells),
            tuple(self._merged),
            frozenset(self._hidden_rows),
            tuple(self._hidden_columns),
            self._protected,
        )

    def _row_starts(self, attributes: dict[str, str]) -> None:
        self._rows += 1
        if self._rows > self._limits.rows:
            raise PackageError("TOO_MANY_ROWS", f"more than {self._limits.rows} rows")
        self._row += 1
        self._column = 0
        number = attributes.get("r")
        if number is not None:
            self._row = to_integer(number) or 0
        if not 1 <= self._row <= 1_048_576:
            raise PackageError("BAD_ADDRESS", f"row {number!a:.200}")
        if is_true(attributes.get("hidden")):
            self._hidden_rows.add(self._row)

    def _cell_starts(self, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > self._limits.cells:
            raise PackageError("TOO_MANY_CELLS", f"more than {self._limits.cells} cells")
        address = attributes.get("r")
        if address is None:
            self._place = (self._row, self._column + 1)
        else:
            self._place = self._parse_address(address)
        self._column = self._place[1]
        if not (self._place[0] and self._column <= 16_384):
            raise PackageError("BAD_ADDRESS", f"cell at {self._place}")
        self._cell = attributes
        self._raw: str | None = None
        self._formula: str | None = None
        self._formula_problem = ""
        self._inline = False

    def _parse_address(self, address: str) -> tuple[int, int]:
        match = _ADDRESS.fullmatch(address)
        if match is None:
            raise PackageError("BAD_ADDRESS", f"cell {address!a:.200}")
        letters = match[1]
        column = self._columns.get(letters)
        if column is None:
            column = self._columns[letters] = column_number(letters.upper())
        row = int(match[2])
        if not 1 <= row <= 1_048_576 or column > 16_384:
            raise PackageError("BAD_ADDRESS", f"cell {address!a:.200}")
        return row, column

    def _inline_starts(self, attributes: dict[str, str]) -> None:
        self._inline = True
        self._rich.begin(attributes)

    def _value_ends(self, text: str) -> None:
        self._raw = text

    def _formula_starts(self, attributes: dict[str, str]) -> None:
        self._kind = attributes

    def _formula_ends(self, text: str) -> None:
        if len(text) > self._limits.formula_text:
            raise PackageError("TEXT_TOO_LONG", f"a formula of {len(text)} characters")
        kind = self._kind.get("t")
        text = text.removeprefix("=")
        if kind == "shared":
            index = self._kind.get("si", "")
            if text:
                self._container.budget.check_time()  # thousands of long ones fit between two regular looks
                self._shared[index] = SharedFormula(text, self._place)
            elif index in self._shared:
                text, self._formula_problem = self._expand(index, self._place)
            else:
                self._waiting.append((self._place, index))
            self._formula = text
        elif kind == "dataTable":
            self._formula = f"TABLE({self._kind.get('r1', '')},{self._kind.get('r2', '')})"
        elif text:
            self._formula = text

    def _expand(self, index: str, place: tuple[int, int]) -> tuple[str, str]:
        shared = self._shared.get(index)
        if shared is None:
            return "", "BAD_SHARED_FORMULA"
        text = shared.at(place)
        self._shared_length += len(text)
        if self._shared_length > self._limits.shared_text:
            raise PackageError("TEXT_TOO_LONG", f"shared formulas of {self._shared_length} characters")
        return text, ""

    def _cell_ends(self, _: str) -> None:
        formula = self._formula
        if self._raw is None and formula is None and not self._inline:
            return
        value, problem = self._value()
        if value is None and formula is None and not problem:
            return
        if self._place in self._cells:
            problem = problem or "DUPLICATE_CELL"
        style = self._cell.get("s")
        number = int(style) if style and style.isdecimal() and len(style) < 7 else 0
        code = self._formats[number] if number < len(self._formats) else "General"
        self._cells[self._place] = Cell(value, formula, code, problem or self._formula_problem)

    def _value(self) -> tuple[Value, str]:
        """The value of the cell that ends, and what is wrong with it."""
        kind = self._cell.get("t", "n")
        raw = self._raw
        if kind == "inlineStr" and (self._inline or raw is None):
            return (self._rich.whole() if self._inline else None), ""
        if raw is None:
            return None, ""
        if kind in ("str", "inlineStr"):
            return unescape(raw), ""
        text = raw.strip(" \t\r\n")
        if not text:
            return None, ""
        if kind == "n":
            return _number(text)
        if kind == "s":
            index = to_integer(text)
            if index is None or index >= len(self._strings):
                return None, "BAD_STRING_INDEX"
            return self._strings[index], ""
        if kind == "b":
            truth = {"1": True, "true": True, "0": False, "false": False}.get(text.lower())
            return (raw, "BAD_BOOLEAN") if truth is None else (truth, "")
        if kind == "e":
            return ExcelError(text), ""
        return _serial(text, self._date1904) if kind == "d" else (raw, "BAD_TYPE")

    def _merge(self, attributes: dict[str, str]) -> None:
        if len(self._merged) >= self._limits.merges:
            raise PackageError("TOO_MANY_MERGES", f"more than {self._limits.merges} merged areas")
        first, _, last = attributes.get("ref", "").partition(":")
        if first.isalpha():  # whole columns
            first, last = first + "1", (last or first) + "1048576"
        elif first.isdecimal():  # whole rows
            first, last = "A" + first, "XFD" + (last or first)
        top, left = self._parse_address(first)
        bottom, right = self._parse_address(last or first)
        self._merged.append((min(top, bottom), min(left, right), max(top, bottom), max(left, right)))

    def _hidden_column(self, attributes: dict[str, str]) -> None:
        first, last = to_integer(attributes.get("min")), to_integer(attributes.get("max"))
        if is_true(attributes.get("hidden")) and first and last:
            self._hidden_columns.append((first, last))

    def _protection(self, attributes: dict[str, str]) -> None:
        self._protected = is_true(attributes.get("sheet")) or is_true(attributes.get("content"))


def _number(text: str) -> tuple[Value, str]:
    if _NUMBER.fullmatch(text) is None:
        return text, "BAD_NUMBER"
    number = to_decimal(text)
    if number and not -308 <= number.adjusted() <= 308:
        return text, "BAD_NUMBER"  # more than a cell can hold, so no program of the family wrote it
    return number, ""


_DAY = re.compile(
    r"(?:(?P<day>\d{4}-\d\d-\d\d)(?:T(?=\d))?)?"
    r"(?:(?:PT(?P<hours>\d{1,9})H|(?P<hour>[01]\d|2[0-3]):)(?P<minute>[0-5]?\d)[:M]"
    r"(?P<second>[0-5]?\d(?:\.\d+)?)[ZS]?)?",
    re.ASCII,
)


def _serial(text: str, date1904: bool) -> tuple[Value, str]:
    """A date, a time or a duration in ISO spelling as the number that cells usually hold for it."""
    match = _DAY.fullmatch(text)
    if match is None:
        return text, "BAD_DATE"
    days = 0
    if match["day"]:
        try:
            day = date.fromisoformat(match["day"])
        except ValueError:
            return text, "BAD_DATE"
        days = (day - date(1904, 1, 1)).days if date1904 else (day - date(1899, 12, 31)).days
        if not date1904 and day >= date(1900, 3, 1):
            days += 1  # Excel counts a 29 February 1900 that never was
    if days < 0:
        return text, "BAD_DATE"
    hours = int(match["hours"] or match["hour"] or 0)
    seconds = hours * 3600 + int(match["minute"] or 0) * 60 + Decimal(match["second"] or 0)
    return to_decimal(str(days + seconds / 86_400)), ""
