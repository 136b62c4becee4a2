"""The error workbook: complete, safe whatever came back, right to the last formula, whole or not there at all."""

from __future__ import annotations

import json
import random
import re
import zipfile
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from office import cached_values, formulas, load, recalculate, recalculated_values, require_office
from test_summary import SEEDS, finding, returned, score, seed_result

from workbook import output, report, rollup, sheetwriter
from workbook.catalog import load_catalog
from workbook.model import Catalog, Severity
from workbook.report import ReportError, as_record, write_findings, write_report
from workbook.result import FileResult, Outcome
from workbook.sheetwriter import FIRST_ROW, line_count, row_height
from workbook.submission import Finding
from workbook.texts import say

NOW = datetime(2024, 4, 2, 10, 15)
SHEETS = [
    say(f"report.sheet.{name}") for name in ("overview", "findings", "units", "projects", "rules", "files")
]
OVERVIEW, FINDINGS, UNITS, PROJECTS, RULES, FILES = SHEETS
HEADER = FIRST_ROW
DANGEROUS = [
    "=cmd|'x'!A1",
    "{=1+1}",
    "+1+1",
    "@SUM(1)",
    "-2+3",
    "http://example.com/" + "a" * 3000,
    "mailto:a@example.com",
    "internal:Sheet1!A1",
    "external:c:\\x.xlsx",
    "007",
    "1e999",
    " \u3000两端有空格 ",
    "<v>&amp;\"'",
    "😀𠀀",
]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="module")
def place(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[FileResult]]:
    """The error workbook of the seeds, which lie as files beside the folder of results."""
    folder = tmp_path_factory.mktemp("batch")
    results = []
    for template in SEEDS:
        result = seed_result(catalog, template)
        path = folder / "回收 文件" / result.file
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
        results.append(replace(result, path=str(path)))
    results.append(
        FileResult("旧.doc", "旧.doc", Outcome.REFUSED, unit="示例单位", reason="收到的是 Word 文件")
    )
    results.append(FileResult("~$a.xlsx", "~$a.xlsx", Outcome.IGNORED, reason="临时文件"))
    (folder / "审核结果").mkdir()
    return write_report(results, catalog, folder / "审核结果", now=NOW), results


def column(sheet: openpyxl.worksheet.worksheet.Worksheet, number: int) -> list[object]:
    """A table's cells in one column, from its first row to the end of its filter."""
    last = int(re.findall(r"\d+", sheet.auto_filter.ref)[-1])
    return [sheet.cell(row, number).value for row in range(FIRST_ROW + 1, last + 1)]


def write(results: list[FileResult], catalog: Catalog, folder: Path) -> openpyxl.Workbook:
    return load(write_report(results, catalog, folder, now=NOW))


# ------------------------------------------------------------------------------ what it holds


def test_sheets_headings_and_print(place: tuple[Path, list[FileResult]]) -> None:
    book = load(place[0])
    assert book.sheetnames == SHEETS
    for name, sheet in zip(
        ("findings", "units", "projects", "rules", "files"), book.worksheets[1:], strict=True
    ):
        titles = say(f"report.{name}.columns").split("|")
        assert [sheet.cell(HEADER, number).value for number in range(1, len(titles) + 1)] == titles
        assert sheet.auto_filter.ref.startswith(f"A{HEADER}:")
        assert sheet.freeze_panes == f"A{HEADER + 1}"
        assert sheet.print_title_rows == f"${HEADER}:${HEADER}"
        assert sheet.cell(HEADER, 1).fill.start_color.rgb == "FFDDEBF7"
        assert sheet.cell(2, len(titles)).hyperlink.location == f"'{OVERVIEW}'!A1"
    for sheet in book.worksheets:
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        assert (sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.page_setup.fitToWidth) in (
            (True, 1),
            (True, None),
        )
        assert "&P" in sheet.oddFooter.center.text
        fonts = {(cell.font.name, cell.font.scheme) for row in sheet.iter_rows() for cell in row}
        assert fonts == {("宋体", None)}


