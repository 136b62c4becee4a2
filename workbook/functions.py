"""The function table: what each function and operator means in Python and how Excel spells it, in one row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, DivisionByZero, InvalidOperation
from difflib import SequenceMatcher
from enum import StrEnum

from workbook.excel import DIV0, LARGEST_EXPONENT, NUM, VALUE, ExcelError, Value, clean, plain, round_half_up
from workbook.quantity import BLANK_MARKS, Attainment, Deadline, Quantity, attain, read_quantity


class Kind(StrEnum):
    """What an argument or a result is."""

    NUMBER = "number"
    TEXT = "text"
    TRUTH = "truth"
    ANY = "any"


#: A column of values, as an aggregate receives it.
Column = tuple[Value, ...]
Meaning = Callable[..., Value]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument place: its kind, and whether a whole column (``many``) or a cell's state is wanted."""

    kind: Kind
    many: bool = False
    state: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """One row of the table.

    ``excel`` is the spelling with ``{0}``, ``{1}`` for arguments and ``{*}`` for all of them, or ``None``
    where Excel cannot say it (such a rule is not live). ``variadic`` repeats the last parameter; a function that
    ``catches`` takes an error for a value like any other.
    """

    name: str
    parameters: tuple[Parameter, ...]
    returns: Kind
    excel: str | None
    meaning: Meaning
    variadic: bool = False
    lazy: bool = False
    catches: bool = False

    def accepts(self, count: int) -> bool:
        """Whether the function takes this many arguments."""
        return count >= len(self.parameters) if self.variadic else count == len(self.parameters)

    def parameter(self, index: int) -> Parameter:
        """The parameter the argument at ``index`` (from 0) is given to."""
        return self.parameters[min(index, len(self.parameters) - 1)]


def _numbers(values: Sequence[Value | Column]) -> list[Decimal]:
    """The numbers among cells and columns; blanks and texts do not count, as in SUM."""
    flat: list[Value] = []
    for value in values:
        flat.extend(value if isinstance(value, tuple) else (value,))
    return [value for value in flat if isinstance(value, Decimal)]


def _arithmetic(operation: Callable[[Decimal, Decimal], Decimal]) -> Meaning:
    def meaning(left: Value, right: Value) -> Value:
        if not isinstance(left, Decimal) or not isinstance(right, Decimal):
            return VALUE
        try:
            return operation(left, right)
        except (DivisionByZero, InvalidOperation):
            return DIV0

    return meaning


def _compare_numbers(test: Callable[[Decimal], bool]) -> Meaning:
    def meaning(left: Value, right: Value) -> Value:
        if not isinstance(left, Decimal) or not isinstance(right, Decimal):
            return VALUE
        return test(round_half_up(left - right, 9))

    return meaning


def _same_text(left: Value, right: Value) -> bool:
    return _text(left).casefold() == _text(right).casefold()


def _text(value: Value) -> str:
    """A value as ``&`` joins it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return plain(value) if isinstance(value, Decimal) else str(value)


def _round(number: Value, decimals: Value) -> Value:
    if not isinstance(number, Decimal) or not isinstance(decimals, Decimal):
        return VALUE
    return round_half_up(number, int(decimals))


def _number(function: Callable[[Decimal], Decimal]) -> Meaning:
    return lambda value: function(value) if isinstance(value, Decimal) else VALUE


def _aggregate(function: Callable[[list[Decimal]], Value]) -> Meaning:
    return lambda *values: function(_numbers(values))


def _truths(function: Callable[[list[bool]], bool]) -> Meaning:
    def meaning(*values: Value) -> Value:
        return function([v for v in values if isinstance(v, bool)])

    return meaning


def _average(numbers: list[Decimal]) -> Value:
    return sum(numbers, Decimal(0)) / len(numbers) if numbers else DIV0


def placeholder(text: Value) -> bool:
    """A row left over from the template: ``……``, ``指标2:`` and the like."""
    name = _text(text)
    dots = name.replace("…", "").replace(".", "")
    return bool(name) and (not dots or (name.startswith("指标") and len(name) <= 4))


def _quantity(text: Value) -> Quantity | None:
    reading = read_quantity(_text(text)) if text is not None else None
    return reading if isinstance(reading, Quantity) else None


def _reached(target: Value, actual: Value, year: Value = None) -> Attainment | None:
    """How far a target was reached; ``None`` where one side is blank or the two cannot be compared."""
    if target is None or actual is None:
        return None
    known = int(year) if isinstance(year, Decimal) else None
    return attain(read_quantity(_text(target)), read_quantity(_text(actual)), known)


def _attainment(target: Value, actual: Value) -> Value:
    reached = _reached(target, actual)
    return None if reached is None else reached.ratio


def _met(target: Value, actual: Value) -> Value:
    reached = _reached(target, actual)
    return reached is not None and reached.met


def _late(target: Value, actual: Value, year: Value) -> Value:
    if target is None or not isinstance(read_quantity(_text(target)), Deadline):
        return False
    reached = _reached(target, actual, year)
    return reached is not None and not reached.met


def _comparable(target: Value, actual: Value, year: Value) -> Value:
    return _reached(target, actual, year) is not None


def _quantity_value(text: Value) -> Value:
    quantity = _quantity(text)
    return quantity.value if quantity else None


def _quantity_part(part: str) -> Meaning:
    def meaning(text: Value) -> Value:
        quantity = _quantity(text)
        return getattr(quantity, part) if quantity else ""

    return meaning


def wording(text: Value) -> str:
    """An indicator's name without what does not distinguish it: blanks, a final stop, an ``指标1:`` prefix."""
    name = "".join(_text(text).split()).rstrip("。.；;，,")
    if name.startswith("指标") and len(name) > 4 and name[3] in ":：.、":
        name = name[4:]
    return name.casefold()


