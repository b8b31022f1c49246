"""`buddyalloc demo`: the recording in the package, from text to report."""

from __future__ import annotations

import argparse
from typing import Any

from .. import datasets, metrics
from ..progress import progress_bar
from ..replay import replay


def add(verbs: argparse._SubParsersAction[Any]) -> None:
    """Add the verb and its options."""
    verb = verbs.add_parser(
        "demo",
        help="replay the recording that comes with the package",
        description="Replay the recording in the package; needs nothing else.",
    )
    verb.add_argument(
        "--out",
        metavar="DIR",
        default="buddyalloc-demo",
        help="folder for figures, tables and report.html (default: %(default)s)",
    )
    verb.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Replay, print score and a table, write figures and the report."""
    from ..report import write_report

    trace = datasets.load("files")
    print("Linux 6.1.192 working on files for five seconds: 512 MiB, one CPU.")
    with progress_bar("replaying", "events") as progress:
        result = replay(trace, progress=progress)
    if not result.complete:
        raise KeyboardInterrupt
    print(result.to_text())
    blocks = metrics.free_blocks(result)
    print("\nfree blocks of each order over time\n")
    print(_blocks_text(blocks["time_s"], blocks["blocks"]))
    print(f"\nreport: {write_report(result, args.out)}")
    return 0


def _blocks_text(time_s: Any, blocks: Any, rows: int = 10) -> str:
    """Some rows of the table, evenly spread, the last one included."""
    chosen = sorted({round(i * (len(time_s) - 1) / (rows - 1)) for i in range(rows)})
    head = f"{'time (s)':>8}" + "".join(f"{i:>7}" for i in range(blocks.shape[1]))
    lines = [
        f"{time_s[i]:8.3f}" + "".join(f"{int(n):>7}" for n in blocks[i]) for i in chosen
    ]
    return "\n".join([head, *lines])
