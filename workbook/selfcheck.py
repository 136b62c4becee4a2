"""The 自检 sheet: every live rule of every form with its present result and a link to the first bad cell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbook.excel import column_letters, quoted
from workbook.formula import literal
from workbook.judge import Case, State, Status, View
from workbook.live import counting_formula, counts, status_expression, status_text
from workbook.look import AMBER, BLUE, BODY, GREEN, HEADER_FILL, LINK, RED, TITLE_FONT, text_height
from workbook.model import Role, Severity
from workbook.plan import FormPlan, Plan
from workbook.texts import say
from workbook.wording import form_label

_WIDTHS = (40, 110, 240, 300, 110, 110)
_FIRST_ROW = 5
#: Hidden: G to I hold a line's counts; J to M, a row for each form, whether it is in use and its counts.
_TOUCHED_COLUMN = 10
_FAILED = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTICE: "notice"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the sheet: what is checked on which form, in which helper cells, about which cells.

    ``ranges`` are runs of helper cells in one column, each with the column that the checked cells stand in;
    ``bad`` is the helper value that means wrong, ``wait`` the one that means waiting; ``values`` are the present ones.
    """

    form: FormPlan
    title: str
    wanted: str
    severity: str
    ranges: tuple[tuple[list[tuple[int, int]], int], ...]
    bad: int
    wait: int
    values: Mapping[tuple[int, int], int]


def lines(plan: Plan) -> list[Line]:
    """What the sheet lists: for each form its required fields, its numbers, then its live rules in order."""
    found = []
    for form in plan.forms:
        found.append(_state_line(form, State.MISSING, "missing"))
        found.append(_state_line(form, State.UNREADABLE, "unreadable"))
        found.append(_choice_line(form))
        by_code: dict[str, list[Case]] = {}
        for case in form.cases:
            by_code.setdefault(case.rule.rule.code, []).append(case)
        found += [_rule_line(form, cases) for cases in by_code.values()]
    return [line for line in found if line.ranges]


def _state_line(form: FormPlan, state: State, what: str) -> Line:
    spots = []
    for spot in form.spots:
        field = form.judge.field(spot)
        wanted = field.required if state is State.MISSING else field.numeric
        if wanted and field.role is not Role.DERIVED:
            spots.append(spot)
    ranges = _ranges((form.states[spot], form.judge.entry(spot).place.column, spot.table) for spot in spots)
    values = {form.states[spot]: int(form.judge.state(spot)) for spot in spots}
    severity = "missing" if state is State.MISSING else "error"
    title, wanted_text = say(f"selfcheck.{what}_title"), say(f"selfcheck.{what}_wanted")
    return Line(form, title, wanted_text, severity, ranges, int(state), -1, values)


def _choice_line(form: FormPlan) -> Line:
    places = form.choices
    ranges = _ranges((places[s], form.judge.entry(s).place.column, s.table) for s in places)
    values = {places[s]: int(form.judge.choice(s)) for s in places}
    texts = (say("selfcheck.not_a_choice_title"), say("selfcheck.not_a_choice_wanted"))
    return Line(form, *texts, "error", ranges, int(Status.FAIL), -1, values)


def _rule_line(form: FormPlan, cases: Sequence[Case]) -> Line:
    rule = cases[0].rule.rule
    marked = [
        (form.statuses[(case.rule.key, case.row)], _target_column(form, case), case.rule.rule.each)
        for case in cases
    ]
    values = {
        form.statuses[(case.rule.key, case.row)]: int(form.judge.verdict(case, View.SHOWN).status)
        for case in cases
    }
    severity = _FAILED[rule.severity]
    return Line(
        form, rule.title, rule.fix, severity, _ranges(marked), int(Status.FAIL), int(Status.WAITING), values
    )


def _target_column(form: FormPlan, case: Case) -> int:
    return form.judge.entry(form.judge.target(case)).place.column


def _ranges(
    cells: Iterable[tuple[tuple[int, int], int, str]],
) -> tuple[tuple[list[tuple[int, int]], int], ...]:
    """Helper cells as runs: those of one table's column together, others one by one."""
    runs: dict[tuple[int, int, str, int], list[tuple[int, int]]] = {}
    for place, column, table in cells:
        key = (place[1], column, table, 0 if table else place[0])
        runs.setdefault(key, []).append(place)
    return tuple((places, key[1]) for key, places in runs.items())


