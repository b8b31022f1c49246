"""vmalloc, vmap and kvmalloc of a Machine, their areas, and /proc/vmallocinfo."""

from __future__ import annotations

import os
import pickle
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import buddyalloc as ba
from buddyalloc import events, metrics, plots, vmallocinfo
from buddyalloc.vmallocinfo import VmallocArea, read_vmallocinfo

PAGE = 4096
START = 0xFFFF_C900_0000_0000
ROOT = Path(__file__).parent.parent
RECORDINGS = Path(
    os.environ.get("BUDDYALLOC_RECORDINGS") or ROOT / "../shared/recordings"
)
RECORDED = sorted(RECORDINGS.glob("*/proc/vmallocinfo.*"))


@pytest.fixture(params=["6.1L", "6.12L"])
def machine(request: pytest.FixtureRequest) -> ba.Machine:
    return ba.Machine("256M", cpus=2, profile=request.param)


def new(machine: ba.Machine, size: int, **kwargs: Any) -> int:
    address = machine.vmalloc(size, **kwargs)
    assert isinstance(address, int)
    return address


def frames(machine: ba.Machine, nr: int) -> list[int]:
    pfns = [machine.alloc_pages("GFP_KERNEL") for _ in range(nr)]
    assert None not in pfns
    return [pfn for pfn in pfns if pfn is not None]


def scattered(machine: ba.Machine) -> None:
    """Free frames that are not adjacent, enough for a thousand pages."""
    pfns = frames(machine, 6000)
    for pfn in random.Random(1).sample(pfns, 2000):
        machine.free_pages(pfn)


# Bad arguments first.


@pytest.mark.parametrize("size", [0, 1 << 40, (1 << 64) - 1])
def test_sizes_that_no_machine_has(machine: ba.Machine, size: int) -> None:
    before = machine.state_hash()
    for call in (machine.vmalloc, machine.vzalloc, machine.vmalloc_user):
        with pytest.raises(ValueError, match=rf"1\.\.268431360, .* not {size}"):
            call(size)
    assert machine.state_hash() == before


def test_arguments_of_other_kinds(machine: ba.Machine) -> None:
    with pytest.raises(ValueError, match="power of two, not 3"):
        machine.vmalloc(1, align=3)
    with pytest.raises(ValueError, match="power of two, not 0"):
        machine.vmalloc(1, align=0)
    with pytest.raises(ValueError, match=r"size must be .* not -1"):
        machine.vmalloc(-1)
    with pytest.raises(ValueError, match=r"cpu must be within 0\.\.1"):
        machine.vmalloc(1, cpu=2)
    with pytest.raises(ValueError, match="GFP_FOO"):
        machine.vmalloc(1, "GFP_FOO")
    with pytest.raises(TypeError):
        machine.vmalloc("1M")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"number of pfns .* not 0"):
        machine.vmap([])
    with pytest.raises(ba.FrameError, match="frame 0x100000: it lies outside"):
        machine.vmap([1, 1 << 20])
    with pytest.raises(ValueError, match="each of pfns"):
        machine.vmap([-1])
    assert len(machine.vmap_areas()) == 0


def test_a_32_bit_kernel() -> None:
    machine = ba.Machine("64M", arch="i386")
    with pytest.raises(ValueError, match="'i386' is not modelled"):
        machine.vmalloc(1)
    assert machine.proc("vmallocinfo") == ""


def test_frees_of_what_is_no_area(machine: ba.Machine) -> None:
    area = new(machine, 3 * PAGE)
    mapped = machine.vmap([7])
    for free in (machine.vfree, machine.vunmap):
        with pytest.raises(ba.VmallocError, match="0x5: it lies outside 0xffffc9"):
            free(5)
        with pytest.raises(ba.VmallocError, match=f"inside the area at {area:#x}"):
            free(area + PAGE)
        with pytest.raises(ba.VmallocError, match="no area is there"):
            free(START + (1 << 30))
        free(None)
    with pytest.raises(ba.VmallocError, match="is vmalloc's; free it with vfree"):
        machine.vunmap(area)
    with pytest.raises(ba.VmallocError, match="is vmap's; free it with vunmap"):
        machine.vfree(mapped)
    with pytest.raises(ba.VmallocError, match="0x7: it lies outside"):
        machine.vmalloc_pages(7)
    with pytest.raises(ba.SlabError, match="cannot kvfree 0x7"):
        machine.kvfree(7)
    assert machine.vmalloc_stat()["areas"] == 2
    assert issubclass(ba.VmallocError, ValueError)
    machine.check()


