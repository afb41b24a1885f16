"""Cooperation answers a grant in an S, and does not go back when the grant does."""

from __future__ import annotations

from collections.abc import Callable

from experiments.common.claims import Claim
from experiments.common.figure import against
from experiments.common.outcomes import Floats, Runs

NONE, COSTLY = "no grant", ", costly"
THIRDS = (NONE, "10 %", "20 %", "30 %")
STEPS = ("5 %", "10 %", "15 %", "20 %", "25 %", "30 %")
SHARE = "cooperating_share"


def bend(suffix: str) -> Callable[[Runs], tuple[Floats, Floats]]:
    """Return what gives the rise over the middle third of grants, beside the mean rise over the outer two."""

    def pair(runs: Runs) -> tuple[Floats, Floats]:
        none, low, high, full = (runs(level + suffix, SHARE) for level in THIRDS)
        return ((low - none) + (full - high)) / 2, high - low

    return pair


REFERENCE = "no grant (panels named costly: no grant, and a transaction cost of 15 million yen per further member)"
CLAIMS = (
    Claim(
        "the rise of the share of municipalities in a group over grants of 10 to 20 %, "
        "less the mean rise over 0 to 10 % and over 20 to 30 %",
        "share",
        "higher",
        bend(""),
    ),
    Claim("the same where cooperation is costly", "share", "higher", bend(COSTLY)),
    Claim(
        "the share in a group in March 2036 after a grant that came and went, less that without any",
        "share",
        "higher",
        lambda runs: (runs(NONE, SHARE), runs("up and down", SHARE)),
    ),
)
PANELS = (
    against(SHARE, NONE, [*STEPS, "up and down"]),
    against("mean_group_size", NONE, [*STEPS, "up and down"]),
    against("grants_paid", NONE, [*STEPS, "up and down"]),
    against(
        SHARE, NONE, [*THIRDS[1:], "up and down"], title="Municipalities in a group, March 2036: costly", suffix=COSTLY
    ),
)
