"""Slab objects that reclaim frees, and those that somebody overwrote."""

from __future__ import annotations

import numpy as np
import pytest

import buddyalloc as ba


def with_cache() -> tuple[ba.Machine, ba.KmemCache, np.ndarray]:
    """A machine of 64 MiB and 1,000 unused objects of a cache with a shrinker."""
    machine = ba.Machine("64M")
    cache = machine.kmem_cache_create("dentry", 192, flags="RECLAIM_ACCOUNT")
    cache.register_shrinker()
    objects = cache.alloc_bulk(1000)
    cache.unuse(objects)
    return machine, cache, objects


def test_drop_caches_frees_what_nobody_uses() -> None:
    machine, cache, objects = with_cache()
    cache.use(objects[::10])
    assert len(cache.unused()) == 1000
    machine.sysctl("drop_caches", 2)
    assert cache.used == 100
    assert list(cache.addresses()) == sorted(objects[::10])
    assert len(cache.unused()) == 0
    assert machine.check() is None


def test_a_request_has_objects_freed_for_it() -> None:
    """A machine full of unused objects still has memory for others."""
    machine, cache, _ = with_cache()
    for _ in range(400):
        objects = cache.alloc_bulk(1000)
        assert len(objects) == 1000
        cache.unuse(objects)
    assert machine.vmstat()["slabs_scanned"] > 0
    assert cache.used < 400_000
    assert machine.check() is None


def test_a_copy_has_lists_of_its_own() -> None:
    machine, _, objects = with_cache()
    again = machine.copy()
    assert list(again.caches["dentry"].unused()) == list(objects)
    machine.sysctl("drop_caches", 2)
    assert again.caches["dentry"].used == 1000


DEBUG = "RED_ZONE|POISON|CONSISTENCY_CHECKS"


def test_overwritten_objects_are_reported() -> None:
    """A write past the end, then one after the free, through another mapping."""
    machine = ba.Machine("64M", backed=True)
    cache = machine.kmem_cache_create("victim", 100, flags=DEBUG)
    victim = cache.alloc()
    address = int(victim)
    frame = machine.vmap(victim.pfns)
    at = address % 4096
    assert frame[at + 100 : at + 104] == b"\xcc" * 4
    frame[at + 100] = 1
    with pytest.raises(ba.SlabError, match="overwritten"):
        cache.free(victim)
    cache.free(victim)
    assert frame[at : at + 100] == b"\x6b" * 99 + b"\xa5"
    frame[at + 5] = 9
    assert int(cache.alloc()) // 4096 != address // 4096
    assert machine.slab_reports() == [
        {
            "cache": "victim",
            "object": address,
            "what": what,
            "address": address + offset,
            "bytes": 1,
            "found": found,
            "expected": expected,
        }
        for what, offset, found, expected in (
            ("Right Redzone", 100, 1, 0xCC),
            ("Poison", 5, 9, 0x6B),
        )
    ]
    assert machine.check() is None
