"""The plain twin: the same model, written a second time as a Mesa user would write it.

Municipalities and vendors are Mesa agents; systems and lots, groups, and a municipality's purse, staff, programmes,
harm and residents are plain objects; a month is `model.step()`, and there is not one array. Every equation is written
afresh from the model's description: nothing is imported from `dxsim.model`. What the twin shares with the kernels is
data (the nation's tables, a resolved scenario) and the random draws, which both ask for at the same addresses of
`dxsim.streams`. So a slip in an equation, in the order of a month or in a running count of either side shows up as a
disagreement (`tests/model/test_twin.py`).

The twin is also the benchmark's rival, so it does what a good Python programmer does: it visits only municipalities
that still have something to decide, keeps vendors' queues sorted, puts what is due into a calendar, and computes what
does not change once.

Start reading at `PlainModel.step`, in `model.py`.
"""
