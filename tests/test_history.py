"""A machine sampled by hand, for the same tables as a replay."""

from __future__ import annotations

import numpy as np
import pytest

import buddyalloc as ba
from buddyalloc import metrics, plots
from buddyalloc.events import Step

MS = 1_000_000


def used_up() -> ba.Machine:
    """Memory full of page cache, kswapd woken."""
    machine = ba.Machine("64M", settings={"watermark_boost_factor": 0})
    while not machine.fault_in(16, "file").path & Step.SLOWPATH:
        pass
    return machine


def test_samples_are_those_of_the_machine() -> None:
    machine = used_up()
    history = ba.History(machine)
    assert len(history) == 1
    machine.fault_in(100, "file")
    history.take()
    samples = history.samples
    assert samples.ts_ns.tolist() == [0, machine.now_ns]
    assert samples.event.tolist() == [0, 1]
    assert (samples.free_pages[1] == machine.sample()["free_pages"]).all()
    assert (samples.free_blocks[1] == machine.sample()["free_blocks"]).all()
    assert repr(history).startswith("<History: 2 instants in ")


def test_to_look_changes_nothing() -> None:
    machine = used_up()
    other = machine.copy()
    history = ba.History(machine)
    history.advance(25 * MS, every=10 * MS)
    other.advance(25 * MS)
    assert machine == other
    ms = (history.samples.ts_ns.astype(int) // MS).tolist()
    assert ms == [0, 10, 20, 25]
    with pytest.raises(ValueError, match="every 0 ns"):
        history.advance(1, every=0)


def test_watermarks_of_a_machine() -> None:
    """kswapd brings free memory from below LOW to above HIGH."""
    machine = used_up()
    history = ba.History(machine)
    history.advance(MS, every=MS // 100)
    table = metrics.watermarks(history, zone="DMA32")
    assert table.meta["zone"] == "DMA32"
    assert table.labels["marks"] == ("min", "low", "high")
    zone = machine.zones()[1]
    assert set(map(tuple, table["marks"])) == {(zone["min"], zone["low"], zone["high"])}
    assert table["free"][0] < zone["low"] < zone["high"] < table["free"][-1]
    assert (table["free"] == history.samples.free_pages[:, 1]).all()
    with pytest.raises(ValueError, match="DMA, DMA32"):
        metrics.watermarks(history, zone="Normal")


def test_marks_are_those_of_each_instant() -> None:
    """min_free_kbytes changes; then a fallback to a small block boosts."""
    machine = ba.Machine("32M")
    history = ba.History(machine)
    machine.sysctl("min_free_kbytes", 128)
    pages = machine.fault_in(4096 - 150).handles
    where = machine.where(pages)
    machine.release(pages[(where >= 0x1E00) & (where % 2 == 0)][:200])
    machine.drain_all_pages()
    history.take()
    machine.alloc_pages("GFP_KERNEL")
    history.take()
    marks = metrics.watermarks(history)["marks"]
    zone = machine.zones()[1]
    plain = np.array([zone[name] for name in ("min", "low", "high")])
    assert zone["boost"] == 512
    assert (marks[0] > plain).all()
    assert (marks[1] == plain).all()
    assert (marks[2] == plain + 512).all()


def test_watermarks_of_a_replay(result: ba.Result) -> None:
    table = metrics.watermarks(result)
    zone = result.machine.zones()[result.machine.zone_index()]
    assert table.rows == len(result.samples)
    assert set(map(tuple, table["marks"])) == {(zone["min"], zone["low"], zone["high"])}


def test_the_picture_has_four_lines() -> None:
    table = metrics.watermarks(ba.History(ba.Machine("64M")))
    ax = plots.watermarks(table, linewidth=3)
    assert [line.get_label() for line in ax.lines] == ["free", "high", "low", "min"]
    assert ax.lines[0].get_linewidth() == 3
    assert ax.lines[3].get_ydata().tolist() == table["marks"][:, 0].tolist()


@pytest.mark.parametrize(
    "name",
    ["free_blocks", "free_memory", "unusable_index", "pcp", "pageblocks"],
)
def test_tables_over_time_take_a_history(name: str) -> None:
    machine = ba.Machine("64M")
    history = ba.History(machine)
    machine.fault_in(3000)
    history.take()
    table = getattr(metrics, name)(history, zone="DMA32")
    assert table.rows == 2
    assert table.meta["zone"] == "DMA32"
    getattr(plots, name)(table).figure.canvas.draw()
