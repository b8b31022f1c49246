"""Speed of replaying, on one core, and what it costs in memory.

    replay   every event through the model, from records in memory: loading the
             machine and reading the text are not counted
    turns    the same in windows, between those of the next two
    sampled  with a sample of all zones every 1000 events
    latency  with the modelled latencies of all requests in a histogram
    text     the same events from their text in memory: read and replayed
    walk     the same records, each only counted by its kind: what any replay
             of them costs at least
    perf_kmem_page, perf_kmem_slab
             `perf kmem stat` of the same recording, where perf made it

of two traces, or of three with --perf-data: the recording 61-files (where that
is not, the one that the package brings for `buddyalloc demo`); a synthetic one
with slabs, whose replay does not find its data in the host's cache
(benchmarks/c/synthetic.h); and what perf recorded, on a machine that has only
booted, as perf keeps no state.
Times are of the thread's CPU clock. `--stream` replays synthetic events that
are made on the fly and tells the largest resident memory; `--write DIR` writes
the synthetic trace as a recording that `buddyalloc replay` reads.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import common
import perf_data
from record import NS, Figure, Missing, Options, Record


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


BENCH = "replay"
STREAMS = (1_000_000, 10_000_000, 100_000_000)
"""Events of the traces that are made on the fly."""
BACKENDS = ("replay", "turns", "sampled", "latency", "text", "walk")


def print_times(times: common.Times, totals: dict[str, int]) -> None:
    workload = next(iter(times))[0]
    rows = []
    for backend in (*BACKENDS, *perf_data.KMEM):
        values = times.get((workload, backend))
        if not values:
            continue
        middle, low, high = common.spread(values)
        rows.append(
            [backend, f"{middle:.2f} [{low:.2f}..{high:.2f}]", f"{1e3 / middle:.1f}"]
        )
    common.print_table([workload, "ns/event [p25..p75]", "million events/s"], rows)
    replay = times[workload, "replay"]
    for backend in ("sampled", "latency"):
        middle, low, high = common.ratios(
            times[workload, backend], times[workload, "turns"]
        )
        shares = [f"{100 * (ratio - 1):+.1f}" for ratio in (middle, low, high)]
        print(f"{backend}: {shares[0]} [{shares[1]}..{shares[2]}] % of time")
    middle, low, high = common.ratios(replay, times[workload, "walk"])
    print(f"replay / walk: {middle:.0f} [{low:.0f}..{high:.0f}] times the time")
    for backend in perf_data.KMEM:
        if (workload, backend) in times:
            ratio = common.ratios(times[workload, backend], times[workload, "text"])
            middle, low, high = ratio
            print(f"{backend} / text: {middle:.2f} [{low:.2f}..{high:.2f}]")
    if workload == "replay":
        recorded = totals["recorded_ns"] / totals["events"]
        for backend in ("replay", "text"):
            middle, _, _ = common.spread(times[workload, backend])
            print(f"{backend}: {recorded / middle:.0f} times as fast as recorded")


def measure(program: Path, *arguments: object) -> tuple[common.Times, dict[str, int]]:
    """Times of a run of bench_replay, and its totals by name."""
    *lines, words = common.run(program, *arguments)
    totals = {
        name: int(value) for name, value in zip(words[::2], words[1::2], strict=True)
    }
    return common.read_rounds(lines), totals


def stream(program: Path, events: Iterable[int]) -> None:
    """Print the resident memory of streamed replays, each longer."""
    rows = []
    for number in events:
        (words,) = common.run(program, "stream", number, 1)
        found = dict(zip(words[1::2], words[2::2], strict=True))
        mib = int(found["rss_kb"]) / 1024
        rows.append(
            [found["events"], f"{mib:.1f}", f"{found['exact']}/{found['allocations']}"]
        )
    common.print_table(["events", "MiB resident", "exact"], rows)


def recorded(options: argparse.Namespace, program: Path, folder: Path) -> int:
    """Measure and print the recording; the exit status."""
    recording = find_recording(options.recording)
    if recording is None:
        print(
            f"no recording {options.recording}: set BUDDYALLOC_RECORDINGS to the "
            "folder that has it",
            file=sys.stderr,
        )
        return 2
    try:
        files = unpacked(recording, folder)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    more = ["standard"] if options.events == "standard" else []
    times, totals = measure(program, *files, options.rounds, *more)
    facts = " ".join(f"{name} {value}" for name, value in totals.items())
    print(f"recording: {recording.name}; rounds: {options.rounds}; {facts}")
    print_times(times, totals)
    return 0


def from_perf(options: argparse.Namespace, program: Path, folder: Path) -> int:
    """Measure and print a perf.data; the exit status."""
    why = perf_data.why_not(options.perf_data)
    if why:
        print(why, file=sys.stderr)
        return 2
    rounds = min(options.rounds, 7)
    times, totals = beside_perf(program, options.perf_data, rounds, folder)
    facts = " ".join(f"{name} {value}" for name, value in totals.items())
    print(f"{options.perf_data.name}; rounds: {rounds}; {facts}")
    print_times(times, totals)
    return 0


def unpacked(recording: Path, folder: Path) -> list[Path]:
    """Its state and trace as text in `folder`. ValueError if one is not there."""
    files = []
    for part in ("state.start.txt", "trace.txt"):
        source = find(recording, part)
        if source is None:
            raise ValueError(f"{recording.name}: no {part}")
        files.append(common.unpack(source, folder / part))
    return files


def records_of(name: str, times: common.Times, totals: dict[str, int]) -> list[Record]:
    """Figures of one trace: ns an event, and how many were replayed exactly."""
    records: list[Record] = [
        Figure(BENCH, name, backend, NS, tuple(values))
        for (_, backend), values in times.items()
    ]
    for what in ("events", "allocations", "exact"):
        if what == "exact" and name == perf_data.NAME:
            continue  # without a recorded state no frame can be the recorded one
        count = (float(totals[what]),)
        records.append(Figure(BENCH, name, what, "count", count))
    if "recorded_ns" in totals:
        ns = (totals["recorded_ns"] / totals["events"],)
        records.append(Figure(BENCH, name, "recorded", NS, ns))
    return records


def beside_perf(
    program: Path, path: Path, rounds: int, folder: Path
) -> tuple[common.Times, dict[str, int]]:
    """As measure(), of a perf.data, in turns with `perf kmem stat`."""
    text = perf_data.text(path, folder)
    kernel = perf_data.kernel(path, folder)
    times: common.Times = {}
    totals: dict[str, int] = {}
    for _ in range(rounds):
        once, totals = measure(program, perf_data.NAME, kernel, text, 1)
        for key, values in once.items():
            times.setdefault(key, []).extend(values)
        for backend, half in perf_data.KMEM.items():
            ns = perf_data.kmem_ns(path, half) / totals["events"]
            times.setdefault((perf_data.NAME, backend), []).append(ns)
    return times, totals


def of_perf(program: Path, options: Options) -> list[Record]:
    """The figures of a perf.data, or why there are none."""
    why = perf_data.why_not(options.perf_data)
    if why or options.perf_data is None:
        return [Missing(BENCH, perf_data.NAME, why)]
    found = beside_perf(program, options.perf_data, options.rounds, options.folder)
    return records_of(perf_data.NAME, *found)


def figures(options: Options) -> list[Record]:
    """ns an event of the recording and of the synthetic trace, and memory."""
    program = common.compile_c("bench_replay", ("synthetic",), options.folder)
    records = of_perf(program, options)
    recording = find_recording("61-files")
    if recording is None or recording.name != "61-files":
        why = "no such recording in the folder that BUDDYALLOC_RECORDINGS names"
        records.append(Missing(BENCH, "61-files", why))
    if recording:
        files = unpacked(recording, options.folder)
        times, totals = measure(program, *files, options.rounds)
        records += records_of(recording.name, times, totals)
    events = 200_000 if options.quick else 5_000_000
    times, totals = measure(program, "synthetic", events, 1, options.rounds)
    records += records_of("synthetic", times, totals)
    for number in (100_000,) if options.quick else STREAMS:
        (words,) = common.run(program, "stream", number, 1)
        kib = int(dict(zip(words[1::2], words[2::2], strict=True))["rss_kb"])
        size = (kib * 1024.0,)
        records.append(Figure(BENCH, "stream", "replay", "bytes", size, float(number)))
    return records


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--recording", default="61-files", help="name in the folder")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument(
        "--events", choices=["all", "standard"], default="all", help="as in replay"
    )
    parser.add_argument(
        "--synthetic", type=int, default=5_000_000, help="events of the synthetic trace"
    )
    parser.add_argument(
        "--perf-data", type=Path, metavar="FILE", help="only a perf.data of kmem events"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the synthetic trace")
    parser.add_argument(
        "--stream", type=int, nargs="+", metavar="EVENTS", help="only memory, of each"
    )
    parser.add_argument(
        "--write", type=Path, metavar="DIR", help="only write the trace"
    )
    options = parser.parse_args()
    if options.rounds < 2:
        parser.error("at least 2 rounds")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = common.compile_c("bench_replay", ("synthetic",), folder)
        if options.write:
            options.write.mkdir(parents=True, exist_ok=True)
            common.run(program, "write", options.write, options.synthetic, options.seed)
            return 0
        print(common.machine_line())
        if options.stream:
            stream(program, options.stream)
            return 0
        if options.perf_data:
            return from_perf(options, program, folder)
        status = recorded(options, program, folder)
        rounds = min(options.rounds, 7)
        times, totals = measure(
            program, "synthetic", options.synthetic, options.seed, rounds
        )
        facts = " ".join(f"{name} {value}" for name, value in totals.items())
        print(f"synthetic: seed {options.seed}; rounds: {rounds}; {facts}")
        print_times(times, totals)
    return status


if __name__ == "__main__":
    sys.exit(main())