def test_double_frees(machine: ba.Machine) -> None:
    area, mapped = new(machine, 3 * PAGE), machine.vmap([7])
    machine.vfree(area)
    machine.vunmap(mapped)
    for free, address in ((machine.vfree, area), (machine.vunmap, mapped)):
        with pytest.raises(ba.VmallocError, match="was freed already, and waits"):
            free(address)
    with pytest.raises(ba.VmallocError, match="was freed already"):
        machine.kvfree(area)
    machine.vm_unmap_aliases()
    with pytest.raises(ba.VmallocError, match="no area is there"):
        machine.vfree(area)
    machine.check()


def test_a_frame_that_somebody_else_freed(machine: ba.Machine) -> None:
    area = new(machine, 3 * PAGE)
    pfn = int(machine.vmalloc_pages(area)[1])
    machine.free_pages(pfn)
    with pytest.raises(ba.FrameError, match=f"frame {pfn:#x} is no page in use"):
        machine.vfree(area)
    assert machine.alloc_pages("GFP_KERNEL") == pfn
    machine.vfree(area)
    machine.check()


# What vmalloc does.


def test_adjacent_addresses_and_their_frames(machine: ba.Machine) -> None:
    area, other = new(machine, 5 * PAGE - 7), new(machine, 1)
    assert area == START
    assert other == area + 6 * PAGE
    pfns = machine.vmalloc_pages(area)
    assert pfns.shape == (5,)
    assert pfns.dtype == np.uint32
    assert len(set(pfns.tolist())) == 5
    for i, pfn in enumerate(pfns.tolist()):
        assert machine.vmalloc_to_pfn(area + i * PAGE + 13) == pfn
    assert machine.vmalloc_to_pfn(area + 5 * PAGE) is None
    assert machine.vmalloc_to_pfn(0) is None
    states = machine.frames()["state"][pfns].tolist()
    assert [events.FRAME_STATES[state] for state in states] == ["used"] * 5
    machine.vfree(area)
    assert machine.vmalloc_to_pfn(area) is None
    with pytest.raises(ba.VmallocError, match="was freed"):
        machine.vmalloc_pages(area)


def test_addresses_are_lazily_reused(machine: ba.Machine) -> None:
    area = new(machine, 5 * PAGE)
    machine.vfree(area)
    assert machine.vmalloc_stat() == {
        "areas": 0,
        "pages": 0,
        "lazy_areas": 1,
        "lazy_pages": 6,
        "lazy_max": 16384,
        "purges": 0,
        "pooled": 0,
        "page_tables": 2,
    }
    assert new(machine, 5 * PAGE) == area + 6 * PAGE
    machine.vm_unmap_aliases()
    stat = machine.vmalloc_stat()
    assert (stat["lazy_pages"], stat["purges"]) == (0, 1)
    assert stat["pooled"] == (machine.profile == "6.12L")
    assert new(machine, 5 * PAGE) == area


def test_a_purge_comes_when_much_waits(machine: ba.Machine) -> None:
    one = new(machine, 40 << 20)
    machine.vfree(one)
    assert machine.vmalloc_stat()["purges"] == 0
    other = new(machine, 40 << 20)
    assert other > one
    machine.vfree(other)
    # 80 MiB are beyond 64 MiB, twice 32 MiB for two CPUs
    assert machine.vmalloc_stat()["purges"] == 1
    assert new(machine, 40 << 20) == one


def test_drop_caches_empties_the_pools() -> None:
    machine = ba.Machine("64M", cpus=2, profile="6.12L")
    areas = [new(machine, 3 * PAGE) for _ in range(8)]
    for area in areas:
        machine.vfree(area)
    machine.vm_unmap_aliases()
    assert machine.vmalloc_stat()["pooled"] == 8
    machine.sysctl("drop_caches", 1)
    assert machine.vmalloc_stat()["pooled"] == 8
    machine.sysctl("drop_caches", 2)
    assert machine.vmalloc_stat()["pooled"] == 0
    assert new(machine, 30 * PAGE) == areas[0]


