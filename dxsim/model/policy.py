"""What does the state say, and what do municipalities believe about the deadline?

Belief in an extension (xi, probability)        xi <- xi + eta_xi (signal - xi)
Deadline that a body expects (T*, month)        T* = T_D + xi (T_D2 - T_D)

A national statement carries a signal between 0 (firm) and 1 (relaxed). Each December from t_m to T_D the state reviews:
under the `extension_rule` conditional it grants the second date to lots with a hard system (R1 to R3) when the
projected late share exceeds x_ext; under `all` it grants it to everyone.
"""

from __future__ import annotations

import numpy as np

from dxsim.kernel import kernel
from dxsim.model.dates import EXTENSION_FOR_ALL, NO_EXTENSION
from dxsim.model.lateness import declare
from dxsim.model.state import Country, Events, State

DECEMBER = 8  # months after April


@kernel
def updated_belief(belief: float, signal: float, learning: float) -> float:
    """Return the belief (probability) after a national `signal` in [0, 1], learnt with weight `learning` in [0, 1]."""
    return belief + learning * (signal - belief)


@kernel
def expected_deadline(belief: float, deadline: float, second_deadline: float) -> float:
    """Return the month that a body with this `belief` (probability) takes for its deadline."""
    return deadline + belief * (second_deadline - deadline)


@kernel(inner=True)
def announce(state: State, events: Events, parameters: np.record, month: int) -> None:
    """Let every body hear the national statements of this month."""
    for event in range(events.announcements.size):
        announcement = events.announcements[event]
        if announcement.month == month:
            for i in range(state.municipalities.size):
                body = state.municipalities[i]
                body.belief = updated_belief(body.belief, announcement.signal, parameters.belief_learning)


@kernel(inner=True)
def review(country: Country, state: State, parameters: np.record, month: int) -> None:
    """Hold the December review and grant the second date where the rule says so."""
    nation = state.nation[0]
    is_review = month % 12 == DECEMBER and parameters.mandate_start <= month < parameters.deadline
    if nation.extension_granted or not is_review or parameters.extension_rule == NO_EXTENSION:
        return
    if parameters.extension_rule == EXTENSION_FOR_ALL:
        nation.extension_granted = 1
        return
    late, systems = declare(country, state, parameters, month, False)
    if late > parameters.extension_threshold * systems:
        nation.extension_granted = 1
