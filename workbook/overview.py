"""The first sheet of the error workbook: one sentence, six figures, the ways to the other sheets, two charts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from workbook.excel import quoted
from workbook.look import BODY_FONT
from workbook.model import Catalog
from workbook.result import FileResult, Outcome
from workbook.sheetwriter import Cell, Link, Sheet, line_count, row_height
from workbook.summary import State, Summary
from workbook.texts import say

#: Thirteen columns; everything spans some of them. The narrow one keeps the two tables apart.
WIDTHS = (*[14] * 4, 2, *[14] * 8)
LAST = len(WIDTHS) - 1

TITLE, SENTENCE, TILES, DOORS, CHARTS, TABLES = 0, 1, 3, 6, 8, 21
CHART_ROWS, CHART_ROW_POINTS = 12, 20
LEFT, RIGHT = (0, 3), (5, LAST)
_GRADE_SPANS = ((0, 1), (2, 2), (3, 3))
_PROBLEM_SPANS = ((5, LAST - 2), (LAST - 1, LAST - 1), (LAST, LAST))
_TILE_SPANS = ((0, 1), (2, 3), (4, 6), (7, 8), (9, 10), (11, LAST))
_DOOR_SPANS = ((0, 1), (2, 3), (4, 7), (8, 9), (10, LAST))
_BAR = {"column": "#2E75B6", "bar": "#C55A11"}


def write_overview(
    sheet: Sheet, results: Sequence[FileResult], catalog: Catalog, summary: Summary, titles: Sequence[str]
) -> None:
    """Draw the overview.

    Args:
        sheet: an empty sheet.
        results: for the templates the files were made from.
        catalog: for the templates' titles.
        summary: the roll-up.
        titles: the sheets to lead to, in order.
    """
    for index, width in enumerate(WIDTHS):
        sheet.raw.set_column(index, index, width)
    sheet.across(TITLE, 0, LAST, sheet.book.heading(sheet.title), "title")
    sheet.height(TITLE, 40)
    words = sentence(summary)
    sheet.across(SENTENCE, 0, LAST, words, "sentence")
    lines = line_count(words, sum(WIDTHS) * 10 / 12)
    sheet.height(SENTENCE, row_height(lines, 12) + 16)
    sheet.height(SENTENCE + 1, 10)
    _tiles(sheet, summary)
    for (first, last), title in zip(_DOOR_SPANS, titles, strict=True):
        door = Link(f"internal:{quoted(title)}!A1", say("report.door", sheet=title))
        sheet.across(DOORS, first, last, door, "door")
    sheet.height(DOORS, 26)
    for row in range(CHARTS, CHARTS + CHART_ROWS):
        sheet.height(row, CHART_ROW_POINTS)
    if not summary.commonest:
        sheet.across(CHARTS + CHART_ROWS // 2 - 1, *RIGHT, say("report.findings.none"), "tile")
    last_row = _tables(sheet, summary)
    _charts(sheet, summary)
    _notes(sheet, last_row + 2, results, catalog, summary)
    sheet.raw.fit_to_pages(1, 1)


def sentence(summary: Summary) -> str:
    """What the head of the bureau needs to know, in one sentence or two."""
    if not summary.files:
        key = "all_refused" if summary.refused else "nothing"
        return say(f"report.sentence.{key}", count=summary.refused)
    read = say("report.sentence.read", files=summary.files, units=summary.checked_units)
    number = {state: summary.in_state(state) for state in State}
    parts = [say("report.sentence.all_passed", read=read)]
    if number[State.RETURN] or number[State.EXPLAIN]:
        states = [state for state in (State.RETURN, State.EXPLAIN, State.PASSED) if number[state]]
        values = {"errors": summary.counts.errors}
        parts = [read, *(say(f"report.sentence.{state}", count=number[state], **values) for state in states)]
    if summary.refused:
        parts.append(say("report.sentence.refused", count=summary.refused))
    return say("report.sentence.stop", text=say("report.sentence.and").join(parts))


def _tiles(sheet: Sheet, summary: Summary) -> None:
    figures = (
        summary.checked_units,
        summary.in_state(State.PASSED),
        summary.in_state(State.EXPLAIN),
        summary.in_state(State.RETURN),
        summary.counts.errors,
        summary.counts.warnings,
    )
    alarming = (3, 4)
    words = say("report.overview.tiles").split("|")
    for span, word in zip(_TILE_SPANS, words, strict=True):
        sheet.across(TILES, *span, word, "tile")
    for index, (span, figure) in enumerate(zip(_TILE_SPANS, figures, strict=True)):
        look = "alarm" if index in alarming and figure else "figure"
        sheet.across(TILES + 1, *span, figure, look)
    sheet.height(TILES, 24)
    sheet.height(TILES + 1, 44)
    sheet.height(TILES + 2, 10)


def _tables(sheet: Sheet, summary: Summary) -> int:
    """The charts' numbers, for phones and printers that show no charts; the last row used."""
    left: list[tuple[Cell, ...]] = [tuple(say("report.overview.grade_columns").split("|"))]
    total = sum(summary.grades.values()) + summary.ungraded
    grades = [*summary.grades.items()]
    if summary.ungraded:
        grades.append((say("report.overview.ungraded"), summary.ungraded))
    left += [(grade, count, f"{round(100 * count / total)}%" if total else "") for grade, count in grades]
    right: list[tuple[Cell, ...]] = [tuple(say("report.overview.commonest_columns").split("|"))]
    right += [(row.title, row.count, row.units) for row in summary.commonest]
    if not summary.commonest:
        right.append((say("report.findings.none"), 0, 0))
    for index in range(max(len(left), len(right))):
        if index < len(left):
            _line(sheet, TABLES + index, left[index], _GRADE_SPANS, not index)
        if index < len(right):
            _line(sheet, TABLES + index, right[index], _PROBLEM_SPANS, not index)
        sheet.height(TABLES + index, 20)
    return TABLES + max(len(left), len(right)) - 1


