"""The parts, cells, formulas and names of an untrusted workbook file."""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from urllib.parse import unquote
from xml.parsers import expat

from workbook.container import (
    CAUSES,
    Budget,
    Container,
    Limits,
    PackageError,
    Tags,
    read_bytes,
    sniff,
)
from workbook.excel import ExcelError, Value, column_letters, column_number, to_decimal

__all__ = [
    "CAUSES",
    "PROBLEMS",
    "Cell",
    "Limits",
    "Package",
    "PackageError",
    "Sheet",
    "parse_reference",
    "read_package",
]

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


@dataclass(frozen=True, slots=True)
class Package:
    """A workbook, read completely or not at all.

    Attributes:
        path: where it was read.
        sheets: in the order of their tabs.
        names: defined names of the whole workbook → what they refer to.
        local_names: sheet title, name and what it refers to, for names of one sheet.
        properties: custom document properties.
        date1904: whether days are counted from 1904.
        macros: whether there is a macro project or a macro sheet.
        external_links: whether there are links to other workbooks or programs.
    """

    path: Path
    sheets: tuple[Sheet, ...]
    names: Mapping[str, str]
    local_names: tuple[tuple[str, str, str], ...]
    properties: Mapping[str, str]
    date1904: bool
    macros: bool
    external_links: bool

    def sheet(self, title: str) -> Sheet | None:
        """The sheet of this title (case does not matter, as in Excel), or ``None``."""
        return next((each for each in self.sheets if each.title.casefold() == title.casefold()), None)


_LIMITS = Limits()


def read_package(path: Path, limits: Limits = _LIMITS) -> Package:
    """Read a workbook nobody vouches for.

    Nothing is executed, followed or written. A file is read completely or refused: every part that is needed
    must be there, with the right checksum and a closed root element.

    Args:
        path: the file; its extension does not matter.
        limits: how much it may cost.

    Returns:
        what the workbook contains.

    Raises:
        PackageError: the file is refused; no other exception leaves for any content.
    """
    try:
        return _read(path, limits)
    except PackageError:
        raise
    except Exception as error:  # no list of types is complete for hostile input
        raise PackageError(_cause(error), f"{type(error).__name__}: {str(error)!a:.300}") from error


def _cause(error: Exception) -> str:
    if isinstance(error, OSError | MemoryError):
        return "UNREADABLE"
    if isinstance(error, zipfile.BadZipFile | zlib.error | EOFError | NotImplementedError | UnicodeError):
        return "ZIP_BROKEN"
    return "XML_BROKEN" if isinstance(error, expat.ExpatError | LookupError | ValueError) else "UNREADABLE"


def _read(path: Path, limits: Limits) -> Package:
    data = read_bytes(path, limits)
    cause = sniff(data)
    if cause:
        raise PackageError(cause, f"begins with {data[:8].hex(' ')}")
    container = Container(data, Budget(limits))
    top = _Relations(container, "")
    part = _workbook_part(container, top)
    book = _Book(container, part, limits)
    relations = _Relations(container, part)
    strings = _shared_strings(container, relations.first("sharedStrings"))
    formats = _formats(container, relations.first("styles"))
    reader = _Cells(container, strings, formats, book.date1904)
    sheets = tuple(reader.read(entry, relations) for entry in book.entries)
    global_names, local_names = book.split_names()
    project = any(name.endswith("vbaproject.bin") for name in container.names)
    return Package(
        path=path,
        sheets=sheets,
        names=MappingProxyType(global_names),
        local_names=local_names,
        properties=MappingProxyType(_properties(container, top.first("customProperties"))),
        date1904=book.date1904,
        macros=project or relations.has("vbaProject", "xlMacrosheet", "xlIntlMacrosheet"),
        external_links=relations.has("externalLink"),
    )


