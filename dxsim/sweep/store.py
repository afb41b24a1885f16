"""The folder of a sweep, to write to and to read from; `dxsim.sweep.layout` says what stands where.

A batch counts once its mark stands in ``runs``: parts are written whole, and their mark last. A process killed before
that leaves files without a mark; readers do not see them, and the next process removes them. Whoever reads holds files
against their checksums, and refuses what is damaged; whoever goes on puts it aside and does those runs again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from dxsim.errors import InputError, Problem, nearest
from dxsim.files import sha256, write_bytes, write_text
from dxsim.language import say
from dxsim.sweep.inspection import (
    PARTS,
    SWEEP,
    Batches,
    Memory,
    batch_name,
    faults_of_copies,
    faults_of_given,
    faults_of_made,
    look_around,
    look_at_batches,
    mark_name,
)
from dxsim.sweep.layout import (
    BEGUN,
    CRATE,
    FAILED,
    FILES,
    FINISHED,
    FORMAT,
    GIVEN,
    MANIFEST,
    MARK_SCHEMA,
    MARKS,
    PLAN,
    RECORDS,
    SUMMARY,
    TABLES,
    manifest_text,
    origin,
    read_manifest,
)
from dxsim.sweep.mending import damage, locked, no_manifest, put_aside

if TYPE_CHECKING:
    import pandas as pd

ORDER = {"kpis": [], "strata": ["stratum", "class"], "months": ["month", "type"], "municipalities": ["code"]}


class Batch(NamedTuple):
    """What a batch of runs left: one table for each of `TABLES` that is recorded, and a mark of `MARK_SCHEMA`."""

    tables: Mapping[str, pa.Table]
    mark: pa.Table


class SweepFolder:
    """A sweep's folder, to write to and to mend.

    Parameters
    ----------
    folder : str or Path
        See `create_folder` and `read_results`, which make one.
    manifest : mapping
        What stands in ``manifest.json``.
    """

    def __init__(self, folder: Path, manifest: Mapping[str, Any]) -> None:
        self.folder, self.manifest = folder, manifest
        self._memory = Memory()

    @property
    def origin(self) -> str:
        """By what the sweep is known in its marks and records."""
        return origin(self.manifest)

    @property
    def is_finished(self) -> bool:
        """Whether the summary was written and nothing was done since."""
        return self.manifest.get(FINISHED) is not None

    def write(self, batch: Batch) -> None:
        """Write a batch."""
        write_batch(self.folder, self.origin, batch)

    def batches(self, tables: Sequence[str] = TABLES) -> Batches:
        """Return which batches can be trusted, as far as records of these tables go; what was looked at is remembered.

        Parameters
        ----------
        tables : sequence of str
            None of them: marks only.
        """
        return look_at_batches(self.folder, self.manifest, self._memory, tables)

    def marks(self) -> list[Path]:
        """Return the marks of all batches, by name."""
        return [self.folder / name for name in self.batches(()).whole]

    def checksums(self) -> dict[str, str]:
        """Return the SHA-256 of every file of records that a mark vouches for, by path below the folder."""
        return {name: total for mark in self.batches(()).whole.values() for name, total in mark.parts.items()}

    def runs(self, tables: Sequence[str] = ()) -> pd.DataFrame:
        """Return what became of each run that was tried, its last attempt, sorted by run id.

        Parameters
        ----------
        tables : sequence of str
            Only runs whose records in these tables are as they were written; by default they are not looked at.
        """
        return _newest(self.batches(tables))

    def problems(self) -> list[Problem]:
        """Return every file that is damaged, missing or not of the sweep."""
        batches = self.batches()
        around = look_around(self.folder, self.manifest, batches)
        left = around.leftovers if self.is_finished else []  # else another process may be at work on them
        faults = {
            **faults_of_given(self.folder, self.manifest),
            **faults_of_copies(self.folder, self.manifest),
            **faults_of_made(self.folder, self.manifest),
            **batches.damaged,
            **around.strange,
            **{name: say("not a file of this sweep") for name in left},
        }
        return [Problem(name, what) for name, what in faults.items()]

    def mend(self) -> list[str]:
        """Put aside what is damaged or not of the sweep, and remove what a killed process left.

        The runs of damaged files are missing afterwards. Nobody else may write meanwhile: see `locked`.

        Returns
        -------
        list of str
            What was put aside.
        """
        batches = self.batches()
        around = look_around(self.folder, self.manifest, batches)
        if batches.damaged and self.is_finished:
            self._reopen(batches)
        places = (RECORDS, *(f"{RECORDS}/{table}" for table in TABLES), MARKS)
        wrong = [name for name in places if (self.folder / name).is_file()]
        wrong += [name for name in (SUMMARY, CRATE) if (self.folder / name).is_dir()]
        wrong += [*faults_of_made(self.folder, self.manifest), *around.strange]
        if batches.damaged:  # perhaps their mark is what is damaged
            wrong += [name for name in around.leftovers if not Path(name).name.startswith(".")]
        # Marks come last: should this process be killed, the next one still knows what they stood for.
        wrong += sorted({*batches.damaged, *batches.spoilt}, key=lambda name: name.startswith(MARKS))
        moved = [name for name in dict.fromkeys(wrong) if put_aside(self.folder, name)]
        for name in around.leftovers:
            (self.folder / name).unlink(missing_ok=True)
        return moved

    def reopen(self) -> None:
        """Say that the sweep is not finished any more, before something is done that its manifest does not name."""
        if self.is_finished:
            self._reopen(None)

    def _reopen(self, batches: Batches | None) -> None:
        lost: dict[str, int] = {}
        if batches is not None:  # with a retry lost, the attempt before it counts, which failed: it is to be done again
            runs = _newest(batches)
            runs = runs[(runs["status"] == FAILED) & ~runs["run"].isin(self.manifest["failed"])]
            lost = dict(zip(runs["run"].tolist(), runs["attempt"].tolist(), strict=True))
        self.write_manifest(**{FINISHED: None, FILES: {}, "lost": lost})

    def write_manifest(self, **changes: object) -> None:
        """Write the manifest anew with these keys changed."""
        self.manifest = {**self.manifest, **changes}
        write_text(self.folder / MANIFEST, manifest_text(self.manifest))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from writing here meanwhile; the lock of a killed process is no more.

        Raises
        ------
        InputError
            If another process is at work here.
        """
        with locked(self.folder):
            yield


