"""A template drawn as a workbook: its forms, the 自检 and 填表说明 sheets, the hidden sheets, the defined names."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from workbook.compose import Composition
from workbook.drawing import FormSheet
from workbook.excel import column_letters, quoted
from workbook.guide import write_guide
from workbook.judge import View
from workbook.live import SELF_CHECK
from workbook.look import BODY_FONT
from workbook.model import EVERY_SHEET, META_SHEET, Role, defined_name
from workbook.plan import FormPlan, Plan, every_helpers
from workbook.selfcheck import write_selfcheck
from workbook.texts import say

#: Creation time written into every workbook, so that equal inputs give equal bytes.
_CREATED = datetime(2020, 1, 1)


def generate(composition: Composition, path: Path) -> None:
    """Write a composition as a fill-in workbook.

    Args:
        composition: the template with whatever is filled in.
        path: where; an existing file is never overwritten.

    Raises:
        FileExistsError: the path exists.
        OSError: it cannot be written.
    """
    content = workbook_bytes(composition)
    with path.open("xb") as stream:
        try:
            stream.write(content)
        except OSError:
            os.unlink(path)
            raise


def workbook_bytes(composition: Composition) -> bytes:
    """A composition as the bytes of an .xlsx file."""
    import xlsxwriter  # heavy: only when a workbook is written

    buffer = BytesIO()
    book = xlsxwriter.Workbook(
        buffer,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "default_format_properties": {"font_name": BODY_FONT, "font_size": 11, "font_scheme": False},
            "default_row_height": 18,
            "default_column_width": 72,
        },
    )
    book.set_properties({"title": composition.submission.template.title, "created": _CREATED})
    growing = _write(composition, book)
    book.close()
    return _with_growing_rows(buffer, growing)


def _write(composition: Composition, book: Any) -> Mapping[int, frozenset[int]]:
    """Write every sheet; the rows that may grow, by the number of their sheet."""
    plan = Plan(composition)
    formats = _formats(book)
    growing: dict[int, frozenset[int]] = {}
    for number, form in enumerate(plan.forms, start=1):
        drawn = FormSheet(form, book.add_worksheet(form.title), formats)
        drawn.draw()
        growing[number] = drawn.growing_rows()
        _define_names(book, form)
    write_selfcheck(plan, book.add_worksheet(SELF_CHECK), formats)
    write_guide(plan, book.add_worksheet(say("sheet.guide")), formats)
    _every_sheet(plan, book.add_worksheet(EVERY_SHEET))
    _meta_sheet(plan, book.add_worksheet(META_SHEET))
    book.get_worksheet_by_name(plan.forms[0].title).activate()
    return growing


def _formats(book: Any) -> Callable[[Mapping[str, Any]], Any]:
    known: dict[tuple[tuple[str, Any], ...], Any] = {}

    def formats(properties: Mapping[str, Any]) -> Any:
        key = tuple(sorted(properties.items()))
        if key not in known:
            known[key] = book.add_format(dict(properties))
        return known[key]

    return formats


def _define_names(book: Any, form: FormPlan) -> None:
    """Names for every field and table column; a table's span from the row above its first to the one below its last."""
    key: list[str | int] = [form.filled.form.id]
    if form.filled.form.repeat:
        key.append(form.filled.index)
    for spot in form.spots:
        if not spot.table:
            book.define_name(defined_name(*key, spot.field), f"={form.spot_cell(spot, sheet=True)}")
    for table, rows in form.drawing.tables.items():
        first, last = rows[0].row - 1, rows[-1].row + 1
        for column, field in form.filled.form.tables[table].columns.items():
            if field.role is not Role.CONSTANT or column in rows[0].columns:
                letters = column_letters(rows[0].columns[column][1])
                area = f"{quoted(form.title)}!${letters}${first}:${letters}${last}"
                book.define_name(defined_name(*key, table, column), f"={area}")


def _every_sheet(plan: Plan, sheet: Any) -> None:
    sheet.write_string(0, 0, "form")
    for (form, field), column in plan.every.items():
        sheet.write_string(0, column - 1, f"{form}.{field}")
    for (row, column), (formula, spot, is_state) in every_helpers(plan).items():
        state = plan.judge.state(spot)
        value = plan.judge.value(spot, View.SHOWN) if state == 1 else None
        shown: object = int(state) if is_state else _stored(value)
        sheet.write_formula(row - 1, column - 1, formula, None, shown)
    sheet.very_hidden()


def _stored(value: object) -> object:
    if value is None or isinstance(value, str):
        return value or ""
    return float(str(value))


def _meta_sheet(plan: Plan, sheet: Any) -> None:
    template = plan.judge.submission.template
    rows = [
        ("template", template.id),
        ("version", template.version),
        ("year", str(template.year)),
        ("sealed", "no"),
        *((f"form:{form.filled.key}", form.title) for form in plan.forms),
    ]
    for row, (key, value) in enumerate(rows):
        sheet.write_string(row, 0, key)
        sheet.write_string(row, 1, value)
    sheet.very_hidden()


_ROW = re.compile(rb'<row r="(\d+)"([^>]*?) customHeight="1"')


def _with_growing_rows(buffer: BytesIO, growing: Mapping[int, frozenset[int]]) -> bytes:
    """The file with the heights of some rows as estimates only: xlsxwriter would fix them for ever."""
    result = BytesIO()
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            data = old.read(info)
            match = re.fullmatch(r"xl/worksheets/sheet(\d+)\.xml", info.filename)
            rows = growing.get(int(match[1]), frozenset()) if match else frozenset()
            if rows:
                data = _ROW.sub(partial(_row_head, rows), data)
            new.writestr(info, data, zipfile.ZIP_DEFLATED)
    return result.getvalue()


def _row_head(rows: frozenset[int], found: re.Match[bytes]) -> bytes:
    return b'<row r="' + found[1] + b'"' + found[2] if int(found[1]) in rows else found[0]
