"""Charts of a run: of its nation, of all municipalities, of one of them, of several runs side by side."""
