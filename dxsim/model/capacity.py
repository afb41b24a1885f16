"""How much can the vendors do, and how long do they say it takes?

    K(0)        = kappa_cap Z / (T_ref - r_mean)        reference jobs a month; Z = book by incumbency
    K(t + 1)    = K(t) (1 + g_v)                        organic growth
    programme   : + Delta_K K(0) once, in month t_K + d_hire
    ceiling     : all K together at most K_max times all K(0)
    deadline    : times k_post once, at T_D, when project teams are released
    output      = K (1 + n / n_learn)^b_learn           n = systems made live (Wright 1936)
    queue wait  = book / output                         months, at most W_max
    quoted wait = max(months until the product is available, queue wait), at most W_max

Waits are as of the start of a month.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dxsim.kernel import kernel

if TYPE_CHECKING:
    from dxsim.model.state import Run


@kernel
def initial_capacity(ratio: float, book: float, reference_deadline: float, mean_availability: float) -> float:
    """Return K(0) (reference jobs a month): `ratio` of the work of `book` between availability and reference date.

    Where the mean date of product availability is on or after the reference date, one month is taken.
    """
    return ratio * book / max(1.0, reference_deadline - mean_availability)


@kernel
def work_left_by_learning(experience: float, exponent: float) -> float:
    """Return (1 + x)^(-b_learn): the share of the first job's effort that a job takes after `experience` x units."""
    return (1.0 + experience) ** -exponent


@kernel
def output(capacity: float, experience: float, exponent: float) -> float:
    """Return the work (reference jobs a month) that `capacity` yields at this `experience`."""
    return capacity / work_left_by_learning(experience, exponent)


@kernel
def queue_wait(book: float, monthly_output: float, ceiling: float) -> float:
    """Return the months of work in a vendor's book; `ceiling` where it has no capacity."""
    return min(ceiling, book / monthly_output) if monthly_output > 0.0 else ceiling


@kernel
def quoted_wait(months_to_product: float, months_of_work: float, ceiling: float) -> float:
    """Return the months until a vendor says it can begin: until its product and its engineers are ready."""
    return min(ceiling, max(months_to_product, months_of_work))


@kernel
def vendor_output(supplier: np.record, parameters: np.record) -> float:
    """Return the present output of a vendor (reference jobs a month)."""
    experience = supplier.go_lives / parameters.learning_unit
    return output(supplier.capacity, experience, parameters.learning_exponent)


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
            vendors[vendor].capacity *= run.parameters.capacity_after_deadline
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
        supplier, ceiling = vendors[vendor], run.parameters.quoted_wait_ceiling
        supplier.queue_wait = queue_wait(max(0.0, supplier.book), vendor_output(supplier, run.parameters), ceiling)
        for lot in range(run.product_month.shape[1]):
            to_product = run.product_month[vendor, lot] - month
            run.quoted_wait[vendor, lot] = quoted_wait(to_product, supplier.queue_wait, ceiling)
