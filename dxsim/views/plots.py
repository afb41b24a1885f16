"""The plots of dxsim, for notebooks and papers: ``dxsim.plots``.

Each takes records, a comparison or a nation and returns a `Plot`: a matplotlib figure with a ``description`` in words,
in English or Japanese, with Japanese letters that need no installed font. A notebook shows it;
``plot.savefig("figure.pdf")`` (or ``.svg``, ``.png``) saves it for a paper. The command line draws the same ones.
Their names are those of the table in `dxsim.views.charts`; ``dir(dxsim.plots)`` lists them.
"""

from __future__ import annotations

from collections.abc import Callable

from dxsim.views.charts import CHARTS
from dxsim.views.style import Plot

_FIGURES = {chart.name: chart.figure for chart in CHARTS}

__all__ = ["Plot", *sorted(_FIGURES)]


def __getattr__(name: str) -> Callable[..., Plot]:
    if name not in _FIGURES:
        raise AttributeError(f"module 'dxsim.plots' has no attribute '{name}'")
    return _FIGURES[name]


def __dir__() -> list[str]:
    return __all__
