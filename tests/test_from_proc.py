"""Machines made from /proc alone: what was read is what they print."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from buddyalloc import Machine, StateError, TraceError, from_proc, procfs

ROOT = Path(__file__).parent.parent
RECORDINGS = Path(
    os.environ.get("BUDDYALLOC_RECORDINGS") or ROOT / "../shared/recordings"
)
SAVED = sorted(RECORDINGS.glob("*/proc/zoneinfo.*"))
NAMES = ("zoneinfo", "buddyinfo", "pagetypeinfo")
GFP_KERNEL = 0xCC0
GFP_HIGHUSER_MOVABLE = 0x100CCA

needs_recordings = pytest.mark.skipif(
    not SAVED, reason="no recordings; set BUDDYALLOC_RECORDINGS"
)


def texts_of(machine: Machine) -> dict[str, str]:
    return {name: machine.proc(name) for name in NAMES}


def without_counters(texts: dict[str, str]) -> dict[str, str]:
    """What a machine made from these prints: nothing tells whose pages are used."""
    return {**texts, "zoneinfo": procfs.zoneinfo_of_model(texts["zoneinfo"])}


def named(path: Path) -> str:
    return f"{path.parent.parent.name}-{path.suffix[1:]}"


@pytest.fixture(scope="module", params=SAVED, ids=named)
def saved(request: pytest.FixtureRequest) -> dict[str, str]:
    path: Path = request.param
    return {name: path.with_name(name + path.suffix).read_text() for name in NAMES}


# Bad input first.


def test_a_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="zoneinfo: there is no such file"):
        Machine.from_proc(tmp_path)
    texts = texts_of(Machine("64M"))
    with pytest.raises(TraceError, match="no buddyinfo and no pagetypeinfo"):
        Machine.from_proc(zoneinfo=texts["zoneinfo"])
    with pytest.raises(TypeError, match="slabinfo"):
        Machine.from_proc(**texts, slabinfo="")


def test_files_of_two_machines() -> None:
    texts = texts_of(Machine("64M"))
    texts["pagetypeinfo"] = texts_of(Machine("8M"))["pagetypeinfo"]
    with pytest.raises(StateError, match="zone DMA32 of node 0 is in zoneinfo only"):
        Machine.from_proc(**texts)


def test_more_free_blocks_than_memory() -> None:
    texts = texts_of(Machine("8M"))
    del texts["pagetypeinfo"]
    for order in range(11):
        counts = ["0"] * 11
        counts[order] = "9999"
        texts["buddyinfo"] = "Node 0, zone DMA " + " ".join(counts)
        words = f"zone DMA of node 0: more free blocks of order {order} than"
        with pytest.raises(StateError, match=words):
            Machine.from_proc(**texts)


def test_other_orders_and_zones() -> None:
    texts = texts_of(Machine("8M"))
    del texts["pagetypeinfo"]
    texts["buddyinfo"] = "Node 0, zone DMA 1 2 3"
    with pytest.raises(StateError, match="zone DMA of node 0 has not 11 orders"):
        Machine.from_proc(**texts)
    texts = {name: text.replace("DMA", "Elastic") for name, text in texts.items()}
    with pytest.raises(StateError, match="zone Elastic of node 0: this model has"):
        Machine.from_proc(**texts)


# The rule.


@pytest.mark.parametrize("profile", ["6.1L", "6.12L"])
@pytest.mark.parametrize(("cpus", "nodes"), [(1, 1), (3, 2)])
def test_a_worked_machine_is_printed_again(profile: str, cpus: int, nodes: int) -> None:
    machine = Machine("96M", cpus=cpus, nodes=nodes, profile=profile)
    held = []
    for i in range(4000):
        gfp = (GFP_KERNEL, GFP_HIGHUSER_MOVABLE, GFP_KERNEL | 0x10)[i % 3]
        order = i * 7 % 5
        pfn = machine.alloc_pages(gfp, order, cpu=i % cpus)
        if pfn is not None:
            held.append((pfn, order))
        if i % 3 == 2:
            pfn, order = held.pop(i * 31 % len(held))
            machine.free_pages(pfn, order, cpu=i % cpus)
    texts = texts_of(machine)
    other = Machine.from_proc(**texts)
    other.check()
    assert texts_of(other) == without_counters(texts)
    assert other.profile == profile
    # without what only root may read, the free blocks are still the same
    del texts["pagetypeinfo"]
    other = Machine.from_proc(**texts)
    other.check()
    assert other.proc("buddyinfo") == texts["buddyinfo"]
    assert texts_of(other)["zoneinfo"] == without_counters(texts)["zoneinfo"]


def test_counters_are_not_needed_to_read_zoneinfo() -> None:
    """User memory and counters in the text or not: the same machine."""
    machine = Machine("64M", settings={"swap": 8 << 20})
    machine.fault_in(2000)
    machine.fault_in(3000, "file", dirty=True)
    texts = texts_of(machine)
    bare = without_counters(texts)
    assert "nr_zone_inactive_anon 2000" in texts["zoneinfo"]
    assert "nr_zone" not in bare["zoneinfo"]
    assert "per-node" not in bare["zoneinfo"]
    with_it, without = Machine.from_proc(**texts), Machine.from_proc(**bare)
    assert with_it.state_text() == without.state_text()
    assert texts_of(with_it) == texts_of(without) == bare
    # its own user memory is not all there is
    with_it.fault_in(10)
    assert "nr_zone" not in with_it.proc("zoneinfo")


@pytest.mark.parametrize("profile", ["6.1L", "6.12L"])
@pytest.mark.parametrize("movablecore", [0, 64 << 10])
def test_a_32_bit_machine_is_printed_again(profile: str, movablecore: int) -> None:
    machine = Machine(
        "1G",
        cpus=2,
        arch="i386",
        profile=profile,
        settings={"movablecore": movablecore},
    )
    for i in range(1000):
        machine.alloc_pages((GFP_KERNEL, GFP_HIGHUSER_MOVABLE)[i % 2], i % 5, cpu=i % 2)
    texts = texts_of(machine)
    other = Machine.from_proc(**texts)
    other.check()
    assert other.arch == "i386"
    assert other.zone_names == machine.zone_names
    assert texts_of(other) == without_counters(texts)
    # what only root may read does not tell the zones
    del texts["pagetypeinfo"]
    again = texts_of(Machine.from_proc(**texts))
    assert again["zoneinfo"] == without_counters(texts)["zoneinfo"]


OLD = {
    "zoneinfo": """\
