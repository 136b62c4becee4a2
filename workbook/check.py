"""Which rules a submission breaks: verdicts made into findings, one for each cause, in the order of the sheets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from workbook.blame import Blame, outcomes
from workbook.cellwise import Desk, cell_findings, form_findings
from workbook.excel import column_number
from workbook.explain import explanation
from workbook.judge import Case, Judge, Spot, Status, View
from workbook.model import Catalog, Role, Severity
from workbook.quantity import is_blank
from workbook.submission import Finding, Submission
from workbook.texts import say
from workbook.wording import as_typed, filled_message, group_name, label, worded


def unit_name(submission: Submission) -> str:
    """The unit as the submission names it; empty when it does not."""
    form, _, field = submission.template.unit.partition(".")
    for filled in submission.instances(form):
        entry = filled.fields[field]
        if isinstance(entry.raw, str) and entry.formula is None and not is_blank(entry.raw):
            return entry.raw.strip()
    return ""


def check(submission: Submission, catalog: Catalog) -> tuple[Finding, ...]:
    """Everything that is wrong with a submission.

    Args:
        submission: a returned workbook, read.
        catalog: for the rules that events are raised by.

    Returns:
        Findings in the order of forms, then sheet rows and columns, gravest first at one place.
    """
    judge = Judge(submission)
    desk = Desk(judge, catalog.events, unit_name(submission))
    cells = cell_findings(desk)
    result = outcomes(judge)
    found = [(spot.form, finding) for spot, finding in cells.items()]
    found += form_findings(desk)
    for blame in result.blamed:
        of_no_choice = judge.choice(judge.target(blame.case)) is Status.FAIL  # which is told already
        if blame.case.rule.equals or not of_no_choice:
            found.append((blame.case.form, _blamed(desk, blame)))
    for (_, form), cases in result.waiting.items():
        printed = [case for case in cases if judge.field(judge.target(case)).role is not Role.DERIVED]
        if printed:
            found.append((form, _not_checked(desk, form, printed, cells)))
    found += [(spot.form, desk.raised("overwritten", spot)) for spot in result.right if spot not in cells]
    for spot, verdict in result.stale.items():
        due = worded(verdict.expected, judge.field(spot))
        found.append((spot.form, desk.raised("overwritten_stale", spot, expected=due)))
    return tuple(finding for _, finding in sorted(found, key=_order))


def _blamed(desk: Desk, blame: Blame) -> Finding:
    judge, case, verdict, rule = desk.judge, blame.case, blame.verdict, blame.case.rule
    target = judge.target(case)
    message = filled_message(judge, rule.message, case, verdict, View.RECOMPUTED)
    if blame.severity is not rule.rule.severity:
        message = say("check.digit", message=message)
    if rule.rule.explained and (why := explanation(judge, case, verdict)):
        message = say("check.explained", message=message, explanation=why)
    finding = desk.finding(rule.rule, target, _with_also(desk, blame, message), *_compared(desk, blame))
    named = label(judge, target, group_name(judge, case))
    return replace(finding, severity=blame.severity, label=named)


def _compared(desk: Desk, blame: Blame) -> tuple[str | None, str | None]:
    """What a failed case expects and what it found, as people read it."""
    judge, case, verdict, rule = desk.judge, blame.case, blame.verdict, blame.case.rule
    target, field = judge.target(case), judge.field(judge.target(case))
    if rule.equals:
        return worded(verdict.expected, field), worded(verdict.actual, field)
    expected = filled_message(judge, rule.expected, case, verdict, View.RECOMPUTED)
    if judge.rule_for(target) is not None and not judge.typed_over(target):
        return expected, worded(verdict.actual, field) or None
    return expected, as_typed(judge, target)


def _with_also(desk: Desk, blame: Blame, message: str) -> str:
    """A message that names the other results the same cause makes wrong, or the other places that say the same."""
    judge = desk.judge
    again = [case for case in blame.also if case.rule.rule is blame.case.rule.rule]
    results = [case for case in blame.also if case.rule.rule.computes and case not in again]
    if again:
        places = say("check.and").join(str(judge.entry(judge.target(case)).place) for case in again)
        message = say("check.again", message=message, places=places)
    if results:
        labels = say("check.and").join(label(judge, judge.target(case)) for case in results)
        message = say("check.also", message=message, labels=labels)
    return message


def _not_checked(desk: Desk, form: int, found: Sequence[Case], cells: Mapping[Spot, Finding]) -> Finding:
    """The notice that a rule could not be checked on a form, and because of which findings."""
    judge = desk.judge
    cases = sorted(found, key=lambda case: _place(judge, judge.target(case)))
    rule = cases[0].rule.rule
    because = _because(judge, cases, cells)
    home = judge.submission.forms[form].sheet
    named = [cause.cell if cause.sheet == home else f"{cause.sheet} {cause.cell}" for cause in because]
    listed = say("check.and").join(named[:3]) + (say("check.more") if len(named) > 3 else "")
    message = say("check.not_checked", title=rule.title, cells=listed)
    finding = desk.finding(rule, judge.target(cases[0]), message, None, None)
    return replace(
        finding,
        severity=Severity.NOTICE,
        fix=say("check.not_checked_fix", cells=listed),
        because_of=tuple(cause.origin for cause in because),
    )


def _because(judge: Judge, cases: Sequence[Case], cells: Mapping[Spot, Finding]) -> list[Finding]:
    """The findings on the cells that cases wait for, through computed cells that wait themselves."""
    found: dict[Spot, Finding] = {}
    todo = list(cases)
    seen: set[tuple[str, int, int]] = set()
    while todo:
        case = todo.pop(0)
        key = (case.rule.key, case.form, case.row)
        if key in seen:
            continue
        seen.add(key)
        verdicts = [judge.verdict(case, view) for view in View]
        for spot in dict.fromkeys(s for verdict in verdicts for s in verdict.waits_for):
            rule = judge.rule_for(spot)
            if spot in cells:
                found[spot] = cells[spot]
            elif rule is not None:
                todo.append(Case(rule, spot.form, spot.row))
    return [found[spot] for spot in sorted(found, key=lambda spot: (spot.form, _place(judge, spot)))]


def _place(judge: Judge, spot: Spot) -> tuple[int, int]:
    place = judge.entry(spot).place
    return place.row, place.column


def _order(found: tuple[int, Finding]) -> tuple[int, int, int, int, str]:
    form, finding = found
    letters = finding.cell.rstrip("0123456789")
    return (
        form,
        int(finding.cell[len(letters) :]),
        column_number(letters),
        -finding.severity.gravity,
        finding.code,
    )
