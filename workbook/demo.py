"""The main job end to end on published values: blank workbooks, filled ones, and what the checker says of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from workbook.batch import check_files
from workbook.compose import compose, read_data
from workbook.generate import generate
from workbook.model import Catalog
from workbook.publish import Published, new_folder, publish
from workbook.result import FileResult
from workbook.texts import say

#: The published self-evaluations that come with the program: template and the file name they are returned under.
SAMPLES = ("lukou-2023", "ningxia-2021")


@dataclass(frozen=True, slots=True)
class Played:
    """What a demonstration wrote and found."""

    folder: Path
    blanks: tuple[Path, ...]
    returned: tuple[Path, ...]
    results: tuple[FileResult, ...]
    published: Published


def play(catalog: Catalog, folder: Path, now: datetime) -> Played:
    """Generate blanks, fill them with the published values, check what comes back, write the error workbook.

    Args:
        catalog: templates and rules.
        folder: where; if it exists a new one beside it is made, nothing is overwritten.
        now: the time shown in the report and in its folder's name.
    """
    folder = new_folder(folder)
    blank_folder, returned_folder = folder / say("demo.blanks"), folder / say("demo.returned")
    blank_folder.mkdir()
    returned_folder.mkdir()
    blanks, returned = [], []
    for name in SAMPLES:
        template = catalog.templates[name]
        blank = blank_folder / f"{name}.xlsx"
        generate(compose(template), blank)
        blanks.append(blank)
        data = read_data(catalog.folder / "templates" / "samples" / f"{name}.json")
        filled = returned_folder / f"{say(f'demo.{name}')}.xlsx"
        generate(compose(template, data), filled)
        returned.append(filled)
    results = check_files([returned_folder], catalog)
    published = publish(results, catalog, folder, now)
    return Played(folder, tuple(blanks), tuple(returned), results, published)
