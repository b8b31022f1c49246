# SPDX-License-Identifier: GPL-2.0-only
"""The C core against its slow twin in tests/reference: the same random operations.

Both start from the same state text. After every step they must have returned the
same frames; every few steps, and at the end, their whole states must be equal. A
difference names the seed and the step:

    BUDDYALLOC_SEEDS=7 pytest tests/test_against_reference.py       that seed alone
    BUDDYALLOC_SEEDS=100-199 BUDDYALLOC_STEPS=20000 BUDDYALLOC_COMPARE=1 pytest ...

A range of seeds, steps of each run, steps between two comparisons.
"""

from __future__ import annotations

import lzma
import os
import random
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from reference.buddy import HIGHATOMIC, MOVABLE, RECLAIMABLE, UNMOVABLE
from reference.differences import differences
from reference.page_alloc import (
    ALLOC_NO_WATERMARKS,
    ALLOC_NOFRAGMENT,
    WMARK_HIGH,
    WMARK_MASK,
    PageAllocator,
    gfp_zone,
)
from reference.state import load

from buddyalloc import _core

PROFILES = ("6.1.0", "6.1L")
STEPS = int(os.environ.get("BUDDYALLOC_STEPS", "3000"))
COMPARE = int(os.environ.get("BUDDYALLOC_COMPARE", "50"))
FIRST_SEED, _, LAST_SEED = os.environ.get("BUDDYALLOC_SEEDS", "1-10").partition("-")
SEEDS = range(int(FIRST_SEED), int(LAST_SEED or FIRST_SEED) + 1)

KERNEL = 0xCC0
NOWAIT = 0x800
ATOMIC = 0xA20
USER_MOVABLE = 0x100CCA
PAGE_CACHE = 0x140CCA
RECLAIMABLE_SLAB = 0xCD0
ATOMIC_BIT, DIRECT_RECLAIM = 0x200, 0x400
DMA32, DMA, HIGHMEM = 0x4, 0x1, 0x2
HIGH, HARDWALL, COMP = 0x20, 0x100000, 0x40000
NORETRY, RETRY_MAYFAIL, THISNODE = 0x10000, 0x4000, 0x200000
MEMALLOC, NOMEMALLOC, ACCOUNT = 0x20000, 0x80000, 0x400000

GFP_MIX = (
    (KERNEL, 20),
    (USER_MOVABLE, 20),
    (PAGE_CACHE, 6),
    (RECLAIMABLE_SLAB, 8),
    (ATOMIC, 12),
    (NOWAIT, 6),
    (NOWAIT | HIGH, 3),
    (ATOMIC | NOMEMALLOC, 2),
    (KERNEL | HARDWALL | COMP, 4),
    (KERNEL | DMA32, 3),
    (KERNEL | DMA, 2),
    (USER_MOVABLE & ~0x2 | DMA32, 2),
    (KERNEL & ~0x40, 2),
    (KERNEL | NORETRY, 3),
    (KERNEL | RETRY_MAYFAIL, 3),
    (KERNEL | THISNODE, 2),
    (KERNEL | ACCOUNT, 3),
    (KERNEL | HARDWALL | HIGHMEM, 4),
    (KERNEL | ATOMIC_BIT, 1),
    (KERNEL | MEMALLOC, 1),
    (ATOMIC | MEMALLOC, 1),
)
ORDER_MIX = ((0, 55), (1, 12), (2, 9), (3, 7), (4, 4), (5, 3), (6, 2), (7, 2), (8, 1))
LARGE_ORDERS = ((9, 2), (10, 1))


# Start states


@dataclass(frozen=True)
class ZoneSpec:
    """A zone of the start state, all of it free. Frames and pages."""

    index: int
    start: int
    end: int
    marks: tuple[int, int, int]
    reserve: tuple[int, ...]
    high: int
    batch: int


@dataclass(frozen=True)
class Layout:
    """`threshold` is the largest counter difference of CPU 0, one more for CPU 1..."""

    cpus: int
    zones: tuple[ZoneSpec, ...]
    threshold: int = 4
    mobility_disabled: bool = False
    arch: str = "x86_64"