def _workbook_part(container: Container, top: _Relations) -> str:
    """Where the package itself says its workbook is; the usual path is only a custom."""
    part = top.first("officeDocument")
    if part.endswith(".bin"):
        raise PackageError("XLSB", f"workbook part {part!a:.200}")
    if not part or part.startswith(("word/", "ppt/")):
        raise PackageError("WORD" if part.startswith("word/") else "NOT_EXCEL", f"main part {part!a:.200}")
    if part not in container:
        raise PackageError("SHEET_PART_MISSING", f"workbook part {part!a:.200}")
    return part


# ---- Parts around the cells -------------------------------------------------------------------------------


def _true(text: str | None) -> bool:
    return text is not None and text.strip().lower() in ("1", "true", "on")


def _integer(text: str | None) -> int | None:
    return int(text) if text is not None and re.fullmatch(r"\s*[0-9]{1,9}\s*", text, re.ASCII) else None


class _Relations:
    """What a part is connected with: kinds and targets inside the archive, links to the outside left out."""

    def __init__(self, container: Container, source: str) -> None:
        self._container = container
        self._folder, name = posixpath.split(source)
        self._by_id: dict[str, tuple[str, str]] = {}
        part = posixpath.join(self._folder, "_rels", name + ".rels")
        if part in container:
            tags = Tags(frozenset({"Relationships"}), {"Relationship": self._add}, {})
            container.parse(part, tags)

    def _add(self, attributes: dict[str, str]) -> None:
        kind = attributes.get("Type", "").rpartition("/")[2]
        kind = {"custom-properties": "customProperties"}.get(kind, kind)  # Strict spells it differently
        target = ""
        if attributes.get("TargetMode", "").lower() != "external":
            target = self._resolve(attributes.get("Target", ""))
        self._by_id[attributes.get("Id", "")] = (kind, target)

    def _resolve(self, target: str) -> str:
        target = target.strip().replace("\\", "/")
        part = posixpath.normpath(posixpath.join("/", self._folder, target)).lstrip("/").lower()
        return part if part in self._container else unquote(part)

    def has(self, *kinds: str) -> bool:
        return any(kind in kinds for kind, _ in self._by_id.values())

    def first(self, kind: str) -> str:
        return next((target for each, target in self._by_id.values() if each == kind), "")

    def target(self, identifier: str) -> str:
        return self._by_id.get(identifier, ("", ""))[1]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A sheet as the workbook part declares it."""

    title: str
    state: str
    relation: str


class _Book:
    """What stands in the workbook part."""

    def __init__(self, container: Container, part: str, limits: Limits) -> None:
        self.entries: list[_Entry] = []
        self._names: list[tuple[int | None, str, str]] = []
        self.date1904 = False
        self._limits = limits
        self._name: dict[str, str] = {}
        starts = {"sheet": self._sheet, "workbookPr": self._settings, "definedName": self._name_starts}
        container.parse(part, Tags(frozenset({"workbook"}), starts, {"definedName": self._name_ends}))
        if not self.entries:
            raise PackageError("NO_SHEETS", "the workbook declares no sheet")

    def _settings(self, attributes: dict[str, str]) -> None:
        self.date1904 = _true(attributes.get("date1904"))

    def _sheet(self, attributes: dict[str, str]) -> None:
        if len(self.entries) >= self._limits.sheets:
            raise PackageError("TOO_MANY_SHEETS", f"more than {self._limits.sheets} sheets")
        relation = next((text for key, text in attributes.items() if key.endswith(" id")), "")
        state = attributes.get("state", "visible")
        if state not in ("hidden", "veryHidden"):
            state = "visible"
        self.entries.append(_Entry(attributes.get("name", ""), state, relation))

    def _name_starts(self, attributes: dict[str, str]) -> None:
        self._name = attributes

    def _name_ends(self, text: str) -> None:
        scope = self._name.get("localSheetId")
        number = None if scope is None else _integer(scope)
        self._names.append((-1 if scope and number is None else number, self._name.get("name", ""), text))

    def split_names(self) -> tuple[dict[str, str], tuple[tuple[str, str, str], ...]]:
        """The names of the whole workbook, and those of single sheets with the sheet's title."""
        titles = dict(enumerate(entry.title for entry in self.entries))
        whole = {name: text for scope, name, text in self._names if scope is None}
        local = (
            (titles.get(scope, ""), name, text) for scope, name, text in self._names if scope is not None
        )
        return whole, tuple(local)


