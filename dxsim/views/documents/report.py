"""A report: one page of HTML with the figures, key figures, settings, origin and limits of a run or of a sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element

import pandas as pd

from dxsim.analysis import compare, select, sensitivity
from dxsim.analysis.comparison import Comparison, described, paired, unfinished
from dxsim.analysis.indices import is_drawn
from dxsim.analysis.selection import Alternative, lever_columns
from dxsim.language import current_language, either, in_language, say, spoken
from dxsim.nation.nation import SYNTHETIC, Nation
from dxsim.records import Records
from dxsim.scenario.policies import Policy, began_text, what_text, when_text, who_text
from dxsim.scenario.registry import REGISTRY
from dxsim.sweep.layout import DONE, FAILED
from dxsim.sweep.store import Results
from dxsim.sweep.summary import summary_table
from dxsim.terms.kpis import find_kpi
from dxsim.terms.municipalities import TYPES
from dxsim.views.charts import run_figures, sweep_figures
from dxsim.views.documents.citation import (
    bibtex,
    citation,
    nation_text,
    run_details,
    run_in_python,
    sweep_in_python,
)
from dxsim.views.documents.page import Child, element, folded, items, page, pairs, picture, table
from dxsim.views.labels import changes_text, kpi_label, labels
from dxsim.views.quantities import SHOWN, outcome_label, scale_of, scale_of_differences, unit_text
from dxsim.views.sweep import tornado
from dxsim.views.sweep.data import SweepData
from dxsim.views.sweep.differences import CHOSEN

_OVERVIEW = "overview"  # its four charts are shown one by one, in full size
_CAVEATS = ("not_a_forecast", "not_calibrated", "not_modelled", "units")


def run_report(records: Records, nation: Nation | None, language: str | None = None) -> str:
    """Return the report on one run.

    Parameters
    ----------
    records : Records
        Of the run.
    nation : Nation or None
        The nation it was run on; None: without maps.
    language : {"en", "ja"}, optional
        The language that is spoken (`dxsim.set_language`) unless another is named.
    """
    with in_language(language):
        text, manifest = labels(), records.manifest
        scenario = manifest["scenario"]
        changes = changes_text(scenario["overrides"])
        title = spoken(scenario["title"]) + (f" — {changes}" if changes else "")
        where = manifest["nation"]
        municipalities = f"{where['municipalities']:,}"
        lead = text["report_run_lead"].format(
            nation=where["name"], municipalities=municipalities, seed=manifest["seed"]
        )
        sections: dict[str, Sequence[Child]] = {
            text["report_kpis"]: _run_kpis(records),
            text["report_figures"]: _run_figures(records, nation),
            text["report_parameters"]: _run_parameters(records.manifest),
            text["report_caveats"]: [items(_caveats(["one_run", *_CAVEATS], where["name"]))],
            text["report_provenance"]: [_run_provenance(manifest)],
            text["report_again"]: _again(run_details(manifest), run_in_python(manifest), manifest),
            text["report_attribution"]: _attribution(where),
        }
        return page(title, [lead], sections)


def sweep_report(results: Results, nation: Nation | None, language: str | None = None) -> str:
    """Return the report on a sweep, finished or not.

    Parameters
    ----------
    results : Results
        Of the sweep; some run is done.
    nation : Nation or None
        The nation of its runs; None: without maps.
    language : {"en", "ja"}, optional
        The language that is spoken (`dxsim.set_language`) unless another is named.
    """
    with in_language(language):
        text, manifest = labels(), results.manifest
        study, where = manifest["study"], manifest["nation"]
        chosen = select([results])
        alternatives = paired(chosen)
        found = compare(*chosen) if len(alternatives) > 1 else None
        shown = [kpi for kpi in tornado.KPIS if kpi in results.kpis]
        indices = sensitivity(alternatives[0], shown) if shown and is_drawn(alternatives[0]) else None
        drawn = sweep_figures(SweepData(alternatives, found, nation, indices))
        undone: list[Child] = [
            element("p", line.strip(), class_="note") for line in unfinished(described(chosen, alternatives))
        ]
        sections: dict[str, Sequence[Child]] = {
            text["report_undone"]: undone,
            text["report_differences"]: _differences(found) if found else [],
            text["report_figures"]: [picture(plot, name) for name, plot in drawn],
            text["report_kpis"]: _sweep_kpis(results, alternatives),
            text["report_design"]: _design(results, alternatives),
            text["report_caveats"]: [items(_caveats(["sweep", *_CAVEATS], where["name"]))],
            text["report_provenance"]: [_sweep_provenance(results)],
            text["report_again"]: _again(_sweep_details(results), sweep_in_python(results.folder.name), manifest),
            text["report_attribution"]: _attribution(where),
        }
        title = study["title"].get(current_language()) or study["name"]
        lead = [study["question"].get(current_language(), ""), _size(results)]
        return page(title, [part for part in lead if part], sections)


def _run_figures(records: Records, nation: Nation | None) -> list[Child]:
    figures = run_figures(records, nation)
    shown: list[Child] = [] if nation else [element("p", labels()["report_no_nation"], class_="note")]
    return shown + [picture(plot, name) for name, plot in figures.items() if name != _OVERVIEW]


def _run_kpis(records: Records) -> list[Child]:
    text = labels()
    deadline = str(records.manifest["scenario"]["values"]["policy.deadline"])
    values = dict(zip(records.summary["kpi"], records.summary["value"], strict=True))
    rows = {name: _kpi_row(name, kpi_label(name, deadline), [value]) for name, value in values.items()}
    head = [text["report_kpi"], text["report_value"], *_kpi_head()]
    first = table(head, [rows[name] for name in SHOWN if name in rows], numbers=[1])
    rest = [row for name, row in rows.items() if name not in SHOWN]
    return [first, folded(text["report_more_kpis"].format(count=len(rest)), table(head, rest, numbers=[1]))]


def _kpi_head() -> list[Child]:
    text = labels()
    return [text["report_unit"], element("span", text["report_direction"], class_="keep"), text["report_definition"]]


def _kpi_row(name: str, label: str, values: Sequence[float]) -> list[Child]:
    """Return the cells of a KPI: its label, values in a common unit, the unit, the better direction, the definition."""
    text, kpi = labels(), find_kpi(name)[0]
    largest = max((abs(value) for value in values if value == value), default=0.0)
    scale = scale_of(kpi.unit, largest, 0.0)
    formula, missing = either(kpi.formula, kpi.formula_ja), either(kpi.missing, kpi.missing_ja)
    when = "" if kpi.missing == "never" else text["report_missing"].format(when=missing)
    better = element("span", text[f"report_{kpi.direction}"], class_="keep")
    return [label, *(scale.text(value) for value in values), scale.unit, better, formula + when]


def _run_parameters(manifest: Mapping[str, Any]) -> list[Child]:
    text, scenario, began = labels(), manifest["scenario"], manifest.get("policies_began", ())
    changed = {
        key: value for key, value in scenario["values"].items() if key in REGISTRY and value != REGISTRY[key].default
    }
    rows = [[*_parameter(key), str(REGISTRY[key].default), str(value)] for key, value in changed.items()]
    head = [text["report_parameter"], text["report_meaning"], text["report_unit"]]
    parts: list[Child] = [element("p", text["report_scenario"].format(name=scenario["name"], changed=len(changed)))]
    if rows:
        parts.append(table([*head, text["report_default"], text["report_value"]], rows, numbers=[3, 4]))
    if scenario["policies"]:
        parts += [element("h3", say("Policies (they stack in this order)")), _policies(scenario["policies"], began)]
    return parts


def _parameter(key: str) -> list[Child]:
    parameter = REGISTRY[key]
    unit = "" if parameter.unit == "1" else unit_text(parameter.unit)
    return [element("code", key), spoken(parameter.label), unit]


def _policies(told: Sequence[Mapping[str, Any]], began: Sequence[str | None]) -> Element:
    types = {name: either(*words) for name, words in TYPES.items()}
    lines = []
    for place, fields in enumerate(told):
        policy = Policy(**fields)
        parts = [who_text(policy.who, types), when_text(policy)]
        parts += [began_text(policy, began[place])] if policy.when and began else []
        lines.append(f"{what_text(policy)} — {'; '.join(parts)}")
    return items(lines)


def _differences(found: Comparison) -> list[Child]:
    """Return the paired differences: those that a figure shows, then all others on demand."""
    text = labels()
    reference = str(found.alternatives["case"][0])
    known = list(dict.fromkeys(found.differences["kpi"]))
    first = [name for name in CHOSEN if name in known] or known
    rest = [name for name in known if name not in first]
    parts: list[Child] = [
        element("p", text["report_differences_note"].format(reference=reference)),
        _difference_table(found, first),
        element("p", text["report_intervals"], class_="note"),
    ]
    if rest:
        more = text["report_more_kpis"].format(count=len(rest))
        parts.append(folded(more, _difference_table(found, rest)))
    return parts


def _difference_table(found: Comparison, kpis: Sequence[str]) -> Element:
    text, differences = labels(), found.differences
    kinds = [kind for kind in ("monte_carlo", "parametric", "structural") if differences[f"{kind}_low"].notna().any()]
    rows: list[list[Child]] = []
    for kpi in kpis:
        of_kpi = differences[differences["kpi"] == kpi]
        scale, better = scale_of_differences(of_kpi), text[f"better_{of_kpi['better'].iloc[0]}"]
        name = text["compare_kpi"].format(label=outcome_label(kpi), unit=scale.unit, better=better)
        rows.append([name])
        reference = found.alternatives["case"][0]
        empty = [""] * (2 + len(kinds))
        rows.append([str(reference), scale.text(of_kpi["reference_mean"].iloc[0]), *empty])
        for row in of_kpi.to_dict("records"):
            intervals = [scale.range_text(row[f"{kind}_low"], row[f"{kind}_high"]) for kind in kinds]
            verdict = element("span", text[f"verdict_{row['verdict']}"], class_=str(row["verdict"]))
            mean, difference = scale.text(row["case_mean"]), scale.text(row["difference"], signed=True)
            rows.append([str(row["case"]), mean, difference, *intervals, verdict])
    head = [text["report_case"], text["report_mean"], text["report_difference"]]
    names = [text[f"kind_{kind}"] for kind in kinds]
    return table([*head, *names, text["report_verdict"]], rows, range(1, 3 + len(kinds)))


def _sweep_kpis(results: Results, alternatives: Sequence[Alternative]) -> list[Child]:
    """Return the means of every case with their Monte Carlo errors, KPI by KPI."""
    text = labels()
    means = summary_table(results).pivot(index="kpi", columns="case", values="mean")
    cases = {item.name: sorted(item.plan["case"].unique())[0] for item in alternatives}
    means = means[[case for case in cases.values() if case in means]]
    names = [name for name, case in cases.items() if case in means]
    head = [text["report_kpi"], *names, *_kpi_head()]
    numbers = range(1, 1 + len(names))

    def rows(kpis: Sequence[str]) -> list[list[Child]]:
        return [_kpi_row(name, outcome_label(name), list(means.loc[name])) for name in kpis]

    known = [name for name in results.manifest["kpis"] if name in means.index]
    first = [name for name in SHOWN if name in known] or known
    rest = [name for name in known if name not in first]
    parts: list[Child] = [element("p", text["report_means"]), table(head, rows(first), list(numbers))]
    if rest:
        parts.append(folded(text["report_more_kpis"].format(count=len(rest)), table(head, rows(rest), list(numbers))))
    return parts


def _design(results: Results, alternatives: Sequence[Alternative]) -> list[Child]:
    text, study = labels(), results.manifest["study"]
    levers = lever_columns(results.plan)
    rows = [
        [
            item.name,
            str(item.plan["scenario"].iloc[0]),
            ", ".join(item.variants),
            *(str(item.plan[key].iloc[0]) for key in levers),
        ]
        for item in alternatives
    ]
    head = [text["report_case"], text["report_scenario_name"], text["report_variant"], *levers]
    parts: list[Child] = [table(head, rows, numbers=range(3, 3 + len(levers)))]
    head = [text["report_parameter"], text["report_meaning"], text["report_unit"], text["report_default"]]
    for heading, given in (("report_constants", study["constants"]), ("report_uncertainties", _ranges(results))):
        of_study = [[*_parameter(key), str(REGISTRY[key].default), str(value)] for key, value in given.items()]
        if of_study:
            parts += [element("h3", text[heading]), table([*head, text["report_value"]], of_study, numbers=[3, 4])]
    return parts


def _ranges(results: Results) -> dict[str, str]:
    """Return from where to where each uncertain parameter was drawn, as the plan has it."""
    plan = results.plan
    drawn = [key for key in plan if key in REGISTRY and key not in lever_columns(plan)]
    return {key: f"{_plain(plan[key].min())} – {_plain(plan[key].max())}" for key in drawn}


def _plain(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _size(results: Results) -> str:
    plan, status = results.plan, results.runs()["status"]
    return labels()["report_sweep_lead"].format(
        cases=plan["case"].nunique(),
        points=plan["point"].nunique(),
        seeds=plan["seed"].nunique(),
        runs=plan["run"].nunique(),
        done=int((status == DONE).sum()),
        failed=int((status == FAILED).sum()),
    )


def _caveats(names: Sequence[str], nation: str) -> list[str]:
    names = [*names, "synthetic"] if nation == SYNTHETIC else names
    return [labels()[f"caveat_{name}"] for name in names]


def _run_provenance(manifest: Mapping[str, Any]) -> Element:
    text, scenario = labels(), manifest["scenario"]
    return pairs(
        {
            **_software(manifest),
            text["report_seed"]: str(manifest["seed"]),
            text["report_scenario_print"]: element("code", scenario["fingerprint"]),
            **_inputs(manifest["nation"], manifest["vendor_table_sha256"]),
            text["report_registry_print"]: element("code", manifest["registry_sha256"]),
            text["report_time"]: _times(manifest),
        }
    )


def _sweep_provenance(results: Results) -> Element:
    text, manifest, plan = labels(), results.manifest, results.plan
    return pairs(
        {
            **_software(manifest),
            text["report_seed"]: _seeds(plan["seed"]),
            text["report_sweep_id"]: element("code", manifest["sweep"]),
            text["report_plan_print"]: element("code", manifest["plan_fingerprint"]),
            text["report_code_print"]: element("code", manifest["code"]["sources"]),
            **_inputs(manifest["nation"], manifest["vendor_table"]["sha256"]),
            text["report_time"]: _times(manifest),
        }
    )


def _seeds(seeds: pd.Series) -> str:
    known = sorted(seeds.unique())
    is_row = known == list(range(known[0], known[0] + len(known)))
    return f"{known[0]} – {known[-1]}" if is_row and len(known) > 1 else ", ".join(map(str, known[:20]))


def _times(manifest: Mapping[str, Any]) -> str:
    """Return when a run or a sweep began and ended, to the minute; manifests have it in UTC."""
    times = [datetime.fromisoformat(manifest[key]) if manifest[key] else None for key in ("started", "finished")]
    return " – ".join(f"{time:%Y-%m-%d %H:%M} UTC" if time else labels()["report_unfinished"] for time in times)


def _software(manifest: Mapping[str, Any]) -> dict[str, Child]:
    text, software = labels(), manifest["software"]
    packages = ", ".join(f"{name} {version}" for name, version in manifest["packages"].items())
    found: dict[str, Child] = {"dxsim": software["version"]}
    if software["git"]:
        dirty = text["report_dirty"] if software["git"]["dirty"] else ""
        found[text["report_commit"]] = element("span", element("code", software["git"]["commit"]), dirty)
    machine = f"{manifest['platform']['system']} {manifest['platform']['machine']}"
    return {**found, "Python": f"{manifest['python']} ({machine})", text["report_packages"]: packages}


def _inputs(nation: Mapping[str, Any], vendor_table: str | None) -> dict[str, Child]:
    text = labels()
    vendors: Child = element("code", vendor_table) if vendor_table else text["report_vendors_drawn"]
    found: dict[str, Child] = {
        text["report_nation_print"]: element("span", f"{nation['name']} ", element("code", nation["fingerprint"]))
    }
    return {**found, text["report_vendors"]: vendors}


def _sweep_details(results: Results) -> list[str]:
    """Return which sweep it is."""
    manifest = results.manifest
    return [
        say("study {name}", name=manifest["study"]["name"]),
        say("nation {nation}", nation=nation_text(manifest["nation"]["name"], manifest["nation"]["fingerprint"])),
        say("seeds {seeds}", seeds=_seeds(results.plan["seed"])),
        say("sweep {sweep}", sweep=manifest["sweep"]),
    ]


def _again(details: Sequence[str], program: str, manifest: Mapping[str, Any]) -> list[Child]:
    """Return how to cite a result, and how to have it again in Python."""
    version, text = manifest["software"]["version"], labels()
    return [
        element("p", citation(details, version)),
        folded("BibTeX", element("pre", bibtex(details, version))),
        element("p", text["report_in_python"]),
        element("pre", program),
    ]


def _attribution(nation: Mapping[str, Any]) -> list[Child]:
    lines = [str(line) for line in nation["attribution"]]
    return [items([*lines, labels()["report_made_with"]])]
