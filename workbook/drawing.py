"""How one form of a composition is drawn on its sheet: cells, looks, heights, validation, colours, print set-up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from itertools import groupby
from typing import Any

from workbook.excel import ROW_HEIGHT_LIMIT, Value, column_letters, plain, quoted
from workbook.formula import value_formula
from workbook.judge import Case, Spot, View
from workbook.layout import Block
from workbook.live import (
    SELF_CHECK,
    counting_formula,
    counts,
    message_cells,
    status_expression,
    status_text,
)
from workbook.look import (
    ALIGNMENTS,
    AMBER,
    BLUE,
    BODY,
    BOXED,
    COMPUTED_FILL,
    GROWING,
    INPUT_FILL,
    LINE_HEIGHTS,
    LINE_STYLES,
    LINK,
    MESSAGE,
    NUMBER_FORMATS,
    RED,
    STATUS_BAR,
    text_height,
)
from workbook.model import Role
from workbook.plan import At, FormPlan
from workbook.texts import say
from workbook.validation import apart, validation

#: Gives the workbook's format for a set of properties; equal sets share one.
Formats = Callable[[Mapping[str, Any]], Any]
_ONE_PAGE_HEIGHT = 960.0
_MESSAGE_WIDTH = 420


class FormSheet:
    """A form being drawn on a worksheet."""

    def __init__(self, form: FormPlan, sheet: Any, formats: Formats) -> None:
        self.form, self.sheet, self.formats = form, sheet, formats
        self.judge, self.drawing = form.judge, form.drawing
        self.spots = {
            (self.judge.entry(spot).place.row, self.judge.entry(spot).place.column): spot
            for spot in form.spots
        }
        self.joined_right = {
            (row, block.right + 1)
            for block in self.drawing.blocks
            if block.joined
            for row in range(block.top, block.bottom + 1)
        }
        self.heights: dict[int, float] = {}

    def draw(self) -> None:
        """Write everything the form has."""
        self._columns()
        for block in self.drawing.blocks:
            self._block(block)
        self._heights()
        self._helpers()
        self._messages()
        self._bar()
        self._validations()
        self._colours()
        self._page()

    # ---------------------------------------------------------------- cells

    def _columns(self) -> None:
        widths = self.form.filled.form.widths
        for index, width in enumerate(widths):
            self.sheet.set_column_pixels(index, index, width)
        message = self.form.message_column
        self.sheet.set_column_pixels(message - 1, message - 1, _MESSAGE_WIDTH)
        self.sheet.set_column(message, self.form.last_column - 1, None, None, {"hidden": True})

    def _block(self, block: Block) -> None:
        spot = self.spots.get((block.top, block.left)) if block.fillable else None
        style = self._style(block, spot)
        fmt = self.formats(style)
        if (block.top, block.left) != (block.bottom, block.right):
            self.sheet.merge_range(block.top - 1, block.left - 1, block.bottom - 1, block.right - 1, "", fmt)
        if spot is None:
            self._printed(block, fmt)
            text = _text(block)
        else:
            self._field(spot, fmt)
            raw = self.judge.entry(spot).raw
            text = raw if isinstance(raw, str) else ""
        self._need(block, text, float(style["font_size"]))

    def _style(self, block: Block, spot: Spot | None) -> dict[str, Any]:
        style = {**BODY, **LINE_STYLES[block.look]}
        if block.look in BOXED:
            right, left = block.joined, (block.top, block.left) in self.joined_right
            if right or left:
                del style["border"]
                style |= {"top": 1, "bottom": 1, "left": 0 if left else 1, "right": 0 if right else 1}
        if block.flush:
            style["align"] = "left"
        if spot is not None:
            field = self.judge.field(spot)
            style |= ALIGNMENTS[field.kind]
            percent = "%" in self.judge.entry(spot).format  # a typed percentage is shown as one in any cell
            style["num_format"] = NUMBER_FORMATS["percent" if percent else field.kind]
            if self.judge.by_unit(spot):
                style |= {"locked": False, "bg_color": INPUT_FILL}
            elif not field.bureau:
                style["bg_color"] = COMPUTED_FILL
            if block.look in ("goal", "text"):
                style["valign"] = "top"
        return style

    def _printed(self, block: Block, fmt: Any) -> None:
        row, column = block.top - 1, block.left - 1
        constant = block.pieces[0].constant if len(block.pieces) == 1 else None
        text = _text(block)
        if isinstance(constant, Decimal):
            self.sheet.write_number(row, column, float(constant), fmt)
        elif text:
            self.sheet.write_string(row, column, text, fmt)
        else:
            self.sheet.write_blank(row, column, None, fmt)

    def _field(self, spot: Spot, fmt: Any) -> None:
        entry = self.judge.entry(spot)
        row, column = entry.place.row - 1, entry.place.column - 1
        rule = self.judge.rule_for(spot)
        if rule is not None and not self.judge.typed_over(spot):
            formula = value_formula(rule, At(self.form, Case(rule, spot.form, spot.row)))
            self.sheet.write_formula(row, column, formula, fmt, _cached(self.judge.value(spot, View.SHOWN)))
        elif isinstance(entry.raw, Decimal):
            self.sheet.write_number(row, column, float(entry.raw), fmt)
        elif entry.raw is not None:
            self.sheet.write_string(row, column, str(entry.raw), fmt)
        else:
            self.sheet.write_blank(row, column, None, fmt)

    # ---------------------------------------------------------------- heights

    def _need(self, block: Block, text: str, size: float) -> None:
        """Note the height a block's text needs; a block over several rows shares it between them."""
        if not text:
            return
        widths = self.form.filled.form.widths[block.left - 1 : block.right]
        rows = range(block.top, block.bottom + 1)
        share = text_height(text, sum(widths), size) / len(rows)
        for row in rows:
            self.heights[row] = max(self.heights.get(row, 0.0), share)

    def _heights(self) -> None:
        total = 0.0
        for row, look in self.drawing.looks.items():
            least = self.drawing.heights[row] or LINE_HEIGHTS[look]
            height = min(max(least, self.heights.get(row, 0.0)), ROW_HEIGHT_LIMIT)
            self.sheet.set_row(row - 1, height)
            total += height
        self.fits_one_page = total <= _ONE_PAGE_HEIGHT

    def growing_rows(self) -> frozenset[int]:
        """Rows whose height Excel may fit again."""
        return frozenset(row for row, look in self.drawing.looks.items() if look in GROWING)

    # ---------------------------------------------------------------- live parts

    def _helpers(self) -> None:
        plain_format = self.formats(BODY)
        for helper in self.form.helpers():
            self.sheet.write_formula(
                helper.row - 1, helper.column - 1, helper.formula, plain_format, helper.value
            )
        for spot in self.form.spots:
            if self.judge.field(spot).role is Role.DERIVED:
                self._field(spot, plain_format)

    def _messages(self) -> None:
        fmt = self.formats({**BODY, **MESSAGE})
        for row, (formula, value) in message_cells(self.form).items():
            self.sheet.write_formula(row - 1, self.form.message_column - 1, formula, fmt, value)

    def _bar(self) -> None:
        last = self.drawing.last_column
        self.sheet.set_row(0, 24)
        bar = self.formats({**BODY, **STATUS_BAR})
        link_width = 1 if last < 4 else 2
        self._merged(0, 0, last - 1 - link_width, bar)
        numbers = {what: counting_formula(self.form, what) for what in ("error", "missing", "warning")}
        words = status_expression(self.form.cell(self.form.touched), numbers)
        start, link = say("sheet.status"), say("sheet.status_link")
        formula = f'=HYPERLINK("#{quoted(SELF_CHECK)}!A1","{start}"&{words}&"{link}")'
        touched = self.judge.touched[self.form.index]
        value = start + status_text(counts(self.form), touched=touched) + link
        self.sheet.write_formula(0, 0, formula, bar, value)
        guide = self.formats({**BODY, **LINK, "border": 1, "border_color": "#BFBFBF"})
        self._merged(0, last - link_width, last - 1, guide)
        title = say("sheet.guide")
        target = f'=HYPERLINK("#{quoted(title)}!A1","{title}")'
        self.sheet.write_formula(0, last - link_width, target, guide, title)
        head = self.formats({**BODY, **MESSAGE, "font_color": "#595959"})
        self.sheet.write_string(0, self.form.message_column - 1, say("sheet.message_head"), head)

    def _merged(self, row: int, first: int, last: int, fmt: Any) -> None:
        if first < last:
            self.sheet.merge_range(row, first, row, last, "", fmt)

    def _validations(self) -> None:
        for first, last, spot in self._inputs():
            options = validation(self.form, spot)
            if options is not None:
                column = self.judge.entry(spot).place.column - 1
                self.sheet.data_validation(first - 1, column, last - 1, column, options)

    def _inputs(self) -> Iterable[tuple[int, int, Spot]]:
        """Input cells as ranges: a form's own one by one, a table's by column as far as their validation is the same."""
        columns: dict[tuple[str, str], list[Spot]] = {}
        for spot in self.form.spots:
            if self.judge.field(spot).role is Role.INPUT:
                key = (spot.table, spot.field)
                columns.setdefault(key, []).append(spot)
        for spots in columns.values():
            for _, run in groupby(spots, key=apart(self.form, spots[0])):
                alike = list(run)
                rows = [self.judge.entry(spot).place.row for spot in alike]
                yield rows[0], rows[-1], alike[0]

    def _colours(self) -> None:
        columns: dict[tuple[str, str], list[Spot]] = {}
        for spot in self.form.gravities:
            columns.setdefault((spot.table, spot.field if spot.table else f"{spot.field}@"), []).append(spot)
        for spots in columns.values():
            groups = [spots] if self.judge.field(spots[0]).role is not Role.CONSTANT else [[s] for s in spots]
            for group in groups:
                self._colour(group)
        first, last = self.form.gravity_columns
        area = f"${column_letters(first)}2:${column_letters(last)}2"
        column = self.form.message_column - 1
        for gravity, look in ((4, RED), (3, AMBER), (2, AMBER), (1, BLUE)):
            formula = f"=MAX({area})={gravity}"
            colour = self.formats({"font_color": look["font_color"]})
            self.sheet.conditional_format(
                1, column, self.drawing.last_row - 1, column, _by_formula(formula, colour)
            )
        self._bar_colours()

    def _bar_colours(self) -> None:
        touched = self.form.cell(self.form.touched)
        for what, look in (("error", RED), ("missing", AMBER), ("warning", AMBER)):
            formula = f"=AND({touched}=1,{counting_formula(self.form, what)}>0)"
            self.sheet.conditional_format(0, 0, 0, 0, _by_formula(formula, self.formats(look)))

    def _colour(self, spots: list[Spot]) -> None:
        place = self.judge.entry(spots[0]).place
        block = next((b for b in self.drawing.blocks if (b.top, b.left) == (place.row, place.column)), None)
        last = self.judge.entry(spots[-1]).place.row
        bottom, right = (max(last, block.bottom), block.right) if block else (last, place.column)
        row, column = self.form.gravities[spots[0]]
        fixed = "$" if len(spots) == 1 else ""
        for gravity, look in ((4, RED), (3, AMBER), (2, AMBER), (1, BLUE)):
            formula = f"=${column_letters(column)}{fixed}{row}={gravity}"
            options = _by_formula(formula, self.formats(look))
            self.sheet.conditional_format(place.row - 1, place.column - 1, bottom - 1, right - 1, options)

    # ---------------------------------------------------------------- page

    def _page(self) -> None:
        form, drawing = self.form.filled.form, self.drawing
        if form.landscape:
            self.sheet.set_landscape()
        self.sheet.set_paper(9)
        self.sheet.set_margins(left=18 / 25.4, right=13 / 25.4, top=15 / 25.4, bottom=15 / 25.4)
        self.sheet.center_horizontally()
        self.sheet.fit_to_pages(1, 1 if self.fits_one_page else 0)
        self.sheet.print_black_and_white()
        self.sheet.print_area(1, 0, drawing.last_row - 1, drawing.last_column - 1)
        heads = [row for row, look in drawing.looks.items() if look == "head"]
        rows = [row for row, look in drawing.looks.items() if look == "row"]
        before = [row for row in heads if rows and row < rows[0]]
        if before:
            self.sheet.repeat_rows(before[-1] - 1)
        template = self.judge.submission.template
        edition = {"place": template.place, "year": template.year, "version": template.version}
        self.sheet.set_footer(say("sheet.footer", template=say("sheet.edition", **edition)))
        self.sheet.freeze_panes(1, 0)
        self.sheet.hide_gridlines(2)
        self.sheet.protect(
            "", {"select_locked_cells": True, "select_unlocked_cells": True, "format_rows": True}
        )
        texts = [spot for spot in self.form.spots if self.judge.field(spot).kind in ("text", "quantity")]
        cells = " ".join(self.judge.entry(spot).place.cell for spot in texts)
        if cells:
            self.sheet.ignore_errors({"number_stored_as_text": cells})


def _by_formula(formula: str, fmt: Any) -> dict[str, Any]:
    return {"type": "formula", "criteria": formula, "format": fmt, "stop_if_true": True}


def _text(block: Block) -> str:
    parts = []
    for piece in block.pieces:
        value = piece.text if piece.constant is None else piece.constant
        parts.append(plain(value) if isinstance(value, Decimal) else value)
    return "".join(parts)


def _cached(value: Value) -> float | str | bool:
    """A formula's present result as it is stored in the file."""
    if isinstance(value, Decimal):
        return float(value)
    return "" if value is None else str(value)
