"""How formulas and names refer to cells, and how a reference moves with the formula it stands in."""

from __future__ import annotations

import re

from workbook.excel import column_letters, column_number

__all__ = ["SharedFormula", "parse_reference"]

#: What must stay as it is (texts, quoted sheet titles, brackets), or a reference that may move.
_MOVABLE = re.compile(
    r""""[^"]*"|'[^']*'|\[[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*\]"""
    r"""|(?<![\w.\\?$])(?:(?P<column>\$?[A-Za-z]{1,3})(?P<row>\$?[0-9]{1,7})"""
    r"""|(?P<columns>\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3})|(?P<rows>\$?[0-9]{1,7}:\$?[0-9]{1,7}))(?![\w.\\?!(])"""
)


class SharedFormula:
    """A formula several cells share, cut once into the pieces that stay and the references that move."""

    def __init__(self, text: str, place: tuple[int, int]) -> None:
        self._place = place
        self._pieces: list[str | tuple[str, str]] = []  # text, or column part and row part of a reference
        end = 0
        for match in _MOVABLE.finditer(text):
            parts = self._references(match)
            if parts:
                self._pieces += [text[end : match.start()], *parts]
                end = match.end()
        self._pieces.append(text[end:])

    @staticmethod
    def _references(match: re.Match[str]) -> list[str | tuple[str, str]]:
        if match["column"]:
            inside = column_number(match["column"].lstrip("$").upper()) <= 16_384
            return [(match["column"], match["row"])] if inside else []
        if match["columns"]:
            first, last = match["columns"].split(":")
            return [(first, ""), ":", (last, "")]
        if match["rows"]:
            first, last = match["rows"].split(":")
            return [("", first), ":", ("", last)]
        return []

    def at(self, place: tuple[int, int]) -> str:
        """The formula as it reads in another cell."""
        down, right = place[0] - self._place[0], place[1] - self._place[1]
        return "".join(
            piece if isinstance(piece, str) else _moved(*piece, down, right) for piece in self._pieces
        )


def _moved(column: str, row: str, down: int, right: int) -> str:
    if column and not column.startswith("$"):
        number = column_number(column.upper()) + right
        if not 1 <= number <= 16_384:
            return "#REF!"
        column = column_letters(number)
    if row and not row.startswith("$"):
        line = int(row) + down
        if not 1 <= line <= 1_048_576:
            return "#REF!"
        row = str(line)
    return column + row


_REFERENCE = re.compile(
    r"(?:'(?P<quoted>(?:[^'\[\]:*?/\\]|'')+)'|(?P<plain>[^\s'\"\[\]:*?/\\!,;()#$&+<>=^{}-]+))!"
    r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})(?::\$?([A-Za-z]{1,3})\$?([0-9]{1,7}))?"
)


def parse_reference(text: str) -> tuple[str, int, int, int, int] | None:
    """What a defined name points at, if that is one plain area.

    Args:
        text: such as ``'Form 1'!$G$14:$G$28``.

    Returns:
        sheet title, first row, first column, last row and last column; ``None`` for a constant, a formula,
        ``#REF!``, several areas or sheets, whole rows or columns, another workbook.
    """
    match = _REFERENCE.fullmatch(text.strip())
    if match is None:
        return None
    title = match["plain"] or match["quoted"].replace("''", "'")
    left, top = column_number(match[3].upper()), int(match[4])
    right, bottom = (column_number(match[5].upper()), int(match[6])) if match[5] else (left, top)
    if not (min(top, bottom) >= 1 and max(top, bottom) <= 1_048_576 and max(left, right) <= 16_384):
        return None
    return title, min(top, bottom), min(left, right), max(top, bottom), max(left, right)
