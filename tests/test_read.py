"""What comes back is what was filled in: from workbooks as generated, saved again by others, and tampered with."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
import pytest
from altering import edited, rewritten
from fillings import fillings
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from workbook.catalog import load_catalog
from workbook.check import check
from workbook.compose import Composition, compose
from workbook.excel import ExcelError
from workbook.generate import generate
from workbook.judge import Judge
from workbook.model import Catalog, Role, Severity
from workbook.package import PackageError
from workbook.read import date_text, is_date_format, read
from workbook.submission import FilledForm, Finding, Submission
from workbook.wording import form_label

CATALOG = load_catalog()
TEMPLATES = ["lukou-2023", "ningxia-2021"]
FORMULA = "a formula"

#: Each example is a whole workbook: none is made smaller once it fails, that would take many minutes.
SLOW = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)

Published = Callable[[str], dict[str, Any]]


def written(
    folder: Path, template: str, data: dict[str, Any] | None, *, copies: int = 1
) -> tuple[Composition, Path]:
    composition = compose(CATALOG.templates[template], data, copies=copies)
    path = folder / f"{template}.xlsx"
    generate(composition, path)
    return composition, path


def held(submission: Submission, *, formulas: bool = False) -> dict[tuple[object, ...], tuple[Role, object]]:
    """Every place of a submission with its role and value; computed cells nobody typed over hold a formula."""
    judge = Judge(submission)
    found: dict[tuple[object, ...], tuple[Role, object]] = {}
    for number, form in enumerate(submission.forms):
        for spot in judge.spots(number):
            role = judge.field(spot).role
            entry = judge.entry(spot)
            value: object = entry.raw
            computed = role in (Role.COMPUTED, Role.DERIVED)
            if entry.formula is not None or (computed and not formulas and not judge.typed_over(spot)):
                value = FORMULA
            found[(form.key, form.sheet, spot.table, spot.row, spot.field)] = (role, value)
    return found


def shown(findings: tuple[Finding, ...]) -> list[Finding]:
    """Findings without the name of the file they were found in."""
    return [replace(finding, file="") for finding in findings]


def same(composition: Composition, submission: Submission) -> None:
    """What was read is what was composed, and the same is said of it."""
    assert held(submission, formulas=True) == held(composition.submission)
    assert [form.form.id for form in submission.forms] == [
        form.form.id for form in composition.submission.forms
    ]
    assert shown(check(submission, CATALOG)) == shown(check(composition.submission, CATALOG))


# ---- There and back ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("copies", [1, 2])
@pytest.mark.parametrize("template", TEMPLATES)
def test_a_blank_workbook_comes_back_blank(template: str, copies: int, tmp_path: Path) -> None:
    composition, path = written(tmp_path, template, None, copies=copies)

    submission = read(path, CATALOG)

    same(composition, submission)
    inputs = [value for role, value in held(submission).values() if role is Role.INPUT]
    assert len(inputs) >= 100
    assert set(inputs) == {None}


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_published_values_come_back(template: str, published: Published, tmp_path: Path) -> None:
    composition, path = written(tmp_path, template, published(template))

    submission = read(path, CATALOG)

    same(composition, submission)
    roles = [role for role, value in held(submission).values() if value is not None]
    assert {role: roles.count(role) >= least for role, least in ((Role.INPUT, 60), (Role.COMPUTED, 6))} == {
        Role.INPUT: True,
        Role.COMPUTED: True,
    }


@given(
    st.sampled_from(TEMPLATES).flatmap(
        lambda name: st.tuples(st.just(name), fillings(CATALOG.templates[name]))
    )
)
@settings(SLOW, max_examples=12)
def test_whatever_units_type_comes_back(case: tuple[str, dict[str, Any]]) -> None:
    template, data = case
    with TemporaryDirectory() as folder:
        composition, path = written(Path(folder), template, data)

        same(composition, read(path, CATALOG))


printable = st.text(
    st.characters(
        exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff", include_characters="\t\n"
    ),
    max_size=30,
)


@given(st.lists(st.tuples(printable, printable, printable), min_size=1, max_size=30))
@settings(SLOW, max_examples=12)
def test_any_text_that_can_be_typed_comes_back_letter_by_letter(rows: list[tuple[str, str, str]]) -> None:
    typed = [{"name": name, "target": target, "reason": f"，{reason}"} for name, target, reason in rows]
    with TemporaryDirectory() as folder:
        composition, path = written(Path(folder), "ningxia-2021", {"project": [{"indicators": typed}]})

        found = read(path, CATALOG).forms[0].tables["indicators"][: len(typed)]

    assert [[row[name].raw for name in ("name", "target", "reason")] for row in found] == [
        [row["name"] or None, row["target"] or None, row["reason"]] for row in typed
    ]
    assert len(composition.submission.forms) == 1


@pytest.mark.parametrize(
    "text",
    [
        "_x0041_",
        "_x000D_",
        "a_x005F_b",
        "<a>&amp;\"'",
        "=1+1",
        "+5",
        "@x",
        "'甲",
        " 甲 ",
        "\n甲\n",
        "甲\t乙",
        "#N/A",
        "\u3000",
        "😀",
    ],
)
def test_text_that_looks_like_something_else_comes_back_as_text(text: str, tmp_path: Path) -> None:
    data = {"project": [{"project_name": text, "goal_actual": f"{text}。", "indicators": [{"target": text}]}]}
    _, path = written(tmp_path, "ningxia-2021", data)

    form = read(path, CATALOG).forms[0]

    row = form.tables["indicators"][0]
    assert (form.fields["project_name"].raw, form.fields["goal_actual"].raw, row["target"].raw) == (
        text,
        f"{text}。",
        text,
    )
    assert (form.fields["project_name"].formula, row["target"].formula) == (None, None)


def test_a_number_comes_back_as_the_15_digits_that_were_kept(tmp_path: Path) -> None:
    numbers = [
        "0.1",
        "2.675",
        "79.988522",
        "123456789012345",
        "0.000001234",
        "1e-7",
        "33.3333333333333",
        "-0.5",
    ]
    rows = [{"weight": Decimal(number)} for number in numbers]
    _, path = written(tmp_path, "ningxia-2021", {"project": [{"indicators": rows}]})

    found = [row["weight"].raw for row in read(path, CATALOG).forms[0].tables["indicators"][: len(numbers)]]

    assert found == [Decimal(number) for number in numbers]
    assert all(isinstance(number, Decimal) for number in found)


def test_a_percentage_comes_back_as_a_ratio_that_is_shown_as_a_percentage(tmp_path: Path) -> None:
    _, path = written(tmp_path, "ningxia-2021", {"project": [{"execution_rate": "74.37%"}]})

    entry = read(path, CATALOG).forms[0].fields["execution_rate"]

    assert (entry.raw, entry.formula, "%" in entry.format) == (Decimal("0.7437"), None, True)


def test_a_percentage_typed_where_points_belong_comes_back_as_one_and_reads_the_same(tmp_path: Path) -> None:
    row = {
        "name": "培训人次",
        "target": "3轮",
        "actual": "3轮",
        "weight": "50%",
        "score": "5%",
        "reason": "5%",
    }
    composition, path = written(tmp_path, "ningxia-2021", {"project": [{"indicators": [row]}]})

    submission = read(path, CATALOG)

    same(composition, submission)
    found = submission.forms[0].tables["indicators"][0]
    assert [(found[name].raw, found[name].format) for name in ("weight", "score", "reason", "target")] == [
        (Decimal("0.5"), "0.00%"),
        (Decimal("0.05"), "0.00%"),
        (Decimal("0.05"), "0.00%"),
        ("3轮", "@"),
    ]


def test_places_are_those_of_the_sheet_and_the_file_is_called_by_its_name(tmp_path: Path) -> None:
    composition, path = written(tmp_path, "lukou-2023", {"overall": {"unit": "示例单位一"}})

    submission = read(path, CATALOG)

    assert submission.file == "lukou-2023.xlsx"
    assert read(path, CATALOG, name="乡镇/甲.xlsx").file == "乡镇/甲.xlsx"
    for ours, theirs in zip(composition.submission.forms, submission.forms, strict=True):
        assert filled_places(theirs) == filled_places(ours)


def filled_places(form: FilledForm) -> dict[tuple[object, ...], str]:
    """The place of everything that is not printed."""
    found: dict[tuple[object, ...], str] = {}
    for name, entry in form.fields.items():
        if form.form.fields[name].role is not Role.CONSTANT:
            found[(name,)] = str(entry.place)
    for table, rows in form.tables.items():
        for number, row in enumerate(rows):
            for name, entry in row.items():
                if form.form.tables[table].columns[name].role is not Role.CONSTANT:
                    found[(table, number, name)] = str(entry.place)
    return found


# ---- Saved by others --------------------------------------------------------------------------------------


@pytest.mark.parametrize("filled", [True, False], ids=["published", "blank"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_a_workbook_saved_again_by_another_program_reads_the_same(
    template: str, filled: bool, published: Published, tmp_path: Path
) -> None:
    composition, path = written(tmp_path, template, published(template) if filled else None)

    submission = read(edited(path, lambda book: None), CATALOG)

    same(composition, submission)


def test_what_was_typed_after_it_was_issued_is_read(tmp_path: Path) -> None:
    _, path = written(tmp_path, "ningxia-2021", None)
    blank = read(path, CATALOG).forms[0]
    row = blank.tables["indicators"][4]

    def fill(book: openpyxl.Workbook) -> None:
        sheet = book[blank.sheet]
        sheet[blank.fields["project_name"].place.cell] = "示例项目"
        sheet[row["weight"].place.cell] = 12.5
        sheet[row["target"].place.cell] = "≥95%"
        sheet[row["score"].place.cell] = True
        sheet[row["actual"].place.cell] = "#DIV/0!"

    form = read(edited(path, fill), CATALOG).forms[0]

    changed = form.tables["indicators"][4]
    assert form.fields["project_name"].raw == "示例项目"
    assert (changed["weight"].raw, changed["target"].raw, changed["score"].raw) == (
        Decimal("12.5"),
        "≥95%",
        True,
    )
    assert changed["actual"].raw == ExcelError("#DIV/0!")
    assert (changed["level1"].raw, changed["level2"].raw) == (row["level1"].raw, row["level2"].raw)


def test_a_printed_value_is_the_template_s_whatever_stands_in_the_cell(tmp_path: Path) -> None:
    _, path = written(tmp_path, "ningxia-2021", None)
    place = read(path, CATALOG).forms[0].fields["full_marks"].place

    def change(book: openpyxl.Workbook) -> None:
        book[place.sheet][place.cell] = 120

    entry = read(edited(path, change), CATALOG).forms[0].fields["full_marks"]

    assert (entry.raw, entry.place) == (Decimal(100), place)


# ---- Dates, damage, sheets of others -----------------------------------------------------------------------


def weight_cell(path: Path) -> tuple[str, str]:
    """Sheet and cell of the first indicator's weight."""
    place = read(path, CATALOG).forms[0].tables["indicators"][0]["weight"].place
    return place.sheet, place.cell


