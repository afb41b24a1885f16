"""Municipalities: their types, their codes, and the prefectures in which they lie."""

from __future__ import annotations

from collections.abc import Mapping

TYPES: Mapping[str, tuple[str, str]] = {
    "designated_city": ("designated city", "政令指定都市"),
    "core_city": ("core city", "中核市"),
    "special_case_city": ("special-case city", "施行時特例市"),
    "special_ward": ("special ward", "特別区"),
    "other_city": ("other city", "その他の市"),
    "town": ("town", "町"),
    "village": ("village", "村"),
}
"""Type of a municipality -> its English and Japanese label, in the order that every table and array uses."""

ALL = "all"
TYPES_AND_ALL = (*TYPES, ALL)

PREFECTURES = 47  # numbered from 1
CODE_DIGITS = 5  # of a municipality
PREFECTURE_DIGITS = 2  # the first ones of the code of a municipality
