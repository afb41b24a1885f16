# %% [markdown]
# # 6. Residents and exclusion
#
# **Question.** Once procedures are online, counters could close and money be saved. Who would be shut out, and what does it take to prevent it?

# %%
import pandas as pd
from IPython.display import Markdown

import dxsim
from dxsim import plots

pd.set_option("display.max_colwidth", None)
nation = dxsim.load_nation("synthetic")

# %% [markdown]
# ## Step 1: as it is
#
# In the baseline counters stay. Is everybody served then? Look at the lower chart.

# %%
baseline = dxsim.simulate(nation, dxsim.load_scenario("baseline"), seed=1)
plots.residents(baseline)

# %% [markdown]
# The channels by age, in the last year, in per cent:

# %%
last_year = baseline.residents[(baseline.residents["type"] == "all") & (baseline.residents["month"] >= "2035-04-01")]
channels = {"online": "Online", "assisted": "With help", "analog": "At the counter", "excluded": "Not reached"}
by_age = last_year.groupby("cohort", sort=False)[list(channels)].sum().rename(columns=channels)
by_age = dxsim.label((100 * by_age.div(by_age.sum(axis=1), axis=0)).round(1))
by_age

# %% [markdown]
# ## Step 2: predict
#
# From April 2026 on all counters close within two years. Which share of the procedures of those of 85 and over will not get done? Write it down.
#
# ## Step 3: counters close

# %%
closing = {"residents.analog_rule": "sunset", "residents.analog_floor": 0.0}
support = {"residents.support_desks": 1.0, "residents.access_points": 2.0}
study = dxsim.Study(
    "counters",
    cases=[
        {"name": "counters stay", "residents.analog_rule": "keep"},
        {"name": "counters close", **closing},
        {"name": "close, with support", **closing, **support},
        {"name": "stay, with support", **support},
    ],
    seeds={"first": 1, "count": 5},
)
results = dxsim.run_sweep(study, "counters")
found = dxsim.compare(results)
kpis = ["excluded_share", "excluded_share_85_over", "channel_cost", "burden_hours"]
dxsim.effects(found, kpis)

# %% [markdown]
# One run in which counters close, month by month:

# %%
closed = dxsim.simulate(nation, dxsim.load_scenario("digital_only_sunset"), seed=1)
plots.residents(closed)

# %% [markdown]
# ## Step 4: the price of a procedure that does get done
#
# What support costs against closing alone, divided by the procedures that it saves, for each seed:

# %%
runs = results.plan.merge(results.kpis, on="run").pivot(index="seed", columns="case")
of_case = {name: place for place, name in enumerate(found.alternatives["case"])}
alone, helped = of_case["counters close"], of_case["close, with support"]
saved = runs["excluded_person_months"][alone] - runs["excluded_person_months"][helped]
price = (runs["channel_cost"][helped] - runs["channel_cost"][alone]) / saved
prices = pd.DataFrame(
    {
        "Procedures brought back, %": (100 * saved / runs["excluded_person_months"][alone]).round(1),
        "Yen for each": price.round().astype(int),
    }
)
prices.rename_axis("Seed")

# %% [markdown]
# ## Step 5: where

# %%
plots.strata(found, measures=["excluded_share"])

# %%
small = found.equity.query(
    "stratum == 'size_class' and measure == 'excluded_share' and case == 'counters close'"
).set_index("class")
harder = small.loc["under_5k", "monte_carlo_low"] > small.loc["500k_over", "monte_carlo_high"]
back, yen = prices["Procedures brought back, %"], prices["Yen for each"]
Markdown(
    f"""**Answer.** Somebody is left at the counter even where counters stay: in the last year {by_age["Not reached"].iloc[-1]} % of the
procedures of those of 85 and over are not done. If counters close:

- {dxsim.effect(found, "excluded_share", "counters close")}.
- {dxsim.effect(found, "excluded_share_85_over", "counters close")}.
- {dxsim.effect(found, "channel_cost", "counters close")}.

{"The smallest municipalities are hit harder than the largest ones" if harder else "It was not shown that small and large municipalities differ"}.
Support brings back {back.min()} to {back.max()} % of what closing takes away, for {yen.min():,} to {yen.max():,} yen a procedure, and:

- {dxsim.effect(found, "excluded_share", "close, with support")}.

The figures on residents rest on assumptions more than those on systems do: take the direction and the order, not the third digit."""
)

# %% [markdown]
# ## Exercises
#
# 1. `take_up_closing` closes a counter only where few use it. Is that enough to keep people in?
# 2. `post_offices` against `support_desks`: which reaches more people?
# 3. Write a scenario file that closes counters in cities only, from 2028 (`policies:` with `who:`), and run it.

# %% tags=["solution"]
careful = dxsim.Study(
    "careful", scenarios=["baseline", "take_up_closing", "digital_only_sunset"], seeds={"first": 1, "count": 5}
)
gently = dxsim.compare(dxsim.run_sweep(careful, "careful"))
for name in ("take_up_closing", "digital_only_sunset"):
    print(f"{dxsim.effect(gently, 'excluded_share', name)}.")

# %% tags=["solution"]
places = dxsim.Study("places", scenarios=["baseline", "post_offices", "support_desks"], seeds={"first": 1, "count": 5})
nearer = dxsim.compare(dxsim.run_sweep(places, "places"))
for name in ("post_offices", "support_desks"):
    print(f"{dxsim.effect(nearer, 'excluded_share', name)}.")

# %% tags=["solution"]
from pathlib import Path

Path("cities.yaml").write_text(
    """\
name: cities
title: {en: Counters close in cities}
meaning: {en: From April 2028 on counters close in cities alone.}
extends: baseline
parameters:
  residents: {analog_rule: sunset}
policies:
  - lever: residents.analog_floor
    value: 0
    from: 2028-04
    who: {types: [designated_city, core_city, special_case_city, special_ward, other_city]}
""",
    encoding="utf-8",
)
cities = dxsim.simulate(nation, dxsim.load_scenario("./cities.yaml"), seed=1).municipalities
shares = 100 * cities.groupby("type")["excluded"].sum()
shares /= cities.groupby("type")[["online", "assisted", "analog", "excluded"]].sum().sum(axis=1)
for name, share in dxsim.label(shares.to_frame("share"))["share"].items():
    print(f"{name}: {share:.2f} % of procedures not reached.")
