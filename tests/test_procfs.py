"""The kernel's text: read, written, and compared with every recording.

The recorded files were read a moment before or after the state was taken,
and nothing is traced in between: the processes that read take pages of their
own. READ_AT_ANOTHER_TIME says which numbers are therefore not those of the
state; every other byte must be, and what moved must agree with the other
files that were read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import pytest

from buddyalloc import Machine, TraceError, _core, procfs
from buddyalloc.events import NR_ORDERS

ROOT = Path(__file__).parent.parent
RECORDINGS = Path(
    os.environ.get("BUDDYALLOC_RECORDINGS") or ROOT / "../shared/recordings"
)
STATES = sorted(RECORDINGS.glob("*/state.*.txt.xz"))
SAVED = sorted(RECORDINGS.glob("*/proc/buddyinfo.*"))
NAMES = {"unusable_index": "unusable", "extfrag_index": "extfrag"}
MIB = 1 << 20

BUDDYINFO = """\
Node 0, zone      DMA      0      0      0      0      0      1      1      1      0      1      3 
Node 0, zone    DMA32      5      4      7      8      6      7      4      4      5      3     64 
"""  # noqa: E501, W291


def side(path: Path) -> str:
    return path.name.split(".")[1]


def recorded(path: Path, name: str) -> str:
    """The text read beside a state, or beside another text."""
    folder = path.parent if path.parent.name == "proc" else path.parent / "proc"
    text = (folder / f"{NAMES.get(name, name)}.{side(path)}").read_text()
    return procfs.zoneinfo_of_model(text) if name == "zoneinfo" else text


def named(path: Path) -> str:
    folder = path.parent.parent if path.parent.name == "proc" else path.parent
    return f"{folder.name}-{side(path)}"


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
    with pytest.raises(ValueError, match="'meminfo'; there are: buddyinfo, pagety"):
        Machine("64M").proc("meminfo")


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


ZONE_COUNTERS = [
    "      nr_free_pages ",
    "      nr_zone_inactive_anon ",
    "      nr_zone_active_anon ",
    "      nr_zone_inactive_file ",
    "      nr_zone_active_file ",
    "      nr_zone_unevictable ",
    "      nr_zone_write_pending ",
    "      nr_mlock     ",
    "      nr_bounce    ",
    "      nr_zspages   ",
    "      nr_free_cma  ",
]
NODE_COUNTERS = [
    "      nr_inactive_anon ",
    "      nr_active_anon ",
    "      nr_inactive_file ",
    "      nr_active_file ",
    "      nr_unevictable ",
    "      nr_slab_reclaimable ",
    "      nr_slab_unreclaimable ",
    "      nr_dirty     ",
    "      nr_writeback ",
]
SINCE_BOOT = [
    "      nr_vmscan_write ",
    "      nr_vmscan_immediate_reclaim ",
    "      nr_dirtied   ",
    "      nr_written   ",
]


def counters(text: str) -> tuple[list[list[str]], list[list[str]]]:
    """The lines of counters by populated node and zone, without their numbers."""
    nodes: list[list[str]] = []
    zones: list[list[str]] = []
    for line in text.splitlines():
        if line == "  per-node stats":
            nodes.append([])
            lines = nodes[-1]
        elif line.startswith("        protection:"):
            zones.append([])
            lines = zones[-1]
        elif re.match(r" {6}\w", line):
            lines.append(line.rstrip("0123456789"))
    return nodes, [lines for lines in zones if lines]


@pytest.mark.parametrize("profile", ["6.1L", "6.12L"])
@pytest.mark.parametrize(("arch", "nodes"), [("x86_64", 1), ("x86_64", 2), ("i386", 1)])
def test_the_lines_of_counters(arch: str, profile: str, nodes: int) -> None:
    """The node's stand with its first zone that has pages, before its marks."""
    machine = Machine("96M", nodes=nodes, cpus=nodes, arch=arch, profile=profile)
    text = machine.proc("zoneinfo")
    own, zones = counters(text)
    assert own == [NODE_COUNTERS + (SINCE_BOOT if nodes == 1 else [])] * nodes
    later = ["      nr_unaccepted "] * ((profile, arch) == ("6.12L", "x86_64"))
    assert zones == [ZONE_COUNTERS + later] * machine.nr_zones
    assert text.startswith("Node 0, zone      DMA\n  per-node stats\n      nr_inact")
    if nodes == 2:
        assert "Node 1, zone    DMA32\n  per-node stats\n" in text
        assert "Node 1, zone      DMA\n  pages free     0\n" in text