@pytest.mark.parametrize("date1904", [False, True])
@pytest.mark.parametrize(
    ("serial", "code", "text"),
    [
        (46275, "yyyy-mm-dd", "2026-09-10"),
        (46275.5, "m/d/yy h:mm", "2026-09-10 12:00:00"),
        (0.5, "h:mm", "12:00:00"),
        (46275, '[$-804]yyyy"年"m"月"d"日"', "2026-09-10"),
        (46275, "0.00", 46275),
    ],
)
def test_a_number_that_shows_as_a_date_is_no_number(
    serial: float, code: str, text: str | int, date1904: bool, published: Published, tmp_path: Path
) -> None:
    _, path = written(tmp_path, "ningxia-2021", published("ningxia-2021"))
    sheet, cell = weight_cell(path)

    def put(book: openpyxl.Workbook) -> None:
        book[sheet][cell] = serial - 1462 if date1904 and serial > 1 else serial
        book[sheet][cell].number_format = code
        if date1904:
            book.epoch = CALENDAR_MAC_1904

    submission = read(edited(path, put), CATALOG)

    found = submission.forms[0].tables["indicators"][0]["weight"].raw
    if isinstance(text, int):
        assert found == Decimal(text) - 1462 * date1904
    else:
        assert found == text
        codes_there = {f.code for f in check(submission, CATALOG) if f.cell == cell and not f.because_of}
        assert CATALOG.events["unreadable"].code in codes_there


