# SPDX-License-Identifier: GPL-2.0-only
"""Hand-worked scenes for every rule of the slow SLUB twin in tests/reference."""

from __future__ import annotations

import pytest
from reference.kmalloc import ZERO_SIZE_PTR, Kmalloc, class_index
from reference.page_alloc import PageAllocator
from reference.slab_layout import (
    SLAB_ACCOUNT,
    SLAB_CACHE_DMA,
    SLAB_HWCACHE_ALIGN,
    SLAB_KMALLOC,
    SLAB_POISON,
    SLAB_RECLAIM_ACCOUNT,
    SLAB_RED_ZONE,
    SLAB_STORE_USER,
    SLAB_TYPESAFE_BY_RCU,
    alignment,
    layout,
    slab_order_61,
    slab_order_612,
)
from reference.slub import (
    GFP_KERNEL,
    PAGE_OFFSET,
    Cache,
    OneNode,
    SlabError,
    Slub,
)

VERSIONS = ("6.1", "6.12")
THISNODE, ACCOUNT, DMA = 0x200000, 0x400000, 0x1


class Counting:
    """Pages one after the other, never reused; node n has frames n * 1000 ..."""

    def __init__(self, nodes: int = 1) -> None:
        self.next = [node * 1000 for node in range(nodes)]
        self.asked: list[tuple[int, int, int]] = []
        self.freed: list[int] = []
        self.refuse: set[int] = set()
        self.empty_nodes: set[int] = set()

    def alloc(self, gfp: int, order: int, node: int, cpu: int) -> int | None:
        self.asked.append((gfp, order, node))
        home = max(node, 0)
        if home in self.empty_nodes and not gfp & THISNODE:
            home = 1 - home
        if order in self.refuse or home in self.empty_nodes:
            return None
        pfn = self.next[home]
        self.next[home] += 1 << order
        return pfn

    def free(self, pfn: int, order: int, cpu: int) -> None:
        self.freed.append(pfn)

    def node_of(self, pfn: int) -> int:
        return pfn // 1000


def slub(version: str = "6.1", cpus: int = 1, nodes: int = 1) -> Slub:
    return Slub(Counting(nodes), version, cpus, nodes, [0] * cpus, order_cpus=1)


def pages(machine: Slub) -> Counting:
    assert isinstance(machine.pages, Counting)
    return machine.pages


def fill(machine: Slub, cache: Cache, slabs: int) -> list[list[int]]:
    """That many full slabs, the last one the CPU's; their objects' addresses."""
    return [
        [address(machine.alloc(cache)) for _ in range(cache.layout.objects)]
        for _ in range(slabs)
    ]


def address(addr: int | None) -> int:
    assert addr is not None
    return addr


# Layout


@pytest.mark.parametrize(
    ("cpus", "orders"),
    [
        (2, "000112223333"),
        (4, "001122233333"),
        (8, "011222333333"),
        (16, "111223333333"),
        (64, "112233333333"),
    ],
)
def test_order_grows_with_cpus(cpus: int, orders: str) -> None:
    sizes = (192, 256, 320, 512, 640, 704, 1024, 1088, 1536, 2048, 4096, 8192)
    expected = [int(order) for order in orders]
    assert [slab_order_61(size, cpus) for size in sizes] == expected
    assert [slab_order_612(size, cpus) for size in sizes] == expected


def test_order_of_large_objects() -> None:
    assert slab_order_61(40000, 1) == slab_order_612(40000, 1) == 4
    assert slab_order_61(4 << 20, 1) == slab_order_612(4 << 20, 1) == 10
    assert slab_order_61((4 << 20) + 8, 1) is slab_order_612((4 << 20) + 8, 1) is None


def test_free_pointer_and_size() -> None:
    plain = layout(False, 100, 8)
    assert (plain.size, plain.inuse, plain.offset) == (104, 104, 48)
    ctor = layout(False, 100, 8, ctor=True)
    assert (ctor.size, ctor.inuse, ctor.offset) == (112, 104, 104)
    rcu = layout(False, 100, 8, SLAB_TYPESAFE_BY_RCU)
    assert (rcu.size, rcu.offset) == (112, 104)
    placed = layout(True, 104, 8, SLAB_TYPESAFE_BY_RCU, freeptr_offset=16)
    assert (placed.size, placed.offset) == (104, 16)


