"""Policy search: which few levers are on the front of late systems, public cost, exclusion and equity, and stay there.

`question` is what is asked, as a file has it; `proposals` asks Optuna what to try next; `runs` tries it and keeps what
came of it; `front` says what is not beaten in everything; `search` puts it together.
"""

from dxsim.analysis.search.question import Search, read_search
from dxsim.analysis.search.search import PolicySearch, search_policies

__all__ = ["PolicySearch", "Search", "read_search", "search_policies"]
