"""What does the state say, and what do municipalities believe about the deadline?

Belief in an extension (xi, probability)        xi <- xi + eta_xi (signal - xi)
Deadline that one expects (T*, month)           T* = T_D + xi (T_D2 - T_D)

A national statement carries a signal between 0 (firm) and 1 (relaxed). Each December from t_m to T_D the state reviews:
under the `extension_rule` conditional it grants the second date to lots with a known reason (R1 to R4) when the
projected late share exceeds x_ext; under `all` it grants it to everyone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dxsim.kernel import kernel
from dxsim.model.dates import ExtensionRule
from dxsim.model.lateness import declare
from dxsim.terms.calendar import DECEMBER, MONTHS_PER_YEAR

if TYPE_CHECKING:
    from dxsim.model.state import Run


@kernel
def updated_belief(belief: float, signal: float, learning: float) -> float:
    """Return the belief (probability) after a national `signal` in [0, 1], learnt with weight `learning` in [0, 1]."""
    return belief + learning * (signal - belief)


@kernel
def expected_deadline(belief: float, deadline: float, second_deadline: float) -> float:
    """Return the month that a municipality with this `belief` (probability) takes for its deadline."""
    return deadline + belief * (second_deadline - deadline)


@kernel
def announce(run: Run, month: int) -> None:
    """Let every municipality hear the national statements of this month."""
    for event in range(run.announcements.size):
        announcement = run.announcements[event]
        if announcement.month == month:
            for i in range(run.municipalities.size):
                municipality = run.municipalities[i]
                municipality.belief = updated_belief(
                    municipality.belief, announcement.signal, run.parameters.belief_learning
                )


@kernel
def review(run: Run, month: int) -> None:
    """Hold the December review and grant the second date where the rule says so."""
    nation = run.nation[0]
    is_review = month % MONTHS_PER_YEAR == DECEMBER and run.parameters.mandate_start <= month < run.parameters.deadline
    if nation.extension_granted or not is_review or run.parameters.extension_rule == ExtensionRule.NONE:
        return
    if run.parameters.extension_rule == ExtensionRule.ALL:
        nation.extension_granted = 1
        return
    late, systems = declare(run, month, False)
    if late > run.parameters.extension_threshold * systems:
        nation.extension_granted = 1
