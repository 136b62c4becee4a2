"""What results may hold, and how they appear: text any cell takes, files whole or not at all, never over another."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from workbook.excel import CELL_TEXT_LIMIT
from workbook.texts import os_reason, say

_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")


class ReportError(Exception):
    """A result that could not be written; the text says which file, why, and what to do."""


@contextmanager
def appearing(path: Path) -> Iterator[Path]:
    """A temporary path that becomes ``path`` when all went well: a whole file or none, never over another.

    Raises:
        ReportError: ``path`` exists, or its folder cannot be written.
    """
    if os.path.lexists(path):
        raise ReportError(say("report.exists", file=safe(str(path))))
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        temporary.open("xb").close()
        yield temporary
        _settle(temporary, path)
    except FileExistsError:
        raise ReportError(say("report.exists", file=safe(str(path)))) from None
    except OSError as error:
        detail = os_reason(error)
        raise ReportError(say("report.unwritable", file=safe(str(path)), detail=detail)) from error
    finally:
        with suppress(OSError):  # what went wrong before says more
            temporary.unlink(missing_ok=True)


def _settle(temporary: Path, path: Path) -> None:
    """Give a finished file its name, which must be free."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # no hard links on FAT and some shares: claim the name, then replace the claim
        path.open("xb").close()
        try:
            temporary.replace(path)
        except OSError:
            path.unlink()
            raise


def safe(text: str, limit: int = CELL_TEXT_LIMIT) -> str:
    """A text as a cell may hold it: lone surrogates spelled out, control characters replaced, cut with a mark."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    text = _CONTROL.sub("\ufffd", text)
    if _units(text) <= limit:
        return text
    mark = say("report.cut", length=len(text))
    kept = text.encode("utf-16-le")[: 2 * (limit - _units(mark))]
    return kept.decode("utf-16-le", "ignore") + mark


def _units(text: str) -> int:
    """The length of a text as Excel counts it."""
    return len(text.encode("utf-16-le")) // 2
