"""The TRACE document says what the results say."""

from __future__ import annotations

import re

from experiments.trace import TEXT, TRACE, trace


def test_the_document_is_that_of_the_results() -> None:
    """Stale: write it anew with ``python -m experiments.trace``."""
    assert TRACE.read_text(encoding="utf-8") == trace()


def test_every_place_is_filled() -> None:
    """Each part that comes from results is there, and long enough to say something."""
    places = re.findall(r"^\{(\w+)\}$", TEXT.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(places) == len(set(places)) >= 8
    assert not re.search(r"^\{\w+\}$", trace(), re.MULTILINE)
    for heading in ("March 2026", "patterns hold", "worlds of the model's own", "skill below 0"):
        assert heading in trace()