@pytest.mark.parametrize(
    ("code", "is_date"),
    [
        ("General", False),
        ("", False),
        ("0.00%", False),
        ("0.00E+00", False),
        ("@", False),
        ("#,##0.00_);[Red](#,##0.00)", False),
        ("[$¥-804]#,##0.00", False),
        ('0"days"', False),
        (r"0\d", False),
        ("_-* #,##0_d", False),
        ("[DBNum1][$-804]General", False),
        ("yyyy-mm-dd", True),
        ('m"月"d"日"', True),
        ("[h]:mm:ss", True),
        ("[mm]", True),
        ("aaaa", True),
        ("General;yyyy", True),
    ],
)
def test_formats_of_dates_and_times_are_known(code: str, is_date: bool) -> None:
    assert is_date_format(code) is is_date


@pytest.mark.parametrize(
    ("serial", "text"),
    [
        ("0", "1900-01-00"),
        ("1", "1900-01-01"),
        ("59", "1900-02-28"),
        ("60", "1900-02-29"),
        ("61", "1900-03-01"),
        ("2958465", "9999-12-31"),
        ("2958465.999999999", "9999-12-31 23:59:59"),
        ("46275.999999999", "2026-09-11"),
        ("0.75", "18:00:00"),
        ("-1", ExcelError("#NUM!")),
        ("2958466", ExcelError("#NUM!")),
        ("1E+300", ExcelError("#NUM!")),
    ],
)
def test_a_day_is_called_as_excel_calls_it(serial: str, text: object) -> None:
    assert date_text(Decimal(serial)) == text


