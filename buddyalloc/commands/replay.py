"""`buddyalloc replay`: a recording, replayed and scored."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from ..config import parse_settings
from ..files import InputError, check_output, open_output, write_output
from ..progress import progress_bar
from ..replay import replay
from ..result import Result
from ..stream import replay_stream
from ..trace import open_trace

SLAB_KEYS = (
    *("allocations", "frees", "unknown_frees", "same_slab", "same_address"),
    *("address_unknowable", "slab_pages", "slab_pages_exact"),
)


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError
    return number


def add(verbs: argparse._SubParsersAction[Any]) -> None:
    """Add the verb and its options."""
    verb = verbs.add_parser(
        "replay",
        help="replay a recording and score the model",
        description="Replay a recorded trace through the model and count how often "
        "it chose the frame that the kernel chose.",
    )
    verb.add_argument(
        "recording", metavar="RECORDING", help="a folder, a trace file, or - (a pipe)"
    )
    verb.add_argument("--state", metavar="FILE", help="state at the trace's start")
    verb.add_argument("--profile", metavar="NAME", help="behaviour of another kernel")
    verb.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="a sysctl or an item of the profile; can be repeated",
    )
    verb.add_argument(
        "--events",
        choices=("all", "standard"),
        default="all",
        help="standard: ignore the kprobe events",
    )
    verb.add_argument(
        "--slab",
        choices=("observed", "driven", "off"),
        help="check slab events, let them drive the caches, or leave them out "
        "(observed, when the trace has any)",
    )
    verb.add_argument(
        "--sample", metavar="N", type=_count, help="sample every N events (0: none)"
    )
    verb.add_argument("--out", metavar="DIR", help="write figures, tables, report.html")
    verb.add_argument("--json", metavar="FILE", help="write the score; - for stdout")
    verb.add_argument(
        "--frames", metavar="FILE.npy", help="write the model's frame numbers"
    )
    verb.add_argument("--state-out", metavar="FILE", help="write the model's end state")
    verb.add_argument(
        "--strict", action="store_true", help="refuse what is else only counted"
    )
    verb.add_argument(
        "--stream",
        action="store_true",
        help="replay while reading, in memory that does not grow with the trace; "
        "not with --out or --frames",
    )
    verb.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Replay, write what was asked for, print the score."""
    for path in (args.json, args.frames, args.state_out):
        if path not in (None, "-"):
            check_output(path)
    if args.out and Path(args.out).exists() and not Path(args.out).is_dir():
        raise InputError(f"{args.out}: is a file; give the name of a folder")
    if args.stream and (args.out or args.frames):
        raise InputError(
            "--stream keeps no events for --out or --frames; leave one of them out"
        )
    options = {
        "profile": args.profile,
        "settings": parse_settings(args.set),
        "standard": args.events == "standard",
        "strict": args.strict,
        "slab": args.slab,
    }
    result = (_streamed if args.stream else _whole)(args, options)
    if not result.complete:
        raise KeyboardInterrupt
    write(result, args)
    return 0


def _streamed(args: argparse.Namespace, options: dict[str, Any]) -> Result:
    with progress_bar("replaying", "B") as progress:
        return replay_stream(
            args.recording,
            state=args.state,
            sample=args.sample or 0,
            progress=progress,
            **options,
        )


def _whole(args: argparse.Namespace, options: dict[str, Any]) -> Result:
    with progress_bar("reading", "B") as progress:
        trace = open_trace(args.recording, state=args.state, progress=progress)
    with progress_bar("replaying", "events") as progress:
        return replay(trace, sample=args.sample, progress=progress, **options)


def write(result: Result, args: argparse.Namespace) -> None:
    """All outputs of the command."""
    if args.frames:
        with open_output(args.frames) as file:
            np.save(file, np.ascontiguousarray(result.outcomes["pfn"], np.uint64))
    if args.state_out:
        result.machine.save_state(args.state_out)
    report = None
    if args.out:
        from ..report import write_report

        report = write_report(result, args.out)
    text = json.dumps(summary(result, args.recording), indent=1) + "\n"
    if args.json == "-":
        sys.stdout.write(text)
        return
    if args.json:
        write_output(args.json, text)
    print(result.to_text())
    if report:
        print(f"report: {report}")


def summary(result: Result, recording: str) -> dict[str, Any]:
    """The score with the keys of the command-line contract."""
    s, e, first = result.score, result.end_state, result.score.first_mismatch
    return {
        "recording": recording,
        "kernel": result.trace.kernel or "unknown",
        "profile": result.machine.profile,
        "events": s.events,
        "unknown_events": dict(result.trace.counts.unknown),
        "lost_events": result.trace.counts.lost_events
        + result.trace.counts.overwritten,
        "malformed_lines": result.trace.counts.malformed_lines,
        "allocations": s.allocations,
        "failed": s.failed,
        "exact": s.exact,
        "silent": {"traced": s.silent_traced, "inferred": s.silent_inferred},
        "reordered": s.reordered,
        "first_mismatch": first
        and {
            "line": first.line,
            "recorded_pfn": first.recorded_pfn,
            "model_pfn": first.model_pfn,
        },
        "end_state": e and vars(e),
        "slab": result.slab
        and {name: getattr(result.slab, name) for name in SLAB_KEYS},
        "wall_ns": result.wall_ns,
        "events_per_s": result.events_per_s,
    }
