"""HOW: the model. One file per sub-model; `schedule` prints the phases and runs them month by month."""
