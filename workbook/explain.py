"""Why a total may be off: the one explanation that fits exactly, if exactly one does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from workbook.judge import Case, Judge, Spot, Verdict, View
from workbook.model import Apply, Bound, Reference
from workbook.texts import say
from workbook.wording import caption, form_label, worded

_TEN_THOUSAND = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class _Term:
    label: str
    value: Decimal
    shown: str
    in_table: bool


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
    if judge.field(judge.target(case)).constant is not None:
        found = list(_left_out_of_printed(judge, case, expected, actual))
    else:
        found = list(_explanations(judge, case, actual, expected))
    return found[0] if len(found) == 1 else ""


def _left_out_of_printed(judge: Judge, case: Case, printed: Decimal, summed: Decimal) -> Iterator[str]:
    """A form prints a total that the unit did not add up: all it can have forgotten is what stands outside the table."""
    for term in _terms(judge, case):
        if not term.in_table and term.value and abs(summed - term.value - printed) <= case.rule.within:
            yield say("explain.left_out", label=term.label, value=term.shown)


def _explanations(judge: Judge, case: Case, claimed: Decimal, summed: Decimal) -> Iterator[str]:
    within = case.rule.within
    for term in _terms(judge, case):
        if term.value == 0:
            continue
        if claimed and abs(summed - term.value - claimed) <= within:
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
                name = _name(judge, spot, case)
                terms.append(_Term(name, value, worded(value, judge.field(spot)), bool(spot.table)))
    return terms


def _summed(tree: Bound) -> Iterator[Reference]:
    """The references whose values are plainly added up by an expression."""
    if isinstance(tree, Reference):
        yield tree
    elif isinstance(tree, Apply) and tree.function.name in ("+", "SUM", "TOTAL"):
        for argument in tree.arguments:
            yield from _summed(argument)


def _name(judge: Judge, spot: Spot, case: Case) -> str:
    name = caption(judge, spot) if spot.table else judge.field(spot).label
    return name if spot.form == case.form else f"{form_label(judge, spot.form)}·{name}"
