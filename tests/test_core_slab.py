"""csrc/py/py_kmem_cache.c and py_machine_slab.c: caches, objects, kmalloc."""

from __future__ import annotations

import gc
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from buddyalloc import _core

GFP_KERNEL = 0xCC0
GFP_DMA = 0x1
RECLAIMABLE = 0x10
ACCOUNT = 0x400000
MIB = 1 << 20
BASE = 0xFFFF888000000000
OP = {name: i for i, (name, _) in enumerate(_core.SLAB_OPS)}
FOREIGN, FREE_ALREADY, WRONG_CACHE = (number for number, _ in _core.SLAB_ERRORS)
OPERATION = np.dtype(list(_core.SLAB_OP_FIELDS))
ITSELF = 0xFFFFFFFF


def small(**settings: Any) -> _core.Machine:
    """64 MiB, two CPUs."""
    return _core.Machine(64 * MIB, cpus=2, settings=settings)


@pytest.fixture
def machine() -> _core.Machine:
    return small()


@pytest.fixture
def cache(machine: _core.Machine) -> _core.KmemCache:
    """16 objects of 1024 bytes in a slab of order 2."""
    return machine.kmem_cache_create("thing", 1000, 0, "HWCACHE_ALIGN")


def many(records: Any) -> np.ndarray:
    return np.asarray(records)


def operations(*rows: dict[str, int]) -> np.ndarray:
    table = np.zeros(len(rows), OPERATION)
    table["node"], table["gfp"], table["of"] = 255, GFP_KERNEL, ITSELF
    for row, values in zip(table, rows, strict=True):
        for name, value in values.items():
            row[name] = value
    return table


def nothing_used(machine: _core.Machine) -> bool:
    caches = [_core.KmemCache(machine, name) for name, _ in machine.cache_names()]
    return all(cache.used == 0 for cache in caches)


# Bad arguments first.


@pytest.mark.parametrize(
    ("name", "args", "kwargs", "text"),
    [
        ("kmem_cache_create", ("a", 0), {}, "size=0"),
        ("kmem_cache_create", ("a", 5 << 20), {}, "size=5242880"),
        ("kmem_cache_create", ("a", 8, 3), {}, "align=3"),
        ("kmem_cache_create", ("", 8), {}, "1 to 47 bytes, not 0"),
        ("kmem_cache_create", ("n" * 48, 8), {}, "not 48: 'nnn"),
        ("kmem_cache_create", ("kmalloc-64", 8), {}, "'kmalloc-64' already"),
        ("kmem_cache_create", ("a", 8, 0, "LUNCH"), {}, "LUNCH"),
        ("kmalloc", (8, "GFP_LUNCH"), {}, "GFP_LUNCH"),
        ("kmalloc", (8, 0x18), {}, "gfp 0x18"),
        ("kmalloc", (8,), {"cpu": 2}, "cpu must be within 0..1"),
        ("kmalloc", (8,), {"node": 1}, "node 1"),
        ("kmalloc", (-1,), {}, "size must be"),
        ("kmalloc_array", (-1, 8), {}, "n must be"),
        ("kfree", (1 << 64,), {}, "address must be"),
        ("kmalloc_bulk", ([8, -1],), {}, "each of sizes"),
        ("slab_batch", (b"12345",), {}, "records of 24 bytes"),
    ],
)
def test_bad_values(
    machine: _core.Machine,
    name: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    text: str,
) -> None:
    before = machine.copy()
    with pytest.raises(ValueError, match=text):
        getattr(machine, name)(*args, **kwargs)
    assert machine == before


@pytest.mark.parametrize(
    "call",
    [
        lambda m: m.kmem_cache_create(7, 8),
        lambda m: m.kmalloc("8"),
        lambda m: m.kmalloc(),
        lambda m: m.kfree("x"),
        lambda m: m.kfree_bulk(7),
        lambda m: m.slab_batch([1]),
        lambda m: _core.KmemCache(7, "kmalloc-8"),
    ],
)
def test_bad_types(machine: _core.Machine, call: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError):
        call(machine)


def test_a_cache_that_is_not_there(machine: _core.Machine) -> None:
    with pytest.raises(ValueError, match=r"name 'dentry'; Machine\.caches"):
        _core.KmemCache(machine, "dentry")


# What is said of an address that cannot be used.


