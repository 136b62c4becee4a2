"""LibreOffice as the judge: what another program makes of a workbook, as values, PDF and pictures."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from openpyxl.worksheet.formula import ArrayFormula

TIMEOUT_SECONDS = 600
FONTS = Path(__file__).with_name("fonts.conf")
CANARY_SHEET = "canary"
CANARY_ANSWER = 42

#: Sheet title → address → value.
Values = dict[str, dict[str, object]]

#: 0 means "always": without it LibreOffice believes any cached value it finds in the file.
HARD_RECALCULATION = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="ODFRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


class OfficeError(RuntimeError):
    """LibreOffice or pdftoppm did not do what was asked."""


def office() -> str | None:
    """The path of ``soffice``, or None."""
    return shutil.which("soffice")


def require_office() -> None:
    """Skip the test where LibreOffice is missing; in CI its absence is a failure."""
    missing = [program for program in ("soffice", "pdftoppm") if shutil.which(program) is None]
    if not missing:
        return
    reason = f"{' and '.join(missing)} not found: install LibreOffice and poppler as .ci/run does"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def recalculate(paths: list[Path], folder: Path) -> dict[Path, Path]:
    """Recalculate every workbook in one call; each given path with the recalculated copy in ``folder/out``.

    A canary workbook goes along in the same call, so the answer is never an unrecalculated file.

    Raises:
        OfficeError: LibreOffice is missing, ran out of time, or left a workbook out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="canary-") as cage:
        bird = canary(Path(cage) / f"{Path(cage).name}.xlsx")
        written = _convert([bird, *paths], folder / "out", "xlsx", "Calc MS Excel 2007 XML")
        sung = written.pop(bird)
        assert_recalculated(recalculated_values(sung))
        sung.unlink()
    return written


def to_pdf(paths: list[Path], folder: Path) -> dict[Path, Path]:
    """Print every workbook, recalculated, in one call; each given path with its PDF in ``folder``.

    Raises:
        OfficeError: LibreOffice is missing, ran out of time, or left a workbook out.
    """
    return _convert(paths, folder, "pdf", "calc_pdf_Export")


def to_png(pdf: Path, folder: Path, dpi: int = 110) -> list[Path]:
    """Draw every page of a PDF as ``folder/<name>-<page>.png``, in page order.

    Raises:
        OfficeError: pdftoppm is missing, failed, or drew no page.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for stale in _pages(pdf, folder):
        stale.unlink()
    program = shutil.which("pdftoppm")
    if program is None:
        raise OfficeError("pdftoppm not found: install poppler-utils")
    said = _run([program, "-r", str(dpi), "-png", str(pdf), str(folder / pdf.stem)])
    pages = _pages(pdf, folder)
    if not pages:
        raise OfficeError(f"pdftoppm drew no page of {pdf}: {said}")
    return pages


def canary(path_out: Path) -> Path:
    """Write a workbook holding nothing but the canary."""
    book = xlsxwriter.Workbook(path_out)
    add_canary(book)
    book.close()
    return path_out


def add_canary(book: xlsxwriter.Workbook) -> None:
    """Add a sheet with ``=6*7`` and a wrong cached value, which only recalculation puts right."""
    # Not an empty value: LibreOffice computes those in any profile, which would prove nothing.
    book.add_worksheet(CANARY_SHEET).write_formula("A1", "=6*7", None, 0)


def assert_recalculated(values: Mapping[str, Mapping[str, object]]) -> None:
    """Fail unless the canary sheet is there and says 42."""
    answer = values.get(CANARY_SHEET, {}).get("A1")
    if answer != CANARY_ANSWER:
        pytest.fail(
            f"nothing was recalculated: the canary says {answer!r}, not {CANARY_ANSWER}", pytrace=False
        )


def recalculated_values(path: Path) -> Values:
    """Sheet title → address → value of a workbook that LibreOffice saved."""
    return _values(path)


def cached_values(path: Path) -> Values:
    """Sheet title → address → value of a generated workbook, as a program that does not calculate sees it."""
    return _values(path)


def formulas(path: Path) -> dict[str, dict[str, str]]:
    """Sheet title → address → formula, with its ``=``."""
    found: dict[str, dict[str, str]] = {}
    for sheet in load(path).worksheets:
        cells = {
            cell.coordinate: cell.value for row in sheet.iter_rows() for cell in row if cell.data_type == "f"
        }
        found[sheet.title] = {
            place: value.text if isinstance(value, ArrayFormula) else value for place, value in cells.items()
        }
    return found


def load(path: Path, data_only: bool = False) -> openpyxl.Workbook:
    """Open a workbook with openpyxl, without its remarks on parts it does not know."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return openpyxl.load_workbook(path, data_only=data_only)


