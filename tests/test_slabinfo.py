"""Slab caches: slabinfo read, and every recorded cache's layout computed.

data/slab_boots.csv.xz holds the layouts of every cache of Debian's 6.1.192
and 6.12.111, booted in QEMU with the CPUs and slub_* words of its first
column, as the kernel's own struct kmem_cache had them; `debug` stands for
slub_debug. Merging was off, so each row is the request of one maker. Where
debug_no_growth took the red zones away again, red_left_pad is 0: the kernel
leaves there what it had computed before.
"""

from __future__ import annotations

import csv
import io
import lzma
import os
import re
from pathlib import Path
from typing import Any

import pytest

import buddyalloc as ba
from buddyalloc import SLAB, TraceError, procfs, slab_layout
from buddyalloc.slabinfo import cache_specs, named_caches, read_slabinfo

HERE = Path(__file__).parent
RECORDINGS = Path(
    os.environ.get("BUDDYALLOC_RECORDINGS") or HERE.parent / "../shared/recordings"
)
SAVED = sorted(RECORDINGS.glob("*/proc/slabinfo.*"))
STATES = sorted(RECORDINGS.glob("61-slabmix/state.*.txt.xz"))
SERIES = {"61": "6.1", "612": "6.12"}

needs_recordings = pytest.mark.skipif(
    not SAVED, reason="no recordings; set BUDDYALLOC_RECORDINGS"
)

HEAD = """\
slabinfo - version: 2.1
# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> \
: tunables <limit> <batchcount> <sharedfactor> \
: slabdata <active_slabs> <num_slabs> <sharedavail>
"""
TASK = (
    "task_struct           63     70   6208    5    8 "
    ": tunables    0    0    0 : slabdata     14     14      0\n"
)
CHAIN = (
    "anon_vma_chain      1000   1024     64   64    1 "
    ": tunables    0    0    0 : slabdata     16     16      0\n"
)


def series(path: Path) -> str:
    return SERIES[path.parent.parent.name.partition("-")[0]]


def nr_cpus(path: Path) -> int:
    """CPUs of the machine whose slabinfo this is, by the zoneinfo beside it."""
    name = path.name.replace("slabinfo", "zoneinfo")
    zones = procfs.read_zoneinfo((path.parent / name).read_text())
    return max(len(zone.pagesets) for zone in zones)


def state_caches(path: Path) -> list[dict[str, Any]]:
    """The cache lines of a state."""
    caches = []
    for line in lzma.open(path, "rt"):
        match = re.match(r"cache [0-9a-f]+ (\S+) (.*)", line)
        if match:
            words = match[2].split()
            fields = dict(zip(words[::2], words[1::2], strict=True))
            bases = {"flags": 16, "allocflags": 16}
            caches.append(
                {key: int(text, bases.get(key, 10)) for key, text in fields.items()}
                | {"name": match[1]}
            )
    return caches


# ---- reading --------------------------------------------------------------


def test_a_line() -> None:
    line = read_slabinfo((HEAD + TASK).encode())["task_struct"]
    assert line.name == "task_struct"
    assert (line.active_objs, line.num_objs) == (63, 70)
    assert (line.size, line.objects, line.pages) == (6208, 5, 8)
    assert (line.active_slabs, line.num_slabs) == (14, 14)
    assert read_slabinfo(HEAD) == {}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "is no slabinfo"),
        (TASK, "is no slabinfo"),
        (HEAD + "task_struct 63\n", ":3: is no line of a cache"),
        (HEAD + TASK.replace("6208", "x"), ":3: is no line of a cache"),
        (HEAD + TASK + TASK, ":4: names a cache for the second time"),
    ],
)
def test_garbled_text(text: str, fault: str) -> None:
    with pytest.raises(TraceError, match=fault):
        read_slabinfo(text)


def test_flags_in_words() -> None:
    assert SLAB.parse("PANIC|SLAB_ACCOUNT") == 0x4040000
    assert SLAB.parse("") == 0
    with pytest.raises(ValueError, match=r"'NOSUCH' of 'PANIC.NOSUCH'.*RED_ZONE"):
        SLAB.parse("PANIC|NOSUCH")


