"""csrc/py/py_memory.c and py_machine_memory.c: real bytes of a backed machine."""

from __future__ import annotations

import copy
import gc
import mmap
import os
import pickle
import signal
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import buddyalloc as ba
from buddyalloc import _core
from buddyalloc.events import EVENT

MIB = 1 << 20
PAGE = 4096
DIRECT_MAP = 0xFFFF_8880_0000_0000
"""Where the kernel's direct map of all memory begins, without KASLR."""

ZERO = "GFP_KERNEL|__GFP_ZERO"
NO_EVENTS = np.zeros(0, EVENT)


def backed(size: str | int = "64M", **kwargs: Any) -> ba.Machine:
    return ba.Machine(size, backed=True, **kwargs)


@pytest.fixture
def machine() -> ba.Machine:
    return backed()


def block(machine: ba.Machine, order: int = 0, gfp: str = "GFP_KERNEL") -> int:
    pfn = machine.alloc_pages(gfp, order)
    assert pfn is not None
    return pfn


def new_pages(machine: ba.Machine, nr: int, **kwargs: Any) -> list[int]:
    """Handles of pages that all came."""
    outcome = machine.fault_in(nr, **kwargs)
    assert outcome.result == 0
    return [int(handle) for handle in outcome.handles]


def holding(memory: ba.Memory) -> np.ndarray:
    return np.frombuffer(memory, np.uint8)


# Bad arguments first.


def highmem_pfn() -> tuple[ba.Machine, int]:
    machine = backed("1G", arch="i386")
    pfn = machine.alloc_pages("GFP_HIGHUSER")
    assert pfn is not None
    assert pfn >= 896 * MIB // PAGE
    return machine, pfn


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda m: m.memory(), TypeError, "needs the argument 'pfn'"),
        (lambda m: m.memory("1"), TypeError, "pfn must be an integer, not '1'"),
        (lambda m: m.memory(-1), ValueError, r"pfn must be within 0\.\."),
        (lambda m: m.memory(1 << 40), ValueError, r"pfn must be within 0\.\."),
        (lambda m: m.memory(1 << 20), ba.FrameError, "frame 0x100000 lies outside"),
        (lambda m: m.memory(0), ba.FrameError, "frame 0x0 lies outside every zone"),
        (lambda m: m.memory(5000), ba.FrameError, "frame 0x1388: it is free"),
        (lambda m: m.memory(4096, 11), ValueError, r"order must be within 0\.\.10"),
        (lambda m: m.memory(4097, 1), ba.FrameError, "begins no block of order 1"),
        (lambda m: m.page_address(1 << 20), ba.FrameError, "outside every zone"),
        (lambda m: m.page_address(None), TypeError, "pfn must be an integer"),
        (lambda m: m.copy_to_user(1), TypeError, "needs the argument 'data'"),
        (lambda m: m.copy_to_user(1, "text"), TypeError, "has to be encoded"),
        (lambda m: m.copy_to_user(1, b"x"), ba.FrameError, "no page has the handle 1"),
        (lambda m: m.copy_from_user(0), ba.FrameError, "no page has the handle 0"),
        (lambda m: m.copy_from_user("1"), TypeError, "handle must be an integer"),
        (
            lambda m: m.copy_from_user(1, cpu=1),
            ValueError,
            r"cpu must be within 0\.\.0",
        ),
        (lambda m: m.copy_to_user(1, b"", -1), ValueError, "offset must be within"),
    ],
)
def test_bad_arguments(
    machine: ba.Machine, call: Callable[[Any], object], error: type, words: str
) -> None:
    before = machine.copy()
    with pytest.raises(error, match=words):
        call(machine)
    assert machine == before


@pytest.mark.parametrize("call", ["memory", "copy_to_user", "copy_from_user"])
def test_a_machine_without_bytes_says_how_to_get_some(call: str) -> None:
    machine = ba.Machine("64M")
    arguments = (block(machine), b"") if call == "copy_to_user" else (block(machine),)
    with pytest.raises(ValueError, match=rf"{call}\(\) needs real .* backed=True"):
        getattr(machine, call)(*arguments)
    assert not machine.backed
    assert machine.config()["backed"] is False