@given(
    st.decimals(allow_nan=False, allow_infinity=False).filter(lambda n: abs(n.adjusted()) <= 308),
    st.booleans(),
)
def test_any_number_has_a_date_or_an_error(serial: Decimal, date1904: bool) -> None:
    assert isinstance(date_text(serial, date1904=date1904), str | ExcelError)


@pytest.mark.parametrize(
    "damaged", ['t="s"><v>999999</v>', "><v>1.2.3</v>", 't="b"><v>7</v>', 't="d"><v>x</v>', 't="z"><v>5</v>']
)
@pytest.mark.parametrize("column", ["weight", "target"])
def test_a_damaged_cell_is_an_error_and_not_blank(
    damaged: str, column: str, published: Published, tmp_path: Path
) -> None:
    _, path = written(tmp_path, "ningxia-2021", published("ningxia-2021"))
    cell = read(path, CATALOG).forms[0].tables["indicators"][0][column].place.cell
    replaced = 0

    def damage(name: str, text: str) -> str:
        nonlocal replaced
        if name != "xl/worksheets/sheet1.xml":
            return text
        pattern = rf'(<c r="{cell}"(?: s="\d+")?)[^>]*>.*?</c>'
        text, number = re.subn(pattern, rf"\1 {damaged}</c>", text)
        replaced += number
        return text.replace('" >', '">')

    submission = read(rewritten(path, damage), CATALOG)

    assert replaced == 1
    entry = submission.forms[0].tables["indicators"][0][column]
    assert (entry.raw, entry.formula) == (ExcelError("#N/A"), None)
    assert any(f.cell == cell and f.severity is Severity.ERROR for f in check(submission, CATALOG))


def test_sheets_that_are_none_of_ours_are_named(published: Published, tmp_path: Path) -> None:
    _, path = written(tmp_path, "lukou-2023", published("lukou-2023"))

    def add(book: openpyxl.Workbook) -> None:
        book.copy_worksheet(book["项目自评表"]).title = "项目自评表 (2)"
        book.create_sheet("空的")
        book.create_sheet("隐藏的")["A1"] = 1
        book["隐藏的"].sheet_state = "hidden"
        book.create_sheet("草稿")["C3"] = "甲"

    assert read(path, CATALOG).extra_sheets == ()
    assert read(edited(path, add), CATALOG).extra_sheets == ("项目自评表 (2)", "草稿")


def test_our_own_sheets_are_none_of_others_when_they_are_shown(published: Published, tmp_path: Path) -> None:
    _, path = written(tmp_path, "lukou-2023", published("lukou-2023"))

    def show(book: openpyxl.Workbook) -> None:
        for sheet in book.worksheets:
            sheet.sheet_state = "visible"

    assert read(edited(path, show), CATALOG).extra_sheets == ()


# ---- Tampered with ----------------------------------------------------------------------------------------


def codes(findings: tuple[Finding, ...]) -> list[tuple[str, str, Severity, str | None]]:
    return [(f.code, f.cell, f.severity, f.actual) for f in findings]


def new_findings(
    before: tuple[Finding, ...], after: tuple[Finding, ...]
) -> list[tuple[str, str, Severity, str | None]]:
    return [each for each in codes(after) if each not in codes(before)]


