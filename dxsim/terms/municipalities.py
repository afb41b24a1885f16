"""Municipalities: their types, their codes, and the prefectures in which they lie."""

from __future__ import annotations

import re
from collections.abc import Mapping

TYPES: Mapping[str, tuple[str, str]] = {
    "designated_city": ("designated city", "政令指定都市"),
    "core_city": ("core city", "中核市"),
    "special_case_city": ("special-case city", "施行時特例市"),
    "special_ward": ("special ward", "特別区"),
    "other_city": ("other city", "一般市"),
    "town": ("town", "町"),
    "village": ("village", "村"),
}
"""Type of a municipality -> its English and Japanese label, in the order that every table and array uses."""

ALL = "all"
TYPES_AND_ALL = (*TYPES, ALL)

PREFECTURE_NAMES_JA = (
    *("北海道", "青森県", "岩手県", "宮城県", "秋田県", "山形県", "福島県", "茨城県", "栃木県", "群馬県"),
    *("埼玉県", "千葉県", "東京都", "神奈川県", "新潟県", "富山県", "石川県", "福井県", "山梨県", "長野県"),
    *("岐阜県", "静岡県", "愛知県", "三重県", "滋賀県", "京都府", "大阪府", "兵庫県", "奈良県", "和歌山県"),
    *("鳥取県", "島根県", "岡山県", "広島県", "山口県", "徳島県", "香川県", "愛媛県", "高知県", "福岡県"),
    *("佐賀県", "長崎県", "熊本県", "大分県", "宮崎県", "鹿児島県", "沖縄県"),
)
PREFECTURES = len(PREFECTURE_NAMES_JA)  # numbered from 1
CODE_DIGITS = 5  # of a municipality
PREFECTURE_DIGITS = 2  # the first ones of the code of a municipality
CHECKED_DIGITS = CODE_DIGITS + 1  # of a code with its check digit
_WEIGHTS = (6, 5, 4, 3, 2)


def check_digit(code: str) -> str:
    """Return the digit that lists of the Ministry of Internal Affairs add to a municipality's code of five digits.

    Examples
    --------
    >>> check_digit("13101"), check_digit("01202")
    ('6', '5')
    """
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, code, strict=True))
    return str((11 - total % 11) % 10)


def is_checked(code: str) -> bool:
    """Return whether a code has six digits, of which the last is the right check digit."""
    return bool(re.fullmatch("[0-9]{6}", code)) and check_digit(code[:CODE_DIGITS]) == code[-1]


def five_digits(code: str) -> str:
    """Return a single code in its five digits: without its check digit, with the zero that a spreadsheet dropped.

    What is no such code is returned as it is. `dxsim.nation.codes` reads whole lists, which tell more.

    Examples
    --------
    >>> five_digits("012025"), five_digits("1202"), five_digits("01202"), five_digits("012024")
    ('01202', '01202', '01202', '012024')
    """
    if is_checked(code):
        return code[:CODE_DIGITS]
    return code.zfill(CODE_DIGITS) if re.fullmatch("[0-9]{4}", code) else code