NAMES = {
    "x86_64": ("DMA", "DMA32", "Normal", "Movable", "Device"),
    "i386": ("DMA", "Normal", "HighMem", "Movable"),
}
NONE = (0, 0, 0, 0, 0)
LAYOUTS = {
    # The zone begins at frame 1 and ends inside a pageblock.
    "one zone": Layout(1, (ZoneSpec(1, 1, 5000, (60, 90, 120), NONE, 60, 7),)),
    # Several boosts add up below the high mark; the counter is far from exact.
    "normal": Layout(3, (ZoneSpec(2, 4096, 9300, (128, 480, 640), NONE, 200, 31),), 50),
    # Too small to group by mobility, as a machine of less than 10 MiB boots.
    "tiny": Layout(2, (ZoneSpec(1, 1, 2500, (20, 25, 30), NONE, 24, 3),), 3, True),
    "three zones": Layout(
        2,
        (
            ZoneSpec(0, 1, 1024, (10, 13, 16), (0, 20, 60, 60, 60), 8, 1),
            ZoneSpec(1, 1024, 4096, (50, 62, 75), (0, 0, 90, 90, 90), 40, 7),
            ZoneSpec(2, 4096, 8000, (64, 100, 140), NONE, 90, 15),
        ),
    ),
    "highmem": Layout(
        2,
        (
            ZoneSpec(0, 1, 1024, (10, 13, 16), (0, 20, 30, 40), 8, 1),
            ZoneSpec(1, 1024, 3072, (50, 62, 75), (0, 0, 90, 400), 40, 7),
            ZoneSpec(2, 3072, 5120, (32, 70, 108), NONE[1:], 70, 15),
            ZoneSpec(3, 5120, 6500, (32, 60, 88), NONE[1:], 60, 7),
        ),
        arch="i386",
    ),
}


def blocks(start: int, end: int) -> list[tuple[int, int]]:
    """The frames start .. end - 1 as largest aligned blocks: (pfn, order)."""
    found = []
    while start < end:
        order = 10 if start == 0 else min(10, (start & -start).bit_length() - 1)
        while start + (1 << order) > end:
            order -= 1
        found.append((start, order))
        start += 1 << order
    return found


def zone_text(spec: ZoneSpec, layout: Layout, rng: random.Random) -> list[str]:
    """A zone's records. Pageblocks and blocks have types of their own, as in life."""
    size = spec.end - spec.start
    kinds = (UNMOVABLE, MOVABLE, MOVABLE, MOVABLE, RECLAIMABLE)
    if layout.mobility_disabled:
        kinds = (UNMOVABLE,)
    types = [rng.choice(kinds) for _ in range(spec.start >> 9, (spec.end + 511) >> 9)]
    lists: dict[tuple[int, int], list[int]] = {}
    for pfn, order in blocks(spec.start, spec.end):
        mt = types[(pfn >> 9) - (spec.start >> 9)]
        if order < 9 and rng.random() < 0.2:
            mt = rng.choice(kinds)
        lists.setdefault((order, mt), []).append(pfn)
    counters = [
        f"cpu{cpu}_diff 0 cpu{cpu}_threshold {layout.threshold + cpu}"
        for cpu in range(layout.cpus)
    ]
    low, middle, high = spec.marks
    lines = [
        f"zone 0 {spec.index} {NAMES[layout.arch][spec.index]} start {spec.start} "
        f"spanned {size} present {size} managed {size}",
        "zflags 0",
        f"wmark {low} {middle} {high} boost 0 highatomic 0 "
        f"pcp_high {spec.high} pcp_batch {spec.batch}",
        f"lowmem_reserve {' '.join(map(str, spec.reserve))}",
        f"vmstat free {size} {' '.join(counters)}",
        "drift_mark 0",
        "compact free_pfn 0 migrate_pfn 0 0 init_migrate 0 init_free 0 considered 0 "
        "defer_shift 0 order_failed 0 blockskip_flush 0",
        f"pageblocks {spec.start >> 9 << 9} {' '.join(map(str, types))}",
    ]
    for order in range(11):
        total = 0
        for mt in range(5):
            pfns = lists.get((order, mt), [])
            rng.shuffle(pfns)
            total += len(pfns)
            if pfns:
                lines.append(f"free {order} {mt} {' '.join(f'{p:x}' for p in pfns)}")
        lines.append(f"nr_free {order} {total}")
    for cpu in range(layout.cpus):
        lines.append(
            f"pcp {cpu} count 0 high {spec.high} batch {spec.batch} free_factor 0"
        )
    return lines


