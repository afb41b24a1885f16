"""Random numbers by address: (seed, stream, entity, month, index) names one draw, for ever.

No order of loops, number of threads, batch or subset of municipalities can change a draw, and two scenarios with
the same seed share every draw that serves the same purpose (common random numbers). The generator is
Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3").
A new stream is appended to the list with the next number; within an edition of the model no number is reused, so old
draws never change. The second edition gave 8 and 15 to other draws than the first, and 19 to none.
"""

from __future__ import annotations

import math

import numpy as np

from dxsim.kernel import kernel

MARKET = 1  # vendors' shares and territories
CONTRACT = 2  # who runs which lot at the start
COMPLEXITY = 3  # legacy complexity of a lot
HARD = 4  # mainframe, bespoke, no product
HARD_START = 5  # when a hard system can start
WORK = 6  # size of a migration job
PRODUCT = 7  # when a vendor's product is available
BRANCH = 8  # engineers of a branch against its work
GATE = 9  # supplementary budgets
COMMIT = 10  # cumulative hazard needed to commit
CAUSE = 11  # which cause tips a commitment
CHOICE = 12  # taste for a vendor
QUEUE = 13  # ties in a vendor's queue
RETENDER = 14  # who tenders again after a shortage
WINDOW = 15  # when a cut-over is planned
RUNNING = 16  # running cost after migration
STAFF = 17  # DX staff at the start
RESIGN = 18  # resignations
FOUNDING = 20  # groups at the start
TALKS = 21  # who talks first, and with whom
PERMUTATION = 22  # orders of joining for a sampled Shapley value
INCIDENT = 23  # how many incidents a cut-over has
SEVERITY = 24  # how many residents an incident hits
CORRECTION = 25  # how long an incident lasts
PROGRAMME = 26  # hazard needed for the next level of a programme
PLATFORM = 27  # how the platform of a prefecture grows
BREACH = 28  # hazard needed for the next security incident
POINTS = 29  # which municipalities get the odd branch office, desk, point or tablet

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_LOW, _32, _ROUNDS = np.uint64(0xFFFFFFFF), np.uint64(32), 10
_12, _HALF, _UNIT = np.uint64(12), 0.5, 2.0**-52


@kernel
def words(seed: int, stream: int, entity: int, month: int, index: int) -> tuple[np.uint64, np.uint64]:
    """Return the two 64-bit words at an address.

    Parameters
    ----------
    seed : int
        Seed of the run, 0 to 2**63 - 1.
    stream : int
        One of this module's stream numbers.
    entity : int
        Key of who draws: municipality code, prefecture number or vendor number; 0 to 2**32 - 1.
    month : int
        Month of the draw, or 0 where it is made once; 0 to 2**32 - 1.
    index : int
        Which of several draws of this entity, stream and month; 0 to 2**32 - 1.
    """
    c0, c1 = np.uint64(entity), np.uint64(month)
    c2, c3 = np.uint64(index), np.uint64(stream)
    k0, k1 = np.uint64(seed) & _LOW, np.uint64(seed) >> _32
    for _ in range(_ROUNDS):
        product0, product1 = _M0 * c0, _M1 * c2
        c0, c2 = (product1 >> _32) ^ c1 ^ k0, (product0 >> _32) ^ c3 ^ k1
        c1, c3 = product1 & _LOW, product0 & _LOW
        k0, k1 = (k0 + _W0) & _LOW, (k1 + _W1) & _LOW
    return (c1 << _32) | c0, (c3 << _32) | c2


@kernel
def uniform(seed: int, stream: int, entity: int, month: int, index: int) -> float:
    """Return the uniform draw at an address, strictly between 0 and 1 (52 bits: one more would round up to 1)."""
    return (np.float64(words(seed, stream, entity, month, index)[0] >> _12) + _HALF) * _UNIT


@kernel
def uniforms(out: np.ndarray, seed: int, stream: int, entity: int, month: int, first: int) -> None:
    """Fill `out` with the uniform draws of the indices from `first` on; the same as `uniform`, several at a time.

    The rounds are written out here once more because they then run in the processor's vector unit (2.4 times faster);
    a test holds the two forms together.
    """
    key0, key1 = np.uint64(seed) & _LOW, np.uint64(seed) >> _32
    for place in range(out.size):
        c0, c1 = np.uint64(entity), np.uint64(month)
        c2, c3 = np.uint64(first) + np.uint64(place), np.uint64(stream)
        k0, k1 = key0, key1
        for _ in range(_ROUNDS):
            product0, product1 = _M0 * c0, _M1 * c2
            c0, c2 = (product1 >> _32) ^ c1 ^ k0, (product0 >> _32) ^ c3 ^ k1
            c1, c3 = product1 & _LOW, product0 & _LOW
            k0, k1 = (k0 + _W0) & _LOW, (k1 + _W1) & _LOW
        out[place] = (np.float64(((c1 << _32) | c0) >> _12) + _HALF) * _UNIT


@kernel
def exponential(seed: int, stream: int, entity: int, month: int, index: int) -> float:
    """Return the draw of mean one from the exponential distribution at an address."""
    return -math.log(uniform(seed, stream, entity, month, index))


@kernel
def normal(seed: int, stream: int, entity: int, month: int, index: int) -> float:
    """Return the standard normal draw at an address (Box and Muller 1958)."""
    first, second = words(seed, stream, entity, month, index)
    radius = math.sqrt(-2.0 * math.log((np.float64(first >> _12) + _HALF) * _UNIT))
    return radius * math.cos(2.0 * math.pi * (np.float64(second >> _12) + _HALF) * _UNIT)


@kernel
def gamma(shape: float, seed: int, stream: int, entity: int, index: int) -> float:
    """Return the gamma draw of a `shape` above 0 and scale one at an address (Marsaglia and Tsang 2000).

    Attempts are addressed by their own number in the place of the month, so one draw never uses another's numbers.
    """
    boosted = shape if shape >= 1.0 else shape + 1.0
    d = boosted - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    attempt = 0
    while True:
        x = normal(seed, stream, entity, 2 * attempt, index)
        v = (1.0 + c * x) ** 3
        u = uniform(seed, stream, entity, 2 * attempt + 1, index)
        if v > 0.0 and math.log(u) < 0.5 * x * x + d - d * v + d * math.log(v):
            break
        attempt += 1
    draw = d * v
    if shape < 1.0:
        draw *= uniform(seed, stream, entity, 2 * attempt + 2, index) ** (1.0 / shape)
    return draw
