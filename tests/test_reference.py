# SPDX-License-Identifier: GPL-2.0-only
"""Hand-computed cases for every rule of the slow twin in tests/reference."""

from __future__ import annotations

import pytest
from reference.buddy import HIGHATOMIC, ISOLATE, MOVABLE, RECLAIMABLE, UNMOVABLE, Buddy
from reference.fallback import (
    ALLOC_KSWAPD,
    ALLOC_NOFRAGMENT,
    boost_watermark,
    choose,
    fall_back,
    find,
    rmqueue,
)
from reference.page_alloc import NO_FRAME, PageAllocator, Zone, gfp_zone
from reference.state import load

KERNEL = 0xCC0
ATOMIC = 0xA20
NOWAIT = 0x800
USER_MOVABLE = 0x100CCA


def names(events: list[tuple]) -> list[str]:
    return [event[0] for event in events]


def zone_with(
    blocks: list[tuple[int, int, int]], spanned: int = 8192, late: bool = True
) -> Zone:
    """A zone whose free blocks are (pfn, order, list type), in list order."""
    zone = Zone(1, 0, spanned, managed=spanned, late=late)
    for pfn, order, mt in blocks:
        zone.buddy.add_tail(pfn, order, mt)
        zone.free_global += 1 << order
    return zone


def machine(
    free: int = 4, profile: str = "6.1L", index: int = 2, cpus: int = 1
) -> PageAllocator:
    """One zone of eight pageblocks, `free` of them free and movable."""
    allocator = PageAllocator(profile, cpus)
    zone = allocator.add_zone(index, 0, 4096, 4096)
    for pageblock in range(8):
        zone.buddy.set_type(pageblock * 512, MOVABLE)
    for pageblock in range(free):
        zone.free_block(0, pageblock * 512, 9, MOVABLE)
    for pcp in zone.pcp:
        pcp.high, pcp.batch = 64, 7
    return allocator


# Buddy


def test_textbook_64_units() -> None:
    """64 units: 8, 8 and 4 are asked for, then freed.

    |A.......|B.......|C...|....|................|................................|
     0        8        16   20   24 (order 3)     32 (order 5)
    """
    buddy = Buddy(0, 64, nr_orders=7)
    buddy.free_one(0, 6, UNMOVABLE)
    assert buddy.take_smallest(3, UNMOVABLE) == (0, 6)
    assert buddy.dump() == {(3, 0): [8], (4, 0): [16], (5, 0): [32]}
    assert buddy.take_smallest(3, UNMOVABLE) == (8, 3)
    assert buddy.take_smallest(2, UNMOVABLE) == (16, 4)
    assert buddy.dump() == {(2, 0): [20], (3, 0): [24], (5, 0): [32]}
    buddy.free_one(8, 3, UNMOVABLE)  # buddy 0 is in use: nothing merges
    assert buddy.dump() == {(2, 0): [20], (3, 0): [8, 24], (5, 0): [32]}
    buddy.free_one(0, 3, UNMOVABLE)  # merges with 8 to an order 4
    assert buddy.dump() == {(2, 0): [20], (3, 0): [24], (4, 0): [0], (5, 0): [32]}
    buddy.free_one(16, 2, UNMOVABLE)  # merges with 20, 24, 0 and 32
    assert buddy.dump() == {(6, 0): [0]}
    assert buddy.free_pages() == 64


def test_textbook_128_from_256_kib() -> None:
    """128 KiB (order 5) is asked for when only 256 KiB (order 6) is free."""
    buddy = Buddy(0, 64)
    buddy.add_head(0, 6, UNMOVABLE)
    assert buddy.take_smallest(5, UNMOVABLE) == (0, 6)
    assert buddy.dump() == {(5, UNMOVABLE): [32]}
    buddy.free_one(0, 5, UNMOVABLE)
    assert buddy.dump() == {(6, UNMOVABLE): [0]}


def test_remainders_go_to_heads_and_the_next_page_follows() -> None:
    """[0][1][ 2 ][   4   ]: taking 0 puts 1, 2 and 4 before what was there."""
    buddy = Buddy(0, 1024)
    for pfn, order, mt in ((0, 3, MOVABLE), (104, 0, UNMOVABLE), (112, 2, UNMOVABLE)):
        buddy.add_tail(pfn, order, mt)
    assert buddy.take_smallest(0, MOVABLE) == (0, 3)
    assert [buddy.take_smallest(0, MOVABLE)[0] for _ in range(7)] == list(range(1, 8))
    buddy.remove(104)
    assert buddy.take_smallest(1, UNMOVABLE) == (112, 2)
    buddy.add_tail(256, 1, UNMOVABLE)
    buddy.expand(120, 1, 2, UNMOVABLE)
    assert buddy.lists[1][UNMOVABLE] == [122, 114, 256]


def test_zone_locked_event_and_its_refill_flag() -> None:
    buddy = Buddy(0, 4096)
    buddy.add_tail(0, 10, UNMOVABLE)
    buddy.add_tail(1024, 4, HIGHATOMIC)
    for order, mt in ((3, UNMOVABLE), (4, UNMOVABLE), (9, UNMOVABLE), (1, HIGHATOMIC)):
        buddy.take_smallest(order, mt)
    assert [event[-1] for event in buddy.events] == [1, 0, 1, 0]
    assert buddy.events[0] == ("mm_page_alloc_zone_locked", 0, 3, 0, 1)


def test_free_goes_to_the_tail_when_the_parents_buddy_is_free() -> None:
    """order 0   [0 freed][1 in use][  2: free, order 1  ]  -> 0 to the tail."""
    buddy = Buddy(0, 1024)
    buddy.add_tail(2, 1, MOVABLE)
    buddy.add_tail(64, 0, MOVABLE)
    buddy.free_one(0, 0, MOVABLE)
    assert buddy.lists[0][MOVABLE] == [64, 0]
    buddy.free_one(128, 0, MOVABLE)  # 130 is not free: to the head
    assert buddy.lists[0][MOVABLE] == [128, 64, 0]


