"""The type of columns of text in every table, whatever pandas would take by itself."""

from __future__ import annotations

import numpy as np
import pandas as pd

TEXT = pd.StringDtype(na_value=np.nan)
"""What pandas 3 calls ``str``; said in full, for with older ones and other options ``str`` turns None into "None"."""