def start_text(layout: Layout, rng: random.Random) -> str:
    start, end = layout.zones[0].start, layout.zones[-1].end
    lines = [
        "pgsnap 1 kernel 6.1.192 nr_orders 11 nr_mt 5 pageblock_order 9 cpu 0",
        "vmemmap ffffea0000000000 page_offset ffff888000000000 page_size 64 "
        f"cpus {layout.cpus} numa_nodes 1",
        f"totalreserve 300 mobility_disabled {int(layout.mobility_disabled)}",
        f"pgdat 0 start {start} spanned {end - start} present {end - start} "
        f"kswapd_order 0 kswapd_highest_zoneidx {len(NAMES[layout.arch])} "
        "kswapd_failures 0 totalreserve 300",
    ]
    for spec in layout.zones:
        lines += zone_text(spec, layout, rng)
    return "\n".join([*lines, "end", ""])


# The two, side by side


class Watched(PageAllocator):
    """The twin; `paths` counts the paths that it took."""

    paths: Counter[str]

    def get_page(
        self, gfp: int, order: int, flags: int, cpu: int, locked: bool
    ) -> int | None:
        zones = self.zonelist(gfp_zone(gfp, self.arch))
        before = [zone.nr_highatomic for zone in zones]
        pfn = super().get_page(gfp, order, flags, cpu, locked)
        if flags & ALLOC_NO_WATERMARKS:
            self.paths["no watermarks"] += 1
        if flags & WMARK_MASK == WMARK_HIGH:
            self.paths["last attempt"] += 1
        if pfn is None:
            return None
        self.paths[f"served by zone {zones.index(self.zone_of(pfn))} of the walk"] += 1
        if flags & ALLOC_NOFRAGMENT and self.zone_of(pfn) is not zones[0]:
            self.paths["NOFRAGMENT took a lower zone"] += 1
        if before != [zone.nr_highatomic for zone in zones]:
            self.paths["pageblock reserved"] += 1
        return pfn

    def slow_path(self, gfp: int, order: int, cpu: int, locked: bool) -> int | None:
        pfn = super().slow_path(gfp, order, cpu, locked)
        kind = (
            "blocking" if gfp & DIRECT_RECLAIM else "atomic" if gfp & HIGH else "nowait"
        )
        self.paths[f"slow path, {kind}: {'failed' if pfn is None else 'served'}"] += 1
        return pfn

    def unreserve_highatomic(self, gfp: int, force: bool) -> bool:
        given = super().unreserve_highatomic(gfp, force)
        self.paths["pageblock given back"] += given
        return given

    def count_events(self) -> None:
        for event in self.take_events():
            self.paths[str(event[0])] += 1
            if event[0] == "mm_page_alloc_zone_locked" and event[3] == HIGHATOMIC:
                self.paths["block of the reserve"] += 1
            elif event[0] == "mm_page_pcpu_drain":
                self.paths[f"drain of order {event[2]}"] += 1
                self.paths[f"drain of type {event[3]}"] += 1
            elif event[0] == "mm_page_alloc_extfrag":
                found, start, mt, owner = event[3:]
                self.paths[f"fallback {start} to {mt}"] += 1
                self.paths[f"fallback, ownership {owner}"] += 1
                self.paths["fallback of a large block"] += int(str(found)) >= 9
                self.paths["fallback, whole pageblock or less"] += int(str(found)) < 9


def is_lru(gfp: int) -> bool:
    """Whether the model takes the page for one of user space, which can move."""
    user = gfp & (HARDWALL | COMP | ACCOUNT | NOMEMALLOC) == HARDWALL | COMP
    return user or bool(gfp & 0x8)


