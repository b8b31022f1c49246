"""The command line: one verb a file."""

from .common import main

__all__ = ["main"]
