"""Many runs: a study becomes a plan, the plan is carried out, and what the runs left is kept."""