def test_a_part_of_a_page_must_lie_in_it(machine: ba.Machine) -> None:
    (handle,) = new_pages(machine, 1)
    for offset, size in [(0, 4097), (4096, 1), (1, 4096), (1 << 40, 0)]:
        words = f"{size} bytes from offset {offset} do not fit .* which has 4096"
        with pytest.raises(ValueError, match=words):
            machine.copy_to_user(handle, bytes(size), offset)
        with pytest.raises(ValueError, match=words):
            machine.copy_from_user(handle, size, offset)
    assert machine.copy_from_user(handle, 0, 4096) == b""
    assert machine.copy_from_user(handle, offset=4000) == bytes(96)


def test_no_memory_of_user_memory(machine: ba.Machine) -> None:
    """It may move; the refusal says what to call."""
    machine.sysctl("transparent_hugepage_enabled", 0)
    (small,) = new_pages(machine, 1)
    (huge,) = new_pages(machine, 1, huge=True)
    for pfn in (machine.where([small])[0], machine.where([huge])[0] + 17):
        with pytest.raises(ba.FrameError, match=r"user memory.* copy_to_user\(\)"):
            machine.memory(pfn)


def test_highmem_has_no_address() -> None:
    machine, pfn = highmem_pfn()
    for call in (machine.memory, machine.page_address):
        with pytest.raises(ba.FrameError, match=f"{pfn:#x} lies in HighMem"):
            call(pfn)
    low = block(machine)
    assert machine.page_address(low) == 0xC000_0000 + low * PAGE
    assert machine.memory(low).address == 0xC000_0000 + low * PAGE


def test_the_type_cannot_be_made_or_pickled(machine: ba.Machine) -> None:
    with pytest.raises(TypeError):
        ba.Memory()  # type: ignore[call-arg]
    memory = machine.memory(block(machine))
    for use in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError):
            use(memory)


# Bytes.


def test_memory_is_bytes_at_an_address(machine: ba.Machine) -> None:
    pfn = block(machine, 2)
    memory = machine.memory(pfn, 2)
    assert isinstance(memory, ba.Memory)
    assert memory.address == machine.page_address(pfn) == DIRECT_MAP + pfn * PAGE
    assert memory.__index__() == memory.address
    assert len(memory) == memory.size == 4 * PAGE
    assert list(np.asarray(memory.pfns)) == [pfn, pfn + 1, pfn + 2, pfn + 3]
    assert not memory.freed
    assert repr(memory) == f"<Memory: 16384 bytes at {memory.address:#x}>"
    view = memoryview(memory)
    assert (view.format, view.ndim, view.readonly) == ("B", 1, False)


def test_all_views_are_the_same_bytes(machine: ba.Machine) -> None:
    pfn = block(machine, 1)
    memory = machine.memory(pfn, 1)
    array = np.frombuffer(memory, "<u8")
    array[:] = np.arange(1024)
    second = machine.memory(pfn + 1)
    assert memory[8:16] == (1).to_bytes(8, "little")
    assert second[:8] == (512).to_bytes(8, "little")
    second[:3] = b"abc"
    second[-1] = 0xFF
    assert array[512] & 0xFFFFFF == int.from_bytes(b"abc", "little")
    assert memory[PAGE] == ord("a")
    assert memory[8191] == memory[-1] == 0xFF
    with pytest.raises(IndexError):
        memory[8192]
    with pytest.raises(ValueError, match="structures"):
        memory[:2] = b"abc"
    with pytest.raises(TypeError, match="cannot be deleted"):
        del memory[0]


@pytest.mark.parametrize("order", [0, 3, 9, 10])
def test_gfp_zero_clears(machine: ba.Machine, order: int) -> None:
    pfn = block(machine, order)
    machine.memory(pfn, order)[:] = b"\xee" * (PAGE << order)
    machine.free_pages(pfn, order)
    assert block(machine, order) == pfn
    assert (holding(machine.memory(pfn, order)) == 0xEE).all(), "stale, as in Linux"
    machine.free_pages(pfn, order)
    assert block(machine, order, ZERO) == pfn
    assert not holding(machine.memory(pfn, order)).any()


