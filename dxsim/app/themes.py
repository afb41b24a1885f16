"""What scenarios are about, in the order in which a list shows them."""

from __future__ import annotations

from collections.abc import Mapping

from dxsim.app.limiting_case import LIMITING_CASE

THEMES: Mapping[str, tuple[str, ...]] = {
    "history": ("baseline", "calendar_limited", "no_vendor_notices", "geographic_peers"),
    "deadline": (
        *("deadline_2027", "deadline_2028", "extension", "firm_deadline", "late_penalty", "naming"),
        *("phased_large_first", "phased_small_first", "phased_by_lot", "phased_by_prefecture", "phased_by_vendor_load"),
    ),
    "vendors": (
        *("capacity_programme", "engineer_pool", "earlier_specifications", "groups_first"),
        *("small_municipalities_first", "open_standards", "data_export"),
        *("big_bang", "long_parallel_run", "thorough_testing"),
    ),
    "cooperation": (
        *("no_cooperation", "cooperation_grant", "small_member_grant", "hub_bonus", "facilitation"),
        *("sharing_by_population", "sharing_shapley", "staff_shared_only"),
    ),
    "money": ("full_subsidy", "subsidy_small", "subsidy_groups", "subsidy_late", "lump_sum"),
    "staff": (
        *("prefectural_staff_pool", "staff_pool_equal", "staff_pool_most_overloaded", "support_when_late"),
        "slower_rotation",
    ),
    "residents": (
        *("digital_only_sunset", "sunset_with_support", "staff_closing", "take_up_closing"),
        *("support_desks", "post_offices", "tablets", "training"),
    ),
    "data": ("national_data_sharing", "no_data_sharing", "governance_requirement", "security_baseline"),
    "theory": (LIMITING_CASE,),
}
