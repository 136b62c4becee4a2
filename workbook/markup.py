"""How the XML of an untrusted part is read: its elements, flags, whole numbers and rich texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from xml.parsers import expat

from workbook.container import Budget, Container, Limits, PackageError

__all__ = ["RichText", "Tags", "is_true", "parse_part", "to_integer", "unescape"]


@dataclass(frozen=True, slots=True)
class Tags:
    """What to do with the elements of one part, by local names in the root element's own namespace.

    Taking the namespace from the root makes Transitional, Strict and the early drafts equal, and leaves out
    extensions, which live in namespaces of their own.
    """

    #: Names the root element may have.
    roots: frozenset[str]
    #: Element → handler of its attributes.
    starts: Mapping[str, Callable[[dict[str, str]], None]]
    #: Element → handler of the text since the last start tag.
    ends: Mapping[str, Callable[[str], None]]


def parse_part(container: Container, part: str, tags: Tags) -> None:
    """Send the elements of an XML part to their handlers.

    Args:
        container: where the part is.
        part: name of the part.
        tags: handlers.

    Raises:
        PackageError: the part is missing, damaged or larger than allowed.
        expat.ExpatError: the part is not well-formed, or ends too early.
    """
    scan = _Scan(part, tags, container.budget)
    for chunk in container.chunks(part):
        scan.parser.Parse(chunk, False)
    scan.parser.Parse(b"", True)


_CHOICE = "http://schemas.openxmlformats.org/markup-compatibility/2006 Choice"


class _Scan:
    """One pass over one part."""

    def __init__(self, part: str, tags: Tags, budget: Budget) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.buffer_size = 65_536
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._root
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self._part = part
        self._tags = tags
        self._budget = budget
        self._starts: dict[str, Callable[[dict[str, str]], None]] = {}
        self._ends: dict[str, Callable[[str], None]] = {}
        self._pieces: list[str] = []
        self._length = 0
        self._depth = 0
        self._skipped = 0  # the depth of the element that is being left out, if any

    def _doctype(self, *_: object) -> None:
        raise PackageError("XML_DOCTYPE", f"{self._part!a:.200} has a DOCTYPE")

    def _root(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        if local not in self._tags.roots:
            kinds = {"document": "WORD", "presentation": "NOT_EXCEL"}
            raise PackageError(kinds.get(local, "XML_BROKEN"), f"{self._part!a:.200} is a {local!a:.200}")
        prefix = namespace + " " if namespace else ""
        self._starts = {prefix + local: call for local, call in self._tags.starts.items()}
        self._ends = {prefix + local: call for local, call in self._tags.ends.items()}
        self.parser.StartElementHandler = self._start
        self._start(name, attributes)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._pieces.clear()
        self._length = 0
        budget = self._budget
        budget.elements += 1
        if not budget.elements & 2047:
            budget.check_time()
        limits = budget.limits
        if self._depth > limits.depth:
            raise PackageError("XML_DEEP", f"{self._part!a:.200} has more than {limits.depth} levels")
        if budget.elements > limits.elements or len(attributes) > limits.attributes:
            raise PackageError("XML_TOO_LARGE", f"{self._part!a:.200}: too many elements or attributes")
        if self._skipped:
            return
        if name == _CHOICE:  # needs features that are not known here; the fallback beside it is read
            self._skipped = self._depth
            return
        handler = self._starts.get(name)
        if handler is not None:
            handler(attributes)

    def _end(self, name: str) -> None:
        if self._skipped:
            if self._skipped == self._depth:
                self._skipped = 0
        else:
            handler = self._ends.get(name)
            if handler is not None:
                handler("".join(self._pieces))
        self._depth -= 1

    def _text(self, data: str) -> None:
        self._length += len(data)
        if self._length > self._budget.limits.cell_text:
            raise PackageError(
                "TEXT_TOO_LONG", f"{self._part!a:.200} has a text of {self._length} characters"
            )
        self._pieces.append(data)


# ---- What stands in attributes and texts -----------------------------------------------------------------


def is_true(text: str | None) -> bool:
    """Whether an attribute says yes; one that is missing does not."""
    return text is not None and text.strip().lower() in ("1", "true", "on")


def to_integer(text: str | None) -> int | None:
    """The whole number an attribute or a text holds, or ``None`` for anything but one to nine digits."""
    return int(text) if text is not None and re.fullmatch(r"\s*[0-9]{1,9}\s*", text, re.ASCII) else None


class RichText:
    """A text in several runs; the phonetic ones say how it is read aloud and do not belong to it."""

    def __init__(self, limits: Limits) -> None:
        self._limit = limits.cell_text
        self._pieces: list[str] = []
        self._length = 0
        self._phonetic = False

    def begin(self, _: dict[str, str]) -> None:
        """Start anew, for the next text."""
        self._pieces.clear()
        self._length = 0
        self._phonetic = False

    def phonetic_begins(self, _: dict[str, str]) -> None:
        """Leave out the runs that follow."""
        self._phonetic = True

    def phonetic_ends(self, _: str) -> None:
        """Take the runs that follow."""
        self._phonetic = False

    def add(self, text: str) -> None:
        """Add the text of a run; raise ``TEXT_TOO_LONG`` when all of them have too many characters."""
        if self._phonetic:
            return
        self._length += len(text)
        if self._length > self._limit:
            raise PackageError("TEXT_TOO_LONG", f"a text of {self._length} characters")
        self._pieces.append(text)

    def whole(self) -> str:
        """The text of all runs that were taken."""
        return unescape("".join(self._pieces))


def unescape(text: str) -> str:
    """Put back the characters XML cannot hold; halves of surrogate pairs are no text and stay as written."""
    if "_x" not in text:
        return text
    return re.sub(r"_x((?![dD][89a-fA-F])[0-9a-fA-F]{4})_", lambda match: chr(int(match[1], 16)), text)
