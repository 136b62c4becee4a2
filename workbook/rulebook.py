"""Rules as declared in ``rules/*.toml``, and how they bind to the forms of a template."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

from workbook.binding import BindError, Names, bind, bind_message
from workbook.declaration import Section, read_section
from workbook.functions import Kind
from workbook.model import (
    EVENTS,
    Apply,
    Bound,
    BoundRule,
    Constant,
    Example,
    Form,
    Reference,
    Rule,
    Scope,
    Severity,
)
from workbook.texts import say

_CODE = re.compile(r"([A-Z]+)[0-9][0-9]")
_CAUSE = re.compile(r"file\.[A-Za-z0-9_]+")
#: What the program puts into the texts of an event, beside the label and what stands there.
_EVENT_WORDS: Mapping[str, tuple[str, ...]] = {
    "unreadable": ("reason", "hint"),
    "malformed": ("hint",),
    "formula_changed": ("expected",),
    "overwritten_stale": ("expected",),
    "not_a_choice": ("choices",),
}
_KEYS = (
    *("code", "severity", "title", "message", "fix", "basis", "raises", "forms", "each", "by", "for"),
    *("target", "computes", "equals", "holds", "when", "within", "band", "own_digits", "explained"),
    *("same_cause", "follows", "stray", "together", "expected", "examples"),
)
_TEXT_KEYS = ("raises", "each", "by", "equals", "holds", "when", "same_cause", "follows", "expected")
_EXAMPLE_WORDS = ("expected", "actual", "severity", "template")
#: A live message is part of a formula; longer texts would not fit beside its conditions.
MESSAGE_LIMIT = 200


def load_rules(folder: Path) -> tuple[Rule, ...]:
    """Every rule of a folder, in order of file name and place.

    Raises:
        DeclarationError: naming file, rule and remedy.
    """
    rules: dict[str, Rule] = {}
    for path in sorted(folder.glob("*.toml")):
        section = read_section(path)
        section.only("family", "title", "rule")
        family = section.get("family", str)
        for _, member in section.sections("rule"):
            rule = _rule(member, family)
            if rule.code in rules:
                raise member.error(say("declare.code_twice", code=rule.code))
            rules[rule.code] = rule
    for rule in rules.values():
        for code in rule.same_cause.split():
            if code not in rules:
                raise Section(rule.file, rule.code, {}).error(say("declare.same_cause", code=code))
    return tuple(rules.values())


def _rule(section: Section, family: str) -> Rule:
    code = section.get("code", str)
    section = Section(section.file, code, section.values)
    section.only(*_KEYS)
    match = _CODE.fullmatch(code)
    if match is None or match[1] != family:
        raise section.error(say("declare.code", code=code, family=family))
    severity = section.get("severity", str)
    if severity not in tuple(Severity):
        raise section.error(say("declare.kind", kind=severity, known="、".join(Severity)))
    shape = _shape(section)
    message = section.get("message", str)
    if len(message) > MESSAGE_LIMIT:
        raise section.error(say("declare.long_message", length=len(message)))
    if shape == "raises":
        _check_event(section)
    computes = section.get("computes", str, "")
    loops = section.section("for")
    return Rule(
        code=code,
        severity=Severity(severity),
        title=section.get("title", str),
        message=message,
        fix=section.get("fix", str),
        basis=section.get("basis", str),
        file=section.file,
        forms=section.words("forms"),
        loops={name: loops.words(name) for name in loops.values},
        target=computes or section.get("target", str, ""),
        computes=bool(computes),
        own_digits=section.get("own_digits", bool, False),
        explained=section.get("explained", bool, False),
        stray=section.get("stray", bool, False),
        together=section.get("together", bool, False),
        examples=_examples(section, needed=shape != "raises"),
        **{key: _text(section, key) for key in ("within", "band")},
        **{key: section.get(key, str, "") for key in _TEXT_KEYS},
    )


def _shape(section: Section) -> str:
    """Which of the three shapes a rule has; with an expression it has one target, a condition says what it expects."""
    shapes = [key for key in ("equals", "holds", "raises") if section.get(key, str, "")]
    if len(shapes) != 1:
        raise section.error(say("declare.shape"))
    aims = [key for key in ("target", "computes") if section.get(key, str, "")]
    if len(aims) != (shapes != ["raises"]) or (aims == ["computes"] and shapes != ["equals"]):
        raise section.error(say("declare.aim"))
    if shapes == ["holds"]:
        section.get("expected", str)
    return shapes[0]


def _check_event(section: Section) -> None:
    """An event the program has, and texts that name only what the program fills in when it raises it."""
    event = section.get("raises", str)
    if event not in EVENTS and not _CAUSE.fullmatch(event):
        raise section.error(say("declare.no_event", event=event, known="、".join(EVENTS)))
    for key, slots in _event_slots(event).items():
        rest = section.get(key, str, "")
        for slot in slots:
            rest = rest.replace(f"{{{slot}}}", "")
        if "{" in rest or "}" in rest:
            known = "、".join(slots)
            what = (
                say("declare.event_text", key=key, known=known) if slots else say("declare.no_words", key=key)
            )
            raise section.error(what)


def _event_slots(event: str) -> dict[str, tuple[str, ...]]:
    if event.startswith("file."):
        return {"message": ("file", "detail"), "fix": (), "expected": ()}
    if event.startswith("untouched"):
        return {"message": ("label",), "fix": (), "expected": ()}
    if event == "extra_sheet":
        return {"message": ("actual",), "fix": (), "expected": ()}
    return dict.fromkeys(("message", "fix", "expected"), ("label", "actual", *_EVENT_WORDS.get(event, ())))


def _text(section: Section, key: str) -> str:
    return str(section.values.get(key, "0"))


def _examples(section: Section, *, needed: bool) -> tuple[Example, ...]:
    members = section.section("examples")
    members.only("pass", "fail", "alone")
    found = []
    for outcome in ("pass", "fail", "alone"):
        for _, member in members.sections(outcome):
            severity = member.get("severity", str, "")
            if severity not in ("", *Severity):
                raise section.error(say("declare.kind", kind=severity, known="、".join(Severity)))
            said = {
                key: member.get(key, str) if key in member.values else None for key in ("expected", "actual")
            }
            found.append(
                Example(
                    outcome=outcome,
                    **said,
                    severity=Severity(severity) if severity else None,
                    template=member.get("template", str, ""),
                    data={key: data for key, data in member.values.items() if key not in _EXAMPLE_WORDS},
                )
            )
    if needed and not {"pass", "fail"} <= {example.outcome for example in found}:
        raise section.error(say("declare.examples"))
    return tuple(found)


def bind_rules(
    rules: Sequence[Rule],
    template: str,
    forms: Mapping[str, Form],
    constants: Mapping[str, Decimal | str],
    exceptions: Mapping[str, str],
) -> tuple[BoundRule, ...]:
    """The rules as they apply to a template's forms.

    Raises:
        DeclarationError: a rule mentions a name that a form lacks and the template does not except it.
    """
    bound: list[BoundRule] = []
    for rule in rules:
        if rule.raises or rule.code in exceptions:
            continue
        section = Section(rule.file, rule.code, {})
        present = [form for form in rule.forms if form in forms]
        if not present:
            listed = "、".join(rule.forms)
            raise section.error(say("declare.form_missing", template=template, forms=listed, code=rule.code))
        for form in present:
            if exceptions.keys() & {f"{rule.code}@{form}", f"{rule.code[:-2]}@{form}"}:
                continue
            for words in _loops(rule, section):
                try:
                    bound.append(
                        _bind_rule(rule, words, Names(template, rule.code, forms, constants, form, rule.each))
                    )
                except BindError as error:
                    raise section.error(str(error)) from None
    return tuple(bound)


def _loops(rule: Rule, section: Section) -> Iterator[dict[str, str]]:
    for name, words in rule.loops.items():
        if not words or f"${name}" not in f"{rule.target} {rule.equals} {rule.holds}":
            raise section.error(say("declare.loop", name=name))
    for chosen in product(*rule.loops.values()):
        yield dict(zip(rule.loops, chosen, strict=True))


def _put(text: str, words: Mapping[str, str]) -> str:
    for name, word in words.items():
        text = text.replace(f"${name}", word)
    return text


def _bind_rule(rule: Rule, words: Mapping[str, str], names: Names) -> BoundRule:
    if rule.each and rule.each not in names.forms[names.form].tables:
        raise BindError(say("declare.name", key="each", column=1, name=rule.each, **_where(names)))
    if rule.by and rule.by not in (names.forms[names.form].tables[rule.each].columns if rule.each else ()):
        raise BindError(say("declare.name", key="by", column=1, name=rule.by, **_where(names)))
    target_name = _put(rule.target, words)
    target = names.scope(tuple(target_name.split(".")))
    if not isinstance(target, Scope):
        raise BindError(say("declare.name", key="target", column=1, name=target_name, **_where(names)))
    if target.many or target.reach == "single":
        raise BindError(say("declare.target", name=target_name))
    kind = target.field.type
    if rule.equals:
        tree = bind("equals", _put(rule.equals, words), names, kind)
    else:
        tree = bind("holds", _put(rule.holds, words), names, Kind.TRUTH)
    when = bind("when", _put(rule.when, words), names, Kind.TRUTH) if rule.when else None
    message = bind_message("message", _put(rule.message, words), names)
    expected = bind_message("expected", _put(rule.expected, words), names)
    shown = [part for part in (*message, *expected) if isinstance(part, Reference)]
    return BoundRule(
        rule=rule,
        form=names.form,
        key="_".join([rule.code, *words.values()]),
        target=target,
        tree=tree,
        when=when,
        within=_tolerance(rule.within, names, "within"),
        band=_tolerance(rule.band, names, "band"),
        message=message,
        expected=expected,
        follows=bind("follows", _put(rule.follows, words), names, kind) if rule.follows else None,
        live=_why_not_live([tree, *([when] if when else []), *shown]),
    )


def _where(names: Names) -> dict[str, Any]:
    return {"template": names.template, "form": names.form, "code": names.code}


def _tolerance(text: str, names: Names, key: str) -> Decimal:
    bound = bind(key, text, names)
    if not isinstance(bound, Constant) or not isinstance(bound.value, Decimal):
        raise BindError(say("declare.type", key=key, wanted=say("declare.type.number"), found=f"“{text}”"))
    return bound.value


def _why_not_live(trees: Sequence[Bound]) -> str:
    """Why a rule cannot stand in the sheet; empty when it can. Decided here, never by hand."""
    for tree in trees:
        if isinstance(tree, Apply):
            if tree.function.excel is None:
                return say("live.function", name=tree.function.name)
            inner = _why_not_live(tree.arguments)
            if inner:
                return inner
        if isinstance(tree, Reference) and tree.scope.reach == "every_column":
            return say("live.every_column")
    return ""
