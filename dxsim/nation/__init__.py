"""Who: the municipalities of Japan, their neighbours, and the operations that they have to move."""

from dxsim.nation.nation import Nation, load_nation, make_nation, write_nation

__all__ = ["Nation", "load_nation", "make_nation", "write_nation"]