def test_tail_test_is_made_for_the_merged_block() -> None:
    """[0][1] merge; their parent's buddy (4, order 2) is free -> tail of order 1."""
    buddy = Buddy(0, 1024)
    buddy.add_tail(1, 0, MOVABLE)
    buddy.add_tail(4, 2, MOVABLE)
    buddy.add_tail(64, 1, MOVABLE)
    buddy.free_one(0, 0, MOVABLE)
    assert buddy.lists[1][MOVABLE] == [64, 0]


def test_orders_9_and_10_never_go_to_the_tail_by_themselves() -> None:
    buddy = Buddy(0, 8192)
    buddy.add_tail(1024, 10, MOVABLE)
    buddy.add_tail(4096, 9, MOVABLE)
    buddy.free_one(0, 9, MOVABLE)
    assert buddy.lists[9][MOVABLE] == [0, 4096]
    buddy.free_one(3072, 9, MOVABLE, to_tail=True)
    assert buddy.lists[9][MOVABLE] == [0, 4096, 3072]


def test_merged_block_goes_on_the_freed_pages_list() -> None:
    buddy = Buddy(0, 1024)
    buddy.add_tail(1, 0, MOVABLE)
    buddy.free_one(0, 0, UNMOVABLE)
    assert buddy.dump() == {(1, UNMOVABLE): [0]}


@pytest.mark.parametrize(
    ("freed", "other", "merges"),
    [
        (MOVABLE, UNMOVABLE, True),
        (MOVABLE, HIGHATOMIC, False),
        (HIGHATOMIC, MOVABLE, False),
        (ISOLATE, ISOLATE, True),
    ],
)
def test_pageblocks_merge_only_if_types_allow(
    freed: int, other: int, merges: bool
) -> None:
    """[ 0: freed, order 9 ][ 512: free, of another type ]"""
    buddy = Buddy(0, 1024)
    buddy.set_type(0, freed)
    buddy.set_type(512, other)
    buddy.add_tail(512, 9, other)
    buddy.free_one(0, 9, freed)
    assert (buddy.nr_free[10] == 1) == merges
    assert buddy.type_of(512) == other  # 6.1 leaves the types alone


def test_below_a_pageblock_types_do_not_matter() -> None:
    buddy = Buddy(0, 1024)
    buddy.add_tail(256, 8, HIGHATOMIC)
    buddy.free_one(0, 8, MOVABLE)
    assert buddy.dump() == {(9, MOVABLE): [0]}


def test_no_merge_across_the_end_of_the_zone() -> None:
    buddy = Buddy(0, 512)
    buddy.free_one(0, 9, MOVABLE)
    assert buddy.dump() == {(9, MOVABLE): [0]}


def test_misaligned_block_is_refused() -> None:
    with pytest.raises(ValueError, match="0x1 is no block of order 1"):
        Buddy(0, 64).free_one(1, 1, MOVABLE)


def test_move_pageblock_ascending_to_tails() -> None:
    """| 8 | 16..19 | 32 | of one pageblock go behind 600, in order of frames."""
    buddy = Buddy(0, 2048)
    for pfn, order, mt in (
        (600, 0, UNMOVABLE),
        (32, 0, MOVABLE),
        (16, 2, MOVABLE),
        (8, 0, RECLAIMABLE),
    ):
        buddy.add_tail(pfn, order, mt)
    assert buddy.move_pageblock(16, UNMOVABLE, {0, 1, 9, 17, 600}) == (6, 3)
    assert buddy.dump() == {(0, UNMOVABLE): [600, 8, 32], (2, UNMOVABLE): [16]}


def test_move_pageblock_at_the_zones_edges() -> None:
    first = Buddy(1, 1023)  # the pageblock begins before the zone: from 32 on
    first.add_tail(8, 0, MOVABLE)
    first.add_tail(32, 0, MOVABLE)
    assert first.move_pageblock(32, UNMOVABLE) == (1, 0)
    assert first.dump() == {(0, MOVABLE): [8], (0, UNMOVABLE): [32]}
    last = Buddy(0, 600)  # the pageblock ends after the zone: nothing
    last.add_tail(512, 0, MOVABLE)
    assert last.move_pageblock(512, UNMOVABLE) == (0, 0)
    assert last.dump() == {(0, MOVABLE): [512]}


# Fallback


def test_find_looks_at_fallback_types_in_their_order() -> None:
    zone = zone_with([(0, 2, UNMOVABLE), (8, 2, RECLAIMABLE), (512, 2, MOVABLE)])
    assert find(zone, 2, MOVABLE) == (RECLAIMABLE, False)
    assert find(zone, 2, UNMOVABLE) == (RECLAIMABLE, True)
    assert find(zone, 2, RECLAIMABLE) == (UNMOVABLE, True)
    assert find(zone, 2, MOVABLE, only_stealable=True) is None
    assert find(zone, 3, MOVABLE) is None


def test_order_4_may_be_stolen_for_movable() -> None:
    zone = zone_with([(0, 4, UNMOVABLE), (32, 3, UNMOVABLE)])
    assert find(zone, 4, MOVABLE) == (UNMOVABLE, True)
    assert find(zone, 3, MOVABLE) == (UNMOVABLE, False)


def test_unmovable_takes_the_largest_and_movable_the_smallest_small_block() -> None:
    zone = zone_with([(0, 3, RECLAIMABLE), (16, 1, RECLAIMABLE)])
    assert choose(zone, 0, UNMOVABLE, 0) == (3, RECLAIMABLE, True)
    assert choose(zone, 0, MOVABLE, 0) == (1, RECLAIMABLE, False)
    assert choose(zone, 3, MOVABLE, 0) == (3, RECLAIMABLE, False)


