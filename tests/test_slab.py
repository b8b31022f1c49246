"""Slab caches for Python users: KmemCache, caches by name, slabinfo, zoneinfo."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import buddyalloc as ba
from buddyalloc import KmemCache, Machine, SlabError, events, procfs
from buddyalloc.events import SLAB_OP, SlabOp
from buddyalloc.slabinfo import cache_specs, read_slabinfo

ROOT = Path(__file__).parent.parent
RECORDINGS = Path(
    os.environ.get("BUDDYALLOC_RECORDINGS") or ROOT.parent / "shared" / "recordings"
)
SAVED = sorted(RECORDINGS.glob("*/proc/slabinfo.*"))
CPUS = {"smp2": 2, "numa2": 2}
PROFILE = {"61": "6.1L", "612": "6.12L"}
BOOTSTRAP = {"kmem_cache", "kmem_cache_node"}
"""Older than the caches of kmalloc in a kernel, made by none of its callers."""

needs_recordings = pytest.mark.skipif(
    not SAVED, reason="no recordings; set BUDDYALLOC_RECORDINGS"
)


def machine_of(path: Path) -> Machine:
    """A booted machine with CPUs and kernel of the one that path is of."""
    series, _, kind = path.parent.parent.name.partition("-")
    return Machine("1G", cpus=CPUS.get(kind, 1), profile=PROFILE[series])


def test_a_cache_and_its_objects() -> None:
    machine = Machine("64M")
    cache = machine.kmem_cache_create("thing", 100, flags=ba.SLAB.HWCACHE_ALIGN)
    assert isinstance(cache, KmemCache)
    assert machine.caches["thing"] == cache
    assert cache.slab_size == 128
    objects = cache.alloc_bulk(1000)
    assert objects.dtype == np.uint64
    assert (cache.addresses() == np.sort(objects)).all()
    assert repr(cache) == "<KmemCache thing: 1,000 objects of 100 bytes in 32 slabs>"
    assert ">1,000<" in cache._repr_html_()
    cache.free_bulk(objects)
    cache.destroy()
    assert "thing" not in machine.caches
    with pytest.raises(SlabError, match="destroyed"):
        repr(cache)


def test_boot_options_of_slabs() -> None:
    merged = Machine("64M")
    merged.kmem_cache_create("a", 40)
    assert merged.kmem_cache_create("b", 40).alias_of == "a"
    apart = Machine("64M", settings={"slab_nomerge": 1, "slub_max_order": 0})
    apart.kmem_cache_create("a", 1000)
    other = apart.kmem_cache_create("b", 1000)
    assert (other.alias_of, other.order) == (None, 0)


def test_kmalloc_bulk_is_an_array() -> None:
    machine = Machine("64M")
    objects = machine.kmalloc_bulk(np.full(1000, 100))
    assert objects.dtype == np.uint64
    assert machine.caches["kmalloc-128"].used == 1000
    assert machine.caches["kmalloc-128"].requested == 100_000
    machine.kfree_bulk(objects)
    assert machine.caches["kmalloc-128"].used == 0


def test_slab_batch() -> None:
    """A million pairs of calls, none of them from Python."""
    machine = Machine("64M")
    number = 1_000_000
    operations = np.zeros(2 * number, SLAB_OP)
    operations["gfp"] = ba.gfp_parse("GFP_KERNEL")
    operations["node"], operations["of"] = 255, 0xFFFFFFFF
    operations["op"][::2], operations["value"][::2] = SlabOp.KMALLOC, 64
    operations["op"][1::2] = SlabOp.KFREE
    operations["of"][1::2] = np.arange(number) * 2
    results = machine.slab_batch(operations)
    assert results.dtype == events.SLAB_RESULT
    assert not results["status"].any()
    assert len(set(results["address"][::2].tolist())) == 1
    assert machine.caches["kmalloc-64"].used == 0
    twice = operations[1:2].copy()
    twice["of"], twice["value"] = 0xFFFFFFFF, results["address"][0]
    again = machine.slab_batch(twice)
    assert events.SLAB_ERRORS[int(again["status"][0])]


# Objects that nobody uses.


def test_reclaim_takes_unused_objects() -> None:
    machine = Machine("64M")
    cache = machine.kmem_cache_create("dentry", 192, flags="RECLAIM_ACCOUNT")
    cache.register_shrinker()
    objects = cache.alloc_bulk(1000)
    cache.unuse(objects[::-1][:900])
    assert (cache.unused() == objects[::-1][:900]).all()
    cache.use(objects[500:600])
    machine.sysctl("drop_caches", 2)
    assert cache.unused().tolist() == []
    assert (cache.addresses() == np.sort([*objects[:100], *objects[500:600]])).all()
    cache.free_bulk(cache.addresses())
    cache.destroy()


def test_a_shrinker_that_cannot_be() -> None:
    machine = Machine("64M")
    cache = machine.kmem_cache_create("dentry", 192)
    address = cache.alloc()
    assert address is not None
    with pytest.raises(ValueError, match="'dentry' has no shrinker; register_"):
        cache.unuse([address])
    with pytest.raises(SlabError, match="'dentry' a shrinker: it has one, or slabs"):
        cache.register_shrinker()
    other = machine.kmem_cache_create("inode", 600)
    with pytest.raises(ValueError, match="batch must be above 0"):
        other.register_shrinker(batch=0)
    other.register_shrinker(seeks=4, batch=64)
    mine = other.alloc()
    assert mine is not None
    with pytest.raises(SlabError, match="of cache 'dentry', not of 'inode'"):
        other.unuse([mine, address])
    assert other.unused().tolist() == []
    backed = Machine("64M", backed=True).kmem_cache_create("dentry", 192)
    with pytest.raises(ValueError, match="backed machine has no shrinkers"):
        backed.register_shrinker()


# The caches of a kernel.


def test_all_caches_of_a_kernel() -> None:
    for profile, series in (("6.1L", "6.1"), ("6.12L", "6.12")):
        machine = Machine("64M", profile=profile)
        new = machine.kmem_caches_from_slabinfo()
        specs = cache_specs(series)
        assert [cache.name for cache in new] == [
            name for name in specs if not name.startswith(("kmalloc-", "dma-kmalloc"))
        ]
        for cache in new:
            assert cache.alias_of == specs[cache.name].merged_into
        assert machine.kmem_caches_from_slabinfo() == []


@needs_recordings
@pytest.mark.parametrize("path", SAVED, ids=lambda p: f"{p.parts[-3]}-{p.suffix[1:]}")
def test_the_caches_of_a_recorded_slabinfo(path: Path) -> None:
    """The same caches, in the same order, with the same slabs."""
    machine = machine_of(path)
    machine.kmem_caches_from_slabinfo(path.read_bytes())
    recorded = read_slabinfo(path.read_bytes())
    own = read_slabinfo(machine.proc("slabinfo"))
    assert own.keys() == recorded.keys()
    assert [name for name in own if name not in BOOTSTRAP] == [
        name for name in recorded if name not in BOOTSTRAP
    ]
    for name, line in recorded.items():
        found = own[name]
        assert (found.size, found.objects, found.pages) == (
            line.size,
            line.objects,
            line.pages,
        )


def test_garbled_slabinfo_makes_no_cache() -> None:
    machine = Machine("64M")
    text = machine.proc("slabinfo").replace("kmalloc-64 ", "new one ")
    before = machine.copy()
    with pytest.raises(ba.TraceError, match="slabinfo:"):
        machine.kmem_caches_from_slabinfo(text)
    assert machine == before


# slabinfo and zoneinfo as the kernel prints them.


@needs_recordings
@pytest.mark.parametrize("path", SAVED, ids=lambda p: f"{p.parts[-3]}-{p.suffix[1:]}")
def test_lines_are_the_kernels(path: Path) -> None:
    text = procfs.SLABINFO_HEAD + "".join(
        procfs.slabinfo_line(
            line.name,
            line.active_objs,
            line.num_objs,
            line.size,
            line.objects,
            line.pages,
            line.num_slabs,
        )
        for line in read_slabinfo(path.read_bytes()).values()
    )
    assert text.encode() == path.read_bytes()


STATES = sorted(RECORDINGS.glob("61-slabmix/state.*.txt.xz"))
READ_LATER = {"start": {"dentry", "shmem_inode_cache"}, "end": set()}
"""Caches that had one slab more or less when slabinfo was read."""


@needs_recordings
@pytest.mark.parametrize("path", STATES, ids=lambda path: path.name.split(".")[1])
def test_slabinfo_of_a_recorded_state(path: Path) -> None:
    """Byte for byte that of the kernel whose slabs the state has."""
    when = path.name.split(".")[1]
    saved = (path.parent / "proc" / f"slabinfo.{when}").read_text().splitlines()
    own = Machine.from_state(path).proc("slabinfo").splitlines()
    assert len(own) == len(saved)
    other = {
        line.split()[0] for line, want in zip(own, saved, strict=True) if line != want
    }
    assert other == READ_LATER[when]


@needs_recordings
def test_slabinfo_after_a_replay() -> None:
    """As the kernel's then, but for the cache whose frees in bulk have no event."""
    folder = RECORDINGS / "61-slabmix"
    saved = read_slabinfo((folder / "proc" / "slabinfo.end").read_bytes())
    own = read_slabinfo(ba.replay(ba.open(folder)).machine.proc("slabinfo"))
    assert list(own) == list(saved)
    assert [name for name, line in saved.items() if own[name] != line] == ["maple_node"]


