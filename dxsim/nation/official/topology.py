"""Reading TopoJSON, in which neighbours share the arc of their border."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import shapely
from pydantic import BaseModel, Discriminator, Field, FiniteFloat, Tag, ValidationError

from dxsim.errors import InputError, Problem
from dxsim.language import say
from dxsim.nation.official.plane import Floats
from dxsim.nation.text import read_text

NORTHERN_TERRITORIES = frozenset(str(code).zfill(5) for code in range(1695, 1701))
"""Codes of the six villages of the Northern Territories, which have no municipal government."""

LONGITUDES = (120.0, 156.0)
LATITUDES = (20.0, 47.0)

Ring = list[int]


class _Polygon(BaseModel):
    type: Literal["Polygon"]
    id: str = Field(pattern=r"^[0-9]{5}$")
    arcs: list[Annotated[Ring, Field(min_length=1)]] = Field(min_length=1)

    def polygons(self) -> list[list[Ring]]:
        return [self.arcs]


class _MultiPolygon(BaseModel):
    type: Literal["MultiPolygon"]
    id: str = Field(pattern=r"^[0-9]{5}$")
    arcs: list[Annotated[list[Annotated[Ring, Field(min_length=1)]], Field(min_length=1)]] = Field(min_length=1)

    def polygons(self) -> list[list[Ring]]:
        return self.arcs


class _Nothing(BaseModel):
    type: None
    id: str = Field(pattern=r"^[0-9]{5}$")

    def polygons(self) -> list[list[Ring]]:
        return []


def _kind(geometry: object) -> object:
    """Return the type of a geometry by which pydantic tells them apart; null in TopoJSON is one without a shape."""
    kind = geometry.get("type", "") if isinstance(geometry, dict) else getattr(geometry, "type", "")
    return "null" if kind is None else kind


_Shape = Annotated[_Polygon, Tag("Polygon")] | Annotated[_MultiPolygon, Tag("MultiPolygon")]
_Geometry = Annotated[_Shape | Annotated[_Nothing, Tag("null")], Discriminator(_kind)]


class _Collection(BaseModel):
    type: Literal["GeometryCollection"]
    geometries: list[_Geometry] = Field(min_length=1)


class _Transform(BaseModel):
    scale: tuple[FiniteFloat, FiniteFloat]
    translate: tuple[FiniteFloat, FiniteFloat]


class _File(BaseModel):
    type: Literal["Topology"]
    arcs: list[Annotated[list[tuple[FiniteFloat, FiniteFloat]], Field(min_length=2)]]
    objects: dict[str, _Collection] = Field(min_length=1, max_length=1)
    transform: _Transform | None = None


@dataclass(frozen=True)
class Topology:
    """Arcs, and the areas that they enclose.

    Parameters
    ----------
    arcs : tuple of ndarray, shape (k, 2)
        Longitude and latitude in degrees.
    polygons : mapping of str to list
        Code -> polygons, each a list of rings (the outer one first, then holes), each a list of indices into `arcs`;
        ``~i`` means arc i backwards. Sorted by code.
    """

    arcs: tuple[Floats, ...]
    polygons: Mapping[str, list[list[Ring]]]


def read_topology(path: Path) -> Topology:
    """Read a TopoJSON file of municipalities, quantised or not, without the Northern Territories.

    Parameters
    ----------
    path : Path
        One collection of polygons and multipolygons; the ``id`` of each is the code of the municipality.

    Returns
    -------
    Topology

    Raises
    ------
    InputError
        If the file is cut off, or no TopoJSON, or its parts don't fit.
    """
    subject = say("file '{file}'", file=path)
    raw, wrong = _parse(read_text(path, _expected()))
    if wrong:
        raise InputError(subject, [Problem(path.name, wrong)])
    try:
        file = _File.model_validate(raw)
    except ValidationError as error:
        raise InputError(subject, _schema_problems(path.name, raw, error)) from None
    geometries = next(iter(file.objects.values())).geometries
    codes = [geometry.id for geometry in geometries]
    problems = [
        Problem(
            path.name,
            say("'{code}' has {count} shapes; one was expected, with all its parts", code=code, count=count),
        )
        for code, count in sorted(Counter(codes).items())
        if count > 1
    ]
    arcs = _arcs(file)
    polygons = {shape.id: shape.polygons() for shape in sorted(geometries, key=lambda shape: shape.id)}
    polygons = {code: parts for code, parts in polygons.items() if code not in NORTHERN_TERRITORIES}
    problems += _arc_problems(path.name, arcs, polygons)
    if problems:
        raise InputError(subject, problems)
    polygons = {code: _with_area(arcs, parts) for code, parts in polygons.items()}
    empty = [code for code, parts in polygons.items() if not parts]
    if empty:
        what = say("it has no shape, or one without area: the file is simplified too far")
        raise InputError(subject, [Problem(f"{path.name}, {code}", what) for code in empty])
    return Topology(arcs, polygons)


def _with_area(arcs: tuple[Floats, ...], parts: list[list[Ring]]) -> list[list[Ring]]:
    """Return the parts that enclose something, without holes that do not: simplifying leaves lines and points."""
    kept = [[ring for ring in part if part[0] is ring or _encloses(arcs, ring)] for part in parts]
    return [part for part in kept if _encloses(arcs, part[0])]


def _encloses(arcs: tuple[Floats, ...], ring: Ring) -> bool:
    points = ring_points(arcs, ring)
    return len(points) > 3 and bool(shapely.Polygon(points).area > 0)  # the first point stands at the end again


def ring_points(arcs: tuple[Floats, ...], ring: Ring) -> Floats:
    """Return the points of a ring, shape (k, 2); the last is the first again."""
    parts = [arcs[arc] if arc >= 0 else arcs[~arc][::-1] for arc in ring]
    return np.concatenate([parts[0], *(part[1:] for part in parts[1:])])


def _expected() -> str:
    return say("the Digital Agency's TopoJSON of municipalities' areas")


def _parse(text: str) -> tuple[object, str]:
    """Return what the JSON says, or what is wrong with it."""
    try:
        raw = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        if text.lstrip().startswith("{") and not text.rstrip().endswith("}"):
            return None, say("the file is cut off after {count:,} characters; fetch it again", count=len(text))
        return None, say("not JSON: {reason}; {expected} was expected", reason=error, expected=_expected())
    kind = raw.get("type") if isinstance(raw, dict) else None
    if kind in ("FeatureCollection", "Feature"):
        return None, say(
            "GeoJSON, in which neighbours don't share their border; TopoJSON was expected. Take the file that is "
            "published as TopoJSON, or convert this one with mapshaper (-o format=topojson id-field=...)"
        )
    if kind != "Topology":
        return None, say(
            "JSON, but no TopoJSON ('type' is not 'Topology'); {expected} was expected", expected=_expected()
        )
    return raw, ""


def _schema_problems(name: str, raw: object, error: ValidationError) -> list[Problem]:
    problems = []
    for found in error.errors(include_url=False, include_input=False):
        code = _code_at(raw, found["loc"])
        where = f"{name}{f', {code}' if code else ''}: {'.'.join(map(str, found['loc']))}"
        what = say("{wrong} ({expected} was expected)", wrong=found["msg"], expected=_expected())
        problems.append(Problem(where, what))
    return problems


def _code_at(raw: object, location: tuple[int | str, ...]) -> str:
    """Return the code of the municipality within whose geometry a place lies, or nothing."""
    within: Any = raw
    for key in location:
        try:
            within = within[key]
        except (TypeError, KeyError, IndexError):  # pydantic names its own choices on the way, too
            continue
        if isinstance(within, dict) and isinstance(code := within.get("id"), str):
            return code
    return ""


def _arcs(file: _File) -> tuple[Floats, ...]:
    arcs = [np.array(arc) for arc in file.arcs]
    if file.transform is None:
        return tuple(arcs)
    scale, translate = np.array(file.transform.scale), np.array(file.transform.translate)
    # Quantised arcs are whole steps from point to point; summed before scaling, the ends of arcs meet exactly.
    return tuple(np.cumsum(arc, axis=0) * scale + translate for arc in arcs)


def _arc_problems(name: str, arcs: tuple[Floats, ...], polygons: Mapping[str, list[list[Ring]]]) -> list[Problem]:
    if not polygons:
        return [Problem(name, say("no municipality"))]
    points = np.concatenate(arcs) if arcs else np.empty((0, 2))
    low, high = np.array([LONGITUDES[0], LATITUDES[0]]), np.array([LONGITUDES[1], LATITUDES[1]])
    if ((points < low) | (points > high)).any():
        first = points[((points < low) | (points > high)).any(axis=1)][0]
        what = say(
            "point {point[0]:g}, {point[1]:g} lies outside Japan (longitudes {longitudes[0]:g} to {longitudes[1]:g}, "
            "latitudes {latitudes[0]:g} to {latitudes[1]:g} degrees)",
            point=first,
            longitudes=LONGITUDES,
            latitudes=LATITUDES,
        )
        return [Problem(name, what)]
    problems = []
    for code, parts in polygons.items():
        rings = [ring for part in parts for ring in part]
        lost = sorted({arc for ring in rings for arc in ring if not -len(arcs) <= arc < len(arcs)})
        if lost:
            what = say("arc {arc} is not among the {count:,} arcs of the file", arc=lost[0], count=len(arcs))
            problems.append(Problem(f"{name}, {code}", what))
        elif not all(_closed(arcs, ring) for ring in rings):
            what = say("its border is not closed: arcs are damaged or in disorder")
            problems.append(Problem(f"{name}, {code}", what))
    return problems


def _closed(arcs: tuple[Floats, ...], ring: Ring) -> bool:
    parts = [arcs[arc] if arc >= 0 else arcs[~arc][::-1] for arc in ring]
    following = [*parts[1:], parts[0]]
    return all((one[-1] == other[0]).all() for one, other in zip(parts, following, strict=True))
