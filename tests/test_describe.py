"""What templates and rules say of themselves: nothing that is declared is missing from the listings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from workbook.catalog import load_catalog
from workbook.compose import compose
from workbook.describe import catalogue, live_formula, rule_lines, template_lines, template_record
from workbook.formula import status_formula, value_formula
from workbook.functions import FUNCTIONS
from workbook.layout import draw
from workbook.model import FIELD_KINDS, Catalog, Field, Form, Role, Rule, Template
from workbook.plan import At, Plan
from workbook.texts import TEXTS, say

CATALOG = load_catalog()
TEMPLATES = list(CATALOG.templates.values())
RULES = list(CATALOG.rules.values())


def drawn(form: Form) -> set[str]:
    """Every field and column a form draws, and what it computes without drawing it."""
    drawing = draw(form)
    columns = {
        f"{table}.{column}"
        for table, rows in drawing.tables.items()
        for row in rows
        for column in (*row.columns, *row.constants)
    }
    derived = {name for name, field in form.fields.items() if field.role is Role.DERIVED}
    unregistered = set(drawing.constants) - set(form.fields)
    return (set(drawing.fields) - unregistered) | columns | derived


def fields_of(form: Form) -> Iterator[tuple[str, Field]]:
    yield from form.fields.items()
    for table in form.tables.values():
        yield from ((f"{table.id}.{name}", column) for name, column in table.columns.items())


def listed(record: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The records of a form's fields and columns by their names."""
    found = {field["id"]: field for field in record["fields"]}
    for table in record["tables"]:
        found |= {f"{table['id']}.{column['id']}": column for column in table["columns"]}
    return found


# ---- Templates --------------------------------------------------------------------------------------------


def test_there_are_templates_and_rules_to_describe() -> None:
    assert len(TEMPLATES) >= 2
    assert len(RULES) >= 80


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda each: each.id)
def test_the_record_holds_every_drawn_field_with_what_it_is(template: Template) -> None:
    record = json.loads(json.dumps(template_record(template), ensure_ascii=False))

    assert [form["id"] for form in record["forms"]] == list(template.forms)
    for entry, form in zip(record["forms"], template.forms.values(), strict=True):
        found = listed(entry)
        assert set(found) == drawn(form)
        assert found == {
            name: {
                "id": field.id,
                "label": field.label,
                "kind": field.kind,
                "role": str(field.role),
                "unit": field.unit,
                "required": field.required,
            }
            for name, field in fields_of(form)
        }


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda each: each.id)
def test_the_record_says_what_the_template_and_its_forms_are(template: Template) -> None:
    record = template_record(template)

    assert {key: value for key, value in record.items() if key != "forms"} == {
        "id": template.id,
        "title": template.title,
        "place": template.place,
        "year": template.year,
        "version": template.version,
    }
    assert [(f["id"], f["label"], f["sheet"], f["repeat"]) for f in record["forms"]] == [
        (form.id, form.label, form.sheet, form.repeat or None) for form in template.forms.values()
    ]
    assert [[(t["id"], t["label"]) for t in f["tables"]] for f in record["forms"]] == [
        [(table.id, table.label) for table in form.tables.values()] for form in template.forms.values()
    ]


def test_every_kind_and_role_in_use_is_one_of_the_known() -> None:
    found = [
        field for t in TEMPLATES for form in template_record(t)["forms"] for field in listed(form).values()
    ]

    assert len(found) >= 60
    assert {field["kind"] for field in found} == set(FIELD_KINDS)
    assert {field["role"] for field in found} == {str(role) for role in Role}
    assert {field["unit"] for field in found} >= {"万元", "分", "%", ""}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda each: each.id)
def test_the_lines_for_people_name_every_field_in_the_order_of_the_record(template: Template) -> None:
    record = template_record(template)
    expected = [say("show.head", **{key: record[key] for key in ("id", "place", "year", "title", "version")})]
    for form in record["forms"]:
        repeated = say("show.repeated") if form["repeat"] else ""
        expected += ["", say("show.form", id=form["id"], label=form["label"], repeated=repeated)]
        expected += [f"  {field_line(field)}" for field in form["fields"]]
        for table in form["tables"]:
            expected.append("  " + say("show.table", id=table["id"], label=table["label"]))
            expected += [f"    {field_line(column)}" for column in table["columns"]]

    assert list(template_lines(template)) == expected


