"""The 填表说明 sheet: how to fill, what the colours mean, and what will be checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbook.look import (
    BODY,
    COMPUTED_FILL,
    HEAD_FONT,
    HEADER_FILL,
    INPUT_FILL,
    LINK,
    RED,
    TITLE_FONT,
    text_height,
)
from workbook.model import BoundRule
from workbook.plan import Plan
from workbook.texts import say

_WIDTHS = (60, 240, 110, 310)
_LAST = len(_WIDTHS) - 1
#: Beside what its text needs: programs break lines differently, and what is cut off cannot be read.
_SPARE = 8


def write_guide(plan: Plan, sheet: Any, formats: Callable[[Mapping[str, Any]], Any]) -> None:
    """Write the sheet.

    Args:
        plan: the workbook's forms and rules.
        sheet: the worksheet to write on.
        formats: gives the format for a set of properties.
    """
    for column, width in enumerate(_WIDTHS):
        sheet.set_column_pixels(column, column, width)
    template = plan.judge.submission.template
    title = formats({**BODY, "font_name": TITLE_FONT, "font_size": 18, "align": "center"})
    sheet.merge_range(0, 0, 0, _LAST, say("guide.title", year=template.year, title=template.title), title)
    sheet.set_row(0, 40)
    row = _paragraphs(sheet, formats, 1, say("guide.fill_head"), say("guide.fill").split("\n"))
    row = _colours(sheet, formats, row)
    row = _rules(plan, sheet, formats, row)
    back = formats({**BODY, **LINK})
    target = f"#'{plan.forms[0].title}'!A1"
    sheet.write_formula(row, 1, f'=HYPERLINK("{target}","{say("sheet.back")}")', back, say("sheet.back"))
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.hide_gridlines(2)
    sheet.protect("", {"select_locked_cells": True, "select_unlocked_cells": True, "format_rows": True})


def _head(sheet: Any, formats: Callable[[Mapping[str, Any]], Any], row: int, text: str) -> None:
    head = formats({**BODY, "font_name": HEAD_FONT, "font_size": 12, "align": "left"})
    sheet.merge_range(row, 0, row, _LAST, text, head)
    sheet.set_row(row, 28)


def _paragraphs(
    sheet: Any, formats: Callable[[Mapping[str, Any]], Any], row: int, head: str, texts: list[str]
) -> int:
    _head(sheet, formats, row, head)
    body = formats({**BODY, "align": "left"})
    for text in texts:
        row += 1
        sheet.merge_range(row, 0, row, _LAST, text, body)
        sheet.set_row(row, text_height(text, sum(_WIDTHS), 10))
    return row + 1


def _colours(sheet: Any, formats: Callable[[Mapping[str, Any]], Any], row: int) -> int:
    _head(sheet, formats, row, say("guide.colours_head"))
    colours = ({"bg_color": INPUT_FILL}, {"bg_color": COMPUTED_FILL}, {"bg_color": "#FFFFFF"}, RED)
    left = formats({**BODY, "align": "left"})
    for look, text in zip(colours, say("guide.colours").split("\n"), strict=True):
        row += 1
        sheet.write_blank(row, 0, None, formats({**BODY, "border": 1, **look}))
        sheet.merge_range(row, 1, row, _LAST, text, left)
        sheet.set_row(row, 20)
    return row + 1


def _rules(plan: Plan, sheet: Any, formats: Callable[[Mapping[str, Any]], Any], row: int) -> int:
    row = _paragraphs(sheet, formats, row, say("guide.rules_head"), [say("guide.rules_note")])
    head = formats({**BODY, "bold": True, "align": "center", "border": 1, "bg_color": HEADER_FILL})
    for column, text in enumerate(say("guide.rules_columns").split("|")):
        sheet.write_string(row, column, text, head)
    centred = formats({**BODY, "align": "center", "border": 1})
    left = formats({**BODY, "align": "left", "border": 1})
    rules: dict[str, list[BoundRule]] = {}
    for bound in plan.judge.rules:
        rules.setdefault(bound.rule.code, []).append(bound)
    for bounds in rules.values():
        row += 1
        rule = bounds[0].rule
        texts = (say(f"severity.{rule.severity}"), rule.title, _where_checked(bounds), rule.basis)
        for column, text in enumerate(texts):
            sheet.write_string(row, column, text, left if column in (1, _LAST) else centred)
        height = max(text_height(text, width, 10) for text, width in zip(texts, _WIDTHS, strict=True))
        sheet.set_row(row, height + _SPARE)
    return row + 2


def _where_checked(bounds: Sequence[BoundRule]) -> str:
    """Whether the sheet itself checks a rule, on all the forms it is for."""
    live = {not bound.live for bound in bounds}
    return say("guide.partly" if len(live) > 1 else "guide.live" if live == {True} else "guide.checked")
