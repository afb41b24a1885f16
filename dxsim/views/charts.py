"""All figures of a run, each with a description for readers who can't see it."""

from __future__ import annotations

from pathlib import Path

from dxsim.nation.nation import Nation
from dxsim.records import Records
from dxsim.views.maps import map_figure
from dxsim.views.run.adoption import adoption_figure
from dxsim.views.run.groups import groups_figure
from dxsim.views.run.histogram import histogram_figure
from dxsim.views.run.lateness import lateness_figure
from dxsim.views.run.money import money_figure
from dxsim.views.run.overview import overview_figure
from dxsim.views.run.programmes import programmes_figure
from dxsim.views.run.residents import residents_figure
from dxsim.views.run.staff import staff_figure
from dxsim.views.style import Plot


def run_figures(records: Records, nation: Nation | None, language: str = "en") -> dict[str, Plot]:
    """Return every figure of a run by name.

    Parameters
    ----------
    records : Records
        Of one run.
    nation : Nation or None
        The nation it was run on; without it there are no maps.
    language : str
        "en" or "ja".
    """
    maps = {"overview": overview_figure, "map": map_figure, "groups": groups_figure} if nation else {}
    return {
        **{name: draw(records, nation, language) for name, draw in maps.items() if nation},
        "adoption": adoption_figure(records, language),
        "lateness": lateness_figure(records, language),
        "histogram": histogram_figure(records, language),
        "money": money_figure(records, language),
        "residents": residents_figure(records, language),
        "staff": staff_figure(records, language),
        "programmes": programmes_figure(records, language),
    }


def draw_all(records: Records, nation: Nation, folder: Path, language: str = "en") -> None:
    """Draw every figure of a run as a PNG file in `folder`, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in run_figures(records, nation, language).items():
        figure.savefig(folder / f"{name}.png")
