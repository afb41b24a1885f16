"""WHAT IF: the parameter registry, named scenarios and the composed configuration of a run."""
