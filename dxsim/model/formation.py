"""How do groups of municipalities form, change and dissolve?

Each October the share phi_talk of the municipalities, drawn anew, opens talks, and so does every member that would
gain by leaving its group, if `formation` is yearly. They take turns in an order drawn for the nation, again and again
until nobody moves or 50 rounds are over; the others only answer. In its turn a municipality asks its neighbours, in an
order drawn for it, and makes the first of these moves that is accepted:

unite     its group, or itself if it has none, with that of a neighbour     accepted if all of both gain
leave     its group                                                         if it gains, the exit fee paid

To gain is to have a payoff (`coalition`) higher by more than epsilon_join C({i}); no group has more than n_max members;
who leaves before the contract ends also wants the exit fee back. So acceptance is individually stable: nobody is united
against its will. A group grows until one more member adds no more than epsilon_join to what each saves: with equal
savings of some 30 % that is at about seven members. A turn can only come out differently if the own group or that of a
neighbour has changed since, so only such municipalities are asked again; it is not the core of the game.

The default of phi_talk gives some eighteen new members of groups a year; municipal clouds had 33 a year from 2014 to
2018. Vendors' differences and distance have no price of their own: members on another vendor share less, and
neighbours are near.

Sources: Vernon-Bido and Collins 2021 (moves); Bogomolnaia and Jackson 2002 (individual stability); Ministry of Internal
Affairs 2015 (247 members of municipal clouds in 2014) and ZDNet 2018 (379 in 2018).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dxsim import streams
from dxsim.kernel import kernel
from dxsim.model.coalition import appraise, foresee, invite, largest
from dxsim.model.codes import NOBODY, Talks
from dxsim.scenario.registry import choices
from dxsim.terms.calendar import MONTHS_PER_YEAR, OCTOBER

if TYPE_CHECKING:
    from dxsim.model.state import Integers, Run


Formation = choices("cooperation.formation")
MOST_ROUNDS = 50  # of talks in an October; they end long before
OPENING = 128  # index of the draw of who opens talks, past those of partners


TALKS_GROUP = np.dtype(
    [
        ("members", np.int64),  # how many, 0 = there is no such group
        ("lead", np.int64),  # its largest member
        ("head", np.int64),  # its first member in the order of the nation
        ("has_contract", np.bool_),  # the row is that of a present group, whose contract no new one takes over
    ]
)


@kernel(makes_arrays=True)
def form(run: Run, month: int) -> None:
    """In October let groups form, change and dissolve, with effect from April on."""
    p = run.parameters
    if month % MONTHS_PER_YEAR != OCTOBER or p.formation == Formation.NONE:
        return
    open_talks(run, month)
    gather(run)
    order = order_of_turns(run, month)
    for _ in range(MOST_ROUNDS):
        if take_turns(run, order, month) == 0:
            break
    for i in range(run.players.size):
        municipality, player = run.municipalities[i], run.players[i]
        municipality.next_group, municipality.pays_exit = player.group, player.pays_exit


@kernel
def open_talks(run: Run, month: int) -> None:
    """Open talks in which everyone is alone, with those who open them due."""
    invite(run, month)
    foresee(run)
    for i in range(run.players.size):
        player, group = run.players[i], run.talks_groups[i]
        player.opens = (
            streams.uniform(run.seed, streams.TALKS, player.code, month, OPENING) < run.parameters.talks_share
        )
        player.is_due = player.opens
        group.members, group.lead, group.head, group.has_contract = 0, 0, 0, False
    for result in range(run.talks.size):
        run.talks[result] = 0


@kernel
def gather(run: Run) -> None:
    """Bring the groups that there are into the talks."""
    for g in range(run.groups.size):
        size, member = run.groups[g].members, run.groups[g].head
        for k in range(size):
            run.members[k] = member
            member = run.municipalities[member].after
        if size > 0:
            run.talks_groups[g].has_contract = True
            settle(run, size, g)
        for k in range(size):
            player = run.players[run.members[k]]
            player.opens = player.opens or would_rather_leave(player, run.parameters)
            player.is_due = player.opens


@kernel(makes_arrays=True)
def order_of_turns(run: Run, month: int) -> Integers:
    """Return the municipalities that open talks, in the order in which they take turns."""
    openers = np.flatnonzero(run.players["opens"])
    draw = np.empty(openers.size)
    for place in range(openers.size):
        code = run.players[openers[place]].code
        draw[place] = streams.uniform(run.seed, streams.TALKS, code, month, 0)
    return openers[np.argsort(draw, kind="mergesort")]


@kernel
def take_turns(run: Run, order: Integers, month: int) -> int:
    """Let every municipality that is due take its turn; return how many moved."""
    accepted = 0
    for mover in order:
        if run.players[mover].is_due:
            run.players[mover].is_due = False
            accepted += take_turn(run, mover, month)
    run.talks[Talks.MOVES_ACCEPTED] += accepted
    return accepted


@kernel
def take_turn(run: Run, mover: int, month: int) -> bool:
    """Let a municipality make the first of its moves that is accepted; return whether there is one."""
    first, degree = run.offsets[mover], run.offsets[mover + 1] - run.offsets[mover]
    partners, player = run.partners, run.players[mover]
    for j in range(degree):
        partners[j] = run.neighbours[first + j]
    for j in range(degree):
        pick = j + int(streams.uniform(run.seed, streams.TALKS, player.code, month, 1 + j) * (degree - j))
        partner = partners[pick]
        partners[pick] = partners[j]
        if unite(run, mover, partner):
            return True
    return player.group != NOBODY and leave(run, mover)


@kernel
def least_payoff(player: np.record, p: np.record) -> float:
    """Return the payoff (yen a year) above which a municipality moves."""
    return player.payoff + p.join_threshold * player.cost


@kernel
def would_rather_leave(player: np.record, p: np.record) -> bool:
    """Return whether a member of a group gains by being alone, the exit fee paid."""
    return least_payoff(player, p) + player.exit_fee < 0.0


@kernel
def would_gain(run: Run, count: int) -> bool:
    """Return whether each municipality on the desk gains as a group of its own."""
    run.talks[Talks.MOVES_TESTED] += 1
    wanted, payoffs = run.wanted, run.payoffs
    total, losers = 0.0, 0
    for k in range(count):
        player = run.players[run.members[k]]
        wanted[k] = least_payoff(player, run.parameters)
        total += wanted[k]
    appraise(run, count, total)
    for k in range(count):
        losers += payoffs[k] <= wanted[k]
    return losers == 0


@kernel
def unite(run: Run, mover: int, partner: int) -> bool:
    """Unite the groups of two municipalities, or these themselves, if all gain; return whether they do."""
    p = run.parameters
    players, groups, members = run.players, run.talks_groups, run.members
    one, other = players[mover].group, players[partner].group
    if one == other and one != NOBODY:
        return False
    size = (1 if one == NOBODY else groups[one].members) + (1 if other == NOBODY else groups[other].members)
    if size > p.largest_group:
        return False
    first = mover if one == NOBODY else groups[one].head
    second = partner if other == NOBODY else groups[other].head
    for k in range(size):
        if second == NOBODY or (first != NOBODY and first < second):
            members[k] = first
            first = players[first].after
        else:
            members[k] = second
            second = players[second].after
    if not would_gain(run, size):
        return False
    lead = largest(run, members, size)
    g = players[lead].group
    if g == NOBODY:
        g = max(one, other)  # at most one of them is a group
    if g == NOBODY:
        g = free_row(groups, lead)
    close_group(groups, one)
    close_group(groups, other)
    settle(run, size, g)
    alert(run, members, size)
    return True


@kernel
def leave(run: Run, mover: int) -> bool:
    """Let a municipality leave its group if it gains; return whether it does."""
    run.talks[Talks.MOVES_TESTED] += 1
    if not would_rather_leave(run.players[mover], run.parameters):
        return False
    walk_out(run, mover)
    return True


@kernel
def walk_out(run: Run, mover: int) -> None:
    """Take a municipality out of its group, and settle those who stay; it owes an exit fee at most once."""
    players, members = run.players, run.members
    player, staying = players[mover], 0
    g, member = player.group, run.talks_groups[player.group].head
    while member != NOBODY:
        if member != mover:
            members[staying] = member
            staying += 1
        member = players[member].after
    player.pays_exit = player.pays_exit or player.exit_fee > 0.0
    close_group(run.talks_groups, g)
    settle(run, staying, g)
    alert(run, members, staying)
    members[0] = mover
    settle(run, 1, NOBODY)
    alert(run, members, 1)


@kernel
def settle(run: Run, count: int, g: int) -> None:
    """Make those on the desk, in the order of the nation, group `g`; a single one is alone, without contract."""
    players, members = run.players, run.members
    if count == 1:
        player = players[members[0]]
        player.group, player.after, player.payoff, player.exit_fee = NOBODY, NOBODY, 0.0, 0.0
        return
    group = run.talks_groups[g]
    group.lead = appraise(run, count, -np.inf)[0]
    group.head, group.members = members[0], count
    for k in range(count):
        player = players[members[k]]
        player.group, player.payoff = g, run.payoffs[k]
        player.after = members[k + 1] if k + 1 < count else NOBODY


@kernel
def close_group(groups: NDArray[np.void], g: int) -> None:
    """Free the row of group `g`, if it is one."""
    if g != NOBODY:
        groups[g].members = 0


@kernel
def free_row(groups: NDArray[np.void], lead: int) -> int:
    """Return the row for a new group: that of its lead, or the next one that is free and was so before the talks."""
    g = lead
    while groups[g].members > 0 or groups[g].has_contract:
        g = (g + 1) % groups.size
    return g


@kernel
def alert(run: Run, members: Integers, count: int) -> None:
    """Let municipalities whose group has changed, and their neighbours, have another turn if they take part."""
    for k in range(count):
        i = members[k]
        run.players[i].is_due = run.players[i].opens
        for place in range(run.offsets[i], run.offsets[i + 1]):
            neighbour = run.players[run.neighbours[place]]
            neighbour.is_due = neighbour.opens
