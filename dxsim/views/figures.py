"""All figures of a run, as files with a description for readers who can't see them."""

from __future__ import annotations

from pathlib import Path

from dxsim.nation.nation import Nation
from dxsim.records import Records
from dxsim.views.adoption import adoption_figure, describe_adoption
from dxsim.views.groups import describe_groups, groups_figure
from dxsim.views.histogram import describe_histogram, histogram_figure
from dxsim.views.labels import labels
from dxsim.views.lateness import describe_lateness, lateness_figure
from dxsim.views.maps import describe_map, map_figure
from dxsim.views.money import describe_money, money_figure
from dxsim.views.overview import overview_figure
from dxsim.views.programmes import describe_programmes, programmes_figure
from dxsim.views.residents import describe_residents, residents_figure
from dxsim.views.staff import describe_staff, staff_figure
from dxsim.views.style import style


def draw_all(records: Records, nation: Nation, folder: Path, language: str = "en") -> None:
    """Draw every figure of a run as a PNG file in `folder`, each with its description inside.

    Parameters
    ----------
    records : Records
        Of one run.
    nation : Nation
        The nation it was run on.
    folder : Path
        Made if it is not there.
    language : str
        "en" or "ja".
    """
    figures = {
        "overview": overview_figure(records, nation, language),
        "adoption": adoption_figure(records, language),
        "lateness": lateness_figure(records, language),
        "map": map_figure(records, nation, language),
        "histogram": histogram_figure(records, language),
        "groups": groups_figure(records, nation, language),
        "money": money_figure(records, language),
        "residents": residents_figure(records, language),
        "staff": staff_figure(records, language),
        "programmes": programmes_figure(records, language),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in descriptions(records, language).items():
        with style():
            figures[name].savefig(folder / f"{name}.png", metadata={"Description": text, "Software": None})


def descriptions(records: Records, language: str = "en") -> dict[str, str]:
    """Return what each figure shows, in words, by the figure's name."""
    of_overview = {
        "adoption": describe_adoption(records, language),
        "lateness": describe_lateness(records, language),
        "map": describe_map(records, language),
        "histogram": describe_histogram(records, language),
    }
    parts = " ".join(of_overview.values())
    return {
        "overview": labels(language)["overview_description"].format(parts=parts),
        **of_overview,
        "groups": describe_groups(records, language),
        "money": describe_money(records, language),
        "residents": describe_residents(records, language),
        "staff": describe_staff(records, language),
        "programmes": describe_programmes(records, language),
    }
