"""A nation: its municipalities, who neighbours whom, and where that comes from. Reading and writing it as a folder."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from dxsim.characters import is_whole
from dxsim.errors import InputError, Problem, capped, nearest
from dxsim.files import PACKAGE, is_folder, sha256, write_text
from dxsim.language import say
from dxsim.nation.schema import (
    ADJACENCY,
    MUNICIPALITIES,
    Column,
    check_adjacency,
    check_municipalities,
    read_text_table,
)

SYNTHETIC = "synthetic"
TEACHING = "teaching"
SYNTHETIC_FOLDER = PACKAGE / "nation" / "data" / SYNTHETIC

FORMAT = 1
MUNICIPALITY_FILE, ADJACENCY_FILE, BOUNDARY_FILE = "municipalities.csv", "adjacency.csv", "boundaries.json"
ABOUT_FILE = "nation.json"
BOUNDARY_DECIMALS = 2  # 10 metres: finer than any map drawn from it

Ring = npt.NDArray[np.float64]


@dataclass(frozen=True, repr=False, eq=False)
class Nation:
    """Municipalities and their neighbours. `make_nation` and `load_nation` make one and check everything.

    Parameters
    ----------
    name : str
        "synthetic" or the name of the folder.
    municipalities : pandas.DataFrame
        One row each, sorted by code; columns as in `dxsim.nation.schema.MUNICIPALITIES`.
    adjacency : pandas.DataFrame
        One row for each pair of neighbours; columns as in `dxsim.nation.schema.ADJACENCY`.
    boundaries : mapping of str to list of ndarray
        Code -> rings of shape (k, 2), in km on the plane of ``x_km`` and ``y_km``; empty where no map can be drawn.
    attribution : tuple of str
        Credit lines to print under figures and in manifests.
    fingerprint : str
        SHA-256 of the content of the two tables. A run refuses a nation whose tables have another content by then.
    sources : mapping of str to str
        What the nation was made from -> checksum or value.
    """

    name: str
    municipalities: pd.DataFrame
    adjacency: pd.DataFrame
    boundaries: Mapping[str, list[Ring]]
    attribution: tuple[str, ...]
    fingerprint: str
    sources: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Return the name and the size; the tables would fill the screen."""
        municipalities, pairs = len(self.municipalities), len(self.adjacency)
        return f"Nation({self.name!r}: {municipalities:,} municipalities, {pairs:,} pairs of neighbours)"


def make_nation(
    name: str,
    municipalities: pd.DataFrame,
    adjacency: pd.DataFrame,
    *,
    boundaries: Mapping[str, Sequence[Ring]] | None = None,
    attribution: Sequence[str] = (),
    sources: Mapping[str, str] | None = None,
) -> Nation:
    """Check the tables of a nation and put them together.

    Parameters
    ----------
    name : str
        What the nation is called.
    municipalities, adjacency : pandas.DataFrame
        Columns as in `dxsim.nation.schema`; rows in any order, cells as text or as numbers.
    boundaries : mapping of str to sequence of ndarray, optional
        Code -> rings of shape (k, 2) in km; kept to 10 m.
    attribution : sequence of str
        Credit lines.
    sources : mapping of str to str, optional
        What the nation was made from -> checksum or value.

    Returns
    -------
    Nation

    Raises
    ------
    InputError
        With every problem found.
    """
    municipalities, problems = check_municipalities(municipalities, "municipalities")
    codes = list(municipalities["code"]) if "code" in municipalities else []
    pairs, found = check_adjacency(adjacency, "adjacency", codes)
    problems += found
    rings: dict[str, list[Ring]] = {
        code: [np.asarray(ring, dtype=np.float64).round(BOUNDARY_DECIMALS) for ring in boundary]
        for code, boundary in sorted((boundaries or {}).items())
    }
    problems += _boundary_problems(rings, codes, "boundaries")
    if problems:
        raise InputError(say("nation '{name}'", name=name), problems)
    return Nation(
        name, municipalities, pairs, rings, tuple(attribution), _fingerprint(municipalities, pairs), dict(sources or {})
    )


def refuse_changed(nation: Nation) -> list[Problem]:
    """Return the problem of a nation whose tables are not those of its fingerprint any more; none if they are."""
    if _fingerprint(nation.municipalities, nation.adjacency) == nation.fingerprint:
        return []
    what = say("its tables were changed after it was made; make a new one of them with dxsim.make_nation")
    return [Problem(say("nation '{name}'", name=nation.name), what)]


