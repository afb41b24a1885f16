"""Reads a packed run as the page does."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np


def unpacked(content: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    (length,) = struct.unpack_from("<I", content)
    about = json.loads(content[4 : 4 + length])
    arrays = {}
    for entry in about["arrays"]:
        dtype = np.dtype(entry["type"]).newbyteorder("<")
        count = int(np.prod(entry["shape"]))
        arrays[entry["name"]] = np.frombuffer(content, dtype, count, 4 + length + entry["place"]).reshape(
            entry["shape"]
        )
    return about, arrays
