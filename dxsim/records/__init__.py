"""WHAT HAPPENED: the results of one run as tidy tables, with a manifest that says where they come from."""

from dxsim.records.simulation import simulate
from dxsim.records.size_classes import by_size_class
from dxsim.records.store import check_output, read_records, write_records
from dxsim.records.tables import TABLES, Records

__all__ = ["TABLES", "Records", "by_size_class", "check_output", "read_records", "simulate", "write_records"]
