"""The two nations of the app: a small one for teaching that answers at once, and a whole one."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dxsim.characters import visible
from dxsim.nation.nation import SYNTHETIC, Nation
from dxsim.nation.nation import TEACHING as TEACHING
from dxsim.nation.teaching import VENDORS as VENDORS
from dxsim.nation.teaching import teaching_nation as teaching_nation
from dxsim.records.frame import frame_of
from dxsim.records.size_classes import SIZE_CLASSES
from dxsim.terms.municipalities import PREFECTURE_DIGITS, PREFECTURE_NAMES_JA, TYPES
from dxsim.views.maps import far_islands

WHOLE = "whole"
NATIONS = (TEACHING, WHOLE)

_KINDS_JA = {"City": "市", "Town": "町", "Village": "村", "Ward": "区"}
_INVENTED = re.compile(rf".* ({'|'.join(_KINDS_JA)}) (\d+)")
_DECIMALS = 2  # of a corner, km
_MARGIN_KM, _MARGIN_SHARE, _ISLET_KM = 6.0, 0.006, 40.0  # round the map; round islands in a frame
_SEA = 0.1  # of the height: what parts one frame of islands from the next
_BOXES = np.array([0.45, 0.4])  # share of width and height that frames take at most
_TOP, _GAP = 0.05, 0.03  # above the frames and between them, share of the height

Floats = npt.NDArray[np.float64]


def describe(nation: Nation) -> dict[str, Any]:
    """Return what the page must know of a nation before it can draw a run.

    Returns
    -------
    dict
        ``code``, ``name`` and ``name_ja`` (in Japanese), ``kind`` (place in ``types``), ``population`` and ``systems``
        of each municipality,
        ``rings`` (for each municipality a list of flat x, y, x, y ... in km; a small square round its point where there
        is no boundary), ``bounds`` (west, south, east, north of the map) and ``boxes`` (the same of the frames of far
        islands), ``neighbours`` (the two rows of each pair), the names of types and size classes,
        ``attribution``, and whether it ``isSynthetic``.
    """
    table, frame = nation.municipalities, frame_of(nation)
    names = [visible(name) for name in table["name"]]
    shift, factor, boxes, bounds = _islands(table)
    rings = [
        [
            (((ring - middle) * scale) + middle + moved).ravel().round(_DECIMALS).tolist()
            for ring in nation.boundaries.get(code, [_square(*middle)])
        ]
        for code, middle, moved, scale in zip(
            table["code"], table[["x_km", "y_km"]].to_numpy(float), shift, factor, strict=True
        )
    ]
    return {
        "code": table["code"].tolist(),
        "name": names,
        "name_ja": [_name_ja(nation, code, name) for code, name in zip(table["code"], names, strict=True)],
        "kind": frame.kind.tolist(),
        "population": table["population"].tolist(),
        "systems": frame.systems.tolist(),
        "rings": rings,
        "bounds": bounds.tolist(),
        "boxes": boxes.tolist(),
        "types": list(TYPES),
        "size_classes": list(SIZE_CLASSES),
        "neighbours": [rows.tolist() for rows in frame.neighbours],
        "attribution": [visible(line) for line in nation.attribution],
        "isSynthetic": nation.name == SYNTHETIC,
    }


def _name_ja(nation: Nation, code: str, name: str) -> str:
    """Return the name of a municipality in Japanese; those of real ones are Japanese already."""
    found = _INVENTED.fullmatch(name)
    if nation.name != SYNTHETIC or not found:
        return name
    prefecture = PREFECTURE_NAMES_JA[int(code[:PREFECTURE_DIGITS]) - 1]
    return f"{prefecture}・{_KINDS_JA[found[1]]}{found[2]}（架空）"


def _islands(table: pd.DataFrame) -> tuple[Floats, Floats, Floats, Floats]:
    """Return how far each municipality moves (n, 2) and shrinks (n,), the frames of islands (k, 4) and the map's in km.

    Far islands go into frames in the upper left corner, as in `dxsim.views.maps`: else they shrink all the rest.
    """
    points = table[["x_km", "y_km"]].to_numpy(np.float64)
    far = far_islands(table)
    low, high = points[~far].min(axis=0), points[~far].max(axis=0)
    margin = _MARGIN_KM + _MARGIN_SHARE * (high - low)
    low, high = low - margin, high + margin
    shift, factor, boxes = np.zeros_like(points), np.ones(len(points)), []
    rows = np.flatnonzero(far)
    rows = rows[np.argsort(points[rows, 0], kind="stable")]
    parts = (
        np.split(rows, 1 + np.flatnonzero(np.diff(points[rows, 0]) > _SEA * np.ptp(points[:, 1]))) if rows.size else []
    )
    corners = [(points[part].min(axis=0) - _ISLET_KM, points[part].max(axis=0) + _ISLET_KM) for part in parts]
    sizes = np.array([end - begin for begin, end in corners]).reshape(-1, 2)
    room = _BOXES * (high - low)
    scale = min(1.0, *(room / np.maximum(np.array([sizes[:, 0].max(), sizes[:, 1].sum()]), 1e-9))) if parts else 1.0
    top = high[1] - _TOP * (high[1] - low[1])
    for part, (begin, end) in zip(parts, corners, strict=True):
        width, height = scale * (end - begin)
        shift[part] = (points[part] - begin) * scale + np.array([low[0], top - height]) - points[part]
        factor[part] = scale
        boxes.append([low[0], top - height, low[0] + width, top])
        top -= height + _GAP * (high[1] - low[1])
    return shift, factor, np.array(boxes).reshape(-1, 4), np.concatenate([low, high])


def _square(x: float, y: float) -> Floats:
    half = 3.0  # km
    return np.array([[x - half, y - half], [x + half, y - half], [x + half, y + half], [x - half, y + half]])
