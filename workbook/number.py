"""What a typed number means where a number belongs, or why it cannot be read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from workbook.deadline import read_deadline
from workbook.excel import plain

#: Why a text cannot be read; stable keys, the sentences for people stand elsewhere.
Reason = Literal[
    "separators", "not_a_number", "unit", "sign", "too_many_digits", "error_value", "brackets", "date"
]
#: Why a number that was read with certainty still deserves a notice; ``""`` for none.
How = Literal["", "text", "full_width", "thousands", "unit", "percent"]

#: Marks people put where nothing is owed.
BLANK_MARKS = frozenset(("—", "-", "/", "－", "–", "——", "--", "―", "─", "／"))
#: What shows as nothing: blanks of every width, line ends, zero-width and direction marks.
_BLANKS = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
    + "".join(map(chr, range(0x2000, 0x2010)))
    + "".join(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]))
)
_FOLD = str.maketrans("０１２３４５６７８９．，％－＋（）＝＜＞\u2212", "0123456789.,%-+()=<>-")

_PLAIN = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_GROUPED = re.compile(r"[-+]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]*)?")
_BLANK_GROUPED = re.compile(r"[-+]?[0-9]{1,3}(?: [0-9]{3})+(?:\.[0-9]*)?")
_AS_SHOWN = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_FRONT = re.compile(r"([-+]?[0-9.,。· ]*)(.*)", re.DOTALL)
_ERROR_VALUE = re.compile(r"#(?:[A-Z][A-Z0-9/_]*[!?]?|#+)")
_IN_BRACKETS = re.compile(r"\(+[^()]+\)*|[^()]+\)+")

_SYMBOLS = {
    ">=": "≥ ≧ ⩾ >= => ≥=",
    "<=": "≤ ≦ ⩽ <= =< ≤=",
    ">": "> ﹥",
    "<": "< ﹤",
    "=": "= == ═ ﹦",
}
_WORDS = {
    ">=": "不少于 不低于 不小于 不得少于 不得低于 至少 最少 最低 大于等于 大于或等于 达到 达",
    "<=": "不超过 不高于 不多于 不大于 不得超过 不得高于 至多 最多 最高 小于等于 小于或等于 控制在"
    " 不晚于 不迟于",
    ">": "大于 高于 超过 多于 超",
    "<": "小于 低于 少于 早于",
    "=": "等于",
}
_SIGNS = {
    spelling: sign for table in (_SYMBOLS, _WORDS) for sign, row in table.items() for spelling in row.split()
}
_SYMBOL = "|".join(sorted(" ".join(_SYMBOLS.values()).split(), key=len, reverse=True))
_WORD = "|".join(sorted(" ".join(_WORDS.values()).split(), key=len, reverse=True))
#: A direction word counts only in front of a number or a year's end: 达标 and 超额 are words.
_SIGN = re.compile(rf"{_SYMBOL}|(?:{_WORD})(?=[-+.0-9年])")

_UNIT_LENGTH = 6
_UNIT_MARKS = frozenset("/·()%‰°℃㎡㎥㎞㎏²³")
#: What turns a unit into a statement: negations, limits, approximations, dates.
_NO_UNIT = re.compile(r"[未没不无欠差缺少以内外超]|左右|上下|^[余多几来月]|[前后]$")
_SCALED = re.compile(r"(亿|千万|百万|万|千(?=元)|)(.*)", re.DOTALL)
_SCALES = {"亿": 10**8, "千万": 10**7, "百万": 10**6, "万": 10**4, "千": 10**3, "": 1}
#: Units that make a ratio of a number, and by how many places its point moves.
RATIO_UNITS = {"%": -2, "百分比": -2, "‰": -3}

_MOST_DIGITS = 15
#: Zeros included; a longer row of digits is no number anybody typed.
_MOST_CHARACTERS = 40
_FEWEST_DIGITS_TO_GUESS = 5


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A text that should be a number and is none.

    ``hint`` is the one probable reading, in the field's unit, to be shown and never to be used; None
    where no reading or more than one is probable (``12,34``, ``约90``).
    """

    reason: Reason
    hint: Decimal | None = None


def fold(text: str) -> str:
    """The text without blanks of any kind at its ends, full-width digits and signs as ASCII."""
    return text.strip(_BLANKS).translate(_FOLD)