def _row_of(text: Value, names: Column) -> int | None:
    """Where a name stands in a column, by wording; ``None`` if it does not."""
    wanted = wording(text)
    places = [index for index, name in enumerate(names) if name is not None and wording(name) == wanted]
    return places[0] if wanted and places else None


def _lookup(text: Value, names: Column, values: Column) -> Value:
    row = _row_of(text, names)
    return values[row] if row is not None and row < len(values) else None


def _sum_of(text: Value, names: Column, numbers: Column) -> Value:
    """The sum of the numbers that stand beside a name."""
    there = zip(names, numbers, strict=True)
    beside = (n for name, n in there if name is not None and _same_text(text, name) and text is not None)
    return sum((number for number in beside if isinstance(number, Decimal)), Decimal(0))


#: Two names this alike (share of equal characters, difflib ratio) are taken for one indicator worded twice.
ALIKE = 0.8

#: Shorter names are alike by chance (培训人数, 培训次数).
DISTINCT_LENGTH = 6


def _nearest(text: Value, names: Column) -> Value:
    wanted = wording(text)
    best, closeness = "", ALIKE
    if len(wanted) < DISTINCT_LENGTH:
        return ""
    for name in names:
        ratio = SequenceMatcher(None, wanted, wording(name), autojunk=False).ratio() if name else 0.0
        if ratio >= closeness:
            best, closeness = _text(name), ratio
    return best


_N, _T, _B, _A = (Parameter(kind) for kind in (Kind.NUMBER, Kind.TEXT, Kind.TRUTH, Kind.ANY))
_NUMBERS, _TEXTS, _ANYS = (Parameter(kind, many=True) for kind in (Kind.NUMBER, Kind.TEXT, Kind.ANY))
_STATE = Parameter(Kind.ANY, state=True)
#: Everything that says nothing, between bars, for a formula to find a text in.
BLANK_TEXTS = "||" + "|".join(sorted({*BLANK_MARKS, "\u2212"})) + "|"


def _comparison(symbol: str, test: Callable[[Decimal], bool]) -> Function:
    return Function(symbol, (_N, _N), Kind.TRUTH, f"(ROUND({{0}}-{{1}},9){symbol}0)", _compare_numbers(test))


