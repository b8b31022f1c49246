"""Tables of a run in Markdown: goals, figures, what is missing, comparisons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from goals import Verdict
from record import EXACT, NS, WALL_NS, Figure, Record, Results, spread


def number(value: float) -> str:
    """Three digits that count, and no more than that."""
    if value == 0 or abs(value) >= 1000:
        return f"{value:.0f}"
    if abs(value) >= 100:
        return f"{value:.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.3g}"


def with_spread(values: Sequence[float], unit: str = "") -> str:
    """Median [lower..upper quartile] unit; of one value, only that."""
    middle, low, high = spread(values)
    text = number(middle)
    if len(values) > 1:
        text += f" [{number(low)}..{number(high)}]"
    return f"{text} {unit}".rstrip()


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table: the first column to the left, the others to the right."""
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def goals_table(verdicts: Iterable[Verdict]) -> str:
    """One row for each number of a goal."""
    rows = []
    for verdict in verdicts:
        part = verdict.part
        sign = "at most" if part.most else "at least"
        unit = "" if part.unit == "x" else part.unit
        stretch = "" if part.stretch is None else f"{part.stretch:g}"
        measured = with_spread(verdict.values, unit) if verdict.values else ""
        must = f"{sign} {part.must:g} {unit}".rstrip()
        rows.append([part.goal, part.what, must, stretch, measured, verdict.says])
    return markdown(["goal", "what", "must", "stretch", "measured", "result"], rows)


def goals_json(verdicts: Iterable[Verdict]) -> list[dict[str, object]]:
    """The same for the JSON file, with the value of each round."""
    return [
        {
            "goal": verdict.part.goal,
            "what": verdict.part.what,
            "at": "most" if verdict.part.most else "least",
            "must": verdict.part.must,
            "stretch": verdict.part.stretch,
            "unit": verdict.part.unit,
            "rounds": list(verdict.values),
            "result": verdict.says,
        }
        for verdict in verdicts
    ]


def bench_table(figures: Sequence[Figure]) -> str:
    """Workloads down, backends across; of one benchmark and one unit."""
    backends = list(dict.fromkeys(figure.backend for figure in figures))
    rows: dict[tuple[str, float | None], dict[str, str]] = {}
    for figure in figures:
        cells = rows.setdefault((figure.workload, figure.x), {})
        cells[figure.backend] = with_spread(figure.rounds)
    lines = [
        [
            workload if x is None else f"{workload} {x:g}",
            *(cells.get(backend, "") for backend in backends),
        ]
        for (workload, x), cells in rows.items()
    ]
    return markdown([figures[0].unit, *backends], lines)


def figure_tables(results: Results) -> str:
    """All figures, a table for each benchmark and unit."""
    groups: dict[tuple[str, str], list[Figure]] = {}
    for figure in results.figures.values():
        groups.setdefault((figure.bench, figure.unit), []).append(figure)
    return "\n".join(
        f"### {bench}, {unit}\n\n{bench_table(figures)}"
        for (bench, unit), figures in groups.items()
    )


def missing_list(results: Results) -> str:
    """What was not measured; a line for each."""
    if not results.missing:
        return "Nothing is missing.\n"
    lines = dict.fromkeys(
        f"- {one.bench}: {one.what}: {one.why}\n" for one in results.missing
    )
    return "".join(lines)


def ratio_table(figures: Sequence[Figure], own: str) -> str:
    """How many times the time of `own` each other backend takes."""
    lines = {(f.workload, f.x, f.backend): f.rounds for f in figures}
    rows = [
        Figure(
            figure.bench,
            figure.workload,
            figure.backend,
            f"time / {own}",
            tuple(
                other / one
                for other, one in zip(
                    figure.rounds, lines[figure.workload, figure.x, own], strict=True
                )
            ),
            figure.x,
        )
        for figure in figures
        if figure.backend != own and (figure.workload, figure.x, own) in lines
    ]
    return bench_table(rows) if rows else ""


def alone(records: Sequence[Record], own: str) -> str:
    """What a program prints when it is run alone."""
    results = Results(records)
    times = [f for f in results.figures.values() if f.unit in (NS, WALL_NS)]
    return (
        f"median [p25..p75] of the rounds\n\n{figure_tables(results)}\n"
        f"{ratio_table(times, own)}\n{missing_list(results)}"
    )


def whole(title: str, results: Results, verdicts: Iterable[Verdict]) -> str:
    """The file table.md of a run."""
    return (
        f"# Benchmarks\n\n{title}\n\n## Goals\n\n{goals_table(verdicts)}\n"
        f"## Not measured\n\n{missing_list(results)}\n"
        f"## Figures\n\nMedian [p25..p75] of the rounds.\n\n{figure_tables(results)}"
    )


def change(old: Figure, new: Figure) -> str:
    """What a change did: nothing where the quartiles of both overlap."""
    before, low, high = spread(old.rounds)
    after, new_low, new_high = spread(new.rounds)
    if new.unit in EXACT:
        if before == after:
            return "same"
    elif new_low <= high and low <= new_high:
        return "within the spread"
    if before == 0:
        return "was 0"
    return f"{(after / before - 1) * 100:+.1f} %"


def comparison(old: Results, new: Results) -> str:
    """A row for each figure that both runs have; then what only one has."""
    rows = [
        [
            key,
            with_spread(old.figures[key].rounds),
            with_spread(figure.rounds),
            change(old.figures[key], figure),
        ]
        for key, figure in new.figures.items()
        if key in old.figures
    ]
    text = markdown(["figure", "before", "after", "change"], rows)
    for name, one, other in (("before", old, new), ("after", new, old)):
        alone = [key for key in one.figures if key not in other.figures]
        if alone:
            text += f"\nOnly {name}: {', '.join(alone)}\n"
    return text
