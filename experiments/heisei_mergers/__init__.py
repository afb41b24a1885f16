"""The deadline sub-model on another deadline."""
