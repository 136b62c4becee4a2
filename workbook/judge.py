"""What each rule says of each place of a submission, seen as shown and as recomputed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum, StrEnum
from functools import cached_property

from workbook.evaluate import evaluate
from workbook.excel import ExcelError, Value, clean, plain, round_half_up
from workbook.functions import Column, placeholder
from workbook.model import BoundRule, Field, Reference, Role, Scope, Severity, worded_choice
from workbook.quantity import Unreadable, is_blank, read_quantity
from workbook.submission import Entry, FilledForm, Submission


class State(IntEnum):
    """How a cell stands; from ``MISSING`` on, what depends on it must wait. The sheet's helper cells hold these numbers."""

    BLANK = 0
    GOOD = 1
    MISSING = 2
    UNREADABLE = 3
    WAITING = 4


class Status(IntEnum):
    """What a rule says of a place. The sheet's helper cells hold these numbers."""

    ALONE = 0
    PASS = 1
    FAIL = 2
    WAITING = 3


class View(StrEnum):
    """Whether computed cells count as shown, or as recomputed from the inputs (else as shown)."""

    SHOWN = "shown"
    RECOMPUTED = "recomputed"


@dataclass(frozen=True, slots=True)
class Spot:
    """A field of a submission: the form's position in it, table and row (-1 for the form's own fields)."""

    form: int
    table: str
    row: int
    field: str