def page_counts(machine: Machine) -> list[dict[str, int]]:
    """zoneinfo's counters of each zone, compared with all that must agree.

    With the LRU lists, with the frames that the handles name, with vmstat, and
    with the counters of the node.
    """
    printed = procfs.read_zoneinfo(machine.proc("zoneinfo"))
    zones = [zone for zone in printed if zone.populated]
    starts = [zone["start_pfn"] for zone in machine.zones()]
    total = machine.vmstat()
    rows = machine.handles()
    orders = dict(zip(rows["pfn"].tolist(), rows["order"].tolist(), strict=True))
    for lru, name in enumerate(_core.LRU_LISTS):
        want = [0] * len(zones)
        for node in range(machine.nr_nodes):
            for pfn in machine.lru_list(node, lru):
                want[sum(pfn >= start for start in starts) - 1] += 1 << orders[pfn]
        assert [zone.stats[f"nr_zone_{name}"] for zone in zones] == want
        assert sum(want) == total[f"nr_{name}"] == total[f"nr_zone_{name}"]
        assert sum(want) == sum(z.node_stats.get(f"nr_{name}", 0) for z in zones)
    for name in ("nr_dirty", "nr_writeback"):
        assert sum(zone.node_stats.get(name, 0) for zone in zones) == total[name]
        assert sum(zone[name] for zone in machine.zone_vmstat()) == total[name]
    pending = sum(zone.stats["nr_zone_write_pending"] for zone in zones)
    assert pending == total["nr_dirty"] + total["nr_writeback"]
    if machine.nr_nodes == 1:
        for name in procfs.NODE_EVENTS:
            assert zones[0].node_stats[name] == total[name]
    return [zone.stats for zone in zones]


@pytest.mark.parametrize("profile", ["6.1L", "6.12L"])
def test_counters_of_user_memory(profile: str) -> None:
    """Dirty pages in two zones: they wait there until they are written."""
    machine = Machine("64M", profile=profile, settings={"swap": 64 << 20})
    machine.alloc_pages("GFP_KERNEL", 0)
    anon = machine.fault_in(9000).handles
    dirty = machine.fault_in(6000, "file", dirty=True).handles
    machine.touch(dirty[:500])
    machine.touch(dirty[:500])
    dma, dma32 = page_counts(machine)
    low = int((machine.where(dirty) < 4096).sum())
    assert 0 < low < 6000
    assert machine.vmstat()["nr_writeback"] == 0
    assert dma["nr_zone_write_pending"] == low
    assert dma32["nr_zone_write_pending"] == 6000 - low
    assert dma["nr_zone_active_file"] + dma32["nr_zone_active_file"] == 500
    # more than fits: anonymous pages are on their way to swap in the end
    on_their_way = 0
    for _ in range(40):
        machine.fault_in(200)
        page_counts(machine)
        on_their_way += machine.vmstat()["nr_writeback"]
    assert on_their_way > 0
    machine.advance(120 * 10**9)
    assert all(zone["nr_zone_write_pending"] == 0 for zone in page_counts(machine))
    assert machine.vmstat()["nr_written"] > 0
    machine.release(anon)
    page_counts(machine)
    machine.check()


def test_counters_of_two_nodes() -> None:
    machine = Machine("128M", nodes=2, cpus=2)
    machine.fault_in(300, node=0)
    machine.fault_in(2, huge=True, node=1)
    machine.fault_in(70, "file", dirty=True, node=1)
    counts = page_counts(machine)
    assert [zone["nr_zone_inactive_anon"] for zone in counts] == [0, 300, 1024]
    assert [zone["nr_zone_write_pending"] for zone in counts] == [0, 0, 70]
    first = procfs.read_zoneinfo(machine.proc("zoneinfo"))
    nodes = [zone.node_stats for zone in first if zone.node_stats]
    assert [node["nr_inactive_anon"] for node in nodes] == [300, 1024]
    assert [node["nr_dirty"] for node in nodes] == [0, 70]


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


def differences(path: Path, machine: Machine) -> dict[str, set[str]]:
    """By zone, where the recorded texts are not those of the state.

    File names, and of zoneinfo the first word of a line. Lines that belong to
    no zone must be the same.
    """
    found: dict[str, set[str]] = {}
    for name in procfs.FILES:
        # a state says nothing of most caches, nor of any area of vmalloc
        if name in ("slabinfo", "vmallocinfo"):
            continue
        want = recorded(path, name).splitlines()
        have = machine.proc(name).splitlines()
        assert len(want) == len(have)
        zone = ""
        for ours, theirs in zip(have, want, strict=True):
            head = re.match(r"Node +(\d+), zone +([^ ,]+)", theirs)
            zone = f"{head[1]} {head[2]}" if head else zone
            if ours == theirs:
                continue
            assert zone, (ours, theirs)
            assert len(ours.split()) == len(theirs.split())
            field = name
            if name == "zoneinfo":
                field = ours.split()[0].rstrip(":")
            found.setdefault(zone, set()).add(field)
    return found