def load_nation(where: str | Path) -> Nation:
    """Read a nation.

    Parameters
    ----------
    where : str or Path
        ``"synthetic"`` for the synthetic Japan that ships with dxsim, ``"teaching"`` for the 48 municipalities of the
        classroom app (run them with ``vendor.count=2``), else a folder as `write_nation` writes it.
        A folder without ``nation.json`` will do if its tables are right; with one, its files have to be those that
        it was written for.

    Returns
    -------
    Nation

    Raises
    ------
    InputError
        With every problem found in the folder.
    """
    if where == TEACHING:
        from dxsim.nation.teaching import teaching_nation

        return teaching_nation()
    folder = SYNTHETIC_FOLDER if where == SYNTHETIC else Path(where)
    subject = say("nation '{name}'", name=where)
    if not is_folder(folder):
        hint = nearest(str(where), [SYNTHETIC, TEACHING])
        what = say("neither '{synthetic}' nor a folder{hint}", synthetic=SYNTHETIC, hint=hint)
        raise InputError(subject, [Problem("", what)])
    attribution, sources, problems = _read_about(folder)
    text, found = read_text_table(folder / MUNICIPALITY_FILE)
    municipalities, wrong = check_municipalities(text, MUNICIPALITY_FILE) if len(text.columns) else (text, [])
    problems += found + wrong
    codes = list(municipalities["code"]) if "code" in municipalities else []
    text, found = read_text_table(folder / ADJACENCY_FILE)
    pairs, wrong = check_adjacency(text, ADJACENCY_FILE, codes) if len(text.columns) and codes else (text, [])
    problems += found + wrong
    boundaries, found = _read_boundaries(folder / BOUNDARY_FILE)
    problems += found or _boundary_problems(boundaries, codes, BOUNDARY_FILE)
    if problems:
        raise InputError(subject, problems)
    name = SYNTHETIC if where == SYNTHETIC else folder.resolve().name
    return Nation(name, municipalities, pairs, boundaries, attribution, _fingerprint(municipalities, pairs), sources)


def write_nation(nation: Nation, folder: Path) -> None:
    """Write a nation as a folder, whole or not at all.

    Parameters
    ----------
    nation : Nation
        What to write.
    folder : Path
        New, empty, or holding a nation, which is replaced; a folder with anything else in it is refused.

    Raises
    ------
    InputError
        If `folder` holds something that is not part of a nation.
    """
    files = (MUNICIPALITY_FILE, ADJACENCY_FILE, BOUNDARY_FILE, ABOUT_FILE)
    folder = folder.resolve()
    strange = sorted(path.name for path in folder.iterdir() if path.name not in files) if folder.is_dir() else []
    if strange or (folder.exists() and not folder.is_dir()):
        if strange:
            what = say("holds '{file}', which is not part of a nation; name a new folder", file=strange[0])
        else:
            what = say("is a file; name a new folder")
        raise InputError(say("nation '{name}'", name=nation.name), [Problem(str(folder), what)])
    fresh = folder.with_name(f".{folder.name}-{uuid.uuid4().hex}")
    old = folder.with_name(f"{fresh.name}-old")
    try:
        fresh.mkdir(parents=True)
        write_text(fresh / MUNICIPALITY_FILE, _csv_text(nation.municipalities, MUNICIPALITIES))
        write_text(fresh / ADJACENCY_FILE, _csv_text(nation.adjacency, ADJACENCY))
        write_text(fresh / BOUNDARY_FILE, _boundary_text(nation.boundaries))
        about = {
            "format": FORMAT,
            "name": nation.name,
            "fingerprint": nation.fingerprint,
            "attribution": list(nation.attribution),
            "sources": dict(nation.sources),
            "versions": {package: version(package) for package in ("numpy", "pandas")},
            "files": {name: sha256(fresh / name) for name in files if name != ABOUT_FILE},
        }
        write_text(fresh / ABOUT_FILE, json.dumps(about, ensure_ascii=False, indent=2) + "\n")
        if folder.exists():
            folder.rename(old)
        fresh.rename(folder)
    except OSError:
        if old.exists() and not folder.exists():
            old.rename(folder)
        raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _fingerprint(municipalities: pd.DataFrame, adjacency: pd.DataFrame) -> str:
    digest = hashlib.sha256()
    for table in (municipalities, adjacency):
        for name in map(str, table.columns):
            cells = table[name]
            if pd.api.types.is_numeric_dtype(cells.dtype):
                figures = cells.to_numpy(dtype=np.float64)
                content = np.where(np.isnan(figures), np.nan, figures).astype("<f8").tobytes()
            else:
                content = "\0".join(map(str, cells)).encode()
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _cell(value: object, column: Column) -> str:
    if column.dtype == "text":
        return str(value)
    if value != value:
        return ""
    return repr(int(value) if float(value).is_integer() else float(value))  # type: ignore[arg-type, call-overload]


