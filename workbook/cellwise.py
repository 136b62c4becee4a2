"""What a cell deserves by itself: missing, unreadable, an error, a formula where none belongs or another than ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from workbook.excel import ExcelError, plain
from workbook.intact import changed_formulas
from workbook.judge import Judge, Spot, State, Status, View
from workbook.model import Role, Rule
from workbook.quantity import Unreadable, amounts_alike, read_number, read_quantity
from workbook.submission import Finding
from workbook.texts import say
from workbook.wording import as_typed, choice_list, form_label, label, worded


@dataclass(frozen=True, slots=True)
class Desk:
    """What is needed to write findings on a submission: its values, the rules by event, the unit's name."""

    judge: Judge
    events: Mapping[str, Rule]
    unit: str

    def finding(
        self, rule: Rule, spot: Spot, message: str, expected: str | None, actual: str | None
    ) -> Finding:
        """A finding of a rule at a spot, in the rule's own severity and words."""
        place = self.judge.entry(spot).place
        return Finding(
            code=rule.code,
            severity=rule.severity,
            file=self.judge.submission.file,
            unit=self.unit,
            form=form_label(self.judge, spot.form),
            sheet=place.sheet,
            cell=place.cell,
            label=label(self.judge, spot),
            expected=expected,
            actual=actual,
            message=message,
            fix=rule.fix,
            basis=rule.basis,
        )

    def raised(self, event: str, spot: Spot, **words: str) -> Finding:
        """The finding of an event at a spot; ``words`` fill the places of its texts beside label and actual."""
        rule = self.events[event]
        actual = words.pop("shown", None) or as_typed(self.judge, spot)
        values = {"label": label(self.judge, spot), "actual": actual or "", **words}
        expected = rule.expected.format(**values) or None
        values["hint"] = values.get("hint", "") + values.pop("alike", "")
        finding = self.finding(rule, spot, rule.message.format(**values), expected, actual)
        return replace(finding, fix=rule.fix.format(**values))


def cell_findings(desk: Desk) -> dict[Spot, Finding]:
    """The finding of each cell that has one, in the order of forms and fields."""
    judge = desk.judge
    changed = changed_formulas(judge)
    found: dict[Spot, Finding] = {}
    for form in range(len(judge.submission.forms)):
        for spot in judge.spots(form):
            if judge.field(spot).role is Role.CONSTANT:
                continue
            finding = _changed(desk, spot, changed[spot]) if spot in changed else _own(desk, spot)
            if finding is not None:
                found[spot] = finding
    return found


def _changed(desk: Desk, spot: Spot, formula: str) -> Finding:
    value = worded(desk.judge.value(spot, View.RECOMPUTED), desk.judge.field(spot))
    return desk.raised(
        "formula_changed", spot, shown=f"={formula}", expected=value or say("check.by_formula")
    )


def _own(desk: Desk, spot: Spot) -> Finding | None:
    judge, field = desk.judge, desk.judge.field(spot)
    state, entry = judge.state(spot), judge.entry(spot)
    if state is State.MISSING:
        return desk.raised("missing", spot)
    if state is State.UNREADABLE:
        if entry.formula is not None:
            return desk.raised("formula_in_input", spot)
        if isinstance(entry.raw, ExcelError):
            return desk.raised("error_value", spot)
        reason, hint, alike = _reading(judge, spot)
        return desk.raised("unreadable", spot, reason=reason, hint=hint, alike=alike)
    if judge.choice(spot) is Status.FAIL:
        return desk.raised("not_a_choice", spot, choices=choice_list(judge, spot))
    text = judge.text(spot)
    if field.kind == "quantity" and text is not None and judge.malformed(spot):
        reading = read_quantity(text)
        hint = _probable(reading.hint) if isinstance(reading, Unreadable) else ""
        return desk.raised("malformed", spot, hint=hint)
    return None


def _reading(judge: Judge, spot: Spot) -> tuple[str, str, str]:
    """Why a text is no number, what it probably means by itself, and which readable amount it resembles."""
    text, field = as_typed(judge, spot) or "", judge.field(spot)
    reading = read_number(text, field.unit)
    if not isinstance(reading, Unreadable):
        value, how = reading
        return say(f"reading.{how or 'text'}"), say("hint.retype", value=_in_field(value, field.kind)), ""
    own = _probable(reading.hint)
    alike = _alike(judge, spot, text)
    if alike is not None:
        value_shown = worded(judge.value(alike, View.SHOWN), judge.field(alike))
        if reading.hint is None or plain(reading.hint) != value_shown:
            where = {"form": form_label(judge, alike.form), "label": label(judge, alike)}
            return say(f"reading.{reading.reason}"), own, say("hint.alike", value=value_shown, **where)
    return say(f"reading.{reading.reason}"), own, ""


def _in_field(value: Decimal, kind: str) -> str:
    return f"{plain(value * 100)}%" if kind == "percent" else plain(value)


def _alike(judge: Judge, spot: Spot, text: str) -> Spot | None:
    """Another readable amount of the submission whose digits all but equal a malformed text's."""
    if judge.field(spot).kind != "money":
        return None
    for form in range(len(judge.submission.forms)):
        for other in judge.spots(form):
            value = judge.value(other, View.SHOWN)
            if (
                judge.field(other).kind == "money"
                and isinstance(value, Decimal)
                and amounts_alike(text, value)
            ):
                return other
    return None


def _probable(hint: Decimal | None) -> str:
    return "" if hint is None else say("hint.probable", value=plain(hint))


def form_findings(desk: Desk) -> list[tuple[int, Finding]]:
    """A finding for each form that is not in use, with the form's position, and for sheets nobody asked for."""
    judge, found = desk.judge, []
    used = {_group(judge, form) for form in range(len(judge.submission.forms)) if _in_use(judge, form)}
    for form in range(len(judge.submission.forms)):
        if judge.touched[form]:
            continue
        spare = judge.submission.forms[form].form.repeat and _group(judge, form) not in used
        rule = desk.events["untouched_spare" if spare else "untouched"]
        spot = next(s for s in judge.spots(form) if judge.field(s).role is Role.INPUT)
        named = form_label(judge, form)
        finding = desk.finding(rule, spot, rule.message.format(label=named), None, None)
        found.append((form, replace(finding, label=named)))
    last = len(judge.submission.forms)
    for title in judge.submission.extra_sheets:
        rule = desk.events["extra_sheet"]
        first = next(iter(judge.spots(0)))
        finding = desk.finding(rule, first, rule.message.format(actual=title), None, title)
        found.append((last, replace(finding, form=title, sheet=title, cell="A1", label=title)))
    return found


def _group(judge: Judge, form: int) -> tuple[str, int]:
    """Which repeating group and instance a form belongs to: a project's form and report go together."""
    filled = judge.submission.forms[form]
    return filled.form.repeat or filled.form.id, filled.index


def _in_use(judge: Judge, form: int) -> bool:
    """Whether the unit filled anything of a form, a computed cell included."""
    return judge.touched[form] or any(
        judge.rule_for(spot) is not None and judge.typed_over(spot) for spot in judge.spots(form)
    )