@dataclass(frozen=True, slots=True)
class Case:
    """A rule at one place: the form's position, the row (-1: none), and the rows of its group."""

    rule: BoundRule
    form: int
    row: int = -1
    group: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says of one case; ``waits_for`` are the spots that must be put right first."""

    status: Status
    expected: Value = None
    actual: Value = None
    severity: Severity | None = None
    waits_for: tuple[Spot, ...] = ()


_ALONE = Verdict(Status.ALONE)


class Judge:
    """A submission under its template's rules. Values are computed once and kept."""

    def __init__(self, submission: Submission) -> None:
        self.submission = submission
        self.rules = submission.template.rules
        self._values: dict[tuple[Spot, View], Value] = {}
        self._states: dict[tuple[Spot, View], State] = {}
        self._verdicts: dict[tuple[str, int, int, View], Verdict] = {}
        self._computing = {
            (rule.form, rule.target.table, rule.target.field.id): rule
            for rule in self.rules
            if rule.rule.computes
        }

    # ---------------------------------------------------------------- places

    def filled(self, spot: Spot) -> FilledForm:
        """The filled form a spot lies in."""
        return self.submission.forms[spot.form]

    def entry(self, spot: Spot) -> Entry:
        """What stands at a spot."""
        filled = self.filled(spot)
        if spot.table:
            return filled.tables[spot.table][spot.row][spot.field]
        return filled.fields[spot.field]

    def field(self, spot: Spot) -> Field:
        """The field a spot is filled for; a printed row constant counts as constant."""
        form = self.filled(spot).form
        return form.tables[spot.table].columns[spot.field] if spot.table else form.fields[spot.field]

    def spots(self, form: int) -> Iterator[Spot]:
        """Every field of a filled form, its own first, then the tables row by row."""
        filled = self.submission.forms[form]
        for field in filled.fields:
            yield Spot(form, "", -1, field)
        for table, rows in filled.tables.items():
            for row, entries in enumerate(rows):
                for field in entries:
                    yield Spot(form, table, row, field)

    @cached_property
    def touched(self) -> tuple[bool, ...]:
        """For each form, whether the unit has filled any of its inputs."""
        return tuple(
            any(self._typed(spot) for spot in self.spots(form) if self.by_unit(spot))
            for form in range(len(self.submission.forms))
        )

    def by_unit(self, spot: Spot) -> bool:
        """Whether it is the unit that fills a spot: no rule, no print, not the bureau."""
        field = self.field(spot)
        return field.role is Role.INPUT and not field.bureau

    def choice(self, spot: Spot) -> Status:
        """Whether a spot holds one of the choices it is given; numbers compare by value."""
        choices, value = self.entry(spot).choices, self.value(spot, View.SHOWN)
        if not choices or value is None or self.field(spot).role is not Role.INPUT:
            return Status.ALONE
        if isinstance(value, Decimal):
            found = any(isinstance(c, Decimal) and round_half_up(value - c, 9) == 0 for c in choices)
        else:
            found = str(value).casefold() in {worded_choice(choice).casefold() for choice in choices}
        return Status.PASS if found else Status.FAIL

    def _typed(self, spot: Spot) -> bool:
        entry = self.entry(spot)
        return entry.formula is not None or entry.raw not in (None, "")

    def row_filled(self, form: int, table: str, row: int) -> bool:
        """Whether a row is in use: any input but its caption, or a caption that is no left-over one."""
        filled = self.submission.forms[form]
        columns, caption = filled.form.tables[table].columns, filled.form.tables[table].caption
        for name in filled.tables[table][row]:
            spot = Spot(form, table, row, name)
            if columns[name].role is Role.INPUT and self._typed(spot):
                text = self.text(spot)
                if name != caption or (text is not None and not placeholder(text)):
                    return True
        return False

    def text(self, spot: Spot) -> str | None:
        """What a spot says as text, blanks of every kind aside; ``None`` when it says nothing."""
        entry = self.entry(spot)
        raw = entry.raw
        if isinstance(raw, Decimal):
            return f"{plain(raw * 100)}%" if "%" in entry.format else plain(raw)
        text = "" if raw is None else str(raw)
        return None if is_blank(text) else clean(text)

    # ---------------------------------------------------------------- values

    def rule_for(self, spot: Spot) -> BoundRule | None:
        """The rule that computes a spot, if one does."""
        return self._computing.get((self.filled(spot).form.id, spot.table, spot.field))

    def value(self, spot: Spot, view: View) -> Value:
        """A spot's worth in a view; ``None`` when blank or unreadable."""
        key = (spot, view)
        if key not in self._values:
            self._values[key] = self._value(spot, view)
        return self._values[key]

    def _value(self, spot: Spot, view: View) -> Value:
        field, entry = self.field(spot), self.entry(spot)
        rule = self.rule_for(spot)
        if rule is not None:
            typed = self.typed_over(spot)
            if not typed or view is View.RECOMPUTED:
                result = self.computed(rule, spot, view)
                if result is not None or not typed:
                    return result
        if entry.formula is not None and rule is None:
            return None
        if field.numeric or isinstance(entry.raw, ExcelError):
            return entry.raw if isinstance(entry.raw, Decimal) else None
        if field.kind == "long" and isinstance(entry.raw, Decimal):
            return plain(entry.raw)  # a formula sees 0.05 in a General cell that shows 5%
        return self.text(spot)

    def typed_over(self, spot: Spot) -> bool:
        """Whether a computed cell holds something typed instead of its formula."""
        entry = self.entry(spot)
        return entry.formula is None and self.text(spot) is not None

    def computed(self, rule: BoundRule, spot: Spot, view: View) -> Value:
        """What a computing rule gives for its spot; ``None`` when it cannot or need not."""
        case = Case(rule, spot.form, spot.row)
        if not self._ready(case, view):
            return None
        result = evaluate(rule.tree, lambda reference: self.worth(reference, case, view))
        if isinstance(result, Decimal):
            return round_half_up(result, rule.target.field.decimals)
        return None if isinstance(result, ExcelError) else result

    def state(self, spot: Spot, view: View = View.SHOWN) -> State:
        """How a spot stands in a view."""
        key = (spot, view)
        if key not in self._states:
            self._states[key] = self._state(spot, view)
        return self._states[key]

    def _state(self, spot: Spot, view: View) -> State:
        field, entry, rule = self.field(spot), self.entry(spot), self.rule_for(spot)
        if self.value(spot, view) is not None:
            return State.GOOD
        if rule is None and entry.formula is not None:
            return State.UNREADABLE
        if entry.formula is None and self.text(spot) is not None:
            return State.UNREADABLE
        case = Case(rule, spot.form, spot.row) if rule is not None else None
        if case is not None and self.active(case) and self._waiting(case, view):
            return State.WAITING
        return State.MISSING if field.required and self._owed(spot) else State.BLANK

    def _owed(self, spot: Spot) -> bool:
        """Whether a required spot must be filled: its row is in use, or its form where the row's name is printed."""
        if not spot.table or self.row_printed(spot):
            return self.touched[spot.form]
        return self.row_filled(spot.form, spot.table, spot.row)

    def row_printed(self, spot: Spot) -> bool:
        """Whether the form itself names a table's rows, so that each of them is to be filled."""
        table = self.filled(spot).form.tables[spot.table]
        return table.columns[table.caption].role is Role.CONSTANT

    def malformed(self, spot: Spot) -> bool:
        """Whether a quantity's digits, sign or date cannot be right; only the checker can tell, the sheet cannot."""
        text = self.text(spot)
        if self.field(spot).kind != "quantity" or text is None:
            return False
        return isinstance(read_quantity(text), Unreadable)

    # ---------------------------------------------------------------- references

    def spots_of(self, scope: Scope, case: Case) -> tuple[Spot, ...]:
        """The spots a reference reaches from a case."""
        here, field = case.form, scope.field.id
        match scope.reach:
            case "row":
                return (Spot(here, scope.table, case.group[0] if case.group else case.row, field),)
            case "form":
                return (Spot(here, "", -1, field),)
            case "column":
                rows = range(len(self.submission.forms[here].tables.get(scope.table, ())))
                return tuple(Spot(here, scope.table, row, field) for row in case.group or rows)
        forms = [i for i, filled in enumerate(self.submission.forms) if filled.form.id == scope.form]
        if scope.reach in ("single", "every"):
            return tuple(Spot(form, "", -1, field) for form in forms)
        return tuple(
            Spot(form, scope.table, row, field)
            for form in forms
            for row in range(len(self.submission.forms[form].tables[scope.table]))
        )

    def worth(self, reference: Reference, case: Case, view: View) -> Value | Column:
        """A reference's value in a case: one value, or a column."""
        spots = self.spots_of(reference.scope, case)
        if reference.scope.many:
            return tuple(self.value(spot, view) for spot in spots)
        return self.value(spots[0], view) if spots else None

    def _waiting(self, case: Case, view: View) -> tuple[Spot, ...]:
        """The spots among a case's inputs that must be put right first."""
        found: dict[Spot, None] = {}
        for reference in case.rule.inputs:
            for spot in self.spots_of(reference.scope, case):
                if self.state(spot, view) >= State.MISSING or (case.rule.live and self.malformed(spot)):
                    found[spot] = None
        return tuple(found)

    def active(self, case: Case) -> bool:
        """Whether there is anything to judge: the form is in use, and the row if the rule is about rows."""
        if not self.touched[case.form]:
            return False
        if case.row < 0 or case.group:
            return True
        table = case.rule.rule.each
        if case.rule.rule.stray:
            caption = self.submission.forms[case.form].form.tables[table].caption
            return self.state(Spot(case.form, table, case.row, caption)) is State.GOOD
        return self.row_filled(case.form, table, case.row)

    def _ready(self, case: Case, view: View) -> bool:
        """Whether a case's rule can be evaluated and is meant to be."""
        if self._waiting(case, view):
            return False
        for reference in case.rule.inputs:
            scalar = not reference.aggregated and not reference.scope.many
            if scalar and reference.scope.field.numeric and self.worth(reference, case, view) is None:
                return False
        if case.rule.when is None:
            return True
        return evaluate(case.rule.when, lambda r: self.worth(r, case, view)) is True

    # ---------------------------------------------------------------- verdicts

    def cases(self) -> Iterator[Case]:
        """Every rule at every place it judges, in the order of forms, rules and rows."""
        for form, filled in enumerate(self.submission.forms):
            for rule in self.rules:
                if rule.form == filled.form.id:
                    yield from self._cases(rule, form)

    def _cases(self, rule: BoundRule, form: int) -> Iterator[Case]:
        if not rule.rule.each:
            yield Case(rule, form)
            return
        rows = self.submission.forms[form].tables.get(rule.rule.each, ())
        if not rule.rule.by:
            yield from (Case(rule, form, row) for row in range(len(rows)))
            return
        groups: dict[str, list[int]] = {}
        for row in range(len(rows)):
            name = self.text(Spot(form, rule.rule.each, row, rule.rule.by))
            groups.setdefault(name or "", []).append(row)
        yield from (Case(rule, form, members[0], tuple(members)) for members in groups.values())

    def target(self, case: Case) -> Spot:
        """The spot a case is about."""
        return self.spots_of(case.rule.target, case)[0]

    def verdict(self, case: Case, view: View) -> Verdict:
        """What a rule says of a case in a view."""
        key = (f"{case.rule.form}/{case.rule.key}", case.form, case.row, view)
        if key not in self._verdicts:
            self._verdicts[key] = self._verdict(case, view)
        return self._verdicts[key]

    def _verdict(self, case: Case, view: View) -> Verdict:
        if not self.active(case):
            return _ALONE
        rule, target = case.rule, self.target(case)
        waiting = self._waiting(case, view)
        if rule.equals and self.state(target) is State.UNREADABLE:
            waiting = tuple(dict.fromkeys((*waiting, target)))
        if waiting:
            return Verdict(Status.WAITING, waits_for=waiting)
        if not self._ready(case, view):
            return _ALONE
        result = evaluate(rule.tree, lambda reference: self.worth(reference, case, view))
        if isinstance(result, ExcelError) or (rule.equals and result is None):
            return _ALONE
        if rule.equals:
            return self._compared(case, result)
        actual = self.value(target, view)
        if result is True:
            return Verdict(Status.PASS, actual=actual)
        return Verdict(Status.FAIL, actual=actual, severity=rule.rule.severity)

    def _compared(self, case: Case, result: Value) -> Verdict:
        """An *equals* rule: the target as shown against what it should be."""
        rule, target = case.rule, self.target(case)
        shown = self.value(target, View.SHOWN)
        if not isinstance(result, Decimal):
            same = str(shown or "").casefold() == str(result).casefold()
            status = Status.PASS if same or shown is None else Status.FAIL
            return Verdict(status, result, shown, rule.rule.severity)
        if not isinstance(shown, Decimal):
            return _ALONE
        decimals = rule.target.field.decimals
        if rule.rule.own_digits:
            decimals = min(max(2, -int(shown.normalize().as_tuple().exponent)), decimals)
        deviation = abs(round_half_up(result, decimals) - round_half_up(shown, decimals))
        expected = round_half_up(result, rule.target.field.decimals)
        if self._printed(target):
            expected, shown = shown, expected
        if deviation <= rule.within:
            return Verdict(Status.PASS, expected, shown)
        severity = Severity.WARNING if deviation <= rule.band else rule.rule.severity
        return Verdict(Status.FAIL, expected, shown, severity)

    def _printed(self, spot: Spot) -> bool:
        """Whether a spot holds a printed number: then that is what is expected of the rule's expression."""
        field = self.field(spot)
        return field.role is Role.CONSTANT
