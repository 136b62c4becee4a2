"""The error workbook: what was found in all returned files, as sheets to read, filter, print and act on."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from workbook import sheetwriter
from workbook.excel import quoted
from workbook.model import Catalog
from workbook.output import ReportError, appearing
from workbook.overview import write_overview
from workbook.result import FileResult
from workbook.rollup import level_colours, level_word, write_files, write_projects, write_rules, write_units
from workbook.sheetwriter import FIRST_ROW, Book, Cell, Link, Sheet, TableRow, columns_of
from workbook.submission import Finding
from workbook.summary import Entry, Summary, level, summarise
from workbook.texts import say

__all__ = ["FINDINGS_FILE", "ReportError", "as_record", "write_findings", "write_report"]

FINDINGS_FILE = "findings.jsonl"

_NUMBER = re.compile(r"(-?\d{1,15}(?:\.\d{1,10})?)(%?)", re.ASCII)
_CELL = re.compile(r"[A-Z]{1,3}[1-9]\d{0,6}", re.ASCII)
_LINK_LENGTH = 2000


def write_report(results: Sequence[FileResult], catalog: Catalog, folder: Path, *, now: datetime) -> Path:
    """Write the error workbook into a folder; a whole file or none.

    Args:
        results: what came of each file, in any order; the same results give the same bytes.
        catalog: for the titles of rules and templates.
        folder: an existing folder.
        now: the time shown as the time of the check.

    Returns:
        The path of the workbook.

    Raises:
        ReportError: the workbook exists already or could not be written.
    """
    path = folder / say("report.file")
    with appearing(path) as temporary:
        summary = summarise(results, catalog)
        book = Book(temporary, now=now, year=summary.year, rows=len(summary.entries))
        try:
            _fill(book, results, catalog, summary, folder)
            book.close()
        except BaseException:
            book.abandon()
            raise
    return path


def write_findings(results: Sequence[FileResult], folder: Path) -> Path:
    """Write ``findings.jsonl`` into a folder: one finding a line, in the order of the files given.

    Raises:
        ReportError: the file exists already or could not be written.
    """
    path = folder / FINDINGS_FILE
    found = [finding for result in results for finding in result.findings]
    lines = "".join(json.dumps(as_record(finding), ensure_ascii=False) + "\n" for finding in found)
    with appearing(path) as temporary:
        # a lone surrogate becomes its JSON escape, which is what this error handler happens to write
        temporary.write_text(lines, encoding="utf-8", errors="backslashreplace", newline="\n")
    return path


def as_record(finding: Finding) -> dict[str, object]:
    """A finding as other programs read it: texts, ``None`` where there is none, and a list of origins."""
    return {
        "code": finding.code,
        "severity": str(finding.severity),
        "file": finding.file,
        "unit": finding.unit,
        "form": finding.form,
        "sheet": finding.sheet,
        "cell": finding.cell,
        "label": finding.label,
        "expected": finding.expected,
        "actual": finding.actual,
        "message": finding.message,
        "fix": finding.fix,
        "basis": finding.basis,
        "because_of": list(finding.because_of),
    }


def _fill(
    book: Book, results: Sequence[FileResult], catalog: Catalog, summary: Summary, folder: Path
) -> None:
    lists = _list_titles(len(summary.entries))
    units, projects, rules, files = (
        say(f"report.sheet.{name}") for name in ("units", "projects", "rules", "files")
    )
    overview = book.sheet(say("report.sheet.overview"))
    write_overview(overview, results, catalog, summary, (lists[0], units, projects, rules, files))
    for number, title in enumerate(lists):
        _write_list(book.sheet(title), summary, number, folder)
    write_units(book.sheet(units), summary, lists, projects)
    write_projects(book.sheet(projects), summary)
    write_rules(book.sheet(rules), summary)
    write_files(book.sheet(files), results)


def _list_titles(count: int) -> tuple[str, ...]:
    """The sheets that so many findings take: one, unless there are more than a sheet can hold."""
    title = say("report.sheet.findings")
    sheets = max(1, -(-count // sheetwriter.TABLE_ROW_LIMIT))
    return (title, *(f"{title}{number}" for number in range(2, sheets + 1)))


def _write_list(sheet: Sheet, summary: Summary, number: int, folder: Path) -> None:
    widths = (5, 10, 14, 14, 9, 10, 8, 20, 34, 15, 13, 10, 30, 16, 10)
    looks = "count text text text center center center text text center center difference text input choice"
    columns = columns_of("findings", widths, looks)
    sheet.head(columns, _second_line(summary))
    start = number * sheetwriter.TABLE_ROW_LIMIT
    entries = summary.entries[start : start + sheetwriter.TABLE_ROW_LIMIT]
    several = _units_with_several_files(summary)
    rows = sheet.body(columns, _list_rows(entries, start, several, _Ways(folder)))
    if not rows:
        sheet.across(FIRST_ROW, 0, len(columns) - 1, say("report.findings.none"), "center")
    sheet.finish(columns, max(rows, 1))
    sheet.tint_words(4, max(rows, 1), level_colours())
    choices = say("report.findings.choices").split("|")
    refusal = (say("report.findings.choice_title"), say("report.findings.choice_error"))
    sheet.offer(len(columns) - 1, max(rows, 1), choices, refusal)


def _second_line(summary: Summary) -> str:
    counts = summary.counts
    return say(
        "report.second",
        units=summary.checked_units,
        files=summary.files,
        errors=counts.errors,
        warnings=counts.warnings,
        notices=counts.notices,
        unchecked=counts.unchecked,
        refused=summary.refused,
    )


def _units_with_several_files(summary: Summary) -> frozenset[str]:
    files: dict[str, set[str]] = {}
    for entry in summary.entries:
        files.setdefault(entry.unit, set()).add(entry.result.path)
    return frozenset(unit for unit, paths in files.items() if len(paths) > 1)


def _list_rows(
    entries: Sequence[Entry], start: int, several: frozenset[str], ways: _Ways
) -> Iterator[TableRow]:
    for number, entry in enumerate(entries, start=start + 1):
        finding = entry.finding
        waits = bool(finding.because_of)
        difference, look = _difference(finding)
        form = finding.form or entry.result.file
        if finding.form and entry.unit in several:
            form = say("report.findings.several", form=finding.form, file=entry.result.file)
        cells: tuple[Cell, ...] = (
            number,
            None,
            entry.unit,
            form,
            level_word(level(entry.result, finding)),
            finding.code,
            ways.place(entry),
            finding.label,
            finding.message,
            finding.actual,
            say("report.waiting") if waits else finding.expected,
            difference,
            finding.fix,
            None,
            None,
        )
        yield TableRow(cells, muted=waits, looks={11: look})


def _difference(finding: Finding) -> tuple[Decimal | None, str]:
    """What was filled in less what it should be, where both are plain numbers or both percentages; and its look."""
    expected = _NUMBER.fullmatch(finding.expected or "")
    actual = _NUMBER.fullmatch(finding.actual or "")
    if expected is None or actual is None or expected[2] != actual[2]:
        return None, "difference"
    difference = Decimal(actual[1]) - Decimal(expected[1])
    return (difference / 100, "rate") if actual[2] else (difference, "difference")


class _Ways:
    """The ways from the folder of results into returned files, each looked up once."""

    def __init__(self, folder: Path) -> None:
        self.folder = os.path.realpath(folder)
        self.known: dict[str, str] = {}

    def place(self, entry: Entry) -> Cell:
        """The finding's cell, leading there in the returned file where that can be done without any doubt."""
        finding, path = entry.finding, entry.result.path
        if path not in self.known:
            self.known[path] = self._way(path)
        way, sheet = self.known[path], finding.sheet
        if not way or not _CELL.fullmatch(finding.cell) or not _harmless(sheet) or "/" in sheet:
            return finding.cell
        target = f"external:{way}#{quoted(sheet)}!{finding.cell}"
        return Link(target, finding.cell) if len(target) <= _LINK_LENGTH else finding.cell

    def _way(self, path: str) -> str:
        """A relative path; empty where there is no such file or its name would spoil a link."""
        if not path or "\0" in path or not os.path.isfile(path):
            return ""
        try:
            way = os.path.relpath(os.path.realpath(path), self.folder).replace(os.sep, "/")
        except ValueError:  # another drive
            return ""
        return way if _harmless(way) else ""


def _harmless(text: str) -> bool:
    """Whether nothing in a path or a sheet's title could be taken for more than its characters."""
    return bool(text) and all(
        c.isalnum() or c in " ._-()+,@/" or (c > "\x7f" and unicodedata.category(c)[0] in "PS") for c in text
    )
