"""The patterns that the model has to show: what a run makes of them, and what was observed."""
