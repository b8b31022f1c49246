"""Lists of frames and addresses that batch calls take: every form, one meaning."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
import pytest

import buddyalloc as ba
from buddyalloc.events import SLAB_OP, SlabOp


def columns(numbers: list[int]) -> np.ndarray[Any, Any]:
    """A table with them as a column among others."""
    table = np.zeros(len(numbers), np.dtype([("a", "u1"), ("n", "<u8"), ("b", "<u4")]))
    table["n"] = table["b"] = numbers
    return table


FORMS: dict[str, Any] = {
    "list": list,
    "tuple": tuple,
    "array of int": lambda n: array("i", n),
    "u4": lambda n: np.array(n, "<u4"),
    "i8": lambda n: np.array(n, "<i8"),
    "every second of u4": lambda n: np.repeat(np.array(n, "<u4"), 2)[::2],
    "every second of u8": lambda n: np.repeat(np.array(n, "<u8"), 2)[::2],
    "backwards": lambda n: np.array(n[::-1], "<u8")[::-1],
    "column of 8 bytes": lambda n: columns(n)["n"],
    "column of 4 bytes": lambda n: columns(n)["b"],
    "two dimensions": lambda n: np.array(n, "<u4").reshape(2, -1),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_frames_in_every_form(form: Any) -> None:
    machine, twin = ba.Machine("64M"), ba.Machine("64M")
    pfns = np.asarray(machine.alloc_pages_bulk(0xCC0, 100)).tolist()
    assert len(pfns) == 100
    assert pfns == np.asarray(twin.alloc_pages_bulk(0xCC0, 100)).tolist()
    machine.free_pages_list(form(pfns))
    for pfn in pfns:
        twin.free_pages(pfn)
    assert machine == twin
    machine.check()


ADDRESS_FORMS = {name: FORMS[name] for name in FORMS if "4" not in name}
del ADDRESS_FORMS["array of int"], ADDRESS_FORMS["two dimensions"]


@pytest.mark.parametrize("form", ADDRESS_FORMS.values(), ids=ADDRESS_FORMS)
def test_sizes_and_addresses_in_every_form(form: Any) -> None:
    machine, twin = ba.Machine("64M"), ba.Machine("64M")
    sizes = [8, 4096, 100, 70_000, 8] * 10
    addresses = machine.kmalloc_bulk(form(sizes))
    assert addresses.tolist() == [twin.kmalloc(size) for size in sizes]
    wide = np.repeat(addresses, 2)[::2]
    machine.kfree_bulk(wide)
    assert machine.slab_vmstat()
    assert machine.kmalloc(8) is not None
    machine.check()


@pytest.mark.parametrize(
    ("pfns", "error", "words"),
    [
        (np.array([1, 2, -3]), ValueError, r"pfns\[2\] must be .* within 0\.\.42949"),
        (np.array([1, 1 << 32, 3]), ValueError, r"pfns\[1\] must be"),
        (np.array([0xFFFFFFFF], "<u4"), ValueError, r"pfns\[0\] must be"),
        (np.array([1, 2**40, 0, 2**40])[::2], ba.FrameError, "frame 0x1"),
        ([5, -1], ValueError, "each of pfns must be within"),
        ([5, "x"], TypeError, "each of pfns must be an integer, not 'x'"),
        (7, TypeError, "pfns must be a buffer or a sequence of integers"),
        (np.array([1.0]), TypeError, "integers of 4 or 8 bytes.*'d'"),
        (np.array([1], "<u2"), TypeError, "integers of 4 or 8 bytes.*'H'"),
        (np.array([[1, 2], [3, 4]])[:, :1], ValueError, "one dimension or be C-cont"),
    ],
)
def test_what_is_refused_frees_nothing(pfns: Any, error: Any, words: str) -> None:
    machine = ba.Machine("64M")
    twin = machine.copy()
    with pytest.raises(error, match=words):
        machine.free_pages_list(pfns)
    assert machine == twin


@pytest.mark.parametrize("empty", [[], (), np.array([], "<u8"), np.array([], "<u4")])
def test_none_at_all(empty: Any) -> None:
    machine = ba.Machine("64M")
    twin = machine.copy()
    machine.free_pages_list(empty)
    assert machine == twin


def test_operations_begin_anew() -> None:
    """One that finds no memory leaves nothing to those behind it."""
    machine = ba.Machine("64M")
    operations = np.zeros(3, SLAB_OP)
    operations["op"], operations["node"] = SlabOp.KMALLOC, 255
    operations["gfp"], operations["of"] = ba.GFP.GFP_KERNEL, 0xFFFFFFFF
    operations["value"] = 64, 1 << 40, 64
    results = machine.slab_batch(operations)
    assert (results["address"] > 0).tolist() == [True, False, True]
    assert (results["status"] == 0).all()


@pytest.mark.parametrize("profile", ["6.1L", "6.12L"])
def test_a_list_is_freed_as_its_pages_one_by_one(profile: str) -> None:
    """With drains in between, movable pages, and pages of another CPU."""
    machine, twin = (ba.Machine("128M", cpus=2, profile=profile) for _ in range(2))
    mixed = []
    for each in (machine, twin):
        pfns = [
            each.alloc_pages(("GFP_KERNEL", "GFP_HIGHUSER_MOVABLE")[i % 2], cpu=i % 2)
            for i in range(8000)
        ]
        mixed.append(np.random.default_rng(1).permutation(pfns))
    assert (mixed[0] == mixed[1]).all()
    machine.free_pages_list(mixed[0])
    for pfn in mixed[1].tolist():
        twin.free_pages(pfn)
    machine.check()
    assert machine.proc("buddyinfo") == twin.proc("buddyinfo")
    for cpu in range(2):
        again = [
            [m.alloc_pages(0xCC0, cpu=cpu) for _ in range(900)] for m in (machine, twin)
        ]
        assert again[0] == again[1]


def test_a_page_twice_in_a_list() -> None:
    machine = ba.Machine("64M")
    pfns = np.asarray(machine.alloc_pages_bulk(0xCC0, 10))
    with pytest.raises(ba.FrameError, match=r"given twice|free already"):
        machine.free_pages_list(np.append(pfns, pfns[4]))
    machine.check()
    machine.free_pages_list(pfns)
    with pytest.raises(ba.FrameError, match="free already"):
        machine.free_pages_list(pfns[:1])
