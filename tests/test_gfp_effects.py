"""What each GFP flag does in the model: a test a flag, named by the flag.

docs/gfp.md has the table that goes with it.
"""

from __future__ import annotations

import re

import numpy as np
import pytest

import buddyalloc as ba
from buddyalloc import _core, gfp_flags

PROFILES = ("6.1L", "6.12L")
UNMOVABLE, MOVABLE, RECLAIMABLE = 0, 1, 2
STEPS = [name for name, _, _ in _core.STEPS]


def layout(profile: str) -> str:
    return _core.LAYOUTS[_core.profile_by_name(profile)["gfp_layout"]]


def shows(*names: str) -> pytest.MarkDecorator:
    """Run a test for each of these flags, in each kernel that has it."""
    cases = [
        (profile, name)
        for profile in PROFILES
        for name in names
        if name in gfp_flags(layout(profile)).__members__
    ]
    return pytest.mark.parametrize(("profile", "name"), cases)


def bits(profile: str, text: str) -> int:
    return ba.gfp_parse(text, layout(profile))


def steps(outcome: _core.AllocOutcome) -> set[str]:
    return {step for i, step in enumerate(STEPS) if outcome.path >> i & 1}


def pageblock_type(machine: ba.Machine, pfn: int) -> int:
    return int(machine.pageblocks()["migratetype"][pfn >> _core.PAGEBLOCK_ORDER])


# Where the page may lie.

WIDE = {
    profile: ba.Machine("5G", profile=profile, settings={"movablecore": 131072})
    for profile in PROFILES
}
"""Zones DMA, DMA32, Normal and Movable."""

ZONE = {
    "__GFP_DMA": "DMA",
    "GFP_DMA": "DMA",
    "__GFP_DMA32": "DMA32",
    "GFP_DMA32": "DMA32",
    "GFP_KERNEL": "Normal",
    "GFP_USER": "Normal",
    "GFP_HIGHUSER": "Normal",
    "GFP_HIGHUSER_MOVABLE": "Movable",
    "GFP_TRANSHUGE_LIGHT": "Movable",
    "GFP_TRANSHUGE": "Movable",
}


@shows(*ZONE)
def test_zone(profile: str, name: str) -> None:
    machine = WIDE[profile].copy()
    order = _core.PAGEBLOCK_ORDER if "TRANSHUGE" in name else 0
    outcome = machine.alloc_pages_outcome(name, order)
    assert outcome.zone is not None
    assert machine.zone_names[outcome.zone] == ZONE[name]


@shows("__GFP_HIGHMEM", "__GFP_MOVABLE")
def test_only_both_together_open_zone_movable(profile: str, name: str) -> None:
    machine = WIDE[profile].copy()
    both = machine.alloc_pages_outcome("__GFP_HIGHMEM|__GFP_MOVABLE")
    alone = machine.alloc_pages_outcome(name)
    assert both.zone is not None
    assert alone.zone is not None
    assert machine.zone_names[both.zone] == "Movable"
    assert machine.zone_names[alone.zone] == "Normal"


@shows("__GFP_THISNODE")
def test_no_other_node(profile: str, name: str) -> None:
    machine = ba.Machine("64M", nodes=2, profile=profile)
    served = [machine.alloc_pages_outcome(name, node=1).zone for _ in range(9000)]
    zones = machine.zones()
    assert {zones[zone]["node"] for zone in served if zone is not None} == {1}
    assert served[-1] is None
    elsewhere = machine.alloc_pages_outcome("none", node=1)
    assert elsewhere.zone is not None
    assert zones[elsewhere.zone]["node"] == 0


# What kind of page it is.

TYPE = {
    "__GFP_MOVABLE": MOVABLE,
    "__GFP_RECLAIMABLE": RECLAIMABLE,
    "GFP_KERNEL": UNMOVABLE,
    "GFP_USER": UNMOVABLE,
    "GFP_HIGHUSER": UNMOVABLE,
    "GFP_HIGHUSER_MOVABLE": MOVABLE,
    "GFP_TRANSHUGE_LIGHT": MOVABLE,
    "GFP_TRANSHUGE": MOVABLE,
}