def field_line(field: dict[str, Any]) -> str:
    words = [
        field["id"],
        field["label"],
        say(f"show.kind.{field['kind']}"),
        say(f"show.role.{field['role']}"),
    ]
    unit = say("show.unit", unit=field["unit"]) if field["unit"] else ""
    required = say("show.required") if field["required"] and field["role"] == "input" else ""
    return "　".join(words) + unit + required


def test_every_kind_and_role_has_a_word_for_people() -> None:
    words = {f"show.kind.{kind}" for kind in FIELD_KINDS} | {f"show.role.{role}" for role in Role}

    assert words == {key for key in TEXTS if key.startswith(("show.kind.", "show.role."))}


# ---- Rules ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES, ids=lambda each: each.code)
def test_a_rule_says_its_code_its_severity_and_its_texts(rule: Rule) -> None:
    lines = list(rule_lines(rule, CATALOG))

    assert lines[:4] == [
        f"{rule.code}　{rule.title}（{say(f'severity.{rule.severity}')}）",
        say("explain.message", text=rule.message),
        say("explain.fix", text=rule.fix),
        say("explain.basis", text=rule.basis),
    ]
    if rule.raises:
        assert lines[4:] == [say("explain.raises")]


WITH_EXPRESSION = [rule for rule in RULES if not rule.raises]


@pytest.mark.parametrize("rule", WITH_EXPRESSION, ids=lambda each: each.code)
def test_a_rule_says_what_it_compares_for_which_rows_and_when(rule: Rule) -> None:
    line = list(rule_lines(rule, CATALOG))[4]

    for part in (rule.equals or rule.holds, rule.each, rule.by, rule.when):
        assert part in line
    if rule.equals:
        assert f"{rule.target} = {rule.equals}" in line
    if rule.within != "0":
        assert line.endswith(say("explain.within", text=rule.within))
    for name, words in rule.loops.items():
        assert say("explain.loop", name=name, words="、".join(words)) in line


@pytest.mark.parametrize("rule", WITH_EXPRESSION, ids=lambda each: each.code)
def test_a_rule_says_where_it_applies_and_where_not(rule: Rule) -> None:
    lines = list(rule_lines(rule, CATALOG))
    applied = [
        f"{template.id}·{template.forms[form].label}"
        for template in TEMPLATES
        for form in dict.fromkeys(bound.form for bound in template.rules if bound.rule.code == rule.code)
    ]
    excepted = [
        say("explain.exception", template=template.id, key=key, reason=reason)
        for template in TEMPLATES
        for key, reason in template.exceptions.items()
        if key.split("@")[0] == rule.code
        or (key.split("@")[0] == rule.code[:-2] and key.split("@")[1] in rule.forms)
    ]

    assert applied
    assert say("explain.where", text="、".join(applied)) in lines
    head = say("explain.exception", template="*", key="", reason="").partition("*")[0]
    assert [line for line in lines if line.startswith(head)] == excepted


@pytest.mark.parametrize("rule", WITH_EXPRESSION, ids=lambda each: each.code)
def test_a_rule_shows_each_of_its_examples(rule: Rule) -> None:
    head = say("explain.example", text="")
    shown = [line.removeprefix(head) for line in rule_lines(rule, CATALOG) if line.startswith(head)]

    assert len(shown) == len(rule.examples) >= 2
    for line, example in zip(shown, rule.examples, strict=True):
        if example.outcome == "fail":
            outcome = f"severity.{example.severity}" if example.severity else "explain.outcome.fail"
            words = {"expected": example.expected or "", "actual": example.actual or ""}
            ending = say("explain.failing", given="", outcome=say(outcome), **words)
        else:
            ending = say("explain.passing", given="", outcome=say(f"explain.outcome.{example.outcome}"))
        assert line.endswith(ending)
        for text in leaves(example.data):
            assert text in line


