# %% [markdown]
# # 3. What a deadline does
#
# **Question.** If the deadline had been a year earlier or later, would fewer systems have been late, and would they have been live sooner?
#
# Two different questions hide in there. A later deadline makes "late" easier to avoid by definition. Whether residents get the new
# systems sooner is another matter.

# %%
import pandas as pd

import dxsim
from dxsim import plots

nation = dxsim.load_nation("synthetic")

# %% [markdown]
# ## Step 1: predict
#
# Before you run anything, write down: with the deadline two years later, will systems go live **earlier, later or at the same time** on average?
#
# ## Step 2: three deadlines, one seed

# %%
deadlines = ["2025-03", "2026-03", "2027-03", "2028-03"]
runs = {
    deadline: dxsim.simulate(nation, dxsim.load_scenario("baseline", {"policy.deadline": deadline}), seed=1)
    for deadline in deadlines
}
plots.curves(runs, "live")

# %% [markdown]
# The curves rise before the deadline and go on after it: the deadline pulls decisions together, but vendors can do only so much a month.

# %%
plots.lateness(runs["2026-03"])

# %% [markdown]
# ## Step 3: the queue
#
# If everybody orders for the same date, vendors' books fill up. How long is the longest queue, in months of work?

# %%
queues = pd.DataFrame(
    {
        deadline: {
            "longest queue, months": run.vendors["queue_wait"].max(),
            "reference jobs in the books, highest": run.market["book"].max(),
            "vendors that announced a shortage": run.vendors.loc[run.vendors["shortage"], "vendor"].nunique(),
        }
        for deadline, run in runs.items()
    }
)
queues.round(1)

# %% [markdown]
# ## Step 4: is it chance?
#
# Six seeds for each deadline. The same seeds everywhere, so that each difference is between twins.

# %%
outcomes = {"late_share": "late", "restricted_mean_months_to_live": "months to live", "own_burden": "own burden"}
rows = []
for deadline in deadlines:
    scenario = dxsim.load_scenario("baseline", {"policy.deadline": deadline})
    for seed in range(1, 7):
        values = dxsim.simulate(nation, scenario, seed).summary.set_index("kpi")["value"]
        rows.append({"deadline": deadline, "seed": seed, **{name: values[kpi] for kpi, name in outcomes.items()}})
found = pd.DataFrame(rows)
found["own burden"] /= 1e9
found.groupby("deadline")[["late", "months to live"]].agg(["mean", "min", "max"]).round(2)

# %%
wide = found.pivot(index="seed", columns="deadline")
difference = pd.DataFrame({name: wide[name]["2028-03"] - wide[name]["2026-03"] for name in outcomes.values()})
print("March 2028 less March 2026, seed by seed (own burden in billion yen):")
difference.round(2)

# %% [markdown]
# **Answer.** The first column says what a later date does to lateness, the second what it does to the mean month in which a system goes
# live (at most 180). If lateness falls while systems go live later, the later deadline did not help residents; it moved the mark.
#
# ## Exercises
#
# 1. `firm_deadline` and `extension` change what municipalities expect, not the date. Run both. Which moves more?
# 2. `phased_small_first` and `phased_large_first` spread the deadline. Does that shorten the queue? Who is late then?
# 3. Take the deadline away from the vendors' side: raise `policy.capacity_programme` to 0.4 with the deadline of March 2026. How many
#    months of deadline is that worth?
