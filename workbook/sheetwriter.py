"""How our own reports are written: text that stays text, checked writes, rows as high as their text."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from workbook.excel import ROW_HEIGHT_LIMIT, column_letters, quoted
from workbook.look import BLUE, BODY, BODY_FONT, HEADER_FILL, INPUT_FILL, NUMBER_FORMATS, RED
from workbook.output import ReportError, safe
from workbook.texts import say

#: Excel ignores what a sheet holds beyond these.
LINK_LIMIT = 65_530
TABLE_ROW_LIMIT = 1_048_000

#: From this many rows on, rows go to disk as they are written; below it the workbook stays in memory.
ROWS_IN_MEMORY = 20_000

HEADER_ROW = 2
FIRST_ROW = HEADER_ROW + 1

_BOX: Mapping[str, object] = {"border": 1, "quote_prefix": True}
_MIDDLE: Mapping[str, object] = {**_BOX, "align": "center"}
_COUNT: Mapping[str, object] = {"border": 1, "align": "center"}
_PALE = "#F2F2F2"
_LINKED: Mapping[str, object] = {"font_color": "#0563C1", "underline": 1}
_MUTED: Mapping[str, object] = {"font_color": "#6B6B6B"}
_FIGURE: Mapping[str, object] = {**_COUNT, "font_size": 22, "bold": True}

#: Named looks of a report's cells, as they differ from the body of a form.
LOOKS: Mapping[str, Mapping[str, object]] = {
    "text": _BOX,
    "center": _MIDDLE,
    "money": {"border": 1, "align": "right", "text_wrap": False, "num_format": NUMBER_FORMATS["money"]},
    "rate": {**_COUNT, "num_format": NUMBER_FORMATS["percent"]},
    "score": {**_COUNT, "num_format": "0.00"},
    "difference": {**_COUNT, "text_wrap": False, "shrink": True, "num_format": NUMBER_FORMATS["money"]},
    "count": _COUNT,
    "input": {**_BOX, "bg_color": INPUT_FILL},
    "choice": {**_MIDDLE, "bg_color": INPUT_FILL},
    "score_input": {**_COUNT, "num_format": "0.00", "bg_color": INPUT_FILL},
    "header": {**_COUNT, "bold": True, "bg_color": HEADER_FILL},
    "total": {**_COUNT, "bold": True, "bg_color": _PALE},
    "title": {"align": "center", "font_size": 16, "bold": True},
    "subtitle": {"align": "left", "text_wrap": False},
    "note": {"align": "left", **_MUTED},
    "sentence": {**_COUNT, "font_size": 12, "bg_color": INPUT_FILL},
    "tile": {**_COUNT, "font_size": 11, "bg_color": _PALE},
    "figure": {**_FIGURE, "font_color": BLUE["font_color"]},
    "alarm": {**_FIGURE, "font_color": RED["font_color"]},
    "door": {**_COUNT, "font_size": 11},
    "back": {"align": "right", "text_wrap": False},
}

_WORD = re.compile("[!-~]+ ?|.")


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula of ours with the value it has now."""

    text: str
    value: int | Decimal | str


@dataclass(frozen=True, slots=True)
class Link:
    """A text or number that leads to a ``target`` of ours: ``internal:…`` or ``external:…``.

    Only for what fits on one line: LibreOffice never wraps a link.
    """

    target: str
    text: str | int


#: What a cell of a report may hold; every ``str`` is written as text, whatever it looks like.
Cell = str | int | Decimal | Formula | Link | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its heading, its width in digits, and the look of its cells."""

    title: str
    width: float
    look: str = "text"


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table; a muted one is printed grey, a total one bold; ``looks`` replace those of columns."""

    cells: tuple[Cell, ...]
    muted: bool = False
    total: bool = False
    looks: Mapping[int, str] = field(default_factory=dict)


def columns_of(sheet: str, widths: Sequence[float], looks: str) -> tuple[Column, ...]:
    """The columns of a report's sheet: its headings are in the texts, its looks separated by blanks."""
    titles = say(f"report.{sheet}.columns").split("|")
    return tuple(Column(*each) for each in zip(titles, widths, looks.split(), strict=True))


@lru_cache(maxsize=4096)
def line_count(text: str, width: float) -> int:
    """How many lines a text takes in a column of so many digits; a Chinese character is two digits wide."""
    room = max(2, int(width) - 1)  # a comma may not start a line, so its neighbour may have to follow it down
    count = 0
    for paragraph in text.split("\n"):
        count, used = count + 1, 0
        for word in _WORD.findall(paragraph):
            size = sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in word)
            if used and used + size > room:
                count, used = count + 1, 0
            count, used = count + (used + size - 1) // room, (used + size - 1) % room + 1
    return count


