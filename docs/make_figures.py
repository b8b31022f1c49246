"""Draws the picture at the top of README.md: `python docs/make_figures.py`.

Replays the recording that comes with the package and writes
docs/img/first_replay.png: free blocks of each order over time, and the
unusable free space index of the same replay below.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt

import buddyalloc as ba

FOLDER = Path(__file__).parent / "img"


def first_replay() -> None:
    trace = ba.datasets.load()
    result = ba.replay(trace, sample="10ms")
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(9, 6), sharex=True, layout="constrained"
    )
    result.plot.free_blocks(ax=above)
    result.plot.unusable_index(ax=below)
    score = result.score
    figure.suptitle(
        f"Linux {trace.kernel}: {score.allocations:,} allocations replayed, "
        f"{score.exact:,} got the kernel's own frame",
        fontsize="medium",
    )
    FOLDER.mkdir(exist_ok=True)
    figure.savefig(FOLDER / "first_replay.png", dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    first_replay()
