"""A returned workbook as a submission: every field's value as stored, nothing believed that a formula had cached."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from workbook.layout import Drawing, draw
from workbook.locate import LocatedForm, LocatedTable, identify, label_text, locate, printed
from workbook.model import Catalog, Entry, FilledForm, Place, Role, Row, Submission
from workbook.package import Sheet, read_package


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
    forms = tuple(_filled(located) for located in locate(package, found))
    return Submission(found, name or path.name, forms)


def _filled(located: LocatedForm) -> FilledForm:
    form, sheet = located.form, located.sheet
    drawing = draw(form)
    fields: dict[str, Entry] = {}
    for field in form.fields.values():
        if field.role is Role.CONSTANT:
            row, column = drawing.fields[field.id]
            if field.id not in located.fields:
                row = _shifted(located, drawing, row)
            fields[field.id] = Entry(Place(sheet.title, row, column), field.constant)
        elif field.id in located.fields:
            fields[field.id] = _entry(sheet, *located.fields[field.id])
    tables = {name: _rows(located, drawing, name, table) for name, table in located.tables.items()}
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


def _entry(sheet: Sheet, row: int, column: int) -> Entry:
    cell = sheet.cells.get((row, column))
    place = Place(sheet.title, row, column)
    return Entry(place, None) if cell is None else Entry(place, cell.value, cell.formula, cell.format)


def _rows(located: LocatedForm, drawing: Drawing, name: str, table: LocatedTable) -> tuple[Row, ...]:
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
                entries[field.id] = _entry(located.sheet, number, table.columns[field.id])
        rows.append(entries)
    return tuple(rows)


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
