# %% [markdown]
# # 4. Cooperation: who gains, who pays
#
# **Question.** Municipalities can run systems together, buy together and lend each other staff. Who gains from it, does anybody pay for
# it, and does it matter how they share the cost?

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
# Write down two numbers: by how many yen a year and resident does cooperation lower the IT cost of a municipality below 5,000 residents,
# and of one between 100,000 and 200,000?
#
# ## Step 2: with and without, over several seeds
#
# A study compares alternatives on the same random numbers. The first one is the reference, so a difference is **the effect of cooperation**.

# %%
study = dxsim.Study(
    "with_and_without",
    cases=[
        {"name": "alone", "cooperation.formation": "none"},
        {"name": "together", "cooperation.formation": "yearly"},
    ],
    seeds={"first": 1, "count": 8},
)
found = dxsim.compare(dxsim.run_sweep(study, "with_and_without"))
measures = ["cost_per_resident", "late_share"]
plots.strata(found, measures=measures)

# %% [markdown]
# The lines are 95 % intervals over the seeds. In numbers:

# %%
dxsim.effects(found, measures, "size_class")

# %% [markdown]
# ## Step 3: who joins whom

# %%
records = dxsim.simulate(nation, dxsim.load_scenario("baseline"), seed=1)
plots.groups(records, nation)

# %% [markdown]
# One group in full: the largest. A saving below zero would mean that a member is better off alone.

# %%
largest = records.groups.sort_values("size", ascending=False).iloc[0]
members = records.municipalities.set_index("code").loc[largest["members"].split()]
members["Saving, yen per resident and year"] = (members["saving"] / members["residents_2035"]).round()
shown = members[["name", "type", "population", "Saving, yen per resident and year"]].rename(
    columns={"population": "Residents"}
)
dxsim.label(shown.sort_values("Residents", ascending=False))

# %% [markdown]
# ## Step 4: three ways to share the cost
#
# The baseline gives every member the same saving. Others charge by residents, or by the Shapley value: what a member adds to the cost on average
# over all orders of joining.

# %%
rules = {"equal savings": "equal_saving", "by residents": "population", "Shapley value": "shapley"}
study = dxsim.Study(
    "rules",
    cases=[{"name": name, "cooperation.sharing_rule": rule} for name, rule in rules.items()],
    seeds={"first": 1, "count": 6},
)
by_rule = dxsim.compare(dxsim.run_sweep(study, "rules"))
plots.strata(by_rule, measures=["cooperating_share"])

# %%
kpis = ["cooperating_share", "mean_group_size", "saving_per_resident", "worse_off_share"]
dxsim.effects(by_rule, kpis)

# %%
losers = found.equity.query("stratum == 'size_class' and verdict == 'worse' and measure in @measures")
who_pays = [f"- {dxsim.effect(found, row['measure'], 'together', row['class'])}." for _, row in losers.iterrows()]
nobody = "- No class of size was shown to be worse off in cost or lateness."
Markdown(
    "**Answer.** Who gains:\n\n"
    + "\n".join(
        f"- {dxsim.effect(found, 'cost_per_resident', 'together', size)}." for size in ("under_5k", "100k_to_200k")
    )
    + "\n".join(
        ["", *(f"- {dxsim.effect(found, 'late_share', 'together', size)}." for size in ("under_5k", "100k_to_200k"))]
    )
    + f"\n\nWho pays:\n\n{chr(10).join(who_pays) or nobody}\n\nThe rule:\n\n"
    + "\n".join(f"- {dxsim.effect(by_rule, 'cooperating_share', name)}." for name in list(rules)[1:])
)

# %% [markdown]
# ## Exercises
#
# 1. Take systems and procurement out of the deal: `staff_shared_only`. How much of the effect on cost is left?
# 2. Which classes of size leave groups when the cost is shared by residents?
# 3. `cooperation_grant`, `hub_bonus` and `small_member_grant` pay the same rate to different members. Which brings most municipalities into
#    groups for its money (`grants_paid`)?

# %% tags=["solution"]
partly = dxsim.Study(
    "partly", scenarios=["no_cooperation", "staff_shared_only", "baseline"], seeds={"first": 1, "count": 6}
)
part = dxsim.compare(dxsim.run_sweep(partly, "partly"))
for name in ("staff_shared_only", "baseline"):
    print(f"{dxsim.effect(part, 'cost_per_resident', name, 'under_5k')}.")

# %% tags=["solution"]
classes = by_rule.equity.query("stratum == 'size_class' and measure == 'cooperating_share' and case == 'by residents'")
for size in classes.loc[classes["monte_carlo_high"] < 0, "class"]:
    print(f"{dxsim.effect(by_rule, 'cooperating_share', 'by residents', size)}.")

# %% tags=["solution"]
grants = ["baseline", "cooperation_grant", "hub_bonus", "small_member_grant"]
paid = dxsim.compare(dxsim.run_sweep(dxsim.Study("grants", scenarios=grants, seeds={"first": 1, "count": 6}), "grants"))
for name in grants[1:]:
    print(f"{dxsim.effect(paid, 'cooperating_share', name)}.")
    print(f"{dxsim.effect(paid, 'grants_paid', name)}.")
