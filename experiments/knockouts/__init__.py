"""Tables of the ODD on what each mechanism does."""
