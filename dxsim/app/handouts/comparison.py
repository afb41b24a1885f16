"""A comparison as one file: the page to explore with the two runs and the table that it showed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dxsim.app.handouts.page import one_file, squeezed


def comparison_handout(
    nation: Mapping[str, Any],
    name: str,
    runs: Sequence[bytes],
    comparison: Mapping[str, Any],
    cited: Mapping[str, Mapping[str, str]],
    start: Mapping[str, Any],
    link: str,
) -> str:
    """Return the file.

    Parameters
    ----------
    nation : mapping
        As `dxsim.app.nations.describe` returns it.
    name : str
        Of the nation in the app.
    runs : sequence of bytes
        A and B with all layers, packed.
    comparison : mapping
        As `dxsim.app.comparisons.compare` returns it.
    cited : mapping
        By language how to cite it, and how to have it in Python.
    start : mapping
        As `dxsim.app.start.start` returns it.
    link : str
        What restores the screen: the part of the page's address from '#' on.
    """
    content = {
        "answers": {"start": {**start, "nations": [name]}, f"nation/{name}": nation, "compare": comparison},
        "cited": cited,
        "runs": [squeezed(run) for run in runs],
        "link": link,
    }
    said = [json.dumps(start, ensure_ascii=False), *nation["name"]]
    return one_file("explore.html", "recorded", start["texts"]["en"]["title"], content, said)