def test_one_line_a_finding(place: tuple[Path, list[FileResult]]) -> None:
    path, results = place
    found = [each for result in results for each in result.findings]
    sheet = load(path)[FINDINGS]
    assert column(sheet, 1) == list(range(1, len(found) + 1))
    assert sorted(column(sheet, 9)) == sorted(each.message for each in found)
    assert column(sheet, 15) == [None] * len(found)
    waits = [value == say("report.waiting") for value in column(sheet, 11)]
    assert sum(waits) == sum(1 for each in found if each.because_of)
    words = [value == say("report.level.unchecked") for value in column(sheet, 5)]
    assert words == waits, "what could not be checked is called so, and is no notice"
    units = column(sheet, 3)
    for unit in set(units):
        own = [waiting for waiting, each in zip(waits, units, strict=True) if each == unit]
        assert own == sorted(own), "what waits stands after what was found"
    (offered,) = sheet.data_validations.dataValidation
    assert offered.formula1 == '"已改正,说明属实,仍有误"'
    assert str(offered.sqref) == f"O{FIRST_ROW + 1}:O{FIRST_ROW + len(found)}"


def test_the_difference_is_that_of_numbers_only(place: tuple[Path, list[FileResult]]) -> None:
    sheet = load(place[0])[FINDINGS]
    rows = zip(column(sheet, 6), column(sheet, 10), column(sheet, 11), column(sheet, 12), strict=True)
    shown = [row for row in rows if row[3] is not None]
    assert shown == [("WEIGHT02", "109.97", "100", 9.97), ("SCORE08", "96.87", "104.31", -7.44)]


@pytest.mark.parametrize(
    ("actual", "expected", "difference"),
    [
        ("74.37%", "100%", Decimal("-0.2563")),
        ("80", "79.988524", Decimal("0.011476")),
        ("80", "80%", None),
        ("3,20.6", "3", None),
        ("80", "≤80", None),
        ("٣", "3", None),
        (None, "3", None),
    ],
)
def test_differences(actual: str | None, expected: str, difference: Decimal | None) -> None:
    assert report._difference(finding(actual=actual, expected=expected))[0] == difference


def test_places_lead_into_the_returned_files(place: tuple[Path, list[FileResult]]) -> None:
    sheet = load(place[0])[FINDINGS]
    for row in range(FIRST_ROW + 1, FIRST_ROW + 1 + len(column(sheet, 1))):
        cell = sheet.cell(row, 7)
        target = cell.hyperlink.target.replace("\\", "/").replace("%20", " ")
        assert (place[0].parent / target).resolve().is_file()
        assert cell.hyperlink.location.endswith(f"'!{cell.value}")


@pytest.mark.parametrize(
    ("file", "sheet", "cell", "linked"),
    [
        ("甲（终版）.xlsx", "整体自评表", "C7", True),
        ("甲#乙.xlsx", "整体自评表", "C7", False),
        ("100%.xlsx", "整体自评表", "C7", False),
        ("a'b.xlsx", "整体自评表", "C7", False),
        ("甲.xlsx", "x'!A1 http://", "C7", False),
        ("甲.xlsx", "../a", "C7", False),
        ("甲.xlsx", "", "", False),
        ("甲.xlsx", "整体自评表", "C7:D9", False),
    ],
)
def test_only_harmless_names_become_links(
    catalog: Catalog, tmp_path: Path, file: str, sheet: str, cell: str, linked: bool
) -> None:
    path = tmp_path / file
    path.write_bytes(b"x")
    result = returned(file, "甲", finding(sheet=sheet, cell=cell), path=str(path))
    shown = write([result], catalog, tmp_path)[FINDINGS].cell(FIRST_ROW + 1, 7)
    assert (shown.value or "") == cell
    assert (shown.hyperlink is not None) is linked


def test_a_file_that_is_not_there_gets_no_link(catalog: Catalog, tmp_path: Path) -> None:
    sheet = write([returned("压缩包.zip/甲.xlsx", "甲", finding())], catalog, tmp_path)[FINDINGS]
    assert sheet.cell(FIRST_ROW + 1, 7).hyperlink is None


def test_files_not_checked_are_listed_with_their_reason(place: tuple[Path, list[FileResult]]) -> None:
    book = load(place[0])
    assert column(book[FILES], 4) == ["旧.doc", "~$a.xlsx"]
    assert column(book[FILES], 5) == ["收到的是 Word 文件", "临时文件"]
    assert column(book[UNITS], 1) == [1, 2, 3]
    assert say("report.state.unread") in column(load(place[0], data_only=True)[UNITS], 14)


