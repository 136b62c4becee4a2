"""The roll-up counts every finding once, in the right level, unit and rule, whatever the order of the files."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from workbook.catalog import load_catalog
from workbook.check import check, unit_name
from workbook.compose import compose, read_data
from workbook.model import Catalog, Severity
from workbook.result import FileResult, Outcome, Score, scores
from workbook.submission import Finding
from workbook.summary import COMMONEST, LEVELS, UNREAD, State, level, sort_key, summarise, unit_names
from workbook.texts import say

SAMPLES = Path(__file__).parent.parent / "templates" / "samples"
SEEDS = ("lukou-2023", "ningxia-2021")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def seed_result(catalog: Catalog, template: str) -> FileResult:
    """What came of a seed document returned as a file."""
    submission = compose(catalog.templates[template], read_data(SAMPLES / f"{template}.json")).submission
    return FileResult(
        file=f"{template}.xlsx",
        path=f"{template}.xlsx",
        outcome=Outcome.CHECKED,
        template=template,
        year=catalog.templates[template].year,
        unit=unit_name(submission),
        findings=check(submission, catalog),
        scores=scores(submission),
    )


@pytest.fixture(scope="module")
def seeds(catalog: Catalog) -> list[FileResult]:
    return [seed_result(catalog, template) for template in SEEDS]


def finding(severity: Severity = Severity.ERROR, code: str = "FORM02", **more: object) -> Finding:
    base = Finding(code, severity, "a.xlsx", "甲", "整体自评表", "整体自评表", "C7", "栏目", None, None, "有误", "改", "依据")  # fmt: skip
    return replace(base, **more)


def returned(file: str, unit: str, *findings: Finding, **more: object) -> FileResult:
    return replace(FileResult(file, file, Outcome.CHECKED, "lukou-2023", 2023, unit, "", findings), **more)


def score(
    filed: str | None, grade: str, repeated: bool = True, name: str = "项目", total: str | None = None
) -> Score:
    """A form's score as filed; recomputed it is the same where no ``total`` is given."""
    number = None if filed is None else Decimal(filed)
    recomputed = number if total is None else Decimal(total)
    return Score("项目自评表", name, repeated, None, None, None, number, recomputed, grade)


def test_every_finding_of_the_seeds_is_counted_once(catalog: Catalog, seeds: list[FileResult]) -> None:
    summary = summarise(seeds, catalog)
    expected = Counter(level(result, each) for result in seeds for each in result.findings)
    counted = summary.counts
    assert (counted.errors, counted.warnings, counted.notices, counted.unchecked) == tuple(
        expected[name] for name in LEVELS
    )
    assert len(summary.entries) == expected.total()
    for name, attribute in zip(LEVELS, ("errors", "warnings", "notices", "unchecked"), strict=True):
        assert sum(getattr(row.counts, attribute) for row in summary.units) == expected[name]
    for severity in Severity:
        rows = [row for row in summary.rules if row.level == severity]
        assert sum(row.count for row in rows) == expected[str(severity)]
    assert sum(row.unchecked for row in summary.rules) == expected["unchecked"]


def test_the_seeds_as_tables(catalog: Catalog, seeds: list[FileResult]) -> None:
    summary = summarise(seeds, catalog)
    lukou, ningxia = summary.units
    assert lukou.unit == "区委巡察办"
    assert (lukou.overall, lukou.grade, lukou.average) == (Decimal("98.99"), "优", Decimal("99.00"))
    assert (ningxia.overall, ningxia.average, ningxia.counts.errors) == (None, Decimal("96.87"), 2)
    assert [row.score.name for row in summary.projects] == ["巡察专项经费", "自治区党委巡视办巡视工作经费"]
    own = summary.projects[1].score
    assert (own.filed, own.total, own.grade) == (Decimal("96.87"), Decimal("104.31"), "优")
    assert all(row.provisional for row in summary.projects)
    assert summary.grades == {"优": 3, "良": 0, "中": 0, "差": 0}
    assert summary.ungraded == 0
    assert summary.year is None, "two years are not one"
    assert summary.commonest[0].code == "FORM02"
    assert summary.commonest[0].title == catalog.rules["FORM02"].title


def test_the_order_of_files_does_not_matter(catalog: Catalog, seeds: list[FileResult]) -> None:
    results = [*seeds, *(returned(f"{n}.xlsx", f"示例单位{n}", finding()) for n in range(20))]
    wanted = summarise(results, catalog)
    for seed in range(3):
        shuffled = random.Random(seed).sample(results, len(results))
        assert summarise(shuffled, catalog) == wanted


def test_no_files_at_all(catalog: Catalog) -> None:
    summary = summarise([], catalog)
    assert summary.units == summary.projects == summary.rules == summary.commonest == summary.entries == ()
    assert summary.files == summary.checked_units == 0
    assert summary.year is None


