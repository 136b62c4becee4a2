"""How values and labels are worded for people: numbers, percentages, captions, messages with their places filled."""

from __future__ import annotations

from decimal import Decimal

from workbook.excel import Value, plain, round_half_up
from workbook.judge import Case, Judge, Spot, Verdict, View
from workbook.model import Field, Message, Reference, Slot, worded_choice
from workbook.texts import say


def worded(value: Value, field: Field) -> str:
    """A value as a message shows it: percentages with two digits at most, numbers without trailing zeros."""
    if isinstance(value, Decimal):
        if field.kind == "percent":
            return f"{plain(round_half_up(value * 100, 2))}%"
        return plain(round_half_up(value, field.decimals) if field.numeric else value)
    return "" if value is None else str(value)


def choice_list(judge: Judge, spot: Spot) -> str:
    """The choices of a spot as a sentence lists them."""
    return say("check.and").join(worded_choice(choice) for choice in judge.entry(spot).choices)


def as_typed(judge: Judge, spot: Spot) -> str | None:
    """What stands in a cell, as its reader sees it; ``None`` when it is blank or holds the form's own formula."""
    entry, field = judge.entry(spot), judge.field(spot)
    if entry.formula is not None:
        return f"={entry.formula}" if judge.rule_for(spot) is None else None
    if isinstance(entry.raw, Decimal) and field.kind == "percent":
        return worded(entry.raw, field)
    if isinstance(entry.raw, Decimal):
        return judge.text(spot)
    return None if entry.raw is None else str(entry.raw)


def form_label(judge: Judge, form: int) -> str:
    """A filled form's name: 整体自评表, or 项目自评表2 where there are several."""
    filled = judge.submission.forms[form]
    several = len(judge.submission.instances(filled.form.id)) > 1
    return f"{filled.form.label}{filled.index}" if several else filled.form.label


def caption(judge: Judge, spot: Spot) -> str:
    """What a row is called: its caption, else where it stands."""
    filled = judge.filled(spot)
    table = filled.form.tables[spot.table]
    text = judge.text(Spot(spot.form, spot.table, spot.row, table.caption))
    if text:
        return text
    entries = filled.tables[spot.table][spot.row]
    row = next(iter(entries.values())).place.row
    return say("label.row", row=row)


def label(judge: Judge, spot: Spot, group: str = "") -> str:
    """What a spot is called in messages: its label, after the row's caption or the group's name."""
    field = judge.field(spot)
    if not spot.table:
        return field.label
    return f"{group or caption(judge, spot)}·{field.label}"


def filled_message(
    judge: Judge, message: Message, case: Case, verdict: Verdict, view: View, *, brief: bool = False
) -> str:
    """A message with its places filled for one verdict; ``brief`` beside the row it speaks of."""
    parts = []
    for part in message:
        if isinstance(part, str):
            parts.append(part)
        elif isinstance(part, Slot):
            parts.append(_slot(judge, part, case, verdict, brief))
        else:
            parts.append(_reference(judge, part, case, view))
    return "".join(parts)


def _slot(judge: Judge, slot: Slot, case: Case, verdict: Verdict, brief: bool) -> str:
    target = judge.target(case)
    match slot.name:
        case "label" if brief:
            return judge.field(target).short
        case "label":
            return label(judge, target, group_name(judge, case))
        case "expected":
            return worded(verdict.expected, judge.field(target))
        case "actual":
            return worded(verdict.actual, judge.field(target))
    return ""


def _reference(judge: Judge, reference: Reference, case: Case, view: View) -> str:
    value = judge.worth(reference, case, view)
    return "" if isinstance(value, tuple) else worded(value, reference.scope.field)


def group_name(judge: Judge, case: Case) -> str:
    """The value that a group of rows shares; empty for a case that is no group."""
    if not case.group:
        return ""
    rule = case.rule.rule
    return judge.text(Spot(case.form, rule.each, case.group[0], rule.by)) or ""
