# %% [markdown]
# # 1. A first run in five minutes
#
# **Question.** By the national deadline, how many of the municipalities' core systems are late, whose are they, and why?
#
# You need nothing but dxsim. The first run on a machine compiles the model, which takes some minutes once; after that
# a run of 180 months for 1,741 municipalities takes a second or so.

# %%
import pandas as pd
from IPython.display import Markdown

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
# Now the numbers. `summary` has a row for each key figure, and `dxsim.label` puts names into words.

# %%
figures = [
    "live_share_deadline",
    "late_share",
    "municipalities_late_share",
    "late_reason_share_R4",
    "late_reason_share_R5",
]
summary = records.summary.set_index("kpi").loc[figures].round(3)
dxsim.label(summary)

# %% [markdown]
# Whose they are: the late systems by type of municipality.

# %%
by_type = records.municipalities.groupby("type")[["systems", "late_systems"]].sum()
by_type = by_type.rename(columns={"systems": "Systems", "late_systems": "Late systems"})
by_type["Late, %"] = (100 * by_type["Late systems"] / by_type["Systems"]).round(1)
by_type = dxsim.label(by_type.sort_values("Late, %", ascending=False))
by_type

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
both = pd.DataFrame({name: run.summary.set_index("kpi")["value"] for name, run in runs.items()}).loc[figures].round(3)
dxsim.label(both)

# %%
value, late = summary["value"], both.loc["late_share"]
change = {True: "fewer systems are late", False: "no fewer systems are late"}[late["March 2027"] < late["March 2026"]]
Markdown(
    f"""**Answer.** In this run {value["late_share"]:.1%} of the systems are late at the deadline, in
{value["municipalities_late_share"]:.1%} of the municipalities. Of the late systems {value["late_reason_share_R4"]:.1%} wait for the vendors'
engineers (reason R4), and {value["late_reason_share_R5"]:.1%} are late for the municipality's own sake (R5). The largest share is late in this
type: {by_type.index[0].lower()} ({by_type["Late, %"].iloc[0]} %); the smallest in this one: {by_type.index[-1].lower()} ({by_type["Late, %"].iloc[-1]} %).
With a deadline a year later {change}: {late["March 2027"]:.1%} in place of {late["March 2026"]:.1%}. That is one seed, which is one
draw of chance; notebooks 3 and 7 tell an effect from luck."""
)

# %% [markdown]
# ## Exercises
#
# 1. Run the baseline with seeds 1 to 5. How far does the share of late systems move although nothing but chance differs?
# 2. Which reason is second, and does it fall on the same types of municipality as the first? (`late_R1` to `late_R5` in
#    `records.municipalities`)
# 3. `dxsim.scenario_names()` lists the scenarios that ship. Read the `meaning` of `deadline_2028`, write down what you expect, and run it.
#
# A figure for a paper: `plots.overview(records, nation).savefig("overview.pdf")`.

# %% tags=["solution"]
shares = []
for seed in range(1, 6):
    run = dxsim.simulate(nation, scenario, seed)
    shares.append(run.summary.set_index("kpi").loc["late_share", "value"])
print(f"Between {min(shares):.1%} and {max(shares):.1%} of the systems are late, by chance alone.")

# %% tags=["solution"]
ranked = records.systems.query("late")["reason"].value_counts()
print(
    f"The second reason: {dxsim.label(ranked.to_frame()).index[1]}, {ranked.iloc[1]:,} of {ranked.sum():,} late systems."
)
of_type = records.municipalities.groupby("type")[[f"late_{reason}" for reason in ranked.index[:2]]].sum()
first, second = dxsim.label((of_type / of_type.sum()).idxmax().to_frame("type"))["Type"]
print(f"Most systems that are late for the first reason: {first}; for the second: {second}.")

# %% tags=["solution"]
meant = dxsim.load_scenario("deadline_2028")
moved = dxsim.simulate(nation, meant, seed=1).summary.set_index("kpi")["value"]
print(meant.meaning["en"])
print(f"Late systems: {moved['late_share']:.1%} in place of {summary.loc['late_share', 'value']:.1%}.")