class Results(SweepFolder):
    """What a sweep has found so far, as data frames that are read when they are asked for, sorted by run id."""

    @cached_property
    def plan(self) -> pd.DataFrame:
        """One row per planned run; see `dxsim.sweep.plan`."""
        import pandas as pd

        return pd.read_parquet(self.folder / PLAN)

    @cached_property
    def kpis(self) -> pd.DataFrame:
        """One row per finished run: ``run`` and a column for each KPI; see ``dictionary.csv``."""
        return self.read("kpis")

    @cached_property
    def strata(self) -> pd.DataFrame:
        """One row per finished run, stratum and class; empty if strata were not recorded."""
        return self.read("strata")

    @cached_property
    def months(self) -> pd.DataFrame:
        """One row per finished run, month and type; empty if months were not recorded."""
        return self.read("months")

    @cached_property
    def municipalities(self) -> pd.DataFrame:
        """One row per finished run and municipality; empty if municipalities were not recorded."""
        return self.read("municipalities")

    def read(self, table: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return a table of records, or some of its columns, sorted by run id and by what its rows stand for.

        Parameters
        ----------
        table : str
            One of `TABLES`.
        columns : sequence of str, optional
            Without ``run`` and the keys of the rows, which always come first; all by default.

        Raises
        ------
        InputError
            If there is no such column, or a file is damaged.
        """
        import pandas as pd

        from dxsim.terms.text import TEXT

        paths = self.parts(table)
        if not paths:
            return pd.DataFrame({"run": pd.Series(dtype=TEXT)})
        keys = ["run", *ORDER[table]]
        known = pq.read_schema(paths[0]).names
        problems = [
            Problem(name, say("no such column{hint}", hint=nearest(name, known)))
            for name in columns or ()
            if name not in known
        ]
        if problems:
            raise InputError(say("table '{table}'", table=table), problems)
        wanted = None if columns is None else [*keys, *(name for name in columns if name not in keys)]
        parts = [pq.read_table(path, columns=wanted) for path in paths]
        return sorted_frame(pa.concat_tables(parts), table)

    def parts(self, table: str) -> list[Path]:
        """Return the files of a table of records, all as they were written.

        Raises
        ------
        InputError
            If one of them, or a mark, is damaged: results without it would be those of fewer runs.
        """
        batches = self.batches([table])
        if batches.damaged:
            raise damage(self.folder, [Problem(name, what) for name, what in batches.damaged.items()])
        names = sorted(name for mark in batches.whole.values() for name in mark.parts if f"/{table}/" in name)
        return [self.folder / name for name in names]

    def tables(self) -> list[str]:
        """Return which of `TABLES` are recorded."""
        found = {name.split("/")[1] for name in self.checksums()}
        return [table for table in TABLES if table in found]


def write_batch(folder: Path, sweep: str, batch: Batch) -> None:
    """Write a batch into a sweep's folder: its records first, then its mark; `sweep` is by what it is known."""
    identifier = batch_name(batch.mark["run"].to_pylist(), batch.mark["attempt"][0].as_py())
    sums = {}
    for table, content in batch.tables.items():
        path = folder / RECORDS / table / f"{identifier}.parquet"
        told = {**(content.schema.metadata or {}), SWEEP: sweep.encode()}
        write_bytes(path, to_parquet(content.replace_schema_metadata(told)))
        sums[path.relative_to(folder).as_posix()] = sha256(path)
    metadata = {SWEEP: sweep.encode(), PARTS: json.dumps(sums, sort_keys=True).encode()}
    mark = to_parquet(batch.mark.replace_schema_metadata(metadata))
    write_bytes(folder / MARKS / mark_name(identifier, mark), mark)


def sorted_frame(records: pa.Table, table: str) -> pd.DataFrame:
    """Return records of one of `TABLES` as a data frame, sorted by run id and by what its rows stand for."""
    frame: pd.DataFrame = records.to_pandas()
    return frame.sort_values(["run", *ORDER[table]], kind="stable", ignore_index=True)


def same_bits(one: pd.Series, other: pd.Series) -> bool:
    """Return whether two columns are the same, floating-point numbers bit for bit."""
    if len(one) != len(other) or one.dtype != other.dtype:
        return False
    if one.dtype.kind == "f":
        return bool(one.to_numpy().tobytes() == other.to_numpy().tobytes())
    return bool(one.equals(other))


def create_folder(
    folder: Path, manifest: Mapping[str, Any], write_plan: Callable[[Path], object], texts: Mapping[str, str]
) -> Results:
    """Make the folder of a new sweep in one step.

    Parameters
    ----------
    folder : Path
        New or empty.
    manifest : mapping
        Plain data.
    write_plan : callable
        Given a path, writes the plan there.
    texts : mapping of str to str
        Further files by name.

    Raises
    ------
    InputError
        If something else stands there.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        what = say("it holds other things than a sweep; choose another with -o FOLDER")
        raise InputError(say("output folder '{folder}'", folder=folder), [Problem("", what)])
    folder.parent.mkdir(parents=True, exist_ok=True)
    making = folder.with_name(f".{folder.name}-new")
    shutil.rmtree(making, ignore_errors=True)  # of a process that was killed meanwhile
    try:
        for place in (RECORDS, MARKS):
            (making / place).mkdir(parents=True)
        write_plan(making / PLAN)
        for name, text in texts.items():
            write_text(making / name, text)
        given = {name: sha256(making / name) for name in (PLAN, *texts)}
        content = {**manifest, "format": FORMAT, GIVEN: given, FINISHED: None, FILES: {}, "failed": [], "lost": {}}
        write_text(making / MANIFEST, manifest_text(content))
        (making / BEGUN).mkdir()
        for name in (MANIFEST, *given):
            shutil.copyfile(making / name, making / BEGUN / name)
        making.replace(folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return read_results(folder)


def read_results(folder: str | Path) -> Results:
    """Return the results of the sweep in `folder`, finished or not.

    Raises
    ------
    InputError
        If there is no sweep, it is of another format, or what it began with is damaged.
    """
    folder = Path(folder)
    manifest = read_manifest(folder / MANIFEST)
    if manifest is None:
        raise no_manifest(folder)
    if faults := faults_of_given(folder, manifest):
        raise damage(folder, [Problem(name, what) for name, what in faults.items()])
    return Results(folder, manifest)


def to_parquet(table: pa.Table) -> pa.Buffer:
    """Return a table as the bytes of a Parquet file."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def _newest(batches: Batches) -> pd.DataFrame:
    """Return the last attempt of each run, sorted by run id."""
    found = [mark.runs for mark in batches.whole.values()]
    table: pd.DataFrame = (pa.concat_tables(found) if found else MARK_SCHEMA.empty_table()).to_pandas()
    newest = table.sort_values(["run", "attempt"], kind="stable").drop_duplicates("run", keep="last")
    return newest.reset_index(drop=True)
