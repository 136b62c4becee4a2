"""The command line as its users meet it: exit codes, Chinese messages, no traceback, nothing overwritten."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from workbook.catalog import load_catalog
from workbook.cli import main
from workbook.texts import TEXTS, say

Run = Callable[..., tuple[int, str, str]]
FINDING_KEYS = [
    *("code", "severity", "file", "unit", "form", "sheet", "cell"),
    *("label", "expected", "actual", "message", "fix", "basis", "because_of"),
]
NOW = ("--now", "2024-04-02T10:15")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """A command run in an empty folder: exit code, what it said, what it complained of."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return code, said.out, said.err

    return command


def test_demo_writes_blanks_filled_workbooks_and_the_result(run: Run, tmp_path: Path) -> None:
    code, said, _ = run("demo", *NOW)

    assert code == 0
    assert sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()) == [
        "demo-output/回收/区委巡察办_2023年度绩效自评.xlsx",
        "demo-output/回收/自治区党委巡视办_2021年度绩效自评.xlsx",
        "demo-output/审核结果_20240402_1015/findings.jsonl",
        "demo-output/审核结果_20240402_1015/审核结果.xlsx",
        "demo-output/空白表/lukou-2023.xlsx",
        "demo-output/空白表/ningxia-2021.xlsx",
    ]
    assert said.count("错误　") == 9
    assert "109.97" in said
    assert "104.31" in said


def test_demo_again_writes_beside_the_first(run: Run, tmp_path: Path) -> None:
    run("demo", *NOW)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    code, said, _ = run("demo", *NOW)

    assert code == 0
    assert "demo-output_2" in said
    assert {p: p.read_bytes() for p in before} == before


def test_equal_inputs_give_equal_bytes(run: Run, tmp_path: Path) -> None:
    run("demo", "-o", "a", *NOW)
    run("demo", "-o", "b", *NOW)
    first = {
        p.relative_to(tmp_path / "a"): p.read_bytes() for p in (tmp_path / "a").rglob("*") if p.is_file()
    }
    second = {
        p.relative_to(tmp_path / "b"): p.read_bytes() for p in (tmp_path / "b").rglob("*") if p.is_file()
    }

    assert len(first) == 6
    assert first == second


def test_new_never_overwrites(run: Run, tmp_path: Path) -> None:
    (tmp_path / "已有.xlsx").write_text("原件", encoding="utf-8")
    code, _, complaint = run("new", "lukou-2023", "-o", "已有.xlsx")

    assert code == 2
    assert say("cli.exists", path="已有.xlsx") in complaint
    assert (tmp_path / "已有.xlsx").read_text(encoding="utf-8") == "原件"


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        ('{"project": [{"nonsense": 1}]}', "project[1].nonsense"),
        ('{"project": [{"budget_total": [1]}]}', "budget_total"),
        ('{"project": {"agency": "x"}}', "project"),
        ('{"project": [{"indicators": [{"level2": "没有的指标"}]}]}', "没有的指标"),
        ("{not json", "JSON"),
    ],
)
def test_wrong_data_is_said_and_nothing_is_written(run: Run, tmp_path: Path, data: str, wanted: str) -> None:
    (tmp_path / "d.json").write_text(data, encoding="utf-8")
    code, _, complaint = run("new", "ningxia-2021", "--data", "d.json", "-o", "out.xlsx")

    assert code == 2
    assert wanted in complaint
    assert not (tmp_path / "out.xlsx").exists()


def test_data_that_cannot_be_read_is_said(run: Run, tmp_path: Path) -> None:
    code, _, complaint = run("new", "ningxia-2021", "--data", "missing.json", "-o", "out.xlsx")

    assert code == 2
    assert "missing.json" in complaint
    assert not (tmp_path / "out.xlsx").exists()


def test_check_gives_the_findings_as_json_with_fixed_keys(run: Run, tmp_path: Path) -> None:
    run("demo", *NOW)
    code, said, _ = run("check", "demo-output/回收", "--json")
    found = json.loads(said)

    assert code == 1
    assert len(found) >= 20
    assert all(list(record) == FINDING_KEYS for record in found)
    assert {record["severity"] for record in found} == {"error", "warning", "notice"}
    lines = (
        (tmp_path / "demo-output/审核结果_20240402_1015/findings.jsonl")
        .read_text(encoding="utf-8")
        .splitlines()
    )
    assert [json.loads(line) for line in lines] == found


