"""What the observed patterns say of the parameters of lateness."""
