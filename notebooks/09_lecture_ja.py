# %% [markdown]
# # 9. 授業用ノートブック：自治体情報システムの標準化をシミュレーションで考える
#
# **対象** 公共政策・情報政策・計算社会科学の授業（90分）　**準備** dxsimだけで、インターネットは不要です。
#
# | 時間 | 内容 | 学生の作業 |
# |---|---|---|
# | 0～10分 | 準備：モデルと全国データを知る | 図を読む |
# | 10～25分 | 授業1：小さな町の移行はなぜ遅れるか | 予想を書き、結果と比べる |
# | 25～40分 | 授業2：共同化は誰の何を変えるか | 予想、グラフの読み取り |
# | 40～55分 | 授業3：窓口がなくなると誰が取り残されるか | 予想、話し合い |
# | 55～70分 | 授業4：期限の延長か、技術者の増員か | 二班に分かれて討論 |
# | 70～85分 | 授業5：データ共有の便益と代償 | 予想、話し合い |
# | 85～90分 | まとめ、演習の説明 | |
#
# **約束** 実行する前に、必ず予想を紙に書いてください。当たったかどうかより、なぜ外れたかを説明することが大切です。
#
# **アプリ** 同じ五つの授業は、授業用アプリでも行えます。`dxsim app` と入力し、表示されたアドレスをブラウザーで開いてください（インターネットは不要です）。
# アプリでは地図が動き、予想を記録してから結果を見ます。このノートブックでは、同じ問いを自分で計算し、条件を変えて確かめます。
#
# 全国データは公表統計から作った架空のもので、実在の団体ではありません。結果は個々の団体の予測ではありません。
# 教員用の解説は `09_teachers_key_ja.md` にあります。

# %%
import pandas as pd
from IPython.display import Markdown

import dxsim
from dxsim import plots

dxsim.set_language("ja")
pd.set_option("display.max_colwidth", None)
nation = dxsim.load_nation("synthetic")

# %% [markdown]
# ## 準備：何が起きているのでしょうか
#
# 1,741市区町村が20業務のシステムを、国の期限（2026年3月末）までに標準準拠システムへ移行します。ベンダーの技術者は限られています。
#
# **問い** 期限に間に合わないのはどのような団体で、その理由は何でしょうか。

# %%
baseline = dxsim.simulate(nation, dxsim.load_scenario("baseline"), seed=1)
plots.overview(baseline, nation)

# %% [markdown]
# **図の読み方** 左上は団体区分ごとの移行済み割合で、破線が期限です。左下は遅延の理由（R1～R5）、右は遅延システム数の地図と分布です。
#
# この図は乱数1通りの結果です。偶然を見分けるため、以下の授業ではどれも複数の乱数で実行し、案どうしを同じ乱数で比べます。
# 95％信頼区間が0をまたぐとき、差があるとは言えません。
#
# ## 授業1：小さな町の移行はなぜ遅れるか
#
# **問い** 移行を遅らせる要因は四つ考えられます。ベンダー技術者の不足、自団体の職員不足、意思決定の時間、資金の不足です。
# どれを取り除くと、人口5千人未満の団体の遅延が最も減るでしょうか。
#
# **予想** 四つの要因に、効くと思う順に1～4の番号を付けてください。
#
# まず、義務化から移行までの月が何に使われたかを、モデルの帳簿で見ます。

# %%
plots.delays(baseline)

# %% [markdown]
# 次に、要因を一つずつ取り除いて、期限に間に合わないシステムの割合を比べます。

# %%
without = {
    "技術者の制約なし": {"vendor.capacity_ratio": 1000.0},
    "職員の制約なし": {"staff.staffing": "unlimited"},
    "即時に決定": {"commitment.mandate_hazard": 10.0, "commitment.gate_rule": "always_open"},
    "予算の制約なし": {"money.budget": "unlimited"},
}
causes = dxsim.Study(
    "okure",
    cases=[{"name": "現状"}, *({"name": name, **changed} for name, changed in without.items())],
    seeds={"first": 1, "count": 6},
)
late = dxsim.compare(dxsim.run_sweep(causes, "okure"))
table = dxsim.effects(late, ["late_share"], "size_class").xs("5千人未満", level="区分")
table

