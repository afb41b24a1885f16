# %% [markdown]
# # 8. Why did this town decide so?
#
# **Question.** A town decided early and is late with most of its systems all the same. Why, and what would have changed it?
#
# A model that only gives totals asks for trust. This one can be asked about a single municipality, month by month. It is an invented one,
# and one simulated run: no forecast for anybody.

# %%
import pandas as pd
from IPython.display import Markdown

import dxsim
from dxsim import plots

pd.set_option("display.max_colwidth", None)
nation = dxsim.load_nation("synthetic")
scenario = dxsim.load_scenario("baseline")
records = dxsim.simulate(nation, scenario, seed=1)

# %% [markdown]
# ## Step 1: find a case
#
# Towns that are late with ten systems or more. A town in a group follows its lead, so take those that are alone and decided for themselves, the
# earliest first:

# %%
towns = records.municipalities.query("type == 'town' and late_systems >= 10")
early = towns[towns["group_size"] == 1].sort_values(["first_commit", "code"])
names = {
    "population": "Residents",
    "readiness": "Readiness",
    "late_systems": "Late systems",
    "first_commit": "First decision",
    "main_vendor": "Main vendor",
}
shown = early.set_index("code")[["name", *names]].rename(columns=names).head(5)
dxsim.label(
    shown.assign(
        **{"First decision": shown["First decision"].dt.strftime("%Y-%m"), "Readiness": shown["Readiness"].round(2)}
    )
)

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
# start, and a budget can be had, the lot is decided. The months before the decision on the core package:

# %%
motives = {"own_motive": "Own motive", "peers": "Peers", "mandate": "The mandate"}
more = {
    "cumulative_hazard": "Cumulative hazard",
    "threshold": "Threshold",
    "gate": "Budget can be had",
    "slack": "Months to spare",
}
core = town.hazards[town.hazards["lot"] == "core"]
months = core.set_index(core["month"].dt.strftime("%Y-%m"))[[*motives, *more]].rename(columns=motives | more)
lots = town.lots.set_index("lot")
months = months.round(dict.fromkeys(months, 3) | {"Months to spare": 1})
months.rename_axis("Month").tail(6)

# %% [markdown]
# What tipped a decision is drawn in proportion to what each motive has added since a budget could be had the last time. So the word *tipped by* is
# the outcome of a draw; these are its chances, in per cent:

# %%
decided = lots.dropna(subset="decided")


def added(lot, motive):
    """Return what a motive has added to the hazard of a lot since a budget could be had the last time."""
    hazard = town.hazards[town.hazards["lot"] == lot].set_index("month")[f"cumulative_hazard_{motive}"]
    return hazard.iloc[-1] - hazard.get(decided.loc[lot, "gate_before"], 0.0)


chances = pd.DataFrame({name: [added(lot, motive) for lot in decided.index] for motive, name in motives.items()})
chances = (100 * chances.div(chances.sum(axis=1), axis=0)).round(1).set_index(decided.index)
chances = dxsim.label(chances.assign(cause=decided["cause"])).rename(columns={"cause": "Tipped by"})
chances

# %% [markdown]
# ## Step 5: what held it up
#
# Every month from the mandate until a system is live is booked to one thing. Months per system:

# %%
held = town.delays.pivot(index="held", columns="lot", values="months").fillna(0)
held = held.loc[held.sum(axis=1).sort_values(ascending=False).index].round(1)
ledger = dxsim.label(held.rename_axis("hold_up"))
ledger

# %% [markdown]
# ## Step 6: is it typical?
#
# Of all towns that are late with ten systems or more: which reasons, and which vendors?

# %%
late = records.systems.merge(towns[["code"]], on="code").query("late")
reasons = late["reason"].value_counts().to_frame("Late systems")
reasons["%"] = (100 * reasons["Late systems"] / reasons["Late systems"].sum()).round(1)
reasons = dxsim.label(reasons)
reasons

# %%
vendors = late["vendor"].value_counts().to_frame("Late systems")
vendors["%"] = (100 * vendors["Late systems"] / len(late)).round(1)
vendors = dxsim.label(vendors)
vendors.head(3)

# %%
longest = ledger["Core package"].idxmax()
tried = changes[changes["lever"] != "as_it_was"]
before, spared = changes["late_systems"].iloc[0], tried[tried["late_systems"] < changes["late_systems"].iloc[0]]
helped = (
    f"{len(spared)} of the {len(tried)} changes that were tried would have spared it late systems, at best {before - spared['late_systems'].min()} of {before}"
    if len(spared)
    else f"none of the {len(tried)} changes that were tried would have spared it a late system"
)
shared = "shares this fate" if lots.loc["core", "vendor"] in vendors.index[:3] else "does not share this fate"
Markdown(
    f"""**Answer.** {town.name} decided on its core package in {lots.loc["core", "decided"]:%Y-%m}, with {months["Months to spare"].iloc[-1]:.1f} months to
spare. That decision was tipped by this motive: {chances.loc["Core package", "Tipped by"]}; {chances.loc["Core package", "The mandate"]} % of what had been added to the
hazard came from the mandate and {chances.loc["Core package", "Own motive"]} % from its own motive. What held the core package up longest:
{longest.lower()}, {ledger.loc[longest, "Core package"]} months per system. As for other worlds: {helped}. Of the late systems of all such towns,
{reasons["%"].iloc[0]} % are late for the reason {reasons.index[0]}, and {vendors["%"].iloc[0]} % are with {vendors.index[0]}; the town
{shared} with the customers of the three vendors that have most of them."""
)

# %% [markdown]
# ## Exercises
#
# 1. Find a town of the same size that is not late. Compare what held the two up: luck, vendor, staff or money?
# 2. Choose the municipality with most systems that are late for its own sake (`late_R5`). What held it up?
# 3. Run `biography` for the town of step 2 under three seeds. Which parts of the story stay, which change?


# %% tags=["solution"]
def held_longest(told, lot="core"):
    """Return what held a lot of a municipality up longest, in words."""
    row = told.delays[told.delays["lot"] == lot].nlargest(1, "months").rename(columns={"held": "hold_up"})
    words = dxsim.label(row.set_index("hold_up")[["months"]])
    return f"{words.index[0]}, {words['months'].iloc[0]:.1f} months"


size = records.municipalities.set_index("code").loc[code, "population"]
others = records.municipalities.query("type == 'town' and late_systems == 0 and group_size == 1")
twin = others.loc[(others["population"] - size).abs().idxmin(), "code"]
other = dxsim.biography(nation, scenario, 1, twin)
print(f"{town.name}, {lots.loc['core', 'vendor']}: {held_longest(town)}.")
print(f"{other.name}, {other.lots.set_index('lot').loc['core', 'vendor']}: {held_longest(other)}.")

# %% tags=["solution"]
own = records.municipalities.sort_values(["late_R5", "code"], ascending=[False, True]).iloc[0]
told = dxsim.biography(nation, scenario, 1, own["code"])
lot = told.lots.sort_values("late_systems", ascending=False)["lot"].iloc[0]
print(f"{told.name}: {own['late_R5']} systems late for its own sake. Held up longest: {held_longest(told, lot)}.")

# %% tags=["solution"]
for seed in (1, 2, 3):
    world = dxsim.biography(nation, scenario, seed, code)
    core_lot = world.lots.set_index("lot").loc["core"]
    print(f"Seed {seed}: {world.lots['late_systems'].sum()} systems late, {core_lot['vendor']}; {held_longest(world)}.")
