# SPDX-License-Identifier: GPL-2.0-only
"""The slabs of the C core against their slow twin: the same random operations.

Both must return the same addresses at every step; every few bursts, and at the end,
each cache's lists, slabs and chains must be equal. On one node of 6.1 the pages are
those of the page allocator's twin too, down to the last per-CPU list; elsewhere the
core's pages are told to the twin. A difference names the seed and the burst:

    BUDDYALLOC_SEEDS=7 pytest tests/test_against_reference_slub.py   that seed alone
    BUDDYALLOC_SEEDS=100-199 BUDDYALLOC_BURSTS=2000 BUDDYALLOC_COMPARE=1 pytest ...

A range of seeds, bursts of each run (of up to two dozen operations each), bursts
between two comparisons.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from reference.differences import differences
from reference.kmalloc import (
    MAX_CACHE_SIZE,
    ZERO_SIZE_PTR,
    Kmalloc,
    class_index,
    kind_of,
)
from reference.slab_layout import (
    SLAB_ACCOUNT,
    SLAB_HWCACHE_ALIGN,
    SLAB_POISON,
    SLAB_RECLAIM_ACCOUNT,
    SLAB_RED_ZONE,
    SLAB_STORE_USER,
    SLAB_TYPESAFE_BY_RCU,
)
from reference.slub import (
    NO_NODE,
    Cache,
    OneNode,
    Pages,
    Slab,
    SlabError,
    dump_cache,
)
from reference.state import load

from buddyalloc import _core

BURSTS = int(os.environ.get("BUDDYALLOC_BURSTS", "1000"))
COMPARE = int(os.environ.get("BUDDYALLOC_COMPARE", "25"))
FIRST_SEED, _, LAST_SEED = os.environ.get("BUDDYALLOC_SEEDS", "1-17").partition("-")
SEEDS = range(int(FIRST_SEED), int(LAST_SEED or FIRST_SEED) + 1)

KERNEL, ATOMIC, NOWAIT = 0xCC0, 0xA20, 0x800
ZERO, DMA, RECLAIMABLE, THISNODE, ACCOUNT = 0x100, 0x1, 0x10, 0x200000, 0x400000
GFP_MIX = (KERNEL, KERNEL, KERNEL, KERNEL | ZERO, KERNEL | ACCOUNT, ATOMIC, NOWAIT)
KIND_MIX = (0, 0, 0, RECLAIMABLE, DMA, ACCOUNT)
PAGE_SHIFT = 12


@dataclass(frozen=True)
class Layout:
    """`told`: the twin's pages are the core's, not those of a twin of its own.

    `short`: memory is in pieces and runs out. Where a random list began in a slab
    that a failed bulk made and filled again, nobody sees, so bulks are then of caches
    without.
    """

    profile: str
    pages: int
    cpus: int = 1
    nodes: int = 1
    told: bool = False
    short: bool = False


LAYOUTS = {
    "one CPU": Layout("6.1L", 8192),
    "three CPUs": Layout("6.1L", 8192, 3),
    "short of memory": Layout("6.1L", 2560, 2, short=True),
    "two nodes": Layout("6.1L", 65536, 4, 2, told=True),
    "6.12": Layout("6.12L", 16384, 2, told=True),
    "6.12, two nodes": Layout("6.12L", 65536, 4, 2, told=True),
}
# Object size, alignment and flags of the caches that a run chooses from.
KINDS = (
    (8, 0, 0),
    (24, 0, SLAB_HWCACHE_ALIGN),
    (64, 0, 0),
    (188, 0, SLAB_RECLAIM_ACCOUNT),
    (192, 0, SLAB_RECLAIM_ACCOUNT),
    (200, 0, SLAB_TYPESAFE_BY_RCU),
    (256, 64, 0),
    (512, 0, SLAB_ACCOUNT),
    (1000, 0, SLAB_POISON),
    (1024, 0, SLAB_HWCACHE_ALIGN),
    (40, 0, SLAB_RED_ZONE),
    (300, 0, SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER),
    (2048, 0, 0),
    (3000, 0, 0),
    (4096, 0, 0),
    (6720, 64, 0),
    (9000, 0, 0),
)
SIZES = (0, 1, 8, 9, 64, 65, 96, 100, 192, 193, 500, 1000, 2049, 8192, 8193, 20000)


class ToldPages:
    """Pages that the core has just taken, in its order: (first frame, order)."""

    def __init__(self, node_pages: int) -> None:
        self.node_pages = node_pages
        self.taken: list[tuple[int, int]] = []

    def alloc(self, gfp: int, order: int, node: int, cpu: int) -> int | None:
        if not self.taken or self.taken[0][1] != order:
            return None
        return self.taken.pop(0)[0]

    def free(self, pfn: int, order: int, cpu: int) -> None:
        pass

    def node_of(self, pfn: int) -> int:
        return pfn // self.node_pages


class Watched(Kmalloc):
    """The twin; `paths` counts the paths that it took."""

    paths: Counter[str]

    def new_slab(self, cache: Cache, gfp: int, node: int, cpu: int) -> Slab | None:
        slab = super().new_slab(cache, gfp, node, cpu)
        if slab is None:
            self.paths["no slab"] += 1
        else:
            fallback = slab.objects < cache.layout.objects
            self.paths["new slab, fallback" if fallback else "new slab"] += 1
        return slab

    def get_partial_node(self, cache: Cache, node: int, cpu: int) -> Slab | None:
        before = len(cache.cpus[cpu].partial)
        slab = super().get_partial_node(cache, node, cpu)
        if slab is not None:
            home = self.cpu_node[cpu] == node
            self.paths["from the node" if home else "from another node"] += 1
            self.paths["stack filled"] += len(cache.cpus[cpu].partial) > before
            self.paths["debugging, from the node"] += cache.debug
        return slab

    def pop_stack(self, cache: Cache, node: int, cpu: int) -> bool:
        had = bool(cache.cpus[cpu].partial)
        found = super().pop_stack(cache, node, cpu)
        self.paths["from the stack"] += found
        self.paths["stack of another node"] += had and not found
        return found

    def put_partials(self, slabs: list[Slab], cpu: int) -> None:
        self.paths["stack to the node"] += bool(slabs)
        super().put_partials(slabs, cpu)

    def deactivate(self, slab: Slab, cpu_free: list[int], cpu: int) -> None:
        self.paths["deactivated after remote frees"] += bool(slab.free)
        super().deactivate(slab, cpu_free, cpu)

    def free_slow(self, slab: Slab, objs: list[int], cpu: int) -> None:
        self.paths["free into a CPU's slab"] += slab.frozen
        super().free_slow(slab, objs, cpu)

    def discard(self, slab: Slab, cpu: int) -> None:
        self.paths["slab given back"] += 1
        self.paths["debugging, slab given back"] += slab.cache.debug
        super().discard(slab, cpu)


@dataclass
class Shared:
    """One name of a cache, as both know it."""

    name: str
    twin: Cache
    core: _core.KmemCache


class Pair:
    """The core and the twin on the same operations."""

    def __init__(self, layout: Layout, rng: random.Random) -> None:
        self.layout = layout
        self.rng = rng
        self.core = _core.Machine(
            layout.pages << PAGE_SHIFT,
            cpus=layout.cpus,
            nodes=layout.nodes,
            profile=layout.profile,
        )
        pages: Pages
        self.told = ToldPages(layout.pages // layout.nodes)
        if layout.told:
            pages = self.told
        else:
            text = self.core.state_text()
            self.core = _core.Machine._from_state_text(
                text, profile=layout.profile, settings={"compaction": 0}
            )
            self.page_twin = load(text.decode(), layout.profile)
            pages = OneNode(self.page_twin)
        self.twin = Watched(
            pages,
            layout.profile.removesuffix("L"),
            layout.cpus,
            layout.nodes,
            [cpu * layout.nodes // layout.cpus for cpu in range(layout.cpus)],
        )
        self.twin.waits_for_readers = False
        self.twin.paths = Counter()
        self.caches: list[Shared] = []
        self.classes = [
            Shared(cache.name, cache, _core.KmemCache(self.core, cache.name))
            for cache in self.twin.caches
        ]
        self.made = 0
        self.objects: list[tuple[int, Shared]] = []
        self.blocks: list[int] = []
        self.operations = 0

    def fragment(self) -> None:
        """Takes all pages one by one, and gives half of them back."""
        pfns: list[int] = []
        while (pfn := self.core.alloc_pages(NOWAIT)) is not None:
            assert self.page_twin.alloc_pages(NOWAIT, 0) == pfn
            pfns.append(pfn)
        assert self.page_twin.alloc_pages(NOWAIT, 0) is None
        self.rng.shuffle(pfns)
        for pfn in pfns[: len(pfns) // 2]:
            self.core.free_pages(pfn)
            self.page_twin.free_pages(pfn, 0)

    # Caches

    def create(self) -> None:
        size, align, flags = self.rng.choice(KINDS)
        ctor = self.rng.random() < 0.05
        usersize = 8 if self.rng.random() < 0.3 else 0
        self.made += 1
        name = f"cache{self.made}"
        core = self.core.kmem_cache_create(
            name, size, align, flags, ctor=ctor, usersize=usersize
        )
        twin = self.twin.create(name, size, align, flags, ctor, usersize=usersize)
        merged = twin.name != name
        assert (core.alias_of is not None) == merged
        self.twin.paths["merged"] += merged
        assert core.objs_per_slab == twin.layout.objects
        if not merged and twin.layout.objects > 1 and self.rng.random() < 0.5:
            sequence = list(range(twin.layout.objects))
            self.rng.shuffle(sequence)
            twin.random_seq = sequence
            core.set_random_sequence(sequence)
        self.caches.append(Shared(name, twin, core))

    def destroy(self) -> None:
        shared = self.rng.choice(self.caches)
        if shared.twin.refcount == 1 and any(
            slab.live for slab in shared.twin.slabs.values()
        ):
            return
        cpu = self.cpu()
        shared.core.destroy(cpu)
        assert self.twin.destroy(shared.twin, cpu) == []
        self.caches.remove(shared)
        for other in self.caches:
            if other.twin is shared.twin:
                self.objects = [
                    (addr, other if of is shared else of) for addr, of in self.objects
                ]
                break
        self.create()

    # What the core did that the twin cannot know

    def tell(self, addresses: list[int], cache: Cache | None) -> None:
        """Frames of new slabs and blocks, and where their random lists began."""
        new: dict[int, tuple[int, int]] = {}
        for addr in addresses:
            pfn = (addr - self.twin.page_offset) >> PAGE_SHIFT
            if pfn in self.twin.slab_at:
                continue
            head, order = self.block_at(pfn, cache)
            new.setdefault(head, (order, addr))
        self.told.taken = [(head, order) for head, (order, _) in new.items()]
        if cache is not None and cache.random_seq is not None:
            start = self.twin.page_offset + cache.layout.red_left_pad
            cache.starts.clear()
            for head, (_, addr) in new.items():
                obj = (addr - start - (head << PAGE_SHIFT)) // cache.layout.size
                cache.starts.append(cache.random_seq.index(obj))

    def block_at(self, pfn: int, cache: Cache | None) -> tuple[int, int]:
        """First frame and order of the block that holds a frame."""
        orders = {0}
        if cache is None:
            orders = set(range(_core.NR_ORDERS))
        else:
            orders = {cache.layout.order, cache.layout.min_order}
        for order in sorted(orders, reverse=True):
            head = pfn >> order << order
            frame = np.asarray(self.core.frames(head, 1))[0]
            if frame["flags"] & _core.FRAME_HEAD and frame["order"] == order:
                return head, order
        raise AssertionError(f"no block holds frame {pfn:#x}")

    # Operations

    def cpu(self) -> int:
        return self.rng.randrange(self.layout.cpus)

    def node(self) -> int | None:
        """A node that a request may name; the last one does not exist."""
        if self.layout.nodes == 1 or self.rng.random() < 0.6:
            return None
        return self.rng.randrange(self.layout.nodes)

    def gfp(self) -> int:
        gfp = self.rng.choice(GFP_MIX)
        thisnode = self.layout.nodes > 1 and self.rng.random() < 0.1
        return gfp | THISNODE if thisnode else gfp

    def alloc(self) -> None:
        shared = self.rng.choice(self.caches)
        cpu, node, gfp = self.cpu(), self.node(), self.gfp()
        for _ in range(self.rng.randrange(1, 24)):
            mine = shared.core.alloc(gfp, cpu=cpu, node=node)
            self.tell([] if mine is None else [mine], shared.twin)
            theirs = self.twin.alloc(
                shared.twin, gfp, NO_NODE if node is None else node, cpu
            )
            assert mine == theirs
            self.operations += 1
            if mine is not None:
                self.objects.append((mine, shared))

    def alloc_bulk(self) -> None:
        shared = self.rng.choice(self.caches)
        if self.layout.short and shared.twin.random_seq is not None:
            return
        cpu, gfp, nr = self.cpu(), self.gfp(), self.rng.randrange(1, 60)
        mine = np.asarray(shared.core.alloc_bulk(nr, gfp, cpu=cpu)).tolist()
        self.tell(mine, shared.twin)
        assert mine == self.twin.alloc_bulk(shared.twin, nr, gfp, cpu)
        self.twin.paths["bulk"] += bool(mine)
        self.twin.paths["bulk failed"] += not mine
        self.operations += nr
        self.objects += [(addr, shared) for addr in mine]

    def free(self) -> None:
        cpu = self.cpu()
        for _ in range(min(len(self.objects), self.rng.randrange(1, 24))):
            at = len(self.objects) - 1
            if self.rng.random() < 0.6:
                at = self.rng.randrange(len(self.objects))
            self.objects[at], self.objects[-1] = self.objects[-1], self.objects[at]
            addr, shared = self.objects.pop()
            shared.core.free(addr, cpu=cpu)
            self.twin.free(shared.twin, addr, cpu)
            self.operations += 1

    def free_bulk(self) -> None:
        shared = self.rng.choice(self.caches)
        cpu, nr = self.cpu(), self.rng.randrange(1, 80)
        mine = [addr for addr, of in self.objects if of is shared]
        if self.rng.random() < 0.5:
            self.rng.shuffle(mine)
        chosen = mine[-nr:]
        gone = set(chosen)
        self.objects = [item for item in self.objects if item[0] not in gone]
        shared.core.free_bulk(np.array(chosen, np.uint64), cpu=cpu)
        self.twin.free_bulk(shared.twin, chosen, cpu)
        self.operations += len(chosen)

    def class_of(self, size: int, gfp: int) -> Cache | None:
        if not 0 < size <= MAX_CACHE_SIZE:
            return None
        return self.twin.classes[kind_of(gfp), class_index(size)]

    def kmalloc(self) -> None:
        cpu, node = self.cpu(), self.node()
        gfp = self.gfp() | self.rng.choice(KIND_MIX)
        size = self.rng.choice((*SIZES, self.rng.randrange(1, 3000)))
        mine = self.core.kmalloc(size, gfp, cpu=cpu, node=node)
        told = [] if mine in (None, ZERO_SIZE_PTR) else [mine]
        self.tell(told, self.class_of(size, gfp))
        theirs = self.twin.kmalloc(size, gfp, NO_NODE if node is None else node, cpu)
        assert mine == theirs
        self.blocks += told
        self.operations += 1

    def krealloc(self) -> None:
        if not self.blocks:
            return
        cpu, gfp, size = self.cpu(), self.gfp(), self.rng.choice(SIZES)
        at = self.rng.randrange(len(self.blocks))
        addr = self.blocks.pop(at)
        assert self.core.ksize(addr) == self.twin.ksize(addr)
        mine = self.core.krealloc(addr, size, gfp, cpu=cpu)
        told = [] if mine in (None, ZERO_SIZE_PTR) else [mine]
        self.tell([] if mine == addr else told, self.class_of(size, gfp))
        assert mine == self.twin.krealloc(addr, size, gfp, cpu)
        self.twin.paths["krealloc in place"] += mine == addr
        self.twin.paths["krealloc moves"] += mine not in (addr, None, ZERO_SIZE_PTR)
        self.blocks += [addr] if mine is None else told
        self.operations += 1

    def kfree(self) -> None:
        cpu = self.cpu()
        for _ in range(min(len(self.blocks), self.rng.randrange(1, 24))):
            addr = self.blocks.pop(self.rng.randrange(len(self.blocks)))
            self.core.kfree(addr, cpu=cpu)
            self.twin.kfree(addr, cpu)
            self.operations += 1

    def kfree_bulk(self) -> None:
        cpu, nr = self.cpu(), self.rng.randrange(1, 60)
        small = [addr for addr in self.blocks if addr not in self.twin.large]
        chosen = self.rng.sample(small, min(nr, len(small)))
        gone = set(chosen)
        self.blocks = [addr for addr in self.blocks if addr not in gone]
        self.core.kfree_bulk(np.array(chosen, np.uint64), cpu=cpu)
        self.twin.free_bulk(None, chosen, cpu)
        self.operations += len(chosen)

    def free_wrongly(self) -> None:
        """A free object, one of another cache, and what is no object at all."""
        if not self.objects:
            return
        addr, shared = self.rng.choice(self.objects)
        slab, _ = self.twin.find(addr)
        wrong = [addr + 4, self.twin.page_offset + (slab.pfn << PAGE_SHIFT) - 8]
        if slab.free:
            wrong.append(self.twin.address(slab, self.rng.choice(slab.free)))
        for other in self.caches:
            if other.twin is not shared.twin:
                self.refuse(other, addr)
        for place in wrong:
            self.refuse(shared, place)
        self.operations += 1

    def refuse(self, shared: Shared, addr: int) -> None:
        with pytest.raises(_core.SlabError):
            shared.core.free(addr)
        with pytest.raises(SlabError):
            self.twin.free(shared.twin, addr)

    def shrink(self) -> None:
        shared = self.rng.choice(self.caches + self.classes)
        cpu = self.cpu()
        assert shared.core.shrink(cpu) != self.twin.shrink(shared.twin, cpu)
        self.operations += 1

    def flush(self) -> None:
        shared = self.rng.choice(self.caches + self.classes)
        cpu = self.cpu()
        shared.core.flush(cpu)
        self.twin.flush_cpu(shared.twin, cpu)
        self.operations += 1

    # Comparing

    def compare(self) -> None:
        assert self.core.check() is None
        for shared in {
            id(one.twin): one for one in self.caches + self.classes
        }.values():
            mine, theirs = core_state(shared.core), dump_cache(shared.twin)
            for slab in theirs["slabs"].values():
                del slab["frozen"]
            found = differences(mine, theirs, shared.name)
            assert not found, "core != twin:\n" + "\n".join(found)
        if self.layout.told:
            return
        pages = load(self.core.state_text().decode(), self.layout.profile)
        found = differences(pages.dump(), self.page_twin.dump(), "pages")
        assert not found, "core != twin:\n" + "\n".join(found)


def core_state(cache: _core.KmemCache) -> dict[str, object]:
    """The core's lists as the twin shows its own."""
    state = cache.state()
    return {
        "refcount": state["refcount"],
        "cpu": [(slab, list(free)) for slab, free in state["cpu"]],
        "cpu_partial": state["cpu_partial"],
        "partial": list(state["partial"].values()),
        "slabs": {
            pfn: {key: slab[key] for key in ("order", "objects", "inuse", "node")}
            | {"free": slab["freelist"], "live": slab["used"]}
            for pfn, slab in state["slabs"].items()
        },
    }


