"""Draw every sheet of workbooks as pictures: ``python tests/render.py FILE.xlsx… -o DIR``."""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import zipfile
from pathlib import Path

from office import OfficeError, to_pdf, to_png

HIDDEN = re.compile(rb"""\sstate=(?:"(?:veryHidden|hidden)"|'(?:veryHidden|hidden)')""")


def render(paths: list[Path], folder: Path, dpi: int = 110, as_printed: bool = False) -> list[Path]:
    """The pictures of all workbooks, in order; hidden sheets too, unless ``as_printed``."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="render-") as scratch:
        shown = (
            paths if as_printed else [show_hidden_sheets(path, Path(scratch) / path.name) for path in paths]
        )
        assert len(set(shown)) == len(paths), "two workbooks with one name would overwrite each other"
        pdfs = to_pdf(shown, folder)
    return [picture for path in shown for picture in to_png(pdfs[path], folder, dpi)]


def show_hidden_sheets(path: Path, copy: Path) -> Path:
    """A copy in which every sheet is visible, byte for byte the same otherwise."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.infolist():
            content = source.read(part)
            target.writestr(part, HIDDEN.sub(b"", content) if part.filename == "xl/workbook.xml" else content)
    return copy


def main() -> int:
    parser = argparse.ArgumentParser(description="Draw every sheet of each workbook as PNG, through PDF.")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE.xlsx")
    parser.add_argument("-o", "--out", required=True, type=Path, metavar="DIR")
    parser.add_argument("--dpi", type=int, default=110)
    parser.add_argument(
        "--as-printed",
        action="store_true",
        help="leave hidden sheets hidden, so page counts are those of a print",
    )
    options = parser.parse_args()
    try:
        pictures = render(options.files, options.out, options.dpi, options.as_printed)
    except (OfficeError, OSError, zipfile.BadZipFile) as error:
        print(error, file=sys.stderr)
        return 1
    print(*pictures, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
