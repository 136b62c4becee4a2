"""A returned workbook as a submission: every field's value as stored, nothing believed that a formula had cached."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from workbook.excel import NUM, ExcelError, round_half_up
from workbook.layout import Drawing, draw
from workbook.locate import LocatedForm, identify, label_text, locate, printed
from workbook.model import EVERY_SHEET, META_SHEET, Catalog, Place, Role
from workbook.package import Package, Sheet, read_package
from workbook.submission import Entry, FilledForm, Row, Submission
from workbook.texts import say

#: What a cell counts as whose value is damaged in the file.
NA = ExcelError("#N/A")


def read(path: Path, catalog: Catalog, *, name: str = "", template: str = "") -> Submission:
    """Read a returned workbook.

    Args:
        path: the file.
        catalog: the known templates.
        name: what the file is called in findings; default its own name.
        template: the template of a workbook that does not say which it was made from.

    Raises:
        PackageError: the file cannot be read as a workbook.
        RefusedError: it is no workbook of ours, or its structure was changed.
    """
    package = read_package(path)
    found = identify(package, catalog, template)
    located = locate(package, found)
    forms = tuple(_filled(each, package) for each in located)
    return Submission(found, name or path.name, forms, _extra_sheets(package, located))


def _extra_sheets(package: Package, located: Sequence[LocatedForm]) -> tuple[str, ...]:
    """Visible sheets with anything on them that are no sheet of ours, such as a copy of a form."""
    ours = {each.sheet.title for each in located}
    ours |= {META_SHEET, EVERY_SHEET, say("sheet.selfcheck"), say("sheet.guide")}
    strangers = (sheet for sheet in package.sheets if sheet.title not in ours)
    return tuple(sheet.title for sheet in strangers if sheet.state == "visible" and sheet.cells)


def _filled(located: LocatedForm, package: Package) -> FilledForm:
    form, sheet = located.form, located.sheet
    drawing = draw(form)
    cells = _Cells(sheet, package.date1904)
    fields: dict[str, Entry] = {}
    for field in form.fields.values():
        if field.role is Role.CONSTANT:
            row, column = drawing.fields[field.id]
            if field.id not in located.fields:
                row = _shifted(located, drawing, row)
            fields[field.id] = Entry(Place(sheet.title, row, column), field.constant)
        elif field.id in located.fields:
            entry = cells.entry(*located.fields[field.id])
            place = drawing.fields.get(field.id, (0, 0))
            fields[field.id] = replace(entry, choices=drawing.choices.get(place, ()))
    tables = {name: _rows(located, drawing, cells, name) for name in located.tables}
    return FilledForm(form, located.index, sheet.title, fields, tables)


def _shifted(located: LocatedForm, drawing: Drawing, row: int) -> int:
    """The present row of a printed cell: moved as far as the nearest named cell of its own line or a later one."""
    moves = {
        drawing.fields[name][0]: place[0] - drawing.fields[name][0]
        for name, place in located.fields.items()
        if name in drawing.fields
    }
    nearest = min(moves, key=lambda known: (abs(known - row), known), default=None)
    return row if nearest is None else row + moves[nearest]


@dataclass(frozen=True, slots=True)
class _Cells:
    """The cells of a sheet as entries."""

    sheet: Sheet
    date1904: bool

    def entry(self, row: int, column: int) -> Entry:
        """What stands in a cell; a damaged value or a date is never a number, nor blank."""
        cell = self.sheet.cells.get((row, column))
        place = Place(self.sheet.title, row, column)
        if cell is None:
            return Entry(place, None)
        value = cell.value
        if cell.formula is None and cell.problem:
            value = NA
        elif cell.formula is None and isinstance(value, Decimal) and is_date_format(cell.format):
            value = date_text(value, date1904=self.date1904)
        return Entry(place, value, cell.formula, cell.format)


#: What in a number format stands for itself, sets colour or language, or is a blank of some width.
_LITERAL = re.compile(r'"[^"]*"?|\\.|[_*].|\[(?!(?:h+|m+|s+)\])[^\]]*\]', re.IGNORECASE | re.DOTALL)
_DATE_LETTER = re.compile("[ymdhs]|a{3,4}", re.IGNORECASE)


def is_date_format(code: str) -> bool:
    """Whether a number format shows a number as a date or a time."""
    return _DATE_LETTER.search(_LITERAL.sub("", code.replace("General", ""))) is not None


def date_text(serial: Decimal, *, date1904: bool = False) -> str | ExcelError:
    """The date, the time of day or both that a number shows with such a format; an error when there is none."""
    if not 0 <= serial < _DAYS[date1904]:
        return NUM
    seconds = int(round_half_up(serial * 86_400, 0))
    days, second = divmod(min(seconds, _DAYS[date1904] * 86_400 - 1), 86_400)
    clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    if not days and second:
        return clock
    return f"{_day(days, date1904)} {clock}" if second else _day(days, date1904)


def _day(days: int, date1904: bool) -> str:
    """A day by its number, with the two days of 1900 that only Excel knows."""
    if date1904:
        return (date(1904, 1, 1) + timedelta(days)).isoformat()
    return _EXCEL_DAYS.get(days) or (date(1899, 12, 31) + timedelta(days - (days > 60))).isoformat()


#: How many days there are up to the end of 9999, counted from 1900 and from 1904.
_DAYS = (2_958_466, 2_957_004)
_EXCEL_DAYS = {0: "1900-01-00", 60: "1900-02-29"}


def _rows(located: LocatedForm, drawing: Drawing, cells: _Cells, name: str) -> tuple[Row, ...]:
    table = located.tables[name]
    columns = located.form.tables[name].columns
    known = _printed_labels(drawing, name)
    carried: dict[int, Mapping[str, Decimal | str]] = {}
    rows: list[Row] = []
    for number in table.rows:
        constants: dict[str, Decimal | str] = {}
        for column in sorted({c for f, c in table.columns.items() if columns[f].role is Role.CONSTANT}):
            label = label_text(located.sheet.cells.get((number, column)))
            if label in known:
                carried[column] = known[label]
            constants.update(carried.get(column, {}))
        entries: dict[str, Entry] = {}
        for field in columns.values():
            if field.role is Role.CONSTANT:
                place = Place(located.sheet.title, number, table.columns.get(field.id, 1))
                entries[field.id] = Entry(place, constants.get(field.id))
            else:
                entries[field.id] = cells.entry(number, table.columns[field.id])
        choices = _choices(drawing, name, constants)
        rows.append(
            {key: replace(entry, choices=choices.get(key, ())) for key, entry in entries.items()}
            if choices
            else entries
        )
    return tuple(rows)


def _choices(
    drawing: Drawing, name: str, constants: Mapping[str, Decimal | str]
) -> dict[str, tuple[Decimal | str, ...]]:
    """What may stand in each column of the row that prints the same: rows may have moved, their labels tell them."""
    drawn = next((row for row in drawing.tables[name] if row.constants == constants), None)
    places = {} if drawn is None else drawn.columns
    return {key: drawing.choices[place] for key, place in places.items() if place in drawing.choices}


def _printed_labels(drawing: Drawing, table: str) -> dict[str, dict[str, Decimal | str]]:
    """What each printed label of a table's rows says of the row: ``产出指标（50分）`` is its level 1 and points."""
    labels: dict[str, dict[str, Decimal | str]] = {}
    for block in drawing.blocks:
        constants = {
            piece.field: piece.constant.replace("\n", "")
            if isinstance(piece.constant, str)
            else piece.constant
            for piece in block.pieces
            if piece.table == table and piece.constant is not None
        }
        if constants:
            labels[printed(block)] = constants
    return labels
