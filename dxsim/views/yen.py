"""How sums of money are written: in billions of yen in English, in 億円 and 兆円 in Japanese, as the state does."""

from __future__ import annotations

from dxsim.language import current_language, spoken
from dxsim.views.labels import labels

UNITS = {"en": 1e9, "ja": 1e8}  # yen
_PER_LARGE = 10_000  # 億 of a 兆
_SMALL = 10  # 億円: sums under it have a decimal


def yen_text(yen: float) -> str:
    """Return a sum of money with its unit.

    Parameters
    ----------
    yen : float
        The sum.

    Examples
    --------
    >>> yen_text(1_234_567_890_123)
    '1,234.6 billion yen'
    >>> from dxsim.language import in_language
    >>> with in_language("ja"):
    ...     [yen_text(yen) for yen in (1_234_567_890_123, -841_340_000_000, 260_000_000, 2e12)]
    ['1兆2,346億円', '-8,413億円', '2.6億円', '2兆円']
    """
    text, amount = labels(), yen / spoken(UNITS)
    if current_language() == "en":
        return text["yen_text"].format(amount=f"{amount:,.1f}")
    if abs(amount) < _SMALL:
        return text["yen_text"].format(amount=f"{amount:.1f}")
    large, rest = divmod(round(abs(amount)), _PER_LARGE)
    sign = "-" if amount < 0 else ""
    if not large:
        return text["yen_text"].format(amount=f"{sign}{rest:,}")
    return f"{sign}{large:,}兆" + (text["yen_text"].format(amount=f"{rest:,}") if rest else "円")


def yen_scale(largest: float) -> tuple[float, str]:
    """Return the unit for sums up to `largest` yen, as what to divide by and in words."""
    is_large = current_language() == "ja" and largest >= spoken(UNITS) * _PER_LARGE
    unit = spoken(UNITS) * (_PER_LARGE if is_large else 1)
    return unit, labels()["unit_yen_large" if is_large else "unit_yen_many"]
