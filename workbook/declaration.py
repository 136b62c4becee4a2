"""One TOML file of declarations: reading it, and taking typed values out of it so that mistakes name their place."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from workbook.texts import os_reason, say

T = TypeVar("T")
_TOML_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)$")
#: What the types of TOML are called; its dates and times, which no declaration takes, all alike.
_TYPES = {str: "str", bool: "bool", int: "int", Decimal: "number", list: "list", dict: "dict"}


class DeclarationError(Exception):
    """A wrong declaration: the text names the file, the place in it, what is wrong and the remedy."""


@dataclass(frozen=True, slots=True)
class Section:
    """A table of a TOML file that knows where it stands."""

    file: str
    place: str
    values: Mapping[str, Any]

    def error(self, what: str) -> DeclarationError:
        """A mistake at this place."""
        return DeclarationError(
            say("declare.error", file=self.file, place=self.place or say("declare.whole"), what=what)
        )

    def get(self, key: str, wanted: type[T], default: T | None = None) -> T:
        """The value of a key.

        Raises:
            DeclarationError: it is missing and has no default, or is of another type.
        """
        if key not in self.values:
            if default is None:
                raise self.error(say("declare.missing", key=key))
            return default
        value = self.values[key]
        if not isinstance(value, wanted) or (wanted is not bool and isinstance(value, bool)):
            raise self.wrong_type(key, _TYPES[wanted], value)
        return value

    def wrong_type(self, key: str, wanted: str, value: object) -> DeclarationError:
        """A value of another type than the wanted one: str, int, number, bool, list or dict."""
        words = {"wanted": say(f"declare.type.{wanted}"), "found": _type_of(value)}
        return self.error(say("declare.type", key=key, **words))

    def number(self, key: str, default: Decimal | None = None) -> Decimal:
        """The value of a key as an exact number."""
        value = self.values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise self.wrong_type(key, "number", value)
        if not Decimal(value).is_finite():
            raise self.error(say("declare.infinite", key=key, value=value))
        return Decimal(value)

    def words(self, key: str) -> tuple[str, ...]:
        """The value of a key as a list of words; empty when it is missing."""
        found = self.get(key, list, [])
        for word in found:
            if not isinstance(word, str):
                raise self.error(say("declare.words", key=key, found=_type_of(word)))
        return tuple(found)

    def sections(self, key: str) -> list[tuple[str, Section]]:
        """The named tables under a key, or the members of a list of tables under their numbers."""
        found = self.values.get(key, {})
        if isinstance(found, list):
            found = {f"{number}": member for number, member in enumerate(found, start=1)}
        if not isinstance(found, dict):
            raise self.wrong_type(key, "dict", found)
        if not all(isinstance(member, dict) for member in found.values()):
            raise self.error(say("declare.members", key=key))
        place = f"{self.place}.{key}" if self.place else key
        return [(name, Section(self.file, f"{place}.{name}", member)) for name, member in found.items()]

    def section(self, key: str) -> Section:
        """The table under a key; empty when it is missing."""
        return Section(self.file, f"{self.place}.{key}".strip("."), self.get(key, dict, {}))

    def only(self, *known: str) -> None:
        """Refuse keys that mean nothing here.

        Raises:
            DeclarationError: naming the first such key and the known ones.
        """
        for key in self.values:
            if key not in known:
                raise self.error(say("declare.unknown", key=key, known="、".join(known)))


def _type_of(value: object) -> str:
    return say(f"declare.type.{_TYPES.get(type(value), 'date')}")


def read_section(path: Path) -> Section:
    """A TOML file as a section.

    Raises:
        DeclarationError: it cannot be read or is no TOML.
    """
    try:
        with path.open("rb") as stream:
            return Section(path.name, "", tomllib.load(stream, parse_float=Decimal))
    except OSError as error:
        what = say("declare.unreadable", detail=os_reason(error))
    except UnicodeDecodeError:
        what = say("declare.unreadable", detail=say("declare.encoding"))
    except tomllib.TOMLDecodeError as error:
        found = _TOML_PLACE.search(str(error))
        place = {"line": found[1], "column": found[2]} if found else {}
        what = say("declare.toml", detail=say("declare.toml.place" if found else "declare.toml.end", **place))
    except (ValueError, ArithmeticError, RecursionError):  # numbers and nesting that Python does not take
        what = say("declare.toml", detail=say("declare.toml.huge"))
    raise DeclarationError(say("declare.error", file=path.name, place=say("declare.whole"), what=what))
