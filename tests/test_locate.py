"""Where fields are found: by names wherever they now stand, by address only where every label agrees, else nowhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from altering import edited, rewritten

from workbook.check import check
from workbook.compose import compose
from workbook.generate import generate
from workbook.layout import draw
from workbook.locate import (
    LocatedForm,
    LocatedTable,
    RefusedError,
    identify,
    label_text,
    locate,
    meta,
    squeezed,
)
from workbook.model import META_SHEET, Catalog, Form, Role, Template, defined_name
from workbook.package import Cell, Package, read_package
from workbook.read import read
from workbook.submission import Finding
from workbook.texts import say

TEMPLATES = ["lukou-2023", "ningxia-2021"]
Maker = Callable[..., Path]


@pytest.fixture
def make(catalog: Catalog, published: Callable[[str], dict[str, object]], tmp_path: Path) -> Maker:
    """A workbook of a template: with the published values, with given data, or blank."""

    def made(template: str, data: dict[str, object] | None = None, *, copies: int = 0) -> Path:
        path = tmp_path / f"{template}.xlsx"
        filled = data if data is not None else None if copies else published(template)
        generate(compose(catalog.templates[template], filled, copies=copies or 1), path)
        return path

    return made


def without_names(book: openpyxl.Workbook) -> None:
    for name in list(book.defined_names):
        del book.defined_names[name]


def refusal(path: Path, catalog: Catalog, template: str = "") -> tuple[str, str]:
    with pytest.raises(RefusedError) as caught:
        read(path, catalog, template=template)
    return caught.value.event, caught.value.detail


def shown(findings: tuple[Finding, ...]) -> list[Finding]:
    """Findings without the name of the file they were found in."""
    return [replace(finding, file="") for finding in findings]


def places(located: LocatedForm) -> dict[str, object]:
    """Where a form's fields to fill are; rows and columns of its tables."""
    fillable = {name for name, field in located.form.fields.items() if field.role is not Role.CONSTANT}
    return {name: place for name, place in located.fields.items() if name in fillable} | dict(located.tables)


def drawn(form: Form) -> dict[str, object]:
    """The same, as the template draws them."""
    drawing = draw(form)
    derived = [name for name, field in form.fields.items() if field.role is Role.DERIVED]
    fields = {
        name: place
        for name, place in drawing.fields.items()
        if name in form.fields and name not in drawing.constants
    }
    fields |= {name: (1, len(form.widths) + 3 + number) for number, name in enumerate(derived)}
    tables = {
        name: LocatedTable(
            range(rows[0].row, rows[-1].row + 1),
            {field: column for row in rows for field, (_, column) in row.columns.items()},
        )
        for name, rows in drawing.tables.items()
    }
    return fields | tables


# ---- By names ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_field_of_a_blank_workbook_is_found_where_it_is_drawn(
    template: str, make: Maker, catalog: Catalog
) -> None:
    located = locate(read_package(make(template, copies=1)), catalog.templates[template])

    assert [(each.form.id, each.index, each.sheet.title) for each in located] == [
        (form.id, 1, form.sheet) for form in catalog.templates[template].forms.values()
    ]
    for each in located:
        assert places(each) == drawn(each.form)
    assert sum(len(places(each)) for each in located) >= 12


def test_rows_that_were_added_when_the_workbook_was_made_are_found(make: Maker, catalog: Catalog) -> None:
    rows = [{"level2": "数量指标", "name": f"第{number}个", "weight": str(number)} for number in range(1, 7)]
    path = make("ningxia-2021", {"project": [{"indicators": rows, "funds": [{"source": "其他资金"}] * 2}]})

    form = read(path, catalog).forms[0]

    found = [
        (row["level2"].raw, row["name"].raw, str(row["weight"].raw)) for row in form.tables["indicators"][:7]
    ]
    assert found == [
        *(("数量指标", f"第{number}个", str(number)) for number in range(1, 7)),
        ("质量指标", None, "None"),
    ]
    assert [row["source"].raw for row in form.tables["funds"]] == [
        "当年财政拨款",
        "上年结转资金",
        "其他资金",
        "其他资金",
    ]


def test_every_copy_of_a_repeating_form_is_found_by_its_number(make: Maker, catalog: Catalog) -> None:
    located = locate(read_package(make("lukou-2023", copies=12)), catalog.templates["lukou-2023"])

    assert [(each.form.id, each.index) for each in located] == [
        ("overall", 1),
        ("overall_report", 1),
        *(pair for index in range(1, 13) for pair in (("project", index), ("project_report", index))),
    ]
    assert [each.sheet.title for each in located if each.form.id == "project"] == [
        f"项目自评表{number}" for number in range(1, 13)
    ]


