"""Where the hidden helper cells of a form stand, what they say, and how formulas address everything in a workbook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from workbook.compose import Composition
from workbook.excel import CLEAN_FORMULA, column_letters, quoted
from workbook.formula import (
    blank_condition,
    choice_formula,
    computed_state_formula,
    input_state_formula,
    literal,
    status_formula,
)
from workbook.functions import named
from workbook.judge import Case, Judge, Spot, State, Status, View
from workbook.layout import Drawing
from workbook.model import EVERY_SHEET, BoundRule, Role, Scope, Severity
from workbook.submission import FilledForm

#: How grave the worst thing at a cell is, as its helper cell says: the graver, the higher.
GRAVITY = {Severity.NOTICE: 1, Severity.WARNING: 2, "missing": 3, Severity.ERROR: 4}


@dataclass(frozen=True, slots=True)
class Helper:
    """A hidden cell: where it stands, its formula, and what the formula gives now."""

    row: int
    column: int
    formula: str
    value: int


class Plan:
    """The helper cells of every form of a composition, and the addresses of all that formulas mention."""

    def __init__(self, composition: Composition) -> None:
        self.composition = composition
        self.judge = Judge(composition.submission)
        self.cases = [case for case in self.judge.cases() if not case.rule.live]
        self.every = _every_columns(self.judge.rules)
        self.forms = [
            FormPlan(self, index, filled, drawing)
            for index, (filled, drawing) in enumerate(
                zip(composition.submission.forms, composition.drawings, strict=True)
            )
        ]

    def every_range(self, scope: Scope, *, state: bool = False) -> str:
        """The range on the hidden sheet over all instances of a repeating form's field."""
        column = self.every[(scope.form, scope.field.id)] + (1 if state else 0)
        count = sum(1 for filled in self.judge.submission.forms if filled.form.id == scope.form)
        letters = column_letters(column)
        return f"{quoted(EVERY_SHEET)}!${letters}$2:${letters}${max(count, 1) + 1}"


def _every_columns(rules: Iterable[BoundRule]) -> dict[tuple[str, str], int]:
    """The column of each field that a live rule sees over all instances; its state stands right of it."""
    columns: dict[tuple[str, str], int] = {}
    for rule in rules:
        for reference in rule.inputs:
            key = (reference.scope.form, reference.scope.field.id)
            if reference.scope.reach == "every" and not rule.live and key not in columns:
                columns[key] = 2 + 2 * len(columns)
    return columns


