"""Studies in files: YAML to `Study` and back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from dxsim.errors import InputError, Problem, nearest
from dxsim.files import shipped
from dxsim.language import say
from dxsim.scenario.entries import read_entry
from dxsim.scenario.plain_yaml import Document, read_yaml
from dxsim.scenario.scenario import is_path
from dxsim.sweep.study import Study

_WORD = re.compile(r"[A-Za-z_][\w./-]*")  # can't be taken for a number, in YAML 1.1 or 1.2


def study_names() -> tuple[str, ...]:
    """Return the names of the shipped studies."""
    return tuple(sorted(path.stem for path in (shipped("configs") / "sweep").glob("*.yaml")))


def read_study(name_or_path: str | Path) -> Study:
    """Read a study.

    Parameters
    ----------
    name_or_path : str or Path
        The name of a shipped study, or a path (it ends in ``.yaml`` or ``.yml`` or has a slash). Paths in the file are
        relative to it.

    Raises
    ------
    InputError
        With every problem, by line and key.

    Examples
    --------
    >>> read_study("cooperation_grant").scenarios
    ('baseline',)
    """
    return study_of(read_yaml(_locate(str(name_or_path))))


def study_of(document: Document) -> Study:
    """Return the study of a file that was read.

    Raises
    ------
    InputError
        With every problem, in the order of its lines.
    """
    study, problems = read_entry(Study, document, say("expected keys such as name, scenarios and levers"))
    if problems or study is None:
        by_line = sorted(problems, key=lambda problem: problem.line)
        raise InputError(say("study file {file}", file=document.path), by_line)
    return study


def _locate(name: str) -> Path:
    if is_path(name):
        return Path(name)
    known = study_names()
    if name not in known:
        what = say(
            "no study '{name}'{hint} (known: {known}; or a path such as ./mine.yaml)",
            name=name,
            hint=nearest(name, known),
            known=", ".join(known),
        )
        raise InputError(say("study '{name}'", name=name), [Problem("", what)])
    return shipped("configs") / "sweep" / f"{name}.yaml"


def study_text(told: Mapping[str, Any]) -> str:
    """Return what `Study.data` gave as the text of a file that `read_study` reads, defaults included."""
    given = {key: value for key, value in told.items() if value is not None and value not in ({}, [])}
    return yaml.dump(given, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)


class _Dumper(yaml.SafeDumper):
    """Writes texts that could be read as something else in quotes."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if _WORD.fullmatch(value) else '"')


_Dumper.add_representer(str, _text)
