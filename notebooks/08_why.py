# %% [markdown]
# # 8. Why did this town decide so?
#
# **Question.** A town is late with most of its systems although it decided in time. Why, and what would have changed it?
#
# A model that only gives totals asks for trust. This one can be asked about a single municipality, month by month. It is an invented one,
# and one simulated run: no forecast for anybody.

# %%
import pandas as pd

import dxsim
from dxsim import plots

pd.set_option("display.precision", 2)
nation = dxsim.load_nation("synthetic")
scenario = dxsim.load_scenario("baseline")
records = dxsim.simulate(nation, scenario, seed=1)

# %% [markdown]
# ## Step 1: find a case
#
# Towns that are in a group, committed early and are late with ten systems or more:

# %%
towns = records.municipalities.query("type == 'town' and late_systems >= 10 and group_size > 1")
early = towns.sort_values(["first_commit", "code"])
early[["code", "name", "population", "readiness", "first_commit", "late_systems", "group_size", "main_vendor"]].head(5)

# %% [markdown]
# ## Step 2: ask
#
# `biography` runs the model again and follows one municipality; `counterfactuals` runs it once more for each thing that might have been
# different, on the same random numbers.

# %%
code = early["code"].iloc[0]
town = dxsim.biography(nation, scenario, 1, code)
changes = dxsim.counterfactuals(nation, scenario, 1, code)
print(dxsim.story(town, changes))

# %% [markdown]
# ## Step 3: see it

# %%
plots.timeline(town)

# %% [markdown]
# ## Step 4: how a decision comes about
#
# Three motives add up month by month to a cumulative hazard: its own, its peers' and the mandate's. When it passes a threshold that was drawn at the
# start, and the budget gate is open, the lot is decided. The months before the decision on the core package:

# %%
hazards = town.hazards[town.hazards["lot"] == "core"].set_index("month")
hazards[["own_motive", "peers", "mandate", "cumulative_hazard", "threshold", "gate", "slack"]].tail(6).round(3)

# %% [markdown]
# And why this vendor: the term that spoke most for it, and by how much it was ahead of the second.

# %%
town.lots.set_index("lot")[
    ["decided", "cause", "legacy_vendor", "vendor", "why", "runner_up", "margin", "late_systems", "reason"]
]

# %% [markdown]
# ## Step 5: where it got stuck
#
# Months between order, begin of work and going live. What is longest is what made it late.

# %%
lots = town.lots.set_index("lot")
steps = pd.DataFrame(
    {
        "decided to ordered": lots["ordered"] - lots["decided"],
        "ordered to begun": lots["started"] - lots["ordered"],
        "begun to all live": lots["live"] - lots["started"],
    }
)
steps.apply(lambda column: (column.dt.days / 30.44).round(0))

# %% [markdown]
# ## Step 6: is it typical?
#
# Of all towns that are late with ten systems or more: which reasons, and which vendors?

# %%
late = records.systems.merge(towns[["code"]], on="code").query("late")
pd.DataFrame({"late systems": late["reason"].value_counts()})

# %%
late["vendor"].value_counts().head(3).to_frame("late systems")

# %% [markdown]
# **Answer.** The story says what it waited for, the counterfactuals what would have spared it, and step 6 whether it shares its fate with others.
#
# ## Exercises
#
# 1. Find a town of the same size that is not late. Compare the two stories: luck, vendor, staff or money?
# 2. Choose a municipality with `late_R5` above zero. Is its own side to blame in the story too?
# 3. Run `biography` for one town under three seeds. Which parts of the story stay, which change?
# 4. With Mesa: `dxsim.MunicipalDXModel("synthetic", "baseline", rng=1)`, step it to the town's decision and look at its neighbours.
