"""Every template of the catalog, filled from its declared fields: right has no finding, one fault has just its own.

A new template is tried here without a line of Python; what it leaves out of the rules shows in what is expected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from fillings import COST, Filling, well_filled

from workbook.catalog import load_catalog
from workbook.check import check
from workbook.compose import compose
from workbook.generate import generate
from workbook.model import Catalog, Form, Role, Template
from workbook.read import read
from workbook.submission import Submission

CATALOG = load_catalog()
TEMPLATES = list(CATALOG.templates.values())
#: The forms with indicators, where scores are given.
SCORED = [(t, form) for t in TEMPLATES for form in t.forms.values() if "indicators" in form.tables]


def label(value: object) -> str | None:
    """How a template, form or fault is called in the name of its test."""
    return str(value.id) if isinstance(value, Template | Form) else None


def grave(submission: Submission) -> list[tuple[str, str, str]]:
    """What must be corrected or explained: code, severity, sheet."""
    return [
        (f.code, f.severity.value, f.sheet)
        for f in check(submission, CATALOG)
        if f.severity.value in ("error", "warning")
    ]


def sheet(form: Form) -> str:
    """The sheet of a form, the first of them if it repeats (a well filled unit has two projects)."""
    return f"{form.sheet}1" if form.repeat else form.sheet


def first(data: Filling, form: Form) -> Filling:
    """The values of a form, of its first copy if it repeats."""
    found: Filling = data[form.id][0] if form.repeat else data[form.id]
    return found


def bound(template: Template, form: Form, codes: tuple[str, ...]) -> str:
    """The first of some rules that the template has on the form; what is raised in reading holds everywhere."""
    there = {each.rule.code for each in template.rules if each.form == form.id}
    return next(code for code in codes if code in there or CATALOG.rules[code].raises)


# ---- Blank and right ----------------------------------------------------------------------------------------


def test_there_are_templates_to_try() -> None:
    assert {"lukou-2023", "national-2020", "national-2021", "ningxia-2021"} <= set(CATALOG.templates)
    assert len(SCORED) >= 6


@pytest.mark.parametrize("template", TEMPLATES, ids=label)
def test_the_blank_is_only_untouched(template: Template, catalog: Catalog) -> None:
    found = check(compose(template).submission, catalog)
    events = {True: "untouched_spare", False: "untouched"}

    assert [(f.code, f.sheet) for f in found] == [
        (catalog.events[events[bool(form.repeat)]].code, form.sheet) for form in template.forms.values()
    ]


@pytest.mark.parametrize("projects", [1, 2])
@pytest.mark.parametrize("template", TEMPLATES, ids=label)
def test_a_right_filling_has_no_finding(template: Template, projects: int) -> None:
    assert check(compose(template, well_filled(template, projects)).submission, CATALOG) == ()


@pytest.mark.parametrize("template", TEMPLATES, ids=label)
def test_a_right_workbook_has_no_finding_when_it_comes_back(template: Template, tmp_path: Path) -> None:
    generate(compose(template, well_filled(template)), tmp_path / "returned.xlsx")

    assert check(read(tmp_path / "returned.xlsx", CATALOG), CATALOG) == ()


@pytest.mark.parametrize(("template", "form"), SCORED, ids=label)
def test_a_right_filling_has_full_marks_but_for_the_execution(template: Template, form: Form) -> None:
    """The filling is worth trying: every second level is used and the weights are those of the form."""
    rows = first(well_filled(template), form)["indicators"]
    rest = Decimal(str(form.fields["full_marks"].constant)) - Decimal(
        str(form.fields["execution_weight"].constant)
    )

    assert sum(Decimal(row["weight"]) for row in rows) == rest
    assert len({row["level2"] for row in rows}) == len(rows) >= 7


# ---- One fault ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """One thing done wrong in a form: what is changed, and the finding it must give (the first rule that is bound)."""

    change: Callable[[Filling], None]
    severity: str
    codes: tuple[str, ...]


def row(number: int, **changes: str | None) -> Callable[[Filling], None]:
    """Change an indicator, counted from the last so that it is none of cost."""
    return lambda form: form["indicators"][number].update(changes)


def weight(by: int) -> Callable[[Filling], None]:
    """A weight and its score changed, so that only sums are wrong."""

    def change(form: Filling) -> None:
        found = form["indicators"][-1]
        found["weight"] = found["score"] = str(Decimal(found["weight"]) + by)

    return change


def score(by: int) -> Callable[[Filling], None]:
    def change(form: Filling) -> None:
        found = form["indicators"][-1]
        found["score"] = str(Decimal(found["weight"]) + by)

    return change


def executed(share: str) -> Callable[[Filling], None]:
    """What was spent as a share of the budget, in the row that holds the money or in the total."""

    def change(form: Filling) -> None:
        money = form["funds"][0] if "funds" in form else form
        end = "" if "funds" in form else "_total"
        money[f"executed{end}"] = str(Decimal(money[f"budget{end}"]) * Decimal(share))

    return change


def typed_budget(form: Filling) -> None:
    budget = form["funds"][0]["budget"] if "funds" in form else form["budget_total"]
    form["budget_total"] = str(Decimal(budget) + 1)


def text_for_money(form: Filling) -> None:
    if "funds" in form:
        form["funds"][0]["executed"] = "95万元"
    else:
        form["executed_total"] = "380万元"


def same_name(form: Filling) -> None:
    form["indicators"][-1]["name"] = form["indicators"][-2]["name"]


def left_over(form: Filling) -> None:
    form["indicators"].append({"level2": form["indicators"][0]["level2"], "name": "指标2："})


FAULTS = {
    "weight 5 more": Fault(weight(5), "error", ("WEIGHT01", "WEIGHT02")),
    "weight 5 less": Fault(weight(-5), "error", ("WEIGHT01", "WEIGHT02")),
    "weight nothing": Fault(row(-1, weight=None), "error", ("FORM01",)),
    "score above weight": Fault(score(2), "error", ("SCORE01",)),
    "score below nothing": Fault(row(-1, score="-1"), "error", ("SCORE01",)),
    "reason missing": Fault(score(-1), "error", ("SCORE06",)),
    "total typed wrong": Fault(lambda form: form.update(total_score="77.7"), "error", ("SCORE08",)),
    "rate typed wrong": Fault(lambda form: form.update(execution_rate="91%"), "error", ("FUND03",)),
    "execution score typed wrong": Fault(lambda form: form.update(execution_score="8"), "error", ("FUND04",)),
    "fund total typed wrong": Fault(typed_budget, "error", ("FUND01", "FUND07")),
    "text in a score": Fault(row(-1, score="10分"), "error", ("FORM02",)),
    "text in an amount": Fault(text_for_money, "error", ("FORM02",)),
    "malformed target": Fault(row(-1, target="≥79.98852.24项"), "error", ("FORM09",)),
    "duplicate indicator": Fault(same_name, "warning", ("FORM08",)),
    "placeholder row": Fault(left_over, "warning", ("FORM07",)),
    "executed more than the budget": Fault(executed("1.03"), "warning", ("FUND05",)),
    "execution below 90 %": Fault(executed("0.8"), "warning", ("FUND06",)),
    "over-completion": Fault(row(-1, actual="15项"), "warning", ("SCORE07",)),
    "shortfall with full marks": Fault(row(-1, actual="9项"), "error", ("SCORE02",)),
    "sign copied into the actual value": Fault(row(-1, actual="≥10项"), "warning", ("TEXT03",)),
    "another unit": Fault(row(-1, actual="11平方米"), "warning", ("TEXT04",)),
    "no indicators": Fault(lambda form: form.update(indicators=[]), "error", ("FORM10",)),
}

#: What an overall form that lists the projects' totals says besides, when a fault changes the total of one.
LISTED = {"ASSESS10"}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(("template", "form"), SCORED, ids=label)
def test_a_planted_fault_has_its_own_finding_only(template: Template, form: Form, fault: str) -> None:
    data = well_filled(template)
    FAULTS[fault].change(first(data, form))
    code = bound(template, form, FAULTS[fault].codes)

    found = [each for each in grave(compose(template, data).submission) if each[0] not in LISTED]
    assert found == [(code, FAULTS[fault].severity, sheet(form))]


def required() -> Iterator[tuple[Template, Form, str, str]]:
    """Every place that must be filled: template, form, table or nothing, field."""
    for template in TEMPLATES:
        for form in template.forms.values():
            places = [("", field) for field in form.fields.values()]
            places += [
                (table.id, column) for table in form.tables.values() for column in table.columns.values()
            ]
            for table, field in places:
                if field.required and field.role is Role.INPUT:
                    yield template, form, table, field.id


REQUIRED = list(required())


def test_there_are_required_cells_in_every_form() -> None:
    assert {(template.id, form.id) for template, form, _, _ in REQUIRED} == {
        (template.id, form.id) for template in TEMPLATES for form in template.forms.values()
    }


@pytest.mark.parametrize(
    ("template", "form", "table", "field"), REQUIRED, ids=lambda part: label(part) or str(part)
)
def test_a_required_cell_left_blank_is_one_error(
    template: Template, form: Form, table: str, field: str
) -> None:
    data = well_filled(template)
    values = first(data, form)
    del (values[table][-1] if table else values)[field]
    found = [f for f in check(compose(template, data).submission, CATALOG) if f.severity.value != "notice"]

    assert [(f.code, f.severity.value, f.sheet) for f in found] == [("FORM01", "error", sheet(form))]


# ---- Cost, as a first level or a second ---------------------------------------------------------------------

COSTED = [
    (template, form)
    for template, form in SCORED
    if any(COST in (r["level1"], r["level2"]) for r in first(well_filled(template), form)["indicators"])
]


def test_cost_stands_on_the_first_level_and_on_the_second() -> None:
    assert {(template.id, form.id) for template, form in COSTED} == {
        *(("national-2020", "overall"), ("national-2020", "project")),
        *(("national-2021", "project"), ("ningxia-2021", "project")),
    }


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"actual": "2万元"}, []),
        ({"actual": "11万元"}, [("SCORE02", "error")]),
        ({"target": "10万元"}, [("SCORE04", "warning")]),
        ({"target": "10万元", "actual": "15万元"}, [("SCORE04", "warning")]),
        ({"target": "10万元", "actual": "10万元"}, []),
    ],
    ids=["far below the limit", "above the limit", "no sign", "no sign and above", "no sign and equal"],
)
@pytest.mark.parametrize(("template", "form"), COSTED, ids=label)
def test_every_cost_indicator_is_judged_as_one(
    template: Template, form: Form, changes: dict[str, str], wanted: list[tuple[str, str]]
) -> None:
    right = well_filled(template)
    costs = [i for i, r in enumerate(first(right, form)["indicators"]) if COST in (r["level1"], r["level2"])]
    for number in costs:
        data = deepcopy(right)
        first(data, form)["indicators"][number].update(changes)

        assert grave(compose(template, data).submission) == [(*each, sheet(form)) for each in wanted]


# ---- One form against another -------------------------------------------------------------------------------


def across(code: str) -> list[Template]:
    """The templates that have a rule between forms."""
    return [template for template in TEMPLATES if any(each.rule.code == code for each in template.rules)]


def test_rules_between_forms_are_tried_on_some_template() -> None:
    codes = [code for code in CATALOG.rules if code.startswith("CROSS")]

    assert all(across(code) for code in codes)
    assert "national-2020" in {template.id for template in across("CROSS05")}


@pytest.mark.parametrize("template", across("CROSS02"), ids=label)
def test_one_project_on_two_forms_is_one_error(template: Template) -> None:
    data = well_filled(template)
    name = data["project"][1]["project_name"] = data["project"][0]["project_name"]
    for listed in data.get("overall", {}).get("listed", []):
        listed["name"] = name

    assert grave(compose(template, data).submission) == [("CROSS02", "error", "项目自评表1")]


@pytest.mark.parametrize("template", across("CROSS04"), ids=label)
def test_a_project_left_out_of_the_sum_is_one_error(template: Template) -> None:
    data = well_filled(template)
    data["overall"]["project_spending"], data["overall"]["basic_spending"] = "100", "300"

    assert grave(compose(template, data).submission) == [("CROSS04", "error", "整体自评表")]


@pytest.mark.parametrize("template", across("CROSS05"), ids=label)
def test_a_unit_that_spends_less_than_its_projects_is_asked(template: Template) -> None:
    """Four projects have all the money of the unit, so that it cannot have spent less than they did."""
    data = well_filled(template, 4)
    assert grave(compose(template, data).submission) == []
    executed("0.94")(data["overall"])

    assert grave(compose(template, data).submission) == [("CROSS05", "warning", "整体自评表")]


@pytest.mark.parametrize("template", across("CROSS06"), ids=label)
def test_one_indicator_with_two_actual_values_is_asked(template: Template) -> None:
    data = well_filled(template)
    mine = data["project"][0]["indicators"][-1]
    mine["name"] = data["overall"]["indicators"][-1]["name"]
    assert grave(compose(template, data).submission) == []
    mine["actual"] = "12项"

    assert grave(compose(template, data).submission) == [("CROSS06", "warning", "项目自评表1")]
