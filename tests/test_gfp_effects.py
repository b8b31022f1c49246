"""What each GFP flag does in the model: a test a flag, named by the flag.

docs/gfp.md has the table that goes with it.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import buddyalloc as ba
from buddyalloc import _core, gfp_flags

PROFILES = ("6.1L", "6.12L")
UNMOVABLE, MOVABLE, RECLAIMABLE = 0, 1, 2
STEPS = [name for name, _, _ in _core.STEPS]
RESULTS = [name for name, _ in _core.RESULTS]
SECOND = 10**9
SHOWN: set[tuple[str, str]] = set()
"""Profile and flag of each test of an effect."""


def layout(profile: str) -> str:
    return _core.LAYOUTS[_core.profile_by_name(profile)["gfp_layout"]]


def each(*names: str) -> list[tuple[str, str]]:
    """These flags, with each kernel that has them."""
    return [
        (profile, name)
        for profile in PROFILES
        for name in names
        if name in gfp_flags(layout(profile)).__members__
    ]


def shows(*names: str) -> pytest.MarkDecorator:
    """Run a test for each of these flags, in each kernel that has it."""
    SHOWN.update(each(*names))
    return pytest.mark.parametrize(("profile", "name"), each(*names))


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


ZONE_I386 = {
    "__GFP_HIGHMEM": "HighMem",
    "GFP_HIGHUSER": "HighMem",
    "GFP_HIGHUSER_MOVABLE": "HighMem",
    "__GFP_MOVABLE": "Normal",
    "__GFP_DMA32": "Normal",
    "GFP_DMA32": "Normal",
    "GFP_KERNEL": "Normal",
    "GFP_USER": "Normal",
    "__GFP_DMA": "DMA",
    "GFP_DMA": "DMA",
}


@shows(*ZONE_I386)
def test_zone_of_32_bits(profile: str, name: str) -> None:
    """The flag's zone first, then lower ones and never a higher one."""
    machine = ba.Machine("912M", arch="i386", profile=profile)
    first = machine.alloc_pages_outcome(name).zone
    assert first is not None
    assert machine.zone_names[first] == ZONE_I386[name]
    used = {first}
    for _ in range(60):  # of 4 MiB: more than HighMem has
        zone = machine.alloc_pages_outcome(name, 10).zone
        if zone is not None:
            used.add(zone)
    assert max(used) == first
    assert (len(used) > 1) == (ZONE_I386[name] == "HighMem")


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


# What may be done to find memory.


COUNTED = (
    "allocstall",
    "pgsteal_direct",
    "nr_swap_pages",
    "pswpout",
    "oom_kill",
    "compact_stall",
)


class Request:
    """What became of one request, and what the machine counted meanwhile."""

    def __init__(self, machine: ba.Machine, gfp: str, order: int = 0) -> None:
        before = machine.vmstat()
        outcome = machine.alloc_pages_outcome(gfp, order)
        after = machine.vmstat()
        self.result = RESULTS[outcome.result]
        self.steps = steps(outcome)
        self.latency_ns = outcome.latency_ns
        self.counted = {
            name: after[name] - before[name]
            for name in COUNTED
            if after[name] != before[name]
        }
        machine.check()


def full(
    profile: str, kind: str, upto: str = "GFP_NOWAIT", **settings: int
) -> ba.Machine:
    """Nearly all of 64 MiB is user memory, the kernel has the rest.

    It took what a request with the flags `upto` may have. The user memory is
    that of mm 1, or page cache: kind "file", or "dirty".
    """
    machine = ba.Machine("64M", profile=profile, settings=settings)
    if kind == "anon":
        machine.fault_in(15500, mm=1)
    else:
        machine.fault_in(15500, "file", dirty=kind == "dirty")
    while machine.alloc_pages(upto) is not None:
        pass
    return machine


def scattered(profile: str, kind: str) -> ba.Machine:
    """Memory of which every second page is user memory, the others are free."""
    machine = ba.Machine("64M", profile=profile)
    handles = machine.fault_in(15900, kind).handles
    machine.release(handles[np.argsort(machine.where(handles))][::2])
    machine.drain_all_pages()
    while machine.alloc_pages("GFP_TRANSHUGE_LIGHT", 9) is not None:
        pass
    return machine


