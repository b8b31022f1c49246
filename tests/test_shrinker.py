"""Slab objects that reclaim frees, and those that somebody overwrote."""

from __future__ import annotations

import numpy as np
import pytest

import buddyalloc as ba


def with_cache(**settings: object) -> tuple[ba.Machine, np.ndarray]:
    """A machine of 64 MiB and 1,000 unused objects of a cache with a shrinker."""
    machine = ba.Machine("64M", **settings)
    cache = machine.kmem_cache_create("dentry", 192, flags="RECLAIM_ACCOUNT")
    machine.register_shrinker("dentry")
    objects = cache.alloc_bulk(1000)
    machine.unuse_objects(objects)
    return machine, objects


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda m: m.register_shrinker("none"), ValueError, "'none'"),
        (lambda m: m.register_shrinker("test", batch=0), ValueError, "batch 0"),
        (lambda m: m.register_shrinker("test", seeks=-1), ValueError, "seeks"),
        (lambda m: m.register_shrinker("dentry"), ba.SlabError, "'dentry' has slabs"),
        (lambda m: m.unuse_objects([64]), ba.SlabError, "0x40"),
        (lambda m: m.use_objects([64]), ba.SlabError, "0x40"),
        (
            lambda m: m.unuse_objects([m.kmalloc(64)]),
            ba.SlabError,
            "'kmalloc-64', which has no shrinker",
        ),
        (lambda m: m.unused_objects("none"), ValueError, "'none'"),
    ],
)
def test_bad_arguments(call, error, words) -> None:  # type: ignore[no-untyped-def]
    machine, objects = with_cache()
    machine.kmem_cache_create("test", 100)
    with pytest.raises(error, match=words):
        call(machine)
    assert list(machine.unused_objects("dentry")) == list(objects)


def test_a_list_is_taken_whole_or_not_at_all() -> None:
    machine, objects = with_cache()
    machine.sysctl("drop_caches", 2)
    cache = machine.caches["dentry"]
    new = cache.alloc_bulk(3)
    with pytest.raises(ba.SlabError):
        machine.unuse_objects([new[0], new[1], int(new[2]) + 8])
    assert len(machine.unused_objects("dentry")) == 0


def test_drop_caches_frees_what_nobody_uses() -> None:
    machine, objects = with_cache()
    cache = machine.caches["dentry"]
    machine.use_objects(objects[::10])
    assert len(machine.unused_objects("dentry")) == 1000
    machine.sysctl("drop_caches", 2)
    assert cache.used == 100
    assert list(cache.addresses()) == sorted(objects[::10])
    assert len(machine.unused_objects("dentry")) == 0
    assert machine.check() is None


def test_a_request_has_objects_freed_for_it() -> None:
    """A machine full of unused objects still has memory for others."""
    machine = ba.Machine("64M")
    cache = machine.kmem_cache_create("dentry", 192, flags="RECLAIM_ACCOUNT")
    machine.register_shrinker("dentry")
    for _ in range(400):
        objects = cache.alloc_bulk(1000)
        assert len(objects) == 1000
        machine.unuse_objects(objects)
    assert machine.vmstat()["slabs_scanned"] > 0
    assert cache.used < 400_000
    assert machine.check() is None


def test_a_machine_in_a_file_keeps_its_lists() -> None:
    machine, objects = with_cache()
    again = machine.copy()
    assert list(again.unused_objects("dentry")) == list(objects)
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
