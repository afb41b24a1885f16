"""``dxsim parameters``: the registry, as a list or one by one."""

from __future__ import annotations

from dxsim.cli.terminal import tell
from dxsim.errors import InputError, Problem, nearest
from dxsim.language import say, spoken
from dxsim.scenario.documentation import describe
from dxsim.scenario.registry import GROUPS, REGISTRY, nearest_parameter
from dxsim.views.text import columns

_WIDTH = 120  # columns of a terminal


def print_parameters(name: str | None) -> None:
    """Print all parameters or those of a group with their bounds, or one parameter in full.

    Parameters
    ----------
    name : str or None
        A group, a parameter's full or short name, or None for all.

    Raises
    ------
    InputError
        If there is nothing of this name.
    """
    short = {parameter.name: key for key, parameter in REGISTRY.items()}
    if name is None or name in GROUPS:
        tell(_table(name))
    elif name in REGISTRY or name in short:
        tell(describe(short.get(name, name)))
    else:
        group, parameter = nearest(name, GROUPS), nearest_parameter(name, tuple(REGISTRY))
        hint = parameter or group if "." in name else group or parameter
        what = say("neither a parameter nor a group ({groups}){hint}", groups=", ".join(GROUPS), hint=hint)
        raise InputError(say("parameters"), [Problem(name, what)])


def _table(group: str | None) -> str:
    """Return two lines for each parameter: name, default and bounds; then what it means. Long bounds have a third."""
    shown = [parameter for parameter in REGISTRY.values() if group in (None, parameter.group)]
    rows = columns([[parameter.key, str(parameter.default)] for parameter in shown], right=[1]).splitlines()
    lines = []
    for row, parameter in zip(rows, shown, strict=True):
        fits = len(row) + 2 + len(parameter.bounds) <= _WIDTH
        lines += [f"{row}  {parameter.bounds}" if fits else row, f"    {spoken(parameter.label)}"]
        lines += [] if fits else [f"    {parameter.bounds}"]
    return "\n".join(lines)
