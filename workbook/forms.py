"""One form of a template: its drawing read, its fields and tables looked up in the vocabulary, its prints checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from workbook.declaration import Section
from workbook.layout import Drawing, LayoutError, draw, parse_layout
from workbook.model import Field, Form, Line, Role, Table
from workbook.texts import say
from workbook.vocabulary import Vocabulary, check_id

_FORM_KEYS = ("label", "sheet", "repeat", "widths", "landscape", "derived", "labels", "optional", "layout")


def read_form(
    name: str, section: Section, vocabulary: Vocabulary, constants: Mapping[str, Decimal | str]
) -> Form:
    """A form as its section of a template declares it.

    Args:
        name: its id.
        section: its TOML table.
        vocabulary: what field ids mean.
        constants: the template's constants, which the drawing may print.

    Raises:
        DeclarationError: naming file, form, line of the drawing and remedy.
    """
    section.only(*_FORM_KEYS)
    check_id(name, section)
    widths = _widths(section)
    try:
        lines = parse_layout(section.get("layout", str), constants, len(widths))
        form = Form(
            id=name,
            label=section.get("label", str),
            sheet=section.get("sheet", str),
            repeat=section.get("repeat", str, ""),
            landscape=section.get("landscape", bool, False),
            widths=widths,
            lines=lines,
            fields={},
            tables={},
        )
        drawing = draw(form)
    except LayoutError as error:
        raise section.error(str(error)) from None
    labels = {key: str(text) for key, text in section.section("labels").values.items()}
    fields = _fields(section, drawing, vocabulary, labels)
    section.section("labels").only(*fields)
    tables = _tables(section, drawing, vocabulary)
    _check_printed(section, lines, fields, tables)
    _check_sums(section, lines, vocabulary)
    return replace(form, fields=fields, tables=tables)


def _widths(section: Section) -> tuple[int, ...]:
    widths = tuple(section.get("widths", list))
    if not widths or not all(type(width) is int and width > 0 for width in widths):
        raise section.error(say("declare.widths"))
    return widths


def _check_printed(
    section: Section, lines: tuple[Line, ...], fields: Mapping[str, Field], tables: Mapping[str, Table]
) -> None:
    """What is printed or to be chosen in a number's place must be a number; a row without use for it prints nothing."""
    for line in lines:
        for piece in (piece for cell in line.cells for piece in cell.pieces):
            known = tables[piece.table].columns if piece.table else fields
            text, field = piece.constant, known.get(piece.field)
            if field and field.numeric and isinstance(text, str) and (text or not piece.table):
                what = say("declare.printed", field=spot_name("", piece.table, piece.field), text=text)
                raise section.error(say("layout.line", line=line.number, what=what))
            word = next((choice for choice in piece.choices if isinstance(choice, str)), None)
            if field and field.numeric and word is not None:
                what = say("declare.choice", field=spot_name("", piece.table, piece.field), text=word)
                raise section.error(say("layout.line", line=line.number, what=what))


def _check_sums(section: Section, lines: tuple[Line, ...], vocabulary: Vocabulary) -> None:
    """Printed totals must equal their printed parts, where a form prints all of them."""
    printed: dict[str, list[Decimal]] = {}
    for piece in (piece for line in lines for cell in line.cells for piece in cell.pieces):
        if isinstance(piece.constant, Decimal):
            printed.setdefault(spot_name("", piece.table, piece.field), []).append(piece.constant)
    for total, parts in vocabulary.printed_sums:
        if all(name in printed for name in (total, *parts)):
            found = sum((number for part in parts for number in printed[part]), Decimal(0))
            if found != printed[total][0]:
                raise section.error(
                    say("declare.weights", sum=found, full=printed[total][0], parts="、".join(parts))
                )


def _fields(
    section: Section, drawing: Drawing, vocabulary: Vocabulary, labels: Mapping[str, str]
) -> dict[str, Field]:
    fields = {}
    for name in (*drawing.fields, *section.words("derived")):
        if name not in vocabulary.fields:
            if name in drawing.constants:
                continue
            raise section.error(say("declare.word", field=name))
        known = vocabulary.fields[name]
        role = Role.CONSTANT if name in drawing.constants else Role.INPUT
        fields[name] = replace(
            known,
            label=labels.get(name, known.label),
            role=role if name in drawing.fields else Role.DERIVED,
            constant=drawing.constants.get(name),
        )
    for optional in section.words("optional"):
        if optional not in fields:
            raise section.error(say("declare.unknown", key=optional, known="、".join(fields)))
        fields[optional] = replace(fields[optional], required=False)
    return fields


def _tables(section: Section, drawing: Drawing, vocabulary: Vocabulary) -> dict[str, Table]:
    tables = {}
    for name, rows in drawing.tables.items():
        if name not in vocabulary.tables:
            raise section.error(say("declare.table", table=name))
        known = vocabulary.tables[name]
        columns = {}
        for column in dict.fromkeys(key for row in rows for key in (*row.constants, *row.columns)):
            if column not in known.columns:
                raise section.error(say("declare.word", field=f"{name}.{column}"))
            printed = [column in row.constants for row in rows]
            if any(printed) and not all(printed):
                raise section.error(say("declare.mixed", table=name, column=column))
            role = Role.CONSTANT if all(printed) else Role.INPUT
            columns[column] = replace(known.columns[column], role=role)
        tables[name] = Table(name, known.label, known.caption, columns)
    return tables


def spot_name(form: str, table: str, field: str) -> str:
    """A field as messages name it: ``overall.indicators.weight``."""
    return ".".join(part for part in (form, table, field) if part)