# %%
effects = [f"- {dxsim.effect(late, 'late_share', name, 'under_5k')}。" for name in without]
Markdown("**結果**\n\n" + "\n".join(effects))

# %% [markdown]
# モデルには別の読み方もあります。公表された総数は、技術者の不足ではなく製品の完成日や切替日程が制約だと考えても説明できます。
# その読み方（`calendar_limited`）で、技術者の制約を取り除いてみます。

# %%
reading = dxsim.Study(
    "yomikata",
    variants=["calendar_limited"],
    cases=[{"name": "現状"}, {"name": "技術者の制約なし", **without["技術者の制約なし"]}],
    seeds={"first": 1, "count": 6},
)
other = dxsim.compare(dxsim.run_sweep(reading, "yomikata"))
dxsim.effects(other, ["late_share"], "size_class").xs("5千人未満", level="区分")

# %%
Markdown(f"**別の読み方での結果** {dxsim.effect(other, 'late_share', '技術者の制約なし', 'under_5k')}。")

# %% [markdown]
# **話し合い** 二つの読み方で答えは同じでしたか。どちらの読み方が正しいかは、どのような資料があれば見分けられるでしょうか。
#
# ## 授業2：共同化は誰の何を変えるか
#
# **問い** システム・人材・調達の共同化は、誰の住民1人あたり費用を下げるのでしょうか。遅れや手続はどうなるでしょうか。
#
# **予想** ①5千人未満の町村、②5万～10万人の市、③50万人以上の市。それぞれ「下がる・変わらない・上がる」のどれかを書いてください。

# %%
joint = dxsim.Study(
    "kyodo",
    cases=[
        {"name": "単独", "cooperation.formation": "none"},
        {"name": "共同化できる", "cooperation.formation": "yearly"},
        {"name": "節減額の半分を交付", "cooperation.formation": "yearly", "cooperation.grant_rate": 0.5},
    ],
    seeds={"first": 1, "count": 6},
)
together = dxsim.compare(dxsim.run_sweep(joint, "kyodo"))
plots.strata(together, measures=["cost_per_resident", "late_share"])

# %%
measures = ["cost_per_resident", "late_share"]
table = dxsim.effects(together, measures, "size_class").xs("共同化できる", level="案")
table

# %% [markdown]
# 交付金を加えると、参加する団体は増えるでしょうか。

# %%
granted = dxsim.compare("kyodo:共同化できる", "kyodo:節減額の半分を交付")
dxsim.effects(granted, ["cooperating_share", "grants_paid"])

# %%
sizes = ["under_5k", "50k_to_100k", "500k_over"]
costs = [f"- {dxsim.effect(together, 'cost_per_resident', '共同化できる', size)}。" for size in sizes]
lateness = [f"- {dxsim.effect(together, 'late_share', '共同化できる', size)}。" for size in sizes]
grant = [f"- {dxsim.effect(granted, kpi, '節減額の半分を交付')}。" for kpi in ("cooperating_share", "grants_paid")]
Markdown("**結果**\n\n" + "\n".join([*costs, *lateness, *grant]))

# %% [markdown]
# **話し合い** 固定費を分け合うと小さい団体ほど得をします。では、大きな団体はなぜ参加するのでしょうか。参加しない団体はどこでしょうか。

# %%
plots.groups(baseline, nation)

# %% [markdown]
# ## 授業3：窓口がなくなると誰が取り残されるか
#
# **問い** 窓口が開いている今は、全員が手続を完了できているのでしょうか。窓口をすべて廃止し、代わりに支援窓口を置くとどうなるでしょうか。
#
# **予想** 85歳以上の手続のうち、窓口の全廃後に完了できなくなる割合を書いてください。