def test_debugging_grows_objects() -> None:
    """64 bytes: red word 8, pointer 8, two tracks of 32, red word 8, left pad 8."""
    lay = layout(False, 64, 8, SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER)
    assert (lay.inuse, lay.offset, lay.red_left_pad) == (72, 72, 8)
    assert lay.size == 64 + 8 + 8 + 64 + 8 + 8
    assert (lay.cpu_partial, lay.cpu_partial_slabs) == (0, 0)


def test_request_size_is_kept_in_kmalloc_caches() -> None:
    """Four bytes in 6.1, eight in 6.12, each rounded up to the alignment."""
    flags = SLAB_KMALLOC | SLAB_STORE_USER
    assert layout(False, 60, 4, flags).size == 64 + 64 + 4
    assert layout(True, 60, 4, flags).size == 64 + 64 + 8


def test_alignment() -> None:
    assert alignment(SLAB_HWCACHE_ALIGN, 0, 33) == 64
    assert alignment(SLAB_HWCACHE_ALIGN, 0, 32) == 32
    assert alignment(SLAB_HWCACHE_ALIGN, 128, 20) == 128
    assert alignment(0, 1, 20) == 8


def test_tunables() -> None:
    """Slabs that a CPU keeps, with the orders of four CPUs."""
    kept = {
        size: layout(False, size, 8, cpus=4).cpu_partial_slabs
        for size in (8, 32, 64, 96, 192, 256, 512, 1024, 2048, 4096, 8192)
    }
    assert list(kept.values()) == [1, 2, 4, 6, 12, 7, 7, 3, 3, 2, 3]
    assert layout(False, 8, 8).min_partial == 5
    assert layout(False, 8192, 8).min_partial == 6
    assert layout(False, 4 << 20, 8).min_partial == 10


def test_gfp_of_a_cache() -> None:
    assert layout(False, 64, 8).allocflags == 0
    assert layout(True, 64, 8).allocflags == 0x40000
    assert layout(False, 4096, 8).allocflags == 0x40000
    assert layout(False, 64, 8, SLAB_RECLAIM_ACCOUNT).allocflags == 0x10
    assert layout(False, 64, 8, SLAB_CACHE_DMA).allocflags == 0x1


# One slab


def test_objects_ascend() -> None:
    machine = slub()
    cache = machine.create("thing", 1024)
    got = [machine.alloc(cache) for _ in range(3)]
    assert got == [PAGE_OFFSET, PAGE_OFFSET + 1024, PAGE_OFFSET + 2048]


def test_last_freed_is_first_taken() -> None:
    machine = slub()
    cache = machine.create("thing", 512)
    a, b = address(machine.alloc(cache)), address(machine.alloc(cache))
    machine.free(cache, a)
    machine.free(cache, b)
    assert machine.alloc(cache) == b
    assert machine.alloc(cache) == a


