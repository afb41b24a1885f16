"""How much can the vendors do, and how long do they say it takes?

    K(0)        = kappa_cap Z / (T_0 - r)               reference jobs a month; Z = book by incumbency, T_0 = March
                                                        2026, r = r_mean, or r_sp of a specialist
    K(t + 1)    = K(t) (1 + g_v)                        organic growth
    programme   : + Delta_K K(0) once, in month t_K + d_hire
    ceiling     : all K together at most K_max times all K(0)
    deadline    : k_post K(0), once, at T_D, when project teams are released; also where a notice cut K before
    queue wait  = book / K                              months, at most W_max = 120
    quoted wait = max(months until the product is available, queue wait), at most W_max

Waits are as of the start of a month. Engineers sit in branches (`initialisation`); the part phi_tr of them works in any
prefecture, after those of its own branch (`vendor_queue`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dxsim.kernel import kernel

if TYPE_CHECKING:
    from dxsim.model.state import Run

# The month after March 2026: how vendors are staffed at the start does not move with a deadline that is set otherwise.
STAFFED_FOR = 60
LONGEST_WAIT = 120.0  # months that a vendor quotes at most


@kernel
def initial_capacity(ratio: float, book: float, mean_availability: float) -> float:
    """Return K(0) (reference jobs a month): `ratio` of the work of `book` between availability and reference date.

    Where the mean date of product availability is on or after the reference date, one month is taken.
    """
    return ratio * book / max(1.0, STAFFED_FOR - mean_availability)


@kernel
def queue_wait(book: float, capacity: float) -> float:
    """Return the months of work in a vendor's book; the longest wait where it has no capacity."""
    return min(LONGEST_WAIT, book / capacity) if capacity > 0.0 else LONGEST_WAIT


@kernel
def quoted_wait(months_to_product: float, months_of_work: float) -> float:
    """Return the months until a vendor says it can begin: until its product and its engineers are ready."""
    return min(LONGEST_WAIT, max(months_to_product, months_of_work))


@kernel
def change(run: Run, month: int) -> None:
    """Apply growth, the hiring programme, the ceiling, the release of teams and the events of this month."""
    vendors, nation = run.vendors, run.nation[0]
    hires = month == run.parameters.capacity_programme_start + run.parameters.hiring_lag
    releases = month >= run.parameters.deadline and not nation.released
    total, ceiling = 0.0, 0.0
    for vendor in range(vendors.size):
        supplier = vendors[vendor]
        if month > 0:
            supplier.capacity *= 1.0 + run.parameters.organic_growth
        if hires:
            supplier.capacity += run.parameters.capacity_programme * supplier.initial_capacity
        total += supplier.capacity
        ceiling += run.parameters.labour_ceiling * supplier.initial_capacity
    for vendor in range(vendors.size):
        if total > ceiling:
            vendors[vendor].capacity *= ceiling / total
        if releases:
            vendors[vendor].capacity = run.parameters.capacity_after_deadline * vendors[vendor].initial_capacity
    if releases:
        nation.released = 1
    for event in range(run.vendor_events.size):
        shock = run.vendor_events[event]
        if shock.month == month:
            vendors[shock.vendor].capacity *= shock.capacity_factor


@kernel
def quote(run: Run, month: int) -> None:
    """Let every vendor quote its wait for every lot, as of the start of this month."""
    vendors = run.vendors
    for vendor in range(vendors.size):
        supplier = vendors[vendor]
        supplier.queue_wait = queue_wait(max(0.0, supplier.book), supplier.capacity)
        for lot in range(run.product_month.shape[1]):
            to_product = run.product_month[vendor, lot] - month
            run.quoted_wait[vendor, lot] = quoted_wait(to_product, supplier.queue_wait)