def test_a_sheet_may_be_renamed_as_excel_renames_it(make: Maker, catalog: Catalog) -> None:
    path = make("ningxia-2021")
    copy = rewritten(
        path, lambda name, text: text.replace("项目自评表", "我的表") if name == "xl/workbook.xml" else text
    )

    before, after = read(path, catalog), read(copy, catalog)

    assert {form.sheet for form in after.forms} == {"我的表"}
    assert [f.code for f in check(after, catalog)] == [f.code for f in check(before, catalog)]


def test_moved_names_move_the_fields(make: Maker, catalog: Catalog) -> None:
    path = make("ningxia-2021")

    def move(name: str, text: str) -> str:
        if name == "xl/workbook.xml":
            return re.sub(r"(f__project__1__agency\"[^<]*?\$)G(\$\d+<)", r"\1ZZ\2", text)
        return text

    before, after = read(path, catalog).forms[0], read(rewritten(path, move), catalog).forms[0]

    assert before.fields["agency"].raw is not None
    assert (after.fields["agency"].raw, after.fields["agency"].place.column) == (None, 702)
    assert {name for name in before.fields if before.fields[name] != after.fields[name]} == {"agency"}


@pytest.mark.parametrize(
    ("target", "detail"),
    [
        ("#REF!", say("read.place", form="项目自评表", field="实施单位")),
        ("项目自评表!$G$6,项目自评表!$G$7", say("read.place", form="项目自评表", field="实施单位")),
        ("[1]项目自评表!$G$6", say("read.place", form="项目自评表", field="实施单位")),
        ("别处!$G$6", say("read.form", form="项目自评表")),
    ],
)
def test_a_name_that_points_nowhere_or_elsewhere_is_a_changed_structure(
    target: str, detail: str, make: Maker, catalog: Catalog
) -> None:
    def point(name: str, text: str) -> str:
        return re.sub(r"(name=\"f__project__1__agency\">)[^<]*<", rf"\g<1>{target}<", text)

    assert refusal(rewritten(make("ningxia-2021"), point), catalog) == ("file.structure", detail)


def test_a_single_name_that_is_missing_is_a_changed_structure(make: Maker, catalog: Catalog) -> None:
    def remove(book: openpyxl.Workbook) -> None:
        del book.defined_names[defined_name("overall", "unit")]

    detail = say("read.place", form="整体自评表", field="填报单位")
    assert refusal(edited(make("lukou-2023"), remove), catalog) == ("file.structure", detail)


def test_columns_of_a_table_that_no_longer_span_the_same_rows_are_a_changed_structure(
    make: Maker, catalog: Catalog
) -> None:
    def shorten(name: str, text: str) -> str:
        return re.sub(r"(name=\"f__project__1__indicators__weight\">[^<]*\$G\$)\d+<", r"\g<1>20<", text)

    detail = say("read.place", form="项目自评表", field="绩效指标")
    assert refusal(rewritten(make("ningxia-2021"), shorten), catalog) == ("file.structure", detail)


@pytest.mark.parametrize(("last", "refused"), [(515, False), (516, True), (1_048_576, True), (15, True)])
def test_a_name_that_spans_no_rows_or_more_than_any_table_has_is_a_changed_structure(
    last: int, refused: bool, make: Maker, catalog: Catalog
) -> None:
    def stretch(name: str, text: str) -> str:
        pattern = r"(name=\"f__project__1__indicators__\w+\">[^<]*\$[A-Z]+\$)14(:\$[A-Z]+\$)\d+<"
        return re.sub(pattern, rf"\g<1>14\g<2>{last}<", text)

    path = rewritten(make("ningxia-2021"), stretch)
    assert any(name.endswith(f"${last}") for name in read_package(path).names.values())

    if refused:
        detail = say("read.rows", form="项目自评表", field="绩效指标", most=500)
        assert refusal(path, catalog) == ("file.structure", detail)
    else:
        assert len(read(path, catalog).forms[0].tables["indicators"]) == 500


def test_two_projects_on_one_sheet_are_a_changed_structure(make: Maker, catalog: Catalog) -> None:
    def point(name: str, text: str) -> str:
        return re.sub(r"(name=\"f__project__2__[^>]*>'项目自评表)2'", r"\g<1>1'", text)

    path = rewritten(make("ningxia-2021", copies=2), point)

    assert refusal(path, catalog) == ("file.structure", say("read.own_sheet", form="项目自评表2"))


def test_without_names_two_projects_on_one_sheet_are_a_changed_structure(
    make: Maker, catalog: Catalog
) -> None:
    def point(book: openpyxl.Workbook) -> None:
        without_names(book)
        rows = {cell.value: cell.row for cell in book[META_SHEET]["A"]}
        book[META_SHEET].cell(rows["form:project__2"], 2).value = "项目自评表1"

    path = edited(make("ningxia-2021", copies=2), point)

    assert refusal(path, catalog) == ("file.structure", say("read.own_sheet", form="项目自评表2"))