def is_blank(text: str) -> bool:
    """Whether a text says nothing: empty, only blanks of any kind, or exactly one mark such as ``—``."""
    bare = fold(text)
    return not bare or bare in BLANK_MARKS


def read_number(text: str, unit: str = "") -> tuple[Decimal, How] | Unreadable:
    """The number a text means where a number belongs; only readings nobody can doubt.

    Args:
        text: what was typed; not blank.
        unit: the field's unit (``万元``, ``元``, ``分``, ``%`` …) or ``""``. With ``%`` a text with a percent
            sign gives the ratio (``99.99%`` → 0.9999); a bare number stays as it is, as in a number cell.

    Returns:
        The value and why a notice is due, the weightiest reason first: ``percent``, ``unit`` (repeated
        behind the number), ``thousands``, ``full_width``, ``text`` (blanks around it, or a spelling no
        number cell shows: ``00012``, ``.5``, ``+5``), or ``""``. Else why it cannot be read.

    Raises:
        ValueError: the text is blank; the caller asks ``is_blank`` first.
    """
    clean, own_unit = compact(text), fold(unit)
    token, tail = split_number(clean)
    value = exact(token)
    if value is None or tail not in ("", own_unit):
        return _why_not(clean, token, tail, own_unit)
    if tail == "%":
        return value.scaleb(-2), "percent"
    if tail:
        return value, "unit"
    if "," in token:
        return value, "thousands"
    if text.strip(_BLANKS) != token:
        return value, "full_width"
    return value, "" if text == token and _AS_SHOWN.fullmatch(token) else "text"


def amounts_alike(text: str, value: Decimal) -> bool:
    """Whether a malformed amount and a readable one are probably the same: equal digits but for one slip.

    Args:
        text: the malformed amount as typed, such as ``79.98852.24``.
        value: the readable amount in the same unit. Zeros at the ends count on neither side.

    Returns:
        True if the digits are equal or one insertion, deletion or substitution apart; below five digits
        nothing is alike.
    """
    typed = re.sub("[^0-9]", "", fold(text)).strip("0")
    known = re.sub("[^0-9]", "", plain(value)).strip("0")
    short, long = sorted((typed, known), key=len)
    if len(short) < _FEWEST_DIGITS_TO_GUESS or len(long) - len(short) > 1:
        return False
    start = next((i for i, digit in enumerate(short) if digit != long[i]), len(short))
    return short[start + 1 - (len(long) - len(short)) :] == long[start + 1 :]


def compact(text: str) -> str:
    """The folded text without blanks, except that blanks inside a number stay as one.

    Raises:
        ValueError: the text is blank.
    """
    if is_blank(text):
        raise ValueError(f"a blank text means no number: {text!r}")

    def joint(blank: re.Match[str]) -> str:
        before, after = blank.string[blank.start() - 1], blank.string[blank.end()]
        return " " if before in "0123456789.,-+" and after in "0123456789.," else ""

    return re.sub(f"[{_BLANKS}]+", joint, fold(text))


def split_sign(clean: str) -> tuple[str, str]:
    """The comparison in front, as ``>= <= > < =`` or ``""``, and what follows it."""
    found = _SIGN.match(clean)
    return (_SIGNS[found[0]], clean[found.end() :]) if found else ("", clean)


def split_number(clean: str) -> tuple[str, str]:
    """The number in front, well-formed or not, ``""`` if there is none, and what follows it."""
    found = _FRONT.fullmatch(clean)
    if found is None or not re.search("[0-9]", found[1]):
        return "", clean
    return found[1], found[2]


def too_many_digits(token: str) -> bool:
    """Whether a number has more digits than Excel keeps, zeros that say nothing not counted."""
    whole, _, fraction = token.partition(".")
    digits = re.sub("[^0-9]", "", whole + fraction.rstrip("0")).lstrip("0")
    return len(digits) > _MOST_DIGITS or len(token) > _MOST_CHARACTERS


def exact(token: str) -> Decimal | None:
    """The value of a well-formed number that Excel can keep, else None."""
    if too_many_digits(token) or not (_PLAIN.fullmatch(token) or _GROUPED.fullmatch(token)):
        return None
    return Decimal(token.replace(",", ""))


