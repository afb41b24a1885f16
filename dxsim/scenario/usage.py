"""Where the model reads a parameter: found in the sources of ``dxsim/model``, not written down."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from dxsim.files import PACKAGE
from dxsim.scenario.registry import REGISTRY, Parameter

MODEL = PACKAGE / "model"
RECORDS = {"parameters", "p", "lever"}  # what the model calls the records of parameters and of a municipality's levers


@cache
def reads(path: Path) -> frozenset[tuple[int, str]]:
    """Return (line, name) of each field that a file reads from a record of parameters."""
    return frozenset(
        (node.lineno, node.attr)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and _is_record(node.value)
    )


def _is_record(node: ast.expr) -> bool:
    """Return whether an expression is a record of parameters, or ``run.levers[i]``."""
    if isinstance(node, ast.Subscript):
        return isinstance(node.value, ast.Attribute) and node.value.attr == "levers"
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name in RECORDS


def parameters_read(module: str) -> list[Parameter]:
    """Return the parameters that a file of the model reads, in the order of the registry.

    Examples
    --------
    >>> [parameter.key for parameter in parameters_read("beliefs")][-2:]
    ['policy.extension_threshold', 'belief.belief_learning']
    """
    names = {name for _, name in reads(MODEL / f"{module}.py")}
    return [parameter for parameter in REGISTRY.values() if parameter.name in names]


def readers(parameter: Parameter) -> list[str]:
    """Return the files of the model that read a parameter, in alphabetical order.

    Examples
    --------
    >>> readers(REGISTRY["policy.portability"])
    ['money', 'vendor_choice']
    """
    modules = sorted(path.stem for path in MODEL.glob("*.py"))
    return [module for module in modules if parameter in parameters_read(module)]
