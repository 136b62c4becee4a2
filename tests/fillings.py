"""What units type, at its worst: whole fillings of a template, drawn by Hypothesis from its declared fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
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
