"""How forms are drawn in text: where each cell then stands, what repeats and merges, and which mistakes are named."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbook.catalog import load_catalog
from workbook.excel import ROW_HEIGHT_LIMIT
from workbook.layout import LINE_LOOKS, Block, Drawing, LayoutError, TableRow, draw, parse_layout
from workbook.model import DrawnCell, Form, Line, Piece
from workbook.texts import TEXTS, say

CONSTANTS = {"year": Decimal(2023), "motto": "求真"}


def width(text: str) -> int:
    first = next(line for line in text.splitlines() if line.strip())
    return first.count("|") - 1


def form(text: str, columns: int = 0) -> Form:
    """A form drawn as text; its number of columns is that of its first line."""
    text = dedent(text).strip("\n")
    columns = columns or width(text)
    lines = parse_layout(text, CONSTANTS, columns)
    return Form("f", "表", "表", "", False, (60,) * columns, lines, {}, {})


def drawn(text: str, counts: Mapping[int, int] | None = None) -> Drawing:
    return draw(form(text), counts)


def wording(block: Block) -> str:
    """What a block says, fields and printed constants in braces."""
    parts = []
    for piece in block.pieces:
        name = ".".join(part for part in (piece.table, piece.field) if part)
        value = "" if piece.constant is None else f"={piece.constant}"
        choices = f":{','.join(map(str, piece.choices))}" if piece.choices else ""
        parts.append(f"{{{name}{value}{choices}}}" if piece.field else piece.text)
    return "".join(parts)


def picture(drawing: Drawing) -> str:
    """Every sheet row as drawn: a letter for each block, a dot where there is no cell."""
    cells = {
        (row, column): letter
        for letter, block in zip(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", drawing.blocks, strict=False
        )
        for row in range(block.top, block.bottom + 1)
        for column in range(block.left, block.right + 1)
    }
    rows = range(2, drawing.last_row + 1)
    columns = range(1, drawing.last_column + 1)
    return "\n".join("".join(cells.get((row, column), ".") for column in columns) for row in rows)


#: What is drawn, which block each cell of the sheet belongs to, and what the blocks say from the first to the last.
DRAWINGS = {
    "cells side by side, empty ones too": (
        """
        | 一 | | 二 |
        """,
        "abc",
        ["一", "", "二"],
    ),
    "merged with the left": (
        """
        | 一 | < | 二 |
        | 三 | 四 | < |
        """,
        "aab\ncdd",
        ["一", "二", "三", "四"],
    ),
    "merged with above": (
        """
        | 一 | 二 |
        | ^ | 三 |
        | ^ | ^ |
        """,
        "ab\nac\nac",
        ["一", "二", "三"],
    ),
    "a block, its lower lines written either way": (
        """
        | 一 | < | 二 |
        | ^ | ^ | 三 |
        | ^ | ^ < | 四 |
        | ^ | ^< | 五 |
        | ^ | ^   < | 六 |
        | ^ | < | 七 |
        """,
        "aab\naac\naad\naae\naaf\naag",
        ["一", "二", "三", "四", "五", "六", "七"],
    ),
    "no cell at all": (
        """
        | · | 一 | < | · |
        """,
        ".aa.",
        ["一"],
    ),
    "a merged empty cell": (
        """
        | | < | 一 |
        | ^ | ^ | ^ |
        """,
        "aab\naab",
        ["", "一"],
    ),
    "blanks and tabs around cells do not count, full-width ones do": (
        "|\t一\t|   二   |\u3000三|\t|",
        "abcd",
        ["一", "二", "\u3000三", ""],
    ),
    "line breaks are written": (
        r"""
        | 年度\n目标 | {goal} |
        """,
        "ab",
        ["年度\n目标", "{goal}"],
    ),
    "constants of the template and constants of the form": (
        """
        | （{year}年度） | {motto} | {weight=10}分 | {half=0.5} | {sign=-3} | {word=优} | {empty=} |
        """,
        "abcdefg",
        [
            "（{year=2023}年度）",
            "{motto=求真}",
            "{weight=10}分",
            "{half=0.5}",
            "{sign=-3}",
            "{word=优}",
            "{empty=}",
        ],
    ),
    "fields with choices, of numbers and of words": (
        """
        | {score:8,6,0.5} | {t.grade:优,良} | {.score:-1,0} | {.any} |
        """,
        "abcd",
        ["{score:8,6,0.5}", "{t.grade:优,良}", "{t.score:-1,0}", "{t.any}"],
    ),
    "repeated lines: labels merge, fields and empty cells and dashes do not": (
        """
        *3 | 产出 | < | {t.name} | — | - | / | | 一 — |
        """,
        "aabcdefg\naahijklg\naamnopqg",
        ["产出", "{t.name}", "—", "-", "/", "", "一 —", *(["{t.name}", "—", "-", "/", ""] * 2)],
    ),
    "repeated lines under a label that reaches over them": (
        """
        head | 指标 | 一级 | 名称 |
        *2 | ^ | {t.level1=产出} | {.name} |
        *2 | ^ | ^ | {t.name} |
        | ^ | {t.level1=效益} | {.name} |
        """,
        "abc\nade\nadf\nadg\nadh\naij",
        ["指标", "一级", "名称", "{t.level1=产出}", *["{t.name}"] * 4, "{t.level1=效益}", "{t.name}"],
    ),
    "a repeated line with merged fields": (
        """
        *2 | 一 | {t.name} | < | · |
        """,
        "abb.\nacc.",
        ["一", "{t.name}", "{t.name}"],
    ),
}


@pytest.mark.parametrize("case", DRAWINGS)
def test_every_cell_of_the_sheet_belongs_to_its_block(case: str) -> None:
    text, wanted, wordings = DRAWINGS[case]
    drawing = drawn(text)

    assert picture(drawing) == wanted
    assert [wording(block) for block in drawing.blocks] == wordings


def test_a_block_knows_its_place_its_look_its_line_and_how_it_is_joined() -> None:
    drawing = drawn(
        """
        title | ~表名 | < |

        | ~单位：+ | {unit} |
        """
    )

    assert drawing.blocks == (
        Block(2, 1, 2, 2, "title", (Piece("表名"),), False, True, 1),
        Block(3, 1, 3, 1, "body", (Piece("单位："),), True, True, 3),
        Block(3, 2, 3, 2, "body", (Piece(field="unit"),), False, False, 3),
    )
    assert [block.fillable for block in drawing.blocks] == [None, None, Piece(field="unit")]
    assert (drawing.last_row, drawing.last_column) == (3, 2)


def test_lines_have_looks_copies_and_heights() -> None:
    lines = form(
        """
        annex | 一 |
        *12 row | 二 |
        row h=40.5 *2 | 三 |
        h=409 | 四 |
        | 五 |
        """
    ).lines

    assert [(line.number, line.look, line.copies, line.height) for line in lines] == [
        (1, "annex", 1, 0.0),
        (2, "row", 12, 0.0),
        (3, "row", 2, 40.5),
        (4, "body", 1, 409.0),
        (5, "body", 1, 0.0),
    ]
    assert lines[4] == Line(5, "body", 1, 0.0, (DrawnCell("content", (Piece("五"),)),))


@pytest.mark.parametrize("look", LINE_LOOKS)
def test_every_look_can_be_named(look: str) -> None:
    assert form(f"{look} | 一 |").lines[0].look == look


def test_each_sheet_row_has_the_height_and_look_of_its_line() -> None:
    drawing = drawn(
        """
        head h=30 | 一 |
        *2 row | {t.a} |
        total | 二 |
        """
    )

    assert drawing.heights == {2: 30.0, 3: 0.0, 4: 0.0, 5: 0.0}
    assert drawing.looks == {2: "head", 3: "row", 4: "row", 5: "total"}


INDICATORS = r"""
head   | 一级 | 二级 | 三级 | 分值 |
row *2 | {t.level1=产出\n指标}\n（{.points=50}分） | {.level2=数量} | {.name} | {.weight} |
row    | ^ | {t.level2=质量} | {.name} | {.weight} |
row    | {t.level1=效益}{.points=30}{.level2=} | < | {.name} | {.weight} |
total  | 总分 | < | < | {total} |
"""


def test_the_rows_of_a_table_have_their_constants_and_their_places() -> None:
    drawing = drawn(INDICATORS)
    output = {"level1": "产出指标", "points": Decimal(50)}

    assert drawing.tables == {
        "t": (
            TableRow(
                3,
                2,
                {**output, "level2": "数量"},
                {"level1": (3, 1), "points": (3, 1), "level2": (3, 2), "name": (3, 3), "weight": (3, 4)},
            ),
            TableRow(4, 2, {**output, "level2": "数量"}, {"name": (4, 3), "weight": (4, 4)}),
            TableRow(
                5, 3, {**output, "level2": "质量"}, {"level2": (5, 2), "name": (5, 3), "weight": (5, 4)}
            ),
            TableRow(
                6,
                4,
                {"level1": "效益", "points": Decimal(30), "level2": ""},
                {"level1": (6, 1), "points": (6, 1), "level2": (6, 1), "name": (6, 3), "weight": (6, 4)},
            ),
        )
    }
    assert drawing.fields == {"total": (7, 4)}
    assert drawing.constants == {}


def test_the_number_of_copies_can_be_given_and_everything_below_moves() -> None:
    drawing = drawn(INDICATORS, {2: 4, 4: 2})

    assert [(row.row, row.line, row.constants.get("level2")) for row in drawing.tables["t"]] == [
        (3, 2, "数量"),
        (4, 2, "数量"),
        (5, 2, "数量"),
        (6, 2, "数量"),
        (7, 3, "质量"),
        (8, 4, ""),
        (9, 4, ""),
    ]
    assert drawing.fields == {"total": (10, 4)}
    assert drawing.last_row == 10
    assert picture(drawing).splitlines()[1:8] == ["efgh", "efij", "efkl", "efmn", "eopq", "rrst", "rruv"]


def test_printed_constants_of_the_form_are_fields_with_a_value_and_without_line_breaks() -> None:
    drawing = drawn(r"| （{year}年度） | {weight=10}分 | {word=优\n良} | {unit} |")

    assert drawing.fields == {"year": (2, 1), "weight": (2, 2), "word": (2, 3), "unit": (2, 4)}
    assert drawing.constants == {"year": Decimal(2023), "weight": Decimal(10), "word": "优良"}


def test_the_table_named_last_in_a_line_is_meant_by_a_bare_point() -> None:
    drawing = drawn("| {a.x} | {.y} | {b.x} | {.y} | {z} | {.w} |")

    assert drawing.tables == {
        "a": (TableRow(2, 1, {}, {"x": (2, 1), "y": (2, 2)}),),
        "b": (TableRow(2, 1, {}, {"x": (2, 3), "y": (2, 4), "w": (2, 6)}),),
    }
    assert drawing.fields == {"z": (2, 5)}


# ---- Mistakes ---------------------------------------------------------------------------------------------

LOOKS = "、".join(LINE_LOOKS)

#: What is drawn (two columns), the line of the mistake, what is said of it, and the words of that sentence.
MISTAKES: dict[str, tuple[str, int, str, dict[str, object]]] = {
    "nothing": ("", 1, "empty", {}),
    "only blank lines": ("\n  \n\n", 1, "empty", {}),
    "no pipe": ("| 一 | 二 |\n一 二", 2, "no_pipe", {}),
    "no pipe at the end": ("| 一 | 二", 1, "no_pipe", {}),
    "too few cells": ("| 一 | 二 |\n\n| 一 |", 3, "cells", {"found": 1, "wanted": 2}),
    "too many cells": ("| 一 | 二 | 三 |", 1, "cells", {"found": 3, "wanted": 2}),
    "an unknown look": ("heads | 一 | 二 |", 1, "mark", {"mark": "heads", "looks": LOOKS}),
    "zero copies": ("*0 | 一 | 二 |", 1, "mark", {"mark": "*0", "looks": LOOKS}),
    "copies that are no number": ("*x | 一 | 二 |", 1, "mark", {"mark": "*x", "looks": LOOKS}),
    "copies in a raised digit": ("*² | 一 | 二 |", 1, "mark", {"mark": "*²", "looks": LOOKS}),
    "a height that is no number": ("h=big | 一 | 二 |", 1, "mark", {"mark": "h=big", "looks": LOOKS}),
    "no height": ("h=0 | 一 | 二 |", 1, "mark", {"mark": "h=0", "looks": LOOKS}),
    "a negative height": ("h=-5 | 一 | 二 |", 1, "mark", {"mark": "h=-5", "looks": LOOKS}),
    "a height Excel does not have": ("h=410 | 一 | 二 |", 1, "mark", {"mark": "h=410", "looks": LOOKS}),
    "a label and a field in one cell": ("| 一 | 单位：{unit} |", 1, "mixed", {"cell": "单位：{unit}"}),
    "two fields in one cell": ("| 一 | {a}{b} |", 1, "mixed", {"cell": "{a}{b}"}),
    "a capital letter": ("| 一 | {Unit} |", 1, "reference", {"cell": "Unit"}),
    "a Chinese name": ("| 一 | {单位} |", 1, "reference", {"cell": "单位"}),
    "an empty name": ("| 一 | {} |", 1, "reference", {"cell": ""}),
    "a blank in a name": ("| 一 | { unit} |", 1, "reference", {"cell": " unit"}),
    "three parts": ("| 一 | {a.b.c} |", 1, "reference", {"cell": "a.b.c"}),
    "a brace too few": ("| 一 | {unit |", 1, "braces", {"cell": "{unit"}),
    "a brace too many": ("| 一 | {year}} |", 1, "braces", {"cell": "{year}}"}),
    "a closing brace alone": ("| 一 | unit} |", 1, "braces", {"cell": "unit}"}),
    "one choice": ("| 一 | {a:8} |", 1, "choices", {"cell": "a:8", "limit": 255}),
    "no choice": ("| 一 | {a:} |", 1, "choices", {"cell": "a:", "limit": 255}),
    "an empty choice": ("| 一 | {a:8,,6} |", 1, "choices", {"cell": "a:8,,6", "limit": 255}),
    "a choice twice": ("| 一 | {a:8,8.0} |", 1, "choices", {"cell": "a:8,8.0", "limit": 255}),
    "a blank before a choice": ("| 一 | {a:8, 6} |", 1, "choices", {"cell": "a:8, 6", "limit": 255}),
    "a choice in quotes": ('| 一 | {a:"8",6} |', 1, "choices", {"cell": 'a:"8",6', "limit": 255}),
    "more choices than Excel's list holds": (
        f"| 一 | {{a:{'很' * 128},{'大' * 127}}} |",
        1,
        "choices",
        {"cell": f"a:{'很' * 128},{'大' * 127}", "limit": 255},
    ),
    "no table named": ("| {t.a} | 二 |\n| {.b} | 二 |", 2, "table", {"cell": ".b"}),
    "nothing above": ("| 一 | ^ |", 1, "nothing_above", {"column": 2}),
    "no cell above": ("| 一 | · |\n| 二 | ^ |", 2, "nothing_above", {"column": 2}),
    "nothing on the left": ("| < | 一 |", 1, "nothing_left", {"column": 1}),
    "no cell on the left": ("| · | < |", 1, "nothing_left", {"column": 2}),
    "a corner missing": ("| 一 | < |\n| ^ | 二 |", 1, "no_rectangle", {}),
    "a corner too many": ("| 一 | 二 |\n| ^ | < |", 1, "no_rectangle", {}),
    "a hole inside": ("| 一 | 二 |\n| ^ | ^ |\n| 三 | < |\n| ^ | 四 |", 3, "no_rectangle", {}),
    "nothing on the left of a lower line": ("| 一 | 二 |\n| < | 三 |", 2, "nothing_left", {"column": 1}),
    "a field twice": ("| {unit} | 一 |\n| 二 | {unit} |", 2, "twice", {"field": "unit"}),
    "a field in a repeated line": ("| 一 | 二 |\n*2 | {t.a} | {unit} |", 2, "twice", {"field": "unit"}),
    "a column twice in a row": ("| {t.a} | {.a} |", 1, "twice", {"field": "t.a"}),
    "a line between two rows": ("| {t.a} | 一 |\n| 二 | 三 |\n| {t.a} | 一 |", 2, "apart", {"table": "t"}),
    "a row of another table between two rows": (
        "| {t.a} | 一 |\n| {t.a} | 一 |\n| {s.a} | 一 |\n*2 | {s.b} | 一 |\n| {t.a} | 一 |",
        3,
        "apart",
        {"table": "t"},
    ),
    "a column the first row lacks": ("| {t.a} | |\n\n| {t.a} | {.b} |", 1, "column", {"field": "t.b"}),
    "a column a later row lacks": ("*2 | {t.a} | {.b} |\n| {t.a} | |", 2, "column", {"field": "t.b"}),
    "a printed column a row lacks": ("| {t.a} | {.b=1} |\n| {t.a} | |", 2, "column", {"field": "t.b"}),
    "one field for several rows": ("| {t.a} | {.b} |\n| {t.a} | ^ |", 2, "column", {"field": "t.b"}),
    "columns that change places": ("| {t.a} | {.b} |\n| {t.b} | {.a} |", 2, "shifted", {"field": "t.b"}),
}


def test_choices_stand_by_their_cells_in_every_copy_of_a_line() -> None:
    drawing = drawn("| {grade:优,良} | 一 |\n*2 | {t.a:2,1,0} | {.b} |\n| {t.a} | {.b:是,否} |")
    digits = (Decimal(2), Decimal(1), Decimal(0))

    assert drawing.choices == {(2, 1): ("优", "良"), (3, 1): digits, (4, 1): digits, (5, 2): ("是", "否")}


def test_a_list_of_choices_may_be_as_long_as_excel_allows() -> None:
    words = ("很" * 127, "大" * 127)

    assert drawn(f"| {{a:{','.join(words)}}} |").choices == {(2, 1): words}


def test_a_row_may_print_what_others_leave_to_fill() -> None:
    drawing = drawn("| {t.a} | {.b} |\n| {t.a} | {.b=印好} |\n*2 | {t.a} | {.b=} |")

    assert [row.constants for row in drawing.tables["t"]] == [{}, {"b": "印好"}, {"b": ""}, {"b": ""}]


def test_printed_columns_need_not_stand_below_each_other() -> None:
    drawing = drawn("| 其中 | {t.a=一} | {.b} |\n| {t.a=二} | < | {.b} |")

    assert [row.columns["a"] for row in drawing.tables["t"]] == [(2, 2), (3, 1)]


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_named_with_its_line_and_its_remedy(case: str) -> None:
    text, line, key, values = MISTAKES[case]

    with pytest.raises(LayoutError) as caught:
        draw(form(text, columns=2))

    assert str(caught.value) == say("layout.line", line=line, what=say(f"layout.{key}", **values))


def test_every_sentence_about_layouts_is_tried() -> None:
    said = {f"layout.{key}" for _, _, key, _ in MISTAKES.values()} | {"layout.line"}

    assert said == {key for key in TEXTS if key.startswith("layout.")}
    assert len(said) >= 12


def test_a_height_may_be_as_great_as_excel_allows() -> None:
    assert form(f"h={ROW_HEIGHT_LIMIT:g} | 一 |").lines[0].height == ROW_HEIGHT_LIMIT


# ---- Properties -------------------------------------------------------------------------------------------

cells = st.sampled_from(["一", "", "<", "^", "^ <", "·", "{t.a}", "{.b}", "{u}", "{v=1}", "—", "~长+"])


@given(
    st.lists(
        st.tuples(st.sampled_from(["", "*2", "row", "head *3"]), st.tuples(cells, cells, cells)),
        min_size=1,
        max_size=6,
    )
)
def test_a_drawing_covers_each_cell_once_or_is_refused_at_one_of_its_lines(
    lines: list[tuple[str, tuple[str, str, str]]],
) -> None:
    text = "\n".join(f"{mark} | " + " | ".join(row) + " |" for mark, row in lines)
    refused = ""
    try:
        drawing = draw(form(text, columns=3))
    except LayoutError as error:
        refused = str(error)

    if refused:
        starts = tuple(say("layout.line", line=line, what="") for line in range(1, len(lines) + 1))
        assert refused.startswith(starts)
        return
    covered = [
        (row, column)
        for block in drawing.blocks
        for row in range(block.top, block.bottom + 1)
        for column in range(block.left, block.right + 1)
    ]
    assert len(covered) == len(set(covered))
    assert {row for row, _ in covered} <= set(drawing.looks)
    places = [
        *drawing.fields.values(),
        *(p for rows in drawing.tables.values() for r in rows for p in r.columns.values()),
    ]
    assert set(places) <= {(block.top, block.left) for block in drawing.blocks}


def test_the_shipped_forms_have_no_gap_and_their_fields_stand_in_fillable_cells() -> None:
    forms = [form for template in load_catalog().templates.values() for form in template.forms.values()]

    assert len(forms) >= 5
    for each in forms:
        drawing = draw(each)
        starts = {(block.top, block.left): block for block in drawing.blocks}
        for name, place in drawing.fields.items():
            printed = name in drawing.constants
            assert (starts[place].fillable is None) is printed, f"{each.id}.{name}"
        for rows in drawing.tables.values():
            assert [row.row for row in rows] == sorted({row.row for row in rows})
