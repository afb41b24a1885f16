"""``dxsim parameters``: the registry, as a list or one by one."""

from __future__ import annotations

from dxsim.cli.text import columns
from dxsim.errors import InputError, Problem, nearest, say
from dxsim.scenario.documentation import describe
from dxsim.scenario.registry import GROUPS, REGISTRY


def print_parameters(name: str | None, language: str) -> None:
    """Print all parameters or those of a group with their bounds, or one parameter in full.

    Parameters
    ----------
    name : str or None
        A group, a parameter's full or short name, or None for all.
    language : str
        "en" or "ja".

    Raises
    ------
    InputError
        If there is nothing of this name.
    """
    short = {parameter.name: key for key, parameter in REGISTRY.items()}
    if name is None or name in GROUPS:
        print(_table(name, language))
    elif name in REGISTRY or name in short:
        print(describe(short.get(name, name), language))
    else:
        hint = nearest(name, [*GROUPS, *short, *REGISTRY])
        what = say("neither a parameter nor a group ({groups}){hint}", groups=", ".join(GROUPS), hint=hint)
        raise InputError(say("parameters"), [Problem(name, what)])


def _table(group: str | None, language: str) -> str:
    """Return two lines for each parameter: name, default and bounds; then what it means."""
    shown = [parameter for parameter in REGISTRY.values() if group in (None, parameter.group)]
    rows = columns([[parameter.key, str(parameter.default), parameter.bounds] for parameter in shown], right=[1])
    pairs = zip(rows.splitlines(), shown, strict=True)
    return "\n".join(f"{row}\n    {parameter.label[language]}" for row, parameter in pairs)
