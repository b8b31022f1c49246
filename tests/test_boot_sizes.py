"""Marks, reserves and per-CPU sizes of recorded kernels, computed again.

From the pages that the zones managed when a kernel computed them (fewer than
in the end, see buddyalloc.boot_sizes) and min_free_kbytes, the model must
compute the same numbers as the recorded zoneinfo has.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from buddyalloc import Machine, from_proc, procfs
from buddyalloc.boot_sizes import boot_sizes, is_kernels_choice, solutions
from buddyalloc.procfs import ZoneKey

ROOT = Path(__file__).parent.parent
RECORDINGS = Path(
    os.environ.get("BUDDYALLOC_RECORDINGS") or ROOT / "../shared/recordings"
)
SAVED = sorted(RECORDINGS.glob("*/proc/zoneinfo.*"))
STATES = sorted(RECORDINGS.glob("612-*/state.*.txt.xz"))
MARKS = ("min", "low", "high")

needs_recordings = pytest.mark.skipif(
    not SAVED, reason="no recordings; set BUDDYALLOC_RECORDINGS"
)


def machine_with(zoneinfo: str, managed: dict[ZoneKey, int]) -> Machine:
    """The machine of a zoneinfo, its zones managing other numbers of pages."""
    buddyinfo = "".join(
        f"Node {node}, zone {name} " + "0 " * 11 + "\n" for node, name in managed
    )
    text = from_proc.state_text(zoneinfo, buddyinfo).decode()
    for (node, name), pages in managed.items():
        line = rf"^(zone {node} \d+ {name} .* managed) \d+$"
        text, count = re.subn(line, rf"\1 {pages}", text, flags=re.M)
        assert count == 1
    # nothing of what is to be computed may be known
    text = re.sub(r"^wmark \d+ \d+ \d+", "wmark 0 0 0", text, flags=re.M)
    text = re.sub(r"^lowmem_reserve .*", "lowmem_reserve 0 0 0 0 0", text, flags=re.M)
    sizes = re.compile(r"^(pcp \d+ count \d+) high \d+ batch \d+", re.M)
    text, count = sizes.subn(r"\1 high 0 batch 1", text)
    assert count >= len(managed)
    return Machine.from_state_text(text.encode())


def named(path: Path) -> str:
    folder = path.parent if path.parent.name != "proc" else path.parent.parent
    return f"{folder.name}-{'start' if 'start' in path.name else 'end'}"


def cpus_of(zone: procfs.ZoneInfo, zones: list[procfs.ZoneInfo]) -> int:
    return len(zone.pagesets) // len({z.node for z in zones if z.populated})


# Without recordings.


def zoneinfo(**settings: int) -> tuple[Machine, list[procfs.ZoneInfo]]:
    machine = Machine("2G", cpus=2, nodes=2, settings=settings)
    return machine, procfs.read_zoneinfo(machine.proc("zoneinfo"))


def test_the_sizes_of_a_booted_machine() -> None:
    machine, zones = zoneinfo()
    sizes = boot_sizes(zones)
    assert sizes.managed == sizes.managed_before
    assert sizes.managed == {
        (zone["node"], zone["name"]): zone["managed"] for zone in machine.zones()
    }
    assert is_kernels_choice(sizes.pages_min, sizes.managed, 10)
    assert sizes.min_free_kbytes == 4 * sizes.pages_min


@pytest.mark.parametrize("profile", ["6.1L", "6.12L"])
@pytest.mark.parametrize("movablecore", [0, 128 << 10])
@pytest.mark.parametrize(
    ("memory", "arch", "nodes"),
    [("6G", "x86_64", 1), ("2G", "i386", 1), ("700M", "i386", 1), ("3G", "i386", 2)],
)
def test_the_sizes_of_any_zones(
    memory: str, arch: str, nodes: int, movablecore: int, profile: str
) -> None:
    """HighMem and Movable, whose min is no share of min_free_kbytes."""
    machine = Machine(
        memory,
        arch=arch,
        nodes=nodes,
        profile=profile,
        settings={"movablecore": movablecore},
    )
    zones = procfs.read_zoneinfo(machine.proc("zoneinfo"))
    sizes = boot_sizes(zones)
    assert sizes.managed == sizes.managed_before
    assert sizes.managed == {
        (zone["node"], zone["name"]): zone["managed"] for zone in machine.zones()
    }
    # computed again from these numbers, nothing changes
    before = machine.proc("zoneinfo")
    machine.sysctl("min_free_kbytes", sizes.min_free_kbytes)
    assert machine.proc("zoneinfo") == before


def test_a_chosen_min_free_kbytes_comes_back() -> None:
    _, zones = zoneinfo(min_free_kbytes=40_000, watermark_scale_factor=500)
    sizes = boot_sizes(zones, scale=500)
    assert sizes.min_free_kbytes == 40_000
    with pytest.raises(ValueError, match="watermark_scale_factor 10; give the value"):
        boot_sizes(zones)


def test_pages_that_came_later_are_found() -> None:
    _, zones = zoneinfo()
    then = {(z.node, z.name): z["managed"] for z in zones if z.populated}
    zones[-4].values["managed"] += 3000
    sizes = boot_sizes(zones)
    key = (zones[-4].node, zones[-4].name)
    assert 0 <= sizes.managed[key] - then[key] < 300
    assert is_kernels_choice(sizes.pages_min, sizes.managed, 10)


@pytest.mark.parametrize("profile", ["6.1L", "6.12L"])
def test_sysctls_are_written_while_the_machine_runs(profile: str) -> None:
    machine = Machine("256M", cpus=2, profile=profile)
    settings = {
        "min_free_kbytes": 9000,
        "watermark_scale_factor": 200,
        "lowmem_reserve_ratio_dma": 64,
        "percpu_pagelist_high_fraction": 16,
    }
    booted = Machine("256M", cpus=2, profile=profile, settings=settings)
    assert machine.zones() != booted.zones()
    for name, value in settings.items():
        machine.sysctl(name, value)
        assert machine.config()[name] == value
    # the mark of the counters' drift is set at boot only
    drift = re.compile(rb"drift_mark \d+")
    assert drift.sub(b"", machine.state_text()) == drift.sub(b"", booted.state_text())
    machine.sysctl("watermark_boost_factor", 0)
    before = machine.zones()
    for name in ("extfrag_threshold", "compaction_proactiveness", "swappiness"):
        machine.sysctl(name, 42)
        assert machine.config()[name] == 42
    assert machine.zones() == before
    machine.check()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("min_free_kbyte", 1, "closest name is min_free_kbytes"),
        ("watermark_scale_factor", 0, "give 1 to 3000"),
        ("percpu_pagelist_high_fraction", 7, "0 or at least 8"),
        ("thp_lists", 1, "thp_lists is no sysctl"),
        ("kernelcore", 1024, "kernelcore is no sysctl"),
        ("extfrag_threshold", 1001, "give 0 to 1000"),
        ("compaction_proactiveness", 101, "give 0 to 100"),
        ("swappiness", 201, "give 0 to 200"),
        ("min_free_kbytes", -1, "-1"),
        ("min_free_kbytes", 1 << 40, str(1 << 40)),
    ],
)
def test_refused_sysctls_change_nothing(name: str, value: int, words: str) -> None:
    machine = Machine("64M")
    before = machine.copy()
    with pytest.raises(ValueError, match=words):
        machine.sysctl(name, value)
    with pytest.raises(TypeError, match="name must be str"):
        machine.sysctl(1, value)  # type: ignore[arg-type]
    assert machine == before


# Recordings.


@needs_recordings
@pytest.mark.parametrize("path", SAVED, ids=named)
def test_recorded_sizes_are_computed_again(path: Path) -> None:
    text = path.read_text()
    zones = procfs.read_zoneinfo(text)
    sizes = boot_sizes(zones)
    machine = machine_with(text, sizes.managed)
    machine.sysctl("min_free_kbytes", sizes.min_free_kbytes)
    before = machine_with(text, sizes.managed_before)
    before.sysctl("lowmem_reserve_ratio_dma", 256)
    printed = {
        (z.node, z.name): z for z in procfs.read_zoneinfo(machine.proc("zoneinfo"))
    }
    reserves = {
        (zone["node"], zone["name"]): zone["lowmem_reserve"] for zone in before.zones()
    }
    for zone in zones:
        own = printed[zone.node, zone.name]
        marks = MARKS + (("promo",) if "promo" in zone.values else ())
        assert [own[m] for m in marks] == [zone[m] for m in marks]
        if not zone.populated:
            continue
        assert zone.protection == reserves[zone.node, zone.name]
        cpus = cpus_of(zone, zones)
        for ours, theirs in zip(own.pagesets, zone.pagesets, strict=True):
            assert ours.batch == theirs.batch
            if "promo" not in zone.values:
                assert ours.high == theirs.high
            elif theirs.high:  # 6.12 moves it between two bounds
                most = max(zone["managed"] // 8 // cpus, 4 * theirs.batch)
                assert max(zone["low"] // cpus, 4 * theirs.batch) <= theirs.high <= most


@needs_recordings
@pytest.mark.parametrize("path", SAVED, ids=named)
def test_recorded_min_free_kbytes_is_the_kernels_choice(path: Path) -> None:
    zones = procfs.read_zoneinfo(path.read_text())
    sizes = boot_sizes(zones)
    if sizes.managed == sizes.managed_before:
        assert is_kernels_choice(sizes.pages_min, sizes.managed, 10)
        return
    # chosen at boot, kept when the marks were set again: from the reserves,
    # the managed pages of then are known to a few hundred
    top = max(sizes.managed_before, key=lambda key: sizes.managed_before[key])
    assert any(
        is_kernels_choice(
            pages_min,
            {**sizes.managed_before, top: sizes.managed_before[top] - less},
            10,
        )
        for pages_min, _ in solutions(zones, reserves=False)
        for less in range(256)
    )


@needs_recordings
@pytest.mark.parametrize("path", SAVED, ids=named)
def test_recorded_thresholds_of_counters(path: Path) -> None:
    for zone in procfs.read_zoneinfo(path.read_text()):
        for pageset in zone.pagesets:
            size = (zone["managed"] >> 15).bit_length() + 1
            cpus = len(zone.pagesets).bit_length()
            assert pageset.threshold == min(125, 2 * cpus * size)


@needs_recordings
@pytest.mark.parametrize("path", STATES, ids=named)
def test_recorded_bounds_of_high_in_6_12(path: Path) -> None:
    """high_min and high_max, which only the states show."""
    machine = Machine.from_state(path)
    side = path.name.split(".")[1]
    text = (path.parent / "proc" / f"zoneinfo.{side}").read_text()
    zones = procfs.read_zoneinfo(text)
    want = {
        (zone["node"], zone["name"]): machine.pcp(0, zone["id"])
        for zone in machine.zones()
    }
    populated = [zone for zone in zones if zone.populated]
    limits = {}
    for zone in populated:
        eighth = 8 * cpus_of(zone, zones)
        most = want[zone.node, zone.name]["high_max"]
        limits[zone.node, zone.name] = (most * eighth, most * eighth + eighth - 1)
    reserves = boot_sizes(zones).managed == boot_sizes(zones).managed_before
    pages_min, managed = next(solutions(zones, reserves=reserves, limits=limits))
    again = machine_with(text, managed)
    again.sysctl("min_free_kbytes", 4 * pages_min)
    for zone in again.zones():
        ours = again.pcp(0, zone["id"])
        theirs = want[zone["node"], zone["name"]]
        for name in ("batch", "high_min", "high_max"):
            assert ours[name] == theirs[name]


# Movable.


def test_movablecore_keeps_what_cannot_move_out() -> None:
    """Of 256 MiB, 128 MiB serve requests for movable pages only."""
    settings = {"movablecore": 128 << 10}
    machine = Machine("256M", profile="6.12L", settings=settings)
    movable = machine.zone_names.index("Movable")
    zone = machine.zones()[movable]
    assert (zone["start_pfn"], zone["end_pfn"]) == (32768, 65536)
    pfn = machine.alloc_pages(0x100CCA, 4)  # GFP_HIGHUSER_MOVABLE
    assert pfn is not None
    assert pfn >= zone["start_pfn"]
    kernel = [machine.alloc_pages(0xCC0, 5) for _ in range(3000)]  # GFP_KERNEL
    taken = [pfn for pfn in kernel if pfn is not None]
    assert None in kernel
    assert max(taken) < zone["start_pfn"]
    assert len(taken) * 32 > 30_000
    assert machine.zones()[movable]["free_pages_exact"] > 32_000
    machine.check()
    again = Machine.from_proc(
        **{
            name: machine.proc(name)
            for name in ("zoneinfo", "buddyinfo", "pagetypeinfo")
        }
    )
    assert again.proc("zoneinfo") == procfs.zoneinfo_of_model(machine.proc("zoneinfo"))


def test_movablecore_is_a_boot_option() -> None:
    with pytest.raises(ValueError, match="movablecore is no sysctl"):
        Machine("64M").sysctl("movablecore", 1024)


def movable_from(**settings: int | str) -> int | None:
    """First frame of Movable in a machine of 1 GiB."""
    last = Machine("1G", settings=settings).zones()[-1]
    return int(last["start_pfn"]) if last["name"] == "Movable" else None


def test_kernelcore_and_movablecore_as_on_the_command_line() -> None:
    """512 MiB of one leave 512 MiB to the other, in steps of 4 MiB."""
    assert movable_from(movablecore="512M") == 131072
    assert movable_from(movablecore=512 << 10) == 131072
    assert movable_from(movablecore="50%") == 131072
    assert movable_from(kernelcore="512M") == 131072 + 1024  # frame 0 is none
    assert movable_from(kernelcore="50%") == 131072
    # the larger one for other requests wins
    assert movable_from(kernelcore="768M", movablecore="512M") == 196608 + 1024
    assert movable_from(kernelcore="256M", movablecore="512M") == 131072
    assert movable_from(kernelcore="1G") is movable_from(movablecore="100%") is None


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("2G", "kernelcore is 2097152 KiB of 1048576 KiB of memory; give less"),
        ("101%", "'101%' is no size"),
        ("mirror", "'mirror' is no size"),
        (-1, "kernelcore is -1; give 0 to 4294967295"),
    ],
)
def test_bad_kernelcore(value: int | str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        movable_from(kernelcore=value)
