"""The charts that are drawn of every run, as the table of charts has them: a new one is in all tests at once."""

from __future__ import annotations

from dxsim.views.charts import CHARTS, RunChart, RunMap

WITHOUT_MAPS = {chart.name for chart in CHARTS if isinstance(chart, RunChart)}
MAPS = {chart.file or chart.name for chart in CHARTS if isinstance(chart, RunMap)}
ALL = WITHOUT_MAPS | MAPS
IN_REPORT = ALL - {"overview"}  # whose parts stand there one by one
