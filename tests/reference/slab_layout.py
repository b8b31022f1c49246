# SPDX-License-Identifier: GPL-2.0-only
"""How large an object's slot is, and how many slots a slab has.

Models calculate_sizes, calculate_order, calc_slab_order and set_cpu_partial of
mm/slub.c and calculate_alignment and slab_unmergeable of mm/slab_common.c, Linux 6.1
and 6.12, on a 64-bit machine with pages of 4 KiB. No KASAN.

    | left red zone | object ... | red word | free pointer | tracks | red word | pad |
                    |<- inuse ------------->|
    |<- size ---------------------------------------------------------------------->|

Without debugging there is only the object, with the free pointer in its middle:

    | object ...  [free pointer]  ... | pad |
"""

from __future__ import annotations

from dataclasses import dataclass

PAGE_SIZE = 4096
WORD = 8
CACHE_LINE = 64
TRACK_SIZE = 32
MAX_ORDER = 10
SLUB_MAX_ORDER = 3
MAX_OBJS_PER_PAGE = 32767
MIN_PARTIAL, MAX_PARTIAL = 5, 10

SLAB_CONSISTENCY_CHECKS = 0x100
SLAB_RED_ZONE = 0x400
SLAB_POISON = 0x800
SLAB_KMALLOC = 0x1000
SLAB_HWCACHE_ALIGN = 0x2000
SLAB_CACHE_DMA = 0x4000
SLAB_CACHE_DMA32 = 0x8000
SLAB_STORE_USER = 0x10000
SLAB_RECLAIM_ACCOUNT = 0x20000
SLAB_PANIC = 0x40000
SLAB_TYPESAFE_BY_RCU = 0x80000
SLAB_TRACE = 0x200000
SLAB_NOLEAKTRACE = 0x800000
SLAB_NO_MERGE = 0x1000000
SLAB_FAILSLAB = 0x2000000
SLAB_ACCOUNT = 0x4000000

SLAB_DEBUG = (
    SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER | SLAB_TRACE | SLAB_CONSISTENCY_CHECKS
)
SLAB_NEVER_MERGE = (
    SLAB_RED_ZONE
    | SLAB_POISON
    | SLAB_STORE_USER
    | SLAB_TRACE
    | SLAB_TYPESAFE_BY_RCU
    | SLAB_NOLEAKTRACE
    | SLAB_FAILSLAB
    | SLAB_NO_MERGE
)
SLAB_MERGE_SAME = (
    SLAB_RECLAIM_ACCOUNT | SLAB_CACHE_DMA | SLAB_CACHE_DMA32 | SLAB_ACCOUNT
)

GFP_DMA = 0x1
GFP_DMA32 = 0x4
GFP_RECLAIMABLE = 0x10
GFP_COMP = 0x40000


@dataclass
class Layout:
    """Sizes in bytes; `order` and `min_order` are those of a slab's pages."""

    object_size: int
    size: int
    align: int
    inuse: int
    offset: int
    red_left_pad: int
    order: int
    objects: int
    min_order: int
    min_objects: int
    allocflags: int
    min_partial: int
    cpu_partial: int
    cpu_partial_slabs: int


def round_up(value: int, step: int) -> int:
    return (value + step - 1) // step * step


def get_order(size: int) -> int:
    """The order of the smallest block of pages that holds `size` bytes."""
    order = 0
    while PAGE_SIZE << order < size:
        order += 1
    return order


def objects_in(order: int, size: int) -> int:
    return (PAGE_SIZE << order) // size


def alignment(flags: int, align: int, size: int) -> int:
    """The alignment of objects; HWCACHE_ALIGN keeps small ones within one line."""
    if flags & SLAB_HWCACHE_ALIGN:
        line = CACHE_LINE
        while size <= line // 2:
            line //= 2
        align = max(align, line)
    return round_up(max(align, WORD), WORD)


# The order of a slab


def wasteful(order: int, size: int, fraction: int) -> bool:
    """Whether more than 1/fraction of a slab of this order stays unused."""
    slab = PAGE_SIZE << order
    return slab % size > slab // fraction


def wanted_objects(size: int, cpus: int) -> int:
    """How many objects a slab should have at least, if the largest order allows."""
    return min(4 * (cpus.bit_length() + 1), objects_in(SLUB_MAX_ORDER, size))