@shows("__GFP_DIRECT_RECLAIM", "__GFP_RECLAIM", "GFP_KERNEL", "GFP_USER")
def test_who_may_sleep_reclaims(profile: str, name: str) -> None:
    machine = full(profile, "file")
    with_it = Request(machine.copy(), name)
    assert with_it.result == "OK"
    assert "DIRECT_RECLAIM" in with_it.steps
    assert with_it.counted["pgsteal_direct"] >= 32

    bit = gfp_flags(layout(profile)).DIRECT_RECLAIM
    without = Request(machine, ba.gfp_format(bits(profile, name) & ~bit))
    assert without.result == "NOMEM_WATERMARK"
    assert "DIRECT_RECLAIM" not in without.steps
    assert without.counted == {}
    assert without.latency_ns < with_it.latency_ns


@shows("GFP_NOWAIT", "GFP_ATOMIC")
def test_who_may_not_sleep_does_without(profile: str, name: str) -> None:
    """The reserves are left to GFP_ATOMIC; then both fail at once."""
    machine = full(profile, "file")
    at_min = Request(machine.copy(), name)
    assert at_min.result == ("OK" if name == "GFP_ATOMIC" else "NOMEM_WATERMARK")
    while machine.alloc_pages("GFP_ATOMIC") is not None:
        pass
    below = Request(machine, name)
    assert below.result == "NOMEM_WATERMARK"
    for request in (at_min, below):
        assert "DIRECT_RECLAIM" not in request.steps
        assert request.counted == {}


@shows("__GFP_KSWAPD_RECLAIM", "__GFP_RECLAIM", "GFP_NOWAIT", "GFP_ATOMIC")
def test_kswapd_works_when_time_passes(profile: str, name: str) -> None:
    flags = gfp_flags(layout(profile))
    bit = int(flags.KSWAPD_RECLAIM)
    stolen = {}
    for gfp in (bits(profile, name), bits(profile, name) & ~bit):
        machine = full(profile, "file", upto="__GFP_NOMEMALLOC")
        zone = machine.zones()[machine.zone_index()]
        assert zone["free_pages_exact"] < zone["low"]
        machine.alloc_pages(gfp)
        assert machine.vmstat()["pgsteal_kswapd"] == 0
        machine.advance(SECOND)
        stolen[gfp & bit] = machine.vmstat()["pgsteal_kswapd"]
        if gfp & bit:
            zone = machine.zones()[machine.zone_index()]
            assert zone["free_pages_exact"] >= zone["high"]
    assert stolen[bit] > 0
    assert stolen[0] == 0


@shows("__GFP_IO", "GFP_NOIO")
def test_only_with_io_memory_is_swapped_out(profile: str, name: str) -> None:
    machine = full(profile, "anon", swap=64 << 10)
    with_it = Request(machine.copy(), "GFP_NOIO|__GFP_IO")
    assert with_it.result == "OK"
    assert with_it.counted["pswpout"] > 0
    assert with_it.counted["pgsteal_direct"] >= 32
    without = Request(machine, "GFP_NOIO")
    assert without.result == "ENDLESS"
    assert without.counted.keys() == {"allocstall"}


@shows("__GFP_IO", "GFP_NOIO")
def test_only_with_io_pages_are_moved(profile: str, name: str) -> None:
    machine = scattered(profile, "anon")
    with_it = Request(machine.copy(), "GFP_NOIO|__GFP_IO", 9)
    assert with_it.result == "OK"
    assert with_it.counted["compact_stall"] > 0
    without = Request(machine, "GFP_NOIO", 9)
    assert without.result == "NOMEM_WATERMARK"
    assert "COMPACTION" not in without.steps


@shows("__GFP_FS", "GFP_NOFS")
def test_only_with_fs_page_cache_is_moved(profile: str, name: str) -> None:
    for kind, result in (("file", "NOMEM_WATERMARK"), ("anon", "OK")):
        machine = scattered(profile, kind)
        with_it = Request(machine.copy(), "GFP_NOFS|__GFP_FS", 9)
        assert (with_it.result, "COMPACTION" in with_it.steps) == ("OK", True)
        without = Request(machine, "GFP_NOFS", 9)
        assert (without.result, "COMPACTION" in without.steps) == (result, True)


