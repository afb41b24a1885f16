"""The documentation: its texts (Markdown) and what makes a site of them."""
