"""A folder of figures and tables, and one report.html that holds them all."""

from __future__ import annotations

import base64
import html
import io
import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import metrics, plots
from .files import InputError, write_output
from .result import Result
from .table import Table, html_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 130

CAPTIONS = {
    "free_memory": "How the free memory of all zones is split into blocks.",
    "free_blocks": "The same by number of blocks. Many small ones and few large ones: "
    "the memory is fragmented.",
    "unusable_index": "The part of the free memory that lies in blocks too small for a "
    "request of that order, in the largest zone.",
    "fragmentation_index": "Why a request of that order would fail in the largest "
    "zone: for lack of memory or because of fragmentation.",
    "watermarks": "Free pages of the largest zone, and its watermarks at the end.",
    "memory_map": "Physical memory at the end, by migratetype and how full each "
    "pageblock is.",
    "pageblocks": "Pageblocks of each migratetype over time.",
    "pcp": "Pages that wait on per-CPU lists over time.",
    "slab_caches": "Where the bytes of the largest slab caches are at the end: what "
    "was asked for, and what is wasted in objects, slots and slabs.",
    "slab_kmalloc": "The same of kmalloc, by size class.",
    "fallbacks": "Requests of one migratetype that took a block of another.",
    "percentiles": "Modelled latency: each step an allocation took has a documented "
    "price. Nothing here depends on this computer.",
    "histogram": "The same by number of allocations.",
}

STYLE = """
:root { color-scheme: light dark; --ink: #1a1a1a; --paper: #ffffff;
  --faint: #666666; --line: #cccccc }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e6e6; --paper: #16181b;
  --faint: #a0a0a0; --line: #444444 } }
body { color: var(--ink); background: var(--paper); margin: 2rem auto;
  max-width: 66rem; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif }
h1 { font-size: 1.6rem } h2 { font-size: 1.2rem; margin-top: 2.2rem }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
td, th { border-bottom: 1px solid var(--line); padding: .15em .7em }
.wide { overflow-x: auto; font-size: .85rem }
.score { font-size: 1.15rem } .score b { font-size: 1.5rem }
figure { margin: 1rem 0 } figcaption, small { color: var(--faint) }
img { max-width: 100%; height: auto; background: #ffffff; border-radius: 6px;
  padding: 6px; box-sizing: border-box }
"""


def tables(result: Result) -> dict[str, Table]:
    """Every table that has a plot, by name; without those that are empty."""
    made = {name: getattr(metrics, name)(result) for name in CAPTIONS}
    return {name: table for name, table in made.items() if _is_filled(name, table)}


def _is_filled(name: str, table: Table) -> bool:
    """Has it rows? Caches are there also when they have no slabs."""
    if name in ("slab_caches", "slab_kmalloc"):
        return bool(sum(table[part].sum() for part in table.meta["parts"]))
    return table.rows > 0


def figures(made: dict[str, Table]) -> Iterator[tuple[str, Figure]]:
    """Name and figure of each table, one at a time; closed when the next begins."""
    import matplotlib.pyplot as plt

    for name, table in made.items():
        figure = getattr(plots, name)(table).figure
        try:
            yield name, figure
        finally:
            plt.close(figure)


def png(figure: Figure) -> bytes:
    """A figure as the bytes of a PNG file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, facecolor="white")
    return buffer.getvalue()


def write_report(result: Result, folder: str | os.PathLike[str]) -> Path:
    """Write figures (.png), tables (.csv) and report.html; gives the report's path.

    Makes the folder. InputError when that is not possible.
    """
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{target}: the folder cannot be made ({error.strerror}); name another"
        ) from None
    made, pictures = tables(result), {}
    for name, figure in figures(made):
        pictures[name] = png(figure)
        write_output(target / f"{name}.png", pictures[name])
    for name, table in made.items():
        table.to_csv(target / f"{name}.csv")
    write_output(target / "report.html", report_html(result, made, pictures))
    return target / "report.html"


def report_html(
    result: Result, made: dict[str, Table], pictures: dict[str, bytes]
) -> str:
    """The report as one page that refers to nothing outside itself."""
    name = html.escape(result.trace.name)
    parts = [
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>buddyalloc: {name}</title><style>{STYLE}</style></head><body>",
        f"<h1>Replay of {name}</h1>",
        _headline(result),
        html_table(result.facts(), ["", ""]),
    ]
    parts += [f"<p>note: {html.escape(fault)}</p>" for fault in result.faults]
    for key, picture in pictures.items():
        data = base64.b64encode(picture).decode()
        title = html.escape(made[key].title)
        caption = html.escape(CAPTIONS[key])
        parts.append(
            f"<h2>{title}</h2><figure>"
            f'<img alt="{title}" src="data:image/png;base64,{data}">'
            f"<figcaption>{caption}</figcaption></figure>"
        )
        if key in ("percentiles", "fallbacks"):
            parts.append(f'<div class="wide">{made[key].to_html()}</div>')
    parts.append("<h2>Free lists at the end</h2>")
    parts.append(f'<div class="wide">{result.machine.free_area()._repr_html_()}</div>')
    parts += _settings(result)
    return "".join([*parts, "</body></html>\n"])


def _headline(result: Result) -> str:
    score = result.score
    words = "the model chose the frame that the kernel chose"
    return (
        f'<p class="score"><b>{score.exact:,} of {score.allocations:,}</b> '
        f"allocations: {words}.</p>"
    )


def versions() -> list[tuple[str, str]]:
    """Names and versions of what made a result."""
    import matplotlib

    from . import __version__

    return [
        ("buddyalloc", __version__),
        ("Python", platform.python_version()),
        ("NumPy", np.__version__),
        ("Matplotlib", matplotlib.__version__),
    ]


def _settings(result: Result) -> list[str]:
    config: list[tuple[str, Any]] = [
        (name, str(value)) for name, value in result.machine.config().items()
    ]
    config += [(n, str(v)) for n, v in result.machine.profile_items().items()]
    options = [(name, str(value)) for name, value in result.options.items()]
    return [
        "<h2>Machine, options, versions</h2>",
        "<details><summary>settings of the machine</summary>",
        html_table(config, ["setting", "value"]),
        "</details><details open><summary>options and versions</summary>",
        html_table([*options, *versions()], ["", ""]),
        "</details>",
    ]
