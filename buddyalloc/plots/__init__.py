"""Pictures of tables: `plots.NAME(metrics.NAME(result), ax=None) -> Axes`.

Each draws into `ax`, or into a figure of its own when there is none, changes
no global setting of Matplotlib and shows nothing by itself.
"""

from .fragmentation import (
    fallbacks,
    fragmentation_index,
    free_blocks,
    free_memory,
    unusable_index,
)
from .frames import frame_map, free_lists
from .latency import histogram, percentiles
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
