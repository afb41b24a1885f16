# %% [markdown]
# # 7. A sweep, from design to figure
#
# **Question.** What reduces late systems more: 20 % more vendor engineers, or products that are ready half a year earlier? And does the answer
# survive what nobody knows?
#
# One run can't tell. A sweep runs every alternative on the same seeds and the same draws of the uncertain parameters.

# %%
from pathlib import Path

import dxsim
from dxsim import plots

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
study.levers or [case.name for case in study.cases]

# %% [markdown]
# On the command line, `dxsim sweep plan ./engineers.yaml` would list every run and what it all costs before anything runs.
#
# ## Step 2: run
#
# If it is interrupted, the same line goes on where it stopped.

# %%
results = dxsim.run_sweep(study, "engineers")
print(f"{len(results.kpis)} runs, {results.kpis.shape[1] - 1} key figures of each")
results.plan.head(3)

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
columns = [
    "reference_mean",
    "difference",
    "monte_carlo_low",
    "monte_carlo_high",
    "parametric_low",
    "parametric_high",
    "verdict",
]
found.differences.query("kpi == 'late_share'").set_index("case")[columns].round(3)

# %% [markdown]
# Two kinds of interval, two questions. **Monte Carlo**: is the difference more than luck, with these parameters? **Parametric**: how far does it
# hang on what nobody knows? Only the first shrinks with more seeds; `seeds_needed` says how many a claim about half a point would take.

# %%
found.differences.query("kpi == 'late_share'").set_index("case")[
    ["seeds", "seeds_needed", "points", "reversed_points"]
].round(2)

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
print(sorted(path.name for path in Path("tables").iterdir()))
print(Path("differences.pdf").read_bytes()[:5])

# %% [markdown]
# `dxsim report engineers` writes the page; `dxsim sweep verify engineers` checks that nothing is missing or changed, and `dxsim reproduce engineers RUN`
# does one run again and compares it bit for bit.
#
# **Answer.** It stands in the table of step 3 and in the share of points at which the sign turns (`reversed_points`).
#
# ## Exercises
#
# 1. Raise the seeds to 10. Which verdict changes?
# 2. Add `variants: [default, calendar_limited]` to the study. Does the structure of the model decide the answer?
# 3. Turn `cases` into `levers` with three values each. Do engineers and products add up?
# 4. Choose three more uncertain parameters with `dxsim parameters vendor`. Which matters most?
