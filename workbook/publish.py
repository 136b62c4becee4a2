"""The folder of results: always a new one, holding the error workbook and the findings for programs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from workbook.model import Catalog
from workbook.report import write_findings, write_report
from workbook.result import FileResult
from workbook.texts import say


@dataclass(frozen=True, slots=True)
class Published:
    """What was written."""

    folder: Path
    report: Path
    findings: Path


def time_of_run(given: datetime | None = None) -> datetime:
    """The time shown in results: as given, else from ``SOURCE_DATE_EPOCH``, else now; local, to the second."""
    if given is not None:
        return given
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isdigit():
        return datetime.fromtimestamp(int(epoch), UTC).replace(tzinfo=None)
    return datetime.now().replace(microsecond=0)


def new_folder(wanted: Path) -> Path:
    """Make a folder that did not exist: the wanted one, else the same name with _2, _3 …"""
    for number in count(1):
        folder = wanted if number == 1 else wanted.with_name(f"{wanted.name}_{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            if not os.path.lexists(folder):  # on Windows a file stands where a folder above should be
                raise
            continue
        return folder
    raise AssertionError("count never ends")


def publish(results: Sequence[FileResult], catalog: Catalog, parent: Path, now: datetime) -> Published:
    """Write all results into a new time-stamped folder below ``parent``.

    Raises:
        OSError: the folder or a file cannot be written.
    """
    folder = new_folder(parent / say("check.folder", time=now.strftime("%Y%m%d_%H%M")))
    report = write_report(results, catalog, folder, now=now)
    return Published(folder, report, write_findings(results, folder))
