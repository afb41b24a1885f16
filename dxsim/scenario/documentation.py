"""The registry in words: what `dxsim parameters` prints, and the table of the model's documentation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dxsim.errors import InputError, Problem, say
from dxsim.scenario.registry import GROUPS, REGISTRY, ROLES, STATUSES, Parameter, unknown
from dxsim.scenario.usage import MODEL, parameters_read, readers

HEADINGS = {
    "en": ("Parameter", "Symbol", "Meaning", "Unit", "Default", "Bounds", "Range varied", "Role", "Status", "Source"),
    "ja": ("パラメータ", "記号", "意味", "単位", "既定値", "許容範囲", "感度分析の範囲", "役割", "根拠", "出典"),
}
READ_IN = {"en": "Read in", "ja": "使用箇所"}


def parameter_table(language: str) -> str:
    """Return all parameters as Markdown, one table for each group.

    Parameters
    ----------
    language : str
        ``en`` or ``ja``, for headings and meanings.
    """
    parts = []
    for group in GROUPS:
        rows = [_row(parameter, language) for parameter in REGISTRY.values() if parameter.group == group]
        parts.append(f"## {group}\n\n{_table(HEADINGS[language], rows)}")
    return "\n\n".join(parts) + "\n"


def table_of_reads(module: str) -> str:
    """Return the parameters that a file of the model reads as a table in Markdown; nothing if it reads none."""
    rows = [
        (symbol, f"`{parameter.key}`", *cells, status, source)
        for parameter in parameters_read(module)
        for _, symbol, *cells, _, status, source in [_row(parameter, "en")]
    ]
    name, symbol, *others, _, status, source = HEADINGS["en"]
    return _table((symbol, name, *others, status, source), rows) if rows else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows))


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
    """Return one parameter in a few lines: meaning, default, bounds, range, role, status, source, and where it is read.

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
    cells[READ_IN[language]] = ", ".join(f"{MODEL.parent.name}/{MODEL.name}/{file}.py" for file in readers(parameter))
    head = f"{name}: {parameter.label[language]} ({parameter.symbol})"
    return "\n".join([head, *(f"  {heading}: {cell}" for heading, cell in cells.items() if cell)])
