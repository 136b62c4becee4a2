"""What an untrusted workbook file yields, and by which name each bad one is refused."""

from __future__ import annotations

import ast
import os
import re
import struct
import warnings
import zipfile
from collections.abc import Mapping
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from workbook import cells as cells_module
from workbook import container, markup, package, reference, signature
from workbook.excel import DIV0, ExcelError
from workbook.package import (
    CAUSES,
    PROBLEMS,
    Cell,
    Limits,
    Package,
    PackageError,
    Sheet,
    parse_reference,
    read_package,
)

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_RELATIONS = "http://purl.oclc.org/ooxml/officeDocument/relationships"
HEADER = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'

Parts = Mapping[str, str | bytes]


# ---- Building inputs --------------------------------------------------------------------------------------


def relationships(*links: tuple[str, str, str], kinds: str = RELATIONS) -> str:
    """A relationship part: identifier, kind and target of each link."""
    body = "".join(f'<Relationship Id="{i}" Type="{kinds}/{kind}" Target="{t}"/>' for i, kind, t in links)
    return f'{HEADER}<Relationships xmlns="urn:package">{body}</Relationships>'


def sheet_xml(rows: str = "", after: str = "", before: str = "") -> str:
    return f'{HEADER}<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


def workbook_xml(sheets: str = '<sheet name="Sheet1" sheetId="1" r:id="r1"/>', after: str = "") -> str:
    return (
        f'{HEADER}<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>{sheets}</sheets>{after}</workbook>'
    )


def strings_xml(*items: str) -> str:
    return f'<sst xmlns="{MAIN}">' + "".join(f"<si>{item}</si>" for item in items) + "</sst>"


BOOK_LINKS = (
    ("r1", "worksheet", "worksheets/sheet1.xml"),
    ("r8", "sharedStrings", "sharedStrings.xml"),
    ("r9", "styles", "styles.xml"),
)


