# %% [markdown]
# # 6. Residents and exclusion
#
# **Question.** Once procedures are online, counters could close and money be saved. Who would be shut out, and what does it take to prevent it?

# %%
import pandas as pd

import dxsim
from dxsim import plots

nation = dxsim.load_nation("synthetic")

# %% [markdown]
# ## Step 1: as it is
#
# In the baseline counters stay. Everybody gets a procedure done one way or another: online, with help, or at the counter.

# %%
baseline = dxsim.simulate(nation, dxsim.load_scenario("baseline"), seed=1)
plots.residents(baseline)

# %% [markdown]
# The channels by age, in the last year:

# %%
last_year = baseline.residents[(baseline.residents["type"] == "all") & (baseline.residents["month"] >= "2035-04-01")]
channels = ["online", "assisted", "analog", "excluded"]
by_age = last_year.groupby("cohort", sort=False)[channels].sum()
by_age.div(by_age.sum(axis=1), axis=0).round(3)

# %% [markdown]
# ## Step 2: predict
#
# From April 2026 on all counters close within two years. Which share of procedures of those of 85 and over will not get done? Write it down.
#
# ## Step 3: counters close

# %%
names = {
    "counters stay": "baseline",
    "counters close": "digital_only_sunset",
    "close, with support": "sunset_with_support",
    "support, counters stay": "support_desks",
}
runs = {name: dxsim.simulate(nation, dxsim.load_scenario(scenario), seed=1) for name, scenario in names.items()}
plots.residents(runs["counters close"])

# %%
values = {name: run.summary.set_index("kpi")["value"] for name, run in runs.items()}
table = pd.DataFrame(values).T[["excluded_share", "excluded_share_85_over", "digital_gap"]].round(3)
table["channel cost, billion yen"] = [(of["channel_cost"] / 1e9).round() for of in values.values()]
table["hours of residents, millions"] = [(of["burden_hours"] / 1e6).round() for of in values.values()]
table

# %% [markdown]
# ## Step 4: the price of a procedure that does get done
#
# What support costs against closing alone, divided by the procedures that it saves:

# %%
alone, helped = values["counters close"], values["close, with support"]
saved = alone["excluded_person_months"] - helped["excluded_person_months"]
price = (helped["channel_cost"] - alone["channel_cost"]) / saved
print(f"Support brings back {saved / alone['excluded_person_months']:.0%} of the procedures that were lost,")
print(f"at {price:,.0f} yen for each.")

# %% [markdown]
# ## Step 5: where

# %%
plots.size_classes({name: runs[name] for name in ("counters close", "close, with support")}, "excluded_share")

# %% [markdown]
# How unequal it is between municipalities, weighted by residents (0: the same everywhere):

# %%
unequal = {name: run.equity.query("weighting == 'residents' and measure == 'gini'") for name, run in runs.items()}
pd.DataFrame({name: table.set_index("outcome")["value"] for name, table in unequal.items()}).T.round(3)

# %% [markdown]
# **Answer.** The table of step 3 says how many are shut out and how old they are, step 4 what it costs to reach them. The figures on residents
# rest on assumptions more than those on systems do: take the direction and the order, not the third digit.
#
# ## Exercises
#
# 1. `take_up_closing` closes a counter only where few use it. Is that enough to keep people in?
# 2. `post_offices` against `support_desks`: the same number of places for each 10,000 older residents. Which does more?
# 3. Who saves what by closing? Compare `channel_cost` by type of municipality (`records.money`, account `channels`).
# 4. Write a scenario file that closes counters in cities only, from 2028 (`policies:` with `who:`), and run it.
