"""Documents: the report on a run or a sweep, the story of a municipality, the description of the model."""
