"""Every example of every rule, as declared: what passes, what fails with what words, what is left alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from workbook.catalog import load_catalog
from workbook.check import check
from workbook.compose import compose
from workbook.judge import Judge, Status, View
from workbook.model import Catalog, Example, Rule

CATALOG = load_catalog()


def examples() -> Iterator[tuple[Rule, Example]]:
    for rule in CATALOG.rules.values():
        for example in rule.examples:
            yield rule, example


CASES = list(examples())


def template_of(rule: Rule, example: Example) -> str:
    """The template an example is tried on: the one it names, else the first that has the rule and the forms."""
    if example.template:
        return example.template
    for template in CATALOG.templates.values():
        has_rule = any(bound.rule.code == rule.code for bound in template.rules)
        if has_rule and set(example.data) <= set(template.forms):
            return template.id
    raise AssertionError(f"no template for an example of {rule.code}")


def test_there_are_examples_to_try() -> None:
    assert len(CASES) >= 100
    assert {example.outcome for _, example in CASES} == {"pass", "fail", "alone"}


@pytest.mark.parametrize(
    ("rule", "example"),
    CASES,
    ids=[f"{rule.code}-{example.outcome}-{i}" for i, (rule, example) in enumerate(CASES)],
)
def test_example(rule: Rule, example: Example, catalog: Catalog) -> None:
    template = catalog.templates[template_of(rule, example)]
    composition = compose(template, example.data)
    judge = Judge(composition.submission)
    verdicts = {
        judge.verdict(case, View.RECOMPUTED).status
        for case in judge.cases()
        if case.rule.rule.code == rule.code
    }
    found = [
        finding
        for finding in check(composition.submission, catalog)
        if finding.code == rule.code and not finding.because_of
    ]

    if example.outcome == "fail":
        assert Status.FAIL in verdicts
        assert found, "an example that fails gives a finding"
        assert [(f.expected, f.actual, f.severity) for f in found] == [
            (example.expected, example.actual, example.severity or rule.severity)
        ]
    else:
        assert found == []
        wanted = {Status.PASS} if example.outcome == "pass" else set()
        assert wanted <= verdicts, "an example that passes is judged"
        if example.outcome == "alone":
            assert verdicts == {Status.ALONE}, "an example that is left alone is neither judged nor waits"


@pytest.mark.parametrize("rule", [r for r in CATALOG.rules.values() if not r.raises], ids=lambda r: r.code)
def test_every_rule_that_may_be_left_alone_shows_when(rule: Rule) -> None:
    guarded = bool(rule.when or rule.each)

    assert not guarded or any(example.outcome == "alone" for example in rule.examples)


def test_codes_have_no_gaps() -> None:
    families: dict[str, list[int]] = {}
    for code in CATALOG.rules:
        families.setdefault(code[:-2], []).append(int(code[-2:]))

    for family, numbers in families.items():
        assert sorted(numbers) == list(range(1, len(numbers) + 1)), family
