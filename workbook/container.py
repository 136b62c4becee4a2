"""What an untrusted file may cost, the causes for which it is refused, and the safe way into its archive."""

from __future__ import annotations

import os
import re
import stat
import struct
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

__all__ = ["CAUSES", "Budget", "Container", "Limits", "PackageError", "read_bytes"]

#: Every reason for which a file is refused; the sentences for people are kept with the rules.
CAUSES = (
    *("NOT_REGULAR", "UNREADABLE", "TOO_LARGE", "EMPTY", "TRUNCATED", "TIMEOUT"),
    *("ENCRYPTED", "OLD_XLS", "XLSB", "ODS", "XML_2003", "HTML", "CSV_TEXT", "PDF", "WORD", "IMAGE"),
    *("RAR", "SEVEN_ZIP", "ZIP_OF_FILES", "NUMBERS", "NOT_EXCEL"),
    *("ZIP_BROKEN", "ZIP_DUP", "ZIP_OVERLAP", "ZIP_NAME", "ZIP_ENTRIES", "ZIP_RATIO", "ZIP_PART_SIZE"),
    *("ZIP_METHOD", "ZIP_ENCRYPTED", "XML_BROKEN", "XML_DOCTYPE", "XML_DEEP", "XML_TOO_LARGE"),
    *("SHEET_PART_MISSING", "NO_SHEETS", "TOO_MANY_SHEETS", "TOO_MANY_ROWS", "TOO_MANY_CELLS"),
    *("TOO_MANY_MERGES", "TEXT_TOO_LONG", "BAD_ADDRESS"),
)


class PackageError(Exception):
    """A file is refused.

    Attributes:
        cause: one of ``CAUSES``, stable, for programs.
        detail: what exactly was seen, in English and plain ASCII, for a log.
    """

    def __init__(self, cause: str, detail: str) -> None:
        super().__init__(cause, detail)
        self.cause = cause
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.cause}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an untrusted file may cost; an ordinary form needs a thousandth of this."""

    #: Bytes of the file itself.
    file_bytes: int = 20 * 2**20
    #: Entries of the archive.
    entries: int = 2_000
    #: Bytes one part may have when inflated.
    part_bytes: int = 50 * 2**20
    #: Bytes all parts that are read may have together when inflated.
    total_bytes: int = 100 * 2**20
    #: Inflated bytes per stored byte ...
    ratio: int = 200
    #: ... looked at only when a part has more than this many bytes: small parts of honest files shrink well.
    ratio_floor: int = 4 * 2**20
    #: Levels of XML elements.
    depth: int = 64
    #: Attributes of one XML element.
    attributes: int = 256
    #: XML elements in all parts that are read.
    elements: int = 3_000_000
    #: Rows written down in one sheet, empty ones included.
    rows: int = 100_000
    #: Cells written down in the whole workbook, empty ones included.
    cells: int = 300_000
    #: Merged areas of one sheet.
    merges: int = 20_000
    #: Sheets of the workbook.
    sheets: int = 100
    #: Characters of one text.
    cell_text: int = 160 * 1024
    #: Characters of one formula.
    formula_text: int = 8_192
    #: Characters of all formulas that are written out from shared ones.
    shared_text: int = 20 * 2**20
    #: Seconds for the whole file, looked at every few thousand elements.
    seconds: float = 20.0


class Budget:
    """What one file has used of its limits so far."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.inflated = 0
        self.elements = 0
        self._deadline = time.monotonic() + limits.seconds

    def check_time(self) -> None:
        """Raise ``TIMEOUT`` when the time is used up."""
        if time.monotonic() > self._deadline:
            raise PackageError("TIMEOUT", f"more than {self.limits.seconds} seconds")

    def spend_bytes(self, count: int) -> None:
        """Count inflated bytes; raise when all parts together have too many."""
        self.inflated += count
        if self.inflated > self.limits.total_bytes:
            raise PackageError("ZIP_PART_SIZE", f"all parts have more than {self.limits.total_bytes} bytes")
        self.check_time()


# ---- The file ---------------------------------------------------------------------------------------------


def read_bytes(path: Path, limits: Limits) -> bytes:
    """The bytes of a regular file; a link, a pipe or a device is never opened, a huge file never read.

    Args:
        path: the file.
        limits: only ``file_bytes`` matters here.

    Raises:
        PackageError: ``NOT_REGULAR``, ``TOO_LARGE``, ``EMPTY`` or ``UNREADABLE``.
    """
    flags = os.O_RDONLY
    for name in ("O_BINARY", "O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK"):
        flags |= getattr(os, name, 0)  # each system has only some of them
    try:
        _check_status(os.lstat(path), limits)
        with open(os.open(path, flags), "rb") as file:
            # Once more on what was opened: another file may have taken the place since.
            _check_status(os.fstat(file.fileno()), limits)
            data = file.read(limits.file_bytes + 1)
    except (OSError, ValueError) as error:  # ValueError: the path itself is impossible
        raise PackageError("UNREADABLE", f"{type(error).__name__}: {str(error)!a:.300}") from error
    if len(data) > limits.file_bytes:
        raise PackageError("TOO_LARGE", f"more than {limits.file_bytes} bytes")
    if not data:
        raise PackageError("EMPTY", "0 bytes")
    return data


def _check_status(status: os.stat_result, limits: Limits) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise PackageError("NOT_REGULAR", f"file mode {stat.filemode(status.st_mode)}")
    if status.st_size > limits.file_bytes:
        raise PackageError("TOO_LARGE", f"{status.st_size} bytes")


# ---- The archive ------------------------------------------------------------------------------------------


