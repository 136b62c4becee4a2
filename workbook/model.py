"""The nouns of declarations: template, form, field, table, rule; and how places and defined names are spelled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from workbook.excel import column_letters, plain
from workbook.functions import Function, Kind

#: The hidden sheet that says which template and version a workbook is, and which form each sheet.
META_SHEET = "_meta"
#: The hidden sheet with one row for each repeated form, where aggregates over projects point.
EVERY_SHEET = "_projects"
#: What reader and checker raise without an expression; beside these ``file.`` and the cause of a refusal.
EVENTS = (
    *(
        "missing",
        "unreadable",
        "malformed",
        "untouched",
        "untouched_spare",
        "overwritten",
        "overwritten_stale",
    ),
    *("formula_changed", "formula_in_input", "error_value", "extra_sheet", "not_a_choice"),
)


class Severity(StrEnum):
    """How grave a finding is: must be corrected, correct or explain, worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"

    @property
    def gravity(self) -> int:
        """The graver, the higher: notice 0, warning 1, error 2."""
        return (Severity.NOTICE, Severity.WARNING, Severity.ERROR).index(self)


class Role(StrEnum):
    """Who fills a field: the printed form, the unit, or a rule; ``derived`` is computed but not printed."""

    CONSTANT = "constant"
    INPUT = "input"
    COMPUTED = "computed"
    DERIVED = "derived"


#: The kinds of field that hold a number; every other kind holds text.
NUMERIC_KINDS = ("number", "money", "percent")
FIELD_KINDS = (*NUMERIC_KINDS, "text", "quantity", "long")


@dataclass(frozen=True, slots=True)
class Place:
    """A cell of a sheet, 1-based; prints as ``整体自评表!C7``."""

    sheet: str
    row: int
    column: int

    @property
    def cell(self) -> str:
        """The address alone, ``C7``."""
        return f"{column_letters(self.column)}{self.row}"

    def __str__(self) -> str:
        return f"{self.sheet}!{self.cell}"


@dataclass(frozen=True, slots=True)
class Field:
    """One place to read or fill: a cell of a form, or a column of a table.

    ``kind`` is one of ``FIELD_KINDS``; ``unit`` is 万元, 分 or empty; ``decimals`` is what a computed value is
    rounded to (a percent is a ratio: 4 decimals are two of the percentage); ``constant`` is the printed value.
    What the ``bureau`` fills is no sign that the unit has filled the form, and locked for the unit.
    """

    id: str
    label: str
    kind: str
    unit: str = ""
    decimals: int = 2
    required: bool = False
    role: Role = Role.INPUT
    constant: Decimal | str | None = None
    help: str = ""
    bureau: bool = False

    @property
    def numeric(self) -> bool:
        """Whether the field holds a number."""
        return self.kind in NUMERIC_KINDS

    @property
    def short(self) -> str:
        """The label where its place is plain: without what stands before the last ``·``."""
        return self.label.rpartition("·")[2]

    @property
    def type(self) -> Kind:
        """What the field is in an expression."""
        return Kind.NUMBER if self.numeric else Kind.TEXT