def slab_order_61(size: int, cpus: int) -> int | None:
    def search(least: int, top: int, fraction: int) -> int:
        if objects_in(0, size) > MAX_OBJS_PER_PAGE:
            return get_order(size * MAX_OBJS_PER_PAGE) - 1
        order = get_order(least * size)
        while order <= top and wasteful(order, size, fraction):
            order += 1
        return order

    for least in range(wanted_objects(size, cpus), 1, -1):
        for fraction in (16, 8, 4):
            order = search(least, SLUB_MAX_ORDER, fraction)
            if order <= SLUB_MAX_ORDER:
                return order
    order = search(1, SLUB_MAX_ORDER, 1)
    if order <= SLUB_MAX_ORDER:
        return order
    order = search(1, MAX_ORDER + 1, 1)
    return order if order <= MAX_ORDER else None


def slab_order_612(size: int, cpus: int) -> int | None:
    least = get_order(max(wanted_objects(size, cpus), 1) * size)
    if objects_in(least, size) > MAX_OBJS_PER_PAGE:
        return get_order(size * MAX_OBJS_PER_PAGE) - 1
    for fraction in (16, 8, 4, 2):
        for order in range(least, SLUB_MAX_ORDER + 1):
            if not wasteful(order, size, fraction):
                return order
    order = get_order(size)
    return order if order <= MAX_ORDER else None


# The whole layout


def cpu_partial_objects(size: int, flags: int) -> int:
    if flags & SLAB_DEBUG:
        return 0
    if size >= PAGE_SIZE:
        return 6
    if size >= 1024:
        return 24
    return 52 if size >= 256 else 120


def pointer_outside(
    late: bool, object_size: int, flags: int, ctor: bool, freeptr_offset: int | None
) -> bool:
    """Whether the free pointer must not lie inside the object."""
    if ctor or flags & SLAB_POISON:
        return True
    if flags & SLAB_TYPESAFE_BY_RCU and (not late or freeptr_offset is None):
        return True
    if not flags & SLAB_RED_ZONE:
        return False
    sized = flags & SLAB_KMALLOC and flags & SLAB_STORE_USER
    return object_size < WORD or bool(late and sized)


def layout(
    late: bool,
    object_size: int,
    align: int = 0,
    flags: int = 0,
    ctor: bool = False,
    cpus: int = 1,
    freeptr_offset: int | None = None,
) -> Layout:
    """The layout of a cache; ValueError if no slab can hold an object.

    `late` is 6.12; `align` is the final alignment, `cpus` the number of CPUs.
    """
    size = round_up(object_size, WORD)
    if flags & SLAB_RED_ZONE and size == object_size:
        size += WORD
    inuse = size
    if pointer_outside(late, object_size, flags, ctor, freeptr_offset):
        offset = size
        size += WORD
    elif late and flags & SLAB_TYPESAFE_BY_RCU and freeptr_offset is not None:
        offset = freeptr_offset
    else:
        offset = object_size // 2 // WORD * WORD
    if flags & SLAB_STORE_USER:
        size += 2 * TRACK_SIZE
        if flags & SLAB_KMALLOC:
            size += 8 if late else 4
    red_left_pad = 0
    if flags & SLAB_RED_ZONE:
        red_left_pad = round_up(WORD, align)
        size += WORD + red_left_pad
    size = round_up(size, align)

    order = (slab_order_612 if late else slab_order_61)(size, cpus)
    if order is None or not objects_in(order, size):
        raise ValueError(f"no slab can hold objects of {size} bytes")
    allocflags = GFP_COMP if order or late else 0
    for flag, bit in (
        (SLAB_CACHE_DMA, GFP_DMA),
        (SLAB_CACHE_DMA32, GFP_DMA32),
        (SLAB_RECLAIM_ACCOUNT, GFP_RECLAIMABLE),
    ):
        if flags & flag:
            allocflags |= bit
    objects = objects_in(order, size)
    kept = cpu_partial_objects(size, flags)
    half_log = (size.bit_length() - 1) // 2
    return Layout(
        object_size=object_size,
        size=size,
        align=align,
        inuse=inuse,
        offset=offset,
        red_left_pad=red_left_pad,
        order=order,
        objects=objects,
        min_order=get_order(size),
        min_objects=objects_in(get_order(size), size),
        allocflags=allocflags,
        min_partial=max(MIN_PARTIAL, min(MAX_PARTIAL, half_log)),
        cpu_partial=kept,
        cpu_partial_slabs=-(-kept * 2 // objects),
    )
