"""Other ways to read ftrace text, each doing the whole job in its own process.

    python benchmarks/read_peers.py python_re|python_split|pandas FILE

prints events, allocated pages and the CPU time in ns. The job: the CPU, the
time, the event's name and every name=value field of every event, numbers as
numbers. The first two are what one writes in Python; the third lets pandas
read the lines and take the fields of page events by one expression.
"""

from __future__ import annotations

import importlib
import re
import sys
import time
from pathlib import Path

LINE = re.compile(
    r" *(?P<comm>.+?)-(?P<pid>\d+) +\[(?P<cpu>\d+)\] (?P<flags>\S+) +"
    r"(?P<time>[\d.]+): (?P<event>\w+): (?P<fields>.*)"
)
FIELD = re.compile(r"(\w+)=(\S+)")


def value(text: str) -> int | str:
    """A number where it is one."""
    if text.isdecimal():
        return int(text)
    return int(text, 16) if text.startswith("0x") else text


def by_re(path: Path) -> tuple[int, int]:
    """Two compiled expressions, one for the line and one for its fields."""
    events = pages = 0
    with path.open() as file:
        for line in file:
            found = LINE.match(line)
            if not found or line.startswith("#"):
                continue
            events += 1
            _, _, cpu, _, when, event, rest = found.groups()
            int(cpu)
            float(when)
            fields = {name: value(text) for name, text in FIELD.findall(rest)}
            if event == "mm_page_alloc":
                pages += 1 << int(fields["order"])
    return events, pages


def by_split(path: Path) -> tuple[int, int]:
    """str.split for the words and again for each field."""
    events = pages = 0
    with path.open() as file:
        for line in file:
            if line.startswith("#"):
                continue
            head, _, rest = line.partition("[")
            head.strip().rpartition("-")
            words = rest.split()
            if len(words) < 4:
                continue
            events += 1
            int(words[0].rstrip("]"))
            float(words[2].rstrip(":"))
            fields = {}
            for word in words[4:]:
                name, equals, text = word.partition("=")
                if equals:
                    fields[name] = value(text)
            if words[3] == "mm_page_alloc:":
                pages += 1 << int(fields["order"])
    return events, pages


def by_pandas(path: Path) -> tuple[int, int]:
    """read_csv for the lines, then one expression for the columns of all."""
    import pandas as pd  # type: ignore[import-not-found,import-untyped,unused-ignore]

    lines = pd.read_csv(
        path, sep="\x01", comment="#", names=["line"], header=None, dtype=str
    )["line"]
    fields = ("page", "pfn", "order", "migratetype", "gfp_flags")
    rest = "".join(rf"(?: {name}=(?P<{name}>\S+))?" for name in fields)
    table = lines.str.extract(
        r"-(?P<pid>\d+) +\[(?P<cpu>\d+)\] \S+ +(?P<time>[\d.]+): (?P<event>\w+):" + rest
    )
    table["cpu"].astype(int)
    table["time"].astype(float)
    allocated = table["order"][table["event"] == "mm_page_alloc"].astype(int)
    return len(table), int((2**allocated).sum())


WAYS = {"python_re": by_re, "python_split": by_split, "pandas": by_pandas}


def main() -> int:
    if len(sys.argv) != 3 or sys.argv[1] not in WAYS:
        print(__doc__, file=sys.stderr)
        return 2
    if sys.argv[1] == "pandas":
        importlib.import_module("pandas")  # its import is not counted
    start = time.process_time_ns()
    events, pages = WAYS[sys.argv[1]](Path(sys.argv[2]))
    print(events, pages, time.process_time_ns() - start)
    return 0


if __name__ == "__main__":
    sys.exit(main())
