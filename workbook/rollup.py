"""The sheets of the roll-up: units, projects, rules, and the files that were not checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple
from decimal import Decimal

from workbook import sheetwriter
from workbook.excel import quoted
from workbook.look import AMBER, BLUE, GREEN, RED
from workbook.model import Severity
from workbook.result import FileResult, Outcome
from workbook.sheetwriter import FIRST_ROW, Cell, Formula, Link, Sheet, TableRow, columns_of
from workbook.summary import LEVELS, UNCHECKED, UNREAD, ProjectRow, State, Summary, UnitRow, sort_key
from workbook.texts import say

#: Where the counting formulas look in the list of findings.
UNIT, LEVEL = "C", "E"

#: Units times lines: beyond it Excel would count for minutes each time the workbook is opened.
LIVE_LIMIT = 50_000_000

#: A total as filed and as recomputed may differ by so much without a word.
TOTAL_TOLERANCE = Decimal("0.01")

GREY = {"bg_color": "#E7E6E6", "font_color": "#595959"}
LEVEL_COLOURS: Mapping[str, Mapping[str, str]] = {
    Severity.ERROR: RED,
    Severity.WARNING: AMBER,
    Severity.NOTICE: BLUE,
    UNCHECKED: GREY,
    UNREAD: RED,
}
STATE_COLOURS = {State.RETURN: RED, State.EXPLAIN: AMBER, State.PASSED: GREEN}


def level_word(level: str) -> str:
    """What a level is called in every table."""
    return say(f"report.level.{level}" if level in (UNCHECKED, UNREAD) else f"severity.{level}")


def level_colours() -> dict[str, Mapping[str, str]]:
    """The colours of the words for levels."""
    return {level_word(level): colours for level, colours in LEVEL_COLOURS.items()}


def write_units(sheet: Sheet, summary: Summary, lists: Sequence[str], projects: str) -> None:
    """One line a unit.

    Args:
        sheet: where.
        summary: the roll-up.
        lists: the titles of the sheets that list the findings; their lines are counted by formulas.
        projects: the title of the sheet where the bureau enters approved scores.
    """
    widths = (5, 12, 30, 9, 9, 8, 8, 8, 8, 10, 9, 11, 11, 12)
    looks = "count text text count count count count count count score center score score center"
    columns = columns_of("units", widths, looks)
    sheet.head(columns, say("report.units.second" if _live(summary) else "report.units.second_fixed"))
    rows = sheet.body(columns, _unit_rows(summary, lists, projects))
    if rows:
        sheet.row(FIRST_ROW + rows, columns, _unit_sums(summary, rows))
    sheet.finish(columns, max(rows, 1), extra=1)
    states = {say(f"report.state.{state}"): colours for state, colours in STATE_COLOURS.items()}
    sheet.tint_words(len(columns) - 1, max(rows, 1), states)


def _live(summary: Summary) -> bool:
    """Whether counts and means are formulas over the other sheets, not plain numbers."""
    return len(summary.units) * max(len(summary.entries), len(summary.projects)) <= LIVE_LIMIT


def _unit_sums(summary: Summary, rows: int) -> TableRow:
    counts, units = summary.counts, summary.units
    files, refused = sum(row.files for row in units), sum(row.refused for row in units)
    numbers = (files, refused, counts.errors, counts.warnings, counts.notices, counts.unchecked)
    sums = [
        Formula(f"=SUM({column}{FIRST_ROW + 1}:{column}{FIRST_ROW + rows})", number)
        for column, number in zip("DEFGHI", numbers, strict=True)
    ]
    return TableRow((None, None, say("report.units.total"), *sums, *[None] * 5), total=True)


def _unit_rows(summary: Summary, lists: Sequence[str], projects: str) -> Iterator[TableRow]:
    first: dict[str, int] = {}
    for number, entry in enumerate(summary.entries):
        first.setdefault(entry.unit, number)
    live = _live(summary)
    for number, row in enumerate(summary.units, start=1):
        cell = f"$C{FIRST_ROW + number}"
        shown: Cell = number
        if row.unit in first:
            chunk, offset = divmod(first[row.unit], sheetwriter.TABLE_ROW_LIMIT)
            shown = Link(f"internal:{quoted(lists[chunk])}!A{FIRST_ROW + 1 + offset}", number)
        tallies = tuple(_tallies(row, cell, lists, len(summary.entries)))
        yield TableRow(
            (
                shown,
                None,
                row.unit,
                row.files,
                row.refused,
                *(tallies if live else (tally.value for tally in tallies)),
                row.overall,
                row.grade,
                row.average,
                _approved(row.unit, cell, projects, len(summary.projects)) if live else None,
                _state(row, FIRST_ROW + number),
            )
        )


def _tallies(row: UnitRow, cell: str, lists: Sequence[str], entries: int) -> Iterator[Formula]:
    """A unit's findings by level, counted in the list by the level's word."""
    last = FIRST_ROW + max(1, min(entries, sheetwriter.TABLE_ROW_LIMIT))
    for level, number in zip(LEVELS, astuple(row.counts), strict=True):
        tests = {UNIT: cell, LEVEL: f'"{level_word(level)}"'}
        counted = (_count(title, tests, last, _countable(row.unit)) for title in lists)
        yield Formula(f"={'+'.join(counted)}", number)


def _count(title: str, tests: Mapping[str, str], last: int, countable: bool) -> str:
    sheet = quoted(title)
    if countable:
        pairs = (f"{sheet}!${column}:${column},{value}" for column, value in tests.items())
        return f"COUNTIFS({','.join(pairs)})"
    rows = (f"${FIRST_ROW + 1}", f"${last}")
    terms = (f"({sheet}!${c}{rows[0]}:${c}{rows[1]}={value})" for c, value in tests.items())
    return f"SUMPRODUCT({'*'.join(terms)})"


def _countable(name: str) -> bool:
    """Whether a condition takes a name for just its characters: no wildcard, comparison, number or date."""
    return name[0].isalpha() and not set(name) & set("*?~") and any(c > "\x7f" for c in name)


def _approved(unit: str, cell: str, projects: str, count: int) -> Formula:
    """The mean of the scores that the bureau has entered for a unit's projects; blank before it has."""
    sheet, first, last = quoted(projects), FIRST_ROW + 1, FIRST_ROW + max(1, count)
    names, scores = f"{sheet}!$B${first}:$B${last}", f"{sheet}!$I${first}:$I${last}"
    mean = f"AVERAGEIFS({scores},{names},{cell})"
    if not _countable(unit):
        given = f"({names}={cell})*ISNUMBER({scores})"
        mean = f"SUMPRODUCT({given},{scores})/SUMPRODUCT({given})"
    return Formula(f'=IFERROR(ROUND({mean},2),"")', "")