def test_movable_prefers_a_large_stealable_block() -> None:
    zone = zone_with([(0, 5, UNMOVABLE), (64, 1, UNMOVABLE)])
    assert choose(zone, 0, MOVABLE, 0) == (5, UNMOVABLE, True)


def test_nofragment_takes_only_whole_pageblocks() -> None:
    zone = zone_with([(0, 8, MOVABLE)])
    assert choose(zone, 0, UNMOVABLE, ALLOC_NOFRAGMENT) is None
    zone.buddy.add_tail(512, 9, MOVABLE)
    assert choose(zone, 0, UNMOVABLE, ALLOC_NOFRAGMENT) == (9, MOVABLE, True)


def test_highatomic_has_no_fallback_and_is_none() -> None:
    zone = zone_with([(0, 5, HIGHATOMIC)])
    assert choose(zone, 0, UNMOVABLE, 0) is None
    assert not fall_back(zone, 0, MOVABLE, 0)


def test_steal_of_an_order_10_block_converts_both_pageblocks() -> None:
    zone = zone_with([(1024, 10, MOVABLE)])
    zone.buddy.set_type(1024, MOVABLE)
    zone.buddy.set_type(1536, MOVABLE)
    assert rmqueue(zone, 0, UNMOVABLE, 0) == 1024
    assert (zone.buddy.type_of(1024), zone.buddy.type_of(1536)) == (0, 0)
    assert zone.boost == 0
    assert zone.buddy.events == [
        ("mm_page_alloc_extfrag", 1024, 0, 10, UNMOVABLE, MOVABLE, 1),
        ("mm_page_alloc_zone_locked", 1024, 0, UNMOVABLE, 1),
    ]


def steal_case(used_movable: int) -> Zone:
    """A movable pageblock: 128 pages free at 512, a single free page at 700."""
    zone = zone_with([(512, 7, MOVABLE), (700, 0, MOVABLE)])
    zone.buddy.set_type(512, MOVABLE)
    zone.watermark = [10, 20, 30]
    used = [pfn for pfn in range(640, 1024) if pfn != 700]
    zone.movable = set(used[:used_movable])
    return zone


def test_stolen_pageblock_is_claimed_if_half_is_free_or_alike() -> None:
    # free 129, movable 256: alike = 512 - 385 = 127, and 129 + 127 = 256
    zone = steal_case(256)
    assert rmqueue(zone, 0, UNMOVABLE, ALLOC_KSWAPD) == 700  # not the block found
    assert zone.buddy.type_of(512) == UNMOVABLE
    assert zone.buddy.dump() == {(7, UNMOVABLE): [512]}
    assert zone.buddy.events[0] == ("mm_page_alloc_extfrag", 512, 0, 7, 0, 1, 1)
    assert (zone.boost, zone.boosted) == (512, True)


def test_blocks_stay_moved_when_the_census_refuses_the_pageblock() -> None:
    zone = steal_case(257)
    assert rmqueue(zone, 0, UNMOVABLE, 0) == 700
    assert zone.buddy.type_of(512) == MOVABLE
    assert zone.buddy.dump() == {(7, UNMOVABLE): [512]}
    assert zone.buddy.events[0][-1] == 0
    assert (zone.boost, zone.boosted) == (512, False)


def test_movable_counts_movable_pages_as_alike() -> None:
    for movable, owner in ((255, UNMOVABLE), (256, MOVABLE)):
        zone = zone_with([(0, 0, UNMOVABLE)])
        zone.buddy.remove(0)
        zone.buddy.add_tail(512, 4, UNMOVABLE)
        zone.movable = set(range(528, 528 + movable - 16))
        assert rmqueue(zone, 0, MOVABLE, 0) == 512
        assert zone.buddy.type_of(512) == owner


def test_unmovable_over_reclaimable_counts_only_free_pages() -> None:
    zone = zone_with([(512, 7, RECLAIMABLE)])
    zone.buddy.set_type(512, RECLAIMABLE)
    assert rmqueue(zone, 0, UNMOVABLE, 0) == 512
    assert zone.buddy.type_of(512) == RECLAIMABLE


def test_single_steal_leaves_the_other_blocks_and_the_remainders_with_us() -> None:
    zone = zone_with([(512, 2, UNMOVABLE), (520, 3, UNMOVABLE)])
    zone.watermark = [10, 20, 30]
    assert rmqueue(zone, 0, MOVABLE, 0) == 512
    assert zone.buddy.dump() == {
        (0, MOVABLE): [513],
        (1, MOVABLE): [514],
        (3, UNMOVABLE): [520],
    }
    assert zone.boost == 512  # even for one page


def test_blocks_of_a_highatomic_pageblock_are_taken_singly() -> None:
    zone = zone_with([(512, 7, MOVABLE), (700, 0, MOVABLE)])
    zone.buddy.set_type(512, HIGHATOMIC)
    zone.watermark = [10, 20, 30]
    assert rmqueue(zone, 0, UNMOVABLE, 0) == 512
    assert zone.buddy.lists[0][MOVABLE] == [700]
    assert (zone.buddy.type_of(512), zone.boost) == (HIGHATOMIC, 0)


def test_pageblock_cut_by_the_zones_end_is_taken_singly() -> None:
    zone = zone_with([(8192, 5, MOVABLE), (8240, 0, MOVABLE)], spanned=8300)
    zone.buddy.set_type(8192, MOVABLE)
    assert rmqueue(zone, 0, UNMOVABLE, 0) == 8192
    assert zone.buddy.lists[0][MOVABLE] == [8240]
    assert zone.buddy.type_of(8192) == MOVABLE


def test_boost_is_capped_and_needs_four_pageblocks() -> None:
    zone = zone_with([])
    assert not boost_watermark(zone)  # HIGH is 0
    zone.watermark = [200, 400, 600]
    assert [boost_watermark(zone) and zone.boost for _ in range(3)] == [512, 900, 900]
    zone.managed = 2047
    assert not boost_watermark(zone)


