"""Where the fields of a returned workbook are: by its defined names and hidden sheet, by address only where told to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from workbook.compose import derived_place
from workbook.excel import plain
from workbook.layout import Block, Drawing, draw
from workbook.model import META_SHEET, Catalog, Form, Role, Template, defined_name
from workbook.package import Cell, Package, Sheet, parse_reference
from workbook.texts import say

#: How generated workbooks count the instances of a form.
_INDEX = re.compile("[1-9][0-9]{0,3}")
#: More rows than any table of a form has; a name that spans more was tampered with.
MOST_ROWS = 500


class RefusedError(Exception):
    """A file that cannot be checked, with the event that says why and what the sentence needs."""

    def __init__(self, event: str, detail: str = "") -> None:
        super().__init__(event, detail)
        self.event = event
        self.detail = detail


@dataclass(frozen=True, slots=True)
class LocatedTable:
    """A table's rows on a sheet, and the column each of its fields stands in."""

    rows: range
    columns: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class LocatedForm:
    """One form of a returned workbook: its sheet and where its fields and tables are, 1-based."""

    form: Form
    index: int
    sheet: Sheet
    fields: Mapping[str, tuple[int, int]]
    tables: Mapping[str, LocatedTable]


def meta(package: Package) -> dict[str, str]:
    """What the hidden sheet of a workbook of ours says; empty for any other workbook."""
    sheet = package.sheet(META_SHEET)
    if sheet is None:
        return {}
    found = {}
    for (row, column), cell in sheet.cells.items():
        if column == 1:
            value = sheet.cells.get((row, 2))
            found[str(cell.value)] = str(value.value) if value is not None else ""
    return found


def identify(package: Package, catalog: Catalog, wanted: str = "") -> Template:
    """The template a returned workbook was made from.

    Args:
        package: the workbook.
        catalog: the known templates.
        wanted: the template to assume for a workbook that does not say.

    Raises:
        RefusedError: it says none and none is wanted, or one that is not known in that version.
    """
    said = meta(package)
    name = said.get("template", "")
    if not name:
        if not wanted:
            raise RefusedError("file.not_ours")
        return catalog.templates[wanted]
    template = catalog.templates.get(name)
    if template is None:
        raise RefusedError("file.unknown_template", name)
    if said.get("version") != template.version:
        raise RefusedError(
            "file.other_version", say("read.version", id=name, version=said.get("version", ""))
        )
    return template


def locate(package: Package, template: Template) -> tuple[LocatedForm, ...]:
    """Every form of a template in a returned workbook, in the template's order.

    Raises:
        RefusedError: a form or a field is not to be found; nothing is guessed.
    """
    found: list[LocatedForm] = []
    titles = {
        key.removeprefix("form:"): title for key, title in meta(package).items() if key.startswith("form:")
    }
    groups = dict.fromkeys(form.repeat or form.id for form in template.forms.values())
    for group in groups:
        members = [form for form in template.forms.values() if (form.repeat or form.id) == group]
        for index in _indices(package, members[0], titles):
            found += [_locate_form(package, form, index, titles) for form in members]
    taken: set[str] = set()
    for each in found:
        if each.sheet.title in taken:
            raise RefusedError("file.structure", say("read.own_sheet", form=_called(each)))
        taken.add(each.sheet.title)
    return tuple(found)


def _called(located: LocatedForm) -> str:
    form = located.form
    return f"{form.label}{located.index}" if form.repeat else form.label


def _indices(package: Package, form: Form, titles: Mapping[str, str]) -> list[int]:
    """Which instances of a form a workbook holds."""
    if not form.repeat:
        return [1]
    prefix = defined_name(form.id) + "__"
    named = {key.removeprefix(prefix).split("__")[0] for key in package.names if key.startswith(prefix)}
    listed = {key.split("__")[1] for key in titles if key.startswith(f"{form.id}__")}
    indices = sorted(int(number) for number in named | listed if _INDEX.fullmatch(number))
    return indices or [1]


