# %% [markdown]
# # 4. Cooperation: who gains, who pays
#
# **Question.** Municipalities can run systems together, buy together and lend each other staff. Who gains from it, does anybody pay for
# it, and does it matter how they share the cost?

# %%
import pandas as pd

import dxsim
from dxsim import plots

nation = dxsim.load_nation("synthetic")

# %% [markdown]
# ## Step 1: predict
#
# Write down two numbers: by how many yen a year and resident does cooperation lower the IT cost of a municipality below 5,000 residents,
# and of one above 100,000?
#
# ## Step 2: with and without, over several seeds
#
# A study compares scenarios on the same random numbers. The first one is the reference, so a difference is **the effect of cooperation**.

# %%
study = dxsim.Study("with_and_without", scenarios=["no_cooperation", "baseline"], seeds={"first": 1, "count": 10})
results = dxsim.run_sweep(study, "with_and_without")
found = dxsim.compare(results)
plots.strata(found)

# %% [markdown]
# The lines are 95 % intervals over the seeds. In numbers:

# %%
rows = found.equity.query("stratum == 'size_class' and measure == 'cost_per_resident'").set_index("class")
rows = rows.loc[["under_5k", "5k_to_10k", "10k_to_30k", "30k_to_50k", "50k_to_100k", "100k_to_200k"]]
rows[["reference_mean", "case_mean", "difference", "monte_carlo_low", "monte_carlo_high", "verdict"]].round(0)

# %% [markdown]
# ## Step 3: who joins whom

# %%
records = dxsim.simulate(nation, dxsim.load_scenario("baseline"), seed=1)
plots.groups(records, nation)

# %% [markdown]
# One group in full: the largest. `saving` is what a member saves a year against running its systems alone; below zero it would be better
# off alone.

# %%
largest = records.groups.sort_values("size", ascending=False).iloc[0]
members = records.municipalities.set_index("code").loc[largest["members"].split()]
members = members.assign(saving_per_resident=members["saving"] / members["residents_2035"])
members[["type", "population", "saving_per_resident"]].sort_values("population", ascending=False).round(0)

# %% [markdown]
# ## Step 4: three ways to share the cost
#
# The baseline gives every member the same saving. `sharing_by_population` charges by residents. `sharing_shapley` charges by the Shapley
# value, what a member adds to the cost on average over all orders of joining.

# %%
rules = {"equal savings": "baseline", "by residents": "sharing_by_population", "Shapley value": "sharing_shapley"}
kpis = ["groups", "cooperating_share", "mean_group_size", "saving_per_resident", "worse_off_share"]
by_rule = {}
for name, scenario in rules.items():
    run = dxsim.simulate(nation, dxsim.load_scenario(scenario), seed=1)
    by_rule[name] = run
pd.DataFrame({name: run.summary.set_index("kpi")["value"].loc[kpis] for name, run in by_rule.items()}).T.round(3)

# %%
plots.size_classes(by_rule, "cooperating_share")

# %% [markdown]
# **Answer.** The table in step 2 says who gains and how sure that is. The figure above says who stays out under which rule: a rule that asks
# large members to pay more than they would alone has nobody to lead a group.
#
# ## Exercises
#
# 1. Take systems out of the deal: `staff_shared_only`. How much of the effect in step 2 is left?
# 2. Who pays in step 2? Look for classes whose difference is above zero, in any of the four measures.
# 3. `cooperation_grant`, `hub_bonus` and `small_member_grant` pay the same rate to different members. Which makes most groups for its money
#    (`grants_paid`)?
# 4. Why does the Shapley value give nearly what equal savings give? (`dxsim.load_scenario("sharing_shapley").expected`)