def test_double_free(machine: _core.Machine, cache: _core.KmemCache) -> None:
    address = cache.alloc()
    cache.free(address)
    before = machine.copy()
    text = rf"{address:#x}: object 0 of .* frame 0x1000 of cache 'thing' is free"
    for call in (cache.free, machine.kfree, machine.ksize):
        with pytest.raises(_core.SlabError, match=text):
            call(address)
    with pytest.raises(_core.SlabError, match="free already"):
        machine.krealloc(address, 5)
    assert machine == before


def test_wrong_cache(machine: _core.Machine, cache: _core.KmemCache) -> None:
    address = machine.kmalloc(64)
    with pytest.raises(
        _core.SlabError, match=r"of cache 'kmalloc-64', not of 'thing'; .*kfree"
    ):
        cache.free(address)
    machine.kfree(address)


def test_addresses_where_nothing_begins(
    machine: _core.Machine, cache: _core.KmemCache
) -> None:
    address = cache.alloc()
    large = machine.kmalloc(9000)
    pfn = machine.alloc_pages(GFP_KERNEL)
    assert address is not None
    assert large is not None
    assert pfn is not None
    for wrong, text in (
        (5, "outside the machine's memory"),
        (BASE + 64 * MIB, "outside the machine's memory"),
        (address + 8, rf"slot of object 0 of cache 'thing', .* {address:#x}"),
        (large + 8, f"in the kmalloc at {large:#x}"),
        (BASE + (pfn << 12), f"frame {pfn:#x}; free pages with free_pages"),
        (BASE + 0x3000 * 4096, "frame 0x3000 of that address is free"),
    ):
        with pytest.raises(_core.SlabError, match=text):
            machine.kfree(wrong)
    assert machine.check() is None


def test_behind_the_last_object(machine: _core.Machine) -> None:
    cache = machine.kmem_cache_create("odd", 3000)
    address = cache.alloc()
    assert address is not None
    behind = address + cache.objs_per_slab * cache.slab_size
    with pytest.raises(_core.SlabError, match="behind the last object of the slab"):
        cache.free(behind)


def test_twice_in_one_batch(machine: _core.Machine, cache: _core.KmemCache) -> None:
    objects = many(cache.alloc_bulk(3))
    large = machine.kmalloc(9000)
    before = machine.copy()
    with pytest.raises(_core.SlabError, match=f"{objects[1]:#x}: it stands twice"):
        cache.free_bulk(objects[[0, 1, 1]])
    with pytest.raises(_core.SlabError, match=f"{large:#x}: it stands twice"):
        machine.kfree_bulk([large, objects[0], large])
    assert machine == before


# One object at a time.


def test_objects_come_and_go(cache: _core.KmemCache) -> None:
    first, second = cache.alloc(), cache.alloc()
    assert (first, second) == (BASE + 0x1000000, BASE + 0x1000000 + 1024)
    cache.free(first)
    assert cache.alloc(gfp="GFP_ATOMIC") == first
    cache.free(None)
    assert cache.used == 2


def test_no_memory_is_a_result(cache: _core.KmemCache) -> None:
    machine = cache.machine
    while machine.alloc_pages(GFP_KERNEL, 2) is not None:
        pass
    while machine.alloc_pages(GFP_KERNEL) is not None:
        pass
    assert cache.alloc() is None
    assert many(cache.alloc_bulk(5)).tolist() == []
    assert machine.kmalloc(100) is None
    assert many(machine.kmalloc_bulk([100, 9000])).tolist() == []
    assert machine.krealloc(None, 9000) is None


def test_attributes(cache: _core.KmemCache) -> None:
    objects = many(cache.alloc_bulk(35))
    cache.free(int(objects[0]))
    assert cache.object_size == 1000
    assert (cache.slab_size, cache.align) == (1024, 64)
    assert (cache.objs_per_slab, cache.order) == (16, 2)
    assert (cache.min_partial, cache.cpu_partial) == (5, 24)
    assert (cache.slabs, cache.cpu_slabs, cache.slabs_cpu_partial) == (3, 2, 1)
    assert (cache.objects, cache.total_objects, cache.used) == (48, 48, 34)
    assert (cache.requested, cache.pages) == (34000, 12)
    assert (cache.partial, cache.objects_partial) == (0, 0)
    cache.flush(0)
    assert (cache.partial, cache.objects_partial, cache.cpu_slabs) == (2, 18, 0)
    assert cache.objects == 34
    assert (cache.name, cache.alias_of, cache.aliases) == ("thing", None, 0)
    assert not cache.ctor