def parts_of(rows: str = "", **changes: str | bytes) -> dict[str, str | bytes]:
    """The parts of a small workbook with these rows; a change names the part by a keyword."""
    parts: dict[str, str | bytes] = {
        "_rels/.rels": relationships(("r1", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": workbook_xml(),
        "xl/_rels/workbook.xml.rels": relationships(*BOOK_LINKS),
        "xl/worksheets/sheet1.xml": sheet_xml(rows),
    }
    names = {"book": "xl/workbook.xml", "links": "xl/_rels/workbook.xml.rels", "top": "_rels/.rels"}
    names |= {
        "sheet": "xl/worksheets/sheet1.xml",
        "strings": "xl/sharedStrings.xml",
        "styles": "xl/styles.xml",
    }
    return parts | {names[key]: text for key, text in changes.items()}


def zipped(parts: Parts, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def saved(folder: Path, data: bytes) -> Path:
    path = folder / "returned.xlsx"
    path.write_bytes(data)
    return path


def read(folder: Path, parts: Parts, limits: Limits | None = None) -> Package:
    return read_package(saved(folder, zipped(parts)), limits or Limits())


def cells(folder: Path, rows: str, **changes: str | bytes) -> dict[tuple[int, int], Cell]:
    return dict(read(folder, parts_of(rows, **changes)).sheets[0].cells)


def one(folder: Path, cell: str, **changes: str | bytes) -> Cell:
    """The only cell of a sheet."""
    found = cells(folder, f'<row r="1">{cell}</row>', **changes)
    assert len(found) == 1
    return found[1, 1]


def refusal(path: Path, limits: Limits | None = None) -> str:
    with pytest.raises(PackageError) as caught:
        read_package(path, limits or Limits())
    assert caught.value.detail.isascii()
    return caught.value.cause


# ---- Values -----------------------------------------------------------------------------------------------


def test_a_number_becomes_a_decimal_without_binary_tail(tmp_path: Path) -> None:
    assert one(tmp_path, '<c r="A1"><v>0.30000000000000004</v></c>').value == Decimal("0.3")
    assert one(tmp_path, '<c r="A1"><v>1E-7</v></c>').value == Decimal("0.0000001")
    assert one(tmp_path, '<c r="A1" t="n"><v> -12.50 </v></c>').value == Decimal("-12.5")


@pytest.mark.parametrize(
    "text", ["abc", "NaN", "INF", "1,234", "1_000", "１２", "1e999", "0x10", "٣", "1" * 50 + "x"]
)
def test_what_is_no_number_is_kept_as_text_and_marked(tmp_path: Path, text: str) -> None:
    cell = one(tmp_path, f'<c r="A1"><v>{text}</v></c>')

    assert (text, "BAD_NUMBER") == (cell.value, cell.problem)


def test_shared_strings_are_looked_up(tmp_path: Path) -> None:
    rows = '<row><c t="s"><v>1</v></c><c t="s"><v>0</v></c></row>'

    found = cells(tmp_path, rows, strings=strings_xml("<t>first</t>", "<t> second </t>"))

    assert {place: cell.value for place, cell in found.items()} == {(1, 1): " second ", (1, 2): "first"}


@pytest.mark.parametrize("index", ["7", "-1", "abc", "1.5", "99999999999"])
def test_a_wrong_string_index_is_a_problem_of_the_cell_alone(tmp_path: Path, index: str) -> None:
    cell = one(tmp_path, f'<c r="A1" t="s"><v>{index}</v></c>', strings=strings_xml("<t>only</t>"))

    assert Cell(None, None, "General", "BAD_STRING_INDEX") == cell


def test_rich_text_is_joined_without_the_phonetic_runs(tmp_path: Path) -> None:
    rich = '<r><t>一</t></r><rPh sb="0" eb="1"><t>yi</t></rPh><r><t xml:space="preserve"> 二</t></r>'

    shared = one(tmp_path, '<c r="A1" t="s"><v>0</v></c>', strings=strings_xml(rich))
    inline = one(tmp_path, f'<c r="A1" t="inlineStr"><is>{rich}</is></c>')

    assert "一 二" == shared.value == inline.value


def test_an_inline_string_may_also_stand_where_values_stand(tmp_path: Path) -> None:
    assert one(tmp_path, '<c r="A1" t="inlineStr"><v>text</v></c>').value == "text"


def test_characters_xml_cannot_hold_are_put_back_and_half_surrogates_are_not(tmp_path: Path) -> None:
    cell = one(tmp_path, '<c r="A1" t="str"><v>a_x000D__x005F_b_xD83D_</v></c>')

    assert cell.value == "a\r_b_xD83D_"


def test_booleans_and_errors_are_values_of_their_own(tmp_path: Path) -> None:
    rows = '<row><c t="b"><v>1</v></c><c t="b"><v>false</v></c><c t="e"><v>#DIV/0!</v></c></row>'

    assert [cell.value for cell in cells(tmp_path, rows).values()] == [True, False, DIV0]
    assert one(tmp_path, '<c r="A1" t="e"><v>#SPILL!</v></c>').value == ExcelError("#SPILL!")
    assert one(tmp_path, '<c r="A1" t="b"><v>2</v></c>') == Cell("2", problem="BAD_BOOLEAN")


def test_an_unknown_type_of_cell_is_marked(tmp_path: Path) -> None:
    assert one(tmp_path, '<c r="A1" t="zzz"><v>1</v></c>') == Cell("1", problem="BAD_TYPE")


@pytest.mark.parametrize(
    ("text", "serial"),
    [
        ("1900-01-01", "1"),
        ("1900-02-28", "59"),
        ("1900-03-01", "61"),
        ("2024-12-31", "45657"),
        ("2024-12-31T12:00:00.000", "45657.5"),
        ("2024-12-31T06:00:00.0000000000001Z", "45657.25"),
        ("18:00:00", "0.75"),
        ("PT36H0M0.000S", "1.5"),
    ],
)
def test_an_iso_date_becomes_the_serial_number_it_stands_for(tmp_path: Path, text: str, serial: str) -> None:
    assert one(tmp_path, f'<c r="A1" t="d"><v>{text}</v></c>') == Cell(Decimal(serial))


def test_an_iso_date_counts_from_1904_where_the_workbook_does(tmp_path: Path) -> None:
    book = workbook_xml(after='<workbookPr date1904="true"/>')

    cell = one(tmp_path, '<c r="A1" t="d"><v>1904-01-02</v></c>', book=book)

    assert cell.value == Decimal(1)


@pytest.mark.parametrize("text", ["2024-13-01", "31.12.2024", "1899-01-01", "2024-12-31T", "x"])
def test_an_impossible_iso_date_is_marked(tmp_path: Path, text: str) -> None:
    assert one(tmp_path, f'<c r="A1" t="d"><v>{text}</v></c>') == Cell(text, problem="BAD_DATE")


def test_empty_cells_are_not_kept_and_empty_texts_are(tmp_path: Path) -> None:
    rows = '<row><c s="1"/><c><v></v></c><c t="str"><v></v></c><c><f>A1</f></c></row>'

    assert {(1, 3): Cell(""), (1, 4): Cell(None, "A1")} == cells(tmp_path, rows)


# ---- Places -----------------------------------------------------------------------------------------------


def test_cells_and_rows_without_addresses_are_counted(tmp_path: Path) -> None:
    rows = '<row><c><v>1</v></c><c r="D1"><v>2</v></c><c><v>3</v></c></row><row r="7"/><row><c><v>4</v></c></row>'

    assert list(cells(tmp_path, rows)) == [(1, 1), (1, 4), (1, 5), (8, 1)]


def test_rows_out_of_order_and_small_letters_are_read(tmp_path: Path) -> None:
    rows = '<row r="9"><c r="b9"><v>1</v></c></row><row r="2"><c r="C2"><v>2</v></c></row>'

    assert {(9, 2), (2, 3)} == set(cells(tmp_path, rows))


def test_the_recorded_dimension_is_not_believed(tmp_path: Path) -> None:
    rows = '<row r="1"><c r="A1"><v>1</v></c><c r="C1"><v>2</v></c></row>'
    for dimension in ("A1", "A1:XFD1048576", "nonsense"):
        text = sheet_xml(rows, before=f'<dimension ref="{dimension}"/>')
        assert len(cells(tmp_path, "", sheet=text)) == 2


def test_the_last_cell_of_a_sheet_costs_no_more_than_the_first(tmp_path: Path) -> None:
    rows = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'

    assert list(cells(tmp_path, rows)) == [(1_048_576, 16_384)]


def test_a_cell_written_twice_is_marked(tmp_path: Path) -> None:
    cell = one(tmp_path, '<c r="A1"><v>1</v></c><c r="A1"><v>2</v></c>')

    assert Cell(Decimal(2), problem="DUPLICATE_CELL") == cell


def test_values_under_a_merge_are_kept(tmp_path: Path) -> None:
    rows = '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>4</v></c></row>'
    merged = '<mergeCells><mergeCell ref="A1:B1"/><mergeCell ref="C:D"/><mergeCell ref="3:2"/></mergeCells>'

    sheet = read(tmp_path, parts_of(sheet=sheet_xml(rows, after=merged))).sheets[0]

    assert Decimal(4) == sheet.cells[1, 2].value
    assert sheet.merged == ((1, 1, 1, 2), (1, 3, 1_048_576, 4), (2, 1, 3, 16_384))


def test_hidden_rows_hidden_columns_and_protection_are_seen(tmp_path: Path) -> None:
    text = sheet_xml(
        '<row r="3" hidden="1"/><row hidden="true"/><row hidden="0"/>',
        before='<cols><col min="2" max="4" hidden="1"/><col min="5" max="5"/></cols>',
        after='<sheetProtection sheet="1"/>',
    )

    sheet = read(tmp_path, parts_of(sheet=text)).sheets[0]

    assert (frozenset({3, 4}), ((2, 4),), True) == (sheet.hidden_rows, sheet.hidden_columns, sheet.protected)
    assert not read(tmp_path, parts_of()).sheets[0].protected


# ---- Formulas ---------------------------------------------------------------------------------------------


def test_a_formula_keeps_its_cached_result_beside_it(tmp_path: Path) -> None:
    assert one(tmp_path, '<c r="A1"><f>SUM(B1:B3)</f><v>6</v></c>') == Cell(Decimal(6), "SUM(B1:B3)")
    assert one(tmp_path, '<c r="A1" t="str"><f>=B1</f><v></v></c>') == Cell("", "B1")
    assert one(tmp_path, '<c r="A1"><f/><v>6</v></c>') == Cell(Decimal(6))


def test_array_formulas_and_data_tables_are_formulas(tmp_path: Path) -> None:
    array = one(tmp_path, '<c r="A1"><f t="array" ref="A1:A3">B1:B3*2</f><v>6</v></c>')
    table = one(tmp_path, '<c r="A1"><f t="dataTable" ref="A1:A3" r1="D1"/><v>6</v></c>')

    assert (array.formula, table.formula) == ("B1:B3*2", "TABLE(D1,)")


@pytest.mark.parametrize(
    ("master", "copy"),
    [
        ("B1*2", "C3*2"),
        ("$B1+B$1+$B$1", "$B3+C$1+$B$1"),
        ("SUM(b1:C2)", "SUM(C3:D4)"),
        ("SUM(A:A,$A:B,1:1,$1:2)", "SUM(B:B,$A:C,3:3,$1:4)"),
        ('A1&"A1"&"""A1"', 'B3&"A1"&"""A1"'),
        ("'A1 sheet'!A1+'It''s A1'!A1+Sheet1!A1", "'A1 sheet'!B3+'It''s A1'!B3+Sheet1!B3"),
        ("绩效表!A1+[1]Sheet1!A1", "绩效表!B3+[1]Sheet1!B3"),
        ("LOG10(A1)+A1B+x.A1+_A1+ABCD1+XFE1", "LOG10(B3)+A1B+x.A1+_A1+ABCD1+XFE1"),
        ("Table1[[#This Row],[A1]]+A1", "Table1[[#This Row],[A1]]+B3"),
        ("XFD1+A1048575", "#REF!+#REF!"),
        ("A1#+1E5", "B3#+1E5"),
    ],
)
def test_a_shared_formula_is_written_out_for_each_cell(tmp_path: Path, master: str, copy: str) -> None:
    rows = (
        f'<row r="1"><c r="A1"><f t="shared" ref="A1:B3" si="0">{master}</f></c></row>'
        '<row r="3"><c r="B3"><f t="shared" si="0"/></c></row>'
    )

    found = cells(tmp_path, rows.replace("&", "&amp;"))

    assert (master, copy) == (found[1, 1].formula, found[3, 2].formula)


def test_a_shared_formula_may_come_after_the_cells_that_share_it(tmp_path: Path) -> None:
    rows = '<row><c><f t="shared" si="3"/><v>7</v></c><c><f t="shared" si="3">B5</f></c></row>'

    assert Cell(Decimal(7), "A5") == cells(tmp_path, rows)[1, 1]


def test_a_shared_formula_that_is_nowhere_is_marked(tmp_path: Path) -> None:
    cell = one(tmp_path, '<c r="A1"><f t="shared" si="3"/><v>7</v></c>')

    assert Cell(Decimal(7), "", problem="BAD_SHARED_FORMULA") == cell


# ---- Number formats ---------------------------------------------------------------------------------------


def styles_xml(formats: str, styles: str) -> str:
    named = '<cellStyleXfs><xf numFmtId="9"/></cellStyleXfs>'
    return f'<styleSheet xmlns="{MAIN}"><numFmts>{formats}</numFmts>{named}<cellXfs>{styles}</cellXfs></styleSheet>'


@pytest.mark.parametrize(
    ("number", "code"),
    [
        *((0, "General"), (1, "0"), (2, "0.00"), (3, "#,##0"), (4, "#,##0.00"), (9, "0%"), (10, "0.00%")),
        *(
            (11, "0.00E+00"),
            (12, "# ?/?"),
            (13, "# ??/??"),
            (14, "mm-dd-yy"),
            (16, "d-mmm"),
            (22, "m/d/yy h:mm"),
        ),
        *((31, "yyyy-mm-dd"), (33, "h:mm:ss"), (40, "#,##0.00_);[Red](#,##0.00)"), (49, "@")),
        *((164, '0.0"x"'), (199, "General")),
    ],
)
def test_the_number_format_of_a_cell_is_found(tmp_path: Path, number: int, code: str) -> None:
    styles = styles_xml(
        '<numFmt numFmtId="164" formatCode="0.0&quot;x&quot;"/>',
        f'<xf numFmtId="0"/><xf numFmtId="{number}"/>',
    )

    assert one(tmp_path, '<c r="A1" s="1"><v>1</v></c>', styles=styles).format == code


@pytest.mark.parametrize("style", ["", "99", "-1", "x"])
def test_a_style_that_does_not_exist_means_general(tmp_path: Path, style: str) -> None:
    styles = styles_xml("", '<xf numFmtId="0"/>')

    assert one(tmp_path, f'<c r="A1" s="{style}"><v>1</v></c>', styles=styles).format == "General"


def test_fallbacks_are_read_and_unknown_alternatives_are_not(tmp_path: Path) -> None:
    namespace = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    choice = '<mc:Choice Requires="x"><xf numFmtId="9"/><xf numFmtId="9"/></mc:Choice>'
    fallback = '<mc:Fallback><xf numFmtId="10"/></mc:Fallback>'
    styles = styles_xml(
        "", f'<mc:AlternateContent xmlns:mc="{namespace}">{choice}{fallback}</mc:AlternateContent>'
    )

    assert one(tmp_path, '<c r="A1" s="0"><v>1</v></c>', styles=styles).format == "0.00%"


# ---- Workbook ---------------------------------------------------------------------------------------------


def two_sheets(first: str = "", second: str = "", after: str = "") -> dict[str, str | bytes]:
    sheets = f'<sheet name="表 一" sheetId="1" r:id="r1" {first}/><sheet name="Two" sheetId="2" r:id="r2" {second}/>'
    links = relationships(*BOOK_LINKS, ("r2", "worksheet", "worksheets/sheet2.xml"))
    parts = parts_of(book=workbook_xml(sheets, after), links=links)
    return parts | {"xl/worksheets/sheet2.xml": sheet_xml("<row><c><v>2</v></c></row>")}


def test_sheets_come_in_order_with_their_state(tmp_path: Path) -> None:
    found = read(tmp_path, two_sheets('state="veryHidden"', 'state="hidden"'))

    assert [(each.title, each.state) for each in found.sheets] == [("表 一", "veryHidden"), ("Two", "hidden")]


def test_a_sheet_is_found_by_its_title_without_regard_to_case(tmp_path: Path) -> None:
    found = read(tmp_path, two_sheets())

    assert found.sheet("two") is found.sheets[1]
    assert found.sheet("Three") is None


def test_defined_names_of_the_workbook_and_of_one_sheet_are_kept_apart(tmp_path: Path) -> None:
    names = (
        "<definedNames><definedName name='total'>'表 一'!$B$2</definedName>"
        "<definedName name='total' localSheetId='1'>Two!$A$1</definedName>"
        "<definedName name='lost' localSheetId='9'>#REF!</definedName></definedNames>"
    )

    found = read(tmp_path, two_sheets(after=names))

    assert dict(found.names) == {"total": "'表 一'!$B$2"}
    assert found.local_names == (("Two", "total", "Two!$A$1"), ("", "lost", "#REF!"))


@pytest.mark.parametrize("kind", ["custom-properties", "customProperties"])
def test_custom_properties_are_read(tmp_path: Path, kind: str) -> None:
    top = relationships(("r1", "officeDocument", "xl/workbook.xml"), ("r2", kind, "docProps/custom.xml"))
    custom = (
        '<Properties xmlns="urn:custom" xmlns:vt="urn:types"><property name="Token"><vt:lpwstr>BP1|x</vt:lpwstr>'
        '</property><property name="n"><vt:i4>7</vt:i4></property></Properties>'
    )

    found = read(tmp_path, parts_of(top=top) | {"docProps/custom.xml": custom})

    assert dict(found.properties) == {"Token": "BP1|x", "n": "7"}


def test_macros_and_external_links_are_seen_and_not_followed(tmp_path: Path) -> None:
    links = relationships(*BOOK_LINKS, ("r3", "externalLink", "externalLinks/externalLink1.xml"))
    risky = read(tmp_path, parts_of(links=links) | {"xl/vbaProject.bin": b"\0not parsed"})
    plain = read(tmp_path, parts_of())

    assert (risky.macros, risky.external_links) == (True, True)
    assert (plain.macros, plain.external_links, plain.date1904) == (False, False, False)


def test_the_collections_cannot_be_changed(tmp_path: Path) -> None:
    found = read(tmp_path, parts_of("<row><c><v>1</v></c></row>"))

    for mapping in (found.names, found.properties, found.sheets[0].cells):
        assert not hasattr(mapping, "__setitem__")


# ---- Parts ------------------------------------------------------------------------------------------------

ROW = '<row r="1"><c r="A1" t="s"><v>0</v></c></row>'
TEXT = strings_xml("<t>text</t>")


def assert_reads_text(found: Package) -> None:
    assert [cell.value for cell in found.sheets[0].cells.values()] == ["text"]


def test_strict_files_are_read(tmp_path: Path) -> None:
    parts = {
        name: str(text).replace(MAIN, STRICT).replace(RELATIONS, STRICT_RELATIONS)
        for name, text in parts_of(ROW, strings=TEXT).items()
    }
    assert STRICT in parts["xl/workbook.xml"]

    assert_reads_text(read(tmp_path, parts))


def test_any_prefix_may_stand_before_the_elements(tmp_path: Path) -> None:
    parts = parts_of(ROW, strings=TEXT)
    for name in ("xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"):
        text = re.sub(r"<(/?)(?=[a-z])", r"<\1q:", str(parts[name]))
        parts[name] = text.replace("xmlns=", "xmlns:q=")

    assert_reads_text(read(tmp_path, parts))


def test_elements_of_extensions_are_not_mistaken_for_cells(tmp_path: Path) -> None:
    extension = '<extLst xmlns:x="urn:x"><ext><x:c r="B2"><x:v>1</x:v></x:c></ext></extLst>'

    found = read(tmp_path, parts_of(sheet=sheet_xml(ROW, after=extension), strings=TEXT))

    assert_reads_text(found)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-8-sig"])
def test_parts_may_be_written_in_other_encodings(tmp_path: Path, encoding: str) -> None:
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    name = "UTF-8" if encoding == "utf-8-sig" else "UTF-16"
    sheet = (mark + sheet_xml(ROW).replace("UTF-8", name)).encode(encoding)

    assert_reads_text(read(tmp_path, parts_of(sheet=sheet, strings=TEXT)))


def test_the_workbook_is_found_through_its_relations_not_by_its_usual_path(tmp_path: Path) -> None:
    parts = {name.replace("xl/", "odd/place/"): text for name, text in parts_of(ROW, strings=TEXT).items()}
    parts["_rels/.rels"] = relationships(("r1", "officeDocument", "odd/place/workbook.xml"))
    parts["xl/workbook.xml"] = workbook_xml("")  # a decoy without sheets

    assert_reads_text(read(tmp_path, parts))


@pytest.mark.parametrize(
    "target",
    [
        "/xl/worksheets/sheet1.xml",
        "WORKSHEETS/Sheet1.XML",
        "worksheets\\sheet1.xml",
        "./x/../worksheets/sheet1.xml",
    ],
)
def test_targets_may_be_absolute_in_capitals_or_with_backslashes(tmp_path: Path, target: str) -> None:
    links = relationships(("r1", "worksheet", target), *BOOK_LINKS[1:])

    assert_reads_text(read(tmp_path, parts_of(ROW, links=links, strings=TEXT)))


def test_part_names_may_have_backslashes_and_capitals(tmp_path: Path) -> None:
    parts = {name.replace("/", "\\").upper(): text for name, text in parts_of(ROW, strings=TEXT).items()}

    assert_reads_text(read(tmp_path, parts))


def test_a_target_may_be_percent_encoded(tmp_path: Path) -> None:
    parts = parts_of(
        links=relationships(("r1", "worksheet", "my%20sheet.xml"), *BOOK_LINKS[1:]), strings=TEXT
    )

    assert_reads_text(read(tmp_path, parts | {"xl/my sheet.xml": sheet_xml(ROW)}))


def test_parts_nobody_needs_are_not_parsed(tmp_path: Path) -> None:
    parts = parts_of(ROW, strings=TEXT) | {"xl/drawings/vmlDrawing1.vml": "<br>", "__MACOSX/._a.xml": b"\0\5"}

    assert_reads_text(read(tmp_path, parts))


def test_a_very_hidden_leftover_without_a_part_is_an_empty_sheet(tmp_path: Path) -> None:
    ghost = (
        '<sheet name="Sheet1" sheetId="1" r:id="r1"/><sheet name=" " sheetId="2" state="veryHidden" r:id=""/>'
    )

    found = read(tmp_path, parts_of(ROW, strings=TEXT, book=workbook_xml(ghost)))

    assert dict(found.sheets[1].cells) == {}


def test_a_chart_sheet_is_a_sheet_without_cells(tmp_path: Path) -> None:
    found = read(tmp_path, parts_of(sheet=f'<chartsheet xmlns="{MAIN}"/>'))

    assert len(found.sheets[0].cells) == 0


# ---- Files of other programs ------------------------------------------------------------------------------


def test_a_form_written_by_xlsxwriter_is_read(tmp_path: Path) -> None:
    path = tmp_path / "form.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("整体自评表")
        sheet.write_string(0, 0, "合计")
        sheet.write_number(0, 1, 0.9999, book.add_format({"num_format": "0.00%"}))
        sheet.write_formula(0, 2, "=B1*2", None, "")
        sheet.protect()
        book.define_name("total", "='整体自评表'!$C$1")
        book.set_custom_property("BPX_Token", "BP1|x")

    found = read_package(path)

    cells_of = found.sheets[0].cells
    assert (Cell("合计"), Cell(Decimal("0.9999"), None, "0.00%")) == (cells_of[1, 1], cells_of[1, 2])
    assert Cell(None, "B1*2") == cells_of[1, 3]  # an empty cached result: never calculated
    assert dict(found.names) == {"total": "'整体自评表'!$C$1"}
    assert dict(found.properties) == {"BPX_Token": "BP1|x"}
    assert found.sheets[0].protected


def test_a_form_written_by_openpyxl_is_read(tmp_path: Path) -> None:
    path = tmp_path / "form.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["B2"], sheet["C3"] = "文字", "=B2"
    sheet.merge_cells("D4:E5")
    sheet.column_dimensions["F"].hidden = True
    book.save(path)

    found = read_package(path).sheets[0]

    assert {(2, 2): Cell("文字"), (3, 3): Cell(None, "B2")} == dict(found.cells)
    assert (found.merged, found.hidden_columns) == (((4, 4, 5, 5),), ((6, 6),))


# ---- Refusals ---------------------------------------------------------------------------------------------


def ole(*names: str, stream: bytes = b"", size: int = 4096) -> bytes:
    """A compound file: header, one directory sector, then the stream that every entry points at."""
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(22) + struct.pack("<H", 9)
    entries = b"".join(
        (name + "\0").encode("utf-16-le").ljust(64, b"\0")
        + struct.pack("<H", 2 * len(name) + 2).ljust(52, b"\0")
        + struct.pack("<IQ", 1, size)
        for name in names
    )
    return header.ljust(512, b"\0") + entries.ljust(512, b"\0") + stream.ljust(4096, b"\0")


BOF = struct.pack("<HH16x", 0x0809, 16)
TRAP = "Workbook\0".encode("utf-16-le")
FILEPASS = struct.pack("<HH6x", 0x2F, 6)


def patched(data: bytes, offset: int, layout: str, value: int) -> bytes:
    """The archive with one field of its last directory entry changed."""
    position = data.rindex(b"PK\x01\x02") + offset
    return data[:position] + struct.pack(layout, value) + data[position + struct.calcsize(layout) :]


def first_twice() -> bytes:
    """An archive whose last entry claims to lie where the first one lies."""
    return patched(zipped(parts_of(ROW)), 42, "<I", 0)


def named_twice() -> bytes:
    return zipped(parts_of(ROW) | {"XL/Worksheets/sheet1.xml": sheet_xml()})


def odd_method() -> bytes:
    buffer = BytesIO(zipped(parts_of(ROW)))
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("xl/odd.xml", "<a/>" * 100)
    return buffer.getvalue()


def symbolic_link() -> bytes:
    buffer = BytesIO(zipped(parts_of(ROW)))
    with zipfile.ZipFile(buffer, "a") as archive:
        entry = zipfile.ZipInfo("xl/link")
        entry.create_system, entry.external_attr = 3, 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    return buffer.getvalue()


def with_doctype(text: str) -> str:
    return text.replace(HEADER, HEADER + '<!DOCTYPE x [<!ENTITY a "42">]>')


def nested(levels: int) -> str:
    return sheet_xml(after="<a>" * levels + "</a>" * levels)


def book_with(**changes: str | bytes) -> bytes:
    return zipped(parts_of(ROW, **changes))


ODS_KIND = b"application/vnd.oasis.opendocument.spreadsheet"
ODT_KIND = b"application/vnd.oasis.opendocument.text"
WORD_TOP = relationships(("r1", "officeDocument", "word/document.xml"))
BINARY_TOP = relationships(("r1", "officeDocument", "xl/workbook.bin"))
GOOD = zipped(parts_of(ROW))
STORED = zipped(parts_of('<row><c r="A1"><v>5</v></c></row>'), zipfile.ZIP_STORED)
MANY = '<row r="1"><c r="A1"/><c r="B1"/><c r="C1"/></row><row/><row/>'
SHARED = '<row><c><f t="shared" si="0">B1+B1</f></c><c><f t="shared" si="0"/></c></row>'
GBK_TEXT = "部门,金额\r\n教育局,12.5\r\n".encode("gb18030")
SCHEMA_2003 = '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Table/>'

#: Cause, what is wrong (the test's name), content, limits.
REFUSALS: tuple[tuple[str, str, bytes, Limits], ...] = (
    ("EMPTY", "no byte", b"", Limits()),
    ("TOO_LARGE", "larger than allowed", GOOD, Limits(file_bytes=100)),
    ("TRUNCATED", "cut archive", GOOD[:-200], Limits()),
    ("TRUNCATED", "only zero bytes", bytes(4096), Limits()),
    ("TIMEOUT", "no time left", GOOD, Limits(seconds=-1.0)),
    ("ENCRYPTED", "password of a new file", ole("Root Entry", "EncryptedPackage"), Limits()),
    ("ENCRYPTED", "password of an old file", ole("Workbook", stream=BOF + FILEPASS), Limits()),
    (
        "ENCRYPTED",
        "password of a small old file",
        ole("Root Entry", "Book", stream=bytes(64) + BOF + FILEPASS, size=99),
        Limits(),
    ),
    (
        "ENCRYPTED",
        "password of an ODS file",
        zipped({"mimetype": ODS_KIND, "META-INF/manifest.xml": "<encryption-data"}),
        Limits(),
    ),
    ("OLD_XLS", "old workbook", ole("Root Entry", "Workbook", stream=BOF), Limits()),
    ("OLD_XLS", "older workbook", ole("Root Entry", "Book", stream=BOF), Limits()),
    ("OLD_XLS", "old workbook of many records", ole("Workbook", stream=BOF * 99), Limits()),
    ("OLD_XLS", "old workbook cut short", ole("Workbook", stream=BOF)[:1030], Limits()),
    ("NOT_EXCEL", "name of a stream inside a text", ole("Else", stream=b"-" + TRAP), Limits()),
    ("OLD_XLS", "old workbook without a container", BOF, Limits()),
    ("XLSB", "binary workbook", zipped(parts_of(top=BINARY_TOP) | {"xl/workbook.bin": b"\x83\1"}), Limits()),
    ("ODS", "ODS file", zipped({"mimetype": ODS_KIND, "content.xml": "<a/>"}), Limits()),
    (
        "ODS",
        "flat ODS file",
        b'<?xml version="1.0"?><d xmlns:o="urn:oasis:names:tc:opendocument:x"/>',
        Limits(),
    ),
    ("XML_2003", "XML of 2003", SCHEMA_2003.encode(), Limits()),
    ("HTML", "web page", b"<html><body><table><tr><td>1", Limits()),
    ("HTML", "web page in UTF-16", "<HTML><table>".encode("utf-16"), Limits()),
    ("HTML", "web archive", b"MIME-Version: 1.0\r\nContent-Type: multipart/related", Limits()),
    ("CSV_TEXT", "text in GBK", GBK_TEXT, Limits()),
    ("CSV_TEXT", "text in UTF-8", "部门,金额\n".encode(), Limits()),
    ("CSV_TEXT", "text in UTF-16", "部门\t金额\n".encode("utf-16"), Limits()),
    ("CSV_TEXT", "long text cut inside a character", "部".encode() * 30_000, Limits()),
    ("PDF", "PDF", b"%PDF-1.7\n", Limits()),
    ("WORD", "Word file", zipped({"_rels/.rels": WORD_TOP, "word/document.xml": "<document/>"}), Limits()),
    ("WORD", "Word file at an odd place", book_with(book="<document/>"), Limits()),
    ("WORD", "old Word file", ole("Root Entry", "WordDocument"), Limits()),
    ("WORD", "ODT file", zipped({"mimetype": ODT_KIND}), Limits()),
    ("IMAGE", "photograph", b"\xff\xd8\xff\xe0" + bytes(20), Limits()),
    ("IMAGE", "bitmap", b"BM" + struct.pack("<IIHI", 99, 0, 54, 40), Limits()),
    ("IMAGE", "web picture", b"RIFF\x00\x10\0\0WEBPVP8 ", Limits()),
    ("RAR", "RAR archive", b"Rar!\x1a\x07\x01\x00", Limits()),
    ("SEVEN_ZIP", "7z archive", b"7z\xbc\xaf\x27\x1c\0\4", Limits()),
    ("ZIP_OF_FILES", "archive of files", zipped({"甲/a.xlsx": GOOD, "b.xlsx": GOOD}), Limits()),
    ("NUMBERS", "Numbers file", zipped({"Index/Document.iwa": b"\0"}), Limits()),
    ("NOT_EXCEL", "noise", b"\0\1\2\3\xfe\xdc" * 50, Limits()),
    ("NOT_EXCEL", "some other XML", b'<?xml version="1.0"?><svg/>', Limits()),
    ("NOT_EXCEL", "empty archive", b"PK\x03\x04" + zipped({}), Limits()),
    ("NOT_EXCEL", "slides", book_with(book="<presentation/>"), Limits()),
    ("NOT_EXCEL", "package without a main part", book_with(top=relationships()), Limits()),
    ("NOT_EXCEL", "compound file of something else", ole("Root Entry", "Else"), Limits()),
    ("ZIP_BROKEN", "changed byte", STORED.replace(b"<v>5</v>", b"<v>6</v>"), Limits()),
    ("ZIP_BROKEN", "wrong size", patched(GOOD, 24, "<I", 99_999), Limits()),
    ("ZIP_BROKEN", "wrong offset", patched(GOOD, 42, "<I", 2**31), Limits()),
    ("ZIP_BROKEN", "much behind the end", GOOD + b"x" * 70_000, Limits()),
    ("ZIP_BROKEN", "no relations", zipped({"xl/workbook.xml": workbook_xml()}), Limits()),
    ("ZIP_DUP", "two entries of one name", named_twice(), Limits()),
    ("ZIP_OVERLAP", "entries that share bytes", first_twice(), Limits()),
    ("ZIP_OVERLAP", "entry longer than the file", patched(GOOD, 20, "<I", 2**30), Limits()),
    ("ZIP_NAME", "way out of the archive", zipped(parts_of(ROW) | {"xl/../../evil": "x"}), Limits()),
    ("ZIP_NAME", "way out with backslashes", zipped(parts_of(ROW) | {"xl\\..\\evil": "x"}), Limits()),
    ("ZIP_NAME", "absolute name", zipped(parts_of(ROW) | {"/etc/evil": "x"}), Limits()),
    ("ZIP_NAME", "name with a drive", zipped(parts_of(ROW) | {"C:/evil": "x"}), Limits()),
    ("ZIP_NAME", "symbolic link", symbolic_link(), Limits()),
    ("ZIP_ENTRIES", "too many entries", zipped({f"{n}": "" for n in range(9)}), Limits(entries=8)),
    (
        "ZIP_RATIO",
        "part that grows too much",
        book_with(sheet=sheet_xml(" " * 99_999)),
        Limits(ratio_floor=9_999),
    ),
    (
        "ZIP_PART_SIZE",
        "part that is too large",
        book_with(sheet=sheet_xml(" " * 99_999)),
        Limits(part_bytes=9_999),
    ),
    ("ZIP_PART_SIZE", "parts too large together", GOOD, Limits(total_bytes=900)),
    ("ZIP_METHOD", "unusual compression", odd_method(), Limits()),
    ("ZIP_ENCRYPTED", "entry with a password", patched(GOOD, 8, "<H", 1), Limits()),
    ("XML_BROKEN", "root element not closed", book_with(sheet=sheet_xml()[:-5]), Limits()),
    ("XML_BROKEN", "part of another kind", book_with(sheet="<styleSheet/>"), Limits()),
    (
        "XML_BROKEN",
        "unknown encoding",
        book_with(sheet="<?xml version='1.0' encoding='UTF-7'?><worksheet/>"),
        Limits(),
    ),
    ("XML_BROKEN", "undeclared entity", book_with(sheet=sheet_xml("&a;")), Limits()),
    ("XML_DOCTYPE", "DOCTYPE in a sheet", book_with(sheet=with_doctype(sheet_xml())), Limits()),
    ("XML_DOCTYPE", "DOCTYPE in the relations", book_with(top=with_doctype(relationships())), Limits()),
    (
        "XML_DOCTYPE",
        "external entity",
        book_with(strings='<!DOCTYPE sst SYSTEM "file:///etc/passwd"><sst/>'),
        Limits(),
    ),
    ("XML_DEEP", "deep nesting", book_with(sheet=nested(70)), Limits()),
    ("XML_TOO_LARGE", "too many elements", GOOD, Limits(elements=5)),
    ("XML_TOO_LARGE", "too many attributes", GOOD, Limits(attributes=1)),
    ("SHEET_PART_MISSING", "sheet without its part", book_with(links=relationships()), Limits()),
    (
        "SHEET_PART_MISSING",
        "sheet part outside",
        book_with(links=relationships(("r1", "worksheet", "../../../etc/passwd"))),
        Limits(),
    ),
    (
        "SHEET_PART_MISSING",
        "visible sheet that refers to nothing",
        book_with(book=workbook_xml('<sheet name="a"/>')),
        Limits(),
    ),
    (
        "SHEET_PART_MISSING",
        "workbook part missing",
        book_with(top=relationships(("r1", "officeDocument", "xl/w.xml"))),
        Limits(),
    ),
    ("NO_SHEETS", "workbook without sheets", book_with(book=workbook_xml("")), Limits()),
    ("TOO_MANY_SHEETS", "too many sheets", zipped(two_sheets()), Limits(sheets=1)),
    ("TOO_MANY_ROWS", "too many rows", zipped(parts_of(MANY)), Limits(rows=2)),
    ("TOO_MANY_CELLS", "too many cells", zipped(parts_of(MANY)), Limits(cells=2)),
    (
        "TOO_MANY_MERGES",
        "too many merges",
        book_with(sheet=sheet_xml(after='<mergeCell ref="A1:B1"/>' * 3)),
        Limits(merges=2),
    ),
    ("TEXT_TOO_LONG", "long text", book_with(strings=strings_xml("<t>123456</t>")), Limits(cell_text=5)),
    (
        "TEXT_TOO_LONG",
        "long text in runs",
        book_with(strings=strings_xml("<r><t>1234</t></r>" * 2)),
        Limits(cell_text=5),
    ),
    ("TEXT_TOO_LONG", "long formula", zipped(parts_of(SHARED)), Limits(formula_text=4)),
    ("TEXT_TOO_LONG", "many shared formulas", zipped(parts_of(SHARED)), Limits(shared_text=4)),
    ("BAD_ADDRESS", "cell right of the last column", zipped(parts_of('<row><c r="XFE1"/></row>')), Limits()),
    ("BAD_ADDRESS", "cell below the last row", zipped(parts_of('<row><c r="A1048577"/></row>')), Limits()),
    ("BAD_ADDRESS", "cell that is no cell", zipped(parts_of('<row><c r="here"/></row>')), Limits()),
    ("BAD_ADDRESS", "row that is no row", zipped(parts_of('<row r="0"/>')), Limits()),
    ("BAD_ADDRESS", "cell outside all rows", zipped(parts_of("<c/>")), Limits()),
    (
        "BAD_ADDRESS",
        "merge that is no area",
        book_with(sheet=sheet_xml(after='<mergeCell ref="x1y"/>')),
        Limits(),
    ),
)


@pytest.mark.parametrize(
    ("cause", "data", "limits"), [pytest.param(*row[:1], *row[2:], id=row[1]) for row in REFUSALS]
)
def test_a_bad_file_is_refused_by_its_name(tmp_path: Path, cause: str, data: bytes, limits: Limits) -> None:
    assert refusal(saved(tmp_path, data), limits) == cause


def test_every_cause_has_an_example() -> None:
    elsewhere = {"NOT_REGULAR", "UNREADABLE"}

    assert set(CAUSES) == {row[0] for row in REFUSALS} | elsewhere


def test_a_missing_or_impossible_path_is_unreadable(tmp_path: Path) -> None:
    assert refusal(tmp_path / "missing.xlsx") == "UNREADABLE"
    assert refusal(Path("nul\0.xlsx")) == "UNREADABLE"


def test_a_directory_is_not_a_regular_file(tmp_path: Path) -> None:
    assert refusal(tmp_path) == "NOT_REGULAR"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "pipe.xlsx"
    os.mkfifo(path)

    assert refusal(path) == "NOT_REGULAR"


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no such device")
def test_a_device_and_a_link_to_it_are_refused(tmp_path: Path) -> None:
    link = tmp_path / "link.xlsx"
    link.symlink_to("/dev/zero")

    assert (refusal(link), refusal(Path("/dev/zero"))) == ("NOT_REGULAR", "NOT_REGULAR")


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_link_to_a_good_file_is_refused_too(tmp_path: Path) -> None:
    link = tmp_path / "link.xlsx"
    link.symlink_to(saved(tmp_path, GOOD))

    assert refusal(link) == "NOT_REGULAR"


@pytest.mark.skipif(os.name == "nt", reason="files are not sparse there")
def test_a_huge_sparse_file_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "huge.xlsx"
    with path.open("wb") as file:
        file.truncate(10 * 2**30)

    assert refusal(path) == "TOO_LARGE"


def test_an_unexpected_exception_becomes_a_named_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error, cause in (
        (RuntimeError("x"), "UNREADABLE"),
        (MemoryError(), "UNREADABLE"),
        (KeyError("x"), "XML_BROKEN"),
    ):

        def fail(*_: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(package, "_formats", fail)
        assert refusal(saved(tmp_path, GOOD)) == cause


def test_the_time_is_looked_at_within_a_part_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container.Budget, "spend_bytes", lambda *_: None)
    rows = "<row>" + "<c/>" * 3000 + "</row>"

    assert refusal(saved(tmp_path, zipped(parts_of(rows))), Limits(seconds=-1.0)) == "TIMEOUT"


def test_an_interrupt_is_not_swallowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(package, "_formats", interrupt)

    with pytest.raises(KeyboardInterrupt):
        read_package(saved(tmp_path, GOOD))


def test_a_refusal_prints_cause_and_detail() -> None:
    assert str(PackageError("EMPTY", "0 bytes")) == "EMPTY: 0 bytes"


def test_every_cut_and_every_changed_byte_ends_in_a_package_or_a_named_refusal(tmp_path: Path) -> None:
    seen = set()
    for position in range(0, len(GOOD), 3):
        for data in (GOOD[:position], GOOD[:position] + b"\xff" + GOOD[position + 1 :]):
            try:
                read_package(saved(tmp_path, data))
                seen.add("read")
            except PackageError as error:
                seen.add(error.cause)

    assert len(seen) >= 6
    assert seen <= {"read", *CAUSES}


# ---- References -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("'整体自评表'!$G$14:$G$28", ("整体自评表", 14, 7, 28, 7)),
        ("整体自评表!$B$2", ("整体自评表", 2, 2, 2, 2)),
        ("Sheet1!a1:b2", ("Sheet1", 1, 1, 2, 2)),
        ("'It''s (2)'!$B$4:$A$3", ("It's (2)", 3, 1, 4, 2)),
        ("S!$XFD$1048576", ("S", 1_048_576, 16_384, 1_048_576, 16_384)),
    ],
)
def test_a_reference_to_one_area_is_understood(text: str, place: tuple[str, int, int, int, int]) -> None:
    assert parse_reference(text) == place


@pytest.mark.parametrize(
    "text",
    [
        *("", "#REF!", "Sheet1!#REF!", "#REF!$A$1", '"constant"', "42", "$A$1", "Sheet1!A1,Sheet1!B2"),
        *("Sheet1:Sheet3!A1", "'Sheet1:Sheet3'!A1", "[1]Sheet1!A1", "'[Book.xlsx]Sheet1'!A1", "S!$A:$B"),
        *(
            "S!$1:$2",
            "S!A0",
            "S!XFE1",
            "S!A1048577",
            "OFFSET(S!A1,1,1)",
            "S!A1+1",
            "S!A1:",
            "S!A1:S!B2",
            "''!A1",
        ),
    ],
)
def test_anything_else_is_no_reference(text: str) -> None:
    assert parse_reference(text) is None


# ---- The module itself ------------------------------------------------------------------------------------


def test_causes_and_problems_in_the_source_are_those_that_are_listed() -> None:
    words = set()
    for module in (package, cells_module, reference, markup, container, signature):
        tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
        lists = [
            node for node in tree.body if isinstance(node, ast.Assign) and "S = " in ast.unparse(node)[:15]
        ]
        for node in tree.body:
            if node in lists and ast.unparse(node).startswith(("CAUSES", "PROBLEMS")):
                continue
            strings = (each.value for each in ast.walk(node) if isinstance(each, ast.Constant))
            words |= {
                text for text in strings if isinstance(text, str) and re.fullmatch("[A-Z][A-Z0-9_]{2,}", text)
            }
    exported = {"CAUSES", "PROBLEMS"}
    spelled = {"XFD", "WORKBOOK", "BOOK", "O_BINARY", "O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK"}

    assert {*CAUSES, *PROBLEMS} == words - exported - spelled
    assert len(CAUSES) == len(set(CAUSES)) >= 35


# ---- Real files -------------------------------------------------------------------------------------------

ROOT = Path(__file__).parent.parent
CORPUS = Path(os.environ.get("WORKBOOK_CORPUS", ROOT / "../shared/corpus/files"))

#: Cells with a value or a formula, counted by other readers, in files where openpyxl may see fewer.
COUNTED = {
    "t04.xlsx": 180,
    "52348.xlsx": 50,
    "64667.xlsx": 31,
    "CopyingWorksheets.xlsx": 99,
    "UsingTables.xlsx": 39,
    "tdf100084.xlsx": 3,
    "Test_git_issue_694_TimeSpan.xlsx": 106,
    "Test_Issue_NoStyles_NoRAttribute.xlsx": 102,
    "Test_git_issue_324.xlsx": 113,  # five values lie under merged cells
    "sample-beta.xlsx": 10,  # a draft of the format: openpyxl finds no cell; ten texts are marked besides
    "52575_main.xlsx": 3,  # an inline string that stands where values stand
}


def count_filled(sheets: tuple[Sheet, ...], with_formulas: bool) -> int:
    cells_of = [cell for sheet in sheets for cell in sheet.cells.values()]
    return sum(
        cell.value not in (None, "") or (with_formulas and cell.formula is not None) for cell in cells_of
    )


def count_by_openpyxl(path: Path) -> int | None:
    """The same count, or ``None`` where openpyxl fails or, as with Strict files, sees no sheet at all."""
    with warnings.catch_warnings(), path.open("rb") as file:
        warnings.simplefilter("ignore")
        try:
            book = openpyxl.load_workbook(file, data_only=True)
        except Exception:
            return None
    if not book.sheetnames:
        return None
    return sum(cell.value not in (None, "") for sheet in book.worksheets for row in sheet for cell in row)


def test_real_odd_files_are_read_completely_or_refused_by_name() -> None:
    if not CORPUS.is_dir() and os.environ.get("CI") != "true":
        pytest.skip("no corpus: set WORKBOOK_CORPUS to the folder of odd files")
    files = sorted(path for path in CORPUS.rglob("*") if path.is_file())
    assert len(files) >= 200
    refused: list[str] = []
    compared: dict[str, tuple[int, int]] = {}
    for path in files:
        try:
            sheets = read_package(path).sheets
        except PackageError as error:
            refused.append(error.cause)
            continue
        known = path.name in COUNTED
        expected = COUNTED[path.name] if known else count_by_openpyxl(path)
        if expected is not None:
            compared[str(path.relative_to(CORPUS))] = (expected, count_filled(sheets, with_formulas=known))

    assert {name: pair for name, pair in compared.items() if pair[0] != pair[1]} == {}
    assert set(refused) <= set(CAUSES)
    assert len(compared) >= 80
    assert len(refused) <= len(files) // 2