def row_height(lines: int, points: float = 10) -> float:
    """The height of a row that holds so many lines of text."""
    return min(ROW_HEIGHT_LIMIT, max(20.0, lines * points * 1.27 + 7))


class Book:
    """A workbook of ours under construction.

    Args:
        path: where it is written when it is closed.
        now: the time of the check; also the time of creation, so that equal contents give equal bytes.
        year: the year of all forms in it, if they are of one.
        rows: how many rows its longest table will have.
    """

    def __init__(self, path: Path, *, now: datetime, year: int | None, rows: int) -> None:
        import xlsxwriter  # 40 ms: only a command that writes a report pays for it

        font = {"font_name": BODY_FONT, "font_size": 10, "font_scheme": False}
        large = rows > ROWS_IN_MEMORY
        options = {
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "in_memory": not large,
            "constant_memory": large,
            "use_zip64": large,
            "default_format_properties": font,
            "default_row_height": 18,
        }
        self.time = say("report.time", time=now)
        self._year = year
        self._path = path
        self._book: Any = xlsxwriter.Workbook(str(path), options)
        self._failure = xlsxwriter.exceptions.XlsxWriterException
        self._formats: dict[tuple[str, bool, bool], Any] = {}
        created = now.astimezone(UTC).replace(tzinfo=None) if now.tzinfo else now
        self._book.set_properties({"title": self.heading(say("report.sheet.overview")), "created": created})
        self._book.set_size(1600, 1000)

    def heading(self, sheet: str) -> str:
        """What stands above a sheet, with the year where all forms are of one."""
        if self._year is None:
            return say("report.title", sheet=sheet)
        return say("report.title_year", year=self._year, sheet=sheet)

    def look(self, name: str, *, linked: bool = False, muted: bool = False) -> Any:
        """The cell format of a named look, made once."""
        key = (name, linked, muted)
        if key not in self._formats:
            extra = {**(_MUTED if muted else {}), **(_LINKED if linked else {})}
            self._formats[key] = self._book.add_format({**BODY, **LOOKS[name], **extra})
        return self._formats[key]

    def tint(self, colours: Mapping[str, str]) -> Any:
        """A format for conditions: nothing but colours and weight."""
        return self._book.add_format({**colours, "bold": True})

    def sheet(self, title: str) -> Sheet:
        """A new sheet, set up to print on A4 landscape, one page wide."""
        return Sheet(self, self._book.add_worksheet(title))

    def chart(self, kind: str) -> Any:
        """A new chart: ``column`` or ``bar``."""
        return self._book.add_chart({"type": kind})

    def close(self) -> None:
        """Write the file, and read it once to see that it is whole.

        Raises:
            ReportError: the file could not be written.
        """
        try:
            self._book.close()
        except self._failure as error:
            raise ReportError(say("report.failed", detail=error)) from error
        with zipfile.ZipFile(self._path) as written:
            if broken := written.testzip():
                raise ReportError(say("report.failed", detail=broken))

    def abandon(self) -> None:
        """Let go of the files that hold rows already written, without writing the workbook."""
        for sheet in self._book.worksheets():
            if sheet.constant_memory:
                sheet._opt_close()
                Path(sheet.row_data_filename).unlink(missing_ok=True)


