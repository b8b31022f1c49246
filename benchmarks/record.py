"""What a benchmark hands over: figures, and the names of what is missing.

Each program bench_*.py has a function `figures(options: Options) ->
list[Record]`, which `python -m benchmarks` calls. Figures that are to be
divided by one another are of the same run: the i-th values of both are then of
the same round.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

NS = "ns"
"""CPU time of the thread, for each step."""
WALL_NS = "wall_ns"
"""Time of the wall clock, for each step."""
INSTRUCTIONS = "instructions"
"""Counted by callgrind, for each step; one value is all there is to know."""
EXACT = frozenset({INSTRUCTIONS, "bytes", "count", "failed_ppm"})
"""Units of which one value tells all, so that there are no rounds."""


@dataclass(frozen=True)
class Options:
    """What was asked of a run.

    folder: for what is built and made; empty, removed after the run.
    rounds: how often the measured things take turns, at least 2.
    quick: everything once through, on small sizes; its times mean little.
    instructions: callgrind is there and wanted.
    sources: source trees of peers that no package has, by the peer's name.
    perf_data: a recording of kmem events that perf made.
    """

    folder: Path
    rounds: int = 7
    quick: bool = False
    instructions: bool = True
    sources: Mapping[str, Path] = field(default_factory=dict)
    perf_data: Path | None = None


@dataclass(frozen=True)
class Figure:
    """One thing measured: a value for each round, or one if it is exact.

    bench, workload, backend and unit name it; x is the number that a plot has
    on its axis, as frames or threads, where the workload has one.
    """

    bench: str
    workload: str
    backend: str
    unit: str
    rounds: tuple[float, ...]
    x: float | None = None

    @property
    def key(self) -> str:
        """Its name in one line, the same in every run."""
        words = [self.bench, self.workload, self.backend, self.unit]
        return " ".join(words if self.x is None else [*words, f"{self.x:.15g}"])


@dataclass(frozen=True)
class Missing:
    """What could not be measured and why, with the remedy where there is one."""

    bench: str
    what: str
    why: str


Record = Figure | Missing


def spread(values: Sequence[float]) -> tuple[float, float, float]:
    """Median, lower and upper quartile; of one value, three times that."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return middle, low, high


def from_times(
    bench: str,
    times: Mapping[tuple[str, str], Sequence[float]],
    unit: str = NS,
    x: float | None = None,
) -> list[Record]:
    """Figures of what common.read_rounds returns."""
    return [
        Figure(bench, workload, backend, unit, tuple(values), x)
        for (workload, backend), values in times.items()
    ]


class Results:
    """The records of a run, found by name."""

    def __init__(self, records: Iterable[Record]) -> None:
        self.figures: dict[str, Figure] = {}
        self.missing: list[Missing] = []
        self.add(records)

    def add(self, records: Iterable[Record]) -> None:
        """A figure of the same name takes the older one's place."""
        for record in records:
            if isinstance(record, Missing):
                self.missing.append(record)
            else:
                self.figures[record.key] = record

    def drop(self, bench: str) -> None:
        """Forget what a benchmark said, before it is run again."""
        kept = {k: f for k, f in self.figures.items() if f.bench != bench}
        self.figures = kept
        self.missing = [one for one in self.missing if one.bench != bench]

    def get(self, key: str) -> Figure | None:
        return self.figures.get(key)

    def select(self, bench: str, unit: str | None = None) -> list[Figure]:
        """A benchmark's figures, in the order they were measured."""
        return [
            figure
            for figure in self.figures.values()
            if figure.bench == bench and unit in (None, figure.unit)
        ]

    def to_json(self, head: Mapping[str, object]) -> str:
        """`head` and all records as JSON text."""
        document = dict(head)
        document["figures"] = [asdict(f) for f in self.figures.values()]
        document["missing"] = [asdict(one) for one in self.missing]
        return json.dumps(document, indent=1) + "\n"


def load(path: Path) -> tuple[dict[str, object], Results]:
    """Head and results of a file that to_json wrote. ValueError if it is none."""
    try:
        document = json.loads(path.read_text())
        figures = [
            Figure(**{**figure, "rounds": tuple(figure["rounds"])})
            for figure in document.pop("figures")
        ]
        missing = [Missing(**one) for one in document.pop("missing")]
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(
            f"{path}: not the JSON file of a run ({error}); "
            "python -m benchmarks writes one"
        ) from None
    return document, Results([*figures, *missing])