# ---- the tables -------------------------------------------------------------


@pytest.mark.parametrize("kernel", ["6.1", "6.12"])
def test_tables(kernel: str) -> None:
    specs = cache_specs(kernel)
    assert list(specs)[:2] == ["kmem_cache", "kmem_cache_node"]
    assert specs["task_struct"].object_size == 6208
    assert specs["task_struct"].flags == SLAB.PANIC | SLAB.ACCOUNT
    assert specs["dentry"].flags & SLAB.RECLAIM_ACCOUNT
    assert specs["anon_vma"].ctor
    older: set[str] = set()
    for name, spec in specs.items():
        assert spec.merged_into is None or spec.merged_into in older, name
        older.add(name)
    by_place = [name for name in specs if specs[name].freeptr_offset is not None]
    assert by_place == ([] if kernel == "6.1" else ["filp"])


def test_unknown_kernel() -> None:
    with pytest.raises(ValueError, match=r"'5\.10'"):
        cache_specs("5.10")


# ---- layouts ----------------------------------------------------------------


def check_slabinfo(path: Path) -> int:
    """The number of its caches; each is as computed."""
    specs, cpus = cache_specs(series(path)), nr_cpus(path)
    lines = read_slabinfo(path.read_text(), str(path))
    for name, line in lines.items():
        layout = specs[name].layout(nr_cpus=cpus)
        computed = layout["size"], layout["objects"], 1 << layout["order"]
        assert computed == (line.size, line.objects, line.pages), name
    return len(lines)


@needs_recordings
def test_every_cache_of_every_recorded_slabinfo(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Bytes of a slot, objects and pages of a slab: exact in every line."""
    caches = sum(check_slabinfo(path) for path in SAVED)
    with capsys.disabled():
        print(f"\n{caches} lines of {len(SAVED)} recorded slabinfo: exact")
    assert caches >= len(SAVED) * 100


@pytest.mark.skipif(not STATES, reason="no recordings; set BUDDYALLOC_RECORDINGS")
@pytest.mark.parametrize("path", STATES, ids=lambda path: path.name.split(".")[1])
def test_caches_of_the_recorded_slab_state(path: Path) -> None:
    """Every field that struct kmem_cache has of it, from the state's own words."""
    specs = cache_specs("6.1")
    kept = ~0x20000000  # SKIP_KFENCE
    caches = state_caches(path)
    assert len(caches) > 100
    for cache in caches:
        layout = slab_layout(
            cache["object_size"],
            cache["align"],
            cache["flags"] & kept & ~(SLAB.CMPXCHG_DOUBLE | SLAB.OBJECT_POISON),
            bool(cache["ctor"]),
            cache["useroffset"],
            cache["usersize"],
        )
        common = (layout.keys() & cache.keys()) - {"flags"}
        assert len(common) >= 12
        if cache["refcount"] > 1:  # its first maker's object may be smaller
            common.discard("offset")
        assert {key: layout[key] for key in common} == {
            key: cache[key] for key in common
        }, cache["name"]
        assert layout["flags"] == cache["flags"] & kept
        spec = specs[cache["name"]]
        assert spec.flags & ~SLAB.NO_MERGE == layout["flags"] & ~SLAB.CMPXCHG_DOUBLE
        if cache["refcount"] < 2:
            assert spec.object_size == cache["object_size"]
            assert spec.layout()["offset"] == cache["offset"]


def test_every_cache_of_many_boots() -> None:
    """All CPU counts, slub_* words and debug flags that were tried."""
    text = lzma.open(HERE / "data/slab_boots.csv.xz", "rt").read()
    specs = {kernel: cache_specs(kernel) for kernel in ("6.1", "6.12")}
    rows = list(csv.DictReader(io.StringIO(text)))
    boots = {row["boot"] for row in rows}
    assert len(boots) == 30
    assert len(rows) == 15 * (220 + 256)
    for row in rows:
        words: dict[str, Any] = dict(word.split("=") for word in row["boot"].split())
        spec = specs[words.pop("kernel")][row["name"]]
        for key in words.keys() - {"debug"}:
            words[key] = words[key] == "True" if "no" in key else int(words[key])
        layout = spec.layout(**words)
        for key in row.keys() - {"boot", "name"}:
            assert layout[key] == int(row[key]), (row, key)


def test_what_slab_layout_takes() -> None:
    layout = slab_layout(100, flags="SLAB_HWCACHE_ALIGN|RECLAIM_ACCOUNT", nr_cpus=4)
    assert layout["size"] == 128
    assert layout["allocflags"] == ba.GFP["__GFP_RECLAIMABLE"]
    assert layout == slab_layout(
        100, 0, SLAB.HWCACHE_ALIGN | SLAB.RECLAIM_ACCOUNT, nr_cpus=4
    )
    assert slab_layout(100, kernel="6.12.111")["allocflags"] == ba.GFP["__GFP_COMP"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"object_size": 0}, "object_size=0.*1 byte to 4 MiB"),
        ({"object_size": 5 << 20}, "1 byte to 4 MiB"),
        ({"object_size": -1}, "object_size"),
        ({"object_size": 8, "align": 24}, "align=24.*power of two"),
        ({"object_size": 8, "flags": "PANIC|NOSUCH"}, "flags 'PANIC.NOSUCH'"),
        ({"object_size": 8, "usersize": 9}, "must lie in the object"),
        ({"object_size": 8, "freeptr_offset": 0}, "6.1 lets nobody choose"),
        ({"object_size": 8, "nr_cpus": 0}, "at least one CPU"),
        ({"object_size": 8, "max_order": 11}, "max_order"),
        ({"object_size": 8, "debug": "PANIC"}, "slub_debug turns on only"),
        ({"object_size": 8, "kernel": "5.10"}, r"5\.10"),
        ({"object_size": 8, "min_objects": 1 << 20, "max_order": 10}, "32767"),
    ],
)
def test_impossible_caches(arguments: dict[str, Any], error: str) -> None:
    with pytest.raises(ValueError, match=error):
        slab_layout(**arguments)