def test_a_bulk_is_cleared(machine: ba.Machine) -> None:
    pfns = np.asarray(machine.alloc_pages_bulk("GFP_KERNEL", 20))
    for pfn in pfns:
        machine.memory(pfn)[:] = b"\xee" * PAGE
    machine.free_pages_list(pfns)
    again = np.asarray(machine.alloc_pages_bulk(ZERO, 10))
    assert set(again) <= set(pfns)
    assert not any(holding(machine.memory(pfn)).any() for pfn in again)


@pytest.mark.parametrize("option", ["init_on_alloc", "init_on_free"])
def test_boot_options_that_clear(option: str) -> None:
    machine = backed(settings={option: 1})
    pfn = block(machine, 3)
    machine.memory(pfn, 3)[:] = b"\xee" * (PAGE << 3)
    machine.free_pages(pfn, 3)
    assert block(machine, 3) == pfn
    assert not holding(machine.memory(pfn, 3)).any()
    with pytest.raises(ValueError, match=f"{option} is no sysctl"):
        machine.sysctl(option, 0)


def test_who_pays_for_the_clearing() -> None:
    """init_on_alloc: every allocation; init_on_free: none, not even __GFP_ZERO."""
    price = {}
    for option in ("none", "init_on_alloc", "init_on_free"):
        settings = {} if option == "none" else {option: 1}
        machine = ba.Machine("64M", settings=settings)
        block(machine)
        for gfp in ("GFP_KERNEL", ZERO):
            price[option, gfp] = machine.alloc_pages_outcome(gfp).latency_ns
    plain, cleared = price["none", "GFP_KERNEL"], price["none", ZERO]
    assert cleared > plain
    assert price["init_on_alloc", "GFP_KERNEL"] == cleared
    assert price["init_on_alloc", ZERO] == cleared
    assert price["init_on_free", "GFP_KERNEL"] == plain
    assert price["init_on_free", ZERO] == plain


# User memory.


def test_new_user_memory_reads_as_zero(machine: ba.Machine) -> None:
    machine.sysctl("transparent_hugepage_enabled", 0)
    pfn = block(machine, 9)
    machine.memory(pfn, 9)[:] = b"\xee" * (PAGE << 9)
    machine.free_pages(pfn, 9)
    for kwargs in ({"huge": True}, {"kind": "file"}, {}):
        (handle,) = new_pages(machine, 1, **kwargs)
        data = machine.copy_from_user(handle)
        assert data is not None
        assert len(data) == (2 * MIB if kwargs.get("huge") else PAGE)
        assert not any(data)


def number_of(handle: int) -> bytes:
    return handle.to_bytes(8, "little")


def test_compaction_moves_the_bytes(machine: ba.Machine) -> None:
    handles = new_pages(machine, 3000)
    for handle in handles:
        assert machine.copy_to_user(handle, number_of(handle), 100) == 0
    machine.release(handles[::2])
    rest = handles[1::2]
    before = machine.where(rest)
    machine.sysctl("compact_memory", 1)
    moved = int((machine.where(rest) != before).sum())
    assert moved > 500
    assert moved == machine.vmstat()["pgmigrate_success"]
    assert [machine.copy_from_user(h, 8, 100) for h in rest] == list(
        map(number_of, rest)
    )
    machine.check()


def test_a_huge_page_keeps_its_bytes(machine: ba.Machine) -> None:
    machine.sysctl("transparent_hugepage_enabled", 0)
    (handle,) = new_pages(machine, 1, huge=True)
    machine.copy_to_user(handle, b"end", 2 * MIB - 3)
    assert machine.copy_from_user(handle, offset=2 * MIB - 5) == b"\0\0end"


def test_swap_keeps_the_bytes() -> None:
    """Half of the pages do not fit into memory; each is read again, as it was."""
    machine = backed("16M", settings={"swap": 65536})
    handles: list[int] = []
    for _ in range(12):
        for handle in new_pages(machine, 500):
            machine.copy_to_user(handle, number_of(handle) * 512)
            handles.append(handle)
        machine.advance(10**9)
    states = np.asarray(machine.handles())["state"]
    assert (states == _core.HANDLE_STATES.index("swapped")).sum() > 1500
    read_before = machine.vmstat()["pswpin"]
    copy_of_it = machine.copy()
    for handle in handles:
        assert machine.copy_from_user(handle) == number_of(handle) * 512
        machine.advance(10**6)
    assert machine.vmstat()["pswpin"] > read_before
    machine.check()
    # what was on swap belongs to the copy too
    assert all(copy_of_it.copy_from_user(h, 8) == number_of(h) for h in handles[:500])