def fold_events(cpu: int) -> np.ndarray:
    """One record: the vmstat worker of that CPU."""
    event = np.zeros(1, list(_core.EVENT_FIELDS))
    event["op"] = [name for name, _ in _core.OPS].index("vmfold")
    event["cpu"] = cpu
    event["context"] = 15 << _core.CTX_DEPTH_SHIFT
    return event


@dataclass
class Pair:
    """The core and the twin on the same operations."""

    profile: str
    text: str
    held: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.core = _core.Machine._from_state_text(
            self.text.encode(),
            profile=self.profile,
            settings={"compaction": 0},  # the twin has none
        )
        self.twin = load(self.text, self.profile)
        self.twin.__class__ = Watched
        self.twin.kmem_accounting = True
        self.movable = self.twin.zones[0].movable
        for zone in self.twin.zones:
            assert zone.movable is self.movable
        self.paths: Counter[str] = Counter()
        self.twin.paths = self.paths

    # Operations

    def took(self, pfn: int, order: int, gfp: int) -> None:
        self.held.append((pfn, order))
        if is_lru(gfp):
            self.movable.update(range(pfn, pfn + (1 << order)))

    def gave(self, pfn: int, order: int) -> None:
        self.movable.difference_update(range(pfn, pfn + (1 << order)))

    def alloc(self, gfp: int, order: int, cpu: int) -> None:
        mine = self.core.alloc_pages(gfp, order, cpu=cpu)
        theirs = self.twin.alloc_pages(gfp, order, cpu)
        assert mine == theirs
        if mine is not None:
            self.took(mine, order, gfp)

    def alloc_bulk(self, gfp: int, nr: int, cpu: int) -> None:
        mine = np.asarray(self.core.alloc_pages_bulk(gfp, nr, cpu=cpu)).tolist()
        theirs = self.twin.alloc_pages_bulk(gfp, nr, cpu)
        assert mine == theirs
        self.paths["bulk, single" if len(mine) < 2 else "bulk"] += 1
        for pfn in mine:
            self.took(pfn, 0, gfp)

    def free(self, at: int, cpu: int) -> None:
        pfn, order = self.held.pop(at)
        reserve = self.twin.zone_of(pfn).buddy.type_of(pfn) == HIGHATOMIC
        self.paths["free into the reserve"] += reserve
        self.gave(pfn, order)
        self.core.free_pages(pfn, order, cpu=cpu)
        self.twin.free_pages(pfn, order, cpu)

    def free_list(self, rng: random.Random, nr: int, cpu: int) -> None:
        single = [item for item in self.held if item[1] == 0]
        chosen = rng.sample(single, min(nr, len(single)))
        gone = set(chosen)
        self.held = [item for item in self.held if item not in gone]
        pfns = [pfn for pfn, _ in chosen]
        for pfn in pfns:
            self.gave(pfn, 0)
        self.core.free_pages_list(pfns, cpu=cpu)
        self.twin.free_pages_list(pfns, cpu)

    def split(self, at: int, cpu: int) -> None:
        pfn, order = self.held.pop(at)
        self.core.split_page(pfn, order, cpu=cpu)
        self.held += [(page, 0) for page in self.twin.split_page(pfn, order)]
        self.paths["split"] += 1

    def drain(self, cpu: int) -> None:
        self.core.drain_pages(cpu)
        for zone in self.twin.zones:
            self.twin.drain_zone(zone, cpu, cpu)

    def drain_all(self) -> None:
        self.core.drain_all_pages()
        self.twin.drain_all_pages(0)

    def fold(self, cpu: int) -> None:
        self.paths["fold"] += any(zone.diff[cpu] for zone in self.twin.zones)
        _core.Replay(self.core).run(fold_events(cpu))
        self.twin.fold(cpu)

    # Comparing

    def compare(self) -> None:
        """Everything: the core's state goes through its text."""
        assert self.core.check() is None
        mine = load(self.core.state_text().decode(), self.profile)
        found = differences(mine.dump(), self.twin.dump())
        assert not found, "core != twin:\n" + "\n".join(found)
        assert mine.zones[0].movable == self.movable
        self.twin.count_events()
        self.paths["boost"] += any(zone.boost for zone in self.twin.zones)

    def compare_views(self) -> None:
        """The same through the calls that show lists."""
        for number, zone in enumerate(self.twin.zones):
            for order in range(11):
                for mt in range(5):
                    expected = zone.buddy.lists[order][mt]
                    assert self.core.free_list(number, order, mt) == expected
            for cpu, pcp in enumerate(zone.pcp):
                for index, expected in enumerate(pcp.lists):
                    assert self.core.pcp_list(cpu, number, index) == expected
                view = self.core.pcp(cpu, number)
                assert (view["count"], view["free_factor"]) == (
                    pcp.count,
                    pcp.free_factor,
                )


