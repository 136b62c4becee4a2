"""Whether the formulas of computed cells are still the ones the workbook was made with."""

from __future__ import annotations

import re

from workbook.compose import Composition
from workbook.formula import value_formula
from workbook.judge import Case, Judge, Spot
from workbook.layout import Drawing, draw
from workbook.model import Role
from workbook.plan import At, Plan
from workbook.submission import FilledForm

_NOISE = re.compile(r"[$'\s]|_xlfn\.|_xlws\.")
_TEXT = re.compile(r'("(?:[^"]|"")*")')


def canonical(formula: str) -> str:
    """A formula without what programs change when they save: blanks, ``$``, quotes of sheet names, case, ``TRUE()``."""
    parts = _TEXT.split(formula.removeprefix("="))
    bare = [part if part.startswith('"') else _NOISE.sub("", part).upper() for part in parts]
    return "".join(bare).replace("TRUE()", "TRUE").replace("FALSE()", "FALSE").replace(";", ",")


def changed_formulas(judge: Judge) -> dict[Spot, str]:
    """The computed cells whose formula is not the issued one, with the formula they hold.

    Only forms whose cells all stand where they are drawn are compared: in a form with moved rows every formula
    moves along, and comparing texts would blame them all.
    """
    submission = judge.submission
    with_formula = [
        spot
        for form in range(len(submission.forms))
        for spot in judge.spots(form)
        if judge.entry(spot).formula is not None and judge.rule_for(spot) is not None
    ]
    if not with_formula:
        return {}
    drawings = tuple(drawn(filled) for filled in submission.forms)
    steady = {
        form
        for form, (filled, drawing) in enumerate(zip(submission.forms, drawings, strict=True))
        if _in_place(filled, drawing)
    }
    plan = Plan(Composition(submission, drawings)) if len(steady) == len(submission.forms) else None
    found = {}
    for spot in with_formula:
        rule, held = judge.rule_for(spot), judge.entry(spot).formula
        if plan is None or rule is None or held is None:
            continue
        issued = value_formula(rule, At(plan.forms[spot.form], Case(rule, spot.form, spot.row)))
        if canonical(issued) != canonical(held):
            found[spot] = held
    return found


def drawn(filled: FilledForm) -> Drawing:
    """The drawing of a filled form, with as many rows in each block as it holds."""
    form = filled.form
    counts: dict[int, int] = {}
    for table, rows in filled.tables.items():
        lines = {_key(row.constants.items()): row.line for row in draw(form).tables[table]}
        printed = [
            name for name, column in form.tables[table].columns.items() if column.role is Role.CONSTANT
        ]
        for row in rows:
            line = lines.get(_key((name, row[name].raw) for name in printed))
            if line is not None:
                counts[line] = counts.get(line, 0) + 1
    return draw(form, counts)


def _key(items: object) -> frozenset[tuple[str, object]]:
    return frozenset(items)  # type: ignore[call-overload, no-any-return]


def _in_place(filled: FilledForm, drawing: Drawing) -> bool:
    for name, (row, column) in drawing.fields.items():
        if name in filled.fields and (filled.fields[name].place.row, filled.fields[name].place.column) != (
            row,
            column,
        ):
            return False
    return all(
        len(rows) == len(drawing.tables[table])
        and all(
            next(iter(row.values())).place.row == drawn_row.row
            for row, drawn_row in zip(rows, drawing.tables[table], strict=True)
        )
        for table, rows in filled.tables.items()
    )
