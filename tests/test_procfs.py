"""The kernel's text: read, written, and compared with every recording.

The recorded files were read a moment before or after the state was taken,
and nothing is traced in between. Where the free blocks of both are the same,
every byte must be; where not, only numbers that follow from free pages may
differ.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from buddyalloc import Machine, TraceError, procfs

ROOT = Path(__file__).parent.parent
RECORDINGS = Path(
    os.environ.get("BUDDYALLOC_RECORDINGS") or ROOT / "../shared/recordings"
)
STATES = sorted(RECORDINGS.glob("*/state.*.txt.xz"))
NAMES = {"unusable_index": "unusable", "extfrag_index": "extfrag"}
MIB = 1 << 20

MOVES = re.compile(r"  pages free|      nr_free_pages|              (count|high): ")
"""Lines of zoneinfo that a few allocations change."""

BUDDYINFO = """\
Node 0, zone      DMA      0      0      0      0      0      1      1      1      0      1      3 
Node 0, zone    DMA32      5      4      7      8      6      7      4      4      5      3     64 
"""  # noqa: E501, W291


def side(state: Path) -> str:
    return state.name.split(".")[1]


def recorded(state: Path, name: str) -> str:
    path = state.parent / "proc" / f"{NAMES.get(name, name)}.{side(state)}"
    text = path.read_text()
    return procfs.zoneinfo_of_model(text) if name == "zoneinfo" else text


def named(path: Path) -> str:
    return f"{path.parent.name}-{side(path)}"


@pytest.fixture(scope="module", params=STATES, ids=named)
def state(request: pytest.FixtureRequest) -> tuple[Path, Machine]:
    return request.param, Machine.from_state(request.param)


needs_recordings = pytest.mark.skipif(
    not STATES, reason="no recordings; set BUDDYALLOC_RECORDINGS"
)


# Garbled text first.


@pytest.mark.parametrize(
    ("reader", "text", "words"),
    [
        (procfs.read_buddyinfo, "", "buddyinfo: has no zone"),
        (procfs.read_buddyinfo, "Node 0\n", "buddyinfo:1: is no line of a zone"),
        (procfs.read_buddyinfo, "Node 0, zone DMA 1 x\n", ":1: .*no number.*'Node 0"),
        (procfs.read_buddyinfo, "Node 0, zone DMA\n", ":1: has no numbers"),
        (procfs.read_index, "Node 0, zone DMA 1.5\n", "index:1"),
        (procfs.read_pagetypeinfo, BUDDYINFO, "cut off or no pagetypeinfo"),
        (procfs.read_pagetypeinfo, "Node 0, zone D, type M 1 y\n", ":1: has a word"),
        (procfs.read_zoneinfo, "", "zoneinfo: has no zone"),
        (procfs.read_zoneinfo, "  pages free 1\n", ":1: stands before"),
        (
            procfs.read_zoneinfo,
            "Node 0, zone DMA\n  pages free x\n",
            ":2: has no number",
        ),
        (procfs.read_zoneinfo, "Node 0, zone DMA\n  pages\n", ":2: has no number"),
    ],
)
def test_garbled_text_is_named(reader: object, text: str, words: str) -> None:
    assert callable(reader)
    with pytest.raises(TraceError, match=words):
        reader(text)


def test_unknown_file() -> None:
    with pytest.raises(ValueError, match="'slabinfo'; there are: buddyinfo, pagety"):
        Machine("64M").proc("slabinfo")


# What is written is read again.


def test_buddyinfo_of_a_booted_machine() -> None:
    assert Machine("64M").proc("buddyinfo") == (
        "Node 0, zone      DMA" + "      1" * 10 + "      3 \n"
        "Node 0, zone    DMA32" + "      0" * 10 + "     12 \n"
    )


def test_counts_survive_writing_and_reading() -> None:
    machine = Machine("96M", cpus=2, nodes=2)
    for order in (0, 1, 3, 5, 0):
        machine.alloc_pages(0xCC0, order, cpu=order % 2)
    zones = machine.zones()
    keys = [(zone["node"], zone["name"]) for zone in zones]
    assert procfs.read_buddyinfo(machine.proc("buddyinfo")) == {
        key: zone["nr_free"] for key, zone in zip(keys, zones, strict=True)
    }
    info = procfs.read_pagetypeinfo(machine.proc("pagetypeinfo"))
    assert list(info.free) == list(info.blocks) == keys
    sample = machine.sample()
    for i, key in enumerate(keys):
        assert list(info.free[key]) == list(info.blocks[key])
        assert [list(n) for n in info.free[key].values()] == (
            sample["free_blocks"][i].T.tolist()
        )
        assert list(info.blocks[key].values()) == sample["pageblocks"][i].tolist()
    assert not info.capped


@pytest.mark.parametrize("profile", ["6.1L", "6.12L"])
def test_zoneinfo_is_read_by_label(profile: str) -> None:
    machine = Machine("96M", cpus=2, nodes=2, profile=profile)
    machine.alloc_pages(0xCC0, 2, cpu=1)
    zones = procfs.read_zoneinfo(machine.proc("zoneinfo"))
    assert len(zones) == 10
    assert [zone.name for zone in zones if zone.populated] == ["DMA", "DMA32", "DMA32"]
    mine = {(zone["node"], zone["name"]): zone for zone in machine.zones()}
    for zone in zones:
        assert ("promo" in zone.values) == (profile == "6.12L")
        assert len(zone.protection) == 5
        if not zone.populated:
            assert zone["min"] == (
                32 if (profile, zone.name) == ("6.12L", "Movable") else 0
            )
            continue
        own = mine[zone.node, zone.name]
        for name in ("min", "low", "high", "spanned", "present", "managed"):
            assert zone[name] == own[name]
        assert zone["free"] == zone.stats["nr_free_pages"] == own["free_pages"]
        assert zone.protection == own["lowmem_reserve"]
        for cpu, pageset in enumerate(zone.pagesets):
            pcp = machine.pcp(cpu, own["id"])
            assert pageset == procfs.PageSet(
                cpu, pcp["count"], pcp["high"], pcp["batch"], own["stat_threshold"][cpu]
            )


def zone_lines(text: str, name: str) -> list[str]:
    """What zoneinfo says of a zone, without blanks at the ends of lines."""
    zone = re.search(rf"Node 0, zone +{name}\n(.*?)(?=\nNode|\Z)", text, re.S)
    assert zone
    return [" ".join(line.split()) for line in zone[1].splitlines()]


@pytest.mark.parametrize("profile", ["6.1L", "6.12L"])
@pytest.mark.parametrize("memory", ["512M", "2G"])
def test_zoneinfo_of_32_bits(profile: str, memory: str) -> None:
    """Four zones; an empty one has the min of its kind, if it has one at all.

    is_highmem: HighMem, and Movable where it would be cut from HighMem.
    """
    machine = Machine(memory, arch="i386", profile=profile)
    text = machine.proc("zoneinfo")
    zones = {zone.name: zone for zone in procfs.read_zoneinfo(text)}
    assert list(zones) == ["DMA", "Normal", "HighMem", "Movable"]
    assert all(len(zone.protection) == 4 for zone in zones.values())
    assert zones["HighMem"].populated == (memory == "2G")
    movable = 32 if memory == "2G" or profile == "6.12L" else 0
    for name, mark in (("HighMem", 32), ("Movable", movable)):
        if zones[name].populated:
            continue
        marks = ["min", "low", "high"] + ["promo"] * (profile == "6.12L")
        assert zone_lines(text, name) == [
            "pages free 0",
            "boost 0",
            *(f"{kind} {mark}" for kind in marks),
            *(f"{kind} 0" for kind in ("spanned", "present", "managed", "cma")),
            "protection: (0, 0, 0, 0)",
        ]
    if memory == "2G":
        assert zones["HighMem"]["min"] == 128
        assert zones["Normal"].protection == (0, 0, 9216, 9216)
        assert "Node 0, zone  HighMem " in machine.proc("buddyinfo")
        assert "zone  HighMem, type    Unmovable" in machine.proc("pagetypeinfo")


def test_indices_of_a_known_buddyinfo() -> None:
    text = procfs.read_index(
        "Node 0, zone  A -1.000 0.058 \nNode 1, zone B  1.000 0.000"
    )
    assert text == {(0, "A"): (-1000, 58), (1, "B"): (1000, 0)}


def test_boost_is_part_of_the_printed_marks() -> None:
    machine = Machine("64M", profile="6.12L")
    text = machine.state_text()
    marks = re.search(rb"wmark (\d+) (\d+) (\d+) boost 0", text)
    assert marks
    low, high = int(marks[2]), int(marks[3])
    text = text.replace(marks[0], marks[0][:-1] + b"512", 1)
    zone = procfs.read_zoneinfo(Machine.from_state_text(text).proc("zoneinfo"))[0]
    assert zone["boost"] == 512
    assert (zone["low"], zone["high"]) == (low + 512, high + 512)
    assert zone["promo"] == 2 * high - low + 512


def test_long_lists_are_capped() -> None:
    assert procfs._list_length(99_999) == " 99999 "
    assert procfs._list_length(100_000) == procfs._list_length(10**6) == ">100000 "


# Recordings.


@needs_recordings
def test_recorded_text_is_written_byte_for_byte(state: tuple[Path, Machine]) -> None:
    path, machine = state
    if recorded(path, "buddyinfo") != machine.proc("buddyinfo"):
        pytest.skip("pages moved between the state and the file")
    files = set(procfs.FILES) - {"zoneinfo"}
    different = {name for name in files if recorded(path, name) != machine.proc(name)}
    # another CPU goes on while the files are read one after the other
    assert not different or machine.nr_cpus > 1


@needs_recordings
def test_recorded_zones_that_did_not_change(state: tuple[Path, Machine]) -> None:
    """Each line of pagetypeinfo whose zone has the free blocks of the state."""
    path, machine = state
    info = procfs.read_pagetypeinfo(recorded(path, "pagetypeinfo"))
    blocks = procfs.read_buddyinfo(machine.proc("buddyinfo"))
    same = {
        key
        for key, types in info.free.items()
        if tuple(map(sum, zip(*types.values(), strict=True))) == blocks[key]
    }
    assert same
    want = recorded(path, "pagetypeinfo").splitlines()
    have = machine.proc("pagetypeinfo").splitlines()
    assert len(want) == len(have)
    for ours, theirs in zip(have, want, strict=True):
        zone = re.match(r"Node +(\d+), zone +([^ ,]+)", theirs)
        if not zone or (int(zone[1]), zone[2]) in same:
            assert ours == theirs


@needs_recordings
def test_recorded_zoneinfo_but_for_moving_pages(state: tuple[Path, Machine]) -> None:
    path, machine = state
    want = recorded(path, "zoneinfo").splitlines()
    have = machine.proc("zoneinfo").splitlines()
    assert len(want) == len(have)
    for ours, theirs in zip(have, want, strict=True):
        assert ours == theirs or MOVES.match(ours), (ours, theirs)
        assert len(ours.split()) == len(theirs.split())


@needs_recordings
def test_recorded_pageblocks(state: tuple[Path, Machine]) -> None:
    path, machine = state
    want = procfs.read_pagetypeinfo(recorded(path, "pagetypeinfo"))
    assert procfs.read_pagetypeinfo(machine.proc("pagetypeinfo")).blocks == want.blocks
