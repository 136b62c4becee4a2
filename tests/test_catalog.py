"""Declarations: the shipped ones load, every mistake is named with its place and remedy, and what is declared is what works."""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from errno import ENOENT
from pathlib import Path

import pytest

import workbook.catalog as catalog_module
from workbook.catalog import declarations_folder, load_catalog
from workbook.check import check
from workbook.compose import compose
from workbook.declaration import DeclarationError
from workbook.describe import catalogue, live_formula, rule_lines
from workbook.generate import generate
from workbook.model import EVENTS, Catalog, Role, Severity
from workbook.read import read
from workbook.submission import Finding
from workbook.texts import TEXTS, os_reason, say

NINGXIA, LUKOU, VOCABULARY = (
    "templates/ningxia-2021.toml",
    "templates/lukou-2023.toml",
    "templates/vocabulary.toml",
)
WHOLE = say("declare.whole")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped declarations, to be changed at will."""
    for name in ("templates", "rules"):
        shutil.copytree(declarations_folder() / name, tmp_path / name)
    return tmp_path


def change(path: Path, old: str, new: str) -> str:
    """Replace the first occurrence of a text; the file as it then reads."""
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {path.name}"
    text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")
    return text


def put(code: str, key: str, value: str) -> Callable[[str], str]:
    """A change: another value for a key of a rule, whatever its value was."""

    def changed(text: str) -> str:
        head, mark, rule = text.partition(f'code = "{code}"\n')
        rule, number = re.subn(
            rf'^{key} = ".*"$', lambda _: f'{key} = "{value}"', rule, count=1, flags=re.MULTILINE
        )
        assert mark, f"no rule {code}"
        assert number, f"{code} has no {key}"
        return f"{head}{mark}{rule}"

    return changed


# ---- What is shipped --------------------------------------------------------------------------------------


def test_the_shipped_declarations_load(catalog: Catalog) -> None:
    assert set(catalog.templates) >= {"lukou-2023", "ningxia-2021"}
    assert len(catalog.rules) >= 80
    assert len(catalog.events) >= 50
    assert {rule.raises for rule in catalog.rules.values() if rule.raises} == set(catalog.events)
    assert catalog.folder == declarations_folder()


def test_loading_twice_gives_the_same(catalog: Catalog) -> None:
    assert load_catalog() == catalog


def test_every_computed_field_has_one_rule_and_no_other_field_has_any(catalog: Catalog) -> None:
    found = 0
    for template in catalog.templates.values():
        computed = [
            (rule.form, rule.target.table, rule.target.field.id)
            for rule in template.rules
            if rule.rule.computes
        ]
        marked = [
            (form.id, table, each.id)
            for form in template.forms.values()
            for table, fields in (("", form.fields), *((t.id, t.columns) for t in form.tables.values()))
            for each in fields.values()
            if each.role in (Role.COMPUTED, Role.DERIVED)
        ]
        assert sorted(computed) == sorted(set(marked))
        found += len(marked)

    assert found >= 10


def test_constants_of_a_template_take_the_place_of_the_shared_ones(folder: Path) -> None:
    change(folder / NINGXIA, "[form.project]", '[constants]\ngood = 75.5\nslogan = "真实"\n\n[form.project]')

    constants = load_catalog(folder).templates["ningxia-2021"].constants

    shared = load_catalog(folder).templates["lukou-2023"].constants
    assert constants == {**shared, "good": Decimal("75.5"), "slogan": "真实", "year": Decimal(2021)}
    assert shared["good"] == Decimal(80)


def test_a_label_of_a_form_takes_the_place_of_the_shared_one(catalog: Catalog) -> None:
    labels = {
        name: each.forms["project"].fields["project_name"].label for name, each in catalog.templates.items()
    }

    assert (labels["lukou-2023"], labels["ningxia-2021"]) == ("项目支出名称", "项目名称")


def test_a_form_may_leave_blank_what_others_require_and_do_without_a_family(folder: Path) -> None:
    change(folder / NINGXIA, "derived =", 'optional = ["department"]\nderived =')
    change(folder / NINGXIA, "[except]", '[except]\n"TEXT@project" = "试用"')

    catalog = load_catalog(folder)
    fields, shared = (
        catalog.templates[name].forms["project"].fields for name in ("ningxia-2021", "lukou-2023")
    )

    assert (fields["department"].required, shared["department"].required) == (False, True)
    assert fields["agency"].required
    families = {rule.rule.code[:-2] for rule in catalog.templates["ningxia-2021"].rules}
    assert "TEXT" not in families
    assert "SCORE" in families
    said = say("explain.exception", template="ningxia-2021", key="TEXT@project", reason="试用")
    assert said in rule_lines(catalog.rules["TEXT01"], catalog)
    assert said not in rule_lines(catalog.rules["SCORE01"], catalog)


# ---- Mistakes ---------------------------------------------------------------------------------------------

#: Stands for words of a sentence that the table does not repeat.
ANY = "*ANY*"
Change = tuple[str, str] | Callable[[str], str]


@dataclass(frozen=True)
class Mistake:
    """One thing wrong: the file, what is changed in it, and what is then said where."""

    file: str
    change: Change
    place: str
    key: str
    values: Mapping[str, object] = field(default_factory=dict)
    line: int = 0
    told_of: str = ""

    def sentence(self) -> str:
        """What must be said, as a pattern."""
        what = say(self.key, **self.values)
        if self.line:
            what = say("layout.line", line=self.line, what=what)
        file = Path(self.told_of or self.file).name
        return re.escape(say("declare.error", file=file, place=self.place, what=what)).replace(
            re.escape(ANY), ".+"
        )


def without_layout(text: str) -> str:
    return text[: text.index("layout = '''")] + "layout = ''\n"


def entry_of(code: str, text: str) -> str:
    """A rule as it stands in its file."""
    return next(each for each in re.split(r"(?m)^(?=\[\[rule\]\])", text) if f'code = "{code}"' in each)


def titled(report: str, project: str, sheet: str, other: str) -> Mistake:
    """Two sheets that cannot be told apart: the single report and the repeated form."""

    def rename(text: str) -> str:
        text = text.replace('sheet = "整体自评报告"', f'sheet = "{report}"')
        return text.replace('sheet = "项目自评表"', f'sheet = "{project}"')

    return Mistake(LUKOU, rename, WHOLE, "declare.sheet_twice", {"sheet": sheet, "other": other})


def name_missing(
    key: str, column: int, name: str, code: str, template: str, form: str
) -> Mapping[str, object]:
    return {"key": key, "column": column, "name": name, "code": code, "template": template, "form": form}


def drawing(old: str, new: str, line: int, key: str, **values: object) -> Mistake:
    """A mistake in the layout of the only form of a template."""
    return Mistake(NINGXIA, (old, new), "form.project", f"layout.{key}", values, line)


PROJECT = {"template": "ningxia-2021", "form": "project"}
LONG = "很" * 256

MISTAKES: dict[str, Mistake] = {
    # ---- files
    "no TOML": Mistake("rules/form.toml", ("family =", "family"), WHOLE, "declare.toml", {"detail": ANY}),
    "a key twice": Mistake(
        NINGXIA, ("year = 2021", "year = 2021\nyear = 2021"), WHOLE, "declare.toml", {"detail": ANY}
    ),
    # ---- keys and types
    "a rule without a remedy": Mistake(
        "rules/grade.toml", ('fix = "按总分更正等级"\n', ""), "GRADE01", "declare.missing", {"key": "fix"}
    ),
    "a template without a title": Mistake(
        NINGXIA, ("title =", "basis2 ="), WHOLE, "declare.unknown", {"key": "basis2", "known": ANY}
    ),
    "a field without a label": Mistake(
        VOCABULARY,
        ('grade             = { label = "自评等级", kind', "grade = { kind"),
        "field.grade",
        "declare.missing",
        {"key": "label"},
    ),
    "a misspelled key of a form": Mistake(
        NINGXIA, ("derived =", "derive ="), "form.project", "declare.unknown", {"key": "derive", "known": ANY}
    ),
    "a misspelled key of a rule": Mistake(
        "rules/grade.toml",
        ("computes =", "compute ="),
        "GRADE01",
        "declare.unknown",
        {"key": "compute", "known": ANY},
    ),
    "a label for a field the form does not have": Mistake(
        NINGXIA,
        ("derived =", 'labels = { agensy = "实施单位" }\nderived ='),
        "form.project.labels",
        "declare.unknown",
        {"key": "agensy", "known": ANY},
    ),
    "a year in quotes": Mistake(
        NINGXIA,
        ("year = 2021", 'year = "2021"'),
        WHOLE,
        "declare.type",
        {"key": "year", "wanted": "整数", "found": "文字"},
    ),
    "a truth value where a number belongs": Mistake(
        VOCABULARY,
        ("good = 80", "good = true"),
        "constants",
        "declare.type",
        {"key": "good", "wanted": "数字", "found": "是或否"},
    ),
    "a number that is none": Mistake(
        VOCABULARY,
        ("good = 80", "good = -inf"),
        "constants",
        "declare.infinite",
        {"key": "good", "value": "-Infinity"},
    ),
    "a number where a truth value belongs": Mistake(
        "rules/fund.toml",
        ("own_digits = true", "own_digits = 1"),
        "FUND02",
        "declare.type",
        {"key": "own_digits", "wanted": "是或否", "found": "整数"},
    ),
    "families that are no list of words": Mistake(
        NINGXIA,
        ('rules = ["FORM"', "rules = [1"),
        WHOLE,
        "declare.words",
        {"key": "rules", "found": "整数"},
    ),
    "a single rule in single brackets": Mistake(
        "rules/grade.toml",
        ("[[rule]]", "[rule]"),
        WHOLE,
        "declare.members",
        {"key": "rule"},
    ),
    "words of a loop that are no list": Mistake(
        "rules/cross.toml",
        ('for = { column = ["budget", "executed"] }', 'for = { column = "budget" }'),
        "CROSS05.for",
        "declare.type",
        {"key": "column", "wanted": "列表", "found": "文字"},
    ),
    "a tolerance that is no constant": Mistake(
        "rules/fund.toml",
        ('within = "money_tolerance"', 'within = "money_tolerance + 1"'),
        "FUND01",
        "declare.type",
        {"key": "within", "wanted": "数字", "found": "“money_tolerance + 1”"},
    ),
    # ---- templates
    "another id than the file's": Mistake(
        NINGXIA,
        ('id = "ningxia-2021"', 'id = "ningxia-2022"'),
        WHOLE,
        "declare.id",
        {"id": "ningxia-2022", "name": "ningxia-2021"},
    ),
    "a field nobody knows": Mistake(
        NINGXIA,
        ("{project_name}", "{projekt_name}"),
        "form.project",
        "declare.word",
        {"field": "projekt_name"},
    ),
    "a column nobody knows": Mistake(
        NINGXIA,
        lambda text: text.replace("{.reason}", "{.grund}"),
        "form.project",
        "declare.word",
        {"field": "indicators.grund"},
    ),
    "a derived field nobody knows": Mistake(
        NINGXIA, ('["grade"]', '["grades"]'), "form.project", "declare.word", {"field": "grades"}
    ),
    "a column printed in one row and filled in another": Mistake(
        NINGXIA,
        ("{.level2=经济效益\\n指标} | {.name}", "{.level2=经济效益\\n指标} | {.name=印好的名称}"),
        "form.project",
        "declare.mixed",
        {"table": "indicators", "column": "name"},
    ),
    "a caption that is no column": Mistake(
        VOCABULARY,
        ('caption = "name"', 'caption = "names"'),
        "table.indicators",
        "declare.word",
        {"field": "names"},
    ),
    "a table nobody knows": Mistake(
        NINGXIA,
        ("{funds.source=其他资金}", "{found.source=其他资金}"),
        "form.project",
        "declare.table",
        {"table": "found"},
    ),
    "no widths": Mistake(
        NINGXIA,
        ("widths = [60, 78, 76, 142, 80, 80, 46, 56, 106]", "widths = []"),
        "form.project",
        "declare.widths",
    ),
    "widths in quotes": Mistake(
        NINGXIA, ("widths = [60,", 'widths = ["60",'), "form.project", "declare.widths"
    ),
    "a width of nothing": Mistake(
        NINGXIA, ("widths = [60,", "widths = [0,"), "form.project", "declare.widths"
    ),
    "a character sheets may not have in their name": Mistake(
        NINGXIA,
        ('sheet = "项目自评表"', 'sheet = "项目/自评表"'),
        WHOLE,
        "declare.sheet",
        {"sheet": "项目/自评表"},
    ),
    "a sheet's name too long with its number": Mistake(
        NINGXIA,
        ('sheet = "项目自评表"', f'sheet = "{"长" * 30}"'),
        WHOLE,
        "declare.sheet",
        {"sheet": "长" * 30},
    ),
    "two sheets of one name": Mistake(
        LUKOU,
        ('sheet = "整体自评报告"', 'sheet = "整体自评表"'),
        WHOLE,
        "declare.sheet_twice",
        {"sheet": "整体自评表", "other": "整体自评表"},
    ),
    "two sheets of one name but for case": titled("表a", "表A", "表A", "表a"),
    "a sheet that another one is when numbered": titled(
        "项目自评表1", "项目自评表", "项目自评表", "项目自评表1"
    ),
    "a sheet that is another one when numbered": Mistake(
        LUKOU,
        ('sheet = "项目自评报告"', 'sheet = "项目自评表10"'),
        WHOLE,
        "declare.sheet_twice",
        {"sheet": "项目自评表10", "other": "项目自评表"},
    ),
    "a sheet without a name": Mistake(
        NINGXIA, ('sheet = "项目自评表"', 'sheet = ""'), WHOLE, "declare.sheet", {"sheet": ""}
    ),
    "a sheet named like one the program adds": Mistake(
        LUKOU,
        ('sheet = "整体自评报告"', f'sheet = "{say("sheet.selfcheck")}"'),
        WHOLE,
        "declare.sheet_own",
        {"sheet": say("sheet.selfcheck")},
    ),
    "a sheet named like the guide": Mistake(
        LUKOU,
        ('sheet = "整体自评报告"', f'sheet = "{say("sheet.guide")}"'),
        WHOLE,
        "declare.sheet_own",
        {"sheet": say("sheet.guide")},
    ),
    "a sheet named like the hidden one about the template": Mistake(
        LUKOU, ('sheet = "整体自评报告"', 'sheet = "_META"'), WHOLE, "declare.sheet_own", {"sheet": "_META"}
    ),
    "a sheet named like the hidden one about projects": Mistake(
        LUKOU,
        ('sheet = "整体自评报告"', 'sheet = "_projects"'),
        WHOLE,
        "declare.sheet_own",
        {"sheet": "_projects"},
    ),
    "a derived field that no rule computes": Mistake(
        NINGXIA,
        ('derived = ["grade"]', 'derived = ["grade", "profile"]'),
        WHOLE,
        "declare.derived",
        {"field": "profile"},
    ),
    "a family nobody knows": Mistake(
        NINGXIA,
        ('"TEXT", "CROSS"]', '"TEXT", "CROS"]'),
        WHOLE,
        "declare.family",
        {"family": "CROS", "known": ANY},
    ),
    "an exception from a rule nobody knows": Mistake(
        NINGXIA, ("FUND07 =", "FUND77 ="), "except", "declare.exception", {"key": "FUND77"}
    ),
    "an exception for a form nobody knows": Mistake(
        LUKOU,
        ('"FUND01@overall" =', '"FUND01@overal" ='),
        "except",
        "declare.exception",
        {"key": "FUND01@overal"},
    ),
    "a unit that is no field": Mistake(
        NINGXIA, ('unit = "project.agency"', 'unit = "agency"'), WHOLE, "declare.unit", {"unit": "agency"}
    ),
    "printed parts that do not add up to the printed total": Mistake(
        LUKOU,
        ("{.level1_points=30}", "{.level1_points=20}"),
        "form.overall",
        "declare.weights",
        {"sum": 90, "full": 100, "parts": "execution_weight、indicators.level1_points"},
    ),
    "a text printed where a number belongs": Mistake(
        NINGXIA,
        ("{full_marks=100}", "{full_marks=一百}"),
        "form.project",
        "declare.printed",
        {"field": "full_marks", "text": "一百"},
        line=23,
    ),
    "nothing printed where a number belongs": Mistake(
        NINGXIA,
        ("{full_marks=100}", "{full_marks=}"),
        "form.project",
        "declare.printed",
        {"field": "full_marks", "text": ""},
        line=23,
    ),
    "a text printed where a number of a row belongs": Mistake(
        LUKOU,
        ("{.level1_points=50}", "{.level1_points=五十}"),
        "form.overall",
        "declare.printed",
        {"field": "indicators.level1_points", "text": "五十"},
        line=15,
    ),
    "groups torn apart": Mistake(
        LUKOU,
        ("{indicators.level1=满意度指标}", "{indicators.level1=产出指标}"),
        "form.overall",
        "declare.groups",
        {"code": "WEIGHT01", "field": "indicators.level1", "text": "产出指标"},
        line=22,
    ),
    "groups by a column that is not printed": Mistake(
        LUKOU,
        ("{indicators.level1=满意度指标}", "{indicators.level1=}"),
        "form.overall",
        "declare.group_column",
        {"code": "WEIGHT01", "field": "indicators.level1"},
        line=22,
    ),
    "a form whose id is no id": Mistake(
        NINGXIA,
        lambda text: text.replace("[form.project]", "[form.Project]"),
        "form.Project",
        "declare.identifier",
        {"id": "Project"},
    ),
    # ---- vocabulary
    "a field whose id is in capitals": Mistake(
        VOCABULARY, ("grade   ", "Grade   "), "field.Grade", "declare.identifier", {"id": "Grade"}
    ),
    "a field whose id is Chinese": Mistake(
        VOCABULARY, ("grade   ", '"等级"   '), "field.等级", "declare.identifier", {"id": "等级"}
    ),
    "a column whose id has two underscores": Mistake(
        VOCABULARY,
        ("level2        =", "level__2      ="),
        "table.indicators.column.level__2",
        "declare.identifier",
        {"id": "level__2"},
    ),
    "a table whose id begins with a digit": Mistake(
        VOCABULARY,
        lambda text: text.replace("[table.income", "[table.2income"),
        "table.2income",
        "declare.identifier",
        {"id": "2income"},
    ),
    "a table of a field's id": Mistake(
        VOCABULARY,
        lambda text: text.replace("[table.income", "[table.profile"),
        "table.profile",
        "declare.same",
        {"table": "profile"},
    ),
    "more decimals than Excel shows": Mistake(
        VOCABULARY,
        ("decimals = 6", "decimals = 10"),
        "field.initial_total",
        "declare.decimals",
        {"decimals": 10},
    ),
    "fewer decimals than none": Mistake(
        VOCABULARY,
        ("decimals = 6", "decimals = -1"),
        "field.initial_total",
        "declare.decimals",
        {"decimals": -1},
    ),
    "a kind nobody knows": Mistake(
        VOCABULARY,
        ('label = "自评等级", kind = "text"', 'label = "自评等级", kind = "txt"'),
        "field.grade",
        "declare.kind",
        {"kind": "txt", "known": ANY},
    ),
    "a help too long for Excel": Mistake(
        VOCABULARY,
        ('help = "照抄年初批复的年度总体目标。"', f'help = "{LONG}"'),
        "field.goal_expected",
        "declare.placeholder_help",
        {"field": "goal_expected", "length": 256},
    ),
    # ---- rules by themselves
    "a code of one digit": Mistake(
        "rules/grade.toml",
        ('code = "GRADE01"', 'code = "GRADE1"'),
        "GRADE1",
        "declare.code",
        {"code": "GRADE1", "family": "GRADE"},
    ),
    "a code of another family": Mistake(
        "rules/grade.toml",
        ('code = "GRADE01"', 'code = "FUND12"'),
        "FUND12",
        "declare.code",
        {"code": "FUND12", "family": "GRADE"},
    ),
    "a code twice": Mistake(
        "rules/text.toml",
        ('code = "TEXT02"', 'code = "TEXT01"'),
        "rule.2",
        "declare.code_twice",
        {"code": "TEXT01"},
    ),
    "a severity nobody knows": Mistake(
        "rules/grade.toml",
        ('severity = "error"', 'severity = "fatal"'),
        "GRADE01",
        "declare.kind",
        {"kind": "fatal", "known": "error、warning、notice"},
    ),
    "a severity of an example nobody knows": Mistake(
        "rules/fund.toml",
        ('severity = "warning", project', 'severity = "mild", project'),
        "FUND02",
        "declare.kind",
        {"kind": "mild", "known": "error、warning、notice"},
    ),
    "two shapes at once": Mistake(
        "rules/weight.toml",
        ('holds = "weight > 0"', 'holds = "weight > 0"\nequals = "1"'),
        "WEIGHT03",
        "declare.shape",
    ),
    "no shape": Mistake("rules/weight.toml", ('holds = "weight > 0"\n', ""), "WEIGHT03", "declare.shape"),
    "an event twice": Mistake(
        "rules/form.toml",
        ('raises = "formula_in_input"', 'raises = "missing"'),
        "FORM06",
        "declare.event",
        {"event": "missing", "first": "FORM01", "second": "FORM06"},
    ),
    "an event the program does not have": Mistake(
        "rules/form.toml",
        ('raises = "formula_in_input"', 'raises = "formula_in_inputs"'),
        "FORM06",
        "declare.no_event",
        {"event": "formula_in_inputs", "known": ANY},
    ),
    "a refusal whose cause is no word": Mistake(
        "rules/file.toml",
        ('raises = "file.EMPTY"', 'raises = "file.EMPTY FILE"'),
        "FILE04",
        "declare.no_event",
        {"event": "file.EMPTY FILE", "known": ANY},
    ),
    "an event without a rule": Mistake(
        "rules/form.toml",
        lambda text: text.replace(entry_of("FORM06", text), ""),
        WHOLE,
        "declare.no_rule",
        {"event": "formula_in_input"},
        told_of="rules",
    ),
    "a target and a computed field": Mistake(
        "rules/grade.toml", ("computes =", 'target = "total_score"\ncomputes ='), "GRADE01", "declare.aim"
    ),
    "neither a target nor a computed field": Mistake(
        "rules/weight.toml", ('target = "weight"\n', ""), "WEIGHT03", "declare.aim"
    ),
    "a condition that computes": Mistake(
        "rules/weight.toml", ('target = "weight"\n', 'computes = "weight"\n'), "WEIGHT03", "declare.aim"
    ),
    "an event with a target": Mistake(
        "rules/form.toml",
        ('raises = "missing"', 'raises = "missing"\ntarget = "unit"'),
        "FORM01",
        "declare.aim",
    ),
    "a condition without what is expected": Mistake(
        "rules/weight.toml",
        ('\nexpected = "大于 0"', ""),
        "WEIGHT03",
        "declare.missing",
        {"key": "expected"},
    ),
    "a cause that is no rule": Mistake(
        "rules/score.toml",
        ('same_cause = "SCORE01"', 'same_cause = "WEIGHT03 SCORE99"'),
        "SCORE02",
        "declare.same_cause",
        {"code": "SCORE99"},
    ),
    "causes with commas between": Mistake(
        "rules/score.toml",
        ('same_cause = "SCORE01"', 'same_cause = "SCORE01,WEIGHT03"'),
        "SCORE02",
        "declare.same_cause",
        {"code": "SCORE01,WEIGHT03"},
    ),
    "an example on a template nobody knows": Mistake(
        "rules/weight.toml",
        (
            'pass = [{ overall = { indicators = [{ weight = "3.33"',
            'pass = [{ template = "lukou", overall = { indicators = [{ weight = "3.33"',
        ),
        "WEIGHT03.examples",
        "declare.example_template",
        {"template": "lukou", "known": ANY},
    ),
    "an example on two templates": Mistake(
        "rules/weight.toml",
        (
            'pass = [{ overall = { indicators = [{ weight = "3.33"',
            'pass = [{ template = ["lukou-2023"], overall = { indicators = [{ weight = "3.33"',
        ),
        "WEIGHT03.examples.pass.1",
        "declare.type",
        {"key": "template", "wanted": "文字", "found": "列表"},
    ),
    "an event's message with a word the event does not have": Mistake(
        "rules/file.toml",
        ('message = "“{file}”是空文件', 'message = "“{name}”是空文件'),
        "FILE04",
        "declare.event_text",
        {"key": "message", "known": "file、detail"},
    ),
    "an event's remedy with an open brace": Mistake(
        "rules/form.toml",
        put("FORM01", "fix", "补填{label"),
        "FORM01",
        "declare.event_text",
        {"key": "fix", "known": "label、actual"},
    ),
    "an event's expectation with a word of another event": Mistake(
        "rules/form.toml",
        ('expected = "必须填写"', 'expected = "必须填写{hint}"'),
        "FORM01",
        "declare.event_text",
        {"key": "expected", "known": "label、actual"},
    ),
    "a refusal's remedy with a word": Mistake(
        "rules/file.toml",
        ('fix = "请单位重新报送"', 'fix = "请{unit}重新报送"'),
        "FILE04",
        "declare.no_words",
        {"key": "fix"},
    ),
    "a loop over nothing": Mistake(
        "rules/cross.toml",
        ('for = { column = ["budget", "executed"] }', "for = { column = [] }"),
        "CROSS05",
        "declare.loop",
        {"name": "column"},
    ),
    "a loop nobody uses": Mistake(
        "rules/weight.toml",
        ('target = "weight"', 'target = "weight"\nfor = { word = ["a"] }'),
        "WEIGHT03",
        "declare.loop",
        {"name": "word"},
    ),
    "no example that fails": Mistake(
        "rules/weight.toml",
        ('\nfail = [{ expected = "大于 0"', '\nalone2 = [{ expected = "大于 0"'),
        "WEIGHT03.examples",
        "declare.unknown",
        {"key": "alone2", "known": "pass、fail、alone"},
    ),
    "no example that passes": Mistake(
        "rules/weight.toml",
        ('pass = [{ overall = { indicators = [{ weight = "3.33" }] } }]\n', ""),
        "WEIGHT03",
        "declare.examples",
    ),
    "a message too long for a formula": Mistake(
        "rules/weight.toml",
        put("WEIGHT03", "message", LONG),
        "WEIGHT03",
        "declare.long_message",
        {"length": 256},
    ),
    # ---- rules in forms
    "a rule none of whose forms the template has": Mistake(
        NINGXIA,
        ('FUND07 = "本套表只有项目表，没有整体表的收支分列"\n', ""),
        "FUND07",
        "declare.form_missing",
        {"template": "ningxia-2021", "forms": "overall", "code": "FUND07"},
        told_of="rules/fund.toml",
    ),
    "a name the form does not have": Mistake(
        "rules/weight.toml",
        ('holds = "weight > 0"', 'holds = "0 < gewicht"'),
        "WEIGHT03",
        "declare.name",
        name_missing("holds", 5, "gewicht", "WEIGHT03", "lukou-2023", "overall"),
    ),
    "a form in a name that the template does not have": Mistake(
        "rules/weight.toml",
        ('holds = "weight > 0"', 'holds = "weight > overal.full_marks"'),
        "WEIGHT03",
        "declare.name",
        name_missing("holds", 10, "overal.full_marks", "WEIGHT03", "lukou-2023", "overall"),
    ),
    "a guard with a name the form does not have": Mistake(
        "rules/grade.toml",
        ("equals =", 'when = "FILLED(nobody)"\nequals ='),
        "GRADE01",
        "declare.name",
        name_missing("when", 8, "nobody", "GRADE01", "lukou-2023", "overall"),
    ),
    "a target the form does not have": Mistake(
        "rules/weight.toml",
        ('target = "weight"', 'target = "gewicht"'),
        "WEIGHT03",
        "declare.name",
        name_missing("target", 1, "gewicht", "WEIGHT03", "lukou-2023", "overall"),
    ),
    "rows of a table the form does not have": Mistake(
        "rules/text.toml",
        ('each = "indicators"', 'each = "indicator"'),
        "TEXT01",
        "declare.name",
        name_missing("each", 1, "indicator", "TEXT01", "lukou-2023", "overall"),
    ),
    "groups by a column the table does not have": Mistake(
        "rules/weight.toml",
        ('by = "level1"', 'by = "level3"'),
        "WEIGHT01",
        "declare.name",
        name_missing("by", 1, "level3", "WEIGHT01", "lukou-2023", "overall"),
    ),
    "groups without a table": Mistake(
        "rules/grade.toml",
        ("computes =", 'by = "unit"\ncomputes ='),
        "GRADE01",
        "declare.name",
        name_missing("by", 1, "unit", "GRADE01", "lukou-2023", "overall"),
    ),
    "a column where one value belongs": Mistake(
        "rules/fund.toml",
        ('holds = "executed_total <= budget_total"', 'holds = "executed_total <= funds.budget"'),
        "FUND05",
        "declare.many",
        {"key": "holds", "column": 19, "name": "funds.budget"},
    ),
    "one value where a column belongs": Mistake(
        "rules/form.toml",
        ("OCCURS(name, indicators.name)", "OCCURS(name, name)"),
        "FORM08",
        "declare.one",
        {"key": "holds", "column": 14, "name": "name"},
    ),
    "a function nobody knows": Mistake(
        "rules/weight.toml",
        ('equals = "SUM(', 'equals = "SUMM('),
        "WEIGHT01",
        "declare.function",
        {"key": "equals", "column": 1, "name": "SUMM", "known": ANY},
    ),
    "too many arguments": Mistake(
        "rules/form.toml",
        ("NOT(PLACEHOLDER(name))", "NOT(PLACEHOLDER(name, 2))"),
        "FORM07",
        "declare.arguments",
        {"key": "holds", "column": 5, "name": "PLACEHOLDER"},
    ),
    "an argument of another kind": Mistake(
        "rules/form.toml",
        ("NOT(PLACEHOLDER(name))", "NOT(name)"),
        "FORM07",
        "declare.arguments",
        {"key": "holds", "column": 1, "name": "NOT"},
    ),
    "a number where a condition belongs": Mistake(
        "rules/weight.toml",
        ('holds = "weight > 0"', 'holds = "weight"'),
        "WEIGHT03",
        "declare.truth",
        {"key": "holds", "kind": "数字"},
    ),
    "a text where the target is a number": Mistake(
        "rules/fund.toml",
        ('equals = "executed_total / budget_total"', 'equals = "executed_total & budget_total"'),
        "FUND03",
        "declare.value_kind",
        {"key": "equals", "kind": "文字", "wanted": "数字"},
    ),
    "a number where the target is a text": Mistake(
        "rules/grade.toml",
        lambda text: re.sub(r"(?m)^equals = .*$", 'equals = "total_score"', text, count=1),
        "GRADE01",
        "declare.value_kind",
        {"key": "equals", "kind": "数字", "wanted": "文字"},
    ),
    "an expression that cannot be read": Mistake(
        "rules/weight.toml",
        ('holds = "weight > 0"', 'holds = "weight ≥ 0"'),
        "WEIGHT03",
        "declare.syntax",
        {"key": "holds", "column": 8, "reason": say("declare.syntax.character", found="≥")},
    ),
    "a message with a name nobody knows": Mistake(
        "rules/weight.toml",
        put("WEIGHT03", "message", "分值 {aktual} 太小"),
        "WEIGHT03",
        "declare.placeholder",
        {"key": "message", "name": "aktual"},
    ),
    "a message with a column": Mistake(
        "rules/weight.toml",
        put("WEIGHT03", "message", "分值 {indicators.weight} 太小"),
        "WEIGHT03",
        "declare.placeholder",
        {"key": "message", "name": "indicators.weight"},
    ),
    "a message with an open brace": Mistake(
        "rules/weight.toml",
        put("WEIGHT03", "message", "分值太小：{actual"),
        "WEIGHT03",
        "declare.placeholder",
        {"key": "message", "name": "分值太小：{actual"},
    ),
    "an expectation with a name nobody knows": Mistake(
        "rules/weight.toml",
        put("WEIGHT03", "expected", "大于 {zero}"),
        "WEIGHT03",
        "declare.placeholder",
        {"key": "expected", "name": "zero"},
    ),
    "a target that is a column": Mistake(
        "rules/cross.toml",
        ('target = "unit"', 'target = "indicators.name"'),
        "CROSS01",
        "declare.target",
        {"name": "indicators.name"},
    ),
    "a target on another form": Mistake(
        "rules/cross.toml",
        ('target = "unit"', 'target = "overall.unit"'),
        "CROSS01",
        "declare.target",
        {"name": "overall.unit"},
    ),
    "a field that two rules compute": Mistake(
        "rules/fund.toml",
        ('computes = "execution_rate"', 'computes = "execution_score"'),
        WHOLE,
        "declare.computed_twice",
        {"field": "execution_score", "first": "FUND03", "second": "FUND04"},
        told_of=LUKOU,
    ),
    "a rule that computes from what it computes": Mistake(
        "rules/fund.toml",
        ('equals = "executed_total / budget_total"', 'equals = "executed_total / execution_rate"'),
        WHOLE,
        "declare.circle",
        {"chain": "project.execution_rate → project.execution_rate"},
        told_of=LUKOU,
    ),
    "two rules that compute from each other": Mistake(
        "rules/fund.toml",
        (
            'equals = "MIN(MAX(executed_total / budget_total, 0), 1) * execution_weight"',
            'equals = "total_score / 10"',
        ),
        WHOLE,
        "declare.circle",
        {"chain": "project.execution_score → project.total_score → project.execution_score"},
        told_of=LUKOU,
    ),
    "a word to choose where a number belongs": Mistake(
        NINGXIA,
        ("{execution_score}", "{execution_score:10,优}"),
        "form.project",
        "declare.choice",
        {"field": "execution_score", "text": "优"},
        7,
    ),
    "an optional field the form does not have": Mistake(
        NINGXIA,
        ("derived =", 'optional = ["agensy"]\nderived ='),
        "form.project",
        "declare.unknown",
        {"key": "agensy", "known": ANY},
    ),
    "a family left out of every form": Mistake(
        NINGXIA,
        ('WEIGHT01 = "', 'WEIGHT = "'),
        "except",
        "declare.exception",
        {"key": "WEIGHT"},
    ),
    "a family left out that the template does not have": Mistake(
        NINGXIA,
        ('WEIGHT01 = "', '"ASSESS@project" = "无"\nWEIGHT01 = "'),
        "except",
        "declare.exception",
        {"key": "ASSESS@project"},
    ),
    # ---- layouts
    "no layout": Mistake(NINGXIA, without_layout, "form.project", "layout.empty", {}, 1),
    "a line without its last pipe": drawing("{agency} | < | < |", "{agency} | < | <", 5, "no_pipe"),
    "a line with a cell too few": drawing(
        "{agency} | < | < |", "{agency} | < |", 5, "cells", found=8, wanted=9
    ),
    "a look nobody knows": drawing("center |", "centre |", 3, "mark", mark="centre", looks=ANY),
    "a label beside a field": drawing(
        "| {project_name} |", "| 名称{project_name} |", 4, "mixed", cell="名称{project_name}"
    ),
    "a capital letter in a field": drawing("{agency}", "{Agency}", 5, "reference", cell="Agency"),
    "an open brace": drawing("{agency}", "{agency", 5, "braces", cell="{agency"),
    "a choice that is none": drawing("{agency}", "{agency:一}", 5, "choices", cell="agency:一", limit=255),
    "a column without a table": drawing(
        "{funds.source=当年财政拨款}", "当年财政拨款", 8, "table", cell=".initial"
    ),
    "nothing above": drawing("~附件6", "^", 1, "nothing_above", column=1),
    "nothing on the left": drawing(
        "title  | 自治区项目支出绩效自评表", "title | <", 2, "nothing_left", column=1
    ),
    "no rectangle": drawing("| 主管部门 | < |", "| 主管部门 | ^ |", 4, "no_rectangle"),
    "a field twice": drawing("{agency}", "{department}", 5, "twice", field="department"),
    "a line between the rows of a table": drawing(
        "\nrow *3 | ^ | ^ | {indicators.level2=时效",
        "\n" + "| 另 " * 9 + "|\nrow *3 | ^ | {indicators.level1=产出} | {.level2=时效",
        16,
        "apart",
        table="indicators",
    ),
    "a row without a column of its table": drawing(
        "{.executed} | — | {.rate} |", "{.executed} | — | — |", 8, "column", field="funds.rate"
    ),
    "a row whose columns change places": drawing(
        "{.budget} | {.executed} | — | {.rate} | — |\n       | ^ | ~　　　{funds.source=其他",
        "{.executed} | {.budget} | — | {.rate} | — |\n       | ^ | ~　　　{funds.source=其他",
        9,
        "shifted",
        field="funds.executed",
    ),
}

#: Sentences that stand in other sentences, and those tried by tests of their own.
ELSEWHERE = {
    "declare.error": "the frame of every sentence",
    "declare.whole": "the place of what is about a whole file",
    "layout.line": "the frame of every sentence about layouts",
    "declare.unreadable": "tried below: no change of a text makes a file unreadable",
    "declare.encoding": "tried below, with the one before",
    **{f"declare.toml.{place}": "tried below" for place in ("place", "end", "huge")},
    **{key: "words of declare.type, all tried below" for key in TEXTS if key.startswith("declare.type.")},
    **{
        key: "reasons of declare.syntax, all tried below"
        for key in TEXTS
        if key.startswith("declare.syntax.")
    },
    "declare.no_templates": "tried below: about a folder",
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_named_with_its_file_its_place_and_its_remedy(case: str, folder: Path) -> None:
    mistake = MISTAKES[case]
    path = folder / mistake.file
    if callable(mistake.change):
        path.write_text(mistake.change(path.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        change(path, *mistake.change)

    with pytest.raises(DeclarationError) as caught:
        load_catalog(folder)

    assert re.fullmatch(mistake.sentence(), str(caught.value), re.DOTALL), str(caught.value)


def test_every_sentence_about_declarations_is_tried() -> None:
    tried = {mistake.key for mistake in MISTAKES.values()}
    known = {key for key in TEXTS if key.startswith(("declare.", "layout."))}

    assert tried | set(ELSEWHERE) == known
    assert not tried & set(ELSEWHERE)
    assert len(tried) >= 45


@pytest.mark.parametrize(
    ("old", "new", "detail"),
    [
        ("year = 2021", "year = 2021年", say("declare.toml.place", line=4, column=12)),
        ("[except]", "widths = [1, 2", ANY),
        ("year = 2021", "year = 2021\n[[[", say("declare.toml.place", line=5, column=3)),
        ("year = 2021", f"year = {'9' * 5000}", say("declare.toml.huge")),
        ("year = 2021", f"year = {'[' * 5000}", say("declare.toml.huge")),
        ("total  | 总", "'" * 3, ANY),
    ],
)
def test_what_is_wrong_with_a_file_s_spelling_is_said_with_its_line(
    old: str, new: str, detail: str, folder: Path
) -> None:
    change(folder / NINGXIA, old, new)

    with pytest.raises(DeclarationError) as caught:
        load_catalog(folder)

    what = say("declare.toml", detail=detail)
    sentence = say("declare.error", file="ningxia-2021.toml", place=WHOLE, what=what)
    assert re.fullmatch(re.escape(sentence).replace(re.escape(ANY), ".+"), str(caught.value))
    assert not re.search("[A-Za-z]", str(caught.value).replace("ningxia-2021.toml", "").replace("TOML", ""))


def test_a_file_that_ends_too_early_is_said_to(folder: Path) -> None:
    path = folder / NINGXIA
    path.write_text('id = "ningxia-2021"\nrules = [', encoding="utf-8")

    with pytest.raises(DeclarationError) as caught:
        load_catalog(folder)

    what = say("declare.toml", detail=say("declare.toml.end"))
    assert str(caught.value) == say("declare.error", file="ningxia-2021.toml", place=WHOLE, what=what)


@pytest.mark.parametrize(
    ("content", "detail"),
    [(None, os_reason(FileNotFoundError(ENOENT, ""))), (b"\xff\xfe", say("declare.encoding"))],
)
def test_a_file_that_cannot_be_read_is_named(content: bytes | None, detail: str, folder: Path) -> None:
    path = folder / VOCABULARY
    path.unlink()
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(DeclarationError) as caught:
        load_catalog(folder)

    what = say("declare.unreadable", detail=detail)
    assert str(caught.value) == say("declare.error", file="vocabulary.toml", place=WHOLE, what=what)


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ('"一"', "文字"),
        ("1", "整数"),
        ("1.5", "数字"),
        ("true", "是或否"),
        ("[1]", "列表"),
        ("{ a = 1 }", "表"),
        ("2024-01-01", "日期"),
        ("2024-01-01T10:00:00", "日期"),
    ],
)
@pytest.mark.parametrize(
    ("key", "wanted"), [("year = 2021", "整数"), ('title = "自治区项目支出绩效自评表"', "文字")]
)
def test_types_have_chinese_names(key: str, wanted: str, value: str, word: str, folder: Path) -> None:
    name = key.partition(" ")[0]
    change(folder / NINGXIA, f"\n{key}\n", f"\n{name} = {value}\n")
    if word == wanted:
        return

    with pytest.raises(DeclarationError) as caught:
        load_catalog(folder)

    what = say("declare.type", key=name, wanted=wanted, found=word)
    assert str(caught.value) == say("declare.error", file="ningxia-2021.toml", place=WHOLE, what=what)


#: An expression that cannot be read, where it goes wrong, and why.
SYNTAX = [
    ("weight ！ 0", 8, "character", {"found": "！"}),
    ("weight > * 2", 10, "unexpected", {"found": "*"}),
    ("weight >", 9, "end", {}),
    ("SUM(weight weight)", 12, "bracket", {"found": "weight"}),
    ("SUM(weight", 11, "open", {}),
    ("-" * 70 + "weight > 0", ANY, "deep", {"limit": 64}),
]


@pytest.mark.parametrize(("expression", "column", "reason", "values"), SYNTAX)
def test_what_is_wrong_with_an_expression_is_said_in_chinese(
    expression: str, column: object, reason: str, values: dict[str, object], folder: Path
) -> None:
    change(folder / "rules/weight.toml", 'holds = "weight > 0"', f'holds = "{expression}"')

    with pytest.raises(DeclarationError) as caught:
        load_catalog(folder)

    said = say(f"declare.syntax.{reason}", **values)
    what = say("declare.syntax", key="holds", column=column, reason=said)
    sentence = say("declare.error", file="weight.toml", place="WEIGHT03", what=what)
    assert re.fullmatch(re.escape(sentence).replace(re.escape(ANY), "[0-9]+"), str(caught.value))


def test_every_kind_of_wrong_expression_is_tried() -> None:
    tried = {f"declare.syntax.{reason}" for _, _, reason, _ in SYNTAX}

    assert tried == {key for key in TEXTS if key.startswith("declare.syntax.")}


def test_the_program_raises_the_events_it_declares_and_no_others(catalog: Catalog) -> None:
    """Events are written as words in the modules that raise them: in calls of ``raised`` and keys of ``events``."""
    words, raised = set(), set()
    for path in sorted(Path(catalog_module.__file__).parent.glob("*.py")):
        if path.stem in ("model", "rulebook"):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        words |= {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
        for node in ast.walk(tree):
            key: ast.AST | None = None
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "raised":
                key = node.args[0]
            if isinstance(node, ast.Subscript) and getattr(node.value, "attr", "") == "events":
                key = node.slice
            choices = [key.body, key.orelse] if isinstance(key, ast.IfExp) else [key]
            raised |= {each.value for each in choices if isinstance(each, ast.Constant)}

    assert set(EVENTS) <= words
    assert raised <= set(EVENTS)
    assert len(raised) >= 5
    assert set(EVENTS) == {event for event in catalog.events if not event.startswith("file.")}


@pytest.mark.parametrize("missing", ["templates", "rules", "templates/*.toml", "rules/*.toml"])
def test_a_folder_without_templates_or_rules_is_named(missing: str, folder: Path) -> None:
    if "*" in missing:
        for path in folder.glob(missing):
            if path.name != "vocabulary.toml":
                path.unlink()
    else:
        shutil.rmtree(folder / missing)

    with pytest.raises(DeclarationError) as caught:
        load_catalog(folder)

    assert str(caught.value) == say("declare.no_templates", folder=folder)


# ---- A new template is a new file -------------------------------------------------------------------------

TINY = r"""
id = "tiny-2024"
title = "最小的自评表"
place = "示例县"
year = 2024
version = "3"
basis = "示例办法"
unit = "project.agency"
rules = ["FORM", "WEIGHT"]

