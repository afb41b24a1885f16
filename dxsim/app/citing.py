"""What the page offers beside a result: how to cite it, and how to have its numbers in Python."""

from __future__ import annotations

from collections.abc import Sequence

from dxsim.app.limiting_case import LIMIT_PARAMETERS, LIMITING_CASE
from dxsim.app.runs import KPIS
from dxsim.app.settings import Setting
from dxsim.language import say
from dxsim.nation.nation import Nation
from dxsim.views.documents.citation import Arm, arm_text, bibtex, citation, compared_in_python, nation_text


def cite(nation: Nation, settings: Sequence[Setting], seeds: int, seed: int, link: str) -> dict[str, str]:
    """Return ``citation``, ``bibtex`` and ``python`` of a comparison of two settings, in the language that is spoken.

    Parameters
    ----------
    nation : Nation
        On which both were run.
    settings : sequence of Setting
        A and B.
    seeds : int
        The table has the means over the seeds 1 to this.
    seed : int
        Of the runs in maps and curves.
    link : str
        The part of the page's address that restores the screen.
    """
    one, other = (cited_arm(name, setting) for name, setting in zip("AB", settings, strict=True))
    details = [
        arm_text(one),
        arm_text(other),
        say("nation {nation}", nation=nation_text(nation.name, nation.fingerprint)),
        say("table: means over the seeds 1 to {seeds}", seeds=seeds),
        say("maps and curves: seed {seed}", seed=seed),
        say("screen of dxsim app: {link}", link=f"/explore{link}"),
    ]
    return {
        "citation": citation(details),
        "bibtex": bibtex(details),
        "python": compared_in_python(nation, (one, other), KPIS, seeds),
    }


def cited_arm(name: str, setting: Setting) -> Arm:
    """Return a setting as citations and programs name it."""
    if setting.scenario == LIMITING_CASE:
        return Arm(name, "baseline", {**LIMIT_PARAMETERS, **setting.given}, without_events=True)
    return Arm(name, setting.scenario, setting.given)
