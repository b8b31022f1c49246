"""The records of a replay as NumPy dtypes, and the words they use.

Everything here is made from the tables of the C core, so that a number has
one meaning in both (csrc/sim/event.h, csrc/mm/cost.h, csrc/sim/probe.h).
"""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Any, cast

import numpy as np

from . import _core

EVENT = np.dtype(list(_core.EVENT_FIELDS))
"""One trace line, 32 bytes: ts_ns, addr, gfp, arg, cpu, task, op, order, ..."""

OUTCOME = np.dtype(list(_core.OUTCOME_FIELDS))
"""What became of one mm_page_alloc line, 32 bytes: pfn, latency_ns, path, ..."""

FRAME = np.dtype(list(_core.FRAME_FIELDS))
"""One page frame: state, order, migratetype, zone, node, flags."""

PAGEBLOCK = np.dtype(list(_core.PAGEBLOCK_FIELDS))
"""One pageblock of 512 frames: migratetype, skip, zone."""

HANDLE = np.dtype(list(_core.HANDLE_FIELDS))
"""One page of user memory: handle, pfn, state, order, anon, mm."""

VMAP_AREA = np.dtype(list(_core.VMAP_AREA_FIELDS))
"""One area of vmalloc addresses: address, size, pages, kind, vpages, ..."""

FALLBACK = np.dtype(list(_core.FALLBACK_FIELDS))
"""One fallback of the model: event, pfn, order, migratetype, fallback_..."""

SLAB_OP = np.dtype(list(_core.SLAB_OP_FIELDS))
"""An operation of `Machine.slab_batch`: op, cpu, node, gfp, cache, of, value."""

SLAB_RESULT = np.dtype(list(_core.SLAB_RESULT_FIELDS))
"""What it came to: address (0: no memory) and status (0, or an error)."""


def as_array(records: _core.Records, dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """The core's records of that dtype, (n,), without a copy.

    np.asarray would parse their format's text anew each time.
    """
    return np.frombuffer(memoryview(records), dtype)


SlabOp: Any = cast(Any, IntEnum)(
    "SlabOp", [(name, i) for i, (name, _) in enumerate(_core.SLAB_OPS)]
)
SlabOp.__doc__ = """What an operation does: `SlabOp.ALLOC`, `SlabOp.KFREE`, ..."""

SLAB_ERRORS: dict[int, str] = dict(_core.SLAB_ERRORS)
"""Sentence by number of an error in the status of an operation."""

Op: Any = cast(Any, IntEnum)(
    "Op", [(name.upper(), i) for i, (name, _) in enumerate(_core.OPS)]
)
Op.__doc__ = """Number of an event: `Op.MM_PAGE_ALLOC`; its trace name in capitals."""

Step: Any = cast(Any, IntFlag)(
    "Step", [(name, 1 << i) for i, (name, _, _) in enumerate(_core.STEPS)]
)
Step.__doc__ = """A bit of an outcome's `path`: a step that the allocation took."""

OP_NAMES: tuple[str, ...] = tuple(name for name, _ in _core.OPS)
OP_KINDS: tuple[str, ...] = tuple(kind for _, kind in _core.OPS)
"""For each op "s" a standard tracepoint, "k" a kprobe, "m" a mark."""

RESULT_TEXTS: tuple[str, ...] = tuple(text for _, text in _core.RESULTS)
MIGRATETYPES: tuple[str, ...] = tuple(_core.MIGRATETYPES)
FRAME_STATES: tuple[str, ...] = tuple(_core.PROBE_STATES)
HANDLE_STATES: tuple[str, ...] = tuple(_core.HANDLE_STATES)
"""Where a page of user memory is: in a frame, in swap space, in its file only."""
VMAP_AREA_KINDS: tuple[str, ...] = tuple(_core.VMAP_AREA_KINDS)
"""What an area of vmalloc addresses is: vmalloc's, vmap's, freed and unpurged."""
LRU_LISTS: tuple[str, ...] = tuple(_core.LRU_LISTS)
LOCK_KINDS: dict[str, str] = dict(_core.LOCK_KINDS)
"""What a lock of `Machine.lock_waits` protects, by its name."""

PAGE_SIZE: int = _core.PAGE_SIZE
NR_ORDERS: int = _core.NR_ORDERS
PAGEBLOCK_ORDER: int = _core.PAGEBLOCK_ORDER
PFN_NONE: int = _core.ADDR_NONE
"""All ones in the 64-bit frame numbers of outcomes: no frame."""
PFN32_NONE: int = _core.PFN_NONE
"""The same in the 32-bit ones of `Machine.where` and `Machine.handles`."""
NONE: int = 255
"""In fields of 8 bits: no zone, no block cut, no fallback."""