@pytest.mark.parametrize(
    ("results", "sentence"),
    [
        ([], "没有可审核的文件。"),
        ([FileResult("a", "a", Outcome.REFUSED)], "收到的 1 个文件都未能审核，原因见“未报与异常文件”。"),
        ([returned("a.xlsx", "甲")], "已审核 1 个文件、1 个单位，全部通过，没有须修改的问题。"),
        (
            [
                returned("a.xlsx", "甲", finding(), finding()),
                returned("b.xlsx", "乙"),
                FileResult("c", "c", Outcome.REFUSED),
            ],
            "已审核 2 个文件、2 个单位；1 个单位须退回修改，共 2 条错误；1 个单位通过；"
            "另有 1 个文件未能审核，见“未报与异常文件”。",
        ),
        (
            [returned("a.xlsx", "甲"), FileResult("c", "c", Outcome.REFUSED, findings=(finding(),))],
            "已审核 1 个文件、1 个单位，全部通过，没有须修改的问题；另有 1 个文件未能审核，见“未报与异常文件”。",
        ),
    ],
)
def test_one_sentence_says_it_all(
    catalog: Catalog, tmp_path: Path, results: list[FileResult], sentence: str
) -> None:
    assert write(results, catalog, tmp_path)[OVERVIEW]["A2"].value == sentence


def test_levels_and_numbers_agree_in_every_sheet(catalog: Catalog, tmp_path: Path) -> None:
    """What a filter of the list leaves is what the units, the rules and the overview count."""
    unread = FileResult("c.doc", "c.doc", Outcome.REFUSED, findings=(finding(code="FILE11", cell=""),))
    waits = finding(Severity.NOTICE, "FUND01", because_of=("X@a!A1",))
    found = [*[finding()] * 3, *[finding(Severity.WARNING)] * 2, finding(Severity.NOTICE), *[waits] * 4]
    path = write_report([returned("a.xlsx", "甲", *found), unread], catalog, tmp_path, now=NOW)
    book, shown = load(path), load(path, data_only=True)
    levels = Counter(column(book[FINDINGS], 5))
    words = ["错误", "核实", "提示", "未核对", "未能审核"]
    assert [levels[word] for word in words] == [3, 2, 1, 4, 1]
    last = FIRST_ROW + 3
    assert [shown[UNITS].cell(last, number).value for number in range(4, 10)] == [1, 1, 3, 2, 1, 4]
    assert [shown[UNITS].cell(last - 1, number).value for number in (5, 6, 14)] == [1, 0, "未能审核"]
    rules = book[RULES]
    counted = Counter(dict.fromkeys(words, 0))
    for word, count, waiting in zip(column(rules, 2), column(rules, 4), column(rules, 5), strict=True):
        counted[word] += count
        counted["未核对"] += waiting
    assert counted == levels
    overview = [cell.value for row in book[OVERVIEW].iter_rows() for cell in row]
    tiles = say("report.overview.tiles").split("|")
    figures = [cell.value for cell in book[OVERVIEW][5] if cell.value is not None]
    assert dict(zip(tiles, figures, strict=True))["错误（条）"] == 3
    assert catalog.rules["FORM02"].title in overview
    assert catalog.rules["FILE11"].title not in overview
    assert "错误 3 条" in book[FINDINGS]["A2"].value
    assert "未能审核的文件 1 个" in book[FINDINGS]["A2"].value


def test_a_filed_total_stands_beside_the_recomputed_one(catalog: Catalog, tmp_path: Path) -> None:
    marks = (
        score("96.87", "优", total="104.31"),
        score("90", "优", total="90.01"),
        score(None, "", total="88"),
        score("95", "优"),
    )
    differs, wrong = "填报与复算不一致", finding(form="项目自评表")
    remarks = [differs, "", "得分未填或看不懂，请人工看", "", f"{differs}；有错误，待更正"]
    for number, (mark, found) in enumerate([*zip(marks, [()] * 4, strict=True), (marks[0], (wrong,))]):
        folder = tmp_path / str(number)
        folder.mkdir()
        sheet = write([returned("a.xlsx", "甲", *found, scores=(mark,))], catalog, folder)[PROJECTS]
        row = [cell.value for cell in sheet[FIRST_ROW + 1]]
        assert row[6:9] == [mark.filed and float(mark.filed), float(mark.total), None]
        assert row[9] == '=IF(AND(ISNUMBER(G4),ISNUMBER(I4)),ROUND(I4-G4,2),"")'
        assert row[10] == mark.grade
        assert (row[11] or "") == remarks[number]
        assert sheet.cell(FIRST_ROW + 1, 9).fill.start_color.rgb == "FFFFF9E3"


# ------------------------------------------------------------------------------ formulas