FUNCTIONS: tuple[Function, ...] = (
    Function("+", (_N, _N), Kind.NUMBER, "({0}+{1})", _arithmetic(lambda a, b: a + b)),
    Function("-", (_N, _N), Kind.NUMBER, "({0}-{1})", _arithmetic(lambda a, b: a - b)),
    Function("*", (_N, _N), Kind.NUMBER, "({0}*{1})", _arithmetic(lambda a, b: a * b)),
    Function("/", (_N, _N), Kind.NUMBER, "({0}/{1})", _arithmetic(lambda a, b: a / b)),
    Function("negate", (_N,), Kind.NUMBER, "(-{0})", _number(lambda a: -a)),
    Function("percent", (_N,), Kind.NUMBER, "({0}/100)", _number(lambda a: a / 100)),
    Function("&", (_A, _A), Kind.TEXT, "({0}&{1})", lambda a, b: _text(a) + _text(b)),
    _comparison("=", lambda d: d == 0),
    _comparison("<>", lambda d: d != 0),
    _comparison("<", lambda d: d < 0),
    _comparison("<=", lambda d: d <= 0),
    _comparison(">", lambda d: d > 0),
    _comparison(">=", lambda d: d >= 0),
    Function("=", (_T, _T), Kind.TRUTH, "({0}={1})", _same_text),
    Function("<>", (_T, _T), Kind.TRUTH, "({0}<>{1})", lambda a, b: not _same_text(a, b)),
    Function("IF", (_B, _A, _A), Kind.ANY, "IF({0},{1},{2})", lambda *_: VALUE, lazy=True),
    Function("AND", (_B,), Kind.TRUTH, "AND({*})", _truths(all), variadic=True),
    Function("OR", (_B,), Kind.TRUTH, "OR({*})", _truths(any), variadic=True),
    Function("NOT", (_B,), Kind.TRUTH, "NOT({0})", lambda a: not a if isinstance(a, bool) else VALUE),
    Function("ROUND", (_N, _N), Kind.NUMBER, "ROUND({0},{1})", _round),
    Function("ABS", (_N,), Kind.NUMBER, "ABS({0})", _number(abs)),
    Function(
        "MIN", (_NUMBERS,), Kind.NUMBER, "MIN({*})", _aggregate(lambda n: min(n, default=Decimal(0))), True
    ),
    Function(
        "MAX", (_NUMBERS,), Kind.NUMBER, "MAX({*})", _aggregate(lambda n: max(n, default=Decimal(0))), True
    ),
    Function("SUM", (_NUMBERS,), Kind.NUMBER, "SUM({*})", _aggregate(lambda n: sum(n, Decimal(0))), True),
    Function("COUNT", (_NUMBERS,), Kind.NUMBER, "COUNT({*})", _aggregate(lambda n: Decimal(len(n))), True),
    Function("AVERAGE", (_NUMBERS,), Kind.NUMBER, "AVERAGE({*})", _aggregate(_average), True),
    # A sum whose parts are all blank is blank, not 0.
    Function(
        "TOTAL",
        (_NUMBERS,),
        Kind.NUMBER,
        'IF(COUNT({*})=0,"",SUM({*}))',
        _aggregate(lambda n: sum(n, Decimal(0)) if n else None),
        True,
    ),
    Function(
        "OCCURS",
        (_T, _TEXTS),
        Kind.NUMBER,
        'SUMPRODUCT(({1}={0})*({0}<>""))',
        lambda text, column: Decimal(
            sum(1 for other in column if other is not None and _same_text(text, other))
        ),
    ),
    Function(
        "COUNT_FILLED",
        (_TEXTS,),
        Kind.NUMBER,
        f'SUMPRODUCT(1-ISNUMBER(FIND("|"&{{0}}&"|","{BLANK_TEXTS}")))',
        lambda column: Decimal(sum(1 for value in column if value is not None)),
    ),
    Function("FILLED", (_STATE,), Kind.TRUTH, "({0}=1)", lambda value: value is not None),
    Function(
        "ISNUMBER",
        (_A,),
        Kind.TRUTH,
        "ISNUMBER({0})",
        lambda value: isinstance(value, Decimal),
        catches=True,
    ),
    Function(
        "SUM_OF",
        (_T, _TEXTS, _NUMBERS),
        Kind.NUMBER,
        'SUMPRODUCT(({1}={0})*({0}<>""),{2})',
        _sum_of,
    ),
    Function("LEN", (_T,), Kind.NUMBER, "LEN({0})", lambda text: Decimal(len(_text(text)))),
    Function(
        "PLACEHOLDER",
        (_T,),
        Kind.TRUTH,
        'AND({0}<>"",OR(SUBSTITUTE(SUBSTITUTE({0},"…",""),".","")="",AND(LEFT({0},2)="指标",LEN({0})<=4)))',
        placeholder,
    ),
    # Text quantities and likeness of names: no Excel formula a reader could follow says these.
    Function("QUANTITY", (_T,), Kind.NUMBER, None, _quantity_value),
    Function("SIGN_OF", (_T,), Kind.TEXT, None, _quantity_part("sign")),
    Function("UNIT_OF", (_T,), Kind.TEXT, None, _quantity_part("unit")),
    Function("IS_QUANTITY", (_T,), Kind.TRUTH, None, lambda text: _quantity(text) is not None),
    Function("ATTAINMENT", (_T, _T), Kind.NUMBER, None, _attainment),
    Function("MET", (_T, _T), Kind.TRUTH, None, _met),
    Function("LATE", (_T, _T, _N), Kind.TRUTH, None, _late),
    Function("COMPARABLE", (_T, _T, _N), Kind.TRUTH, None, _comparable),
    Function("NAMED", (_T, _TEXTS), Kind.TRUTH, None, lambda t, names: _row_of(t, names) is not None),
    Function("NEAREST", (_T, _TEXTS), Kind.TEXT, None, _nearest),
    Function("LOOKUP_TEXT", (_T, _TEXTS, _TEXTS), Kind.TEXT, None, _lookup),
)


def named(name: str) -> tuple[Function, ...]:
    """The rows of one name; operators that compare numbers or texts have two."""
    return tuple(function for function in FUNCTIONS if function.name == name)


def apply(function: Function, arguments: Sequence[Value | Column]) -> Value:
    """A function's worth for given arguments; an error among them is the result, as in Excel."""
    for argument in arguments:
        if isinstance(argument, ExcelError) and not function.catches:
            return argument
    result = function.meaning(*arguments)
    return NUM if isinstance(result, Decimal) and result.adjusted() >= LARGEST_EXPONENT else result


__all__ = ["FUNCTIONS", "Column", "Function", "Kind", "Parameter", "apply", "clean", "named", "wording"]