def test_page_cache_is_read_again_as_it_was(machine: ba.Machine) -> None:
    (handle,) = new_pages(machine, 1, kind="file")
    machine.copy_to_user(handle, b"contents")
    machine.advance(10**11)
    machine.sysctl("drop_caches", 1)
    assert machine.where([handle])[0] == _core.PFN_NONE
    pfn = block(machine)
    machine.memory(pfn)[:] = b"\xee" * PAGE
    assert machine.copy_from_user(handle, 10) == b"contents\0\0"
    assert machine.where([handle])[0] != pfn


def test_copies_that_find_no_memory() -> None:
    """As in the kernel: nothing raised, all bytes are left."""
    machine = backed("16M")
    (handle,) = new_pages(machine, 1, kind="file")
    machine.sysctl("drop_caches", 1)
    while machine.alloc_pages("GFP_HIGHUSER|__GFP_MEMALLOC") is not None:
        pass
    assert machine.copy_to_user(handle, b"12345") == 5
    assert machine.copy_from_user(handle) is None


# Freed memory.


def uses(memory: ba.Memory) -> list[Callable[[], object]]:
    return [
        lambda: len(memory),
        lambda: memory[0],
        lambda: memory[:4],
        lambda: memory.__setitem__(0, 1),
        lambda: memory.__index__(),
        lambda: memoryview(memory),
        lambda: np.frombuffer(memory, np.uint8),
        lambda: bytes(memory),
    ]


def assert_freed(memory: ba.Memory) -> None:
    assert memory.freed
    assert repr(memory).endswith(", freed>")
    for use in uses(memory):
        with pytest.raises(ValueError, match=f"{memory.address:#x} were freed"):
            use()


def test_no_use_after_free(machine: ba.Machine) -> None:
    pfn = block(machine, 1)
    memory = machine.memory(pfn, 1)
    tail = machine.memory(pfn + 1)
    other = machine.memory(block(machine))
    machine.free_pages(pfn, 1)
    assert_freed(memory)
    assert_freed(tail)
    assert (memory.size, memory.address) == (8192, DIRECT_MAP + pfn * PAGE)
    assert len(other) == PAGE
    # the frame's next owner has another Memory
    assert block(machine, 1) == pfn
    again = machine.memory(pfn, 1)
    again[0] = 5
    assert_freed(memory)


def test_free_by_a_list_and_page_by_page(machine: ba.Machine) -> None:
    pfns = np.asarray(machine.alloc_pages_bulk("GFP_KERNEL", 8))
    memories = [machine.memory(pfn) for pfn in pfns]
    machine.free_pages_list(pfns[:4])
    assert [memory.freed for memory in memories] == [True] * 4 + [False] * 4
    pfn = block(machine, 2)
    whole = machine.memory(pfn, 2)
    machine.split_page(pfn, 2)
    machine.free_pages(pfn + 3)
    assert_freed(whole)


def test_what_is_viewed_cannot_be_freed(machine: ba.Machine) -> None:
    pfn = block(machine, 1)
    memory = machine.memory(pfn + 1)
    view = memoryview(memory)
    array = np.frombuffer(memory, np.uint8)
    before = machine.copy()
    words = f"cannot free the 4096 bytes at {memory.address:#x}: 2 view"
    with pytest.raises(BufferError, match=words):
        machine.free_pages(pfn, 1)
    machine.split_page(pfn, 1)
    with pytest.raises(BufferError, match=words):
        machine.free_pages_list([pfn, pfn + 1])
    machine.free_pages(pfn)
    view.release()
    with pytest.raises(BufferError, match="1 view"):
        machine.free_pages(pfn + 1)
    assert array[0] == 0
    del array
    machine.free_pages(pfn + 1)
    assert_freed(memory)
    before.free_pages(pfn, 1)  # nobody views the copy's


def test_a_free_that_is_refused_revokes_nothing(machine: ba.Machine) -> None:
    pfn = block(machine, 1)
    memory = machine.memory(pfn, 1)
    with pytest.raises(ba.FrameError):
        machine.free_pages(pfn)
    with pytest.raises(ba.FrameError):
        machine.free_pages_list([pfn, pfn])
    assert not memory.freed
    assert len(memory) == 2 * PAGE