# %%
closing = {"residents.analog_rule": "sunset", "residents.analog_floor": 0.0}
desks = {**closing, "residents.support_desks": 1.0}
counters = dxsim.Study(
    "madoguchi",
    cases=[
        {"name": "窓口あり"},
        {"name": "窓口を全廃", **closing},
        {"name": "全廃し支援窓口", **desks},
        {"name": "加えて郵便局", **desks, "residents.access_points": 2.0},
    ],
    seeds={"first": 1, "count": 6},
)
left = dxsim.compare(dxsim.run_sweep(counters, "madoguchi"))
kpis = ["excluded_share", "excluded_share_85_over", "channel_cost"]
dxsim.effects(left, kpis)

# %% [markdown]
# 取り残されるのは誰でしょうか。人口規模別に見ます。

# %%
plots.strata(left, measures=["excluded_share"])

# %%
dxsim.effects(left, ["excluded_share"], "size_class").query("区分 == ['5千人未満', '50万人以上']")

# %%
found = [f"- {dxsim.effect(left, kpi, '窓口を全廃')}。" for kpi in kpis]
found += [f"- {dxsim.effect(left, 'excluded_share', name)}。" for name in ("全廃し支援窓口", "加えて郵便局")]
found += [f"- {dxsim.effect(left, 'excluded_share', '全廃し支援窓口', size)}。" for size in ("under_5k", "500k_over")]
Markdown("**結果**\n\n" + "\n".join(found))

# %% [markdown]
# **話し合い** 全国の平均で良くなる対策は、小さな町でも良くなるでしょうか。また、節約した経費と、手続を完了できなくなった住民。この二つを比べる物差しは何でしょうか。それは計算で決まるものでしょうか。
#
# ## 授業4：期限の延長か、技術者の増員か
#
# **問い** 対策は二つあります。期限を1年延ばして2027年3月にするか、ベンダー技術者を40％増員するかです。
# 2027年3月に移行済みのシステムが増えるのはどちらでしょうか。
#
# 二班に分かれ、それぞれの対策を支持する理由を三つ書いてから実行してください。

# %%
remedies = dxsim.Study(
    "kigen",
    cases=[
        {"name": "現状", "policy.deadline": "2026-03"},
        {"name": "期限を1年延長", "policy.deadline": "2027-03"},
        {"name": "技術者を40％増員", "policy.deadline": "2026-03", "policy.capacity_programme": 0.4},
        {"name": "両方", "policy.deadline": "2027-03", "policy.capacity_programme": 0.4},
    ],
    seeds={"first": 1, "count": 6},
    outcomes={"kpis": "all", "strata": ["size_class"], "months": {"columns": ["live"], "types": ["all"]}},
)
results = dxsim.run_sweep(remedies, "kigen")
dated = dxsim.compare(results)
plots.differences(dated, ["late_share", "live_share_2027_03", "restricted_mean_months_to_live", "incidents"])

# %%
kpis = ["late_share", "live_share_2027_03"]
dxsim.effects(dated, kpis)

# %%
found = [f"- {dxsim.effect(dated, kpi, name)}。" for name in ("期限を1年延長", "技術者を40％増員") for kpi in kpis]
Markdown(
    "**結果** 「期限に間に合わない」の割合は、期限そのものが動くと定義も動きます。移行済みの割合の定義は動きません。\n\n"
    + "\n".join(found)
)

# %% [markdown]
# **話し合い** 遅延の割合と2027年3月の移行済み割合とでは、どちらの対策が良く見えますか。住民にとって大切なのはどちらでしょうか。
#
# ## 授業5：データ共有の便益と代償
#
# **問い** 全国の団体がデータを共有すると、住民が同じ情報を何度も持参する必要はなくなります。一方、事故が起きたときの影響は広がります。
# 2036年までに漏えいする記録は、共有しない場合の何倍になるでしょうか。
#
# **予想** 「変わらない・2倍まで・5倍まで・それ以上」のどれかを書いてください。

