"""What the simulation and simple series said of March 2026."""
