"""Data as a submission: what typing does to a text, where rows go, and that nothing wrong is ever taken in silently."""

from __future__ import annotations

import errno
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbook.catalog import load_catalog
from workbook.compose import DataError, compose, keyed, read_data
from workbook.layout import draw
from workbook.model import Catalog, Field, Role
from workbook.submission import Entry, FilledForm
from workbook.texts import TEXTS, os_reason, say

CATALOG = load_catalog()
NINGXIA, LUKOU = CATALOG.templates["ningxia-2021"], CATALOG.templates["lukou-2023"]


def kind(name: str) -> Field:
    return Field("f", "字段", name)


# ---- As typed ---------------------------------------------------------------------------------------------

#: What is typed into a number cell, and the number it becomes.
NUMBERS = [
    ("5", "5"),
    ("0", "0"),
    ("-3", "-3"),
    ("+3", "3"),
    ("007", "7"),
    ("12.50", "12.5"),
    (".5", "0.5"),
    ("-.5", "-0.5"),
    (" 5", "5"),
    ("5\u3000", "5"),
    ("\t5\n", "5"),
    ("\xa05 ", "5"),
    ("74.37%", "0.7437"),
    ("100%", "1"),
    ("-5%", "-0.05"),
    (" 80% ", "0.8"),
    ("0.5%", "0.005"),
    ("123456789012345", "123456789012345"),
    ("1234567890123456789", "1.23456789012346E18"),
    ("0.1234567890123456789", "0.123456789012346"),
    ("-0", "0"),
    ("0.000", "0"),
]
#: What stays exactly as it was typed, even in a number cell.
TEXT = [
    *(
        "1,234",
        "3,20.6,71591",
        "79.98852.24",
        "5.",
        "1e5",
        "5 6",
        "- 5",
        "--5",
        "5-",
        "（5）",
        "(5)",
        "=1+1",
        "'5",
    ),
    *(
        "5分",
        "10万元",
        "¥5",
        "５",
        "３．２",
        "５％",
        "٣",
        "5 %",
        "%",
        ".",
        "%5",
        "5%%",
        ".5%",
        "1/2",
        "2023-12-31",
    ),
    *("TRUE", "#N/A", "—", "-", "/", "无", " ", "\u3000", " 5分 ", "≥95%", "9" * 309, "9" * 400 + "%"),
]


@pytest.mark.parametrize("name", ["number", "money", "percent", "long"])
@pytest.mark.parametrize(("text", "value"), NUMBERS)
def test_plain_numbers_and_percentages_become_numbers_in_number_cells(
    text: str, value: str, name: str
) -> None:
    assert keyed(text, kind(name)) == Decimal(value)
    assert isinstance(keyed(text, kind(name)), Decimal)


@pytest.mark.parametrize("name", ["number", "money", "percent", "long"])
@pytest.mark.parametrize("text", TEXT)
def test_everything_else_stays_as_typed_in_number_cells(text: str, name: str) -> None:
    assert keyed(text, kind(name)) == text


@pytest.mark.parametrize("name", ["text", "quantity"])
@pytest.mark.parametrize("text", [*TEXT, *(text for text, _ in NUMBERS)])
def test_everything_stays_as_typed_in_text_cells(text: str, name: str) -> None:
    assert keyed(text, kind(name)) == text


@pytest.mark.parametrize("name", ["text", "quantity", "long", "number", "money", "percent"])
def test_nothing_typed_is_an_empty_cell(name: str) -> None:
    assert keyed("", kind(name)) is None


@given(st.text(max_size=12), st.sampled_from(["text", "quantity", "long", "number", "money", "percent"]))
def test_whatever_is_typed_is_a_number_or_the_text_itself(text: str, name: str) -> None:
    value = keyed(text, kind(name))

    assert isinstance(value, Decimal) or value == (text or None)


# ---- Where data goes --------------------------------------------------------------------------------------


def project(**values: Any) -> FilledForm:
    return compose(NINGXIA, {"project": [values]}).submission.forms[0]


def rows_of(form: FilledForm, table: str = "indicators") -> list[tuple[Any, ...]]:
    """The rows that hold anything: level 2, name and sheet row."""
    return [
        (row["level2"].raw, row["name"].raw, row["name"].place.row)
        for row in form.tables[table]
        if row["name"].raw is not None
    ]