# %%
sharing = dxsim.Study(
    "kyoyu",
    cases=[
        {"name": "共有しない", "security.data_sharing": "none"},
        {"name": "都道府県内で共有", "security.data_sharing": "prefecture"},
        {"name": "全国で共有", "security.data_sharing": "national"},
    ],
    seeds={"first": 1, "count": 10},
)
shared = dxsim.compare(dxsim.run_sweep(sharing, "kyoyu"))
kpis = ["counter_load_2035", "interoperability_benefit", "exposed_records"]
plots.differences(shared, kpis)

# %%
dxsim.effects(shared, kpis)

# %%
found = [f"- {dxsim.effect(shared, kpi, name)}。" for kpi in kpis for name in ("都道府県内で共有", "全国で共有")]
Markdown("**結果** 便益（窓口の業務量と相互運用）と代償（漏えいした記録）です。\n\n" + "\n".join(found))

# %% [markdown]
# **話し合い** 便益は毎年確実に少しずつ得られ、損失はまれに大きく起こります。どのように比べればよいでしょうか。区間の幅は何を表していますか。
#
# ## まとめ
#
# 1. 要因を一つずつ取り除くと、何が制約になっているかが分かります。ただし、答えはデータの読み方にも左右されます。
# 2. 共同化の利益は規模によって違います。区間を見なければ「効いた」とは言えません。
# 3. 窓口が開いていても手続を完了できない住民がいます。廃止と支援は合わせて考える必要があります。
# 4. 期限を動かすと「遅延」の定義も動きます。定義に左右されない指標も見てください。
# 5. モデルは明示した仕組みから何が起こるかを示すもので、予測ではありません。
#
# ## 演習（レポート課題）
#
# 1. 授業1の要因のうち、技術者の制約を乱数12通りで調べ直し、区間の幅がどう変わるか報告してください。
# 2. 費用を人口割で分担すると（`cooperation.sharing_rule` を `population` にする）、参加する団体はどう変わりますか。授業2の方法で調べてください。
# 3. 窓口の3割を残す場合（`residents.analog_floor` を0.3にする）は、全廃と比べて誰を救いますか。
# 4. 製品の提供を半年早めること（`policy.readiness_shift` を-6にする）と、技術者の40％増員を比べてください。
# 5. 自分の自治体に近い規模の架空の団体を一つ選び、`dxsim.story` で経緯を読み、何が変われば結果が変わったか説明してください。
#
# 解答例は教員用の解説にあります。

# %% [markdown] tags=["key"]
# # 教員用の解説：授業用ノートブック
#
# この文書は `09_lecture_ja.py` の実行結果から作られます。数値はすべて実行結果です。モデルを変えたら、ノートブックと一緒に作り直してください。
#
# ```
# python dev.py python -m tests.notebooks.write 9
# ```
#
# 進め方は各授業とも同じです。問いを読み（2分）、予想を書かせ（3分）、実行して図を見せ（4分）、結果を予想と比べ（3分）、話し合います（3分）。
# アプリ（`dxsim app`）を使う場合も、授業の名前と順番は同じです。
#
# ## 授業1：小さな町の移行はなぜ遅れるか
#
# **ねらい** 複数の要因が同時に移行を遅らせることを知り、一つずつ取り除いて制約となる要因を見つけます。

# %% tags=["key"]
answers = [f"- {dxsim.effect(late, 'late_share', name, 'under_5k')}。" for name in without]
verdicts = late.equity.query("measure == 'late_share' and `class` == 'under_5k'").set_index("case")
helping = [name for name in without if verdicts.loc[name, "verdict"] == "better"]
order = " → ".join(sorted(helping, key=lambda name: verdicts.loc[name, "difference"])) or "なし"
second = dxsim.effect(other, "late_share", "技術者の制約なし", "under_5k")
Markdown(
    "**結果**\n\n"
    + "\n".join(answers)
    + f"\n\n遅延を減らすことが示された要因（効果の大きい順）：{order}。\n\n**別の読み方** {second}。"
)

