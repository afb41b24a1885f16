"""A sweep's folder put right: what it began with is taken from its second copies, what is damaged is put aside."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import filelock

from dxsim.errors import InputError, Problem
from dxsim.files import write_bytes, write_text
from dxsim.language import say
from dxsim.sweep.inspection import faults_of_copies, faults_of_given
from dxsim.sweep.layout import (
    ASIDE,
    BEGUN,
    FILES,
    FINISHED,
    FORMAT,
    GIVEN,
    LOCK,
    MANIFEST,
    is_sweep,
    manifest_text,
    origin,
    other_format,
    read_manifest,
)


def damage(folder: Path, problems: Sequence[Problem]) -> InputError:
    """Return the refusal of damaged files, with the way out."""
    hint = say("damaged files are put aside and their runs done again by: dxsim sweep resume {folder}", folder=folder)
    return InputError(say("sweep '{folder}'", folder=folder), [*problems, Problem("", hint)])


def no_manifest(folder: Path, names: Sequence[str] = (MANIFEST,)) -> InputError:
    """Return the refusal of a folder whose manifest can't be read; `names` are its copies that were tried."""
    if (found := other_format(folder / MANIFEST)) is not None:
        what = say("format {format} was expected (got {found})", format=FORMAT, found=repr(found))
        return InputError(say("sweep '{folder}'", folder=folder), [Problem(MANIFEST, what)])
    if not is_sweep(folder):
        what = say("not the folder of a sweep (no readable {file} in it)", file=MANIFEST)
        return InputError(say("sweep '{folder}'", folder=folder), [Problem("", what)])
    problems = [Problem(name, say("missing, or not as it was written")) for name in names]
    return damage(folder, problems) if len(names) == 1 else _both_damaged(folder, problems)


def restore(folder: Path) -> list[str]:
    """Take what a sweep began with from its second copies where it is damaged, and the other way round.

    Returns
    -------
    list of str
        What was put aside.

    Raises
    ------
    InputError
        If both copies of a file are damaged, or they are of two sweeps.
    """
    manifests = {name: read_manifest(folder / name) for name in (MANIFEST, f"{BEGUN}/{MANIFEST}")}
    known = [manifest for manifest in manifests.values() if manifest is not None]
    if not known:
        raise no_manifest(folder, list(manifests))
    if len(known) == 2 and origin(known[0]) != origin(known[1]):
        one, other = manifests
        what = say("{one} and {other} are of two sweeps; remove the one that is not of this", one=one, other=other)
        raise InputError(say("sweep '{folder}'", folder=folder), [Problem("", what)])
    manifest = known[0]
    faults = faults_of_given(folder, manifest) | faults_of_copies(folder, manifest)
    faults |= {name: say("not the file that was written") for name, found in manifests.items() if found is None}
    if not faults:
        return []
    pairs = {name: f"{BEGUN}/{name}" for name in (MANIFEST, *manifest[GIVEN])}
    lost = [pair for pair in pairs.items() if faults.keys() >= set(pair)]
    if lost:
        raise _both_damaged(folder, [Problem(name, faults[name]) for pair in lost for name in pair])
    with locked(folder):
        moved = [name for name in (*faults, BEGUN) if _is_in_the_way(folder, name) and put_aside(folder, name)]
        for name, copy in pairs.items():
            if name in faults:
                write_bytes(folder / name, (folder / copy).read_bytes())
            elif copy == f"{BEGUN}/{MANIFEST}" and copy in faults:
                begun = {**manifest, FINISHED: None, FILES: {}, "failed": [], "lost": {}}
                write_text(folder / copy, manifest_text(begun))
            elif copy in faults:
                write_bytes(folder / copy, (folder / name).read_bytes())
    return moved


def put_aside(folder: Path, name: str) -> bool:
    """Move a file or folder of a sweep to ``aside``, beside what lies there already; return whether there was one."""
    place, number = folder / ASIDE / name, 1
    while os.path.lexists(place):
        number += 1
        place = (folder / ASIDE / name).with_name(f"{number}-{Path(name).name}")
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        (folder / name).rename(place)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes from writing into a sweep's folder; see `SweepFolder.locked`."""
    if (folder / LOCK).is_dir():
        put_aside(folder, LOCK)
    lock = filelock.FileLock(folder / LOCK, blocking=False)
    try:
        lock.acquire()
    except filelock.Timeout:
        what = say("another process is working on it; wait for it, or stop it")
        raise InputError(say("sweep '{folder}'", folder=folder), [Problem("", what)]) from None
    try:
        yield
    finally:
        lock.release()


def _is_in_the_way(folder: Path, name: str) -> bool:
    return (folder / name).exists() and not (name == BEGUN and (folder / name).is_dir())


def _both_damaged(folder: Path, problems: Sequence[Problem]) -> InputError:
    hint = say("both copies are damaged: bring one of them back from elsewhere, or begin the sweep anew")
    return InputError(say("sweep '{folder}'", folder=folder), [*problems, Problem("", hint)])
