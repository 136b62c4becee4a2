"""Why a total may be off: the one explanation that fits exactly, if exactly one does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from workbook.judge import Case, Judge, Spot, Verdict, View
from workbook.model import Apply, Bound, Reference
from workbook.texts import say
from workbook.wording import caption, worded

_TEN_THOUSAND = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class _Term:
    label: str
    value: Decimal
    shown: str


def explanation(judge: Judge, case: Case, verdict: Verdict) -> str:
    """A phrase such as ``漏计了“预算执行率得分”7.44``; empty when none or more than one explanation fits.

    Args:
        judge: the submission.
        case: a failed *equals* case over a sum.
        verdict: its verdict, with expected and actual numbers.
    """
    expected, actual = verdict.expected, verdict.actual
    if not isinstance(expected, Decimal) or not isinstance(actual, Decimal):
        return ""
    printed = judge.field(judge.target(case)).constant is not None
    claimed, summed = (expected, actual) if printed else (actual, expected)
    found = list(_explanations(judge, case, claimed, summed))
    return found[0] if len(found) == 1 else ""


def _explanations(judge: Judge, case: Case, claimed: Decimal, summed: Decimal) -> Iterator[str]:
    within = case.rule.within
    for term in _terms(judge, case):
        if term.value == 0:
            continue
        if abs(summed - term.value - claimed) <= within:
            yield say("explain.left_out", label=term.label, value=term.shown)
        if abs(summed + term.value - claimed) <= within:
            yield say("explain.twice", label=term.label, value=term.shown)
    if summed != 0 and claimed != 0 and case.rule.target.field.kind == "money":
        if abs(summed * _TEN_THOUSAND - claimed) <= within * _TEN_THOUSAND:
            yield say("explain.yuan")
        if abs(claimed * _TEN_THOUSAND - summed) <= within * _TEN_THOUSAND:
            yield say("explain.ten_thousand")


def _terms(judge: Judge, case: Case) -> list[_Term]:
    terms = []
    for reference in _summed(case.rule.tree):
        for spot in judge.spots_of(reference.scope, case):
            value = judge.value(spot, View.RECOMPUTED)
            if isinstance(value, Decimal):
                terms.append(_Term(_name(judge, spot), value, worded(value, judge.field(spot))))
    return terms


def _summed(tree: Bound) -> Iterator[Reference]:
    """The references whose values are plainly added up by an expression."""
    if isinstance(tree, Reference):
        yield tree
    elif isinstance(tree, Apply) and tree.function.name in ("+", "SUM", "TOTAL"):
        for argument in tree.arguments:
            yield from _summed(argument)


def _name(judge: Judge, spot: Spot) -> str:
    return caption(judge, spot) if spot.table else judge.field(spot).label