# %% [markdown] tags=["key"]
# **予想の扱い方** 「職員が足りないから」「お金がないから」という予想が出たら、否定するのではなく、帳簿の図（何に月が使われたか）のどこにそれが現れるはずかを考えさせてください。
#
# **話し合いの要点** 長く待っている段階と、取り除くと早くなる段階は同じとは限りません。取り除いた要因の先に次の制約があるからです。
# 二つの読み方を見分けるには、団体ごとの発注日・製品の提供日・作業開始日の記録が必要です。
#
# ## 授業2：共同化は誰の何を変えるか
#
# **ねらい** 固定費を理解し、同じ政策でも規模によって効果が違うことを確かめます。

# %% tags=["key"]
Markdown("**結果**\n\n" + "\n".join([*costs, *lateness, *grant]))

# %% [markdown] tags=["key"]
# **話し合いの要点** 固定費は住民の数に関係なくかかるので、分け合うと小さい団体ほど1人あたりの節減が大きくなります。大きな団体が参加するのは、基準シナリオの分担の決まりが
# 構成団体の節減額を等しくするからです。分担の決まりを変えると参加も変わります（演習2）。参加しない団体は、近くに得になる相手がいない団体や、調整の費用が節減額を上回る団体です。
#
# ## 授業3：窓口がなくなると誰が取り残されるか
#
# **ねらい** 今も手続を完了できない住民がいることを知り、廃止と支援の効果を分けて考えます。

# %% tags=["key"]
kept = ["excluded_share", "excluded_share_85_over", "channel_cost"]
answers = [f"- {dxsim.effect(left, kpi, '窓口を全廃')}。" for kpi in kept]
answers += [f"- {dxsim.effect(left, 'excluded_share', name)}。" for name in ("全廃し支援窓口", "加えて郵便局")]
answers += [f"- {dxsim.effect(left, 'excluded_share', '全廃し支援窓口', size)}。" for size in ("under_5k", "500k_over")]
Markdown("**結果**\n\n" + "\n".join(answers))

# %% [markdown] tags=["key"]
# **話し合いの要点** 経費は円、取り残しは人や手続で測ります。二つを一つの物差しにするには、1件の手続に値段を付けるか、これ以上は認めないという上限を決める必要があります。
# どちらも価値の判断で、計算では決まりません。住民に関する数値は仮定への依存が大きいので、向きと順番だけを使ってください。
#
# ## 授業4：期限の延長か、技術者の増員か
#
# **ねらい** 「遅延」の定義と、実際の進み具合を区別します。

# %% tags=["key"]
names, both = ("期限を1年延長", "技術者を40％増員"), ("late_share", "live_share_2027_03")
answers = [f"- {dxsim.effect(dated, kpi, name)}。" for name in names for kpi in both]
moved = dated.differences.set_index(["kpi", "case"])["verdict"]
words = {"better": "増えます", "worse": "減ります", "unclear": "差が示されていません"}
summary = "、".join(
    f"「{name}」では{words.get(moved['live_share_2027_03', name], '一概に言えません')}" for name in names
)
Markdown("**結果**\n\n" + "\n".join(answers) + f"\n\n2027年3月に移行済みのシステムは、{summary}。")

# %% [markdown] tags=["key"]
# **話し合いの要点** 期限を動かすと、遅延の割合は定義によって変わります。住民が使えるシステムが増えたかどうかは、決まった月の移行済み割合で見ます。討論では、どの指標を使って主張しているかを班ごとに確認してください。
#
# ## 授業5：データ共有の便益と代償
#
# **ねらい** 確実で小さな便益と、まれで大きな損失を比べます。