def test_random_sequence_begins_anywhere() -> None:
    machine = slub()
    cache = machine.create("thing", 1024)
    assert cache.layout.objects == 8
    cache.random_seq = [3, 0, 2, 1, 7, 6, 5, 4]
    cache.starts.append(6)
    got = [(address(machine.alloc(cache)) - PAGE_OFFSET) // 1024 for _ in range(8)]
    assert got == [5, 4, 3, 0, 2, 1, 7, 6]


def test_random_sequence_in_a_smaller_slab() -> None:
    """Order 1 fails: the slab of order 0 has four objects; 4 and above are skipped."""
    machine = slub()
    cache = machine.create("thing", 1024)
    assert (cache.layout.order, cache.layout.min_objects) == (1, 4)
    cache.random_seq = [3, 0, 2, 1, 7, 6, 5, 4]
    cache.starts.append(5)
    pages(machine).refuse.add(1)
    got = [(address(machine.alloc(cache)) - PAGE_OFFSET) // 1024 for _ in range(4)]
    assert got == [3, 0, 2, 1]


def test_red_zone_moves_objects() -> None:
    machine = slub()
    cache = machine.create("thing", 100, flags=SLAB_RED_ZONE)
    assert machine.alloc(cache) == PAGE_OFFSET + 8


# What is refused


def test_wrong_frees() -> None:
    machine = slub()
    cache, other = machine.create("thing", 512), machine.create("other", 256)
    addr = address(machine.alloc(cache))
    with pytest.raises(SlabError, match="is of thing, not of other"):
        machine.free(other, addr)
    with pytest.raises(SlabError, match="no object of thing begins"):
        machine.free(cache, addr + 8)
    with pytest.raises(SlabError, match="lies in no slab"):
        machine.free(cache, PAGE_OFFSET + (500 << 12))
    machine.free(cache, addr)
    with pytest.raises(SlabError, match="is free already"):
        machine.free(cache, addr)


# Where slabs stand


@pytest.mark.parametrize("version", VERSIONS)
def test_full_slab_goes_on_the_stack(version: str) -> None:
    """8 objects a slab; the stack holds 24 * 2 / 8 = 6 slabs."""
    machine = slub(version)
    cache = machine.create("thing", 1024)
    full = fill(machine, cache, 3)
    machine.free(cache, full[0][0])
    machine.free(cache, full[1][0])
    stack = cache.cpus[0].partial
    assert [slab.pfn for slab in stack] == [2, 0]
    assert [slab.frozen for slab in stack] == [version == "6.1"] * 2
    machine.free(cache, full[0][5])  # already there: nothing moves
    assert [slab.pfn for slab in stack] == [2, 0]
    assert machine.alloc(cache) == full[1][0]  # the newest of the stack
    assert machine.alloc(cache) == full[0][5]  # then the older, last freed first
    assert machine.alloc(cache) == full[0][0]


@pytest.mark.parametrize("version", VERSIONS)
def test_full_stack_goes_to_the_node(version: str) -> None:
    machine = slub(version)
    cache = machine.create("thing", 1024)
    full = fill(machine, cache, 8)
    for objects in full[:7]:
        machine.free(cache, objects[0])
    assert [slab.pfn for slab in cache.cpus[0].partial] == [12]
    assert [slab.pfn for slab in cache.partial[0]] == [10, 8, 6, 4, 2, 0]
    assert not any(slab.frozen for slab in cache.partial[0])


def test_empty_slabs_leave_only_above_min_partial() -> None:
    """Ten slabs, two of them empty, leave the stack; the node keeps five partial."""
    machine = slub()
    cache = machine.create("thing", 192)
    cache.layout.cpu_partial_slabs = 10
    full = fill(machine, cache, 12)
    for objects in full[:10]:
        for addr in objects if objects in (full[0], full[1]) else objects[:1]:
            machine.free(cache, addr)
    assert pages(machine).freed == []
    machine.free(cache, full[10][0])
    # Newest first to the node: 9 8 7 6 5 4 3 2, and then 1 and 0 are empty.
    assert [slab.pfn for slab in cache.partial[0]] == [9, 8, 7, 6, 5, 4, 3, 2]
    assert pages(machine).freed == [0, 1]


@pytest.mark.parametrize("version", VERSIONS)
def test_last_object_of_a_partial_slab(version: str) -> None:
    machine = slub(version)
    cache = machine.create("thing", 1024)
    full = fill(machine, cache, 8)
    for objects in full[:7]:
        machine.free(cache, objects[0])
    assert len(cache.partial[0]) == 6
    for addr in full[2][1:]:
        machine.free(cache, addr)
    assert pages(machine).freed == [4]  # five others remain
    for addr in full[3][1:]:
        machine.free(cache, addr)
    assert pages(machine).freed == [4, 6]  # five with itself
    for addr in full[4][1:]:
        machine.free(cache, addr)
    assert pages(machine).freed == [4, 6]  # four with itself: it stays
    assert [slab.pfn for slab in cache.partial[0]] == [10, 8, 2, 0]


@pytest.mark.parametrize("version", VERSIONS)
def test_node_list_refills_the_stack(version: str) -> None:
    """6 / 2 + 1 further slabs come along; the last one met is on top."""
    machine = slub(version)
    cache = machine.create("thing", 1024)
    full = fill(machine, cache, 8)
    for objects in full[:7]:
        machine.free(cache, objects[0])
    machine.alloc(cache)  # the stack's only slab, 12
    assert not cache.cpus[0].partial
    assert machine.alloc(cache) == full[5][0]
    assert cache.cpus[0].slab is not None
    assert cache.cpus[0].slab.pfn == 10
    assert [slab.pfn for slab in cache.cpus[0].partial] == [2, 4, 6, 8]
    assert [slab.pfn for slab in cache.partial[0]] == [0]


@pytest.mark.parametrize(("version", "extra"), [("6.1", [2]), ("6.12", [])])
def test_no_room_on_the_stack(version: str, extra: list[int]) -> None:
    machine = slub(version)
    cache = machine.create("thing", 1024)
    full = fill(machine, cache, 4)
    for objects in full[:3]:
        machine.free(cache, objects[0])
    machine.flush_cpu(cache, 0)
    assert [slab.pfn for slab in cache.partial[0]] == [4, 2, 0]
    cache.layout.cpu_partial_slabs = 0
    machine.alloc(cache)
    assert [slab.pfn for slab in cache.cpus[0].partial] == extra


def test_deactivation_chooses_the_end() -> None:
    """Head, unless other CPUs have freed objects meanwhile; full: no list."""
    machine = slub(cpus=2)
    cache = machine.create("thing", 1024)
    a = [address(machine.alloc(cache, cpu=0)) for _ in range(2)]
    b = [address(machine.alloc(cache, cpu=1)) for _ in range(2)]
    machine.flush_slab(cache, 1)
    machine.free(cache, a[1], cpu=1)  # onto the slab's own list, nothing moves
    slab = cache.cpus[0].slab
    assert slab is not None
    assert (slab.free, slab.inuse) == ([1], 7)
    machine.flush_slab(cache, 0)
    assert [slab.pfn for slab in cache.partial[0]] == [2, 0]
    assert slab.free == [2, 3, 4, 5, 6, 7, 1]
    assert (slab.inuse, slab.frozen) == (1, False)
    assert machine.alloc(cache, cpu=1) == b[1] + 1024


def test_remote_frees_are_taken_over() -> None:
    machine = slub(cpus=2)
    cache = machine.create("thing", 1024)
    (mine,) = fill(machine, cache, 1)
    machine.free(cache, mine[3], cpu=1)
    machine.free(cache, mine[4], cpu=1)
    assert not cache.cpus[1].partial  # it is CPU 0's slab
    assert machine.alloc(cache) == mine[4]
    assert machine.alloc(cache) == mine[3]
    assert len(cache.slabs) == 1


# Pages


def test_first_try_does_not_reclaim() -> None:
    machine = slub()
    cache = machine.create("thing", 1024)
    pages(machine).refuse.add(1)
    machine.alloc(cache, GFP_KERNEL | ACCOUNT | 0x100)
    assert pages(machine).asked == [(0xD20C0, 1, -1), (0x40CC0, 0, -1)]


@pytest.mark.parametrize("version", VERSIONS)
def test_out_of_memory_asks_twice(version: str) -> None:
    machine = slub(version)
    cache = machine.create("thing", 64)
    pages(machine).refuse.add(0)
    assert machine.alloc(cache) is None
    assert [order for _, order, _ in pages(machine).asked] == [0, 0]
    assert machine.alloc_bulk(cache, 3) == []


def test_pages_of_the_buddy_allocator() -> None:
    allocator = PageAllocator()
    zone = allocator.add_zone(2, 0, 1024, 1024)
    for pageblock in (0, 512):
        zone.free_block(0, pageblock, 9, 0)
    machine = Slub(OneNode(allocator))
    cache = machine.create("task_struct", 6720, 64)
    got = [address(machine.alloc(cache)) for _ in range(5)]
    shown = [event for event in allocator.take_events() if event[0] == "mm_page_alloc"]
    assert [event[2] for event in shown] == [3, 3]
    for addr in got:
        machine.free(cache, addr)
    assert machine.shrink(cache) is False
    events = allocator.take_events()
    assert [event[2] for event in events if event[0] == "mm_page_free"] == [3, 3]


def test_rcu_slabs_wait() -> None:
    machine = slub()
    cache = machine.create("thing", 1024, flags=SLAB_TYPESAFE_BY_RCU)
    machine.free(cache, address(machine.alloc(cache)))
    machine.shrink(cache)
    assert (pages(machine).freed, len(cache.slabs)) == ([], 0)
    machine.grace_period()
    assert pages(machine).freed == [0]


# Nodes


@pytest.mark.parametrize("version", VERSIONS)
def test_slab_of_another_node_is_given_up(version: str) -> None:
    machine = slub(version, nodes=2)
    cache = machine.create("thing", 1024)
    first = machine.alloc(cache, node=0)
    second = machine.alloc(cache, node=1)
    assert second == PAGE_OFFSET + (1000 << 12)
    assert [[slab.pfn for slab in slabs] for slabs in cache.partial] == [[0], []]
    assert machine.alloc(cache) == second + 1024  # any node will do
    assert machine.alloc(cache, node=0) == address(first) + 1024


@pytest.mark.parametrize("version", VERSIONS)
def test_stacked_slab_of_another_node(version: str) -> None:
    machine = slub(version, nodes=2)
    cache = machine.create("thing", 1024)
    full = fill(machine, cache, 2)
    machine.free(cache, full[0][0])
    assert machine.alloc(cache, node=1) == PAGE_OFFSET + (1000 << 12)
    assert [[slab.pfn for slab in slabs] for slabs in cache.partial] == [[0], []]
    assert not cache.partial[0][0].frozen


def test_612_tries_the_named_node_twice() -> None:
    machine = slub("6.12", nodes=2)
    cache = machine.create("thing", 64)
    pages(machine).empty_nodes.add(1)
    assert machine.alloc(cache, node=1) == PAGE_OFFSET
    base = 0x2800 | THISNODE | 0x40000
    assert pages(machine).asked == [
        (base | 0x10000, 0, 1),
        (base, 0, 1),
        (GFP_KERNEL | 0x52000, 0, 1),
    ]


@pytest.mark.parametrize("version", VERSIONS)
def test_other_nodes_partial_slabs(version: str) -> None:
    """They are used if that node has more than min_partial of them."""
    machine = slub(version, nodes=2)
    cache = machine.create("thing", 1024)
    for _ in range(6 * 8):
        machine.alloc(cache, node=1)
    for pfn in sorted(cache.slabs):
        machine.free(cache, PAGE_OFFSET + (pfn << 12))
    machine.flush_cpu(cache, 0)
    assert len(cache.partial[1]) == 6
    head = cache.partial[1][0].pfn
    assert machine.alloc(cache) == PAGE_OFFSET + (head << 12)
    machine.flush_cpu(cache, 0)
    assert len(cache.partial[1]) == 5
    assert machine.alloc(cache) == PAGE_OFFSET  # five are too few


# Debugging


def test_debugging_has_no_cpu_slab() -> None:
    machine = slub()
    cache = machine.create("thing", 1000, flags=SLAB_POISON)
    lay = cache.layout
    got = [address(machine.alloc(cache)) for _ in range(lay.objects + 1)]
    assert cache.cpus[0].slab is None
    assert [slab.pfn for slab in cache.partial[0]] == [2]
    machine.free(cache, got[3])
    assert [slab.pfn for slab in cache.partial[0]] == [2, 0]
    assert machine.alloc(cache) == got[-1] + lay.size  # one object of the head


def test_debugging_discards() -> None:
    machine = slub()
    cache = machine.create("thing", 1000, flags=SLAB_POISON)
    full = fill(machine, cache, 6)
    for objects in full[:5]:
        machine.free(cache, objects[0])
    for addr in full[5][:-1]:
        machine.free(cache, addr)
    assert len(cache.partial[0]) == 6
    machine.free(cache, full[5][-1])
    assert pages(machine).freed == [10]


# In bulk


def test_bulk_free_groups_by_slab() -> None:
    """From the end: f, e, d of slab 2; that leaves a, c, b, since c changed places."""
    machine = slub()
    cache = machine.create("thing", 1024)
    first, second, _ = fill(machine, cache, 3)
    a, b, c = first[:3]
    d, e, f = second[:3]
    machine.free_bulk(cache, [a, d, b, e, c, f])
    assert [slab.pfn for slab in cache.cpus[0].partial] == [0, 2]
    assert cache.slabs[2].free == [2, 1, 0]
    assert cache.slabs[0].free == [1, 2, 0]


def test_bulk_free_looks_three_ahead() -> None:
    machine = slub()
    cache = machine.create("thing", 1024)
    first, second, _ = fill(machine, cache, 3)
    machine.free_bulk(cache, [second[0], *first[:3], second[1]])
    # second[1] alone; first[2], [1], [0]; then second[0] onto the stacked slab
    assert cache.slabs[2].free == [0, 1]
    assert cache.slabs[0].free == [2, 1, 0]


def test_bulk_free_changes_places() -> None:
    """The object that joins a group leaves its place to one that does not."""
    machine = slub()
    cache = machine.create("thing", 1024)
    one, two, three, _ = fill(machine, cache, 4)
    machine.free_bulk(cache, [three[0], one[0], two[0], one[1]])
    # one[1], one[0]; the rest was three[0], two[0]
    assert [slab.pfn for slab in cache.cpus[0].partial] == [4, 2, 0]
    assert cache.slabs[0].free == [1, 0]


@pytest.mark.parametrize(("version", "order"), [("6.1", [7, 6]), ("6.12", [6, 7])])
def test_bulk_allocation_gives_all_or_nothing(version: str, order: list[int]) -> None:
    machine = slub(version)
    cache = machine.create("thing", 1024)
    for _ in range(6):
        machine.alloc(cache)
    pages(machine).refuse.update((0, 1))
    assert machine.alloc_bulk(cache, 3) == []
    assert [slab.free for slab in cache.cpus[0].partial] == [order]
    assert machine.alloc_bulk(cache, 2) == [PAGE_OFFSET + obj * 1024 for obj in order]


# Shrinking and destroying


def test_shrink_sorts_by_free_objects() -> None:
    machine = slub()
    cache = machine.create("thing", 1024)
    full = fill(machine, cache, 6)
    for objects, nr in zip(full, (8, 3, 1, 8, 3, 0), strict=True):
        for addr in objects[:nr]:
            machine.free(cache, addr)
    assert machine.shrink(cache) is True
    # The node's list was 8 6 4 2 0.
    assert [slab.pfn for slab in cache.partial[0]] == [4, 2, 8]
    assert pages(machine).freed == [0, 6]


@pytest.mark.parametrize("version", VERSIONS)
def test_destroy_tells_what_leaks(version: str) -> None:
    machine = slub(version)
    cache = machine.create("thing", 1024)
    full = fill(machine, cache, 3)
    for addr in full[0] + full[1][1:] + full[2]:
        machine.free(cache, addr)
    assert machine.destroy(cache) == [full[1][0]]
    assert sorted(pages(machine).freed) == [0, 4]
    assert (cache in machine.caches) is (version == "6.1")


def test_destroy_stops_at_a_node_with_slabs() -> None:
    machine = slub(nodes=2)
    cache = machine.create("thing", 1024)
    kept = address(machine.alloc(cache, node=0))
    machine.free(cache, address(machine.alloc(cache, node=1)))
    assert machine.destroy(cache) == [kept]
    assert pages(machine).freed == []
    assert [slab.pfn for slab in cache.partial[1]] == [1000]


# Merging


def test_merging_takes_the_oldest() -> None:
    machine = slub()
    old = machine.create("old", 128)
    assert machine.create("new", 124) is old
    assert (old.refcount, old.aliases) == (2, ["new"])
    assert machine.create("smaller", 120) is not old  # eight bytes would be lost
    assert machine.create("aligned", 128, align=64) is old
    assert machine.create("too aligned", 128, align=256) is not old
    assert machine.create("ctor", 128, ctor=True) is not old
    assert machine.create("user", 128, usersize=8) is not old
    assert machine.create("rcu", 128, flags=SLAB_TYPESAFE_BY_RCU) is not old
    assert machine.create("accounted", 128, flags=SLAB_ACCOUNT) is not old
    assert machine.create("reclaimable", 128, flags=SLAB_RECLAIM_ACCOUNT) is not old


def test_merging_enlarges_the_object() -> None:
    machine = slub()
    cache = machine.create("old", 122)
    assert (cache.layout.object_size, cache.layout.inuse) == (122, 128)
    machine.create("new", 126)
    assert cache.layout.object_size == 126
    assert machine.destroy(cache) == []
    assert cache in machine.caches
    machine.destroy(cache)
    assert machine.caches == []


# kmalloc


def kmalloc(version: str = "6.1", accounting: bool = False) -> Kmalloc:
    return Kmalloc(Counting(), version, accounting=accounting)


def test_size_classes() -> None:
    indexes = {1: 3, 8: 3, 9: 4, 64: 6, 65: 1, 96: 1, 97: 7, 128: 7, 129: 2, 193: 8}
    assert {size: class_index(size) for size in indexes} == indexes
    machine = kmalloc()
    assert [machine.size_roundup(n) for n in (0, 100, 8192, 8193)] == [
        0,
        128,
        8192,
        12288 + 4096,
    ]


def test_caches_of_both_versions() -> None:
    old, new = kmalloc("6.1"), kmalloc("6.12")
    assert [cache.name for cache in reversed(old.caches)][:7] == [
        *(f"kmalloc-{size}" for size in (8, 16, 32, 64, 96, 128, 192)),
    ]
    assert [cache.name for cache in reversed(new.caches)][:3] == [
        *(f"kmalloc-{size}" for size in (96, 192, 8)),
    ]
    assert old.caches[0].name == "dma-kmalloc-8k"
    assert new.caches[0].name == "kmalloc-cg-8k"
    assert old.classes["", 1].layout.align == 8
    assert new.classes["", 1].layout.align == 32
    assert new.classes["", 2].layout.align == 64


def test_kind_follows_gfp() -> None:
    machine = kmalloc()

    def name(gfp: int) -> str:
        return machine.find(address(machine.kmalloc(64, gfp)))[0].cache.name

    assert name(GFP_KERNEL) == "kmalloc-64"
    assert name(GFP_KERNEL | ACCOUNT) == "kmalloc-cg-64"
    assert name(GFP_KERNEL | ACCOUNT | 0x10) == "kmalloc-rcl-64"
    assert name(GFP_KERNEL | ACCOUNT | 0x10 | DMA) == "dma-kmalloc-64"


def test_large_and_empty() -> None:
    machine = kmalloc()
    assert machine.kmalloc(0) == ZERO_SIZE_PTR
    assert machine.kmalloc((4 << 20) + 1) is None
    addr = machine.kmalloc(8193)
    assert isinstance(machine.pages, Counting)
    assert machine.pages.asked == [(GFP_KERNEL | 0x40000, 2, -1)]
    assert machine.ksize(addr) == 16384
    machine.kfree(addr)
    assert machine.pages.freed == [0]
    machine.kfree(None)
    machine.kfree(ZERO_SIZE_PTR)
    assert machine.kmalloc_array(1 << 40, 1 << 24) is None
    assert machine.kmalloc_array(0, 1 << 24) == ZERO_SIZE_PTR


def test_krealloc() -> None:
    machine = kmalloc()
    addr = address(machine.kmalloc(100))
    assert machine.krealloc(addr, 128) == addr
    assert machine.krealloc(addr, 1) == addr
    moved = address(machine.krealloc(addr, 129))
    assert machine.ksize(moved) == 192
    assert machine.kmalloc(100) == addr  # the old one was freed
    assert machine.krealloc(moved, 0) == ZERO_SIZE_PTR
    assert machine.krealloc(None, 192) == moved
    assert machine.ksize(None) == 0
    machine.kfree(moved)
    with pytest.raises(SlabError, match="is free"):
        machine.krealloc(moved, 8)


def test_krealloc_keeps_the_old_when_memory_is_out() -> None:
    machine = kmalloc()
    addr = address(machine.kmalloc(8))
    assert isinstance(machine.pages, Counting)
    machine.pages.refuse.update(range(4))
    assert machine.krealloc(addr, 16) is None
    assert machine.ksize(addr) == 8


@pytest.mark.parametrize("version", VERSIONS)
def test_accounted_slabs_have_a_vector(version: str) -> None:
    """64 objects of 64 bytes: 512 bytes of owners, freed before the slab's page."""
    machine = kmalloc(version, accounting=True)
    assert isinstance(machine.pages, Counting)
    cache = machine.create("mine", 64, flags=SLAB_ACCOUNT)
    addr = address(machine.alloc(cache))
    (vector,) = machine.vector.values()
    assert machine.ksize(vector) == 512
    assert addr < vector  # the slab's page was taken first
    machine.free(cache, addr)
    machine.shrink(cache)
    assert machine.vector == {}
    assert machine.kmalloc(512) == vector


def test_first_accounted_object_makes_the_vector() -> None:
    machine = kmalloc(accounting=True)
    cache = machine.create("mine", 64)
    machine.alloc(cache)
    assert not machine.vector
    machine.alloc(cache, GFP_KERNEL | ACCOUNT)
    machine.alloc(cache, GFP_KERNEL | ACCOUNT)
    assert len(machine.vector) == 1
