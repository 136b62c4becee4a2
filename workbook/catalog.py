"""Where declarations live and when they are sound: templates drawn and checked, rules bound to them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from workbook.declaration import DeclarationError, Section, read_section
from workbook.excel import SHEET_TITLE_LIMIT
from workbook.forms import read_form, spot_name
from workbook.layout import draw
from workbook.model import (
    EVENTS,
    EVERY_SHEET,
    META_SHEET,
    BoundRule,
    Catalog,
    Form,
    Reference,
    Role,
    Rule,
    Table,
    Template,
    references,
)
from workbook.rulebook import bind_rules, load_rules
from workbook.texts import say
from workbook.vocabulary import Vocabulary, constants_of

_TEMPLATE_KEYS = (
    "id",
    "title",
    "place",
    "year",
    "version",
    "basis",
    "unit",
    "rules",
    "except",
    "constants",
    "form",
)
_FORBIDDEN_IN_TITLES = set("\\/?*[]:' ")


def declarations_folder() -> Path:
    """The folder that holds ``templates`` and ``rules``: beside the modules when installed, else the checkout."""
    here = Path(__file__).resolve().parent
    return here if (here / "templates").is_dir() else here.parent


def load_catalog(folder: Path | None = None) -> Catalog:
    """Every template and rule, checked.

    Args:
        folder: what holds ``templates`` and ``rules``; default the ones that come with the program.

    Raises:
        DeclarationError: a declaration is wrong; the text names file, place and remedy.
    """
    folder = folder or declarations_folder()
    rules = load_rules(folder / "rules")
    files = [path for path in sorted((folder / "templates").glob("*.toml")) if path.stem != "vocabulary"]
    if not files or not rules:
        raise DeclarationError(say("declare.no_templates", folder=folder))
    vocabulary = Vocabulary(read_section(folder / "templates" / "vocabulary.toml"))
    events = _events(rules)
    templates = {path.stem: _template(path, vocabulary, rules) for path in files}
    for rule in rules:
        for named in (example.template for example in rule.examples if example.template):
            if named not in templates:
                known = "、".join(templates)
                place = Section(rule.file, f"{rule.code}.examples", {})
                raise place.error(say("declare.example_template", template=named, known=known))
    return Catalog(folder, templates, {rule.code: rule for rule in rules}, events)


def _events(rules: Iterable[Rule]) -> dict[str, Rule]:
    """The rule of each event; the causes of refusals are known only below this module."""
    events: dict[str, Rule] = {}
    for rule in rules:
        if rule.raises in events:
            codes = {"first": events[rule.raises].code, "second": rule.code}
            raise Section(rule.file, rule.code, {}).error(say("declare.event", event=rule.raises, **codes))
        if rule.raises:
            events[rule.raises] = rule
    for event in EVENTS:
        if event not in events:
            raise Section("rules", "", {}).error(say("declare.no_rule", event=event))
    return events


def _template(path: Path, vocabulary: Vocabulary, rules: tuple[Rule, ...]) -> Template:
    section = read_section(path)
    section.only(*_TEMPLATE_KEYS)
    if section.get("id", str) != path.stem:
        raise section.error(say("declare.id", id=section.get("id", str), name=path.stem))
    year = section.get("year", int)
    constants = {**vocabulary.constants, **constants_of(section.section("constants")), "year": Decimal(year)}
    forms = {
        name: read_form(name, member, vocabulary, constants) for name, member in section.sections("form")
    }
    _check_titles(section, forms)
    chosen = _chosen(section, rules)
    exceptions = {key: str(reason) for key, reason in section.section("except").values.items()}
    for key in exceptions:
        code, _, form = key.partition("@")
        known = {rule.code for rule in chosen} | ({rule.code[:-2] for rule in chosen} if form else set())
        if code not in known or form not in ("", *forms):
            raise section.section("except").error(say("declare.exception", key=key))
    bound = bind_rules(chosen, path.stem, forms, constants, exceptions)
    forms = _with_roles(section, forms, bound)
    bound = bind_rules(chosen, path.stem, forms, constants, exceptions)
    _check_circles(section, bound)
    for rule in bound:
        _check_groups(section, forms[rule.form], rule.rule)
    unit = section.get("unit", str)
    unit_form, _, unit_field = unit.partition(".")
    if unit_form not in forms or unit_field not in forms[unit_form].fields:
        raise section.error(say("declare.unit", unit=unit))
    texts = {key: section.get(key, str) for key in ("title", "place", "version", "basis")}
    return Template(
        **texts,
        id=path.stem,
        year=year,
        unit=unit,
        file=path.name,
        constants=constants,
        forms=forms,
        rules=bound,
        exceptions=exceptions,
    )


def _chosen(section: Section, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    families = section.words("rules")
    known = {rule.code[:-2] for rule in rules}
    for family in families:
        if family not in known:
            raise section.error(say("declare.family", family=family, known="、".join(sorted(known))))
    return tuple(rule for family in families for rule in rules if rule.code[:-2] == family)


def _check_titles(section: Section, forms: Mapping[str, Form]) -> None:
    """Titles that Excel takes and that stay different when repeated ones get their numbers; case does not count."""
    own = {each.casefold() for each in (META_SHEET, EVERY_SHEET, say("sheet.selfcheck"), say("sheet.guide"))}
    patterns: dict[str, str] = {}
    for form in forms.values():
        title = form.sheet + ("99" if form.repeat else "")
        usable = form.sheet and form.sheet.isprintable() and not _FORBIDDEN_IN_TITLES & set(title)
        if not usable or len(title) > SHEET_TITLE_LIMIT:
            raise section.error(say("declare.sheet", sheet=form.sheet))
        pattern = re.escape(form.sheet.casefold()) + ("([1-9][0-9]*)?" if form.repeat else "")
        if any(re.fullmatch(pattern, each) for each in own):
            raise section.error(say("declare.sheet_own", sheet=form.sheet))
        for other, taken in patterns.items():
            if re.fullmatch(taken, form.sheet.casefold()) or re.fullmatch(pattern, other.casefold()):
                raise section.error(say("declare.sheet_twice", sheet=form.sheet, other=other))
        patterns[form.sheet] = pattern


def _check_groups(section: Section, form: Form, rule: Rule) -> None:
    """The rows that a rule takes together must stand together: in the sheet a group is a range."""
    if not rule.by:
        return
    names = {"code": rule.code, "field": f"{rule.each}.{rule.by}"}
    groups: list[Decimal | str] = []
    for row in draw(form).tables[rule.each]:
        text = row.constants.get(rule.by, "")
        if text == "":
            what = say("declare.group_column", **names)
        elif text in groups and text != groups[-1]:
            what = say("declare.groups", **names, text=text)
        else:
            groups.append(text)
            continue
        place = Section(section.file, f"form.{form.id}", {})
        raise place.error(say("layout.line", line=row.line, what=what))


def _with_roles(section: Section, forms: Mapping[str, Form], bound: tuple[BoundRule, ...]) -> dict[str, Form]:
    """The forms with the fields that a rule computes marked as computed."""
    computed: dict[tuple[str, str, str], BoundRule] = {}
    for rule in bound:
        if rule.rule.computes:
            key = (rule.form, rule.target.table, rule.target.field.id)
            if key in computed:
                codes = {"first": computed[key].rule.code, "second": rule.rule.code}
                raise section.error(say("declare.computed_twice", field=key[-1], **codes))
            computed[key] = rule
    marked = {}
    for form in forms.values():
        fields = {}
        for field in form.fields.values():
            by_rule = (form.id, "", field.id) in computed
            if field.role is Role.DERIVED and not by_rule:
                raise section.error(say("declare.derived", field=field.id))
            fields[field.id] = (
                replace(field, role=Role.COMPUTED) if by_rule and field.role is Role.INPUT else field
            )
        tables = {}
        for table in form.tables.values():
            columns = {
                column.id: replace(column, role=Role.COMPUTED)
                if (form.id, table.id, column.id) in computed
                else column
                for column in table.columns.values()
            }
            tables[table.id] = Table(table.id, table.label, table.caption, columns)
        marked[form.id] = replace(form, fields=fields, tables=tables)
    return marked


def _check_circles(section: Section, bound: tuple[BoundRule, ...]) -> None:
    needs: dict[str, set[str]] = {}
    for rule in bound:
        if rule.rule.computes:
            trees = [rule.tree, *([rule.when] if rule.when else [])]
            found = [reference for tree in trees for reference in references(tree)]
            needs[spot_name(rule.target.form, rule.target.table, rule.target.field.id)] = {
                spot_name(r.scope.form, r.scope.table, r.scope.field.id)
                for r in found
                if isinstance(r, Reference)
            }
    for start in needs:
        chain, seen = [start], {start}
        while chain:
            last = chain.pop()
            for following in sorted(needs.get(last, ())):
                if following == start:
                    links = dict.fromkeys((start, last))
                    raise section.error(say("declare.circle", chain=" → ".join((*links, start))))
                if following not in seen:
                    seen.add(following)
                    chain.append(following)