def test_cached_values_are_what_a_recalculation_gives(
    place: tuple[Path, list[FileResult]], catalog: Catalog, tmp_path: Path
) -> None:
    """Also for names that a condition would take for a pattern, a comparison, a number or a date."""
    require_office()
    names = [
        "甲*",
        "甲乙",
        "?",
        "1",
        "01",
        ">5",
        "=cmd|'x'!A1",
        "2023-1-1",
        "TRUE",
        "丙~",
        '丁"单位',
        "长" * 300,
    ]
    waits = finding(Severity.NOTICE, because_of=("X@a!A1",))
    results = [
        returned(
            f"{number}.xlsx",
            name,
            *[finding()] * number,
            finding(Severity.NOTICE),
            waits,
            scores=(score("90", "优", name=name),),
        )
        for number, name in enumerate(names, 1)
    ]
    odd = write_report(results, catalog, tmp_path, now=NOW).rename(tmp_path / "odd.xlsx")
    copies = recalculate([place[0], odd], tmp_path / "office")
    for path, copy in copies.items():
        cached, right = cached_values(path), recalculated_values(copy)
        places = [(sheet, cell) for sheet, cells in formulas(path).items() for cell in cells]
        assert len([place for place in places if place[0] == UNITS]) > 10
        assert {each: cached[each[0]][each[1]] for each in places} == {
            each: right[each[0]][each[1]] for each in places
        }


def test_the_bureaus_own_scores_flow_into_the_units(
    place: tuple[Path, list[FileResult]], tmp_path: Path
) -> None:
    require_office()
    book = load(place[0])
    book[PROJECTS]["I4"], book[FINDINGS]["E4"] = 90, say("severity.warning")
    book.save(tmp_path / "a.xlsx")
    (copy,) = recalculate([tmp_path / "a.xlsx"], tmp_path / "office").values()
    right, before = recalculated_values(copy), cached_values(place[0])
    assert (right[PROJECTS]["J4"], right[UNITS]["M4"]) == (-9, 90)
    assert right[UNITS]["F4"] == before[UNITS]["F4"] - 1
    assert right[UNITS]["G4"] == before[UNITS]["G4"] + 1


# ------------------------------------------------------------------------------ whatever came back


def hostile(text: str) -> FileResult:
    each = Finding("FORM02", Severity.ERROR, text, text, text, text, text, text, text, text, text, text, text)
    scores = (score("1", text, name=text), score("1", text, repeated=False))
    return FileResult(text, text, Outcome.CHECKED, text, 2023, text, text, (each,), scores)