def test_slabinfo_counts() -> None:
    machine = Machine("64M")
    cache = machine.kmem_cache_create("thing", 1000)
    objects = cache.alloc_bulk(3 * cache.objs_per_slab + 2)
    cache.free_bulk(objects[: cache.objs_per_slab - 1])
    text = machine.proc("slabinfo")
    assert text.startswith(procfs.SLABINFO_HEAD + "thing ")
    line = read_slabinfo(text)["thing"]
    # what is free on a CPU's stack counts as active, as in the kernel
    assert (line.active_objs, line.num_objs, line.num_slabs) == (32, 32, 4)
    cache.flush()
    line = read_slabinfo(machine.proc("slabinfo"))["thing"]
    assert (line.active_objs, line.num_objs) == (19, 32)


def test_zoneinfo_counts_slabs() -> None:
    machine = Machine("256M", nodes=2, cpus=2)

    def slabs() -> list[tuple[int, int]]:
        zones = procfs.read_zoneinfo(machine.proc("zoneinfo"))
        return [
            (stats["nr_slab_reclaimable"], stats["nr_slab_unreclaimable"])
            for stats in (zone.node_stats for zone in zones)
            if stats
        ]

    assert slabs() == [(0, 0), (0, 0)]
    machine.kmalloc(64, node=1)
    machine.kmalloc(1000, "GFP_KERNEL|__GFP_RECLAIMABLE", node=1)
    machine.kmalloc(20000, node=0)
    rcl = machine.caches["kmalloc-rcl-1k"]
    assert slabs() == [(0, 8), (rcl.pages, 1)]
    counts = machine.slab_vmstat()
    assert [node["kmalloc_large"] for node in counts] == [1, 0]
    assert counts[0]["kmalloc_large_pages"] == 8
    assert counts[0]["kmalloc_large_requested"] == 20000


def test_a_constructor_writes_into_new_objects() -> None:
    machine = ba.Machine("64M", backed=True)
    plain = machine.kmem_cache_create("plain", 100)
    with pytest.raises(ValueError, match="'plain': it needs ctor=True"):
        plain.set_constructor(b"x")
    cache = machine.kmem_cache_create("inode", 100, ctor=True)
    with pytest.raises(ValueError, match="101 bytes for the constructor"):
        cache.set_constructor(bytes(101))
    cache.set_constructor(b"born")
    first, second = cache.alloc(), cache.alloc()
    assert first[:4] == second[:4] == b"born"
    first[:4] = b"used"
    address = int(first)
    cache.free(first)
    again = cache.alloc()
    assert (int(again), again[:4]) == (address, b"used")
    with pytest.raises(ba.SlabError, match="'inode' has slabs already"):
        cache.set_constructor(b"")
    assert machine.check() is None
