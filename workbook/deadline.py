"""What a typed date or deadline means, and whether one was kept."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Deadline:
    """A day or a month when a thing is due or was done: ``12月底前``, ``2023年12月``, ``年底前完成``.

    ``year`` is None where none was typed, ``day`` is None where a whole month was meant. ``sign`` is
    ``<=`` for "by then", ``<`` for "before that month begins" (``9月前``), else as typed or empty.
    """

    year: int | None
    month: int
    day: int | None
    sign: str = ""


_YEAR = r"(?P<year>(?:19|20)[0-9]{2})"
_MONTH = r"(?P<month>0[1-9]|1[0-2])"
_LEAD = r"已?(?:于|在|截至|截止到?)?"
_TAIL = (
    r"(?P<before>[之以]?前|[之以]?内)?(?:全部|按时|按期|如期|已)?"
    r"(?:完成|办结|完工|竣工|结束|到位|支付|拨付|发放)?"
)
#: 9月, 12月底, 2023年12月31日.
_WRITTEN = (
    rf"(?:{_YEAR}年)?(?P<month>[0-9]{{1,2}})月份?"
    r"(?:(?P<day>[0-9]{1,2})[日号]|(?P<part>底|末|[上中下]旬))?"
)
#: 2023.12, 2023-12-31.
_POINTED = rf"{_YEAR}(?P<mark>[./-])(?P<month>0?[1-9]|1[0-2])(?:(?P=mark)(?P<day>[0-9]{{1,2}}))?"
#: 20231231.
_DIGITS = rf"{_YEAR}{_MONTH}(?P<day>0[1-9]|[12][0-9]|3[01])"
#: 年底, 2023年末, 本年度内.
_YEAR_END = rf"(?:{_YEAR}|[当本今])?年[年度]?[底末内]"

_IN_WORDS = [re.compile(f"{_LEAD}(?:{shape}){_TAIL}") for shape in (_WRITTEN, _YEAR_END)]
_IN_DIGITS = [re.compile(f"{_LEAD}(?:{shape}){_TAIL}") for shape in (_POINTED, _DIGITS)]
#: The last day a part of a month can have; the end of the month cuts it.
_LAST_DAYS = {"底": 31, "末": 31, "下旬": 31, "中旬": 20, "上旬": 10}
#: A leap year stands in where none was typed, so that 2月29日 is not refused.
_ANY_YEAR = 2000


def read_deadline(text: str, sign: str = "") -> Deadline | None:
    """The deadline a text as a whole names.

    Args:
        text: folded text without blanks and without its comparison sign.
        sign: the comparison that stood before it, ``""`` if none; behind ``>`` and ``>=`` digits
            such as ``2023.12`` are a number.

    Returns:
        The deadline, or None if the text is no date.

    Raises:
        ValueError: the text has the shape of a date, but no calendar has that day (``2月30日``).
    """
    for shape in _IN_WORDS if sign.startswith(">") else _IN_WORDS + _IN_DIGITS:
        if found := shape.fullmatch(text):
            return _deadline(found.groupdict(), sign)
    return None


def _deadline(parts: dict[str, str | None], sign: str) -> Deadline:
    """The deadline of a date's named parts; a year's end has no month among them."""
    year = int(parts["year"]) if parts["year"] else None
    month = int(parts.get("month") or 12)
    part = parts.get("part") or ("" if parts.get("month") else "底")
    first = date(year or _ANY_YEAR, month, int(parts.get("day") or 1))
    day = first.day if parts.get("day") else None
    if part:
        day = min(_LAST_DAYS[part], monthrange(first.year, month)[1])
    before = parts["before"] or ""
    if before and not sign:
        sign = "<" if day is None and before.endswith("前") else "<="
    return Deadline(year, month, day, sign)


def kept(target: Deadline, actual: Deadline, year: int | None = None) -> bool | None:
    """Whether a deadline was kept: done not later than it was due.

    Args:
        target: when it was due.
        actual: when it was done; one that repeats the target counts as kept.
        year: the year of the form, for dates without one.

    Returns:
        True or False, or None where the texts do not decide it: a month against a day inside it,
        ``9月`` against ``9月前``, a year on the actual side only, a target "not before".
    """
    if target.sign.startswith(">") or actual.sign.startswith(">"):
        return None
    if target == actual:
        return True
    due_year = target.year or year
    done_year = actual.year or due_year
    if due_year is None and done_year is not None:
        return None
    due_from, due_to = _span(target, due_year or _ANY_YEAR)
    done_from, done_to = _span(actual, done_year or _ANY_YEAR)
    if actual.sign == "<":
        done_to = done_from - timedelta(days=1)
    if actual.sign.startswith("<"):
        done_from = date.min
    if done_to < due_from or (done_to <= due_to and target.sign != "<"):
        return True
    return False if done_from > due_to else None


def _span(deadline: Deadline, year: int) -> tuple[date, date]:
    """The first and the last day a deadline may mean."""
    last = monthrange(year, deadline.month)[1]
    if deadline.day is None:
        return date(year, deadline.month, 1), date(year, deadline.month, last)
    day = date(year, deadline.month, min(deadline.day, last))
    return day, day
