"""What a typed number, amount, percentage, target or date means, or why it cannot be read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from workbook.deadline import Deadline, kept, read_deadline
from workbook.number import (
    BLANK_MARKS,
    RATIO_UNITS,
    How,
    Reason,
    Unreadable,
    amounts_alike,
    compact,
    exact,
    fold,
    is_blank,
    is_error_value,
    is_unit,
    probable,
    read_number,
    scaled,
    split_number,
    split_sign,
    too_many_digits,
)

__all__ = [
    "BLANK_MARKS",
    "Attainment",
    "Deadline",
    "How",
    "Quantity",
    "Reason",
    "Unreadable",
    "amounts_alike",
    "attain",
    "fold",
    "is_blank",
    "read_number",
    "read_quantity",
]

_TAIL = re.compile(
    r"(?P<unit>.*?)(?P<limit>(?:\(含\)|含|及)?(?:以上|以下|以内|之内|内))?(?:\(含\))?", re.DOTALL
)
_RANGE = re.compile(r"([0-9.,]+)([^0-9.,]{0,6}?)(?:[-—–~～]{1,2}|至|到)([0-9.,]+)(.*?)(?:之间)?", re.DOTALL)

_ONE, _ZERO = Decimal(1), Decimal(0)
#: A bare number beside a percentage is the reading that lies between these multiples of it.
_NEAR, _FAR = Decimal("0.2"), Decimal(2)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value with its comparison and unit: ``≥95%`` is 0.95, ``>=``, ``%``.

    ``sign`` is one of ``>= <= > < =`` or empty; ``unit`` stands as typed, without blanks; per cent and
    per mille are ratios with the unit ``%``; ``upper`` is a range's upper bound (``3-5个``), else None.
    """

    value: Decimal
    sign: str = ""
    unit: str = ""
    upper: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Attainment:
    """How far a target was reached.

    ``ratio`` 1 or more is reached; None where a quotient would say nothing (targets of 0, late dates).
    ``met`` is the verdict; it differs from ``ratio >= 1`` where equality is not enough (``小于5次``).
    """

    ratio: Decimal | None
    met: bool


@lru_cache(maxsize=4096)  # one cell is asked by many rules
def read_quantity(text: str) -> Quantity | Deadline | Unreadable | str:
    """What a target or an actual value means.

    Only a text that as a whole is a number with at most a direction before it, a unit of up to six
    characters and a direction behind it is a quantity; only one that as a whole is a date is a deadline.

    Args:
        text: what was typed; not blank.

    Returns:
        The quantity or deadline; why its digits, sign or date cannot be right; or the folded text if it
        is words (``全覆盖``, ``全覆盖率100%``, ``约90``, ``2023年``).

    Raises:
        ValueError: the text is blank; the caller asks ``is_blank`` first.
    """
    clean = compact(text).rstrip("。；;")
    if is_error_value(clean):
        return Unreadable("error_value")
    sign, rest = split_sign(clean)
    try:
        deadline = read_deadline(rest, sign)
    except ValueError:
        return Unreadable("date")
    if deadline is not None:
        return deadline
    found = (None if sign else _range(rest)) or _measured(sign, rest)
    if found is None and sign and not rest[:1].isalnum():
        return Unreadable("not_a_number")
    return fold(text) if found is None else found


def attain(
    target: Quantity | Deadline | Unreadable | str,
    actual: Quantity | Deadline | Unreadable | str,
    year: int | None = None,
) -> Attainment | None:
    """How far an actual value reaches its target.

    The direction is the target's: with ``<=`` and ``<`` the ratio is target ÷ actual, otherwise
    actual ÷ target. A sign repeated before the actual value does not count.

    Args:
        target: the target as ``read_quantity`` gave it; a number cell is ``Quantity(value)``.
        actual: the actual value likewise; a side without a unit has the other's, but a bare target
            beside 万 or 亿 is left undecided.
        year: the year of the form, for dates without one.

    Returns:
        The attainment, or None where the two cannot be compared: words, unlike units, a date and a
        number, a bare number that may or may not be a percentage, a range as actual value, an actual
        value whose sign points the other way.
    """
    if isinstance(target, Deadline) and isinstance(actual, Deadline):
        met = kept(target, actual, year)
        return None if met is None else Attainment(_ONE if met else None, met)
    if not isinstance(target, Quantity) or not isinstance(actual, Quantity):
        return None
    if target.upper is not None and target == actual:
        return Attainment(_ONE, True)
    factors = _factors(target, actual)
    if factors is None or actual.upper is not None or _contradict(target, actual):
        return None
    goal, done = target.value * factors[0], actual.value * factors[1]
    if target.upper is not None:
        return _inside(goal, target.upper * factors[0], done)
    if target.sign.startswith("<"):
        return _at_most(goal, done, target.sign == "<=" or actual.sign == "<")
    return _at_least(goal, done, target.sign, target.sign != ">" or actual.sign == ">")


