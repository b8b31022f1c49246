"""The tables that a run writes into README.md, here and at the root."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import common
from goals import OWN, Verdict
from record import NS, WALL_NS, Figure, Results, spread
from report import figure_tables, goals_table, markdown, missing_list, number

HERE = Path(__file__).parent / "README.md"
ROOT = common.ROOT / "README.md"
BEGIN = "<!-- {}: begin -->\n"
END = "<!-- {}: end -->"


@dataclass(frozen=True)
class Headline:
    """A row of the table at the root: the figure `key`, and who else does it.

    The value is scale * median, or if `speed` is set scale / median. Peers are
    the other backends of the same workload that are named in PEERS.
    """

    what: str
    key: str
    unit: str
    scale: float = 1.0
    speed: bool = False


PEERS = (
    "llfree-c",
    "buddy_alloc",
    "buddy-malloc",
    "glibc",
    "mimalloc",
    "jemalloc",
    "tcmalloc",
    "mawk",
    "sscanf",
    "python_split",
    "pandas",
    "simdjson",
    "list",
)

HEADLINES = (
    Headline("the same page, again and again", f"pages hot_half {OWN} {NS}", "ns"),
    Headline("random pages, half in use", f"pages random_half {OWN} {NS}", "ns"),
    Headline("15/16 of all pages, taking", f"pages bulk_alloc {OWN} {NS}", "ns"),
    Headline("... giving back in order", f"pages bulk_free_in_order {OWN} {NS}", "ns"),
    Headline("... giving back at random", f"pages bulk_free_random {OWN} {NS}", "ns"),
    Headline("orders 0 to 9, 80 % in use", f"pages mixed {OWN} {NS}", "ns"),
    Headline("`kmalloc(64)` and `kfree`", f"slab hot {OWN} {NS}", "ns a pair"),
    Headline("8 to 8192 bytes, random lifetimes", f"slab mix {OWN} {NS}", "ns a pair"),
    Headline(
        "ftrace text to records",
        f"read ftrace records {NS}",
        "million events a second",
        1e3,
        True,
    ),
    Headline(
        "replay of `61-files`",
        f"replay 61-files replay {NS}",
        "million events a second",
        1e3,
        True,
    ),
    Headline(
        "replay, large and synthetic",
        f"replay synthetic replay {NS}",
        "million events a second",
        1e3,
        True,
    ),
    Headline("from Python, a page and back", f"python pair model {NS}", "ns a pair"),
    Headline("a machine of 1 TiB, made", f"scale 1TiB model {WALL_NS}", "ms", 1e-6),
    Headline("... in memory", "scale 1TiB model bytes", "MiB", 2**-20),
)


def beside(figure: Figure, results: Results) -> str:
    """How many times as fast as each peer, by the medians of the rounds' ratios."""
    words = []
    for peer in PEERS:
        key = figure.key.split()
        key[2] = peer
        other = results.get(" ".join(key))
        if other and len(other.rounds) == len(figure.rounds):
            pairs = zip(other.rounds, figure.rounds, strict=True)
            ratio = spread([theirs / ours for theirs, ours in pairs])[0]
            words.append(f"{number(ratio)} {peer}")
    return ", ".join(words)


def headline_table(results: Results, headlines: Sequence[Headline] = HEADLINES) -> str:
    """A row for each headline that was measured."""
    rows = []
    for line in headlines:
        figure = results.get(line.key)
        if figure is None:
            continue
        middle = spread(figure.rounds)[0]
        value = line.scale / middle if line.speed else line.scale * middle
        cells = [f"{number(value)} {line.unit}", beside(figure, results)]
        rows.append([line.what, *cells])
    return markdown(["one operation", "time or speed", "times as fast as"], rows)


def put(path: Path, mark: str, text: str) -> None:
    """Write `text` between the marks of that name. ValueError: they are not there."""
    begin, end = BEGIN.format(mark), END.format(mark)
    before, found, rest = path.read_text().partition(begin)
    _, also, behind = rest.partition(end)
    if not found or not also:
        raise ValueError(f"{path}: the marks {begin.strip()} and {end} are not there")
    path.write_text(before + begin + text + end + behind)


def write(title: str, results: Results, verdicts: Sequence[Verdict]) -> None:
    """All tables of both files. ValueError: a mark is not there."""
    put(ROOT, "performance", f"{headline_table(results)}\n{title}.\n")
    sample = (
        f"{title}.\n\n{missing_list(results)}\n"
        f"Median [p25..p75] of the rounds.\n\n{figure_tables(results)}"
    )
    put(HERE, "goals", goals_table(verdicts))
    put(HERE, "sample", sample)
