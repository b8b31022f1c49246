"""metrics.slab and its plots: every byte of a slab is somewhere."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pytest

import buddyalloc as ba
from buddyalloc import metrics, plots
from buddyalloc.events import PAGE_SIZE


@pytest.fixture(autouse=True)
def close() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture
def machine() -> ba.Machine:
    """Objects of many sizes, of which some were freed."""
    machine = ba.Machine("256M", cpus=2)
    rng = np.random.default_rng(5)
    sizes = rng.integers(1, 30_000, 2000)
    objects = machine.kmalloc_bulk(sizes)
    machine.kfree_bulk(rng.permutation(objects)[:700], cpu=1)
    cache = machine.kmem_cache_create("odd", 1700, flags="HWCACHE_ALIGN")
    odd = cache.alloc_bulk(100)
    cache.free_bulk(odd[10:60])
    machine.kmem_cache_create("unused", 3000)
    return machine


def parts(table: ba.table.Table) -> np.ndarray:
    return np.stack([table[part] for part in table.meta["parts"]], axis=1)


def test_a_name_that_no_cache_has(machine: ba.Machine) -> None:
    with pytest.raises(ValueError, match="no cache has the name 'dentry'"):
        metrics.slab_map(machine, cache="dentry")


def test_bytes_of_caches_add_up(machine: ba.Machine) -> None:
    table = metrics.slab_caches(machine)
    assert table["cache"].tolist() == list(machine.caches)
    assert (parts(table) >= 0).all()
    assert (parts(table).sum(axis=1) == table["pages"] * PAGE_SIZE).all()
    row = table["cache"].tolist().index("odd")
    odd = {name: table[name][row] for name in table}
    assert (odd["object_size"], odd["slab_size"], odd["used"]) == (1700, 1728, 50)
    assert (odd["requested"], odd["slack"], odd["padding"]) == (85000, 0, 1400)
    assert odd["tail"] == odd["slabs"] * (32768 - 18 * 1728)
    assert odd["fragmentation"] == pytest.approx(100 * 28 / 1728)
    unused = table["cache"].tolist().index("unused")
    assert np.isnan(table["fragmentation"][unused])


def test_kmalloc_classes(machine: ba.Machine) -> None:
    table = metrics.slab_kmalloc(machine)
    assert table["size"].tolist()[:5] == ["8", "16", "32", "64", "96"]
    assert table["size"].tolist()[-2:] == ["8k", "pages"]
    assert table["used"].sum() == 1300
    assert table["used"][-1, 0] > 800
    caches = metrics.slab_caches(machine)
    small = [name.startswith("kmalloc-") for name in caches["cache"].tolist()]
    for part in ("requested", "slack"):
        assert table[part][:-1].sum() == caches[part][small].sum()
    pages = sum(node["nr_slab_unreclaimable"] for node in machine.slab_vmstat())
    odd = machine.caches["odd"].pages
    assert parts(table).sum() == (pages - odd) * PAGE_SIZE


def test_one_class_by_hand() -> None:
    machine = ba.Machine("64M")
    machine.kmalloc_bulk([65, 96, 100])
    machine.kmalloc(90, "GFP_KERNEL_ACCOUNT")
    machine.kmalloc(9000)
    table = metrics.slab_kmalloc(machine)
    row = table["size"].tolist().index("96")
    assert table["used"][row].tolist() == [2, 0, 1, 0]
    assert (table["requested"][row], table["slack"][row]) == (251, 37)
    assert table["free"][row] == 2 * PAGE_SIZE - 3 * 96
    assert table["fragmentation"][row] == pytest.approx(100 * 37 / 288)
    assert table["used"][-1].tolist() == [1, 0, 0, 0]
    assert (table["requested"][-1], table["slack"][-1]) == (9000, 16384 - 9000)


def test_the_map_is_the_slabs(machine: ba.Machine) -> None:
    for name in ("odd", "kmalloc-96", "kmalloc-2k"):
        cache = machine.caches[name]
        table = metrics.slab_map(machine, cache=name)
        whole = metrics.slab_caches(machine)
        row = whole["cache"].tolist().index(name)
        names = table.meta["parts"]
        sums = np.bincount(table["part"], table["size"], len(names))
        found = dict(zip(names, sums.tolist(), strict=True))
        found["free"] += found.pop("free, CPU")
        assert found == {part: whole[part][row] for part in found}
        assert len(np.unique(table["pfn"])) == cache.slabs
        new = table["start"] == 0
        ends = table["start"] + table["size"]
        assert (table["start"][~new] == np.roll(ends, 1)[~new]).all()
        used = table["part"] == names.index("requested")
        at = (table["pfn"] * PAGE_SIZE + table["start"])[used]
        base = machine.page_address(1) - PAGE_SIZE
        assert (at + np.uint64(base) == cache.addresses()).all()


def test_the_map_of_the_largest_cache(machine: ba.Machine) -> None:
    table = metrics.slab_map(machine)
    assert table.meta["cache"] == "kmalloc-8k"
    assert metrics.slab_map(machine, cache=machine.caches["odd"]).meta["cache"] == "odd"


def test_the_bars_are_the_table(machine: ba.Machine) -> None:
    table = metrics.slab_caches(machine)
    ax = plots.slab_caches(table, most=3)
    assert ax.get_yticklabels()[0].get_text().startswith("kmalloc-8k  (8,192 of")
    widths = np.array([bar.get_width() for bar in ax.patches])
    first = np.argsort(-table["pages"], kind="stable")[:3]
    assert widths.sum() == pytest.approx(table["pages"][first].sum() * 4)
    ax = plots.slab_kmalloc(metrics.slab_kmalloc(machine))
    assert len(ax.get_yticks()) == 14


def test_a_row_for_each_slab(machine: ba.Machine) -> None:
    table = metrics.slab_map(machine, cache="odd")
    ax = plots.slab_map(table, most=2)
    assert len(ax.get_yticks()) == 2
    assert "more not shown" in ax.get_title(loc="left")
    text = ax.get_yticklabels()[0].get_text()
    pfn = int(table["pfn"].min())
    place = machine.caches["odd"].state()["slabs"][pfn]["place"]
    assert text == f"{pfn:#x} {place.lower().replace('_', ' ')}"


def test_a_machine_without_slabs() -> None:
    machine = ba.Machine("64M")
    assert parts(metrics.slab_caches(machine)).sum() == 0
    assert metrics.slab_map(machine).rows == 0
