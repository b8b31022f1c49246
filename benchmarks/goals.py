"""The goals: what is to be reached, against which peer, and whether it is.

A goal has one part for each number it names. All are made of the figures of
one run; ratios are made inside a round. What a peer costs more is "times as
fast", what the model costs more is "times the time", growth is last / first.
The model of the page goals is the one whose locks are atomic.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat

import perf_data
from record import Results, spread

OWN = "model_locked"


@dataclass(frozen=True)
class Part:
    """One number of a goal: `scale` * top / under, at least or at most.

    top and under are keys of figures; top may be a number, under nothing.
    """

    goal: str
    what: str
    top: str | float
    under: str
    must: float
    stretch: float | None
    unit: str = "x"
    most: bool = False
    scale: float = 1.0


@dataclass(frozen=True)
class Verdict:
    """What came out: values is empty when something was not measured."""

    part: Part
    values: tuple[float, ...]
    why: str = ""

    @property
    def says(self) -> str:
        """stretch, met, not met, or not measured because of what."""
        if not self.values:
            return f"not measured: {self.why}"
        middle = spread(self.values)[0]
        if self.part.stretch is not None and reaches(
            middle, self.part.stretch, self.part.most
        ):
            return "stretch"
        return "met" if reaches(middle, self.part.must, self.part.most) else "not met"


def reaches(value: float, limit: float, most: bool) -> bool:
    """At most or at least the limit."""
    return value <= limit if most else value >= limit


def times_as_fast(
    goal: str, bench: str, workload: str, limits: dict[str, tuple[float, float]]
) -> list[Part]:
    """A part for each peer: its time divided by the model's."""
    return [
        Part(
            goal,
            f"{workload}, times as fast as {peer}",
            f"{bench} {workload} {peer} ns",
            f"{bench} {workload} {OWN} ns",
            must,
            stretch,
        )
        for peer, (must, stretch) in limits.items()
    ]


def times_the_time(
    goal: str, workload: str, limits: dict[str, tuple[float, float | None]]
) -> list[Part]:
    """A part for each malloc: the model's time divided by its time."""
    return [
        Part(
            goal,
            f"{workload}, times the time of {peer}",
            f"slab {workload} {OWN} ns",
            f"slab {workload} {peer} ns",
            must,
            stretch,
            most=True,
        )
        for peer, (must, stretch) in limits.items()
    ]


def growth(workload: str, backend: str, must: float, stretch: float | None) -> Part:
    """Instructions at 2^20 frames over those at 2^14."""
    return Part(
        "P7",
        f"{workload}, instructions, 2^20 frames / 2^14",
        f"growth {workload} {backend} instructions {2**20}",
        f"growth {workload} {backend} instructions {2**14}",
        must,
        stretch,
        most=True,
    )


def two_threads(workload: str, must: float, stretch: float) -> list[Part]:
    """What a second thread costs, and both together beside llfree-c."""
    return [
        Part(
            "P8",
            f"{workload}, CPU time of a step, 2 threads / 1",
            f"threads {workload} {OWN} ns 2",
            f"threads {workload} {OWN} ns 1",
            must,
            stretch,
            most=True,
        ),
        Part(
            "P8",
            f"{workload}, 2 threads together, times as fast as llfree-c",
            f"threads {workload} llfree-c wall_ns 2",
            f"threads {workload} {OWN} wall_ns 2",
            2.0,
            3.0,
        ),
    ]


def reading(text: str) -> list[Part]:
    """Goals for one form of trace text."""
    line, own = f"read {text} line bytes", f"read {text} records ns"
    scan = f"read {text} newlines ns"
    return [
        Part(
            "T1", f"{text}, share of a memchr scan", scan, own, 10, 18, "%", scale=100
        ),
        Part("T1", f"{text}, speed", line, own, 1.0, 2.0, "GB/s"),
        Part("T1", f"{text}, events", 1e3, own, 6, 11.7, "M/s"),
    ]