# Per-CPU lists


def test_list_index_in_both_profiles() -> None:
    late, early = Zone(2, 0, 64, 64).pcp[0], Zone(2, 0, 64, 64, late=False).pcp[0]
    assert [late.index(o, mt) for o, mt in ((0, 0), (3, 2), (9, 0), (9, 1))] == [
        0,
        11,
        12,
        13,
    ]
    assert (len(late.lists), len(early.lists), early.index(9, 1)) == (14, 13, 12)
    assert [late.order(index) for index in (0, 5, 11, 12, 13)] == [0, 1, 3, 9, 9]


@pytest.mark.parametrize(
    ("batch", "order", "blocks"),
    [(63, 0, 63), (63, 1, 31), (63, 2, 15), (63, 3, 7), (63, 9, 2), (1, 3, 1)],
)
def test_refill_size(batch: int, order: int, blocks: int) -> None:
    zone = zone_with([(pfn, 10, MOVABLE) for pfn in range(0, 8192, 1024)])
    pcp = zone.pcp[0]
    pcp.batch = batch
    assert pcp.take(zone, 0, order, MOVABLE, 0) == 0
    assert len(pcp.lists[pcp.index(order, MOVABLE)]) == blocks - 1
    assert pcp.count == (blocks - 1) << order
    assert zone.free_global == 8192 - (blocks << order)


def test_take_from_the_head_refill_at_the_tail() -> None:
    """refill p, p+1 ... p+6: p goes to the caller; freed, it is the next one taken."""
    allocator = machine()
    assert allocator.alloc_pages(USER_MOVABLE, 0) == 0x400
    pcp = allocator.zones[0].pcp[0]
    assert pcp.lists[1] == [0x401, 0x402, 0x403, 0x404, 0x405, 0x406]
    assert names(allocator.take_events()) == 7 * ["mm_page_alloc_zone_locked"] + [
        "mm_page_alloc"
    ]
    allocator.free_pages(0x400, 0)
    assert allocator.take_events() == [("mm_page_free", 0x400, 0)]
    assert allocator.alloc_pages(USER_MOVABLE, 0) == 0x400
    assert allocator.take_events() == [("mm_page_alloc", 0x400, 0, MOVABLE)]


def filled(late: bool = True) -> Zone:
    """Lists: order 0 U [1, 2], order 0 R [3], order 1 U [8, 10]; count 7."""
    zone = zone_with([], late=late)
    pcp = zone.pcp[0]
    pcp.lists[0], pcp.lists[2], pcp.lists[3] = [1, 2], [3], [8, 10]
    pcp.count = 7
    zone.buddy.page_type = {1: 0, 2: 0, 3: 2, 8: 0, 10: 0}
    return zone


def drained(zone: Zone) -> list[int]:
    return [e[1] for e in zone.buddy.events if e[0] == "mm_page_pcpu_drain"]


def test_drain_goes_list_by_list_from_the_tail_and_wraps() -> None:
    zone = filled()
    zone.pcp[0].drain(zone, 0, 5, 2)
    assert drained(zone) == [3, 10, 8]
    zone.pcp[0].drain(zone, 0, 100, 3)  # no more than there are
    assert drained(zone) == [3, 10, 8, 2, 1]
    assert zone.pcp[0].count == 0


def test_drain_overshoots_by_a_part_of_a_block() -> None:
    zone = filled()
    zone.pcp[0].drain(zone, 0, 1, 3)
    assert (drained(zone), zone.pcp[0].count) == ([10], 5)


def test_drained_page_returns_to_the_type_it_came_with() -> None:
    zone = filled()
    zone.buddy.set_type(0, MOVABLE)
    zone.pcp[0].drain(zone, 0, 1, 2)
    assert zone.buddy.dump() == {(0, RECLAIMABLE): [3]}


def test_drained_page_takes_its_pageblocks_type_if_anything_is_isolated() -> None:
    zone = filled()
    zone.buddy.set_type(0, MOVABLE)
    zone.buddy.set_type(512, ISOLATE)
    zone.pcp[0].drain(zone, 0, 1, 2)
    assert zone.buddy.events == [("mm_page_pcpu_drain", 3, 0, MOVABLE)]


def test_drain_all_in_portions_begins_again_at_list_0() -> None:
    """6.1L, batch 1: 32 pages, then from list 0 again; 6.1.0: all in one go."""
    for late in (True, False):
        zone = zone_with([], late=late)
        pcp = zone.pcp[0]
        pcp.lists[0] = list(range(40))
        pcp.lists[1] = [100]
        pcp.count = 41
        zone.buddy.page_type = {pfn: 0 for pfn in [*range(40), 100]}
        pcp.drain_all(zone, 0)
        assert drained(zone) == [*reversed(range(40)), 100]
        assert pcp.count == 0


def test_free_factor_doubles_what_is_drained() -> None:
    """batch 7, high 64: drains of 7, 14, 28 and 56 pages, 57 at most."""
    pcp = Zone(2, 0, 64, 64).pcp[0]
    pcp.high, pcp.batch = 64, 7
    sizes = [pcp.how_many(64, False) for _ in range(6)]
    assert sizes == [7, 14, 28, 56, 57, 57]
    assert pcp.free_factor == 4


def test_free_factor_is_capped_only_in_late_versions() -> None:
    for late, factor in ((True, 5), (False, 7)):
        pcp = Zone(2, 0, 64, 64, late=late).pcp[0]
        pcp.high, pcp.batch = 10000, 63
        for _ in range(7):
            pcp.how_many(10000, False)
        assert pcp.free_factor == factor


def test_high_below_batch_drains_one() -> None:
    zone = zone_with([])
    zone.buddy.page_type[5] = UNMOVABLE
    zone.pcp[0].high, zone.pcp[0].batch = 0, 7
    zone.pcp[0].commit(zone, 0, 5, 0)
    assert (drained(zone), zone.pcp[0].count) == ([5], 0)