class FormPlan:
    """The helper cells of one form: touched, rows in use, states, statuses, gravities."""

    def __init__(self, plan: Plan, index: int, filled: FilledForm, drawing: Drawing) -> None:
        self.plan, self.index, self.filled, self.drawing = plan, index, filled, drawing
        self.judge = plan.judge
        self.title = filled.sheet
        derived = sum(1 for field in filled.form.fields.values() if field.role is Role.DERIVED)
        self.message_column = drawing.last_column + 1
        self.touched = (1, drawing.last_column + 3 + derived)
        self.spots = [
            spot for spot in self.judge.spots(index) if self.judge.field(spot).role is not Role.CONSTANT
        ]
        self.cases = [case for case in plan.cases if case.form == index]
        self._next = self.touched[1] + 1
        self._taken: set[tuple[int, int]] = set()
        self.gravities = self._place_gravities()
        self.gravity_columns = (self.touched[1] + 1, self._next - 1)
        self.filled_rows = self._place_rows()
        self.states = self._place_fields("state", self.spots)
        inputs = [spot for spot in self.spots if self.judge.field(spot).role is Role.INPUT]
        self.choices = self._place_fields("choice", [s for s in inputs if self.judge.entry(s).choices])
        self.statuses = self._place_statuses()

    # ---------------------------------------------------------------- where

    def _column(self) -> int:
        self._next += 1
        return self._next - 1

    def _place_gravities(self) -> dict[Spot, tuple[int, int]]:
        targets = [self.judge.target(case) for case in self.cases]
        return self._place_fields("gravity", list(dict.fromkeys([*self.spots, *targets])))

    def _place_fields(self, what: str, spots: list[Spot]) -> dict[Spot, tuple[int, int]]:
        """One helper column for each table column; fields of the form share columns, one row each."""
        columns: dict[tuple[str, str], int] = {}
        places: dict[Spot, tuple[int, int]] = {}
        singles: list[int] = []
        for spot in spots:
            row = self.judge.entry(spot).place.row
            if spot.table:
                key = (spot.table, spot.field)
                if key not in columns:
                    columns[key] = self._column()
                places[spot] = (self._row(spot), columns[key])
                continue
            free = next((column for column in singles if (row, column) not in self._taken), 0)
            if not free:
                free = self._column()
                singles.append(free)
            self._taken.add((row, free))
            places[spot] = (row, free)
        return places

    def _row(self, spot: Spot) -> int:
        return self.drawing.tables[spot.table][spot.row].row

    def _place_rows(self) -> dict[tuple[str, int], tuple[int, int]]:
        places = {}
        for table, rows in self.drawing.tables.items():
            column = self._column()
            for index, row in enumerate(rows):
                places[(table, index)] = (row.row, column)
        return places

    def _place_statuses(self) -> dict[tuple[str, int], tuple[int, int]]:
        columns: dict[str, int] = {}
        places = {}
        for case in self.cases:
            if case.rule.key not in columns:
                columns[case.rule.key] = self._column()
            target = self.judge.target(case)
            row = self._row(target) if target.table else self.judge.entry(target).place.row
            places[(case.rule.key, case.row)] = (row, columns[case.rule.key])
        return places

    @property
    def last_column(self) -> int:
        """The last helper column."""
        return self._next - 1

    def cell(self, place: tuple[int, int], *, sheet: bool = False) -> str:
        """A place as an absolute address, with its sheet if wanted."""
        address = f"${column_letters(place[1])}${place[0]}"
        return f"{quoted(self.title)}!{address}" if sheet else address

    def spot_cell(self, spot: Spot, *, sheet: bool = False) -> str:
        """The address of a field's own cell."""
        place = self.judge.entry(spot).place
        return self.cell((place.row, place.column), sheet=sheet)

    def range(self, places: list[tuple[int, int]], *, sheet: bool = False) -> str:
        """The range over places of one column."""
        first, last = places[0], places[-1]
        prefix = f"{quoted(self.title)}!" if sheet else ""
        return f"{prefix}${column_letters(first[1])}${first[0]}:${column_letters(last[1])}${last[0]}"

    def places_of(self, spots: Iterable[Spot]) -> list[tuple[int, int]]:
        """The cells of spots."""
        return [(self.judge.entry(spot).place.row, self.judge.entry(spot).place.column) for spot in spots]

    def owed(self, spot: Spot) -> str:
        """The condition under which a required field must be filled."""
        by_row = spot.table and not self.judge.row_printed(spot)
        place = self.filled_rows[(spot.table, spot.row)] if by_row else self.touched
        return f"{self.cell(place)}=1"

    # ---------------------------------------------------------------- what

    def helpers(self) -> Iterator[Helper]:
        """Every helper cell with its formula and present value."""
        yield self._touched_helper()
        for (table, row), place in self.filled_rows.items():
            value = int(self.judge.row_filled(self.index, table, row))
            yield Helper(*place, self._filled_formula(table, row), value)
        for spot, place in self.states.items():
            yield Helper(*place, self._state_formula(spot), int(self.judge.state(spot)))
        for spot, place in self.choices.items():
            state, field = self.cell(self.states[spot]), self.judge.field(spot)
            formula = choice_formula(self.spot_cell(spot), state, field, self.judge.entry(spot).choices)
            yield Helper(*place, formula, int(self.judge.choice(spot)))
        for case in self.cases:
            status = self.judge.verdict(case, View.SHOWN).status
            place = self.statuses[(case.rule.key, case.row)]
            yield Helper(*place, status_formula(case.rule, At(self, case)), int(status))
        by_target = self.by_target()
        for spot, place in self.gravities.items():
            formula = self._gravity_formula(spot, by_target.get(spot, []))
            yield Helper(*place, formula, self.gravity(spot, by_target.get(spot, [])))

    def _touched_helper(self) -> Helper:
        inputs = [spot for spot in self.spots if self.judge.by_unit(spot)]
        areas = [self.spot_cell(spot) for spot in inputs if not spot.table]
        for table in self.drawing.tables:
            columns = dict.fromkeys(spot.field for spot in inputs if spot.table == table)
            for column in columns:
                places = self.places_of(s for s in inputs if (s.table, s.field) == (table, column))
                areas.append(self.range(places))
        value = int(self.judge.touched[self.index])
        return Helper(*self.touched, f"=IF(COUNTA({','.join(areas)})>0,1,0)", value)

    def _filled_formula(self, table: str, row: int) -> str:
        caption = self.filled.form.tables[table].caption
        inputs = {s.field: self.spot_cell(s) for s in self.spots if (s.table, s.row) == (table, row)}
        roles = self.filled.form.tables[table].columns
        cells = [cell for name, cell in inputs.items() if roles[name].role is Role.INPUT and name != caption]
        conditions = [f"COUNTA({','.join(cells)})>0"] if cells else []
        if caption in inputs:
            name = inputs[caption]
            left_over = str(named("PLACEHOLDER")[0].excel).format(CLEAN_FORMULA.format(name))
            conditions.append(f"NOT(OR({blank_condition(name)},{left_over}))")
        return f"=IF(OR({','.join(conditions)}),1,0)"

    def _state_formula(self, spot: Spot) -> str:
        field, cell = self.judge.field(spot), self.spot_cell(spot)
        rule = self.judge.rule_for(spot)
        if rule is None:
            return input_state_formula(cell, field, self.owed(spot))
        status = self.cell(self.statuses[(rule.key, spot.row)])
        return computed_state_formula(cell, field, self.owed(spot), status)

    def by_target(self) -> dict[Spot, list[Case]]:
        """The live cases of each spot they are about."""
        found: dict[Spot, list[Case]] = {}
        for case in self.cases:
            found.setdefault(self.judge.target(case), []).append(case)
        return found

    def _gravity_formula(self, spot: Spot, cases: list[Case]) -> str:
        terms = []
        if spot in self.states:
            state = self.cell(self.states[spot])
            terms.append(f"IF({state}=3,{GRAVITY[Severity.ERROR]},IF({state}=2,{GRAVITY['missing']},0))")
        if spot in self.choices:
            terms.append(f"IF({self.cell(self.choices[spot])}=2,{GRAVITY[Severity.ERROR]},0)")
        for case in cases:
            status = self.cell(self.statuses[(case.rule.key, case.row)])
            terms.append(f"IF({status}=2,{GRAVITY[case.rule.rule.severity]},0)")
        return f"=MAX({','.join(terms)})"

    def gravity(self, spot: Spot, cases: list[Case]) -> int:
        """What the gravity helper of a spot says now."""
        found = [0]
        if spot in self.states:
            state = self.judge.state(spot)
            found.append({State.UNREADABLE: 4, State.MISSING: 3}.get(state, 0))
            found.append(GRAVITY[Severity.ERROR] if self.judge.choice(spot) is Status.FAIL else 0)
        for case in cases:
            if self.judge.verdict(case, View.SHOWN).status is Status.FAIL:
                found.append(GRAVITY[case.rule.rule.severity])
        return max(found)


