"""The notebooks: sources in percent format and executed notebooks beside them."""
