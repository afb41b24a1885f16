"""The folder of a search: what every candidate came to, one file a generation, written whole or not at all.

::

    manifest.json              what is searched, with which code and nation; when it was done
    search.yaml                the search, as a file that can be run again
    generations/NNNN.parquet   candidates that are new in a generation: levers and objectives, run by run
    candidates.csv, front.csv, search.md, search.png      when all is done

Generation 0 is the scenario itself. What can't be read is done again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from dxsim.errors import InputError, Problem
from dxsim.files import write_text, write_whole
from dxsim.language import say
from dxsim.sweep.study_file import study_text

if TYPE_CHECKING:
    from dxsim.scenario.registry import Value

Floats = npt.NDArray[np.float64]

MANIFEST, QUESTION, GENERATIONS = "manifest.json", "search.yaml", "generations"
KEYS = ("candidate", "point", "seed")
IDENTITY = "identity"  # of the manifest: what may not change while a search goes on


class Record:
    """The generations that a folder holds.

    Parameters
    ----------
    folder : Path
        Of the search.
    levers, objectives : sequence of str
        Full names; columns of the tables.
    points : int
        Of the uncertain parameters.
    seeds : sequence of int
        Of every candidate.
    """

    def __init__(
        self, folder: Path, levers: Sequence[str], objectives: Sequence[str], points: int, seeds: Sequence[int]
    ) -> None:
        self.folder, self._levers, self._objectives = folder, list(levers), list(objectives)
        self._points, self._seeds = points, seeds

    def open(self, identity: Mapping[str, Any], told: Mapping[str, Any]) -> None:
        """Begin the folder, or go on with it.

        Raises
        ------
        InputError
            If another search, or something else, is in the folder, or the code has changed since it began.
        """
        subject = say("search folder '{folder}'", folder=self.folder)
        path = self.folder / MANIFEST
        if not path.exists():
            if self.folder.is_dir() and any(file.name != ".lock" for file in self.folder.iterdir()):
                raise InputError(subject, [Problem("", say("holds something else; choose another folder"))])
            self.write_manifest({IDENTITY: identity})
        try:
            before = json.loads(path.read_text(encoding="utf-8"))[IDENTITY]
        except (ValueError, KeyError, TypeError):
            raise InputError(subject, [Problem("", say("holds something else; choose another folder"))]) from None
        parts = {
            "search": say("another search began here; choose another folder"),
            "nation": say("it began with another nation"),
            "code": say("the code changed since this search began; restore that version or choose another folder"),
        }
        problems = [Problem("", what) for part, what in parts.items() if before.get(part) != identity[part]]
        if problems:
            raise InputError(subject, problems)
        write_text(self.folder / QUESTION, study_text(told))

    def write_manifest(self, manifest: Mapping[str, Any]) -> None:
        """Write what is known of the search."""
        write_text(self.folder / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=2) + "\n")

    def read(self, number: int, candidates: Sequence[Sequence[Value]]) -> Floats | None:
        """Return what the new `candidates` of a generation came to, (candidates, points, seeds, objectives).

        None if it isn't kept.

        Raises
        ------
        InputError
            If the candidates that are kept are others: another version of Optuna asks for other ones.
        """
        try:
            table = pd.read_parquet(self._path(number))
            kept = table[self._levers].iloc[:: self._points * len(self._seeds)].to_numpy(object).tolist()
            shape = (len(candidates), self._points, len(self._seeds), len(self._objectives))
            values = table[self._objectives].to_numpy(np.float64)
            values = values.reshape(shape) if len(kept) == len(candidates) else values
        except (OSError, pa.ArrowException, KeyError, ValueError):
            return None
        if kept != [list(values) for values in candidates]:
            what = say(
                "other candidates were tried in generation {number}: by another version of Optuna?", number=number
            )
            raise InputError(say("search folder '{folder}'", folder=self.folder), [Problem("", what)])
        return np.asarray(values)

    def write(self, number: int, first: int, candidates: Sequence[Sequence[Value]], values: Floats) -> None:
        """Keep a generation; its candidates are numbered from `first` on."""
        places = range(first, first + len(candidates))
        rows = pd.MultiIndex.from_product([places, range(self._points), self._seeds], names=KEYS).to_frame(index=False)
        each = self._points * len(self._seeds)
        for place, lever in enumerate(self._levers):
            rows[lever] = [candidate[place] for candidate in candidates for _ in range(each)]
        rows[self._objectives] = values.reshape(len(rows), -1)
        write_whole(self._path(number), partial(rows.to_parquet, index=False, compression="zstd"))

    def _path(self, number: int) -> Path:
        return self.folder / GENERATIONS / f"{number:04d}.parquet"
