"""A progress bar on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[int, int], object]

_STEP_S = 0.1


@contextmanager
def progress_bar(what: str, unit: str) -> Iterator[Progress | None]:
    """A callable for `progress=` that draws on stderr; None when not a terminal.

    tqdm draws it where it is installed, else one line that is overwritten.
    """
    if not sys.stderr.isatty():
        yield None
        return
    try:
        from tqdm import tqdm  # type: ignore[import-untyped]
    except ImportError:
        yield from _plain(what, unit)
        return
    with tqdm(desc=what, unit=unit, unit_scale=True, leave=False, delay=0.5) as bar:

        def update(done: int, total: int) -> None:
            bar.total = total or None
            bar.update(done - bar.n)

        yield update


def _plain(what: str, unit: str) -> Iterator[Progress]:
    begin = last = time.monotonic()
    shown = False

    def update(done: int, total: int) -> None:
        nonlocal last, shown
        now = time.monotonic()
        if now - last < _STEP_S or now - begin < 5 * _STEP_S:
            return
        share = f"{done / total:4.0%}" if total else f"{done:,} {unit}"
        print(f"\r{what}: {share}", end="", file=sys.stderr, flush=True)
        last, shown = now, True

    try:
        yield update
    finally:
        if shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
