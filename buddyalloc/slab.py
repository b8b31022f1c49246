"""Slab caches of a machine: equal objects cut from blocks of pages.

    machine = Machine("1G")
    cache = machine.kmem_cache_create("task_struct", 1740)
    address = cache.alloc()                   # a kernel address, or None
    objects = cache.alloc_bulk(100_000)       # an array of them, in one call
    cache.free_bulk(objects)

A machine has the caches of kmalloc from its boot on (`Machine.caches`), and
those of a running kernel on request (`Machine.kmem_caches_from_slabinfo`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _core
from .table import html_table

Array = np.ndarray[Any, Any]


class KmemCache(_core.KmemCache):
    """A slab cache of a machine, found by its name or by an alias.

    `Machine.kmem_cache_create` makes one. The attributes have the names of the
    files in /sys/kernel/slab: object_size and slab_size in bytes, objs_per_slab,
    order, min_partial, cpu_partial, slabs, partial, cpu_slabs, objects,
    total_objects, aliases, ... Three are the model's own: used (objects that
    owners have), requested (bytes that these asked for), pages (frames).
    """

    __slots__ = ()

    def alloc_bulk(  # type: ignore[override]
        self,
        nr: int,
        gfp: int | str = "GFP_KERNEL",
        *,
        cpu: int = 0,
        node: int | None = None,
    ) -> Array:
        """nr objects in one call: their addresses, (nr,) uint64.

        (0,) when there is no memory for all of them. ValueError for an
        argument out of range.
        """
        return np.asarray(super().alloc_bulk(nr, gfp, cpu=cpu, node=node))

    def addresses(self) -> Array:  # type: ignore[override]
        """Addresses of all objects in use, ascending, uint64."""
        return np.asarray(super().addresses())

    def unused(self) -> Array:  # type: ignore[override]
        """Addresses on the shrinker's lists, node by node, the oldest first.

        See register_shrinker, unuse and use. Some may be used again.
        """
        return np.asarray(super().unused())

    def __repr__(self) -> str:
        host = f", in {self.alias_of}" if self.alias_of else ""
        return (
            f"<KmemCache {self.name}{host}: {self.used:,} objects of "
            f"{self.object_size} bytes in {self.slabs:,} slabs>"
        )

    def _repr_html_(self) -> str:
        names = ["object_size", "slab_size", "objs_per_slab", "order"]
        names += ["used", "slabs", "partial", "cpu_slabs", "pages"]
        row = [self.name, *(getattr(self, name) for name in names)]
        return html_table([row], ["cache", *names])


KmemCache._own_methods()

__all__ = ["KmemCache"]
