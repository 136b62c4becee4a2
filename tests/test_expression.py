"""How rules are written: what reads as what, what is refused and where, and that every tree can be spelled again."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbook.catalog import load_catalog
from workbook.expression import Call, Expression, ExpressionError, Literal, Name, names, parse, spell, walk
from workbook.functions import FUNCTIONS
from workbook.texts import TEXTS, say


def bare(tree: Expression) -> Expression:
    """A tree without the columns it was read from."""
    if isinstance(tree, Call):
        return Call(tree.function, tuple(bare(argument) for argument in tree.arguments))
    return replace(tree, column=0)


#: Each line as it is spelled; reading and spelling it changes nothing.
IDENTITY = '''
1
0.5
100
"优"
""
"他说""好"""
"a + b"
TRUE
FALSE
weight
indicators.weight
project.indicators.level1_points
(a + b)
(a - b)
(a * b)
(a / b)
(a & b)
(a = b)
(a <> b)
(a < b)
(a <= b)
(a > b)
(a >= b)
(-a)
(5%)
((-a)%)
(-(a%))
((a + b) * c)
(a + (b + c))
COUNT(project.budget_total)
SUM(a, b, 1)
NOW()
IF((score < weight), "差", "")
AND((budget > 0), NOT(FILLED(reason)))
IF(AND((a = 1), (b <> "x")), (MIN(a, b) * (80%)), (-SUM(t.c)))
'''.strip().splitlines()


@pytest.mark.parametrize("text", IDENTITY)
def test_what_is_spelled_in_full_is_read_and_spelled_the_same(text: str) -> None:
    tree = parse(text)

    assert spell(tree) == text
    assert bare(parse(spell(tree))) == bare(tree)


#: What is written, and how it reads with every bracket in place. Excel ranks: % - * / + - & comparison.
PRECEDENCE = [
    ("a + b * c", "(a + (b * c))"),
    ("a * b + c", "((a * b) + c)"),
    ("(a + b) * c", "((a + b) * c)"),
    ("a - b - c", "((a - b) - c)"),
    ("a - (b - c)", "(a - (b - c))"),
    ("a / b / c", "((a / b) / c)"),
    ("a / b * c", "((a / b) * c)"),
    ("-a * b", "((-a) * b)"),
    ("a * -b", "(a * (-b))"),
    ("a - -b", "(a - (-b))"),
    ("--a", "(-(-a))"),
    ("-5%", "(-(5%))"),
    ("80%%", "((80%)%)"),
    ("a * 80%", "(a * (80%))"),
    ("(a + b)%", "((a + b)%)"),
    ("a & b + c", "(a & (b + c))"),
    ("a + b & c", "((a + b) & c)"),
    ("a & b = c & d", "((a & b) = (c & d))"),
    ("a + b >= c - d", "((a + b) >= (c - d))"),
    ("a = b = c", "((a = b) = c)"),
    ("a<=b", "(a <= b)"),
    ("a<>b", "(a <> b)"),
    ("a < -b", "(a < (-b))"),
    (" SUM( a ,b )\n* 2 ", "(SUM(a, b) * 2)"),
    ("\u3000a\u3000+\u00a0b", "(a + b)"),
    ("01.50", "1.5"),
    ("1000000000000000000000", "1000000000000000000000"),
    ('"(" & ")"', '("(" & ")")'),
    ("true", "true"),
    ("TRUE = FALSE", "(TRUE = FALSE)"),
    ("IF(a, b, c)%", "(IF(a, b, c)%)"),
]


@pytest.mark.parametrize(("text", "spelled"), PRECEDENCE)
def test_operators_bind_as_in_excel(text: str, spelled: str) -> None:
    assert spell(parse(text)) == spelled


def test_a_tree_says_what_stands_where() -> None:
    tree = parse('score <= round(10 * "x", TRUE)')

    assert tree == Call(
        "<=",
        (
            Name(("score",), 1),
            Call(
                "round",
                (Call("*", (Literal(Decimal(10), 16), Literal("x", 21)), 19), Literal(True, 26)),
                10,
            ),
        ),
        7,
    )


#: What is written, the column of the first thing that does not fit, why, and what was found there.
REFUSED = [
    ("", 1, "end", ""),
    ("   ", 1, "end", ""),
    ("a +", 4, "end", ""),
    ("a + * b", 5, "unexpected", "*"),
    ("+a", 1, "unexpected", "+"),
    ("%", 1, "unexpected", "%"),
    ("a b", 3, "unexpected", "b"),
    ("a, b", 2, "unexpected", ","),
    ("1 2", 3, "unexpected", "2"),
    ("1.", 2, "character", "."),
    (".5", 1, "character", "."),
    ("a.", 2, "character", "."),
    ("a.1", 2, "character", "."),
    ("_a", 1, "character", "_"),
    ("1a", 2, "unexpected", "a"),
    ("=a", 1, "unexpected", "="),
    ("a == b", 4, "unexpected", "="),
    ("a =< b", 4, "unexpected", "<"),
    ("a ! b", 3, "character", "!"),
    ("a ^ 2", 3, "character", "^"),
    ("{a}", 1, "character", "{"),
    ("1 +  $A$1", 6, "character", "$"),
    ("'优'", 1, "character", "'"),
    ("“优”", 1, "character", "“"),
    ("分值 + 1", 1, "character", "分"),
    ("１ + 2", 1, "character", "１"),
    ("a ＋ b", 3, "character", "＋"),
    ('"abc', 1, "character", '"'),
    ('"abc"" & d', 6, "character", '"'),
    ("(a", 3, "open", ""),
    ("a)", 2, "unexpected", ")"),
    ("(a))", 4, "unexpected", ")"),
    ("()", 2, "unexpected", ")"),
    ("SUM(a", 6, "open", ""),
    ("SUM(a b)", 7, "bracket", "b"),
    ("SUM(a,)", 7, "unexpected", ")"),
    ("SUM(,a)", 5, "unexpected", ","),
    ('SUM(")"', 8, "open", ""),
    ("TRUE(1)", 5, "unexpected", "("),
    ("negate(a)", 1, "unexpected", "negate"),
    ("percent(a)", 1, "unexpected", "percent"),
    ("(a)(b)", 4, "unexpected", "("),
]


@pytest.mark.parametrize(("text", "column", "reason", "found"), REFUSED)
def test_what_does_not_fit_is_refused_with_its_column(
    text: str, column: int, reason: str, found: str
) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)

    values = {"found": found} if found else {}
    assert (caught.value.column, caught.value.reason, caught.value.values) == (column, reason, values)


def test_every_reason_has_its_sentence() -> None:
    reasons = {reason for _, _, reason, _ in REFUSED} | {"deep"}

    assert {key for key in TEXTS if key.startswith("declare.syntax.")} == {
        f"declare.syntax.{reason}" for reason in reasons
    }


#: A shape that can be made longer and longer, from its beginning, its middle and its end.
SHAPES = [
    ("(", "a", ")"),
    ("-", "a", ""),
    ("SUM(", "a", ")"),
    ("", "a", "%"),
    ("a + ", "a", ""),
    ("", "a", " & a"),
]


@pytest.mark.parametrize(("before", "middle", "after"), SHAPES)
def test_what_has_more_than_64_levels_is_refused_and_the_deepest_allowed_is_spelled_and_read_back(
    before: str, middle: str, after: str
) -> None:
    deepest = parse(before * 63 + middle + after * 63)
    assert bare(parse(spell(deepest))) == bare(deepest)

    for number in (64, 20_000):
        with pytest.raises(ExpressionError) as caught:
            parse(before * number + middle + after * number)
        assert (caught.value.reason, caught.value.values) == ("deep", {"limit": 64})


def test_names_come_in_order_of_appearance_and_again_where_they_appear_again() -> None:
    tree = parse("IF(a.b > 1, SUM(c, a.b), d.e.f) + c")

    assert [str(name) for name in names(tree)] == ["a.b", "c", "a.b", "d.e.f", "c"]
    assert [name.column for name in names(tree)] == [4, 17, 20, 26, 35]


def test_walking_gives_parents_before_their_arguments() -> None:
    tree = bare(parse("-(a + 1)"))

    assert list(walk(tree)) == [
        Call("negate", (Call("+", (Name(("a",)), Literal(Decimal(1)))),)),
        Call("+", (Name(("a",)), Literal(Decimal(1)))),
        Name(("a",)),
        Literal(Decimal(1)),
    ]


# ---- Properties -------------------------------------------------------------------------------------------

words = st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True)
literals = st.one_of(
    st.decimals(min_value=0, max_value=10**10, places=4),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.booleans(),
)
leaves = st.one_of(
    literals.map(Literal), st.lists(words, min_size=1, max_size=3).map(lambda path: Name(tuple(path)))
)
SYMBOLS = sorted({f.name for f in FUNCTIONS if not f.name.isupper()} - {"negate", "percent"})


def calls(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    functions = st.sampled_from([f.name for f in FUNCTIONS if f.name.isupper()])
    return st.one_of(
        st.builds(Call, st.sampled_from(SYMBOLS), st.tuples(inner, inner)),
        st.builds(Call, st.sampled_from(["negate", "percent"]), st.tuples(inner)),
        st.builds(Call, functions, st.lists(inner, max_size=3).map(tuple)),
    )


trees = st.recursive(leaves, calls, max_leaves=12)


@given(trees)
def test_any_tree_is_read_back_from_its_spelling(tree: Expression) -> None:
    assert bare(parse(spell(tree))) == tree


@given(
    st.one_of(
        st.text(max_size=60),
        st.text(st.sampled_from('ab1.,+-*/&=<>()%"\n_ 　分１A'), max_size=60),
        st.lists(st.sampled_from(["SUM(", "(", ")", "a", ",", "-", "%", "1", '"x"', "="]), max_size=300).map(
            "".join
        ),
    )
)
def test_any_text_is_read_or_refused_at_one_of_its_characters(text: str) -> None:
    refused = None
    try:
        tree = parse(text)
    except ExpressionError as error:
        refused = error

    if refused is None:
        assert bare(parse(spell(tree))) == bare(tree)
    else:
        assert 1 <= refused.column <= len(text) + 1
        assert say(f"declare.syntax.{refused.reason}", **refused.values)


def test_every_expression_of_the_shipped_rules_is_read_back_from_its_spelling() -> None:
    sources = [
        source.replace("$", "")
        for rule in load_catalog().rules.values()
        for source in (rule.equals, rule.holds, rule.when, rule.follows)
        if source
    ]

    assert len(sources) >= 40
    for source in sources:
        assert bare(parse(spell(parse(source)))) == bare(parse(source))