def test_a_released_view_keeps_nothing(machine: ba.Machine) -> None:
    pfn = block(machine)
    memory = machine.memory(pfn)
    view = memoryview(memory)
    part = view[10:20]
    del memory
    with pytest.raises(BufferError):
        machine.free_pages(pfn)
    part.release()
    view.release()
    with pytest.raises(ValueError, match="released"):
        view[0]
    machine.free_pages(pfn)


def test_a_view_keeps_the_machine(machine: ba.Machine) -> None:
    class Watched(ba.Machine):
        pass

    watched = Watched("64M", backed=True)
    array = np.frombuffer(watched.memory(block(watched)), np.uint8)
    gone = weakref.ref(watched)
    del watched
    gc.collect()
    assert gone() is not None
    array[:] = 3
    assert (array == 3).all()
    del array
    gc.collect()
    assert gone() is None


def test_a_machine_that_keeps_its_memory_is_collected() -> None:
    class Watched(ba.Machine):
        pass

    watched = Watched("64M", backed=True)
    watched.mine = watched.memory(block(watched))  # type: ignore[attr-defined]
    gone = weakref.ref(watched)
    del watched
    gc.collect()
    assert gone() is None


def test_a_dropped_memory_frees_nothing(machine: ba.Machine) -> None:
    pfn = block(machine)
    machine.memory(pfn)[0] = 9
    gc.collect()
    assert machine.memory(pfn)[0] == 9
    machine.free_pages(pfn)


def test_many_memories_of_the_same_frames(machine: ba.Machine) -> None:
    """Dropped in any order, a free finds exactly those that are left."""
    rng = np.random.default_rng(5)
    pfn = block(machine, 4)
    for _ in range(30):
        memories = [machine.memory(pfn, 4) for _ in range(20)]
        memories += [machine.memory(pfn + int(at)) for at in rng.integers(0, 16, 20)]
        rng.shuffle(memories)  # type: ignore[arg-type]
        del memories[:20]
        viewed = memoryview(memories[0])
        with pytest.raises(BufferError):
            machine.free_pages(pfn, 4)
        viewed.release()
        machine.free_pages(pfn, 4)
        assert all(memory.freed for memory in memories)
        pfn = block(machine, 4)
        assert not machine.memory(pfn, 4).freed


def test_a_replay_frees_every_memory(machine: ba.Machine) -> None:
    pfn = block(machine)
    memory = machine.memory(pfn)
    replay = _core.Replay(machine)
    view = memoryview(memory)
    with pytest.raises(BufferError):
        replay.run(NO_EVENTS)
    assert not memory.freed
    view.release()
    replay.run(NO_EVENTS)
    assert_freed(memory)


# Objects of slabs.


def test_kmalloc_gives_memory(machine: ba.Machine) -> None:
    memory = machine.kmalloc(50)
    assert isinstance(memory, ba.Memory)
    assert len(memory) == 50
    assert machine.ksize(memory) == 64
    memory[:] = b"\xee" * 50
    machine.kfree(memory)
    assert_freed(memory)
    again = machine.kmalloc(64)
    assert again.address == memory.address
    assert again[:50] == b"\xee" * 50, "stale, as in Linux"
    machine.kfree(again.address)
    assert_freed(again)
    zeroed = machine.kzalloc(64)
    assert zeroed.address == memory.address
    assert zeroed[:] == bytes(64)
    with pytest.raises(ValueError, match="were freed"):
        machine.kfree(memory)
    assert not zeroed.freed


@pytest.mark.parametrize(
    "get",
    [
        lambda m: m.kmalloc(100),
        lambda m: m.kmalloc(100000),
        lambda m: m.kcalloc(10, 30),
        lambda m: m.kmalloc_array(3, 5000),
        lambda m: m.kmem_cache_create("task_struct", 1700).alloc(),
    ],
)
def test_objects_that_are_viewed_stay(
    machine: ba.Machine, get: Callable[[Any], Any]
) -> None:
    memory = get(machine)
    array = np.frombuffer(memory, np.uint8)
    array[:] = 3
    before = machine.copy()
    batch = np.array([memory.address], np.uint64)
    for free in (
        lambda: machine.kfree(memory),
        lambda: machine.kfree(memory.address),
        lambda: machine.krealloc(memory, 8),
        lambda: machine.krealloc(memory, 0),
        lambda: machine.kfree_bulk(batch),
    ):
        with pytest.raises(BufferError, match=f"{memory.address:#x}: 1 view"):
            free()
    assert machine == before
    assert (array == 3).all()
    del array
    machine.kfree_bulk(batch)
    assert_freed(memory)