@pytest.mark.parametrize(
    ("findings", "state"),
    [
        ((), State.PASSED),
        ((finding(Severity.NOTICE),), State.PASSED),
        ((finding(Severity.WARNING),), State.EXPLAIN),
        ((finding(Severity.NOTICE, because_of=("FORM02@a!C7",)),), State.EXPLAIN),
        ((finding(Severity.WARNING), finding(Severity.ERROR)), State.RETURN),
    ],
)
def test_what_is_to_be_done_with_a_unit(
    catalog: Catalog, findings: tuple[Finding, ...], state: State
) -> None:
    summary = summarise([returned("a.xlsx", "甲", *findings)], catalog)
    assert summary.units[0].state is state
    assert summary.in_state(state) == 1


def test_a_unit_whose_only_file_was_refused_is_not_missing(catalog: Catalog) -> None:
    refused = FileResult("b.doc", "b.doc", Outcome.REFUSED, unit="乙", reason="不是表格")
    summary = summarise([returned("a.xlsx", "甲"), refused], catalog)
    assert [(row.unit, row.state) for row in summary.units] == [("甲", State.PASSED), ("乙", State.UNREAD)]
    assert (summary.files, summary.refused, summary.checked_units) == (1, 1, 1)


def test_refused_files_without_a_unit_stand_last_and_are_no_unit(catalog: Catalog) -> None:
    refused = FileResult("0.doc", "0.doc", Outcome.REFUSED, findings=(finding(code="FILE99", cell=""),))
    silent = FileResult("~$a.xlsx", "~$a.xlsx", Outcome.IGNORED, reason="临时文件")
    summary = summarise([refused, silent, returned("a.xlsx", "甲")], catalog)
    assert [row.unit for row in summary.units] == ["甲", say("report.unknown_unit")]
    assert [row.known for row in summary.units] == [True, False]
    assert summary.in_state(State.UNREAD) == 0
    assert summary.rules[0].title == "FILE99", "a rule that the catalog does not know keeps its code"


def test_files_that_could_not_be_read_count_as_files_not_as_errors(catalog: Catalog) -> None:
    refused = [
        FileResult(f"{n}.doc", f"{n}.doc", Outcome.REFUSED, findings=(finding(code="FILE11", cell=""),))
        for n in range(9)
    ]
    summary = summarise([*refused, returned("a.xlsx", "甲", finding())], catalog)
    assert (summary.counts.errors, summary.refused, len(summary.entries)) == (1, 9, 10)
    assert [(row.unit, row.counts.errors, row.refused) for row in summary.units] == [
        ("甲", 1, 0),
        (say("report.unknown_unit"), 0, 9),
    ]
    assert [(row.code, row.level, row.count) for row in summary.rules] == [
        ("FORM02", "error", 1),
        ("FILE11", UNREAD, 9),
    ]
    assert [row.code for row in summary.commonest] == ["FORM02"]


def test_a_unit_does_not_pass_with_a_file_that_could_not_be_read(catalog: Catalog) -> None:
    refused = FileResult("b.doc", "b.doc", Outcome.REFUSED, unit="甲", reason="不是表格")
    (row,) = summarise([returned("a.xlsx", "甲"), refused], catalog).units
    assert row.state is State.EXPLAIN


def test_a_score_waits_for_errors_of_its_own_form_only(catalog: Catalog) -> None:
    marks = (score("90", "优", name="一"), replace(score("91", "优", name="二"), form="项目自评表2"))
    found = (finding(form="项目自评表2"), finding(Severity.WARNING, form="项目自评表"), finding())
    rows = summarise([returned("a.xlsx", "甲", *found, scores=marks)], catalog).projects
    assert [(row.score.name, row.provisional) for row in rows] == [("一", False), ("二", True)]


def test_one_spelling_for_names_that_differ_in_blanks_width_or_case(catalog: Catalog) -> None:
    results = [
        returned(f"{n}.xlsx", name, finding())
        for n, name in enumerate(["县委Ａ办", " 县委 a办", "县委A办\u3000", "县委B办"])
    ]
    names = unit_names(results)
    assert len(set(names[:3])) == 1
    assert names[3] == "县委B办"
    assert [row.counts.errors for row in summarise(results, catalog).units] == [3, 1]


def test_files_without_a_unit_are_told_apart(catalog: Catalog) -> None:
    results = [returned("a.xlsx", ""), returned("b.xlsx", "\u3000 ")]
    assert [row.unit for row in summarise(results, catalog).units] == [
        "未写单位（a.xlsx）",
        "未写单位（b.xlsx）",
    ]


def test_a_hostile_name_becomes_one_that_can_be_counted() -> None:
    (name,) = unit_names([returned("a.xlsx", "\ud800\x00甲" + "长" * 40_000)])
    assert len(name) <= 200
    assert name.startswith("\\ud800\ufffd甲长")
    name.encode("utf-8")