def test_a_sheet_that_was_deleted_is_a_changed_structure(make: Maker, catalog: Catalog) -> None:
    path = edited(make("lukou-2023"), lambda book: book.remove(book["整体自评报告"]))

    assert refusal(path, catalog) == ("file.structure", say("read.form", form="整体自评报告"))


# ---- By address -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("template", TEMPLATES)
def test_without_names_every_field_is_found_at_its_address(
    template: str, make: Maker, catalog: Catalog
) -> None:
    path = edited(make(template, copies=1), without_names)

    located = locate(read_package(path), catalog.templates[template])

    for each in located:
        assert places(each) == drawn(each.form)


@pytest.mark.parametrize("template", TEMPLATES)
def test_without_names_the_findings_are_the_same(template: str, make: Maker, catalog: Catalog) -> None:
    path = make(template)
    copy = edited(path, without_names)
    assert not any(name.startswith("f__") for name in read_package(copy).names)

    before, after = check(read(path, catalog), catalog), check(read(copy, catalog), catalog)

    assert shown(after) == shown(before)
    assert len(before) >= 3


def test_without_names_several_projects_are_found_by_the_hidden_sheet(make: Maker, catalog: Catalog) -> None:
    data: dict[str, object] = {"project": [{"project_name": "甲"}, {"project_name": "乙"}]}
    path = edited(make("ningxia-2021", data), without_names)

    assert [form.fields["project_name"].raw for form in read(path, catalog).forms] == ["甲", "乙"]


#: The sheet and cell of a printed label, what is put there instead, and what is said to be missing.
LABELS = [
    ("项目自评表", "A5", "项目", "项目名称"),
    ("项目自评表", "A5", None, "项目名称"),
    ("项目自评表", "B15", "产出指标（60分）", "产出指标"),
]


@pytest.mark.parametrize(("sheet", "cell", "value", "label"), LABELS)
def test_without_names_a_changed_label_is_refused(
    sheet: str, cell: str, value: object, label: str, make: Maker, catalog: Catalog
) -> None:
    def change(book: openpyxl.Workbook) -> None:
        without_names(book)
        assert squeezed(str(book[sheet][cell].value)) == label
        book[sheet][cell] = value

    detail = say("read.label", form="项目自评表", label=label)
    assert refusal(edited(make("ningxia-2021"), change), catalog) == ("file.structure", detail)


def test_without_names_a_changed_printed_number_is_refused(make: Maker, catalog: Catalog) -> None:
    def change(book: openpyxl.Workbook) -> None:
        without_names(book)
        total = next(
            c for row in book["项目自评表"].iter_rows() for c in row if c.value == 100 and c.column == 7
        )
        total.value = 110

    detail = say("read.label", form="项目自评表", label="100")
    assert refusal(edited(make("ningxia-2021", copies=1), change), catalog) == ("file.structure", detail)


def test_with_names_a_changed_label_does_not_matter(make: Maker, catalog: Catalog) -> None:
    path = make("ningxia-2021")

    def change(book: openpyxl.Workbook) -> None:
        book["项目自评表"]["A5"] = "项  目"

    assert shown(check(read(edited(path, change), catalog), catalog)) == shown(
        check(read(path, catalog), catalog)
    )


def test_blanks_and_line_breaks_in_a_label_do_not_matter(make: Maker, catalog: Catalog) -> None:
    def change(book: openpyxl.Workbook) -> None:
        without_names(book)
        book["项目自评表"]["A5"] = " 项\n目　名 称\u00a0"

    assert read(edited(make("ningxia-2021"), change), catalog).template.id == "ningxia-2021"


def test_without_names_a_workbook_with_added_rows_is_refused_and_nothing_is_guessed(
    make: Maker, catalog: Catalog
) -> None:
    rows = [{"level2": "数量指标", "name": f"第{number}个"} for number in range(1, 5)]
    path = edited(make("ningxia-2021", {"project": [{"indicators": rows}]}), without_names)

    assert refusal(path, catalog)[0] == "file.structure"


def test_without_names_a_renamed_sheet_is_refused(make: Maker, catalog: Catalog) -> None:
    def change(book: openpyxl.Workbook) -> None:
        without_names(book)
        book["项目自评表"].title = "我的表"

    assert refusal(edited(make("ningxia-2021"), change), catalog) == (
        "file.structure",
        say("read.form", form="项目自评表"),
    )


