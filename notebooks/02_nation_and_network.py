# %% [markdown]
# # 2. The nation and its network
#
# **Question.** Who are the 1,741 municipalities, who is next to whom, and does it matter for when they move?

# %%
import networkx as nx
import numpy as np
import pandas as pd

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
    municipalities=("code", "size"),
    median_residents=("population", "median"),
    residents=("population", "sum"),
    staff=("staff", "median"),
    fiscal_index=("fiscal_index", "median"),
)
sizes["share_of_residents"] = sizes["residents"] / sizes["residents"].sum()
sizes.sort_values("median_residents", ascending=False).round(2)

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
print(f"Kinds of tie: {nation.adjacency['kind'].value_counts().to_dict()}")
print(f"The largest connected part holds {len(max(nx.connected_components(graph), key=len)):,} municipalities.")
degree.describe().round(1)

# %% [markdown]
# ## Step 3: what lies ahead
#
# Projected population decides how many residents share the running cost in 2035.

# %%
projected = towns.groupby("type")[["population", "population_2035", "population_2050"]].sum()
(projected.div(projected["population"], axis=0)).round(2)

# %% [markdown]
# ## Step 4: do neighbours move together?
#
# Run the baseline and compare the month of the first commitment between neighbours, and between pairs drawn at random. If neighbours
# differ less than pairs at random, something ties them together: imitation, a common vendor, or simply that neighbours are alike.

# %%
records = dxsim.simulate(nation, dxsim.load_scenario("baseline"), seed=1)
municipalities = records.municipalities.set_index("code")


def mean_gap(column, codes_a, codes_b):
    """Return the mean absolute difference between two lists of municipalities."""
    values = municipalities[column]
    return np.abs(values.loc[codes_a].to_numpy() - values.loc[codes_b].to_numpy()).mean()


municipalities["commit_month"] = (municipalities["first_commit"] - pd.Timestamp("2021-04-01")).dt.days / 30.44
pairs = nation.adjacency
chance = np.random.default_rng(1)
shuffled = chance.permutation(pairs["code_b"])
pd.DataFrame(
    {
        column: {
            "neighbours": mean_gap(column, pairs["code_a"], pairs["code_b"]),
            "random pairs": mean_gap(column, pairs["code_a"], shuffled),
        }
        for column in ("commit_month", "late_systems", "readiness")
    }
).round(2)

# %% [markdown]
# **Answer.** Compare the two rows. A gap that is clearly smaller between neighbours speaks for space; `readiness` is there as a
# check, since it is drawn before anybody imitates anybody. The summary has Moran's I, the usual measure of the same thing for lateness:

# %%
records.summary.set_index("kpi").loc[["late_morans_i"]].round(3)

# %% [markdown]
# ## Exercises
#
# 1. Municipalities without a land border depend on other ties. Which are they (`nation.adjacency["kind"]`), and are they late more often?
# 2. Repeat step 4 with `dxsim.load_scenario("geographic_peers")`. What changes, and what does that say of the baseline?
# 3. Repeat step 4 for pairs of the same type that are not neighbours. Is it distance or likeness that counts?
# 4. How much of the nation lives in municipalities that will have lost a fifth of their residents by 2035?
