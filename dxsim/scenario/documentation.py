"""The registry in words: what `dxsim parameters` prints, and the table of the model's documentation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dxsim.errors import InputError, Problem
from dxsim.language import current_language, say, spoken
from dxsim.scenario.registry import GROUPS, REGISTRY, ROLES, STATUSES, Parameter, unknown
from dxsim.scenario.usage import MODEL, parameters_read, readers


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
        rows = [_row(parameter) for parameter in REGISTRY.values() if parameter.group == group]
        parts.append(f"## {group}\n\n{_table(headings(), rows)}")
    return "\n\n".join(parts) + "\n"


def table_of_reads(module: str) -> str:
    """Return the parameters that a file of the model reads as a table in Markdown; nothing if it reads none."""
    rows = [
        (symbol, f"`{parameter.key}`", *cells, status, source)
        for parameter in parameters_read(module)
        for _, symbol, *cells, _, status, source in [_row(parameter)]
    ]
    name, symbol, *others, _, status, source = headings()
    return _table((symbol, name, *others, status, source), rows) if rows else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows))


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
    """Return one parameter in a few lines: meaning, default, bounds, range, role, status, source, and where it is read.

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
    cells[say("Read in")] = ", ".join(f"{MODEL.parent.name}/{MODEL.name}/{file}.py" for file in readers(parameter))
    head = f"{name}: {spoken(parameter.label)} ({parameter.symbol})"
    return "\n".join([head, *(f"  {heading}: {cell}" for heading, cell in cells.items() if cell)])