# ---- Which template ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_hidden_sheet_says_template_version_year_and_forms(
    template: str, make: Maker, catalog: Catalog
) -> None:
    path = make(template, copies=2)
    declared = catalog.templates[template]

    assert meta(read_package(path)) == {
        "template": template,
        "version": declared.version,
        "year": str(declared.year),
        "sealed": "no",
        **{f"form:{form.key}": form.sheet for form in compose(declared, copies=2).submission.forms},
    }


def test_without_the_hidden_sheet_a_workbook_is_not_ours_unless_its_template_is_given(
    make: Maker, catalog: Catalog
) -> None:
    path = make("ningxia-2021")
    copy = edited(path, lambda book: book.remove(book[META_SHEET]))

    assert meta(read_package(copy)) == {}
    assert refusal(copy, catalog) == ("file.not_ours", "")
    found = read(copy, catalog, template="ningxia-2021")
    assert shown(check(found, catalog)) == shown(check(read(path, catalog), catalog))


def test_without_hidden_sheet_and_names_a_workbook_of_the_given_template_is_read_by_its_labels(
    make: Maker, catalog: Catalog
) -> None:
    path = make("ningxia-2021")

    def strip(book: openpyxl.Workbook) -> None:
        without_names(book)
        book.remove(book[META_SHEET])

    found = read(edited(path, strip), catalog, template="ningxia-2021")

    assert shown(check(found, catalog)) == shown(check(read(path, catalog), catalog))


def test_what_a_workbook_says_goes_before_the_given_template(make: Maker, catalog: Catalog) -> None:
    assert read(make("ningxia-2021"), catalog, template="lukou-2023").template.id == "ningxia-2021"


def test_a_workbook_of_another_template_is_refused_although_a_template_is_given(
    make: Maker, catalog: Catalog
) -> None:
    copy = edited(make("ningxia-2021"), lambda book: book.remove(book[META_SHEET]))

    assert refusal(copy, catalog, "lukou-2023")[0] == "file.structure"


def test_a_template_nobody_has_is_named(make: Maker, catalog: Catalog) -> None:
    def change(book: openpyxl.Workbook) -> None:
        book[META_SHEET]["B1"] = "xiangtan-2022"

    assert refusal(edited(make("ningxia-2021"), change), catalog) == (
        "file.unknown_template",
        "xiangtan-2022",
    )


@pytest.mark.parametrize(("version", "told"), [("0", "0"), (None, ""), ("1.0", "1.0")])
def test_another_version_is_named(version: str | None, told: str, make: Maker, catalog: Catalog) -> None:
    def change(book: openpyxl.Workbook) -> None:
        book[META_SHEET]["B2"] = version

    detail = say("read.version", id="ningxia-2021", version=told)
    assert refusal(edited(make("ningxia-2021"), change), catalog) == ("file.other_version", detail)


# ---- Whatever stands in a file ----------------------------------------------------------------------------


def test_numbers_of_forms_that_nobody_writes_are_not_believed(make: Maker, catalog: Catalog) -> None:
    path = make("ningxia-2021")
    package = read_package(path)
    sheet = package.sheet(META_SHEET)
    assert sheet is not None
    strange = ["²", "0", "01", "-1", "1.5", "", "9" * 5000, "99999"]
    cells = dict(sheet.cells)
    for row, number in enumerate(strange, start=50):
        cells[(row, 1)] = Cell(f"form:project__{number}")
        cells[(row, 2)] = Cell("项目自评表")
    names = {**package.names, **{f"f__project__{number}__agency": "项目自评表!$G$6" for number in strange}}
    sheets = tuple(
        replace(each, cells=cells) if each.title == META_SHEET else each for each in package.sheets
    )

    located = locate(replace(package, sheets=sheets, names=names), catalog.templates["ningxia-2021"])

    assert [(each.form.id, each.index) for each in located] == [("project", 1)]


def test_a_hidden_sheet_of_anything_is_no_template(make: Maker, catalog: Catalog) -> None:
    package = read_package(make("ningxia-2021"))
    cells = {
        (1, 1): Cell(True),
        (2, 1): Cell("template"),
        (3, 3): Cell("version"),
        (4, 2): Cell("lukou-2023"),
    }
    sheets = tuple(
        replace(each, cells=cells) if each.title == META_SHEET else each for each in package.sheets
    )
    strange: Package = replace(package, sheets=sheets)

    assert meta(strange) == {"True": "", "template": ""}
    with pytest.raises(RefusedError) as caught:
        identify(strange, catalog)
    assert caught.value.event == "file.not_ours"
    given: Template = identify(strange, catalog, "lukou-2023")
    assert given.id == "lukou-2023"


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), ("产出\n指标\u3000（50 分）", "产出指标（50分）"), (True, "True"), ("", "")],
)
def test_a_label_is_compared_without_blanks(value: str | bool | None, text: str) -> None:
    assert label_text(Cell(value)) == text
    assert label_text(None) == ""