def test_memory_runs_out(machine: ba.Machine) -> None:
    free = sum(zone["free_pages_exact"] for zone in machine.zones())
    assert machine.vmalloc(200 << 20) is not None
    assert machine.vmalloc(200 << 20) is None
    assert machine.vmalloc_stat()["areas"] == 2  # and its array of pages
    for row in machine.vmap_areas():
        if not row["vpages"]:
            continue
        machine.vfree(int(row["address"]))
    assert machine.vmalloc_stat()["pages"] == 0
    machine.check()
    # page tables stay, and some slabs
    machine.drain_all_pages()
    now = sum(zone["free_pages_exact"] for zone in machine.zones())
    assert 0 < free - now - machine.vmalloc_stat()["page_tables"] < 10


def test_large_pages(machine: ba.Machine) -> None:
    area = new(machine, 3 << 20, huge=True)
    assert area % (2 << 20) == 0
    pfns = machine.vmalloc_pages(area)
    assert pfns.shape == (1024,)
    assert (np.diff(pfns[:512]) == 1).all()
    assert pfns[0] % 512 == 0
    row = machine.vmap_areas()[0]
    assert (row["large"], row["vpages"], row["pages"]) == (1, 1, 1024)
    machine.vfree(area)
    machine.check()


def test_alignment(machine: ba.Machine) -> None:
    new(machine, PAGE)
    for align in (PAGE, 8 * PAGE, 1 << 20):
        assert new(machine, 3 * PAGE, align=align) % align == 0


def test_memory_that_a_task_maps(machine: ba.Machine) -> None:
    area = machine.vmalloc_user(2 * PAGE)
    assert area == START
    assert machine.vmap_areas()["user"].tolist() == [1]
    assert machine.proc("vmallocinfo").endswith(" pages=2 vmalloc user N0=2\n")
    machine.vfree(area)


def test_nodes() -> None:
    machine = ba.Machine("512M", nodes=2, cpus=2)
    area = new(machine, 300 * PAGE, node=1)
    assert machine.vmap_areas()["node_pages"][0][:2].tolist() == [0, 300]
    assert " N1=300\n" in machine.proc("vmallocinfo")
    local = new(machine, 10 * PAGE, cpu=0)
    lines = machine.proc("vmallocinfo").splitlines()
    assert [line.split()[-1] for line in lines] == ["N1=300", "N0=10"]
    machine.vfree(area)
    machine.vfree(local)


def test_vmap(machine: ba.Machine) -> None:
    pfns = frames(machine, 3)
    area = machine.vmap([*pfns, pfns[0]])
    assert area == START
    assert machine.vmalloc_pages(START).tolist() == [*pfns, pfns[0]]
    assert machine.vmap(np.array(pfns, np.uint64)) == START + 5 * PAGE
    machine.vunmap(area)
    for pfn in pfns:
        machine.free_pages(pfn)
    assert machine.vmalloc_stat()["pages"] == 0


def test_kvmalloc(machine: ba.Machine) -> None:
    small, large = machine.kvmalloc(100), machine.kvmalloc(9 << 20)
    assert isinstance(small, int)
    assert isinstance(large, int)
    assert small < START <= large
    assert machine.vmap_areas()["large"].tolist() == [1, 0]
    machine.kvfree(small)
    machine.kvfree(large)
    assert machine.kvmalloc(9 << 20, "GFP_NOWAIT") is None
    with pytest.raises(ba.SlabError, match="is free already"):
        machine.kvfree(small)
    assert machine.kvmalloc(0) == 16
    machine.kvfree(16)


def test_copies_and_saves(machine: ba.Machine, tmp_path: Path) -> None:
    areas = [new(machine, 7 * PAGE, cpu=i % 2) for i in range(20)]
    for area in areas[::3]:
        machine.vfree(area)
    machine.vm_unmap_aliases()
    machine.save(tmp_path / "machine")
    copies = [
        machine.copy(),
        pickle.loads(pickle.dumps(machine)),
        ba.Machine.load(tmp_path / "machine"),
    ]
    machine.vfree(areas[1])
    for copy in copies:
        copy.check()
        assert copy != machine
        copy.vfree(areas[1])
        assert copy == machine


# Real bytes.


