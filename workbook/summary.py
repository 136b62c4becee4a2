"""The roll-up: files, units, projects and rules as tables."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from workbook.excel import clean, round_half_up
from workbook.model import Catalog, Severity
from workbook.output import safe
from workbook.result import FileResult, Outcome, Score
from workbook.submission import Finding
from workbook.texts import say

#: Longer names cannot be counted by: Excel's conditions end at 255 characters.
NAME_LIMIT = 200
COMMONEST = 8
UNCHECKED = "unchecked"
#: The level of what is said of a file that could not be read: the file is counted, not the finding.
UNREAD = "unread"
LEVELS = (*(str(severity) for severity in Severity), UNCHECKED)


class State(StrEnum):
    """What is to be done with a unit's forms."""

    RETURN = "return"
    EXPLAIN = "explain"
    PASSED = "passed"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class Counts:
    """Findings of checked files by level; rules that could not be checked are a level of their own."""

    errors: int = 0
    warnings: int = 0
    notices: int = 0
    unchecked: int = 0


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit: its files, its findings, the scores it gave itself. ``known`` is false for files that name no unit."""

    unit: str
    known: bool
    files: int
    refused: int
    counts: Counts
    overall: Decimal | None
    grade: str
    average: Decimal | None

    @property
    def state(self) -> State:
        """Errors send the forms back; warnings, unchecked rules and unread files ask for an explanation."""
        if not self.files:
            return State.UNREAD
        if self.counts.errors:
            return State.RETURN
        open_questions = self.counts.warnings or self.counts.unchecked or self.refused
        return State.EXPLAIN if open_questions else State.PASSED


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """A project's form; ``provisional`` while it has errors."""

    unit: str
    score: Score
    provisional: bool


@dataclass(frozen=True, slots=True)
class RuleRow:
    """How often a rule was broken at one level (a severity or ``UNREAD``), and by how many units."""

    code: str
    level: str
    title: str
    count: int
    unchecked: int
    units: int
    basis: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One finding with its unit's name and the file it stands in."""

    unit: str
    result: FileResult
    finding: Finding


@dataclass(frozen=True, slots=True)
class Summary:
    """All tables of the roll-up; ``year`` is that of all checked files, if they are of one."""

    year: int | None
    entries: tuple[Entry, ...]
    units: tuple[UnitRow, ...]
    projects: tuple[ProjectRow, ...]
    rules: tuple[RuleRow, ...]
    grades: Mapping[str, int]
    ungraded: int
    commonest: tuple[RuleRow, ...]
    counts: Counts
    files: int
    refused: int
    ignored: int

    def in_state(self, state: State) -> int:
        """How many known units are in a state."""
        return sum(1 for row in self.units if row.known and row.state is state)

    @property
    def checked_units(self) -> int:
        """How many units had a file checked."""
        return sum(1 for row in self.units if row.files)


def level(result: FileResult, finding: Finding) -> str:
    """The level a file's finding counts in: its severity, ``UNCHECKED``, or ``UNREAD``."""
    if result.outcome is not Outcome.CHECKED:
        return UNREAD
    return UNCHECKED if finding.because_of else str(finding.severity)


def sort_key(name: str) -> list[tuple[bool, int, bytes]]:
    """Names in the order a folder shows them: numbers by size, common Chinese characters by pronunciation."""
    parts = re.findall(r"\d{1,18}|\D+", name, re.ASCII)
    # GB 18030 has its first 3,755 characters by pronunciation
    return [
        (False, int(part), b"")
        if part[0] in "0123456789"
        else (True, 0, part.encode("gb18030", "backslashreplace"))
        for part in parts
    ]


def summarise(results: Sequence[FileResult], catalog: Catalog) -> Summary:
    """Roll up the results of many files.

    Args:
        results: what came of each file, in any order.
        catalog: for the titles of rules.

    Returns:
        The tables, each sorted; the order of ``results`` does not matter.
    """
    import pandas as pd  # 240 ms: only a command that sums up pays for it

    names = unit_names(results)
    findings = pd.DataFrame.from_records(_records(results, names), columns=["unit", "code", "level"])
    outcomes = Counter(result.outcome for result in results)
    rules = _rules(findings, catalog, results)
    grades = Counter(score.grade for result in results for score in result.scores)
    known = {grade: grades[grade] for grade in say("report.grades").split()}
    totals = findings.groupby("level").size()
    years = {result.year for result in results if result.outcome is Outcome.CHECKED}
    units = _units(results, names, findings)
    return Summary(
        year=years.pop() if len(years) == 1 else None,
        entries=_entries(results, names, units),
        units=units,
        projects=_projects(results, names, units),
        rules=rules,
        grades=known,
        ungraded=grades.total() - sum(known.values()),
        commonest=_commonest(rules),
        counts=Counts(*(int(totals.get(name, 0)) for name in LEVELS)),
        files=outcomes[Outcome.CHECKED],
        refused=outcomes[Outcome.REFUSED],
        ignored=outcomes[Outcome.IGNORED],
    )


def _records(results: Sequence[FileResult], names: Sequence[str]) -> list[tuple[str, str, str]]:
    """Unit, rule and level of each finding."""
    return [
        (name, finding.code, level(result, finding))
        for name, result in zip(names, results, strict=True)
        for finding in result.findings
    ]


def unit_names(results: Sequence[FileResult]) -> tuple[str, ...]:
    """What each file's unit is called: one spelling for names that differ in blanks, width or case only."""
    spelled = [_spelled(result) for result in results]
    chosen: dict[str, str] = {}
    for name in sorted(spelled, key=sort_key):
        chosen.setdefault(_key(name), name)
    return tuple(chosen[_key(name)] for name in spelled)


