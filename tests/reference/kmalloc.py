# SPDX-License-Identifier: GPL-2.0-only
"""kmalloc and its relatives: the caches of the size classes, and large blocks.

Models kmalloc_slab, kmalloc_type, create_kmalloc_caches, __kmalloc_large_node,
kfree, krealloc, __ksize and kmalloc_size_roundup of mm/slab_common.c (6.12: partly
mm/slub.c), memcg_alloc_slab_cgroups of mm/memcontrol.c (6.1) and alloc_slab_obj_exts
of mm/slub.c (6.12).

    bytes   1..8  ..16  ..32  ..64  ..96  ..128  ..192  ..256  ..512 ... ..8192
    index      3     4     5     6     1      7      2      8      9        13
    more bytes: whole pages

Simplified: 6.12 without the random copies of the normal caches.
"""

from __future__ import annotations

from .slab_layout import (
    GFP_COMP,
    GFP_DMA,
    GFP_RECLAIMABLE,
    MAX_ORDER,
    PAGE_SIZE,
    SLAB_ACCOUNT,
    SLAB_CACHE_DMA,
    SLAB_KMALLOC,
    SLAB_NO_MERGE,
    SLAB_POISON,
    SLAB_RECLAIM_ACCOUNT,
    SLAB_RED_ZONE,
    SLAB_STORE_USER,
    SLAB_TYPESAFE_BY_RCU,
    WORD,
    alignment,
    get_order,
)
from .slub import GFP_KERNEL, GFP_NOFAIL, NO_NODE, Cache, Pages, Slab, SlabError, Slub

ZERO_SIZE_PTR = 16
MAX_CACHE_SIZE = 2 * PAGE_SIZE
GFP_ZERO = 0x100
GFP_ACCOUNT = 0x400000
NOT_FOR_PAGES = 0x4 | 0x2
NOT_FOR_VECTOR = GFP_DMA | GFP_RECLAIMABLE | GFP_ACCOUNT | GFP_NOFAIL

NORMAL, CGROUP, RECLAIM, DMA = "", "cg-", "rcl-", "dma-"
TYPE_FLAGS = {
    NORMAL: 0,
    CGROUP: SLAB_ACCOUNT,
    RECLAIM: SLAB_RECLAIM_ACCOUNT,
    DMA: SLAB_CACHE_DMA,
}
SIZES = {i: 1 << i for i in range(3, 14)} | {1: 96, 2: 192}
CREATED = {
    "6.1": (3, 4, 5, 6, 1, 7, 2, 8, 9, 10, 11, 12, 13),
    "6.12": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13),
}
TYPES = {
    "6.1": (NORMAL, CGROUP, RECLAIM, DMA),
    "6.12": (NORMAL, RECLAIM, DMA, CGROUP),
}


def class_index(size: int) -> int:
    """The index of the smallest class that holds 1 .. 8192 bytes."""
    return min(
        (i for i, limit in SIZES.items() if limit >= size), key=lambda i: SIZES[i]
    )


def class_name(kind: str, size: int) -> str:
    shown = f"{size // 1024}k" if size >= 1024 else str(size)
    return f"dma-kmalloc-{shown}" if kind == DMA else f"kmalloc-{kind}{shown}"


def kind_of(gfp: int) -> str:
    if gfp & GFP_DMA:
        return DMA
    if gfp & GFP_RECLAIMABLE:
        return RECLAIM
    return CGROUP if gfp & GFP_ACCOUNT else NORMAL


