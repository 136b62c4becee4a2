"""The words every template shares: fields, tables and constants, as ``templates/vocabulary.toml`` declares them."""

from __future__ import annotations

import re
from decimal import Decimal

from workbook.declaration import Section
from workbook.excel import VALIDATION_PROMPT_LIMIT
from workbook.model import FIELD_KINDS, Field, Table
from workbook.texts import say

#: Ids are parts of defined names, which two underscores divide.
_ID = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


class Vocabulary:
    """The fields, tables and constants that every template shares."""

    def __init__(self, section: Section) -> None:
        section.only("field", "table", "constants", "printed_sum")
        self.fields = {name: _field(name, member) for name, member in section.sections("field")}
        self.tables: dict[str, Table] = {}
        for name, member in section.sections("table"):
            member.only("label", "caption", "column")
            columns = {column: _field(column, each) for column, each in member.sections("column")}
            label, caption = member.get("label", str), member.get("caption", str)
            if caption not in columns:
                raise member.error(say("declare.word", field=caption))
            self.tables[name] = Table(name, label, caption, columns)
            check_id(name, member)
            if name in self.fields:
                raise member.error(say("declare.same", table=name))
        self.constants = constants_of(section.section("constants"))
        self.printed_sums = [
            (member.get("total", str), member.words("parts")) for _, member in section.sections("printed_sum")
        ]


def check_id(name: str, section: Section) -> None:
    """Refuse an id that could not be part of a defined name.

    Raises:
        DeclarationError: naming the id.
    """
    if not _ID.fullmatch(name):
        raise section.error(say("declare.identifier", id=name))


def _field(name: str, section: Section) -> Field:
    section.only("label", "kind", "unit", "decimals", "required", "help", "bureau")
    check_id(name, section)
    decimals = section.get("decimals", int, 2)
    if not 0 <= decimals <= 9:
        raise section.error(say("declare.decimals", decimals=decimals))
    kind = section.get("kind", str)
    if kind not in FIELD_KINDS:
        raise section.error(say("declare.kind", kind=kind, known="、".join(FIELD_KINDS)))
    help_text = section.get("help", str, "")
    if len(help_text) > VALIDATION_PROMPT_LIMIT:
        raise section.error(say("declare.placeholder_help", field=name, length=len(help_text)))
    return Field(
        id=name,
        label=section.get("label", str),
        kind=kind,
        unit=section.get("unit", str, ""),
        decimals=decimals,
        required=section.get("required", bool, False),
        help=help_text,
        bureau=section.get("bureau", bool, False),
    )


def constants_of(section: Section) -> dict[str, Decimal | str]:
    """The constants of a section: numbers exact, texts as they are."""
    return {
        key: value if isinstance(value, str) else section.number(key) for key, value in section.values.items()
    }
