"""A workbook as text that a person can review in a diff: ``python tests/listing.py FILE.xlsx``."""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, time, timedelta
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree

from office import load
from openpyxl import Workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.formatting.rule import Rule
from openpyxl.styles.colors import Color
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.cell_range import MultiCellRange
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.worksheet import Worksheet

#: The flags of a protected sheet: what is free unless forbidden, and what is forbidden unless allowed.
FORBIDDABLE = ("objects", "scenarios", "selectLockedCells", "selectUnlockedCells")
ALLOWABLE = (
    *("formatCells", "formatColumns", "formatRows", "insertColumns", "insertRows", "insertHyperlinks"),
    *("deleteColumns", "deleteRows", "sort", "autoFilter", "pivotTables"),
)
PAPERS = {"8": "A3", "9": "A4", "11": "A5", "1": "Letter"}
#: What openpyxl drops from a sheet and a reviewer would miss.
DROPPED = ("ignoredErrors", "extLst")
#: Folders whose parts openpyxl drops or rewrites; a part there is listed by its name.
OTHER_PARTS = ("activeX", "charts", "ctrlProps", "drawings", "embeddings", "externalLinks", "media", "vba")


class Looks:
    """Numbers the looks in order of appearance, so that a cell's line need only say ``L3``."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def name(self, cell: Cell) -> str:
        return f"L{self.numbers.setdefault(look(cell), len(self.numbers) + 1)}"

    def legend(self) -> Iterator[str]:
        yield from (f"look {number}: {text}" for text, number in self.numbers.items())


def listing(path: Path) -> str:
    """Everything a reviewer should see of a workbook; the same file always gives the same text."""
    book, cached = load(path), load(path, data_only=True)
    looks = Looks()
    with zipfile.ZipFile(path) as package:
        sheets: list[str] = []
        parts = _sheet_parts(package)
        for sheet in book.worksheets:
            sheets += ["", *_sheet(sheet, cached[sheet.title], looks), *_dropped(package, parts[sheet.title])]
        lines = [*_workbook(book, package), *looks.legend(), *sheets]
    return "\n".join(lines) + "\n"


def look(cell: Cell) -> str:
    """A cell's look in words; what is Excel's default goes without saying."""
    font, align = cell.font, cell.alignment
    words = [f"{font.name} {_number(font.sz)}"]
    words += [word for word, on in (("bold", font.b), ("italic", font.i), ("strike", font.strike)) if on]
    words += [f"underline {font.u}"] if font.u else []
    words += [f"colour {colour}"] if (colour := _colour(font.color)) not in {"", "theme1", "000000"} else []
    words.append("locked" if cell.protection.locked else "unlocked")
    words += ["formula-hidden"] if cell.protection.hidden else []
    if cell.fill.fill_type:
        pattern = "" if cell.fill.fill_type == "solid" else f"{cell.fill.fill_type} "
        words.append(f"fill {pattern}{_colour(getattr(cell.fill, 'fgColor', None))}".rstrip())
    words += [f"format {cell.number_format}"] if cell.number_format != "General" else []
    words += [f"{name} {value}" for name, value in (("h", align.horizontal), ("v", align.vertical)) if value]
    words += [word for word, on in (("wrap", align.wrap_text), ("shrink", align.shrink_to_fit)) if on]
    words += [f"indent {_number(align.indent)}"] if align.indent else []
    words += [f"rotated {align.textRotation}"] if align.textRotation else []
    sides = {side: getattr(cell.border, side) for side in ("left", "right", "top", "bottom")}
    drawn = {
        side: f"{line.style} {_colour(line.color)}".rstrip()
        for side, line in sides.items()
        if line and line.style
    }
    if len(drawn) == 4 and len(set(drawn.values())) == 1:
        words.append(f"border {drawn['left']}")
    elif drawn:
        words.append("border " + ", ".join(f"{side} {line}" for side, line in drawn.items()))
    return " ".join(words)


def _workbook(book: Workbook, package: zipfile.ZipFile) -> Iterator[str]:
    yield f"workbook: {len(book.sheetnames)} sheets, opens on {book.active.title if book.active else 'none'}"
    for element in _xml(package, "xl/workbook.xml"):
        if _tag(element) in {"calcPr", "workbookProtection"}:
            yield _element(element)
    for name, defined in sorted(book.defined_names.items()):
        yield _name(name, defined)
    for prop in sorted(book.custom_doc_props.props, key=lambda prop: str(prop.name)):
        yield f"property {prop.name}: {_shown(prop.value)}"
    for part in sorted(package.namelist()):
        if part.split("/")[:1] == ["xl"] and part.split("/")[1].startswith(OTHER_PARTS):
            yield f"part {part}"


def _sheet(sheet: Worksheet, cached: Worksheet, looks: Looks) -> Iterator[str]:
    yield f"sheet {sheet.title} ({sheet.sheet_state}) {sheet.dimensions}"
    yield f"  page: {', '.join(_page(sheet))}"
    yield f"  view: {', '.join(_view(sheet))}"
    yield f"  protection: {', '.join(_protection(sheet))}"
    if columns := ", ".join(_columns(sheet, looks)):
        yield f"  columns: {columns}"
    if rows := ", ".join(_rows(sheet)):
        yield f"  rows: {rows}"
    for name, defined in sorted(sheet.defined_names.items()):
        yield f"  {_name(name, defined)}"
    yield from (f"  {line}" for line in _cells(sheet, cached, looks))
    yield from sorted(f"  validation {_validation(rule)}" for rule in sheet.data_validations.dataValidation)
    rules = [(_ranges(block.sqref), rule) for block in sheet.conditional_formatting for rule in block.rules]
    for where, rule in sorted(rules, key=lambda found: (found[1].priority, found[0])):
        yield f"  conditional {where} {_conditional(rule)}"


def _page(sheet: Worksheet) -> Iterator[str]:
    setup = sheet.page_setup
    paper = str(setup.paperSize) if setup.paperSize else "default"
    yield f"paper {PAPERS.get(paper, paper)} {setup.orientation or 'default'}"
    if sheet.sheet_properties.pageSetUpPr and sheet.sheet_properties.pageSetUpPr.fitToPage:
        width, height = (1 if n is None else int(n) for n in (setup.fitToWidth, setup.fitToHeight))
        yield f"fit {width} wide {height} high"
    elif setup.scale:
        yield f"scale {setup.scale}%"
    margins = sheet.page_margins
    inches = (margins.left, margins.right, margins.top, margins.bottom, margins.header, margins.footer)
    yield "margins " + " ".join(_number(inch) for inch in inches)
    yield f"print area {sheet.print_area or 'none'}"
    if sheet.print_title_rows or sheet.print_title_cols:
        yield f"repeats {sheet.print_titles}"
    flags = {"centred across": sheet.print_options.horizontalCentered, "black and white": setup.blackAndWhite}
    yield from (flag for flag, on in flags.items() if on)
    for where in ("Header", "Footer"):
        for kind in ("odd", "even", "first"):
            parts = getattr(sheet.HeaderFooter, f"{kind}{where}")
            texts = {side: getattr(parts, side).text for side in ("left", "center", "right")}
            if any(texts.values()):
                said = " ".join(f"{side} {_shown(text)}" for side, text in texts.items() if text)
                yield f"{kind} {where.lower()} {said}"
    breaks = [f"row {b.id}" for b in sheet.row_breaks.brk] + [f"column {b.id}" for b in sheet.col_breaks.brk]
    if breaks:
        yield "breaks after " + " ".join(breaks)


def _view(sheet: Worksheet) -> Iterator[str]:
    view = sheet.sheet_view
    yield f"freeze {sheet.freeze_panes or 'none'}"
    yield "gridlines" if view.showGridLines in {None, True} else "no gridlines"
    if view.zoomScale and view.zoomScale != 100:
        yield f"zoom {view.zoomScale}"
    if sheet.sheet_properties.tabColor:
        yield f"tab {_colour(sheet.sheet_properties.tabColor)}"
    if sheet.auto_filter.ref:
        yield f"filter {sheet.auto_filter.ref}"


def _protection(sheet: Worksheet) -> Iterator[str]:
    """In the file every flag says what is forbidden, so an allowed action is one that is false."""
    flags = sheet.protection
    if not flags.sheet:
        yield "off"
        return
    yield "on"
    yield "password" if flags.password or flags.hashValue else "no password"
    yield from (f"forbids {name}" for name in FORBIDDABLE if getattr(flags, name))
    yield from (f"allows {name}" for name in ALLOWABLE if not getattr(flags, name))


def _columns(sheet: Worksheet, looks: Looks) -> Iterator[str]:
    for first, column in sorted(sheet.column_dimensions.items(), key=lambda item: item[1].min or 0):
        last = get_column_letter(column.max) if column.max else first
        words = [first if first == last else f"{first}:{last}"]
        words += [_number(column.width)] if column.customWidth else []
        words += ["hidden"] if column.hidden else []
        words += [looks.name(column)] if column.has_style else []
        if len(words) > 1:
            yield " ".join(words)


def _rows(sheet: Worksheet) -> Iterator[str]:
    """Heights, with neighbours of one height taken together."""
    special = [
        (number, " ".join([*([_number(row.ht)] if row.ht else []), *(["hidden"] if row.hidden else [])]))
        for number, row in sorted(sheet.row_dimensions.items())
        if row.ht or row.hidden
    ]
    for (_, said), run in groupby(enumerate(special), key=lambda item: (item[1][0] - item[0], item[1][1])):
        numbers = [number for _, (number, _) in run]
        yield f"{numbers[0]}{f'-{numbers[-1]}' if len(numbers) > 1 else ''} {said}"


def _cells(sheet: Worksheet, cached: Worksheet, looks: Looks) -> Iterator[str]:
    """A line per cell that holds something or may be filled; blank neighbours of one look share a line."""
    merged = {(block.min_row, block.min_col): block.coord for block in sheet.merged_cells.ranges}
    for row in sheet.iter_rows():
        seen = [cell for cell in row if not isinstance(cell, MergedCell) and _worth_a_line(cell)]
        for (_, blank_look), run in groupby(
            enumerate(seen), key=lambda item: _run_key(item[0], item[1], merged)
        ):
            cells = [cell for _, cell in run]
            if blank_look:
                yield f"{_span(cells)} {looks.name(cells[0])} blank"
            else:
                yield from (_cell(cell, cached, merged, looks) for cell in cells)


def _worth_a_line(cell: Cell) -> bool:
    noted = cell.value is not None or cell.comment or cell.hyperlink
    return bool(noted or not cell.protection.locked)


def _run_key(position: int, cell: Cell, merged: dict[tuple[int, int], str]) -> tuple[int, str]:
    """Equal for neighbours that are blank and look alike; an empty look means: not to be joined."""
    plain = cell.value is None and not cell.comment and not cell.hyperlink
    if plain and (cell.row, cell.column) not in merged:
        return cell.column - position, look(cell)
    return 0, ""


def _span(cells: list[Cell]) -> str:
    first, last = cells[0].coordinate, cells[-1].coordinate
    return first if first == last else f"{first}:{last}"


def _cell(cell: Cell, cached: Worksheet, merged: dict[tuple[int, int], str], looks: Looks) -> str:
    words = [cell.coordinate, looks.name(cell)]
    if where := merged.get((cell.row, cell.column)):
        words.append(f"merged {where}")
    if cell.data_type == "f":
        array = isinstance(cell.value, ArrayFormula)
        text = f"{{{cell.value.text}}} over {cell.value.ref}" if array else str(cell.value)
        result = cached[cell.coordinate].value
        words.append(f"{_one_line(text)} → {_shown('' if result is None else result)}")
    else:
        words.append("blank" if cell.value is None else _shown(cell.value))
    if cell.hyperlink:
        words.append(f"link {cell.hyperlink.location or cell.hyperlink.target}")
    if cell.comment:
        words.append(f"comment {_shown(cell.comment.text)}")
    return " ".join(words)


def _validation(rule: DataValidation) -> str:
    words = [_ranges(rule.sqref), rule.type or "any"]
    words += [rule.operator] if rule.operator and rule.operator != "between" else []
    words += [_one_line(str(text)) for text in (rule.formula1, rule.formula2) if text is not None]
    words += [] if rule.allowBlank else ["blank-refused"]
    # in the file this flag hides the arrow, whatever its name says
    words += ["no-arrow"] if rule.showDropDown else []
    words += [] if rule.showErrorMessage else ["no-error"]
    words += [f"style {rule.errorStyle}"] if rule.errorStyle and rule.errorStyle != "stop" else []
    for name, title, text in (
        ("prompt", rule.promptTitle, rule.prompt if rule.showInputMessage else None),
        ("error", rule.errorTitle, rule.error),
    ):
        words += [f"{name} {_shown(title or '')} {_shown(text or '')}"] if title or text else []
    return " ".join(words)


def _conditional(rule: Rule) -> str:
    words = [str(rule.type)]
    words += [str(rule.operator)] if rule.operator else []
    words += [_one_line(str(formula)) for formula in rule.formula]
    words += ["stops"] if rule.stopIfTrue else []
    words += [f"shows {changed}"] if (changed := _difference(rule.dxf)) else []
    return " ".join(words)


def _difference(style: DifferentialStyle | None) -> str:
    """What a conditional format changes; its fill is the background colour, unlike a cell's."""
    if style is None:
        return ""
    words: list[str] = []
    if font := style.font:
        words += [word for word, on in (("bold", font.b), ("italic", font.i), ("strike", font.strike)) if on]
        words += [f"colour {_colour(font.color)}"] if font.color else []
    if style.fill:
        words.append(f"fill {_colour(style.fill.bgColor)}")
    if style.border:
        words.append("border")
    if style.numFmt:
        words.append(f"format {style.numFmt.formatCode}")
    return " ".join(words)


