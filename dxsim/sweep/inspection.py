"""What in a sweep's folder can be trusted: what is damaged or strange, by checksums that are looked at once."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from dxsim.files import sha256
from dxsim.language import say
from dxsim.sweep.layout import (
    BEGUN,
    CRATE,
    DICTIONARY,
    FILES,
    GIVEN,
    ID_DIGITS,
    MANIFEST,
    MARK_SCHEMA,
    MARKS,
    PLAN,
    RECORDS,
    STUDY,
    SUMMARY,
    TABLES,
    origin,
    read_manifest,
)

SWEEP, PARTS = b"sweep", b"parts"  # keys in the metadata of marks and records: their sweep; the checksums of records
_MARK = re.compile(rf"[0-9a-f]{{{ID_DIGITS}}}-[0-9a-f]{{{ID_DIGITS}}}\.parquet")
_PART = re.compile(rf"[0-9a-f]{{{ID_DIGITS}}}\.parquet")
_UNFINISHED = re.compile(r"\.(.+)-[a-z0-9_]{8}(\.[a-z]+)")  # as `write_whole` calls a file
_ABSENT = (FileNotFoundError, NotADirectoryError)


class Mark(NamedTuple):
    """The mark of a batch: its runs, a row of `MARK_SCHEMA` each, and the SHA-256 of its records by path."""

    runs: pa.Table
    parts: Mapping[str, str]


@dataclass
class Memory:
    """What was held against its checksum before: marks by path, and records."""

    marks: dict[str, Mark] = field(default_factory=dict)
    parts: set[tuple[str, str]] = field(default_factory=set)


@dataclass
class Batches:
    """The batches of a sweep, all by path below its folder.

    Attributes
    ----------
    whole : dict of str to Mark
        Marks of batches whose files are all as they were written.
    damaged : dict of str to str
        Files that are not, or are missing, and what is wrong with them.
    spoilt : list of str
        Sound files of batches in which another is damaged.
    strange : dict of str to str
        Marks that do not belong to the sweep, and why.
    """

    whole: dict[str, Mark] = field(default_factory=dict)
    damaged: dict[str, str] = field(default_factory=dict)
    spoilt: list[str] = field(default_factory=list)
    strange: dict[str, str] = field(default_factory=dict)


class Surroundings(NamedTuple):
    """What else lies in the folders of a sweep: what does not belong there and why, and what a killed process left."""

    strange: dict[str, str]
    leftovers: list[str]


def look_at_batches(
    folder: Path, manifest: Mapping[str, Any], memory: Memory, tables: Collection[str] = TABLES
) -> Batches:
    """Return which batches can be trusted; records of these `tables` are looked at, if they are not in `memory`."""
    found, known = Batches(), origin(manifest)
    named = {name for name in manifest.get(FILES) or {} if name.startswith(f"{MARKS}/")}
    there = {f"{MARKS}/{name}" for name in _names(folder / MARKS) if not name.startswith(".")}
    for name in sorted(named | there):
        if (named and name not in named) or not _MARK.fullmatch(Path(name).name):
            found.strange[name] = say("not a file of this sweep")
            continue
        mark = (memory.marks.get(name) if name in there else None) or _read_mark(folder / name, known)
        if isinstance(mark, Mark):
            found.whole[name] = memory.marks[name] = mark
        elif mark is None:
            found.strange[name] = say("of another sweep")
        else:
            found.damaged[name] = mark
    for name in list(_repeated(found.whole)):
        del found.whole[name]
        found.strange[name] = say("its runs are in another batch already")
    for name, mark in list(found.whole.items()):
        faults = {part: fault for part in mark.parts if (fault := _fault_of(part, mark, folder, memory, tables))}
        if faults:
            del found.whole[name]
            found.damaged |= faults
            found.spoilt += [name, *(part for part in mark.parts if part not in faults)]
    return found


def look_around(folder: Path, manifest: Mapping[str, Any], batches: Batches) -> Surroundings:
    """Return what else lies in the folders of a sweep than the files of its batches."""
    known = {*batches.damaged, *batches.spoilt, *(part for mark in batches.whole.values() for part in mark.parts)}
    strange, leftovers, us = dict(batches.strange), [], origin(manifest)
    for name in _walk(folder, RECORDS, known):
        if _PART.fullmatch(_finished(Path(name).name)):
            leftovers.append(name)
        elif name not in known and not Path(name).name.startswith("."):
            if _PART.fullmatch(Path(name).name) and _sweep_of(folder / name) == us:
                leftovers.append(name)
            else:
                strange[name] = say("not a file of this sweep")
    own = {MANIFEST, STUDY, PLAN, DICTIONARY, SUMMARY, CRATE}
    for place in ("", BEGUN, MARKS):
        for name in _names(folder / place):
            finished = _finished(name)
            if finished in own or (place == MARKS and _MARK.fullmatch(finished)):
                leftovers.append(f"{place}/{name}" if place else name)
    return Surroundings(strange, leftovers)


def faults_of_given(folder: Path, manifest: Mapping[str, Any], place: str = "") -> dict[str, str]:
    """Return what is wrong with the files that a sweep began with, by path; in ``begun``: with their second copies."""
    names = {f"{place}/{name}" if place else name: total for name, total in manifest[GIVEN].items()}
    return {name: fault for name, total in names.items() if (fault := file_fault(folder / name, total))}


def faults_of_copies(folder: Path, manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with the second copies of what a sweep began with, by path."""
    copy = read_manifest(folder / BEGUN / MANIFEST)
    is_same = copy is not None and origin(copy) == origin(manifest)
    faults = {} if is_same else {f"{BEGUN}/{MANIFEST}": say("not the file that was written")}
    return faults | faults_of_given(folder, manifest, BEGUN)


