"""Many returned files checked: every entry ends as checked, refused with a named cause, or ignored with a reason."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from workbook.check import check, unit_name
from workbook.locate import RefusedError
from workbook.model import Catalog, Finding, Submission
from workbook.package import PackageError
from workbook.read import read
from workbook.result import FileResult, Outcome, scores
from workbook.texts import say

_TEMPORARY = ("~$", ".~", "._")
_SYSTEM = frozenset({".DS_Store", "Thumbs.db", "desktop.ini", "__MACOSX"})


def entries(paths: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Every file under the given paths with the name it is reported by, in a fixed order."""
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            for member in sorted(_members(path), key=str):
                yield member, path.name if member == path else str(member.relative_to(path))
        else:
            yield path, path.name


def _members(folder: Path) -> Iterator[Path]:
    """Everything below a folder but folders; one that cannot be opened stands for what may be in it."""
    closed: list[Path] = []
    for top, folders, files in os.walk(folder, onerror=lambda error: closed.append(Path(error.filename))):
        yield from (Path(top, name) for name in files)
        yield from (link for name in folders if (link := Path(top, name)).is_symlink())
    yield from closed


def check_files(
    paths: Sequence[Path],
    catalog: Catalog,
    *,
    template: str = "",
    progress: Callable[[FileResult], None] | None = None,
) -> tuple[FileResult, ...]:
    """Check every file under the given paths.

    Args:
        paths: files and folders.
        catalog: templates and rules.
        template: the template of workbooks that do not say theirs.
        progress: told of each result as it comes.

    Returns:
        One result for each entry, in order.
    """
    results = []
    for path, name in entries(paths):
        result = check_file(path, name, catalog, template=template)
        results.append(result)
        if progress is not None:
            progress(result)
    return tuple(results)


def check_file(path: Path, name: str, catalog: Catalog, *, template: str = "") -> FileResult:
    """Check one file; whatever it is, the answer is a result."""
    shown = name.encode("utf-8", "backslashreplace").decode("utf-8")
    if path.name.startswith(_TEMPORARY) or _SYSTEM & set(path.parts):
        return FileResult(shown, str(path), Outcome.IGNORED, reason=say("batch.temporary"))
    try:
        return _checked(path, read(path, catalog, name=shown, template=template), catalog)
    except PackageError as error:
        return _refused(path, shown, f"file.{error.cause}", error.detail, catalog)
    except RefusedError as error:
        return _refused(path, shown, error.event, error.detail, catalog)
    except Exception as error:  # a defect of ours: the other files still get their results
        return _refused(path, shown, "file.failed", type(error).__name__, catalog)


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
