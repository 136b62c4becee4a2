"""The sheets, names and properties of an untrusted workbook file."""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import unquote
from xml.parsers import expat

from workbook.cells import PROBLEMS, Cell, Cells, Sheet
from workbook.container import CAUSES, Budget, Container, Limits, PackageError, read_bytes
from workbook.markup import RichText, Tags, is_true, parse_part, to_integer
from workbook.reference import parse_reference
from workbook.signature import sniff

__all__ = [
    "CAUSES",
    "PROBLEMS",
    "Cell",
    "Limits",
    "Package",
    "PackageError",
    "Sheet",
    "parse_reference",
    "read_package",
]


@dataclass(frozen=True, slots=True)
class Package:
    """A workbook, read completely or not at all.

    Attributes:
        path: where it was read.
        sheets: in the order of their tabs.
        names: defined names of the whole workbook → what they refer to.
        local_names: sheet title, name and what it refers to, for names of one sheet.
        properties: custom document properties.
        date1904: whether days are counted from 1904.
        macros: whether there is a macro project or a macro sheet.
        external_links: whether there are links to other workbooks or programs.
    """

    path: Path
    sheets: tuple[Sheet, ...]
    names: Mapping[str, str]
    local_names: tuple[tuple[str, str, str], ...]
    properties: Mapping[str, str]
    date1904: bool
    macros: bool
    external_links: bool

    def sheet(self, title: str) -> Sheet | None:
        """The sheet of this title (case does not matter, as in Excel), or ``None``."""
        return next((each for each in self.sheets if each.title.casefold() == title.casefold()), None)


_LIMITS = Limits()


def read_package(path: Path, limits: Limits = _LIMITS) -> Package:
    """Read a workbook nobody vouches for.

    Nothing is executed, followed or written. A file is read completely or refused: every part that is needed
    must be there, with the right checksum and a closed root element.

    Args:
        path: the file; its extension does not matter.
        limits: how much it may cost.

    Returns:
        what the workbook contains.

    Raises:
        PackageError: the file is refused; no other exception leaves for any content.
    """
    try:
        return _read(path, limits)
    except PackageError:
        raise
    except Exception as error:  # no list of types is complete for hostile input
        raise PackageError(_cause(error), f"{type(error).__name__}: {str(error)!a:.300}") from error


def _cause(error: Exception) -> str:
    if isinstance(error, OSError | MemoryError):
        return "UNREADABLE"
    if isinstance(error, zipfile.BadZipFile | zlib.error | EOFError | NotImplementedError | UnicodeError):
        return "ZIP_BROKEN"
    return "XML_BROKEN" if isinstance(error, expat.ExpatError | LookupError | ValueError) else "UNREADABLE"


def _read(path: Path, limits: Limits) -> Package:
    data = read_bytes(path, limits)
    cause = sniff(data)
    if cause:
        raise PackageError(cause, f"begins with {data[:8].hex(' ')}")
    container = Container(data, Budget(limits))
    top = _Relations(container, "")
    part = _workbook_part(container, top)
    book = _Book(container, part, limits)
    relations = _Relations(container, part)
    strings = _shared_strings(container, relations.first("sharedStrings"))
    formats = _formats(container, relations.first("styles"))
    reader = Cells(container, strings, formats, book.date1904)
    sheets = tuple(
        reader.read(entry.title, entry.state, _sheet_part(container, relations, entry))
        for entry in book.entries
    )
    global_names, local_names = book.split_names()
    project = any(name.endswith("vbaproject.bin") for name in container.names)
    return Package(
        path=path,
        sheets=sheets,
        names=MappingProxyType(global_names),
        local_names=local_names,
        properties=MappingProxyType(_properties(container, top.first("customProperties"))),
        date1904=book.date1904,
        macros=project or relations.has("vbaProject", "xlMacrosheet", "xlIntlMacrosheet"),
        external_links=relations.has("externalLink"),
    )


def _workbook_part(container: Container, top: _Relations) -> str:
    """Where the package itself says its workbook is; the usual path is only a custom."""
    part = top.first("officeDocument")
    if part.endswith(".bin"):
        raise PackageError("XLSB", f"workbook part {part!a:.200}")
    if not part or part.startswith(("word/", "ppt/")):
        raise PackageError("WORD" if part.startswith("word/") else "NOT_EXCEL", f"main part {part!a:.200}")
    if part not in container:
        raise PackageError("SHEET_PART_MISSING", f"workbook part {part!a:.200}")
    return part


