"""How a rule is written: the parser, the tree, and the names an expression mentions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from workbook.excel import plain


class ExpressionError(ValueError):
    """An expression that cannot be understood.

    Attributes:
        reason: a stable word: ``character``, ``unexpected``, ``end``, ``bracket``, ``open`` or ``deep``.
        column: where, counting characters from 1.
        values: what the sentence about it mentions: what was ``found`` there, the ``limit`` of levels.
    """

    def __init__(self, reason: str, column: int, **values: object) -> None:
        super().__init__(reason, column, values)
        self.reason = reason
        self.column = column
        self.values = values


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant: number, text or truth value."""

    value: Decimal | str | bool
    column: int = 0


@dataclass(frozen=True, slots=True)
class Name:
    """A field, a table's column or a constant, spelled with dots: ``indicators.weight``."""

    path: tuple[str, ...]
    column: int = 0

    def __str__(self) -> str:
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class Call:
    """A function or operator applied to arguments; operators are functions with a symbol for a name."""

    function: str
    arguments: tuple[Expression, ...]
    column: int = 0


Expression = Literal | Name | Call

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>[0-9]+(?:\.[0-9]+)?)
      | (?P<text>"(?:[^"]|"")*")
      | (?P<name>[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)*)
      | (?P<symbol><=|>=|<>|[-+*/&=<>(),%])
    )""",
    re.VERBOSE,
)

#: Binary operators by binding strength, weakest first, as Excel ranks them.
_RANKS: tuple[tuple[str, ...], ...] = (("=", "<>", "<", "<=", ">", ">="), ("&",), ("+", "-"), ("*", "/"))
#: What operators without a symbol of their own are called in the tree; nobody can write them as functions.
_WORDS = ("negate", "percent")
#: How deep brackets and trees may be, as in Excel, so that every walk over a tree stays within Python's stack.
_DEEPEST = 64


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    column: int


def _tokens(source: str) -> list[_Token]:
    found, position, end = [], 0, len(source.rstrip())
    while position < end:
        match = _TOKEN.match(source, position)
        if match is None or match.lastgroup is None:
            blank = len(source) - len(source[position:].lstrip())
            raise ExpressionError("character", blank + 1, found=source[blank])
        kind = match.lastgroup
        found.append(_Token(kind, match[kind], match.start(kind) + 1))
        position = match.end()
    found.append(_Token("end", "", end + 1))
    return found


class _Parser:
    def __init__(self, source: str) -> None:
        self.tokens = _tokens(source)
        self.at = 0
        self.depth = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.at]

    def take(self) -> _Token:
        token = self.token
        self.at += 1
        return token

    def close(self) -> None:
        if self.token.kind == "end":
            raise ExpressionError("open", self.token.column)
        if self.token.text != ")" or self.token.kind != "symbol":
            raise ExpressionError("bracket", self.token.column, found=self.token.text)
        self.take()

    def whole(self) -> Expression:
        if self.depth == _DEEPEST:
            raise ExpressionError("deep", self.token.column, limit=_DEEPEST)
        self.depth += 1
        tree = self.binary()
        self.depth -= 1
        return tree

    def binary(self, rank: int = 0) -> Expression:
        if rank == len(_RANKS):
            return self.unary()
        left = self.binary(rank + 1)
        while self.token.kind == "symbol" and self.token.text in _RANKS[rank]:
            operator = self.take()
            left = Call(operator.text, (left, self.binary(rank + 1)), operator.column)
        return left

    def unary(self) -> Expression:
        minuses = []
        while self.token.kind == "symbol" and self.token.text == "-":
            minuses.append(self.take())
        operand = self.primary()
        while self.token.kind == "symbol" and self.token.text == "%":
            percent = self.take()
            operand = Call("percent", (operand,), percent.column)
        for minus in reversed(minuses):
            operand = Call("negate", (operand,), minus.column)
        return operand

    def primary(self) -> Expression:
        token = self.take()
        if token.kind == "number":
            return Literal(Decimal(token.text), token.column)
        if token.kind == "text":
            return Literal(token.text[1:-1].replace('""', '"'), token.column)
        if token.kind == "name":
            return self.name_or_call(token)
        if token.text == "(":
            inner = self.whole()
            self.close()
            return inner
        if token.kind == "end":
            raise ExpressionError("end", token.column)
        raise ExpressionError("unexpected", token.column, found=token.text)

    def name_or_call(self, token: _Token) -> Expression:
        if token.text in ("TRUE", "FALSE"):
            return Literal(token.text == "TRUE", token.column)
        if self.token.text != "(" or self.token.kind != "symbol":
            return Name(tuple(token.text.split(".")), token.column)
        if token.text in _WORDS:
            raise ExpressionError("unexpected", token.column, found=token.text)
        self.take()
        arguments: list[Expression] = []
        if self.token.text != ")":
            arguments.append(self.whole())
            while self.token.text == "," and self.token.kind == "symbol":
                self.take()
                arguments.append(self.whole())
        self.close()
        return Call(token.text, tuple(arguments), token.column)


def parse(source: str) -> Expression:
    """The tree of an expression.

    Args:
        source: text as Excel formulas read, without a leading ``=``; names are field ids.

    Raises:
        ExpressionError: with the column of the first thing that does not fit.
    """
    parser = _Parser(source)
    tree = parser.whole()
    if parser.token.kind != "end":
        raise ExpressionError("unexpected", parser.token.column, found=parser.token.text)
    _check_height(tree)
    return tree


def _check_height(tree: Expression) -> None:
    pending = [(tree, 1)]
    while pending:
        node, level = pending.pop()
        if level > _DEEPEST:
            raise ExpressionError("deep", node.column, limit=_DEEPEST)
        if isinstance(node, Call):
            pending += [(argument, level + 1) for argument in node.arguments]


def spell(tree: Expression) -> str:
    """A tree as text; parsing that text gives an equal tree (columns aside)."""
    if isinstance(tree, Name):
        return str(tree)
    if isinstance(tree, Literal):
        if isinstance(tree.value, bool):
            return "TRUE" if tree.value else "FALSE"
        if isinstance(tree.value, str):
            return '"' + tree.value.replace('"', '""') + '"'
        return plain(tree.value)
    inner = [spell(argument) for argument in tree.arguments]
    if tree.function == "negate":
        return f"(-{inner[0]})"
    if tree.function == "percent":
        return f"({inner[0]}%)"
    if not tree.function[0].isalpha():
        return f"({inner[0]} {tree.function} {inner[1]})"
    return f"{tree.function}({', '.join(inner)})"


def walk(tree: Expression) -> Iterator[Expression]:
    """Every node of a tree, parents first."""
    yield tree
    if isinstance(tree, Call):
        for argument in tree.arguments:
            yield from walk(argument)


def names(tree: Expression) -> tuple[Name, ...]:
    """The names an expression mentions, in order of appearance."""
    return tuple(node for node in walk(tree) if isinstance(node, Name))
