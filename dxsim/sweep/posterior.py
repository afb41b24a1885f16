"""Draws of parameters that a calibration left, in a table that a study names: one column for each parameter."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from dxsim.errors import InputError, Problem, at_line, nearest
from dxsim.files import shipped
from dxsim.language import say
from dxsim.scenario.registry import REGISTRY, Value, unknown
from dxsim.scenario.scenario import is_path

_FEWEST = 2


def posterior_names() -> tuple[str, ...]:
    """Return the names of the posteriors that ship."""
    return tuple(sorted(path.stem for path in (shipped("configs") / "posterior").glob("*.csv")))


def locate_posterior(name: str, folder: Path) -> str:
    """Return the path of a posterior, from here; `folder` is what a path is relative to."""
    return (folder / name if is_path(name) else shipped("configs") / "posterior" / f"{name}.csv").as_posix()


def read_posterior(name: str, size: int | None) -> tuple[dict[str, Value], ...]:
    """Return draws of a posterior.

    Parameters
    ----------
    name : str
        Of one that ships, or the path of a CSV file: full names of parameters, and a draw in each row.
    size : int or None
        How many, evenly spaced over the file; None: all.

    Raises
    ------
    InputError
        With everything that is wrong with the file, or if it has too few draws.
    """
    draws = _read(locate_posterior(name, Path()))
    if size is not None and size > len(draws):
        what = say("has {count} draws, {size} are wanted", count=len(draws), size=size)
        raise InputError(say("posterior '{name}'", name=name), [Problem("", what)])
    places = np.linspace(0, len(draws) - 1, size or len(draws)).round().astype(np.int64)
    return tuple(draws[place] for place in places)


@lru_cache(maxsize=8)
def _read(path: str) -> tuple[dict[str, Value], ...]:
    subject = say("posterior '{name}'", name=path)
    if not Path(path).is_file():
        name = Path(path).stem
        what = say("no such posterior{hint}", hint=nearest(name, posterior_names()))
        raise InputError(subject, [Problem("", what)])
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (ValueError, UnicodeDecodeError) as error:
        raise InputError(subject, [Problem("", say("is not a CSV file: {reason}", reason=error))]) from None
    problems = [Problem(str(key), unknown(str(key))) for key in table.columns if key not in REGISTRY]
    if len(table) < _FEWEST:
        problems.append(Problem("", say("needs a row for each draw, {count} or more", count=_FEWEST)))
    if problems:
        raise InputError(subject, problems)
    rows: list[dict[str, Value]] = []
    for line, row in enumerate(table.to_dict("records"), start=2):
        rows.append({})
        for key, text in row.items():
            try:
                rows[-1][str(key)] = REGISTRY[str(key)].read(_number(text))
            except ValueError as error:
                problems.append(Problem(at_line(Path(path).name, line), str(error)))
    if problems:
        raise InputError(subject, problems)
    return tuple(rows)


def _number(text: str) -> object:
    try:
        return float(text) if "." in text or "e" in text else int(text)
    except ValueError:
        return text
