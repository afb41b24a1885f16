# %% [markdown]
# # 7. A sweep, from design to figure
#
# **Question.** What reduces late systems more: 20 % more vendor engineers, or products that are ready half a year earlier? And does the answer
# survive what nobody knows?
#
# One run can't tell. A sweep runs every alternative on the same seeds and the same draws of the uncertain parameters.

# %%
from pathlib import Path

import pandas as pd
from IPython.display import Markdown

import dxsim
from dxsim import plots

pd.set_option("display.max_colwidth", None)

# %% [markdown]
# ## Step 1: the design
#
# A study is a file of plain data. Two alternatives and a reference, two uncertain parameters drawn at six points, four seeds.

# %%
Path("engineers.yaml").write_text(
    """\
name: engineers_or_products
title: {en: More engineers or earlier products, ja: 技術者の増員か製品の前倒しか}
cases:
  - {name: as it is, policy.capacity_programme: 0, policy.readiness_shift: 0}
  - {name: more engineers, policy.capacity_programme: 0.2, policy.readiness_shift: 0}
  - {name: earlier products, policy.capacity_programme: 0, policy.readiness_shift: -6}
uncertainties:
  vendor.capacity_ratio:
  commitment.mandate_hazard:
sample: {method: latin_hypercube, size: 6}
seeds: {first: 1, count: 4}
outcomes:
  kpis: all
  strata: [size_class]
  months: {columns: [live], types: [all]}
""",
    encoding="utf-8",
)
study = dxsim.read_study("./engineers.yaml")
[case.name for case in study.cases]

# %% [markdown]
# On the command line, `dxsim sweep plan ./engineers.yaml` would list every run and what it all costs before anything runs.
#
# ## Step 2: run
#
# If it is interrupted, the same line goes on where it stopped.

# %%
results = dxsim.run_sweep(study, "engineers")
print(f"{len(results.kpis)} runs, {results.kpis.shape[1] - 1} key figures of each")

# %% [markdown]
# ## Step 3: compare, pair by pair

# %%
found = dxsim.compare(results)
kpis = [
    "late_share",
    "municipalities_late_share",
    "late_reason_share_R3",
    "late_reason_share_R4",
    "own_burden",
    "cost_per_resident_2035",
]
plots.differences(found, kpis)

# %%
dxsim.effects(found, kpis)

# %% [markdown]
# Two kinds of interval, two questions. **Seeds**: is the difference more than luck, with these parameters? **Uncertain parameters**: how far does it
# hang on what nobody knows? Only the first shrinks with more seeds. How many a claim about half a point would take, and at how many points of what
# nobody knows the sign turns:

# %%
rows = found.differences.query("kpi == 'late_share'").set_index("case")
sure = rows[["seeds", "seeds_needed", "points", "reversed_points"]].astype(int)
sure.columns = ["Seeds", "Seeds needed", "Points", "Points at which the sign turns, %"]
sure["Points at which the sign turns, %"] = (100 * rows["reversed_points"]).round().astype(int)
sure.rename_axis("Case")

# %% [markdown]
# ## Step 4: who gains

# %%
plots.strata(found, measures=["late_share"])

# %% [markdown]
# ## Step 5: what nobody knows
#
# The band is what the uncertain parameters do to the curve; the bars say which of them does it.

# %%
alternatives = dxsim.select([results])
plots.fan(alternatives, "live", "parametric")

# %%
plots.tornado(dxsim.sensitivity(alternatives[0], kpis=["late_share"]), "late_share")

# %% [markdown]
# ## Step 6: for the paper
#
# Vector graphics with fonts inside, the tables, and a page that anybody can open. The same figure gives the same bytes every time.

# %%
plots.differences(found, kpis).savefig("differences.pdf")
found.to_csv("tables")
print(f"{len(list(Path('tables').iterdir()))} tables and one figure")

# %% [markdown]
# `dxsim report engineers` writes the page; `dxsim sweep verify engineers` checks that nothing is missing or changed, and `dxsim reproduce engineers RUN`
# does one run again and compares it bit for bit.

# %%
wider = dxsim.compare(alternatives[1], alternatives[2])
between = wider.differences.set_index("kpi").loc["late_share"]
ahead = {"better": "Earlier products do more than engineers", "worse": "Engineers do more than earlier products"}.get(
    between["verdict"], "Which of the two does more was not shown"
)
dxsim.effects(wider, ["late_share"])

# %%
turns = sure["Points at which the sign turns, %"]
Markdown(
    f"""**Answer.**

- {dxsim.effect(found, "late_share", "more engineers")}.
- {dxsim.effect(found, "late_share", "earlier products")}.
- {dxsim.effect(wider, "late_share", "earlier products")}.

{ahead}. Over what nobody knows, the sign turns at {turns["more engineers"]} % of the points for engineers and at
{turns["earlier products"]} % for earlier products. The seeds used are {sure["Seeds"].iloc[0]}; a claim about half a point of late systems takes
{sure["Seeds needed"].iloc[0]} for engineers and {sure["Seeds needed"].iloc[1]} for earlier products."""
)

# %% [markdown]
# ## Exercises
#
# 1. Raise the seeds to 10, without what is uncertain. Which verdicts change?
# 2. Set `variants: [default, calendar_limited]`. Does the structure of the model decide the answer?
# 3. Turn `cases` into `levers` with two values each. Do engineers and products add up?

# %% tags=["solution"]
from dataclasses import replace

plain = replace(study, name="ten", uncertainties={}, sample=None, seeds={"first": 1, "count": 10})
ten = dxsim.compare(dxsim.run_sweep(plain, "ten"))
for name in ("more engineers", "earlier products"):
    print(f"{dxsim.effect(ten, 'late_share', name)}.")

# %% tags=["solution"]
built = replace(plain, name="built", variants=["default", "calendar_limited"], seeds={"first": 1, "count": 4})
two = dxsim.compare(dxsim.run_sweep(built, "built"))
for row in two.by_variant.query("kpi == 'late_share'").to_dict("records"):
    told = f"{100 * row['difference']:+.1f} points [{100 * row['monte_carlo_low']:+.1f}, {100 * row['monte_carlo_high']:+.1f}]"
    print(f"{row['variant']}, {row['case']}: {told}.")

# %% tags=["solution"]
grid = dxsim.Study(
    "grid",
    levers={"policy.capacity_programme": [0, 0.2], "policy.readiness_shift": [0, -6]},
    seeds={"first": 1, "count": 6},
)
crossed = dxsim.run_sweep(grid, "grid")
wide = crossed.plan.merge(crossed.kpis, on="run").pivot(index="seed", columns="case", values="late_share")
both_at_once, one_by_one = wide[3] - wide[0], (wide[1] - wide[0]) + (wide[2] - wide[0])
print(
    f"Both at once {100 * both_at_once.mean():+.1f} points; the sum of each alone {100 * one_by_one.mean():+.1f} points."
)
