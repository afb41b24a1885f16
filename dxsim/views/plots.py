"""The plots of dxsim, for notebooks and papers: ``dxsim.plots``.

Each takes records, a comparison or a nation and returns a `Plot`: a matplotlib figure with a ``description`` in words,
in English or Japanese, with Japanese letters that need no installed font. A notebook shows it;
``plot.savefig("figure.pdf")`` (or ``.svg``, ``.png``) saves it for a paper. The command line draws the same ones.
Each takes ``language="ja"`` or ``"en"`` too; without it, it speaks the language that `dxsim.set_language` chose.
Their names are those of the table in `dxsim.views.charts`; ``dir(dxsim.plots)`` lists them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature

from dxsim.language import in_language
from dxsim.views.charts import CHARTS
from dxsim.views.style import Plot

_LANGUAGE = Parameter("language", Parameter.KEYWORD_ONLY, default=None, annotation="str | None")


def _with_language(figure: Callable[..., Plot]) -> Callable[..., Plot]:
    """Return a function that draws a figure in the language that is asked for."""

    @wraps(figure)
    def drawn(*arguments: object, language: str | None = None, **options: object) -> Plot:
        with in_language(language):
            return figure(*arguments, **options)

    own = signature(figure)
    drawn.__signature__ = own.replace(parameters=[*own.parameters.values(), _LANGUAGE])  # type: ignore[attr-defined]
    return drawn


_FIGURES = {chart.name: _with_language(chart.figure) for chart in CHARTS}

__all__ = ["Plot", *sorted(_FIGURES)]


def __getattr__(name: str) -> Callable[..., Plot]:
    if name not in _FIGURES:
        raise AttributeError(f"module 'dxsim.plots' has no attribute '{name}'")
    return _FIGURES[name]


def __dir__() -> list[str]:
    return __all__
