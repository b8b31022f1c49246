"""`buddyalloc pack`: a recording as one small file that is read faster than text."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..files import check_output
from ..progress import progress_bar
from ..trace import open_trace


def add(verbs: argparse._SubParsersAction[Any]) -> None:
    """Add the verb and its options."""
    verb = verbs.add_parser(
        "pack",
        help="write a recording as one small file",
        description="Write a recording, its states too, as one file of a few bytes "
        "an event, which every other verb takes as RECORDING.",
    )
    verb.add_argument(
        "recording", metavar="RECORDING", help="a folder, a trace file, or - (a pipe)"
    )
    verb.add_argument("file", metavar="FILE", help="the file to write")
    verb.add_argument("--state", metavar="FILE", help="state at the trace's start")
    verb.add_argument(
        "--no-compress",
        dest="compress",
        action="store_false",
        help="16 bytes an event, to be read faster",
    )
    verb.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Read, write, and say what was written."""
    check_output(args.file)
    with progress_bar("reading", "B") as progress:
        trace = open_trace(args.recording, state=args.state, progress=progress)
    trace.save(args.file, compress=args.compress)
    size = Path(args.file).stat().st_size
    print(f"{args.file}: {len(trace):,} events, {size:,} bytes")
    return 0