[form.project]
label = "小表"
sheet = "小表"
widths = [120, 200, 60, 160]
layout = '''
title  | 最小的自评表（{year}年度） | < | < | < |
line   | ~单位：+ | {agency} | 预算执行率 | {execution_weight=20}分 |
head   | 一级指标 | 三级指标 | 分值 | 说明 |
row *2 | {indicators.level1=产出指标}\n（{.level1_points=50}分） | {.name} | {.weight} | {.reason} |
row    | {indicators.level1=效益指标}（{.level1_points=30}分） | {.name} | {.weight} | {.reason} |
total  | 合计 | < | {full_marks=100} | |
'''
"""
TINY_DATA: dict[str, object] = {
    "project": {
        "agency": "示例单位一",
        "indicators": [
            {"level1": "产出指标", "name": "培训人次", "weight": "20"},
            {"level1": "产出指标", "name": "培训期数", "weight": "30", "reason": "另有说明"},
            {"level1": "效益指标", "name": "满意率", "weight": "30"},
        ],
    }
}


def told(findings: tuple[Finding, ...]) -> list[tuple[str, str, str | None, str | None]]:
    return [(each.code, each.cell, each.expected, each.actual) for each in findings]


@pytest.fixture
def with_tiny(folder: Path) -> Catalog:
    (folder / "templates" / "tiny-2024.toml").write_text(TINY, encoding="utf-8")
    return load_catalog(folder)


def test_a_new_file_is_a_new_template_that_is_drawn_filled_read_and_checked(
    with_tiny: Catalog, tmp_path: Path
) -> None:
    assert set(with_tiny.templates) == {*load_catalog().templates, "tiny-2024"}
    generate(compose(with_tiny.templates["tiny-2024"], TINY_DATA), tmp_path / "right.xlsx")

    submission = read(tmp_path / "right.xlsx", with_tiny)

    assert submission.template.id == "tiny-2024"
    rows = submission.forms[0].tables["indicators"]
    assert [[str(row[name].raw) for name in ("level1", "name", "weight", "reason")] for row in rows] == [
        ["产出指标", "培训人次", "20", "None"],
        ["产出指标", "培训期数", "30", "另有说明"],
        ["效益指标", "满意率", "30", "None"],
    ]
    assert check(submission, with_tiny) == ()


def test_a_fault_in_a_workbook_of_a_new_template_is_found(with_tiny: Catalog, tmp_path: Path) -> None:
    data = {
        "project": {
            "agency": "示例单位一",
            "indicators": [{"level1": "产出指标", "name": "培训人次", "weight": "49"}],
        }
    }
    generate(compose(with_tiny.templates["tiny-2024"], data), tmp_path / "wrong.xlsx")

    findings = check(read(tmp_path / "wrong.xlsx", with_tiny), with_tiny)

    assert told(findings) == [("WEIGHT01", "A5", "50", "49")]


# ---- A rule is declared once ------------------------------------------------------------------------------


def weights(catalog: Catalog, weight: str) -> list[tuple[str, str | None, Severity]]:
    """What a rule about weights says of a row with this weight."""
    data = {"project": [{"indicators": [{"name": "培训人次", "weight": weight}]}]}
    findings = check(compose(catalog.templates["ningxia-2021"], data).submission, catalog)
    return [(each.message, each.expected, each.severity) for each in findings if each.code == "WEIGHT03"]


def test_one_changed_text_changes_formula_verdict_explanation_and_catalogue(
    folder: Path, catalog: Catalog
) -> None:
    path = folder / "rules" / "weight.toml"
    change(path, 'holds = "weight > 0"', 'holds = "weight > 5"')
    for key, value in (("expected", "大于 5"), ("message", "分值 {actual} 太小")):
        path.write_text(put("WEIGHT03", key, value)(path.read_text(encoding="utf-8")), encoding="utf-8")

    changed = load_catalog(folder)

    formulas = [live_formula(each, "WEIGHT03") for each in (catalog, changed)]
    assert "-0,9)>0)" in formulas[0]
    assert formulas[1] == formulas[0].replace("-0,9)>0)", "-5,9)>0)")
    assert [weights(each, "3") for each in (catalog, changed)] == [
        [],
        [("分值 3 太小", "大于 5", Severity.ERROR)],
    ]
    assert [weights(each, "6") for each in (catalog, changed)] == [[], []]
    lines = [list(rule_lines(each.rules["WEIGHT03"], each)) for each in (catalog, changed)]
    differing = [pair for pair in zip(*lines, strict=True) if pair[0] != pair[1]]
    assert [(old.partition("：")[0], new.partition("：")[0]) for old, new in differing] == [
        (say("explain.message", text="").strip("："),) * 2,
        (say("explain.rule", text="").strip("："),) * 2,
        (say("explain.live", formula="").strip("："),) * 2,
    ]
    documents = [catalogue(each).splitlines() for each in (catalog, changed)]
    assert sum(1 for old, new in zip(*documents, strict=True) if old != new) == len(differing)


def test_a_new_rule_is_one_entry_in_one_file(folder: Path) -> None:
    entry = """
[[rule]]
code = "TEXT99"
severity = "notice"
title = "指标名称不宜过长"
forms = ["overall", "project"]
each = "indicators"
target = "name"
holds = "LEN(name) <= 5"
expected = "五个字以内"
message = "{actual}太长"
fix = "写短一些"
basis = "示例"
[rule.examples]
pass = [{ overall = { indicators = [{ name = "一二三四五" }] } }]
fail = [{ expected = "五个字以内", actual = "一二三四五六", overall = { indicators = [{ name = "一二三四五六" }] } }]
"""
    path = folder / "rules" / "text.toml"
    path.write_text(path.read_text(encoding="utf-8") + entry, encoding="utf-8")

    changed = load_catalog(folder)

    data = {"project": [{"indicators": [{"name": "一二三四五六"}, {"name": "一二三四五"}]}]}
    findings = check(compose(changed.templates["ningxia-2021"], data).submission, changed)
    assert [each.message for each in findings if each.code == "TEXT99"] == ["一二三四五六太长"]
    assert live_formula(changed, "TEXT99").count("LEN(") >= 1
    assert "### TEXT99" in catalogue(changed)