@dataclass(frozen=True, slots=True)
class Table:
    """Repeated rows of fields; ``caption`` names the column whose text says which row it is."""

    id: str
    label: str
    caption: str
    columns: Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a drawn cell: label text, or a field (with its table's id, empty for a form's own field).

    ``choices`` are the only values the field may hold here; any value may when there are none.
    """

    text: str = ""
    table: str = ""
    field: str = ""
    constant: Decimal | str | None = None
    choices: tuple[Decimal | str, ...] = ()

    @property
    def fillable(self) -> bool:
        """Whether the piece is a place to fill rather than print."""
        return bool(self.field) and self.constant is None


@dataclass(frozen=True, slots=True)
class DrawnCell:
    """One cell of a drawn line. ``kind``: content, blank, left (continues ``<``), above (``^``) or none (``·``).

    ``joined`` cells belong to the next one (no line between them); ``left`` ones are aligned left.
    """

    kind: str
    pieces: tuple[Piece, ...] = ()
    joined: bool = False
    left: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a drawn layout: its look, how often it is repeated, its height in points (0 = the look's)."""

    number: int
    look: str
    copies: int
    height: float
    cells: tuple[DrawnCell, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """One sheet of a template; ``repeat`` names the group it repeats with, empty for a single form."""

    id: str
    label: str
    sheet: str
    repeat: str
    landscape: bool
    widths: tuple[int, ...]
    lines: tuple[Line, ...]
    fields: Mapping[str, Field]
    tables: Mapping[str, Table]


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a reference points, seen from the cell a rule judges."""

    form: str
    table: str
    field: Field
    reach: str  # row | form | column | single | single_column | every | every_column

    @property
    def many(self) -> bool:
        """Whether it is a column of values rather than one."""
        return self.reach in ("column", "single_column", "every", "every_column")


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, text or truth value in a bound expression; template constants become these."""

    value: Decimal | str | bool


@dataclass(frozen=True, slots=True)
class Reference:
    """A name in a bound expression. ``aggregated`` ones stand inside an aggregate, where blanks do not count."""

    scope: Scope
    aggregated: bool = False
    state: bool = False


@dataclass(frozen=True, slots=True)
class Apply:
    """A function of the table applied to bound arguments."""

    function: Function
    arguments: tuple[Bound, ...]


Bound = Constant | Reference | Apply


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a message for ``label``, ``expected``, ``actual`` or ``hint``."""

    name: str


Message = tuple[str | Slot | Reference, ...]


def references(tree: Bound) -> tuple[Reference, ...]:
    """The references of a bound expression, in order of appearance."""
    if isinstance(tree, Reference):
        return (tree,)
    if isinstance(tree, Apply):
        return tuple(found for argument in tree.arguments for found in references(argument))
    return ()


@dataclass(frozen=True, slots=True)
class Example:
    """A filling in the shape of ``--data`` and what the rule says of it: ``pass``, ``fail`` or ``alone``."""

    outcome: str
    data: Mapping[str, object]
    expected: str | None = None
    actual: str | None = None
    severity: Severity | None = None
    template: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as declared. Texts of expressions are kept as written; see ``catalog`` for when they are sound.

    A rule with ``raises`` has no expression: reader and checker raise it by that event's name.
    ``each`` repeats it over a table's rows, ``by`` over the groups of rows that share that column's value,
    ``loops`` over words put in for ``$name``. ``stray`` rows (only a left-over name) are judged too.
    """

    code: str
    severity: Severity
    title: str
    message: str
    fix: str
    basis: str
    file: str
    raises: str = ""
    forms: tuple[str, ...] = ()
    each: str = ""
    by: str = ""
    loops: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    target: str = ""
    computes: bool = False
    equals: str = ""
    holds: str = ""
    when: str = ""
    within: str = "0"
    band: str = "0"
    own_digits: bool = False
    explained: bool = False
    same_cause: str = ""
    stray: bool = False
    follows: str = ""
    together: bool = False
    expected: str = ""
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True)
class BoundRule:
    """A rule applied to one form of one template, its names resolved and its types checked.

    ``tree`` is the compared expression (equals) or the condition (holds); ``live`` is empty when the rule can
    stand in the sheet, else the reason why not.
    """

    rule: Rule
    form: str
    key: str
    target: Scope
    tree: Bound
    when: Bound | None
    within: Decimal
    band: Decimal
    message: Message
    expected: Message
    follows: Bound | None = None
    live: str = ""

    @property
    def equals(self) -> bool:
        """Whether the rule compares its target with a value (else it states a condition)."""
        return bool(self.rule.equals)

    @property
    def inputs(self) -> tuple[Reference, ...]:
        """What the rule needs to be there: its references, those to a mere state left out."""
        trees = (self.tree,) if self.when is None else (self.when, self.tree)
        return tuple(found for tree in trees for found in references(tree) if not found.state)


@dataclass(frozen=True, slots=True)
class Template:
    """A set of forms of one place and year, with the rules that bind it."""

    id: str
    title: str
    place: str
    year: int
    version: str
    basis: str
    unit: str
    file: str
    constants: Mapping[str, Decimal | str]
    forms: Mapping[str, Form]
    rules: tuple[BoundRule, ...]
    exceptions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Catalog:
    """What declarations say: templates by id, rules by code, and the rules without expression by event."""

    folder: Path
    templates: Mapping[str, Template]
    rules: Mapping[str, Rule]
    events: Mapping[str, Rule]


def defined_name(*parts: str | int) -> str:
    """A defined name over ids and indices: ``f__project__2__indicators__weight``."""
    return "__".join(["f", *map(str, parts)])


def worded_choice(choice: Decimal | str) -> str:
    """A choice as people read and type it."""
    return plain(choice) if isinstance(choice, Decimal) else choice
