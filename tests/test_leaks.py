"""References, memory and isolation of the compiled core, in child processes."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from buddyalloc import _core

# What every child begins with: each way into the core, good and bad.
COMMON = f"""
import gc, importlib.util, sys

def load(name="buddyalloc._core"):
    spec = importlib.util.spec_from_file_location(name, {_core.__file__!r})
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

core = load()
LINE = (b"            init-1       [000] .....     9.304550: mm_page_alloc: "
        b"page=fffff87b pfn=0x1066 order=0 migratetype=0 gfp_flags=GFP_KERNEL\\n")
EVENTS = core.TraceReader()
EVENTS.feed(LINE * 50)
EVENTS = EVENTS.take()[0]
MACHINE = core.Machine(16 << 20)
SAVED = MACHINE.save()
STATE = MACHINE.state_text()

def refused(call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except (ValueError, TypeError, RuntimeError):
        return
    raise AssertionError(f"{{call}} was not refused")

def make_machine():
    core.Machine(16 << 20, profile="6.12L", settings={{"min_free_kbytes": 100}})

def make_copies():
    MACHINE.copy()
    core.Machine._load(SAVED)
    core.Machine._from_state_text(STATE, profile="6.1L")
    MACHINE.__reduce__()
    core.compare_states(STATE, STATE)

def allocate():
    machine = core.Machine(16 << 20)
    pfn = machine.alloc_pages(0xcc0, 2)
    machine.alloc_pages_outcome(0xcc0, 11)
    machine.split_page(pfn, 2)
    machine.free_pages_list(range(pfn, pfn + 4))
    machine.free_pages_list(machine.alloc_pages_bulk(0xcc0, 2000))
    machine.drain_all_pages()

def user():
    machine = core.Machine(16 << 20, settings={{"swap": 32768}})
    new = machine.fault_in(6000, mm=1)
    machine.touch(new.handles), machine.where(new.handles), machine.handles()
    machine.release(range(1, 100))
    machine.fault_in(3, huge=True)
    file = machine.fault_in(20, "file", dirty=True).handles
    machine.sysctl("drop_caches", 1), machine.sysctl("compact_memory", 1)
    refused(machine.free_pages, memoryview(machine.where(file)).cast("B").cast("I")[0])
    machine.vmstat(), machine.zone_vmstat(), machine.lru_list(0, 2), machine.now_ns
    machine.advance(1 << 30)
    refused(machine.fault_in, 1 << 30), refused(machine.fault_in, 1, "none")
    refused(machine.touch, [0]), refused(machine.touch, [1, "x"])
    refused(machine.release, [2000, 2000]), refused(machine.advance, -1)
    refused(machine.where, memoryview(bytes(8)))

def memory():
    machine = core.Machine(16 << 20, backed=True)
    pfn = machine.alloc_pages(0xcc0, 2)
    block, page = machine.memory(pfn, 2), machine.memory(pfn + 1)
    block[:4] = b"abcd"
    block[0], block[:4], len(page), int(page), repr(page), memoryview(page.pfns)
    view = memoryview(page)
    try:
        machine.free_pages(pfn, 2)
    except BufferError:
        view.release()
    machine.copy().memory(pfn)[3], core.Machine._load(machine.save())
    machine.free_pages(pfn, 2)
    refused(len, block), refused(memoryview, page), refused(block.__getitem__, 0)
    refused(machine.memory, pfn), refused(MACHINE.memory, pfn)
    thing, large = machine.krealloc(machine.kmalloc(50), 100), machine.kzalloc(30000)
    machine.kfree_bulk([thing.address, large.address])
    refused(machine.kfree, thing), refused(len, large)
    cache = machine.kmem_cache_create("mine", 700)
    cache.free(cache.alloc())
    handle = memoryview(machine.fault_in(1).handles).cast("B").cast("I")[0]
    machine.copy_to_user(handle, b"x" * 4096), machine.copy_from_user(handle)
    refused(machine.copy_to_user, handle, b"x", 4096)
    refused(machine.copy_from_user, 0), refused(machine.page_address, 1 << 30)

def slabs():
    machine = core.Machine(16 << 20, cpus=2)
    cache = machine.kmem_cache_create("mine", 700, 0, "NO_MERGE")
    objects = cache.alloc_bulk(100)
    cache.state(), cache.layout(), cache.addresses(), cache.used, cache.aliases
    cache.name, cache.alias_of, cache.machine, hash(cache), cache.index, cache.ctor
    refused(cache.destroy), refused(cache.free, 5), refused(cache.free_bulk, [5])
    cache.free_bulk(objects), cache.flush(1), cache.shrink()
    cache.set_random_sequence(range(cache.objs_per_slab)), cache.random_sequence()
    refused(cache.set_random_sequence, [1]), refused(cache.unuse, [5])
    cache == core.KmemCache(machine, "mine"), cache.destroy(), refused(cache.alloc)
    shared = machine.kmem_cache_create("shared", 700)
    machine.kmem_cache_create("alias", 700).destroy()
    shared.register_shrinker(), shared.unuse(shared.alloc_bulk(9)), shared.unused()
    refused(shared.register_shrinker), refused(core.KmemCache, machine, "none")
    some = machine.kmalloc_bulk([8, 100, 20000])
    machine.krealloc(machine.kcalloc(3, 3), 300), machine.kmalloc_cache(5)
    machine.kfree_bulk(some), refused(machine.kfree_bulk, some)
    refused(machine.kfree, 5), refused(machine.ksize, "x"), machine.slab_vmstat()
    refused(machine.kmem_cache_create, "alias", 0), machine.cache_names()
    machine.slab_batch(bytes(48)), refused(machine.slab_batch, bytes(5))
    refused(machine.slab_batch, b"9" * 24)

def vmalloc():
    for backed in (False, True):
        machine = core.Machine(16 << 20, backed=backed)
        area, other = machine.vmalloc(600 * 4096), machine.vzalloc(1, cpu=0)
        mapped = machine.vmap(memoryview(machine.vmalloc_pages(area))[:3])
        refused(machine.vmalloc, 0), refused(machine.vmalloc, 1 << 40)
        refused(machine.vmalloc, 1, align=3), refused(machine.vmap, [1 << 30])
        refused(machine.vunmap, other), refused(machine.vfree, mapped)
        refused(machine.vmalloc_pages, 5), refused(machine.kvfree, 5)
        machine.kvfree(machine.kvmalloc(5 << 20)), machine.kvfree(machine.kvmalloc(9))
        memoryview(machine.vmap_areas()), machine.vmalloc_stat()
        machine.vmalloc_to_pfn(other), machine.vmalloc_to_pfn(5)
        machine.vunmap(mapped), machine.vfree(area), machine.vm_unmap_aliases()
        refused(machine.vfree, area)
    view = memoryview(other)
    try:
        machine.vfree(other)
    except BufferError:
        view.release()
    machine.vfree(other), refused(len, other)

def look():
    for view in ("zones", "frames", "pageblocks", "sample", "config", "recorded",
                 "profile_items", "check", "state_hash", "state_text", "save"):
        memoryview(getattr(MACHINE, view)()) if view in (
            "frames", "pageblocks", "sample") else getattr(MACHINE, view)()
    MACHINE.free_list(0, 10, 1), MACHINE.pcp_list(0, 0, 0), MACHINE.pcp(0, 0)
    MACHINE == MACHINE.copy()

def replay():
    replay = core.Replay(MACHINE.copy(), sample_events=10)
    replay.run(EVENTS, progress=lambda done, total: None)
    replay.outcomes(), replay.samples(), replay.fallbacks(), replay.score()
    replay.machine

def read():
    reader = core.TraceReader("6.12", vmemmap=1 << 60, page_size=64)
    reader.expect(10**9)
    reader.feed(LINE * 10 + b"garbled")
    reader.finish(), reader.take(), reader.counters()

def tables():
    core.gfp_parse("6.1", core.gfp_format("6.1", 0xcc0))
    core.profile_for_kernel("6.1.100"), core.profile_items(), core.config_items()
    core.index_table(memoryview(bytes(44)).cast("I"))
    core.unusable_free_index([1] * 11, 3)

def errors():
    refused(core.Machine, 5)
    refused(core.Machine, 16 << 20, profile="none")
    refused(core.Machine, 16 << 20, settings={{"none": 1}})
    refused(core.Machine._load, SAVED[:-8])
    refused(core.Machine._from_state_text, STATE[:100])
    refused(core.Machine._from_state_text, "text")
    refused(core.compare_states, STATE, b"")
    refused(MACHINE.alloc_pages, 0xcc0, colour=1)
    refused(MACHINE.alloc_pages, "x")
    refused(MACHINE.free_pages, 5000 << 10)
    refused(MACHINE.free_pages_list, [1, "x"])
    refused(MACHINE.free_pages_list, [0x400, 0x400])
    refused(MACHINE.frames, 1 << 40)
    refused(core.Replay, 5)
    refused(core.Replay(MACHINE).run, b"12")
    refused(core.TraceReader, "5.4")
    refused(core.TraceReader().read_format, b"x")
    refused(core.gfp_parse, "6.1", "GFP_LUNCH")

WAYS = [make_machine, make_copies, allocate, user, memory, slabs, vmalloc, look, replay,
        read, tables, errors]
"""


def run_child(code: str) -> str:
    program = COMMON + textwrap.dedent(code)
    result = subprocess.run(
        [sys.executable, "-X", "dev", "-c", program], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_references_and_memory() -> None:
    """Type references, Python blocks and resident memory stay where they are."""
    run_child("""
        def resident():
            with open("/proc/self/statm") as file:
                return int(file.read().split()[1]) * 4096

        def measure():
            gc.collect()
            things = [value for value in vars(core).values()
                      if isinstance(value, type)] + [core, MACHINE, EVENTS]
            return [sys.getrefcount(thing) for thing in things]

        for way in WAYS:
            for _ in range(100):    # caches of the interpreter fill up first
                way()
            counts, blocks = measure(), sys.getallocatedblocks()
            bytes_before = resident()
            for _ in range(600):
                way()
            assert measure() == counts, (way, measure(), counts)
            assert sys.getallocatedblocks() - blocks < 300, way    # a leak: 600
            assert resident() - bytes_before < 3 << 20, (way, resident() - bytes_before)
        """)


def test_no_memory_at_every_allocation() -> None:
    """Each allocation of Python memory fails once: MemoryError, and no more."""
    pytest.importorskip("_testcapi")
    run_child("""
        import _testcapi

        for way in WAYS:
            way()
            failed, good, start = 0, 0, 0
            while good < 3 and start < 3000:
                _testcapi.set_nomemory(start, start + 1)
                try:
                    way()
                    good += 1
                except MemoryError:
                    failed, good = failed + 1, 0
                except AssertionError:
                    good = 0     # `refused` met a MemoryError of its own
                finally:
                    _testcapi.remove_mem_hooks()
                start += 1
            assert failed, way
            assert start < 3000, way
            way()
        assert MACHINE.check() is None
        """)


def test_two_modules_are_two_worlds() -> None:
    run_child("""
        other = load()
        assert other is not core
        for name in ("Machine", "Replay", "TraceReader", "Records", "FrameError"):
            assert getattr(other, name) is not getattr(core, name), name
        stranger = other.Machine(16 << 20)
        assert stranger != MACHINE
        refused(core.Replay, stranger)
        for module in (core, other):
            machine = module.Machine(16 << 20)
            try:
                machine.free_pages(0x400)
            except module.FrameError as error:
                assert type(error) is module.FrameError
            else:
                raise AssertionError("a free frame was freed")
        del other
        gc.collect()
        stranger.alloc_pages(0xcc0)
        type(stranger)(16 << 20)
        refused(stranger.free_pages, 5000 << 10)
        """)


def test_modules_are_collected() -> None:
    run_child("""
        import weakref

        for _ in range(5):
            other = load()
            other.Replay(other.Machine(16 << 20)).run(EVENTS)
            gone = weakref.ref(other)
            del other
            gc.collect()
            assert gone() is None
        """)


def test_import_in_a_subinterpreter() -> None:
    for name in ("_interpreters", "_xxsubinterpreters"):
        if name in sys.builtin_module_names or _importable(name):
            break
    else:
        pytest.skip("this Python has no module for subinterpreters")
    run_child(
        f"import {name} as interpreters\nCOMMON = {COMMON!r}"
        + """
code = COMMON + '''
machine = core.Machine(16 << 20)
machine.free_pages(machine.alloc_pages(0xcc0))
refused(machine.free_pages, 5000 << 10)
core.Replay(machine).run(EVENTS)
'''
for _ in range(3):
    child = interpreters.create()
    failed = interpreters.run_string(child, code)
    assert failed is None, failed
    interpreters.destroy(child)
allocate()
assert MACHINE.check() is None
"""
    )


def _importable(name: str) -> bool:
    try:
        __import__(name)
    except ImportError:
        return False
    return True
