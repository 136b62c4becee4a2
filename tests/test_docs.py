"""Documents kept true: every console block of the README is run, every listable thing is documented."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from workbook.model import Catalog

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"(<!-- (?P<mark>[a-z ]+) -->\n)?```console\n(?P<text>.*?)```", re.DOTALL)


def blocks() -> list[tuple[str, list[tuple[str, str]]]]:
    """The README's console blocks: their mark, and commands with the output shown."""
    found = []
    for match in _BLOCK.finditer(README):
        commands = []
        for part in re.split(r"^\$ ", match["text"], flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            commands.append((command, output))
        found.append((match["mark"] or "", commands))
    return found


def test_the_readme_has_blocks_to_run() -> None:
    marks = [mark for mark, _ in blocks()]

    assert len(marks) >= 6
    assert marks.count("first command") == marks.count("test command") == 1


def test_every_console_block_shows_what_its_commands_really_print(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """``--update-golden`` writes the present output into the README instead."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    text, ran = README, 0
    for mark, commands in blocks():
        if mark:  # the two set-up commands: one is run below, the other runs these tests
            continue
        for command, output in commands:
            done = subprocess.run(
                command,
                shell=True,
                cwd=tmp_path,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
            )
            text = text.replace(f"$ {command}\n{output}", f"$ {command}\n{done.stdout}", 1)
            ran += 1
    if request.config.getoption("--update-golden"):
        (ROOT / "README.md").write_text(text, encoding="utf-8")

    assert ran >= 6
    assert text == (ROOT / "README.md").read_text(encoding="utf-8")


def tracked_copy(folder: Path) -> Path:
    """A fresh clone as a stranger gets it: the tracked files only."""
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True, encoding="utf-8"
    ).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def test_the_first_command_ends_with_the_demonstration_on_a_fresh_checkout(tmp_path: Path) -> None:
    checkout = tracked_copy(tmp_path / "checkout")
    ((command, _),) = next(commands for mark, commands in blocks() if mark == "first command")
    done = subprocess.run(command, shell=True, cwd=checkout, capture_output=True, text=True, encoding="utf-8")

    assert done.returncode == 0, done.stderr
    assert done.stdout.count("错误　") == 9
    assert len(list((checkout / "demo-output").glob("审核结果_*/审核结果.xlsx"))) == 1


def test_the_wheel_runs_the_demonstration_away_from_the_checkout(tmp_path: Path) -> None:
    """Declarations and samples ship in the wheel; nothing of the checkout or the test tools is needed."""
    checkout = tracked_copy(tmp_path / "checkout")
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path / "dist"), str(checkout)]
    subprocess.run(build, check=True, capture_output=True)
    shutil.rmtree(checkout)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "bare")], check=True)
    bin_folder = next(p for p in (tmp_path / "bare" / "bin", tmp_path / "bare" / "Scripts") if p.is_dir())
    subprocess.run([str(bin_folder / "python"), "-m", "pip", "install", "-q", str(wheel)], check=True)
    (tmp_path / "away").mkdir()
    done = subprocess.run(
        [str(bin_folder / "workbook"), "demo"],
        cwd=tmp_path / "away",
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.count("错误　") == 9


@pytest.mark.parametrize("command", ["demo", "list", "show", "new", "check", "explain"])
def test_every_command_is_documented(command: str) -> None:
    assert f"workbook {command}" in README


def test_every_template_is_documented(catalog: Catalog) -> None:
    assert len(catalog.templates) >= 2
    for name in catalog.templates:
        assert name in README


def test_every_rule_family_is_documented(catalog: Catalog) -> None:
    families = {code[:-2] for code in catalog.rules}

    assert len(families) >= 8
    assert {family for family in families if family not in README} == set()


def test_the_notation_of_layouts_is_documented() -> None:
    from workbook.layout import LINE_LOOKS

    notation = (ROOT / "templates" / "README.md").read_text(encoding="utf-8")

    assert [look for look in LINE_LOOKS if look != "body" and f"`{look}`" not in notation] == []
