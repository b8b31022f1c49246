"""Tables against plain recounts, and against what the kernel itself printed."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest
from conftest import Recording, alloc

import buddyalloc as ba
from buddyalloc import _core, metrics
from buddyalloc.events import MIGRATETYPES, NONE

ROOT = Path(__file__).parent.parent
RECORDINGS = Path(
    os.environ.get("BUDDYALLOC_RECORDINGS") or ROOT.parent / "shared" / "recordings"
)


def test_bad_arguments(result: ba.Result) -> None:
    with pytest.raises(ValueError, match="DMA, DMA32"):
        metrics.free_blocks(result, zone="Normal")
    with pytest.raises(ValueError, match="Unmovable"):
        metrics.free_blocks(result, migratetype="CMA")
    with pytest.raises(ValueError, match="no zone 2"):
        metrics.unusable_index(result, zone=2)


def test_free_blocks_add_up(result: ba.Result) -> None:
    whole = metrics.free_blocks(result)["blocks"]
    zones = [metrics.free_blocks(result, zone=z)["blocks"] for z in ("DMA", 1)]
    kinds = [metrics.free_blocks(result, migratetype=m)["blocks"] for m in MIGRATETYPES]
    assert (whole == sum(zones)).all()
    assert (whole == sum(kinds)).all()
    mib = metrics.free_memory(result)["mib"].sum(axis=1)
    assert mib[-1] == result.samples.free_pages[-1].sum() / 256


def test_indices_are_those_of_the_core(result: ba.Result) -> None:
    for zone in (0, 1):
        unusable = metrics.unusable_index(result, zone=zone)["index"]
        fragmentation = metrics.fragmentation_index(result, zone=zone)["index"]
        counts = result.samples.nr_free(zone)
        for i in range(0, len(counts), 97):
            numbers = [int(n) for n in counts[i]]
            for order in range(11):
                expected = _core.unusable_free_index(numbers, order) / 1000
                assert unusable[i, order] == expected
                expected = _core.fragmentation_index(numbers, order) / 1000
                assert fragmentation[i, order] == expected


def kernel_index(nr_free: list[int], order: int) -> int:
    """unusable_free_index with the kernel's integers, written out."""
    pages = sum(n << i for i, n in enumerate(nr_free))
    suitable = sum(n << (i - order) for i, n in enumerate(nr_free) if i >= order)
    return (pages - (suitable << order)) * 1000 // pages if pages else 1000


@pytest.mark.parametrize("name", ["61-files", "61-mix", "612-files"])
def test_indices_are_what_the_kernel_printed(name: str) -> None:
    """proc/unusable and proc/extfrag were read a moment before the state."""
    folder = RECORDINGS / name
    if not folder.is_dir():
        pytest.skip(f"no recording {folder}")
    buddyinfo = (folder / "proc" / "buddyinfo.start").read_text()
    rows = [
        [int(n) for n in re.findall(r"\d+", s[22:])] for s in buddyinfo.splitlines()
    ]
    counts = np.array(rows, dtype=np.uint32)
    unusable, extfrag = (np.asarray(t) / 1000 for t in _core.index_table(counts))
    for file, index in (("unusable", unusable), ("extfrag", extfrag)):
        text = (folder / "proc" / f"{file}.start").read_text()
        printed = [[float(n) for n in s.split()[4:]] for s in text.splitlines()]
        assert np.abs(np.array(printed) - index).max() <= 0.002, file


def test_index_by_hand() -> None:
    nr_free = [3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    counts = np.array([nr_free], np.uint32)
    unusable, fragmentation = (np.asarray(t)[0] for t in _core.index_table(counts))
    assert unusable.tolist() == [kernel_index(nr_free, order) for order in range(11)]
    assert (fragmentation == -1000).all()


def test_memory_map_counts_every_frame(result: ba.Result) -> None:
    for source in (result, result.machine, ba.Machine("100M")):
        table = metrics.memory_map(source)
        states = ("used", "buddy", "pcp", "isolated", "hole")
        assert (sum(table[name] for name in states) == 512).all()
        machine = source.machine if isinstance(source, ba.Result) else source
        sample = machine.sample()
        assert table["buddy"].sum() == sample["free_pages"].sum()
        assert table["pcp"].sum() == sample["pcp_pages"].sum()
    kinds = np.bincount(metrics.memory_map(result)["migratetype"], minlength=NONE)
    last = metrics.pageblocks(result)["blocks"][-1]
    assert kinds[:5].tolist() == last.tolist()


def test_pcp(result: ba.Result) -> None:
    pages = metrics.pcp(result)["pages"]
    parts = [metrics.pcp(result, zone=zone)["pages"] for zone in (0, 1)]
    assert (pages == sum(parts)).all()
    assert pages.shape == (len(result.samples), 1)


def test_every_outcome_has_a_path(result: ba.Result) -> None:
    names = metrics.path_names()
    path = metrics.path_of(result.outcomes)
    assert path.max() < len(names)
    hits = result.outcomes["path"] == 1
    assert (path[hits] == names.index("per-CPU list")).all()
    table = metrics.percentiles(result)
    assert table.meta["counts"][0] == sum(table.meta["counts"][1:]) == 83_714


def test_percentiles_are_latencies_that_occurred(result: ba.Result) -> None:
    table = metrics.percentiles(result)
    latency = result.outcomes["latency_ns"]
    everyone = table["latency_ns"][:, 0]
    assert everyone[0] == latency.min()
    assert everyone[-1] == latency.max()
    assert np.isin(everyone, latency).all()
    assert (np.diff(table["percentile"]) > 0).all()
    median = table["latency_ns"][table["percentile"] == 50, 0]
    assert median == np.sort(latency)[len(latency) // 2]


def test_the_histogram_holds_all(result: ba.Result) -> None:
    table = metrics.histogram(result)
    assert table["allocations"].sum() == 83_714
    assert table["from_ns"][0] <= result.outcomes["latency_ns"].min()
    assert (table["from_ns"][1:] == table["to_ns"][:-1]).all()


def test_fallbacks(recording: Recording, start_text: str) -> None:
    # Without free Movable blocks a Movable request takes another type's.
    kept = [
        line
        for line in start_text.splitlines()
        if not re.match(r"free \d+ 1 |pcplist 0 1 ", line)
    ]
    lists: dict[str, int] = {}
    for line in kept:
        if line.startswith("zone"):
            lists = {}
        if line.startswith("free "):
            lists[line.split()[1]] = lists.get(line.split()[1], 0) + line.count(" ") - 2
        if line.startswith("nr_free "):
            order = line.split()[1]
            kept[kept.index(line)] = f"nr_free {order} {lists.get(order, 0)}"
    text = "\n".join(kept) + "\n"
    text = text.replace("count 390", f"count {pcp_count(text)}")
    result = ba.replay(ba.open(recording(alloc(0x4593), state=text)))
    table = metrics.fallbacks(result)
    assert table["count"].sum() == len(result.fallbacks) > 0
    assert set(table["wanted"]) == {"Movable"}
    assert "Movable" not in set(table["taken_from"])


def pcp_count(text: str) -> int:
    """Pages on the last zone's per-CPU lists; list i holds order i // 3 or 9."""
    zone = text[text.rindex("\nzone ") :]
    count = 0
    for index, frames in re.findall(r"^pcplist 0 (\d+) (.*)$", zone, re.M):
        order = 9 if int(index) >= 12 else int(index) // 3
        count += len(frames.split()) << order
    return count
