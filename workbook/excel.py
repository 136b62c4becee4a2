"""How Excel thinks: what a cell may hold, how numbers round and print, addresses and limits."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

SHEET_TITLE_LIMIT = 31
FORMULA_LIMIT = 8192
VALIDATION_TITLE_LIMIT = 32
VALIDATION_PROMPT_LIMIT = 255
VALIDATION_ERROR_LIMIT = 224
VALIDATION_LIST_LIMIT = 255
CELL_TEXT_LIMIT = 32767
ROW_HEIGHT_LIMIT = 409.0
#: From ten to this power on a result is ``#NUM!``.
LARGEST_EXPONENT = 308


@dataclass(frozen=True, slots=True)
class ExcelError:
    """An error value as a cell shows it, such as ``#DIV/0!``."""

    text: str

    def __str__(self) -> str:
        return self.text


#: What a cell may hold; ``None`` is an empty cell.
Value = Decimal | str | bool | ExcelError | None

DIV0 = ExcelError("#DIV/0!")
VALUE = ExcelError("#VALUE!")
NUM = ExcelError("#NUM!")


def to_decimal(number: float | int | str) -> Decimal:
    """The number Excel keeps: at most 15 significant digits, never a binary tail.

    Raises:
        ValueError: the text is not a finite decimal number.
    """
    try:
        exact = Decimal(str(number))
    except InvalidOperation:
        raise ValueError(f"not a number: {number!r}") from None
    if not exact.is_finite():
        raise ValueError(f"not a finite number: {number!r}")
    return _kept(exact)


def _kept(exact: Decimal) -> Decimal:
    return exact if len(exact.as_tuple().digits) <= 15 else Decimal(f"{exact:.14e}")


def round_half_up(number: Decimal, decimals: int) -> Decimal:
    """``ROUND`` as Excel does it: halves go away from zero."""
    if number.adjusted() + decimals >= 28:  # more digits than there are: nothing to round
        return number
    return number.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def plain(number: Decimal) -> str:
    """A number as the General format prints it: 15 significant digits, no exponent, no trailing zeros."""
    text = format(_kept(number), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def column_letters(column: int) -> str:
    """The letters of a 1-based column number: 1 → ``A``, 28 → ``AB``."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """The 1-based number of column letters: ``A`` → 1, ``AB`` → 28."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def quoted(sheet: str) -> str:
    """A sheet's title as formulas spell it, always in quotes."""
    return "'" + sheet.replace("'", "''") + "'"


def clean(text: str) -> str:
    """A text as rules compare it: full-width and hard blanks as blanks, no blanks at the ends, single ones inside.

    The sheet says the same with ``CLEAN_FORMULA``.
    """
    return " ".join(part for part in text.replace("\u3000", " ").replace("\u00a0", " ").split(" ") if part)


#: Blanks that come with text pasted from Word and web pages: en and em spaces, zero-width ones.
PASTED_BLANKS = ("\u2002", "\u2003", "\u200b", "\ufeff")
#: ``clean`` as a formula over the reference ``{0}``.
CLEAN_FORMULA = 'TRIM(SUBSTITUTE(SUBSTITUTE({0},"\u3000"," "),"\u00a0"," "))'
