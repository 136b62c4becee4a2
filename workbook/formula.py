"""An expression as an Excel formula, and a rule as the formulas of its value, its status and its message."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Protocol

from workbook.excel import CLEAN_FORMULA, PASTED_BLANKS, plain
from workbook.functions import BLANK_TEXTS
from workbook.model import Bound, BoundRule, Constant, Field, Reference, Scope, Slot, worded_choice


class Addresses(Protocol):
    """Where the things a rule speaks of stand, seen from one case; addresses as formulas spell them."""

    def value(self, scope: Scope) -> str:
        """The cell or range that holds a reference's value, or a literal for a printed constant."""

    def state(self, scope: Scope) -> str:
        """The helper cell or range that holds its state."""

    def active(self) -> str:
        """A condition: whether there is anything to judge."""


def literal(value: Decimal | str | bool) -> str:
    """A constant as formulas spell it."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"'
    return plain(value)


def spell(tree: Bound, at: Addresses) -> str:
    """A bound expression as a formula, without a leading ``=``.

    Raises:
        ValueError: a function has no Excel spelling; the catalog knows such rules as not live.
    """
    if isinstance(tree, Constant):
        return literal(tree.value)
    if isinstance(tree, Reference):
        return at.state(tree.scope) if tree.state else _spell_reference(tree.scope, at)
    if tree.function.excel is None:
        raise ValueError(f"{tree.function.name} has no Excel spelling")
    arguments = [spell(argument, at) for argument in tree.arguments]
    return tree.function.excel.replace("{*}", ",".join(arguments)).format(*arguments)


def _spell_reference(scope: Scope, at: Addresses) -> str:
    address = at.value(scope)
    is_cell = not address.startswith('"') and not scope.field.numeric
    return CLEAN_FORMULA.format(address) if is_cell else address


def _numbers_there(rule: BoundRule, at: Addresses) -> str:
    """A condition: every bare number the rule mentions is one; empty when it mentions none."""
    cells = _unique(
        at.value(r.scope)
        for r in rule.inputs
        if not r.aggregated and not r.scope.many and r.scope.field.numeric and not _printed_row(r.scope, at)
    )
    return f"COUNT({','.join(cells)})={len(cells)}" if cells else ""


def _printed_row(scope: Scope, at: Addresses) -> bool:
    """Whether the address is no cell but a printed constant."""
    address = at.value(scope)
    return address.startswith('"') or not any(letter.isalpha() for letter in address)


def _waiting(rule: BoundRule, at: Addresses, extra: Sequence[str] = ()) -> str:
    """A condition: something the rule needs must be put right first; empty when it needs nothing that can be wrong."""
    conditions = list(extra)
    for reference in rule.inputs:
        if _printed_row(reference.scope, at):
            continue
        state = at.state(reference.scope)
        conditions.append(f'COUNTIF({state},">=2")>0' if reference.scope.many else f"{state}>=2")
    return _either(_unique(conditions))


def _either(conditions: Sequence[str]) -> str:
    if not conditions:
        return ""
    return conditions[0] if len(conditions) == 1 else f"OR({','.join(conditions)})"


def _unique(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))


def value_formula(rule: BoundRule, at: Addresses) -> str:
    """The live formula of a computed cell: blank until its inputs are there and readable.

    Args:
        rule: a rule that computes.
        at: the addresses of its case.
    """
    expression = spell(rule.tree, at)
    if rule.target.field.numeric:
        expression = f"ROUND({expression},{rule.target.field.decimals})"
    if rule.when is not None:
        expression = f'IF({spell(rule.when, at)},{expression},"")'
    expression = f'IFERROR({expression},"")'
    waiting = _waiting(rule, at)
    if waiting:
        expression = f'IF({waiting},"",{expression})'
    there = _numbers_there(rule, at)
    return f'=IF({there},{expression},"")' if there else f"={expression}"


def status_formula(rule: BoundRule, at: Addresses) -> str:
    """The helper formula of a rule at one place: 0 nothing to judge, 1 right, 2 wrong, 3 waits for a correction."""
    target = at.value(rule.target)
    own = (
        [_text_in(target)]
        if rule.equals and rule.target.field.numeric and not _printed_row(rule.target, at)
        else []
    )
    verdict = f"IF({_condition(rule, at, target)},1,2)"
    if rule.when is not None:
        verdict = f"IF({spell(rule.when, at)},{verdict},0)"
    if rule.equals and rule.target.field.numeric and not _printed_row(rule.target, at):
        verdict = f"IF(ISNUMBER({target}),{verdict},0)"
    verdict = f"IFERROR({verdict},0)"
    there = _numbers_there(rule, at)
    if there:
        verdict = f"IF({there},{verdict},0)"
    waiting = _waiting(rule, at, own)
    if waiting:
        verdict = f"IF({waiting},3,{verdict})"
    return f"=IF({at.active()},{verdict},0)"


def _text_in(cell: str) -> str:
    """A condition: a cell holds something that is no number. (Its state helper may depend on this very status.)"""
    return f"AND(NOT(ISNUMBER({cell})),NOT({blank_condition(cell)}))"


def _condition(rule: BoundRule, at: Addresses, target: str) -> str:
    expression = spell(rule.tree, at)
    if not rule.equals:
        return expression
    field = rule.target.field
    if not field.numeric:
        shown = _spell_reference(rule.target, at)
        return f'OR({shown}="",{shown}={expression})'
    if rule.rule.own_digits:
        choices = []
        for digits in range(2, field.decimals + 1):
            same = f"ROUND({expression},{digits})=ROUND({target},{digits})"
            own = f"ROUND({target},{digits})={target}," if digits < field.decimals else ""
            choices.append(f"AND({own}{same})" if own else same)
        return _either(choices)
    digits = field.decimals
    deviation = f"ABS(ROUND(ROUND({expression},{digits})-ROUND({target},{digits}),9))"
    return f"{deviation}<={plain(rule.within)}"


def blank_condition(cell: str) -> str:
    """A condition: a cell says nothing, that is, holds only blanks or a mark such as ``—``."""
    text = cell
    for code in (9, 10, 13):
        text = f'SUBSTITUTE({text},CHAR({code})," ")'
    for blank in PASTED_BLANKS:
        text = f'SUBSTITUTE({text},"{blank}"," ")'
    return f'ISNUMBER(FIND("|"&{CLEAN_FORMULA.format(text)}&"|","{BLANK_TEXTS}"))'


def choice_formula(cell: str, state: str, field: Field, choices: Iterable[Decimal | str]) -> str:
    """The helper formula of a cell with choices: 0 nothing readable (its state is not 1), 1 a choice, 2 none of them."""
    text = CLEAN_FORMULA.format(cell)
    found = ",".join(
        f"ROUND({cell}-{plain(choice)},9)=0"
        if field.numeric and isinstance(choice, Decimal)
        else f"{text}={literal(worded_choice(choice))}"
        for choice in choices
    )
    return f"=IF({state}=1,IF(OR({found}),1,2),0)"


def input_state_formula(cell: str, field: Field, owed: str) -> str:
    """The helper formula of an input's state: 0 blank, 1 good, 2 missing, 3 unreadable.

    Args:
        cell: its address.
        field: what it holds.
        owed: a condition: whether its form or row is in use.
    """
    blank = f"IF({owed},2,0)" if field.required else "0"
    if field.numeric:
        return f"=IFERROR(IF(ISNUMBER({cell}),1,IF({blank_condition(cell)},{blank},3)),3)"
    return f"=IFERROR(IF({blank_condition(cell)},{blank},1),3)"


def computed_state_formula(cell: str, field: Field, owed: str, status: str) -> str:
    """The helper formula of a computed cell's state: as for inputs, and 4 while its own inputs must be corrected."""
    blank = f"IF({status}=3,4,{f'IF({owed},2,0)' if field.required else '0'})"
    if field.numeric:
        return f"=IFERROR(IF(ISNUMBER({cell}),1,IF({blank_condition(cell)},{blank},3)),3)"
    return f"=IFERROR(IF({blank_condition(cell)},{blank},1),3)"


