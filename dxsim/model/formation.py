"""How do groups of municipalities form, change and dissolve?

Each October the share phi_talk of the bodies, drawn anew, opens talks, if `formation` is yearly. They take turns in an
order drawn for the nation, again and again until nobody moves or n_sweep rounds are over; the others only answer. In
its turn a body draws k_talk neighbours and makes the first of these moves that is accepted:

unite     its group, or itself if it has none, with that of a drawn neighbour     accepted if all of both gain
leave     its group                                                                if it gains
split     as lead: the members on other main vendors become a group of their own   if all of these gain
expel     as lead: the member on another main vendor farthest away                 if all the others gain

To gain is to have a payoff (`coalition`) higher by more than epsilon_join C({i}); no group has more than n_max members;
who leaves or splits before the contract ends also wants the exit fee back. So acceptance is individually stable: nobody
is united against its will. A body draws the same neighbours in every round of one October, so a turn can only come out
differently if its own group or that of a neighbour has changed since: only such bodies are asked again. Whether moves
are left when the rounds run out is tested over these draws; it is not the core of the game.

Sources: Vernon-Bido and Collins 2021 (moves); Bogomolnaia and Jackson 2002 (individual stability).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dxsim import streams
from dxsim.kernel import kernel
from dxsim.model.coalition import (
    LEAVERS,
    MEMBERS,
    MONTHS_OF_YEAR,
    PARTNERS,
    PAYOFFS,
    WANTED,
    Desk,
    Players,
    appraise,
    distance,
    invite,
    largest,
    lay_desk,
)
from dxsim.model.state import ACCEPTED, BLOCKING, TESTED, Country, Integers, State

NONE, YEARLY = 0, 1
NOBODY = -1  # no group, no further member
OCTOBER = 6  # month of the fiscal year, April = 0
LOOK, MOVE = 0, 1  # purpose of a turn
OPENING = 128  # index of the draw of who opens talks, past those of partners


TALKS_GROUP = np.dtype(
    [
        ("members", np.int64),  # how many, 0 = there is no such group
        ("lead", np.int64),  # its largest member
        ("head", np.int64),  # its first member in the order of the nation
        ("has_contract", np.bool_),  # the row is that of a present group, whose contract no new one takes over
    ]
)


class Talks(NamedTuple):
    """What is talked about in an October."""

    players: Players  # (n,) bodies
    groups: NDArray[np.void]  # (n,) TALKS_GROUP
    offsets: Integers  # (n + 1,) where a body's neighbours begin
    neighbours: Integers  # (m,) indices of bodies
    results: Integers  # (3,) state.TALKS


@kernel(makes_arrays=True)
def form(country: Country, state: State, parameters: np.record, seed: int, month: int) -> None:
    """In October let groups form, change and dissolve, with effect from April on."""
    p = parameters
    if month % MONTHS_OF_YEAR != OCTOBER or p.formation == NONE:
        return
    talks, desk = open_talks(country, state, p, seed, month), lay_desk(country.municipalities.size)
    gather(state, talks, desk, p)
    order = order_of_turns(talks.players, seed, month)
    accepted = 1
    for _ in range(p.sweeps):
        accepted = take_turns(talks, desk, order, p, seed, month)
        if accepted == 0:
            break
    if accepted > 0:
        for mover in order:
            if talks.players[mover].is_due and take_turn(talks, desk, mover, p, seed, month, LOOK):
                talks.results[BLOCKING] += 1
    for entry in range(talks.results.size):
        state.talks[entry] = talks.results[entry]
    for i in range(talks.players.size):
        body, player = state.municipalities[i], talks.players[i]
        body.next_group, body.pays_exit = player.group, player.pays_exit


@kernel(makes_arrays=True)
def open_talks(country: Country, state: State, p: np.record, seed: int, month: int) -> Talks:
    """Return talks in which everyone is alone, with those who open them due."""
    players = invite(country, state, p, month)
    for i in range(players.size):
        player = players[i]
        player.opens = streams.uniform(seed, streams.TALKS, player.code, month, OPENING) < p.talks_share
        player.is_due = player.opens
    return Talks(
        players=players,
        groups=np.zeros(country.municipalities.size, dtype=TALKS_GROUP),
        offsets=country.offsets,
        neighbours=country.neighbours,
        results=np.zeros(BLOCKING + 1, dtype=np.int64),
    )


@kernel
def gather(state: State, talks: Talks, desk: Desk, p: np.record) -> None:
    """Bring the groups that there are into the talks."""
    for g in range(state.groups.size):
        size, member = state.groups[g].members, state.groups[g].head
        for k in range(size):
            desk.lists[MEMBERS, k] = member
            member = state.municipalities[member].after
        if size > 0:
            talks.groups[g].has_contract = True
            settle(talks, desk, size, g, p)


@kernel(makes_arrays=True)
def order_of_turns(players: Players, seed: int, month: int) -> Integers:
    """Return the bodies that open talks in the order in which they take turns."""
    openers = np.flatnonzero(players["opens"])
    draw = np.empty(openers.size)
    for place in range(openers.size):
        draw[place] = streams.uniform(seed, streams.TALKS, players[openers[place]].code, month, 0)
    return openers[np.argsort(draw, kind="mergesort")]


@kernel
def take_turns(talks: Talks, desk: Desk, order: Integers, p: np.record, seed: int, month: int) -> int:
    """Let every body that is due take its turn; return how many moved."""
    accepted = 0
    for mover in order:
        if talks.players[mover].is_due:
            talks.players[mover].is_due = False
            accepted += take_turn(talks, desk, mover, p, seed, month, MOVE)
    talks.results[ACCEPTED] += accepted
    return accepted


@kernel
def take_turn(talks: Talks, desk: Desk, mover: int, p: np.record, seed: int, month: int, purpose: int) -> bool:
    """Return whether the mover has a move that is accepted; it is carried out unless the purpose is to LOOK."""
    first, degree = talks.offsets[mover], talks.offsets[mover + 1] - talks.offsets[mover]
    partners, player = desk.lists[PARTNERS], talks.players[mover]
    for j in range(degree):
        partners[j] = talks.neighbours[first + j]
    for j in range(min(p.candidate_moves, degree)):
        pick = j + int(streams.uniform(seed, streams.TALKS, player.code, month, 1 + j) * (degree - j))
        partner = partners[pick]
        partners[pick] = partners[j]
        if unite(talks, desk, mover, partner, p, purpose):
            return True
    if player.group == NOBODY:
        return False
    if leave(talks, desk, mover, p, purpose):
        return True
    if talks.groups[player.group].lead != mover:
        return False
    return split(talks, desk, player.group, p, purpose) or expel(talks, desk, player.group, p, purpose)


@kernel
def least_payoff(player: np.record, p: np.record) -> float:
    """Return the payoff (yen a year) above which a body moves."""
    return player.payoff + p.join_threshold * player.cost


@kernel(inner=True)
def would_gain(talks: Talks, desk: Desk, count: int, p: np.record, fee: float) -> bool:
    """Return whether each of the bodies on the desk gains as a group of its own after this part of its exit `fee`."""
    talks.results[TESTED] += 1
    wanted, payoffs = desk.numbers[WANTED], desk.numbers[PAYOFFS]
    total, losers = 0.0, 0
    for k in range(count):
        player = talks.players[desk.lists[MEMBERS, k]]
        wanted[k] = least_payoff(player, p) + fee * player.exit_fee
        total += wanted[k]
    appraise(talks.players, desk, count, p, total)
    for k in range(count):
        losers += payoffs[k] <= wanted[k]
    return losers == 0


@kernel(inner=True)
def unite(talks: Talks, desk: Desk, mover: int, partner: int, p: np.record, purpose: int) -> bool:
    """Return whether the groups of two bodies, or these themselves, unite."""
    players, groups, members = talks.players, talks.groups, desk.lists[MEMBERS]
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
    if not would_gain(talks, desk, size, p, 0.0):
        return False
    if purpose == MOVE:
        lead = largest(players, members, size)
        g = players[lead].group
        if g == NOBODY:
            g = max(one, other)  # at most one of them is a group
        if g == NOBODY:
            g = free_row(groups, lead)
        close_group(groups, one)
        close_group(groups, other)
        settle(talks, desk, size, g, p)
        alert(talks, members, size)
    return True


@kernel(inner=True)
def leave(talks: Talks, desk: Desk, mover: int, p: np.record, purpose: int) -> bool:
    """Return whether a body leaves its group."""
    talks.results[TESTED] += 1
    player = talks.players[mover]
    if least_payoff(player, p) + player.exit_fee >= 0.0:
        return False
    if purpose == MOVE:
        g = player.group
        walk_out(player, NOBODY)
        part(talks, desk, g, p)
    return True


@kernel(inner=True)
def split(talks: Talks, desk: Desk, g: int, p: np.record, purpose: int) -> bool:
    """Return whether the members of a group on another main vendor than its lead form a group of their own."""
    players, members = talks.players, desk.lists[MEMBERS]
    vendor = players[talks.groups[g].lead].vendor
    count, member = 0, talks.groups[g].head
    while member != NOBODY:
        if players[member].vendor != vendor:
            members[count] = member
            count += 1
        member = players[member].after
    if count < 2 or not would_gain(talks, desk, count, p, 1.0):
        return False
    if purpose == MOVE:
        new = free_row(talks.groups, largest(players, members, count))
        for k in range(count):
            walk_out(players[members[k]], new)
        part(talks, desk, g, p)
    return True


@kernel(inner=True)
def expel(talks: Talks, desk: Desk, g: int, p: np.record, purpose: int) -> bool:
    """Return whether a group of more than two expels its member on another main vendor farthest from its lead."""
    players, members = talks.players, desk.lists[MEMBERS]
    expelled, farthest, lead = NOBODY, 0.0, players[talks.groups[g].lead]
    member = talks.groups[g].head
    while member != NOBODY:
        away = distance(lead, players[member])
        if players[member].vendor != lead.vendor and (expelled == NOBODY or away > farthest):
            expelled, farthest = member, away
        member = players[member].after
    if expelled == NOBODY or talks.groups[g].members <= 2:
        return False
    count, member = 0, talks.groups[g].head
    while member != NOBODY:
        if member != expelled:
            members[count] = member
            count += 1
        member = players[member].after
    if not would_gain(talks, desk, count, p, 0.0):
        return False
    if purpose == MOVE:
        players[expelled].group = NOBODY
        part(talks, desk, g, p)
    return True


@kernel
def walk_out(player: np.record, g: int) -> None:
    """Let a body leave its group for group `g` or none; it owes an exit fee at most once."""
    player.pays_exit = player.pays_exit or player.exit_fee > 0.0
    player.exit_fee = 0.0
    player.group = g


@kernel(inner=True)
def part(talks: Talks, desk: Desk, g: int, p: np.record) -> None:
    """Part group `g` into those who still say they are in it and those who do not, and settle both."""
    players, members, leavers = talks.players, desk.lists[MEMBERS], desk.lists[LEAVERS]
    staying, leaving, new, member = 0, 0, NOBODY, talks.groups[g].head
    while member != NOBODY:
        if players[member].group == g:
            members[staying] = member
            staying += 1
        else:
            leavers[leaving] = member
            leaving += 1
            new = players[member].group
        member = players[member].after
    close_group(talks.groups, g)
    settle(talks, desk, staying, g, p)
    alert(talks, members, staying)
    for k in range(leaving):
        members[k] = leavers[k]
    settle(talks, desk, leaving, new, p)
    alert(talks, members, leaving)


@kernel(inner=True)
def settle(talks: Talks, desk: Desk, count: int, g: int, p: np.record) -> None:
    """Make the bodies on the desk, in the order of the nation, group `g`; a single one is alone, without contract."""
    players, members = talks.players, desk.lists[MEMBERS]
    if count == 1:
        player = players[members[0]]
        player.group, player.after, player.payoff, player.exit_fee = NOBODY, NOBODY, 0.0, 0.0
        return
    group = talks.groups[g]
    group.lead = appraise(players, desk, count, p, -np.inf)[0]
    group.head, group.members = members[0], count
    for k in range(count):
        player = players[members[k]]
        player.group, player.payoff = g, desk.numbers[PAYOFFS, k]
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


@kernel(inner=True)
def alert(talks: Talks, members: Integers, count: int) -> None:
    """Let bodies whose group has changed, and their neighbours, have another turn if they take part."""
    for k in range(count):
        i = members[k]
        talks.players[i].is_due = talks.players[i].opens
        for place in range(talks.offsets[i], talks.offsets[i + 1]):
            neighbour = talks.players[talks.neighbours[place]]
            neighbour.is_due = neighbour.opens