def _properties(container: Container, part: str) -> dict[str, str]:
    found: dict[str, str] = {}
    names: list[str] = []
    if part in container:
        starts = {"property": lambda attributes: names.append(attributes.get("name", ""))}
        ends = {"property": lambda text: found.__setitem__(names[-1], text)}
        container.parse(part, Tags(frozenset({"Properties"}), starts, ends))
    return found


def _shared_strings(container: Container, part: str) -> list[str]:
    strings: list[str] = []
    if part in container:
        text = _RichText(container.budget.limits)
        starts = {"si": text.begin, "rPh": text.phonetic_begins}
        ends = {"t": text.add, "rPh": text.phonetic_ends, "si": lambda _: strings.append(text.whole())}
        container.parse(part, Tags(frozenset({"sst"}), starts, ends))
    return strings


class _RichText:
    """A text in several runs; the phonetic ones say how it is read aloud and do not belong to it."""

    def __init__(self, limits: Limits) -> None:
        self._limit = limits.cell_text
        self._pieces: list[str] = []
        self._length = 0
        self._phonetic = False

    def begin(self, _: dict[str, str]) -> None:
        self._pieces.clear()
        self._length = 0
        self._phonetic = False

    def phonetic_begins(self, _: dict[str, str]) -> None:
        self._phonetic = True

    def phonetic_ends(self, _: str) -> None:
        self._phonetic = False

    def add(self, text: str) -> None:
        if self._phonetic:
            return
        self._length += len(text)
        if self._length > self._limit:
            raise PackageError("TEXT_TOO_LONG", f"a text of {self._length} characters")
        self._pieces.append(text)

    def whole(self) -> str:
        return _unescape("".join(self._pieces))


def _unescape(text: str) -> str:
    """Put back the characters XML cannot hold; halves of surrogate pairs are no text and stay as written."""
    if "_x" not in text:
        return text
    return re.sub(r"_x((?![dD][89a-fA-F])[0-9a-fA-F]{4})_", lambda match: chr(int(match[1], 16)), text)


#: Number formats that are not written down in the file. 27 to 36 and 50 to 58 are the East Asian dates and
#: times; their exact look depends on the language of the program, that they are dates does not.
_BUILTIN_FORMATS: Mapping[int, str] = MappingProxyType(
    dict(enumerate(("General", "0", "0.00", "#,##0", "#,##0.00")))
    | dict(enumerate(('"$"#,##0_);("$"#,##0)', '"$"#,##0_);[Red]("$"#,##0)'), 5))
    | dict(enumerate(('"$"#,##0.00_);("$"#,##0.00)', '"$"#,##0.00_);[Red]("$"#,##0.00)'), 7))
    | dict(enumerate(("0%", "0.00%", "0.00E+00", "# ?/?", "# ??/??"), 9))
    | dict(enumerate(("mm-dd-yy", "d-mmm-yy", "d-mmm", "mmm-yy", "h:mm AM/PM", "h:mm:ss AM/PM"), 14))
    | dict(enumerate(("h:mm", "h:mm:ss", "m/d/yy h:mm"), 20))
    | dict.fromkeys((*range(27, 32), 36, *range(50, 55), 57, 58), "yyyy-mm-dd")
    | dict.fromkeys((32, 33, 34, 35, 55, 56), "h:mm:ss")
    | dict(enumerate(("#,##0_);(#,##0)", "#,##0_);[Red](#,##0)"), 37))
    | dict(enumerate(("#,##0.00_);(#,##0.00)", "#,##0.00_);[Red](#,##0.00)"), 39))
    | dict(enumerate(('_(* #,##0_);_(* (#,##0);_(* "-"_);_(@_)',), 41))
    | dict(enumerate(('_("$"* #,##0_);_("$"* (#,##0);_("$"* "-"_);_(@_)',), 42))
    | dict(enumerate(('_(* #,##0.00_);_(* (#,##0.00);_(* "-"??_);_(@_)',), 43))
    | dict(enumerate(('_("$"* #,##0.00_);_("$"* (#,##0.00);_("$"* "-"??_);_(@_)',), 44))
    | dict(enumerate(("mm:ss", "[h]:mm:ss", "mmss.0", "##0.0E+0", "@"), 45))
)