def test_state_is_all_that_decides(cache: _core.KmemCache) -> None:
    objects = many(cache.alloc_bulk(17))
    cache.free(int(objects[3]))
    cache.free(int(objects[16]), cpu=1)
    head = 0x1000
    second = head + 4
    state = cache.state()
    assert state["refcount"] == 1
    assert state["cpu"] == [(second, list(range(1, 16))), (None, [])]
    assert state["cpu_partial"] == [[head], []]
    assert state["partial"] == {0: []}
    assert state["slabs"][head] == {
        "order": 2,
        "objects": 16,
        "inuse": 15,
        "node": 0,
        "place": "CPU_PARTIAL",
        "freelist": [3],
        "used": [i for i in range(16) if i != 3],
        "slack": [0] * 15,
    }
    assert state["slabs"][second]["freelist"] == [0]
    assert state["slabs"][second]["used"] == []


def test_state_of_a_cache_with_debugging() -> None:
    machine = small(slub_debug=0x10000)
    cache = machine.kmem_cache_create("thing", 1000)
    objects = many(cache.alloc_bulk(cache.objs_per_slab + 1))
    state = cache.state()
    assert state["cpu"] == [(None, []), (None, [])]
    assert len(state["full"][0]) == len(state["partial"][0]) == 1
    cache.free_bulk(objects)
    assert cache.state()["full"] == {0: []}


# Many objects.


