"""Commands, options and exit codes: 0 nothing above a notice, 1 errors or warnings, 2 wrong use."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from typer import rich_utils
from typer.core import TyperCommand, TyperGroup

from workbook.batch import check_files, entries
from workbook.catalog import load_catalog
from workbook.compose import DataError, compose, read_data
from workbook.declaration import DeclarationError
from workbook.demo import play
from workbook.describe import catalogue, rule_lines, template_lines, template_record
from workbook.generate import generate
from workbook.model import Catalog, Severity, Template
from workbook.output import ReportError
from workbook.publish import Published, publish, time_of_run
from workbook.report import as_record
from workbook.result import FileResult, Outcome, worst
from workbook.texts import os_reason, say

_PROGRAM = "workbook"
FOUND, WRONG_USE = 1, 2
#: More project forms than any unit has; every one costs three sheets' worth of formulas to open.
MOST_PROJECTS = 99
_UsageError: type[Exception] = typer.BadParameter.__mro__[1]

rich_utils.OPTIONS_PANEL_TITLE = say("cli.panel_options")
rich_utils.ARGUMENTS_PANEL_TITLE = say("cli.panel_arguments")
rich_utils.COMMANDS_PANEL_TITLE = say("cli.panel_commands")
rich_utils.REQUIRED_LONG_STRING = say("cli.panel_required")
rich_utils.DEFAULT_STRING = say("cli.panel_default")


def _chinese_usage(usage: str) -> str:
    words = {
        "Usage: ": say("cli.usage"),
        "[OPTIONS]": say("cli.options"),
        "COMMAND [ARGS]...": say("cli.command"),
    }
    for english, chinese in words.items():
        usage = usage.replace(english, chinese)
    return re.sub(r"\{([^{}]*)\}(\.\.\.)?", r"\1", usage)


class _Chinese:
    """Help in Chinese, mixed into commands and groups."""

    def get_usage(self, ctx: Any) -> str:
        return _chinese_usage(super().get_usage(ctx))  # type: ignore[misc]

    def get_params(self, ctx: Any) -> Any:
        """The parameters without their Python types, which tell a user nothing."""
        found = super().get_params(ctx)  # type: ignore[misc]
        for param in found:
            if param.param_type_name == "argument":
                param.display_type_rich = lambda ctx: None
            elif param.is_flag:
                param.metavar = ""
        return found

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.help = say("cli.option_help")
        return option


class _Command(_Chinese, TyperCommand):
    """A command."""


class _Group(_Chinese, TyperGroup):
    """The group of commands."""


_FOLDER = say("cli.meta.folder")
app = typer.Typer(cls=_Group, help=say("cli.help"), add_completion=False, no_args_is_help=True)
CatalogOption = Annotated[Path | None, typer.Option("--catalog", help=say("cli.catalog"), metavar=_FOLDER)]
TemplateArgument = Annotated[str, typer.Argument(metavar=say("cli.meta.template"), help=say("cli.template"))]
JsonOption = Annotated[bool, typer.Option("--json", help=say("cli.json"))]
NowOption = Annotated[str, typer.Option("--now", metavar=say("cli.meta.time"), help=say("cli.now"))]


class _WrongUseError(Exception):
    """The command itself was wrong; the text says how to put it right."""


def _template(catalog: Catalog, name: str) -> Template:
    if name not in catalog.templates:
        raise _WrongUseError(say("cli.no_template", id=name, known="、".join(catalog.templates)))
    return catalog.templates[name]


def _time(text: str) -> datetime:
    try:
        return time_of_run(datetime.fromisoformat(text) if text else None)
    except ValueError:
        raise _WrongUseError(say("cli.bad_time", text=text)) from None


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise _WrongUseError(say("cli.exists", path=path)) from None
    except ReportError as error:
        raise _WrongUseError(str(error)) from None
    except OSError as error:
        raise _WrongUseError(say("cli.cannot_write", path=path, detail=os_reason(error))) from None


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("ziping-workbook"))
        raise typer.Exit


@app.callback(cls=_Group)
def _main(
    show_version: Annotated[
        bool, typer.Option("--version", help=say("cli.version"), callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    pass


@app.command("demo", cls=_Command, help=say("cli.demo"))
def _demo(
    output: Annotated[
        Path, typer.Option("-o", "--output", help=say("cli.demo_output"), metavar=_FOLDER)
    ] = Path("demo-output"),
    now: NowOption = "",
    catalog: CatalogOption = None,
) -> None:
    moment = _time(now)
    _refuse_file(output.parent)
    typer.echo(say("demo.intro"))
    with _writing(output):
        played = play(load_catalog(catalog), output, moment)
    typer.echo(say("demo.step_blank", number=len(played.blanks), folder=played.blanks[0].parent))
    typer.echo(say("demo.step_filled", number=len(played.returned), folder=played.returned[0].parent))
    typer.echo(say("demo.step_checked"))
    _print_results(played.results)
    _print_written(played.results, played.published)


@app.command("list", cls=_Command, help=say("cli.list"))
def _list(catalog: CatalogOption = None) -> None:
    for template in load_catalog(catalog).templates.values():
        rules = len({bound.rule.code for bound in template.rules})
        values = {"id": template.id, "place": template.place, "year": template.year, "title": template.title}
        typer.echo(say("cli.list_line", **values, forms=len(template.forms), rules=rules))


@app.command("show", cls=_Command, help=say("cli.show"))
def _show(template: TemplateArgument, as_json: JsonOption = False, catalog: CatalogOption = None) -> None:
    found = _template(load_catalog(catalog), template)
    if as_json:
        typer.echo(json.dumps(template_record(found), ensure_ascii=False, indent=1))
    else:
        typer.echo("\n".join(template_lines(found)))


@app.command("new", cls=_Command, help=say("cli.new"))
def _new(
    template: TemplateArgument,
    output: Annotated[
        Path, typer.Option("-o", "--output", help=say("cli.output"), metavar=say("cli.meta.output"))
    ],
    data: Annotated[
        Path | None, typer.Option("--data", help=say("cli.data"), metavar=say("cli.meta.data"))
    ] = None,
    projects: Annotated[
        int | None,
        typer.Option(
            "--projects", help=say("cli.projects", most=MOST_PROJECTS), metavar=say("cli.meta.number")
        ),
    ] = None,
    catalog: CatalogOption = None,
) -> None:
    if output.suffix.lower() != ".xlsx":
        raise _WrongUseError(say("cli.not_xlsx", path=output))
    if projects is not None and not 1 <= projects <= MOST_PROJECTS:
        raise _WrongUseError(say("cli.bad_number", name="--projects", least=1, most=MOST_PROJECTS))
    found = _template(load_catalog(catalog), template)
    values = read_data(data) if data else {}
    listed = "、".join(form.id for form in found.forms.values() if form.repeat and values.get(form.id))
    if listed and projects is not None:
        raise _WrongUseError(say("cli.projects_twice", forms=listed))
    composition = compose(found, values, copies=projects or 1)
    with _writing(output):
        generate(composition, output)
    typer.echo(say("cli.written", path=output))


@app.command("check", cls=_Command, help=say("cli.check"))
def _check(
    paths: Annotated[list[Path], typer.Argument(metavar=say("cli.meta.paths"), help=say("cli.paths"))],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help=say("cli.check_output"), metavar=_FOLDER)
    ] = None,
    as_json: JsonOption = False,
    template: Annotated[
        str, typer.Option("--template", help=say("cli.check_template"), metavar=say("cli.meta.template"))
    ] = "",
    now: NowOption = "",
    catalog: CatalogOption = None,
) -> None:
    loaded = load_catalog(catalog)
    if template:
        _template(loaded, template)
    moment = _time(now)
    parent = output or Path()
    _refuse_file(parent)
    results = _checked(paths, loaded, template)
    if as_json:
        records = [as_record(finding) for result in results for finding in result.findings]
        typer.echo(json.dumps(records, ensure_ascii=False, indent=1))
    else:
        _print_results(results)
    if output is not None or not as_json:
        with _writing(parent):
            published = publish(results, loaded, parent, moment)
        _print_written(results, published, err=as_json)
    if worst(results) in (Severity.ERROR, Severity.WARNING):
        raise typer.Exit(FOUND)


def _refuse_file(folder: Path) -> None:
    """No result can be written below a file: say so before hours of checking, not after."""
    for part in (folder, *folder.parents):
        if os.path.lexists(part) and not os.path.isdir(part):
            raise _WrongUseError(say("cli.not_folder", path=part))


def _checked(paths: Sequence[Path], catalog: Catalog, template: str) -> tuple[FileResult, ...]:
    for path in paths:
        try:
            path.lstat()
        except OSError as error:
            raise _WrongUseError(say("cli.no_path", path=path, detail=os_reason(error))) from None
    total = len(entries(paths))
    if not total:
        raise _WrongUseError(say("cli.nothing", paths="、".join(map(str, paths))))
    if total == 1 or not sys.stderr.isatty():
        return check_files(paths, catalog, template=template)
    with typer.progressbar(length=total, label=say("cli.progress"), file=sys.stderr) as bar:
        return check_files(paths, catalog, template=template, progress=lambda _: bar.update(1))


def _print_results(results: Sequence[FileResult]) -> None:
    for number, result in enumerate(results, start=1):
        line = {"number": number, "total": len(results), "file": result.file}
        typer.echo(say("cli.file_line", **line, what=_what(result)))
        for finding in result.findings:
            if result.outcome is Outcome.CHECKED and finding.severity is not Severity.NOTICE:
                values = {"severity": say(f"severity.{finding.severity}"), "code": finding.code}
                place = f"{finding.form} {finding.cell}".strip()
                typer.echo(say("cli.finding", **values, place=place, message=finding.message))
    counts = {outcome: sum(1 for result in results if result.outcome is outcome) for outcome in Outcome}
    typer.echo(say("cli.total", total=len(results), **{str(key): number for key, number in counts.items()}))


def _print_written(results: Sequence[FileResult], published: Published, *, err: bool = False) -> None:
    typer.echo(say("cli.result", report=published.report), err=err)
    if any(finding.severity is Severity.NOTICE for result in results for finding in result.findings):
        typer.echo(say("cli.details", file=published.report.name), err=err)


def _what(result: FileResult) -> str:
    if result.outcome is Outcome.REFUSED:
        return say("cli.refused", reason=result.reason)
    if result.outcome is Outcome.IGNORED:
        return say("cli.ignored", reason=result.reason)
    if not result.findings:
        return say("cli.passed")
    counts = {f"{severity}s": result.count(severity) for severity in Severity}
    return say("cli.counts", **counts, unchecked=result.unchecked)


@app.command("explain", cls=_Command, help=say("cli.explain"))
def _explain(
    code: Annotated[str, typer.Argument(metavar=say("cli.meta.code"), help=say("cli.code"))] = "",
    everything: Annotated[bool, typer.Option("--all", help=say("cli.all"))] = False,
    catalog: CatalogOption = None,
) -> None:
    loaded = load_catalog(catalog)
    if everything:
        typer.echo(catalogue(loaded), nl=False)
        return
    if not code:
        raise _WrongUseError(say("cli.need_code"))
    if code.upper() not in loaded.rules:
        raise _WrongUseError(say("cli.no_code", code=code))
    typer.echo("\n".join(rule_lines(loaded.rules[code.upper()], loaded)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; whatever happens is said in Chinese, without a traceback.

    Returns:
        The exit code: 0 nothing above a notice, 1 errors or warnings found, 2 wrong use.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = app(
            args=list(arguments) if arguments is not None else None, prog_name=_PROGRAM, standalone_mode=False
        )
        return code if isinstance(code, int) else 0
    except (_WrongUseError, DataError, DeclarationError) as error:
        return _complain(str(error))
    except _UsageError as error:
        shown_help = type(error).__name__ == "NoArgsIsHelpError"
        return WRONG_USE if shown_help else _complain(_usage_text(error))
    except (KeyboardInterrupt, typer.Abort):
        return _complain(say("cli.stopped"))
    except Exception as error:  # the last door: a defect is ours, the user gets one sentence
        return _complain(say("cli.crash", detail=f"{type(error).__name__}: {error}"))


def _complain(text: str) -> int:
    typer.echo(say("cli.error", text=text), err=True)
    return WRONG_USE


def _usage_text(error: Any) -> str:
    """A wrong command in Chinese, by the kind of mistake."""
    kind = type(error).__name__
    if kind == "BadOptionUsage":
        unwanted = "does not take" in error.message
        return say("cli.takes_no_value" if unwanted else "cli.needs_value", name=error.option_name)
    if kind == "BadParameter" and error.param is not None:
        return say("cli.bad_value", name=error.param.opts[-1])
    if kind == "NoSuchOption":
        return say("cli.no_option", name=error.option_name)
    if kind == "MissingParameter" and error.param is not None:
        name = error.param.metavar if error.param.param_type_name == "argument" else error.param.opts[-1]
        return say("cli.missing_argument", name=name)
    if "No such command" in error.message:
        name = error.message.split("'")[1]
        return say("cli.no_command", name=name, known="、".join(error.ctx.command.list_commands(error.ctx)))
    extra = re.search(r"extra argument(?:\(s\))? \((.*)\)$", error.message, re.DOTALL)
    return say("cli.extra_argument", name=extra[1]) if extra else say("cli.usage_error")