class Sheet:
    """A sheet under construction. Rows must be written in order; every write is checked."""

    def __init__(self, book: Book, sheet: Any) -> None:
        self.book = book
        self.raw = sheet
        self.title = str(sheet.get_name())
        self._links = 0
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.center_horizontally()
        sheet.set_footer(say("report.footer"))
        sheet.hide_gridlines(2)

    def put(self, row: int, column: int, cell: Cell, look: str = "text", *, muted: bool = False) -> None:
        """Write one cell.

        Raises:
            ReportError: the cell was not written.
        """
        sheet = self.raw
        form = self.book.look(look, muted=muted)
        match cell:
            case None:
                code = sheet.write_blank(row, column, None, form)
            case str():
                code = sheet.write_string(row, column, safe(cell), form)
            case Formula():
                value = float(cell.value) if isinstance(cell.value, Decimal) else cell.value
                code = sheet.write_formula(row, column, cell.text, form, value)
            case Link():
                code = self._link(row, column, cell, look)
            case _:
                code = sheet.write_number(row, column, float(cell), form)
        if code:
            raise ReportError(say("report.failed", detail=f"{self.title} {row + 1}:{column + 1} ({code})"))

    def _link(self, row: int, column: int, link: Link, look: str) -> int:
        """A link while the sheet may hold more of them, afterwards its text."""
        self._links += 1
        linked = self._links <= LINK_LIMIT
        form = self.book.look(look, linked=linked)
        text = safe(str(link.text))
        code = self.raw.write_url(row, column, link.target, form, text) if linked else 0
        if code or (linked and isinstance(link.text, str)):
            return int(code)
        write = self.raw.write_string if isinstance(link.text, str) else self.raw.write_number
        return int(write(row, column, text if isinstance(link.text, str) else link.text, form))

    def across(self, row: int, first: int, last: int, cell: Cell, look: str) -> None:
        """Write one cell that spans columns."""
        if last > first and self.raw.merge_range(row, first, row, last, "", self.book.look(look)):
            raise ReportError(say("report.failed", detail=f"{self.title} {row + 1}"))
        self.put(row, first, cell, look)

    def height(self, row: int, points: float) -> None:
        """Fix a row's height; LibreOffice and phones do not fit rows to text by themselves."""
        self.raw.set_row(row, points)

    def head(self, columns: Sequence[Column], second: str) -> None:
        """A table's heading, its second line with the way back, and its column titles, frozen and on every page."""
        last = len(columns) - 1
        for index, column in enumerate(columns):
            self.raw.set_column(index, index, column.width)
        self.across(0, 0, last, self.book.heading(self.title), "title")
        self.height(0, 32)
        self.across(1, 0, last - 1, f"{self.book.time}\u3000\u3000{second}", "subtitle")
        self.put(
            1, last, Link(f"internal:{quoted(say('report.sheet.overview'))}!A1", say("report.back")), "back"
        )
        self.height(1, 20)
        for index, column in enumerate(columns):
            self.put(HEADER_ROW, index, column.title, "header")
        self.height(HEADER_ROW, row_height(max(line_count(c.title, c.width + 1) for c in columns)))
        self.raw.freeze_panes(FIRST_ROW, 0)
        self.raw.repeat_rows(HEADER_ROW)

    def body(self, columns: Sequence[Column], rows: Iterator[TableRow]) -> int:
        """Write a table's rows below its headings; how many there were."""
        count = 0
        for count, row in enumerate(rows, start=1):
            self.row(HEADER_ROW + count, columns, row)
        return count

    def finish(self, columns: Sequence[Column], rows: int, extra: int = 0) -> None:
        """Filter and print area of a table of so many rows, with ``extra`` unfiltered ones below."""
        last = len(columns) - 1
        bottom = HEADER_ROW + rows
        self.raw.autofilter(HEADER_ROW, 0, bottom, last)
        self.raw.print_area(0, 0, bottom + extra, last)
        self.raw.ignore_errors({"number_stored_as_text": f"A1:Z{bottom + 1}"})

    def row(self, row: int, columns: Sequence[Column], content: TableRow) -> None:
        """Write one row, as high as its longest text needs."""
        lines = 1
        for index, (column, cell) in enumerate(zip(columns, content.cells, strict=True)):
            look = "total" if content.total else content.looks.get(index, column.look)
            self.put(row, index, cell, look, muted=content.muted)
            text = cell.text if isinstance(cell, Link) else cell
            if isinstance(text, str):
                lines = max(lines, line_count(text, column.width))
        self.height(row, row_height(lines))

    def tint_words(
        self, column: int, rows: int, words: Mapping[str, Mapping[str, str]], unless: str = "FALSE"
    ) -> None:
        """Colour a column's cells by their word, so that a word changed by hand changes its colour.

        Args:
            column: the column, from 0.
            rows: how many rows the table has.
            words: the colours of each word.
            unless: a condition on the table's first row under which a row stays without colour.
        """
        cell = f"${column_letters(column + 1)}{FIRST_ROW + 1}"
        for word, colours in words.items():
            test = f'=AND({cell}="{word}",NOT({unless}))'
            condition = {"type": "formula", "criteria": test, "format": self.book.tint(colours)}
            self.raw.conditional_format(FIRST_ROW, column, HEADER_ROW + rows, column, condition)

    def tint_negative(self, column: int, rows: int) -> None:
        """Colour a column's negative numbers red."""
        condition = {"type": "cell", "criteria": "<", "value": 0, "format": self.book.tint(RED)}
        self.raw.conditional_format(FIRST_ROW, column, HEADER_ROW + rows, column, condition)

    def offer(self, column: int, rows: int, choices: Sequence[str], refusal: tuple[str, str]) -> None:
        """Offer a column's cells a list of words; ``refusal`` is the title and text shown for any other."""
        title, text = refusal
        rule = {"validate": "list", "source": list(choices), "error_title": title, "error_message": text}
        self.raw.data_validation(FIRST_ROW, column, HEADER_ROW + rows, column, rule)
