"""Pictures of a run, from its figures; each of these that there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from record import INSTRUCTIONS, NS, WALL_NS, Figure, Results, spread

OWN = ("model_locked", "model")
COLOURS = {"model_locked": "C0", "model": "C9", "none": "0.7"}
PAGES = ("hot_half", "random_half", "bulk_alloc", "bulk_free_random", "mixed")
SIZES = {2**14: "64 MiB", 2**18: "1 GiB", 2**22: "16 GiB", 2**28: "1 TiB"}


def errors(figures: Sequence[Figure]) -> tuple[list[float], list[list[float]]]:
    """Medians, and the distances to the quartiles as errorbar takes them."""
    spreads = [spread(figure.rounds) for figure in figures]
    below = [middle - low for middle, low, _ in spreads]
    above = [high - middle for middle, _, high in spreads]
    return [middle for middle, _, _ in spreads], [below, above]


def bars(ax: Any, figures: Sequence[Figure], workloads: Sequence[str]) -> None:
    """A group of bars for each workload, a bar for each backend."""
    backends = list(dict.fromkeys(f.backend for f in figures if f.backend != "none"))
    by_name = {(f.workload, f.backend): f for f in figures}
    width = 0.8 / max(len(backends), 1)
    for i, backend in enumerate(backends):
        there = [w for w in workloads if (w, backend) in by_name]
        if not there:
            continue
        middle, error = errors([by_name[w, backend] for w in there])
        at = [workloads.index(w) + (i - (len(backends) - 1) / 2) * width for w in there]
        ax.bar(
            at,
            middle,
            width,
            yerr=error,
            label=backend,
            color=COLOURS.get(backend, f"C{i + 1}"),
            error_kw={"lw": 0.8},
        )
    ax.set_xticks(range(len(workloads)), workloads)
    ax.set_yscale("log")


def pages(ax: Any, results: Results) -> bool:
    """ns of an operation beside the peers."""
    figures = results.select("pages", NS)
    bars(ax, figures, [w for w in PAGES if any(f.workload == w for f in figures)])
    ax.set(title="Pages, beside other allocators", ylabel="ns an operation")
    return bool(figures)


def slabs(ax: Any, results: Results) -> bool:
    """ns of a step beside the mallocs."""
    figures = results.select("slab", NS)
    bars(ax, figures, list(dict.fromkeys(f.workload for f in figures)))
    ax.set(title="kmalloc, beside mallocs", ylabel="ns a step")
    ax.tick_params(axis="x", labelrotation=20)
    return bool(figures)


def lines(ax: Any, figures: Sequence[Figure]) -> None:
    """A line over x for each workload and backend."""
    names = dict.fromkeys((f.backend, f.workload) for f in figures)
    backends = list(dict.fromkeys(backend for backend, _ in names))
    for backend, workload in names:
        mine = [f for f in figures if (f.backend, f.workload) == (backend, workload)]
        mine.sort(key=lambda figure: figure.x or 0)
        middle, error = errors(mine)
        i = backends.index(backend)
        ax.errorbar(
            [figure.x for figure in mine],
            middle,
            yerr=error,
            marker="o" if "hot" in workload else "s",
            ls="--" if "hot" in workload else "-",
            color=COLOURS.get(backend, f"C{i + 1}"),
            label=f"{backend}, {workload}",
            capsize=2,
            ms=4,
        )
    ax.set_yscale("log")


def growth(ax: Any, results: Results) -> bool:
    """ns of an operation against the machine's size."""
    figures = results.select("growth", NS)
    lines(ax, figures)
    ax.set_xscale("log", base=2)
    there = {figure.x for figure in figures}
    ticks = [size for size in SIZES if size in there]
    ax.set_xticks(ticks, [SIZES[size] for size in ticks])
    ax.set(title="Growth with the machine, half full", ylabel="ns an operation")
    return bool(figures)


def threads(ax: Any, results: Results) -> bool:
    """Operations a second of all threads together."""
    figures = [
        Figure(
            f.bench, f.workload, f.backend, "M/s", tuple(1e3 / v for v in f.rounds), f.x
        )
        for f in results.select("threads", WALL_NS)
        if f.workload in ("hot_half", "random_half")
    ]
    lines(ax, figures)
    ax.set_xticks(sorted({figure.x for figure in figures if figure.x}))
    ax.set(
        title="Threads on one machine",
        xlabel="host threads",
        ylabel="million operations a second, together",
    )
    return bool(figures)