def test_free_drains_from_its_own_list_when_count_reaches_high() -> None:
    zone = filled()
    pcp = zone.pcp[0]
    pcp.high, pcp.batch = 8, 2
    zone.buddy.page_type[20] = RECLAIMABLE
    pcp.commit(zone, 0, 20, 0)
    assert drained(zone) == [3, 20]  # tail first; 20 stood at the head
    assert (pcp.count, pcp.free_factor) == (6, 1)


def test_high_order_free_after_frees_empties_everything() -> None:
    zone = filled()
    pcp = zone.pcp[0]
    pcp.high, pcp.batch, pcp.free_factor = 64, 7, 1
    zone.buddy.page_type[20] = UNMOVABLE
    pcp.commit(zone, 0, 20, 1)
    assert drained(zone) == [10, 8, 20, 2, 1, 3]
    assert (pcp.count, pcp.free_factor) == (0, 1)


def test_reclaim_lowers_high_to_four_batches() -> None:
    zone = filled()
    pcp = zone.pcp[0]
    pcp.high, pcp.batch = 64, 7
    assert pcp.effective_high(zone, False) == 64
    zone.reclaim_active = True
    assert pcp.effective_high(zone, False) == 28
    assert pcp.effective_high(zone, True) == 0


def test_highatomic_page_waits_on_the_movable_list_and_keeps_its_type() -> None:
    allocator = machine(free=0)
    zone = allocator.zones[0]
    zone.buddy.set_type(512, HIGHATOMIC)
    allocator.free_pages(512, 0)
    assert zone.pcp[0].lists[1] == [512]
    allocator.drain_all_pages()
    assert zone.buddy.dump() == {(0, HIGHATOMIC): [512]}
    assert allocator.take_events()[-1] == ("mm_page_pcpu_drain", 512, 0, HIGHATOMIC)


@pytest.mark.parametrize(("profile", "mt"), [("6.1L", HIGHATOMIC), ("6.1.0", MOVABLE)])
def test_free_under_a_held_lock_goes_to_the_buddy(profile: str, mt: int) -> None:
    allocator = machine(free=0, profile=profile)
    zone = allocator.zones[0]
    zone.buddy.set_type(512, HIGHATOMIC)
    allocator.free_pages(512, 0, locked=True)
    assert zone.buddy.dump() == {(0, mt): [512]}
    assert zone.pcp[0].count == 0


def test_isolated_pages_never_stop_at_the_per_cpu_lists() -> None:
    allocator = machine(free=0)
    zone = allocator.zones[0]
    zone.buddy.set_type(512, ISOLATE)
    allocator.free_pages_list([512, 0])
    assert zone.buddy.dump() == {(0, ISOLATE): [512]}
    assert zone.free_global == 0  # isolated pages are not counted
    assert names(allocator.take_events()) == [
        "mm_page_free",
        "mm_page_free",
        "mm_page_free_batched",
    ]


# Counter and watermarks


def test_counter_moves_on_when_the_difference_passes_the_threshold() -> None:
    zone = zone_with([])
    zone.threshold = [6]
    zone.count_free(0, 6)
    assert (zone.free_global, zone.diff) == (0, [6])
    zone.count_free(0, 1)
    assert (zone.free_global, zone.diff) == (7, [0])
    zone.count_free(0, -7)
    assert (zone.free_global, zone.diff) == (0, [0])
    zone.count_free(0, -5)
    zone.fold(0)
    assert (zone.free_global, zone.visible_free(), zone.diff) == (-5, 0, [0])


def test_order_0_must_be_strictly_above_mark_and_reserve() -> None:
    zone = zone_with([])
    zone.lowmem_reserve = [0, 0, 50, 0, 0]
    zone.free_global = 150
    assert not zone.watermark_fast(0, 100, 2, 1, KERNEL)
    zone.free_global = 151
    assert zone.watermark_fast(0, 100, 2, 1, KERNEL)


def test_reserved_highatomic_pages_do_not_count_for_ordinary_requests() -> None:
    zone = zone_with([])
    zone.free_global = 600
    zone.nr_highatomic = 512
    assert not zone.watermark_ok(0, 100, 2, 1, 600)
    assert zone.watermark_ok(0, 100, 2, 0x10, 600)


@pytest.mark.parametrize(
    ("late", "flags", "least"),
    [
        (True, 0x20, 51),
        (True, 0x30, 39),
        (True, 0x10, 101),
        (True, 0x28, 26),
        (False, 0x20, 51),
        (False, 0x30, 39),
        (False, 0x10, 76),
        (False, 0x38, 26),
    ],
)
def test_discounts(late: bool, flags: int, least: int) -> None:
    """Of 101: half for HIGH (51), a quarter more (39), half again for OOM (26)."""
    assert zone_with([], late=late).discounted(101, flags) == least


def test_high_order_needs_a_block_that_is_large_enough() -> None:
    zone = zone_with([(0, 3, MOVABLE), (512, 5, HIGHATOMIC)])
    assert zone.watermark_ok(3, 0, 2, 0, 100)
    assert not zone.watermark_ok(4, 0, 2, 0, 100)
    assert zone.watermark_ok(4, 0, 2, 0x200, 100)
    assert not zone.watermark_ok(3, 93, 2, 0, 100)  # 100 - 7 is not above 93


def test_boost_is_ignored_for_atomic_order_0_at_min() -> None:
    zone = zone_with([])
    zone.watermark, zone.boost, zone.free_global = [10, 20, 30], 512, 100
    assert zone.watermark_fast(0, zone.mark(0), 2, 0, ATOMIC)
    assert not zone.watermark_fast(0, zone.mark(0), 2, 0, KERNEL)
    assert not zone.watermark_fast(0, zone.mark(1), 2, 1, ATOMIC)


# Allocator