def _csv_text(table: pd.DataFrame, columns: Mapping[str, Column]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(zip(*([_cell(v, columns[name]) for v in table[name]] for name in table.columns), strict=True))
    return text.getvalue()


def _boundary_text(boundaries: Mapping[str, list[Ring]]) -> str:
    def compact(ring: Ring) -> list[float | int]:
        return [int(value) if value.is_integer() else value for value in ring.ravel().tolist()]

    lines = (
        f"{json.dumps(code)}:{json.dumps([compact(ring) for ring in rings], separators=(',', ':'))}"
        for code, rings in boundaries.items()
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _read_json(path: Path) -> tuple[object, list[Problem]]:
    try:
        return json.loads(path.read_text(encoding="utf-8")), []
    except OSError as error:
        return None, [Problem(path.name, say("can't be read: {reason}", reason=error.strerror))]
    except (ValueError, RecursionError) as error:
        return None, [Problem(path.name, say("not JSON in UTF-8: {reason}", reason=error))]


def _read_about(folder: Path) -> tuple[tuple[str, ...], dict[str, str], list[Problem]]:
    path = folder / ABOUT_FILE
    if not path.exists():
        return (), {}, []
    about, problems = _read_json(path)
    if problems:
        return (), {}, problems
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        what = say("not a description of a nation in format {format}; build the nation again", format=FORMAT)
        return (), {}, [Problem(path.name, what)]
    attribution, sources, files = (about.get(key) for key in ("attribution", "sources", "files"))
    if not isinstance(attribution, list) or not all(_is_line(line) for line in attribution):
        problems.append(Problem(f"{path.name}: attribution", say("a list of credit lines was expected")))
        attribution = []
    if not isinstance(sources, dict) or not all(map(_is_line, (*sources, *sources.values()))):
        problems.append(Problem(f"{path.name}: sources", say("a name and a checksum for each source were expected")))
        sources = {}
    if not isinstance(files, dict):
        problems.append(Problem(f"{path.name}: files", say("a checksum for each file was expected")))
        files = {}
    for name in (MUNICIPALITY_FILE, ADJACENCY_FILE, BOUNDARY_FILE):
        file = folder / name
        if name in files and file.is_file() and sha256(file) != files[name]:
            what = say(
                "changed since {about} was written; build the nation again, or delete {about} to use the file as it is",
                about=path.name,
            )
            problems.append(Problem(name, what))
    return tuple(attribution), sources, problems


def _is_line(value: object) -> bool:
    return isinstance(value, str) and is_whole(value)


def _read_boundaries(path: Path) -> tuple[dict[str, list[Ring]], list[Problem]]:
    if not path.exists():
        return {}, []
    content, problems = _read_json(path)
    if problems:
        return {}, problems
    if not isinstance(content, dict):
        return {}, [Problem(path.name, say("rings of x and y in km for each code were expected"))]
    boundaries: dict[str, list[Ring]] = {}
    for code, rings in content.items():
        try:
            boundaries[code] = [np.array(ring, dtype=np.float64).reshape(-1, 2) for ring in rings]
        except (TypeError, ValueError, OverflowError):
            what = say("a list of rings, each x1, y1, x2, y2, ... in km, was expected")
            problems.append(Problem(f"{path.name}: {code}", what))
    return boundaries, capped(problems)


def _boundary_problems(boundaries: Mapping[str, list[Ring]], codes: Sequence[str], subject: str) -> list[Problem]:
    known, problems = set(codes), []
    for code, rings in boundaries.items():
        if code not in known:
            problems.append(Problem(f"{subject}: {code}", say("not the code of a municipality here")))
        elif any(ring.ndim != 2 or ring.shape[1] != 2 or len(ring) < 3 for ring in rings):
            what = say("a ring has at least three corners, each an x and a y")
            problems.append(Problem(f"{subject}: {code}", what))
        elif not all(np.isfinite(ring).all() for ring in rings):
            problems.append(Problem(f"{subject}: {code}", say("a corner has a position that is not a number")))
    return capped(problems)