@shows(*TYPE)
def test_pages_of_a_kind_share_pageblocks(profile: str, name: str) -> None:
    machine = ba.Machine("64M", profile=profile)
    others = ("GFP_KERNEL", "__GFP_MOVABLE", "__GFP_RECLAIMABLE")
    for _ in range(600):
        for other in others:
            machine.alloc_pages(other)
        outcome = machine.alloc_pages_outcome(name)
        assert outcome.pfn is not None
        assert outcome.migratetype == TYPE[name]
        assert pageblock_type(machine, outcome.pfn) == TYPE[name]


@shows("__GFP_HARDWALL", "__GFP_COMP")
def test_both_together_mark_a_page_cache_page(profile: str, name: str) -> None:
    """Compaction may move it; the flags are how the model knows."""
    machine = ba.Machine("64M", profile=profile)
    flags = gfp_flags(layout(profile))
    both = flags.NOFS | flags.HARDWALL | flags.COMP

    def can_move(gfp: int) -> bool:
        pfn = machine.alloc_pages(gfp, 2)
        assert pfn is not None
        marks = machine.frames(pfn, 4)["flags"] & _core.FRAME_MOVABLE
        assert len(set(marks.tolist())) == 1
        return bool(marks[0])

    assert can_move(both)
    assert not can_move(both & ~flags[name])
    assert not can_move(both | flags.ACCOUNT)


@shows("__GFP_ACCOUNT", "GFP_KERNEL_ACCOUNT")
def test_a_charged_bulk_allocation_gets_one_page(profile: str, name: str) -> None:
    machine = ba.Machine("64M", profile=profile)
    gfp = bits(profile, f"GFP_KERNEL|{name}")
    assert len(machine.alloc_pages_bulk(gfp, 20)) == 1
    assert len(machine.alloc_pages_bulk(gfp ^ bits(profile, "__GFP_ACCOUNT"), 20)) == 20


@shows("__GFP_ZERO")
@pytest.mark.parametrize("order", [0, 3, 9])
def test_clearing_has_its_price(profile: str, name: str, order: int) -> None:
    price = {unit: ns for unit, ns, _ in _core.UNIT_COSTS}["CLEAR_PAGE"]
    plain = ba.Machine("64M", profile=profile)
    zeroed = plain.copy()
    for _ in range(10):
        cheap = plain.alloc_pages_outcome("GFP_KERNEL", order)
        dear = zeroed.alloc_pages_outcome(f"GFP_KERNEL|{name}", order)
        assert dear.latency_ns - cheap.latency_ns == price << order
        assert (dear.pfn, dear.path) == (cheap.pfn, cheap.path)
    assert plain == zeroed


# How deep into the reserves.


SHORT = {"percpu_pagelist_high_fraction": 100_000}
"""Per-CPU lists as short as they can be, so that a refill brings little."""
REFILL = 192
"""Pages that one refill may then bring."""


def floor(profile: str, gfp: str) -> tuple[int, int]:
    """Free pages of the largest zone when it has no more, and its min mark."""
    machine = ba.Machine("1G", profile=profile, settings=SHORT)
    while machine.alloc_pages(gfp) is not None:
        pass
    zone = machine.zones()[machine.zone_index()]
    return zone["free_pages_exact"], zone["min"]


def half(pages: int) -> int:
    return pages - pages // 2


def three_quarters(pages: int) -> int:
    return pages - pages // 4


def reaches(profile: str, gfp: str, mark: int) -> bool:
    """Does a request of order 0 stop at that mark, after the last refill?"""
    free, _ = floor(profile, gfp)
    return mark - REFILL < free <= mark


@shows("GFP_NOWAIT")
def test_down_to_the_min_mark(profile: str, name: str) -> None:
    _, low = floor(profile, name)
    assert low > 8 * REFILL  # so that the marks below lie apart
    assert reaches(profile, name, low)


