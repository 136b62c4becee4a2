"""The blank workbooks as text: every cell, look, validation, colour rule, protection and name, to be read in a diff.

``pytest tests/test_golden.py --update-golden`` writes them anew after a wanted change.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from listing import listing

from workbook.compose import compose
from workbook.generate import generate
from workbook.model import Catalog

TEMPLATES = Path(__file__).parent.parent / "templates"
NAMES = sorted(path.stem for path in TEMPLATES.glob("*.toml") if path.stem != "vocabulary")


@pytest.mark.parametrize("name", NAMES)
def test_the_blank_workbook_is_as_listed(
    name: str, catalog: Catalog, tmp_path: Path, golden: Callable[[str, str], None]
) -> None:
    generate(compose(catalog.templates[name]), tmp_path / "blank.xlsx")
    golden(f"{name}.txt", listing(tmp_path / "blank.xlsx"))


def test_every_template_has_a_golden_listing(catalog: Catalog) -> None:
    listed = {path.stem for path in (Path(__file__).parent / "golden").glob("*.txt")}

    assert listed == set(catalog.templates)