def test_a_formula_in_an_input_cell_is_a_finding_and_its_result_is_not_believed(
    published: Published, tmp_path: Path
) -> None:
    data = published("ningxia-2021")
    _, path = written(tmp_path, "ningxia-2021", data)
    form = read(path, CATALOG).forms[0]
    entry = form.tables["indicators"][0]["weight"]

    def change(book: openpyxl.Workbook) -> None:
        book[form.sheet][entry.place.cell] = f"={entry.raw}+0"

    submission = read(edited(path, change), CATALOG)

    found = submission.forms[0].tables["indicators"][0]["weight"]
    assert (found.formula, found.raw) == (f"{entry.raw}+0", None)
    assert [
        (f.code, f.severity, f.actual)
        for f in check(submission, CATALOG)
        if f.cell == entry.place.cell and not f.because_of
    ] == [(CATALOG.events["formula_in_input"].code, Severity.ERROR, f"={entry.raw}+0")]


def test_a_right_number_typed_over_a_formula_is_only_a_notice(tmp_path: Path) -> None:
    data = {"project": [{"funds": [{"source": "当年财政拨款", "budget": "80", "executed": "76"}]}]}
    _, path = written(tmp_path, "ningxia-2021", data)
    form = read(path, CATALOG).forms[0]
    place = form.fields["execution_rate"].place

    def change(book: openpyxl.Workbook) -> None:
        book[form.sheet][place.cell] = 0.95

    before, after = read(path, CATALOG), read(edited(path, change), CATALOG)

    assert before.forms[0].fields["execution_rate"].formula is not None
    assert after.forms[0].fields["execution_rate"].formula is None
    assert new_findings(check(before, CATALOG), check(after, CATALOG)) == [
        (CATALOG.events["overwritten"].code, place.cell, Severity.NOTICE, "95%")
    ]


def test_a_wrong_number_typed_over_a_formula_is_an_error(tmp_path: Path) -> None:
    data = {"project": [{"funds": [{"source": "当年财政拨款", "budget": "80", "executed": "76"}]}]}
    _, path = written(tmp_path, "ningxia-2021", data)
    form = read(path, CATALOG).forms[0]
    place = form.fields["execution_rate"].place

    def change(book: openpyxl.Workbook) -> None:
        book[form.sheet][place.cell] = 0.99

    after = check(read(edited(path, change), CATALOG), CATALOG)

    assert new_findings(check(read(path, CATALOG), CATALOG), after) == [
        ("FUND03", place.cell, Severity.ERROR, "99%")
    ]


@pytest.mark.parametrize(
    "cached", ["<v>0</v>", "<v>99</v>", "<v>优</v>", "<v>#DIV/0!</v>", "<v></v>", "<v>1e999</v>", ""]
)
@pytest.mark.parametrize("template", TEMPLATES)
def test_what_formulas_are_said_to_give_is_never_believed(
    template: str, cached: str, published: Published, tmp_path: Path
) -> None:
    data = published(template)
    for form in CATALOG.templates[template].forms.values():
        for each in data.get(form.id, []) if form.repeat else [data.get(form.id, {})]:
            for name, field in form.fields.items():
                if field.role in (Role.COMPUTED, Role.DERIVED):
                    each.pop(name, None)
    composition, path = written(tmp_path, template, data)
    replaced = 0

    def falsify(name: str, text: str) -> str:
        nonlocal replaced
        if not name.startswith("xl/worksheets/sheet"):
            return text
        text, number = re.subn(r"</f><v>[^<]*</v>", lambda _: f"</f>{cached}", text)
        replaced += number
        return text

    submission = read(rewritten(path, falsify), CATALOG)

    assert replaced >= 100
    same(composition, submission)


def test_a_file_that_is_no_workbook_is_refused_by_the_package(tmp_path: Path) -> None:
    path = tmp_path / "甲.xlsx"
    path.write_bytes(b"%PDF-1.7")

    with pytest.raises(PackageError) as caught:
        read(path, CATALOG)

    assert caught.value.cause == "PDF"


def test_several_projects_are_called_by_their_number(catalog: Catalog, tmp_path: Path) -> None:
    _, path = written(tmp_path, "lukou-2023", {"project": [{"project_name": "甲"}, {"project_name": "乙"}]})

    submission = read(path, catalog)

    judge = Judge(submission)
    assert [(form.key, form_label(judge, number)) for number, form in enumerate(submission.forms)] == [
        ("overall", "整体自评表"),
        ("overall_report", "整体自评报告"),
        ("project__1", "项目自评表1"),
        ("project_report__1", "项目自评报告1"),
        ("project__2", "项目自评表2"),
        ("project_report__2", "项目自评报告2"),
    ]
