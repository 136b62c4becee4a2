"""What a bound expression is worth for given values. Total: every failure is an error value, never an exception."""

from __future__ import annotations

from collections.abc import Callable

from workbook.excel import VALUE, ExcelError, Value
from workbook.functions import Column, apply
from workbook.model import Bound, Constant, Reference

#: Gives a reference's value: one value, or a column of them inside an aggregate.
Worth = Callable[[Reference], "Value | Column"]


def evaluate(tree: Bound, worth: Worth) -> Value:
    """The value of an expression.

    Args:
        tree: as bound to a form.
        worth: gives each reference's value; blank cells are ``None``.

    Returns:
        A number (exact), text, truth value, ``None`` for blank (also for ``""``), or an error value.
    """
    result = _evaluate(tree, worth)
    if isinstance(result, tuple):
        return VALUE
    return None if result == "" else result


def _evaluate(tree: Bound, worth: Worth) -> Value | Column:
    if isinstance(tree, Constant):
        return tree.value
    if isinstance(tree, Reference):
        return worth(tree)
    if tree.function.lazy:
        condition = _evaluate(tree.arguments[0], worth)
        if isinstance(condition, ExcelError):
            return condition
        return _evaluate(tree.arguments[1 if condition is True else 2], worth)
    return apply(tree.function, [_evaluate(argument, worth) for argument in tree.arguments])
