"""How a form is drawn in text: the pipe table of a template as lines of cells, and where each cell then stands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from workbook.excel import ROW_HEIGHT_LIMIT, VALIDATION_LIST_LIMIT
from workbook.model import DrawnCell, Form, Line, Piece
from workbook.texts import say

#: The looks a line may name before its first pipe; the first is taken when it names none.
LINE_LOOKS = (
    "body",
    "annex",
    "title",
    "center",
    "line",
    "head",
    "row",
    "goal",
    "text",
    "heading",
    "total",
    "note",
    "sign",
)
#: The first sheet row of every form is its status bar; drawn lines begin below it.
FIRST_ROW = 2

_FIELD = re.compile(r"\{([^{}]*)\}")
_REFERENCE = re.compile(
    r"(?:(?P<table>[a-z][a-z0-9_]*)?(?P<dot>\.))?(?P<field>[a-z][a-z0-9_]*)"
    r"(?:=(?P<constant>.*)|:(?P<choices>.*))?",
    re.DOTALL,
)
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


class LayoutError(ValueError):
    """A drawn layout that cannot be understood: which line of the layout, and what to do about it."""

    def __init__(self, line: int, text: str, **values: object) -> None:
        super().__init__(say("layout.line", line=line, what=say(f"layout.{text}", **values)))


@dataclass(frozen=True, slots=True)
class Block:
    """A placed cell, possibly merged: 1-based rows and columns, both ends included."""

    top: int
    left: int
    bottom: int
    right: int
    look: str
    pieces: tuple[Piece, ...]
    joined: bool
    flush: bool
    line: int

    @property
    def fillable(self) -> Piece | None:
        """The field to fill here, or ``None`` for a printed cell."""
        return next((piece for piece in self.pieces if piece.fillable), None)


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table as drawn: its sheet row, printed constants, and the column of each place to fill."""

    row: int
    line: int
    constants: Mapping[str, Decimal | str]
    columns: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A form with the number of its rows known: every block, every field's place, every table's rows.

    ``choices`` are the values a cell may hold, by its place, where it may not hold any.
    """

    blocks: tuple[Block, ...]
    heights: Mapping[int, float]
    looks: Mapping[int, str]
    fields: Mapping[str, tuple[int, int]]
    constants: Mapping[str, Decimal | str]
    tables: Mapping[str, tuple[TableRow, ...]]
    choices: Mapping[tuple[int, int], tuple[Decimal | str, ...]]
    last_row: int
    last_column: int


def parse_layout(text: str, constants: Mapping[str, Decimal | str], columns: int) -> tuple[Line, ...]:
    """The lines of a drawn layout.

    Args:
        text: the pipe table; see ``templates/README.md`` for the notation.
        constants: the template's constants, printed where the layout names one.
        columns: how many cells every line must have.

    Raises:
        LayoutError: with the line and the remedy.
    """
    lines = []
    for number, source in enumerate(text.splitlines(), start=1):
        if source.strip():
            lines.append(_parse_line(number, source, constants, columns))
    if not lines:
        raise LayoutError(1, "empty")
    return tuple(lines)


def _parse_line(number: int, source: str, constants: Mapping[str, Decimal | str], columns: int) -> Line:
    if "|" not in source or not source.rstrip().endswith("|"):
        raise LayoutError(number, "no_pipe")
    marks, *texts = source.rstrip()[:-1].split("|")
    if len(texts) != columns:
        raise LayoutError(number, "cells", found=len(texts), wanted=columns)
    look, copies, height = LINE_LOOKS[0], 1, 0.0
    for mark in marks.split():
        if mark.startswith("*") and mark[1:].isdecimal() and int(mark[1:]) > 0:
            copies = int(mark[1:])
        elif mark.startswith("h=") and _is_height(mark[2:]):
            height = float(mark[2:])
        elif mark in LINE_LOOKS:
            look = mark
        else:
            raise LayoutError(number, "mark", mark=mark, looks="、".join(LINE_LOOKS))
    cells: list[DrawnCell] = []
    table = ""
    for cell_text in texts:
        cell, table = _parse_cell(number, cell_text.strip(" \t"), constants, table)
        cells.append(cell)
    return Line(number, look, copies, height, tuple(cells))


def _is_height(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text)) and 0 < float(text) <= ROW_HEIGHT_LIMIT


def _parse_cell(
    number: int, text: str, constants: Mapping[str, Decimal | str], table: str
) -> tuple[DrawnCell, str]:
    simple = {"": "blank", "<": "left", "^": "above", "^ <": "above", "·": "none"}
    plain_text = re.sub(r"\^ *<", "^ <", text)
    if plain_text in simple:
        return DrawnCell(simple[plain_text]), table
    joined, left = text.endswith("+"), text.startswith("~")
    pieces, position, body = [], 0, text.removesuffix("+").removeprefix("~").replace("\\n", "\n")
    for match in _FIELD.finditer(body):
        if match.start() > position:
            pieces.append(Piece(text=body[position : match.start()]))
        piece, table = _parse_field(number, match[1], constants, table)
        pieces.append(piece)
        position = match.end()
    if position < len(body):
        pieces.append(Piece(text=body[position:]))
    if any("{" in piece.text or "}" in piece.text for piece in pieces):
        raise LayoutError(number, "braces", cell=text)
    if len(pieces) > 1 and any(piece.fillable for piece in pieces):
        raise LayoutError(number, "mixed", cell=text)
    return DrawnCell("content", tuple(pieces), joined, left), table


def _parse_field(
    number: int, text: str, constants: Mapping[str, Decimal | str], table: str
) -> tuple[Piece, str]:
    match = _REFERENCE.fullmatch(text)
    if match is None:
        raise LayoutError(number, "reference", cell=text)
    if match["dot"]:
        table = match["table"] or table
        if not table:
            raise LayoutError(number, "table", cell=text)
    constant: Decimal | str | None = None
    choices: tuple[Decimal | str, ...] = ()
    if match["constant"] is not None:
        constant = _value(match["constant"])
    elif match["choices"] is not None:
        choices = _parse_choices(number, text, match["choices"])
    elif not match["dot"] and match["field"] in constants:
        constant = constants[match["field"]]
    return Piece("", table if match["dot"] else "", match["field"], constant, choices), table


def _value(text: str) -> Decimal | str:
    return Decimal(text) if _NUMBER.fullmatch(text) else text


def _parse_choices(number: int, cell: str, text: str) -> tuple[Decimal | str, ...]:
    """The choices of a cell: some different ones, which Excel's list can hold."""
    choices = tuple(_value(each) for each in text.split(","))
    plain_texts = all(each == each.strip() and each and '"' not in each for each in text.split(","))
    if not plain_texts or len(set(choices)) < max(len(choices), 2) or len(text) > VALIDATION_LIST_LIMIT:
        raise LayoutError(number, "choices", cell=cell, limit=VALIDATION_LIST_LIMIT)
    return choices