def leaves(data: object) -> Iterator[str]:
    """Every key and value of an example."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield str(key)
            yield from leaves(value)
    elif isinstance(data, list):
        for value in data:
            yield from leaves(value)
    else:
        yield str(data)


@pytest.mark.parametrize("rule", WITH_EXPRESSION, ids=lambda each: each.code)
def test_a_rule_shows_the_formula_that_stands_in_the_sheet_or_why_none_does(rule: Rule) -> None:
    lines = list(rule_lines(rule, CATALOG))
    bound = next(b for template in TEMPLATES for b in template.rules if b.rule.code == rule.code)

    if bound.live:
        assert say("explain.not_live", reason=bound.live) in lines
        return
    home = next(t for t in TEMPLATES if any(b.rule.code == rule.code for b in t.rules))
    plan = Plan(compose(home))
    formulas = [
        (value_formula if rule.computes else status_formula)(case.rule, At(plan.forms[case.form], case))
        for case in plan.cases
        if case.rule.rule.code == rule.code
    ]
    assert live_formula(CATALOG, rule.code) == formulas[0]
    assert say("explain.live", formula=formulas[0]) in lines


def test_most_rules_are_live_and_the_others_say_why() -> None:
    live = {b.rule.code for t in TEMPLATES for b in t.rules if not b.live}
    not_live = {b.rule.code for t in TEMPLATES for b in t.rules if b.live}

    assert len(live) >= 20
    assert live & not_live == set()
    assert {rule.code for rule in WITH_EXPRESSION} == live | not_live


def test_a_rule_that_no_template_has_has_no_formula(catalog: Catalog) -> None:
    alone = Catalog(catalog.folder, {}, catalog.rules, catalog.events)

    assert live_formula(alone, "FUND01") == ""
    assert say("explain.where", text=say("explain.nowhere")) in list(
        rule_lines(catalog.rules["FUND01"], alone)
    )


# ---- The catalogue ----------------------------------------------------------------------------------------


def test_the_catalogue_has_a_heading_for_every_file_and_every_rule_in_order() -> None:
    headings = [line for line in catalogue(CATALOG).splitlines() if line.startswith(("## ", "### "))]
    expected = []
    for file in dict.fromkeys(rule.file for rule in RULES):
        expected.append(f"## {file}")
        expected += [f"### {next(rule_lines(rule, CATALOG))}" for rule in RULES if rule.file == file]

    assert [line for line in headings if line in set(expected)] == expected
    assert len(expected) >= 88


def test_the_catalogue_shows_every_example_formula_and_expression_as_code() -> None:
    lines = catalogue(CATALOG).splitlines()
    found = 0
    for key in ("rule", "live", "example"):
        head = say(f"explain.{key}", text="", formula="")
        told = [line for rule in RULES for line in rule_lines(rule, CATALOG) if line.startswith(head)]
        assert [line for line in lines if line.startswith(f"- {head}``")] == [
            f"- {head}``{line.removeprefix(head)}``" for line in told
        ]
        found += len(told)

    assert found >= 100 + len(WITH_EXPRESSION)


def test_the_catalogue_names_every_function_that_rules_may_use() -> None:
    lines = catalogue(CATALOG).splitlines()
    functions = list(dict.fromkeys(f.name for f in FUNCTIONS if f.name.isupper()))

    assert len(functions) >= 20
    for name in functions:
        assert any(line.startswith(f"- `{name}`（") for line in lines), name


def test_the_catalogue_counts_the_live_rules() -> None:
    live = {b.rule.code for t in TEMPLATES for b in t.rules if not b.live}

    assert say("catalogue.live", live=len(live), total=len(WITH_EXPRESSION)) in catalogue(CATALOG)


def test_the_catalogue_beside_the_rules_is_the_present_one() -> None:
    written = (CATALOG.folder / "rules" / "README.md").read_text(encoding="utf-8")

    assert written == catalogue(CATALOG)
