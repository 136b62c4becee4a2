"""Named looks of cells: fonts, colours, borders; the official form in black on white, inputs tinted on the screen."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

INPUT_FILL = "#FFF9E3"
COMPUTED_FILL = "#EDEDED"
HEADER_FILL = "#DDEBF7"
RED = {"bg_color": "#FFC7CE", "font_color": "#C00000"}
AMBER = {"bg_color": "#FFE699", "font_color": "#9C6500"}
BLUE = {"bg_color": "#DDEBF7", "font_color": "#1F4E79"}
GREEN = {"bg_color": "#C6EFCE", "font_color": "#006100"}

#: In every format: a real font, not the theme's, so that it stays the same in Excel, WPS and LibreOffice.
_FONT = {"font_charset": 134, "font_family": 3, "font_scheme": False}
BODY_FONT, TITLE_FONT, HEAD_FONT = "宋体", "方正小标宋简体", "黑体"

BODY: Mapping[str, Any] = MappingProxyType(
    {**_FONT, "font_name": BODY_FONT, "font_size": 10, "valign": "vcenter", "text_wrap": True}
)
_BOX = {"border": 1, "align": "center"}
_LEFT = {"align": "left"}

#: How each look of a drawn line differs from the body.
LINE_STYLES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "body": _BOX,
        "head": _BOX,
        "row": _BOX,
        "goal": _BOX,
        "text": {"border": 1, **_LEFT, "font_size": 11},
        "total": {**_BOX, "bold": True},
        "annex": {**_LEFT, "font_name": HEAD_FONT, "font_size": 12},
        "title": {"align": "center", "font_name": TITLE_FONT, "font_size": 18},
        "center": {"align": "center", "font_size": 10.5},
        "line": {"align": "right"},
        "sign": {**_LEFT, "font_size": 10.5},
        "heading": {**_LEFT, "font_name": HEAD_FONT, "font_size": 11},
        "note": {**_LEFT, "font_size": 9},
    }
)
#: Height in points of a line of each look when its texts need no more.
LINE_HEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "body": 23,
        "head": 29,
        "row": 28,
        "goal": 104,
        "text": 66,
        "total": 24,
        "annex": 20,
        "title": 36,
        "center": 20,
        "line": 27,
        "sign": 26,
        "heading": 24,
        "note": 14,
    }
)
#: Looks whose cells have lines around them.
BOXED = frozenset({"body", "head", "row", "goal", "total", "text"})
#: Looks whose rows grow with what is typed: Excel and WPS fit them again after each entry.
GROWING = frozenset({"row"})

#: Number formats by kind of field. Text cells keep 1/2 and 2023.12 as typed.
NUMBER_FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "money": "#,##0.00####",
        "percent": "0.00%",
        "number": "General",
        "text": "@",
        "quantity": "@",
        "long": "General",
    }
)
#: Alignment of what is filled in, by kind of field.
ALIGNMENTS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "money": {"align": "center", "shrink": True, "text_wrap": False},
        "percent": {"align": "center"},
        "number": {"align": "center"},
        "quantity": {"align": "center"},
        "text": {"align": "left"},
        "long": {"align": "left"},
    }
)

STATUS_BAR = {"bold": True, "border": 1, "border_color": "#BFBFBF", "align": "left", "text_wrap": False}
LINK = {"align": "center", "font_color": "#0563C1", "underline": 1, "text_wrap": False}
MESSAGE = {"align": "left", "font_size": 9, "text_wrap": False}


def text_lines(text: str, width: float, size: float) -> int:
    """How many lines a text takes in a cell.

    Args:
        text: what is written.
        width: the cell's width in pixels.
        size: the font's size in points.
    """
    em = size * 4 / 3
    room = max(width / em - 1.4, 1.0)  # the padding of the cell, and a comma may not begin a line
    lines = 0
    for paragraph in text.split("\n"):
        used, count = 0.0, 1
        for character in paragraph:
            wide = 1.0 if ord(character) > 0x2E7F or character in "“”‘’…—①②③" else 0.52
            if used + wide > room:
                count, used = count + 1, 0.0
            used += wide
        lines += count
    return lines


def text_height(text: str, width: float, size: float) -> float:
    """The height in points that a text needs in a cell (see ``text_lines``)."""
    return text_lines(text, width, size) * size * 1.3 + 5