def message_pieces(rule: BoundRule, at: Addresses) -> list[str]:
    """A rule's message as pieces to be joined with ``&``."""
    target, field = at.value(rule.target), rule.target.field
    expected, actual = target, target
    if rule.equals:
        expression = spell(rule.tree, at)
        printed = _printed_row(rule.target, at)
        expected, actual = (target, expression) if printed else (expression, target)
    pieces = []
    for part in rule.message:
        if isinstance(part, str):
            pieces.append(literal(part))
        elif isinstance(part, Reference):
            pieces.append(_shown_if_there(part.scope, rule, at))
        elif isinstance(part, Slot) and part.name == "label":
            pieces.append(literal(field.short))
        elif isinstance(part, Slot) and part.name == "actual" and not rule.equals:
            pieces.append(_shown_if_there(rule.target, rule, at))
        elif isinstance(part, Slot) and part.name in ("expected", "actual"):
            pieces.append(shown(expected if part.name == "expected" else actual, field))
    return pieces


def _shown_if_there(scope: Scope, rule: BoundRule, at: Addresses) -> str:
    """A field in a message: nothing where it holds no number, which only the rule's own inputs exclude."""
    value = at.value(scope)
    text = shown(value, scope.field)
    needed = any(r.scope == scope and not r.aggregated for r in rule.inputs)
    if needed or not scope.field.numeric or _printed_row(scope, at):
        return text
    return f'IF(ISNUMBER({value}),{text},"")'


def shown(value: str, field: Field) -> str:
    """A number in a message as people read it: a percentage with two digits at most, no trailing zeros."""
    if field.kind == "percent":
        return f'ROUND({value}*100,2)&"%"'
    if field.numeric:
        return f"ROUND({value},{field.decimals})"
    return CLEAN_FORMULA.format(value)