def faults_of_made(folder: Path, manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with the files that are made when all runs are done, by path."""
    sums = manifest.get(FILES) or {}
    return {
        name: fault for name in (SUMMARY, CRATE) if name in sums and (fault := file_fault(folder / name, sums[name]))
    }


def file_fault(path: Path, expected: str) -> str:
    """Return why a file is not the one with this SHA-256; nothing if it is."""
    try:
        return "" if sha256(path) == expected else say("not the file that was written")
    except _ABSENT:
        return say("missing")
    except IsADirectoryError:
        return say("a folder is in its place")


def batch_name(runs: Collection[str], attempt: int) -> str:
    """Return the name of the files of a batch: the same runs, tried for the same time, the same name."""
    return hashlib.sha256(f"{attempt} {' '.join(runs)}".encode()).hexdigest()[:ID_DIGITS]


def mark_name(batch: str, content: bytes | memoryview) -> str:
    """Return the name of a batch's mark, which vouches for its content."""
    return f"{batch}-{hashlib.sha256(content).hexdigest()[:ID_DIGITS]}.parquet"


def _read_mark(path: Path, known: str) -> Mark | str | None:
    """Return a mark; what is wrong with it; or None if it is whole and another sweep's."""
    try:
        content = path.read_bytes()
    except _ABSENT:
        return say("missing")
    except IsADirectoryError:
        return say("a folder is in its place")
    if mark_name(path.name.partition("-")[0], content) != path.name:
        return say("not the file that was written")
    try:
        runs = pq.read_table(pa.BufferReader(content))
        metadata = runs.schema.metadata or {}
        if metadata.get(SWEEP, b"").decode() != known:
            return None
        return Mark(runs.replace_schema_metadata().cast(MARK_SCHEMA), json.loads(metadata[PARTS]))
    except (pa.ArrowException, KeyError, ValueError):  # whole, but nothing that dxsim has written
        return None


def _repeated(marks: Mapping[str, Mark]) -> Iterator[str]:
    """Yield marks of which a run, tried for the same time, stands in one before: two copies of a sweep were mixed."""
    tried = [mark.runs.select(["run", "attempt"]) for mark in marks.values()]
    if not tried or _distinct(pa.concat_tables(tried)) == sum(len(runs) for runs in tried):
        return
    before: set[tuple[str, int]] = set()
    for name, mark in marks.items():
        runs = set(zip(mark.runs["run"].to_pylist(), mark.runs["attempt"].to_pylist(), strict=True))
        if runs & before:
            yield name
        else:
            before |= runs


def _distinct(table: pa.Table) -> int:
    return len(table.group_by(table.column_names).aggregate([]))


def _fault_of(part: str, mark: Mark, folder: Path, memory: Memory, tables: Collection[str]) -> str:
    expected = mark.parts[part]
    if (part, expected) in memory.parts or part.split("/")[1] not in tables:
        return ""
    fault = file_fault(folder / part, expected)
    if not fault:
        memory.parts.add((part, expected))
    return fault


def _sweep_of(part: Path) -> str:
    """Return the sweep that a file of records belongs to; nothing if it can't be told."""
    try:
        metadata: Mapping[bytes, bytes] = pq.read_schema(part).metadata or {}
        return metadata.get(SWEEP, b"").decode()
    except (OSError, pa.ArrowException, ValueError):
        return ""


def _finished(name: str) -> str:
    """Return what a file that was being written was to be called; nothing if it is no such file."""
    found = _UNFINISHED.fullmatch(name)
    return found[1] + found[2] if found else ""


def _names(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except _ABSENT:
        return []


def _walk(folder: Path, place: str, known: Collection[str]) -> Iterator[str]:
    """Yield the files below a place, by path below the folder; not what lies in a folder in place of a known file."""
    for here, places, names in os.walk(folder / place):
        below = Path(here).relative_to(folder).as_posix()
        places[:] = [name for name in places if f"{below}/{name}" not in known]
        yield from (f"{below}/{name}" for name in names)
