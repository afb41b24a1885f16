"""The registry in words: what `dxsim parameters` prints, and the table of the model's documentation."""

from __future__ import annotations

from dxsim.errors import InputError, Problem, say
from dxsim.scenario.registry import GROUPS, REGISTRY, ROLES, STATUSES, Parameter, unknown

HEADINGS = {
    "en": ("Parameter", "Symbol", "Meaning", "Unit", "Default", "Bounds", "Range varied", "Role", "Status", "Source"),
    "ja": ("パラメータ", "記号", "意味", "単位", "既定値", "許容範囲", "感度分析の範囲", "役割", "根拠", "出典"),
}


def parameter_table(language: str) -> str:
    """Return all parameters as Markdown, one table for each group.

    Parameters
    ----------
    language : str
        ``en`` or ``ja``, for headings and meanings.
    """
    parts = []
    for group in GROUPS:
        rows = [HEADINGS[language], ("---",) * len(HEADINGS[language])]
        rows += [_row(parameter, language) for parameter in REGISTRY.values() if parameter.group == group]
        parts.append("\n".join([f"## {group}", "", *(f"| {' | '.join(row)} |" for row in rows)]))
    return "\n\n".join(parts) + "\n"


def _row(parameter: Parameter, language: str) -> tuple[str, ...]:
    cells = (
        parameter.name,
        parameter.symbol,
        parameter.label[language],
        parameter.unit,
        str(parameter.default),
        ", ".join(parameter.choices) if parameter.choices else _span(parameter.minimum, parameter.maximum),
        _span(parameter.low, parameter.high),
        parameter.role,
        parameter.status,
        parameter.source,
    )
    return tuple(cell.replace("|", "\\|") for cell in cells)


def _span(low: object, high: object) -> str:
    return "" if low is None else f"{low} – {high}"


def describe(name: str, language: str = "en") -> str:
    """Return one parameter in a few lines: meaning, default, bounds, range, role, status and source.

    Raises
    ------
    InputError
        If there is no parameter of this full name; with the nearest one.
    """
    if name not in REGISTRY:
        raise InputError(say("parameters"), [Problem(name, unknown(name))])
    parameter = REGISTRY[name]
    cells = dict(zip(HEADINGS[language][3:], _row(parameter, language)[3:], strict=True))
    role, status = HEADINGS[language][7:9]
    if language == "en":
        cells[role] += f" ({ROLES[parameter.role]})"
        cells[status] += f" ({STATUSES[parameter.status]})"
    head = f"{name}: {parameter.label[language]}" + (f" ({parameter.symbol})" if parameter.symbol else "")
    return "\n".join([head, *(f"  {heading}: {cell}" for heading, cell in cells.items() if cell)])