@shows("__GFP_FS", "GFP_NOFS", "GFP_NOIO")
def test_without_fs_nobody_is_killed(profile: str, name: str) -> None:
    machine = full(profile, "anon")
    with_it = Request(machine.copy(), "GFP_KERNEL")
    assert with_it.result == "OK"
    assert with_it.counted["oom_kill"] == 1
    gfp = "__GFP_RECLAIM|__GFP_IO" if name == "__GFP_FS" else name
    without = Request(machine, gfp)
    assert without.result == "ENDLESS"
    assert without.counted.keys() == {"allocstall"}


@shows("GFP_NOFS", "GFP_NOIO")
def test_they_still_reclaim_what_is_clean(profile: str, name: str) -> None:
    request = Request(full(profile, "file"), name)
    assert request.result == "OK"
    assert request.counted["pgsteal_direct"] >= 32


@shows("__GFP_NORETRY")
def test_one_round(profile: str, name: str) -> None:
    """A round ends before the slow disk has written any page."""
    machine = full(profile, "dirty", writeback_usecs=100_000)
    patient = Request(machine.copy(), "GFP_KERNEL", 3)
    assert patient.result == "OK"
    once = Request(machine.copy(), f"GFP_KERNEL|{name}", 3)
    assert once.result == "NOMEM_WATERMARK"
    assert "DIRECT_RECLAIM" in once.steps
    assert 0 < once.counted["allocstall"] < patient.counted["allocstall"]


@shows("__GFP_NORETRY", "__GFP_RETRY_MAYFAIL", "__GFP_THISNODE")
def test_nobody_is_killed_for_it(profile: str, name: str) -> None:
    machine = full(profile, "anon")
    assert Request(machine.copy(), "GFP_KERNEL").counted["oom_kill"] == 1
    request = Request(machine, f"GFP_KERNEL|{name}")
    assert request.result == "NOMEM_WATERMARK"
    assert "oom_kill" not in request.counted


@shows("__GFP_RETRY_MAYFAIL")
def test_large_orders_are_tried_again(profile: str, name: str) -> None:
    machine = full(profile, "dirty", writeback_usecs=100_000)
    once = Request(machine.copy(), "GFP_KERNEL", 5)
    assert once.result == "NOMEM_WATERMARK"
    again = Request(machine, f"GFP_KERNEL|{name}", 5)
    assert again.result == "OK"
    assert again.counted["allocstall"] > once.counted["allocstall"]


@shows("__GFP_NOFAIL")
@pytest.mark.parametrize("order", [0, 3, 5])
def test_no_ordinary_failure(profile: str, name: str, order: int) -> None:
    """It takes from the reserves until they are gone, then it waits for ever."""
    machine = ba.Machine("64M", profile=profile)
    while machine.alloc_pages("GFP_KERNEL|__GFP_NORETRY", order) is not None:
        pass
    ordinary = Request(machine.copy(), "GFP_KERNEL", order)
    assert ordinary.result == ("OOM" if order <= 3 else "NOMEM_WATERMARK")
    results = []
    while not results or results[-1] == "OK":
        results.append(Request(machine, f"GFP_KERNEL|{name}", order).result)
    assert set(results) == {"OK", "ENDLESS"}
    zone = machine.zones()[machine.zone_index()]
    if order == 0:
        assert zone["free_pages_exact"] == 0
    else:
        assert zone["free_pages_exact"] < zone["min"] + (1 << order)
    # who may not wait cannot be kept waiting
    at_once = Request(machine, f"GFP_NOWAIT|{name}", order)
    assert at_once.result == "NOMEM_WATERMARK"


@shows("GFP_TRANSHUGE_LIGHT", "GFP_TRANSHUGE")
@pytest.mark.parametrize("kind", ["anon", "file"])
def test_a_huge_page_in_scattered_memory(profile: str, name: str, kind: str) -> None:
    request = Request(scattered(profile, kind), name, 9)
    if name == "GFP_TRANSHUGE":
        assert request.result == "OK"
        assert "COMPACTION" in request.steps
        assert request.counted["compact_stall"] > 0
    else:
        assert request.result == "NOMEM_WATERMARK"
        assert request.counted == {}


