"""What the names and functions of a rule's expressions mean in one form of one template."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from workbook.excel import plain
from workbook.expression import Call, Expression, ExpressionError, Literal, Name, parse, spell
from workbook.functions import FUNCTIONS, Function, Kind, named
from workbook.model import Apply, Bound, Constant, Form, Message, Reference, Scope, Slot
from workbook.texts import say


class BindError(ValueError):
    """An expression or message that does not fit the form; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Names:
    """What names can mean for one rule: the template's forms and constants, seen from one form (and table)."""

    template: str
    code: str
    forms: Mapping[str, Form]
    constants: Mapping[str, Decimal | str]
    form: str
    table: str = ""

    def scope(self, path: tuple[str, ...]) -> Scope | Constant | None:
        """The meaning of a dotted name, nearest first: the row, the form, the template, other forms."""
        here = self.forms[self.form]
        match path:
            case (name,):
                return self._bare(here, name)
            case (table, column) if table in here.tables:
                return self._column(here, table, column, "column")
            case (form, name) if form in self.forms:
                field = self.forms[form].fields.get(name)
                reach = "every" if self.forms[form].repeat else "single"
                return Scope(form, "", field, reach) if field else None
            case (form, table, column) if form in self.forms:
                reach = "every_column" if self.forms[form].repeat else "single_column"
                return self._column(self.forms[form], table, column, reach)
        return None

    def _bare(self, here: Form, name: str) -> Scope | Constant | None:
        if self.table and name in here.tables[self.table].columns:
            return Scope(here.id, self.table, here.tables[self.table].columns[name], "row")
        if name in here.fields:
            return Scope(here.id, "", here.fields[name], "form")
        if name in self.constants:
            return Constant(self.constants[name])
        return None

    @staticmethod
    def _column(form: Form, table: str, column: str, reach: str) -> Scope | None:
        field = form.tables[table].columns.get(column) if table in form.tables else None
        return Scope(form.id, table, field, reach) if field else None

    def missing(self, key: str, name: Name) -> BindError:
        """The error for a name the form does not have."""
        place = {"key": key, "column": name.column, "name": str(name)}
        return BindError(say("declare.name", **place, template=self.template, form=self.form, code=self.code))


def bind(key: str, source: str, names: Names, wanted: Kind = Kind.ANY) -> Bound:
    """An expression with its names resolved and its functions chosen.

    Args:
        key: which key of the rule it stands in, for messages.
        source: the expression as written.
        names: what names mean.
        wanted: what it must give: a truth value, or what its target holds.

    Raises:
        BindError: syntax, unknown name or function, wrong kinds.
    """
    try:
        tree = parse(source)
    except ExpressionError as error:
        reason = say(f"declare.syntax.{error.reason}", **error.values)
        raise BindError(say("declare.syntax", key=key, column=error.column, reason=reason)) from None
    bound, kind = _bind(key, tree, names, many=False, state=False)
    if Kind.ANY not in (kind, wanted) and kind is not wanted:
        words = {"kind": say(f"catalogue.kind.{kind}"), "wanted": say(f"catalogue.kind.{wanted}")}
        raise BindError(
            say("declare.truth" if wanted is Kind.TRUTH else "declare.value_kind", key=key, **words)
        )
    return bound


def _bind(key: str, tree: Expression, names: Names, *, many: bool, state: bool) -> tuple[Bound, Kind]:
    if isinstance(tree, Literal):
        return Constant(tree.value), _kind(tree.value)
    if isinstance(tree, Call):
        return _bind_call(key, tree, names)
    meaning = names.scope(tree.path)
    if meaning is None:
        raise names.missing(key, tree)
    if isinstance(meaning, Constant):
        return meaning, _kind(meaning.value)
    if meaning.many and not many:
        raise BindError(say("declare.many", key=key, column=tree.column, name=tree))
    return Reference(meaning, aggregated=many, state=state), meaning.field.type


def _kind(value: Decimal | str | bool) -> Kind:
    if isinstance(value, bool):
        return Kind.TRUTH
    return Kind.TEXT if isinstance(value, str) else Kind.NUMBER


def _bind_call(key: str, call: Call, names: Names) -> tuple[Bound, Kind]:
    rows = named(call.function)
    if not rows:
        known = "、".join(sorted({f.name for f in FUNCTIONS if f.name.isupper()}))
        raise BindError(say("declare.function", key=key, column=call.column, name=call.function, known=known))
    for function in rows:
        arguments = _arguments(key, call, function, names)
        if arguments is not None:
            kind = function.returns
            if function.lazy:
                kind = arguments[1][1]
            return Apply(function, tuple(bound for bound, _ in arguments)), kind
    raise BindError(say("declare.arguments", key=key, column=call.column, name=call.function))


def _arguments(key: str, call: Call, function: Function, names: Names) -> list[tuple[Bound, Kind]] | None:
    """The bound arguments, or ``None`` when they do not fit this row of the table."""
    if not function.accepts(len(call.arguments)):
        return None
    bound = []
    for index, argument in enumerate(call.arguments):
        parameter = function.parameter(index)
        one = _bind(key, argument, names, many=parameter.many, state=parameter.state)
        if parameter.kind is not Kind.ANY and one[1] is not Kind.ANY and one[1] is not parameter.kind:
            return None
        column = isinstance(one[0], Reference) and one[0].scope.many
        if parameter.many and parameter.kind is Kind.TEXT and not column:
            place = {"key": key, "column": argument.column}
            raise BindError(say("declare.one", **place, name=spell(argument)))
        bound.append(one)
    return bound


_SLOT = re.compile(r"\{([^{}]*)\}")
SLOTS = ("label", "expected", "actual", "hint")


def bind_message(key: str, text: str, names: Names) -> Message:
    """A message with its places resolved: text, the slots of every message, and fields the rule can see.

    ``{row.actual}`` is the field where a slot has the same name; ``{reason_rate:%}`` prints a constant as a percentage.

    Raises:
        BindError: a place that is neither.
    """
    parts: list[str | Slot | Reference] = []
    position = 0
    for match in _SLOT.finditer(text):
        parts.append(text[position : match.start()])
        position = match.end()
        name, _, form = match[1].removeprefix("row.").partition(":")
        meaning = None if match[1] in SLOTS else names.scope(tuple(name.split(".")))
        if match[1] in SLOTS:
            parts.append(Slot(match[1]))
        elif isinstance(meaning, Constant):
            parts.append(_printed(meaning.value, form))
        elif meaning is None or meaning.many or form:
            raise BindError(say("declare.placeholder", key=key, name=match[1]))
        elif meaning.field.constant is not None:
            parts.append(_printed(meaning.field.constant, form))
        else:
            parts.append(Reference(meaning))
    parts.append(text[position:])
    for part in parts:
        if isinstance(part, str) and ("{" in part or "}" in part):
            raise BindError(say("declare.placeholder", key=key, name=part.strip("{}")))
    return tuple(part for part in parts if part != "")


def _printed(value: Decimal | str | bool, form: str) -> str:
    if not isinstance(value, Decimal):
        return str(value)
    return f"{plain(value * 100)}%" if form == "%" else plain(value)
