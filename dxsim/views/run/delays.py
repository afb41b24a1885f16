"""What held systems up from the mandate until they were live: months per system by size of municipality."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dxsim.model.codes import HOLD_UPS
from dxsim.records import Records, by_size_class
from dxsim.views.labels import labels
from dxsim.views.style import HOLD_UP_COLOURS, Plot, legend_beside


def draw(figure: Plot, records: Records) -> None:
    """Draw a stacked bar for each size class that has municipalities."""
    axes = figure.subplots()
    text, months = labels(), months_per_system(records)
    bottom = np.zeros(len(months))
    places = np.arange(len(months))
    for hold_up, colour in HOLD_UP_COLOURS.items():
        if months[hold_up].sum() > 0:
            label = text[f"hold_up_{hold_up}"]
            axes.bar(places, months[hold_up], 0.75, bottom, color=colour, label=label)
            bottom += months[hold_up].to_numpy()
    names = [text[f"size_class_{name}"] for name in months.index]
    axes.set_xticks(places, names, rotation=30, ha="right", fontsize=8)
    axes.set_ylabel(text["delays_y"])
    axes.grid(visible=True, axis="y")
    axes.set_axisbelow(True)
    axes.set_title(text["delays_title"])
    handles, _ = axes.get_legend_handles_labels()
    legend_beside(axes, handles[::-1], text["delays_legend"])


def months_per_system(records: Records) -> pd.DataFrame:
    """Return months per system by size class (rows; those without municipalities left out) and hold-up."""
    table = by_size_class(records).set_index("size_class")
    months = table[[f"delay_{hold_up}" for hold_up in HOLD_UPS]]
    return months.rename(columns=lambda name: name.removeprefix("delay_"))[table["municipalities"] > 0]


def describe(records: Records) -> str:
    """Return what the chart shows, in words."""
    text, months = labels(), months_per_system(records)
    parts = []
    for name, row in months.iterrows():
        largest = row.nlargest(3)
        told = ", ".join(f"{text[f'hold_up_{hold_up}']} {value:.1f}" for hold_up, value in largest.items())
        parts.append(f"{text[f'size_class_{name}']}: {told}")
    return text["delays_description"].format(classes="; ".join(parts))