def probable(token: str) -> Decimal | None:
    """The one probable value of a malformed number, None if there is none.

    Commas are dropped where one point remains to tell the decimals; of two points the second is dropped,
    given five digits; a Chinese full stop is a point; blanks go beside a separator or between groups.
    """
    digits = token.replace("。", ".").replace("·", ".").rstrip(".,")
    if re.search("[0-9] [0-9]", digits) and not _BLANK_GROUPED.fullmatch(digits):
        return None
    digits = digits.replace(" ", "")
    if digits.count(".") == 1:
        digits = digits.replace(",", "")
    elif digits.count(".") == 2 and len(re.findall("[0-9]", digits)) >= _FEWEST_DIGITS_TO_GUESS:
        digits = "".join(digits.rpartition(".")[::2])
    return exact(digits)


def is_unit(text: str) -> bool:
    """Whether a text can stand behind a number as its unit: short, without digits, no statement."""
    if not text or len(text) > _UNIT_LENGTH or _NO_UNIT.search(text) or text.count("(") != text.count(")"):
        return False
    if "%" in text or "‰" in text:
        return text in RATIO_UNITS
    return text[0] not in "/·²³)" and all(char.isalpha() or char in _UNIT_MARKS for char in text)


def scaled(unit: str) -> tuple[Decimal, str]:
    """A unit as a multiple of its base: ``万元`` is 10000 ``元``, ``万`` is 10000 of anything."""
    found = _SCALED.fullmatch(unit.casefold())
    return (Decimal(_SCALES[found[1]]), found[2]) if found else (Decimal(1), unit)


def is_error_value(clean: str) -> bool:
    """Whether a text is an error value of a cell, such as ``#DIV/0!`` or ``####``."""
    return _ERROR_VALUE.fullmatch(clean) is not None


def _why_not(clean: str, token: str, tail: str, unit: str) -> Unreadable:
    """Why a text is no number in a field of this unit, with the probable reading if there is one."""
    if is_error_value(clean):
        return Unreadable("error_value")
    sign, rest = split_sign(clean)
    if sign:
        return Unreadable("sign", _guess(rest, unit))
    if _IN_BRACKETS.fullmatch(clean):
        return Unreadable("brackets", _bracketed(clean, unit))
    if clean[0] in "¥￥":
        return Unreadable("unit", _guess(clean[1:], unit) if unit in ("", "元") else None)
    if _is_date(clean):
        return Unreadable("date")
    if token and too_many_digits(token):
        return Unreadable("too_many_digits")
    if not token or not (tail in ("", unit) or is_unit(tail)):
        return Unreadable("not_a_number")
    value = exact(token)
    if value is None:
        return Unreadable("separators", _in_unit(probable(token), tail, unit))
    return Unreadable("unit", _in_unit(value, tail, unit))


def _is_date(clean: str) -> bool:
    """Whether a text has the shape of a date, in the calendar or not."""
    try:
        return read_deadline(clean) is not None
    except ValueError:
        return True


def _bracketed(clean: str, unit: str) -> Decimal | None:
    """The probable number in brackets: negative as bookkeepers write it, if nothing else is inside."""
    inner = clean.strip("()")
    hint = _guess(inner, unit)
    bookkeeping = clean == f"({inner})" and not split_number(inner)[1]
    return -hint if hint is not None and hint > 0 and bookkeeping else hint


def _guess(text: str, unit: str) -> Decimal | None:
    """The certain or probable number of a text from which a sign or brackets were taken."""
    if is_blank(text) or len(text) > _MOST_CHARACTERS:
        return None
    read = read_number(text, unit)
    return read.hint if isinstance(read, Unreadable) else read[0]


def _in_unit(number: Decimal | None, typed: str, unit: str) -> Decimal | None:
    """A number in the field's unit, None if the typed unit is of another kind.

    A field without a unit takes any but a percentage.
    """
    if number is None or not typed:
        return number
    if typed in RATIO_UNITS or unit == "%":
        return number.scaleb(RATIO_UNITS[typed]) if typed in RATIO_UNITS and unit == "%" else None
    (scale, kind), (own_scale, own_kind) = scaled(typed), scaled(unit)
    if kind == own_kind or not unit or (not kind and own_kind == "元"):
        return number * scale / own_scale
    return None
