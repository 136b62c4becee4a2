"""What a cell lets people type: Excel's data validation, made from the rules where one fits, else from the field's kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any

from workbook.excel import VALIDATION_ERROR_LIMIT, VALIDATION_PROMPT_LIMIT, VALIDATION_TITLE_LIMIT
from workbook.formula import spell
from workbook.judge import Case, Spot
from workbook.model import Field, Role, worded_choice
from workbook.plan import At, FormPlan
from workbook.texts import say
from workbook.wording import choice_list

_VALIDATION_FORMULA_LIMIT = 255
_LARGEST_AMOUNT = 99_999_999


def validation(form: FormPlan, spot: Spot) -> dict[str, Any] | None:
    """The validation of an input cell as xlsxwriter takes it; for a table, of its column's first row.

    A *holds* rule about this very cell that needs nothing but its own row and can stand in the sheet becomes the
    validation's formula; numbers without such a rule, and amounts, are held to their kind. Choices are a list to
    choose from.
    """
    field = form.judge.field(spot)
    options: dict[str, Any] = {"validate": "any"}
    choices = form.judge.entry(spot).choices
    if choices:
        error = say("sheet.error_choice", label=field.short, choices=choice_list(form.judge, spot))
        options = {"validate": "list", "source": [worded_choice(choice) for choice in choices]}
        options |= {
            "error_title": say("sheet.error_title"),
            "error_message": _cut(error, VALIDATION_ERROR_LIMIT),
        }
    elif field.numeric:
        case = None if field.kind == "money" else _ruling_case(form, spot)
        options = _by_kind(field) if case is None else _by_rule(form, spot, case)
        options |= {
            "error_title": say("sheet.error_title"),
            "error_message": _cut(_error(field, case), VALIDATION_ERROR_LIMIT),
        }
    if field.help:
        options["input_title"] = _cut(field.short, VALIDATION_TITLE_LIMIT)
        options["input_message"] = _cut(field.help, VALIDATION_PROMPT_LIMIT)
    return options if len(options) > 1 else None


def apart(form: FormPlan, spot: Spot) -> Callable[[Spot], Hashable]:
    """What sets the validations of a column apart: the choices of a row, and what it prints that rules compare with.

    Args:
        form: the form.
        spot: the first spot of the column.
    """
    judge, case = form.judge, _ruling_case(form, spot)
    inputs = case.rule.inputs if case is not None and spot.table else ()
    names = [
        r.scope.field.id for r in inputs if r.scope.reach == "row" and r.scope.field.role is Role.CONSTANT
    ]

    def key(each: Spot) -> Hashable:
        row = [replace(each, field=name) for name in names]
        return (judge.entry(each).choices, *(judge.entry(other).raw for other in row))

    return key


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _error(field: Field, case: Case | None) -> str:
    if case is None:
        return say("sheet.error_money" if field.kind == "money" else "sheet.error_number", label=field.short)
    return case.rule.rule.fix


def _by_kind(field: Field) -> dict[str, Any]:
    return {
        "validate": "decimal",
        "criteria": "between",
        "minimum": 0,
        "maximum": _LARGEST_AMOUNT if field.kind == "money" else 100,
    }


def _ruling_case(form: FormPlan, spot: Spot) -> Case | None:
    for case in form.by_target().get(spot, []):
        rule = case.rule
        near = all(r.scope.reach in ("row", "form") for r in rule.inputs)
        if (
            not rule.equals
            and rule.when is None
            and near
            and len(_formula(form, spot, case)) <= _VALIDATION_FORMULA_LIMIT
        ):
            return case
    return None


def _by_rule(form: FormPlan, spot: Spot, case: Case) -> dict[str, Any]:
    # Without ignore_blank=False Excel accepts anything while a cell the formula mentions is blank.
    return {"validate": "custom", "value": _formula(form, spot, case), "ignore_blank": False}


def _formula(form: FormPlan, spot: Spot, case: Case) -> str:
    condition = spell(case.rule.tree, At(form, case))
    text = f"=AND(ISNUMBER({form.spot_cell(spot)}),{condition})"
    if not spot.table:
        return text
    row = form.judge.entry(spot).place.row
    return re.sub(rf"(\$[A-Z]+)\${row}\b", rf"\g<1>{row}", text)