@dataclass(slots=True)
class _Grid:
    """The cells of all lines after repetition, each pointing to the block it belongs to."""

    owners: list[list[int]]
    starts: list[tuple[int, int, Line, DrawnCell]]


def _copies(form: Form, counts: Mapping[int, int]) -> list[tuple[Line, int]]:
    return [(line, copy) for line in form.lines for copy in range(counts.get(line.number, line.copies))]


def _grid(rows: list[tuple[Line, int]]) -> _Grid:
    grid = _Grid([], [])
    for index, (line, copy) in enumerate(rows):
        owners: list[int] = []
        for column, cell in enumerate(line.cells):
            owners.append(_owner(grid, owners, (index, column), line, cell, copy))
        grid.owners.append(owners)
    return grid


def _owner(
    grid: _Grid, owners: list[int], at: tuple[int, int], line: Line, cell: DrawnCell, copy: int
) -> int:
    index, column = at
    above = grid.owners[index - 1][column] if index else -1
    if cell.kind == "above":
        if above < 0:
            raise LayoutError(line.number, "nothing_above", column=column + 1)
        return above
    if cell.kind == "left":
        if not column or owners[-1] < 0:
            raise LayoutError(line.number, "nothing_left", column=column + 1)
        return owners[-1]
    if cell.kind == "none":
        return -1
    printed = cell.kind == "content" and not any(piece.fillable for piece in cell.pieces)
    if copy and printed and not _is_dash(cell):
        return above
    grid.starts.append((index, column, line, cell))
    return len(grid.starts) - 1


def _is_dash(cell: DrawnCell) -> bool:
    """A printed ``—`` stands in every row of its own; other labels merge over the copies of a line."""
    return len(cell.pieces) == 1 and cell.pieces[0].text in ("—", "-", "/")