class Kmalloc(Slub):
    """Slub with the caches of the size classes.

    With `accounting`, accounted objects have an owner, and the slabs that hold them
    a vector of owners, which is an object of a normal class itself.
    """

    def __init__(
        self,
        pages: Pages,
        version: str = "6.1",
        cpus: int = 1,
        nodes: int = 1,
        cpu_node: list[int] | None = None,
        order_cpus: int | None = None,
        accounting: bool = False,
    ) -> None:
        super().__init__(pages, version, cpus, nodes, cpu_node, order_cpus)
        self.accounting = accounting
        self.vector: dict[Slab, int] = {}
        self.large: dict[int, tuple[int, int]] = {}
        self.classes: dict[tuple[str, int], Cache] = {}
        for kind in TYPES[version]:
            for index in CREATED[version]:
                self.classes[kind, index] = self.create_class(kind, SIZES[index])

    def create_class(self, kind: str, size: int) -> Cache:
        flags = SLAB_KMALLOC | TYPE_FLAGS[kind]
        if self.late and kind == NORMAL:
            flags |= SLAB_NO_MERGE
        power = size & -size
        align = power if self.late or power == size else WORD
        name = class_name(kind, size)
        cache = self.new_cache(name, size, alignment(flags, align, size), flags)
        cache.usersize = size
        return cache

    # Allocating

    def kmalloc(
        self, size: int, gfp: int = GFP_KERNEL, node: int = NO_NODE, cpu: int = 0
    ) -> int | None:
        """An address, ZERO_SIZE_PTR for no bytes, or None."""
        if size > MAX_CACHE_SIZE:
            return self.kmalloc_large(size, gfp, node, cpu)
        if size == 0:
            return ZERO_SIZE_PTR
        return self.alloc(self.classes[kind_of(gfp), class_index(size)], gfp, node, cpu)

    def kmalloc_array(
        self, n: int, size: int, gfp: int = GFP_KERNEL, cpu: int = 0
    ) -> int | None:
        """None if the product needs more than 64 bits."""
        if n * size >= 1 << 64:
            return None
        return self.kmalloc(n * size, gfp, cpu=cpu)

    def kmalloc_large(self, size: int, gfp: int, node: int, cpu: int) -> int | None:
        order = get_order(size)
        if order > MAX_ORDER:
            return None
        pfn = self.pages.alloc(gfp & ~NOT_FOR_PAGES | GFP_COMP, order, node, cpu)
        if pfn is None:
            return None
        addr = self.page_offset + pfn * PAGE_SIZE
        self.large[addr] = pfn, order
        return addr

    # Freeing and changing

    def kfree(self, addr: int | None, cpu: int = 0) -> None:
        if addr in (None, 0, ZERO_SIZE_PTR):
            return
        assert addr is not None
        if addr in self.large:
            pfn, order = self.large.pop(addr)
            self.pages.free(pfn, order, cpu)
            return
        self.free_object(addr, cpu)

    def ksize(self, addr: int | None) -> int:
        """How many bytes at an address its owner may use."""
        if addr in (None, 0, ZERO_SIZE_PTR):
            return 0
        assert addr is not None
        if addr in self.large:
            return PAGE_SIZE << self.large[addr][1]
        slab, obj = self.find(addr)
        if obj not in slab.live:
            raise SlabError(f"{addr:#x} is free")
        if slab.cache.flags & (SLAB_RED_ZONE | SLAB_POISON):
            return slab.cache.layout.object_size
        if slab.cache.flags & (SLAB_TYPESAFE_BY_RCU | SLAB_STORE_USER):
            return slab.cache.layout.inuse
        return slab.cache.layout.size

    def krealloc(
        self, addr: int | None, size: int, gfp: int = GFP_KERNEL, cpu: int = 0
    ) -> int | None:
        """The same address if the bytes fit there; else a new one, old freed after."""
        if size == 0:
            self.kfree(addr, cpu)
            return ZERO_SIZE_PTR
        if self.ksize(addr) >= size:
            return addr
        moved = self.kmalloc(size, gfp, cpu=cpu)
        if moved is not None:
            self.kfree(addr, cpu)
        return moved

    def size_roundup(self, size: int) -> int:
        if size == 0:
            return 0
        if size > MAX_CACHE_SIZE:
            return PAGE_SIZE << get_order(size)
        return SIZES[class_index(size)]

    # Vectors of owners

    def slab_made(self, slab: Slab, gfp: int, cpu: int) -> None:
        if self.accounting and slab.cache.flags & SLAB_ACCOUNT:
            self.make_vector(slab, gfp, cpu)

    def owned(self, slab: Slab, gfp: int, cpu: int) -> None:
        wanted = gfp & GFP_ACCOUNT or slab.cache.flags & SLAB_ACCOUNT
        if self.accounting and wanted and slab not in self.vector:
            self.make_vector(slab, gfp, cpu)

    def make_vector(self, slab: Slab, gfp: int, cpu: int) -> None:
        gfp = gfp & ~NOT_FOR_VECTOR | GFP_ZERO
        addr = self.kmalloc(slab.objects * WORD, gfp, slab.node, cpu)
        if addr is not None:
            self.vector[slab] = addr

    def slab_gone(self, slab: Slab, cpu: int) -> None:
        self.kfree(self.vector.pop(slab, None), cpu)
