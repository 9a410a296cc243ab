"""`python -m unspool`: the command line, where its script isn't on the path."""

from __future__ import annotations

import sys

from unspool.cli import main

if __name__ == "__main__":
    sys.exit(main())