# ---- Parts around the cells -------------------------------------------------------------------------------


class _Relations:
    """What a part is connected with: kinds and targets inside the archive, links to the outside left out."""

    def __init__(self, container: Container, source: str) -> None:
        self._container = container
        self._folder, name = posixpath.split(source)
        self._by_id: dict[str, tuple[str, str]] = {}
        part = posixpath.join(self._folder, "_rels", name + ".rels")
        if part in container:
            tags = Tags(frozenset({"Relationships"}), {"Relationship": self._add}, {})
            parse_part(container, part, tags)

    def _add(self, attributes: dict[str, str]) -> None:
        kind = attributes.get("Type", "").rpartition("/")[2]
        kind = {"custom-properties": "customProperties"}.get(kind, kind)  # Strict spells it differently
        target = ""
        if attributes.get("TargetMode", "").lower() != "external":
            target = self._resolve(attributes.get("Target", ""))
        self._by_id[attributes.get("Id", "")] = (kind, target)

    def _resolve(self, target: str) -> str:
        target = target.strip().replace("\\", "/")
        part = posixpath.normpath(posixpath.join("/", self._folder, target)).lstrip("/").lower()
        return part if part in self._container else unquote(part)

    def has(self, *kinds: str) -> bool:
        return any(kind in kinds for kind, _ in self._by_id.values())

    def first(self, kind: str) -> str:
        return next((target for each, target in self._by_id.values() if each == kind), "")

    def target(self, identifier: str) -> str:
        return self._by_id.get(identifier, ("", ""))[1]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A sheet as the workbook part declares it."""

    title: str
    state: str
    relation: str


class _Book:
    """What stands in the workbook part."""

    def __init__(self, container: Container, part: str, limits: Limits) -> None:
        self.entries: list[_Entry] = []
        self._names: list[tuple[int | None, str, str]] = []
        self.date1904 = False
        self._limits = limits
        self._name: dict[str, str] = {}
        starts = {"sheet": self._sheet, "workbookPr": self._settings, "definedName": self._name_starts}
        parse_part(container, part, Tags(frozenset({"workbook"}), starts, {"definedName": self._name_ends}))
        if not self.entries:
            raise PackageError("NO_SHEETS", "the workbook declares no sheet")

    def _settings(self, attributes: dict[str, str]) -> None:
        self.date1904 = is_true(attributes.get("date1904"))

    def _sheet(self, attributes: dict[str, str]) -> None:
        if len(self.entries) >= self._limits.sheets:
            raise PackageError("TOO_MANY_SHEETS", f"more than {self._limits.sheets} sheets")
        relation = next((text for key, text in attributes.items() if key.endswith(" id")), "")
        state = attributes.get("state", "visible")
        if state not in ("hidden", "veryHidden"):
            state = "visible"
        self.entries.append(_Entry(attributes.get("name", ""), state, relation))

    def _name_starts(self, attributes: dict[str, str]) -> None:
        self._name = attributes

    def _name_ends(self, text: str) -> None:
        scope = self._name.get("localSheetId")
        number = None if scope is None else to_integer(scope)
        self._names.append((-1 if scope and number is None else number, self._name.get("name", ""), text))

    def split_names(self) -> tuple[dict[str, str], tuple[tuple[str, str, str], ...]]:
        """The names of the whole workbook, and those of single sheets with the sheet's title."""
        titles = dict(enumerate(entry.title for entry in self.entries))
        whole = {name: text for scope, name, text in self._names if scope is None}
        local = (
            (titles.get(scope, ""), name, text) for scope, name, text in self._names if scope is not None
        )
        return whole, tuple(local)


def _sheet_part(container: Container, relations: _Relations, entry: _Entry) -> str | None:
    """The part of a sheet; ``None`` for one that may do without."""
    part = relations.target(entry.relation)
    if part in container:
        return part
    if entry.relation or entry.state == "visible":
        # Office itself leaves very hidden leftovers of old dialogs that refer to nothing at all.
        raise PackageError(
            "SHEET_PART_MISSING", f"{entry.title!a:.200} {entry.relation!a:.200} {part!a:.200}"
        )
    return None


