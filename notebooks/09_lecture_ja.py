# %% [markdown]
# # 9. 授業用ノートブック：自治体システム標準化をシミュレーションで考える
#
# **対象** 公共政策・情報政策・計算社会科学の授業（90分）　**準備** dxsim だけ。インターネットは不要です。
#
# | 時間 | 内容 | 学生の作業 |
# |---|---|---|
# | 0～15分 | 準備：モデルと全国データを知る | 図を読む |
# | 15～35分 | 授業1：共同化と団体の規模 | 予想を書き、結果と比べる |
# | 35～50分 | 授業2：交付金の転換点 | 予想、グラフの読取り |
# | 50～70分 | 授業3：技術者の増員か、補助金か | 二班に分かれて討論 |
# | 70～90分 | 授業4：窓口をなくすとどうなるか、まとめ | 討論、演習の説明 |
#
# **約束** 実行する前に、必ず予想を紙に書くこと。当たったかどうかより、なぜ外れたかを説明することが大切です。
#
# 全国データは公表統計から作った架空のもので、実在の団体ではありません。結果は個々の団体の予測ではありません。

# %%
import pandas as pd

import dxsim
from dxsim import plots

dxsim.set_language("ja")
nation = dxsim.load_nation("synthetic")

# %% [markdown]
# ## 準備：何が起きているのか
#
# 1,741市区町村が20業務のシステムを、国の期限（2026年3月末）までに標準準拠システムへ移行します。ベンダーの技術者は限られています。
#
# **問い** 期限に間に合わないのはどのような団体で、その理由は何でしょうか。

# %%
baseline = dxsim.simulate(nation, dxsim.load_scenario("baseline"), seed=1)
plots.overview(baseline, nation, language="ja")

# %% [markdown]
# **図の読み方** 左上：団体類型ごとの移行済み割合。破線が期限。左下：遅延の理由（R1～R5）。右：遅延システム数の地図と分布。
#
# **学生への問い** 規模の大きい団体ほど遅れるのはなぜでしょうか。「能力が低いから」以外の説明を考えてください。
#
# ## 授業1：共同化と団体の規模
#
# **問い** システムの共同利用は、誰の住民1人あたり費用を下げるのでしょうか。
#
# **予想** ①5千人未満の町村、②5万～10万人の市、③50万人以上の市。それぞれ「下がる・変わらない・上がる」のどれかを書いてください。

# %%
study = dxsim.Study("kyodo", scenarios=["no_cooperation", "baseline"], seeds={"first": 1, "count": 8})
found = dxsim.compare(dxsim.run_sweep(study, "kyodo"))
plots.strata(found, measures=["cost_per_resident", "overloaded_share"], language="ja")

# %% [markdown]
# 点が「共同化あり－なし」の差、線が95％区間です。線が0をまたぐとき、差があるとは言えません。

# %%
rows = found.equity.query("stratum == 'size_class' and measure == 'cost_per_resident'").set_index("class")
order = [
    "under_5k",
    "5k_to_10k",
    "10k_to_30k",
    "30k_to_50k",
    "50k_to_100k",
    "100k_to_200k",
    "200k_to_500k",
    "500k_over",
]
names = {"reference_mean": "共同化なし（円）", "case_mean": "共同化あり（円）", "difference": "差（円）"}
names |= {"monte_carlo_low": "区間の下端", "monte_carlo_high": "区間の上端"}
rows.loc[order, list(names)].rename(columns=names).round(0)

# %% [markdown]
# **話し合い** 固定費を分け合うと小さい団体ほど得をします。では、大きな団体はなぜ参加するのでしょうか。参加しない団体はどこでしょうか。

# %%
plots.groups(baseline, nation, language="ja")

# %% [markdown]
# ## 授業2：交付金の転換点
#
# **問い** 国が共同化の節減額の一部を交付すると、参加する団体は少しずつ増えるのでしょうか。それともある率を境に急に増えるのでしょうか。
#
# **予想** 横軸を交付率（0～0.3）、縦軸を参加団体の割合として、曲線を描いてください。

