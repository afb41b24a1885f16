"""Statistics of the 1,741 municipalities against which the model measures one of them.

They are fixed figures of the nation, not of the nation at hand: one more municipality, or a small teaching nation,
changes nobody's standing. Own arithmetic on official tables: SSDSE-A-2026 (NSTAC: census population of 2020, staff of
general administration in 2024) and the main fiscal indicators of FY2021 (MIC).
"""

from __future__ import annotations

LOG_POPULATION_MEAN = 10.0185  # ln persons
LOG_POPULATION_SD = 1.5364  # ln persons
LOG_STAFF_INTERCEPT = -1.445  # ln persons; line of log staff on log population
LOG_STAFF_SLOPE = 0.6708  # 1
LOG_STAFF_RESIDUAL_SD = 0.2922  # ln persons; around that line
FISCAL_INDEX_MEAN = 0.5009  # 1
FISCAL_INDEX_SD = 0.2793  # 1
MEAN_POPULATION = 72_456.0  # persons
