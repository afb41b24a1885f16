# %% [markdown]
# # 10. What it depends on
#
# **Question.** Which of the assumptions that nobody knows well decide how many systems are late? In which futures does it go wrong, and which
# policy withstands most of them?
#
# Three looks at stored sweeps: what moves the outcome (**sensitivity**), where it passes a mark (**scenario discovery**), and which alternative does
# well nearly everywhere (**robustness**).

# %%
import pandas as pd
from IPython.display import Markdown

import dxsim
from dxsim import plots

pd.set_option("display.max_colwidth", None)
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
    cases=[
        {"name": "as it is", "policy.capacity_programme": 0, "cooperation.formation": "yearly"},
        {"name": "20 % more engineers", "policy.capacity_programme": 0.2, "cooperation.formation": "yearly"},
        {"name": "nobody cooperates", "policy.capacity_programme": 0, "cooperation.formation": "none"},
    ],
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
measures = {"pawn": "PAWN distance: any effect", "regional": "Where lateness is highest"}
rows = indices.query("measure in ['pawn', 'regional']").rename(columns={"parameter": "input"})
moved = dxsim.label(rows.pivot(index="input", columns="measure", values="value").rename(columns=measures).round(2))
moved

# %% [markdown]
# ## Step 3: in which futures are more than 25 % late?
#
# PRIM peels slices off the space until nearly all that is left are such futures. *Coverage*: how many of them the box holds; *density*: how many
# in the box are like that. Every box on the way can be chosen (`box=`).

# %%
found = dxsim.discover(results, "late_share", above=0.25)
plots.discovery(found)

# %%
limits = {"low": "From", "high": "To", "quasi_p": "Chance that the limit does nothing"}
dxsim.label(found.limits.set_index("input")[list(limits)].rename(columns=limits)).round(3)

# %% [markdown]
# How often a limit is found again in resamples of the futures says more:

# %%
stable = dxsim.label(
    found.stability.set_index("input").rename(columns={"restricted_share": "Limited, share of resamples"})
)
stable

# %%
outside = found.resamples[["coverage", "density"]].mean().round(2)
outside.rename({"coverage": "Coverage", "density": "Density"}).to_frame("Mean over resamples")

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
metrics = {
    "mean": "Mean, %",
    "worst": "Worst, %",
    "regret_max": "Largest regret, points",
    "satisficing": "Futures below 25 % late, %",
}
stood = (100 * withstood.metrics.set_index("case")[list(metrics)]).round(1).rename(columns=metrics).rename_axis("Case")
stood

# %%
pawn = indices.query("measure == 'pawn'").set_index("parameter")["value"].round(2)
risen = dxsim.label(pawn[pawn > pawn["dummy"]].rename_axis("input").to_frame("PAWN"))["PAWN"]
above = [f"{name} ({value})" for name, value in risen.items()]
firm = [f"{name} (in {share:.0%} of the resamples)" for name, share in stable.iloc[:, 0].items() if share > 0.5]
best = {metric: stood[metric].max() if metric.startswith("Futures") else stood[metric].min() for metric in stood}
winners = {metric: [case for case in stood.index if stood.loc[case, metric] == best[metric]] for metric in stood}
first = "; ".join(f"{metric}: {' and '.join(cases)} ({best[metric]})" for metric, cases in winners.items())
agreed = set.intersection(*(set(cases) for cases in winners.values()))
verdict = (
    f"They agree on the first place: {' and '.join(agreed)}"
    if agreed
    else "They do not agree on the first place, so it hangs on what is feared"
)
Markdown(
    f"""**Answer.** More than the dummy parameter does, by the PAWN distance: {"; ".join(above) or "nothing that was drawn"}. It goes wrong where these have
their limits: {"; ".join(firm) or "no limit was found again in more than half of the resamples"}. In futures that the box was not made from its density is
{outside["density"]} and its coverage {outside["coverage"]}. Best by each metric: {first}. {verdict}.

The commands do the same on any sweep: `dxsim sensitivity FOLDER`, `dxsim discover FOLDER --kpi late_share --above 0.25`,
`dxsim robustness FOLDER --kpi late_share --below 0.25`."""
)

# %% [markdown]
# ## Exercises
#
# 1. Draw 64 points instead of 32 for the first case alone. Which parameters rise above the dummy then?
# 2. Ask for another mark: more than 20 % late. How many futures are like that, and which limits does the box have?
# 3. Replace `late_share` by `own_burden`, below its mean. Is the alternative that withstands still the same?

# %% tags=["solution"]
larger = dxsim.Study("larger", uncertainties=uncertain, sample={"method": "latin_hypercube", "size": 64})
again = dxsim.sensitivity(dxsim.select([dxsim.run_sweep(larger, "larger")])[0], ["late_share"])
pawns = again.query("measure == 'pawn'").set_index("parameter")["value"]
risen = pawns[pawns > pawns["dummy"]].rename_axis("input").to_frame("PAWN")
for name, row in dxsim.label(risen).iterrows():
    print(f"{name}: {row['PAWN']:.2f}; the dummy: {pawns['dummy']:.2f}.")

# %% tags=["solution"]
lower = dxsim.discover(results, "late_share", above=0.20)
print(lower)
for name, row in dxsim.label(lower.limits.set_index("input")[["low", "high"]]).iterrows():
    print(f"{name}: from {row['low']:.2f} to {row['high']:.2f} (nan: no limit).")

# %% tags=["solution"]
burden = results.kpis["own_burden"].mean()
money = dxsim.robustness(results, kpi="own_burden", below=burden)
ranked = money.metrics.set_index("case")["satisficing"].sort_values(ascending=False)
for case, share in ranked.items():
    print(f"{case}: a burden below the mean in {share:.0%} of the futures.")