def _measured(sign: str, rest: str) -> Quantity | Unreadable | None:
    """The quantity behind a sign, None if the text is words."""
    token, tail = split_number(rest)
    found = _TAIL.fullmatch(tail)
    if not token or found is None:
        return None
    unit, limit = found["unit"], found["limit"] or ""
    if unit and (not is_unit(unit) or token.endswith(".")):
        return None
    shift = RATIO_UNITS.get(unit, 0)
    if too_many_digits(token):
        return Unreadable("too_many_digits")
    value = exact(token)
    if value is None:
        hint = probable(token)
        return Unreadable("separators", None if hint is None else hint.scaleb(shift))
    if unit.startswith("年") and _is_year(value):
        return None
    bound = "" if not limit else ">=" if "以上" in limit else "<="
    if sign and bound and sign[0] != bound[0]:
        return Unreadable("sign")
    return Quantity(value.scaleb(shift), sign or bound, "%" if shift else unit)


def _range(rest: str) -> Quantity | None:
    """A range such as ``3-5个`` or ``90%~95%``; None for all else, spans of months and years included."""
    found = _RANGE.fullmatch(rest)
    if found is None:
        return None
    lower, upper, unit = exact(found[1]), exact(found[3]), found[4]
    if lower is None or upper is None or lower >= upper or found[2] not in ("", unit):
        return None
    if unit and (not is_unit(unit) or unit[0] in "日号"):
        return None
    if unit[:1] in ("", "年") and _is_year(lower) and _is_year(upper):
        return None
    shift = RATIO_UNITS.get(unit, 0)
    return Quantity(lower.scaleb(shift), "", "%" if shift else unit, upper.scaleb(shift))


def _is_year(value: Decimal) -> bool:
    """Whether a number may be a calendar year."""
    return value == value.to_integral_value() and 1900 <= value < 2100


def _contradict(target: Quantity, actual: Quantity) -> bool:
    """Whether the actual value's sign leaves open on which side of the target it is."""
    if target.upper is not None:
        return actual.sign[:1] in ("<", ">")
    return actual.sign.startswith(">" if target.sign.startswith("<") else "<")


def _factors(target: Quantity, actual: Quantity) -> tuple[Decimal, Decimal] | None:
    """The factors that bring target and actual to one unit; None if their units are unlike."""
    if target.unit == actual.unit:
        return _ONE, _ONE
    if "%" in (target.unit, actual.unit):
        bare, ratio = (target, actual) if actual.unit == "%" else (actual, target)
        factor = _as_ratio(bare.value, ratio.value) if bare.unit == "" else None
        if factor is None:
            return None
        return (factor, _ONE) if bare is target else (_ONE, factor)
    (goal, goal_kind), (done, done_kind) = scaled(target.unit), scaled(actual.unit)
    if not actual.unit or not target.unit:
        return (_ONE, _ONE) if not actual.unit or done == 1 else None
    return (goal, done) if goal_kind == done_kind or "" in (goal_kind, done_kind) else None


def _as_ratio(bare: Decimal, percentage: Decimal) -> Decimal | None:
    """The factor that makes a bare number beside a percentage a ratio: 1 or 0.01, None if in doubt."""
    if bare == 0:
        return _ONE
    for factor in (_ONE, Decimal("0.01")):
        if percentage and _NEAR <= bare * factor / percentage <= _FAR:
            return factor
    return None


def _at_least(goal: Decimal, done: Decimal, sign: str, equal_is_met: bool) -> Attainment | None:
    """Attainment of a target to be reached; a 0 without a direction is met by 0 alone."""
    met = done > goal or (done == goal and equal_is_met)
    if goal > 0:
        return Attainment(max(done / goal, _ZERO), met)
    if sign in ("", "=") and done != goal:
        return Attainment(None, False) if goal == 0 else None
    return Attainment(_ONE if done == goal else None, met)


def _at_most(goal: Decimal, done: Decimal, equal_is_met: bool) -> Attainment:
    """Attainment of a target not to be exceeded; nothing is ever divided by zero."""
    met = done < goal or (done == goal and equal_is_met)
    if goal > 0 and done > 0:
        return Attainment(goal / done, met)
    return Attainment(_ONE if met or done == goal else None, met)


def _inside(lower: Decimal, upper: Decimal, done: Decimal) -> Attainment:
    """Attainment of a range: 1 inside, outside the ratio to the nearer bound."""
    if lower <= done <= upper:
        return Attainment(_ONE, True)
    if done > upper:
        return Attainment(upper / done if upper > 0 else None, False)
    return Attainment(max(done / lower, _ZERO) if lower > 0 else None, False)