def pick(rng: random.Random, mix: tuple[tuple[int, int], ...]) -> int:
    values, weights = zip(*mix, strict=True)
    return int(rng.choices(values, weights)[0])


def step(pair: Pair, rng: random.Random, appetite: float, orders: object) -> str:
    """One operation; returns what it was, for the message of a failure."""
    cpu = rng.randrange(pair.core.nr_cpus)
    roll = rng.random()
    if roll < 0.01:
        pair.drain(cpu)
        return f"drain {cpu}"
    if roll < 0.013:
        pair.drain_all()
        return "drain_all"
    if roll < 0.04:
        pair.fold(cpu)
        return f"fold {cpu}"
    if roll < 0.06:
        large = [at for at, item in enumerate(pair.held) if 0 < item[1] < 6]
        if large:
            pair.split(rng.choice(large), cpu)
        return "split"
    if rng.random() < appetite:
        gfp = pick(rng, GFP_MIX)
        if rng.random() < 0.06:
            nr = rng.choice((0, 1, 2, 5, 17, 60))
            pair.alloc_bulk(gfp, nr, cpu)
            return f"bulk {gfp:#x} {nr} cpu {cpu}"
        order = pick(rng, orders)
        pair.alloc(gfp, order, cpu)
        return f"alloc {gfp:#x} {order} cpu {cpu}"
    if rng.random() < 0.1:
        pair.free_list(rng, rng.randrange(1, 40), cpu)
        return "free_list"
    if pair.held:
        pair.free(rng.randrange(len(pair.held)), cpu)
    return "free"


@cache
def run(profile: str, layout: str, seed: int) -> Counter[str]:
    """One random run; the counts of the twin's paths."""
    rng = random.Random(f"{layout} {seed}")
    pair = Pair(profile, start_text(LAYOUTS[layout], rng))
    pair.compare()
    done = ""
    for number in range(STEPS):
        if number % 250 == 0:
            # Fill, stay at the edge, let go; large blocks in some phases.
            appetite = rng.choice((0.85, 0.85, 0.6, 0.5, 0.15))
            orders = ORDER_MIX + (LARGE_ORDERS if rng.random() < 0.6 else ())
        try:
            done = step(pair, rng, appetite, orders)
            if number % COMPARE == COMPARE - 1:
                pair.compare()
        except Exception as error:
            error.add_note(
                f"profile {profile}, {layout}, seed {seed}, step {number}, "
                f"after {done!r}"
            )
            raise
    pair.compare()
    pair.compare_views()
    return pair.paths


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("profile", PROFILES)
def test_core_and_twin_agree(profile: str, layout: str, seed: int) -> None:
    run(profile, layout, seed)


WANTED = (
    *(f"fallback {start} to {mt}" for start, mt in permutations(range(3), 2)),
    *(f"fallback, ownership {owner}" for owner in range(2)),
    *(f"drain of order {order}" for order in (0, 1, 2, 3, 9)),
    *(f"drain of type {mt}" for mt in (UNMOVABLE, MOVABLE, RECLAIMABLE, HIGHATOMIC)),
    *(f"served by zone {number} of the walk" for number in range(4)),
    *(
        f"slow path, {kind}: {result}"
        for kind in ("blocking", "atomic", "nowait")
        for result in ("served", "failed")
    ),
    "NOFRAGMENT took a lower zone",
    "block of the reserve",
    "boost",
    "bulk",
    "bulk, single",
    "fallback of a large block",
    "fallback, whole pageblock or less",
    "fold",
    "free into the reserve",
    "last attempt",
    "mm_page_free_batched",
    "no watermarks",
    "pageblock given back",
    "pageblock reserved",
    "split",
)


