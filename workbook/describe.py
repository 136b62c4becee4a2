"""What templates and rules say of themselves: listings for people and for programs, and the rule catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbook.compose import compose
from workbook.formula import status_formula, value_formula
from workbook.functions import FUNCTIONS
from workbook.model import BoundRule, Catalog, Example, Field, Role, Rule, Template
from workbook.plan import At, Plan
from workbook.texts import say


def template_record(template: Template) -> dict[str, Any]:
    """A template as a JSON object: every form with its fields and tables' columns.

    Each field and column has id, label, kind, role (input, computed, constant, derived) and unit.
    """
    forms = []
    for form in template.forms.values():
        tables = [
            {
                "id": table.id,
                "label": table.label,
                "columns": [_field_record(column) for column in table.columns.values()],
            }
            for table in form.tables.values()
        ]
        forms.append(
            {
                "id": form.id,
                "label": form.label,
                "sheet": form.sheet,
                "repeat": form.repeat or None,
                "fields": [_field_record(field) for field in form.fields.values()],
                "tables": tables,
            }
        )
    return {
        "id": template.id,
        "title": template.title,
        "place": template.place,
        "year": template.year,
        "version": template.version,
        "forms": forms,
    }


def _field_record(field: Field) -> dict[str, Any]:
    return {
        "id": field.id,
        "label": field.label,
        "kind": field.kind,
        "role": str(field.role),
        "unit": field.unit,
        "required": field.required,
    }


def template_lines(template: Template) -> Iterator[str]:
    """A template as lines for people: the same as ``template_record``."""
    record = template_record(template)
    yield say("show.head", **{key: record[key] for key in ("id", "place", "year", "title", "version")})
    for form in record["forms"]:
        repeated = say("show.repeated") if form["repeat"] else ""
        yield ""
        yield say("show.form", id=form["id"], label=form["label"], repeated=repeated)
        for field in form["fields"]:
            yield "  " + _field_line(field)
        for table in form["tables"]:
            yield "  " + say("show.table", id=table["id"], label=table["label"])
            for column in table["columns"]:
                yield "    " + _field_line(column)


def _field_line(field: dict[str, Any]) -> str:
    words = {key: say(f"show.{key}.{field[key]}") for key in ("kind", "role")}
    required = say("show.required") if field["required"] and field["role"] == Role.INPUT else ""
    unit = say("show.unit", unit=field["unit"]) if field["unit"] else ""
    return say("show.field", id=field["id"], label=field["label"], **words, unit=unit, required=required)


def rule_lines(rule: Rule, catalog: Catalog) -> Iterator[str]:
    """A rule for people: what it says, where it applies, its live formula, its examples."""
    yield f"{rule.code}　{rule.title}（{say(f'severity.{rule.severity}')}）"
    yield say("explain.message", text=rule.message)
    yield say("explain.fix", text=rule.fix)
    yield say("explain.basis", text=rule.basis)
    if rule.raises:
        yield say("explain.raises")
        return
    yield say("explain.rule", text=_expression(rule))
    if rule.same_cause:
        yield say("explain.same_cause", codes="、".join(rule.same_cause.split()))
    bound = [b for t in catalog.templates.values() for b in t.rules if b.rule.code == rule.code]
    yield say("explain.where", text=_where(catalog, rule) or say("explain.nowhere"))
    yield from _exceptions(catalog, rule)
    if bound:
        yield _live_line(catalog, bound[0])
    for example in rule.examples:
        yield say("explain.example", text=_example(example))


def _expression(rule: Rule) -> str:
    place = say("explain.each", table=rule.each) if rule.each else ""
    group = say("explain.by", column=rule.by) if rule.by else ""
    when = say("explain.when", text=rule.when) if rule.when else ""
    loops = "".join(
        say("explain.loop", name=name, words="、".join(words)) for name, words in rule.loops.items()
    )
    within = say("explain.within", text=rule.within) if rule.within != "0" else ""
    main = f"{rule.target} = {rule.equals}" if rule.equals else rule.holds
    return f"{loops}{place}{group}{when}{main}{within}"


def _where(catalog: Catalog, rule: Rule) -> str:
    found = dict.fromkeys(
        f"{template.id}·{template.forms[bound.form].label}"
        for template in catalog.templates.values()
        for bound in template.rules
        if bound.rule.code == rule.code
    )
    return "、".join(found)


def _exceptions(catalog: Catalog, rule: Rule) -> Iterator[str]:
    for template in catalog.templates.values():
        for key, reason in template.exceptions.items():
            code, _, form = key.partition("@")
            if code == rule.code or (code == rule.code[:-2] and form in rule.forms):
                yield say("explain.exception", template=template.id, key=key, reason=reason)


def _live_line(catalog: Catalog, bound: BoundRule) -> str:
    if bound.live:
        return say("explain.not_live", reason=bound.live)
    return say("explain.live", formula=live_formula(catalog, bound.rule.code))


def live_formula(catalog: Catalog, code: str) -> str:
    """The formula of a rule as it stands in the first blank workbook that has it: its value's, else its status's."""
    for template in catalog.templates.values():
        if any(bound.rule.code == code for bound in template.rules):
            plan = Plan(compose(template))
            case = next(case for case in plan.cases if case.rule.rule.code == code)
            at = At(plan.forms[case.form], case)
            return value_formula(case.rule, at) if case.rule.rule.computes else status_formula(case.rule, at)
    return ""


def _example(example: Example) -> str:
    given = _worded(example.data)
    if example.outcome == "fail":
        severity = say(f"severity.{example.severity}") if example.severity else say("explain.outcome.fail")
        return say(
            "explain.failing",
            given=given,
            outcome=severity,
            expected=example.expected or "",
            actual=example.actual or "",
        )
    return say("explain.passing", given=given, outcome=say(f"explain.outcome.{example.outcome}"))


def _worded(data: object) -> str:
    if isinstance(data, dict):
        return "{" + "，".join(f"{key}: {_worded(value)}" for key, value in data.items()) + "}"
    if isinstance(data, list):
        return "[" + "，".join(_worded(value) for value in data) + "]"
    return str(data)


def catalogue(catalog: Catalog) -> str:
    """All rules as a Markdown document: what ``rules/README.md`` holds."""
    live = [bound for t in catalog.templates.values() for bound in t.rules]
    codes = dict.fromkeys(bound.rule.code for bound in live)
    standing = [code for code in codes if any(b.rule.code == code and not b.live for b in live)]
    lines = [say("catalogue.head"), "", say("catalogue.live", live=len(standing), total=len(codes)), ""]
    lines += _function_lines()
    files = dict.fromkeys(rule.file for rule in catalog.rules.values())
    for file in files:
        lines += [f"## {file}", ""]
        for rule in (r for r in catalog.rules.values() if r.file == file):
            first, *rest = rule_lines(rule, catalog)
            lines += [f"### {first}", "", *(f"- {_escaped(line)}" for line in rest), ""]
    return "\n".join(lines).rstrip() + "\n"


def _escaped(line: str) -> str:
    """A line as Markdown shows it: expressions, formulas and examples as code, placeholders literally."""
    head, _, text = line.partition("：")
    if f"{head}：" in (say(f"explain.{key}", text="", formula="") for key in ("rule", "live", "example")):
        return f"{head}：``{text}``"
    return line.replace("*", "\\*").replace("<", "\\<").replace("_", "\\_")


def _function_lines() -> Iterator[str]:
    yield say("catalogue.functions")
    yield ""
    for function in FUNCTIONS:
        if function.name.isupper():
            kinds = say("check.and").join(
                say(f"catalogue.kind.{parameter.kind}") + (say("catalogue.column") if parameter.many else "")
                for parameter in function.parameters
            )
            excel = f"``{function.excel}``" if function.excel else say("catalogue.not_live")
            yield f"- `{function.name}`（{kinds}）：{excel}"
    yield ""