def test_fields_stand_where_the_form_draws_them() -> None:
    form = project(
        project_name="示例项目", budget_total="80", executed_total=Decimal("60.5"), initial_total=70
    )
    places = draw(form.form).fields

    found = {name: (entry.raw, (entry.place.row, entry.place.column)) for name, entry in form.fields.items()}
    assert {
        name: found[name] for name in ("project_name", "budget_total", "executed_total", "initial_total")
    } == {
        "project_name": ("示例项目", places["project_name"]),
        "budget_total": (Decimal(80), places["budget_total"]),
        "executed_total": (Decimal("60.5"), places["executed_total"]),
        "initial_total": (Decimal(70), places["initial_total"]),
    }
    assert {entry.place.sheet for entry in form.fields.values()} == {form.form.sheet}


def test_what_the_form_prints_has_its_printed_value_and_what_nobody_gave_is_blank() -> None:
    form = project()

    assert form.fields["full_marks"].raw == Decimal(100)
    assert form.fields["execution_weight"].raw == Decimal(10)
    assert {name for name, entry in form.fields.items() if entry.raw is not None} == {
        name for name, field in form.form.fields.items() if field.role is Role.CONSTANT
    }


def test_a_percentage_is_shown_as_one_wherever_it_was_typed() -> None:
    form = project(
        execution_rate="74.37%", budget_total="50%", executed_total="0.5", initial_total=Decimal("0.5")
    )

    assert {
        name: (form.fields[name].raw, form.fields[name].format)
        for name in ("execution_rate", "budget_total", "executed_total", "initial_total")
    } == {
        "execution_rate": (Decimal("0.7437"), "0.00%"),
        "budget_total": (Decimal("0.5"), "0.00%"),
        "executed_total": (Decimal("0.5"), ""),
        "initial_total": (Decimal("0.5"), ""),
    }


def test_numbers_keep_the_15_digits_a_cell_keeps() -> None:
    form = project(budget_total=Decimal("0.1234567890123456789"), executed_total=12345678901234567890)

    assert form.fields["budget_total"].raw == Decimal("0.123456789012346")
    assert form.fields["executed_total"].raw == Decimal("1.23456789012346E19")


def test_line_breaks_of_other_systems_become_those_of_a_cell() -> None:
    assert project(goal_expected="一\r\n二\r三\n四").fields["goal_expected"].raw == "一\n二\n三\n四"


def test_rows_stand_in_the_lines_their_printed_columns_name() -> None:
    form = project(
        indicators=[
            {"level2": "时效指标", "name": "按时完成"},
            {"level2": "数量指标", "name": "培训人次"},
            {"level2": "数量指标", "name": "培训期数"},
            {"level1": "效益指标", "level2": "社会效益指标", "name": "知晓率"},
        ]
    )

    assert [(level, name) for level, name, _ in rows_of(form)] == [
        ("数量指标", "培训人次"),
        ("数量指标", "培训期数"),
        ("时效指标", "按时完成"),
        ("社会效益指标", "知晓率"),
    ]
    assert [entry.raw for row in form.tables["indicators"] for entry in (row["level1"],)][:1] == ["产出指标"]


def test_a_source_of_funds_is_found_by_its_printed_name() -> None:
    form = project(funds=[{"source": "其他资金", "budget": "5"}, {"source": "当年财政拨款", "budget": "3"}])

    assert [(row["source"].raw, row["budget"].raw) for row in form.tables["funds"]] == [
        ("当年财政拨款", Decimal(3)),
        ("上年结转资金", None),
        ("其他资金", Decimal(5)),
    ]


def test_a_line_is_drawn_as_often_as_rows_are_given_for_it_and_what_stands_below_moves() -> None:
    names = [f"第{number}个" for number in range(1, 6)]
    blank = project()

    form = project(indicators=[{"level2": "数量指标", "name": name} for name in names])

    first = blank.tables["indicators"][0]["name"].place.row
    assert rows_of(form) == [("数量指标", name, first + number) for number, name in enumerate(names)]
    assert len(form.tables["indicators"]) == len(blank.tables["indicators"]) + 2
    assert form.fields["total_score"].place.row == blank.fields["total_score"].place.row + 2