def over_varied(ax: Any, figures: Sequence[Figure]) -> None:
    """A line for each thing that is varied and each workload."""
    names = dict.fromkeys((f.workload, f.backend) for f in figures)
    items = list(dict.fromkeys(varied for varied, _ in names))
    for varied, backend in names:
        mine = [f for f in figures if (f.workload, f.backend) == (varied, backend)]
        middle, error = errors(mine)
        ax.errorbar(
            [figure.x for figure in mine],
            middle,
            yerr=error,
            marker="o",
            ls="-" if "alloc" in backend else "--",
            color=f"C{items.index(varied)}",
            label=f"{varied}, {backend}",
            capsize=2,
        )
    ax.set_xscale("log", base=2)
    ticks = sorted({figure.x for figure in figures if figure.x})
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.set(xlabel="batch or high in pages, or zones")


def contention(ax: Any, results: Results) -> bool:
    """CPU time of an operation with two threads, against what is varied."""
    figures = results.select("contention", NS)
    over_varied(ax, figures)
    ax.set(title="Two threads: batch, list length, zones", ylabel="CPU ns an operation")
    return bool(figures)


def waits(ax: Any, results: Results) -> bool:
    """How often the zone's lock was found taken, against what is varied."""
    figures = [
        figure
        for figure in results.select("contention", "waits_ppm")
        if figure.backend.endswith(".zone")
    ]
    over_varied(ax, figures)
    ax.set_yscale("symlog", linthresh=10)
    ax.set(
        title="Two threads: waiting for the zone's lock",
        ylabel="waits of a million operations",
    )
    return bool(figures)


def speeds(ax: Any, results: Results, bench: str, unit: str, title: str) -> bool:
    """Million events a second of each tool or way, a bar for each."""
    figures = [
        f for f in results.select(bench, unit) if min(f.rounds) > 0 and f.x is None
    ]
    fast = [
        Figure(f.bench, f.workload, f.backend, "M/s", tuple(1e3 / v for v in f.rounds))
        for f in figures
    ]
    middle, error = errors(fast)
    names = [f"{figure.workload}, {figure.backend}" for figure in fast]
    ax.barh(names, middle, xerr=error, error_kw={"lw": 0.8})
    ax.invert_yaxis()
    ax.set_xscale("log")
    ax.tick_params(axis="y", labelsize="small")
    ax.set(title=title, xlabel="million events a second")
    return bool(figures)


def reading(ax: Any, results: Results) -> bool:
    """Events a second of the reader and of other tools."""
    return speeds(ax, results, "read", NS, "Reading trace text")


def replaying(ax: Any, results: Results) -> bool:
    """Events a second of the replay."""
    return speeds(ax, results, "replay", NS, "Replay")


def wall(ax: Any, results: Results) -> bool:
    """Distribution of single calls: the share that took longer."""
    figures = results.select("wall", "calls")
    for name in dict.fromkeys(figure.workload for figure in figures):
        mine = [figure for figure in figures if figure.workload == name]
        mine.sort(key=lambda figure: figure.x or 0)
        total = sum(figure.rounds[0] for figure in mine)
        left, shares = total, []
        for figure in mine:
            shares.append(left / total)
            left -= figure.rounds[0]
        ax.step([figure.x for figure in mine], shares, where="post", label=name)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set(
        title="Single calls, one in 64",
        xlabel="wall_ns",
        ylabel="share that took at least so long",
    )
    return bool(figures)


def instructions(ax: Any, results: Results) -> bool:
    """Instructions of an operation beside the peers."""
    figures = results.select("pages", INSTRUCTIONS)
    bars(ax, figures, [w for w in PAGES if any(f.workload == w for f in figures)])
    ax.set(title="Pages, instructions", ylabel="instructions an operation")
    return bool(figures)


PICTURES: dict[str, Callable[[Any, Results], bool]] = {
    "pages": pages,
    "instructions": instructions,
    "slabs": slabs,
    "growth": growth,
    "threads": threads,
    "contention": contention,
    "waits": waits,
    "wall": wall,
    "reading": reading,
    "replay": replaying,
}


def plain_numbers(ax: Any) -> None:
    """60, not 6 times 10 to the first, on the axes that are logarithmic."""
    from matplotlib.ticker import LogFormatter

    for axis in (ax.xaxis, ax.yaxis):
        if axis.get_label_text() and getattr(axis.get_transform(), "base", 0) == 10:
            axis.set_major_formatter(LogFormatter(minor_thresholds=(2, 0.5)))
            axis.set_minor_formatter(LogFormatter(minor_thresholds=(2, 0.5)))


def draw(results: Results, folder: Path) -> list[Path]:
    """Write NAME.png for each picture that has figures; their paths."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas

    paths = []
    for name, picture in PICTURES.items():
        canvas = Canvas(figsize=(8, 4.5), layout="constrained")
        FigureCanvasAgg(canvas)
        ax = canvas.add_subplot()
        if picture(ax, results):
            if ax.get_legend_handles_labels()[1]:
                ax.legend(fontsize="small", ncols=2 if len(ax.patches) else 1)
            plain_numbers(ax)
            paths.append(folder / f"{name}.png")
            canvas.savefig(paths[-1], dpi=110)
    return paths