def _spelled(result: FileResult) -> str:
    name = safe(clean(result.unit.replace("\n", " ")), NAME_LIMIT)
    if name:
        return name
    if result.outcome is Outcome.CHECKED:
        return safe(say("report.no_unit", file=result.file), NAME_LIMIT)
    return say("report.unknown_unit")


def _key(name: str) -> str:
    return unicodedata.normalize("NFKC", name).replace(" ", "").casefold()


def _entries(
    results: Sequence[FileResult], names: Sequence[str], units: Sequence[UnitRow]
) -> tuple[Entry, ...]:
    """All findings by unit, then file, then as they stand in it; what waits for corrections last in its unit."""
    order = {row.unit: number for number, row in enumerate(units)}
    found = [
        (
            (order[name], bool(finding.because_of), sort_key(result.file), result.path, number),
            name,
            result,
            finding,
        )
        for name, result in zip(names, results, strict=True)
        for number, finding in enumerate(result.findings)
    ]
    found.sort(key=lambda each: each[0])
    return tuple(Entry(name, result, finding) for _, name, result, finding in found)


def _units(results: Sequence[FileResult], names: Sequence[str], findings: Any) -> tuple[UnitRow, ...]:
    """One row for each unit that sent something to be checked, or is named by what was refused.

    Units stand in the order of their files: file names begin with the unit's code where the bureau issued them.
    """
    counted = findings.groupby(["unit", "level"]).size()
    by_unit: dict[str, list[FileResult]] = {}
    for name, result in zip(names, results, strict=True):
        refused = result.outcome is Outcome.REFUSED and result.unit
        if result.outcome is Outcome.CHECKED or refused or result.findings:
            by_unit.setdefault(name, []).append(result)
    unknown = say("report.unknown_unit")
    first = {name: min(sort_key(result.file) for result in found) for name, found in by_unit.items()}
    order = sorted(by_unit, key=lambda name: (name == unknown, first[name], sort_key(name)))
    return tuple(_unit(name, name != unknown, by_unit[name], counted) for name in order)


def _unit(name: str, known: bool, results: Sequence[FileResult], counted: Any) -> UnitRow:
    scores = [score for result in results for score in result.scores]
    overall = [score for score in scores if not score.repeated]
    filed = [score.filed for score in scores if score.repeated and score.filed is not None]
    grades = {score.grade for score in overall or scores}
    return UnitRow(
        unit=name,
        known=known,
        files=sum(1 for result in results if result.outcome is Outcome.CHECKED),
        refused=sum(1 for result in results if result.outcome is Outcome.REFUSED),
        counts=Counts(*(int(counted.get((name, each), 0)) for each in LEVELS)),
        overall=overall[0].filed if len(overall) == 1 else None,
        grade=grades.pop() if len(grades) == 1 else "",
        average=round_half_up(sum(filed, Decimal()) / len(filed), 2) if filed else None,
    )


def _projects(
    results: Sequence[FileResult], names: Sequence[str], units: Sequence[UnitRow]
) -> tuple[ProjectRow, ...]:
    order = {row.unit: number for number, row in enumerate(units)}
    found = [
        (
            order[name],
            sort_key(result.file),
            number,
            ProjectRow(name, score, _has_errors(result, score.form)),
        )
        for name, result in zip(names, results, strict=True)
        for number, score in enumerate(result.scores)
        if score.repeated
    ]
    return tuple(row for *_, row in sorted(found, key=lambda each: each[:3]))


def _has_errors(result: FileResult, form: str) -> bool:
    return any(
        finding.form == form and level(result, finding) == Severity.ERROR for finding in result.findings
    )


def _rules(findings: Any, catalog: Catalog, results: Sequence[FileResult]) -> tuple[RuleRow, ...]:
    """One row for each rule and level found; unchecked ones count in the rule's own level."""
    gravity: tuple[str, ...] = (Severity.ERROR, UNREAD, Severity.WARNING, Severity.NOTICE)
    grouped = findings.groupby(["code", "level"])["unit"].agg(["size", "nunique"])
    table = {key: (int(size), int(units)) for key, size, units in grouped.itertuples()}
    bases = {finding.code: finding.basis for result in results for finding in result.findings}
    rows = []
    for code in sorted(bases):
        rule = catalog.rules.get(code)
        own: str = rule.severity if rule else Severity.ERROR
        found = {each: table[code, str(each)] for each in gravity if (code, each) in table}
        unchecked = table.get((code, UNCHECKED), (0, 0))[0]
        holder = own if own in found or not found else next(iter(found))
        if unchecked:
            found.setdefault(holder, (0, 0))
        for each, (count, units) in found.items():
            waiting = unchecked if each == holder else 0
            title = rule.title if rule else code
            rows.append(RuleRow(code, each, title, count, waiting, units, bases[code]))
    return tuple(
        sorted(rows, key=lambda row: (not row.count, gravity.index(row.level), -row.count, row.code))
    )


def _commonest(rules: Sequence[RuleRow]) -> tuple[RuleRow, ...]:
    """The rules most often broken in checked files: what must be corrected or explained; else notices."""
    broken = [row for row in rules if row.count and row.level != UNREAD]
    found = [row for row in broken if row.level != Severity.NOTICE] or broken
    return tuple(sorted(found, key=lambda row: (-row.count, row.code))[:COMMONEST])
