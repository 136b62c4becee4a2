"""A returned workbook, read: what stands in its cells, and what a rule says of one place of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from workbook.excel import Value
from workbook.model import Form, Place, Severity, Template


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands in a field's cell: the value as stored, its formula if it has one, and how it was formatted.

    ``choices`` are the values the form allows there; any value when there are none.
    """

    place: Place
    raw: Value
    formula: str | None = None
    format: str = ""
    choices: tuple[Decimal | str, ...] = ()


#: A table's row: what stands in each of its columns.
Row = Mapping[str, Entry]


@dataclass(frozen=True, slots=True)
class FilledForm:
    """One form of a submission; ``index`` counts the instances of a repeating form from 1."""

    form: Form
    index: int
    sheet: str
    fields: Mapping[str, Entry]
    tables: Mapping[str, tuple[Row, ...]]

    @property
    def key(self) -> str:
        """The form's name within the submission: ``overall`` or ``project__2``."""
        return f"{self.form.id}__{self.index}" if self.form.repeat else self.form.id


@dataclass(frozen=True, slots=True)
class Submission:
    """A returned workbook, read."""

    template: Template
    file: str
    forms: tuple[FilledForm, ...]
    extra_sheets: tuple[str, ...] = ()

    def instances(self, form: str) -> tuple[FilledForm, ...]:
        """The filled forms of one form id, in order."""
        return tuple(filled for filled in self.forms if filled.form.id == form)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says of one place of one submission. ``because_of`` lists the findings that made it uncheckable."""

    code: str
    severity: Severity
    file: str
    unit: str
    form: str
    sheet: str
    cell: str
    label: str
    expected: str | None
    actual: str | None
    message: str
    fix: str
    basis: str
    because_of: tuple[str, ...] = ()

    @property
    def origin(self) -> str:
        """How another finding names this one: ``code@sheet!cell``."""
        return f"{self.code}@{self.sheet}!{self.cell}"