def draw(form: Form, counts: Mapping[int, int] | None = None) -> Drawing:
    """Place a form's cells.

    Args:
        form: the form as declared.
        counts: how often each repeated line is drawn, by its number in the layout; default as declared.

    Raises:
        LayoutError: merged cells that do not make a rectangle; rows of a table that are not alike.
    """
    rows = _copies(form, counts or {})
    grid = _grid(rows)
    blocks = _blocks(grid, rows)
    heights = {FIRST_ROW + i: line.height for i, (line, _) in enumerate(rows)}
    looks = {FIRST_ROW + i: line.look for i, (line, _) in enumerate(rows)}
    fields, constants = _form_fields(blocks)
    tables = _table_rows(blocks, rows)
    last = FIRST_ROW + len(rows) - 1
    choices = {(b.top, b.left): b.fillable.choices for b in blocks if b.fillable and b.fillable.choices}
    return Drawing(blocks, heights, looks, fields, constants, tables, choices, last, len(form.widths))


def _blocks(grid: _Grid, rows: list[tuple[Line, int]]) -> tuple[Block, ...]:
    extents = [[index, column, index, column, 0] for index, column, _, _ in grid.starts]
    for index, owners in enumerate(grid.owners):
        for column, owner in enumerate(owners):
            if owner >= 0:
                extent = extents[owner]
                extent[2], extent[3] = max(extent[2], index), max(extent[3], column)
                extent[4] += 1
    blocks = []
    for (top, left, bottom, right, size), (_, _, line, cell) in zip(extents, grid.starts, strict=True):
        if size != (bottom - top + 1) * (right - left + 1):
            raise LayoutError(line.number, "no_rectangle")
        rectangle = (top + FIRST_ROW, left + 1, bottom + FIRST_ROW, right + 1)
        blocks.append(Block(*rectangle, line.look, cell.pieces, cell.joined, cell.left, line.number))
    return tuple(blocks)


def _form_fields(
    blocks: tuple[Block, ...],
) -> tuple[dict[str, tuple[int, int]], dict[str, Decimal | str]]:
    fields: dict[str, tuple[int, int]] = {}
    constants: dict[str, Decimal | str] = {}
    for block in blocks:
        for piece in block.pieces:
            if not piece.field or piece.table:
                continue
            if piece.field in fields:
                raise LayoutError(block.line, "twice", field=piece.field)
            fields[piece.field] = (block.top, block.left)
            if piece.constant is not None:
                constants[piece.field] = _printed(piece.constant)
    return fields, constants


def _printed(constant: Decimal | str) -> Decimal | str:
    """A printed constant as rules see it: without the line breaks of the drawing."""
    return constant.replace("\n", "") if isinstance(constant, str) else constant


def _table_rows(blocks: tuple[Block, ...], rows: list[tuple[Line, int]]) -> dict[str, tuple[TableRow, ...]]:
    tables: dict[str, list[TableRow]] = {}
    columns: dict[tuple[int, str], dict[str, tuple[int, int]]] = {}
    constants: dict[tuple[int, str], dict[str, Decimal | str]] = {}
    for block in blocks:
        for piece in block.pieces:
            if not piece.table:
                continue
            for row in range(block.top, block.bottom + 1):
                if piece.constant is not None:
                    constants.setdefault((row, piece.table), {})[piece.field] = _printed(piece.constant)
            places = columns.setdefault((block.top, piece.table), {})
            if piece.fillable and piece.field in places:
                raise LayoutError(block.line, "twice", field=f"{piece.table}.{piece.field}")
            places.setdefault(piece.field, (block.top, block.left))
    for row, table in sorted(key for key in {*columns, *constants}):
        places = columns.get((row, table), {})
        line = rows[row - FIRST_ROW][0].number
        tables.setdefault(table, []).append(TableRow(row, line, constants.get((row, table), {}), places))
    for table, found in tables.items():
        _check_rows(table, found, rows)
    return {table: tuple(found) for table, found in tables.items()}


def _check_rows(table: str, found: list[TableRow], rows: list[tuple[Line, int]]) -> None:
    """The rows of a table stand together, and each has every column of it, where the others have it."""
    for row, following in pairwise(found):
        if following.row != row.row + 1:
            raise LayoutError(rows[row.row + 1 - FIRST_ROW][0].number, "apart", table=table)
    filled: dict[str, int] = {}
    for row in found:
        for name, (_, column) in row.columns.items():
            if name not in row.constants and filled.setdefault(name, column) != column:
                raise LayoutError(row.line, "shifted", field=f"{table}.{name}")
    known = dict.fromkeys(name for row in found for name in (*row.constants, *row.columns))
    for row in found:
        for name in known:
            if name not in row.columns and name not in row.constants:
                raise LayoutError(row.line, "column", field=f"{table}.{name}")
