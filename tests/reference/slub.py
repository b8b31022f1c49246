# SPDX-License-Identifier: GPL-2.0-only
"""SLUB: caches, slabs, and the lists on which slabs stand.

Models ___slab_alloc, __slab_free, deactivate_slab, get_partial_node,
put_cpu_partial, __unfreeze_partials / __put_partials, allocate_slab,
__kmem_cache_do_shrink, __kmem_cache_shutdown, build_detached_freelist of mm/slub.c
and find_mergeable of mm/slab_common.c, Linux 6.1 and 6.12.

    one CPU      slab ──► free ...        objects that only this CPU may take
                 partial ──► slab ──► slab            a stack, newest first
    one node     partial ──► slab ──► slab ──► ...    a list, head first
    on no list   full slabs

    alloc:  cpu free list, the slab's own free list, cpu stack, node list,
            other nodes' lists, new slab
    free:   into the cpu slab, or onto the slab's own list; a full slab goes on the
            cpu stack, and when that overflows the stack goes to the node

An object is a number in its slab; outside, it is a kernel address.

Simplified: a page from the emergency reserves is like any other; no KFENCE, no KASAN
quarantine; a slab's page is given back at once, except that slabs of a
TYPESAFE_BY_RCU cache wait for grace_period(). The coin that 6.1 and 6.12 toss before
they look at other nodes always says yes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from .page_alloc import PageAllocator
from .slab_layout import (
    PAGE_SIZE,
    SLAB_DEBUG,
    SLAB_MERGE_SAME,
    SLAB_NEVER_MERGE,
    SLAB_TYPESAFE_BY_RCU,
    WORD,
    Layout,
    alignment,
    layout,
    round_up,
)

VERSIONS = ("6.1", "6.12")
NO_NODE = -1
PAGE_OFFSET = 0xFFFF888000000000
SHRINK_PROMOTE_MAX = 32
LOOK_AHEAD = 3

GFP_DIRECT_RECLAIM = 0x400
GFP_RECLAIM = 0xC00
GFP_NOWARN = 0x2000
GFP_NOFAIL = 0x8000
GFP_NORETRY = 0x10000
GFP_NOMEMALLOC = 0x80000
GFP_THISNODE = 0x200000
GFP_KERNEL = 0xCC0
NOWAIT_612 = 0x2800
# RECLAIM HIGH IO FS NOWARN RETRY_MAYFAIL NOFAIL NORETRY MEMALLOC NOMEMALLOC HARDWALL
# THISNODE, in 6.1 also ATOMIC: what a request may say about a slab's pages.
GFP_OF_REQUEST = {"6.1": 0x3BEEE0, "6.12": 0x3BECE0}


class Pages(Protocol):
    """Where slabs come from. `node` may be NO_NODE."""

    def alloc(self, gfp: int, order: int, node: int, cpu: int) -> int | None: ...
    def free(self, pfn: int, order: int, cpu: int) -> None: ...
    def node_of(self, pfn: int) -> int: ...


class OneNode:
    """The pages of a PageAllocator."""

    def __init__(self, allocator: PageAllocator) -> None:
        self.allocator = allocator

    def alloc(self, gfp: int, order: int, node: int, cpu: int) -> int | None:
        return self.allocator.alloc_pages(gfp, order, cpu)

    def free(self, pfn: int, order: int, cpu: int) -> None:
        self.allocator.free_pages(pfn, order, cpu)

    def node_of(self, pfn: int) -> int:
        return 0


class SlabError(Exception):
    """An object that is freed is not in use, or is no object of that cache."""


@dataclass(eq=False)
class Slab:
    """`free` is the slab's own list, head first; `live` are the objects in use.

    `inuse` counts as the kernel does: objects on a cpu free list are in use.
    """

    cache: Cache
    pfn: int
    order: int
    objects: int
    node: int
    free: list[int] = field(default_factory=list)
    live: set[int] = field(default_factory=set)
    inuse: int = 0
    frozen: bool = False


@dataclass
class CpuCache:
    slab: Slab | None = None
    free: list[int] = field(default_factory=list)
    partial: list[Slab] = field(default_factory=list)


@dataclass(eq=False)
class Cache:
    """`random_seq` is the order that threads a new slab's list; None: ascending.

    `starts` are the places in it where the next new slabs begin; 0 once used up.
    """

    name: str
    flags: int
    layout: Layout
    ctor: bool
    usersize: int
    cpus: list[CpuCache]
    partial: list[list[Slab]]
    refcount: int = 1
    aliases: list[str] = field(default_factory=list)
    slabs: dict[int, Slab] = field(default_factory=dict)
    random_seq: list[int] | None = None
    starts: deque[int] = field(default_factory=deque)

    @property
    def debug(self) -> bool:
        return bool(self.flags & SLAB_DEBUG)

    def nr_slabs(self, node: int) -> int:
        return sum(slab.node == node for slab in self.slabs.values())


class Slub:
    """All caches of a machine.

    `caches` is newest first. `slab_at[pfn]` is the slab that holds a frame.
    `order_cpus` is the number of CPUs that decides the order of slabs. With
    `waits_for_readers` off, slabs of TYPESAFE_BY_RCU caches do not wait either.
    """

    def __init__(
        self,
        pages: Pages,
        version: str = "6.1",
        cpus: int = 1,
        nodes: int = 1,
        cpu_node: list[int] | None = None,
        order_cpus: int | None = None,
    ) -> None:
        if version not in VERSIONS:
            raise ValueError(f"no version {version!r}; there are {VERSIONS}")
        self.pages = pages
        self.version = version
        self.late = version == "6.12"
        self.cpus = cpus
        self.nodes = nodes
        self.cpu_node = cpu_node or [0] * cpus
        self.order_cpus = order_cpus or cpus
        self.page_offset = PAGE_OFFSET
        self.caches: list[Cache] = []
        self.slab_at: dict[int, Slab] = {}
        self.waiting: list[Slab] = []
        self.waits_for_readers = True

    # Caches

    def new_cache(
        self,
        name: str,
        object_size: int,
        align: int,
        flags: int,
        ctor: bool = False,
        usersize: int = 0,
        freeptr_offset: int | None = None,
    ) -> Cache:
        """A cache of its own; `align` is final."""
        cache = Cache(
            name,
            flags,
            layout(
                self.late,
                object_size,
                align,
                flags,
                ctor,
                self.order_cpus,
                freeptr_offset,
            ),
            ctor,
            usersize,
            [CpuCache() for _ in range(self.cpus)],
            [[] for _ in range(self.nodes)],
        )
        self.caches.insert(0, cache)
        return cache

    def create(
        self,
        name: str,
        object_size: int,
        align: int = 0,
        flags: int = 0,
        ctor: bool = False,
        useroffset: int = 0,
        usersize: int = 0,
        freeptr_offset: int | None = None,
    ) -> Cache:
        """kmem_cache_create: an older cache that suits, or a new one."""
        if (useroffset and not usersize) or useroffset + usersize > object_size:
            usersize = 0
        if not usersize and not ctor:
            twin = self.find_mergeable(object_size, align, flags)
            if twin is not None:
                twin.refcount += 1
                twin.aliases.append(name)
                old = twin.layout
                old.object_size = max(old.object_size, object_size)
                old.inuse = max(old.inuse, round_up(object_size, WORD))
                return twin
        align = alignment(flags, align, object_size)
        return self.new_cache(
            name, object_size, align, flags, ctor, usersize, freeptr_offset
        )

    def find_mergeable(self, object_size: int, align: int, flags: int) -> Cache | None:
        """The oldest cache whose objects are as good as new ones would be."""
        if flags & SLAB_NEVER_MERGE:
            return None
        size = round_up(object_size, WORD)
        align = alignment(flags, align, size)
        size = round_up(size, align)
        for cache in reversed(self.caches):
            if (
                not cache.flags & SLAB_NEVER_MERGE
                and not cache.ctor
                and not cache.usersize
                and cache.refcount >= 0
                and 0 <= cache.layout.size - size < WORD
                and cache.flags & SLAB_MERGE_SAME == flags & SLAB_MERGE_SAME
                and cache.layout.size & -align == cache.layout.size
            ):
                return cache
        return None

    # Addresses

    def address(self, slab: Slab, obj: int) -> int:
        place = slab.cache.layout.red_left_pad + obj * slab.cache.layout.size
        return self.page_offset + slab.pfn * PAGE_SIZE + place

    def find(self, addr: int) -> tuple[Slab, int]:
        """(slab, object) that begins at an address; SlabError if there is none."""
        slab = self.slab_at.get((addr - self.page_offset) // PAGE_SIZE)
        if slab is None:
            raise SlabError(f"{addr:#x} lies in no slab")
        place = addr - self.page_offset - slab.pfn * PAGE_SIZE
        place -= slab.cache.layout.red_left_pad
        obj, rest = divmod(place, slab.cache.layout.size)
        if rest or not 0 <= obj < slab.objects:
            raise SlabError(f"no object of {slab.cache.name} begins at {addr:#x}")
        return slab, obj

    # Allocating

    def alloc(
        self, cache: Cache, gfp: int = GFP_KERNEL, node: int = NO_NODE, cpu: int = 0
    ) -> int | None:
        """The address of an object, or None."""
        taken = self.take(cache, gfp, node, cpu)
        if taken is None:
            return None
        slab, obj = taken
        slab.live.add(obj)
        self.owned(slab, gfp, cpu)
        return self.address(slab, obj)

    def take(
        self, cache: Cache, gfp: int, node: int, cpu: int
    ) -> tuple[Slab, int] | None:
        mine = cache.cpus[cpu]
        if not (mine.slab and mine.free and self.matches(mine.slab, node)):
            if not 0 <= node < self.nodes:
                node = NO_NODE
            single = self.refill(cache, gfp, node, cpu)
            if single is not None:
                return single
            if mine.slab is None:
                return None
        assert mine.slab is not None
        return mine.slab, mine.free.pop(0)

    def matches(self, slab: Slab, node: int) -> bool:
        return node in (NO_NODE, slab.node)

    def refill(
        self, cache: Cache, gfp: int, node: int, cpu: int
    ) -> tuple[Slab, int] | None:
        """Gives the CPU a slab with free objects; no slab: out of memory.

        In a cache with debugging the CPU has no slab: one object comes at once.
        """
        if self.own_slab(cache, node, cpu):
            return None
        if self.pop_stack(cache, node, cpu):
            return None
        tries = [gfp]
        if self.late and node != NO_NODE and not gfp & GFP_THISNODE:
            tries.insert(0, NOWAIT_612 | GFP_THISNODE)
        for flags in tries:
            slab = self.get_partial(cache, flags, node, cpu)
            if slab is None:
                slab = self.new_slab(cache, flags, node, cpu)
                if slab is None:
                    continue
                if cache.debug:
                    return self.single_of_new(slab)
            elif cache.debug:
                return self.single_of_partial(slab)
            self.install(slab, cpu)
            return None
        return None

    def install(self, slab: Slab, cpu: int) -> None:
        """The slab, with all that is free in it, becomes the CPU's."""
        mine = slab.cache.cpus[cpu]
        if mine.slab is not None:
            self.flush_slab(slab.cache, cpu)
        mine.slab = slab
        mine.free = self.own_list(slab)

    def own_list(self, slab: Slab) -> list[int]:
        """Takes over the slab's own free list; an empty one lets the slab go."""
        taken, slab.free = slab.free, []
        slab.inuse = slab.objects
        slab.frozen = bool(taken)
        return taken

    def own_slab(self, cache: Cache, node: int, cpu: int) -> bool:
        """Whether the CPU's slab can still serve."""
        mine = cache.cpus[cpu]
        if mine.slab is None:
            return False
        if not self.matches(mine.slab, node):
            self.flush_slab(cache, cpu)
            return False
        if not mine.free:
            mine.free = self.own_list(mine.slab)
        if not mine.free:
            mine.slab = None
        return mine.slab is not None

    def pop_stack(self, cache: Cache, node: int, cpu: int) -> bool:
        """Whether the CPU's stack had a slab of this node; others leave it."""
        mine = cache.cpus[cpu]
        while mine.partial:
            slab = mine.partial.pop(0)
            if self.matches(slab, node):
                mine.slab = slab
                mine.free = self.own_list(slab)
                return True
            if self.late:
                self.put_partials([slab], cpu)
            else:
                self.deactivate(slab, [], cpu)
        return False

    def get_partial(self, cache: Cache, gfp: int, node: int, cpu: int) -> Slab | None:
        wanted = self.cpu_node[cpu] if node == NO_NODE else node
        slab = self.get_partial_node(cache, wanted, cpu)
        if slab is not None:
            return slab
        if node != NO_NODE and (not self.late or gfp & GFP_THISNODE):
            return None
        home = self.cpu_node[cpu]
        for distance in range(self.nodes):
            other = (home + distance) % self.nodes
            if len(cache.partial[other]) > cache.layout.min_partial:
                slab = self.get_partial_node(cache, other, cpu)
                if slab is not None:
                    return slab
        return None

    def get_partial_node(self, cache: Cache, node: int, cpu: int) -> Slab | None:
        """The head of a node's list; the next ones go on the CPU's stack."""
        partial = cache.partial[node]
        if not partial:
            return None
        if cache.debug:
            return partial[0]
        slab = partial.pop(0)
        limit = cache.layout.cpu_partial_slabs
        for _ in range(0 if self.late and limit == 0 else limit // 2 + 1):
            if not partial:
                break
            self.push_stack(partial.pop(0), cpu)
        return slab

    def push_stack(self, slab: Slab, cpu: int) -> None:
        slab.frozen = not self.late
        slab.cache.cpus[cpu].partial.insert(0, slab)

    def single_of_partial(self, slab: Slab) -> tuple[Slab, int]:
        obj = slab.free.pop(0)
        slab.inuse += 1
        if not slab.free:
            slab.cache.partial[slab.node].remove(slab)
        return slab, obj

    def single_of_new(self, slab: Slab) -> tuple[Slab, int]:
        obj = slab.free.pop(0)
        slab.inuse = 1
        if slab.free:
            slab.cache.partial[slab.node].insert(0, slab)
        return slab, obj

    # New slabs

    def new_slab(self, cache: Cache, gfp: int, node: int, cpu: int) -> Slab | None:
        """A slab of the cache's order, or of the least order if there is none."""
        lay = cache.layout
        base = gfp & GFP_OF_REQUEST[self.version] | lay.allocflags
        first = (base | GFP_NOWARN | GFP_NORETRY) & ~GFP_NOFAIL
        if first & GFP_DIRECT_RECLAIM and lay.order > lay.min_order:
            first = (first | GFP_NOMEMALLOC) & ~GFP_RECLAIM
        order, objects = lay.order, lay.objects
        pfn = self.pages.alloc(first, order, node, cpu)
        if pfn is None:
            order, objects = lay.min_order, lay.min_objects
            pfn = self.pages.alloc(base, order, node, cpu)
        if pfn is None:
            return None
        slab = Slab(cache, pfn, order, objects, self.pages.node_of(pfn))
        for frame in range(pfn, pfn + (1 << order)):
            self.slab_at[frame] = slab
        cache.slabs[pfn] = slab
        self.slab_made(slab, base, cpu)
        slab.free = self.thread(slab)
        return slab

    def thread(self, slab: Slab) -> list[int]:
        """The free list of a new slab."""
        seq = slab.cache.random_seq
        if seq is None or slab.objects < 2:
            return list(range(slab.objects))
        start = slab.cache.starts.popleft() if slab.cache.starts else 0
        return [obj for obj in seq[start:] + seq[:start] if obj < slab.objects]

    def slab_made(self, slab: Slab, gfp: int, cpu: int) -> None:
        """Called while a new slab is made (kmalloc.py)."""

    def slab_gone(self, slab: Slab, cpu: int) -> None:
        """Called before a slab's pages are freed."""

    def owned(self, slab: Slab, gfp: int, cpu: int) -> None:
        """Called when an object of this slab has been given out."""

    # Freeing

    def free(self, cache: Cache, addr: int, cpu: int = 0) -> None:
        """kmem_cache_free, which must name the object's cache."""
        slab, _ = self.find(addr)
        if slab.cache is not cache:
            raise SlabError(f"{addr:#x} is of {slab.cache.name}, not of {cache.name}")
        self.free_object(addr, cpu)

    def free_object(self, addr: int, cpu: int) -> None:
        slab, obj = self.find(addr)
        self.not_live(slab, [obj])
        self.free_list(slab, [obj], cpu)

    def not_live(self, slab: Slab, objs: list[int]) -> None:
        for obj in objs:
            if obj not in slab.live:
                raise SlabError(f"{self.address(slab, obj):#x} is free already")
            slab.live.remove(obj)

    def free_list(self, slab: Slab, objs: list[int], cpu: int) -> None:
        """Frees objects of one slab; objs[0] will be the first to be used again."""
        mine = slab.cache.cpus[cpu]
        if slab is mine.slab:
            mine.free[:0] = objs
        elif slab.cache.debug:
            self.free_debug(slab, objs, cpu)
        else:
            self.free_slow(slab, objs, cpu)

    def free_slow(self, slab: Slab, objs: list[int], cpu: int) -> None:
        was_full = not slab.free
        slab.free[:0] = objs
        slab.inuse -= len(objs)
        if slab.frozen:
            return
        if was_full:
            self.put_cpu_partial(slab, cpu)
            return
        partial = slab.cache.partial[slab.node]
        if slab.inuse or slab not in partial:
            return
        if len(partial) >= slab.cache.layout.min_partial:
            partial.remove(slab)
            self.discard(slab, cpu)

    def free_debug(self, slab: Slab, objs: list[int], cpu: int) -> None:
        """Slabs of a cache with debugging stand on the node's list or on none."""
        was_full = not slab.free
        slab.free[:0] = objs
        slab.inuse -= len(objs)
        partial = slab.cache.partial[slab.node]
        if not slab.inuse and len(partial) >= slab.cache.layout.min_partial:
            if not was_full:
                partial.remove(slab)
            self.discard(slab, cpu)
        elif was_full:
            partial.append(slab)

    def put_cpu_partial(self, slab: Slab, cpu: int) -> None:
        """A slab that was full goes on the stack; a stack too deep goes to the node."""
        mine = slab.cache.cpus[cpu]
        old: list[Slab] = []
        if mine.partial and len(mine.partial) >= slab.cache.layout.cpu_partial_slabs:
            old, mine.partial = mine.partial, []
        self.push_stack(slab, cpu)
        self.put_partials(old, cpu)

    def put_partials(self, slabs: list[Slab], cpu: int) -> None:
        """Slabs from a stack to their nodes' lists; what was met last is freed first.

        Nothing is freed before all the others stand on their lists.
        """
        empty: list[Slab] = []
        for slab in slabs:
            slab.frozen = False
            partial = slab.cache.partial[slab.node]
            if not slab.inuse and len(partial) >= slab.cache.layout.min_partial:
                empty.insert(0, slab)
            else:
                partial.append(slab)
        for slab in empty:
            self.discard(slab, cpu)

    def deactivate(self, slab: Slab, cpu_free: list[int], cpu: int) -> None:
        """A CPU gives up its slab, and with it the objects that only it could take."""
        remote_frees = bool(slab.free)
        slab.free[:0] = cpu_free
        slab.inuse -= len(cpu_free)
        slab.frozen = False
        partial = slab.cache.partial[slab.node]
        if not slab.inuse and len(partial) >= slab.cache.layout.min_partial:
            self.discard(slab, cpu)
        elif slab.free:
            partial.insert(len(partial) if remote_frees else 0, slab)

    def discard(self, slab: Slab, cpu: int) -> None:
        """Gives the slab's pages back, in a TYPESAFE_BY_RCU cache a little later."""
        del slab.cache.slabs[slab.pfn]
        if self.waits_for_readers and slab.cache.flags & SLAB_TYPESAFE_BY_RCU:
            self.waiting.append(slab)
        else:
            self.give_back(slab, cpu)

    def give_back(self, slab: Slab, cpu: int) -> None:
        self.slab_gone(slab, cpu)
        for frame in range(slab.pfn, slab.pfn + (1 << slab.order)):
            del self.slab_at[frame]
        self.pages.free(slab.pfn, slab.order, cpu)

    def grace_period(self, cpu: int = 0) -> None:
        """All that readers may have seen is unseen: the waiting slabs go."""
        slabs, self.waiting = self.waiting, []
        for slab in slabs:
            self.give_back(slab, cpu)

    # In bulk

    def alloc_bulk(
        self, cache: Cache, nr: int, gfp: int = GFP_KERNEL, cpu: int = 0
    ) -> list[int]:
        """nr objects or none."""
        got: list[tuple[Slab, int]] = []
        while len(got) < nr:
            taken = self.take(cache, gfp, NO_NODE, cpu)
            if taken is None:
                self.undo_bulk(got, cpu)
                return []
            got.append(taken)
        for slab, obj in got:
            slab.live.add(obj)
            self.owned(slab, gfp, cpu)
        return [self.address(slab, obj) for slab, obj in got]

    def undo_bulk(self, got: list[tuple[Slab, int]], cpu: int) -> None:
        for slab, objs in self.groups(list(got)):
            self.free_list(slab, objs if self.late else objs[::-1], cpu)

    def free_bulk(
        self, cache: Cache | None, addrs: Iterable[int], cpu: int = 0
    ) -> None:
        """kmem_cache_free_bulk: the last object is the first to be used again."""
        found = [self.find(addr) for addr in addrs]
        for slab, obj in found:
            if cache is not None and slab.cache is not cache:
                raise SlabError(f"an object of {slab.cache.name}, not of {cache.name}")
            self.not_live(slab, [obj])
        for slab, objs in self.groups(found):
            self.free_list(slab, objs[::-1], cpu)

    def groups(self, items: list[tuple[Slab, int]]) -> Iterable[tuple[Slab, list[int]]]:
        """Objects of one slab together, in their order, from the end of the array.

        From the last item backwards; three items of other slabs end a group. Items
        that join the group change places with the ones it leaves behind.
        """
        size = len(items)
        while size:
            same = size - 1
            slab, last = items[same]
            objs = [last]
            misses = 0
            for place in range(size - 2, -1, -1):
                if items[place][0] is slab:
                    objs.insert(0, items[place][1])
                    same -= 1
                    items[place], items[same] = items[same], items[place]
                else:
                    misses += 1
                    if misses == LOOK_AHEAD:
                        break
            size = same
            yield slab, objs

    # Flushing, shrinking, destroying

    def flush_slab(self, cache: Cache, cpu: int) -> None:
        mine = cache.cpus[cpu]
        slab, objs = mine.slab, mine.free
        mine.slab, mine.free = None, []
        if slab is not None:
            self.deactivate(slab, objs, cpu)

    def flush_cpu(self, cache: Cache, cpu: int) -> None:
        self.flush_slab(cache, cpu)
        stack, cache.cpus[cpu].partial = cache.cpus[cpu].partial, []
        self.put_partials(stack, cpu)

    def shrink(self, cache: Cache, cpu: int = 0) -> bool:
        """Gives back every empty slab; True if slabs remain.

        What stays on a node's list is sorted: fewest free objects first, of equals
        the later one first; slabs with more than 32 keep their order, at the end.
        """
        for owner in range(self.cpus):
            self.flush_cpu(cache, owner)
        for node in range(self.nodes):
            empty: list[Slab] = []
            few: list[list[Slab]] = [[] for _ in range(SHRINK_PROMOTE_MAX)]
            many: list[Slab] = []
            for slab in cache.partial[node]:
                free = slab.objects - slab.inuse
                if not slab.inuse:
                    empty.insert(0, slab)
                elif free <= SHRINK_PROMOTE_MAX:
                    few[free - 1].insert(0, slab)
                else:
                    many.append(slab)
            cache.partial[node] = [slab for slabs in few for slab in slabs] + many
            for slab in empty:
                self.discard(slab, cpu)
        return bool(cache.slabs)

    def destroy(self, cache: Cache, cpu: int = 0) -> list[int]:
        """Ends one use of a cache; with the last, the cache. Returns what leaks.

        The walk over the nodes ends at the first one where slabs remain.
        """
        cache.refcount -= 1
        if cache.refcount:
            return []
        for owner in range(self.cpus):
            self.flush_cpu(cache, owner)
        for node in range(self.nodes):
            empty = [slab for slab in cache.partial[node] if not slab.inuse]
            for slab in empty:
                cache.partial[node].remove(slab)
            for slab in reversed(empty):
                self.discard(slab, cpu)
            if cache.nr_slabs(node):
                break
        leaks = [
            self.address(slab, obj)
            for _, slab in sorted(cache.slabs.items())
            for obj in sorted(slab.live)
        ]
        if self.late or not cache.slabs:
            self.caches.remove(cache)
        return leaks

    # Looking

    def dump(self) -> dict[str, Any]:
        """Everything that decides the future, by cache, for comparing."""
        return {cache.name: dump_cache(cache) for cache in self.caches}


def dump_cache(cache: Cache) -> dict[str, Any]:
    """Lists run from the head; a slab is named by its first frame."""
    return {
        "refcount": cache.refcount,
        "cpu": [
            (mine.slab.pfn if mine.slab else None, list(mine.free))
            for mine in cache.cpus
        ],
        "cpu_partial": [[slab.pfn for slab in mine.partial] for mine in cache.cpus],
        "partial": [[slab.pfn for slab in slabs] for slabs in cache.partial],
        "slabs": {
            pfn: {
                "order": slab.order,
                "objects": slab.objects,
                "inuse": slab.inuse,
                "frozen": slab.frozen,
                "node": slab.node,
                "free": list(slab.free),
                "live": sorted(slab.live),
            }
            for pfn, slab in cache.slabs.items()
        },
    }