def test_units_stand_in_the_order_of_their_files() -> None:
    names = ["10_甲.xlsx", "9_乙.xlsx", "安.xlsx", "八.xlsx", "a.xlsx"]
    assert sorted(names, key=sort_key) == ["9_乙.xlsx", "10_甲.xlsx", "a.xlsx", "安.xlsx", "八.xlsx"]


def test_a_rule_found_at_two_levels_has_two_lines_and_counts_its_units(catalog: Catalog) -> None:
    results = [
        returned("a.xlsx", "甲", finding(), finding(), finding(Severity.WARNING)),
        returned("b.xlsx", "乙", finding(), finding(Severity.NOTICE, because_of=("X@a!A1",))),
    ]
    error, warning = summarise(results, catalog).rules
    assert (error.level, error.count, error.units, error.unchecked) == ("error", 3, 2, 1)
    assert (warning.level, warning.count, warning.units, warning.unchecked) == ("warning", 1, 1, 0)


def test_a_rule_that_only_waits_is_listed_last_without_a_count(catalog: Catalog) -> None:
    waiting = finding(Severity.NOTICE, "FUND01", because_of=("X@a!A1",))
    summary = summarise([returned("a.xlsx", "甲", waiting, finding(Severity.NOTICE, "TEXT01"))], catalog)
    assert [(row.code, row.count, row.unchecked) for row in summary.rules] == [
        ("TEXT01", 1, 0),
        ("FUND01", 0, 1),
    ]
    assert [row.code for row in summary.commonest] == ["TEXT01"], "notices, where there is nothing graver"


def test_the_commonest_problems_leave_notices_out(catalog: Catalog) -> None:
    codes = sorted(catalog.rules)[: COMMONEST + 2]
    found = [finding(code=code) for number, code in enumerate(codes, 1) for _ in range(number)]
    noise = [finding(Severity.NOTICE, "TEXT01")] * 99
    commonest = summarise([returned("a.xlsx", "甲", *found, *noise)], catalog).commonest
    assert [row.count for row in commonest] == list(range(COMMONEST + 2, 2, -1))


def test_grades_and_means(catalog: Catalog) -> None:
    marks = (score("90.005", "优"), score("80", "良"), score(None, ""), score("95", "优", repeated=False))
    row = summarise([returned("a.xlsx", "甲", scores=marks)], catalog)
    assert row.grades == {"优": 2, "良": 1, "中": 0, "差": 0}
    assert row.ungraded == 1
    unit = row.units[0]
    assert (unit.overall, unit.grade, unit.average) == (Decimal("95"), "优", Decimal("85.00"))
    assert [project.score.filed for project in row.projects] == [Decimal("90.005"), Decimal("80"), None]


def test_means_and_grades_are_of_what_was_filed(catalog: Catalog) -> None:
    marks = (score("96.87", "优", total="104.31"), score("80", "良", repeated=False, total="70"))
    (row,) = summarise([returned("a.xlsx", "甲", scores=marks)], catalog).units
    assert (row.overall, row.grade, row.average) == (Decimal("80"), "良", Decimal("96.87"))


@pytest.mark.parametrize(
    ("typed", "filed", "grade"),
    [
        ({}, "104.31", ""),
        ({"total_score": "104.31"}, "104.31", ""),
        ({"total_score": "104.31", "grade": "优"}, "104.31", "优"),
        ({"total_score": "96.87"}, "96.87", "优"),
        ({"total_score": "96.87", "grade": "良"}, "96.87", "良"),
        ({"total_score": "优秀"}, None, ""),
    ],
)
def test_a_score_is_what_was_filed_beside_what_it_should_be(
    catalog: Catalog, typed: dict[str, str], filed: str | None, grade: str
) -> None:
    """The published form of 宁夏 with its total and grade left to the formulas or typed over."""
    data = json.loads((SAMPLES / "ningxia-2021.json").read_text(encoding="utf-8"))
    for field in ("total_score", "grade"):
        data["project"][0].pop(field, None)
    data["project"][0] |= typed
    (own,) = scores(compose(catalog.templates["ningxia-2021"], data).submission)
    assert (own.filed, own.total) == (filed and Decimal(filed), Decimal("104.31"))
    assert own.grade == grade


def test_what_waits_stands_after_what_was_found_in_its_unit(catalog: Catalog) -> None:
    waiting = finding(Severity.NOTICE, because_of=("X@a!A1",))
    results = [returned("2.xlsx", "甲", finding()), returned("1.xlsx", "甲", waiting, finding())]
    entries = summarise(results, catalog).entries
    assert [(entry.result.file, bool(entry.finding.because_of)) for entry in entries] == [
        ("1.xlsx", False),
        ("2.xlsx", False),
        ("1.xlsx", True),
    ]


def test_start_up_does_not_pay_for_pandas_or_xlsxwriter() -> None:
    program = "import sys, workbook.report; print([m for m in ('pandas', 'xlsxwriter') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
