"""Returned workbooks as other programs and people change them: the same changes for every test that needs one."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl


def edited(path: Path, edit: Callable[[openpyxl.Workbook], object]) -> Path:
    """A copy that openpyxl loaded, changed and saved."""
    book = openpyxl.load_workbook(path)
    edit(book)
    copy = path.with_name(f"改-{path.name}")
    book.save(copy)
    return copy


def rewritten(path: Path, change: Callable[[str, str], str]) -> Path:
    """A copy with the text of its parts changed: ``change`` is given the part's name and text."""
    copy = path.with_name(f"写-{path.name}")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name).decode("utf-8")))
    return copy