Node 0, zone      DMA
  pages free     301
        min      17
        low      21
        high     25
        scanned  0
        spanned  4095
        present  3998
        managed  3977
    nr_free_pages 301
        protection: (0, 846, 2030, 2030)
  pagesets
    cpu: 0
              count: 0
              high:  0
              batch: 1
  vm stats threshold: 2
  all_unreclaimable: 0
  start_pfn:         1
  inactive_ratio:    1
Node 0, zone   Normal
  pages free     20480
        min      936
        low      1170
        high     1404
        scanned  0
        spanned  225280
        present  225280
        managed  216761
    nr_free_pages 20480
        protection: (0, 0, 9471, 9471)
  pagesets
    cpu: 0
              count: 12
              high:  186
              batch: 31
  vm stats threshold: 8
  all_unreclaimable: 0
  start_pfn:         4096
  inactive_ratio:    1
Node 0, zone  HighMem
  pages free     72
        min      128
        low      445
        high     762
        scanned  0
        spanned  303104
        present  303104
    nr_free_pages 72
        protection: (0, 0, 0, 0)
  pagesets
    cpu: 0
              count: 30
              high:  186
              batch: 31
  vm stats threshold: 8
  all_unreclaimable: 0
  start_pfn:         229376
  inactive_ratio:    3
""",
    "buddyinfo": """\
Node 0, zone      DMA      1      0      1      1      0      1      0      0      1      0      0
Node 0, zone   Normal      0      0      0      0      0      0      0      0      0      0     20
Node 0, zone  HighMem      0      0      2      0      0      0      1      0      0      0      0
""",  # noqa: E501
}
"""The form of a 32-bit kernel of ten years ago: it prints no empty zones, and
one before 3.9 no managed pages. The numbers are made up."""


def test_an_old_32_bit_kernel() -> None:
    machine = Machine.from_proc(**OLD, profile="6.1.0")
    machine.check()
    assert machine.arch == "i386"
    assert machine.zone_names == ("DMA", "Normal", "HighMem")
    zones = machine.zones()
    assert [zone["index"] for zone in zones] == [0, 1, 2]
    assert zones[0]["lowmem_reserve"] == (0, 846, 2030, 2030)
    assert [zone["managed"] for zone in zones] == [3977, 216761, 303104]
    assert machine.proc("buddyinfo").split() == OLD["buddyinfo"].split()
    # HighMem is short of pages, so that user space gets one of Normal
    assert machine.alloc_pages(GFP_HIGHUSER_MOVABLE, 1) in range(4096, 229376)
    printed = procfs.read_zoneinfo(machine.proc("zoneinfo"))
    assert [zone.name for zone in printed] == ["DMA", "Normal", "HighMem", "Movable"]


def test_a_booted_machine_comes_back_frame_for_frame() -> None:
    machine = Machine("64M")
    other = Machine.from_proc(**texts_of(machine))
    for zone in range(machine.nr_zones):
        for order in range(11):
            want = machine.free_list(zone, order, 1)
            assert sorted(other.free_list(zone, order, 1)) == want


def test_where_blocks_lie() -> None:
    """Four free blocks in a zone of five pageblocks, drawn in the module's rule."""
    zone = procfs.read_zoneinfo(Machine("8M").proc("zoneinfo"))[0]
    zone.values |= {"start_pfn": 0, "spanned": 2560, "present": 2560}
    info = procfs.PageTypeInfo(
        blocks={(0, "DMA"): {"Unmovable": 1, "Movable": 4}},
        free={
            (0, "DMA"): {
                "Unmovable": (0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0),
                "Movable": (0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1),
            }
        },
    )
    layout = from_proc._layout(zone, {}, info)
    assert layout.types == [0, 1, 1, 1, 1]
    assert dict(layout.lists) == {
        (10, 1): [1024],  # the highest aligned pair
        (9, 1): [2048],  # its buddy is outside the zone
        (8, 0): [256],  # the upper half of the only Unmovable pageblock
        (1, 0): [254],  # the smallest gap that takes two such blocks
    }


