"""What units type, at its worst and at its best: whole fillings of a template, made from its declared fields.

The worst are drawn by Hypothesis; the best breaks no rule, so that a test can plant one fault in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from workbook.layout import draw
from workbook.model import Field, Form, Role, Template

Filling = dict[str, Any]

#: Numbers at the edges: halves, last digits, percent, zero, negative, tiny, huge, more digits than Excel keeps.
EDGES = (
    *("0", "-0.5", "0.5", "0.125", "2.675", "1.005", "0.005", "12.345", "33.333333", "0.000001", "0.0000005"),
    *("10", "20", "15", "50", "100", "-1", "-5.55", "99.99", "90", "80", "60", "59.995", "89.995"),
    *("79.988524", "321.013328", "321.008126", "745.37", "1002.23", "99999999", "123456789.123456"),
    *("0.1", "0.2", "0.3", "50%", "99.99%", "0%", "110.5%", "0.045%", " 10 ", "+5", ".5", "007"),
    *("99999999999999", "12345678901.23456789"),
)
#: Texts that look like numbers, or like nothing.
LOOKALIKES = (
    *("10分", "１０", "３．２", "3,20.6,71591", "79.98852.24", "4753.66万元", "1e5", "约90", "12 3"),
    *("=1+1", "'5", "—", "-", "/", "——", "－", "／", "\u3000", " ", "\u3000 ", "\u00a0", "\n", "\t"),
    *("\u2002", "\u2003", "\u200b", "\ufeff", "\u2212", "\u2003\u3000"),
    *("无", "0分", "TRUE", "#N/A", "#VALUE!"),
)
#: Names and reasons: padded, wild cards, quotes, line ends, left over from the template, equal but for case or blanks.
WORDS = (
    *("巡察覆盖率", "巡察覆盖率 ", "\u3000巡察覆盖率", "巡察\u3000覆盖率", "巡察 覆盖率", "巡察  覆盖率"),
    *("巡察*", "巡察?率", "~*", "*", "?", ">5", "=巡察覆盖率", "<>", "PM2.5下降率", "pm2.5下降率"),
    *("Ａ级", "A级", "a级", "他说“好”", '6"管', "第一行\n第二行", "𠮷野家", "产出指标", "示例单位一"),
    *("指标2：", "指标2:", "指标1：培训人次", "指标", "……", "...", "…", "。。。", "无", "0", "无。"),
    *("|", "-|/", "|—", "{x}", "%", "&", "巡察专项经费", "5%", "100", "1/2", "2023.12"),
)
LONG_WORDS = ("按年度计划逐项完成，" * 25, "x" * 300)
TARGETS = (
    *(
        "100%",
        "≥95%",
        "≤12万元",
        "3轮",
        "2轮",
        "全覆盖",
        "2023年12月",
        "1",
        "95",
        "0",
        "３．２",
        "79.98852.24",
    ),
)


def fillings(template: Template) -> SearchStrategy[Filling]:
    """Whole fillings of a template in the shape of ``--data``: some of its forms, one to three of a repeating one."""
    forms = {form.id: _instances(form) for form in template.forms.values()}
    return st.fixed_dictionaries({}, optional=forms)


def _instances(form: Form) -> SearchStrategy[Any]:
    one = _form(form, careful=True) | _form(form, careful=True) | _form(form, careful=False)
    return st.lists(one, min_size=1, max_size=3) if form.repeat else one


def _form(form: Form, *, careful: bool) -> SearchStrategy[Filling]:
    """A form; a careful one is mostly readable, so that rules have something to compare."""
    cells: dict[str, SearchStrategy[Any]] = {
        name: _cell(field, careful) for name, field in form.fields.items() if field.role is not Role.CONSTANT
    }
    cells |= {table: _rows(form, table, careful) for table in form.tables}
    return st.fixed_dictionaries(cells).map(_without_gaps)


def _rows(form: Form, table: str, careful: bool) -> SearchStrategy[list[Filling]]:
    """Rows with or without the printed label they belong to; sometimes more of them than are drawn."""
    columns = form.tables[table].columns
    cells = {
        name: _cell(field, careful) for name, field in columns.items() if field.role is not Role.CONSTANT
    }
    drawn = draw(form).tables[table]
    labels = [
        name for name in columns if name in drawn[0].constants and isinstance(drawn[0].constants[name], str)
    ]
    bare = st.fixed_dictionaries(cells).map(_without_gaps)
    plain = st.lists(bare, max_size=len(drawn) + (2 if drawn[-1].line != drawn[0].line else 0))
    if not labels:
        return plain
    of_label = Counter(str(row.constants[labels[-1]]) for row in drawn)
    named = st.fixed_dictionaries({**cells, labels[-1]: st.sampled_from(sorted(of_label))}).map(_without_gaps)
    if max(of_label.values()) == 1:  # a line that shares its cells with other fields cannot be drawn twice
        return plain | st.lists(named, unique_by=lambda row: row[labels[-1]])
    return plain | st.lists(named, max_size=len(drawn) + 2)


def _cell(field: Field, careful: bool) -> SearchStrategy[Any]:
    """What is typed into a cell, ``None`` for nothing; now and then a computed one is typed over."""
    if field.role in (Role.COMPUTED, Role.DERIVED):
        typed = _value(field, careful=True) | _value(field, careful=False)
        return st.integers(0, 11).flatmap(lambda dice: typed if dice == 0 else st.none())
    if not careful:
        return st.none() | _value(field, careful=False)
    wild = _value(field, careful=False)
    return st.integers(0, 19).flatmap(
        lambda dice: st.none() if dice < 3 else wild if dice == 3 else _value(field, careful=True)
    )


def _value(field: Field, *, careful: bool) -> SearchStrategy[str]:
    if field.numeric:
        return _numbers(field.kind) if careful else st.sampled_from(LOOKALIKES) | st.sampled_from(EDGES)
    if field.kind == "quantity":
        return st.sampled_from(TARGETS) if careful else st.sampled_from(TARGETS + LOOKALIKES + EDGES)
    if careful:
        return st.sampled_from(WORDS)
    return st.sampled_from(WORDS + LOOKALIKES + EDGES + LONG_WORDS)


def _numbers(kind: str) -> SearchStrategy[str]:
    """Numbers of up to six decimals that often meet: the same few, so that sums and limits are hit exactly."""
    few = st.sampled_from(
        ("0", "10", "20", "15", "5", "8", "9.99", "50", "30", "80", "60", "100", "20.01", "7.5")
    )
    if kind == "percent":
        return st.sampled_from(("100%", "99.99%", "50%", "0.5", "1", "0", "86%", "74.37%", "33.335%"))
    decimal = st.tuples(st.integers(0, 999_999_999), st.integers(0, 6)).map(
        lambda n: f"{n[0] / 10 ** n[1]:.{n[1]}f}"
    )
    return few | few | decimal | st.sampled_from(EDGES)


def _without_gaps(cells: Mapping[str, Any]) -> Filling:
    return {name: value for name, value in cells.items() if value is not None}


#: What a well filled form says of money, in 万元: one project, and the whole unit, which is more than its projects.
PROJECT_MONEY = {"initial": 100, "budget": 100, "executed": 95}
OVERALL_MONEY = {"initial": 400, "budget": 400, "executed": 380}
#: The total of a well filled project form: all its indicators, and 95 % of the execution's 10 points.
PROJECT_TOTAL = "99.5"
COST = "成本指标"


def well_filled(template: Template, projects: int = 2) -> Filling:
    """A filling that breaks no rule: from the declared fields alone, so that a new template is filled as well.

    Raises:
        KeyError: the template has a field to fill whose right value nothing declares; say it here.
    """
    return {
        form.id: [_right_form(form, copy, projects) for copy in range(1, projects + 1)]
        if form.repeat
        else _right_form(form, 0, projects)
        for form in template.forms.values()
    }


def _right_form(form: Form, copy: int, projects: int) -> Filling:
    money = PROJECT_MONEY if form.repeat else OVERALL_MONEY
    in_projects = projects * PROJECT_MONEY["budget"]
    right = {f"{column}_total": str(amount) for column, amount in money.items()}
    right |= {"project_spending": str(in_projects), "basic_spending": str(money["budget"] - in_projects)}
    texts = {"project_name": project_name(copy), "report_date": "2024年3月15日"}
    filled: Filling = {}
    for name, field in form.fields.items():
        if field.role is Role.INPUT and not field.bureau:
            text = "按计划完成" if field.kind == "long" else texts.get(name, "示例单位一")
            filled[name] = right[name] if field.numeric else text
    return filled | {table: _right_rows(form, table, money, projects) for table in form.tables}


def project_name(copy: int) -> str:
    """What the well filled project forms call their projects."""
    return f"示例项目{copy}"


def _right_rows(form: Form, table: str, money: Mapping[str, int], projects: int) -> list[Filling]:
    """Indicators under every level, full points for every criterion, every project; else all the money in one row."""
    if table == "indicators":
        return right_indicators(form)
    if table == "criteria":
        rows = [row.constants for row in draw(form).tables[table]]
        return [{"item": row["item"], "score": str(row["points"])} for row in rows]
    if table == "listed":
        return [{"name": project_name(copy + 1), "score": PROJECT_TOTAL} for copy in range(projects)]
    columns = form.tables[table].columns.values()
    amounts = {column: str(amount) for column, amount in money.items()} | {"amount": str(money["budget"])}
    return [{column.id: amounts[column.id] for column in columns if column.role is Role.INPUT}]


def right_indicators(form: Form) -> list[Filling]:
    """One met indicator for each second level, with weights that add up to the points of its first level."""
    drawn = draw(form).tables["indicators"]
    levels = dict.fromkeys((str(row.constants["level1"]), str(row.constants["level2"])) for row in drawn)
    groups = Counter(level1 for level1, _ in levels)
    points = {str(row.constants["level1"]): row.constants.get("level1_points") for row in drawn}
    free = Decimal(str(form.fields["full_marks"].constant)) - Decimal(
        str(form.fields["execution_weight"].constant)
    )
    rows: list[Filling] = []
    for level1, count in groups.items():
        printed = points[level1]
        weights = _shares(printed if isinstance(printed, Decimal) else free / len(groups), count)
        of_group = (level2 for first, level2 in levels if first == level1)
        for level2, weight in zip(of_group, weights, strict=True):
            cost = COST in (level1, level2)
            values = ("≤10万元", "9万元") if cost else ("≥10项", "11项")
            name = f"{'项目' if form.repeat else '部门'}{len(rows) + 1}"  # too short to resemble another
            rows.append(
                {
                    **{"level1": level1, "level2": level2, "name": name},
                    **dict(zip(("target", "actual"), values, strict=True)),
                    **{"weight": str(weight), "score": str(weight)},
                }
            )
    return rows


def _shares(points: Decimal, count: int) -> list[Decimal]:
    """Points split as a unit splits them: two decimals, the last share takes what is left."""
    share = (points / count).quantize(Decimal("0.01"))
    return [*[share] * (count - 1), points - share * (count - 1)]