@pytest.mark.parametrize("text", DANGEROUS)
def test_what_came_back_stays_text(catalog: Catalog, tmp_path: Path, text: str) -> None:
    refused = FileResult(text, text, Outcome.REFUSED, unit=text, reason=text)
    path = write_report([hostile(text), refused], catalog, tmp_path, now=NOW)
    book = load(path)
    row = [cell.value for cell in book[FINDINGS][FIRST_ROW + 1]]
    assert [row[number] for number in (3, 6, 7, 8, 9, 10, 12)] == [text] * 7
    assert all(
        book[FINDINGS][FIRST_ROW + 1][number].data_type == "s" for number in (2, 3, 6, 7, 8, 9, 10, 12)
    )
    assert book[PROJECTS]["C4"].value == text
    own = ("COUNTIFS", "SUMPRODUCT", "SUM", "IF", "IFERROR", "ROUND", "AVERAGEIFS", "AND", "ISNUMBER")
    for cells in formulas(path).values():
        for formula in cells.values():
            assert set(re.findall(r"[A-Z]+(?=\()", formula)) <= set(own)
            assert "cmd" not in formula
    with zipfile.ZipFile(path) as parts:
        assert not [name for name in parts.namelist() if "externalLink" in name or "vba" in name]
        assert b"External" not in b"".join(parts.read(n) for n in parts.namelist() if n.endswith(".rels"))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\ud800b", "a\\ud800b"),
        ("a\x00\x1b\ufffeb", "a\ufffd\ufffd\ufffdb"),
        ("a\r\nb\rc\td", "a\nb\nc\td"),
    ],
)
def test_what_no_cell_may_hold_is_spelled_out(catalog: Catalog, tmp_path: Path, text: str, kept: str) -> None:
    book = write([hostile(text)], catalog, tmp_path)
    assert book[FINDINGS].cell(FIRST_ROW + 1, 9).value == kept
    write_findings([hostile(text)], tmp_path)
    (line,) = (tmp_path / "findings.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["message"] == text


def test_a_text_that_looks_like_an_escape_stays_what_it_is(catalog: Catalog, tmp_path: Path) -> None:
    path = write_report([hostile("_x000D_")], catalog, tmp_path, now=NOW)
    with zipfile.ZipFile(path) as parts:
        assert b"<t>_x005F_x000D_</t>" in parts.read("xl/sharedStrings.xml")


@pytest.mark.parametrize("character", ["长", "𠀀", "\n", "a"])
def test_a_text_too_long_for_a_cell_is_cut_with_a_mark(
    catalog: Catalog, tmp_path: Path, character: str
) -> None:
    book = write([hostile(character * 40_000)], catalog, tmp_path)
    value = book[FINDINGS].cell(FIRST_ROW + 1, 9).value
    assert value.endswith(say("report.cut", length=40_000))
    assert len(value.encode("utf-16-le")) // 2 in (32_767, 32_766)
    assert book[FINDINGS].row_dimensions[FIRST_ROW + 1].height == 408.75, "409 in whole pixels"


# ------------------------------------------------------------------------------ whole or not at all


def test_same_results_same_bytes(
    catalog: Catalog, tmp_path: Path, place: tuple[Path, list[FileResult]]
) -> None:
    results = place[1]
    written = []
    for number in range(3):
        folder = place[0].parent.parent / f"again{number}"
        folder.mkdir()
        shuffled = random.Random(number).sample(results, len(results))
        written.append(write_report(shuffled, catalog, folder, now=NOW).read_bytes())
    assert set(written) == {place[0].read_bytes()}
    assert openpyxl.load_workbook(place[0]).properties.created == NOW


def test_a_time_with_a_zone_is_shown_as_given(catalog: Catalog, tmp_path: Path) -> None:
    path = write_report([], catalog, tmp_path, now=NOW.replace(tzinfo=UTC))
    assert "2024-04-02 10:15" in load(path)[FINDINGS]["A2"].value


@pytest.mark.parametrize("writer", ["report", "findings"])
def test_nothing_is_overwritten(catalog: Catalog, tmp_path: Path, writer: str) -> None:
    name = say("report.file") if writer == "report" else "findings.jsonl"
    (tmp_path / name).write_text("早先的结果", encoding="utf-8")
    with pytest.raises(ReportError, match="已经存在"):
        _ = (
            write_report([], catalog, tmp_path, now=NOW)
            if writer == "report"
            else write_findings([], tmp_path)
        )
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text(encoding="utf-8") == "早先的结果"


def test_a_file_that_appears_meanwhile_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"

    def race() -> None:
        with output.appearing(path) as temporary:
            temporary.write_text("新")
            path.write_text("旧")

    for linkable in (True, False):
        if not linkable:
            monkeypatch.setattr(output.os, "link", refuse)
        with pytest.raises(ReportError, match="已经存在"):
            race()
        assert path.read_text() == "旧"
        assert [each.name for each in tmp_path.iterdir()] == ["a"]
        path.unlink()


def refuse(*_: object) -> None:
    raise PermissionError(1, "not here")


def test_where_there_are_no_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output.os, "link", refuse)
    with output.appearing(tmp_path / "a") as temporary:
        temporary.write_text("新")
    assert (tmp_path / "a").read_text() == "新"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("rows_in_memory", [0, 20_000])
