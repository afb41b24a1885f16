"""How does a group share its cost among its members?

by weights          (1 - q_i) C({i}) + P q_i w_i / (sum of q w) + T / n    w: 1, residents, or procedures needed
equal saving        C({i}) - [sum of C({j}) + T - C(S)] q_i / (sum of q) + T / n
separable costs,    m_i + [C(S) - sum of m_j] b_i / sum of b
remaining benefits  m_i = C(S) - C(S less i), b_i = max(0, C({i}) - m_i)
Shapley             mean over all orders of joining of what i adds to the cost of those who came before

Costs are yen a year; the shares of every rule sum to C(S), the joint cost. q_i is the share of its systems that a
member shares (`coalition`), T the transaction cost, and P = C(S) - T - sum of (1 - q_j) C({j}) what the shared ones
cost together. So who shares more saves more by equal saving, small members pay for large ones by equal weights and
large ones for small ones by residents, and who adds nothing to what the others save gets nothing by separable costs and
Shapley's value. Where the weights or benefits are all zero, what they would share is shared equally. The exact Shapley
value takes a cost for each of the 2^n coalitions: coalition number b holds player k if bit k of b is set. In larger
groups the mean is over some random orders of joining.

Sources: Young, Okada and Hashimoto 1982 (rules, and six Swedish municipalities as an example); Shapley 1953; sampled
orders: Castro, Gómez and Tejada 2009.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dxsim import streams
from dxsim.kernel import kernel
from dxsim.scenario.registry import choices

if TYPE_CHECKING:
    from dxsim.model.state import Floats, Integers


SharingRule = choices("cooperation.sharing_rule")
EXACT_PLAYERS = 10  # most players whose Shapley value is worked out exactly
SAMPLED_ORDERS = 2000  # orders of joining that stand for all of them in larger groups
ORDERS_SEED = 0  # the orders are a way to integrate, not chance in the model: a group's shares depend on no seed


@kernel
def proportional(joint: float, weights: Floats, players: int, shares: Floats) -> None:
    """Fill the first `players` of `shares` with parts of the `joint` cost in proportion to `weights` (not negative)."""
    total = 0.0
    for k in range(players):
        total += weights[k]
    for k in range(players):
        shares[k] = joint * (weights[k] / total) if total > 0.0 else joint / players


@kernel
def equal_saving(joint: float, alone: Floats, weights: Floats, players: int, shares: Floats) -> None:
    """Fill the first `players` of `shares` so that each saves in proportion to its weight against its cost `alone`."""
    saving, total = -joint, 0.0
    for k in range(players):
        saving += alone[k]
        total += weights[k]
    for k in range(players):
        shares[k] = alone[k] - saving * (weights[k] / total if total > 0.0 else 1.0 / players)


@kernel
def separable_costs_remaining_benefits(
    joint: float, alone: Floats, without: Floats, players: int, shares: Floats
) -> None:
    """Fill the first `players` of `shares` with separable costs and parts of the rest by remaining benefits.

    `alone` is what each costs on its own, `without` what all the others cost together.
    """
    rest, benefits = joint, 0.0
    for k in range(players):
        separable = joint - without[k]
        rest -= separable
        benefits += max(0.0, alone[k] - separable)
    for k in range(players):
        separable = joint - without[k]
        part = max(0.0, alone[k] - separable) / benefits if benefits > 0.0 else 1.0 / players
        shares[k] = separable + rest * part


@kernel
def shapley(costs: Floats, players: int, shares: Floats) -> None:
    """Fill the first `players` of `shares` with the Shapley value of the game with these `costs`, (2^players,)."""
    for k in range(players):
        shares[k] = 0.0
    for coalition in range(1 << players):
        size = 0
        for k in range(players):
            size += (coalition >> k) & 1
        # Share of the orders in which exactly this coalition comes before a given other player.
        weight = 1.0 / players
        for k in range(size):
            weight *= (k + 1.0) / (players - 1.0 - k)
        for k in range(players):
            if not (coalition >> k) & 1:
                shares[k] += weight * (costs[coalition | (1 << k)] - costs[coalition])


@kernel
def random_order(codes: Integers, players: int, key: int, number: int, draws: Floats, order: Integers) -> None:
    """Fill the first `players` of `order` with the places of `codes` in a random order of joining.

    Parameters
    ----------
    codes : Integers
        (players,) or more: keys of the players' draws.
    players : int
        How many join.
    key : int
        Code of the lead of the group.
    number : int
        Which order, 0 to SAMPLED_ORDERS - 1.
    draws, order : Floats, Integers
        (players,) or more; overwritten.
    """
    for k in range(players):
        draw = streams.uniform(ORDERS_SEED, streams.PERMUTATION, key, number, codes[k])
        place = k
        while place > 0 and draws[place - 1] > draw:
            draws[place], order[place] = draws[place - 1], order[place - 1]
            place -= 1
        draws[place], order[place] = draw, k
