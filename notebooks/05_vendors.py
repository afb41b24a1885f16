# %% [markdown]
# # 5. Vendors, lock-in and portability
#
# **Question.** Most municipalities stay with the vendor that they have. If data moved freely between vendors, would they leave, would the
# market be less concentrated, and would fewer systems be late?

# %%
import pandas as pd

import dxsim
from dxsim import plots

nation = dxsim.load_nation("synthetic")
records = dxsim.simulate(nation, dxsim.load_scenario("baseline"), seed=1)

# %% [markdown]
# ## Step 1: the market
#
# The vendors by number of systems that they serve, at the start and at the end. They are invented too.

# %%
served = records.vendors.pivot(index="vendor", columns="month", values="systems_served")
market = pd.DataFrame({"April 2021": served.iloc[:, 0], "March 2036": served.iloc[:, -1]})
market["change"] = market["March 2036"] - market["April 2021"]
market.sort_values("April 2021", ascending=False).head(8)

# %% [markdown]
# The Herfindahl-Hirschman index, from 0 (nobody) to 10,000 (one vendor has all):

# %%
yearly = records.market[records.market["month"].dt.month == 3].set_index("month")
yearly.loc["2022":"2036":2, ["hhi_systems", "hhi_population", "capacity", "book", "shortages"]].round(0)

# %% [markdown]
# ## Step 2: who waits for whom
#
# Late systems by vendor: lateness sits with few vendors, those whose book is longest.

# %%
systems = records.systems
late = systems.groupby("vendor").agg(systems=("code", "size"), late=("late", "sum"))
late["late_share"] = late["late"] / late["systems"]
late["longest_queue_months"] = records.vendors.groupby("vendor")["queue_wait"].max()
print(
    f"The three vendors with most late systems have {late['late'].nlargest(3).sum() / late['late'].sum():.0%} of them."
)
late.sort_values("late", ascending=False).head(8).round(2)

# %% [markdown]
# ## Step 3: predict
#
# Portability runs from 0 (moving data costs as much as it can) to 1 (it costs nothing). Write down what you expect of 0.9 against 0.1: the
# share of lots that change vendor, and the share of late systems.
#
# ## Step 4: four levels, eight seeds

# %%
levels = [0.1, 0.4, 0.7, 1.0]
study = dxsim.Study("portability", levers={"policy.portability": levels}, seeds={"first": 1, "count": 8})
results = dxsim.run_sweep(study, "portability")
found = dxsim.compare(results)
plots.differences(
    found, ["switch_rate", "hhi_systems", "late_share", "late_top_vendor_share", "one_off_cost", "own_burden"]
)

# %%
rows = found.differences.query("kpi in ['switch_rate', 'hhi_systems', 'late_share']")
columns = ["reference_mean", "case_mean", "difference", "monte_carlo_low", "monte_carlo_high", "verdict"]
rows.set_index(["kpi", "case"]).sort_index()[columns].round(3)

# %% [markdown]
# **Answer.** Read the verdicts: where the interval has zero inside, eight seeds can't tell. If many more lots change vendor and lateness does
# not move, lock-in was not what made them late; people were.
#
# ## Exercises
#
# 1. `data_export` and `open_standards` are two ways to the same end. How far does each get?
# 2. Without warning, nobody can plan around a shortage: run `no_vendor_notices`. Who is hurt?
# 3. Add engineers instead (`policy.capacity_programme` 0.2). Compare its effect on `late_share` with that of portability.
# 4. How many seeds would you need to be sure of the effect on `late_share`? (`found.differences["seeds_needed"]`)
