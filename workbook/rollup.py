"""The sheets of the roll-up: units, projects, rules, and the files that were not checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from workbook import sheetwriter
from workbook.excel import quoted
from workbook.look import AMBER, BLUE, GREEN, RED
from workbook.model import Severity
from workbook.result import FileResult, Outcome
from workbook.sheetwriter import FIRST_ROW, Cell, Formula, Link, Sheet, TableRow, columns_of
from workbook.summary import State, Summary, UnitRow, sort_key
from workbook.texts import say

#: Where the counting formulas look in the list of findings.
UNIT, LEVEL, EXPECTED = "C", "E", "K"

#: Units times lines: beyond it Excel would count for minutes each time the workbook is opened.
LIVE_LIMIT = 50_000_000

SEVERITY_COLOURS = {Severity.ERROR: RED, Severity.WARNING: AMBER, Severity.NOTICE: BLUE}
STATE_COLOURS = {State.RETURN: RED, State.EXPLAIN: AMBER, State.PASSED: GREEN}


def severity_colours() -> dict[str, Mapping[str, str]]:
    """The colours of the words for severities."""
    return {say(f"severity.{severity}"): colours for severity, colours in SEVERITY_COLOURS.items()}


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
    """A unit's findings by level, counted in the list; what waits for corrections apart from the notices."""
    last = FIRST_ROW + max(1, min(entries, sheetwriter.TABLE_ROW_LIMIT))

    def count(severity: Severity, waiting: bool = False) -> str:
        tests = {UNIT: cell, LEVEL: f'"{say(f"severity.{severity}")}"'}
        if waiting:
            tests[EXPECTED] = f'"{say("report.waiting")}"'
        return "+".join(_count(title, tests, last, _countable(row.unit)) for title in lists)

    counts = row.counts
    notices, waiting = count(Severity.NOTICE), count(Severity.NOTICE, waiting=True)
    yield Formula(f"={count(Severity.ERROR)}", counts.errors)
    yield Formula(f"={count(Severity.WARNING)}", counts.warnings)
    yield Formula(f"={notices}-({waiting})", counts.notices)
    yield Formula(f"={waiting}", counts.unchecked)


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
    names, scores = f"{sheet}!$B${first}:$B${last}", f"{sheet}!$H${first}:$H${last}"
    mean = f"AVERAGEIFS({scores},{names},{cell})"
    if not _countable(unit):
        given = f"({names}={cell})*ISNUMBER({scores})"
        mean = f"SUMPRODUCT({given},{scores})/SUMPRODUCT({given})"
    return Formula(f'=IFERROR(ROUND({mean},2),"")', "")


def _state(row: UnitRow, here: int) -> Cell:
    words = {state: say(f"report.state.{state}") for state in State}
    if row.state is State.UNREAD:
        return words[State.UNREAD]
    explain = f'IF(G{here}+I{here}>0,"{words[State.EXPLAIN]}","{words[State.PASSED]}")'
    return Formula(f'=IF(F{here}>0,"{words[State.RETURN]}",{explain})', words[row.state])


def write_projects(sheet: Sheet, summary: Summary) -> None:
    """One line a project: the table that goes upwards, with room for the bureau's own score."""
    widths = (5, 26, 34, 15, 15, 9, 9, 9, 9, 7, 27)
    looks = "count text text money money rate score score_input score center text"
    columns = columns_of("projects", widths, looks)
    sheet.head(columns, say("report.projects.second"))
    rows = sheet.body(columns, _project_rows(summary))
    sheet.finish(columns, max(rows, 1))
    sheet.tint_negative(8, max(rows, 1))


def _project_rows(summary: Summary) -> Iterator[TableRow]:
    for number, row in enumerate(summary.projects, start=1):
        here, score = FIRST_ROW + number, row.score
        remark = say("report.projects.provisional") if row.provisional else ""
        if score.total is None:
            remark = say("report.projects.unknown")
        difference = f'=IF(AND(ISNUMBER(G{here}),ISNUMBER(H{here})),ROUND(H{here}-G{here},2),"")'
        yield TableRow(
            (
                number,
                row.unit,
                score.name,
                score.budget,
                score.executed,
                score.rate,
                score.total,
                None,
                Formula(difference, ""),
                score.grade,
                remark,
            )
        )


def write_rules(sheet: Sheet, summary: Summary) -> None:
    """One line a rule that was broken or could not be checked, with its basis."""
    columns = columns_of("rules", (10, 8, 44, 8, 8, 12, 70), "center center text count count count text")
    number = len({row.code for row in summary.rules})
    sheet.head(columns, say("report.rules.second", rules=number))
    rows = sheet.body(columns, _rule_rows(summary))
    sheet.finish(columns, max(rows, 1))
    sheet.tint_words(1, max(rows, 1), severity_colours(), unless=f"$D{FIRST_ROW + 1}=0")


def _rule_rows(summary: Summary) -> Iterator[TableRow]:
    for row in summary.rules:
        word = say(f"severity.{row.severity}")
        cells = (row.code, word, row.title, row.count, row.unchecked, row.units, row.basis)
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