def test_check_of_a_clean_workbook_exits_with_0(run: Run, tmp_path: Path) -> None:
    data: dict[str, Any] = {
        "project": [
            {
                "project_name": "培训经费",
                "department": "示例主管部门",
                "agency": "示例单位一",
                "funds": [{"source": "当年财政拨款", "initial": 10, "budget": 10, "executed": 10}],
                "goal_expected": "培训100人次。",
                "goal_actual": "已培训100人次。",
                "indicators": [
                    {
                        "level2": "数量指标",
                        "name": "培训人次",
                        "target": "≥90人次",
                        "actual": "100人次",
                        "weight": 90,
                        "score": 90,
                    }
                ],
            }
        ]
    }
    (tmp_path / "d.json").write_text(json.dumps(data), encoding="utf-8")
    run("new", "ningxia-2021", "--data", "d.json", "-o", "ok.xlsx")
    code, said, _ = run("check", "ok.xlsx", *NOW)

    assert code == 0
    assert say("cli.passed") in said


def test_originals_are_untouched(run: Run, tmp_path: Path) -> None:
    run("demo", *NOW)
    returned = sorted((tmp_path / "demo-output/回收").iterdir())
    before = [(p.read_bytes(), p.stat().st_mtime_ns) for p in returned]
    run("check", "demo-output/回收", *NOW)

    assert len(before) == 2
    assert [(p.read_bytes(), p.stat().st_mtime_ns) for p in returned] == before


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        (("check",), "cli.missing_argument"),
        (("check", "nowhere.xlsx"), "cli.no_path"),
        (("check", "empty"), "cli.nothing"),
        (("new", "nowhere-2020", "-o", "x.xlsx"), "cli.no_template"),
        (("new", "lukou-2023"), "cli.missing_argument"),
        (("new", "lukou-2023", "-o", "nowhere/x.xlsx"), "cli.cannot_write"),
        (("new", "lukou-2023", "-o", "x.xlsx", "--projects", "0"), "cli.bad_number"),
        (("new", "lukou-2023", "-o", "x.xlsx", "--projects", "many"), "cli.bad_value"),
        (("new", "lukou-2023", "-o"), "cli.needs_value"),
        (("new", "lukou-2023", "-o", "x.xls"), "cli.not_xlsx"),
        (("new", "lukou-2023", "-o", "empty"), "cli.not_xlsx"),
        (("new", "lukou-2023", "-o", "x.xlsx", "--data", "empty"), "data.unreadable"),
        (("new", "lukou-2023", "-o", "长" * 300 + ".xlsx"), "cli.cannot_write"),
        (("check", "长" * 300), "cli.no_path"),
        (("check", "empty", "-o", "file"), "cli.not_folder"),
        (("check", "empty", "-o", "file/folder"), "cli.not_folder"),
        (("demo", "-o", "file/folder"), "cli.not_folder"),
        (("demo", "--now", "yesterday"), "cli.bad_time"),
        (("show", "lukou-2023", "lukou-2023"), "cli.extra_argument"),
        (("show",), "cli.missing_argument"),
        (("list", "--help=1"), "cli.takes_no_value"),
        (("show", "nowhere-2020"), "cli.no_template"),
        (("explain", "FUND99"), "cli.no_code"),
        (("explain",), "cli.need_code"),
        (("check", "empty", "--now", "yesterday"), "cli.bad_time"),
        (("check", "empty", "--template", "nowhere"), "cli.no_template"),
        (("dance",), "cli.no_command"),
        (("list", "--loud"), "cli.no_option"),
        (("list", "--catalog", "empty"), "declare.no_templates"),
    ],
)
def test_wrong_use_is_one_chinese_sentence_and_exit_2(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], key: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_bytes(b"")
    code, said, complaint = run(*arguments)

    assert code == 2
    start = TEXTS[key].split("{")[0]
    assert complaint.startswith(say("cli.error", text=start))
    assert complaint.count("\n") == 1
    assert said == ""
    assert english(complaint) <= {*english(" ".join(arguments)), "xlsx", "templates", "rules"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "file"]


