# %% [markdown]
# # 2. The nation and its network
#
# **Question.** Who are the 1,741 municipalities, who is next to whom, and does it matter for when they move?

# %%
import networkx as nx
import numpy as np
import pandas as pd
from IPython.display import Markdown

import dxsim
from dxsim import plots

nation = dxsim.load_nation("synthetic")
towns = nation.municipalities

# %% [markdown]
# ## Step 1: how large they are
#
# Half of the municipalities hold a few per cent of the residents. Whatever has a fixed cost weighs on them most.

# %%
sizes = towns.groupby("type").agg(
    **{
        "Municipalities": ("code", "size"),
        "Residents, median": ("population", "median"),
        "Residents": ("population", "sum"),
        "Staff, median": ("staff", "median"),
        "Fiscal index, median": ("fiscal_index", "median"),
    }
)
sizes["Share of residents, %"] = 100 * sizes["Residents"] / sizes["Residents"].sum()
dxsim.label(sizes.sort_values("Residents, median", ascending=False)).round(2)

# %%
ordered = towns["population"].sort_values(ignore_index=True)
smaller_half = ordered[: len(ordered) // 2].sum() / ordered.sum()
print(f"The smaller half of the municipalities holds {smaller_half:.1%} of the residents.")

# %% [markdown]
# ## Step 2: where they are, and who is whose neighbour

# %%
plots.nation(nation)

# %%
graph = nx.from_pandas_edgelist(nation.adjacency, "code_a", "code_b")
graph.add_nodes_from(towns["code"])
degree = pd.Series(dict(graph.degree()))
print(f"{graph.number_of_edges():,} pairs of neighbours; a municipality has {degree.mean():.1f} on average.")
print(f"The largest connected part holds {len(max(nx.connected_components(graph), key=len)):,} municipalities.")
dxsim.label(nation.adjacency["kind"].value_counts().to_frame("Pairs"))

# %% [markdown]
# ## Step 3: what lies ahead
#
# Projected population decides how many residents share the running cost in 2035.

# %%
projected = towns.groupby("type")[["population", "population_2035", "population_2050"]].sum()
projected.columns = ["2020", "2035", "2050"]
dxsim.label((100 * projected.div(projected["2020"], axis=0)).round(0).astype(int)).rename_axis(
    columns="Residents, 2020 = 100"
)

# %% [markdown]
# ## Step 4: do neighbours move together?
#
# Run the baseline and compare neighbours with pairs drawn at random, 200 times. If neighbours differ less than 95 % of such draws, something
# ties them together: imitation, a common vendor, or simply that neighbours are alike. `readiness` is a check: it is drawn before anybody
# imitates anybody.

# %%
records = dxsim.simulate(nation, dxsim.load_scenario("baseline"), seed=1)
municipalities = records.municipalities.set_index("code")
municipalities["commit_month"] = (municipalities["first_commit"] - pd.Timestamp("2021-04-01")).dt.days / 30.44
pairs, chance = nation.adjacency, np.random.default_rng(1)
first, second = (municipalities.index.get_indexer(pairs[side]) for side in ("code_a", "code_b"))


def gaps(column):
    """Return the mean absolute difference between neighbours, and where 95 % of those of random pairs lie."""
    values = municipalities[column].to_numpy()
    at_random = [np.abs(values[first] - values[chance.permutation(second)]).mean() for _ in range(200)]
    low, high = np.quantile(at_random, [0.025, 0.975])
    return {"Neighbours": np.abs(values[first] - values[second]).mean(), "Random pairs, from": low, "to": high}


asked = {
    "commit_month": "Month of the first decision",
    "late_systems": "Late systems",
    "readiness": "Readiness, drawn at the start",
}
found = pd.DataFrame({name: gaps(column) for column, name in asked.items()}).T.round(2)
found["Neighbours are"] = np.select(
    [found["Neighbours"] < found["Random pairs, from"], found["Neighbours"] > found["to"]],
    ["more alike", "less alike"],
    "not shown to be alike",
)
found.rename_axis("Mean gap in")

# %% [markdown]
# The summary has Moran's I, the usual measure of the same thing for lateness, and which motive tipped the decisions.

# %%
summary = records.summary.set_index("kpi").loc[["late_morans_i", "cause_share_peers"]].round(3)
dxsim.label(summary)

# %%
told = [
    f"- {name}: neighbours are {row['Neighbours are']} (gap {row['Neighbours']}, random pairs {row['Random pairs, from']} to {row['to']})."
    for name, row in found.iterrows()
]
check = found.loc["Readiness, drawn at the start", "Neighbours are"] == "more alike"
origin = (
    "neighbours are alike before anybody has decided anything, so this is no proof of imitation"
    if check
    else "neighbours are not shown to be alike at the start, so what ties them comes later"
)
Markdown(
    f"""**Answer.** The smaller half of the municipalities holds {smaller_half:.1%} of the residents. Do neighbours move together?

{chr(10).join(told)}

The check says: {origin}. Peers tipped {summary.loc["cause_share_peers", "value"]:.1%} of the decisions in this run, and Moran's I of
late systems is {summary.loc["late_morans_i", "value"]}."""
)

# %% [markdown]
# ## Exercises
#
# 1. Some municipalities have no land border with another one. How many are they, and are they late more often?
# 2. Repeat step 4 with `dxsim.load_scenario("geographic_peers")`, where neighbours are imitated. What changes?
# 3. Repeat step 4 with random pairs of the same type. Is it distance or likeness that counts?
# 4. How much of the nation lives in municipalities that will have lost a fifth of their residents by 2035?

# %% tags=["solution"]
by_land = pairs[pairs["kind"] == "land"]
on_land = municipalities.index.isin([*by_land["code_a"], *by_land["code_b"]])
late_of = {"with": municipalities[on_land], "without": municipalities[~on_land]}
for name, part in late_of.items():
    print(
        f"{len(part):,} {name} a land border: {part['late_systems'].sum() / part['systems'].sum():.1%} of systems late."
    )

# %% tags=["solution"]
imitating = dxsim.simulate(nation, dxsim.load_scenario("geographic_peers"), seed=1)
months = imitating.municipalities.set_index("code")["first_commit"]
municipalities["imitating"] = (months - pd.Timestamp("2021-04-01")).dt.days / 30.44
now, share = gaps("imitating"), imitating.summary.set_index("kpi").loc["cause_share_peers", "value"]
print(f"Peers tip {share:.1%} of the decisions; the gap between neighbours is {now['Neighbours']:.2f} months,")
print(f"that of random pairs {now['Random pairs, from']:.2f} to {now['to']:.2f}.")

# %% tags=["solution"]
types, values = municipalities["type"].to_numpy(), municipalities["commit_month"].to_numpy()
alike = [np.abs(values[one] - values[chance.choice(np.flatnonzero(types == types[one]))]) for one in first]
print(f"Random pairs of the same type: {np.mean(alike):.2f} months; neighbours: {found['Neighbours'].iloc[0]} months.")
print(
    "Likeness explains it."
    if np.mean(alike) <= found["Neighbours"].iloc[0]
    else "Likeness of type does not explain it all."
)

# %% tags=["solution"]
losing = towns["population_2035"] <= 0.8 * towns["population"]
print(
    f"{towns.loc[losing, 'population'].sum() / towns['population'].sum():.1%} of the residents, in {losing.sum():,} municipalities."
)