FREE = {"pages", "nr_free_pages"}
LISTS = {"buddyinfo", "pagetypeinfo"}
MOVES = LISTS | FREE | {"count", "unusable_index"}
"""What a few pages change that are taken or given back; in 6.12 also high."""

READ_AT_ANOTHER_TIME: dict[str, dict[str, set[str]]] = {
    "61-cache-start": {"0 DMA32": {"count"}},
    "61-cache-end": {"0 DMA32": MOVES},
    "61-files-start": {"0 DMA32": {"count"}},
    "61-files-end": {"0 DMA32": MOVES},
    "61-mix-start": {"0 DMA32": {"count"}},
    "61-mix-end": {"0 DMA32": MOVES},
    "61-numa2-start": {"0 DMA32": LISTS | FREE | {"count"}, "1 DMA32": {"count"}},
    "61-numa2-end": {"0 DMA32": MOVES, "1 DMA32": {"count"}},
    "61-slabmix-start": {"0 DMA32": {"count"}},
    "61-slabmix-end": {"0 DMA32": {"count"}},
    "61-smp2-start": {"0 DMA32": LISTS | FREE | {"count"}},
    "61-smp2-end": {"0 DMA32": {"unusable_index", "count"}},
    "61-thp-start": {"0 DMA32": {"count"}},
    "61-thp-end": {"0 DMA32": MOVES},
    "61-zones-start": {"0 Normal": LISTS | {"count"}},
    "61-zones-end": {"0 Normal": {"count"}},
    "612-cache-start": {"0 DMA32": LISTS | FREE | {"count", "high"}},
    "612-cache-end": {"0 DMA32": MOVES | {"high"}},
    "612-files-start": {"0 DMA32": {"count"}},
    "612-files-end": {"0 DMA32": {"count"}},
    "612-mix-start": {"0 DMA32": {"count"}},
    "612-mix-end": {"0 DMA32": {"count"}},
    "612-slabmix-start": {"0 DMA32": LISTS | FREE | {"count", "high"}},
    "612-slabmix-end": {"0 DMA32": MOVES | {"high"}},
    "612-smp2-start": {"0 DMA32": LISTS | FREE | {"count", "high"}},
    "612-smp2-end": {
        "0 DMA32": {"pagetypeinfo", "unusable_index", "count", "high"} | FREE
    },
    "612-thp-start": {"0 DMA32": LISTS | FREE | {"count", "high"}},
    "612-thp-end": {"0 DMA32": MOVES | {"high"}},
    "612-zones-start": {"0 Normal": {"count"}},
    "612-zones-end": {"0 Normal": MOVES | {"high"}},
}
"""What the reading processes changed between the state and the text. All else
is the same, byte for byte: every other zone, file and line."""


@needs_recordings
def test_recorded_text_but_for_what_was_read_at_another_time(
    state: tuple[Path, Machine],
) -> None:
    path, machine = state
    found = differences(path, machine)
    assert found == READ_AT_ANOTHER_TIME.get(named(path), found)
    assert set().union(*found.values()) <= MOVES | {"high"}


KNOWN = {*READ_AT_ANOTHER_TIME, "61-formats", "612-formats"}
"""Names of recordings that were looked at, or how they begin."""


def known(path: Path) -> bool:
    return any(named(path).startswith(name) for name in KNOWN)


@needs_recordings
def test_what_moved_is_seen_by_other_files(state: tuple[Path, Machine]) -> None:
    """Where buddyinfo is another, so is a free counter, or pagetypeinfo agrees."""
    path, machine = state
    text = procfs.read_buddyinfo(recorded(path, "buddyinfo"))
    types = sums(recorded(path, "pagetypeinfo"))
    own = procfs.read_buddyinfo(machine.proc("buddyinfo"))
    counters = [
        {(zone.node, zone.name): zone["free"] for zone in procfs.read_zoneinfo(zones)}
        for zones in (recorded(path, "zoneinfo"), machine.proc("zoneinfo"))
    ]
    for key in text:
        if text[key] != own[key] and known(path):
            assert counters[0][key] != counters[1][key] or types[key] == text[key]


def index_of(counts: Sequence[int]) -> tuple[int, ...]:
    return tuple(_core.unusable_free_index(counts, order) for order in range(NR_ORDERS))


