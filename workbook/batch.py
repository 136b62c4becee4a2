"""Many returned files checked: every entry ends as checked, refused with a named cause, or ignored with a reason."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path

from workbook.check import check, unit_name
from workbook.locate import RefusedError
from workbook.model import Catalog
from workbook.package import PackageError
from workbook.read import read
from workbook.result import FileResult, Outcome, scores
from workbook.submission import Finding, Submission
from workbook.texts import say

_TEMPORARY = ("~$", ".~", "._")
_SYSTEM = frozenset({".DS_Store", "Thumbs.db", "desktop.ini", "__MACOSX"})
#: What a folder of results holds beside its folders.
_RESULTS = frozenset({say("report.file"), "findings.jsonl"})
_RESULT_FOLDER = say("check.folder", time="")
#: The length of what is told of a defect.
_TOLD = 200


def entries(paths: Sequence[Path]) -> list[tuple[Path, str]]:
    """Every file under the given paths once, with a name of its own to be reported by, in a fixed order.

    A folder of results is one entry itself, and so are the files in it that are no results.
    """
    found: dict[tuple[str, str], tuple[Path, str]] = {}
    real = cache(os.path.realpath)
    for given in paths:
        for path, name in _below(given):
            found.setdefault((real(path.parent), path.name), (path, name))
    return _told_apart(list(found.values()))


def _below(given: Path) -> Iterator[tuple[Path, str]]:
    if os.path.isdir(given) and not given.is_symlink():
        for member in sorted(_members(given), key=str):
            yield member, _own_name(member) if member == given else str(member.relative_to(given))
    else:
        yield given, given.name


def _own_name(path: Path) -> str:
    return Path(os.path.abspath(path)).name


def _told_apart(found: list[tuple[Path, str]]) -> list[tuple[Path, str]]:
    """The entries with the given folder before every name that would otherwise stand for several."""
    while True:
        several = {name for name, number in Counter(name for _, name in found).items() if number > 1}
        longer = [(path, str(path) if name in several else name) for path, name in found]
        if longer == found:
            return found
        found = longer


def _members(folder: Path) -> Iterator[Path]:
    """Everything below a folder but folders; one that cannot be opened stands for what may be in it."""
    closed: list[Path] = []
    for top, folders, files in os.walk(folder, onerror=lambda error: closed.append(Path(error.filename))):
        if _is_result_folder(Path(top)):
            yield Path(top)
            files = [name for name in files if name not in _RESULTS]
            folders.clear()
        yield from (Path(top, name) for name in files)
        yield from (link for name in folders if (link := Path(top, name)).is_symlink())
    yield from closed


def _is_result_folder(folder: Path) -> bool:
    return _own_name(folder).startswith(_RESULT_FOLDER) and os.path.isfile(folder / say("report.file"))


def check_files(
    paths: Sequence[Path],
    catalog: Catalog,
    *,
    template: str = "",
    progress: Callable[[FileResult], None] | None = None,
) -> tuple[FileResult, ...]:
    """Check every file under the given paths, copies of a checked one left aside.

    Args:
        paths: files and folders.
        catalog: templates and rules.
        template: the template of workbooks that do not say theirs.
        progress: told of each result as it comes.

    Returns:
        One result for each entry, in order.
    """
    results = []
    originals = _Originals()
    for path, name in entries(paths):
        original = originals.of(path)
        if original:
            reason = say("batch.copy", original=original)
            result = FileResult(_shown(name), str(path), Outcome.IGNORED, reason=reason)
        else:
            result = check_file(path, name, catalog, template=template)
        if result.outcome is Outcome.CHECKED:
            originals.add(path, result.file)
        results.append(result)
        if progress is not None:
            progress(result)
    return tuple(results)


class _Originals:
    """The files checked so far, to know a copy of one by its content; only files of one size are compared."""

    def __init__(self) -> None:
        self._known: dict[int, list[tuple[Path, str]]] = {}
        self._digest = cache(_digest)

    def add(self, path: Path, name: str) -> None:
        self._known.setdefault(_size(path), []).append((path, name))

    def of(self, path: Path) -> str:
        """The name of the checked file with the same content; empty when there is none."""
        size = _size(path)
        alike = [] if size < 0 or _aside(path) else self._known.get(size, [])
        return next((name for known, name in alike if self._digest(known) == self._digest(path) != ""), "")


def _size(path: Path) -> int:
    """The size of a regular file; -1 for anything else."""
    try:
        status = path.lstat()
    except OSError:
        return -1
    return status.st_size if stat.S_ISREG(status.st_mode) else -1


def _digest(path: Path) -> str:
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def check_file(path: Path, name: str, catalog: Catalog, *, template: str = "") -> FileResult:
    """Check one file; whatever it is and whatever happens, the answer is a result."""
    shown = _shown(name)
    reason = _aside(path)
    if reason:
        return FileResult(shown, str(path), Outcome.IGNORED, reason=reason)
    try:
        return _checked(path, read(path, catalog, name=shown, template=template), catalog)
    except PackageError as error:
        return _refused(path, shown, f"file.{error.cause}", error.detail, catalog)
    except RefusedError as error:
        return _refused(path, shown, error.event, error.detail, catalog)
    except Exception as error:  # a defect of ours: the other files still get their results
        return _refused(path, shown, "file.failed", _told(error), catalog)


def _aside(path: Path) -> str:
    """Why a file need not be checked; empty when it must be."""
    if path.name.startswith(_TEMPORARY) or _SYSTEM & set(path.parts):
        return say("batch.temporary")
    if _is_result_folder(path) or (path.name in _RESULTS and _is_result_folder(path.parent)):
        return say("batch.result")
    return ""


def _shown(name: str) -> str:
    """A file's name as text, bytes that are none spelled out."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _told(error: Exception) -> str:
    """An exception in one short line: its type and what it says."""
    said = " ".join(str(error).split())
    text = f"{type(error).__name__}: {said}" if said else type(error).__name__
    return _shown(text if len(text) <= _TOLD else f"{text[: _TOLD - 1]}…")


def _checked(path: Path, submission: Submission, catalog: Catalog) -> FileResult:
    return FileResult(
        file=submission.file,
        path=str(path),
        outcome=Outcome.CHECKED,
        template=submission.template.id,
        year=submission.template.year,
        unit=unit_name(submission),
        findings=check(submission, catalog),
        scores=scores(submission),
    )


def _refused(path: Path, name: str, event: str, detail: str, catalog: Catalog) -> FileResult:
    rule = catalog.events[event]
    message = rule.message.format(file=name, detail=detail)
    finding = Finding(
        code=rule.code,
        severity=rule.severity,
        file=name,
        unit="",
        form="",
        sheet="",
        cell="",
        label=rule.title,
        expected=None,
        actual=None,
        message=message,
        fix=rule.fix,
        basis=rule.basis,
    )
    return FileResult(name, str(path), Outcome.REFUSED, reason=f"{message}；{rule.fix}", findings=(finding,))