def test_krealloc_takes_the_contents_along(machine: ba.Machine) -> None:
    memory = machine.kmalloc(40)
    memory[:] = bytes(range(40))
    for size in (60, 1000, 20000, 200000):
        old, memory = memory, machine.krealloc(memory, size)
        assert len(memory) == size
        assert memory[:40] == bytes(range(40))
        assert_freed(old)
    old, memory = memory, machine.krealloc(memory, 10)
    assert memory.address == old.address
    assert memory[:] == bytes(range(10))
    assert machine.krealloc(memory, 0) == 16
    assert_freed(memory)


def test_a_krealloc_that_fails_keeps_the_memory(machine: ba.Machine) -> None:
    memory = machine.kmalloc(40)
    assert machine.krealloc(memory, 1 << 30) is None
    memory[0] = 1
    machine.kfree(memory)


def test_objects_of_a_cache(machine: ba.Machine) -> None:
    cache = machine.kmem_cache_create("task_struct", 1700)
    objects = [cache.alloc() for _ in range(40)]
    for number, memory in enumerate(objects):
        assert len(memory) == 1700
        memory[:] = bytes([number]) * 1700
    assert all(set(memory[:]) == {n} for n, memory in enumerate(objects))
    cache.free_bulk([memory.address for memory in objects[:20]])
    assert [memory.freed for memory in objects] == [True] * 20 + [False] * 20
    with pytest.raises(_core.SlabError):
        machine.kmem_cache_create("other", 3000).free(objects[30])
    assert not objects[30].freed
    for memory in objects[20:]:
        cache.free(memory)
        assert_freed(memory)


def test_a_batch_of_operations_frees_memory(machine: ba.Machine) -> None:
    memory, other = machine.kmalloc(64), machine.kmalloc(64)
    fields = np.dtype(list(_core.SLAB_OP_FIELDS))
    operations = np.zeros(2, fields)
    operations["op"] = [op[0] for op in _core.SLAB_OPS].index("KFREE")
    operations["value"] = [memory.address, memory.address]
    operations["of"] = 0xFFFF_FFFF
    view = memoryview(memory)
    with pytest.raises(BufferError):
        machine.slab_batch(operations)
    view.release()
    results = np.asarray(machine.slab_batch(operations))
    assert list(results["status"] == 0) == [True, False]
    assert_freed(memory)
    assert not other.freed


def test_what_slabs_have_is_not_had_by_frame(machine: ba.Machine) -> None:
    for memory, words in [
        (machine.kmalloc(64), "belongs to a slab"),
        (machine.kmalloc(20000), "belongs to a large kmalloc"),
    ]:
        pfn = int(np.asarray(memory.pfns)[0])
        assert machine.page_address(pfn) <= memory.address
        with pytest.raises(ba.FrameError, match=words):
            machine.memory(pfn)


@pytest.mark.parametrize("option", ["init_on_alloc", "init_on_free"])
def test_boot_options_clear_objects(option: str) -> None:
    machine = backed(settings={option: 1})
    memory = machine.kmalloc(64)
    memory[:] = b"\xee" * 64
    machine.kfree(memory)
    again = machine.kmalloc(64)
    assert again.address == memory.address
    assert again[:] == bytes(64)


def test_no_bytes_no_memory() -> None:
    machine = ba.Machine("64M")
    address = machine.kmalloc(64)
    assert type(address) is int
    assert type(machine.krealloc(address, 1000)) is int
    assert type(machine.kmem_cache_create("own", 100).alloc()) is int
    assert backed().kmalloc(0) == 16
    assert backed().kmalloc(1 << 30) is None


# Machines.