class Container:
    """An archive whose directory was checked; parts are found without regard to case.

    Args:
        data: the whole file.
        budget: counts what is used.

    Raises:
        PackageError: any of the ``ZIP_...`` causes, or what else the archive is.
    """

    def __init__(self, data: bytes, budget: Budget) -> None:
        self.budget = budget
        self._data = data
        self._check_directory_size()
        self._archive = zipfile.ZipFile(BytesIO(data))
        infos = [info for info in self._archive.infolist() if not info.is_dir()]
        self._parts = {_part_name(info): info for info in infos}
        if any(info.flag_bits & 0x2041 for info in infos):
            raise PackageError("ZIP_ENCRYPTED", "an entry of the archive has a password")
        self._check_kind()
        self._check_entries(infos)
        self._check_layout()

    def __contains__(self, part: str) -> bool:
        return part.lower() in self._parts

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all parts, in lower case, with forward slashes."""
        return tuple(self._parts)

    def chunks(self, part: str) -> Iterator[bytes]:
        """The bytes of a part, piece by piece; that they end without an error proves the checksum.

        Raises:
            PackageError: the part is larger than allowed, or not what the directory promised.
            KeyError: there is no such part.
        """
        info = self._parts[part.lower()]
        limits = self.budget.limits
        size = 0
        with self._archive.open(info) as stream:
            while chunk := stream.read(65_536):
                size += len(chunk)
                if size > limits.part_bytes:
                    raise PackageError("ZIP_PART_SIZE", f"{part!a:.200} has more than {size - 1} bytes")
                if size > limits.ratio_floor and size > limits.ratio * info.compress_size:
                    raise PackageError("ZIP_RATIO", f"{part!a:.200} grows {size // info.compress_size} times")
                self.budget.spend_bytes(len(chunk))
                yield chunk
        if size != info.file_size:
            raise PackageError("ZIP_BROKEN", f"{part!a:.200} has {size} bytes, not {info.file_size}")

    def _check_directory_size(self) -> None:
        """Count the directory's entries before anything is built from them."""
        data = self._data
        end = data.rfind(b"PK\x05\x06", max(0, len(data) - 65_557))
        if end < 0 or end + 22 > len(data):
            raise PackageError("ZIP_BROKEN", "the end of the archive's directory is not where it should be")
        size: int = struct.unpack_from("<I", data, end + 12)[0]
        wide = size == 0xFFFFFFFF or data[max(0, end - 20) : max(0, end - 16)] == b"PK\x06\x07"
        count = data.count(b"PK\x01\x02", 0 if wide else max(0, end - size), end)
        if count > self.budget.limits.entries:
            raise PackageError("ZIP_ENTRIES", f"{count} entries")

    def _check_kind(self) -> None:
        if "mimetype" in self._parts:
            kind = b"".join(self.chunks("mimetype"))
            if b"opendocument" in kind and b"encryption-data" in self._optional("meta-inf/manifest.xml"):
                raise PackageError("ENCRYPTED", "an OpenDocument file with a password")
            if b"opendocument.spreadsheet" in kind:
                raise PackageError("ODS", "an OpenDocument spreadsheet")
            if b"opendocument.text" in kind:
                raise PackageError("WORD", "an OpenDocument text")
        if "index.zip" in self._parts or any(name.endswith(".iwa") for name in self._parts):
            raise PackageError("NUMBERS", "an Apple iWork archive")
        if "_rels/.rels" in self._parts:
            return
        if any(name.startswith("xl/") or name == "[content_types].xml" for name in self._parts):
            raise PackageError("ZIP_BROKEN", "_rels/.rels is missing")
        if not self._parts:
            raise PackageError("NOT_EXCEL", "an archive without files")
        raise PackageError("ZIP_OF_FILES", f"{len(self._parts)} files")

    def _optional(self, part: str) -> bytes:
        return b"".join(self.chunks(part)) if part in self._parts else b""

    def _check_entries(self, infos: list[zipfile.ZipInfo]) -> None:
        if len(self._parts) < len(infos):
            raise PackageError("ZIP_DUP", "two entries have the same name")
        for name, info in self._parts.items():
            if re.search(r"\0|^/|^[a-z]:|(^|/)\.\.(/|$)", name):
                raise PackageError("ZIP_NAME", f"{name!a:.200}")
            if stat.S_ISLNK(info.external_attr >> 16):
                raise PackageError("ZIP_NAME", f"{name!a:.200} is a symbolic link")
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise PackageError("ZIP_METHOD", f"{name!a:.200} is packed with method {info.compress_type}")

    def _check_layout(self) -> None:
        """No two entries may share bytes: one stream listed a thousand times is a bomb."""
        end = 0
        for info in sorted(self._parts.values(), key=lambda each: each.header_offset):
            start = info.header_offset
            if start < end:
                raise PackageError("ZIP_OVERLAP", f"{info.filename!a:.200} begins inside another entry")
            if self._data[start : start + 4] != b"PK\x03\x04" or start + 30 > len(self._data):
                raise PackageError("ZIP_BROKEN", f"{info.filename!a:.200} is not where the directory says")
            name_length, extra_length = struct.unpack_from("<HH", self._data, start + 26)
            end = start + 30 + name_length + extra_length + info.compress_size
        if end > self._archive.start_dir:
            raise PackageError("ZIP_OVERLAP", "an entry reaches into the archive's directory")


def _part_name(info: zipfile.ZipInfo) -> str:
    # The original name: zipfile cuts it at a NUL, and changes backslashes on one system only.
    return info.orig_filename.replace("\\", "/").lower()