ENDS = {
    "GFP_ATOMIC": ("NOMEM_WATERMARK", "NOMEM_WATERMARK", False),
    "GFP_NOWAIT": ("NOMEM_WATERMARK", "NOMEM_WATERMARK", False),
    "GFP_KERNEL": ("OOM", "NOMEM_WATERMARK", True),
    "GFP_NOFS": ("ENDLESS", "NOMEM_WATERMARK", True),
    "GFP_NOIO": ("ENDLESS", "NOMEM_WATERMARK", True),
    "__GFP_NORETRY": ("NOMEM_WATERMARK", "NOMEM_WATERMARK", True),
    "__GFP_RETRY_MAYFAIL": ("NOMEM_WATERMARK", "NOMEM_WATERMARK", True),
    "__GFP_NOFAIL": ("ENDLESS", "ENDLESS", True),
    "__GFP_THISNODE": ("NOMEM_WATERMARK", "NOMEM_WATERMARK", True),
    "__GFP_DMA": ("NOMEM_WATERMARK", "NOMEM_WATERMARK", True),
}
"""Result of a small and of a large request, and whether it reclaims."""


@shows(*ENDS)
def test_when_nothing_can_be_reclaimed(profile: str, name: str) -> None:
    machine = ba.Machine("64M", profile=profile)
    while machine.alloc_pages("__GFP_MEMALLOC") is not None:
        pass
    gfp = f"GFP_KERNEL|{name}" if name.startswith("__") else name
    small, large = Request(machine, gfp, 2), Request(machine, gfp, 4)
    assert (small.result, large.result, "DIRECT_RECLAIM" in small.steps) == ENDS[name]


# What the model does nothing for.


DOCS = (Path(__file__).parent.parent / "docs" / "gfp.md").read_text()


def rows(heading: str) -> set[str]:
    """The flags that have a row in a section of docs/gfp.md."""
    (section,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", DOCS, re.M | re.S)
    return set(re.findall(r"^\| `(\w+)` \|", section, re.M))


NO_EFFECT = sorted(rows("What has no effect in the model"))


@pytest.mark.parametrize(
    ("profile", "name"), each(*NO_EFFECT, "__GFP_HARDWALL", "__GFP_ZERO")
)
def test_no_effect(profile: str, name: str) -> None:
    """HARDWALL has one only together with COMP, ZERO only on the latency."""
    settings = {"swap": 16 << 10}
    with_it = ba.Machine("64M", cpus=2, profile=profile, settings=settings)
    with_it.fault_in(4000, "file", dirty=True)
    with_it.fault_in(4000)
    without = with_it.copy()
    rng = np.random.default_rng(1)
    for order, cpu in zip(
        rng.integers(0, 5, 3000).tolist(),
        rng.integers(0, 2, 3000).tolist(),
        strict=True,
    ):
        for base in (
            "GFP_ATOMIC",
            "GFP_HIGHUSER_MOVABLE|__GFP_NORETRY",
            "__GFP_RECLAIMABLE",
        ):
            mine = with_it.alloc_pages_outcome(f"{base}|{name}", order, cpu=cpu)
            other = without.alloc_pages_outcome(base, order, cpu=cpu)
            assert (mine.pfn, mine.result) == (other.pfn, other.result)
            assert mine == other or name == "__GFP_ZERO"
    assert with_it.vmstat()["pgsteal_direct"] > 0
    assert with_it == without


@pytest.mark.parametrize("profile", PROFILES)
def test_each_flag_is_shown_or_said_to_have_no_effect(profile: str) -> None:
    names = layout(profile)
    known = dict((*_core.GFP_FLAGS[names], *_core.GFP_NAMES[names])).keys()
    shown = {name for of, name in SHOWN if of == profile}
    none = rows("What has no effect in the model") & known
    assert shown & none == set()
    assert shown | none == known - rows("Older spellings")
