"""Tables of a result: NumPy only. Each has a plot of the same name in `plots`.

Those of one instant take a machine as well as a result (the machine after it),
those of samples over time a history (`History`).
"""

from .fragmentation import (
    fallbacks,
    fragmentation_index,
    free_blocks,
    free_memory,
    unusable_index,
)
from .frames import frame_map, free_lists
from .latency import histogram, path_names, path_of, percentiles
from .occupancy import memory_map, pageblocks, pcp
from .pressure import watermarks
from .slab import slab_caches, slab_kmalloc, slab_map
from .vmalloc import vmalloc_pages, vmap_areas

__all__ = [
    "fallbacks",
    "fragmentation_index",
    "frame_map",
    "free_blocks",
    "free_lists",
    "free_memory",
    "histogram",
    "memory_map",
    "pageblocks",
    "path_names",
    "path_of",
    "pcp",
    "percentiles",
    "slab_caches",
    "slab_kmalloc",
    "slab_map",
    "unusable_index",
    "vmalloc_pages",
    "vmap_areas",
    "watermarks",
]