@pytest.mark.parametrize("template", [NINGXIA, LUKOU], ids=lambda each: each.id)
def test_more_rows_than_a_block_has_grow_that_block_and_no_other(template: Any) -> None:
    blank = compose(template).submission.instances("project")[0].tables["indicators"]
    levels = list(dict.fromkeys(str(row["level2"].raw) for row in blank))
    drawn = [str(row["level2"].raw) for row in blank]
    assert len(levels) >= 8

    for level in levels:
        number = drawn.count(level) + 1
        rows = [{"level2": level, "name": f"第{each}个"} for each in range(number)]
        found = compose(template, {"project": [{"indicators": rows}]}).submission.instances("project")[0]
        table = found.tables["indicators"]
        assert [row["name"].raw for row in table if row["level2"].raw == level] == [r["name"] for r in rows]
        assert [str(row["level2"].raw) for row in table if row["level2"].raw != level] == [
            each for each in drawn if each != level
        ]
        assert {row["level1"].raw for row in table if row["level2"].raw == level} == {
            row["level1"].raw for row in blank if row["level2"].raw == level
        }


def test_rows_without_printed_columns_fill_the_rows_that_are_left_and_then_the_last_line_grows() -> None:
    blank = project()
    number = len(blank.tables["indicators"])
    first = blank.tables["indicators"][0]["name"].place.row
    names = [f"第{each}个" for each in range(1, number + 3)]

    form = project(indicators=[{"name": name} for name in names])

    assert [(name, row) for _, name, row in rows_of(form)] == [
        (name, first + i) for i, name in enumerate(names)
    ]
    last = blank.tables["indicators"][-1]["level2"].raw
    assert [level for level, _, _ in rows_of(form)][-3:] == [last] * 3


def test_rows_of_a_line_keep_their_line_when_rows_without_one_come_first() -> None:
    form = project(
        indicators=[
            {"name": "随便"},
            *({"level2": "数量指标", "name": name} for name in ("甲", "乙", "丙")),
            {"name": "随意", "level2": None},
        ]
    )

    assert [(level, name) for level, name, _ in rows_of(form)] == [
        ("数量指标", "甲"),
        ("数量指标", "乙"),
        ("数量指标", "丙"),
        ("质量指标", "随便"),
        ("质量指标", "随意"),
    ]


def test_a_repeating_form_has_one_instance_for_each_given_and_its_sheets_are_numbered() -> None:
    data = {
        "project": [{"project_name": "甲"}, {"project_name": "乙"}],
        "project_report": [{"outputs": "很好"}],
    }

    forms = compose(LUKOU, data).submission.forms

    assert [(form.key, form.sheet) for form in forms] == [
        ("overall", "整体自评表"),
        ("overall_report", "整体自评报告"),
        ("project__1", "项目自评表1"),
        ("project_report__1", "项目自评报告1"),
        ("project__2", "项目自评表2"),
        ("project_report__2", "项目自评报告2"),
    ]
    assert [form.fields["project_name"].raw for form in forms if form.form.id == "project"] == ["甲", "乙"]
    assert [form.fields["outputs"].raw for form in forms if form.form.id == "project_report"] == [
        "很好",
        None,
    ]


@pytest.mark.parametrize(
    ("copies", "sheets"), [(1, ["项目自评表"]), (3, ["项目自评表1", "项目自评表2", "项目自评表3"])]
)
def test_without_data_there_are_as_many_copies_as_asked_for(copies: int, sheets: list[str]) -> None:
    assert [form.sheet for form in compose(NINGXIA, copies=copies).submission.forms] == sheets
    assert [
        form.sheet for form in compose(NINGXIA, {"project": []}, copies=copies).submission.forms
    ] == sheets


def test_every_form_has_its_drawing() -> None:
    composition = compose(
        LUKOU, {"project": [{"indicators": [{"level2": "时效指标", "name": n} for n in "甲乙"]}]}
    )

    assert len(composition.drawings) == len(composition.submission.forms) == 4
    for form, drawing in zip(composition.submission.forms, composition.drawings, strict=True):
        drawn = {name: place for name, place in drawing.fields.items() if name in form.fields}
        assert drawn == {
            name: (entry.place.row, entry.place.column)
            for name, entry in form.fields.items()
            if form.form.fields[name].role is not Role.DERIVED
        }


def test_a_derived_field_stands_beside_the_form_in_the_first_row() -> None:
    place = project().fields["grade"].place

    assert (place.row, place.column) == (1, len(NINGXIA.forms["project"].widths) + 3)


# ---- Mistakes ---------------------------------------------------------------------------------------------

FORMS = "、".join(LUKOU.forms)
INDICATORS = "、".join(LUKOU.forms["project"].tables["indicators"].columns)
REPORT = (
    "profile、basic_spending_text、project_spending_text、performance、problems、improvements、use_of_results"
)

