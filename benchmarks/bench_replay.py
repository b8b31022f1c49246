"""Speed of replaying events that are in memory already, on one core.

    replay   every event of the recording through the model, from its start
             state; loading the machine and reading the text are not counted
    walk     the same records, each only counted by its kind: what any replay
             of them costs at least

The recording is recordings/61-files, or, where that is not, the one that the
package brings for `buddyalloc demo`. Times are of the thread's CPU clock.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import common
from record import Figure, Missing, Options, Record, from_times


def find_recording(name: str) -> Path | None:
    """A folder with trace.txt and state.start.txt, compressed or not."""
    demo = common.ROOT / "buddyalloc/data"
    folders = [common.recordings() / name]
    folders += sorted(path.parent for path in demo.rglob("trace.txt*"))
    return next((folder for folder in folders if find(folder, "trace.txt")), None)


def find(folder: Path, name: str) -> Path | None:
    return next(
        (
            path
            for end in (".xz", ".gz", "")
            if (path := folder / (name + end)).exists()
        ),
        None,
    )


def print_times(times: common.Times) -> None:
    rows = []
    for backend in ("replay", "walk"):
        values = times["replay", backend]
        middle, low, high = common.spread(values)
        million = 1e3 / middle
        rows.append(
            [backend, f"{middle:.2f} [{low:.2f}..{high:.2f}]", f"{million:.1f}"]
        )
    common.print_table(["", "ns/event [p25..p75]", "million events/s"], rows)
    middle, low, high = common.ratios(
        times["replay", "replay"], times["replay", "walk"]
    )
    print(f"replay / walk: {middle:.0f} [{low:.0f}..{high:.0f}] times the time")


def unpacked(recording: Path, folder: Path) -> list[Path]:
    """Its state and trace as text in `folder`. ValueError if one is not there."""
    files = []
    for part in ("state.start.txt", "trace.txt"):
        source = find(recording, part)
        if source is None:
            raise ValueError(f"{recording.name}: no {part}")
        files.append(common.unpack(source, folder / part))
    return files


def figures(options: Options) -> list[Record]:
    """ns an event of 61-files, for `python -m benchmarks`."""
    recording = find_recording("61-files")
    if recording is None:
        return [Missing("replay", "61-files", "set BUDDYALLOC_RECORDINGS")]
    files = unpacked(recording, options.folder)
    program = common.compile_c("bench_replay", (), options.folder)
    *lines, totals = common.run(program, *files, options.rounds)
    records = from_times("replay", common.read_rounds(lines))
    for name, value in zip(totals[::2], totals[1::2], strict=True):
        records.append(Figure("replay", name, "replay", "count", (float(value),)))
    return records


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--recording", default="61-files", help="name in the folder")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument(
        "--events", choices=["all", "standard"], default="all", help="as in replay"
    )
    options = parser.parse_args()
    if options.rounds < 2:
        parser.error("at least 2 rounds")
    recording = find_recording(options.recording)
    if recording is None:
        print(
            f"no recording {options.recording}: set BUDDYALLOC_RECORDINGS to the "
            "folder that has it",
            file=sys.stderr,
        )
        return 2
    print(common.machine_line())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            files = unpacked(recording, folder)
        except ValueError as error:
            print(error, file=sys.stderr)
            return 2
        program = common.compile_c("bench_replay", (), folder)
        more = ["standard"] if options.events == "standard" else []
        *lines, totals = common.run(program, *files, options.rounds, *more)
    print(f"recording: {recording.name}; rounds: {options.rounds}; {' '.join(totals)}")
    print_times(common.read_rounds(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