@pytest.mark.parametrize("step", ["write_rules", "write_files"])
def test_failing_half_way_leaves_nothing(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, rows_in_memory: int
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(report, step, fail)
    monkeypatch.setattr(sheetwriter, "ROWS_IN_MEMORY", rows_in_memory)
    with pytest.raises(MemoryError):
        write_report([returned("a.xlsx", "甲", finding())], catalog, tmp_path, now=NOW)
    assert not list(tmp_path.iterdir())


def test_a_cell_that_was_not_written_is_an_error(catalog: Catalog, tmp_path: Path) -> None:
    book = sheetwriter.Book(tmp_path / "a.xlsx", now=NOW, year=None, rows=1)
    sheet = book.sheet("a")
    with pytest.raises(ReportError, match="没有写成"):
        sheet.put(2_000_000, 0, "太远")


def test_a_folder_that_is_a_file(catalog: Catalog, tmp_path: Path) -> None:
    (tmp_path / "文件").write_text("原件", encoding="utf-8")
    with pytest.raises(ReportError, match="写不进去"):
        write_report([], catalog, tmp_path / "文件", now=NOW)


def test_a_folder_that_is_not_there(catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="写不进去"):
        write_report([], catalog, tmp_path / "没有", now=NOW)


# ------------------------------------------------------------------------------ many


def test_more_findings_than_a_sheet_holds_go_on_in_the_next(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_office()
    monkeypatch.setattr(sheetwriter, "TABLE_ROW_LIMIT", 10)
    monkeypatch.setattr(sheetwriter, "ROWS_IN_MEMORY", 20)
    results = [
        returned(f"{n}.xlsx", name, *[finding()] * 5) for n, name in enumerate(["甲", "乙", "1", "丁", "戊"])
    ]
    path = write_report(results, catalog, tmp_path, now=NOW)
    book = load(path)
    assert book.sheetnames[1:4] == [FINDINGS, f"{FINDINGS}2", f"{FINDINGS}3"]
    assert [len(column(book[name], 1)) for name in book.sheetnames[1:4]] == [10, 10, 5]
    assert book[f"{FINDINGS}3"].cell(FIRST_ROW + 5, 1).value == 25
    assert book[UNITS].cell(FIRST_ROW + 5, 1).hyperlink.location == f"'{FINDINGS}3'!A{FIRST_ROW + 1}"
    (copy,) = recalculate([path], tmp_path / "office").values()
    right, cached = recalculated_values(copy)[UNITS], cached_values(path)[UNITS]
    assert [right[f"F{FIRST_ROW + n}"] for n in range(1, 7)] == [5, 5, 5, 5, 5, 25]
    assert {cell: cached[cell] for cell in formulas(path)[UNITS]} == {
        cell: right[cell] for cell in formulas(path)[UNITS]
    }


def test_counts_are_plain_numbers_where_formulas_would_take_minutes(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollup, "LIVE_LIMIT", 1)
    results = [returned(f"{name}.xlsx", name, finding()) for name in "甲乙"]
    sheet = write(results, catalog, tmp_path)[UNITS]
    assert [sheet.cell(FIRST_ROW + 1, number).value for number in (6, 7, 8, 9, 13)] == [1, 0, 0, 0, None]
    assert say("report.units.second_fixed") in sheet["A2"].value


def test_links_end_where_a_sheet_takes_no_more(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheetwriter, "LINK_LIMIT", 3)
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"x")
    sheet = write([returned("a.xlsx", "甲", *[finding()] * 5, path=str(path))], catalog, tmp_path)[FINDINGS]
    cells = [sheet.cell(FIRST_ROW + number, 7) for number in range(1, 6)]
    assert [cell.value for cell in cells] == ["C7"] * 5
    assert [cell.hyperlink is not None for cell in cells] == [True, True, False, False, False]


def test_thousands_of_findings_from_disk_and_from_memory_are_the_same(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = [returned(f"{n}.xlsx", f"示例单位{n}", *[finding(actual=str(n))] * 10) for n in range(200)]
    results += map(hostile, [*DANGEROUS, "\ud800\x00"])
    values = []
    for limit in (0, 10**6):
        monkeypatch.setattr(sheetwriter, "ROWS_IN_MEMORY", limit)
        folder = tmp_path / str(limit)
        folder.mkdir()
        path = write_report(results, catalog, folder, now=NOW)
        values.append(cached_values(path))
        assert len(column(load(path)[FINDINGS], 1)) == 2001 + len(DANGEROUS)
    assert values[0] == values[1]


# ------------------------------------------------------------------------------ findings for programs


def test_findings_as_lines_of_json(place: tuple[Path, list[FileResult]], tmp_path: Path) -> None:
    path = write_findings(place[1], tmp_path)
    found = [each for result in place[1] for each in result.findings]
    lines = path.read_text(encoding="utf-8").split("\n")
    assert [json.loads(line) for line in lines[:-1]] == [as_record(each) for each in found]
    assert lines[-1] == ""
    keys = "code severity file unit form sheet cell label expected actual message fix basis because_of"
    assert " ".join(json.loads(lines[0])) == keys


# ------------------------------------------------------------------------------ heights


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 10, 1),
        ("一二三四", 9, 1),
        ("一二三四五", 9, 2),
        ("一\n二\n", 9, 3),
        ("数 79.98852.24", 14, 2),
        ("a" * 100, 11, 10),
    ],
)
def test_lines_of_a_text(text: str, width: float, lines: int) -> None:
    assert line_count(text, width) == lines


def test_rows_are_never_higher_than_excel_allows() -> None:
    assert row_height(1) == 20
    assert row_height(10_000) == 409
