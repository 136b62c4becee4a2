"""Data as a submission: which forms there are, where their cells stand, and values as the keyboard would enter them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from workbook.excel import CELL_TEXT_LIMIT, LARGEST_EXPONENT, Value, to_decimal
from workbook.layout import Drawing, TableRow, draw
from workbook.model import Field, Form, Place, Role, Table, Template
from workbook.submission import Entry, FilledForm, Row, Submission
from workbook.texts import os_reason, say

_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?|[-+]?\.[0-9]+")
_PERCENT = re.compile(r"([-+]?[0-9]+(?:\.[0-9]+)?)%")
#: Characters no workbook can hold, or no keyboard can type.
_UNTYPED = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class DataError(ValueError):
    """Data that does not fit the template; the text says where, what, and what to do."""


@dataclass(frozen=True, slots=True)
class Composition:
    """A submission together with the drawing of each of its forms, in the same order."""

    submission: Submission
    drawings: tuple[Drawing, ...]


def read_data(path: Path) -> dict[str, Any]:
    """The JSON object of a ``--data`` file, numbers exact.

    Raises:
        DataError: the file cannot be read, is no JSON object, or says something twice.
    """

    def constant(found: str) -> None:
        raise DataError(say("data.constant", file=path, found=found))

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = Counter(key for key, _ in pairs)
        if len(keys) < len(pairs):
            raise DataError(say("data.twice", file=path, key=keys.most_common(1)[0][0]))
        return dict(pairs)

    try:
        data = json.loads(
            path.read_text(encoding="utf-8-sig"),
            parse_float=_number,
            parse_int=_number,
            parse_constant=constant,
            object_pairs_hook=unique,
        )
    except OSError as error:
        raise DataError(say("data.unreadable", file=path, detail=os_reason(error))) from None
    except UnicodeDecodeError:
        raise DataError(say("data.encoding", file=path)) from None
    except json.JSONDecodeError as error:
        raise DataError(say("data.json", file=path, line=error.lineno, column=error.colno)) from None
    except RecursionError:
        raise DataError(say("data.deep", file=path)) from None
    if not isinstance(data, dict):
        raise DataError(say("data.object", place=path.name))
    return data


def _number(text: str) -> int | Decimal:
    """A JSON number; what no decimal can be is infinite, so that its cell is named where it goes."""
    if text.lstrip("-").isdecimal() and len(text) <= LARGEST_EXPONENT:
        return int(text)
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("Infinity")


def compose(template: Template, data: Mapping[str, Any] | None = None, *, copies: int = 1) -> Composition:
    """A template filled with data, ready to be drawn or judged.

    Args:
        template: the set of forms.
        data: values by form id; a repeating form has a list. Strings are taken as typed into the cell.
        copies: how many of each repeating form when the data says nothing of it.

    Raises:
        DataError: an unknown form, field or row, or a value of a wrong type.
    """
    data = data or {}
    for form in data:
        if form not in template.forms:
            raise DataError(say("data.unknown", place=form, known="、".join(template.forms)))
    forms: list[FilledForm] = []
    drawings: list[Drawing] = []
    for group in _groups(template):
        count = _count(template, data, group, copies)
        for index in range(1, count + 1):
            for member in template.forms.values():
                if (member.repeat or member.id) == group:
                    values = _values(member, data, index)
                    counts = _row_counts(member, values)
                    _check_single_lines(member, counts)
                    drawing = draw(member, counts)
                    forms.append(_filled(member, index, _title(member, index, count), drawing, values))
                    drawings.append(drawing)
    return Composition(Submission(template, "", tuple(forms)), tuple(drawings))


def _groups(template: Template) -> list[str]:
    """Single forms and repeating groups in the order of the template."""
    return list(dict.fromkeys(form.repeat or form.id for form in template.forms.values()))


def _count(template: Template, data: Mapping[str, Any], group: str, copies: int) -> int:
    members = [form for form in template.forms.values() if form.repeat == group]
    if not members:
        return 1
    lists = [data[form.id] for form in members if form.id in data]
    for form in members:
        if form.id in data and not isinstance(data[form.id], list):
            raise DataError(say("data.list", place=form.id))
    return max((len(found) for found in lists), default=copies) or copies


def _title(form: Form, index: int, count: int) -> str:
    return f"{form.sheet}{index}" if form.repeat and count > 1 else form.sheet


def _values(form: Form, data: Mapping[str, Any], index: int) -> Mapping[str, Any]:
    found = data.get(form.id, {})
    place = form.id
    if form.repeat:
        place = f"{form.id}[{index}]"
        found = found[index - 1] if isinstance(found, list) and index <= len(found) else {}
    if not isinstance(found, Mapping):
        raise DataError(say("data.object", place=place))
    for key, value in found.items():
        if key in form.tables:
            _check_rows(form, key, value, f"{place}.{key}")
        elif key not in form.fields:
            raise DataError(say("data.unknown", place=f"{place}.{key}", known=_known(form)))
        elif form.fields[key].role is Role.CONSTANT:
            raise DataError(say("data.printed", place=f"{place}.{key}"))
    return found


def _known(form: Form) -> str:
    fillable = [name for name, field in form.fields.items() if field.role is not Role.CONSTANT]
    return "、".join([*fillable, *form.tables])


def _check_rows(form: Form, table: str, rows: object, place: str) -> None:
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise DataError(say("data.rows", place=place))
    columns = form.tables[table].columns
    for number, row in enumerate(rows, start=1):
        for key in row:
            if key not in columns:
                known = "、".join(columns)
                raise DataError(say("data.unknown", place=f"{place}[{number}].{key}", known=known))


def _row_counts(form: Form, values: Mapping[str, Any]) -> dict[int, int]:
    """How often each repeated line must be drawn to hold the given rows."""
    counts: dict[int, int] = {}
    for table in form.tables:
        rows = draw(form).tables[table]
        given = values.get(table, [])
        wanted: dict[int, int] = {}
        for row in given:
            line = _line_of(form, table, rows, row)
            wanted[line] = wanted.get(line, 0) + 1
        free = wanted.pop(0, 0)
        for line, number in wanted.items():
            drawn = sum(1 for row in rows if row.line == line)
            counts[line] = max(number, drawn, counts.get(line, 0))
        spare = (
            len(rows)
            + sum(counts.get(line, 0) for line in wanted)
            - sum(wanted.values())
            - sum(1 for row in rows if row.line in wanted)
        )
        if free > spare:
            last = rows[-1].line
            drawn = counts.get(last, sum(1 for row in rows if row.line == last))
            counts[last] = drawn + free - spare
    return counts


def _check_single_lines(form: Form, counts: Mapping[int, int]) -> None:
    """A line that also holds a field of the form itself cannot be drawn again for more rows."""
    for line in form.lines:
        pieces = [piece for cell in line.cells for piece in cell.pieces]
        tables = "、".join(dict.fromkeys(piece.table for piece in pieces if piece.table))
        single = any(piece.fillable and not piece.table for piece in pieces)
        if single and counts.get(line.number, 0) > line.copies:
            row = "".join(
                str(piece.constant) for piece in pieces if piece.table and piece.constant is not None
            )
            wanted = {"row": row, "copies": line.copies, "given": counts[line.number]}
            raise DataError(say("data.full", place=f"{form.id}.{tables}", **wanted))


def _line_of(form: Form, table: str, rows: Sequence[TableRow], row: Mapping[str, Any]) -> int:
    """The layout line a given row belongs to by its printed columns; 0 when it names none."""
    keys = [
        key for key in row if form.tables[table].columns[key].role is Role.CONSTANT and row[key] is not None
    ]
    if not keys:
        return 0
    for drawn in rows:
        if all(str(drawn.constants.get(key)) == str(row[key]) for key in keys):
            return drawn.line
    named = "、".join(str(row[key]) for key in keys)
    known = "、".join(dict.fromkeys(str(drawn.constants.get(keys[-1])) for drawn in rows))
    raise DataError(say("data.no_row", place=f"{form.id}.{table}", row=named, known=known))


def _filled(form: Form, index: int, title: str, drawing: Drawing, values: Mapping[str, Any]) -> FilledForm:
    where = f"{form.id}[{index}]" if form.repeat else form.id
    fields: dict[str, Entry] = {}
    for name, (row, column) in drawing.fields.items():
        if name in form.fields:
            field = form.fields[name]
            given = field.constant if field.role is Role.CONSTANT else values.get(name)
            entry = _entry(Place(title, row, column), field, given, f"{where}.{name}")
            fields[name] = _chosen_from(drawing, entry)
    for name, field in form.fields.items():
        if field.role is Role.DERIVED:
            place = derived_place(title, drawing, form, name)
            fields[name] = _entry(place, field, values.get(name), f"{where}.{name}")
    tables = {
        table: _rows(form, table, title, drawing, values.get(table, []), f"{where}.{table}")
        for table in form.tables
    }
    return FilledForm(form, index, title, fields, tables)


def derived_place(title: str, drawing: Drawing, form: Form, name: str) -> Place:
    """Where a computed but unprinted field stands: in the status bar's row, right of the form and its messages."""
    derived = [field.id for field in form.fields.values() if field.role is Role.DERIVED]
    return Place(title, 1, drawing.last_column + 3 + derived.index(name))