def english(text: str) -> set[str]:
    """Words in Latin letters that are no option, command, code or identifier of ours."""
    known = {"workbook", *("demo", "list", "show", "new", "check", "explain"), "FUND01"}
    known |= {name.partition("-")[0] for name in load_catalog().templates}
    return set(re.findall(r"(?<![-\w])[A-Za-z]\w+", re.sub("[\u4e00-\u9fff]", " ", text))) - known


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show",), say("cli.missing_argument", name="套表")),
        (("check",), say("cli.missing_argument", name="文件…")),
        (("new", "lukou-2023"), say("cli.missing_argument", name="--output")),
        (("list", "甲", "乙(丙)"), say("cli.extra_argument", name="甲 乙(丙)")),
        (("show", "lukou-2023", "多"), say("cli.extra_argument", name="多")),
        (("check", "甲.xlsx"), say("cli.no_path", path="甲.xlsx", detail="找不到文件或文件夹")),
        (("check", "甲", "-o", "file"), say("cli.not_folder", path="file")),
    ],
)
def test_a_complaint_names_what_is_wrong(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    (tmp_path / "file").write_bytes(b"")

    assert run(*arguments) == (2, "", say("cli.error", text=said) + "\n")


def test_projects_are_counted_by_the_data_or_by_the_option_not_by_both(run: Run, tmp_path: Path) -> None:
    (tmp_path / "d.json").write_text('{"project": [{}, {}]}', encoding="utf-8")
    (tmp_path / "none.json").write_text('{"overall": {"unit": "示例单位一"}}', encoding="utf-8")
    both = run("new", "lukou-2023", "--data", "d.json", "--projects", "1", "-o", "x.xlsx")

    assert both == (2, "", say("cli.error", text=say("cli.projects_twice", forms="project")) + "\n")
    assert not (tmp_path / "x.xlsx").exists()
    assert run("new", "lukou-2023", "--data", "d.json", "-o", "x.xlsx")[0] == 0
    assert run("new", "lukou-2023", "--data", "none.json", "--projects", "3", "-o", "y.xlsx")[0] == 0
    for name, number in (("x.xlsx", 2), ("y.xlsx", 3)):
        titles = openpyxl.load_workbook(tmp_path / name, read_only=True).sheetnames
        assert sum(title.startswith("项目自评表") for title in titles) == number


def test_nothing_is_checked_when_the_result_cannot_be_written(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setattr("workbook.cli.check_files", lambda *_, **__: pytest.fail("was checked"))

    assert run("check", "file", "-o", "file")[0] == 2


def test_where_notices_are_is_the_last_line(run: Run, tmp_path: Path) -> None:
    run("new", "ningxia-2021", "-o", "空白.xlsx")
    (tmp_path / "坏.xlsx").write_bytes(b"")
    details = say("cli.details", file=say("report.file"))

    code, said, complaint = run("check", "空白.xlsx", *NOW)
    assert (said.splitlines()[-1], complaint) == (details, "")
    code, said, complaint = run("check", "坏.xlsx", *NOW)
    assert (code, complaint, details in said) == (1, "", False)
    code, said, complaint = run("check", "空白.xlsx", "--json", "-o", "结果", *NOW)
    assert json.loads(said)
    assert complaint.splitlines()[-1] == details


def test_a_second_check_of_a_folder_does_not_check_the_first_result(run: Run) -> None:
    run("new", "ningxia-2021", "-o", "空白.xlsx")
    run("check", ".", *NOW)
    _, said, _ = run("check", ".", *NOW)

    assert say("cli.total", total=2, checked=1, refused=0, ignored=1) in said
    assert say("cli.ignored", reason=say("batch.result")) in said


def test_a_defect_of_ours_is_one_sentence_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("workbook.cli.load_catalog", broken)
    code, _, complaint = run("list")

    assert code == 2
    assert complaint == say("cli.error", text=say("cli.crash", detail="RuntimeError: boom")) + "\n"


def test_help_is_in_chinese(run: Run) -> None:
    for command in ([], ["demo"], ["list"], ["show"], ["new"], ["check"], ["explain"]):
        code, said, _ = run(*command, "--help")
        assert code == 0
        assert english(said) <= {"xlsx", "json", "JSON", "Markdown", "templates", "rules", "output"}
        assert not re.search(r"[<>{}]|\[(required|default)", said)


def test_one_refused_file_does_not_hide_the_others(run: Run, tmp_path: Path) -> None:
    run("demo", *NOW)
    folder = tmp_path / "demo-output/回收"
    (folder / "坏.xlsx").write_bytes(b"")
    (folder / "~$锁.xlsx").write_bytes(b"x" * 165)
    code, said, _ = run("check", str(folder), *NOW)

    assert code == 1
    assert say("cli.total", total=4, checked=2, refused=1, ignored=1) in said