def beside(tool: str, must: float, stretch: float, text: str = "ftrace") -> Part:
    """The reader beside another tool that does the same."""
    return Part(
        "T2",
        f"times as fast as {tool}",
        f"read {text} {tool} ns",
        f"read {text} records ns",
        must,
        stretch,
    )


def kmem_stat(half: str) -> Part:
    """A replay from text beside `perf kmem stat`, which counts half the events."""
    return Part(
        "R2",
        f"text, times as fast as perf kmem --{half} stat",
        f"replay {perf_data.NAME} perf_kmem_{half} ns",
        f"replay {perf_data.NAME} text ns",
        2.5,
        5,
    )


PARTS = (
    *times_as_fast(
        "P1",
        "pages",
        "hot_half",
        {"llfree-c": (4, 5.4), "buddy_alloc": (12, 17), "buddy-malloc": (1.0, 1.35)},
    ),
    Part(
        "P1",
        "hot_half, instructions of a pair",
        f"pages hot_half {OWN} instructions",
        "",
        260,
        175,
        "",
        most=True,
        scale=2,
    ),
    *times_as_fast("P2", "pages", "hot_empty", {"buddy_alloc": (25, 38)}),
    Part(
        "P2",
        "hot_empty / hot_half, time",
        f"pages hot_empty {OWN} ns",
        f"pages hot_half {OWN} ns",
        1.1,
        None,
        most=True,
    ),
    *times_as_fast(
        "P3",
        "pages",
        "bulk_alloc",
        {"llfree-c": (2, 2.8), "buddy-malloc": (2.2, 3.2), "buddy_alloc": (7, 10.5)},
    ),
    *times_as_fast(
        "P4",
        "pages",
        "bulk_free_in_order",
        {
            "llfree-c": (1.25, 1.8),
            "buddy-malloc": (1.5, 2.1),
            "buddy_alloc": (3.3, 4.8),
        },
    ),
    *times_as_fast(
        "P4",
        "pages",
        "bulk_free_random",
        {"llfree-c": (0.65, 0.9), "buddy-malloc": (3, 3)},
    ),
    *times_as_fast(
        "P5",
        "pages",
        "random_half",
        {"llfree-c": (2, 2.8), "buddy-malloc": (2.3, 3.5), "buddy_alloc": (14, 22)},
    ),
    *times_as_fast(
        "P6",
        "pages",
        "mixed",
        {"llfree-c": (6, 8.7), "buddy-malloc": (1.05, 1.45), "buddy_alloc": (8, 12)},
    ),
    *times_as_fast(
        "P6",
        "pages",
        "mixed_geometric",
        {"llfree-c": (2, 2), "buddy-malloc": (1.6, 1.6), "buddy_alloc": (6, 6)},
    ),
    Part(
        "P6",
        "mixed, requests failed of a million",
        f"pages mixed {OWN} failed_ppm",
        "",
        0,
        None,
        "",
        most=True,
    ),
    growth("hot_half", OWN, 1.02, 1.0),
    growth("random_half", OWN, 1.15, 1.08),
    *two_threads("hot_half", 1.1, 1.0),
    *two_threads("random_half", 1.6, 1.3),
    *times_the_time("K1", "hot", {"glibc": (1.6, 1.35), "mimalloc": (2.4, None)}),
    Part(
        "K1",
        "hot, instructions of a pair",
        f"slab hot {OWN} instructions",
        "",
        100,
        67,
        "",
        most=True,
    ),
    *times_as_fast("K2", "slab", "bulk_alloc", {"mimalloc": (1.1, 1.6)}),
    *times_the_time("K2", "bulk_free_in_order", {"mimalloc": (1.8, 1.4)}),
    *times_the_time("K2", "bulk_free_random", {"mimalloc": (1.5, 1.2)}),
    *times_as_fast("K3", "slab", "mix", {"glibc": (2.5, 3.9)}),
    *times_the_time("K3", "mix", {"mimalloc": (1.3, 0.9)}),
    *reading("perf"),
    *reading("ftrace"),
    beside("mawk", 9, 17),
    beside("python_re", 15, 29),
    beside("python_split", 15, 29),
    beside("pandas", 15, 29),
    beside("sscanf", 5, 11),
    beside("simdjson", 1.2, 2.3),
    beside("perf_script", 10, 20, perf_data.NAME),
    Part(
        "T3",
        "Python, file to columns, share of the C reader's speed",
        "python read_columns c_reader ns",
        "python read_columns api ns",
        70,
        90,
        "%",
        scale=100,
    ),
    Part(
        "T3",
        "Python, streaming, resident memory",
        "python stream_rss chunks bytes",
        "",
        64,
        None,
        "MiB",
        most=True,
        scale=2**-20,
    ),
    Part("R1", "binary, synthetic", 1e3, "replay synthetic replay ns", 8, 15, "M/s"),
    Part("R1", "binary, 61-files", 1e3, "replay 61-files replay ns", 8, 40, "M/s"),
    Part("R2", "text, synthetic", 1e3, "replay synthetic text ns", 3.5, 5.5, "M/s"),
    kmem_stat("page"),
    kmem_stat("slab"),
    Part(
        "R3",
        "a sample every 1000 events, time with / without",
        "replay synthetic sampled ns",
        "replay synthetic turns ns",
        1.03,
        1.01,
        most=True,
    ),
    Part(
        "R3",
        "latency collected, time with / without",
        "replay synthetic latency ns",
        "replay synthetic turns ns",
        1.10,
        1.03,
        most=True,
    ),
    Part(
        "R4",
        "text, times as fast as it was recorded",
        "replay 61-files recorded ns",
        "replay 61-files text ns",
        30,
        47,
    ),
    Part(
        "R4",
        "binary, times as fast as it was recorded",
        "replay 61-files recorded ns",
        "replay 61-files replay ns",
        100,
        190,
    ),
    Part("M1", "a modelled frame", "scale frame model bytes", "", 16, 12, "B", True),
    Part("M1", "an event, saved", "python packed stored bytes", "", 24, 16, "B", True),
    Part(
        "M2",
        "empty machine of 1 TiB, RSS",
        "scale 1TiB model bytes",
        "",
        64,
        40,
        "MiB",
        most=True,
        scale=2**-20,
    ),
    Part(
        "M2",
        "empty machine of 1 TiB, time to create",
        "scale 1TiB model wall_ns",
        "",
        100,
        None,
        "ms",
        most=True,
        scale=1e-6,
    ),
    Part(
        "Y1",
        "alloc + free, times the time of list append + pop",
        "python pair model ns",
        "python pair list ns",
        1.5,
        1.0,
        most=True,
    ),
    Part(
        "Y2", "batch, a list, a page", "python batch model ns", "", 50, 38, "ns", True
    ),
    Part(
        "Y2", "an array, a page", "python batch_array model ns", "", 16, 11, "ns", True
    ),
)


