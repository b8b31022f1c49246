"""Maps of single frames and lists, against the machine and drawn by hand."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pytest

import buddyalloc as ba
from buddyalloc import metrics, plots
from buddyalloc.events import FRAME_STATES, MIGRATETYPES, NONE

KERNEL = ba.gfp_parse("GFP_KERNEL")
USER = ba.gfp_parse("GFP_HIGHUSER_MOVABLE")
USED, BUDDY, PCP = (FRAME_STATES.index(name) for name in ("used", "buddy", "pcp"))


@pytest.fixture(autouse=True)
def close() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture
def machine() -> ba.Machine:
    """0x1000 order 8 free, 0x1100 order 8 in use; a page of each kind freed.

    0x1000 [pcp 1][free 1 2 4 ... 128][used 256][free 512]   Movable
    0x1400 [used 1][free 1 2 4 ... 512]                      Unmovable
    """
    machine = ba.Machine("32M", profile="6.1L")
    first, second = machine.alloc_pages(USER, 8), machine.alloc_pages(USER, 8)
    assert (first, second) == (0x1000, 0x1100)
    machine.free_pages(first, 8)
    page = machine.alloc_pages(USER)
    assert machine.alloc_pages(KERNEL) == 0x1400
    machine.free_pages(page)
    return machine


def test_the_map_drawn_above(machine: ba.Machine) -> None:
    table = metrics.frame_map(machine, first=0x1000, count=0x402)
    expected = [(0x1000, 1, 0, PCP, 1, False)]
    expected += [(0x1000 + (1 << o), 1 << o, o, BUDDY, 1, False) for o in range(8)]
    expected += [(0x1100, 256, 8, USED, 1, True), (0x1200, 512, 9, BUDDY, 1, False)]
    expected += [(0x1400, 1, 0, USED, 0, False), (0x1401, 1, 0, BUDDY, 0, False)]
    columns = ("pfn", "frames", "order", "state", "migratetype", "movable")
    rows = zip(*(table[name].tolist() for name in columns), strict=True)
    assert list(rows) == expected
    assert (table["pageblock"] == table["migratetype"]).all()
    assert table.meta["zone"] == "DMA32"


def test_blocks_are_cut_at_the_ends(machine: ba.Machine) -> None:
    table = metrics.frame_map(machine, first=0x1110, count=0x100)
    assert table["pfn"].tolist() == [0x1110, 0x1200]
    assert table["frames"].tolist() == [0xF0, 0x10]
    assert table["order"].tolist() == [8, 9]


def test_the_type_is_that_of_the_list() -> None:
    """6.1: a refused claim moves free blocks, not the pageblock.

    0x1f00 [free 128][used 64][used 16][free 16][free 32], all but the 16 Movable
    """
    settings = {"min_free_kbytes": 128}
    machine = ba.Machine("32M", profile="6.1L", settings=settings)
    for order in (10, 10, 10, 9, 8):
        machine.alloc_pages(USER, order)
    small = machine.alloc_pages(USER, 7)
    assert machine.alloc_pages(USER, 6) == small + 128
    machine.free_pages(small, 7)
    assert machine.alloc_pages(KERNEL, 4) == small + 192
    table = metrics.frame_map(machine, first=small, count=256)
    assert table["state"].tolist() == [BUDDY, USED, USED, BUDDY, BUDDY]
    assert table["frames"].tolist() == [128, 64, 16, 16, 32]
    assert table["migratetype"].tolist() == [0, 1, 1, 0, 0]
    assert table["pageblock"].tolist() == [1] * 5


def test_every_frame_is_in_one_row(result: ba.Result, machine: ba.Machine) -> None:
    for source in (result, machine):
        owner = source.machine if isinstance(source, ba.Result) else source
        frames = owner.frames()
        table = metrics.frame_map(source, first=0, count=len(frames))
        assert table["pfn"][0] == 0
        assert (np.diff(table["pfn"]) == table["frames"][:-1]).all()
        assert (table["state"].repeat(table["frames"]) == frames["state"]).all()
        assert (table["order"].repeat(table["frames"]) == frames["order"]).all()
        free = table["state"] == BUDDY
        for order in range(11):
            blocks = np.count_nonzero(free & (table["order"] == order))
            assert blocks == owner.sample()["free_blocks"][:, order].sum()
        for kind in range(len(MIGRATETYPES)):
            blocks = np.count_nonzero(free & (table["migratetype"] == kind))
            assert blocks == owner.sample()["free_blocks"][:, :, kind].sum()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"zone": "Normal"}, "DMA, DMA32"),
        ({"first": -1}, "0 to 0x1fff"),
        ({"first": 0x1FFF, "count": 2}, "0x1fff and 1 more"),
        ({"count": 0}, "0 to 0x1fff"),
    ],
)
def test_bad_ranges(machine: ba.Machine, options: dict, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        metrics.frame_map(machine, **options)


def test_lists_are_the_machines(result: ba.Result) -> None:
    machine, area = result.machine, result.machine.free_area()
    for zone in range(machine.nr_zones):
        table = metrics.free_lists(result, zone=zone)
        for order in range(11):
            for kind, name in enumerate(MIGRATETYPES):
                here = (table["cpu"] == -1) & (table["order"] == order)
                here &= table["migratetype"] == kind
                expected = area.blocks(zone, order, name).tolist()
                assert table["pfn"][here].tolist() == expected
                assert table["position"][here].tolist() == list(range(len(expected)))
        waiting = table["cpu"] == 0
        pages = (1 << table["order"][waiting]).sum()
        assert pages == machine.pcp(0, zone)["count"]


def test_lists_of_a_cpu() -> None:
    machine = ba.Machine("2G", profile="6.1L")
    page = machine.alloc_pages(USER)
    huge = machine.alloc_pages(KERNEL, 9)
    table = metrics.free_lists(machine)
    mine = table["cpu"] == 0
    assert table["pfn"][mine].tolist() == [*range(page + 1, page + 63), huge + 512]
    assert table["migratetype"][mine].tolist() == [1] * 62 + [NONE]
    assert table["order"][mine].tolist() == [0] * 62 + [9]
    ax = plots.free_lists(table)
    labels = [text.get_text() for text in ax.get_yticklabels()]
    assert labels[-2:] == ["CPU 0, order 0, Movable", "CPU 0, order 9, other"]


def test_a_zone_without_free_blocks() -> None:
    machine = ba.Machine("32M", profile="6.1L")
    reserves = ba.gfp_parse("GFP_HIGHUSER_MOVABLE|__GFP_MEMALLOC")
    while machine.free_area()["DMA32"].any():
        assert machine.alloc_pages(reserves, 10) is not None
    table = metrics.free_lists(machine, zone="DMA32")
    assert table.rows == 0
    plots.free_lists(table).figure.canvas.draw()
    table = metrics.frame_map(machine, zone="DMA32")
    assert table["frames"].tolist() == [1024] * 4
    plots.frame_map(table).figure.canvas.draw()


def test_the_map_is_drawn(machine: ba.Machine) -> None:
    table = metrics.frame_map(machine, first=0x1000, count=2048)
    ax = plots.frame_map(table)
    boxes = [path.get_extents() for c in ax.collections for path in c.get_paths()]
    drawn = {(box.x0, box.width, box.y0) for box in boxes}
    free = table["state"] == BUDDY
    for pfn, frames, order in zip(
        table["pfn"][free], table["frames"][free], table["order"][free], strict=True
    ):
        assert (pfn, frames, float(order) - 0.4) in drawn
    assert [text.get_text() for text in ax.get_yticklabels()][2:] == [
        str(order) for order in range(10)
    ]
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert {"Movable", "Unmovable", "Movable, per-CPU list", "in use"} < set(labels)
    assert len(labels) == len(set(labels))
    plain = plots.frame_map(table, top=4, legend=False)
    assert plain.get_legend() is None
    assert len(plain.get_yticks()) == 7


def test_long_lists_are_counted(machine: ba.Machine) -> None:
    pages = [machine.alloc_pages(USER) for _ in range(40)]
    for pfn in pages[::2]:
        machine.free_pages(pfn)
    texts = [t.get_text() for t in plots.free_lists(metrics.free_lists(machine)).texts]
    assert f"{pages[38]:#x}" in texts
    assert f"{pages[0]:#x}" not in texts
    assert " + 8" in texts
