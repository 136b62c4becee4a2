"""Where declarations live and when they are sound: templates drawn and checked, rules bound to them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from workbook.declaration import DeclarationError, Section, read_section
from workbook.excel import SHEET_TITLE_LIMIT, VALIDATION_PROMPT_LIMIT
from workbook.layout import Drawing, LayoutError, draw, parse_layout
from workbook.model import (
    EVENTS,
    EVERY_SHEET,
    FIELD_KINDS,
    META_SHEET,
    BoundRule,
    Catalog,
    Field,
    Form,
    Line,
    Reference,
    Role,
    Rule,
    Table,
    Template,
    references,
)
from workbook.rulebook import bind_rules, load_rules
from workbook.texts import say

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
_FORM_KEYS = ("label", "sheet", "repeat", "widths", "landscape", "derived", "labels", "layout")
_FORBIDDEN_IN_TITLES = set("\\/?*[]:' ")
#: Ids are parts of defined names, which two underscores divide.
_ID = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


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
    vocabulary = _Vocabulary(read_section(folder / "templates" / "vocabulary.toml"))
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


class _Vocabulary:
    """The fields, tables and constants that every template shares."""

    def __init__(self, section: Section) -> None:
        section.only("field", "table", "constants", "printed_sum")
        self.fields = {name: _field(name, member) for name, member in section.sections("field")}
        self.tables: dict[str, Table] = {}
        for name, member in section.sections("table"):
            member.only("label", "caption", "column")
            columns = {column: _field(column, each) for column, each in member.sections("column")}
            label, caption = member.get("label", str), member.get("caption", str)
            if caption not in columns:
                raise member.error(say("declare.word", field=caption))
            self.tables[name] = Table(name, label, caption, columns)
            _check_id(name, member)
            if name in self.fields:
                raise member.error(say("declare.same", table=name))
        self.constants = _constants(section.section("constants"))
        self.printed_sums = [
            (member.get("total", str), member.words("parts")) for _, member in section.sections("printed_sum")
        ]


def _check_id(name: str, section: Section) -> None:
    if not _ID.fullmatch(name):
        raise section.error(say("declare.identifier", id=name))


def _field(name: str, section: Section) -> Field:
    section.only("label", "kind", "unit", "decimals", "required", "help")
    _check_id(name, section)
    decimals = section.get("decimals", int, 2)
    if not 0 <= decimals <= 9:
        raise section.error(say("declare.decimals", decimals=decimals))
    kind = section.get("kind", str)
    if kind not in FIELD_KINDS:
        raise section.error(say("declare.kind", kind=kind, known="、".join(FIELD_KINDS)))
    help_text = section.get("help", str, "")
    if len(help_text) > VALIDATION_PROMPT_LIMIT:
        raise section.error(say("declare.placeholder_help", field=name, length=len(help_text)))
    return Field(
        id=name,
        label=section.get("label", str),
        kind=kind,
        unit=section.get("unit", str, ""),
        decimals=decimals,
        required=section.get("required", bool, False),
        help=help_text,
    )


def _constants(section: Section) -> dict[str, Decimal | str]:
    return {
        key: value if isinstance(value, str) else section.number(key) for key, value in section.values.items()
    }


def _template(path: Path, vocabulary: _Vocabulary, rules: tuple[Rule, ...]) -> Template:
    section = read_section(path)
    section.only(*_TEMPLATE_KEYS)
    if section.get("id", str) != path.stem:
        raise section.error(say("declare.id", id=section.get("id", str), name=path.stem))
    year = section.get("year", int)
    constants = {**vocabulary.constants, **_constants(section.section("constants")), "year": Decimal(year)}
    forms = {name: _form(name, member, vocabulary, constants) for name, member in section.sections("form")}
    _check_titles(section, forms)
    chosen = _chosen(section, rules)
    exceptions = {key: str(reason) for key, reason in section.section("except").values.items()}
    for key in exceptions:
        code, _, form = key.partition("@")
        if code not in {rule.code for rule in chosen} or form not in ("", *forms):
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


def _form(
    name: str, section: Section, vocabulary: _Vocabulary, constants: Mapping[str, Decimal | str]
) -> Form:
    section.only(*_FORM_KEYS)
    _check_id(name, section)
    widths = tuple(section.get("widths", list))
    if not widths or not all(type(width) is int and width > 0 for width in widths):
        raise section.error(say("declare.widths"))
    try:
        lines = parse_layout(section.get("layout", str), constants, len(widths))
        form = Form(
            id=name,
            label=section.get("label", str),
            sheet=section.get("sheet", str),
            repeat=section.get("repeat", str, ""),
            landscape=section.get("landscape", bool, False),
            widths=widths,
            lines=lines,
            fields={},
            tables={},
        )
        drawing = draw(form)
    except LayoutError as error:
        raise section.error(str(error)) from None
    labels = {key: str(text) for key, text in section.section("labels").values.items()}
    fields = _fields(section, drawing, vocabulary, labels)
    section.section("labels").only(*fields)
    tables = _tables(section, drawing, vocabulary)
    _check_printed(section, lines, fields, tables)
    _check_sums(section, lines, vocabulary)
    return replace(form, fields=fields, tables=tables)


def _check_printed(
    section: Section, lines: tuple[Line, ...], fields: Mapping[str, Field], tables: Mapping[str, Table]
) -> None:
    """What is printed in a number's place must be a number; only a row that has no use for it prints nothing."""
    for line in lines:
        for piece in (piece for cell in line.cells for piece in cell.pieces):
            known = tables[piece.table].columns if piece.table else fields
            text, field = piece.constant, known.get(piece.field)
            if field and field.numeric and isinstance(text, str) and (text or not piece.table):
                what = say("declare.printed", field=_spot("", piece.table, piece.field), text=text)
                raise section.error(say("layout.line", line=line.number, what=what))