# The runs

GROWING = (
    ("alloc", 30),
    ("alloc_bulk", 6),
    ("kmalloc", 14),
    ("krealloc", 3),
    ("free", 6),
    ("free_bulk", 3),
    ("kfree", 1),
    ("kfree_bulk", 1),
    ("free_wrongly", 1),
    ("shrink", 1),
    ("flush", 1),
    ("destroy", 1),
)
SHRINKING = (
    ("alloc", 10),
    ("alloc_bulk", 2),
    ("kmalloc", 8),
    ("krealloc", 3),
    ("free", 40),
    ("free_bulk", 4),
    ("kfree", 10),
    ("kfree_bulk", 3),
    ("free_wrongly", 1),
    ("shrink", 1),
    ("flush", 1),
    ("destroy", 1),
)


@cache
def run(name: str, seed: int) -> tuple[Counter[str], int]:
    """Paths that the twin took, and how many operations there were."""
    rng = random.Random(f"{name} {seed}")
    pair = Pair(LAYOUTS[name], rng)
    if pair.layout.short:
        pair.fragment()
    for _ in range(10):
        pair.create()
    target = 0
    for burst in range(BURSTS):
        if burst % 50 == 0:
            target = rng.choice((20, 200, 1500, 5000))
        few = len(pair.objects) + len(pair.blocks) < target
        mix = GROWING if few else SHRINKING
        (chosen,) = rng.choices([op for op, _ in mix], [weight for _, weight in mix])
        try:
            getattr(pair, chosen)()
            if burst % COMPARE == 0 or burst == BURSTS - 1:
                pair.compare()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, burst {burst}, {chosen}") from error
    return pair.twin.paths, pair.operations


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", LAYOUTS)
def test_core_and_twin_agree(name: str, seed: int) -> None:
    run(name, seed)


WANTED = (
    "bulk",
    "bulk failed",
    "deactivated after remote frees",
    "debugging, from the node",
    "debugging, slab given back",
    "free into a CPU's slab",
    "from another node",
    "from the node",
    "from the stack",
    "krealloc in place",
    "krealloc moves",
    "merged",
    "new slab",
    "new slab, fallback",
    "no slab",
    "slab given back",
    "stack filled",
    "stack of another node",
    "stack to the node",
)


@pytest.mark.skipif(len(SEEDS) * BURSTS < 17000, reason="fewer bursts than by default")
def test_a_million_operations_take_every_path() -> None:
    paths: Counter[str] = Counter()
    operations = 0
    for name in LAYOUTS:
        for seed in SEEDS:
            taken, nr = run(name, seed)
            paths += taken
            operations += nr
    assert operations >= 1_000_000
    assert not {path for path in WANTED if not paths[path]}