def test_a_million_objects_without_a_call_for_each() -> None:
    machine = _core.Machine(512 * MIB, cpus=2)
    cache = machine.kmem_cache_create("item", 64)
    before = sum(zone["free_pages_exact"] for zone in machine.zones())
    calls = 0
    batches = []
    for cpu in (0, 1):
        for _ in range(5):
            batches.append(many(cache.alloc_bulk(100_000, cpu=cpu)))
            calls += 1
    objects = np.concatenate(batches)
    assert calls == 10
    assert len(np.unique(objects)) == 1_000_000
    assert cache.used == 1_000_000
    assert cache.requested == 64_000_000
    assert cache.slabs == 2 * -(-500_000 // cache.objs_per_slab)
    np.random.default_rng(1).shuffle(objects)
    for part in np.split(objects, 10):
        cache.free_bulk(part)
    assert cache.used == 0
    assert cache.shrink()
    machine.drain_all_pages()
    assert cache.total_objects == 0
    assert sum(zone["free_pages_exact"] for zone in machine.zones()) == before
    assert machine.check() is None


def test_bulk_is_one_after_the_other(machine: _core.Machine) -> None:
    other = machine.copy()
    a = machine.kmem_cache_create("thing", 200)
    b = other.kmem_cache_create("thing", 200)
    assert many(a.alloc_bulk(50)).tolist() == [b.alloc() for _ in range(50)]
    assert machine == other


def test_addresses_in_use(cache: _core.KmemCache) -> None:
    objects = many(cache.alloc_bulk(40))
    cache.free_bulk(objects[::2])
    assert many(cache.addresses()).tolist() == sorted(objects[1::2].tolist())


# The cache as a whole.


def test_merging(machine: _core.Machine) -> None:
    first = machine.kmem_cache_create("first", 320)
    second = machine.kmem_cache_create("second", 316)
    assert second.alias_of == "first"
    assert (first.aliases, second.aliases) == (1, 1)
    assert first == second
    assert hash(first) == hash(second)
    assert dict(machine.cache_names())["first"] == ["second"]
    assert _core.KmemCache(machine, "second") == first
    address = second.alloc()
    assert (second.object_size, second.requested) == (320, 316)
    second.free(address)
    first.destroy()
    with pytest.raises(_core.SlabError, match="'first' was destroyed"):
        first.alloc()
    second.free(second.alloc())
    second.destroy()
    assert "first" not in dict(machine.cache_names())


def test_destroy_says_what_leaks(cache: _core.KmemCache) -> None:
    objects = many(cache.alloc_bulk(6))
    cache.free(int(objects[0]))
    leaked = " ".join(f"{a:#x}" for a in objects[1:5])
    with pytest.raises(
        _core.SlabError,
        match=rf"'thing': 5 of its objects are in use: {leaked} \.\.\.; free them",
    ):
        cache.destroy()
    cache.free_bulk(objects[1:])
    cache.destroy()


def test_a_cache_of_kmalloc_stays(machine: _core.Machine) -> None:
    with pytest.raises(ValueError, match="'kmalloc-64': kmalloc needs it"):
        _core.KmemCache(machine, "kmalloc-64").destroy()
    machine.check()
    assert int(machine.kmalloc(64))
    machine.check()


def test_another_cache_in_its_place(
    machine: _core.Machine, cache: _core.KmemCache
) -> None:
    place = cache.index
    _core.KmemCache(machine, "thing").destroy()
    other = machine.kmem_cache_create("other", 500, 0, "NO_MERGE")
    assert other.index == place
    for call in (cache.alloc, cache.shrink, cache.state, lambda: cache.used):
        with pytest.raises(_core.SlabError, match="'thing' was destroyed"):
            call()
    assert cache != other


def test_shrink_gives_empty_slabs_back(cache: _core.KmemCache) -> None:
    objects = many(cache.alloc_bulk(64))
    cache.free_bulk(objects[:-1])
    assert cache.shrink() is False
    assert cache.slabs == 1
    cache.free(int(objects[-1]))
    assert cache.shrink() is True


def test_random_sequence(machine: _core.Machine, cache: _core.KmemCache) -> None:
    assert cache.random_sequence() == []
    sequence = np.random.default_rng(2).permutation(16)
    cache.set_random_sequence(sequence)
    assert cache.random_sequence() == sequence.tolist()
    got = (many(cache.alloc_bulk(16)) - np.uint64(BASE + 0x1000000)) // 1024
    start = sequence.tolist().index(int(got[0]))
    assert got.tolist() == np.roll(sequence, -start).tolist()
    for bad in ([0, 1], [0] * 16, list(range(1, 17)), [70000] * 16):
        with pytest.raises(ValueError, match=r"'thing' must have each of 0\.\.15"):
            cache.set_random_sequence(bad)
    cache.set_random_sequence([])
    assert cache.random_sequence() == []
    mixed = small(slab_freelist_random=1).kmem_cache_create("a", 64)
    assert sorted(mixed.random_sequence()) == list(range(64))
    assert mixed.random_sequence() != list(range(64))


def test_a_cache_keeps_its_machine() -> None:
    cache = small().kmem_cache_create("thing", 8)
    gc.collect()
    assert cache.alloc() is not None
    assert cache.machine.nr_cpus == 2


# kmalloc and its relatives.


def test_kmalloc_classes(machine: _core.Machine) -> None:
    for size, name, given in (
        (1, "kmalloc-8", 8),
        (65, "kmalloc-96", 96),
        (97, "kmalloc-128", 128),
        (8192, "kmalloc-8k", 8192),
        (8193, None, 16384),
        (4 * MIB, None, 4 * MIB),
        (4 * MIB + 1, None, 4 * MIB + 1),
        (0, None, 0),
    ):
        assert machine.kmalloc_cache(size) == name
        assert machine.kmalloc_size_roundup(size) == given
    assert machine.kmalloc_cache(100, RECLAIMABLE) == "kmalloc-rcl-128"
    assert machine.kmalloc_cache(100, GFP_DMA) == "dma-kmalloc-128"
    assert machine.kmalloc_cache(100, "GFP_KERNEL_ACCOUNT") == "kmalloc-cg-128"


def test_sizes_that_are_special(machine: _core.Machine) -> None:
    assert machine.kmalloc(0) == _core.ZERO_SIZE_PTR == 16
    assert machine.kmalloc(4 * MIB + 1) is None
    assert machine.kmalloc_array(1 << 33, 1 << 31) is None
    assert machine.kcalloc(1 << 63, 2) is None
    assert machine.kcalloc(0, 1 << 63) == 16
    machine.kfree(None)
    machine.kfree(16)
    assert (machine.ksize(None), machine.ksize(16)) == (0, 0)


def test_ksize_and_krealloc(machine: _core.Machine) -> None:
    address = machine.kzalloc(100)
    assert machine.ksize(address) == 128
    assert machine.krealloc(address, 128) == address
    moved = machine.krealloc(address, 129)
    assert moved not in (None, address)
    assert machine.ksize(moved) == 192
    large = machine.krealloc(moved, 10000)
    assert machine.ksize(large) == 16384
    assert machine.krealloc(large, 0) == 16
    assert nothing_used(machine)
    again = machine.krealloc(None, 40)
    assert machine.ksize(again) == 64


def test_array_is_a_product(machine: _core.Machine) -> None:
    for call in (machine.kmalloc_array, machine.kcalloc):
        assert machine.ksize(call(3, 50)) == 192


def test_kmalloc_bulk(machine: _core.Machine) -> None:
    sizes = np.array([64, 9000, 0, 100, 8193, 64], np.uint32)
    other = machine.copy()
    objects = many(machine.kmalloc_bulk(sizes, cpu=1))
    assert objects.tolist() == [other.kmalloc(int(size), cpu=1) for size in sizes]
    assert objects[2] == 16
    machine.kfree_bulk(objects, cpu=1)
    assert nothing_used(machine)
    assert machine.check() is None


def test_what_is_in_use_is_not_freed_as_pages(machine: _core.Machine) -> None:
    small_one, large = machine.kmalloc(64), machine.kmalloc(9000)
    assert small_one is not None
    assert large is not None
    for address, order in ((small_one, 0), (large, 2)):
        with pytest.raises(_core.FrameError, match="by address"):
            machine.free_pages((address - BASE) >> 12, order)


def test_machines_with_objects_are_copied_and_saved(
    machine: _core.Machine, cache: _core.KmemCache
) -> None:
    objects = many(cache.alloc_bulk(100))
    copy = machine.copy()
    saved = pickle.loads(pickle.dumps(machine))
    assert copy == saved == machine
    for other in (copy, saved):
        mine = _core.KmemCache(other, "thing")
        assert mine.state() == cache.state()
        mine.free_bulk(objects)
        assert (mine.used, cache.used) == (0, 100)


# Operations.


def test_operations_are_the_calls(machine: _core.Machine) -> None:
    cache = machine.kmem_cache_create("thing", 700)
    other = machine.copy()
    mine = _core.KmemCache(other, "thing")
    results = many(
        machine.slab_batch(
            operations(
                {"op": OP["ALLOC"], "cache": cache.index},
                {"op": OP["ALLOC"], "cache": cache.index, "cpu": 1},
                {"op": OP["FREE"], "cache": cache.index, "of": 0, "cpu": 1},
                {"op": OP["KMALLOC"], "value": 100},
                {"op": OP["KFREE"], "of": 3},
                {"op": OP["FLUSH"], "cache": cache.index, "cpu": 1},
                {"op": OP["SHRINK"], "cache": cache.index},
            )
        )
    )
    first, second = mine.alloc(), mine.alloc(cpu=1)
    mine.free(first, cpu=1)
    third = other.kmalloc(100)
    other.kfree(third)
    mine.flush(1)
    mine.shrink()
    assert results["address"].tolist() == [first, second, 0, third, 0, 0, 0]
    assert not results["status"].any()
    assert machine == other


def test_operations_that_are_errors_do_nothing(machine: _core.Machine) -> None:
    address, gone = machine.kmalloc(64), machine.kmalloc(64)
    machine.kfree(gone)
    cache = machine.kmem_cache_create("thing", 700)
    before = machine.copy()
    results = many(
        machine.slab_batch(
            operations(
                {"op": OP["KFREE"], "value": 5},
                {"op": OP["KFREE"], "value": gone},
                {"op": OP["FREE"], "cache": cache.index, "value": address},
            )
        )
    )
    assert machine == before
    assert results["status"].tolist() == [FOREIGN, FREE_ALREADY, WRONG_CACHE]


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        ({"op": 6}, "index into SLAB_OPS"),
        ({"op": 2, "cpu": 2}, "no such cpu"),
        ({"op": 2, "node": 1}, "node has no memory"),
        ({"op": 2, "gfp": 0x18}, "gfp names"),
        ({"op": 0, "cache": 1023}, "no cache has that index"),
        ({"op": 3, "of": 1}, "no earlier operation"),
    ],
)
def test_operations_that_are_impossible(
    machine: _core.Machine, bad: dict[str, int], text: str
) -> None:
    before = machine.copy()
    with pytest.raises(ValueError, match=rf"operations\[1\]: .*{text}"):
        machine.slab_batch(operations({"op": OP["KMALLOC"], "value": 8}, bad))
    assert machine == before