def _check_sums(section: Section, lines: tuple[Line, ...], vocabulary: _Vocabulary) -> None:
    """Printed totals must equal their printed parts, where a form prints all of them."""
    printed: dict[str, list[Decimal]] = {}
    for piece in (piece for line in lines for cell in line.cells for piece in cell.pieces):
        if isinstance(piece.constant, Decimal):
            printed.setdefault(_spot("", piece.table, piece.field), []).append(piece.constant)
    for total, parts in vocabulary.printed_sums:
        if all(name in printed for name in (total, *parts)):
            found = sum((number for part in parts for number in printed[part]), Decimal(0))
            if found != printed[total][0]:
                raise section.error(
                    say("declare.weights", sum=found, full=printed[total][0], parts="、".join(parts))
                )


def _fields(
    section: Section, drawing: Drawing, vocabulary: _Vocabulary, labels: Mapping[str, str]
) -> dict[str, Field]:
    fields = {}
    for name in (*drawing.fields, *section.words("derived")):
        if name not in vocabulary.fields:
            if name in drawing.constants:
                continue
            raise section.error(say("declare.word", field=name))
        known = vocabulary.fields[name]
        role = Role.CONSTANT if name in drawing.constants else Role.INPUT
        fields[name] = replace(
            known,
            label=labels.get(name, known.label),
            role=role if name in drawing.fields else Role.DERIVED,
            constant=drawing.constants.get(name),
        )
    return fields


def _tables(section: Section, drawing: Drawing, vocabulary: _Vocabulary) -> dict[str, Table]:
    tables = {}
    for name, rows in drawing.tables.items():
        if name not in vocabulary.tables:
            raise section.error(say("declare.table", table=name))
        known = vocabulary.tables[name]
        columns = {}
        for column in dict.fromkeys(key for row in rows for key in (*row.constants, *row.columns)):
            if column not in known.columns:
                raise section.error(say("declare.word", field=f"{name}.{column}"))
            filled = any(column in row.columns and column not in row.constants for row in rows)
            role = Role.INPUT if filled else Role.CONSTANT
            columns[column] = replace(known.columns[column], role=role)
        tables[name] = Table(name, known.label, known.caption, columns)
    return tables


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
            needs[_spot(rule.target.form, rule.target.table, rule.target.field.id)] = {
                _spot(r.scope.form, r.scope.table, r.scope.field.id)
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


def _spot(form: str, table: str, field: str) -> str:
    return ".".join(part for part in (form, table, field) if part)