def _rows(
    form: Form,
    table: str,
    title: str,
    drawing: Drawing,
    given: Sequence[Mapping[str, Any]],
    where: str,
) -> tuple[Row, ...]:
    drawn = drawing.tables[table]
    lines = [_line_of(form, table, drawn, row) for row in given]
    taken: dict[int, int] = {}
    for number in sorted(range(len(given)), key=lambda number: not lines[number]):  # rows of a line first
        line = lines[number]
        free = (i for i, each in enumerate(drawn) if i not in taken and (not line or each.line == line))
        taken[next(free)] = number
    rows = []
    for i, each in enumerate(drawn):
        values = given[taken[i]] if i in taken else {}
        row = _row(form.tables[table], title, each, values, f"{where}[{taken.get(i, i) + 1}]")
        rows.append({name: _chosen_from(drawing, entry) for name, entry in row.items()})
    return tuple(rows)


def _chosen_from(drawing: Drawing, entry: Entry) -> Entry:
    """An entry with the choices that its cell has."""
    choices = drawing.choices.get((entry.place.row, entry.place.column))
    return replace(entry, choices=choices) if choices else entry


def _row(table: Table, title: str, drawn: TableRow, values: Mapping[str, Any], where: str) -> Row:
    entries: dict[str, Entry] = {}
    for name, field in table.columns.items():
        row, column = drawn.columns.get(name, (drawn.row, 1))
        constant = drawn.constants.get(name)
        given = values.get(name) if constant is None else constant
        entries[name] = _entry(Place(title, row, column), field, given, f"{where}.{name}")
    return entries


