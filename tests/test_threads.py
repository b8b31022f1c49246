"""A shared machine driven by several Python threads, each on its own CPU."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

import buddyalloc as ba
from buddyalloc import _core
from buddyalloc.events import EVENT, LOCK_KINDS, SLAB_OP, SlabOp

GFP_KERNEL = ba.GFP.GFP_KERNEL
THREADS = 4


def run(work: Callable[[int], Any], threads: int = THREADS) -> list[Any]:
    """What work(cpu) gives in a thread for each CPU; the first error is raised."""
    results: list[Any] = [None] * threads
    errors: list[BaseException] = []
    start = threading.Barrier(threads)

    def body(cpu: int) -> None:
        try:
            start.wait()
            results[cpu] = work(cpu)
        except BaseException as error:
            errors.append(error)

    pool = [threading.Thread(target=body, args=(cpu,)) for cpu in range(threads)]
    for thread in pool:
        thread.start()
    for thread in pool:
        thread.join()
    if errors:
        raise errors[0]
    return results


def free_pages(machine: ba.Machine) -> int:
    machine.drain_all_pages()
    return sum(zone["free_pages_exact"] for zone in machine.zones())


def within_call(
    machine: ba.Machine, cpu: int, calls: list[Callable[[], Any]]
) -> list[str]:
    """What calls say while another thread is inside a long call for `cpu`.

    Nobody tells when a call is inside: it is made over and over until every
    one of the others has met it.
    """
    met: list[str] = []
    done = threading.Event()

    def patiently(call: Callable[[], Any]) -> Any:
        while True:
            try:
                return call()
            except RuntimeError:
                continue

    def inside() -> None:
        while not done.is_set():
            pfns = patiently(lambda: machine.alloc_pages_bulk(0xCC0, 5000, cpu=cpu))
            patiently(partial(machine.free_pages_list, pfns, cpu=cpu))

    thread = threading.Thread(target=inside)
    thread.start()
    try:
        for call in calls:
            for _ in range(50_000):
                try:
                    call()
                except RuntimeError as error:
                    met.append(str(error))
                    break
    finally:
        done.set()
        thread.join()
    assert len(met) == len(calls), "some call never met the one that was inside"
    return met


# Refused.


def test_one_thread_for_each_cpu() -> None:
    machine = ba.Machine("256M", cpus=2, shared=True)
    texts = within_call(
        machine,
        1,
        [
            lambda: machine.alloc_pages_bulk(GFP_KERNEL, 0, cpu=1),
            lambda: machine.free_pages_list([], cpu=1),
            lambda: machine.kmalloc(0, cpu=1),
            lambda: machine.kfree(None, cpu=1),
            lambda: machine.vfree(None, cpu=1),
            lambda: machine.fault_in(0, cpu=1),
            lambda: machine.alloc_pages(GFP_KERNEL, 200, cpu=1),
            lambda: machine.free_pages_list([], cpu=1),
        ],
    )
    for text in texts:
        assert text.startswith("CPU 1 of the Machine is already in use by another")
        assert "a CPU of its own" in text
    machine.check()


def test_what_needs_the_machine_alone() -> None:
    machine, other = (ba.Machine("64M", cpus=2, shared=True) for _ in range(2))
    texts = within_call(
        machine,
        1,
        [
            machine.copy,
            machine.check,
            machine.state_text,
            machine.state_hash,
            machine.zones,
            machine.vmstat,
            lambda: machine == other,
            lambda: other == machine,
            lambda: machine.sysctl("min_free_kbytes", 2000),
            lambda: machine.advance(1000),
            lambda: machine.caches,
            lambda: machine.lru_list(0, 0),
            machine.drain_all_pages,
        ],
    )
    assert all("needs it alone" in text for text in texts)
    machine.check()


@pytest.mark.parametrize("options", [{}, {"shared": True, "backed": True}])
def test_others_have_one_long_call_at_a_time(options: dict[str, bool]) -> None:
    """Those that are not shared, and those whose bytes Python objects stand for."""
    machine = ba.Machine("128M", cpus=2, **options)
    texts = within_call(
        machine,
        1,
        [
            lambda: machine.alloc_pages_bulk(GFP_KERNEL, 0, cpu=0),
            lambda: machine.alloc_pages(GFP_KERNEL, 200, cpu=0),
            machine.zones,
        ],
    )
    assert all("already in use by another call" in text for text in texts)
    machine.check()


def test_a_batch_enters_every_cpu_or_none() -> None:
    machine = ba.Machine("256M", cpus=3, shared=True)
    operations = np.zeros(2, SLAB_OP)
    operations["op"], operations["node"] = SlabOp.KMALLOC, 255
    operations["gfp"], operations["of"] = GFP_KERNEL, 0xFFFFFFFF
    operations["value"] = 64
    operations["cpu"] = 0, 2
    texts = within_call(machine, 2, [lambda: machine.slab_batch(operations)])
    assert texts[0].startswith("CPU 2 ")
    assert machine.kmalloc(64, cpu=0) is not None, "CPU 0 was left again"
    assert (machine.slab_batch(operations)["address"] > 0).all()
    machine.check()


# Side by side.


def test_pages_in_batches() -> None:
    machine = ba.Machine("1G", cpus=THREADS, shared=True)
    before = free_pages(machine)
    owners = np.zeros(machine.nr_frames, np.uint8)
    lock = threading.Lock()

    def work(cpu: int) -> None:
        for turn in range(150):
            pfns = np.asarray(machine.alloc_pages_bulk(GFP_KERNEL, 900, cpu=cpu))
            with lock:
                assert not owners[pfns].any(), "handed out twice"
                owners[pfns] = cpu + 1
            single = [machine.alloc_pages(GFP_KERNEL, turn % 4, cpu=cpu)]
            with lock:
                assert (owners[pfns] == cpu + 1).all()
                owners[pfns] = 0
            machine.free_pages_list(pfns, cpu=cpu)
            for pfn in single:
                if pfn is not None:
                    machine.free_pages(pfn, turn % 4, cpu=cpu)

    run(work)
    machine.check()
    assert free_pages(machine) == before


def test_objects_that_others_free() -> None:
    """Each thread frees what the one before it has allocated."""
    machine = ba.Machine("1G", cpus=THREADS, shared=True)
    cache = machine.kmem_cache_create("things", 200)
    before = {name: each.used for name, each in machine.caches.items()}
    queues: list[list[Any]] = [[] for _ in range(THREADS)]

    def work(cpu: int) -> list[int]:
        seen: list[int] = []
        sizes = np.arange(1, 301) * 6
        for _ in range(150):
            mine = machine.kmalloc_bulk(sizes, cpu=cpu)
            things = cache.alloc_bulk(200, cpu=cpu)
            assert len(np.unique(np.concatenate((mine, things)))) == 500
            queues[(cpu + 1) % THREADS].append((mine, things))
            one, two = machine.kmalloc(64, cpu=cpu), cache.alloc(cpu=cpu)
            while queues[cpu]:
                theirs, others = queues[cpu].pop()
                machine.kfree_bulk(theirs, cpu=cpu)
                cache.free_bulk(others, cpu=cpu)
                seen.append(len(theirs))
            machine.kfree(one, cpu=cpu)
            cache.free(two, cpu=cpu)
        return seen

    total = sum(len(seen) for seen in run(work))
    for queue in queues:
        for mine, things in queue:
            machine.kfree_bulk(mine)
            cache.free_bulk(things)
            total += 1
    assert total == 150 * THREADS
    machine.check()
    assert {name: each.used for name, each in machine.caches.items()} == before


def test_addresses_and_user_memory() -> None:
    machine = ba.Machine("256M", cpus=THREADS, shared=True)
    before = free_pages(machine)

    def work(cpu: int) -> int:
        areas = []
        for turn in range(20):
            areas.append(machine.vmalloc(4096 * (turn + 1), cpu=cpu))
            pages = machine.fault_in(50, "anon", cpu=cpu).handles
            machine.touch(pages, write=True, cpu=cpu)
            machine.release(pages, cpu=cpu)
            big = machine.kvmalloc(100_000, cpu=cpu)
            machine.kvfree(big, cpu=cpu)
        assert len(set(areas)) == len(areas)
        for area in areas:
            machine.vfree(area, cpu=cpu)
        return len(areas)

    assert run(work) == [20] * THREADS
    machine.check()
    machine.vm_unmap_aliases()
    assert machine.vmalloc_stat()["pages"] == 0
    assert len(machine.handles()) == 0
    assert before - free_pages(machine) < before // 100, "page tables and slabs"


def test_batches_of_operations() -> None:
    machine = ba.Machine("256M", cpus=THREADS, shared=True)
    pairs = 3000

    def work(cpu: int) -> None:
        operations = np.zeros(2 * pairs, SLAB_OP)
        operations["node"], operations["gfp"] = 255, GFP_KERNEL
        operations["of"], operations["cpu"] = 0xFFFFFFFF, cpu
        operations["op"][:pairs], operations["value"][:pairs] = SlabOp.KMALLOC, 96
        operations["op"][pairs:] = SlabOp.KFREE
        operations["of"][pairs:] = np.arange(pairs)[::-1]
        for _ in range(10):
            results = machine.slab_batch(operations)
            assert (results["status"] == 0).all()
            assert len(np.unique(results["address"][:pairs])) == pairs

    run(work)
    machine.check()


def test_one_thread_alone_does_what_one_that_is_not_shared_does() -> None:
    """The same history gives the same answers."""
    answers = []
    for shared in (False, True):
        machine = ba.Machine("128M", cpus=2, shared=shared)
        some = np.asarray(machine.alloc_pages_bulk(GFP_KERNEL, 300, cpu=1))
        machine.free_pages_list(some[::3], cpu=0)
        sizes = machine.kmalloc_bulk(np.arange(1, 200) * 30, cpu=1)
        machine.kfree_bulk(sizes[::2], cpu=0)
        handles = machine.fault_in(700, "file", cpu=1).handles
        machine.release(handles[:300], cpu=0)
        last = [machine.alloc_pages(GFP_KERNEL, o, cpu=o % 2) for o in range(9)]
        answers.append((some.tolist(), sizes.tolist(), handles.tolist(), last))
        machine.check()
    assert answers[0] == answers[1]


# Who waited.


def test_every_lock_has_its_line() -> None:
    machine = ba.Machine("64M", cpus=2, shared=True)
    cache = machine.kmem_cache_create("things", 200)
    table = machine.lock_waits()
    assert set(table["lock"]) <= set(LOCK_KINDS)
    lines = list(zip(table["lock"], table["place"], strict=True))
    assert len(set(lines)) == len(lines)
    zones = [zone["name"] for zone in machine.zones()]
    for zone in zones:
        assert ("zone", f"zone {zone}, node 0") in lines
        assert ("pcp", f"CPU 1, zone {zone}, node 0") in lines
    assert ("list", "cache things, node 0") in lines
    assert sum(lock == "pcp" for lock, _ in lines) == 2 * len(zones)
    assert ("vm", "") in lines
    cache.destroy()
    places = machine.lock_waits()["place"]
    assert "cache things, node 0" not in places
    assert not table["waits"].any()


def test_waits_can_be_read_meanwhile_and_cleared() -> None:
    machine = ba.Machine("256M", cpus=THREADS, shared=True)
    totals: list[int] = []

    def work(cpu: int) -> None:
        if not cpu:
            for _ in range(200):
                totals.append(int(machine.lock_waits()["waits"].sum()))
            return
        for _ in range(100):
            pfns = machine.alloc_pages_bulk(GFP_KERNEL, 500, cpu=cpu)
            machine.free_pages_list(pfns, cpu=cpu)

    run(work)
    assert totals == sorted(totals)
    table = machine.lock_waits()
    assert (table["spins"][table["waits"] == 0] == 0).all()
    machine.clear_lock_waits()
    assert not machine.lock_waits()["waits"].any()
    assert not machine.lock_waits()["spins"].any()
    machine.check()


def test_one_thread_waits_for_nobody() -> None:
    for shared in (False, True):
        machine = ba.Machine("64M", cpus=2, shared=shared)
        for cpu in (0, 1):
            machine.free_pages_list(machine.alloc_pages_bulk(GFP_KERNEL, 999, cpu=cpu))
        assert not machine.lock_waits()["waits"].any()


def test_looking_at_waits_needs_that_nobody_is_alone() -> None:
    machine = ba.Machine("256M", shared=True)
    refused: list[str] = []

    def progress(done: int, total: int) -> None:
        for call in (machine.lock_waits, machine.clear_lock_waits):
            with pytest.raises(RuntimeError, match="needs it alone"):
                call()
            refused.append(call.__name__)

    _core.Replay(machine).run(np.zeros(10, EVENT), progress=progress)
    assert set(refused) == {"lock_waits", "clear_lock_waits"}
