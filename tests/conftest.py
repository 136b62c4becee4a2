"""What many tests need: the catalog, the published values, and a filled workbook checked in one step."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from workbook.catalog import load_catalog
from workbook.check import check
from workbook.compose import compose, read_data
from workbook.model import Catalog
from workbook.submission import Finding

# No timed assertions; in CI the same examples every time, so that a landing does not depend on luck.
settings.register_profile("project", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("project")


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture
def published(catalog: Catalog) -> Callable[[str], dict[str, Any]]:
    """The values of a template's published self-evaluation, to be changed at will."""

    def load(template: str) -> dict[str, Any]:
        return deepcopy(read_data(catalog.folder / "templates" / "samples" / f"{template}.json"))

    return load


@pytest.fixture
def findings(catalog: Catalog) -> Callable[[str, Mapping[str, Any]], tuple[Finding, ...]]:
    """What the checker says of data, as if it had been typed into a workbook of the template."""

    def judge(template: str, data: Mapping[str, Any]) -> tuple[Finding, ...]:
        return check(compose(catalog.templates[template], data).submission, catalog)

    return judge


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden listings anew")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with its golden file; ``--update-golden`` writes it instead."""

    def compare(name: str, text: str) -> None:
        path = Path(__file__).parent / "golden" / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare
