"""``dxsim animate``: one run as a moving picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dxsim.cli.run import default_folder
from dxsim.cli.terminal import tell, tell_of_compiling
from dxsim.language import fill, in_language
from dxsim.nation.nation import load_nation
from dxsim.nation.vendor_table import read_vendor_table
from dxsim.records import simulate
from dxsim.records.course import course
from dxsim.scenario.configuration import read_command_line
from dxsim.views.labels import labels

if TYPE_CHECKING:
    from dxsim.views.run.animation import Layer


def animate(overrides: Sequence[str], output: str | None, layer: Layer) -> None:
    """Run the model and write what happens month by month.

    Raises
    ------
    InputError
        Before anything is simulated, if any of the input is wrong.
    """
    from dxsim.views.run.animation import check_animation, write_animation

    configuration = read_command_line(overrides)
    with in_language(configuration.language):
        nation = load_nation(configuration.nation)
        table = read_vendor_table(configuration.vendor_table, nation) if configuration.vendor_table else None
        path = Path(output or f"{default_folder(configuration, nation, table)}-{layer}.gif")
        check_animation(path)
        tell_of_compiling()
        records = simulate(nation, configuration.scenario, configuration.seed, table)
        tell(labels()["run_draw"], is_aside=True)
        seen = course(nation, configuration.scenario, configuration.seed, table)
        write_animation(path, records, nation, seen, layer)
        tell(fill(labels()["nation_written"], folder=path))