def _formats(container: Container, part: str) -> list[str]:
    """The number format of each cell style, in the order of the styles."""
    codes = dict(_BUILTIN_FORMATS)
    found: list[int] = []
    cell_styles: list[int] = []

    def define(attributes: dict[str, str]) -> None:
        codes[_integer(attributes.get("numFmtId")) or 0] = attributes.get("formatCode", "General")

    def style(attributes: dict[str, str]) -> None:
        found.append(_integer(attributes.get("numFmtId")) or 0)

    def begin(_: dict[str, str]) -> None:
        found.clear()  # so far these were named styles, made of the same elements

    def end(_: str) -> None:
        cell_styles.extend(found)

    if part in container:
        starts = {"numFmt": define, "cellXfs": begin, "xf": style}
        container.parse(part, Tags(frozenset({"styleSheet"}), starts, {"cellXfs": end}))
    return [codes.get(number, "General") for number in cell_styles]


# ---- Cells ------------------------------------------------------------------------------------------------

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,5})?", re.ASCII)
_ADDRESS = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_SHEET_ROOTS = frozenset({"worksheet", "chartsheet", "dialogsheet", "macrosheet"})


class _Cells:
    """Reads the sheets of one workbook, one after the other."""

    def __init__(self, container: Container, strings: list[str], formats: list[str], date1904: bool) -> None:
        self._container = container
        self._limits = container.budget.limits
        self._strings = strings
        self._formats = formats
        self._date1904 = date1904
        self._columns: dict[str, int] = {}
        self._count = 0
        self._shared_length = 0
        self._rich = _RichText(self._limits)
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
        self._shared: dict[str, _SharedFormula] = {}
        self._waiting: list[tuple[tuple[int, int], str]] = []

    def read(self, entry: _Entry, relations: _Relations) -> Sheet:
        """Read the sheet behind an entry of the workbook part."""
        self._begin()
        part = relations.target(entry.relation)
        if part in self._container:
            self._container.parse(part, self._tags)
        elif entry.relation or entry.state == "visible":
            # Office itself leaves very hidden leftovers of old dialogs that refer to nothing at all.
            raise PackageError(
                "SHEET_PART_MISSING", f"{entry.title!a:.200} {entry.relation!a:.200} {part!a:.200}"
            )
        for place, index in self._waiting:  # cells that stand before the formula they share
            cell = self._cells[place]
            formula, problem = self._expand(index, place)
            self._cells[place] = Cell(cell.value, formula, cell.format, cell.problem or problem)
        return Sheet(
            entry.title,
            entry.state,
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
            self._row = _integer(number) or 0
        if not 1 <= self._row <= 1_048_576:
            raise PackageError("BAD_ADDRESS", f"row {number!a:.200}")
        if _true(attributes.get("hidden")):
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
                self._shared[index] = _SharedFormula(text, self._place)
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
            return _unescape(raw), ""
        text = raw.strip(" \t\r\n")
        if not text:
            return None, ""
        if kind == "n":
            return _number(text)
        if kind == "s":
            index = _integer(text)
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
        first, last = _integer(attributes.get("min")), _integer(attributes.get("max"))
        if _true(attributes.get("hidden")) and first and last:
            self._hidden_columns.append((first, last))

    def _protection(self, attributes: dict[str, str]) -> None:
        self._protected = _true(attributes.get("sheet")) or _true(attributes.get("content"))


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


# ---- Formulas and references ------------------------------------------------------------------------------

#: What must stay as it is (texts, quoted sheet titles, brackets), or a reference that may move.
_MOVABLE = re.compile(
    r""""[^"]*"|'[^']*'|\[[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*\]"""
    r"""|(?<![\w.\\?$])(?:(?P<column>\$?[A-Za-z]{1,3})(?P<row>\$?[0-9]{1,7})"""
    r"""|(?P<columns>\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3})|(?P<rows>\$?[0-9]{1,7}:\$?[0-9]{1,7}))(?![\w.\\?!(])"""
)


class _SharedFormula:
    """A formula several cells share, cut once into the pieces that stay and the references that move."""

    def __init__(self, text: str, place: tuple[int, int]) -> None:
        self._place = place
        self._pieces: list[str | tuple[str, str]] = []  # text, or column part and row part of a reference
        end = 0
        for match in _MOVABLE.finditer(text):
            parts = self._references(match)
            if parts:
                self._pieces += [text[end : match.start()], *parts]
                end = match.end()
        self._pieces.append(text[end:])

    @staticmethod
    def _references(match: re.Match[str]) -> list[str | tuple[str, str]]:
        if match["column"]:
            inside = column_number(match["column"].lstrip("$").upper()) <= 16_384
            return [(match["column"], match["row"])] if inside else []
        if match["columns"]:
            first, last = match["columns"].split(":")
            return [(first, ""), ":", (last, "")]
        if match["rows"]:
            first, last = match["rows"].split(":")
            return [("", first), ":", ("", last)]
        return []

    def at(self, place: tuple[int, int]) -> str:
        """The formula as it reads in another cell."""
        down, right = place[0] - self._place[0], place[1] - self._place[1]
        return "".join(
            piece if isinstance(piece, str) else _moved(*piece, down, right) for piece in self._pieces
        )


def _moved(column: str, row: str, down: int, right: int) -> str:
    if column and not column.startswith("$"):
        number = column_number(column.upper()) + right
        if not 1 <= number <= 16_384:
            return "#REF!"
        column = column_letters(number)
    if row and not row.startswith("$"):
        line = int(row) + down
        if not 1 <= line <= 1_048_576:
            return "#REF!"
        row = str(line)
    return column + row


_REFERENCE = re.compile(
    r"(?:'(?P<quoted>(?:[^'\[\]:*?/\\]|'')+)'|(?P<plain>[^\s'\"\[\]:*?/\\!,;()#$&+<>=^{}-]+))!"
    r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})(?::\$?([A-Za-z]{1,3})\$?([0-9]{1,7}))?"
)


def parse_reference(text: str) -> tuple[str, int, int, int, int] | None:
    """What a defined name points at, if that is one plain area.

    Args:
        text: such as ``'Form 1'!$G$14:$G$28``.

    Returns:
        sheet title, first row, first column, last row and last column; ``None`` for a constant, a formula,
        ``#REF!``, several areas or sheets, whole rows or columns, another workbook.
    """
    match = _REFERENCE.fullmatch(text.strip())
    if match is None:
        return None
    title = match["plain"] or match["quoted"].replace("''", "'")
    left, top = column_number(match[3].upper()), int(match[4])
    right, bottom = (column_number(match[5].upper()), int(match[6])) if match[5] else (left, top)
    if not (min(top, bottom) >= 1 and max(top, bottom) <= 1_048_576 and max(left, right) <= 16_384):
        return None
    return title, min(top, bottom), min(left, right), max(top, bottom), max(left, right)