def test_copies_are_independent(machine: ba.Machine) -> None:
    pfn = block(machine)
    memory = machine.memory(pfn)
    memory[:4] = b"both"
    second = machine.copy()
    assert second == machine
    assert second.state_hash() == machine.state_hash()
    assert second.memory(pfn)[:4] == b"both"
    second.memory(pfn)[:4] = b"mine"
    assert memory[:4] == b"both"
    assert second != machine
    assert second.state_hash() != machine.state_hash()
    second.free_pages(pfn)
    assert not memory.freed


def test_saved_machines_have_their_bytes(machine: ba.Machine, tmp_path: Any) -> None:
    (handle,) = new_pages(machine, 1, kind="file")
    machine.copy_to_user(handle, b"evicted")
    machine.advance(10**11)
    machine.sysctl("drop_caches", 1)
    pfn = block(machine)
    machine.memory(pfn)[4000:] = b"x" * 96
    machine.save(tmp_path / "machine")
    for again in (ba.Machine.load(tmp_path / "machine"), copy.deepcopy(machine)):
        assert again == machine
        assert again.memory(pfn)[4000:] == b"x" * 96
        assert again.copy_from_user(handle, 7) == b"evicted"
    assert pickle.loads(pickle.dumps(machine)) == machine


def test_damaged_pages_are_refused(machine: ba.Machine) -> None:
    machine.memory(block(machine))[:] = b"x" * PAGE
    saved = bytearray(_core.Machine.save(machine))
    for at in (len(saved) - 1, len(saved) - PAGE - 8):
        damaged = bytearray(saved)
        damaged[at] ^= 1
        with pytest.raises(ValueError, match="damaged"):
            _core.Machine._load(damaged)
    with pytest.raises(ValueError, match="cut off"):
        _core.Machine._load(saved[: -PAGE - 8])


def test_a_recorded_state_can_be_backed(machine: ba.Machine) -> None:
    text = machine.state_text()
    again = ba.Machine.from_state_text(text, backed=True)
    assert again.backed
    again.memory(block(again))[0] = 1
    assert not ba.Machine.from_state_text(text).backed


def test_addresses_are_those_of_the_recorded_kernel(machine: ba.Machine) -> None:
    """With KASLR the direct map begins somewhere else."""
    text = machine.state_text()
    moved = text.replace(
        b"page_offset ffff888000000000", b"page_offset ffff9b4000000000"
    )
    assert moved != text
    again = ba.Machine.from_state_text(moved, backed=True)
    pfn = block(again)
    memory = again.memory(pfn)
    memory[:4] = b"here"
    assert (
        memory.address == again.page_address(pfn) == 0xFFFF_9B40_0000_0000 + pfn * PAGE
    )
    assert list(np.asarray(memory.pfns)) == [pfn]
    assert b"page_offset ffff9b4000000000" in again.state_text()


def test_no_view_while_another_call_works(machine: ba.Machine) -> None:
    """That call may be freeing the frames; here a signal comes between."""
    memory = machine.memory(block(machine))
    view = memoryview(memory)

    def interrupt(number: int, frame: object) -> None:
        assert view[0] == 0, "one that was there before goes on"
        memoryview(memory)

    old = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(RuntimeError, match="already in use by another call"):
            machine.advance((1 << 63) - 1)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    assert len(memoryview(memory)) == PAGE


# The host.


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * mmap.PAGESIZE


def test_what_is_not_touched_costs_nothing() -> None:
    """Frame tables apart, which are as large without bytes."""
    cost = []
    for has_bytes in (False, True):
        before = resident()
        machine = ba.Machine("32G", backed=has_bytes)
        if has_bytes:
            machine.memory(block(machine))[0] = 1
        copies = [machine.copy() for _ in range(2)]
        for each in copies:
            block(each, 10, ZERO)
            new_pages(each, 3000)
        cost.append(resident() - before)
        del machine, copies, each
    assert cost[1] - cost[0] < 8 * MIB


def test_machines_leave_nothing_behind() -> None:
    def work() -> None:
        machine = backed("64M")
        pfn = block(machine, 10)
        holding(machine.memory(pfn, 10))[:] = 7
        second = machine.copy()
        assert second.memory(pfn, 10)[-1] == 7
        _core.Machine._load(_core.Machine.save(second))

    work()
    gc.collect()
    files, memory = open_files(), resident()
    for _ in range(20):
        work()
    gc.collect()
    assert open_files() == files
    assert resident() - memory < 16 * MIB, "20 machines with 8 MiB each"