def test_a_capped_list_is_filled_up_from_buddyinfo() -> None:
    machine = Machine("2G")
    texts = texts_of(machine)
    zone = procfs.read_zoneinfo(texts["zoneinfo"])[1]
    texts["buddyinfo"] = "Node 0, zone DMA 0 0 0 0 0 0 0 0 0 0 3\n"
    texts["buddyinfo"] += "Node 0, zone DMA32 100500 0 0 0 0 0 0 0 0 0 0\n"
    text = texts["pagetypeinfo"]
    row = re.search(r".*DMA32, type +Movable(.*)\n", text)
    assert row
    texts["pagetypeinfo"] = text.replace(row[1], " >100000" + " 0" * 10)
    other = Machine.from_proc(**texts)
    assert other.zones()[1]["nr_free"][0] == 100_500
    assert zone.name == "DMA32"


def test_from_a_folder(tmp_path: Path) -> None:
    machine = Machine("64M", profile="6.12L")
    for name, text in texts_of(machine).items():
        (tmp_path / name).write_text(text)
    assert Machine.from_proc(tmp_path).profile == "6.12L"
    version = "Linux version 6.1.0-56-amd64 #1 SMP Debian 6.1.192-2 (2026-11-16)"
    (tmp_path / "version").write_text(version)
    assert Machine.from_proc(tmp_path).kernel == "6.1.192"
    assert Machine.from_proc(tmp_path, profile="6.12.0").profile == "6.12.0"
    (tmp_path / "version").write_text("Linux version 2.4.37")
    with pytest.raises(ValueError, match=r"kernel '2\.4\.37'; name profile"):
        Machine.from_proc(tmp_path)


def test_bounds_that_later_kernels_print_are_taken() -> None:
    """Kernels later than 6.12 print high_min and high_max behind batch."""
    texts = texts_of(Machine("64M", cpus=2, profile="6.12L"))
    texts["zoneinfo"], count = re.subn(
        r"^( +)batch: (\d+)$",
        r"\1batch: \2\n\1high_min: 321\n\1high_max: 4321",
        texts["zoneinfo"],
        flags=re.M,
    )
    assert count == 4
    zone = procfs.read_zoneinfo(texts["zoneinfo"])[1]
    assert [pcp.high_max for pcp in zone.pagesets] == [4321, 4321]
    assert all(pcp.threshold for pcp in zone.pagesets)
    pcp = Machine.from_proc(**texts).pcp(1, 1)
    assert (pcp["high_min"], pcp["high_max"]) == (321, 4321)


# Recordings.


@needs_recordings
def test_recorded_files_are_printed_again(saved: dict[str, str]) -> None:
    machine = Machine.from_proc(**saved)
    machine.check()
    assert machine.proc("pagetypeinfo") == saved["pagetypeinfo"]
    info = procfs.read_pagetypeinfo(saved["pagetypeinfo"])
    blocks = procfs.read_buddyinfo(saved["buddyinfo"])
    if blocks == {
        key: tuple(map(sum, zip(*types.values(), strict=True)))
        for key, types in info.free.items()
    }:
        assert machine.proc("buddyinfo") == saved["buddyinfo"]


@needs_recordings
def test_recorded_buddyinfo_alone_is_printed_again(saved: dict[str, str]) -> None:
    texts = {name: saved[name] for name in ("zoneinfo", "buddyinfo")}
    machine = Machine.from_proc(**texts)
    machine.check()
    assert machine.proc("buddyinfo") == saved["buddyinfo"]


@needs_recordings
def test_recorded_zoneinfo_but_for_free_pages(saved: dict[str, str]) -> None:
    """Free pages are counted from the blocks, read a moment earlier."""
    want = procfs.zoneinfo_of_model(saved["zoneinfo"]).splitlines()
    have = Machine.from_proc(**saved).proc("zoneinfo").splitlines()
    assert len(have) == len(want)
    for ours, theirs in zip(have, want, strict=True):
        assert ours == theirs or re.match(r"  pages free|      nr_free_pages", ours)


@needs_recordings
def test_a_recorded_machine_works(saved: dict[str, str]) -> None:
    machine = Machine.from_proc(**saved)
    pfns = [machine.alloc_pages(GFP_KERNEL, i % 4) for i in range(2000)]
    for i, pfn in enumerate(pfns):
        assert pfn is not None
        machine.free_pages(pfn, i % 4)
    machine.check()
