"""Result files that appear whole or not at all, and never in place of another."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbook.texts import say


class ReportError(Exception):
    """A result that could not be written; the text says which file, why, and what to do."""


@contextmanager
def appearing(path: Path) -> Iterator[Path]:
    """A temporary path that becomes ``path`` when all went well: a whole file or none, never over another.

    Raises:
        ReportError: ``path`` exists, or its folder cannot be written.
    """
    if os.path.lexists(path):
        raise ReportError(say("report.exists", file=shown(path)))
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        temporary.open("xb").close()
        yield temporary
        _settle(temporary, path)
    except FileExistsError:
        raise ReportError(say("report.exists", file=shown(path))) from None
    except OSError as error:
        detail = error.strerror or str(error)
        raise ReportError(say("report.unwritable", file=shown(path), detail=detail)) from error
    finally:
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


def shown(path: Path) -> str:
    """A path as a message can show it, whatever bytes its name holds."""
    return str(path).encode("utf-8", "backslashreplace").decode("utf-8")
