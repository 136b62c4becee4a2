"""What typed numbers, targets and dates mean: one table of cases per function, and what holds of any text."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from workbook.excel import plain
from workbook.quantity import (
    BLANK_MARKS,
    Attainment,
    Deadline,
    Quantity,
    Unreadable,
    amounts_alike,
    attain,
    fold,
    is_blank,
    read_number,
    read_quantity,
)


def number(text: str) -> Decimal:
    return Decimal(text)


def quantity(value: str, sign: str = "", unit: str = "", upper: str | None = None) -> Quantity:
    return Quantity(Decimal(value), sign, unit, None if upper is None else Decimal(upper))


def unreadable(reason: str, hint: str | None = None) -> Unreadable:
    return Unreadable(reason, None if hint is None else Decimal(hint))  # type: ignore[arg-type]


FOLDED = [
    ("１２．５", "12.5"),
    ("－５％", "-5%"),
    ("\u22125", "-5"),
    ("（＋１，２３４）＝＜＞", "(+1,234)=<>"),
    ("\u3000 \t8\xa0\u200b\ufeff\r\n", "8"),
    ("柳 \u3000江", "柳 \u3000江"),
    ("Ａ①10²½，", "Ａ①10²½,"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "folded"), FOLDED)
def test_folding_trims_blanks_and_maps_full_width_digits_and_signs_only(text: str, folded: str) -> None:
    assert fold(text) == folded


BLANK = ["", " ", "\u3000", "\xa0", "\u200b", "\ufeff\t\r\n", "　 　", " — ", "\u2212", *sorted(BLANK_MARKS)]
NOT_BLANK = ["0", "无", "……", "0.00", "/5", "- -", "。", "#N/A", "**"]


@pytest.mark.parametrize("text", BLANK)
def test_blanks_of_any_kind_and_one_blank_mark_are_blank(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize("text", NOT_BLANK)
def test_words_and_zeros_are_not_blank(text: str) -> None:
    assert not is_blank(text)


@pytest.mark.parametrize("text", BLANK)
def test_reading_a_blank_text_is_the_callers_mistake(text: str) -> None:
    with pytest.raises(ValueError, match="blank"):
        read_number(text)
    with pytest.raises(ValueError, match="blank"):
        read_quantity(text)


NUMBERS = [
    # robustness 2.3, line by line
    ("99.99", "", "99.99", ""),
    ("-5", "", "-5", ""),
    (".5", "", "0.5", "text"),
    ("5.", "", "5", "text"),
    ("00012", "", "12", "text"),
    ("+5", "", "5", "text"),
    ("１２．５", "万元", "12.5", "full_width"),
    ("－5", "", "-5", "full_width"),
    ("−5", "", "-5", "full_width"),
    ("  5 ", "", "5", "text"),
    ("5\xa0", "", "5", "text"),
    ("5\u3000", "", "5", "text"),
    ("\ufeff5", "", "5", "text"),
    ("1,234.50", "万元", "1234.50", "thousands"),
    ("1，234", "", "1234", "thousands"),
    ("12,345,678", "元", "12345678", "thousands"),
    ("12.5万元", "万元", "12.5", "unit"),
    ("12.5 万元", "万元", "12.5", "unit"),
    ("1,100万元", "万元", "1100", "unit"),
    ("99.99%", "%", "0.9999", "percent"),
    ("９９．９９％", "%", "0.9999", "percent"),
    # what published tables hold (layouts 3, the seeds)
    ("4753.66万元", "万元", "4753.66", "unit"),
    ("800万元", "万元", "800", "unit"),
    ("125000元", "元", "125000", "unit"),
    ("0", "万元", "0", ""),
    ("0.00", "万元", "0.00", ""),
    ("10.00", "分", "10.00", ""),
    ("10分", "分", "10", "unit"),
    ("100分", "分", "100", "unit"),
    ("22.5", "分", "22.5", ""),
    ("3.34", "分", "3.34", ""),
    ("　 　8", "分", "8", "text"),
    ("　98.99", "分", "98.99", "text"),
    ("102.59%", "%", "1.0259", "percent"),
    ("100.00%", "%", "1", "percent"),
    ("321.013328", "万元", "321.013328", ""),
    # a bare number in a percent field is what it is in a number cell; the size is a rule's business
    ("100", "%", "100", ""),
    ("1", "%", "1", ""),
    # the last digits Excel keeps; zeros that say nothing do not count
    ("123456789012345", "", "123456789012345", ""),
    ("1.0000000000000000000", "", "1", ""),
    ("2023.12", "", "2023.12", ""),
]


@pytest.mark.parametrize(("text", "unit", "value", "how"), NUMBERS)
def test_a_certain_number_is_read_with_the_reason_for_a_notice(
    text: str, unit: str, value: str, how: str
) -> None:
    assert read_number(text, unit) == (number(value), how)


UNREADABLE = [
    # the seeds
    ("3,20.6,71591", "万元", "separators", "320.671591"),
    ("3,21.0,13328", "万元", "separators", "321.013328"),
    ("3,21.0,08126", "万元", "separators", "321.008126"),
    ("79.98852.24", "万元", "separators", "79.9885224"),
    ("３，２０．６，７１５９１", "万元", "separators", "320.671591"),
    ("3,20.6,71591万元", "万元", "separators", "320.671591"),
    # robustness 2.3, line by line
    ("12,34", "", "separators", None),
    ("1,2", "", "separators", None),
    ("1.2.3", "", "separators", None),
    ("5。5", "", "separators", "5.5"),
    ("1 234", "", "separators", "1234"),
    ("12 .5", "", "separators", "12.5"),
    ("12 34", "", "separators", None),
    ("≥", "", "sign", None),
    ("(—)", "", "brackets", None),
    ("125000元", "万元", "unit", "12.5"),
    ("１２万", "万元", "unit", "12"),
    ("150万", "万元", "unit", "150"),
    ("¥100", "", "unit", "100"),
    ("¥100", "万元", "unit", None),
    ("90分", "", "unit", "90"),
    ("10分", "", "unit", "10"),
    ("约90", "", "not_a_number", None),
    ("≥90", "", "sign", "90"),
    ("无", "", "not_a_number", None),
    ("（100）", "", "brackets", "-100"),
    ("(100)", "", "brackets", "-100"),
    ("1e5", "", "not_a_number", None),
    ("1E+18", "", "not_a_number", None),
    ("nan", "", "not_a_number", None),
    ("inf", "", "not_a_number", None),
    ("0x10", "", "not_a_number", None),
    ("1_000", "", "not_a_number", None),
    ("٣", "", "not_a_number", None),
    ("①", "", "not_a_number", None),
    ("10²", "", "not_a_number", None),
    ("½", "", "not_a_number", None),
    ("一百", "", "not_a_number", None),
    ("TRUE", "", "not_a_number", None),
    ("1234567890123456", "", "too_many_digits", None),
    ("0.1234567890123456", "", "too_many_digits", None),
    ("9007199254740993", "", "too_many_digits", None),
    ("0" * 50, "", "too_many_digits", None),
    # percentages and units of another kind
    ("99.99%", "万元", "unit", None),
    ("99.99%", "", "unit", None),
    ("95分", "%", "unit", None),
    ("2.6亿元", "万元", "unit", "26000"),
    ("864.2万", "万元", "unit", "864.2"),
    ("10个", "万元", "unit", None),
    ("99.99百分比", "%", "unit", "0.9999"),
    # what published tables hold
    ("20分)", "分", "brackets", "20"),
    ("98分)", "分", "brackets", "98"),
    ("≥90分", "分", "sign", "90"),
    ("不少于3,20.6,71591", "", "sign", "320.671591"),
    ("（10分）", "分", "brackets", "10"),
    ("#DIV/0!", "", "error_value", None),
    ("#N/A", "", "error_value", None),
    ("#NAME?", "", "error_value", None),
    ("12月31日", "", "date", None),
    ("2023.12.31", "", "date", None),
    ("2023年2月30日", "", "date", None),
    ("9/10", "", "not_a_number", None),
    ("0,123", "", "separators", None),
    ("1234,567", "", "separators", None),
    ("1,234, 567", "", "separators", "1234567"),
    ("- 5", "", "separators", "-5"),
    ("100。", "", "separators", "100"),
    ("100左右", "", "not_a_number", None),
    ("600余人", "", "not_a_number", None),
]


@pytest.mark.parametrize(("text", "unit", "reason", "hint"), UNREADABLE)
def test_an_uncertain_number_is_refused_with_its_one_probable_reading(
    text: str, unit: str, reason: str, hint: str | None
) -> None:
    assert read_number(text, unit) == unreadable(reason, hint)


QUANTITIES = [
    ("≥95%", quantity("0.95", ">=", "%")),
    ("≧95%", quantity("0.95", ">=", "%")),
    (">=21933人", quantity("21933", ">=", "人")),
    ("＞＝95％", quantity("0.95", ">=", "%")),
    ("≥50个", quantity("50", ">=", "个")),
    ("≥100百分比", quantity("1", ">=", "%")),
    ("100百分比", quantity("1", "", "%")),
    ("=8个", quantity("8", "=", "个")),
    ("═8个", quantity("8", "=", "个")),
    ("﹦8个", quantity("8", "=", "个")),
    ("<=5300元/户", quantity("5300", "<=", "元/户")),
    ("≤202.6万元", quantity("202.6", "<=", "万元")),
    ("98%以上", quantity("0.98", ">=", "%")),
    ("95%（含）以上", quantity("0.95", ">=", "%")),
    ("≥90％（含）", quantity("0.9", ">=", "%")),
    ("5个以内（含）", quantity("5", "<=", "个")),
    ("2次及以上", quantity("2", ">=", "次")),
    ("小于5次", quantity("5", "<", "次")),
    ("高于95%", quantity("0.95", ">", "%")),
    ("大于 3 个", quantity("3", ">", "个")),
    ("超过1,234人", quantity("1234", ">", "人")),
    ("不少于 12 种", quantity("12", ">=", "种")),
    ("不低于90%", quantity("0.9", ">=", "%")),
    ("不超过5%", quantity("0.05", "<=", "%")),
    ("控制在5%以内", quantity("0.05", "<=", "%")),
    ("达到95%以上", quantity("0.95", ">=", "%")),
    ("2天以内", quantity("2", "<=", "天")),
    ("30分钟内", quantity("30", "<=", "分钟")),
    ("10人以下", quantity("10", "<=", "人")),
    ("≤0", quantity("0", "<=")),
    ("0起", quantity("0", "", "起")),
    ("1", quantity("1")),
    ("100%", quantity("1", "", "%")),
    ("　\n　100%。", quantity("1", "", "%")),
    ("5‰", quantity("0.005", "", "%")),
    ("３轮", quantity("3", "", "轮")),
    ("３．２", quantity("3.2")),
    ("-5%", quantity("-0.05", "", "%")),
    ("1,234人", quantity("1234", "", "人")),
    ("2.6亿元", quantity("2.6", "", "亿元")),
    ("824.355万元", quantity("824.355", "", "万元")),
    ("75元", quantity("75", "", "元")),
    ("36个正科级单位", quantity("36", "", "个正科级单位")),
    ("120m²", quantity("120", "", "m²")),
    ("3年", quantity("3", "", "年")),
    ("12个月", quantity("12", "", "个月")),
    ("43.2", quantity("43.2")),
    ("3-5个", quantity("3", "", "个", "5")),
    ("3至5", quantity("3", "", "", "5")),
    ("90%~95%", quantity("0.9", "", "%", "0.95")),
    ("90—95%", quantity("0.9", "", "%", "0.95")),
    ("3～5个之间", quantity("3", "", "个", "5")),
]

DEADLINES = [
    ("2023年12月", Deadline(2023, 12, None)),
    ("2023.12", Deadline(2023, 12, None)),
    ("2023-12-31", Deadline(2023, 12, 31)),
    ("20231231", Deadline(2023, 12, 31)),
    ("2024.12.31", Deadline(2024, 12, 31)),
    ("2023年12月31日", Deadline(2023, 12, 31)),
    ("2023 年 12 月 31 日前", Deadline(2023, 12, 31, "<=")),
    ("≤12月31日", Deadline(None, 12, 31, "<=")),
    ("12月31日", Deadline(None, 12, 31)),
    ("12月底前", Deadline(None, 12, 31, "<=")),
    ("2023年2月底", Deadline(2023, 2, 28)),
    ("2月29日", Deadline(None, 2, 29)),
    ("6月中旬前完成", Deadline(None, 6, 20, "<=")),
    ("9月前", Deadline(None, 9, None, "<")),
    ("9月内", Deadline(None, 9, None, "<=")),
    ("7月", Deadline(None, 7, None)),
    ("年底前完成", Deadline(None, 12, 31, "<=")),
    ("2023年底", Deadline(2023, 12, 31)),
    ("当年年底前", Deadline(None, 12, 31, "<=")),
    ("于2023年10月完成", Deadline(2023, 10, None)),
    ("不晚于11月", Deadline(None, 11, None, "<=")),
    ("不迟于年底", Deadline(None, 12, 31, "<=")),
]

WORDS = [
    "全覆盖",
    "全覆盖率100%",
    "进一步推进",
    "达成预期指标",
    "达标",
    "定性|优良中低差",
    "定性 | 好坏",
    "严格执行相关制度规定",
    "指标1",
    "指标1:",
    "年度资金支付完成率100%",
    "(≥**人)",
    "巡察完36个正科级单位。",
    "完成",
    "无上访",
    "优",
    "……",
    "约90",
    "100人左右",
    "600余人次",
    "5次未完成",
    "12月底前未完成",
    "12月资金支付",
    "5月初",
    "5日前",
    "2-3月",
    "100%完成",
    "≥98%≤100%",
    "2天以内办结",
    "1.完成巡察",
    "1、2、3月",
    "第4轮",
    "2023年",
    "2023年度",
    "2020-2025年",
    "1-12月",
    "5-1",
    "1/2",
    "10²",
    "1e5",
    "≥良好",
    "3轮，每轮6组",
    "2轮常规巡察及专项巡察。",
]

MALFORMED = [
    ("79.98852.24", unreadable("separators", "79.9885224")),
    ("3,20.6,71591", unreadable("separators", "320.671591")),
    ("≤3,20.6,71591万元", unreadable("separators", "320.671591")),
    ("99.99.999%", unreadable("separators", "0.9999999")),
    ("12,34个", unreadable("separators")),
    ("1 234人", unreadable("separators", "1234")),
    ("≥**人", unreadable("not_a_number")),
    ("≥", unreadable("not_a_number")),
    ("≥5个以内", unreadable("sign")),
    ("2月30日", unreadable("date")),
    ("13月", unreadable("date")),
    ("2023.2.30", unreadable("date")),
    ("#REF!", unreadable("error_value")),
    ("1234567890123456元", unreadable("too_many_digits")),
]


@pytest.mark.parametrize(("text", "meaning"), [*QUANTITIES, *DEADLINES, *MALFORMED])
def test_a_target_means_a_quantity_a_deadline_or_a_finding(text: str, meaning: object) -> None:
    assert read_quantity(text) == meaning


@pytest.mark.parametrize("text", WORDS)
def test_a_text_that_is_not_as_a_whole_a_quantity_stays_text(text: str) -> None:
    assert read_quantity(text) == fold(text)


ATTAINMENTS = [
    # target, actual, ratio, met; the seeds and published tables first
    ("100%", "90%", "0.9", True, False),
    ("3组", "10组", "3.3333", True, True),
    ("7次", "9次", "1.2857", True, True),
    ("824.355万元", "607.495万元", "0.7369", True, False),
    ("98%", "100%", "1.0204", True, True),
    ("1", "　1", "1", True, True),
    ("≤0", "≤0", "1", True, True),
    ("高于95%", "高于95%", "1", True, True),
    ("≥95%", "≥95%", "1", True, True),
    ("≥50个", "50", "1", True, True),
    ("=8个", "8", "1", True, True),
    ("=8个", "10个", "1.25", True, True),
    ("=8个", "6个", "0.75", True, False),
    (">=4754人", "4604人", "0.9684", True, False),
    ("<=5300元/户", "5830元/户", "0.9091", True, False),
    ("≤202.6万元", "132.9", "1.5245", True, True),
    ("1100万元", "1093万元", "0.9936", True, False),
    ("50", "60个", "1.2", True, True),
    # strict signs, zero, negative and beyond
    ("小于5次", "5次", "1", True, False),
    ("小于5次", "4次", "1.25", True, True),
    ("小于5次", "小于5次", "1", True, True),
    ("高于95%", "95%", "1", True, False),
    ("≤5次", "0次", "1", True, True),
    ("0起", "0起", "1", True, True),
    ("0起", "0", "1", True, True),
    ("0起", "3起", None, True, False),
    ("≤0", "-5", "1", True, True),
    ("≤0", "5%", None, True, False),
    ("≥0", "5", None, True, True),
    ("＜0", "0", "1", True, False),
    ("≥5%", "-2%", "0", True, False),
    ("-5%", "-5%", "1", True, True),
    ("≥-5%", "-3%", None, True, True),
    # money in different units; a bare actual value takes the target's unit
    ("2.6亿元", "26000万元", "1", True, True),
    ("≤150万元", "1600000元", "0.9375", True, False),
    ("150万元", "150万", "1", True, True),
    ("5万人", "40000人", "0.8", True, False),
    # a bare number beside a percentage
    ("≥95%", "96", "1.0105", True, True),
    ("≥95%", "0.96", "1.0105", True, True),
    ("≤5%", "3", "1.6667", True, True),
    ("1", "90%", "0.9", True, False),
    ("≥95%", "0", "0", True, False),
    # ranges
    ("3-5个", "4个", "1", True, True),
    ("3-5个", "2个", "0.6667", True, False),
    ("90%~95%", "100%", "0.95", True, False),
    ("3-5个", "3-5个", "1", True, True),
    # dates
    ("2023年12月", "2023年10月", "1", True, True),
    ("2023年12月", "2024年1月", None, True, False),
    ("2023年12月", "10月", "1", True, True),
    ("9月前", "7月", "1", True, True),
    ("9月前", "10月", None, True, False),
    ("9月前", "9月前", "1", True, True),
    ("8月底前", "9月前", "1", True, True),
    ("年底前完成", "年底前完成", "1", True, True),
    ("年底前完成", "12月20日", "1", True, True),
    # not comparable
    ("268.7万元", "100%", None, False, False),
    ("年底前完成", "100%", None, False, False),
    ("巡察完36个正科级单位。", "100%", None, False, False),
    ("全覆盖", "全覆盖率100%", None, False, False),
    ("≥50个", "60人", None, False, False),
    ("79.98852.24", "80", None, False, False),
    ("≥95%", "5", None, False, False),
    ("≤5%", "0.3", None, False, False),
    ("0%", "0.5", None, False, False),
    ("50000", "5万人", None, False, False),
    ("≥95%", "≤96%", None, False, False),
    ("≤5个", "≥4个", None, False, False),
    ("3-5个", "≥4个", None, False, False),
    ("≥5个", "3-5个", None, False, False),
    ("-5%", "-3%", None, False, False),
    ("9月前", "9月", None, False, False),
    ("9月", "9月前", "1", True, True),
    ("9月15日前", "9月", None, False, False),
    ("9月", "12月底前", None, False, False),
    ("年底前完成", "2023年12月20日", None, False, False),
    ("≥9月", "10月", None, False, False),
]


@pytest.mark.parametrize(("target", "actual", "ratio", "comparable", "met"), ATTAINMENTS)
def test_an_actual_value_is_measured_by_the_direction_of_its_target(
    target: str, actual: str, ratio: str | None, comparable: bool, met: bool
) -> None:
    found = attain(read_quantity(target), read_quantity(actual))
    if not comparable:
        assert found is None
        return
    assert found is not None
    assert found.met is met
    assert (None if found.ratio is None else round(found.ratio, 4)) == (
        None if ratio is None else number(ratio)
    )


IN_A_YEAR = [
    ("年底前完成", "2023年12月20日", True),
    ("年底前完成", "2024年1月15日", False),
    ("12月底前", "11月", True),
    ("2月底前", "2023年2月28日", True),
]


@pytest.mark.parametrize(("target", "actual", "met"), IN_A_YEAR)
def test_the_year_of_the_form_completes_dates_without_one(target: str, actual: str, met: bool) -> None:
    found = attain(read_quantity(target), read_quantity(actual), year=2023)
    assert found == Attainment(number("1") if met else None, met)


ALIKE = [
    ("79.98852.24", "79.988524", True),
    ("3,21.0,13328", "321.013328", True),
    ("3,20.6,71591", "320.671591", True),
    ("3,20.6,71591", "320.671590", True),
    ("3,20.6,71591", "0.0320671591", True),
    ("3,20.6,71591", "320.671951", False),
    ("79.98852.24", "80", False),
    ("1.2.3.4", "1.234", False),
    ("1.2.3.45", "1.2345", True),
    ("１２３．４５．６", "123.456", True),
    ("12345.6.7", "12345", False),
    ("无", "12345", False),
]


@pytest.mark.parametrize(("text", "value", "alike"), ALIKE)
def test_a_malformed_amount_resembles_a_number_one_slip_away(text: str, value: str, alike: bool) -> None:
    assert amounts_alike(text, number(value)) is alike


PIECES = st.lists(
    st.one_of(
        st.sampled_from("0123456789０９.,．，。· \u3000-+%％‰()（）≥≤<>=＝¥/~至万亿元个年月日底前内#!E"),
        st.sampled_from(["不少于", "以上", "以内", "2023", "百分比", "不超过", "12月", "控制在", "3,20.6"]),
        st.characters(),
    ),
    max_size=12,
).map("".join)


@given(text=PIECES, unit=st.sampled_from(["", "万元", "元", "分", "%", "人"]))
def test_no_text_makes_the_readers_raise(text: str, unit: str) -> None:
    assume(not is_blank(text))
    read_number(text, unit)
    read_quantity(text)


@given(target=PIECES, actual=PIECES, year=st.none() | st.integers(1900, 2099))
@example(target="2000.02", actual="2月29日", year=2023)
def test_no_pair_of_texts_makes_the_comparison_raise(target: str, actual: str, year: int | None) -> None:
    assume(not is_blank(target) and not is_blank(actual))
    attain(read_quantity(target), read_quantity(actual), year)


MEASURES = st.builds(
    lambda sign, value, unit: f"{sign}{value}{unit}",
    st.sampled_from(["", "≥", "≤", "<", ">", "=", "不超过", "3-"]),
    st.decimals(-1000, 1000, places=2),
    st.sampled_from(["", "%", "个", "万元", "元", "以上", "个以内"]),
)


@given(target=MEASURES, actual=MEASURES)
def test_a_ratio_of_one_or_more_and_a_met_target_go_together_except_at_equality(
    target: str, actual: str
) -> None:
    found = attain(read_quantity(target), read_quantity(actual))
    if found is not None and found.ratio is not None:
        assert found.ratio >= 0
        assert found.met is (found.ratio >= 1) or found.ratio == 1


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=5))
def test_a_number_printed_plainly_reads_back(value: Decimal) -> None:
    assert read_number(plain(value)) == (value, "")
    assert read_quantity(f"≥{plain(value)}个") == Quantity(value, ">=", "个")


@given(st.integers(1000, 10**14))
def test_thousands_in_right_groups_read_back(value: int) -> None:
    assert read_number(f"{value:,}") == (value, "thousands")


@given(st.text() | PIECES)
@example("\u3000＝ ")
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    "piece", ["1", "1,", "1 ", "1-", "-", "≥", "¥", "(", "1月", "以内", "　1", "不超过", "~"]
)
def test_a_hostile_text_is_judged_at_once(piece: str) -> None:
    text = "5" + piece * (32767 // len(piece)) + "x"
    started = time.perf_counter()
    for sample in (text, text[1:]):
        read_number(sample)
        read_quantity(sample)
    assert time.perf_counter() - started < 1
