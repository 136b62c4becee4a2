"""Which rules a submission breaks: verdicts in both views made into findings, one for each cause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from workbook.excel import ExcelError, plain
from workbook.explain import explanation
from workbook.judge import Case, Judge, Spot, State, Status, Verdict, View
from workbook.model import (
    Catalog,
    Finding,
    Place,
    Role,
    Rule,
    Severity,
    Submission,
    references,
)
from workbook.quantity import Unreadable, amounts_alike, is_blank, read_number, read_quantity
from workbook.texts import say
from workbook.wording import as_typed, filled_message, form_label, group_name, label, worded

_GRAVITY = {Severity.NOTICE: 0, Severity.WARNING: 1, Severity.ERROR: 2}


def unit_name(submission: Submission) -> str:
    """The unit as the submission names it; empty when it does not."""
    form, _, field = submission.template.unit.partition(".")
    for filled in submission.instances(form):
        raw = filled.fields[field].raw
        if raw is not None and not is_blank(str(raw)):
            return str(raw).strip()
    return ""


def check(submission: Submission, catalog: Catalog) -> tuple[Finding, ...]:
    """Everything that is wrong with a submission.

    Args:
        submission: a returned workbook, read.
        catalog: for the rules that events are raised by.

    Returns:
        Findings in the order of forms, then sheet rows and columns, gravest first at one place.
    """
    return _Check(submission, catalog).findings()


@dataclass(frozen=True, slots=True)
class _Blame:
    """A failed case with the verdict to report."""

    case: Case
    verdict: Verdict
    view: View


class _Check:
    def __init__(self, submission: Submission, catalog: Catalog) -> None:
        self.judge = Judge(submission)
        self.submission = submission
        self.events = catalog.events
        self.unit = unit_name(submission)

    def findings(self) -> tuple[Finding, ...]:
        spots = [spot for form in range(len(self.submission.forms)) for spot in self.judge.spots(form)]
        self.origins = {spot: finding for spot in spots if (finding := self._cell_finding(spot))}
        found: list[tuple[int, Finding]] = [(spot.form, finding) for spot, finding in self.origins.items()]
        found += self._untouched()
        blamed, waiting, right = self._outcomes()
        kept, folded = self._fold(blamed)
        found += [(blame.case.form, self._blamed(blame, folded.get(id(blame), []))) for blame in kept]
        found += self._not_checked(waiting)
        found += [(spot.form, self._raise("overwritten", spot)) for spot in right]
        return tuple(finding for _, finding in sorted(found, key=_order))

    # ---------------------------------------------------------------- single cells

    def _cell_finding(self, spot: Spot) -> Finding | None:
        """The finding a cell deserves by itself: missing, unreadable, a formula where none belongs."""
        judge, field = self.judge, self.judge.field(spot)
        if field.role is Role.CONSTANT or not judge.touched[spot.form]:
            return None
        state = judge.state(spot)
        if state is State.MISSING:
            return self._raise("missing", spot)
        if state is State.UNREADABLE:
            formula = judge.entry(spot).formula is not None
            return self._raise("formula_in_input" if formula else "unreadable", spot)
        text = judge.text(spot)
        if field.kind == "quantity" and text is not None:
            reading = read_quantity(text)
            if isinstance(reading, Unreadable):
                return self._raise("malformed", spot, hint=_probable(reading.hint))
        return None

    def _raise(self, event: str, spot: Spot, hint: str = "") -> Finding:
        rule = self.events[event]
        typed = as_typed(self.judge, spot)
        alike = ""
        if event == "unreadable":
            hint, alike = self._hint(spot)
        values = {"label": label(self.judge, spot), "actual": typed or "", "hint": hint}
        expected = rule.expected.format(**values) or None
        values["hint"] += alike
        message, fix = rule.message.format(**values), rule.fix.format(**values)
        return self._finding(rule, spot, message, expected, typed, fix=fix)

    def _hint(self, spot: Spot) -> tuple[str, str]:
        """What an unreadable number probably means by itself, and which readable amount it resembles."""
        text, field = as_typed(self.judge, spot) or "", self.judge.field(spot)
        if isinstance(self.judge.entry(spot).raw, bool | ExcelError):
            return "", ""
        reading = read_number(text, field.unit)
        own = reading.hint if isinstance(reading, Unreadable) else reading[0]
        alike = self._alike(spot, text)
        if alike is None:
            return _probable(own), ""
        value = worded(self.judge.value(alike, View.SHOWN), self.judge.field(alike))
        if own is not None and plain(own) == value:
            return _probable(own), ""
        where = {"form": form_label(self.judge, alike.form), "label": label(self.judge, alike)}
        return _probable(own), say("hint.alike", value=value, **where)

    def _alike(self, spot: Spot, text: str) -> Spot | None:
        """Another readable amount of the submission whose digits all but equal a malformed text's."""
        kind = self.judge.field(spot).kind
        for form in range(len(self.submission.forms)):
            for other in self.judge.spots(form):
                value = self.judge.value(other, View.SHOWN)
                same_kind = self.judge.field(other).kind == kind == "money"
                if same_kind and isinstance(value, Decimal) and amounts_alike(text, value):
                    return other
        return None

    def _untouched(self) -> Iterator[tuple[int, Finding]]:
        for form, filled in enumerate(self.submission.forms):
            if self.judge.touched[form]:
                continue
            rule = self.events["untouched_spare" if filled.form.repeat else "untouched"]
            spot = next(s for s in self.judge.spots(form) if self.judge.field(s).role is Role.INPUT)
            message = rule.message.format(label=form_label(self.judge, form))
            finding = self._finding(rule, spot, message, None, None)
            yield form, replace(finding, label=form_label(self.judge, form))

    # ---------------------------------------------------------------- rules

    def _outcomes(self) -> tuple[list[_Blame], dict[tuple[str, int], list[Case]], list[Spot]]:
        """Failed cases; cases that wait, by rule and form; computed cells typed over with the right value."""
        blamed: list[_Blame] = []
        waiting: dict[tuple[str, int], list[Case]] = {}
        right: list[Spot] = []
        for case in self.judge.cases():
            shown = self.judge.verdict(case, View.SHOWN)
            recomputed = self.judge.verdict(case, View.RECOMPUTED)
            if Status.WAITING in (shown.status, recomputed.status) and not _decided(shown, recomputed):
                waiting.setdefault((case.rule.rule.code, case.form), []).append(case)
            elif case.rule.rule.computes:
                self._computed_outcome(case, shown, recomputed, blamed, right)
            elif recomputed.status is Status.FAIL:
                blamed.append(_Blame(case, recomputed, View.RECOMPUTED))
        return self._without_stale(blamed), waiting, right

    def _computed_outcome(
        self, case: Case, shown: Verdict, recomputed: Verdict, blamed: list[_Blame], right: list[Spot]
    ) -> None:
        target = self.judge.target(case)
        if not self.judge.typed_over(target):
            return
        defined = [v for v in (recomputed, shown) if v.status in (Status.PASS, Status.FAIL)]
        if defined and all(verdict.status is Status.FAIL for verdict in defined):
            mildest = min(defined, key=lambda v: _GRAVITY[v.severity or Severity.ERROR])
            blamed.append(_Blame(case, replace(defined[0], severity=mildest.severity), View.RECOMPUTED))
        elif defined:
            right.append(target)

    def _without_stale(self, blamed: list[_Blame]) -> list[_Blame]:
        """Without conditions that only the recomputed values break and a blamed cell already accounts for."""
        causes = {self.judge.target(b.case) for b in blamed if b.case.rule.rule.computes}
        kept = []
        for blame in blamed:
            shown = self.judge.verdict(blame.case, View.SHOWN)
            condition = not blame.case.rule.rule.computes
            if condition and shown.status is Status.PASS and causes & self._ancestors(blame.case):
                continue
            kept.append(blame)
        return kept

    def _ancestors(self, case: Case) -> set[Spot]:
        """Every spot a case depends on, through computed ones."""
        found: set[Spot] = set()
        todo = [case]
        while todo:
            current = todo.pop()
            trees = [current.rule.tree, *([current.rule.when] if current.rule.when else [])]
            for reference in (r for tree in trees for r in references(tree)):
                for spot in self.judge.spots_of(reference.scope, current):
                    rule = self.judge.rule_for(spot)
                    if spot not in found and rule is not None:
                        todo.append(Case(rule, spot.form, spot.row))
                    found.add(spot)
        return found

    def _fold(self, blamed: Sequence[_Blame]) -> tuple[list[_Blame], Mapping[int, list[_Blame]]]:
        """Several deviations of one cause become one: at the earliest cell, unless a later one is graver."""
        kept: list[_Blame] = []
        folded: dict[int, list[_Blame]] = {}
        for blame in sorted(blamed, key=lambda b: len(self._ancestors(b.case))):
            cause = next((other for other in kept if self._causes(other, blame)), None)
            if cause is None:
                kept.append(blame)
            else:
                folded.setdefault(id(cause), []).append(blame)
        return kept, folded

    def _causes(self, earlier: _Blame, later: _Blame) -> bool:
        if _gravity(earlier) < _gravity(later):
            return False
        named = earlier.case.rule.rule.code in later.case.rule.rule.same_cause.split()
        if named and earlier.case.form == later.case.form:
            return True
        chain = earlier.case.rule.rule.computes and later.case.rule.rule.computes
        return chain and self.judge.target(earlier.case) in self._ancestors(later.case)

    # ---------------------------------------------------------------- findings

    def _blamed(self, blame: _Blame, also: Sequence[_Blame]) -> Finding:
        case, verdict, rule = blame.case, blame.verdict, blame.case.rule
        target = self.judge.target(case)
        message = filled_message(self.judge, rule.message, case, verdict, blame.view)
        if verdict.severity is not rule.rule.severity:
            message = say("check.digit", message=message)
        if rule.rule.explained and (why := explanation(self.judge, case, verdict)):
            message = say("check.explained", message=message, explanation=why)
        if also:
            labels = say("check.and").join(label(self.judge, self.judge.target(other.case)) for other in also)
            message = say("check.also", message=message, labels=labels)
        field = self.judge.field(target)
        if rule.equals:
            expected: str | None = worded(verdict.expected, field)
            actual: str | None = worded(verdict.actual, field)
        else:
            expected = filled_message(self.judge, rule.expected, case, verdict, blame.view)
            actual = as_typed(self.judge, target)
            if self.judge.rule_for(target) is not None and not self.judge.typed_over(target):
                actual = worded(verdict.actual, field) or None
        finding = self._finding(rule.rule, target, message, expected, actual)
        named = label(self.judge, target, group_name(self.judge, case))
        return replace(finding, severity=verdict.severity or rule.rule.severity, label=named)

    def _not_checked(self, waiting: Mapping[tuple[str, int], list[Case]]) -> Iterator[tuple[int, Finding]]:
        for (_, form), found in waiting.items():
            cases = sorted(found, key=lambda case: self._place(self.judge.target(case)))
            rule = cases[0].rule.rule
            because = self._because(cases)
            home = self.submission.forms[form].sheet
            named = [cause.cell if cause.sheet == home else f"{cause.sheet}{cause.cell}" for cause in because]
            cells = say("check.and").join(named[:3]) + (say("check.more") if len(named) > 3 else "")
            message = say("check.not_checked", title=rule.title, cells=cells)
            finding = self._finding(rule, self.judge.target(cases[0]), message, None, None)
            yield (
                form,
                replace(
                    finding,
                    severity=Severity.NOTICE,
                    fix=say("check.not_checked_fix", cells=cells),
                    because_of=tuple(cause.origin for cause in because),
                ),
            )

    def _because(self, cases: Sequence[Case]) -> list[Finding]:
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
            verdicts = [self.judge.verdict(case, view) for view in View]
            for spot in dict.fromkeys(s for verdict in verdicts for s in verdict.waits_for):
                rule = self.judge.rule_for(spot)
                if spot in self.origins:
                    found[spot] = self.origins[spot]
                elif rule is not None:
                    todo.append(Case(rule, spot.form, spot.row))
        return [found[spot] for spot in sorted(found, key=lambda spot: (spot.form, self._place(spot)))]

    def _place(self, spot: Spot) -> tuple[int, int]:
        place = self.judge.entry(spot).place
        return place.row, place.column

    def _finding(
        self, rule: Rule, spot: Spot, message: str, expected: str | None, actual: str | None, fix: str = ""
    ) -> Finding:
        place: Place = self.judge.entry(spot).place
        return Finding(
            code=rule.code,
            severity=rule.severity,
            file=self.submission.file,
            unit=self.unit,
            form=form_label(self.judge, spot.form),
            sheet=place.sheet,
            cell=place.cell,
            label=label(self.judge, spot),
            expected=expected,
            actual=actual,
            message=message,
            fix=fix or rule.fix,
            basis=rule.basis,
        )


def _decided(*verdicts: Verdict) -> bool:
    """Whether one view says something although the other waits."""
    return any(verdict.status in (Status.PASS, Status.FAIL) for verdict in verdicts)


def _gravity(blame: _Blame) -> int:
    return _GRAVITY[blame.verdict.severity or Severity.ERROR]


def _probable(hint: Decimal | None) -> str:
    return "" if hint is None else say("hint.probable", value=plain(hint))


def _order(found: tuple[int, Finding]) -> tuple[int, int, int, int, str]:
    form, finding = found
    letters = finding.cell.rstrip("0123456789")
    column = sum((ord(c) - 64) * 26**i for i, c in enumerate(reversed(letters)))
    return form, int(finding.cell[len(letters) :]), column, -_GRAVITY[finding.severity], finding.code
