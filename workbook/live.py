"""What the unit sees while filling: the message beside each row and the status bar, as formulas with present values."""

from __future__ import annotations

from workbook.excel import column_letters
from workbook.formula import literal, message_pieces
from workbook.judge import Case, Spot, State, Status, View
from workbook.model import Field, Severity
from workbook.plan import GRAVITY, At, FormPlan
from workbook.texts import say
from workbook.wording import choice_list, filled_message

SELF_CHECK = say("sheet.selfcheck")


def message_cells(form: FormPlan) -> dict[int, tuple[str, str]]:
    """For each row with anything to check: the formula of its message and what it says now."""
    rows: dict[int, list[Spot]] = {}
    for spot, place in form.gravities.items():
        rows.setdefault(place[0], []).append(spot)
    by_target = form.by_target()
    return {row: _message(form, spots, by_target) for row, spots in sorted(rows.items())}


def _message(form: FormPlan, spots: list[Spot], by_target: dict[Spot, list[Case]]) -> tuple[str, str]:
    terms, said = [], []
    for spot in spots:
        field = form.judge.field(spot)
        if spot in form.states:
            for state, text in _state_texts(field):
                cell = form.cell(form.states[spot])
                terms.append(f'IF({cell}={int(state)},{literal("；" + text)},"")')
                if form.judge.state(spot) is state:
                    said.append("；" + text)
        if spot in form.choices:
            text = "；" + say("sheet.not_a_choice", label=field.short, choices=choice_list(form.judge, spot))
            terms.append(f'IF({form.cell(form.choices[spot])}=2,{literal(text)},"")')
            said += [text] if form.judge.choice(spot) is Status.FAIL else []
        for case in by_target.get(spot, []):
            status = form.cell(form.statuses[(case.rule.key, case.row)])
            pieces = "&".join([literal("；"), *message_pieces(case.rule, At(form, case))])
            terms.append(f'IF({status}=2,IFERROR({pieces},""),"")')
            verdict = form.judge.verdict(case, View.SHOWN)
            if verdict.status is Status.FAIL:
                words = filled_message(form.judge, case.rule.message, case, verdict, View.SHOWN, brief=True)
                said.append("；" + words)
    gravities = ",".join(form.cell(form.gravities[spot]) for spot in spots)
    formula = f'=IF(MAX({gravities})=0,"",{literal(say("sheet.arrow"))}&MID({"&".join(terms)},2,200))'
    text = "".join(said)[1:201]
    return formula, f"{say('sheet.arrow')}{text}" if said else ""


def _state_texts(field: Field) -> list[tuple[State, str]]:
    texts = [(State.UNREADABLE, say("sheet.unreadable", label=field.short))]
    if field.required:
        texts.append((State.MISSING, say("sheet.missing", label=field.short)))
    return texts


def gravity_area(form: FormPlan) -> str:
    """The block of a form's gravity helpers."""
    first, last = form.gravity_columns
    return f"${column_letters(first)}$1:${column_letters(last)}${form.drawing.last_row}"


def counts(form: FormPlan) -> dict[str, int]:
    """How many cells of a form are wrong, missing or to be verified now."""
    by_target = form.by_target()
    gravities = [form.gravity(spot, by_target.get(spot, [])) for spot in form.gravities]
    return {
        "error": gravities.count(GRAVITY[Severity.ERROR]),
        "missing": gravities.count(GRAVITY["missing"]),
        "warning": gravities.count(GRAVITY[Severity.WARNING]),
    }


def counting_formula(form: FormPlan, what: str, *, sheet: bool = False) -> str:
    """The formula that counts cells of one gravity on a form (``error``, ``missing``, ``warning``)."""
    gravity = {"error": GRAVITY[Severity.ERROR], "missing": 3, "warning": GRAVITY[Severity.WARNING]}[what]
    area = gravity_area(form)
    prefix = form.cell((1, 1), sheet=True).split("!")[0] + "!" if sheet else ""
    return f"COUNTIF({prefix}{area},{gravity})"


def status_text(totals: dict[str, int], *, touched: bool) -> str:
    """The status bar's words for given counts."""
    if not touched:
        return say("sheet.untouched")
    parts = [say(f"sheet.count_{what}", number=number) for what, number in totals.items() if number]
    return "，".join(parts) if parts else say("sheet.clean")


def status_expression(touched: str, counts_by_what: dict[str, str]) -> str:
    """The status bar's words as an expression over the cells that count.

    Args:
        touched: an expression that is 1 when anything was filled.
        counts_by_what: expressions of the numbers, by ``error``, ``missing``, ``warning``.
    """
    parts = []
    for what, number in counts_by_what.items():
        before, after = say(f"sheet.count_{what}", number="\0").split("\0")
        parts.append(f'IF({number}>0,{literal("，" + before)}&{number}&{literal(after)},"")')
    total = "+".join(counts_by_what.values())
    found = f"MID({'&'.join(parts)},2,99)"
    clean = literal(say("sheet.clean"))
    return f"IF({touched}=0,{literal(say('sheet.untouched'))},IF({total}=0,{clean},{found}))"