def _entry(place: Place, field: Field, given: Any, where: str) -> Entry:
    raw: Value = None
    if isinstance(given, str):
        given = given.replace("\r\n", "\n").replace("\r", "\n")
        found = _UNTYPED.search(given)
        if found or len(given.encode("utf-16-le", "replace")) > 2 * CELL_TEXT_LIMIT:
            wrong = f"U+{ord(found[0]):04X}" if found else str(len(given))
            raise DataError(say("data.character" if found else "data.long", place=where, found=wrong))
        raw = keyed(given, field)
    elif isinstance(given, int | Decimal) and not isinstance(given, bool):
        raw = _storable(given)
        if raw is None:
            raise DataError(say("data.number", place=where))
    elif given is not None:
        raise DataError(say("data.type", place=where, found=type(given).__name__))
    percent = isinstance(raw, Decimal) and (field.kind == "percent" or str(given).strip().endswith("%"))
    return Entry(place, raw, format="0.00%" if percent else "")


def _storable(number: int | Decimal | str) -> Decimal | None:
    """A number as a cell keeps it; ``None`` when it is greater or smaller than any cell can hold."""
    try:
        kept = to_decimal(str(number))
    except ValueError:
        return None
    return kept if not kept or -307 <= kept.adjusted() <= 307 else None


def keyed(text: str, field: Field) -> Value:
    """What a cell holds after a text was typed into it: numbers and percentages in number cells, else the text.

    Cells of names, targets and actual values have the Text format: whatever is typed stays text.
    """
    if field.kind in ("text", "quantity"):
        return text or None
    bare = text.strip()
    if _NUMBER.fullmatch(bare):
        number = _storable(bare)
        return text if number is None else number
    percent = _PERCENT.fullmatch(bare)
    ratio = _storable(percent[1]) if percent else None
    return (text or None) if ratio is None else ratio / 100
