"""The judge is judged first: recalculation, pictures, listings and the CI entry do what they promise."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import IO

import office
import pytest
import xlsxwriter
from listing import listing
from office import (
    OfficeError,
    add_canary,
    assert_recalculated,
    cached_values,
    canary,
    formulas,
    recalculate,
    recalculated_values,
    require_office,
    to_pdf,
    to_png,
)
from render import render

ROOT = Path(__file__).parent.parent


@pytest.fixture
def form(tmp_path: Path) -> Path:
    """A small protected form with one of everything, and a wrong cached value in B3."""
    path = tmp_path / "填报 （甲）.xlsx"
    book = xlsxwriter.Workbook(path)
    label = book.add_format({"font_name": "宋体", "font_size": 12, "bold": True})
    entry = book.add_format({"font_name": "宋体", "font_size": 10, "bg_color": "#FFF9E3", "locked": False})
    sheet = book.add_worksheet("填报")
    sheet.merge_range("A1:B1", "自评表", label)
    sheet.write("B2", 20, entry)
    sheet.write_formula("B3", "=B2+1", None, 999)
    sheet.write_formula("B4", '=IF(B2>0,"","否")', None, "")
    sheet.write_blank("C2", None, entry)
    sheet.write_blank("D2", None, entry)
    sheet.data_validation(
        "B2", {"validate": "list", "source": ["10", "20"], "input_message": "请选", "error_message": "只能选"}
    )
    warning = book.add_format({"bg_color": "#FFC7CE"})
    sheet.conditional_format("B2:B3", {"type": "formula", "criteria": "=$B$3>20", "format": warning})
    sheet.ignore_errors({"number_stored_as_text": "A1:B3"})
    sheet.set_column("C:C", 20)
    sheet.protect("", {"format_rows": True})
    sheet.print_area("A1:D4")
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.freeze_panes(1, 0)
    book.define_name("total", "=填报!$B$3")
    book.add_worksheet("字典").write("A1", "x")
    book.get_worksheet_by_name("字典").very_hidden()
    book.close()
    return path


def test_recalculation_repairs_a_wrong_cached_value(form: Path, tmp_path: Path) -> None:
    require_office()
    assert cached_values(form)["填报"]["B3"] == 999
    written = recalculate([form], tmp_path / "judge")
    assert written == {form: tmp_path / "judge" / "out" / form.name}
    assert recalculated_values(written[form])["填报"] == {"A1": "自评表", "B2": 20, "B3": 21, "B4": ""}
    assert cached_values(form)["填报"]["B3"] == 999, "the given workbook itself is not touched"


def test_recalculation_leaves_nothing_behind_but_the_outputs(form: Path, tmp_path: Path) -> None:
    require_office()
    recalculate([form], tmp_path / "judge")
    left = [path.relative_to(tmp_path / "judge") for path in (tmp_path / "judge").rglob("*")]
    assert sorted(map(str, left)) == ["out", f"out/{form.name}"]


#: The XML format of Excel 2003, which LibreOffice opens under any file name.
OTHER_FORMAT = b"""<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"
xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="S"><Table><Row><Cell>
<Data ss:Type="Number">1</Data></Cell></Row></Table></Worksheet></Workbook>"""


@pytest.mark.parametrize("fault", ["empty", "cut short", "another format"])
def test_a_broken_file_is_noticed_although_soffice_ends_well(fault: str, form: Path, tmp_path: Path) -> None:
    require_office()
    contents = {"empty": b"", "cut short": form.read_bytes()[:2000], "another format": OTHER_FORMAT}
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(contents[fault])
    with pytest.raises(OfficeError, match=r"made nothing of broken\.xlsx:"):
        recalculate([broken, form], tmp_path / "judge")


def test_an_output_of_an_earlier_call_is_not_taken_for_an_answer(form: Path, tmp_path: Path) -> None:
    require_office()
    written = recalculate([form], tmp_path / "judge")
    assert written[form].is_file()
    form.write_bytes(form.read_bytes()[:2000])
    with pytest.raises(OfficeError, match="made nothing of"):
        recalculate([form], tmp_path / "judge")


def test_a_profile_that_does_not_recalculate_is_caught_by_the_canary(
    form: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_office()
    never = office.HARD_RECALCULATION.replace("<value>0</value>", "<value>1</value>")
    assert never != office.HARD_RECALCULATION
    monkeypatch.setattr(office, "HARD_RECALCULATION", never)
    with pytest.raises(pytest.fail.Exception, match="nothing was recalculated: the canary says 0"):
        recalculate([form], tmp_path / "judge")


def test_a_canary_that_is_silent_or_absent_fails(tmp_path: Path) -> None:
    assert_recalculated({"canary": {"A1": 42}})
    silent: list[office.Values] = [{"canary": {"A1": ""}}, {"canary": {}}, {}]
    for values in [*silent, cached_values(canary(tmp_path / "c.xlsx"))]:
        with pytest.raises(pytest.fail.Exception, match="nothing was recalculated"):
            assert_recalculated(values)


def test_a_canary_can_live_in_a_workbook_of_ones_own(tmp_path: Path) -> None:
    require_office()
    path = tmp_path / "own.xlsx"
    book = xlsxwriter.Workbook(path)
    add_canary(book)
    book.close()
    assert cached_values(path) == {"canary": {"A1": 0}}
    assert_recalculated(recalculated_values(recalculate([path], tmp_path / "judge")[path]))


def test_two_workbooks_of_one_name_are_refused(form: Path, tmp_path: Path) -> None:
    require_office()
    other = tmp_path / "other" / form.name
    other.parent.mkdir()
    shutil.copy(form, other)
    with pytest.raises(AssertionError, match="overwrite each other"):
        recalculate([form, other], tmp_path / "judge")


def test_formulas_and_cached_values_are_those_of_the_generator(form: Path) -> None:
    assert formulas(form) == {"填报": {"B3": "=B2+1", "B4": '=IF(B2>0,"","否")'}, "字典": {}}
    assert cached_values(form) == {
        "填报": {"A1": "自评表", "B2": 20, "B3": 999, "B4": ""},
        "字典": {"A1": "x"},
    }


def test_missing_office_skips_on_a_laptop_and_fails_in_ci(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="soffice and pdftoppm not found"):
        require_office()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="soffice and pdftoppm not found"):
        require_office()


def test_missing_office_is_an_error_for_whoever_does_not_ask_first(
    form: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert office.office() is None
    with pytest.raises(OfficeError, match="soffice not found"):
        recalculate([form], tmp_path / "judge")


def test_a_program_that_hangs_is_ended_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    held: list[IO[str]] = []

    def give_up(process: subprocess.Popen[str], timeout: float) -> None:
        held.append(pipe.open(encoding="utf-8"))  # waits until the child is there
        raise subprocess.TimeoutExpired(process.args, timeout)

    monkeypatch.setattr(subprocess.Popen, "communicate", give_up)
    with pytest.raises(OfficeError, match="took longer than 600 s"):
        office._run(["bash", "-c", f"(sleep 3; echo survived) > '{pipe}' & wait"])
    with held[0] as said:
        assert said.read() == ""


def test_pages_are_drawn_and_hidden_sheets_only_when_asked(form: Path, tmp_path: Path) -> None:
    require_office()
    pdf = to_pdf([form], tmp_path / "print")[form]
    printed = to_png(pdf, tmp_path / "print", dpi=50)
    assert [page.name for page in printed] == [f"{form.stem}-1.png"]
    assert printed[0].read_bytes().startswith(b"\x89PNG")
    drawn = render([form], tmp_path / "all", dpi=50)
    assert [page.name for page in drawn] == [f"{form.stem}-1.png", f"{form.stem}-2.png"]


def test_the_render_script_prints_the_paths_it_wrote(form: Path, tmp_path: Path) -> None:
    require_office()
    command = [sys.executable, str(ROOT / "tests" / "render.py"), str(form), "-o", str(tmp_path / "png")]
    environment = os.environ | {"PYTHONUTF8": "1"}
    run = subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, check=True)
    printed = [Path(line) for line in run.stdout.splitlines()]
    assert [path.name for path in printed] == [f"{form.stem}-1.png", f"{form.stem}-2.png"]
    assert all(path.is_file() for path in printed)


@pytest.mark.parametrize(
    ("font", "stand_in"),
    [
        *((font, "AR PL SungtiL GB") for font in ("宋体", "SimSun", "仿宋", "仿宋_GB2312", "方正小标宋简体")),
        *((font, "WenQuanYi Micro Hei") for font in ("黑体", "微软雅黑", "等线")),
    ],
)
def test_the_fonts_of_windows_have_stand_ins(font: str, stand_in: str) -> None:
    require_office()
    command = ["fc-match", "--format=%{family[0]}", font]
    environment = os.environ | {"FONTCONFIG_FILE": str(office.FONTS), "LANG": "C.UTF-8"}
    run = subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, check=True)
    assert run.stdout == stand_in


def test_a_print_uses_the_stand_in_for_digits_too(tmp_path: Path) -> None:
    require_office()
    path = tmp_path / "digits.xlsx"
    book = xlsxwriter.Workbook(path)
    # hanzi would find the one song font of the machine anyway; digits show that the alias was used
    book.add_worksheet().write("A1", 2024, book.add_format({"font_name": "宋体"}))
    book.close()
    command = ["pdffonts", str(to_pdf([path], tmp_path / "print")[path])]
    run = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    fonts = [line.split()[0].partition("+")[2] for line in run.stdout.splitlines()[2:]]
    assert fonts == ["BousungEG-Light-GB"], "what AR PL SungtiL GB calls itself in a PDF"


def test_a_listing_shows_what_a_reviewer_looks_for(form: Path) -> None:
    lines = listing(form).splitlines()
    wanted = [
        "name total = 填报!$B$3",
        "look 1: 宋体 12 bold locked",
        "look 2: 宋体 10 unlocked fill FFF9E3",
        "look 3: Calibri 11 locked",
        "sheet 填报 (visible) A1:D4",
        "  protection: on, no password, forbids objects, forbids scenarios, allows formatRows",
        "  view: freeze A2, gridlines",
        '  A1 L1 merged A1:B1 "自评表"',
        "  B2 L2 20",
        "  C2:D2 L2 blank",
        "  B3 L3 =B2+1 → 999",
        '  B4 L3 =IF(B2>0,"","否") → ""',
        '  validation B2 list "10,20" prompt "" "请选" error "" "只能选"',
        "  conditional B2:B3 expression $B$3>20 shows fill FFC7CE",
        "  ignoredErrors ignoredError(numberStoredAsText=1, sqref=A1:B3)",
        "sheet 字典 (veryHidden) A1:A1",
        "  protection: off",
    ]
    assert [line for line in wanted if line not in lines] == []
    page = next(line for line in lines if line.startswith("  page: "))
    assert page.startswith("  page: paper A4 landscape, fit 1 wide 0 high, ")
    assert page.endswith(", print area '填报'!$A$1:$D$4")
    assert any(line.startswith("  columns: C 20.") for line in lines)


def test_a_listing_does_not_depend_on_the_run(form: Path) -> None:
    here = listing(form)
    for seed in ("1", "2", "3"):
        command = [sys.executable, str(ROOT / "tests" / "listing.py"), str(form)]
        environment = os.environ | {"PYTHONHASHSEED": seed}
        run = subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, check=True)
        assert run.stdout == here


def test_ranges_of_one_validation_are_listed_in_order(tmp_path: Path) -> None:
    path = tmp_path / "ranges.xlsx"
    book = xlsxwriter.Workbook(path)
    others = [[9, 2, 9, 2], [4, 1, 5, 1], [2, 3, 2, 3], [4, 0, 4, 0]]
    book.add_worksheet().data_validation(
        "A1", {"validate": "integer", "criteria": ">", "value": 0, "other_cells": others}
    )
    book.close()
    assert "  validation A1 D3 A5 B5:B6 C10 whole greaterThan 0" in listing(path).splitlines()


def run_ci(folder: Path, readme: str) -> subprocess.CompletedProcess[str]:
    """The CI entry over another README, with stand-ins on PATH so that nothing is ever installed."""
    (folder / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", folder / ".ci" / "run")
    (folder / "README.md").write_text(readme, encoding="utf-8")
    programs = folder / "programs"
    programs.mkdir()
    for name in ("soffice", "pdftoppm"):
        (programs / name).write_text("#!/bin/sh\n", encoding="utf-8")
        (programs / name).chmod(0o755)
    environment = {name: text for name, text in os.environ.items() if name not in {"CI", "WORKBOOK_CORPUS"}}
    environment["PATH"] = f"{programs}{os.pathsep}{environment['PATH']}"
    command = [str(folder / ".ci" / "run")]
    return subprocess.run(
        command, capture_output=True, encoding="utf-8", env=environment, cwd=folder.parent, check=False
    )


def test_ci_runs_the_readme_command_in_the_root_and_keeps_its_exit_code(tmp_path: Path) -> None:
    command = 'echo "$CI" && echo "$WORKBOOK_CORPUS" && pwd && exit 3'
    readme = (
        f"```console\n$ echo wrong\n```\n\n<!-- test command -->\n```console\n$ {command}\nshown\n```\n$ no\n"
    )
    run = run_ci(tmp_path, readme)
    corpus = f"{tmp_path}/../shared/corpus/files"
    assert run.stdout.splitlines() == [f"$ {command}", "true", corpus, str(tmp_path)]
    assert run.returncode == 3


@pytest.mark.parametrize(
    "readme",
    [
        "```console\n$ echo wrong\n```\n",
        "<!-- test command -->\n\n```console\n$ echo wrong\n```\n",
        "<!-- test command -->\n```console\necho wrong\n```\n$ echo wrong\n",
        "<!-- test command -->\n```console\n$ echo wrong\n$ echo wrong\n```\n",
    ],
    ids=["no mark", "mark not directly before", "no command", "two commands"],
)
def test_ci_fails_loudly_without_exactly_one_command(readme: str, tmp_path: Path) -> None:
    run = run_ci(tmp_path, readme)
    assert run.returncode == 1
    assert "README.md needs exactly one" in run.stderr
    assert "wrong" not in run.stdout