def _locate_form(package: Package, form: Form, index: int, titles: Mapping[str, str]) -> LocatedForm:
    key: list[str | int] = [form.id, index] if form.repeat else [form.id]
    named = any(name.startswith(defined_name(*key) + "__") for name in package.names)
    if not named:
        return _by_address(package, form, index, titles.get("__".join(map(str, key)), form.sheet))
    fields: dict[str, tuple[int, int]] = {}
    sheets: set[str] = set()
    for field in form.fields.values():
        if field.role is not Role.CONSTANT:
            sheet, row, column, _, _ = _named(package, form, field.label, *key, field.id)
            sheets.add(sheet)
            fields[field.id] = (row, column)
    tables = {}
    for table in form.tables.values():
        columns, spans = {}, set()
        for column_field in table.columns.values():
            if (
                column_field.role is Role.CONSTANT
                and defined_name(*key, table.id, column_field.id) not in package.names
            ):
                continue
            label = f"{table.label}·{column_field.label}"
            sheet, top, column, bottom, _ = _named(package, form, label, *key, table.id, column_field.id)
            sheets.add(sheet)
            spans.add((top + 1, bottom))
            columns[column_field.id] = column
        if len(spans) != 1:
            raise RefusedError("file.structure", say("read.place", form=form.label, field=table.label))
        rows = range(*spans.pop())
        if not 1 <= len(rows) <= MOST_ROWS:
            where = {"form": form.label, "field": table.label}
            raise RefusedError("file.structure", say("read.rows", **where, most=MOST_ROWS))
        tables[table.id] = LocatedTable(rows, columns)
    if len(sheets) != 1:
        raise RefusedError("file.structure", say("read.form", form=form.label))
    found = package.sheet(sheets.pop())
    if found is None:
        raise RefusedError("file.structure", say("read.form", form=form.label))
    return LocatedForm(form, index, found, fields, tables)


def _named(package: Package, form: Form, label: str, *parts: str | int) -> tuple[str, int, int, int, int]:
    reference = parse_reference(package.names.get(defined_name(*parts), ""))
    if reference is None:
        raise RefusedError("file.structure", say("read.place", form=form.label, field=label))
    return reference


def _by_address(package: Package, form: Form, index: int, title: str) -> LocatedForm:
    """A form whose names are lost, where the template draws it; every printed label must be in its place."""
    sheet = package.sheet(title)
    if sheet is None:
        raise RefusedError("file.structure", say("read.form", form=form.label))
    drawing = draw(form)
    for block in drawing.blocks:
        wanted = printed(block)
        cell = sheet.cells.get((block.top, block.left))
        if block.fillable is None and wanted and label_text(cell) != wanted:
            raise RefusedError("file.structure", say("read.label", form=form.label, label=wanted))
    tables = {name: _drawn_table(drawing, name) for name in form.tables}
    fields = {name: place for name, place in drawing.fields.items() if name in form.fields}
    for name, field in form.fields.items():
        if field.role is Role.DERIVED:
            place = derived_place(sheet.title, drawing, form, name)
            fields[name] = (place.row, place.column)
    return LocatedForm(form, index, sheet, fields, tables)


def _drawn_table(drawing: Drawing, name: str) -> LocatedTable:
    rows = drawing.tables[name]
    columns = {field: column for row in rows for field, (_, column) in row.columns.items()}
    return LocatedTable(range(rows[0].row, rows[-1].row + 1), columns)


def printed(block: Block) -> str:
    """What a printed cell says, as ``label_text`` reads it."""
    parts = [piece.text if piece.constant is None else piece.constant for piece in block.pieces]
    return squeezed("".join(plain(part) if isinstance(part, Decimal) else part for part in parts))


def label_text(cell: Cell | None) -> str:
    """What a cell says where a label is printed, blanks and line breaks left out."""
    if cell is None or cell.value is None:
        return ""
    return squeezed(plain(cell.value) if isinstance(cell.value, Decimal) else str(cell.value))


def squeezed(text: str) -> str:
    """A printed label without blanks and line breaks of any kind."""
    return "".join(text.split())