Types = dict[str, tuple[int, ...]]
"""Free blocks of each order, by migratetype."""


def taken(counts: Sequence[int], order: int, nr: int) -> list[int]:
    """The counts after the smallest sufficient blocks were split nr times."""
    left = list(counts)
    for _ in range(nr):
        found = next((o for o in range(order, NR_ORDERS) if left[o]), None)
        if found is not None:
            left[found] -= 1
            for smaller in range(order, found):
                left[smaller] += 1
    return left


def refilled(types: Types, batch: int) -> Iterator[tuple[int, ...]]:
    """Free blocks of all types after one refill of a per-CPU list."""
    for kind, order in product(types, range(4)):
        after = {**types, kind: taken(types[kind], order, max(2, batch >> order))}
        yield tuple(map(sum, zip(*after.values(), strict=True)))


GOES_ON = {"61-numa2-end": {(0, "DMA32")}}
"""Two CPUs took and gave back pages all the time that the files were read."""


def sums(text: str) -> dict[procfs.ZoneKey, tuple[int, ...]]:
    """Free blocks of each order, of a pagetypeinfo."""
    return {
        key: tuple(map(sum, zip(*types.values(), strict=True)))
        for key, types in procfs.read_pagetypeinfo(text).free.items()
    }


@needs_recordings
@pytest.mark.parametrize("path", SAVED, ids=named)
def test_recorded_indices_follow_from_recorded_lists(path: Path) -> None:
    """unusable_index: of the lists in the state or a text, or one refill later."""
    types = procfs.read_pagetypeinfo(recorded(path, "pagetypeinfo")).free
    texts = [procfs.read_buddyinfo(recorded(path, "buddyinfo"))]
    texts.append(sums(recorded(path, "pagetypeinfo")))
    state = path.parent.parent / f"state.{side(path)}.txt.xz"
    if state.exists():
        machine = Machine.from_state(state)
        texts.append(procfs.read_buddyinfo(machine.proc("buddyinfo")))
    batches = {
        (zone.node, zone.name): zone.pagesets[0].batch
        for zone in procfs.read_zoneinfo(recorded(path, "zoneinfo"))
        if zone.populated
    }
    for key, index in procfs.read_index(recorded(path, "unusable_index")).items():
        if any(index_of(counts[key]) == index for counts in texts) or not known(path):
            continue
        if key in GOES_ON.get(named(path), ()):
            near = zip(index, index_of(texts[1][key]), strict=True)
            assert all(abs(a - b) <= 2 for a, b in near)
            continue
        assert index in map(index_of, refilled(types[key], batches[key])), key


@needs_recordings
@pytest.mark.parametrize("path", SAVED, ids=named)
def test_recorded_indices_are_written_byte_for_byte(path: Path) -> None:
    """From a machine with the free blocks of the recorded buddyinfo."""
    machine = Machine.from_proc(
        zoneinfo=recorded(path, "zoneinfo"), buddyinfo=recorded(path, "buddyinfo")
    )
    assert machine.proc("extfrag_index") == recorded(path, "extfrag_index")
    want = recorded(path, "unusable_index").splitlines()
    have = machine.proc("unusable_index").splitlines()
    keys = procfs.read_buddyinfo(recorded(path, "buddyinfo"))
    for key, ours, theirs in zip(keys, have, want, strict=True):
        if procfs.read_index(ours)[key] == procfs.read_index(theirs)[key]:
            assert ours == theirs


@needs_recordings
def test_recorded_pageblocks(state: tuple[Path, Machine]) -> None:
    path, machine = state
    want = procfs.read_pagetypeinfo(recorded(path, "pagetypeinfo"))
    assert procfs.read_pagetypeinfo(machine.proc("pagetypeinfo")).blocks == want.blocks


@needs_recordings
@pytest.mark.parametrize("path", SAVED, ids=named)
def test_counters_stand_as_in_recorded_zoneinfo(path: Path) -> None:
    """A booted machine's lines: all of a zone's but NUMA's, some of a node's."""
    text = path.with_name(f"zoneinfo.{side(path)}").read_text()
    marks = procfs.read_zoneinfo(text)[0].values
    machine = Machine("512M", profile="6.12L" if "promo" in marks else "6.1L")
    (own,), zones = counters(machine.proc("zoneinfo"))
    their_nodes, their_zones = counters(text)
    for lines in their_zones:
        assert [line for line in lines if " numa_" not in line] == zones[0]
    for lines in their_nodes:
        assert [line for line in lines if line in own] == own