def _properties(container: Container, part: str) -> dict[str, str]:
    found: dict[str, str] = {}
    names: list[str] = []
    if part in container:
        starts = {"property": lambda attributes: names.append(attributes.get("name", ""))}
        ends = {"property": lambda text: found.__setitem__(names[-1], text)}
        parse_part(container, part, Tags(frozenset({"Properties"}), starts, ends))
    return found


def _shared_strings(container: Container, part: str) -> list[str]:
    strings: list[str] = []
    if part in container:
        text = RichText(container.budget.limits)
        starts = {"si": text.begin, "rPh": text.phonetic_begins}
        ends = {"t": text.add, "rPh": text.phonetic_ends, "si": lambda _: strings.append(text.whole())}
        parse_part(container, part, Tags(frozenset({"sst"}), starts, ends))
    return strings


#: Number formats that are not written down in the file. 27 to 36 and 50 to 58 are the East Asian dates and
#: times; their exact look depends on the language of the program, that they are dates does not.
_BUILTIN_FORMATS: Mapping[int, str] = MappingProxyType(
    dict(enumerate(("General", "0", "0.00", "#,##0", "#,##0.00")))
    | dict(enumerate(('"$"#,##0_);("$"#,##0)', '"$"#,##0_);[Red]("$"#,##0)'), 5))
    | dict(enumerate(('"$"#,##0.00_);("$"#,##0.00)', '"$"#,##0.00_);[Red]("$"#,##0.00)'), 7))
    | dict(enumerate(("0%", "0.00%", "0.00E+00", "# ?/?", "# ??/??"), 9))
    | dict(enumerate(("mm-dd-yy", "d-mmm-yy", "d-mmm", "mmm-yy", "h:mm AM/PM", "h:mm:ss AM/PM"), 14))
    | dict(enumerate(("h:mm", "h:mm:ss", "m/d/yy h:mm"), 20))
    | dict.fromkeys((*range(27, 32), 36, *range(50, 55), 57, 58), "yyyy-mm-dd")
    | dict.fromkeys((32, 33, 34, 35, 55, 56), "h:mm:ss")
    | dict(enumerate(("#,##0_);(#,##0)", "#,##0_);[Red](#,##0)"), 37))
    | dict(enumerate(("#,##0.00_);(#,##0.00)", "#,##0.00_);[Red](#,##0.00)"), 39))
    | dict(enumerate(('_(* #,##0_);_(* (#,##0);_(* "-"_);_(@_)',), 41))
    | dict(enumerate(('_("$"* #,##0_);_("$"* (#,##0);_("$"* "-"_);_(@_)',), 42))
    | dict(enumerate(('_(* #,##0.00_);_(* (#,##0.00);_(* "-"??_);_(@_)',), 43))
    | dict(enumerate(('_("$"* #,##0.00_);_("$"* (#,##0.00);_("$"* "-"??_);_(@_)',), 44))
    | dict(enumerate(("mm:ss", "[h]:mm:ss", "mmss.0", "##0.0E+0", "@"), 45))
)


def _formats(container: Container, part: str) -> list[str]:
    """The number format of each cell style, in the order of the styles."""
    codes = dict(_BUILTIN_FORMATS)
    found: list[int] = []
    cell_styles: list[int] = []

    def define(attributes: dict[str, str]) -> None:
        codes[to_integer(attributes.get("numFmtId")) or 0] = attributes.get("formatCode", "General")

    def style(attributes: dict[str, str]) -> None:
        found.append(to_integer(attributes.get("numFmtId")) or 0)

    def begin(_: dict[str, str]) -> None:
        found.clear()  # so far these were named styles, made of the same elements

    def end(_: str) -> None:
        cell_styles.extend(found)

    if part in container:
        starts = {"numFmt": define, "cellXfs": begin, "xf": style}
        parse_part(container, part, Tags(frozenset({"styleSheet"}), starts, {"cellXfs": end}))
    return [codes.get(number, "General") for number in cell_styles]
