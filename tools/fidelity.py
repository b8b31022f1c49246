"""Replays a folder of recordings and writes the fidelity table of README.md.

    python tools/fidelity.py [FOLDER] [--only NAME ...] [--check]

Runs `buddyalloc replay` twice on each recording that has states, with all
events and with the standard events alone, and once more on one with slab
events, which drive the caches then; puts what the replays said into two tables
between the two marks in README.md. FOLDER is by default the one named by
BUDDYALLOC_RECORDINGS, else ../shared/recordings. --only replays some of the
recordings and leaves the other rows as they are; --check writes nothing and
exits with 1 when the table in README.md is another one.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
BEGIN = "<!-- fidelity: begin -->\n"
END = "<!-- fidelity: end -->"

HEAD = (
    "| recording | kernel | allocations | exact | exact, standard events "
    "| free lists | per-CPU lists | pageblocks |\n"
    "|---|---|--:|--:|--:|--:|--:|--:|\n"
)
SLAB_HEAD = (
    "| slab events | objects | their slab | their address | not knowable "
    "| slab pages | at their event |\n"
    "|---|--:|--:|--:|--:|--:|--:|\n"
)
ROW = re.compile(r"^\| `([^`]+)`(?:, (observed|driven))? \|.*\|$", re.M)

Score = dict[str, Any]
"""What `buddyalloc replay --json` wrote."""


class ReplayError(Exception):
    """A replay that ended with an error; its text is the command's."""


def recordings(folder: Path) -> list[Path]:
    """The recordings with a trace and both states, by name."""
    return [
        path
        for path in sorted(folder.iterdir())
        if all(
            any(path.glob(f"{name}*"))
            for name in ("trace.txt", "state.start", "state.end")
        )
    ]


def replay(recording: Path, *options: str) -> Score:
    """Run the command of this Python's installation, not of the checkout."""
    command = [sys.executable, "-m", "buddyalloc", "replay", str(recording)]
    result = subprocess.run(
        [*command, *options, "--json", "-"],
        cwd=recording.parent,
        capture_output=True,
        text=True,
    )
    if result.returncode != 0:
        lines = result.stderr.strip().splitlines() or [f"exit {result.returncode}"]
        raise ReplayError(lines[-1])
    score: Score = json.loads(result.stdout)
    return score


def percent(part: int, whole: int) -> str:
    """Cut off, not rounded, so that only what is exact says 100 %."""
    if not whole:
        return "-"
    if part == whole:
        return "100 %"
    return f"{part * 100_000 // whole / 1000:.3f} %"


def row(name: str, full: Score | None, standard: Score | None) -> str:
    """One line of the table; "not replayed" where a replay failed."""
    known = full or standard
    if known is None:
        return f"| `{name}` | | | not replayed | not replayed | | | |\n"

    def exact(score: Score | None) -> str:
        if score is None:
            return "not replayed"
        return percent(score["exact"], score["allocations"])

    def identical(what: str) -> str:
        end = full["end_state"] if full else None
        return f"{end[f'{what}_identical']} of {end[what]}" if end else ""

    cells = [
        f"`{name}`",
        known["kernel"],
        f"{known['allocations']:,}",
        exact(full),
        exact(standard),
        identical("free_lists"),
        identical("pcp_lists"),
        identical("pageblocks"),
    ]
    return f"| {' | '.join(cells)} |\n"


def slab_row(name: str, way: str, score: Score) -> str:
    """One line of the table of slab events."""
    slab = score["slab"]
    cells = [
        f"`{name}`, {way}",
        f"{slab['allocations']:,}",
        percent(slab["same_slab"], slab["allocations"]),
        f"{slab['same_address']:,}",
        f"{slab['address_unknowable']:,}",
        f"{slab['slab_pages']:,}",
        percent(slab["slab_pages_exact"], slab["slab_pages"]),
    ]
    return f"| {' | '.join(cells)} |\n"


def split(text: str) -> tuple[str, str, str]:
    """What stands before, between and behind the marks."""
    before, begin, rest = text.partition(BEGIN)
    table, end, behind = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the marks {BEGIN.strip()} and {END} are not both there")
    return before + begin, table, end + behind


Rows = dict[tuple[str, str], str]
"""Lines by recording and way; the way is empty in the table of pages."""


def rows_of(table: str) -> Rows:
    """The rows of both tables."""
    return {
        (match[1], match[2] or ""): match[0] + "\n" for match in ROW.finditer(table)
    }


def tables_of(rows: Rows) -> str:
    """The table of pages and, if there are such rows, that of slab events."""
    pages = "".join(rows[key] for key in sorted(rows) if not key[1])
    ways = sorted((name, way != "observed", way) for name, way in rows if way)
    slabs = "".join(rows[name, way] for name, _, way in ways)
    return HEAD + pages + (f"\n{SLAB_HEAD}{slabs}" if slabs else "")


def replays(path: Path) -> Rows:
    """The rows of one recording."""
    scores: list[Score | None] = []
    for events in ("all", "standard"):
        try:
            scores.append(replay(path, "--events", events))
        except ReplayError as error:
            print(f"{path.name}, {events} events: {error}", file=sys.stderr)
            scores.append(None)
    rows = {(path.name, ""): row(path.name, scores[0], scores[1])}
    if scores[0] and scores[0]["slab"]:
        driven = replay(path, "--slab", "driven")
        rows[path.name, "observed"] = slab_row(path.name, "observed", scores[0])
        rows[path.name, "driven"] = slab_row(path.name, "driven", driven)
    return rows


def main(arguments: list[str] | None = None) -> int:
    default = os.environ.get("BUDDYALLOC_RECORDINGS") or ROOT / "../shared/recordings"
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?", default=Path(default))
    parser.add_argument("--only", nargs="+", metavar="NAME")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    if not options.folder.is_dir():
        parser.error(f"{options.folder}: no such folder; give the recordings' folder")
    chosen = [
        path
        for path in recordings(options.folder.resolve())
        if not options.only or path.name in options.only
    ]
    if not chosen:
        parser.error(f"{options.folder}: no recording with a trace and two states")
    before, old, behind = split(README.read_text())
    rows = rows_of(old) if options.only else {}
    for path in chosen:
        for key, line in replays(path).items():
            rows[key] = line
            print(line, end="", flush=True)
    new = tables_of(rows)
    if options.check:
        return int(new != old)
    README.write_text(before + new + behind)
    return 0


if __name__ == "__main__":
    sys.exit(main())
