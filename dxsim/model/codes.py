"""What the numbers in records stand for, each said once: states, reasons, causes, accounts, programmes, age groups."""

from __future__ import annotations

from enum import IntEnum

NEVER = 32767  # a month that does not come
NOT_APPLICABLE = -1
NOBODY = -1  # no group; the end of a list of members


def names(codes: type[IntEnum]) -> tuple[str, ...]:
    """Return the names of `codes` as tables write them."""
    return tuple(code.name.lower() for code in codes)


class SystemState(IntEnum):
    """States of a system; `NOT_APPLICABLE` where there is none. Legal transitions: `TRANSITIONS`."""

    LEGACY = 0
    PLANNING = 1
    ORDERED = 2
    WITHDRAWN = 3
    MIGRATING = 4
    LIVE = 5
    DONE = 6


STATES = names(SystemState)
TRANSITIONS = frozenset(
    {
        (SystemState.LEGACY, SystemState.PLANNING),
        (SystemState.PLANNING, SystemState.ORDERED),
        (SystemState.PLANNING, SystemState.WITHDRAWN),  # the chosen vendor leaves the lot before the order
        (SystemState.ORDERED, SystemState.MIGRATING),
        (SystemState.ORDERED, SystemState.WITHDRAWN),
        (SystemState.WITHDRAWN, SystemState.PLANNING),
        (SystemState.MIGRATING, SystemState.ORDERED),
        (SystemState.MIGRATING, SystemState.WITHDRAWN),  # the vendor leaves the lot while it works
        (SystemState.MIGRATING, SystemState.LIVE),
        (SystemState.LIVE, SystemState.DONE),
    }
)


class Reason(IntEnum):
    """Reasons of lateness: the official R1 to R4 and the model's own R5."""

    ON_TIME = 0
    MAINFRAME = 1
    BESPOKE = 2
    NO_PRODUCT = 3
    VENDOR_RESOURCES = 4
    OWN_SIDE = 5


REASONS = ("on_time", *(f"R{code:d}" for code in Reason if code != Reason.ON_TIME))


class Held(IntEnum):
    """What a month of a system that is not live is booked to; 0 before the mandate."""

    NOT_YET = 0
    UNDECIDED = 1
    NO_BUDGET_SESSION = 2
    NO_MONEY = 3
    PLANNING_SHORT = 4
    PLANNING = 5
    NO_PRODUCT = 6
    NO_ENGINEER = 7
    OWN_STAFF = 8
    WORK = 9
    WINDOW = 10
    HARD = 11
    FAILED = 12
    BOOKED_AGAIN = 13


HOLD_UPS = names(Held)[1:]  # without `NOT_YET`


class Cause(IntEnum):
    """Causes of commitment."""

    OWN_MOTIVE = 0
    PEERS = 1
    MANDATE = 2


CAUSES = names(Cause)


class Account(IntEnum):
    """Accounts of a municipality's ledger: debits are positive, credits negative, and every row sums to zero.

    The envelope is what is left to spend; appropriation, subsidy, grant and reserve are where money comes from. What is
    put back makes the reserve's balance rise, as far as above zero (more saved than drawn since the start). Penalties
    are for late systems past their municipality's own date.
    """

    ENVELOPE = 0
    APPROPRIATION = 1
    SUBSIDY = 2
    GRANT = 3
    RESERVE = 4
    LAPSED = 5
    ONE_OFF = 6
    RUNNING = 7
    PARALLEL = 8
    INTERFACE = 9
    COORDINATION = 10
    CHANNELS = 11
    PROGRAMMES = 12
    PENALTY = 13


ACCOUNTS = names(Account)


class Treasury(IntEnum):
    """Accounts of the state's ledger, by the same rule."""

    FUND = 0
    TAXES = 1
    SUBSIDIES_PAID = 2
    GRANTS_PAID = 3
    PENALTIES_RECEIVED = 4


TREASURY = names(Treasury)


class Programme(IntEnum):
    """Voluntary programmes."""

    ONLINE = 0
    AUTOMATION = 1
    SECURITY = 2
    DATA = 3
    GOVERNANCE = 4


PROGRAMMES = names(Programme)
HIGHEST_LEVEL = (26, 2, 3, 2, 3)  # by Programme

COHORTS = ("under_65", "65_to_74", "75_to_84", "85_over")  # age groups of residents
CHANNELS = ("online", "assisted", "analog", "excluded")  # ways to get a procedure done, and not to


class Talks(IntEnum):
    """What came of the talks of an October."""

    MOVES_TESTED = 0
    MOVES_ACCEPTED = 1


class How(IntEnum):
    """What a policy does with a lever."""

    SET = 0
    ADD = 1
    MULTIPLY = 2


class Figure(IntEnum):
    """Watched figures for which policies wait, in the order of `dxsim.scenario.triggers.FIGURES`."""

    NOTHING = -1
    DECLARED_LATE = 0
    LATE = 1
    LIVE = 2
    SHORTAGE_NOTICES = 3
    OVERLOADED = 4
    EXCLUDED = 5


class Listed(IntEnum):
    """Lists of a month, by which `Scratch.listed` counts their entries."""

    DECIDED = 0
    ORDERED = 1