def judge(part: Part, results: Results) -> Verdict:
    """The part's values, one for each round."""
    lines: list[tuple[float, ...]] = []
    for key in (part.top, part.under):
        if isinstance(key, float):
            lines.append((key,))
        elif key:
            figure = results.get(key)
            if figure is None:
                return Verdict(part, (), reason(key, results))
            lines.append(figure.rounds)
    if len(lines) == 1:
        return Verdict(part, tuple(part.scale * value for value in lines[0]))
    top, under = lines
    if len(top) != len(under) and 1 not in (len(top), len(under)):
        return Verdict(part, (), "not of the same rounds; run both again")
    pairs = zip(
        top if len(top) > 1 else repeat(top[0], len(under)),
        under if len(under) > 1 else repeat(under[0], len(top)),
        strict=True,
    )
    return Verdict(part, tuple(part.scale * a / b for a, b in pairs))


def reason(key: str, results: Results) -> str:
    """Why a figure is not there: what a benchmark said, or only its name."""
    bench, workload, backend = key.split()[:3]
    for one in results.missing:
        if one.bench == bench and one.what in (workload, backend, "all"):
            return f"{one.what}: {one.why}"
    return f"no figure {key}"


def verdicts(results: Results) -> list[Verdict]:
    """Every part's, in the order of the goals."""
    return [judge(part, results) for part in PARTS]
