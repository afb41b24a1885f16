"""``dxsim nation``: the real nation from official files, and what a nation holds."""

from __future__ import annotations

from pathlib import Path

from dxsim.characters import visible
from dxsim.cli.terminal import tell
from dxsim.language import either, fill
from dxsim.nation.nation import load_nation
from dxsim.nation.schema import KINDS
from dxsim.terms.municipalities import TYPES
from dxsim.views.labels import labels
from dxsim.views.text import columns


def build_nation(ssdse: str, boundaries: str, groups: str | None, fiscal: str | None, output: str) -> None:
    """Build a nation from official files and write it as a folder.

    Raises
    ------
    InputError
        With every problem of the files, or if the folder can't be written; nothing is written then.
    """
    from dxsim.nation.official import build

    build(Path(ssdse), Path(boundaries), _path(groups), _path(fiscal), Path(output))
    text = labels()
    tell(fill(text["nation_written"], folder=output))
    tell(fill(text["nation_try"], folder=output))


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)


def show_nation(where: str) -> None:
    """Print how many municipalities of which type a nation has, their neighbours, and whom to credit.

    Raises
    ------
    InputError
        If there is no such nation.
    """
    nation = load_nation(where)
    text = labels()
    table = nation.municipalities
    rows = []
    for name, label in TYPES.items():
        population = table.loc[table["type"] == name, "population"]
        if len(population):
            rows.append(
                [either(*label), f"{len(population):,}", f"{population.sum():,}", f"{population.median():,.0f}"]
            )
    population = table["population"]
    rows.append([text["all"], f"{len(table):,}", f"{population.sum():,}", f"{population.median():,.0f}"])
    heading = ["", text["nation_municipalities"], text["nation_population"], text["nation_median"]]
    pairs = nation.adjacency["kind"].value_counts()
    links = ", ".join(f"{either(*KINDS[kind])} {count:,}" for kind, count in pairs.items())
    tell(f"{visible(nation.name)}\n\n{columns([heading, *rows], right=[1, 2, 3])}\n")
    tell(fill(text["nation_links"], pairs=f"{len(nation.adjacency):,}", kinds=links))
    tell(fill(text["nation_shapes"], count=f"{len(nation.boundaries):,}"))
    tell(f"SHA-256 {nation.fingerprint}")
    tell("\n".join(map(visible, nation.attribution)))
