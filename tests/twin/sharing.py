"""How a group shares what it costs among its members (yen a year)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import factorial
from typing import TYPE_CHECKING

from dxsim import streams

if TYPE_CHECKING:
    from tests.twin.cooperation import Party

EXACT_PLAYERS = 10  # most players whose Shapley value is worked out exactly
ORDERS = 2000  # of joining that stand for all of them in larger groups
ORDERS_SEED = 0  # the same orders in every run

Cost = Callable[[list["Party"]], float]


def equal(total: float, count: int) -> list[float]:
    return [total / count] * count


def proportional(total: float, weights: list[float]) -> list[float]:
    """Share by `weights`, or equally where they are all zero."""
    whole = sum(weights)
    return [total * weight / whole for weight in weights] if whole > 0.0 else equal(total, len(weights))


def separable_costs(total: float, members: list[Party], cost: Cost) -> list[float]:
    """Let each pay what it adds to the cost of all others, and share the rest by the benefits that remain."""
    separable = [total - cost([other for other in members if other is not member]) for member in members]
    benefits = [max(0.0, member.cost - own) for member, own in zip(members, separable, strict=True)]
    rest = proportional(total - sum(separable), benefits)
    return [own + part for own, part in zip(separable, rest, strict=True)]


def shapley(members: list[Party], cost: Cost) -> list[float]:
    """Return what each adds to the cost of those before it, as a mean over all orders of joining.

    Coalition number b holds the member in place k if bit k of b is set.
    """
    count = len(members)
    costs = [
        cost([member for k, member in enumerate(members) if coalition >> k & 1]) if coalition else 0.0
        for coalition in range(1 << count)
    ]
    # Share of the orders in which exactly a coalition of a given size comes before a given other member.
    weights = [factorial(size) * factorial(count - size - 1) / factorial(count) for size in range(count)]
    shares = [0.0] * count
    for coalition, before in enumerate(costs):
        for k in range(count):
            if not coalition >> k & 1:
                shares[k] += weights[coalition.bit_count()] * (costs[coalition | 1 << k] - before)
    return shares


def sampled_shapley(members: list[Party], key: int, join: Callable[[list[Party]], list[float]]) -> list[float]:
    """Return the mean of what each adds (`join`: in a given order of joining) over random orders drawn with `key`."""
    draws = {member: order_draws(key, member.body.code) for member in members}
    added = dict.fromkeys(members, 0.0)
    for number in range(ORDERS):
        order = sorted(members, key=lambda member: draws[member][number])
        for member, amount in zip(order, join(order), strict=True):
            added[member] += amount
    return [added[member] / ORDERS for member in members]


@cache
def order_draws(key: int, code: int) -> list[float]:
    """Return the draws that place a municipality in each order of joining."""
    return [streams.uniform(ORDERS_SEED, streams.PERMUTATION, key, number, code) for number in range(ORDERS)]