#: What is given, which sentence is said, and with which words.
MISTAKES: dict[str, tuple[Any, str, dict[str, object]]] = {
    "an unknown form": ({"整体": {}}, "unknown", {"place": "整体", "known": FORMS}),
    "a single form as a list": ({"overall": [{}]}, "object", {"place": "overall"}),
    "a single form as nothing": ({"overall": None}, "object", {"place": "overall"}),
    "a repeating form that is no list": ({"project": {"unit": "甲"}}, "list", {"place": "project"}),
    "an instance that is no object": ({"project": [{}, "甲"]}, "object", {"place": "project[2]"}),
    "an instance that is nothing": ({"project": [None]}, "object", {"place": "project[1]"}),
    "an unknown field": (
        {"overall_report": {"praise": "好"}},
        "unknown",
        {"place": "overall_report.praise", "known": REPORT},
    ),
    "an unknown field of an instance": (
        {"project_report": [{}, {"x": 1}]},
        "unknown",
        {"place": "project_report[2].x", "known": "、".join(LUKOU.forms["project_report"].fields)},
    ),
    "an unknown column": (
        {"project": [{"indicators": [{}, {"gewicht": 1}]}]},
        "unknown",
        {"place": "project[1].indicators[2].gewicht", "known": INDICATORS},
    ),
    "rows that are no list": (
        {"overall": {"indicators": {"name": "甲"}}},
        "rows",
        {"place": "overall.indicators"},
    ),
    "rows that are nothing": ({"overall": {"indicators": None}}, "rows", {"place": "overall.indicators"}),
    "a row that is no object": ({"overall": {"indicators": [[]]}}, "rows", {"place": "overall.indicators"}),
    "a printed field": ({"overall": {"full_marks": "100"}}, "printed", {"place": "overall.full_marks"}),
    "a row nobody printed": (
        {"overall": {"income": [{"source": "彩票"}]}},
        "no_row",
        {
            "place": "overall.income",
            "row": "彩票",
            "known": "一般公共预算、政府性基金拨款、纳入专户管理的非税收入拨款、其他资金",
        },
    ),
    "two printed columns that do not meet": (
        {"overall": {"indicators": [{"level1": "产出指标", "level2": "经济效益指标"}]}},
        "no_row",
        {
            "place": "overall.indicators",
            "row": "产出指标、经济效益指标",
            "known": "数量指标、质量指标、时效指标、经济效益指标、社会效益指标、生态效益指标、可持续影响指标、服务对象满意度指标",
        },
    ),
    "a list for a printed column": (
        {"overall": {"income": [{"source": ["其他资金"]}]}},
        "no_row",
        {
            "place": "overall.income",
            "row": "['其他资金']",
            "known": "一般公共预算、政府性基金拨款、纳入专户管理的非税收入拨款、其他资金",
        },
    ),
    "two rows where one line holds a field of the form": (
        {"overall": {"income": [{"source": "一般公共预算"}, {"source": "一般公共预算"}]}},
        "full",
        {"place": "overall.income", "row": "一般公共预算", "copies": 1, "given": 2},
    ),
    "a truth value": ({"overall": {"unit": True}}, "type", {"place": "overall.unit", "found": "bool"}),
    "a list for a field": ({"overall": {"unit": ["甲"]}}, "type", {"place": "overall.unit", "found": "list"}),
    "an object for a derived field": (
        {"project": [{"grade": {}}]},
        "type",
        {"place": "project[1].grade", "found": "dict"},
    ),
    "a truth value in a row": (
        {"project": [{}, {"indicators": [{"name": "甲"}, {"weight": False}]}]},
        "type",
        {"place": "project[2].indicators[2].weight", "found": "bool"},
    ),
    "no number at all": (
        {"overall": {"budget_total": float("nan")}},
        "type",
        {"place": "overall.budget_total", "found": "float"},
    ),
    "a number no cell can hold": (
        {"overall": {"budget_total": Decimal("1e308")}},
        "number",
        {"place": "overall.budget_total"},
    ),
    "a number too small for a cell": (
        {"overall": {"budget_total": Decimal("-1e-308")}},
        "number",
        {"place": "overall.budget_total"},
    ),
    "an integer no cell can hold": (
        {"overall": {"budget_total": 10**400}},
        "number",
        {"place": "overall.budget_total"},
    ),
    "a text too long for a cell": (
        {"overall": {"unit": "长" * 32768}},
        "long",
        {"place": "overall.unit", "found": "32768"},
    ),
    "a text too long as Excel counts": (
        {"overall": {"unit": "𠮷" * 16384}},
        "long",
        {"place": "overall.unit", "found": "16384"},
    ),
    "a character no file can hold": (
        {"overall": {"unit": "甲\ud800"}},
        "character",
        {"place": "overall.unit", "found": "U+D800"},
    ),
    "a character nobody can type": (
        {"overall": {"unit": "甲\x07乙"}},
        "character",
        {"place": "overall.unit", "found": "U+0007"},
    ),
}
#: Sentences tried by tests of their own: they are about files.
ABOUT_FILES = {
    f"data.{key}" for key in ("unreadable", "json", "encoding", "deep", "constant", "twice", "object")
}