def _name(name: str, defined: DefinedName) -> str:
    return f"name {name} = {_one_line(defined.attr_text or '')}{' hidden' if defined.hidden else ''}"


def _dropped(package: zipfile.ZipFile, part: str) -> Iterator[str]:
    for element in _xml(package, part):
        if _tag(element) in DROPPED:
            yield from (f"  {_tag(element)} {_element(child)}" for child in element)


def _sheet_parts(package: zipfile.ZipFile) -> dict[str, str]:
    """Sheet title → the part that holds it."""
    targets = {rel.get("Id"): rel.get("Target", "") for rel in _xml(package, "xl/_rels/workbook.xml.rels")}
    found: dict[str, str] = {}
    for sheet in _xml(package, "xl/workbook.xml").iter():
        if _tag(sheet) == "sheet":
            target = next(targets[text] for name, text in sheet.items() if name.endswith("}id"))
            found[sheet.get("name", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return found


def _xml(package: zipfile.ZipFile, part: str) -> ElementTree.Element:
    return ElementTree.fromstring(package.read(part))


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _element(element: ElementTree.Element) -> str:
    """An element on one line: ``tag(attribute=value, text, child(…))``."""
    inner = [f"{name.rpartition('}')[2]}={value}" for name, value in sorted(element.items())]
    inner += [_one_line(element.text.strip())] if element.text and element.text.strip() else []
    inner += [_element(child) for child in element]
    return f"{_tag(element)}({', '.join(inner)})" if inner else _tag(element)


def _ranges(sqref: MultiCellRange) -> str:
    """openpyxl keeps ranges as a set, whose order differs between runs."""
    return " ".join(
        block.coord for block in sorted(sqref.ranges, key=lambda block: (block.min_row, block.min_col))
    )


def _colour(colour: Color | None) -> str:
    if colour is None or colour.type == "auto":
        return ""
    if colour.type == "rgb":
        return str(colour.rgb)[-6:]
    shade = f"{colour.tint:+.2f}" if colour.tint else ""
    return f"{colour.type}{getattr(colour, colour.type)}{shade}"


def _number(number: float | None) -> str:
    return "?" if number is None else f"{number:.6g}"


def _shown(value: object) -> str:
    """A value with its type in sight: text is quoted, a date is ISO, the rest as JSON has it."""
    if isinstance(value, date | time | timedelta):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def _one_line(text: str) -> str:
    return text.replace("\r", "\\r").replace("\n", "\\n")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        sys.stdout.buffer.write(listing(Path(name)).encode())
