"""Hydra's ``--multirun`` syntax as a study: a small grid on the command line, through the same engine as a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dxsim.errors import InputError, Problem
from dxsim.language import say
from dxsim.scenario.configuration import KEYS, read_choices
from dxsim.scenario.registry import REGISTRY
from dxsim.sweep.sample import Seeds
from dxsim.sweep.settings import read_settings
from dxsim.sweep.study import Study
from dxsim.terms.seeds import LARGEST_SEED

NAME = "multirun"
HOW = (
    "output",
    "threads",
    "batch",
    "execution",
    "address",
    "workers",
    "writer",
    "language",
)  # words of `read_settings`


def read_multirun(overrides: Iterable[str]) -> tuple[Study, list[str]]:
    """Return the study that a command line describes: every combination of its values, with all KPIs.

    Parameters
    ----------
    overrides : iterable of str
        As for a single run, with several values where wanted: ``policy.deadline=2026-03,2027-03``,
        ``scenario=baseline,capacity_programme``, ``seed=range(1,6)`` (consecutive); and how it is carried out:
        ``threads=2``.

    Returns
    -------
    Study
        What is run.
    list of str
        How, as `dxsim.sweep.settings.read_settings` takes it.

    Raises
    ------
    InputError
        With every problem.

    Examples
    --------
    >>> study, how = read_multirun(["policy.deadline=2026-03,2027-03", "seed=range(1,6)", "threads=2"])
    >>> study.levers, study.seeds.count, how
    ({'policy.deadline': ('2026-03', '2027-03')}, 5, ['threads=2'])
    """
    given_words = list(overrides)
    own = [word for word in given_words if word.partition("=")[0] in HOW and word.partition("=")[0] not in KEYS]
    choices, problems = read_choices(word for word in given_words if word not in own)
    if "figures" in choices:
        problems.append(Problem("figures", say("belongs to a single run; a sweep draws none")))
    how = [*own, *(f"{key}={_word(choices[key][0])}" for key in choices if key in HOW)]
    try:
        read_settings(how)
    except InputError as error:
        problems += error.problems
    given = {key: values for key, values in choices.items() if key in REGISTRY and values != [None]}
    parts: dict[str, Any] = {
        "scenarios": choices.get("scenario", ["baseline"]),
        "variants": choices.get("variant", ["default"]),
        "levers": {key: values for key, values in given.items() if len(values) > 1},
        "constants": {key: values[0] for key, values in given.items() if len(values) == 1},
        "outcomes": {"strata": []},
    }
    parts |= {key: choices[key][0] for key in ("nation", "vendor_table") if key in choices}
    try:
        parts["seeds"] = _seeds(choices)
    except ValueError as error:
        problems.append(Problem("seed", str(error)))
    try:
        study = Study(NAME, **parts)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(say("command line"), problems)
    return study, how


def _word(value: object) -> str:
    return "null" if value is None else str(value)


def _seeds(choices: Mapping[str, list[object]]) -> Seeds:
    seeds = choices.get("seed", [1])
    whole = [seed for seed in seeds if isinstance(seed, int) and not isinstance(seed, bool)]
    if len(whole) < len(seeds) or not all(0 <= seed <= LARGEST_SEED for seed in whole):
        raise ValueError(say("must be whole numbers from 0 to {largest}", largest=LARGEST_SEED))
    if sorted(whole) != list(range(min(whole), min(whole) + len(whole))):
        raise ValueError(say("must be consecutive, each once, for example seed=range(1,6)"))
    return Seeds(min(whole), len(whole))
