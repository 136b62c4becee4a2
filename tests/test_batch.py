"""A folder of whatever came back: every entry ends exactly once as checked, refused by name, or left aside with a reason."""

from __future__ import annotations

import ast
import hashlib
import io
import os
import re
import struct
import sys
import zipfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from workbook import batch, locate
from workbook.batch import check_file, check_files, entries
from workbook.catalog import load_catalog
from workbook.check import check
from workbook.compose import compose, read_data
from workbook.generate import workbook_bytes
from workbook.model import Catalog, Rule, Severity
from workbook.package import CAUSES
from workbook.publish import publish
from workbook.read import read
from workbook.result import FileResult, Outcome, scores
from workbook.texts import say

CATALOG = load_catalog()


def good(template: str = "ningxia-2021", project: str = "") -> bytes:
    """A workbook with the published values, or with another project's name: no copy of the first."""
    data = read_data(CATALOG.folder / "templates" / "samples" / f"{template}.json")
    if project:
        data["project"][0]["project_name"] = project
    return workbook_bytes(compose(CATALOG.templates[template], data))


GOOD = good()


def archive(**parts: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, text in parts.items():
            packed.writestr(name.replace("__", "/"), text)
    return buffer.getvalue()


def word() -> bytes:
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    links = f'<Relationships xmlns="x"><Relationship Id="r" Type="{relation}" Target="word/document.xml"/></Relationships>'
    return archive(**{"_rels/.rels": links, "word/document.xml": "<document/>"})


def old_excel() -> bytes:
    """As much of an .xls file as tells it: its head, and the directory entry of its workbook."""
    name = "Workbook\0".encode("utf-16-le")
    entry = name.ljust(64, b"\0") + struct.pack("<H", len(name)) + bytes(62)
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0") + entry


def foreign() -> bytes:
    buffer = io.BytesIO()
    openpyxl.Workbook().save(buffer)
    return buffer.getvalue()


#: What lies in the folder: its name, its content, and the event it is refused by; "" checked, None left aside.
FILES: list[tuple[str, bytes, str | None]] = [
    ("甲单位.xlsx", GOOD, ""),
    ("没有扩展名", good(project="甲"), ""),
    ("下级/乙单位.xlsx", good(project="乙"), ""),
    ("下级/更下级/丙 单位（2021）.XLSX", good(project="丙"), ""),
    ("{0}{file}.xlsx", b"", "file.EMPTY"),
    ("~$甲单位.xlsx", b"\x05user", None),
    (".~甲单位.xlsx", b"\x05user", None),
    ("._甲单位.xlsx", b"\0\5\x16\7", None),
    ("下级/.DS_Store", b"\0\0\0\1Bud1", None),
    ("Thumbs.db", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", None),
    ("desktop.ini", b"[.ShellClassInfo]", None),
    ("__MACOSX/甲单位.xlsx", GOOD, None),
    ("空.xlsx", b"", "file.EMPTY"),
    ("网页.xlsx", b"<html><body>404</body></html>", "file.HTML"),
    ("旧版.xls", old_excel(), "file.OLD_XLS"),
    ("说明.docx", word(), "file.WORD"),
    ("说明.pdf", b"%PDF-1.7\n", "file.PDF"),
    ("打包.zip", archive(a__甲="1"), "file.ZIP_OF_FILES"),
    ("没传完.xlsx", GOOD[: len(GOOD) // 2], "file.TRUNCATED"),
    ("坏了.xlsx", GOOD.replace(b"xl/workbook.xml", b"xl/workbook.xm_"), "file.SHEET_PART_MISSING"),
    ("别的表.xlsx", foreign(), "file.not_ours"),
    ("清单.csv", "单位,得分\n甲,90\n".encode("gb18030"), "file.CSV_TEXT"),
]
#: Entries that are no plain files with a plain name; not every system has them.
LINUX = sys.platform == "linux"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("回收")
    for name, content, _ in FILES:
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (top / "空文件夹").mkdir()
    if LINUX:
        (top / "链接.xlsx").symlink_to(top / "甲单位.xlsx")
        (top / "断链.xlsx").symlink_to(top / "没有这个文件.xlsx")
        (top / "下级的链接").symlink_to(top / "下级")
        os.mkfifo(top / "管道.xlsx")
        (Path(os.fsdecode(os.fsencode(top) + b"/\xb5\xa5\xb5\xa5.xlsx"))).write_bytes(good(project="丁"))
    return top


def expected() -> dict[str, str | None]:
    """What every entry must end as, by the name it is reported by."""
    found = {str(Path(name)): event for name, _, event in FILES}
    if LINUX:
        special = ["链接.xlsx", "断链.xlsx", "下级的链接", "管道.xlsx"]
        found |= dict.fromkeys(special, "file.NOT_REGULAR")
        found["\\udcb5\\udca5\\udcb5\\udca5.xlsx"] = ""
    return found


@pytest.fixture(scope="module")
def results(folder: Path) -> tuple[FileResult, ...]:
    return check_files([folder], CATALOG)


def event_of(result: FileResult) -> str | None:
    """The event a file was refused by; "" when it was checked, None when it was left aside."""
    if result.outcome is Outcome.REFUSED:
        (finding,) = result.findings
        return CATALOG.rules[finding.code].raises
    return "" if result.outcome is Outcome.CHECKED else None


# ---- Every entry ------------------------------------------------------------------------------------------


def test_every_entry_ends_once_with_its_outcome_and_its_cause(results: tuple[FileResult, ...]) -> None:
    assert len(results) == len(expected()) >= len(FILES)
    assert {result.file: event_of(result) for result in results} == expected()


def test_entries_come_in_order_of_their_paths_whatever_the_system_lists_first(
    folder: Path, results: tuple[FileResult, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = os.scandir

    class Backwards:
        """A listing from the last name to the first."""

        def __init__(self, path: Any) -> None:
            with scan(path) as found:
                self.found = sorted(found, key=lambda entry: entry.name)

        def __enter__(self) -> Backwards:
            return self

        def __exit__(self, *_: object) -> None:
            self.found.clear()

        def __iter__(self) -> Backwards:
            return self

        def __next__(self) -> os.DirEntry[str]:
            if not self.found:
                raise StopIteration
            return self.found.pop()

    names = [name for _, name in entries([folder])]
    assert names == sorted(names, key=lambda name: str(folder / name))
    monkeypatch.setattr(os, "scandir", Backwards)

    assert [name for _, name in entries([folder])] == names
    assert check_files([folder], CATALOG) == results


def test_files_given_in_another_order_end_the_same(folder: Path, results: tuple[FileResult, ...]) -> None:
    paths = [path for path, _ in entries([folder])][::-1]

    alone = {result.path: result for result in check_files(paths, CATALOG)}

    assert {path: event_of(result) for path, result in alone.items()} == {
        result.path: event_of(result) for result in results
    }
    assert {path: [f.code for f in result.findings] for path, result in alone.items()} == {
        result.path: [f.code for f in result.findings] for result in results
    }


def test_nothing_that_was_given_is_changed(folder: Path) -> None:
    def state() -> dict[str, tuple[str, int, int]]:
        found = {}
        for path, name in entries([folder]):
            status = os.lstat(path)
            content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
            found[name] = (hashlib.sha256(content).hexdigest(), status.st_mtime_ns, status.st_mode)
        return found

    before = state()
    check_files([folder], CATALOG)

    assert state() == before
    assert len(before) >= len(FILES)


def test_progress_is_told_of_each_result_as_it_comes(folder: Path, results: tuple[FileResult, ...]) -> None:
    told: list[FileResult] = []

    assert check_files([folder], CATALOG, progress=told.append) == tuple(told) == results


def test_a_file_given_by_itself_is_called_by_its_name(folder: Path) -> None:
    path = folder / "下级" / "乙单位.xlsx"

    (result,) = check_files([path], CATALOG)

    assert (result.file, result.path, result.outcome) == ("乙单位.xlsx", str(path), Outcome.CHECKED)


def test_files_and_folders_can_be_mixed(folder: Path) -> None:
    paths = [folder / "空.xlsx", folder / "下级" / "更下级", folder / "没有这个.xlsx"]

    found = [(result.file, event_of(result)) for result in check_files(paths, CATALOG)]

    assert found == [
        ("空.xlsx", "file.EMPTY"),
        ("丙 单位（2021）.XLSX", ""),
        ("没有这个.xlsx", "file.UNREADABLE"),
    ]


def test_an_empty_folder_has_no_entry(folder: Path) -> None:
    assert check_files([folder / "空文件夹"], CATALOG) == ()


def test_a_folder_that_cannot_be_opened_is_an_entry_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "关着").mkdir()
    (tmp_path / "甲.xlsx").write_bytes(GOOD)
    scan = os.scandir

    def closed(path: Any) -> Any:
        if Path(path).name == "关着":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", closed)

    found = [(result.file, event_of(result)) for result in check_files([tmp_path], CATALOG)]
    assert found == [("关着", "file.NOT_REGULAR"), ("甲.xlsx", "")]
    assert [name for _, name in entries([tmp_path / "关着"])] == ["关着"]


# ---- What is said of an entry -----------------------------------------------------------------------------


def test_a_checked_file_has_what_the_checker_says(folder: Path) -> None:
    path = folder / "甲单位.xlsx"
    submission = read(path, CATALOG, name="下级/甲")

    result = check_file(path, "下级/甲", CATALOG)

    assert result == FileResult(
        file="下级/甲",
        path=str(path),
        outcome=Outcome.CHECKED,
        template="ningxia-2021",
        year=2021,
        unit="自治区党委巡视工作领导小组办公室本级",
        findings=check(submission, CATALOG),
        scores=scores(submission),
    )
    assert len(result.findings) >= 3
    assert {finding.file for finding in result.findings} == {"下级/甲"}


def test_a_refused_file_has_one_finding_that_says_why_and_what_to_do(folder: Path) -> None:
    path = folder / "空.xlsx"

    result = check_file(path, "空.xlsx", CATALOG)

    rule = CATALOG.events["file.EMPTY"]
    (finding,) = result.findings
    assert (finding.code, finding.severity, finding.file, finding.label, finding.fix, finding.basis) == (
        rule.code,
        Severity.ERROR,
        "空.xlsx",
        rule.title,
        rule.fix,
        rule.basis,
    )
    assert (finding.sheet, finding.cell, finding.expected, finding.actual, finding.because_of) == (
        "",
        "",
        None,
        None,
        (),
    )
    assert finding.message == rule.message.format(file="空.xlsx", detail="")
    assert result == FileResult(
        "空.xlsx", str(path), Outcome.REFUSED, reason=f"{finding.message}；{rule.fix}", findings=(finding,)
    )


def test_a_file_left_aside_has_a_reason_and_no_finding(folder: Path) -> None:
    path = folder / "~$甲单位.xlsx"

    assert check_file(path, "~$甲单位.xlsx", CATALOG) == FileResult(
        "~$甲单位.xlsx", str(path), Outcome.IGNORED, reason=say("batch.temporary")
    )


def test_braces_in_a_file_s_name_stay_as_they_are(folder: Path) -> None:
    result = check_file(folder / "{0}{file}.xlsx", "{0}{file}.xlsx", CATALOG)

    assert result.findings[0].message == CATALOG.events["file.EMPTY"].message.format(file="{0}{file}.xlsx")
    assert "{0}{file}.xlsx" in result.reason


def test_a_foreign_file_is_checked_by_the_given_template_or_refused_for_its_structure(folder: Path) -> None:
    result = check_file(folder / "别的表.xlsx", "别的表.xlsx", CATALOG, template="ningxia-2021")

    assert event_of(result) == "file.structure"
    detail = say("read.form", form="项目自评表")
    assert result.findings[0].message == CATALOG.events["file.structure"].message.format(
        file="别的表.xlsx", detail=detail
    )


def test_a_defect_of_the_program_is_told_of_one_file_and_the_others_are_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("甲", "乙", "丙"):
        (tmp_path / f"{name}.xlsx").write_bytes(good(project=name))

    def failing(submission: Any, catalog: Catalog) -> Any:
        if submission.file == "乙.xlsx":
            raise ZeroDivisionError("除数\n为零 " + "很" * 300)
        return check(submission, catalog)

    monkeypatch.setattr(batch, "check", failing)

    found = {result.file: result for result in check_files([tmp_path], CATALOG)}

    assert {name: event_of(result) for name, result in found.items()} == {
        "甲.xlsx": "",
        "乙.xlsx": "file.failed",
        "丙.xlsx": "",
    }
    said = found["乙.xlsx"].findings[0].message
    before, _, after = CATALOG.events["file.failed"].message.format(file="乙.xlsx", detail="*").partition("*")
    detail = said.removeprefix(before).removesuffix(after)
    assert detail.startswith("ZeroDivisionError: 除数 为零 很很")
    assert (len(detail), detail[-1]) == (200, "…")


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (KeyError("甲"), "KeyError: '甲'"),
        (RecursionError(), "RecursionError"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_whatever_happens_is_a_result(error: Exception, detail: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr(batch, "read", failing)

    result = check_file(Path("甲.xlsx"), "甲.xlsx", CATALOG)

    assert (result.outcome, event_of(result)) == (Outcome.REFUSED, "file.failed")
    assert f"（{detail}）" in result.reason


def test_two_templates_in_one_folder_are_each_checked_by_their_own(tmp_path: Path) -> None:
    (tmp_path / "一.xlsx").write_bytes(GOOD)
    (tmp_path / "二.xlsx").write_bytes(good("lukou-2023"))

    assert [(result.template, result.year) for result in check_files([tmp_path], CATALOG)] == [
        ("ningxia-2021", 2021),
        ("lukou-2023", 2023),
    ]


# ---- The same twice ---------------------------------------------------------------------------------------


def named(*paths: Path) -> list[tuple[str, str | None]]:
    return [(result.file, event_of(result)) for result in check_files(paths, CATALOG)]


def test_a_file_given_twice_is_one_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "回收"
    folder.mkdir()
    (folder / "甲.xlsx").write_bytes(GOOD)
    (folder / "乙.xlsx").write_bytes(good(project="乙"))
    monkeypatch.chdir(tmp_path)

    assert named(Path("回收"), folder / "甲.xlsx", Path("回收/../回收"), Path()) == [
        ("乙.xlsx", ""),
        ("甲.xlsx", ""),
    ]
    assert named(Path("回收/甲.xlsx"), Path("回收")) == [("甲.xlsx", ""), ("乙.xlsx", "")]


@pytest.mark.skipif(not LINUX, reason="links need rights elsewhere")
def test_a_folder_reached_by_another_name_is_not_read_again_and_a_link_never_hides_its_file(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "回收"
    folder.mkdir()
    (folder / "甲.xlsx").write_bytes(GOOD)
    (folder / "一.xlsx").symlink_to(folder / "甲.xlsx")
    (tmp_path / "别名").symlink_to(tmp_path)

    assert named(folder, tmp_path / "别名" / "回收") == [("一.xlsx", "file.NOT_REGULAR"), ("甲.xlsx", "")]


def test_entries_of_several_folders_keep_names_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, name in enumerate(("一/甲.xlsx", "二/甲.xlsx", "二/乙.xlsx", "二/一/甲.xlsx", "丙.xlsx")):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(good(project=f"第{number}个"))
    monkeypatch.chdir(tmp_path)

    def names(*paths: str) -> list[str]:
        return [name for _, name in entries([Path(path) for path in paths])]

    one, two = str(Path("一/甲.xlsx")), str(Path("二/甲.xlsx"))
    assert sorted(names("一", "二")) == sorted([one, two, "乙.xlsx", str(Path("二/一/甲.xlsx"))])
    assert names("丙.xlsx", "一/甲.xlsx") == ["丙.xlsx", "甲.xlsx"]
    assert names("一/甲.xlsx", "二/甲.xlsx") == [one, two]


def test_a_copy_of_a_checked_file_is_left_aside_with_the_name_of_the_first(tmp_path: Path) -> None:
    (tmp_path / "子").mkdir()
    for name in ("a.xlsx", "b.xlsx", "子/c.xlsx"):
        (tmp_path / name).write_bytes(GOOD)
    (tmp_path / "d.xlsx").write_bytes(good(project="丁"))

    results = check_files([tmp_path], CATALOG)

    copy = (Outcome.IGNORED, say("batch.copy", original="a.xlsx"))
    assert [(result.outcome, result.reason) for result in results] == [
        (Outcome.CHECKED, ""),
        copy,
        (Outcome.CHECKED, ""),
        copy,
    ]
    assert [bool(result.findings) for result in results] == [True, False, True, False]


def test_a_copy_of_a_refused_file_is_refused_itself(tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        (tmp_path / name).write_bytes(b"%PDF-1.7\n")

    assert named(tmp_path) == [("a.xlsx", "file.PDF"), ("b.xlsx", "file.PDF")]


def test_files_of_one_size_that_differ_are_no_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, content in (("a.xlsx", b"1"), ("b.xlsx", b"2")):
        (tmp_path / name).write_bytes(content)
    checked = FileResult("", "", Outcome.CHECKED)
    monkeypatch.setattr(batch, "check_file", lambda *_, **__: checked)

    assert check_files([tmp_path], CATALOG) == (checked, checked)


# ---- Our own results --------------------------------------------------------------------------------------


def published(folder: Path) -> Path:
    """What a check writes into a folder."""
    return publish(check_files([folder], CATALOG), CATALOG, folder, datetime(2024, 4, 2, 10, 15)).folder


def test_results_among_what_came_back_are_not_checked_again(tmp_path: Path) -> None:
    (tmp_path / "甲.xlsx").write_bytes(GOOD)
    first = published(tmp_path)
    second = published(tmp_path)
    (first / "批注件").mkdir()
    (first / "批注件" / "甲.xlsx").write_bytes(good(project="甲"))

    results = {result.file: result for result in check_files([tmp_path], CATALOG)}

    assert first.name != second.name
    assert {name: result.outcome for name, result in results.items()} == {
        "甲.xlsx": Outcome.CHECKED,
        first.name: Outcome.IGNORED,
        second.name: Outcome.IGNORED,
    }
    assert results[first.name].reason == say("batch.result")


def test_results_given_by_themselves_are_not_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "甲.xlsx").write_bytes(GOOD)
    folder = published(tmp_path)
    files = sorted(folder.iterdir())

    assert named(folder) == [(folder.name, None)]
    assert named(*files) == [("findings.jsonl", None), (say("report.file"), None)]
    monkeypatch.chdir(folder)
    assert named(Path()) == [(folder.name, None)]


def test_a_returned_file_put_among_results_is_checked(tmp_path: Path) -> None:
    (tmp_path / "甲.xlsx").write_bytes(GOOD)
    folder = published(tmp_path)
    (folder / "乙.xlsx").write_bytes(good(project="乙"))

    assert named(folder) == [(folder.name, None), ("乙.xlsx", "")]


def test_a_folder_that_is_only_called_like_results_is_read(tmp_path: Path) -> None:
    for name in (say("check.folder", time="甲"), "旧结果"):
        (tmp_path / name).mkdir()
    (tmp_path / say("check.folder", time="甲") / "甲.xlsx").write_bytes(GOOD)
    (tmp_path / "旧结果" / say("report.file")).write_bytes(good(project="乙"))

    assert sorted(event for _, event in named(tmp_path) if event is not None) == ["", ""]


# ---- Every cause has its sentence -------------------------------------------------------------------------


def raised(module: Any, error: str) -> set[str]:
    """The events a module raises, as written in its source."""
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == error
    ]
    return {str(call.args[0].value) for call in calls if isinstance(call.args[0], ast.Constant)}


def file_rules() -> Iterable[Rule]:
    return [rule for rule in CATALOG.rules.values() if rule.raises.startswith("file.")]


def test_every_cause_has_exactly_one_rule_and_every_such_rule_a_cause() -> None:
    refusals = raised(locate, "RefusedError")
    causes = [*(f"file.{cause}" for cause in CAUSES), *sorted(refusals), "file.failed"]

    assert len(refusals) >= 4
    assert len(CAUSES) >= 40
    assert '"file.failed"' in Path(batch.__file__).read_text(encoding="utf-8")
    assert sorted(rule.raises for rule in file_rules()) == sorted(causes)
    assert len(set(causes)) == len(causes)


@pytest.mark.parametrize("rule", file_rules(), ids=lambda rule: rule.raises)
def test_every_cause_is_told_in_one_chinese_sentence_with_the_file_s_name(rule: Rule) -> None:
    message = rule.message.format(file="甲单位.xlsx", detail="“整体自评表”")
    reason = f"{message}；{rule.fix}。"

    assert message.startswith("“甲单位.xlsx”")
    assert ("“整体自评表”" in message) is ("{detail}" in rule.message)
    assert rule.severity is Severity.ERROR
    assert reason.count("。") == 1
    assert not re.search(r"[{}\n!?]|[,;.](?![a-z])", reason.replace("甲单位.xlsx", ""))
    assert not re.search("[，；、]。|。。|，；", reason)
    assert re.search("[\u4e00-\u9fff]{3}", rule.fix)


@pytest.mark.parametrize("cause", CAUSES)
def test_every_cause_of_the_package_ends_as_a_refusal(
    cause: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(*_: Any, **__: Any) -> Any:
        raise batch.PackageError(cause, "detail in English")

    monkeypatch.setattr(batch, "read", refusing)

    result = check_file(tmp_path / "甲.xlsx", "甲.xlsx", CATALOG)

    assert (result.outcome, event_of(result)) == (Outcome.REFUSED, f"file.{cause}")
    assert "English" not in result.reason
