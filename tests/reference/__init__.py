# SPDX-License-Identifier: GPL-2.0-only
"""The slow twin: Linux's page and slab allocators written as plainly as possible.

It is meant to be read as a specification and to judge the fast C core, so it is
written from the kernel's behaviour alone and shares nothing with the core.

=============  ==========================================================
buddy          free lists, split, merge, smallest fit, pageblock moves
fallback       what happens when a migratetype has run out of blocks
pcp            the per-CPU lists in front of the buddy lists
page_alloc     zones, watermarks, zonelist, alloc_pages, free_pages, bulk
state          builds an allocator from the text of a recorded state
slab_layout    sizes of objects and slabs
slub           caches, slabs, and the lists on which slabs stand
kmalloc        the size classes, large blocks, krealloc
differences    says where two states differ
=============  ==========================================================

The page allocator is that of 6.1, the slab allocator that of 6.1 or 6.12.

Frames are plain integers (pfn). Events are tuples named as the kernel names them.
"""