def test_a_thousand_scattered_frames(machine: ba.Machine) -> None:
    """Bytes written through vmalloc's addresses are read through each frame."""
    machine = ba.Machine("64M", backed=True, profile=machine.profile)
    scattered(machine)
    memory = machine.vmalloc(1000 * PAGE)
    assert isinstance(memory, ba.Memory)
    assert (len(memory), memory.address) == (1000 * PAGE, START)
    pfns = machine.vmalloc_pages(memory).tolist()
    assert len(set(pfns)) == 1000
    assert (np.diff(pfns) != 1).sum() > 900
    words = np.frombuffer(memory, np.uint32)
    words[:] = np.random.default_rng(5).integers(1 << 32, size=len(words))
    for i, pfn in enumerate(pfns):
        assert machine.memory(pfn)[:] == words[i * 1024 :][:1024].tobytes()
    # and the other way round
    machine.memory(pfns[500])[4:8] = b"back"
    assert words[500 * 1024 + 1].tobytes() == b"back"


def test_a_view_keeps_an_area_in_use() -> None:
    machine = ba.Machine("64M", backed=True)
    memory = machine.vmalloc(3 * PAGE)
    assert isinstance(memory, ba.Memory)
    address = memory.address
    frame = machine.memory(int(machine.vmalloc_pages(memory)[1]))
    for held in (memoryview(memory), memoryview(frame)):
        with pytest.raises(BufferError, match="1 view"):
            machine.vfree(memory)
        assert machine.vmalloc_stat()["areas"] == 1
        held.release()
    machine.vfree(memory)
    for gone in (memory, frame):
        with pytest.raises(ValueError, match="were freed"):
            gone[0]
    with pytest.raises(ba.VmallocError, match="was freed already"):
        machine.vfree(address)


def test_bytes_of_vmap_stay_with_their_frames() -> None:
    machine = ba.Machine("64M", backed=True)
    pfns = frames(machine, 2)
    memory = machine.vmap([*pfns, pfns[0]])
    assert isinstance(memory, ba.Memory)
    memory[0:3] = b"abc"
    assert memory[2 * PAGE : 2 * PAGE + 3] == b"abc"
    machine.vunmap(memory)
    assert machine.memory(pfns[0])[0:3] == b"abc"
    with pytest.raises(ValueError, match="were freed"):
        memory[0]


def test_zeroed_memory() -> None:
    machine = ba.Machine("64M", backed=True)
    for pfn in (pfns := frames(machine, 3000)):
        machine.memory(pfn)[0:4] = b"dirt"
    for pfn in pfns:
        machine.free_pages(pfn)
    memory = machine.vmalloc(600 * PAGE)
    assert isinstance(memory, ba.Memory)
    assert b"dirt" in memory[:]
    machine.vfree(memory)
    memory = machine.vzalloc(600 * PAGE)
    assert isinstance(memory, ba.Memory)
    assert not any(memory[:])


def test_kvmalloc_of_a_backed_machine() -> None:
    machine = ba.Machine("64M", backed=True)
    for size in (100, 5 << 20):
        memory = machine.kvmalloc(size)
        assert isinstance(memory, ba.Memory)
        assert len(memory) == size
        memory[0:5] = b"bytes"
        machine.kvfree(memory)
        with pytest.raises(ValueError, match="were freed"):
            memory[0]


# Views.


def test_areas(machine: ba.Machine) -> None:
    assert machine.vmap_areas().shape == (0,)
    area = new(machine, 600 * PAGE + 1)
    gone = new(machine, PAGE)
    machine.vmap([5, 6])
    machine.vfree(gone)
    rows = machine.vmap_areas()
    assert rows.dtype == events.VMAP_AREA
    by_address = {int(row["address"]): row for row in rows}
    row = by_address[area]
    assert row["size"] == 602 * PAGE
    assert row["requested"] == 600 * PAGE + 1
    assert (row["pages"], row["vpages"]) == (601, 1)
    array = by_address[area + 602 * PAGE]
    assert (array["requested"], array["pages"]) == (601 * 8, 2)
    assert events.VMAP_AREA_KINDS[by_address[gone]["kind"]] == "unpurged"
    kinds = [events.VMAP_AREA_KINDS[kind] for kind in rows["kind"]]
    assert sorted(kinds) == ["unpurged", "vmalloc", "vmalloc", "vmap"]
    assert kinds[-1] == "unpurged"


