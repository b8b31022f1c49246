"""Arguments of the command line, and how every verb ends.

Exit status: 0 done, 1 `doctor` found a fault, 2 bad input with one line on
stderr, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from .. import __version__
from .._core import BuddyallocError, InternalError
from ..files import InputError

BAD_INPUT = 2
INTERRUPTED = 130


class Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one line."""

    def error(self, message: str) -> NoReturn:
        fail(f"{message}; see `{self.prog} --help`")


def fail(message: str) -> NoReturn:
    """One line on stderr, exit status 2."""
    print(f"buddyalloc: {' '.join(message.split())}", file=sys.stderr)
    raise SystemExit(BAD_INPUT)


def parser() -> Parser:
    """The parser of all verbs."""
    from . import demo, doctor, pack, replay

    top = Parser(
        prog="buddyalloc",
        description="Replays recorded Linux page allocations, frame for frame.",
    )
    top.add_argument("--version", action="version", version=__version__)
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True)
    for verb in (replay, pack, demo, doctor):
        verb.add(verbs)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; gives the exit status."""
    os.environ.setdefault("MPLBACKEND", "Agg")
    try:
        args = parser().parse_args(argv)
        status: int = args.run(args)
        sys.stdout.flush()
        return status
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else BAD_INPUT
    except InternalError:
        raise
    except (InputError, BuddyallocError, ValueError) as error:
        return _failed(str(error))
    except BrokenPipeError:
        # The reader of our output has gone; nobody is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        name = error.filename or "output"
        return _failed(f"{name}: {error.strerror or error}; free space or permissions?")
    except KeyboardInterrupt:
        print("buddyalloc: interrupted; nothing was written", file=sys.stderr)
        return INTERRUPTED


def _failed(message: str) -> int:
    print(f"buddyalloc: {' '.join(message.split())}", file=sys.stderr)
    return BAD_INPUT
