"""The folder of a sweep: what was planned, what was found, what failed. Parts are written whole, and their mark last.

::

    manifest.json           code, nation, versions: with the plan all that is needed to go on, elsewhere too
    study.yaml              what was asked
    plan.parquet            one row per planned run, and the scenarios that they start from
    dictionary.csv          what every column of every table means
    records/TABLE/*.parquet what the runs left, one file for each batch
    runs/*.parquet          the mark of a batch: its runs, done or failed, and the checksums of its files
    summary.parquet         when all is done: mean, spread and Monte Carlo error of every KPI, case by case

A batch counts once its mark stands in ``runs``. A process killed before that leaves files without a mark; readers do
not see them, and the next process removes them.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import filelock
import pyarrow as pa
import pyarrow.parquet as pq

from dxsim.errors import InputError, Problem, nearest
from dxsim.files import sha256, write_text, write_whole
from dxsim.language import say

if TYPE_CHECKING:
    import pandas as pd

MANIFEST, STUDY, PLAN = "manifest.json", "study.yaml", "plan.parquet"
DICTIONARY, SUMMARY = "dictionary.csv", "summary.parquet"
RECORDS, MARKS, LOCK = "records", "runs", ".lock"
TABLES = ("kpis", "strata", "months", "municipalities")
ORDER = {"kpis": [], "strata": ["stratum", "class"], "months": ["month", "type"], "municipalities": ["code"]}
FORMAT = 1
DONE, FAILED = "done", "failed"
_ID_DIGITS = 16
_FILES = b"files"  # key of the checksums in the metadata of a mark

MARK_SCHEMA = pa.schema(
    [
        ("run", pa.string()),
        ("status", pa.string()),  # DONE or FAILED
        ("seconds", pa.float64()),  # of computing
        ("month", pa.string()),  # in which it failed, YYYY-MM, as far as known
        ("error", pa.string()),  # kind of error, null if done
        ("message", pa.string()),  # null if done
        ("attempt", pa.int32()),  # 1, and one more for each retry
    ]
)


class Batch(NamedTuple):
    """What a batch of runs left: one table for each of `TABLES` that is recorded, and a mark of `MARK_SCHEMA`."""

    tables: Mapping[str, pa.Table]
    mark: pa.Table


class SweepFolder:
    """A sweep's folder, to write to and to read from.

    Parameters
    ----------
    folder : str or Path
        See `create_folder` and `open_folder`, which make one.
    manifest : mapping
        What stands in ``manifest.json``.
    """

    def __init__(self, folder: Path, manifest: Mapping[str, Any]) -> None:
        self.folder, self.manifest = folder, manifest

    def write(self, batch: Batch) -> None:
        """Write a batch."""
        write_batch(self.folder, batch)

    def marks(self) -> list[Path]:
        """Return the marks of all batches, by name."""
        return sorted((self.folder / MARKS).glob("[!.]*.parquet"))

    def checksums(self) -> dict[str, str]:
        """Return the SHA-256 of every file of records that a mark vouches for, by path below the folder."""
        found: dict[str, str] = {}
        for path in self.marks():
            found |= json.loads((pq.read_schema(path).metadata or {}).get(_FILES, b"{}"))
        return found

    def runs(self) -> pd.DataFrame:
        """Return what became of each run that was tried, its last attempt, sorted by run id."""
        import pandas as pd

        tables = [pq.read_table(path, schema=MARK_SCHEMA) for path in self.marks()]
        table = pa.concat_tables(tables).to_pandas() if tables else MARK_SCHEMA.empty_table().to_pandas()
        assert isinstance(table, pd.DataFrame)  # noqa: S101 - for the type checker
        newest = table.sort_values(["run", "attempt"], kind="stable").drop_duplicates("run", keep="last")
        return newest.reset_index(drop=True)

    def remove_leftovers(self) -> int:
        """Remove what a killed process left: temporary files and records without a mark; return how many."""
        known = {self.folder / name for name in self.checksums()}
        strays = [
            path
            for place in (self.folder / RECORDS, self.folder / MARKS)
            for path in place.rglob("*.parquet")
            if path.name.startswith(".") or (path not in known and place.name == RECORDS)
        ]
        strays += self.folder.glob(".*-*")  # of a manifest, a plan or a summary
        for path in strays:
            path.unlink()
        return len(strays)

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
        lock = filelock.FileLock(self.folder / LOCK, blocking=False)
        try:
            lock.acquire()
        except filelock.Timeout:
            what = say("another process is working on it; wait for it, or stop it")
            raise InputError(say("sweep '{folder}'", folder=self.folder), [Problem("", what)]) from None
        try:
            yield
        finally:
            lock.release()


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
            If there is no such column.
        """
        import pandas as pd

        paths = [self.folder / name for name in sorted(self.checksums()) if f"/{table}/" in name]
        if not paths:
            return pd.DataFrame({"run": pd.Series(dtype="str")})
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

    def tables(self) -> list[str]:
        """Return which of `TABLES` are recorded."""
        found = {name.split("/")[1] for name in self.checksums()}
        return [table for table in TABLES if table in found]


def write_batch(folder: Path, batch: Batch) -> None:
    """Write a batch into a sweep's folder: its records first, then its mark."""
    identifier = batch_name(batch.mark["run"].to_pylist(), batch.mark["attempt"][0].as_py())
    sums = {}
    for table, content in batch.tables.items():
        path = folder / RECORDS / table / f"{identifier}.parquet"
        _write_parquet(content, path)
        sums[path.relative_to(folder).as_posix()] = sha256(path)
    metadata = {_FILES: json.dumps(sums, sort_keys=True).encode()}
    _write_parquet(batch.mark.replace_schema_metadata(metadata), folder / MARKS / f"{identifier}.parquet")


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
        content = {**manifest, "format": FORMAT, "plan_sha256": sha256(making / PLAN)}
        write_text(making / MANIFEST, manifest_text(content))
        making.replace(folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return Results(folder, content)


def read_results(folder: str | Path) -> Results:
    """Return the results of the sweep in `folder`, finished or not.

    Raises
    ------
    InputError
        If there is no sweep, it is of another format, or its plan is not the one that it began with.
    """
    folder = Path(folder)
    subject = say("sweep '{folder}'", folder=folder)
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        found, plan_sum = manifest["format"], manifest["plan_sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        what = say("not the folder of a sweep (no readable {file} in it)", file=MANIFEST)
        raise InputError(subject, [Problem("", what)]) from None
    if found != FORMAT:
        what = say("format {format} was expected (got {found})", format=FORMAT, found=repr(found))
        raise InputError(subject, [Problem(MANIFEST, what)])
    if not (folder / PLAN).is_file() or sha256(folder / PLAN) != plan_sum:
        what = say("not the file that {manifest} was written for", manifest=MANIFEST)
        raise InputError(subject, [Problem(PLAN, what)])
    return Results(folder, manifest)


def batch_name(runs: Iterable[str], attempt: int) -> str:
    """Return the name of the files of a batch: the same runs, tried for the same time, the same name."""
    return hashlib.sha256(f"{attempt} {' '.join(runs)}".encode()).hexdigest()[:_ID_DIGITS]


def manifest_text(manifest: Mapping[str, Any]) -> str:
    """Return a manifest as it is written."""
    return json.dumps(manifest, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def to_parquet(table: pa.Table) -> pa.Buffer:
    """Return a table as the bytes of a Parquet file."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def _write_parquet(table: pa.Table, path: Path) -> None:
    content = to_parquet(table)

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:
            file.write(content)

    write_whole(path, write)
