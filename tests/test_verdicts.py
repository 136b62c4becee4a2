"""The verdicts on the published self-evaluations: complete lists, so that a false alarm fails as a missed error does.

D, E: 株洲渌口区 2023, overall and project form of one workbook. D′, E′: the same with the malformed amounts put
right. F: 宁夏 2021. A, B: 甘肃宁县 2023. A′: the scores of A typed under 自评.
A rule that cannot be checked is listed with the cells it waits for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from workbook.submission import Finding

Findings = Callable[[str, Mapping[str, Any]], tuple[Finding, ...]]
Published = Callable[[str], dict[str, Any]]

#: The amounts that 渌口 printed malformed, as their hints read them.
CORRECTED = {"initial_total": "320.671591", "budget_total": "321.013328", "executed_total": "321.008126"}
PROJECT_MONEY = "79.988524"


def errors_and_warnings(
    findings: Sequence[Finding], form: str
) -> list[tuple[str, str, str, str | None, str | None]]:
    return [
        (f.severity.value, f.code, f.cell, f.expected, f.actual)
        for f in findings
        if f.form == form and f.severity.value != "notice"
    ]


def notices(findings: Sequence[Finding], form: str) -> list[tuple[str, str]]:
    return [
        (f.code, f.cell)
        for f in findings
        if f.form == form and f.severity.value == "notice" and not f.because_of
    ]


def not_checked(findings: Sequence[Finding], form: str) -> dict[str, set[str]]:
    return {f.code: set(f.because_of) for f in findings if f.form == form and f.because_of}


def corrected(data: dict[str, Any]) -> dict[str, Any]:
    """D′ and E′: the malformed amounts as their hints say."""
    data["overall"].update(CORRECTED)
    project = data["project"][0]
    for field in ("budget", "executed"):
        project[f"{field}_total"] = PROJECT_MONEY
        project["funds"][0][field] = PROJECT_MONEY
    return data


@pytest.fixture
def lukou(published: Published, findings: Findings) -> tuple[Finding, ...]:
    return findings("lukou-2023", published("lukou-2023"))


@pytest.fixture
def lukou_corrected(published: Published, findings: Findings) -> tuple[Finding, ...]:
    return findings("lukou-2023", corrected(published("lukou-2023")))


@pytest.fixture
def ningxia(published: Published, findings: Findings) -> tuple[Finding, ...]:
    return findings("ningxia-2021", published("ningxia-2021"))


def message(findings: Sequence[Finding], code: str, cell: str) -> str:
    found = [f for f in findings if (f.code, f.cell) == (code, cell)]
    assert len(found) == 1
    return found[0].message


class TestD:
    form = "整体自评表"
    unreadable = ("FORM02@整体自评表!D7", "FORM02@整体自评表!E7", "FORM02@整体自评表!F7")

    def test_three_malformed_amounts_are_the_only_errors(self, lukou: tuple[Finding, ...]) -> None:
        assert errors_and_warnings(lukou, self.form) == [
            ("error", "FORM02", "D7", "数字，疑为 320.671591", "3,20.6,71591"),
            ("error", "FORM02", "E7", "数字，疑为 321.013328", "3,21.0,13328"),
            ("error", "FORM02", "F7", "数字，疑为 321.008126", "3,21.0,08126"),
        ]

    @pytest.mark.parametrize(
        ("cell", "reading"), [("D7", "320.671591"), ("E7", "321.013328"), ("F7", "321.008126")]
    )
    def test_each_is_told_its_probable_reading(
        self, lukou: tuple[Finding, ...], cell: str, reading: str
    ) -> None:
        assert message([f for f in lukou if f.form == self.form], "FORM02", cell).endswith(f"疑为 {reading}")

    def test_notices_are_the_typed_total_and_the_wording_of_targets(self, lukou: tuple[Finding, ...]) -> None:
        assert notices(lukou, self.form) == [("TEXT02", "E16"), ("TEXT01", "E21"), ("FORM05", "H28")]

    def test_what_needs_the_malformed_amounts_is_reported_as_not_checked(
        self, lukou: tuple[Finding, ...]
    ) -> None:
        initial, budget, executed = self.unreadable
        project = {"FORM02@项目自评表!E8", "FORM02@项目自评表!F8"}

        assert not_checked(lukou, self.form) == {
            "FUND03": {budget, executed},
            "FUND04": {budget, executed},
            "FUND05": {budget, executed},
            "FUND06": {budget, executed},
            "FUND07": {budget},
            "FUND08": {budget},
            "FUND10": {initial, budget, executed},
            "FUND11": {budget, executed},
            "CROSS04": {"FORM02@项目自评表!E8"},
            "CROSS05": {budget, executed, *project},
        }


class TestDCorrected:
    form = "整体自评表"

    def test_cut_rate_and_score_are_one_warning_and_the_total_none(
        self, lukou_corrected: tuple[Finding, ...]
    ) -> None:
        assert errors_and_warnings(lukou_corrected, self.form) == [
            ("warning", "FUND03", "H7", "100%", "99.99%")
        ]
        assert "预算执行率得分" in message(lukou_corrected, "FUND03", "H7")

    def test_nothing_is_left_unchecked(self, lukou_corrected: tuple[Finding, ...]) -> None:
        assert not_checked(lukou_corrected, self.form) == {}
        assert notices(lukou_corrected, self.form) == [
            ("TEXT02", "E16"),
            ("TEXT01", "E21"),
            ("FORM11", "H28"),
        ]

    def test_the_total_is_right_for_the_typed_score_and_told_what_it_becomes(
        self, lukou_corrected: tuple[Finding, ...]
    ) -> None:
        (told,) = [f for f in lukou_corrected if f.code == "FORM11"]
        assert (told.cell, told.expected, told.actual) == ("H28", "99", "98.99")

    def test_income_is_not_compared_with_the_initial_budget(
        self, lukou_corrected: tuple[Finding, ...]
    ) -> None:
        """320.671591 differs from 321.013328 = 241.024804 + 79.988524, and must."""
        assert [f for f in lukou_corrected if f.cell == "D7"] == []


class TestE:
    form = "项目自评表"
    malformed = "79.98852.24"
    hint = "数字，疑为 79.9885224"

    def test_four_malformed_amounts_are_the_only_errors(self, lukou: tuple[Finding, ...]) -> None:
        assert errors_and_warnings(lukou, self.form) == [
            ("error", "FORM02", cell, self.hint, self.malformed) for cell in ("E8", "F8", "E9", "F9")
        ]

    @pytest.mark.parametrize("cell", ["E8", "F8", "E9", "F9"])
    def test_the_hint_is_the_own_reading_and_the_overall_form_beside_it(
        self, lukou: tuple[Finding, ...], cell: str
    ) -> None:
        words = message([f for f in lukou if f.form == self.form], "FORM02", cell)

        assert words.endswith("，疑为 79.9885224；整体自评表的项目支出是 79.988524，疑应与它相同")

    def test_notices_are_typed_results_and_wordings(self, lukou: tuple[Finding, ...]) -> None:
        assert notices(lukou, self.form) == [
            ("FORM05", "D8"),
            ("TEXT02", "E15"),
            ("TEXT01", "E20"),
            ("CROSS07", "D26"),
            ("FORM05", "H27"),
        ]

    def test_seven_of_eight_names_agree_with_the_overall_form(self, lukou: tuple[Finding, ...]) -> None:
        different = [f for f in lukou if f.code in ("CROSS06", "CROSS07")]

        assert [(f.code, f.expected, f.actual) for f in different] == [
            ("CROSS07", "被巡察单位问题整改到位，群众满意。", "被巡察单位问题整改到位。")
        ]

    def test_rate_score_and_sums_are_reported_as_not_checked(self, lukou: tuple[Finding, ...]) -> None:
        total = {"FORM02@项目自评表!E8", "FORM02@项目自评表!F8"}
        part = {"FORM02@项目自评表!E9", "FORM02@项目自评表!F9"}

        assert not_checked(lukou, self.form) == {
            "FUND01": total | part,
            "FUND02": part,
            "FUND03": total,
            "FUND04": total,
            "FUND05": total,
            "FUND06": total,
            "FUND10": total,
            "FUND11": total,
            "FUND12": part,
        }


class TestECorrected:
    form = "项目自评表"

    def test_no_error_and_no_warning(self, lukou_corrected: tuple[Finding, ...]) -> None:
        assert errors_and_warnings(lukou_corrected, self.form) == []
        assert not_checked(lukou_corrected, self.form) == {}

    def test_typed_results_that_are_right_are_notices(self, lukou_corrected: tuple[Finding, ...]) -> None:
        assert notices(lukou_corrected, self.form) == [
            *[("FORM05", cell) for cell in ("D8", "E8", "F8", "H8", "I8")],
            ("TEXT02", "E15"),
            ("TEXT01", "E20"),
            ("CROSS07", "D26"),
            ("FORM05", "H27"),
        ]


class TestF:
    form = "项目自评表"

    def test_two_errors_of_one_cause_and_four_warnings(self, ningxia: tuple[Finding, ...]) -> None:
        assert errors_and_warnings(ningxia, self.form) == [
            ("warning", "FUND06", "H8", "不低于 90%，或说明原因", "74.37%"),
            ("warning", "SCORE07", "F17", "说明超额完成的原因", "10组"),
            ("warning", "SCORE04", "E24", "≤824.355万元", "824.355万元"),
            ("warning", "SCORE04", "E25", "≤60.125万元", "60.125万元"),
            ("error", "WEIGHT02", "G38", "100", "109.97"),
            ("error", "SCORE08", "H38", "104.31", "96.87"),
        ]

    def test_both_errors_name_the_execution_row_as_left_out(self, ningxia: tuple[Finding, ...]) -> None:
        assert message(ningxia, "WEIGHT02", "G38").endswith("正好漏计了“预算执行率分值”10")
        assert message(ningxia, "SCORE08", "H38").endswith("正好漏计了“预算执行率得分”7.44")

    def test_right_typed_results_are_notices_and_nothing_is_unchecked(
        self, ningxia: tuple[Finding, ...]
    ) -> None:
        assert notices(ningxia, self.form) == [
            ("FORM05", cell) for cell in ("D8", "E8", "F8", "H8", "I8", "H9", "H10")
        ]
        assert not_checked(ningxia, self.form) == {}


#: What 宁县 scored for 基本支出评价, six rows; A has it under 评定, A′ and B under 自评.
SCORES = ("8", "3", "2", "3", "2", "2")


@pytest.fixture
def ningxian(published: Published, findings: Findings) -> tuple[Finding, ...]:
    """A, as printed."""
    return findings("ningxian-2023", published("ningxian-2023"))


@pytest.fixture
def ningxian_corrected(published: Published, findings: Findings) -> tuple[Finding, ...]:
    """A′: every score in its own column."""
    data = published("ningxian-2023")
    overall = data["overall"]
    overall["criteria"] = [{"score": score} for score in SCORES]
    overall["total_score"] = overall.pop("total_assessed")
    del overall["project_assessed"]
    return findings("ningxian-2023", data)


@pytest.fixture
def ningxian_without_projects(published: Published, findings: Findings) -> tuple[Finding, ...]:
    """B: no project list, no date, nothing assessed."""
    data = published("ningxian-2023")
    data["overall"] = {
        "unit": "直属机关工委办公室",
        "criteria": [{"score": score} for score in SCORES],
        "basic_score": "20",
        "project_score": "70",
        "total_score": "90",
    }
    return findings("ningxian-2023", data)


class TestA:
    form = "整体自评表"
    missing = tuple(f"FORM01@整体自评表!D{row}" for row in range(7, 13))

    def test_seven_errors_and_what_explains_them(self, ningxian: tuple[Finding, ...]) -> None:
        assert errors_and_warnings(ningxian, self.form) == [
            ("warning", "ASSESS16", "E4", "填报日期", None),
            ("error", "FORM01", "D7", "必须填写", None),
            ("warning", "ASSESS12", "D7", "自评分数", None),
            *[("error", "FORM01", f"D{row}", "必须填写", None) for row in range(8, 13)],
            ("warning", "ASSESS09", "C16", "附同名的项目自评表", "2023年度巡察工作经费"),
            ("error", "ASSESS06", "D22", "自评分数的合计", None),
        ]

    def test_the_wrong_column_is_one_warning_that_names_every_row(
        self, ningxian: tuple[Finding, ...]
    ) -> None:
        words = message(ningxian, "ASSESS12", "D7")

        assert "填错了栏" in words
        assert all(f"整体自评表!D{row}" in words for row in range(8, 13))

    def test_the_missing_total_is_told_what_the_other_column_adds_up_to(
        self, ningxian: tuple[Finding, ...]
    ) -> None:
        assert message(ningxian, "ASSESS06", "D22").endswith("20＋80＝100")

    def test_right_typed_results_are_notices_and_the_rest_waits_for_the_six_scores(
        self, ningxian: tuple[Finding, ...]
    ) -> None:
        assert notices(ningxian, self.form) == [("FORM05", cell) for cell in ("D14", "D21", "E22")]
        waiting = ("ASSESS01", "ASSESS05", "ASSESS13")
        assert not_checked(ningxian, self.form) == {code: set(self.missing) for code in waiting}


class TestACorrected:
    form = "整体自评表"

    def test_no_error(self, ningxian_corrected: tuple[Finding, ...]) -> None:
        assert errors_and_warnings(ningxian_corrected, self.form) == [
            ("warning", "ASSESS16", "E4", "填报日期", None),
            ("warning", "ASSESS09", "C16", "附同名的项目自评表", "2023年度巡察工作经费"),
        ]

    def test_right_typed_results_are_notices_and_nothing_is_unchecked(
        self, ningxian_corrected: tuple[Finding, ...]
    ) -> None:
        assert notices(ningxian_corrected, self.form) == [("FORM05", cell) for cell in ("D14", "D21", "D22")]
        assert not_checked(ningxian_corrected, self.form) == {}


class TestB:
    form = "整体自评表"

    def test_two_warnings_and_no_error(self, ningxian_without_projects: tuple[Finding, ...]) -> None:
        assert errors_and_warnings(ningxian_without_projects, self.form) == [
            ("warning", "ASSESS16", "E4", "填报日期", None),
            ("warning", "ASSESS08", "D14", "列出被评价项目，附项目自评表", "70"),
        ]

    def test_right_typed_results_are_notices_and_nothing_is_unchecked(
        self, ningxian_without_projects: tuple[Finding, ...]
    ) -> None:
        assert notices(ningxian_without_projects, self.form) == [("FORM05", "D6"), ("FORM05", "D22")]
        assert not_checked(ningxian_without_projects, self.form) == {}


def test_reports_and_everything_else_are_without_findings(
    lukou: tuple[Finding, ...], ningxia: tuple[Finding, ...]
) -> None:
    assert {f.form for f in lukou} == {"整体自评表", "项目自评表"}
    assert {f.form for f in ningxia} == {"项目自评表"}


def test_where_no_project_form_came_the_spare_one_is_all_that_is_said_of_it(
    ningxian: tuple[Finding, ...],
    ningxian_corrected: tuple[Finding, ...],
    ningxian_without_projects: tuple[Finding, ...],
) -> None:
    for found in (ningxian, ningxian_corrected, ningxian_without_projects):
        others = [(f.form, f.code) for f in found if f.form != "整体自评表"]
        assert others == [("项目自评表", "FORM04")]