@shows("GFP_ATOMIC")
def test_below_the_min_mark_and_not_to_the_bottom(profile: str, name: str) -> None:
    _, low = floor(profile, name)
    assert reaches(profile, name, three_quarters(half(low)))


@shows("__GFP_HIGH")
def test_half_of_the_min_mark(profile: str, name: str) -> None:
    _, low = floor(profile, name)
    assert reaches("6.1.0", name, half(low))
    # a request that may not wait has a quarter more since then
    assert reaches(profile, name, three_quarters(half(low)))
    assert reaches(profile, f"{name}|__GFP_NOMEMALLOC", half(low))


@shows("__GFP_ATOMIC")
def test_a_quarter_of_the_min_mark_in_6_1_0(profile: str, name: str) -> None:
    _, low = floor(profile, name)
    assert reaches("6.1.0", name, three_quarters(low))
    assert reaches(profile, name, low)


@shows("__GFP_MEMALLOC")
def test_to_the_bottom(profile: str, name: str) -> None:
    assert floor(profile, name)[0] == 0


@shows("__GFP_NOMEMALLOC")
def test_no_reserves_whatever_else_is_asked(profile: str, name: str) -> None:
    _, low = floor(profile, "GFP_NOWAIT")
    assert reaches(profile, f"{name}|__GFP_MEMALLOC", low)
    assert reaches("6.1.0", f"{name}|__GFP_ATOMIC", low)


def kswapd(machine: ba.Machine) -> tuple[int, int]:
    """Largest order and highest zone that kswapd was asked for."""
    found = re.search(
        rb"kswapd_order (-?\d+) kswapd_highest_zoneidx (\d+)", machine.state_text()
    )
    assert found
    return int(found[1]), int(found[2])


@shows("__GFP_KSWAPD_RECLAIM", "GFP_ATOMIC", "GFP_NOWAIT")
def test_below_the_low_mark_kswapd_is_woken(profile: str, name: str) -> None:
    machine = ba.Machine("64M", profile=profile)
    while machine.alloc_pages("__GFP_HIGH") is not None:
        pass
    asleep = kswapd(machine)
    assert machine.alloc_pages("__GFP_HIGH", 2) is None
    assert kswapd(machine) == asleep
    assert machine.alloc_pages(name, 2) is None
    assert kswapd(machine) == (2, _core.ZONE_TYPES["x86_64"].index("Normal"))


@shows("GFP_TRANSHUGE_LIGHT")
def test_a_light_huge_page_disturbs_nobody(profile: str, name: str) -> None:
    machine = ba.Machine("64M", profile=profile)
    while machine.alloc_pages(name, 9) is not None:
        pass
    outcome = machine.alloc_pages_outcome(name, 9)
    assert "SLOWPATH" in steps(outcome)
    assert not steps(outcome) & {"DIRECT_RECLAIM", "COMPACTION", "DRAIN"}
    assert kswapd(machine) == kswapd(ba.Machine("64M", profile=profile))


# What the model does nothing for.


@shows(
    "__GFP_WRITE",
    "__GFP_NOWARN",
    "__GFP_ZEROTAGS",
    "__GFP_SKIP_ZERO",
    "__GFP_SKIP_KASAN_UNPOISON",
    "__GFP_SKIP_KASAN_POISON",
    "__GFP_SKIP_KASAN",
    "__GFP_NOLOCKDEP",
    "__GFP_NO_OBJ_EXT",
)
def test_no_effect(profile: str, name: str) -> None:
    with_it = ba.Machine("64M", cpus=2, profile=profile)
    without = with_it.copy()
    rng = np.random.default_rng(1)
    for order, cpu in zip(
        rng.integers(0, 5, 3000).tolist(),
        rng.integers(0, 2, 3000).tolist(),
        strict=True,
    ):
        for base in ("GFP_ATOMIC", "GFP_HIGHUSER_MOVABLE", "__GFP_RECLAIMABLE"):
            mine = with_it.alloc_pages_outcome(f"{base}|{name}", order, cpu=cpu)
            assert mine == without.alloc_pages_outcome(base, order, cpu=cpu)
    assert with_it == without
