# %% [markdown]
# # 10. What it depends on
#
# **Question.** Which of the assumptions that nobody knows well decide how many systems are late? In which futures does it go wrong, and which
# policy withstands most of them?
#
# Three looks at stored sweeps: what moves the outcome (**sensitivity**), where it passes a mark (**scenario discovery**), and which alternative does
# well nearly everywhere (**robustness**).

# %%
import dxsim
from dxsim import plots

uncertain = {
    "vendor.capacity_ratio": None,  # None: over the range that the registry gives
    "vendor.readiness_mean": None,
    "commitment.mandate_hazard": None,
}

# %% [markdown]
# ## Step 1: one parameter at a time
#
# Each parameter goes through its range while the others stay as the scenario has them. The curves show thresholds and saturation.

# %%
study = dxsim.Study(
    "curves", uncertainties=uncertain, sample={"method": "one_at_a_time", "size": 4}, seeds={"first": 1, "count": 3}
)
curves = dxsim.one_at_a_time(dxsim.run_sweep(study, "curves"), ["late_share"])
plots.one_at_a_time(curves, "late_share")

# %% [markdown]
# ## Step 2: all of them together
#
# Points spread over the whole space show what parameters do together as well. Three alternatives are run at the same points.

# %%
study = dxsim.Study(
    "futures",
    scenarios=["baseline", "capacity_programme", "no_cooperation"],
    uncertainties=uncertain,
    sample={"method": "latin_hypercube", "size": 32},
)
results = dxsim.run_sweep(study, "futures")
indices = dxsim.sensitivity(dxsim.select([results])[0], ["late_share"])
plots.tornado(indices, "late_share")

# %% [markdown]
# A dummy parameter, which does nothing, is measured as well: what lies below the dashed line can't be told from chance. Parameters are drawn
# **independently of each other**; if they hang together in reality, these figures say nothing about it.

# %%
indices.query("measure in ['pawn', 'regional']").pivot(index="parameter", columns="measure", values="value").round(2)

# %% [markdown]
# ## Step 3: in which futures is it more than 25 %?
#
# PRIM peels slices off the space until nearly all that is left are such futures. *Coverage*: how many of them the box holds; *density*: how many
# in the box are like that. Every box on the way can be chosen (`box=`).

# %%
found = dxsim.discover(results, "late_share", above=0.25)
plots.discovery(found)

# %%
found.limits.set_index("input").round(3)

# %% [markdown]
# `quasi_p` near 1 marks a limit that does nothing. How often a limit is found again in resamples of the futures says more:

# %%
found.stability.set_index("input")

# %%
found.resamples[["coverage", "density"]].mean().round(2)

# %% [markdown]
# These are coverage and density among the futures that a resample did not draw: what the box is worth for futures it was not made from.
#
# ## Step 4: which alternative withstands?
#
# Best on the average, least often unsatisfactory, never far from the best: each metric answers another question.

# %%
withstood = dxsim.robustness(results, kpi="late_share", below=0.25)
plots.robustness(withstood)

# %%
withstood.metrics.set_index("case").round(3)

# %% [markdown]
# **Answer.** It stands in the three pictures. The commands do the same on any sweep: `dxsim sensitivity FOLDER`,
# `dxsim discover FOLDER --kpi late_share --above 0.25`, `dxsim robustness FOLDER --kpi late_share --below 0.25`.
#
# ## Exercises
#
# 1. Draw 200 points instead of 32. Which parameter rises above the dashed line, and how far does the density outside the resamples rise?
# 2. Give the study `sample={"method": "shapley", "size": 64}`. Do the shares of the variance give the same order as PAWN?
# 3. Tell a simpler box of the trade-off (`box=`). How much density does it cost?
# 4. Replace `late_share` by `own_burden`. Is the alternative that withstands still the same?
