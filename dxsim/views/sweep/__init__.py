"""Charts of a sweep: its alternatives and how they differ, and how sure that is."""