@dataclass(frozen=True, slots=True)
class At:
    """Addresses seen from one case on its own sheet."""

    form: FormPlan
    case: Case

    def value(self, scope: Scope) -> str:
        """The cell or range of a reference, or a literal where a constant is printed."""
        return self._address(scope, state=False)

    def state(self, scope: Scope) -> str:
        """The helper cell or range of its state."""
        return self._address(scope, state=True)

    def active(self) -> str:
        """The condition of anything being there to judge."""
        rule = self.case.rule.rule
        if self.case.row < 0 or self.case.group:
            return f"{self.form.cell(self.form.touched)}=1"
        if rule.stray:
            caption = self.form.filled.form.tables[rule.each].caption
            state = self.form.states[Spot(self.case.form, rule.each, self.case.row, caption)]
            return f"{self.form.cell(state)}=1"
        return f"{self.form.cell(self.form.filled_rows[(rule.each, self.case.row)])}=1"

    def _address(self, scope: Scope, *, state: bool) -> str:
        if scope.reach == "every":
            return self.form.plan.every_range(scope, state=state)
        judge = self.form.judge
        spots = judge.spots_of(scope, self.case)
        home = self.form.plan.forms[spots[0].form] if spots[0].form != self.case.form else self.form
        elsewhere = home is not self.form
        if scope.many:
            places = [home.states[spot] for spot in spots] if state else home.places_of(spots)
            return home.range(places, sheet=elsewhere)
        spot = spots[0]
        if judge.field(spot).role is Role.CONSTANT:
            raw = judge.entry(spot).raw
            return literal(raw) if isinstance(raw, Decimal | str) else '""'
        if state:
            return home.cell(home.states[spot], sheet=elsewhere)
        return home.spot_cell(spot, sheet=elsewhere)


def every_helpers(plan: Plan) -> Mapping[tuple[int, int], tuple[str, Spot, bool]]:
    """The cells of the hidden sheet: address → formula, the spot it repeats, and whether it is its state."""
    cells: dict[tuple[int, int], tuple[str, Spot, bool]] = {}
    for (form, field), column in plan.every.items():
        instances = [i for i, filled in enumerate(plan.judge.submission.forms) if filled.form.id == form]
        for row, index in enumerate(instances, start=2):
            home, spot = plan.forms[index], Spot(index, "", -1, field)
            value, state = home.spot_cell(spot, sheet=True), home.cell(home.states[spot], sheet=True)
            if not plan.judge.field(spot).numeric:
                value = CLEAN_FORMULA.format(value)
            cells[(row, column)] = (f'=IF({state}=1,{value},"")', spot, False)
            cells[(row, column + 1)] = (f"={state}", spot, True)
    return cells