@pytest.mark.parametrize("case", MISTAKES)
def test_what_does_not_fit_is_named_with_its_place_and_remedy(case: str) -> None:
    data, key, values = MISTAKES[case]

    with pytest.raises(DataError) as caught:
        compose(LUKOU, data)

    assert str(caught.value) == say(f"data.{key}", **values)


def test_every_sentence_about_data_is_tried() -> None:
    tried = {f"data.{key}" for _, key, _ in MISTAKES.values()}

    assert tried | ABOUT_FILES == {key for key in TEXTS if key.startswith("data.")}
    assert len(tried) >= 8


def test_a_cell_takes_as_much_text_as_excel_allows() -> None:
    assert (
        compose(LUKOU, {"overall": {"unit": "长" * 32767}}).submission.forms[0].fields["unit"].raw
        == "长" * 32767
    )


# ---- Files ------------------------------------------------------------------------------------------------


def test_numbers_of_a_file_are_exact(tmp_path: Path) -> None:
    path = tmp_path / "数据.json"
    path.write_text(
        '{"project": [{"budget_total": 0.1, "executed_total": 1e2, "initial_total": 3}]}', encoding="utf-8"
    )

    assert read_data(path) == {
        "project": [{"budget_total": Decimal("0.1"), "executed_total": Decimal("1E+2"), "initial_total": 3}]
    }


def test_a_file_saved_by_notepad_is_read(tmp_path: Path) -> None:
    path = tmp_path / "数据.json"
    path.write_text('{"project": []}', encoding="utf-8-sig")

    assert read_data(path) == {"project": []}


@pytest.mark.parametrize("missing", ["没有.json", ".", "长" * 300, "甲.json/乙.json"])
def test_a_file_that_cannot_be_read_is_named_and_why(missing: str, tmp_path: Path) -> None:
    (tmp_path / "甲.json").write_text("{}", encoding="utf-8")
    path = tmp_path / missing
    with pytest.raises(OSError) as detail:  # noqa: PT011 - whichever the system has
        path.read_text(encoding="utf-8")

    with pytest.raises(DataError) as caught:
        read_data(path)

    assert str(caught.value) == say("data.unreadable", file=path, detail=os_reason(detail.value))
    assert not re.search("[A-Za-z]", os_reason(detail.value))


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (errno.ENOENT, "找不到文件或文件夹"),
        (errno.EACCES, "没有权限"),
        (errno.EISDIR, "是文件夹"),
        (errno.ENOTDIR, "不是文件夹"),
        (errno.ENOSPC, "磁盘已满"),
        (errno.ENAMETOOLONG, "文件名太长"),
        (errno.EIO, f"系统提示 {errno.EIO}"),
    ],
)
def test_the_reasons_of_the_system_are_said_in_chinese(code: int, reason: str) -> None:
    assert os_reason(OSError(code, "English")) == reason


def test_an_error_without_a_number_says_that_there_is_no_reason() -> None:
    assert os_reason(OSError("English")) == "系统没有说明原因"


#: What stands in a file, which sentence is said, and with which words.
NO_JSON: dict[str, tuple[bytes, str, dict[str, object]]] = {
    "nothing": (b"", "json", {"line": 1, "column": 1}),
    "a trailing comma": (b'{"project": [],\n}', "json", {"line": 2, "column": 1}),
    "single quotes": (b"{'project': []}", "json", {"line": 1, "column": 2}),
    "cut off": (b'{"project": [', "json", {"line": 1, "column": 14}),
    "another encoding": ('{"a": "中文"}'.encode("gb18030"), "encoding", {}),
    "nested without end": (b"[" * 100_000, "deep", {}),
    "no number": (b'{"project": [{"budget_total": NaN}]}', "constant", {"found": "NaN"}),
    "nothing but no number": (b"NaN", "constant", {"found": "NaN"}),
    "infinity": (b'{"a": -Infinity}', "constant", {"found": "-Infinity"}),
    "a form twice": (b'{"project": [], "project": [{}]}', "twice", {"key": "project"}),
    "a field twice": (b'{"overall": {"a": 1, "unit": "1", "unit": "1"}}', "twice", {"key": "unit"}),
}


