"""The registry in words: what `dxsim parameters` prints, and the table of the model's documentation."""

from __future__ import annotations

from dxsim.errors import InputError, Problem, say
from dxsim.language import current_language, spoken
from dxsim.scenario.registry import GROUPS, REGISTRY, ROLES, STATUSES, Parameter, unknown


def headings() -> tuple[str, ...]:
    """Return what the columns of the table of parameters are called."""
    return (
        *(say("Parameter"), say("Symbol"), say("Meaning"), say("Unit"), say("Default"), say("Bounds")),
        *(say("Range varied"), say("Role"), say("Status"), say("Source")),
    )


def parameter_table() -> str:
    """Return all parameters as Markdown, one table for each group."""
    parts = []
    for group in GROUPS:
        rows = [headings(), ("---",) * len(headings())]
        rows += [_row(parameter) for parameter in REGISTRY.values() if parameter.group == group]
        parts.append("\n".join([f"## {group}", "", *(f"| {' | '.join(row)} |" for row in rows)]))
    return "\n\n".join(parts) + "\n"


def _row(parameter: Parameter) -> tuple[str, ...]:
    cells = (
        parameter.name,
        parameter.symbol,
        spoken(parameter.label),
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


def describe(name: str) -> str:
    """Return one parameter in a few lines: meaning, default, bounds, range, role, status and source.

    Raises
    ------
    InputError
        If there is no parameter of this full name; with the nearest one.
    """
    if name not in REGISTRY:
        raise InputError(say("parameters"), [Problem(name, unknown(name))])
    parameter = REGISTRY[name]
    cells = dict(zip(headings()[3:], _row(parameter)[3:], strict=True))
    role, status = headings()[7:9]
    if current_language() == "en":
        cells[role] += f" ({ROLES[parameter.role]})"
        cells[status] += f" ({STATUSES[parameter.status]})"
    head = f"{name}: {spoken(parameter.label)}" + (f" ({parameter.symbol})" if parameter.symbol else "")
    return "\n".join([head, *(f"  {heading}: {cell}" for heading, cell in cells.items() if cell)])
