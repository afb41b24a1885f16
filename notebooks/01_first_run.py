# %% [markdown]
# # 1. A first run in five minutes
#
# **Question.** By the national deadline, how many of the municipalities' core systems are late, whose are they, and why?
#
# You need nothing but dxsim. The first run on a machine compiles the model, which takes about two minutes once; after that
# a run of 180 months for 1,741 municipalities takes well under a second.

# %%
import dxsim
from dxsim import plots

# %% [markdown]
# ## Step 1: who takes part
#
# The nation that ships is synthetic: its municipalities are invented, drawn from published statistics. None of them is a real one.

# %%
nation = dxsim.load_nation("synthetic")
nation

# %% [markdown]
# ## Step 2: under which policy
#
# A scenario is a small file of plain data. `baseline` is history as it was, continued. It also says what it is not sure of.

# %%
scenario = dxsim.load_scenario("baseline")
print(scenario.title["en"])
print(scenario.meaning["en"])

# %% [markdown]
# ## Step 3: run
#
# The seed is the number that all chance comes from. The same nation, scenario, seed and version give the same results, bit for bit.

# %%
records = dxsim.simulate(nation, scenario, seed=1)
records

# %% [markdown]
# ## Step 4: look
#
# A picture first. Every plot carries its content in words too (`.description`), for readers who can't see it.

# %%
plots.overview(records, nation)

# %% [markdown]
# Now the numbers: `summary` has a row for each key figure; all of them are explained in the table that `dxsim report` writes.

# %%
figures = [
    "live_share_deadline",
    "late_share",
    "municipalities_late_share",
    "late_reason_share_R4",
    "late_reason_share_R5",
]
summary = records.summary.set_index("kpi")
summary.loc[figures].round(3)

# %% [markdown]
# **Answer.** Read it off: `late_share` of all systems are late, in `municipalities_late_share` of the municipalities. R4 is the share that waits for
# vendors' people, R5 the share that is late for the municipality's own sake. Whose they are: the late systems by type of municipality.

# %%
by_type = records.municipalities.groupby("type")[["systems", "late_systems"]].sum()
by_type["late_share"] = by_type["late_systems"] / by_type["systems"]
by_type.sort_values("late_share", ascending=False).round(3)

# %% [markdown]
# ## Step 5: what if?
#
# Another deadline, all else equal, with the same seed, so that chance is alike on both sides.

# %%
later = dxsim.load_scenario("baseline", {"policy.deadline": "2027-03"})
other = dxsim.simulate(nation, later, seed=1)
runs = {"March 2026": records, "March 2027": other}
plots.curves(runs, "live")

# %%
import pandas as pd

pd.DataFrame({name: run.summary.set_index("kpi")["value"] for name, run in runs.items()}).loc[figures].round(3)

# %% [markdown]
# One seed is one draw of chance. Notebook 7 shows how to tell an effect from luck.
#
# ## Exercises
#
# 1. Run the baseline with seeds 1 to 5. How far does `late_share` move although nothing but chance differs?
# 2. Which reason is second, and does it fall on the same types of municipality as the first? (`late_R1` to `late_R5` in
#    `records.municipalities`)
# 3. `dxsim.scenario_names()` lists the scenarios that ship. Choose one, read its `meaning`, write down what you expect, and run it.
# 4. Save the overview for a paper: `plots.overview(records, nation).savefig("overview.pdf")`.
