"""Which failed verdicts stand for themselves: both views weighed, one cause kept once, what waits set apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from workbook.evaluate import evaluate
from workbook.judge import Case, Judge, Spot, Status, Verdict, View
from workbook.model import Severity, references


@dataclass(frozen=True, slots=True)
class Blame:
    """A failed case with the verdict to report, and the failures that it accounts for."""

    case: Case
    verdict: Verdict
    also: tuple[Case, ...] = ()

    @property
    def severity(self) -> Severity:
        """How grave the failure is: as the verdict says, else as the rule declares."""
        return self.verdict.severity or self.case.rule.rule.severity


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What came of all cases of a submission.

    ``blamed`` are to be reported; ``waiting`` are the cases that could not be judged, by rule code and form;
    ``right`` the computed cells typed over with the right value, ``stale`` those that are right only as long as
    a wrong cell above them is not corrected, with the value they should have then.
    """

    blamed: tuple[Blame, ...]
    waiting: Mapping[tuple[str, int], Sequence[Case]]
    right: tuple[Spot, ...]
    stale: Mapping[Spot, Verdict]


def outcomes(judge: Judge) -> Outcomes:
    """Weigh every case of a submission.

    A typed result is blamed only if it differs from everything that follows from the shown and from the recomputed
    inputs; a condition only if it is false for both, or nothing blamed accounts for the difference.
    """
    blamed: list[Blame] = []
    waiting: dict[tuple[str, int], list[Case]] = {}
    right: list[Spot] = []
    stale: dict[Spot, Verdict] = {}
    for case in judge.cases():
        shown, recomputed = judge.verdict(case, View.SHOWN), judge.verdict(case, View.RECOMPUTED)
        defined = [v for v in (recomputed, shown) if v.status in (Status.PASS, Status.FAIL)]
        target = judge.target(case)
        if not defined and Status.WAITING in (shown.status, recomputed.status):
            waiting.setdefault((case.rule.rule.code, case.form), []).append(case)
        elif case.rule.rule.computes:
            if not judge.typed_over(target) or not defined:
                continue
            if all(verdict.status is Status.FAIL for verdict in defined):
                mildest = min((v.severity or Severity.ERROR for v in defined), key=lambda s: s.gravity)
                blamed.append(Blame(case, replace(defined[0], severity=mildest)))
            elif recomputed.status is Status.FAIL:
                stale[target] = recomputed
            else:
                right.append(target)
        elif recomputed.status is Status.FAIL:
            blamed.append(Blame(case, recomputed))
    kept = _folded(judge, _without_echoes(judge, blamed))
    return Outcomes(tuple(kept), waiting, tuple(right), stale)


def ancestors(judge: Judge, case: Case) -> set[Spot]:
    """Every spot a case depends on, through computed ones."""
    found: set[Spot] = set()
    todo = [case]
    while todo:
        current = todo.pop()
        trees = [current.rule.tree, *([current.rule.when] if current.rule.when else [])]
        for reference in (r for tree in trees for r in references(tree)):
            for spot in judge.spots_of(reference.scope, current):
                rule = judge.rule_for(spot)
                if spot not in found and rule is not None:
                    todo.append(Case(rule, spot.form, spot.row))
                found.add(spot)
    return found


def _without_echoes(judge: Judge, blamed: Sequence[Blame]) -> list[Blame]:
    """Without conditions that only recomputed values break and a blamed cell already accounts for."""
    causes = {judge.target(blame.case) for blame in blamed if blame.case.rule.rule.computes}
    kept = []
    for blame in blamed:
        condition = not blame.case.rule.rule.computes
        passes = judge.verdict(blame.case, View.SHOWN).status is Status.PASS
        if not (condition and passes and causes & ancestors(judge, blame.case)):
            kept.append(blame)
    return kept


def _folded(judge: Judge, blamed: Sequence[Blame]) -> list[Blame]:
    """Several failures of one cause as one: at the earliest cell, unless a later one is graver."""
    depth = {id(blame): len(ancestors(judge, blame.case)) for blame in blamed}
    kept: list[Blame] = []
    also: dict[int, list[Case]] = {}
    for blame in sorted(blamed, key=lambda b: depth[id(b)]):
        named = [other for other in blamed if _named_cause(judge, other, blame)]
        cause = next(iter(named), None) or next(
            (other for other in kept if _chained(judge, other, blame)), None
        )
        if cause is None:
            kept.append(blame)
        else:
            also.setdefault(id(cause), []).append(blame.case)
    return [replace(blame, also=tuple(also.get(id(blame), ()))) for blame in kept]


def _named_cause(judge: Judge, earlier: Blame, later: Blame) -> bool:
    """Whether a rule says of itself that another's failure accounts for its own.

    A rule with ``follows`` says so only of a value that follows from the earlier, wrong cell.
    """
    rule = later.case.rule
    if (
        earlier is later
        or earlier.case.form != later.case.form
        or earlier.severity.gravity < later.severity.gravity
    ):
        return False
    if earlier.case.rule.rule.code not in rule.rule.same_cause.split():
        return False
    same_row = not (earlier.case.rule.rule.each and rule.rule.each) or earlier.case.row == later.case.row
    if rule.follows is None:
        return same_row
    followed = evaluate(rule.follows, lambda reference: judge.worth(reference, later.case, View.SHOWN))
    actual = later.verdict.actual
    if not isinstance(followed, Decimal) or not isinstance(actual, Decimal):
        return False
    return abs(followed - actual) <= max(rule.band, rule.within)


def _chained(judge: Judge, earlier: Blame, later: Blame) -> bool:
    """Whether a failure lies further along the chain of another, or says the same thing again."""
    if earlier.severity.gravity < later.severity.gravity:
        return False
    one, other = earlier.case.rule.rule, later.case.rule.rule
    if one is other and one.together:
        return (
            earlier.case.rule.form == later.case.rule.form and earlier.verdict.actual == later.verdict.actual
        )
    if not one.computes or not other.computes:
        return False
    return judge.target(earlier.case) in ancestors(judge, later.case)
