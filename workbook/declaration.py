"""One TOML file of declarations: reading it, and taking typed values out of it so that mistakes name their place."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from workbook.texts import say

T = TypeVar("T")


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
            found = type(value).__name__
            raise self.error(say("declare.type", key=key, wanted=wanted.__name__, found=found))
        return value

    def number(self, key: str, default: Decimal | None = None) -> Decimal:
        """The value of a key as an exact number."""
        value = self.values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise self.error(say("declare.type", key=key, wanted="number", found=type(value).__name__))
        return Decimal(value)

    def words(self, key: str) -> tuple[str, ...]:
        """The value of a key as a list of words; empty when it is missing."""
        found = self.get(key, list, [])
        if not all(isinstance(word, str) for word in found):
            raise self.error(say("declare.type", key=key, wanted="list of text", found="list"))
        return tuple(found)

    def sections(self, key: str) -> list[tuple[str, Section]]:
        """The named tables under a key, or the members of a list of tables under their numbers."""
        found = self.values.get(key, {})
        if isinstance(found, list):
            found = {f"{number}": member for number, member in enumerate(found, start=1)}
        if not isinstance(found, dict) or not all(isinstance(member, dict) for member in found.values()):
            raise self.error(say("declare.type", key=key, wanted="table", found=type(found).__name__))
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


def read_section(path: Path) -> Section:
    """A TOML file as a section.

    Raises:
        DeclarationError: it cannot be read or is no TOML.
    """
    try:
        with path.open("rb") as stream:
            return Section(path.name, "", tomllib.load(stream, parse_float=Decimal))
    except tomllib.TOMLDecodeError as error:
        what = say("declare.toml", detail=error)
    except (OSError, UnicodeDecodeError) as error:
        what = say("declare.unreadable", detail=error)
    raise DeclarationError(say("declare.error", file=path.name, place=say("declare.whole"), what=what))