def _values(path: Path) -> Values:
    """Empty cells are left out; a formula whose result is empty text counts as ``""``."""
    computed = formulas(path)
    found: Values = {}
    for sheet in load(path, data_only=True).worksheets:
        cells = found[sheet.title] = {}
        for row in sheet.iter_rows():
            for cell in row:
                # openpyxl reads an empty result as None, like a cell that is not there
                if cell.value is not None:
                    cells[cell.coordinate] = cell.value
                elif cell.coordinate in computed[sheet.title]:
                    cells[cell.coordinate] = ""
    return found


def _convert(paths: list[Path], out: Path, suffix: str, export_filter: str) -> dict[Path, Path]:
    """One soffice call; an output older than the call, or missing, is never taken for an answer."""
    program = office()
    if program is None:
        raise OfficeError("soffice not found: install libreoffice-calc-nogui")
    wanted = {path: out / f"{path.stem}.{suffix}" for path in paths}
    assert paths, "nothing to convert"
    assert len(set(wanted.values())) == len(paths), "two workbooks with one name would overwrite each other"
    assert all(path.suffix == ".xlsx" for path in paths), "only .xlsx is judged"
    assert out.resolve() not in {path.resolve().parent for path in paths}, "output folder = input folder"
    out.mkdir(parents=True, exist_ok=True)
    for stale in wanted.values():
        stale.unlink(missing_ok=True)
    with _profile(out.parent) as profile:
        # the named input filter keeps LibreOffice from opening an .ods or .xls that only calls itself .xlsx
        command = [program, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore"]
        command += ["--infilter=Calc MS Excel 2007 XML", "--convert-to", f"{suffix}:{export_filter}"]
        said = _run([*command, "--outdir", str(out), *(str(path.resolve()) for path in paths)])
    # exit code 0 is no proof, and LibreOffice takes a file of no bytes for a new, empty workbook
    failed = (path for path, written in wanted.items() if not (written.is_file() and path.stat().st_size))
    left_out = [path.name for path in failed]
    if left_out:
        raise OfficeError(f"LibreOffice made nothing of {', '.join(left_out)}: {said}")
    return wanted


@contextmanager
def _profile(folder: Path) -> Iterator[Path]:
    """A fresh user profile that recalculates on load; one per call, so that calls never meet."""
    folder.mkdir(parents=True, exist_ok=True)
    where = tempfile.TemporaryDirectory(dir=folder.resolve(), prefix="profile-", ignore_cleanup_errors=True)
    with where as name:
        user = Path(name) / "user"
        user.mkdir()
        (user / "registrymodifications.xcu").write_text(HARD_RECALCULATION, encoding="utf-8")
        yield Path(name)


def _run(command: list[str]) -> str:
    """Run a program to its end and return what it said; on time-out its children go with it."""
    environment = os.environ | {"FONTCONFIG_FILE": str(FONTS), "LANG": "C.UTF-8"}
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        env=environment,
        start_new_session=True,  # soffice is a script that starts the program proper
    ) as process:
        try:
            said, _ = process.communicate(timeout=TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise OfficeError(f"{command[0]} took longer than {TIMEOUT_SECONDS} s") from None
    if process.returncode:
        raise OfficeError(f"{command[0]} ended with {process.returncode}: {said.strip()}")
    return said.strip()


def _pages(pdf: Path, folder: Path) -> list[Path]:
    """The pages drawn of one PDF; pdftoppm pads the numbers, so names sort by page."""
    name = re.compile(re.escape(pdf.stem) + r"-\d+\.png")
    return sorted(path for path in folder.iterdir() if name.fullmatch(path.name))