@pytest.mark.parametrize(
    ("gfp", "index"), [(0, 2), (1, 0), (2, 2), (4, 1), (8, 2), (0xA, 3), (0xC, 1)]
)
def test_gfp_zone(gfp: int, index: int) -> None:
    assert gfp_zone(KERNEL | gfp) == index


@pytest.mark.parametrize(
    ("gfp", "index"), [(0, 1), (1, 0), (2, 2), (4, 1), (8, 1), (0xA, 3), (0xC, 1)]
)
def test_gfp_zone_of_32_bits(gfp: int, index: int) -> None:
    assert gfp_zone(KERNEL | gfp, "i386") == index


def test_contradictory_gfp_is_refused() -> None:
    with pytest.raises(ValueError, match="0x3 names two zones"):
        gfp_zone(0x3)


def two_zones() -> PageAllocator:
    allocator = PageAllocator()
    for index, start in ((1, 0), (2, 4096)):
        zone = allocator.add_zone(index, start, 4096, 4096)
        for pfn in range(start, start + 4096, 512):
            zone.buddy.set_type(pfn, MOVABLE)
    return allocator


def test_nofragment_spills_into_dma32_before_fragmenting_normal() -> None:
    """NORMAL has only small movable blocks, DMA32 a whole pageblock."""
    allocator = two_zones()
    dma32, normal = allocator.zones
    normal.free_block(0, 4096, 8, MOVABLE)
    dma32.free_block(0, 0, 9, MOVABLE)
    assert allocator.alloc_pages(KERNEL, 0) == 0
    assert dma32.buddy.type_of(0) == UNMOVABLE
    assert normal.buddy.dump() == {(8, MOVABLE): [4096]}


def test_second_pass_without_nofragment() -> None:
    allocator = two_zones()
    normal = allocator.zones[1]
    normal.free_block(0, 4096, 8, MOVABLE)
    assert allocator.alloc_pages(KERNEL, 0) == 4096
    extfrag = [e for e in allocator.take_events() if e[0].endswith("extfrag")]
    assert extfrag == [("mm_page_alloc_extfrag", 4096, 0, 8, 0, 1, 1)]
    assert not normal.boosted
    assert normal.boost == 0


def test_watermark_sends_the_request_to_the_next_zone() -> None:
    allocator = two_zones()
    dma32, normal = allocator.zones
    for zone, pfn in ((dma32, 0), (normal, 4096)):
        zone.free_block(0, pfn, 9, MOVABLE)
        zone.watermark = [300, 600, 900]
    dma32.watermark = [10, 20, 30]
    assert allocator.alloc_pages(USER_MOVABLE, 0) == 0
    dma32.lowmem_reserve = [0, 0, 600, 600, 0]
    # LOW fails in both zones; at MIN (A1) NORMAL serves
    assert allocator.alloc_pages(USER_MOVABLE, 0) == 4096


def test_order_4_goes_past_the_per_cpu_lists() -> None:
    allocator = machine()
    pfn = allocator.alloc_pages(USER_MOVABLE, 4)
    assert pfn is not None
    assert allocator.zones[0].pcp[0].count == 0
    assert allocator.take_events() == [
        ("mm_page_alloc_zone_locked", pfn, 4, MOVABLE, 0),
        ("mm_page_alloc", pfn, 4, MOVABLE),
    ]
    allocator.free_pages(pfn, 4)
    assert allocator.zones[0].free_global == 2048
    assert allocator.zones[0].buddy.nr_free[10] == 2


def test_allocation_halves_free_factor_also_when_the_list_is_full() -> None:
    allocator = machine()
    allocator.zones[0].pcp[0].free_factor = 5
    allocator.alloc_pages(USER_MOVABLE, 0)
    assert allocator.zones[0].pcp[0].free_factor == 2


def test_locked_lists_send_an_allocation_to_the_buddy() -> None:
    allocator = machine()
    allocator.zones[0].pcp[0].free_factor = 5
    pfn = allocator.alloc_pages(USER_MOVABLE, 0, locked=True)
    pcp = allocator.zones[0].pcp[0]
    assert (pcp.count, pcp.free_factor) == (0, 5)
    assert names(allocator.take_events()) == [
        "mm_page_alloc_zone_locked",
        "mm_page_alloc",
    ]
    assert allocator.zones[0].buddy.holding_block(pfn) is None


def test_failure_is_an_event_without_a_frame() -> None:
    allocator = machine(free=0)
    assert allocator.alloc_pages(NOWAIT, 0) is None
    assert allocator.take_events() == [("mm_page_alloc", NO_FRAME, 0, UNMOVABLE)]
    assert allocator.alloc_pages(KERNEL, 11) is None
    assert allocator.take_events() == []


def walks(allocator: PageAllocator) -> list[int]:
    """The flags of every walk over the zonelist from now on."""
    flags_of: list[int] = []
    get_page = allocator.get_page

    def noted(gfp: int, order: int, flags: int, cpu: int, locked: bool) -> int | None:
        flags_of.append(flags)
        return get_page(gfp, order, flags, cpu, locked)

    allocator.get_page = noted  # type: ignore[method-assign]
    return flags_of


def test_walks_of_a_request_that_fails() -> None:
    """LOW; MIN (A1); MIN or no watermarks (A2); HIGH for those that reclaim."""
    for gfp, expected in (
        (NOWAIT, [1, 0, 0]),
        (KERNEL, [1, 0, 0, 2]),
        (KERNEL | 0x10000, [1, 0, 0]),  # NORETRY
        (KERNEL | 0x20000, [1, 0, 4, 2]),  # MEMALLOC
    ):
        allocator = machine(free=0, index=1)
        flags = walks(allocator)
        assert allocator.alloc_pages(gfp, 1) is None
        assert [each & 0x7 for each in flags] == expected