# ---- the caches of a slabinfo ------------------------------------------------


def test_caches_to_make() -> None:
    """The oldest first, and those that share its slabs behind it."""
    names = [spec.name for spec in named_caches(HEAD + TASK + CHAIN)]
    assert names[0] == "anon_vma_chain"
    assert {"fs_cache", "eventpoll_pwq"} <= set(names[1:-1])
    assert names[-1] == "task_struct"
    assert named_caches(HEAD + TASK) == [cache_specs("6.1")["task_struct"]]


def test_caches_of_a_kernel_built_otherwise() -> None:
    """What the tables do not know gets the size of its line."""
    lines = [
        TASK.replace("6208", "9792"),
        CHAIN.replace("64", "72"),
        TASK.replace("task_struct", "my_own    ").replace("6208", "1000"),
        TASK.replace("task_struct", "anon_vma   ").replace("6208", " 112"),
    ]
    specs = {spec.name: spec for spec in named_caches(HEAD + "".join(lines))}
    assert [specs[name].layout()["size"] for name in specs] == [112, 1000, 72, 9792]
    assert specs["anon_vma"].object_size == 104
    assert specs["anon_vma"].ctor
    assert specs["task_struct"].flags & SLAB.NO_MERGE
    assert specs["my_own"].object_size == 1000


@needs_recordings
def test_caches_to_make_have_the_recorded_sizes() -> None:
    for path in SAVED:
        lines = read_slabinfo(path.read_text())
        specs = named_caches(path.read_text(), series(path))
        roots = [spec.name for spec in specs if spec.merged_into is None]
        assert roots == list(reversed(lines))
        for spec in specs:
            root = lines[spec.merged_into or spec.name]
            assert root.size - 8 < spec.layout()["size"] <= root.size
