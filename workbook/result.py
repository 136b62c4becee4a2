"""What came of each file that was given to be checked, and what the roll-up needs of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from workbook.excel import Value
from workbook.judge import Judge, Spot, View
from workbook.model import Severity
from workbook.submission import Finding, Submission
from workbook.wording import form_label

FULL_SCORE = 100


class Outcome(StrEnum):
    """How a file ended: its rules were checked, it was refused with a named cause, or left aside with a reason."""

    CHECKED = "checked"
    REFUSED = "refused"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Score:
    """One form with a total; money in 万元, rate as a ratio, scores in 分, ``None`` where unknown.

    ``filed`` and ``grade`` are what the returned form shows, everything else is recomputed from its inputs.
    """

    form: str
    name: str
    repeated: bool
    budget: Decimal | None
    executed: Decimal | None
    rate: Decimal | None
    filed: Decimal | None
    total: Decimal | None
    grade: str


@dataclass(frozen=True, slots=True)
class FileResult:
    """One file given to be checked. ``reason`` says in one sentence why it was refused or left aside."""

    file: str
    path: str
    outcome: Outcome
    template: str = ""
    year: int | None = None
    unit: str = ""
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    scores: tuple[Score, ...] = ()

    def count(self, severity: Severity) -> int:
        """How many findings of a severity the file has; uncheckable rules count apart."""
        return sum(1 for finding in self.findings if finding.severity is severity and not finding.because_of)

    @property
    def unchecked(self) -> int:
        """How many rules could not be checked because of other findings."""
        return sum(1 for finding in self.findings if finding.because_of)


def worst(results: Iterable[FileResult]) -> Severity | None:
    """The gravest severity among files; ``None`` when nothing was found."""
    found = {finding.severity for result in results for finding in result.findings}
    return next((s for s in (Severity.ERROR, Severity.WARNING, Severity.NOTICE) if s in found), None)


def scores(submission: Submission) -> tuple[Score, ...]:
    """The forms of a submission that carry a total, in order, untouched ones left out."""
    judge = Judge(submission)
    found = []
    for index, filled in enumerate(submission.forms):
        if "total_score" in filled.fields and judge.touched[index]:
            found.append(_score(judge, index))
    return tuple(found)


def _score(judge: Judge, form: int) -> Score:
    filled = judge.submission.forms[form]

    def worth(field: str, view: View = View.RECOMPUTED) -> Value:
        return judge.value(Spot(form, "", -1, field), view) if field in filled.fields else None

    def number(field: str, view: View = View.RECOMPUTED) -> Decimal | None:
        value = worth(field, view)
        return value if isinstance(value, Decimal) else None

    budget, executed = number("budget_total"), number("executed_total")
    return Score(
        form=form_label(judge, form),
        name=str(worth("project_name") or ""),
        repeated=bool(filled.form.repeat),
        budget=budget,
        executed=executed,
        rate=None if budget is None or executed is None else number("execution_rate"),
        filed=number("total_score", View.SHOWN),
        total=number("total_score"),
        grade=_grade(judge, form),
    )


def _grade(judge: Judge, form: int) -> str:
    """The grade a form shows; a total above the full score gets none but what the unit itself has written."""
    spot, total = Spot(form, "", -1, "grade"), Spot(form, "", -1, "total_score")
    if "grade" not in judge.filled(spot).fields:
        return ""
    filed = judge.value(total, View.SHOWN)
    if isinstance(filed, Decimal) and filed > FULL_SCORE and not judge.typed_over(spot):
        return ""
    return str(judge.value(spot, View.SHOWN) or "")