def write_selfcheck(plan: Plan, sheet: Any, formats: Callable[[Mapping[str, Any]], Any]) -> None:
    """Write the sheet.

    Args:
        plan: the workbook's forms with their helper cells.
        sheet: the worksheet to write on.
        formats: gives the format for a set of properties.
    """
    for column, width in enumerate(_WIDTHS):
        sheet.set_column_pixels(column, column, width)
    sheet.set_column(len(_WIDTHS), _TOUCHED_COLUMN + 2, None, None, {"hidden": True})
    _head(plan, sheet, formats)
    row = _FIRST_ROW
    for number, line in enumerate(lines(plan), start=1):
        _Row(line, row, number, sheet, formats).write()
        row += 1
    _finish(sheet, row - 1, formats)


def _head(plan: Plan, sheet: Any, formats: Callable[[Mapping[str, Any]], Any]) -> None:
    last = len(_WIDTHS) - 1
    title = formats({**BODY, "font_name": TITLE_FONT, "font_size": 18, "align": "center"})
    sheet.merge_range(0, 0, 0, last, say("selfcheck.title"), title)
    sheet.set_row(0, 36)
    bar = formats({**BODY, "font_size": 14, "bold": True, "align": "center", "border": 1})
    sheet.merge_range(1, 0, 1, last, "", bar)
    sheet.set_row(1, 32)
    numbers, totals = _totals(plan, sheet)
    touched = _sum_of(_TOUCHED_COLUMN, plan)
    formula = "=" + status_expression(touched, numbers)
    value = status_text(totals, touched=any(plan.judge.touched))
    sheet.write_formula(1, 0, formula, bar, value)
    sheet.set_row(2, 8)
    for what, look in (("error", RED), ("missing", AMBER), ("warning", AMBER)):
        options = {"type": "formula", "criteria": _has(what), "format": formats(look), "stop_if_true": True}
        sheet.conditional_format(1, 0, 1, last, options)
    head = formats({**BODY, "bold": True, "align": "center", "border": 1, "bg_color": HEADER_FILL})
    for column, text in enumerate(say("selfcheck.columns").split("|")):
        sheet.write_string(_FIRST_ROW - 2, column, text, head)
    sheet.set_row(_FIRST_ROW - 2, 26)


def _totals(plan: Plan, sheet: Any) -> tuple[dict[str, str], dict[str, int]]:
    """Write each form's counts in hidden columns, a row for each form; the sums over them, as formulas and now."""
    numbers, totals = {}, {}
    for offset, what in enumerate(("error", "missing", "warning"), start=1):
        column = _TOUCHED_COLUMN + offset
        for row, form in enumerate(plan.forms, start=_FIRST_ROW):
            formula = f"={counting_formula(form, what, sheet=True)}"
            sheet.write_formula(row - 1, column - 1, formula, None, counts(form)[what])
        numbers[what] = _sum_of(column, plan)
        totals[what] = sum(counts(form)[what] for form in plan.forms)
    for row, form in enumerate(plan.forms, start=_FIRST_ROW):
        touched = int(plan.judge.touched[form.index])
        sheet.write_formula(
            row - 1, _TOUCHED_COLUMN - 1, f"={form.cell(form.touched, sheet=True)}", None, touched
        )
    return numbers, totals


def _sum_of(column: int, plan: Plan) -> str:
    letters = column_letters(column)
    return f"SUM(${letters}${_FIRST_ROW}:${letters}${_FIRST_ROW + len(plan.forms) - 1})"


def _has(what: str) -> str:
    mark = say(f"sheet.count_{what}", number="")[:1]
    return f'=ISNUMBER(FIND("{mark}",$A$2))'