@pytest.mark.parametrize("case", NO_JSON)
def test_a_file_that_is_no_json_is_named_with_the_place(case: str, tmp_path: Path) -> None:
    content, key, values = NO_JSON[case]
    path = tmp_path / "数据.json"
    path.write_bytes(content)

    with pytest.raises(DataError) as caught:
        read_data(path)

    assert str(caught.value) == say(f"data.{key}", file=path, **values)


@pytest.mark.parametrize(
    "number",
    ["1e99999999999999999999", "-1e99999999999999999999", "1e-99999999999999999999", "9" * 5000, "-1e999"],
)
def test_a_number_of_a_file_that_no_cell_can_hold_is_named_where_it_goes(number: str, tmp_path: Path) -> None:
    path = tmp_path / "数据.json"
    path.write_text(f'{{"overall": {{"budget_total": {number}}}}}', encoding="utf-8")

    with pytest.raises(DataError) as caught:
        compose(LUKOU, read_data(path))

    assert str(caught.value) == say("data.number", place="overall.budget_total")


@pytest.mark.parametrize("content", ["[]", "null", '"甲"', "1", "1e99999999999999999999", "true"])
def test_a_file_that_is_no_object_is_named(content: str, tmp_path: Path) -> None:
    path = tmp_path / "数据.json"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(DataError) as caught:
        read_data(path)

    assert str(caught.value) == say("data.object", place="数据.json")


# ---- Properties -------------------------------------------------------------------------------------------

values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=6),
        st.sampled_from(["产出指标", "数量指标", "时效指标", "其他资金", "一般公共预算", "—", "5%"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.one_of(
                st.sampled_from(
                    ["overall", "project", "project_report", "unit", "budget_total", "grade", "full_marks"]
                ),
                st.sampled_from(
                    [
                        "indicators",
                        "income",
                        "funds",
                        "source",
                        "level1",
                        "level2",
                        "name",
                        "weight",
                        "amount",
                    ]
                ),
                st.text(max_size=3),
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=20,
)


#: Every sentence about data with anything in its places.
SENTENCES = [
    re.compile(
        re.sub(r"\\\{[a-z]+\\\}", ".*", re.escape(text).replace(r"\{\{", "{").replace(r"\}\}", "}")),
        re.DOTALL,
    )
    for key, text in TEXTS.items()
    if key.startswith("data.")
]


@given(st.one_of(values, st.dictionaries(st.sampled_from(list(LUKOU.forms)), values)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_json_is_taken_or_refused_in_one_sentence(tmp_path: Path, value: Any) -> None:
    path = tmp_path / "数据.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    refused = ""
    try:
        composition = compose(LUKOU, read_data(path))
    except DataError as error:
        refused = str(error)

    if refused:
        assert any(pattern.fullmatch(refused) for pattern in SENTENCES)
    else:
        assert composition.submission.template is LUKOU
        assert len(composition.submission.forms) >= 4


keys = st.fixed_dictionaries(
    {"name": st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=5)},
    optional={
        "level1": st.sampled_from(["产出指标", "效益指标", "满意度指标", None]),
        "level2": st.sampled_from(["数量指标", "质量指标", "时效指标"]),
    },
)


@given(st.lists(keys, max_size=40))
def test_every_row_given_is_placed_once_where_it_belongs(rows: list[dict[str, str | None]]) -> None:
    fits = [
        row for row in rows if not (row.get("level2") and row.get("level1") in ("效益指标", "满意度指标"))
    ]

    placed = project(indicators=fits).tables["indicators"]

    found = [row for row in placed if row["name"].raw is not None]
    assert sorted(str(row["name"].raw) for row in found) == sorted(str(row["name"]) for row in fits)
    for given_row in fits:
        wanted = {key: value for key, value in given_row.items() if value is not None}
        assert any(wanted.items() <= {key: entry.raw for key, entry in row.items()}.items() for row in found)
    numbers = [row["name"].place.row for row in placed]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_the_published_samples_fit_their_templates(catalog: Catalog) -> None:
    samples = sorted((catalog.folder / "templates" / "samples").glob("*.json"))

    assert len(samples) >= 2
    for path in samples:
        forms = compose(catalog.templates[path.stem], read_data(path)).submission.forms
        assert any(isinstance(entry, Entry) and entry.raw is not None for entry in forms[0].fields.values())