def test_vmallocinfo_of_a_machine(machine: ba.Machine) -> None:
    assert machine.proc("vmallocinfo") == ""
    area = new(machine, 5 * PAGE)
    machine.vmap([5, 6])
    gone = new(machine, 600 * PAGE)
    machine.vfree(new(machine, PAGE))
    text = machine.proc("vmallocinfo")
    lines = sorted(text.splitlines())
    assert lines[0] == (
        "0xffffc90000000000-0xffffc90000006000   24576 pages=5 vmalloc N0=5"
    )
    assert lines[1] == "0xffffc90000006000-0xffffc90000009000   12288 vmap"
    assert lines[2].endswith(" 2461696 pages=600 vmalloc vpages N0=600")
    assert lines[4].endswith(" 8192 unpurged vm_area")
    read = read_vmallocinfo(text)
    assert "".join(f"{area}\n" for area in read) == text
    assert read == vmallocinfo.areas_of(machine)
    # 6.1 prints what waits behind the last area in use
    machine.vfree(area)
    machine.vfree(gone)
    machine.vunmap(START + 6 * PAGE)
    assert machine.proc("vmallocinfo").count("unpurged") == (
        0 if machine.profile == "6.1L" else 5
    )


def test_vmallocinfo_of_nodes_of_addresses() -> None:
    """6.12 lists areas node by node: 16 pages of addresses have the same one."""
    machine = ba.Machine("64M", cpus=2, profile="6.12L")
    starts = [new(machine, 7 * PAGE) for _ in range(8)]
    listed = [area.start for area in vmallocinfo.areas_of(machine)]
    assert sorted(listed) == starts
    assert listed == sorted(starts, key=lambda start: (start // (16 * PAGE) % 2, start))
    assert listed != starts


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("Node 0, zone DMA", "is no line of an area"),
        ("0xffffc90000000000-0xffffc90000006000 vmalloc", "is no line of an area"),
        (
            "0xffffc90000000000-0xffffc90000006000   24577 vmalloc",
            "has a size that its addresses deny",
        ),
        (
            "0xffffc90000000000-0xffffc90000006000   24576 malloc",
            "has words that no vmallocinfo has",
        ),
    ],
)
def test_garbled_lines(line: str, fault: str) -> None:
    good = "0xffffc90000000000-0xffffc90000006000   24576 pages=5 vmalloc N0=5"
    assert len(read_vmallocinfo(good)) == 1
    with pytest.raises(ba.TraceError, match=f"vmallocinfo:2: {fault}"):
        read_vmallocinfo(f"{good}\n{line}\n".encode())


def test_lines_of_many_kinds() -> None:
    text = (
        "0xffffd17900005000-0xffffd17900007000    8192 "
        "acpi_os_map_iomem+0x1b6/0x1d0 phys=0x000000001ffe1000 ioremap\n"
        "0xffffd1790004d000-0xffffd1790004f000    8192 "
        "map_capability+0x148/0x1d0 [virtio] phys=0x00000000fe000000 ioremap\n"
        "0xffffd17900010000-0xffffd17900015000   20480 0xffffffffc05380f2 "
        "pages=4 vmalloc user vpages N0=1 N1=3\n"
        "0xffffd17900020000-0xffffd17900024000   16384 vm_map_ram\n"
        "0x0000000000000000-0x0000000000000000   20480 unpurged vm_area\n"
    )
    areas = read_vmallocinfo(text)
    assert "".join(f"{area}\n" for area in areas) == text
    assert areas[0].phys == 0x1FFE1000
    assert areas[1].caller == "map_capability+0x148/0x1d0 [virtio]"
    assert areas[2] == VmallocArea(
        0xFFFFD17900010000,
        0xFFFFD17900015000,
        20480,
        "0xffffffffc05380f2",
        4,
        kinds=("vmalloc", "user", "vpages"),
        nodes={0: 1, 1: 3},
    )
    assert areas[4].note == vmallocinfo.UNPURGED


@pytest.mark.skipif(not RECORDED, reason="no recordings; set BUDDYALLOC_RECORDINGS")
def test_recorded_files_byte_for_byte() -> None:
    assert len(RECORDED) >= 30
    for path in RECORDED:
        text = path.read_text()
        areas = read_vmallocinfo(text, str(path))
        assert "".join(f"{area}\n" for area in areas) == text
        for area in areas:
            assert area.pages in (0, sum(area.nodes.values()))