def _state(row: UnitRow, here: int) -> Cell:
    words = {state: say(f"report.state.{state}") for state in State}
    if row.state is State.UNREAD:
        return words[State.UNREAD]
    explain = f'IF(E{here}+G{here}+I{here}>0,"{words[State.EXPLAIN]}","{words[State.PASSED]}")'
    return Formula(f'=IF(F{here}>0,"{words[State.RETURN]}",{explain})', words[row.state])


def write_projects(sheet: Sheet, summary: Summary) -> None:
    """One line a project: the table that goes upwards, with room for the bureau's own score."""
    widths = (5, 25, 32, 15, 15, 9, 10, 10, 10, 9, 7, 27)
    looks = "count text text money money rate score score score_input score center text"
    columns = columns_of("projects", widths, looks)
    sheet.head(columns, say("report.projects.second"))
    rows = sheet.body(columns, _project_rows(summary))
    sheet.finish(columns, max(rows, 1))
    sheet.tint_negative(9, max(rows, 1))


def _project_rows(summary: Summary) -> Iterator[TableRow]:
    for number, row in enumerate(summary.projects, start=1):
        here, score = FIRST_ROW + number, row.score
        difference = f'=IF(AND(ISNUMBER(G{here}),ISNUMBER(I{here})),ROUND(I{here}-G{here},2),"")'
        yield TableRow(
            (
                number,
                row.unit,
                score.name,
                score.budget,
                score.executed,
                score.rate,
                score.filed,
                score.total,
                None,
                Formula(difference, ""),
                score.grade,
                _remark(row),
            )
        )


def _remark(row: ProjectRow) -> str:
    filed, total = row.score.filed, row.score.total
    remarks = []
    if filed is None:
        remarks.append(say("report.projects.unknown"))
    elif total is not None and abs(filed - total) > TOTAL_TOLERANCE:
        remarks.append(say("report.projects.differs"))
    if row.provisional:
        remarks.append(say("report.projects.provisional"))
    return say("report.projects.and").join(remarks)


def write_rules(sheet: Sheet, summary: Summary) -> None:
    """One line a rule that was broken or could not be checked, with its basis."""
    columns = columns_of("rules", (10, 9, 44, 8, 8, 12, 70), "center center text count count count text")
    number = len({row.code for row in summary.rules})
    sheet.head(columns, say("report.rules.second", rules=number))
    rows = sheet.body(columns, _rule_rows(summary))
    sheet.finish(columns, max(rows, 1))
    sheet.tint_words(1, max(rows, 1), level_colours(), unless=f"$D{FIRST_ROW + 1}=0")


def _rule_rows(summary: Summary) -> Iterator[TableRow]:
    for row in summary.rules:
        cells = (row.code, level_word(row.level), row.title, row.count, row.unchecked, row.units, row.basis)
        yield TableRow(cells, muted=not row.count)


def write_files(sheet: Sheet, results: Sequence[FileResult]) -> None:
    """One line a file that was not checked, with the reason."""
    columns = columns_of("files", (5, 11, 26, 56, 60), "count center text text text")
    sheet.head(columns, say("report.files.second"))
    rows = sheet.body(columns, _file_rows(results))
    if not rows:
        sheet.across(FIRST_ROW, 0, len(columns) - 1, say("report.files.none"), "center")
    sheet.finish(columns, max(rows, 1))


def _file_rows(results: Sequence[FileResult]) -> Iterator[TableRow]:
    left = [
        (result.outcome is Outcome.IGNORED, sort_key(result.file), result.path, result)
        for result in results
        if result.outcome is not Outcome.CHECKED
    ]
    for number, (ignored, _, _, result) in enumerate(sorted(left, key=lambda each: each[:3]), start=1):
        kind = say("report.kind.ignored" if ignored else "report.kind.refused")
        reason = result.reason or say("report.no_reason")
        yield TableRow((number, kind, result.unit, result.file, reason))
