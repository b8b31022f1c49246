"""Make a small recording from a large one, for the package and for the tests.

    python tools/make_demo.py ../shared/recordings/61-files buddyalloc/data/files
    python tools/make_demo.py ../shared/recordings/61-mix tests/data/61-mix \
        --events 20000

What is left out carries no information for a replay: the address of a page's
descriptor where its frame number stands beside it, and comments. With
--events the trace ends early; then there is no end state to compare with.
"""

from __future__ import annotations

import argparse
import lzma
import re
import shutil
from pathlib import Path

REDUNDANT = re.compile(rb" page=[0-9a-fx]+ (pfn=)")


def shorten(text: bytes, events: int | None) -> bytes:
    """The window of a trace with its marks, or its first so many lines."""
    head, lines, inside = [], [], False
    for line in text.splitlines(keepends=True):
        if b"entries-in-buffer" in line and events is None:
            head.append(line)
        mark = line.rstrip().rpartition(b": ")[2] if b"pgsnap" in line else b""
        inside = inside or mark == b"pgsnap 0"
        if inside and (events is None or len(lines) < events + 2):
            lines.append(REDUNDANT.sub(rb" \1", line))
        if mark == b"pgsnap_end 1":
            break
    return b"".join(head + lines)


def pack(path: Path, content: bytes) -> int:
    packed = lzma.compress(content, preset=9 | lzma.PRESET_EXTREME)
    path.write_bytes(packed)
    return len(packed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("source", type=Path, help="recording folder")
    parser.add_argument("target", type=Path, help="folder to make")
    parser.add_argument("--events", type=int, help="lines to keep; default all")
    args = parser.parse_args()
    args.target.mkdir(parents=True, exist_ok=True)
    text = lzma.open(args.source / "trace.txt.xz").read()
    size = pack(args.target / "trace.txt.xz", shorten(text, args.events))
    states = ["state.start.txt.xz"] + ["state.end.txt.xz"] * (args.events is None)
    for name in states:
        size += pack(args.target / name, lzma.open(args.source / name).read())
    shutil.copyfile(args.source / "proc" / "uname", args.target / "uname")
    print(f"{args.target}: {size:,} bytes")


if __name__ == "__main__":
    main()
