"""``python -m dxsim`` is ``dxsim``."""

import sys

from dxsim.cli import main

sys.exit(main())
