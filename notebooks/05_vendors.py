# %% [markdown]
# # 5. Vendors, lock-in and portability
#
# **Question.** Most municipalities stay with the vendor that they have. If data moved freely between vendors, would they leave, would the
# market be less concentrated, and would fewer systems be late?

# %%
import pandas as pd
from IPython.display import Markdown

import dxsim
from dxsim import plots

pd.set_option("display.max_colwidth", None)
nation = dxsim.load_nation("synthetic")
records = dxsim.simulate(nation, dxsim.load_scenario("baseline"), seed=1)

# %% [markdown]
# ## Step 1: the market
#
# The vendors by number of systems that they serve, at the start and at the end. They are invented too. A specialist sells one thing only, such as
# systems for health management.

# %%
served = records.vendors.pivot(index="vendor", columns="month", values="systems_served")
market = pd.DataFrame({"April 2021": served.iloc[:, 0], "March 2036": served.iloc[:, -1]})
market["Change"] = market["March 2036"] - market["April 2021"]
general = market[market.index.str.startswith("Vendor")]
general.sort_values("April 2021", ascending=False).head(8).rename_axis("Vendor")

# %% [markdown]
# ## Step 2: who waits for whom
#
# Late systems by vendor: lateness sits with few vendors, those whose queue is longest.

# %%
systems = records.systems
late = systems.groupby("vendor").agg(**{"Systems": ("code", "size"), "Late": ("late", "sum")})
late["Late, %"] = (100 * late["Late"] / late["Systems"]).round(1)
late["Longest queue, months"] = records.vendors.groupby("vendor")["queue_wait"].max().round(1)
most = late[late.index.str.startswith("Vendor")].sort_values("Late", ascending=False).rename_axis("Vendor")
most.head(8)

# %%
top_share = late["Late"].nlargest(3).sum() / late["Late"].sum()
print(f"The three vendors with most late systems have {top_share:.1%} of them.")

# %% [markdown]
# ## Step 3: predict
#
# Portability runs from 0 (moving data costs as much as it can) to 1 (it costs nothing). Write down what you expect of 1 against 0.1: the
# share of lots that change vendor, the share of late systems, and the cost of the change.
#
# ## Step 4: four levels, eight seeds

# %%
levels = {"portability 0.1": 0.1, "portability 0.4": 0.4, "portability 0.7": 0.7, "portability 1": 1.0}
study = dxsim.Study(
    "portability",
    cases=[{"name": name, "policy.portability": level} for name, level in levels.items()],
    seeds={"first": 1, "count": 8},
)
found = dxsim.compare(dxsim.run_sweep(study, "portability"))
kpis = ["switch_rate", "hhi_systems", "late_share", "one_off_cost"]
plots.differences(found, kpis)

# %%
dxsim.effects(found, kpis)

# %%
verdicts = found.differences.set_index(["kpi", "case"])
switching = verdicts.loc[("switch_rate", "portability 1")]
if switching["verdict"] == "unclear":
    leave = "It was not shown that more lots change their vendor"
elif abs(switching["difference"]) < switching["of_interest"]:
    leave = "The share of lots that change their vendor moves, but by less than half a point: what holds them is not the cost of moving data"
else:
    leave = "The share of lots that change their vendor moves by half a point or more"
Markdown(
    "**Answer.** Data that move freely, against data that hardly move:\n\n"
    + "\n".join(f"- {dxsim.effect(found, kpi, 'portability 1')}." for kpi in kpis)
    + f"\n\n{leave}. The three vendors with most late systems have {top_share:.1%} of them."
)

# %% [markdown]
# ## Exercises
#
# 1. `data_export` and `open_standards` are two ways to the same end. What does each do to the one-off cost?
# 2. Without warning, nobody can plan around a shortage: run `no_vendor_notices`. What does it do to lateness?
# 3. Add engineers instead (`policy.capacity_programme` 0.2). Compare the effect on lateness with that of portability.
# 4. How many seeds would you need to be sure of half a point of late systems? (`found.differences["seeds_needed"]`)

# %% tags=["solution"]
ways = dxsim.Study("ways", scenarios=["baseline", "data_export", "open_standards"], seeds={"first": 1, "count": 6})
both = dxsim.compare(dxsim.run_sweep(ways, "ways"))
for name in ("data_export", "open_standards"):
    print(f"{dxsim.effect(both, 'one_off_cost', name)}.")

# %% tags=["solution"]
warned = dxsim.Study("warned", scenarios=["baseline", "no_vendor_notices"], seeds={"first": 1, "count": 6})
silent = dxsim.compare(dxsim.run_sweep(warned, "warned"))
print(f"{dxsim.effect(silent, 'late_share', 'no_vendor_notices')}.")

# %% tags=["solution"]
hands = dxsim.Study(
    "hands",
    cases=[
        {"name": "as it is", "policy.capacity_programme": 0},
        {"name": "20 % more", "policy.capacity_programme": 0.2},
    ],
    seeds={"first": 1, "count": 8},
)
more = dxsim.compare(dxsim.run_sweep(hands, "hands"))
print(f"{dxsim.effect(more, 'late_share', '20 % more')}.")
print(f"{dxsim.effect(found, 'late_share', 'portability 1')}.")

# %% tags=["solution"]
needed = verdicts.loc["late_share", "seeds_needed"]
print(
    f"For these three cases: {', '.join(f'{count:.0f}' for count in needed)} seeds; 30 is the least that dxsim asks for."
)
