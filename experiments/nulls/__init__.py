"""Null models beside the simulation."""
