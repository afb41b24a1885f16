# %% [markdown]
# # 3. What a deadline does
#
# **Question.** If the deadline had been a year earlier or later, would fewer systems have been late, and would they have been live sooner?
#
# Two different questions hide in there. A later deadline makes "late" easier to avoid by definition. Whether residents get the new
# systems sooner is another matter.

# %%
import pandas as pd
from IPython.display import Markdown

import dxsim
from dxsim import plots

pd.set_option("display.max_colwidth", None)
nation = dxsim.load_nation("synthetic")

# %% [markdown]
# ## Step 1: predict
#
# Before you run anything, write down: with the deadline two years later, will systems go live **earlier, later or at the same time** on average?
#
# ## Step 2: four deadlines, one seed

# %%
deadlines = {"March 2026": "2026-03", "March 2025": "2025-03", "March 2027": "2027-03", "March 2028": "2028-03"}
runs = {
    name: dxsim.simulate(nation, dxsim.load_scenario("baseline", {"policy.deadline": deadline}), seed=1)
    for name, deadline in deadlines.items()
}
plots.curves(runs, "live")

# %% [markdown]
# Vendors plan their work towards the date. But they can work only on products that are there, and only so much a month.

# %%
plots.lateness(runs["March 2026"])

# %% [markdown]
# ## Step 3: what holds systems up
#
# The model books every month of every system, from the mandate until it is live, to one thing that held it up. Months per system:

# %%
hold_ups = ["no_product", "no_engineer", "booked_again", "window"]
ledger = pd.DataFrame({name: run.summary.set_index("kpi")["value"] for name, run in runs.items()})
dxsim.label(ledger.loc[[f"delay_{name}" for name in hold_ups]].round(1))

# %% [markdown]
# ## Step 4: is it chance?
#
# Six seeds for each deadline. The same seeds everywhere, so that each difference is between twins.

# %%
study = dxsim.Study(
    "deadlines",
    cases=[{"name": name, "policy.deadline": deadline} for name, deadline in deadlines.items()],
    seeds={"first": 1, "count": 6},
)
found = dxsim.compare(dxsim.run_sweep(study, "deadlines"))
kpis = ["late_share", "restricted_mean_months_to_live", "own_burden", "incidents"]
plots.differences(found, kpis)

# %%
dxsim.effects(found, kpis)

# %%
verdicts = found.differences.set_index(["kpi", "case"])["verdict"]
late, live = (verdicts[kpi, "March 2028"] for kpi in kpis[:2])
meaning = {
    (
        "better",
        "worse",
    ): "fewer systems are late, but they go live later: the later date moves the mark, and residents wait longer",
    ("better", "better"): "fewer systems are late, and they go live sooner: the later date helps residents",
    (
        "better",
        "unclear",
    ): "fewer systems are late, and it was not shown that they go live at another time: the later date moves the mark",
}.get((late, live), "the two together allow no simple word")
Markdown(
    "**Answer.** Two years later:\n\n"
    + "\n".join(f"- {dxsim.effect(found, kpi, 'March 2028')}." for kpi in kpis)
    + f"\n\nSo {meaning}. A year earlier:\n\n"
    + "\n".join(f"- {dxsim.effect(found, kpi, 'March 2025')}." for kpi in kpis[:2])
)

# %% [markdown]
# ## Exercises
#
# 1. `firm_deadline` gives nobody a second date, `extension` gives it to all. Run both with six seeds. Which moves lateness more?
# 2. `phased_small_first` and `phased_large_first` spread the deadline. Who is late then, small or large municipalities?
# 3. Leave the date and add engineers: raise `policy.capacity_programme` to 0.4. Is that worth a year of deadline?

# %% tags=["solution"]
beliefs = dxsim.Study("beliefs", scenarios=["baseline", "firm_deadline", "extension"], seeds={"first": 1, "count": 6})
expected = dxsim.compare(dxsim.run_sweep(beliefs, "beliefs"))
for name in ("firm_deadline", "extension"):
    print(f"{dxsim.effect(expected, 'late_share', name)}.")

# %% tags=["solution"]
phases = dxsim.Study(
    "phases", scenarios=["baseline", "phased_small_first", "phased_large_first"], seeds={"first": 1, "count": 6}
)
phased = dxsim.compare(dxsim.run_sweep(phases, "phases"))
for name in ("phased_small_first", "phased_large_first"):
    for size in ("under_5k", "200k_to_500k"):
        print(f"{dxsim.effect(phased, 'late_share', name, size)}.")

# %% tags=["solution"]
capacity = dxsim.Study(
    "capacity",
    cases=[
        {"name": "a year more", "policy.deadline": "2027-03", "policy.capacity_programme": 0},
        {"name": "40 % more engineers", "policy.deadline": "2026-03", "policy.capacity_programme": 0.4},
    ],
    seeds={"first": 1, "count": 6},
)
worth = dxsim.compare(dxsim.run_sweep(capacity, "capacity"))
print(f"{dxsim.effect(worth, 'late_share', '40 % more engineers')}.")