class _Row:
    """One line being written; hidden columns G, H hold how many places are wrong and how many wait."""

    def __init__(
        self, line: Line, row: int, number: int, sheet: Any, formats: Callable[[Mapping[str, Any]], Any]
    ) -> None:
        self.line, self.row, self.number, self.sheet, self.formats = line, row, number, sheet, formats
        self.bad = sum(1 for value in line.values.values() if value == line.bad)
        self.waiting = sum(1 for value in line.values.values() if value == line.wait)
        self.good = sum(1 for value in line.values.values() if value == int(Status.PASS))

    def write(self) -> None:
        """Write the line's cells."""
        line = self.line
        centred = self.formats({**BODY, "border": 1, "align": "center"})
        left = self.formats({**BODY, "border": 1, "align": "left"})
        label = form_label(line.form.judge, line.form.index)
        self.sheet.write_number(self.row - 1, 0, self.number, centred)
        self.sheet.write_string(self.row - 1, 1, label, centred)
        self.sheet.write_string(self.row - 1, 2, line.title, left)
        self.sheet.write_string(self.row - 1, 3, line.wanted, left)
        height = max(text_height(line.title, _WIDTHS[2], 10), text_height(line.wanted, _WIDTHS[3], 10), 24)
        self.sheet.set_row(self.row - 1, height)
        self._formula(6, self._counting(line.bad), self.bad, centred)
        self._formula(7, self._counting(line.wait) if line.wait >= 0 else "0", self.waiting, centred)
        self._formula(8, self._counting(int(Status.PASS)), self.good, centred)
        result, value = self._result()
        self._formula(4, result, value, centred)
        link = self.formats({**BODY, **LINK, "border": 1})
        self._formula(5, *self._link(), link)

    def _formula(self, column: int, formula: str, value: object, fmt: Any) -> None:
        self.sheet.write_formula(self.row - 1, column, f"={formula}", fmt, value)

    def _counting(self, value: int) -> str:
        form = self.line.form
        return "+".join(
            f"COUNTIF({form.range(places, sheet=True)},{value})" for places, _ in self.line.ranges
        )

    def _result(self) -> tuple[str, str]:
        bad, waiting, good = f"$G${self.row}", f"$H${self.row}", f"$I${self.row}"
        before, after = say(f"selfcheck.{self.line.severity}", number="\0").split("\0")
        passed, waits, idle = say("selfcheck.pass"), say("selfcheck.waiting"), say("selfcheck.idle")
        formula = (
            f"IF({bad}>0,{literal(before)}&{bad}&{literal(after)},"
            f"IF({waiting}>0,{literal(waits)},IF({good}>0,{literal(passed)},{literal(idle)})))"
        )
        if self.bad:
            return formula, f"{before}{self.bad}{after}"
        if self.waiting:
            return formula, waits
        return formula, passed if self.good else idle

    def _link(self) -> tuple[str, str]:
        """A link to the first wrong cell, and the address it names now."""
        line, form = self.line, self.line.form
        formula, shown = '""', ""
        for places, column in reversed(line.ranges):
            area, letters = form.range(places, sheet=True), column_letters(column)
            row = f"({places[0][0]}+MATCH({line.bad},{area},0)-1)"
            jump = literal(f"#{quoted(form.title)}!{letters}")
            text = literal(f"{say('selfcheck.locate')}{letters}")
            link = f"HYPERLINK({jump}&{row},{text}&{row})"
            formula = f"IF(COUNTIF({area},{line.bad})>0,{link},{formula})"
        for places, column in line.ranges:
            first = next((place for place in places if line.values[place] == line.bad), None)
            if first and not shown:
                shown = f"{say('selfcheck.locate')}{column_letters(column)}{first[0]}"
        return formula, shown


def _finish(sheet: Any, last_row: int, formats: Callable[[Mapping[str, Any]], Any]) -> None:
    area = (_FIRST_ROW - 1, 4, last_row - 1, 4)
    for key, look in (
        ("error", RED),
        ("missing", AMBER),
        ("warning", AMBER),
        ("waiting", AMBER),
        ("notice", BLUE),
        ("pass", GREEN),
    ):
        mark = say(f"selfcheck.{key}", number="").split()[0]
        formula = f'=LEFT($E{_FIRST_ROW},{len(mark)})="{mark}"'
        options = {"type": "formula", "criteria": formula, "format": formats(look), "stop_if_true": True}
        sheet.conditional_format(*area, options)
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(_FIRST_ROW - 2)
    sheet.print_area(0, 0, last_row - 1, len(_WIDTHS) - 1)
    sheet.freeze_panes(_FIRST_ROW - 1, 0)
    sheet.hide_gridlines(2)
    sheet.protect("", {"select_locked_cells": True, "select_unlocked_cells": True, "format_rows": True})
