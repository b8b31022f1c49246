"""Runs every benchmark; writes a table, a JSON file and pictures.

    python -m benchmarks [--quick] [--only NAME ...] [--output DIR]
                         [--compare OLD.json] [--keep OLD.json] [--readme]
                         [--check-instructions | --write-baseline]
                         [--perf-data FILE]
                         [--llfree PATH] [--buddy-alloc PATH] [--buddy-malloc PATH]

Run it in the root of the checkout. DIR gets table.md, results.json and
pictures; the goals are printed too. README.md beside this file says what the
figures mean.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import baseline
import common
import goals
import plots
import readme
import record
import report

BENCHES = {
    "pages": "bench_page_alloc",
    "growth": "bench_page_growth",
    "threads": "bench_page_threads",
    "contention": "bench_contention",
    "wall": "bench_page_wall",
    "slab": "bench_slab",
    "read": "bench_trace_read",
    "replay": "bench_replay",
    "python": "bench_python",
    "scale": "bench_scale",
}
"""Program by the name of its figures, in the order they are run."""


def arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=(__doc__ or "").partition("\n")[0],
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="small and short; its times mean little")
    add("--only", nargs="+", choices=BENCHES, metavar="NAME", help=", ".join(BENCHES))
    add("--rounds", type=int, default=7, help="at least 7, or 2 with --quick")
    add("--output", type=Path, default=Path("benchmark-results"), metavar="DIR")
    add("--compare", type=Path, metavar="OLD.json", help="what changed since that run")
    add("--keep", type=Path, metavar="OLD.json", help="its figures, but those run now")
    add("--check-instructions", action="store_true", help="nothing but the baseline")
    add("--write-baseline", action="store_true", help="count it anew")
    add("--readme", action="store_true", help="write the tables of both README.md")
    add("--perf-data", type=Path, metavar="FILE", help="a perf.data of kmem events")
    common.add_source_options(parser)
    options = parser.parse_args(words)
    if options.rounds < (2 if options.quick else 7):
        parser.error(f"--rounds {options.rounds}: at least 7, or 2 with --quick")
    if options.readme and options.quick:
        parser.error("--readme wants the times of a whole run, not of --quick")
    for path in (options.compare, options.keep, options.perf_data):
        if path and not path.is_file():
            parser.error(f"{path}: no such file")
    return options


def measure(names: list[str], options: record.Options, results: record.Results) -> bool:
    """Run these benchmarks. False: one of them failed, which is then said."""
    good = True
    for name in names:
        start = time.monotonic()
        results.drop(name)
        try:
            results.add(importlib.import_module(BENCHES[name]).figures(options))
        except (OSError, ValueError, RuntimeError, subprocess.SubprocessError) as error:
            good = False
            why = str(error)
            if isinstance(error, subprocess.CalledProcessError):
                why = f"{Path(error.cmd[0]).name} ended with {error.returncode}"
            results.add([record.Missing(name, "all", f"failed: {why}")])
            print(f"{name}: {why}", file=sys.stderr)
        print(f"{name}: {time.monotonic() - start:.0f} s", flush=True)
    return good


def instructions(write: bool) -> int:
    """Compare with the baseline or write it. 1: a count grew too much."""
    with tempfile.TemporaryDirectory() as name:
        try:
            if not write:
                old = baseline.read()
            new = baseline.count(Path(name))
        except baseline.CannotCompare as error:
            print(f"instructions were not compared: {error}", file=sys.stderr)
            return 2
    if write:
        baseline.write(new)
        return 0
    rows = [
        [name, f"{old.get(name, 0):g}", f"{value:g}"] for name, value in new.items()
    ]
    print(report.markdown(["instructions", "baseline", "now"], rows))
    wrong = baseline.compare(old, new)
    print("\n".join(wrong) or f"none is {baseline.SHARE * 100:g} % above the baseline")
    return int(bool(wrong))


def main(words: list[str] | None = None) -> int:
    options = arguments(words)
    if options.check_instructions or options.write_baseline:
        return instructions(options.write_baseline)
    try:
        old = record.load(options.compare)[1] if options.compare else None
        kept = record.load(options.keep)[1] if options.keep else record.Results([])
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    rounds = 2 if options.quick and options.rounds == 7 else options.rounds
    valgrind = shutil.which("valgrind") is not None
    if options.quick:
        os.environ.setdefault("BENCH_CFLAGS", "-O1")
    with tempfile.TemporaryDirectory() as name:
        run = record.Options(
            Path(name),
            rounds,
            options.quick,
            valgrind,
            common.given_sources(options),
            options.perf_data and options.perf_data.resolve(),
        )
        good = measure(list(options.only or BENCHES), run, kept)
    if not valgrind:
        why = "valgrind is not installed (Debian: apt-get install valgrind)"
        kept.add([record.Missing("all", "instructions", why)])
    title = common.machine_line() + (", quick" if options.quick else "")
    verdicts = goals.verdicts(kept)
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "table.md").write_text(report.whole(title, kept, verdicts))
    head = {"title": title, "rounds": rounds, "goals": report.goals_json(verdicts)}
    (options.output / "results.json").write_text(kept.to_json(head))
    if importlib.util.find_spec("matplotlib"):
        plots.draw(kept, options.output)
    else:
        print("no pictures: matplotlib is not installed (pip install matplotlib)")
    print(f"{title}\n\n{report.goals_table(verdicts)}\n{report.missing_list(kept)}")
    if old:
        text = report.comparison(old, kept)
        (options.output / "compare.md").write_text(text)
        print(text)
    if options.readme:
        readme.write(title, kept, verdicts)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
