"""Single calls of a machine: the short ways give what the long ones do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import buddyalloc as ba
from buddyalloc import _core

MIB = 1 << 20


class Small(int):
    """An int that is not of the very type."""


@pytest.mark.parametrize("number", [Small, np.int64, np.uint32, lambda n: n])
def test_any_integer_will_do(number: Any) -> None:
    machine, twin = ba.Machine("64M"), ba.Machine("64M")
    pfn = machine.alloc_pages(number(0xCC0))
    assert pfn == twin.alloc_pages(0xCC0, 0, cpu=0, node=0)
    assert type(pfn) is int
    machine.free_pages(number(pfn))
    twin.free_pages(pfn=pfn, order=0, cpu=0)
    address = machine.kmalloc(number(100))
    assert address == twin.kmalloc(100, "GFP_KERNEL", cpu=0, node=None)
    machine.kfree(address)
    twin.kfree(address=address, cpu=0)
    cache, other = (m.kmem_cache_create("c", 96) for m in (machine, twin))
    address = cache.alloc(number(0xCC0))
    assert address == other.alloc(gfp=0xCC0, cpu=0)
    cache.free(address)
    other.free(address=address, cpu=0)
    assert machine == twin


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda m: m.alloc_pages(), TypeError, r"alloc_pages\(\) needs .*'gfp'"),
        (lambda m: m.alloc_pages(-1), ValueError, r"gfp must be within .*not -1"),
        (lambda m: m.alloc_pages(1 << 64), ValueError, "18446744073709551616"),
        (lambda m: m.alloc_pages((1 << 64) - 1), ValueError, "18446744073709551615"),
        (lambda m: m.alloc_pages(1 << 32), ValueError, "4294967296"),
        (lambda m: m.alloc_pages(5), ValueError, "gfp 0x5 names no single zone"),
        (lambda m: m.alloc_pages(0.0), TypeError, "gfp must be an integer, not 0.0"),
        (lambda m: m.alloc_pages(None), TypeError, "gfp must be an integer, not None"),
        (lambda m: m.alloc_pages("GFP_X"), ValueError, "'GFP_X'"),
        (lambda m: m.alloc_pages(0, 1, 2), TypeError, "at most 2 positional"),
        (lambda m: m.alloc_pages(0, gfp=1), TypeError, "'gfp' twice"),
        (lambda m: m.alloc_pages(0, cpu=1), ValueError, r"cpu .*0\.\.0, not 1"),
        (lambda m: m.alloc_pages(0, node=1), ValueError, "node 1 has no memory"),
        (lambda m: m.free_pages(), TypeError, "'pfn'"),
        (lambda m: m.free_pages(-1), ValueError, "pfn must be within"),
        (lambda m: m.free_pages("7"), TypeError, "pfn must be an integer"),
        (lambda m: m.free_pages(1 << 64), ValueError, "pfn must be within"),
        (lambda m: m.free_pages(1 << 30), ba.FrameError, "outside"),
        (lambda m: m.kmalloc(-1), ValueError, "size must be within"),
        (lambda m: m.kmalloc(2.0), TypeError, "size must be an integer"),
        (lambda m: m.kfree(-1), ValueError, "address must be within"),
        (lambda m: m.kfree(1 << 64), ValueError, "address must be within"),
        (lambda m: m.kfree((1 << 64) - 1), ba.SlabError, "0xffffffffffffffff"),
        (lambda m: m.kfree(3), ba.SlabError, "0x3"),
    ],
)
def test_what_is_refused_changes_nothing(call: Any, error: Any, words: str) -> None:
    machine = ba.Machine("64M")
    twin = machine.copy()
    with pytest.raises(error, match=words):
        call(machine)
    assert machine == twin
    assert machine.kmalloc((1 << 64) - 1) is None


def test_a_call_begins_anew() -> None:
    """Nothing of a call that went wrong is in the account of the next one."""
    machine, twin = ba.Machine("64M"), ba.Machine("64M")
    while machine.alloc_pages(ba.GFP.GFP_KERNEL, 10) is not None:
        pass
    assert machine.alloc_pages_outcome(ba.GFP.GFP_KERNEL, 10).latency_ns > 0
    pfns = [machine.alloc_pages(ba.GFP.GFP_KERNEL) for _ in range(2)]
    for pfn in pfns:
        machine.free_pages(pfn)
    again = machine.alloc_pages_outcome(ba.GFP.GFP_KERNEL)
    for pfn in [twin.alloc_pages(ba.GFP.GFP_KERNEL) for _ in range(2)]:
        twin.free_pages(pfn)
    usual = twin.alloc_pages_outcome(ba.GFP.GFP_KERNEL)
    assert (again.result, again.path, again.latency_ns) == (
        usual.result,
        usual.path,
        usual.latency_ns,
    )
    assert again.split_order is None
    assert again.fallback is None


def boost(machine: ba.Machine) -> int:
    """Of all zones, after unmovable pages took places among movable ones."""
    pfns = [machine.alloc_pages(ba.GFP.GFP_HIGHUSER_MOVABLE) for _ in range(60_000)]
    for pfn in pfns[::2]:
        machine.free_pages(pfn)
    for _ in range(2000):
        machine.alloc_pages(ba.GFP.GFP_KERNEL)
    return sum(zone["boost"] for zone in machine.zones())


def test_a_sysctl_is_heeded_at_once() -> None:
    machine = ba.Machine("256M")
    assert boost(machine.copy()) > 0
    machine.sysctl("watermark_boost_factor", 0)
    assert boost(machine.copy()) == 0
    assert boost(machine) == 0


def test_methods_are_of_the_very_type() -> None:
    """The interpreter has a short way to those."""
    for own, base in ((ba.Machine, _core.Machine), (ba.KmemCache, _core.KmemCache)):
        for name in ("alloc_pages", "free_pages", "kmalloc", "kfree", "alloc", "free"):
            if not hasattr(base, name):
                continue
            method, inherited = getattr(own, name), getattr(base, name)
            assert method.__objclass__ is own
            assert method.__doc__ == inherited.__doc__
            assert method.__text_signature__ == inherited.__text_signature__
    assert ba.Machine.kmalloc_bulk.__module__ == "buddyalloc.machine"
    assert ba.KmemCache.alloc_bulk.__module__ == "buddyalloc.slab"


def test_a_subclass_overrides_as_ever() -> None:
    class Counting(ba.Machine):
        calls = 0

        def alloc_pages(self, *args: Any, **kwargs: Any) -> int | None:
            type(self).calls += 1
            return super().alloc_pages(*args, **kwargs)

    machine = Counting("64M")
    pfn = machine.alloc_pages(0)
    assert pfn == ba.Machine("64M").alloc_pages(0)
    machine.free_pages(pfn)
    Counting._own_methods()
    machine.alloc_pages(0)
    assert Counting.calls == 2
    assert Counting.free_pages.__objclass__ is Counting