def test_retries_while_unfolded_pages_would_do() -> None:
    """The counter says 0, another CPU's difference says 100: 16 retries."""
    allocator = machine(free=0, cpus=2, index=1)
    allocator.zones[0].diff[1] = 100
    flags = walks(allocator)
    assert allocator.alloc_pages(KERNEL, 0) is None
    assert [each & 0x3 for each in flags] == [1, 0] + 17 * [0] + [2]


@pytest.mark.parametrize(
    ("profile", "gfp", "got"),
    [
        ("6.1L", KERNEL, 0x400),
        ("6.1L", KERNEL | 0x10000, None),  # NORETRY
        ("6.1.0", KERNEL, None),
    ],
)
def test_refused_retry_gives_back_the_reserve(
    profile: str, gfp: int, got: int | None
) -> None:
    """One free pageblock is left, and it is reserved for high-order requests."""
    allocator = machine(free=0, profile=profile, index=1)
    zone = allocator.zones[0]
    zone.free_block(0, 0x400, 9, HIGHATOMIC)
    zone.buddy.set_type(0x400, HIGHATOMIC)
    zone.nr_highatomic = 512
    assert allocator.alloc_pages(gfp, 0) == got
    given_back = got is not None
    assert zone.nr_highatomic == (0 if given_back else 512)
    assert zone.buddy.type_of(0x400) == (UNMOVABLE if given_back else HIGHATOMIC)


def test_no_waiting_for_reclaim() -> None:
    allocator = machine(free=0, index=1)
    allocator.waits_for_reclaim = False
    flags = walks(allocator)
    assert allocator.alloc_pages(KERNEL, 0) is None
    assert [each & 0x3 for each in flags] == [1, 0, 0]


def test_batched_frees_commit_in_a_second_pass() -> None:
    allocator = machine(free=0)
    zone = allocator.zones[0]
    zone.pcp[0].high, zone.pcp[0].batch = 4, 2
    allocator.free_pages_list([10, 20, 30, 40])
    assert allocator.take_events() == [
        ("mm_page_free", 10, 0),
        ("mm_page_free", 20, 0),
        ("mm_page_free", 30, 0),
        ("mm_page_free", 40, 0),
        ("mm_page_free_batched", 10),
        ("mm_page_free_batched", 20),
        ("mm_page_free_batched", 30),
        ("mm_page_free_batched", 40),
        ("mm_page_pcpu_drain", 10, 0, MOVABLE),
        ("mm_page_pcpu_drain", 20, 0, MOVABLE),
    ]
    assert zone.pcp[0].lists[1] == [40, 30]


def test_batched_frees_under_a_held_lock_print_no_batched_event() -> None:
    allocator = machine(free=0)
    allocator.free_pages_list([10, 20], locked=True)
    assert names(allocator.take_events()) == ["mm_page_free", "mm_page_free"]
    assert allocator.zones[0].buddy.dump() == {(0, MOVABLE): [20, 10]}


def test_the_type_is_read_when_the_free_is_prepared() -> None:
    allocator = machine(free=0)
    zone = allocator.zones[0]
    allocator.free_prepare(10, 0)
    zone.buddy.set_type(0, UNMOVABLE)
    allocator.free_batched_commit(10)
    assert zone.pcp[0].lists[1] == [10]


def test_bulk_is_silent_and_keeps_free_factor() -> None:
    allocator = machine()
    zone = allocator.zones[0]
    zone.pcp[0].free_factor = 4
    got = allocator.alloc_pages_bulk(USER_MOVABLE, 10)
    assert got == list(range(0x400, 0x40A))
    assert names(allocator.take_events()) == 14 * ["mm_page_alloc_zone_locked"]
    assert (zone.pcp[0].count, zone.pcp[0].free_factor) == (4, 4)


def test_bulk_of_one_or_below_the_watermark_is_a_plain_allocation() -> None:
    allocator = machine()
    assert len(allocator.alloc_pages_bulk(USER_MOVABLE, 1)) == 1
    assert allocator.take_events()[-1][0] == "mm_page_alloc"
    # plain requests pass above LOW; a bulk of 50 would go below it
    allocator.zones[0].watermark = [10, 2000, 2100]
    assert len(allocator.alloc_pages_bulk(USER_MOVABLE, 50)) == 1
    assert names(allocator.take_events()) == ["mm_page_alloc"]


def test_split_page_lets_the_parts_be_freed_singly() -> None:
    allocator = machine()
    pfn = allocator.alloc_pages(USER_MOVABLE, 2)
    allocator.take_events()
    parts = allocator.split_page(pfn, 2)
    assert (parts, allocator.take_events()) == ([pfn, pfn + 1, pfn + 2, pfn + 3], [])
    for part in parts:
        allocator.free_pages(part, 0)
    assert allocator.zones[0].pcp[0].lists[1] == parts[::-1]


def test_high_order_atomic_reserves_its_pageblock_and_gives_it_back() -> None:
    """6.1L: an atomic order-4 request that fails at LOW reserves its pageblock."""
    allocator = machine()
    zone = allocator.zones[0]
    zone.watermark = [0, 5000, 5000]
    pfn = allocator.alloc_pages(ATOMIC, 4)
    assert zone.buddy.type_of(pfn) == HIGHATOMIC
    assert zone.nr_highatomic == 512
    free = sum(len(zone.buddy.lists[o][HIGHATOMIC]) << o for o in range(11))
    assert free == 512 - 16
    # a second request takes from the reserve first
    second = allocator.alloc_pages(ATOMIC, 4)
    assert second == pfn + 16
    assert allocator.take_events()[-2][3] == HIGHATOMIC
    assert not allocator.unreserve_highatomic(KERNEL, force=False)
    assert allocator.unreserve_highatomic(KERNEL, force=True)
    assert (zone.nr_highatomic, zone.buddy.type_of(pfn)) == (0, UNMOVABLE)