@pytest.mark.skipif(len(SEEDS) * STEPS < 20000, reason="too few steps for all paths")
@pytest.mark.parametrize("profile", PROFILES)
def test_every_path_is_taken(profile: str) -> None:
    paths: Counter[str] = Counter()
    for layout in LAYOUTS:
        for seed in SEEDS:
            paths += run(profile, layout, seed)
    assert not {path for path in WANTED if not paths[path]}


# The recordings in tests/data, on the twin alone


DATA = Path(__file__).parent / "data"
BUNDLES = sorted(path.parent for path in DATA.glob("*/trace.txt.xz"))


def recorded_events(bundle: Path, state: str) -> np.ndarray:
    words = state.split()
    reader = _core.TraceReader(
        "6.1", vmemmap=int(words[words.index("vmemmap") + 1], 16), page_size=64
    )
    reader.feed(lzma.decompress((bundle / "trace.txt.xz").read_bytes()))
    reader.finish()
    return np.asarray(reader.take()[0])


def shown_by_kernel(event: np.void) -> tuple[object, ...] | None:
    """A recorded event as the twin names it; None where the twin shows nothing."""
    name = _core.OPS[event["op"]][0]
    pfn, order, mt = int(event["addr"]), int(event["order"]), int(event["migratetype"])
    if name == "mm_page_free_batched":
        return name, pfn
    if name == "mm_page_free":
        return name, pfn, order
    if name in ("mm_page_alloc", "mm_page_pcpu_drain"):
        return name, pfn, order, mt
    if name == "mm_page_alloc_zone_locked":
        return name, pfn, order, mt, int(event["arg"])
    return None


def batched_frees(events: list[tuple[object, ...] | None]) -> set[int]:
    """Which mm_page_free are the first half of a batch's: a batched line follows."""
    waiting: set[object] = set()
    first: set[int] = set()
    for number in range(len(events) - 1, -1, -1):
        event = events[number]
        if event is None:
            continue
        if event[0] == "mm_page_free_batched":
            waiting.add(event[1])
        elif event[0] == "mm_page_free" and event[1] in waiting:
            waiting.remove(event[1])
            first.add(number)
    return first


def replay(twin: PageAllocator, events: np.ndarray) -> None:
    """Makes the recorded calls, all on CPU 0. Frees name the recorded frames."""
    movable = twin.zones[0].movable
    shown = [shown_by_kernel(event) for event in events]
    first_halves = batched_frees(shown)
    in_bulk = False
    for number, event in enumerate(events):
        name = _core.OPS[event["op"]][0]
        pfn, order, gfp = int(event["addr"]), int(event["order"]), int(event["gfp"])
        if name == "bulk_enter":
            twin.alloc_pages_bulk(gfp, int(event["arg"]))
            in_bulk = True
        elif name == "bulk_exit":
            in_bulk = False
        elif name == "vmfold":
            twin.fold(0)
        elif name == "mm_page_alloc" and not in_bulk:
            got = twin.alloc_pages(gfp, order)
            if got is not None and is_lru(gfp):
                movable.update(range(got, got + (1 << order)))
        elif name == "mm_page_free":
            movable.difference_update(range(pfn, pfn + (1 << order)))
            twin.free_prepare(pfn, order)
            if number not in first_halves:
                twin.free_commit(pfn, order)
        elif name == "mm_page_free_batched":
            twin.free_batched_commit(pfn)


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda path: path.name)
def test_twin_repeats_the_recording(bundle: Path) -> None:
    """Every line that a real kernel printed, in its order."""
    state = lzma.decompress((bundle / "state.start.txt.xz").read_bytes()).decode()
    twin = load(state, "6.1L")
    twin.waits_for_reclaim = False
    events = recorded_events(bundle, state)
    replay(twin, events)
    mine = [e for e in twin.take_events() if e[0] != "mm_page_alloc_extfrag"]
    kernel = [e for e in map(shown_by_kernel, events) if e is not None]
    for number, (ours, recorded) in enumerate(zip(mine, kernel, strict=False)):
        assert ours == recorded, f"event {number} of {len(kernel)}"
    assert len(mine) == len(kernel)
    assert len(kernel) > 10000