# %% tags=["key"]
gains = ["counter_load_2035", "interoperability_benefit", "exposed_records"]
answers = [f"- {dxsim.effect(shared, kpi, name)}。" for kpi in gains for name in ("都道府県内で共有", "全国で共有")]
Markdown("**結果**\n\n" + "\n".join(answers))

# %% [markdown] tags=["key"]
# **話し合いの要点** 区間は、乱数によって合計の平均がどれだけ変わるかを表すもので、1回の事故の大きさではありません。まれな大事故の姿は平均からは見えません。便益を受ける人と損失を受ける人が違うことにも気付かせてください。
#
# ## 演習の解答例
#
# コードはノートブックの最後まで実行した後に、続けて実行できます。

# %% tags=["solution"]
more = dxsim.Study(
    "okure12",
    cases=[{"name": "現状"}, {"name": "技術者の制約なし", **without["技術者の制約なし"]}],
    seeds={"first": 1, "count": 12},
)
sure = dxsim.compare(dxsim.run_sweep(more, "okure12"))
print(f"6通り：{dxsim.effect(late, 'late_share', '技術者の制約なし', 'under_5k')}。")
print(f"12通り：{dxsim.effect(sure, 'late_share', '技術者の制約なし', 'under_5k')}。")

# %% tags=["solution"]
rules = dxsim.Study(
    "buntan",
    cases=[
        {"name": "節減額を等しく", "cooperation.sharing_rule": "equal_saving"},
        {"name": "人口割", "cooperation.sharing_rule": "population"},
    ],
    seeds={"first": 1, "count": 6},
)
ruled = dxsim.compare(dxsim.run_sweep(rules, "buntan"))
for size in ("under_5k", "50k_to_100k", "500k_over"):
    print(f"{dxsim.effect(ruled, 'cooperating_share', '人口割', size)}。")

# %% tags=["solution"]
third = dxsim.Study(
    "sanwari",
    cases=[{"name": "窓口を全廃", **closing}, {"name": "3割を残す", **closing, "residents.analog_floor": 0.3}],
    seeds={"first": 1, "count": 6},
)
partly = dxsim.compare(dxsim.run_sweep(third, "sanwari"))
for size in ("under_5k", "500k_over"):
    print(f"{dxsim.effect(partly, 'excluded_share', '3割を残す', size)}。")
print(f"{dxsim.effect(partly, 'excluded_share_85_over', '3割を残す')}。")

# %% tags=["solution"]
sooner = dxsim.Study(
    "seihin",
    cases=[
        {"name": "技術者を40％増員", "policy.capacity_programme": 0.4, "policy.readiness_shift": 0},
        {"name": "製品を半年早く", "policy.capacity_programme": 0.0, "policy.readiness_shift": -6},
    ],
    seeds={"first": 1, "count": 6},
)
earlier = dxsim.compare(dxsim.run_sweep(sooner, "seihin"))
for kpi in ("late_share", "live_share_2027_03"):
    print(f"{dxsim.effect(earlier, kpi, '製品を半年早く')}。")

# %% tags=["solution"]
near = (baseline.municipalities["population"] - 30_000).abs().idxmin()  # 自分の自治体の人口に置き換えてください
code = baseline.municipalities.loc[near, "code"]
scenario = dxsim.load_scenario("baseline")
town, changes = dxsim.biography(nation, scenario, 1, code), dxsim.counterfactuals(nation, scenario, 1, code)
spared = changes[changes["late_systems"] < changes["late_systems"].iloc[0]]
print(f"{town.name}（架空）の遅延システムは{changes['late_systems'].iloc[0]}件です。")
print(
    f"試した{len(changes) - 1}通りの変更のうち、遅延が減ったのは{len(spared)}通りです。経緯の全文は dxsim.story(town, changes) で読めます。"
)