def test_reserve_stops_at_one_percent_and_a_pageblock() -> None:
    zone = zone_with([], spanned=8192)
    for pfn in range(0, 2048, 512):
        zone.reserve_highatomic(pfn)
    assert zone.nr_highatomic == 1024  # 81 + 512 is passed by the second


def test_profiles_differ_in_who_may_reserve() -> None:
    high_only, atomic_bit_only = 0x820, 0xA00
    early, late = PageAllocator("6.1.0"), PageAllocator("6.1L")
    assert early.slow_flags(high_only, 1) & 0x10 == 0
    assert early.slow_flags(atomic_bit_only, 1) & 0x10 == 0x10
    assert late.slow_flags(high_only, 1) & 0x230 == 0x230
    assert late.slow_flags(atomic_bit_only, 1) & 0x230 == 0x10
    assert late.slow_flags(high_only, 0) & 0x230 == 0x30
    assert late.slow_flags(high_only | 0x80000, 1) & 0x230 == 0x20
    assert late.slow_flags(KERNEL, 1) & 0x230 == 0


def test_nonblocking_order_0_may_end_in_the_reserve() -> None:
    """6.1L only: everything else is gone, the reserve still has pages."""
    for profile, served in (("6.1L", True), ("6.1.0", False)):
        allocator = machine(free=0, profile=profile)
        zone = allocator.zones[0]
        zone.buddy.set_type(0, HIGHATOMIC)
        zone.free_block(0, 0, 9, HIGHATOMIC)
        assert (allocator.alloc_pages(NOWAIT, 0) is not None) == served


def test_memalloc_ignores_watermarks() -> None:
    allocator = machine()
    allocator.zones[0].watermark = [9000, 9000, 9000]
    assert allocator.alloc_pages(NOWAIT, 0) is None
    assert allocator.alloc_pages(NOWAIT | 0x20000, 0) is not None
    assert allocator.alloc_pages(NOWAIT | 0x20000 | 0x80000, 0) is None


def test_isolation_takes_a_block_silently_if_memory_allows() -> None:
    allocator = machine(free=1)
    zone = allocator.zones[0]
    zone.buddy.set_type(0, UNMOVABLE)
    zone.watermark = [0, 0, 0]
    assert allocator.isolate_free_page(0) == 0  # 512 is not above 0 + 512
    zone.free_global = 513
    assert allocator.isolate_free_page(0) == 512
    assert zone.buddy.type_of(0) == MOVABLE
    assert (zone.buddy.dump(), zone.free_global) == ({}, 1)
    assert allocator.take_events() == []


def test_surplus_of_an_exact_allocation_goes_to_a_tail() -> None:
    allocator = machine(free=0)
    allocator.free_pages(100, 0, locked=True)
    allocator.free_direct_to_tail(200, 0)
    assert allocator.zones[0].buddy.lists[0][MOVABLE] == [100, 200]


def test_double_free_is_refused() -> None:
    allocator = machine(free=1)
    with pytest.raises(ValueError, match="0x5 is freed but is free already"):
        allocator.free_pages(5, 0)
    allocator.free_pages(600, 0)
    with pytest.raises(ValueError, match="0x258 is freed but is free already"):
        allocator.free_pages(600, 0)
    with pytest.raises(ValueError, match="lies in no zone"):
        allocator.free_pages(99999, 0)


def test_unknown_profile_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no profile '5\.4'"):
        PageAllocator("5.4")


# State files

STATE = """pgsnap 1 kernel 6.1.192 nr_orders 11 nr_mt 5 pageblock_order 9 cpu 0
vmemmap ffff0000 page_offset ffff page_size 64 cpus 1 numa_nodes 1
totalreserve 10 mobility_disabled 0
pgdat 0 start 1 spanned 4095 present 4095
zone 0 1 DMA32 start 4096 spanned 2048 present 2048 managed 2000
zflags 2
wmark 10 12 14 boost 5 highatomic 512 pcp_high 27 pcp_batch 7
lowmem_reserve 0 1 2 3 4
vmstat free 17 cpu0_diff -2 cpu0_threshold 6
drift_mark 0
pageblocks 4096 1 9 2 3
free 0 1 1005
nr_free 0 1
free 4 1 1020
nr_free 4 1
pcp 0 count 3 high 27 batch 7 free_factor 2
pcplist 0 1 1001 1600
pcplist 0 0 1003
movable 0 1100+2
end
"""


def test_state_is_read() -> None:
    zone = load(STATE).zones[0]
    assert zone.buddy.dump() == {(0, 1): [0x1005], (4, 1): [0x1020]}
    assert zone.buddy.block_type == {8: 1, 9: 1, 10: 2, 11: 3}
    assert (zone.watermark, zone.boost, zone.nr_highatomic) == ([10, 12, 14], 5, 512)
    assert (zone.free_global, zone.diff, zone.threshold) == (17, [-2], [6])
    pcp = zone.pcp[0]
    assert (pcp.count, pcp.high, pcp.batch, pcp.free_factor) == (3, 27, 7, 2)
    assert pcp.lists[1] == [0x1001, 0x1600]
    assert zone.buddy.page_type == {0x1001: 1, 0x1600: HIGHATOMIC, 0x1003: 0}
    assert (zone.reclaim_active, zone.boosted) == (True, False)
    assert zone.movable == {0x1100, 0x1101}


def test_state_that_contradicts_itself_names_the_line() -> None:
    with pytest.raises(ValueError, match="state line 13: 'nr_free 0 9'"):
        load(STATE.replace("nr_free 0 1", "nr_free 0 9"))


def test_dump_shows_what_decides_the_future() -> None:
    dump = load(STATE).dump()[1]
    assert dump["free"] == {(0, 1): [0x1005], (4, 1): [0x1020]}
    assert dump["pcp"] == {(0, 0): [0x1003], (0, 1): [0x1001, 0x1600]}
    assert (dump["free_factor"], dump["pcp_count"]) == ([2], [3])
