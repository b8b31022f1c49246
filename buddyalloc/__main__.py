"""The command `buddyalloc`, also `python -m buddyalloc`."""

import sys

from .commands import main

if __name__ == "__main__":
    sys.exit(main())

__all__ = ["main"]
