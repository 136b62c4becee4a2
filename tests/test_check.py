"""How verdicts become findings: typed results, one cause one finding, what waits for what.

The decisions tested here: a typed result is blamed only if it differs from every defined one of what follows from
the shown and from the recomputed inputs; several deviations along one chain are one finding; a condition that only
recomputed values break is silent in favour of the blamed cell; what cannot be checked says because of which finding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from office import load

from workbook.check import check
from workbook.compose import compose
from workbook.generate import generate
from workbook.model import Catalog
from workbook.read import read
from workbook.submission import Finding

Findings = Callable[[str, Mapping[str, Any]], tuple[Finding, ...]]
TEMPLATE = "ningxia-2021"
INDICATORS = [
    {
        "level2": "数量指标",
        "name": "巡视轮次",
        "target": "3轮",
        "actual": "3轮",
        "weight": "50",
        "score": "50",
    },
    {
        "level2": "社会效益指标",
        "name": "整改完成率",
        "target": "≥90%",
        "actual": "95%",
        "weight": "30",
        "score": "30",
    },
    {
        "level2": "服务对象满意度指标",
        "name": "满意度",
        "target": "≥90%",
        "actual": "95%",
        "weight": "10",
        "score": "10",
    },
]


def project(**changes: Any) -> dict[str, Any]:
    """A project form without any finding, with some values changed; ``None`` takes one away."""
    values: dict[str, Any] = {
        "project_name": "巡视工作经费",
        "department": "示例主管部门",
        "agency": "示例单位一",
        "funds": [{"source": "当年财政拨款", "initial": "100", "budget": "100", "executed": "95"}],
        "goal_expected": "开展3轮巡视。",
        "goal_actual": "已开展3轮巡视。",
        "indicators": [dict(row) for row in INDICATORS],
    }
    values.update(changes)
    return {"project": [values]}


def codes(found: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(f.code, f.cell) for f in found if not f.because_of]


def test_a_form_filled_well_has_no_finding(findings: Findings) -> None:
    assert findings(TEMPLATE, project()) == ()


def test_a_total_that_follows_from_a_wrong_typed_score_is_right(findings: Findings) -> None:
    """99 = the typed 9 + 90, although the execution score should be 9.5 and the total 99.5."""
    found = findings(TEMPLATE, project(execution_score="9", total_score="99"))

    assert codes(found) == [("FUND04", "I8"), ("FORM11", "H38")]
    assert [f.expected for f in found if f.code == "FORM11"] == ["99.5"]


def test_a_total_that_follows_from_the_recomputed_score_is_right_too(findings: Findings) -> None:
    found = findings(TEMPLATE, project(execution_score="9", total_score="99.5"))

    assert codes(found) == [("FUND04", "I8"), ("FORM05", "H38")]


def test_deviations_along_one_chain_are_one_finding_at_the_earliest_cell(findings: Findings) -> None:
    found = findings(TEMPLATE, project(execution_score="5", total_score="90"))

    assert codes(found) == [("FUND04", "I8")]
    assert "总分" in found[0].message


def test_an_error_is_not_hidden_behind_an_earlier_last_digit(findings: Findings) -> None:
    found = findings(TEMPLATE, project(execution_score="9.49", total_score="50"))

    assert [(f.code, f.severity.value) for f in found] == [("FUND04", "warning"), ("SCORE08", "error")]


def test_a_rate_is_compared_at_its_own_digits(findings: Findings) -> None:
    assert codes(findings(TEMPLATE, project(execution_rate="95%"))) == [("FORM05", "H8")]
    assert codes(findings(TEMPLATE, project(execution_rate="0.95"))) == [("FORM05", "H8")]
    assert codes(findings(TEMPLATE, project(execution_rate="96%"))) == [("FUND03", "H8")]


def test_a_condition_broken_only_by_recomputed_values_is_left_to_the_blamed_cell(findings: Findings) -> None:
    """The typed total 90 passes for executed 85; recomputed it is 100 and the rate falls below 90 %."""
    funds = [{"source": "当年财政拨款", "initial": "100", "budget": "100", "executed": "85"}]
    found = findings(TEMPLATE, project(funds=funds, budget_total="90"))

    assert codes(found) == [("FUND01", "E8")]


def test_the_same_condition_without_a_blamed_cell_is_reported(findings: Findings) -> None:
    funds = [{"source": "当年财政拨款", "initial": "100", "budget": "100", "executed": "85"}]

    assert codes(findings(TEMPLATE, project(funds=funds))) == [("FUND06", "H8")]


def test_an_unreadable_amount_is_one_error_and_its_dependants_wait(findings: Findings) -> None:
    funds = [{"source": "当年财政拨款", "initial": "100", "budget": "1.0.0", "executed": "95"}]
    found = findings(TEMPLATE, project(funds=funds))

    assert codes(found) == [("FORM02", "E9")]
    waiting = {f.code for f in found if f.because_of}
    assert waiting == {
        "FUND01",
        "FUND02",
        "FUND03",
        "FUND04",
        "FUND05",
        "FUND06",
        "FUND10",
        "FUND11",
        "FUND12",
        "SCORE08",
    }
    assert {origin for f in found for origin in f.because_of} == {"FORM02@项目自评表!E9"}
    assert {f.severity.value for f in found if f.because_of} == {"notice"}


def test_a_missing_weight_is_one_error_and_the_sums_wait(findings: Findings) -> None:
    rows = [dict(row) for row in INDICATORS]
    del rows[0]["weight"]
    found = findings(TEMPLATE, project(indicators=rows))

    assert codes(found) == [("FORM01", "G15")]
    assert "WEIGHT02" in {f.code for f in found if f.because_of}


def test_blank_parts_count_as_nothing_when_a_sibling_is_filled_and_marks_are_blank(
    findings: Findings,
) -> None:
    funds = [
        {"source": "当年财政拨款", "initial": "100", "budget": "100", "executed": "95"},
        {"source": "其他资金", "initial": "—", "budget": "　", "executed": "/"},
    ]

    assert findings(TEMPLATE, project(funds=funds)) == ()


def test_all_parts_blank_is_a_missing_total_not_zero(findings: Findings) -> None:
    found = findings(TEMPLATE, project(funds=[]))

    assert [cell for code, cell in codes(found) if code == "FORM01"] == ["D8", "E8", "F8"]


def test_yuan_typed_as_ten_thousand_yuan_is_named_and_never_converted(findings: Findings) -> None:
    found = findings(TEMPLATE, project(budget_total="1000000", initial_total="100", executed_total="95"))

    blamed = [f for f in found if f.code == "FUND01"]
    assert [(f.cell, f.expected, f.actual) for f in blamed] == [("E8", "100", "1000000")]
    assert "一万倍" in blamed[0].message


def test_a_row_left_out_or_counted_twice_is_named(findings: Findings) -> None:
    left_out = findings(TEMPLATE, project(total_score="69.5"))
    twice = findings(TEMPLATE, project(total_score="129.5"))

    assert "漏计了“整改完成率”30" in next(f.message for f in left_out if f.code == "SCORE08")
    assert "重复计了“整改完成率”30" in next(f.message for f in twice if f.code == "SCORE08")


def test_no_explanation_is_given_when_two_fit(findings: Findings) -> None:
    rows = [dict(row) for row in INDICATORS]
    rows[1]["score"] = rows[1]["weight"] = rows[2]["score"] = rows[2]["weight"] = "20"
    found = findings(TEMPLATE, project(indicators=rows, total_score="79.5"))

    assert [f.message for f in found if f.code == "SCORE08"] == ["总分应为 99.5 分，填报为 79.5 分"]


def test_a_left_over_row_is_one_warning_not_five_missing_cells(findings: Findings) -> None:
    rows = [*INDICATORS, {"level2": "数量指标", "name": "指标2："}, {"level2": "质量指标", "name": "……"}]

    assert codes(findings(TEMPLATE, project(indicators=rows))) == [("FORM07", "D16"), ("FORM07", "D18")]


def test_a_blank_workbook_has_one_finding_for_each_form(findings: Findings) -> None:
    assert [(f.code, f.severity.value) for f in findings(TEMPLATE, {})] == [("FORM04", "notice")]
    assert [(f.code, f.form) for f in findings("lukou-2023", {})] == [
        ("FORM03", "整体自评表"),
        ("FORM03", "整体自评报告"),
        ("FORM04", "项目自评表"),
        ("FORM04", "项目自评报告"),
    ]


def test_a_spare_project_form_is_only_a_notice(findings: Findings) -> None:
    data = project()
    data["project"].append({})
    found = findings(TEMPLATE, data)

    assert [(f.code, f.form, f.severity.value) for f in found] == [("FORM04", "项目自评表2", "notice")]


def test_a_used_project_owes_its_report_and_an_unused_one_does_not(
    findings: Findings, published: Callable[[str], dict[str, Any]]
) -> None:
    data = published("lukou-2023")
    data["project_report"] = [{}]
    data["project"].append({})
    found = findings("lukou-2023", data)

    assert [(f.code, f.form) for f in found if f.code in ("FORM03", "FORM04")] == [
        ("FORM03", "项目自评报告1"),
        ("FORM04", "项目自评表2"),
        ("FORM04", "项目自评报告2"),
    ]


def test_a_form_without_any_indicator_is_an_error(findings: Findings) -> None:
    assert ("FORM10", "G38") in codes(findings(TEMPLATE, project(indicators=[])))


def test_a_score_that_follows_from_the_wrong_rate_is_folded_and_any_other_is_not(findings: Findings) -> None:
    assert codes(findings(TEMPLATE, project(execution_rate="50%", execution_score="5"))) == [("FUND03", "H8")]
    assert codes(findings(TEMPLATE, project(execution_rate="50%", execution_score="2"))) == [
        ("FUND03", "H8"),
        ("FUND04", "I8"),
    ]


def test_a_weight_too_high_or_too_low_is_not_called_left_out_or_counted_twice(findings: Findings) -> None:
    for weight in ("55", "45"):
        rows = [dict(row) for row in INDICATORS]
        rows[0]["weight"] = rows[0]["score"] = weight
        (found,) = [f for f in findings(TEMPLATE, project(indicators=rows)) if f.code == "WEIGHT02"]
        assert "正好" not in found.message


def test_the_same_indicator_twice_is_one_finding_that_names_both_places(findings: Findings) -> None:
    rows = [dict(row) for row in INDICATORS]
    rows[1]["name"] = rows[0]["name"]
    (found,) = [f for f in findings(TEMPLATE, project(indicators=rows)) if f.code == "FORM08"]

    assert found.cell == "D15"
    assert "另见 项目自评表!D28" in found.message


def test_a_malformed_target_makes_its_rules_wait(findings: Findings) -> None:
    rows = [dict(row) for row in INDICATORS]
    rows[0]["target"] = "79.98852.24轮"
    found = findings(TEMPLATE, project(indicators=rows))

    assert codes(found) == [("FORM09", "E15")]
    assert {f.code for f in found if f.because_of} >= {"SCORE02", "SCORE03", "SCORE07"}


def test_text_in_a_number_cell_is_told_why_it_is_no_number(findings: Findings) -> None:
    reasons = {"10分": "带了单位", " 10x": "不是数字", "１０": "全角", "1.0.0.0": "小数点", "(10)": "括号"}
    for typed, reason in reasons.items():
        rows = [dict(row) for row in INDICATORS]
        rows[2]["weight"] = typed
        (found,) = [f for f in findings(TEMPLATE, project(indicators=rows)) if f.code == "FORM02"]
        assert reason in found.message, found.message


@pytest.fixture
def altered(catalog: Catalog, tmp_path: Path) -> Callable[[Callable[[Any], None]], tuple[Finding, ...]]:
    """What the checker says of a well filled workbook after somebody changed it with another program."""

    def alter(change: Callable[[Any], None]) -> tuple[Finding, ...]:
        path = tmp_path / "given.xlsx"
        generate(compose(catalog.templates[TEMPLATE], project()), path)
        book = load(path)
        change(book)
        book.save(tmp_path / "returned.xlsx")
        return check(read(tmp_path / "returned.xlsx", catalog), catalog)

    return alter


Altered = Callable[[Callable[[Any], None]], tuple[Finding, ...]]


def put(cell: str, value: object) -> Callable[[Any], None]:
    def change(book: Any) -> None:
        book["项目自评表"][cell] = value

    return change


def test_a_workbook_only_saved_by_another_program_has_no_finding(altered: Altered) -> None:
    assert altered(lambda book: None) == ()


def test_a_changed_formula_is_one_error_with_what_it_was_and_should_give(altered: Altered) -> None:
    (found,) = altered(put("H38", "=SUM(H15:H37)"))

    assert (found.code, found.cell, found.expected, found.actual) == (
        "FORM12",
        "H38",
        "99.5",
        "=SUM(H15:H37)",
    )


def test_a_formula_in_an_input_cell_is_not_believed(altered: Altered) -> None:
    assert codes(altered(put("H15", "=40+10"))) == [("FORM06", "H15")]


def test_an_error_value_is_said_as_such(altered: Altered) -> None:
    assert codes(altered(put("C5", "#N/A"))) == [("FORM13", "C5")]


def test_a_copied_sheet_is_never_ignored(altered: Altered) -> None:
    found = altered(lambda book: book.copy_worksheet(book["项目自评表"]))

    assert [(f.code, f.sheet) for f in found] == [("FORM14", "项目自评表 Copy")]


def test_findings_do_not_depend_on_the_order_of_rules(catalog: Any, published: Callable[[str], Any]) -> None:
    for name in ("lukou-2023", "ningxia-2021"):
        template = catalog.templates[name]
        turned = replace(template, rules=tuple(reversed(template.rules)))
        straight = check(compose(template, published(name)).submission, catalog)
        reverse = check(compose(turned, published(name)).submission, catalog)

        assert len(straight) >= 10
        assert straight == reverse


# ---- Choices, printed rows, the bureau's column -----------------------------------------------------------

ASSESSED = "ningxian-2023"
FORM = "整体自评表"


def assessed(scores: list[str], **others: Any) -> dict[str, Any]:
    """An overall form with the first of its six scores given, the others full."""
    full = ["8", "3", "2", "3", "2", "2"]
    rows = [{"score": score} for score in [*scores, *full[len(scores) :]]]
    listed = [{"name": "巡察工作经费", "score": "90"}]
    overall = {"unit": "示例单位一", "report_date": "2024年3月15日", "criteria": rows, "listed": listed}
    return {"overall": {**overall, **others}}


def on_form(found: tuple[Finding, ...]) -> list[tuple[str, str, str | None, str | None]]:
    return [
        (f.code, f.cell, f.expected, f.actual)
        for f in found
        if f.form == FORM and not f.because_of and f.code != "ASSESS09"
    ]


@pytest.mark.parametrize("score", ["8", "8.0", " 6 ", "0", "4.0000000001"])
def test_a_choice_is_known_by_its_value(score: str, findings: Findings) -> None:
    assert on_form(findings(ASSESSED, assessed([score]))) == []


@pytest.mark.parametrize("score", ["7", "9", "-2", "3.99"])
def test_another_value_than_the_choices_is_one_error(score: str, findings: Findings) -> None:
    found = findings(ASSESSED, assessed([score]))

    assert on_form(found) == [("FORM15", "D7", "8、6、4、2、0 之一", score)]
    assert {f.severity.value for f in found if f.code == "FORM15"} == {"error"}


def test_each_row_has_its_own_choices(findings: Findings) -> None:
    found = findings(ASSESSED, assessed(["2", "2", "1", "1", "1", "1"]))

    assert [(f.cell, f.expected) for f in found if f.code == "FORM15"] == [
        ("D8", "3、0 之一"),
        ("D9", "2、0 之一"),
        ("D12", "2、0 之一"),
    ]


@pytest.mark.parametrize("score", ["8分", "优"])
def test_what_is_no_number_is_not_told_of_choices_too(score: str, findings: Findings) -> None:
    assert [(code, cell) for code, cell, _, _ in on_form(findings(ASSESSED, assessed([score])))] == [
        ("FORM02", "D7")
    ]


def test_a_row_that_the_form_names_is_owed_though_nothing_stands_in_it(findings: Findings) -> None:
    data = assessed([])
    data["overall"]["criteria"][3] = {}

    assert [(code, cell) for code, cell, _, _ in on_form(findings(ASSESSED, data))] == [("FORM01", "D10")]


def test_what_the_bureau_fills_is_not_the_unit_s_doing(findings: Findings) -> None:
    found = findings(ASSESSED, {"overall": {"criteria": [{"assessed": "8"}]}})

    assert [f.code for f in found if f.form == FORM] == ["FORM03"]


def test_choices_outlive_the_way_through_a_workbook(catalog: Catalog, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    generate(compose(catalog.templates[ASSESSED], assessed(["7", "3", "1"])), path)

    found = check(read(path, catalog), catalog)

    assert [(f.cell, f.expected) for f in found if f.code == "FORM15"] == [
        ("D7", "8、6、4、2、0 之一"),
        ("D9", "2、0 之一"),
    ]


def test_the_workbook_offers_the_choices_and_tells_a_wrong_one(catalog: Catalog, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    generate(compose(catalog.templates[ASSESSED], assessed(["7"])), path)
    sheet = load(path, data_only=True)[FORM]

    lists = {
        str(rule.sqref): rule.formula1
        for rule in sheet.data_validations.dataValidation
        if rule.type == "list"
    }
    assert lists == {
        "D7": '"8,6,4,2,0"',
        "D8": '"3,0"',
        "D9": '"2,0"',
        "D10": '"3,2,1,0"',
        "D11": '"2,1,0"',
        "D12": '"2,0"',
    }
    assert "只能填 8、6、4、2、0" in sheet["G7"].value
    assert (sheet["D7"].protection.locked, sheet["E7"].protection.locked) == (False, True)


def test_a_row_s_own_print_bounds_what_may_be_typed_in_it(catalog: Catalog, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    generate(compose(catalog.templates[ASSESSED], assessed([])), path)

    bounds = {
        str(rule.sqref): re.findall(r"-([0-9]+),", str(rule.formula1))
        for rule in load(path)[FORM].data_validations.dataValidation
        if rule.type == "custom"
    }

    assert bounds == {
        "E7": ["0", "8"],
        "E8": ["0", "3"],
        "E9": ["0", "2"],
        "E10": ["0", "3"],
        "E11:E12": ["0", "2"],
        "D16:D20": ["0", "100"],
        "E16:E20": ["0", "100"],
    }