# %%
rates = [0.0, 0.1, 0.2, 0.3]
grant = dxsim.Study("kofukin", levers={"cooperation.grant_rate": rates}, seeds={"first": 1, "count": 4})
results = dxsim.run_sweep(grant, "kofukin")
kpis = results.plan.merge(results.kpis, on="run")
columns = {"cooperating_share": "参加団体の割合", "groups": "グループ数", "grants_paid": "交付額（億円）"}
table = kpis.groupby("cooperation.grant_rate")[list(columns)].mean().rename(columns=columns)
table["交付額（億円）"] /= 1e8
table.rename_axis("交付率").round(3)

# %%
plots.differences(dxsim.compare(results), ["cooperating_share", "late_share", "own_burden"], language="ja")

# %% [markdown]
# **話し合い** 1億円の交付で参加団体は何団体増えましたか。交付率を上げるほど効率は良くなりますか。
#
# ## 授業3：技術者の増員か、補助金か
#
# **問い** 遅れを減らすために国が使える手段が二つあります。ベンダー技術者を増やすことと、移行経費を全額補助すること。どちらが効くでしょうか。
#
# 二班に分かれ、それぞれの手段を擁護する理由を三つ書いてから実行します。

# %%
policies = {"現状": "baseline", "技術者を増やす": "capacity_programme", "全額補助": "full_subsidy"}
runs = {name: dxsim.simulate(nation, dxsim.load_scenario(scenario), seed=1) for name, scenario in policies.items()}
plots.curves(runs, "live", language="ja")

# %%
wanted = {"late_share": "遅延割合", "months_to_live_90": "90％移行までの月数", "own_burden": "自己負担（億円）"}
wanted |= {"subsidy_paid": "補助金（億円）", "refusals": "予算不足で着手できなかった団体・月"}
figures = pd.DataFrame({name: run.summary.set_index("kpi")["value"].loc[list(wanted)] for name, run in runs.items()})
figures.loc[["own_burden", "subsidy_paid"]] /= 1e8
figures.rename(index=wanted).round(2)

# %% [markdown]
# **話し合い** ボトルネックは資金か、人か。それを見分けるには、どの数値を見ればよいでしょうか。1回の実行だけで結論してよいでしょうか。
#
# ## 授業4：窓口をなくすとどうなるか
#
# **問い** 窓口をすべて閉じてオンラインだけにすると、手続ができなくなる住民はどれだけいるでしょうか。支援窓口で防げるでしょうか。
#
# **予想** 85歳以上の手続のうち、できなくなる割合を書いてください。

# %%
closing = {"窓口を残す": "baseline", "窓口を閉じる": "digital_only_sunset", "閉じて支援する": "sunset_with_support"}
counters = {name: dxsim.simulate(nation, dxsim.load_scenario(scenario), seed=1) for name, scenario in closing.items()}
plots.residents(counters["窓口を閉じる"], language="ja")

# %%
wanted = {"excluded_share": "できなかった手続の割合", "excluded_share_85_over": "同（85歳以上）"}
wanted |= {"digital_gap": "オンライン利用の年齢差", "channel_cost": "窓口・支援の経費（億円）"}
figures = pd.DataFrame(
    {name: run.summary.set_index("kpi")["value"].loc[list(wanted)] for name, run in counters.items()}
)
figures.loc["channel_cost"] /= 1e8
figures.rename(index=wanted).round(3)

# %% [markdown]
# **話し合い** 節約した経費と、手続ができなくなった住民。この二つを比べる物差しは何でしょうか。それは計算で決まるものでしょうか。
#
# ## まとめ
#
# 1. 期限は行動をそろえますが、作業する人の数は増やしません。
# 2. 共同化の利益は規模によって大きく違い、区間を見なければ「効いた」とは言えません。
# 3. 同じ乱数で比べること、予想を先に書くことが、思い込みを防ぎます。
# 4. モデルは明示した仕組みから何が起こるかを示すもので、予測ではありません。
#
# ## 演習（レポート課題）
#
# 1. 授業1を乱数30通りで行い、区間の幅がどう変わるか報告しなさい。
# 2. `sharing_by_population`（人口割）では誰が参加しなくなるか。授業1の方法で調べなさい。
# 3. 授業3を乱数8通りのスイープで行い、結論が偶然でないことを示しなさい。
# 4. 期限を1年延ばす政策（`{"policy.deadline": "2027-03"}`）を、遅延割合以外の指標で評価しなさい。
# 5. 自分の自治体に似た規模の団体を一つ選び、`dxsim.story` で経緯を読み、何が変われば結果が変わったか説明しなさい。