@pytest.mark.skipif(not RECORDED, reason="no recordings; set BUDDYALLOC_RECORDINGS")
def test_recorded_order_of_areas() -> None:
    """6.1: by address; 6.12: by node of addresses, one for each CPU."""
    cpus = {"smp2": 2, "numa2": 2}
    for path in RECORDED:
        recording = path.parts[-3]
        nodes = cpus.get(recording.partition("-")[2], 1)
        starts = [
            area.start for area in read_vmallocinfo(path.read_text()) if not area.note
        ]
        if recording.startswith("61-"):
            assert starts == sorted(starts)
        else:
            order = sorted(starts, key=lambda s: (s // (16 * PAGE) % nodes, s))
            assert starts == order, path


def laid_out(areas: list[VmallocArea], profile: str) -> tuple[ba.Machine, int]:
    """A machine whose free addresses are those of a listing, and their distance.

    Up to the first gap of 4 GiB: far above lie only areas of the boot.
    """
    machine, holes = ba.Machine("256M", profile=profile), []
    end = base = min(area.start for area in areas)
    assert base % (1 << 30) == 0

    def put(pages: int) -> int:
        address = machine.vmap(np.full(pages - 1, 5, np.uint32))
        assert isinstance(address, int)
        return address

    for area in sorted(areas, key=lambda area: area.start):
        gap = (area.start - end) // PAGE
        if gap > 1 << 20:
            break
        if gap > 1:  # nothing fits into a page
            holes.append(put(gap))
            gap = 0
        assert put(area.size // PAGE + gap) - START == area.start - gap * PAGE - base
        end = area.end
    for hole in holes:
        machine.vunmap(hole)
    machine.vm_unmap_aliases()
    return machine, base - START


@pytest.mark.skipif(not RECORDED, reason="no recordings; set BUDDYALLOC_RECORDINGS")
def test_addresses_that_recorded_kernels_chose() -> None:
    """Stacks of new tasks, 4 pages aligned to 16 KiB, are where the kernel put them."""
    found = 0
    for path in RECORDED:
        if path.suffix != ".start":
            continue
        before = read_vmallocinfo(path.read_text())
        after = read_vmallocinfo(path.with_suffix(".end").read_text())
        there = {area.start for area in before}
        new = {area.start: area.size for area in after if area.start not in there}
        assert set(new.values()) == {5 * PAGE}
        machine, distance = laid_out(
            before, "6.1L" if path.parts[-3].startswith("61-") else "6.12L"
        )
        ours = [machine.vmalloc(4 * PAGE, align=4 * PAGE) for _ in new]
        assert {int(a) + distance for a in ours if a is not None} == set(new), path
        found += len(new)
    assert found > 250


# Tables and plots.


def test_table_of_areas(machine: ba.Machine) -> None:
    area = new(machine, 5 * PAGE - 100)
    gone = new(machine, 2 * PAGE)
    machine.vmap([3])
    machine.vfree(gone)
    table = metrics.vmap_areas(machine)
    assert table["address"].tolist() == [area, gone, gone + 3 * PAGE]
    kinds = [table.meta["kinds"][kind] for kind in table["kind"]]
    assert kinds == ["vmalloc", "unpurged", "vmap"]
    assert table["pages"].tolist() == [5, 3, 1]
    assert table["guard"].tolist() == [1, 0, 1]
    assert table["frames"].tolist() == [5, 0, 0]
    assert table["waste"].tolist() == [100, 0, 0]
    assert (table.meta["areas"], table.meta["frames"]) == (2, 5)
    image = plots.vmap_areas(table).images[0].get_array()
    assert image.shape == (1, 64, 3)
    colours = [tuple(cell) for cell in image[0].tolist()]
    assert [colours.index(colour) for colour in colours[:11]] == [
        *[0] * 5,
        5,
        *[6] * 3,
        9,
        5,
    ]


def test_table_of_frames(machine: ba.Machine) -> None:
    one, other = new(machine, 3 * PAGE), new(machine, 2 * PAGE)
    table = metrics.vmalloc_pages(machine)
    assert table["area"].tolist() == [0, 0, 0, 1, 1]
    assert table["page"].tolist() == [0, 1, 2, 0, 1]
    assert table["address"].tolist() == [
        *(one + i * PAGE for i in range(3)),
        *(other + i * PAGE for i in range(2)),
    ]
    for address, pfn in zip(table["address"], table["pfn"], strict=True):
        assert machine.vmalloc_to_pfn(int(address)) == pfn
    assert metrics.vmalloc_pages(machine, address=other).rows == 2
    with pytest.raises(ba.VmallocError):
        metrics.vmalloc_pages(machine, address=1)
    dots = plots.vmalloc_pages(table).collections
    assert [len(d.get_offsets()) for d in dots] == [3, 2]