def _line(
    sheet: Sheet, row: int, cells: Sequence[Cell], spans: Sequence[tuple[int, int]], heading: bool
) -> None:
    for number, (cell, (first, last)) in enumerate(zip(cells, spans, strict=True)):
        look = "header" if heading else "text" if last - first > 2 and not number else "center"
        sheet.across(row, first, last, cell, look)


def _charts(sheet: Sheet, summary: Summary) -> None:
    grades = list(summary.grades)
    _chart(sheet, "column", LEFT, (grades, list(summary.grades.values())), (0, 2))
    rows = summary.commonest
    if rows:
        _chart(sheet, "bar", RIGHT, ([row.title for row in rows], [row.count for row in rows]), (5, LAST - 1))


def _chart(
    sheet: Sheet,
    kind: str,
    span: tuple[int, int],
    data: tuple[Sequence[str], Sequence[int]],
    columns: tuple[int, int],
) -> None:
    """A chart over the table below it; its numbers stand on the bars, so it needs no axis of values."""
    names, values = data
    first, last = TABLES + 1, TABLES + len(names)
    font = {"name": BODY_FONT, "size": 10, "bold": False}
    chart = sheet.book.chart(kind)
    chart.add_series(
        {
            "categories": [sheet.title, first, columns[0], last, columns[0]],
            "values": [sheet.title, first, columns[1], last, columns[1]],
            "categories_data": list(names),
            "values_data": list(values),
            "fill": {"color": _BAR[kind]},
            "gap": 60,
            "data_labels": {"value": True, "font": font},
        }
    )
    key = "report.overview.grades" if kind == "column" else "report.overview.commonest"
    chart.set_title({"name": say(key), "name_font": {**font, "size": 12, "bold": True}, "overlay": False})
    chart.set_legend({"none": True})
    names_axis = {"num_font": font, "reverse": kind == "bar", "major_tick_mark": "none"}
    values_axis = {"visible": False, "major_gridlines": {"visible": False}, "min": 0, "num_font": font}
    upright = kind == "column"
    chart.set_x_axis(names_axis if upright else values_axis)
    chart.set_y_axis(values_axis if upright else names_axis)
    width = sum(WIDTHS[column] * 7 + 5 for column in range(span[0], span[1] + 1))
    chart.set_size({"width": width, "height": round(CHART_ROWS * CHART_ROW_POINTS * 4 / 3)})
    chart.set_chartarea({"border": {"color": "#BFBFBF"}})
    sheet.raw.insert_chart(CHARTS, span[0], chart, {"object_position": 2})


def _notes(sheet: Sheet, row: int, results: Sequence[FileResult], catalog: Catalog, summary: Summary) -> None:
    counts = summary.counts
    notes = []
    if counts.notices or counts.unchecked:
        notes.append(say("report.overview.also", notices=counts.notices, unchecked=counts.unchecked))
    templates = Counter(result.template for result in results if result.outcome is Outcome.CHECKED)
    if len(templates) > 1:
        parts = [_template(catalog, name, templates[name]) for name in sorted(templates)]
        notes.append(
            say(
                "report.overview.templates",
                count=len(parts),
                templates=say("report.overview.and").join(parts),
            )
        )
    notes += [say("report.overview.note"), sheet.book.time]
    for number, note in enumerate(notes):
        sheet.across(row + number, 0, LAST, note, "note")
        sheet.height(row + number, row_height(line_count(note, sum(WIDTHS))))


def _template(catalog: Catalog, name: str, files: int) -> str:
    template = catalog.templates.get(name)
    title, year = (template.title, template.year) if template else (name, "")
    return say("report.overview.template", title=title, year=year, files=files)
